"""From a source to a reference that answers from it as well."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import attrs

from medcodes import formats, systems
from medcodes.dates import as_date, as_number, day_after
from medcodes.errors import ReleaseError
from medcodes.reference import CodeTable, Reference, Table, TitleTable
from medcodes.reference.release import Listing, Release, Request, Row
from medcodes.reference.writing import (
    History,
    Span,
    TableText,
    joined,
)
from medcodes.releases import converting, recognising
from medcodes.releases.columns import Columns
from medcodes.releases.days import dated
from medcodes.releases.merging import FOREVER, UNKNOWN_EDITS, Merged, Merger, next_change
from medcodes.releases.opening import Source, opened

__all__ = ["Request", "load"]

MOST_HISTORIES = 30_000
"""Columns count the histories of a system in 16 bits."""
_SHRINKS = 0.1
"""A list that would end more than this share of the valid codes is taken for a part of one."""


def load(reference: Reference, source: Source, request: Request) -> Reference:
    """A reference that answers from a release, and from what it answered from before.

    Raises:
        ReleaseError: the release cannot be loaded; nothing has changed.
    """
    with opened(source, request.member) as files:
        _check_asked(request, files[0].name)
        layout, content = recognising.recognise(files, request.system, request.layout)
        listing = layout.read(content)
        if isinstance(layout, Columns) and layout.conversions:
            return converting.extended(reference, listing, content, layout.id, request)
        collected = _Collection(content.name, layout.systems, request.system)
        collected.take(listing)
    listed = {system: found for system, found in collected.systems.items() if found.codes}
    if not listed:
        what = f"codes of {request.system}" if request.system else "codes"
        raise ReleaseError(f"it holds no {what}", file=content.name)
    file = _File(content.name, layout.id, content.sha256)
    tables: dict[tuple[str, str], Table] = {}
    releases = []
    for system, found in listed.items():
        table, its_titles, release = _table(reference, system, found, listing, file, request)
        tables[system, "codes"] = table
        tables[system, "titles"] = its_titles
        if system != "modifiers":
            releases.append(release)
    return reference.extended(tables, tuple(releases))


def _check_asked(request: Request, name: str) -> None:
    """Refuse days that cannot be those of a release: the day before and the year after exist."""
    for argument in ("valid_from", "valid_to"):
        day = getattr(request, argument)
        if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
            message = f"{argument}={day} is no day of a release: {_FIRST_DAY} to {_LAST_DAY}"
            raise ReleaseError(message, file=name)


_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


# -- collecting -----------------------------------------------------------------------------------


class _One:
    """What a file holds of one system."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        """Each code, and the line that it stands on."""
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.undated = 0
        """The line of the first row without a first day."""
        self.titles = Titles()


class _Collection:
    """Checks rows and sorts them by system.

    Args:
        name: what messages call the file.
        expected: the systems that the layout holds.
        asked: the system that the caller named, or None.
    """

    def __init__(self, name: str, expected: tuple[str, ...], asked: str | None) -> None:
        self._name = name
        self._asked = asked
        self._default = asked or (expected[0] if expected else "")
        self.systems: dict[str, _One] = {}

    def take(self, listing: Listing) -> None:
        """All rows of a listing."""
        fits = {one.system: re.compile(one.pattern).fullmatch for one in formats.ALL}
        fits["modifiers"] = re.compile(formats.MODIFIER.pattern).fullmatch
        for row in listing.rows:
            code, title, line, first, last, heading, system = row
            system = self._system_of(row) if "|" in system else system or self._default
            if not system:
                raise self._error("it does not say of which system it is; pass system=", line)
            if not self._is_wanted(system):
                continue
            code = code.strip()
            fit = fits[system](code)
            one = self.systems.get(system)
            if one is None:
                one = self.systems[system] = _One()
            if fit is None and not heading:
                message = f"{code!r} has not the shape of a code of {_name_of(system)}"
                raise self._error(message, line)
            compact = code.replace(".", "")
            if heading:
                if len(compact) in systems.KNOWN.traits(system).heading_lengths:
                    one.titles.add(compact, title)
                continue
            self._add(one, compact, line, first, last, listing)
            one.titles.add(compact, title)

    def _add(
        self, one: _One, compact: str, line: int, first: int, last: int, listing: Listing
    ) -> None:
        before = one.codes.setdefault(compact, line)
        if listing.dated:
            if not first and not one.undated:
                one.undated = line
            if last and last < first:
                raise self._error(f"{compact} ends on {last}, before it begins on {first}", line)
            one.spans[compact].append(Span(first, last or FOREVER))
        elif before != line:
            raise self._error(f"{compact} stands on line {before} already", line)

    def _is_wanted(self, system: str) -> bool:
        if self._asked is None:
            return True
        return system == self._asked or (self._asked, system) == ("hcpcs", "modifiers")

    def _system_of(self, row: Row) -> str:
        """Which of several systems a code with its dot belongs to."""
        found = [one for one in row.system.split("|") if formats.of(one).fits(row.code.strip())]
        if self._asked in found:
            return self._asked or ""
        if len(found) == 1:
            return found[0]
        message = f"{row.code!r} may be of several systems; pass system="
        raise self._error(message, row.line)

    def _error(self, message: str, line: int) -> ReleaseError:
        return ReleaseError(message, file=self._name, line=line)


def _name_of(system: str) -> str:
    return "HCPCS modifiers" if system == "modifiers" else systems.by_id[system].name


class Titles:
    """The titles of a file, category by category, so that few objects are kept."""

    __slots__ = ("_category", "_codes", "_done", "_titles")

    def __init__(self) -> None:
        self._done: dict[str, list[tuple[str, str]]] = {}
        self._category = ""
        self._codes: list[str] = []
        self._titles: list[str] = []

    def add(self, compact: str, title: str) -> None:
        """One title; blanks are tidied, an empty one is none."""
        if compact[:3] != self._category:
            self._close()
            self._category = compact[:3]
        self._codes.append(compact)
        self._titles.append(" ".join(title.split()))

    def _close(self) -> None:
        if self._codes:
            texts = "\n".join(self._codes), "\n".join(self._titles)
            self._done.setdefault(self._category, []).append(texts)
            self._codes, self._titles = [], []

    def of_category(self, category: str) -> dict[str, str]:
        """The codes of a category to their titles."""
        self._close()
        return {
            code: title
            for codes, titles in self._done.get(category, ())
            for code, title in zip(codes.split("\n"), titles.split("\n"), strict=True)
            if title
        }


class LoadedTitles(TitleTable):
    """The titles of a loaded release beside those that were there before.

    Args:
        codes: the new code table.
        own: the titles of the release.
        older: those before; None when there were none.
        newest: whether the release is the newest known, so that its titles are.
    """

    __slots__ = ("_newest", "_older", "_own")

    def __init__(
        self, codes: CodeTable, own: Titles, older: TitleTable | None, newest: bool
    ) -> None:
        self._codes = codes
        self._newest = newest
        self._older = older
        self._own = lru_cache(512)(own.of_category)

    def get(self, compact: str) -> str | None:
        """The title of a code without its dot; None when it is not listed or has none."""
        if self._codes.history_number(compact) is None:
            return None
        older = self._older
        if not self._newest and older is not None:
            title = older.get(compact)
            if title is not None:
                return title
        title = self._own(compact[:3]).get(compact)
        return older.get(compact) if title is None and older is not None else title

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each code that has a title, and the title, sorted."""
        for compact, _ in self._codes:
            title = self.get(compact)
            if title is not None:
                yield compact, title


