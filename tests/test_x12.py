"""Composites of X12, alone and out of a real parser."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcodes import CPT, HCPCS, ICD9CM, ICD10CM, Classifier, x12
from tests.conftest import DAY, ROOT

pytest.importorskip("pyx12", reason="pyx12 needs Python 3.11")
from pyx12.params import params
from pyx12.x12file import X12Reader
from pyx12.x12n_document import x12n_document

DATA = ROOT / "tests" / "data"
SAMPLES = ("837p", "837i", "835")


def sample(name: str) -> str:
    return (DATA / f"{name}.edi").read_text(encoding="ascii")


def is_valid_x12(text: str) -> bool:
    """Whether pyx12 finds nothing against the implementation guide that the file names."""
    return bool(x12n_document(params(), io.StringIO(text), None, None, fd_json=io.StringIO()))


def codes(name: str) -> list[tuple[str, str, tuple[str, ...], str | None, str | None]]:
    """Every code that the parser's segments hold, with what it is."""
    found = []
    for segment in X12Reader(io.StringIO(sample(name))):
        for one in x12.read_segment(segment.format(), on=DAY):
            answer = one.identification
            system = answer.system.id if answer and answer.system else None
            found.append(
                (
                    segment.get_seg_id() or "",
                    one.qualifier,
                    one.modifiers,
                    system,
                    answer.code if answer else None,
                )
            )
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_valid_x12(name: str) -> None:
    assert is_valid_x12(sample(name))


@pytest.mark.parametrize("name", ["837p", "837i"])
def test_that_validity_means_something(name: str) -> None:
    assert not is_valid_x12(sample(name).replace("HI*ABK:", "HI*XYZ:"))


def test_a_professional_claim() -> None:
    assert codes("837p") == [
        ("HI", "ABK", (), "icd10cm", "E11.65"),
        ("HI", "ABF", (), "icd10cm", "I10"),
        ("HI", "ABF", (), "icd10cm", "J01.20"),  # without the qualifier it may be HCPCS J0120
        ("SV1", "HC", ("25",), "cpt", "99213"),
        ("SV1", "HC", (), "cpt", "36415"),
        ("SV1", "HC", ("59",), "hcpcs", "J1885"),
        ("SV1", "HC", (), "hcpcs", "J0171"),
    ]


def test_an_institutional_claim() -> None:
    assert codes("837i") == [
        ("HI", "ABK", (), "icd10cm", "M16.12"),
        ("HI", "ABJ", (), "icd10cm", "M16.12"),
        ("HI", "ABF", (), "icd10cm", "E11.65"),
        ("HI", "ABF", (), "icd10cm", "I10"),
        ("HI", "BBR", (), "icd10pcs", "0SRB02A"),
        ("HI", "BE", (), None, None),
        ("SV2", "HC", (), "cpt", "36415"),
    ]


def test_a_remittance() -> None:
    assert codes("835") == [
        ("SVC", "HC", ("25",), "cpt", "99213"),
        ("SVC", "HC", (), "hcpcs", "J1885"),
        ("SVC", "HC", ("59",), "hcpcs", "J1885"),
    ]


def test_the_elements_of_a_parser_do_as_well_as_text() -> None:
    for segment in X12Reader(io.StringIO(sample("837i"))):
        if segment.get_seg_id() == "HI":
            elements = [
                [component.get_value() for component in composite] for composite in segment.elements
            ]
            assert x12.read_segment(["HI", *elements], on=DAY) == x12.read_segment(
                segment.format(), on=DAY
            )


def test_present_on_admission_and_the_day_of_a_procedure() -> None:
    both = x12.read_segment("HI*ABF:E1165:::::::Y*ABF:I10:::::::N~", on=DAY)
    assert [one.present_on_admission for one in both] == ["Y", "N"]
    (procedure,) = x12.read_segment("HI*BBR:0SRB02A:D8:20260602~")
    assert procedure.date == date(2026, 6, 2)
    assert procedure.identification is not None
    assert procedure.identification.as_of == date(2026, 6, 2)
    assert procedure.present_on_admission is None


def test_the_day_of_the_caller_comes_before_that_of_the_composite() -> None:
    one = x12.read_composite("BBR:0SRB02A:D8:20260602", on="2015-10-01")
    assert one.identification is not None
    assert one.identification.as_of == date(2015, 10, 1)


