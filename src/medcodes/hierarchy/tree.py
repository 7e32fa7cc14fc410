"""From entry to entry: one system of one reference, as it stood on one day.

A system is a tree. At its top are the ranges (chapters, sections), narrower ranges below them, then
headings, then codes. What stands in it on a day is what is listed on that day; a range stands in it
when something below it does, or when the list of its codes is not public.

Nothing is kept: the sorted tables are the tree, and every step is a look into them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import attrs

from medcodes import formats, systems
from medcodes.entries import Axis, Category, Conversion, Entry
from medcodes.lookup import categories
from medcodes.lookup.resolver import Resolver, exact
from medcodes.lookup.state import CodeState
from medcodes.reference import BUNDLED, Range
from medcodes.status import Status
from medcodes.systems import CodeSystem

__all__ = ["Kept", "Tree"]

_SEVENTH = "seventh character"
_FROM_ELSEWHERE = (
    "{entry} was copied out of the process of its own classifier, and came without the tables to "
    "walk in; get it again from that classifier"
)


class Tree:
    """A code system as it stands on the day of a resolver.

    Attributes:
        system: the system.
        as_of: the day: the last day covered, where the resolver lies past it.
    """

    __slots__ = (
        "_format",
        "_ranges",
        "_resolver",
        "_table",
        "_titles",
        "as_of",
        "on_day",
        "system",
    )

    def __init__(self, resolver: Resolver, system: CodeSystem) -> None:
        reference = resolver.reference
        self.system = system
        self.on_day = resolver.on_day(system.id)
        self.as_of = self.on_day.as_of
        self._resolver = resolver
        self._format = formats.of(system.id)
        self._ranges = reference.ranges(system.id)
        listed = reference.lists(system.id)
        self._table = reference.codes(system.id) if listed else None
        self._titles = reference.titles(system.id) if listed else None

    # -- single entries -------------------------------------------------------------------------

    def named(self, text: str) -> Entry | None:
        """The entry of a code, a heading or a range, as it is written; None where there is none."""
        core, _, plan = self._resolver.read(text)
        found = self.listed(core.replace(".", "")) if plan else None
        if found is not None:
            return found
        row = self._ranges.named(text.strip().upper().replace("–", "-"))
        return None if row is None else self.of_range(row)

    def listed(self, compact: str) -> Entry | None:
        """The entry of a code or heading without its dot, listed on whatever day."""
        number = self._table.history_number(compact) if self._table else None
        return None if number is None else self._entry(compact, number)

    def state(self, compact: str) -> Entry | None:
        """The same, where it stands in the tree on the day."""
        number = self._table.history_number(compact) if self._table else None
        if number is None or not self._stands(compact, number):
            return None
        return self._entry(compact, number)

    def standing_range(self, row: Range) -> Entry | None:
        """The entry of a range that stands in the tree on the day."""
        entry = self.of_range(row)
        if entry.intervals:
            return entry if entry.is_header else None
        holds = self._by_ranges_alone() or any(True for _ in self._within(row))
        return entry if holds else None

    def _entry(self, compact: str, number: int) -> Entry:
        assert self._table is not None
        stands = self.on_day.states[number]
        return Entry(
            self.system,
            formats.dotted(compact, self._format.dot_after(compact)),
            compact,
            self._level(compact) if stands.heading else "code",
            stands,
            self._table.history(number),
            self,
        )

    def _level(self, heading: str) -> str:
        if not self.system.traits.prefix_headings:
            return "root operation"
        is_category = len(heading) == self.system.traits.length_of_category(heading)
        return "category" if is_category else "subcategory"

    def of_range(self, row: Range) -> Entry:
        """The entry of a range."""
        if row.level == "root operation" and (found := self.listed(row.first)) is not None:
            return found
        stands = CodeState(self.system, Status.HEADER, self.as_of, heading=True)
        return Entry(self.system, row.text, row.text, row.level, stands, (), self)

    # -- what an entry says of itself -----------------------------------------------------------

    def title(self, entry: Entry) -> str | None:
        """The official title of a code or heading, the label of a range."""
        row = self._row(entry)
        if row is not None:
            # One that no source names goes by its code.
            return None if row.label == row.first else row.label
        return self._titles.get(entry.compact) if self._titles else None

    def categories(self, entry: Entry) -> tuple[Category, ...]:
        """What it is filed under, broad to narrow."""
        row = self._row(entry)
        if row is None:
            reference = self._resolver.reference
            return categories.categories(self.system.id, entry.compact, reference)
        rows = self._ranges.find(row.spans()[0][0])
        return tuple(categories.of_ranges(rows[: rows.index(row)]))

    def successors(self, entry: Entry) -> tuple[Conversion, ...]:
        """The codes that took over from it."""
        table = self._resolver.reference.successors(self.system.id)
        return self._conversions(table.after(entry.compact))

    def predecessors(self, entry: Entry) -> tuple[Conversion, ...]:
        """The codes that it took over from."""
        table = self._resolver.reference.successors(self.system.id)
        return self._conversions(table.before(entry.compact))

    def _conversions(self, others: tuple[tuple[str, date], ...]) -> tuple[Conversion, ...]:
        return tuple(Conversion(self.system.format(compact), day) for compact, day in others)

    def _row(self, entry: Entry) -> Range | None:
        """The range that an entry is, or None when it is a code or a heading."""
        if entry.intervals:
            return None
        row = self._ranges.named(entry.code)
        while row is not None and row.level != entry.level:
            # The same ends on two levels: the narrower one is what the wider one holds.
            row = next(one for one in self._ranges.below(row) if one.text == entry.code)
        return row

    # -- what characters mean -------------------------------------------------------------------

    def axes(self, entry: Entry) -> tuple[Axis, ...]:
        """What each character of an ICD-10-PCS code, table or section means."""
        code = entry.compact
        places = range(1, len(code) + 1) if self.system.id == "icd10pcs" else ()
        return tuple(self._axis(code[:place]) for place in places)

    def _axis(self, head: str) -> Axis:
        """What the last character of the beginning of an ICD-10-PCS code means."""
        meanings = self._resolver.reference.meanings(self.system.id)
        place, value = len(head), head[-1]
        name = meanings.names(head[0])[place - 1]
        if place > 3:
            return Axis(name, value, meanings.labels(head[:3], place).get(value))
        row = self._ranges.named(head)
        return Axis(name, value, row.label if row and row.label != head else None)

    def next(self, entry: Entry, chosen: str) -> tuple[Axis, ...]:
        """What may follow in an ICD-10-PCS code on the day."""
        head = entry.compact + exact(chosen).strip().upper()
        if self.system.id != "icd10pcs" or len(head) > 6:
            return ()
        if len(head) < 3:
            row = self._ranges.named(head)
            heads = [one.compact for one in self._standing_ranges(row)] if row else []
        else:
            heads = [one.compact for one in self.starting_with(head) if one.compact != head]
        return tuple(map(self._axis, dict.fromkeys(one[: len(head) + 1] for one in heads)))

    def seventh_character(self, entry: Entry) -> Axis | None:
        """What the seventh character of an ICD-10-CM code means."""
        if self.system.id != "icd10cm" or len(entry.compact) != 7 or not entry.intervals:
            return None
        value, labels = entry.compact[6], self._sevenths(entry.compact)
        return Axis(_SEVENTH, value, labels.get(value)) if labels else None

    def seventh_characters(self, entry: Entry) -> tuple[Axis, ...]:
        """Those that exist below an ICD-10-CM heading on the day."""
        if self.system.id != "icd10cm" or not entry.intervals:
            return ()
        labels = self._sevenths(entry.compact)
        below = self.starting_with(entry.compact, itself=False) if labels else ()
        found = {one.compact[6] for one in below if len(one.compact) == 7}
        return tuple(Axis(_SEVENTH, value, labels.get(value)) for value in sorted(found))

    def _sevenths(self, compact: str) -> Mapping[str, str]:
        """What seventh characters mean at a heading: the nearest definition at it or above."""
        meanings = self._resolver.reference.meanings(self.system.id)
        heads = (compact[:length] for length in range(len(compact), 2, -1))
        found = (labels for head in heads if (labels := meanings.labels(head, 7)))
        return next(found, {})

    # -- steps ----------------------------------------------------------------------------------

    def top(self) -> Iterator[Entry]:
        """The broadest ranges."""
        return self._standing_ranges(None)

    def parent(self, entry: Entry) -> Entry | None:
        """What it stands in directly."""
        row = self._row(entry)
        if row is not None:
            wider = self._ranges.wider(row)
            return None if wider is None else self.of_range(wider)
        if self.system.traits.prefix_headings:
            shortest = self.system.traits.length_of_category(entry.compact)
            for length in range(len(entry.compact) - 1, shortest - 1, -1):
                above = self.listed(entry.compact[:length])
                if above is not None and self._is_printed(above.compact):
                    return above
        rows = self._ranges.find(entry.compact)
        if rows and rows[-1].text == entry.code:
            rows = rows[:-1]
        return self.of_range(rows[-1]) if rows else None

    def children(self, entry: Entry) -> Iterator[Entry]:
        """What stands directly in it on the day, in order."""
        row = self._row(entry)
        if row is not None:
            return self._within(row)
        return self._below(entry.compact)

    def descendants(self, entry: Entry) -> Iterator[Entry]:
        """All that stands in it on the day, each heading before what stands in it."""
        if self._row(entry) is None:
            yield from self.starting_with(entry.compact, itself=False)
            return
        for child in self.children(entry):
            yield child
            yield from self.descendants(child)

    def starting_with(self, prefix: str, *, itself: bool = True) -> Iterator[Entry]:
        """What is listed on the day and begins with a prefix, in order."""
        if self._table is None or not self.speaks():
            return
        for compact, number in self._table.starting_with(prefix):
            if (itself or compact != prefix) and self._stands(compact, number):
                yield self._entry(compact, number)

    def speaks(self) -> bool:
        """False on a day on which nothing can be listed."""
        table = self._table
        if table is None or self._by_ranges_alone():
            return True
        return self.as_of <= table.last_day and (table.forgets or self.as_of >= table.first_day)

    def _by_ranges_alone(self) -> bool:
        """Whether no list speaks of the day: of CPT, none does before a list of the user's own."""
        return self.on_day.by_ranges_alone

    def _below(self, heading: str) -> Iterator[Entry]:
        child: Entry | None = None
        for entry in self.starting_with(heading, itself=False):
            if child is None or not entry.compact.startswith(child.compact):
                child = entry
                yield entry

    def _within(self, row: Range) -> Iterator[Entry]:
        yield from self._standing_ranges(row)
        if self.system.id == "icd10pcs":
            return  # its tables, which are headings, are ranges as well
        for compact, number in self._heads(row):
            if self._stands(compact, number) and self._ranges.find(compact)[-1:] == (row,):
                yield self._entry(compact, number)

    def _standing_ranges(self, wider: Range | None) -> Iterator[Entry]:
        for row in self._ranges.below(wider):
            entry = self.standing_range(row)
            if entry is not None:
                yield entry

    def _heads(self, row: Range) -> Iterator[tuple[str, int]]:
        """The codes and headings in a range that have no heading above them, and some near it."""
        if self._table is None:
            return
        for first, last in row.spans():
            for category in self._table.index.categories_from(first[:3]):
                if category > last[:3] and not row.grows:
                    break
                yield from self._heads_of(category)

    def _heads_of(self, category: str) -> Iterator[tuple[str, int]]:
        assert self._table is not None
        if not self.system.traits.prefix_headings:
            yield from self._table.starting_with(category)
            return
        number = self._table.history_number(category)
        if number is not None:
            if len(category) == self.system.traits.length_of_category(category):
                yield category, number
            return
        for compact, number in self._table.of_category(category):
            if len(compact) == self.system.traits.length_of_category(compact):
                yield compact, number

    def _stands(self, compact: str, number: int) -> bool:
        """Whether a code or heading stands in the tree on the day."""
        status = self.on_day.states[number].status
        return status is Status.VALID or (status is Status.HEADER and self._is_printed(compact))

    def _is_printed(self, compact: str) -> bool:
        """False for a prefix that ends in placeholders (W2189X), which no list prints."""
        if not self.system.traits.prefix_headings:
            return True
        if len(compact) == self.system.traits.length_of_category(compact):
            return True
        assert self._titles is not None
        return self._titles.get(compact) is not None

    # -- other days, other processes ------------------------------------------------------------

    def tree(self, entry: Entry) -> Tree:
        """Where an entry walks: here."""
        return self

    def on(self, day: date) -> Tree:
        """The same system on another day."""
        resolver = Resolver(day, self._resolver.allowed, self._resolver.reference)
        return Tree(resolver, self.system)

    def kept(self, entry: Entry) -> Kept:
        """What an entry takes along when it is pickled."""
        return Kept(
            self.title(entry),
            self.categories(entry),
            self.successors(entry),
            self.predecessors(entry),
            self._resolver.reference is BUNDLED,
        )


