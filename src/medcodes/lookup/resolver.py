"""From a text to the answer: every format that fits, how each stands on the day, in order.

    read the text  ->  every format that fits  ->  how each stands on the day  ->  order

The order is: status, then a written precedence of the systems (`systems.ALL`). What the text says
by itself (a dot in its place, a prefix, modifiers) decides before that which formats fit at all.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from datetime import date
from typing import Union

import attrs

from medcodes import formats
from medcodes.entries import Category
from medcodes.errors import StaleReferenceWarning
from medcodes.formats import CLASSES, LONGEST
from medcodes.lookup import categories, reading, reasons, state
from medcodes.lookup.answer import Identification, Outcome
from medcodes.lookup.state import CodeIndex, CodeState, SystemOnDay
from medcodes.reference import BUNDLED, NOTHING, PREFIX, UNLISTED, Reference
from medcodes.status import Status

__all__ = [
    "HEADER",
    "PLAUSIBLE",
    "VALID",
    "Resolver",
    "exact",
    "not_text",
    "warn_if_incomplete",
    "warn_if_stale",
]

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_SHAPES = 8_192

_warned: set[str] = set()

# Sets of statuses are sums of bits, the lowest bit the strongest (see `CodeState.bit`).
VALID, HEADER, PLAUSIBLE = (
    1 << status.rank for status in (Status.VALID, Status.HEADER, Status.PLAUSIBLE)
)
# What cannot be ruled out beside a best status, apart from a second fit of the same status.
_RIVALS = {1 << status.rank: 0 for status in Status} | {VALID: PLAUSIBLE, HEADER: PLAUSIBLE}
_NO_BIT = 1 << len(Status)

_PLAIN = reading.Reading("")

Candidates = tuple[tuple[CodeIndex, "_Outcomes", Union[int, None]], ...]
"""For a shape: of every system that fits, in order, its index, its outcomes, and the place of its
dot."""


class _Outcomes(dict[int, tuple[int, Outcome, Outcome]]):
    """Number of a history to its bit, and its outcome for plain texts: clear and ambiguous."""

    __slots__ = ("on_day", "resolver")

    def __init__(self, resolver: Resolver, on_day: SystemOnDay) -> None:
        super().__init__()
        self.resolver = resolver
        self.on_day = on_day

    def __missing__(self, number: int) -> tuple[int, Outcome, Outcome]:
        stands = self.on_day.states[number]
        clear, ambiguous = (
            Outcome(stands, _PLAIN, ambiguous, self.resolver.source) for ambiguous in (False, True)
        )
        outcomes = self[number] = (stands.bit, clear, ambiguous)
        return outcomes


class Resolver(dict[str, Identification]):
    """What is asked beside the text: the day, the systems, and of which tables.

    Remembers its latest answers.
    """

    __slots__ = ("_candidates", "_outcomes", "allowed", "day", "reference", "source")

    def __init__(self, day: date, allowed: tuple[str, ...], reference: Reference = BUNDLED) -> None:
        super().__init__()
        self.day = day
        self.allowed = allowed
        self.reference = reference
        self._outcomes: dict[str, _Outcomes] = {}
        self.source = _Source(self, False)
        self._candidates: dict[bytes, Candidates | None] = {}

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self.answer(text)
        if len(text) <= reading.LONGEST:
            if len(self) >= _REMEMBERED_ANSWERS:
                self.clear()
            self[text] = answer
        return answer

    def among(self, *systems: str) -> Resolver:
        """The same resolver, of these systems alone."""
        allowed = tuple(one for one in self.allowed if one in systems)
        return Resolver(self.day, allowed, self.reference)

    def on_day(self, system: str) -> SystemOnDay:
        """A system on the day."""
        return self.outcomes(system).on_day

    def outcomes(self, system: str) -> _Outcomes:
        """The outcomes of a system on the day."""
        outcomes = self._outcomes.get(system)
        if outcomes is None:
            outcomes = self._outcomes[system] = _Outcomes(
                self, state.system_on_day(system, self.day, self.reference)
            )
        return outcomes

    # -- candidates ---------------------------------------------------------------------------

    def candidates(self, text: str) -> Candidates | None:
        """The systems for a short text as it stands; None when it fits no format at all."""
        shape = text.encode("utf-8", "replace").translate(CLASSES)
        try:
            return self._candidates[shape]
        except KeyError:
            return self._new_candidates(shape, text)

    def _new_candidates(self, shape: bytes, text: str) -> Candidates | None:
        if len(self._candidates) >= _REMEMBERED_SHAPES:
            self._candidates.clear()
        fitting = formats.fitting(text)
        candidates = None
        if fitting:
            systems_that_fit = [one.system for one in fitting if one.system in self.allowed]
            candidates = tuple(
                (
                    outcomes.on_day.index,
                    outcomes,
                    formats.of(outcomes.on_day.system.id).dot_after(text),
                )
                for outcomes in map(self.outcomes, systems_that_fit)
            )
        self._candidates[shape] = candidates
        return candidates

    def read(self, text: str) -> tuple[str, reading.Reading, Candidates]:
        """The text to be looked up, how it was read, and the systems that it fits."""
        if not isinstance(text, str):
            raise TypeError(not_text(text))
        if len(text) <= LONGEST and (fitting := self.candidates(text)) is not None:
            return text, _PLAIN, fitting
        found = reading.read(text)
        candidates = (self.candidates(found.core) if len(found.core) <= LONGEST else None) or ()
        if found.declared is not None:
            candidates = tuple(
                entry for entry in candidates if entry[1].on_day.system.id in found.declared
            )
        return found.core, found, candidates

    def fits(self, text: str) -> list[tuple[SystemOnDay, CodeState, str]]:
        """Every fit of a text, best first: the on_day, how the code stands, its canonical form."""
        core, _, candidates = self.read(text)
        compact = core.replace(".", "")
        fits = [
            (
                outcomes.on_day,
                state.state_of(outcomes.on_day, compact),
                formats.dotted(compact, dot_after),
            )
            for _, outcomes, dot_after in candidates
        ]
        # Equal status leaves the earlier system in front: that is the precedence.
        return sorted(fits, key=lambda fit: fit[1].bit)

    def accepts(self, text: str, accepted: int) -> bool:
        """Whether some fit has one of the accepted statuses."""
        candidates = None
        if len(text) <= LONGEST and text.isascii():
            candidates = self._candidates.get(text.encode().translate(CLASSES))
        if candidates is None:
            text, _, candidates = self.read(text)
        compact = text.replace(".", "") if "." in text else text
        stem, suffix = compact[:PREFIX], compact[PREFIX:]
        for index, outcomes, _ in candidates:
            suffixes = index.get(stem)
            if suffixes is None:
                suffixes = index[stem] if stem[:3] in index.pending else index.get(stem, NOTHING)
            if outcomes[suffixes.get(suffix, UNLISTED)][0] & accepted:
                warn_if_stale(outcomes.on_day, self.day)
                return True
        return False

    # -- answers ------------------------------------------------------------------------------

    def answer(self, text: str) -> Identification:
        """The best fit, and whether another cannot be ruled out."""
        # The usual case, a short text of a known shape, is `read` written out.
        if len(text) <= LONGEST and text.isascii():
            candidates = self._candidates.get(text.encode().translate(CLASSES))
            if candidates:
                return self._weigh(text, text, _PLAIN, candidates)
        core, found, candidates = self.read(text)
        if candidates:
            return self._weigh(text, core, found, candidates)
        malformed = CodeState(None, Status.MALFORMED, self.day)
        return Identification(text, None, Outcome(malformed, found, False, self.source))

    def answer_each(self, texts: Iterable[str]) -> list[Identification]:
        """An answer for each text; equal texts share one."""
        texts = texts if isinstance(texts, list) else list(texts)
        answers = _Answers(self)
        try:
            return [answers[text] for text in texts]
        except TypeError:
            # What is no text may have no hash either, but it deserves the same words.
            strange = next((one for one in texts if not isinstance(one, str)), None)
            raise TypeError(not_text(strange)) from None

    def _weigh(
        self, text: str, core: str, found: reading.Reading, candidates: Candidates
    ) -> Identification:
        compact = core.replace(".", "") if "." in core else core
        stem, suffix = compact[:PREFIX], compact[PREFIX:]
        best_bit = _NO_BIT
        seen = twice = 0
        for index, outcomes, its_dot in candidates:
            suffixes = index.get(stem)
            if suffixes is None:
                suffixes = index[stem] if stem[:3] in index.pending else index.get(stem, NOTHING)
            outcome = outcomes[suffixes.get(suffix, UNLISTED)]
            bit = outcome[0]
            twice |= seen & bit
            seen |= bit
            # Equal status leaves the earlier system in front: that is the precedence.
            if bit < best_bit:
                best_bit, best, on_day, dot_after = bit, outcome, outcomes.on_day, its_dot
        if on_day.stale:
            warn_if_stale(on_day, self.day)
        if dot_after is None or len(compact) <= dot_after:
            code = compact
        else:
            code = f"{compact[:dot_after]}.{compact[dot_after:]}"
        _, clear, ambiguous = best
        answer = ambiguous if twice & best_bit or seen & _RIVALS[best_bit] else clear
        if found is not _PLAIN:
            answer = attrs.evolve(answer, reading=found)
        return Identification(text, code, answer)


def _levels_to_the_caller() -> int:
    """How many frames up the code is that asked, whichever door it came through."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"].partition(".")[0] == "medcodes":
        level, frame = level + 1, frame.f_back
    return level


