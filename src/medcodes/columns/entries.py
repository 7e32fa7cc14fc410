"""Every text whose answer is known in advance, and where each is found.

Some 447,000 short texts are listed codes or headings, with and without the dot, or numbers that
the ranges of CPT and CDT cover. Each is an entry. Entries of which the same is true, whatever the
day, are of one kind: they have the same history in every system and are filed at the same place.
What a history means on a day is the business of `days`, what a place is called that of `filed`.

Entries lie in a perfect hash table: every text hashes to a bucket, each bucket is moved by an
offset so that no two texts share a slot, and so one look decides. A slot holds one integer: as many
bits of the product that the text hashes to as its slot and bucket do not tell already, and the
kind. Multiplying by an odd number loses nothing, so that equal bits mean an equal text.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import places, shapes, spans
from medcodes.columns.shapes import SYSTEMS, Keys
from medcodes.lookup import state
from medcodes.reference import PREFIX, CodeTable, Reference

__all__ = ["ABSENT", "Entries", "Room", "build"]

_LEAST_BITS = 19
_FULLEST = 0.95
_BUCKET_BITS = 17
_OFFSET_BITS = 16
_SMALL = 8
"""Texts of a bucket that is placed when the table is nearly full."""
_BUCKET_MASK = np.uint64((1 << _BUCKET_BITS) - 1)
_MULTIPLIERS = tuple(
    np.uint64(pow(0x9E37_79B9_7F4A_7C15, power, 1 << 64)) for power in range(1, 65)
)
_EMPTY = np.uint64(0xFFFF_FFFF_FFFF_FFFF)

ABSENT = -1
"""The history of a text in a system whose format it does not fit."""

Numbers = npt.NDArray[np.int64]
Slots = npt.NDArray[np.int64]


class Room:
    """Memory for looking up so many texts, to be used again and again by one thread."""

    def __init__(self, count: int) -> None:
        self.starts = np.empty(count, np.int64)
        self.lengths = np.empty(count, np.int64)
        self.words = np.empty(count, np.int64)
        self.keys = np.empty(count, np.uint64)
        self.fill = np.empty(count, np.uint64)
        self.products = np.empty(count, np.uint64)
        self.buckets = np.empty(count, np.uint64)
        self.offsets = np.empty(count, np.uint16)
        self.slots = np.empty(count, np.uint64)
        self.records = np.empty(count, np.uint64)
        self.missed = np.empty(count, np.bool_)


@attrs.frozen(eq=False)
class Entries:
    """The table.

    Attributes:
        bits: how many bits the number of a slot has.
        multiplier: what makes a text a random number.
        offsets: bucket to what the slots of its texts are moved by.
        records: slot to the lower bits of the product of its text, and behind them the kind; in
            an empty slot, a kind that does not exist.
        keys: slot to the text; all ones where the slot is empty.
        kinds: slot to the kind; `kind_count` where the slot is empty.
        histories: for each system, kind to the number of its history, `ABSENT` where it does not
            fit. After a table's own numbers come its unlisted, listed-elsewhere and ranged.
        history_counts: for each system, how many numbers its table has of its own.
        filed: for each system, kind to the number of its place (see `places`); 0 for none.
        places: for each system, the places.
    """

    bits: int
    multiplier: np.uint64
    offsets: npt.NDArray[np.uint16]
    records: Keys
    keys: Keys
    kinds: npt.NDArray[np.int32]
    histories: npt.NDArray[np.int16]
    history_counts: tuple[int, ...]
    filed: npt.NDArray[np.int32]
    places: tuple[places.Places, ...]

    @property
    def kind_count(self) -> int:
        """How many kinds there are; their numbers begin with 0."""
        return len(self.histories[0])

    def find(
        self, keys: Keys, room: Room | None = None, but_not: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Numbers, Slots, Slots]:
        """The kind and the slot of each text, and which are no entries (their kinds mean nothing).

        Nor is one that it shall not be. The answer lies in the room, if one is given, until that is
        used again.
        """
        count = len(keys)
        room = room or Room(count)
        products = np.multiply(keys, self.multiplier, out=room.products[:count])
        slots = _slots(products, self.bits, self.offsets, room)
        records = self.records.take(slots, mode="clip", out=room.records[:count])
        np.left_shift(products, np.uint64(self.bits), out=products)
        np.bitwise_xor(records, products, out=records)
        missed = np.greater_equal(records, self.kind_count, out=room.missed[:count])
        if but_not is not None:
            missed |= but_not
        return records.view(np.int64), slots, np.flatnonzero(missed) if missed.any() else _NONE


_NONE = np.empty(0, np.int64)


def _slots(products: Keys, bits: int, offsets: npt.NDArray[np.uint16], room: Room) -> Slots:
    count = len(products)
    buckets = _buckets(products, bits, room.buckets[:count])
    # As signed numbers, which is what indices are: no copy is made of them.
    moved = offsets.take(buckets.view(np.int64), mode="clip", out=room.offsets[:count])
    home = np.right_shift(products, np.uint64(64 - bits), out=room.slots[:count])
    slots: Slots = np.bitwise_xor(home, moved, out=home).view(np.int64)
    return slots


def _buckets(products: Keys, bits: int, out: Keys | None = None) -> Keys:
    """The bucket of each text: those bits of its product that are next to its slot's."""
    buckets: Keys = np.right_shift(products, np.uint64(64 - bits - _BUCKET_BITS), out=out)
    np.bitwise_and(buckets, _BUCKET_MASK, out=buckets)
    return buckets


