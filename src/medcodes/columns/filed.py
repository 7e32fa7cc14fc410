"""What every entry is filed under: the narrowest category, as a number.

The same as the last of `medcodes.categories.categories`, for all codes of a system in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import attrs
import numpy as np
import numpy.typing as npt

from medcodes import reference
from medcodes.categories import HEADED, Category, categories, heading
from medcodes.columns import shapes, spans
from medcodes.columns.entries import ABSENT, SLOTS, entries
from medcodes.columns.shapes import SYSTEMS, Keys

__all__ = ["Filed", "Label", "distinct", "filed"]

Label = tuple[str, str]
"""The label and the range of a category."""


@attrs.frozen(eq=False)
class Filed:
    """The categories of all entries.

    Attributes:
        numbers: for each system, slot to the number of a category; 0 for none.
        number_of: label and range of a category to its number.
    """

    numbers: npt.NDArray[np.uint16]
    number_of: dict[Label, int]


@cache
def filed() -> Filed:
    """The categories of all entries of the bundled reference, found on first need."""
    table = entries()
    number_of: dict[Label, int] = {}
    numbers = np.zeros((len(SYSTEMS), SLOTS), np.uint16)
    for row, system in enumerate(SYSTEMS):
        histories, unlisted = table.histories[row], table.history_counts[row]
        slots = np.flatnonzero((histories != ABSENT) & (histories != unlisted))
        codes = shapes.undotted(table.keys[slots])
        own = _headings(row, system, codes, number_of)
        alone = np.flatnonzero(own == 0)

        def ask(text: str, system: str = system) -> int:
            path = categories(system, text)
            return _number(path[-1], number_of) if path else 0

        own[alone] = spans.each(reference.ranges(system), codes[alone], ask, np.uint16)
        numbers[row, slots] = own
    return Filed(numbers, number_of)


def _headings(
    row: int, system: str, codes: Keys, number_of: dict[Label, int]
) -> npt.NDArray[np.uint16]:
    """The narrowest heading that each code is below; 0 for none."""
    own = np.zeros(len(codes), np.uint16)
    if system not in HEADED:
        return own
    lengths = shapes.lengths(codes)
    levels = []
    for length in range(2, int(lengths.max())):
        below = np.flatnonzero(lengths > length)
        prefixes, places = np.unique(shapes.cut(codes[below], length), return_inverse=True)
        levels.append((below, prefixes, places))
    listed = _listed(row, np.concatenate([prefixes for _, prefixes, _ in levels]))
    headings: dict[int, int] = {}
    # Sorted by their texts, so that titles are unpacked category by category.
    for key in listed[np.argsort(listed.byteswap())]:
        one = heading(system, shapes.text_of(key))
        headings[int(key)] = _number(one, number_of) if one else 0
    for below, prefixes, places in levels:
        its = np.array([headings.get(key, 0) for key in prefixes.tolist()], np.uint16)[places]
        own[below[its > 0]] = its[its > 0]
    return own


def _listed(row: int, keys: Keys) -> Keys:
    """Those of the texts that are listed in a system."""
    table = entries()
    slots, missed = table.find(keys)
    histories = table.histories[row, slots]
    listed = (histories >= 0) & (histories < table.history_counts[row])
    listed[missed] = False
    own: Keys = keys[listed]
    return own


def _number(category: Category, number_of: dict[Label, int]) -> int:
    return number_of.setdefault((category.label, category.range), len(number_of) + 1)


def distinct(texts: Iterable[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The distinct texts, and by number (from 1 on) the place of each; of 0, -1."""
    places: dict[str, int] = {}
    numbers = [-1, *(places.setdefault(text, len(places)) for text in texts)]
    return list(places), np.array(numbers, np.int32)
