"""What the reference holds: on one code, heading or range, and what changed between two days."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple, Protocol, overload

import attrs

from medcodes.dates import Day, to_day
from medcodes.names import Names
from medcodes.status import Status

__all__ = [
    "EDITS_UNKNOWN",
    "Axis",
    "Category",
    "Changes",
    "Conversion",
    "Entries",
    "Entry",
    "Interval",
    "Revision",
]


EDITS_UNKNOWN = "edits-unknown"
"""The flag of ICD codes from a loaded release, whose edits no table says: release files hold the
codes, not the edits of the Medicare Code Editor."""


@attrs.frozen
class Interval:
    """Days on which a code was listed with the same state.

    Attributes:
        first: the first day.
        last: the last day, inclusive; None while no end is known.
        heading: True where the code was a heading above billable codes, not billable itself.
        flags: the edits that applied to it.
    """

    first: date
    last: date | None
    heading: bool
    flags: frozenset[str]

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)


@attrs.frozen
class Category:
    """A chapter, block, section, heading or range that codes are filed under.

    Attributes:
        label: what it is called; in our own words for CPT and HCPCS, official for ICD.
        first, last: its ends, inclusive, in canonical form.
        level: ``"chapter"``, ``"block"``, ``"category"``, ``"subcategory"``, ``"section"``,
            ``"body system"``, ``"root operation"``, ``"subsection"``, ``"heading"``, ...
        parent: the next broader one, or None at the top.
    """

    label: str
    first: str
    last: str
    level: str
    parent: Category | None = attrs.field(default=None, repr=False)

    @property
    def range(self) -> str:
        """The ends as text: ``"E08-E13"``, ``"90832-90838"``; an ICD heading alone: ``"E11.6"``."""
        # CPT and HCPCS print a range of one code as a range; they are five characters, no dot.
        if self.first == self.last and (len(self.first) != 5 or "." in self.first):
            return self.first
        return f"{self.first}-{self.last}"

    def __str__(self) -> str:
        return self.label if self.label == self.range else f"{self.label} {self.range}"


class Axis(NamedTuple):
    """What a single character of a code means."""

    name: str
    """What the position is called: ``"body part"``, ``"seventh character"``."""
    value: str
    """The character."""
    label: str | None
    """What it means; None where no source says so."""


@attrs.frozen
class Conversion:
    """A code that took over from another, or the other, as CMS's conversion tables have it.

    Attributes:
        code: the code at the other end.
        since: the day from which the newer of the two was to be used.
    """

    code: str
    since: date


class System(Names):
    """A code system as its entries know it: every one is a `CodeSystem`."""

    @abstractmethod
    def get(self, code: str, on: Day = None) -> Entry | None:
        """What the reference holds on a code, heading or range."""

    @abstractmethod
    def roots(self, on: Day = None) -> Entries:
        """What stands at the top of the system."""


class OnDay(Protocol):
    """How an entry stands on a day."""

    @property
    def status(self) -> Status: ...
    @property
    def as_of(self) -> date: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def flags(self) -> frozenset[str]: ...


class Tree(Protocol):
    """Where an entry walks: its system as it stands on its day."""

    def listed(self, compact: str) -> Entry | None: ...
    def named(self, text: str) -> Entry | None: ...
    def top(self) -> Iterator[Entry]: ...
    def parent(self, entry: Entry) -> Entry | None: ...
    def children(self, entry: Entry) -> Iterator[Entry]: ...
    def descendants(self, entry: Entry) -> Iterator[Entry]: ...
    def axes(self, entry: Entry) -> tuple[Axis, ...]: ...
    def next(self, entry: Entry, chosen: str) -> tuple[Axis, ...]: ...
    def seventh_character(self, entry: Entry) -> Axis | None: ...
    def seventh_characters(self, entry: Entry) -> tuple[Axis, ...]: ...
    def on(self, day: date) -> Tree: ...


class Source(Protocol):
    """Where an entry looks up what it does not carry itself."""

    def title(self, entry: Entry) -> str | None: ...
    def categories(self, entry: Entry) -> tuple[Category, ...]: ...
    def successors(self, entry: Entry) -> tuple[Conversion, ...]: ...
    def predecessors(self, entry: Entry) -> tuple[Conversion, ...]: ...
    def poa_exempt(self, entry: Entry) -> bool | None: ...
    def tree(self, entry: Entry) -> Tree: ...
    def kept(self, entry: Entry) -> Source: ...


@attrs.frozen(eq=False, repr=False, weakref_slot=False)
class Entry:
    """What the reference holds on one code, heading or range, as it stood on a day.

    From it one walks: up with `parent` and `ancestors`, down with `children` and `descendants`,
    aside with `siblings`. What is listed on the day `as_of` is there; `at` goes to another day.
    Entries compare and hash by what they say, pickle and copy.

    >>> from medcodes import ICD10CM
    >>> entry = ICD10CM.get("E11.65", on="2026-06-01")
    >>> print(entry)
    E11.65 Type 2 diabetes mellitus with hyperglycemia
    >>> [above.code for above in entry.ancestors]
    ['E11.6', 'E11', 'E08-E13', 'E00-E89']
    """

    system: System
    """Its code system."""
    code: str
    """With its dot (``E11.65``); a range as its ends (``E08-E13``)."""
    compact: str
    """The same without the dot."""
    level: str
    """``"code"``, or what kind of heading it is on the day: see `Category.level`."""
    _state: OnDay
    intervals: tuple[Interval, ...]
    """Every interval in which it was listed, oldest first; none for a range."""
    _source: Source

    # -- what it says ---------------------------------------------------------------------------

    @property
    def title(self) -> str | None:
        """The official title, or None where no source has one; of a range, its label.

        It is that of the day, as far back as a source has it: ICD-10-CM to 2015, HCPCS to 2023.
        """
        return self._source.title(self)

    @property
    def categories(self) -> tuple[Category, ...]:
        """What it is filed under, broad to narrow; never itself."""
        return self._source.categories(self)

    @property
    def successors(self) -> tuple[Conversion, ...]:
        """The codes that took over from it, wholly or in part, by day and code.

        A code may live on beside them. Only of ICD-10-CM and ICD-10-PCS, from 2016-10-01 on.
        """
        return self._source.successors(self)

    @property
    def predecessors(self) -> tuple[Conversion, ...]:
        """The codes that it took over from, likewise."""
        return self._source.predecessors(self)

    @property
    def poa_exempt(self) -> bool | None:
        """Whether it is exempt from reporting that it was present on admission, on the day.

        By CDC's list of the fiscal year; None where none is held (from 2026-10-01 on), for what
        is not a valid code on the day, and outside ICD-10-CM.

        >>> from medcodes import ICD10CM
        >>> ICD10CM.get("Z23", on="2026-06-01").poa_exempt
        True
        """
        return self._source.poa_exempt(self)

    @property
    def as_of(self) -> date:
        """The day that it speaks of."""
        return self._state.as_of

    @property
    def status(self) -> Status:
        """How it stands on the day; a range is a header."""
        return self._state.status

    @property
    def flags(self) -> frozenset[str]:
        """Edits that apply on the day, as in `Identification.flags`."""
        return self._state.flags

    @property
    def valid_from(self) -> date | None:
        """The first day of the interval around the day, or of the nearest one."""
        return self._state.valid_from

    @property
    def valid_to(self) -> date | None:
        """The last day of that interval, inclusive; None while no end is known."""
        return self._state.valid_to

    @property
    def is_header(self) -> bool:
        """Whether it is a heading or a range on the day, above billable codes."""
        return self.status is Status.HEADER

    @property
    def is_leaf(self) -> bool:
        """Whether nothing stands below it on the day."""
        return not self.children

    def is_billable(self, on: Day = None) -> bool:
        """Whether it is a valid code, not a heading, on a day; None is the day `as_of`.

        >>> from medcodes import ICD10CM
        >>> [ICD10CM.get("R05").is_billable(day) for day in ("2021-09-30", "2021-10-01")]
        [True, False]
        """
        day = self.as_of if on is None else to_day(on)
        return any(interval.holds(day) and not interval.heading for interval in self.intervals)

    # -- what its characters mean ---------------------------------------------------------------

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What each character of an ICD-10-PCS code, table or section means; empty elsewhere.

        >>> from medcodes import ICD10PCS
        >>> for axis in ICD10PCS.get("0SRB02A", on="2026-06-01").axes:
        ...     print(*axis, sep=" | ")
        section | 0 | Medical and Surgical
        body system | S | Lower Joints
        root operation | R | Replacement
        body part | B | Hip Joint, Left
        approach | 0 | Open
        device | 2 | Synthetic Substitute, Metal on Polyethylene
        qualifier | A | Uncemented
        """
        return self._tree.axes(self)

    def next(self, chosen: str = "") -> tuple[Axis, ...]:
        """What may follow in an ICD-10-PCS code on the day, in order; empty elsewhere.

        Args:
            chosen: the characters already chosen after those of the entry.

        >>> from medcodes import ICD10PCS
        >>> table = ICD10PCS.get("0SR", on="2026-06-01")
        >>> [axis.value for axis in table.next()][:4], table.next()[0].label
        (['0', '2', '3', '4'], 'Lumbar Vertebral Joint')
        >>> [(axis.value, axis.label) for axis in table.next("B02")]
        [('9', 'Cemented'), ('A', 'Uncemented'), ('Z', 'No Qualifier')]
        """
        return self._tree.next(self, chosen)

    @property
    def seventh_character(self) -> Axis | None:
        """What the seventh character of an ICD-10-CM code means.

        None where the tabular list defines none: that of C44.1021 goes on where the sixth ends.

        >>> from medcodes import ICD10CM
        >>> ICD10CM.get("S72.001D").seventh_character.label
        'subsequent encounter for closed fracture with routine healing'
        """
        return self._tree.seventh_character(self)

    @property
    def seventh_characters(self) -> tuple[Axis, ...]:
        """The seventh characters that exist below an ICD-10-CM heading on the day, in order.

        Empty where the tabular list defines none for all that is below.

        >>> from medcodes import ICD10CM
        >>> heading = ICD10CM.get("T07", on="2026-06-01")
        >>> [(axis.value, axis.label) for axis in heading.seventh_characters]
        [('A', 'initial encounter'), ('D', 'subsequent encounter'), ('S', 'sequela')]
        """
        return self._tree.seventh_characters(self)

    # -- where it stands ------------------------------------------------------------------------

    @property
    def parent(self) -> Entry | None:
        """What it stands in directly, or None at the top."""
        return self._tree.parent(self)

    @property
    def ancestors(self) -> tuple[Entry, ...]:
        """Its parent, that one's parent, and so on to the top."""
        found: list[Entry] = []
        above = self.parent
        while above is not None:
            found.append(above)
            above = above.parent
        return tuple(found)

    @property
    def children(self) -> Entries:
        """What stands directly in it on the day, in order."""
        tree = self._tree
        return Entries(lambda: tree.children(self))

    @property
    def descendants(self) -> Entries:
        """All that stands in it on the day, each heading before what stands in it."""
        tree = self._tree
        return Entries(lambda: tree.descendants(self))

    @property
    def siblings(self) -> Entries:
        """What stands beside it on the day, itself left out, in order."""
        tree, parent = self._tree, self.parent

        def others() -> Iterator[Entry]:
            beside = tree.top() if parent is None else tree.children(parent)
            return (
                entry for entry in beside if (entry.code, entry.level) != (self.code, self.level)
            )

        return Entries(others)

    def at(self, on: Day) -> Entry:
        """The same entry on another day.

        >>> from medcodes import ICD10CM
        >>> [ICD10CM.get("R05").at(day).level for day in ("2021-09-30", "2021-10-01")]
        ['code', 'category']
        """
        tree = self._tree.on(to_day(on))
        there = tree.listed(self.compact) if self.intervals else tree.named(self.code)
        assert there is not None
        return there

    @property
    def _tree(self) -> Tree:
        return self._source.tree(self)

    # -- as a value -----------------------------------------------------------------------------

    def _facts(self) -> tuple[object, ...]:
        return self.system, self.code, self.level, self._state, self.intervals, self.title

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entry):
            return NotImplemented
        return self is other or self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash((self.system, self.code, self.level, self.as_of))

    def __str__(self) -> str:
        return f"{self.code} {self.title}" if self.title else self.code

    def __repr__(self) -> str:
        return f"<Entry {self.system}: {self}, {self.status} on {self.as_of}>"

    def __copy__(self) -> Entry:
        return self

    def __deepcopy__(self, memo: object) -> Entry:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        carried = (self.system, self.code, self.compact, self.level, self._state)
        return Entry, (*carried, self.intervals, self._source.kept(self))


