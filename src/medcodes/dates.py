"""Days: the day that is asked about, days in files, and the days on which systems are released."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Union

Day = Union[date, str, None]
"""A day: a `date`, ISO text (``"2026-10-01"``), or None for today."""


# Stricter than `date.fromisoformat`, which reads weeks and more on newer Pythons.
_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def to_day(on: Day, argument: str = "on") -> date:
    """The day that is meant; messages call it by the name of its argument.

    Raises:
        ValueError: a text that is no ISO date.
        TypeError: anything else.
    """
    if on is None:
        return date.today()
    if isinstance(on, str):
        if _ISO_DAY.fullmatch(on):
            with suppress(ValueError):
                return date.fromisoformat(on)
        raise ValueError(f"{argument}={on!r} is not a date; use YYYY-MM-DD")
    if isinstance(on, date):
        day = on.date() if isinstance(on, datetime) else on
        if isinstance(day, date) and not isinstance(day, datetime):  # the NaT of pandas is both
            return day
    message = f"{argument}={on!r} is not a date; pass a datetime.date or text like '2026-10-01'"
    raise TypeError(message)


# -- days as numbers ------------------------------------------------------------------------------

OPEN = 99991231
"""The last day of what has no known end. In files, days are numbers: yyyymmdd."""


def as_date(day: int) -> date:
    """The date of a number.

    >>> as_date(20261001)
    datetime.date(2026, 10, 1)

    Raises:
        ValueError: there is no such day.
    """
    return date(day // 10000, day // 100 % 100, day % 100)


def as_number(day: date) -> int:
    """The number of a date."""
    return day.year * 10000 + day.month * 100 + day.day


@lru_cache(4_096)
def day_after(day: int) -> int:
    """The next day; the open end has none.

    >>> day_after(20231231), day_after(99991231)
    (20240101, 99991231)
    """
    return day if day == OPEN else as_number(as_date(day) + timedelta(days=1))


@lru_cache(4_096)
def day_before(day: int) -> int:
    """The day before.

    >>> day_before(20240301)
    20240229
    """
    return as_number(as_date(day) - timedelta(days=1))


# -- releases -------------------------------------------------------------------------------------

YEAR = r"(20[0-9]{2})(?![0-9])"
"""The pattern of a year in the name of an edition, as the first group."""


class Cadence(NamedTuple):
    """When a system is released.

    Attributes:
        months: those on whose first day there may be a release; none where there is no rule.
        names: what carries the year of an edition, the month in which it begins, and what is to
            be added to the year.
        ends: the last day of the system, or None.
    """

    months: tuple[int, ...]
    names: tuple[tuple[str, int, int], ...] = ()
    ends: date | None = None

    def named(self, text: str) -> date | None:
        """The first day of the edition that a name tells of, by the rule of its system."""
        for pattern, month, offset in self.names:
            found = re.search(pattern, text, re.IGNORECASE)
            if found:
                return date(int(found.group(1)) + offset, month, 1)
        return None

    def last_day(self, first: date) -> date:
        """The day before the next release after a day; the last of all days where none is due."""
        if self.ends is not None or not self.months:
            return self.ends or date.max
        months = [*(date(first.year, month, 1) for month in self.months)]
        months += [date(first.year + 1, month, 1) for month in self.months]
        return next(day for day in months if day > first) - timedelta(days=1)
