r"""The container that every bundled table is kept in.

A file is, in this order::

    medcodes table 1\n      magic and version of the format
    {"system": ...}\n       one line of JSON: what the table is, and the packed size of each block
    block block ...         zlib streams, each UTF-8 text when unpacked
    4 bytes                 CRC-32 (little-endian) of everything before them

The checksum is verified when the file is read, so that a damaged or truncated table is an error
that names the file, never a wrong answer. zlib and CRC-32 are in every Python, browsers included.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from datetime import date
from itertools import accumulate
from typing import Any

from medcodes.errors import DamagedReference
from medcodes.reference.installed import data

MAGIC = b"medcodes table 1\n"


class TableText:
    """What a table is read from: its header, and its blocks.

    Attributes:
        path: what messages call it.
        header: what the table is.
    """

    def __init__(self, path: str, header: dict[str, Any], blocks: list[str]) -> None:
        self.path = path
        self.header = header
        self._blocks = blocks

    def block(self, number: int) -> str:
        """The text of one block."""
        return self._blocks[number]

    def lines(self, number: int) -> list[str]:
        """The lines of one block; an empty one has none."""
        text = self.block(number)
        return text.split("\n") if text else []


NO_TABLE = TableText("no table", {}, ["", "", ""])
"""What a table is read from where there is none."""


class TableFile(TableText):
    """One table in its file: the blocks are unpacked on demand."""

    def __init__(self, path: str, content: bytes) -> None:
        try:
            header, start = unsealed(MAGIC, content)
        except ValueError as error:
            raise _damaged(path, str(error)) from None
        super().__init__(path, header, [])
        self._bytes = content
        self._ends = list(accumulate(self.header["blocks"], initial=start))

    def expect(self, system: str, what: str) -> TableFile:
        """Refuse a table that is intact but is not the one asked for."""
        if (self.header["system"], self.header["what"]) != (system, what):
            raise _damaged(
                self.path,
                f"it holds the {self.header['what']} of {self.header['system']}, "
                f"where the {what} of {system} were expected",
            )
        return self

    def block(self, number: int) -> str:
        """The text of one block."""
        start, end = self._ends[number : number + 2]
        return zlib.decompress(self._bytes[start:end]).decode()


def _damaged(path: str, why: str) -> DamagedReference:
    return DamagedReference(
        f"the reference table {path} cannot be used: {why}. Reinstalling {data().distribution} "
        "restores it."
    )


def pack(header: dict[str, Any], blocks: list[str]) -> bytes:
    """The bytes of a table; the same input always gives the same bytes."""
    packed = [zlib.compress(block.encode(), 9) for block in blocks]
    return sealed(MAGIC, {**header, "blocks": list(map(len, packed))}, packed)


def sealed(magic: bytes, header: dict[str, Any], parts: Iterable[bytes]) -> bytes:
    """A file of this form: its magic, its header as a line of JSON, its parts, their checksum."""
    line = json.dumps(header, sort_keys=True, default=date.isoformat).encode()
    body = b"".join((magic, line, b"\n", *parts))
    return body + zlib.crc32(body).to_bytes(4, "little")


def unsealed(magic: bytes, content: bytes) -> tuple[dict[str, Any], int]:
    """The header of such a file, and where its parts begin.

    Raises:
        ValueError: it is another file, of another version, or damaged; the message says which.
    """
    if not content.startswith(magic[:-2]):
        raise ValueError(f"it does not begin like a {magic[:-3].decode()}")
    if not content.startswith(magic):
        raise ValueError("it is of another version of medcodes")
    if zlib.crc32(content[:-4]).to_bytes(4, "little") != content[-4:]:
        raise ValueError("its checksum is wrong: it is truncated or changed")
    line_end = content.index(b"\n", len(magic))
    return json.loads(content[len(magic) : line_end]), line_end + 1


def bundled(system: str, what: str) -> TableFile:
    """A table of the data that answer, by system id and kind (``"codes"``, ``"ranges"``)."""
    name, files = f"{system}.{what}", data()
    return TableFile(files.path(name), files.read(name)).expect(system, what)
