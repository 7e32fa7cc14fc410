"""What the columns have worked out of a reference, and keep as long as it is there.

Numbers of answers: the kinds of the entries first, then the masks of fitting systems, then one
number for all that is left unread.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import entries, shapes
from medcodes.columns.days import Calendar
from medcodes.columns.entries import ABSENT, Entries
from medcodes.columns.shapes import SYSTEMS
from medcodes.reference import Reference

__all__ = ["MASKS", "Filed", "Label", "Tables", "of"]

MASKS = 1 << len(SYSTEMS)

Label = tuple[str, str]
"""The label and the range of a category."""


@attrs.frozen(eq=False)
class Filed:
    """What everything that has a number is filed under.

    Attributes:
        numbers: system and number of an answer to the number of a category; 0 for none. Behind
            the systems, a row for no system.
        number_of: label and range of a category to its number.
    """

    numbers: npt.NDArray[np.int32]
    number_of: dict[Label, int]


class Tables:
    """All that is worked out of one reference, each when it is first needed."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.kept: dict[str, object] = {}
        self.known: dict[object, object] = {}

    @cached_property
    def entries(self) -> Entries:
        """Every text whose answer is known in advance."""
        return entries.build(self.reference)

    @property
    def first_mask(self) -> int:
        """The number of the first mask of fitting systems."""
        return self.entries.kind_count

    @property
    def unread(self) -> int:
        """The number of all that is left unread; the last one."""
        return self.entries.kind_count + MASKS

    @cached_property
    def last_day(self) -> date:
        """The last day of which every system's answer is certain."""
        lists = [self.reference.codes(one) for one in SYSTEMS if self.reference.lists(one)]
        return min((one.last_day for one in lists if not one.retired), default=date.max)

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendar of each system."""
        return {system: Calendar(system, self.reference) for system in SYSTEMS}

    @cached_property
    def histories(self) -> npt.NDArray[np.int16]:
        """For each system, the history of everything that has a number."""
        table = self.entries
        masks = np.full((len(SYSTEMS), MASKS + 1), ABSENT, np.int16)
        for mask in range(MASKS):
            for system in shapes.systems_of_mask(mask):
                masks[system, mask] = table.history_counts[system]
        return np.concatenate([table.histories, masks], axis=1)

    @cached_property
    def filed(self) -> Filed:
        """The categories; finding what they are called takes the longest of all."""
        table = self.entries
        number_of: dict[Label, int] = {}
        numbers = np.zeros((len(SYSTEMS) + 1, self.unread + 1), np.int32)
        for row, places in enumerate(table.places):
            found = places.categories(self.reference)
            own = [
                number_of.setdefault((one.label, one.range), len(number_of) + 1) if one else 0
                for one in found
            ]
            of_place = np.array([0, *own], np.int32)
            numbers[row, : table.kind_count] = of_place[table.filed[row]]
        return Filed(numbers, number_of)


def of(reference: Reference) -> Tables:
    """The tables of a reference."""
    found = reference.derived.get("columns")
    if not isinstance(found, Tables):
        found = reference.derived["columns"] = Tables(reference)
    return found
