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

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

import attrs

from medcodes.dates import OPEN, day_after, day_before
from medcodes.reference import CodeTable
from medcodes.reference.writing import (
    History,
    Span,
    heading_spans,
    headings_above,
    history_text,
    joined,
    minus,
    packed,
)
from medcodes.systems import Traits

__all__ = ["UNKNOWN_EDITS", "Merged", "Merger", "next_change"]

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
        if first < day < OPEN
    ]
    return day_before(min(changes)) if changes else OPEN


def _histories(table: CodeTable | None) -> list[History]:
    """Every distinct history of a table, without what is a heading in it."""
    lines = [] if table is None else table.history_lines
    return [
        tuple(span for span in map(Span.parse, line.split(",")) if not span.heading)
        for line in lines
    ]


@attrs.frozen
class Merged:
    """What came of it.

    Attributes:
        blocks: of the new code table.
        billable: how many codes it lists on any day.
        valid: how many were valid on the day before the release.
        ended: how many of those are not valid on its first day.
    """

    blocks: list[str]
    billable: int
    valid: int
    ended: int


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
        self._traits = traits
        self._table = table
        self._listed = listed
        self._complete = complete
        self._window = Span(first, last, flags=UNKNOWN_EDITS[0] if traits.edits else "")
        self._billable = 0
        # Histories go by their numbers: there are few of them, and hashing one takes long.
        self._known: list[History] = []
        self._numbers: dict[History, int] = {}
        self._old = list(map(self._number, _histories(table)))
        self._with_window = cache(self._add_window)
        self._without_window = cache(self._remove_window)
        self._as_heading = cache(self._add_headings)
        self._changes: Counter[tuple[int, int]] = Counter()

    def merge(self) -> Merged:
        """The new table, and how many codes change."""
        blocks = packed(self._entries(), lambda number: history_text(self._known[number]))
        valid = ended = 0
        for (before, after), count in self._changes.items():
            if self._is_valid(before, day_before(self._window.first)):
                valid += count
                if before != after and not self._is_valid(after, self._window.first):
                    ended += count
        return Merged(blocks, self._billable, valid, ended)

    def _is_valid(self, number: int, day: int) -> bool:
        return any(span.first <= day <= span.last for span in self._known[number])

    def _number(self, history: History) -> int:
        number = self._numbers.setdefault(history, len(self._known))
        if number == len(self._known):
            self._known.append(history)
        return number

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
            codes = self._codes(old.get(head, []), new.get(head, []))
            yield from sorted({**codes, **self._headings(codes)}.items())

    def _codes(self, categories: list[str], new: list[str]) -> dict[str, int]:
        """The codes of some categories, without headings, and the numbers of their histories."""
        old = {
            code: self._old[number]
            for category in categories
            if self._table is not None
            for code, number in self._table.of_category(category)
        }
        never = self._number(())
        codes: dict[str, int] = {}
        for code in {**old, **dict.fromkeys(new)}:
            before = after = old.get(code, never)
            if code in self._listed:
                history = self._listed[code]
                after = self._with_window(before) if history is None else self._number(history)
            elif self._complete:
                after = self._without_window(before)
            if self._known[after]:
                codes[code] = after
            self._changes[before, after] += 1
        self._billable += len(codes)
        return codes

    def _add_window(self, number: int) -> int:
        """The history of a code that the release lists."""
        history = self._known[number]
        pieces = [self._continuing(piece, history) for piece in minus([self._window], history)]
        return self._number(joined((*history, *pieces)))

    def _continuing(self, piece: Span, history: History) -> Span:
        """Days that the release adds, with the flags of the days before, where there are any."""
        for span in history:
            if day_after(span.last) == piece.first:
                return attrs.evolve(piece, flags=span.flags)
        return piece

    def _remove_window(self, number: int) -> int:
        """The history of a code that the release does not list."""
        return self._number(tuple(minus(self._known[number], [self._window])))

    def _headings(self, codes: dict[str, int]) -> dict[str, int]:
        """The headings above codes, and the numbers of their histories."""
        below: dict[str, set[int]] = defaultdict(set)
        for code, number in codes.items():
            for prefix in headings_above(code, self._traits):
                below[prefix].add(number)
        return {
            prefix: self._as_heading(codes.get(prefix), frozenset(numbers))
            for prefix, numbers in below.items()
        }

    def _add_headings(self, own: int | None, below: frozenset[int]) -> int:
        spans = () if own is None else self._known[own]
        headings = heading_spans((self._known[number] for number in below), spans)
        return self._number(tuple(sorted((*spans, *headings))))
