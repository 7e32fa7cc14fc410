"""What a release does to the histories of codes.

A list of codes is true from its first day until the next change that the tables already know of: so
the newest release speaks from its day on, and an older one fills in its own season, whichever is
loaded first. While it speaks, a code in it is valid, and (where the list is complete) any other is
not. Days before it are left as they are.

A file that gives every code its own days replaces what was known of the codes that it holds; a code
that it no longer holds ends on the day before it.

Headings follow from the codes below them, as in the bundled tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import attrs

from medcodes.dates import OPEN, day_after, day_before
from medcodes.reference import CodeTable
from medcodes.reference.writing import (
    History,
    Span,
    heading_spans,
    headings_above,
    joined,
    minus,
    packed,
)
from medcodes.systems import Traits

__all__ = ["UNKNOWN_EDITS", "Merged", "Merger", "next_change"]

FOREVER = OPEN
UNKNOWN_EDITS = ("?", "edits-unknown")
"""The letter and the name of the flag of ICD codes whose edits no table says yet: release files
hold the codes, not the edits of the Medicare Code Editor."""


def next_change(table: CodeTable | None, first: int) -> int:
    """The last day before the tables know of a change after a day; open when they know of none."""
    changes = [
        day
        for spans in _histories(table)
        for span in spans
        for day in (span.first, day_after(span.last))
        if first < day < FOREVER
    ]
    return day_before(min(changes)) if changes else FOREVER


def _histories(table: CodeTable | None) -> list[History]:
    """Every distinct history of a table, without what is a heading in it."""
    if table is None:
        return []
    return [
        tuple(span for span in map(Span.parse, line.split(",")) if not span.heading)
        for line in table.history_lines
    ]


@attrs.frozen
class Merged:
    """What came of it.

    Attributes:
        blocks: of the new code table.
        billable: how many codes it lists on any day.
        began, ended: how many codes changed their standing on the first day of the release.
        standing: how many were valid on the day before.
    """

    blocks: list[str]
    billable: int
    began: int
    ended: int
    standing: int


class Merger:
    """Merges one release of one system into its table.

    Args:
        traits: those of the system.
        table: what was known; None when nothing was.
        listed: the codes of the release, each with its own history, or None where it has none.
        first, last: the days on which the release speaks.
        complete: whether a code that is not in it is none.
    """

    def __init__(
        self,
        traits: Traits,
        table: CodeTable | None,
        listed: Mapping[str, History | None],
        first: int,
        last: int,
        complete: bool,
    ) -> None:
        self._table = table
        self._listed = listed
        self._first, self._last = first, last
        self._complete = complete
        self._traits = traits
        flags = UNKNOWN_EDITS[0] if traits.edits else ""
        self._window = Span(first, last, flags=flags)
        # Histories go by their numbers: there are few of them, and hashing one takes long.
        self._known: list[History] = []
        self._numbers: dict[History, int] = {}
        self._old = [self._number(one) for one in _histories(table)]
        self._stood: dict[int, bool] = {}
        self._inside: dict[int, int] = {}
        self._outside: dict[int, int] = {}
        self._headed: dict[tuple[int | None, frozenset[int]], int] = {}

    def _number(self, history: History) -> int:
        number = self._numbers.setdefault(history, len(self._known))
        if number == len(self._known):
            self._known.append(history)
        return number

    def merge(self) -> Merged:
        """The new table."""
        self._billable = self._began = self._ended = self._standing = 0
        blocks = packed(self._entries(), lambda number: ",".join(map(str, self._known[number])))
        return Merged(blocks, self._billable, self._began, self._ended, self._standing)

    def _entries(self) -> Iterator[tuple[str, int]]:
        """Every code and heading in order, with the number of its history."""
        width = min((3, *self._traits.heading_lengths))
        old: dict[str, list[str]] = defaultdict(list)
        for category in self._table.index.categories() if self._table else ():
            old[category[:width]].append(category)
        new: dict[str, list[str]] = defaultdict(list)
        for code in self._listed:
            new[code[:width]].append(code)
        for head in sorted(old.keys() | new.keys()):
            codes = self._merged(old.get(head, []), new.get(head, []))
            entries = self._with_headings(codes)
            for code in sorted(entries):
                yield code, entries[code]

    def _merged(self, categories: list[str], new: list[str]) -> dict[str, int]:
        """The codes of some categories, without headings, and the numbers of their histories."""
        merged: dict[str, int] = {}
        listed = self._listed
        for category in categories:
            assert self._table is not None
            for code, number in self._table.of_category(category):
                before = self._old[number]
                if code in listed:
                    continue
                after = self._left_out(before) if self._complete else before
                if self._known[after]:
                    merged[code] = after
                self._count(before, after)
        for code in new:
            before = self._before(code)
            history = listed[code]
            after = self._taken_in(before) if history is None else self._number(history)
            merged[code] = after
            self._count(before, after)
        self._billable += len(merged)
        return merged

    def _before(self, code: str) -> int:
        number = self._table.history_number(code) if self._table else None
        return self._number(()) if number is None else self._old[number]

    def _count(self, before: int, after: int) -> None:
        """Whether a code began or ended with the release."""
        was = self._stood.get(before)
        if was is None:
            was = self._stood[before] = self._stands(before, day_before(self._first))
        self._standing += was
        if before != after:
            stands = self._stands(after, self._first)
            self._began += stands and not was
            self._ended += was and not stands

    def _stands(self, number: int, day: int) -> bool:
        return any(span.first <= day <= span.last for span in self._known[number])

    def _taken_in(self, number: int) -> int:
        """The history of a code that the release lists."""
        answer = self._inside.get(number)
        if answer is None:
            history = self._known[number]
            pieces = [self._continuing(one, history) for one in minus([self._window], history)]
            answer = self._inside[number] = self._number(joined((*history, *pieces)))
        return answer

    def _continuing(self, piece: Span, history: History) -> Span:
        """Days that the release adds, with the flags of the days before, where there are any."""
        for span in history:
            if day_after(span.last) == piece.first:
                return attrs.evolve(piece, flags=span.flags)
        return piece

    def _left_out(self, number: int) -> int:
        """The history of a code that the release does not list."""
        answer = self._outside.get(number)
        if answer is None:
            left = tuple(minus(self._known[number], [self._window]))
            answer = self._outside[number] = self._number(left)
        return answer

    def _with_headings(self, codes: dict[str, int]) -> dict[str, int]:
        below: dict[str, set[int]] = defaultdict(set)
        for code, number in codes.items():
            for prefix in headings_above(code, self._traits):
                below[prefix].add(number)
        entries = dict(codes)
        for prefix, numbers in below.items():
            key = codes.get(prefix), frozenset(numbers)
            if key not in self._headed:
                self._headed[key] = self._heading(*key)
            entries[prefix] = self._headed[key]
        return entries

    def _heading(self, own: int | None, below: frozenset[int]) -> int:
        spans = () if own is None else self._known[own]
        headings = heading_spans((self._known[one] for one in below), spans)
        return self._number(tuple(sorted((*spans, *headings))))
