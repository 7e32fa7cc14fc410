"""Where codes are filed, before it is asked what those places are called.

Codes of a system are filed at one place if they are below the same listed heading, or, where there
is none, in the same stretch between ends of ranges. So they have the same narrowest category: the
last of `lookup.categories.categories`. Names of places are read only when somebody wants them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import spans
from medcodes.columns.keys import LONGEST, Keys, lengths, strings
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
        examples: a code at each of the other places, whose numbers follow.
    """

    system: CodeSystem
    codes: Keys
    examples: Keys

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.codes) + len(self.examples)

    def heads(self, places: Places) -> Keys:
        """The first three characters of the codes of places: titles are read by these."""
        heads: Keys = np.concatenate([self.codes, self.examples])[places] & _HEAD
        return heads

    def categories(
        self, places: Places, reference: Reference, on: date
    ) -> Iterator[Category | None]:
        """The narrowest category of each place on a day; None where codes are filed nowhere."""
        texts = strings(np.concatenate([self.codes, self.examples])[places]).to_pylist()
        below = np.count_nonzero(places < len(self.codes))
        revisions = reference.revisions(self.system.id)
        for text, title in zip(texts, self._titles(places[:below], texts, reference), strict=False):
            earlier = revisions.title(text, on)
            its_title = title if earlier is None else earlier or None
            yield titled(self.system, text, its_title) or self._above(text, reference, on)
        for text in texts[below:]:
            yield self._above(text, reference, on)

    def _titles(
        self, places: Places, texts: list[str], reference: Reference
    ) -> Iterator[str | None]:
        heads = self.codes & _HEAD
        begins = np.concatenate([[True], heads[1:] != heads[:-1]])
        first = np.maximum.accumulate(np.where(begins, np.arange(len(heads)), 0))
        category, titles = "", []
        for place, text in zip((places - first[places]).tolist(), texts, strict=False):
            if text[:3] != category:
                category = text[:3]
                titles = reference.titles(self.system.id).of_category(category)
            yield titles[place]

    def _above(self, text: str, reference: Reference, on: date) -> Category | None:
        path = categories(self.system.id, text, reference, on)
        return path[-1] if path else None


def of(
    system: CodeSystem, codes: Keys, listed: npt.NDArray[np.bool_], reference: Reference
) -> tuple[Filing, npt.NDArray[np.int32]]:
    """The places of codes without dots, and the number of the place of each.

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
    return Filing(system, codes, codes[alone[first]]), places


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
