"""How strong the evidence is that a text is a code: the seven statuses."""

from __future__ import annotations

from enum import Enum

__all__ = ["Status"]


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
    UNKNOWN = "unknown"
    """The right shape, in no list and no range."""
    MALFORMED = "malformed"
    """The shape of no code."""

    __str__ = str.__str__

    @property
    def rank(self) -> int:
        """0 for the strongest, 6 for the weakest."""
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}
