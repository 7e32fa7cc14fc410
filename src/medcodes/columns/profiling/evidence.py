"""What one value of a column says: its shape, and which systems list it, on whatever day."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medcodes import formats, reference
from medcodes.lookup import reading

_MASK = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "9" * 10 + "A" * 26)


# A code before its description, or the first of several. Digits before a word are a street's or a
# dose's as well.
_START = re.compile(
    r"\s*((?=[A-Z])[A-Z][0-9][0-9A-Z.]{1,7}(?=[\s:;,|/^-])"
    r"|[0-9]{3,5}(\.[0-9]+)?(?=\s?[:;,|^]|\s-\s))"
    r"[\s:;,|/^-]+\S"
)


class Evidence(NamedTuple):
    """What a distinct value says of every system.

    Attributes:
        core: the value without blanks, quotes, prefixes and modifiers.
        shape: the core with 9 for each digit and A for each letter.
        fits: the systems whose codes may be written so.
        places: those of them that list it.
        declared: whether a prefix says which system it is of.
        more: whether it is only the beginning of the value: words or further codes follow.
    """

    core: str
    shape: str
    fits: tuple[str, ...]
    places: frozenset[str]
    declared: bool
    more: bool = False


@lru_cache(100_000)
def evidence(text: str) -> Evidence:
    """What a value says, whatever the day: an expired code is as good a witness as a valid one.

    >>> sorted(evidence("25000").places)
    ['cpt', 'icd9cm']
    """
    found = reading.read(text)
    shapes = formats.fitting(found.core)
    if not shapes and (start := _START.match(text)):
        return evidence(start[1])._replace(more=True)
    fits = tuple(
        shape.system for shape in shapes if found.declared is None or shape.system in found.declared
    )
    compact = found.core.replace(".", "")
    places = frozenset(system for system in fits if _is_listed(system, compact))
    core = found.core or text.strip()
    return Evidence(core, core.translate(_MASK), fits, places, found.declared is not None)


def _is_listed(system: str, compact: str) -> bool:
    if system == "cpt":
        return reference.ranges("cpt").holds(compact)
    if system == "hcpcs" and compact[0] == "D":
        return True  # dental codes, whose list is the ADA's
    return reference.codes(system).history_number(compact) is not None


@cache
def listed(system: str, shape: str) -> npt.NDArray[np.uint8]:
    """The codes of a system that have a shape, one a row, one character a column."""
    plain = shape.replace(".", "")
    chosen = "".join(_by_shape(system).get(plain, ()))
    return np.frombuffer(chosen.encode(), np.uint8).reshape(-1, len(plain))


@cache
def _by_shape(system: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    codes = _cpt() if system == "cpt" else [compact for compact, _ in reference.codes(system)]
    for compact in codes:
        found.setdefault(compact.translate(_MASK), []).append(compact)
    return found


def _cpt() -> list[str]:
    holds = reference.ranges("cpt").holds
    kinds = ("{:05}", "{:04}A", "{:04}F", "{:04}M", "{:04}T", "{:04}U")
    every = (
        kind.format(n) for kind in kinds for n in range(100_000 if kind == "{:05}" else 10_000)
    )
    return [code for code in every if holds(code)]
