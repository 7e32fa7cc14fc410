"""How much a confidence of `profile` is worth: on kinds of columns that it was not made from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.kinds_of_columns import WITH_CODES, WITHOUT_CODES, Kind, halves
from benchmarks.measure import Table
from benchmarks.samples import DAY, SEED
from medcodes.columns import Profile, profile

TOPIC = "What a column is"
SIZES = (6, 30, 300, 3_000)
BANDS = (0.0, 0.5, 0.7, 0.9, 0.99)
SURE = 0.9
"""A confidence on which one relies."""
LARGE = 30
"""Values of a column that must be recognised; the bound is promised from 20 on."""
REPEATS = {6: 8, 30: 8, 300: 3, 3_000: 1}


class Outcome(NamedTuple):
    """What one column was taken for."""

    kind: Kind
    name: str | None
    size: int
    answer: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.answer in self.kind.right


def answer_of(found: Profile) -> str:
    return "+".join(sorted(id_ for id_, _ in found.systems)) or str(found.looks_like)


def outcomes(kinds: Sequence[Kind], sizes: Sequence[int] = SIZES) -> Iterator[Outcome]:
    """Columns of all sizes, with and without a name."""
    for kind in kinds:
        chance = random.Random(f"{SEED} {kind.what}")
        for size in sizes:
            for repeat in range(REPEATS[size]):
                values = kind.draw(chance, size)
                for name in (None, kind.names[repeat % len(kind.names)]):
                    found = profile(values, name=name, on=DAY)
                    yield Outcome(kind, name, size, answer_of(found), found.confidence)


def bands(found: Sequence[Outcome]) -> Iterator[tuple[float, int, int]]:
    """The least confidence of a band, how many columns had one of it, and how many were wrong."""
    for low, high in zip(BANDS, (*BANDS[1:], 1.1), strict=True):
        inside = [each for each in found if low <= each.confidence < high]
        yield low, len(inside), sum(not each.right for each in inside)


def calibration(table: Table) -> None:
    """Of columns of so much confidence, how many were taken for something that they are not."""
    sizes = SIZES[:1] if table.smoke else SIZES
    for half, kinds in zip(("set on", "held out"), halves(), strict=True):
        for group, members in (("without codes", WITHOUT_CODES), ("with codes", WITH_CODES)):
            found = list(outcomes([kind for kind in kinds if kind in members], sizes))
            for low, count, wrong in bands(found):
                what = f"columns {group}, kinds {half}, confidence from {low:g}"
                share = 100 * wrong / max(count, 1)
                most = 1 if low >= SURE else None
                table.add(what, share, "% wrong", f"{wrong} of {count:,} columns", most=most)
        large = [each for each in found if each.size >= LARGE]
        right = 100 * sum(each.right for each in large) / max(len(large), 1)
        what = f"columns with codes, kinds {half}, of {LARGE} values or more"
        table.add(what, right, "% recognised", f"{len(large):,} columns", least=98)


PARTS = (calibration,)
