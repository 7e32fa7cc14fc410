"""``medcodes annotate``: a file again, with columns that say what its codes are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli import progress
from medcodes.cli.answering import When, ahead, answer, behind, unreadable
from medcodes.cli.append import Appender, Piece, compact, encode
from medcodes.cli.delimited import Delimited
from medcodes.cli.files import STDIO, Source, format_of, written
from medcodes.cli.jsonlines import JsonLines
from medcodes.cli.opening import AnyTable, Layout, table_of
from medcodes.cli.options import Asked
from medcodes.cli.output import note
from medcodes.cli.parquet import ROWS, ParquetTable
from medcodes.cli.tables import NO_TEXT, Batch
from medcodes.cli.trouble import Trouble

__all__ = ["DEFAULT", "annotate"]

DEFAULT = ("system", "code", "status", "category")


@attrs.define(eq=False)
class _Work:
    """What is to be added to the rows of a table, and what was met on the way."""

    table: AnyTable
    asked: Sequence[Asked]
    when: When
    fields: tuple[str, ...]
    prefix: str
    undated: int = 0
    first_undated: int = 0
    rows: int = 0

    @property
    def wanted(self) -> list[str]:
        names = [one.name for one in self.asked]
        return [*names, *([self.when.column] if self.when.column else ())]

    @property
    def names(self) -> list[str]:
        return [f"{self.prefix}{one.name}_{field}" for one in self.asked for field in self.fields]

    def added(self, batch: Batch) -> dict[str, pa.Array]:
        """The new columns of a batch."""
        found: dict[str, pa.Array] = {}
        on = self.when.days(batch, self.table.name)
        for one in self.asked:
            column = batch.columns[one.name]
            if isinstance(on, pa.Array):
                self._note_undated(batch, unreadable(column, on))
            answers = answer(column, one, on, self.fields, self.table.name)
            found |= {f"{self.prefix}{one.name}_{name}": answers[name] for name in self.fields}
        self.rows += len(batch.rows)
        return found

    def empty(self) -> list[tuple[str, pa.DataType]]:
        """The names and types of the new columns."""
        fields = self.fields
        types = answer(NO_TEXT, self.asked[0], None, fields, self.table.name)
        return [
            (f"{self.prefix}{one.name}_{name}", types[name].type)
            for one in self.asked
            for name in fields
        ]

    def _note_undated(self, batch: Batch, where: pa.Array) -> None:
        count = pc.sum(where).as_py() or 0
        if count and not self.undated:
            self.first_undated = int(batch.rows[pc.index(where, True).as_py()])
        self.undated += count


def annotate(
    source_path: str,
    target: str,
    columns: Sequence[Asked],
    *,
    on: str | None = None,
    date_format: str | None = None,
    fields: Sequence[str] = DEFAULT,
    prefix: str = "",
    layout: Layout | None = None,
) -> int:
    """Write a table again, with the answers to some of its columns; returns how many rows.

    Raises:
        Trouble: the table, a column or an option does not fit.
        OSError: a file cannot be read or written.
    """
    layout = layout or Layout()
    _check_formats(source_path, target, layout)
    # The target is opened first, so that it is replaced after the source was closed.
    with written(target) as out, table_of(source_path, layout) as (table, source):
        when = When.of(on, table.columns, date_format)
        work = _Work(table, columns, when, tuple(fields), prefix)
        for name in work.names:
            if name in table.columns:
                raise Trouble(
                    f"{table.name}: has a column {name!r} already; pass --prefix to give the new "
                    "ones other names"
                )
        if isinstance(table, ParquetTable):
            _append(work, table, source, out)
        else:
            _extend(work, table, source, out)
    if work.undated:
        note(
            f"note: {work.undated:,} codes have no day that can be read in {when.column!r}, the "
            f"first of them in row {work.first_undated:,}; what was added there is empty",
            style="yellow",
        )
    return work.rows


def _check_formats(source: str, target: str, layout: Layout) -> None:
    before = format_of(source, layout.format, "csv" if source == STDIO else None)
    after = format_of(target, layout.format, before)
    if before != after:
        raise Trouble(f"{target}: a file keeps its format, and {source} is {before}, not {after}")


def _extend(work: _Work, table: Delimited | JsonLines, source: Source, out: Any) -> None:
    """Write lines with more in each."""
    out.write(table.head(work.names))
    batches = progress.shown(
        ahead(table.batches(work.wanted), source), lambda one: len(one.rows), source.part
    )
    pairs = ((one, work.added(one)) for one in batches)
    for data in behind(lambda pair: table.extended(*pair), pairs):
        out.write(data)


@attrs.frozen(eq=False)
class _Step:
    """A batch of a Parquet file, or the end of a row group."""

    batch: Batch | None
    alone: bool = False
    """Whether it is all of its row group."""

    def __len__(self) -> int:
        return len(self.batch.rows) if self.batch else 0


def _append(work: _Work, table: ParquetTable, source: Source, out: Any) -> None:
    """Write the file as it is, with more column chunks."""
    like = pa.schema(work.empty())
    plain = pa.schema([(one.name, _read_as(one.type)) for one in like])
    with open(source.name, "rb") as file, Appender(file, out, plain, like) as appender:
        added = _added(work, table, source)
        for rows, pieces in behind(partial(_encoded, appender.compression), added):
            if rows is None:
                appender.end_group()
            else:
                appender.add(
                    pieces, partial(encode, rows, appender.compression, dictionaries=False)
                )


def _added(
    work: _Work, table: ParquetTable, source: Source
) -> Iterator[tuple[pa.Table | None, bool]]:
    """The new columns batch by batch, and None at the end of each row group."""
    steps = progress.shown(
        ahead(_steps(work, table), source),
        len,
        lambda: work.rows / table.rows if table.rows else None,
    )
    for one in steps:
        yield (pa.table(work.added(one.batch)) if one.batch else None, one.alone)


def _encoded(
    compression: str, one: tuple[pa.Table | None, bool]
) -> tuple[pa.Table | None, list[Piece]]:
    rows, alone = one
    if rows is None:
        return None, []
    return rows, encode(compact(rows) if alone else rows, compression)


def _steps(work: _Work, table: ParquetTable) -> Iterator[_Step]:
    for group in range(table.groups):
        alone = table.rows_of(group) <= ROWS
        for batch in table.of_group(group, work.wanted):
            yield _Step(batch, alone)
        yield _Step(None)


def _read_as(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_
