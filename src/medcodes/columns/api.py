"""Identify a column: from any kind of column to the answer in the same kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import fields as all_fields
from medcodes.columns import interop, kernel, tables
from medcodes.columns.fields import Field
from medcodes.columns.kernel import Question
from medcodes.columns.tables import Tables
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import Resolver, warn_if_stale
from medcodes.lookup.state import system_on_day

__all__ = ["FIELDS", "ColumnResolver", "ask", "identify", "warm"]

FIELDS = tuple(field.name for field in all_fields.FIELDS)
"""The columns of an answer, in order."""

_FEW = 16_384
"""Columns of at most this many values are resolved text by text, which takes less time than
building the tables does."""

_NOTHING = pa.array([], pa.string())


def identify(
    column: Any,
    *,
    on: Any = None,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    classifier: Classifier = default,
) -> Any:
    """Identify every value of a column, as `medcodes.identify` would.

    Args:
        column: an Arrow array or chunked array, anything with the Arrow PyCapsule protocol, a
            pandas or Polars series, a NumPy array, a list. Its values are text or null.
        on: the day of service: one day, or a column of as many days (dates or timestamps).
        systems: as for `medcodes.identify`.
        kind: as for `medcodes.identify`.
        fields: the columns wanted, of `FIELDS`; all by default.
        classifier: whose answers they are: its tables, systems and day.

    Returns:
        A pandas DataFrame for a pandas series, a Polars DataFrame for a Polars series, a
        structured array for a NumPy array, a list of dicts for a list, and an Arrow struct array
        (chunked if the column is) for everything else. A null value, or a null day, is null in
        every column.

    Raises:
        TypeError: the column is not text (numbers have lost their leading zeros), or `on` not days.
        ValueError: unknown fields, or more or fewer days than values.

    >>> from medcodes.columns import identify
    >>> identify(["E1165", None], on="2026-06-01", fields=["system", "code"])
    [{'system': 'icd10cm', 'code': 'E11.65'}, {'system': None, 'code': None}]
    """
    day, days = (None, on) if interop.is_column(on) else (on, None)
    asked = ask(on=day, systems=systems, kind=kind, fields=fields, classifier=classifier)
    return asked.identify(column, days)


def warm(
    *,
    systems: SystemNames = None,
    kind: str | None = None,
    on: Any = None,
    classifier: Classifier = default,
) -> None:
    """Build the tables for columns ahead, so that also the first and short ones are fast.

    They are built when a long column first needs them, in some tenths of a second; then, or after
    this call, short columns use them as well.

    >>> from medcodes import columns
    >>> columns.warm(on="2026-06-01")
    """
    ask(on=on, systems=systems, kind=kind, classifier=classifier).warm()


def ask(
    *,
    on: Any = None,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    classifier: Classifier = default,
    threads: int | None = None,
) -> ColumnResolver:
    """What `identify` is asked beside the column, looked through once for many columns.

    Args:
        on: one day; None is the day on which each column is identified.
        systems: as for `identify`.
        kind: as for `identify`.
        fields: as for `identify`.
        classifier: as for `identify`.
        threads: how many may work at a column; None for ``pyarrow.cpu_count()``.
    """
    classifier.ask(on, systems, kind)  # what makes no sense is found at once
    return ColumnResolver(on, systems, kind, all_fields.wanted(fields), classifier, threads)


class ColumnResolver:
    """What is asked beside the column; it may be kept for many columns.

    Short columns add up: when it has seen enough values, it builds the tables for long ones.
    """

    __slots__ = ("_fields", "_kind", "_on", "_seen", "_systems", "_threads", "classifier")

    def __init__(
        self,
        on: Any,
        systems: SystemNames,
        kind: str | None,
        fields: tuple[Field, ...],
        classifier: Classifier,
        threads: int | None,
    ) -> None:
        self._on = on
        self._systems = systems
        self._kind = kind
        self._fields = fields
        self._threads = threads
        self._seen = 0
        self.classifier = classifier

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self._fields)

    @property
    def resolver(self) -> Resolver:
        """What resolves a single text."""
        return self.classifier.ask(self._on, self._systems, self._kind)

    @property
    def _tables(self) -> Tables:
        return tables.of(self.classifier.reference)

    def warm(self) -> None:
        """Build the tables."""
        if self._tables.suits:
            kernel.answer(_NOTHING, None, self._question())

    def identify(self, column: Any, days: Any = None) -> Any:
        """The answer to a column of any kind, in the same kind.

        Args:
            column: as for `medcodes.columns.identify`.
            days: a column of as many days, or None.
        """
        arrow, give_back = interop.bring(column)
        its_days = None if days is None else interop.days(days, len(arrow))
        self._seen += len(arrow)
        chunks, start = [], 0
        for chunk in arrow.chunks or [_NOTHING]:
            of_chunk = None if its_days is None else its_days.slice(start, len(chunk))
            chunks.append(self._answer(chunk, of_chunk))
            start += len(chunk)
        return give_back(pa.chunked_array(chunks))

    def _answer(self, chunk: pa.Array, days: pa.Array | None) -> pa.StructArray:
        if pa.types.is_dictionary(chunk.type):
            if days is None:
                # Each entry of the dictionary is identified once.
                answers = self._answer(_as_text(chunk.dictionary), None)
                columns = [column.take(chunk.indices) for column in answers.flatten()]
                return pa.StructArray.from_arrays(columns, list(self.wanted))
            chunk = chunk.dictionary_decode()
        chunk = _as_text(chunk)
        if _is_worth_tables(self._seen, self._tables):
            columns, systems = kernel.answer(chunk, days, self._question())
            self._warn_if_stale(systems, days)
        else:
            columns = self._text_by_text(chunk, days)
        return pa.StructArray.from_arrays(columns, list(self.wanted))

    # -- many values: the kernel -------------------------------------------------------------------

    def _question(self) -> Question:
        resolver = self.resolver
        threads = pa.cpu_count() if self._threads is None else self._threads
        return Question(self._tables, resolver.allowed, self._fields, resolver.day, threads)

    def _warn_if_stale(self, systems: set[int], days: pa.Array | None) -> None:
        """Warn as the resolver does, where a system's answers are of its last day covered."""
        last = self.resolver.day if days is None else pc.max(days).as_py()
        known = self._tables.systems
        for number in sorted(systems - {len(known)}):
            on_day = system_on_day(known[number].id, last, self.classifier.reference)
            warn_if_stale(on_day, last)

    # -- few values: the resolver ------------------------------------------------------------------

    def _text_by_text(self, texts: pa.Array, days: pa.Array | None) -> list[pa.Array]:
        answers: list[Identification | None]
        if days is None:
            encoded = texts.dictionary_encode()
            answers = [*self.resolver.identify_each(encoded.dictionary.to_pylist())]
            places = encoded.indices
        else:
            pairs = list(zip(texts.to_pylist(), days.to_pylist(), strict=True))
            distinct = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
            answers = [self._answer_on(text, day) for text, day in distinct]
            places = pa.array([distinct[pair] for pair in pairs], pa.int32())
        columns = []
        for field in self._fields:
            values = [None if answer is None else field.of_answer(answer) for answer in answers]
            columns.append(pa.array(values, field.type).take(places))
        return columns

    def _answer_on(self, text: str | None, day: date | None) -> Identification | None:
        if text is None or day is None:
            return None
        return self.classifier.ask(day, self.resolver.allowed, None).answers[text]


def _is_worth_tables(seen: int, known: Tables) -> bool:
    """Whether a column is answered from tables: after so many values, or when they are there."""
    return known.suits and (seen > _FEW or known.ready)


def _as_text(array: pa.Array) -> pa.Array:
    """Dictionaries may hold texts as views, which cannot be read as they lie."""
    return array if pa.types.is_string(array.type) else array.cast(pa.large_string())
