"""How far long work is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["shown"]

Item = TypeVar("Item")
_LONG = 0.5
"""Seconds after which work is long."""


def shown(
    items: Iterable[Item],
    rows: Callable[[Item], int],
    part: Callable[[], float | None],
    *,
    after: float = _LONG,
) -> Iterator[Item]:
    """The items, with a bar on standard error while they come.

    Args:
        items: the work, piece by piece.
        rows: how many rows a piece has.
        part: how much of the work is done, from 0 to 1; None where nobody knows.
        after: how many seconds the work takes before a bar is shown.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield from items
        return
    bar = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[done]:,} rows, {task.fields[rate]:,} a second"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    task = bar.add_task("", total=None, done=0, rate=0)
    begin = time.monotonic()
    done = 0
    try:
        for item in items:
            yield item
            done += rows(item)
            passed = time.monotonic() - begin
            if passed >= after:
                bar.start()  # a second start does nothing
            fraction = part()
            bar.update(
                task,
                total=None if fraction is None else 1.0,
                completed=fraction or 0.0,
                done=done,
                rate=round(done / max(passed, 1e-9)),
            )
    finally:
        bar.stop()
