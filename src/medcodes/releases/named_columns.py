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
from typing import Any

import attrs

from medcodes.dates import as_number
from medcodes.errors import ReleaseError
from medcodes.releases import decoding
from medcodes.releases.line_layouts import hcpcs, is_licence, preamble
from medcodes.releases.listing import Layout, Listing, Row
from medcodes.releases.opening import UNREADABLE, Content
from medcodes.systems import ALL

Cells = Iterator[tuple[int, list[str]]]
"""The line and the cells of each record."""
Record = dict[str, str]
Records = Iterator[tuple[int, Record]]
"""The line and the cells of each record, by the names of their columns."""

_DELIMITERS = "\t,;|"
_MOST_LINES_BEFORE = 400
_MOST_COLUMNS = 500


@attrs.frozen(kw_only=True)
class Columns(Layout):
    """A layout with named columns.

    Attributes:
        names: the columns that must be there, each with the names it may have, joined by ``|``.
        rows: from the records to the rows.
        behind: whether other lines may stand before the header.
    """

    names: tuple[str, ...]
    rows: Callable[[Records, Listing], Iterator[Row]]
    behind: bool = False

    def fits(self, head: list[str]) -> bool:
        """Whether the first lines of a file are of this layout."""
        found = self._header(head)
        if found is None:
            return False
        _, start = found
        return start == 0 or self.conversions or is_licence(head[:start])

    def fits_workbook(self, head: list[list[str]]) -> bool:
        """Whether the first rows of a workbook are of this layout."""
        return self._start(head) is not None

    def read(self, listing: Listing) -> Iterator[Row]:
        """The rows of a file; a listing is told the licence before them."""
        content = listing.content
        if content.is_workbook:
            start = self._start(workbook_head(content)) or 0
            cells: Cells = itertools.islice(_workbook(content), start, None)
        else:
            head = decoding.head_lines(content)
            delimiter, start = self._header(head) or (",", 0)
            listing.licence = preamble(head[:start])
            cells = _split(content, delimiter, start)
        return self.rows(_named(cells, content), listing)

    def _header(self, head: list[str]) -> tuple[str, int] | None:
        """The delimiter, and the number of lines before the header; None where there is none."""
        for delimiter in _DELIMITERS:
            lines = ([cell.strip(' "') for cell in line.split(delimiter)] for line in head)
            start = self._start(lines)
            if start is not None:
                return delimiter, start
        return None

    def _start(self, head: Iterable[list[str]]) -> int | None:
        for number, cells in enumerate(head):
            names = {_plain(cell) for cell in cells}
            if all(names.intersection(column.split("|")) for column in self.names):
                return number
            if not self.behind or number >= _MOST_LINES_BEFORE:
                break
        return None


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).lower()


# -- records --------------------------------------------------------------------------------------


def _split(content: Content, delimiter: str, start: int) -> Cells:
    """The records of a delimited text, from its header on."""
    place = 0

    def body() -> Iterator[str]:
        nonlocal place
        for number, line in itertools.islice(decoding.lines(content), start, None):
            place = number
            yield line

    options: dict[str, Any] = {"quoting": csv.QUOTE_NONE} if delimiter == "\t" else {}
    first = start + 1
    try:
        for cells in csv.reader(body(), delimiter=delimiter, strict=True, **options):
            # A field goes on over the end of a line only in quotes, and no title does.
            if place != first:
                raise content.error("a quoted field does not end on its line", first)
            yield first, cells
            first = place + 1
    except csv.Error as error:
        raise content.error(str(error), place) from error


def _named(cells: Cells, content: Content) -> Records:
    """Each record under the names of its columns."""
    _, header = next(cells)
    names = [_plain(name) for name in header]
    for line, row in cells:
        if not any(row):
            continue
        if content.is_workbook:  # whose rows end with their last text
            row += [""] * (len(names) - len(row))
        if len(row) != len(names):
            raise content.error(f"{len(row)} fields, but the header has {len(names)}", line)
        yield line, dict(zip(names, row, strict=True))


