"""From a path, an open file, bytes or a zip to bytes, safely.

Nothing is ever unpacked to disk. How much is read is bounded everywhere: the members of a zip, what
they unpack to, and the documents that must be held whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, Any, Union

import attrs

from medcodes.errors import ReleaseError

__all__ = ["HEAD", "UNREADABLE", "Content", "Source", "opened"]

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[Any]]
"""Where a release is read from."""

HEAD = 1 << 16
"""How many bytes a layout is recognised from."""

LARGEST_DOCUMENT = 256 << 20
"""A document that must be held whole (XML aside) is not larger."""
LARGEST_FILE = 16 << 30
_LARGEST_MEMBER = 8 << 30
_MOST_MEMBERS = 200
_GREATEST_RATIO = 200
"""Code lists pack to a tenth, fixed-width ones to a fiftieth; a bomb to a thousandth."""
_SMALL = 16 << 20
_ZIP = b"PK\x03\x04"
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What a damaged or encrypted zip raises."""


@attrs.define(eq=False)
class Content:
    """A file whose bytes are release content, not an archive.

    Attributes:
        name: what messages call it: the path, or ``"release.zip/codes.txt"``.
        head: its first bytes.
        is_workbook: whether it is an Excel workbook.
    """

    name: str
    head: bytes
    _stream: IO[bytes]
    is_workbook: bool = False
    _digest: Any = attrs.field(factory=hashlib.sha256, init=False)
    _whole: bytes | None = attrs.field(default=None, init=False)

    @property
    def sha256(self) -> str:
        """Of all that was read."""
        return str(self._digest.hexdigest())

    def read(self, most: int = LARGEST_DOCUMENT) -> bytes:
        """All of it.

        Raises:
            ReleaseError: it is larger than `most`, or cannot be read.
        """
        pieces = []
        left = most
        for piece in self.pieces():
            left -= len(piece)
            if left < 0:
                raise ReleaseError(f"it is larger than {most:,} bytes", file=self.name)
            pieces.append(piece)
        return b"".join(pieces)

    def whole(self) -> bytes:
        """All of it, kept, so that it can be asked for again."""
        if self._whole is None:
            self._whole = self.read()
        return self._whole

    def pieces(self) -> Iterator[bytes]:
        """All of it, a piece at a time.

        Raises:
            ReleaseError: it cannot be read: a damaged or encrypted member of a zip.
        """
        piece = self.head
        done = 0
        while piece:
            done += len(piece)
            if done > LARGEST_FILE:
                raise ReleaseError(f"it is larger than {LARGEST_FILE:,} bytes", file=self.name)
            self._digest.update(piece)
            yield piece
            piece = _read(self._stream, HEAD, self.name)

    def lines(self, longest: int) -> Iterator[bytes]:
        """Its lines without their ends.

        Raises:
            ReleaseError: a line is longer than `longest`, or as `pieces`.
        """
        rest, number = b"", 0
        for piece in self.pieces():
            *whole, rest = (rest + piece).split(b"\n")
            number += len(whole)
            yield from whole
            if len(rest) > longest:
                message = f"it goes on for more than {longest:,} bytes, which no line does"
                raise ReleaseError(message, file=self.name, line=number + 1)
        if rest:
            yield rest


@contextmanager
def opened(source: Source, member: str | None = None) -> Iterator[list[Content]]:
    """What a source holds: one file, or the files of a zip; closed afterwards.

    Args:
        source: a path, an open file (read from where it stands, and left open), or bytes.
        member: the one member of a zip that is wanted.

    Raises:
        ReleaseError: it is empty, or a zip that no honest release is.
        OSError: the path cannot be opened.
        TypeError: it is none of these.
    """
    with ExitStack() as closing:
        name, stream = _stream(source, closing)
        content = _content(name, stream, closing)
        if isinstance(content, Content):
            if member is not None:
                raise ReleaseError(f"it is no zip, and so has no member {member!r}", file=name)
            yield [content]
        else:
            files = [
                one
                for info in _wanted(name, content, member)
                if isinstance(one := _member(name, content, info, closing), Content)
            ]
            if not files:
                raise ReleaseError("all that it holds is other zips; unpack it", file=name)
            yield files


