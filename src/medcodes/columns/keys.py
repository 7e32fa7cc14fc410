"""Texts as eight bytes in an integer, for a million at once.

A text of up to eight bytes is a 64-bit integer, its first character lowest, filled up with zeros.
So a text and its integer stand for each other, but for zeros at the end of a text, which are not
read.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 8
"""Bytes that an integer holds."""

Keys = npt.NDArray[np.uint64]

_DOT = ord(".")
_DOTS = np.array([0, *(_DOT << 8 * place for place in range(1, LONGEST))], np.uint64)
_BEHIND = np.array([0, *((1 << 64) - (1 << 8 * place) for place in range(1, LONGEST))], np.uint64)
"""By the place of a dot, the dot and what stands behind it; nothing for the place 0."""
_ONES = np.uint64(0x0101_0101_0101_0101)


def keys_of(texts: list[str]) -> Keys:
    """The integers of ASCII texts of at most eight characters.

    >>> [hex(key) for key in keys_of(["E11", "0SRB02A"])]
    ['0x313145', '0x41323042525330']
    """
    keys: Keys = np.array(texts, f"S{LONGEST}").view("<u8").astype(np.uint64, copy=False)
    return keys


def text_of(key: int) -> str:
    """The text of an integer.

    >>> [text_of(key) for key in keys_of(["E11", ""])]
    ['E11', '']
    """
    return int(key).to_bytes(LONGEST, "little").rstrip(b"\0").decode()


def every(positions: tuple[str, ...]) -> Keys:
    """All texts with one of some characters at each position, in their order.

    >>> [text_of(key) for key in every(("AB", "01"))]
    ['A0', 'A1', 'B0', 'B1']
    """
    keys = np.zeros(1, np.uint64)
    for place, alphabet in enumerate(positions):
        characters = np.frombuffer(alphabet.encode(), np.uint8).astype(np.uint64)
        keys = (keys[:, None] | characters << np.uint64(8 * place)).ravel()
    return keys


def keys_of_array(texts: pa.Array) -> Keys:
    """The integers of a string or large_string array; of longer texts, that of the empty one.

    What nulls stand over is read like any text.
    """
    wide = pa.types.is_large_string(texts.type)
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.zeros(len(texts), np.uint64)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    ends = ends[texts.offset : texts.offset + len(texts) + 1]
    first, last = int(ends[0]), int(ends[-1])
    # The eight bytes before the end of a text, of which those before its beginning are shifted out.
    # They are the end of one aligned word and the beginning of the next.
    words = np.zeros((last - first) // LONGEST + 3, np.uint64)
    words.view(np.uint8)[LONGEST : LONGEST + last - first] = np.frombuffer(
        data, np.uint8, last - first, first
    )
    behind = np.subtract(ends[1:], first, dtype=np.int64)
    lengths = np.subtract(ends[1:], ends[:-1], dtype=np.int64)
    place = behind >> 3
    keys = words.take(place, mode="clip")
    above = words[1:].take(place, mode="clip")
    behind &= 7
    behind <<= 3
    bits = behind.view(np.uint64)
    keys >>= bits
    np.subtract(np.uint64(64), bits, out=bits)
    above <<= bits  # by 64 bits: nothing is left
    keys |= above
    lengths <<= 3
    np.subtract(64, lengths, out=lengths)
    keys >>= lengths.view(np.uint64)  # of longer texts, by so many bits that nothing is left
    return keys


def strings(keys: Keys) -> pa.StringArray:
    """The texts of integers; null for the empty one.

    >>> strings(keys_of(["E11", ""])).to_pylist()
    ['E11', None]
    """
    ends = np.arange(0, LONGEST * len(keys) + 1, LONGEST, dtype=np.int32)
    present = None if keys.all() else pa.array(keys != 0).buffers()[1]
    buffers = [present, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(keys, "<u8"))]
    padded = pa.Array.from_buffers(pa.string(), len(keys), buffers)
    return pc.ascii_rtrim(padded, characters="\0")


def lengths(keys: Keys) -> npt.NDArray[np.int64]:
    """How many characters ASCII texts have.

    >>> lengths(keys_of(["E11", "", "I10"])).tolist()
    [3, 0, 3]
    """
    # To each byte that is not 0, what makes its highest bit 1: one for each character.
    ones = keys + _ONES * np.uint64(0x7F)
    ones >>= np.uint64(7)
    ones &= _ONES
    ones *= _ONES  # the highest byte is the sum of all
    ones >>= np.uint64(56)
    counts: npt.NDArray[np.int64] = ones.view(np.int64)
    return counts


def distinct(keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first place of each of the distinct integers, and for each integer the number of its own.

    >>> first, number = distinct(keys_of(["I10", "E11", "I10"]))
    >>> first[number].tolist()
    [0, 1, 0]
    """
    # NumPy sorts integers of 16 bits by counting them: four such sorts take less time than one.
    order = np.lexsort(keys.view(np.uint16).reshape(-1, 4).T)
    ranked = keys[order]
    differs = np.ones(len(keys), np.bool_)
    differs[1:] = ranked[1:] != ranked[:-1]
    numbers = np.empty(len(keys), np.int64)
    numbers[order] = np.cumsum(differs) - 1
    return order[differs], numbers


def dotted(keys: Keys, after: npt.NDArray[np.uint8]) -> Keys:
    """Texts with a dot after so many characters, where that is above 0 and more follow.

    A text that has it already stays as it is.

    >>> after = np.array([3, 3, 0], np.uint8)
    >>> [text_of(key) for key in dotted(keys_of(["E119", "E11.9", "99213"]), after)]
    ['E11.9', 'E11.9', '99213']
    """
    shift = after.astype(np.uint64)
    shift <<= np.uint64(3)
    next_ = (keys >> shift).astype(np.uint8)
    # Where a dot is put in, what stands behind it moves by a byte; elsewhere nothing is added.
    place = np.where((next_ > 0) & (next_ != _DOT), after, 0)
    added = _BEHIND.take(place, mode="clip")
    added &= keys
    added *= np.uint64(0xFF)
    added += _DOTS.take(place, mode="clip")
    added += keys
    return added


def undotted(keys: Keys) -> Keys:
    """Texts without their first dot.

    >>> [text_of(key) for key in undotted(keys_of(["E11.9", "E119"]))]
    ['E119', 'E119']
    """
    dots = keys.view(np.uint8).reshape(-1, LONGEST) == ord(".")
    shift = dots.argmax(axis=1).astype(np.uint64) << np.uint64(3)
    below = keys & ((np.uint64(1) << shift) - np.uint64(1))
    above = (keys >> shift >> np.uint64(8)) << shift
    return np.where(dots.any(axis=1), below | above, keys)
