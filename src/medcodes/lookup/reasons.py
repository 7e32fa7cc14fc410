"""The one sentence that says why an answer is what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

import attrs

from medcodes import formats
from medcodes.lookup import lookalikes
from medcodes.lookup.answer import Identification
from medcodes.lookup.reading import Reader, Reading
from medcodes.reference import Reference
from medcodes.status import Status
from medcodes.systems import CodeSystem


class Asked(Protocol):
    """What a resolver is asked beside the text."""

    day: date
    allowed: tuple[str, ...]
    reference: Reference
    reader: Reader

    @property
    def answers(self) -> Mapping[str, Identification]:
        """What each text is."""
        ...


_SHOWN = 5
"""So many of several codes are named."""


def reason(answer: Identification, asked: Asked) -> str:
    """Why an answer is what it is."""
    if answer.system is None or answer.compact is None:
        return _why_nothing(answer.text, asked)
    why = _WHY[answer.status]
    sentence = why(answer, answer.system, answer.compact, asked.reference)
    if "prefix" in answer.repairs:
        sentence += "; it is declared as such"
    if doubtful := unlisted(answer, asked):
        verb = "is" if len(doubtful) == 1 else "are"
        names = " and ".join(doubtful)
        sentence += f"; {names} {verb} in no public list of modifiers of {asked.day}"
    if answer.as_of != asked.day:
        sentence += f"; as of {answer.as_of}, the last day that the reference covers"
    return sentence


def unlisted(answer: Identification, asked: Asked) -> tuple[str, ...]:
    """The modifiers of an answer that are in no public list on the day."""
    table = asked.reference.codes("modifiers")
    day = min(max(asked.day, table.first_day), table.last_day)
    return tuple(
        modifier
        for modifier in answer.modifiers
        if not _CPT_MODIFIER.fullmatch(modifier)
        and not any(interval.holds(day) for interval in table.intervals(modifier))
    )


# The list is the AMA's; what is public is that they are numbers, and those for performance
# measures a digit and P.
_CPT_MODIFIER = re.compile("[0-9][0-9P]", re.A)


def misfit(text: str, asked: Asked) -> formats.Misfit | None:
    """What is wrong at which position of a text that fits nothing, where that can be said."""
    reading = asked.reader.read(text)
    wanted = _wanted(reading, asked)
    if not wanted or reading.problem is not None:
        return None
    closest = formats.closest(reading.core, wanted)
    if closest.position is None:
        return closest
    return attrs.evolve(closest, position=closest.position + reading.start)


def _wanted(reading: Reading, asked: Asked) -> tuple[formats.Format, ...]:
    """The formats that a text might have fitted."""
    declared = asked.allowed if reading.declared is None else reading.declared
    return tuple(
        shape
        for shape in asked.reference.systems.formats.all
        if shape.system in asked.allowed and shape.system in declared
    )


# -- when nothing fits --------------------------------------------------------------------------


def _why_nothing(text: str, asked: Asked) -> str:
    reading = asked.reader.read(text)
    if reading.problem is not None:
        return reading.problem
    wanted = _wanted(reading, asked)
    if not wanted:
        return _why_no_system(reading, asked)
    if formats.MODIFIER.fits(reading.core) and _is_modifier(reading.core, asked.reference):
        return "a HCPCS modifier follows a procedure code; it is not a code by itself"
    fitting = asked.reference.systems.formats.fitting(reading.core)
    # What has the shape of a code, but of a system that is not asked for, is no lookalike.
    lookalike = lookalikes.looks_like(reading.core)
    if lookalike is not None and not fitting:
        return lookalike
    # Only where nothing fits: importing medcodes stays light.
    from medcodes.lookup import patterns, splitting

    codes = splitting.codes(asked.answers, text)
    if codes:
        more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
        shown = ", ".join(codes[:_SHOWN])
        return f"several codes in one text ({shown}{more}): medcodes.split says what each is"
    pattern = patterns.parse(reading.core, asked.reference.systems.formats)
    if pattern is not None:
        return pattern.reason
    sentence = formats.closest(reading.core, wanted).reason
    elsewhere = _or([shape.name for shape in fitting])
    return f"{sentence} (its shape is that of {elsewhere})" if elsewhere else sentence


def _why_no_system(reading: Reading, asked: Asked) -> str:
    if not asked.allowed:
        return "no code system is left to consider: systems= and kind= exclude each other"
    if "prefix" in reading.repairs:
        return "the system that it is declared as is not among those asked for"
    return "a modifier is joined to it, and only CPT and HCPCS codes have those"


def _is_modifier(text: str, reference: Reference) -> bool:
    return reference.codes("modifiers").history_number(text) is not None


def _or(texts: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


# -- when something fits ------------------------------------------------------------------------


def _valid(answer: Identification, system: CodeSystem, compact: str, reference: Reference) -> str:
    until = f" until {answer.valid_to}" if answer.valid_to else ""
    return f"listed in {system.name}, valid since {answer.valid_from}{until}"


def _header(answer: Identification, system: CodeSystem, compact: str, reference: Reference) -> str:
    return f"a heading of {system.name}; only codes below it are billable"


def _plausible(
    answer: Identification, system: CodeSystem, compact: str, reference: Reference
) -> str:
    if system.traits.kept_elsewhere is not None:
        return system.traits.kept_elsewhere
    unknown = "the list of codes is the AMA's, so whether this one exists is not known"
    if reference.lists(system.id):
        table = reference.codes(system.id)
        unknown = "the loaded list has no codes of its kind"
        if answer.as_of < table.first_day:
            unknown = f"the loaded list begins on {table.first_day} and cannot tell of earlier days"
            if table.history_number(compact) is not None:
                return f"listed in {system.name}, but {unknown}"
    return f"{_in_range(system, compact, reference)}; {unknown}"


def _in_range(system: CodeSystem, compact: str, reference: Reference) -> str:
    """The deepest published range of a code, or that its number is past the printed end."""
    row = reference.ranges(system.id).find(compact)[-1]
    note = f" ({row.note})" if row.note else ""
    where = "in" if row.prints(compact) else "numbered past the end of"
    return f"{where} the published {system.name} range {row.text}{note}"


def _between_ranges(system: CodeSystem, compact: str, reference: Reference) -> str | None:
    """Of a code that a published range holds, but none of those that divide it."""
    ranges = reference.ranges(system.id)
    if not ranges.surrounds(compact):
        return None
    row = ranges.find(compact)[-1]
    return f"in {system.name} {row.text} ({row.label}), but in none of the published ranges there"


def _expired(answer: Identification, system: CodeSystem, compact: str, reference: Reference) -> str:
    if answer.valid_from is None:
        return f"{_in_range(system, compact, reference)}: not valid after {answer.valid_to}"
    intervals = reference.codes(system.id).intervals(compact)
    later = [interval.first for interval in intervals if interval.first > answer.as_of]
    again = f", and again from {later[0]}" if later else ""
    was = "a heading of" if answer.is_heading else "listed in"
    return f"{was} {system.name}, valid from {answer.valid_from} to {answer.valid_to}{again}"


def _future(answer: Identification, system: CodeSystem, compact: str, reference: Reference) -> str:
    is_ = "a heading of" if answer.is_heading else "listed in"
    sentence = f"{is_} {system.name}, but only from {answer.valid_from}"
    table = reference.codes(system.id)
    if table.forgets and answer.as_of < table.first_day:
        sentence += f" (the list has dropped what ended before {table.first_day.year})"
    return sentence


def _unverified(
    answer: Identification, system: CodeSystem, compact: str, reference: Reference
) -> str:
    if not reference.lists(system.id):
        edition = reference.ranges(system.id).last_day.year
        between = _between_ranges(system, compact, reference)
        return f"{between}, which are those of {edition}: the code may be newer"
    table = reference.codes(system.id)
    shape = f"the shape of {system.name}, but not in its list ({table.edition}), which speaks"
    if answer.as_of < table.first_day:
        return f"{shape} from {table.first_day} on: the code may have ended before"
    return f"{shape} to {table.last_day}: the code may be newer"


def _unknown(answer: Identification, system: CodeSystem, compact: str, reference: Reference) -> str:
    if not reference.lists(system.id):
        nowhere = f"the shape of {system.name}, but in none of its published ranges"
        return _between_ranges(system, compact, reference) or nowhere
    table = reference.codes(system.id)
    if table.history_number(compact) is not None:
        return (
            f"listed in {system.name}, but the reference begins on {table.first_day} and cannot "
            "tell of earlier days"
        )
    sentence = f"the shape of {system.name}, but not in its list ({table.edition})"
    if compact.isalpha() and not system.traits.words:
        return f"{sentence}, where every code has a digit: a word or a placeholder"
    if compact.endswith("X"):
        return f"{sentence}; if its X stand for open places, medcodes.expand gives what is listed"
    return sentence


_WHY: Mapping[Status, Callable[[Identification, CodeSystem, str, Reference], str]] = {
    Status.VALID: _valid,
    Status.HEADER: _header,
    Status.PLAUSIBLE: _plausible,
    Status.EXPIRED: _expired,
    Status.FUTURE: _future,
    Status.UNVERIFIED: _unverified,
    Status.UNKNOWN: _unknown,
}