@pytest.mark.parametrize("sent", ["BBR:0SRB02A:D8:20261399", "BBR:0SRB02A:D8:soon", "BBR:0SRB02A"])
def test_what_is_no_day_is_none(sent: str) -> None:
    assert x12.read_composite(sent).date is None


def test_a_description_is_the_senders() -> None:
    one = x12.read_composite("HC:99199:::::as agreed by telephone", on=DAY)
    assert one.description == "as agreed by telephone"
    assert one.modifiers == ()


@pytest.mark.parametrize("separator", [":", ">", "<", "\\", "^", "|", "\x1f"])
def test_the_separator_is_found(separator: str) -> None:
    text = separator.join(["HC", "99213", "25", "59"])
    found = x12.read_composite(text, on=DAY)
    assert found == x12.read_composite(text, on=DAY, separator=separator)
    assert (found.code, found.modifiers, found.systems) == ("99213", ("25", "59"), (CPT, HCPCS))


@pytest.mark.parametrize(
    ("sent", "qualifier", "code"),
    [("", "", ""), ("ABK", "ABK", ""), ("ABKE1165", "ABKE1165", ""), ("ABK:", "ABK", "")],
)
def test_half_a_composite(sent: str, qualifier: str, code: str) -> None:
    one = x12.read_composite(sent)
    assert (one.qualifier, one.code) == (qualifier, code)
    assert not one.identification


def test_qualifiers_of_others() -> None:
    for sent in ("AD:D0120", "NU:0300", "BG:01", "ZZ:99213"):
        one = x12.read_composite(sent)
        assert one.systems == ()
        assert one.identification is None


def test_the_qualifier_restricts() -> None:
    old = x12.read_composite("BK:25000", on="2012-06-01")
    assert old.systems == (ICD9CM,)
    assert old.identification is not None
    assert old.identification.code == "250.00"
    wrong = x12.read_composite("ABK:25000", on="2012-06-01")
    assert wrong.systems == (ICD10CM,)
    assert not wrong.identification


def test_what_is_no_modifier_does_not_hide_the_code() -> None:
    one = x12.read_composite("HC:99213:2", on=DAY)
    assert one.modifiers == ("2",)
    assert one.identification is not None
    assert one.identification.code == "99213"
    assert one.identification.modifiers == ()


def test_another_classifier() -> None:
    diagnoses = Classifier(systems=["icd10cm"])
    (one,) = x12.read_segment("SV1*HC:99213*1*UN*1~", classifier=diagnoses)
    assert not one.identification


@pytest.mark.parametrize(
    "segment",
    ["", "~", "HI", "HI~", "SV1*~", "SV2*0120~", "NM1*85*2~", "1*2", [], ["HI"], [["HI"]]],
)
def test_segments_without_codes(segment: str | list[str]) -> None:
    assert x12.read_segment(segment) == []


def test_another_terminator() -> None:
    for one in ("HI*ABK:I10|", "HI*ABK:I10", "\nHI*ABK:I10|\r\n"):
        assert [c.code for c in x12.read_segment(one, on=DAY, terminator="|")] == ["I10"]


@pytest.mark.parametrize("sent", [None, 5, b"ABK:I10", ["HC", 99213], ["ABK", None]])
def test_what_is_no_text_is_refused(sent: Any) -> None:
    with pytest.raises(TypeError, match="a composite is text, or a list of texts, not "):
        x12.read_composite(sent, on=DAY)


@settings(deadline=None)
@given(st.text())
def test_no_text_raises_anything(text: str) -> None:
    x12.read_composite(text, on=DAY)
    x12.read_segment(text, on=DAY)
    x12.read_segment(f"HI*{text}*{text}", on=DAY)
    x12.read_segment(["SV1", text, [text, text]], on=DAY)


@settings(deadline=None)
@given(st.lists(st.text(), max_size=10))
def test_no_components_raise_anything(parts: list[str]) -> None:
    x12.read_composite(parts, on=DAY)


def test_the_example_of_the_docs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "fhir-and-x12.md").read_text(encoding="utf-8")
    found = re.search(
        r"<!-- example: x12 -->\n```python\n(.*?)```.*?<!-- output: x12 -->\n```text\n(.*?)```",
        page,
        re.DOTALL,
    )
    assert found is not None
    exec(compile(found[1], "fhir-and-x12.md", "exec"), {})
    assert capsys.readouterr().out == found[2]
