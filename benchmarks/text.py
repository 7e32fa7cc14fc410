"""Codes in free text: how much is found, how much of it is right, and at what rate.

Times are those of the processor, which are steadier than the clock where other work goes on.
"""

from __future__ import annotations

import io
import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple

import medcodes
from benchmarks.codes import DAY, SEED
from benchmarks.measure import Report
from medcodes import formats

TEXTS = Path(__file__).resolve().parent.parent / "tests" / "texts"
MARKED = {
    "the rules were written for": ("snippets.txt",),
    "written before the rules": ("snippets_held_out.txt",),
    "by the same author, later": ("snippets_fresh.txt",),
    "by another writer, developed on": ("snippets_independent.txt",),
    "by another writer, unseen": ("snippets_unseen.txt",),
}
# What one would write first: the shapes of all systems, one after the other, and a boundary.
NAIVE = re.compile(
    r"\b(?:"
    + "|".join(f"(?:{one.pattern})" for one in formats.ALL if one.system != "icd9pcs")
    + r")\b"
)

# Each of these is repeated until the text is long enough; all of it is one line, or one of each.
HOSTILE = {
    "digits": "9",
    "codes": "99213 ",
    "a list": "CPT 99213, ",
    "dotted codes": "E11.65,",
    "commas": ",",
    "cues": "CPT ",
    "cues and open brackets": "dx ((((",
    "open brackets": "(",
    "numbers": "98.2 12345 ",
    "combining accents": "9\u0301e\u0301",
    "a table": "CPT\tFee\n99213\t12500\n",
    "line ends": "\n",
    "foreign words": "room 12345 ",
    "full width": "９",
}


class Marked(NamedTuple):
    day: str
    text: str
    marks: set[tuple[int, int, str]]


def marked(files: tuple[str, ...]) -> Iterator[Marked]:
    """The snippets of files: `[[text|system]]` is a code that is to be found."""
    for file in files:
        for line in (TEXTS / file).read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            day, _, rest = line[1:].partition(" ") if line[0] == "@" else (str(DAY), "", line)
            rest = rest.replace("\\n", "\n").replace("\\t", "\t")
            text, marks = "", set()
            for plain, code, system in re.findall(r"(?s)(.*?)(?:\[\[(.+?)\|(\w+)\]\]|\Z)", rest):
                text += plain
                if code:
                    marks.add((len(text), len(text) + len(code), system))
                text += code
            yield Marked(day, text, marks)


def prose() -> list[str]:
    """Paragraphs of clinical writing without a code."""
    blocks = (TEXTS / "prose.txt").read_text(encoding="utf-8").split("\n\n")
    return [one for one in blocks if one.strip() and not one.startswith("#")]


def run(report: Report, *, smoke: bool = False) -> None:
    _exactness(report)
    _rate(report, 300_000 if smoke else 100_000_000)
    _growth(report, (1_000, 10_000) if smoke else (10_000, 100_000, 1_000_000, 10_000_000))


# -- exactness ------------------------------------------------------------------------------------


def _exactness(report: Report) -> None:
    for name, files in MARKED.items():
        snippets = list(marked(files))
        report.part(f"{len(snippets)} snippets: {name}")
        report.figure("codes marked", sum(len(one.marks) for one in snippets), "")
        for strictness in ("cued", "valid", "plausible"):
            precision, recall = _judged(snippets, strictness)
            promised = strictness == "cued"
            report.figure(
                f"precision, {strictness}", precision, "", at_least=0.98 if promised else None
            )
            report.figure(f"recall, {strictness}", recall, "", at_least=0.95 if promised else None)
    paragraphs = prose()
    found = sum(1 for one in paragraphs for _ in medcodes.find(one, on=DAY))
    naive = sum(1 for one in paragraphs for _ in NAIVE.finditer(one))
    report.part(f"{len(paragraphs)} paragraphs of clinical writing without a code")
    report.figure("found", found, "", at_most=0)
    report.figure("found by the naive alternation", naive, "")


