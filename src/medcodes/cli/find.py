"""``medcodes find`` and ``medcodes suggest``: the codes in a text, and what one is meant to be."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from datetime import date
from typing import Any

from medcodes.classifier import default
from medcodes.cli.files import Source, opened
from medcodes.cli.identify import HEADINGS, row
from medcodes.cli.output import print_json, print_table
from medcodes.cli.trouble import Trouble
from medcodes.systems import CodeSystem

__all__ = ["find", "suggest"]

_BLOCK = 1 << 16


class _Places:
    """Where the lines of a text begin, as far as it was read and is still of use."""

    def __init__(self) -> None:
        self.line = 1
        self.begin = 0
        self._length = 0
        self._ahead: deque[int] = deque()

    def read(self, source: Source) -> Iterator[str]:
        """The pieces of a text; what is no UTF-8 becomes U+FFFD, but a NUL is in no text."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        last = False
        while not last:
            data = source.read(_BLOCK)
            last = len(data) < _BLOCK
            if b"\0" in data:
                raise Trouble("this is no text; for tables use profile, check or annotate")
            text = decoder.decode(data, last)
            at = text.find("\n")
            while at >= 0:
                self._ahead.append(self._length + at + 1)
                at = text.find("\n", at + 1)
            self._length += len(text)
            yield text

    def of(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character, counted from 1; offsets never fall."""
        while self._ahead and self._ahead[0] <= offset:
            self.begin = self._ahead.popleft()
            self.line += 1
        return self.line, offset - self.begin + 1


def find(
    path: str,
    *,
    on: date | None = None,
    systems: tuple[CodeSystem, ...] | None = None,
    strictness: str = "cued",
    as_json: bool = False,
) -> None:
    """Print the codes in a file of free text, as a table or as JSON lines."""
    with opened(path) as source:
        found = _found(source, on, systems, strictness)
        if as_json:
            for one in found:
                print_json({**one, "identification": one["identification"].to_dict()})
        else:
            rows = (
                (f"{one['line']}:{one['column']}", *row(one["identification"])) for one in found
            )
            print_table(("LINE", *HEADINGS), rows)


def _found(
    source: Source, on: date | None, systems: tuple[CodeSystem, ...] | None, strictness: str
) -> Iterator[dict[str, Any]]:
    places = _Places()
    pieces = places.read(source)
    for one in default.find(pieces, on=on, systems=systems, strictness=strictness):
        line, column = places.of(one.start)
        yield {
            "start": one.start,
            "end": one.end,
            "line": line,
            "column": column,
            "text": one.text,
            "identification": one.identification,
        }


def suggest(
    code: str,
    *,
    on: date | None = None,
    systems: tuple[CodeSystem, ...] | None = None,
    most: int = 5,
    as_json: bool = False,
) -> None:
    """Print what a text may be meant to be, likeliest first."""
    found = default.suggest(code, systems=systems, on=on, limit=most)
    plain = [
        {
            "code": one.code,
            "system": one.system.id,
            "status": one.status.value,
            "reason": one.reason,
        }
        for one in found
    ]
    if as_json:
        for facts in plain:
            print_json(facts)
        return
    rows = [(one.code, one.system.name, one.status.value, one.reason) for one in found]
    print_table(("CODE", "SYSTEM", "STATUS", "WHY"), rows)
