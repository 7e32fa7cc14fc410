"""What a code that is still being typed may become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, complete, identify
from tests.conftest import DAY

DAYS = {HCPCS: DAY, ICD10CM: DAY, ICD10PCS: DAY, ICD9CM: "2012-06-01", ICD9PCS: "2012-06-01"}
LISTED = {
    system: [compact for compact, _ in medcodes.reference.codes(system.id)] for system in DAYS
}


def codes(text: str, **asked: Any) -> list[str]:
    return [one.code for one in complete(text, **{"on": DAY, **asked})]


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[medcodes.CodeSystem, str]:
    system = draw(st.sampled_from(sorted(LISTED, key=str)))
    compact = draw(st.sampled_from(LISTED[system]))
    return system, compact[: draw(st.integers(1, len(compact)))]


@given(prefixes())
@settings(deadline=None, max_examples=30)
def test_everything_that_is_listed_and_begins_so(asked: tuple[medcodes.CodeSystem, str]) -> None:
    system, prefix = asked
    day = DAYS[system]
    found = complete(prefix, systems=system, on=day, limit=None)
    answers = [
        identify(system.format(one), on=day, systems=system)
        for one in LISTED[system]
        if one.startswith(prefix)
    ]
    assert [one.code for one in found] == [
        one.code
        for one in answers
        if one.status == "valid"
        # A category has no title in some source; any other heading without one ends in an X.
        or (
            one.status == "header"
            and (one.title or (system is not ICD9PCS and len(one.compact or "") == 3))
        )
    ]
    assert complete(prefix.lower(), systems=system, on=day, limit=3) == found[:3]


def test_with_a_dot_and_without() -> None:
    for text in ("E11.6", "e116", " E11.6 "):
        assert codes(text, kind="diagnosis", limit=3) == ["E11.6", "E11.61", "E11.610"]
    assert codes("E11.", limit=2) == ["E11", "E11.0"]
    assert codes("E1.1") == codes("E11..6") == codes(".E11") == []
    assert codes("250.0", on="2012-06-01", limit=2) == ["250.0", "250.00"]
    assert codes("45.1", on="2012-06-01", limit=1) == ["45.1"]


def test_codes_of_all_systems_in_one_order() -> None:
    found = [(str(one.system), one.code) for one in complete("J012", on=DAY, limit=4)]
    assert found == [
        ("icd10cm", "J01.2"),
        ("hcpcs", "J0120"),
        ("icd10cm", "J01.20"),
        ("hcpcs", "J0121"),
    ]
    assert codes("J012", kind="procedure", limit=1) == ["J0120"]
    assert codes("J012", systems=["cpt", "icd10cm"])[:2] == ["J01.2", "J01.20"]


def test_the_day_decides() -> None:
    assert codes("R05", on="2021-09-30") == ["R05"]
    assert codes("R05", on="2021-10-01")[:2] == ["R05", "R05.1"]
    assert codes("25", systems="icd9cm") == []
    assert codes("E11", systems="icd10cm", on="2000-01-01") == []


def test_what_begins_like_no_code() -> None:
    for text in ("?", "ZZ", "9083", "é", "E11-", "type 2 diabetes", "J" * 1000):
        assert codes(text) == []


def test_how_many() -> None:
    assert len(codes("E")) == 20
    assert len(codes("E", limit=7)) == 7
    assert codes("E", limit=0) == []
    assert codes("") == codes("", limit=None)[:20]
    for act in (complete, medcodes.search):
        with pytest.raises(ValueError, match="limit must be 0 or more, got -1"):
            act("E", limit=-1, on=DAY)


def test_what_is_no_text() -> None:
    value: Any = 11
    with pytest.raises(TypeError, match="is a number"):
        complete(value)


def test_a_day_past_the_list_is_said_of_what_is_found() -> None:
    with pytest.warns(medcodes.StaleReferenceWarning, match="HCPCS"):
        complete("J01", on="2027-01-01", limit=40)
    assert codes("J01", on="2027-01-01", systems="icd10cm")


@pytest.mark.parametrize("ask", [medcodes.complete, medcodes.search])
def test_a_limit_is_a_number(ask: Any) -> None:
    with pytest.raises(TypeError, match="limit must be an int, or None for no limit, got 'a'"):
        ask("E11", limit="a")