def _judged(snippets: list[Marked], strictness: str) -> tuple[float, float]:
    right = found = wanted = 0
    for one in snippets:
        its = {
            (each.start, each.end, str(each.identification.system))
            for each in medcodes.find(one.text, on=one.day, strictness=strictness)
        }
        right += len(its & one.marks)
        found += len(its)
        wanted += len(one.marks)
    return right / found, right / wanted


# -- rate -----------------------------------------------------------------------------------------


def notes(length: int) -> str:
    """Clinical writing with a snippet after every third paragraph, shuffled."""
    chance = random.Random(SEED)
    paragraphs = prose()
    snippets = [one.text for files in MARKED.values() for one in marked(files)]
    parts: list[str] = []
    size = 0
    while size < length:
        chance.shuffle(paragraphs)
        for place, one in enumerate(paragraphs):
            parts.append(one)
            if place % 3 == 0:
                parts.append(chance.choice(snippets))
        size = sum(len(one) + 2 for one in parts)
    return "\n\n".join(parts)[:length]


def _rate(report: Report, length: int) -> None:
    block = notes(min(length, 2_000_000))
    text = (block * (length // len(block) + 1))[:length]
    report.part(f"One pass over {length:,} characters of notes, a tenth at a time")
    tenth = length // 10
    rates, naive_rates = [], []
    finds = naive_finds = 0
    for place in range(10):
        piece = text[place * tenth : (place + 1) * tenth]
        count, seconds = _timed(lambda piece=piece: medcodes.find(piece, on=DAY))  # type: ignore[misc]
        finds += count
        rates.append(tenth / seconds / 1e6)
        count, seconds = _timed(lambda piece=piece: NAIVE.finditer(piece))  # type: ignore[misc]
        naive_finds += count
        naive_rates.append(tenth / seconds / 1e6)
    report.figure("slowest tenth", min(rates), "MB/s")
    report.figure("fastest tenth", max(rates), "MB/s")
    report.figure("the whole", 10 / sum(1 / one for one in rates), "MB/s")
    report.figure("the naive alternation", 10 / sum(1 / one for one in naive_rates), "MB/s")
    ratio = sum(1 / one for one in rates) / sum(1 / one for one in naive_rates)
    report.figure("time, x the naive alternation", ratio, "x")
    report.figure("found", finds, "")
    report.figure("found by the naive alternation", naive_finds, "")
    count, seconds = _timed(lambda: medcodes.find(io.StringIO(text), on=DAY))
    report.figure("the same as one stream", length / seconds / 1e6, "MB/s")


def _timed(act: Callable[[], Iterator[object]]) -> tuple[int, float]:
    start = process_time()
    count = sum(1 for _ in act())
    return count, process_time() - start


# -- growth ---------------------------------------------------------------------------------------


def _growth(report: Report, sizes: tuple[int, ...]) -> None:
    report.part(
        f"Hostile texts of {sizes[0]:,} to {sizes[-1]:,} characters: nanoseconds a character "
        "(flat is linear)"
    )
    rows = []
    exponents = {}
    for name, unit in HOSTILE.items():
        times = []
        for size in sizes:
            text = (unit * (size // len(unit) + 1))[:size]
            _, seconds = _timed(lambda text=text: medcodes.find(text, on=DAY))  # type: ignore[misc]
            times.append(seconds)
            if seconds > 6:  # the next would take a minute
                break
        exponents[name] = math.log10(max(times[-1], 1e-4) / max(times[-2], 1e-4))
        shown = [f"{one / size * 1e9:,.0f}" for one, size in zip(times, sizes, strict=False)]
        rows.append((name, *shown, *["-"] * (len(sizes) - len(shown))))
    report.table(("text", *(f"{size:,}" for size in sizes)), rows)
    worst = max(exponents, key=exponents.__getitem__)
    report.figure(f"growth over the last step ({worst})", exponents[worst], "exponent", at_most=1.3)
