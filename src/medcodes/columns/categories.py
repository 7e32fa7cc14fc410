"""What the places are called where codes are filed, found out when some column needs them.

Names are read from the packed titles, which takes longer than anything else here; most columns need
few of them.
"""

from __future__ import annotations

from itertools import accumulate
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns.fields import FIELDS, Field, Source
from medcodes.columns.filing import NO_PLACE, Filing
from medcodes.columns.index import Index
from medcodes.reference import Reference

UNNAMED = -2
"""In place of the position of a text that is not found out yet; less than what stands for null."""

_FIELDS = [field for field in FIELDS if field.source is Source.CATEGORY]


class Categories:
    """The places of all systems, numbered, and what they are called.

    Attributes:
        places: system and number of an answer to the number of a place; that behind all is nowhere.
    """

    def __init__(self, index: Index, others: int, reference: Reference) -> None:
        self._filings = index.filings
        self._reference = reference
        self._starts = list(accumulate(map(len, index.filings), initial=0))
        nowhere = self._starts[-1]
        self.places = np.full((len(self._filings) + 1, index.kind_count + others), nowhere)
        for row, (places, start) in enumerate(zip(index.places, self._starts, strict=False)):
            own = np.where(places == NO_PLACE, nowhere, places + start)
            self.places[row, : index.kind_count] = own
        self._positions = {
            field.name: np.append(np.full(nowhere, UNNAMED, np.int32), np.int32(field.null))
            for field in _FIELDS
        }
        self._texts: dict[str, dict[str, int]] = {field.name: {} for field in _FIELDS}
        self._dictionaries: dict[str, pa.Array] = {}
        self._used = [np.unique(places[places != NO_PLACE]) for places in index.places]
        self._lock = Lock()

    def positions(self, field: Field) -> npt.NDArray[np.int32]:
        """By the number of a place, the position of a text in the dictionary of a field."""
        return self._positions[field.name]

    def dictionary(self, field: Field) -> pa.Array:
        """The texts that were found out by now."""
        texts, known = self._texts[field.name], self._dictionaries.get(field.name)
        if known is None or len(known) < len(texts):
            known = self._dictionaries[field.name] = pa.array(list(texts), pa.string())
        return known

    def name(self, places: npt.NDArray[np.int64]) -> None:
        """Find out what some places are called, and those that are read together with them."""
        with self._lock:
            for start, filing, used in zip(self._starts, self._filings, self._used, strict=False):
                own = places[(places >= start) & (places < start + len(filing))] - start
                together = np.isin(filing.heads(used), filing.heads(own))
                self._name(start, filing, used[together])

    def _name(self, start: int, filing: Filing, places: npt.NDArray[np.int64]) -> None:
        places = places[self._positions[_FIELDS[0].name][places + start] == UNNAMED]
        categories = list(filing.categories(places, self._reference))
        for field in _FIELDS:
            texts, get = self._texts[field.name], field.get
            self._positions[field.name][places + start] = [
                texts.setdefault(get(category), len(texts)) if category else field.null
                for category in categories
            ]
