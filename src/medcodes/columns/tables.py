"""What the columns have worked out of a reference, and keep as long as it is there.

Answers have numbers: the kinds of the texts in the index first, then the sets of formats that other
texts fit, once for each set of systems in which they have listed neighbours.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns import hashtable, index
from medcodes.columns.answers import Answers, Calendar
from medcodes.columns.categories import Categories, Places
from medcodes.columns.cleaning import Cleaner
from medcodes.columns.fields import EPOCH_DAY, Field, Source, since_1970
from medcodes.columns.hashtable import HashTable, SortedTable
from medcodes.columns.index import Index
from medcodes.columns.keys import Keys
from medcodes.columns.neighbours import Neighbours
from medcodes.columns.shapes import Shapes
from medcodes.reference import CodeTable, Reference

_REMEMBERED = 512
"""Days of which answers are kept, or rather stretches of days on which nothing changes: a file of
claims has 160 of them for each choice of systems, of 50 kB each."""


class Tables:
    """All that is worked out of one reference, each when it is first needed."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.systems = reference.systems.all
        self.shapes = Shapes(reference.systems.formats)
        self.cleaner = Cleaner(reference.systems, self.shapes)
        self._answers: dict[tuple[int, tuple[str, ...]], Answers] = {}
        self._categories: dict[int, Categories] = {}

    @cached_property
    def suits(self) -> bool:
        """Whether the texts of all systems are short, and few enough to be known in advance."""
        return self.shapes.can_tell and index.can_be_listed(self.reference)

    @property
    def ready(self) -> bool:
        """Whether the index is built."""
        return "index" in self.__dict__

    @cached_property
    def index(self) -> Index:
        """Every text whose answer is known in advance."""
        return index.build(self.reference, self.shapes, self.neighbours)

    @cached_property
    def table(self) -> HashTable | SortedTable:
        """From these texts to the numbers of their kinds."""
        return hashtable.in_order(self.index.keys, self.index.kinds)

    def speed_up(self) -> None:
        """Build the perfect hash table, if it is not there: for those who look up many texts."""
        if isinstance(self.table, SortedTable):
            kind_count = self.index.kind_count
            self.table = hashtable.build(self.index.keys, self.index.kinds, kind_count)

    def numbers(
        self, keys: Keys, doubtful: bool = False
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The number of the answer to each text, and the places of those that fit no format.

        Args:
            keys: the texts.
            doubtful: whether it matters which texts that are not listed have listed neighbours.
        """
        numbers, missed = self.table.find(keys)
        if not len(missed):
            return numbers, missed
        shapes = self.shapes.of(keys[missed])
        others = self.neighbours.numbers(keys[missed], shapes) if doubtful else shapes
        numbers[missed] = others + self.index.kind_count
        return numbers, missed[self.shapes.fits_none[shapes]]

    @cached_property
    def neighbours(self) -> Neighbours:
        """What texts that are not listed are beside."""
        return Neighbours(self.reference, self.shapes)

    @cached_property
    def histories(self) -> npt.NDArray[np.int16]:
        """For each system, the history of everything that has a number."""
        return np.concatenate([self.index.histories, self.neighbours.histories], axis=1)

    @cached_property
    def places(self) -> Places:
        """Where everything that has a number is filed."""
        return Places(self.index, self.neighbours.histories.shape[1])

    @cached_property
    def _renamings(self) -> list[date]:
        """The days on which a heading or a range gets another name, in order."""
        days: set[date] = set()
        for system in self.systems:
            days.update(self.reference.renamings(system.id))
        return sorted(days)

    def categories(self, day: date) -> Categories:
        """What everything that has a number is filed under, by its names of a day."""
        period = bisect_right(self._renamings, day)
        found = self._categories.get(period)
        if found is None:
            found = self._categories[period] = Categories(self.places, self.reference, day)
        return found

    @cached_property
    def last_day(self) -> date:
        """The last day of which every system's answer is certain."""
        days = [table.last_day for table in self._lists if not table.retired]
        lists, ranges = self.reference.lists, self.reference.ranges
        days += [ranges(system.id).last_day for system in self.systems if not lists(system.id)]
        return min(days, default=date.max)

    @cached_property
    def ends(self) -> npt.NDArray[np.int64]:
        """By the number of a system, the last day (since 1970) of an open list; of none, the last
        of all days.
        """
        ends = [since_1970(date.max)] * (len(self.systems) + 1)
        for number, system in enumerate(self.systems):
            if self.reference.lists(system.id):
                table = self.reference.codes(system.id)
                ends[number] = ends[number] if table.retired else since_1970(table.last_day)
        return np.array(ends)

    @cached_property
    def first_day(self) -> date:
        """The first day on which no list has lost codes."""
        return max((table.first_day for table in self._lists if table.forgets), default=date.min)

    @property
    def _lists(self) -> list[CodeTable]:
        lists = self.reference.lists
        return [self.reference.codes(system.id) for system in self.systems if lists(system.id)]

    @cached_property
    def calendars(self) -> list[Calendar]:
        """The calendar of each system."""
        return [Calendar(system.id, self.reference) for system in self.systems]

    @cached_property
    def _changes(self) -> npt.NDArray[np.int64]:
        """The days (since 1970) on which something changes in some system, in order."""
        days = {day for calendar in self.calendars for day in calendar.changes}
        days.update(map(since_1970, self._renamings))
        return np.array(sorted(days), np.int64)

    def epochs(self, days: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Numbers of days, the same for days between which nothing changes."""
        return np.searchsorted(self._changes, days, "right")

    def day_of(self, epoch: int) -> date:
        """A day of an epoch: its first, or the last one before any change."""
        changes = self._changes
        number = changes[epoch - 1] if epoch else changes[0] - 1 if len(changes) else 0
        return EPOCH_DAY + timedelta(days=int(number))

    def answers(self, day: date, allowed: tuple[str, ...]) -> Answers:
        """The answers on a day; of the latest days they are kept."""
        epoch = int(self.epochs(np.array([since_1970(day)], np.int32))[0])
        found = self._answers.get((epoch, allowed))
        if found is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            states = {
                number: calendar.states(day)
                for number, calendar in enumerate(self.calendars)
                if self.systems[number].id in allowed
            }
            systems = self.reference.systems
            found = Answers(self.histories, states, systems, lambda: self.categories(day))
            self._answers[epoch, allowed] = found
        return found

    def dictionary(self, field: Field) -> pa.Array | None:
        """The texts that the numbers of a field stand for; None where they are no texts."""
        if field.source is Source.CATEGORY:
            return self.places.dictionary(field)
        choices = field.choices(self.reference.systems)
        return pa.array(list(choices), pa.string()) if choices else None


def of(reference: Reference) -> Tables:
    """The tables of a reference."""
    found = reference.derived.get("columns")
    if not isinstance(found, Tables):
        found = reference.derived["columns"] = Tables(reference)
    return found
