"""What can be wrong with a coding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

RULES: Mapping[str, str] = MappingProxyType(
    {
        "wrong-system": "code-invalid",
        "who-icd-10": "code-invalid",
        "system-alias": "value",
        "misspelt-system": "value",
        "no-system": "required",
        "malformed-code": "code-invalid",
        "unknown-code": "code-invalid",
        "unverified-code": "informational",
        "missing-dot": "value",
        "spelling": "value",
        "inactive-code": "business-rule",
        "heading": "business-rule",
        "no-display": "informational",
        "display-differs": "informational",
        "not-covered": "informational",
    }
)
"""Every rule, with the code of FHIR's value set IssueType that an OperationOutcome gives it."""


@attrs.frozen
class Issue:
    """One thing to say about one coding.

    Attributes:
        path: where the coding is, as FHIRPath: ``Bundle.entry[0].resource.code.coding[1]``.
        rule: which rule it breaks, a key of `RULES`.
        severity: ``"error"``, ``"warning"`` or ``"information"``.
        message: a sentence for people.
        system: the system URI as sent, or None.
        code: the code as sent; whatever it was.
        expected: the Coding as it should be, where that is certain; else None.
        suggestions: valid codes that may have been meant by an invalid one, the likeliest first.
    """

    path: str
    rule: str
    severity: str
    message: str
    system: str | None
    code: Any = attrs.field(hash=False)
    expected: dict[str, str] | None = attrs.field(default=None, hash=False)
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}: {self.severity}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON where the code is."""
        return {**attrs.asdict(self, recurse=False), "suggestions": list(self.suggestions)}


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome of what `check` found.

    An OperationOutcome has at least one issue, so that without any it holds one that says so.

    >>> operation_outcome([])["issue"][0]["details"]["text"]
    'nothing to report on the codes'
    """
    found = [
        {
            "severity": issue.severity,
            "code": RULES[issue.rule],
            "details": {"text": issue.message},
            "diagnostics": issue.rule,
            "expression": [issue.path],
        }
        for issue in issues
    ]
    nothing = {
        "severity": "information",
        "code": "informational",
        "details": {"text": "nothing to report on the codes"},
    }
    return {"resourceType": "OperationOutcome", "issue": found or [nothing]}
