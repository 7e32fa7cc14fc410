"""Text files by their lines, block by block, with every byte of a line where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from medcodes.cli.files import Source
from medcodes.cli.trouble import Trouble

__all__ = ["BLOCK", "NOTHING", "Lines", "by_newline", "by_record", "is_closed", "lines"]

BLOCK = 1 << 22
"""Bytes at a time."""
LONGEST = 1 << 26
"""Bytes of the longest line: one quote that is never closed would fetch the whole file."""

Places = npt.NDArray[np.int64]
Cut = Callable[[bytes], Places]
"""The places of the line feeds that end a line."""

_LF, _CR, _QUOTE = b'\n\r"'
NOTHING = pa.scalar(b"", pa.large_binary())
_ENDS = pa.array([b"", b"\n", b"\r\n"], pa.large_binary())


@attrs.frozen(eq=False)
class Lines:
    """Whole lines.

    Attributes:
        data: the bytes of all of them.
        starts, ends, stops: where each begins, where its text ends, and where the next begins.
        first: the number of the first line in the file, counted from 1.
    """

    data: bytes
    starts: Places
    ends: Places
    stops: Places
    first: int

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def filled(self) -> Places:
        """The places of the lines that are not empty."""
        return np.flatnonzero(self.ends > self.starts)

    def after(self, count: int, skip: int = 0) -> Lines:
        """The lines after the first ones; of these, the first bytes are passed over."""
        start = skip + (int(self.stops[count - 1]) if count else 0)
        starts, ends, stops = (
            np.maximum(one[count:] - start, 0) for one in (self.starts, self.ends, self.stops)
        )
        return Lines(self.data[start:], starts, ends, stops, self.first + count)

    def texts(self, places: Places) -> pa.Array:
        """The bytes of lines, without what ends them."""
        offsets = np.empty(2 * len(self) + 1, np.int64)
        offsets[0:-1:2], offsets[1::2], offsets[-1] = self.starts, self.ends, len(self.data)
        buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(self.data)]
        pieces = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 2 * len(self), buffers)
        return pieces.take(pa.array(2 * places))

    def endings(self, places: Places) -> pa.Array:
        """What ends each line."""
        return _ENDS.take(pa.array((self.stops - self.ends)[places]))

    def replaced(self, places: Places, by: pa.Array) -> Any:
        """The bytes of all lines, some of them replaced."""
        if len(places) < len(self):
            rest = np.setdiff1d(np.arange(len(self)), places)
            kept = pc.binary_join_element_wise(self.texts(rest), self.endings(rest), NOTHING)
            order = np.argsort(np.concatenate([places, rest]), kind="stable")
            by = pa.concat_arrays([by, kept]).take(pa.array(order))
        _, offsets, data = by.buffers()
        ends = np.frombuffer(offsets, np.int64)[by.offset : by.offset + len(by) + 1]
        return memoryview(data or b"")[ends[0] : ends[-1]]

    def numbers(self, places: Places) -> Places:
        """The numbers of lines in the file."""
        numbers: Places = places + self.first
        return numbers


def lines(source: Source, cut: Cut, block: int = BLOCK) -> Iterator[Lines]:
    """The lines of a file.

    Raises:
        Trouble: a line that is too long.
    """
    rest, first, wanted = b"", 1, block
    while True:
        more = source.read(wanted)
        data = rest + more
        if len(more) < wanted:
            if data:
                yield _lines(data, cut(data), first, last=True)
            return
        newlines = cut(data)
        if not len(newlines):
            if len(data) > LONGEST:
                raise Trouble(
                    f"{source.name}, row {first}: is longer than {LONGEST >> 20} MB; "
                    "is there a quote that is never closed?"
                )
            # Twice as much each time, so that no byte is looked at often.
            rest, wanted = data, len(data)
            continue
        whole = int(newlines[-1]) + 1
        found = _lines(data[:whole], newlines, first, last=False)
        first += len(found)
        rest, wanted = data[whole:], block
        yield found


def _lines(data: bytes, newlines: Places, first: int, *, last: bool) -> Lines:
    bytes_ = np.frombuffer(data, np.uint8)
    stops, ends = newlines + 1, newlines
    if last and (not len(newlines) or stops[-1] < len(data)):
        stops, ends = np.append(stops, len(data)), np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1]])
    returns = (ends > starts) & (stops > ends) & (bytes_[ends - 1] == _CR)
    return Lines(data, starts, ends - returns, stops, first)


def by_newline(data: bytes) -> Places:
    """Every line feed ends a line."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == _LF)


def _records(delimiter: str) -> bytes:
    """The pattern of a record of CSV."""
    between = b"\\x%02x" % ord(delimiter)
    other = rb"[^%b\r\n]*+" % between
    field = rb'(?:"(?:[^"]|"")*+"%b|(?!")%b)' % (other, other)
    return rb"%b(?:%b%b)*+" % (field, between, field)


def is_closed(record: bytes, delimiter: str) -> bool:
    """Whether every quoted value of a record has its second quote."""
    return b'"' not in record or bool(regex.fullmatch(_records(delimiter), record))


def by_record(delimiter: str) -> Cut:
    """A line feed ends a line unless it is quoted, as in CSV."""
    before = np.array([ord(delimiter), _LF, _CR, _QUOTE], np.uint8)
    record = regex.compile(rb"%b\r?(\n)" % _records(delimiter))

    def cut(data: bytes) -> Places:
        newlines = by_newline(data)
        if b'"' not in data:
            return newlines
        bytes_ = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(bytes_ == _QUOTE)
        openings = quotes[::2]
        if not np.isin(bytes_[openings[openings > 0] - 1], before).all():
            # A quote inside of a value that is not quoted is a character like any other.
            return _ends_of(record, data)
        outside: Places = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        return outside

    return cut


def _ends_of(record: regex.Pattern[bytes], data: bytes) -> Places:
    ends, at = [], 0
    while found := record.match(data, at):
        ends.append(found.start(1))
        at = found.end()
    return np.array(ends, np.int64)
