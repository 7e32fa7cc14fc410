"""Parquet: columns keep their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from medcodes.cli.errors import InputError
from medcodes.cli.files.header import names_of
from medcodes.cli.files.stream import InputFile
from medcodes.cli.files.table import Batch, Table, Writer
from medcodes.cli.files.values import is_text, plain

_ROWS = 1 << 17
"""Rows that are read at a time."""
_GROUP = 1 << 18
_GROUP_BYTES = 1 << 27
"""Rows and bytes in memory after which a row group is written."""


class ParquetTable(Table):
    """A table of Parquet.

    Args:
        file: the file.

    Raises:
        InputError: it is not Parquet.
    """

    format = "parquet"

    def __init__(self, file: InputFile) -> None:
        super().__init__(file)
        try:
            # A buffer of its own keeps a large row group from being read at once.
            self._file = pq.ParquetFile(file.seekable(), pre_buffer=False, buffer_size=1 << 20)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self.name}: is not Parquet: {_line(error)}") from None
        self._schema: pa.Schema = self._file.schema_arrow
        self.columns = names_of(self._schema.names, len(self._schema), self.notes)
        self._is_renamed = list(self.columns) != self._schema.names
        self._read = 0

    @property
    def texts(self) -> Sequence[str]:
        """The names of the columns that hold text."""
        types = zip(self.columns, self._schema.types, strict=True)
        return [name for name, type_ in types if is_text(type_)]

    def part(self) -> float | None:
        """How much of it was read, from 0 to 1."""
        rows = self._file.metadata.num_rows
        return self._read / rows if rows else None

    def batches(self, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
        """The rows, with the columns of these names, in their own types.

        Raises:
            InputError: it is damaged.
        """
        chosen = None if self._is_renamed else list(names)
        if not self._file.metadata.num_rows:
            yield self._batch(pa.RecordBatch.from_pylist([], self._schema), names)
        try:
            for data in self._file.iter_batches(_ROWS, columns=chosen):
                yield self._batch(data, names)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self.name}: damaged: {_line(error)}") from None

    def _batch(self, data: pa.RecordBatch, names: Sequence[str]) -> Batch:
        if self._is_renamed:
            data = data.rename_columns(self.columns)
        rows = np.arange(self._read, self._read + len(data)) + 1
        self._read += len(data)
        data = data.select(list(names)).replace_schema_metadata(self._schema.metadata)
        return Batch(rows, data)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


class ParquetWriter(Writer):
    """Writes Parquet."""

    def __init__(self, out: Any) -> None:
        self._out = out
        self._writer: Any = None
        self._held: list[pa.RecordBatch] = []

    def write(self, batch: Batch, added: Mapping[str, pa.Array]) -> None:
        """Write rows, a row group at a time.

        Raises:
            InputError: a value has no column.
        """
        batch.refuse_beyond("Parquet")
        schema, new = batch.data.schema, list(map(plain, added.values()))
        for name, column in zip(added, new, strict=True):
            schema = schema.append(pa.field(name, column.type))
        self._writer = self._writer or pq.ParquetWriter(self._out, schema, compression="zstd")
        self._held.append(pa.record_batch([*batch.data.columns, *new], schema))
        rows = sum(map(len, self._held))
        if rows >= _GROUP or sum(held.nbytes for held in self._held) >= _GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._writer.schema))
        self._held = []

    def close(self) -> None:
        """Write the last row group, and what ends the file."""
        self._write_group()
        self._writer.close()
