"""``medcodes profile``: what are the columns of this file?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
import pyarrow as pa

from medcodes import columns
from medcodes import systems as code_systems
from medcodes.cli import progress
from medcodes.cli.answering import ahead
from medcodes.cli.counting import Counted
from medcodes.cli.files import keep_apart, written
from medcodes.cli.opening import AnyTable, Layout, table_of
from medcodes.cli.options import Asked
from medcodes.cli.output import print_json, write
from medcodes.cli.report import Column, Report, page
from medcodes.cli.suggestions import suggestions
from medcodes.cli.tables import as_text, find_column
from medcodes.cli.trouble import Trouble
from medcodes.columns import Profile

__all__ = ["profile"]


def profile(
    path: str,
    asked: Sequence[Asked] = (),
    *,
    on: date | None = None,
    html: str | None = None,
    as_json: bool = False,
    layout: Layout | None = None,
) -> None:
    """Print what the columns of a file are, or write it as a page.

    Raises:
        Trouble: the file or a column does not fit.
        OSError: a file cannot be read or written.
    """
    keep_apart(path, html, "--html")
    with table_of(path, layout or Layout()) as (table, source):
        chosen = list(asked) or [Asked(name) for name in table.texts]
        if not chosen:
            raise Trouble(f"{table.name}: has no column of text")
        counted = {one.name: Counted.nothing() for one in chosen}
        for name in counted:
            find_column(name, table)
        rows = 0
        batches = ahead(table.batches(list(counted)), source)
        for batch in progress.shown(batches, lambda one: len(one.rows), source.part):
            rows += len(batch.rows)
            for name, column in batch.columns.items():
                counted[name].add(_text(column, name, table))
    found = [_column(one, counted[one.name], rows, on) for one in chosen]
    report = Report(table.name, rows, found)
    if html is not None:
        with written(html) as out:
            out.write(page(report).encode("utf-8"))
    if as_json:
        print_json(_plain(report), indent=2)
    elif html is None:
        write("\n\n".join(map(_shown, found)) + "\n")


def _text(column: pa.Array, name: str, table: AnyTable) -> pa.Array:
    """A column as text, to be counted."""
    try:
        columns.identify(column[:0])
    except TypeError as error:
        raise Trouble(f"{table.name}: column {name!r}: {error}") from None
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return as_text(column)


def _column(asked: Asked, counted: Counted, rows: int, on: date | None) -> Column:
    counted.sum_up()
    made = columns.profile(
        counted.values, counts=counted.counts, name=asked.name, on=on, systems=asked.systems
    )
    if counted.rows < rows:
        more = (
            f"It has more than {len(counted.values):,} distinct values; this is about the first "
            f"{counted.rows:,} of its {rows:,} rows."
        )
        made = attrs.evolve(made, notes=(*made.notes, more))
    return Column(made, _meant(made, on))


def _meant(made: Profile, on: date | None) -> dict[str, tuple[str, ...]]:
    """What the invalid values may be meant to be."""
    if made.system is None:
        return {}
    systems = tuple(code_systems.by_id[one] for one, _ in made.systems)
    return {value: suggestions(value, systems, on) for value, _, _ in made.invalid}


def _plain(report: Report) -> dict[str, Any]:
    return {
        "file": report.name,
        "rows": report.rows,
        "columns": [
            {
                **one.profile.to_dict(),
                "invalid": [
                    {**bad, "suggestions": list(one.meant.get(bad["value"], ()))}
                    for bad in one.profile.to_dict()["invalid"]
                ],
            }
            for one in report.columns
        ],
    }


def _shown(column: Column) -> str:
    perhaps = [
        f"{value} may be meant to be {' or '.join(codes)}."
        for value, codes in column.meant.items()
        if codes
    ]
    return "\n".join([str(column.profile), *perhaps])
