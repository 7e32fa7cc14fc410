"""What being listed means on a day: one system, one day, every code of it.

A `Desk` is where the codes of one system are looked up as of one day. A desk knows nothing of
other systems; weighing them against each other is the classifier's work.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

import attrs

from medcodes import reference
from medcodes.identification import Status
from medcodes.reference import Interval, Range, RangeTable

__all__ = ["Desk", "ListedDesk", "RangedDesk", "Standing", "desk"]


@attrs.frozen
class Standing:
    """How a code stands on a day.

    Attributes:
        status: the strength of the evidence.
        valid_from, valid_to: the interval that holds the day, or the nearest one.
        flags: the edits of that interval.
        as_of: the day that this is true of.
        uncovered: True when the day lies before the reference begins, so that nothing is known.
    """

    status: Status
    valid_from: date | None
    valid_to: date | None
    flags: frozenset[str]
    as_of: date
    uncovered: bool = False
    rank: int = attrs.field(init=False)

    @rank.default
    def _rank(self) -> int:
        return self.status.rank


class Desk(Protocol):
    """One system on one day."""

    system: str
    as_of: date
    stale: bool

    def standing(self, compact: str) -> Standing:
        """How a code (without its dot, of this system's shape) stands."""


class _Standings(dict[int, Standing]):
    """Number of a history to how its codes stand; as few as there are distinct histories."""

    __slots__ = ("_desk",)

    def __init__(self, desk: ListedDesk) -> None:
        super().__init__()
        self._desk = desk

    def __missing__(self, number: int) -> Standing:
        standing = self[number] = self._desk.judge(number)
        return standing


class ListedDesk:
    """A system whose codes are listed."""

    __slots__ = ("_categories", "_elsewhere", "_standings", "_table", "as_of", "stale", "system")

    def __init__(
        self, table: reference.CodeTable, day: date, elsewhere: tuple[Range, ...] = ()
    ) -> None:
        self.system = table.system
        self.stale = day > table.last_day and not table.retired
        self.as_of = table.last_day if self.stale else day
        self._table = table
        self._categories = table.categories
        self._standings = _Standings(self)
        self._elsewhere = elsewhere
        self._standings[_UNLISTED] = _nothing_known(Status.UNKNOWN, self.as_of)
        self._standings[_LISTED_ELSEWHERE] = _nothing_known(Status.PLAUSIBLE, self.as_of)

    def standing(self, compact: str) -> Standing:
        """How a code stands."""
        number = self._categories[compact[:3]].get(compact[3:], _UNLISTED)
        if number == _UNLISTED and self._elsewhere:
            number = self._unlisted(compact)
        return self._standings[number]

    def _unlisted(self, compact: str) -> int:
        for row in self._elsewhere:
            if row.first <= compact <= row.last:
                return _LISTED_ELSEWHERE
        return _UNLISTED

    def judge(self, number: int) -> Standing:
        """What a history means on the day."""
        intervals, day = self._table.history(number), self.as_of
        if day < self._table.first_day and self._table.record_begins:
            # The system is older than the record, so that a listed code may have been valid.
            return attrs.evolve(_nothing_known(Status.UNKNOWN, day), uncovered=True)
        for one in intervals:
            if one.holds(day):
                status = Status.HEADER if one.heading else Status.VALID
                return self._within(status, intervals, one)
        before = [one for one in intervals if one.first < day]
        if before:
            return self._within(Status.EXPIRED, intervals, before[-1])
        return self._within(Status.FUTURE, intervals, intervals[0])

    def _within(self, status: Status, intervals: tuple[Interval, ...], one: Interval) -> Standing:
        first, last = _unbroken(intervals, one)
        return Standing(status, first, last, one.flags, self.as_of)


_UNLISTED, _LISTED_ELSEWHERE = -1, -2


def _nothing_known(status: Status, as_of: date) -> Standing:
    return Standing(status, None, None, frozenset(), as_of)


def _unbroken(intervals: tuple[Interval, ...], around: Interval) -> tuple[date, date | None]:
    """The days around an interval with the same right to be billed, whatever the flags."""
    first, last = around.first, around.last
    for one in reversed(intervals):
        if (
            one.heading == around.heading
            and one.last
            and one.last.toordinal() + 1 == first.toordinal()
        ):
            first = one.first
    for one in intervals:
        if last and one.heading == around.heading and one.first.toordinal() - 1 == last.toordinal():
            last = one.last
    return first, last


class RangedDesk:
    """A system of which only the ranges are public: CPT."""

    __slots__ = ("_outside", "_plausible", "_ranges", "as_of", "stale", "system")

    def __init__(self, system: str, ranges: RangeTable, day: date) -> None:
        self.system = system
        self.as_of = day
        self.stale = False
        self._ranges = ranges
        self._plausible = _nothing_known(Status.PLAUSIBLE, day)
        self._outside = _nothing_known(Status.UNKNOWN, day)

    def standing(self, compact: str) -> Standing:
        """How a code stands."""
        return self._plausible if self._ranges.holds(compact) else self._outside


def desk(system: str, day: date) -> Desk:
    """The desk of a system id, from the bundled reference."""
    if system == "cpt":
        return RangedDesk(system, reference.ranges(system), day)
    elsewhere: tuple[Range, ...] = ()
    if system == "hcpcs":
        rows = reference.ranges(system).rows
        elsewhere = tuple(row for row in rows if row.note == reference.KEPT_ELSEWHERE)
    return ListedDesk(reference.codes(system), day, elsewhere)
