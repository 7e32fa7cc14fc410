"""How fast a whole column is identified, beside what a column is usually put through."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from importlib import util
from time import perf_counter
from typing import Any

from benchmarks import codes
from benchmarks.codes import DAY, SEED
from benchmarks.measure import Report
from medcodes import ICD10CM

THREE = ("system", "status", "category")
# What people copy, in the order in which they try them.
PATTERNS = (
    r"^(?:\d{5}|\d{4}[FTUMA])$",
    r"^[A-V]\d{4}$",
    r"^[A-Z][0-9A-Z]{2}\.?[0-9A-Z]{0,4}$",
    r"^[0-9A-HJ-NP-Z]{7}$",
)
Passes = dict[str, Callable[[], object]]


def run(report: Report, *, smoke: bool = False) -> None:
    if not all(map(util.find_spec, ("pyarrow", "polars"))):
        report.note("pyarrow or polars is not installed: skipped")
        return
    length = 20_000 if smoke else 1_000_000
    even = codes.column(length)
    compare(report, f"{length:,} codes drawn evenly", even, bounds=True)
    dotted = [ICD10CM.format(one) if ICD10CM.is_valid(one, on=DAY) else one for one in even]
    compare(report, "the same, ICD-10-CM with its dot", dotted, bounds=True)
    compare(report, "skewed as real columns are", codes.skewed_column(length), bounds=True)
    compare(report, "a tenth in need of repair", codes.dirty_column(length))
    compare(report, "distinct garbage", garbage(length))
    growth(report, even, most=100_000 if smoke else 10_000_000)


def garbage(length: int) -> list[str]:
    chance = random.Random(SEED)
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return list({"".join(chance.choices(signs, k=chance.randint(5, 8))) for _ in range(length)})


def compare(report: Report, name: str, texts: Sequence[str], *, bounds: bool = False) -> None:
    report.part(f"{name}: one day, {', '.join(THREE)}")
    times = _times(_passes(texts), rounds=5)
    ours = times["medcodes"]
    promised = {
        "Polars is_in, one system's list": 1.0,
        "one Polars regex": 1.3,
        "four Polars regexes": 3.0,
        "pyarrow dictionary_encode": 2.5,
    }
    if not bounds:
        promised = {"four Polars regexes": 1.0}
    for other, seconds in times.items():
        if other == "medcodes":
            continue
        ratio = statistics.median(b / a for a, b in zip(ours, seconds, strict=True))
        report.figure(f"beside {other}", ratio, "x as fast", at_least=promised.get(other))
    report.note(f"{len(texts) / statistics.median(ours) / 1e6:.1f} million codes a second")


def _passes(texts: Sequence[str]) -> Passes:
    import polars as pl
    import pyarrow as pa

    from medcodes.columns import identify

    column = pa.array(texts, pa.string())
    frame = pl.DataFrame({"code": column})
    code = pl.col("code")
    listed = pl.Series([one.replace(".", "") for one in ICD10CM.codes(on=DAY)])
    chain: Any = pl
    for number, pattern in enumerate(PATTERNS):
        chain = chain.when(code.str.contains(pattern)).then(number)
    return {
        "medcodes": lambda: identify(column, on=DAY, fields=THREE),
        "medcodes, all fields": lambda: identify(column, on=DAY),
        "Polars is_in, one system's list": lambda: frame.select(code.is_in(listed.implode())),
        "one Polars regex": lambda: frame.select(code.str.contains(PATTERNS[2])),
        "four Polars regexes": lambda: frame.select(chain.otherwise(-1)),
        "pyarrow dictionary_encode": column.dictionary_encode,
    }


def _times(passes: Passes, rounds: int) -> dict[str, list[float]]:
    """Seconds of each pass in each round, in turn; a first round makes the tables."""
    times: dict[str, list[float]] = {name: [] for name in passes}
    for turn in range(rounds + 1):
        for name, act in passes.items():
            start = perf_counter()
            act()
            if turn:
                times[name].append(perf_counter() - start)
    return times


def growth(report: Report, texts: Sequence[str], most: int) -> None:
    """Whether ten times the values take ten times the time."""
    import pyarrow as pa

    from medcodes.columns import identify

    report.part("Growth")
    chance = random.Random(SEED)
    length = 100_000
    while length <= most:
        column = pa.array(texts).take(pa.array(chance.choices(range(len(texts)), k=length)))
        times = _times({"it": partial(identify, column, on=DAY, fields=THREE)}, rounds=3)
        nanoseconds = statistics.median(times["it"]) / length * 1e9
        report.figure(f"{length:,} values", nanoseconds, "ns a value")
        length *= 10
