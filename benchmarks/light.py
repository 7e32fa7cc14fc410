"""How light: what importing, and answering for the first time, costs a fresh process."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from benchmarks import codes, peers
from benchmarks.codes import DAY
from benchmarks.measure import Report

MILLISECONDS = 1e3
DEPENDENCIES = "attrs, regex, importlib_resources"

# What a fresh process is told to do. Nothing is imported before the clock starts but `sys`,
# `time` and (after the clock has stopped) `json`.
_BEGIN = """
import sys
from time import perf_counter

figures = {}
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)

def resident():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line[:6] == "VmRSS:") / 1024
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def measure(name, call):
    start = perf_counter()
    answer = call()
    figures[name] = perf_counter() - start
    return answer

figures["bare"] = resident()
"""
_IMPORT = """
def load():
    import {modules}

measure("import", load)
figures["data"] = sum("/medcodes/" in path and "/data/" in path for path in opened)
figures["imported"] = resident()
"""
_FIRST_ANSWER = """
answer = measure("answer", lambda: medcodes.identify({code!r}, on={day!r}))
measure("title", lambda: answer.title)
"""
_ONE_OF_EACH = """
systems = {{medcodes.identify(code, on=day).system.id for code, day in {asked!r}}}
figures["used"] = resident()
assert len(systems) == 6, systems
"""
_PACKAGE = """
def load():
    from importlib import import_module
    return import_module({module!r})

m = measure("import", load)
measure("answer", lambda: {question})
figures["used"] = resident()
"""
_END = """
import json
print(json.dumps(figures))
"""

Figures = dict[str, float]


def run(report: Report, *, smoke: bool = False) -> None:
    rounds = 1 if smoke else 21
    imports(report, rounds)
    first_answers(report, 1 if smoke else 9)
    memory(report, 1 if smoke else 5)
    packages(report, 1 if smoke else 3)


def imports(report: Report, rounds: int) -> None:
    report.part(f"Importing, {rounds} fresh processes each, in turn")
    medcodes, dependencies = in_turn(
        rounds,
        _BEGIN + _IMPORT.format(modules="medcodes"),
        _BEGIN + _IMPORT.format(modules=DEPENDENCIES),
    )
    ratio = statistics.median(
        ours["import"] / theirs["import"]
        for ours, theirs in zip(medcodes, dependencies, strict=True)
    )
    report.figure(f"import medcodes beside {DEPENDENCIES}", ratio, "x", at_most=1.10)
    report.figure("import medcodes", _median(medcodes, "import") * MILLISECONDS, "ms")
    report.figure(f"import {DEPENDENCIES}", _median(dependencies, "import") * MILLISECONDS, "ms")
    opened = max(one["data"] for one in medcodes)
    report.figure("data files opened by the import", opened, "files", at_most=0)


def first_answers(report: Report, rounds: int) -> None:
    report.part(f"The first answer after the import, {rounds} fresh processes for each system")
    firsts = {
        code: in_turn(
            rounds,
            _BEGIN
            + _IMPORT.format(modules="medcodes")
            + "import medcodes\n"
            + _FIRST_ANSWER.format(code=code, day=day),
        )[0]
        for code, day in _asked()
    }
    for name, what in {"answer": "first identify", "title": "first title after it"}.items():
        medians = {code: _median(one, name) * MILLISECONDS for code, one in firsts.items()}
        slowest = max(medians, key=medians.__getitem__)
        report.figure(f"{what}, slowest system ({slowest})", medians[slowest], "ms", at_most=20)
        report.note(", ".join(f"{code} {median:.1f}" for code, median in medians.items()))


def memory(report: Report, rounds: int) -> None:
    report.part("Resident memory")
    used = in_turn(
        rounds,
        _BEGIN
        + _IMPORT.format(modules="medcodes")
        + "import medcodes\n"
        + _ONE_OF_EACH.format(asked=_asked()),
    )[0]
    growth = statistics.median(one["used"] - one["imported"] for one in used)
    report.figure("one identify of each of the six systems", growth, "MB more", at_most=10)
    imported = statistics.median(one["imported"] - one["bare"] for one in used)
    report.figure("import medcodes", imported, "MB more")


def _asked() -> list[tuple[str, str]]:
    """A code of each system, with a day on which it is valid."""
    old = codes.LAST_DAY_OF_ICD9.isoformat()
    days = [DAY.isoformat()] * 4 + [old] * 2
    return list(zip(codes.ONE_OF_EACH, days, strict=True))


def packages(report: Report, rounds: int) -> None:
    report.part("The packages: import, first answer, memory over the bare Python after it")
    questions = {"medcodes": ("medcodes", "m.identify('E1165')"), **peers.FIRST_QUESTIONS}
    for package, (module, question) in questions.items():
        if peers.version(package) is None:
            report.note(f"{package} is not installed: skipped")
            continue
        program = _BEGIN + _PACKAGE.format(module=module, question=question)
        found = in_turn(rounds, program)[0]
        report.figure(f"{package}: import", _median(found, "import") * MILLISECONDS, "ms")
        report.figure(f"{package}: first answer", _median(found, "answer") * MILLISECONDS, "ms")
        used = statistics.median(one["used"] - one["bare"] for one in found)
        report.figure(f"{package}: memory", used, "MB")


def in_turn(rounds: int, *programs: str) -> list[list[Figures]]:
    """The figures of each program, run in fresh processes A B A B ...; one run is thrown away."""
    found: list[list[Figures]] = [[] for _ in programs]
    for number in range(rounds + 1):
        for figures, program in zip(found, programs, strict=True):
            one = _fresh_process(program)
            if number:
                figures.append(one)
    return found


def _fresh_process(program: str) -> Figures:
    done = subprocess.run(
        [sys.executable, "-I", "-c", program + _END], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"a fresh process failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _median(found: list[Figures], name: str) -> float:
    return statistics.median(one[name] for one in found)
