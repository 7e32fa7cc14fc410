"""From a path, an open file, bytes or a zip file to bytes, within limits.

Nothing is ever unpacked to disk. How much is read is limited everywhere: the members of a zip file,
what they unpack to, and the documents that must be held in memory.
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

ReleaseSource = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[Any]]
"""Where a release is read from: a path, bytes or an open file."""

HEAD = 1 << 16
"""How many bytes a layout is recognised from."""

# Larger than any release by far: the largest, OMOP's vocabularies, have some gigabytes.
LARGEST_DOCUMENT = 256 << 20
"""The largest document that is held in memory (XML is not)."""
LARGEST_FILE = 16 << 30
_LARGEST_MEMBER = 8 << 30
_MOST_MEMBERS = 200
_GREATEST_RATIO = 200
"""Code lists pack to a tenth, fixed-width ones to a fiftieth; a zip bomb to a thousandth."""
_SMALL = 16 << 20
_ZIP = b"PK\x03\x04"
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
)
"""What a damaged or encrypted zip file raises."""


@attrs.define(eq=False)
class Content:
    """A file, or the member of a zip file.

    Attributes:
        name: what messages call it: the path, or ``"release.zip/codes.txt"``.
        head: its first bytes.
        is_workbook: whether it is an Excel workbook.
        archive: the zip file that it is, if it is one that holds other files.
    """

    name: str
    head: bytes
    _stream: IO[bytes]
    is_workbook: bool = False
    archive: zipfile.ZipFile | None = None
    _digest: Any = attrs.field(factory=hashlib.sha256, init=False)
    _whole: bytes | None = attrs.field(default=None, init=False)

    @property
    def file(self) -> str:
        """The name without its folder or zip file."""
        return self.name.replace("\\", "/").rpartition("/")[2]

    @property
    def sha256(self) -> str:
        """Of all that was read."""
        return str(self._digest.hexdigest())

    def error(self, message: str, line: int | None = None) -> ReleaseError:
        """What is wrong with it, or with one of its lines."""
        return ReleaseError(message, file=self.name, line=line)

    def whole(self) -> bytes:
        """All of it, kept for the next call.

        Raises:
            ReleaseError: it is too large, or cannot be read.
        """
        if self._whole is None:
            self._whole = b"".join(self.pieces(LARGEST_DOCUMENT))
        return self._whole

    def pieces(self, most: int | None = None) -> Iterator[bytes]:
        """All of it, a piece at a time.

        Args:
            most: how many bytes it may have; None for as many as a file may.

        Raises:
            ReleaseError: it is larger, or cannot be read: a damaged or encrypted member of a zip
                file.
        """
        most = LARGEST_FILE if most is None else most
        piece, done = self.head, 0
        while piece:
            done += len(piece)
            if done > most:
                raise self.error(f"larger than {most:,} bytes")
            self._digest.update(piece)
            yield piece
            piece = _read(self._stream, HEAD, self.name)


@contextmanager
def opened(source: ReleaseSource, member: str | None = None) -> Iterator[list[Content]]:
    """What a source holds: one file, or the files of a zip file; closed afterwards.

    Args:
        source: a path, an open file (read from where it stands, and left open), or bytes.
        member: the one member of a zip file that is wanted.

    Raises:
        ReleaseError: it is empty, or a zip file that no release can be.
        OSError: the path cannot be opened.
        TypeError: it is none of these.
    """
    with ExitStack() as closing:
        name, stream = _stream(source, closing)
        content = _content(name, stream, closing)
        if content.archive is None:
            if member is not None:
                raise content.error(f"not a zip file: cannot read member {member!r}")
            yield [content]
            return
        members = [_member(content, info, closing) for info in _wanted(content, member)]
        # A zip file inside a zip file is opened no further.
        files = [file for file in members if file.archive is None]
        if not files:
            raise content.error("contains only other zip files; unpack it")
        yield files


def _stream(source: ReleaseSource, closing: ExitStack) -> tuple[str, IO[bytes]]:
    """What messages call a source, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "<bytes>", io.BytesIO(source)
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        return path, closing.enter_context(open(path, "rb"))
    if not hasattr(source, "read"):
        raise TypeError(
            f"a release must be a path, an open file or bytes, got {type(source).__name__}: "
            f"{source!r}"
        )
    name = getattr(source, "name", None)
    name = name if isinstance(name, str) else "<file>"
    if isinstance(source, io.TextIOBase):
        # Where the bytes are at hand, an encoding that was chosen elsewhere is not relied on.
        if source.closed:
            raise ReleaseError("the file is closed", file=name)
        binary: IO[bytes] | None = getattr(source, "buffer", None)
        return name, binary or io.BytesIO(source.read().encode())
    return name, source


