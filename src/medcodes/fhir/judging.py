"""What there is to say about one coding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from medcodes import formats, names
from medcodes.classifier import Classifier
from medcodes.fhir.codings import coding_of, expression, public_title
from medcodes.fhir.days import When, today
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import not_text
from medcodes.status import Status
from medcodes.systems import ALL as ALL_SYSTEMS
from medcodes.systems import (
    CPT,
    HCPCS,
    ICD9CM,
    ICD9PCS,
    ICD10CM,
    ICD10PCS,
    CodeSystem,
    code_systems,
)

__all__ = ["Judgement", "is_ours", "judge"]


class Judgement(NamedTuple):
    """One issue, apart from where it is."""

    rule: str
    severity: str
    message: str
    expected: dict[str, str] | None = None
    suggestions: tuple[str, ...] = ()


_SIBLINGS = {
    CPT: HCPCS,
    HCPCS: CPT,
    ICD10CM: ICD10PCS,
    ICD10PCS: ICD10CM,
    ICD9CM: ICD9PCS,
    ICD9PCS: ICD9CM,
}
"""The system that each is most often taken for."""

_MOST_SUGGESTIONS = 3
_HCPCS_LEVELS = {CPT, HCPCS}
_CDT_URI = "http://www.ada.org/cdt"
_LONGEST = 500  # no URI of a system, with its version, has that many characters
# HL7's naming system of HCPCS prefers http, and lists the https form beside it.
_AS_GOOD = {HCPCS.uri.replace("http:", "https:")}
_USABLE = {Status.VALID, Status.PLAUSIBLE}
_FOUND = {*_USABLE, Status.HEADER, Status.EXPIRED, Status.FUTURE}


@lru_cache(maxsize=1024)
def _declared(uri: str) -> tuple[CodeSystem, ...]:
    """The systems that a system URI means; those of WHO's ICD-10 mean its US modifications."""
    return code_systems(uri)


@lru_cache(maxsize=1024)
def _is_cdt(uri: str) -> bool:
    return names.foreign(uri) == names.foreign(_CDT_URI)


def is_ours(uri: object, *, in_concept: bool) -> bool:
    """Whether a coding with this system is to be judged.

    Plain names (``ICD-10-CM``) count only within a CodeableConcept: elsewhere in FHIR ``system``
    and ``code`` stand for other things too.
    """
    if uri is None:
        return in_concept
    if not isinstance(uri, str) or len(uri) > _LONGEST or not (in_concept or ":" in uri):
        return False
    return bool(_declared(uri)) or _is_cdt(uri)


def judge(
    coding: dict[Any, Any], when: When | None, billed: bool, classifier: Classifier
) -> Iterator[Judgement]:
    """What there is to say about a coding that `is_ours`, the worst first.

    Args:
        coding: the Coding; it has a code.
        when: the days on which the code was used; None when nobody says, which is today.
        billed: whether it stands in a claim, where headings are errors.
        classifier: who identifies it.
    """
    uri, code = coding.get("system"), coding["code"]
    if not isinstance(code, str):
        if uri is not None and _declared(uri):
            yield Judgement("malformed-code", "error", not_text(code))
        return
    if uri is None or not _declared(uri):
        yield from _undeclared(uri, code, when, classifier)
        return
    declared = _declared(uri)
    if formats.MODIFIER.fits(code) and _HCPCS_LEVELS.issuperset(declared):
        return  # a modifier, coded under the URI of the codes; CPT's are not public
    answer = _stands(code, declared, when, classifier)
    if answer.status in _FOUND:
        yield from _how_declared(uri, code, answer, declared)
    elif answer.system is not None and classifier.get(code, answer.system) is not None:
        yield Judgement("not-covered", "information", _sentence(code, answer))
    elif _is_who(declared):
        return  # one of WHO's own codes
    else:
        other = _elsewhere(code, declared, when, classifier)
        if other is None:
            yield _nowhere(code, answer, declared, when, classifier)
            return
        yield _wrong_system(code, other, declared)
        answer = other
    spelled = _how_written(code, answer, declared, when, classifier)
    if spelled is not None:
        yield spelled
    yield from _how_dated(code, answer, when, billed)
    if spelled is None or spelled.expected is not None:
        yield from _how_displayed(coding.get("display"), answer)


