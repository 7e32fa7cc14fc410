"""Columns of any type as text, for the formats that hold nothing else."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


def is_text(type_: pa.DataType) -> bool:
    """Whether a type is text, as it is or by a dictionary."""
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    return any(is_it(inner) for is_it in _TEXTS)


def plain(column: pa.Array) -> pa.Array:
    """A column without a dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def as_text(column: pa.Array) -> pa.Array:
    """A column as text; lists and the like become JSON."""
    column = plain(column)
    try:
        return column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array(map(_as_json, column.to_pylist()), pa.large_string())


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def joined(*parts: pa.Array | str, between: str = "") -> pa.Array:
    """Texts of several columns put together, row by row."""
    type_ = pa.large_string()
    texts = [pa.scalar(part, type_) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*texts, pa.scalar(between, type_))


def bytes_of(texts: pa.Array) -> memoryview:
    """The texts of an array that begins where its memory does, one behind the other."""
    _, offsets, data = texts.buffers()
    end = memoryview(offsets).cast("q")[len(texts)] if len(texts) else 0
    return memoryview(data or b"")[:end]
