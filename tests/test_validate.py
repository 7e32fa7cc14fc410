"""Accepting and refusing codes, and looking into a code system."""

from __future__ import annotations

import copy
import pickle
import warnings
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import medcodes
from medcodes import (
    CPT,
    HCPCS,
    ICD9CM,
    ICD9PCS,
    ICD10CM,
    ICD10PCS,
    AmbiguousCode,
    AmbiguousCodeSystem,
    Classifier,
    CodeSystem,
    HeaderCode,
    InactiveCode,
    InvalidCode,
    MalformedCode,
    NoCodeList,
    StaleReferenceWarning,
    Status,
    UnknownCode,
    UnknownCodeSystem,
    code_system,
    is_valid,
    validate,
)
from tests.conftest import DAY

SYSTEMS = medcodes.systems.ALL
WITH_LISTS = [one for one in SYSTEMS if one.has_list]

ACCEPTED = [
    # text, system, day, canonical
    ("e1165", None, DAY, "E11.65"),
    ("E11.65", "icd10cm", DAY, "E11.65"),
    (" E11.65\n", ICD10CM, DAY, "E11.65"),
    ("ABK:E1165", None, DAY, "E11.65"),
    ("QA00101", None, DAY, "QA0.0101"),
    ("90837", None, DAY, "90837"),  # plausible: the list is not public
    ("99213-25", "CPT", DAY, "99213"),
    ("J0120", "hcpcs", DAY, "J0120"),
    ("J0120", "icd10cm", DAY, "J01.20"),
    ("J0120", ["icd9cm", "hcpcs"], DAY, "J0120"),
    ("0SRB02A", None, DAY, "0SRB02A"),
    ("25000", None, DAY, "25000"),  # ICD-9-CM is over
    ("25000", "icd9cm", "2012-06-01", "250.00"),
    ("E8020", None, "2012-06-01", "E802.0"),
    ("E8020", None, DAY, "E80.20"),
    ("5121", "icd9pcs", "2012-06-01", "51.21"),
    ("R05", None, "2021-09-30", "R05"),
    ("D0120", None, DAY, "D0120"),  # CDT, whose list is not public either
]


@pytest.mark.parametrize(("text", "system", "day", "canonical"), ACCEPTED, ids=str)
def test_accepted(text: str, system: Any, day: str, canonical: str) -> None:
    assert validate(text, system, on=day) == canonical
    assert is_valid(text, system, on=day)
    assert validate(validate(text, system, on=day), system, on=day) == canonical


REFUSED = [
    # text, system, day, error, system of the error, position
    ("9O837", None, DAY, MalformedCode, "cpt", 2),
    ("JO120", "hcpcs", DAY, MalformedCode, "hcpcs", 2),
    ("0SRBO2A", "icd10pcs", DAY, MalformedCode, "icd10pcs", 5),
    ("9O837", "icd10cm", DAY, MalformedCode, "icd10cm", 1),  # of the system that was asked for
    ("90837", "icd10cm", DAY, MalformedCode, "icd10cm", 1),
    ("J0120", "cpt", DAY, MalformedCode, "cpt", 1),
    ("V1.2", "icd10cm", DAY, MalformedCode, "icd10cm", 3),
    ("12.345", "icd9cm", DAY, MalformedCode, "icd9cm", 3),
    ("12.345", None, DAY, MalformedCode, "icd9cm", 3),
    ("E802.0", "icd10cm", DAY, MalformedCode, "icd10cm", 5),
    ("  9O837", None, DAY, MalformedCode, "cpt", 4),  # counted in the text as given
    ("CPT:9O837", None, DAY, MalformedCode, "cpt", 6),
    ("ICD-10-CM: E1!.9", None, DAY, MalformedCode, "icd10cm", 14),
    ("9983", "cpt", DAY, MalformedCode, "cpt", None),
    ("", None, DAY, MalformedCode, None, None),
    ("x" * 1000, None, DAY, MalformedCode, None, None),
    ("LOINC:1234-5", None, DAY, MalformedCode, None, None),
    ("E11.66", None, DAY, UnknownCode, "icd10cm", None),
    ("J0100", "hcpcs", DAY, UnknownCode, "hcpcs", None),
    ("99999", "cpt", DAY, UnknownCode, "cpt", None),
    ("0SRB0ZZ", None, DAY, UnknownCode, "icd10pcs", None),
    ("250.00", None, "1980-01-01", UnknownCode, "icd9cm", None),
    ("U07.1", None, "2020-03-31", InactiveCode, "icd10cm", None),
    ("J0171", "hcpcs", "2025-07-01", InactiveCode, "hcpcs", None),
    ("250.00", None, DAY, InactiveCode, "icd9cm", None),
    ("51.21", None, "1993-01-01", InactiveCode, "icd9pcs", None),
    ("E11", None, DAY, HeaderCode, "icd10cm", None),
    ("R05", None, "2021-10-01", HeaderCode, "icd10cm", None),
    ("0SR", "icd10pcs", DAY, HeaderCode, "icd10pcs", None),
    ("250.0", None, "2012-06-01", HeaderCode, "icd9cm", None),
    ("J0120", None, DAY, AmbiguousCode, "hcpcs", None),
    ("0042", None, "2012-06-01", AmbiguousCode, "icd9cm", None),
    ("25000", None, "2012-06-01", AmbiguousCode, "icd9cm", None),
    ("J0120", ["hcpcs", "icd10cm"], DAY, AmbiguousCode, "hcpcs", None),
]


