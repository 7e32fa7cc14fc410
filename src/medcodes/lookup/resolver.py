"""From a text to the answer, on one day, among some systems, by one reference.

    read the text -> every format that fits -> the state of each on the day -> rank -> answer

`Resolver.resolve` is these five steps. The order is: status, then a written precedence of the
systems (`Systems.all`). What the text says by itself (a dot in its place, a prefix, modifiers)
decides before that which formats fit at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Union

import attrs

from medcodes import formats
from medcodes.entries import Category
from medcodes.lookup import categories, reasons
from medcodes.lookup.answer import Identification, Outcome
from medcodes.lookup.past_end import PAST_END, check_end
from medcodes.lookup.reading import LONGEST, Reader, Reading
from medcodes.lookup.state import CodeState, SystemOnDay, system_on_day
from medcodes.reference import BUNDLED, PREFIX, UNLISTED, Reference
from medcodes.status import NOT_FOUND, RIVALS, Status, bits

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_SHAPES = 8_192


# Sets of statuses are sums of bits, the lowest bit the strongest (see `Status.bit`). What cannot be
# ruled out beside a best status, apart from a second fit of the same status:
_RIVAL_BITS = {status.bit: bits(RIVALS[status] - {status}) for status in Status}
# Two fits of such a status cannot be ruled out beside each other.
_ALIKE = bits(status for status in Status if status in RIVALS[status])
_NO_BIT = 1 << len(Status)

_PLAIN = Reading("")

Candidates = tuple[tuple[dict[str, dict[str, int]], "Outcomes", Union[int, None]], ...]
"""For a shape: of every system that fits, in order, its index, its outcomes, and the place of its
dot."""


class Resolver:
    """Resolves texts on one day, among some systems, by one reference.

    Attributes:
        day: the day.
        allowed: the ids of the systems, in the order of precedence.
        reference: the tables.
        answers: a text to its answer; the latest are remembered.
        reader: what reads texts as codes of the systems of the reference.
    """

    __slots__ = (
        "_candidates",
        "_classes",
        "_everywhere",
        "_formats",
        "_longest",
        "_narrowed",
        "_outcomes",
        "allowed",
        "answers",
        "day",
        "past_end",
        "reader",
        "reference",
    )

    def __init__(
        self,
        day: date,
        allowed: tuple[str, ...],
        reference: Reference = BUNDLED,
        past_end: str = PAST_END[0],
    ) -> None:
        self.day = day
        self.allowed = allowed
        self.reference = reference
        self.past_end = past_end
        self.answers = _Remembered(self)
        self.reader = Reader(reference.systems)
        self._formats = reference.systems.formats
        self._classes = self._formats.classes
        self._longest = self._formats.longest
        self._outcomes: dict[str, Outcomes] = {}
        self._candidates: dict[bytes, Candidates | None] = {}
        self._narrowed: dict[tuple[str, ...], Resolver] = {}
        self._everywhere: Resolver | None = None

    def among(self, *systems: str) -> Resolver:
        """The same, of these systems alone."""
        narrowed = self._narrowed.get(systems)
        if narrowed is None:
            allowed = tuple(system for system in self.allowed if system in systems)
            narrowed = self
            if allowed != self.allowed:
                narrowed = Resolver(self.day, allowed, self.reference, self.past_end)
            self._narrowed[systems] = narrowed
        return narrowed

    @property
    def everywhere(self) -> Resolver:
        """The same, of all systems that the reference knows."""
        if self._everywhere is None:
            everything = tuple(self.reference.systems.by_id)
            self._everywhere = Resolver(self.day, everything, self.reference, self.past_end)
        return self._everywhere

    def forget(self) -> None:
        """Let go of all that is remembered; it will be found again."""
        self.answers.clear()
        self._outcomes.clear()
        self._candidates.clear()
        self._narrowed.clear()
        self._everywhere = None

    # -- the way of a text to its answer ---------------------------------------------------------

    def resolve(self, text: str, check: bool = True) -> Identification:
        """What a text is: the best fit, and whether another cannot be ruled out.

        A day past the end of what is known is checked for, or is left to be by who asks.
        """
        core, reading, candidates = self.read(text)
        if not candidates:
            return self._nothing_fits(text, reading)
        compact = core.replace(".", "") if "." in core else core
        prefix, suffix = compact[:PREFIX], compact[PREFIX:]
        best_bit = _NO_BIT
        seen = twice = 0
        for index, outcomes, its_dot in candidates:
            # Its bit, and what is told of it: where it is clear, and where it is ambiguous.
            outcome = outcomes[index[prefix].get(suffix, UNLISTED)]
            bit = outcome[0]
            twice |= seen & bit
            seen |= bit
            # Equal status leaves the earlier system in front: that is the precedence.
            if bit < best_bit:
                best_bit, best, on_day, dot_after = bit, outcome, outcomes.on_day, its_dot
        if check and on_day.stale:
            check_end(on_day, self.day, self.past_end)
        _, clear, ambiguous = best
        chosen = ambiguous if twice & best_bit & _ALIKE or seen & _RIVAL_BITS[best_bit] else clear
        if reading is not _PLAIN:
            chosen = attrs.evolve(chosen, reading=reading)
        if dot_after is None or len(compact) <= dot_after:
            return Identification(text, compact, chosen)
        return Identification(text, f"{compact[:dot_after]}.{compact[dot_after:]}", chosen)

    def read(self, text: str) -> tuple[str, Reading, Candidates]:
        """The text to be looked up, how it was read, and the systems that it fits."""
        try:
            candidates = self._candidates.get(text.encode().translate(self._classes))
        except UnicodeEncodeError:  # a lone surrogate
            candidates = None
        if candidates is not None:
            return text, _PLAIN, candidates
        return self._read_further(text)

    def _read_further(self, text: str) -> tuple[str, Reading, Candidates]:
        """The same for a text of a shape that was not seen before, or is not a code as it is."""
        candidates = self.candidates(text)
        if candidates is not None:
            return text, _PLAIN, candidates
        reading = self.reader.read(text)
        candidates = self.candidates(reading.core) or ()
        if reading.declared is not None:
            candidates = tuple(
                candidate
                for candidate in candidates
                if candidate[1].on_day.system.id in reading.declared
            )
        return reading.core, reading, candidates

    def candidates(self, text: str) -> Candidates | None:
        """The systems that a text fits as it stands; None when it fits no format at all."""
        if len(text) > self._longest:
            return None
        shape = text.encode("utf-8", "replace").translate(self._classes)
        if shape not in self._candidates:
            if len(self._candidates) >= _REMEMBERED_SHAPES:
                self._candidates.clear()
            self._candidates[shape] = self._of_shape(text)
        return self._candidates[shape]

    def _of_shape(self, text: str) -> Candidates | None:
        fitting = self._formats.fitting(text)
        if not fitting:
            return None
        return tuple(
            (outcomes.on_day.index, outcomes, shape.dot_after(text))
            for shape in fitting
            if shape.system in self.allowed
            for outcomes in [self.outcomes(shape.system)]
        )

    def outcomes(self, system: str) -> Outcomes:
        """The outcomes of a system on the day."""
        outcomes = self._outcomes.get(system)
        if outcomes is None:
            on_day = system_on_day(system, self.day, self.reference)
            outcomes = self._outcomes[system] = Outcomes(on_day, _Source(self))
            self.answers.late |= on_day.stale
        return outcomes

    def on_day(self, system: str) -> SystemOnDay:
        """A system on the day."""
        return self.outcomes(system).on_day

    def check_ends(self, systems: Iterable[str]) -> None:
        """Warn, or raise, where the day lies past the end of what is known of some systems."""
        for system in dict.fromkeys(systems):
            check_end(self.on_day(system), self.day, self.past_end)

    def _nothing_fits(self, text: str, reading: Reading) -> Identification:
        malformed = CodeState(None, Status.MALFORMED, self.day)
        return Identification(text, None, Outcome(malformed, reading, False, _Source(self)))

    # -- other questions about a text ------------------------------------------------------------

    def identify_each(self, texts: Iterable[str]) -> list[Identification]:
        """An answer for each text; equal texts share one."""
        texts = texts if isinstance(texts, list) else list(texts)
        answers = _OfOneCall(self)
        try:
            found = [answers[text] for text in texts]
        except TypeError:
            # What is no text may have no hash either, but it deserves the same words.
            strange = next((text for text in texts if not isinstance(text, str)), None)
            raise TypeError(not_text(strange)) from None
        if self.answers.late:
            late = (answer for answer in answers.values() if answer.as_of != self.day)
            self.check_ends(answer.system.id for answer in late if answer.system is not None)
        return found

    def fits(self, text: str) -> list[tuple[SystemOnDay, CodeState, str]]:
        """Every fit of a text, best first: the system, how the code stands, its canonical form."""
        core, _, candidates = self.read(text)
        compact = core.replace(".", "")
        fits = [
            (outcomes.on_day, outcomes.on_day.state(compact), formats.dotted(compact, dot_after))
            for _, outcomes, dot_after in candidates
        ]
        return sorted(fits, key=lambda fit: fit[1].bit)

    def is_ever(self, text: str) -> bool:
        """Whether some fit of a text is a code on any day, or may be one."""
        core, _, candidates = self.read(text)
        compact = core.replace(".", "") if "." in core else core
        for _, outcomes, _ in candidates:
            if outcomes.on_day.ever[outcomes.on_day.number(compact)]:
                return True
        return False

    def has_fit(self, text: str, accepted: int) -> bool:
        """Whether some fit has one of the accepted statuses, a sum of bits."""
        core, _, candidates = self.read(text)
        compact = core.replace(".", "") if "." in core else core
        prefix, suffix = compact[:PREFIX], compact[PREFIX:]
        for index, outcomes, _ in candidates:
            if outcomes[index[prefix].get(suffix, UNLISTED)][0] & accepted:
                check_end(outcomes.on_day, self.day, self.past_end)
                return True
        # A code that is refused may be newer than the list.
        for _, outcomes, _ in candidates:
            check_end(outcomes.on_day, self.day, self.past_end)
        return False


class Outcomes(dict[int, tuple[int, Outcome, Outcome]]):
    """Number of a history to its bit, and its outcome for plain texts: clear and ambiguous."""

    __slots__ = ("_source", "on_day")

    def __init__(self, on_day: SystemOnDay, source: _Source) -> None:
        super().__init__()
        self.on_day = on_day
        self._source = source

    def __missing__(self, number: int) -> tuple[int, Outcome, Outcome]:
        state = self.on_day.states[number]
        clear, ambiguous = (
            Outcome(state, _PLAIN, ambiguous, self._source) for ambiguous in (False, True)
        )
        outcomes = self[number] = (state.bit, clear, ambiguous)
        return outcomes


class _OfOneCall(dict[str, Identification]):
    """The answers of one call, each text resolved once."""

    __slots__ = ("_resolve",)

    def __init__(self, resolver: Resolver) -> None:
        super().__init__()
        self._resolve = resolver.resolve

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self[text] = self._resolve(text, check=False)
        return answer


class _Remembered(_OfOneCall):
    """The latest answers of a resolver.

    Attributes:
        day: that of the resolver.
        late: whether it is past the end of some list.
    """

    __slots__ = ("day", "late")

    def __init__(self, resolver: Resolver) -> None:
        super().__init__(resolver)
        self.day = resolver.day
        self.late = False

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self._resolve(text)
        # What is past the end of a list is said to everyone who asks.
        if len(text) <= LONGEST and not (self.late and answer.as_of != self.day):
            if len(self) >= _REMEMBERED_ANSWERS:
                self.clear()
            self[text] = answer
        return answer


@attrs.frozen(eq=False)
class _Source:
    """Where an answer looks up what it does not carry: the protocol `answer.Source`."""

    _resolver: Resolver
    _is_alternative: bool = False

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        # What is in no list is filed nowhere, whatever its neighbours are filed under.
        if answer.system is None or answer.compact is None or answer.status in NOT_FOUND:
            return ()
        reference = self._resolver.reference
        return categories.categories(answer.system.id, answer.compact, reference, answer.as_of)

    def title(self, answer: Identification) -> str | None:
        reference = self._resolver.reference
        if answer.system is None or answer.compact is None:
            return None
        if not reference.lists(answer.system.id):
            return None
        return reference.title(answer.system.id, answer.compact, answer.as_of)

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        if self._is_alternative:
            return ()
        resolver, text = self._resolver, answer.text
        _, reading, _ = resolver.read(text)
        source = _Source(resolver, is_alternative=True)
        return tuple(
            Identification(text, code, Outcome(state, reading, False, source))
            for on_day, state, code in resolver.fits(text)
            if on_day.system is not answer.system
        )

    def reason(self, answer: Identification) -> str:
        return reasons.reason(answer, self._resolver)

    def unlisted(self, answer: Identification) -> tuple[str, ...]:
        return reasons.unlisted(answer, self._resolver)


def exact(text: str) -> str:
    """The text of a subclass of str, so that no answer carries the class of who asked first."""
    if not isinstance(text, str):
        raise TypeError(not_text(text))
    return str.__str__(text)


def not_text(value: object) -> str:
    """What to say to a value that is no text."""
    if value is None:
        return "a code must be a str, got None; drop missing values first"
    if isinstance(value, (int, float)):
        return (
            f"{value!r} is a number, and a code read as a number has lost its leading zeros "
            "(00100 becomes 100); read the column as text"
        )
    if isinstance(value, (bytes, bytearray)):
        return f"{value!r} is bytes; decode it first"
    return f"a code must be a str, not {type(value).__name__}"
