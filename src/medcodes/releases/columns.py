"""The layouts with named columns: CSV of any delimiter, and workbooks.

A layout is the columns that it must have, and a function that makes a row of a line. Names of
columns are compared without case, and with blanks for underscores.

Sources: OMOP's CONCEPT table (https://ohdsi.github.io/CommonDataModel/cdm54.html#CONCEPT); CMS's
HCPCS workbook, whose header is HCPC, SEQNUM, RECID, LONG DESCRIPTION ... ADD DT, ACT EFF DT, TERM
DT, ACTION CD; the AMA's consolidated code list, whose header, behind the licence, is Concept Id,
CPT Code, Long, Medium, Short, Consumer ... Current Descriptor Effective Date; CDC's ICD-10-CM
conversion table, whose header, behind a title, is Current code assignment, Effective, Previous
Code(s) Assignment.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import attrs

from medcodes.dates import as_number
from medcodes.errors import ReleaseError
from medcodes.reference.release import Listing, Row
from medcodes.releases import text
from medcodes.releases.layouts import day_of, hcpcs, is_licence
from medcodes.releases.opening import UNREADABLE, Content
from medcodes.systems import ALL, code_systems

__all__ = ["COLUMNS", "Columns"]

Record = dict[str, str]
Records = Iterator[tuple[int, Record]]
"""The line and the cells of each record, by the names of their columns."""

_DELIMITERS = "\t,;|"
_MOST_LINES_BEFORE = 400
_MOST_COLUMNS = 500


@attrs.frozen
class Columns:
    """A layout with named columns.

    Attributes:
        id: its name in `Release.layout`.
        what: what is expected, for messages.
        systems: the systems whose codes it may hold; empty for any.
        names: for each column that must be there, the names it may have.
        rows: from the records to the rows.
        rank: of several files of one release in a zip, the one of the highest rank is read.
        dated: whether it carries the days of every code.
        behind: whether other lines may stand before the header.
        conversions: whether it holds which codes took over from which, and no list of codes: a row
            is the new code, with the old ones as its title.
    """

    id: str
    what: str
    systems: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    rows: Callable[[Records, str, Listing], Iterator[Row]]
    rank: int = 1
    dated: bool = False
    behind: bool = False
    conversions: bool = False

    def header(self, head: Iterable[list[str]]) -> int | None:
        """The number of records before the header; None where there is no such header."""
        for number, cells in enumerate(head):
            names = {_plain(cell) for cell in cells}
            if all(names.intersection(column) for column in self.names):
                return number
            if not self.behind or number >= _MOST_LINES_BEFORE:
                break
        return None

    def fits(self, head: list[str]) -> bool:
        """Whether the first lines of a file are of this layout."""
        starts = (self._header_line(head, delimiter) for delimiter in _DELIMITERS)
        start = next((one for one in starts if one is not None), None)
        if start is None:
            return False
        return start == 0 or self.conversions or is_licence(head[:start])

    def _header_line(self, head: list[str], delimiter: str) -> int | None:
        return self.header([one.strip(' "') for one in line.split(delimiter)] for line in head)

    def fits_workbook(self, head: list[list[str]]) -> bool:
        """Whether the first rows of a workbook are of this layout."""
        return self.header(head) is not None

    def read(self, content: Content) -> Listing:
        """The rows of a file."""
        listing = Listing(iter(()), dated=self.dated)
        if content.is_workbook:
            start = self.header(row for _, row in workbook_head(content)) or 0
            cells = _squared(itertools.islice(workbook(content), start, None))
        else:
            head = text.head_lines(content)
            delimiter = next(one for one in _DELIMITERS if self._header_line(head, one) is not None)
            start = self._header_line(head, delimiter) or 0
            listing.licence = "\n".join(line.strip() for line in head[:start]).strip() or None
            cells = _split(content, delimiter, start)
        listing.rows = self.rows(_named(cells, content.name), content.name, listing)
        return listing


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).lower()


# -- records --------------------------------------------------------------------------------------


def _split(content: Content, delimiter: str, start: int) -> Iterator[tuple[int, list[str]]]:
    """The records of a delimited text, from its header on."""
    place = 0

    def body() -> Iterator[str]:
        nonlocal place
        for number, line in text.lines(content):
            if number > start:
                place = number
                yield line

    if delimiter == "\t":
        reader = csv.reader(body(), delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    else:
        reader = csv.reader(body(), delimiter=delimiter, strict=True)
    first = start + 1
    try:
        for cells in reader:
            # A field goes on over the end of a line only in quotes, and no title does.
            if place != first:
                message = "a quoted field does not end on its line"
                raise ReleaseError(message, file=content.name, line=first)
            yield first, cells
            first = place + 1
    except csv.Error as error:
        raise ReleaseError(f"{error}", file=content.name, line=place) from error


def _named(cells: Iterator[tuple[int, list[str]]], name: str) -> Records:
    """Each record under the names of its columns."""
    _, header = next(cells)
    names = [_plain(one) for one in header]
    for line, row in cells:
        if not any(row):
            continue
        if len(row) != len(names):
            message = f"it has {len(row)} fields where the header has {len(names)}"
            raise ReleaseError(message, file=name, line=line)
        yield line, dict(zip(names, row, strict=True))


# -- workbooks ------------------------------------------------------------------------------------


def workbook(content: Content, most: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet, or so many, with their numbers, each cell as text.

    Raises:
        ReleaseError: it cannot be read, or carries a document type.
        ImportError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        message = "reading a workbook needs openpyxl: pip install 'medcodes[xlsx]'"
        raise ImportError(message) from error
    whole = content.whole()
    _refuse_document_types(whole, content.name)
    try:
        # Rows are given out only when all is read, so that what a caller raises is not caught.
        book = openpyxl.load_workbook(io.BytesIO(whole), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [
            _trimmed([_text(cell) for cell in row])
            for row in sheet.iter_rows(max_col=_MOST_COLUMNS, max_row=most, values_only=True)
        ]
    except Exception as error:  # a damaged workbook fails in openpyxl in many ways
        message = f"it is a damaged workbook: {type(error).__name__}: {error}"
        raise ReleaseError(message, file=content.name) from error
    return enumerate(rows, 1)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _squared(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Rows as long as the first, whose last empty cells are as good as not there."""
    width = 0
    for number, cells in rows:
        width = width or len(cells)
        yield number, cells + [""] * (width - len(cells))


