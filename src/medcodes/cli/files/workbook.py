"""Excel workbooks, which are read, and not written: every cell is text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from medcodes.cli.errors import InputError
from medcodes.cli.files.header import header_row, names_of, width_of
from medcodes.cli.files.stream import InputFile
from medcodes.cli.files.table import Batch, Table

_SAMPLE = 500
_AT_ONCE = 50_000


class Workbook(Table):
    """The first sheet of an Excel workbook that has anything in it. All of it is in memory.

    Args:
        file: the file.
        header: whether a row has the names of the columns; else they are 1, 2, 3 and so on.

    Raises:
        InputError: it cannot be read, or is empty.
    """

    format = "csv"

    def __init__(self, file: InputFile, *, header: bool) -> None:
        super().__init__(file)
        self._not_text: set[int] = set()
        self._rows = self._first_sheet()
        width = max(map(len, self._rows.values()))
        self.columns = [str(number) for number in range(1, width + 1)]
        if header:
            last = list(self._rows)[:_SAMPLE][-1]
            sample = [self._rows.get(number, []) for number in range(1, last + 1)]
            texts = [[text or "" for text in row] for row in sample]
            place = header_row([row[: width_of(row)] for row in texts], self.notes)
            self.columns = names_of(texts[place], width, self.notes)
            self._rows = {number: row for number, row in self._rows.items() if number > place + 1}

    def batches(self, names: Sequence[str], *, written: bool = False) -> Iterator[Batch]:
        """The rows, with the columns of these names."""
        places = [self.columns.index(name) for name in names]
        not_text = frozenset(self.columns[place] for place in self._not_text)
        rows = list(self._rows.items())
        for start in range(0, max(1, len(rows)), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            columns = []
            for place in places:
                values = [row[place] if place < len(row) else None for _, row in some]
                columns.append(pa.array(values, pa.large_string()))
            numbers = np.array([number for number, _ in some], np.int64)
            data = pa.record_batch(columns, list(names))
            yield Batch(numbers, data, empty_is_null=True, not_text=not_text)

    def _first_sheet(self) -> dict[int, list[str | None]]:
        """The rows that are not empty, by their numbers."""
        try:
            import openpyxl
        except ImportError:
            raise InputError(
                f"{self.name}: reading a workbook needs openpyxl: pip install 'medcodes[cli]'"
            ) from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and the like, which are not read
                book = openpyxl.load_workbook(self.file.seekable(), read_only=True, data_only=True)
                sheets = ((title, dict(self._filled(book[title]))) for title in book.sheetnames)
                read, rows = next(((title, rows) for title, rows in sheets if rows), (None, {}))
        except Exception as error:  # a damaged workbook fails in openpyxl in many ways
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{self.name}: is not a workbook, or is damaged: {why}") from None
        if not rows:
            raise InputError(f"{self.name}: is empty")
        if others := [title for title in book.sheetnames if title != read]:
            self.notes.add(f"of its sheets, {read!r} is read; not {', '.join(map(repr, others))}")
        return rows

    def _filled(self, sheet: Any) -> Iterator[tuple[int, list[str | None]]]:
        sheet.reset_dimensions()  # what the file says of them may be wrong
        for number, cells in enumerate(sheet.iter_rows(), 1):
            texts = [self._text(place, cell) for place, cell in enumerate(cells)]
            while texts and texts[-1] is None:
                texts.pop()
            if any(text and text.strip() for text in texts):
                yield number, texts

    def _text(self, place: int, cell: Any) -> str | None:
        value = cell.value
        if value is None or isinstance(value, str):
            return value
        self._not_text.add(place)
        if isinstance(value, bool):
            return str(value).upper()
        if re.fullmatch("0{2,}", cell.number_format):  # so many digits, with zeros in front
            return str(value).zfill(len(cell.number_format))
        return str(value).removesuffix(" 00:00:00")
