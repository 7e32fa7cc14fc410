"""Every text whose answer is known in advance, and where each is found.

Some 505,000 short texts are listed codes or headings, with and without the dot, or numbers that
the ranges of CPT and CDT cover. Each is an entry: of every system, the history it has there. What
a history means on a day is the business of `days`.

Entries lie in a perfect hash table: every text hashes to a bucket of a few, each bucket is moved by
an offset so that no two texts share a slot, and so one probe decides. The slot is the number of an
entry.
"""

from __future__ import annotations

from functools import cache

import attrs
import numpy as np
import numpy.typing as npt

from medcodes import reference
from medcodes.columns import shapes, spans
from medcodes.columns.shapes import SYSTEMS, Keys

__all__ = ["ABSENT", "BITS", "SLOTS", "Entries", "entries"]

BITS = 20
SLOTS = 1 << BITS
_MULTIPLIERS = tuple(
    np.uint64(pow(0x9E37_79B9_7F4A_7C15, power, 1 << 64)) for power in range(1, 17)
)
_SHIFT = np.uint64(64 - BITS)
_BUCKET_BITS = 17
_BUCKET_SHIFT = np.uint64(64 - BITS - _BUCKET_BITS)
_BUCKET_MASK = np.uint64((1 << _BUCKET_BITS) - 1)
_EMPTY = np.uint64(0xFFFF_FFFF_FFFF_FFFF)

ABSENT = -1
"""The history of a text in a system whose format it does not fit."""

Numbers = npt.NDArray[np.int32]
Slots = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Entries:
    """The table.

    Attributes:
        multiplier: what makes a text a random number.
        keys: slot to the text; all ones where the slot is empty (the key of the empty text).
        offsets: bucket to the offset that its texts are moved by.
        histories: for each system, slot to the number of its history, `ABSENT` where it does
            not fit. After a table's own numbers come its unlisted and its listed-elsewhere.
        history_counts: for each system, how many numbers its table has of its own.
    """

    multiplier: np.uint64
    keys: Keys
    offsets: Numbers
    histories: npt.NDArray[np.int16]
    history_counts: tuple[int, ...]

    def find(self, keys: Keys) -> tuple[Slots, Slots]:
        """The slot of each text, and which of them are no entries (their slots mean nothing)."""
        bucket, slots = _hash(keys, self.multiplier)
        np.add(slots, self.offsets.take(bucket, mode="clip"), out=slots)
        np.bitwise_and(slots, SLOTS - 1, out=slots)
        return slots, np.flatnonzero(self.keys.take(slots, mode="clip") != keys)


def _hash(keys: Keys, multiplier: np.uint64) -> tuple[Slots, Slots]:
    """Bucket and unmoved slot of each text, from different bits of one product."""
    product = keys * multiplier
    bucket = product >> _BUCKET_SHIFT
    np.bitwise_and(bucket, _BUCKET_MASK, out=bucket)
    np.right_shift(product, _SHIFT, out=product)
    # As signed numbers, which is what indices are: no copy is made of them.
    return bucket.view(np.int64), product.view(np.int64)


@cache
def entries() -> Entries:
    """The table of the bundled reference, built on first need and kept."""
    found = [_listed(number, system) for number, system in enumerate(SYSTEMS)]
    keys = np.sort(np.concatenate([keys for keys, _ in found]))
    keys = keys[np.flatnonzero(np.diff(keys, prepend=~keys[:1]))]
    multiplier = _multiplier(keys)
    slots, offsets = _place(keys, multiplier)
    by_slot = np.full(SLOTS, _EMPTY, np.uint64)
    by_slot[slots] = keys
    counts = tuple(_history_count(system) for system in SYSTEMS)
    histories = np.full((len(SYSTEMS), SLOTS), ABSENT, np.int16)
    table = Entries(multiplier, by_slot, offsets, histories, counts)
    fits = shapes.fitting(keys)
    for number, (own, numbers) in enumerate(found):
        histories[number, slots[(fits >> number & 1).astype(bool)]] = counts[number]
        histories[number, table.find(own)[0]] = numbers
    # Where the empty text would be, an empty slot must not look as if it were.
    empty, _ = table.find(np.array([_EMPTY]))
    by_slot[empty] = np.where(by_slot[empty] == _EMPTY, keys[:1], by_slot[empty])
    return table


def _multiplier(keys: Keys) -> np.uint64:
    """One that no two texts share both bucket and unmoved slot under: no offset would part them.

    Of half a million texts, two do so under every other multiplier.
    """
    for multiplier in _MULTIPLIERS:
        hashes = np.sort((keys * multiplier) >> _BUCKET_SHIFT)
        if (hashes[1:] != hashes[:-1]).all():
            return multiplier  # type: ignore[no-any-return]
    raise AssertionError("no multiplier tells all texts apart")  # pragma: no cover