def workbook_head(content: Content) -> Iterator[tuple[int, list[str]]]:
    """The first rows of a workbook."""
    return workbook(content, _MOST_LINES_BEFORE)


def _refuse_document_types(whole: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        for member in archive.namelist():
            if member.endswith((".xml", ".rels")):
                try:
                    with archive.open(member) as stream:
                        beginning = stream.read(1 << 12)
                except UNREADABLE as error:
                    raise ReleaseError(
                        f"{member} cannot be unpacked: {error}", file=name
                    ) from error
                if b"<!" in beginning.replace(b"<!--", b""):
                    raise ReleaseError(f"{member} has a document type, which is refused", file=name)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date):
        return f"{cell:%Y%m%d}"
    return str(cell).strip()


# -- from records to rows -------------------------------------------------------------------------

_OMOP = {one.omop: one.id for one in ALL}
_FROM = ("from", "valid from", "start", "start date", "effective date", "valid start date")
_TO = ("to", "valid to", "end", "end date", "termination date", "valid end date")
_CODE = ("code", "concept code", "cpt code", "hcpcs code", "icd code", "icd-10 code")
_TITLE = ("title", "description", "display", "long description", "descriptor", "name", "label")


def _concepts(records: Records, name: str, listing: Listing) -> Iterator[Row]:
    """OMOP's concepts, those of our systems."""
    for line, record in records:
        system = _OMOP.get(record["vocabulary id"])
        kind = record["concept class id"]
        if system is None or kind in ("HCPCS Class", "CPT4 Modifier"):
            continue
        yield Row(
            record["concept code"],
            record["concept name"],
            line,
            day_of(record["valid start date"], name, line),
            _open_end(day_of(record["valid end date"], name, line)),
            "nonbill" in kind or "Hierarchy" in kind,
            "modifiers" if kind == "HCPCS Modifier" else system,
        )


def _open_end(day: int) -> int:
    """OMOP writes 2099-12-31 for what has no end."""
    return 0 if day >= 20991231 else day


def _consolidated(records: Records, name: str, listing: Listing) -> Iterator[Row]:
    """The AMA's consolidated list; it speaks from the day on which its newest title took effect."""
    for line, record in records:
        title = record["long"] or record["medium"] or record["short"]
        effective = record.get("current descriptor effective date", "").strip()
        # It dates titles, not codes, so that one in another form is no reason to refuse the file:
        # without any, the caller is asked.
        with suppress(ReleaseError):
            listing.released = max(listing.released, _day(effective, name, line))
        yield Row(record["cpt code"], title, line)


