"""How fast and in how much memory ``medcodes annotate`` works, beside the kernel that it calls.

The kernel gets its column in memory and keeps its answers there. The command reads the column from
a Parquet file, and writes the whole file again with the answers; it runs in a process of its own,
whose start is counted.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.codes import DAY, SEED
from benchmarks.columns import uniform
from benchmarks.measure import Report

FIELDS = ("system", "code", "status", "category")
_GROUP = 1_000_000

_CHILD = """
import json, pathlib, resource, sys, time
begin = time.perf_counter()
from medcodes.cli.annotate import annotate
from medcodes.cli.options import columns_asked
rows = annotate(sys.argv[1], sys.argv[2], columns_asked(["dx"]), on=sys.argv[3])
seconds = time.perf_counter() - begin
status = pathlib.Path("/proc/self/status")
if status.exists():  # on Linux the other figure begins with the memory of whoever started this
    (peak,) = (int(one.split()[1]) for one in status.open() if one.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([rows, seconds, peak / 1024]))
"""


_KERNEL = """
import sys, time
begin = time.perf_counter()
import pyarrow.parquet as pq
from medcodes import columns
reading = time.perf_counter()
column = pq.read_table(sys.argv[1], columns=["dx"])["dx"]
begin += time.perf_counter() - reading
columns.identify(column, on=sys.argv[2], fields=sys.argv[3].split(","))
print(time.perf_counter() - begin)
"""


class Measured(NamedTuple):
    """A run of the command in a process of its own."""

    rows: int
    seconds: float
    megabytes: float


def run(report: Report, *, smoke: bool = False) -> None:
    missing = [name for name in ("numpy", "pyarrow", "typer") if find_spec(name) is None]
    if missing:
        report.note(f"{' and '.join(missing)} not installed: skipped")
        return
    rows, rounds = (50_000, 1) if smoke else (10_000_000, 5)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "claims.parquet"), Path(folder, "out.parquet")
        claims(source, rows)
        report.part(f"{rows:,} rows of Parquet, {source.stat().st_size >> 20} MB")
        throughput(report, source, target, rounds)
        killed(report, source, target)


def claims(path: Path, rows: int) -> None:
    """Write claims: a number, a code, a day, an amount."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    codes = uniform(min(rows, _GROUP))
    chance = np.random.default_rng(SEED)
    writer = None
    for start in range(0, rows, _GROUP):
        count = min(_GROUP, rows - start)
        days = pa.array(chance.integers(20_000, 20_500, count), pa.int64())
        table = pa.table(
            {
                "claim": np.arange(start, start + count),
                "dx": codes.slice(0, count),
                "day": days.cast(pa.int32()).cast(pa.date32()),
                "amount": chance.random(count).round(2),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def kernel(path: Path) -> float:
    """The seconds that the kernel takes for the column, after a first call."""
    import pyarrow.parquet as pq

    from medcodes import columns

    column = pq.read_table(path, columns=["dx"])["dx"]
    columns.identify(column.slice(0, 10_000), on=DAY, fields=FIELDS)
    begin = perf_counter()
    columns.identify(column, on=DAY, fields=FIELDS)
    return perf_counter() - begin


def kernel_from_start(path: Path) -> float:
    """The same in a process of its own, with what it prepares; reading the file is not counted."""
    command = [sys.executable, "-c", _KERNEL, str(path), str(DAY), ",".join(FIELDS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured(source: Path, target: Path) -> Measured:
    """Run the command."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(source), str(target), str(DAY)],
        check=True,
        capture_output=True,
        text=True,
    )
    return Measured(*json.loads(done.stdout))


def throughput(report: Report, source: Path, target: Path, rounds: int) -> None:
    found = [
        (kernel(source), kernel_from_start(source), measured(source, target)) for _ in range(rounds)
    ]
    rows = found[0][2].rows
    for name, seconds in (
        ("the kernel alone, in memory, when it is warm", [one[0] for one in found]),
        ("the same in a new process, its start counted", [one[1] for one in found]),
        ("annotate in a new process, its start counted", [one[2].seconds for one in found]),
    ):
        report.figure(name, rows / statistics.median(seconds) / 1e6, "M rows/s")
    cold = statistics.median(one[1] / one[2].seconds for one in found)
    warm = statistics.median(one[0] / one[2].seconds for one in found)
    report.figure("annotate beside the kernel in a new process", cold, "x as fast", at_least=0.5)
    report.figure("annotate beside the warm kernel", warm, "x as fast")
    report.figure("peak memory", max(one[2].megabytes for one in found), "MB", at_most=500)
    same = same_rows(source, target)
    report.figure("rows that are not as they were", 0 if same else 1, "", at_most=0)


def same_rows(source: Path, target: Path) -> bool:
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as before, pq.ParquetFile(target) as after:
        names = before.schema_arrow.names
        return before.metadata.num_rows == after.metadata.num_rows and all(
            before.read_row_group(group).equals(after.read_row_group(group, columns=names))
            for group in range(before.metadata.num_row_groups)
        )


def killed(report: Report, source: Path, target: Path) -> None:
    """Kill it half-way: the old output is as it was."""
    target.write_bytes(b"old")
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(source), str(target), str(DAY)])
    while child.poll() is None:
        parts = list(target.parent.glob(f".{target.name}.*.part"))
        if parts and parts[0].stat().st_size:
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    child.wait()
    untouched = child.returncode == 0 or target.read_bytes() == b"old"
    report.figure("old outputs that a kill half-way touched", 0 if untouched else 1, "", at_most=0)
