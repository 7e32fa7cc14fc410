"""From the rows of the sources to the tables of the reference.

Pure functions: rows in, table text out. What a table looks like inside is told where it is read,
in ``medcodes/reference``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TypeVar

import attrs

from medcodes.reference.codes import BASE, OPEN, STEM
from medcodes.reference.titles import pack_titles

# The attributes of the code masters that matter here, each with the letter it is stored as.
FLAGS = {
    "ecodepdx": ("x", "external-cause"),
    "manifestation": ("m", "manifestation"),
    "unacceptable": ("p", "unacceptable-principal"),
    "unspecified": ("u", "unspecified"),
    "male": ("M", "male"),
    "female": ("F", "female"),
    "newborn": ("n", "newborn"),
    "pediatric": ("c", "pediatric"),
    "maternity": ("o", "maternity"),
    "adult": ("a", "adult"),
}
_TITLES_A_BLOCK = 1000


@attrs.frozen(order=True)
class Span:
    """Days (yyyymmdd, inclusive) with the same standing."""

    first: int
    last: int
    heading: bool = False
    flags: str = ""

    def __str__(self) -> str:
        return f"{'*' if self.heading else ''}{self.first}-{self.last}{self.flags}"


T = TypeVar("T")
History = tuple[Span, ...]


def day_after(day: int) -> int:
    if day == int(OPEN):
        return day
    return int((as_date(day) + timedelta(days=1)).strftime("%Y%m%d"))


def day_before(day: int) -> int:
    return int((as_date(day) - timedelta(days=1)).strftime("%Y%m%d"))


def as_date(day: int) -> date:
    return date(day // 10000, day // 100 % 100, day % 100)


def histories(spans: Mapping[str, Iterable[Span]]) -> dict[str, History]:
    """Join spans that follow each other with the same standing; refuse those that overlap."""
    joined = {}
    for code, unsorted in spans.items():
        history: list[Span] = []
        for span in sorted(unsorted):
            if history and span.first <= history[-1].last:
                raise SystemExit(f"{code}: {history[-1]} and {span} overlap")
            if history and _continues(history[-1], span):
                history[-1] = attrs.evolve(history[-1], last=span.last)
            else:
                history.append(span)
        joined[code] = tuple(history)
    return joined


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
    for prefix, set_of_histories in below.items():
        covered = _union(span for history in set_of_histories for span in history)
        own = codes.get(prefix, ())
        headings = _minus(covered, own)
        if own or headings:
            answer[prefix] = tuple(sorted((*own, *headings)))
    return answer


def _union(spans: Iterable[Span]) -> list[Span]:
    union: list[Span] = []
    for span in sorted({(span.first, span.last) for span in spans}):
        first, last = span
        if union and first <= day_after(union[-1].last):
            union[-1] = Span(union[-1].first, max(union[-1].last, last), heading=True)
        else:
            union.append(Span(first, last, heading=True))
    return union


def _minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
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


def code_blocks(codes: Mapping[str, History]) -> list[str]:
    """The five blocks of a code table."""
    histories = _numbered(codes[code] for code in sorted(codes))
    stems: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for code in sorted(codes):
        stems[code[:STEM]].append((code[STEM:], histories[codes[code]]))
    groups = _numbered(tuple(endings) for endings in stems.values())
    categories: dict[str, list[str]] = defaultdict(list)
    for stem in stems:
        categories[stem[:3]].append(stem[3:])
    return [
        "\n".join(",".join(map(str, history)) for history in histories),
        "\n".join(" ".join(ending for ending, _ in group) for group in groups),
        _characters(history for group in groups for _, history in group),
        "\n".join(f"{category:3}{' '.join(rests)}" for category, rests in categories.items()),
        _characters(groups[tuple(endings)] for endings in stems.values()),
    ]


def _numbered(values: Iterable[T]) -> dict[T, int]:
    """Number distinct values in the order in which they first appear."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


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


@attrs.frozen
class RangeRow:
    """A row of a range table."""

    level: int
    first: str
    last: str
    label: str
    note: str = ""
    grows: bool = False
    spans: str = ""

    def __str__(self) -> str:
        grows = "+" if self.grows else ""
        fields = (self.first, self.last, self.label, self.note, grows, self.spans)
        return "\t".join((str(self.level), *fields))


def range_block(rows: Iterable[RangeRow]) -> str:
    return "\n".join(map(str, rows))
