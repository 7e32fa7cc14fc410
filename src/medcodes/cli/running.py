"""Around every command: how it ends when something goes wrong."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer

from medcodes.cli.output import note
from medcodes.cli.trouble import Trouble
from medcodes.errors import DamagedReference, StaleReferenceWarning

__all__ = ["USAGE", "running"]

USAGE = 2
_INTERRUPTED, _BROKEN_PIPE, _SIGNALLED = 130, 141, 128
"""As shells number the end by SIGINT, by SIGPIPE and, with its number added, by another signal."""
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class _Terminated(BaseException):
    """Somebody asked the process to end, by the signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def running() -> Iterator[None]:
    """Turn what goes wrong into one line on standard error and an exit status.

    Whatever happens, what the command was writing is taken away by whoever was writing it, since
    every end comes as an exception.
    """
    with _terminating(), warnings.catch_warnings():
        warnings.simplefilter("always", StaleReferenceWarning)
        warnings.showwarning = _warn
        try:
            if sys.stdout is None:  # as Python has it when it was closed before the start
                raise Trouble("standard output is closed")
            yield
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_pipe()
            raise typer.Exit(_BROKEN_PIPE) from None
        except (Trouble, DamagedReference) as trouble:
            raise _failed(str(trouble)) from None
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            raise _failed(f"{named}{error.strerror or error}") from None
        except KeyboardInterrupt:
            note("medcodes: interrupted; nothing was written", style="red")
            raise typer.Exit(_INTERRUPTED) from None
        except _Terminated as ended:
            raise typer.Exit(_SIGNALLED + ended.number) from None


def _failed(message: str) -> typer.Exit:
    note(f"medcodes: {message}", style="red")
    return typer.Exit(USAGE)


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
        raise _Terminated(number)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is told of signals
        return
    # What is ignored stays so, as under nohup.
    heeded = [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, end) for one in heeded}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
