"""What is this column? Joint evidence over its values, where a single value leaves doubt.

    >>> from medcodes.columns.profile import profile
    >>> one = profile(["4513", "0066", "3722", "8856", "9671"], on="2012-06-01")
    >>> one.system.name, one.statuses
    ('ICD-9-CM Volume 3', (('valid', 1.0),))

Every explanation of the column (a code system, a usual mix of them, a neighbour such as ZIP codes)
gives every distinct value a probability; Bayes' rule weighs the explanations. A system spreads its
probability evenly over its listed codes, and CPT, whose list is not public, over its published
ranges. Values of one column keep close together (one clinic, one county), so within every
explanation a head that was seen is likely to be seen again: a Pólya urn, which does not care for
the order of the rows. A few values of any column are dirt.

`decide` is that alone, without Arrow; `profile` brings a column there and describes the outcome.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from math import exp, inf, lgamma, log, log1p, sqrt
from typing import Any, NamedTuple

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import formats, names, reading, reference, systems
from medcodes.classifier import SystemNames, default
from medcodes.columns import convert
from medcodes.columns.columns import identify
from medcodes.day import Day
from medcodes.question import Question
from medcodes.standing import Status
from medcodes.systems import CodeSystem

__all__ = ["Decision", "Profile", "Repair", "decide", "evidence", "profile"]

SAMPLE = 20_000
"""At most this many distinct values are weighed: the most frequent, and a fixed choice of the rest.
"""

_MOST = 10
_LONGEST_SHOWN = 40


# -- what a value says ---------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a value stands in a system: its head, and natural logarithms of probabilities."""

    head: str
    share: float
    """Of the head, in the system."""
    within: float
    """Of the value, in the head."""


class Evidence(NamedTuple):
    """What a distinct value says of every explanation.

    Attributes:
        places: the systems and neighbours that know the value.
        shapes: those whose shape alone it has: the logarithm of one in so many of that shape.
        dirt: the logarithm of its probability as any text at all.
    """

    places: Mapping[str, Place]
    shapes: Mapping[str, float]
    dirt: float


@lru_cache(100_000)
def evidence(text: str) -> Evidence:
    """What a value says, whatever the day: an expired code is as good a witness as a valid one.

    >>> sorted(evidence("25000").places)
    ['ZIP code', 'cpt', 'free text', 'icd9cm', 'number']
    """
    found = reading.read(text)
    places, shapes = dict(_neighbours(text.strip())), {}
    for shape in formats.fitting(found.core):
        if found.declared is None or shape.system in found.declared:
            compact = found.core.replace(".", "")
            place = _place_of(shape.system, compact)
            if place is not None:
                places[shape.system] = place
            shapes[shape.system] = -_SHAPE_CHARACTER[shape.system] * len(compact)
    return Evidence(places, shapes, -3.0 - 3.7 * len(text))


_SHAPE_CHARACTER = {
    **dict.fromkeys(("cpt", "icd9cm", "icd9pcs"), log(10)),
    "hcpcs": log(12),
    **dict.fromkeys(("icd10cm", "icd10pcs"), log(34)),
}
_HEADING, _BILLABLE = log(0.1), log(0.9)


def _place_of(system: str, compact: str) -> Place | None:
    if system == "cpt":
        return _place_in_cpt(compact)
    if system == "hcpcs" and compact[0] == "D":
        return Place("D", log(0.02), -log(10_000))  # dental codes, whose list is the ADA's
    number = reference.codes(system).history_number(compact)
    if number is None:
        return None
    heads = _heads(system)
    head, heading = compact[: heads.length], heads.is_heading(number)
    billable, headings = heads.sizes[head]
    kind, alike = (_HEADING, headings) if heading else (_BILLABLE, billable)
    share = (billable + headings) / heads.total
    return Place(head, log(share), kind - log(alike))


_DENSITY = 0.6
"""The power of a range's width that its codes grow by: wide ranges hold more, but less densely."""


