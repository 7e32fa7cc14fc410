"""What is wrong with the codes in a batch of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli.answering import Question, codes_of
from medcodes.cli.files.opening import format_to_write, writer
from medcodes.cli.files.table import Batch
from medcodes.cli.files.target import written
from medcodes.cli.files.values import as_text
from medcodes.cli.output import harmless
from medcodes.columns.verdicts import ColumnJudge, Judged
from medcodes.errors import shown
from medcodes.lookup.acceptance import Acceptance

_SUGGESTED = 3
Mask = npt.NDArray[np.bool_]


@attrs.frozen
class Finding:
    """A value that is not a valid code.

    Attributes:
        row: its row, as a spreadsheet counts it: in CSV and TSV the header is row 1.
        column: its column.
        value: what is there; None for nothing.
        status: the status of the code; ``ambiguous`` for a code of several systems, ``missing`` for
            nothing, ``undated`` for a code without a day that can be read.
        reason: one sentence.
        suggestions: codes that may be meant, best first.
    """

    row: int
    column: str
    value: str | None
    status: str
    reason: str
    suggestions: tuple[str, ...] = ()


class Checker:
    """Finds what is wrong with the rows of a table.

    Args:
        question: what is asked of the table.
        acceptance: which statuses are good.
        required: the names of columns that may not be empty.
    """

    def __init__(self, question: Question, acceptance: Acceptance, required: Sequence[str]) -> None:
        self._question = question
        self._required = required
        self._judges = {
            asked.name: ColumnJudge(
                acceptance,
                systems=asked.systems,
                classifier=question.classifier,
                suggestions=_SUGGESTED,
            )
            for asked in question.asked
        }

    def check(self, batch: Batch, most: int | None) -> tuple[Mask, list[Finding]]:
        """Which values of a batch are bad, by row and column, and the first of them explained."""
        days, table = self._question.days(batch), self._question.table
        judged, columns = {}, []
        for name, judge in self._judges.items():
            judged[name] = judge.judge(codes_of(batch, table, name), days)
            is_blank = _is_blank(batch.data[name])
            columns.append(np.where(is_blank, name in self._required, ~judged[name].accepted))
        bad = np.column_stack(columns)
        names = list(judged)
        findings = [
            self._finding(batch, place, names[number], judged[names[number]])
            for place, number in np.argwhere(bad)[:most].tolist()
        ]
        return bad, findings

    def _finding(self, batch: Batch, place: int, name: str, judged: Judged) -> Finding:
        row, value = int(batch.rows[place]), batch.data[name][place].as_py()
        if not (value or "").strip():
            return Finding(row, name, value, "missing", "there is no code")
        if judged.undated[place]:
            days = str(self._question.day_column)
            day = batch.data[days][place].as_py()
            why = f"{day!r} in {days!r} is not a day; write it as YYYY-MM-DD"
            why = why if day else f"there is no day in {days!r}"
            return Finding(row, name, value, "undated", why)
        verdict = judged.verdict(place)
        status = "ambiguous" if verdict.type == "ambiguous_code" else str(verdict.status)
        why = (verdict.reason or "").removeprefix(f"{shown(value)}: ")
        return Finding(row, name, value, status, why, verdict.suggestions)


def _is_blank(column: pa.Array) -> Mask:
    text = pc.utf8_trim_whitespace(as_text(column))
    is_blank: Mask = pc.fill_null(pc.equal(text, ""), True).to_numpy(zero_copy_only=False)
    return is_blank


@contextmanager
def kept(path: str) -> Iterator[Callable[[Sequence[Finding]], None]]:
    """Writes findings to a file, in the format that its name asks for, or as CSV.

    Raises:
        InputError: the format is not written.
        OSError: the file cannot be written.
    """
    format_ = format_to_write(path) or "csv"
    with written(path) as out:
        rows = writer(out, format_, [field.name for field in attrs.fields(Finding)])

        def keep(findings: Sequence[Finding]) -> None:
            rows.write(_as_batch(findings, format_), {})

        keep(())
        yield keep
        rows.close()


def _as_batch(findings: Sequence[Finding], format_: str) -> Batch:
    """Findings as rows; for spreadsheets of text alone, and without formulas."""
    rows = [attrs.asdict(finding) for finding in findings]
    several = pa.list_(pa.string())
    if format_ in ("csv", "tsv"):
        several = pa.string()
        for row in rows:
            row["suggestions"] = " ".join(row["suggestions"])
            for name in ("column", "value", "reason"):
                row[name] = harmless(row[name])
    texts = [(name, pa.string()) for name in ("column", "value", "status", "reason")]
    schema = pa.schema([("row", pa.int64()), *texts, ("suggestions", several)])
    return Batch(np.arange(len(rows)), pa.RecordBatch.from_pylist(rows, schema))
