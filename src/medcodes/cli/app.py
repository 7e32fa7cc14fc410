"""The commands of ``medcodes``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import medcodes
from medcodes.cli.annotate import annotate
from medcodes.cli.changes import changes
from medcodes.cli.check import check
from medcodes.cli.expand import expand
from medcodes.cli.find import find
from medcodes.cli.identify import identify
from medcodes.cli.profile import profile
from medcodes.cli.running import running
from medcodes.cli.search import search
from medcodes.cli.suggest import suggest
from medcodes.cli.systems import systems

app = typer.Typer(
    name="medcodes",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What is this code? CPT, HCPCS, ICD-10-CM, ICD-10-PCS and ICD-9-CM, exactly and to the "
    "day, without a network.",
)
_READING = (identify, find, suggest, search, expand)
_OF_FILES = (profile, check, annotate)
for command in (*_READING, *_OF_FILES, changes, systems):
    app.command()(running()(command))


def main() -> None:
    """Run the command line."""
    app(prog_name="medcodes" if sys.argv[0].endswith("medcodes") else "python -m medcodes")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medcodes {medcodes.__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What all commands share: nothing but the version."""
