"""Why a value is no valid code, and what may be meant; asked once for each distinct value."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Optional

from medcodes.classifier import default
from medcodes.status import Status
from medcodes.systems import CodeSystem

__all__ = ["reason", "suggestions"]

_MOST = 3
Systems = Optional[tuple[CodeSystem, ...]]


@lru_cache(100_000)
def reason(value: str, systems: Systems, on: date | None) -> str:
    """Why a value is what it is, in one sentence."""
    return default.identify(value, systems=systems, on=on).reason


@lru_cache(100_000)
def suggestions(value: str, systems: Systems, on: date | None) -> tuple[str, ...]:
    """Codes that may be meant, best first.

    A listed code on the wrong day is no slip of the pen: only what took over from it is named. Nor
    is the code of another system, which stands in the wrong column.
    """
    answer = default.identify(value, systems=systems, on=on)
    elsewhere = default.identify(value, on=on)
    if elsewhere.system is not answer.system and elsewhere.status is Status.VALID:
        return ()
    found = tuple(one.code for one in default.suggest(value, systems, on, _MOST))
    if answer.status not in (Status.EXPIRED, Status.FUTURE):
        return found
    entry = answer.system.get(str(answer.code)) if answer.system else None
    followers = {one.code for one in entry.successors} if entry else set()
    return tuple(code for code in found if code in followers)
