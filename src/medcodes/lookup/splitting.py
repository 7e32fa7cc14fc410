"""The pieces of a cell that holds several codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from medcodes.formats import MODIFIER, MOST_MODIFIERS
from medcodes.lookup.answer import Identification

Answers = Mapping[str, Identification]
"""What a resolver says of any text."""

_BRACKETS = {"{": "}", "[": "]", "(": ")"}
# What parts codes wherever it stands: no code has these marks inside. A declared system or a
# modifier may stand behind some of them, which is seen to below.
_AND = r"\s(?:and|AND)(?=\s)"
_BETWEEN_CODES = re.compile(rf"(?:[,;~\t]|\r?\n|\r|\|\|?)(?:{_AND})?|{_AND}")
# What parts codes only where a code stands on each side of it (None is a blank): neither in `N/A`
# nor in `Z01.411/419` nor in a description.
_MAY_PART = ("/", "^", None)
# `ICD10|I10:ICD10|E11.9:`, as claims are written out by some databases.
_DECLARED_EACH = re.compile(r"(?:[^|:]+\|[^|:]+:)+[^|:]+\|[^|:]+:?")


def split(answers: Answers, text: str) -> tuple[Identification, ...]:
    """What each piece of a text is, in order; the text itself where it is one code."""
    return tuple(answers[piece] for piece in pieces(answers, text))


def codes(answers: Answers, text: str) -> list[str]:
    """The pieces of a text that are codes, where there are several; else none."""
    found = [piece for piece in pieces(answers, text) if answers[piece]]
    return found if len(found) > 1 else []


def pieces(answers: Answers, text: str) -> list[str]:
    """The pieces of a text, in order; nothing is dropped but what parts them."""
    inside = _unbracketed(text)
    if _has_shape(answers, inside):
        return [inside]
    values = _of_json(text)
    if values is not None:
        return values
    if _DECLARED_EACH.fullmatch(inside):
        return inside.removesuffix(":").split(":")
    parts = _with_modifiers(answers, _stripped(_BETWEEN_CODES.split(inside)))
    return [piece for part in parts for piece in _further(answers, part)]


def _has_shape(answers: Answers, text: str) -> bool:
    return answers[text].system is not None


def _unbracketed(text: str) -> str:
    """A text without the brackets around all of it."""
    bare = text.strip()
    closing = _BRACKETS.get(bare[:1])
    return bare[1:-1] if closing and bare.endswith(closing) else bare


def _of_json(text: str) -> list[str] | None:
    """The values of a JSON array; None where a text is none."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return ["" if value is None else str(value) for value in found]


def _with_modifiers(answers: Answers, parts: list[str]) -> Iterator[str]:
    """The parts, with modifiers put back to the code that they follow: ``99213,25``."""
    kept = parts[0]
    joined = 0
    for part in parts[1:]:
        is_modifier = MODIFIER.fits(part.upper())
        if is_modifier and joined < MOST_MODIFIERS and _has_shape(answers, f"{kept}-{part}"):
            kept, joined = f"{kept}-{part}", joined + 1
        else:
            yield kept
            kept, joined = part, 0
    yield kept


def _further(answers: Answers, part: str) -> list[str]:
    """A part by slashes, carets or blanks, where each makes codes of all that it parts."""
    if _has_shape(answers, part):
        return [part]
    # Numbers in a row are more often numbers than codes.
    for separator in _MAY_PART if not part.replace(" ", "").isdigit() else ():
        found = _stripped(part.split(separator))
        if len(found) > 1 and _are_codes([answers[text] for text in found], separator == "/"):
            return found
    return [part]


def _are_codes(found: list[Identification], of_one_system: bool) -> bool:
    """Whether all are codes; behind a slash may stand what is left of a shortened one."""
    systems = [{fit.system for fit in (answer, *answer.alternatives) if fit} for answer in found]
    return all(found) and (not of_one_system or bool(set.intersection(*systems)))


def _stripped(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts]
