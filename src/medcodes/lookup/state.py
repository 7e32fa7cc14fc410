"""What being listed means on a day: one system, one day, every code of it.

A `SystemOnDay` is where the codes of one system are looked up as of one day. It knows nothing of
other systems; weighing them against each other is the classifier's work.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import Protocol, overload

import attrs

from medcodes import systems
from medcodes.entries import Interval
from medcodes.reference import (
    BUNDLED,
    LISTED_ELSEWHERE,
    MAY_BE,
    NOTHING,
    PREFIX,
    RANGED,
    UNLISTED,
    CodeTable,
    RangeTable,
    Reference,
)
from medcodes.status import Status
from medcodes.systems import CodeSystem

__all__ = [
    "CodeState",
    "LicensedOnDay",
    "ListedOnDay",
    "RangesOnDay",
    "SystemOnDay",
    "ranged",
    "state_of",
    "system_on_day",
]


@attrs.frozen
class CodeState:
    """How a code stands in a system on a day.

    Attributes:
        system: the system; None where no system's format fits.
        status: the strength of the evidence.
        as_of: the day that this is true of.
        valid_from, valid_to: the interval that holds the day, or the nearest one.
        flags: the edits of that interval.
        heading: True where it is, was or will be a heading, not billable itself.
        bit: ``1 << status.rank``, so that sets of statuses are sums: the lowest is the strongest.
    """

    system: CodeSystem | None
    status: Status
    as_of: date
    valid_from: date | None = None
    valid_to: date | None = None
    flags: frozenset[str] = frozenset()
    heading: bool = False
    bit: int = attrs.field(init=False, repr=False)

    @bit.default
    def _bit(self) -> int:
        return 1 << self.status.rank


class CodeIndex(Protocol):
    """The first five characters of a code to its suffixes, each with the number of a history.

    Asking for a stem that is not listed gives an empty dictionary; so it is cheaper to ask with
    `get`, and in earnest only when its category is `pending`.
    """

    @property
    def pending(self) -> Container[str]: ...
    @overload
    def get(self, stem: str, /) -> dict[str, int] | None: ...
    @overload
    def get(self, stem: str, default: dict[str, int], /) -> dict[str, int]: ...
    def __getitem__(self, stem: str, /) -> dict[str, int]: ...


class SystemOnDay(Protocol):
    """One system on one day.

    Attributes:
        system: the system.
        as_of: the day that answers are true of.
        stale: True when that is not the day asked for, but the last one covered.
        index: where the codes are looked up.
        states: the number of a history, or `UNLISTED`, to how its codes stand.
    """

    system: CodeSystem
    as_of: date
    stale: bool
    index: CodeIndex
    states: Mapping[int, CodeState]


_REMEMBERED = 16_384


def state_of(on_day: SystemOnDay, compact: str) -> CodeState:
    """How a code, without its dot and of the shape of the system, stands on a day."""
    suffixes = on_day.index[compact[:PREFIX]]
    return on_day.states[suffixes.get(compact[PREFIX:], UNLISTED)]


class _States(dict[int, CodeState]):
    """Number of a history to how its codes stand; as few as there are distinct histories."""

    __slots__ = ("_on_day",)

    def __init__(self, on_day: ListedOnDay) -> None:
        super().__init__()
        self._on_day = on_day
        self[UNLISTED] = CodeState(on_day.system, Status.UNKNOWN, on_day.as_of)
        self[LISTED_ELSEWHERE] = CodeState(on_day.system, Status.PLAUSIBLE, on_day.as_of)

    def __missing__(self, number: int) -> CodeState:
        state = self[number] = self._on_day.judge(number)
        return state


class _Everything:
    """The categories of which a stem may have to be asked for: any."""

    def __contains__(self, category: object) -> bool:
        return True


class _Ranged(dict[str, dict[str, int]]):
    """The index of a system of which only the ranges are public."""

    __slots__ = ("_ranges", "pending")

    def __init__(self, ranges: RangeTable) -> None:
        super().__init__()
        self._ranges = ranges
        self.pending = _Everything()

    def __missing__(self, stem: str) -> dict[str, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        suffixes = self[stem] = MAY_BE if self._ranges.holds(stem) else NOTHING
        return suffixes


class _ListedOrRanged(dict[str, dict[str, int]]):
    """The index of a loaded list of CPT codes, and of the published ranges around it."""

    __slots__ = ("_ranges", "_table", "pending")

    def __init__(self, table: CodeTable, ranges: RangeTable) -> None:
        super().__init__()
        self._table = table
        self._ranges = ranges
        self.pending = _Everything()

    def __missing__(self, stem: str) -> dict[str, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        suffixes = self._table.index[stem]
        if not suffixes and self._ranges.holds(stem):
            suffixes = {"": ranged(stem, self._table)}
        self[stem] = suffixes
        return suffixes


def ranged(code: str, table: CodeTable) -> int:
    """In place of the history of a CPT code in a published range that a loaded list does not hold.

    A list without any code of a kind (the AMA delivers some of them in files of their own) says
    nothing of that kind.
    """
    kind = code[-1] if code[-1].isalpha() else "0"
    return RANGED if kind in table.kinds else LISTED_ELSEWHERE


class ListedOnDay:
    """A system whose codes are listed."""

    __slots__ = ("_table", "as_of", "index", "stale", "states", "system")

    def __init__(
        self,
        system: CodeSystem,
        table: CodeTable,
        day: date,
    ) -> None:
        self.system = system
        self.stale = day > table.last_day and not table.retired
        self.as_of = table.last_day if self.stale else day
        self.index: CodeIndex = table.index
        self.states: Mapping[int, CodeState] = _States(self)
        self._table = table

    before_the_record = Status.UNKNOWN
    """What a listed code is before the first day of a table that does not begin with its system."""

    def judge(self, number: int) -> CodeState:
        """What a history means on the day."""
        day = self.as_of
        if day < self._table.first_day and self._table.record_begins:
            # The system is older than the record, so that a listed code may have been valid.
            return CodeState(self.system, self.before_the_record, day)
        if number == RANGED:
            return CodeState(self.system, Status.UNKNOWN, day)
        intervals = self._table.history(number)
        for one in intervals:
            if one.holds(day):
                return self._within(Status.HEADER if one.heading else Status.VALID, intervals, one)
        before = [one for one in intervals if one.first < day]
        if before:
            return self._within(Status.EXPIRED, intervals, before[-1])
        return self._within(Status.FUTURE, intervals, intervals[0])

    def _within(self, status: Status, intervals: tuple[Interval, ...], one: Interval) -> CodeState:
        first, last = _unbroken(intervals, one)
        return CodeState(self.system, status, self.as_of, first, last, one.flags, one.heading)


def _unbroken(intervals: tuple[Interval, ...], around: Interval) -> tuple[date, date | None]:
    """The days around an interval on which the code stood the same, whatever its flags."""
    alike = [one for one in intervals if one.heading == around.heading]
    place = alike.index(around)
    first, last = place, place
    while first > 0 and _adjoin(alike[first - 1], alike[first]):
        first -= 1
    while last < len(alike) - 1 and _adjoin(alike[last], alike[last + 1]):
        last += 1
    return alike[first].first, alike[last].last


def _adjoin(before: Interval, after: Interval) -> bool:
    return before.last is not None and before.last.toordinal() + 1 == after.first.toordinal()


class LicensedOnDay(ListedOnDay):
    """CPT, with a list that the user has loaded.

    Before its first day the list says nothing, and a code in it or in a range is plausible.
    """

    __slots__ = ()

    before_the_record = Status.PLAUSIBLE

    def __init__(self, system: CodeSystem, table: CodeTable, ranges: RangeTable, day: date) -> None:
        super().__init__(system, table, day)
        self.index = _ListedOrRanged(table, ranges)


class RangesOnDay:
    """A system of which only the ranges are public: CPT."""

    __slots__ = ("as_of", "index", "stale", "states", "system")

    def __init__(self, system: CodeSystem, ranges: RangeTable, day: date) -> None:
        self.system = system
        self.as_of = day
        self.stale = False
        self.index: CodeIndex = _Ranged(ranges)
        self.states: Mapping[int, CodeState] = {
            UNLISTED: CodeState(system, Status.UNKNOWN, day),
            LISTED_ELSEWHERE: CodeState(system, Status.PLAUSIBLE, day),
            RANGED: CodeState(system, Status.UNKNOWN, day),
        }


def system_on_day(system: str, day: date, reference: Reference = BUNDLED) -> SystemOnDay:
    """What a system id is on a day."""
    known = systems.by_id[system]
    if not reference.lists(system):
        return RangesOnDay(known, reference.ranges(system), day)
    if system == "cpt":
        return LicensedOnDay(known, reference.codes(system), reference.ranges(system), day)
    return ListedOnDay(known, reference.codes(system), day)
