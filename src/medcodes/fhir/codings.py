"""From an answer to a Coding or a CodeableConcept."""

from __future__ import annotations

from typing import Any

from medcodes.errors import (
    AmbiguousCode,
    InvalidCode,
    MalformedCode,
    UnknownCode,
    UnverifiedCode,
    shown,
)
from medcodes.lookup.acceptance import ambiguity
from medcodes.lookup.answer import Identification
from medcodes.status import NOT_FOUND, Status


def coding(answer: Identification, *, modifiers: bool = False) -> dict[str, str]:
    """The Coding of an identified code: system, code, and display where the title is public.

    Whether the code was valid on the day is not asked here: an expired code and a heading have a
    Coding too.

    Args:
        answer: what `medcodes.identify` said.
        modifiers: join the modifiers to the code, as FHIR writes a CPT expression
            (``21899:63``). There is no display for an expression. By default they are left
            out: ``Claim.item.modifier`` has a place of its own for them.

    Raises:
        MalformedCode, UnknownCode: nothing fits, or what fits is in no list and no range
            (`UnverifiedCode` where the list does not speak for the day).
        AmbiguousCode: two systems have an equal claim. Name one to `identify` with ``systems=``.

    >>> import medcodes
    >>> from medcodes import fhir
    >>> fhir.coding(medcodes.identify("99213-25"), modifiers=True)
    {'system': 'http://www.ama-assn.org/go/cpt', 'code': '99213:25'}
    """
    if not isinstance(answer, Identification):
        raise TypeError(
            f"an Identification is expected, as medcodes.identify gives it, "
            f"not {type(answer).__name__}"
        )
    text, reason = answer.text, f"{shown(answer.text)}: {answer.reason}"
    if answer.system is None:
        raise MalformedCode(reason, text=text)
    if answer.status in NOT_FOUND:
        kind = UnverifiedCode if answer.status is Status.UNVERIFIED else UnknownCode
        raise kind(reason, text=text, system=answer.system.id)
    if answer.ambiguous:
        message = ambiguity(text, (answer, *answer.rivals))
        raise AmbiguousCode(message, text=text, system=answer.system.id)
    return coding_of(answer, modifiers=modifiers)


def codeable_concept(answer: Identification, *, modifiers: bool = False) -> dict[str, Any]:
    """The CodeableConcept of an answer: its Coding, and what was passed in as the text.

    The codings of one concept are translations of each other. Other readings of the same text
    (`Identification.alternatives`) are other concepts, so that they are never among them; where
    `coding` would raise, the text stands alone.

    >>> import medcodes
    >>> from medcodes import fhir
    >>> fhir.codeable_concept(medcodes.identify("J0120", on="2026-06-01"))
    {'text': 'J0120'}
    >>> answer = medcodes.identify("J0120", on="2026-06-01", systems="hcpcs")
    >>> fhir.codeable_concept(answer)["coding"][0]["display"]
    'Injection, tetracycline, up to 250 mg'
    """
    try:
        return {"coding": [coding(answer, modifiers=modifiers)], "text": answer.text}
    except InvalidCode:
        return {"text": answer.text}


def coding_of(answer: Identification, *, modifiers: bool = True) -> dict[str, str]:
    """The Coding of what fits best; a URI or title that does not exist is left out."""
    assert answer.system is not None
    given = {"system": answer.system.uri, "code": answer.code, "display": public_title(answer)}
    if modifiers and answer.modifiers:
        given |= {"code": expression(answer), "display": None}
    return {name: value for name, value in given.items() if value}


def public_title(answer: Identification) -> str | None:
    """The title, unless it is of a list that a user licensed: that one must not travel."""
    return answer.title if answer.system is not None and answer.system.has_list else None


def expression(answer: Identification) -> str:
    """The code with its modifiers, as FHIR writes it: ``99213:25``."""
    return ":".join((answer.code or "", *answer.modifiers))
