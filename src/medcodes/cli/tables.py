"""What every kind of table is to the commands: names of columns, and rows in batches."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.cli.lines import Lines
from medcodes.cli.trouble import Trouble

__all__ = ["NO_TEXT", "Batch", "Table", "TextBatch", "as_text", "find_column", "no_column"]


NO_TEXT = pa.array([], pa.large_string())


@attrs.frozen(eq=False)
class Batch:
    """Some rows of a table.

    Attributes:
        rows: their numbers, counted as whoever opens the file would: in CSV and TSV the header is
            row 1.
        columns: the columns that were asked for.
    """

    rows: npt.NDArray[np.int64]
    columns: dict[str, pa.Array]


@attrs.frozen(eq=False)
class TextBatch(Batch):
    """Some rows of a file of lines.

    Attributes:
        lines: the lines of the file that they come from.
        places: which of the lines they are.
    """

    lines: Lines
    places: npt.NDArray[np.int64]


class Table(Protocol):
    """A table that is read once, from its first row to its last."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns, as far as they are known in advance."""
        ...

    @property
    def texts(self) -> Sequence[str]:
        """The names of the columns that hold text."""
        ...

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """The rows, with the columns that are wanted."""
        ...


def as_text(column: pa.Array) -> pa.Array:
    """Bytes as text; what is no UTF-8 becomes U+FFFD, which is in no code."""
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = [
            None if one is None else one.decode("utf-8", "replace") for one in column.to_pylist()
        ]
        return pa.array(texts, pa.large_string())


def find_column(name: str, table: Table) -> None:
    """Do nothing when there is one column of a name.

    Raises:
        Trouble: there is none, or several.
    """
    count = list(table.columns).count(name)
    if count > 1:
        raise Trouble(f"{table.name}: {count} columns are called {name!r}; rename all but one")
    if not count:
        raise no_column(name, table)


def no_column(name: str, table: Table, hint: str = "") -> Trouble:
    """What is wrong when there is no column of a name."""
    names = list(table.columns)
    near = difflib.get_close_matches(name, names, 1) or [
        one for one in names if one.lower() == name.lower()
    ]
    meant = f"; did you mean {near[0]!r}?" if near else f"; it has {_listed(names)}"
    return Trouble(f"{table.name}: has no column {name!r}{meant}{hint}")


def _listed(names: Iterable[str], most: int = 12) -> str:
    shown = list(map(repr, names))
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more
