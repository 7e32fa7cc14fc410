"""The answer to *what is this code?*"""

from __future__ import annotations

from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

import attrs

from medcodes.categories import Category
from medcodes.systems import CodeSystem

__all__ = ["Identification", "Status"]


class Status(str, Enum):
    """How strong the evidence is, strongest first.

    >>> Status.VALID == "valid", str(Status.VALID), Status.VALID.rank < Status.HEADER.rank
    (True, 'valid', True)
    """

    VALID = "valid"
    """Listed, and valid on the day."""
    HEADER = "header"
    """A listed heading; billable codes are below it."""
    PLAUSIBLE = "plausible"
    """Inside a published range of a system whose list is not public and not loaded (CPT)."""
    EXPIRED = "expired"
    """Listed, but no longer valid on the day."""
    FUTURE = "future"
    """Listed, but not yet valid on the day."""
    UNKNOWN = "unknown"
    """The right shape, in no list and no range."""
    MALFORMED = "malformed"
    """The shape of no code."""

    __str__ = str.__str__

    @property
    def rank(self) -> int:
        """0 for the strongest, 6 for the weakest."""
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}


NEVER_PRINCIPAL = frozenset({"external-cause", "manifestation", "unacceptable-principal"})
"""Flags of diagnoses that never stand alone as a principal diagnosis (Medicare Code Editor)."""


class Source(Protocol):
    """Where an answer looks up what it does not carry itself."""

    def categories(self, answer: Identification) -> tuple[Category, ...]: ...
    def title(self, answer: Identification) -> str | None: ...
    def alternatives(self, answer: Identification) -> tuple[Identification, ...]: ...
    def reason(self, answer: Identification) -> str: ...


@attrs.frozen
class Kept:
    """What an answer takes along when it leaves the process: no reference goes with it."""

    kept: tuple[tuple[Category, ...], str | None, tuple[Identification, ...], str]

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        return self.kept[0]

    def title(self, answer: Identification) -> str | None:
        return self.kept[1]

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        return self.kept[2]

    def reason(self, answer: Identification) -> str:
        return self.kept[3]


@attrs.frozen(repr=False, cache_hash=False)
class Identification:
    """What a text is, as a code, on a day.

    Truthy when a system was found; ``str()`` is one readable line; `to_dict` is plain data.
    Answers compare and hash by what they say, pickle and copy.

    >>> import medcodes
    >>> r = medcodes.identify("E11.65", on="2026-01-01")
    >>> r.system.name, r.code, r.compact, r.status.value, r.category.range
    ('ICD-10-CM', 'E11.65', 'E1165', 'valid', 'E11.6')
    >>> print(r)
    E11.65: ICD-10-CM E11.65, valid: Type 2 diabetes mellitus with hyperglycemia
    >>> bool(medcodes.identify("hello, world"))
    False
    """

    text: str
    """What was passed in."""
    system: CodeSystem | None
    """The code system, or None when nothing fits."""
    code: str | None
    """The canonical form (``E11.9``, ``0SRB02A``, ``250.00``), or None when nothing fits."""
    compact: str | None
    """The same without the dot."""
    status: Status
    """How strong the evidence is."""
    valid_from: date | None
    """The first day of the interval around the day asked for, or of the one nearest to it when
    the code is expired or future; None when unknown."""
    valid_to: date | None
    """The last day of that interval, inclusive; None while it is open, or unknown."""
    flags: frozenset[str]
    """Edits that apply on the day: ``external-cause``, ``manifestation``,
    ``unacceptable-principal``, ``unspecified``, ``male``, ``female``, ``newborn``, ``pediatric``,
    ``maternity``, ``adult`` (CMS Medicare Code Editor)."""
    modifiers: tuple[str, ...]
    """What was joined to a procedure code: ``("25",)``."""
    repairs: tuple[str, ...]
    """What was done to read the text, in order: ``trimmed``, ``normalised``, ``uppercased``,
    ``prefix``, ``modifiers``."""
    ambiguous: bool
    """True when another fit cannot be ruled out: it has the same status, or one of the two is
    plausible and the other valid or a header."""
    as_of: date
    """The day that the answer is true of; differs from the day asked for only past the end of
    what the reference covers."""
    _source: Source = attrs.field(eq=False)

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """What the code is filed under, broad to narrow; empty when nothing fits."""
        return self._source.categories(self)

    @property
    def category(self) -> Category | None:
        """The narrowest category, or None."""
        return self.categories[-1] if self.categories else None

    @property
    def range(self) -> str | None:
        """The range of the narrowest category, or None: ``"90832-90838"``."""
        return self.categories[-1].range if self.categories else None

    @cached_property
    def title(self) -> str | None:
        """The official title where it is public and in a source; always None for CPT."""
        return self._source.title(self)

    @cached_property
    def alternatives(self) -> tuple[Identification, ...]:
        """Every other fit, best first; they have no alternatives of their own."""
        return self._source.alternatives(self)

    @cached_property
    def reason(self) -> str:
        """One sentence: why this, or why nothing fits."""
        return self._source.reason(self)

    @property
    def can_be_principal(self) -> bool | None:
        """False for diagnoses that never stand alone as a principal diagnosis, True for others.

        None for what is no diagnosis, or no code that could be reported (headings, unknown).
        """
        if self.system is None or self.system.kind != "diagnosis":
            return None
        if self.status in (Status.HEADER, Status.UNKNOWN):
            return None
        return not self.flags & NEVER_PRINCIPAL

    def __bool__(self) -> bool:
        return self.system is not None

    def __str__(self) -> str:
        if self.system is None:
            return f"{self.text!r}: no code: {self.reason}"
        line = f"{self.text}: {self.system.name} {self.code}, {self.status}"
        about = self.title or " > ".join(dict.fromkeys(one.label for one in self.categories))
        line += f": {about}" if about else ""
        if self.ambiguous:
            others = ", ".join(
                f"{one.system.name} {one.code}" for one in self.alternatives if one.system
            )
            line += f" (or {others})"
        return line

    def __repr__(self) -> str:
        system = self.system.id if self.system else None
        return (
            f"Identification(text={self.text!r}, system={system!r}, code={self.code!r}, "
            f"status={self.status.value!r})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON: ids, texts, ISO dates, lists.

        >>> import json, medcodes
        >>> json.loads(json.dumps(medcodes.identify("90837").to_dict()))["range"]
        '90832-90838'
        """
        return {
            **self._own_facts(),
            "alternatives": [one._own_facts() for one in self.alternatives],
        }

    def _own_facts(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "system": self.system.id if self.system else None,
            "code": self.code,
            "compact": self.compact,
            "status": self.status.value,
            "categories": [
                {"level": one.level, "label": one.label, "range": one.range}
                for one in self.categories
            ],
            "category": self.category.label if self.category else None,
            "range": self.range,
            "title": self.title,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "flags": sorted(self.flags),
            "can_be_principal": self.can_be_principal,
            "modifiers": list(self.modifiers),
            "repairs": list(self.repairs),
            "ambiguous": self.ambiguous,
            "as_of": self.as_of.isoformat(),
            "reason": self.reason,
        }

    def __copy__(self) -> Identification:
        return self

    def __deepcopy__(self, memo: object) -> Identification:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        kept = Kept((self.categories, self.title, self.alternatives, self.reason))
        return Identification, (
            self.text,
            self.system,
            self.code,
            self.compact,
            self.status,
            self.valid_from,
            self.valid_to,
            self.flags,
            self.modifiers,
            self.repairs,
            self.ambiguous,
            self.as_of,
            kept,
        )
