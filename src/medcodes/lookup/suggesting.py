"""Which codes an invalid one may have been meant as.

Every typo by which codes are misspelt in data is undone, and the result is looked up. Where any
character may have been lost or mistyped, only the characters that are listed at that place are
tried, so that nothing scans a list. What is found is ordered by its penalty: how unlikely the typo
is, and how the code stands on the day. It is never more than a suggestion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log10
from operator import index

import attrs

from medcodes.formats import Format
from medcodes.lookup import patterns, typos
from medcodes.lookup.resolver import Resolver, exact
from medcodes.lookup.typos import Correction, Details, Undone, position_penalty
from medcodes.reference import PREFIX, UNLISTED
from medcodes.status import Status
from medcodes.systems import CodeSystem


@attrs.frozen
class Suggestion:
    """A code that a text may have been meant as.

    Attributes:
        code: its canonical form.
        system: its code system.
        status: how it stands on the day; never `unknown` or `malformed`.
        reason: what was done to the text to arrive at it, in a few words.
        title: its official title on the day; None where it is not public, or no source has it.
    """

    code: str
    system: CodeSystem
    status: Status
    reason: str
    title: str | None = None


# What leads from a text to a code, besides what `typos` undoes. Where the penalties come from is
# said at `Correction`.
_NUMBER = Correction(0.0, "read from a number; a column of numbers drops leading zeros")
_SAME = Correction(0.0, "the same letters and digits, without what stands between them")
_FOLLOWED = Correction(0.0, "took over from {0} on {1}, by CMS's conversion table")
_ZEROS = Correction(1.0, "leading zeros put back, which a column of numbers drops")
_END_ZEROS = Correction(1.0, "zeros put back at the end, which a column of numbers drops")
_PLACEHOLDER = Correction(1.0, "placeholder X put in, so that the last character is the 7th")
_BELOW = Correction(1.0, "billable, below the heading {0}")
_SEVENTH = Correction(1.0, "with a 7th character, which {0} needs: {1}")
_ONCE = Correction(typos.DOUBLED.penalty, "{0} twice")
_MISSING = Correction(4.0, "{0} put in as character {1}")
_CUT = Correction(4.5, "without {0} at the end: it is not divided so far")
_ADJACENT_KEY = Correction(5.0, "{0} in place of {1}, the key beside it, as character {2}")
_ANY_KEY = Correction(6.0, "{0} in place of {1} as character {2}")

_STRONG = 4.0
"""What has a smaller penalty leaves few codes to choose from."""
_OF_STATUS = {
    Status.VALID: 0.0,
    Status.PLAUSIBLE: 1.0,
    Status.HEADER: 2.0,
    Status.EXPIRED: 3.0,
    Status.FUTURE: 3.0,
}
"""How much less likely a code is meant that stands so on the day."""
_WIDER = 0.2
"""For every power of ten in the width of the range that a code in no list lies in."""
_UNDOTTED = 3.0
"""For a code without a dot, where the text has one."""
_LETTERS_LOST_ZEROS = 2.0
"""More for zeros lost from what has letters, and so was no number."""
_UNUSUAL_SEVENTH = 0.05
_USUAL_SEVENTHS = "ADS"
"""Initial encounter, subsequent encounter, sequela."""
_DEEPER = 0.1
"""For every level below a heading."""
_SEVEN = 7
_MUCH_NARROWER = 5
"""What may exist gives way only to what lies in a range so many times as narrow."""

_ANY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WITH_MODIFIERS = re.compile(r"([A-Z0-9]{4,6})(?:[-:, ][A-Z0-9]{2}){1,4}")


def suggest(resolver: Resolver, text: str, limit: int) -> tuple[Suggestion, ...]:
    """What a text may have been meant as, the likeliest first, at most `limit` codes."""
    text, limit = exact(text), index(limit)
    if limit < 0:
        raise ValueError(f"limit must be 0 or more, got {limit}")
    core, reading, candidates = resolver.read(text)
    if reading.problem is not None or len(core) > 2 * typos.LONGEST:
        return ()
    known = resolver.reference.systems
    declared = resolver.allowed if reading.declared is None else reading.declared
    systems = [known.by_id[system] for system in resolver.allowed if system in declared]
    if not candidates and (joined := _WITH_MODIFIERS.fullmatch(core)):
        core, systems = joined[1], [system for system in systems if system.traits.takes_modifiers]
    numbers = typos.numbers(core)
    is_plain = candidates or numbers is not None or core.replace(".", "").isalnum()
    if not is_plain and patterns.parse(core, known.formats):
        return ()  # it stands for codes, which `expand` gives
    statuses = {state.status for _, state, _ in resolver.fits(text)} if candidates else set()
    compact = "".join(character for character in core if character in _ANY)
    if Status.VALID in statuses or not compact or len(compact) > typos.LONGEST or not limit:
        return ()
    may_exist = Status.PLAUSIBLE in statuses
    query = _Query(core, compact, numbers, known.formats.fitting(core), may_exist, limit)
    searches = [_Search(resolver, system, query) for system in systems]
    # 90837.0 is a number and nothing else; 4E11 may be a code as well.
    _undo_typos(searches, query, bool(candidates) or numbers is None or core.isalnum())
    return _best(searches, resolver, limit)


@attrs.frozen
class _Query:
    """A text that codes are suggested for.

    Attributes:
        core: what was read, with its dots.
        compact: its letters and digits.
        numbers: what it is as a number that a spreadsheet wrote, or None.
        fitting: the formats that it fits as it stands.
        may_exist: whether it may be a code itself, of a list that is not public.
        limit: how many codes are wanted.
    """

    core: str
    compact: str
    numbers: tuple[str, ...] | None
    fitting: tuple[Format, ...]
    may_exist: bool
    limit: int


def _undo_typos(searches: list[_Search], query: _Query, as_code: bool) -> None:
    """Undo the likely typos, and where those lead to few codes, the others."""
    few = [*typos.lookalikes(query.compact), *typos.exchanged(query.compact)] if as_code else []
    for search in searches:
        search.read_as_number()
        if as_code:
            search.likely()
            search.look_up(few)
    found = sum(found[0] < _STRONG for search in searches for found in search.found.values())
    if as_code and found < query.limit and not query.may_exist:
        shorter = list(typos.one_less(query.compact))
        for search in searches:
            search.look_up(shorter)
            search.any_character()


def _best(searches: list[_Search], resolver: Resolver, limit: int) -> tuple[Suggestion, ...]:
    ranked = sorted(
        (penalty, place, compact, number, correction, details)
        for place, search in enumerate(searches)
        for compact, (penalty, number, correction, details) in search.found.items()
    )[:limit]
    suggestions = []
    for _, place, compact, number, correction, details in ranked:
        on_day = searches[place].on_day
        resolver.check_ends([on_day.system.id])
        code = on_day.system.shape.canonical(compact)
        status, reason = on_day.states[number].status, correction.sentence.format(*details)
        title = None
        if resolver.reference.lists(on_day.system.id):
            title = resolver.reference.title(on_day.system.id, compact, on_day.as_of)
        suggestions.append(Suggestion(code, on_day.system, status, reason, title))
    return tuple(suggestions)


def _digits(code: str) -> int:
    return int("".join(filter(str.isdecimal, code)))


class _Search:
    """What one text may have been meant as in one system.

    Attributes:
        on_day: the system on the day.
        found: a code without its dot to its penalty, the number of its history, the correction
            that leads to it, and what goes into the sentence of that.
    """

    def __init__(self, resolver: Resolver, system: CodeSystem, query: _Query) -> None:
        self.on_day = resolver.on_day(system.id)
        self.found: dict[str, tuple[float, int, Correction, Details]] = {}
        self._query = query
        self._compact = query.compact
        self._system = system
        self._shape = system.shape
        self._reference = resolver.reference
        listed = resolver.reference.lists(system.id)
        self._table = resolver.reference.codes(system.id) if listed else None
        has_dots = system.shape.variants[0].dot_after is not None
        # The dot of a number says nothing.
        is_fine = has_dots or "." not in query.core or query.numbers is not None
        self._undotted = 0.0 if is_fine else _UNDOTTED

    # -- looking up -----------------------------------------------------------------------------

    def look_up(self, undone: list[Undone]) -> None:
        """Take those of some texts, all of one length, that are codes."""
        if undone and len(undone[0][0]) in self._shape.lengths:
            number_of, begins = self.on_day.number, self._shape.first_characters
            for compact, correction, penalty, details in undone:
                if compact[0] in begins and (number := number_of(compact)) != UNLISTED:
                    self._add(compact, number, penalty, correction, details)

    def _try(
        self, compact: str, correction: Correction, *details: object, more: float = 0.0
    ) -> None:
        """Take a text if it is a code."""
        if len(compact) in self._shape.lengths:
            number = self.on_day.number(compact)
            if number != UNLISTED:
                self._add(compact, number, correction.penalty + more, correction, details)

    def _add(
        self, compact: str, number: int, penalty: float, correction: Correction, details: Details
    ) -> None:
        known = self.found.get(compact)
        if known is not None and known[0] <= penalty:
            return
        status = self.on_day.states[number].status
        if number < 0:  # known by its range alone
            may_be = status is Status.PLAUSIBLE
            if not may_be or self._shape not in self._reference.systems.formats.fitting(compact):
                return
            width = self._width(compact)
            if self._query.may_exist and width * _MUCH_NARROWER > self._width(self._compact):
                return
            penalty += _WIDER * log10(width)
        penalty += self._undotted
        more = _OF_STATUS.get(status)
        # On a day of which the reference knows nothing, a listed code is `unknown`.
        if more is not None and (known is None or penalty + more < known[0]):
            self.found[compact] = (penalty + more, number, correction, details)

    def _width(self, compact: str) -> int:
        """How many numbers the narrowest range has in which a code lies."""
        ranges = self._reference.ranges(self._system.id).find(compact)
        if not ranges:
            return 10_000
        return _digits(ranges[-1].last) - _digits(ranges[-1].first) + 1

    def _completions(self, head: str, tail: str) -> Iterator[tuple[str, str, int]]:
        """Every character that makes a listed code between two texts, the code, its history."""
        assert self._table is not None
        place, index = len(head), self._table.index
        if place < 3:
            for character in index.like(f"{head}?{tail}"[:3]):
                compact = f"{head}{character}{tail}"
                # Most are not listed, and a look at what is unpacked is quicker than a look-up.
                if compact[:3] in index.pending or compact[:PREFIX] in index:
                    number = self.on_day.number(compact)
                    if number != UNLISTED:
                        yield character, compact, number
        elif place < PREFIX:
            if head[2] not in index.like(f"{head[:2]}?"):
                return
            index[head[:3]]  # unpacks the category, where it is not unpacked yet
            middle, suffix = tail[: PREFIX - 1 - place], tail[PREFIX - 1 - place :]
            suffixes_of = index.get
            for character in _ANY:
                suffixes = suffixes_of(f"{head}{character}{middle}")
                if suffixes is not None and (number := suffixes.get(suffix, UNLISTED)) >= 0:
                    yield character, f"{head}{character}{tail}", number
        elif suffixes := index[head[:PREFIX]]:
            begin, number_of = head[PREFIX:], suffixes.get
            for character in _ANY:
                if (number := number_of(f"{begin}{character}{tail}", UNLISTED)) >= 0:
                    yield character, f"{head}{character}{tail}", number

    # -- typos that leave few codes to choose from ------------------------------------------------

    def read_as_number(self) -> None:
        """What a spreadsheet or a column of numbers may have made of a code."""
        for digits in self._query.numbers or ():
            self._try(digits, _NUMBER)
            self._zeros(digits, _NUMBER, more=_ZEROS.penalty)
        if self._query.numbers is not None and "E" not in self._query.core:
            self._zeros_around_the_dot()

    def likely(self) -> None:
        """Typos that can be undone in a few ways."""
        fits = self._shape in self._query.fitting
        number = self.on_day.number(self._compact) if fits else UNLISTED
        if number != UNLISTED:
            self._lead_on(number)
        elif not fits:
            # Where the text fits another system as it stands, its dot speaks for that one.
            more = typos.EXCHANGED.penalty if self._query.fitting else 0.0
            self._try(self._compact, _SAME, more=more)
        self._zeros(self._compact, _ZEROS)
        self._zeros_around_the_dot()
        self._without_placeholder()

    def _lead_on(self, number: int) -> None:
        """From a code that has ended to those that followed it, and from a heading down."""
        if self._table is None:
            return
        code = self._shape.canonical(self._compact)
        followers = self._reference.successors(self._system.id).after(self._compact)
        for follower, day in followers:
            if day <= self.on_day.as_of:
                self._try(follower, _FOLLOWED, code, day)
        if self.on_day.states[number].heading:
            self._below(code)

    def _below(self, heading: str) -> None:
        """The billable codes below a heading, the shortest first."""
        assert self._table is not None
        limit = self._query.limit
        level, more = [self._compact], 0.0
        while level and len(self.found) < limit:
            headings = []
            for above in level[:limit]:
                for character, compact, number in self._completions(above, ""):
                    if self.on_day.states[number].heading:
                        headings.append(compact)
                    elif len(compact) == _SEVEN:
                        unusual = 0.0 if character in _USUAL_SEVENTHS else _UNUSUAL_SEVENTH
                        penalty = _SEVENTH.penalty + more + unusual
                        self._add(compact, number, penalty, _SEVENTH, (heading, character))
                    else:
                        self._add(compact, number, _BELOW.penalty + more, _BELOW, (heading,))
            level, more = headings, more + _DEEPER
        if not self.found:  # a table of ICD-10-PCS: nothing is listed between it and its codes
            for compact, number in self._table.starting_with(self._compact):
                if self.on_day.states[number].status is Status.VALID:
                    self._add(compact, number, _BELOW.penalty, _BELOW, (heading,))
                if len(self.found) >= limit:
                    break

    def _zeros(self, digits: str, correction: Correction, more: float = 0.0) -> None:
        """Zeros that a number loses in front."""
        if not digits.isdecimal():
            more += _LETTERS_LOST_ZEROS
        for length in self._shape.lengths:
            if length > len(digits):
                self._try(digits.zfill(length), correction, more=more)

    def _zeros_around_the_dot(self) -> None:
        """Zeros that a number with a dot loses at both ends."""
        head, dot, tail = self._query.core.partition(".")
        place = self._shape.variants[0].dot_after
        if not dot or place is None or not (head + tail).isdecimal() or len(head) > place:
            return
        for count in range(3):
            compact = head.zfill(place) + tail + "0" * count
            if compact != self._compact:
                self._try(compact, _END_ZEROS if count else _ZEROS, more=count / 10)

    def _without_placeholder(self) -> None:
        """A 7th character that stands too far in front: W21.89A for W21.89XA."""
        compact = self._compact
        if self._system.traits.seventh_characters and 4 <= len(compact) < _SEVEN:
            self._try(f"{compact[:-1]:X<6}{compact[-1]}", _PLACEHOLDER)

    # -- typos of any character -------------------------------------------------------------------

    def any_character(self) -> None:
        """Characters too many at the end, one lost, one mistyped."""
        self._cut()
        if self._table is None:
            self._in_ranges()
        else:
            self._one_lost()
            self._mistyped()

    def _cut(self) -> None:
        """More characters than a billable code has: I10.00."""
        compact = self._compact
        for end in range(len(compact) - 2, 2, -1):
            number = self.on_day.number(compact[:end]) if end in self._shape.lengths else UNLISTED
            if number >= 0 and not self.on_day.states[number].heading:
                self._add(compact[:end], number, _CUT.penalty, _CUT, (compact[end:],))

    def _one_lost(self) -> None:
        compact = self._compact
        if len(compact) + 1 not in self._shape.lengths:
            return
        for place in range(len(compact) + 1):
            penalty = _MISSING.penalty + position_penalty(place, compact)
            for character, code, number in self._completions(compact[:place], compact[place:]):
                if character in compact[max(place - 1, 0) : place + 1]:
                    self._add(code, number, _ONCE.penalty, _ONCE, (character,))
                else:
                    self._add(code, number, penalty, _MISSING, (character, place + 1))

    def _mistyped(self) -> None:
        compact = self._compact
        if len(compact) not in self._shape.lengths:
            return
        for place, typed in enumerate(compact):
            adjacent, early = typos.ADJACENT_KEYS[typed], position_penalty(place, compact)
            for character, code, number in self._completions(compact[:place], compact[place + 1 :]):
                if character != typed:
                    correction = _ADJACENT_KEY if character in adjacent else _ANY_KEY
                    penalty, details = correction.penalty + early, (character, typed, place + 1)
                    self._add(code, number, penalty, correction, details)

    def _in_ranges(self) -> None:
        """Where no list is public: one character that cannot be right, or a doubled one lost."""
        compact = self._compact
        for place, typed in enumerate(compact):
            self._try(f"{compact[:place]}{typed}{compact[place:]}", _ONCE, typed)
        misfit = self._shape.misfit(compact)
        if misfit is None or misfit.position is None or len(compact) not in self._shape.lengths:
            return
        place = misfit.position - 1
        typed = compact[place]
        for character in set().union(*(shape.positions[place] for shape in self._shape.variants)):
            code = f"{compact[:place]}{character}{compact[place + 1 :]}"
            correction = _ADJACENT_KEY if character in typos.ADJACENT_KEYS[typed] else _ANY_KEY
            self._try(code, correction, character, typed, place + 1)
