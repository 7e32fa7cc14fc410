"""What arbitrary values are: numbers by their range, step and decimals, identifiers, or text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from medcodes.columns.profiling.explanations import (
    AMOUNT,
    IDENTIFIER,
    MEASUREMENT,
    NUMBER,
    RUNNING,
    TEXT,
)

_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.([0-9]+))?", re.A)
_FEW = 6
"""So few decimal numbers say that they are numbers, but not what of."""
_MOST = 0.9
"""Of the values that must be so; the rest is dirt."""


def kind_of(texts: Sequence[str], rows: int, distinct: int | None = None) -> str:
    """What distinct values in so many rows are, if they are no codes.

    Args:
        texts: the values, or some of them.
        rows: how many rows have them.
        distinct: how many values there are; None when all of them are given.

    >>> kind_of(["101", "102", "103", "104"], 4), kind_of(["Oslo", "Rome"], 2)
    ('running number', 'free text')
    >>> kind_of(["7.25", "18.00", "3.10", "44.75", "9.99", "120.00"], 6)
    'amount'
    """
    found = [number for number in map(_NUMBER.fullmatch, texts) if number]
    if len(found) < _MOST * len(texts):
        with_digits = sum(any(map(str.isdigit, text)) for text in texts)
        spaced = sum(" " in text for text in texts)
        return IDENTIFIER if with_digits > len(texts) / 2 > spaced else TEXT
    decimals = [len(number[1] or "") for number in found]
    if not any(decimals):
        return _of_whole([number[0] for number in found], rows, distinct or len(texts))
    if len(found) < _FEW:
        return NUMBER
    return AMOUNT if sum(n == 2 for n in decimals) >= _MOST * len(found) else MEASUREMENT


def _of_whole(digits: Sequence[str], rows: int, distinct: int) -> str:
    if _is_running(digits, rows, distinct):
        return RUNNING
    longest = max(map(len, digits))
    padded = any(text.startswith("0") and len(text) > 1 for text in digits)
    return IDENTIFIER if padded or longest > 3 else NUMBER


_REPEATED = 1.2
"""Rows to a value, from which on the numbers do not count the rows."""
_FILLED = 0.95
"""Of all numbers from the first to the last, so many are there."""
_STEPS = (2, 5, 10, 20, 50, 100)


def _is_running(digits: Sequence[str], rows: int, distinct: int) -> bool:
    """Whether whole numbers are consecutive, or evenly spaced by a round step."""
    if len(digits) < 3 or rows > _REPEATED * distinct or max(map(len, digits)) > 18:
        return False
    numbers = np.sort(np.array(digits, np.int64))
    span = int(numbers[-1] - numbers[0]) + 1
    if distinct >= _FILLED * span:
        return True
    steps = np.diff(numbers)
    step = int(np.median(steps))
    return step in _STEPS and float(np.mean(steps == step)) >= _MOST
