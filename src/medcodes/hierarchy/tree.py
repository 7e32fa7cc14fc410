"""From entry to entry: one system of one reference, as it stood on one day.

A system is a tree. At its top are the ranges (chapters, sections), narrower ranges below them, then
headings, then codes. On a day, the tree has what is listed on that day; it has a range when it has
something below that, or when the list of the codes is not public.

Nothing is built: the sorted tables are the tree, and every step is a look into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import attrs

from medcodes import formats
from medcodes.entries import Axis, Category, Conversion, Entry
from medcodes.lookup import categories
from medcodes.lookup.resolver import Resolver, exact
from medcodes.lookup.state import CodeState
from medcodes.reference import BUNDLED, Range
from medcodes.status import Status
from medcodes.systems import CodeSystem

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

    def __init__(self, resolver: Resolver, system: CodeSystem) -> None:
        reference = resolver.reference
        self.system = system
        self.on_day = resolver.on_day(system.id)
        self.as_of = self.on_day.as_of
        self._resolver = resolver
        self._traits = system.traits
        self._ranges = reference.ranges(system.id).on(self.as_of)
        listed = reference.lists(system.id)
        self._table = reference.codes(system.id) if listed else None
        self._titles = reference.titles(system.id) if listed else None

    # -- single entries -------------------------------------------------------------------------

    def named(self, text: str) -> Entry | None:
        """The entry of a code, a heading or a range, as it is written; None where there is none."""
        core, _, candidates = self._resolver.read(text)
        found = self.listed(core.replace(".", "")) if candidates else None
        if found is not None:
            return found
        row = self._ranges.named(text.strip().upper().replace("–", "-"))
        return None if row is None else self.of_range(row)

    def listed(self, compact: str) -> Entry | None:
        """The entry of a code or heading without its dot, listed on whatever day."""
        number = self._table.history_number(compact) if self._table else None
        return None if number is None else self._entry(compact, number)

    def listed_on_day(self, compact: str) -> Entry | None:
        """The same, where the tree has it on the day."""
        number = self._table.history_number(compact) if self._table else None
        return self._on_day(compact, number) if number is not None else None

    def at(self, place: int) -> Entry | None:
        """The entry of the range at a place of the table, where the tree has it on the day."""
        return self.range_on_day(self._ranges.rows[place])

    def range_on_day(self, row: Range) -> Entry | None:
        """The entry of a range, where the tree has it on the day."""
        entry = self.of_range(row)
        if entry.intervals:
            return entry if entry.is_header else None
        has_it = self.on_day.by_ranges_alone or any(True for _ in self._within(row))
        return entry if has_it else None

    def _entry(self, compact: str, number: int) -> Entry:
        assert self._table is not None
        state = self.on_day.states[number]
        code = formats.dotted(compact, self.system.shape.dot_after(compact))
        level = self._level(compact) if state.heading else "code"
        return Entry(self.system, code, compact, level, state, self._table.history(number), self)

    def _level(self, heading: str) -> str:
        if self._traits.axes:
            return "root operation"
        return "category" if self._is_category(heading) else "subcategory"

    def of_range(self, row: Range) -> Entry:
        """The entry of a range."""
        if row.level == "root operation" and (found := self.listed(row.first)) is not None:
            return found
        state = CodeState(self.system, Status.HEADER, self.as_of, heading=True)
        return Entry(self.system, row.text, row.text, row.level, state, (), self)

    # -- what an entry says of itself -----------------------------------------------------------

    def title(self, entry: Entry) -> str | None:
        """The official title of a code or heading, the label of a range."""
        row = self._row(entry)
        if row is not None:
            # One that no source names goes by its code.
            return None if row.label == row.first else row.label
        return self._resolver.reference.title(self.system.id, entry.compact, entry.as_of)

    def categories(self, entry: Entry) -> tuple[Category, ...]:
        """What it is filed under, broad to narrow."""
        row = self._row(entry)
        if row is None:
            reference = self._resolver.reference
            return categories.categories(self.system.id, entry.compact, reference, self.as_of)
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

    def poa_exempt(self, entry: Entry) -> bool | None:
        """Whether it is exempt from POA reporting; None where that is not known."""
        if entry.status is not Status.VALID:
            return None
        exempt = self._resolver.reference.exempt(self.system.id)
        return exempt.exempt(entry.compact, entry.as_of)

    def _conversions(self, others: tuple[tuple[str, date], ...]) -> tuple[Conversion, ...]:
        return tuple(Conversion(self.system.format(compact), day) for compact, day in others)

    def _row(self, entry: Entry) -> Range | None:
        """The range that an entry is, or None when it is a code or a heading."""
        if entry.intervals:
            return None
        row = self._ranges.named(entry.code)
        while row is not None and row.level != entry.level:
            # The same ends on two levels: the narrower one is what the wider one holds.
            row = next(below for below in self._ranges.below(row) if below.text == entry.code)
        return row

    # -- what characters mean -------------------------------------------------------------------

    def axes(self, entry: Entry) -> tuple[Axis, ...]:
        """What each character of an ICD-10-PCS code, table or section means."""
        length = len(entry.compact) if self._traits.axes else 0
        return tuple(self._axis(entry.compact, place) for place in range(1, length + 1))

    def _axis(self, code: str, place: int) -> Axis:
        """What a character of an ICD-10-PCS code, or of its beginning, means."""
        meanings = self._resolver.reference.meanings(self.system.id)
        name, value = meanings.names(code[0])[place - 1], code[place - 1]
        if place > 3:
            return Axis(name, value, meanings.label(code, place))
        row = self._ranges.named(code[:place])
        return Axis(name, value, row.label if row and row.label != row.first else None)

    def next(self, entry: Entry, chosen: str) -> tuple[Axis, ...]:
        """What may follow in an ICD-10-PCS code on the day.

        A label that depends on a character further on is each of those that it may be.
        """
        head = entry.compact + exact(chosen).strip().upper()
        if not self._traits.axes or len(head) > 6:
            return ()
        place = len(head) + 1
        if place <= 3:
            row = self._ranges.named(head)
            below = self._ranges_on_day(row) if row else iter(())
        else:
            below = self.starting_with(head, itself=False)
        found: dict[str, dict[Axis, None]] = {}
        for follower in below:
            axis = self._axis(follower.compact, place)
            found.setdefault(axis.value, {})[axis] = None
        return tuple(map(_either, found.values()))

    def seventh_character(self, entry: Entry) -> Axis | None:
        """What the seventh character of an ICD-10-CM code means."""
        if len(entry.compact) != 7 or not entry.intervals:
            return None
        value, labels = entry.compact[6], self._sevenths(entry.compact)
        return Axis(_SEVENTH, value, labels.get(value)) if labels else None

    def seventh_characters(self, entry: Entry) -> tuple[Axis, ...]:
        """Those that exist below an ICD-10-CM heading on the day."""
        labels = self._sevenths(entry.compact) if entry.intervals else {}
        below = self.starting_with(entry.compact, itself=False) if labels else ()
        found = {code.compact[6] for code in below if len(code.compact) == 7}
        return tuple(Axis(_SEVENTH, value, labels.get(value)) for value in sorted(found))

    def _sevenths(self, compact: str) -> Mapping[str, str]:
        """What seventh characters mean at a heading: the nearest definition at it or above."""
        if not self._traits.seventh_characters:
            return {}
        meanings = self._resolver.reference.meanings(self.system.id)
        heads = (compact[:length] for length in range(len(compact), 2, -1))
        found = (labels for head in heads if (labels := meanings.labels(head, 7)))
        return next(found, {})

    # -- steps ----------------------------------------------------------------------------------

    def top(self) -> Iterator[Entry]:
        """The broadest ranges; of a system without ranges, what has no heading above it."""
        return self._ranges_on_day(None) if self._ranges.rows else self._below("")

    def parent(self, entry: Entry) -> Entry | None:
        """What is directly above it."""
        row = self._row(entry)
        if row is not None:
            wider = self._ranges.wider(row)
            return None if wider is None else self.of_range(wider)
        for above in self._headings_above(entry.compact):
            return above
        rows = self._ranges.find(entry.compact)
        if rows and rows[-1].text == entry.code:
            rows = rows[:-1]
        return self.of_range(rows[-1]) if rows else None

    def _headings_above(self, compact: str) -> Iterator[Entry]:
        """The headings that are prefixes of a code, the nearest first."""
        if self._traits.prefix_headings:
            shortest = self._traits.length_of_category(compact)
            for length in range(len(compact) - 1, shortest - 1, -1):
                heading = self.listed(compact[:length])
                if heading is not None and self._is_printed(heading.compact):
                    yield heading

    def children(self, entry: Entry) -> Iterator[Entry]:
        """What is directly below it on the day, in order."""
        row = self._row(entry)
        if row is not None:
            return self._within(row)
        return self._below(entry.compact)

    def descendants(self, entry: Entry) -> Iterator[Entry]:
        """All that is below it on the day, each heading before what is below that."""
        if self._row(entry) is None:
            yield from self.starting_with(entry.compact, itself=False)
            return
        for child in self.children(entry):
            yield child
            yield from self.descendants(child)

    def starting_with(self, prefix: str, *, itself: bool = True) -> Iterator[Entry]:
        """What is listed on the day and begins with a prefix, in order."""
        if self._table is None or not self.covers_day():
            return
        for compact, number in self._table.starting_with(prefix):
            if (itself or compact != prefix) and (entry := self._on_day(compact, number)):
                yield entry

    def covers_day(self) -> bool:
        """False on a day on which nothing can be listed."""
        table = self._table
        if table is None or self.on_day.by_ranges_alone:
            return True
        return self.as_of <= table.last_day and (table.forgets or self.as_of >= table.first_day)

    def _below(self, heading: str) -> Iterator[Entry]:
        child: Entry | None = None
        for entry in self.starting_with(heading, itself=False):
            if child is None or not entry.compact.startswith(child.compact):
                child = entry
                yield entry

    def _within(self, row: Range) -> Iterator[Entry]:
        yield from self._ranges_on_day(row)
        if self._traits.axes:
            return  # the tables of ICD-10-PCS, which are headings, are ranges as well
        for compact, number in self._tops(row):
            entry = self._on_day(compact, number)
            if entry is not None and self._ranges.find(compact)[-1:] == (row,):
                yield entry

    def _ranges_on_day(self, wider: Range | None) -> Iterator[Entry]:
        return filter(None, map(self.range_on_day, self._ranges.below(wider)))

    def _tops(self, row: Range) -> Iterator[tuple[str, int]]:
        """The codes and headings in a range that have no heading above them, and some near it."""
        if self._table is None:
            return
        for first, last in row.spans():
            for category in self._table.index.categories_from(first[:3]):
                if category > last[:3]:
                    break
                yield from self._tops_of(category)

    def _tops_of(self, characters: str) -> Iterator[tuple[str, int]]:
        """Those that begin with three characters."""
        assert self._table is not None
        category = self._table.history_number(characters)
        if self._traits.prefix_headings and category is not None:
            if self._is_category(characters):
                yield characters, category
            return
        for compact, number in self._table.of_category(characters):
            if not self._traits.prefix_headings or self._is_category(compact):
                yield compact, number

    def _on_day(self, compact: str, number: int) -> Entry | None:
        """The entry of a code or heading, where the tree has it on the day."""
        status = self.on_day.states[number].status
        has_it = status is Status.VALID or (status is Status.HEADER and self._is_printed(compact))
        return self._entry(compact, number) if has_it else None

    def _is_category(self, compact: str) -> bool:
        return len(compact) == self._traits.length_of_category(compact)

    def _is_printed(self, heading: str) -> bool:
        """False for a prefix that ends in placeholders (W2189X), which no list prints."""
        if not self._traits.prefix_headings or self._is_category(heading):
            return True
        assert self._titles is not None
        return self._titles.get(heading) is not None

    # -- other days, other processes ------------------------------------------------------------

    def tree(self, entry: Entry) -> Tree:
        """Where an entry walks: here."""
        return self

    def on(self, day: date) -> Tree:
        """The same system on another day."""
        asked = self._resolver
        resolver = Resolver(day, asked.allowed, asked.reference, asked.past_end)
        return Tree(resolver, self.system)

    def kept(self, entry: Entry) -> Kept:
        """What an entry takes along when it is pickled."""
        return Kept(
            self.title(entry),
            self.categories(entry),
            self.successors(entry),
            self.predecessors(entry),
            self.poa_exempt(entry),
            self._resolver.reference is BUNDLED,
        )


def _either(axes: Iterable[Axis]) -> Axis:
    """What a character means that has several meanings, depending on what follows."""
    first, *others = axes
    if not others:
        return first
    return first._replace(
        label=" or ".join(filter(None, (axis.label for axis in (first, *others))))
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
    _poa_exempt: bool | None
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

    def poa_exempt(self, entry: Entry) -> bool | None:
        """As it was."""
        return self._poa_exempt

    def tree(self, entry: Entry) -> Tree:
        """Where an entry walks: in the bundled tables, if it came from there."""
        if not self._is_bundled:
            raise LookupError(_FROM_ELSEWHERE.format(entry=entry))
        systems = BUNDLED.systems.by_id
        return Tree(Resolver(entry.as_of, tuple(systems), BUNDLED), systems[entry.system.id])

    def kept(self, entry: Entry) -> Kept:
        """It needs no more when it leaves again."""
        return self