def _content(name: str, stream: IO[bytes], closing: ExitStack) -> Content:
    content = Content(name, _read(stream, HEAD, name), stream)
    if not content.head:
        raise content.error("the file is empty")
    if not content.head.startswith(_ZIP):
        return content
    # A zip file is read from its end. What cannot be wound back is held in memory.
    whole = io.BytesIO(content.whole())
    try:
        archive = closing.enter_context(zipfile.ZipFile(whole))
    except UNREADABLE as error:
        raise content.error(f"damaged zip file: {error}") from error
    _refuse_bombs(content, archive.infolist())
    if "xl/workbook.xml" not in archive.namelist():
        return attrs.evolve(content, archive=archive)
    whole.seek(0)
    return Content(name, whole.read(HEAD), whole, is_workbook=True)


def _read(stream: IO[bytes], size: int, name: str) -> bytes:
    """So many bytes, fewer only at the end."""
    pieces = []
    while size > 0:
        try:
            piece = stream.read(size)
        except io.UnsupportedOperation as error:
            raise ReleaseError("the file is not open for reading", file=name) from error
        except UNREADABLE as error:
            closed = getattr(stream, "closed", False)
            message = "the file is closed" if closed else f"cannot be unpacked: {error}"
            raise ReleaseError(message, file=name) from error
        if not isinstance(piece, bytes):
            raise TypeError(f"{name}: the open file must give bytes, not text")
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


# -- zip files ------------------------------------------------------------------------------------


def _refuse_bombs(content: Content, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _MOST_MEMBERS:
        raise content.error(f"has {len(members):,} members; a release has at most {_MOST_MEMBERS}")
    for member in members:
        name, size, packed = member.filename, member.file_size, member.compress_size
        if _leads_elsewhere(name):
            raise content.error(f"the path of member {name!r} leads out of the zip file")
        if size > _LARGEST_MEMBER or (size > _SMALL and size > _GREATEST_RATIO * packed):
            sizes = f"{packed:,} to {size:,} bytes"
            raise content.error(f"member {name!r} unpacks from {sizes}, too many for a release")


def _leads_elsewhere(path: str) -> bool:
    windows = PureWindowsPath(path)
    return bool(windows.drive or windows.root) or ".." in windows.parts


def _wanted(content: Content, member: str | None) -> list[zipfile.ZipInfo]:
    assert content.archive is not None
    members = [
        info
        for info in content.archive.infolist()
        if info.file_size > 0 and not info.filename.startswith("__MACOSX/")
    ]
    if not members:
        raise content.error("the zip file contains no file")
    if member is None:
        return members
    wanted = [
        info for info in members if member in (info.filename, PurePosixPath(info.filename).name)
    ]
    if len(wanted) != 1:
        held = ", ".join(info.filename for info in members[:20])
        what = "more than one" if wanted else "no"
        raise content.error(f"has {what} member {member!r}; it contains {held}")
    return wanted


def _member(content: Content, info: zipfile.ZipInfo, closing: ExitStack) -> Content:
    assert content.archive is not None
    name = f"{content.name}/{info.filename}"
    try:
        stream = closing.enter_context(content.archive.open(info))
    except (*UNREADABLE, OSError) as error:
        raise ReleaseError(f"cannot be unpacked: {error}", file=name) from error
    return _content(name, stream, closing)
