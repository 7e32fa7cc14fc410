r"""Writing loaded tables to one file, and opening it again.

A file is, in this order::

    medcodes release 1\n     magic and version of the format
    {"tables": ...}\n        one line of JSON: the releases with their licence notes, and the tables
    table table ...          each as in `medcodes.reference.file`
    4 bytes                  CRC-32 (little-endian) of everything before them

It holds the lists that were loaded, so it is as private as they are: only its owner may read it.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Union

import attrs

from medcodes import systems
from medcodes.errors import DamagedReference, StaleReferenceWarning
from medcodes.reference import BUNDLED, CodeTable, Reference, SuccessorTable, TitleTable
from medcodes.reference.file import TableFile, bundled, pack
from medcodes.reference.release import Release
from medcodes.reference.successors import pack_successors
from medcodes.reference.writing import as_number, packed, title_blocks

__all__ = ["packed_whole", "read", "reopened", "write"]

MAGIC = b"medcodes release 1\n"
StrPath = Union[str, "os.PathLike[str]"]


def write(reference: Reference, path: StrPath) -> None:
    """Write the tables that a reference has of its own to a file, all of it or nothing.

    Raises:
        ValueError: it has none.
        OSError: the file cannot be written, or is a device, a pipe or a folder; what stood there
            before is still there.
    """
    if not (reference.own or reference.own_successors):
        raise ValueError("nothing was loaded, so there is nothing to save: see with_release")
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # It would be replaced by a file, and a device is not there for one program alone.
        raise OSError(errno.EINVAL, "it is no regular file, and is left alone", os.fspath(path))
    _write_whole(target, packed_whole(reference))


def packed_whole(reference: Reference) -> bytes:
    """The bytes of a file with the tables that a reference has of its own."""
    files = dict(_files(reference))
    head = {
        "releases": [_plain(one) for one in reference.releases],
        "tables": [[*name, len(content)] for name, content in files.items()],
    }
    body = b"".join((MAGIC, json.dumps(head).encode(), b"\n", *files.values()))
    return body + zlib.crc32(body).to_bytes(4, "little")


def _files(reference: Reference) -> Iterator[tuple[tuple[str, str], bytes]]:
    for system in reference.own:
        table, titles = reference.codes(system), reference.titles(system)
        header = {key: value for key, value in table.header.items() if key != "blocks"}
        lines = table.history_lines
        yield (system, "codes"), pack(header, packed(table, lines.__getitem__))
        codes = [code for code, _ in table]
        known = {code: title for code in codes if (title := titles.get(code)) is not None}
        starts, blocks = title_blocks(codes, known)
        title_header = {"system": system, "what": "titles", "edition": table.edition}
        yield (system, "titles"), pack({**title_header, "starts": starts}, blocks)
    for system in reference.own_successors:
        pairs = reference.successors(system)
        blocks = pack_successors((code, as_number(day), other) for code, day, other in pairs)
        yield (system, "successors"), pack({"system": system, "what": "successors"}, blocks)


def _plain(release: Release) -> dict[str, Any]:
    def plain(_: object, __: object, value: Any) -> Any:
        if isinstance(value, systems.CodeSystem):
            return value.id
        return value.isoformat() if isinstance(value, date) else value

    return attrs.asdict(release, recurse=False, value_serializer=plain)


def _write_whole(target: Path, content: bytes) -> None:
    """Replace a file by another in one step, which its owner alone may read."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink()
        raise


def read(path: StrPath, below: Reference = BUNDLED) -> Reference:
    """A reference with the tables of a file that `write` wrote.

    Raises:
        DamagedReference: it is no such file, or damaged, or of another version.
        OSError: it cannot be opened.
    """
    content = Path(path).read_bytes()
    shown = os.fspath(path)
    if not content.startswith(MAGIC[:-2]):
        raise _damaged(shown, "it was not written by Classifier.save (for a release: with_release)")
    if not content.startswith(MAGIC):
        raise _damaged(shown, "it is of another version of medcodes")
    body = content[:-4]
    if zlib.crc32(body).to_bytes(4, "little") != content[-4:]:
        raise _damaged(shown, "its checksum is wrong: it is truncated or changed")
    try:
        releases, files = _taken_apart(shown, body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(shown, f"it makes no sense: {error!r}") from error
    for system, what, file in files:
        if what == "codes":
            _warn_if_older(shown, system, file)
    return _above(below, releases, files)


def reopened(content: bytes, below: Reference) -> Reference:
    """A reference with the tables of what `packed_whole` gave, as pickles hold it."""
    return _above(below, *_taken_apart("a pickled reference", content[:-4]))


def _above(
    below: Reference, releases: tuple[Release, ...], files: list[tuple[str, str, TableFile]]
) -> Reference:
    return below.extended(
        {system: partial(CodeTable, file) for system, what, file in files if what == "codes"},
        {system: partial(TitleTable, file) for system, what, file in files if what == "titles"},
        releases,
        {
            system: partial(SuccessorTable, file)
            for system, what, file in files
            if what == "successors"
        },
    )


def _taken_apart(
    shown: str, body: bytes
) -> tuple[tuple[Release, ...], list[tuple[str, str, TableFile]]]:
    line_end = body.index(b"\n", len(MAGIC))
    head = json.loads(body[len(MAGIC) : line_end])
    place = line_end + 1
    files = []
    for system, what, size in head["tables"]:
        file = TableFile(f"{shown} ({system}.{what})", body[place : place + size])
        files.append((system, what, file.expect(system, what)))
        place += size
    return tuple(map(_release, head["releases"])), files


def _release(plain: dict[str, Any]) -> Release:
    days = {key: date.fromisoformat(plain[key]) for key in ("valid_from", "valid_to")}
    return Release(**{**plain, **days, "system": systems.by_id[plain["system"]]})


def _warn_if_older(shown: str, system: str, file: TableFile) -> None:
    """Say that a saved table hides a newer one of the package."""
    if system == "cpt":
        return
    newer, saved = bundled(system, "codes").header["last_day"], file.header["last_day"]
    if newer > saved:
        warnings.warn(
            f"{shown} knows {system} until {saved}, and this medcodes until {newer}; load its "
            "releases again, and save them",
            StaleReferenceWarning,
            stacklevel=4,
        )


def _damaged(shown: str, why: str) -> DamagedReference:
    return DamagedReference(
        f"{shown} cannot be used: {why}. Load its releases again, and save them."
    )
