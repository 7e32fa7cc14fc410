"""``medcodes identify``: what are these codes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from medcodes.classifier import default
from medcodes.cli.output import print_json, print_table, printable, short
from medcodes.lookup.answer import Identification
from medcodes.systems import CodeSystem

__all__ = ["codes_of", "identify", "row"]

HEADINGS = ("TEXT", "SYSTEM", "CODE", "STATUS", "WHAT IT IS")
_AT_ONCE = 10_000


def codes_of(path: str) -> Iterator[str]:
    """The codes of a file of one code a line; empty lines and those with # in front are none."""
    from medcodes.cli.files import opened
    from medcodes.cli.lines import by_newline, lines
    from medcodes.cli.tables import as_text

    with opened(path) as source:
        for block in lines(source, by_newline):
            for text in as_text(block.texts(block.filled)).to_pylist():
                code = text.removeprefix("\ufeff")
                if code.strip() and not code.startswith("#"):
                    yield code


def identify(
    codes: Iterable[str],
    *,
    on: date | None = None,
    systems: tuple[CodeSystem, ...] | None = None,
    as_json: bool = False,
) -> None:
    """Print what codes are, as a table or as JSON lines."""
    answers = _answers(codes, on, systems)
    if as_json:
        for answer in answers:
            print_json(answer.to_dict())
    else:
        print_table(HEADINGS, map(row, answers))


def _answers(
    codes: Iterable[str], on: date | None, systems: tuple[CodeSystem, ...] | None
) -> Iterator[Identification]:
    rest = iter(codes)
    while some := list(islice(rest, _AT_ONCE)):
        yield from default.identify_many(some, on=on, systems=systems)


def row(answer: Identification) -> tuple[str, ...]:
    """An answer as a row of a table."""
    text = short(answer.text)
    if answer.system is None:
        return (text, "-", "-", answer.status.value, printable(answer.reason))
    filed = " > ".join(dict.fromkeys(one.label for one in answer.categories[-2:]))
    what = answer.title or filed or answer.reason
    if answer.ambiguous:
        others = [f"{one.system.name} {one.code}" for one in answer.rivals if one.system]
        what += f" (or {', '.join(others)})"
    code = "-".join((answer.code or "", *answer.modifiers))
    return (text, answer.system.name, code, answer.status.value, what)
