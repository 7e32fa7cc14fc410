"""Real codes that other libraries get wrong, each by its name."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

import medcodes
from medcodes import (
    CPT,
    HCPCS,
    ICD9CM,
    ICD10CM,
    ICD10PCS,
    Classifier,
    MalformedCode,
    StaleReferenceWarning,
    Status,
    UnknownCode,
    formats,
    identify,
    is_valid,
    validate,
)
from tests.conftest import DAY, ends, others

# -- 1. a letter in position 2 --------------------------------------------------------------------

LETTER_SECOND = ["QA0.0101", "QA0.0109", "QA0.8"]


@pytest.mark.parametrize("code", LETTER_SECOND)
@pytest.mark.parametrize("form", [str, lambda code: code.replace(".", ""), str.lower])
def test_a_letter_second_since_fy2026(code: str, form: type[str]) -> None:
    text = form(code)
    before, after = identify(text, on="2025-09-30"), identify(text, on="2025-10-01")
    assert (before.system, before.code, before.status) == (ICD10CM, code, Status.FUTURE)
    assert (after.system, after.code, after.status) == (ICD10CM, code, Status.VALID)
    assert after.alternatives == ()  # QA00101 has no shape of ICD-10-PCS: Q is no section
    assert after.categories[0].range == "Q00-QA0"


def test_a_letter_second_since_fy2027() -> None:
    assert identify("QA1.71", on="2026-09-30").status is Status.FUTURE
    answer = identify("QA171", on="2026-10-01")
    assert (answer.code, answer.status, answer.title) == ("QA1.71", Status.VALID, "Lynch syndrome")
    assert [filed.range for filed in answer.categories[:2]] == ["Q00-QA1", "QA0-QA1"]


def test_all_codes_with_a_letter_second() -> None:
    def letters(day: str) -> list[str]:
        return [code for code in ICD10CM.codes(day) if code[1].isalpha()]

    assert letters("2025-09-30") == []
    assert len(letters("2025-10-01")) == 13
    assert len(letters("2026-10-01")) == 18
    assert {code[:3] for code in letters("2026-10-01")} == {"QA0", "QA1"}


def test_all_categories_with_a_letter_third() -> None:
    found = {code[:3] for code in ICD10CM.codes("2026-11-01") if code[2].isalpha()}
    named = "C4A C7A C7B D3A I1A I5A J4A J4B K6A M1A O9A Z3A"
    assert found == set(named.split())


# -- 2. U07.1 by day ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "last_day_without", "first_day"),
    [
        ("U07.1", "2020-03-31", "2020-04-01"),  # in the middle of a fiscal year
        ("U07.0", "2020-03-31", "2020-04-01"),
        ("Z20.822", "2020-12-31", "2021-01-01"),
        ("Z28.310", "2022-03-31", "2022-04-01"),
        ("QA0.8", "2025-09-30", "2025-10-01"),
    ],
)
def test_valid_to_the_day(code: str, last_day_without: str, first_day: str) -> None:
    assert not is_valid(code, on=last_day_without)
    assert is_valid(code, on=first_day)
    assert identify(code, on=last_day_without).status is Status.FUTURE
    assert first_day in identify(code, on=last_day_without).reason
    answer = identify(code, on=first_day)
    assert (answer.status, answer.valid_from) == (Status.VALID, date.fromisoformat(first_day))


def test_u071_after_its_first_half_year() -> None:
    assert identify("U071", on="2020-10-01").valid_from == date(2020, 4, 1)


# -- 3. codes of two systems at once --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "diagnosis"),
    [
        ("J0120", "J01.20"),
        ("A0100", "A01.00"),
        ("A0225", "A02.25"),
        ("A5051", "A50.51"),
        ("G0402", "G04.02"),
        ("M1180", "M11.80"),
    ],
)
def test_both_hcpcs_and_icd10cm(text: str, diagnosis: str) -> None:
    answer = identify(text, on=DAY)
    assert (answer.system, answer.code, answer.status) == (HCPCS, text, Status.VALID)
    assert others(answer) == [("icd10cm", diagnosis, "valid")]
    assert answer.ambiguous
    assert f"(or ICD-10-CM {diagnosis})" in str(answer)
    assert answer.title != answer.alternatives[0].title
    # A dot, a kind or a system decides.
    assert (identify(diagnosis, on=DAY).code, identify(diagnosis, on=DAY).ambiguous) == (
        diagnosis,
        False,
    )
    assert identify(text, on=DAY, kind="diagnosis").code == diagnosis
    assert not identify(text, on=DAY, kind="procedure").ambiguous
    with pytest.raises(medcodes.AmbiguousCode):
        validate(text, on=DAY)
    assert validate(text, "icd10cm", on=DAY) == diagnosis
    assert is_valid(text, on=DAY)


# -- 4. where the dot stands ----------------------------------------------------------------------


def test_the_place_of_the_dot_decides_between_railway_and_porphyria() -> None:
    railway = identify("E802.0", on=DAY)
    assert (railway.system, railway.status, railway.alternatives) == (ICD9CM, Status.EXPIRED, ())
    assert (railway.title or "").startswith("Railway accident")
    porphyria = identify("E80.20", on=DAY)
    assert (porphyria.system, porphyria.status, porphyria.title) == (
        ICD10CM,
        Status.VALID,
        "Unspecified porphyria",
    )
    assert porphyria.alternatives == ()
    assert others(identify("E8020", on=DAY)) == [
        ("icd9cm", "E802.0", "expired"),
        ("hcpcs", "E8020", "unknown"),
    ]
    assert others(identify("E8020", on="2012-06-01"))[0] == ("icd10cm", "E80.20", "future")
    assert identify("E8020", on="2012-06-01").code == "E802.0"


def test_the_place_of_the_dot_decides_between_diagnosis_and_procedure() -> None:
    day = "2012-06-01"
    assert (identify("00.42", on=day).code, identify("00.42", on=day).alternatives) == ("00.42", ())
    assert (identify("004.2", on=day).code, identify("004.2", on=day).alternatives) == ("004.2", ())
    bare = identify("0042", on=day)
    assert (bare.code, bare.ambiguous) == ("004.2", True)
    assert others(bare) == [("icd9pcs", "00.42", "valid")]


def test_an_external_cause_is_never_a_porphyria_and_a_procedure_never_a_diagnosis() -> None:
    causes = [code for code in ICD9CM.codes("2015-09-30") if code[0] == "E" and "." in code]
    assert len(causes) > 900
    for answer in medcodes.identify_many(causes, on=DAY):
        assert (answer.system, answer.status, answer.alternatives) == (ICD9CM, "expired", ())
    procedures = list(medcodes.ICD9PCS.codes("2015-09-30"))
    for answer in medcodes.identify_many(procedures, on="2015-09-30"):
        assert (str(answer.system), answer.status) == ("icd9pcs", "valid")


# -- 5. five digits -------------------------------------------------------------------------------


def test_five_digits_depend_on_the_day() -> None:
    now = identify("25000", on=DAY)
    assert (now.system, now.status, now.ambiguous) == (CPT, Status.PLAUSIBLE, False)
    assert others(now) == [("icd9cm", "250.00", "expired")]
    then = identify("25000", on="2012-06-01")
    assert (then.system, then.code, then.status) == (ICD9CM, "250.00", Status.VALID)
    assert others(then) == [("cpt", "25000", "plausible")]
    assert then.ambiguous
    last, first = identify("25000", on="2015-09-30"), identify("25000", on="2015-10-01")
    assert (str(last.system), str(first.system)) == ("icd9cm", "cpt")
    assert identify("36415", on=DAY).system is CPT


def test_a_zip_code_is_no_more_than_plausible() -> None:
    # 902.10 was an injury of the vena cava; no range of CPT holds it.
    assert identify("90210", on=DAY).status is Status.EXPIRED
    assert identify("10001", on=DAY).status is Status.UNKNOWN
    assert identify("99201", on=DAY).status is Status.EXPIRED  # a CPT number until 2020
    assert identify("99203", on=DAY).status is Status.PLAUSIBLE
    assert not is_valid("90210", on=DAY, strict=True)
    assert identify("90210-1234", on=DAY).status is Status.MALFORMED


# -- 6. the shapes of ICD-10-PCS and ICD-10-CM ----------------------------------------------------


def test_only_the_lists_tell_procedures_from_diagnoses() -> None:
    procedure = identify("B00B0ZZ", on=DAY)
    assert (procedure.system, procedure.status) == (ICD10PCS, Status.VALID)
    assert others(procedure) == [("icd10cm", "B00.B0ZZ", "unknown")]
    assert identify("B00.B0ZZ", on=DAY).status is Status.UNKNOWN
    diagnosis = identify("S52501A", on=DAY)
    assert (diagnosis.system, diagnosis.code) == (ICD10CM, "S52.501A")


def test_every_procedure_with_the_shape_of_a_diagnosis() -> None:
    codes = [code for code in ICD10PCS.codes(DAY) if formats.ICD10CM.fits(code)]
    assert len(codes) > 3_000
    for answer in medcodes.identify_many(codes, on=DAY):
        assert (answer.system, answer.status, answer.ambiguous) == (ICD10PCS, "valid", False)
    codes = [one.replace(".", "") for one in ICD10CM.codes(DAY)]
    codes = [code for code in codes if formats.ICD10PCS.fits(code)]
    assert len(codes) > 800
    for answer in medcodes.identify_many(codes, on=DAY):
        assert (answer.system, answer.status, answer.ambiguous) == (ICD10CM, "valid", False)


def test_all_zeros_are_no_code_of_icd9() -> None:
    for text in ("000", "0000", "00000"):
        answer = identify(text, on="2012-06-01")
        statuses = {one.status for one in (answer, *answer.alternatives)}
        assert statuses <= {Status.UNKNOWN, Status.HEADER}
        assert not is_valid(text, "ICD-9", on="2012-06-01")


# -- 7. lost zeros --------------------------------------------------------------------------------


def test_lost_zeros_are_never_guessed() -> None:
    day = "2012-06-01"
    assert identify("042", on=day).title == "Human immunodeficiency virus [HIV] disease"
    lost = identify("42", on=day)
    assert (str(lost.system), lost.code, lost.status) == ("icd9pcs", "42", Status.HEADER)
    assert lost.alternatives == ()
    assert not is_valid("42", "icd9cm", on=day)
    short = identify("250.1", on=day)
    assert (short.code, short.status) == ("250.1", Status.HEADER)  # not 250.10
    assert identify("345.1", on=day).code == "345.1"
    assert identify("100", on=DAY).system is not CPT  # not 00100
    assert identify("16070", on=DAY).code != "0016070"
    assert identify("4", on=DAY).status is Status.MALFORMED


@pytest.mark.parametrize("value", [42, 250.1, 100, float("inf"), 3e16])
def test_a_number_is_refused_because_its_zeros_are_lost(value: float) -> None:
    with pytest.raises(TypeError, match="leading zeros"):
        identify(value)  # type: ignore[arg-type]


def test_a_procedure_that_a_spreadsheet_reads_as_a_number() -> None:
    assert identify("3E07016", on="2016-01-01").system is ICD10PCS
    assert identify("inf", on=DAY).repairs == ("uppercased",)
    assert not is_valid("inf", on=DAY)


# -- 8. suffixes and neighbours -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("0001U", "Proprietary laboratory analyses"),
        ("0002M", "Administrative multianalyte assays"),
        ("0054T", "Category III"),
        ("0042T", "Category III"),
        ("1000F", "Category II"),
        ("0124A", "Category I"),
        ("0012A", "Category I"),
        ("0001A", "Category I"),
    ],
)
def test_suffixes_of_cpt(code: str, category: str) -> None:
    day = "2022-06-01" if code.endswith("A") else DAY  # until vaccines got numbers alone
    answer = identify(code, on=day)
    assert (answer.system, answer.status, answer.categories[0].label) == (
        CPT,
        Status.PLAUSIBLE,
        category,
    )
    assert answer.title is None
    assert is_valid(code, on=day)


def test_the_letter_u_of_hcpcs() -> None:
    for code in ("U0001", "U0002"):
        assert (identify(code, on=DAY).system, identify(code, on=DAY).status) == (HCPCS, "valid")
    assert identify("U0001", on="2020-02-03").status is Status.FUTURE


def test_cdt_is_said_to_be_kept_elsewhere() -> None:
    answer = identify("D0120", on=DAY)
    assert (answer.system, answer.status) == (HCPCS, Status.PLAUSIBLE)
    assert "American Dental Association" in answer.reason
    assert answer.title is None
    assert not is_valid("D0120", on=DAY, strict=True)
    assert HCPCS.get("D0120") is None


# -- 9. valid once: headings and holes ------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "last_day"),
    [
        ("R05", "2021-09-30"),
        ("M54.5", "2021-09-30"),
        ("G20", "2023-09-30"),
        ("A04.7", "2017-09-30"),
        ("B88.0", "2025-09-30"),
    ],
)
def test_a_code_that_was_divided(code: str, last_day: str) -> None:
    day = date.fromisoformat(last_day)
    assert is_valid(code, on=day)
    after = identify(code, on=date.fromordinal(day.toordinal() + 1))
    assert (after.status, after.system) == (Status.HEADER, ICD10CM)
    assert not is_valid(code, on=DAY)
    assert is_valid(code, on=DAY, headers=True)
    assert code not in set(ICD10CM.codes(DAY))
    with pytest.raises(medcodes.HeaderCode):
        validate(code, on=DAY)


def test_a_drug_code_that_ended() -> None:
    assert is_valid("J0171", "hcpcs", on="2025-06-30")
    answer = identify("J0171", on="2025-07-01")
    assert (answer.system, answer.status, answer.valid_to) == (
        HCPCS,
        Status.EXPIRED,
        date(2025, 6, 30),
    )


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("1985-09-30", "unknown"),
        ("1985-10-01", "valid"),
        ("1991-09-30", "valid"),
        ("1991-10-01", "expired"),
        ("1996-09-30", "expired"),
        ("1996-10-01", "valid"),
        ("2015-09-30", "valid"),
        ("2015-10-01", "expired"),
    ],
)
def test_a_hole_in_validity(day: str, status: str) -> None:
    assert identify("51.21", on=day).status == status
    assert is_valid("51.21", on=day) == (status == "valid")


def test_the_hole_is_told() -> None:
    assert "again from 1996-10-01" in identify("51.21", on="1993-01-01").reason
    assert "again" not in identify("51.21", on=DAY).reason


def test_twenty_procedures_have_holes() -> None:
    from medcodes import reference

    table = reference.codes("icd9pcs")
    holes = 0
    for _, number in table:
        billable = [one for one in table.history(number) if not one.heading]
        holes += any(
            one.last and one.last.toordinal() + 1 < other.first.toordinal()
            for one, other in itertools.pairwise(billable)
        )
    assert holes == 20


# -- 10. ranges that parsers lose -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "chapter", "block", "category"),
    [
        ("O91.011", "O00-O9A", "O85-O92", "O91"),  # O9A is not 90
        ("O9A.111", "O00-O9A", "O94-O9A", "O9A"),
        ("I11.0", "I00-I99", "I10-I1A", "I11"),
        ("I1A.0", "I00-I99", "I10-I1A", "I1A"),
        ("C7A.00", "C00-D49", "C7A", "C7A"),
        ("C7B.00", "C00-D49", "C7B", "C7B"),
        ("D3A.00", "C00-D49", "D3A", "D3A"),
        ("D43.0", "C00-D49", "D37-D48", "D43"),  # D3A stands between D37 and D40
        ("C4A.0", "C00-D49", "C43-C44", "C4A"),
        ("C80.0", "C00-D49", "C76-C80", "C80"),  # C7A and C7B stand before C80
        ("T40.5X5S", "S00-T88", "T36-T50", "T40"),
        ("V43.51XA", "V00-Y99", "V40-V49", "V43"),
        ("Z00.00", "Z00-Z99", "Z00-Z13", "Z00"),
        ("Z3A.38", "Z00-Z99", "Z30-Z39", "Z3A"),
        ("M1A.00X0", "M00-M99", "M05-M14", "M1A"),
        ("U07.1", "U00-U85", "U00-U49", "U07"),
        ("QA0.0101", "Q00-QA0", "QA0", "QA0"),
        ("C61", "C00-D49", "C60-C63", None),
    ],
)
def test_chapter_and_block(code: str, chapter: str, block: str, category: str | None) -> None:
    answer = identify(code, on=DAY)
    assert answer.status is Status.VALID
    levels = {one.level: one.range for one in answer.categories if one.level != "block group"}
    assert (levels["chapter"], levels["block"], levels.get("category")) == (
        chapter,
        block,
        category,
    )


# -- 11. the placeholder X ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"), [("W2189A", "W21.89XA"), ("W21.89A", "W21.89XA"), ("T07A", "T07.XXXA")]
)
def test_a_missing_placeholder_is_no_code(wrong: str, right: str) -> None:
    answer = identify(wrong, on=DAY)
    assert answer.status is Status.UNKNOWN
    assert "not in its list" in answer.reason
    assert not is_valid(wrong, on=DAY)
    with pytest.raises(UnknownCode):
        validate(wrong, "icd10cm", on=DAY)
    assert validate(right, on=DAY) == right


def test_dropping_the_placeholder_never_gives_another_code() -> None:
    codes = set(ICD10CM.codes(DAY))
    with_placeholder = [code for code in codes if "X" in code[4:7] and len(code) == 8]
    assert len(with_placeholder) > 10_000
    for code in with_placeholder:
        place = code.rindex("X", 0, 7)
        assert code[:place] + code[place + 1 :] not in codes


def test_a_trailing_dot_is_punctuation() -> None:
    answer = identify("I10.", on=DAY)
    assert (answer.code, answer.repairs) == ("I10", ("punctuation",))
    assert validate("I10.", on=DAY) == "I10"
    with pytest.raises(MalformedCode) as caught:
        validate("12.345", on=DAY)
    assert (caught.value.system, caught.value.position) == ("icd9cm", 3)


# -- 12. what looks like a code -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("N95", "header"),
        ("A1C", "unknown"),
        ("B12", "unknown"),
        ("P53", "valid"),
        ("I10", "valid"),
        ("I-10", "malformed"),
        ("B20", "valid"),
        ("C19", "valid"),
        ("CPT 99213", "plausible"),
    ],
)
def test_words_of_a_note(text: str, status: str) -> None:
    assert identify(text, on=DAY).status == status


# -- 13. outside the data -------------------------------------------------------------------------

OUTSIDE = [
    # text, day, status, what the reason says
    ("250.00", "1980-01-01", "unknown", "1985-10-01"),
    ("51.21", "1980-01-01", "unknown", "cannot tell"),
    ("250.00", "1985-09-30", "unknown", "cannot tell"),
    ("250.07", "1980-01-01", "unknown", "not in its list"),
    ("I10", "1980-01-01", "future", "only from 2015-10-01"),
    ("I10", "2014-06-01", "future", "only from 2015-10-01"),
    ("0SRB02A", "2014-06-01", "future", "only from"),
    ("J0120", "1980-01-01", "future", "only from 1986-01-01"),
    ("401.9", "2014-06-01", "valid", "valid since"),
    ("401.9", "2030-01-01", "expired", "to 2015-09-30"),  # the system is over: nothing is stale
    ("90837", "1980-01-01", "plausible", "not known"),
    ("90837", "2030-01-01", "plausible", "not known"),
]


@pytest.mark.parametrize(("text", "day", "status", "reason"), OUTSIDE)
def test_outside_the_data(text: str, day: str, status: str, reason: str) -> None:
    answer = identify(text, on=day)
    assert answer.status == status
    assert reason in answer.reason
    assert answer.as_of == date.fromisoformat(day)
    assert is_valid(text, on=day) == (status in ("valid", "plausible"))
    if status == "unknown":
        assert (answer.valid_from, answer.valid_to) == (None, None)


@pytest.mark.parametrize("day", ["2098-04-01", "2098-01-01"])
def test_after_the_data_the_last_day_is_named(day: str) -> None:
    mine = Classifier()
    for text, status in (("I10", "valid"), ("R05", "header"), ("NOTACO", "unknown")):
        last, _ = ends("icd10cm")
        with pytest.warns(StaleReferenceWarning, match=last):
            answer = mine.identify(text, on=day)
        assert (answer.as_of, answer.status) == (date.fromisoformat(last), status)
        assert last in answer.reason
    last, _ = ends("hcpcs")
    with pytest.warns(StaleReferenceWarning, match=last):
        assert mine.identify("J1885", on=day).as_of == date.fromisoformat(last)


def test_each_system_has_an_end_of_its_own() -> None:
    (first, system, code), (last, _, later) = sorted(
        [(ends("hcpcs")[0], "HCPCS", "J1885"), (ends("icd10cm")[0], "ICD-10-CM", "I10")]
    )
    assert first < last
    assert identify(later, on=last).as_of == date.fromisoformat(last)
    with pytest.warns(StaleReferenceWarning, match=system):
        assert Classifier().identify(code, on=last).as_of == date.fromisoformat(first)


# -- names of the seed article --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "filed"),
    [
        ("90837", ["Category I", "Medicine", "Psychiatry", "Psychotherapy"]),
        ("90834", ["Category I", "Medicine", "Psychiatry", "Psychotherapy"]),
        (
            "99213",
            [
                "Category I",
                "Evaluation and Management",
                "Office or other outpatient services",
                "Established patient",
            ],
        ),
        (
            "99397",
            [
                "Category I",
                "Evaluation and Management",
                "Preventive medicine services",
                "Established patient",
            ],
        ),
        ("90658", ["Category I", "Medicine", "Vaccines and toxoids"]),
        ("90716", ["Category I", "Medicine", "Vaccines and toxoids"]),
    ],
)
def test_cpt_codes_that_people_ask_for(code: str, filed: list[str]) -> None:
    answer = identify(code, on=DAY)
    assert (answer.system, answer.status, answer.title) == (CPT, Status.PLAUSIBLE, None)
    assert [one.label for one in answer.categories] == filed
    assert answer.can_be_principal is None


def test_surgery_begins_at_10004() -> None:
    surgery = identify("10021", on=DAY).categories[1]
    assert (surgery.label, surgery.range) == ("Surgery", "10004-69990")


def test_an_external_cause_never_stands_alone() -> None:
    assert identify("W21.89XA", on=DAY).can_be_principal is False
    assert identify("E802.0", on="2012-06-01").can_be_principal is False
    assert identify("S52.501A", on=DAY).can_be_principal is True
