"""Which codes took over from which: a conversion table of the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medcodes.dates import as_date, as_number
from medcodes.reference import Reference
from medcodes.reference.file import TableText
from medcodes.reference.release import Release
from medcodes.reference.successors import pack_successors
from medcodes.releases.listing import Listing, Request, Row
from medcodes.systems import CodeSystem

_NONE = re.compile("none|n/?a|new( code)?|-*", re.IGNORECASE)
Conversion = tuple[str, int, str]
"""A code without its dot, a day, and a code that took over from it."""


def extended(
    reference: Reference, listing: Listing, system: str, layout: str, request: Request
) -> Reference:
    """A reference that knows the conversions of a table, and those that it knew before."""
    reading = _Reading(reference, listing, reference.systems.by_id[system], request)
    rows = [conversion for row in listing.rows for conversion in reading.conversions(row)]
    if not rows:
        raise listing.error("contains no conversions")
    known = ((old, as_number(day), new) for old, day, new in reference.successors(system))
    newest = as_date(max(day for _, day, _ in rows))
    content = listing.content
    first = request.valid_from or newest
    release = Release(
        system=reading.system,
        layout=layout,
        edition=request.edition
        or f"{reading.system.name} conversions until {newest} ({content.file})",
        valid_from=first,
        valid_to=request.valid_to or reading.system.traits.cadence.last_day(first),
        dated_by="caller" if request.valid_from else "file",
        complete=False,
        rows=len(rows),
        source=content.name,
        sha256=content.sha256,
        licence=None,
    )
    table = TableText(content.name, {}, pack_successors([*known, *rows]))
    return reference.extended({(system, "successors"): table}, (release,))


class _Reading:
    """Reads the rows of a table."""

    def __init__(
        self, reference: Reference, listing: Listing, system: CodeSystem, request: Request
    ) -> None:
        self.system = system
        self._table = reference.codes(system.id)
        self._listing = listing
        self._day = as_number(request.valid_from) if request.valid_from else 0

    def conversions(self, row: Row) -> Iterator[Conversion]:
        """What a row says: a new code, its day, and codes or ranges that it took over from."""
        day = row.first or self._day
        if not day:
            message = "cannot tell from which day the row is valid; pass valid_from="
            raise self._listing.error(message, row.line)
        new = self._code(row.code, row.line)
        if _NONE.fullmatch(row.title):
            return
        for part in re.split("[,;]| and ", row.title):
            first, dash, last = (end.strip() for end in part.partition("-"))
            if dash:
                for old in self._between(first, last, row.line):
                    yield old, day, new
            elif first:
                yield self._code(first, row.line), day, new

    def _between(self, first: str, last: str, line: int) -> list[str]:
        """The listed codes from one to another of the same length."""
        begin, end = self._code(first, line), self._code(last, line)
        alike = len(begin) == len(end) and begin[:3] == end[:3]
        if not alike or not self._table.intervals(begin):
            raise self._listing.error(f"{first}-{last} is not a range of codes", line)
        codes = (code for code, _ in self._table.of_category(begin[:3]))
        return [code for code in codes if begin <= code <= end and len(code) == len(begin)]

    def _code(self, text: str, line: int) -> str:
        if not self.system.shape.fits(text):
            message = f"{text!r} does not have the shape of a code of {self.system.name}"
            raise self._listing.error(message, line)
        return text.replace(".", "")
