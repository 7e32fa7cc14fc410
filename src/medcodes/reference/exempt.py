"""Which diagnoses are exempt from reporting whether they were present on admission (POA).

Block 0 holds the first days of CDC's lists (yyyymmdd), one a line. Block 1 holds a line for the
codes that stand in the same lists: the letters of these lists (A for the first), a tab, and the
codes in order, each as a small letter for the number of leading characters that it shares with the
one before it (a for none), then the rest. The header says the last day of the last list.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

from medcodes.dates import as_date
from medcodes.reference.codes import shared_start
from medcodes.reference.file import NO_TABLE, TableText

_FIRST, _NONE_SHARED = ord("A"), ord("a")


class ExemptTable:
    """Codes to the lists that they stand in; without a file, no list is held."""

    def __init__(self, file: TableText = NO_TABLE) -> None:
        self._file = file
        self._first_days = [as_date(int(line)) for line in file.lines(0)]
        last = file.header.get("last_day")
        self._last_day = date.fromisoformat(last) if last else date.min

    def exempt(self, compact: str, day: date) -> bool | None:
        """Whether a code without its dot is exempt on a day; None where no list of it is held."""
        number = bisect_right(self._first_days, day) - 1
        if number < 0 or day > self._last_day:
            return None
        return chr(_FIRST + number) in self._lists.get(compact, "")

    @cached_property
    def _lists(self) -> Mapping[str, str]:
        found = {}
        for line in self._file.lines(1):
            letters, packed = line.split("\t")
            code = ""
            for entry in re.findall("[a-z][^a-z]*", packed):
                code = code[: ord(entry[0]) - _NONE_SHARED] + entry[1:]
                found[code] = letters
        return found


def pack_exempt(editions: Mapping[int, Iterable[str]]) -> list[str]:
    r"""The two blocks, for the first days of lists (yyyymmdd) and the codes in each.

    >>> pack_exempt({20151001: ["B900", "B901"], 20161001: ["B901", "B902"]})
    ['20151001\n20161001', 'A\taB900\nAB\taB901\nB\taB902']
    """
    letters: dict[str, str] = {}
    for number, day in enumerate(sorted(editions)):
        for code in editions[day]:
            letters[code] = letters.get(code, "") + chr(_FIRST + number)
    lines = []
    for group in sorted(set(letters.values())):
        packed, before = "", ""
        for code in sorted(code for code, its_lists in letters.items() if its_lists == group):
            shared = shared_start(before, code)
            packed += chr(_NONE_SHARED + shared) + code[shared:]
            before = code
        lines.append(f"{group}\t{packed}")
    return ["\n".join(map(str, sorted(editions))), "\n".join(lines)]