@pytest.mark.parametrize(("text", "system", "day", "kind", "blamed", "position"), REFUSED, ids=str)
def test_refused(
    text: str,
    system: Any,
    day: str,
    kind: type[InvalidCode],
    blamed: str | None,
    position: int | None,
) -> None:
    with pytest.raises(InvalidCode) as caught:
        validate(text, system, on=day)
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, ValueError)
    assert (error.text, error.system, error.position) == (text, blamed, position)
    assert len(str(error)) < 250
    assert str(error).startswith(repr(text[:37])[:-1])
    if position is not None and "dot" not in str(error):
        assert repr(text[position - 1]) in str(error)
    # A code that is two things at once is a valid code all the same.
    assert is_valid(text, system, on=day) == (kind is AmbiguousCode)


def test_an_ambiguous_code_names_what_it_may_be() -> None:
    with pytest.raises(AmbiguousCode, match=r"HCPCS Level II J0120 and ICD-10-CM J01\.20; name"):
        validate("J0120", on=DAY)
    with pytest.raises(AmbiguousCode, match=r"ICD-9-CM 250\.00 and CPT 25000"):
        validate("25000", on="2012-06-01")


@pytest.mark.parametrize(("text", "system", "day", "kind", "blamed", "position"), REFUSED, ids=str)
def test_errors_travel(
    text: str,
    system: Any,
    day: str,
    kind: type[InvalidCode],
    blamed: str | None,
    position: int | None,
) -> None:
    with pytest.raises(InvalidCode) as caught:
        validate(text, system, on=day)
    error = caught.value
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert str(again) == str(error)
        assert (again.text, again.system, again.position) == (text, blamed, position)


def test_every_reason_has_a_class_of_its_own() -> None:
    reasons = {MalformedCode, UnknownCode, InactiveCode, HeaderCode, AmbiguousCode}
    assert {one for one in InvalidCode.__subclasses__() if one.__module__[:8] == "medcodes"} == (
        reasons
    )
    assert {kind for _, _, _, kind, _, _ in REFUSED} == reasons


# -- strict and headers ---------------------------------------------------------------------------


def test_strict_takes_only_what_is_listed() -> None:
    assert not is_valid("90837", on=DAY, strict=True)
    assert not CPT.is_valid("90837", strict=True)
    with pytest.raises(UnknownCode, match="the list of codes is the AMA's") as caught:
        validate("90837", on=DAY, strict=True)
    assert caught.value.system == "cpt"
    assert not is_valid("D0120", on=DAY, strict=True)
    # What is merely plausible no longer makes a listed code ambiguous.
    assert validate("25000", on="2012-06-01", strict=True) == "250.00"
    assert validate("E1165", on=DAY, strict=True) == "E11.65"
    with pytest.raises(AmbiguousCode):
        validate("J0120", on=DAY, strict=True)


def test_headers_takes_headings_too() -> None:
    assert validate("e116", on=DAY, headers=True) == "E11.6"
    assert ICD10PCS.validate("0SR", on=DAY, headers=True) == "0SR"
    assert is_valid("E11", on=DAY, headers=True)
    assert not is_valid("E11", on=DAY)
    assert not is_valid("E13.7", on=DAY, headers=True)
    with pytest.raises(InactiveCode):
        validate("250", "icd9cm", on=DAY, headers=True)
    with pytest.raises(AmbiguousCode, match="ICD-9-CM 250 and ICD-9-CM Volume 3 25.0"):
        validate("250", on="2012-06-01", headers=True, strict=True)


