"""Checks of frames."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pap
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes.pandera import CodeCheck
from tests.conftest import DAY

CODES = ["E11.65", "e1165", "E11", None, "E11", "99213", "E99.99", "U07.1"]
COVID_DAYS = ["2020-03-31", "2020-04-01", None]

HEADING = (
    "'E11': a heading of ICD-10-CM; only codes below it are billable; did you mean E11.8 or E11.9 "
    "or E11.A?"
)
FUTURE = "'U071': listed in ICD-10-CM, but only from 2020-04-01"
NO_DAY = "'U071': no day to judge it by"

Failures = list[tuple[Any, str | None, str]]


def of_pandas(frame: dict[str, Any], **schema: Any) -> Failures:
    """Failure cases of a pandas frame: index, column and what is said."""
    return _failures(pa.DataFrameSchema(**schema), pd.DataFrame(frame))


def of_polars(frame: dict[str, Any], **schema: Any) -> Failures:
    return _failures(pap.DataFrameSchema(**schema), pl.DataFrame(frame))


def _failures(schema: Any, frame: Any) -> Failures:
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        rows = (
            cases.rows(named=True) if isinstance(cases, pl.DataFrame) else cases.to_dict("records")
        )
        return [(one["index"], one["column"], one["failure_case"]) for one in rows]
    return []


def in_both(check: CodeCheck, frame: dict[str, Any]) -> list[str]:
    """What both libraries say of the column ``dx``, which must be the same."""
    pandas = of_pandas(frame, columns={"dx": pa.Column(nullable=True, checks=check)})
    polars = of_polars(frame, columns={"dx": pap.Column(nullable=True, checks=check)})
    assert [one[:2] for one in pandas] == [one[:2] for one in polars]
    assert {one[1] for one in pandas} <= {"dx"}
    # Whether a text is cut short is each library's own affair.
    assert [one[2] for one in pandas] == [one[2] for one in polars]
    return [one[2] for one in pandas]


def test_failure_cases_say_why() -> None:
    frame = {"dx": CODES}
    check = CodeCheck("icd10cm", on=DAY)
    assert of_pandas(frame, columns={"dx": pa.Column(nullable=True, checks=check)}) == [
        (2, "dx", HEADING),
        (4, "dx", HEADING),
        (
            5,
            "dx",
            "'99213': 5 characters, but position 1 of ICD-10-CM must be a letter: '9' (its shape "
            "is that of CPT or ICD-9-CM)",
        ),
        (
            6,
            "dx",
            f"'E99.99': the shape of ICD-10-CM, but not in its list ({medcodes.ICD10CM.edition})",
        ),
    ]
    assert len(in_both(check, frame)) == 4


def test_all_is_well() -> None:
    check = CodeCheck("icd10cm", on=DAY)
    assert in_both(check, {"dx": ["E11.65", "i10", None]}) == []
    assert in_both(check, {"dx": []}) == []


@pytest.mark.parametrize("kind", [str, date.fromisoformat, datetime.fromisoformat])
def test_the_day_in_another_column(kind: Callable[[str], Any]) -> None:
    days = [one and kind(one) for one in COVID_DAYS]
    frame = {"dx": ["U071"] * 3, "day": days}
    check = CodeCheck("icd10cm", on_column="day")
    assert in_both(check, frame) == [FUTURE, NO_DAY]


def test_a_missing_code_needs_no_day() -> None:
    frame = {"dx": [None, "I10"], "day": [None, "2026-06-01"]}
    assert in_both(CodeCheck("icd10cm", on_column="day"), frame) == []


def test_nulls_count_when_they_are_told_to() -> None:
    check = CodeCheck("icd10cm", on=DAY, ignore_na=False)
    assert in_both(check, {"dx": ["I10", None]}) == ["there is no code"]
    assert in_both(check, {"dx": [None, None]}) == ["there is no code"] * 2


def test_a_column_of_nothing_is_no_column_of_numbers() -> None:
    empty = pd.DataFrame({"dx": [None, None]}, dtype="float64")
    schema = pa.DataFrameSchema(
        {"dx": pa.Column(nullable=True, checks=CodeCheck("icd10cm", on=DAY))}
    )
    assert _failures(schema, empty) == []


def test_checks_of_the_whole_frame() -> None:
    frame = {"dx": ["U071"] * 3, "day": COVID_DAYS}
    check = CodeCheck("icd10cm", column="dx", on_column="day")
    assert of_pandas(frame, checks=check) == [(0, "dx", FUTURE), (2, "dx", NO_DAY)]
    assert of_polars(frame, checks=check) == [(0, None, FUTURE), (2, None, NO_DAY)]


def test_a_series() -> None:
    schema = pa.SeriesSchema(str, CodeCheck("icd10cm", on=DAY))
    with pytest.raises(pa.errors.SchemaError, match="a heading of ICD-10-CM"):
        schema.validate(pd.Series(["I10", "E11"], dtype="str"))
    with pytest.raises(pa.errors.SchemaError, match="on_column= needs a frame"):
        pa.SeriesSchema(str, CodeCheck("icd10cm", on_column="day")).validate(
            pd.Series(["I10"], dtype="str")
        )


def test_any_index_will_do() -> None:
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)])
    frame = pd.DataFrame({"dx": ["E11", "I10", "E11"]}, index=index)
    check = CodeCheck("icd10cm", on=DAY)
    column = pa.DataFrameSchema({"dx": pa.Column(checks=check)})
    assert _failures(column, frame) == [("('a', 1)", "dx", HEADING), ("('b', 2)", "dx", HEADING)]
    whole = pa.DataFrameSchema(checks=CodeCheck("icd10cm", on=DAY, column="dx"))
    assert _failures(whole, frame) == [("('a', 1)", "dx", HEADING), ("('b', 2)", "dx", HEADING)]
    twice = frame.set_axis([7, 7, 8])
    assert _failures(column, twice) == [(7, "dx", HEADING), (8, "dx", HEADING)]


def test_invalid_rows_can_be_dropped() -> None:
    check = CodeCheck("icd10cm", on=DAY)
    pandas = pa.DataFrameSchema({"dx": pa.Column(checks=check)}, drop_invalid_rows=True)
    assert pandas.validate(pd.DataFrame({"dx": ["I10", "E11"]}), lazy=True)["dx"].tolist() == [
        "I10"
    ]
    polars = pap.DataFrameSchema({"dx": pap.Column(checks=check)}, drop_invalid_rows=True)
    found = polars.validate(pl.DataFrame({"dx": ["I10", "E11"]}), lazy=True)
    assert found["dx"].to_list() == ["I10"]


def test_suggestions_are_codes_that_pass() -> None:
    frame = {"dx": ["E11.66"]}
    assert in_both(CodeCheck("icd10cm", on=DAY), frame)[0].endswith(
        "; did you mean E11.65 or E11.69 or E11.36?"
    )
    assert "E11.6 " in in_both(CodeCheck("icd10cm", on=DAY, billable=False), frame)[0]
    for suggestions, words in ((1, "mean E11.65?"), (0, f"({medcodes.ICD10CM.edition})")):
        (said,) = in_both(CodeCheck("icd10cm", on=DAY, suggestions=suggestions), frame)
        assert said.endswith(words)


def test_few_failure_cases() -> None:
    check = CodeCheck("icd10cm", on=DAY, n_failure_cases=1)
    assert in_both(check, {"dx": ["E11", "I10", "E12"]}) == [HEADING]


def test_a_warning_instead() -> None:
    check = CodeCheck("icd10cm", on=DAY, raise_warning=True)
    with pytest.warns(pa.errors.SchemaWarning, match="a heading"):
        in_both(check, {"dx": ["E11"]})


def test_what_is_shown_of_the_check() -> None:
    assert CodeCheck("icd10cm").error == "ICD-10-CM code, valid today"
    assert CodeCheck("cpt", on=DAY).error == "CPT code, valid or plausible on 2026-06-01"
    assert CodeCheck(kind="diagnosis", on_column="day").error == (
        "ICD-10-CM or ICD-9-CM code, valid on the day in day"
    )
    named = CodeCheck("icd10cm", name="dx", error="no diagnosis")
    assert (named.name, named.error) == ("dx", "no diagnosis")


def test_models() -> None:
    class Claims(pa.DataFrameModel):
        dx: str = pa.Field(medical_code={"systems": "icd10cm", "on_column": "day"})
        day: str

    class PolarsClaims(pap.DataFrameModel):
        dx: str = pap.Field(medical_code={"systems": "icd10cm", "on": DAY})

    frame = {"dx": ["U071", "E11"], "day": ["2020-03-31", DAY]}
    assert [one[2] for one in _failures(Claims, pd.DataFrame(frame))] == [FUTURE, HEADING]
    assert [one[2] for one in _failures(PolarsClaims, pl.DataFrame(frame))] == [HEADING]
    assert isinstance(pa.Check.medical_code("icd10cm"), CodeCheck)


def test_headings_strictness_and_statuses() -> None:
    frame = {"dx": ["E11", "E11.65", "99213", "J0171", "J0120"]}
    assert in_both(CodeCheck("icd10cm", on=DAY, billable=False), frame)[0].startswith("'99213'")
    assert len(in_both(CodeCheck(on=DAY, strict=True), frame)) == 4
    said = in_both(CodeCheck(on=DAY), frame)
    assert said == [
        HEADING,
        "'J0171': listed in HCPCS Level II, valid from 2011-01-01 to 2025-06-30",
        "'J0120' is HCPCS Level II J0120 and ICD-10-CM J01.20; name the system that is meant",
    ]
    assert len(in_both(CodeCheck(on=DAY, billable=False), frame)) == 2
    assert len(in_both(CodeCheck("hcpcs", on=DAY, accept=["valid", "expired"]), frame)) == 3


def test_a_classifier_of_your_own() -> None:
    diagnoses = medcodes.Classifier(systems=["icd10cm"])
    (said,) = in_both(CodeCheck(on=DAY, classifier=diagnoses), {"dx": ["I10", "99213"]})
    assert said.startswith("'99213'")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"systems": "loinc"}, medcodes.UnknownCodeSystem),
        ({"on": "soon"}, ValueError),
        ({"on": DAY, "on_column": "day"}, ValueError),
        ({"accept": "valid"}, TypeError),
        ({"nonsense": 1}, TypeError),
        ({"element_wise": True}, TypeError),
        ({"accept": ["valid"], "strict": True}, ValueError),
    ],
)
def test_wrong_arguments(options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        CodeCheck(**options)


def test_wrong_columns() -> None:
    numbers = of_pandas({"dx": [100]}, columns={"dx": pa.Column(checks=CodeCheck("cpt", on=DAY))})
    assert "leading zeros" in numbers[0][2]
    frame = {"dx": ["I10"]}
    for failures in (
        of_pandas(frame, checks=CodeCheck("cpt", on=DAY)),
        of_polars(frame, checks=CodeCheck("cpt", on=DAY)),
    ):
        assert "needs column=" in failures[0][2]
    with pytest.raises(TypeError, match="in pandas and Polars, not in builtins"):
        CodeCheck("cpt")(["99213"])


def test_copies_are_the_check_itself() -> None:
    check = CodeCheck("icd10cm")
    assert copy.deepcopy(check) is check
    with pytest.raises(NotImplementedError):
        check._check_fn(pd.Series(["I10"]))


_KEPT = [
    CodeCheck("icd9cm", on="2012-06-01"),
    CodeCheck(["icd10cm", "hcpcs"], on_column="day", billable=False, suggestions=0),
    CodeCheck(kind="procedure", strict=True, ignore_na=False, raise_warning=True),
    CodeCheck("icd10cm", accept=["expired"], on=DAY),
]


@pytest.mark.parametrize("check", _KEPT)
def test_what_is_written_to_yaml_checks_the_same(check: CodeCheck) -> None:
    schema = pa.DataFrameSchema({"dx": pa.Column(str, check)})
    (read,) = pa.DataFrameSchema.from_yaml(schema.to_yaml()).columns["dx"].checks
    _assert_alike(read, check)


@pytest.mark.parametrize("check", _KEPT)
def test_checks_pickle(check: CodeCheck) -> None:
    _assert_alike(pickle.loads(pickle.dumps(check)), check)


def _assert_alike(one: Any, other: CodeCheck) -> None:
    assert one.judge.acceptance == other.judge.acceptance
    for name in ("statistics", "on", "error", "ignore_na", "raise_warning"):
        assert getattr(one, name) == getattr(other, name), name


_TEXTS = st.sampled_from(
    ["E11.65", "e1165", "E11", "J0120", "99213", "99213-25", "A0100", "25000", "0SRB02A", "n/a", ""]
) | st.text(max_size=6)


@settings(deadline=None)
@given(st.lists(st.none() | _TEXTS, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_the_same_answers_as_validate(
    texts: list[str | None], strict: bool, billable: bool
) -> None:
    def is_taken(text: str | None) -> bool:
        try:
            medcodes.validate(text or "I10", on=DAY, strict=strict, headers=not billable)
        except medcodes.InvalidCode:
            return text == ""  # asked of "I10" instead, by `or`
        return text != ""

    check = CodeCheck(on=DAY, strict=strict, billable=billable)
    expected = [is_taken(text) for text in texts]
    for frame in (pd.DataFrame({"dx": texts}, dtype="str"), pl.LazyFrame({"dx": texts})):
        found = check(frame, "dx").check_output
        found = found.collect().to_series() if isinstance(found, pl.LazyFrame) else found
        assert found.to_list() == expected


@pytest.mark.parametrize("of", [of_pandas, of_polars])
def test_a_column_of_days_that_is_not_there_is_named(of: Callable[..., Failures]) -> None:
    library = pa if of is of_pandas else pap
    check = CodeCheck("icd10cm", on_column="day", column="dx")
    column = {"dx": library.Column(str if of is of_pandas else pl.String)}
    ((_, _, said),) = of({"dx": ["I10"]}, columns=column, checks=check)
    assert "on_column='day': the frame has no such column; it has dx" in said
