"""How often `profile` names the right system of a column of twenty values.

``python -m benchmarks.profiles [--smoke]``. The columns are drawn from the lists, without dots,
each of different values; what is drawn is seeded. Nothing but the values is known to `decide`.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter

from benchmarks import codes
from benchmarks.measure import Report, machine
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, reference
from medcodes.columns.profiling.evidence import evidence
from medcodes.columns.profiling.weighing import decide

LENGTH = 20
DRAWS = 10_000
PREFIXES = (1, 2, 3)
"""Three-digit ZIP areas that a column of neighbours lies in."""

Draw = Callable[[random.Random], Sequence[str]]


def run(report: Report, *, smoke: bool = False) -> None:
    draws = 50 if smoke else DRAWS
    report.part(f"The system of {LENGTH} random values, in {draws:,} columns of each kind")
    rows = []
    for name, draw, right, at_least in KINDS:
        start = perf_counter()
        outcomes = outcomes_of(draw, draws)
        microseconds = (perf_counter() - start) / draws * 1e6
        share = 100 * outcomes[right] / draws
        report.figure(f"{name}: named rightly", share, "%", at_least=at_least)
        wrong = [(what, n) for what, n in outcomes.most_common() if what != right][:3]
        mistakes = ", ".join(f"{' + '.join(what)} {n:,}" for what, n in wrong)
        rows.append((name, f"{share:.2f} %", mistakes or "none", f"{microseconds:,.0f} µs"))
    for name, draw in ZIPS.items():
        outcomes = outcomes_of(draw, draws)
        called = sum(n for what, n in outcomes.items() if "cpt" in what)
        report.figure(f"{name}: called CPT", 100 * called / draws, "%", at_most=1)
        zips = 100 * outcomes["ZIP code",] / draws
        rows.append((name, f"{zips:.2f} %", f"CPT {called:,}", ""))
    report.table(("columns of", "named rightly", "mistaken for", "time"), rows)


def outcomes_of(draw: Draw, draws: int) -> Counter[tuple[str, ...]]:
    """What so many columns were taken for."""
    chance = random.Random(codes.SEED)
    return Counter(decide([evidence(one) for one in draw(chance)]).parts for _ in range(draws))


# -- columns -------------------------------------------------------------------------------------


def of(system: CodeSystem) -> Draw:
    return lambda chance: chance.sample(codes.valid(system), LENGTH)


@cache
def headings() -> list[tuple[int, int]]:
    """First and last number of CPT's published subsections and headings."""
    return [
        (int(row.first), int(row.last))
        for row in reference.ranges("cpt").rows
        if row.level in ("subsection", "heading") and row.first.isdigit() and row.last.isdigit()
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
        return [*chance.sample(codes.valid(HCPCS), count), *cpt(chance)[count:]]

    return draw


def zips_anywhere(chance: random.Random) -> list[str]:
    return [f"{number:05}" for number in chance.sample(range(501, 99_951), LENGTH)]


def zips_nearby(chance: random.Random) -> list[str]:
    prefixes = chance.sample(range(6, 999), chance.choice(PREFIXES))
    near = [100 * prefix + number for prefix in prefixes for number in range(100)]
    return [f"{number:05}" for number in chance.sample(near, LENGTH)]


KINDS: tuple[tuple[str, Draw, tuple[str, ...], float | None], ...] = (
    ("HCPCS Level II and CPT, a heading at a time", mixed(cpt_by_heading), ("cpt", "hcpcs"), 99),
    ("HCPCS Level II and CPT, all numbers alike", mixed(cpt_by_number), ("cpt", "hcpcs"), 99),
    ("HCPCS Level II", of(HCPCS), ("hcpcs",), 99),
    ("ICD-10-CM, undotted", of(ICD10CM), ("icd10cm",), 99),
    ("ICD-10-PCS", of(ICD10PCS), ("icd10pcs",), 99),
    ("ICD-9-CM, undotted", of(ICD9CM), ("icd9cm",), 99),
    ("ICD-9-CM procedures, undotted", of(ICD9PCS), ("icd9pcs",), 97),
    ("CPT alone, a heading at a time", cpt_by_heading, ("cpt",), None),
    ("CPT alone, all numbers of headings alike", cpt_by_number, ("cpt",), None),
)
ZIPS: dict[str, Draw] = {
    "ZIP codes, anywhere": zips_anywhere,
    "ZIP codes, of one to three areas": zips_nearby,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiles", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny inputs: does it run?")
    smoke = parser.parse_args().smoke
    print(machine())
    report = Report(judging=not smoke)
    report.script("profiles")
    run(report, smoke=smoke)
    report.summary()


if __name__ == "__main__":
    main()
