"""``medcodes search``: which codes have these words in their titles?"""

from __future__ import annotations

from typing import Annotated

import typer

from medcodes.cli import options
from medcodes.cli.output import print_json, print_table

_WORDS = typer.Argument(metavar="WORD...", help="Words of a title; the last may be the beginning.")
_LIMIT = typer.Option(min=1, help="How many finds at most.")


def search(
    words: Annotated[list[str], _WORDS],
    on: options.On = None,
    system: options.Systems = None,
    kind: options.Kind = None,
    limit: Annotated[int, _LIMIT] = 20,
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """Find codes, headings and ranges by the words of their titles.

    **Examples**

    `medcodes search type 2 diabetes hyperglycemia --on 2026-06-01`

    `medcodes search knee arthroscopy --system icd10pcs --limit 5`
    """
    classifier = options.classifier_of(reference)
    asked = options.systems_asked(classifier, system, kind)
    found = classifier.search(" ".join(words), systems=asked, on=on, limit=limit)
    if not json:
        rows = ((find.code, find.system.name, find.level, find.title or "") for find in found)
        print_table(("CODE", "SYSTEM", "LEVEL", "TITLE"), rows)
        return
    for find in found:
        plain = {"code": find.code, "system": find.system.id, "level": find.level}
        print_json({**plain, "title": find.title})
