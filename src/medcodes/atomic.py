"""Writing a file so that it is whole or not there at all.

What is written goes into a part beside the target and takes its place at the end, in one step. A
run that fails removes its part; one that was killed leaves it behind, hidden, and the next run to
the same target removes it.
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

_YOUNG = 60.0
"""Seconds within which a part may be one that is being made just now."""


def _locks() -> Any:
    try:
        return import_module("fcntl")
    except ModuleNotFoundError:  # Windows, where a file in use cannot be removed
        return None


@contextmanager
def whole_file(target: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `target` when the block ends without an error.

    A link is followed. What is not a regular file, such as a device or a named pipe, is written to
    as it is.

    Args:
        target: the file.
        private: whether only its owner may read it; else it keeps its mode, or has that of any new
            file.

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
    except OSError as error:  # it names the part, which the caller does not know
        raise OSError(error.errno, error.strerror, str(target)) from None
    part = Path(name)
    try:
        with open(handle, "wb") as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not private:  # as the part is from the start
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
    """Lock a file until it is closed, unless another process has it locked."""
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
        part
        for part in target.parent.glob("*.part")
        if part.name.startswith(_prefix(target)) and part.is_file()
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
