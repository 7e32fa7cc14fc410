"""The codes that the benchmarks are run on: seeded, so that every run asks the same."""

import random
import string
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from medcodes import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, formats, reference

DAY = date(2026, 6, 1)
"""A day that the reference of every current system covers."""
LISTED = (HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
SEED = 90837


class Code(NamedTuple):
    """A code without its dot, and the truth about it; `day` is one on which it is valid."""

    text: str
    system: CodeSystem
    canonical: str
    day: date


def day_of(system: CodeSystem) -> date:
    """The day on which the codes of a system are asked for."""
    return date(2015, 9, 30) if system in (ICD9CM, ICD9PCS) else DAY


@cache
def valid(system: CodeSystem) -> tuple[str, ...]:
    """The codes of a system that are valid on its day, without dots, shuffled."""
    codes = [code.replace(".", "") for code in system.codes(on=day_of(system))]
    random.Random(SEED).shuffle(codes)
    return tuple(codes)


def ever_valid(system: CodeSystem) -> Iterator[Code]:
    """Every code that a system has ever listed, with a day on which it was valid."""
    table = reference.codes(system.id)
    for compact, history in table:
        billable = [interval for interval in table.history(history) if not interval.heading]
        if billable:
            holds = any(interval.holds(DAY) for interval in billable)
            day = DAY if holds else max(interval.last or interval.first for interval in billable)
            yield Code(compact, system, system.format(compact), day)


@cache
def cpt_numbers() -> tuple[str, ...]:
    """Numbers inside CPT's deepest published ranges; which of them are codes is not public."""
    chance = random.Random(SEED)
    ranges = reference.ranges(CPT.id)
    deepest = [row for row in ranges.rows if row.last.isdigit() and not ranges.below(row)]
    numbers = (range(int(row.first), int(row.last) + 1) for row in deepest)
    drawn = (chance.sample(row, min(20, len(row))) for row in numbers)
    codes = {f"{number:05}" for row in drawn for number in row}
    return tuple(sorted(code for code in codes if ranges.ending(code) is None))


@cache
def every_code() -> tuple[tuple[str, str], ...]:
    """All codes ever listed and numbers of CPT, without and with their dot, shuffled."""
    codes = [(code.text, code.canonical) for system in LISTED for code in ever_valid(system)]
    codes += [(number, number) for number in cpt_numbers()]
    random.Random(SEED).shuffle(codes)
    return tuple(codes)


def copied(codes: Sequence[str]) -> list[str]:
    """Each value as a string of its own, as when read from a file: no hash is known yet."""
    return "\n".join(codes).split("\n")


# -- whole columns, as Arrow arrays ---------------------------------------------------------------


def uniform(count: int, *, dotted: bool = False) -> Any:
    """Evenly drawn from all codes: the hard case for any memory of answers."""
    codes = pa.array([both[dotted] for both in every_code()])
    return codes.take(np.random.default_rng(SEED).integers(0, len(codes), count))


def skewed(count: int) -> Any:
    """As real columns are: the code of rank n about 1/n as often as the first."""
    codes = pa.array([text for text, _ in every_code()])
    shares = np.cumsum(1 / np.arange(1, len(codes) + 1))
    chance = np.random.default_rng(SEED).random(count) * shares[-1]
    return codes.take(np.searchsorted(shares, chance))


# Blanks, case, quotes, punctuation, what a spreadsheet leaves; declared systems and modifiers.
_DIRT = (" {0}", "{0} ", "\t{0}", "{1}", " {1} ", "{0}.", "{0},", '"{0}"', "'{0}", '="{0}"')
_OF_DIAGNOSES = ("ICD-10-CM: {0}", "ABK:{0}", "http://hl7.org/fhir/sid/icd-10-cm|{0}")
_OF_PROCEDURES = ("CPT {0}", "HC:{0}", "{0}-25", "{0} 59", "HC:{0}:25:59", "{0}-    ")


def dirty(count: int) -> Any:
    """Every tenth value with what real columns have around their codes."""
    chance = random.Random(SEED)
    texts = uniform(count).to_pylist()
    for place in range(0, count, 10):
        text = texts[place]
        fits = {fmt.system for fmt in formats.fitting(text)}
        declared = _OF_PROCEDURES if fits & {"cpt", "hcpcs"} else _OF_DIAGNOSES
        texts[place] = chance.choice((*_DIRT, *declared)).format(text, text.lower())
    return pa.array(texts)


def garbage(count: int) -> Any:
    """Distinct strings: short and long words of letters and digits, printable noise, sentences."""
    chance = random.Random(SEED)
    kinds = (
        (string.ascii_letters + string.digits, 3, 8),
        (string.ascii_letters + string.digits, 9, 20),
        ("".join(map(chr, range(32, 127))), 3, 12),
        (string.ascii_lowercase + " " * 5, 5, 40),
    )
    found: dict[str, None] = {}
    while len(found) < count:
        alphabet, shortest, longest = kinds[len(found) % len(kinds)]
        found["".join(chance.choices(alphabet, k=chance.randint(shortest, longest)))] = None
    return pa.array(list(found))
