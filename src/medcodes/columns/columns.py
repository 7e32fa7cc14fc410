"""Identify a column: from any kind of column to the answer in the same kind.

The middle of the way is Arrow: `convert` brings every kind in and out, `kernel` numbers the
values, `answers` says what the numbers mean, and this module writes the columns of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import reading, standing
from medcodes.classifier import SystemNames, default
from medcodes.columns import convert, dirt, kernel, shapes
from medcodes.columns.answers import (
    NO_SYSTEM,
    Answers,
    answers_of_day,
    answers_of_rows,
    answers_of_texts,
    file,
)
from medcodes.columns.days import NO_DAY, since_1970
from medcodes.columns.entries import entries
from medcodes.columns.filed import Label, distinct, filed
from medcodes.columns.shapes import SYSTEMS, Keys
from medcodes.identification import Identification
from medcodes.question import Question, warn_if_stale
from medcodes.standing import Status

__all__ = ["FIELDS", "identify"]

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
) -> Any:
    """Identify every value of a column, as `medcodes.identify` would.

    Args:
        column: an Arrow array or chunked array, anything with the Arrow PyCapsule protocol, a
            pandas or Polars series, a NumPy array, a list. Its values are text or null.
        on: the day of service: one day, or a column of as many days (dates or timestamps).
        systems: as for `medcodes.identify`.
        kind: as for `medcodes.identify`.
        fields: the columns wanted, of `FIELDS`; all by default.

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
    wanted = _fields(fields)
    question = default.ask(None if convert.is_column(on) else on, systems, kind)
    arrow, give_back = convert.bring(column)
    days = convert.days(on, len(arrow)) if convert.is_column(on) else None
    chunks, start = [], 0
    for chunk in arrow.chunks:
        its_days = None if days is None else days.slice(start, len(chunk))
        chunks.append(_identify(chunk, question, its_days, wanted))
        start += len(chunk)
    return give_back(pa.chunked_array(chunks) if chunks else pa.chunked_array([_empty(wanted)]))


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


def _empty(wanted: tuple[str, ...]) -> pa.StructArray:
    question = default.ask(None, None, None)
    return _identify(pa.array([], pa.string()), question, None, wanted)


@attrs.frozen(eq=False)
class _Vectors:
    """The columns of answers as what is written: numbers in dictionaries, days, texts' keys.

    A negative number, `NO_DAY` and the key of the empty text are nulls.
    """

    by_field: dict[str, npt.NDArray[Any]]
    catalog: _Catalog


def _identify(
    chunk: pa.Array, question: Question, days: pa.Array | None, wanted: tuple[str, ...]
) -> pa.StructArray:
    if pa.types.is_dictionary(chunk.type) and days is None:
        return _identify_dictionary(chunk, question, wanted)
    if pa.types.is_dictionary(chunk.type):
        chunk = chunk.dictionary_decode()
    small = _is_for_the_classifier(len(chunk))
    vectors = (_of_few if small else _of_many)(
        chunk, question, days, wanted if "system" in wanted else ("system", *wanted)
    )
    if not small:
        _warn_of_stale(vectors.by_field["system"], question, days)
    valid = chunk.is_valid()
    if days is not None:
        valid = pc.and_(valid, days.is_valid())
    return _write(vectors, wanted, valid)


def _warn_of_stale(found: npt.NDArray[np.int8], question: Question, days: pa.Array | None) -> None:
    """Warn as the classifier does, where a system's answers are of its last day covered."""
    for system in question.allowed:
        desk = question.findings(system).desk
        last = None if days is None or not len(days) else pc.max(days).as_py()
        if last is not None:
            desk = standing.desk(system, last)
        if desk.stale and (found == SYSTEMS.index(system)).any():
            warn_if_stale(desk, last or question.day)


def _identify_dictionary(
    chunk: pa.DictionaryArray, question: Question, wanted: tuple[str, ...]
) -> pa.StructArray:
    """Identify each entry of the dictionary once."""
    values = chunk.dictionary
    if not pa.types.is_string(values.type):
        values = values.cast(pa.large_string())
    answers = _identify(values, question, None, wanted)
    columns = [answers.field(name).take(chunk.indices) for name in wanted]
    return pa.StructArray.from_arrays(columns, list(wanted))


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


def _of_few(
    chunk: pa.Array, question: Question, days: pa.Array | None, wanted: tuple[str, ...]
) -> _Vectors:
    number_of: dict[Label, int] = {}
    found = _ask_each(chunk.to_pylist(), question, None if days is None else days.to_pylist())
    answers = answers_of_texts(found, number_of if _is_filed(wanted) else None)
    vectors = _vectors(answers, wanted, _Catalog.of(number_of))
    if "code" in wanted:
        vectors.by_field["code"] = shapes.keys_of([one.code or "" for one in found])
    return vectors


