"""Which codes took over from which: a conversion table of the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medcodes import formats, systems
from medcodes.dates import as_date, as_number
from medcodes.errors import ReleaseError
from medcodes.reference import Reference
from medcodes.reference.release import Listing, Release, Request, Row
from medcodes.reference.successors import pack_successors
from medcodes.reference.writing import TableText
from medcodes.releases.opening import Content

__all__ = ["extended"]

_SYSTEM = "icd10cm"
_NONE = re.compile("none|n/?a|new( code)?|-*", re.IGNORECASE)
Conversion = tuple[str, int, str]
"""A code without its dot, a day, and a code that took over from it."""


def extended(
    reference: Reference, listing: Listing, content: Content, layout: str, request: Request
) -> Reference:
    """A reference that knows the conversions of a table, and those that it knew before."""
    rows = [
        (old, day, new)
        for row in listing.rows
        for old, day, new in _conversions(row, reference, content.name, request)
    ]
    if not rows:
        raise ReleaseError("it holds no conversions", file=content.name)
    known = ((old, as_number(day), new) for old, day, new in reference.successors(_SYSTEM))
    blocks = pack_successors([*known, *rows])
    first = as_date(max(day for _, day, _ in rows))
    name = content.name.rpartition("/")[2]
    release = Release(
        systems.by_id[_SYSTEM],
        layout,
        request.edition or f"ICD-10-CM conversions until {first} ({name})",
        request.valid_from or first,
        request.valid_to
        or systems.KNOWN.traits(_SYSTEM).cadence.last_day(request.valid_from or first),
        "caller" if request.valid_from else "file",
        False,
        len(rows),
        content.name,
        content.sha256,
        None,
    )
    return reference.extended(
        {(_SYSTEM, "successors"): TableText(content.name, {}, blocks)}, (release,)
    )


def _conversions(
    row: Row, reference: Reference, name: str, request: Request
) -> Iterator[Conversion]:
    day = row.first
    if not day and request.valid_from is not None:
        day = as_number(request.valid_from)
    if not day:
        message = "it does not say from which day on; pass valid_from="
        raise ReleaseError(message, file=name, line=row.line)
    new = _code(row.code, name, row.line)
    if _NONE.fullmatch(row.title):
        return
    for part in re.split("[,;]| and ", row.title):
        first, dash, last = (one.strip() for one in part.partition("-"))
        if dash:
            for old in _between(first, last, reference, name, row.line):
                yield old, day, new
        elif first:
            yield _code(first, name, row.line), day, new


def _between(first: str, last: str, reference: Reference, name: str, line: int) -> list[str]:
    """The listed codes from one to another of the same length."""
    ends = _code(first, name, line), _code(last, name, line)
    table = reference.codes(_SYSTEM)
    if len(ends[0]) != len(ends[1]) or ends[0][:3] != ends[1][:3] or not table.intervals(ends[0]):
        raise ReleaseError(f"{first}-{last} is no range of codes", file=name, line=line)
    return [
        code
        for code, _ in table.of_category(ends[0][:3])
        if ends[0] <= code <= ends[1] and len(code) == len(ends[0])
    ]


def _code(text: str, name: str, line: int) -> str:
    if not formats.ICD10CM.fits(text):
        message = f"{text!r} has not the shape of a code of ICD-10-CM"
        raise ReleaseError(message, file=name, line=line)
    return text.replace(".", "")
