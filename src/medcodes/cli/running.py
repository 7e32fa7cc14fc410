"""Around every command: how it ends when something goes wrong."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from medcodes import DamagedReference, StaleReferenceWarning
from medcodes.cli.errors import InputError
from medcodes.cli.output import note

_USAGE, _INTERRUPTED, _BROKEN_PIPE, _SIGNALLED = 2, 130, 141, 128
"""The end by a wrong input, and as shells number those by SIGINT, by SIGPIPE and, with its number
added, by another signal."""
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def running() -> Iterator[None]:
    """Turn what goes wrong into one line on standard error and an exit status, never 1.

    Every end comes as an exception, by which a file that is half written is removed.
    """
    with _terminating(), warnings.catch_warnings():
        warnings.simplefilter("default", StaleReferenceWarning)
        warnings.showwarning = _warn
        try:
            if sys.stdout is None:  # as Python has it when it was closed before the start
                raise InputError("standard output is closed")
            yield
            sys.stdout.flush()
        except (typer.Exit, typer.BadParameter):
            raise
        except BrokenPipeError:
            _leave_pipe()
            raise typer.Exit(_BROKEN_PIPE) from None
        except KeyboardInterrupt:
            note("medcodes: interrupted; nothing was written", style="red")
            raise typer.Exit(_INTERRUPTED) from None
        except Exception as error:
            note(f"medcodes: {_said(error)}", style="red")
            raise typer.Exit(_USAGE) from None


def _said(error: Exception) -> str:
    """What went wrong, and where that is not the user's to know, in which line of which module."""
    if isinstance(error, (InputError, DamagedReference)):
        return str(error)
    if isinstance(error, OSError):
        return (
            f"{error.filename}: {error.strerror}"
            if error.filename
            else str(error.strerror or error)
        )
    if isinstance(error, ModuleNotFoundError):
        return f"this needs {error.name}: pip install 'medcodes[cli]'"
    if isinstance(error, MemoryError):
        return "out of memory"
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"an error of medcodes itself: {type(error).__name__}: {error} "
        f"({Path(where.filename).name}, line {where.lineno})"
    )


def _leave_pipe() -> None:
    """The reader, ``head`` say, has seen enough: nothing more is to be flushed at the exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    note(f"note: {message}", style="yellow")


@contextmanager
def _terminating() -> Iterator[None]:
    """SIGTERM, and the closing of the terminal, end the work as an exception does."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(_SIGNALLED + number)

    before = {}
    with suppress(ValueError):  # only the main thread is told of signals
        # What is ignored stays so, as under nohup.
        heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
