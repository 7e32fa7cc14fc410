"""What the columns of a table are, from their distinct values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import Classifier, columns
from medcodes.cli.answering import codes_of, read
from medcodes.cli.errors import InputError
from medcodes.cli.files.table import Table
from medcodes.cli.files.values import as_text
from medcodes.cli.options import Asked
from medcodes.cli.page import Column, Report
from medcodes.lookup.acceptance import USUAL

MOST = 1_000_000
"""Distinct values of a column from which on its further rows are not looked at."""


def report_of(
    table: Table, asked: Sequence[Asked], on: date | None, classifier: Classifier
) -> Report:
    """What some columns of a table are, or all columns of text.

    Raises:
        InputError: a column is not there or not text, or the table cannot be read.
    """
    chosen = list(asked) or [Asked(name) for name in table.texts]
    if not chosen:
        raise InputError(f"{table.name}: has no column of text")
    others = [repr(name) for name in table.columns if name not in table.texts]
    if others and not asked:
        table.notes.add(f"columns that are not text are left out: {', '.join(others)}")
    for column in chosen:
        table.find(column.name)
    counted = {column.name: Counted() for column in chosen}
    rows = 0
    for batch in read(table, list(counted)):
        rows += len(batch)
        for name, values in counted.items():
            values.add(as_text(codes_of(batch, table, name)))
    found = [_column(column, counted[column.name], rows, on, classifier) for column in chosen]
    return Report(table.name, rows, found, classifier.data_version)


def _column(
    asked: Asked, counted: Counted, rows: int, on: date | None, classifier: Classifier
) -> Column:
    counted.sum_up()
    try:
        made = columns.profile(
            counted.values,
            counts=counted.counts,
            name=asked.name,
            on=on,
            systems=asked.systems,
            classifier=classifier,
        )
    except ValueError as error:
        raise InputError(f"{asked.name}: {error}") from None
    if counted.rows < rows:
        more = (
            f"It has more than {len(counted.values):,} distinct values; this is about the first "
            f"{counted.rows:,} of its {rows:,} rows."
        )
        made = attrs.evolve(made, notes=(*made.notes, more))
    known = classifier.reference.systems.by_id
    systems = tuple(known[id_] for id_, _ in made.systems) if made.system else ()
    meant = {
        value: classifier.judge(value, USUAL, on=on, systems=systems, suggestions=3).suggestions
        for value, _, _ in made.invalid
        if systems
    }
    return Column(made, meant)


class Counted:
    """The distinct values of a column and how often each is there, without keeping the rows.

    Attributes:
        values, counts: the values, null among them, and how often each is there.
        rows: how many rows were counted.
    """

    def __init__(self) -> None:
        self.values = pa.array([], pa.large_string())
        self.counts = pa.array([], pa.int64())
        self.rows = 0
        self._waiting: list[pa.Table] = []

    def add(self, column: pa.Array) -> None:
        """Count the values of some rows."""
        if len(self.values) > MOST:
            return
        self.rows += len(column)
        self._waiting.append(_table(*pc.value_counts(column).flatten()))
        # Summing up costs as much as what is there, so it waits until as much has come.
        if sum(map(len, self._waiting)) > max(len(self.values), 1 << 16):
            self.sum_up()

    def sum_up(self) -> None:
        """Bring what was counted into `values` and `counts`."""
        tables = pa.concat_tables([_table(self.values, self.counts), *self._waiting])
        summed = tables.group_by("value").aggregate([("count", "sum")])
        self.values = summed["value"].combine_chunks()
        self.counts = summed["count_sum"].combine_chunks()
        self._waiting = []


def _table(values: pa.Array, counts: pa.Array) -> pa.Table:
    return pa.table({"value": values, "count": counts})
