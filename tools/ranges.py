"""The tables of chapters, sections and ranges."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping

import attrs

from medcodes.reference import CodeTable, TableFile
from medcodes.reference.file import pack
from tools.official import facts
from tools.sources import Sources, tidy

_GROWING = ("T", "U", "M", "A")
"""The suffixes of CPT codes that are numbered upwards with every release: the printed end of their
range is of its day."""


@attrs.frozen
class RangeRow:
    """A row of a range table."""

    level: int
    first: str
    last: str
    label: str
    note: str = ""
    grows: bool = False
    spans: str = ""

    def __str__(self) -> str:
        grows = "+" if self.grows else ""
        fields = (self.first, self.last, self.label, self.note, grows, self.spans)
        return "\t".join((str(self.level), *fields))


def _cpt_ranges() -> list[RangeRow]:
    names = {
        "I": "Category I",
        "II": "Category II",
        "III": "Category III",
        "PLA": "Proprietary laboratory analyses",
        "MAAA/Administrative": "Administrative multianalyte assays",
    }
    rows, spans = [], defaultdict(list)
    for row in facts("cpt_ranges.tsv"):
        suffix = row["first"][-1] if row["first"][-1].isalpha() else ""
        spans[names[row["category"]], suffix].append((row["first"], row["last"]))
        grows = suffix in _GROWING
        label, note = row["label"], row["change_note"]
        rows.append(RangeRow(int(row["level"]), row["first"], row["last"], label, note, grows))
    categories = [
        RangeRow(0, min(ends)[0], max(ends)[1], name, "", suffix in _GROWING)
        for (name, suffix), ends in spans.items()
        if suffix
    ]
    ends = spans["Category I", ""]
    first, last = min(first for first, _ in ends), max(last for _, last in ends)
    return [RangeRow(0, first, last, "Category I"), *categories, *rows]


def _plain_ranges(name: str) -> list[RangeRow]:
    return [
        RangeRow(int(row["level"]) - 1, row["first"], row["last"], row["label"])
        for row in facts(name)
    ]


def _icd10cm_ranges(sources: Sources) -> list[RangeRow]:
    """Chapters and blocks of the tabular list; a block may stand in up to two wider ones."""
    rows: list[RangeRow] = []
    blocks: list[RangeRow] = []
    members: dict[RangeRow, set[str]] = {}
    for chapter in sources.tabular().iter("chapter"):
        title, _, span = (chapter.findtext("desc") or "").rpartition(" (")
        first, last = span.rstrip(")").split("-")
        # The releases after the tabular list's go on past the chapter's printed end (QA1).
        rows.append(RangeRow(0, first, last, tidy(title), grows=last == "QA0"))
        for section in chapter.iter("section"):
            ends = (section.get("id") or "").split("-")
            label = tidy((section.findtext("desc") or "").rpartition(" (")[0])
            block = RangeRow(3, ends[0], ends[-1], label)
            blocks.append(block)
            members[block] = {diag.findtext("name") or "" for diag in section.findall("diag")}
    categories = sorted(set().union(*members.values()))
    for block in blocks:
        if members[block]:
            spans = " ".join(_runs(categories, members[block]))
            printed = f"{block.first}-{block.last}" if block.first != block.last else block.first
            rows.append(attrs.evolve(block, spans="" if spans == printed else spans))
        else:
            wider = [other for other in blocks if other != block and _inside(block, other)]
            rows.append(attrs.evolve(block, level=1 + len(wider)))
    return rows


def _runs(ordered: list[str], members: set[str]) -> Iterator[str]:
    """The stretches of an ordered list that consist of members alone."""
    for inside, run in itertools.groupby(ordered, members.__contains__):
        if inside:
            stretch = list(run)
            yield stretch[0] if len(stretch) == 1 else f"{stretch[0]}-{stretch[-1]}"


def _inside(block: RangeRow, wider: RangeRow) -> bool:
    return wider.first <= block.first and block.last <= wider.last


def _icd10pcs_ranges(codes: bytes) -> list[RangeRow]:
    """Sections, body systems and root operations; one that no source names goes by its code."""
    labels = {row["prefix"]: row["label"] for row in facts("icd10pcs_labels.tsv")}
    table = CodeTable(TableFile("icd10pcs.codes", codes))
    prefixes = sorted({code[:length] for code, _ in table for length in (1, 2, 3)})
    return [
        RangeRow(len(prefix) - 1, prefix, prefix, labels.get(prefix, prefix)) for prefix in prefixes
    ]


def range_tables(sources: Sources, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    icd9 = ["chapter", "section"]
    pcs = ["section", "body system", "root operation"]
    icd10cm = ["chapter", "block group", "block group", "block"]
    for system, levels, rows in (
        ("cpt", ["category", "section", "subsection", "heading"], _cpt_ranges()),
        ("hcpcs", ["section", "subsection", "heading"], _plain_ranges("hcpcs_ranges.tsv")),
        ("icd10cm", icd10cm, _icd10cm_ranges(sources)),
        ("icd10pcs", pcs, _icd10pcs_ranges(files["icd10pcs.codes"])),
        ("icd9cm", icd9, _plain_ranges("icd9cm_ranges.tsv")),
        ("icd9pcs", icd9[:1], _plain_ranges("icd9pcs_ranges.tsv")),
    ):
        header = {"system": system, "what": "ranges", "levels": levels, "rows": len(rows)}
        yield f"{system}.ranges", pack(header, ["\n".join(map(str, rows))])
