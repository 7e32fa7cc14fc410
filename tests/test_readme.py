"""The README and the docs say what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import medcodes
from tools.readme_commands import README, command

ROOT = README.parent
PAGES = sorted([README, ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])

RUN = "medcodes identify --file examples/codes.txt --on 2026-06-01"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a new interpreter at the root of the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def output_of_run() -> list[str]:
    """What the README's first command prints, without the making of its environment."""
    program, *arguments = shlex.split(RUN)
    assert program == "medcodes"
    done = python("-m", program, *arguments)
    assert done.stderr == ""
    return done.stdout.splitlines()


def shown_output() -> list[str]:
    """The table that the README shows."""
    found = re.search(
        r"<!-- output: run -->\n```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1].splitlines()


def test_both_commands_are_marked() -> None:
    made = "python3 -m venv .venv && .venv/bin/pip install --quiet"
    assert command("run") == f"{made} '.[cli]' && .venv/bin/{RUN}\n"
    assert (
        command("test") == f"{made} -e '.[dev]' && .venv/bin/pytest --quiet --numprocesses auto\n"
    )


def test_a_missing_command_is_an_error() -> None:
    with pytest.raises(SystemExit, match="no command 'fly'"):
        command("fly")


def test_the_table_is_what_the_first_command_prints() -> None:
    printed = output_of_run()
    left_out: list[str] = []
    position = 0
    for line in shown_output():
        if line == "...":
            left_out.append(line)
            continue
        assert line in printed[position:], f"the README shows a line that is not printed: {line!r}"
        place = printed.index(line, position)
        assert place == position or left_out, f"lines are left out unsaid before {line!r}"
        position = place + 1
        left_out = []
    assert position == len(printed) or left_out, "lines are left out unsaid at the end"


def test_the_table_of_systems_is_true() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", README.read_text("utf-8"), re.M
    )
    shown = {name: facts for name, *facts in rows}
    for system in (
        medcodes.HCPCS,
        medcodes.ICD10CM,
        medcodes.ICD10PCS,
        medcodes.ICD9CM,
        medcodes.ICD9PCS,
    ):
        edition, days, codes = shown[system.name]
        first, last = system.coverage
        assert system.edition is not None
        assert edition in system.edition
        assert days == f"{first} to {last}"
        assert codes == f"{len(system):,}"
    assert shown["CPT"] == ["published ranges only", "2026, and notes on ends", "not public"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_runs_by_itself(page: Path) -> None:
    # A new interpreter for each; and unlike in the general run of the docs, the messages of
    # exceptions count.
    flags = ("-o", "ELLIPSIS", "-o", "NORMALIZE_WHITESPACE")
    # Where Spark is installed beside a newer pandas, pandera's search for it warns.
    warnings = ("-W", "error", "-W", "ignore:PySpark does not yet fully support:FutureWarning")
    done = python(*warnings, "-m", "doctest", *flags, str(page))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        path, _, anchor = target.partition("#")
        goal = page.parent / path if path else page
        assert goal.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"\s+", "-", heading.lower()) for heading in headings], target


@pytest.mark.parametrize("name", medcodes.__all__)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert f"`{name}" in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
