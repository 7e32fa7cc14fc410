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
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Union

import attrs

from medcodes.atomic import whole_file
from medcodes.dates import Cadence, as_number
from medcodes.errors import DamagedReference, StaleReferenceWarning
from medcodes.formats import Format, Variant
from medcodes.reference.codes import CodeTable
from medcodes.reference.file import TableFile, bundled, pack, sealed, unsealed
from medcodes.reference.release import Release
from medcodes.reference.successors import pack_successors
from medcodes.reference.titles import TitleTable
from medcodes.reference.writing import packed, title_blocks
from medcodes.systems import CodeSystem, Systems, Traits

KINDS = ("codes", "titles", "successors")
"""The tables that are saved."""

MAGIC = b"medcodes release 1\n"
StrPath = Union[str, "os.PathLike[str]"]


@attrs.frozen
class Saved:
    """What a file holds.

    Attributes:
        tables: by system id and kind: ``"codes"``, ``"titles"`` or ``"successors"``.
        releases: the releases that they come from, oldest first.
        systems: the systems of the user's own.
    """

    tables: Mapping[tuple[str, str], Any]
    releases: tuple[Release, ...]
    systems: tuple[CodeSystem, ...]


def write(saved: Saved, path: StrPath) -> None:
    """Write tables to a file, all of it or nothing.

    Raises:
        ValueError: there is nothing to write.
        OSError: the file cannot be written, or is a device, a pipe or a folder; what was there
            before is still there.
    """
    if not (saved.tables or saved.systems):
        raise ValueError("nothing was loaded, so there is nothing to save: see with_release")
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # It would be replaced by a file, and other programs use a device too.
        raise OSError(errno.EINVAL, "not a regular file; it is left as it is", os.fspath(path))
    with whole_file(target, private=True) as file:
        file.write(pack_saved(saved))


def pack_saved(saved: Saved) -> bytes:
    """The bytes of a file."""
    files = dict(_files(saved.tables))
    head = {
        "releases": list(map(_plain_release, saved.releases)),
        "systems": list(map(_plain_system, saved.systems)),
        "tables": [[*name, len(content)] for name, content in files.items()],
    }
    return sealed(MAGIC, head, files.values())


def _files(tables: Mapping[tuple[str, str], Any]) -> Iterator[tuple[tuple[str, str], bytes]]:
    for (system, what), table in sorted(tables.items(), key=_by_name):
        header: dict[str, Any] = {"system": system, "what": what}
        if isinstance(table, CodeTable):
            header = {key: value for key, value in table.header.items() if key != "blocks"}
            blocks = packed(table, table.history_lines.__getitem__)
        elif isinstance(table, TitleTable):
            codes = [code for code, _ in tables[system, "codes"]]
            header["starts"], blocks = title_blocks(codes, dict(table))
        else:
            rows = ((code, as_number(day), other) for code, day, other in table)
            blocks = pack_successors(rows)
        yield (system, what), pack(header, blocks)


def _by_name(named: tuple[tuple[str, str], object]) -> tuple[str, str]:
    return named[0]


def read(path: StrPath, known: Systems) -> Saved:
    """What is in a file that `write` wrote.

    Raises:
        DamagedReference: it is another file, or damaged, or of another version.
        OSError: it cannot be opened.
    """
    name = os.fspath(path)
    try:
        return unpack_saved(Path(path).read_bytes(), known, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error) if type(error) is ValueError else f"its content makes no sense: {error!r}"
        raise DamagedReference(
            f"{name} cannot be used: {why}. Only files that Classifier.save wrote can be opened; "
            "load its releases again by with_release, and save them."
        ) from error


def unpack_saved(content: bytes, known: Systems, name: str = "a pickled reference") -> Saved:
    """What is in the bytes of a file."""
    head, start = unsealed(MAGIC, content)
    own = tuple(map(_system, head.get("systems", ())))
    by_id = {system.id: system for system in (*known.all, *own)}
    tables = {}
    for system, what, size in head["tables"]:
        file = TableFile(f"{name} ({system}.{what})", content[start : start + size])
        tables[system, what] = file.expect(system, what)
        start += size
    return Saved(tables, tuple(_release(plain, by_id) for plain in head["releases"]), own)


def warn_if_older(path: StrPath, system: str, file: TableFile) -> None:
    """Say that a saved table hides a newer one of the package."""
    newer, saved = bundled(system, "codes").header["last_day"], file.header["last_day"]
    if newer > saved:
        warnings.warn(
            f"{os.fspath(path)} knows {system} until {saved}, and this medcodes until {newer}; "
            "load its releases again, and save them",
            StaleReferenceWarning,
            stacklevel=4,
        )


# -- releases and systems as JSON -----------------------------------------------------------------


def _plain_release(release: Release) -> dict[str, Any]:
    facts = _plain(release, attrs.filters.exclude("system"))
    return {**facts, "system": release.system.id}


def _plain_system(system: CodeSystem) -> dict[str, Any]:
    facts = _plain(system, attrs.filters.exclude("traits"))
    months, names, ends = system.traits.cadence
    cadence = [months, names, ends and ends.isoformat()]
    return {**facts, "traits": {**system.traits._asdict(), "cadence": cadence}}


def _plain(value: Any, wanted: Any = None) -> dict[str, Any]:
    def plain(_: object, __: object, field: Any) -> Any:
        return field.isoformat() if isinstance(field, date) else field

    return attrs.asdict(value, filter=wanted, value_serializer=plain)


def _release(plain: dict[str, Any], by_id: Mapping[str, CodeSystem]) -> Release:
    days = {key: date.fromisoformat(plain[key]) for key in ("valid_from", "valid_to")}
    return Release(**{**plain, **days, "system": by_id[plain["system"]]})


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
