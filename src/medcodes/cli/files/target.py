"""Where to write: a file that is whole or not there at all, or standard output."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from medcodes.atomic import whole_file
from medcodes.cli.errors import InputError
from medcodes.cli.files.stream import STDIO, compression_of


def keep_apart(source: str, target: str | None, option: str) -> None:
    """See to it that a report does not take the place of the file that it is about.

    Raises:
        InputError: it would.
    """
    if target is None or not Path(target).is_file():
        return
    try:
        read = os.fstat(sys.stdin.fileno()) if source == STDIO else Path(source).stat()
    except (OSError, ValueError):  # not there, which reading will say; or no file
        return
    if os.path.samestat(read, Path(target).stat()):
        raise InputError(f"{option} {target}: is the file that is read; name another")


@contextmanager
def written(path: str) -> Iterator[Any]:
    """Where to write: a file that is whole or not there, or standard output for ``-``.

    It is compressed if its name says so.

    Raises:
        OSError: the file cannot be written.
    """
    if path == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(path)) as file, _compressed(file, compression_of(path)) as stream:
        yield stream


def _compressed(file: BinaryIO, compression: str | None) -> Any:
    if compression is None:
        return nullcontext(file)
    if compression == "gzip":  # no name and no time in it: the same rows give the same bytes
        return gzip.GzipFile("", "wb", 6, file, mtime=0)
    # It closes what is below it.
    return pa.CompressedOutputStream(open(os.dup(file.fileno()), "wb"), compression)