def _ask_each(
    texts: list[str | None], question: Question, days: list[date | None] | None
) -> list[Identification]:
    """The classifier's answers to texts, each on its day; for a null, an answer to nothing."""
    if days is None:
        asked = {text: question.answer(text or "") for text in dict.fromkeys(texts)}
        return [asked[text] for text in texts]
    nothing = question.answer("")
    pairs = list(zip(texts, days, strict=True))
    nothing = question.answer("")
    dated = {
        (text, day): default.ask(day, question.allowed, None)[text or ""] if day else nothing
        for text, day in dict.fromkeys(pairs)
    }
    return [dated[pair] for pair in pairs]


# -- many values: the kernel ---------------------------------------------------------------------


def _of_many(
    chunk: pa.Array, question: Question, days: pa.Array | None, wanted: tuple[str, ...]
) -> _Vectors:
    catalog = _catalog(_is_filed(wanted))
    by_field = {name: np.empty(len(chunk), _DTYPES[name]) for name in wanted}
    if days is None:
        known = _known(
            question.day, question.allowed, _is_filed(wanted), "code" in wanted, _is_dated(wanted)
        )

        def emit(part: slice, numbers: npt.NDArray[np.int64], keys: Keys) -> None:
            known.write({name: values[part] for name, values in by_field.items()}, numbers, keys)

    else:
        row_days = _day_numbers(days)

        def emit(part: slice, numbers: npt.NDArray[np.int64], keys: Keys) -> None:
            answers = answers_of_rows(numbers, row_days[part], question.allowed, _is_filed(wanted))
            for name, values in _vectors(answers, wanted, catalog).by_field.items():
                by_field[name][part] = values
            if "code" in by_field:
                by_field["code"][part] = shapes.canonical(keys, answers.system)

    unread = kernel.read(chunk, emit)
    if len(unread):
        left = _of_unread(chunk, question, days, unread, wanted)
        for name, values in left.items():
            by_field[name][unread] = values
    return _Vectors(by_field, catalog)


def _of_unread(
    chunk: pa.Array,
    question: Question,
    days: pa.Array | None,
    unread: npt.NDArray[np.int64],
    wanted: tuple[str, ...],
) -> dict[str, npt.NDArray[Any]]:
    """What is said of the values that the kernel could not read."""
    places = pa.array(unread)
    texts = chunk.take(places)
    its_days = None if days is None else days.take(places)
    by_field = {name: np.empty(len(unread), _DTYPES[name]) for name in wanted}
    left = np.ones(len(unread), np.bool_)
    for rows, values in _of_declared(texts, question, its_days, wanted):
        left[rows] = False
        for name in wanted:
            by_field[name][rows] = values[name]
    rest = np.flatnonzero(left)
    if len(rest):
        at = pa.array(rest)
        rest_days = None if its_days is None else its_days.take(at)
        for name, found in _of_rest(texts.take(at), question, rest_days, wanted).items():
            by_field[name][rest] = found
    return by_field


def _of_declared(
    texts: pa.Array, question: Question, days: pa.Array | None, wanted: tuple[str, ...]
) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[Any]]]]:
    """The answers to codes behind a name that many values share, and where those are.

    What a name declares does not depend on the code behind it, if that is one by its shape.
    """
    layout = kernel.Texts.of(texts.fill_null(""))
    split = dirt.split(layout, layout.ends)
    numbers = kernel.number(split.keys)
    heads = split.heads.indices.to_numpy()
    fits = numbers != kernel.FIRST_MASK
    counts = np.bincount(heads[fits], minlength=len(split.heads.dictionary))
    for head in np.flatnonzero(counts >= _SHARED).tolist():
        rows = np.flatnonzero(fits & (heads == head))
        core = shapes.text_of(split.keys[rows[0]])
        found = reading.read(split.heads.dictionary[head].as_py() + core)
        if found.declared is None or found.core != core or found.modifiers:
            continue
        allowed = tuple(one for one in question.allowed if one in found.declared)
        places = split.places[rows]
        row_days = since_1970(question.day) if days is None else _day_numbers(days)[places]
        answers = answers_of_rows(numbers[rows], row_days, allowed, _is_filed(wanted))
        values = _vectors(answers, wanted, _catalog(_is_filed(wanted))).by_field
        if "code" in wanted:
            values["code"] = shapes.canonical(split.keys[rows], answers.system)
        yield places, values


