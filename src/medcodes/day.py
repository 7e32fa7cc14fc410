"""The day that is asked about."""

from __future__ import annotations

from datetime import date, datetime
from typing import Union

__all__ = ["Day", "to_day"]

Day = Union[date, str, None]
"""A day: a `date`, ISO text (``"2026-10-01"``), or None for today."""


def to_day(on: Day) -> date:
    """The day that is meant.

    Raises:
        ValueError: a text that is no ISO date.
        TypeError: anything else.
    """
    if on is None:
        return date.today()
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    if isinstance(on, str):
        try:
            return date.fromisoformat(on)
        except ValueError:
            raise ValueError(f"on={on!r} is no day; write it as YYYY-MM-DD") from None
    raise TypeError(f"on={on!r} is no day; pass a datetime.date or text like '2026-10-01'")
