"""Spark, for real: a driver and two executors, each a process of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medcodes
import medcodes.spark
from medcodes.columns import FIELDS
from tests.conftest import DAY, run_python
from tests.test_pandas import FEW, MANY, expected, mixed, mixed_days

PARTITIONS = 6
pytestmark = [
    pytest.mark.spark,
    # Spark says that it does not know the newest pandas, and leaves sockets to the collector.
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="pip install 'medcodes[spark]'")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Spark needs a JDK: install one and set JAVA_HOME, or put java on the PATH")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = (
            sql.SparkSession.builder.master(
                os.environ.get("MEDCODES_SPARK_MASTER", "local-cluster[2,1,1024]")
            )
            .config("spark.ui.enabled", "false")
            .config("spark.executor.memory", "1g")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "America/New_York")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        try:
            yield session
        finally:
            session.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Claims in as many Parquet files as there shall be partitions, one of them short."""
    folder = tmp_path_factory.mktemp("claims")
    table = pa.table(
        {
            "row": pa.array(range(MANY)),
            "dx": pa.array(mixed(MANY), pa.string()),
            "day": pa.array(mixed_days(MANY), pa.date32()),
            "tags": pa.array([[str(row), None] for row in range(MANY)]),
        }
    )
    step = (MANY - FEW) // (PARTITIONS - 1)
    cuts = [0, FEW, *range(FEW + step, MANY, step)][:PARTITIONS]
    for start, end in zip(cuts, [*cuts[1:], MANY], strict=True):
        pq.write_table(table.slice(start, end - start), folder / f"{start:06}.parquet")
    return folder


@pytest.fixture(scope="module")
def claims(spark: Any, folder: Path) -> Any:
    spark.conf.set("spark.sql.files.openCostInBytes", str(1 << 30))  # a partition for every file
    frame = spark.read.parquet(str(folder))
    assert frame.rdd.getNumPartitions() == PARTITIONS
    return frame


def in_order(frame: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame.orderBy("row").select(*names).collect()]


def test_it_is_identify_row_by_row(claims: Any) -> None:
    answers = medcodes.spark.identify(claims, "dx", on=DAY)
    assert answers.columns == ["row", "dx", "day", "tags", *FIELDS]
    rows = in_order(answers, *answers.columns)
    whole = [*zip(range(MANY), mixed(MANY), mixed_days(MANY), strict=True)]
    assert [row[:3] for row in rows] == whole
    assert [row[3] for row in rows] == [[str(row), None] for row in range(MANY)]
    assert [row[4:] for row in rows] == expected(mixed(MANY))


@pytest.mark.parametrize("batch", ["10000", "701"])
def test_a_day_for_every_row(spark: Any, claims: Any, batch: str) -> None:
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", batch)
    try:
        answers = medcodes.spark.identify(claims, "dx", on="day", prefix="dx_")
        rows = in_order(answers, "dx", "day", *(f"dx_{field}" for field in FIELDS))
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    assert [row[:2] for row in rows] == [*zip(mixed(MANY), mixed_days(MANY), strict=True)]
    assert [row[2:] for row in rows] == expected(mixed(MANY), mixed_days(MANY))


