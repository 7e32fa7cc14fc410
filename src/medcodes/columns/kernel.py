"""From a long Arrow column to the answers, chunk by chunk, on all cores.

Hardly any Python object is made for a value. A value of up to eight bytes is read as one integer and
looked up among the texts whose answer is known; one that is not there is judged by the formats that
it fits. What fits none is cleaned first.

While NumPy and Arrow compute, threads do not wait for each other; between two of their calls they do.
So a thread makes few calls, each for many values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, NamedTuple, TypeVar, Union

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.columns import arrow_out, cleaning
from medcodes.columns.answers import Answers
from medcodes.columns.categories import UNNAMED
from medcodes.columns.fields import Field, Source
from medcodes.columns.keys import Keys, dotted, keys_of_array
from medcodes.columns.tables import Tables

__all__ = ["CHUNK", "Question", "answer"]

CHUNK = 1 << 16
"""Values at a time: what is computed of them stays near the processor, and calls are few."""

Rows = npt.NDArray[np.int64]
Result = TypeVar("Result")


@attrs.frozen(eq=False)
class Question:
    """What is asked of a column.

    Attributes:
        tables: what is known of the reference.
        allowed: the ids of the systems to consider.
        fields: the fields wanted.
        day: the day that is asked about, where not each value has its own.
        threads: how many may work.
    """

    tables: Tables
    allowed: tuple[str, ...]
    fields: tuple[Field, ...]
    day: date
    threads: int


Group = tuple[Union[Rows, None], Answers]
"""Some values of a chunk, or all of it, and the answers that they have."""


def answer(
    column: pa.Array, days: pa.Array | None, question: Question
) -> tuple[list[pa.Array], set[int]]:
    """The answers to a string or large_string array, an array for each field.

    And the numbers of the systems that they are of, where some system may be asked about a day past
    its last.

    Args:
        column: the values.
        days: as many days, as date32; None for the day of the question.
        question: what is asked.
    """
    tables = question.tables
    if days is None:
        # Before the threads, so that they do not do the same side by side.
        answers = tables.answers(question.day, question.allowed)
        for field in question.fields:
            if field.source is not Source.TEXT:
                answers.of(field)

    def work(start: int) -> tuple[list[pa.Array], set[int]]:
        its_days = None if days is None else days.slice(start, CHUNK)
        return _answer_chunk(column.slice(start, CHUNK), its_days, question)

    starts = range(0, max(len(column), 1), CHUNK)
    found = list(_on_all_cores(work, starts, question.threads))
    columns = [
        arrow_out.whole(field, [parts[place] for parts, _ in found], tables.dictionary(field))
        for place, field in enumerate(question.fields)
    ]
    return columns, set().union(*(systems for _, systems in found))


def _on_all_cores(
    work: Callable[[int], Result], starts: Sequence[int], threads: int
) -> Iterable[Result]:
    threads = min(threads, len(starts) // 2)  # starting one takes as long as some chunks
    if threads <= 1:
        return map(work, starts)
    with ThreadPoolExecutor(threads) as pool:
        return pool.map(work, starts)


def _answer_chunk(
    texts: pa.Array, days: pa.Array | None, question: Question
) -> tuple[list[pa.Array], set[int]]:
    tables = question.tables
    numbered = _number(texts, tables)
    groups = list(_groups(numbered, days, question))
    missing = texts.is_null() if texts.null_count else None
    if days is not None and days.null_count:
        missing = days.is_null() if missing is None else pc.or_(missing, days.is_null())
    absent = None if missing is None else missing.to_numpy(zero_copy_only=False)
    parts = []
    for field in question.fields:
        if field.source is Source.TEXT:
            values = _codes(numbered, groups, tables)
        else:
            values = _values(field, numbered.numbers, groups)
        parts.append(arrow_out.part(field, values, absent))
    systems: set[int] = set()
    if _last_day(days, question) > tables.last_day:
        own = _gather(numbered.numbers, groups, lambda answers: answers.system)
        systems.update(np.unique(own).tolist())
    return parts, systems


# -- the numbers of answers ------------------------------------------------------------------------


class _Numbered(NamedTuple):
    numbers: Rows
    """Of the answers."""
    keys: Keys
    """The texts as they are looked up."""
    declared: dict[tuple[str, ...], Rows]
    """Which of them are declared to be of some systems."""


def _number(texts: pa.Array, tables: Tables) -> _Numbered:
    """The numbers of the answers to texts; those of nulls mean nothing."""
    keys = keys_of_array(texts)
    numbers, missed = tables.numbers(keys)
    if len(missed) and texts.null_count:
        missed = missed[texts.is_valid().to_numpy(zero_copy_only=False)[missed]]
    declared: dict[tuple[str, ...], Rows] = {}
    if len(missed):
        texts = texts.take(pa.array(missed))
        bare = cleaning.bare(texts)
        keys[missed] = keys_of_array(bare)
        numbers[missed], unfit = tables.numbers(keys[missed])
        unfit = unfit[tables.cleaner.may_be_more(bare.take(pa.array(unfit)))]
        if len(unfit):
            flawed = missed[unfit]
            keys[flawed], found = tables.cleaner.read(texts.take(pa.array(unfit)))
            numbers[flawed], _ = tables.numbers(keys[flawed])
            declared = {systems: flawed[rows] for systems, rows in found.items()}
    return _Numbered(numbers, keys, declared)


def _groups(numbered: _Numbered, days: pa.Array | None, question: Question) -> Iterator[Group]:
    """The values that have the same answers, later ones in place of earlier ones."""
    tables, allowed = question.tables, question.allowed
    restricted = [
        (tuple(system for system in allowed if system in declared), rows)
        for declared, rows in numbered.declared.items()
    ]
    epochs = np.empty(0, np.int64) if days is None else tables.epochs(_numbers_of_days(days))
    if (epochs == epochs[:1]).all():
        day = tables.day_of(int(epochs[0])) if len(epochs) else question.day
        yield None, tables.answers(day, allowed)
        for systems, rows in restricted:
            yield rows, tables.answers(day, systems)
        return
    for systems, rows in [(allowed, np.arange(len(epochs))), *restricted]:
        for epoch in np.unique(epochs[rows]).tolist():
            own = rows[epochs[rows] == epoch]
            yield own, tables.answers(tables.day_of(epoch), systems)


def _numbers_of_days(days: pa.Array) -> npt.NDArray[np.int32]:
    numbers: npt.NDArray[np.int32] = days.cast(pa.int32()).fill_null(0).to_numpy()
    return numbers


def _last_day(days: pa.Array | None, question: Question) -> date:
    last: date | None = question.day if days is None else pc.max(days).as_py()
    return last or date.min


# -- the answers to numbers ------------------------------------------------------------------------


def _gather(
    numbers: Rows, groups: list[Group], of: Callable[[Answers], npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    """What the answers say of each value."""
    values: npt.NDArray[Any] | None = None
    for rows, answers in groups:
        by_number = of(answers)
        if rows is None:
            values = by_number.take(numbers, mode="clip")
            continue
        if values is None:
            values = np.zeros(len(numbers), by_number.dtype)
        values[rows] = by_number.take(numbers[rows], mode="clip")
    assert values is not None
    return values


def _values(field: Field, numbers: Rows, groups: list[Group]) -> npt.NDArray[Any]:
    """The numbers that stand for the values of a field."""
    values = _gather(numbers, groups, lambda answers: answers.of(field))
    if field.source is Source.CATEGORY and values.min(initial=0) == UNNAMED:
        for rows, answers in groups:
            answers.name_places(numbers if rows is None else numbers[rows])
        values = _gather(numbers, groups, lambda answers: answers.of(field))
    return values


def _codes(numbered: _Numbered, groups: list[Group], tables: Tables) -> Keys:
    """The canonical forms; the empty text where no system fits."""
    system = _gather(numbered.numbers, groups, lambda answers: answers.system)
    first = numbered.keys & np.uint64(0xFF)
    first |= system.astype(np.uint64) << np.uint64(8)
    after = tables.shapes.dot_after.ravel().take(first.view(np.int64), mode="clip")
    codes = dotted(numbered.keys, after)
    if system.max(initial=0) == len(tables.systems):
        codes[system == len(tables.systems)] = 0
    return codes
