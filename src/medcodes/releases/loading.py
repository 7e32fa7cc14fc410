"""From a file to a reference that answers from it as well."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from medcodes import formats
from medcodes.dates import OPEN, as_date, as_number
from medcodes.reference import CodeTable, Reference, TitleTable
from medcodes.reference.file import TableText
from medcodes.reference.release import Release
from medcodes.reference.writing import Span, history_text, joined
from medcodes.releases import converting
from medcodes.releases.listing import Listing, Request, Row
from medcodes.releases.merging import FLAGS, Merged, Merger, changes, next_change
from medcodes.releases.opening import Content, ReleaseSource, opened
from medcodes.releases.recognising import recognise

if TYPE_CHECKING:
    from medcodes.reference import Table

__all__ = ["Request", "load"]

MOST_HISTORIES = 30_000
"""Columns count the histories of a system in 16 bits."""
_MOST_ENDED = 0.1
"""A list that would end more than this share of the valid codes is taken for a part of one: no
yearly release has ended a fiftieth."""
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""The days that a release may have: the day before and the year after exist."""
_COMES_WITH = {"modifiers": "hcpcs"}
"""Tables that are no systems of their own, and the system whose releases hold them."""


def load(reference: Reference, source: ReleaseSource, request: Request) -> Reference:
    """A reference that answers from a release, and from what it answered from before.

    Raises:
        ReleaseError: the release cannot be loaded; nothing has changed.
    """
    with opened(source, request.member) as files:
        _check_request(request, files[0])
        layout, content = recognise(files, request)
        listing = Listing(content, reference.systems, layout, request)
        rows = layout.read(listing)
        if layout.conversions:
            return converting.extended(reference, listing, rows)
        found = _found(listing, rows)
    if not found:
        what = f"codes of {request.system}" if request.system else "codes"
        raise content.error(f"contains no {what}")
    tables: dict[tuple[str, str], Table] = {}
    releases = []
    for system, codes in found.items():
        loading = _Loading(reference, system, codes, listing)
        tables |= loading.tables()
        if system not in _COMES_WITH:
            releases.append(loading.release())
    return reference.extended(tables, tuple(releases))


def _check_request(request: Request, content: Content) -> None:
    for argument in ("valid_from", "valid_to"):
        day = getattr(request, argument)
        if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
            message = f"{argument}={day} must be from {_FIRST_DAY} to {_LAST_DAY}"
            raise content.error(message)


# -- collecting -----------------------------------------------------------------------------------


class _Found:
    """What a file holds of one system.

    Attributes:
        codes: each code, and the line that it stands on.
        spans: the days of each code, where the file has them.
        titles: by category a line for each code and heading, with the title behind a tab; one
            text takes much less memory than many.
    """

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.titles: dict[str, bytearray] = defaultdict(bytearray)

    def add_title(self, compact: str, title: str) -> None:
        """One title, with one blank between words; an empty one is none."""
        words = title.split()
        if words:
            line = f"{compact}\t{' '.join(words)}\n"
            self.titles[compact[:3]] += line.encode(errors="surrogatepass")


def _found(listing: Listing, rows: Iterable[Row]) -> dict[str, _Found]:
    """The rows of a listing, checked, by system; those of the system that was asked for."""
    asked, layout = listing.request.system, listing.layout
    default = asked or (layout.systems[0] if layout.systems else "")
    wanted = {asked, *(table for table, system in _COMES_WITH.items() if system == asked)}
    fits = {
        shape.system: re.compile(shape.pattern).fullmatch for shape in listing.systems.formats.all
    }
    fits["modifiers"] = re.compile(formats.MODIFIER.pattern).fullmatch
    found: dict[str, _Found] = defaultdict(_Found)
    for row in rows:
        code, title, line, first, last, heading, system = row
        code = code.strip()
        system = _system_of(row, listing) if "|" in system else system or default
        if not system:
            raise listing.error("cannot tell the code system; pass system=", line)
        if asked is not None and system not in wanted:
            continue
        compact = code.replace(".", "")
        if heading:
            if len(compact) in listing.systems.traits(system).heading_lengths:
                found[system].add_title(compact, title)
            continue
        if fits[system](code) is None:
            name = _name_of(system, listing)
            raise listing.error(f"{code!r} does not have the shape of a code of {name}", line)
        of_system = found[system]
        before = of_system.codes.setdefault(compact, line)
        if listing.dated:
            if last and last < first:
                message = f"{compact} ends on {last}, before it begins on {first}"
                raise listing.error(message, line)
            of_system.spans[compact].append(Span(first, last or OPEN))
        elif before != line:
            raise listing.error(f"{compact} is already on line {before}", line)
        of_system.add_title(compact, title)
    return {system: of_system for system, of_system in found.items() if of_system.codes}


