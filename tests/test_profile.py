"""What a column is: the decision, the description, and what it is printed as."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from datetime import date
from html.parser import HTMLParser
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, UnknownCodeSystem
from medcodes.columns import Profile, profile
from medcodes.columns.profiling.evidence import evidence
from medcodes.columns.profiling.weighing import Decision, decide
from tests import draws
from tests.conftest import DAY

DRAWS = 150
ICD10 = ["E1165", "I10", "J0120", "Z3A20", "M545", "S72001A"]
ICD9_PROCEDURES = ["4513", "0066", "3722", "8856", "9671"]
CPT = ["99213", "90837", "90834", "36415", "80053"]


def decided(texts: Sequence[str], **options: Any) -> Decision:
    return decide([evidence(text) for text in texts], **options)


# -- how often it is right -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", draws.KINDS, ids=lambda kind: kind[0])
def test_twenty_values_tell_the_system(kind: tuple[Any, ...]) -> None:
    _, draw, right, at_least = kind
    outcomes = draws.outcomes_of(draw, DRAWS)
    assert 100 * outcomes[right] / DRAWS >= at_least, outcomes.most_common(3)


@pytest.mark.parametrize("name", draws.ZIPS)
def test_zip_codes_are_not_taken_for_cpt(name: str) -> None:
    outcomes = draws.outcomes_of(draws.ZIPS[name], DRAWS)
    assert sum(n for what, n in outcomes.items() if "cpt" in what) <= DRAWS / 100
    assert outcomes["ZIP code",] >= 0.99 * DRAWS


def test_confidence_is_honest_where_one_value_is_all_there_is() -> None:
    """Of the five-digit codes that ICD-9-CM lists, many may be CPT or ZIP codes."""
    chance = random.Random(3)
    confident = [decided([text]).confidence for text in chance.sample(draws.numbers(), 300)]
    assert max(confident) < 0.98
    assert decided(["25000"]).confidence < 0.9


# -- what columns look like ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["02134", "90210", "10001", "99501", "60611"], "ZIP code"),
        (["02134-1234", "90210-0001", "10001"], "ZIP code"),
        (["1234567893", "1003000126", "1437702123"], "NPI"),
        (["00002323101", "50242004062", "00002771559"], "NDC"),
        (["0002-3231-01", "50242-040-62"], "NDC"),
        (["0300", "0250", "0636", "0450", "0370", "0001"], "revenue code"),
        (["11", "22", "23", "81"], "place of service"),
        (["470", "871", "291", "003", "065"], "MS-DRG"),
        (["20120630", "20130101"], "date"),
        (["2012-06-30", "2013-01-01T10:00:00Z"], "date"),
        (["6/30/2012", "12/31/13"], "date"),
        (["2012", "2013", "2014", "2015"], "year"),
        (["patient has chest pain", "none", "fell off a ladder"], "free text"),
        (["207Q00000X", "208D00000X"], "provider taxonomy"),
        (["UNK", "M", "N/A"], "free text"),
        ([""], "free text"),
        (["250.00", "120.50", "99.10", "1.99", "2000.00", "-13.05"], "amount"),
        (["1437702123.0", "1234567890"], "number"),
        (["+" + "1" * 60, "2" * 60], "identifier"),
    ],
)
def test_the_neighbours(texts: list[str], what: str) -> None:
    found = profile(texts, on=DAY)
    assert (found.looks_like, found.system, found.is_medical) == (what, None, False)
    assert not any((found.statuses, found.categories, found.invalid, found.repairs))
    assert any(what in note for note in found.notes)


@pytest.mark.parametrize(
    ("texts", "system"),
    [
        (ICD9_PROCEDURES, ICD9PCS),
        (["4019", "25000", "41401", "V1582"], ICD9CM),
        (["45.82", "37.22", "99.29"], ICD9PCS),
        (["458.2", "372.2", "992.9", "V15.82", "E849.0"], ICD9CM),
        (ICD10, ICD10CM),
        (["E11", "I10", "J45"], ICD10CM),
        (["0SRB02A", "0DTJ4ZZ", "10D00Z1"], ICD10PCS),
        (["J0120", "A0425", "G0008", "D0120"], HCPCS),
    ],
)
def test_the_systems(texts: list[str], system: object) -> None:
    """Whatever the day: expired and future codes are witnesses too."""
    for day in ("1990-01-01", "2012-06-01", DAY):
        found = profile(texts, on=day)
        assert (found.system, found.looks_like, found.is_medical) == (system, None, True)
        assert len(found.systems) == 1
        assert dict(found.fits)[str(system)] == 1


@pytest.mark.parametrize(
    ("texts", "ids"),
    [
        ([*CPT, "J0120", "A0425", "G0008"], {"cpt", "hcpcs"}),
        (["0001F", "0042T", "0001U", "0002M", "0001A", "J0120"], {"cpt", "hcpcs"}),
        (["4019", "25000", "41401", "V1582", "2724", *ICD10], {"icd9cm", "icd10cm"}),
        ([*ICD9_PROCEDURES, "0SRB02A", "0DTJ4ZZ", "10D00Z1"], {"icd9pcs", "icd10pcs"}),
        ([*ICD10, "0SRB02A", "0DTJ4ZZ", "10D00Z1"], {"icd10cm", "icd10pcs"}),
    ],
)
def test_mixes(texts: list[str], ids: set[str]) -> None:
    found = profile(texts, on="2016-01-01")
    assert {one for one, _ in found.systems} == ids
    assert sum(share for _, share in found.systems) == pytest.approx(1)
    assert found.system is not None
    assert found.system.id == found.systems[0][0]
    assert any(note.startswith("A mix: ") for note in found.notes)
    assert " and " in str(found).split("\n")[0]


def test_a_prefix_is_a_witness() -> None:
    assert decided(["ICD9CM:25000"]).parts == ("icd9cm",)
    assert decided(["CPT: 25000"]).parts == ("cpt",)


# -- names, systems, kinds -----------------------------------------------------------------------


def test_a_name_is_evidence_not_truth() -> None:
    alone = decided(["25000"])
    named = decided(["25000"], name="cpt_code")
    assert named.parts == ("cpt",)
    assert alone.confidence < 0.9 < named.confidence
    found = profile(ICD10, name="cpt_code", on=DAY)
    assert found.system is ICD10CM
    assert "Its name says CPT, but its values do not." in found.notes
    assert str(found).startswith("cpt_code: ICD-10-CM (confidence 0.999)")
    assert not any("name" in note for note in profile(ICD10, name="dx1", on=DAY).notes)


@pytest.mark.parametrize("name", ["id", " ID ", "id_code", "pr", "BP"])
def test_a_qualifier_of_x12_is_no_name_of_a_column(name: str) -> None:
    assert not any("name" in note for note in profile(["1", "2", "3"], name=name, on=DAY).notes)
    assert decided(["4513"], name=name).parts[0] in ("identifier", "measurement")


def test_a_name_of_a_neighbour() -> None:
    assert decided(["250", "414"], name="drg_code").parts == ("MS-DRG",)
    assert decided(["99213"], name="zip").parts == ("ZIP code",)
    assert "Its name says LOINC, but" in profile(ICD10, name="LOINC_CODE", on=DAY).notes[0]


def test_systems_and_kind_restrict() -> None:
    assert profile(["4513", "3722"], on="2012-06-01", kind="diagnosis").system is ICD9CM
    found = profile(["4513", "3722"], on="2012-06-01", systems=["cpt", "icd9cm"])
    assert found.system is ICD9CM
    assert [one for one, _ in found.fits] == ["cpt", "icd9cm"]
    with pytest.raises(UnknownCodeSystem):
        profile(ICD10, systems="nonsense")
    with pytest.raises(ValueError, match="kind="):
        profile(ICD10, kind="nonsense")


# -- the description -----------------------------------------------------------------------------

DIRTY = ["E1165"] * 6 + ["E11.9", " i10", "ICD-10-CM: J45.909", "M545", "20120630", "E1199", None]


def test_a_dirty_column() -> None:
    found = profile([*DIRTY, "R05"], on=DAY)
    assert (found.count, found.nulls, found.distinct) == (14, 1, 8)
    assert found.system is ICD10CM
    assert found.statuses == (
        ("valid", 9 / 13),
        ("header", 2 / 13),
        ("unknown", 1 / 13),
        ("malformed", 1 / 13),
    )
    assert found.categories[0] == (
        "Type 2 diabetes mellitus with other specified complications",
        6,
    )
    assert [(text, rows) for text, rows, _ in found.invalid] == [
        ("20120630", 1),
        ("E1199", 1),
        ("M545", 1),
        ("R05", 1),
    ]
    assert found.invalid[2][2].startswith("a heading of ICD-10-CM")
    repairs = {one.what: (one.count, one.example) for one in found.repairs}
    assert repairs == {
        "dot dropped": (7, ("E1165", "E11.65")),
        "trimmed": (1, (" i10", "I10")),
        "uppercased": (1, (" i10", "I10")),
        "prefix": (1, ("ICD-10-CM: J45.909", "J45.909")),
        "date": (1, ("20120630", "20120630")),
    }
    assert found.repairs[0].what == "dot dropped"
    assert found.as_of == date(2026, 6, 1)


def test_lost_zeros() -> None:
    numbers = [*CPT, "J0120", "00102", "00103", "100", "?"]
    found = profile(numbers, on=DAY)
    (repair,) = found.repairs
    assert (repair.what, repair.count, repair.example) == ("zeros lost", 1, ("100", "00100"))
    assert found.invalid[0][:2] == ("100", 1)
    assert found.invalid[1][2] == "1 character, but position 1 of CPT must be a digit: '?'"


def test_several_zeros_may_be_lost() -> None:
    """66 may be 0066 or 066: nothing is guessed."""
    found = profile([*ICD9_PROCEDURES, "1234567"], on="2012-06-01")
    assert "zeros lost" not in {one.what for one in found.repairs}


def test_retired_codes_are_found_and_explained() -> None:
    found = profile(["4019", "25000", "41401", "V1582"], on=DAY)
    assert found.statuses == (("expired", 1.0),)
    assert found.as_of == date(2026, 6, 1)
    assert any("name the day of service" in note for note in found.notes)


def test_past_the_end_of_the_reference() -> None:
    with pytest.warns(UserWarning, match="ends on"):
        found = profile(ICD10, on="2100-01-01")
    assert found.as_of == ICD10CM.coverage[1]


@pytest.mark.parametrize("column", [[], [None, None], pa.array([], pa.string()), pa.nulls(3)])
def test_nothing(column: Any) -> None:
    found = profile(column, on=DAY, name="x")
    assert (found.system, found.looks_like, found.confidence) == (None, None, 0)
    assert (found.distinct, found.nulls) == (0, found.count)
    assert found.notes == ("There is no value in it.",)
    assert str(found).startswith("x: nothing to tell")
    json.dumps(found.to_dict())


def test_few_values_leave_doubt() -> None:
    found = profile(["25000"], on="2012-06-01")
    assert found.confidence < 0.95
    assert any("leave doubt" in note for note in found.notes)


# -- columns of every kind -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "bring",
    [
        pd.Series,
        lambda texts: pd.Series(texts, dtype="category"),
        pl.Series,
        lambda texts: np.array(texts, object),
        tuple,
        pa.array,
        lambda texts: pa.array(texts).dictionary_encode(),
        lambda texts: pa.array(texts, pa.large_string()),
        lambda texts: pa.chunked_array([texts[:4], texts[4:]]),
    ],
)
def test_every_kind_of_column(bring: Any) -> None:
    assert profile(bring(DIRTY), on=DAY) == profile(DIRTY, on=DAY)


@pytest.mark.parametrize("column", [[100, 99213], pd.Series([1.5]), pl.Series([1]), pa.array([1])])
def test_numbers_are_refused(column: Any) -> None:
    with pytest.raises(TypeError, match="lost their leading zeros"):
        profile(column)


def test_the_order_of_rows_does_not_matter() -> None:
    texts = [*DIRTY, *CPT, *ICD9_PROCEDURES]
    expected = profile(texts, on=DAY)
    for seed in range(5):
        random.Random(seed).shuffle(texts)
        assert profile(texts, on=DAY) == expected


def test_a_large_column_is_decided_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[profile.__module__], "SAMPLE", 1_000)
    codes = [code.replace(".", "") for code in islice(ICD10CM.codes(on=DAY), 3_000)]
    found = profile([*codes, *["I10"] * 500], on=DAY)
    assert found.system is ICD10CM
    assert found.distinct == 3_001
    assert found.notes[-1] == "The system was decided on 1,000 of 3,001 distinct values."
    random.Random(1).shuffle(codes)
    assert profile([*["I10"] * 500, *codes], on=DAY) == found


def test_repeating_a_value_makes_it_no_better_a_witness() -> None:
    once, often = decided(["25000"]), decided(["25000"], counts=[1_000_000])
    assert once.confidence == pytest.approx(often.confidence)


def test_frequent_values_count_more_than_rare_ones() -> None:
    typos = [f"no. {place}" for place in range(50)]
    assert profile([*CPT * 100_000, "J0120", *typos], on=DAY).is_medical


# -- printed, plain, HTML ------------------------------------------------------------------------


def test_it_prints() -> None:
    text = str(profile(["E1165", "E1165", "I10", "oops\n\x1b[0m"], on=DAY))
    assert "\x1b" not in text
    assert r"oops\n\x1b[0m" in text
    assert "statuses    valid" in text
    assert "75.0%" in text
    assert repr(profile(["E1165"], on=DAY)).startswith("<Profile: ICD-10-CM (confidence ")


def test_long_labels_are_cut() -> None:
    found = profile([*ICD10, "x" * 500], on=DAY, name="n" * 500)
    assert max(map(len, str(found).split("\n"))) < 250


def test_plain_data() -> None:
    plain = profile(DIRTY, on=DAY, name="dx").to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["system"] == "icd10cm"
    assert plain["is_medical"] is True
    assert plain["as_of"] == DAY
    assert set(plain) == {*(one.name for one in Profile.__attrs_attrs__), "is_medical"}
    assert profile(["hello"], on=DAY).to_dict()["system"] is None


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"style"}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_escapes_what_the_file_holds() -> None:
    nasty = "<script>alert('1')</script>"
    found = profile([*ICD10, nasty, "\"'><img src=x>"], on=DAY, name=nasty)
    page = found._repr_html_()
    tags = _Tags(page)
    assert not tags.open
    assert tags.seen <= {"div", "strong", "br", "table", "tbody", "tr", "th", "td", "ul", "li"}
    assert "&lt;script&gt;" in page
    assert "currentColor" in page


def test_it_is_frozen() -> None:
    found = profile(ICD10, on=DAY)
    with pytest.raises(AttributeError):
        found.system = None  # type: ignore[misc]


def test_values_may_come_counted() -> None:
    column = ["I10", "E119", None, "I10", "12345", "I10"]
    alike = profile(column, name="dx", on="2026-06-01")
    counted = profile(
        pa.array(["E119", "I10", None, "12345", "I10"]),
        counts=[1, 1, 1, 1, 2],
        name="dx",
        on="2026-06-01",
    )
    assert counted == alike
    assert profile([], counts=[]).count == 0
    with pytest.raises(ValueError, match="counts= has 1 counts for 2 values"):
        profile(["I10", "E119"], counts=[1])
