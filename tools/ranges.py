"""The tables of chapters, sections and ranges."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping

import attrs

from medcodes.reference import CodeTable, TableFile
from medcodes.reference.file import pack
from tools.official import facts
from tools.sources import Sources, tidy, versions

_CPT_EDITION_ENDS = "2026-12-31"
"""The ranges are those of CPT 2026: each January brings numbers into the gaps between them."""


@attrs.frozen
class RangeRow:
    """A row of a range table."""

    level: int
    first: str
    last: str
    label: str
    note: str = ""
    ended: str = ""
    spans: str = ""

    def __str__(self) -> str:
        fields = (self.first, self.last, self.label, self.note, self.ended, self.spans)
        return "\t".join((str(self.level), *fields))


def _cpt_ranges() -> list[RangeRow]:
    names = {
        "I": "Category I",
        "II": "Category II",
        "III": "Category III",
        "PLA": "Proprietary laboratory analyses",
        "MAAA/Administrative": "Administrative multianalyte assays",
    }
    rows: list[RangeRow] = []
    ends: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for row in facts("cpt_ranges.tsv"):
        first, last = row["first"], row["last"]
        suffix = first[-1] if first[-1].isalpha() else ""
        # Where codes come with every release, up to what two more years will bring.
        spans = f"{first}-{row['bound']}" if row["bound"] else ""
        ends[names[row["category"]], suffix].append((first, last, spans))
        label, note, ended = row["label"], row["change_note"], _as_numbers(row["ended"])
        rows.append(RangeRow(int(row["level"]), first, last, label, note, ended, spans))
    # The numbers first, then the suffixes.
    categories = [
        RangeRow(0, min(own)[0], max(last for _, last, _ in own), name, spans=own[0][2])
        for (name, suffix), own in sorted(ends.items(), key=lambda item: bool(item[0][1]))
    ]
    return [*categories, *rows]


def _as_numbers(ended: str) -> str:
    """Codes and their last days, the days as the tables have them."""
    parts = (part.partition(":") for part in ended.split())
    return " ".join(f"{codes}:{day.replace('-', '')}" for codes, _, day in parts)


def _plain_ranges(name: str) -> list[RangeRow]:
    return [
        RangeRow(int(row["level"]) - 1, row["first"], row["last"], row["label"])
        for row in facts(name)
    ]


PRINTED = "icd10cm_chapters_blocks_dated.tsv"


def _icd10cm_ranges(sources: Sources, codes: bytes) -> list[RangeRow]:
    """Chapters and blocks as the newest edition prints them; a block may stand in two wider ones.

    The tabular list says which categories a block holds; those that began after it are in the block
    between whose printed ends they lie.
    """
    rows: list[RangeRow] = []
    blocks: list[RangeRow] = []
    members: dict[RangeRow, set[str]] = {}
    printed = _newest_printed(sources)
    for chapter in sources.tabular().iter("chapter"):
        first = (chapter.findtext("desc") or "").rpartition(" (")[2].partition("-")[0]
        last, title = printed["chapter", first]
        rows.append(RangeRow(0, first, last, title))
        for section in chapter.iter("section"):
            listed = {diag.findtext("name") or "" for diag in section.findall("diag")}
            first, _, old = (section.get("id") or "").partition("-")
            last, title = printed["block", first] if listed else (old, "")
            title = title or tidy((section.findtext("desc") or "").rpartition(" (")[0])
            block = RangeRow(3, first, last, title)
            blocks.append(block)
            members[block] = listed
    table = CodeTable(TableFile("icd10cm.codes", codes))
    categories = sorted({code[:3] for code, _ in table})
    for category in set(categories).difference(*members.values()):
        for block, listed in members.items():
            if listed and block.first <= category <= block.last:
                listed.add(category)
    for block in blocks:
        if members[block]:
            spans = " ".join(_runs(categories, members[block]))
            ends = f"{block.first}-{block.last}" if block.first != block.last else block.first
            rows.append(attrs.evolve(block, spans="" if spans == ends else spans))
        else:
            wider = [other for other in blocks if other != block and _inside(block, other)]
            rows.append(attrs.evolve(block, level=1 + len(wider)))
    return sorted(rows, key=lambda row: row.level)


def _newest_printed(sources: Sources) -> dict[tuple[str, str], tuple[str, str]]:
    """By kind and first code, the last code and the title of chapters and blocks of today.

    Where a wider block begins with the same code, the narrowest: that one holds categories.
    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for row in sources.official.rows(PRINTED):
        kind = "chapter" if row["id"].startswith("chapter") else "block"
        first, _, last = (row["chapter_or_range"] if kind == "chapter" else row["id"]).partition(
            "-"
        )
        narrower = found.get((kind, first), ("~", ""))[0] > (last or first)
        if not row["last"] and narrower:
            found[kind, first] = (last or first, tidy(row["title"]))
    return found


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


def _earlier_icd10cm(sources: Sources, rows: list[RangeRow]) -> Iterator[str]:
    """How chapters and blocks were printed before, by the number of the row of today."""
    number = {(row.level == 0, row.first, row.last): place for place, row in enumerate(rows)}
    printed: dict[tuple[bool, str], list[dict[str, str]]] = defaultdict(list)
    for row in sources.official.rows(PRINTED):
        is_chapter = row["id"].startswith("chapter")
        ends = row["chapter_or_range" if is_chapter else "id"]
        first, _, last = ends.partition("-")
        printed[is_chapter, first].append({**row, "end": last or first})
    for (is_chapter, first), editions in printed.items():
        for row in editions:
            if not row["last"]:
                continue
            # What followed on the next day is the same range; of wider ones none has changed.
            after = [other for other in editions if other["first"] > row["last"]]
            newest = next(other["end"] for other in after if not other["last"])
            until = min(other["first"] for other in after).replace("-", "")
            place = number[is_chapter, first, newest]
            yield f"{place}\t{until}\t{row['end']}\t{tidy(row['title'])}"


def range_tables(sources: Sources, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    icd9 = ["chapter", "section"]
    pcs = ["section", "body system", "root operation"]
    icd10cm = ["chapter", "block group", "block group", "block"]
    for system, levels, rows in (
        ("cpt", ["category", "section", "subsection", "heading"], _cpt_ranges()),
        ("hcpcs", ["section", "subsection", "heading"], _plain_ranges("hcpcs_ranges.tsv")),
        ("icd10cm", icd10cm, _icd10cm_ranges(sources, files["icd10cm.codes"])),
        ("icd10pcs", pcs, _icd10pcs_ranges(files["icd10pcs.codes"])),
        ("icd9cm", icd9, _plain_ranges("icd9cm_ranges.tsv")),
        ("icd9pcs", icd9[:1], _plain_ranges("icd9pcs_ranges.tsv")),
    ):
        header = {"system": system, "what": "ranges", "levels": levels, "rows": len(rows)}
        blocks = ["\n".join(map(str, rows))]
        if system == "cpt":
            header["last_day"] = _CPT_EDITION_ENDS
        if system == "icd10cm":
            header |= {"sources": [*versions(["simple-icd-10-cm"]), PRINTED]}
            blocks.append("\n".join(_earlier_icd10cm(sources, rows)))
        yield f"{system}.ranges", pack(header, blocks)
