"""What there is to say about one coding."""

from __future__ import annotations

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
from medcodes.status import Status
from medcodes.systems import HCPCS, CodeSystem

__all__ = ["Judge", "Sent"]

Systems = tuple[CodeSystem, ...]

_SUGGESTIONS = 3
_FOUND = frozenset(Status) - {Status.UNKNOWN, Status.MALFORMED}

# Systems that are taken for each other.
_PAIRS = ({"cpt", "hcpcs"}, {"icd10cm", "icd10pcs"}, {"icd9cm", "icd9pcs"})
_ICD9, _WHO_ICD10 = {"icd9cm", "icd9pcs"}, {"icd10cm", "icd10pcs"}

_CDT_URI = "http://www.ada.org/cdt"
_CDT = names.foreign(_CDT_URI)
# HL7's naming system of HCPCS prefers http, and lists the https form beside it.
_ALSO_CANONICAL = {HCPCS.uri.replace("http:", "https:")}
_LONGEST = 500  # no URI of a system, with its version, has that many characters


@attrs.frozen(eq=False)
class Sent:
    """A coding as it was sent.

    Attributes:
        path: where it stands, as FHIRPath.
        uri: its system; None for none.
        code: its code, whatever that is.
        display: its display, whatever that is.
        when: the days on which the code was used; None when nobody says, which is today.
        billed: whether it stands in a claim, where headings are errors.
    """

    path: str
    uri: str | None
    code: Any
    display: object
    when: When | None
    billed: bool

    def issue(
        self,
        rule: str,
        severity: str,
        message: str,
        expected: dict[str, str] | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> Issue:
        """Something to say about it."""
        return Issue(self.path, rule, severity, message, self.uri, self.code, expected, suggestions)


class Judge:
    """Judges codings by what a classifier knows.

    Which systems a URI means is remembered: a resource has many codings of few systems.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._all = classifier.reference.systems.all
        self._declared = lru_cache(1024)(classifier.reference.systems.named)
        self._foreign = lru_cache(1024)(names.foreign)

    def is_ours(self, uri: object, *, in_concept: bool) -> bool:
        """Whether a coding with this system is to be judged.

        Plain names (``ICD-10-CM``) count only within a CodeableConcept: elsewhere in FHIR
        ``system`` and ``code`` stand for other things too.
        """
        if uri is None:
            return in_concept
        if not isinstance(uri, str) or len(uri) > _LONGEST or not (in_concept or ":" in uri):
            return False
        return bool(self._declared(uri)) or self._foreign(uri) == _CDT

    def judge(self, sent: Sent) -> Iterator[Issue]:
        """What there is to say about a coding that `is_ours`, the worst first."""
        declared = () if sent.uri is None else self._declared(sent.uri)
        if not isinstance(sent.code, str):
            if declared:
                yield sent.issue("malformed-code", "error", not_text(sent.code))
        elif not declared:
            yield from self._undeclared(sent)
        elif not _is_modifier(sent.code, declared):
            yield from self._of_declared(sent, declared)

    def _of_declared(self, sent: Sent, declared: Systems) -> Iterator[Issue]:
        """A code under a system: is it of that one, is it written well, is it of its day?"""
        answer = self._answer(sent, declared)
        if answer.status in _FOUND:
            yield from _how_declared(sent, answer, declared)
        elif (
            answer.system is not None and self._classifier.get(sent.code, answer.system) is not None
        ):
            yield sent.issue("not-covered", "information", _why(sent, answer))
        elif _ids(declared) == _WHO_ICD10:
            return  # one of WHO's own codes
        else:
            other = self._elsewhere(sent, declared)
            if other is None:
                yield self._nowhere(sent, declared)
                return
            yield _wrong_system(sent, other, declared)
            answer = other
        certain = True
        if expression(answer) != sent.code:
            certain, issue = self._misspelt(sent, answer, declared)
            yield issue
        yield from _how_dated(sent, answer)
        if certain:
            yield from _how_displayed(sent, answer)

    def _undeclared(self, sent: Sent) -> Iterator[Issue]:
        """A coding without a system, or with that of CDT: only what is certain is said."""
        answer = self._answer(sent, self._all)
        if answer.ambiguous or not _is_listed_as_written(sent, answer):
            return
        assert answer.system is not None
        if sent.uri is None:
            message = f"{_named(answer)} is sent without a system: {answer.system.uri}"
            yield sent.issue("no-system", "warning", message, _expected(answer))
        elif answer.system.traits.kept_elsewhere:  # the system that has CDT's codes as well
            message = f"{_named(answer)} is sent as CDT; its system is {answer.system.uri}"
            yield sent.issue("wrong-system", "error", message, _expected(answer))

    # -- what the code is -----------------------------------------------------------------------

    def _answer(self, sent: Sent, systems: Systems) -> Identification:
        """What the code is on the last of its days; or on another, where it was good then."""
        days = sent.when or today()
        answer = self._classifier.identify(sent.code, on=days.last, systems=systems)
        if USUAL.takes(answer):
            return answer
        # A code became a heading on the day on which what is true of the last day began.
        day_before = answer.valid_from and answer.valid_from - timedelta(days=1)
        for day in (days.first, answer.valid_to, day_before):
            if day is not None and days.first <= day < days.last:
                earlier = self._classifier.identify(sent.code, on=day, systems=systems)
                if USUAL.takes(earlier):
                    return earlier
        return answer

    def _is_listed(self, code: str, system: CodeSystem) -> bool:
        """Whether it is a code on some day, though nothing is known of the days in question."""
        return self._classifier.get(code, system) is not None

    def _fits_elsewhere(self, sent: Sent, declared: Systems) -> tuple[Identification, ...]:
        others = tuple(system for system in self._all if system not in declared)
        answer = self._answer(sent, others)
        return (answer, *answer.alternatives)

    def _elsewhere(self, sent: Sent, declared: Systems) -> Identification | None:
        """What the code is in the systems that it was not declared as; the likeliest."""
        # As written, and of the system that this one is taken for: each counts one.
        return min(
            (fit for fit in self._fits_elsewhere(sent, declared) if fit.status in _FOUND),
            key=lambda fit: (expression(fit) != sent.code) + (not _is_paired(fit, declared)),
            default=None,
        )

    # -- what is wrong with it ------------------------------------------------------------------

    def _nowhere(self, sent: Sent, declared: Systems) -> Issue:
        day = (sent.when or today()).last
        verdict = self._classifier.judge(
            sent.code, USUAL, on=day, systems=declared, suggestions=_SUGGESTIONS
        )
        if verdict.status == Status.MALFORMED:
            rule, severity = "malformed-code", "error"
        else:
            # Where only the ranges are known (CPT), a new code may have come.
            listed = self._classifier.reference.lists(verdict.system or "")
            rule, severity = "unknown-code", "error" if listed else "warning"
        return sent.issue(rule, severity, verdict.message, None, verdict.suggestions)

    def _misspelt(
        self, sent: Sent, answer: Identification, declared: Systems
    ) -> tuple[bool, Issue]:
        """A code that is written otherwise, and whether it is certain which one is meant."""
        rule, is_written = "spelling", "it is written"
        if expression(answer).replace(".", "") == sent.code:
            rule, is_written = "missing-dot", "FHIR has ICD codes with their dot:"
        others = [
            fit for fit in answer.alternatives if fit.status in _FOUND and fit.system in declared
        ]
        message = f"{shown(sent.code)}: {is_written} {' or '.join(map(_named, (answer, *others)))}"
        fits = self._fits_elsewhere(sent, declared)
        elsewhere = [fit for fit in fits if _is_listed_as_written(sent, fit)]
        if elsewhere:
            codes = " and ".join(map(_named, elsewhere))
            message += f"; or it is {codes}, sent under the wrong system"
        certain = not others and not elsewhere
        return certain, sent.issue(rule, "error", message, _expected(answer) if certain else None)


def _ids(systems: Systems) -> set[str]:
    return {system.id for system in systems}


def _is_modifier(code: str, declared: Systems) -> bool:
    """Whether it is coded under the URI of codes that take modifiers; CPT's are not public."""
    takes_modifiers = all(system.traits.takes_modifiers for system in declared)
    return takes_modifiers and formats.MODIFIER.fits(code)


def _is_paired(answer: Identification, declared: Systems) -> bool:
    """Whether a code is of a system that one of the declared ones is often taken for."""
    return answer.system is not None and any(
        answer.system.id in pair and pair & _ids(declared) for pair in _PAIRS
    )


def _is_listed_as_written(sent: Sent, answer: Identification) -> bool:
    return answer.status is Status.VALID and expression(answer) == sent.code


def _expected(answer: Identification) -> dict[str, str]:
    assert answer.system is not None
    title = None if answer.modifiers else public_title(answer)
    return coding_of(answer.system, expression(answer), title)


def _named(answer: Identification) -> str:
    assert answer.system is not None
    return f"{answer.system.name} {expression(answer)}"


def _why(sent: Sent, answer: Identification) -> str:
    return f"{shown(sent.code)}: {answer.reason}"


def _wrong_system(sent: Sent, answer: Identification, declared: Systems) -> Issue:
    assert answer.system is not None
    meant = " or ".join(system.name for system in declared)
    message = f"{_named(answer)} ({answer.status}) is sent as {meant}"
    if _ids((answer.system, *declared)) == _ICD9:
        message += f"; the OID of {answer.system.name} is {answer.system.oid}"
    message += f"; its system is {answer.system.uri}"
    certain = answer.status is not Status.PLAUSIBLE or _is_paired(answer, declared)
    return sent.issue("wrong-system", "error", message, _expected(answer) if certain else None)


def _how_declared(sent: Sent, answer: Identification, declared: Systems) -> Iterator[Issue]:
    system, uri = answer.system, sent.uri
    assert system is not None
    assert uri is not None
    if answer.status is Status.PLAUSIBLE and system.traits.kept_elsewhere:
        message = f"{sent.code!r} has the shape of a CDT code; the system of CDT is {_CDT_URI}"
        expected = {"system": _CDT_URI, "code": sent.code}
        yield sent.issue("wrong-system", "warning", message, expected)
    elif _ids(declared) == _WHO_ICD10:
        message = (
            f"{uri} is the ICD-10 of WHO; {_named(answer)} is of its US modification, {system.uri}"
        )
        yield sent.issue("who-icd-10", "warning", message, _expected(answer))
    elif uri != system.uri and uri not in _ALSO_CANONICAL:
        severity, what = "information", "is accepted, but not the"
        if ":" not in uri:
            severity, what = "warning", "is no URI; this is the"
        message = f"{uri!r} {what} system of {system.name}: {system.uri}"
        yield sent.issue("system-alias", severity, message, _expected(answer))


def _how_dated(sent: Sent, answer: Identification) -> Iterator[Issue]:
    when = sent.when
    if answer.status in {Status.EXPIRED, Status.FUTURE}:
        message = f"{_why(sent, answer)}, and the day is {_days(when)}"
        yield sent.issue("inactive-code", "error" if when else "warning", message)
    elif answer.status is Status.HEADER:
        yield sent.issue("heading", "error" if sent.billed else "warning", _why(sent, answer))
    elif when is not None and when.period and (answer.valid_to or date.max) < when.last:
        message = (
            f"{_why(sent, answer)}, and so not on the last day of {_days(when)}; a hospital stay "
            "is coded as of that day"
        )
        yield sent.issue("inactive-code", "warning", message)


def _days(when: When | None) -> str:
    if when is None:
        return "today, since the resource names none"
    days = str(when.last) if when.first == when.last else f"{when.first} to {when.last}"
    return f"{days} ({when.field})" if when.field else days


def _how_displayed(sent: Sent, answer: Identification) -> Iterator[Issue]:
    """The official title is said, where it is public; of CPT the display is the sender's own."""
    title, display = None if answer.modifiers else public_title(answer), sent.display
    if title is None:
        return
    if not isinstance(display, str) or not display.strip():
        message = f"there is no display; the title of {_named(answer)} is {title!r}"
        yield sent.issue("no-display", "information", message, _expected(answer))
    elif _alike(display) != _alike(title):
        message = f"the display {shown(display)} is not the title of {_named(answer)}: {title!r}"
        yield sent.issue("display-differs", "information", message, _expected(answer))


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())
