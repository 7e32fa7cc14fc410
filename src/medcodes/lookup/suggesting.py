"""Near misses: which codes a text that is none may have been meant as.

Every slip by which codes are misspelt in data is undone, and what comes of it is looked up. Where
any character may have been lost or mistyped, the characters that are listed at that place are asked
for, so that nothing scans a list. What is found is ordered by how likely the slip is, and by how
the code stands on the day. It is never more than a suggestion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product
from math import log10
from operator import index

import attrs

from medcodes import formats
from medcodes.lookup import patterns
from medcodes.lookup.resolver import Resolver, exact, warn_if_stale
from medcodes.reference import LEFT_OUT, LISTED_ELSEWHERE, PREFIX, UNLISTED
from medcodes.status import Status
from medcodes.systems import CodeSystem

__all__ = ["Suggestion", "suggest"]


_Slip = tuple[str, float, str, tuple[object, ...]]
"""A text with a slip undone, how unlikely it is, and why: a key of `_WHY` and what goes into it."""


@attrs.frozen
class Suggestion:
    """A code that a text may have been meant as.

    Attributes:
        code: its canonical form.
        system: its code system.
        status: how it stands on the day; never `unknown` or `malformed`.
        reason: what was done to the text to arrive at it, in a few words.
    """

    code: str
    system: CodeSystem
    status: Status
    reason: str


# How unlikely a slip is, in steps. One that leaves few codes to choose from (two characters
# exchanged, a zero lost) comes before one that leaves many (any character in place of another).
_FOLLOWED = _SAME = 0.0
_ZEROS = _ALIKE = _BELOW = _PLACEHOLDER = 1.0
_EXCHANGED = 2.0
_ALIKE_LETTER = 2.5
_DOUBLED = 3.0
_CUT = _EXTRA = _MISSING = 4.0
_NEAR_KEY = 5.0
_ANY_KEY = 6.0

# And how much less likely a code is meant that stands so on the day.
_STANDING = {
    Status.VALID: 0.0,
    Status.PLAUSIBLE: 1.0,
    Status.HEADER: 2.0,
    Status.EXPIRED: 3.0,
    Status.FUTURE: 3.0,
}
_WIDER = 0.2
"""For every power of ten in the width of the range that a code in no list lies in."""

_WHY = {
    "number": "read from a number; a column of numbers drops leading zeros",
    "same": "the same letters and digits, without what stands between them",
    "zeros": "leading zeros put back, which a column of numbers drops",
    "end zeros": "zeros put back at the end, which a column of numbers drops",
    "alike": "{0} in place of {1}, which looks alike",
    "placeholder": "placeholder X put in, so that the last character is the 7th",
    "exchanged": "two neighbours exchanged: {0}, not {1}",
    "followed": "took over from {0} on {1}, by CMS's conversion table",
    "below": "billable, below the heading {0}",
    "7th": "with a 7th character, which {0} needs: {1}",
    "cut": "without {0} at the end: it is not divided so far",
    "doubled": "{0} only once",
    "extra": "without the {0} at character {1}",
    "single": "{0} twice",
    "missing": "{0} put in as character {1}",
    "near key": "{0} in place of {1}, the key beside it, as character {2}",
    "any key": "{0} in place of {1} as character {2}",
}

_UNDOTTED = 3.0
"""For a code without a dot, where the text has one."""
_EARLY = 0.5
"""At most, for a slip towards the front: the first characters of a code are seldom wrong."""
_MUCH_NARROWER = 5
"""What may exist gives way only to what lies in a range so many times as narrow."""

_LONGEST = 10
"""No text of more letters and digits is one slip away from a code."""

_LENGTHS = {
    one.system: sorted(
        {
            length
            for variant in one.variants
            for length in range(variant.shortest, len(variant.positions) + 1)
        }
    )
    for one in formats.ALL
}

_ANY = formats.MODIFIER.variants[0].positions[0]

_ALIKE_PAIRS = ("O0", "I1", "L1", "S5", "B8", "Z2", "G6", "Q0", "D0", "IL")
_ALIKE_TO = {
    one: "".join(pair.replace(one, "") for pair in _ALIKE_PAIRS if one in pair)
    for one in "".join(_ALIKE_PAIRS)
}
_MOST_ALIKE = 4

_SEVEN = 7
_USUAL_7TH = "ADS"
"""Initial encounter, subsequent encounter, sequela."""


def _near_keys() -> dict[str, frozenset[str]]:
    """Keys that touch, on the keyboard or on its pad of digits."""
    rows = ("1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
    board = {key: (x + y / 2, y) for y, row in enumerate(rows) for x, key in enumerate(row)}
    rows = ("789", "456", "123", "0")
    pad = {key: (float(x), y) for y, row in enumerate(rows) for x, key in enumerate(row)}
    near: dict[str, set[str]] = {key: set() for key in board}
    for keys in (board, pad):
        for (one, (x, y)), (other, (u, v)) in product(keys.items(), repeat=2):
            if one != other and abs(x - u) <= 1 and abs(y - v) <= 1:
                near[one].add(other)
    return {key: frozenset(others) for key, others in near.items()}


_NEAR_KEYS = _near_keys()

_WHOLE = re.compile(r"([0-9]{1,9})\.0+|([0-9]{2}),([0-9]{3})")
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]{1,7}))?E\+?0?([0-9]{1,2})")
_WITH_MODIFIERS = re.compile(r"([A-Z0-9]{4,6})(?:[-:, ][A-Z0-9]{2}){1,4}")


def suggest(resolver: Resolver, text: str, limit: int) -> tuple[Suggestion, ...]:
    """The near misses of a text, the likeliest first, at most `limit` of them."""
    text, limit = exact(text), index(limit)
    if limit < 0:
        raise ValueError(f"limit={limit} is less than none")
    core, found, candidates = resolver.read(text)
    if found.problem is not None or len(core) > 2 * _LONGEST:
        return ()
    declared = resolver.allowed if found.declared is None else found.declared
    allowed = tuple(one for one in resolver.allowed if one in declared)
    if not candidates and (joined := _WITH_MODIFIERS.fullmatch(core)):
        core, allowed = joined[1], tuple(one for one in allowed if one in ("cpt", "hcpcs"))
    numbers = _numbers(core)
    plain = core.replace(".", "").isalnum()
    if not candidates and numbers is None and not plain and patterns.parse(core):
        return ()  # it stands for codes, which `expand` gives
    state = 0
    for _, stands, _ in resolver.fits(text) if candidates else ():
        state |= stands.bit
    compact = "".join(one for one in core if one in _ANY)
    if state & Status.VALID.bit or not compact or len(compact) > _LONGEST or not limit:
        return ()
    doubtful = bool(state & Status.PLAUSIBLE.bit)
    searches = [_Search(resolver, system, core, compact, doubtful, limit) for system in allowed]
    # 90837.0 is a number and nothing else; 4E11 may be a code as well.
    as_code = candidates or numbers is None or core.isalnum()
    few = [*_alike(compact), *_exchanged(compact)]
    for search in searches:
        if numbers is not None:
            search.written_as_number(numbers, core)
        if as_code:
            search.likely(core)
            search.look_up(few)
    strong = sum(one[0] < _CUT for search in searches for one in search.found.values())
    if as_code and strong < limit and not doubtful:
        shorter = list(_one_less(compact))
        for search in searches:
            search.look_up(shorter)
            search.any_character()
    return _best(searches, resolver, limit)


def _best(searches: list[_Search], resolver: Resolver, limit: int) -> tuple[Suggestion, ...]:
    ranked = sorted(
        (unlikely, place, compact, number, why, details)
        for place, search in enumerate(searches)
        for compact, (unlikely, number, why, details) in search.found.items()
    )[:limit]
    answer = []
    for _, place, compact, number, why, details in ranked:
        on_day = searches[place].on_day
        warn_if_stale(on_day, resolver.day)
        code = formats.of(on_day.system.id).canonical(compact)
        reason = _WHY[why].format(*details)
        answer.append(Suggestion(code, on_day.system, on_day.states[number].status, reason))
    return tuple(answer)


def _numbers(core: str) -> tuple[str, ...] | None:
    """What a text may have been, without its leading zeros; None for what is not written as one."""
    if whole := _WHOLE.fullmatch(core):
        return (whole[1] or whole[2] + whole[3],)
    if not (parts := _SCIENTIFIC.fullmatch(core)):
        return None
    digits = (parts[1] + (parts[2] or "")).rstrip("0")
    zeros = int(parts[3]) + 1 - len(digits)
    if not digits or not 0 <= zeros <= _LONGEST:
        return ()
    # 02700E6 of ICD-10-PCS is 2.7E+09 to a spreadsheet.
    powers = (f"{digits}{'0' * (zeros - e)}E{e}" for e in range(min(zeros, 9) + 1))
    return (digits + "0" * zeros, *powers)


def _exchanged(compact: str) -> Iterator[_Slip]:
    """Two neighbours the other way round."""
    for place in range(len(compact) - 1):
        one, other = compact[place], compact[place + 1]
        if one != other:
            code = f"{compact[:place]}{other}{one}{compact[place + 2 :]}"
            yield code, _EXCHANGED + _early(place, compact), "exchanged", (other + one, one + other)


def _alike(compact: str) -> Iterator[_Slip]:
    """What looks alike: any one character, or several letters that were typed for digits."""
    places = [place for place, one in enumerate(compact) if one in _ALIKE_TO]
    letters = [place for place in places if compact[place] > "9"]
    chosen: list[tuple[int, ...]] = [(place,) for place in places]
    if len(letters) <= _MOST_ALIKE:
        for count in range(2, len(letters) + 1):
            chosen += combinations(letters, count)
    for some in chosen:
        typed = [compact[place] for place in some]
        # A letter in a number is out of place; a digit among digits is not.
        unlikely = (_ALIKE if typed[0] > "9" else _ALIKE_LETTER) + (len(some) - 1) / 10
        for meant in product(*(_ALIKE_TO[one] for one in typed)):
            characters = list(compact)
            for place, one in zip(some, meant, strict=True):
                characters[place] = one
            yield "".join(characters), unlikely, "alike", (" ".join(meant), " ".join(typed))


def _one_less(compact: str) -> Iterator[_Slip]:
    """One character too many."""
    for place, one in enumerate(compact):
        code = f"{compact[:place]}{compact[place + 1 :]}"
        if one == compact[place + 1 : place + 2]:
            yield code, _DOUBLED, "doubled", (one,)
        else:
            yield code, _EXTRA, "extra", (one, place + 1)


def _early(place: int, compact: str) -> float:
    return _EARLY * (1 - place / len(compact))


def _digits(code: str) -> int:
    return int("".join(one for one in code if one.isdecimal()))


class _Search:
    """The near misses of one text in one system.

    Attributes:
        on_day: how the codes of the system stand on the day.
        found: a code without its dot to how unlikely it is, the number of its history, and why it
            is suggested: a key of `_WHY` and what goes into it.
    """

    __slots__ = (
        "_compact",
        "_doubtful",
        "_fits",
        "_fits_another",
        "_lengths",
        "_limit",
        "_listed",
        "_reference",
        "_shape",
        "_undotted",
        "found",
        "on_day",
    )

    def __init__(
        self,
        resolver: Resolver,
        system: str,
        core: str,
        compact: str,
        doubtful: bool,
        limit: int,
    ) -> None:
        self.on_day = resolver.on_day(system)
        self.found: dict[str, tuple[float, int, str, tuple[object, ...]]] = {}
        self._compact = compact
        self._doubtful = doubtful
        self._limit = limit
        self._fits_another = bool(formats.fitting(core))
        self._reference = resolver.reference
        self._listed = resolver.reference.lists(system)
        self._shape = formats.of(system)
        self._lengths = _LENGTHS[system]
        self._fits = self._shape in formats.fitting(core)
        has_dots = self._shape.variants[0].dot_after is not None
        # The dot of a number says nothing.
        as_it_is = has_dots or "." not in core or _numbers(core) is not None
        self._undotted = 0.0 if as_it_is else _UNDOTTED

    # -- looking up -----------------------------------------------------------------------------

    def _number(self, compact: str) -> int:
        """The number of the history of a code, or `UNLISTED`."""
        return self.on_day.number(compact)

    def _try(self, compact: str, unlikely: float, why: str, *details: object) -> None:
        """Take a code, if it is one, as found."""
        if len(compact) in self._lengths:
            number = self._number(compact)
            if number != UNLISTED:
                self._add(compact, number, unlikely, why, details)

    def look_up(self, slips: list[_Slip]) -> None:
        """Take those of some texts, all of one length, that are codes."""
        if slips and len(slips[0][0]) in self._lengths:
            for compact, unlikely, why, details in slips:
                number = self._number(compact)
                if number != UNLISTED:
                    self._add(compact, number, unlikely, why, details)

    def _add(
        self, compact: str, number: int, unlikely: float, why: str, details: tuple[object, ...]
    ) -> None:
        known = self.found.get(compact)
        if known is not None and known[0] <= unlikely:
            return
        if number in (LISTED_ELSEWHERE, LEFT_OUT):  # known by its range alone
            if self._shape not in formats.fitting(compact):
                return
            width = self._width(compact)
            if self._doubtful and width * _MUCH_NARROWER > self._width(self._compact):
                return
            unlikely += _WIDER * log10(width)
        unlikely += self._undotted
        more = _STANDING.get(self.on_day.states[number].status)
        # On a day of which the reference knows nothing, a listed code is `unknown`.
        if more is not None and (known is None or unlikely + more < known[0]):
            self.found[compact] = (unlikely + more, number, why, details)

    def _width(self, compact: str) -> int:
        """How many numbers the narrowest range has in which a code lies."""
        ranges = self._reference.ranges(self.on_day.system.id).find(compact)
        if not ranges:
            return 10_000
        first, last = (_digits(one) for one in (ranges[-1].first, ranges[-1].last))
        return last - first + 1

    def _fill(self, head: str, tail: str) -> Iterator[tuple[str, str, int]]:
        """Every character that makes a listed code between two texts, the code, its history."""
        place = len(head)
        index = self._reference.codes(self.on_day.system.id).index
        if place < 3:
            for one in index.like(f"{head}?{tail}"[:3]):
                compact = f"{head}{one}{tail}"
                number = self._number(compact)
                if number != UNLISTED:
                    yield one, compact, number
        elif place < PREFIX:
            if head[2] not in index.like(f"{head[:2]}?"):
                return
            index[head[:3]]  # unpacks the category, where nobody has yet
            middle, suffix = tail[: PREFIX - 1 - place], tail[PREFIX - 1 - place :]
            for one in _ANY:
                suffixes = index.get(f"{head}{one}{middle}")
                if suffixes is not None and (number := suffixes.get(suffix, UNLISTED)) >= 0:
                    yield one, f"{head}{one}{tail}", number
        else:
            stem = head[:PREFIX]
            suffixes = index.get(stem)
            if suffixes is None:
                suffixes = index[stem]
            if suffixes:
                begin = head[PREFIX:]
                for one in _ANY:
                    if (number := suffixes.get(f"{begin}{one}{tail}", UNLISTED)) >= 0:
                        yield one, f"{head}{one}{tail}", number

    # -- slips that leave few codes to choose from ------------------------------------------------

    def written_as_number(self, numbers: tuple[str, ...], core: str) -> None:
        """What a spreadsheet or a column of numbers may have made of a code."""
        for digits in numbers:
            self._try(digits, _SAME, "number")
            self._zeros(digits, "number")
        if "." in core and "E" not in core:
            self._zeros_around_the_dot(core)

    def likely(self, core: str) -> None:
        """Slips that can be undone in a few ways."""
        compact = self._compact
        number = self._number(compact) if self._fits else UNLISTED
        if number != UNLISTED:
            self._lead_on(number)
        elif not self._fits:
            # Where the text fits another system as it stands, its dot speaks for that one.
            self._try(compact, _EXCHANGED if self._fits_another else _SAME, "same")
        self._zeros(compact, "zeros")
        if "." in core:
            self._zeros_around_the_dot(core)
        self._without_placeholder()

    def _lead_on(self, number: int) -> None:
        """From a code that has ended to those that followed it, and from a heading down."""
        if self._listed:
            code = self._shape.canonical(self._compact)
            followers = self._reference.successors(self.on_day.system.id).after(self._compact)
            for follower, day in followers:
                if day <= self.on_day.as_of:
                    self._try(follower, _FOLLOWED, "followed", code, day)
            if self.on_day.states[number].heading:
                self._below(code)

    def _below(self, heading: str) -> None:
        """The billable codes below a heading, the shortest first."""
        level, depth = [self._compact], 0.0
        while level and len(self.found) < self._limit:
            headings = []
            for above in level[: self._limit]:
                for one, compact, number in self._fill(above, ""):
                    if self.on_day.states[number].heading:
                        headings.append(compact)
                    elif len(compact) == _SEVEN:
                        usual = 0.0 if one in _USUAL_7TH else 0.05
                        self._add(compact, number, _BELOW + depth + usual, "7th", (heading, one))
                    else:
                        self._add(compact, number, _BELOW + depth, "below", (heading,))
            level, depth = headings, depth + 0.1
        if not self.found:  # a table of ICD-10-PCS: nothing is listed between it and its codes
            table = self._reference.codes(self.on_day.system.id)
            for compact, number in table.starting_with(self._compact):
                if self.on_day.states[number].status is Status.VALID:
                    self._add(compact, number, _BELOW, "below", (heading,))
                if len(self.found) >= self._limit:
                    break

    def _zeros(self, digits: str, why: str) -> None:
        """Zeros that a number loses in front."""
        # What has letters was no number.
        unlikely = _ZEROS if digits.isdecimal() else _DOUBLED
        for length in self._lengths:
            if length > len(digits):
                self._try(digits.zfill(length), unlikely, why)

    def _zeros_around_the_dot(self, core: str) -> None:
        """Zeros that a number with a dot loses at both ends."""
        head, _, tail = core.partition(".")
        place = self._shape.variants[0].dot_after
        if place is None or not (head + tail).isdecimal() or len(head) > place:
            return
        for more in range(3):
            compact = head.zfill(place) + tail + "0" * more
            if compact != self._compact:
                self._try(compact, _ZEROS + more / 10, "end zeros" if more else "zeros")

    def _without_placeholder(self) -> None:
        """A 7th character that stands too far in front: W21.89A for W21.89XA."""
        compact = self._compact
        if self.on_day.system.id == "icd10cm" and 4 <= len(compact) <= 6:
            self._try(f"{compact[:-1]:X<6}{compact[-1]}", _PLACEHOLDER, "placeholder")

    # -- slips that may have come to any character ------------------------------------------------

    def any_character(self) -> None:
        """Characters too many at the end, one lost, one mistyped."""
        self._cut()
        if self._listed:
            self._too_short()
            self._mistyped()
        else:
            self._in_ranges()

    def _cut(self) -> None:
        """More characters than a billable code has: I10.00."""
        compact = self._compact
        for end in range(len(compact) - 2, 2, -1):
            number = self._number(compact[:end]) if end in self._lengths else UNLISTED
            if number >= 0 and not self.on_day.states[number].heading:
                self._add(compact[:end], number, _CUT + 0.5, "cut", (compact[end:],))

    def _too_short(self) -> None:
        compact = self._compact
        if len(compact) + 1 not in self._lengths:
            return
        for place in range(len(compact) + 1):
            for one, code, number in self._fill(compact[:place], compact[place:]):
                if one in compact[max(place - 1, 0) : place + 1]:
                    self._add(code, number, _DOUBLED, "single", (one,))
                else:
                    self._add(
                        code, number, _MISSING + _early(place, compact), "missing", (one, place + 1)
                    )

    def _mistyped(self) -> None:
        compact = self._compact
        if len(compact) not in self._lengths:
            return
        for place, typed in enumerate(compact):
            near, early = _NEAR_KEYS[typed], _early(place, compact)
            for one, code, number in self._fill(compact[:place], compact[place + 1 :]):
                if one in near:
                    self._add(code, number, _NEAR_KEY + early, "near key", (one, typed, place + 1))
                elif one != typed:
                    self._add(code, number, _ANY_KEY + early, "any key", (one, typed, place + 1))

    def _in_ranges(self) -> None:
        """Where no list is public: one character that cannot be right, or a doubled one lost."""
        compact = self._compact
        for place, typed in enumerate(compact):
            self._try(f"{compact[:place]}{typed}{compact[place:]}", _DOUBLED, "single", typed)
        misfit = self._shape.misfit(compact)
        if misfit is None or misfit.position is None or len(compact) not in self._lengths:
            return
        place = misfit.position - 1
        typed = compact[place]
        for one in {one for shape in self._shape.variants for one in shape.positions[place]}:
            code = f"{compact[:place]}{one}{compact[place + 1 :]}"
            if one in _NEAR_KEYS[typed]:
                self._try(code, _NEAR_KEY, "near key", one, typed, place + 1)
            else:
                self._try(code, _ANY_KEY, "any key", one, typed, place + 1)
