"""What is printed: tables for people, JSON for programs, notes beside."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Optional, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

_MEASURED = 5_000
_STYLES = {
    "valid": "green",
    "header": "yellow",
    "plausible": "cyan",
    "unverified": "yellow",
} | dict.fromkeys(("expired", "future", "unknown", "malformed"), "red")
_CONTROLS = re.compile("[\x7f-\x9f]")
MaybeText = TypeVar("MaybeText", str, Optional[str])


def write(text: str) -> None:
    """Text to standard output; a character that it has no code for becomes its number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write(text)


def print_json(data: Any, *, indent: int | None = None) -> None:
    """Plain data as JSON, on a line of its own; control characters are escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    write(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: with colours on a terminal, and one line a row everywhere else."""
    console = Console(file=sys.stdout)
    if console.is_terminal:
        console.print(_coloured(headings, rows))
        return
    for line in _plain(headings, rows):
        write(line + "\n")


def _coloured(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", ratio=1 if place == len(headings) - 1 else None)
    for row in rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    return table


def _plain(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; of a long one, the first rows say how wide its columns are."""
    rest = iter(rows)
    first = [headings, *islice(rest, _MEASURED)]
    widths = [max(len(row[place]) for row in first) for place in range(len(headings) - 1)]
    for row in chain(first, rest):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[-1])).rstrip()


def note(text: str, *, style: str = "") -> None:
    """A line on standard error, beside the answer; it is lost where that is closed or full."""
    with suppress(OSError, ValueError, AttributeError):
        console = Console(file=sys.stderr, soft_wrap=True, highlight=False)
        console.print(escape(printable(text)), style=style or None)
        sys.stderr.flush()


def printable(text: str) -> str:
    """A text on one line, without control characters."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )


def short(text: str, most: int = 24) -> str:
    """A text on one line, cut where it is long."""
    return printable(text if len(text) <= most else f"{text[: most - 3]}...")


def counted(count: int, what: str) -> str:
    """A number of things: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def harmless(text: MaybeText) -> MaybeText:
    """A text that a spreadsheet does not take for a formula."""
    if text and text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{text}"
    return text
