"""CSV and TSV: every column is text, and what is not looked at stays as it is, byte for byte."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from medcodes.cli.files import Source
from medcodes.cli.lines import NOTHING, Lines, by_record, is_closed, lines
from medcodes.cli.tables import NO_TEXT, TextBatch, as_text, find_column, no_column
from medcodes.cli.trouble import Trouble

__all__ = ["Delimited"]

_BOM = b"\xef\xbb\xbf"


class Delimited:
    """A table of delimited text.

    Args:
        source: the file.
        delimiter: the character between values.
        header: whether the first line has the names; else they are 1, 2, 3 and so on.

    Raises:
        Trouble: it is empty, or its first line is none.
    """

    def __init__(self, source: Source, delimiter: str, *, header: bool = True) -> None:
        self.name = source.name
        self.delimiter = delimiter
        self._blocks = lines(source, by_record(delimiter))
        first = next(self._blocks, None)
        if first is None or not len(first.filled):
            raise Trouble(f"{self.name}: is empty")
        self._first = first
        # Nothing stands before the header but empty lines.
        self._begin = int(first.filled[0]) if header else -1
        top = first.data[first.starts[0] if header else 0 : first.ends[first.filled[0]]]
        self._mark = _BOM if first.data.startswith(_BOM) else b""
        names = top.removeprefix(_BOM).lstrip(b"\r\n").decode("utf-8", "replace")
        try:
            fields = next(csv.reader([names], delimiter=delimiter, strict=False))
        except csv.Error:
            raise Trouble(
                f"{self.name}: its header cannot be read; does a carriage return alone end lines?"
            ) from None
        self.columns: Sequence[str] = (
            fields if header else [str(one) for one in range(1, len(fields) + 1)]
        )
        self.texts = self.columns

    def batches(self, wanted: Sequence[str]) -> Iterator[TextBatch]:
        """The rows, with the columns that are wanted, as text.

        Raises:
            Trouble: a column is not there, or a row has more or fewer values than the others.
        """
        for name in wanted:
            if name not in self.columns:
                raise no_column(name, self, self._hint())
            find_column(name, self)
        places = {name: self.columns.index(name) for name in wanted}
        skip = len(self._mark) if self._begin < 0 else 0
        yield from self._batch(self._first.after(self._begin + 1, skip), places)
        for block in self._blocks:
            yield from self._batch(block, places)

    def _hint(self) -> str:
        others = [one for one in ",;|\t" if one != self.delimiter and one in self.columns[0]]
        if len(self.columns) > 1 or not others:
            return ""
        return f"; if its values are separated by {others[0]!r}, pass --delimiter"

    def _batch(self, block: Lines, wanted: dict[str, int]) -> Iterator[TextBatch]:
        if not len(block):
            return
        self._check_end(block)
        filled = block.filled
        columns = dict.fromkeys(wanted, NO_TEXT)
        if len(filled):
            table = self._parsed(block, filled, sorted(set(wanted.values())))
            columns = {name: _filled(table.column(str(place))) for name, place in wanted.items()}
        yield TextBatch(block.numbers(filled), columns, block, filled)

    def _check_end(self, block: Lines) -> None:
        start, end, stop = block.starts[-1], block.ends[-1], block.stops[-1]
        if end == stop and not is_closed(block.data[start:end], self.delimiter):
            row = block.first + len(block) - 1
            raise Trouble(f"{self.name}, row {row}: a quote is never closed")

    def _parsed(self, block: Lines, filled: Any, places: list[int]) -> pa.Table:
        names = [str(place) for place in range(len(self.columns))]
        chosen = [names[place] for place in places] or names[:1]
        bad: list[Any] = []

        def ragged(row: Any) -> str:
            bad.append(row)
            return "skip"

        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(block.data),
                pyarrow.csv.ReadOptions(
                    use_threads=False, block_size=len(block.data) + 1, column_names=names
                ),
                pyarrow.csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=ragged
                ),
                pyarrow.csv.ConvertOptions(
                    include_columns=chosen,
                    column_types=dict.fromkeys(chosen, pa.large_binary()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise Trouble(f"{self.name}: cannot be read as delimited text: {error}") from None
        if len(table) + len(bad) != len(filled):
            raise Trouble(
                f"{self.name}, rows {block.first} to {block.first + len(block) - 1}: a lone "
                "carriage return stands in a row; save the file with usual line ends"
            )
        if bad:
            row = block.numbers(filled)[bad[0].number - 1]
            raise Trouble(
                f"{self.name}, row {row}: has {bad[0].actual_columns} values where the header has "
                f"{bad[0].expected_columns}; quote a value that holds {self.delimiter!r}"
            )
        return table

    def head(self, names: Sequence[str]) -> bytes:
        """The header, with the names of new columns."""
        if self._begin < 0:
            return self._mark
        first, place = self._first, self._begin
        end = int(first.ends[place])
        added = "".join(self.delimiter + self._quoted(one) for one in names).encode()
        return first.data[:end] + added + first.data[end : int(first.stops[place])]

    def extended(self, batch: TextBatch, added: dict[str, pa.Array]) -> Any:
        """The lines of a batch, with new columns."""
        block, places = batch.lines, batch.places
        texts = [self._cells(column) for column in added.values()]
        ended = pc.binary_join_element_wise(texts[-1], block.endings(places), NOTHING)
        raw = block.texts(places)
        joined = pc.binary_join_element_wise(
            raw, *texts[:-1], ended, pa.scalar(self.delimiter.encode(), pa.large_binary())
        )
        return block.replaced(places, joined)

    def _cells(self, column: pa.Array) -> pa.Array:
        if pa.types.is_dictionary(column.type):
            quoted = [self._quoted(one).encode() for one in column.dictionary.to_pylist()]
            column = pa.array(quoted, pa.large_binary()).take(column.indices)
        else:
            column = column.cast(pa.large_string()).cast(pa.large_binary())
        return column.fill_null(b"")

    def _quoted(self, text: str) -> str:
        if any(one in text for one in (self.delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text


def _filled(column: pa.ChunkedArray) -> pa.Array:
    """A column as text; an empty value is none."""
    found = as_text(column.combine_chunks())
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.large_string()), found)
