"""How fast one walks, completes and searches, and what that costs a fresh process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import medcodes
from benchmarks import light, peers
from benchmarks.codes import DAY
from benchmarks.measure import Report
from medcodes import ICD10CM
from medcodes.reference import Reference

MICROSECONDS = 1e6

# What both do first: find a code, go up to the top, and through all that is in its chapter.
_WALK = {
    "medcodes": (
        "medcodes",
        "[(e := m.ICD10CM.get('E11.65', on='2026-06-01')).ancestors, e.title, "
        "sum(1 for _ in e.ancestors[-1].descendants)]",
    ),
    "simple-icd-10-cm": (
        "simple_icd_10_cm",
        "[m.get_ancestors('E11.65'), m.get_description('E11.65'), len(m.get_descendants('4'))]",
    ),
}
_TYPED = (
    "E",
    "E1",
    "E11",
    "E11.",
    "E11.6",
    "E11.65",
    "J",
    "J0",
    "J01",
    "J0120",
    "0SRB02",
    "S72001",
)
_ASKED = (
    *("psychotherapy", "type 2 diabetes", "fracture of left femur", "hip replac", "left right"),
    *(
        "a",
        "e",
        "of a",
        "left a",
        "fracture q",
        "percutaneous approach open",
        "unspecified screening",
    ),
)


def run(report: Report, *, smoke: bool = False) -> None:
    start(report, 1 if smoke else 7)
    steps(report, 1 if smoke else 5)
    typing(report, 1 if smoke else 30)
    searching(report, 1 if smoke else 7)


def start(report: Report, rounds: int) -> None:
    report.part("A fresh process: import, then up from E11.65 and down through its chapter")
    figures = {}
    for package, (module, question) in _WALK.items():
        if peers.version(package) is None:
            report.note(f"{package} is not installed: skipped")
            return
        program = light._BEGIN + light._PACKAGE.format(module=module, question=question)
        figures[package] = light.in_turn(rounds, program)[0]
    for package, found in figures.items():
        imported, answered = (
            statistics.median(one[name] for one in found) * light.MILLISECONDS
            for name in ("import", "answer")
        )
        report.figure(f"{package}: import", imported, "ms")
        report.figure(f"{package}: the walk", answered, "ms")
        report.figure(f"{package}: memory", _memory(found), "MB more")
    ours, theirs = figures["medcodes"], figures["simple-icd-10-cm"]
    imports = _median(ours, "import") / _median(theirs, "import")
    both = (_median(ours, "import") + _median(ours, "answer")) / (
        _median(theirs, "import") + _median(theirs, "answer")
    )
    report.figure("import, of theirs", imports, "", at_most=0.1)
    report.figure("import and walk, of theirs", both, "", at_most=0.1)
    report.figure("memory after it, of theirs", _memory(ours) / _memory(theirs), "", at_most=0.1)


def _median(found: list[dict[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in found)


def _memory(found: list[dict[str, float]]) -> float:
    return statistics.median(one["used"] - one["bare"] for one in found)


def steps(report: Report, rounds: int) -> None:
    report.part("All of ICD-10-CM, from chapter to code, and a step")
    day = DAY.isoformat()

    def walk() -> int:
        return sum(1 + sum(1 for _ in root.descendants) for root in ICD10CM.roots(on=day))

    count = walk()
    seconds = _best(walk, rounds)
    report.figure(
        f"descendants of all chapters, {count:,} entries", seconds / count * 1e6, "µs each"
    )
    entry = ICD10CM.get("E11.65", on=day)
    assert entry is not None
    for name, call in {
        "get": lambda: ICD10CM.get("E11.65", on=day),
        "parent": lambda: entry.parent,
        "ancestors": lambda: entry.ancestors,
        "siblings": lambda: tuple(entry.siblings),
    }.items():
        report.figure(name, _best(call, 200 * rounds) * MICROSECONDS, "µs")


def typing(report: Report, rounds: int) -> None:
    report.part("complete: one keystroke, all systems")
    day = DAY.isoformat()
    medcodes.complete("", on=day)  # opens the tables
    times = {
        text: _best(partial(medcodes.complete, text, on=day), rounds) * MICROSECONDS
        for text in _TYPED
    }
    slowest = max(times, key=times.__getitem__)
    report.figure("median", statistics.median(times.values()), "µs")
    report.figure(f"slowest ({slowest})", times[slowest], "µs")


def searching(report: Report, rounds: int) -> None:
    report.part("search: all systems, once the words are indexed")
    day = DAY.isoformat()
    fresh = medcodes.Classifier(reference=Reference())
    begin = time.process_time()
    fresh.search("psychotherapy", on=day)
    report.figure("the first search, which makes the index", time.process_time() - begin, "s")
    times = {
        text: _best(partial(fresh.search, text, on=day), rounds) * light.MILLISECONDS
        for text in _ASKED
    }
    slowest = max(times, key=times.__getitem__)
    report.figure("median", statistics.median(times.values()), "ms")
    report.figure(f"slowest ({slowest})", times[slowest], "ms", at_most=20)
    if peers.version("icdlookup") is None:
        report.note("icdlookup is not installed: skipped")
        return
    search: Callable[..., Any] = import_module("icdlookup").search
    search("diabetes")
    for text in ("diabetes", "type 2 diabetes", "fracture of femur"):
        theirs = _best(partial(search, text), rounds)
        ours = _best(partial(fresh.search, text, on=day, systems=ICD10CM), rounds)
        report.figure(f"icdlookup.search({text!r}), ICD-10-CM alone", theirs * 1e3, "ms")
        report.figure(f"medcodes.search({text!r}), ICD-10-CM alone", ours * 1e3, "ms")
        report.figure("  times as fast", theirs / ours, "times")


def _best(call: Callable[[], object], rounds: int) -> float:
    """The shortest of several: what else runs on the machine only ever adds."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)
