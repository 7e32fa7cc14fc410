"""What was done to read a file, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

_SHOWN = 3


@attrs.define
class Notes:
    """Sentences on what was done to read a file, each once, with the rows that it was done to."""

    _counts: dict[str, int] = attrs.field(factory=dict)
    _rows: dict[str, list[int]] = attrs.field(factory=dict)

    def add(self, text: str, rows: Sequence[int] | None = None) -> None:
        """Say that something was done: to the file, or to some of its rows, if there are any."""
        if rows is None or len(rows):
            first = self._rows.setdefault(text, [])
            self._counts[text] = self._counts.get(text, 0) + len(rows or ())
            first += (rows or [])[: _SHOWN - len(first)]

    def __iter__(self) -> Iterator[str]:
        for text, rows in self._rows.items():
            named = [f"{row:,}" for row in rows]
            if more := self._counts[text] - len(rows):
                named.append(f"{more:,} more")
            *others, last = named or [""]
            listed = f"{', '.join(others)} and {last}" if others else last
            yield f"row{'s' if others else ''} {listed}: {text}" if last else text
