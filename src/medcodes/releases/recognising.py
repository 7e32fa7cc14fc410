"""Which layout a file has, from its content; and which file of a zip file is the release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Union

from medcodes.errors import ReleaseError, shown
from medcodes.releases import decoding
from medcodes.releases.documents import DOCUMENTS, Document
from medcodes.releases.line_layouts import LINES, Lines
from medcodes.releases.listing import Request
from medcodes.releases.named_columns import COLUMNS, Columns, workbook_head
from medcodes.releases.opening import Content

Layout = Union[Document, Columns, Lines]
LAYOUTS: tuple[Layout, ...] = (*DOCUMENTS, *COLUMNS, *LINES)
"""In the order in which they are tried: first those that cannot be mistaken."""

_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
_MOST_NAMED = 20


def recognise(files: list[Content], request: Request) -> tuple[Layout, Content]:
    """The layout, and the file that has it.

    Of several files that are one release (codes and order file, long and short titles), the fullest
    is read.

    Raises:
        ReleaseError: no layout fits, or several, or several files do not belong together.
    """
    allowed = _allowed(files[0], request)
    several = len(files) > 1
    found = [
        (layout, content) for content in files for layout in _fitting(content, allowed, several)
    ]
    if not found:
        raise _unknown(files, allowed)
    if len({_systems(layout) for layout, _ in found}) > 1:
        names = _listed(f"{content.file} ({layout.id})" for layout, content in found)
        what = "contains several releases" if several else "may have one of several layouts"
        raise _error(files, f"{what}: {names}; choose with system=, member= or layout=")
    best = max(layout.rank for layout, _ in found)
    chosen = [(layout, content) for layout, content in found if layout.rank == best]
    years = {year for _, content in found for year in _YEAR.findall(content.file)}
    if len(chosen) > 1 or len(years) > 1:
        names = _listed(content.file for _, content in found)
        raise _error(files, f"contains several releases: {names}; choose with member=")
    return chosen[0]


def _systems(layout: Layout) -> tuple[str, ...]:
    """The systems of a layout; a modifier does not make another release."""
    return tuple(system for system in layout.systems if system != "modifiers")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:_MOST_NAMED])


def _error(files: list[Content], message: str) -> ReleaseError:
    """What is wrong with the file, or with the zip file that holds several."""
    name = files[0].name
    return ReleaseError(message, file=name.rpartition("/")[0] if len(files) > 1 else name)


def _allowed(content: Content, request: Request) -> list[Layout]:
    known = [layout.id for layout in LAYOUTS]
    if request.layout is not None and request.layout not in known:
        raise content.error(f"layout={request.layout!r} is none of {', '.join(known)}")
    return [
        layout
        for layout in LAYOUTS
        if request.layout in (None, layout.id)
        and (request.system is None or not layout.systems or request.system in layout.systems)
    ]


def _fitting(content: Content, allowed: Iterable[Layout], among_others: bool) -> Sequence[Layout]:
    """The layouts that a file may have: one for each choice of systems, the plainest for itself."""
    if content.is_workbook:
        try:
            rows = workbook_head(content)
        except (ReleaseError, ImportError):
            if among_others:
                return []
            raise
        tables = (layout for layout in allowed if isinstance(layout, Columns))
        return [layout for layout in tables if layout.fits_workbook(rows)][:1]
    head = decoding.head_lines(content)
    fitting: dict[tuple[str, ...], Lines] = {}
    for layout in allowed:
        if layout.fits(head):
            if not isinstance(layout, Lines):
                # What names its columns, or itself, is that and nothing else.
                return [layout]
            fitting.setdefault(layout.systems, layout)
    unmistakable = [layout for layout in fitting.values() if layout.unmistakable]
    return [*(unmistakable or fitting.values())]


def _unknown(files: list[Content], allowed: Iterable[Layout]) -> ReleaseError:
    if len(files) > 1:
        names = _listed(content.file for content in files)
        return _error(files, f"none of its files has a known layout: {names}")
    (content,) = files
    if b"\0" in content.head and not content.is_workbook:
        return content.error("unknown layout: not text, or UTF-16 without its mark")
    first = next((line for line in decoding.head_lines(content) if line.strip()), "")
    known = "; ".join(f"{layout.what} ({layout.id})" for layout in allowed)
    return content.error(f"unknown layout: begins with {shown(first, 60)}. Known are: {known}", 1)
