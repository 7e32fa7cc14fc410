"""``medcodes check``: which rows of a file hold something that is no valid code?"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli import progress
from medcodes.cli.answering import When, ahead, answer, unreadable
from medcodes.cli.files import STDIO, format_of, keep_apart, written
from medcodes.cli.opening import AnyTable, Layout, table_of
from medcodes.cli.options import Asked
from medcodes.cli.output import note, print_json, print_table, printable, short, write
from medcodes.cli.suggestions import reason, suggestions
from medcodes.cli.tables import Batch
from medcodes.cli.trouble import Trouble
from medcodes.status import Status

__all__ = ["Checked", "Finding", "check"]

HEADINGS = ("ROW", "COLUMN", "VALUE", "STATUS", "WHY", "PERHAPS")


@attrs.frozen
class Finding:
    """A value that is no valid code.

    Attributes:
        row: its row, counted as whoever opens the file would: in CSV and TSV the header is row 1.
        column: its column.
        value: what stands there; None for nothing.
        status: how the code stands; ``missing`` for nothing, ``undated`` for a code without a day.
        reason: one sentence.
        suggestions: codes that may be meant, best first.
    """

    row: int
    column: str
    value: str | None
    status: str
    reason: str
    suggestions: tuple[str, ...]


@attrs.define
class Checked:
    """How many rows there were, how many of them hold a bad value, and how many such values."""

    rows: int = 0
    bad_rows: int = 0
    bad_values: int = 0


@attrs.frozen(eq=False)
class _Rule:
    """What is accepted."""

    asked: Sequence[Asked]
    when: When
    accepted: pa.Array
    required: frozenset[str]

    def findings(self, batch: Batch, table: AnyTable) -> list[Finding]:
        """What is wrong with a batch, row by row."""
        on = self.when.days(batch, table.name)
        found = [one for asked in self.asked for one in self._of_column(asked, batch, on, table)]
        order = {one.name: place for place, one in enumerate(self.asked)}
        return sorted(found, key=lambda one: (one.row, order[one.column]))

    def _of_column(
        self, asked: Asked, batch: Batch, on: pa.Array | date | None, table: AnyTable
    ) -> Iterator[Finding]:
        column = batch.columns[asked.name]
        status = answer(column, asked, on, ("status",), table.name)["status"].cast(pa.string())
        text = _decoded(column)
        blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(text), ""), True)
        good = pc.or_(blank, pc.fill_null(pc.is_in(status, self.accepted), False))
        bad = pc.invert(good)
        if asked.name in self.required:
            bad = pc.or_(bad, blank)
        days = on if isinstance(on, pa.Array) else None
        undated = None if days is None else unreadable(column, days)
        for place in np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist():
            value = text[place].as_py()
            row = int(batch.rows[place])
            if blank[place].as_py():
                yield Finding(row, asked.name, value, "missing", "there is no code", ())
            elif undated is not None and undated[place].as_py():
                yield Finding(row, asked.name, value, "undated", self._no_day(batch, place), ())
            else:
                day = on if days is None else days[place].as_py()
                yield _explained(row, asked, value, status[place].as_py(), day)

    def _no_day(self, batch: Batch, place: int) -> str:
        name = str(self.when.column)
        value = batch.columns[name][place].as_py()
        if value is None:
            return f"there is no day in {name!r}"
        return f"{value!r} in {name!r} is no day; write it as YYYY-MM-DD"


def _decoded(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_string())


def _explained(row: int, asked: Asked, value: str, status: str, day: date | None) -> Finding:
    systems = asked.systems
    return Finding(
        row,
        asked.name,
        value,
        status,
        reason(value, systems, day),
        suggestions(value, systems, day),
    )


def check(
    path: str,
    columns: Sequence[Asked],
    *,
    on: str | None = None,
    date_format: str | None = None,
    strict: bool = False,
    headers: bool = False,
    required: Sequence[str] = (),
    output: str | None = None,
    as_json: bool = False,
    most: int = 50,
    layout: Layout | None = None,
) -> Checked:
    """Print the values of a file that are no valid codes; returns how many there were.

    Raises:
        Trouble: the file, a column or an option does not fit.
        OSError: a file cannot be read or written.
    """
    layout = layout or Layout()
    keep_apart(path, output, "--output")
    for name in required:
        if name not in [one.name for one in columns]:
            raise Trouble(f"--required {name}: name it with --column too")
    accepted = [Status.VALID, *[Status.PLAUSIBLE][strict:], *[Status.HEADER][: int(headers)]]
    done = Checked()
    shown: list[Finding] = []
    with ExitStack() as stack:
        keep = stack.enter_context(_keeper(output)) if output is not None else None
        table, source = stack.enter_context(table_of(path, layout))
        when = When.of(on, table.columns, date_format)
        rule = _Rule(columns, when, pa.array([one.value for one in accepted]), frozenset(required))
        wanted = [one.name for one in columns] + ([when.column] if when.column else [])
        batches = ahead(table.batches(wanted), source)
        for batch in progress.shown(batches, lambda one: len(one.rows), source.part):
            findings = rule.findings(batch, table)
            done.rows += len(batch.rows)
            done.bad_values += len(findings)
            done.bad_rows += len({one.row for one in findings})
            for one in findings:
                if as_json:
                    print_json(attrs.asdict(one))
            if keep is not None:
                keep(findings)
            shown += findings[: most - len(shown)]
    if as_json:
        note(_summary(table.name, done))
    else:
        _print(shown, done, _summary(table.name, done))
    return done


def _print(shown: Sequence[Finding], done: Checked, summary: str) -> None:
    if shown:
        print_table(HEADINGS, map(_row, shown))
    if done.bad_values > len(shown):
        write(f"... and {done.bad_values - len(shown):,} more; --output FILE writes them all\n")
    write(f"{summary}\n")


def _row(one: Finding) -> tuple[str, ...]:
    value = short(one.value or "")
    perhaps = ", ".join(one.suggestions)
    return (f"{one.row}", printable(one.column), value, one.status, printable(one.reason), perhaps)


def _summary(name: str, done: Checked) -> str:
    if not done.bad_values:
        return f"{name}: {_several(done.rows, 'row')}, no bad value"
    return (
        f"{name}: {_several(done.rows, 'row')}, {_several(done.bad_values, 'bad value')} "
        f"in {_several(done.bad_rows, 'row')}"
    )


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


# -- writing findings to a file ------------------------------------------------------------------


@contextmanager
def _keeper(path: str) -> Iterator[Callable[[Sequence[Finding]], None]]:
    """Writes findings to a file: as CSV, TSV or JSON lines, by its name."""
    format_ = format_of(path, None, "csv" if path == STDIO else None)
    if format_ == "parquet":
        raise Trouble(f"{path}: findings are written as csv, tsv or jsonl")
    with written(path) as out:

        def keep(findings: Sequence[Finding]) -> None:
            out.write("".join(map(line, findings)).encode("utf-8", "replace"))

        if format_ == "jsonl":
            line = _json_line
        else:
            line = partial(_delimited_line, "\t" if format_ == "tsv" else ",")
            out.write(_line_of([one.name for one in attrs.fields(Finding)], line.args[0]).encode())
        yield keep


def _json_line(finding: Finding) -> str:
    return json.dumps(attrs.asdict(finding), ensure_ascii=False) + "\n"


def _delimited_line(delimiter: str, finding: Finding) -> str:
    cells = [*attrs.astuple(finding, recurse=False)[:-1], " ".join(finding.suggestions)]
    return _line_of(cells, delimiter)


def _line_of(cells: Sequence[object], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return out.getvalue()
