"""From a long Arrow column to the answers, chunk by chunk, on all cores.

Hardly any Python object is made for a value. A value of up to eight bytes is read as one integer
and looked up among the texts whose answer is known; one that is not there is judged by the formats
that it fits. What fits none is cleaned first.

While NumPy and Arrow compute, threads do not wait for each other; between two of their calls they
do. So a thread makes few calls, each for many values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from medcodes.columns.fields import Field, Source, since_1970
from medcodes.columns.keys import LONGEST, Keys, dotted, keys_of_array, strings
from medcodes.columns.tables import Tables

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
            if field.source not in (Source.CODE, Source.DAY):
                answers.of(field)
    values = {
        field: np.empty(len(column), field.dtype)
        for field in question.fields
        if field.source is not Source.CODE
    }

    def work(start: int) -> tuple[pa.Array | None, set[int]]:
        own = {field: whole[start : start + CHUNK] for field, whole in values.items()}
        own_days = None if days is None else days.slice(start, CHUNK)
        return _answer_chunk(column.slice(start, CHUNK), own_days, question, own)

    def finish(place: int) -> pa.Array:
        field = question.fields[place]
        dictionary = tables.dictionary(field)
        if field.source is Source.CODE:
            return pa.concat_arrays([texts for texts, _ in parts])
        return arrow_out.column(field, values[field], dictionary)

    threads = question.threads
    parts = _on_all_cores(work, range(0, max(len(column), 1), CHUNK), threads)
    columns = _on_all_cores(finish, range(len(question.fields)), threads if len(parts) > 1 else 1)
    return columns, set().union(*(systems for _, systems in parts))


def _on_all_cores(
    work: Callable[[int], Result], places: Sequence[int], threads: int
) -> list[Result]:
    threads = min(threads, len(places) // 2)  # starting one takes as long as some chunks
    if threads <= 1:
        return list(map(work, places))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, places))


def _answer_chunk(
    texts: pa.Array,
    days: pa.Array | None,
    question: Question,
    values: dict[Field, npt.NDArray[Any]],
) -> tuple[pa.Array | None, set[int]]:
    """Write the answers to a chunk into the values of its fields; the codes are returned."""
    tables = question.tables
    numbered = _number(texts, tables, _is_doubtful(days, question))
    groups = list(_groups(numbered, days, question))
    missing = _missing(texts, days)
    for field, own in values.items():
        if field.source is Source.DAY:
            own[:] = _as_of(numbered.numbers, groups, days, question)
        else:
            _fill(field, numbered.numbers, groups, own)
        if missing is not None:
            own[missing] = field.null
    codes = None
    if any(field.source is Source.CODE for field in question.fields):
        keys = _codes(numbered, groups, tables)
        if missing is not None:
            keys[missing] = 0
        codes = strings(keys)
    systems: set[int] = set()
    if _last_day(days, question) > tables.last_day:
        systems.update(np.unique(_systems(numbered.numbers, groups)).tolist())
    return codes, systems


def _missing(texts: pa.Array, days: pa.Array | None) -> npt.NDArray[np.bool_] | None:
    """Which values are null, or their days; None where none is."""
    columns = [column for column in (texts, days) if column is not None and column.null_count]
    if not columns:
        return None
    missing = [column.is_null().to_numpy(zero_copy_only=False) for column in columns]
    answer: npt.NDArray[np.bool_] = np.logical_or.reduce(missing)
    return answer


# -- the numbers of answers ------------------------------------------------------------------------


class _Numbered(NamedTuple):
    numbers: Rows
    """Of the answers."""
    keys: Keys
    """The texts as they are looked up."""
    declared: dict[tuple[str, ...], Rows]
    """Which of them are declared to be of some systems."""


def _number(texts: pa.Array, tables: Tables, doubtful: bool) -> _Numbered:
    """The numbers of the answers to texts; those of nulls mean nothing."""
    keys = keys_of_array(texts)
    numbers, missed = tables.numbers(keys, doubtful)
    if len(missed) and texts.null_count:
        missed = missed[texts.is_valid().to_numpy(zero_copy_only=False)[missed]]
    declared: dict[tuple[str, ...], Rows] = {}
    if len(missed):
        texts = texts.take(pa.array(missed))
        chosen = tables.cleaner.may_be_code(texts)
        missed, texts = missed[chosen], texts.take(pa.array(chosen))
        bare = cleaning.bare(texts)
        keys[missed] = keys_of_array(bare)
        numbers[missed], unfit = tables.numbers(keys[missed], doubtful)
        unfit = unfit[tables.cleaner.may_be_more(bare.take(pa.array(unfit)))]
        flawed = missed[unfit]
        keys[flawed], found = tables.cleaner.read(texts.take(pa.array(unfit)))
        numbers[flawed], _ = tables.numbers(keys[flawed], doubtful)
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


def _is_doubtful(days: pa.Array | None, question: Question) -> bool:
    """Whether some list may lack codes of some day."""
    first: date | None = question.day if days is None else pc.min(days).as_py()
    is_early = first is not None and first < question.tables.first_day
    return is_early or _last_day(days, question) > question.tables.last_day


def _last_day(days: pa.Array | None, question: Question) -> date:
    last: date | None = question.day if days is None else pc.max(days).as_py()
    return last or date.min


# -- the answers to numbers ------------------------------------------------------------------------


def _gather(
    numbers: Rows,
    groups: list[Group],
    of: Callable[[Answers], npt.NDArray[Any]],
    values: npt.NDArray[Any],
) -> None:
    """Write what the answers say of each value."""
    for rows, answers in groups:
        if rows is None:
            of(answers).take(numbers, mode="clip", out=values)
        else:
            values[rows] = of(answers).take(numbers[rows], mode="clip")


def _fill(field: Field, numbers: Rows, groups: list[Group], values: npt.NDArray[Any]) -> None:
    """Write the numbers that stand for the values of a field."""
    _gather(numbers, groups, lambda answers: answers.of(field), values)
    if field.source is Source.CATEGORY and values.min(initial=0) == UNNAMED:
        for rows, answers in groups:
            answers.name_places(numbers if rows is None else numbers[rows])
        _gather(numbers, groups, lambda answers: answers.of(field), values)


def _as_of(
    numbers: Rows, groups: list[Group], days: pa.Array | None, question: Question
) -> npt.NDArray[np.int64]:
    """The days that answers are true of: those asked for, but none past the end of a list."""
    day: Any = since_1970(question.day) if days is None else _numbers_of_days(days)
    ends = question.tables.ends.take(_systems(numbers, groups))
    as_of: npt.NDArray[np.int64] = np.clip(day, since_1970(date.min), ends)
    return as_of


def _systems(numbers: Rows, groups: list[Group]) -> npt.NDArray[np.uint8]:
    """The number of the system of each value; behind all for none."""
    systems = np.empty(len(numbers), np.uint8)
    _gather(numbers, groups, lambda answers: answers.system, systems)
    return systems


def _codes(numbered: _Numbered, groups: list[Group], tables: Tables) -> Keys:
    """The canonical forms; the empty text where no system fits."""
    systems = _systems(numbered.numbers, groups)
    first = systems.astype(np.int64) << 8
    first |= numbered.keys.view(np.uint8)[::LONGEST]
    codes = dotted(numbered.keys, tables.shapes.dot_after.ravel().take(first, mode="clip"))
    if systems.max(initial=0) == len(tables.systems):
        codes[systems == len(tables.systems)] = 0
    return codes
