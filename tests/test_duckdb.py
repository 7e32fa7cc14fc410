"""The SQL functions of DuckDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medcodes.duckdb
from medcodes.columns import FIELDS
from tests.conftest import DAY, run_python
from tests.test_pandas import FEW, MANY, expected, mixed, mixed_days

NOTHING = (None,) * len(FIELDS)


@pytest.fixture
def con() -> Iterator[Any]:
    with duckdb.connect() as connection:
        medcodes.duckdb.register(connection)
        yield connection


def claims(count: int) -> pa.Table:
    return pa.table(
        {
            "row": pa.array(range(count)),
            "code": pa.array(mixed(count), pa.string()),
            "day": pa.array(mixed_days(count), pa.date32()),
        }
    )


def ask(con: Any, sql: str, **tables: pa.Table) -> list[Any]:
    for name, table in tables.items():
        con.register(name, table)
    rows: list[Any] = con.execute(sql).fetchall()
    return rows


def structs(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [NOTHING if answer is None else tuple(answer.values()) for (answer,) in rows]


@pytest.mark.parametrize("count", [0, 1, FEW, MANY])
def test_it_is_identify_row_by_row(con: Any, count: int) -> None:
    sql = f"SELECT medcodes_identify(code, DATE '{DAY}') FROM t ORDER BY row"
    assert structs(ask(con, sql, t=claims(count))) == expected(mixed(count))
    sql = "SELECT medcodes_identify(code, day) FROM t ORDER BY row"
    wanted = expected(mixed(count), mixed_days(count))
    assert structs(ask(con, sql, t=claims(count))) == wanted


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("field", ["system", "code", "status", "category"])
def test_one_field(con: Any, field: str, count: int) -> None:
    found = ask(con, f"SELECT medcodes_{field}(code, day) FROM t ORDER BY row", t=claims(count))
    assert found == expected(mixed(count), mixed_days(count), [field])


def test_the_struct(con: Any) -> None:
    con.execute("CREATE TABLE answers AS SELECT medcodes_identify('E1165', DATE '2026-06-01') AS a")
    described = ask(con, "DESCRIBE (SELECT unnest(a) FROM answers)")
    assert [(name, type_) for name, type_, *_ in described] == [
        ("system", "VARCHAR"),
        ("code", "VARCHAR"),
        ("status", "VARCHAR"),
        ("category", "VARCHAR"),
        ("range", "VARCHAR"),
        ("ambiguous", "BOOLEAN"),
        ("can_be_principal", "BOOLEAN"),
        ("valid_from", "DATE"),
        ("valid_to", "DATE"),
    ]
    assert ask(con, "SELECT a.* FROM answers") == expected(["E1165"])


def test_null_gives_null(con: Any) -> None:
    for arguments in ("NULL", "NULL, NULL", f"NULL, DATE '{DAY}'", "'E1165', NULL::DATE"):
        sql = f"SELECT medcodes_system({arguments}), medcodes_identify({arguments}) IS NULL"
        assert ask(con, sql) == [(None, True)]
    assert ask(con, f"SELECT medcodes_status('', DATE '{DAY}')") == [("malformed",)]


@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
def test_without_a_day_it_is_today(con: Any) -> None:
    sql = "SELECT medcodes_identify(code) FROM t ORDER BY row"
    today = date.today().isoformat()
    assert structs(ask(con, sql, t=claims(FEW))) == expected(mixed(FEW), today)
    assert ask(con, "SELECT medcodes_system('90837')") == [("cpt",)]


@pytest.mark.parametrize(
    "day", ["DATE '2020-03-31'", "TIMESTAMP '2020-03-31 23:59:59'", "'2020-03-31'"]
)
def test_kinds_of_days(con: Any, day: str) -> None:
    assert ask(con, f"SELECT medcodes_status('U07.1', {day})") == [("future",)]


@pytest.mark.parametrize("count", [1, MANY])
def test_days_beyond_the_calendar_are_its_ends(con: Any, count: int) -> None:
    codes = pa.table({"code": ["250.00"] * count})
    for day, status in {"infinity": "expired", "-infinity": "future"}.items():
        con.register("t", codes)
        sql = f"SELECT DISTINCT medcodes_status(code, '{day}'::DATE) FROM t"
        if status == "expired":
            assert ask(con, sql) == [(status,)]
        else:
            assert ask(con, sql) == expected(["250.00"], [date.min], ["status"])


def test_the_day_of_an_instant_is_the_local_one(con: Any) -> None:
    sql = "SELECT medcodes_status('U07.1', TIMESTAMPTZ '2020-04-01 02:00:00+00')"
    con.execute("SET TimeZone = 'America/New_York'")
    assert ask(con, sql) == [("future",)]
    con.execute("SET TimeZone = 'Asia/Tokyo'")
    assert ask(con, sql) == [("valid",)]


def test_an_enum(con: Any) -> None:
    con.execute("CREATE TYPE dx AS ENUM ('E1165', '90837')")
    sql = f"SELECT medcodes_code(code::dx, DATE '{DAY}') FROM t"
    assert ask(con, sql, t=pa.table({"code": ["E1165", None]})) == [("E11.65",), (None,)]


def test_filters_groups_and_joins(con: Any) -> None:
    found = ask(
        con,
        """
        SELECT a.system, a.status, count(*) FROM
            (SELECT medcodes_identify(l.code, r.day) AS a
             FROM t AS l JOIN t AS r USING (row) WHERE medcodes_status(l.code, r.day) <> 'unknown')
        GROUP BY ALL
        """,
        t=claims(MANY),
    )
    pairs = expected(mixed(MANY), mixed_days(MANY), ["system", "status"])
    wanted = Counter(pair for pair in pairs if pair[1] not in (None, "unknown"))
    assert {(system, status): count for system, status, count in found} == wanted


def test_over_parquet_it_counts_as_polars_does(con: Any, tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    pq.write_table(claims(MANY), path, row_group_size=1_000)
    sql = f"""
        SELECT a.system, a.status, count(*)
        FROM (SELECT medcodes_identify(code, day) AS a FROM '{path}') GROUP BY ALL
    """
    pl = pytest.importorskip("polars")
    pytest.importorskip("medcodes.polars")
    answer = pl.col("code").medcodes.identify(on=pl.col("day"))
    query = pl.scan_parquet(path).select(answer).unnest("code").group_by("system", "status").len()
    assert sorted(map(str, ask(con, sql))) == sorted(
        map(str, query.collect(engine="streaming").rows())
    )


@pytest.mark.parametrize("number", ["90837", "100.0", "1e5", "NULL::INTEGER"])
def test_numbers_are_refused(con: Any, number: str) -> None:
    with pytest.raises(duckdb.Error, match="lost their leading zeros"):
        ask(con, f"SELECT medcodes_system({number}, DATE '{DAY}')")


def test_what_makes_no_sense_is_refused(con: Any) -> None:
    for arguments, message in {
        "'E1165'::BLOB": "decode it to text first",
        "['E1165']": "codes are text",
        "'E1165', 20260601": "numbers, not of days",
        "'E1165', 'yesterday'": "no column of days",
        "'E1165', DATE '2026-06-01', 'cpt'": "at most a day",
        "": "medcodes_system",
    }.items():
        with pytest.raises(duckdb.Error, match=message):
            ask(con, f"SELECT medcodes_system({arguments})")


def test_registering_again_changes_nothing(con: Any, tmp_path: Path) -> None:
    medcodes.duckdb.register(con)
    cursor = con.cursor()
    medcodes.duckdb.register(cursor)
    assert ask(cursor, "SELECT medcodes_system('90837', '2026-06-01')") == [("cpt",)]
    cursor.close()
    assert ask(con, "SELECT medcodes_system('90837', '2026-06-01')") == [("cpt",)]
    with duckdb.connect(tmp_path / "claims.db") as other:
        medcodes.duckdb.register(other)
        assert ask(other, "SELECT medcodes_system('90837', '2026-06-01')") == [("cpt",)]
    with duckdb.connect(tmp_path / "claims.db", read_only=True) as other:
        medcodes.duckdb.register(other)
        assert ask(other, "SELECT medcodes_system('90837', '2026-06-01')") == [("cpt",)]


@pytest.mark.parametrize("missing", ["duckdb", "pyarrow"])
def test_a_missing_library_is_named(missing: str) -> None:
    printed = run_python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try: import medcodes.duckdb\n"
        "except ImportError as error: print(error)"
    )
    assert printed.strip() == "medcodes.duckdb needs DuckDB: pip install 'medcodes[duckdb]'"


# -- many rows at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, FEW, MANY])
def test_many_rows_at_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medcodes.duckdb, "_ROWS", 5_000)
    with duckdb.connect() as con:
        con.register("registered", claims(count))
        con.execute("CREATE TABLE t AS FROM registered")
        answers = medcodes.duckdb.identify(con, "SELECT row, code AS c FROM t", "c", DAY)
        sql = f"SELECT {', '.join(FIELDS)} FROM answers ORDER BY row"
        assert con.sql(sql).fetchall() == expected(mixed(count))
        answers = medcodes.duckdb.identify(con, "FROM t", "code", on="day", prefix="c_")
        assert answers.schema.names == ["row", "code", "day", *(f"c_{one}" for one in FIELDS)]
        sql = f"SELECT code, {', '.join(f'c_{one}' for one in FIELDS)} FROM answers ORDER BY row"
        wanted = expected(mixed(count), mixed_days(count))
        rows = [*zip(mixed(count), wanted, strict=True)]
        assert con.sql(sql).fetchall() == [(code, *row) for code, row in rows]


def test_many_rows_into_a_table() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t AS SELECT 'I10' AS dx, i FROM range(300000) r(i)")
        answers = medcodes.duckdb.identify(
            con, "FROM t", "dx", DAY, fields=["status"], kind="diagnosis"
        )
        con.execute("CREATE TABLE told AS FROM answers")
        counted = con.sql("SELECT status, count(*), sum(i) FROM told GROUP BY 1").fetchall()
        assert counted == [("valid", 300_000, sum(range(300_000)))]
        assert answers.read_all().num_rows == 0


@pytest.mark.parametrize(
    ("query", "column", "options", "error", "words"),
    [
        ("", "a", {}, ValueError, "a SELECT is expected"),
        ("SELECT 'I10' AS a", "dx", {}, ValueError, "one column 'dx'; it has a"),
        ("SELECT 'I10' AS a, 1 AS status", "a", {}, ValueError, "already has one of .* prefix="),
        ("SELECT 'I10' AS a, 1 AS CODE", "a", {}, ValueError, "already has one of"),
        ("SELECT 10 AS a", "a", {}, TypeError, "lost their leading zeros"),
        ("SELECT 'I10' AS a, 5 AS b", "a", {"on": "b"}, TypeError, "numbers, not of days"),
        ("SELECT 'I10' AS a", "a", {"on": "b"}, ValueError, "is not a date"),
        ("SELECT 'I10' AS a", "a", {"fields": ["colour"]}, ValueError, "different ones of"),
        ("SELECT 'I10' AS a", "a", {"kind": "drug"}, ValueError, "kind"),
    ],
)
def test_what_makes_no_sense_of_many_rows(
    con: Any, query: str, column: str, options: dict[str, Any], error: Any, words: str
) -> None:
    with pytest.raises(error, match=words):
        medcodes.duckdb.identify(con, query, column, **options)
