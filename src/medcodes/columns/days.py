"""What histories mean on a day, for all histories of a system at once.

Nothing changes between two days on which some history begins or ends, so days are counted in
epochs. The meaning of a history in an epoch is what `medcodes.lookup.state`
says of it: the columns know no rule of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.lookup import state
from medcodes.lookup.state import EDITS_UNKNOWN, NEVER_PRINCIPAL, CodeState
from medcodes.reference import LEFT_OUT, LISTED_ELSEWHERE, UNLISTED, Reference
from medcodes.status import Status

__all__ = ["ABSENT_BIT", "NO_DAY", "Calendar", "Meaning", "since_1970"]

NO_DAY = np.iinfo(np.int32).min
"""In place of a day that is unknown or open."""
_EPOCH_DAY = date(1970, 1, 1)

ABSENT_BIT = 1 << len(Status)
"""Weaker than every status: the system's format does not fit."""


def since_1970(day: date) -> int:
    """The number of a day, as Arrow's date32 counts."""
    return (day - _EPOCH_DAY).days


@attrs.frozen(eq=False)
class Meaning:
    """For each history of a system in an epoch, and at the end for unlisted, elsewhere, ranged,
    absent.

    Attributes:
        bits: the bit of the status (`CodeState.bit`), `ABSENT_BIT` for absent.
        principal: whether it can be a principal diagnosis: 1, 0, or -1 for None.
        first, last: the interval in days since 1970, or `NO_DAY`.
    """

    bits: npt.NDArray[np.uint8]
    principal: npt.NDArray[np.int8]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]


class Calendar:
    """The epochs of a system, and what its histories mean in each; filled in as it is asked."""

    def __init__(self, system: str, reference: Reference) -> None:
        self._system = system
        self._reference = reference
        self.changes = _changes(system, reference)
        self._meanings: dict[int, Meaning] = {}
        self._by_field: dict[str, npt.NDArray[Any]] = {}
        self._known = np.zeros(len(self.changes) + 1, np.bool_)

    def epoch_of(self, days: Any) -> Any:
        """The epochs of days since 1970; one day or an array of them."""
        if isinstance(days, int):
            return bisect_right(self.changes, days)
        return np.searchsorted(np.array(self.changes, np.int64), days, "right")

    def meaning(self, epoch: int) -> Meaning:
        """What every history means in an epoch."""
        found = self._meanings.get(epoch)
        if found is None:
            found = self._meanings[epoch] = self._new_meaning(epoch)
        return found

    def _new_meaning(self, epoch: int) -> Meaning:
        # Any day of the epoch will do; the first one has no beginning.
        changes = self.changes
        first = changes[epoch - 1] if epoch else (changes[0] - 1 if changes else 0)
        on_day = state.system_on_day(
            self._system, _EPOCH_DAY + timedelta(days=first), self._reference
        )
        listed = self._reference.lists(self._system)
        count = self._reference.codes(self._system).history_count if listed else 0
        numbers = [*range(count), UNLISTED, LISTED_ELSEWHERE, LEFT_OUT]
        stands = [on_day.states[number] for number in numbers]
        return Meaning(
            np.array([*(one.bit for one in stands), ABSENT_BIT], np.uint8),
            np.array([*map(_principal, stands), -1], np.int8),
            np.array([*(_days(one.valid_from) for one in stands), NO_DAY], np.int32),
            np.array([*(_days(one.valid_to) for one in stands), NO_DAY], np.int32),
        )

    def by_epoch(self, field: str, epochs: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """A field of `Meaning` by epoch and history, true of at least these epochs."""
        for epoch in np.unique(epochs[~self._known[epochs]]).tolist():
            for name, values in attrs.asdict(self.meaning(epoch), recurse=False).items():
                table = self._by_field.setdefault(
                    name, np.empty((len(self._known), len(values)), values.dtype)
                )
                table[epoch] = values
            self._known[epoch] = True
        return self._by_field[field]


def _changes(system: str, reference: Reference) -> tuple[int, ...]:
    """The days (since 1970) on which an epoch of a system begins, but for the first."""
    if not reference.lists(system):
        return ()
    table = reference.codes(system)
    days = {table.first_day}
    for number in range(table.history_count):
        for interval in table.history(number):
            days.add(interval.first)
            if interval.last is not None:
                days.add(interval.last + timedelta(days=1))
    if not table.retired:
        days = {day for day in days if day <= table.last_day}
    return tuple(sorted(since_1970(day) for day in days))


def _principal(stands: CodeState) -> int:
    if stands.system is None or stands.system.kind != "diagnosis":
        return -1
    if stands.status is Status.UNKNOWN or stands.heading or EDITS_UNKNOWN in stands.flags:
        return -1
    return 0 if stands.flags & NEVER_PRINCIPAL else 1


def _days(day: date | None) -> int:
    return NO_DAY if day is None else since_1970(day)