class Entries(Sequence[Entry]):
    """Entries that are found one at a time, as they are asked for, as often as one likes.

    >>> from medcodes import ICD10CM
    >>> injuries = ICD10CM.get("S00-T88", on="2026-06-01").descendants
    >>> injuries[0].code, injuries[1].code
    ('S00-S09', 'S00')
    """

    __slots__ = ("_walk",)

    def __init__(self, walk: Callable[[], Iterator[Entry]]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[Entry]:
        return self._walk()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, place: int | slice) -> Entry | tuple[Entry, ...]:
        if isinstance(place, slice) or place < 0:
            return tuple(self)[place]
        for entry in islice(self, place, None):
            return entry
        raise IndexError(f"there is no entry at place {place}")

    def __repr__(self) -> str:
        first = [entry.code for entry in self[:4]]
        return f"<Entries: {', '.join(first[:3])}{', ...' if len(first) > 3 else ''}>"


@attrs.frozen
class Revision:
    """A code that has another title than before.

    Attributes:
        code: the code.
        before, after: its titles on the two days compared.
    """

    code: str
    before: str
    after: str


@attrs.frozen
class Changes:
    """What changed in a code system between two days.

    Attributes:
        system: the code system.
        since, until: the days compared.
        added: the codes valid on `until` and not on `since`, sorted.
        deleted: the codes valid on `since` and not on `until`, sorted.
        revised: the codes valid on both days whose titles differ, sorted. Titles of earlier
            editions are known of HCPCS Level II from 2023-01-01, ICD-10-CM from 2015-10-01 and
            ICD-10-PCS from 2025-10-01 on; what was revised before, or in another system, or in a
            release of the user's own, is not among them.
    """

    system: System
    since: date
    until: date
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    revised: tuple[Revision, ...] = ()
