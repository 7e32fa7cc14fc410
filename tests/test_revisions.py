"""Titles of earlier editions, and what was given another title between two days."""

from __future__ import annotations

import itertools
import unicodedata
from datetime import date

import pytest

import medcodes
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, Revision, reference
from medcodes.reference import RevisionTable
from tests.conftest import official
from tools import build, titles
from tools.sources import Sources, tidy


def test_a_title_is_revised_on_its_day() -> None:
    rabies = Revision(
        "Z29.14",
        "Encounter for prophylactic rabies immune globin",
        "Encounter for prophylactic rabies immune globulin",
    )
    changes = ICD10CM.changes("2026-09-30", "2026-10-01")
    assert changes.revised[-1] == rabies
    assert [one.code for one in changes.revised] == ["L02.232", "L03.312", "L03.322", "Z29.14"]
    assert ICD10CM.changes("2025-10-01", "2026-09-30").revised == ()
    assert rabies in ICD10CM.changes("2023-10-01", "2027-01-01").revised
    # The other way round it is a revision, too.
    back = ICD10CM.changes("2026-10-01", "2026-09-30").revised
    assert back[-1] == Revision("Z29.14", rabies.after, rabies.before)


def test_a_title_that_was_revised_twice() -> None:
    def titles(since: str, until: str) -> list[tuple[str, str]]:
        revised = HCPCS.changes(since, until).revised
        return [(one.before, one.after) for one in revised if one.code == "J1954"]

    begin = "Injection, leuprolide acetate for depot suspension"
    lutrate, cipla = f"{begin} (lutrate), 7.5 mg", f"{begin} (cipla), 7.5 mg"
    depot = f"{begin} (lutrate depot), 7.5 mg"
    assert titles("2023-01-01", "2023-04-01") == [(lutrate, cipla)]
    assert titles("2024-01-01", "2025-07-01") == [(cipla, depot)]
    assert titles("2023-01-01", "2026-01-01") == [(lutrate, depot)]
    assert titles("2023-04-01", "2025-06-30") == []
    on_day = [medcodes.identify("J1954", on=day).title for day in ("2023-01-01", "2026-01-01")]
    assert on_day == [lutrate, depot]


def test_what_came_or_went_is_not_revised() -> None:
    changes = HCPCS.changes("2023-01-01", "2026-07-01")
    revised = {one.code for one in changes.revised}
    assert not revised & {*changes.added, *changes.deleted}
    assert sorted(revised) == [one.code for one in changes.revised]
    assert all(one.before != one.after for one in changes.revised)


@pytest.mark.parametrize("system", [ICD9CM, ICD9PCS], ids=str)
def test_systems_without_earlier_titles(system: CodeSystem) -> None:
    assert reference.BUNDLED.revisions(system.id).since is None
    assert system.changes("2015-09-30", "2016-10-01").revised == ()


def test_from_when_on_titles_are_known() -> None:
    assert reference.BUNDLED.revisions("hcpcs").since == date(2023, 1, 1)
    assert reference.BUNDLED.revisions("icd10cm").since == date(2015, 10, 1)
    assert reference.BUNDLED.revisions("icd10pcs").since == date(2025, 10, 1)
    assert list(RevisionTable()) == []
    assert RevisionTable().title("E1165", date(2024, 1, 1)) is None


def test_with_titles_of_ones_own_none_is_known() -> None:
    release = b"code,title\nA00.0,Cholera once\n"
    mine = medcodes.Classifier().with_release(
        release, "icd10cm", valid_from="2026-10-01", complete=False
    )
    assert mine.changes(ICD10CM, "2026-09-30", "2026-10-01").revised == ()
    assert len(mine.changes(HCPCS, "2026-03-31", "2026-04-01").revised) == 7


@pytest.mark.parametrize(
    ("system", "code", "day", "title"),
    [
        # 37.5 was a transplant until 2003: what v32 calls it says nothing of that.
        ("icd9pcs", "37.5", "1990-01-01", None),
        ("icd9pcs", "37.5", "2010-01-01", "Heart replacement procedures"),
        ("hcpcs", "J1440", "2013-05-01", "Injection, filgrastim (g-csf), 300 mcg"),
        ("hcpcs", "J1440", "2024-05-01", "Fecal microbiota, live - jslm, 1 ml"),
        ("icd10cm", "E66.3", "2020-01-01", "Overweight"),
        ("icd10pcs", "5A0935A", "2024-01-01", "High Nasal Flow/Velocity"),
        ("icd10pcs", "5A0935A", "2025-01-01", None),
        ("icd10pcs", "5A0935A", "2026-01-01", "High Flow/Velocity Cannula"),
        ("icd10pcs", "XW0V0P7", "2026-09-30", "Antibiotic-eluting"),
        ("icd10pcs", "XW0V0P7", "2026-10-01", "Gentamicin-eluting"),
    ],
)
def test_the_title_is_that_of_the_day(system: str, code: str, day: str, title: str | None) -> None:
    answer = medcodes.identify(code, on=day, systems=system)
    entry = medcodes.code_system(system).get(code, on=day)
    assert entry is not None
    assert answer.title == entry.title
    assert answer.title is None if title is None else title in (answer.title or "")


def plain(title: str | None) -> str:
    return unicodedata.normalize("NFKD", title or "").encode("ascii", "ignore").decode()


@pytest.mark.sources
def test_titles_of_every_edition_as_the_sources_have_it() -> None:
    """Of ICD-10-CM each title on its first day, and that of FY2018's order file in June 2018."""
    official()
    table = reference.BUNDLED
    rows = Sources(build.CACHE).official.rows(titles.HISTORY)
    latest: dict[str, str] = {}
    for row in rows:
        day = date.fromisoformat("-".join((row["from"][:4], row["from"][4:6], row["from"][6:])))
        # Of headings, the tabular list has the accents.
        assert plain(table.title("icd10cm", row["code"], day)) == tidy(row["title"])
        if row["from"] <= "20180601":
            latest[row["code"]] = tidy(row["title"])
    valid = {*table.codes("icd10cm").billable(date(2018, 6, 1))}
    assert len(valid & latest.keys()) == len(valid) == 71_704
    assert all(table.title("icd10cm", code, date(2018, 6, 1)) == latest[code] for code in valid)


@pytest.mark.sources
@pytest.mark.parametrize("system", [HCPCS, ICD10CM, ICD10PCS], ids=str)
def test_between_editions_as_the_sources_have_it(system: CodeSystem) -> None:
    official()
    editions = list(titles.editions(Sources(build.CACHE), system.id))
    assert len(editions) == {"hcpcs": 16, "icd10cm": 14, "icd10pcs": 4}[system.id]
    for (since, before), (until, after) in itertools.pairwise(editions[1:]):
        changes = system.changes(since, until)
        lasting = {*system.codes(on=since)} & {*system.codes(on=until)}
        known = {(one.code, one.before, one.after) for one in changes.revised}
        assert known >= {
            (system.format(code), before[code], after[code])
            for code in before.keys() & after.keys()
            if before[code] and before[code] != after[code] and system.format(code) in lasting
        }
