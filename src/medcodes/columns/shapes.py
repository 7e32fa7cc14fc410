"""Which formats texts fit, for a million at once.

Each way to write a code of a format, with its dot or without, is a spelling, and a bit. A byte at a
place speaks for some spellings; the bits that all eight bytes of a text have in common are those of
the spellings that it fits. The lengths of texts have bits as well, so that nothing follows an end.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from medcodes.columns.keys import LONGEST, Keys
from medcodes.formats import Formats

_MOST_BITS = 64
_PAIR = np.uint64(0xFFFF)
_LENGTHS = np.uint64((1 << LONGEST + 1) - 1)
"""The lowest bits: those of the lengths."""

Bits = npt.NDArray[np.uint64]


class Shapes:
    """The sets of formats that a text may fit, numbered.

    Attributes:
        fits: number of a set and number of a format to whether it is in the set.
        fits_none: number of a set to whether there is no format in it.
        dot_after: number of a format and first byte of a text to after how many characters its dot
            stands; 0 for nowhere. Behind the formats, a row for none of them.
        can_tell: whether the texts of all formats have at most eight bytes, and few spellings.
    """

    def __init__(self, formats: Formats) -> None:
        spellings = list(_spellings(formats))
        self.can_tell = formats.longest <= LONGEST and len(spellings) + LONGEST < _MOST_BITS
        of_byte = _bits_of_bytes(spellings[: _MOST_BITS - LONGEST - 1])
        self._of_pair = tuple(
            (low & high[:, None]).ravel()
            for low, high in zip(of_byte[::2], of_byte[1::2], strict=True)
        )
        self._sets = _reachable(of_byte)
        self.fits = _formats_of(self._sets, spellings, len(formats.all))
        self.fits_none = np.logical_not(self.fits.any(axis=1))
        self.dot_after = np.zeros((len(formats.all) + 1, 256), np.uint8)
        for number, shape in enumerate(formats.all):
            self.dot_after[number, :128] = [shape.dot_after(chr(byte)) or 0 for byte in range(128)]

    def __len__(self) -> int:
        return len(self._sets)

    def of(self, keys: Keys) -> npt.NDArray[np.int64]:
        """The number of the set of formats that each text fits; 0 for none.

        >>> from medcodes import formats
        >>> from medcodes.columns.keys import keys_of
        >>> shapes = Shapes(formats.KNOWN)
        >>> [shapes.fits[number].nonzero()[0].tolist() for number in shapes.of(keys_of(["V2020"]))]
        [[1, 2, 4]]
        """
        bits = self._of_pair[0].take((keys & _PAIR).view(np.int64), mode="clip")
        for place in range(1, LONGEST // 2):
            pair = keys >> np.uint64(16 * place)
            pair &= _PAIR
            bits &= self._of_pair[place].take(pair.view(np.int64), mode="clip")
        numbers = np.zeros(len(keys), np.int64)
        some = np.flatnonzero(bits > _LENGTHS)
        numbers[some] = np.searchsorted(self._sets, bits[some])
        return numbers


Spelling = tuple[int, tuple[str, ...], int]
"""The number of a format, the characters allowed at each position, and the least length."""


def _spellings(formats: Formats) -> Iterator[Spelling]:
    for number, shape in enumerate(formats.all):
        for variant in shape.variants:
            positions, shortest, after = variant.positions, variant.shortest, variant.dot_after
            yield number, positions, shortest
            if after is not None:
                dotted = (*positions[:after], ".", *positions[after:])
                yield number, dotted, max(shortest, after + 1) + 1


def _bits_of_bytes(spellings: list[Spelling]) -> Bits:
    """For each place and byte, the bits of what it speaks for: first the lengths from 0 on."""
    table = np.zeros((LONGEST, 256), np.uint64)
    for place in range(LONGEST):
        for length in range(LONGEST + 1):
            here = slice(1, None) if place < length else slice(1)
            table[place, here] |= np.uint64(1 << length)
        for bit, (_, positions, shortest) in enumerate(spellings, LONGEST + 1):
            alphabet = positions[place] if place < len(positions) else ""
            end = "\0" if place >= shortest else ""
            table[place, list((alphabet + end).encode())] |= np.uint64(1 << bit)
    return table


def _reachable(of_byte: Bits) -> Bits:
    """The sets of bits that texts have, sorted."""
    sets = {(1 << _MOST_BITS) - 1}
    for place in range(LONGEST):
        alternatives = np.unique(of_byte[place]).tolist()
        sets = {bits & others for bits in sets for others in alternatives}
    # Those without a format are one: the first.
    return np.array([0, *sorted(bits for bits in sets if bits > int(_LENGTHS))], np.uint64)


def _formats_of(sets: Bits, spellings: list[Spelling], count: int) -> npt.NDArray[np.bool_]:
    fits = np.zeros((len(sets), count), np.bool_)
    has_length = sets & _LENGTHS > 0
    for bit, (number, _, _) in enumerate(spellings[: _MOST_BITS - LONGEST - 1], LONGEST + 1):
        fits[:, number] |= has_length & (sets & np.uint64(1 << bit) > 0)
    return fits
