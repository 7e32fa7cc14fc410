"""Where codes are filed, before it is asked what those places are called.

Codes of a system are filed at one place if they are below the same listed heading, or, where there
is none, in the same stretch between ends of ranges. So they have the same narrowest category: the
last of `lookup.categories.categories`. Names of places are read only when somebody wants them.
"""

from __future__ import annotations

from datetime import date

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import spans
from medcodes.columns.keys import LONGEST, Keys, lengths, text_of
from medcodes.entries import Category
from medcodes.lookup.categories import categories, titled
from medcodes.reference import Reference
from medcodes.systems import CodeSystem

NO_PLACE = -1
_HEAD = np.uint64(0xFF_FF_FF)

Places = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Filing:
    """The places of a system.

    Attributes:
        system: the system.
        codes: its codes; the number of one is that of the place below it.
        ranks: of each code, how many before it have the same first three characters.
        places: of each code, the number of the place where it is filed itself.
        examples: a code at each of the other places, whose numbers follow.
    """

    system: CodeSystem
    codes: Keys
    ranks: Places
    places: npt.NDArray[np.int32]
    examples: Keys

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.codes) + len(self.examples)

    def category(self, place: int, reference: Reference, on: date) -> Category | None:
        """The narrowest category of a place on a day; None where codes are filed nowhere."""
        while place < len(self.codes):
            code = text_of(self.codes[place])
            title = reference.revisions(self.system.id).title(code, on)
            if title is None:
                title = reference.titles(self.system.id).at(code[:3], self.ranks[place])
            heading = titled(self.system, code, title or None)
            if heading is not None:
                return heading
            place = self.places[place]
        example = text_of(self.examples[place - len(self.codes)])
        path = categories(self.system.id, example, reference, on)
        return path[-1] if path else None


def of(
    system: CodeSystem, codes: Keys, listed: npt.NDArray[np.bool_], reference: Reference
) -> Filing:
    """The places of codes without dots.

    Args:
        system: a code system.
        codes: all that may be filed in it.
        listed: which of them are listed.
        reference: the tables that say so.
    """
    places = np.full(len(codes), NO_PLACE, np.int32)
    if system.traits.prefix_headings:
        order = np.argsort(codes.byteswap(), kind="stable")
        above = _headings(codes[order], listed[order], system.traits.category_length)
        places[order] = np.where(above == NO_PLACE, NO_PLACE, order[above])
    alone = np.flatnonzero(places == NO_PLACE)
    first, stretch = spans.stretches(reference.ranges(system.id), codes[alone])
    places[alone] = len(codes) + stretch
    return Filing(system, codes, _ranks(codes), places, codes[alone[first]])


def _ranks(codes: Keys) -> Places:
    heads, numbers = codes & _HEAD, np.arange(len(codes))
    begins = np.concatenate([[True], heads[1:] != heads[:-1]])
    ranks: Places = numbers - np.maximum.accumulate(np.where(begins, numbers, 0))
    return ranks


def _headings(codes: Keys, listed: npt.NDArray[np.bool_], shortest: int) -> npt.NDArray[np.int64]:
    """The place of the longest listed text that each begins with, beside itself.

    All of them in the order of their texts, so that it is the last one of its length before them.
    """
    above = np.full(len(codes), NO_PLACE, np.int64)
    size, places = lengths(codes), np.arange(len(codes))
    for length in range(shortest, LONGEST):
        last = np.maximum.accumulate(np.where(listed & (size == length), places, NO_PLACE))
        beginning = codes & np.uint64((1 << 8 * length) - 1)
        is_below = (size > length) & (last != NO_PLACE) & (codes[last] == beginning)
        above[is_below] = last[is_below]
    return above