@attrs.frozen
class Kept:
    """What an entry takes along when it leaves the process: no tables go with it.

    The bundled ones are there wherever medcodes is; others are not.
    """

    _title: str | None
    _categories: tuple[Category, ...]
    _successors: tuple[Conversion, ...]
    _predecessors: tuple[Conversion, ...]
    _is_bundled: bool

    def title(self, entry: Entry) -> str | None:
        """As it was."""
        return self._title

    def categories(self, entry: Entry) -> tuple[Category, ...]:
        """As they were."""
        return self._categories

    def successors(self, entry: Entry) -> tuple[Conversion, ...]:
        """As they were."""
        return self._successors

    def predecessors(self, entry: Entry) -> tuple[Conversion, ...]:
        """As they were."""
        return self._predecessors

    def tree(self, entry: Entry) -> Tree:
        """Where an entry walks: in the bundled tables, if it came from there."""
        if not self._is_bundled:
            raise LookupError(_FROM_ELSEWHERE.format(entry=entry))
        everything = tuple(one.id for one in systems.ALL)
        resolver = Resolver(entry.as_of, everything, BUNDLED)
        return Tree(resolver, systems.by_id[entry.system.id])

    def kept(self, entry: Entry) -> Kept:
        """It needs no more when it leaves again."""
        return self
