"""Ranges for a million texts at once: what is the same for all texts of a stretch is asked once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from medcodes.columns.keys import LONGEST, Keys, distinct, lengths, text_of
from medcodes.reference import RangeTable
from medcodes.reference.ranges import sort_key

_NINE = ord("9")


def each(ranges: RangeTable, texts: Keys, ask: Callable[[str], int]) -> npt.NDArray[np.int64]:
    """What `ask` says of each text, asked once for every stretch."""
    examples, stretch = stretches(ranges, texts)
    return np.array([ask(text_of(key)) for key in texts[examples]], np.int64)[stretch]


def stretches(ranges: RangeTable, texts: Keys) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """A text of each stretch, and the stretch of each text.

    Between two ends of ranges, texts of one length and one first character lie in the same
    ranges; a text that is the beginning of a range itself is a stretch by itself.
    """
    order = _order(texts)
    spans = [span for row in ranges.rows for span in row.spans()]
    spans += [(first, last) for first, last, _ in ranges.ended]
    firsts = np.unique(np.array([_place(sort_key(first), b"\0") for first, _ in spans], np.uint64))
    lasts = np.unique(np.array([_place(sort_key(last), b"\xff") for _, last in spans], np.uint64))
    stretch = np.searchsorted(firsts, order, "left")
    for part, size in (
        (np.searchsorted(firsts, order, "right"), len(firsts) + 1),
        (np.searchsorted(lasts, order, "left"), len(lasts) + 1),
        (lengths(texts), LONGEST + 1),
        ((order >> np.uint64(56)).astype(np.intp), 256),
    ):
        stretch = stretch * size + part
    return distinct(stretch.view(np.uint64))


def _place(end: str, fill: bytes) -> int:
    return int.from_bytes(end.encode().ljust(LONGEST, fill), "big")


def _order(texts: Keys) -> Keys:
    """Integers in the order of `sort_key`."""
    bytes_ = texts.view(np.uint8).reshape(-1, LONGEST).copy()
    suffixed = (bytes_[:, 4] > _NINE) & (bytes_[:, 0] <= _NINE) & (bytes_[:, 5] == 0)
    bytes_[suffixed, :5] = np.roll(bytes_[suffixed, :5], 1, axis=1)
    order: Keys = bytes_.view(">u8").ravel().astype(np.uint64)
    return order
