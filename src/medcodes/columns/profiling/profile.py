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
from datetime import date
from functools import partial
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medcodes import systems
from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import interop
from medcodes.columns.api import identify
from medcodes.columns.profiling import counting
from medcodes.columns.profiling.evidence import Evidence, evidence
from medcodes.columns.profiling.explanations import is_date
from medcodes.columns.profiling.naming import meant_by
from medcodes.columns.profiling.report import Profile, Repair
from medcodes.columns.profiling.weighing import Decision, decide
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
    on: Any = None,
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
        on: the day on which the values must be valid; None is today. Or a column of as many days
            (dates or timestamps): each row is judged on its own, and not valid without one. The
            system is found whatever the day.
        systems: the systems to consider; it restricts.
        kind: ``"diagnosis"`` or ``"procedure"``.
        classifier: whose answers are described. What system it is, is decided by what is public.
        counts: how often each value stands, as many integers as there are values, for a column
            that was counted where it is; None for once each.

    Raises:
        TypeError: the column is no text, or `on` not days.
        ValueError: more or fewer days or counts than values, or a count that is no whole number
            above 0; or all systems asked for are the user's own.

    >>> profile(["I10", "E119"], counts=[3, 1], on="2026-06-01").count
    4
    >>> profile(["4019", "I10"], on=["2014-01-06", "2016-01-11"], name="dx").statuses
    (('valid', 1.0),)

    >>> print(profile(["02134", "90210", "10001", "99501", "60611"], name="zip"))
    zip: ZIP code (confidence 0...)
    5 rows, 0 null, 5 distinct; as of ...
    fits        CPT  ...
                ICD-9-CM  ...
    This is probably no column of medical codes: it looks like ZIP code.
    """
    by_day = interop.is_column(on)
    resolver = classifier.ask(None if by_day else on, systems, kind)
    texts = _plain(column)
    days = interop.days(on, len(texts)) if by_day else None
    if counts is None:
        values = counting.count(texts, days, classifier.reference)
    else:
        values = counting.sum_up(texts, days, counts, classifier.reference)
    return describe(values, resolver, name=name, by_day=by_day, classifier=classifier)


def describe(
    values: pa.Table,
    resolver: Resolver,
    *,
    name: str | None,
    by_day: bool,
    classifier: Classifier,
) -> Profile:
    """What `profile` says of values that were counted, as `counting` has them.

    Args:
        values: the values. Where they have days that they are not judged on, what was valid on its
            day is not bad.
        resolver: the systems to consider, and the day of values that are not judged on their own.
        name: the column's name.
        by_day: whether each is judged on its own day.
        classifier: whose answers are described.

    Raises:
        ValueError: all systems asked for are the user's own.
    """
    if resolver.allowed and not set(resolver.allowed) & set(_SYSTEM_IDS):
        own = ", ".join(resolver.allowed)
        raise ValueError(f"a profile weighs the {len(_SYSTEM_IDS)} public systems, and not {own}")
    rows = _rows(values)
    values = values.filter(pc.is_valid(values["text"]))
    distinct = counting.together(values.select(["text", "count"]))
    sample, sample_counts = _sample(distinct)
    found = [evidence(text) for text in sample]
    decision = decide(
        found, sample_counts, name=name, allowed=resolver.allowed, distinct=len(distinct)
    )
    medical = bool(decision.parts) and decision.parts[0] in _SYSTEM_IDS
    undated = values.filter(pc.is_null(values["day"])) if by_day else values.slice(0, 0)
    made = Profile(
        name=name,
        count=rows,
        nulls=rows - _rows(values),
        distinct=len(distinct),
        system=None,
        systems=(),
        fits=_fits(found, sample_counts, resolver.allowed),
        confidence=decision.confidence,
        looks_like=None if medical or not decision.parts else decision.parts[0],
        statuses=(),
        categories=(),
        invalid=(),
        repairs=(),
        as_of=(pc.max(values["day"]).as_py() if by_day else None) or resolver.day,
        notes=(),
        by_day=by_day,
        undated=_rows(undated),
    )
    if medical:
        among = classifier.ask(made.as_of, decision.parts, None)
        repairs = _repairs(sample, sample_counts, decision.parts, among)
        facts = _facts(values, decision.parts, among, by_day, classifier)
        made = attrs.evolve(made, repairs=repairs, **facts)
    return attrs.evolve(made, notes=tuple(_notes(made, decision, len(sample))))


def _plain(column: Any) -> pa.Array:
    """A column as one array of text, without a dictionary."""
    arrow, _ = interop.bring(column)
    return arrow.cast(pa.large_string()).combine_chunks()


def _rows(values: pa.Table) -> int:
    return int(pc.sum(values["count"]).as_py() or 0)


def _sample(table: pa.Table) -> tuple[list[str], list[int]]:
    """The values to be weighed, whatever the order of the rows: half of them the most frequent."""
    if len(table) > SAMPLE:
        order = pc.sort_indices(table, [("count", "descending"), ("text", "ascending")])
        rest = np.linspace(SAMPLE // 2, len(table) - 1, SAMPLE // 2).astype(np.int64)
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
    values: pa.Table,
    parts: tuple[str, ...],
    among: Resolver,
    by_day: bool,
    classifier: Classifier,
) -> dict[str, Any]:
    """What a profile says of a column of codes of some systems, by the names of its attributes."""
    table = _judged(values, parts, among.day, by_day, classifier)
    total = _rows(table)
    by_system = _tally(table.filter(pc.is_in(table["status"], _FOUND)), "system")
    by_status = _tally(table, "status")
    ranked = _ranked(by_system or dict.fromkeys(parts[:1], 0))
    bad = table.filter(pc.invert(table["fine"]))
    return {
        "system": systems.by_id[ranked[0][0]],
        "systems": tuple((system, rows / total) for system, rows in ranked),
        "statuses": tuple(
            (status.value, by_status[status] / total) for status in Status if status in by_status
        ),
        "categories": tuple(_most(table.filter(pc.is_valid(table["category"])), "category")),
        "invalid": tuple(_invalid(bad, parts, classifier)),
        "as_of": among.resolve(systems.by_id[parts[0]].traits.example).as_of,
        "bad": _rows(bad),
    }


def _judged(
    values: pa.Table, parts: tuple[str, ...], day: date, by_day: bool, classifier: Classifier
) -> pa.Table:
    """Values with the day on which they are judged, the answers, and whether they count as good."""
    ask = partial(identify, values["text"], systems=parts, classifier=classifier)
    on = values["day"] if by_day else day
    answers = ask(on=on, fields=_JUDGED).flatten()
    columns = {
        "text": values["text"],
        "count": values["count"],
        "day": on if by_day else pa.repeat(pa.scalar(day), len(values)),
        **{name: column.cast(pa.string()) for name, column in zip(_JUDGED, answers, strict=True)},
    }
    fine = pc.is_in(columns["status"], _FINE)
    if "day" in values.column_names and not by_day:
        (then,) = ask(on=values["day"], fields=("status",)).flatten()
        fine = pc.or_(fine, pc.is_in(then.cast(pa.string()), _FINE))
    return pa.table({**columns, "fine": fine})


_JUDGED = ("system", "status", "category")
_GOOD = (Status.VALID, Status.PLAUSIBLE)
_FINE = pa.array([status.value for status in _GOOD])
_FOUND = pa.array([status.value for status in Status if status not in NOT_FOUND])


def _invalid(
    bad: pa.Table, parts: tuple[str, ...], classifier: Classifier
) -> Iterator[tuple[str, int, str]]:
    """The most frequent bad values, and why they are bad on the last day on which they are."""
    for text, rows in _most(bad, "text"):
        day = pc.max(bad.filter(pc.equal(bad["text"], text))["day"]).as_py()
        why = classifier.ask(day, parts, None).resolve(text).reason if day else _UNDATED
        yield text, rows, why


_UNDATED = "its row has no day"


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
    if made.is_medical:
        yield from _notes_on_days(made)
    if decision.more:
        yield "Its values hold more than a code: descriptions, or several codes in a cell."
    if sampled < made.distinct:
        yield f"The system was decided on {sampled:,} of {made.distinct:,} distinct values."


def _notes_on_days(made: Profile) -> Iterator[str]:
    shares, filled = dict(made.statuses), made.count - made.nulls
    good = sum(shares.get(status, 0.0) for status in _GOOD)
    if made.undated:
        yield f"{made.undated:,} of its codes have no day, and do not count as valid."
    if then := filled - round(filled * good) - made.bad:
        yield f"{then:,} of its codes are not valid on {made.as_of}, but were on their own days."
    elif shares.get(Status.EXPIRED, 0.0) > 0.5 and not made.by_day:
        yield f"Most codes had expired by {made.as_of}; name the day of service with on=."
