"""Columns of every kind, to Arrow and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_FIRST, _LAST = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))

_PLAIN = {str, type(None)}
"""What most values of a column of text are."""

GiveBack = Callable[[pa.ChunkedArray], Any]


def is_column(value: Any) -> bool:
    """Whether a value stands for many: neither a day nor its text, nor None."""
    return not (value is None or isinstance(value, (date, str, np.generic)))


def bring(column: Any) -> tuple[pa.ChunkedArray, GiveBack]:
    """A column as Arrow text, and how to give an answer back in the column's own kind."""
    kind = type(column).__module__.partition(".")[0]
    if kind in ("pandas", "polars") and not hasattr(column, "dtype"):
        raise TypeError(
            f"a {kind} {type(column).__name__} is no column of text; pass one of its columns"
        )
    if kind == "pandas":
        column = _as_series(column)
        return _texts(_of_pandas(column)), lambda answer: _to_pandas(answer, column)
    if kind == "polars":
        return _texts(pa.chunked_array(column)), _to_polars
    if kind == "numpy":
        if getattr(column, "ndim", 0) != 1:
            raise TypeError("a NumPy column of text has one dimension")
        return _texts(_from_objects(column.tolist())), _to_numpy
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        chunked = isinstance(column, pa.ChunkedArray)
        return _texts(column), (lambda answer: answer) if chunked else _to_array
    if hasattr(column, "__arrow_c_stream__"):
        return _texts(pa.chunked_array(column)), lambda answer: answer
    if hasattr(column, "__arrow_c_array__"):
        return _texts(pa.array(column)), _to_array
    if isinstance(column, (list, tuple)):
        return _texts(_from_objects(column)), lambda answer: answer.to_pylist()
    raise TypeError(
        f"a column is an Arrow, pandas, Polars or NumPy column or a list, not "
        f"{type(column).__name__}; for one code, use medcodes.identify"
    )


def _from_objects(values: Any) -> pa.Array:
    if set(map(type, values)) - _PLAIN:
        for place, value in enumerate(values):
            if type(value) in _PLAIN or isinstance(value, str) or _is_missing(value):
                continue
            raise TypeError(
                _no_text(f"the value at place {place}, {value!r},", type(value).__name__)
            )
    return _as_texts(values)


def _as_texts(values: Any) -> pa.Array:
    try:
        return pa.array(values, pa.string(), from_pandas=True)
    except UnicodeEncodeError:
        # Half a surrogate pair is no Unicode, and no code either.
        readable = [
            value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
            for value in values
        ]
        return pa.array(readable, pa.string())


