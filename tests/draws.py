"""Columns of twenty values, drawn from the lists: what `profile` is asked about."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from benchmarks.samples import SEED, valid
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, reference
from medcodes.columns import profile
from tests.conftest import DAY

LENGTH = 20

Draw = Callable[[random.Random], Sequence[str]]


def outcomes_of(draw: Draw, draws: int) -> Counter[tuple[str, ...]]:
    """What so many columns were taken for: the ids of systems, or what else they look like."""
    chance = random.Random(SEED)
    answers = (profile(draw(chance), on=DAY) for _ in range(draws))
    return Counter(
        tuple(sorted(system for system, _ in answer.systems)) or (str(answer.looks_like),)
        for answer in answers
    )


def of(system: CodeSystem) -> Draw:
    return lambda chance: chance.sample(valid(system), LENGTH)


@cache
def headings() -> list[tuple[int, int]]:
    """First and last number of CPT's deepest published ranges, but those that have ended."""
    ranges = reference.ranges("cpt")
    return [
        (int(row.first), int(row.last))
        for row in ranges.rows
        if row.first.isdigit() and not ranges.below(row) and ranges.ending(row.first) is None
    ]


@cache
def numbers() -> list[str]:
    """Every number of those headings, once."""
    return sorted({f"{n:05}" for first, last in headings() for n in range(first, last + 1)})


def cpt_by_heading(chance: random.Random) -> list[str]:
    """A heading first, then a number of it: as dense where headings are narrow as CPT is."""
    found: dict[str, None] = {}
    while len(found) < LENGTH:
        found[f"{chance.randint(*chance.choice(headings())):05}"] = None
    return list(found)


def cpt_by_number(chance: random.Random) -> list[str]:
    return chance.sample(numbers(), LENGTH)


def mixed(cpt: Draw) -> Draw:
    """From 1 to 19 of the values are HCPCS Level II."""

    def draw(chance: random.Random) -> list[str]:
        count = chance.randint(1, LENGTH - 1)
        return [*chance.sample(valid(HCPCS), count), *cpt(chance)[count:]]

    return draw


def zips_anywhere(chance: random.Random) -> list[str]:
    return [f"{number:05}" for number in chance.sample(range(501, 99_951), LENGTH)]


def zips_nearby(chance: random.Random) -> list[str]:
    """Of one to three areas of a thousand."""
    prefixes = chance.sample(range(6, 999), chance.choice((1, 2, 3)))
    near = [100 * prefix + number for prefix in prefixes for number in range(100)]
    return [f"{number:05}" for number in chance.sample(near, LENGTH)]


# Name, draw, the right systems, and the least share of columns that are named rightly.
KINDS: tuple[tuple[str, Draw, tuple[str, ...], float], ...] = (
    ("HCPCS Level II and CPT, a heading at a time", mixed(cpt_by_heading), ("cpt", "hcpcs"), 99),
    ("HCPCS Level II and CPT, all numbers alike", mixed(cpt_by_number), ("cpt", "hcpcs"), 99),
    ("HCPCS Level II", of(HCPCS), ("hcpcs",), 99),
    ("ICD-10-CM, undotted", of(ICD10CM), ("icd10cm",), 99),
    ("ICD-10-PCS", of(ICD10PCS), ("icd10pcs",), 99),
    ("ICD-9-CM, undotted", of(ICD9CM), ("icd9cm",), 99),
    ("ICD-9-CM procedures, undotted", of(ICD9PCS), ("icd9pcs",), 97),
)
ZIPS = {"ZIP codes, anywhere": zips_anywhere, "ZIP codes, of one to three areas": zips_nearby}
