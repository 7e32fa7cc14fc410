"""Columns added to a Parquet file, whose own bytes stay as they are.

A Parquet file is a body of column chunks and a footer that says where each is. The body is copied,
the chunks of the new columns go behind it, and a new footer lists both. So the old columns are
neither decoded nor encoded again: no type, no statistic and no index of theirs can change.
https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import base64
import io
import shutil
import struct
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, BinaryIO

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from medcodes.cli import thrift
from medcodes.cli.thrift import I64, Field, Struct, items
from medcodes.cli.trouble import Trouble

__all__ = ["Appender", "Piece", "compact", "encode"]

_MAGIC = b"PAR1"
_TAIL = 8
# Fields of the structures in a footer, as parquet.thrift numbers them.
_SCHEMA, _GROUPS, _KEYS, _ORDERS = 2, 4, 5, 7
_CHILDREN = 5
_COLUMNS, _GROUP_BYTES, _GROUP_COMPRESSED = 1, 2, 6
_ELSEWHERE, _CHUNK_OFFSET, _META = 1, 2, 3
_ENCODINGS, _CODEC, _VALUES, _BYTES, _COMPRESSED, _DATA, _DICTIONARY = 2, 4, 5, 6, 7, 9, 11
_PAGE_BYTES, _PAGE_COMPRESSED = 2, 3
_KEPT = (1, _ENCODINGS, 3, _CODEC, _VALUES, _BYTES, _COMPRESSED, _DATA, _DICTIONARY)
_CODECS = ("none", "snappy", "gzip", "none", "brotli", "none", "zstd", "none")
"""How new columns are compressed, by the number of the codec that the old ones have."""

_FEW = 16
"""Entries of a dictionary that is not worth a look."""
_IN_MEMORY = 1 << 24
_ARROW = b"ARROW:schema"


class Piece:
    """A part of a column chunk: its pages, and what the footer says of them."""

    def __init__(self, data: bytes, meta: Struct) -> None:
        self.meta = {number: meta[number] for number in _KEPT if number in meta}
        start = meta[_DICTIONARY if _DICTIONARY in meta else _DATA].value
        self.dictionary = data[start : meta[_DATA].value]
        self.pages = data[meta[_DATA].value : start + meta[_COMPRESSED].value]

    @property
    def plain(self) -> bool:
        """Whether it can follow any other piece."""
        return _DICTIONARY not in self.meta


def compact(table: pa.Table) -> pa.Table:
    """The same with dictionaries of those values alone that occur."""
    columns = [
        _compact(one.combine_chunks()) if pa.types.is_dictionary(one.type) else one
        for one in table.columns
    ]
    return pa.table(columns, table.schema.names)


def _compact(column: pa.DictionaryArray) -> pa.DictionaryArray:
    if len(column.dictionary) <= _FEW:
        return column
    indices = column.indices.cast(pa.int32())
    numbers = indices.fill_null(0).to_numpy(zero_copy_only=False)
    some = indices.drop_null().to_numpy() if indices.null_count else numbers
    used = np.flatnonzero(np.bincount(some, minlength=len(column.dictionary)))
    places = np.zeros(len(column.dictionary), np.int32)
    places[used] = np.arange(len(used))
    again = pa.array(places[numbers])
    if indices.null_count:
        again = pc.if_else(indices.is_valid(), again, pa.scalar(None, pa.int32()))
    return pa.DictionaryArray.from_arrays(again, column.dictionary.take(pa.array(used)))


def encode(table: pa.Table, compression: str, dictionaries: bool = True) -> list[Piece]:
    """The columns of a table as pieces of chunks."""
    data, footer = _written(table, compression, dictionaries)
    (group,) = items(footer[_GROUPS])
    return [Piece(data, chunk[_META].value) for chunk in items(group[_COLUMNS])]


def _written(table: pa.Table, compression: str, dictionaries: bool) -> tuple[bytes, Struct]:
    out = io.BytesIO()
    coded = [one.name for one in table.schema if pa.types.is_dictionary(one.type)]
    # Numbers of a dictionary are packed by the bit already; to compress them costs and gains not.
    codecs = {one: "none" if one in coded else compression for one in table.schema.names}
    pq.write_table(
        table,
        out,
        row_group_size=max(1, len(table)),
        compression=codecs,
        use_dictionary=coded if dictionaries else False,
        dictionary_pagesize_limit=1 << 30,
        write_statistics=False,
        store_schema=False,
    )
    data = out.getvalue()
    return data, thrift.loads(data[_footer_of(data[-_TAIL:], len(data)) : -_TAIL])


def _footer_of(tail: bytes, size: int) -> int:
    """Where the footer begins in a file of a size, by its last eight bytes."""
    (length,) = struct.unpack("<I", tail[:4])
    return size - _TAIL - int(length)


def _sizes_of(dictionary: bytes) -> dict[int, int]:
    """How much of the sizes of a piece is its dictionary."""
    if not dictionary:
        return {}
    header = thrift.loads(dictionary)  # the page follows it
    more = header[_PAGE_BYTES].value - header[_PAGE_COMPRESSED].value
    return {_COMPRESSED: len(dictionary), _BYTES: len(dictionary) + more}


@attrs.define
class _Chunk:
    """A column chunk that is still growing; a large one waits on disk."""

    # Closed when it is written down.
    pages: IO[bytes] = attrs.field(
        factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    )
    dictionary: bytes = b""
    meta: Struct = attrs.field(factory=dict)

    def fits(self, piece: Piece) -> bool:
        return not self.meta or piece.plain or piece.dictionary == self.dictionary

    def add(self, piece: Piece) -> None:
        self.pages.write(piece.pages)
        if not self.meta:
            self.meta, self.dictionary = piece.meta, piece.dictionary
            return
        known = items(self.meta[_ENCODINGS])
        known += [one for one in items(piece.meta[_ENCODINGS]) if one not in known]
        # A second dictionary is the first one again, and is not written.
        again = {_VALUES: 0, _BYTES: 0, _COMPRESSED: 0, **_sizes_of(piece.dictionary)}
        for number, less in again.items():
            type_, value = self.meta[number]
            self.meta[number] = Field(type_, value + piece.meta[number].value - less)


class Appender:
    """Writes a Parquet file again, with more columns.

    Args:
        source: the file, open for reading.
        out: where to write.
        columns: the new columns, as they are to be read.
        like: the same as they will be added; text may be there as dictionaries.

    Raises:
        Trouble: a file that keeps its columns in other files.
    """

    def __init__(
        self, source: BinaryIO, out: BinaryIO, columns: pa.Schema, like: pa.Schema
    ) -> None:
        self._out = out
        self._stopped = False
        size = source.seek(0, io.SEEK_END)
        source.seek(size - _TAIL)
        begin = _footer_of(source.read(_TAIL), size)
        source.seek(begin)
        self._footer = thrift.loads(source.read(size - _TAIL - begin))
        groups = items(self._footer[_GROUPS])
        chunks = [one for group in groups for one in items(group[_COLUMNS])]
        if any(_ELSEWHERE in one for one in chunks):
            raise Trouble("keeps its columns in other files; give one of these")
        codec = chunks[0][_META].value[_CODEC].value if chunks else 1
        self.compression = _CODECS[codec]
        self._columns = columns
        self._chunks: list[_Chunk] = []
        _, empty = _written(like.empty_table(), self.compression, True)
        self._grow_schema(items(empty[_SCHEMA])[1:])
        self._end = begin
        self._group = 0
        source.seek(0)
        self._copier = ThreadPoolExecutor(1)
        self._copied = self._copier.submit(self._copy, source, begin)

    def _copy(self, source: BinaryIO, count: int) -> None:
        """Copy the body; meanwhile the first row groups are worked on."""
        left = count
        while left and not self._stopped:
            block = source.read(min(left, 1 << 20))
            if not block:
                raise Trouble("became shorter while it was read")
            self._out.write(block)
            left -= len(block)

    def __enter__(self) -> Appender:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the footer, unless something went wrong."""
        self._stopped = kind is not None
        with self._copier:
            self._copied.result()
        if kind is None:
            footer = thrift.dumps(self._footer)
            self._out.write(footer + struct.pack("<I", len(footer)) + _MAGIC)

    def _grow_schema(self, elements: list[Struct]) -> None:
        schema = items(self._footer[_SCHEMA])
        type_, count = schema[0][_CHILDREN]
        schema[0][_CHILDREN] = Field(type_, count + len(elements))
        schema += elements
        if _ORDERS in self._footer:
            orders = items(self._footer[_ORDERS])
            orders += [{1: Field(thrift.STRUCT, {})} for _ in elements]
        for pair in items(self._footer[_KEYS]) if _KEYS in self._footer else ():
            if pair[1].value == _ARROW:
                pair[2] = Field(thrift.BINARY, self._arrow_schema(pair[2].value))

    def _arrow_schema(self, known: bytes) -> bytes:
        """The schema that Arrow keeps beside Parquet's own."""
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(known)))
        for field in self._columns:
            schema = schema.append(field)
        return base64.b64encode(schema.serialize().to_pybytes())

    def add(self, pieces: Sequence[Piece], plain: Callable[[], Sequence[Piece]]) -> None:
        """Add rows to the row group at hand.

        Args:
            pieces: its new columns.
            plain: makes the same without dictionaries, for when the group has other ones.
        """
        if not self._chunks:
            self._chunks = [_Chunk() for _ in pieces]
        if not all(map(_Chunk.fits, self._chunks, pieces)):
            pieces = plain()
        for chunk, piece in zip(self._chunks, pieces, strict=True):
            chunk.add(piece)

    def end_group(self) -> None:
        """Write the new columns of the row group at hand, and go to the next."""
        self._copied.result()
        group = items(self._footer[_GROUPS])[self._group]
        for chunk in self._chunks:
            items(group[_COLUMNS]).append(self._write(chunk))
            for total, part in ((_GROUP_BYTES, _BYTES), (_GROUP_COMPRESSED, _COMPRESSED)):
                if total in group:
                    type_, value = group[total]
                    group[total] = Field(type_, value + chunk.meta[part].value)
        self._group += 1
        self._chunks = []

    def _write(self, chunk: _Chunk) -> Struct:
        start = self._end
        self._out.write(chunk.dictionary)
        chunk.pages.seek(0)
        shutil.copyfileobj(chunk.pages, self._out, 1 << 20)
        chunk.pages.close()
        chunk.meta[_DATA] = Field(I64, start + len(chunk.dictionary))
        if chunk.dictionary:
            chunk.meta[_DICTIONARY] = Field(I64, start)
        self._end += chunk.meta[_COMPRESSED].value
        return {_CHUNK_OFFSET: Field(I64, 0), _META: Field(thrift.STRUCT, chunk.meta)}
