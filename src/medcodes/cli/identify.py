"""``medcodes identify``: what are these codes?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated, Optional

import typer

from medcodes import Identification
from medcodes.cli import options
from medcodes.cli.files.stream import opened
from medcodes.cli.output import print_json, print_table, printable, short

HEADINGS = ("TEXT", "SYSTEM", "CODE", "STATUS", "WHAT IT IS")
_AT_ONCE = 10_000
_CODES = typer.Argument(metavar="CODE...", help="Codes.")
_FILE = typer.Option(metavar="FILE", help="A file with one code a line; - for standard input.")


def identify(
    codes: Annotated[Optional[list[str]], _CODES] = None,
    file: Annotated[Optional[str], _FILE] = None,
    on: options.On = None,
    system: options.Systems = None,
    kind: options.Kind = None,
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """Say what codes are: their system, their status on a day, and what they mean.

    **Examples**

    `medcodes identify 90837 E11.65 J0120 --on 2026-06-01`

    `medcodes identify --file codes.txt --json`

    `cut -d, -f3 claims.csv | medcodes identify --file - --kind diagnosis`
    """
    if bool(codes) == bool(file):
        raise typer.BadParameter("give codes, or --file with one code a line")
    classifier = options.classifier_of(reference)
    asked = options.systems_asked(classifier, system, kind)
    rest = iter(codes or _codes_in(file or ""))
    chunks = iter(lambda: list(islice(rest, _AT_ONCE)), [])
    answers = chain.from_iterable(
        classifier.identify_many(some, on=on, systems=asked) for some in chunks
    )
    if json:
        for answer in answers:
            print_json(answer.to_dict())
    else:
        print_table(HEADINGS, map(row, answers))


def _codes_in(path: str) -> Iterator[str]:
    """The codes of a file of one code a line; empty lines and those with # in front are none."""
    with opened(path) as file:
        for line in file.lines():
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\r\n")


def row(answer: Identification) -> tuple[str, ...]:
    """An answer as a row of a table."""
    text = short(answer.text)
    if answer.system is None:
        return (text, "-", "-", answer.status.value, printable(answer.reason))
    filed = " > ".join(dict.fromkeys(category.label for category in answer.categories[-2:]))
    what = answer.title or filed or answer.reason
    if answer.ambiguous:
        others = [f"{rival.system.name} {rival.code}" for rival in answer.rivals if rival.system]
        what += f" (or {', '.join(others)})"
    code = "-".join((answer.code or "", *answer.modifiers))
    return (text, answer.system.name, code, answer.status.value, what)
