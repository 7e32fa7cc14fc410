"""What one value of a column says of every explanation of the column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

from medcodes import formats, reference
from medcodes.columns.profiling.lookalikes import Place, neighbours
from medcodes.lookup import reading


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
    places, shapes = dict(neighbours(text.strip())), {}
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
            verdict = all(interval.heading for interval in self._table.history(number))
            self._verdicts[number] = verdict
        return verdict


@cache
def _heads(system: str) -> _Heads:
    return _Heads(system)
