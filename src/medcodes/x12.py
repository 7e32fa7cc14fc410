"""Codes in X12 claims and remittances: HI, SV1, SV2, SV3, SV5, SVC and SVD.

An X12 parser hands out segments and elements; here a composite element becomes an answer. What its
qualifier declares restricts the systems, as ``systems=`` does.

    >>> from medcodes import x12
    >>> composite = x12.read_composite("ABK:E1165", on="2026-06-01")
    >>> composite.identification.system.name, composite.identification.code
    ('ICD-10-CM', 'E11.65')
    >>> (composite,) = x12.read_segment("SV1*HC:99213:25*125*UN*1***1~")
    >>> composite.qualifier, composite.identification.code, composite.identification.modifiers
    ('HC', '99213', ('25',))

Sources: composites C022 (health care code information) and C003 (medical procedure identifier),
and where they stand, as in the transaction maps of pyx12 4.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Union

import attrs

from medcodes.classifier import Classifier, default
from medcodes.dates import Day, to_day
from medcodes.lookup.answer import Identification
from medcodes.systems import CodeSystem

__all__ = ["Composite", "read_composite", "read_segment"]

Parts = Union[str, Iterable[str]]
"""A composite element as text (``"HC:99213:25"``), or its components."""


@attrs.frozen
class Composite:
    """A composite element that holds a code.

    Attributes:
        qualifier: what the code is declared as: ``"ABK"``.
        code: the code as sent.
        modifiers: the modifiers as sent.
        systems: the systems that the qualifier means; empty when it means another kind of code.
        identification: what the code is, or None when `systems` is empty. Its own `modifiers`
            are empty where what was sent does not have the shape of modifiers.
        date: the day of a procedure that HI reports with the code, or None.
        present_on_admission: the indicator of HI (``"Y"``, ``"N"``, ``"U"``, ``"W"``), or None.
        description: what the sender wrote about a service, or None.
    """

    qualifier: str
    code: str
    modifiers: tuple[str, ...]
    systems: tuple[CodeSystem, ...]
    identification: Identification | None
    date: date | None
    present_on_admission: str | None
    description: str | None


_EVERY_ELEMENT = range(1, 13)

# Which elements of a segment hold composites with codes, counted from 1.
_PLACES = {
    "HI": _EVERY_ELEMENT,
    "SV1": (1,),
    "SV2": (2,),
    "SV3": (1,),
    "SV5": (1,),
    "SVC": (1, 6),
    "SVD": (3,),
}

# These qualify a product or service id (C003); all others of ours stand in HI (C022).
_SERVICES = {"AD", "CJ", "ER", "HC", "HP", "ID", "IV", "NU", "WK", "ZZ"}
_MOST_MODIFIERS = 4

_SEGMENT = re.compile(r"\s*([A-Za-z][A-Za-z0-9]{1,2})([^A-Za-z0-9\s])(.*)", re.DOTALL)
_QUALIFIER = re.compile(r"[A-Za-z0-9]{1,3}([^A-Za-z0-9])")


def read_composite(
    composite: Parts,
    *,
    on: Day = None,
    separator: str | None = None,
    classifier: Classifier | None = None,
) -> Composite:
    """Read a composite element: a qualifier, a code, and what follows them.

    Args:
        composite: the element as text, or its components.
        on: the day of service. None takes the day that stands beside a procedure in HI; where
            there is none it is today.
        separator: what separates the components; None is what follows the qualifier.
        classifier: who identifies the code, where that is not the default one.

    Raises:
        ValueError, TypeError: `on` is not a day.
        TypeError: the composite, or one of its components, is not text.

    >>> read_composite("HC>J1885>59", on="2026-06-01").identification.title
    'Injection, ketorolac tromethamine, per 15 mg'
    >>> read_composite(["BBR", "0SRB02A", "D8", "20260601"]).date
    datetime.date(2026, 6, 1)
    """
    classifier = default if classifier is None else classifier
    parts = [part.strip() for part in _components(composite, separator)]
    parts += [""] * (9 - len(parts))
    qualifier, code = parts[0], parts[1]
    known = classifier.reference.systems.all
    declared = tuple(system for system in known if qualifier.upper() in system.x12)
    is_service = qualifier.upper() in _SERVICES
    modifiers = tuple(filter(None, parts[2 : 2 + _MOST_MODIFIERS])) if is_service else ()
    its_day = None if is_service else _day(parts[2], parts[3])
    return Composite(
        qualifier,
        code,
        modifiers,
        declared,
        _identified(code, modifiers, declared, on or its_day, classifier),
        its_day,
        None if is_service else parts[8] or None,
        (parts[6] or None) if is_service else None,
    )


def read_segment(
    segment: str | Iterable[Parts],
    *,
    on: Day = None,
    terminator: str = "~",
    classifier: Classifier | None = None,
) -> list[Composite]:
    """Read the codes of a segment: HI, SV1, SV2, SV3, SV5, SVC or SVD.

    Args:
        segment: the segment as text, or its id and its elements.
        on: the day of service, as for `read_composite`.
        terminator: what ends the segment; it may be there or not.
        classifier: who identifies the codes, where that is not the default one.

    Returns:
        A `Composite` for each element that holds one, in order; no codes in other segments.

    Raises:
        ValueError, TypeError: as `read_composite`.

    >>> [composite.code for composite in read_segment("HI*ABK:E1165*ABF:I10*BE:01:::150~")]
    ['E1165', 'I10', '01']
    >>> read_segment("DTP*472*D8*20260601~")
    []
    """
    name, elements = _elements(segment, terminator)
    places = _PLACES.get(name.upper(), ())
    found = [elements[place - 1] for place in places if place <= len(elements)]
    composites = [element if isinstance(element, str) else tuple(element) for element in found]
    return [
        read_composite(composite, on=on, classifier=classifier)
        for composite in composites
        if any(composite)
    ]


def _elements(segment: str | Iterable[Parts], terminator: str) -> tuple[str, list[Parts]]:
    if not isinstance(segment, str):
        name, *elements = segment or [""]
        return name if isinstance(name, str) else "", elements
    found = _SEGMENT.fullmatch(segment.rstrip().removesuffix(terminator))
    if found is None:
        return "", []
    name, separator, rest = found.groups()
    return name, [*rest.split(separator)]


def _components(composite: Parts, separator: str | None) -> list[str]:
    if not isinstance(composite, str):
        parts = [*composite] if isinstance(composite, Iterable) else [composite]
        for part in parts:
            if not isinstance(part, str):
                raise TypeError(f"a composite is text, or a list of texts, not {part!r}")
        return parts
    if separator is None:
        found = _QUALIFIER.match(composite.strip())
        separator = found[1] if found else None
    return composite.strip().split(separator) if separator else [composite]


def _identified(
    code: str,
    modifiers: tuple[str, ...],
    declared: tuple[CodeSystem, ...],
    on: Day,
    classifier: Classifier,
) -> Identification | None:
    if not declared:
        return None
    answer = classifier.identify(":".join((code, *modifiers)), on=on, systems=declared)
    if answer.system is None and modifiers:
        return classifier.identify(code, on=on, systems=declared)
    return answer


def _day(kind: str, text: str) -> date | None:
    """A day in the form that X12 calls D8."""
    if kind != "D8" or len(text) != 8:
        return None
    try:
        return to_day(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        return None
