"""``medcodes find``: the codes in free text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import typer

from medcodes.cli import options
from medcodes.cli.errors import InputError
from medcodes.cli.files.stream import InputFile, opened
from medcodes.cli.identify import HEADINGS, row
from medcodes.cli.output import print_json, print_table

_BLOCK = 1 << 16
_FILE = typer.Argument(metavar="FILE", help="Free text; - for standard input.")
_STRICTNESS: Any = typer.Option(
    metavar="HOW",
    parser=options.one_of("cued", "valid", "plausible"),
    help="cued, valid or plausible: each finds more than the one before.",
)


def find(
    file: Annotated[str, _FILE],
    on: options.On = None,
    system: options.Systems = None,
    kind: options.Kind = None,
    strictness: Annotated[Any, _STRICTNESS] = "cued",
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """Find the codes in free text.

    **Examples**

    `medcodes find note.txt --on 2026-06-01`

    `cat notes/*.txt | medcodes find - --json`
    """
    classifier = options.classifier_of(reference)
    asked = options.systems_asked(classifier, system, kind)
    with opened(file) as text:
        lines = _Lines()
        found = classifier.find(lines.of(text), on=on, systems=asked, strictness=strictness)
        placed = ((code, *lines.place(code.start)) for code in found)
        if not json:
            rows = (
                (f"{line}:{column}", *row(code.identification)) for code, line, column in placed
            )
            print_table(("LINE", *HEADINGS), rows)
            return
        for code, line, column in placed:
            where = {"start": code.start, "end": code.end, "line": line, "column": column}
            answer = code.identification.to_dict()
            print_json({**where, "text": code.text, "identification": answer})


class _Lines:
    """Where the lines of a text begin, as far as it was read and is still of use."""

    def __init__(self) -> None:
        self._line = 1
        self._begin = 0
        self._length = 0
        self._ahead: deque[int] = deque()

    def of(self, file: InputFile) -> Iterator[str]:
        """The text, piece by piece."""
        for text in iter(partial(file.read, _BLOCK), ""):
            if "\0" in text:
                raise InputError(
                    f"{file.name}: is not text; for tables use profile, check or annotate"
                )
            at = text.find("\n")
            while at >= 0:
                self._ahead.append(self._length + at + 1)
                at = text.find("\n", at + 1)
            self._length += len(text)
            yield text

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character, counted from 1; offsets never fall."""
        while self._ahead and self._ahead[0] <= offset:
            self._begin = self._ahead.popleft()
            self._line += 1
        return self._line, offset - self._begin + 1
