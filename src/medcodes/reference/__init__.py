"""The bundled tables: what is listed, since when and until when, under which title.

    file.py      the container every table is kept in: header, checksum, compressed blocks
    codes.py     the codes of one system with every interval in which each was valid
    titles.py    their official titles
    ranges.py    chapters, sections and ranges
    data/        the tables themselves, written by ``tools/`` and never by hand

Nothing is opened before it is needed, and each table at most once in a process.
"""

from __future__ import annotations

from functools import cache

from medcodes.errors import DamagedReference
from medcodes.reference.codes import (
    LISTED_ELSEWHERE,
    MAY_BE,
    NOTHING,
    STEM,
    UNLISTED,
    CodeTable,
    Interval,
)
from medcodes.reference.file import TableFile, bundled
from medcodes.reference.ranges import Range, RangeTable
from medcodes.reference.titles import TitleTable

__all__ = [
    "LISTED_ELSEWHERE",
    "MAY_BE",
    "NOTHING",
    "STEM",
    "UNLISTED",
    "CodeTable",
    "Interval",
    "Range",
    "RangeTable",
    "TableFile",
    "TitleTable",
    "codes",
    "manifest",
    "ranges",
    "titles",
]


@cache
def codes(name: str) -> CodeTable:
    """The code table of a system id, or of ``"modifiers"``."""
    return CodeTable(bundled(name, "codes"))


@cache
def titles(name: str) -> TitleTable:
    """The titles that go with ``codes(name)``."""
    return TitleTable(bundled(name, "titles"), codes(name))


@cache
def ranges(name: str) -> RangeTable:
    """The chapters, sections or ranges of a system id."""
    return RangeTable(bundled(name, "ranges"))


def manifest() -> dict[str, object]:
    """Where each bundled table comes from: source, edition, SHA-256, counts.

    >>> sorted(manifest())
    ['sources', 'tables']
    """
    import json

    from medcodes.reference.file import read_data

    try:
        answer: dict[str, object] = json.loads(read_data("manifest.json"))
    except ValueError as error:
        raise DamagedReference(f"the reference's manifest.json cannot be read: {error}") from error
    return answer
