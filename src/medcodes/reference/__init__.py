"""The tables: what is listed, since when and until when, under which title.

    file.py      the container every table is kept in: header, checksum, compressed blocks
    installed.py  which data answer: those of the package, or of medcodes-data (their version is
                 `data_version` below; the number itself is in ``tools/build.py``)
    codes.py     the codes of one system with every interval in which each was valid, and its flags
                 (which code has which, ``tools/build.py`` says)
    titles.py    their official titles
    ranges.py    chapters, sections and ranges
    meanings.py  what single characters of codes mean
    revisions.py  titles that codes had in earlier editions
    exempt.py    looks up whether a diagnosis is exempt from POA reporting
    successors.py  looks up which codes took over from which, and when
    writing.py   from histories and titles to the text of the tables
    compiled.py  saving the tables of the user's own to one file, and opening it again
    release.py   the record of a loaded release
    data/        the tables themselves, written by ``tools/`` and never by hand

A `Reference` is a collection of them. The bundled one is `BUNDLED`, and the functions of this
module are its methods. Nothing is opened before it is needed, and each table at most once.

The names in the files are not public by their paths; those of this module are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, Union

from medcodes.dates import Day
from medcodes.reference.codes import (
    BESIDE_KNOWN,
    ENDED,
    LEFT_OUT,
    LISTED_ELSEWHERE,
    NO_SUFFIXES,
    PREFIX,
    SUFFIXES_ELSEWHERE,
    UNLISTED,
    CodeIndex,
    CodeTable,
)
from medcodes.reference.exempt import ExemptTable
from medcodes.reference.file import NO_TABLE, TableFile, TableText, bundled
from medcodes.reference.installed import data
from medcodes.reference.meanings import MeaningTable
from medcodes.reference.ranges import Range, RangeTable
from medcodes.reference.revisions import RevisionTable
from medcodes.reference.successors import SuccessorTable
from medcodes.reference.titles import TitleTable
from medcodes.systems import KNOWN, CodeSystem, Systems

if TYPE_CHECKING:
    from medcodes.reference.compiled import StrPath
    from medcodes.reference.release import Release
    from medcodes.reference.writing import CodeRow

    Table = Union[
        CodeTable,
        TitleTable,
        RangeTable,
        SuccessorTable,
        RevisionTable,
        MeaningTable,
        ExemptTable,
    ]
    # Tables, or what they are read from, by the id of their system and what they hold.
    Tables = Mapping[tuple[str, str], Union[Table, TableText]]

__all__ = [
    "BESIDE_KNOWN",
    "BUNDLED",
    "ENDED",
    "LEFT_OUT",
    "LISTED_ELSEWHERE",
    "NO_SUFFIXES",
    "PREFIX",
    "SUFFIXES_ELSEWHERE",
    "UNLISTED",
    "CodeIndex",
    "CodeTable",
    "ExemptTable",
    "MeaningTable",
    "Range",
    "RangeTable",
    "Reference",
    "RevisionTable",
    "SuccessorTable",
    "TableFile",
    "TitleTable",
    "codes",
    "data_version",
    "manifest",
    "ranges",
    "successors",
    "titles",
]


_Table = TypeVar("_Table")
_KINDS: Mapping[type, str] = {
    CodeTable: "codes",
    TitleTable: "titles",
    RangeTable: "ranges",
    SuccessorTable: "successors",
    RevisionTable: "revisions",
    MeaningTable: "meanings",
    ExemptTable: "exempt",
}
"""What each kind of table is called: in the names of files, and as a method."""

_OPTIONAL = {
    "successors": "conversions",
    "revisions": "revisions",
    "meanings": "meanings",
    "exempt": "exemptions",
}
"""What the package holds for some systems only, and the trait that says so."""


class Reference:
    """Tables that belong together: of each system its codes, their titles and its ranges.

    Args:
        below: the reference that is asked for what is not in here; None for the package's files.
        own: the tables of its own, by system id and one of ``"codes"``, ``"titles"``,
            ``"ranges"``, ``"successors"``, ``"revisions"``, ``"meanings"`` and ``"exempt"``.
        releases: the releases that those come from, oldest first.
        systems: the systems that it knows.

    >>> BUNDLED.lists("icd10cm"), BUNDLED.lists("cpt")
    (True, False)
    """

    def __init__(
        self,
        below: Reference | None = None,
        own: Tables = MappingProxyType({}),
        releases: tuple[Release, ...] = (),
        systems: Systems = KNOWN,
    ) -> None:
        self.systems = systems
        self.below = below
        self.releases = releases
        self.own = own
        self._tables: dict[tuple[str, type], Any] = {}
        self.derived: dict[str, object] = {}
        """What others have worked out of the tables, kept as long as they are."""

    def __reduce__(self) -> str | tuple[Any, ...]:
        """The bundled one by its name, others by their own tables; never what was worked out."""
        if self is BUNDLED:
            return "BUNDLED"
        from medcodes.reference.compiled import pack_saved

        return _reopened, (pack_saved(self), self.below or BUNDLED)

    def __copy__(self) -> Reference:
        return self  # what it answers never changes

    def __deepcopy__(self, memo: object) -> Reference:
        return self

    def extended(
        self, own: Tables, releases: tuple[Release, ...] = (), systems: Systems | None = None
    ) -> Reference:
        """A reference with more tables, which come before those of the same system here."""
        return Reference(
            self.below or self,
            {**self.own, **own},
            (*self.releases, *releases),
            systems or self.systems,
        )

    def with_system(
        self,
        system: CodeSystem,
        codes: Iterable[CodeRow] | None = None,
        *,
        edition: str = "",
        valid_to: Day = None,
    ) -> Reference:
        """A reference that knows one more system, and its list of codes.

        Args:
            system: the system; it takes the place of one with the same id.
            codes: rows of a code, with or without its dot, and its title, with or without the
                first and the last day on which it is valid (a day or None). None for a system
                whose list is not at hand.
            edition: what to call the list.
            valid_to: the last day that the list speaks for; None for no end.

        Raises:
            ValueError: a row is not a code of the system, or a code has two rows for a day.
        """
        from medcodes.reference.writing import listed_tables

        own = {} if codes is None else listed_tables(system, codes, edition, valid_to)
        return self.extended(own, systems=self.systems.with_system(system))

    # -- saving and opening ------------------------------------------------------------------------

    def save(self, path: StrPath) -> None:
        """Write the tables of its own to a file, all of it or nothing.

        Raises:
            ValueError: it has none.
            OSError: the file cannot be written, or is a device, a pipe or a folder; what was there
                before is still there.
        """
        from medcodes.reference.compiled import write

        write(self, path)

    def opened(self, path: StrPath) -> Reference:
        """A reference with the tables of a file that `save` wrote, above those here.

        Raises:
            DamagedReference: it is another file, or damaged, or of another version.
            OSError: it cannot be opened.
        """
        from medcodes.reference.compiled import read, warn_if_older

        opened = read(path, self)
        for (system, kind), table in opened.own.items():
            if kind == "codes" and BUNDLED.lists(system):
                warn_if_older(path, system, table)
        return opened

    # -- the tables --------------------------------------------------------------------------------

    def lists(self, system: str) -> bool:
        """Whether the codes of a system are listed here; of CPT, only the ranges are public."""
        if (system, "codes") in self.own:
            return True
        if self.below is not None:
            return self.below.lists(system)
        known = self.systems.by_id.get(system)
        return system == "modifiers" if known is None else known.has_list

    def codes(self, name: str) -> CodeTable:
        """The code table of a system id, or of ``"modifiers"``."""
        return self._table(CodeTable, name)

    def titles(self, name: str) -> TitleTable:
        """The titles that go with ``codes(name)``."""
        return self._table(TitleTable, name)

    def ranges(self, name: str) -> RangeTable:
        """The chapters, sections or ranges of a system id; an empty table where there are none."""
        return self._table(RangeTable, name)

    def successors(self, name: str) -> SuccessorTable:
        """Which codes of a system took over from which; an empty table where CMS publishes none."""
        return self._table(SuccessorTable, name)

    def revisions(self, name: str) -> RevisionTable:
        """Titles that codes had in earlier editions, of systems whose titles are the bundled ones.

        An empty table where no source has more than the newest edition.
        """
        own = (name, "titles") in self.own
        return RevisionTable() if own else self._table(RevisionTable, name)

    def title(self, name: str, compact: str, day: date) -> str | None:
        """The title that a listed code or heading of a system had on a day.

        None where no source has it: the code is not listed, or meant something else that day.
        """
        earlier = self.revisions(name).title(compact, day)
        return self.titles(name).get(compact) if earlier is None else earlier or None

    def renamings(self, name: str) -> set[date]:
        """The days on which a code, heading or range of a system gets another name."""
        return {*self.ranges(name).changes, *self.revisions(name).changes}

    def meanings(self, name: str) -> MeaningTable:
        """What single characters of the codes of a system mean; an empty table where they do not.

        They are the bundled ones in every reference.
        """
        return self._table(MeaningTable, name)

    def exempt(self, name: str) -> ExemptTable:
        """Which codes of a system are exempt from POA reporting; an empty table elsewhere."""
        return self._table(ExemptTable, name)

    def _table(self, kind: type[_Table], system: str) -> _Table:
        table: _Table | None = self._tables.get((system, kind))
        if table is None:
            table = self._tables[system, kind] = self._read(kind, system)
        return table

    def _read(self, kind: Any, system: str) -> Any:
        name = _KINDS[kind]
        table: Any = self.own.get((system, name))
        if table is None and self.below is not None:
            return getattr(self.below, name)(system)
        if isinstance(table, kind):
            return table
        file = table or _bundled(system, name)
        return TitleTable(file, self.codes(system)) if kind is TitleTable else kind(file)


def _bundled(system: str, kind: str) -> TableText:
    """The package's file of a table, or `NO_TABLE` where none is to be expected."""
    if system not in KNOWN.by_id and kind not in ("codes", "titles"):
        return NO_TABLE
    if kind in _OPTIONAL and not getattr(KNOWN.traits(system), _OPTIONAL[kind]):
        return NO_TABLE
    return bundled(system, kind)


def _reopened(content: bytes, below: Reference) -> Reference:
    from medcodes.reference.compiled import unpack_saved

    return unpack_saved(content, below)


BUNDLED = Reference()
"""The tables inside the package."""

codes = BUNDLED.codes
titles = BUNDLED.titles
ranges = BUNDLED.ranges
successors = BUNDLED.successors


def manifest() -> dict[str, Any]:
    """Where each table comes from: source, edition, SHA-256, counts.

    >>> sorted(manifest())
    ['files', 'format', 'sources', 'tables', 'version']
    """
    return data().manifest()


def data_version() -> str:
    """The calendar version of the data that answer: year, month and number, ``"2026.10.1"``.

    They are those of this package, or of medcodes-data where that is installed and newer.
    """
    return str(manifest()["version"])
