"""CSV and TSV in every dialect: every value is text.

pyarrow reads block by block, and hands back the rows that have more or fewer values than the
others. Python's own reader finds the dialect and the header, and says where a row ends whose quotes
are in odd places.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from medcodes.cli.errors import InputError
from medcodes.cli.files.header import header_row, names_of, usual_width, width_of
from medcodes.cli.files.stream import InputFile
from medcodes.cli.files.table import Batch, Table, Writer
from medcodes.cli.files.values import as_text, bytes_of, joined

_SAMPLE, _SAMPLE_ROWS = 1 << 18, 500
"""Characters and rows by which the dialect and the header are found."""
_LF, _CR, _QUOTE = b'\n\r"'
_ROW = "row"
_TEXT = pa.large_string()
_SHORT = "it has fewer values than there are columns; the missing ones are empty"
_LONG = "it has more values than there are columns; they are kept at its end"


class CsvTable(Table):
    """A table of delimited text.

    Args:
        file: the file.
        usual: the delimiter to expect.
        delimiter: the delimiter, if it is known.
        header: whether a row has the names of the columns; else they are 1, 2, 3 and so on.

    Attributes:
        delimiter: the character between values.
        head: the rows up to the header, as they are in the file; None without a header.
        end: what ends a row.

    Raises:
        InputError: it is empty, or cannot be read.
    """

    def __init__(self, file: InputFile, usual: str, delimiter: str | None, *, header: bool) -> None:
        super().__init__(file)
        text = file.read()
        self.delimiter = delimiter or _delimiter(text, usual)
        if self.delimiter not in (delimiter, usual):
            self.notes.add(f"the values are separated by {self.delimiter!r}")
        self.format = "tsv" if self.delimiter == "\t" else "csv"
        rows = _sample(text, self.delimiter)
        if not any(map(width_of, rows)):
            raise InputError(f"{self.name}: is empty, or its first row never ends")
        place = header_row(rows, self.notes) if header else -1
        names = rows[place] if header else []
        width = max(usual_width(rows), len(names))
        numbers = list(map(str, range(1, width + 1)))
        self.columns = names_of(names, width, self.notes) if header else numbers
        begin = _length(text, self.delimiter, place + 1)
        found = re.search("\r\n|\n|\r", text)
        self.end = found[0] if found else "\n"
        mark, more = "\ufeff" * file.has_mark, self.delimiter * (width - len(names))
        self.head = f"{mark}{text[:begin].rstrip(self.end)}{more}" if header else None
        self._rest, self._first = text[begin:], place + 2

    def batches(self, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
        """The rows, with the columns of these names.

        Raises:
            InputError: a quote is never closed.
        """
        text, first = self._rest, self._first
        self._rest = ""
        while True:
            data = self._completed(text, first)
            batch, count = self._batch(data, first, names, written)
            yield batch
            first += count
            text = self.file.read()
            if not text:
                return

    def _completed(self, text: str, first: int) -> bytes:
        """A text, and what follows in the file until its last row ends."""
        if not text.endswith("\n"):
            text += self.file.line()
        data = text.encode()
        codes = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(codes == _QUOTE)
        # Where each first quote of a pair begins a value or is doubled, pairs enclose values.
        before = [ord(self.delimiter), _LF, _CR, _QUOTE]
        if len(quotes) % 2 == 0 and np.isin(codes[quotes[::2] - 1], before).all():
            return data
        given, more, rows = list(io.StringIO(text, newline="")), [], 0

        def lines() -> Iterator[str]:
            yield from given
            for line in self.file.lines():
                more.append(line)
                yield line
            raise csv.Error("the file ends in it")

        reader = csv.reader(lines(), delimiter=self.delimiter)
        try:
            while reader.line_num < len(given):
                next(reader)
                rows += 1
        except csv.Error as error:
            raise InputError(
                f"{self.name}, row {first + rows}: a quote is never closed, or a value is too "
                f"long: {error}"
            ) from None
        return data + "".join(more).encode()

    def _batch(
        self, data: bytes, first: int, names: Sequence[str], written: bool
    ) -> tuple[Batch, int]:
        """The rows of a text, and how many rows a spreadsheet counts in it."""
        chosen = [str(self.columns.index(name)) for name in names]
        table, odd = self._parsed(data, len(self.columns), chosen)
        count = len(table) + len(odd)
        lines = self._lines(data, count) if written and not odd else None
        if written and lines is None:  # rows have to be written anew, with all columns
            return self._batch(data, first, self.columns, False)
        places = np.delete(np.arange(count), [row.number - 1 for row in odd])
        table = table.append_column(_ROW, pa.array(places + first))
        if blank := _blank_rows(data, self.delimiter):
            table = table.filter(pa.array(np.isin(places, blank, invert=True)))
        if odd:
            parts = [table, *self._odd_rows(odd, first, chosen)]
            table = pa.concat_tables(parts, promote_options="default")
            table = table.take(pc.sort_indices(table[_ROW]))
        batch = Batch(
            table[_ROW].to_numpy(),
            pa.record_batch([table[name].combine_chunks() for name in chosen], list(names)),
            empty_is_null=True,
            written=lines,
            beyond=_beyond(table.drop_columns([*chosen, _ROW])),
        )
        return batch, count

    def _parsed(self, data: bytes, width: int, chosen: list[str]) -> tuple[pa.Table, list[Any]]:
        """The rows of so many values as a table, whose columns are numbered; and the other rows."""
        odd: list[Any] = []

        def keep(row: Any) -> str:
            odd.append(row)
            return "skip"

        if not data:
            return pa.table({name: pa.array([], _TEXT) for name in chosen}), odd
        names = [str(place) for place in range(width)]
        reading = {"use_threads": False, "block_size": len(data) + 1, "column_names": names}
        parsing = {
            "newlines_in_values": True,
            "ignore_empty_lines": False,
            "invalid_row_handler": keep,
        }
        nulls = {"strings_can_be_null": True, "quoted_strings_can_be_null": False}
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(**reading),
            pyarrow.csv.ParseOptions(delimiter=self.delimiter, **parsing),
            pyarrow.csv.ConvertOptions(
                include_columns=chosen,
                column_types=dict.fromkeys(chosen, _TEXT),
                null_values=[""],
                check_utf8=False,
                **nulls,
            ),
        )
        return table, odd

    def _odd_rows(self, odd: list[Any], first: int, chosen: list[str]) -> Iterator[pa.Table]:
        """The rows of fewer or more values than columns, those of one length at a time."""
        length, width = attrgetter("actual_columns"), len(self.columns)
        for is_short, what in ((True, _SHORT), (False, _LONG)):
            rows = [row.number - 1 + first for row in odd if (length(row) < width) is is_short]
            self.notes.add(what, rows)
        for actual, group in groupby(sorted(odd, key=length), length):
            alike = list(group)
            names = [str(place) for place in range(actual)]
            text = "\n".join(row.text for row in alike)
            table, _ = self._parsed(text.encode(), actual, names)
            kept = [name for name in names if name in chosen or int(name) >= width]
            rows = [row.number - 1 + first for row in alike]
            yield table.select(kept).append_column(_ROW, pa.array(rows))

    def _lines(self, data: bytes, count: int) -> pa.Array | None:
        """The lines of a text without their ends, if each is a row, and none of them blank."""
        end = self.end.encode()
        for code in (b"\r", b"\n"):
            if data.count(code) != (data.count(end) if code in end else 0):
                return None
        text = pa.array([data.removesuffix(end)], pa.large_binary()).view(_TEXT)
        lines = pc.split_pattern(text, self.end).flatten()
        is_blank = len(lines) == count and pc.any(pc.equal(lines, "")).as_py()
        return None if is_blank or len(lines) != count else lines


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _sample(text: str, delimiter: str) -> list[list[str]]:
    """The first rows of a text; the last of them may be cut off, and is left out."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(islice(_reader(text[:_SAMPLE], delimiter), _SAMPLE_ROWS))
    return rows[: max(1, len(rows) - 1)] if len(text) > _SAMPLE else rows


