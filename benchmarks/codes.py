"""The codes that the benchmarks are run on: seeded, so that every run asks the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from medcodes import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, formats, reference
from medcodes.entries import Interval

DAY = date(2026, 6, 1)
"""A day that the reference of every current system covers."""
LAST_DAY_OF_ICD9 = date(2015, 9, 30)

LISTED = (HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
ONE_OF_EACH = ("99213", "J1100", "E1165", "0SRB02A", "25000", "4513")
SEED = 90837


class Code(NamedTuple):
    """A code as it is asked (without its dot), and the truth about it."""

    text: str
    system: CodeSystem
    canonical: str
    day: date
    """A day on which it is valid: `DAY` where it is, else the last one."""


def day_of(system: CodeSystem) -> date:
    """The day on which the codes of a system are asked for."""
    return LAST_DAY_OF_ICD9 if system in (ICD9CM, ICD9PCS) else DAY


@cache
def valid(system: CodeSystem) -> tuple[str, ...]:
    """The codes of a system that are valid on its day, without dots, shuffled."""
    codes = [code.replace(".", "") for code in system.codes(on=day_of(system))]
    random.Random(SEED).shuffle(codes)
    return tuple(codes)


def ever_valid(system: CodeSystem) -> Iterator[Code]:
    """Every code that a system has ever listed, with a day on which it was valid."""
    table = reference.codes(system.id)
    shape = formats.of(system.id)
    for compact, history in table:
        day = _day_of_validity(table.history(history))
        if day is not None:
            canonical = formats.dotted(compact, shape.dot_after(compact))
            yield Code(compact, system, canonical, day)


def _day_of_validity(intervals: tuple[Interval, ...]) -> date | None:
    billable = [one for one in intervals if not one.heading]
    if any(one.holds(DAY) for one in billable):
        return DAY
    return max((one.last or one.first for one in billable), default=None)


@cache
def cpt_numbers(per_range: int = 20) -> tuple[str, ...]:
    """Numbers inside CPT's published sections; which of them are codes is not public."""
    chance = random.Random(SEED)
    found: set[str] = set()
    rows = reference.ranges(CPT.id).rows
    # The categories, at the top, span gaps between their sections.
    for row in (one for one in rows if one.level != rows[0].level):
        suffix = row.last[4:] if row.last[4:].isalpha() else ""
        width = 5 - len(suffix)
        first, last = int(row.first[:width]), int(row.last[:width])
        drawn = chance.sample(range(first, last + 1), min(per_range, last + 1 - first))
        found.update(f"{number:0{width}}{suffix}" for number in drawn)
    return tuple(sorted(found))


@cache
def distinct() -> tuple[str, ...]:
    """Every listed code of every system and some CPT numbers: once each, shuffled."""
    codes = {one.text for system in LISTED for one in ever_valid(system)} | set(cpt_numbers())
    shuffled = sorted(codes)
    random.Random(SEED).shuffle(shuffled)
    return tuple(shuffled)


_SHARES = {ICD10CM: 0.5, HCPCS: 0.25, ICD10PCS: 0.15, ICD9CM: 0.1}


@cache
def column(length: int = 1_000_000) -> tuple[str, ...]:
    """Half ICD-10-CM, a quarter HCPCS, 15 % ICD-10-PCS, 10 % ICD-9-CM; evenly drawn.

    A million of them hold some 163,000 distinct values: the hard case for any memory of answers.
    """
    chance = random.Random(SEED)
    drawn: list[str] = []
    for system, share in _SHARES.items():
        drawn += chance.choices(valid(system), k=int(length * share))
    chance.shuffle(drawn)
    return tuple(drawn)


@cache
def skewed_column(length: int = 1_000_000) -> tuple[str, ...]:
    """As real columns are: the code of rank n about 1/n as often as the first."""
    ranked = list(dict.fromkeys(column(length)))
    weights = list(accumulate(1 / rank for rank in range(1, len(ranked) + 1)))
    return tuple(random.Random(SEED).choices(ranked, cum_weights=weights, k=length))


@cache
def dirty_column(length: int = 1_000_000) -> tuple[str, ...]:
    """The column with every tenth value in need of repair: blanks, lower case, a prefix."""
    dirt = (" {0}", "{0} ", "\t{0}", "{1}", " {1} ", "{2}: {0}")
    chance = random.Random(SEED)
    names = {code: system.name for system in _SHARES for code in valid(system)}
    return tuple(
        code if place % 10 else chance.choice(dirt).format(code, code.lower(), names[code])
        for place, code in enumerate(column(length))
    )


def copied(codes: Iterable[str]) -> list[str]:
    """Each value as a string of its own, as when read from a file: no hash is known yet."""
    return "\n".join(codes).split("\n")
