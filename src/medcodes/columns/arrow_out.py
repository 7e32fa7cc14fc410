"""Answers as Arrow arrays."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pyarrow as pa

from medcodes.columns.fields import Field


def column(field: Field, values: npt.NDArray[Any], dictionary: pa.Array | None) -> pa.Array:
    """The column of a field.

    Args:
        field: the field; no text but those of a dictionary.
        values: the numbers that stand for its values.
        dictionary: the texts that they are the positions of.
    """
    absent = values == field.null if len(values) and values.min() == field.null else None
    if pa.types.is_boolean(field.type):
        return pa.array(values == 1, mask=absent)
    numbers = pa.array(values, mask=absent)
    if pa.types.is_date(field.type):
        return numbers.view(field.type)
    return pa.DictionaryArray.from_arrays(numbers, dictionary, safe=False)
