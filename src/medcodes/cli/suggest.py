"""``medcodes suggest``: which codes may be meant?"""

from __future__ import annotations

from typing import Annotated

import typer

from medcodes.cli import options
from medcodes.cli.output import print_json, print_table

_CODE = typer.Argument(metavar="CODE", help="A code that is not valid.")
_LIMIT = typer.Option(min=1, help="How many suggestions at most.")


def suggest(
    code: Annotated[str, _CODE],
    on: options.On = None,
    system: options.Systems = None,
    limit: Annotated[int, _LIMIT] = 5,
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """Suggest valid codes for an invalid one.

    **Examples**

    `medcodes suggest 9O837 --on 2026-06-01`

    `medcodes suggest S72.001 --system icd10cm`
    """
    classifier = options.classifier_of(reference)
    asked = options.systems_asked(classifier, system)
    found = classifier.suggest(code, systems=asked, on=on, limit=limit)
    rows = []
    for suggestion in found:
        code, status, reason = suggestion.code, suggestion.status.value, suggestion.reason
        rows.append((code, suggestion.system.name, status, reason, suggestion.title or ""))
        if json:
            id_ = suggestion.system.id
            plain = {"code": code, "system": id_, "status": status, "reason": reason}
            print_json({**plain, "title": suggestion.title})
    if not json:
        print_table(("CODE", "SYSTEM", "STATUS", "WHY", "TITLE"), rows)
