"""The classifier: what the functions of the module `medcodes` are methods of."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, Optional, Union

from medcodes import systems
from medcodes.dates import Day, to_day
from medcodes.hierarchy.catalogue import Catalogue
from medcodes.lookup.acceptance import USUAL, Acceptance, Verdict
from medcodes.lookup.answer import Identification
from medcodes.lookup.memory import Resolvers, SystemNames
from medcodes.lookup.resolver import exact, not_text
from medcodes.reference import BUNDLED, Reference
from medcodes.status import Status, bits
from medcodes.systems import CodeSystem

if TYPE_CHECKING:
    from medcodes.freetext.finding import Found, Readable
    from medcodes.lookup.suggesting import Suggestion
    from medcodes.reference.writing import CodeRow
    from medcodes.releases import Release
    from medcodes.releases.opening import ReleaseSource

__all__ = ["Classifier", "SystemNames", "default"]

Statuses = Optional[Collection[Union[Status, str]]]
"""The statuses that count as good; None for the usual ones."""


class Classifier(Catalogue):
    """Answers *what is this code?* for a choice of systems and a day.

    The functions of the module `medcodes` are the methods of one with all systems and today.

    Args:
        systems: the systems to consider, as constants or by any of their names; None for all.
        on: the day that is meant when none is given; None for the day of the call.
        reference: the tables that answers are taken from; the bundled ones by default.
        past_end: what is done with a day past the last one that a list covers: ``"warn"`` answers
            as of that last day, with a `StaleReferenceWarning`; ``"error"`` raises a
            `StaleReferenceError`, from every method and every column.

    Raises:
        ValueError: `past_end` is neither.

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
        past_end: str = "warn",
    ) -> None:
        self.reference = reference
        self._resolvers = Resolvers(reference, systems, on, past_end)
        self.ask = self._resolvers.ask

    def __reduce__(self) -> tuple[Any, ...]:
        """By what it was made of, without what it remembers; a copy begins anew."""
        made = partial(
            type(self),
            systems=self._resolvers.allowed,
            on=self._resolvers.on,
            reference=self.reference,
            past_end=self._resolvers.past_end,
        )
        return made, ()

    # -- releases of the user's own ------------------------------------------------------------

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases that were loaded, oldest first; empty for the bundled reference alone."""
        return self.reference.releases

    def with_release(
        self,
        source: ReleaseSource,
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
            complete: whether codes that are not in it have ended by that day. None means so
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
        from medcodes.releases.loading import Request, load

        request = Request(
            None if system is None else self._resolvers.system(system).id,
            None if valid_from is None else to_day(valid_from, "valid_from"),
            None if valid_to is None else to_day(valid_to, "valid_to"),
            complete,
            edition,
            layout,
            member,
        )
        return self._with(load(self.reference, source, request))

    def with_system(
        self,
        system: CodeSystem,
        codes: Iterable[CodeRow] | None = None,
        *,
        edition: str = "",
        valid_to: Day = None,
    ) -> Classifier:
        """A classifier that knows one more code system: local codes of a payer, say.

        No other classifier sees it. It comes last in the order of precedence.

        Args:
            system: the system: its names, its format (`medcodes.formats.Format`) and its traits.
            codes: rows of a code and its title, with or without the first and last day on which
                it is valid; None where its list is loaded later, by `with_release`.
            edition: what to call the list.
            valid_to: the last day that the list speaks for; None for no end.

        Raises:
            ValueError: its id is that of another system, a row is not a code of it, or a code has
                two rows for a day.
        """
        if system.id in self.reference.systems.by_id:
            raise ValueError(f"there is a code system {system.id!r} already; give it another id")
        reference = self.reference.with_system(system, codes, edition=edition, valid_to=valid_to)
        return self._with(reference, system.id)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was loaded to a file of compiled tables, which `open` reads in milliseconds.

        The licence note of each release is in it. It is written whole or not at all, and only its
        owner may read it: it holds all that you loaded, and is as private as that.

        Raises:
            ValueError: nothing was loaded.
            OSError: it cannot be written, or is there and no regular file.
        """
        self.reference.save(path)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        systems: SystemNames = None,
        on: Day = None,
        past_end: str = "warn",
    ) -> Classifier:
        """A classifier that answers from a file that `save` wrote, and from the bundled tables.

        Args:
            path: the file.
            systems: the systems to consider, as of the class.
            on: the day that is meant when none is given, as of the class.
            past_end: what is done past the end of a list, as of the class.

        Raises:
            DamagedReference: it is damaged, or was not written by `save`.
            OSError: it cannot be opened.
        """
        reference = BUNDLED.opened(path)
        return cls(systems=systems, on=on, reference=reference, past_end=past_end)

    def _with(self, reference: Reference, *more: str) -> Classifier:
        """The same day and the same systems, and more, of another reference."""
        allowed = (*self._resolvers.allowed, *more)
        on, past_end = self._resolvers.on, self._resolvers.past_end
        return Classifier(systems=allowed, on=on, reference=reference, past_end=past_end)

    # -- identifying ----------------------------------------------------------------------------

    def identify(
        self, text: str, *, on: Day = None, systems: SystemNames = None, kind: str | None = None
    ) -> Identification:
        """Say what a text is, as a code, on a day.

        Args:
            text: any text at all.
            on: the day of service: a `date` or ISO text; None is the day of the classifier, today
                if it has none.
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
        >>> r.system.name, r.status.value, [category.label for category in r.categories]
        ('CPT', 'plausible', ['Category I', 'Medicine', 'Psychiatry', 'Psychotherapy'])
        >>> medcodes.identify("25000", on="2012-06-01").system.name
        'ICD-9-CM'
        """
        try:
            # The usual case first: today, of systems that were asked for before. What is not
            # among the remembered answers, a resolver finds.
            resolvers = self._resolvers
            if on is None and kind is None and resolvers.day_begins <= time() < resolvers.day_ends:
                return resolvers.of_today[systems].answers[text]
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
        return self._resolvers.identify_dated(list(texts), list(on), systems, kind)

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

        Most numbers in a note are not codes, so what stands around them decides. Of a range
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
        >>> for found in medcodes.find(note, on="2026-06-01"):
        ...     print(found.start, found.text, found.identification.system.name)
        27 I10 ICD-10-CM
        39 99213-25 CPT
        52 36415 CPT
        """
        from medcodes.freetext.finding import find

        return find(self.ask(on, systems, kind), text, strictness)

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
            InvalidCode: `MalformedCode`, `UnknownCode` (and its `UnverifiedCode`), `InactiveCode`,
                `HeaderCode` or `AmbiguousCode`; the class is the reason, the message says more.
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
                resolvers = self._resolvers
                if on is None and resolvers.day_begins <= time() < resolvers.day_ends:
                    return resolvers.of_today[systems].has_fit(code, _USUAL_BITS)
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
        from medcodes.lookup.expanding import expand

        resolver = self.ask(on, systems, None)
        found = expand(resolver, exact(pattern))
        resolver.check_ends(answer.system.id for answer in found if answer.system is not None)
        return found

    def split(
        self, text: str, *, on: Day = None, systems: SystemNames = None, kind: str | None = None
    ) -> tuple[Identification, ...]:
        """Say what each piece of a cell is that holds several codes.

        Pieces are parted by ``,``, ``;``, ``|``, ``||``, ``~``, tabs, the ends of lines and *and*;
        by ``/``, ``^`` and blanks where codes stand on all sides of them. JSON arrays and braces
        are looked into. Modifiers stay with their code (``99213,25``), and so does a declared
        system (``ICD-10-CM|E11.9``).

        Args:
            text: what the cell holds.
            on: the day of service; None is today.
            systems: the systems to consider, as for `identify`.
            kind: ``"diagnosis"`` or ``"procedure"``, as for `identify`.

        Returns:
            What `identify` says of each piece, in order: of what is no code, too, such as ``N/A``
            or nothing between two separators. One answer for a text that is one code, or none.

        Raises:
            TypeError: `text` is no str.

        >>> import medcodes
        >>> answers = medcodes.split("E11.9;N/A, 99213-25", on="2026-06-01")
        >>> [(r.text, r.status.value) for r in answers]
        [('E11.9', 'valid'), ('N/A', 'malformed'), ('99213-25', 'plausible')]
        """
        from medcodes.lookup.splitting import split

        return split(self.ask(on, systems, kind).answers, exact(text))

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
        >>> for s in medcodes.suggest("16070", on="2026-06-01", limit=1):
        ...     print(s.code, s.system.name, s.status, s.reason, sep="; ")
        0016070; ICD-10-PCS; valid; leading zeros put back, which a column of numbers drops
        """
        from medcodes.lookup.suggesting import suggest

        return suggest(self.ask(on, systems, None), code, limit)


def _either(systems: SystemNames, system: SystemNames) -> SystemNames:
    """What is given as ``systems=``, or as ``system=``."""
    if system is None:
        return systems
    if systems is not None:
        raise TypeError("systems= and system= are the same: give one of them")
    return system


_USUAL_BITS = bits(USUAL.statuses)

default = Classifier()
systems.bind(default)
"""All systems, today: the functions of the module `medcodes` are its methods."""
