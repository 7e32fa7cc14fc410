"""Every text whose answer is known in advance, and what is known of it.

Some 480,000 short texts are listed codes or headings, with and without the dot, or numbers that
the ranges of CPT and CDT cover. Texts of which the same is true, whatever the day, are of one kind:
they have the same history in every system and are filed at the same place. What a history means on
a day is the business of `answers`, what a place is called that of `categories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import filing, hashtable, spans
from medcodes.columns.filing import NO_PLACE, Filing
from medcodes.columns.keys import Keys, distinct, dotted, every, keys_of
from medcodes.columns.neighbours import Neighbours
from medcodes.columns.shapes import Shapes
from medcodes.lookup.state import in_ranges
from medcodes.reference import (
    BESIDE_KNOWN,
    LISTED_ELSEWHERE,
    PREFIX,
    UNLISTED,
    CodeTable,
    Reference,
)
from medcodes.reference.codes import BASE
from medcodes.systems import CodeSystem

_MOST_IN_RANGES = 1 << 18
"""Of a system of which only ranges are public, at most so many texts are looked through."""
_MIXERS = [np.uint64(pow(0x9E37_79B9_7F4A_7C15, power, 1 << 64)) for power in range(1, 65)]

_HISTORY_BITS = 16

Histories = npt.NDArray[np.int16]
Facts = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Index:
    """The texts.

    Attributes:
        keys: the texts, in the order that `hashtable.in_order` wants.
        kinds: the number of the kind of each.
        histories: for each system, kind to the number of its history, or what stands in place of it
            (`NoHistory`, `ABSENT`).
        places: for each system, kind to the number of its place, or `NO_PLACE`.
        filings: for each system, the places.
    """

    keys: Keys
    kinds: npt.NDArray[np.int64]
    histories: Histories
    places: npt.NDArray[np.int32]
    filings: tuple[Filing, ...]

    @property
    def kind_count(self) -> int:
        """How many kinds there are; their numbers begin with 0."""
        count: int = self.histories.shape[1]
        return count


def can_be_listed(reference: Reference) -> bool:
    """Whether what the ranges of systems hold are few enough texts to be looked through."""
    return all(
        system.traits.public_list
        or sum(prod(map(len, alphabets)) for alphabets in _alphabets(system)) <= _MOST_IN_RANGES
        for system in reference.systems.all
    )


def build(reference: Reference, shapes: Shapes, neighbours: Neighbours) -> Index:
    """The index of a reference."""
    found = [
        _of_system(system, shapes.dot_after[number], reference)
        for number, system in enumerate(reference.systems.all)
    ]
    keys = np.concatenate([part.keys for part in found])
    first, entries = distinct(hashtable.spread(keys))
    keys = keys[first]
    its_shapes = shapes.of(keys)
    facts = _fact(neighbours.histories, NO_PLACE).take(its_shapes, axis=1)
    start = 0
    for number, part in enumerate(found):
        facts[number, entries[start : start + len(part.keys)]] = part.facts
        start += len(part.keys)
    # A code of one system may have listed neighbours in another.
    unlisted = np.flatnonzero((facts == _UNLISTED).any(axis=0))
    beside = neighbours.numbers(keys[unlisted], its_shapes[unlisted])
    facts[:, unlisted] = np.where(
        facts[:, unlisted] == _UNLISTED,
        _fact(neighbours.histories, NO_PLACE).take(beside, axis=1),
        facts[:, unlisted],
    )
    kinds, examples = _kinds(facts)
    facts = facts[:, examples]
    return Index(
        keys,
        kinds,
        facts.astype(np.int16),
        (facts >> _HISTORY_BITS).astype(np.int32),
        tuple(part.filing for part in found),
    )


def _fact(history: Any, place: Any) -> Any:
    """What is known of a text in a system, as one integer: the place, and below it the history."""
    lower = np.asarray(history, np.int64) & (1 << _HISTORY_BITS) - 1
    return np.int64(place) << _HISTORY_BITS | lower


_UNLISTED = _fact(UNLISTED, NO_PLACE)


def _kinds(facts: Facts) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each text the number of its kind, and a text of each kind."""
    for seed in range(len(_MIXERS) - len(facts)):
        mixed = np.zeros(facts.shape[1], np.uint64)
        for fact, mixer in zip(facts.view(np.uint64), _MIXERS[seed:], strict=False):
            mixed += fact * mixer
            mixed ^= mixed >> np.uint64(29)
        examples, kinds = distinct(mixed)
        if all((fact == fact[examples][kinds]).all() for fact in facts):
            return kinds, examples
    raise AssertionError("no mixture tells all kinds apart")  # pragma: no cover