# -- building -------------------------------------------------------------------------------------


def _table(
    reference: Reference,
    system: str,
    found: _One,
    listing: Listing,
    file: _File,
    request: Request,
) -> tuple[CodeTable, TitleTable, Release]:
    """The tables of a system with a release in them, and the release."""
    older = reference.codes(system) if reference.lists(system) else None
    if listing.dated and not listing.released:
        listing = attrs.evolve(listing, released=_latest_change(found))
    first_day, dated_by = dated(system, request.valid_from, listing, file.name)
    last_day = request.valid_to or systems.KNOWN.traits(system).cadence.last_day(first_day)
    _check_days(system, older, first_day, last_day, listing, file)
    first = as_number(first_day)
    last = FOREVER if listing.dated else next_change(older, first)
    listed = _histories(found, first, listing, file)
    complete = not listing.partial if request.complete is None else request.complete
    merged = Merger(systems.KNOWN.traits(system), older, listed, first, last, complete).merge()
    if request.complete is None:
        _refuse_a_part(merged, system, file)
    if merged.blocks[0].count("\n") >= MOST_HISTORIES:
        raise ReleaseError(
            f"it has more than {MOST_HISTORIES:,} different histories", file=file.full
        )
    name = _name_of(system)
    edition = request.edition or f"{name} of {first_day} ({file.name})"
    header = _header(system, older, found, merged, first_day, last_day, edition, listing)
    table = CodeTable(TableText(file.full, header, merged.blocks))
    older_titles = None if older is None else reference.titles(system)
    newest = older is None or last >= as_number(older.last_day)
    titles = LoadedTitles(table, found.titles, older_titles, newest)
    known = systems.by_id.get(system, systems.HCPCS)
    release = Release(
        known,
        file.layout,
        edition,
        first_day,
        last_day,
        dated_by,
        complete,
        len(found.codes),
        file.full,
        file.sha256,
        listing.licence or known.notice,
    )
    return table, titles, release


