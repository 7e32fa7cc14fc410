"""The steps of continuous integration, one task each.

``nox --list`` names them, ``nox -s lint types`` runs some, and ``nox`` runs all but ``tests``, as
``coverage`` runs those too. They use the environment that nox is in (``pip install -e '.[dev]'``);
those that need other packages make one of their own. What follows ``--`` goes to pytest.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False
nox.options.sessions = [
    *("lint", "types", "imports", "coverage", "sources", "mutations", "spark", "site"),
    *("recipes", "newcomer", "benchmarks", "readme"),
]


def run(session: nox.Session, tool: str, *arguments: str) -> None:
    """Run a tool of the environment that nox is in."""
    found = shutil.which(tool, path=str(Path(sys.executable).parent))
    if found is None:
        session.error(f"{tool} is not installed: pip install -e '.[dev]'")
    session.run(found, *arguments)


def need(session: nox.Session, *programs: str) -> None:
    """End with an error where a program of the system is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        session.error(f"{' and '.join(missing)} not found: install it with your system's packages")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, as the README runs them."""
    run(session, "pytest", "--quiet", "--numprocesses", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests again: they run every line and branch of the package."""
    run(session, "pytest", "--quiet", "--cov", "--cov-report=", "--numprocesses", "auto")
    run(session, "coverage", "report", "--fail-under=100")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    run(session, "mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """The layers of pyproject.toml: each imports only what is below it."""
    run(session, "lint-imports", "--no-cache")


@nox.session
def sources(session: nox.Session) -> None:
    """Rebuild from the pinned sources; every code on every day."""
    run(session, "pytest", "--quiet", "--numprocesses", "auto", "-m", "sources", *session.posargs)


@nox.session
def mutations(session: nox.Session) -> None:
    """Ten thousand damaged release files."""
    run(session, "pytest", "--quiet", "--numprocesses", "auto", "-m", "mutations", *session.posargs)


@nox.session(venv_backend="venv")
def spark(session: nox.Session) -> None:
    """A real Spark with two worker processes; needs a JDK."""
    need(session, "java")
    session.install("-e", ".[duckdb,polars,spark]", "hypothesis", "pytest")
    session.run("pytest", "--quiet", "-m", "spark", "tests/test_spark.py", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """The documentation site, its links, and its pages in a real browser."""
    need(session, "chromium", "chromedriver", "npm")
    run(session, "pytest", "--quiet", "-m", "browser", *session.posargs)


@nox.session(venv_backend="venv")
def recipes(session: nox.Session) -> None:
    """The recipes of the docs, in the tools that they are for."""
    tools = ("great-expectations", "dbt-core<1.11", "dbt-duckdb<1.11")
    session.install("-e", ".[duckdb,pandas]", "hypothesis", "pytest", *tools)
    session.run("pytest", "--quiet", "-m", "recipes", "tests/test_recipes.py", *session.posargs)


@nox.session
def newcomer(session: nox.Session) -> None:
    """The way of a newcomer, timed."""
    session.run(sys.executable, "-m", "tools.newcomer")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Every benchmark once, with tiny inputs."""
    session.run(sys.executable, "-m", "benchmarks", "--smoke")


@nox.session
def readme(session: nox.Session) -> None:
    """The README's first command, in a new copy."""
    command = session.run(sys.executable, "tools/readme_commands.py", "run", silent=True)
    with TemporaryDirectory() as folder:
        session.run("git", "clone", "--quiet", ".", folder)
        with session.chdir(folder):
            session.run("bash", "-euxc", str(command))
