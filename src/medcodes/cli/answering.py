"""The answers to columns of a table, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import TypeVar, Union

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import Classifier, columns
from medcodes.cli import service_days
from medcodes.cli.errors import InputError
from medcodes.cli.files.table import Batch, Table
from medcodes.cli.options import Asked
from medcodes.cli.progress import shown
from medcodes.dates import to_day

Item = TypeVar("Item")
Days = Union[pa.Array, date, None]
"""The days of the rows of a batch, or one for all of them; None for today."""


@attrs.frozen(eq=False)
class Question:
    """What is asked of a table.

    Attributes:
        table: the table.
        asked: the columns that hold codes.
        on: the day of service, or the name of the column that holds it; None for today.
        pattern: how that column writes days.
        classifier: what answers.
        day: the day of service; None for today, or where there is a column of days.

    Raises:
        InputError: a column is not there, or `on` is neither a day nor a column.
    """

    table: Table
    asked: Sequence[Asked]
    on: str | None
    pattern: str | None
    classifier: Classifier
    day: date | None = attrs.field(init=False)

    @day.default
    def _its_day(self) -> date | None:
        for column in self.asked:
            self.table.find(column.name)
        if self.on is None or self.on in self.table.columns:
            return None
        try:
            return to_day(self.on)
        except ValueError:
            raise InputError(
                f"--on {self.on}: is neither a day, written as YYYY-MM-DD, nor one of the columns: "
                f"{', '.join(self.table.columns)}"
            ) from None

    @property
    def day_column(self) -> str | None:
        """The name of the column of days."""
        return None if self.day else self.on

    @property
    def columns(self) -> list[str]:
        """The names of the columns that are needed."""
        days = [self.day_column] if self.day_column else []
        return list(dict.fromkeys([*(column.name for column in self.asked), *days]))

    def days(self, batch: Batch) -> Days:
        """The day, or the days of the rows of a batch.

        Raises:
            InputError: the column cannot hold days.
        """
        if self.day_column is None:
            return self.day
        try:
            return service_days.read(batch.column(self.day_column), self.pattern)
        except InputError as error:
            raise InputError(f"{self.table.name}: column {self.day_column!r}: {error}") from None

    def answers(self, batch: Batch, fields: Sequence[str]) -> list[pa.Array]:
        """Fields of the answers to all columns; says of which rows the day cannot be read.

        Raises:
            InputError: a column is not text.
        """
        days = self.days(batch)
        answers: list[pa.Array] = []
        for asked in self.asked:
            codes = codes_of(batch, self.table, asked.name)
            ask = partial(columns.identify, systems=asked.systems, classifier=self.classifier)
            answers += ask(codes, on=days, fields=fields).flatten()
            if isinstance(days, pa.Array) and days.null_count:
                undated = pc.and_(codes.is_valid(), days.is_null())
                self.table.notes.add(
                    f"{asked.name!r} has no day that can be read in {self.day_column!r}; what was "
                    "added is empty",
                    batch.rows[undated.to_numpy(zero_copy_only=False)].tolist(),
                )
        return answers


def codes_of(batch: Batch, table: Table, name: str) -> pa.Array:
    """A column of codes.

    Raises:
        InputError: it is not text.
    """
    if name in batch.not_text:
        table.notes.add(
            f"column {name!r} holds numbers or the like; they are taken as they are written, but "
            "codes that were kept as numbers have lost their leading zeros (00100 becomes 100)"
        )
    column = batch.column(name)
    try:
        columns.identify(column[:0])
    except TypeError as error:
        raise InputError(f"{table.name}: column {name!r}: {error}") from None
    return column


def read(table: Table, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
    """The rows of a table as `Table.batches` has them, with a bar that shows how far it is.

    Raises:
        InputError: the rows cannot be read.
    """
    batches = table.batches(names, written=written)
    # A pipe is waited for, and that may be interrupted: nothing is read ahead from it.
    return shown(batches if table.file.size is None else _ahead(batches), table.part)


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items; the next one is made while the last one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = pool.submit(next, items, None)
            yield item


def behind(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Do some work with each item, in order, while the next one is fetched."""
    with ThreadPoolExecutor(1) as pool:
        last: Future[object] | None = None
        for item in items:
            if last is not None:
                last.result()
            last = pool.submit(work, item)
        if last is not None:
            last.result()
