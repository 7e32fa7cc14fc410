"""The answers to columns of a file, batch by batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import TypeVar

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import columns
from medcodes.cli import days
from medcodes.cli.files import Source
from medcodes.cli.options import Asked
from medcodes.cli.tables import Batch
from medcodes.cli.trouble import Trouble
from medcodes.dates import to_day

__all__ = ["When", "ahead", "answer", "behind"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@attrs.frozen
class When:
    """The day of service: one for all rows, or a column.

    Attributes:
        day: the day; None for today, or where there is a column.
        column: the name of the column.
        pattern: how the column writes its days.
    """

    day: date | None = None
    column: str | None = None
    pattern: str | None = None

    @classmethod
    def of(cls, text: str | None, names: Iterable[str], pattern: str | None) -> When:
        """What ``--on`` means in a table with columns of these names.

        Raises:
            Trouble: neither a day nor one of its columns.
        """
        if text is None or text in names:
            return cls(column=text, pattern=pattern)
        try:
            return cls(to_day(text))
        except ValueError:
            raise Trouble(
                f"--on {text}: neither a day, written as YYYY-MM-DD, nor one of the columns: "
                f"{', '.join(names)}"
            ) from None

    def days(self, batch: Batch, name: str) -> pa.Array | date | None:
        """The day, or the days of the rows of a batch.

        Raises:
            Trouble: a column of numbers.
        """
        if self.column is None:
            return self.day
        try:
            return days.read(batch.columns[self.column], self.pattern)
        except Trouble as trouble:
            raise Trouble(f"{name}: column {self.column!r}: {trouble}") from None


def answer(
    column: pa.Array, asked: Asked, on: pa.Array | date | None, fields: tuple[str, ...], name: str
) -> dict[str, pa.Array]:
    """The fields of the answers to a column.

    Raises:
        Trouble: the column is no text.
    """
    try:
        found = columns.identify(column, on=on, systems=asked.systems, fields=fields)
    except TypeError as error:
        raise Trouble(f"{name}: column {asked.name!r}: {error}") from None
    return dict(zip(fields, found.flatten(), strict=True))


def unreadable(column: pa.Array, on: pa.Array) -> pa.Array:
    """Where a code has no day."""
    return pc.and_(column.is_valid(), on.is_null())


def ahead(items: Iterable[Item], source: Source) -> Iterator[Item]:
    """The items of a file; the next one is made while the last one is worked on.

    Whoever types into a pipe is waited for, and may interrupt that: nothing is made ahead then.
    """
    if source.size is None:
        yield from items
        return
    upcoming_items = iter(items)
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, upcoming_items, None)
        while (item := upcoming.result()) is not None:
            upcoming = pool.submit(next, upcoming_items, None)
            yield item


def behind(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The results, in order; a result is made while the next item is fetched."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
