"""Texts that stand for many codes: recognised as such, and expanded from the lists."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import (
    HCPCS,
    ICD9CM,
    ICD10CM,
    ICD10PCS,
    NoCodeList,
    NoPattern,
    Status,
    expand,
    identify,
)
from medcodes.dates import OPEN
from medcodes.lookup import patterns
from medcodes.reference import CodeTable, Reference
from medcodes.reference.writing import Span
from tests.conftest import DAY, code_table

THEN = "2012-06-01"


def codes(pattern: str, on: str = DAY, **asked: str) -> list[str]:
    return [one.code or "" for one in expand(pattern, on=on, **asked)]


# -- recognised -----------------------------------------------------------------------------------

WILDCARDS = ["250.xx", "250.x0", "410.x", "E11.*", "9938x", "48[0-6]%", "E11.-", "E11-", "V45.8?"]
WILDCARDS += ["icd9cm:250.x0", "ICD-10-CM|E11.*", '"E11.%"', "E11.6#", "S72._01A", " e11.* ", "J1*"]
RANGES = ["99201-99215", "S00–S99", "E08-E13", "E08-13", "001 - 139", "A00 to B99", "C7A-C7B"]
RANGES += ["250.00-.93", "J0120-J0129", "0SR-0SU", "E11-65", "Z01.411-419"]
SHORTENED = ["Z01.411/419", "E11.65/69"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(text, "a wildcard, not a code") for text in WILDCARDS]
    + [(text, "a range, not a code") for text in RANGES]
    + [(text, "several codes in one text, shortened") for text in SHORTENED],
)
def test_what_stands_for_many_codes_is_none(text: str, sentence: str) -> None:
    answer = identify(text, on=DAY)
    assert answer.status is Status.MALFORMED
    assert sentence in answer.reason
    assert "medcodes.expand" in answer.reason


@pytest.mark.parametrize(
    "text",
    [
        *("", "E11.9", "*", "%?", "?????", "E11.9**12345", "[]*", "[-]", "48[9-0]%", "E1-1*", "X"),
        *("E11.9-E11.9", "S99-S00", "99201-1234", "E11-I109", "E11.9-", "-", "A-B"),
        *("90837 1234", "in re", "E11.9 and more", "hello/world", "E11.9/", "250.*.1", "E" * 201),
        *("E11*!", "9999999*9", "*" * 300, "#" * 9),
    ],
)
def test_other_texts_are_no_patterns(text: str) -> None:
    if text in ("E11.9-",):  # a code and the sign for what is below it
        assert patterns.parse(text) is not None
    else:
        assert patterns.parse(text) is None


def test_a_listed_code_is_a_code_whatever_is_written_in_it() -> None:
    for code in ("T36.0X1A", "W21.89XA", "t36.0x1a", "T36.0X"):
        assert identify(code, on=DAY).status in (Status.VALID, Status.HEADER)
        with pytest.raises(NoPattern, match="is a code"):
            expand(code, on=DAY)
    # What has the shape of a code is no more than unknown; the reason says what it may be.
    answer = identify("E11.xx", on=DAY)
    assert answer.status is Status.UNKNOWN
    assert "medcodes.expand" in answer.reason
    assert "E11.65" in codes("E11.xx")


def test_a_modifier_is_no_end_of_a_range() -> None:
    assert identify("99213-25", on=DAY).modifiers == ("25",)
    assert identify("99201-99215", on=DAY).modifiers == ()


# -- expanded -------------------------------------------------------------------------------------


def below(system: medcodes.CodeSystem, on: str, meant: Callable[[str], object]) -> list[str]:
    """The slow way."""
    return [code for code in system.codes(on) if meant(code.replace(".", ""))]


@pytest.mark.parametrize(
    ("pattern", "system", "day", "meant"),
    [
        ("E11.*", ICD10CM, DAY, lambda code: code.startswith("E11")),
        ("E11.-", ICD10CM, DAY, lambda code: code.startswith("E11")),
        ("E11.xx", ICD10CM, DAY, re.compile("E11..").match),
        ("E11.?", ICD10CM, DAY, re.compile("E11.").fullmatch),
        ("E11.3[1-3]?_", ICD10CM, DAY, re.compile("E113[1-3]..").fullmatch),
        ("S72.0x1A", ICD10CM, DAY, re.compile("S720.1A").fullmatch),
        ("*.9XXA", ICD10CM, DAY, re.compile(".*9..A").fullmatch),
        ("C[57]#.9%", ICD10CM, DAY, re.compile("C[57][0-9]9").match),
        ("QA0.*", ICD10CM, DAY, lambda code: code.startswith("QA0")),
        ("250.xx", ICD9CM, THEN, re.compile("250..").fullmatch),
        ("250.x0", ICD9CM, THEN, re.compile("250.0").fullmatch),
        ("410.x", ICD9CM, THEN, re.compile("410.").match),
        ("E849.*", ICD9CM, THEN, lambda code: code.startswith("E849")),
        ("0SR*Z", ICD10PCS, DAY, re.compile("0SR.*Z").fullmatch),
        ("J12%", HCPCS, DAY, lambda code: code.startswith("J12")),
        ("S00–S99", ICD10CM, DAY, lambda code: code[0] == "S"),
        ("E08-13", ICD10CM, DAY, lambda code: "E08" <= code[:3] <= "E13"),
        ("C76-C80", ICD10CM, DAY, lambda code: "C76" <= code[:3] <= "C80"),
        ("E11.311-E11.359", ICD10CM, DAY, lambda code: "E11311" <= code[:6] <= "E11359"),
        ("J0120-J0190", HCPCS, DAY, lambda code: "J0120" <= code <= "J0190"),
        ("0SR-0SU", ICD10PCS, DAY, lambda code: "0SR" <= code[:3] <= "0SU"),
        ("V70-V82", ICD9CM, THEN, lambda code: "V70" <= code[:3] <= "V82"),
        ("Z01.411/419", ICD10CM, DAY, {"Z01411", "Z01419"}.__contains__),
        ("E10.*", ICD10CM, "2016-06-01", lambda code: code.startswith("E10")),
    ],
)
def test_expanded(
    pattern: str, system: medcodes.CodeSystem, day: str, meant: Callable[[str], object]
) -> None:
    right = below(system, day, meant)
    assert right
    assert codes(pattern, day, systems=system.id) == right
    for one in expand(pattern, system, day)[:50]:
        assert one == identify(one.code or "", systems=system, on=day)
        assert (one.system, one.status, one.repairs) == (system, Status.VALID, ())
        assert one.alternatives == ()


def test_a_pattern_of_several_systems_gives_the_codes_of_each() -> None:
    found = expand("J18*", on=DAY)
    assert list(dict.fromkeys(str(one.system) for one in found)) == ["hcpcs", "icd10cm"]
    assert [one.code for one in found if one.system is ICD10CM] == codes("J18.*")
    # The dot tells.
    assert {str(one.system) for one in expand("45.x", on=THEN)} == {"icd9pcs"}
    assert {str(one.system) for one in expand("458.x", on=THEN)} == {"icd9cm"}
    assert {str(one.system) for one in expand("001-139", on=THEN)} == {"icd9cm", "icd9pcs"}


def test_a_declared_system_restricts() -> None:
    assert codes("ICD9CM:250.x0", THEN) == codes("250.x0", THEN)
    assert {one.system for one in expand("HCPCS:J18*", on=DAY)} == {HCPCS}
    with pytest.raises(NoPattern, match="has the shape of ICD-10-CM, which was not asked for"):
        expand("CPT:E11.*", on=DAY)
    with pytest.raises(NoPattern, match="has the shape of ICD-10-CM, which was not asked for"):
        expand("E11.*", "icd9cm", DAY)
    with pytest.raises(NoPattern, match="declared as LOINC"):
        expand("LOINC:E11*", on=DAY)


def test_a_list_may_mix_systems() -> None:
    assert codes("J1885, E11.9 and 0SRB02A") == ["J1885", "E11.9", "0SRB02A"]
    assert codes("E11.65 I10") == ["E11.65", "I10"]
    assert codes("J1885, J18.9") == ["J1885", "J18.9"]
    # But what a slash shortens is of the system of the first.
    assert {str(one.status) for one in expand("Z01.411/419", on=THEN)} == {"future"}
    assert "icd9cm" not in patterns.parse("Z01.411/419").meanings  # type: ignore[union-attr]
    assert [one.reason for one in map(patterns.parse, ["E11.9/x1", "E11.9/.9!"]) if one] == []
    assert codes("E11/I10/J44.1") == ["E11", "I10", "J44.1"]


def test_what_is_not_valid_on_the_day_is_left_out() -> None:
    assert expand("250.xx", on=DAY) == ()
    assert codes("U07.*", "2020-03-31") == []
    assert codes("U07.*", "2020-04-01") == ["U07.0", "U07.1"]


def test_a_day_past_the_end_warns() -> None:
    with pytest.warns(medcodes.StaleReferenceWarning, match="ICD-10-CM"):
        assert codes("E11.*", "2031-01-01")


@pytest.mark.parametrize("text", ["99201-99215", "9938x", "CPT:99*"])
def test_codes_of_cpt_are_not_listed(text: str) -> None:
    with pytest.raises(NoCodeList, match="the list of CPT codes is not in the reference"):
        expand(text, on=DAY)


def test_a_list_of_cpt_that_is_loaded_is_expanded() -> None:
    class Licensed(Reference):
        def lists(self, system: str) -> bool:
            return True

        def codes(self, name: str) -> CodeTable:
            if name != "cpt":
                return super().codes(name)
            history = (Span(20000101, OPEN),)
            made_up = {"90834": history, "90837": history, "99213": history}
            return code_table(made_up, system="cpt", last_day="2027-12-31")

    mine = medcodes.Classifier(reference=Licensed(), on=DAY)
    assert [one.code for one in mine.expand("90830-90840")] == ["90834", "90837"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is nothing in it"),
        ("x" * 300, "no code has 300 characters"),
        ("hello, world", "is not a wildcard or a range"),
        ("E11.66", "is not a wildcard or a range"),
        ("E11.65", "is a code, not a wildcard or a range; all that is below it is 'E11.65\\*'"),
        ("90837", "is a code"),
        ("*", "is not a wildcard"),
    ],
)
def test_what_is_no_pattern_is_an_error(text: str, message: str) -> None:
    with pytest.raises(NoPattern, match=message) as caught:
        expand(text, on=DAY)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 250


def test_what_is_no_text_is_an_error() -> None:
    with pytest.raises(TypeError, match="leading zeros"):
        expand(250, on=DAY)  # type: ignore[arg-type]


_SIGNS = st.sampled_from([*"0123456789ABEJSVXZ.*%?_#[]-/, ", " to ", "E11", "250", "99213", "0SR"])


@settings(deadline=None)
@given(st.lists(_SIGNS, max_size=12).map("".join))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    try:
        found = expand(text, systems="hcpcs", on=DAY)
    except (NoPattern, NoCodeList):
        return
    assert all(one.system is HCPCS for one in found)


def test_many_signs_for_any_run_take_no_time() -> None:
    # Each sign multiplies the ways to match; a code has seven characters.
    assert expand("*1*2*3*4*5*6*7*", systems="icd10pcs", on=DAY) == ()
    assert patterns.parse("*1" * 99) is None
    assert patterns.parse("E" + "*" * 190) is not None
    chance = random.Random(4)
    for _ in range(2_000):
        patterns.parse("".join(chance.choices("E1X*%[]-./, ", k=200)))


@pytest.mark.parametrize("text", ["D0*", "D0120-D0140"])
def test_dental_codes_are_not_listed(text: str) -> None:
    with pytest.raises(NoCodeList, match="dental D codes are CDT"):
        medcodes.expand(text, "hcpcs", on=DAY)


@pytest.mark.parametrize(
    ("text", "on", "codes"),
    [
        ("99213/99214", DAY, ["cpt 99213", "cpt 99214"]),
        ("99213, J1885", DAY, ["cpt 99213", "hcpcs J1885"]),
        ("D0120, J1885", DAY, ["hcpcs D0120", "hcpcs J1885"]),
        ("J1885-J1890", DAY, ["hcpcs J1885"]),  # J18.9 is in it by its shape alone
        ("001-139", DAY, []),  # 139 is no table of ICD-10-PCS, and ICD-9-CM has expired
    ],
)
def test_nothing_is_left_out_of_a_list_or_let_into_a_range(
    text: str, on: str, codes: list[str]
) -> None:
    assert [f"{one.system} {one.code}" for one in medcodes.expand(text, on=on)] == codes


def test_a_range_of_cpt_is_no_range_of_a_few_other_codes() -> None:
    with pytest.raises(NoCodeList, match="the list of CPT codes"):
        medcodes.expand("99201-99215", on="2012-06-01")
