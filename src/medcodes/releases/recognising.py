"""Which layout a file has, from its content; and which file of a zip is the release."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Union

import attrs

from medcodes.errors import ReleaseError
from medcodes.releases import text
from medcodes.releases.columns import COLUMNS, Columns, workbook_head
from medcodes.releases.documents import DOCUMENTS, Document
from medcodes.releases.layouts import LINES, Lines
from medcodes.releases.opening import Content

__all__ = ["LAYOUTS", "Layout", "recognise"]

Layout = Union[Lines, Columns, Document]

LAYOUTS: tuple[Layout, ...] = (*DOCUMENTS, *COLUMNS, *LINES)
"""In the order in which they are tried: first those that cannot be mistaken."""

_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")


@attrs.frozen
class _Candidate:
    content: Content
    layout: Layout

    @property
    def name(self) -> str:
        return self.content.name.rpartition("/")[2]


def recognise(
    files: list[Content], system: str | None, layout: str | None
) -> tuple[Layout, Content]:
    """The layout, and the file that has it.

    Of several files that are one release (codes and order file, long and short titles), the fullest
    is read.

    Raises:
        ReleaseError: no layout fits, or several, or several files do not belong together.
    """
    allowed = _allowed(files[0].name, system, layout)
    candidates = [
        _Candidate(one, fits) for one in files for fits in _fitting(one, allowed, len(files) > 1)
    ]
    if not candidates:
        raise _unknown(files, allowed)
    meant = {_meaning(one.layout) for one in candidates}
    if len(meant) > 1:
        seen = ", ".join(f"{one.name} ({one.layout.id})" for one in candidates[:20])
        what = "it holds several releases" if len(files) > 1 else "it may be one of several layouts"
        message = f"{what}: {seen}; say which with system=, member= or layout="
        raise ReleaseError(message, file=_archive(files))
    best = max(one.layout.rank for one in candidates)
    chosen = [one for one in candidates if one.layout.rank == best]
    years = {year for one in candidates for year in _YEAR.findall(one.name)}
    if len(chosen) > 1 or len(years) > 1:
        names = ", ".join(one.name for one in candidates[:20])
        message = f"it holds several releases: {names}; say which with member="
        raise ReleaseError(message, file=_archive(files))
    return chosen[0].layout, chosen[0].content


def _meaning(layout: Layout) -> tuple[str, ...]:
    """The systems of a layout; a modifier does not make another release."""
    return tuple(one for one in layout.systems if one != "modifiers")


def _archive(files: list[Content]) -> str:
    name = files[0].name
    return name.rpartition("/")[0] if len(files) > 1 else name


def _allowed(name: str, system: str | None, layout: str | None) -> list[Layout]:
    known = [one.id for one in LAYOUTS]
    if layout is not None and layout not in known:
        raise ReleaseError(f"layout={layout!r} is none of {', '.join(known)}", file=name)
    return [
        one
        for one in LAYOUTS
        if layout in (None, one.id) and (system is None or not one.systems or system in one.systems)
    ]


def _fitting(content: Content, allowed: Iterable[Layout], among_others: bool) -> list[Layout]:
    """The layouts that a file may have: one for each choice of systems, the plainest for itself."""
    found: dict[tuple[str, ...], Layout] = {}
    if content.is_workbook:
        try:
            rows = [cells for _, cells in workbook_head(content)]
        except (ReleaseError, ImportError):
            if among_others:
                return []
            raise
        for one in allowed:
            if isinstance(one, Columns) and one.fits_workbook(rows):
                return [one]
        return []
    head = text.head_lines(content)
    for one in allowed:
        if one.fits(head):
            if not isinstance(one, Lines):
                # What names its columns, or itself, is that and nothing else.
                return [one]
            found.setdefault(one.systems, one)
    fitting = list(found.values())
    return [one for one in fitting if isinstance(one, Lines) and one.sure] or fitting


def _unknown(files: list[Content], allowed: Iterable[Layout]) -> ReleaseError:
    expected = "; ".join(f"{one.what} ({one.id})" for one in allowed)
    if len(files) > 1:
        names = ", ".join(one.name.rpartition("/")[2] for one in files[:20])
        return ReleaseError(f"none of its files is a release: {names}", file=_archive(files))
    if b"\0" in files[0].head and not files[0].is_workbook:
        message = "its layout is not known: it is no text, or UTF-16 without its mark"
        return ReleaseError(message, file=files[0].name)
    first = next((line for line in text.head_lines(files[0]) if line.strip()), "")
    shown = first if len(first) <= 60 else f"{first[:57]}..."
    message = f"its layout is not known: it begins with {shown!r}. Known are: {expected}"
    return ReleaseError(message, file=files[0].name, line=1)
