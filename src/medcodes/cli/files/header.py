"""Which row has the names of the columns, and names for those that have none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import medcodes
from medcodes.cli.files.notes import Notes
from medcodes.status import NOT_FOUND

Row = Sequence[str]
_SHOWN = 12


def header_row(rows: Sequence[Row], notes: Notes) -> int:
    """The place of the row with the names, among the first rows of a file, not all of them empty.

    It is the first row that is not empty. Where that ends before the table does, as titles and
    general data above a table do, it is the first row as wide as the table, if it looks like names.
    """
    first = next(place for place, row in enumerate(rows) if width_of(row))
    width = usual_width(rows)
    widest = next((place for place, row in enumerate(rows) if width_of(row) >= width), first)
    is_wider = width > width_of(rows[first])
    if not is_wider or not _are_names(rows[widest], rows[widest + 1 :]):
        return first
    notes.add(f"the header is row {widest + 1}; the rows above it are not part of the table")
    return widest


def usual_width(rows: Sequence[Row]) -> int:
    """How many values most of the rows have."""
    return Counter(len(row) for row in rows if width_of(row)).most_common(1)[0][0]


def width_of(row: Row) -> int:
    """How many values a row has, up to the last that is not empty."""
    return max((place for place, value in enumerate(row, 1) if value.strip()), default=0)


def _are_names(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row looks like names: different words, no codes, and something else below them."""
    kinds = [_kind(value) for value in row]
    statuses = {medcodes.identify(value).status for value in row}
    if "number" in kinds or len(set(row)) < len(row) or not statuses <= NOT_FOUND:
        return False
    for place, kind in enumerate(kinds):
        values = [other[place] for other in below if place < len(other) and other[place].strip()]
        found = Counter(map(_kind, values)).most_common(1)
        if found and found[0][0] != kind:
            return True
    return False


def _kind(value: str) -> str:
    if not re.search("[A-Za-z]", value):
        return "number"
    return "code" if re.search("[0-9]", value) and " " not in value.strip() else "words"


def names_of(row: Row, width: int, notes: Notes) -> list[str]:
    """A name for each column, none of them twice; what the header has where it has one."""
    names: dict[str, bool] = {}
    for place, written in enumerate([*row, *[""] * (width - len(row))]):
        name = wanted = written if written.strip() else f"column {place + 1}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted}_{again}"
        names[name] = name != written
    if given := [repr(name) for name, is_given in names.items() if is_given]:
        listed = ", ".join(given[:_SHOWN]) + " and so on" * (len(given) > _SHOWN)
        notes.add(f"columns that the header gives no name, or one twice, are called {listed}")
    return list(names)
