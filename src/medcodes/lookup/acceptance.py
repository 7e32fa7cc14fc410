"""What counts as a good code, and why the rest does not: the policy that every door asks.

A text may fit several systems. Of its fits those count whose status is accepted; the best of them
is taken, unless another accepted fit cannot be ruled out beside it (`status.RIVALS`): then the text
is ambiguous and refused (`is_valid` alone takes it: it is a code, if not which). A heading that has
ended is not accepted as an expired code, unless headings are accepted.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from medcodes.errors import (
    AmbiguousCode,
    HeaderCode,
    InactiveCode,
    InvalidCode,
    MalformedCode,
    UnknownCode,
    UnverifiedCode,
    shown,
)
from medcodes.lookup import reasons
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import Resolver
from medcodes.status import NOT_FOUND, RIVALS, Status, bits
from medcodes.systems import CodeSystem

if TYPE_CHECKING:
    from medcodes.lookup.suggesting import Suggestion

_T = TypeVar("_T")

_ENDED = frozenset({Status.EXPIRED, Status.FUTURE})

_REFUSALS: Mapping[Status, tuple[str, type[InvalidCode]]] = {
    Status.VALID: ("unwanted_status", InvalidCode),
    Status.HEADER: ("header_code", HeaderCode),
    Status.PLAUSIBLE: ("unknown_code", UnknownCode),
    Status.EXPIRED: ("inactive_code", InactiveCode),
    Status.FUTURE: ("inactive_code", InactiveCode),
    Status.UNVERIFIED: ("unverified_code", UnverifiedCode),
    Status.UNKNOWN: ("unknown_code", UnknownCode),
    Status.MALFORMED: ("malformed_code", MalformedCode),
}
"""By the status of the best fit, what a refusal is called and the error that it is."""

_SPARE = 5
"""So many suggestions more than wanted are looked at, since some may not be accepted either."""


class Verdict(NamedTuple):
    """Whether a text is accepted, and as what.

    Attributes:
        code: the canonical form, or None when it is refused.
        modifiers: what was joined to it.
        type: the kind of refusal (``"header_code"``), or None.
        reason: one sentence on the refusal, or None.
        status: the status of the fit that is taken; of a refusal, that of the best fit.
        system: the id of its system, or of the one that comes closest; or None.
        position: the first wrong character, counted from 1, or None.
        suggestions: codes that would be accepted, and may have been meant; the likeliest first.
    """

    code: str | None
    modifiers: tuple[str, ...] = ()
    type: str | None = None
    reason: str | None = None
    status: str | None = None
    system: str | None = None
    position: int | None = None
    suggestions: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The reason, and what may have been meant."""
        if not self.suggestions:
            return self.reason or ""
        return f"{self.reason}; did you mean {' or '.join(self.suggestions)}?"

    def error(self, text: str) -> InvalidCode:
        """The refusal as an error."""
        ambiguous = self.type == _AMBIGUOUS
        kind = AmbiguousCode if ambiguous else _REFUSALS[Status(self.status)][1]
        return kind(self.reason or "", text=text, system=self.system, position=self.position)


_AMBIGUOUS = "ambiguous_code"


