"""Codes in free text, and suggestions: how much is found, how much of it is right, and how fast."""

import random
import re
import string
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from time import process_time

import medcodes
from benchmarks import samples
from benchmarks.measure import ROOT, Race, Table
from benchmarks.samples import DAY, LISTED, SEED
from medcodes import ICD10CM, Classifier, CodeSystem, formats

TOPIC = "Free text and suggestions"

# -- free text ------------------------------------------------------------------------------------

_TEXTS = ROOT / "tests" / "texts"
_FILES = {
    "by the author of the rules": ("snippets.txt", "snippets_held_out.txt", "snippets_fresh.txt"),
    "by another writer, developed on": ("snippets_independent.txt",),
    "by another writer, unseen": ("snippets_unseen.txt",),
}
# What one would write first: the shapes of all systems, one after the other, and a boundary.
_SHAPES = (f"(?:{fmt.pattern})" for fmt in formats.ALL if fmt.system != "icd9pcs")
_NAIVE = re.compile(rf"\b(?:{'|'.join(_SHAPES)})\b")


def find(table: Table) -> None:
    for name, files in _FILES.items():
        right = found = wanted = 0
        for day, text, marks in _snippets(files):
            fits = medcodes.find(text, on=day)
            spans = {(fit.start, fit.end, str(fit.identification.system)) for fit in fits}
            right, found = right + len(spans & marks), found + len(spans)
            wanted += len(marks)
        table.add(f"{wanted} codes {name}: precision", right / found, least=0.98)
        table.add(f"{wanted} codes {name}: recall", right / wanted, least=0.95)
    prose = (_TEXTS / "prose.txt").read_text("utf-8").split("\n\n")
    prose = [text for text in prose if text.strip() and text[0] != "#"]
    codes = sum(len([*medcodes.find(text, on=DAY)]) for text in prose)
    beside = f"one pattern of all shapes {sum(len(_NAIVE.findall(text)) for text in prose)}"
    table.add(f"{len(prose)} paragraphs without a code", codes, "found", beside, most=0)
    # Notes: such paragraphs, and a snippet after every third.
    snippets = [text for files in _FILES.values() for _, text, _ in _snippets(files)]
    chance, count = random.Random(SEED), 400 if table.smoke else 40_000
    notes = "\n\n".join(chance.choice(prose if n % 4 else snippets) for n in range(count))
    passes: dict[str, Callable[[str], object]] = {
        "find": lambda text: [*medcodes.find(text, on=DAY)],
        "that pattern": lambda text: [*_NAIVE.finditer(text)],
    }
    race = Race(table, passes, notes, 3, clock=process_time)
    race.row(f"find, {len(notes):,} characters of notes", "find", "that pattern")


def _snippets(files: Iterable[str]) -> Iterator[tuple[str, str, set[tuple[int, int, str]]]]:
    """Day and text of the snippets in files; `[[text|system]]` is a code that is to be found."""
    lines = [line for file in files for line in (_TEXTS / file).read_text("utf-8").splitlines()]
    for line in lines:
        if line and line[0] != "#":
            day, _, rest = line[1:].partition(" ") if line[0] == "@" else (str(DAY), "", line)
            rest = rest.replace("\\n", "\n").replace("\\t", "\t")
            text, marks = "", set()
            for plain, code, system in re.findall(r"(?s)(.*?)(?:\[\[(.+?)\|(\w+)\]\]|\Z)", rest):
                text += plain + code
                if code:
                    marks.add((len(text) - len(code), len(text), system))
            yield day, text, marks


# -- suggestions ----------------------------------------------------------------------------------

_ANY = string.digits + string.ascii_uppercase
_ALIKE = {char: pair.strip(char) for pair in ("O0", "I1", "S5", "B8", "Z2") for char in pair}

Typos = Callable[[str], list[str]]
"""All the texts that a typo of a kind can make of a text."""


def _exchanged(text: str) -> list[str]:
    swaps = (text[:n] + text[n : n + 2][::-1] + text[n + 2 :] for n in range(len(text) - 1))
    return [swap for swap in swaps if swap != text]


def _extra(text: str) -> list[str]:
    return [text[:n] + char + text[n:] for n in range(len(text) + 1) for char in _ANY]


def _lost(text: str) -> list[str]:
    return [text[:n] + text[n + 1 :] for n in range(len(text))]


def _replaced(others: Callable[[str], str]) -> Typos:
    return lambda text: [
        text[:n] + char + text[n + 1 :]
        for n, old in enumerate(text)
        for char in others(old)
        if char != old
    ]