def _place_in_cpt(compact: str) -> Place | None:
    """The narrowest printed range; a number between the subsections of a section has none."""
    ranges = reference.ranges("cpt").find(compact)
    if len(ranges) < 2 or (ranges[-1].level == "section" and compact.isdigit()):
        return None
    row = ranges[-1]
    width = _width(row)
    share = width**_DENSITY / _cpt_total()
    return Place(row.first, log(share), -log(width))


def _width(row: reference.Range) -> int:
    return int(row.last.rstrip("AFMTU")) - int(row.first.rstrip("AFMTU")) + 1


@cache
def _cpt_total() -> float:
    rows = reference.ranges("cpt").rows
    narrow = (row for row in rows if row.level in ("subsection", "heading"))
    return float(sum(_width(row) ** _DENSITY for row in narrow))


class _Heads:
    """How many codes and headings a system has below each of its heads."""

    def __init__(self, system: str) -> None:
        self.length = 2 if system == "icd9pcs" else 3
        self.sizes: dict[str, list[int]] = {}
        self._table = reference.codes(system)
        self._verdicts: dict[int, bool] = {}
        for compact, number in self._table:
            sizes = self.sizes.setdefault(compact[: self.length], [0, 0])
            sizes[self.is_heading(number)] += 1
        self.total = sum(map(sum, self.sizes.values()))

    def is_heading(self, number: int) -> bool:
        """Whether codes of a history were never billable."""
        verdict = self._verdicts.get(number)
        if verdict is None:
            verdict = all(one.heading for one in self._table.history(number))
            self._verdicts[number] = verdict
        return verdict


@cache
def _heads(system: str) -> _Heads:
    return _Heads(system)


# -- the neighbours of medical codes -------------------------------------------------------------

ZIP, NPI, NDC, REVENUE = "ZIP code", "NPI", "NDC", "revenue code"
POS, DRG, DATE, TEXT, NUMBER = "place of service", "MS-DRG", "date", "free text", "number"
NEIGHBOURS = (ZIP, NPI, NDC, REVENUE, POS, DRG, DATE, TEXT, NUMBER)

_ZIP = re.compile(r"([0-9]{3})[0-9]{2}(-?[0-9]{4})?", re.A)
_NDC = re.compile(r"([0-9]{5})[0-9]{6}|([0-9]{4,5})-[0-9]{3,4}-[0-9]{1,2}", re.A)
_REVENUE = re.compile(r"0001|0[1-9][0-9]{2}|100[0-5]|210[0-9]|310[1-9]", re.A)
# CMS's place of service code set; 99 is "other".
_POS = frozenset(
    f"{number:02}"
    for first, last in ((1, 27), (31, 34), (41, 42), (49, 58), (60, 62), (65, 66), (71, 72))
    for number in range(first, last + 1)
) | {"81", "99"}
_DATE = re.compile(
    r"(?P<y>(19|20)[0-9]{2})(?P<sep>[-/]?)(0[1-9]|1[0-2])(?P=sep)(0[1-9]|[12][0-9]|3[01])"
    r"([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
    r"|(0?[1-9]|1[0-2])[/-](0?[1-9]|[12][0-9]|3[01])[/-](?P<year>(19|20)?[0-9]{2})",
    re.A,
)
_YEAR = re.compile(r"19[0-9]{2}|20[0-3][0-9]", re.A)
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?", re.A)


