"""The official titles of one system's codes, in the order of its code table.

Neighbours say nearly the same ("... initial encounter", "... subsequent encounter"), so a title
is written as one character for the number of leading words it shares with the title before it
(from `BASE` up), then the rest. Blocks hold the titles of whole categories, about a thousand each,
and begin anew; reading a title unpacks its block alone. A line of a single blank is a code whose
title is in no source.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from medcodes.reference.codes import CodeTable
from medcodes.reference.file import TableFile

__all__ = ["BASE", "TitleTable", "pack_titles"]

BASE = 0x21
UNTITLED = " "
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
        if self._codes.history_number(compact) is None:
            return None
        return self._block(bisect_right(self._starts, compact[:3]) - 1)[compact]

    def _read_block(self, number: int) -> dict[str, str | None]:
        """The codes of a block to their titles."""
        block: dict[str, str | None] = {}
        words: list[str] = []
        for lines in self._file.block(number).split("\n\n"):
            category, *packed = lines.split("\n")
            for (code, _), line in zip(self._codes.of_category(category), packed, strict=True):
                if line == UNTITLED:
                    block[code] = None
                    continue
                words[ord(line[0]) - BASE :] = line[1:].split(" ") if len(line) > 1 else []
                block[code] = " ".join(words)
        return block


def pack_titles(titles: list[str | None]) -> list[str]:
    """The lines for the titles of one block, in order.

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
        shared = 0
        for one, other in zip(words[:_MOST], before, strict=False):
            if one != other:
                break
            shared += 1
        lines.append(chr(BASE + shared) + " ".join(words[shared:]))
        before = words
    return lines
