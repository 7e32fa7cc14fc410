"""What is this column? Joint evidence over its values, where a single value leaves doubt.

    >>> from medcodes.columns.profiling import profile
    >>> one = profile(["4513", "0066", "3722", "8856", "9671"], on="2012-06-01")
    >>> one.system.name, one.statuses
    ('ICD-9-CM Volume 3', (('valid', 1.0),))

`evidence` is what each value says, `weighing` weighs it; here a column is brought there, and the
outcome described.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import systems
from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import interop
from medcodes.columns.api import identify
from medcodes.columns.profiling.evidence import Evidence, evidence
from medcodes.columns.profiling.explanations import is_date
from medcodes.columns.profiling.naming import meant_by
from medcodes.columns.profiling.report import Profile, Repair
from medcodes.columns.profiling.weighing import Decision, decide
from medcodes.dates import Day
from medcodes.lookup.reading import DOTTED
from medcodes.lookup.resolver import Resolver
from medcodes.status import NOT_FOUND, Status

SAMPLE = 20_000
"""At most this many distinct values are weighed: the most frequent, and a fixed choice of the rest.
"""

_MOST = 10
_SYSTEM_IDS = tuple(system.id for system in systems.ALL)


def profile(
    column: Any,
    *,
    name: str | None = None,
    on: Day = None,
    systems: SystemNames = None,
    kind: str | None = None,
    counts: Any = None,
    classifier: Classifier = default,
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
        classifier: whose answers are described. What system it is, is decided by what is public.
        counts: how often each value stands, as many integers as there are values, for a column
            that was counted where it is; None for once each.

    Raises:
        TypeError: the column is no text.
        ValueError: more or fewer counts than values, or one that is no whole number above 0; or
            all systems asked for are the user's own.

    >>> profile(["I10", "E119"], counts=[3, 1], on="2026-06-01").count
    4

    >>> print(profile(["02134", "90210", "10001", "99501", "60611"], name="zip"))
    zip: ZIP code (confidence 0...)
    5 rows, 0 null, 5 distinct; as of ...
    fits        CPT  ...
                ICD-9-CM  ...
    This is probably no column of medical codes: it looks like ZIP code.
    """
    resolver = classifier.ask(on, systems, kind)
    if resolver.allowed and not set(resolver.allowed) & set(_SYSTEM_IDS):
        own = ", ".join(resolver.allowed)
        raise ValueError(f"a profile weighs the {len(_SYSTEM_IDS)} public systems, and not {own}")
    texts, rows_of_each, rows = _distinct(column, counts)
    sample, sample_counts = _sample(texts, rows_of_each)
    found = [evidence(text) for text in sample]
    decision = decide(
        found, sample_counts, name=name, allowed=resolver.allowed, distinct=len(texts)
    )
    medical = bool(decision.parts) and decision.parts[0] in _SYSTEM_IDS
    answered = int(pc.sum(rows_of_each).as_py() or 0)
    made = Profile(
        name=name,
        count=rows,
        nulls=rows - answered,
        distinct=len(texts),
        system=None,
        systems=(),
        fits=_fits(found, sample_counts, resolver.allowed),
        confidence=decision.confidence,
        looks_like=None if medical or not decision.parts else decision.parts[0],
        statuses=(),
        categories=(),
        invalid=(),
        repairs=(),
        as_of=resolver.day,
        notes=(),
    )
    if medical:
        among = classifier.ask(resolver.day, decision.parts, None)
        repairs = _repairs(sample, sample_counts, decision.parts, among)
        facts = _facts(texts, rows_of_each, decision.parts, among, classifier)
        made = attrs.evolve(made, repairs=repairs, **facts)
    return attrs.evolve(made, notes=tuple(_notes(made, decision, len(sample))))


def _distinct(column: Any, counts: Any) -> tuple[pa.Array, pa.Array, int]:
    """The distinct values, how often each occurs, and how many rows there are."""
    arrow, _ = interop.bring(column)
    if pa.types.is_dictionary(arrow.type):
        arrow = arrow.cast(arrow.type.value_type)
    if counts is None:
        pairs = pc.value_counts(arrow.drop_null())
        return pairs.field("values"), pairs.field("counts"), len(arrow)
    if len(counts) != len(arrow):
        raise ValueError(f"counts= has {len(counts)} counts for {len(arrow)} values")
    table = pa.table({"text": arrow, "count": _counted(counts)})
    rows = int(pc.sum(table["count"]).as_py() or 0)
    summed = table.filter(pc.is_valid(table["text"])).group_by("text").aggregate([("count", "sum")])
    return summed["text"].combine_chunks(), summed["count_sum"].combine_chunks(), rows