def _is_missing(value: Any) -> bool:
    """Whether an object is NaN, or the NA or NaT of pandas."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating, Decimal)) and bool(value != value)


def _as_series(column: Any) -> Any:
    """A series, also of an index or an array of pandas, and of what Arrow cannot read at once."""
    pandas = sys.modules["pandas"]
    if not isinstance(column, pandas.Series):
        column = pandas.Series(getattr(column, "array", column))
    dtype = column.dtype
    mixed = isinstance(dtype, pandas.CategoricalDtype) and dtype.categories.dtype == object
    if mixed or isinstance(dtype, pandas.SparseDtype):
        if mixed and pandas.api.types.infer_dtype(dtype.categories) in ("string", "empty"):
            return column
        return pandas.Series(np.asarray(column, object), column.index, object)
    return column


def _of_pandas(series: Any) -> pa.Array | pa.ChunkedArray:
    if series.dtype == object:
        values = series.to_numpy()
        if sys.modules["pandas"].api.types.infer_dtype(values) == "string":
            return _as_texts(values)
        return _from_objects(values.tolist())
    return pa.Array.from_pandas(series)


def _texts(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    type_ = column.type
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    if pa.types.is_null(inner):
        return column.cast(pa.string())
    if pa.types.is_string_view(inner):
        # Views can neither be cast inside a dictionary nor be taken from.
        if inner is type_:
            return column.cast(pa.large_string())
        target = pa.dictionary(type_.index_type, pa.large_string())
        return pa.chunked_array(
            [
                pa.DictionaryArray.from_arrays(c.indices, c.dictionary.cast(pa.large_string()))
                for c in column.chunks
            ],
            target,
        )
    if not (pa.types.is_string(inner) or pa.types.is_large_string(inner)):
        raise TypeError(_no_text("the column", str(type_)))
    return column


def _no_text(what: str, type_: str) -> str:
    hint = "codes are text; cast the column to text"
    if any(word in type_ for word in ("int", "float", "double", "decimal")):
        hint = (
            "codes read as numbers have lost their leading zeros (00100 becomes 100); "
            "read the column as text"
        )
    elif "binary" in type_ or type_ == "bytes":
        hint = "decode it to text first"
    return f"{what} is {type_}, not text: {hint}"


def days(on: Any, count: int) -> pa.Array:
    """A column of days as one Arrow date32 array of as many as there are values."""
    try:
        column = on if isinstance(on, (pa.Array, pa.ChunkedArray)) else _any_column(on)
        dates = _to_dates(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise TypeError(f"on= is no column of days: {error}") from None
    if len(dates) != count:
        raise ValueError(f"on= has {len(dates)} days for {count} values")
    return dates


def _any_column(on: Any) -> pa.Array | pa.ChunkedArray:
    kind = type(on).__module__.partition(".")[0]
    if str(getattr(on, "dtype", "")) == "object":
        on = on.tolist()
    if isinstance(on, (list, tuple)):
        # Each may have a time zone of its own, and Arrow would take all to that of the first.
        on = [day.date() if isinstance(day, datetime) and day == day else day for day in on]
    elif kind == "pandas":
        return pa.Array.from_pandas(on)
    if kind == "numpy" or isinstance(on, list):
        return pa.array(on, from_pandas=True)
    if hasattr(on, "__arrow_c_stream__"):
        return pa.chunked_array(on)
    if hasattr(on, "__arrow_c_array__"):
        return pa.array(on)
    raise TypeError(f"on= must be a day or a column of days, not {type(on).__name__}")


def _to_dates(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string_view(column.type):  # as Polars has its texts
        column = column.cast(pa.large_string())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        raise TypeError("on= is a column of numbers, not of days")
    if pa.types.is_timestamp(column.type):
        column = pc.floor_temporal(column, unit="day")
    dates = column.cast(pa.date32())
    # Others have days that a `date` cannot hold: infinity, years before 1.
    numbers = dates.view(pa.int32())
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is None or (ends["min"] >= _FIRST and ends["max"] <= _LAST):
        return dates
    inside = pc.max_element_wise(
        pc.min_element_wise(numbers, _LAST, skip_nulls=False), _FIRST, skip_nulls=False
    )
    return inside.cast(pa.int32()).cast(pa.date32())


def _to_array(answer: pa.ChunkedArray) -> pa.Array:
    return answer.chunk(0) if answer.num_chunks == 1 else answer.combine_chunks()


def _table(answer: pa.ChunkedArray) -> pa.Table:
    return pa.Table.from_arrays(answer.flatten(), [field.name for field in answer.type])


def _to_pandas(answer: pa.ChunkedArray, series: Any) -> Any:
    pandas = sys.modules["pandas"]
    nullable = {pa.bool_(): pandas.BooleanDtype()}  # one type, with or without nulls
    frame = _table(answer).to_pandas(types_mapper=nullable.get, date_as_object=False)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pandas.CategoricalDtype):
            frame[name] = _used(pandas, frame[name].array)
    frame.index = series.index
    return frame


def _used(pandas: Any, column: Any) -> Any:
    """A categorical without its unused categories; as pandas would do it, but in linear time."""
    used = np.zeros(len(column.categories) + 1, np.bool_)  # the last one is that of null, -1
    used[column.codes] = True
    kept = np.flatnonzero(used[:-1])
    new = np.full(len(used), -1, np.int32)
    new[kept] = np.arange(len(kept))
    return pandas.Categorical.from_codes(new[column.codes], column.categories[kept])


def _to_polars(answer: pa.ChunkedArray) -> Any:
    return sys.modules["polars"].from_arrow(_table(answer))


def _to_numpy(answer: pa.ChunkedArray) -> Any:
    names = [field.name for field in answer.type]
    records = np.empty(len(answer), [(name, object) for name in names])
    for name, column in zip(names, answer.flatten(), strict=True):
        records[name] = column.to_pylist()
    return records
