"""What is taken as a code, and why the rest is not: for typed models and for data checks alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.dates import Day
from medcodes.lookup import reasons
from medcodes.lookup.answer import Identification
from medcodes.status import Status
from medcodes.systems import ALL

__all__ = ["Acceptance", "Verdict"]

_USUAL = frozenset({Status.VALID, Status.PLAUSIBLE})
"""The statuses that rule out every other fit, unless the answer is ambiguous."""

_TYPES: Mapping[Status, str] = {
    Status.VALID: "unwanted_status",
    Status.PLAUSIBLE: "unknown_code",
    Status.HEADER: "header_code",
    Status.EXPIRED: "inactive_code",
    Status.FUTURE: "inactive_code",
    Status.UNKNOWN: "unknown_code",
}
_ENDED = frozenset({Status.EXPIRED, Status.FUTURE})
_SLIPS = frozenset({Status.MALFORMED, Status.UNKNOWN, Status.HEADER})
_LOOKED_AT = 5  # so many suggestions may be codes that would not be taken either
_PARTLY_PUBLIC = frozenset({"cpt", "hcpcs"})


@attrs.frozen
class Verdict:
    """Whether a text is taken, and as what.

    Attributes:
        code: the canonical form, or None when it is refused.
        modifiers: what was joined to it.
        type: the kind of refusal (``"header_code"``), or None.
        reason: one sentence on the refusal, or None.
        status: the status of the best fit.
        system: the id of the best fit's system, or of the one that comes closest; or None.
        position: the first wrong character, counted from 1, or None.
        suggestions: codes that would be taken, and may have been meant; the likeliest first.
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
    def told(self) -> str:
        """The reason, and what may have been meant."""
        if not self.suggestions:
            return self.reason or ""
        return f"{self.reason}; did you mean {' or '.join(self.suggestions)}?"


def _statuses(status: Collection[Status | str] | None) -> frozenset[Status] | None:
    if isinstance(status, str):
        raise TypeError(f"status={status!r} is one; several are expected, as in [{status!r}]")
    return None if status is None else frozenset(map(Status, status))


@attrs.frozen(init=False)
class Acceptance:
    """Which codes are taken: of which systems, and in which state.

    Attributes:
        allowed: the ids of the systems.
        statuses: the statuses.
        classifier: who knows the codes.
        suggestions: how many codes to suggest, at most, for one that is refused.
    """

    allowed: tuple[str, ...]
    statuses: frozenset[Status]
    classifier: Classifier = attrs.field(repr=False)
    suggestions: int

    def __init__(
        self,
        systems: SystemNames = None,
        kind: str | None = None,
        *,
        billable: bool = True,
        strict: bool = False,
        status: Collection[Status | str] | None = None,
        classifier: Classifier | None = None,
        suggestions: int = 3,
    ) -> None:
        statuses = _statuses(status)
        if statuses is None:
            listed = {Status.VALID} if billable else {Status.VALID, Status.HEADER}
            statuses = frozenset(listed if strict else {*listed, Status.PLAUSIBLE})
        elif strict or not billable:
            raise ValueError("status= says all that billable= and strict= say: leave them out")
        who = classifier or default
        if not isinstance(suggestions, int) or suggestions < 0:
            raise ValueError(f"suggestions={suggestions!r} is no number of codes, 0 or more")
        self.__attrs_init__(who.ask(None, systems, kind).allowed, statuses, who, suggestions)

    @property
    def plain(self) -> frozenset[Status]:
        """The statuses that suffice by themselves, where the answer is not ambiguous."""
        if len(self.allowed) == 1:
            # There is no other fit. But what has ended may be a heading.
            return self.statuses - (set() if Status.HEADER in self.statuses else _ENDED)
        return self.statuses if self.statuses <= _USUAL else frozenset()

    def judge(self, text: str, on: Day) -> Verdict:
        """Whether a text is taken on a day.

        What is accepted twice is refused, as `medcodes.validate` does.
        """
        answer = self.classifier.identify(text, on=on, systems=self.allowed)
        fits = [one for one in (answer, *answer.alternatives) if self._takes(one)]
        if len(fits) == 1:
            one, system = fits[0], fits[0].system
            assert system is not None
            return Verdict(one.code, one.modifiers, status=one.status.value, system=system.id)
        return self._refusal(answer, fits, on)

    def describe(self, day: str) -> str:
        """What is taken, in words: ``"ICD-10-CM code, valid today"``."""
        *others, last = [one.name for one in ALL if one.id in self.allowed] or ["unknowable"]
        names = f"{', '.join(others)} or {last}" if others else last
        hidden = set() if _PARTLY_PUBLIC.intersection(self.allowed) else {Status.PLAUSIBLE}
        wanted = [one.value for one in Status if one in self.statuses - hidden]
        return f"{names} code, {' or '.join(wanted)} {day}"

    def _takes(self, answer: Identification) -> bool:
        # A heading that has ended is no code that has.
        return answer.status in self.statuses and (
            Status.HEADER in self.statuses or not answer.is_heading
        )

    def _refusal(self, answer: Identification, fits: list[Identification], on: Day) -> Verdict:
        shown = repr(answer.text if len(answer.text) <= 40 else f"{answer.text[:37]}...")
        status = answer.status.value
        system = answer.system.id if answer.system else None
        if fits:
            meant = " and ".join(f"{one.system.name} {one.code}" for one in fits if one.system)
            reason = f"{shown} is {meant}"
            return Verdict(None, (), "ambiguous_code", reason, status, system)
        reason = f"{shown}: {answer.reason}"
        verdict = Verdict(
            None,
            type="malformed_code",
            reason=reason,
            status=status,
            system=system,
            suggestions=self._suggestions(answer, on),
        )
        if answer.system is not None:
            return attrs.evolve(verdict, type=_TYPES[answer.status])
        closest = reasons.misfit(answer.text, self.classifier.ask(on, self.allowed, None))
        if closest is None:
            return verdict
        return attrs.evolve(verdict, system=closest.system, position=closest.position)

    def _suggestions(self, answer: Identification, on: Day) -> tuple[str, ...]:
        # A code of another day is no slip.
        if not self.suggestions or answer.status not in _SLIPS:
            return ()
        if answer.status is not Status.HEADER and self._is_of_another_system(answer.text, on):
            return ()
        wanted = _LOOKED_AT + self.suggestions
        found = self.classifier.suggest(answer.text, self.allowed, on, wanted)
        return tuple(one.code for one in found if one.status in self.statuses)[: self.suggestions]

    def _is_of_another_system(self, text: str, on: Day) -> bool:
        """Whether it stands in the wrong column, and is no slip either."""
        return self.classifier.identify(text, on=on).status not in {
            Status.MALFORMED,
            Status.UNKNOWN,
        }
