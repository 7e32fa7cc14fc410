"""Whole resources and Bundles, coding by coding."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import attrs

from medcodes.classifier import Classifier, default
from medcodes.dates import Day, to_day
from medcodes.fhir import days
from medcodes.fhir.days import When
from medcodes.fhir.issues import Issue
from medcodes.fhir.judging import is_ours, judge

__all__ = ["check"]

_BILLED = {"Claim", "ClaimResponse", "ExplanationOfBenefit"}
_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")


_PLAIN = (dict, list, tuple, bool, int, float, type(None))


def check(resource: Any, *, on: Day = None, classifier: Classifier | None = None) -> list[Issue]:
    """Check every coding of a resource, a Bundle, or any part of one.

    Codings of other code systems (LOINC, SNOMED CT) are left alone. The resource is not changed.

    Args:
        resource: dicts and lists as `json.loads` makes them; or JSON text.
        on: the day to judge all codes by. None takes the dates of each resource, see
            docs/fhir-and-x12.md; a resource without one is judged by today, and mildly.
        classifier: who identifies the codes, where that is not the default one.

    Returns:
        What was found, in the order of the codings.

    Raises:
        ValueError: text that is no JSON, or nested too deeply for `json`; dicts or lists that
            hold themselves; `on` is no day.
        TypeError: `resource` is neither of these, such as an object of a FHIR library; `on` is
            no day.

    >>> condition = {
    ...     "resourceType": "Condition",
    ...     "recordedDate": "2026-06-01",
    ...     "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11.65"}]},
    ... }
    >>> [(one.path, one.rule) for one in check(condition) if one.severity != "information"]
    [('Condition.code.coding[0]', 'who-icd-10')]
    """
    if isinstance(resource, (str, bytes, bytearray)):
        resource = _parsed(resource)
    elif not isinstance(resource, _PLAIN):
        # Nothing would be found in it, which would look as if nothing were wrong.
        raise TypeError(
            f"a resource is dicts and lists, or JSON text, not {type(resource).__name__}; "
            "write it out first"
        )
    asked = None if on is None else days.on_day(to_day(on))
    return list(_issues(resource, asked, classifier or default))


def _parsed(text: str | bytes | bytearray) -> Any:
    try:
        # A byte order mark, which files may begin with, is not part of the JSON.
        return json.loads(text.removeprefix("\ufeff") if isinstance(text, str) else text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply to be read") from None


@attrs.define
class _Level:
    """A dict or list on the way down, and what its parts inherit."""

    value: Any
    parts: Iterator[tuple[Any, Any]]
    kind: str | None
    when: When | None
    name: str | None
    """The key that it was found under, or its list."""


def _issues(root: Any, asked: When | None, classifier: Classifier) -> Iterator[Issue]:
    """Without recursion, so that no depth of nesting is too deep."""
    above = _Level(None, iter(()), None, None, None)
    trail: list[Any] = [_root_name(root)]
    levels: list[_Level] = []
    entered: set[int] = set()
    if isinstance(root, (dict, list, tuple)):
        levels.append(_level(root, above, None))
        entered.add(id(root))
        yield from _judged(levels[-1], asked, classifier, trail)
    while levels:
        level = levels[-1]
        part = next((one for one in level.parts if isinstance(one[1], (dict, list, tuple))), None)
        if part is None:
            levels.pop()
            trail.pop()
            entered.discard(id(level.value))
            continue
        key, value = part
        trail.append(key)
        if id(value) in entered:
            raise ValueError(f"{_path(trail)[:200]} holds itself")
        entered.add(id(value))
        levels.append(_level(value, level, key))
        yield from _judged(levels[-1], asked, classifier, trail)


def _root_name(root: Any) -> str:
    kind = root.get("resourceType") if isinstance(root, dict) else None
    return kind if isinstance(kind, str) and _IDENTIFIER.fullmatch(kind) else "$this"


def _level(value: Any, above: _Level, key: Any) -> _Level:
    if not isinstance(value, dict):
        name = key if isinstance(key, str) else above.name
        return _Level(value, iter(enumerate(value)), above.kind, above.when, name)
    name = key if isinstance(key, str) else above.name
    kind = value.get("resourceType")
    if isinstance(kind, str):
        when = days.of_resource(value)
    else:
        kind, when = above.kind, days.of_element(value, above.kind, name)
    return _Level(value, iter(value.items()), kind, when or above.when, name)


def _judged(
    level: _Level, asked: When | None, classifier: Classifier, trail: list[Any]
) -> Iterator[Issue]:
    coding = level.value
    if not isinstance(coding, dict) or coding.get("code") is None:
        return
    system = coding.get("system")
    if not is_ours(system, in_concept=level.name == "coding"):
        return
    for one in judge(coding, asked or level.when, level.kind in _BILLED, classifier):
        yield Issue(
            _path(trail),
            one.rule,
            one.severity,
            one.message,
            system,
            coding["code"],
            one.expected,
            one.suggestions,
        )


def _path(trail: list[Any]) -> str:
    """The trail as FHIRPath; names that are none are quoted."""
    parts = [trail[0]]
    for key in trail[1:]:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif isinstance(key, str) and _IDENTIFIER.fullmatch(key):
            parts.append(f".{key}")
        else:
            quoted = str(key).replace("\\", "\\\\").replace("`", "\\`")
            parts.append(f".`{quoted}`")
    return "".join(parts)
