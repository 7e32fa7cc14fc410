"""Whole columns: medcodes.columns.identify beside what one would do with a column instead."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import polars as pl

from benchmarks import peers, samples
from benchmarks.measure import FASTER, Race, Table, fresh
from benchmarks.samples import DAY
from medcodes import ICD10CM
from medcodes.columns import identify

TOPIC = "How fast, whole columns"
THREE = ("system", "status", "category")
PATTERNS = {system: f"^(?:{peers.PATTERNS[system]})$" for system in peers.FOUR}

Passes = dict[str, Callable[[Any], object]]


def _three(values: Any) -> Any:
    return identify(values, on=DAY, fields=THREE)


def kinds(table: Table) -> None:
    """Columns of two million values, beside what other tools do with them."""
    most, few = (20_000, 5_000) if table.smoke else (2_000_000, 1_000_000)
    for name, values, dotted, is_in, chain in (
        ("undotted", samples.uniform(most), False, 1.5, 3),
        ("dotted", samples.uniform(most, dotted=True), True, 1.5, 3),
        ("skewed, as real columns are", samples.skewed(most), False, 1.5, 3),
        ("a tenth in need of repair", samples.dirty(most), False, None, 1),
        ("all distinct, no codes", samples.garbage(few), False, None, 1),
    ):
        others: Passes = {"all fields": partial(identify, on=DAY)}
        others |= _others(values, dotted=dotted)
        race = Race(table, {"medcodes": _three, **others}, values)
        bounds = {"Polars is_in": is_in, "Polars, four patterns": chain}
        for other in others:
            what, least = f"{len(values):,} values, {name}", bounds.get(other)
            race.row(what, "medcodes", other, FASTER, least=least, detail=least is None)


def _others(values: Any, *, dotted: bool) -> Passes:
    chain: Any = pl
    for system, pattern in PATTERNS.items():
        chain = chain.when(pl.col("code").str.contains(pattern)).then(pl.lit(system))
    objects = values.to_pandas().astype(object)
    systems = dict.fromkeys(samples.valid(ICD10CM), ICD10CM.id)
    return {
        "pyarrow dictionary_encode": lambda values: values.dictionary_encode(),
        "Polars is_in": _selecting(values, _is_in(dotted)),
        "Polars, four patterns": _selecting(values, chain),
        "pandas objects, map over a dict": lambda _: objects.map(systems),
    }


def _selecting(values: Any, answer: Any) -> Callable[[Any], object]:
    frame = pl.DataFrame({"code": values})
    return lambda _: frame.select(answer)


@cache
def _is_in(dotted: bool) -> Any:
    """Whether it is one of the codes of one system."""
    codes = (code if dotted else code.replace(".", "") for code in ICD10CM.codes(on=DAY))
    return pl.col("code").is_in(pl.Series(list(codes)).implode())


def sizes(table: Table) -> None:
    """Larger columns, beside Polars with its own threads."""
    for count in (20_000,) if table.smoke else (10_000_000, 40_000_000):
        values = samples.uniform(count)
        passes: Passes = {"medcodes": _three, "Polars is_in": _selecting(values, _is_in(False))}
        race = Race(table, passes, values)
        race.row(f"{count:,} values, undotted", "medcodes", "Polars is_in", FASTER, least=1.5)


_COLUMN = """
import os
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])
from functools import partial
from benchmarks import samples
from medcodes.columns import identify
values, ask = samples.uniform({count}), partial(identify, on=samples.DAY, fields={fields!r})
measure("first", lambda: ask(values), perf_counter)
before = memory()
open("/proc/self/clear_refs", "w").write("5")  # the peak is what there is now
answer = measure("second", lambda: ask(values), perf_counter)
figures["more"] = (memory("VmHWM") - before) * (1 << 20) - answer.nbytes
"""


def processes(table: Table) -> None:
    """The first column of a process; a second core, and memory beyond input and output."""
    count, rounds = (50_000, 1) if table.smoke else (10_000_000, 5)
    for fields, name in ((THREE, "three fields"), (None, "all fields")):
        program = _COLUMN.format(cores=64, count=10_000, fields=fields)
        (small,) = fresh(program, rounds=rounds, warm=not table.smoke)
        beside = f"the second {1e3 * small('second'):.1f} ms"
        what = f"the first column of a process, 10,000 values, {name}"
        table.add(what, 1e3 * small("first"), "ms", beside, most=300 if fields else None)
        programs = (_COLUMN.format(cores=n, count=count, fields=fields) for n in (1, 2))
        alone, both = fresh(*programs, rounds=rounds, warm=False)
        times, beside = alone.ratio(both, "second"), f"one core {alone('second'):.3f} s"
        what = f"two cores, {count:,} values, {name}"
        table.add(what, times, FASTER, beside, least=1.5 if fields else None)
        table.add(f"memory beyond that, {name}", both("more") / count, "bytes a value", most=32)


PARTS = (kinds, sizes, processes)
