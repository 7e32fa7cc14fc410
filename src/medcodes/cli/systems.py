"""``medcodes systems``: what the reference holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from medcodes import Classifier
from medcodes.cli import options
from medcodes.cli.output import print_json, print_table, write
from medcodes.reference.installed import data
from medcodes.systems import CodeSystem

_FACTS = ("steward", "licence", "notice", "uri", "oid")


def systems(reference: options.Reference = None, json: options.Json = False) -> None:
    """List the code systems, and the days that the reference covers.

    **Examples**

    `medcodes systems`

    `medcodes systems --reference licensed.medcodes`
    """
    classifier = options.classifier_of(reference)
    loaded, version = classifier.releases, classifier.data_version
    facts = [_facts(system, classifier) for system in classifier.reference.systems.all]
    if json:
        for known in facts:
            known["data_version"] = version
            known["loaded"] = [
                str(release) for release in loaded if release.system.id == known["id"]
            ]
        print_json(facts, indent=2)
        return
    rows = []
    for known in facts:
        codes = "not public" if known["codes"] is None else f"{known['codes']:,}"
        days = [known[name] or "any day" for name in ("first_day", "last_day")]
        edition = known["edition"] or "published ranges only"
        rows.append((known["id"], known["name"], known["kind"], codes, *days, edition))
    print_table(("ID", "NAME", "HOLDS", "CODES", "FROM", "TO", "EDITION"), rows)
    write(f"data: {version}, of {data().distribution}\n")
    for release in loaded:
        write(f"loaded: {release}\n")


def _facts(system: CodeSystem, classifier: Classifier) -> dict[str, Any]:
    reference = classifier.reference
    table = reference.codes(system.id) if reference.lists(system.id) else None
    listed: dict[str, Any] = dict.fromkeys(("codes", "first_day", "last_day", "edition"))
    if table is not None:
        listed["codes"], listed["edition"] = table.billable_count, table.edition
        listed["first_day"] = table.first_day.isoformat()
        listed["last_day"] = None if table.last_day == date.max else table.last_day.isoformat()
    names = {name: getattr(system, name) for name in _FACTS}
    return {"id": system.id, "name": system.name, "kind": system.kind, **listed, **names}
