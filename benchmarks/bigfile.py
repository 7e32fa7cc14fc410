"""A Parquet file larger than the memory that each engine is allowed: Polars, DuckDB, Spark.

Every engine runs in a process of its own, counts the rows by system and status, each on its day of
service, and must come to the counts of the kernel, which were taken while the file was written. The
limit is the operating system's (`RLIMIT_DATA`: what is beyond it cannot be allocated); for Spark it
is the memory of its two executors.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import columns
from benchmarks.codes import SEED
from benchmarks.measure import Report

FIELDS = ("system", "status")
MEGABYTE = 1 << 20
BATCH = 1_000_000

Counts = Counter[tuple[Any, ...]]


def run(report: Report, *, smoke: bool = False) -> None:
    missing = [name for name in ("numpy", "pyarrow") if find_spec(name) is None]
    if missing:
        report.note(f"{' and '.join(missing)} not installed: skipped")
        return
    rows, limit = (200_000, 4_096) if smoke else (54_000_000, 1_024)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.parquet"
        right = write(path, rows)
        size = path.stat().st_size / MEGABYTE
        report.part(f"A Parquet file of {rows:,} rows, {size:,.0f} MB; allowed are {limit:,} MB")
        report.figure("the file beside the memory", size / limit, "x", at_least=1.0)
        for engine, needs in ENGINES.items():
            if find_spec(needs) is None:
                report.note(f"{engine}: {needs} not installed: skipped")
            elif engine.startswith("Spark") and (smoke or not shutil.which("java")):
                report.note("Spark: not in a smoke run, nor without a JDK: skipped")
            else:
                _measure(report, engine, path, limit, right)


ENGINES = {
    "Polars, lazy and streaming": "polars",
    "DuckDB, medcodes.duckdb.identify": "duckdb",
    "DuckDB, SQL functions": "duckdb",
    "Spark, local-cluster[2,1,1024]": "pyspark",
}


def write(path: Path, rows: int) -> Counts:
    """Write claims, a tenth of them with dirt, on days of twelve years; and count them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("claim", pa.int64()), ("dx", pa.string()), ("day", pa.date32())])
    counts: Counts = Counter()
    # As they are, so that the file is as large as what it holds.
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for number, batch in enumerate(_batches(rows)):
            writer.write_batch(batch.cast(schema), row_group_size=BATCH // 4)
            counts += count(batch)
            assert number < rows
    return counts


def _batches(rows: int) -> Iterator[Any]:
    import numpy as np
    import pyarrow as pa

    texts = columns.dirty(min(rows, BATCH))
    chance = np.random.default_rng(SEED)
    for first in range(0, rows, BATCH):
        size = min(BATCH, rows - first)
        some = texts.take(chance.permutation(len(texts))[:size])
        days = pa.array(chance.integers(16_436, 20_600, size).astype(np.int32)).view(pa.date32())
        claims = pa.array(chance.integers(0, 1 << 62, size))
        yield pa.RecordBatch.from_arrays([claims, some, days], ["claim", "dx", "day"])


def count(batch: Any) -> Counts:
    """The kernel's own counts."""
    import pyarrow as pa

    from medcodes.columns import identify

    answer = identify(batch.column("dx"), on=batch.column("day"), fields=FIELDS)
    told = pa.table([one.cast(pa.string()) for one in answer.flatten()], list(FIELDS))
    grouped = told.group_by(list(FIELDS)).aggregate([([], "count_all")])
    rows = grouped.to_pylist()
    return Counter({(row["system"], row["status"]): row["count_all"] for row in rows})


def _measure(report: Report, engine: str, path: Path, limit: int, right: Counts) -> None:
    found = json.loads(_child(engine, path, limit))
    counts = Counter({(system, status): rows for system, status, rows in found["counts"]})
    wrong = sum(((counts - right) + (right - counts)).values())
    rows = sum(right.values())
    report.figure(f"{engine}: rows counted otherwise", wrong, "rows", at_most=0)
    report.figure("    speed", rows / found["seconds"] / 1e6, "M rows/s")
    if found["megabytes"] is not None:
        report.figure("    peak memory of the process", found["megabytes"], "MB", at_most=limit)


def _child(engine: str, path: Path, limit: int) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.bigfile"]
    done = subprocess.run(
        [*command, engine, str(path), str(limit)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "POLARS_MAX_THREADS": "2"},
    )
    if done.returncode:
        raise RuntimeError(f"{engine} failed:\n{done.stderr[-2_000:]}")
    return done.stdout.strip().split("\n")[-1]


# -- the engines, each in a process of its own ----------------------------------------------------


def _answer_parent(engine: str, path: str, limit: str) -> None:
    if not engine.startswith("Spark"):
        import resource

        bytes_ = int(limit) * MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_, bytes_))
    start = perf_counter()
    counts = {
        "Polars, lazy and streaming": by_polars,
        "DuckDB, medcodes.duckdb.identify": by_duckdb,
        "DuckDB, SQL functions": by_duckdb_functions,
        "Spark, local-cluster[2,1,1024]": by_spark,
    }[engine](path)
    seconds = perf_counter() - start
    print(json.dumps({"counts": counts, "seconds": seconds, "megabytes": _peak(engine)}))


def by_polars(path: str) -> list[tuple[Any, ...]]:
    import polars as pl

    import medcodes.polars  # noqa: F401

    dx: Any = pl.col("dx")
    answer = dx.medcodes.identify(on=pl.col("day"), fields=FIELDS)
    query = pl.scan_parquet(path).select(answer).unnest("dx").group_by(FIELDS).len()
    return query.collect(engine="streaming").rows()


def by_duckdb(path: str) -> list[tuple[Any, ...]]:
    import medcodes.duckdb

    con = _connection()
    query = f"SELECT dx, day FROM '{path}'"
    answers = medcodes.duckdb.identify(con, query, "dx", on="day", fields=FIELDS)
    con.register("answers", answers)
    return list(con.sql("SELECT system, status, count(*) FROM answers GROUP BY ALL").fetchall())


def by_duckdb_functions(path: str) -> list[tuple[Any, ...]]:
    import medcodes.duckdb

    con = _connection()
    medcodes.duckdb.register(con)
    asked = "medcodes_system(dx, day) AS system, medcodes_status(dx, day) AS status"
    query = f"SELECT system, status, count(*) FROM (SELECT {asked} FROM '{path}') GROUP BY ALL"
    return list(con.sql(query).fetchall())


def _connection() -> Any:
    import duckdb

    return duckdb.connect(config={"memory_limit": "400MB", "threads": 2})


def by_spark(path: str) -> list[tuple[Any, ...]]:
    from pyspark.sql import SparkSession

    from medcodes.spark import identify

    builder: Any = SparkSession.builder
    spark = (
        builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "1g")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    try:
        spark.sparkContext.setLogLevel("ERROR")
        rows = spark.read.parquet(path).select("dx", "day")
        answers = identify(rows, "dx", on="day", fields=FIELDS)
        return [tuple(row) for row in answers.groupBy(*FIELDS).count().collect()]
    finally:
        spark.stop()


def _peak(engine: str) -> float | None:
    """The most that the process had in memory, in megabytes; of Spark, that is not one process."""
    status = Path("/proc/self/status")
    if engine.startswith("Spark") or not status.exists():
        return None
    lines: Mapping[str, str] = dict(
        line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines()
    )
    return int(lines["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    _answer_parent(*sys.argv[1:])
