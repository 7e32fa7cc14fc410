"""The day that is asked about."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Union

__all__ = ["Day", "to_day"]

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
        raise ValueError(f"{argument}={on!r} is no day; write it as YYYY-MM-DD")
    if isinstance(on, date):
        day = on.date() if isinstance(on, datetime) else on
        if isinstance(day, date) and not isinstance(day, datetime):  # the NaT of pandas is both
            return day
    raise TypeError(f"{argument}={on!r} is no day; pass a datetime.date or text like '2026-10-01'")
