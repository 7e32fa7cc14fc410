"""Weighing the explanations of a column.

The measure of everything is an arbitrary column: texts of the shapes that were seen, between the
least and the greatest of each shape. A code list explains a column so much better as its values are
listed although arbitrary ones would not be: of consecutive numbers as many are listed as there are
codes among these numbers, and that says nothing. The other explanations of the table accept values
in the same way. Values of a column are not independent witnesses, so many of them count less than
their number. The name of the column counts for what it says and against all else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import exp, inf, log, sqrt

import attrs

from medcodes import systems
from medcodes.columns.profiling import explanations as known
from medcodes.columns.profiling import numbers
from medcodes.columns.profiling.evidence import Evidence
from medcodes.columns.profiling.explanations import Explanation
from medcodes.columns.profiling.naming import meant_by
from medcodes.columns.profiling.shapes import DIRT, Group

_ASKED = 4.0
"""What it counts that only some systems are asked for: then it is a column of codes."""
_WITNESSES = 0.75
"""So many independent witnesses are n values: n to this power. Chosen, as all numbers here that
name no source, on the first half of the kinds in ``benchmarks/kinds_of_columns.py``."""
_NAMED = 5.0
"""What a name counts for what it says, in natural logarithm, and half of it against all else."""
_UNLISTED = 1 / 3
"""More unlisted values than this rule a list out, unless a name or a prefix says that it is."""
_LEAST = 0.25
"""And less than this is listed of no column."""
_OF_DIGITS = -2.1
"""How usual codes are among columns of digits without a name."""
_PREFIXED = 4.0
"""What it counts that all values have the prefix of a system."""
_CONSECUTIVE = 2.0
"""What each value counts where numbers are consecutive or evenly spaced."""
_FIVE_DIGITS = -1.5
"""How usual identifiers of five digits are beside ZIP codes."""
_ALONE = 0.5
"""What it counts for a number that it stands alone."""
_REGION = 1.0
"""By so much ZIP codes are rather it than CPT, where many numbers without a name begin alike."""
_AREAS = 8
"""Of the three first digits, in a region at most."""

_USUAL = {
    ("cpt",): -0.3,  # a number alone is rather a ZIP code
    ("cpt", "hcpcs"): 0.0,  # one column in every claim
    ("icd9cm", "icd10cm"): -2.0,
    ("icd9pcs", "icd10pcs"): -2.0,
    ("cpt", "icd9pcs"): -2.0,  # claims before 2015
    ("cpt", "hcpcs", "icd9pcs"): -3.0,
    ("icd10cm", "icd10pcs"): -4.0,
    ("cpt", "hcpcs", "icd9pcs", "icd10pcs"): -5.0,
    ("cpt", "hcpcs", "icd10cm", "icd10pcs"): -6.0,
}
"""Systems that share columns, and how usual that is; of the others each is 0 alone."""
_PART = 0.04
"""Of the values, at least so many must be of each system of a mix, and of no other of it."""

_SYSTEM_IDS = tuple(system.id for system in systems.ALL)


@attrs.frozen
class Decision:
    """What explains a column best.

    Attributes:
        parts: the ids of the systems, or one other explanation; empty for none.
        confidence: the probability of that explanation among all that were weighed.
        more: whether most values are codes with words or further codes behind them.
    """

    parts: tuple[str, ...]
    confidence: float
    more: bool = False


def decide(
    found: Sequence[Evidence],
    counts: Sequence[int] | None = None,
    *,
    name: str | None = None,
    allowed: tuple[str, ...] = _SYSTEM_IDS,
    distinct: int | None = None,
) -> Decision:
    """Weigh the explanations of the distinct values of a column.

    Args:
        found: the evidence of each distinct value.
        counts: how often each occurs; None for once.
        name: the name of the column.
        allowed: the ids of the systems to consider.
        distinct: how many values there are, where `found` is a sample of them.

    >>> from medcodes.columns.profiling.evidence import evidence
    >>> decide([evidence(code) for code in ("E1165", "I10", "J0120", "Z3A20")]).parts
    ('icd10cm',)
    """
    if not found:
        return Decision((), 0.0)
    asked = not set(allowed) >= set(_SYSTEM_IDS)
    column = _Column(found, counts or [1] * len(found), meant_by(name), asked)
    scores = {parts: column.of_systems(parts, usual) for parts, usual in _explanations(allowed)}
    for row in known.TABLE:
        scores[row.what,] = max(scores.get((row.what,), -inf), column.of_row(row))
    if not column.meant and column.is_of_a_region:
        scores[known.ZIP,] = max(scores[known.ZIP,], scores.get(("cpt",), -inf) + _REGION)
    arbitrary = numbers.kind_of([each.core for each in found], sum(column.counts), distinct)
    meant = arbitrary if arbitrary == known.RUNNING else column.as_named(arbitrary)
    scores[meant,] = max(scores.get((meant,), -inf), column.of_arbitrary(meant))
    best = max(scores, key=scores.__getitem__)
    total = sum(exp(score - scores[best]) for score in scores.values())
    is_listed = set(best) <= set(_SYSTEM_IDS)
    more = is_listed and sum(each.more for each in found) > len(found) / 2
    return Decision(best, 1 / total, more)


def _explanations(allowed: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    for parts, prior in (dict.fromkeys(((part,) for part in allowed), 0.0) | _USUAL).items():
        if set(parts) <= set(allowed):
            yield parts, prior


@attrs.define(slots=False)
class _Column:
    """The distinct values of a column as witnesses."""

    found: Sequence[Evidence]
    counts: Sequence[int]
    meant: tuple[str, ...]
    asked: bool

    @cached_property
    def weights(self) -> list[float]:
        """What each value counts; frequent ones more, but none more for being repeated.

        Square roots of the counts, scaled so that they add up to their effective number (Kish): a
        column of one value, a million times, weighs one.
        """
        roots = [sqrt(count) for count in self.counts]
        scale = sum(roots) / sum(self.counts)
        return [root * scale for root in roots]

    @cached_property
    def total(self) -> float:
        return sum(self.weights)

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """The values by their shapes."""
        places: dict[str, list[int]] = {}
        for place, each in enumerate(self.found):
            places.setdefault(each.shape, []).append(place)
        return {
            shape: Group([self.found[n] for n in ns], [self.weights[n] for n in ns])
            for shape, ns in places.items()
        }

    def as_named(self, arbitrary: str) -> str:
        """What arbitrary values are that the name knows better."""
        vague = (known.NUMBER, known.MEASUREMENT, known.AMOUNT, known.IDENTIFIER)
        said = self.meant and self.meant[0] in vague and arbitrary in vague
        return self.meant[0] if said else arbitrary

    def named(self, parts: tuple[str, ...]) -> float:
        """What the name of the column counts for an explanation, or against it."""
        if not self.meant:
            return 0.0
        return _NAMED if set(parts) <= set(self.meant) else -_NAMED / 2

    def _tempered(self, evidence: float) -> float:
        return float(evidence * max(self.total, 1.0) ** (_WITNESSES - 1))

    def of_row(self, row: Explanation) -> float:
        """How well a row of the table explains the column, beside an arbitrary one."""
        usual = row.usual
        if usual is None:
            if row.what not in self.meant:
                return -inf
            usual = 0.0
        accepted = [bool(row.accepts(each.core)) for each in self.found]
        taken = [each for each, yes in zip(self.found, accepted, strict=True) if yes]
        held = sum(weight for yes, weight in zip(accepted, self.weights, strict=True) if yes)
        if held < (1 - _UNLISTED) * self.total or not any(row.shown_by(e.core) for e in taken):
            return -inf
        shapes = {each.shape for each in taken}
        score = held * max(0.0, log((1 - DIRT) / row.share))
        for each, yes, weight in zip(self.found, accepted, self.weights, strict=True):
            if not yes and each.shape in shapes:
                score += weight * log(DIRT / max(1 - row.share, 0.07))
            elif not yes and not self.groups[each.shape].is_odd(self.total):
                score += weight * log(DIRT)
        return self._tempered(score) + usual + self.named((row.what,))

    @property
    def is_of_a_region(self) -> bool:
        """Whether many values share few beginnings: procedures are spread, ZIP codes are not."""
        zips = self.groups.get("99999")
        if zips is None or zips.total < (1 - _UNLISTED) * self.total:
            return False
        areas = len({each.core[:3] for each in zips.found})
        return areas <= _AREAS and len(zips.found) >= 5 * areas

    def of_arbitrary(self, what: str) -> float:
        """How usual it is that values are nothing but what their range and step say."""
        usual = 0.0
        if what == known.RUNNING:
            usual = self._tempered(_CONSECUTIVE * self.total)
        elif what == known.IDENTIFIER and set(self.groups) == {"99999"}:
            usual = _FIVE_DIGITS
        elif what == known.NUMBER and len(self.found) == 1 and "." in self.found[0].core:
            usual = _ALONE
        return usual + self.named((what,))

    def of_systems(self, parts: tuple[str, ...], usual: float) -> float:
        """How well the codes of some systems explain the column, beside an arbitrary one."""
        weighed = list(zip(self.found, self.weights, strict=True))
        held = sum(w for each, w in weighed if not each.places.isdisjoint(parts))
        declared = sum(
            w for each, w in weighed if each.declared and not each.places.isdisjoint(parts)
        )
        said = self.asked or set(parts) <= set(self.meant) or declared > self.total / 2
        if held < ((1 - _UNLISTED) * self.total if not said else _LEAST * self.total) or not held:
            return -inf
        if len(parts) > 1 and not self._is_mix(parts):
            return -inf
        score = sum(
            group.of_systems(parts, self.total, named=bool(said)) for group in self.groups.values()
        )
        digits = sum(w for each, w in weighed if self._is_digits(each, parts)) / self.total
        usual += _OF_DIGITS * digits * (digits > 0.5) + _PREFIXED * declared / self.total
        usual += _ASKED * self.asked
        return self._tempered(score) + usual + self.named(parts)

    @staticmethod
    def _is_digits(each: Evidence, parts: tuple[str, ...]) -> bool:
        """Whether a value is digits that no CPT number among the systems accounts for."""
        if "cpt" in parts and "cpt" in each.places:
            return False
        return each.core.replace(".", "").isdigit()

    def _is_mix(self, parts: tuple[str, ...]) -> bool:
        """Whether each system of a mix has values of its own."""
        for part in parts:
            own = sum(
                weight
                for each, weight in zip(self.found, self.weights, strict=True)
                if each.places.intersection(parts) == {part}
            )
            if own < max(_PART * self.total, min(0.7, self.total / 4)):
                return False
        return True
