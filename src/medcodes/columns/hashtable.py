"""Hash tables of 64-bit integers and small values, built once and looked up by the million.

`HashTable` is perfect. Every key hashes to a slot of its own, so that one look decides. A key is
multiplied by an odd number; the highest bits of the product are its first slot, the bits below them
its bucket. Each bucket has an offset, chosen so that no two keys share a slot, and a slot is moved
by the offset of its bucket. A slot holds one integer: the lower bits of the product, which its slot
and bucket do not tell already, and below them the value. Multiplying by an odd number loses
nothing, so that equal bits mean an equal key.

The construction is that of "hash, displace and compress" (Belazzougui, Botelho, Dietzfelbinger,
2009), without the compression.

It takes a tenth of a second to build. `SortedTable`, where keys whose products begin alike stand in
a row, is there at once, and takes three times as long to look up.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

_BUCKET_BITS = 18
"""A quarter of a million buckets, their offsets half a megabyte: they stay near the processor."""
_LEAST_BITS = 19
_FULLEST = 0.95
"""The share of slots that are taken at most. A table of twice the size is looked up more slowly
than a nearly full one, and a fuller one takes long to build."""
_SORTED_BITS = 20
"""A million rows for half as many keys: few products stand in the same."""
_BLOCK_BITS = 16
"""Bits of an offset: it moves a slot inside its block of 65,536."""
_FREE_AGAIN = 8
"""After so many rounds the free slots are listed anew."""
_TRIES = 8_192
"""When few buckets wait, each tries several offsets at once: about so many in all."""
_MULTIPLIERS = tuple(
    np.uint64(pow(0x9E37_79B9_7F4A_7C15, power, 1 << 64)) for power in range(1, 65)
)
"""Powers of the golden ratio's fraction (Knuth's multiplicative hashing), all of them odd."""

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class HashTable:
    """The table.

    Attributes:
        bits: how many bits the number of a slot has.
        multiplier: what a key is multiplied by.
        limit: greater than every value.
        offsets: bucket to what the slots of its keys are moved by.
        records: slot to the lower bits of the product of its key, and behind them the value; an
            empty slot has a value that is none.
    """

    bits: int
    multiplier: np.uint64
    limit: int
    offsets: npt.NDArray[np.uint16]
    records: Keys

    def find(self, keys: Keys) -> tuple[npt.NDArray[np.int64], Places]:
        """The value of each key, and the places of those that are not in the table.

        Their values mean nothing.
        """
        products = keys * self.multiplier
        slots = _slots(products, self.bits, self.offsets)
        found = self.records.take(slots, mode="clip")
        products <<= np.uint64(self.bits)
        found ^= products
        values = found.view(np.int64)
        if not len(keys) or found.max() < self.limit:
            return values, _NONE
        return values, np.flatnonzero(found >= self.limit)


_NONE = np.empty(0, np.int64)


@attrs.frozen(eq=False)
class SortedTable:
    """The table for few lookups.

    Attributes:
        products: those of the keys, sorted.
        values: of the same keys.
        starts: the highest bits of a product to the place of the first one that has them.
        longest: how many products have the same highest bits, at most.
    """

    products: Keys
    values: npt.NDArray[np.int64]
    starts: Places
    longest: int

    def find(self, keys: Keys) -> tuple[npt.NDArray[np.int64], Places]:
        """As `HashTable.find`."""
        products = spread(keys)
        places = self.starts.take(_highest(products), mode="clip")
        rows = np.arange(len(keys))
        for _ in range(self.longest):
            rows = rows[self.products.take(places[rows], mode="clip") < products[rows]]
            places[rows] += 1
        differs = self.products.take(places, mode="clip") != products
        return self.values.take(places, mode="clip"), np.flatnonzero(differs)


def spread(keys: Keys) -> Keys:
    """The products of keys in whose order a `SortedTable` has them."""
    products: Keys = keys * _MULTIPLIERS[0]
    return products


def _highest(products: Keys) -> Places:
    highest: Places = (products >> np.uint64(64 - _SORTED_BITS)).view(np.int64)
    return highest


def in_order(keys: Keys, values: npt.NDArray[np.int64]) -> SortedTable:
    """The table of different keys in the order of their products, and their values."""
    products = spread(keys)
    sizes = np.bincount(_highest(products), minlength=1 << _SORTED_BITS)
    return SortedTable(products, values, np.cumsum(sizes) - sizes, int(sizes.max()))


def _buckets(products: Keys, bits: int) -> Places:
    """The bucket of each key: those bits of its product that are next to its slot's."""
    buckets = products >> np.uint64(64 - bits - _BUCKET_BITS)
    buckets &= np.uint64((1 << _BUCKET_BITS) - 1)
    # As signed numbers, which is what indices are: no copy is made of them.
    numbers: Places = buckets.view(np.int64)
    return numbers


