"""Files by name: their format, how they are compressed, and opening them."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import pyarrow as pa

from medcodes.atomic import whole_file
from medcodes.cli.trouble import Trouble

__all__ = ["FORMATS", "STDIO", "Source", "format_of", "keep_apart", "opened", "written"]

STDIO = "-"
FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""The format that each ending of a name stands for."""

_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _endings(path: str) -> list[str]:
    return [one.lower() for one in Path(path).suffixes]


def compression_of(path: str) -> str | None:
    """How a file is compressed, by its name."""
    endings = _endings(path)
    return _COMPRESSED.get(endings[-1]) if endings else None


def format_of(path: str, asked: str | None, otherwise: str | None = None) -> str:
    """The format of a file: the one that was asked for, or by its name.

    Raises:
        Trouble: the name does not tell, and there is nothing `otherwise`.
    """
    if asked is not None:
        return asked
    endings = [one for one in _endings(path) if one not in _COMPRESSED]
    if endings and endings[-1] in FORMATS:
        return FORMATS[endings[-1]]
    if otherwise is not None:
        return otherwise
    raise Trouble(
        f"{path}: its name does not tell its format; pass --format csv, tsv, jsonl or parquet"
    )


def keep_apart(source: str, target: str | None, option: str) -> None:
    """See to it that a report does not take the place of the file that it is about.

    Raises:
        Trouble: it would.
    """
    if target is None or not Path(target).exists() or not Path(source).exists():
        return
    if Path(target).is_file() and Path(target).samefile(source):
        raise Trouble(f"{option} {target}: is the file that is read; name another")


@attrs.frozen(eq=False)
class Source:
    """A file that is being read.

    Attributes:
        name: what messages call it.
        raw: the file as it is stored.
        stream: the same without its compression.
        size: how many bytes are stored; None for what has no size.
    """

    name: str
    raw: io.BufferedReader
    stream: Any
    size: int | None

    def read(self, count: int) -> bytes:
        """The next `count` bytes; fewer at the end only.

        Raises:
            Trouble: they cannot be unpacked.
        """
        # One call of the system at a time: an interruption between two of them is not slept over.
        some = self.stream.read1 if self.stream is self.raw else self.stream.read
        parts, left = [], count
        while left:
            try:
                part = some(left)
            except (OSError, pa.ArrowException) as error:
                raise Trouble(f"{self.name}: damaged or cut off: {_line(error)}") from None
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def part(self) -> float | None:
        """How much of the stored bytes was read, from 0 to 1; None where nobody knows."""
        return self.raw.tell() / self.size if self.size else None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """A file, or standard input for ``-``, unpacked if its first bytes say so.

    Raises:
        Trouble: it is text in UTF-16.
        OSError: it cannot be opened.
    """
    if path == STDIO:
        yield _source("standard input", sys.stdin.buffer, None)
        return
    with open(path, "rb") as raw:
        size = raw.seek(0, io.SEEK_END) if raw.seekable() else None
        if size is not None:
            raw.seek(0)
        yield _source(path, raw, size)


def _source(name: str, raw: Any, size: int | None) -> Source:
    if not isinstance(raw, io.BufferedReader):
        raw = io.BufferedReader(raw)
    head = raw.peek(4)[:4]
    if head[:2] in _UTF_16:
        raise Trouble(f"{name}: is text in UTF-16; save it as UTF-8")
    compression = next((_MAGIC[one] for one in _MAGIC if head.startswith(one)), None)
    stream = pa.CompressedInputStream(raw, compression) if compression else raw
    return Source(name, raw, stream, size)


@contextmanager
def written(path: str) -> Iterator[Any]:
    """Where to write: a file that is whole or not there, or standard output for ``-``.

    It is compressed if its name says so.

    Raises:
        Trouble: standard output is a terminal and the bytes are no text.
        OSError: the file cannot be written.
    """
    if path == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    compression = compression_of(path)
    with whole_file(Path(path)) as file:
        if compression is None:
            yield file
            return
        with _compressor(file, compression) as stream:
            yield stream


def _compressor(file: BinaryIO, compression: str) -> Any:
    if compression == "gzip":
        # Nothing of the day of writing: the same rows give the same bytes.
        return gzip.GzipFile("", "wb", 6, file, mtime=0)
    return pa.CompressedOutputStream(pa.PythonFile(_Unclosed(file), "w"), compression)


class _Unclosed:
    """A file that stays open when the stream above it ends."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write
        self.flush = file.flush

    def close(self) -> None:
        self.flush()
