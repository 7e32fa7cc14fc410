"""Where codes are filed, before it is asked what those places are called.

Codes of a system are filed at one place if they are below the same listed heading, or, where there
is none, in the same stretch between ends of ranges. So they have the same narrowest category: the
last of `lookup.categories.categories`. Names of places are read only when somebody wants them.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from medcodes import systems
from medcodes.columns import shapes, spans
from medcodes.columns.shapes import Keys
from medcodes.entries import Category
from medcodes.lookup.categories import categories, heading
from medcodes.reference import Reference

__all__ = ["Places", "of"]

_NONE = np.uint64(0)
"""In place of a heading; no text has this integer."""


@attrs.frozen(eq=False)
class Places:
    """The places of a system; their numbers begin with 1.

    Attributes:
        system: its id.
        headings: for each place, the heading that it is below; 0 where there is none.
        examples: for each, a code that is filed there.
    """

    system: str
    headings: Keys
    examples: Keys

    def categories(self, reference: Reference) -> list[Category | None]:
        """The narrowest category of each place; None where codes are filed nowhere."""
        found = []
        for above, example in zip(self.headings, self.examples, strict=True):
            own = None
            if above != _NONE:
                own = heading(self.system, shapes.text_of(above), None, reference)
            if own is None:
                path = categories(self.system, shapes.text_of(example), reference)
                own = path[-1] if path else None
            found.append(own)
        return found


def of(
    system: str, codes: Keys, listed: Keys, reference: Reference
) -> tuple[Places, npt.NDArray[np.int32]]:
    """The places of codes without dots, and the number of the place of each.

    Args:
        system: the id of a code system.
        codes: the codes.
        listed: all texts that are listed in it.
        reference: the tables that say so.
    """
    # Integers with the first character highest are in the order of their texts.
    order, of_code = np.unique(codes.byteswap(), return_inverse=True)
    above = (
        _headings(order, np.sort(listed.byteswap()))
        if systems.by_id[system].traits.prefix_headings
        else order & _NONE
    )
    numbers = np.empty(len(order), np.int32)
    headings, first, place = np.unique(above, return_index=True, return_inverse=True)
    numbers[:] = place + (len(headings) == 0 or headings[0] != _NONE)
    examples = order[first]
    alone = np.flatnonzero(above == _NONE)
    texts = order[alone].byteswap()
    first, stretch = spans.stretches(reference.ranges(system), texts)
    headed = headings != _NONE
    numbers[alone] = 1 + np.count_nonzero(headed) + stretch
    found = Places(
        system,
        np.concatenate([headings[headed].byteswap(), np.full(len(first), _NONE)]),
        np.concatenate([examples[headed].byteswap(), texts[first]]),
    )
    return found, numbers[of_code]


def _headings(order: Keys, listed: Keys) -> Keys:
    """The narrowest listed text that each text begins with, beside itself; 0 for none.

    All of them with the first character highest, in order.
    """
    above = np.zeros(len(order), np.uint64)
    lengths = shapes.lengths(order)
    for length in range(1, shapes.LONGEST):
        below = np.flatnonzero(lengths > length)
        prefixes = order[below] | np.uint64((1 << 8 * (shapes.LONGEST - length)) - 1)
        at = np.minimum(np.searchsorted(listed, prefixes), len(listed) - 1)
        is_listed = listed[at] == prefixes
        above[below[is_listed]] = prefixes[is_listed]
    return above
