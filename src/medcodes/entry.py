"""What the reference holds: on one code, and on what changed between two days."""

from __future__ import annotations

from datetime import date

import attrs

from medcodes.categories import Category
from medcodes.day import Day, to_day
from medcodes.reference import Interval
from medcodes.systems import CodeSystem

__all__ = ["Changes", "Conversion", "Entry"]


@attrs.frozen
class Conversion:
    """A code that took over from another, or the other, as CMS's conversion tables have it.

    Attributes:
        code: the code at the other end.
        since: the day from which the newer of the two was to be used.
    """

    code: str
    since: date


@attrs.frozen
class Entry:
    """What the reference holds on one code or heading.

    Attributes:
        system: its code system.
        code, compact: with and without the dot.
        title: the official title, or None where no source has one.
        intervals: every interval in which it was listed, oldest first.
        categories: what it is filed under, broad to narrow.
        successors: the codes that took over from it, wholly or in part, by day and code. A code
            may live on beside them. Only of ICD-10-CM and ICD-10-PCS, from 2016-10-01 on.
        predecessors: the codes that it took over from, likewise.
    """

    system: CodeSystem
    code: str
    compact: str
    title: str | None
    intervals: tuple[Interval, ...]
    categories: tuple[Category, ...]
    successors: tuple[Conversion, ...] = ()
    predecessors: tuple[Conversion, ...] = ()

    def is_billable(self, on: Day = None) -> bool:
        """Whether it is a valid code, not a heading, on a day.

        >>> from medcodes import ICD10CM
        >>> cough = ICD10CM.get("R05")
        >>> cough.is_billable("2021-09-30"), cough.is_billable("2021-10-01")
        (True, False)
        """
        day = to_day(on)
        return any(one.holds(day) and not one.heading for one in self.intervals)


@attrs.frozen
class Changes:
    """What changed in a code system between two days.

    Attributes:
        system: the code system.
        since, until: the days compared.
        added: the codes valid on `until` and not on `since`, sorted.
        deleted: the codes valid on `since` and not on `until`, sorted.
    """

    system: CodeSystem
    since: date
    until: date
    added: tuple[str, ...]
    deleted: tuple[str, ...]