class Acceptance(NamedTuple):
    """Which statuses count as good."""

    statuses: frozenset[Status]
    """The statuses."""
    sure: frozenset[Status]
    """Those of a best fit that suffice by themselves, where it is not ambiguous: what has ended may
    be a heading."""

    @classmethod
    def of(
        cls,
        accept: Collection[Status | str] | None = None,
        *,
        strict: bool = False,
        headers: bool = False,
        billable: bool = True,
    ) -> Acceptance:
        """What a caller asks for: statuses, or one of the shorthands.

        Args:
            accept: exactly these statuses; None for `valid` and `plausible`.
            strict: without `plausible`.
            headers: headings too.
            billable: False is the same as ``headers=True``.

        Raises:
            ValueError: a shorthand beside `accept`, or what is no status.
            TypeError: `accept` is one text.
        """
        if accept is None:
            return _SHORTHANDS[bool(strict), bool(headers or not billable)]
        shorthands = {"strict": strict, "headers": headers, "billable": not billable}
        given = [f"{name}=" for name, is_given in shorthands.items() if is_given]
        if given:
            raise ValueError(f"accept= says all that {' and '.join(given)} says: leave it out")
        if isinstance(accept, str):
            raise TypeError(f"accept={accept!r} is one status; pass several, as in [{accept!r}]")
        return _accepting(map(_status, accept))

    def takes(self, fit: Identification) -> bool:
        """Whether one fit counts."""
        return self._counts(fit.status, fit.is_heading)

    def _counts(self, status: Status, is_heading: bool) -> bool:
        return status in self.statuses and (status in self.sure or not is_heading)

    def has_fit(self, resolver: Resolver, text: str) -> bool:
        """Whether some fit of a text counts; an ambiguous text has several."""
        if self.sure != self.statuses:
            answer = resolver.answers[text]
            return any(map(self.takes, (answer, *answer.alternatives)))
        return resolver.has_fit(text, bits(self.statuses))

    def judge(self, resolver: Resolver, text: str, suggestions: int = 0) -> Verdict:
        """Whether a text is accepted among the systems and on the day of a resolver.

        Args:
            resolver: who knows the codes.
            text: the text.
            suggestions: how many codes to suggest, at most, for one that is refused.
        """
        answer = resolver.answers[text]
        if answer.system is None:
            return self._refusal(resolver, answer, suggestions)
        if answer.status in self.sure and not answer.ambiguous:
            fits = [answer]
        else:
            fits = [fit for fit in (answer, *answer.alternatives) if self.takes(fit)]
        if not fits:
            return self._refusal(resolver, answer, suggestions)
        best, *others = fits
        assert best.system is not None
        status, system = best.status.value, best.system.id
        rivals = [fit for fit in others if fit.status in RIVALS[best.status]]
        if rivals:
            reason = ambiguity(text, [best, *rivals])
            return Verdict(None, (), _AMBIGUOUS, reason, status, system)
        return Verdict(best.code, best.modifiers, status=status, system=system)

    def _refusal(self, resolver: Resolver, answer: Identification, suggestions: int) -> Verdict:
        kind, _ = _REFUSALS[answer.status]
        verdict = Verdict(
            None,
            type=kind,
            reason=f"{shown(answer.text)}: {answer.reason}",
            status=answer.status.value,
            system=answer.system.id if answer.system else None,
            suggestions=self.suggestions(resolver, answer, suggestions),
        )
        closest = reasons.misfit(answer.text, resolver) if answer.system is None else None
        if closest is None:
            return verdict
        return verdict._replace(system=closest.system, position=closest.position)

    def suggestions(
        self, resolver: Resolver, answer: Identification, limit: int
    ) -> tuple[str, ...]:
        """Codes that would be accepted in place of a refused one, the likeliest first.

        For a code that has ended, only what took over from it: the code of another day is no typo.
        Nor is the code of another system, which stands in the wrong column.
        """
        if not limit or answer.status is Status.VALID:
            return ()
        if answer.status in _ENDED:
            followers = _followers(resolver, answer)
            if not followers:
                return ()
        elif answer.status in NOT_FOUND and _is_found(resolver.everywhere, answer.text):
            return ()
        from medcodes.lookup.suggesting import suggest

        found = suggest(resolver, answer.text, limit + _SPARE)
        return tuple(
            suggestion.code
            for suggestion in found
            if self._counts(suggestion.status, _is_heading(resolver, suggestion))
            and (answer.status not in _ENDED or suggestion.code in followers)
        )[:limit]

    def describe(self, systems: Iterable[CodeSystem], day: str) -> str:
        """What is accepted, in words: ``"ICD-10-CM code, valid today"``."""
        systems = tuple(systems)
        *others, last = [system.name for system in systems] or ["unknowable"]
        names = f"{', '.join(others)} or {last}" if others else last
        # Only where a list is not public, or not wholly, is anything plausible.
        public = all(
            system.traits.public_list and system.traits.kept_elsewhere is None for system in systems
        )
        hidden = {Status.PLAUSIBLE} if public else set()
        wanted = [status.value for status in Status if status in self.statuses - hidden]
        return f"{names} code, {' or '.join(wanted)} {day}"


def ambiguity(text: str, fits: Iterable[Identification]) -> str:
    """What to say of a text that several fits have an equal claim to."""
    codes = " and ".join(f"{fit.system.name} {fit.code}" for fit in fits if fit.system)
    return f"{shown(text)} is {codes}; name the system that is meant"


def _is_found(resolver: Resolver, text: str) -> bool:
    return resolver.answers[text].status not in NOT_FOUND


def _is_heading(resolver: Resolver, suggestion: Suggestion) -> bool:
    compact = suggestion.code.replace(".", "")
    return resolver.on_day(suggestion.system.id).state(compact).heading


def _followers(resolver: Resolver, answer: Identification) -> set[str]:
    """The codes that took over from one that has ended."""
    assert answer.system is not None
    assert answer.compact is not None
    table = resolver.reference.successors(answer.system.id)
    return {answer.system.format(compact) for compact, _ in table.after(answer.compact)}


def count_of_suggestions(count: int) -> int:
    """How many suggestions are wanted, checked."""
    if not isinstance(count, int) or count < 0:
        raise ValueError(f"suggestions={count!r} must be an int, 0 or more")
    return count


def renamed(new: str, value: _T | None, old: str, old_value: _T | None) -> _T | None:
    """What an argument says, under its name or under its old one, which is deprecated."""
    if old_value is None:
        return value
    if value is not None:
        raise TypeError(f"{old}= is the old name of {new}=: give one of them")
    warnings.warn(f"{old}= is deprecated: call it {new}=", DeprecationWarning, stacklevel=3)
    return old_value


def _status(name: Status | str) -> Status:
    try:
        return Status(name)
    except ValueError:
        known = ", ".join(Status)
        message = f"accept= has {name!r}, which is not a status; the statuses are {known}"
        raise ValueError(message) from None


def _accepting(statuses: Iterable[Status]) -> Acceptance:
    statuses = frozenset(statuses)
    sure = statuses if Status.HEADER in statuses else statuses - _ENDED
    return Acceptance(statuses, sure)


_SHORTHANDS = {
    (strict, headers): _accepting(
        {Status.VALID, *[Status.PLAUSIBLE][strict:], *[Status.HEADER][: int(headers)]}
    )
    for strict in (False, True)
    for headers in (False, True)
}

USUAL = _SHORTHANDS[False, False]
"""What counts by default: what is valid, and what is plausible."""
