r"""Saving what was loaded: tables of the user's own in one file, and opened again.

A file is, in this order::

    medcodes release 1\n     magic and version of the format
    {"tables": ...}\n        one line of JSON: the releases with their licence notes, the systems of
                             the user's own, and what the tables are
    table table ...          each as in `medcodes.reference.file`
    4 bytes                  CRC-32 (little-endian) of everything before them

It holds the lists that were loaded, so it is as private as they are: only its owner may read it.
"""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import attrs

from medcodes.atomic import whole_file
from medcodes.dates import Cadence, as_number
from medcodes.errors import DamagedReference, StaleReferenceWarning
from medcodes.formats import Format, Variant
from medcodes.reference.file import TableFile, TableText, bundled, pack, sealed, unsealed
from medcodes.reference.release import Release
from medcodes.reference.successors import pack_successors
from medcodes.reference.writing import packed, title_blocks
from medcodes.systems import KNOWN, CodeSystem, Systems, Traits

if TYPE_CHECKING:
    from medcodes.reference import Reference

KINDS = ("codes", "titles", "successors")
"""The tables that are saved."""

MAGIC = b"medcodes release 1\n"
StrPath = Union[str, "os.PathLike[str]"]


def write(reference: Reference, path: StrPath) -> None:
    """Write the tables of a reference's own to a file, all of it or nothing.

    Raises:
        ValueError: there is nothing to write.
        OSError: the file cannot be written, or is a device, a pipe or a folder; what was there
            before is still there.
    """
    if not (reference.own or _own_systems(reference)):
        raise ValueError("nothing was loaded, so there is nothing to save: see with_release")
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # It would be replaced by a file, and other programs use a device too.
        raise OSError(errno.EINVAL, "not a regular file; it is left as it is", os.fspath(path))
    with whole_file(target, private=True) as file:
        file.write(pack_saved(reference))


def pack_saved(reference: Reference) -> bytes:
    """The bytes of a file."""
    files = dict(_files(reference))
    head = {
        "releases": [
            {**attrs.asdict(release, recurse=False), "system": release.system.id}
            for release in reference.releases
        ],
        "systems": [
            {**attrs.asdict(system), "traits": system.traits._asdict()}
            for system in _own_systems(reference)
        ],
        "tables": [[*name, len(content)] for name, content in files.items()],
    }
    return sealed(MAGIC, head, files.values())


def _own_systems(reference: Reference) -> list[CodeSystem]:
    return [system for system in reference.systems.all if system not in KNOWN.all]


def _files(reference: Reference) -> Iterator[tuple[tuple[str, str], bytes]]:
    for system, what in sorted(name for name in reference.own if name[1] in KINDS):
        header: dict[str, Any] = {"system": system, "what": what}
        if what == "codes":
            codes = reference.codes(system)
            header = {key: value for key, value in codes.header.items() if key != "blocks"}
            blocks = packed(codes, codes.history_lines.__getitem__)
        elif what == "titles":
            listed = (code for code, _ in reference.codes(system))
            header["starts"], blocks = title_blocks(listed, dict(reference.titles(system)))
        else:
            followed = reference.successors(system)
            blocks = pack_successors((code, as_number(day), other) for code, day, other in followed)
        yield (system, what), pack(header, blocks)


def read(path: StrPath, below: Reference) -> Reference:
    """A reference with what is in a file that `write` wrote, above another one.

    Raises:
        DamagedReference: it is another file, or damaged, or of another version.
        OSError: it cannot be opened.
    """
    name = os.fspath(path)
    try:
        return unpack_saved(Path(path).read_bytes(), below, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error) if type(error) is ValueError else f"its content makes no sense: {error!r}"
        raise DamagedReference(
            f"{name} cannot be used: {why}. Only files that Classifier.save wrote can be opened; "
            "load its releases again by with_release, and save them."
        ) from error


def unpack_saved(content: bytes, below: Reference, name: str = "a pickled reference") -> Reference:
    """A reference with what is in the bytes of a file, above another one."""
    head, start = unsealed(MAGIC, content)
    systems = below.systems
    for plain in head.get("systems", ()):
        systems = systems.with_system(_system(plain))
    tables: dict[tuple[str, str], TableText] = {}
    for system, what, size in head["tables"]:
        file = TableFile(f"{name} ({system}.{what})", content[start : start + size])
        tables[system, what] = file.expect(system, what)
        start += size
    releases = tuple(_release(plain, systems) for plain in head["releases"])
    return below.extended(tables, releases, systems)


def warn_if_older(path: StrPath, system: str, table: Any) -> None:
    """Say that a saved table hides a newer one of the package."""
    newer, saved = bundled(system, "codes").header["last_day"], table.header["last_day"]
    if newer > saved:
        warnings.warn(
            f"{os.fspath(path)} knows {system} until {saved}, and this medcodes until {newer}; "
            "load its releases again, and save them",
            StaleReferenceWarning,
            stacklevel=4,
        )


# -- releases and systems from JSON ---------------------------------------------------------------


def _release(plain: dict[str, Any], systems: Systems) -> Release:
    days = {key: date.fromisoformat(plain[key]) for key in ("valid_from", "valid_to")}
    return Release(**{**plain, **days, "system": systems.by_id[plain["system"]]})


def _system(plain: dict[str, Any]) -> CodeSystem:
    facts = _with_tuples(plain)
    shape, traits = facts.pop("shape"), facts.pop("traits")
    months, names, ends = traits["cadence"]
    cadence = Cadence(months, names, ends and date.fromisoformat(ends))
    variants = tuple(Variant(**variant) for variant in shape.pop("variants"))
    return CodeSystem(
        **facts,
        shape=Format(**shape, variants=variants),
        traits=Traits(**{**traits, "cadence": cadence}),
    )


def _with_tuples(plain: Any) -> Any:
    """What JSON has as lists, which are tuples here."""
    if isinstance(plain, dict):
        return {key: _with_tuples(value) for key, value in plain.items()}
    return tuple(map(_with_tuples, plain)) if isinstance(plain, list) else plain
