"""Timing in alternating rounds and in fresh processes, and the rows that every script prints."""

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benchmarks" / "figures.json"
PAGE = ROOT / "docs" / "accuracy-and-speed.md"

Row = list[str]
"""A part, what was measured, the figure, what it is beside, what is promised, and the machine."""


class Table:
    """The rows of a part, printed as they come; those that are no detail are kept for the page."""

    def __init__(self, part: str, *, smoke: bool = False) -> None:
        self.part = part
        self.smoke = smoke
        self.rows: list[Row] = []

    def add(
        self,
        what: str,
        value: float,
        unit: str = "",
        beside: str = "",
        *,
        most: float | None = None,
        least: float | None = None,
        detail: bool = False,
    ) -> None:
        """A figure; `most` and `least` are what is promised of it. A smoke run is not judged."""
        promised = ""
        if not self.smoke and (most is not None or least is not None):
            bound = f"at most {most:g}" if least is None else f"at least {least:g}"
            kept = value <= most if most is not None else value >= (least or 0)
            promised = f"{bound}: {'kept' if kept else '**not kept**'}"
        measured = f"{shown(value)} {unit}".strip()
        print(f"{self.part:<9} {what:<68} {measured:<17} {beside:<62} {promised}", flush=True)
        if not detail:
            self.rows.append([self.part, what, measured, beside, promised, machine()])


def shown(value: float) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def duration(seconds: float) -> str:
    units = (("s", 1), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))
    return next(f"{seconds * n:.3g} {unit}" for unit, n in units if seconds * n >= 1 or n == 1e9)


def machine() -> str:
    python = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{python}, {os.cpu_count()} cores, {date.today()}"


# -- the page of the docs -------------------------------------------------------------------------

_HEAD = """\
# Accuracy and speed

What `python -m benchmarks` measured last, each figure beside what one would use instead, timed in
turn in the same run; a ratio is the median over the rounds. Read the ratios: the times are of a
shared machine. To measure again, see `benchmarks/README.md`; a part is named in the first column.
"""


def load(path: Path) -> list[Row]:
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def save(table: Table, path: Path) -> None:
    """Write the rows of a part to a file, a row on a line; what it holds of others stays."""
    rows = [row for row in load(path) if row[0] != table.part] if path.exists() else []
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows + table.rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def page(rows: Sequence[Row], topics: Mapping[str, Iterable[str]]) -> str:
    """The page: a table for each topic, from the parts that it is made of."""
    text = _HEAD
    for topic, parts in topics.items():
        if found := [row for part in parts for row in rows if row[0] == part]:
            text += f"\n## {topic}\n\n| part | | measured | beside | promised |\n"
            text += "|---|---|---|---|---|\n"
            text += "".join(f"| `{row[0]}` | {' | '.join(row[1:5])} |\n" for row in found)
            text += f"\n{'; '.join(dict.fromkeys(row[5] for row in found))}.\n"
    return text


# -- timing ---------------------------------------------------------------------------------------

TIMES, FASTER = "x the time", "x as fast"


class Race:
    """Several passes, timed in turn, A B C A B C ...: noise falls on all of them.

    `copied` makes of the values what a pass gets, which is not timed. The first round, which loads,
    does not count. The garbage collector stays on, as it does for users; it runs before every pass.
    """

    def __init__(
        self,
        table: Table,
        passes: Mapping[str, Callable[[Any], object]],
        values: Any,
        rounds: int = 5,
        copied: Callable[[Any], Any] = lambda values: values,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._table = table
        self._count = len(values)
        self._laps = [
            {name: seconds(run, copied(values), clock) for name, run in passes.items()}
            for _ in range(1 if table.smoke else rounds + 1)
        ][not table.smoke :]

    def row(self, what: str, name: str, other: str, unit: str = TIMES, **promised: Any) -> None:
        """A row: how many times as long as the other a pass takes, or as fast as it is."""
        one, two = (name, other) if unit == TIMES else (other, name)
        ratio = statistics.median(lap[one] / lap[two] for lap in self._laps)
        beside = f"{self._each(name)}; {other} {self._each(other)}"
        self._table.add(what, ratio, unit, beside, **promised)

    def _each(self, name: str) -> str:
        """The time that a value takes."""
        return duration(statistics.median(lap[name] for lap in self._laps) / self._count)


def seconds(run: Callable[[Any], object], given: Any, clock: Callable[[], float]) -> float:
    gc.collect()
    start = clock()
    answer = run(given)
    taken = clock() - start
    del answer  # freeing what was made is not part of the pass
    return taken


# -- fresh processes ------------------------------------------------------------------------------

# What is imported here is not measured with what a program imports.
_BEGIN = """
import importlib, json, sys
from time import perf_counter, process_time

figures = {}

def memory(name="VmRSS"):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

def measure(name, call, clock=process_time):
    start = clock()
    answer = call()
    figures[name] = clock() - start
    return answer

begun = memory()
"""


class Fresh:
    """The figures of a program in several fresh processes."""

    def __init__(self, runs: Sequence[Mapping[str, Any]]) -> None:
        self.runs = runs

    def __call__(self, name: str) -> float:
        return statistics.median([float(run[name]) for run in self.runs])

    def ratio(self, other: "Fresh", name: str) -> float:
        """How many times the other's a figure is: the median over the runs."""
        pairs = zip(self.runs, other.runs, strict=True)
        return statistics.median([float(run[name] / its[name]) for run, its in pairs])


def fresh(*programs: str, rounds: int = 1, warm: bool = True) -> list[Fresh]:
    """Run programs in fresh processes, A B A B ...; `warm` throws the first round away."""
    laps = [[_run(program) for program in programs] for _ in range(rounds + warm)]
    return [Fresh(runs) for runs in zip(*laps[warm:], strict=True)]


def _run(program: str) -> Mapping[str, Any]:
    code = f"{_BEGIN}\n{program}\nprint(json.dumps(figures))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    # Compiled files are written, so that only the first round compiles.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"a fresh process failed:\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
