"""The codes of one system, with every interval in which each of them was valid.

Codes share their suffixes (a fracture's 7th characters, the approaches of an operation) and share
their histories (most came with a release and are still valid). So the table has five blocks:

0. *histories*, one a line: intervals joined by ``,``, each ``first-last`` (yyyymmdd) followed by
   letters for its flags; a leading ``*`` marks days on which the code was a heading.
1. *groups of suffixes*, one a line: what may follow the first five characters, joined by blanks.
2. the history of each suffix of block 1, in order: the character `BASE` plus its number.
3. *categories*, one a line: the first three characters, then what follows them up to the fifth
   character, joined by blanks.
4. the group of suffixes of each prefix of block 3, in order: the character `BASE` plus its number.

(Numbers kept apart from texts compress to two thirds of what they take side by side.)
In memory it stays what it is in the file: a prefix to its group of suffixes, shared by all prefixes
that have the same. The prefixes of a category are unpacked the first time one of them is looked up,
and no object is kept for a single code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import IntEnum
from functools import cached_property
from itertools import accumulate, islice, takewhile

from medcodes.dates import OPEN, as_date
from medcodes.entries import Interval
from medcodes.reference.file import TableText

BASE = 0xA1
"""The character number that stands for 0."""

PREFIX = 5
"""How many characters of a code stand before its suffix."""


class NoHistory(IntEnum):
    """What stands in place of the number of a history."""

    UNLISTED = -1
    """Not a code."""
    LISTED_ELSEWHERE = -2
    """In a published range of a list that another steward keeps: it may be a code."""
    LEFT_OUT = -3
    """In a published range, but not in the list that the user has loaded."""
    BESIDE_KNOWN = -4
    """Not in the list, but its neighbours are; told apart only on days that the list does not
    speak for."""


UNLISTED, LISTED_ELSEWHERE, LEFT_OUT, BESIDE_KNOWN = NoHistory

ENDED = -6
"""In place of the number of a history: of a published range, but noted as ended. This number, and
those below it, count the endings of the `RangeTable`; -5 is that of columns for what cannot be."""

NO_SUFFIXES: dict[str, int] = {}
"""The suffixes of a prefix that is not listed."""

SUFFIXES_ELSEWHERE: dict[str, int] = {"": LISTED_ELSEWHERE}
"""The suffixes of a prefix of five characters that another steward may list."""


class CodeIndex(dict[str, dict[str, int]]):
    """The first five characters of a code to its suffixes, each with the number of its history.

    A prefix that is not listed gives `NO_SUFFIXES`; one in a range that another steward lists gives
    `SUFFIXES_ELSEWHERE`.

    Attributes:
        pending: the categories (three characters) that are not unpacked yet. A prefix below none
            of these that is still not here is not listed. In this order: another thread may
            unpack its category between two looks.
        elsewhere: the categories below which another steward lists codes.
    """

    def __init__(self, file: TableText) -> None:
        super().__init__()
        lines = file.lines(3)
        prefixes = _with_numbers([line[3:] for line in lines], file.block(4))
        self._categories = {
            line[:3].rstrip(): entry for line, entry in zip(lines, prefixes, strict=True)
        }
        self._suffixes = _with_numbers(file.block(1).split("\n"), file.block(2))
        self._groups: dict[str, dict[str, int]] = {}
        self._elsewhere: list[tuple[str, str]] = file.header.get("elsewhere", [])
        self._sorted = list(self._categories)
        self.elsewhere = frozenset[str]().union(*map(_heads, self._elsewhere))
        self.pending = {*self._categories, *self.elsewhere}

    def __missing__(self, prefix: str) -> dict[str, int]:
        category = prefix[:3]
        if category not in self.pending:
            return self.get(prefix, NO_SUFFIXES)  # another thread may just have unpacked it
        if any(first <= prefix <= last for first, last in self._elsewhere):
            return SUFFIXES_ELSEWHERE
        if category not in self._categories:
            return NO_SUFFIXES  # beside the codes of another steward, but no number
        self.update(self.of_category(category))
        # Taken off when all is there, so that no other thread ever takes it for unlisted.
        self.pending.discard(category)
        return self.get(prefix, NO_SUFFIXES)

    @property
    def packed(self) -> tuple[Mapping[str, tuple[str, str]], list[tuple[str, str]]]:
        """What it was made of.

        The categories, each with what follows it (as in block 3) and the groups of suffixes (as in
        block 4), and these groups with their histories (as in blocks 1 and 2).
        """
        return self._categories, self._suffixes

    def number(self, compact: str) -> int:
        """The number of the history of a code without its dot, or a `NoHistory`."""
        prefix = compact[:PREFIX]
        suffixes = self.get(prefix)
        if suffixes is None:
            # Suggesting looks up much that is not listed; a look at `pending` is quick.
            is_pending = prefix[:3] in self.pending
            suffixes = self[prefix] if is_pending else self.get(prefix, NO_SUFFIXES)
        return suffixes.get(compact[PREFIX:], UNLISTED)

    def categories(self) -> Iterator[str]:
        """The first three characters of codes, sorted."""
        return iter(self._categories)

    def has_category(self, category: str) -> bool:
        """Whether some code begins with three characters."""
        return category in self._categories

    def categories_from(self, first: str) -> Iterator[str]:
        """Those that do not come before a text."""
        return islice(self._sorted, bisect_left(self._sorted, first), None)

    def like(self, pattern: str) -> str:
        """The characters that make listed categories in place of the ``?``: of ``"E1?"``, say."""
        return self._like.get(pattern, "")

    @cached_property
    def _like(self) -> dict[str, str]:
        found: dict[str, list[str]] = defaultdict(list)
        for category in self._categories:
            for place, character in enumerate(category):
                found[f"{category[:place]}?{category[place + 1 :]}"].append(character)
        return {pattern: "".join(characters) for pattern, characters in found.items()}

    def of_category(self, category: str) -> dict[str, dict[str, int]]:
        """The prefixes of a listed category, in order, without keeping them."""
        rests, keys = self._categories[category]
        prefixes = [category + rest for rest in rests.split(" ")]
        return dict(zip(prefixes, map(self._group, keys), strict=True))

    def _group(self, key: str) -> dict[str, int]:
        group = self._groups.get(key)
        if group is None:
            suffixes, histories = self._suffixes[ord(key) - BASE]
            numbers = [ord(history) - BASE for history in histories]
            group = self._groups[key] = dict(zip(suffixes.split(" "), numbers, strict=True))
        return group


def _heads(span: tuple[str, str]) -> Iterator[str]:
    """The first three characters of the codes from D0000 to D9999, say."""
    first, last = span
    return (f"{first[0]}{number:02}" for number in range(int(first[1:3]), int(last[1:3]) + 1))


def _with_numbers(lines: list[str], numbers: str) -> list[tuple[str, str]]:
    """Each line of tokens joined by blanks, with the numbers of its tokens."""
    starts = list(accumulate((line.count(" ") + 1 for line in lines), initial=0))
    return [
        (line, numbers[start:end])
        for line, start, end in zip(lines, starts, starts[1:], strict=False)
    ]


def shared_start(before: Sequence[str], after: Sequence[str]) -> int:
    """How many of the first characters of two texts, or words of two titles, are the same."""
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


class CodeTable:
    """Codes and their histories.

    Attributes:
        system: the id of the code system.
        edition: the newest release inside, in the source's words.
        first_day, last_day: the days that the table speaks for.
        retired: True when the system itself ended on the last day (ICD-9-CM).
        record_begins: True when the system is older than the table's first day.
        forgets: True when the source has dropped codes that ended before the first day, so that
            of earlier days it lists what it still knows.
        index: the first five characters of a code to its suffixes.
        header: all that the file says of the table.
        history_lines: every history as the file has it; the place of each is its number.
        kinds: of a loaded list that is not public, the kinds of codes that it holds: their
            suffixes, and ``"0"`` for those of digits alone.
    """

    def __init__(self, file: TableText) -> None:
        header = self.header = file.header
        self.path = file.path
        self.kinds: str = header.get("kinds", "")
        self.system: str = header["system"]
        self.edition: str = header["edition"]
        self.first_day = date.fromisoformat(header["first_day"])
        self.last_day = date.fromisoformat(header["last_day"])
        self.retired: bool = header.get("retired", False)
        self.record_begins: bool = header.get("record_begins", False)
        self.forgets: bool = header.get("forgets", False)
        self.billable_count: int = header["billable"]
        self.flag_letters: dict[str, str] = header.get("flags", {})
        self.history_lines = file.lines(0)
        self._histories: dict[int, tuple[Interval, ...]] = {}
        self.index = CodeIndex(file)

    @property
    def history_count(self) -> int:
        """How many histories there are; their numbers begin with 0."""
        return len(self.history_lines)

    def history_number(self, compact: str) -> int | None:
        """The number of the history of a code without its dot, or None when it is not listed."""
        number = self.index.number(compact)
        return number if number >= 0 else None

    def history(self, number: int) -> tuple[Interval, ...]:
        """The intervals of a history, oldest first; they never overlap."""
        intervals = self._histories.get(number)
        if intervals is None:
            texts = self.history_lines[number].split(",")
            intervals = self._histories[number] = tuple(map(self._interval, texts))
        return intervals

    def _interval(self, text: str) -> Interval:
        heading = text.startswith("*")
        span = text[heading:]
        flags = frozenset(self.flag_letters[letter] for letter in span[17:])
        last = int(span[9:17])
        return Interval(
            as_date(int(span[:8])), None if last == OPEN else as_date(last), heading, flags
        )

    @cached_property
    def first_day_in_force(self) -> date:
        """The first day on which a code was valid, as far as the list knows."""
        return min(
            (self.history(number)[0].first for number in range(self.history_count)),
            default=date.max,
        )

    def intervals(self, compact: str) -> tuple[Interval, ...]:
        """Every interval of a code without its dot; empty when it is not listed."""
        number = self.history_number(compact)
        return () if number is None else self.history(number)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Each code without its dot and the number of its history, headings included, sorted."""
        for category in self.index.categories():
            yield from self.of_category(category)

    def of_category(self, category: str) -> Iterator[tuple[str, int]]:
        """The same for the codes that begin with three characters."""
        for prefix, suffixes in self.index.of_category(category).items():
            for suffix, number in suffixes.items():
                yield prefix + suffix, number

    def starting_with(self, start: str) -> Iterator[tuple[str, int]]:
        """The same for the codes that begin with any characters."""
        category_start, prefix_start = start[:3], start[:PREFIX]
        for category in self.index.categories_from(category_start):
            if not category.startswith(category_start):
                return
            for prefix, suffixes in self.index.of_category(category).items():
                if prefix.startswith(prefix_start):
                    for suffix, number in suffixes.items():
                        compact = prefix + suffix
                        if compact.startswith(start):
                            yield compact, number

    def billable(self, day: date) -> Iterator[str]:
        """The codes, without dots, that are valid on a day, sorted."""
        known: dict[int, bool] = {}
        for compact, number in self:
            billable = known.get(number)
            if billable is None:
                billable = known[number] = any(
                    interval.holds(day) and not interval.heading
                    for interval in self.history(number)
                )
            if billable:
                yield compact