def _hcpcs(records: Records, name: str, listing: Listing) -> Iterator[Row]:
    """CMS's HCPCS workbook."""

    def rows() -> Iterator[tuple[int, str, str, str, str, str]]:
        for line, record in records:
            kind = record["recid"]
            if kind not in ("3", "4", "7", "8"):
                message = f"the kind of a record (RECID) is 3, 4, 7 or 8, not {kind!r}"
                raise ReleaseError(message, file=name, line=line)
            days = record["add dt"], record["term dt"]
            yield line, record["hcpc"].strip(), kind, record["long description"], *days

    return hcpcs(rows(), name, listing)


def _conversions(records: Records, name: str, listing: Listing) -> Iterator[Row]:
    """CDC's conversion table: a new code, since when, and the codes that it took over from."""
    for line, record in records:
        new, old = record["current code assignment"].strip(), record["previous code(s) assignment"]
        yield Row(new, old.strip(), line, _since(record["effective"].strip(), name, line))


def _since(told: str, name: str, line: int) -> int:
    """A year, from its 1 October on, or a day."""
    return int(told) * 10000 + 1001 if re.fullmatch("20[0-9]{2}", told) else _day(told, name, line)


def _day(told: str, name: str, line: int) -> int:
    """A day, also as Americans write and as spreadsheets count it; 0 where nothing is told."""
    if not told:
        return 0
    if re.fullmatch("[34][0-9]{4}", told):
        return as_number(_SPREADSHEET_DAY_0 + datetime.timedelta(days=int(told)))
    found = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})/(?:20)?([0-9]{2})", told)
    if found:
        month, day, year = map(int, found.groups())
        return day_of(f"20{year:02}{month:02}{day:02}", name, line)
    return day_of(told, name, line)


_SPREADSHEET_DAY_0 = datetime.date(1899, 12, 30)


def _anything(records: Records, name: str, listing: Listing) -> Iterator[Row]:
    """A plain table: a code, and where there are such columns its title, days and system."""
    for line, record in records:
        first = _one_of(record, _FROM)
        last = _one_of(record, _TO)
        listing.dated = first is not None or last is not None
        system = _one_of(record, ("system", "code system", "vocabulary id"))
        yield Row(
            _one_of(record, _CODE) or "",
            _one_of(record, _TITLE) or "",
            line,
            day_of(first, name, line) if first else 0,
            day_of(last, name, line) if last else 0,
            system=_system(system, name, line) if system else "",
        )


def _one_of(record: Record, names: tuple[str, ...]) -> str | None:
    """The first column that there is; None when there is none."""
    return next((record[one].strip() for one in names if one in record), None)


def _system(named: str, name: str, line: int) -> str:
    found = code_systems(named)
    if len(found) == 1:
        return found[0].id
    message = f"{named!r} names {'several' if found else 'none'} of the code systems"
    raise ReleaseError(message, file=name, line=line)


COLUMNS = (
    Columns(
        "omop-concept",
        "a concept with its vocabulary, code and days",
        ("cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs", "modifiers"),
        (
            ("concept id",),
            ("concept name",),
            ("vocabulary id",),
            ("concept class id",),
            ("concept code",),
            ("valid start date",),
            ("valid end date",),
        ),
        _concepts,
        rank=9,
        dated=True,
    ),
    Columns(
        "hcpcs-workbook",
        "a record of HCPCS with its kind, titles and days",
        ("hcpcs", "modifiers"),
        (("hcpc",), ("recid",), ("long description",), ("add dt",), ("term dt",)),
        _hcpcs,
        rank=2,
        dated=True,
        behind=True,
    ),
    Columns(
        "cpt-consolidated",
        "a CPT code with its long, medium and short title",
        ("cpt",),
        (("cpt code",), ("long",), ("medium",), ("short",)),
        _consolidated,
        rank=6,
        behind=True,
    ),
    Columns(
        "icd10cm-conversions",
        "a new code, its year or day, and the codes that it took over from",
        ("icd10cm",),
        (("current code assignment",), ("effective",), ("previous code(s) assignment",)),
        _conversions,
        rank=-1,
        behind=True,
        conversions=True,
    ),
    Columns("csv", "a code, and where there is one its title", (), (_CODE,), _anything, rank=0),
)
