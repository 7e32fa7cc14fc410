"""A classifier with one made-up system more, made of a format, names, traits and a table alone."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Annotated, Any

import attrs
import polars as pl
import pytest
from pydantic import TypeAdapter

import medcodes
import medcodes.polars
from medcodes import Classifier, UnknownCodeSystem, columns, fhir, x12
from medcodes.pandera import CodeCheck
from medcodes.pydantic import Code
from tests.test_own_systems import ACME, ROWS

DAY = "2026-08-01"


@pytest.fixture(scope="module")
def mine() -> Classifier:
    return Classifier().with_system(ACME, ROWS)


def test_it_is_identified(mine: Classifier) -> None:
    answer = mine.identify(" x10.1 ", on=DAY)
    assert answer.system is ACME
    assert (answer.code, answer.compact, answer.title) == ("X10.1", "X101", "Home visit, short")
    assert str(answer.status) == "valid"
    assert answer.repairs == ("trimmed", "uppercased")
    assert answer.can_be_principal is None
    assert [str(fit.system) for fit in answer.alternatives] == ["icd10cm"]


def test_its_days_its_headings_and_its_gaps(mine: Classifier) -> None:
    days = ["2023-01-01", "2024-06-01", "2026-03-01", "2026-07-01"]
    asked = [str(mine.identify("Y20", on=day, systems=ACME).status) for day in days]
    assert asked == ["future", "valid", "expired", "valid"]
    assert str(mine.identify("X10", on=DAY, systems="ACME").status) == "header"
    assert str(mine.identify("X109", on=DAY, systems="acme_code_2").status) == "unknown"


def test_what_a_prefix_declares(mine: Classifier) -> None:
    assert mine.identify("ACME:Y20", on=DAY).system is ACME
    assert medcodes.identify("ACME:Y20", on=DAY).system is not ACME


def test_it_is_validated_and_looked_into(mine: Classifier) -> None:
    assert mine.validate("x102", ACME, on=DAY) == "X10.2"
    with pytest.raises(medcodes.HeaderCode, match="a heading of Acme procedures"):
        mine.validate("X10", ACME, on=DAY)
    assert list(mine.codes(ACME, on=DAY)) == ["X10.1", "X10.2", "Y20"]
    entry = mine.get("X10.1", ACME, on=DAY)
    assert entry is not None
    assert str(entry) == "X10.1 Home visit, short"
    assert mine.count(ACME) == 3


def test_a_column_is_answered_alike(mine: Classifier) -> None:
    texts = ["X10.1", "x102", "X10", "Y20", "X999", "E11.65", "90837", "ACME: Y20", None] * 700
    found = columns.identify(texts, on=DAY, classifier=mine)
    for text, row in zip(texts[:9], found[:9], strict=True):
        answer = None if text is None else mine.identify(text, on=DAY)
        assert row["system"] == (answer and str(answer.system))
        assert row["code"] == (answer and answer.code)
        assert row["status"] == (answer and str(answer.status))
    assert found == found[:9] * 700
    assert columns.identify(["x102"], on=DAY, classifier=mine, systems=ACME)[0]["system"] == "acme"


def test_the_default_classifier_does_not_see_it(mine: Classifier) -> None:
    mine.identify("X10.1", on=DAY)
    answer = medcodes.identify("X10.1", on=DAY)
    assert [str(fit.system) for fit in (answer, *answer.alternatives)] == ["icd10cm"]
    with pytest.raises(UnknownCodeSystem, match="no code system is called 'acme'"):
        medcodes.identify("X10.1", systems="acme")
    with pytest.raises(UnknownCodeSystem, match="not among the systems of this classifier"):
        medcodes.identify("X10.1", systems=ACME)
    with pytest.raises(UnknownCodeSystem):
        columns.identify(["X10.1"], systems=ACME)
    assert len(medcodes.identify("X10.1", on=DAY).alternatives) == 0


def test_it_comes_along_in_copies_and_files(mine: Classifier, tmp_path: Path) -> None:
    copy = pickle.loads(pickle.dumps(mine))
    assert copy.identify("Y20", on=DAY, systems="acme").title == "Transport"
    mine.save(tmp_path / "mine")
    again = Classifier.open(tmp_path / "mine")
    assert again.identify("X10.2", on=DAY, systems="acme").title == "Home visit, long"


def test_it_takes_no_other_systems_place(mine: Classifier) -> None:
    with pytest.raises(ValueError, match="there is a code system 'cpt' already"):
        Classifier().with_system(attrs.evolve(ACME, id="cpt"), ROWS)
    with pytest.raises(ValueError, match="'acme' already"):
        mine.with_system(ACME, ROWS)


def test_a_classifier_of_some_systems_gets_it_too() -> None:
    mine = Classifier(systems="icd10cm").with_system(ACME, ROWS)
    assert mine.identify("90837", on=DAY).system is None
    assert mine.identify("X10.1", on=DAY, kind="procedure").system is ACME


def test_every_door_knows_it(mine: Classifier) -> None:
    text: TypeAdapter[str] = TypeAdapter(Annotated[str, Code("acme", on=DAY, classifier=mine)])
    assert text.validate_python("x101") == "X10.1"
    assert text.json_schema()["examples"] == ["X10.1"]
    check = CodeCheck("acme", on=DAY, classifier=mine)
    assert str(check.error) == "Acme procedures code, valid on 2026-08-01"
    judged = check.judge.judge(["X10.1", "X10"])
    assert judged.accepted.tolist() == [True, False]
    codes: Any = pl.Series(["x101"])
    answer = codes.medcodes.identify(on=DAY, systems="acme", classifier=mine)
    assert answer.to_list()[0]["system"] == "acme"
    assert "acme" in answer.struct.field("system").dtype.categories
    assert fhir.coding(mine.identify("X10.1", on=DAY, systems="acme")) == {
        "code": "X10.1",
        "display": "Home visit, short",
    }


def test_messages_that_name_it_are_read() -> None:
    named = attrs.evolve(ACME, uri="http://acme.example/codes", x12=("ZA",))
    mine = Classifier().with_system(named, ROWS)
    (composite,) = x12.read_segment("SV1*ZA:X101*125*UN*1***1~", on=DAY, classifier=mine)
    assert composite.identification is not None
    assert (composite.systems, composite.identification.code) == ((named,), "X10.1")
    assert x12.read_composite("ZA:X101", on=DAY).systems == ()
    coding = {"system": "http://acme.example/codes", "code": "X101"}
    issue, _ = fhir.check(coding, on=DAY, classifier=mine)
    assert (issue.rule, issue.expected) == (
        "missing-dot",
        {**coding, "code": "X10.1", "display": "Home visit, short"},
    )
    assert fhir.check(coding, on=DAY) == []