# -- workbooks ------------------------------------------------------------------------------------


def workbook_head(content: Content) -> list[list[str]]:
    """The first rows of a workbook.

    Raises:
        ReleaseError: it cannot be read, or has a document type.
        ImportError: openpyxl is not installed.
    """
    return [cells for _, cells in _workbook(content, _MOST_LINES_BEFORE)]


def _workbook(content: Content, most: int | None = None) -> Cells:
    """The rows of the first sheet, or so many, with their numbers, each cell as text."""
    try:
        import openpyxl
    except ImportError as error:
        message = "reading a workbook needs openpyxl: pip install 'medcodes[xlsx]'"
        raise ImportError(message) from error
    _refuse_document_types(content)
    try:
        # Rows are given out only when all is read, so that what a caller raises is not caught.
        book = openpyxl.load_workbook(io.BytesIO(content.whole()), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [
            _trimmed([_cell_text(cell) for cell in row])
            for row in sheet.iter_rows(max_col=_MOST_COLUMNS, max_row=most, values_only=True)
        ]
    except Exception as error:  # a damaged workbook fails in openpyxl in many ways
        raise content.error(f"damaged workbook: {type(error).__name__}: {error}") from error
    return enumerate(rows, 1)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _refuse_document_types(content: Content) -> None:
    with zipfile.ZipFile(io.BytesIO(content.whole())) as archive:
        for member in archive.namelist():
            if not member.endswith((".xml", ".rels")):
                continue
            try:
                with archive.open(member) as stream:
                    beginning = stream.read(1 << 12)
            except UNREADABLE as error:
                raise content.error(f"{member} cannot be unpacked: {error}") from error
            if b"<!" in beginning.replace(b"<!--", b""):
                raise content.error(f"{member} has a document type; it is not read")


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date):
        return f"{cell:%Y%m%d}"
    return str(cell).strip()


# -- from records to rows -------------------------------------------------------------------------

_FROM = ("from", "valid from", "start", "start date", "effective date", "valid start date")
_TO = ("to", "valid to", "end", "end date", "termination date", "valid end date")
_CODE = ("code", "concept code", "cpt code", "hcpcs code", "icd code", "icd-10 code")
_TITLE = ("title", "description", "display", "long description", "descriptor", "name", "label")
_SYSTEM = ("system", "code system", "vocabulary id")


def _concepts(records: Records, listing: Listing) -> Iterator[Row]:
    """OMOP's concepts, those of our systems."""
    listing.dated = True
    by_vocabulary = {system.omop: system.id for system in listing.systems.all if system.omop}
    for line, record in records:
        system = by_vocabulary.get(record["vocabulary id"])
        kind = record["concept class id"]
        if system is None or kind in ("HCPCS Class", "CPT4 Modifier"):
            continue
        last = listing.day(record["valid end date"], line)
        yield Row(
            record["concept code"],
            record["concept name"],
            line,
            listing.day(record["valid start date"], line),
            last if last < 20991231 else 0,  # how OMOP writes what has no end
            "nonbill" in kind or "Hierarchy" in kind,
            "modifiers" if kind == "HCPCS Modifier" else system,
        )


def _consolidated(records: Records, listing: Listing) -> Iterator[Row]:
    """The AMA's consolidated list; it speaks from the day on which its newest title took effect."""
    for line, record in records:
        title = record["long"] or record["medium"] or record["short"]
        effective = record.get("current descriptor effective date", "").strip()
        # It dates titles, not codes, so that a date in another form is no reason to refuse the
        # file: without any, the caller is asked.
        with suppress(ReleaseError):
            listing.released = max(listing.released, _day(effective, line, listing))
        yield Row(record["cpt code"], title, line)


