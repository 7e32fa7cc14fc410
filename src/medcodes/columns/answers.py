"""From numbers of answers to the answers, on a day and among some systems.

Nothing changes between two days on which some history begins or ends. What a history means there is
what `medcodes.lookup.state` says of it: the columns know no rule of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from medcodes.columns.categories import Categories
from medcodes.columns.fields import FIELDS, Field, Source, since_1970
from medcodes.lookup.state import CodeState, system_on_day
from medcodes.reference import ENDED, Reference
from medcodes.reference.codes import NoHistory
from medcodes.status import NOT_FOUND, RIVALS, Status, bits
from medcodes.systems import Systems

_NO_BIT = 1 << len(Status)
"""Weaker than every status: no format fits."""
_RIVALS = np.zeros(_NO_BIT + 1, np.uint16)
"""The bit of a status to those of the statuses that cannot be ruled out beside it, besides a second
fit of the same status."""
for _status in Status:
    _RIVALS[_status.bit] = bits(RIVALS[_status] - {_status})
_ALIKE = np.uint16(bits(status for status in Status if status in RIVALS[status]))
"""The bits of the statuses of which two fits cannot be ruled out beside each other."""
_NOTHING = CodeState(None, Status.MALFORMED, date.min)
"""In place of a state where no format fits."""


class Calendar:
    """The days on which something changes in a system, and what its histories mean in between."""

    def __init__(self, system: str, reference: Reference) -> None:
        self._system = system
        self._reference = reference
        self._table = reference.codes(system) if reference.lists(system) else None
        self._ranges = reference.ranges(system)
        self.changes = self._changes()
        self._states: dict[int, list[CodeState | None]] = {}

    def _changes(self) -> list[int]:
        """The days (since 1970) on which something changes, in order."""
        table = self._table
        last_days = {last for _, last in self._ranges.endings}
        if table is None:
            return _days_after({*last_days, self._ranges.last_day})
        first_days = {table.first_day}
        for number in range(table.history_count):
            for interval in table.history(number):
                first_days.add(interval.first)
                last_days.add(interval.last or date.max)
        days = sorted({*map(since_1970, first_days), *_days_after(last_days)})
        if table.retired:
            return days
        end = _days_after({table.last_day})
        return [day for day in days if not end or day < end[0]] + end

    def states(self, day: date) -> list[CodeState | None]:
        """What every history means on a day.

        At the end, so that the numbers that stand in place of a history count from there: what
        is noted as ended, what fits no format (None), and what else has no history.
        """
        epoch = bisect_right(self.changes, since_1970(day))
        found = self._states.get(epoch)
        if found is None:
            states = system_on_day(self._system, day, self._reference).states
            count = self._table.history_count if self._table is not None else 0
            listed = [states[number] for number in range(count)]
            endings = range(ENDED + 1 - len(self._ranges.endings), ENDED + 1)
            ended = [states[number] for number in endings]
            others = [states[number] for number in sorted(NoHistory)]
            found = self._states[epoch] = [*listed, *ended, None, *others]
        return found


def _days_after(days: set[date]) -> list[int]:
    """The days (since 1970) after some others, in order; none comes after the last of all."""
    return sorted(since_1970(day) + 1 for day in days if day < date.max)


class Answers:
    """The answer to everything that has a number.

    Attributes:
        system: by number, the number of the system of the best fit; behind all for none.
        ambiguous: by number, whether another fit cannot be ruled out.
    """

    def __init__(
        self,
        histories: npt.NDArray[np.int16],
        states: dict[int, list[CodeState | None]],
        systems: Systems,
        categories: Callable[[], Categories],
    ) -> None:
        """Rank the fits of everything that has a number.

        Args:
            histories: system and number to the number of a history, or what stands in its place.
            states: what these mean, by the number of a system; of others nothing is a code.
            systems: all systems.
            categories: gives what everything is filed under, if that is asked for.
        """
        self._histories = histories
        self._states = states
        self._systems = systems
        self._categories = categories
        self._by_field: dict[str, npt.NDArray[Any]] = {}
        count = histories.shape[1]
        best = np.full(count, _NO_BIT, np.uint16)
        seen, twice = np.zeros((2, count), np.uint16)
        self.system = np.full(count, len(systems.all), np.uint8)
        for number, own in states.items():
            bits_of = np.array([state.bit if state else _NO_BIT for state in own], np.uint16)
            its_bits = bits_of[histories[number]]
            twice |= seen & its_bits
            seen |= its_bits
            # Equal status leaves the earlier system in front: that is the precedence.
            better = its_bits < best
            best[better] = its_bits[better]
            self.system[better] = number
        self.ambiguous = ((twice & best & _ALIKE) | (seen & _RIVALS[best])) != 0
        self.ambiguous &= best != _NO_BIT
        self._is_unknown = best >= min(status.bit for status in NOT_FOUND)

    def of(self, field: Field) -> npt.NDArray[Any]:
        """By number, the number that stands for the value of a field."""
        found = self._by_field.get(field.name)
        if found is None:
            found = self._by_field[field.name] = self._new(field)
        return found

    def _new(self, field: Field) -> npt.NDArray[Any]:
        if field.source is Source.RANKING:
            ambiguous: npt.NDArray[Any] = self.ambiguous.view(field.dtype)
            return ambiguous
        if field.source is Source.CATEGORY:
            return self._of_categories(field)
        values = np.full(len(self.system), field.numbers([field.get(_NOTHING)], self._systems)[0])
        for number, states in self._states.items():
            own = field.numbers((field.get(state or _NOTHING) for state in states), self._systems)
            places = np.flatnonzero(self.system == number)
            values[places] = own[self._histories[number, places]]
        return values

    def _of_categories(self, field: Field) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = self._categories().positions(field).take(self._places)
        values[self._is_unknown] = field.null
        return values

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """By number, the number of the place where the best fit is filed."""
        places: npt.NDArray[np.int64] = self._categories().places.numbers[
            self.system, np.arange(len(self.system))
        ]
        return places

    def name_places(self, numbers: npt.NDArray[np.int64]) -> None:
        """Find out what the places are called where some answers are filed."""
        used = np.zeros(len(self.system), np.bool_)
        used[numbers] = True
        used &= ~self._is_unknown
        self._categories().name(np.unique(self._places[used]))
        for field in FIELDS:
            if field.source is Source.CATEGORY:
                self._by_field.pop(field.name, None)
