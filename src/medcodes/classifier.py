"""From a text to the answer: every system that fits, what is known of each, in order.

    read the text  ->  every format that fits  ->  how each stands on the day  ->  order

The order is: status, then a written precedence of the systems (`systems.ALL`). What the text says
by itself (a dot in its place, a prefix, modifiers) decides before that which formats fit at all.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from datetime import time as clock_time
from time import time
from typing import Union

import attrs

from medcodes import categories, formats, reading, reasons, reference, standing, systems
from medcodes.categories import Category
from medcodes.errors import (
    AmbiguousCode,
    HeaderCode,
    InactiveCode,
    InvalidCode,
    MalformedCode,
    NoCodeList,
    StaleReferenceWarning,
    UnknownCode,
)
from medcodes.identification import Finding, Identification
from medcodes.reference import NOTHING, STEM, UNLISTED, Interval
from medcodes.standing import Desk, Standing, Status, Stems
from medcodes.systems import CodeSystem, no_list_message

__all__ = ["Changes", "Classifier", "Day", "Entry", "SystemNames", "default"]

Day = Union[date, str, None]
"""A day: a `date`, ISO text (``"2026-10-01"``), or None for today."""

SystemNames = Union[CodeSystem, str, Iterable[Union[CodeSystem, str]], None]
"""Systems: one or several, as constants or by any of their names; None for all."""

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_QUESTIONS = 1_024
_REMEMBERED_SHAPES = 8_192
# Longer texts are read, but neither shaped nor remembered.
_LONGEST_PLAIN = 8

_warned: set[str] = set()


@attrs.frozen
class Entry:
    """What the reference holds on one code or heading.

    Attributes:
        system: its code system.
        code, compact: with and without the dot.
        title: the official title, or None where no source has one.
        intervals: every interval in which it was listed, oldest first.
        categories: what it is filed under, broad to narrow.
    """

    system: CodeSystem
    code: str
    compact: str
    title: str | None
    intervals: tuple[Interval, ...]
    categories: tuple[Category, ...]

    def is_billable(self, on: Day = None) -> bool:
        """Whether it is a valid code, not a heading, on a day.

        >>> from medcodes import ICD10CM
        >>> cough = ICD10CM.get("R05")
        >>> cough.is_billable("2021-09-30"), cough.is_billable("2021-10-01")
        (True, False)
        """
        day = to_day(on)
        return any(one.holds(day) and not one.heading for one in self.intervals)


@attrs.frozen
class Changes:
    """What changed in a code system between two days.

    Attributes:
        system: the code system.
        since, until: the days compared.
        added: the codes valid on `until` and not on `since`, sorted.
        deleted: the codes valid on `since` and not on `until`, sorted.
    """

    system: CodeSystem
    since: date
    until: date
    added: tuple[str, ...]
    deleted: tuple[str, ...]


def to_day(on: Day) -> date:
    """The day that is meant.

    Raises:
        ValueError: a text that is no ISO date.
        TypeError: anything else.
    """
    if on is None:
        return date.today()
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    if isinstance(on, str):
        try:
            return date.fromisoformat(on)
        except ValueError:
            raise ValueError(f"on={on!r} is no day; write it as YYYY-MM-DD") from None
    raise TypeError(f"on={on!r} is no day; pass a datetime.date or text like '2026-10-01'")


# -- shapes -----------------------------------------------------------------------------------
#
# Two characters that no format tells apart are one class; a text is its string of classes, its
# shape. All texts of one shape fit the same formats, so the formats are asked once a shape.


def _character_classes() -> bytes:
    alphabets = {
        alphabet
        for one in formats.ALL
        for variant in one.variants
        for alphabet in variant.positions
    }
    classes: dict[tuple[bool, ...], int] = {}
    table = bytearray(256)  # class 0: in no alphabet
    table[ord(".")] = ord(".")
    for code in range(128):
        membership = tuple(chr(code) in alphabet for alphabet in sorted(alphabets))
        if any(membership):
            table[code] = classes.setdefault(membership, 128 + len(classes))
    return bytes(table)


_CLASSES = _character_classes()


# Sets of statuses are sums of bits, the lowest bit the strongest (see `Standing.bit`).
_VALID, _HEADER, _PLAUSIBLE = (
    1 << status.rank for status in (Status.VALID, Status.HEADER, Status.PLAUSIBLE)
)
# What cannot be ruled out beside a best status, apart from a second fit of the same status.
_RIVALS = {1 << status.rank: 0 for status in Status} | {_VALID: _PLAUSIBLE, _HEADER: _PLAUSIBLE}
_NO_BIT = 1 << len(Status)

_PLAIN = reading.Reading("")

Plan = tuple[tuple[Stems, "_Findings", Union[int, None]], ...]
"""For a shape: of every system that fits, in order, its stems, its findings, and the place of its
dot."""


class _Findings(dict[int, tuple[int, Finding, Finding]]):
    """Number of a history to its bit, and its finding for plain texts: clear and ambiguous."""

    __slots__ = ("desk", "question")

    def __init__(self, question: _Question, desk: Desk) -> None:
        super().__init__()
        self.question = question
        self.desk = desk

    def __missing__(self, number: int) -> tuple[int, Finding, Finding]:
        stands = self.desk.standings[number]
        clear, ambiguous = (
            Finding(stands, _PLAIN, ambiguous, self.question) for ambiguous in (False, True)
        )
        findings = self[number] = (stands.bit, clear, ambiguous)
        return findings


class _Question(dict[str, Identification]):
    """What is asked beside the text: the day and the systems. Remembers its latest answers."""

    __slots__ = ("_findings", "_plans", "allowed", "day")

    def __init__(self, day: date, allowed: tuple[str, ...]) -> None:
        super().__init__()
        self.day = day
        self.allowed = allowed
        self._findings: dict[str, _Findings] = {}
        self._plans: dict[bytes, Plan | None] = {}

    def __missing__(self, text: str) -> Identification:
        if not isinstance(text, str):
            raise TypeError(not_text(text))
        answer = self.answer(text)
        if len(text) <= reading.LONGEST:
            if len(self) >= _REMEMBERED_ANSWERS:
                self.clear()
            self[text] = answer
        return answer

    def findings(self, system: str) -> _Findings:
        """The findings of a system on the day."""
        findings = self._findings.get(system)
        if findings is None:
            findings = self._findings[system] = _Findings(self, standing.desk(system, self.day))
        return findings

    # -- candidates ---------------------------------------------------------------------------

    def plan(self, text: str) -> Plan | None:
        """The desks for a short text as it stands; None when it fits no format at all."""
        shape = text.encode("utf-8", "replace").translate(_CLASSES)
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
        if len(text) <= _LONGEST_PLAIN and (fitting := self.plan(text)) is not None:
            return text, _PLAIN, fitting
        found = reading.read(text)
        plan = (self.plan(found.core) if len(found.core) <= _LONGEST_PLAIN else None) or ()
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
        if len(text) <= _LONGEST_PLAIN and text.isascii():
            plan = self._plans.get(text.encode().translate(_CLASSES))
        if plan is None:
            text, _, plan = self.read(text)
        compact = text.replace(".", "") if "." in text else text
        stem, ending = compact[:STEM], compact[STEM:]
        for stems, findings, _ in plan:
            endings = stems.get(stem)
            if endings is None:
                endings = stems[stem] if stem[:3] in stems.pending else NOTHING
            if findings[endings.get(ending, UNLISTED)][0] & accepted:
                _warn_if_stale(findings.desk, self.day)
                return True
        return False

    # -- answers ------------------------------------------------------------------------------

    def answer(self, text: str) -> Identification:
        """The best fit, and whether another cannot be ruled out."""
        # The usual case, a short text of a known shape, is `read` written out.
        if len(text) <= _LONGEST_PLAIN and text.isascii():
            plan = self._plans.get(text.encode().translate(_CLASSES))
            if plan:
                return self._weigh(text, text, _PLAIN, plan)
        core, found, plan = self.read(text)
        if plan:
            return self._weigh(text, core, found, plan)
        malformed = Standing(None, Status.MALFORMED, self.day)
        return Identification(text, None, Finding(malformed, found, False, self))

    def _weigh(self, text: str, core: str, found: reading.Reading, plan: Plan) -> Identification:
        compact = core.replace(".", "") if "." in core else core
        stem, ending = compact[:STEM], compact[STEM:]
        best_bit = _NO_BIT
        seen = twice = 0
        for stems, findings, its_dot in plan:
            endings = stems.get(stem)
            if endings is None:
                endings = stems[stem] if stem[:3] in stems.pending else NOTHING
            finding = findings[endings.get(ending, UNLISTED)]
            bit = finding[0]
            twice |= seen & bit
            seen |= bit
            # Equal status leaves the earlier system in front: that is the precedence.
            if bit < best_bit:
                best_bit, best, desk, dot_after = bit, finding, findings.desk, its_dot
        if desk.stale:
            _warn_if_stale(desk, self.day)
        if dot_after is None or len(compact) <= dot_after:
            code = compact
        else:
            code = f"{compact[:dot_after]}.{compact[dot_after:]}"
        _, clear, ambiguous = best
        answer = ambiguous if twice & best_bit or seen & _RIVALS[best_bit] else clear
        if found is not _PLAIN:
            answer = attrs.evolve(answer, reading=found)
        return Identification(text, code, answer)

    # -- what an answer looks up later: the protocol `identification.Source` --------------------

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        if answer.system is None or answer.compact is None:
            return ()
        return categories.categories(answer.system.id, answer.compact)

    def title(self, answer: Identification) -> str | None:
        if answer.system is None or answer.compact is None or not answer.system.has_list:
            return None
        return reference.titles(answer.system.id).get(answer.compact)

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        _, found, _ = self.read(answer.text)
        return tuple(
            Identification(answer.text, code, Finding(stands, found, False, _Alternative(self)))
            for desk, stands, code in self.fits(answer.text)
            if desk.system is not answer.system
        )

    def reason(self, answer: Identification) -> str:
        return reasons.reason(answer, self)


@attrs.frozen
class _Alternative:
    """The source of an alternative, which has no alternatives of its own."""

    _question: _Question

    def categories(self, answer: Identification) -> tuple[Category, ...]:
        return self._question.categories(answer)

    def title(self, answer: Identification) -> str | None:
        return self._question.title(answer)

    def alternatives(self, answer: Identification) -> tuple[Identification, ...]:
        return ()

    def reason(self, answer: Identification) -> str:
        return self._question.reason(answer)


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


def _warn_if_stale(desk: Desk, day: date) -> None:
    if not desk.stale or desk.system.id in _warned:
        return
    warnings.warn(
        f"the reference for {desk.system.name} ends on {desk.as_of}; {day} is answered as of "
        "that day (a newer medcodes goes further)",
        StaleReferenceWarning,
        stacklevel=5,
    )
    _warned.add(desk.system.id)


# -- the classifier ---------------------------------------------------------------------------


class Classifier:
    """Answers *what is this code?* for a choice of systems and a day.

    The functions of the module `medcodes` are the methods of one with all systems and today.

    Args:
        systems: the systems to consider, as constants or by any of their names; None for all.
        on: the day that is meant when none is given; None for the day of the call.

    >>> from medcodes import Classifier
    >>> claims_of_2012 = Classifier(on="2012-06-01")
    >>> claims_of_2012.identify("V70.0").system.id
    'icd9cm'
    """

    def __init__(self, *, systems: SystemNames = None, on: Day = None) -> None:
        self._allowed = _ids(systems)
        self._on = None if on is None else to_day(on)
        self._questions: dict[object, _Question] = {}
        # "Today" is looked up again when the clock has left the day that was last looked up.
        self._day_begins = self._day_ends = 0.0
        self._today: _Question | None = None

    # -- the day and the systems ----------------------------------------------------------------

    def _ask(self, on: Day, asked: SystemNames, kind: str | None) -> _Question:
        if on is None and not self._day_begins <= time() < self._day_ends:
            self._new_day()
        try:
            return self._questions[on, asked, kind]
        except (KeyError, TypeError):  # asked for the first time, or with a list
            return self._new_question(on, asked, kind)

    def _new_question(self, on: Day, asked: SystemNames, kind: str | None) -> _Question:
        allowed = _ids(asked)
        day = to_day(self._on if on is None else on)
        # What cannot be a key, or be read twice, is remembered by what it meant.
        lasting = asked is None or isinstance(asked, (str, CodeSystem, tuple))
        key = (on, asked if lasting else allowed, kind)
        question = self._questions.get(key)
        if question is None:
            if len(self._questions) >= _REMEMBERED_QUESTIONS:
                self._questions.clear()
            question = self._questions[key] = _Question(day, self._of_kind(allowed, kind))
        return question

    def _new_day(self) -> None:
        today = date.today()
        begins = datetime.combine(today, clock_time.min)
        self._questions = {}
        self._day_begins = begins.timestamp()
        self._day_ends = datetime.combine(today, clock_time.max).timestamp()

    def _of_kind(self, asked: tuple[str, ...], kind: str | None) -> tuple[str, ...]:
        if kind not in (None, "diagnosis", "procedure"):
            raise ValueError(f"kind={kind!r} is neither 'diagnosis' nor 'procedure'")
        return tuple(
            one.id
            for one in systems.ALL
            if one.id in asked and one.id in self._allowed and kind in (None, one.kind)
        )

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
            return self._ask(on, systems, kind)[text]
        except TypeError:
            if not isinstance(text, str):
                raise TypeError(not_text(text)) from None
            raise

    def identify_many(
        self,
        texts: Iterable[str],
        *,
        on: Day = None,
        systems: SystemNames = None,
        kind: str | None = None,
    ) -> list[Identification]:
        """`identify` for many texts: one answer for each, in order.

        Equal texts share one answer, so a column costs little more than its distinct values.

        >>> import medcodes
        >>> [str(r.system) for r in medcodes.identify_many(["I10", "0SRB02A"], on="2026-01-01")]
        ['icd10cm', 'icd10pcs']
        """
        if isinstance(texts, str):
            raise TypeError("identify_many takes several texts; for one, use identify")
        answers = _Answers(self._ask(on, systems, kind))
        return [answers[text] for text in texts]

    # -- validating -----------------------------------------------------------------------------

    def validate(
        self,
        code: str,
        system: SystemNames = None,
        *,
        on: Day = None,
        strict: bool = False,
        headers: bool = False,
    ) -> str:
        """The canonical form of a valid code.

        Accepts what is valid on the day, and what is plausible where the list is not public.

        Args:
            code: the code as written.
            system: the system it must belong to, or several; None for any.
            on: the day of service; None is today.
            strict: take only what is listed and valid, not what is merely plausible.
            headers: take headings too.

        Raises:
            InvalidCode: `MalformedCode`, `UnknownCode`, `InactiveCode`, `HeaderCode` or
                `AmbiguousCode`; the class is the reason, the message says more.
            TypeError: `code` is no str.

        >>> import medcodes
        >>> medcodes.validate("e1165", on="2026-01-01")
        'E11.65'
        >>> medcodes.validate("E11", "icd10cm", on="2026-01-01")
        Traceback (most recent call last):
        ...
        medcodes.errors.HeaderCode: 'E11': a heading of ICD-10-CM; only codes below it are billable
        """
        question = self._ask(on, system, None)
        accepted = _ACCEPTED[strict, headers]
        fits = [fit for fit in question.fits(code) if fit[1].bit & accepted]
        if len(fits) == 1:
            desk, _, canonical = fits[0]
            _warn_if_stale(desk, question.day)
            return canonical
        raise _refusal(question, code, accepted, bool(fits))

    def is_valid(
        self,
        code: str,
        system: SystemNames = None,
        *,
        on: Day = None,
        strict: bool = False,
        headers: bool = False,
    ) -> bool:
        """Whether a text is a valid code: as `validate`, but an ambiguous code is one too.

        Raises nothing on any str.

        >>> import medcodes
        >>> medcodes.is_valid("U07.1", on="2020-03-31"), medcodes.is_valid("U07.1", on="2020-04-01")
        (False, True)
        """
        accepted = _ACCEPTED[strict, headers] if strict or headers else _USUALLY_ACCEPTED
        try:
            return self._ask(on, system, None).accepts(code, accepted)
        except (TypeError, AttributeError):
            if not isinstance(code, str):
                raise TypeError(not_text(code)) from None
            raise

    # -- looking into a system ------------------------------------------------------------------

    def get(self, code: str, system: CodeSystem) -> Entry | None:
        """What the reference holds on a code or heading of a system; None when not listed."""
        if not system.has_list:
            return None
        core, _, plan = self._ask(None, system, None).read(code)
        compact = core.replace(".", "")
        intervals = reference.codes(system.id).intervals(compact)
        if not plan or not intervals:
            return None
        return Entry(
            system,
            formats.dotted(compact, plan[0][2]),
            compact,
            reference.titles(system.id).get(compact),
            intervals,
            categories.categories(system.id, compact),
        )

    def lists(self, code: str, system: CodeSystem) -> bool:
        """Whether a text is a code of a system on any day; for CPT, whether it may be one."""
        if not system.has_list:
            return self.is_valid(code, system)
        entry = self.get(code, system)
        return entry is not None and not all(one.heading for one in entry.intervals)

    def codes(self, system: CodeSystem, *, on: Day = None) -> Iterator[str]:
        """The canonical codes of a system that are valid on a day, in order."""
        desk = self._listed(system, on)
        shape = formats.of(system.id)
        for compact in reference.codes(system.id).billable(desk.as_of):
            yield formats.dotted(compact, shape.dot_after(compact))

    def changes(self, system: CodeSystem, since: Day, until: Day) -> Changes:
        """What was added to and deleted from a system between two days."""
        before, after = set(self.codes(system, on=since)), set(self.codes(system, on=until))
        return Changes(
            system,
            to_day(since),
            to_day(until),
            tuple(sorted(after - before)),
            tuple(sorted(before - after)),
        )

    def _listed(self, system: CodeSystem, on: Day) -> Desk:
        if not system.has_list:
            raise NoCodeList(no_list_message(system))
        question = self._ask(on, system, None)
        desk = question.findings(system.id).desk
        _warn_if_stale(desk, question.day)
        return desk


class _Answers(dict[str, Identification]):
    """The answers of one call."""

    __slots__ = ("_answer",)

    def __init__(self, question: _Question) -> None:
        super().__init__()
        self._answer = question.answer

    def __missing__(self, text: str) -> Identification:
        if not isinstance(text, str):
            raise TypeError(not_text(text))
        answer = self[text] = self._answer(text)
        return answer


def _ids(asked: SystemNames) -> tuple[str, ...]:
    """The system ids meant by constants or names, one or several."""
    if asked is None:
        return tuple(one.id for one in systems.ALL)
    if isinstance(asked, CodeSystem):
        return (asked.id,)
    if isinstance(asked, str):
        found = systems.code_systems(asked)
        if not found:
            systems.code_system(asked)  # says what the name means instead
        return tuple(one.id for one in found)
    return tuple(dict.fromkeys(system for one in asked for system in _ids(one)))


_ACCEPTED = {
    (strict, headers): _VALID | (0 if strict else _PLAUSIBLE) | (_HEADER if headers else 0)
    for strict in (False, True)
    for headers in (False, True)
}

_USUALLY_ACCEPTED = _ACCEPTED[False, False]

_REFUSALS: dict[Status, type[InvalidCode]] = {
    Status.HEADER: HeaderCode,
    Status.PLAUSIBLE: UnknownCode,
    Status.EXPIRED: InactiveCode,
    Status.FUTURE: InactiveCode,
    Status.UNKNOWN: UnknownCode,
}


def _refusal(question: _Question, text: str, accepted: int, ambiguous: bool) -> InvalidCode:
    answer = question.answer(text)
    shown = repr(text if len(text) <= 40 else f"{text[:37]}...")
    if answer.system is None:
        misfit = reasons.misfit(text, question)
        return MalformedCode(
            f"{shown}: {answer.reason}",
            text=text,
            system=misfit.system if misfit else None,
            position=misfit.position if misfit else None,
        )
    if ambiguous:
        names = " and ".join(
            f"{one.system.name} {one.code}"
            for one in (answer, *answer.alternatives)
            if one.system and accepted >> one.status.rank & 1
        )
        message = f"{shown} is {names}; name the system that is meant"
        return AmbiguousCode(message, text=text, system=answer.system.id)
    refusal = _REFUSALS[answer.status]
    return refusal(f"{shown}: {answer.reason}", text=text, system=answer.system.id)


default = Classifier()
"""All systems, today: the functions of the module `medcodes` are its methods."""