@given(
    st.from_regex("[0-9A-Z]{3,7}", fullmatch=True)
    | st.sampled_from(["90837", "E11", "J0120", "25000", "0SR", "D0120", "R05", "0042"]),
    st.dates(date(1985, 10, 1), date(2026, 9, 30)),
    st.sampled_from([None, *SYSTEMS]),
    st.booleans(),
    st.booleans(),
)
def test_is_valid_validate_and_identify_agree(
    text: str, day: date, system: CodeSystem | None, strict: bool, headers: bool
) -> None:
    answer = medcodes.identify(text, on=day, systems=system)
    wanted = {Status.VALID}
    wanted |= set() if strict else {Status.PLAUSIBLE}
    wanted |= {Status.HEADER} if headers else set()
    fits = [fit for fit in (answer, *answer.alternatives) if fit.status in wanted]
    assert is_valid(text, system, on=day, strict=strict, headers=headers) == bool(fits)
    # The best one counts, unless another of the same status, or one that is plausible, rivals it.
    rivals = [fit for fit in fits[1:] if fit.status in (fits[0].status, Status.PLAUSIBLE)]
    if fits and not rivals:
        assert validate(text, system, on=day, strict=strict, headers=headers) == fits[0].code
    else:
        with pytest.raises(AmbiguousCode if fits else InvalidCode) as caught:
            validate(text, system, on=day, strict=strict, headers=headers)
        assert isinstance(caught.value, AmbiguousCode) == bool(fits)


# -- looking into a system ------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_a_system_keeps_to_itself(system: CodeSystem) -> None:
    sample = {
        "cpt": "90837",
        "hcpcs": "J1885",
        "icd10cm": "E11.65",
        "icd10pcs": "0SRB02A",
        "icd9cm": "250.00",
        "icd9pcs": "45.13",
    }
    day = "2012-06-01" if system.id.startswith("icd9") else DAY
    for name, code in sample.items():
        assert system.is_valid(code, on=day) == (name == system.id)
        assert (code in system) == (name == system.id)
    own = sample[system.id]
    assert system.validate(own.replace(".", ""), on=day) == own
    assert system.format(own.replace(".", "")) == system.format(own) == own
    assert system.compact(own) == own.replace(".", "")
    with pytest.raises(ValueError, match=f"'!' is no {system.name} code"):
        system.format("!")
    with pytest.raises(ValueError, match=f"'!' is no {system.name} code"):
        system.compact("!")


def test_format_and_compact_ask_for_the_shape_alone() -> None:
    assert ICD10CM.format("E1166") == "E11.66"  # no such code
    assert ICD9CM.format("25000") == "250.00"
    assert ICD9PCS.compact("00.42") == "0042"
    with pytest.raises(ValueError, match="dot"):
        ICD9CM.format("E80.20")


@pytest.mark.parametrize("value", [None, 25000, b"250.00", ["250.00"]], ids=str)
def test_what_is_no_text_has_no_form(value: Any) -> None:
    for act in (ICD9CM.format, ICD9CM.compact, code_system, medcodes.code_systems):
        with pytest.raises(TypeError, match="a text is expected"):
            act(value)
    with pytest.raises(TypeError):
        CPT.get(value)


def test_get() -> None:
    entry = ICD10CM.get("r05")
    assert entry is not None
    assert (entry.system, entry.code, entry.compact, entry.title) == (
        ICD10CM,
        "R05",
        "R05",
        "Cough",
    )
    assert [
        (one.first.isoformat(), one.last and one.last.isoformat(), one.heading)
        for one in entry.intervals
    ] == [("2015-10-01", "2021-09-30", False), ("2021-10-01", None, True)]
    assert [one.range for one in entry.categories] == ["R00-R99", "R00-R09"]
    assert entry.is_billable(date(2021, 9, 30))
    assert not entry.is_billable("2021-10-01")
    assert not entry.is_billable("2015-09-30")
    assert entry.is_billable(datetime(2021, 9, 30, 23, 59))
    assert not entry.is_billable()

    entry = ICD9PCS.get("5121")
    assert entry is not None
    assert (entry.code, entry.compact, entry.title) == (
        "51.21",
        "5121",
        "Other partial cholecystectomy",
    )
    assert [one.first.year for one in entry.intervals] == [1985, 1996]
    assert not entry.is_billable("1993-01-01")
    assert pickle.loads(pickle.dumps(entry)) == entry


def test_the_flags_of_an_entry_belong_to_its_intervals() -> None:
    entry = ICD10CM.get("A18.15")
    assert entry is not None
    assert [sorted(one.flags) for one in entry.intervals] == [["male"], []]


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10CM, "E11.66"),
        (ICD10CM, "E802.0"),  # the dot is another system's
        (ICD10CM, "250.00"),
        (ICD10CM, "hello"),
        (ICD10CM, ""),
        (ICD10PCS, "0SRB0ZZ"),
        (HCPCS, "J0100"),
        (HCPCS, "D0120"),
        (ICD9CM, "E80"),
        (CPT, "90837"),  # there is no list
    ],
    ids=str,
)
def test_what_is_not_listed_has_no_entry(system: CodeSystem, code: str) -> None:
    assert system.get(code) is None


