"""From numbers of answers to the answers: which system, how it stands, what it is filed under.

Whatever has a number (see `tables`) has an answer on a day; with a day for every value, answers are
worked out value by value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from medcodes.columns.days import ABSENT_BIT, NO_DAY, Calendar, since_1970
from medcodes.columns.shapes import SYSTEMS, Keys
from medcodes.columns.tables import Label, Tables
from medcodes.lookup.answer import Identification
from medcodes.status import Status

__all__ = ["NO_SYSTEM", "Answers", "answers_of_numbers", "answers_of_texts", "file"]

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
    category: npt.NDArray[np.int32]


def answers_of_numbers(
    tables: Tables,
    numbers: npt.NDArray[Any] | None,
    days: npt.NDArray[np.int32] | int,
    allowed: tuple[str, ...],
    filed_too: bool,
) -> Answers:
    """The answers to numbers, each on a day of its own, or all on one.

    Args:
        tables: what is known of the reference.
        numbers: the numbers; None for all that there are, in order.
        days: in days since 1970.
        allowed: the ids of the systems to consider.
        filed_too: whether categories are wanted.
    """
    histories = tables.histories if numbers is None else tables.histories[:, numbers]
    answers = _judge(tables, histories, days, allowed)
    if filed_too:
        at = np.arange(histories.shape[1]) if numbers is None else numbers
        answers = _file(answers, tables, at)
    return answers


def _file(answers: Answers, tables: Tables, numbers: npt.NDArray[Any]) -> Answers:
    category = tables.filed.numbers[answers.system, numbers]
    category[answers.status == _UNKNOWN] = 0
    return attrs.evolve(answers, category=category)


def file(answers: Answers, tables: Tables, codes: Keys) -> Answers:
    """Answers with the categories of their codes."""
    numbers, _, missed = tables.entries.find(codes)
    numbers[missed] = tables.unread
    return _file(answers, tables, numbers)


def _judge(
    tables: Tables,
    histories: npt.NDArray[np.int16],
    days: npt.NDArray[np.int32] | int,
    allowed: tuple[str, ...],
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
        own, calendar = histories[row], tables.calendars[name]
        epoch = calendar.epoch_of(days)
        bits = _of_epoch(calendar, epoch, "bits", own)
        twice |= seen & bits
        seen |= bits
        # Equal status leaves the earlier system in front: that is the precedence.
        better = np.flatnonzero(bits < best)
        best[better] = bits[better]
        system[better] = row
        its_epoch = epoch if isinstance(epoch, int) else epoch[better]
        for target, field in ((principal, "principal"), (first, "first"), (last, "last")):
            target[better] = _of_epoch(calendar, its_epoch, field, own[better])
    ambiguous = ((twice & best) | (seen & _RIVALS[best])) != 0
    ambiguous &= best != ABSENT_BIT
    unfiled = np.zeros(count, np.int32)
    return Answers(system, _RANK[best], ambiguous, principal, first, last, unfiled)


def _of_epoch(
    calendar: Calendar, epoch: Any, field: str, histories: npt.NDArray[np.int16]
) -> npt.NDArray[Any]:
    """A field of the meaning of histories, in one epoch or in one for each."""
    if isinstance(epoch, int):
        values: npt.NDArray[Any] = getattr(calendar.meaning(epoch), field)
        return values[histories]
    taken: npt.NDArray[Any] = calendar.by_epoch(field, epoch)[epoch, histories]
    return taken


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
        array(map(category, found), np.int32),
    )


_SYSTEM_NUMBERS: dict[str | None, int] = {
    **{system: number for number, system in enumerate(SYSTEMS)},
    None: NO_SYSTEM,
}
_PRINCIPAL: dict[bool | None, int] = {True: 1, False: 0, None: -1}


def _number(day: date | None) -> int:
    return NO_DAY if day is None else since_1970(day)
