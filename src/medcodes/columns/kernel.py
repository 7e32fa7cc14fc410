"""From the raw bytes of an Arrow column to the number of each value's answer, chunk by chunk.

No Python object is made for a value. A value of up to eight bytes is read as one integer straight
from the buffer and looked up among the entries; one that is no entry is judged by the formats that
it fits. What is longer, or has a character that no code has, is left to the classifier, which reads
each distinct text once.

While NumPy computes, threads do not wait for each other; between two of its calls they do. So a
thread makes few calls, each for many values, in memory that it took once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns import dirt, shapes
from medcodes.columns.entries import Room
from medcodes.columns.shapes import FILL, LONGEST, Keys
from medcodes.columns.tables import Tables

__all__ = ["CHUNK", "Chunk", "Texts", "each", "number", "parts_of", "read"]

CHUNK = 1 << 16
"""Values at a time: what is computed of them stays near the processor, and calls are few.

A multiple of eight, so that the bits of each chunk begin with a byte of their own.
"""

_SHORT = 1 << 16
"""Bytes of values that are copied."""
_PADDING = np.full(LONGEST, FILL, np.uint8)
_NO_KEYS = np.empty(0, np.uint64)

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Part = TypeVar("Part")
Result = TypeVar("Result")


@attrs.frozen(eq=False)
class Chunk:
    """Some values that are numbered.

    Attributes:
        part: which values of the column.
        numbers: of their answers.
        slots: of the entries among them.
        keys: the texts as integers; repaired, where they had to be.
        strangers: whether some of them are no entries as they stand.
    """

    part: slice
    numbers: Numbers
    slots: Rows
    keys: Keys
    strangers: bool


@cache
def _fill() -> Keys:
    """By the length of a text, the bits that do not belong to it."""
    fill: Keys = ~np.array([(1 << 8 * length) - 1 for length in range(LONGEST + 1)], np.uint64)
    return fill


def read(column: pa.Array, tables: Tables, emit: Callable[[Chunk], None]) -> Rows:
    """Number the values of a string or large_string array.

    Args:
        column: the array; nulls get any number.
        tables: what is known of the reference.
        emit: is given each chunk as soon as it is numbered, and must be done with it when it
            returns. Called from several threads.

    Returns:
        The places of the values that are left unread.
    """
    texts = Texts.of(column)
    entries = tables.entries  # before the threads, so that they do not build it side by side

    def begin() -> Callable[[slice], Rows]:
        room = Room(min(CHUNK, len(column)))

        def work(part: slice) -> Rows:
            keys, lengths = texts.keys(part, room)
            long = lengths > LONGEST if lengths.max() > LONGEST else None
            numbers, slots, missed = entries.find(keys, room, but_not=long)
            left = missed
            if len(missed):
                starts = texts.ends[part.start : part.stop].take(missed)
                read = dirt.clean(texts, starts, lengths.take(missed), keys.take(missed))
                numbers[missed] = tables.first_mask
                rows = missed.take(read.places)
                keys[rows] = read.keys
                numbers[rows], slots[rows] = number(read.keys, tables)
                left = missed.take(read.left)
                numbers[left] = tables.unread
            emit(Chunk(part, numbers, slots, keys, len(missed) > 0))
            unread: Rows = left + part.start
            return unread

        return work

    unread = each(parts_of(len(column)), begin)
    return unread[0] if len(unread) == 1 else np.concatenate([np.empty(0, np.int64), *unread])


def parts_of(count: int) -> list[slice]:
    """So many values in chunks."""
    return [slice(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]


def each(parts: Sequence[Part], begin: Callable[[], Callable[[Part], Result]]) -> list[Result]:
    """What is made of each part, on all cores; `begin` gives a thread the work that it does."""
    others = min(_cores(), len(parts) // 2) - 1  # starting a thread takes as long as some parts
    if others <= 0:
        return list(map(begin(), parts))
    waiting = iter(list(enumerate(parts)))
    done: dict[int, Result] = {}

    def run() -> None:
        work = begin()
        for place, part in waiting:  # whoever comes first
            done[place] = work(part)

    with ThreadPoolExecutor(others) as pool:
        running = [pool.submit(run) for _ in range(others)]
        run()
    for one in running:
        one.result()
    return [done[place] for place in range(len(parts))]


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - not on Linux


@attrs.frozen(eq=False)
class Texts:
    """The values of an array as they lie in its buffers.

    Attributes:
        ends: where each value ends; before them, where the first begins.
        data: the bytes.
        windows: the eight bytes from every place on, as integers; nothing is copied.
        tail: the same for the last places, which have fewer bytes behind them.
        words: the bytes as integers of eight each; none, if they do not lie as integers must.
    """

    ends: npt.NDArray[Any]
    data: npt.NDArray[np.uint8]
    windows: Keys
    tail: Keys
    words: Keys

    @classmethod
    def of(cls, column: pa.Array) -> Texts:
        """The values of a string or large_string array."""
        wide = pa.types.is_large_string(column.type)
        _, offsets, data = column.buffers()
        ends = np.zeros(1, np.int32)
        if len(column):
            ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
            ends = ends[column.offset : column.offset + len(column) + 1]
        bytes_ = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
        if len(bytes_) <= _SHORT:
            # Few bytes are copied, with the fill behind them, rather than looked at in two parts.
            padded = np.concatenate([bytes_, _PADDING])
            return cls(ends, bytes_, _windows(padded), _NO_KEYS, _words(padded))
        windows = _windows(bytes_)
        last = np.concatenate([bytes_[len(windows) :], _PADDING])
        return cls(ends, bytes_, windows, _windows(last), _words(bytes_))

    def keys(self, part: slice, room: Room) -> tuple[Keys, npt.NDArray[np.int64]]:
        """The integers of values, of long ones that of their first characters, and their lengths.

        The lengths lie in the room until that is used again.
        """
        ends = self.ends[part.start : part.stop + 1]
        count = len(ends) - 1
        starts, lengths = room.starts[:count], room.lengths[:count]
        np.copyto(starts, ends[:-1])
        np.subtract(ends[1:], ends[:-1], out=lengths)
        if starts[-1] < LONGEST * (len(self.words) - 1):
            keys = self._between_words(starts, room)
        elif starts[-1] < len(self.windows):
            keys = self.windows[starts]
        else:
            # Starts never fall, so the last of them are those that the tail has.
            inside = int(np.searchsorted(starts, len(self.windows), "left"))
            keys = np.empty(count, np.uint64)
            keys[:inside] = self.windows[starts[:inside]]
            keys[inside:] = self.tail[starts[inside:] - len(self.windows)]
        np.bitwise_or(keys, _fill().take(lengths, mode="clip", out=room.fill[:count]), out=keys)
        return keys, lengths

    def _between_words(self, starts: Rows, room: Room) -> Keys:
        """The eight bytes from each place on: the end of one word and the beginning of the next.

        As `windows` has them, but two looks at aligned words take less time than one at others.
        """
        count = len(starts)
        words = np.right_shift(starts, 3, out=room.words[:count])
        low = self.words.take(words, mode="clip", out=room.keys[:count])
        high = self.words[1:].take(words, mode="clip", out=room.fill[:count])
        bits = np.left_shift(starts.view(np.uint64), np.uint64(3), out=room.buckets[:count])
        np.bitwise_and(bits, np.uint64(63), out=bits)
        np.right_shift(low, bits, out=low)
        np.subtract(np.uint64(64), bits, out=bits)
        np.left_shift(high, bits, out=high)  # by 64 bits: nothing is left
        return np.bitwise_or(low, high, out=low)

    def at(self, starts: Rows, lengths: npt.NDArray[Any]) -> Keys:
        """The integers of texts anywhere, of long ones that of their first characters."""
        keys = np.empty(len(starts), np.uint64)
        inside = starts < len(self.windows)
        keys[inside] = self.windows[starts[inside]]
        keys[~inside] = self.tail[starts[~inside] - len(self.windows)]
        keys |= _fill().take(lengths, mode="clip")
        return keys


def _windows(data: npt.NDArray[np.uint8]) -> Keys:
    count = max(len(data) - LONGEST + 1, 0)
    windows: Keys = np.ndarray(
        (count,), "<u8", data.data if count else None, 0, (1,) if count else None
    )
    return windows


def _words(data: npt.NDArray[np.uint8]) -> Keys:
    words = data[: len(data) // LONGEST * LONGEST].view("<u8")
    return words if words.flags.aligned else _NO_KEYS


def number(keys: Keys, tables: Tables) -> tuple[Numbers, Rows]:
    """The number and the slot of each short text; the slot of what is no entry means nothing."""
    numbers, slots, missed = tables.entries.find(keys)
    numbers[missed] = tables.first_mask + shapes.fitting(keys[missed]).astype(np.int64)
    return numbers, slots
