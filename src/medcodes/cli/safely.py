"""Writing a file so that it is whole or not there at all.

What is written goes into a part beside the target and takes its place at the end, in one step. A
run that fails takes its part along; one that was killed leaves it behind, hidden, and the next run
to the same target removes it.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["replacing"]

_YOUNG = 60.0
"""Seconds within which a part may be one that is being made just now."""


def _locks() -> Any:
    try:
        return import_module("fcntl")
    except ModuleNotFoundError:  # Windows, which lets nobody remove a file in use
        return None


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `target` when the block ends without an error.

    A link is followed. What is no regular file, such as a device or a named pipe, is written to as
    it is.

    Raises:
        OSError: the folder is not there, cannot be written to, or is full.
    """
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    _remove_left_behind(target)
    try:
        handle, name = tempfile.mkstemp(".part", _prefix(target), target.parent)
    except OSError as error:  # it names the part, of which nobody has heard
        raise OSError(error.errno, error.strerror, str(target)) from None
    part = Path(name)
    try:
        with open(handle, "wb") as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _take_over_mode(target, part)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync_folder(target.parent)


def _prefix(target: Path) -> str:
    return f".{target.name}."


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed, unless somebody else has it locked."""
    locks = _locks()
    if locks is None:
        return True
    try:
        locks.flock(file, locks.LOCK_EX | locks.LOCK_NB)
    except OSError:  # locked, or a file system without locks
        return False
    return True


def _remove_left_behind(target: Path) -> None:
    """Remove the parts of earlier runs to a target that were killed."""
    parts = [
        one
        for one in target.parent.glob("*.part")
        if one.name.startswith(_prefix(target)) and one.is_file()
    ]
    for part in parts:
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _YOUNG and _is_unlocked(part):
                part.unlink()


def _is_unlocked(part: Path) -> bool:
    with part.open("rb") as file:
        return _lock(file)


def _take_over_mode(target: Path, part: Path) -> None:
    """Who may read and write the new file: as with the old one, or with any new file."""
    if target.exists():
        mode = stat.S_IMODE(target.stat().st_mode)
    else:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    part.chmod(mode)


def _sync_folder(folder: Path) -> None:
    """Write the name down too, where the system lets folders be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
