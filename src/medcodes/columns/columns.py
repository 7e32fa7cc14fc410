"""Identify a column: from any kind of column to the answer in the same kind.

The middle of the way is Arrow: `convert` brings every kind in and out, `kernel` numbers the
values, `answers` says what the numbers mean, `vectors` puts that into columns, and `writing` makes
Arrow arrays of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import convert, dirt, kernel, shapes
from medcodes.columns import tables as all_tables
from medcodes.columns.answers import Answers, answers_of_numbers, answers_of_texts, file
from medcodes.columns.days import since_1970
from medcodes.columns.kernel import Chunk
from medcodes.columns.shapes import SYSTEMS
from medcodes.columns.tables import Label
from medcodes.columns.vectors import (
    DTYPES,
    NULLS,
    Catalog,
    Vectors,
    catalog_of,
    is_filed,
    known,
    vectors,
)
from medcodes.columns.writing import write
from medcodes.lookup import reading, state
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import Resolver, warn_if_stale

__all__ = ["FIELDS", "Asked", "ask", "identify"]

FIELDS = (
    "system",
    "code",
    "status",
    "category",
    "range",
    "ambiguous",
    "can_be_principal",
    "valid_from",
    "valid_to",
)
"""The columns of an answer, in order."""

Days = Any
"""An Arrow array of days, or None where all are asked about one."""
Numbers = npt.NDArray[np.int64]

_FEW = 4_096
"""Columns of at most this many values are left to the classifier: it is ready at once."""
_SHARED = 16
"""Values with the same name of a system in front from which on they are read together."""


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
        TypeError: the column is no text (numbers have lost their leading zeros), or `on` no days.
        ValueError: unknown fields, or more or fewer days than values.

    >>> from medcodes.columns import identify
    >>> identify(["E1165", None], on="2026-06-01", fields=["system", "code"])
    [{'system': 'icd10cm', 'code': 'E11.65'}, {'system': None, 'code': None}]
    """
    asked = ask(on=on, systems=systems, kind=kind, fields=fields, classifier=classifier)
    arrow, give_back = convert.bring(column)
    days = convert.days(on, len(arrow)) if convert.is_column(on) else None
    chunks, start = [], 0
    for chunk in arrow.chunks or [pa.array([], pa.string())]:
        its_days = None if days is None else days.slice(start, len(chunk))
        chunks.append(asked.answer(chunk, its_days))
        start += len(chunk)
    return give_back(pa.chunked_array(chunks))


def ask(
    *,
    on: Any = None,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    classifier: Classifier = default,
) -> Asked:
    """What `identify` is asked beside the column, looked through once for many columns.

    It is about the day of the call, if `on` is None, so it should not be kept for long.
    """
    resolver = classifier.ask(None if convert.is_column(on) else on, systems, kind)
    return Asked(resolver, classifier, _fields(fields))


def _fields(fields: Iterable[str] | None) -> tuple[str, ...]:
    if fields is None:
        return FIELDS
    if isinstance(fields, str):
        raise TypeError(f"fields={fields!r} is a text; pass a list: [{fields!r}]")
    wanted = tuple(fields)
    unknown = [name for name in wanted if name not in FIELDS]
    if not wanted or unknown or len(set(wanted)) != len(wanted):
        raise ValueError(f"fields={wanted} must be different ones of {', '.join(FIELDS)}")
    return wanted


class Asked:
    """What is asked of every chunk of a column, beside a day of its own for each value."""

    __slots__ = ("classifier", "filed", "resolver", "tables", "wanted")

    def __init__(self, resolver: Resolver, classifier: Classifier, wanted: tuple[str, ...]) -> None:
        self.resolver = resolver
        self.classifier = classifier
        self.wanted = wanted
        self.filed = is_filed(wanted)
        self.tables = all_tables.of(resolver.reference)

    def answer(self, chunk: pa.Array, days: Days = None) -> pa.StructArray:
        """The answer to an array of texts of any type, each on a day of its own where those are.

        Args:
            chunk: string, large_string, or a dictionary of them.
            days: as many days, as date32.
        """
        if days is not None and (day := _only(days)) is not None:
            return self.on(day).answer(chunk)
        if pa.types.is_dictionary(chunk.type):
            if days is None:
                return self._of_dictionary(chunk)
            chunk = chunk.dictionary_decode()
        if _is_for_the_classifier(len(chunk)):
            found = _of_few(chunk, days, self)
        else:
            found = _of_many(chunk, days, self)
            _warn_of_stale(found, days, self)
        valid = chunk.is_valid() if chunk.null_count else None
        if days is not None and days.null_count:
            valid = days.is_valid() if valid is None else pc.and_(valid, days.is_valid())
        return write(found, self.wanted, valid)

    def on(self, day: date) -> Asked:
        """The same, asked about a day."""
        resolver = self.classifier.ask(day, self.resolver.allowed, None)
        return Asked(resolver, self.classifier, self.wanted)

    def _of_dictionary(self, chunk: pa.DictionaryArray) -> pa.StructArray:
        """Identify each entry of the dictionary once."""
        values = chunk.dictionary
        if not pa.types.is_string(values.type):
            values = values.cast(pa.large_string())
        answers = self.answer(values)
        columns = [answers.field(name).take(chunk.indices) for name in self.wanted]
        return pa.StructArray.from_arrays(columns, list(self.wanted))

    @property
    def catalog(self) -> Catalog:
        """The dictionaries of categories, if those are wanted."""
        return catalog_of(self.tables, self.filed)

    def answers(self, numbers: Numbers, days: Days, allowed: tuple[str, ...]) -> Answers:
        """What is said of numbers, on the day that is asked about or on days of their own."""
        on = since_1970(self.resolver.day) if days is None else _day_numbers(days)
        return answers_of_numbers(self.tables, numbers, on, allowed, self.filed)

    def vectors(self, answers: Answers) -> dict[str, npt.NDArray[Any]]:
        """The columns of answers, but for the codes."""
        return vectors(answers, self.wanted, self.catalog).by_field


