"""Texts as eight bytes in an integer, and the formats that fit them, for a million at once.

A text of up to eight bytes is a 64-bit integer, its first character lowest, filled up with 0xFF,
which no UTF-8 text contains. So a text and its integer stand for each other, length included.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from medcodes import formats

__all__ = [
    "FILL",
    "LONGEST",
    "SYSTEMS",
    "allowed",
    "by_pairs",
    "canonical",
    "common",
    "dot",
    "dotted",
    "fitting",
    "joined",
    "keys_of",
    "lengths",
    "sizes",
    "systems_of_mask",
    "text_of",
    "undotted",
    "write",
]

LONGEST = 8
"""Bytes that an integer holds; no code is longer, its dot included."""

SYSTEMS = tuple(one.system for one in formats.ALL)

FILL = 0xFF
"""The byte behind the end of a text; in no UTF-8 text."""

Keys = npt.NDArray[np.uint64]


def keys_of(texts: list[str]) -> Keys:
    """The integers of short ASCII texts.

    >>> [hex(key) for key in keys_of(["E11", "0SRB02A"])]
    ['0xffffffffff313145', '0xff41323042525330']
    """
    padded = "".join(text.ljust(LONGEST, "\0") for text in texts).encode()
    bytes_ = np.frombuffer(padded, np.uint8).copy()
    bytes_[bytes_ == 0] = FILL
    keys: Keys = bytes_.view("<u8").astype(np.uint64)
    return keys


@cache
def _spellings() -> tuple[tuple[int, tuple[str, ...], int], ...]:
    """Every spelling of a shape: the system's number, the characters allowed, the least length."""
    spellings: list[tuple[int, tuple[str, ...], int]] = []
    for number, one in enumerate(formats.ALL):
        for variant in one.variants:
            positions, shortest = tuple(variant.positions), variant.shortest
            before = spellings[-1] if spellings else None
            if before and before == (number, (*positions[:-1], before[1][-1]), shortest):
                # They differ in the last character alone.
                spellings[-1] = number, (*positions[:-1], before[1][-1] + positions[-1]), shortest
                continue
            spellings.append((number, positions, shortest))
            after = variant.dot_after
            if after is not None:
                dotted = (*positions[:after], ".", *positions[after:])
                spellings.append((number, dotted, max(shortest, after + 1) + 1))
    return tuple(spellings)


@cache
def allowed() -> npt.NDArray[np.uint32]:
    """For each position and byte, the spellings (as bits) that allow it there."""
    table = np.zeros((LONGEST, 256), np.uint32)
    for bit, (_, positions, shortest) in enumerate(_spellings()):
        for place in range(LONGEST):
            if place < len(positions):
                table[place, [ord(character) for character in positions[place]]] |= 1 << bit
            if place >= shortest:
                table[place, FILL] |= 1 << bit
    return table


def by_pairs(of_byte: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], ...]:
    """The bits that both bytes of a pair have, for each of the four pairs of an integer."""
    return tuple(
        (low & high[:, None]).ravel() for low, high in zip(of_byte[::2], of_byte[1::2], strict=True)
    )


