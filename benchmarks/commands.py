"""Files: the commands on ten million rows, and a file larger than the memory that is allowed."""

import shutil
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import samples
from benchmarks.measure import TIMES, Fresh, Table, fresh, seconds
from benchmarks.samples import DAY, SEED
from medcodes.columns import identify

TOPIC = "Files"
_GROUP = 1_000_000


def claims(path: Path, rows: int, **options: Any) -> None:
    """Write claims to Parquet: a number, a code (a tenth with dirt), a day, an amount."""
    codes = samples.dirty(min(rows, _GROUP))
    chance = np.random.default_rng(SEED)
    types = {"claim": pa.int64(), "dx": pa.string(), "day": pa.date32(), "amount": pa.float64()}
    with pq.ParquetWriter(path, pa.schema(types), **options) as writer:
        for start in range(0, rows, _GROUP):
            count = min(_GROUP, rows - start)
            days = pa.array(chance.integers(16_436, 20_600, count).astype(np.int32))
            some = codes.take(chance.permutation(len(codes))[:count])
            amounts = chance.random(count).round(2)
            columns = [np.arange(start, start + count), some, days.view(pa.date32()), amounts]
            table = pa.table(columns, schema=pa.schema(types))
            writer.write_table(table, row_group_size=_GROUP // 4)


_COMMAND = """
import runpy
sys.argv = ["medcodes", *{arguments!r}, "--on", {day!r}]
start = perf_counter()
try:
    runpy.run_module("medcodes", run_name="__main__")
except SystemExit as end:
    assert end.code in (0, 1, None), end.code
figures["seconds"], figures["peak"] = perf_counter() - start, memory("VmHWM")
"""


def measured(*arguments: object) -> Fresh:
    """Run a command of medcodes: `seconds` and `peak`, in MB."""
    program = _COMMAND.format(arguments=[*map(str, arguments)], day=str(DAY))
    return fresh(program, warm=False)[0]


def files(table: Table) -> None:
    rows, rounds = (50_000, 1) if table.smoke else (10_000_000, 2)
    with tempfile.TemporaryDirectory() as folder:
        parquet, text = Path(folder, "claims.parquet"), Path(folder, "claims.csv")
        claims(parquet, rows)
        pyarrow.csv.write_csv(pq.read_table(parquet), text)
        column = pq.read_table(parquet, columns=["dx"])["dx"]
        outputs, dx = [Path(folder, f"out.{name}") for name in ("parquet", "csv")], "dx=icd10cm"
        runs: dict[str, tuple[object, ...]] = {
            "annotate Parquet": ("annotate", parquet, outputs[0], "--column", "dx"),
            "annotate CSV": ("annotate", text, outputs[1], "--column", "dx"),
            "check Parquet": ("check", parquet, "--column", dx, "--limit", 0),
            "check CSV": ("check", text, "--column", dx, "--limit", 0),
        }
        laps = [{name: measured(*run) for name, run in runs.items()} for _ in range(rounds)]
        ask = partial(identify, on=DAY, fields=["system", "code", "status", "category"])
        kernel = Fresh([{"seconds": seconds(ask, column, perf_counter)} for _ in range(rounds)])
        for name in runs:
            found = Fresh([run for lap in laps for run in lap[name].runs])
            speed, peak = rows / found("seconds") / 1e6, found("peak")
            beside = f"{speed:.2f} M rows/s, {peak:.0f} MB; the kernel {kernel('seconds'):.2f} s"
            table.add(f"{name}, {rows:,} rows", found.ratio(kernel, "seconds"), TIMES, beside)


# The limit is the operating system's; for Spark it is the memory of its two executors.
_ENGINE = """
import resource
path, allowed, FIELDS = {path!r}, {limit} << 20, ["system", "status"]
if allowed:
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
start = perf_counter()
{query}
figures["seconds"], figures["peak"] = perf_counter() - start, memory("VmHWM")
figures["rows"] = sorted(map(str, rows))
"""
_CONNECT = """
import duckdb, medcodes.duckdb
con = duckdb.connect(config={"memory_limit": "400MB", "threads": 2})
"""
ENGINES = {
    "Polars, streaming": """
import os
os.environ["POLARS_MAX_THREADS"] = "2"  # each has memory of its own
import polars as pl, medcodes.polars
answer = pl.col("dx").medcodes.identify(on=pl.col("day"), fields=FIELDS)
query = pl.scan_parquet(path).select(answer).unnest("dx").group_by(FIELDS).len()
rows = query.collect(engine="streaming").rows()
""",
    "medcodes.duckdb.identify": _CONNECT
    + """
query = f"SELECT dx, day FROM '{path}'"
con.register("answers", medcodes.duckdb.identify(con, query, "dx", on="day", fields=FIELDS))
rows = con.sql("SELECT system, status, count(*) FROM answers GROUP BY ALL").fetchall()
""",
    "functions in DuckDB's SQL": _CONNECT
    + """
medcodes.duckdb.register(con)
query = f"SELECT medcodes_system(dx, day) AS a, medcodes_status(dx, day) AS b FROM '{path}'"
rows = con.sql(f"SELECT a, b, count(*) FROM ({query}) GROUP BY ALL").fetchall()
""",
    "Spark, local-cluster[2,1,1024]": """
from pyspark.sql import SparkSession
from medcodes.spark import identify
spark = SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.executor.memory", "1g")
spark = spark.config("spark.ui.enabled", "false").getOrCreate()
answers = identify(spark.read.parquet(path).select("dx", "day"), "dx", on="day", fields=FIELDS)
rows = [tuple(row) for row in answers.groupBy(*FIELDS).count().collect()]
spark.stop()
""",
}


def bigfile(table: Table) -> None:
    """Rows counted by system and status, each on its day: all come to the same counts."""
    rows, limit = (200_000, 4_096) if table.smoke else (45_000_000, 1_024)
    right: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claims.parquet")
        # As they are, so that the file is as large as what it holds.
        claims(path, rows, compression="none", use_dictionary=False)
        for name, query in ENGINES.items():
            spark = name.startswith("Spark")
            if spark and (table.smoke or not shutil.which("java") or not find_spec("pyspark")):
                print("Spark: no JDK, no pyspark, or a smoke run: skipped")
                continue
            program = _ENGINE.format(path=str(path), limit=0 if spark else limit, query=query)
            (found,) = fresh(program, warm=False)
            right = right or found.runs[0]["rows"]
            wrong = len(set(right) ^ set(found.runs[0]["rows"]))
            what = f"{path.stat().st_size >> 20:,} MB of Parquet in {limit:,} MB: {name}"
            memory = "" if spark else f", {found('peak'):.0f} MB"
            beside = f"{rows / found('seconds') / 1e6:.2f} M rows/s{memory}"
            table.add(what, wrong, "counts wrong", beside, most=0)


PARTS = (files, bigfile)