def _system_of(row: Row, listing: Listing) -> str:
    """Which of several systems a code with its dot belongs to."""
    code = row.code.strip()
    fitting = [
        system for system in row.system.split("|") if listing.systems.formats.of(system).fits(code)
    ]
    asked = listing.request.system
    if asked in fitting:
        return asked
    if len(fitting) == 1:
        return fitting[0]
    raise listing.error(f"{row.code!r} may be of several systems; pass system=", row.line)


def _name_of(system: str, listing: Listing) -> str:
    return "HCPCS modifiers" if system == "modifiers" else listing.systems.by_id[system].name


class LoadedTitles(TitleTable):
    """The titles of a loaded release beside those that were there before.

    Args:
        codes: the new code table.
        own: the titles of the release, as `_Found` has them.
        older: those before; None when there were none.
        newest: whether the release is the newest known, so that its titles are.
    """

    def __init__(
        self,
        codes: CodeTable,
        own: Mapping[str, bytearray],
        older: TitleTable | None,
        newest: bool,
    ) -> None:
        self._codes = codes
        self._newest = newest
        self._older = older
        self._texts = own
        self._own = lru_cache(512)(self._own_titles)

    def _own_titles(self, category: str) -> dict[str, str]:
        text = self._texts.get(category, b"").decode(errors="surrogatepass")
        lines = (line.rpartition("\t") for line in text.split("\n"))
        return {code: title for code, _, title in lines}

    def get(self, compact: str) -> str | None:
        """The title of a code without its dot; None when it is not listed or has none."""
        if self._codes.history_number(compact) is None:
            return None
        own = self._own(compact[:3]).get(compact)
        if self._older is None or (own is not None and self._newest):
            return own
        older = self._older.get(compact)
        return own if older is None else older

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each code that has a title, and the title, sorted."""
        for compact, _ in self._codes:
            title = self.get(compact)
            if title is not None:
                yield compact, title


# -- building -------------------------------------------------------------------------------------


class _Loading:
    """A release of one system on its way into a reference."""

    def __init__(self, reference: Reference, system: str, found: _Found, listing: Listing) -> None:
        request = listing.request
        self._reference = reference
        self._id = system
        self._name = _name_of(system, listing)
        self._traits = reference.systems.traits(system)
        self._found = found
        self._listing = listing
        self._older = reference.codes(system) if reference.lists(system) else None
        self._first, self._dated_by = self._first_day()
        self._last = request.valid_to or self._traits.cadence.last_day(self._first)
        self._edition = request.edition or f"{self._name} of {self._first} ({listing.content.file})"
        self._complete = not listing.partial if request.complete is None else request.complete
        self._check_days()

    def tables(self) -> dict[tuple[str, str], Table]:
        """The tables of the system with the release in them."""
        first = as_number(self._first)
        last = OPEN if self._listing.dated else next_change(self._older, first)
        listed = self._histories(first)
        merged = Merger(self._traits, self._older, listed, first, last, self._complete).merge()
        if self._listing.request.complete is None:
            self._refuse_a_part(merged)
        if merged.blocks[0].count("\n") >= MOST_HISTORIES:
            raise self._listing.error(f"has more than {MOST_HISTORIES:,} different histories")
        table = CodeTable(
            TableText(self._listing.content.name, self._header(merged), merged.blocks)
        )
        older_titles = None if self._older is None else self._reference.titles(self._id)
        newest = self._older is None or last >= as_number(self._older.last_day)
        titles = LoadedTitles(table, self._found.titles, older_titles, newest)
        return {(self._id, "codes"): table, (self._id, "titles"): titles}

    def release(self) -> Release:
        """What is known of it."""
        system = self._reference.systems.by_id[self._id]
        content = self._listing.content
        return Release(
            system=system,
            layout=self._listing.layout.id,
            edition=self._edition,
            valid_from=self._first,
            valid_to=self._last,
            dated_by=self._dated_by,
            complete=self._complete,
            rows=len(self._found.codes),
            source=content.name,
            sha256=content.sha256,
            licence=self._listing.licence or system.notice,
        )

    def _first_day(self) -> tuple[date, str]:
        """From when on it speaks, and what says so: the caller, the file or the cadence.

        ICD-10-CM and ICD-10-PCS come out on 1 October, and in some years on 1 April as well; HCPCS
        on the first day of each quarter; CPT on 1 January (docs: *What it knows*). ICD-9-CM came
        out on 1 October until it ended.
        """
        listing = self._listing
        if listing.request.valid_from is not None:
            return listing.request.valid_from, "caller"
        released = listing.released or (self._latest_change() if listing.dated else 0)
        if released:
            return as_date(released), "file"
        for text in (listing.content.file, listing.edition or ""):
            day = self._traits.cadence.named(text)
            if day is not None:
                return day, "cadence"
        message = "cannot tell from which day this release is valid; pass valid_from="
        raise listing.error(message)

    def _latest_change(self) -> int:
        """The latest day on which a file that dates its codes knows of a change; 0 when of none."""
        return max(day for spans in self._found.spans.values() for day in changes(spans))

    def _check_days(self) -> None:
        first, older, name = self._first, self._older, self._name
        # Lists with days of their own, and those of the user's own, may reach further back.
        reaches_back = self._listing.dated or not self._traits.public_list
        message = ""
        if older is not None and older.retired and first > older.last_day:
            message = f"the release is of {first}, but {name} ended on {older.last_day}"
        elif self._last < first:
            message = f"the release would end on {self._last}, before it begins on {first}"
        elif older is not None and first < older.first_day and not reaches_back:
            message = (
                f"the release is of {first}, but the tables of {name} begin on {older.first_day}"
            )
        if message:
            raise self._listing.error(message)

    def _histories(self, first: int) -> dict[str, str | None]:
        """The text of the history of each code, where the file has it."""
        if not self._listing.dated:
            return dict.fromkeys(self._found.codes)
        histories: dict[str, str | None] = {}
        known: dict[tuple[Span, ...], str] = {}
        for code, spans in self._found.spans.items():
            key = tuple(attrs.evolve(span, first=span.first or first) for span in spans)
            if key not in known:
                try:
                    known[key] = history_text(joined(key))
                except ValueError as error:
                    line = self._found.codes[code]
                    raise self._listing.error(f"{code}: {error}", line) from error
            histories[code] = known[key]
        return histories

    def _refuse_a_part(self, merged: Merged) -> None:
        if merged.ended > _MOST_ENDED * merged.valid:
            message = (
                f"{merged.ended:,} of the {merged.valid:,} codes of {self._name} that were valid "
                "on the day before are not in it, so that it is taken for a part of a release; "
                "pass complete=True if they have ended, complete=False if it only adds"
            )
            raise self._listing.error(message)

    def _header(self, merged: Merged) -> dict[str, Any]:
        """All that is said of the table; what it says of earlier days is left as it was."""
        codes = self._found.codes
        private = not self._traits.public_list
        spans = (span for of_code in self._found.spans.values() for span in of_code)
        first = as_number(self._first)
        begins = str(as_date(min((span.first or first for span in spans), default=first)))
        own: dict[str, Any] = {"first_day": begins, "record_begins": True}
        edition = self._edition
        if self._older is not None:
            own = self._older.header
            edition = f"{self._older.edition}; {edition}"
        last_day = max(own.get("last_day", ""), str(self._last))
        kinds = {code[-1] if code[-1].isalpha() else "0" for code in codes} if private else ()
        return {
            **own,
            "system": self._id,
            "what": "codes",
            "edition": edition,
            "sources": [],
            "first_day": min(own["first_day"], begins) if private else own["first_day"],
            "last_day": own["last_day"] if own.get("retired") else last_day,
            "record_begins": own.get("record_begins", False) or private,
            "billable": merged.billable,
            "flags": {**own.get("flags", {}), **FLAGS},
            "elsewhere": [
                [low, high]
                for low, high in own.get("elsewhere", ())
                if not any(low <= code <= high for code in codes)
            ],
            "kinds": "".join(sorted({*own.get("kinds", ""), *kinds})),
        }
