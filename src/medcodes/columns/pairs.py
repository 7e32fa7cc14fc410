"""What a text may be, told by its first eight bytes, two at a time.

Every pair of bytes has bits, each for something that a text may be; a bit is missing where the pair
speaks against it. So the bits that all four pairs have in common say what the text may be. Most
garbage has none that matter, and only the rest is looked at more closely by `dirt`.
"""

from __future__ import annotations

import string
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from medcodes import names
from medcodes.columns import shapes
from medcodes.columns.shapes import FILL, Keys

__all__ = [
    "BETWEEN",
    "BLANKS",
    "DRAWN",
    "FITTING",
    "INSIDE",
    "LAST_LETTER",
    "OPENING",
    "PLAIN",
    "begins_a_name",
    "class_of_byte",
    "hints",
    "may_be_read",
]

BLANKS = b"\0\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "
OPENING = b"\"'`" + BLANKS
BETWEEN = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :|,-"
"""What may stand between a prefix, a code and its modifiers."""
DRAWN = b"\xc2\xe0\xe1\xe2\xe3\xef"
"""The first bytes of characters that may be drawn after ASCII, or are blank, or invisible."""

_DIGITS = string.digits.encode()
_ALPHANUMERIC = string.ascii_letters.encode() + _DIGITS

FITTING = (1 << 16) - 1
"""The spellings of codes that fit, in either case; of a short text they are the whole truth."""
PLAIN = 1 << 16
"""Letters and digits alone."""
_OPEN = 1 << 17
"""Something stands in front that may be taken off."""
_PROCEDURE = 1 << 18
"""A procedure code, and what stands before a modifier."""
_DOT_BEHIND = 1 << 19
"""Three characters and blanks, which a dot may follow."""
_PARTED = 1 << 20
"""Letters, digits, dots, blanks and hyphens alone."""
_WORDS = 1 << 21
"""Without a digit in front, and without a dot."""
_AS_DRAWN = 1 << 22
"""Without characters that may be drawn after others."""
_NAME_BIT = 24
_NAME_GROUPS = 8
_NAMES = (1 << 32) - (1 << _NAME_BIT)
"""A name, in one group or another: a pair of one name and one of another seldom make a name."""

Hints = npt.NDArray[np.uint32]


def hints(keys: Keys) -> Hints:
    """What texts may be, told by their first bytes."""
    return shapes.common(keys, _bits_of_pairs())


def may_be_read(hints: Hints) -> npt.NDArray[np.bool_]:
    """Which texts may be more than their first bytes, if nothing is to be taken off their ends."""
    may: npt.NDArray[np.bool_] = hints & (_OPEN | _PROCEDURE | _DOT_BEHIND | _NAMES) > 0
    may |= hints & (_PARTED | _WORDS | PLAIN) == _PARTED
    may |= hints & _AS_DRAWN == 0
    return may


@cache
def _bits_of_pairs() -> tuple[Hints, ...]:
    bits = _bits_of_bytes()
    first, second, third, fourth = shapes.by_pairs(bits)
    begins, behind = _name_groups()
    of_byte = class_of_byte()
    low, high = of_byte, of_byte[:, None]
    return (
        first & ~np.uint32(_NAMES) | begins[low, high].ravel(),
        second & ~np.uint32(_NAMES) | behind[low, high].ravel(),
        third,
        fourth,
    )


