"""The columns of answers as arrays of numbers, before they are written as Arrow arrays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns import shapes
from medcodes.columns.answers import NO_SYSTEM, Answers, answers_of_numbers
from medcodes.columns.days import NO_DAY, since_1970
from medcodes.columns.kernel import Chunk
from medcodes.columns.shapes import Keys
from medcodes.columns.tables import Label, Tables

__all__ = [
    "DTYPES",
    "NULLS",
    "Catalog",
    "Known",
    "Vectors",
    "catalog_of",
    "is_filed",
    "known",
    "vectors",
]

DTYPES: dict[str, Any] = {
    "system": np.int8,
    "code": np.uint64,
    "status": np.int8,
    "category": np.int32,
    "range": np.int32,
    "ambiguous": np.bool_,
    "can_be_principal": np.int8,
    "valid_from": np.int32,
    "valid_to": np.int32,
}
NULLS = {
    "system": -1,
    "category": -1,
    "range": -1,
    "can_be_principal": -1,
    "valid_from": NO_DAY,
    "valid_to": NO_DAY,
}
"""What stands for null, by the name of a column; the least number that it has."""
_FILED = ("category", "range")
_REMEMBERED = 8


def is_filed(wanted: Iterable[str]) -> bool:
    """Whether categories are wanted; finding them all takes the longest of all tables."""
    return any(name in _FILED for name in wanted)


@attrs.frozen(eq=False)
class Catalog:
    """The distinct labels and ranges of categories, and where those of each number are."""

    texts: dict[str, pa.StringArray]
    places: dict[str, npt.NDArray[np.int32]]

    @classmethod
    def of(cls, number_of: dict[Label, int]) -> Catalog:
        """The catalogue of numbered categories."""
        labels, label_of = _distinct(label for label, _ in number_of)
        ranges, range_of = _distinct(range_ for _, range_ in number_of)
        return cls(
            {"category": pa.array(labels, pa.string()), "range": pa.array(ranges, pa.string())},
            {"category": label_of, "range": range_of},
        )


def _distinct(texts: Iterable[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The distinct texts, and by number (from 1 on) the place of each; of 0, -1."""
    places: dict[str, int] = {}
    numbers = [-1, *(places.setdefault(text, len(places)) for text in texts)]
    return list(places), np.array(numbers, np.int32)


def catalog_of(tables: Tables, filed_too: bool) -> Catalog:
    """The catalogue of a reference; an empty one, if categories are not wanted."""
    if not filed_too:
        return _NO_CATALOG
    found = tables.kept.get("catalog")
    if not isinstance(found, Catalog):
        found = tables.kept["catalog"] = Catalog.of(tables.filed.number_of)
    return found


_NO_CATALOG = Catalog.of({})


@attrs.frozen(eq=False)
class Vectors:
    """The columns of answers as what is written: numbers in dictionaries, days, texts' keys.

    A negative number, `NO_DAY` and the key of the empty text are nulls.

    Attributes:
        by_field: the columns.
        catalog: the dictionaries of categories.
        has_nulls: the columns that may have nulls; None where nobody has looked.
    """

    by_field: dict[str, npt.NDArray[Any]]
    catalog: Catalog
    has_nulls: set[str] | None = None


def vectors(answers: Answers, wanted: tuple[str, ...], catalog: Catalog) -> Vectors:
    """All columns but the codes, which are made from the texts themselves."""
    by_field = {name: _column(name, answers, catalog) for name in wanted if name != "code"}
    return Vectors(by_field, catalog)


def _column(name: str, answers: Answers, catalog: Catalog) -> npt.NDArray[Any]:
    if name in _FILED:
        return catalog.places[name].take(answers.category)
    if name == "system":
        system = answers.system.astype(np.int8)
        system[answers.system == NO_SYSTEM] = -1
        return system
    if name == "status":
        return answers.status.astype(np.int8)
    own = {"can_be_principal": "principal", "valid_from": "first", "valid_to": "last"}
    column: npt.NDArray[Any] = getattr(answers, own.get(name, name))
    return column


class Known:
    """What is written of every number of an answer on a day, field by field."""

    def __init__(self, tables: Tables, day: date, allowed: tuple[str, ...]) -> None:
        self._tables = tables
        self._asked = since_1970(day), allowed
        self._answers = answers_of_numbers(tables, None, *self._asked, filed_too=False)
        self._by_field: dict[str, npt.NDArray[Any]] = {}

    def of(self, name: str) -> npt.NDArray[Any]:
        """By number, what is written; of the codes, by slot."""
        found = self._by_field.get(name)
        if found is None:
            found = self._by_field[name] = self._new(name)
        return found

    def _new(self, name: str) -> npt.NDArray[Any]:
        if name == "code":
            table = self._tables.entries
            return shapes.canonical(table.keys, self._answers.system[table.kinds])
        answers = self._answers
        if name in _FILED:
            answers = answers_of_numbers(self._tables, None, *self._asked, filed_too=True)
        return _column(name, answers, catalog_of(self._tables, name in _FILED))

    def has_nulls(self, name: str) -> bool:
        """Whether some entry has a null in a column."""
        null = NULLS.get(name)
        return null is not None and self.of(name)[: self._tables.first_mask].min() == null

    def codes(self, chunk: Chunk, out: Keys) -> None:
        """Write the canonical forms of some texts."""
        codes: Keys = self.of("code").take(chunk.slots, mode="clip", out=out)
        if chunk.strangers:
            others = np.flatnonzero(chunk.numbers >= self._tables.first_mask)
            system = self._answers.system[chunk.numbers[others]]
            codes[others] = shapes.canonical(chunk.keys[others], system)


def known(tables: Tables, day: date, allowed: tuple[str, ...]) -> Known:
    """What is written on a day; of the latest days it is kept."""
    found = tables.known.get((day, allowed))
    if not isinstance(found, Known):
        if len(tables.known) >= _REMEMBERED:
            tables.known.clear()
        found = tables.known[day, allowed] = Known(tables, day, allowed)
    return found
