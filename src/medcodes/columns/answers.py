"""From numbers of answers to the answers: which system, how it stands, what it is filed under.

`Answers` are the answers of one day to everything that has a number, as arrays; a column's answers
are taken from them. With a day for every value the same is worked out value by value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns import shapes
from medcodes.columns.days import (
    ABSENT_BIT,
    NO_DAY,
    epoch_count,
    epoch_of,
    meaning,
    since_1970,
)
from medcodes.columns.entries import ABSENT, SLOTS, entries
from medcodes.columns.filed import Label, filed
from medcodes.columns.shapes import SYSTEMS, Keys
from medcodes.identification import Identification
from medcodes.standing import Status

__all__ = ["Answers", "answers_of_day", "answers_of_rows", "answers_of_texts", "file"]

MASKS = 1 << len(SYSTEMS)
NO_SYSTEM = len(SYSTEMS)
_STATUSES = list(Status)
_MALFORMED = _STATUSES.index(Status.MALFORMED)
_UNKNOWN = _STATUSES.index(Status.UNKNOWN)
_VALID, _HEADER, _PLAUSIBLE = (
    1 << one.rank for one in (Status.VALID, Status.HEADER, Status.PLAUSIBLE)
)
# What cannot be ruled out beside a best status, besides a second fit of the same status.
_RIVALS = np.zeros(256, np.uint8)
_RIVALS[[_VALID, _HEADER]] = _PLAUSIBLE
_RANK = np.full(256, _MALFORMED, np.uint8)
_RANK[[1 << one.rank for one in Status]] = [one.rank for one in Status]


@attrs.frozen(eq=False)
class Answers:
    """Answers as arrays, one element an answer.

    Attributes:
        system: number of the system, `NO_SYSTEM` for none.
        status: rank of the status.
        ambiguous: whether another fit cannot be ruled out.
        principal: 1, 0, or -1 for None.
        first, last: the interval in days since 1970, `NO_DAY` for none.
        category: number of the narrowest category, 0 for none.
    """

    system: npt.NDArray[np.uint8]
    status: npt.NDArray[np.uint8]
    ambiguous: npt.NDArray[np.bool_]
    principal: npt.NDArray[np.int8]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    category: npt.NDArray[np.uint16]


@lru_cache(8)
def answers_of_day(day: date, allowed: tuple[str, ...], filed_too: bool) -> Answers:
    """The answers of a day to all entries and, behind them, to all masks and to the unread.

    Categories are found only where they are asked for (`filed_too`): they take the longest.
    """
    number = since_1970(day)
    histories = _all_histories()
    epochs = {system: epoch_of(system, number) for system in allowed}
    answers = _judge(histories, epochs, allowed)
    if filed_too:
        entry = np.minimum(np.arange(len(answers.system)), SLOTS)
        answers = _file(answers, _filed_padded(), entry)
    return answers


def answers_of_rows(
    numbers: npt.NDArray[Any],
    row_days: npt.NDArray[np.int32] | int,
    allowed: tuple[str, ...],
    filed_too: bool,
) -> Answers:
    """The answers to numbers of entries and masks, each on a day of its own, or all on one."""
    epochs = {system: epoch_of(system, row_days) for system in allowed}
    answers = _judge(_all_histories()[:, numbers], epochs, allowed)
    if filed_too:
        entry = np.minimum(numbers, SLOTS)
        answers = _file(answers, _filed_padded(), entry)
    return answers


def _file(answers: Answers, categories: npt.NDArray[np.uint16], entry: npt.NDArray[Any]) -> Answers:
    category = categories[answers.system, entry]
    category[answers.status == _UNKNOWN] = 0
    return attrs.evolve(answers, category=category)


def file(answers: Answers, codes: Keys) -> Answers:
    """Answers with the categories of their codes."""
    slots, missed = entries().find(codes)
    slots[missed] = SLOTS
    return _file(answers, _filed_padded(), slots)


@lru_cache(1)
def _filed_padded() -> npt.NDArray[np.uint16]:
    """Categories by system and slot, with none for no system and for what is no entry."""
    return np.pad(filed().numbers, ((0, 1), (0, 1)))


@lru_cache(1)
def _all_histories() -> npt.NDArray[np.int16]:
    """For each system, the history of every entry and of every mask."""
    table = entries()
    masks = np.full((len(SYSTEMS), MASKS), ABSENT, np.int16)
    for mask in range(MASKS):
        for system in shapes.systems_of_mask(mask):
            masks[system, mask] = table.history_counts[system]
    unread = np.full((len(SYSTEMS), 1), ABSENT, np.int16)
    return np.concatenate([table.histories, masks, unread], axis=1)


def _judge(
    histories: npt.NDArray[np.int16], epochs: dict[str, Any], allowed: tuple[str, ...]
) -> Answers:
    count = histories.shape[1]
    best = np.full(count, ABSENT_BIT, np.uint8)
    seen = np.zeros(count, np.uint8)
    twice = np.zeros(count, np.uint8)
    system = np.full(count, NO_SYSTEM, np.uint8)
    principal = np.full(count, -1, np.int8)
    first = np.full(count, NO_DAY, np.int32)
    last = np.full(count, NO_DAY, np.int32)
    for row, name in enumerate(SYSTEMS):
        if name not in allowed:
            continue
        own, epoch = histories[row], epochs[name]
        bits = _of_epoch(name, epoch, "bits", own)
        twice |= seen & bits
        seen |= bits
        # Equal status leaves the earlier system in front: that is the precedence.
        better = np.flatnonzero(bits < best)
        best[better] = bits[better]
        system[better] = row
        its_epoch = epoch if isinstance(epoch, int) else epoch[better]
        for target, field in ((principal, "principal"), (first, "first"), (last, "last")):
            target[better] = _of_epoch(name, its_epoch, field, own[better])
    ambiguous = ((twice & best) | (seen & _RIVALS[best])) != 0
    ambiguous &= best != ABSENT_BIT
    unfiled = np.zeros(count, np.uint16)
    return Answers(system, _RANK[best], ambiguous, principal, first, last, unfiled)


def _of_epoch(
    system: str, epoch: Any, field: str, histories: npt.NDArray[np.int16]
) -> npt.NDArray[Any]:
    """A field of the meaning of histories, in one epoch or in one for each."""
    if isinstance(epoch, int):
        values: npt.NDArray[Any] = getattr(meaning(system, epoch), field)
        return values[histories]
    taken: npt.NDArray[Any] = _meanings(system).of(field, epoch)[epoch, histories]
    return taken


class _Meanings:
    """The meanings of a system's histories in all epochs, filled in as they are asked for."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._known = np.zeros(epoch_count(system), np.bool_)
        self._by_field = {
            name: np.empty((len(self._known), len(values)), values.dtype)
            for name, values in attrs.asdict(meaning(system, 0), recurse=False).items()
        }

    def of(self, field: str, epochs: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """A field by epoch and history, true of at least these epochs."""
        for epoch in np.unique(epochs[~self._known[epochs]]).tolist():
            values = meaning(self._system, epoch)
            for name, table in self._by_field.items():
                table[epoch] = getattr(values, name)
            self._known[epoch] = True
        return self._by_field[field]


@cache
def _meanings(system: str) -> _Meanings:
    return _Meanings(system)


def answers_of_texts(found: list[Identification], number_of: dict[Label, int] | None) -> Answers:
    """The answers that the classifier gave, as arrays.

    `number_of` grows by their categories; None leaves categories out.
    """

    def array(values: Iterable[int], dtype: type[np.generic]) -> npt.NDArray[Any]:
        return np.fromiter(values, dtype, len(found))

    def category(one: Identification) -> int:
        narrowest = None if number_of is None else one.category
        if narrowest is None or number_of is None:
            return 0
        return number_of.setdefault((narrowest.label, narrowest.range), len(number_of) + 1)

    return Answers(
        array((_SYSTEM_NUMBERS[one.system.id if one.system else None] for one in found), np.uint8),
        array((one.status.rank for one in found), np.uint8),
        array((one.ambiguous for one in found), np.bool_),
        array((_PRINCIPAL[one.can_be_principal] for one in found), np.int8),
        array((_number(one.valid_from) for one in found), np.int32),
        array((_number(one.valid_to) for one in found), np.int32),
        array(map(category, found), np.uint16),
    )


_SYSTEM_NUMBERS: dict[str | None, int] = {
    **{system: number for number, system in enumerate(SYSTEMS)},
    None: NO_SYSTEM,
}
_PRINCIPAL: dict[bool | None, int] = {True: 1, False: 0, None: -1}


def _number(day: date | None) -> int:
    return NO_DAY if day is None else since_1970(day)
