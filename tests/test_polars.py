"""The Polars namespaces: eager, lazy and streaming."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import medcodes
import medcodes.polars
from medcodes.columns import FIELDS
from tests.conftest import DAY, run_python
from tests.test_pandas import FEW, MANY, expected, mixed, mixed_days

DATED = pl.col("code").medcodes.identify(on=pl.col("day")).alias("answer")  # type: ignore[attr-defined]
FIXED = pl.col("code").medcodes.identify(on=DAY).alias("answer")  # type: ignore[attr-defined]


def claims(count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"row": range(count), "code": mixed(count), "day": mixed_days(count)},
        schema={"row": pl.Int64, "code": pl.String, "day": pl.Date},
    )


def identify(expr: pl.Expr, **options: Any) -> pl.Expr:
    namespace: Any = expr
    answer: pl.Expr = namespace.medcodes.identify(**options)
    return answer


def rows_of(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select("answer").unnest("answer").rows()


@pytest.mark.parametrize("count", [0, 1, FEW, MANY])
def test_it_is_identify_row_by_row(count: int) -> None:
    assert rows_of(claims(count).select(FIXED)) == expected(mixed(count))
    assert rows_of(claims(count).select(DATED)) == expected(mixed(count), mixed_days(count))


@pytest.mark.parametrize("count", [0, 1, FEW, MANY])
def test_a_series(count: int) -> None:
    frame = claims(count)
    codes: Any = frame["code"]
    answer = codes.medcodes.identify(on=DAY)
    assert answer.name == "code"
    assert answer.struct.unnest().rows() == expected(mixed(count))
    answer = codes.medcodes.identify(on=frame["day"])
    assert answer.struct.unnest().rows() == expected(mixed(count), mixed_days(count))
    assert answer.dtype == frame.lazy().select(DATED).collect_schema()["answer"]


@pytest.mark.parametrize("fields", [["status"], ["range", "code"], FIELDS[::-1]])
def test_fields(fields: list[str]) -> None:
    answer = claims(MANY).select(identify(pl.col("code"), on=DAY, fields=fields).alias("answer"))
    assert rows_of(answer) == expected(mixed(MANY), fields=fields)


@pytest.mark.parametrize("systems", [["HC", medcodes.ICD9CM], (one for one in ["hcpcs"]), "ABK"])
def test_systems_are_read_once_for_all_batches(systems: Any) -> None:
    fixed = {"systems": systems} if isinstance(systems, str) else {"systems": tuple(systems)}
    systems = systems if isinstance(systems, (str, list)) else iter(fixed["systems"])
    expr = identify(pl.col("code"), on=DAY, systems=systems, kind=None).alias("answer")
    frame = pl.concat([claims(FEW), claims(MANY)], rechunk=False)
    wanted = [*expected(mixed(FEW), **fixed), *expected(mixed(MANY), **fixed)]
    assert rows_of(frame.select(expr)) == wanted
    assert rows_of(frame.lazy().select(expr).collect(engine="streaming")) == wanted


def test_slices_and_chunks() -> None:
    frame = pl.concat([claims(FEW), claims(0), claims(MANY)], rechunk=False)[17:-17]
    codes = [*mixed(FEW), *mixed(MANY)][17:-17]
    days = [*mixed_days(FEW), *mixed_days(MANY)][17:-17]
    assert frame["code"].n_chunks() > 1
    assert rows_of(frame.select(DATED)) == expected(codes, days)
    assert rows_of(frame.select(FIXED)) == expected(codes)
    uneven = frame.with_columns(day=frame["day"].rechunk())
    assert rows_of(uneven.select(DATED)) == expected(codes, days)


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["90837", "E1165"])])
@pytest.mark.parametrize("count", [2, MANY])
def test_categories(dtype: Any, count: int) -> None:
    texts = ["E1165", None, "90837"] * count
    frame = pl.DataFrame(
        {"code": pl.Series(texts, dtype=dtype), "day": [date(2026, 6, 1)] * len(texts)}
    )
    assert rows_of(frame.select(FIXED)) == expected(texts)
    assert rows_of(frame.select(DATED)) == expected(texts)


@pytest.mark.parametrize("dtype", [pl.Datetime("us"), pl.Datetime("ms", "America/New_York")])
def test_the_day_of_a_timestamp_is_the_local_one(dtype: Any) -> None:
    late = pl.Series([datetime(2020, 3, 31, 23), datetime(2020, 4, 1)]).dt.replace_time_zone(
        dtype.time_zone
    )
    frame = pl.DataFrame({"code": ["U07.1", "U07.1"], "day": late.cast(dtype)})
    assert [row[2] for row in rows_of(frame.select(DATED))] == ["future", "valid"]


def test_one_value_for_all_rows() -> None:
    frame = claims(FEW)
    fixed = identify(pl.col("code"), on=pl.lit(date(2026, 6, 1))).alias("answer")
    assert rows_of(frame.select(fixed)) == expected(mixed(FEW))
    assert rows_of(frame.head(0).select(fixed)) == []
    nothing = identify(pl.col("code"), on=pl.lit(None, pl.Date)).alias("answer")
    assert rows_of(frame.select(nothing)) == [(None,) * len(FIELDS)] * FEW
    code = identify(pl.lit("U07.1"), on=pl.col("day")).alias("answer")
    assert rows_of(frame.select(code)) == expected(["U07.1"] * FEW, mixed_days(FEW))
    latest = identify(pl.col("code"), on=pl.col("day").max()).alias("answer")
    assert rows_of(frame.select(latest)) == expected(mixed(FEW))


@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
def test_without_a_day_it_is_today() -> None:
    answer = claims(FEW).select(identify(pl.col("code")).alias("answer"))
    assert rows_of(answer) == expected(mixed(FEW), date.today().isoformat())


def test_inside_other_expressions() -> None:
    frame = pl.DataFrame({"id": [1, 1, 2], "dx": [["E1165", None], ["90837"], []]})
    each = pl.col("dx").list.eval(identify(pl.element(), on=DAY).struct.field("code"))
    assert frame.select(each).to_series().to_list() == [["E11.65", None], ["90837"], []]
    grouped = claims(FEW).group_by("day", maintain_order=True).agg("row", DATED)
    flat = grouped.explode("row", "answer").sort("row")
    assert rows_of(flat) == expected(mixed(FEW), mixed_days(FEW))


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("claims") / "claims.parquet"
    claims(MANY).write_parquet(path, row_group_size=1_000)
    return path


@pytest.mark.parametrize("expr", [FIXED, DATED], ids=["fixed", "dated"])
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_lazily_from_parquet(parquet: Path, engine: Any, expr: pl.Expr) -> None:
    eager = claims(MANY).with_columns(expr)
    query = pl.scan_parquet(parquet).with_columns(expr)
    assert query.collect_schema() == eager.schema
    assert_frame_equal(query.collect(engine=engine), eager)


def test_streaming_counts(parquet: Path) -> None:
    query = pl.scan_parquet(parquet).select(DATED).unnest("answer").group_by("system", "status")
    counted = query.len().collect(engine="streaming")
    wanted: dict[tuple[Any, Any], int] = {}
    for system, status in expected(mixed(MANY), mixed_days(MANY), ["system", "status"]):
        wanted[system, status] = wanted.get((system, status), 0) + 1
    assert {(system, status): count for system, status, count in counted.rows()} == wanted


def test_from_parquet_to_parquet(parquet: Path, tmp_path: Path) -> None:
    target = tmp_path / "answers.parquet"
    query = pl.scan_parquet(parquet).with_columns(DATED).rename({"code": "dx"}).unnest("answer")
    query.sink_parquet(target)
    written = pl.read_parquet(target)
    assert written.schema == query.collect_schema()
    assert written["row"].to_list() == [*range(MANY)]
    answers = written.select(FIELDS).rows()
    assert answers == expected(mixed(MANY), mixed_days(MANY))
    assert_frame_equal(pl.concat([written, written]).head(MANY), written)


def test_statuses_sort_by_strength() -> None:
    answer = claims(MANY).select(FIXED).unnest("answer")
    ranked = answer["status"].drop_nulls().unique().sort().to_list()
    assert ranked == [one.value for one in medcodes.Status if one.value in ranked]


@pytest.mark.parametrize("values", [[100, 200], [100.0, None]])
def test_numbers_are_refused(values: list[Any]) -> None:
    frame = pl.DataFrame({"code": values})
    with pytest.raises((TypeError, pl.exceptions.ComputeError), match="lost their leading zeros"):
        frame.select(FIXED)
    with pytest.raises((TypeError, pl.exceptions.ComputeError), match="lost their leading zeros"):
        frame.lazy().select(FIXED).collect(engine="streaming")


def test_what_makes_no_sense_is_refused_before_any_row_is_read() -> None:
    with pytest.raises(ValueError, match="is not a date"):
        identify(pl.col("code"), on="service_date")
    with pytest.raises(TypeError, match="is not a date"):
        identify(pl.col("code"), on=[date(2026, 6, 1)])
    with pytest.raises(ValueError, match="must be different ones of"):
        identify(pl.col("code"), fields=["colour"])
    with pytest.raises(TypeError, match="is a text; pass a list"):
        identify(pl.col("code"), fields="code")
    with pytest.raises(ValueError, match="kind"):
        identify(pl.col("code"), kind="drug")
    with pytest.raises(medcodes.UnknownCodeSystem):
        identify(pl.col("code"), systems="loinc")
    series: Any = pl.Series(["E1165"])
    with pytest.raises(ValueError, match="2 days for 1 values"):
        series.medcodes.identify(on=pl.Series([date(2026, 6, 1)] * 2))


@pytest.mark.parametrize("missing", ["polars", "pyarrow"])
def test_a_missing_library_is_named(missing: str) -> None:
    printed = run_python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try: import medcodes.polars\n"
        "except ImportError as error: print(error)"
    )
    assert printed.strip() == "medcodes.polars needs Polars: pip install 'medcodes[polars]'"
