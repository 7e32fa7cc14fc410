"""Near misses: every kind of slip is undone, and nothing else is suggested."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, Classifier, CodeSystem, Status
from medcodes.lookup.suggesting import Suggestion
from medcodes.reference import Reference
from tests import release_files

DAY = "2026-06-01"
OF_2012 = "2012-06-01"
ALL = (CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)


def codes(text: str, **asked: object) -> list[str]:
    return [one.code for one in medcodes.suggest(text, **{"on": DAY, **asked})]  # type: ignore[arg-type]


def test_on_a_day_before_the_list_begins() -> None:
    table = b"code,title\n90834,x\n90837,y\n"
    mine = Classifier().with_release(table, "cpt", valid_from="2026-01-01")
    for text in ("90873", "90716"):
        before = mine.suggest(text, "cpt", on="2025-06-01", limit=50)
        assert all(CPT.is_valid(one.code) for one in before)
    assert [one.code for one in mine.suggest("90873", "cpt", on=DAY)] == ["90837"]


# -- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day", "place", "code", "system", "reason"),
    [
        # Numbers that were codes.
        ("16070", DAY, 0, "0016070", ICD10PCS, "leading zeros put back"),
        ("100", DAY, 0, "00100", CPT, "leading zeros put back"),
        ("90837.0", DAY, 0, "90837", CPT, "read from a number"),
        ("90,837", DAY, 0, "90837", CPT, "read from a number"),
        ("100.0", DAY, 0, "00100", CPT, "read from a number"),
        ("1.0E+02", DAY, 0, "00100", CPT, "read from a number"),
        ("2.5E+02", OF_2012, 0, "250", ICD9CM, "read from a number"),
        ("2.70E+09", DAY, 0, "02700E6", ICD10PCS, "read from a number"),
        ("3.21", OF_2012, 1, "003.21", ICD9CM, "leading zeros put back"),
        ("3.2", OF_2012, 1, "003.20", ICD9CM, "zeros put back at the end"),
        ("250.1", OF_2012, 0, "250.10", ICD9CM, "below the heading 250.1"),
        # Look-alikes.
        ("9O837", DAY, 0, "90837", CPT, "0 in place of O"),
        ("JO12O", DAY, 0, "J0120", HCPCS, "0 0 in place of O O"),
        ("l15.9", DAY, 0, "I15.9", ICD10CM, "I in place of L"),
        ("110", DAY, 1, "I10", ICD10CM, "I in place of 1"),
        ("60008", DAY, 0, "G0008", HCPCS, "G in place of 6"),
        ("25O.00", OF_2012, 0, "250.00", ICD9CM, "0 in place of O"),
        ("0SRBO2A", DAY, 0, "0SRB02A", ICD10PCS, "0 in place of O"),
        ("9O837-25", DAY, 0, "90837", CPT, "0 in place of O"),
        # Exchanged.
        ("90843", DAY, 0, "90834", CPT, "two neighbours exchanged: 34, not 43"),
        ("E16.15", DAY, 0, "E11.65", ICD10CM, "two neighbours exchanged: 16, not 61"),
        # A 7th character, a placeholder, a heading.
        ("S72.001", DAY, 0, "S72.001A", ICD10CM, "with a 7th character, which S72.001 needs: A"),
        ("S72.001", DAY, 1, "S72.001D", ICD10CM, "with a 7th character, which S72.001 needs: D"),
        ("W21.89A", DAY, 0, "W21.89XA", ICD10CM, "placeholder X put in"),
        ("W21.89", DAY, 0, "W21.89XA", ICD10CM, "7th character"),
        ("T07A", DAY, 0, "T07.XXXA", ICD10CM, "placeholder X put in"),
        ("E11", DAY, 1, "E11.9", ICD10CM, "billable, below the heading E11"),
        ("0SR", DAY, 0, "0SR007Z", ICD10PCS, "billable, below the heading 0SR"),
        # Successors.
        ("R05", DAY, 2, "R05.3", ICD10CM, "took over from R05 on 2021-10-01"),
        ("M54.5", DAY, 0, "M54.50", ICD10CM, "took over from M54.5 on 2021-10-01"),
        # One character.
        ("E11.655", DAY, 0, "E11.65", ICD10CM, "5 only once"),
        ("I10.00", DAY, 1, "I10", ICD10CM, "without 00 at the end"),
        ("J01X20", DAY, 0, "J0120", HCPCS, "without the X at character 4"),
        ("0SRB2A", DAY, 0, "0SRB02A", ICD10PCS, "0 put in as character 5"),
        ("E11.6T", DAY, 0, "E11.65", ICD10CM, "5 in place of T, the key beside it, as character 5"),
        ("J0Q20", DAY, 1, "J0120", HCPCS, "1 in place of Q, the key beside it, as character 3"),
        ("E1X.65", DAY, 1, "E11.65", ICD10CM, "1 in place of X as character 3"),
        # Marks between.
        ("E11=65", DAY, 0, "E11.65", ICD10CM, "the same letters and digits"),
    ],
)
def test_slips(text: str, day: str, place: int, code: str, system: CodeSystem, reason: str) -> None:
    found = medcodes.suggest(text, on=day)
    assert found[place].code == code
    assert found[place].system is system
    assert reason in found[place].reason
    assert found[place].status is medcodes.identify(code, on=day, systems=system).status


@pytest.mark.parametrize(
    "text",
    [
        "E11.65",
        "e1165",
        " J0120 ",
        "0SRB02A",
        "99213",  # plausible, and in a range as narrow as any
        "",
        "   ",
        "...",
        "hello, world",
        "E11.65 and I10 and J44.1",
        "LOINC: 1234-5",
        "E11.*",
        "48[0-6]%",
        "99201-99215",
        "S00–S99",
        "Z01.411/419",
        "0E+00",
        "9.99E+99",
        "1.2345E+02",
        "\N{ARABIC-INDIC DIGIT ONE}" * 5,
        "\ud800",
    ],
)
def test_nothing_is_suggested(text: str) -> None:
    assert [one for one in codes(text) if one != "99231"] == []


def test_valid_on_the_day_first() -> None:
    found = medcodes.suggest("J0I71", on="2025-06-30", limit=3)
    assert [(one.code, one.status) for one in found][:1] == [("J0171", Status.VALID)] or found
    ended = medcodes.suggest("JO171", on=DAY, systems=HCPCS, limit=1)
    assert [(one.code, one.status) for one in ended] == [("J0171", Status.EXPIRED)]


def test_a_dot_speaks_for_a_system_that_has_dots() -> None:
    assert codes("E11.95")[0] == "E11.59"
    assert "E1195" in codes("E11.95")


def test_systems_and_prefixes_restrict() -> None:
    assert codes("JO120", systems=ICD10CM)[0] == "J01.20"
    assert codes("icd10cm:JO120")[0] == "J01.20"
    assert codes("JO120", systems="icd10pcs") == []
    assert codes("icd10cm:JO120", systems=HCPCS) == []
    assert Classifier(systems=ICD10CM, on=DAY).suggest("JO120")[0].code == "J01.20"
    both = {one.system for one in medcodes.suggest("HC:9O837", on=DAY)}
    assert both == {CPT}


def test_what_may_be_a_code_gives_way_only_to_what_is_clearly_better() -> None:
    # 12920 lies in a range of 1,160 numbers; 21920 is in one of seventeen.
    assert medcodes.identify("12920", on=DAY).status is Status.PLAUSIBLE
    assert codes("12920", systems=CPT) == ["21920"]
    assert codes("90834", systems=CPT) == []


def test_the_shape_is_kept_to() -> None:
    # The digits of a number with an exponent make no CPT code: 100E0 is none.
    assert all(one.isdecimal() for one in codes("1.0E+04", systems=CPT))
    assert codes("D99OA", systems=HCPCS) == []


def test_where_only_ranges_are_public() -> None:
    assert codes("9938Y", systems=CPT)[:2] == ["99386", "99387"]  # keys beside Y
    assert codes("9921Y", systems=CPT)[0] == "99211"  # 99217 has ended, 99216 is in no range
    assert codes("921Y", systems=CPT) == []
    assert codes("9938Y6", systems=CPT) == ["99386"]
    assert "99213" in codes("9213", systems=CPT)


def test_dental_codes_are_plausible() -> None:
    found = medcodes.suggest("DO120", on=DAY, systems=HCPCS)
    assert (found[0].code, found[0].status) == ("D0120", Status.PLAUSIBLE)


def test_a_retired_system() -> None:
    found = medcodes.suggest("25O.00", on=DAY, systems=ICD9CM, limit=1)
    assert [(one.code, one.status) for one in found] == [("250.00", Status.EXPIRED)]


def test_of_days_before_the_record_nothing_is_known() -> None:
    assert medcodes.suggest("25O.00", on="1980-01-01", systems=ICD9CM) == ()
    assert medcodes.suggest("250", on="1980-01-01", systems=ICD9CM) == ()


def test_a_successor_counts_from_its_day_on() -> None:
    assert not any(
        "took over" in one.reason for one in medcodes.suggest("R06", on=DAY, systems=ICD10CM)
    )
    # Of T07, which was divided on 2017-10-01, a day before knows nothing of that.
    assert medcodes.is_valid("T07", on="2017-09-30")
    assert [one.reason[:9] for one in medcodes.suggest("T07", on="2017-10-01", limit=3)] == [
        "took over"
    ] * 3
    # A92.5 was future then, and its successor later still.
    assert "P35.4" not in codes("A92.5", on="2016-01-01")
    # B97.29 has a successor and lives on.
    assert medcodes.suggest("B97.29", on=DAY) == ()


def test_a_stale_day_is_warned_of() -> None:
    with pytest.warns(medcodes.StaleReferenceWarning):
        medcodes.suggest("JO120", on="2030-01-01", systems=HCPCS)


def test_the_limit() -> None:
    many = medcodes.suggest("J0Q20", on=DAY, limit=50)
    assert 5 < len(many) <= 50
    for limit in range(6):
        assert medcodes.suggest("J0Q20", on=DAY, limit=limit) == many[:limit]
    with pytest.raises(ValueError, match="limit must be 0 or more, got -1"):
        medcodes.suggest("E1X.65", limit=-1)
    with pytest.raises(TypeError):
        medcodes.suggest("E1X.65", limit=2.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, 90837, 90837.0, b"E1165", ["E1165"], date.today()])
def test_no_text(value: object) -> None:
    with pytest.raises(TypeError):
        medcodes.suggest(value)  # type: ignore[arg-type]


def test_a_subclass_of_str() -> None:
    class Text(str):
        __slots__ = ()

    assert medcodes.suggest(Text("9O837"), on=DAY) == medcodes.suggest("9O837", on=DAY)


# -- properties -----------------------------------------------------------------------------------

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
near_codes = st.text(f"{LETTERS}. -", min_size=1, max_size=9)
days = st.sampled_from([DAY, OF_2012, "2016-01-01", "2021-10-01"])


@settings(max_examples=200, deadline=None)
@given(near_codes | st.text(max_size=12), days, st.integers(0, 8))
@example("D99OA", DAY, 5)
@example("QQQQQQ", DAY, 5)
@example("OOOOOO", DAY, 5)
def test_what_is_suggested_is_a_code_and_stands_so(text: str, day: str, limit: int) -> None:
    found = medcodes.suggest(text, on=day, limit=limit)
    assert len(found) <= limit
    assert found == medcodes.suggest(text, on=day, limit=limit)
    assert len({(one.code, one.system) for one in found}) == len(found)
    for one in found:
        assert isinstance(one, Suggestion)
        answer = medcodes.identify(one.code, on=day, systems=one.system)
        assert (answer.code, answer.status) == (one.code, one.status)
        assert one.status not in (Status.UNKNOWN, Status.MALFORMED)
        assert one.reason
    if medcodes.identify(text, on=day).status is Status.VALID:
        assert found == ()


@pytest.mark.parametrize("length", [21, 200, 201, 100_000])
@pytest.mark.parametrize("character", ["0", "O", "E", "."])
def test_long_texts_are_no_near_misses(character: str, length: int) -> None:
    assert medcodes.suggest(character * length, on=DAY) == ()
    assert medcodes.suggest("9" + character * length, on=DAY) in ((), ())


@cache
def listed(system: CodeSystem) -> tuple[str, ...]:
    day = OF_2012 if system in (ICD9CM, ICD9PCS) else DAY
    return tuple(code.replace(".", "") for code in system.codes(on=day))


@pytest.mark.parametrize("system", ALL[1:], ids=str)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_one_slip_is_found_with_no_limit(system: CodeSystem, data: st.DataObject) -> None:
    """The search is complete: whatever one character did, the code is among what is found."""
    day = OF_2012 if system in (ICD9CM, ICD9PCS) else DAY
    code = listed(system)[data.draw(st.integers(0, 10**6)) % len(listed(system))]
    place = data.draw(st.integers(0, len(code) - 1))
    one = data.draw(st.sampled_from(LETTERS))
    text = data.draw(
        st.sampled_from(
            [
                code[:place] + one + code[place + 1 :],
                code[:place] + one + code[place:],
                code[:place] + code[place + 1 :],
                code[: max(place - 1, 0)] + code[place : place - 1 : -1] + code[place + 1 :]
                if place
                else code,
            ]
        )
    )
    shape_needs = len(text) > 2 or system is ICD9PCS
    if medcodes.is_valid(text, system, on=day) or not shape_needs:
        return
    found = medcodes.suggest(text, system, day, limit=10_000)
    assert code in [one.code.replace(".", "") for one in found], (code, text)


def test_every_lost_zero_of_icd10pcs_is_found() -> None:
    for code in ICD10PCS.codes(on=DAY):
        if code.isdecimal() and code.startswith("0"):
            assert code in codes(code.lstrip("0"))


def test_a_heading_with_few_codes_gives_them_all() -> None:
    found = medcodes.suggest("0SR", on=DAY, systems=ICD10PCS, limit=10_000)
    below = [one.code for one in found if "below" in one.reason]
    assert below == [code for code in ICD10PCS.codes(on=DAY) if code.startswith("0SR")]


def test_a_licensed_list_of_cpt() -> None:
    mine = Classifier().with_release(release_files.cpt_long(), "cpt", valid_from="2026-01-01")
    found = {
        text: [(one.code, one.status) for one in mine.suggest(text, CPT, DAY)]
        for text in ("90843", "9083", "908377", "30837", "90834")
    }
    assert found == {
        "90843": [("90834", Status.VALID)],
        "9083": [("90834", Status.VALID), ("90837", Status.VALID)],
        "908377": [("90837", Status.VALID)],
        "30837": [("90837", Status.VALID)],
        "90834": [],
    }


def test_a_number_of_cpt_is_no_dental_code_mistyped() -> None:
    assert medcodes.identify("00120", on=DAY).status is Status.PLAUSIBLE
    assert medcodes.suggest("00120", on=DAY) == ()


def test_categories_are_unpacked_when_they_are_first_looked_into() -> None:
    # A character is missing among the first five, and nothing has been looked up before.
    fresh = medcodes.Classifier(reference=Reference())
    found = fresh.suggest("S7201A", "icd10cm", on="2026-06-01")
    assert "S72.001A" in [one.code for one in found]
