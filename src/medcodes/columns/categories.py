"""What the places are called where codes are filed, found out when some column needs them.

Names are read from the packed titles, which takes longer than anything else here; most columns need
few of them.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns.fields import FIELDS, Field, Source
from medcodes.columns.filing import NO_PLACE
from medcodes.columns.index import Index
from medcodes.entries import Category
from medcodes.reference import Reference

UNNAMED = -2
"""In place of the position of a text that is not found out yet; less than what stands for null."""

_FIELDS = [field for field in FIELDS if field.source is Source.CATEGORY]


class Places:
    """The places of all systems, numbered, and the texts of their names on whatever day.

    Attributes:
        numbers: system and number of an answer to the number of a place; that behind all is
            nowhere.
        nowhere: that number.
        parts: of each system, the number of its first place, and its filing.
        texts: for each field, the texts that were found out by now, each to its position.
        lock: held by who finds out more.
    """

    def __init__(self, index: Index, others: int) -> None:
        starts = list(accumulate(map(len, index.filings), initial=0))
        self.nowhere = starts[-1]
        self.numbers = np.full((len(index.filings) + 1, index.kind_count + others), self.nowhere)
        for row, (places, start) in enumerate(zip(index.places, starts, strict=False)):
            own = np.where(places == NO_PLACE, self.nowhere, places + start)
            self.numbers[row, : index.kind_count] = own
        self.parts = list(zip(starts, index.filings, strict=False))
        self.texts: dict[str, dict[str, int]] = {field.name: {} for field in _FIELDS}
        self.lock = Lock()
        self._dictionaries: dict[str, pa.Array] = {}

    def dictionary(self, field: Field) -> pa.Array:
        """The texts of a field that were found out by now."""
        texts, known = self.texts[field.name], self._dictionaries.get(field.name)
        if known is None or len(known) < len(texts):
            known = self._dictionaries[field.name] = pa.array(list(texts), pa.string())
        return known

    def enter(self, field: Field, categories: list[Category | None]) -> list[int]:
        """The positions of the texts of a field for some categories."""
        texts, get = self.texts[field.name], field.get
        return [
            texts.setdefault(get(category), len(texts)) if category else field.null
            for category in categories
        ]


class Categories:
    """What the places are called on a day.

    Attributes:
        places: the places.
    """

    def __init__(self, places: Places, reference: Reference, on: date) -> None:
        self.places = places
        self._reference = reference
        self._on = on
        self._positions = {
            field.name: np.append(np.full(places.nowhere, UNNAMED, np.int32), np.int32(field.null))
            for field in _FIELDS
        }

    def positions(self, field: Field) -> npt.NDArray[np.int32]:
        """By the number of a place, the position of a text in the dictionary of a field."""
        return self._positions[field.name]

    def name(self, places: npt.NDArray[np.int64]) -> None:
        """Find out what some places are called."""
        with self.places.lock:
            known = self._positions[_FIELDS[0].name]
            unnamed = places[known[places] == UNNAMED]
            for start, filing in self.places.parts:
                own = unnamed[(unnamed >= start) & (unnamed < start + len(filing))]
                categories = [
                    filing.category(place, self._reference, self._on)
                    for place in (own - start).tolist()
                ]
                for field in _FIELDS:
                    self._positions[field.name][own] = self.places.enter(field, categories)
