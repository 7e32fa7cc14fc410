"""``medcodes changes``: what changed in a code system between two days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import attrs
import typer

from medcodes import NoCodeList
from medcodes.cli import options
from medcodes.cli.errors import InputError
from medcodes.cli.output import print_json, print_table, write

_SYSTEM = typer.Argument(help="icd10cm, hcpcs ...")
_SINCE: Any = typer.Argument(metavar="SINCE", parser=options.day, help="A day, YYYY-MM-DD.")
_UNTIL: Any = typer.Argument(metavar="UNTIL", parser=options.day, help="A later day.")


def changes(
    system: Annotated[str, _SYSTEM],
    since: Annotated[date, _SINCE],
    until: Annotated[date, _UNTIL],
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """List the codes that were added, deleted, or given another title between two days.

    **Examples**

    `medcodes changes icd10cm 2025-10-01 2026-10-01`
    """
    classifier = options.classifier_of(reference)
    asked = options.one_system(classifier, system)
    try:
        found = classifier.changes(asked, since, until)
    except NoCodeList as error:
        raise InputError(error.args[0]) from None

    def title(code: str, on: date) -> str | None:
        return classifier.identify(code, on=on, systems=asked).title

    added = [{"code": code, "title": title(code, until)} for code in found.added]
    deleted = [{"code": code, "title": title(code, since)} for code in found.deleted]
    revised = [attrs.asdict(revision) for revision in found.revised]
    if json:
        days = {"since": since.isoformat(), "until": until.isoformat()}
        lists = {"added": added, "deleted": deleted, "revised": revised}
        print_json({"system": asked.id, **days, **lists}, indent=2)
        return
    counts = f"{len(added):,} added, {len(deleted):,} deleted, {len(revised):,} revised"
    write(f"{asked.name}, {since} to {until}: {counts}\n")
    rows = [
        *(("added", str(entry["code"]), entry["title"] or "") for entry in added),
        *(("deleted", str(entry["code"]), entry["title"] or "") for entry in deleted),
        *(("revised", now.code, f"{now.before} -> {now.after}") for now in found.revised),
    ]
    if rows:
        print_table(("CHANGE", "CODE", "TITLE"), rows)
