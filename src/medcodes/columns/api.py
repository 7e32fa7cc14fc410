"""Identify a column: from any kind of column to the answer in the same kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import fields as all_fields
from medcodes.columns import interop, kernel, tables
from medcodes.columns.fields import Field, Source
from medcodes.columns.kernel import Question
from medcodes.columns.tables import Tables
from medcodes.lookup.answer import Identification
from medcodes.lookup.past_end import check_end
from medcodes.lookup.resolver import Resolver
from medcodes.lookup.state import system_on_day

FIELDS = tuple(field.name for field in all_fields.FIELDS)
ON_REQUEST = tuple(field.name for field in all_fields.ON_REQUEST)
"""The columns of an answer, in order."""

_FEW = 4_096
"""Columns of at most this many values are resolved text by text, which takes less time than
building the tables does."""

_MANY = 65_536
"""For more values than these the perfect hash table is worth a tenth of a second: it saves some ten
nanoseconds a value, in this column and in later ones."""

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
        fields: the columns wanted, of `FIELDS` and `ON_REQUEST`; all of `FIELDS` by default.
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
    asked = ask(systems=systems, kind=kind, fields=fields, classifier=classifier)
    return asked.identify(column, on)


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


@attrs.define(eq=False)
class ColumnResolver:
    """What is asked beside the column; it may be kept for many columns.

    Short columns add up: when it has seen enough values, it builds the tables for long ones, and
    after some more the hash table for very long ones.
    """

    _on: Any
    _systems: SystemNames
    _kind: str | None
    _fields: tuple[Field, ...]
    _classifier: Classifier
    _threads: int | None
    _seen: int = 0

    def warm(self) -> None:
        """Build the tables, and the answers on the day."""
        if self._tables.suits:
            self._tables.speed_up()
            self._from_tables(_NOTHING, None, self._resolver(None))

    def identify(self, column: Any, on: Any = None) -> Any:
        """The answer to a column of any kind, in the same kind.

        Args:
            column: as for `medcodes.columns.identify`.
            on: a day, or a column of as many days, in place of the day that was asked about.
        """
        dated = interop.is_column(on)
        resolver = self._resolver(None if dated else on)
        arrow, give_back = interop.bring(column)
        days = interop.days(on, len(arrow)) if dated else None
        self._seen += len(arrow)
        chunks, start = [], 0
        for chunk in arrow.chunks or [_NOTHING]:
            of_chunk = None if days is None else days.slice(start, len(chunk))
            chunks.append(self._answer(chunk, of_chunk, resolver))
            start += len(chunk)
        return give_back(pa.chunked_array(chunks))

    def _resolver(self, on: Any) -> Resolver:
        on = self._on if on is None else on
        return self._classifier.ask(on, self._systems, self._kind)

    @property
    def _tables(self) -> Tables:
        return tables.of(self._classifier.reference)

    def _answer(self, chunk: pa.Array, days: pa.Array | None, resolver: Resolver) -> pa.StructArray:
        names = [field.name for field in self._fields]
        if pa.types.is_dictionary(chunk.type):
            if days is None:
                # Each entry of the dictionary is identified once.
                answers = self._answer(chunk.dictionary, None, resolver)
                columns = [column.take(chunk.indices) for column in answers.flatten()]
                return pa.StructArray.from_arrays(columns, names)
            chunk = chunk.dictionary_decode()
        if not pa.types.is_string(chunk.type):
            chunk = chunk.cast(pa.large_string())  # views cannot be read as they lie
        if _is_worth_tables(self._seen, self._tables):
            if self._seen > _MANY:
                self._tables.speed_up()
            columns = self._from_tables(chunk, days, resolver)
        else:
            columns = self._text_by_text(chunk, days, resolver, self._fields)
        return pa.StructArray.from_arrays(columns, names)

    def _from_tables(
        self, chunk: pa.Array, days: pa.Array | None, resolver: Resolver
    ) -> list[pa.Array]:
        known = tuple(field for field in self._fields if field.source is not Source.ANSWER)
        others = tuple(field for field in self._fields if field.source is Source.ANSWER)
        columns, systems = kernel.answer(chunk, days, self._question(resolver, known))
        last = resolver.day if days is None else pc.max(days).as_py()
        self._check_ends(systems, last, resolver.past_end)
        if not others:
            return columns
        columns += self._text_by_text(chunk, days, resolver, others)
        by_field = dict(zip((*known, *others), columns, strict=True))
        return [by_field[field] for field in self._fields]

    def _question(self, resolver: Resolver, fields: tuple[Field, ...]) -> Question:
        threads = pa.cpu_count() if self._threads is None else self._threads
        return Question(self._tables, resolver.allowed, fields, resolver.day, threads)

    def _check_ends(self, systems: set[int], last: date, past_end: str) -> None:
        """Warn, or raise, as the resolver does, where answers are of a system's last day."""
        known = self._tables.systems
        for number in sorted(systems - {len(known)}):
            on_day = system_on_day(known[number].id, last, self._classifier.reference)
            check_end(on_day, last, past_end)

    def _text_by_text(
        self,
        texts: pa.Array,
        days: pa.Array | None,
        resolver: Resolver,
        fields: tuple[Field, ...],
    ) -> list[pa.Array]:
        answers: list[Identification | None]
        if days is None:
            encoded = texts.dictionary_encode()
            answers = [*resolver.identify_each(encoded.dictionary.to_pylist())]
            places = encoded.indices
        else:
            pairs = list(zip(texts.to_pylist(), days.to_pylist(), strict=True))
            distinct = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
            ask, allowed = self._classifier.ask, resolver.allowed
            answers = [
                None if text is None or day is None else ask(day, allowed, None).answers[text]
                for text, day in distinct
            ]
            places = pa.array([distinct[pair] for pair in pairs], pa.int32())
        columns = []
        for field in fields:
            values = [None if answer is None else field.of_answer(answer) for answer in answers]
            columns.append(pa.array(values, field.type).take(places))
        return columns


def _is_worth_tables(seen: int, known: Tables) -> bool:
    """Whether a column is answered from tables: after so many values, or when they are there."""
    return known.suits and (seen > _FEW or known.ready)
