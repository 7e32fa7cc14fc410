"""From the bytes of a file to its lines: encodings, long lines, and what is not text.

UTF-8 is expected, with or without its mark. UTF-16 is read when its mark says so. A file that is
not UTF-8 is read as Windows-1252, in which the AMA and CMS write names such as Friedländer, but
never half of it as one and half as the other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from medcodes.releases.opening import Content

LONGEST_LINE = 1 << 16
"""In bytes or characters. The longest line of a known release has some 6,000 characters."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(content: Content) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1, without their ends.

    Raises:
        ReleaseError: a line is too long, is not text, or is of another encoding than the rest.
    """
    for number, line in enumerate(_decoded(content), 1):
        if len(line) > LONGEST_LINE:
            raise content.error(f"the line has more than {LONGEST_LINE:,} characters", number)
        if "\r" in line:
            message = "a carriage return is inside the line; lines end with LF, or CR LF"
            raise content.error(message, number)
        control = _CONTROL.search(line)
        if control is not None:
            what = "it looks like UTF-16" if "\0" in line else "text is expected"
            raise content.error(f"the control character {control.group()!r}; {what}", number)
        yield number, line


def head_lines(content: Content) -> list[str]:
    """The first lines, to recognise a layout from; what is not text among them is left out."""
    head = content.head
    if head.startswith(_UTF16):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    head_of_lines = [line.removesuffix("\r") for line in text.split("\n")]
    return head_of_lines[:-1] or head_of_lines


def _decoded(content: Content) -> Iterator[str]:
    encoding = ""  # what the first line says that is not ASCII
    for number, line in enumerate(_split(content), 1):
        raw = line.removesuffix(b"\r")
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if raw.isascii():
            yield raw.decode("ascii")
            continue
        is_utf8 = _is_utf8(raw)
        encoding = encoding or ("utf-8" if is_utf8 else "cp1252")
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            message = (
                f"byte {error.start + 1} is 0x{raw[error.start]:02x}, which is not {encoding}, "
                "the encoding of the lines before it"
            )
            raise content.error(message, number) from None
        # No text of Windows-1252 is UTF-8 by chance.
        if is_utf8 and encoding == "cp1252":
            raise content.error("the line is UTF-8, and lines before it are Windows-1252", number)
        yield text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _split(content: Content) -> Iterator[bytes]:
    """The lines of a file, without their ends; none is read further than it may be long."""
    pieces, unit = content.pieces(), "bytes"
    if content.head.startswith(_UTF16):
        texts = codecs.iterdecode(pieces, "utf-16")
        pieces, unit = (text.encode() for text in texts), "characters"
    rest, number = b"", 0
    try:
        for piece in pieces:
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            number += len(lines)
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise content.error(f"the line has more than {LONGEST_LINE:,} {unit}", number + 1)
    except UnicodeDecodeError as error:
        raise content.error(f"not UTF-16: {error.reason}", number + 1) from error
    if rest:
        yield rest
