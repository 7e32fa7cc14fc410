"""How strong the evidence is that a text is a code: the eight statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType


class Status(str, Enum):
    """How strong the evidence is, strongest first.

    >>> Status.VALID == "valid", str(Status.VALID), Status.VALID.rank < Status.HEADER.rank
    (True, 'valid', True)
    """

    VALID = "valid"
    """Listed, and valid on the day."""
    HEADER = "header"
    """A listed heading; billable codes are below it."""
    PLAUSIBLE = "plausible"
    """Inside a published range of a system whose list is not public and not loaded (CPT)."""
    EXPIRED = "expired"
    """Listed, but no longer valid on the day."""
    FUTURE = "future"
    """Listed, but not yet valid on the day."""
    UNVERIFIED = "unverified"
    """Not listed, beside listed codes, on a day that the list does not speak for: it may be one."""
    UNKNOWN = "unknown"
    """The right shape, in no list and no range."""
    MALFORMED = "malformed"
    """The shape of no code."""

    __str__ = str.__str__

    @property
    def rank(self) -> int:
        """0 for the strongest, 7 for the weakest."""
        return _RANKS[self]

    @property
    def bit(self) -> int:
        """``1 << rank``, so that a set of statuses is a sum, its lowest bit the strongest."""
        return 1 << _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}

NOT_FOUND = frozenset({Status.UNVERIFIED, Status.UNKNOWN, Status.MALFORMED})
"""The statuses of what is in no list and no range, or cannot be said to be in one."""

RIVALS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        **{status: frozenset({status}) for status in Status},
        Status.VALID: frozenset({Status.VALID, Status.PLAUSIBLE}),
        Status.HEADER: frozenset({Status.HEADER, Status.PLAUSIBLE}),
        Status.UNVERIFIED: frozenset(),
    }
)
"""The statuses of other fits that cannot be ruled out beside the status of the best one: the same,
and what is only plausible beside what is listed. Such a text is ambiguous. A doubt rules nothing
out and is ruled out by nothing."""


def bits(statuses: Iterable[Status]) -> int:
    """Several statuses as a sum of their bits.

    >>> bits([Status.VALID, Status.PLAUSIBLE])
    5
    """
    return sum({status.bit for status in statuses})
