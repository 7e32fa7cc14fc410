"""Undoing the typos by which codes are misspelt in data; nothing is looked up here.

What a typo leads to is weighed by a `Correction`: the more texts it may lead to, the less likely
each of them is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

LONGEST = 10
"""No text of more letters and digits is one typo away from a code, which has seven at most."""


class Correction(NamedTuple):
    """A step from a text to what was meant: its penalty, and what is said of it.

    The penalties are judgements, not measured frequencies: what leaves few texts to choose from
    (two characters exchanged, a zero lost) comes before what leaves many (any character in place of
    another). What they lead to is measured by ``python -m benchmarks suggest``.
    """

    penalty: float
    sentence: str


LOOKS_ALIKE = Correction(1.0, "{0} in place of {1}, which looks alike")
EXCHANGED = Correction(2.0, "two neighbours exchanged: {0}, not {1}")
DOUBLED = Correction(3.0, "{0} only once")
ONE_TOO_MANY = Correction(4.0, "without the {0} at character {1}")

_DIGIT_FOR_LETTER = 1.5
"""More for a digit that looks like the letter that was meant: only a letter among digits is out of
place."""
_EARLY = 0.5
"""At most, for a typo towards the front: the first characters of a code are seldom wrong."""

Details = tuple[object, ...]
"""What goes into the sentence of a correction."""

Undone = tuple[str, Correction, float, Details]
"""A text with a typo undone, the correction, its penalty, and its details."""


def position_penalty(place: int, compact: str) -> float:
    """What a typo at a place is penalised with besides: the more, the further in front it is."""
    return _EARLY * (1 - place / len(compact))


# -- numbers --------------------------------------------------------------------------------------

_WHOLE = re.compile(r"([0-9]{1,9})\.0+|([0-9]{2}),([0-9]{3})")
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]{1,7}))?E\+?0?([0-9]{1,2})")


def numbers(text: str) -> tuple[str, ...] | None:
    """What a spreadsheet may have made a number of; None for a text that is not written as one.

    >>> numbers("90837.0"), numbers("1.0E+02"), numbers("90837")
    (('90837',), ('100', '100E0', '10E1', '1E2'), None)
    """
    if whole := _WHOLE.fullmatch(text):
        return (whole[1] or whole[2] + whole[3],)
    if not (parts := _SCIENTIFIC.fullmatch(text)):
        return None
    digits = (parts[1] + (parts[2] or "")).rstrip("0")
    zeros = int(parts[3]) + 1 - len(digits)
    if not digits or not 0 <= zeros <= LONGEST:
        return ()
    # 02700E6 of ICD-10-PCS is 2.7E+09 to a spreadsheet.
    powers = (f"{digits}{'0' * (zeros - e)}E{e}" for e in range(min(zeros, 9) + 1))
    return (digits + "0" * zeros, *powers)


# -- single characters ----------------------------------------------------------------------------


def exchanged(compact: str) -> Iterator[Undone]:
    """Two neighbours the other way round."""
    for place in range(len(compact) - 1):
        first, second = compact[place], compact[place + 1]
        if first != second:
            code = f"{compact[:place]}{second}{first}{compact[place + 2 :]}"
            penalty = EXCHANGED.penalty + position_penalty(place, compact)
            yield code, EXCHANGED, penalty, (second + first, first + second)


def one_less(compact: str) -> Iterator[Undone]:
    """One character too many."""
    for place, typed in enumerate(compact):
        code = f"{compact[:place]}{compact[place + 1 :]}"
        if typed == compact[place + 1 : place + 2]:
            yield code, DOUBLED, DOUBLED.penalty, (typed,)
        else:
            yield code, ONE_TOO_MANY, ONE_TOO_MANY.penalty, (typed, place + 1)


_PAIRS = ("O0", "I1", "L1", "S5", "B8", "Z2", "G6", "Q0", "D0", "IL")
_LOOKS_LIKE = {
    character: "".join(pair.replace(character, "") for pair in _PAIRS if character in pair)
    for character in "".join(_PAIRS)
}
_MOST_LETTERS = 4
"""So many letters are taken for digits together; each more would double the work."""


def lookalikes(compact: str) -> Iterator[Undone]:
    """What looks alike: any one character, or several letters that were typed for digits."""
    places = [place for place, typed in enumerate(compact) if typed in _LOOKS_LIKE]
    letters = [place for place in places if compact[place].isalpha()]
    chosen: list[tuple[int, ...]] = [(place,) for place in places]
    if len(letters) <= _MOST_LETTERS:
        for count in range(2, len(letters) + 1):
            chosen += combinations(letters, count)
    for some in chosen:
        typed = [compact[place] for place in some]
        penalty = LOOKS_ALIKE.penalty + (len(some) - 1) / 10
        if typed[0].isdigit():
            penalty += _DIGIT_FOR_LETTER
        for meant in product(*map(_LOOKS_LIKE.__getitem__, typed)):
            characters = list(compact)
            for place, character in zip(some, meant, strict=True):
                characters[place] = character
            yield "".join(characters), LOOKS_ALIKE, penalty, (" ".join(meant), " ".join(typed))


def _adjacent_keys() -> dict[str, frozenset[str]]:
    # A row of the keyboard begins half a key to the right of the one above it.
    keyboard = _places("1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM", shift=0.5)
    pad = _places("789", "456", "123", "0")
    pairs = [
        (key, other)
        for keys in (keyboard, pad)
        for (key, (x, y)), (other, (u, v)) in product(keys.items(), repeat=2)
        if key != other and abs(x - u) <= 1 and abs(y - v) <= 1
    ]
    return {key: frozenset(other for start, other in pairs if start == key) for key in keyboard}


def _places(*rows: str, shift: float = 0.0) -> dict[str, tuple[float, int]]:
    return {key: (x + y * shift, y) for y, row in enumerate(rows) for x, key in enumerate(row)}


ADJACENT_KEYS = _adjacent_keys()
"""To each key those that touch it, on the keyboard or on its pad of digits."""
