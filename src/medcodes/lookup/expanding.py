"""Which listed codes a pattern stands for: ``E11.*``, ``S00-S99``, ``Z01.411/419``."""

from __future__ import annotations

from collections.abc import Iterator

from medcodes import formats
from medcodes.errors import NoCodeList, NoPattern
from medcodes.lookup import patterns, splitting
from medcodes.lookup.answer import Identification
from medcodes.lookup.patterns import Meaning, Pattern
from medcodes.lookup.resolver import Resolver
from medcodes.status import NOT_FOUND, Status
from medcodes.systems import no_list_message


def expand(resolver: Resolver, text: str) -> tuple[Identification, ...]:
    """The codes that a pattern stands for: those listed and billable on the day of the resolver.

    Of a list, each that is named, however it stands on the day.
    """
    if splitting.codes(resolver.answers, text):
        return splitting.split(resolver.answers, text)
    pattern, declared = _pattern(resolver, text)
    found: list[Identification] = []
    unlisted = []
    for system, meaning in _meanings(resolver, pattern, declared).items():
        if pattern.kind == "list":
            found += _members(resolver, system, meaning)
            continue
        if resolver.reference.lists(system):
            found += _codes(resolver, system, meaning)
        if _is_listed_elsewhere(resolver, system, meaning):
            unlisted.append(system)
    if unlisted and not found:
        raise NoCodeList(f"{_shown(text)}: {_why_unlisted(resolver, unlisted[0])}")
    return tuple(found)


def _pattern(resolver: Resolver, text: str) -> tuple[Pattern, tuple[str, ...]]:
    """The pattern that a text is, and the systems that may be meant."""
    known = resolver.reference.systems
    reading = resolver.reader.read(text)
    if reading.problem is not None:
        raise NoPattern(f"{_shown(text)}: {reading.problem}")
    fitting = known.formats.fitting(reading.core)
    if any(_is_code(resolver, fmt, reading.core) for fmt in fitting):
        raise NoPattern(
            f"{_shown(text)} is a code, not a wildcard or a range; all that is below it is "
            f"'{reading.core}*'"
        )
    pattern = patterns.parse(reading.core, known.formats)
    if pattern is None or (fitting and pattern.kind != "wildcard"):
        raise NoPattern(
            f"{_shown(text)} is not a wildcard or a range; write it like 'E11.*', '250.xx', "
            "'S00-S99' or 'Z01.411/419'; what a cell of several codes holds, medcodes.split says"
        )
    declared = resolver.allowed if reading.declared is None else reading.declared
    meant = tuple(system for system in declared if system in resolver.allowed)
    if pattern.meanings.keys().isdisjoint(meant):
        names = " or ".join(known.by_id[system].name for system in pattern.meanings)
        raise NoPattern(f"{_shown(text)} has the shape of {names}, which was not asked for")
    return pattern, meant


def _is_code(resolver: Resolver, fmt: formats.Format, text: str) -> bool:
    """Whether a text is listed, or may be a code of a list that is not public."""
    if not resolver.reference.lists(fmt.system):
        return True
    return resolver.reference.codes(fmt.system).history_number(fmt.compact(text)) is not None


def _meanings(resolver: Resolver, pattern: Pattern, meant: tuple[str, ...]) -> dict[str, Meaning]:
    """What a pattern means in each system that may be meant.

    A range means the systems that know both of its ends, if there are any: ``J1885-J1890`` has
    the shape of ICD-10-CM too, but J18.90 is not a code.
    """
    meanings = {system: meaning for system, meaning in pattern.meanings.items() if system in meant}
    if pattern.kind != "range":
        return meanings
    known = {
        system: meaning
        for system, meaning in meanings.items()
        if _knows_ends(resolver, system, meaning)
    }
    return known or meanings


def _knows_ends(resolver: Resolver, system: str, meaning: Meaning) -> bool:
    on_day = resolver.on_day(system)
    ends = (end for span in meaning.spans for end in span)
    return all(on_day.state(end).status not in NOT_FOUND for end in ends)


def _codes(resolver: Resolver, system: str, meaning: Meaning) -> Iterator[Identification]:
    """The codes of one system, in order."""
    of_system, on_day = resolver.among(system), resolver.on_day(system)
    table, fmt = resolver.reference.codes(system), on_day.system.shape
    for category in table.index.categories():
        if not meaning.touches(category):
            continue
        for compact, number in table.of_category(category):
            if on_day.states[number].status is Status.VALID and meaning.holds(compact):
                yield of_system.resolve(formats.dotted(compact, fmt.dot_after(compact)))


def _members(resolver: Resolver, system: str, meaning: Meaning) -> Iterator[Identification]:
    """The members of a list that are, were, will be or may be codes."""
    of_system, fmt = resolver.among(system), resolver.on_day(system).system.shape
    codes = (formats.dotted(compact, fmt.dot_after(compact)) for compact, _ in meaning.spans)
    return filter(None, map(of_system.resolve, codes))


def _is_listed_elsewhere(resolver: Resolver, system: str, meaning: Meaning) -> bool:
    """Whether a pattern may stand for codes of a list that is not public: CPT, CDT."""
    if not resolver.reference.lists(system):
        return True
    return any(map(meaning.touches, resolver.reference.codes(system).index.elsewhere))


def _why_unlisted(resolver: Resolver, system: str) -> str:
    if resolver.reference.lists(system):
        return "the dental D codes are CDT, whose list is the American Dental Association's"
    return no_list_message(resolver.reference.systems.by_id[system])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
