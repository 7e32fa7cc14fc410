"""The values of one shape, and how many of the texts between them a system lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt

from medcodes.columns.profiling.evidence import Evidence, listed

DIRT = 0.03
"""Of the values of any column, some are dirt."""
_LOCAL = 0.1
"""And some codes are in no list although the name of the column says what they are."""
_OUTSIDE = 0.004
"""But hardly a CPT number is in no range: these are wide, and half of all numbers are in one."""
_ODD = 0.15
"""Values of shapes rarer than this are dirt, whatever the column is."""
_COUNTABLE = 5
"""Digits of numbers, all of which may be counted."""
_CONSTANT = 6
"""So many values show that a character that all have in one place is no accident."""


class Group:
    """The values of one shape."""

    def __init__(self, found: Sequence[Evidence], weights: Sequence[float]) -> None:
        self.found = found
        self._weights = weights
        self._shape = found[0].shape
        self._shares: dict[str, float] = {}
        self.total = sum(weights)

    def of_systems(self, parts: tuple[str, ...], total: float, *, named: bool) -> float:
        """How much better some systems explain the values than texts between them are explained.

        Args:
            parts: the ids of the systems.
            total: what all values of the column count.
            named: whether something says that the column is of these systems.
        """
        if self.is_odd(total):
            return 0.0
        share = min(0.99, max(1e-6, sum(map(self._share, parts))))
        dirt = _LOCAL if named else _OUTSIDE if parts == ("cpt",) else DIRT
        yes, no = log((1 - dirt) / share), log(dirt / (1 - share))
        return sum(
            weight * (no if each.places.isdisjoint(parts) else yes)
            for each, weight in zip(self.found, self._weights, strict=True)
        )

    def is_odd(self, total: float) -> bool:
        """Whether the values are dirt, whatever the column is: rare, and in no list."""
        return self.total < _ODD * total and not any(each.places for each in self.found)

    def _share(self, system: str) -> float:
        """Of the texts of this shape between those that were seen, how many a system lists."""
        if system not in self._shares:
            fits = any(system in each.fits for each in self.found)
            self._shares[system] = self._counted(system) if fits else 0.0
        return self._shares[system]

    def _counted(self, system: str) -> float:
        return float(self._between(listed(system, self._shape)).sum() / self._possible)

    @cached_property
    def _possible(self) -> float:
        """How many texts of this shape there are between those that were seen."""
        low, high = self._ends
        width = len(low)
        if not self._interval or width > _COUNTABLE:
            return float(np.prod((high - low + 1).astype(float)))
        numbers_ = np.arange(self._interval[0], self._interval[1] + 1)
        digits = numbers_[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + 48
        return float(self._between(digits).sum())

    def _between(self, characters: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which texts are between the least and the greatest that were seen."""
        low, high = self._ends
        inside = ((characters >= low) & (characters <= high)).all(axis=1)
        if self._interval and len(low) <= _COUNTABLE:
            values = _as_numbers(characters)
            inside &= (values >= self._interval[0]) & (values <= self._interval[1])
        return np.asarray(inside)

    @cached_property
    def _characters(self) -> npt.NDArray[np.uint8]:
        text = "".join(each.core.replace(".", "") for each in self.found)
        return np.frombuffer(text.encode(), np.uint8).reshape(len(self.found), -1)

    @cached_property
    def _ends(self) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
        """The least and the greatest character of each place, with room for what was not seen."""
        seen = self._characters.astype(np.int16)
        plain = self._shape.replace(".", "")
        classes = np.array([(48, 57) if mark == "9" else (65, 90) for mark in plain], np.int16)
        low, high = seen.min(axis=0), seen.max(axis=0)
        room = np.ceil((classes[:, 1] - classes[:, 0]) * 2 / len(seen)).astype(np.int16)
        if len(seen) >= _CONSTANT:
            room[low == high] = 0
        return np.maximum(low - room, classes[:, 0]), np.minimum(high + room, classes[:, 1])

    @cached_property
    def _interval(self) -> tuple[int, int] | None:
        """The same of whole numbers; None where there are letters."""
        if "A" in self._shape:
            return None
        values = _as_numbers(self._characters)
        low, high = int(values.min()), int(values.max())
        room = (high - low + 1) * 3 // len(values)
        return max(0, low - room), min(10 ** self._characters.shape[1] - 1, high + room)


def _as_numbers(characters: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    powers = 10 ** np.arange(characters.shape[1] - 1, -1, -1, dtype=np.int64)
    return np.asarray((characters.astype(np.int64) - 48) @ powers)
