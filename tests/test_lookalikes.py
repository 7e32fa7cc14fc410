"""What stands beside medical codes is called what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcodes import Status, formats, identify, reference
from medcodes.lookup.lookalikes import looks_like
from tests.conftest import DAY


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0000000000", "only zeros: a placeholder"),
        ("9999999999", "one character repeated: a placeholder"),
        ("XXXXXXXX", "one character repeated: a placeholder"),
        ("n/a", "a placeholder for a missing value"),
        ("#N/A", "a placeholder for a missing value"),
        ("---", "a placeholder for a missing value"),
        ("1437702123.0", "has lost its leading zeros"),
        ("90837.0", "has lost its leading zeros"),
        ("1.0E+02", "has lost its leading zeros"),
        ("1234567893", "the check digit of an NPI"),
        ("1234567890", "10 characters"),  # its check digit is another
        ("2345-7", "the check digit of a LOINC code"),
        ("2345-8", "a range"),
        ("12345678901", "11 digits, as the NDC"),
        ("0002-8215-01", "the shape of an NDC"),
        ("50242-040-62", "the shape of an NDC"),
        ("60575-4112-1", "the shape of an NDC"),
        ("00002-8215-01", "the shape of an NDC"),
        ("99201-1234", "the shape of a ZIP code"),
        ("207Q00000X", "the shape of a provider's taxonomy code"),
        ("2026-06-01", "a date"),
        ("6/1/2026", "a date"),
        ("20260601", "a date"),
        ("MS-DRG 895", "declared as MS-DRG"),
    ],
)
def test_neighbours_and_placeholders(text: str, sentence: str) -> None:
    answer = identify(text, on=DAY)
    assert answer.status is Status.MALFORMED
    assert sentence in answer.reason


@pytest.mark.parametrize("text", ["UNK", "Dummy", "JXXXX", "admitcd", "2GGGG"])
def test_words_and_placeholders_of_the_shape_of_a_code(text: str) -> None:
    answer = identify(text, on=DAY)
    if answer.system is None:
        assert answer.reason
    else:
        assert answer.status is Status.UNKNOWN
        assert "every code has a digit: a word or a placeholder" in answer.reason


def test_every_listed_code_has_a_digit() -> None:
    for system in ("hcpcs", "icd10cm", "icd9cm", "icd9pcs"):
        assert not [code for code, _ in reference.codes(system) if code.isalpha()]
    assert any(code.isalpha() for code, _ in reference.codes("icd10pcs"))
    unlisted = identify("BBB", systems="icd10pcs", on=DAY)
    assert unlisted.status is Status.UNKNOWN
    assert "digit" not in unlisted.reason


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    found = looks_like(text)
    assert found is None or len(text) <= 32


@given(st.text("0123456789ABEJX.-/", max_size=12))
def test_nothing_that_a_format_fits_is_asked(text: str) -> None:
    if formats.fitting(text):
        assert "placeholder for a missing" not in identify(text, on=DAY).reason


def test_what_a_spreadsheet_writes_for_an_error() -> None:
    for text in ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"):
        assert looks_like(text) == "a placeholder for a missing value"