def _only(days: pa.Array) -> date | None:
    """The day that all rows have, if they have only one."""
    if not len(days) or days.null_count:
        return None
    numbers = _day_numbers(days)
    if numbers[0] != numbers[-1] or (numbers != numbers[0]).any():
        return None
    only: date = days[0].as_py()
    return only


def _warn_of_stale(found: Vectors, days: Days, asked: Asked) -> None:
    """Warn as the classifier does, where a system's answers are of its last day covered."""
    resolver = asked.resolver
    last = resolver.day if days is None else pc.max(days).as_py()
    if last is None or last <= asked.tables.last_day:
        return
    for system in resolver.allowed:
        on_day = state.system_on_day(system, last, resolver.reference)
        if on_day.stale and (found.by_field["system"] == SYSTEMS.index(system)).any():
            warn_if_stale(on_day, last)


_left_to_the_classifier = 0


def _is_for_the_classifier(count: int) -> bool:
    """Whether so few values were asked for until now that the kernel's tables do not pay.

    They are counted over all calls: DuckDB, for one, asks for 2,048 at a time.
    """
    global _left_to_the_classifier
    if count:
        _left_to_the_classifier += count
    return _left_to_the_classifier <= _FEW


# -- few values: the classifier ------------------------------------------------------------------


def _of_few(chunk: pa.Array, days: Days, asked: Asked) -> Vectors:
    number_of: dict[Label, int] = {}
    found = _ask_each(chunk.to_pylist(), None if days is None else days.to_pylist(), asked)
    answers = answers_of_texts(found, number_of if asked.filed else None)
    made = vectors(answers, asked.wanted, Catalog.of(number_of))
    if "code" in asked.wanted:
        made.by_field["code"] = shapes.keys_of([one.code or "" for one in found])
    return made


def _ask_each(
    texts: list[str | None], days: list[date | None] | None, asked: Asked
) -> list[Identification]:
    """The classifier's answers to texts, each on its day; for a null, an answer to nothing."""
    resolver = asked.resolver
    if days is None:
        known = {text: resolver.resolve(text or "") for text in dict.fromkeys(texts)}
        return [known[text] for text in texts]
    nothing = resolver.resolve("")
    pairs = list(zip(texts, days, strict=True))
    ask, allowed = asked.classifier.ask, resolver.allowed
    dated = {
        (text, day): ask(day, allowed, None).answers[text or ""] if day else nothing
        for text, day in dict.fromkeys(pairs)
    }
    return [dated[pair] for pair in pairs]


# -- many values: the kernel ---------------------------------------------------------------------


def _of_many(chunk: pa.Array, days: Days, asked: Asked) -> Vectors:
    wanted = asked.wanted if "system" in asked.wanted else ("system", *asked.wanted)
    by_field = {name: np.empty(len(chunk), DTYPES[name]) for name in wanted}
    has_nulls: set[str] = set()
    emit = _emit_of_day if days is None else _emit_of_days
    unread = kernel.read(chunk, asked.tables, emit(by_field, has_nulls, days, asked))
    if len(unread):
        for name, values in _of_unread(chunk, days, unread, asked).items():
            by_field[name][unread] = values
        has_nulls.update(NULLS)
    return Vectors(by_field, asked.catalog, has_nulls)


def _emit_of_day(
    by_field: dict[str, npt.NDArray[Any]], has_nulls: set[str], days: Days, asked: Asked
) -> Callable[[Chunk], None]:
    """What writes the answers to chunks into columns, all on one day."""
    told = known(asked.tables, asked.resolver.day, asked.resolver.allowed)
    columns = [
        (name, values, told.of(name), NULLS.get(name), told.has_nulls(name))
        for name, values in by_field.items()
        if name != "code"
    ]
    codes = by_field.get("code")

    def emit(chunk: Chunk) -> None:
        for name, values, of_number, null, of_entries in columns:
            own = of_number.take(chunk.numbers, mode="clip", out=values[chunk.part])
            if null is not None and (of_entries or chunk.strangers) and own.min() == null:
                has_nulls.add(name)
        if codes is not None:
            told.codes(chunk, codes[chunk.part])

    return emit