# -- building ------------------------------------------------------------------------------------


def build(reference: Reference) -> Entries:
    """The table of a reference."""
    found = [_listed(number, system, reference) for number, system in enumerate(SYSTEMS)]
    keys, at = np.unique(np.concatenate([texts for texts, _ in found]), return_inverse=True)
    counts = tuple(_history_count(system, reference) for system in SYSTEMS)
    histories = np.full((len(SYSTEMS), len(keys)), ABSENT, np.int16)
    fits = shapes.fitting(keys)
    done = 0
    for row, (texts, numbers) in enumerate(found):
        histories[row, (fits >> row & 1).astype(bool)] = counts[row]
        histories[row, at[done : done + len(texts)]] = numbers
        done += len(texts)
    filed, its_places = _filed(keys, histories, counts, reference)
    kinds, examples = _kinds([*histories, *filed])
    bits = max(_LEAST_BITS, int(np.ceil(np.log2(len(keys) / _FULLEST))))
    multiplier = _multiplier(keys, bits)
    slots, offsets = _place(keys * multiplier, bits)
    by_slot = np.full(1 << bits, _EMPTY, np.uint64)
    by_slot[slots] = keys
    kind_of_slot = np.full(1 << bits, len(examples), np.int32)
    kind_of_slot[slots] = kinds
    records = np.full(1 << bits, (1 << bits) - 1, np.uint64)
    records[slots] = (keys * multiplier) << np.uint64(bits) | kinds.astype(np.uint64)
    return Entries(
        bits,
        multiplier,
        offsets,
        records,
        by_slot,
        kind_of_slot,
        histories[:, examples],
        counts,
        filed[:, examples],
        its_places,
    )


def _filed(
    keys: Keys, histories: npt.NDArray[np.int16], counts: tuple[int, ...], reference: Reference
) -> tuple[npt.NDArray[np.int32], tuple[places.Places, ...]]:
    """Of every system, the number of the place of each entry that may be filed, and the places."""
    filed = np.zeros(histories.shape, np.int32)
    found = []
    for row, system in enumerate(SYSTEMS):
        own = np.flatnonzero((histories[row] != ABSENT) & (histories[row] != counts[row]))
        listed = keys[(histories[row] >= 0) & (histories[row] < counts[row])]
        its, filed[row, own] = places.of(system, shapes.undotted(keys[own]), listed, reference)
        found.append(its)
    return filed, tuple(found)


