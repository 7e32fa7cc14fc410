"""``python -m medcodes``: identify the codes of a file, or those on the command line."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from medcodes.classifier import default
from medcodes.day import Day, to_day
from medcodes.identification import Identification

__all__ = ["main"]

_HEADINGS = ("TEXT", "SYSTEM", "CODE", "STATUS", "WHAT IT IS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of codes; the exit status is 0, or 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m medcodes",
        description="What are these codes?",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("codes", nargs="*", metavar="CODE", help="codes to identify")
    parser.add_argument("--file", metavar="FILE", help="a file of one code a line; - for stdin")
    parser.add_argument("--on", metavar="DAY", help="day of service, YYYY-MM-DD (default: today)")
    options = parser.parse_args(arguments)
    if bool(options.codes) == bool(options.file):
        parser.error("give codes, or --file with one code a line")
    try:
        on: Day = None if options.on is None else to_day(options.on)
        texts = options.codes or list(_lines(options.file))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    answers = default.identify_many(texts, on=on)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character shows its number instead.
        sys.stdout.reconfigure(errors="backslashreplace")
    with contextlib.suppress(BrokenPipeError):  # the reader, ``head`` say, has seen enough
        print(*table(answers), sep="\n", flush=True)
        return 0
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the exit
    return 0


_EXAMPLES = """examples:
  python -m medcodes 90837 E11.65 J0120
  python -m medcodes --file examples/codes.txt --on 2026-01-01
"""


def _lines(path: str) -> Iterator[str]:
    # A column from a spreadsheet may carry any byte; what is no text shows up as such.
    with open(0 if path == "-" else path, encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            text = line.rstrip("\r\n")
            if text.strip() and not text.startswith("#"):
                yield text


def table(answers: Iterable[Identification]) -> Iterator[str]:
    """The lines of a table, columns as wide as what is in them."""
    rows = [_HEADINGS, *map(_row, answers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[-1]))


def _row(answer: Identification) -> tuple[str, ...]:
    text = answer.text if len(answer.text) <= 24 else f"{answer.text[:21]}..."
    if answer.system is None:
        return (repr(text)[1:-1], "-", "-", answer.status.value, answer.reason)
    filed = " > ".join(dict.fromkeys(one.label for one in answer.categories[-2:]))
    what = answer.title or filed or answer.reason
    if answer.ambiguous:
        others = [one for one in answer.rivals if one.system]
        what += (
            f" (or {', '.join(f'{one.system.name} {one.code}' for one in others if one.system)})"
        )
    code = "-".join((answer.code or "", *answer.modifiers))
    return (repr(text)[1:-1], answer.system.name, code, answer.status.value, what)


if __name__ == "__main__":
    sys.exit(main())