def _emit_of_days(
    by_field: dict[str, npt.NDArray[Any]], has_nulls: set[str], days: Days, asked: Asked
) -> Callable[[Chunk], None]:
    """The same, each value on a day of its own."""
    has_nulls.update(NULLS)

    def emit(chunk: Chunk) -> None:
        part = chunk.part
        its_days = days.slice(part.start, part.stop - part.start)
        answers = asked.answers(chunk.numbers, its_days, asked.resolver.allowed)
        for name, values in vectors(answers, tuple(by_field), asked.catalog).by_field.items():
            by_field[name][part] = values
        if "code" in by_field:
            by_field["code"][part] = shapes.canonical(chunk.keys, answers.system)

    return emit


def _of_unread(
    chunk: pa.Array, days: Days, unread: npt.NDArray[np.int64], asked: Asked
) -> dict[str, npt.NDArray[Any]]:
    """What is said of the values that the kernel could not read."""
    places = pa.array(unread)
    texts = chunk.take(places)
    its_days = None if days is None else days.take(places)
    by_field = {name: np.empty(len(unread), DTYPES[name]) for name in asked.wanted}
    left = np.ones(len(unread), np.bool_)
    for rows, values in _of_declared(texts, its_days, asked):
        left[rows] = False
        for name in asked.wanted:
            by_field[name][rows] = values[name]
    rest = np.flatnonzero(left)
    if len(rest):
        at = pa.array(rest)
        rest_days = None if its_days is None else its_days.take(at)
        for name, found in _of_rest(texts.take(at), rest_days, asked).items():
            by_field[name][rest] = found
    return by_field


def _of_declared(
    texts: pa.Array, days: Days, asked: Asked
) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[Any]]]]:
    """The answers to codes behind a name that many values share, or before modifiers.

    And where those are. What a name declares does not depend on the code behind it, if that is one
    by its shape; nor does it depend on which modifiers follow, which no field tells.
    """
    layout = kernel.Texts.of(texts.fill_null(""))
    split = dirt.split(layout, layout.ends)
    numbers, _ = kernel.number(split.keys, asked.tables)
    group_of = split.heads.indices.to_numpy() * 2 + split.modified
    fits = numbers != asked.tables.first_mask
    counts = np.bincount(group_of[fits])
    for group in np.flatnonzero(counts >= _SHARED).tolist():
        head, modified = divmod(group, 2)
        rows = np.flatnonzero(fits & (group_of == group))
        core = shapes.text_of(split.keys[rows[0]])
        name = split.heads.dictionary[head].as_py()
        found = reading.read(f"{name}{core}-25" if modified else f"{name}{core}")
        if found.declared is None or found.core != core or len(found.modifiers) != modified:
            continue
        allowed = tuple(one for one in asked.resolver.allowed if one in found.declared)
        places = split.places[rows]
        its_days = None if days is None else days.take(pa.array(places))
        answers = asked.answers(numbers[rows], its_days, allowed)
        values = asked.vectors(answers)
        if "code" in asked.wanted:
            values["code"] = shapes.canonical(split.keys[rows], answers.system)
        yield places, values


def _of_rest(texts: pa.Array, days: Days, asked: Asked) -> dict[str, npt.NDArray[Any]]:
    """What the classifier says, which reads each distinct text once."""
    encoded = texts.dictionary_encode()
    distinct_texts = [*encoded.dictionary.to_pylist(), None]
    indices = encoded.indices.fill_null(len(distinct_texts) - 1).to_numpy(zero_copy_only=False)
    if days is None:
        found = _ask_each(distinct_texts, None, asked)
        rows = indices
    else:
        each = [distinct_texts[index] for index in indices]
        found = _ask_each(each, days.to_pylist(), asked)
        rows = np.arange(len(found))
    answers = answers_of_texts(found, None)
    codes = shapes.keys_of([one.code or "" for one in found])
    if asked.filed:
        answers = file(answers, asked.tables, codes)
    by_field = asked.vectors(answers)
    if "code" in asked.wanted:
        by_field["code"] = codes
    return {name: values[rows] for name, values in by_field.items()}


def _day_numbers(days: pa.Array) -> npt.NDArray[np.int32]:
    if not days.null_count:
        numbers = np.frombuffer(days.buffers()[1], np.int32) if len(days) else _NO_NUMBERS
        return numbers[days.offset : days.offset + len(days)]
    filled: npt.NDArray[np.int32] = (
        days.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
    )
    return filled


_NO_NUMBERS = np.empty(0, np.int32)
