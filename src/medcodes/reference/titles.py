"""The official titles of one system's codes, in the order of its code table.

Neighbours say nearly the same ("... initial encounter", "... subsequent encounter"), so a title
is written as one character for the number of leading words it shares with the title before it
(from `BASE` up), then the rest. A line of a single blank is a code whose title is in no source.

A block holds whole categories, about a thousand titles; an empty line parts the categories, whose
first line is the category and whose first title shares nothing. Reading a title unpacks its
category alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from medcodes.reference.codes import CodeTable, shared_start
from medcodes.reference.file import TableText

BASE = 0x21
UNTITLED = " "
_MOST = 90
_KEPT_CATEGORIES = 512


class TitleTable:
    """Titles by code."""

    def __init__(self, file: TableText, codes: CodeTable) -> None:
        self._file = file
        self._codes = codes
        self._starts: list[str] = file.header["starts"]
        self._kept = cache(self._block)
        self._kept_lines = lru_cache(1)(self._lines)
        self._unpack = lru_cache(_KEPT_CATEGORIES)(self._titles)

    def get(self, compact: str) -> str | None:
        """The title of a code without its dot; None when it is not listed or has none."""
        if self._codes.history_number(compact) is None:
            return None
        return self._unpack(compact[:3])[compact]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each code that has a title, and the title, sorted; nothing unpacked is kept."""
        for number in range(len(self._starts)):
            for category, lines in self._block(number).items():
                for code, title in self._by_code(category, _unpacked(lines.split("\n"))).items():
                    if title is not None:
                        yield code, title

    def at(self, category: str, place: int) -> str | None:
        """The title of a code by its place among those that begin with the same three characters.

        For one title of many categories: nothing but this title is unpacked.
        """
        return _last_unpacked(self._kept_lines(category)[: place + 1])

    def _lines(self, category: str) -> list[str]:
        """The lines of the titles of a listed category."""
        return self._kept(bisect_right(self._starts, category) - 1)[category].split("\n")

    def _titles(self, category: str) -> dict[str, str | None]:
        """The codes of a listed category to their titles."""
        return self._by_code(category, _unpacked(self._lines(category)))

    def _by_code(self, category: str, titles: Iterable[str | None]) -> dict[str, str | None]:
        codes = (code for code, _ in self._codes.of_category(category))
        return dict(zip(codes, titles, strict=True))

    def _block(self, number: int) -> dict[str, str]:
        """The categories of a block to the lines of their titles."""
        parts = (part.partition("\n") for part in self._file.block(number).split("\n\n"))
        return {category: lines for category, _, lines in parts}


def _unpacked(lines: list[str]) -> Iterator[str | None]:
    """The titles of the lines of one category."""
    words: list[str] = []
    for line in lines:
        if line == UNTITLED:
            yield None
            continue
        shared, own = _parts(line)
        words = words[:shared] + own
        yield " ".join(words)


def _last_unpacked(lines: list[str]) -> str | None:
    """The title of the last of the first lines of one category."""
    if lines[-1] == UNTITLED:
        return None
    missing, words = _parts(lines.pop())
    while missing:
        line = lines.pop()
        if line != UNTITLED and ord(line[0]) - BASE < missing:
            shared, own = _parts(line)
            words = own[: missing - shared] + words
            missing = shared
    return " ".join(words)


def _parts(line: str) -> tuple[int, list[str]]:
    """How many words a title shares with the one before it, and its own words."""
    return ord(line[0]) - BASE, line[1:].split(" ") if len(line) > 1 else []


def pack_titles(titles: list[str | None]) -> list[str]:
    """The lines for the titles of one category, in order.

    >>> pack_titles(["Asthma, mild", "Asthma, severe", None])
    ['!Asthma, mild', '"severe', ' ']
    """
    lines = []
    before: list[str] = []
    for title in titles:
        if title is None:
            lines.append(UNTITLED)
            continue
        words = title.split(" ")
        shared = shared_start(words[:_MOST], before)
        lines.append(chr(BASE + shared) + " ".join(words[shared:]))
        before = words
    return lines
