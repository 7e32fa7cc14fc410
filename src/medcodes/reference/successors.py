"""Which codes took over from which, and from which day: CMS's conversion tables of one system.

Block 0 holds the days (yyyymmdd), one a line. Block 1 holds a line for each code and day::

    aM545 H+0 +1 +9       M54.5: from the day lettered H on, M54.50, M54.51 and M54.59
    aC160 AC49A1          a successor that begins otherwise, in full
    a0016370 B....4       one of the same length: a dot where nothing changed, the end left out
    g1 B....4             0016371, written as what it does not share with the line before

The small letter counts the leading characters that a code shares with the code of the line before
(a for none); the days are lettered from A on. All is read when a code is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from operator import itemgetter

from medcodes.dates import as_date
from medcodes.reference.codes import shared_start
from medcodes.reference.file import NO_TABLE, TableText

FIRST_LETTER, NONE_SHARED = ord("A"), ord("a")

Dated = tuple[str, date]
"""A code without its dot, and the day from which it follows."""


class SuccessorTable:
    """Codes to those that followed them, and back; without a file, none is known."""

    def __init__(self, file: TableText = NO_TABLE) -> None:
        self._file = file

    def after(self, compact: str) -> tuple[Dated, ...]:
        """The codes that took over from a code, wholly or in part, by day and code."""
        return self._after.get(compact, ())

    def before(self, compact: str) -> tuple[Dated, ...]:
        """The codes that a code took over from, by day and code."""
        return self._before.get(compact, ())

    def __iter__(self) -> Iterator[tuple[str, date, str]]:
        """Every code, the day, and one that followed it, sorted by code."""
        return iter(self._pairs())

    @cached_property
    def _after(self) -> dict[str, tuple[Dated, ...]]:
        return _sorted(self._pairs())

    @cached_property
    def _before(self) -> dict[str, tuple[Dated, ...]]:
        return _sorted((follower, day, code) for code, day, follower in self._pairs())

    def _pairs(self) -> list[tuple[str, date, str]]:
        days = [as_date(int(line)) for line in self._file.lines(0)]
        pairs, code = [], ""
        for line in self._file.lines(1):
            rest, _, followers = line.partition(" ")
            code = code[: ord(rest[0]) - NONE_SHARED] + rest[1:]
            day = days[ord(followers[0]) - FIRST_LETTER]
            pairs += [(code, day, _unpack(code, packed)) for packed in followers[1:].split(" ")]
        return pairs


def _sorted(pairs: Iterable[tuple[str, date, str]]) -> dict[str, tuple[Dated, ...]]:
    gathered: dict[str, list[Dated]] = {}
    for code, day, other in pairs:
        gathered.setdefault(code, []).append((other, day))
    by_day_and_code = itemgetter(1, 0)
    return {code: tuple(sorted(others, key=by_day_and_code)) for code, others in gathered.items()}


def _unpack(code: str, packed: str) -> str:
    if packed[0] == "+":
        return code + packed[1:]
    if "." not in packed:
        return packed
    changed = [old if new == "." else new for old, new in zip(code, packed, strict=False)]
    return "".join(changed) + code[len(packed) :]


def _pack(code: str, follower: str) -> str:
    if follower.startswith(code):
        return f"+{follower[len(code) :]}"
    if len(follower) != len(code):
        return follower
    changed = ["." if old == new else new for old, new in zip(code, follower, strict=True)]
    packed = "".join(changed).rstrip(".")
    return packed if "." in packed else follower


def pack_successors(pairs: Iterable[tuple[str, int, str]]) -> list[str]:
    """The two blocks for triples of a code, a day (yyyymmdd) and a code that followed it."""
    gathered: dict[tuple[str, int], list[str]] = {}
    for code, day, follower in sorted(set(pairs)):
        gathered.setdefault((code, day), []).append(follower)
    days = sorted({day for _, day in gathered})
    lines, before = [], ""
    for (code, day), followers in gathered.items():
        shared = shared_start(before, code)
        head = chr(NONE_SHARED + shared)
        letter = chr(FIRST_LETTER + days.index(day))
        packed = " ".join(_pack(code, follower) for follower in followers)
        lines.append(f"{head}{code[shared:]} {letter}{packed}")
        before = code
    return ["\n".join(map(str, days)), "\n".join(lines)]
