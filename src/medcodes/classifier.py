"""The classifier: what the functions of the module `medcodes` are methods of."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from datetime import time as clock_time
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, Optional, Union

from medcodes import formats, systems
from medcodes.dates import Day, to_day
from medcodes.entries import Changes, Entries, Entry, Revision
from medcodes.errors import NoCodeList, UnknownCodeSystem
from medcodes.lookup.acceptance import USUAL, Acceptance, Verdict
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import (
    Resolver,
    exact,
    not_text,
    warn_if_incomplete,
    warn_if_stale,
)
from medcodes.lookup.state import SystemOnDay
from medcodes.names import Names
from medcodes.reference import BUNDLED, CodeTable, Reference
from medcodes.status import Status, bits
from medcodes.systems import CodeSystem, no_list_message

if TYPE_CHECKING:
    from medcodes.freetext.finding import Found, Readable
    from medcodes.hierarchy.tree import Tree
    from medcodes.lookup.suggesting import Suggestion
    from medcodes.releases import Release
    from medcodes.releases.opening import Source

__all__ = ["Classifier", "SystemNames", "default"]

Statuses = Optional[Collection[Union[Status, str]]]
"""The statuses that count as good; None for the usual ones."""

SystemNames = Union[Names, str, Iterable[Union[Names, str]], None]
"""Systems: one or several, as constants or by any of their names; None for all."""

_REMEMBERED_RESOLVERS = 2_048
_FULL_MEMORIES = 64


class Classifier:
    """Answers *what is this code?* for a choice of systems and a day.

    The functions of the module `medcodes` are the methods of one with all systems and today.

    Args:
        systems: the systems to consider, as constants or by any of their names; None for all.
        on: the day that is meant when none is given; None for the day of the call.
        reference: the tables that answers are taken from; the bundled ones by default.

    >>> from medcodes import Classifier
    >>> claims_of_2012 = Classifier(on="2012-06-01")
    >>> claims_of_2012.identify("V70.0").system.id
    'icd9cm'
    """

    def __init__(
        self,
        *,
        systems: SystemNames = None,
        on: Day = None,
        reference: Reference = BUNDLED,
    ) -> None:
        self.reference = reference
        self._allowed = self._ids(systems)
        self._on = None if on is None else to_day(on)
        self._resolvers: dict[object, Resolver] = {}
        # "Today" is looked up again when the clock has left the day that was last looked up.
        self._day_begins = self._day_ends = 0.0
        self._today = date.min
        self._of_today: dict[object, Resolver] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """By what it was made of, without what it remembers; a copy begins anew."""
        made = partial(type(self), systems=self._allowed, on=self._on, reference=self.reference)
        return made, ()

    # -- releases of the user's own ------------------------------------------------------------

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases that were loaded, oldest first; empty for the bundled reference alone."""
        return self.reference.releases

    def with_release(
        self,
        source: Source,
        system: CodeSystem | str | None = None,
        *,
        valid_from: Day = None,
        valid_to: Day = None,
        complete: bool | None = None,
        edition: str | None = None,
        layout: str | None = None,
        member: str | None = None,
    ) -> Classifier:
        r"""A classifier that answers from a release of yours as well: a licensed list of CPT codes,
        a newer official file, a table of your own. This one stays as it is.

        The layout is recognised from the content. Nothing of the file is written anywhere; see
        `save`.

        Args:
            source: a path, an open file, or bytes; a zip of these is looked into.
            system: the system that it is of, where the file may be of several.
            valid_from: the first day that it speaks for; None where the file says so, or its name
                gives the year and the system has a fixed day of release.
            valid_to: the last day that it speaks for; None for the day before the next release.
            complete: whether codes that are not in it are no codes from that day on. None means so
                for all layouts but value sets, and refuses a file that would end a tenth of them.
            edition: what to call it.
            layout: the id of its layout, where it may have several.
            member: which file of a zip.

        Raises:
            ReleaseError: the file cannot be loaded; the message says where and why.
            OSError: the path cannot be opened.
            ImportError: an Excel workbook, and openpyxl is not installed (extra ``xlsx``).

        >>> from medcodes import Classifier
        >>> mine = Classifier().with_release(
        ...     b"code,title\n90837,Talking for an hour\n", "cpt", valid_from="2026-01-01")
        >>> r = mine.identify("90837", on="2026-06-01")
        >>> str(r.status), r.title
        ('valid', 'Talking for an hour')
        """
        from medcodes.reference.release import Request
        from medcodes.releases.loading import load

        request = Request(
            None if system is None else self._system(system).id,
            None if valid_from is None else to_day(valid_from, "valid_from"),
            None if valid_to is None else to_day(valid_to, "valid_to"),
            complete,
            edition,
            layout,
            member,
        )
        return self._with(load(self.reference, source, request))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was loaded to a file of compiled tables, which `open` reads in milliseconds.

        The licence note of each release is in it. It is written whole or not at all, and only its
        owner may read it: it holds all that you loaded, and is as private as that.

        Raises:
            ValueError: nothing was loaded.
            OSError: it cannot be written, or is there and no regular file.
        """
        from medcodes.reference.compiled import write

        write(self.reference, path)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, systems: SystemNames = None, on: Day = None
    ) -> Classifier:
        """A classifier that answers from a file that `save` wrote, and from the bundled tables.

        Args:
            path: the file.
            systems: the systems to consider, as of the class.
            on: the day that is meant when none is given, as of the class.

        Raises:
            DamagedReference: it is damaged, or was not written by `save`.
            OSError: it cannot be opened.
        """
        from medcodes.reference.compiled import read

        return cls(systems=systems, on=on, reference=read(path))

    def _with(self, reference: Reference) -> Classifier:
        """The same systems and the same day, of another reference."""
        return Classifier(systems=self._allowed, on=self._on, reference=reference)

    # -- the day and the systems ----------------------------------------------------------------

    def ask(self, on: Day, asked: SystemNames, kind: str | None) -> Resolver:
        """Who resolves texts on a day, among some systems; the latest are remembered."""
        if on is None:
            if not self._day_begins <= time() < self._day_ends:
                self._new_day()
        elif isinstance(on, datetime):
            # Equal instants in two time zones are two days, but one key.
            on = to_day(on)
        try:
            return self._resolvers[on, asked, kind]
        except (KeyError, TypeError):
            pass  # asked for the first time, or with a list
        return self._new_resolver(on, asked, kind)

    def _new_resolver(self, on: Day, asked: SystemNames, kind: str | None) -> Resolver:
        if kind not in (None, "diagnosis", "procedure"):
            raise ValueError(f"kind={kind!r} is neither 'diagnosis' nor 'procedure'")
        allowed = self._ids(asked)
        day = to_day(on) if on is not None else self._on or self._today
        # What cannot be a key, or be read twice, is remembered by what it meant.
        lasting = asked is None or isinstance(asked, (str, Names, tuple))
        key = (on, asked if lasting else allowed, kind)
        resolver = self._resolvers.get(key)
        if resolver is None:
            self._make_room()
            resolver = Resolver(day, self._of_kind(allowed, kind), self.reference)
            self._resolvers[key] = resolver
        if on is None and kind is None and len(self._of_today) < _FULL_MEMORIES:
            self._of_today[key[1]] = resolver
        return resolver

    def _make_room(self) -> None:
        """Keep so many days in mind, but the answers only of the latest: claims come by date."""
        if len(self._resolvers) >= _REMEMBERED_RESOLVERS:
            for oldest in list(self._resolvers)[: _REMEMBERED_RESOLVERS // 4]:
                self._resolvers.pop(oldest, None)
        for past in list(self._resolvers.values())[-_FULL_MEMORIES : 1 - _FULL_MEMORIES]:
            past.forget()

    def _new_day(self) -> None:
        today = date.today()
        begins = datetime.combine(today, clock_time.min)
        self._today = today
        usual = Resolver(self._on or today, self._allowed, self.reference)
        self._resolvers = {(None, None, None): usual}
        self._of_today = {None: usual}
        self._day_begins = begins.timestamp()
        self._day_ends = datetime.combine(today, clock_time.max).timestamp()

    def _of_kind(self, asked: tuple[str, ...], kind: str | None) -> tuple[str, ...]:
        return tuple(
            system.id
            for system in self.reference.systems.all
            if system.id in asked and system.id in self._allowed and kind in (None, system.kind)
        )

    def _ids(self, asked: SystemNames) -> tuple[str, ...]:
        """The system ids meant by constants or names, one or several."""
        known = self.reference.systems
        if asked is None:
            return tuple(known.by_id)
        if isinstance(asked, Names):
            return (self._system(asked).id,)
        if isinstance(asked, str):
            found = known.named(asked) or (known.one_named(asked),)
            return tuple(system.id for system in found)
        if not isinstance(asked, Iterable) or isinstance(asked, (bytes, bytearray)):
            raise TypeError(f"systems={asked!r} is no code system, no name of one, no list of them")
        several = tuple(asked)
        if None in several:
            raise TypeError(f"systems={several!r} has None among the systems; leave it out")
        return tuple(dict.fromkeys(name for system in several for name in self._ids(system)))

    def _system(self, system: Names | str) -> CodeSystem:
        """The one system that is meant."""
        known = self.reference.systems
        if not isinstance(system, Names):
            return known.one_named(system)
        found = known.by_id.get(system.id)
        if found is None:
            raise UnknownCodeSystem(f"{system.name} is not among the systems of this classifier")
        return found

    # -- identifying ----------------------------------------------------------------------------

    def identify(
        self, text: str, *, on: Day = None, systems: SystemNames = None, kind: str | None = None
    ) -> Identification:
        """Say what a text is, as a code, on a day.

        Args:
            text: any text at all.
            on: the day of service: a `date` or ISO text; None is today.
            systems: the systems to consider, as constants or by any of their names; one or
                several. It restricts; it does not merely prefer.
            kind: ``"diagnosis"`` or ``"procedure"``, to consider only systems of that kind.

        Returns:
            The best fit, with every other in `alternatives`. Where nothing fits, `system` is
            None, `status` is malformed and `reason` says what is wrong.

        Raises:
            TypeError: `text` is no str. No str raises anything.
            UnknownCodeSystem, ValueError: `systems`, `on` or `kind` make no sense.
            DamagedReference: a table of the installed reference is damaged.

        >>> import medcodes
        >>> r = medcodes.identify("90837")
        >>> r.system.name, r.status.value, [one.label for one in r.categories]
        ('CPT', 'plausible', ['Category I', 'Medicine', 'Psychiatry', 'Psychotherapy'])
        >>> medcodes.identify("25000", on="2012-06-01").system.name
        'ICD-9-CM'
        """
        try:
            # The usual case first: today, of systems that were asked for before.
            if on is None and kind is None and self._day_begins <= time() < self._day_ends:
                return self._of_today[systems].answers[text]
        except (KeyError, TypeError):
            pass
        try:
            return self.ask(on, systems, kind).answers[text]
        except TypeError:
            if not isinstance(text, str):
                raise TypeError(not_text(text)) from None
            raise

    def identify_many(
        self,
        texts: Iterable[str],
        *,
        on: Day | Iterable[Day] = None,
        systems: SystemNames = None,
        kind: str | None = None,
    ) -> list[Identification]:
        """`identify` for many texts: one answer for each, in order.

        Equal texts share one answer, so a column costs little more than its distinct values. `on`
        may also be as many days as there are texts, a day of service for each.

        Raises:
            TypeError: a value that is no str, or a missing day.
            ValueError: more or fewer days than texts; or as `identify`.

        >>> import medcodes
        >>> [str(r.system) for r in medcodes.identify_many(["I10", "0SRB02A"], on="2026-01-01")]
        ['icd10cm', 'icd10pcs']
        >>> days = ["2020-03-31", "2020-04-01"]
        >>> [str(r.status) for r in medcodes.identify_many(["U07.1", "U07.1"], on=days)]
        ['future', 'valid']
        """
        if isinstance(texts, (str, bytes, bytearray)):
            raise TypeError("identify_many takes several texts; for one, use identify")
        if on is None or isinstance(on, (str, date)) or not isinstance(on, Iterable):
            return self.ask(on, systems, kind).identify_each(texts)
        return self._identify_dated(list(texts), list(on), systems, kind)

    def _identify_dated(
        self, texts: list[str], days: list[Day], systems: SystemNames, kind: str | None
    ) -> list[Identification]:
        if len(texts) != len(days):
            raise ValueError(f"on= has {len(days)} days for {len(texts)} texts")
        if None in days:
            raise TypeError(f"on= has no day for the text at place {days.index(None)}")
        places: dict[Day, list[int]] = {}
        for place, day in enumerate(days):
            places.setdefault(to_day(day), []).append(place)
        answers: dict[int, Identification] = {}
        for day, its_places in places.items():
            found = self.ask(day, systems, kind).identify_each([texts[one] for one in its_places])
            answers.update(zip(its_places, found, strict=True))
        return [answers[place] for place in range(len(texts))]

    def find(
        self,
        text: str | Readable | Iterable[str],
        *,
        on: Day = None,
        systems: SystemNames = None,
        kind: str | None = None,
        strictness: str = "cued",
    ) -> Iterator[Found]:
        """The codes in free text, in order.

        Most numbers in a note are no codes, so what stands around them decides. Of a range
        (``99201-99215``) its two ends are found, and a word that says what is coming holds for the
        whole list after it.

        Args:
            text: a text; or a text file, open for reading, or the pieces of a text in order. These
                are read as they are needed, and in pieces of some 65,000 characters.
            on: the day of service; None is today.
            systems: the systems to consider, as constants or by any of their names.
            kind: ``"diagnosis"`` or ``"procedure"``, to consider only systems of that kind.
            strictness: ``"cued"`` finds what the text around it says is a code, or what can be
                nothing else; ``"valid"`` also what is listed and valid on the day; ``"plausible"``
                also bare numbers that may be codes. Each finds all that the one before it does.

        Returns:
            A `Found` for each, with where it is and what `identify` says of it, among the systems
            that the text declares.

        Raises:
            ValueError: there is no such strictness; or as `identify`.
            TypeError: `text`, or a piece of it, is no text. No str raises anything.

        >>> import medcodes
        >>> note = "Spokane, WA 99201. HTN, dx I10. Billed 99213-25 and 36415, $99.21."
        >>> for one in medcodes.find(note, on="2026-06-01"):
        ...     print(one.start, one.text, one.identification.system.name)
        27 I10 ICD-10-CM
        39 99213-25 CPT
        52 36415 CPT
        """
        from medcodes.freetext.finding import find

        return find(self, self.ask(on, systems, kind), text, strictness)

    # -- validating -----------------------------------------------------------------------------

    def validate(
        self,
        code: str,
        systems: SystemNames = None,
        *,
        on: Day = None,
        accept: Statuses = None,
        strict: bool = False,
        headers: bool = False,
        billable: bool = True,
        system: SystemNames = None,
    ) -> str:
        """The canonical form of a valid code.

        Accepts what is valid on the day, and what is plausible where the list is not public.

        Args:
            code: the code as written.
            systems: the system it must belong to, or several; None for any.
            on: the day of service; None is today.
            accept: the statuses that count as good, instead of the two above; or a shorthand:
            strict: only what is listed and valid, not what is merely plausible.
            headers: headings too.
            billable: False is the same as ``headers=True``.
            system: the same as `systems`.

        Raises:
            InvalidCode: `MalformedCode`, `UnknownCode`, `InactiveCode`, `HeaderCode` or
                `AmbiguousCode`; the class is the reason, the message says more.
            TypeError: `code` is no str.
            ValueError: a shorthand beside `accept`, or what is no status.

        >>> import medcodes
        >>> medcodes.validate("e1165", on="2026-01-01")
        'E11.65'
        >>> medcodes.validate("E11", "icd10cm", on="2026-01-01")
        Traceback (most recent call last):
        ...
        medcodes.errors.HeaderCode: 'E11': a heading of ICD-10-CM; only codes below it are billable
        """
        acceptance = Acceptance.of(accept, strict=strict, headers=headers, billable=billable)
        verdict = acceptance.judge(self.ask(on, _either(systems, system), None), exact(code))
        if verdict.code is None:
            raise verdict.error(code)
        return verdict.code

    def is_valid(
        self,
        code: str,
        systems: SystemNames = None,
        *,
        on: Day = None,
        accept: Statuses = None,
        strict: bool = False,
        headers: bool = False,
        billable: bool = True,
        system: SystemNames = None,
    ) -> bool:
        """Whether a text is a valid code: as `validate`, but an ambiguous code is one too.

        Raises nothing on any str.

        >>> import medcodes
        >>> medcodes.is_valid("U07.1", on="2020-03-31"), medcodes.is_valid("U07.1", on="2020-04-01")
        (False, True)
        """
        if system is not None:
            systems = _either(systems, system)
        try:
            if accept is None and billable and not strict and not headers:
                if on is None and self._day_begins <= time() < self._day_ends:
                    return self._of_today[systems].has_fit(code, _USUAL_BITS)
                return self.ask(on, systems, None).has_fit(code, _USUAL_BITS)
        except (KeyError, TypeError, AttributeError):
            pass
        acceptance = Acceptance.of(accept, strict=strict, headers=headers, billable=billable)
        return acceptance.has_fit(self.ask(on, systems, None), exact(code))

    def judge(
        self,
        text: str,
        acceptance: Acceptance,
        *,
        on: Day = None,
        systems: SystemNames = None,
        suggestions: int = 0,
    ) -> Verdict:
        """Whether a text is accepted, why not, and what may have been meant: for other doors."""
        return acceptance.judge(self.ask(on, systems, None), text, suggestions)

    # -- many codes at once ---------------------------------------------------------------------

    def expand(
        self, pattern: str, systems: SystemNames = None, on: Day = None
    ) -> tuple[Identification, ...]:
        """The listed codes that a wildcard, a range or a list of codes stands for.

        Args:
            pattern: ``E11.*``, ``250.xx``, ``48[0-6]%``, ``E11.-``; ``S00-S99``, ``E08-13``;
                ``Z01.411/419``. With a declared system before it, only that is meant.
            systems: the systems to consider, as for `identify`.
            on: the day of service; None is today.

        Returns:
            The codes that are billable on the day, in the order of the systems and of their
            lists; none where all have expired. A range or an open end takes in all that is below;
            headings are left out. A range means the systems that know both of its ends, if any
            does. Of a list, members that are plausible are given too.

        Raises:
            NoPattern: it is no such thing, or a code itself, which a listed code always is.
            NoCodeList: CPT or CDT codes are meant, whose lists are not in the reference. Where a
                wildcard gives codes of other systems, they are given, and those are missing.
            TypeError: `pattern` is no str.

        >>> import medcodes
        >>> [r.code for r in medcodes.expand("E11.3[01]*", on="2026-06-01")][:3]
        ['E11.311', 'E11.319']
        >>> [r.system.id for r in medcodes.expand("I0[0-2].x", on="2026-06-01")][:1]
        ['icd10cm']
        """
        from medcodes.lookup import expanding as wildcards

        resolver = self.ask(on, systems, None)
        found = wildcards.expand(resolver, exact(pattern))
        for system in dict.fromkeys(one.system for one in found):
            assert system is not None
            warn_if_stale(resolver.on_day(system.id), resolver.day)
        return found

    # -- near misses ----------------------------------------------------------------------------

    def suggest(
        self, code: str, systems: SystemNames = None, on: Day = None, limit: int = 5
    ) -> tuple[Suggestion, ...]:
        """Which codes a text that is none may have been meant as, the likeliest first.

        The text is read as by `identify`; a declared prefix restricts. Then slips are undone:
        leading zeros lost and other damage done by spreadsheets, letters and digits that look
        alike, two characters exchanged, one mistyped, lost or too many, a 7th character or a
        placeholder left out. A heading leads to the billable codes below it, and a code that has
        ended to its successors in CMS's conversion tables.

        Nothing is suggested for a text that is a valid code on the day. For one that may be a code
        of CPT, whose list is not public, only what is clearly better.

        Args:
            code: any text at all.
            systems: the systems to consider, as constants or by any of their names; None for all.
            on: the day of service; None is today.
            limit: the greatest number of suggestions.

        Returns:
            Suggestions, each with its reason; an empty tuple where there is none, and for a text
            that is too long to be one slip away from a code.

        Raises:
            TypeError: `code` is no str, or `limit` no int. No str raises anything.
            ValueError: `limit` is negative; or as `identify`.

        >>> import medcodes
        >>> for one in medcodes.suggest("16070", on="2026-06-01", limit=1):
        ...     print(one.code, one.system.name, one.status, one.reason, sep="; ")
        0016070; ICD-10-PCS; valid; leading zeros put back, which a column of numbers drops
        """
        from medcodes.lookup import suggesting as near

        return near.suggest(self.ask(on, systems, None), code, limit)

    # -- looking into a system ------------------------------------------------------------------

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
        system = self._system(system)
        tree = self._tree(system, on)
        found = tree.named(exact(code))
        if found is not None and on is not None:
            warn_if_stale(tree.on_day, to_day(on))
        return found

    def roots(self, system: CodeSystem | str, *, on: Day = None) -> Entries:
        """What stands at the top of a system on a day: its chapters or sections."""
        system = self._system(system)
        tree = self._tree(system, on)
        warn_if_stale(tree.on_day, self.ask(on, system, None).day)
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
        >>> for one in medcodes.complete("e11.6", on="2026-06-01", limit=3):
        ...     print(one.is_billable(), one)
        False E11.6 Type 2 diabetes mellitus with other specified complications
        False E11.61 Type 2 diabetes mellitus with diabetic arthropathy
        True E11.610 Type 2 diabetes mellitus with diabetic neuropathic arthropathy
        """
        from medcodes.hierarchy.completing import complete

        return complete(self.ask(on, systems, kind), text, _at_most(limit))

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
        >>> for one in medcodes.search("psychotherapy", on="2026-06-01", limit=3):
        ...     print(one.system.name, one)
        CPT 90832-90838 Psychotherapy
        CPT 90804-90829 Psychotherapy (old numbers)
        CPT 90839-90840 Psychotherapy for crisis
        """
        from medcodes.hierarchy.searching import search

        return search(self.ask(on, systems, kind), text, _at_most(limit))

    def _tree(self, system: CodeSystem, on: Day) -> Tree:
        from medcodes.hierarchy.tree import Tree

        return Tree(self.ask(on, system, None), system)

    def lists(self, code: str, system: CodeSystem | str) -> bool:
        """Whether a text is a code of a system on any day, or may be; a heading is not."""
        return self.ask(None, system, None).is_ever(code)

    def codes(self, system: CodeSystem | str, *, on: Day = None) -> Iterator[str]:
        """The canonical codes of a system that are valid on a day, in order."""
        system = self._system(system)
        on_day = self._listed(system, on)
        shape = formats.of(system.id)
        listed = self.reference.codes(system.id).billable(on_day.as_of)
        return (formats.dotted(compact, shape.dot_after(compact)) for compact in listed)

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
        system = self._system(system)
        if not self.reference.lists(system.id):
            raise NoCodeList(no_list_message(system))
        return self.reference.codes(system.id)

    def changes(self, system: CodeSystem | str, since: Day, until: Day) -> Changes:
        """What was added to, deleted from and given another title in a system."""
        system = self._system(system)
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
        revisions = self.reference.revisions(system.id)
        titles = self.reference.titles(system.id)
        for compact in revisions:
            code = system.format(compact)
            if code in lasting:
                newest = titles.get(compact) or ""
                before, after = (revisions.title(compact, day) or newest for day in (since, until))
                if before != after:
                    yield Revision(code, before, after)

    def _listed(self, system: CodeSystem, on: Day) -> SystemOnDay:
        if not self.reference.lists(system.id):
            raise NoCodeList(no_list_message(system))
        resolver = self.ask(on, system, None)
        on_day = resolver.on_day(system.id)
        warn_if_stale(on_day, resolver.day)
        warn_if_incomplete(on_day, resolver.day, self.reference)
        return on_day


def _either(systems: SystemNames, system: SystemNames) -> SystemNames:
    """What is given as ``systems=``, or as ``system=``."""
    if system is None:
        return systems
    if systems is not None:
        raise TypeError("systems= and system= are the same: give one of them")
    return system


def _at_most(limit: int | None) -> int | None:
    if limit is not None and not isinstance(limit, int):
        raise TypeError(f"limit={limit!r} is no number; pass an int, or None for no limit")
    if limit is not None and limit < 0:
        raise ValueError(f"limit={limit} is less than 0")
    return limit


_USUAL_BITS = bits(USUAL.statuses)

default = Classifier()
systems.bind(default)
"""All systems, today: the functions of the module `medcodes` are its methods."""
