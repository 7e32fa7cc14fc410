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
                for code, title in self._by_code(category, _unpacked(lines)).items():
                    if title is not None:
                        yield code, title

    def of_category(self, category: str) -> list[str | None]:
        """The titles of the codes that begin with three characters, in order."""
        return list(_unpacked(self._kept(bisect_right(self._starts, category) - 1)[category]))

    def _titles(self, category: str) -> dict[str, str | None]:
        """The codes of a listed category to their titles."""
        return self._by_code(category, self.of_category(category))

    def _by_code(self, category: str, titles: Iterable[str | None]) -> dict[str, str | None]:
        codes = (code for code, _ in self._codes.of_category(category))
        return dict(zip(codes, titles, strict=True))

    def _block(self, number: int) -> dict[str, str]:
        """The categories of a block to the lines of their titles."""
        parts = (part.partition("\n") for part in self._file.block(number).split("\n\n"))
        return {category: lines for category, _, lines in parts}


def _unpacked(packed: str) -> Iterator[str | None]:
    """The titles of the lines of one category."""
    title = ""
    for line in packed.split("\n"):
        if line == UNTITLED:
            yield None
            continue
        shared, own = ord(line[0]) - BASE, line[1:]
        words = title.split(" ", shared)[:shared]
        title = " ".join([*words, own] if own else words)
        yield title


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