# -- what the code is ---------------------------------------------------------------------------


def _stands(
    code: str, systems: tuple[CodeSystem, ...], when: When | None, classifier: Classifier
) -> Identification:
    """What the code is on the last of the days; or on another of them, where it was valid then."""
    days = when or today()
    answer = classifier.identify(code, on=days.last, systems=systems)
    if answer.status in _USABLE or days.first == days.last:
        return answer
    for day in (days.first, answer.valid_to, _before(answer)):
        if day is not None and days.first <= day < days.last:
            earlier = classifier.identify(code, on=day, systems=systems)
            if earlier.status in _USABLE:
                return earlier
    return answer


def _before(answer: Identification) -> date | None:
    """The day before what is true of the last day began: a code became a heading then."""
    return answer.valid_from and answer.valid_from - timedelta(days=1)


def _elsewhere(
    code: str, declared: tuple[CodeSystem, ...], when: When | None, classifier: Classifier
) -> Identification | None:
    """What the code is in the systems that it was not declared as; the likeliest."""
    others = tuple(one for one in ALL_SYSTEMS if one not in declared)
    answer = _stands(code, others, when, classifier)
    found = [one for one in (answer, *answer.alternatives) if one.status in _FOUND]
    siblings = {_SIBLINGS[one] for one in declared}
    # As written, and in the system that this one is taken for: each counts one.
    return min(
        found,
        key=lambda one: (expression(one) != code) + (one.system not in siblings),
        default=None,
    )


def _sure_elsewhere(
    code: str, declared: tuple[CodeSystem, ...], when: When | None, classifier: Classifier
) -> list[Identification]:
    """Codes of other systems, listed and valid, that are written exactly like this one."""
    others = tuple(one for one in ALL_SYSTEMS if one not in declared)
    answer = _stands(code, others, when, classifier)
    return [
        one
        for one in (answer, *answer.alternatives)
        if one.status is Status.VALID and expression(one) == code
    ]


def _is_who(declared: tuple[CodeSystem, ...]) -> bool:
    return declared == (ICD10CM, ICD10PCS)


def _expected(answer: Identification) -> dict[str, str]:
    assert answer.system is not None
    assert answer.code is not None
    if answer.modifiers:
        return coding_of(answer.system, expression(answer), None)
    return coding_of(answer.system, answer.code, public_title(answer))


def _sentence(code: str, answer: Identification) -> str:
    return f"{_quoted(code)}: {answer.reason}"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _named(answer: Identification) -> str:
    assert answer.system is not None
    return f"{answer.system.name} {expression(answer)}"


# -- the rules ----------------------------------------------------------------------------------


def _nowhere(
    code: str,
    answer: Identification,
    declared: tuple[CodeSystem, ...],
    when: When | None,
    classifier: Classifier,
) -> Judgement:
    rule, severity = "malformed-code", "error"
    if answer.system is not None:
        rule = "unknown-code"
        # Where only the ranges are known (CPT), a new code may have come.
        if not classifier.reference.lists(answer.system.id):
            severity = "warning"
    message = _sentence(code, answer)
    near = classifier.suggest(code, declared, (when or today()).last, _MOST_SUGGESTIONS)
    suggestions = tuple(one.code for one in near)
    if suggestions:
        message += f"; did you mean {' or '.join(suggestions)}?"
    return Judgement(rule, severity, message, None, suggestions)


def _wrong_system(code: str, answer: Identification, declared: tuple[CodeSystem, ...]) -> Judgement:
    assert answer.system is not None
    meant = " or ".join(one.name for one in declared)
    told = f"{_named(answer)} ({answer.status}) is sent as {meant}"
    if {answer.system, *declared} == {ICD9CM, ICD9PCS}:
        told += f"; the OID of {answer.system.name} is {answer.system.oid}"
    message = f"{told}; its system is {answer.system.uri}"
    siblings = {_SIBLINGS[one] for one in declared}
    certain = answer.status is not Status.PLAUSIBLE or answer.system in siblings
    return Judgement("wrong-system", "error", message, _expected(answer) if certain else None)