def _of_rest(
    texts: pa.Array, question: Question, days: pa.Array | None, wanted: tuple[str, ...]
) -> dict[str, npt.NDArray[Any]]:
    """What the classifier says, which reads each distinct text once."""
    encoded = texts.dictionary_encode()
    distinct_texts = [*encoded.dictionary.to_pylist(), None]
    indices = encoded.indices.fill_null(len(distinct_texts) - 1).to_numpy(zero_copy_only=False)
    if days is None:
        found = _ask_each(distinct_texts, question, None)
        rows = indices
    else:
        asked = [distinct_texts[index] for index in indices]
        found = _ask_each(asked, question, days.to_pylist())
        rows = np.arange(len(found))
    answers = answers_of_texts(found, None)
    codes = shapes.keys_of([one.code or "" for one in found])
    if _is_filed(wanted):
        answers = file(answers, codes)
    by_field = _vectors(answers, wanted, _catalog(_is_filed(wanted))).by_field
    if "code" in wanted:
        by_field["code"] = codes
    return {name: values[rows] for name, values in by_field.items()}


def _day_numbers(days: pa.Array) -> npt.NDArray[np.int32]:
    numbers: npt.NDArray[np.int32] = (
        days.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
    )
    return numbers


def _is_filed(wanted: tuple[str, ...]) -> bool:
    return "category" in wanted or "range" in wanted


def _is_dated(wanted: tuple[str, ...]) -> bool:
    return "valid_from" in wanted or "valid_to" in wanted


@attrs.frozen(eq=False)
class _Catalog:
    """The distinct labels and ranges of categories, and where those of each number are."""

    texts: dict[str, pa.StringArray]
    places: dict[str, npt.NDArray[np.int32]]

    @classmethod
    def of(cls, number_of: dict[Label, int]) -> _Catalog:
        labels, label_of = distinct(label for label, _ in number_of)
        ranges, range_of = distinct(range_ for _, range_ in number_of)
        return cls(
            {"category": pa.array(labels, pa.string()), "range": pa.array(ranges, pa.string())},
            {"category": label_of, "range": range_of},
        )


@cache
def _catalog(filed_too: bool) -> _Catalog:
    return _Catalog.of(filed().number_of if filed_too else {})


@attrs.frozen(eq=False)
class _Known:
    """What is written of every number of an answer on a day.

    Attributes:
        facts: system + 1, status, principal + 1, ambiguous and category, bit by bit, so that
            memory is read once.
        codes: the canonical forms of entries.
        system, first, last: as in `Answers`.
    """

    facts: npt.NDArray[np.uint32]
    codes: Keys | None
    system: npt.NDArray[np.uint8]
    first: npt.NDArray[np.int32] | None
    last: npt.NDArray[np.int32] | None
    catalog: _Catalog

    def write(
        self, columns: dict[str, npt.NDArray[Any]], numbers: npt.NDArray[np.int64], keys: Keys
    ) -> None:
        """Write the columns of some values."""
        facts = self.facts.take(numbers, mode="clip")
        category = None
        for name, out in columns.items():
            if name == "system":
                np.subtract(facts & 7, 1, out=out, casting="unsafe", dtype=np.int32)
            elif name == "status":
                np.bitwise_and(facts >> 3, 7, out=out, casting="unsafe")
            elif name == "can_be_principal":
                np.subtract(facts >> 6 & 3, 1, out=out, casting="unsafe", dtype=np.int32)
            elif name == "ambiguous":
                np.not_equal(facts & 256, 0, out=out)
            elif name == "code":
                out[:] = self._codes(numbers, keys)
            elif name in ("category", "range"):
                if category is None:
                    category = (facts >> 9).astype(np.int64)
                self.catalog.places[name].take(category, out=out, mode="clip")
            else:
                days = self.first if name == "valid_from" else self.last
                assert days is not None
                days.take(numbers, out=out, mode="clip")

    def _codes(self, numbers: npt.NDArray[np.int64], keys: Keys) -> Keys:
        assert self.codes is not None
        codes = self.codes.take(numbers, mode="clip")
        others = np.flatnonzero(numbers >= len(self.codes))
        codes[others] = shapes.canonical(keys[others], self.system.take(numbers[others]))
        return codes


@lru_cache(8)
def _known(
    day: date, allowed: tuple[str, ...], filed_too: bool, coded: bool, dated: bool
) -> _Known:
    answers = answers_of_day(day, allowed, filed_too)
    system = np.where(answers.system == NO_SYSTEM, 0, answers.system + 1)
    facts = system.astype(np.uint32)
    facts |= answers.status.astype(np.uint32) << 3
    facts |= (answers.principal + 1).astype(np.uint32) << 6
    facts |= answers.ambiguous.astype(np.uint32) << 8
    facts |= answers.category.astype(np.uint32) << 9
    texts = entries().keys
    return _Known(
        facts,
        shapes.canonical(texts, answers.system[: len(texts)]) if coded else None,
        answers.system,
        answers.first if dated else None,
        answers.last if dated else None,
        _catalog(filed_too),
    )


