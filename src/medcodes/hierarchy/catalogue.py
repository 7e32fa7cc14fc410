"""What the reference lists: entries, codes, changes; what a classifier knows beside identifying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from medcodes import formats
from medcodes.dates import Day, to_day
from medcodes.entries import Changes, Entries, Entry, Revision
from medcodes.errors import NoCodeList
from medcodes.lookup.memory import Resolvers, SystemNames
from medcodes.lookup.past_end import warn_if_incomplete
from medcodes.lookup.resolver import exact
from medcodes.lookup.state import SystemOnDay
from medcodes.reference import CodeTable, Reference, data_version
from medcodes.systems import CodeSystem, no_list_message

if TYPE_CHECKING:
    from medcodes.hierarchy.tree import Tree


class Catalogue:
    """Looks into the systems of a reference: the half of a `Classifier` that identifies nothing."""

    reference: Reference
    _resolvers: Resolvers

    @property
    def data_version(self) -> str:
        """The calendar version of the data below what was loaded: ``"2026.10.1"``.

        They are those of this package, or of medcodes-data where that is installed and newer.
        """
        return data_version()

    def get(self, code: str, system: CodeSystem | str, *, on: Day = None) -> Entry | None:
        """What the reference holds on a code, heading or range of a system, as of a day.

        None when it is listed on no day at all.

        Raises:
            AmbiguousCodeSystem: `system` is a name of several (``"HC"``), here as below.
            UnknownCodeSystem: it is a name of none.

        >>> from medcodes import Classifier
        >>> Classifier().get("E11.9", "icd10cm", on="2026-06-01").title
        'Type 2 diabetes mellitus without complications'
        """
        system = self._resolvers.system(system)
        tree = self._tree(system, on)
        found = tree.named(exact(code))
        if found is not None and on is not None:
            self._resolvers.ask(on, system, None).check_ends([system.id])
        return found

    def roots(self, system: CodeSystem | str, *, on: Day = None) -> Entries:
        """What stands at the top of a system on a day: its chapters or sections."""
        system = self._resolvers.system(system)
        tree = self._tree(system, on)
        self._resolvers.ask(on, system, None).check_ends([system.id])
        return Entries(tree.top)

    def complete(
        self,
        text: str,
        *,
        systems: SystemNames = None,
        on: Day = None,
        kind: str | None = None,
        limit: int | None = 20,
    ) -> list[Entry]:
        """What a code that is still being typed may become.

        Args:
            text: its first characters, in any case, with or without a dot.
            systems: the systems to consider; None for all.
            on: the day; None is today.
            kind: ``"diagnosis"`` or ``"procedure"``, to consider only systems of that kind.
            limit: how many to give at most, 0 or more; None for all.

        Returns:
            What is listed on the day and begins with the text, codes and headings, in order of
            code, then of system: an `Entry` each, which says whether it `is_billable`. Of CPT
            nothing, as its list is not public.

        >>> import medcodes
        >>> for entry in medcodes.complete("e11.6", on="2026-06-01", limit=3):
        ...     print(entry.is_billable(), entry)
        False E11.6 Type 2 diabetes mellitus with other specified complications
        False E11.61 Type 2 diabetes mellitus with diabetic arthropathy
        True E11.610 Type 2 diabetes mellitus with diabetic neuropathic arthropathy
        """
        from medcodes.hierarchy.completing import complete

        return complete(self._resolvers.ask(on, systems, kind), text, _at_most(limit))

    def search(
        self,
        text: str,
        *,
        systems: SystemNames = None,
        on: Day = None,
        kind: str | None = None,
        limit: int | None = 20,
    ) -> list[Entry]:
        """What is called so: codes, headings and ranges by the words of their titles.

        All words must be in the title, in any order; the last may be the beginning of a word.
        Case, accents and punctuation do not count. Of CPT only the labels of its ranges are there.

        Args:
            text: the words; repeated ones count once. Nothing is found for more than 1,000
                different ones, which no title has.
            systems: the systems to consider; None for all.
            on: the day; None is today. What is not listed then is not found.
            kind: ``"diagnosis"`` or ``"procedure"``, to consider only systems of that kind.
            limit: how many to give at most, 0 or more; None for all.

        Returns:
            The best first: titles that begin with the words, then those that say them in a row,
            then the others; each from the shortest title to the longest, and codes before
            headings. (In each system, the 200 shortest of the titles that match are put in order;
            more where `limit` is greater.)

        >>> import medcodes
        >>> for entry in medcodes.search("psychotherapy", on="2026-06-01", limit=3):
        ...     print(entry.system.name, entry)
        CPT 90832-90838 Psychotherapy
        CPT 90804-90829 Psychotherapy (old numbers)
        CPT 90839-90840 Psychotherapy for crisis
        """
        from medcodes.hierarchy.searching import search

        return search(self._resolvers.ask(on, systems, kind), text, _at_most(limit))

    def _tree(self, system: CodeSystem, on: Day) -> Tree:
        from medcodes.hierarchy.tree import Tree

        return Tree(self._resolvers.ask(on, system, None), system)

    def lists(self, code: str, system: CodeSystem | str) -> bool:
        """Whether a text is a code of a system on any day, or may be; a heading is not."""
        return self._resolvers.ask(None, system, None).is_ever(code)

    def codes(self, system: CodeSystem | str, *, on: Day = None) -> Iterator[str]:
        """The canonical codes of a system that are valid on a day, in order."""
        system = self._resolvers.system(system)
        on_day = self._listed(system, on)
        listed = self.reference.codes(system.id).billable(on_day.as_of)
        return (formats.dotted(compact, system.shape.dot_after(compact)) for compact in listed)

    def edition(self, system: CodeSystem | str) -> str:
        """The newest release of a system in the reference, in words."""
        return self._table(system).edition

    def coverage(self, system: CodeSystem | str) -> tuple[date, date]:
        """The first and the last day that the reference speaks for a system."""
        table = self._table(system)
        return table.first_day, table.last_day

    def count(self, system: CodeSystem | str) -> int:
        """How many codes of a system the reference has ever listed; headings do not count."""
        return self._table(system).billable_count

    def _table(self, system: CodeSystem | str) -> CodeTable:
        system = self._resolvers.system(system)
        if not self.reference.lists(system.id):
            raise NoCodeList(no_list_message(system))
        return self.reference.codes(system.id)

    def changes(self, system: CodeSystem | str, since: Day, until: Day) -> Changes:
        """What was added to, deleted from and given another title in a system."""
        system = self._resolvers.system(system)
        before, after = set(self.codes(system, on=since)), set(self.codes(system, on=until))
        first, last = to_day(since), to_day(until)
        return Changes(
            system,
            first,
            last,
            tuple(sorted(after - before)),
            tuple(sorted(before - after)),
            tuple(self._revised(system, first, last, before & after)),
        )

    def _revised(
        self, system: CodeSystem, since: date, until: date, lasting: set[str]
    ) -> Iterator[Revision]:
        for compact in dict(self.reference.revisions(system.id)):
            code = system.format(compact)
            if code in lasting:
                before, after = (
                    self.reference.title(system.id, compact, day) for day in (since, until)
                )
                if before is not None and after is not None and before != after:
                    yield Revision(code, before, after)

    def _listed(self, system: CodeSystem, on: Day) -> SystemOnDay:
        if not self.reference.lists(system.id):
            raise NoCodeList(no_list_message(system))
        resolver = self._resolvers.ask(on, system, None)
        on_day = resolver.on_day(system.id)
        resolver.check_ends([system.id])
        warn_if_incomplete(on_day, resolver.day, self.reference)
        return on_day


def _at_most(limit: int | None) -> int | None:
    if limit is not None and not isinstance(limit, int):
        raise TypeError(f"limit must be an int, or None for no limit, got {limit!r}")
    if limit is not None and limit < 0:
        raise ValueError(f"limit must be 0 or more, got {limit}")
    return limit
