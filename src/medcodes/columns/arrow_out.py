"""Answers as Arrow arrays: first those of a chunk, then of a whole column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns.fields import Field
from medcodes.columns.keys import strings

__all__ = ["part", "whole"]


def part(field: Field, values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None) -> pa.Array:
    """The numbers that stand for the values of a field, or the values where those are no texts.

    Null where the value is missing, and where its number stands for none.
    """
    if missing is not None:
        values = np.where(missing, field.dtype(field.null), values)
    if pa.types.is_string(field.type):
        return strings(values)
    absent = None
    if len(values) and values.min() == field.null:
        absent = values == field.null
    if pa.types.is_boolean(field.type):
        return pa.array(values == 1, mask=absent)
    numbers = pa.array(values, mask=absent)
    return numbers.view(field.type) if pa.types.is_date(field.type) else numbers


def whole(field: Field, parts: list[pa.Array], dictionary: pa.Array | None) -> pa.Array:
    """A field of a column from those of its chunks, of which there is at least one."""
    values = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
    if dictionary is None:
        return values
    return pa.DictionaryArray.from_arrays(values, dictionary, safe=False)
