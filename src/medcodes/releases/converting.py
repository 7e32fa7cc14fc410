"""Which codes took over from which: a conversion table of the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from medcodes.dates import as_date, as_number
from medcodes.reference import CodeTable, Reference
from medcodes.reference.file import TableText
from medcodes.reference.release import Release
from medcodes.reference.successors import pack_successors
from medcodes.releases.listing import Listing, Row
from medcodes.systems import CodeSystem

_NONE = re.compile("none|n/?a|new( code)?|-*", re.IGNORECASE)
Conversion = tuple[str, int, str]
"""A code without its dot, a day, and a code that took over from it."""


def extended(reference: Reference, listing: Listing, table: Iterable[Row]) -> Reference:
    """A reference that knows the conversions of a table, and those that it knew before."""
    content, layout, request = listing.content, listing.layout, listing.request
    system = reference.systems.by_id[layout.systems[0]]
    reading = _Reading(system, reference.codes(system.id), listing)
    rows = [conversion for row in table for conversion in reading.conversions(row)]
    if not rows:
        raise listing.error("contains no conversions")
    known = ((old, as_number(day), new) for old, day, new in reference.successors(system.id))
    newest = as_date(max(day for _, day, _ in rows))
    first = request.valid_from or newest
    release = Release(
        system=system,
        layout=layout.id,
        edition=request.edition or f"{system.name} conversions until {newest} ({content.file})",
        valid_from=first,
        valid_to=request.valid_to or system.traits.cadence.last_day(first),
        dated_by="caller" if request.valid_from else "file",
        complete=False,
        rows=len(rows),
        source=content.name,
        sha256=content.sha256,
        licence=None,
    )
    followed = TableText(content.name, {}, pack_successors([*known, *rows]))
    return reference.extended({(system.id, "successors"): followed}, (release,))


@attrs.frozen
class _Reading:
    """Reads the rows of a conversion table."""

    _system: CodeSystem
    _codes: CodeTable
    _listing: Listing

    def conversions(self, row: Row) -> Iterator[Conversion]:
        """What a row says: a new code, its day, and codes or ranges that it took over from."""
        asked = self._listing.request.valid_from
        day = row.first or (as_number(asked) if asked else 0)
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
        if not alike or not self._codes.intervals(begin):
            raise self._listing.error(f"{first}-{last} is not a range of codes", line)
        codes = (code for code, _ in self._codes.of_category(begin[:3]))
        return [code for code in codes if begin <= code <= end and len(code) == len(begin)]

    def _code(self, text: str, line: int) -> str:
        if not self._system.shape.fits(text):
            message = f"{text!r} does not have the shape of a code of {self._system.name}"
            raise self._listing.error(message, line)
        return text.replace(".", "")