def _neighbours(text: str) -> Iterator[tuple[str, Place]]:
    """The neighbours that may have written a value."""
    rare = sum(map(str.isdigit, text))
    yield TEXT, Place("", 0.0, -4.0 - 3.0 * len(text) - 0.7 * rare)
    if not text or text[0] not in "0123456789+-" or len(text) > _LONGEST_SHOWN:
        return
    if _NUMBER.fullmatch(text):
        yield NUMBER, Place("", 0.0, log(0.08) - log(10) * sum(map(str.isdigit, text)))
    if (found := _ZIP.fullmatch(text)) and "00501" <= text[:5] <= "99950":
        yield ZIP, Place(found[1], -log(995), -log(100) - (log(20_000) if found[2] else 0))
    if len(text) == 10 and text[0] in "12" and _passes_luhn(text):
        yield NPI, Place("", 0.0, -log(2e8))
    if found := _NDC.fullmatch(text):
        yield NDC, Place(found[1] or found[2], -log(1e5), -log(2e6))
    if _REVENUE.fullmatch(text):
        yield REVENUE, Place(text[:3], -log(93), -log(10))
    if text in _POS:
        yield POS, Place("", 0.0, -log(len(_POS)))
    if len(text) == 3 and text.isdigit() and text != "000":
        yield DRG, Place("", 0.0, -log(999))
    if _YEAR.fullmatch(text):
        yield DATE, Place(text[:3], -log(14), -log(10))
    elif found := _DATE.fullmatch(text):
        yield DATE, Place(found["y"] or found["year"], -log(150), -log(366 * 3))


def _passes_luhn(npi: str) -> bool:
    """The check digit of an NPI, which is reckoned with 80840 before it.

    >>> _passes_luhn("1234567893"), _passes_luhn("1234567890")
    (True, False)
    """
    if not (npi.isascii() and npi.isdigit()):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in npi[-2::-2])
    return (24 + sum(doubled) + sum(map(int, npi[-1::-2]))) % 10 == 0


# -- weighing the explanations -------------------------------------------------------------------

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