def _kinds(
    facts: list[npt.NDArray[Any]],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """For each entry the number of its kind, and an entry of each kind."""
    count = len(facts[0])
    mixed = np.zeros(count, np.uint64)
    for fact, multiplier in zip(facts, _MULTIPLIERS, strict=False):
        mixed += fact.astype(np.uint64) * multiplier
    order = np.argsort(mixed)
    differs = np.zeros(count, np.bool_)
    differs[:1] = True
    for fact in facts:
        ranked = fact[order]
        differs[1:] |= ranked[1:] != ranked[:-1]
    kinds = np.empty(count, np.int32)
    kinds[order] = np.cumsum(differs, dtype=np.int32) - 1
    return kinds, order[differs]


def _multiplier(keys: Keys, bits: int) -> np.uint64:
    """One that no two texts share both bucket and unmoved slot under: no offset would part them."""
    for multiplier in _MULTIPLIERS:
        hashes = np.sort((keys * multiplier) >> np.uint64(64 - bits - _BUCKET_BITS))
        if (hashes[1:] != hashes[:-1]).all():
            return multiplier  # type: ignore[no-any-return]
    raise AssertionError("no multiplier tells all texts apart")  # pragma: no cover


def _place(products: Keys, bits: int) -> tuple[Slots, npt.NDArray[np.uint16]]:
    """A slot of its own for each text, and the offset of each bucket that makes it so.

    Full buckets choose first. All buckets of a size try some offsets at once; one that meets a
    taken slot with each of them, or another bucket, tries others.
    """
    home = (products >> np.uint64(64 - bits)).astype(np.int64)
    buckets = _buckets(products, bits).view(np.int64)
    order = np.argsort(buckets)
    sizes = np.bincount(buckets, minlength=1 << _BUCKET_BITS)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    offsets = np.zeros(1 << _BUCKET_BITS, np.uint16)
    owner = np.full(1 << bits, -1, np.int32)
    random = np.random.default_rng(0)
    for size in np.unique(sizes[sizes > 0])[::-1].tolist():
        waiting = np.flatnonzero(sizes == size).astype(np.int32)
        homes = home[order[starts[waiting][:, None] + np.arange(size)]]
        while len(waiting):
            tries = _tries(homes, owner, random)
            free = (owner[homes ^ tries[:, :, None]] < 0).all(axis=2)
            which = np.flatnonzero(free.any(axis=0))
            tried = tries[free[:, which].argmax(axis=0), which]
            slots, theirs = homes[which] ^ tried[:, None], waiting[which][:, None]
            owner[slots] = theirs  # of several, the last one wins
            won = (owner[slots] == theirs).all(axis=1)
            # Slots that a loser took from under others are given back.
            lost, losers = slots[~won], np.broadcast_to(theirs, slots.shape)[~won]
            owner[lost[owner[lost] == losers]] = -1
            offsets[waiting[which[won]]] = tried[won]
            left = np.ones(len(waiting), np.bool_)
            left[which[won]] = False
            waiting, homes = waiting[left], homes[left]
    return home ^ offsets[buckets], offsets


def _tries(homes: Slots, owner: npt.NDArray[np.int32], random: np.random.Generator) -> Slots:
    """Offsets to be tried for each bucket: tries by buckets.

    In a table that is nearly full, those that move a bucket's first text to a free slot.
    """
    shape = 1 + 8_192 // homes.size, len(homes)
    if homes.shape[1] > _SMALL:
        return random.integers(1 << _OFFSET_BITS, size=shape)
    free = np.flatnonzero(owner < 0)
    # An offset leaves the bits above its own as they are: a text stays in its block.
    edges = np.searchsorted(free, np.arange(0, len(owner) + 1, 1 << _OFFSET_BITS))
    block = homes[:, 0] >> _OFFSET_BITS
    first, behind = edges[block], edges[block + 1]
    chosen: Slots = free[first + (random.random(shape) * (behind - first)).astype(np.int64)]
    return chosen ^ homes[:, 0]


# -- what is listed ------------------------------------------------------------------------------


def _history_count(system: str, reference: Reference) -> int:
    return reference.codes(system).history_count if reference.lists(system) else 0


def _listed(number: int, system: str, reference: Reference) -> tuple[Keys, npt.NDArray[np.int16]]:
    """The texts of a system, in both spellings, and the number of the history of each."""
    if not reference.lists(system):
        texts = _in_ranges(reference)
        return texts, np.ones(len(texts), np.int16)
    table = reference.codes(system)
    texts, numbers = _codes(table)
    if system == "cpt":
        around = np.setdiff1d(_in_ranges(reference), texts)
        kinds = {kind: state.left_out(kind, table) for kind in "0FTUMA"}
        last = around.view(np.uint8).reshape(-1, shapes.LONGEST)[:, 4]
        told = np.full(len(around), kinds["0"], np.int16)
        for kind, number_of_it in kinds.items():
            told[last == ord(kind)] = number_of_it
        # -2 and -3 (`LISTED_ELSEWHERE`, `RANGED`) come after the numbers of the table and -1.
        numbers = np.concatenate([numbers, (table.history_count - 1 - told).astype(np.int16)])
        texts = np.concatenate([texts, around])
    elif table.header["elsewhere"]:
        dental = shapes.joined(shapes.keys_of(["D"]), 1, _numbers(b"0123456789", 3))
        dental = np.setdiff1d(dental, texts)
        texts = np.concatenate([texts, dental])
        elsewhere = np.full(len(dental), table.history_count + 1, np.int16)
        numbers = np.concatenate([numbers, elsewhere])
    dotted, at = shapes.dotted(texts, number)
    return np.concatenate([texts, dotted]), np.concatenate([numbers, numbers[at]])


def _in_ranges(reference: Reference) -> Keys:
    """The numbers that the published ranges of CPT hold; of others only the shape is known."""
    texts = _numbers(b"0123456789FTUMA", 4)
    ranges = reference.ranges("cpt")
    held = spans.each(ranges, texts, lambda text: int(ranges.holds(text)), np.int16)
    in_range: Keys = texts[held > 0]
    return in_range


def _codes(table: CodeTable) -> tuple[Keys, npt.NDArray[np.int16]]:
    """The codes of a table, and the numbers of their histories.

    CodeIndex share their groups of suffixes, so that only those are handled one by one.
    """
    index: list[str] = []
    groups: list[dict[str, int]] = []
    for category in table.index.categories():
        below = table.index.of_category(category)
        index += below
        groups += below.values()
    distinct = {id(group): group for group in groups}
    numbers_of = {name: number for number, name in enumerate(distinct)}
    group_of = np.fromiter((numbers_of[id(group)] for group in groups), np.intp, len(groups))
    suffixes = shapes.keys_of([suffix for group in distinct.values() for suffix in group])
    numbers = np.array([one for group in distinct.values() for one in group.values()], np.int16)
    sizes = np.array([len(group) for group in distinct.values()], np.intp)
    # Every stem, as often as it has suffixes; and the suffixes of its group, one after the other.
    counts = sizes[group_of]
    starts = (np.cumsum(sizes) - sizes)[group_of] - (np.cumsum(counts) - counts)
    chosen = np.repeat(starts, counts) + np.arange(counts.sum())
    stem = np.repeat(shapes.keys_of(index), counts)
    return shapes.joined(stem, PREFIX, suffixes[chosen]), numbers[chosen]


def _numbers(last: bytes, digits: int) -> Keys:
    """All texts of so many digits and one more character."""
    count = 10**digits * len(last)
    bytes_ = np.full((count, shapes.LONGEST), shapes.FILL, np.uint8)
    number = np.arange(count) // len(last)
    for place in range(digits):
        bytes_[:, place] = number // 10 ** (digits - 1 - place) % 10 + ord("0")
    bytes_[:, digits] = np.tile(np.frombuffer(last, np.uint8), 10**digits)
    return bytes_.view("<u8").ravel().astype(np.uint64, copy=False)