def test_contains() -> None:
    assert "R05" in ICD10CM  # a code once
    assert "r05" in ICD10CM
    assert "E11" not in ICD10CM  # never anything but a heading
    assert "E11.66" not in ICD10CM
    assert "U07.1" in ICD10CM
    assert "250.00" in ICD9CM
    assert "51.21" in ICD9PCS
    assert "J0171" in HCPCS  # ended
    assert "D0120" in HCPCS  # not in CMS's list, but it may be one of the ADA's
    assert "90837" in CPT  # it may be one
    assert "99999" not in CPT
    for value in (None, 90837, b"R05", ["R05"], ICD10CM):
        assert value not in ICD10CM
        assert value not in CPT


@pytest.mark.parametrize("system", WITH_LISTS, ids=str)
def test_codes_and_len(system: CodeSystem) -> None:
    _, last = system.coverage
    codes = list(system.codes(last))
    assert 0 < len(codes) <= len(system)
    assert len(set(codes)) == len(codes)
    compact = [code.replace(".", "") for code in codes]
    assert compact == sorted(compact)
    for code in codes[::500]:
        assert system.format(code) == code
        assert system.validate(code, on=last) == code
        assert code in system
    iterator = system.codes(last)
    assert iter(iterator) is iterator
    assert next(iterator) == codes[0]


def test_how_many_codes_there_are_and_were() -> None:
    # README has those of the others, which grow.
    assert [len(one) for one in (ICD9CM, ICD9PCS)] == [15_075, 3_966]
    for day, count in (
        ("2023-11-01", 74_044),
        ("2024-11-01", 74_260),
        ("2025-11-01", 74_719),
        ("2026-05-01", 74_719),
        ("2026-11-01", 74_879),
    ):
        assert sum(1 for _ in ICD10CM.codes(day)) == count
    assert sum(1 for _ in ICD10PCS.codes("2026-11-01")) == 79_256
    assert list(ICD10CM.codes("2015-09-30")) == []
    assert list(ICD9CM.codes("2015-10-01")) == []


def test_cpt_has_no_list() -> None:
    for act in (
        lambda: CPT.codes(),
        lambda: len(CPT),
        lambda: CPT.changes("2025-01-01", "2026-01-01"),
        lambda: Classifier().codes(CPT),
    ):
        with pytest.raises(NoCodeList, match="not in the reference"):
            act()
    assert CPT.coverage == (None, None)
    assert CPT.edition is None
    assert bool(CPT)
    assert isinstance(NoCodeList(), LookupError)


def test_changes() -> None:
    changes = ICD10CM.changes("2020-03-31", date(2020, 4, 1))
    assert (changes.system, changes.since, changes.until) == (
        ICD10CM,
        date(2020, 3, 31),
        date(2020, 4, 1),
    )
    assert (changes.added, changes.deleted) == (("U07.0", "U07.1"), ())
    back = ICD10CM.changes("2020-04-01", "2020-03-31")
    assert (back.added, back.deleted) == ((), ("U07.0", "U07.1"))
    cough = ICD10CM.changes("2021-09-30", "2021-10-01")
    assert {"R05.1", "R05.2", "R05.3", "R05.4", "R05.8", "R05.9"} <= set(cough.added)
    assert {"R05", "M54.5"} <= set(cough.deleted)
    assert list(cough.added) == sorted(cough.added)
    assert list(cough.deleted) == sorted(cough.deleted)
    assert "J0171" in HCPCS.changes("2025-06-30", "2025-07-01").deleted
    same = ICD10CM.changes("2022-01-01", "2022-01-01")
    assert (same.added, same.deleted) == ((), ())
    with pytest.raises(ValueError, match="is not a date"):
        ICD10CM.changes("soon", "2022-01-01")


def test_changes_speak_of_today_when_no_day_is_given() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        changes = ICD10CM.changes("2015-10-01", None)
    assert changes.until == date.today()
    assert "U07.1" in changes.added