_SYSTEM_IDS = tuple(one.id for one in systems.ALL)


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

    >>> decide([evidence(code) for code in ("E1165", "I10", "J0120", "Z3A20")]).parts
    ('icd10cm',)
    """
    if not found:
        return Decision((), 0.0)
    weights = _weights(counts or [1] * len(found))
    scores = {}
    known = {part for one in found for part in one.places}
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
    for one, weight in zip(found, weights, strict=True):
        part, place = _best_place(parts, one.places)
        if place is None:
            shape = max(one.shapes.get(each, -inf) for each in parts)
            total += weight * (_DIRT + max(one.dirt, shape))
            continue
        total += weight * (_CLEAN + place.within)
        sizes[part] += weight
        key = part, place.head
        heads[key] = heads.get(key, 0.0) + weight
        shares[key] = place.share
    if len(parts) > 1:
        if not all(sizes.values()):
            return -inf  # a mix without one of its parts is another explanation
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

_NEIGHBOUR_NAMES = {
    "US ZIP code": ZIP,
    "NPI (providers)": NPI,
    "NDC (drug products)": NDC,
    "UB-04 revenue code": REVENUE,
    "CMS place of service": POS,
    "MS-DRG": DRG,
}
_CODE = re.compile(r"[ _.-]?(codes?|cd|num(ber)?)$", re.I)


def _is_named(parts: tuple[str, ...], name: str | None) -> bool:
    return set(parts) <= set(_meant_by(name))


@lru_cache(256)
def _meant_by(name: str | None) -> tuple[str, ...]:
    """The systems or the neighbour that a column's name means.

    >>> _meant_by("cpt_code"), _meant_by("HCPCS_CD"), _meant_by("BENE_ZIP_CD"), _meant_by("x")
    (('cpt',), ('cpt', 'hcpcs'), ('ZIP code',), ())
    """
    for spelling in (name or "", _CODE.sub("", name or "")):
        if meant := names.resolve(spelling):
            return meant
        if other := names.foreign(spelling):
            return (_NEIGHBOUR_NAMES.get(other, other),)
    return ()


# -- the profile ---------------------------------------------------------------------------------


@attrs.frozen
class Repair:
    """Something that a column seems to have suffered.

    Attributes:
        what: ``"dot dropped"``, ``"uppercased"``, ``"trimmed"``, ``"zeros lost"``, ``"date"`` ...
        count: in how many rows.
        example: one value, and what it may have been.
    """

    what: str
    count: int
    example: tuple[str, str]


@attrs.frozen(repr=False)
class Profile:
    """What a column is. ``print`` it, or show it in a notebook; `to_dict` is plain data.

    Attributes:
        name: the column's name, if one was given.
        count: how many rows; nulls are among them.
        nulls: how many of them are null.
        distinct: how many different values.
        system: the code system, of a mix the one with most rows; None when it is none.
        systems: id and share of the rows of each system of the decision, greatest first.
        fits: for each system that was considered, the share of rows that it has listed on some
            day, or may hold (CPT). Shares overlap: that is why a decision is needed.
        confidence: the probability of the decision among all explanations that were weighed.
        looks_like: what else it seems to be (``"ZIP code"``, ``"NPI"``, ``"NDC"``, ``"date"`` ...).
        statuses: status and share of the rows that are not null, strongest first.
        categories: label and rows of the ten most frequent categories.
        invalid: value, rows and reason of the ten most frequent values that are not valid.
        repairs: what the values seem to have suffered.
        as_of: the day that the statuses are true of.
        notes: sentences.
    """

    name: str | None
    count: int
    nulls: int
    distinct: int
    system: CodeSystem | None
    systems: tuple[tuple[str, float], ...]
    fits: tuple[tuple[str, float], ...]
    confidence: float
    looks_like: str | None
    statuses: tuple[tuple[str, float], ...]
    categories: tuple[tuple[str, int], ...]
    invalid: tuple[tuple[str, int, str], ...]
    repairs: tuple[Repair, ...]
    as_of: date
    notes: tuple[str, ...]

    @property
    def is_medical(self) -> bool:
        """Whether it is a column of medical codes."""
        return self.system is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON.

        >>> profile(["E1165"], on="2026-06-01").to_dict()["system"]
        'icd10cm'
        """
        plain = attrs.asdict(self, recurse=False)
        plain["system"] = self.system.id if self.system else None
        plain["is_medical"] = self.is_medical
        plain["as_of"] = self.as_of.isoformat()
        for field in ("systems", "fits", "statuses", "categories"):
            plain[field] = dict(plain[field])
        plain["invalid"] = [
            {"value": value, "count": count, "reason": reason}
            for value, count, reason in self.invalid
        ]
        plain["repairs"] = [
            {"what": one.what, "count": one.count, "example": list(one.example)}
            for one in self.repairs
        ]
        plain["notes"] = list(self.notes)
        return plain

    def __repr__(self) -> str:
        return f"<Profile: {self._verdict()}>"

    def __str__(self) -> str:
        lines = [self._title(), self._rows()]
        for section, entries in self._sections():
            for place, (label, share, remark) in enumerate(entries):
                bar = "" if share is None else f" {'#' * round(20 * share):<20}"
                head = section if place == 0 else ""
                lines.append(f"{head:<11} {_short(label, 44):<44}{bar} {remark}".rstrip())
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            f"<th style='text-align:left'>{_escaped(section) if place == 0 else ''}</th>"
            f"<td style='text-align:left'>{_escaped(_short(label, 80))}</td>"
            f"<td style='min-width:8em'>{_html_bar(share)}</td>"
            f"<td style='text-align:left'>{_escaped(remark)}</td>"
            "</tr>"
            for section, entries in self._sections()
            for place, (label, share, remark) in enumerate(entries)
        )
        notes = "".join(f"<li>{_escaped(note)}</li>" for note in self.notes)
        return (
            "<div style='color:inherit'>"
            f"<strong>{_escaped(self._title())}</strong><br>{_escaped(self._rows())}"
            f"<table style='color:inherit;background:none'><tbody>{rows}</tbody></table>"
            f"<ul>{notes}</ul></div>"
        )

    def _title(self) -> str:
        name = f"{_short(_printable(self.name), 60)}: " if self.name else ""
        return name + self._verdict()

    def _verdict(self) -> str:
        if self.looks_like is None and self.system is None:
            return "nothing to tell"
        what = self.looks_like or " and ".join(systems.by_id[one].name for one, _ in self.systems)
        return f"{what} (confidence {min(self.confidence, 0.999):.3f})"

    def _rows(self) -> str:
        return (
            f"{self.count:,} rows, {self.nulls:,} null, {self.distinct:,} distinct; "
            f"as of {self.as_of}"
        )

    def _sections(self) -> list[tuple[str, list[tuple[str, float | None, str]]]]:
        """Title and entries of each part of the table: a label, a share for a bar, a remark."""
        filled = max(1, self.count - self.nulls)
        fits = [one for one in self.fits if one[1]]
        return [
            ("systems", [(systems.by_id[one].name, n, f"{n:.1%}") for one, n in self.systems]),
            ("fits", [(systems.by_id[one].name, n, f"{n:.1%}") for one, n in fits]),
            ("statuses", [(one, n, f"{n:.1%}") for one, n in self.statuses]),
            ("categories", [(one, n / filled, f"{n:,}") for one, n in self.categories]),
            ("invalid", [(_printable(one), n / filled, f"{n:,}: {_printable(why)}")
                         for one, n, why in self.invalid]),
            ("repairs", [(f"{one.what}: {' → '.join(map(_printable, one.example))}",
                          one.count / filled, f"{one.count:,}") for one in self.repairs]),
        ]  # fmt: skip


