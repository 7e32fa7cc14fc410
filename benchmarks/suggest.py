"""How good and how fast near misses are: codes with one slip each, of every kind.

A slip is drawn evenly over the places where it can happen and over the characters that it can
bring, so that nothing about the typist is known in advance: the hard case. Where many codes lie
one such slip away, no order can bring the right one into the first five every time; the *ceiling*
says how often a perfect guess would, were all of them equally likely.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks.codes import LISTED, SEED, cpt_numbers, day_of, valid
from benchmarks.measure import Report
from medcodes import CPT, Classifier, CodeSystem, formats

LIMIT = 5
_ROUNDS = 3
ANY = string.digits + string.ascii_uppercase
ALIKE = {one: pair.replace(one, "") for pair in ("O0", "I1", "S5", "B8", "Z2") for one in pair}

Slip = Callable[[str, random.Random], str | None]
"""From a code without its dot to the text with the slip; None where the slip cannot happen."""


def lost_zeros(code: str, chance: random.Random) -> str | None:
    del chance
    bare = code.lstrip("0")
    return bare if bare != code and code.isdecimal() and bare else None


def as_number(code: str, chance: random.Random) -> str | None:
    if not code.isdecimal() or not int(code):
        return None
    number = int(code)
    digits = str(number).rstrip("0")
    return f"{number}.0" if chance.random() < 0.5 else f"{number:.{len(digits) - 1}E}"


def alike(code: str, chance: random.Random) -> str | None:
    places = [place for place, one in enumerate(code) if one in ALIKE]
    if not places:
        return None
    place = chance.choice(places)
    return code[:place] + ALIKE[code[place]] + code[place + 1 :]


def exchanged(code: str, chance: random.Random) -> str | None:
    places = [place for place in range(len(code) - 1) if code[place] != code[place + 1]]
    if not places:
        return None
    place = chance.choice(places)
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def extra(code: str, chance: random.Random) -> str:
    place = chance.randrange(len(code) + 1)
    return code[:place] + chance.choice(ANY) + code[place:]


def missing(code: str, chance: random.Random) -> str:
    place = chance.randrange(len(code))
    return code[:place] + code[place + 1 :]


def mistyped(code: str, chance: random.Random) -> str:
    place = chance.randrange(len(code))
    other = chance.choice(ANY.replace(code[place], ""))
    return code[:place] + other + code[place + 1 :]


def same_class(code: str, chance: random.Random) -> str:
    """A digit for a digit, a letter for a letter."""
    place = chance.randrange(len(code))
    alphabet = string.digits if code[place].isdigit() else string.ascii_uppercase
    return code[:place] + chance.choice(alphabet.replace(code[place], "")) + code[place + 1 :]


def without_7th(code: str, chance: random.Random) -> str | None:
    del chance
    return code[:6].rstrip("X") if len(code) == 7 and code[0].isalpha() else None


def without_placeholder(code: str, chance: random.Random) -> str | None:
    del chance
    body = code[:6].rstrip("X")
    return body + code[6] if len(code) == 7 and len(body) < 6 else None


class Kind(NamedTuple):
    name: str
    slip: Slip
    systems: tuple[CodeSystem, ...] = LISTED
    promised: float = 0.95


_CM = tuple(one for one in LISTED if one.id == "icd10cm")
KINDS = (
    Kind("leading zeros lost", lost_zeros, promised=0.97),
    Kind("read as a number: 16070.0, 1.607E+04", as_number),
    Kind("two neighbours exchanged", exchanged, promised=0.97),
    Kind("O/0, I/1, S/5, B/8, Z/2", alike),
    Kind("placeholder X left out", without_placeholder, _CM),
    Kind("7th character left out", without_7th, _CM),
    Kind("one character too many", extra),
    Kind("one character lost", missing),
    Kind("one character mistyped", mistyped),
    Kind("one mistyped, digit for digit", same_class),
)


# -- what else a text may have been meant as ------------------------------------------------------


def _origins(kind: Kind, text: str, codes: frozenset[str]) -> int:
    """How many valid codes one slip of the kind makes the text of."""
    length = len(text)
    if kind.slip is exchanged:
        swaps = (text[:n] + text[n + 1] + text[n] + text[n + 2 :] for n in range(length - 1))
        found = {*swaps} - {text}
    elif kind.slip is extra:
        found = {text[:n] + text[n + 1 :] for n in range(length)}
    elif kind.slip is missing:
        found = {text[:n] + one + text[n:] for n in range(length + 1) for one in ANY}
    elif kind.slip in (mistyped, same_class):
        found = {text[:n] + one + text[n + 1 :] for n in range(length) for one in ANY}
    elif kind.slip is alike:
        found = {
            text[:n] + ALIKE[text[n]] + text[n + 1 :] for n in range(length) if text[n] in ALIKE
        }
    elif kind.slip is without_7th:
        found = {f"{text:X<6}{one}" for one in ANY}
    elif kind.slip is without_placeholder:
        found = {f"{text[:-1]:X<6}{text[-1]}"}
    elif kind.slip is as_number:
        digits = str(int(float(text)))
        found = {digits.zfill(n) for n in range(len(digits), 8)}
    else:
        found = {text.zfill(n) for n in range(length + 1, 8)}
    return len(found & codes)


# -- measuring ------------------------------------------------------------------------------------


class Result(NamedTuple):
    """Of the codes of one system with one kind of slip each: shares, and the texts."""

    asked: int
    valid_anyway: float
    found: float
    found_first: float
    found_unnamed: float
    ceiling: float
    texts: list[str]


def measure(kind: Kind, system: CodeSystem, many: int) -> Result | None:
    """Draw codes, give each the slip, ask for near misses; None where the slip never happens."""
    chance = random.Random(SEED)
    codes = frozenset(valid(system))
    shape = formats.of(system.id)
    classifier = Classifier(on=day_of(system))
    hits = first = unnamed = already = 0
    ceiling = 0.0
    texts = []
    for code in valid(system):
        text = kind.slip(code, chance)
        if text is None:
            continue
        if classifier.is_valid(text, system, strict=True):
            already += 1  # nothing shows that it was meant otherwise
            continue
        meant = shape.canonical(code)
        answer = [one.code for one in classifier.suggest(text, systems=system, limit=LIMIT)]
        hits += meant in answer
        first += answer[:1] == [meant]
        all_systems = classifier.suggest(text, limit=LIMIT)
        unnamed += (meant, system) in [(one.code, one.system) for one in all_systems]
        ceiling += min(1.0, LIMIT / _origins(kind, text, codes))
        texts.append(text)
        if len(texts) == many:
            break
    asked = len(texts)
    if not asked:
        return None
    return Result(
        asked,
        already / (asked + already),
        hits / asked,
        first / asked,
        unnamed / asked,
        ceiling / asked,
        texts,
    )


def run(report: Report, *, smoke: bool = False) -> None:
    many = 20 if smoke else 2_000
    weights = {system: len(valid(system)) for system in LISTED}
    texts: dict[CodeSystem, list[str]] = {system: [] for system in LISTED}
    rows = []
    together: list[tuple[Kind, float, float]] = []
    for kind in KINDS:
        results = {}
        for system in kind.systems:
            result = measure(kind, system, many)
            if result is not None:
                results[system] = result
                texts[system] += result.texts[: many // 4]
                rows.append((kind.name, system.name, result.asked, *_percent(result)))
        total = sum(weights[system] for system in results)
        means = (
            sum(weights[system] * getattr(one, share) for system, one in results.items()) / total
            for share in ("found", "ceiling")
        )
        together.append((kind, *means))
    report.part(
        "One slip in a valid code, and the system is named: is the code among the first five?"
    )
    head = ("slip", "system", "asked", "valid anyway", "first five", "ceiling", "first", "unnamed")
    report.table(head, rows)
    report.note("valid anyway: the slip made another valid code; these are not asked about")
    report.note("ceiling: what guessing among all codes that one such slip leads from could reach")
    report.note("unnamed: among the first five when no system is named")
    report.part("All systems together, weighed by their codes")
    for kind, found, ceiling in together:
        report.figure(kind.name, 100 * found, "%", at_least=100 * kind.promised)
        report.figure(f"{kind.name}: ceiling", 100 * ceiling, "%")
    report.part("How long it takes, beside identify of the same texts, none of them seen before")
    for system, asked in texts.items():
        _time(report, system.name, list(dict.fromkeys(asked)), system)
    _time(report, CPT.name, [alike(one, random.Random(SEED)) or one for one in cpt_numbers()], CPT)


def _percent(result: Result) -> Sequence[str]:
    shares = (
        result.valid_anyway,
        result.found,
        result.ceiling,
        result.found_first,
        result.found_unnamed,
    )
    return [f"{100 * share:.1f} %" for share in shares]


def _round(
    texts: list[str], systems: CodeSystem | None, classifier: Classifier
) -> tuple[float, float]:
    for text in texts:  # so that no table is read and unpacked while the clock runs
        classifier.suggest(text, systems)
    start = perf_counter()
    for text in texts:
        classifier.identify(text, systems=systems)
    between = perf_counter()
    for text in texts:
        classifier.suggest(text, systems)
    return perf_counter() - between, between - start


def _time(report: Report, name: str, texts: list[str], system: CodeSystem) -> None:
    ratios, microseconds = [], []
    for systems in (system, None):
        rounds = [_round(texts, systems, Classifier(on=day_of(system))) for _ in range(_ROUNDS)]
        ratios.append(median(suggesting / identifying for suggesting, identifying in rounds))
        microseconds.append(median(one for one, _ in rounds) / len(texts) * 1e6)
    for asked_as, ratio, each in zip(("named", "unnamed"), ratios, microseconds, strict=True):
        report.figure(f"{name}, {asked_as}", each, "µs")
        report.figure(f"{name}, {asked_as}: x identify", ratio, "x", at_most=100)
