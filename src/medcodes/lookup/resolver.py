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
from medcodes.errors import StaleReferenceWarning
from medcodes.formats import CLASSES, LONGEST
from medcodes.lookup import categories, reading, reasons
from medcodes.lookup import state as standing
from medcodes.lookup.answer import Finding, Identification
from medcodes.lookup.categories import Category
from medcodes.lookup.state import Desk, Standing, Status, Stems
from medcodes.reference import BUNDLED, NOTHING, STEM, UNLISTED, Reference

__all__ = [
    "HEADER",
    "PLAUSIBLE",
    "VALID",
    "Question",
    "exact",
    "not_text",
    "warn_if_incomplete",
    "warn_if_stale",
]

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_SHAPES = 8_192

_warned: set[str] = set()

# Sets of statuses are sums of bits, the lowest bit the strongest (see `Standing.bit`).
VALID, HEADER, PLAUSIBLE = (
    1 << status.rank for status in (Status.VALID, Status.HEADER, Status.PLAUSIBLE)
)
# What cannot be ruled out beside a best status, apart from a second fit of the same status.
_RIVALS = {1 << status.rank: 0 for status in Status} | {VALID: PLAUSIBLE, HEADER: PLAUSIBLE}
_NO_BIT = 1 << len(Status)

_PLAIN = reading.Reading("")

Plan = tuple[tuple[Stems, "_Findings", Union[int, None]], ...]
"""For a shape: of every system that fits, in order, its stems, its findings, and the place of its
dot."""


class _Findings(dict[int, tuple[int, Finding, Finding]]):
    """Number of a history to its bit, and its finding for plain texts: clear and ambiguous."""

    __slots__ = ("desk", "question")

    def __init__(self, question: Question, desk: Desk) -> None:
        super().__init__()
        self.question = question
        self.desk = desk

    def __missing__(self, number: int) -> tuple[int, Finding, Finding]:
        stands = self.desk.standings[number]
        clear, ambiguous = (
            Finding(stands, _PLAIN, ambiguous, self.question.source) for ambiguous in (False, True)
        )
        findings = self[number] = (stands.bit, clear, ambiguous)
        return findings


class Question(dict[str, Identification]):
    """What is asked beside the text: the day, the systems, and of which tables.

    Remembers its latest answers.
    """

    __slots__ = ("_findings", "_plans", "allowed", "day", "reference", "source")

    def __init__(self, day: date, allowed: tuple[str, ...], reference: Reference = BUNDLED) -> None:
        super().__init__()
        self.day = day
        self.allowed = allowed
        self.reference = reference
        self._findings: dict[str, _Findings] = {}
        self.source = _Source(self, False)
        self._plans: dict[bytes, Plan | None] = {}

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self.answer(text)
        if len(text) <= reading.LONGEST:
            if len(self) >= _REMEMBERED_ANSWERS:
                self.clear()
            self[text] = answer
        return answer

    def among(self, *systems: str) -> Question:
        """The same question, of these systems alone."""
        allowed = tuple(one for one in self.allowed if one in systems)
        return Question(self.day, allowed, self.reference)

    def findings(self, system: str) -> _Findings:
        """The findings of a system on the day."""
        findings = self._findings.get(system)
        if findings is None:
            findings = self._findings[system] = _Findings(
                self, standing.desk(system, self.day, self.reference)
            )
        return findings

    # -- candidates ---------------------------------------------------------------------------

    def plan(self, text: str) -> Plan | None:
        """The desks for a short text as it stands; None when it fits no format at all."""
        shape = text.encode("utf-8", "replace").translate(CLASSES)
        try:
            return self._plans[shape]
        except KeyError:
            return self._new_plan(shape, text)

    def _new_plan(self, shape: bytes, text: str) -> Plan | None:
        if len(self._plans) >= _REMEMBERED_SHAPES:
            self._plans.clear()
        fitting = formats.fitting(text)
        plan = None
        if fitting:
            systems_that_fit = [one.system for one in fitting if one.system in self.allowed]
            plan = tuple(
                (
                    findings.desk.stems,
                    findings,
                    formats.of(findings.desk.system.id).dot_after(text),
                )
                for findings in map(self.findings, systems_that_fit)
            )
        self._plans[shape] = plan
        return plan

    def read(self, text: str) -> tuple[str, reading.Reading, Plan]:
        """The text to be looked up, how it was read, and the desks that it fits."""
        if not isinstance(text, str):
            raise TypeError(not_text(text))
        if len(text) <= LONGEST and (fitting := self.plan(text)) is not None:
            return text, _PLAIN, fitting
        found = reading.read(text)
        plan = (self.plan(found.core) if len(found.core) <= LONGEST else None) or ()
        if found.declared is not None:
            plan = tuple(entry for entry in plan if entry[1].desk.system.id in found.declared)
        return found.core, found, plan

    def fits(self, text: str) -> list[tuple[Desk, Standing, str]]:
        """Every fit of a text, best first: the desk, how the code stands, its canonical form."""
        core, _, plan = self.read(text)
        compact = core.replace(".", "")
        fits = [
            (
                findings.desk,
                standing.standing(findings.desk, compact),
                formats.dotted(compact, dot_after),
            )
            for _, findings, dot_after in plan
        ]
        # Equal status leaves the earlier system in front: that is the precedence.
        return sorted(fits, key=lambda fit: fit[1].bit)

    def accepts(self, text: str, accepted: int) -> bool:
        """Whether some fit has one of the accepted statuses."""
        plan = None
        if len(text) <= LONGEST and text.isascii():
            plan = self._plans.get(text.encode().translate(CLASSES))
        if plan is None:
            text, _, plan = self.read(text)
        compact = text.replace(".", "") if "." in text else text
        stem, ending = compact[:STEM], compact[STEM:]
        for stems, findings, _ in plan:
            endings = stems.get(stem)
            if endings is None:
                endings = stems[stem] if stem[:3] in stems.pending else stems.get(stem, NOTHING)
            if findings[endings.get(ending, UNLISTED)][0] & accepted:
                warn_if_stale(findings.desk, self.day)
                return True
        return False

    # -- answers ------------------------------------------------------------------------------

    def answer(self, text: str) -> Identification:
        """The best fit, and whether another cannot be ruled out."""
        # The usual case, a short text of a known shape, is `read` written out.
        if len(text) <= LONGEST and text.isascii():
            plan = self._plans.get(text.encode().translate(CLASSES))
            if plan:
                return self._weigh(text, text, _PLAIN, plan)
        core, found, plan = self.read(text)
        if plan:
            return self._weigh(text, core, found, plan)
        malformed = Standing(None, Status.MALFORMED, self.day)
        return Identification(text, None, Finding(malformed, found, False, self.source))

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

    def _weigh(self, text: str, core: str, found: reading.Reading, plan: Plan) -> Identification:
        compact = core.replace(".", "") if "." in core else core
        stem, ending = compact[:STEM], compact[STEM:]
        best_bit = _NO_BIT
        seen = twice = 0
        for stems, findings, its_dot in plan:
            endings = stems.get(stem)
            if endings is None:
                endings = stems[stem] if stem[:3] in stems.pending else stems.get(stem, NOTHING)
            finding = findings[endings.get(ending, UNLISTED)]
            bit = finding[0]
            twice |= seen & bit
            seen |= bit
            # Equal status leaves the earlier system in front: that is the precedence.
            if bit < best_bit:
                best_bit, best, desk, dot_after = bit, finding, findings.desk, its_dot
        if desk.stale:
            warn_if_stale(desk, self.day)
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

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._answer = question.answer

    def __missing__(self, text: str) -> Identification:
        if type(text) is not str:
            return self[exact(text)]
        answer = self[text] = self._answer(text)
        return answer


