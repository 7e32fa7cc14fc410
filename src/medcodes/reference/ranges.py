"""Chapters, sections and ranges: the rows that a code is filed under.

One block of lines with seven fields separated by tabs: number of the level, first, last, label,
note, the codes of it that have ended (``99241:20221231``: a code or the ends of several, and their
last day), and the spans that it really holds where they are not what its printed ends say (the
block M05-M14 holds M1A as well; D37-D48 does not hold D3A, which is a block of its own; CPT's
ranges of codes with a suffix hold what two more years will bring).

A second block, if there is one, says how rows were printed before: the number of the row (rows are
in the order of their levels), the day (yyyymmdd) from which it is printed otherwise, and the last
code and the label until then. What a row holds is the same: it got longer when codes were added.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from itertools import islice

import attrs

from medcodes.dates import as_date
from medcodes.reference.file import NO_TABLE, TableText


@attrs.frozen
class Range:
    """A printed range.

    Attributes:
        level: ``"chapter"``, ``"block"``, ``"section"``, ...
        first, last: its ends, inclusive, as printed.
        label: what it is called.
        note: what is known of its history, for CPT; else empty.
    """

    level: str
    first: str
    last: str
    label: str
    note: str = ""
    _ended: str = ""
    _spans: str = ""

    @property
    def text(self) -> str:
        """The printed ends, ``"E08-E13"``; what ICD-10-PCS divides into is no range: ``"0S"``."""
        is_prefix = len(self.first) == 1 or self.level in ("body system", "root operation")
        return self.first if is_prefix else f"{self.first}-{self.last}"

    def ended(self) -> Iterator[tuple[str, str, date]]:
        """First and last of each stretch of its codes that has ended, and its last day."""
        for stretch in self._ended.split():
            codes, _, day = stretch.partition(":")
            first, _, last = codes.partition("-")
            yield first, last or first, as_date(int(day))

    def prints(self, compact: str) -> bool:
        """Whether a code lies between the printed ends."""
        ends = sort_key(self.first), sort_key(self.last)
        return ends[0] <= sort_key(compact) <= ends[1]

    def spans(self) -> list[tuple[str, str]]:
        """First and last of each stretch of codes that the range really holds."""
        if not self._spans:
            return [(self.first, self.last)]
        ends = (span.split("-") for span in self._spans.split(" "))
        return [(both[0], both[-1]) for both in ends]


def sort_key(code: str) -> str:
    """The order of codes: a CPT suffix (``0001U``) counts before the number.

    >>> sorted(["90837", "0042T", "0001U", "0001F"], key=sort_key)
    ['90837', '0001F', '0042T', '0001U']
    """
    last = code[-1]
    return last + code[:-1] if last.isalpha() and code[0].isdigit() and len(code) == 5 else code


def kind_of(code: str) -> str:
    """The kind of a CPT code: its suffix, or ``"0"`` for one of digits alone."""
    return code[-1] if code[-1].isalpha() else "0"


class RangeTable:
    """The ranges of one system, level by level, broad to narrow; without a file, none.

    Attributes:
        rows: every range, level by level, as it is printed now; on every day a range has the same
            place.
        changes: the days from which some range is printed otherwise, in order.
        last_day: the last day of the edition that they are of, where new ranges come with the next.
        ended: first and last of each stretch of codes that has ended, and its last day, in order.
        endings: the different kinds and last days of these.
    """

    def __init__(self, file: TableText = NO_TABLE) -> None:
        names: list[str] = file.header.get("levels", [])
        self.last_day = date.fromisoformat(file.header.get("last_day", "9999-12-31"))
        levels: list[list[Range]] = [[] for _ in names]
        for line in file.lines(0):
            number, first, last, label, note, ended, spans = line.split("\t")
            level = int(number)
            row = Range(names[level], first, last, label, note, ended, spans)
            levels[level].append(row)
        self._set(levels)
        stretches = {stretch for row in self.rows for stretch in row.ended()}
        self.ended = sorted(stretches, key=lambda stretch: sort_key(stretch[0]))
        self._ended_firsts = [sort_key(first) for first, _, _ in self.ended]
        self.endings = sorted({(kind_of(first), day) for first, _, day in stretches})
        self._earlier = _earlier(file)
        printed = [(place, *how) for place, row in self._earlier.items() for how in row]
        self.changes = tuple(sorted({day for _, day, _, _ in printed}))
        self._printed = {f"{self.rows[place].first}-{last}": place for place, _, last, _ in printed}
        self._printed |= {self.rows[place].text: place for place in self._earlier}
        self._tables: dict[int, RangeTable] = {}

    def _set(self, levels: list[list[Range]]) -> None:
        self.rows = tuple(row for level in levels for row in level)
        self._levels = [_Level(level) for level in levels]

    def on(self, day: date) -> RangeTable:
        """The ranges as they were printed on a day."""
        period = bisect_right(self.changes, day)
        if period == len(self.changes):
            return self
        table = self._tables.get(period)
        if table is None:
            table = RangeTable()
            rows = iter(self._as_printed(place, row, day) for place, row in enumerate(self.rows))
            table._set([list(islice(rows, len(level.rows))) for level in self._levels])
            table._printed = self._printed
            self._tables[period] = table
        return table

    def _as_printed(self, place: int, row: Range, day: date) -> Range:
        for until, last, label in self._earlier.get(place, ()):
            if day < until:
                held = row._spans or f"{row.first}-{row.last}"
                return attrs.evolve(row, last=last, label=label, spans=held)
        return row

    def renamed(self) -> Iterator[tuple[int, str]]:
        """The places of ranges that have had other labels, and each of those labels."""
        for place, printed in self._earlier.items():
            for _, _, label in printed:
                yield place, label

    def find(self, compact: str) -> tuple[Range, ...]:
        """The ranges that hold a code, broad to narrow; empty when none does."""
        key = sort_key(compact)
        return tuple(row for level in self._levels if (row := level.find(key)) is not None)

    def holds(self, compact: str) -> bool:
        """Whether a deepest range, which no narrower ones divide, holds a code."""
        return self._deepest.find(sort_key(compact)) is not None

    @cached_property
    def _deepest(self) -> _Level:
        """The ranges that no narrower ones divide; by identity, for the first answer is waiting."""
        divided = set()
        for depth, level in enumerate(self._levels):
            for row in level.rows:
                first = sort_key(row.spans()[0][0])
                above = (wider.find(first) for wider in reversed(self._levels[:depth]))
                divided.add(id(next(filter(None, above), None)))
        return _Level([row for row in self.rows if id(row) not in divided])

    def surrounds(self, compact: str) -> bool:
        """Whether some range below the top level, which spans gaps, holds a code."""
        return len(self.find(compact)) > 1

    def ending(self, compact: str) -> int | None:
        """The place among the `endings` of a code that has ended; None for others."""
        key = sort_key(compact)
        place = bisect_right(self._ended_firsts, key) - 1
        if place < 0 or key > sort_key(self.ended[place][1]):
            return None
        return self.endings.index((kind_of(compact), self.ended[place][2]))

    def named(self, text: str) -> Range | None:
        """The broadest range of these printed ends, on whatever day: ``"E08-E13"``, ``"0S"``."""
        return self._by_text.get(text)

    @cached_property
    def _by_text(self) -> dict[str, Range]:
        others = {text: self.rows[place] for text, place in self._printed.items()}
        return others | {row.text: row for row in reversed(self.rows)}

    def wider(self, row: Range) -> Range | None:
        """The range that a range stands in directly; None at the top."""
        # The first code of a range stands in it and in all wider ones.
        found = self.find(row.spans()[0][0])
        place = found.index(row)
        return found[place - 1] if place else None

    def below(self, row: Range | None) -> list[Range]:
        """The ranges that stand directly in a range, by code; for None those at the top.

        At the top they are in printed order: chapter 22 of ICD-10-CM, U00-U85, is the last.
        """
        return self._below.get(row, [])

    @cached_property
    def _below(self) -> dict[Range | None, list[Range]]:
        below: dict[Range | None, list[Range]] = {}
        for inner in self.rows:
            below.setdefault(self.wider(inner), []).append(inner)
        for wider, inside in below.items():
            if wider is not None:
                inside.sort(key=lambda row: sort_key(row.first))
        return below


def _earlier(file: TableText) -> dict[int, list[tuple[date, str, str]]]:
    """By the place of a row: the day until which it was printed otherwise, its end, its label."""
    found: dict[int, list[tuple[date, str, str]]] = {}
    for line in file.lines(1) if len(file.header.get("blocks", ())) > 1 else ():
        place, day, last, label = line.split("\t")
        found.setdefault(int(place), []).append((as_date(int(day)), last, label))
    return found


class _Level:
    def __init__(self, rows: list[Range]) -> None:
        self.rows = rows
        spans = sorted(
            (sort_key(first), sort_key(last), number)
            for number, row in enumerate(rows)
            for first, last in row.spans()
        )
        self._firsts = [first for first, _, _ in spans]
        self._lasts = [last for _, last, _ in spans]
        self._rows = [rows[number] for _, _, number in spans]

    def find(self, key: str) -> Range | None:
        place = bisect_right(self._firsts, key) - 1
        # A code below "E13" begins with it; a longer code lies inside the range of its head.
        if place >= 0 and key[: len(self._lasts[place])] <= self._lasts[place]:
            return self._rows[place]
        return None