def _hcpcs(records: Records, listing: Listing) -> Iterator[Row]:
    """CMS's HCPCS workbook."""

    def rows() -> Iterator[tuple[int, tuple[str, ...]]]:
        for line, record in records:
            kind = record["recid"]
            if kind not in ("3", "4", "7", "8"):
                raise listing.error(f"RECID must be 3, 4, 7 or 8, got {kind!r}", line)
            title, days = record["long description"], (record["add dt"], record["term dt"])
            yield line, (record["hcpc"], kind, title, *days)

    return hcpcs(rows(), listing)


def _conversions(records: Records, listing: Listing) -> Iterator[Row]:
    """CDC's conversion table: a new code, since when, and the codes that it took over from."""
    for line, record in records:
        since = record["effective"].strip()
        if re.fullmatch("20[0-9]{2}", since):
            since = f"{since}1001"  # the fiscal year's first day, as CDC has it
        new, old = record["current code assignment"], record["previous code(s) assignment"]
        yield Row(new.strip(), old.strip(), line, _day(since, line, listing))


def _day(text: str, line: int, listing: Listing) -> int:
    """A day, also as Americans write it and as spreadsheets count it; 0 for an empty text."""
    if not text:
        return 0
    if re.fullmatch("[34][0-9]{4}", text):
        return as_number(_SPREADSHEET_DAY_0 + datetime.timedelta(days=int(text)))
    american = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})/(?:20)?([0-9]{2})", text)
    if american:
        month, day, year = map(int, american.groups())
        text = f"20{year:02}{month:02}{day:02}"
    return listing.day(text, line)


_SPREADSHEET_DAY_0 = datetime.date(1899, 12, 30)


def _anything(records: Records, listing: Listing) -> Iterator[Row]:
    """A plain table: a code, and where there are such columns its title, days and system."""
    for line, record in records:
        first, last = _first_of(record, _FROM), _first_of(record, _TO)
        listing.dated = first is not None or last is not None
        system = _first_of(record, _SYSTEM)
        yield Row(
            _first_of(record, _CODE) or "",
            _first_of(record, _TITLE) or "",
            line,
            listing.day(first, line) if first else 0,
            listing.day(last, line) if last else 0,
            system=_system(system, line, listing) if system else "",
        )


def _first_of(record: Record, names: tuple[str, ...]) -> str | None:
    """The first of these columns that there is; None when there is none."""
    return next((record[name].strip() for name in names if name in record), None)


def _system(name: str, line: int, listing: Listing) -> str:
    systems = listing.systems.named(name)
    if len(systems) == 1:
        return systems[0].id
    message = f"{name!r} means {'several' if systems else 'none'} of the code systems"
    raise listing.error(message, line)


COLUMNS = (
    Columns(
        id="omop-concept",
        what="a concept with its vocabulary, code and days",
        systems=(*(system.id for system in ALL), "modifiers"),
        names=(
            *("concept id", "concept name", "vocabulary id", "concept class id", "concept code"),
            *("valid start date", "valid end date"),
        ),
        rows=_concepts,
        rank=9,
    ),
    Columns(
        id="hcpcs-workbook",
        what="a record of HCPCS with its kind, titles and days",
        systems=("hcpcs", "modifiers"),
        names=("hcpc", "recid", "long description", "add dt", "term dt"),
        rows=_hcpcs,
        rank=2,
        behind=True,
    ),
    Columns(
        id="cpt-consolidated",
        what="a CPT code with its long, medium and short title",
        systems=("cpt",),
        names=("cpt code", "long", "medium", "short"),
        rows=_consolidated,
        rank=6,
        behind=True,
    ),
    Columns(
        id="icd10cm-conversions",
        what="a new code, its year or day, and the codes that it took over from",
        systems=("icd10cm",),
        names=("current code assignment", "effective", "previous code(s) assignment"),
        rows=_conversions,
        rank=-1,
        behind=True,
        conversions=True,
    ),
    Columns(
        id="csv",
        what="a code, and where there is one its title",
        systems=(),
        names=("|".join(_CODE),),
        rows=_anything,
        rank=0,
    ),
)
