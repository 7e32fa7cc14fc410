"""Titles of earlier editions, and what was given another title between two days."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

import medcodes
from medcodes import HCPCS, ICD9CM, ICD10CM, ICD10PCS, CodeSystem, Revision, reference
from medcodes.reference import RevisionTable
from tools import build
from tools.sources import Sources


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
    assert medcodes.identify("J1954", on="2023-01-01").title == depot


def test_what_came_or_went_is_not_revised() -> None:
    changes = HCPCS.changes("2023-01-01", "2026-07-01")
    revised = {one.code for one in changes.revised}
    assert not revised & {*changes.added, *changes.deleted}
    assert sorted(revised) == [one.code for one in changes.revised]
    assert all(one.before != one.after for one in changes.revised)


@pytest.mark.parametrize("system", [ICD9CM, ICD10PCS], ids=str)
def test_systems_without_earlier_titles(system: CodeSystem) -> None:
    assert reference.BUNDLED.revisions(system.id).since is None
    assert system.changes("2015-09-30", "2016-10-01").revised == ()


def test_from_when_on_titles_are_known() -> None:
    assert reference.BUNDLED.revisions("hcpcs").since == date(2023, 1, 1)
    assert reference.BUNDLED.revisions("icd10cm").since == date(2023, 10, 1)
    assert list(RevisionTable()) == []
    assert RevisionTable().title("E1165", date(2024, 1, 1)) is None


def test_with_titles_of_ones_own_none_is_known() -> None:
    release = b"code,title\nA00.0,Cholera once\n"
    mine = medcodes.Classifier().with_release(
        release, "icd10cm", valid_from="2026-10-01", complete=False
    )
    assert mine.changes(ICD10CM, "2026-09-30", "2026-10-01").revised == ()
    assert len(mine.changes(HCPCS, "2026-03-31", "2026-04-01").revised) == 7


@pytest.mark.sources
@pytest.mark.parametrize("system", [HCPCS, ICD10CM], ids=str)
def test_between_editions_as_the_sources_have_it(system: CodeSystem) -> None:
    editions = list(Sources(build.CACHE).title_editions(system.id))
    assert len(editions) == {"hcpcs": 15, "icd10cm": 4}[system.id]
    for (since, before), (until, after) in itertools.pairwise(editions):
        changes = system.changes(since, until)
        lasting = {*system.codes(on=since)} & {*system.codes(on=until)}
        assert {(one.code, one.before, one.after) for one in changes.revised} == {
            (system.format(code), before[code], after[code])
            for code in before.keys() & after.keys()
            if before[code] != after[code] and system.format(code) in lasting
        }
