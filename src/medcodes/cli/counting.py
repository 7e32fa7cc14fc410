"""The distinct values of columns and how often each stands, without keeping the rows."""

from __future__ import annotations

import attrs
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MOST", "Counted"]

MOST = 1_000_000
"""Distinct values of a column from which on its further rows are not looked at."""


@attrs.define(eq=False)
class Counted:
    """The values of a column.

    Attributes:
        values, counts: the distinct values, null among them, and how often each stands.
        rows: the rows that were counted.
        full: whether there were too many distinct values to go on.
    """

    values: pa.Array
    counts: pa.Array
    rows: int = 0
    full: bool = False
    _waiting: list[pa.Table] = attrs.field(factory=list)
    _waiting_rows: int = 0

    @classmethod
    def nothing(cls) -> Counted:
        """Before the first row."""
        return cls(pa.array([], pa.large_string()), pa.array([], pa.int64()))

    def add(self, column: pa.Array) -> None:
        """Count the values of some rows."""
        if self.full:
            return
        pairs = pc.value_counts(column)
        self.rows += len(column)
        self._waiting.append(
            pa.table({"value": pairs.field("values"), "count": pairs.field("counts")})
        )
        self._waiting_rows += len(pairs)
        # Summing up costs as much as what is there, so it waits until as much has come.
        if self._waiting_rows > max(len(self.values), 1 << 16):
            self.sum_up()

    def sum_up(self) -> None:
        """Bring what was counted into `values` and `counts`."""
        known = pa.table({"value": self.values, "count": self.counts})
        summed = (
            pa.concat_tables([known, *self._waiting])
            .group_by("value")
            .aggregate([("count", "sum")])
        )
        self.values = summed["value"].combine_chunks()
        self.counts = summed["count_sum"].combine_chunks()
        self._waiting, self._waiting_rows = [], 0
        self.full = len(self.values) > MOST
