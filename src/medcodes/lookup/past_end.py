"""What is said where the reference does not speak for the day of a question."""

from __future__ import annotations

import sys
import warnings
from datetime import date

from medcodes.errors import StaleReferenceError, StaleReferenceWarning
from medcodes.lookup.state import SystemOnDay
from medcodes.reference import Reference

PAST_END = ("warn", "error")
"""What may be done where a day lies past the last one that a list covers: the default first."""


def check_end(on_day: SystemOnDay, day: date, past_end: str) -> None:
    """Warn, or raise, where a day lies past the end of what is known of a system."""
    if not on_day.stale:
        return
    ends = f"the reference for {on_day.system.name} ends on {on_day.as_of}"
    mend = "load the newer file with `with_release`, or install newer medcodes-data"
    if past_end == "error":
        raise StaleReferenceError(f"{ends}, before {day}: {mend}")
    warn(f"{ends}; {day} is answered as of that day: {mend}")


def warn_if_incomplete(on_day: SystemOnDay, day: date, reference: Reference) -> None:
    """Warn where a list of codes is asked of a day before its first."""
    table = reference.codes(on_day.system.id)
    if table.forgets and day < table.first_day:
        name = on_day.system.name
        warn(
            f"the reference for {name} is complete only from {table.first_day} on; of {day} it "
            "lists what it still knows"
        )


def warn(message: str) -> None:
    """Warn in the name of the code that asked, whichever door it came through."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals["__name__"].partition(".")[0] == "medcodes":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, StaleReferenceWarning, stacklevel=level)