def _place(keys: Keys, multiplier: np.uint64) -> tuple[Slots, Numbers]:
    """A slot of its own for each text, and the offset of each bucket that makes it so.

    Full buckets choose first. All buckets of a size try the same offset at once; one that meets
    a taken slot, or another bucket, tries the next.
    """
    buckets, home = _hash(keys, multiplier)
    order = np.argsort(buckets, kind="stable")
    sizes = np.bincount(buckets, minlength=1 << _BUCKET_BITS)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    offsets = np.zeros(1 << _BUCKET_BITS, np.int32)
    owner = np.full(SLOTS, -1, np.int32)
    tries = np.random.default_rng(0)
    for size in range(int(sizes.max()), 0, -1):
        waiting = np.flatnonzero(sizes == size).astype(np.int32)
        members = order[starts[waiting][:, None] + np.arange(size)]
        while len(waiting):
            offset = int(tries.integers(SLOTS))
            slots = (home[members] + offset) & (SLOTS - 1)
            free = (owner[slots] < 0).all(axis=1)
            owner[slots[free]] = waiting[free][:, None]  # of several, the last one wins
            placed = (owner[slots] == waiting[:, None]).all(axis=1)
            # Slots that a loser took from under others are given back.
            lost = slots[free & ~placed]
            lost_owner = np.broadcast_to(waiting[free & ~placed][:, None], lost.shape)
            owner[lost[owner[lost] == lost_owner]] = -1
            offsets[waiting[placed]] = offset
            waiting, members = waiting[~placed], members[~placed]
    return (home + offsets[buckets]) & (SLOTS - 1), offsets


def _history_count(system: str) -> int:
    return 0 if system == "cpt" else reference.codes(system).history_count


def _listed(number: int, system: str) -> tuple[Keys, npt.NDArray[np.int16]]:
    """The texts of a system, in both spellings, and the number of the history of each."""
    if system == "cpt":
        texts = _numbers(b"0123456789FTUMA", 4)
        ranges = reference.ranges(system)
        return texts, spans.each(ranges, texts, lambda text: int(ranges.holds(text)), np.int16)
    table = reference.codes(system)
    texts, numbers = _codes(table)
    if system == "hcpcs":
        dental = shapes.joined(shapes.keys_of(["D"]), 1, _numbers(b"0123456789", 3))
        dental = np.setdiff1d(dental, texts)
        texts = np.concatenate([texts, dental])
        elsewhere = np.full(len(dental), table.history_count + 1, np.int16)
        numbers = np.concatenate([numbers, elsewhere])
    dotted, places = shapes.dotted(texts, number)
    return np.concatenate([texts, dotted]), np.concatenate([numbers, numbers[places]])


def _codes(table: reference.CodeTable) -> tuple[Keys, npt.NDArray[np.int16]]:
    """The codes of a table, and the numbers of their histories.

    Stems share their groups of endings, so that only those are handled one by one.
    """
    stems: list[str] = []
    groups: list[dict[str, int]] = []
    for category in table.stems.categories():
        below = table.stems.of_category(category)
        stems += below
        groups += below.values()
    distinct = {id(group): group for group in groups}
    places = {name: place for place, name in enumerate(distinct)}
    group_of = np.fromiter((places[id(group)] for group in groups), np.intp, len(groups))
    endings = shapes.keys_of([ending for group in distinct.values() for ending in group])
    numbers = np.array([one for group in distinct.values() for one in group.values()], np.int16)
    sizes = np.array([len(group) for group in distinct.values()], np.intp)
    # Every stem, as often as it has endings; and the endings of its group, one after the other.
    counts = sizes[group_of]
    starts = (np.cumsum(sizes) - sizes)[group_of] - (np.cumsum(counts) - counts)
    chosen = np.repeat(starts, counts) + np.arange(counts.sum())
    stem = np.repeat(shapes.keys_of(stems), counts)
    return shapes.joined(stem, reference.STEM, endings[chosen]), numbers[chosen]


def _numbers(last: bytes, digits: int) -> Keys:
    """All texts of so many digits and one more character."""
    count = 10**digits * len(last)
    bytes_ = np.full((count, shapes.LONGEST), shapes.FILL, np.uint8)
    number = np.arange(count) // len(last)
    for place in range(digits):
        bytes_[:, place] = number // 10 ** (digits - 1 - place) % 10 + ord("0")
    bytes_[:, digits] = np.tile(np.frombuffer(last, np.uint8), 10**digits)
    return bytes_.view("<u8").ravel().astype(np.uint64, copy=False)
