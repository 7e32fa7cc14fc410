"""What the codes of each system look like."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import medcodes
from medcodes import formats
from medcodes.formats import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, Format, Variant

# Real codes as they are printed; what is odd about a row is said beside it.
CODES: dict[Format, tuple[str, ...]] = {
    CPT: (
        "90837",
        "90834",
        "99213",
        "99397",
        "90658",
        "90716",
        "99202",
        "99499",
        "10004",
        "10021",
        "69990",
        "36415",
        "25000",  # also ICD-9-CM 250.00
        "00100",  # leading zeros are part of it
        "01999",
        "70010",
        "99607",
        "0001F",  # Category II
        "1000F",
        "0054T",  # Category III
        "0042T",
        "0001T",
        "1053T",
        "0001U",  # proprietary laboratory analysis
        "0613U",
        "0002M",  # administrative multianalyte assay
        "0020M",
        "0001A",  # coronavirus vaccine administration, 2020 to 2023
        "0012A",
        "0124A",
        "0174A",
    ),
    HCPCS: (
        "A0021",
        "A0100",  # also ICD-10-CM A01.00
        "A4269",
        "A9999",
        "B4034",
        "C1713",
        "C9803",
        "E0100",  # also ICD-9-CM E010.0
        "E1399",
        "G0008",
        "G0402",
        "G2212",
        "H0001",
        "H2036",
        "J0120",  # also ICD-10-CM J01.20
        "J0171",  # ended 2025-06-30
        "J1885",
        "J9999",
        "K0001",
        "L0112",
        "L9900",
        "M1180",
        "P9010",
        "Q0091",
        "R0070",
        "S0012",
        "T1015",
        "U0001",  # the letter U has had codes since 2020
        "U0002",
        "V2020",  # three shapes, one code
        "V5364",
    ),
    ICD10CM: (
        "A00.0",
        "A01.00",
        "I10",  # no dot in a code of three characters
        "R05",  # a code until 2021, a heading since
        "G20",
        "E11.65",
        "E11.9",
        "E80.20",  # E802.0 is ICD-9-CM
        "C4A.0",  # a letter third
        "C7A.00",
        "C7B.00",
        "D3A.00",
        "M1A.00X0",
        "O9A.111",
        "I1A.0",
        "J4A.0",
        "K68.11",
        "Z3A.38",
        "Z3A.00",
        "QA0.0101",  # a letter second, since FY2026
        "QA0.0109",
        "QA0.8",
        "QA1.71",  # since FY2027
        "U07.0",
        "U07.1",
        "U09.9",
        "W21.89XA",  # placeholder X before the seventh character
        "T40.5X5S",
        "T07.XXXA",  # three of them
        "S72.001A",
        "S52.501A",  # also the shape of ICD-10-PCS
        "O91.011",
        "I11.0",
        "C91.Z0",  # letters after the dot that are no placeholder
        "D47.Z2",
        "H40.11X0",
        "Z28.310",
        "Z20.822",
        "Z00.00",
        "V43.51XA",
        "Y92.009",
    ),
    ICD10PCS: (
        "0SRB02A",
        "0016070",
        "02703DZ",
        "0DTJ4ZZ",
        "00B00ZX",
        "10E0XZZ",
        "30233N1",
        "4A023N7",
        "5A02115",
        "6A4Z0ZZ",
        "7W00X0Z",
        "8E0W4CZ",
        "9WB0XBZ",
        "B00B0ZZ",  # also the shape of ICD-10-CM
        "B2111ZZ",
        "C015DZZ",
        "D0Y07ZZ",
        "F00ZHYZ",
        "GZ51ZZZ",
        "HZ2ZZZZ",
        "X2RF032",
        "XW033E5",
        "3E07016",  # what spreadsheets read as a number
    ),
    ICD9CM: (
        "042",  # a leading zero
        "004.2",  # 00.42 is a procedure
        "001.0",
        "250.00",
        "250.1",  # a heading: 250.10 is below it
        "345.10",
        "401.9",
        "428.0",
        "486",
        "585.6",
        "799.9",
        "995.92",
        "V20.2",
        "V30.00",
        "V45.81",
        "V70.0",
        "V91.99",
        "E000.0",  # activity codes, below E800
        "E030",
        "E802.0",  # E80.20 is ICD-10-CM
        "E849.0",
        "E880",
        "E999.1",
    ),
    ICD9PCS: (
        "00.42",
        "00.66",
        "01.02",
        "04.2",
        "16.7",
        "36.10",
        "37.22",
        "38.93",
        "39.95",
        "42",  # a heading of two digits
        "45.13",
        "45.82",  # 458.2 is a diagnosis
        "51.21",
        "51.23",
        "58.5",  # 585 is a diagnosis
        "70.79",
        "73.59",
        "81.54",
        "86.59",
        "88.72",
        "99.04",
        "99.99",
    ),
}

PATTERNS = {
    CPT: "[0-9]{4}[0-9FTUMA]",
    HCPCS: "[A-V][0-9]{4}",
    ICD10CM: r"[A-Z][0-9A-Z]{2}(?:\.?[0-9A-Z]{1,4})?",
    ICD10PCS: "[0-9BCDFGHX][0-9A-HJ-NP-Z]{2}(?:[0-9A-HJ-NP-Z]{4})?",
    ICD9CM: r"(?:[0-9]{3}|V[0-9]{2})(?:\.?[0-9]{1,2})?|E[0-9]{3}(?:\.?[0-9])?",
    ICD9PCS: r"[0-9]{2}(?:\.?[0-9]{1,2})?",
}
"""The same shapes, written down a second time by hand."""

by_system = pytest.mark.parametrize("form", formats.ALL, ids=lambda form: form.system)
printed = pytest.mark.parametrize(
    ("form", "code"),
    [(form, code) for form, codes in CODES.items() for code in codes],
    ids=[f"{form.system}-{code}" for form, codes in CODES.items() for code in codes],
)
nearly_codes = st.text("0123456789ABCEFHIJMOQTUVWXZ..ax- \n\u0663\uff11", max_size=9)


@printed
def test_a_printed_code_fits_with_and_without_its_dot(form: Format, code: str) -> None:
    compact = code.replace(".", "")
    assert form.fits(code)
    assert form.fits(compact)
    assert form.misfit(code) is form.misfit(compact) is None
    assert form.canonical(code) == form.canonical(compact) == code
    assert form.compact(code) == form.compact(compact) == compact
    assert "".join(form.parts(code).values()) == compact
    assert form in formats.fitting(code)


@printed
def test_the_tables_above_hold_real_codes(form: Format, code: str) -> None:
    system = medcodes.code_system(form.system)
    if system.has_list:
        assert system.get(code) is not None
    else:
        # Of the coronavirus vaccines, while they were given.
        assert system.is_valid(code, on="2022-06-01" if code.endswith("A") else "2026-06-01")


@by_system
def test_every_table_is_long_enough(form: Format) -> None:
    assert 20 <= len(CODES[form]) <= 100


@by_system
@given(nearly_codes)
@example("E11.")
@example(".E11")
@example("E11\n")
@example("250.000")
@example("QA0.0109")
@example("")
def test_fits_is_the_pattern_written_by_hand(form: Format, text: str) -> None:
    assert form.fits(text) == bool(re.fullmatch(PATTERNS[form], text))


@by_system
@given(st.data())
def test_fits_is_the_pattern_of_the_format(form: Format, data: st.DataObject) -> None:
    text = data.draw(nearly_codes | st.from_regex(PATTERNS[form], fullmatch=True))
    assert form.fits(text) == bool(re.fullmatch(form.pattern, text))
    assert form.fits(text) == any(re.fullmatch(one.pattern, text) for one in form.variants)


@by_system
@given(st.data())
def test_canonical_and_compact_are_stable(form: Format, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PATTERNS[form], fullmatch=True))
    canonical, compact = form.canonical(text), form.compact(text)
    assert form.canonical(canonical) == form.canonical(compact) == canonical
    assert form.compact(canonical) == form.compact(compact) == compact
    assert canonical.replace(".", "") == compact
    assert "".join(form.parts(text).values()) == compact
    assert formats.dotted(compact, form.dot_after(compact)) == canonical


@by_system
@given(nearly_codes | st.text(max_size=12))
def test_a_misfit_points_at_the_character(form: Format, text: str) -> None:
    misfit = form.misfit(text)
    assert (misfit is None) == form.fits(text)
    if misfit is None:
        return
    assert misfit.system == form.system
    if " must be " in misfit.reason:
        assert misfit.position is not None
        assert misfit.reason.endswith(repr(text[misfit.position - 1]))
        assert f"position {misfit.position} " in misfit.reason
    elif misfit.position is not None:
        assert text[misfit.position - 1] == "."
        assert "dot" in misfit.reason
    else:
        assert f"but {form.name} has " in misfit.reason
    with pytest.raises(ValueError, match=re.escape(misfit.reason)):
        form.canonical(text)


@pytest.mark.parametrize(
    ("form", "text", "position", "reason"),
    [
        (CPT, "9O837", 2, "5 characters, but position 2 of CPT must be a digit: 'O'"),
        (CPT, "9983", None, "4 characters, but CPT has 5"),
        (CPT, "908371", None, "6 characters, but CPT has 5"),
        (CPT, "0001G", 5, "5 characters, but position 5 of CPT must be a digit: 'G'"),
        (CPT, "90837\n", None, "6 characters, but CPT has 5"),
        (CPT, "90837.", 6, "dot"),
        (CPT, "9083.7", 5, "dot"),
        (CPT, "\u0669\u0660837", 1, "must be a digit: '\u0669'"),  # Arabic-Indic
        (CPT, "\uff1990837", 1, "must be a digit: '\uff19'"),  # full-width
        (HCPCS, "JO120", 2, "position 2 of HCPCS Level II must be a digit: 'O'"),
        (HCPCS, "W0120", 1, "position 1 of HCPCS Level II must be a letter from A to V: 'W'"),
        (HCPCS, "J012", None, "4 characters, but HCPCS Level II has 5"),
        (HCPCS, "j0120", 1, "must be a letter from A to V: 'j'"),
        (ICD10CM, "11E", 1, "3 characters, but position 1 of ICD-10-CM must be a letter: '1'"),
        (ICD10CM, "E1", None, "2 characters, but ICD-10-CM has 3 to 7"),
        (ICD10CM, "T07XXXXD", None, "8 characters, but ICD-10-CM has 3 to 7"),
        (ICD10CM, "E1.165", 3, "dot"),
        (ICD10CM, "I10.", 4, "dot"),
        (ICD10CM, "E11.6-", 6, "position 6 of ICD-10-CM must be a digit or a letter: '-'"),
        (ICD10CM, "E11.6.5", 6, "must be a digit or a letter: '.'"),
        (ICD10PCS, "0SRBO2A", 5, "must be a digit or a letter other than I and O: 'O'"),
        (ICD10PCS, "0SRB0IA", 6, "must be a digit or a letter other than I and O: 'I'"),
        (ICD10PCS, "ASRB02A", 1, "must be a section: a digit or one of B C D F G H X: 'A'"),
        (ICD10PCS, "0SRB02", None, "6 characters, but ICD-10-PCS has 7"),
        (ICD10PCS, "0SR.B02A", 4, "dot"),
        (ICD9CM, "25.00", 3, "dot"),
        (ICD9CM, "42", None, "2 characters, but ICD-9-CM has 3 to 5"),
        (ICD9CM, "E80.20", 4, "dot"),
        (ICD9CM, "V1A", 3, "position 3 of ICD-9-CM must be a digit: 'A'"),
        (ICD9PCS, "458.2", 4, "dot"),
        (ICD9PCS, "4", None, "1 character, but ICD-9-CM Volume 3 has 2 to 4"),
    ],
    ids=str,
)
def test_what_is_wrong_where(form: Format, text: str, position: int | None, reason: str) -> None:
    misfit = form.misfit(text)
    assert misfit is not None
    assert reason in misfit.reason
    assert misfit.position == position


@pytest.mark.parametrize(
    ("form", "code", "parts"),
    [
        (CPT, "90837", {"number": "90837"}),
        (CPT, "0054T", {"number": "0054", "suffix": "T"}),
        (HCPCS, "J0120", {"section": "J", "number": "0120"}),
        (ICD10CM, "I10", {"category": "I10"}),
        (ICD10CM, "E11.65", {"category": "E11", "detail": "65"}),
        (ICD10CM, "S72001A", {"category": "S72", "detail": "001", "seventh character": "A"}),
        (ICD10CM, "T07.XXXA", {"category": "T07", "detail": "XXX", "seventh character": "A"}),
        (
            ICD10PCS,
            "0SRB02A",
            {
                "section": "0",
                "body system": "S",
                "root operation": "R",
                "body part": "B",
                "approach": "0",
                "device": "2",
                "qualifier": "A",
            },
        ),
        (ICD10PCS, "0SR", {"section": "0", "body system": "S", "root operation": "R"}),
        (ICD9CM, "250.00", {"category": "250", "detail": "00"}),
        (ICD9CM, "E8490", {"category": "E849", "detail": "0"}),
        (ICD9CM, "V3000", {"category": "V30", "detail": "00"}),
        (ICD9PCS, "45.13", {"category": "45", "detail": "13"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parts(form: Format, code: str, parts: dict[str, str]) -> None:
    assert form.parts(code) == parts
    assert list(form.parts(code)) == list(parts)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("90837", "Category I"),
        ("1000F", "Category II"),
        ("0054T", "Category III"),
        ("0001U", "Proprietary laboratory analysis"),
        ("0002M", "Administrative multianalyte assay"),
        ("0124A", "Category I, immunization administration"),
    ],
)
def test_the_suffix_of_a_cpt_code_tells_its_kind(code: str, name: str) -> None:
    variant = CPT.variant(code)
    assert variant is not None
    assert variant.name == name


def test_every_variant_has_a_source() -> None:
    for form in (*formats.ALL, formats.MODIFIER):
        for variant in form.variants:
            assert variant.source
            assert sum(width for _, width in variant.parts) >= len(variant.positions)


@pytest.mark.parametrize("text", ["25", "59", "LT", "RT", "QW", "U1", "XE", "1P"])
def test_modifiers_have_two_characters(text: str) -> None:
    assert formats.MODIFIER.fits(text)


@pytest.mark.parametrize("text", ["", "2", "250", "lt", "L ", "2.", "\u0662\u0665", "25\n"])
def test_other_texts_are_no_modifiers(text: str) -> None:
    assert not formats.MODIFIER.fits(text)


@pytest.mark.parametrize(
    ("text", "systems"),
    [
        ("90837", ["cpt", "icd9cm"]),
        ("0001U", ["cpt"]),
        ("J0120", ["hcpcs", "icd10cm"]),
        ("V2020", ["hcpcs", "icd10cm", "icd9cm"]),
        ("E8020", ["hcpcs", "icd10cm", "icd9cm"]),
        ("E80.20", ["icd10cm"]),
        ("E802.0", ["icd9cm"]),
        ("0042", ["icd9cm", "icd9pcs"]),
        ("00.42", ["icd9pcs"]),
        ("004.2", ["icd9cm"]),
        ("B00B0ZZ", ["icd10cm", "icd10pcs"]),
        ("QA00101", ["icd10cm"]),
        ("S52501A", ["icd10cm"]),
        ("042", ["icd10pcs", "icd9cm", "icd9pcs"]),
        ("42", ["icd9pcs"]),
        ("99201-99215", []),
        ("E11.*", []),
        ("e11", []),
    ],
)
def test_which_formats_a_text_fits(text: str, systems: list[str]) -> None:
    assert [form.system for form in formats.fitting(text)] == systems


def test_the_closest_format_is_the_one_that_fits_furthest() -> None:
    assert formats.closest("0SRBO2A").system == "icd10pcs"
    assert formats.closest("JO120", (CPT, HCPCS)).system == "hcpcs"
    assert formats.closest("JO120", (CPT,)).position == 1


def test_a_code_with_a_needless_dot_is_closest_to_the_system_with_dots() -> None:
    # 3 characters of HCPCS would also do, but it is the dot that is wrong.
    assert formats.closest("I10.").system == "icd10cm"


@by_system
def test_a_long_text_is_quoted_in_part(form: Format) -> None:
    with pytest.raises(ValueError, match=f"is no {form.name} code") as caught:
        form.compact("!" * 10_000)
    assert len(str(caught.value)) < 200


def test_the_lengths_that_are_told_are_those_of_the_closest_shape() -> None:
    # Other codes of ICD-9-CM have 3 to 5 characters, but an E code has 4 or 5.
    misfit = ICD9CM.misfit("E80")
    assert misfit is not None
    assert "has 3" not in misfit.reason


def test_of() -> None:
    assert [formats.of(form.system) for form in formats.ALL] == list(formats.ALL)
    with pytest.raises(KeyError):
        formats.of("icd11")


def _made_up(shortest: int, positions: tuple[str, ...]) -> Format:
    return Format("x", "X", (Variant("X", positions, shortest, 2, (("all", 9),), "made up"),))


@given(st.text("AB01.", max_size=6))
def test_a_new_system_may_put_its_dot_among_the_required_characters(text: str) -> None:
    form = _made_up(3, ("AB", "AB", "01", "01"))
    assert form.fits(text) == bool(re.fullmatch(r"[AB]{2}\.?[01]{1,2}", text))
    assert form.fits(text) == bool(re.fullmatch(form.pattern, text))


@given(st.text("AB.", max_size=4))
def test_a_new_system_may_have_nothing_after_its_dot(text: str) -> None:
    form = _made_up(2, ("AB", "AB"))
    assert form.fits(text) == bool(re.fullmatch("[AB]{2}", text))
    assert form.fits(text) == bool(re.fullmatch(form.pattern, text))


def test_an_alphabet_without_a_wording_is_spelt_out() -> None:
    misfit = _made_up(2, ("AB", "AB")).misfit("AC")
    assert misfit is not None
    assert misfit.reason == "2 characters, but position 2 of X must be 'AB': 'C'"
    assert _made_up(2, ("AB", "A")).pattern == "[AB]A"
    assert _made_up(2, ("A", "AB")).dot_after("Z") is None
