"""From the path of a file to a table, by what the file holds, and from a path to a writer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from medcodes.cli.errors import InputError
from medcodes.cli.files.csv import CsvTable, CsvWriter
from medcodes.cli.files.json import JsonTable, JsonWriter
from medcodes.cli.files.parquet import ParquetTable, ParquetWriter
from medcodes.cli.files.stream import InputFile, compression_of, encoding_of, opened
from medcodes.cli.files.table import Table, Writer
from medcodes.cli.files.workbook import Workbook

_FORMATS = {
    "csv": ("csv",),
    "text": ("txt",),  # with whatever between the values
    "tsv": ("tsv", "tab"),
    "json": ("json",),
    "jsonl": ("jsonl", "ndjson"),
    "parquet": ("parquet", "pq"),
    "xlsx": ("xlsx", "xlsm", "xls"),
}
"""The endings of names that stand for each format."""
_READ_ALIKE = {"tsv": "csv", "text": "csv", "jsonl": "json"}
_DELIMITERS = {"csv": ",", "text": ",", "tsv": "\t"}
_BEGINS_AS_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[{\]])')


def _named(path: str) -> str | None:
    """The format that the name of a file stands for."""
    name = Path(path).stem if compression_of(path) else path
    ending = Path(name).suffix.lower().removeprefix(".")
    return next((format_ for format_, endings in _FORMATS.items() if ending in endings), None)


@contextmanager
def open_table(
    path: str, format_: str | None = None, delimiter: str | None = None, *, header: bool = True
) -> Iterator[Table]:
    """The table in a file, or in standard input for ``-``.

    Args:
        path: the file.
        format_: its format; None to find it.
        delimiter: of CSV, the character between values; None to find it.
        header: whether a row has the names of the columns; else they are 1, 2, 3 and so on.

    Raises:
        InputError: it cannot be read as a table.
        OSError: it cannot be opened.
    """
    # Arrow's own handling of interruptions loses some; what it does here is over in no time.
    pa.enable_signal_handlers(False)
    with opened(path) as file:
        found = _READ_ALIKE.get(format_ or "", format_) or _found(file)
        if found == "parquet":
            yield ParquetTable(file)
        elif found == "xlsx":
            yield Workbook(file, header=header)
        elif found == "json":
            yield JsonTable(file)
        else:
            usual = _DELIMITERS.get(format_ or _named(path) or "", ",")
            known = delimiter or ("\t" if format_ == "tsv" else None)
            yield CsvTable(file, usual, known, header=header)


def _found(file: InputFile) -> str:
    """The format of a file, by its first bytes; CSV for any text that is not JSON."""
    head, named = file.head(), _named(file.name) or ""
    text = head.decode(encoding_of(head), "replace")
    expected = _READ_ALIKE.get(named, named)
    if head.startswith(b"PAR1"):
        found = "parquet"
    elif head.startswith(b"PK\x03\x04"):
        found = "xlsx"
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{file.name}: is an old or a protected workbook; save it as .xlsx without a password"
        )
    elif "\0" in text and "\ufffd" in text:
        raise InputError(f"{file.name}: is neither text nor Parquet nor a workbook")
    else:
        found = "json" if expected == "json" or _BEGINS_AS_JSON.match(text) else "csv"
    if expected not in ("", found):
        file.notes.add(f"its name says {expected}, but it is read as what it is, {found}")
    return found


def format_to_write(path: str) -> str | None:
    """The format that the name of a file to be written asks for; None where it asks for none.

    Raises:
        InputError: it asks for one that is read, but not written.
    """
    format_ = _named(path)
    if format_ in ("xlsx", "json"):
        what = {"xlsx": "a workbook", "json": "a JSON array"}[format_]
        raise InputError(
            f"{path}: {what} can be read, but not written; name it .csv, .tsv, .jsonl or .parquet"
        )
    return format_


def writer(
    out: Any, format_: str | None, names: Sequence[str], like: Table | None = None
) -> Writer:
    """What writes rows in a format.

    Args:
        out: where to.
        format_: ``csv``, ``tsv``, ``jsonl`` or ``parquet``; None for the one of the table.
        names: of the columns, those of the table first.
        like: the table that the rows come from.
    """
    format_ = format_ or (like.format if like else "csv")
    if format_ == "parquet":
        return ParquetWriter(out)
    if format_ == "jsonl":
        return JsonWriter(out, extends=isinstance(like, JsonTable))
    if isinstance(like, CsvTable) and format_ in (like.format, "text"):
        return CsvWriter(out, names, like.delimiter, like)
    return CsvWriter(out, names, _DELIMITERS[format_], like)
