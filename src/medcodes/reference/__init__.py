"""The tables: what is listed, since when and until when, under which title.

    file.py      the container every table is kept in: header, checksum, compressed blocks
    codes.py     the codes of one system with every interval in which each was valid
    titles.py    their official titles
    ranges.py    chapters, sections and ranges
    meanings.py  what single characters of codes mean
    revisions.py  titles that codes had in earlier editions
    successors.py  which codes took over from which, and when
    data/        the tables themselves, written by ``tools/`` and never by hand

A `Reference` is a collection of them. The bundled one is `BUNDLED`, and the functions of this
module are its methods. Nothing is opened before it is needed, and each table at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from medcodes.entries import Interval
from medcodes.errors import DamagedReference
from medcodes.reference.codes import (
    LEFT_OUT,
    LISTED_ELSEWHERE,
    NO_SUFFIXES,
    PREFIX,
    SUFFIXES_ELSEWHERE,
    UNLISTED,
    CodeTable,
)
from medcodes.reference.file import TableFile, bundled
from medcodes.reference.meanings import MeaningTable
from medcodes.reference.ranges import Range, RangeTable
from medcodes.reference.revisions import RevisionTable
from medcodes.reference.successors import SuccessorTable
from medcodes.reference.titles import TitleTable
from medcodes.systems import KNOWN, Systems, Traits

if TYPE_CHECKING:
    from medcodes.reference.release import Release

__all__ = [
    "BUNDLED",
    "LEFT_OUT",
    "LISTED_ELSEWHERE",
    "NO_SUFFIXES",
    "PREFIX",
    "SUFFIXES_ELSEWHERE",
    "UNLISTED",
    "CodeTable",
    "Interval",
    "MeaningTable",
    "Range",
    "RangeTable",
    "Reference",
    "RevisionTable",
    "SuccessorTable",
    "TableFile",
    "TitleTable",
    "codes",
    "manifest",
    "ranges",
    "successors",
    "titles",
]


NO_TABLES: Mapping[str, Callable[..., Any]] = MappingProxyType({})
"""No tables of its own."""

_Table = TypeVar(
    "_Table", CodeTable, MeaningTable, TitleTable, RangeTable, RevisionTable, SuccessorTable
)


class Reference:
    """Tables that belong together: of each system its codes, their titles and its ranges.

    Args:
        below: the reference that is asked for what is not in here; None for the package's files.
        codes, titles, successors: by system id, what makes the tables of its own.
        releases: the releases that those come from, oldest first.
        systems: the systems that it knows.

    >>> BUNDLED.lists("icd10cm"), BUNDLED.lists("cpt")
    (True, False)
    """

    __slots__ = (
        "_codes",
        "_meanings",
        "_own_codes",
        "_own_successors",
        "_own_titles",
        "_ranges",
        "_revisions",
        "_successors",
        "_titles",
        "below",
        "derived",
        "releases",
        "systems",
    )

    def __init__(
        self,
        below: Reference | None = None,
        codes: Mapping[str, Callable[[], CodeTable]] = NO_TABLES,
        titles: Mapping[str, Callable[[CodeTable], TitleTable]] = NO_TABLES,
        releases: tuple[Release, ...] = (),
        successors: Mapping[str, Callable[[], SuccessorTable]] = NO_TABLES,
        systems: Systems = KNOWN,
    ) -> None:
        self.systems = systems
        self.below = below
        self.releases = releases
        self._own_codes = codes
        self._own_titles = titles
        self._own_successors = successors
        self._codes: dict[str, CodeTable] = {}
        self._titles: dict[str, TitleTable] = {}
        self._ranges: dict[str, RangeTable] = {}
        self._successors: dict[str, SuccessorTable] = {}
        self._revisions: dict[str, RevisionTable] = {}
        self._meanings: dict[str, MeaningTable] = {}
        self.derived: dict[str, object] = {}
        """What others have worked out of the tables, kept as long as they are."""

    def __reduce__(self) -> str | tuple[Any, ...]:
        """The bundled one by its name, others by their own tables; never what was worked out."""
        if self is BUNDLED:
            return "BUNDLED"
        from medcodes.reference.compiled import packed_whole, reopened

        return reopened, (packed_whole(self), self.below or BUNDLED)

    def __copy__(self) -> Reference:
        return self  # what it answers never changes

    def __deepcopy__(self, memo: object) -> Reference:
        return self

    def _traits(self, system: str) -> Traits:
        return self.systems.traits(system)

    @property
    def own(self) -> tuple[str, ...]:
        """The ids of what has tables of its own here, sorted."""
        return tuple(sorted(self._own_codes))

    @property
    def own_successors(self) -> tuple[str, ...]:
        """The ids of the systems with conversions of their own here, sorted."""
        return tuple(sorted(self._own_successors))

    def extended(
        self,
        codes: Mapping[str, Callable[[], CodeTable]],
        titles: Mapping[str, Callable[[CodeTable], TitleTable]],
        releases: tuple[Release, ...],
        successors: Mapping[str, Callable[[], SuccessorTable]] = NO_TABLES,
    ) -> Reference:
        """A reference with more tables, which stand before those of the same system here."""
        return Reference(
            self.below if self.releases else self,
            {**self._own_codes, **codes},
            {**self._own_titles, **titles},
            (*self.releases, *releases),
            {**self._own_successors, **successors},
            self.systems,
        )

    def lists(self, system: str) -> bool:
        """Whether the codes of a system are listed here; of CPT, only the ranges are public."""
        if system in self._own_codes:
            return True
        return (
            self.below.lists(system) if self.below is not None else self._traits(system).public_list
        )

    def codes(self, name: str) -> CodeTable:
        """The code table of a system id, or of ``"modifiers"``."""
        return _kept(self._codes, name, self._read_codes)

    def _read_codes(self, name: str) -> CodeTable:
        if name in self._own_codes:
            return self._own_codes[name]()
        if self.below is not None:
            return self.below.codes(name)
        return CodeTable(bundled(name, "codes"))

    def titles(self, name: str) -> TitleTable:
        """The titles that go with ``codes(name)``."""
        return _kept(self._titles, name, self._read_titles)

    def _read_titles(self, name: str) -> TitleTable:
        if name in self._own_titles:
            return self._own_titles[name](self.codes(name))
        if self.below is not None:
            return self.below.titles(name)
        return TitleTable(bundled(name, "titles"), self.codes(name))

    def ranges(self, name: str) -> RangeTable:
        """The chapters, sections or ranges of a system id."""
        return _kept(self._ranges, name, self._read_ranges)

    def _read_ranges(self, name: str) -> RangeTable:
        if self.below is not None:
            return self.below.ranges(name)
        return RangeTable(bundled(name, "ranges"))

    def successors(self, name: str) -> SuccessorTable:
        """Which codes of a system took over from which; an empty table where CMS publishes none."""
        return _kept(self._successors, name, self._read_successors)

    def _read_successors(self, name: str) -> SuccessorTable:
        if name in self._own_successors:
            return self._own_successors[name]()
        if self.below is not None:
            return self.below.successors(name)
        return SuccessorTable(
            bundled(name, "successors") if self._traits(name).conversions else None
        )

    def revisions(self, name: str) -> RevisionTable:
        """Titles that codes had in earlier editions, of systems whose titles are the bundled ones.

        An empty table where no source has more than the newest edition.
        """
        return _kept(self._revisions, name, self._read_revisions)

    def _read_revisions(self, name: str) -> RevisionTable:
        if name in self._own_titles:
            return RevisionTable()
        if self.below is not None:
            return self.below.revisions(name)
        return RevisionTable(bundled(name, "revisions") if self._traits(name).revisions else None)

    def meanings(self, name: str) -> MeaningTable:
        """What single characters of the codes of a system mean; an empty table where they do not.

        They are the bundled ones in every reference.
        """
        return _kept(self._meanings, name, self._read_meanings)

    def _read_meanings(self, name: str) -> MeaningTable:
        if self.below is not None:
            return self.below.meanings(name)
        return MeaningTable(bundled(name, "meanings") if self._traits(name).meanings else None)


def _kept(tables: dict[str, _Table], name: str, read: Callable[[str], _Table]) -> _Table:
    table = tables.get(name)
    if table is None:
        table = tables[name] = read(name)
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
