"""The codes of one system, with every interval in which each of them was valid.

Codes share their endings (a fracture's 7th characters, the approaches of an operation) and share
their histories (most came with a release and are still valid). So the table has five blocks:

0. *histories*, one a line: intervals joined by ``,``, each ``first-last`` (yyyymmdd) followed by
   letters for its flags; a leading ``*`` marks days on which the code was a heading.
1. *groups of endings*, one a line: what may follow the first five characters, joined by blanks.
2. the history of each ending of block 1, in order: the character `BASE` plus its number.
3. *categories*, one a line: the first three characters, then what follows them up to the fifth
   character, joined by blanks.
4. the group of endings of each stem of block 3, in order: the character `BASE` plus its number.

(Numbers kept apart from texts compress to two thirds of what they take side by side.)
Looking up a code unpacks its three-character category the first time it is touched, into a
dictionary of shared strings and small integers; no object is kept for a single code.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import accumulate

import attrs

from medcodes.reference.file import TableFile

__all__ = ["BASE", "OPEN", "STEM", "CodeTable", "Interval"]

BASE = 0xA1
"""The character number that stands for 0."""

OPEN = "99991231"
"""The last day of what has no known end."""

STEM = 5
"""How many characters of a code stand before its ending."""

_NOTHING: dict[str, int] = {}


@attrs.frozen
class Interval:
    """Days on which a code was listed with the same standing.

    Attributes:
        first: the first day.
        last: the last day, inclusive; None while no end is known.
        heading: True where the code was a heading above billable codes, not billable itself.
        flags: the edits that applied to it.
    """

    first: date
    last: date | None
    heading: bool
    flags: frozenset[str]

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)


class _Categories(dict[str, dict[str, int]]):
    """Category to its codes: what follows the category, and the number of the history."""

    __slots__ = ("_endings", "_groups", "_stems")

    def __init__(self, endings: str, histories: str, categories: str, groups: str) -> None:
        super().__init__()
        lines = categories.split("\n")
        stems = [line[3:] for line in lines]
        self._stems = {
            line[:3].rstrip(): entry
            for line, entry in zip(lines, _with_numbers(stems, groups), strict=True)
        }
        self._endings = _with_numbers(endings.split("\n"), histories)
        self._groups: dict[str, list[tuple[str, int]]] = {}

    def __missing__(self, category: str) -> dict[str, int]:
        if category not in self._stems:
            return _NOTHING
        codes = self[category] = self.unpack(category)
        return codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._stems)

    def unpack(self, category: str) -> dict[str, int]:
        """The codes of a category, in order, without keeping them."""
        stems, groups = self._stems[category]
        return {
            stem + ending: history
            for stem, group in zip(stems.split(" "), groups, strict=True)
            for ending, history in self._group(group)
        }

    def _group(self, key: str) -> list[tuple[str, int]]:
        group = self._groups.get(key)
        if group is None:
            endings, histories = self._endings[ord(key) - BASE]
            group = self._groups[key] = [
                (ending, ord(history) - BASE)
                for ending, history in zip(endings.split(" "), histories, strict=True)
            ]
        return group


def _with_numbers(lines: list[str], numbers: str) -> list[tuple[str, str]]:
    """Each line of tokens joined by blanks, with the numbers of its tokens."""
    starts = list(accumulate((line.count(" ") + 1 for line in lines), initial=0))
    return [
        (line, numbers[start:end])
        for line, start, end in zip(lines, starts, starts[1:], strict=False)
    ]


class CodeTable:
    """Codes and their histories.

    Attributes:
        system: the id of the code system.
        edition: the newest release inside, in the source's words.
        first_day, last_day: the days that the table speaks for.
        retired: True when the system itself ended on the last day (ICD-9-CM).
        record_begins: True when the system is older than the table's first day.
        categories: the first three characters of a code to what follows them and its history;
            a category that is not listed gives an empty dictionary.
    """

    __slots__ = (
        "_histories",
        "_lines",
        "billable_count",
        "categories",
        "edition",
        "first_day",
        "flag_letters",
        "last_day",
        "path",
        "record_begins",
        "retired",
        "system",
    )

    def __init__(self, file: TableFile) -> None:
        header = file.header
        self.path = file.path
        self.system: str = header["system"]
        self.edition: str = header["edition"]
        self.first_day = date.fromisoformat(header["first_day"])
        self.last_day = date.fromisoformat(header["last_day"])
        self.retired: bool = header["retired"]
        self.record_begins: bool = header["record_begins"]
        self.billable_count: int = header["billable"]
        self.flag_letters: dict[str, str] = header["flags"]
        self._lines = file.block(0).split("\n")
        self._histories: dict[int, tuple[Interval, ...]] = {}
        self.categories = _Categories(*map(file.block, (1, 2, 3, 4)))

    def history_number(self, compact: str) -> int | None:
        """The number of the history of a code without its dot, or None when it is not listed."""
        return self.categories[compact[:3]].get(compact[3:])

    def history(self, number: int) -> tuple[Interval, ...]:
        """The intervals of a history, oldest first; they never overlap."""
        intervals = self._histories.get(number)
        if intervals is None:
            texts = self._lines[number].split(",")
            intervals = self._histories[number] = tuple(map(self._interval, texts))
        return intervals

    def _interval(self, text: str) -> Interval:
        heading = text.startswith("*")
        span = text[heading:]
        flags = frozenset(self.flag_letters[letter] for letter in span[17:])
        last = None if span[9:17] == OPEN else _day(span[9:17])
        return Interval(_day(span[:8]), last, heading, flags)

    def intervals(self, compact: str) -> tuple[Interval, ...]:
        """Every interval of a code without its dot; empty when it is not listed."""
        number = self.history_number(compact)
        return () if number is None else self.history(number)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Each code without its dot and the number of its history, headings included, sorted."""
        for category in self.categories:
            for rest, history in self.categories.unpack(category).items():
                yield category + rest, history

    def billable(self, day: date) -> Iterator[str]:
        """The codes, without dots, that are valid on a day, sorted."""
        verdicts: dict[int, bool] = {}
        for compact, number in self:
            billable = verdicts.get(number)
            if billable is None:
                billable = verdicts[number] = any(
                    one.holds(day) and not one.heading for one in self.history(number)
                )
            if billable:
                yield compact


def _day(yyyymmdd: str) -> date:
    return date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
