"""Tables in a text: where in its line a candidate stands, and what the heading of its column says.

Columns are parted by tabs, bars, commas, or two and more blanks. What stands first in its line,
behind the mark of a list item at most, is in a column too: that of a list.
"""

from __future__ import annotations

import attrs
import regex

from medcodes.freetext import context
from medcodes.freetext.context import Context

_BLANKS = "  "
_CELLS = regex.compile(r"\S+(?: \S+)*")
_ITEM = regex.compile(r"""[ \t]*(?:[-*•·]|\(?[0-9]{1,2}[.)])?[ \t]*["'(\[]?""")
_DATA = regex.compile(r"[0-9]{3}|[0-9]\.[0-9]")


@attrs.frozen
class Cell:
    """Where in its line a candidate stands.

    Attributes:
        separator: what parts the columns; empty in a list.
        index: how many separators are before it.
        column: how many characters are before it.
        width: how many characters it has.
    """

    separator: str
    index: int
    column: int
    width: int

    def is_below(self, other: Cell) -> bool:
        """Whether it stands in the same column as a cell of a line above."""
        if self.separator != other.separator:
            return False
        return (
            self.column == other.column if self.separator == _BLANKS else self.index == other.index
        )


def cell_after(line: str, width: int) -> Cell | None:
    """The cell that begins where a line was broken off; None in the middle of one."""
    if _ITEM.fullmatch(line):
        return Cell("", 0, len(line), width)
    bare = line.rstrip("\"'")
    if bare.endswith(("\t", ",")):
        separator = bare[-1]
    elif bare.rstrip(" ").endswith("|"):
        separator = "|"
    elif bare.endswith(_BLANKS):
        separator = _BLANKS
    else:
        return None
    return Cell(separator, bare.count(separator), len(line), width)


def heading(above: list[str], cell: Cell) -> Context | None:
    """What the heading of a column says of its codes; `above` is the lines before it.

    Where a line has headings of code columns, but not over this cell, it excludes codes.
    """
    for line in reversed(above):
        cells, own = _split(line.rstrip("\r"), cell)
        if own is None or len(cells) < 2:
            return None
        if any(map(_DATA.search, cells)):
            continue
        contexts = [context.only(text) for text in cells]
        if any(found is not None and not found.excludes for found in contexts):
            return contexts[own] or context.EXCLUDED
    return None


def _split(line: str, cell: Cell) -> tuple[list[str], int | None]:
    """The cells of a line, and which of them is above a cell."""
    separator = cell.separator
    if separator == "":
        separator = next((mark for mark in "\t|," if mark in line), _BLANKS)
    if separator != _BLANKS:
        cells = line.split(separator)
        return cells, cell.index if cell.index < len(cells) else None
    spans = [match.span() for match in _CELLS.finditer(line)]
    own = next(
        (
            place
            for place, (start, end) in enumerate(spans)
            if abs(start - cell.column) <= 1 or abs(end - cell.column - cell.width) <= 1
        ),
        None,
    )
    return [line[start:end] for start, end in spans], own
