"""Writing the columns of an answer as Arrow arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes.columns import kernel, shapes
from medcodes.columns.kernel import each, parts_of
from medcodes.columns.shapes import SYSTEMS, Keys
from medcodes.columns.vectors import NULLS, Vectors
from medcodes.status import Status

__all__ = ["write"]

_SYSTEM_IDS = pa.array(SYSTEMS, pa.string())
_STATUSES = pa.array([one.value for one in Status], pa.string())

_MOST_BYTES = np.iinfo(np.int32).max
"""Of an Arrow string array."""


def write(
    vectors: Vectors, wanted: tuple[str, ...], valid: pa.BooleanArray | None
) -> pa.StructArray:
    """The answer as an Arrow struct array; null in every column where it is not valid."""
    present = None if valid is None else valid.to_numpy(zero_copy_only=False)
    columns = [_column(name, vectors, present) for name in wanted]
    return pa.StructArray.from_arrays(columns, list(wanted))


def _column(name: str, vectors: Vectors, present: npt.NDArray[np.bool_] | None) -> pa.Array:
    values = vectors.by_field[name]
    if name == "code":
        return _texts(values, present)
    null = NULLS.get(name)
    if null is not None:
        looked = vectors.has_nulls
        has_nulls = len(values) and (values.min() == null if looked is None else name in looked)
        null = null if has_nulls else None
    bitmap = _bitmap(values, null, present)
    if name in ("ambiguous", "can_be_principal"):
        return _bits(values, bitmap)
    indices = pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype),
        len(values),
        [bitmap, pa.py_buffer(np.ascontiguousarray(values))],
    )
    if name in ("valid_from", "valid_to"):
        return indices.view(pa.date32())
    dictionary = {"system": _SYSTEM_IDS, "status": _STATUSES, **vectors.catalog.texts}[name]
    return pa.DictionaryArray.from_arrays(indices, dictionary, safe=False)


def _packed(count: int, work: Callable[[slice], npt.NDArray[np.bool_]]) -> pa.Buffer:
    """Truth values as bits; chunks of them begin with a byte of their own."""
    packed = np.empty((count + 7) // 8, np.uint8)
    for part in parts_of(count):  # so cheap that another thread would only be in the way
        bits = np.packbits(work(part), bitorder="little")
        packed[part.start // 8 : part.start // 8 + len(bits)] = bits
    return pa.py_buffer(packed)


def _bitmap(
    values: npt.NDArray[Any], null: int | None, present: npt.NDArray[np.bool_] | None
) -> pa.Buffer | None:
    """The validity bitmap: present, and not what stands for null."""
    if present is None:
        return None if null is None else _packed(len(values), lambda part: values[part] != null)
    here = present
    if null is None:
        return _packed(len(values), lambda part: here[part])
    return _packed(len(values), lambda part: here[part] & (values[part] != null))


def _bits(values: npt.NDArray[Any], bitmap: pa.Buffer | None) -> pa.BooleanArray:
    packed = _packed(len(values), lambda part: values[part] == 1)
    return pa.Array.from_buffers(pa.bool_(), len(values), [bitmap, packed])


def _texts(keys: Keys, present: npt.NDArray[np.bool_] | None) -> pa.Array:
    """Short texts from their integers; the empty text is a null."""
    lengths = np.empty(len(keys), np.int8)

    def measure(part: slice) -> int:
        own = shapes.sizes(keys[part])
        lengths[part] = own
        return int(own.sum(dtype=np.int64))

    parts = parts_of(len(keys))
    sizes = list(map(measure, parts))
    begins = np.concatenate([[0], np.cumsum(np.array(sizes, np.int64))])
    short = begins[-1] <= _MOST_BYTES
    ends = np.zeros(len(keys) + 1, np.int32 if short else np.int64)
    data = np.empty(begins[-1], np.uint8)

    def write(part: slice) -> None:
        first = int(begins[part.start // kernel.CHUNK])
        own = ends[part.start + 1 : part.stop + 1]
        np.cumsum(lengths[part], dtype=ends.dtype, out=own)
        starts = np.subtract(own, lengths[part], dtype=np.int64)
        shapes.write(keys[part], starts, data[first : first + int(own[-1])])
        own += first

    each(parts, lambda: write)
    has_nulls = bool((lengths == 0).any())
    return pa.Array.from_buffers(
        pa.string() if short else pa.large_string(),
        len(keys),
        [
            _bitmap(lengths, 0 if has_nulls else None, present),
            pa.py_buffer(ends),
            pa.py_buffer(data),
        ],
    ).cast(pa.string())