_alike = _replaced(lambda old: _ALIKE.get(old, ""))
_mistyped = _replaced(lambda old: _ANY)
_same_class = _replaced(lambda old: _ANY[:10] if old.isdigit() else _ANY[10:])


def _zeros_lost(text: str) -> list[str]:
    return [text.lstrip("0")] if text.isdecimal() and text[0] == "0" and int(text) else []


def _without_7th(text: str) -> list[str]:
    return [text[:6].rstrip("X")] if len(text) == 7 else []


def _without_x(text: str) -> list[str]:
    return [text[:6].rstrip("X") + text[6]] if len(text) == 7 and text[5] == "X" else []


# A kind: the typos, how they are undone, and what is promised.
KINDS: dict[str, tuple[Typos, Typos, int]] = {
    "leading zeros lost": (_zeros_lost, lambda x: [x.zfill(n) for n in range(len(x), 8)], 97),
    "two neighbours exchanged": (_exchanged, _exchanged, 97),
    "O/0, I/1, S/5, B/8, Z/2": (_alike, _alike, 95),
    "placeholder X left out": (_without_x, lambda x: [f"{x[:-1]:X<6}{x[-1]}"], 95),
    "7th character left out": (_without_7th, lambda x: [f"{x:X<6}{char}" for char in _ANY], 95),
    "one character too many": (_extra, _lost, 95),
    "one character lost": (_lost, _extra, 95),
    "one character mistyped": (_mistyped, _mistyped, 95),
    "one mistyped, digit for digit": (_same_class, _same_class, 95),
}


def suggest(table: Table) -> None:
    """Codes with one typo each, the system named: is the code among the first five?

    The ceiling is what guessing among all codes could reach that one such typo leads from.
    """
    most = 20 if table.smoke else 2_000
    texts: list[str] = []
    for kind, (typos, undone, promised) in KINDS.items():
        weight = found = best = 0.0
        for system in (ICD10CM,) if "left out" in kind else LISTED:
            answers = list(islice(_asked(system, typos, undone), most))
            if answers:
                share = 100 * sum(suggested for _, suggested, _ in answers) / len(answers)
                ceiling = 100 * sum(chance for *_, chance in answers) / len(answers)
                what, beside = f"one typo, {kind}, {system.name}", f"ceiling {ceiling:.1f} %"
                table.add(what, share, "%", beside, detail=True)
                texts += [text for text, *_ in answers[: most // 4] if system is ICD10CM]
                size = len(samples.valid(system))
                weight, found, best = weight + size, found + size * share, best + size * ceiling
        beside = f"ceiling {best / weight:.1f} %"
        table.add(f"one typo, {kind}: among five", found / weight, "%", beside, least=promised)
    _time(table, texts)


def _asked(system: CodeSystem, typos: Typos, undone: Typos) -> Iterator[tuple[str, bool, float]]:
    """Texts with a typo, whether the code is suggested, and the chance of a perfect guess."""
    chance = random.Random(SEED)
    codes = frozenset(samples.valid(system))
    classifier = Classifier(on=samples.day_of(system))
    for code in samples.valid(system):
        made = typos(code)
        text = chance.choice(made) if made else code
        # Where the typo makes another valid code, nothing shows that it was meant otherwise.
        if made and not classifier.is_valid(text, system, strict=True):
            answer = [found.code for found in classifier.suggest(text, systems=system, limit=5)]
            ceiling = min(1.0, 5 / len(codes & set(undone(text))))
            yield text, system.format(code) in answer, ceiling


def _time(table: Table, texts: list[str]) -> None:
    """How long it takes, beside identify of the same texts, none of them seen before."""
    asked: dict[str, Callable[[Classifier, str], object]] = {
        "identify": lambda classifier, text: classifier.identify(text),
        "the system named": lambda classifier, text: classifier.suggest(text, ICD10CM),
        "no system named": lambda classifier, text: classifier.suggest(text),
    }

    def each(ask: Callable[[Classifier, str], object]) -> Callable[[list[str]], object]:
        return lambda texts: list(map(partial(ask, Classifier(on=DAY)), texts))

    race = Race(
        table, {name: each(ask) for name, ask in asked.items()}, texts, 3, clock=process_time
    )
    for name in list(asked)[1:]:
        race.row(f"suggest, ICD-10-CM, {name}", name, "identify", most=100)


PARTS = (find, suggest)
