"""Releases of the user's own: what loading a yearly file costs, and opening a saved one.

Every figure is of a fresh process, and what is imported for the first time is part of it. Times
are those of the processor, which are steadier than the clock where other work goes on. The yearly
file is in the layout of CDC's codes file, with the codes and titles of the bundled release; a plain
dictionary of the same file is the floor, and the package simple-icd-10-cm, which can be given
another release too, the nearest peer.
"""

from __future__ import annotations

import statistics
import tempfile
from importlib import metadata
from pathlib import Path

from benchmarks import peers
from benchmarks.codes import DAY
from benchmarks.light import Figures, in_turn
from benchmarks.measure import Report
from medcodes import ICD10CM, Classifier, reference

MILLISECONDS = 1e3
VALID_FROM = "2026-10-01"

_BEGIN = """
import sys, resource
from time import process_time

figures = {}

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line[:6] == "VmRSS:") / 1024

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def measure(name, call):
    start = process_time()
    answer = call()
    figures[name] = process_time() - start
    return answer
"""
_LOAD = """
from medcodes import Classifier
classifier = Classifier()
# What answering needs anyway is there before: the bundled table of the system.
classifier.identify("E11.65", on={day!r}).title
figures["before"] = resident()
mine = measure("load", lambda: classifier.with_release({path!r}, valid_from={first!r}))
figures["after"], figures["peak"] = resident(), peak()
measure("answer", lambda: mine.identify("E11.65", on={day!r}).title)
"""
_OPEN = """
from medcodes import Classifier
import medcodes.reference.compiled
figures["before"] = resident()
mine = measure("load", lambda: Classifier.open({path!r}))
measure("answer", lambda: mine.identify("E11.65", on={day!r}))
figures["after"], figures["peak"] = resident(), peak()
"""
_DICTIONARY = """
figures["before"] = resident()

def load():
    with open({path!r}, encoding="utf-8") as file:
        return {{line[:7].rstrip(): line[8:].rstrip() for line in file}}

codes = measure("load", load)
figures["after"], figures["peak"] = resident(), peak()
"""
_PEER = """
import simple_icd_10_cm
figures["before"] = resident()
measure("load", lambda: simple_icd_10_cm.change_version({codes!r}, {tabular!r}))
figures["after"], figures["peak"] = resident(), peak()
"""


def run(report: Report, *, smoke: bool = False) -> None:
    rounds = 1 if smoke else 7
    with tempfile.TemporaryDirectory() as folder:
        release = yearly_file(Path(folder))
        yearly(report, release, rounds)
        saved(report, release, rounds)
    beside_a_peer(report, 1 if smoke else 3)


def yearly_file(folder: Path) -> Path:
    """The bundled release in the layout of CDC's codes file."""
    titles = reference.titles("icd10cm")
    codes = [code.replace(".", "") for code in ICD10CM.codes(on=VALID_FROM)]
    path = folder / "icd10cm-codes-2027.txt"
    lines = (f"{code:7} {titles.get(code)}\n" for code in codes)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def yearly(report: Report, release: Path, rounds: int) -> None:
    path = str(release)
    report.part(f"Loading a yearly file of ICD-10-CM, {rounds} fresh processes each, in turn")
    day = DAY.isoformat()
    ours, theirs = in_turn(
        rounds,
        _BEGIN + _LOAD.format(path=path, first=VALID_FROM, day=day),
        _BEGIN + _DICTIONARY.format(path=path),
    )
    with release.open(encoding="utf-8") as file:
        report.figure("codes", sum(1 for _ in file), "codes")
    report.figure("with_release", _median(ours, "load"), "s", at_most=1)
    report.figure("memory that is kept", _grown(ours, "after"), "MB more", at_most=30)
    report.figure("memory at the peak", _grown(ours, "peak"), "MB more")
    report.figure("the first answer after it", _median(ours, "answer") * MILLISECONDS, "ms")
    report.figure("a plain dictionary of the file", _median(theirs, "load"), "s")
    report.figure("a plain dictionary, memory", _grown(theirs, "after"), "MB more")


def saved(report: Report, release: Path, rounds: int) -> None:
    report.part(f"Opening the saved tables, {rounds} fresh processes")
    path = release.with_name("mine")
    Classifier().with_release(release, valid_from=VALID_FROM).save(path)
    (ours,) = in_turn(rounds, _BEGIN + _OPEN.format(path=str(path), day=DAY.isoformat()))
    report.figure("Classifier.open", _median(ours, "load") * MILLISECONDS, "ms", at_most=5)
    report.figure("the first answer after it", _median(ours, "answer") * MILLISECONDS, "ms")
    report.figure("memory after the first answer", _grown(ours, "after"), "MB more")
    report.figure("the file", path.stat().st_size / 1e3, "kB")


def beside_a_peer(report: Report, rounds: int) -> None:
    report.part("Loading the tabular list of April 2026, beside the package that carries it")
    package = "simple-icd-10-cm"
    if peers.version(package) is None:
        report.note(f"{package} is not installed: skipped")
        return
    carried = {one.name: str(one.locate()) for one in metadata.files(package) or ()}
    codes, tabular = carried["code-list-April-2026.txt"], carried["icd10c-tabular-April-1-2026.xml"]
    ours, theirs = in_turn(
        rounds,
        _BEGIN + _LOAD.format(path=tabular, first="2026-04-01", day=DAY.isoformat()),
        _BEGIN + _PEER.format(codes=codes, tabular=tabular),
    )
    ratio = statistics.median(
        one["load"] / other["load"] for one, other in zip(ours, theirs, strict=True)
    )
    report.figure(f"with_release beside {package}", ratio, "x")
    report.figure("with_release", _median(ours, "load"), "s")
    report.figure(f"{package}: change_version", _median(theirs, "load"), "s")
    report.figure("with_release: memory that is kept", _grown(ours, "after"), "MB more")
    report.figure(f"{package}: memory that is kept", _grown(theirs, "after"), "MB more")


def _median(found: list[Figures], name: str) -> float:
    return statistics.median(one[name] for one in found)


def _grown(found: list[Figures], name: str) -> float:
    return statistics.median(one[name] - one["before"] for one in found)