def _bits_of_bytes() -> Hints:
    """The bits of bytes at each of the eight places, but for names."""
    upper = list(bytes(range(256)).upper())
    bits: Hints = shapes.allowed()[:, upper] | np.uint32(_NAMES)

    def allow(bit: int, where: slice, bytes_: bytes | list[int]) -> None:
        bits[where, list(bytes_)] |= np.uint32(bit)

    everything, anywhere = list(range(256)), slice(None)
    allow(PLAIN, anywhere, [*_ALPHANUMERIC, FILL])
    allow(_OPEN, slice(1), OPENING + BETWEEN + b"=_.")
    allow(_OPEN, slice(1, None), everything)
    allow(_PROCEDURE, slice(1), _ALPHANUMERIC)
    allow(_PROCEDURE, slice(1, 4), _DIGITS)
    allow(_PROCEDURE, slice(5, 6), BETWEEN)
    for place in (4, 6, 7):
        allow(_PROCEDURE, slice(place, place + 1), everything)
    allow(_DOT_BEHIND, slice(3), _ALPHANUMERIC)
    allow(_DOT_BEHIND, slice(3, None), BLANKS)
    allow(_PARTED, anywhere, [*_ALPHANUMERIC, *b". -_", FILL])
    without = set(everything) - {ord(".")}
    allow(_WORDS, slice(4), sorted(without - set(_DIGITS)))
    allow(_WORDS, slice(4, None), sorted(without))
    allow(_AS_DRAWN, anywhere, sorted(set(everything) - set(DRAWN)))
    # Other characters than ASCII, the later bytes of which matter as little as their first does.
    foreign = sorted(set(range(0x80, FILL)) - set(DRAWN))
    bits[:, foreign] &= np.uint32(_AS_DRAWN)
    bits[1:, 0x80:0xC0] |= np.uint32(_AS_DRAWN)
    return bits


# -- names ----------------------------------------------------------------------------------------

_CLASSES = "?: abcdefghijklmnopqrstuvwxyz0123456789"
"""What names are made of, beside what no name has, what ends one, and what may stand inside."""
_END, INSIDE, LAST_LETTER = map(_CLASSES.index, ": z")


@cache
def class_of_byte() -> npt.NDArray[np.uint8]:
    """The class of each byte in names."""
    table = np.zeros(256, np.uint8)
    for number, character in enumerate(_CLASSES):
        table[[ord(character), ord(character.upper())]] = number
    table[ord("?")] = 0
    table[list(b":|")] = _END
    table[list(b"-_." + BLANKS)] = INSIDE
    return table


@cache
def begins_a_name(shortest: int, *, ours: bool) -> npt.NDArray[np.bool_]:
    """By the classes of four bytes, whether a text may begin with the name of a system.

    With one that has at least so many characters, punctuation aside; one of ours, or any.
    """
    table = np.zeros((len(_CLASSES),) * 4, np.bool_)
    of_byte = class_of_byte()
    digits = of_byte[list(_DIGITS)].tolist()

    def spell(name: str, *classes: list[int]) -> None:
        if len(classes) == 4:
            table[np.ix_(*classes)] = True
        elif name:
            spell(name[1:], *classes, digits if name[0] == "#" else [int(of_byte[ord(name[0])])])
            if classes:  # before the first character, punctuation is taken off
                spell(name, *classes, [INSIDE])
        else:
            behind = [list(range(len(_CLASSES)))] * (3 - len(classes))
            table[np.ix_(*classes, [_END, INSIDE], *behind)] = True

    for name in names.spellings():
        if ours and names.foreign(name) and not names.resolve(name):
            continue
        for whole in (name, name.replace("#", "##")):
            if len(whole) >= shortest:
                spell(whole)
    return table


def _name_groups() -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """By the classes of two bytes, the groups of names (as bits) that they begin, or go on."""
    tables = np.zeros((2, len(_CLASSES), len(_CLASSES)), np.uint32)
    found = np.argwhere(begins_a_name(1, ours=True))
    _, number = np.unique(found[:, :2], axis=0, return_inverse=True)
    group = np.left_shift(
        np.uint32(1), (_NAME_BIT + number.ravel() % _NAME_GROUPS).astype(np.uint32)
    )
    for table, columns in zip(tables, (found[:, :2], found[:, 2:]), strict=True):
        np.bitwise_or.at(table, tuple(columns.T), group)
    return tables[0], tables[1]