@attrs.frozen(eq=False)
class _Source:
    """Where an answer looks up what it does not carry: the protocol `identification.Source`."""

    _question: Question
    _is_alternative: bool

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        # What is in no list is filed nowhere, whatever its neighbours are filed under.
        if answer.system is None or answer.compact is None or answer.status is Status.UNKNOWN:
            return ()
        return categories.categories(answer.system.id, answer.compact, self._question.reference)

    def title(self, answer: Identification) -> str | None:
        reference = self._question.reference
        if answer.system is None or answer.compact is None:
            return None
        if not reference.lists(answer.system.id):
            return None
        return reference.titles(answer.system.id).get(answer.compact)

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        if self._is_alternative:
            return ()
        question, text = self._question, answer.text
        _, found, _ = question.read(text)
        source = _Source(question, True)
        return tuple(
            Identification(text, code, Finding(stands, found, False, source))
            for desk, stands, code in question.fits(text)
            if desk.system is not answer.system
        )

    def reason(self, answer: Identification) -> str:
        return reasons.reason(answer, self._question)

    def unlisted(self, answer: Identification) -> tuple[str, ...]:
        return reasons.unlisted(answer, self._question)


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


def warn_if_incomplete(desk: Desk, day: date, reference: Reference) -> None:
    """Say once per system and process that a list of codes is asked of a day before its first."""
    table = reference.codes(desk.system.id)
    if not table.forgets or day >= table.first_day or f"{desk.system.id} before" in _warned:
        return
    warnings.warn(
        f"the reference for {desk.system.name} is complete only from {table.first_day} on; of "
        f"{day} it lists what it still knows",
        StaleReferenceWarning,
        stacklevel=_levels_to_the_caller(),
    )
    _warned.add(f"{desk.system.id} before")


def warn_if_stale(desk: Desk, day: date) -> None:
    """Say once per system and process that a day lies past the end of the reference."""
    if not desk.stale or desk.system.id in _warned:
        return
    warnings.warn(
        f"the reference for {desk.system.name} ends on {desk.as_of}; {day} is answered as of "
        "that day (a newer release goes further)",
        StaleReferenceWarning,
        stacklevel=_levels_to_the_caller(),
    )
    _warned.add(desk.system.id)
