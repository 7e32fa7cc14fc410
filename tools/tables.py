"""From the rows of the sources to the tables of the reference.

What is shared with loading a user's own release is in ``medcodes/reference/writing.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from medcodes.reference.writing import (
    History,
    Span,
    code_blocks,
    joined,
    title_blocks,
    with_headings,
)

__all__ = [
    "FLAGS",
    "History",
    "RangeRow",
    "Span",
    "code_blocks",
    "histories",
    "range_block",
    "title_blocks",
    "with_headings",
]

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


def histories(spans: Mapping[str, Iterable[Span]]) -> dict[str, History]:
    """Join spans that follow each other with the same standing; refuse those that overlap."""
    return {code: _joined(code, unsorted) for code, unsorted in spans.items()}


def _joined(code: str, spans: Iterable[Span]) -> History:
    try:
        return joined(spans)
    except ValueError as error:
        raise SystemExit(f"{code}: {error}") from error


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
