"""What being listed means on a day: one system, one day, every code of it.

A `SystemOnDay` is where the codes of one system are looked up as of one day. It knows nothing of
other systems; weighing them against each other is the resolver's work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import attrs

from medcodes.entries import EDITS_UNKNOWN, Interval
from medcodes.lookup.doubt import DoubtfulIndex, is_doubtful, neighbourhood
from medcodes.reference import (
    BESIDE_KNOWN,
    BUNDLED,
    ENDED,
    LEFT_OUT,
    LISTED_ELSEWHERE,
    NO_SUFFIXES,
    PREFIX,
    UNLISTED,
    CodeIndex,
    CodeTable,
    RangeTable,
    Reference,
)
from medcodes.reference.ranges import kind_of
from medcodes.status import NOT_FOUND, Status
from medcodes.systems import CodeSystem

_T = TypeVar("_T")

NEVER_PRINCIPAL = frozenset({"external-cause", "manifestation", "unacceptable-principal"})
"""Flags of diagnoses that never stand alone as a principal diagnosis (Medicare Code Editor)."""


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
        bit: that of the status.
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
    def _bit_of_status(self) -> int:
        return self.status.bit

    @property
    def can_be_principal(self) -> bool | None:
        """Whether it may be a principal diagnosis, by the edits of the Medicare Code Editor.

        None for procedures, for what cannot be reported (headings, unknown codes), and
        for a new code of a loaded release, which says nothing of edits.
        """
        if self.system is None or self.system.kind != "diagnosis":
            return None
        if self.status in NOT_FOUND or self.heading or EDITS_UNKNOWN in self.flags:
            return None
        return not self.flags & NEVER_PRINCIPAL


class SystemOnDay:
    """One system on one day.

    Attributes:
        system: the system.
        as_of: the day that answers are true of.
        stale: True when that is not the day asked for, but the last one covered.
        doubtful: True when the list may lack codes of the day.
        index: the first `PREFIX` characters of codes to their suffixes, each with the number of a
            history or a `NoHistory`.
        number: gives the number of a code without its dot.
        states: such a number to how its codes stand.
        ever: such a number to whether its codes are codes on any day, or may be; headings are not.
    """

    __slots__ = (
        "_ranges",
        "_table",
        "as_of",
        "doubtful",
        "ever",
        "index",
        "number",
        "stale",
        "states",
        "system",
    )

    def __init__(
        self,
        system: CodeSystem,
        day: date,
        table: CodeTable | None = None,
        ranges: RangeTable | None = None,
        has_neighbours: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.system = system
        self.stale = table is not None and day > table.last_day and not table.retired
        self.as_of = table.last_day if table is not None and self.stale else day
        self.doubtful = is_doubtful(table, ranges, day)
        self._table, self._ranges = table, ranges
        index: CodeIndex | DoubtfulIndex | _IndexOfRanges
        if table is None or ranges is not None:
            index = _IndexOfRanges(table, ranges)
        else:
            index = DoubtfulIndex(table, has_neighbours) if self.doubtful else table.index
        self.index: dict[str, dict[str, int]] = index
        self.number: Callable[[str], int] = index.number
        self.states = _ByNumber(self._judge)
        self.ever = _ByNumber(self._is_ever)

    def state(self, compact: str) -> CodeState:
        """How a code without its dot stands."""
        return self.states[self.number(compact)]

    @property
    def by_ranges_alone(self) -> bool:
        """Whether no list speaks of the day: of CPT, none does before a list of the user's own."""
        if self._table is None:
            return True
        return not self.system.traits.public_list and self.as_of < self._table.first_day

    def _is_ever(self, number: int) -> bool:
        if number < 0 or self._table is None:
            return self.states[number].status is Status.PLAUSIBLE
        return not all(interval.heading for interval in self._table.history(number))

    def _judge(self, number: int) -> CodeState:
        """What a history, or its absence, means on the day."""
        if number == UNLISTED:
            return self._simple(Status.UNKNOWN)
        if number == LISTED_ELSEWHERE:
            return self._simple(Status.PLAUSIBLE)
        if number == BESIDE_KNOWN:
            return self._simple(Status.UNVERIFIED if self.doubtful else Status.UNKNOWN)
        if number <= ENDED and self._ranges is not None:
            return self._of_ended(*self._ranges.endings[ENDED - number])
        table, day = self._table, self.as_of
        if table is not None and day < table.first_day and table.record_begins:
            # The system is older than the record, so that a listed code may have been valid.
            public = self.system.traits.public_list
            return self._simple(Status.UNKNOWN if public else Status.PLAUSIBLE)
        if number == LEFT_OUT or table is None:
            return self._simple(Status.UNVERIFIED if self.doubtful else Status.UNKNOWN)
        return self._of_history(table.history(number))

    def _of_ended(self, kind: str, last: date) -> CodeState:
        """Noted as ended; before that, as others of its range."""
        if self.as_of > last:
            return CodeState(self.system, Status.EXPIRED, self.as_of, None, last)
        if self.by_ranges_alone or self._table is None or kind not in self._table.kinds:
            return CodeState(self.system, Status.PLAUSIBLE, self.as_of, None, last)
        return self._simple(Status.UNKNOWN)

    def _of_history(self, intervals: tuple[Interval, ...]) -> CodeState:
        day = self.as_of
        for interval in intervals:
            if interval.holds(day):
                status = Status.HEADER if interval.heading else Status.VALID
                return self._within(status, intervals, interval)
        before = [interval for interval in intervals if interval.first < day]
        if before:
            return self._within(Status.EXPIRED, intervals, before[-1])
        return self._within(Status.FUTURE, intervals, intervals[0])

    def _simple(self, status: Status) -> CodeState:
        return CodeState(self.system, status, self.as_of)

    def _within(
        self, status: Status, intervals: tuple[Interval, ...], interval: Interval
    ) -> CodeState:
        first, last = _unbroken(intervals, interval)
        flags, heading = interval.flags, interval.heading
        return CodeState(self.system, status, self.as_of, first, last, flags, heading)


