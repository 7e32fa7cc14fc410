"""From the name of a file to a table, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Union

import attrs
import pyarrow as pa

from medcodes.cli.delimited import Delimited
from medcodes.cli.files import STDIO, Source, format_of, opened
from medcodes.cli.jsonlines import JsonLines
from medcodes.cli.parquet import ParquetTable
from medcodes.cli.trouble import Trouble

__all__ = ["AnyTable", "Layout", "table_of"]

AnyTable = Union[Delimited, JsonLines, ParquetTable]


@attrs.frozen
class Layout:
    """How a file is written, as far as its name does not tell."""

    format: str | None = None
    delimiter: str | None = None
    header: bool = True


@contextmanager
def table_of(path: str, layout: Layout) -> Iterator[tuple[AnyTable, Source]]:
    """The table in a file, or in standard input for ``-``.

    Raises:
        Trouble: it cannot be read as a table.
        OSError: it cannot be opened.
    """
    # Arrow's own handling of interruptions loses some; what it does here is over in no time.
    pa.enable_signal_handlers(False)
    format_ = format_of(path, layout.format, "csv" if path == STDIO else None)
    with opened(path) as source:
        table = _table(source, format_, layout)
        try:
            yield table, source
        finally:
            if isinstance(table, ParquetTable):
                table.close()


def _table(source: Source, format_: str, layout: Layout) -> AnyTable:
    if format_ == "parquet":
        if source.size is None or source.stream is not source.raw:
            raise Trouble(
                f"{source.name}: Parquet is read from its end; give a file that is neither a pipe "
                "nor compressed as a whole"
            )
        return ParquetTable(source.name)
    if format_ == "jsonl":
        return JsonLines(source)
    delimiter = layout.delimiter or ("\t" if format_ == "tsv" else ",")
    return Delimited(source, delimiter, header=layout.header)