def _undeclared(
    uri: str | None, code: str, when: When | None, classifier: Classifier
) -> Iterator[Judgement]:
    """A coding without a system, or with that of CDT: only what is certain is said."""
    answer = _stands(code, ALL_SYSTEMS, when, classifier)
    if answer.status is not Status.VALID or answer.ambiguous or expression(answer) != code:
        return
    assert answer.system is not None
    if uri is None:
        message = f"{_named(answer)} is sent without a system: {answer.system.uri}"
        yield Judgement("no-system", "warning", message, _expected(answer))
    elif answer.system is HCPCS:
        message = f"{_named(answer)} is sent as CDT; its system is {HCPCS.uri}"
        yield Judgement("wrong-system", "error", message, _expected(answer))


def _how_declared(
    uri: str, code: str, answer: Identification, declared: tuple[CodeSystem, ...]
) -> Iterator[Judgement]:
    system = answer.system
    assert system is not None
    if system is HCPCS and answer.status is Status.PLAUSIBLE:
        message = f"{code!r} has the shape of a CDT code; the system of CDT is {_CDT_URI}"
        yield Judgement("wrong-system", "warning", message, {"system": _CDT_URI, "code": code})
    elif _is_who(declared):
        message = (
            f"{uri} is the ICD-10 of WHO; {_named(answer)} is of its US modification, {system.uri}"
        )
        yield Judgement("who-icd-10", "warning", message, _expected(answer))
    elif uri != system.uri and uri not in _AS_GOOD:
        absolute = ":" in uri
        told = "is accepted, but not the" if absolute else "is no URI; this is the"
        message = f"{uri!r} {told} system of {system.name}: {system.uri}"
        severity = "information" if absolute else "warning"
        yield Judgement("system-alias", severity, message, _expected(answer))


def _how_written(
    code: str,
    answer: Identification,
    declared: tuple[CodeSystem, ...],
    when: When | None,
    classifier: Classifier,
) -> Judgement | None:
    written = expression(answer)
    if written == code:
        return None
    rule, told = "spelling", "it is written"
    if written.replace(".", "") == code:
        rule, told = "missing-dot", "FHIR has ICD codes with their dot:"
    others = [one for one in answer.alternatives if one.status in _FOUND and one.system in declared]
    message = f"{_quoted(code)}: {told} {' or '.join(map(_named, (answer, *others)))}"
    elsewhere = _sure_elsewhere(code, declared, when, classifier)
    if elsewhere:
        sent = " and ".join(map(_named, elsewhere))
        message += f"; or it is {sent}, sent under the wrong system"
    certain = not others and not elsewhere
    return Judgement(rule, "error", message, _expected(answer) if certain else None)


def _how_dated(
    code: str, answer: Identification, when: When | None, billed: bool
) -> Iterator[Judgement]:
    if answer.status in {Status.EXPIRED, Status.FUTURE}:
        message = f"{_sentence(code, answer)}, and the day is {_shown(when)}"
        yield Judgement("inactive-code", "error" if when else "warning", message)
    elif answer.status is Status.HEADER:
        severity = "error" if billed else "warning"
        yield Judgement("heading", severity, _sentence(code, answer))
    elif when is not None and when.period and _ended(answer, when):
        message = (
            f"{_sentence(code, answer)}, and so not on the last day of {_shown(when)}; a hospital "
            "stay is coded as of that day"
        )
        yield Judgement("inactive-code", "warning", message)


def _ended(answer: Identification, when: When) -> bool:
    return answer.valid_to is not None and answer.valid_to < when.last


def _shown(when: When | None) -> str:
    if when is None:
        return "today, since the resource names none"
    days = str(when.last) if when.first == when.last else f"{when.first} to {when.last}"
    return f"{days} ({when.field})" if when.field else days


def _how_displayed(display: object, answer: Identification) -> Iterator[Judgement]:
    """The official title is said, where it is public; of CPT the display is the sender's own."""
    title = None if answer.modifiers else public_title(answer)
    if title is None:
        return
    if not isinstance(display, str) or not display.strip():
        message = f"there is no display; the title of {_named(answer)} is {title!r}"
        yield Judgement("no-display", "information", message, _expected(answer))
    elif _alike(display) != _alike(title):
        message = f"the display {_quoted(display)} is not the title of {_named(answer)}: {title!r}"
        yield Judgement("display-differs", "information", message, _expected(answer))


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())