def _slots(products: Keys, bits: int, offsets: npt.NDArray[np.uint16]) -> Places:
    slots = products >> np.uint64(64 - bits)
    slots ^= offsets.take(_buckets(products, bits), mode="clip")
    numbers: Places = slots.view(np.int64)
    return numbers


def build(keys: Keys, values: npt.NDArray[Any], limit: int) -> HashTable:
    """The table of different keys and their values, which are from 0 on and below the limit."""
    least = max(len(keys) / _FULLEST, limit + 1)
    bits = max(_LEAST_BITS, int(np.ceil(np.log2(least))))
    for multiplier in _MULTIPLIERS:
        products = keys * multiplier
        offsets = _offsets(products, bits)
        if offsets is not None:
            records = np.full(1 << bits, (1 << bits) - 1, np.uint64)
            lower = products << np.uint64(bits)
            records[_slots(products, bits, offsets)] = lower | values.astype(np.uint64)
            return HashTable(bits, multiplier, limit, offsets, records)
    raise AssertionError("no multiplier tells all keys apart")  # pragma: no cover


def _offsets(products: Keys, bits: int) -> npt.NDArray[np.uint16] | None:
    """The offset of each bucket, so that every key has a slot of its own.

    None where two keys share both bucket and unmoved slot: no offset would part them. Full buckets
    choose first.
    """
    groups = _buckets_by_size(products, bits)
    if any((homes[:, 1:] == homes[:, :-1]).any() for _, homes in groups):
        return None
    offsets = np.zeros(1 << _BUCKET_BITS, np.uint16)
    taken = np.zeros(1 << bits, np.bool_)
    owner = np.empty(1 << bits, np.int64)
    random = np.random.default_rng(0)
    round_ = 0
    for buckets, homes in groups:
        while len(buckets):
            if round_ % _FREE_AGAIN == 0:
                free = np.flatnonzero(~taken)
            round_ += 1
            tries = _tries(homes, free, len(taken), random)
            fits = np.logical_not(taken.take(homes ^ tries[:, :, None]).any(axis=2))
            places = np.flatnonzero(fits.any(axis=0))
            chosen = tries[fits[:, places].argmax(axis=0), places]
            slots, its = homes[places] ^ chosen[:, None], buckets[places][:, None]
            owner[slots] = its  # of several, the last one wins
            won = (owner[slots] == its).all(axis=1)
            taken[slots[won]] = True
            offsets[buckets[places[won]]] = chosen[won]
            waits = np.ones(len(buckets), np.bool_)
            waits[places[won]] = False
            buckets, homes = buckets[waits], homes[waits]
    return offsets


def _buckets_by_size(products: Keys, bits: int) -> list[tuple[Places, Places]]:
    """Buckets with equally many keys, and the unmoved slots of these, the fullest first."""
    homes = (products >> np.uint64(64 - bits)).view(np.int64)
    bucket = _buckets(products, bits)
    # NumPy sorts integers of 16 bits by counting them.
    order = np.lexsort((bucket.astype(np.uint16), (bucket >> 16).astype(np.uint16)))
    sizes = np.bincount(bucket, minlength=1 << _BUCKET_BITS)
    starts = np.cumsum(sizes) - sizes
    groups = []
    for size in np.unique(sizes[sizes > 0])[::-1].tolist():
        buckets = np.flatnonzero(sizes == size)
        its = homes[order[starts[buckets][:, None] + np.arange(size)]]
        groups.append((buckets, np.sort(its, axis=1)))
    return groups


def _tries(homes: Places, free: Places, slots: int, random: np.random.Generator) -> Places:
    """Offsets for each bucket to try: tries by buckets.

    Each moves the first key of the bucket to a slot that was free. An offset leaves the bits above
    its own as they are: a key stays in its block.
    """
    shape = 1 + _TRIES // homes.size, len(homes)
    edges = np.searchsorted(free, np.arange(0, slots + 1, 1 << _BLOCK_BITS))
    block = homes[:, 0] >> _BLOCK_BITS
    first, behind = edges[block], edges[block + 1]
    chosen = free[first + (random.random(shape) * (behind - first)).astype(np.int64)]
    tries: Places = chosen ^ homes[:, 0]
    return tries
