"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from medcodes.cli.app import app

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