# -- the texts of one system ----------------------------------------------------------------------


class _Part(NamedTuple):
    keys: Keys
    facts: Facts
    filing: Filing


def _of_system(system: CodeSystem, dot_after: npt.NDArray[np.uint8], reference: Reference) -> _Part:
    """What is known of a system, in both spellings."""
    keys, histories = np.empty(0, np.uint64), np.empty(0, np.int16)
    if reference.lists(system.id):
        keys, histories = _codes(reference.codes(system.id))
    for others, number in _not_listed(system, reference):
        new = others[~np.isin(others, keys)] if len(keys) else others
        keys = np.concatenate([keys, new])
        histories = np.concatenate([histories, np.full(len(new), number, np.int16)])
    filed = filing.of(system, keys, histories >= 0, reference)
    with_dots = dotted(keys, dot_after[keys.view(np.uint8)[::8]])
    both = np.flatnonzero(with_dots != keys)
    facts = _fact(histories, filed.places)
    return _Part(
        np.concatenate([keys, with_dots[both]]), np.concatenate([facts, facts[both]]), filed
    )


def _codes(table: CodeTable) -> tuple[Keys, Histories]:
    """The codes of a table, in order, and the numbers of their histories.

    The first five characters of codes share their groups of suffixes, so that only those are
    handled one by one.
    """
    categories, groups = table.index.packed
    rests = keys_of(" ".join(rests for rests, _ in categories.values()).split(" "))
    count_of = [len(group) for _, group in categories.values()]
    prefixes = np.repeat(keys_of(list(categories)), count_of) | rests << np.uint64(24)
    group_of = _numbers("".join(group for _, group in categories.values()))
    suffixes = keys_of(" ".join(suffixes for suffixes, _ in groups).split(" "))
    histories = _numbers("".join(histories for _, histories in groups))
    sizes = np.array([len(histories) for _, histories in groups])
    # Every prefix, as often as it has suffixes; and the suffixes of its group.
    counts = sizes[group_of]
    starts = (np.cumsum(sizes) - sizes)[group_of] - (np.cumsum(counts) - counts)
    chosen = np.repeat(starts, counts) + np.arange(counts.sum())
    keys = np.repeat(prefixes, counts) | suffixes[chosen] << np.uint64(8 * PREFIX)
    return keys, histories[chosen].astype(np.int16)


def _numbers(characters: str) -> npt.NDArray[np.int64]:
    return np.frombuffer(characters.encode("utf-32-le"), "<u4").astype(np.int64) - BASE


def _not_listed(system: CodeSystem, reference: Reference) -> Iterator[tuple[Keys, int]]:
    """Texts that no list holds, but a published range, and what stands in place of a history."""
    table = reference.codes(system.id) if reference.lists(system.id) else None
    if table is not None:
        for first, last in table.header.get("elsewhere", ()):
            yield _between(first, last, system), LISTED_ELSEWHERE
    if not system.traits.public_list:
        ranges = reference.ranges(system.id)
        texts = np.concatenate([every(alphabets) for alphabets in _alphabets(system)])
        numbers = spans.each(ranges, texts, partial(in_ranges, ranges=ranges, table=table))
        for number in np.unique(numbers).tolist():
            if number not in (UNLISTED, BESIDE_KNOWN):
                yield texts[numbers == number], number


def _alphabets(system: CodeSystem) -> Iterator[tuple[str, ...]]:
    """The characters at each position of short texts that fit a format.

    Ranges are looked up by the first characters of a code; a longer one is in none.
    """
    for variant in system.shape.variants:
        for length in range(variant.shortest, min(len(variant.positions), PREFIX) + 1):
            yield variant.positions[:length]


def _between(first: str, last: str, system: CodeSystem) -> Keys:
    """The texts of a system from one to another."""
    texts = []
    for alphabets in _alphabets(system):
        heads = "".join(head for head in alphabets[0] if first[0] <= head <= last[0])
        texts.append(every((heads, *alphabets[1:])))
    keys = np.concatenate(texts)
    ends = keys_of([first, last]).byteswap()  # in the order of the texts
    inside = (keys.byteswap() >= ends[0]) & (keys.byteswap() <= ends[1])
    found: Keys = keys[inside]
    return found
