"""The fields of an answer: one row each.

A field is the same attribute wherever it is asked of: of the answer to one text
(`medcodes.identify`), of the state of a code on a day, of the category that it is filed under. So a
row says where the value comes from and how it is got, and what type it has as an Arrow column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from enum import Enum
from operator import attrgetter
from typing import Any

import attrs
import numpy as np
import pyarrow as pa

from medcodes.lookup.answer import Identification
from medcodes.status import Status
from medcodes.systems import Systems

NO_DAY = int(np.iinfo(np.int32).min)
"""In place of a day that is unknown or open."""


class Source(Enum):
    """What a value is got from."""

    STATE = "the state of the code in its system on the day"
    CATEGORY = "the narrowest category"
    RANKING = "the answer: how its fits compare"
    CODE = "the text as it was read, and the system"
    DAY = "the day asked for, and the last one that the system's list covers"
    ANSWER = "the answer to each different text by itself: what takes long"


@attrs.frozen(eq=False)
class Field:
    """A field of an answer.

    Attributes:
        name: what it is called.
        type: of its column.
        source: what its value is got from.
        get: gets it.
        choices: all values of a field with few of them, by the systems that are known.
    """

    name: str
    type: pa.DataType
    source: Source
    get: Callable[[Any], Any]
    choices: Callable[[Systems], Collection[str]] = lambda _: ()

    def of_answer(self, answer: Identification) -> Any:
        """The value for one text."""
        if self.source is not Source.CATEGORY:
            return self.get(answer)
        category = answer.category
        return None if category is None else self.get(category)

    @property
    def dtype(self) -> type[np.generic]:
        """Of the numbers that stand for values until they are written."""
        return _WRITTEN[self.type][0]

    @property
    def null(self) -> int:
        """The number that stands for none; the least one that there is."""
        return _WRITTEN[self.type][1]

    def numbers(self, values: Iterable[Any], systems: Systems) -> Any:
        """The numbers of values."""
        places = {value: place for place, value in enumerate(self.choices(systems))}

        def number(value: Any) -> int:
            if value is None:
                return self.null
            if isinstance(value, date):
                return since_1970(value)
            return places[value] if places else int(value)

        return np.array([number(value) for value in values], self.dtype)


EPOCH_DAY = date(1970, 1, 1)


def since_1970(day: date) -> int:
    """The number of a day, as Arrow's date32 counts."""
    return (day - EPOCH_DAY).days


_FEW, _MANY = (pa.dictionary(index, pa.string()) for index in (pa.int8(), pa.int32()))

_WRITTEN: dict[pa.DataType, tuple[type[np.generic], int]] = {
    _FEW: (np.int8, -1),
    _MANY: (np.int32, -1),
    pa.bool_(): (np.int8, -1),
    pa.date32(): (np.int32, NO_DAY),
    pa.string(): (np.uint64, 0),
}
"""How each type is held until it is written, and what stands for null."""

FIELDS: tuple[Field, ...] = (
    Field(
        "system",
        _FEW,
        Source.STATE,
        lambda state: state.system.id if state.system else None,
        lambda systems: systems.by_id,
    ),
    Field("code", pa.string(), Source.CODE, attrgetter("code")),
    Field(
        "status",
        _FEW,
        Source.STATE,
        attrgetter("status.value"),
        lambda _: [status.value for status in Status],
    ),
    Field("category", _MANY, Source.CATEGORY, attrgetter("label")),
    Field("range", _MANY, Source.CATEGORY, attrgetter("range")),
    Field("ambiguous", pa.bool_(), Source.RANKING, attrgetter("ambiguous")),
    Field("can_be_principal", pa.bool_(), Source.STATE, attrgetter("can_be_principal")),
    Field("valid_from", pa.date32(), Source.STATE, attrgetter("valid_from")),
    Field("valid_to", pa.date32(), Source.STATE, attrgetter("valid_to")),
)
"""In the order in which they come."""

ON_REQUEST: tuple[Field, ...] = (
    Field("as_of", pa.date32(), Source.DAY, attrgetter("as_of")),
    Field("title", pa.string(), Source.ANSWER, attrgetter("title")),
    Field("reason", pa.string(), Source.ANSWER, attrgetter("reason")),
    Field(
        "modifiers",
        pa.string(),
        Source.ANSWER,
        lambda answer: " ".join(answer.modifiers) or None,
    ),
)
"""Those that come only where they are asked for by name."""

_BY_NAME = {field.name: field for field in (*FIELDS, *ON_REQUEST)}


def wanted(names: Iterable[str] | None) -> tuple[Field, ...]:
    """The fields of some names; for None all but those on request."""
    if names is None:
        return FIELDS
    if isinstance(names, str):
        raise TypeError(f"fields={names!r} is a text; pass a list: [{names!r}]")
    names = tuple(names)
    unknown = [name for name in names if name not in _BY_NAME]
    if not names or unknown or len(set(names)) != len(names):
        raise ValueError(f"fields={names} must be different ones of {', '.join(_BY_NAME)}")
    return tuple(_BY_NAME[name] for name in names)
