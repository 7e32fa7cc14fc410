"""What every table is to the commands, whatever its format: names of columns, rows in batches."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli.errors import InputError
from medcodes.cli.files.notes import Notes
from medcodes.cli.files.stream import InputFile

_SHOWN = 12


@attrs.frozen(eq=False)
class Batch:
    """Some rows of a table.

    Attributes:
        rows: their numbers, as a spreadsheet shows them: in CSV and TSV the header is row 1.
        data: the columns that were asked for. Of all formats but Parquet they are text.
        empty_is_null: whether a cell of an empty text is as good as none, as in CSV.
        written: the rows as they are in the file, up to where a new value can be put; None where
            they have to be written anew, and then `data` has all columns.
        beyond: values that have no column, by the place of their row in the batch and by name.
        not_text: the names of columns of text in which something else was found, such as numbers.
    """

    rows: npt.NDArray[np.int64]
    data: pa.RecordBatch
    empty_is_null: bool = False
    written: pa.Array | None = None
    beyond: Mapping[int, Mapping[str, str | None]] = attrs.field(factory=dict)
    not_text: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)

    def refuse_beyond(self, format_: str) -> None:
        """Do nothing when every value has a column.

        Raises:
            InputError: one has none, and would be lost in a format whose rows are all alike.
        """
        for place, values in self.beyond.items():
            raise InputError(
                f"row {self.rows[place]} has {', '.join(map(repr, values))}, for which there is no "
                f"column in {format_}; write JSON lines instead, which can keep it"
            )

    def column(self, name: str) -> pa.Array:
        """A column that holds codes or days: null where there is nothing."""
        column = self.data[name]
        if self.empty_is_null:
            return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
        return column


class Table(ABC):
    """A table that is read once, from its first row to its last.

    Attributes:
        file: where it is.
        format: the format in which its rows are written, if no other is asked for.
        columns: the names of its columns, each once.
    """

    format: str
    columns: Sequence[str]

    def __init__(self, file: InputFile) -> None:
        self.file = file

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.file.name

    @property
    def notes(self) -> Notes:
        """What was done to read it."""
        return self.file.notes

    @property
    def texts(self) -> Sequence[str]:
        """The names of the columns that hold text."""
        return self.columns

    def part(self) -> float | None:
        """How much of it was read, from 0 to 1; None if that is unknown."""
        return self.file.part()

    @abstractmethod
    def batches(self, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
        """The rows, with the columns of these names; one batch at least, if need be without rows.

        Args:
            names: the names.
            written: whether the rows are wanted as they are in the file, too.

        Raises:
            InputError: the rows cannot be read.
        """

    def find(self, name: str) -> None:
        """Do nothing when there is a column of a name.

        Raises:
            InputError: there is none.
        """
        if name in self.columns:
            return
        near = difflib.get_close_matches(name, self.columns, 1) or [
            column for column in self.columns if column.lower() == name.lower()
        ]
        more = len(self.columns) - _SHOWN
        listed = ", ".join(map(repr, self.columns[:_SHOWN])) + (f" and {more} more" * (more > 0))
        hint = f"did you mean {near[0]!r}?" if near else f"it has {listed}"
        raise InputError(f"{self.name}: has no column {name!r}; {hint}")


class Writer(ABC):
    """What writes rows in one format.

    Attributes:
        extends: whether it takes rows as they are in the file, and puts the new values behind them.
    """

    extends = False

    @abstractmethod
    def write(self, batch: Batch, added: Mapping[str, pa.Array]) -> None:
        """Write rows, with new columns behind the old ones.

        Raises:
            InputError: the format cannot hold them.
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing back
        """Write what is still held back."""