@attrs.frozen
class _File:
    """Of the file that is loaded: its full and its last name, its layout, its SHA-256."""

    full: str
    layout: str
    sha256: str

    @property
    def name(self) -> str:
        return self.full.replace("\\", "/").rpartition("/")[2]


def _latest_change(found: _One) -> int:
    """The latest day on which a file that dates its codes knows of a change; 0 when of none."""
    return max(
        day
        for spans in found.spans.values()
        for span in spans
        for day in (span.first, day_after(span.last))
        if day < FOREVER
    )


def _check_days(
    system: str,
    older: CodeTable | None,
    first: date,
    last: date,
    listing: Listing,
    file: _File,
) -> None:
    if older is not None and older.retired and first > older.last_day:
        message = f"it is of {first}, and {_name_of(system)} ended on {older.last_day}"
        raise ReleaseError(message, file=file.full)
    if last < first:
        raise ReleaseError(f"it would end on {last}, before it begins on {first}", file=file.full)
    if older is None or system == "cpt":
        return
    if not listing.dated and first < older.first_day:
        message = f"it is of {first}, and {_name_of(system)} begins here on {older.first_day}"
        raise ReleaseError(message, file=file.full)


def _histories(found: _One, first: int, listing: Listing, file: _File) -> dict[str, History | None]:
    if not listing.dated:
        return dict.fromkeys(found.codes)
    histories: dict[str, History | None] = {}
    known: dict[tuple[Span, ...], History] = {}
    for code, spans in found.spans.items():
        key = tuple(attrs.evolve(span, first=span.first or first) for span in spans)
        history = known.get(key)
        if history is None:
            try:
                history = known[key] = joined(key)
            except ValueError as error:
                line = found.codes[code]
                raise ReleaseError(f"{code}: {error}", file=file.full, line=line) from error
        histories[code] = history
    return histories


def _refuse_a_part(merged: Merged, system: str, file: _File) -> None:
    if merged.ended > _SHRINKS * merged.standing:
        raise ReleaseError(
            f"{merged.ended:,} of the {merged.standing:,} codes of {_name_of(system)} that were "
            "valid on the day before are not in it, so that it is taken for a part of a release; "
            "pass complete=True if they have ended, complete=False if it only adds",
            file=file.full,
        )


def _header(
    system: str,
    older: CodeTable | None,
    found: _One,
    merged: Merged,
    first: date,
    last: date,
    edition: str,
    listing: Listing,
) -> dict[str, Any]:
    """All that is said of the table; what it says of days before the release is left as it was."""
    kinds = {code[-1] if code[-1].isalpha() else "0" for code in found.codes}
    begins = first
    if listing.dated:
        days = [span.first or as_number(first) for spans in found.spans.values() for span in spans]
        begins = as_date(min(days))
    header: dict[str, Any] = {
        "system": system,
        "what": "codes",
        "edition": edition,
        "sources": [],
        "first_day": begins.isoformat(),
        "last_day": last.isoformat(),
        "retired": False,
        "record_begins": True,
        "forgets": False,
        "billable": merged.billable,
        "flags": dict([UNKNOWN_EDITS]),
        "elsewhere": [],
        "kinds": "".join(sorted(kinds)) if system == "cpt" else "",
    }
    if older is None:
        return header
    own = older.header
    if system == "cpt":
        header["first_day"] = min(own["first_day"], header["first_day"])
    else:
        header["first_day"] = own["first_day"]
        header["record_begins"] = own["record_begins"]
    if own["retired"]:
        header["last_day"] = own["last_day"]
    dental = any(code.startswith("D") for code in found.codes)
    return {
        **own,
        **header,
        "edition": f"{own['edition']}; {edition}",
        "last_day": max(own["last_day"], header["last_day"]),
        "retired": own["retired"],
        "forgets": own["forgets"],
        "flags": {**own["flags"], **header["flags"]},
        "elsewhere": [] if dental else own["elsewhere"],
        "kinds": "".join(sorted({*own.get("kinds", ""), *header["kinds"]})),
    }
