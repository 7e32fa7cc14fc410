"""Texts that stand for many codes: wildcards, ranges and lists.

    >>> parse("E11.*").kind, parse("S00-S99").kind, parse("Z01.411/419").kind
    ('wildcard', 'range', 'list')
    >>> parse("E11.65") is None
    True

They are written as in reports, policies and queries: ``E11.*`` and ``48[0-6]%`` with the signs of a
shell or of SQL, ``250.xx`` and ``9938x`` with an x for each open place, ``E11.-`` as the tabular
list does; ``S00-S99``, ``99201-99215``, also shortened, ``E08-13``; ``Z01.411/419``.

Nothing is looked up here: an X may also be the placeholder of a listed ICD-10-CM code, and a listed
code is always a code. Which codes a pattern stands for is found in `expanding`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Protocol

import attrs

from medcodes.formats import KNOWN, Format, Formats, Variant
from medcodes.lookup import reading


class Meaning(Protocol):
    """What a pattern means in one system; codes are without dots."""

    @property
    def spans(self) -> tuple[tuple[str, str], ...]:
        """The first and last codes of ranges, the same code twice for a single one."""
        ...

    def touches(self, category: str) -> bool:
        """Whether it may stand for a code with these first characters, three of them at most."""
        ...

    def holds(self, compact: str) -> bool:
        """Whether it stands for a code."""
        ...


@attrs.frozen
class Pattern:
    """A text that stands for many codes.

    Attributes:
        text: the pattern.
        kind: ``"wildcard"``, ``"range"`` or ``"list"``.
        meanings: the ids of the systems whose codes it may stand for, in order, each with what it
            means there.
    """

    text: str
    kind: str
    meanings: Mapping[str, Meaning] = attrs.field(repr=False)

    @property
    def reason(self) -> str:
        """Why it is not a code, in one sentence."""
        return _REASONS[self.kind]


_REASONS = {
    "wildcard": "a wildcard, not a code: medcodes.expand gives the listed codes it stands for",
    "range": "a range, not a code: medcodes.expand gives the listed codes in it",
    "list": "several codes in one text, shortened: medcodes.expand gives those that are listed",
}


def parse(text: str, formats: Formats = KNOWN) -> Pattern | None:
    """The pattern that a text in upper case and ASCII is, or None.

    Args:
        text: the text.
        formats: what the codes that it may stand for look like.
    """
    if len(text) > reading.LONGEST:
        return None
    for kind, meanings_of in (("wildcard", _wildcard), ("range", _range), ("list", _list)):
        meanings = meanings_of(text, formats)
        if meanings:
            return Pattern(text, kind, meanings)
    return None


# -- wildcards ------------------------------------------------------------------------------------

_PLACE = r"\[[0-9A-Z-]+\]|[0-9A-Z?_#]"
_WILDCARD = re.compile(rf"(?:{_PLACE}|[*%])*(?:[.](?:{_PLACE}|[*%])*)?-?", re.A)
_RUNS = re.compile("[*%]+-?")
_SIGN = re.compile(rf"{_PLACE}|[*%-]", re.A)
_ANY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ANY_NUMBER = "*"
"""In place of the characters that may stand at a place: any number of any characters."""
_SPAN = re.compile("(.)-(.)")


@attrs.frozen
class _Wildcard:
    """The characters at each place before any number of any, and the expression of the whole."""

    head: tuple[str, ...]
    _expression: str
    spans: tuple[tuple[str, str], ...] = ()
    # Compiled when it is first asked: of a code that is refused, only what it may mean is asked.
    _compiled: list[re.Pattern[str]] = attrs.field(factory=list, init=False, eq=False)

    def touches(self, category: str) -> bool:
        return all(sign in place for sign, place in zip(category, self.head, strict=False))

    def holds(self, compact: str) -> bool:
        if not self._compiled:
            self._compiled.append(re.compile(self._expression))
        return self._compiled[0].fullmatch(compact) is not None


def _wildcard(text: str, formats: Formats) -> dict[str, Meaning]:
    """What a text with signs that stand for others means.

    >>> pattern = parse("250.X0")
    >>> list(pattern.meanings), pattern.meanings["icd9cm"].holds("25030")
    (['icd9cm'], True)
    """
    signs = _SIGN.findall(_RUNS.sub("*", text)) if _WILDCARD.fullmatch(text) else []
    fixed = [sign.isalnum() and sign != "X" for sign in signs]
    places = [_characters(sign) for sign in signs]
    if not any(fixed) or all(fixed) or "" in places:
        return {}
    # What ends in an open place stands for all that is below it, too: `410.x` for 410.01.
    if signs[-1] == "X":
        places.append(_ANY_NUMBER)
    if len(places) - places.count(_ANY_NUMBER) > formats.longest:
        return {}
    head = tuple(takewhile(_ANY_NUMBER.__ne__, places))
    expression = "".join("[0-9A-Z]*" if place == _ANY_NUMBER else f"[{place}]" for place in places)
    meaning = _Wildcard(head, expression)
    return {
        fmt.system: meaning
        for fmt in formats.all
        if any(
            _has_dot(variant, text) and _may_fit(variant, places, head) for variant in fmt.variants
        )
    }


def _characters(sign: str) -> str:
    """What a sign stands for.

    >>> _characters("[0-2A]"), _characters("#"), _characters("7"), _characters("%")
    ('012A', '0123456789', '7', '*')
    """
    if sign in "*%-":
        return _ANY_NUMBER
    if sign in "X?_":
        return _ANY
    if sign == "#":
        return _ANY[:10]
    if sign.startswith("["):
        return _SPAN.sub(lambda span: _between(span[1], span[2]), sign[1:-1]).replace("-", "")
    return sign


def _between(first: str, last: str) -> str:
    return "".join(character for character in _ANY if first <= character <= last)


def _has_dot(variant: Variant, text: str) -> bool:
    """Whether the codes of a shape have their dot where a text has it; or there is none in it."""
    head, dot, _ = text.partition(".")
    if not dot or variant.dot_after is None:
        return not dot
    return "*" in head or "%" in head or len(_SIGN.findall(head)) == variant.dot_after


def _may_fit(variant: Variant, places: list[str], head: tuple[str, ...]) -> bool:
    """Whether some code of a shape may have these characters."""
    count = len(places) - places.count(_ANY_NUMBER)
    return (
        count <= len(variant.positions)
        and (_ANY_NUMBER in places or count >= variant.shortest)
        and not any(map(set.isdisjoint, map(set, head), variant.positions))
    )


# -- ranges and lists -----------------------------------------------------------------------------

_ENDS = re.compile(r"([0-9A-Z.]+)(?: ?-{1,2} ?| TO | THRU | THROUGH )([0-9A-Z.]+)", re.A)
_SEPARATOR = re.compile(" ?/ ?")
_MOST_SHORTENED = 3
"""Characters of a shortened code at most: `99201-1234` is a ZIP code."""


@attrs.frozen
class _Spans:
    """First and last codes; each stands for all that is below it, too."""

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


def _range(text: str, formats: Formats) -> dict[str, Meaning]:
    """What a text from one code to another means.

    >>> parse("E08-13").meanings["icd10cm"].holds("E1165")
    True
    >>> parse("99201-1234"), parse("S99-S00")
    (None, None)
    """
    ends = _ENDS.fullmatch(text)
    start, end = ends.groups() if ends else ("", "")
    meanings: dict[str, Meaning] = {}
    for fmt in formats.fitting(start):
        first = fmt.compact(start)
        last = _completed(end, first, fmt)
        if last is not None and len(first) == len(last) and first < last:
            meanings[fmt.system] = _Spans(((first, last),))
    return meanings


def _list(text: str, formats: Formats) -> dict[str, Meaning]:
    """What several codes mean that are shortened by what they share with the first.

    >>> list(parse("Z01.411/419").meanings)
    ['icd10cm']
    """
    parts = _SEPARATOR.split(text)
    if len(parts) == 1 or not all(any(map(str.isdigit, part)) for part in parts):
        return {}
    return {
        system: _Spans(tuple((code, code) for code in of_system))
        for system, of_system in _shortened(parts, formats).items()
    }


def _shortened(parts: list[str], formats: Formats) -> dict[str, list[str]]:
    """By system the codes of a list in which some are shortened; empty where none are."""
    first, *others = parts
    found = {}
    for fmt in formats.fitting(first):
        compact = fmt.compact(first)
        codes = [_completed(other, compact, fmt) for other in others]
        if not all(map(fmt.fits, others)) and all(codes):
            found[fmt.system] = [compact, *filter(None, codes)]
    return found


def _completed(text: str, first: str, fmt: Format) -> str | None:
    """The code that a text is in a system, or that it shortens: ``419`` behind ``Z01.411``."""
    if fmt.fits(text):
        return fmt.compact(text)
    tail = text.removeprefix(".")
    if not 0 < len(tail) <= min(_MOST_SHORTENED, len(first) - 1):
        return None
    whole = first[: -len(tail)] + tail
    return whole if fmt.fits(whole) else None
