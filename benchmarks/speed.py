"""How fast, one code at a time, beside the copied regular expressions and the packages.

The yardstick is `peers.chain`: four compiled patterns that yield only the name of a system.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import process_time
from typing import Annotated

from pydantic import TypeAdapter

import medcodes
from benchmarks import peers, samples
from benchmarks.measure import FASTER, TIMES, Race, Table, fresh
from benchmarks.samples import DAY, LISTED, copied
from medcodes import ICD10CM, Classifier
from medcodes.pydantic import Code

TOPIC = "How fast, one code"
YARDSTICK = "four patterns"

Pass = Callable[[list[str]], object]


def _each(call: Callable[[str], object]) -> Pass:
    def run(codes: list[str]) -> None:
        for code in codes:
            call(code)

    return run


def _race(table: Table, codes: Sequence[str], passes: Mapping[str, Pass]) -> Race:
    """Every pass gets strings of its own."""
    all_passes = {YARDSTICK: _each(peers.chain), **passes}
    return Race(table, all_passes, codes, copied=copied, clock=process_time)


def identify(table: Table) -> None:
    """New codes, asked of a new classifier, so that no answer is remembered; and known ones."""
    codes = [text for text, _ in samples.every_code()[: 2_000 if table.smoke else None]]
    new: Pass = lambda codes: _each(Classifier(on=DAY).identify)(codes)  # noqa: E731
    race = _race(table, codes, {"identify": new})
    race.row(f"identify, {len(codes):,} new codes", "identify", YARDSTICK, most=6)
    passes = {
        "identify": _each(Classifier(on=DAY).identify),
        "on=": _each(partial(medcodes.identify, on=DAY)),
    }
    race = _race(table, codes[:2_000] * 100, passes)
    race.row("identify, 2,000 codes again and again", "identify", YARDSTICK, most=0.5)
    race.row("the same, on= with every call", "on=", YARDSTICK)


def is_valid(table: Table) -> None:
    most = 2_000 if table.smoke else 100_000
    pairs = [(code, system) for system in LISTED for code in samples.valid(system)]
    random.Random(samples.SEED).shuffle(pairs)

    def mixed(codes: list[str]) -> None:
        for code, (_, system) in zip(codes, pairs, strict=False):
            medcodes.is_valid(code, system, on=DAY)

    race = _race(table, [code for code, _ in pairs[:most]], {"is_valid": mixed})
    what = "is_valid(code, system, on=day), five systems mixed"
    race.row(what, "is_valid", YARDSTICK, most=2.5)
    passes = {"is_valid": _each(partial(medcodes.is_valid, system=ICD10CM, on=DAY))}
    race = _race(table, samples.valid(ICD10CM)[:most], passes)
    race.row("the same, ICD-10-CM alone", "is_valid", YARDSTICK)


def methods(table: Table) -> None:
    """The methods of a system, beside the functions of the module."""
    passes = {
        "ICD10CM.is_valid(code)": _each(ICD10CM.is_valid),
        "code in ICD10CM": _each(ICD10CM.__contains__),
        "identify(code, systems=...)": _each(partial(medcodes.identify, systems="icd10cm")),
        "is_valid": _each(medcodes.is_valid),
        "identify": _each(medcodes.identify),
    }
    codes = samples.valid(ICD10CM)[:2_000] * (1 if table.smoke else 30)
    race = _race(table, codes, passes)
    for what in list(passes)[:3]:
        race.row(what, what, "identify" if "identify" in what else "is_valid", most=1.1)


def identify_many(table: Table) -> None:
    most = 2_000 if table.smoke else 1_000_000
    columns = {
        "drawn evenly": (samples.uniform(most), 1.2),
        "skewed, as real columns are": (samples.skewed(most), None),
        "a tenth in need of repair": (samples.dirty(most), None),
    }
    many: dict[str, Pass] = {"identify_many": lambda codes: Classifier(on=DAY).identify_many(codes)}
    for name, (codes, bound) in columns.items():
        race = _race(table, codes.to_pylist(), many)
        race.row(f"identify_many, {most:,} codes, {name}", "identify_many", YARDSTICK, most=bound)


def pydantic(table: Table) -> None:
    """A list of codes, validated by pydantic; those that need no system to be named."""
    length = 2_000 if table.smoke else 100_000
    known = Classifier(on=DAY)
    answers = map(known.identify, samples.uniform(4 * length).to_pylist())
    plain = [answer.text for answer in answers if answer.status == "valid" and not answer.ambiguous]
    passes: dict[str, Pass] = {
        "identify_many": lambda codes: known.identify_many(codes, on=DAY),
        "pydantic": TypeAdapter(list[Annotated[str, Code(on=DAY)]]).validate_python,
    }
    race = _race(table, plain[:length], passes)
    race.row(f"pydantic, a list of {length:,} codes", "pydantic", "identify_many", most=3)


_MEDCODES = """
m = measure("import", lambda: importlib.import_module("medcodes"))
measure("answer", lambda: m.identify("E1165", on={day!r}))
figures["more"] = memory() - begun
"""
_DEPENDENCIES = """
names = ("attrs", "regex", "importlib_resources")
measure("import", lambda: [importlib.import_module(name) for name in names])
"""


def start(table: Table) -> None:
    """What importing, and answering for the first time, costs a fresh process."""
    rounds = 1 if table.smoke else 21
    ours, others = fresh(_MEDCODES.format(day=str(DAY)), _DEPENDENCIES, rounds=rounds)
    beside = f"{1e3 * ours('import'):.0f} ms; its dependencies {1e3 * others('import'):.0f} ms"
    table.add("import medcodes", ours.ratio(others, "import"), TIMES, beside, most=1.1)
    table.add("the first answer", 1e3 * ours("answer"), "ms", most=20)
    table.add("memory of both", ours("more"), "MB")


def packages(table: Table) -> None:
    """Each package's nearest call, beside is_valid on the same codes."""
    for package, module, expression, system, asked in peers.PEERS:
        if peers.version(package) is None:
            print(f"{package} is not installed: skipped")
            continue
        passes = {
            "is_valid": _each(partial(medcodes.is_valid, system=system, on=DAY)),
            package: _each(peers.prepared(module, expression)),
        }
        race = _race(table, samples.valid(system)[: 50 if table.smoke else asked], passes)
        least = 10 if package == "msdrg" else None
        race.row("is_valid", "is_valid", package, FASTER, least=least, detail=least is None)


PARTS = (identify, is_valid, methods, identify_many, pydantic, start, packages)
