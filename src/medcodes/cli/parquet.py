"""Parquet: read batch by batch, and written again with more columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from medcodes.cli.tables import Batch, find_column
from medcodes.cli.trouble import Trouble

__all__ = ["ROWS", "ParquetTable"]

ROWS = 1 << 18
"""Rows at a time."""


class ParquetTable:
    """A Parquet file.

    Args:
        name: the path of the file.

    Raises:
        Trouble: it is no Parquet file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            # A buffer of its own keeps a large row group from being read at once.
            self._file = pq.ParquetFile(name, pre_buffer=False, buffer_size=1 << 20)
        except (pa.ArrowException, OSError) as error:
            raise Trouble(f"{name}: is no Parquet file: {' '.join(str(error).split())}") from None
        self.schema: pa.Schema = self._file.schema_arrow
        self.columns: Sequence[str] = self.schema.names
        self.texts: Sequence[str] = [one.name for one in self.schema if _is_text(one.type)]
        self.rows: int = self._file.metadata.num_rows
        self.groups: int = self._file.metadata.num_row_groups

    def rows_of(self, group: int) -> int:
        """How many rows a row group has."""
        count: int = self._file.metadata.row_group(group).num_rows
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def batches(self, wanted: Sequence[str]) -> Iterator[Batch]:
        """The rows, with the columns that are wanted, in their own types.

        Raises:
            Trouble: a column is not there, or cannot be read.
        """
        for group in range(self.groups):
            yield from self.of_group(group, wanted)

    def of_group(self, group: int, wanted: Sequence[str]) -> Iterator[Batch]:
        """The rows of one row group."""
        for name in wanted:
            find_column(name, self)
        first = 1 + sum(map(self.rows_of, range(group)))
        if not self.rows_of(group):
            empty = {name: self.schema.field(name).type for name in wanted}
            nothing = {name: pa.array([], type_) for name, type_ in empty.items()}
            yield Batch(np.empty(0, np.int64), nothing)
        for batch in self._read(group, list(dict.fromkeys(wanted))):
            rows = np.arange(first, first + len(batch))
            first += len(batch)
            yield Batch(rows, dict(zip(batch.schema.names, batch.columns, strict=True)))

    def _read(self, group: int, wanted: list[str]) -> Iterator[Any]:
        try:
            yield from self._file.iter_batches(ROWS, row_groups=[group], columns=wanted)
        except (pa.ArrowException, OSError) as error:
            raise Trouble(f"{self.name}: damaged: {' '.join(str(error).split())}") from None


def _is_text(type_: pa.DataType) -> bool:
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    return any(
        test(inner)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )
