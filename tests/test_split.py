"""Cells that hold several codes: what their pieces are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import medcodes
from medcodes import identify, split
from tests.conftest import DAY, LISTED

CELLS = [
    # text, the pieces, their codes
    ("E11.9", ["E11.9"], ["E11.9"]),
    ("", [""], [None]),
    ("hello", ["hello"], ["HEL.LO"]),
    ("N/A", ["N/A"], [None]),
    ("250.00,401.9", ["250.00", "401.9"], ["250.00", "401.9"]),
    ("25000,4019,V1582", ["25000", "4019", "V1582"], ["25000", "401.9", "V15.82"]),
    ("E11.9, Z99.999", ["E11.9", "Z99.999"], ["E11.9", "Z99.999"]),
    ("I10.;E11.9", ["I10.", "E11.9"], ["I10", "E11.9"]),
    ("E11.9;;I10", ["E11.9", "", "I10"], ["E11.9", None, "I10"]),
    ("E11.9,N/A", ["E11.9", "N/A"], ["E11.9", None]),
    ("E11.9,I10,", ["E11.9", "I10", ""], ["E11.9", "I10", None]),
    ("X ,Y ,Z10X ||X ,Y", ["X", "Y", "Z10X", "X", "Y"], [None, None, "Z10.X", None, None]),
    ("E11.9|I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9||I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9^I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9~I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9\tI10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9\nI10\r\nN39.0\rJ44.1", ["E11.9", "I10", "N39.0", "J44.1"], None),
    ("E11.9 I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9 and I10", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("E11.9, I10, AND N39.0", ["E11.9", "I10", "N39.0"], ["E11.9", "I10", "N39.0"]),
    ('["E11.9","I10", null, 90837]', ["E11.9", "I10", "", "90837"], None),
    ("[E11.9, I10]", ["E11.9", "I10"], ["E11.9", "I10"]),
    ("{E11.9,I10}", ["E11.9", "I10"], ["E11.9", "I10"]),
    ('{"E11.9","I10"}', ['"E11.9"', '"I10"'], ["E11.9", "I10"]),
    ("(E11.9)", ["E11.9"], ["E11.9"]),
    ("62320/62321", ["62320", "62321"], ["62320", "62321"]),
    ("Z01.411/419", ["Z01.411/419"], [None]),  # shortened: what expand is for
    ("J1885/E11.9", ["J1885/E11.9"], [None]),  # of no one system: a slash parts nothing
    ("ICD10|I10:ICD10|E11.9:", ["ICD10|I10", "ICD10|E11.9"], ["I10", "E11.9"]),
    ("ICD-10-CM|E11.9", ["ICD-10-CM|E11.9"], ["E11.9"]),
    ("CPT: 99213, 99214", ["CPT: 99213", "99214"], ["99213", "99214"]),
    ("99213-25;36415", ["99213-25", "36415"], ["99213", "36415"]),
    ("99213,25,36415", ["99213-25", "36415"], ["99213", "36415"]),
    ("99213,25,59,LT,RT,GA", ["99213-25-59-LT-RT", "GA"], ["99213", None]),
    ("J1885 59", ["J1885 59"], ["J1885"]),
    ("90837 1234", ["90837 1234"], [None]),  # numbers
    ("E11.9 Type 2 diabetes", ["E11.9 Type 2 diabetes"], [None]),
]


@pytest.mark.parametrize(("text", "pieces", "codes"), CELLS)
def test_the_pieces_of_a_cell(text: str, pieces: list[str], codes: list[str | None] | None) -> None:
    found = split(text, on=DAY)
    assert [answer.text for answer in found] == pieces
    assert codes is None or [answer.code for answer in found] == codes
    assert found == tuple(identify(piece, on=DAY) for piece in pieces)


def test_systems_kind_and_day_are_those_of_identify() -> None:
    (first, second) = split("J0120;25000", on="2012-06-01", kind="diagnosis")
    assert (first.code, second.code) == ("J01.20", "250.00")
    assert [str(answer.system) for answer in split("J0120;J1885", on=DAY, systems="hcpcs")] == [
        "hcpcs",
        "hcpcs",
    ]
    with pytest.raises(TypeError, match="a code must be a str"):
        split(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[" * 100_000, "[1", " " * 1_000_000, "E11.9," * 100_000])
def test_nothing_takes_long_or_fails(text: str) -> None:
    assert len(split(text, on=DAY)) == text.count(",") + 1


def test_identify_says_what_the_pieces_are() -> None:
    assert identify("E11.9;I10", on=DAY).reason == (
        "several codes in one text (E11.9, I10): medcodes.split says what each is"
    )
    many = ";".join(["E11.9", "I10", "J44.1", "N39.0", "E11.65", "I10"])
    assert "(E11.9, I10, J44.1, N39.0, E11.65 and 1 more)" in identify(many, on=DAY).reason
    assert "several" not in identify("E11.9;N/A", on=DAY).reason


@given(st.data(), st.sampled_from([",", ";", "|", "||", "~", "\t", "\n", " and ", ", "]))
def test_codes_that_are_joined_are_parted_again(data: st.DataObject, separator: str) -> None:
    table = medcodes.reference.codes(data.draw(st.sampled_from(LISTED)))
    codes = st.sampled_from(sorted(code for code, _ in table))
    joined = data.draw(st.lists(codes, min_size=2, max_size=5))
    found = split(separator.join(joined), on=DAY)
    assert [answer.text for answer in found] == joined
