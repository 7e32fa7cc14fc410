"""What a column is, each row judged on its day of service."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from medcodes import ICD9CM, ICD10CM, UnknownCodeSystem
from medcodes.columns import Profile, identify, profile
from tests.conftest import DAY

CODES = ["4019", "25000", "V700", "5990", "E8490", "E119", "I10", "M545", "R05", "U071", "E1I65"]
FIRST, LAST = date(2014, 1, 1), date(2026, 9, 30)
PART = ("icd9cm", "icd10cm")


def drawn(rows: int, seed: int = 1) -> tuple[list[str | None], list[date | None]]:
    """Codes of both revisions of ICD on days of both, some of them missing."""
    chance = random.Random(seed)
    codes = [chance.choice([*CODES, None]) for _ in range(rows)]
    span = (LAST - FIRST).days
    days = [FIRST + timedelta(days=chance.randrange(span)) for _ in range(rows)]
    return codes, [None if chance.random() < 0.05 else day for day in days]


def bad_rows(codes: list[str | None], days: Any, systems: Any) -> Counter[str]:
    """By value, the rows that are neither valid nor plausible."""
    statuses = identify(codes, on=days, systems=systems, fields=["status"])
    pairs = zip(codes, (answer["status"] for answer in statuses), strict=True)
    return Counter(code for code, status in pairs if code and status not in ("valid", "plausible"))


def test_each_row_is_judged_on_its_day() -> None:
    found = profile(["4019", "I10", "4019", "I10"], on=["2014-01-06", "2016-01-11"] * 2, name="dx")
    assert found.statuses == (("valid", 1.0),)
    assert (found.bad, found.invalid, found.undated, found.by_day) == (0, (), 0, True)
    assert (found.count, found.distinct, found.as_of) == (4, 2, date(2016, 1, 11))
    assert "each on its day, until 2016-01-11" in str(found)
    crossed = profile(["4019", "I10"], on=["2016-01-11", "2014-01-06"], systems=PART)
    assert crossed.statuses == (("expired", 0.5), ("future", 0.5))
    assert [why for _, _, why in crossed.invalid] == [
        "listed in ICD-9-CM, valid from 1985-10-01 to 2015-09-30",
        "listed in ICD-10-CM, but only from 2015-10-01",
    ]
    assert not any("name the day" in note for note in crossed.notes)


@pytest.mark.parametrize("rows", [60, 20_000], ids=["few", "many"])
def test_it_counts_what_identify_says_of_each_row(rows: int) -> None:
    codes, days = drawn(rows)
    found = profile(codes, on=days)
    assert {system for system, _ in found.systems} == set(PART)
    bad = bad_rows(codes, days, PART)
    assert {value: count for value, count, _ in found.invalid} == dict(bad.most_common(10))
    assert found.bad == sum(bad.values())
    assert found.undated == sum(
        code is not None and day is None for code, day in zip(codes, days, strict=True)
    )
    answers = identify(codes, on=days, systems=PART, fields=["status", "category"])
    filled = found.count - found.nulls
    assert (found.count, filled) == (rows, sum(code is not None for code in codes))
    statuses = Counter(answer["status"] for answer in answers if answer["status"])
    assert dict(found.statuses) == {
        status: pytest.approx(count / filled) for status, count in statuses.items()
    }
    categories = Counter(answer["category"] for answer in answers if answer["category"])
    assert dict(found.categories).items() <= categories.items()


@pytest.mark.parametrize(
    "bring",
    [
        tuple,
        pa.array,
        lambda days: pa.chunked_array([days[:7], days[7:]]),
        lambda days: pa.array(days).dictionary_encode(),
        lambda days: pa.array([day and datetime.combine(day, time(14)) for day in days]),
        lambda days: pa.array([day and day.isoformat() for day in days]),
        lambda days: pd.to_datetime(pd.Series(days)),
        lambda days: pd.Series(days, dtype=object),
        pl.Series,
        lambda days: np.array(days, "datetime64[D]"),
    ],
)
def test_every_kind_of_days(bring: Any) -> None:
    codes, days = drawn(40)
    assert profile(codes, on=bring(days)) == profile(codes, on=days)


def test_the_order_of_rows_does_not_matter_and_values_may_come_counted() -> None:
    codes, days = drawn(300)
    expected = profile(codes, on=days)
    pairs = list(zip(codes, days, strict=True))
    random.Random(2).shuffle(pairs)
    shuffled, their_days = zip(*pairs, strict=True)
    assert profile(shuffled, on=their_days) == expected
    counted = Counter(pairs)
    values, of_values = zip(*counted, strict=True)
    assert profile(values, on=of_values, counts=[*counted.values()]) == expected
    assert profile(values, on=list(of_values), counts=[*counted.values()]) == expected


def test_one_day_for_all_rows_is_that_day() -> None:
    codes, _ = drawn(100)
    alike, one_day = profile(codes, on=[DAY] * 100).to_dict(), profile(codes, on=DAY).to_dict()
    assert (alike.pop("by_day"), one_day.pop("by_day")) == (True, False)
    alike["notes"], one_day["notes"] = [], []
    assert alike == one_day
    assert one_day["bad"] == sum(bad_rows(codes, DAY, PART).values())


def test_rows_without_a_day() -> None:
    found = profile(["I10", "E119", "I10", None], on=[DAY, DAY, None, None])
    assert found.statuses == (("valid", 2 / 3),)
    assert found.invalid == (("I10", 1, "its row has no day"),)
    assert (found.undated, found.bad) == (1, 1)
    assert "1 of its codes have no day, and do not count as valid." in found.notes
    none = profile(["E119", "I10"], on=[None, None])
    assert (none.system, none.statuses, none.undated, none.bad) == (ICD10CM, (), 2, 2)
    assert none.as_of == date.today()


def test_a_value_with_and_without_a_day_has_the_reason_of_its_last_bad_day() -> None:
    on = ["2014-01-06", "2020-01-01", None]
    found = profile(["4019", "4019", "4019"], on=on, systems="icd9cm")
    assert found.system is ICD9CM
    assert found.invalid == (
        ("4019", 2, "listed in ICD-9-CM, valid from 1985-10-01 to 2015-09-30"),
    )


def test_columns_of_no_codes_have_no_bad_values() -> None:
    found = profile(["02134", "90210", "10001", "99501", None], on=[DAY, None, DAY, None, None])
    assert (found.looks_like, found.bad, found.undated, found.notes[0][:4]) == (
        "ZIP code",
        0,
        2,
        "This",
    )
    empty = profile([], on=[])
    assert (empty.count, empty.system, empty.as_of) == (0, None, date.today())


def test_days_past_the_end_of_the_reference() -> None:
    with pytest.warns(UserWarning, match="ends on"):
        found = profile(["E1165", "I10"], on=["2020-01-01", "2100-01-01"])
    assert found.as_of == ICD10CM.coverage[1]


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"on": [DAY]}, ValueError, "on= has 1 days for 2 values"),
        ({"on": [1, 2]}, TypeError, "on= is a column of numbers, not of days"),
        ({"on": ["x", DAY]}, TypeError, "on= is no column of days"),
        ({"on": [DAY, DAY], "counts": [1]}, ValueError, "counts= has 1 counts for 2 values"),
        ({"on": [DAY, DAY], "systems": "nonsense"}, UnknownCodeSystem, "nonsense"),
    ],
)
def test_what_is_refused(options: Any, error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        profile(["I10", "E119"], **options)


def test_it_is_plain_data() -> None:
    plain = profile(["I10"], on=[DAY]).to_dict()
    assert (plain["by_day"], plain["undated"], plain["bad"]) == (True, 0, 0)
    assert isinstance(profile(["I10"], on=[DAY]), Profile)
