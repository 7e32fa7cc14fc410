"""JSON lines: an object in every line, and what is not looked at stays as it is, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from medcodes.cli.files import Source
from medcodes.cli.lines import NOTHING, Lines, by_newline, lines
from medcodes.cli.tables import NO_TEXT, TextBatch, no_column
from medcodes.cli.trouble import Trouble

__all__ = ["JsonLines"]

_KNOWN = 1_000
"""Lines that are looked at for the names of columns."""
_BOM = b"\xef\xbb\xbf"
_OTHER_TYPE = re.compile(r"Column\(/(.*)\) changed from string to (\w+) in row (\d+)")


class JsonLines:
    """A table of JSON lines.

    Args:
        source: the file.

    Raises:
        Trouble: it is empty, or its first lines are no objects.
    """

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._blocks = lines(source, by_newline)
        first = next(self._blocks, None)
        if first is None or not len(first.filled):
            raise Trouble(f"{self.name}: is empty")
        self._added: list[bytes] = []
        self._mark = _BOM if first.data.startswith(_BOM) else b""
        self._first = first.after(0, len(self._mark))
        known: dict[str, bool] = {}
        for place in self._first.filled[:_KNOWN].tolist():
            for name, value in self._object(self._first, place).items():
                known[name] = known.get(name, True) and (value is None or isinstance(value, str))
        self.columns: Sequence[str] = list(known)
        self.texts: Sequence[str] = [name for name, is_text in known.items() if is_text]

    def _object(self, block: Lines, place: int) -> dict[str, Any]:
        line = block.data[block.starts[place] : block.ends[place]]
        try:
            found = json.loads(line)
        except ValueError as error:
            raise self._broken(block, place, str(error)) from None
        if not isinstance(found, dict):
            raise self._broken(block, place, f"it is a {type(found).__name__}")
        return found

    def _broken(self, block: Lines, place: int, why: str) -> Trouble:
        return Trouble(
            f"{self.name}, row {block.first + place}: is no JSON object in one line: {why}"
        )

    def batches(self, wanted: Sequence[str]) -> Iterator[TextBatch]:
        """The rows, with the columns that are wanted, as text.

        Raises:
            Trouble: a column is not there or holds no text, or a line is no object.
        """
        for name in wanted:
            if name not in self.columns:
                raise no_column(name, self)
        yield from self._batch(self._first, wanted)
        for block in self._blocks:
            yield from self._batch(block, wanted)

    def _batch(self, block: Lines, wanted: Sequence[str]) -> Iterator[TextBatch]:
        filled = block.filled
        if not len(filled):
            yield TextBatch(block.numbers(filled), dict.fromkeys(wanted, NO_TEXT), block, filled)
            return
        schema = pa.schema([(name, pa.string()) for name in dict.fromkeys(wanted)])
        try:
            table = pyarrow.json.read_json(
                pa.BufferReader(block.data),
                pyarrow.json.ReadOptions(use_threads=False, block_size=len(block.data) + 1),
                pyarrow.json.ParseOptions(
                    explicit_schema=schema, unexpected_field_behavior="ignore"
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._explained(block, filled, str(error)) from None
        if len(table) != len(filled):
            raise self._unlike(block, filled)
        columns = {name: table[name].combine_chunks() for name in schema.names}
        yield TextBatch(block.numbers(filled), columns, block, filled)

    def _explained(self, block: Lines, filled: Any, error: str) -> Trouble:
        if found := _OTHER_TYPE.search(error):
            row = block.first + filled[int(found[3])]
            number = "; codes written as numbers have lost their leading zeros (00100 becomes 100)"
            hint = number if found[2] == "number" else ""
            return Trouble(f"{self.name}, row {row}: {found[1]} is no text but {found[2]}{hint}")
        return self._unlike(block, filled, error)

    def _unlike(self, block: Lines, filled: Any, error: str = "the lines do not fit") -> Trouble:
        """What is wrong with a block: the first line that is no object says it best."""
        try:
            for place in filled.tolist():
                self._object(block, place)
        except Trouble as trouble:
            return trouble
        return Trouble(f"{self.name}, rows from {block.first} on: cannot be read: {error}")

    def head(self, names: Sequence[str]) -> bytes:
        """What stands before the rows: nothing but a mark of their encoding."""
        self._added = [json.dumps(one, ensure_ascii=False).encode() for one in names]
        return self._mark

    def extended(self, batch: TextBatch, added: dict[str, pa.Array]) -> Any:
        """The lines of a batch, with new fields at the end of each object.

        Raises:
            Trouble: an object that has such a field already.
        """
        block, places = batch.lines, batch.places
        for name, written in zip(added, self._added, strict=True):
            if written in block.data:
                self._refuse_field(block, places, name)
        # Spaces behind an object mean nothing; its last character is its brace.
        bodies = pc.binary_slice(_trimmed(block.texts(places)), 0, -1)
        empty = pc.match_substring_regex(bodies, rb"^[ \t]*\{[ \t]*$")
        first = pc.if_else(empty, _scalar(b""), _scalar(b", "))
        parts = [bodies, first]
        for number, (written, column) in enumerate(zip(self._added, added.values(), strict=True)):
            parts += [_scalar((b", " if number else b"") + written + b": "), _values(column)]
        joined = pc.binary_join_element_wise(*parts, _scalar(b"}"), block.endings(places), NOTHING)
        return block.replaced(places, joined)

    def _refuse_field(self, block: Lines, places: Any, name: str) -> None:
        for place in places.tolist():
            if name in self._object(block, place):
                raise Trouble(
                    f"{self.name}, row {block.first + place}: has a field {name!r} already; "
                    "pass --prefix to give the new ones other names"
                )


def _scalar(value: bytes) -> pa.Scalar:
    return pa.scalar(value, pa.large_binary())


def _trimmed(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, rb"[ \t\r]+$", b"")


def _values(column: pa.Array) -> pa.Array:
    """Values as JSON writes them."""
    if pa.types.is_dictionary(column.type):
        written = [
            json.dumps(one, ensure_ascii=False).encode() for one in column.dictionary.to_pylist()
        ]
        found = pa.array(written, pa.large_binary()).take(column.indices)
    else:
        found = column.cast(pa.large_string()).cast(pa.large_binary())
        if not pa.types.is_boolean(column.type):  # codes and days: nothing in them is special
            found = pc.binary_join_element_wise(_scalar(b'"'), found, _scalar(b'"'), NOTHING)
    return found.fill_null(b"null")
