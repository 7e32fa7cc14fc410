"""From the bytes of a file to its lines: encodings, long lines, and what is no text.

UTF-8 is expected, with or without its mark. UTF-16 is read when its mark says so. A file that is
not UTF-8 is read as Windows-1252, in which the AMA and CMS write names such as Friedländer, but
never half of it as one and half as the other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from medcodes.errors import ReleaseError
from medcodes.releases.opening import Content

__all__ = ["LONGEST_LINE", "head_lines", "lines"]

LONGEST_LINE = 1 << 16
"""The longest line of a release known to us has some 6,000 characters."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(content: Content) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1, without their ends.

    Raises:
        ReleaseError: a line is too long, is no text, or is of another encoding than the rest.
    """
    found = _utf16(content) if content.head.startswith(_UTF16) else _bytewise(content)
    for number, line in enumerate(found, 1):
        if len(line) > LONGEST_LINE:
            raise _too_long(content, number)
        if "\r" in line:
            message = "a carriage return is inside it; lines end with LF, or CR LF"
            raise ReleaseError(message, file=content.name, line=number)
        if _NO_TEXT.search(line):
            strange = _NO_TEXT.search(line)
            assert strange is not None
            what = "it looks like UTF-16" if "\0" in line else "text is expected"
            message = f"it has the control character {strange.group()!r}; {what}"
            raise ReleaseError(message, file=content.name, line=number)
        yield number, line


def head_lines(content: Content) -> list[str]:
    """The first lines, to recognise a layout from; what is no text among them is left out."""
    head = content.head
    if head.startswith(_UTF16):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    found = [line.removesuffix("\r") for line in text.split("\n")]
    return found[:-1] or found


def _too_long(content: Content, number: int) -> ReleaseError:
    message = f"it has more than {LONGEST_LINE:,} characters, which no line does"
    return ReleaseError(message, file=content.name, line=number)


def _bytewise(content: Content) -> Iterator[str]:
    encoding, plain = "utf-8", True
    for number, line in enumerate(content.lines(LONGEST_LINE), 1):
        raw = line.removesuffix(b"\r")
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if raw.isascii():
            yield raw.decode("ascii")
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and plain:
                encoding = "cp1252"
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                message = (
                    f"byte {error.start + 1} is 0x{raw[error.start]:02x}, which is not {encoding} "
                    "as the lines before it"
                )
                raise ReleaseError(message, file=content.name, line=number) from None
        if encoding == "cp1252" and _is_utf8(raw):
            message = "it is UTF-8, and lines before it are Windows-1252"
            raise ReleaseError(message, file=content.name, line=number)
        plain = False
        yield text


def _is_utf8(raw: bytes) -> bool:
    """Whether bytes that are not ASCII are UTF-8, which no text of Windows-1252 is by chance."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf16(content: Content) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    rest, number = "", 0
    try:
        for piece in content.pieces():
            *whole, rest = (rest + decoder.decode(piece)).split("\n")
            for line in whole:
                number += 1
                yield line.removesuffix("\r")
            if len(rest) > LONGEST_LINE:
                raise _too_long(content, number + 1)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        message = f"it is no UTF-16: {error.reason}"
        raise ReleaseError(message, file=content.name, line=number + 1) from error
    if rest:
        yield rest.removesuffix("\r")
