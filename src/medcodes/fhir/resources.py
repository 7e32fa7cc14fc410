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
from medcodes.fhir.judging import Coding, Uris

_BILLED = {"Claim", "ClaimResponse", "ExplanationOfBenefit"}
_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")

_CONTAINERS = (dict, list, tuple)
_PLAIN = (*_CONTAINERS, bool, int, float, type(None))


def check(resource: Any, *, on: Day = None, classifier: Classifier | None = None) -> list[Issue]:
    """Check every coding of a resource, a Bundle, or any part of one.

    Codings of other code systems (LOINC, SNOMED CT) are left alone. The resource is not changed.

    Args:
        resource: dicts and lists as `json.loads` makes them; JSON text; or NDJSON, a resource on
            each line, whose paths begin with its number: ``$this[0].code``.
        on: the day to judge all codes by. None takes the dates of each resource, see
            docs/fhir-and-x12.md; a resource without one is judged by today, and mildly.
        classifier: who identifies the codes, where that is not the default one.

    Returns:
        What was found, in the order of the codings.

    Raises:
        ValueError: text that is not JSON, or nested too deeply for `json`; dicts or lists that
            hold themselves; `on` is not a day.
        TypeError: `resource` is neither of these, such as an object of a FHIR library; `on` is
            not a day.

    >>> condition = {
    ...     "resourceType": "Condition",
    ...     "recordedDate": "2026-06-01",
    ...     "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11.65"}]},
    ... }
    >>> [(issue.path, issue.rule) for issue in check(condition) if issue.severity == "warning"]
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
    classifier = default if classifier is None else classifier
    uris = Uris(classifier)
    found: list[Issue] = []
    for part, trail in _parts(resource):
        value = part.value
        if not isinstance(value, dict) or value.get("code") is None:
            continue
        uri = value.get("system")
        if uris.is_ours(uri, in_concept=part.name == "coding"):
            coding = Coding(
                _path(resource, trail),
                uri,
                value["code"],
                value.get("display"),
                uris.meant(uri) if uri else (),
                asked or part.when,
                tuple(filter(None, (days.of_version(value.get("version")), part.expanded))),
                part.kind in _BILLED,
                classifier,
            )
            found += coding.issues()
    return found


def _parsed(text: str | bytes | bytearray) -> Any:
    try:
        # A byte order mark, which files may begin with, is not part of the JSON.
        plain = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
        return _values(plain.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply to be read") from None


def _values(text: str) -> Any:
    """The value of a JSON text; of NDJSON, which has one on each line, the list of them."""
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            several = [json.loads(line) for line in lines] if len(lines) > 1 else []
        except ValueError:
            several = []
        if not several:
            raise
        return several


@attrs.define
class _Part:
    """A dict or list of the resource, and what its own parts inherit from it.

    Attributes:
        value: the dict or list.
        items: its parts that are still to be looked into, each with its key.
        kind: the type of the resource that it belongs to.
        when: the days of its codes.
        expanded: when the expansion was made that it is of.
        name: the key that it was found under, or its list.
    """

    value: Any
    items: Iterator[tuple[Any, Any]]
    kind: str | None = None
    when: When | None = None
    expanded: When | None = None
    name: str | None = None

    def below(self, key: Any, value: Any) -> _Part:
        """A part of this one."""
        name = key if isinstance(key, str) else self.name
        if not isinstance(value, dict):
            items = iter(enumerate(value))
            return _Part(value, items, self.kind, self.when, self.expanded, name)
        kind = value.get("resourceType")
        if isinstance(kind, str):
            when = days.of_resource(value)
        else:
            kind, when = self.kind, days.of_element(value, self.kind, name)
        expanded = days.of_expansion(value, name) or self.expanded
        return _Part(value, iter(value.items()), kind, when or self.when, expanded, name)


def _parts(root: Any) -> Iterator[tuple[_Part, list[Any]]]:
    """Every dict and list from the top down, with the keys that lead to it.

    Without recursion, so that no depth of nesting is too deep.
    """
    above = [_Part(None, iter([(None, root)]))]
    trail: list[Any] = []
    entered: set[int] = set()
    while above:
        part = above[-1]
        found = next((item for item in part.items if isinstance(item[1], _CONTAINERS)), None)
        if found is None:
            above.pop()
            del trail[-1:]
            entered.discard(id(part.value))
            continue
        key, value = found
        trail.append(key)
        if id(value) in entered:
            raise ValueError(f"{_path(root, trail)[:200]} holds itself")
        entered.add(id(value))
        above.append(part.below(key, value))
        yield above[-1], trail


def _path(root: Any, trail: list[Any]) -> str:
    """The keys as FHIRPath; a name that is not an identifier is quoted."""
    kind = root.get("resourceType") if isinstance(root, dict) else None
    parts = [kind if isinstance(kind, str) and _IDENTIFIER.fullmatch(kind) else "$this"]
    for key in trail[1:]:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif isinstance(key, str) and _IDENTIFIER.fullmatch(key):
            parts.append(f".{key}")
        else:
            quoted = str(key).replace("\\", "\\\\").replace("`", "\\`")
            parts.append(f".`{quoted}`")
    return "".join(parts)
