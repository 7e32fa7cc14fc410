"""How right: listed codes alone, beside other ways to identify, and strings that no list holds."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import islice

from benchmarks import peers, samples
from benchmarks.measure import Table
from benchmarks.samples import DAY, LISTED, SEED, Code
from medcodes import CPT, Classifier, Status, formats, reference

TOPIC = "How right"


def codes(table: Table) -> None:
    """Every code ever listed, without its dot or any hint, on a day when it was valid.

    In two lists: both hold it on that day, the answer is marked as ambiguous and names both. Maybe
    CPT: the right answer is marked as ambiguous because a range of CPT holds it.
    """
    most = 200 if table.smoke else None
    asked = {s.name: list(islice(samples.ever_valid(s), most)) for s in LISTED}
    numbers = samples.cpt_numbers()[:most]
    asked["CPT, numbers of its ranges"] = [Code(number, CPT, number, DAY) for number in numbers]
    for name, its_codes in asked.items():
        counts = Counter(map(_judged, its_codes))
        right, maybe = counts["right"] + counts["maybe CPT"], counts["maybe CPT"]
        lists = f"in two lists {counts['two lists']:,}"
        beside = f"top answer right {right:,} (of these maybe CPT {maybe:,}), {lists}"
        what = f"{name}: {len(its_codes):,} codes, alone, without a dot"
        table.add(what, counts["wrong"], "wrong", beside, most=0)


def _judged(code: Code) -> str:
    answer = _classifier(code.day).identify(code.text)
    status = Status.PLAUSIBLE if code.system is CPT else Status.VALID
    truth = (code.system, code.canonical, status)
    fits = [(fit.system, fit.code, fit.status) for fit in (answer, *answer.alternatives)]
    if len({system for system, _, status in fits if status is Status.VALID}) > 1:
        return "two lists" if answer.ambiguous and truth in fits else "wrong"
    if fits[0] != truth:
        return "wrong"
    return "maybe CPT" if answer.ambiguous else "right"


@cache
def _classifier(day: date) -> Classifier:
    return Classifier(on=day)


def ways(table: Table) -> None:
    """The first answer of each method; right is any system that lists the code."""
    truth: dict[str, set[str]] = defaultdict(set)
    days: dict[str, date] = {}
    for system in LISTED:
        for text in samples.valid(system)[: 200 if table.smoke else None]:
            truth[text].add(system.id)
            days[text] = samples.day_of(system)
    unlisted = _unlisted(500 if table.smoke else 100_000)
    asked: dict[str, Callable[[str], object]] = {
        "medcodes, the day of service given": lambda code: _named(code, days.get(code, DAY)),
        "medcodes, nothing given": lambda code: _named(code, DAY),
        "patterns: CPT, HCPCS, CM, PCS, ICD-9": peers.first_of(*peers.PATTERNS),
        "patterns: PCS, CM, HCPCS, ICD-9, CPT": peers.first_of(*peers.PARTICULAR_FIRST),
        "a letter in front is ICD-10": lambda code: "icd10cm" if code[0].isalpha() else "icd9cm",
    }
    for name, identify in asked.items():
        answers = {code: identify(code) for code in truth}
        right = sum(answer in truth[code] for code, answer in answers.items())
        wrong = sum(answer is not None for answer in answers.values()) - right
        named = sum(identify(text) is not None for text in unlisted)
        beside = f"wrong {wrong / len(truth):.1%}; names {named:,} of {len(unlisted):,} unlisted"
        table.add(f"{len(truth):,} codes, {name}", 100 * right / len(truth), "% right", beside)


def _named(code: str, day: date) -> str | None:
    """The system of what may be a code; of others, medcodes says only which shape they have."""
    answer = _classifier(day).identify(code)
    return answer.system.id if answer.system and answer.status is not Status.UNKNOWN else None


def _unlisted(count: int) -> list[str]:
    """Well-formed strings: half of them random, half real codes with one character changed."""
    listed = {compact for system in LISTED for compact, _ in reference.codes(system.id)}
    chance = random.Random(SEED)
    found: set[str] = set()
    while len(found) < count:
        code, _ = chance.choice(samples.every_code())
        place = chance.randrange(len(code))
        made = (
            code[:place] + chance.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") + code[place + 1 :]
        )
        if len(found) % 2:
            variant = chance.choice(formats.of(chance.choice(LISTED).id).variants)
            length = chance.randint(variant.shortest, len(variant.positions))
            made = "".join(chance.choice(sorted(allowed)) for allowed in variant.positions[:length])
        if made not in listed and formats.fitting(made):
            found.add(made)
    return sorted(found)


PARTS = (codes, ways)