class _ByNumber(dict[int, _T]):
    """What is true of all codes of a history; as few as there are distinct histories."""

    __slots__ = ("_find",)

    def __init__(self, find: Callable[[int], _T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, number: int) -> _T:
        found = self[number] = self._find(number)
        return found


_REMEMBERED = 16_384


class _IndexOfRanges(dict[str, dict[str, int]]):
    """The index of a system of which only the ranges are public, and a list if one is loaded."""

    __slots__ = ("_ranges", "_table")

    def __init__(self, table: CodeTable | None, ranges: RangeTable | None) -> None:
        super().__init__()
        self._table = table
        self._ranges = ranges

    def number(self, compact: str) -> int:
        """As that of a `CodeIndex`."""
        return self[compact[:PREFIX]].get(compact[PREFIX:], UNLISTED)

    def __missing__(self, prefix: str) -> dict[str, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        suffixes = self[prefix] = self._look_up(prefix)
        return suffixes

    def _look_up(self, prefix: str) -> dict[str, int]:
        listed = self._table.index[prefix] if self._table is not None else NO_SUFFIXES
        if listed or self._ranges is None:
            return listed
        number = in_ranges(prefix, self._ranges, self._table)
        return NO_SUFFIXES if number == UNLISTED else {"": number}


def in_ranges(code: str, ranges: RangeTable, table: CodeTable | None) -> int:
    """What stands in place of the history of a code that no list holds, by the published ranges.

    A loaded list without any code of a kind (the AMA delivers some of them in files of their own)
    says nothing of that kind.
    """
    ending = ranges.ending(code)
    if ending is not None:
        return ENDED - ending
    if not ranges.holds(code):
        return BESIDE_KNOWN if ranges.surrounds(code) else UNLISTED
    return LEFT_OUT if table is not None and kind_of(code) in table.kinds else LISTED_ELSEWHERE


def _unbroken(intervals: tuple[Interval, ...], around: Interval) -> tuple[date, date | None]:
    """The days around an interval on which the code stood the same, whatever its flags."""
    alike = [interval for interval in intervals if interval.heading == around.heading]
    first = last = alike.index(around)
    while first > 0 and _adjoin(alike[first - 1], alike[first]):
        first -= 1
    while last < len(alike) - 1 and _adjoin(alike[last], alike[last + 1]):
        last += 1
    return alike[first].first, alike[last].last


def _adjoin(before: Interval, after: Interval) -> bool:
    return before.last is not None and before.last.toordinal() + 1 == after.first.toordinal()


def system_on_day(system: str, day: date, reference: Reference = BUNDLED) -> SystemOnDay:
    """What a system id is on a day."""
    known = reference.systems.by_id[system]
    table = reference.codes(system) if reference.lists(system) else None
    if not known.traits.public_list:
        return SystemOnDay(known, day, table, reference.ranges(system))
    return SystemOnDay(known, day, table, None, neighbourhood(known, reference))
