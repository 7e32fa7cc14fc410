"""What a release does to the histories of codes.

A list of codes is true from its first day until the next change that the tables already know of: so
the newest release speaks from its day on, and an older one fills in its own season, whichever is
loaded first. While it speaks, a code in it is valid, and (where the list is complete) any other is
not. Days before it are left as they are.

A file that gives every code its own days replaces what was known of the codes that it holds; a code
that it no longer holds ends on the day before it. CMS's cumulative HCPCS file drops what ended more
than four years before, so an earlier life of a code that came back is kept.

Headings follow from the codes below them, as in the bundled tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby

import attrs

from medcodes.dates import OPEN, day_after, day_before
from medcodes.entries import EDITS_UNKNOWN
from medcodes.reference import CodeTable
from medcodes.reference.writing import (
    History,
    Span,
    below_headings,
    heading_spans,
    history_text,
    joined,
    minus,
    packed,
)
from medcodes.systems import Traits

_FORGOTTEN = 4_00_00
"""Years, in a day written as yyyymmdd, after which a cumulative list drops what has ended."""

FLAGS = {"?": EDITS_UNKNOWN}
"""The flag that a release gives to codes, by its letter in a table."""


def next_change(table: CodeTable | None, first: int) -> int:
    """The last day before the tables know of a change after a day; open when they know of none."""
    lines = table.history_lines if table is not None else ()
    after = [day for line in lines for day in changes(_of_codes(line)) if day > first]
    return day_before(min(after)) if after else OPEN


def changes(spans: Iterable[Span]) -> Iterator[int]:
    """The days on which something begins or is no more."""
    return (day for span in spans for day in (span.first, day_after(span.last)) if day < OPEN)


def _of_codes(text: str) -> History:
    """The spans of a history, without those of a heading."""
    spans = map(Span.parse, text.split(",")) if text else ()
    return tuple(span for span in spans if not span.heading)


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
        listed: the codes of the release, each with the text of its own history, or None where it
            has none.
        first, last: the days on which the release speaks.
        complete: whether a code that is not in it is none.
    """

    def __init__(
        self,
        traits: Traits,
        table: CodeTable | None,
        listed: Mapping[str, str | None],
        first: int,
        last: int,
        complete: bool,
    ) -> None:
        self._traits = traits
        self._table = table
        self._listed = listed
        self._complete = complete
        self._window = Span(first, last, flags="?" if traits.edits else "")
        # Histories go by their texts: there are few of them, and a text is hashed only once.
        self._spans = cache(_of_codes)
        self._with_window = cache(self._add_window)
        self._without_window = cache(self._remove_window)
        self._as_heading = cache(self._add_headings)

    def merge(self) -> Merged:
        """The new table, and how many codes change."""
        before = dict.fromkeys(self._listed, "")
        if self._table is not None:
            known = [history_text(_of_codes(line)) for line in self._table.history_lines]
            before.update((code, known[number]) for code, number in self._table)
        after = {code: self._after(code, history) for code, history in before.items()}
        codes = {code: history for code, history in after.items() if history}
        blocks = packed(self._with_headings(codes), str)
        valid = ended = 0
        changes = Counter(zip(before.values(), after.values(), strict=True))
        for (old, new), count in changes.items():
            if self._is_valid(old, day_before(self._window.first)):
                valid += count
                if old != new and not self._is_valid(new, self._window.first):
                    ended += count
        return Merged(blocks, len(codes), valid, ended)

    def _is_valid(self, history: str, day: int) -> bool:
        return any(span.first <= day <= span.last for span in self._spans(history))

    def _after(self, code: str, before: str) -> str:
        """The history of a code with the release in it."""
        if code in self._listed:
            history = self._listed[code]
            return self._with_window(before) if history is None else self._dated(before, history)
        return self._without_window(before) if self._complete else before

    def _dated(self, before: str, history: str) -> str:
        """The history that the release gives, and what its list has forgotten."""
        if self._table is None or not self._table.forgets or before == history:
            return history
        spans, since = self._spans(history), self._window.first - _FORGOTTEN
        earlier = [span for span in self._spans(before) if span.last < min(since, spans[0].first)]
        return history_text(joined((*earlier, *spans)))

    def _add_window(self, history: str) -> str:
        """The history of a code that the release lists."""
        spans = self._spans(history)
        pieces = [self._continuing(piece, spans) for piece in minus([self._window], spans)]
        return history_text(joined((*spans, *pieces)))

    def _continuing(self, piece: Span, history: History) -> Span:
        """Days that the release adds, with the flags of the days before, where there are any."""
        for span in history:
            if day_after(span.last) == piece.first:
                return attrs.evolve(piece, flags=span.flags)
        return piece

    def _remove_window(self, history: str) -> str:
        """The history of a code that the release does not list."""
        return history_text(minus(self._spans(history), [self._window]))

    def _with_headings(self, codes: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Codes and the headings above them in order, with their histories."""
        width = min((3, *self._traits.heading_lengths))
        # A category at a time, so that few sets are alive at once.
        for _, category in groupby(sorted(codes), lambda code: code[:width]):
            entries = {code: codes[code] for code in category}
            for prefix, below in below_headings(entries, self._traits).items():
                entries[prefix] = self._as_heading(entries.get(prefix, ""), frozenset(below))
            yield from sorted(entries.items())

    def _add_headings(self, own: str, below: frozenset[str]) -> str:
        spans = self._spans(own)
        return history_text(sorted((*spans, *heading_spans(map(self._spans, below), spans))))
