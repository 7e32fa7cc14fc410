"""The pandas accessor; and the mixed column that every face of `medcodes.columns` must answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import medcodes
import medcodes.pandas
from medcodes.columns import FIELDS
from tests.conftest import DAY, LISTED, run_python

MANY = 12_000
"""More than are left to the classifier."""
FEW = 300

Row = tuple[Any, ...]

_ODD = [
    *("90837", "99213-25", "99213", "0001F", "0042T", "00100", "02134", "HC:J0120:25", "ABK:E1165"),
    *("J0120", "J01.20", "25000", "250.00", "V2020", "E8020", "45.13", "4513", "E11", "0SR"),
    *("e11.65", " E11.65 ", "E11.65\n", "E1165.", "E.1165", "E11..65", "９０８３７", "Ｅ１１．９"),
    *("", " ", ".", "-", "UNK", "N/A", "9O837", "hello", "123456789", "1234567893", "é", "Ä11.9"),
    *("E11.65\0", "\0", "E11,65", "☤", "E11.65 E11.9", "x" * 300, "E" * 8, "9" * 9, "0SRB02AX"),
]
DAYS = [
    *(date(1900, 1, 1), date(1969, 12, 31), date(1990, 6, 1), date(2015, 9, 30), date(2015, 10, 1)),
    *(date(2020, 3, 31), date(2020, 4, 1), date(2021, 9, 30), date(2021, 10, 1), date(2026, 6, 1)),
]


@cache
def mixed(count: int) -> list[str | None]:
    """Codes of all systems in several spellings, what is none, and nulls."""
    chance = random.Random(7)
    listed = []
    for system in LISTED:
        codes = [*medcodes.code_system(system).codes(on="2012-06-01" if "9" in system else DAY)]
        for code in chance.sample(codes, 250):
            listed += [code, code.replace(".", ""), code.lower(), f" {code}"]
    expired = medcodes.ICD10CM.changes("2020-06-01", DAY).deleted[:50]
    texts: list[str | None] = [None, None, *_ODD, *expired]
    drawn = [chance.choice(listed if chance.random() < 0.7 else texts) for _ in range(count)]
    return [*texts, *drawn][:count]


@cache
def mixed_days(count: int) -> list[date | None]:
    """A day for every row, and a few nulls."""
    chance = random.Random(11)
    return [chance.choice([*DAYS, *DAYS, None]) for _ in range(count)]


@cache
def _row(text: str | None, day: date | str | None, options: tuple[tuple[str, Any], ...]) -> Row:
    if text is None or day is None:
        return (None,) * len(FIELDS)
    answer = medcodes.identify(text, on=day, **dict(options))
    return (
        answer.system.id if answer.system else None,
        answer.code,
        answer.status.value,
        answer.category.label if answer.category else None,
        answer.range,
        answer.ambiguous,
        answer.can_be_principal,
        answer.valid_from,
        answer.valid_to,
    )


def expected(
    texts: Sequence[str | None],
    on: str | Sequence[date | None] = DAY,
    fields: Sequence[str] = FIELDS,
    **options: Any,
) -> list[Row]:
    """What `medcodes.identify` says of a column, row by row."""
    days = [on] * len(texts) if isinstance(on, str) else on
    places = [FIELDS.index(field) for field in fields]
    rows = (_row(*pair, tuple(options.items())) for pair in zip(texts, days, strict=True))
    return [tuple(row[place] for place in places) for row in rows]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    columns = []
    for name in frame:
        values = [None if pd.isna(value) else value for value in frame[name].tolist()]
        columns.append(
            [value.date() if isinstance(value, pd.Timestamp) else value for value in values]
        )
    return [*zip(*columns, strict=True)]


KINDS = {
    "str": lambda texts: pd.Series(texts, dtype="str"),
    "object": lambda texts: pd.Series(texts, dtype=object),
    "python": lambda texts: pd.Series(texts, dtype=pd.StringDtype("python")),
    "pyarrow": lambda texts: pd.Series(texts, dtype=pd.StringDtype("pyarrow")),
    "arrow": lambda texts: pd.Series(texts, dtype=pd.ArrowDtype(pa.string())),
    "category": lambda texts: pd.Series(texts, dtype="category"),
}


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_identify_row_by_row(kind: str, count: int) -> None:
    frame = KINDS[kind](mixed(count)).medcodes.identify(on=DAY)
    assert list(frame.columns) == list(FIELDS)
    assert rows_of(frame) == expected(mixed(count))


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("dtype", ["datetime64[ns]", "datetime64[s]", object])
def test_a_day_for_every_row(dtype: Any, count: int) -> None:
    days = pd.Series(mixed_days(count), dtype=object).astype(dtype)
    frame = pd.Series(mixed(count)).medcodes.identify(on=days)
    assert rows_of(frame) == expected(mixed(count), mixed_days(count))


@pytest.mark.parametrize("count", [FEW, MANY])
def test_the_index_stays_and_is_not_looked_at(count: int) -> None:
    half = count // 2
    codes = pd.Series(mixed(count), index=["same"] * count, name="dx")[half:]
    days = pd.Series(mixed_days(count)[half:], index=range(half, 0, -1))
    frame = codes.medcodes.identify(on=days, fields=["status", "code"])
    assert frame.index.equals(codes.index)
    wanted = expected(mixed(count)[half:], mixed_days(count)[half:], ["status", "code"])
    assert rows_of(frame) == wanted


def test_steps_and_chunks() -> None:
    every_other = pd.Series(mixed(MANY))[::-2]
    assert rows_of(every_other.medcodes.identify(on=DAY)) == expected(mixed(MANY)[::-2])
    chunks = pa.chunked_array([mixed(FEW), [], mixed(MANY), mixed(FEW)], pa.string())
    series = pd.Series(chunks, dtype=pd.ArrowDtype(pa.string()))
    wanted = expected([*mixed(FEW), *mixed(MANY), *mixed(FEW)])
    assert rows_of(series.medcodes.identify(on=DAY)) == wanted


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("options", [{"kind": "diagnosis"}, {"systems": ["HC", "icd9cm"]}])
def test_restricted(options: dict[str, Any], count: int) -> None:
    frame = pd.Series(mixed(count)).medcodes.identify(on=DAY, **options)
    options = {name: tuple(one) if name == "systems" else one for name, one in options.items()}
    assert rows_of(frame) == expected(mixed(count), **options)


@pytest.mark.parametrize("dtype", ["str", object, "category"])
def test_empty(dtype: Any) -> None:
    frame = pd.Series([], dtype=dtype).medcodes.identify(on=DAY)
    assert list(frame.columns) == list(FIELDS)
    assert len(frame) == 0


@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
def test_without_a_day_it_is_today() -> None:
    frame = pd.Series(mixed(FEW)).medcodes.identify()
    assert rows_of(frame) == expected(mixed(FEW), date.today().isoformat())


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_what_is_missing_is_null(missing: Any) -> None:
    codes = pd.Series(["E1165", missing], dtype=object)
    assert rows_of(codes.medcodes.identify(on=DAY)) == expected(["E1165", None])
    days = pd.Series([date(2026, 6, 1), missing], dtype=object)
    frame = pd.Series(["E1165", "E1165"]).medcodes.identify(on=days)
    assert rows_of(frame) == expected(["E1165", None])


@pytest.mark.parametrize("values", [[100, 200], [100.0, None], pd.array([100, None], "Int64")])
def test_numbers_are_refused(values: Any) -> None:
    with pytest.raises(TypeError, match="lost their leading zeros"):
        pd.Series(values).medcodes.identify(on=DAY)


def test_what_makes_no_sense_is_refused() -> None:
    codes = pd.Series(["E1165", "E1165"])
    with pytest.raises(ValueError, match="1 days for 2 values"):
        codes.medcodes.identify(on=pd.Series([date(2026, 6, 1)]))
    with pytest.raises(TypeError, match="numbers, not of days"):
        codes.medcodes.identify(on=pd.Series([20260601, 20260601]))
    with pytest.raises(ValueError, match="is not a date"):
        codes.medcodes.identify(on="yesterday")
    with pytest.raises(ValueError, match="must be different ones of"):
        codes.medcodes.identify(fields=["colour"])


@pytest.mark.parametrize("missing", ["pandas", "pyarrow"])
def test_a_missing_library_is_named(missing: str) -> None:
    printed = run_python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try: import medcodes.pandas\n"
        "except ImportError as error: print(error)"
    )
    assert printed.strip() == "medcodes.pandas needs pandas: pip install 'medcodes[pandas]'"