# -- writing -------------------------------------------------------------------------------------

_SYSTEM_IDS = pa.array(SYSTEMS, pa.string())
_STATUSES = pa.array([one.value for one in Status], pa.string())
_DTYPES: dict[str, Any] = {
    "system": np.int8,
    "code": np.uint64,
    "status": np.int8,
    "category": np.int32,
    "range": np.int32,
    "ambiguous": np.bool_,
    "can_be_principal": np.int8,
    "valid_from": np.int32,
    "valid_to": np.int32,
}


def _vectors(answers: Answers, wanted: tuple[str, ...], catalog: _Catalog) -> _Vectors:
    """All but the codes, which are made from the texts themselves."""
    system = answers.system.astype(np.int8)
    system[answers.system == NO_SYSTEM] = -1
    by_field: dict[str, npt.NDArray[Any]] = {
        "system": system,
        "status": answers.status.astype(np.int8),
        "ambiguous": answers.ambiguous,
        "can_be_principal": answers.principal,
        "valid_from": answers.first,
        "valid_to": answers.last,
    }
    if _is_filed(wanted):
        by_field |= {name: of.take(answers.category) for name, of in catalog.places.items()}
    by_field = {name: by_field[name] for name in wanted if name != "code"}
    return _Vectors(by_field, catalog)


def _write(vectors: _Vectors, wanted: tuple[str, ...], valid: pa.BooleanArray) -> pa.StructArray:
    dictionaries = {
        "system": _SYSTEM_IDS,
        "status": _STATUSES,
        **vectors.catalog.texts,
    }
    columns = []
    for name in wanted:
        values = vectors.by_field[name]
        if name == "code":
            columns.append(_texts(values, valid))
        elif name in dictionaries:
            indices = _nullable(values, -1, valid)
            columns.append(pa.DictionaryArray.from_arrays(indices, dictionaries[name], safe=False))
        elif name == "ambiguous":
            columns.append(_bits(values, valid))
        elif name == "can_be_principal":
            columns.append(_bits(values, valid, -1))
        else:
            columns.append(_nullable(values, NO_DAY, valid).view(pa.date32()))
    return pa.StructArray.from_arrays(columns, list(wanted))


def _bitmap(values: npt.NDArray[Any], null: int | None, valid: pa.BooleanArray) -> pa.Buffer | None:
    """The validity bitmap: valid, and not the least of all values where that stands for null."""
    nulls = null is not None and len(values) > 0 and values.min() == null
    if valid.true_count == len(valid):
        return pa.py_buffer(np.packbits(values != null, bitorder="little")) if nulls else None
    present = valid.to_numpy(zero_copy_only=False)
    if nulls:
        present = present & (values != null)
    return pa.py_buffer(np.packbits(present, bitorder="little"))


def _nullable(values: npt.NDArray[Any], null: int, valid: pa.BooleanArray) -> pa.Array:
    buffers = [_bitmap(values, null, valid), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def _bits(
    values: npt.NDArray[Any], valid: pa.BooleanArray, null: int | None = None
) -> pa.BooleanArray:
    packed = np.packbits(values if null is None else values == 1, bitorder="little")
    buffers = [_bitmap(values, null, valid), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.bool_(), len(values), buffers)


def _texts(keys: Keys, valid: pa.BooleanArray) -> pa.Array:
    """Short texts from their integers; the empty text is a null."""
    lengths = np.empty(len(keys), np.int8)

    def write(first: int) -> npt.NDArray[np.uint8]:
        part = slice(first, first + kernel.CHUNK)
        written, lengths[part] = shapes.write(keys[part])
        return written

    parts = kernel.each(write, range(0, len(keys), kernel.CHUNK))
    ends = np.zeros(len(keys) + 1, np.int64)
    np.cumsum(lengths, dtype=np.int64, out=ends[1:])
    short = ends[-1] <= np.iinfo(np.int32).max
    data = np.concatenate([np.empty(0, np.uint8), *parts])
    return pa.Array.from_buffers(
        pa.string() if short else pa.large_string(),
        len(keys),
        [
            _bitmap(lengths, 0, valid),
            pa.py_buffer(ends.astype(np.int32) if short else ends),
            pa.py_buffer(data),
        ],
    ).cast(pa.string())
