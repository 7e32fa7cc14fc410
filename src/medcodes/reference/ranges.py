"""Chapters, sections and ranges: the rows that a code is filed under.

One block of lines with six fields separated by tabs: number of the level, first, last, label,
note, and ``+`` where the range grows with every release, so that its printed end is a note and no
bound. The rows of one level never overlap, and each lies inside one row of a level above.
"""

from __future__ import annotations

from bisect import bisect_right

import attrs

from medcodes.reference.file import TableFile

__all__ = ["KEPT_ELSEWHERE", "Range", "RangeTable", "sort_key"]

KEPT_ELSEWHERE = "its list is kept elsewhere"
"""The note of a range whose codes another steward lists (CDT, in the letter D of HCPCS)."""


@attrs.frozen
class Range:
    """A printed range.

    Attributes:
        level: ``"chapter"``, ``"block"``, ``"section"``, ...
        first, last: its ends, inclusive, as printed.
        label: what it is called.
        note: what is known of its history, for CPT; else empty.
        grows: True where codes past the printed ends are expected with every release.
    """

    level: str
    first: str
    last: str
    label: str
    note: str = ""
    grows: bool = False


def sort_key(code: str) -> str:
    """The order of codes: a CPT suffix (``0001U``) counts before the number.

    >>> sorted(["90837", "0042T", "0001U", "0001F"], key=sort_key)
    ['90837', '0001F', '0042T', '0001U']
    """
    last = code[-1]
    return last + code[:-1] if last.isalpha() and code[0].isdigit() and len(code) == 5 else code


class RangeTable:
    """The ranges of one system, level by level, broad to narrow.

    Attributes:
        rows: every range, level by level.
    """

    __slots__ = ("_levels", "rows")

    def __init__(self, file: TableFile) -> None:
        names: list[str] = file.header["levels"]
        levels: list[list[Range]] = [[] for _ in names]
        for line in file.block(0).split("\n"):
            number, first, last, label, note, grows = line.split("\t")
            level = int(number)
            levels[level].append(Range(names[level], first, last, label, note, grows == "+"))
        self.rows = tuple(row for level in levels for row in level)
        self._levels = [_Level(level) for level in levels]

    def find(self, compact: str) -> tuple[Range, ...]:
        """The ranges that hold a code, broad to narrow; empty when none does."""
        key = sort_key(compact)
        return tuple(row for level in self._levels if (row := level.find(key)) is not None)

    def holds(self, compact: str) -> bool:
        """Whether some range of the second level, the sections, holds a code.

        The top level (CPT's categories) spans gaps between the sections.
        """
        return self._levels[1].find(sort_key(compact)) is not None


class _Level:
    __slots__ = ("_firsts", "_rows")

    def __init__(self, rows: list[Range]) -> None:
        self._rows = sorted(rows, key=lambda row: sort_key(row.first))
        self._firsts = [sort_key(row.first) for row in self._rows]

    def find(self, key: str) -> Range | None:
        place = bisect_right(self._firsts, key) - 1
        if place >= 0:
            row = self._rows[place]
            # A code below "E13" begins with it; a longer code lies inside the range of its head.
            if key[: len(row.last)] <= sort_key(row.last):
                return row
        return self._rising(key, place)

    def _rising(self, key: str, place: int) -> Range | None:
        """The range that grows by the same suffix, for a number past its printed ends."""
        for row in self._rows[max(place, 0) : place + 2]:
            if row.grows and sort_key(row.first)[0] == key[0]:
                return row
        return None