def common(keys: Keys, of_pair: tuple[npt.NDArray[np.uint32], ...]) -> npt.NDArray[np.uint32]:
    """The bits that all pairs of bytes of each text have."""
    pair = np.bitwise_and(keys, _PAIR)
    bits: npt.NDArray[np.uint32] = of_pair[0].take(pair.view(np.int64), mode="clip")
    more = np.empty_like(bits)
    for place in range(1, LONGEST // 2):
        np.right_shift(keys, np.uint64(16 * place), out=pair)
        np.bitwise_and(pair, _PAIR, out=pair)
        bits &= of_pair[place].take(pair.view(np.int64), mode="clip", out=more)
    return bits


_PAIR = np.uint64(0xFFFF)


@cache
def _allowed_pairs() -> tuple[npt.NDArray[np.uint32], ...]:
    return by_pairs(allowed())


@cache
def _systems_of_spellings() -> npt.NDArray[np.uint8]:
    """The systems (as bits) of each set of spellings."""
    spellings = _spellings()
    table = np.zeros(1 << len(spellings), np.uint8)
    for bit, (number, _, _) in enumerate(spellings):
        table.reshape(-1, 2, 1 << bit)[:, 1] |= 1 << number
    return table


def fitting(keys: Keys) -> npt.NDArray[np.uint8]:
    """For each text, the systems that it fits: bit 0 for the first of `SYSTEMS`, and so on.

    >>> fitting(keys_of(["V2020", "45.82", "?"])).tolist()
    [22, 32, 0]
    """
    return _systems_of_spellings().take(common(keys, _allowed_pairs()))


def systems_of_mask(mask: int) -> tuple[int, ...]:
    """The numbers of the systems in a mask."""
    return tuple(number for number in range(len(SYSTEMS)) if mask >> number & 1)


def dot(compact: Keys, after: npt.NDArray[Any]) -> Keys:
    """Put a dot after so many characters of texts of at most seven."""
    shift = (after.astype(np.uint64)) * np.uint64(8)
    low = compact & ((np.uint64(1) << shift) - np.uint64(1))
    high = (compact >> shift) << (shift + np.uint64(8))
    whole: Keys = low | (np.uint64(ord(".")) << shift) | high
    return whole


@cache
def _dot_after() -> npt.NDArray[np.uint8]:
    """By a system's number and the first byte, after how many characters the dot stands, or 0."""
    table = np.zeros((len(SYSTEMS) + 1, 256), np.uint8)
    for number, one in enumerate(formats.ALL):
        for byte in range(128):
            table[number, byte] = one.dot_after(chr(byte)) or 0
    return table


def dotted(compact: Keys, number: int) -> tuple[Keys, npt.NDArray[np.intp]]:
    """The codes of a system that have a dot, with their dots, and the places of those codes."""
    after = _dot_after()[number, compact.view(np.uint8)[::LONGEST]]
    places = np.flatnonzero((after > 0) & (lengths(compact) > after))
    return dot(compact[places], after[places]), places


def undotted(keys: Keys) -> Keys:
    """Texts without their dot, of which there is at most one, and none at the end."""
    dots = keys.view(np.uint8).reshape(-1, LONGEST) == ord(".")
    after = dots.argmax(axis=1)
    shift = after.astype(np.uint64) * np.uint64(8)
    low = (np.uint64(1) << shift) - np.uint64(1)
    high = (keys >> np.uint64(8)) | (np.uint64(FILL) << np.uint64(56))
    return np.where(dots.any(axis=1), (keys & low) | (high & ~low), keys)


def lengths(keys: Keys) -> npt.NDArray[np.intp]:
    """How many characters texts have."""
    bytes_ = keys.view(np.uint8).reshape(-1, LONGEST)
    counts: npt.NDArray[np.intp] = np.count_nonzero(bytes_ != FILL, axis=1)
    return counts


def joined(keys: Keys, length: int, suffixes: Keys) -> Keys:
    """Texts of at most so many characters with suffixes, which only full ones may have."""
    low = np.uint64((1 << 8 * length) - 1)
    whole: Keys = (keys & low) | (suffixes << np.uint64(8 * length))
    return whole


def text_of(key: int) -> str:
    """The text of an integer.

    >>> [text_of(key) for key in keys_of(["E11", ""])]
    ['E11', '']
    """
    return int(key).to_bytes(LONGEST, "little").rstrip(b"\xff").decode()


def sizes(keys: Keys) -> npt.NDArray[np.int8]:
    """How many bytes ASCII texts have.

    >>> sizes(keys_of(["E11", "", "I10"])).tolist()
    [3, 0, 3]
    """
    # Of the bytes of a text the highest bit is 0, of the fill it is 1: one for each byte of a text.
    ones = ~keys
    ones >>= np.uint64(7)
    ones &= _ONES
    ones *= _ONES  # the highest byte is the sum of all
    ones >>= np.uint64(56)
    return ones.astype(np.int8)


_ONES = np.uint64(0x0101_0101_0101_0101)


def write(keys: Keys, starts: npt.NDArray[Any], data: npt.NDArray[np.uint8]) -> None:
    """Write texts one behind the other.

    Args:
        keys: the texts.
        starts: where each begins; they lie behind each other.
        data: where they are written to; it is full then.

    >>> data = np.empty(6, np.uint8)
    >>> write(keys_of(["E11", "", "I10"]), np.array([0, 3, 3]), data)
    >>> data.tobytes()
    b'E11I10'
    """
    # Each text is written with the fill behind it, which the next one writes over. So the last ones
    # are written where there is room for that.
    inside = int(np.searchsorted(starts, len(data) - LONGEST, "right"))
    if inside:
        windows = np.ndarray((len(data) - LONGEST + 1,), "<u8", data.data, 0, (1,))
        windows[starts[:inside]] = keys[:inside]
    if inside < len(keys):
        first = int(starts[inside])
        rest = np.empty(len(data) - first + LONGEST, np.uint8)
        windows = np.ndarray((len(data) - first + 1,), "<u8", rest.data, 0, (1,))
        windows[starts[inside:] - first] = keys[inside:]
        data[first:] = rest[: len(data) - first]


def canonical(keys: Keys, system: npt.NDArray[np.uint8]) -> Keys:
    """The canonical form of texts that fit their systems; of no system, the empty text."""
    bytes_ = keys.view(np.uint8).reshape(-1, LONGEST)
    after = _dot_after()[system, bytes_[:, 0]]
    rows = np.arange(len(keys))
    dotless = (after > 0) & (bytes_[rows, after] != ord("."))
    dotless &= bytes_[rows, after] != FILL  # as long as the part before the dot
    answer: Keys = keys.copy()
    answer[dotless] = dot(keys[dotless], after[dotless])
    answer[system == len(SYSTEMS)] = ~np.uint64(0)
    return answer
