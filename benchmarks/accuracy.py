"""How right: every listed code alone, without its dot, beside what one would use instead.

The codes and their systems are the reference's own; that the reference is right is what the test
suite shows, against the sources. Here it is shown what each method makes of a bare code.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

from benchmarks import codes, peers
from benchmarks.codes import DAY, SEED, Code
from benchmarks.measure import Report
from medcodes import CPT, Classifier, CodeSystem, Identification, Status, formats, reference

Identifier = Callable[[str], object]
_RANDOM_STRINGS = 100_000


def run(report: Report, *, smoke: bool = False) -> None:
    most = 200 if smoke else sys.maxsize
    by_system(report, most)
    methods(report, most)
    false_accepts(report, 500 if smoke else _RANDOM_STRINGS)


# -- every code of every system ------------------------------------------------------------------


def by_system(report: Report, most: int) -> None:
    report.part(
        "Every code ever listed, alone, without its dot or any hint, on a day when it was valid"
    )
    rows: list[tuple[object, ...]] = []
    wrong = 0
    for system in codes.LISTED:
        counts = Counter(map(_judged, list(codes.ever_valid(system))[:most]))
        rows.append(_row(system.name, counts))
        wrong += counts["wrong"]
    counts = Counter(map(_judged_cpt, codes.cpt_numbers()[:most]))
    rows.append(_row("CPT (numbers from its ranges)", counts))
    head = ("system", "codes", "top answer right", "(of these maybe CPT)", "in two lists", "wrong")
    report.table(head, rows)
    report.note("in two lists on that day: marked as ambiguous, and both are named")
    report.note("maybe CPT: a five-digit code inside a range of CPT, marked as ambiguous for that")
    report.figure("wrong", wrong + counts["wrong"], "codes", at_most=0)


def _row(name: str, counts: Counter[str]) -> tuple[object, ...]:
    right = counts["right"] + counts["maybe CPT"]
    rest = (counts[kind] for kind in ("maybe CPT", "two lists", "wrong"))
    return (name, counts.total(), right, *rest)


def _judged(code: Code) -> str:
    answer = _classifier(code.day).identify(code.text)
    truth = (code.system, code.canonical, Status.VALID)
    named = {_said(one) for one in (answer, *answer.alternatives)}
    listed_in = {system for system, _, status in named if status is Status.VALID}
    if len(listed_in) > 1:
        return "two lists" if answer.ambiguous and truth in named else "wrong"
    if _said(answer) != truth:
        return "wrong"
    return "maybe CPT" if answer.ambiguous else "right"


def _said(answer: Identification) -> tuple[CodeSystem | None, str | None, Status]:
    return answer.system, answer.code, answer.status


def _judged_cpt(number: str) -> str:
    """A number that may be CPT must be called so, unless a list holds it."""
    answer = _classifier(DAY).identify(number)
    return "right" if _said(answer) == (CPT, number, Status.PLAUSIBLE) else "wrong"


@cache
def _classifier(day: date) -> Classifier:
    return Classifier(on=day)


# -- other ways to identify ----------------------------------------------------------------------


def methods(report: Report, most: int) -> None:
    """The first answer of each method; right is any system that lists the code."""
    truth: dict[str, set[str]] = defaultdict(set)
    days: dict[str, date] = {}
    for system in codes.LISTED:
        for text in codes.valid(system)[:most]:
            truth[text].add(system.id)
            days[text] = codes.day_of(system)
    report.part(f"The first answer of each method, {len(truth):,} distinct codes")
    asked: dict[str, Identifier] = {
        "medcodes, told the day of service": lambda code: _system_id(code, days[code]),
        "medcodes, told nothing": lambda code: _system_id(code, DAY),
        "regular expressions: CPT, HCPCS, CM, PCS, ICD-9": peers.longer_chain,
        "the same: PCS, CM, HCPCS, ICD-9, CPT": peers.other_order,
        "a letter in front is ICD-10, a digit ICD-9": peers.first_letter,
    }
    for name, (package, prepare) in peers.IDENTIFIERS.items():
        if peers.version(package) is None:
            report.note(f"{package} is not installed: skipped")
            continue
        asked[name] = prepare()
    report.table(
        ("method", "right", "wrong system", "no answer"),
        [(name, *_shares(call, truth)) for name, call in asked.items()],
    )


def _system_id(code: str, day: date) -> str | None:
    answer = _classifier(day).identify(code)
    return answer.system.id if answer.system else None


def _shares(call: Identifier, truth: dict[str, set[str]]) -> Iterable[str]:
    counts = Counter[str]()
    for code, systems in truth.items():
        found = call(code)
        counts["none" if found is None else "right" if found in systems else "wrong"] += 1
    return (f"{counts[kind] / len(truth):.1%}" for kind in ("right", "wrong", "none"))


# -- codes that do not exist ---------------------------------------------------------------------


def false_accepts(report: Report, count: int) -> None:
    strings = _unlisted(count)
    report.part(
        f"{len(strings):,} well-formed strings that no list holds: half of them random, half real "
        "codes with one character changed"
    )
    classifier = Classifier(on=DAY)
    statuses = Counter(str(classifier.identify(text).status) for text in strings)
    report.figure(
        "medcodes: valid or a heading", statuses["valid"] + statuses["header"], "strings", at_most=0
    )
    report.figure("medcodes: plausible (inside a range of CPT)", statuses["plausible"], "strings")
    accepted = sum(peers.longer_chain(text) is not None for text in strings)
    report.figure("regular expressions: given a system", accepted, "strings")


def _unlisted(count: int) -> list[str]:
    listed = {compact for system in codes.LISTED for compact, _ in reference.codes(system.id)}
    chance = random.Random(SEED)
    real = codes.distinct()
    found: set[str] = set()
    while len(found) < count:
        made = _random_code(chance) if len(found) % 2 else _changed(chance.choice(real), chance)
        if made not in listed and formats.fitting(made):
            found.add(made)
    return sorted(found)


def _random_code(chance: random.Random) -> str:
    """A text of a listed system's shape, each character drawn from what may stand there."""
    system = chance.choice(codes.LISTED)
    variant = chance.choice(formats.of(system.id).variants)
    length = chance.randint(variant.shortest, len(variant.positions))
    return "".join(chance.choice(sorted(one)) for one in variant.positions[:length])


def _changed(code: str, chance: random.Random) -> str:
    place = chance.randrange(len(code))
    return code[:place] + chance.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") + code[place + 1 :]