def _delimiter(text: str, usual: str) -> str:
    """The character that gives most rows the same number of values."""

    def fit(delimiter: str) -> tuple[float, bool]:
        widths = Counter(len(row) for row in _sample(text, delimiter) if row)
        [(width, count)] = widths.most_common(1) or [(1, 0)]
        # A comma in prose has a space behind it.
        is_tight = f"{delimiter} " not in text[:_SAMPLE]
        return (count / widths.total(), is_tight) if width > 1 else (0.0, False)

    best: str = max((usual, *",;\t|"), key=fit)
    return best


def _length(text: str, delimiter: str, rows: int) -> int:
    """How many characters the first rows take."""
    lines = io.StringIO(text, newline="")
    for _ in islice(csv.reader(lines, delimiter=delimiter), rows):
        pass
    return lines.tell()


def _blank_rows(data: bytes, delimiter: str) -> list[int]:
    """The places of rows without anything, not even a delimiter."""
    codes = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero((codes == _LF) | (codes == _CR))
    follows = np.diff(breaks, prepend=-1) == 1
    before = np.where(breaks > 0, codes[breaks - 1], _LF)
    if not (follows & ((codes[breaks] != _LF) | (before != _CR))).any():
        return []
    return [place for place, row in enumerate(_reader(data.decode(), delimiter)) if not row]


