"""The tables: what is listed, since when and until when, under which title.

    file.py      the container every table is kept in: header, checksum, compressed blocks
    codes.py     the codes of one system with every interval in which each was valid
    titles.py    their official titles
    ranges.py    chapters, sections and ranges
    successors.py  which codes took over from which, and when
    data/        the tables themselves, written by ``tools/`` and never by hand

A `Reference` is a collection of them. The bundled one is `BUNDLED`, and the functions of this
module are its methods. Nothing is opened before it is needed, and each table at most once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
from medcodes.reference.successors import SuccessorTable
from medcodes.reference.titles import TitleTable

__all__ = [
    "BUNDLED",
    "LISTED_ELSEWHERE",
    "MAY_BE",
    "NOTHING",
    "STEM",
    "UNLISTED",
    "CodeTable",
    "Interval",
    "Range",
    "RangeTable",
    "Reference",
    "SuccessorTable",
    "TableFile",
    "TitleTable",
    "codes",
    "manifest",
    "ranges",
    "successors",
    "titles",
]


_CONVERTED = ("icd10cm", "icd10pcs")

_Table = TypeVar("_Table", CodeTable, TitleTable, RangeTable, SuccessorTable)


class Reference:
    """Tables that belong together: of each system its codes, their titles and its ranges.

    >>> BUNDLED.lists("icd10cm"), BUNDLED.lists("cpt")
    (True, False)
    """

    __slots__ = ("_codes", "_ranges", "_successors", "_titles", "derived")

    def __init__(self) -> None:
        self._codes: dict[str, CodeTable] = {}
        self._titles: dict[str, TitleTable] = {}
        self._ranges: dict[str, RangeTable] = {}
        self._successors: dict[str, SuccessorTable] = {}
        self.derived: dict[str, object] = {}
        """What others have worked out of the tables, kept as long as they are."""

    def lists(self, system: str) -> bool:
        """Whether the codes of a system are listed here; of CPT, only the ranges are public."""
        return system != "cpt"

    def codes(self, name: str) -> CodeTable:
        """The code table of a system id, or of ``"modifiers"``."""
        return _kept(self._codes, name, lambda: CodeTable(bundled(name, "codes")))

    def titles(self, name: str) -> TitleTable:
        """The titles that go with ``codes(name)``."""
        return _kept(
            self._titles, name, lambda: TitleTable(bundled(name, "titles"), self.codes(name))
        )

    def ranges(self, name: str) -> RangeTable:
        """The chapters, sections or ranges of a system id."""
        return _kept(self._ranges, name, lambda: RangeTable(bundled(name, "ranges")))

    def successors(self, name: str) -> SuccessorTable:
        """Which codes of a system took over from which; an empty table where CMS publishes none."""
        return _kept(
            self._successors,
            name,
            lambda: SuccessorTable(bundled(name, "successors") if name in _CONVERTED else None),
        )


def _kept(tables: dict[str, _Table], name: str, read: Callable[[], _Table]) -> _Table:
    table = tables.get(name)
    if table is None:
        table = tables[name] = read()
    return table


BUNDLED = Reference()
"""The tables inside the package."""

codes = BUNDLED.codes
titles = BUNDLED.titles
ranges = BUNDLED.ranges
successors = BUNDLED.successors


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
