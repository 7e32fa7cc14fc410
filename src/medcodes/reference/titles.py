"""The official titles of one system's codes, in the order of its code table.

Neighbours say nearly the same ("... initial encounter", "... subsequent encounter"), so a title
is written as one character for the number of leading words it shares with the title before it
(from `BASE` up), then the rest. Blocks hold the titles of whole categories, about a thousand each,
and begin anew; reading a title unpacks its block alone. An empty line is a code whose title is in
no source.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from medcodes.reference.codes import CodeTable
from medcodes.reference.file import TableFile

__all__ = ["BASE", "TitleTable", "pack_titles"]

BASE = 0x21
_MOST = 90
_KEPT_BLOCKS = 32


class TitleTable:
    """Titles by code."""

    __slots__ = ("_block", "_codes", "_file", "_starts")

    def __init__(self, file: TableFile, codes: CodeTable) -> None:
        self._file = file
        self._codes = codes
        self._starts: list[str] = file.header["starts"]
        self._block = lru_cache(_KEPT_BLOCKS)(self._read_block)

    def get(self, compact: str) -> str | None:
        """The title of a code without its dot; None when it is not listed or has none."""
        category, rest = compact[:3], compact[3:]
        codes = self._codes.categories[category]
        if rest not in codes:
            return None
        titles = self._block(bisect_right(self._starts, category) - 1)[category]
        return titles[list(codes).index(rest)] or None

    def _read_block(self, number: int) -> dict[str, list[str]]:
        """Category to the titles of its codes, in order."""
        block: dict[str, list[str]] = {}
        words: list[str] = []
        for lines in self._file.block(number).split("\n\n"):
            category, *packed = lines.split("\n")
            titles = block[category] = []
            for line in packed:
                if line == "-":
                    titles.append("")
                    continue
                words[ord(line[0]) - BASE :] = line[1:].split(" ") if len(line) > 1 else []
                titles.append(" ".join(words))
        return block


def pack_titles(titles: list[str | None]) -> list[str]:
    """The lines for the titles of one block, in order.

    >>> pack_titles(["Asthma, mild", "Asthma, severe", None])
    ['!Asthma, mild', '"severe', '-']
    """
    lines = []
    before: list[str] = []
    for title in titles:
        if title is None:
            lines.append("-")
            continue
        words = title.split(" ")
        shared = 0
        for one, other in zip(words[:_MOST], before, strict=False):
            if one != other:
                break
            shared += 1
        lines.append(chr(BASE + shared) + " ".join(words[shared:]))
        before = words
    return lines
