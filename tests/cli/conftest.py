"""What the tests of the command line share."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from medcodes.cli.app import app
from medcodes.cli.files import Source

Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process: ``run("identify", "I10", stdin=b"")``."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")

    def run(*arguments: object, stdin: bytes = b"") -> Any:
        return CliRunner().invoke(app, list(map(str, arguments)), input=stdin)

    return run


def source(data: bytes) -> Source:
    """A file with some bytes in it."""
    raw: Any = io.BufferedReader(io.BytesIO(data))
    return Source("made-up", raw, raw, len(data))
