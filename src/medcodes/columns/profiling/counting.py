"""The distinct values of a column, and how often each is there.

They are a table of `text` (null among them) and `count`. Where each row has a day of its own, a
value stands once for every interval of days in which nothing changes: `interval` is its number, 0
for rows without a day, and `day` the last day in it, of any value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.columns import tables
from medcodes.reference import Reference

_TEXT = pa.large_string()


def count(texts: pa.Array, days: pa.Array | None, reference: Reference) -> pa.Table:
    """The distinct values of rows.

    Args:
        texts: the values, without a dictionary.
        days: as many days, as date32, or None.
        reference: what changes on some days.
    """
    texts = texts.cast(_TEXT)
    if days is None:
        values, counts = pc.value_counts(texts).flatten()
        return pa.table({"text": values, "count": counts})
    encoded = texts.dictionary_encode("encode")
    intervals = _intervals(days, reference)
    # Numbers are counted in a tenth of the time that pairs take.
    several = int(intervals.max(initial=0)) + 1
    pairs = encoded.indices.to_numpy().astype(np.int64) * several + intervals
    values, counts = pc.value_counts(pa.array(pairs)).flatten()
    places, found = np.divmod(values.to_numpy(), several)
    return _dated(
        encoded.dictionary.take(pa.array(places)), counts, found, _last_days(days, intervals)
    )


def sum_up(texts: pa.Array, days: pa.Array | None, counts: Any, reference: Reference) -> pa.Table:
    """The same of values that were counted where they are.

    Raises:
        ValueError: more or fewer counts than values, or one that is no whole number above 0.
    """
    if len(counts) != len(texts):
        raise ValueError(f"counts= has {len(counts)} counts for {len(texts)} values")
    texts, numbers = texts.cast(_TEXT), _whole(counts)
    if days is None:
        return together(pa.table({"text": texts, "count": numbers}))
    intervals = _intervals(days, reference)
    return together(_dated(texts, numbers, intervals, _last_days(days, intervals)))


def together(values: pa.Table) -> pa.Table:
    """Values that were counted in parts, put together."""
    keys = [name for name in ("text", "interval") if name in values.column_names]
    sums = [("count", "sum")]
    if "day" in values.column_names:
        sums.append(("day", "max"))
    grouped = values.group_by(keys).aggregate(sums)
    plain = {"count_sum": "count", "day_max": "day"}
    names = [plain.get(name, name) for name in grouped.column_names]
    return grouped.rename_columns(names).select(values.column_names)


def _whole(counts: Any) -> pa.Array:
    """Counts as integers of which each value has at least one."""
    try:
        found = pa.array(counts).cast(pa.int64())
    except (pa.ArrowException, OverflowError, TypeError) as error:
        raise ValueError(f"counts= are no counts: {error}") from None
    least = pc.min(found).as_py()
    if found.null_count or (least is not None and least < 1):
        raise ValueError("counts= has a count that is less than 1, or none")
    return found


def _intervals(days: pa.Array, reference: Reference) -> npt.NDArray[np.int64]:
    numbers = days.cast(pa.int32()).fill_null(0).to_numpy()
    epochs: npt.NDArray[np.int64] = tables.of(reference).epochs(numbers) + 1
    return np.where(days.is_null().to_numpy(zero_copy_only=False), 0, epochs)


def _last_days(days: pa.Array, intervals: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The last of some days in each of their intervals."""
    last = np.full(int(intervals.max(initial=0)) + 1, np.iinfo(np.int32).min, np.int32)
    np.maximum.at(last, intervals, days.cast(pa.int32()).fill_null(0).to_numpy())
    return last


def _dated(
    texts: pa.Array,
    counts: pa.Array,
    intervals: npt.NDArray[np.int64],
    last_days: npt.NDArray[np.int32],
) -> pa.Table:
    days = pa.array(last_days[intervals], pa.int32(), mask=intervals == 0).cast(pa.date32())
    return pa.table({"text": texts, "interval": intervals, "day": days, "count": counts})