def _beyond(values: pa.Table) -> dict[int, dict[str, str | None]]:
    """What has no column, by the place of its row."""
    rows = values.to_pylist() if values.column_names else []
    return {
        place: {f"column {int(name) + 1}": value for name, value in row.items()}
        for place, row in enumerate(rows)
        if any(value is not None for value in row.values())
    }


class CsvWriter(Writer):
    """Writes CSV or TSV: what is null is empty, an empty text is a pair of quotes.

    Args:
        out: where to.
        names: of the columns; those of the table that the rows come from are the first.
        delimiter: the character between values.
        like: that table.

    Attributes:
        extends: whether the table is written in the same way.
    """

    def __init__(
        self, out: Any, names: Sequence[str], delimiter: str, like: Table | None = None
    ) -> None:
        self._out = out
        self._delimiter = delimiter
        self._end = "\n"
        self._may_be_longer = isinstance(like, CsvTable)
        self.extends = isinstance(like, CsvTable) and like.delimiter == delimiter
        head: list[str] = []
        if isinstance(like, CsvTable) and self.extends:
            self._end = like.end
            names = [] if like.head is None else names[len(like.columns) :]
            head = [] if like.head is None else [like.head]
        if names:
            cells = self._cells(pa.array(names, _TEXT)).to_pylist()
            out.write((delimiter.join([*head, *cells]) + self._end).encode())

    def write(self, batch: Batch, added: Mapping[str, pa.Array]) -> None:
        """Write rows.

        Raises:
            InputError: a field of JSON has no column.
        """
        if not self._may_be_longer:
            batch.refuse_beyond("CSV")
        new = [self._cells(column) for column in added.values()]
        old = [self._cells(column) for column in batch.data.columns]
        *cells, last = [*old, *new] if batch.written is None else [batch.written, *new]
        ends = [self._end] * len(batch)
        for place, values in batch.beyond.items():
            texts = self._cells(pa.array(values.values(), _TEXT)).to_pylist()
            ends[place] = self._delimiter.join(["", *texts]) + self._end
        ended = joined(last, pa.array(ends, _TEXT) if batch.beyond else self._end)
        self._out.write(bytes_of(joined(*cells, ended, between=self._delimiter)))

    def _cells(self, column: pa.Array) -> pa.Array:
        """Values as they are written."""
        if pa.types.is_dictionary(column.type):
            return self._cells(column.dictionary).take(column.indices).fill_null("")
        text = as_text(column)
        data = bytes(text.buffers()[2] or b"")
        special = f'{self._delimiter}"\r\n'
        if any(character in data for character in special.encode()):
            quoted = joined('"', pc.replace_substring(text, '"', '""'), '"')
            is_special = pc.match_substring_regex(text, f"[{re.escape(special)}]")
            text = pc.if_else(is_special, quoted, text)
        is_empty = pc.equal(pc.binary_length(text), 0)
        if pc.any(is_empty).as_py():
            text = pc.if_else(is_empty, '""', text)
        return text.fill_null("")
