"""The answer to *what is this code?*"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

import attrs

from medcodes.entries import Category
from medcodes.lookup.reading import DOTTED, Reading
from medcodes.lookup.state import CodeState
from medcodes.status import NOT_FOUND, RIVALS, Status
from medcodes.systems import CodeSystem

__all__ = ["Identification"]


class Source(Protocol):
    """Where an answer looks up what it does not carry itself."""

    def categories(self, answer: Identification) -> tuple[Category, ...]: ...
    def title(self, answer: Identification) -> str | None: ...
    def alternatives(self, answer: Identification) -> tuple[Identification, ...]: ...
    def reason(self, answer: Identification) -> str: ...
    def unlisted(self, answer: Identification) -> tuple[str, ...]: ...


@attrs.frozen
class Outcome:
    """What an answer shares with all others that were read, stand and were asked alike.

    One outcome serves thousands of answers, so that an answer is small and made in no time.
    """

    state: CodeState
    reading: Reading
    ambiguous: bool
    source: Source = attrs.field(eq=False)


@attrs.frozen
class Kept:
    """What an answer takes along when it leaves the process: no reference goes with it."""

    kept: tuple[tuple[Category, ...], str | None, tuple[Identification, ...], str, tuple[str, ...]]

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        return self.kept[0]

    def title(self, answer: Identification) -> str | None:
        return self.kept[1]

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        return self.kept[2]

    def reason(self, answer: Identification) -> str:
        return self.kept[3]

    def unlisted(self, answer: Identification) -> tuple[str, ...]:
        return self.kept[4]


@attrs.frozen(repr=False, weakref_slot=False)
class Identification:
    """What a text is, as a code, on a day.

    Truthy when the text is, was, will be or plausibly is a code; not where it has only the shape of
    one (`unverified`, `unknown`), or none. ``str()`` is one readable line; `to_dict` is plain data.
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
    code: str | None
    """The canonical form (``E11.9``, ``0SRB02A``, ``250.00``), or None when nothing fits."""
    _outcome: Outcome

    @property
    def system(self) -> CodeSystem | None:
        """The code system, or None when nothing fits."""
        return self._outcome.state.system

    @property
    def is_heading(self) -> bool:
        """True where the code is (or was, or will be) a heading, and so never billable itself."""
        return self._outcome.state.heading

    @property
    def ambiguous(self) -> bool:
        """True when another fit cannot be ruled out.

        It has the same status, or one of the two is plausible and the other valid or a header.
        """
        return self._outcome.ambiguous

    @property
    def compact(self) -> str | None:
        """The canonical form without its dot, or None."""
        return None if self.code is None else self.code.replace(".", "")

    @property
    def status(self) -> Status:
        """How strong the evidence is."""
        return self._outcome.state.status

    @property
    def valid_from(self) -> date | None:
        """The first day of the interval around the day asked for; None when unknown.

        For an expired or future code it is the interval nearest to that day.
        """
        return self._outcome.state.valid_from

    @property
    def valid_to(self) -> date | None:
        """The last day of that interval, inclusive; None while it is open, or unknown."""
        return self._outcome.state.valid_to

    @property
    def as_of(self) -> date:
        """The day that the answer is true of.

        It differs from the day asked for only past the end of what the reference covers.
        """
        return self._outcome.state.as_of

    @property
    def flags(self) -> frozenset[str]:
        """Edits that apply on the day, as CMS's Medicare Code Editor defines them.

        ``external-cause``, ``manifestation``, ``unacceptable-principal``, ``unspecified``,
        ``male``, ``female``, ``newborn``, ``pediatric``, ``maternity``, ``adult``. A new code of a
        release that you loaded has ``edits-unknown``.
        """
        return self._outcome.state.flags

    @property
    def modifiers(self) -> tuple[str, ...]:
        """What was joined to a procedure code: ``("25",)``."""
        return self._outcome.reading.modifiers

    @property
    def unlisted_modifiers(self) -> tuple[str, ...]:
        """The modifiers that are in no public list on that day: doubtful.

        The modifiers of HCPCS are listed. Those of CPT are the AMA's: two digits, or a digit and P,
        are taken for one by their shape.
        """
        return self._outcome.source.unlisted(self) if self.modifiers else ()

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was done to read the text, in order: names of `medcodes.lookup.reading.REPAIRS`.

        ``trimmed``, ``normalised``, ``uppercased``, ``unquoted``, ``prefix``, ``punctuation``,
        ``modifiers``, ``joined``, ``undotted``, ``dotted``.
        """
        found = self._outcome.reading
        # Of a text that is looked up as it stands, the reading has nothing to tell.
        if self.code is not None and "." in self.code and "." not in (found.core or self.text):
            return (*found.repairs, DOTTED)
        return found.repairs

    @property
    def categories(self) -> tuple[Category, ...]:
        """What the code is filed under, broad to narrow; empty when it is malformed or unknown."""
        return self._outcome.source.categories(self)

    @property
    def category(self) -> Category | None:
        """The narrowest category, or None."""
        categories = self.categories
        return categories[-1] if categories else None

    @property
    def range(self) -> str | None:
        """The range of the narrowest category, or None: ``"90832-90838"``."""
        category = self.category
        return category.range if category else None

    @property
    def title(self) -> str | None:
        """The official title where it is public and in a source; always None for CPT."""
        return self._outcome.source.title(self)

    @property
    def alternatives(self) -> tuple[Identification, ...]:
        """Every other fit, best first; they have no alternatives of their own."""
        return self._outcome.source.alternatives(self)

    @property
    def rivals(self) -> tuple[Identification, ...]:
        """The alternatives that cannot be ruled out; empty unless it is ambiguous."""
        return tuple(fit for fit in self.alternatives if fit.status in RIVALS[self.status])

    @property
    def reason(self) -> str:
        """One sentence: why this, or why nothing fits."""
        return self._outcome.source.reason(self)

    @property
    def can_be_principal(self) -> bool | None:
        """False for diagnoses that never stand alone as a principal diagnosis, True for others.

        None for procedures, for what cannot be reported (headings, unknown codes), and
        for a new code of a loaded release, which says nothing of edits.
        """
        return self._outcome.state.can_be_principal

    def __bool__(self) -> bool:
        return self.status not in NOT_FOUND

    def __str__(self) -> str:
        if self.system is None:
            return f"{self.text!r}: no code: {self.reason}"
        line = f"{self.text}: {self.system.name} {self.code}, {self.status}"
        about = self.title or " > ".join(
            dict.fromkeys(category.label for category in self.categories)
        )
        line += f": {about}" if about else ""
        if self.ambiguous:
            others = ", ".join(f"{fit.system.name} {fit.code}" for fit in self.rivals if fit.system)
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
            "alternatives": [fit._own_facts() for fit in self.alternatives],
        }

    def _own_facts(self) -> dict[str, Any]:
        categories = self.categories
        return {
            "text": self.text,
            "system": self.system.id if self.system else None,
            "code": self.code,
            "compact": self.compact,
            "status": self.status.value,
            "categories": [
                {"level": category.level, "label": category.label, "range": category.range}
                for category in categories
            ],
            "category": categories[-1].label if categories else None,
            "range": categories[-1].range if categories else None,
            "title": self.title,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "flags": sorted(self.flags),
            "can_be_principal": self.can_be_principal,
            "modifiers": list(self.modifiers),
            "unlisted_modifiers": list(self.unlisted_modifiers),
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
        kept = Kept(
            (self.categories, self.title, self.alternatives, self.reason, self.unlisted_modifiers)
        )
        return Identification, (self.text, self.code, attrs.evolve(self._outcome, source=kept))
