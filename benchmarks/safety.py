"""How safe: the time that hostile texts take grows no faster than they do."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.codes import DAY
from benchmarks.measure import Report
from medcodes import Classifier

# Each of these is repeated until the text is long enough.
HOSTILE = {
    "digits": "9",
    "a code again and again": "E11.65",
    "dots": ".",
    "blanks": " ",
    "NULs": "\0",
    "blanks and NULs in turn": " \0",
    "a code inside blanks and NULs": None,
    "line ends": "\r\n",
    "colons": "HC:",
    "bars": "http://hl7.org/fhir/sid/icd-10-cm|",
    "words and blanks": "ICD 10 ",
    "modifiers": "99213-25-",
    "full-width digits": "９",
    "Arabic-Indic digits": "٩",
    "typographic dashes": "—",
    "combining accents": "e\u0301",
    "marks from right to left": "\u200f ",
    "a lone surrogate": "\ud800",
    "quotes": "'\"`",
    "a spreadsheet's leftovers": '="',
    "full stops and blanks": ". ",
    "wildcards": "E*1?",
    "lists": "E11.9, ",
}
TOO_SLOW = 3.0
"""Seconds after which no longer text of a kind is tried."""


def run(report: Report, *, smoke: bool = False) -> None:
    exponents = range(3, 6) if smoke else range(3, 9)
    sizes = [10**exponent for exponent in exponents]
    questions: dict[str, Callable[[str], object]] = {
        "identify": lambda text: Classifier(on=DAY).identify(text),
        "is_valid": lambda text: Classifier(on=DAY).is_valid(text),
        "identify and its reason": lambda text: Classifier(on=DAY).identify(text).reason,
    }
    report.part(
        f"Texts of {sizes[0]:,} to {sizes[-1]:,} characters: growth of the time where it is most "
        "(1 is linear, 2 quadratic)"
    )
    for name, call in questions.items():
        call("warm up")
        found = {kind: _times(report, call, kind, sizes) for kind in HOSTILE}
        growth = {kind: _growth(list(times.values())) for kind, times in found.items()}
        worst = max(growth, key=growth.__getitem__)
        report.figure(f"{name} ({worst})", growth[worst], "exponent", at_most=1.3)
        per_character = {kind: max(times.values()) / max(times) for kind, times in found.items()}
        slowest = max(per_character, key=per_character.__getitem__)
        report.note(
            f"    slowest: {slowest}, {per_character[slowest] * 1e9:,.1f} ns a character of "
            f"{max(found[slowest]):,}"
        )


def _times(
    report: Report, call: Callable[[str], object], kind: str, sizes: list[int]
) -> dict[int, float]:
    """Seconds by length, up to the first that is too slow."""
    times: dict[int, float] = {}
    for size in sizes:
        times[size] = _seconds(call, _text(kind, size))
        if times[size] > TOO_SLOW:
            report.note(f"{kind}: {times[size]:.1f} s for {size:,} characters; no longer ones")
            break
    return times


def _growth(times: list[float]) -> float:
    """How fast the time grows over the last two steps, each to a text ten times as long."""
    # What is quicker than a tenth of a millisecond cannot be told from noise.
    recent = [max(one, 1e-4) for one in times[-3:]]
    return max(0.0, math.log10(recent[-1] / recent[0]) / (len(recent) - 1))


def _seconds(call: Callable[[str], object], text: str) -> float:
    """The median of three; once is enough where it is long."""
    taken: list[float] = []
    while len(taken) < 3:
        start = perf_counter()
        call(text)
        taken.append(perf_counter() - start)
        if taken[-1] > 0.5:
            break
    return median(taken)


def _text(kind: str, size: int) -> str:
    unit = HOSTILE[kind]
    if unit is None:
        padding = " \0" * (size // 4)
        return f"{padding}E11.65{padding}"
    return (unit * (size // len(unit) + 1))[:size]