def _counted(counts: Any) -> pa.Array:
    """Counts as integers of which each value has at least one."""
    try:
        found = pa.array(counts).cast(pa.int64())
    except (pa.ArrowException, OverflowError, TypeError) as error:
        raise ValueError(f"counts= are no counts: {error}") from None
    least = pc.min(found).as_py()
    if found.null_count or (least is not None and least < 1):
        raise ValueError("counts= has a count that is less than 1, or none")
    return found


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
        system: sum(n for said, n in zip(found, counts, strict=True) if system in said.places)
        for system in allowed
    }
    return tuple((system, rows / total) for system, rows in known.items())


# -- what the values are under the decision ------------------------------------------------------


def _facts(
    texts: pa.Array,
    counts: pa.Array,
    parts: tuple[str, ...],
    among: Resolver,
    classifier: Classifier,
) -> dict[str, Any]:
    """What a profile says of a column of codes of some systems, by the names of its attributes."""
    fields = ("system", "status", "category")
    answers = identify(texts, on=among.day, systems=parts, fields=fields, classifier=classifier)
    system, status, category = (column.cast(pa.string()) for column in answers.flatten())
    table = pa.table(
        {"text": texts, "count": counts, "system": system, "status": status, "category": category}
    )
    total = pc.sum(counts).as_py()
    fine = pc.is_in(status, pa.array([Status.VALID.value, Status.PLAUSIBLE.value]))
    known = pc.invert(pc.is_in(status, pa.array(sorted(NOT_FOUND), pa.string())))
    by_system = _tally(table.filter(known), "system") or dict.fromkeys(parts[:1], 0)
    by_status = _tally(table, "status")
    ranked = [(system, rows / total) for system, rows in _ranked(by_system)]
    bad = _most(table.filter(pc.invert(fine)), "text")
    return {
        "system": systems.by_id[ranked[0][0]],
        "systems": tuple(ranked),
        "statuses": tuple(
            (status.value, by_status[status] / total) for status in Status if status in by_status
        ),
        "categories": tuple(_most(table.filter(pc.is_valid(category)), "category")),
        "invalid": tuple((text, rows, among.resolve(text).reason) for text, rows in bad),
        "as_of": among.resolve(systems.by_id[parts[0]].traits.example).as_of,
    }


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
    sample: Sequence[str], counts: Sequence[int], parts: tuple[str, ...], among: Resolver
) -> tuple[Repair, ...]:
    """What the values seem to have suffered, most frequent first."""
    rows: Counter[str] = Counter()
    examples: dict[str, tuple[str, str]] = {}
    for text, count in zip(sample, counts, strict=True):
        for what, better in _suffered(text, parts, among):
            rows[what] += count
            examples.setdefault(what, (text, better))
    ranked = sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Repair(what, count, examples[what]) for what, count in ranked)


def _suffered(text: str, parts: tuple[str, ...], among: Resolver) -> Iterator[tuple[str, str]]:
    answer = among.resolve(text)
    if any(part in evidence(text).places for part in parts):
        code = answer.code or text
        for repair in answer.repairs:
            if repair != DOTTED:
                yield repair, code
        if "." in code and "." not in text:
            yield "dot dropped", code
    elif is_date(text):
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
    meant = meant_by(made.name)
    codes = {*decision.parts, *meant} & set(_SYSTEM_IDS)
    if meant and codes and not set(decision.parts) & set(meant):
        called = " and ".join(map(_called, meant))
        yield f"Its name says {called}, but its values do not."
    if len(made.systems) > 1:
        mix = ", ".join(f"{systems.by_id[id_].name} {share:.1%}" for id_, share in made.systems)
        yield f"A mix: {mix}."
    if any(id_ == "cpt" for id_, _ in made.systems):
        yield "CPT's list is the AMA's: its numbers are plausible by their range, not known."
    expired = dict(made.statuses).get(Status.EXPIRED, 0.0)
    if expired > 0.5:
        yield f"Most codes had expired by {made.as_of}; name the day of service with on=."
    if decision.more:
        yield "Its values hold more than a code: descriptions, or several codes in a cell."
    if sampled < made.distinct:
        yield f"The system was decided on {sampled:,} of {made.distinct:,} distinct values."
