"""From the histories and titles of codes to the text of the tables.

Pure functions: rows in, table text out. What a table looks like inside is told where it is read, in
`medcodes.reference.codes` and `medcodes.reference.titles`. Days are integers here (yyyymmdd).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

import attrs

from medcodes.reference.codes import BASE, OPEN, PREFIX
from medcodes.reference.titles import pack_titles

__all__ = [
    "HEADING_LENGTHS",
    "History",
    "Span",
    "as_date",
    "as_number",
    "code_blocks",
    "day_after",
    "day_before",
    "heading_spans",
    "joined",
    "minus",
    "packed",
    "title_blocks",
    "union",
    "with_headings",
]

HEADING_LENGTHS = {
    "icd10cm": (3, 4, 5, 6),
    "icd10pcs": (3,),
    "icd9cm": (3, 4),
    "icd9pcs": (2, 3),
}
"""How many characters the headings of a system have; systems without headings are not in here."""

_TITLES_A_BLOCK = 1000
_LAST = int(OPEN)

K = TypeVar("K")


@attrs.frozen(order=True)
class Span:
    """Days (yyyymmdd, inclusive) with the same state."""

    first: int
    last: int
    heading: bool = False
    flags: str = ""

    def __str__(self) -> str:
        return f"{'*' if self.heading else ''}{self.first}-{self.last}{self.flags}"

    @classmethod
    def parse(cls, text: str) -> Span:
        """The span that `str` wrote.

        >>> Span.parse("*20151001-99991231x")
        Span(first=20151001, last=99991231, heading=True, flags='x')
        """
        heading = text.startswith("*")
        body = text[heading:]
        return cls(int(body[:8]), int(body[9:17]), heading, body[17:])


History = tuple[Span, ...]

# -- days -----------------------------------------------------------------------------------------


@lru_cache(4_096)
def day_after(day: int) -> int:
    """The next day; the open end has none.

    >>> day_after(20231231), day_after(99991231)
    (20240101, 99991231)
    """
    return day if day == _LAST else as_number(as_date(day) + timedelta(days=1))


@lru_cache(4_096)
def day_before(day: int) -> int:
    """The day before.

    >>> day_before(20240301)
    20240229
    """
    return as_number(as_date(day) - timedelta(days=1))


def as_date(day: int) -> date:
    """The date of a number."""
    return date(day // 10000, day // 100 % 100, day % 100)


def as_number(day: date) -> int:
    """The number of a date."""
    return day.year * 10000 + day.month * 100 + day.day


# -- histories ------------------------------------------------------------------------------------


def joined(spans: Iterable[Span]) -> History:
    """The spans in order, those joined that follow each other with the same state.

    Raises:
        ValueError: two of them overlap.

    >>> joined([Span(20010101, 20011231), Span(20000101, 20001231)])
    (Span(first=20000101, last=20011231, heading=False, flags=''),)
    """
    history: list[Span] = []
    for span in sorted(spans):
        if history and span.first <= history[-1].last:
            raise ValueError(f"{history[-1]} and {span} overlap")
        if history and _continues(history[-1], span):
            history[-1] = attrs.evolve(history[-1], last=span.last)
        else:
            history.append(span)
    return tuple(history)


def _continues(before: Span, after: Span) -> bool:
    same = (before.heading, before.flags) == (after.heading, after.flags)
    return same and day_after(before.last) == after.first


def with_headings(codes: Mapping[str, History], lengths: Iterable[int]) -> dict[str, History]:
    """Add the headings: on which days a prefix stands above billable codes and is none itself."""
    wanted = set(lengths)
    below: dict[str, set[History]] = defaultdict(set)
    for code, history in codes.items():
        for length in wanted:
            if length < len(code):
                below[code[:length]].add(history)
    answer = dict(codes)
    for prefix, histories in below.items():
        own = codes.get(prefix, ())
        answer[prefix] = tuple(sorted((*own, *heading_spans(histories, own))))
    return answer


def heading_spans(histories: Iterable[History], own: Iterable[Span]) -> list[Span]:
    """The days on which something below was listed, and the prefix itself was no code."""
    return minus(union(span for history in histories for span in history), own)


def union(spans: Iterable[Span]) -> list[Span]:
    """The days that any of the spans holds, as spans of a heading."""
    found: list[Span] = []
    for first, last in sorted({(span.first, span.last) for span in spans}):
        if found and first <= day_after(found[-1].last):
            found[-1] = Span(found[-1].first, max(found[-1].last, last), heading=True)
        else:
            found.append(Span(first, last, heading=True))
    return found


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of spans without the days of others."""
    left = list(spans)
    for cut in taken:
        pieces = []
        for span in left:
            if cut.last < span.first or span.last < cut.first:
                pieces.append(span)
                continue
            if span.first < cut.first:
                pieces.append(attrs.evolve(span, last=day_before(cut.first)))
            if cut.last < span.last:
                pieces.append(attrs.evolve(span, first=day_after(cut.last)))
        left = pieces
    return left


# -- blocks ---------------------------------------------------------------------------------------


def code_blocks(codes: Mapping[str, History]) -> list[str]:
    """The five blocks of a code table."""
    return packed(((code, codes[code]) for code in sorted(codes)), _text_of)


def _text_of(history: History) -> str:
    return ",".join(map(str, history))


def packed(codes: Iterable[tuple[str, K]], text_of: Callable[[K], str]) -> list[str]:
    """The five blocks of the table of sorted codes, each with what stands for its history."""
    histories: dict[K, int] = {}
    groups: dict[tuple[tuple[str, ...], tuple[int, ...]], int] = {}
    categories: list[str] = []
    group_of: list[int] = []
    for stem, members in groupby(codes, _stem_of):
        suffixes, numbers = [], []
        for code, key in members:
            suffixes.append(code[PREFIX:])
            numbers.append(histories.setdefault(key, len(histories)))
        group_of.append(groups.setdefault((tuple(suffixes), tuple(numbers)), len(groups)))
        category = stem[:3]
        if categories and categories[-1].startswith(f"{category:3}"):
            categories[-1] += f" {stem[3:]}"
        else:
            categories.append(f"{category:3}{stem[3:]}")
    return [
        "\n".join(map(text_of, histories)),
        "\n".join(" ".join(suffixes) for suffixes, _ in groups),
        _characters(number for _, numbers in groups for number in numbers),
        "\n".join(categories),
        _characters(group_of),
    ]


def _stem_of(entry: tuple[str, object]) -> str:
    return entry[0][:PREFIX]


def _characters(numbers: Iterable[int]) -> str:
    return "".join(chr(BASE + number) for number in numbers)


def title_blocks(codes: Iterable[str], titles: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The first category of each block, and the blocks, of a title table."""
    categories: dict[str, list[str]] = defaultdict(list)
    for code in sorted(codes):
        categories[code[:3]].append(code)
    starts: list[str] = []
    blocks: list[list[tuple[str, list[str]]]] = []
    size = _TITLES_A_BLOCK
    for category, members in categories.items():
        if size >= _TITLES_A_BLOCK:
            starts.append(category)
            blocks.append([])
            size = 0
        blocks[-1].append((category, members))
        size += len(members)
    return starts, [_title_block(block, titles) for block in blocks]


def _title_block(block: list[tuple[str, list[str]]], titles: Mapping[str, str]) -> str:
    return "\n\n".join(
        "\n".join((category, *pack_titles([titles.get(code) for code in members])))
        for category, members in block
    )
