"""What cannot be known: texts that an open list may hold on days that it does not speak for.

A list speaks from one day to another. Past its last day new codes may have come, unless the system
has ended; and a list that has dropped what ended before its first day does not know what it held.
On such days a text that is not listed, but has listed neighbours, is not `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from medcodes.reference import BESIDE_KNOWN, UNLISTED, CodeTable, RangeTable, Reference
from medcodes.systems import CodeSystem


def is_doubtful(table: CodeTable | None, ranges: RangeTable | None, day: date) -> bool:
    """Whether a list, or the ranges where there is none, may lack codes of a day."""
    if table is None:
        return ranges is not None and day > ranges.last_day
    if table.retired:
        return False
    forgotten = table.forgets and table.first_day_in_force <= day < table.first_day
    return forgotten or day > table.last_day


def neighbourhood(system: CodeSystem, reference: Reference) -> Callable[[str], bool]:
    """What tells whether a text without its dot has listed neighbours.

    Below a category with listed codes, or in a published range below the broadest ones where a
    system has no categories. The first `PREFIX` characters of a text are enough.
    """
    traits = system.traits
    if not traits.category_length:
        return reference.ranges(system.id).surrounds
    has_category = reference.codes(system.id).index.has_category

    def is_below_category(compact: str) -> bool:
        return len(compact) > traits.length_of_category(compact) and has_category(compact[:3])

    return is_below_category


_REMEMBERED = 16_384


class DoubtfulIndex(dict[str, dict[str, int]]):
    """The index of a list on a day on which a text that it lacks may be a code."""

    __slots__ = ("_has_neighbours", "_table")

    def __init__(self, table: CodeTable, has_neighbours: Callable[[str], bool]) -> None:
        super().__init__()
        self._table = table
        self._has_neighbours = has_neighbours

    def number(self, compact: str) -> int:
        """As that of a `CodeIndex`."""
        number = self._table.index.number(compact)
        if number == UNLISTED and self._has_neighbours(compact):
            return BESIDE_KNOWN
        return number

    def __missing__(self, prefix: str) -> dict[str, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        suffixes = self._table.index[prefix]
        if self._has_neighbours(prefix):
            suffixes = _OrBesideKnown(suffixes)
        self[prefix] = suffixes
        return suffixes


class _OrBesideKnown(dict[str, int]):
    """Suffixes, and for all others that they have listed neighbours."""

    def get(self, suffix: str, default: object = None) -> int:
        return self[suffix]

    def __missing__(self, suffix: str) -> int:
        return BESIDE_KNOWN
