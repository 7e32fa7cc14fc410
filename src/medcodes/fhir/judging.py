"""What there is to say about one coding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import attrs

from medcodes import formats, names
from medcodes.classifier import Classifier
from medcodes.errors import shown
from medcodes.fhir.codings import coding_of, expression, public_title
from medcodes.fhir.days import When, today
from medcodes.fhir.issues import Issue
from medcodes.lookup.acceptance import USUAL
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import not_text
from medcodes.status import NOT_FOUND, Status
from medcodes.systems import HCPCS, CodeSystem

Systems = tuple[CodeSystem, ...]

_SUGGESTIONS = 3
_FOUND = frozenset(Status) - NOT_FOUND

# Systems that are taken for each other.
_PAIRS = ({"cpt", "hcpcs"}, {"icd10cm", "icd10pcs"}, {"icd9cm", "icd9pcs"})
_ICD9, _WHO_ICD10 = {"icd9cm", "icd9pcs"}, {"icd10cm", "icd10pcs"}

_CDT_URI = "http://www.ada.org/cdt"
_CDT = names.foreign(_CDT_URI)
# HL7's naming system of HCPCS prefers http, and lists the https form beside it.
_ALSO_CANONICAL = {HCPCS.uri.replace("http:", "https:")}
_LONGEST = 500  # no URI of a system, with its version, has that many characters
# Below a host of those who keep the systems, what is no URI of a system is one that is misspelt.
_OF_THEIR_HOSTS = re.compile(
    r"(?:https?://)?(?:[a-z]+[.])?(?:hl7[.]org|ama-assn[.]org|cms[.]gov)/(?:[^/|]+/)*([^/|]+)/?(?:[|].*)?",
    re.I,
)


class Uris:
    """What system URIs mean to a classifier; remembered, as codings are many and systems few."""

    def __init__(self, classifier: Classifier) -> None:
        self.systems = lru_cache(1024)(classifier.reference.systems.named)
        self._foreign = lru_cache(1024)(names.foreign)

    def is_ours(self, uri: object, *, in_concept: bool) -> bool:
        """Whether a coding with this system is to be judged.

        Plain names (``ICD-10-CM``) count only within a CodeableConcept: elsewhere in FHIR
        ``system`` and ``code`` stand for other things too.
        """
        if uri is None or uri == "":
            return in_concept
        if not isinstance(uri, str) or len(uri) > _LONGEST or not (in_concept or ":" in uri):
            return False
        return bool(self.meant(uri)) or self._foreign(uri) == _CDT

    def meant(self, uri: str) -> Systems:
        """The systems that a URI means, or that a misspelt one is likely to."""
        near = None if self.systems(uri) else _OF_THEIR_HOSTS.fullmatch(uri)
        return self.systems(uri if near is None else near[1])


@attrs.frozen(eq=False)
class Coding:
    """A coding that is to be judged.

    Attributes:
        path: where it stands, as FHIRPath.
        uri: its system as sent; None, or empty, for none.
        code: its code, whatever that is.
        display: its display, whatever that is.
        declared: the systems that its URI means.
        when: the days on which the code was used; None when nobody says, which is today.
        named: the days of the names that displays may be: of the version, of the expansion.
        billed: whether it stands in a claim, where headings are errors.
        classifier: who knows the codes.
    """

    path: str
    uri: str | None
    code: Any
    display: object
    declared: Systems
    when: When | None
    named: tuple[When, ...]
    billed: bool
    classifier: Classifier

    def issues(self) -> Iterator[Issue]:
        """What there is to say about it, the worst first."""
        if not isinstance(self.code, str):
            if self.declared:
                yield self._issue("malformed-code", "error", not_text(self.code))
        elif not self.declared:
            yield from self._undeclared()
        elif not self._is_modifier():
            yield from self._of_declared()

    def _of_declared(self) -> Iterator[Issue]:
        """A code under a system: is it of that one, is it written well, is it of its day?"""
        answer = self._answer(self.declared)
        if answer.status in _FOUND:
            yield from self._how_declared(answer)
        elif answer.system and self.classifier.get(self.code, answer.system) is not None:
            # Listed, but the day is before those that the reference covers.
            yield self._issue("not-covered", "information", self._why(answer))
        elif self._ids == _WHO_ICD10:
            return  # one of WHO's own codes
        else:
            other = self._elsewhere()
            if other is None:
                yield self._nowhere()
                return
            yield self._wrong_system(other)
            answer = other
        certain = True
        if expression(answer) != self.code:
            certain, issue = self._misspelt(answer)
            yield issue
        yield from self._how_dated(answer)
        if certain:
            yield from self._how_displayed(answer)

    def _undeclared(self) -> Iterator[Issue]:
        """A coding without a system, or with that of CDT: only what is certain is said."""
        answer = self._answer(self.classifier.reference.systems.all)
        if answer.ambiguous or not self._is_listed_as_written(answer):
            return
        assert answer.system is not None
        if not self.uri:
            message = f"{_named(answer)} is sent without a system: {answer.system.uri}"
            yield self._issue("no-system", "warning", message, coding_of(answer))
        elif answer.system.traits.kept_elsewhere:  # the system that has CDT's codes as well
            message = f"{_named(answer)} is sent as CDT; its system is {answer.system.uri}"
            yield self._issue("wrong-system", "error", message, coding_of(answer))

    # -- what the code is -----------------------------------------------------------------------

    def _answer(self, systems: Systems) -> Identification:
        """What the code is on the last of its days; or on another, where it was good then."""
        days = self.when or today()
        answer = self.classifier.identify(self.code, on=days.last, systems=systems)
        if USUAL.takes(answer):
            return answer
        # A code became a heading on the day on which what is true of the last day began.
        day_before = answer.valid_from and answer.valid_from - timedelta(days=1)
        for day in (days.first, answer.valid_to, day_before):
            if day is not None and days.first <= day < days.last:
                earlier = self.classifier.identify(self.code, on=day, systems=systems)
                if USUAL.takes(earlier):
                    return earlier
        return answer

    def _fits_elsewhere(self) -> list[Identification]:
        """What the code is in the systems that it was not declared as."""
        known = self.classifier.reference.systems.all
        answer = self._answer(tuple(system for system in known if system not in self.declared))
        return [fit for fit in (answer, *answer.alternatives) if fit.status in _FOUND]

    def _elsewhere(self) -> Identification | None:
        """The likeliest of these."""
        # As written, and of the system that this one is taken for: each counts one.
        return min(
            self._fits_elsewhere(),
            key=lambda fit: (expression(fit) != self.code) + (not self._is_paired(fit)),
            default=None,
        )

    @property
    def _ids(self) -> set[str]:
        return {system.id for system in self.declared}

    def _is_paired(self, answer: Identification) -> bool:
        """Whether a code is of a system that a declared one is often taken for."""
        system = answer.system
        return any(system and system.id in pair and pair & self._ids for pair in _PAIRS)

    def _is_modifier(self) -> bool:
        """Whether it is coded under the URI of codes that take modifiers; CPT's are not public."""
        takes_modifiers = all(system.traits.takes_modifiers for system in self.declared)
        return takes_modifiers and formats.MODIFIER.fits(self.code)

    def _is_listed_as_written(self, answer: Identification) -> bool:
        return answer.status is Status.VALID and expression(answer) == self.code

    # -- what is wrong with it ------------------------------------------------------------------

    def _issue(
        self,
        rule: str,
        severity: str,
        message: str,
        expected: dict[str, str] | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> Issue:
        return Issue(self.path, rule, severity, message, self.uri, self.code, expected, suggestions)

    def _nowhere(self) -> Issue:
        day = (self.when or today()).last
        verdict = self.classifier.judge(
            self.code, USUAL, on=day, systems=self.declared, suggestions=_SUGGESTIONS
        )
        if verdict.status == Status.MALFORMED:
            rule, severity = "malformed-code", "error"
        elif verdict.status == Status.UNVERIFIED:
            rule, severity = "unverified-code", "information"
        else:
            # Where only the ranges are known (CPT), a new code may have come.
            listed = self.classifier.reference.lists(verdict.system or "")
            rule, severity = "unknown-code", "error" if listed else "warning"
        return self._issue(rule, severity, verdict.message, None, verdict.suggestions)

    def _wrong_system(self, answer: Identification) -> Issue:
        system = answer.system
        assert system is not None
        meant = " or ".join(system.name for system in self.declared)
        message = f"{_named(answer)} ({answer.status}) is sent as {meant}"
        if self._ids | {system.id} == _ICD9:
            message += f"; the OID of {system.name} is {system.oid}"
        message += f"; its system is {system.uri}"
        certain = answer.status is not Status.PLAUSIBLE or self._is_paired(answer)
        return self._issue("wrong-system", "error", message, coding_of(answer) if certain else None)

    def _how_declared(self, answer: Identification) -> Iterator[Issue]:
        system, uri = answer.system, self.uri
        assert system is not None
        assert uri is not None
        if answer.status is Status.PLAUSIBLE and system.traits.kept_elsewhere:
            message = f"{self.code!r} has the shape of a CDT code; the system of CDT is {_CDT_URI}"
            expected = {"system": _CDT_URI, "code": self.code}
            yield self._issue("wrong-system", "warning", message, expected)
        elif self._ids == _WHO_ICD10:
            us_code = f"{_named(answer)} is of its US modification, {system.uri}"
            message = f"{uri} is the ICD-10 of WHO; {us_code}"
            yield self._issue("who-icd-10", "warning", message, coding_of(answer))
        elif not self.classifier.reference.systems.named(uri):
            message = f"{uri!r} is not the system of {system.name}: {system.uri}"
            yield self._issue("misspelt-system", "warning", message, coding_of(answer))
        elif uri != system.uri and uri not in _ALSO_CANONICAL:
            severity, what = "information", "is accepted, but not the"
            if ":" not in uri:
                severity, what = "warning", "is not a URI; this is the"
            message = f"{uri!r} {what} system of {system.name}: {system.uri}"
            yield self._issue("system-alias", severity, message, coding_of(answer))

    def _misspelt(self, answer: Identification) -> tuple[bool, Issue]:
        """That it is written otherwise, and whether it is certain which code is meant."""
        rule, is_written = "spelling", "it is written"
        if expression(answer).replace(".", "") == self.code:
            rule, is_written = "missing-dot", "FHIR has codes with their dot:"
        found = [fit for fit in answer.alternatives if fit.status in _FOUND]
        codes = [answer, *(fit for fit in found if fit.system in self.declared)]
        message = f"{shown(self.code)}: {is_written} {' or '.join(map(_named, codes))}"
        elsewhere = [fit for fit in self._fits_elsewhere() if self._is_listed_as_written(fit)]
        if elsewhere:
            sent = " and ".join(map(_named, elsewhere))
            message += f"; or it is {sent}, sent under the wrong system"
        certain = len(codes) == 1 and not elsewhere
        return certain, self._issue(rule, "error", message, coding_of(answer) if certain else None)

    def _how_dated(self, answer: Identification) -> Iterator[Issue]:
        when = self.when
        if answer.status in {Status.EXPIRED, Status.FUTURE}:
            message = f"{self._why(answer)}, and the day is {_days(when)}"
            yield self._issue("inactive-code", "error" if when else "warning", message)
        elif answer.status is Status.HEADER:
            yield self._issue("heading", "error" if self.billed else "warning", self._why(answer))
        elif when is not None and when.period and (answer.valid_to or date.max) < when.last:
            rest = f"not on the last day of {_days(when)}; a hospital stay is coded as of that day"
            yield self._issue("inactive-code", "warning", f"{self._why(answer)}, and so {rest}")

    def _how_displayed(self, answer: Identification) -> Iterator[Issue]:
        """The official title is said, where it is public; of CPT the display is the sender's."""
        title, display = None if answer.modifiers else public_title(answer), self.display
        if title is None:
            return
        if not isinstance(display, str) or not display.strip():
            message = f"there is no display; the title of {_named(answer)} is {title!r}"
            yield self._issue("no-display", "information", message, coding_of(answer))
        elif _alike(display) not in map(_alike, (title, *self._other_titles(answer))):
            message = (
                f"the display {shown(display)} is not the title of {_named(answer)}: {title!r}"
            )
            yield self._issue("display-differs", "information", message, coding_of(answer))

    def _other_titles(self, answer: Identification) -> Iterator[str]:
        """What was the title on a day of the use, of the version or of the expansion."""
        assert answer.system is not None
        assert answer.compact is not None
        system, reference = answer.system.id, self.classifier.reference
        changes = reference.revisions(system).changes
        for when in (self.when or today(), *self.named):
            within = {day for day in changes if when.first < day <= when.last}
            for day in (when.first, *within):
                yield reference.title(system, answer.compact, day) or ""

    def _why(self, answer: Identification) -> str:
        return f"{shown(self.code)}: {answer.reason}"


def _named(answer: Identification) -> str:
    assert answer.system is not None
    return f"{answer.system.name} {expression(answer)}"


def _days(when: When | None) -> str:
    if when is None:
        return "today, since the resource names none"
    days = str(when.last) if when.first == when.last else f"{when.first} to {when.last}"
    return f"{days} ({when.field})" if when.field else days


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())
