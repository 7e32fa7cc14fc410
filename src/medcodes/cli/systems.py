"""``medcodes systems`` and ``medcodes changes``: what the reference holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from medcodes import systems
from medcodes.classifier import default
from medcodes.cli.output import print_json, print_table, write
from medcodes.cli.trouble import Trouble
from medcodes.errors import NoCodeList
from medcodes.systems import CodeSystem

__all__ = ["print_changes", "print_systems"]


def print_systems(*, as_json: bool = False) -> None:
    """Print the code systems: what they are called, and which days the reference covers."""
    if as_json:
        print_json([_facts(one) for one in systems.ALL], indent=2)
        return
    headings = ("ID", "NAME", "HOLDS", "CODES", "FROM", "TO", "EDITION")
    rows = []
    for facts in map(_facts, systems.ALL):
        codes = f"{facts['codes']:,}" if facts["codes"] is not None else "not public"
        days = [str(facts[one] or "any day") for one in ("first_day", "last_day")]
        edition = str(facts["edition"] or "published ranges only")
        rows.append(
            (str(facts["id"]), str(facts["name"]), str(facts["kind"]), codes, *days, edition)
        )
    print_table(headings, rows)


def _facts(system: CodeSystem) -> dict[str, object]:
    first, last = system.coverage
    return {
        "id": system.id,
        "name": system.name,
        "kind": system.kind,
        "codes": len(system) if system.has_list else None,
        "first_day": first.isoformat() if first else None,
        "last_day": last.isoformat() if last else None,
        "edition": system.edition,
        "steward": system.steward,
        "licence": system.licence,
        "notice": system.notice,
        "uri": system.uri,
        "oid": system.oid,
    }


def print_changes(system: CodeSystem, since: date, until: date, *, as_json: bool = False) -> None:
    """Print the codes that were added to a system, and deleted from it, between two days.

    Raises:
        Trouble: the system's list is not public.
    """
    try:
        changes = system.changes(since, until)
    except NoCodeList as error:
        raise Trouble(error.args[0]) from None
    if as_json:
        found = {
            "system": system.id,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "added": [_entry(system, one, until) for one in changes.added],
            "deleted": [_entry(system, one, since) for one in changes.deleted],
        }
        print_json(found, indent=2)
        return
    write(
        f"{system.name}, {since} to {until}: {len(changes.added):,} added, "
        f"{len(changes.deleted):,} deleted\n"
    )
    rows = [
        *_rows("added", system, changes.added, until),
        *_rows("deleted", system, changes.deleted, since),
    ]
    if rows:
        print_table(("CHANGE", "CODE", "TITLE"), rows)


def _entry(system: CodeSystem, code: str, on: date) -> dict[str, str | None]:
    return {"code": code, "title": default.identify(code, on=on, systems=system).title}


def _rows(
    change: str, system: CodeSystem, codes: tuple[str, ...], on: date
) -> Iterator[tuple[str, ...]]:
    for code in codes:
        yield change, code, _entry(system, code, on)["title"] or ""
