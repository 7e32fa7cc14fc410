"""How far long work is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Rows = TypeVar("Rows", bound=Sized)
_LONG = 0.5
"""Seconds after which work is long."""


def shown(
    batches: Iterable[Rows], part: Callable[[], float | None], *, after: float = _LONG
) -> Iterator[Rows]:
    """The batches of rows, with a bar on standard error while they come.

    Args:
        batches: the work, piece by piece.
        part: how much of the work is done, from 0 to 1; None if that is unknown.
        after: how many seconds the work takes before a bar is shown.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield from batches
        return
    said, left = TextColumn("{task.description}"), TextColumn("left:")
    columns = (BarColumn(), TaskProgressColumn(), said, left, TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("", total=None)
    begin, rows = time.monotonic(), 0
    try:
        for batch in batches:
            yield batch
            rows += len(batch)
            passed = max(time.monotonic() - begin, 1e-9)
            if passed >= after:
                bar.start()  # a second start does nothing
            rate, done = rows / passed, part()
            bar.update(
                task,
                total=None if done is None else 1.0,
                completed=done or 0.0,
                description=f"{rows:,} rows, {rate:,.0f} a second",
            )
    finally:
        bar.stop()
