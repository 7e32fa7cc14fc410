"""The examples of the page on the command line do what the page says."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "command-line.md"
BLOCKS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
EXAMPLES = [
    (command, output)
    for block in BLOCKS
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]
posix = pytest.mark.skipif(os.name != "posix", reason="the examples are for a shell")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 11


@posix
@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=lambda one: one[:40])
def test_an_example(command: str, output: str) -> None:
    line = re.sub(r"(^|\| )medcodes ", rf"\1{sys.executable} -m medcodes ", command)
    done = subprocess.run(
        ["sh", "-c", f"{line} 2>&1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    same = doctest.OutputChecker().check_output(
        output, done.stdout, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert same, done.stdout