def _escaped(text: str) -> str:
    """Text for HTML: values are whatever a file holds."""
    return html.escape(text, quote=True)


def _html_bar(share: float | None) -> str:
    width = round(100 * share) if share else 0
    return f"<div style='width:{width}%;height:0.7em;background:currentColor;opacity:0.4'></div>"


def _printable(text: str | None) -> str:
    """A text on one line, without control characters."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text or "")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def profile(
    column: Any,
    *,
    name: str | None = None,
    on: Day = None,
    systems: SystemNames = None,
    kind: str | None = None,
) -> Profile:
    """Say what a column is: a code system, a mix of them, or something else.

    Args:
        column: as for `medcodes.columns.identify`; its values are text or null.
        name: the column's name: evidence, not truth. A named pandas or Polars series or Arrow
            field is not asked for it, so that the answer depends on nothing unseen.
        on: the day on which the values must be valid; None is today. The system is found whatever
            the day.
        systems: the systems to consider; it restricts.
        kind: ``"diagnosis"`` or ``"procedure"``.

    Raises:
        TypeError: the column is no text.

    >>> print(profile(["02134", "90210", "10001", "99501", "60611"]))
    ZIP code (confidence 0...)
    5 rows, 0 null, 5 distinct; as of ...
    fits        CPT  ...
    This is probably no column of medical codes: it looks like ZIP code.
    """
    question = default.ask(on, systems, kind)
    texts, counts, rows = _distinct(column)
    sample, sample_counts = _sample(texts, counts)
    found = [evidence(text) for text in sample]
    decision = decide(found, sample_counts, name=name, allowed=question.allowed)
    medical = bool(decision.parts) and decision.parts[0] in _SYSTEM_IDS
    told = _tell(texts, counts, decision.parts, question) if medical else _untold(question)
    answered = int(pc.sum(counts).as_py() or 0)
    made = Profile(
        name=name,
        count=rows,
        nulls=rows - answered,
        distinct=len(texts),
        system=_by_id(told.systems[0][0]) if medical else None,
        systems=told.systems,
        fits=_fits(found, sample_counts, question.allowed),
        confidence=decision.confidence,
        looks_like=None if medical or not decision.parts else decision.parts[0],
        statuses=told.statuses,
        categories=told.categories,
        invalid=told.invalid,
        repairs=_repairs(sample, sample_counts, decision.parts, question) if medical else (),
        as_of=told.as_of,
        notes=(),
    )
    return attrs.evolve(made, notes=tuple(_notes(made, decision, len(sample))))


def _by_id(system: str) -> CodeSystem:
    return systems.by_id[system]


def _distinct(column: Any) -> tuple[pa.Array, pa.Array, int]:
    """The distinct values, how often each occurs, and how many rows there are."""
    arrow, _ = convert.bring(column)
    if pa.types.is_dictionary(arrow.type):
        arrow = arrow.cast(arrow.type.value_type)
    pairs = pc.value_counts(arrow.drop_null())
    return pairs.field("values"), pairs.field("counts"), len(arrow)


def _sample(texts: pa.Array, counts: pa.Array) -> tuple[list[str], list[int]]:
    """The values to be weighed, whatever the order of the rows: half of them the most frequent."""
    table = pa.table({"text": texts, "count": counts})
    if len(texts) > SAMPLE:
        order = pc.sort_indices(table, [("count", "descending"), ("text", "ascending")])
        rest = np.linspace(SAMPLE // 2, len(texts) - 1, SAMPLE // 2).astype(np.int64)
        chosen = np.concatenate([np.arange(SAMPLE // 2), rest])
        table = table.take(order.take(pa.array(chosen)))
    pairs = sorted(zip(table["text"].to_pylist(), table["count"].to_pylist(), strict=True))
    return [text for text, _ in pairs], [count for _, count in pairs]


def _fits(
    found: Sequence[Evidence], counts: Sequence[int], allowed: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    total = max(1, sum(counts))
    known = {
        system: sum(n for one, n in zip(found, counts, strict=True) if system in one.places)
        for system in allowed
    }
    return tuple((system, rows / total) for system, rows in known.items())


# -- what the values are under the decision ------------------------------------------------------


class _Told(NamedTuple):
    systems: tuple[tuple[str, float], ...]
    statuses: tuple[tuple[str, float], ...]
    categories: tuple[tuple[str, int], ...]
    invalid: tuple[tuple[str, int, str], ...]
    as_of: date


def _untold(question: Question) -> _Told:
    return _Told((), (), (), (), question.day)


def _tell(texts: pa.Array, counts: pa.Array, parts: tuple[str, ...], question: Question) -> _Told:
    answers = identify(
        texts, on=question.day, systems=parts, fields=("system", "status", "category")
    )
    system, status, category = (column.cast(pa.string()) for column in answers.flatten())
    table = pa.table(
        {"text": texts, "count": counts, "system": system, "status": status, "category": category}
    )
    total = pc.sum(counts).as_py()
    fine = pc.is_in(status, pa.array([Status.VALID.value, Status.PLAUSIBLE.value]))
    known = pc.invert(pc.is_in(status, pa.array([Status.UNKNOWN.value, Status.MALFORMED.value])))
    by_system = _tally(table.filter(known), "system") or dict.fromkeys(parts[:1], 0)
    by_status = _tally(table, "status")
    among = _question_of(parts, question)
    bad = _most(table.filter(pc.invert(fine)), "text")
    return _Told(
        tuple((one, rows / total) for one, rows in _ranked(by_system)),
        tuple((one.value, by_status[one] / total) for one in Status if one in by_status),
        tuple(_most(table.filter(pc.is_valid(category)), "category")),
        tuple((text, rows, among.answer(text).reason) for text, rows in bad),
        among.answer(_ONE_OF[parts[0]]).as_of,
    )


_ONE_OF = {
    "cpt": "99213",
    "hcpcs": "J0120",
    "icd10cm": "I10",
    "icd10pcs": "0SRB02A",
    "icd9cm": "25000",
    "icd9pcs": "4513",
}
"""A code of each, to ask which day is answered."""


def _question_of(parts: tuple[str, ...], question: Question) -> Question:
    """The same question, about some systems only."""
    return default.ask(question.day, parts, None)


def _tally(table: pa.Table, key: str) -> dict[str, int]:
    grouped = table.select([key, "count"]).group_by(key).aggregate([("count", "sum")])
    return dict(zip(grouped[key].to_pylist(), grouped["count_sum"].to_pylist(), strict=True))


def _most(table: pa.Table, key: str) -> list[tuple[str, int]]:
    """The most frequent, equal ones in the order of their texts."""
    grouped = table.select([key, "count"]).group_by(key).aggregate([("count", "sum")])
    best = grouped.sort_by([("count_sum", "descending"), (key, "ascending")]).slice(0, _MOST)
    return list(zip(best[key].to_pylist(), best["count_sum"].to_pylist(), strict=True))


def _ranked(tally: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(tally.items(), key=lambda one: (-one[1], _SYSTEM_IDS.index(one[0])))


# -- likely repairs ------------------------------------------------------------------------------

_LENGTHS = {"cpt": (5,), "icd9cm": (3, 4, 5), "icd9pcs": (2, 3, 4), "icd10pcs": (7,)}
"""How long the codes are that can begin with zeros."""


def _repairs(
    sample: Sequence[str], counts: Sequence[int], parts: tuple[str, ...], question: Question
) -> tuple[Repair, ...]:
    """What the values seem to have suffered, most frequent first."""
    among = _question_of(parts, question)
    rows: Counter[str] = Counter()
    examples: dict[str, tuple[str, str]] = {}
    for text, count in zip(sample, counts, strict=True):
        for what, better in _suffered(text, parts, among):
            rows[what] += count
            examples.setdefault(what, (text, better))
    ranked = sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Repair(what, count, examples[what]) for what, count in ranked)


def _suffered(text: str, parts: tuple[str, ...], among: Question) -> Iterator[tuple[str, str]]:
    answer = among.answer(text)
    if any(part in evidence(text).places for part in parts):
        code = answer.code or text
        for repair in answer.repairs:
            yield repair, code
        if "." in code and "." not in text:
            yield "dot dropped", code
    elif _DATE.fullmatch(text):
        yield "date", text
    elif text.isascii() and text.isalnum() and (whole := _with_zeros(text, parts)):
        yield "zeros lost", whole


def _with_zeros(text: str, parts: tuple[str, ...]) -> str | None:
    """The only code that a value is short of zeros for; None when there is none, or several."""
    whole = {
        text.zfill(length)
        for part in parts
        for length in _LENGTHS.get(part, ())
        if length > len(text) and part in evidence(text.zfill(length)).places
    }
    return whole.pop() if len(whole) == 1 else None


# -- notes ---------------------------------------------------------------------------------------

_SURE = 0.95


def _called(part: str) -> str:
    return systems.by_id[part].name if part in systems.by_id else part


def _notes(made: Profile, decision: Decision, sampled: int) -> Iterator[str]:
    if not decision.parts:
        yield "There is no value in it."
        return
    if made.looks_like:
        yield f"This is probably no column of medical codes: it looks like {made.looks_like}."
    if made.confidence < _SURE:
        yield "The values alone leave doubt; more of them, or another column, would tell."
    meant = _meant_by(made.name)
    if meant and not set(decision.parts) & set(meant):
        called = " and ".join(map(_called, meant))
        yield f"Its name says {called}, but its values do not."
    if len(made.systems) > 1:
        mix = ", ".join(f"{systems.by_id[one].name} {share:.1%}" for one, share in made.systems)
        yield f"A mix: {mix}."
    if any(one == "cpt" for one, _ in made.systems):
        yield "CPT's list is the AMA's: its numbers are plausible by their range, not known."
    expired = dict(made.statuses).get(Status.EXPIRED, 0.0)
    if expired > 0.5:
        yield f"Most codes had expired by {made.as_of}; name the day of service with on=."
    if sampled < made.distinct:
        yield f"The system was decided on {sampled:,} of {made.distinct:,} distinct values."
