"""JSON lines, and JSON arrays of objects: a row is an object.

A text is its characters; everything else, such as a number, is the letters that the file has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli.errors import InputError
from medcodes.cli.files.stream import InputFile
from medcodes.cli.files.table import Batch, Table, Writer
from medcodes.cli.files.values import as_text, bytes_of, joined

_AT_ONCE = 10_000
_LONGEST = 1 << 26
"""Characters of the longest object."""
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_END = re.compile(r"[ \t]*[\r\n]\s*")
_BARE = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_decimal, pa.types.is_nested)
"""Types whose values are written in JSON without quotes."""


class _Letters(str):
    """What is not a text, in the letters of the file."""

    __slots__ = ()


class _Repeated(dict[str, Any]):
    """An object that has a field twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else _Repeated(fields)


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Letters, parse_int=_Letters, parse_constant=_Letters
).raw_decode
_SIMPLE = {str, _Letters, type(None)}


class _Row(NamedTuple):
    """An object: its number, its fields, and how it is written up to the brace that ends it."""

    number: int
    fields: dict[str, str | None]
    written: str


class JsonTable(Table):
    """A table of JSON objects. Its columns are the fields of its first rows.

    Args:
        file: the file.

    Raises:
        InputError: it is empty, or what it begins with is not an object.
    """

    format = "jsonl"

    def __init__(self, file: InputFile) -> None:
        super().__init__(file)
        self._rows = self._read()
        self._first = list(islice(self._rows, _AT_ONCE))
        if not self._first:
            raise InputError(f"{self.name}: is empty")
        self.columns = list(dict.fromkeys(name for row in self._first for name in row.fields))

    def batches(self, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
        """The rows, with the columns of these names.

        Raises:
            InputError: a row is not an object.
        """
        rows, known = self._first, frozenset(self.columns)
        while rows:
            yield _batch(rows, names, known, written)
            rows = list(islice(self._rows, _AT_ONCE))

    def _read(self) -> Iterator[_Row]:
        """The objects; their numbers are those of lines, or places in the array."""
        text, at, line, place = self.file.read(), 0, 1, 1
        start = _skip_space(text)
        is_array = text[start : start + 1] == "["
        at = start + is_array
        while True:
            start = _skip_space(text, at)
            if is_array and text[start : start + 1] == ",":
                start = _skip_space(text, start + 1)
            if is_array and text[start : start + 1] == "]":
                break
            line += text.count("\n", at, start)
            number = place if is_array else line
            try:
                row, at = self._row(number, text, start)
            except json.JSONDecodeError as error:
                more = self.file.read()
                if not (more or is_array or text[start:]):
                    return
                if not more or len(text) - start > _LONGEST:
                    raise self._broken(number, f"is not a JSON object: {error.msg}") from None
                text, at = text[start:] + more, 0
            else:
                yield row
                line += text.count("\n", start, at)
                place += 1
        if (text[start + 1 :] + self.file.read()).strip():
            raise self._broken(place, "comes after the end of the array")

    def _row(self, number: int, text: str, at: int) -> tuple[_Row, int]:
        try:
            fields, end = _decode(text, at)
        except RecursionError:
            raise self._broken(number, "is nested too deep") from None
        if not isinstance(fields, dict):
            raise self._broken(number, "is not a JSON object")
        if type(fields) is _Repeated or not _SIMPLE.issuperset(map(type, fields.values())):
            fields = self._by_letters(number, text, at)
        written = text[at : end - 1].rstrip() + (", " if fields else "")
        if not written.isprintable():
            written = _LINE_END.sub(" ", written)
        return _Row(number, fields, written), end

    def _by_letters(self, number: int, text: str, at: int) -> dict[str, str | None]:
        """The fields of an object that is well written, field by field."""
        fields: dict[str, str | None] = {}
        while text[at] != "}":
            name, end = _decode(text, _skip_space(text, at + 1))
            begin = _skip_space(text, _skip_space(text, end) + 1)
            value, end = _decode(text, begin)
            if name in fields:
                raise self._broken(number, f"has the field {name!r} twice")
            is_simple = value is None or isinstance(value, str)
            fields[name] = value if is_simple else _Letters(text[begin:end])
            at = _skip_space(text, end)
        return fields

    def _broken(self, number: int, why: str) -> InputError:
        return InputError(f"{self.name}, row {number}: {why}")


def _skip_space(text: str, at: int = 0) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _batch(rows: list[_Row], names: Sequence[str], known: frozenset[str], written: bool) -> Batch:
    values = {name: [row.fields.get(name) for row in rows] for name in names}
    texts = [row.written for row in rows] if written else None
    return Batch(
        np.array([row.number for row in rows]),
        pa.record_batch(list(map(_array, values.values())), list(names)),
        written=None if texts is None else pa.array(texts, pa.large_string()),
        beyond={
            place: {name: value for name, value in row.fields.items() if name not in known}
            for place, row in enumerate(rows)
            if not known.issuperset(row.fields)
        },
        not_text=frozenset(name for name in names if _Letters in set(map(type, values[name]))),
    )


def _array(values: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:  # half a character, which JSON can escape
        texts = [value and value.encode("utf-8", "replace").decode() for value in values]
        return pa.array(texts, pa.large_string())


class JsonWriter(Writer):
    """Writes JSON lines.

    Args:
        out: where to.
        extends: whether the rows are JSON objects that get new fields at their end.
    """

    def __init__(self, out: Any, *, extends: bool) -> None:
        self._out = out
        self.extends = extends

    def write(self, batch: Batch, added: Mapping[str, pa.Array]) -> None:
        """Write rows.

        Raises:
            InputError: a row has a field of the name of a new one.
        """
        for place, values in batch.beyond.items():
            if repeated := values.keys() & added.keys():
                raise InputError(
                    f"row {batch.rows[place]} has a field {min(repeated)!r} already; pass --prefix "
                    "to give the new ones other names"
                )
        begin, columns, ends = batch.written, dict(added), ["}\n"] * len(batch)
        if begin is None:
            old = zip(batch.data.schema.names, batch.data.columns, strict=True)
            begin, columns = "{", {**dict(old), **added}
            for place, values in batch.beyond.items():
                ends[place] = f", {_written(values)[1:]}\n"
        parts = [begin]
        for name, column in columns.items():
            between = ", " if len(parts) > 1 else ""
            parts += [f"{between}{_written(name)}: ", _literals(column)]
        self._out.write(bytes_of(joined(*parts, pa.array(ends, pa.large_string()))))


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _literals(column: pa.Array) -> pa.Array:
    """Values as JSON writes them."""
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return _literals(column.dictionary).take(column.indices).fill_null("null")
    text = as_text(column)
    if pa.types.is_floating(type_):
        text = pc.if_else(pc.is_finite(column), text, "null")
    elif not any(is_it(type_) for is_it in _BARE):
        data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
        if any((data == code).any() for code in b'"\\') or (data < ord(" ")).any():
            values = [value if value is None else _written(value) for value in text.to_pylist()]
            text = pa.array(values, pa.large_string())
        else:
            text = joined('"', text, '"')
    return text.fill_null("null")
