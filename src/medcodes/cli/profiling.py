"""What the columns of a table are, from their distinct values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import Classifier
from medcodes.cli import service_days
from medcodes.cli.answering import Question, codes_of, read
from medcodes.cli.errors import InputError
from medcodes.cli.files.table import Table
from medcodes.cli.files.values import as_text
from medcodes.cli.options import Asked
from medcodes.cli.page import Column, Report
from medcodes.columns import Profile
from medcodes.columns.profiling import counting
from medcodes.columns.profiling.profile import describe
from medcodes.lookup.acceptance import USUAL

MOST = 1_000_000
"""Distinct values of a column from which on its further rows are not looked at."""


def report_of(
    table: Table,
    asked: Sequence[Asked],
    on: str | None,
    pattern: str | None,
    classifier: Classifier,
) -> Report:
    """What some columns of a table are, or all columns of text.

    Args:
        table: the table.
        asked: the columns; none for all.
        on: the day of service, or the name of the column that holds it; None for today.
        pattern: how that column writes days.
        classifier: what answers.

    Raises:
        InputError: a column is not there or not text, or the table cannot be read.
    """
    chosen = list(asked) or [Asked(name) for name in table.texts]
    if not chosen:
        raise InputError(f"{table.name}: has no column of text")
    others = [repr(name) for name in table.columns if name not in table.texts]
    if others and not asked:
        table.notes.add(f"columns that are not text are left out: {', '.join(others)}")
    question = Question(table, chosen, on, pattern, classifier)
    names = question.columns
    if on is None:
        names = list(dict.fromkeys([*names, *filter(service_days.may_hold, table.columns)]))
    batches = read(table, names)
    first = next(batches)
    unused = service_days.column_in(first, pattern) if on is None else None
    dated = attrs.evolve(question, on=unused) if unused else question
    counted = {column.name: Counted(classifier) for column in chosen}
    rows = 0
    for batch in chain([first], batches):
        rows += len(batch)
        days = dated.days(batch)
        for name, values in counted.items():
            codes = as_text(codes_of(batch, table, name))
            values.add(codes, days if isinstance(days, pa.Array) else None)
    found = [_column(column, counted[column.name], rows, question) for column in chosen]
    return Report(table.name, rows, found, classifier.data_version, unused)


def _column(asked: Asked, counted: Counted, rows: int, question: Question) -> Column:
    counted.sum_up()
    classifier, by_day = question.classifier, question.day_column is not None
    resolver = classifier.ask(question.day, asked.systems, None)
    try:
        made = describe(
            counted.values, resolver, name=asked.name, by_day=by_day, classifier=classifier
        )
    except ValueError as error:
        raise InputError(f"{asked.name}: {error}") from None
    if counted.rows < rows:
        what = "distinct values" if made.distinct >= MOST else "distinct values on their days"
        more = (
            f"It has more than {len(counted.values):,} {what}; this is about the first "
            f"{counted.rows:,} of its {rows:,} rows."
        )
        made = attrs.evolve(made, notes=(*made.notes, more))
    return Column(made, dict(_meant(made, counted.values, question)))


def _meant(
    made: Profile, values: pa.Table, question: Question
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What each invalid value may be meant to be on the last day on which it is not accepted."""
    systems = tuple(system for system, _ in made.systems)
    for value, _, _ in made.invalid:
        days: list[date | None] = [question.day]
        if made.by_day:
            own = values.filter(pc.equal(values["text"], value))["day"].drop_null()
            days = sorted(own.to_pylist(), reverse=True)
        verdicts = (
            question.classifier.judge(value, USUAL, on=day, systems=systems, suggestions=3)
            for day in days
        )
        yield value, next((said.suggestions for said in verdicts if said.code is None), ())


class Counted:
    """The distinct values of a column and how often each is there, without keeping the rows.

    Attributes:
        values: a table of them, as `medcodes.columns.profiling.counting` has it.
        rows: how many rows were counted.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._reference = classifier.reference
        self._waiting: list[pa.Table] = []
        self.values = pa.table({})
        self.rows = 0

    def add(self, column: pa.Array, days: pa.Array | None = None) -> None:
        """Count the values of some rows, on their days."""
        if len(self.values) > MOST:
            return
        self.rows += len(column)
        self._waiting.append(counting.count(column, days, self._reference))
        # Summing up costs as much as what is there, so it waits until as much has come.
        if sum(map(len, self._waiting)) > max(len(self.values), 1 << 16):
            self.sum_up()

    def sum_up(self) -> None:
        """Bring what was counted into `values`."""
        if self._waiting:
            known = [self.values] if self.values.num_columns else []
            self.values = counting.together(pa.concat_tables([*known, *self._waiting]))
            self._waiting = []
