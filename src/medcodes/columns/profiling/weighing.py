"""Weighing the explanations of a column, where a single value leaves doubt.

Every explanation of the column (a code system, a usual mix of them, a neighbour such as ZIP codes)
gives every distinct value a probability; Bayes' rule weighs the explanations. A system spreads its
probability evenly over its listed codes, and CPT, whose list is not public, over its published
ranges. Values of one column keep close together (one clinic, one county), so within every
explanation a head that was seen is likely to be seen again: a Pólya urn, which does not care for
the order of the rows. A few values of any column are dirt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import exp, inf, lgamma, log, log1p, sqrt

import attrs

from medcodes import names, systems
from medcodes.columns.profiling import lookalikes
from medcodes.columns.profiling.evidence import Evidence
from medcodes.columns.profiling.lookalikes import NEIGHBOURS, Place

_DIRT, _CLEAN = log(0.03), log(0.97)
_LIVELINESS = 5.0
"""Of the urn: the smaller, the more a head that was seen is expected again."""
_NAMED = 3.0
"""What a column's name counts, in natural logarithm: twenty to one."""

_MIXES = {
    ("cpt", "hcpcs"): 0.0,  # one column in every claim
    ("icd9cm", "icd10cm"): -2.0,
    ("icd9pcs", "icd10pcs"): -2.0,
    ("icd10cm", "icd10pcs"): -4.0,
    ("cpt", "hcpcs", "icd9pcs", "icd10pcs"): -5.0,
    ("cpt", "hcpcs", "icd10cm", "icd10pcs"): -6.0,
}
"""Systems that share columns, and how usual that is, in natural logarithm."""

_SYSTEM_IDS = tuple(system.id for system in systems.ALL)


@attrs.frozen
class Decision:
    """What explains a column best.

    Attributes:
        parts: the ids of the systems, or one neighbour, best supported first; empty for none.
        confidence: the probability of that explanation among all that were weighed.
    """

    parts: tuple[str, ...]
    confidence: float


def decide(
    found: Sequence[Evidence],
    counts: Sequence[int] | None = None,
    *,
    name: str | None = None,
    allowed: tuple[str, ...] = _SYSTEM_IDS,
) -> Decision:
    """Weigh the explanations of the distinct values of a column.

    Args:
        found: the evidence of each distinct value.
        counts: how often each occurs; None for once.
        name: the name of the column.
        allowed: the ids of the systems to consider.

    >>> from medcodes.columns.profiling.evidence import evidence
    >>> decide([evidence(code) for code in ("E1165", "I10", "J0120", "Z3A20")]).parts
    ('icd10cm',)
    """
    if not found:
        return Decision((), 0.0)
    weights = _weights(counts or [1] * len(found))
    scores = {}
    known = {part for evidence in found for part in evidence.places}
    for parts, prior in _explanations(allowed, known):
        score = _likelihood(parts, found, weights)
        scores[parts] = score + prior + (_NAMED if _is_named(parts, name) else 0.0)
    best = max(scores, key=scores.__getitem__)
    total = sum(exp(score - scores[best]) for score in scores.values())
    return Decision(best, 1 / total)


def _weights(counts: Sequence[int]) -> list[float]:
    """Frequent values count more, but a value is no better a witness for being repeated.

    Square roots of the counts, scaled so that they add up to their effective number (Kish): a
    column of one value, a million times, weighs one.
    """
    roots = [sqrt(count) for count in counts]
    scale = sum(roots) / sum(counts)
    return [root * scale for root in roots]


def _explanations(
    allowed: tuple[str, ...], known: set[str]
) -> Iterator[tuple[tuple[str, ...], float]]:
    """What may be made of values that are known here and there, and how usual that is."""
    usual = {(part,): 0.0 for part in (*allowed, *NEIGHBOURS)}
    possible = known & {*allowed, *NEIGHBOURS}
    for parts, prior in (usual | _MIXES).items():
        if possible.issuperset(parts):
            yield parts, prior


def _likelihood(
    parts: tuple[str, ...], found: Sequence[Evidence], weights: Sequence[float]
) -> float:
    """The logarithm of the probability of the values, if that is what the column is made of."""
    total = 0.0
    sizes = dict.fromkeys(parts, 0.0)
    heads: dict[tuple[str, str], float] = {}
    shares: dict[tuple[str, str], float] = {}
    for evidence, weight in zip(found, weights, strict=True):
        part, place = _best_place(parts, evidence.places)
        if place is None:
            shape = max(evidence.shapes.get(each, -inf) for each in parts)
            total += weight * (_DIRT + max(evidence.dirt, shape))
            continue
        total += weight * (_CLEAN + place.within)
        sizes[part] += weight
        key = part, place.head
        heads[key] = heads.get(key, 0.0) + weight
        shares[key] = place.share
    if len(parts) > 1:
        if not all(sizes.values()):
            return -inf  # a mix without evidence of its parts is another explanation
        total += _of_mix(list(sizes.values()))
    for part, size in sizes.items():
        seen = {key: weight for key, weight in heads.items() if key[0] == part}
        total += _of_heads(seen, shares, size)
    return total


def _best_place(parts: tuple[str, ...], places: Mapping[str, Place]) -> tuple[str, Place | None]:
    """The part of a mix that a value belongs to, and its place there."""
    if len(parts) == 1:
        return parts[0], places.get(parts[0])
    known = [(part, places[part]) for part in parts if part in places]
    return max(known, key=lambda one: one[1].share + one[1].within, default=(parts[0], None))


def _of_mix(sizes: list[float]) -> float:
    """Any shares of the parts are equally likely."""
    return lgamma(len(sizes)) - lgamma(len(sizes) + sum(sizes)) + sum(lgamma(n + 1) for n in sizes)


def _of_heads(
    heads: Mapping[tuple[str, str], float], shares: Mapping[tuple[str, str], float], size: float
) -> float:
    """The heads drawn one by one from all, or from an urn that returns each with another."""
    scattered = sum(weight * shares[head] for head, weight in heads.items())
    clustered = lgamma(_LIVELINESS) - lgamma(_LIVELINESS + size)
    for head, weight in heads.items():
        balls = _LIVELINESS * exp(shares[head])
        clustered += lgamma(balls + weight) - lgamma(balls)
    high, low = max(scattered, clustered), min(scattered, clustered)
    return high + log1p(exp(low - high)) - log(2)


# -- the column's name ---------------------------------------------------------------------------

_CODE = re.compile(r"[ _.-]?(codes?|cd|num(ber)?)$", re.I)


def _is_named(parts: tuple[str, ...], name: str | None) -> bool:
    return set(parts) <= set(meant_by(name))


# In X12 `ID` means procedures of ICD-9-CM, `PR` the patient's reason and `BP` a procedure; columns
# of these names hold identifiers, prices and blood pressures.
_QUALIFIERS = frozenset(name for system in systems.ALL for name in system.x12 if len(name) == 2)


@lru_cache(256)
def meant_by(name: str | None) -> tuple[str, ...]:
    """The systems or the neighbour that a column's name means.

    >>> meant_by("cpt_code"), meant_by("HCPCS_CD"), meant_by("BENE_ZIP_CD"), meant_by("id")
    (('cpt',), ('cpt', 'hcpcs'), ('ZIP code',), ())
    """
    for spelling in (name or "", _CODE.sub("", name or "")):
        if spelling.strip().upper() in _QUALIFIERS:
            continue
        if meant := names.resolve(spelling):
            return meant
        if other := names.foreign(spelling):
            return (lookalikes.NAMES.get(other, other),)
    return ()
