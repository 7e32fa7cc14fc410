"""Which texts that are not listed have listed neighbours, for a million at once.

Only on days that a list does not speak for does it matter (see `medcodes.lookup.doubt`, which has
the rule); only then are these texts told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from medcodes.columns import spans
from medcodes.columns.keys import Keys, distinct, text_of, undotted
from medcodes.columns.shapes import Shapes
from medcodes.lookup.doubt import neighbourhood
from medcodes.reference import BESIDE_KNOWN, UNLISTED, Reference
from medcodes.systems import CodeSystem

ABSENT = -5
"""In place of the number of a history: the format of the system does not fit."""

_Ask = Callable[[Keys], npt.NDArray[Any]]


class Neighbours:
    """Numbers of texts that are in no index: by the formats that they fit, and by the systems in
    which they have listed neighbours.

    Attributes:
        histories: for each system, such a number to what stands in place of a history.
    """

    def __init__(self, reference: Reference, shapes: Shapes) -> None:
        self._shapes = shapes
        self._systems = [
            (number, _asking(system, reference))
            for number, system in enumerate(reference.systems.all)
            if not (reference.lists(system.id) and reference.codes(system.id).retired)
        ]
        absent = np.where(shapes.fits.T, np.int16(UNLISTED), np.int16(ABSENT))
        self.histories = np.tile(absent, 1 << len(self._systems))
        for place, (number, _) in enumerate(self._systems):
            beside = np.arange(self.histories.shape[1]) // len(shapes) >> place & 1 == 1
            beside &= self.histories[number] == UNLISTED
            self.histories[number, beside] = BESIDE_KNOWN

    def numbers(self, keys: Keys, shapes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The number of each text, given the numbers of the sets of formats that they fit."""
        first, own = distinct(keys)
        texts, fits = undotted(keys[first]), self._shapes.fits[shapes[first]]
        systems = np.zeros(len(first), np.int64)
        for place, (number, has_neighbours) in enumerate(self._systems):
            fitting = np.flatnonzero(fits[:, number])
            systems[fitting] |= has_neighbours(texts[fitting]).astype(np.int64) << place
        return shapes + systems[own] * len(self._shapes)


def _asking(system: CodeSystem, reference: Reference) -> _Ask:
    """Asks many texts what the rule asks of one, once for all that have the same neighbours."""
    ask = neighbourhood(system, reference)
    if not system.traits.category_length:
        ranges = reference.ranges(system.id)
        return lambda texts: spans.each(ranges, texts, ask)
    # The category, and whether a character follows it.
    longest = system.traits.category_length + bool(system.traits.long_categories) + 1
    head = np.uint64((1 << 8 * longest) - 1)

    def each_category(texts: Keys) -> npt.NDArray[Any]:
        first, own = distinct(texts & head)
        return np.array([ask(text_of(key & head)) for key in texts[first]], np.bool_)[own]

    return each_category
