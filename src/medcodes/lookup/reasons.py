"""The one sentence that says why an answer is what it is."""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

import attrs

from medcodes import formats
from medcodes.lookup import lookalikes as strangers
from medcodes.lookup import reading
from medcodes.lookup.answer import Identification
from medcodes.reference import Reference
from medcodes.status import Status

__all__ = ["misfit", "reason", "unlisted"]


class Asked(Protocol):
    """The day, the systems and the tables of a resolver."""

    day: date
    allowed: tuple[str, ...]
    reference: Reference


def reason(answer: Identification, asked: Asked) -> str:
    """Why an answer is what it is."""
    if answer.system is None:
        return _why_nothing(answer.text, asked)
    sentence = _WHY[answer.status](answer, answer.system.name, asked.reference)
    if "prefix" in answer.repairs:
        sentence += "; it is declared as such"
    if strange := unlisted(answer, asked):
        sentence += f"; {_and(strange)} in no public list of modifiers of {asked.day}"
    if answer.as_of != asked.day:
        sentence += f"; as of {answer.as_of}, the last day that the reference covers"
    return sentence


def unlisted(answer: Identification, asked: Asked) -> tuple[str, ...]:
    """The modifiers of an answer that nobody is known to publish on the day."""
    table = asked.reference.codes("modifiers")
    day = min(max(asked.day, table.first_day), table.last_day)
    return tuple(
        one
        for one in answer.modifiers
        if not _CPT_MODIFIER.fullmatch(one)
        and not any(interval.holds(day) for interval in table.intervals(one))
    )


# The list is the AMA's; what is public is that they are numbers, and those for performance
# measures a digit and P.
_CPT_MODIFIER = re.compile("[0-9][0-9P]", re.A)


def misfit(text: str, asked: Asked) -> formats.Misfit | None:
    """What is wrong at which position of a text that fits nothing, where that can be said."""
    found = reading.read(text)
    wanted = _wanted(found, asked)
    if not wanted or found.problem is not None:
        return None
    closest = formats.closest(found.core, wanted)
    if closest.position is None:
        return closest
    return attrs.evolve(closest, position=closest.position + found.start)


def _wanted(found: reading.Reading, asked: Asked) -> tuple[formats.Format, ...]:
    declared = asked.allowed if found.declared is None else found.declared
    return tuple(
        one for one in formats.ALL if one.system in asked.allowed and one.system in declared
    )


# -- when nothing fits --------------------------------------------------------------------------


def _why_nothing(text: str, asked: Asked) -> str:
    found = reading.read(text)
    if found.problem is not None:
        return found.problem
    wanted = _wanted(found, asked)
    if not asked.allowed:
        return "no code system is left to consider: systems= and kind= exclude each other"
    if not wanted:
        if "prefix" in found.repairs:
            return "the system that it is declared as is not among those asked for"
        return "a modifier is joined to it, and only CPT and HCPCS codes have those"
    if formats.MODIFIER.fits(found.core) and _is_modifier(found.core, asked.reference):
        return "a HCPCS modifier follows a procedure code; it is no code by itself"
    shape = strangers.looks_like(found.core)
    # What is declared as another system than its shape tells is no stranger.
    if shape is not None and not formats.fitting(found.core):
        return shape
    from medcodes.lookup import (
        expanding as wildcards,  # only where nothing fits: importing medcodes stays light
    )

    pattern = wildcards.recognise(found.core)
    if pattern is not None:
        return pattern.reason
    sentence = formats.closest(found.core, wanted).reason
    elsewhere = [one.name for one in formats.fitting(found.core)]
    return f"{sentence} (its shape is that of {_or(elsewhere)})" if elsewhere else sentence


def _is_modifier(text: str, reference: Reference) -> bool:
    return reference.codes("modifiers").history_number(text) is not None


def _and(modifiers: tuple[str, ...]) -> str:
    one = len(modifiers) == 1
    return f"{' and '.join(modifiers)} {'is' if one else 'are'}"


def _or(texts: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


# -- when something fits ------------------------------------------------------------------------


def _valid(answer: Identification, name: str, reference: Reference) -> str:
    until = f" until {answer.valid_to}" if answer.valid_to else ""
    return f"listed in {name}, valid since {answer.valid_from}{until}"


def _header(answer: Identification, name: str, reference: Reference) -> str:
    return f"a heading of {name}; only codes below it are billable"


def _plausible(answer: Identification, name: str, reference: Reference) -> str:
    assert answer.system is not None
    assert answer.compact is not None
    if answer.system.id == "hcpcs":
        return "a CDT code by its shape; the American Dental Association keeps that list"
    unknown = "the list of codes is the AMA's, so whether this one exists is not known"
    if reference.lists(answer.system.id):
        table = reference.codes(answer.system.id)
        unknown = "the loaded list has no codes of its kind"
        if answer.as_of < table.first_day:
            unknown = f"the loaded list begins on {table.first_day} and cannot tell of earlier days"
            if table.history_number(answer.compact) is not None:
                return f"listed in {name}, but {unknown}"
    row = reference.ranges(answer.system.id).find(answer.compact)[-1]
    note = f" ({row.note})" if row.note else ""
    return f"in the published {name} range {row.first}-{row.last}{note}; {unknown}"


def _expired(answer: Identification, name: str, reference: Reference) -> str:
    later = _next_interval(answer, reference)
    again = f", and again from {later}" if later else ""
    was = "a heading of" if answer.is_heading else "listed in"
    return f"{was} {name}, valid from {answer.valid_from} to {answer.valid_to}{again}"


def _next_interval(answer: Identification, reference: Reference) -> str | None:
    assert answer.system is not None
    assert answer.compact is not None
    intervals = reference.codes(answer.system.id).intervals(answer.compact)
    return next((str(one.first) for one in intervals if one.first > answer.as_of), None)


def _future(answer: Identification, name: str, reference: Reference) -> str:
    is_ = "a heading of" if answer.is_heading else "listed in"
    sentence = f"{is_} {name}, but only from {answer.valid_from}"
    assert answer.system is not None
    table = reference.codes(answer.system.id)
    if table.forgets and answer.as_of < table.first_day:
        sentence += f" (the list has dropped what ended before {table.first_day.year})"
    return sentence


def _unknown(answer: Identification, name: str, reference: Reference) -> str:
    assert answer.system is not None
    assert answer.compact is not None
    if not reference.lists(answer.system.id):
        return f"the shape of {name}, but in none of its published ranges"
    table = reference.codes(answer.system.id)
    if table.history_number(answer.compact) is not None:
        return (
            f"listed in {name}, but the reference begins on {table.first_day} and cannot tell "
            "of earlier days"
        )
    sentence = f"the shape of {name}, but not in its list ({table.edition})"
    if answer.compact.isalpha() and answer.system.id != "icd10pcs":
        return f"{sentence}, where every code has a digit: a word or a placeholder"
    if answer.compact.endswith("X"):
        return f"{sentence}; if its X stand for open places, medcodes.expand gives what is listed"
    return sentence


_WHY = {
    Status.VALID: _valid,
    Status.HEADER: _header,
    Status.PLAUSIBLE: _plausible,
    Status.EXPIRED: _expired,
    Status.FUTURE: _future,
    Status.UNKNOWN: _unknown,
}