class _Answers(dict[str, Identification]):
    """The answers of one call."""

    __slots__ = ("_answer",)

    def __init__(self, resolver: Resolver) -> None:
        super().__init__()
        self._answer = resolver.answer

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self[text] = self._answer(text)
        return answer


@attrs.frozen(eq=False)
class _Source:
    """Where an answer looks up what it does not carry: the protocol `identification.Source`."""

    _resolver: Resolver
    _is_alternative: bool

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        # What is in no list is filed nowhere, whatever its neighbours are filed under.
        if answer.system is None or answer.compact is None or answer.status is Status.UNKNOWN:
            return ()
        return categories.categories(answer.system.id, answer.compact, self._resolver.reference)

    def title(self, answer: Identification) -> str | None:
        reference = self._resolver.reference
        if answer.system is None or answer.compact is None:
            return None
        if not reference.lists(answer.system.id):
            return None
        return reference.titles(answer.system.id).get(answer.compact)

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        if self._is_alternative:
            return ()
        resolver, text = self._resolver, answer.text
        _, found, _ = resolver.read(text)
        source = _Source(resolver, True)
        return tuple(
            Identification(text, code, Outcome(stands, found, False, source))
            for on_day, stands, code in resolver.fits(text)
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
        return "None is no code; leave out missing values before asking"
    if isinstance(value, (int, float)):
        return (
            f"{value!r} is a number, and a code read as a number has lost its leading zeros "
            "(00100 becomes 100); read the column as text"
        )
    if isinstance(value, (bytes, bytearray)):
        return f"{value!r} is bytes; decode it first"
    return f"a code is a str, not {type(value).__name__}"


def warn_if_incomplete(on_day: SystemOnDay, day: date, reference: Reference) -> None:
    """Say once per system and process that a list of codes is asked of a day before its first."""
    table = reference.codes(on_day.system.id)
    if not table.forgets or day >= table.first_day or f"{on_day.system.id} before" in _warned:
        return
    warnings.warn(
        f"the reference for {on_day.system.name} is complete only from {table.first_day} on; of "
        f"{day} it lists what it still knows",
        StaleReferenceWarning,
        stacklevel=_levels_to_the_caller(),
    )
    _warned.add(f"{on_day.system.id} before")


def warn_if_stale(on_day: SystemOnDay, day: date) -> None:
    """Say once per system and process that a day lies past the end of the reference."""
    if not on_day.stale or on_day.system.id in _warned:
        return
    warnings.warn(
        f"the reference for {on_day.system.name} ends on {on_day.as_of}; {day} is answered as of "
        "that day (a newer release goes further)",
        StaleReferenceWarning,
        stacklevel=_levels_to_the_caller(),
    )
    _warned.add(on_day.system.id)
