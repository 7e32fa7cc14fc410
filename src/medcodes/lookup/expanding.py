"""Wildcards, ranges and lists: texts that stand for many codes, and so are no code themselves.

    >>> recognise("E11.*").kind, recognise("S00-S99").kind, recognise("Z01.411/419").kind
    ('wildcard', 'range', 'list')
    >>> recognise("E11.65") is None
    True

Written as people write them in reports, policies and queries: ``E11.*`` and ``48[0-6]%`` with the
signs of a shell or of SQL, ``250.xx`` and ``9938x`` with an x for each open place, ``E11.-`` as the
tabular list does; ``S00-S99``, ``99201-99215``, also shortened, ``E08-13``; ``Z01.411/419``.

An X may also be a character of an ICD-10-CM code, its placeholder. What is listed is a code,
whatever is written in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, Union

import attrs

from medcodes import formats, systems
from medcodes.errors import NoCodeList, NoPattern
from medcodes.lookup import reading
from medcodes.lookup.answer import Identification
from medcodes.status import Status
from medcodes.systems import no_list_message

if TYPE_CHECKING:
    from medcodes.lookup.resolver import Resolver

__all__ = ["Pattern", "expand", "recognise"]

_LONGEST_CODE = max(len(one.positions) for system in formats.ALL for one in system.variants)


class Meaning(Protocol):
    """What a pattern means in one system; codes are without dots."""

    def touches(self, category: str) -> bool:
        """Whether a code with these first characters (three, if it has as many) may be meant."""
        ...

    def holds(self, compact: str) -> bool:
        """Whether a code is meant."""
        ...


@attrs.frozen
class Pattern:
    """A text that stands for many codes.

    Attributes:
        text: the pattern.
        kind: ``"wildcard"``, ``"range"`` or ``"list"``.
        meanings: the id of each system that it may be meant in, in order, to what it means there.
    """

    text: str
    kind: str
    meanings: Mapping[str, Meaning] = attrs.field(repr=False)

    @property
    def reason(self) -> str:
        """Why it is no code, in one sentence."""
        return _REASONS[self.kind]


_REASONS = {
    "wildcard": "a wildcard, not a code: medcodes.expand gives the listed codes it stands for",
    "range": "a range, not a code: medcodes.expand gives the listed codes in it",
    "list": "several codes in one text: medcodes.expand gives those that are listed",
}


def recognise(text: str) -> Pattern | None:
    """The pattern that a text is, in upper case and ASCII; None for anything else.

    Nothing is looked up: ``T36.0X`` may be a pattern by its looks, and is a listed heading.
    """
    if len(text) > reading.LONGEST:
        return None
    return _wildcard(text) or _range(text) or _list(text)


# -- wildcards ------------------------------------------------------------------------------------

_PLACE = r"\[[0-9A-Z-]+\]|[0-9A-Z?_#]"
_WILDCARD = re.compile(rf"(?:{_PLACE}|[*%])*(?:[.](?:{_PLACE}|[*%])*)?-?", re.A)
_ITEM = re.compile(rf"{_PLACE}|[*%-]", re.A)
_ANY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RUN = re.compile(r"(.)-(.)")

Item = Union[str, None]
"""The characters that may stand at a place; None for any number of any characters."""


@attrs.frozen
class _Wildcard:
    """The places of a wildcard before the first run of any characters, and its expression."""

    places: tuple[str, ...]
    expression: re.Pattern[str]

    def touches(self, category: str) -> bool:
        return all(one in place for one, place in zip(category, self.places, strict=False))

    def holds(self, compact: str) -> bool:
        return self.expression.fullmatch(compact) is not None


def _wildcard(text: str) -> Pattern | None:
    """A text with a sign that stands for others.

    >>> pattern = recognise("250.X0")
    >>> list(pattern.meanings), pattern.meanings["icd9cm"].holds("25030")
    (['icd9cm'], True)
    """
    if not _WILDCARD.fullmatch(text):
        return None
    signs = _ITEM.findall(text)
    if "-" in signs[:-1] or not any(sign in _ANY and sign != "X" for sign in signs):
        return None
    items = [_characters(sign) for sign in signs]
    if all(item == sign for item, sign in zip(items, signs, strict=True)):
        return None
    # What ends in open places stands for all that is below it: `410.x` for 410.01, too.
    if signs[-1] == "X":
        items.append(None)
    # Signs for any run, one behind the other, are one.
    items = [item for n, item in enumerate(items) if item is not None or items[n - 1 : n] != [None]]
    dot = _ITEM.findall(text.partition(".")[0]) if "." in text else None
    after = None if dot is None or not {"*", "%"}.isdisjoint(dot) else len(dot)
    if "" in items or sum(item is not None for item in items) > _LONGEST_CODE:
        return None
    places = tuple(items[: items.index(None)] if None in items else items)
    expression = re.compile("".join("[0-9A-Z]*" if one is None else f"[{one}]" for one in items))
    meaning = _Wildcard(tuple(map(str, places)), expression)
    meanings: dict[str, Meaning] = {
        one.system: meaning
        for one in formats.ALL
        if any(_may_be(variant, items, dot is not None, after) for variant in one.variants)
    }
    return Pattern(text, "wildcard", meanings) if meanings else None


def _characters(sign: str) -> Item:
    """What a sign stands for.

    >>> _characters("[0-2A]"), _characters("#"), _characters("7"), _characters("%")
    ('012A', '0123456789', '7', None)
    """
    if sign in "*%-":
        return None
    if sign in "X?_":
        return _ANY
    if sign == "#":
        return _ANY[:10]
    if sign.startswith("["):
        return _RUN.sub(lambda run: _between(run[1], run[2]), sign[1:-1]).replace("-", "")
    return sign


def _between(first: str, last: str) -> str:
    return "".join(one for one in _ANY if first <= one <= last)


def _may_be(variant: formats.Variant, items: list[Item], dotted: bool, after: int | None) -> bool:
    """Whether a code of some shape may be what a wildcard stands for."""
    if dotted and (variant.dot_after is None or after not in (None, variant.dot_after)):
        return False
    places = [item for item in items if item is not None]
    if len(places) > len(variant.positions):
        return False
    if None not in items:
        fixed = len(places)
        return fixed >= variant.shortest and _fit(places, variant)
    return _fit(places[: items.index(None)], variant)


def _fit(places: list[str], variant: formats.Variant) -> bool:
    return all(
        not set(place).isdisjoint(allowed)
        for place, allowed in zip(places, variant.positions, strict=False)
    )


# -- ranges and lists -----------------------------------------------------------------------------

_ENDS = re.compile(r"([0-9A-Z.]+)(?: ?-{1,2} ?| TO | THRU | THROUGH )([0-9A-Z.]+)", re.A)
_PARTS = re.compile(r" ?(?:[/,;&+]| AND ) ?| ", re.A)
_MOST_SHORTENED = 3
"""Characters of a shortened end: `99201-1234` is a ZIP code."""


@attrs.frozen
class _Spans:
    """First and last codes, each state for what is below it, too."""

    spans: tuple[tuple[str, str], ...]

    def touches(self, category: str) -> bool:
        return any(
            first[: len(category)] <= category[: len(first)]
            and category[: len(last)] <= last[: len(category)]
            for first, last in self.spans
        )

    def holds(self, compact: str) -> bool:
        return any(
            first <= compact[: len(first)] and compact[: len(last)] <= last
            for first, last in self.spans
        )


def _range(text: str) -> Pattern | None:
    """From one code to another.

    >>> recognise("E08-13").meanings["icd10cm"].holds("E1165")
    True
    >>> recognise("99201-1234"), recognise("S99-S00")
    (None, None)
    """
    ends = _ENDS.fullmatch(text)
    if ends is None:
        return None
    meanings: dict[str, Meaning] = {}
    for one in formats.fitting(ends[1]):
        first = one.compact(ends[1])
        last = _completed(ends[2], first, one)
        if last is not None and len(first) == len(last) and first < last:
            meanings[one.system] = _Spans(((first, last),))
    return Pattern(text, "range", meanings) if meanings else None


def _list(text: str) -> Pattern | None:
    """Several codes; behind a slash, without what they share with the first.

    >>> list(recognise("Z01.411/419").meanings), list(recognise("J1885, E11.9").meanings)
    (['icd10cm'], ['hcpcs', 'icd10cm'])
    """
    parts = _PARTS.split(text)
    if len(parts) == 1 or not all(map(_has_digit, parts)):
        return None
    if " ".join(parts) == text and not any(map(str.isalpha, text)):
        return None  # numbers
    found = _shortened(parts) if "/" in text else {}
    if not found and all(map(formats.fitting, parts)):
        found = {
            one.system: [one.compact(part) for part in parts if one.fits(part)]
            for one in formats.ALL
        }
    meanings: dict[str, Meaning] = {
        system: _Spans(tuple((code, code) for code in codes))
        for system, codes in found.items()
        if codes
    }
    return Pattern(text, "list", meanings) if meanings else None


def _shortened(parts: list[str]) -> dict[str, list[str]]:
    """By system the codes of a list in which some are shortened; empty where none are."""
    first, *others = parts
    found = {}
    for one in formats.fitting(first):
        compact = one.compact(first)
        codes = [_completed(other, compact, one) for other in others]
        if not all(map(one.fits, others)) and all(codes):
            found[one.system] = [compact, *filter(None, codes)]
    return found


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _completed(text: str, first: str, one: formats.Format) -> str | None:
    """The code that a text is in a system, or that it shortens: ``419`` behind ``Z01.411``."""
    if one.fits(text):
        return one.compact(text)
    tail = text.removeprefix(".")
    if not 0 < len(tail) <= min(_MOST_SHORTENED, len(first) - 1):
        return None
    whole = first[: -len(tail)] + tail
    return whole if one.fits(whole) else None


# -- expanding ------------------------------------------------------------------------------------


def expand(resolver: Resolver, text: str) -> tuple[Identification, ...]:
    """The codes that a pattern stands for: those listed and billable on the day of the resolver."""
    pattern, declared = _pattern(resolver, text)
    found: list[Identification] = []
    unlisted = []
    for system, meaning in _meanings(resolver, pattern, declared).items():
        of_system = resolver.among(system)
        if resolver.reference.lists(system):
            found += _codes(of_system, system, meaning)
        if pattern.kind == "list":
            found += _plausible(of_system, meaning)
        elif _is_listed_elsewhere(resolver, system, meaning):
            unlisted.append(system)
    if unlisted and not found:
        of_cpt = not resolver.reference.lists(unlisted[0])
        why = no_list_message(systems.by_id[unlisted[0]]) if of_cpt else _CDT
        raise NoCodeList(f"{_shown(text)}: {why}")
    return tuple(found)


_CDT = "the dental D codes are CDT, whose list is the American Dental Association's"


def _meanings(
    resolver: Resolver, pattern: Pattern, declared: tuple[str, ...] | None
) -> dict[str, Meaning]:
    """What a pattern means in each system that is asked about.

    A range means the systems that know both of its ends, if there are any: ``J1885-J1890`` has
    the shape of ICD-10-CM too, but J18.90 is no code.
    """
    asked = {
        system: meaning
        for system, meaning in pattern.meanings.items()
        if system in resolver.allowed and (declared is None or system in declared)
    }
    if pattern.kind != "range":
        return asked
    known = {one: meaning for one, meaning in asked.items() if _knows_ends(resolver, one, meaning)}
    return known or asked


def _knows_ends(resolver: Resolver, system: str, meaning: Meaning) -> bool:
    assert isinstance(meaning, _Spans)
    (ends,) = meaning.spans
    on_day = resolver.on_day(system)
    return all(on_day.state(end).status is not Status.UNKNOWN for end in ends)


def _plausible(resolver: Resolver, meaning: Meaning) -> Iterator[Identification]:
    """The members of a list that may be codes of a list that is not public."""
    assert isinstance(meaning, _Spans)
    for compact, _ in meaning.spans:
        one = resolver.resolve(compact)
        if one.status is Status.PLAUSIBLE:
            yield one


def _is_listed_elsewhere(resolver: Resolver, system: str, meaning: Meaning) -> bool:
    """Whether a pattern can stand for codes of a list that is not public: CPT, CDT."""
    if not resolver.reference.lists(system):
        return True
    return any(map(meaning.touches, resolver.reference.codes(system).index.elsewhere))


def _codes(resolver: Resolver, system: str, meaning: Meaning) -> Iterator[Identification]:
    """The codes of one system, in order."""
    table = resolver.reference.codes(system)
    outcomes = resolver.outcomes(system)
    shape = formats.of(system)
    for category in table.index.categories():
        if not meaning.touches(category):
            continue
        for compact, number in table.of_category(category):
            _, outcome, _ = outcomes[number]
            if outcome.state.status is Status.VALID and meaning.holds(compact):
                code = formats.dotted(compact, shape.dot_after(compact))
                yield Identification(code, code, outcome)


def _pattern(resolver: Resolver, text: str) -> tuple[Pattern, tuple[str, ...] | None]:
    """The pattern, and the systems that are declared before it."""
    found = reading.read(text)
    if found.problem is not None:
        raise NoPattern(f"{_shown(text)}: {found.problem}")
    shapes = formats.fitting(found.core)
    if any(_is_listed(resolver, one, found.core) for one in shapes):
        raise NoPattern(
            f"{_shown(text)} is a code, not a wildcard or a range; all that is below it is "
            f"'{found.core}*'"
        )
    pattern = recognise(found.core)
    if pattern is None or (shapes and pattern.kind != "wildcard"):
        raise NoPattern(
            f"{_shown(text)} is no wildcard, range or list of codes; write it like 'E11.*', "
            "'250.xx', 'S00-S99' or 'Z01.411/419'"
        )
    meant = resolver.allowed if found.declared is None else found.declared
    if not any(one in pattern.meanings and one in resolver.allowed for one in meant):
        names = " or ".join(systems.by_id[one].name for one in pattern.meanings)
        raise NoPattern(f"{_shown(text)} has the shape of {names}, which was not asked for")
    return pattern, found.declared


def _is_listed(resolver: Resolver, one: formats.Format, text: str) -> bool:
    if not resolver.reference.lists(one.system):
        return True
    table = resolver.reference.codes(one.system)
    return table.history_number(one.compact(text)) is not None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