def _stream(source: Source, closing: ExitStack) -> tuple[str, IO[bytes]]:
    """What messages call a source, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "<bytes>", io.BytesIO(source)
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        return path, closing.enter_context(open(path, "rb"))
    if not hasattr(source, "read"):
        raise TypeError(
            f"a release is a path, an open file or bytes, not {type(source).__name__}: {source!r}"
        )
    named = getattr(source, "name", None)
    name = named if isinstance(named, str) else "<file>"
    if isinstance(source, io.TextIOBase):
        # An encoding that somebody else has chosen is not trusted where the bytes are at hand.
        if source.closed:
            raise ReleaseError("it is closed", file=name)
        binary: IO[bytes] | None = getattr(source, "buffer", None)
        return name, binary or io.BytesIO(source.read().encode())
    return name, source


def _content(name: str, stream: IO[bytes], closing: ExitStack) -> Content | zipfile.ZipFile:
    """The file, or the zip that it is."""
    head = _read(stream, HEAD, name)
    if not head:
        raise ReleaseError("it is empty", file=name)
    if not head.startswith(_ZIP):
        return Content(name, head, stream)
    # A zip is read from its end. What cannot be wound back is held in memory.
    whole = io.BytesIO(Content(name, head, stream).read())
    try:
        archive = closing.enter_context(zipfile.ZipFile(whole))
    except UNREADABLE as error:
        raise ReleaseError(f"it is a damaged zip: {error}", file=name) from error
    _refuse_bombs(name, archive.infolist())
    if "xl/workbook.xml" not in archive.namelist():
        return archive
    whole.seek(0)
    return Content(name, whole.read(HEAD), whole, is_workbook=True)


def _read(stream: IO[bytes], size: int, name: str) -> bytes:
    """So many bytes, fewer only at the end."""
    pieces = []
    while size > 0:
        try:
            piece = stream.read(size)
        except io.UnsupportedOperation as error:
            raise ReleaseError("it is not open for reading", file=name) from error
        except UNREADABLE as error:
            if getattr(stream, "closed", False):
                raise ReleaseError("it is closed", file=name) from error
            raise ReleaseError(f"it cannot be unpacked: {error}", file=name) from error
        if not isinstance(piece, bytes):
            raise TypeError(f"{name}: an open file of bytes is expected, not of text")
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


# -- zip ------------------------------------------------------------------------------------------


def _refuse_bombs(name: str, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _MOST_MEMBERS:
        raise ReleaseError(f"it has {len(members):,} members, more than a release has", file=name)
    for one in members:
        if _leads_elsewhere(one.filename):
            raise ReleaseError(f"its member {one.filename!r} leads out of it", file=name)
        if one.file_size > _LARGEST_MEMBER or (
            one.file_size > _SMALL and one.file_size > _GREATEST_RATIO * one.compress_size
        ):
            raise ReleaseError(
                f"its member {one.filename!r} unpacks from {one.compress_size:,} to "
                f"{one.file_size:,} bytes, as no release does",
                file=name,
            )


def _leads_elsewhere(path: str) -> bool:
    windows = PureWindowsPath(path)
    return bool(windows.drive or windows.root) or ".." in windows.parts


def _wanted(name: str, archive: zipfile.ZipFile, member: str | None) -> list[zipfile.ZipInfo]:
    members = [
        one
        for one in archive.infolist()
        if one.file_size > 0 and not one.filename.startswith("__MACOSX/")
    ]
    if not members:
        raise ReleaseError("it holds no file", file=name)
    if member is None:
        return members
    wanted = [one for one in members if member in (one.filename, PurePosixPath(one.filename).name)]
    if len(wanted) != 1:
        held = ", ".join(one.filename for one in members[:20])
        what = "more than one" if wanted else "no"
        raise ReleaseError(f"it has {what} member {member!r}; it holds {held}", file=name)
    return wanted


def _member(
    name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, closing: ExitStack
) -> Content | zipfile.ZipFile:
    """A member; a zip inside a zip is opened no further."""
    shown = f"{name}/{info.filename}"
    try:
        stream = closing.enter_context(archive.open(info))
    except (*UNREADABLE, OSError) as error:
        raise ReleaseError(f"it cannot be unpacked: {error}", file=shown) from error
    return _content(shown, stream, closing)
