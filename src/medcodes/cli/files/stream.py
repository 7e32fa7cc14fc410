"""The bytes of a file, unpacked, and its text in whatever encoding it is."""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import attrs

from medcodes.cli.errors import InputError
from medcodes.cli.files.notes import Notes
from medcodes.cli.output import note

STDIO = "-"
BLOCK = 1 << 22
"""Characters at a time."""
_LONGEST_LINE = 1 << 26
_UTF_8 = "utf-8-sig"

_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_UNDECODED = re.compile("[\udc80-\udcff]")
"""What Python puts in the place of a byte that is not UTF-8."""


def compression_of(path: str) -> str | None:
    """How a file is compressed, by its name."""
    return _COMPRESSED.get(Path(path).suffix.lower())


@attrs.define(eq=False)
class InputFile:
    """A file that is being read.

    Attributes:
        name: what messages call it.
        raw: the file as it is stored.
        stream: the same without its compression.
        size: how many bytes are stored; None for what has no size, such as a pipe.
        notes: what was done to read it.
        has_mark: whether its text begins with the mark of UTF-8; known once some of it is read.
    """

    name: str
    raw: Any
    stream: io.BufferedReader
    size: int | None
    notes: Notes = attrs.field(factory=Notes)
    has_mark: bool = False
    _text: io.TextIOWrapper | None = None
    _copy: Any = None

    def head(self) -> bytes:
        """The first bytes, which are still to be read."""
        head: bytes = self._checked(self.stream.peek, 1 << 12)
        return head

    def read(self, count: int = BLOCK) -> str:
        """The next characters; none at the end only. Line ends are whole, and as in the file.

        Raises:
            InputError: they cannot be unpacked or decoded.
        """
        text = self._characters(self._decoded().read, count)
        return text + self.read(1) if text.endswith("\r") else text

    def line(self) -> str:
        """The rest of the line, with what ends it."""
        line = self._characters(self._decoded().readline, _LONGEST_LINE)
        if len(line) == _LONGEST_LINE:
            raise InputError(f"{self.name}: a line is longer than {_LONGEST_LINE >> 20} MB")
        return line

    def lines(self) -> Iterator[str]:
        """The lines, with what ends them."""
        return iter(self.line, "")

    def _decoded(self) -> io.TextIOWrapper:
        if self._text is None:
            head = self.head()
            self.has_mark = head.startswith(b"\xef\xbb\xbf")
            encoding = encoding_of(head)
            if encoding != _UTF_8:
                self.notes.add("its text is UTF-16")
            self._text = io.TextIOWrapper(self.stream, encoding, "surrogateescape", newline="")
        return self._text

    def _characters(self, read: Callable[[int], str], count: int) -> str:
        text: str = self._checked(read, count)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.notes.add("bytes that are not UTF-8 are read as Windows-1252")
            return _UNDECODED.sub(_windows_1252, text)
        return text

    def _checked(self, read: Callable[[int], Any], count: int) -> Any:
        try:
            return read(count)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise InputError(f"{self.name}: damaged or cut off: {why}") from None

    def seekable(self) -> Any:
        """The same for a format that is not read from front to back: a copy, if need be.

        Raises:
            InputError: it cannot be unpacked.
        """
        if self.size is not None and self.stream is self.raw:
            return self.raw
        self._copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `release`
        self._checked(lambda size: shutil.copyfileobj(self.stream, self._copy, size), BLOCK)
        self._copy.seek(0)
        return self._copy

    def part(self) -> float | None:
        """How much of the stored bytes was read, from 0 to 1; None if that is unknown."""
        return self.raw.tell() / self.size if self.size else None

    def release(self) -> None:
        """Let go of the file below, which stays open, and remove the copy."""
        if self._text is not None:
            self._text.detach()
        if self._copy is not None:
            self._copy.close()


def _windows_1252(found: re.Match[str]) -> str:
    # Five bytes mean nothing in it; browsers leave them as they are.
    byte = ord(found[0]) - 0xDC00
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins with these bytes: UTF-8, or a kind of UTF-16."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    # Without a mark: every second byte of most texts is 0.
    odd, even, most = head[1::2].count(0), head[::2].count(0), len(head) // 4
    if max(odd, even) > most > min(odd, even):
        return "utf-16-le" if odd > even else "utf-16-be"
    return _UTF_8


@contextmanager
def opened(path: str) -> Iterator[InputFile]:
    """A file, or standard input for ``-``, unpacked if its first bytes say so.

    In the end, what was done to read it is said on standard error.

    Raises:
        OSError: it cannot be opened.
    """
    piped = path == STDIO
    with nullcontext(sys.stdin.buffer) if piped else open(path, "rb") as raw:
        size = None if piped or not raw.seekable() else raw.seek(0, io.SEEK_END)
        if size is not None:
            raw.seek(0)
        file = InputFile("standard input" if piped else path, raw, _unpacked(raw), size)
        try:
            yield file
        finally:
            file.release()
            for text in file.notes:
                note(f"note: {file.name}: {text}", style="yellow")


def _unpacked(raw: Any) -> Any:
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    head = buffered.peek(4)[:4]
    compression = next((_MAGIC[magic] for magic in _MAGIC if head.startswith(magic)), None)
    if compression is None:
        return buffered
    import pyarrow as pa  # only what is compressed needs it

    return io.BufferedReader(pa.CompressedInputStream(buffered, compression), 1 << 16)
