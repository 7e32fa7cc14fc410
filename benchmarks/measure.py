"""Timing in alternating rounds, and the report that every script writes to."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.codes import copied


class Figure(NamedTuple):
    """One measured number, with what is promised of it."""

    script: str
    part: str
    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool | None:
        if self.bound is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def line(self, *, judged: bool = True) -> str:
        """For people; a smoke run is not judged."""
        line = f"  {self.name:<60} {shown(self.value):>9} {self.unit:<11}"
        if self.bound is not None:
            line += f" promised: at {'least' if self.at_least else 'most'} {self.bound:g}"
            if judged:
                line += f": {'kept' if self.kept else 'NOT KEPT'}"
        return line.rstrip()


def shown(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


Content = dict[str, Any]
"""Figures, tables and notes of scripts, as they are written to a file."""


class Report:
    """Prints as the scripts go, and keeps every figure, table and note."""

    def __init__(self, *, judging: bool = True) -> None:
        self.figures: list[Figure] = []
        self.scripts: dict[str, Content] = {}
        self._judging = judging
        self._script = self._part = ""
        self._parts: list[Content] = []

    def script(self, name: str, question: str = "") -> None:
        self._script = name
        self._parts = []
        self.scripts[name] = {
            "question": question,
            "machine": machine(),
            "day": date.today().isoformat(),
            "parts": self._parts,
        }
        print(f"\n== {name}")

    def part(self, title: str) -> None:
        self._part = title
        self._parts.append({"title": title, "lines": []})
        print(f"\n{title}")

    def figure(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        bound = at_most if at_least is None else at_least
        figure = Figure(self._script, self._part, name, value, unit, bound, at_least is not None)
        self.figures.append(figure)
        self._keep(figure={**figure._asdict(), "kept": figure.kept})
        print(figure.line(judged=self._judging), flush=True)

    def note(self, text: str) -> None:
        self._keep(note=text)
        print(f"  {text}", flush=True)

    def table(self, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
        """A Markdown table."""
        cells = [
            [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows
        ]
        self._keep(head=list(head), rows=cells)
        print(*markdown_table(head, cells), sep="\n")

    def _keep(self, **line: object) -> None:
        if not self._parts:
            self._parts.append({"title": "", "lines": []})
        self._parts[-1]["lines"].append(line)

    def summary(self) -> None:
        promised = [one for one in self.figures if one.bound is not None]
        broken = [one for one in promised if not one.kept]
        if not self._judging or not promised:
            return
        print(f"\n{len(promised) - len(broken)} of {len(promised)} bounds kept")
        for one in broken:
            print(f"{one.line()}   ({one.script}: {one.part})")

    def save(self, path: Path) -> None:
        """Write the scripts that ran to a file; what it holds of others stays."""
        scripts = load(path) if path.exists() else {}
        content = json.dumps({**scripts, **self.scripts}, indent=1, ensure_ascii=False)
        path.write_text(content + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Content]:
    """What `Report.save` wrote: the name of a script to what it measured."""
    scripts: dict[str, Content] = json.loads(path.read_text(encoding="utf-8"))
    return scripts


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def machine() -> str:
    return (
        f"Python {platform.python_version()} ({sys.implementation.name}), "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )


Pass = Callable[[list[str]], object]
"""What is timed: something done to all codes of a list."""


class Race:
    """Several passes over the same codes, timed in turn, A B C A B C ...: noise falls on all.

    Every pass gets strings of its own, as when a column is read from a file, unless they are to be
    shared. The garbage collector stays on, as it does for users; it runs before every pass.
    """

    def __init__(
        self, passes: Mapping[str, Pass], codes: Sequence[str], rounds: int, *, shared: bool = False
    ) -> None:
        self.count = len(codes)
        give = list if shared else copied
        self._rounds = [
            {name: _seconds(one, give(codes)) for name, one in passes.items()}
            for _ in range(rounds)
        ]

    def microseconds(self, name: str) -> float:
        """The time a code takes: the median over the rounds."""
        return statistics.median(one[name] for one in self._rounds) / self.count * 1e6

    def ratio(self, name: str, other: str) -> float:
        """How many times as long as `other`: the median over the rounds."""
        return statistics.median(one[name] / one[other] for one in self._rounds)


def _seconds(one_pass: Pass, codes: list[str]) -> float:
    gc.collect()
    start = perf_counter()
    answer = one_pass(codes)
    seconds = perf_counter() - start
    del answer  # freeing what was made is not part of the pass
    return seconds


def each(call: Callable[[str], object]) -> Pass:
    """A pass that asks code by code."""

    def one_pass(codes: list[str]) -> None:
        for code in codes:
            call(code)

    return one_pass
