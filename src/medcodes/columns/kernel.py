"""From the raw bytes of an Arrow column to the number of each value's answer, chunk by chunk.

No Python object is made for a value. A value of up to eight bytes is read as one integer straight
from the buffer and looked up among the entries; one that is no entry is judged by the formats that
it fits. What is longer, or has a character that no code has, is left to the classifier, which reads
each distinct text once.

Numbers of answers: slots of the entries first, then the masks of fitting systems, then one number
for all that is left unread.
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
from medcodes.columns.entries import SLOTS, entries
from medcodes.columns.shapes import FILL, LONGEST, SYSTEMS, Keys

__all__ = ["CHUNK", "FIRST_MASK", "UNREAD", "Texts", "each", "number", "read"]

FIRST_MASK = SLOTS
UNREAD = FIRST_MASK + (1 << len(SYSTEMS))

CHUNK = 1 << 15
"""Values at a time: what is computed of them stays in the processor's cache."""

Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
Result = TypeVar("Result")
Emit = Callable[[slice, Numbers, Keys], None]


@cache
def _fill() -> Keys:
    """By the length of a text, the bits that do not belong to it; all for one that is too long."""
    kept = [(1 << 8 * length) - 1 for length in range(LONGEST + 1)]
    fill: Keys = ~np.array([*kept, 0], np.uint64)
    return fill


def read(column: pa.Array, emit: Emit) -> npt.NDArray[np.int64]:
    """Number the values of a string or large_string array.

    Args:
        column: the array; nulls get any number.
        emit: is given each chunk as soon as it is numbered: its place, its numbers, and the
            texts as integers. Called from several threads.

    Returns:
        The places of the values that are left unread.
    """
    texts = Texts.of(column)

    def work(first: int) -> npt.NDArray[np.int64]:
        part = slice(first, min(first + CHUNK, len(column)))
        keys, lengths = texts.keys(part)
        numbers, unread = _numbers(texts, first, keys, lengths)
        emit(part, numbers, keys)
        return unread + first

    entries()  # before the threads, so that they do not build it side by side
    return np.concatenate([np.empty(0, np.int64), *each(work, range(0, len(column), CHUNK))])


def each(work: Callable[[int], Result], parts: Sequence[int]) -> list[Result]:
    """What the work makes of each part, on all cores."""
    workers = min(_cores(), len(parts))
    if workers <= 1:
        return list(map(work, parts))
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, parts))


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
    """

    ends: npt.NDArray[Any]
    data: npt.NDArray[np.uint8]
    windows: Keys
    tail: Keys

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
        windows = _windows(bytes_)
        last = np.full(2 * LONGEST - 1, FILL, np.uint8)
        rest = bytes_[len(windows) :]
        last[: len(rest)] = rest
        return cls(ends, bytes_, windows, _windows(last))

    def keys(self, part: slice) -> tuple[Keys, npt.NDArray[Any]]:
        """The integers of values, and their lengths; of a long one, that of the empty text."""
        ends = self.ends[part.start : part.stop + 1]
        starts, lengths = ends[:-1], np.diff(ends)
        # Starts never fall, so the last of them are those that the tail has.
        inside = int(np.searchsorted(starts, len(self.windows), "left"))
        keys = np.empty(len(starts), np.uint64)
        keys[:inside] = self.windows[starts[:inside]]
        keys[inside:] = self.tail[starts[inside:] - len(self.windows)]
        keys |= _fill().take(lengths, mode="clip")
        return keys, lengths

    def at(self, starts: Places, lengths: npt.NDArray[Any]) -> Keys:
        """The integers of texts anywhere, of long ones that of their first characters."""
        keys = np.empty(len(starts), np.uint64)
        inside = starts < len(self.windows)
        keys[inside] = self.windows[starts[inside]]
        keys[~inside] = self.tail[starts[~inside] - len(self.windows)]
        keys |= _fill()[:-1].take(lengths, mode="clip")
        return keys


def _windows(data: npt.NDArray[np.uint8]) -> Keys:
    count = max(len(data) - LONGEST + 1, 0)
    windows: Keys = np.ndarray(
        (count,), "<u8", data.data if count else None, 0, (1,) if count else None
    )
    return windows


def number(keys: Keys) -> Numbers:
    """The number of each short text."""
    numbers, missed = entries().find(keys)
    numbers[missed] = FIRST_MASK + shapes.fitting(keys[missed]).astype(np.int64)
    return numbers


def _numbers(
    texts: Texts, first: int, keys: Keys, lengths: npt.NDArray[Any]
) -> tuple[Numbers, Places]:
    """The number of each text, and the places of those that only the classifier can read.

    Texts that had to be repaired are repaired in `keys` too.
    """
    numbers, missed = entries().find(keys)
    if not len(missed):
        return numbers, missed
    starts = texts.ends[first + missed]
    cleaned, left = dirt.clean(texts, starts, lengths[missed], keys[missed])
    found = np.full(len(missed), FIRST_MASK, np.int64)
    something = np.flatnonzero(cleaned != ~np.uint64(0))
    found[something] = number(cleaned[something])
    found[left] = UNREAD
    keys[missed], numbers[missed] = cleaned, found
    return numbers, missed[left]