def test_two_executors_answer(spark: Any, claims: Any) -> None:
    def who(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        executor = os.getppid()
        for batch in batches:
            rows = sum(status.as_py() is not None for status in batch.column("status"))
            yield pa.RecordBatch.from_arrays(
                [pa.array([executor]), pa.array([rows])], ["executor", "rows"]
            )

    answers = medcodes.spark.identify(claims, "dx", on=DAY, fields=["status"])
    answered = answers.mapInArrow(who, "executor long, rows long").collect()
    assert sum(row.rows for row in answered) == MANY - mixed(MANY).count(None)
    if spark.sparkContext.master.startswith("local-cluster[2,"):
        assert len({row.executor for row in answered}) == 2


def test_three_engines_count_the_same(claims: Any, folder: Path) -> None:
    """Spark, Polars (lazy and streaming) and DuckDB (both ways) over the same files."""
    fields = ["system", "status"]
    answers = medcodes.spark.identify(claims, "dx", on="day", fields=fields)
    counted = {
        (row[0], row[1]): row[2] for row in answers.groupBy("system", "status").count().collect()
    }
    assert counted == Counter(expected(mixed(MANY), mixed_days(MANY), fields))
    files = folder / "*.parquet"
    pl: Any = pytest.importorskip("polars")
    pytest.importorskip("medcodes.polars")
    answer = pl.col("dx").medcodes.identify(on=pl.col("day"), fields=fields)
    query = pl.scan_parquet(files).select(answer).unnest("dx").group_by(fields).len()
    rows = query.collect(engine="streaming").rows()
    assert counted == {(system, status): count for system, status, count in rows}
    duckdb: Any = pytest.importorskip("duckdb")
    from_duckdb: Any = pytest.importorskip("medcodes.duckdb")
    with duckdb.connect() as con:
        from_duckdb.register(con)
        asked = "medcodes_system(dx, day) AS system, medcodes_status(dx, day) AS status"
        by_functions = f"(SELECT {asked} FROM '{files}')"
        con.register(
            "answers",
            from_duckdb.identify(con, f"SELECT dx, day FROM '{files}'", "dx", "day", fields=fields),
        )
        for source in (by_functions, "answers"):
            sql = f"SELECT system, status, count(*) FROM {source} GROUP BY ALL"
            rows = con.execute(sql).fetchall()
            assert counted == {(system, status): count for system, status, count in rows}


def test_options(claims: Any) -> None:
    fields = ["range", "code"]
    systems: Any = iter([medcodes.HCPCS, "ABK"])
    answers = medcodes.spark.identify(
        claims, "dx", date(2026, 6, 1), systems=systems, fields=iter(fields)
    )
    wanted = expected(mixed(MANY), fields=fields, systems=("hcpcs", "icd10cm"))
    assert in_order(answers, *fields) == wanted
    answers = medcodes.spark.identify(claims, "dx", DAY, kind="diagnosis", fields=fields)
    assert in_order(answers, *fields) == expected(mixed(MANY), fields=fields, kind="diagnosis")


def test_a_licensed_list_goes_to_the_executors_once(
    claims: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = medcodes.Classifier(on=DAY).with_release(
        b"code,title\n90837,Made-up words\n", "cpt", valid_from="2026-01-01"
    )
    texts = ["90837", "90834", "E1165"]
    context = claims.sparkSession.sparkContext
    sent: list[object] = []
    broadcast = type(context).broadcast

    def counted(self: Any, value: object) -> Any:
        sent.append(value)
        return broadcast(self, value)

    monkeypatch.setattr(type(context), "broadcast", counted)
    rows = [(row, text) for row, text in enumerate(texts * PARTITIONS)]
    frame = claims.sparkSession.createDataFrame(rows, "row int, dx string").repartition(PARTITIONS)
    answers = medcodes.spark.identify(frame, "dx", fields=["status"], classifier=mine)
    assert in_order(answers, "status") == [("valid",), ("unknown",), ("valid",)] * PARTITIONS
    assert sent == [mine]
    medcodes.spark.identify(frame, "dx", on=DAY)
    assert sent == [mine]  # the default one is there already


def test_a_classifier_without_a_broadcast(claims: Any) -> None:
    """As over Spark Connect, which has none."""

    class Connected:
        def __init__(self, frame: Any) -> None:
            self._frame = frame

        def __getattr__(self, name: str) -> Any:
            if name == "sparkSession":
                raise AttributeError(name)
            return getattr(self._frame, name)

    mine = medcodes.Classifier(systems="icd10cm", on=DAY)
    answers = medcodes.spark.identify(Connected(claims), "dx", fields=["code"], classifier=mine)
    wanted = expected(mixed(MANY), fields=["code"], systems=("icd10cm",))
    assert in_order(answers, "code") == wanted


@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
def test_without_a_day_it_is_today(claims: Any) -> None:
    answers = medcodes.spark.identify(claims.limit(FEW).coalesce(1), "dx")
    found = {row[0]: row[1:] for row in in_order(answers, "dx", *FIELDS)}
    today = date.today().isoformat()
    assert [*found.values()] == expected([*found], today)


def test_the_day_of_an_instant_is_the_local_one(spark: Any) -> None:
    instants = [("U07.1", datetime(2020, 3, 31, 23)), ("U07.1", None), (None, datetime(2020, 4, 1))]
    frame = spark.createDataFrame(instants, "dx string, at timestamp")
    answers = medcodes.spark.identify(frame, "dx", on="at", fields=["status"])
    assert sorted(map(str, (row.status for row in answers.collect()))) == ["None", "None", "future"]


def test_nothing_in_nothing_out(spark: Any, claims: Any) -> None:
    assert medcodes.spark.identify(claims.where("row < 0"), "dx", on="day").collect() == []
    empty = spark.createDataFrame([], "dx string")
    assert medcodes.spark.identify(empty, "dx", on=DAY).columns == ["dx", *FIELDS]
    assert medcodes.spark.identify(empty, "dx", on=DAY).count() == 0


def test_what_makes_no_sense_is_refused_by_the_driver(spark: Any, claims: Any) -> None:
    numbers = spark.createDataFrame([(100, "E1165")], "dx int, code string")
    with pytest.raises(TypeError, match="'dx' is int: .* lost their leading zeros"):
        medcodes.spark.identify(numbers, "dx", on=DAY)
    with pytest.raises(TypeError, match="'dx' is int: days are"):
        medcodes.spark.identify(numbers, "code", on="dx")
    with pytest.raises(ValueError, match=r"already has code; .* prefix="):
        medcodes.spark.identify(numbers, "code", on=DAY)
    with pytest.raises(ValueError, match="no column 'px'; it has row, dx, day, tags"):
        medcodes.spark.identify(claims, "px", on=DAY)
    with pytest.raises(ValueError, match="'service_date' is not a date.* nor is it a column"):
        medcodes.spark.identify(claims, "dx", on="service_date")
    with pytest.raises(TypeError, match="is not a date"):
        medcodes.spark.identify(claims, "dx", on=claims["day"])
    with pytest.raises(ValueError, match="several columns 'dx'"):
        medcodes.spark.identify(claims.select("dx", "dx"), "dx", on=DAY)
    with pytest.raises(ValueError, match="must be different ones of"):
        medcodes.spark.identify(claims, "dx", on=DAY, fields=["colour"])
    with pytest.raises(TypeError, match="is a text; pass a list"):
        medcodes.spark.identify(claims, "dx", on=DAY, fields="code")
    with pytest.raises(ValueError, match="kind"):
        medcodes.spark.identify(claims, "dx", on=DAY, kind="drug")
    with pytest.raises(medcodes.UnknownCodeSystem):
        medcodes.spark.identify(claims, "dx", on=DAY, systems="loinc")


@pytest.mark.parametrize("missing", ["pyspark", "pyarrow"])
def test_a_missing_library_is_named(missing: str) -> None:
    printed = run_python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import medcodes.spark\n"
        "try: medcodes.spark.identify(None, 'dx')\n"
        "except ImportError as error: print(error)"
    )
    assert printed.strip() == "medcodes.spark needs Spark: pip install 'medcodes[spark]'"