def test_a_list_that_has_forgotten_codes_says_so() -> None:
    with pytest.warns(
        StaleReferenceWarning, match="HCPCS Level II is complete only from 2013-01-01"
    ):
        codes = list(HCPCS.codes("2012-12-31"))
    assert "J0120" in codes
    with pytest.warns(StaleReferenceWarning, match="2010-01-01") as caught:
        HCPCS.changes("2010-01-01", "2020-01-01")
    assert len(caught) == 1
    # A single code is still known to have been valid; what is not listed may be forgotten.
    assert HCPCS.is_valid("J0120", on="2010-01-01")
    # Before ICD-10-CM there was none.
    assert list(ICD10CM.codes("2015-09-30")) == []
    assert list(HCPCS.codes("2013-01-01"))


@pytest.mark.parametrize(
    ("system", "first", "last", "edition"),
    [
        (HCPCS, "2013-01-01", "2026-12-31", "2026 Q4"),
        (ICD10CM, "2015-10-01", "2027-03-31", "FY2027"),
        (ICD10PCS, "2015-10-01", "2027-03-31", "FY2027"),
        (ICD9CM, "1985-10-01", "2015-09-30", "FY2015"),
        (ICD9PCS, "1985-10-01", "2015-09-30", "FY2015"),
    ],
    ids=str,
)
def test_coverage_and_edition(system: CodeSystem, first: str, last: str, edition: str) -> None:
    begins, ends = system.coverage
    assert begins == date.fromisoformat(first)
    # Later releases bring a later end.
    assert ends is not None
    assert ends >= date.fromisoformat(last)
    assert edition in (system.edition or "")


# -- the constants --------------------------------------------------------------------------------


def test_the_constants() -> None:
    assert [one.id for one in SYSTEMS] == [
        "cpt",
        "hcpcs",
        "icd10cm",
        "icd10pcs",
        "icd9cm",
        "icd9pcs",
    ]
    assert SYSTEMS == (CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
    assert [one.kind for one in SYSTEMS] == [
        "procedure",
        "procedure",
        "diagnosis",
        "procedure",
        "diagnosis",
        "procedure",
    ]
    assert repr(ICD10CM) == "<CodeSystem icd10cm: ICD-10-CM>"
    assert str(ICD10CM) == "icd10cm"


@pytest.mark.parametrize("system", SYSTEMS, ids=str)
def test_a_system_stays_the_same_object(system: CodeSystem) -> None:
    assert copy.copy(system) is copy.deepcopy(system) is system
    assert pickle.loads(pickle.dumps(system)) is system
    assert code_system(system.id) is code_system(system.name) is system
    assert bool(system)
    assert {system: 1}[code_system(system.oid)] == 1


def test_code_system() -> None:
    assert code_system("ABK") is ICD10CM
    assert code_system("urn:oid:2.16.840.1.113883.6.4") is ICD10PCS
    assert medcodes.code_systems("HC") == (CPT, HCPCS)
    assert medcodes.code_systems("LOINC") == ()
    with pytest.raises(AmbiguousCodeSystem, match="CPT and HCPCS Level II") as caught:
        code_system("HC")
    assert caught.value.systems == (CPT, HCPCS)
    assert pickle.loads(pickle.dumps(caught.value)).systems == (CPT, HCPCS)
    with pytest.raises(AmbiguousCodeSystem, match="ICD-9-CM and ICD-9-CM Volume 3"):
        code_system("http://hl7.org/fhir/sid/icd-9-cm")
    with pytest.raises(UnknownCodeSystem, match="LOINC, which is not one of the six"):
        code_system("http://loinc.org")
    with pytest.raises(UnknownCodeSystem, match="no code system is called 'nonsense': cpt, hcpcs"):
        code_system("nonsense")


def test_a_day_that_is_none_is_an_error_for_a_text_too() -> None:
    day: Any = object()
    with pytest.raises(TypeError, match="is not a date"):
        is_valid("I10", on=day)


def test_billable_today() -> None:
    entry = ICD10CM.get("I10")
    assert entry is not None
    assert entry.is_billable()


def test_what_is_no_text_is_said_everywhere() -> None:
    value: Any = 5
    for act in (
        lambda: ICD10CM.format(value),
        lambda: ICD10CM.compact(value),
        lambda: medcodes.code_system(value),
        lambda: CPT.get(value),
        lambda: ICD10CM.get(value),
    ):
        with pytest.raises(TypeError):
            act()


def test_a_list_of_a_day_that_is_not_covered_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(medcodes.StaleReferenceWarning, match="complete only from 2013-01-01"):
        HCPCS.codes(on="1990-01-01")


def test_the_old_name_of_systems() -> None:
    assert validate("J0120", system="icd10cm", on="2026-06-01") == "J01.20"
    for ask in (validate, is_valid):
        with pytest.raises(TypeError, match="give one of them"):
            ask("J0120", "hcpcs", system="icd10cm")
