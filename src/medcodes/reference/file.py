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
import os
import zlib
from typing import Any

from medcodes.errors import DamagedReference

__all__ = ["MAGIC", "TableFile", "bundled", "pack", "read_data"]

MAGIC = b"medcodes table 1\n"


class TableFile:
    """One table: its header, and its blocks unpacked on demand.

    Attributes:
        path: where it was read from, for messages.
        header: the JSON line.
    """

    __slots__ = ("_bytes", "_ends", "header", "path")

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.header: dict[str, Any]
        if not content.startswith(MAGIC[:-2]):
            raise self._damaged("it does not begin like a medcodes table")
        if not content.startswith(MAGIC):
            raise self._damaged("it is of another version of the table format")
        body, checksum = content[:-4], content[-4:]
        if zlib.crc32(body).to_bytes(4, "little") != checksum:
            raise self._damaged("its checksum is wrong: it is truncated or changed")
        line_end = body.index(b"\n", len(MAGIC))
        self.header = json.loads(body[len(MAGIC) : line_end])
        self._bytes = body
        self._ends = [line_end + 1]
        for size in self.header["blocks"]:
            self._ends.append(self._ends[-1] + size)

    def expect(self, system: str, what: str) -> TableFile:
        """Refuse a table that is intact but is not the one asked for."""
        if (self.header["system"], self.header["what"]) != (system, what):
            raise self._damaged(
                f"it holds the {self.header['what']} of {self.header['system']}, "
                f"where the {what} of {system} were expected"
            )
        return self

    def block(self, number: int) -> str:
        """The text of one block."""
        start, end = self._ends[number : number + 2]
        return zlib.decompress(self._bytes[start:end]).decode()

    def _damaged(self, why: str) -> DamagedReference:
        return DamagedReference(
            f"the reference table {self.path} cannot be used: {why}. "
            "Reinstalling medcodes restores it."
        )


def pack(header: dict[str, Any], blocks: list[str]) -> bytes:
    """The bytes of a table; the same input always gives the same bytes."""
    packed = [zlib.compress(block.encode(), 9) for block in blocks]
    line = json.dumps(
        {**header, "blocks": [len(block) for block in packed]}, ensure_ascii=True, sort_keys=True
    )
    body = MAGIC + line.encode() + b"\n" + b"".join(packed)
    return body + zlib.crc32(body).to_bytes(4, "little")


def bundled(system: str, what: str) -> TableFile:
    """A table of the wheel, by system id and kind (``"codes"``, ``"titles"``, ``"ranges"``)."""
    name = f"{system}.{what}"
    return TableFile(_path(name), read_data(name)).expect(system, what)


def _path(name: str) -> str:
    return os.path.join(os.path.dirname(__file__), "data", name)


def read_data(name: str) -> bytes:
    """The bytes of a bundled file, from a folder, a zip or whatever else holds the package."""
    # Importing a resource reader costs more than reading a table; nearly every loader, zipimport
    # included, hands out data by itself.
    get_data = getattr(__spec__.loader, "get_data", None)
    try:
        if get_data is not None:
            content: bytes = get_data(_path(name))
            return content
        import importlib_resources

        return importlib_resources.files(__package__).joinpath("data", name).read_bytes()
    except OSError as error:
        raise DamagedReference(
            f"the reference table {_path(name)} cannot be read ({error}). "
            "Reinstalling medcodes restores it."
        ) from error
