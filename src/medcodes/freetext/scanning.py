"""What in a text looks like a code: candidates.

Every candidate is met at its first digit: digits are rare, and finding them is quick. One pass, in
linear time: nothing is ever looked at that is further away from a candidate than `BEHIND`
characters before it and `AHEAD` after its first digit.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import regex

from medcodes import names
from medcodes.freetext.cells import Cell, cell_after
from medcodes.freetext.context import names_what_follows

BEHIND = 400
"""How many characters before a candidate anything is looked at: the lines above it in a table."""
REACH = 90
"""How many characters before a candidate a context may begin."""
AFTER = 48
"""How many characters after a candidate anything is looked at."""
AHEAD = AFTER + 16
"""How many characters after the first digit of a candidate: a candidate has no more than 16."""


class Shape(Enum):
    """What a candidate looks like: an example, and how much evidence it needs.

    That is how much has to speak for it where no context is enough: the less, the rarer its shape.
    As all weights and distances of free text, it was set by hand on tests/texts/snippets.txt;
    ``python -m benchmarks text`` measures what comes of it on texts by others.
    """

    NUMBER = "99213", 3
    SUFFIXED = "0054T", 2
    LETTERED = "J0120", 2
    DOTTED = "E11.65", 1
    CATEGORY = "I10", 3
    FLAT = "S72001A", 3
    SEVEN = "0SRB02A", 2
    DECIMAL = "250.00", 3
    SHORT = "486", 3

    def __init__(self, example: str, needed: int) -> None:
        self.needed = needed
        self.is_numeric = example.replace(".", "").isdigit()
        self.takes_modifiers = len(example) == 5  # as the codes of CPT and HCPCS do


_OF_DIGITS = {5: Shape.NUMBER, 7: Shape.SEVEN}
_LETTERS_OF_SECTIONS = "BCDFGHXbcdfghx"


def _shape(text: str) -> Shape:
    if text.isdigit():
        return _OF_DIGITS.get(len(text), Shape.SHORT)
    if text[0].isdigit():
        if "." in text:
            return Shape.DECIMAL
        return Shape.SUFFIXED if len(text) == 5 else Shape.SEVEN
    if "." in text:
        return Shape.DOTTED
    if len(text) == 3:
        return Shape.CATEGORY
    if len(text) == 5 and text[1:].isdigit():
        return Shape.LETTERED
    return Shape.FLAT if len(text) < 7 or text[0] not in _LETTERS_OF_SECTIONS else Shape.SEVEN


class Candidate(NamedTuple):
    """A text that looks like a code.

    Attributes:
        start, end: where it is in its passage.
        shape: what it looks like.
        text: it as it is written.
        cell: where in its line it stands, or None in the middle of a sentence.
        bracketed: whether brackets are right around it.
    """

    start: int
    end: int
    shape: Shape
    text: str
    cell: Cell | None
    bracketed: bool

    @property
    def is_upper(self) -> bool:
        """Whether it is written in upper case."""
        return self.text == self.text.upper()

    @property
    def is_unmistakable(self) -> bool:
        """Whether it looks like nothing else: ``E11.65``, ``0SRB02A``."""
        is_seven = len(self.text) == 7 and not self.text.isdigit()
        return (self.shape is Shape.DOTTED or is_seven) and self.is_upper


class Passage(NamedTuple):
    """The part of a text that is at hand.

    Attributes:
        text: the part.
        offset: how many characters of the whole are before it.
    """

    text: str
    offset: int

    def before(self, start: int, reach: int = REACH) -> str:
        """The text before a place, to the beginning of its paragraph at most."""
        window = self.text[max(0, start - reach) : start]
        return _PARAGRAPH.split(window)[-1] if "\n" in window else window

    def after(self, end: int) -> str:
        """The text after a place."""
        return self.text[end : end + AFTER]

    def beside(self, start: int, end: int) -> tuple[str, str]:
        """The text right before and behind a code: of its line, or of the line above."""
        *above, line = self.before(start).rstrip("\r").split("\n")
        if above and not _WORD.search(line):
            line = f"{above[-1]}\n{line}"
        return line, self.text[end : start + AFTER].split("\n")[0]

    def own_line(self, start: int) -> str | None:
        """The line of a place up to it; None where its beginning is too far away."""
        window = self.text[max(0, start - BEHIND) : start]
        begins = window.rfind("\n") + 1
        return window[begins:] if begins or self._begins_within(start) else None

    def lines_above(self, start: int) -> list[str]:
        """The whole lines above that of a place, to the beginning of its paragraph at most."""
        lines = self.text[max(0, start - BEHIND) : start].split("\n")[:-1]
        if not self._begins_within(start):
            lines = lines[1:]
        blank = max((place for place, line in enumerate(lines) if not line.strip()), default=-1)
        return lines[blank + 1 :]

    def end_of_paragraph(self, start: int, end: int) -> int:
        """Where the paragraph of a place ends, or the second place if that is nearer."""
        match = _PARAGRAPH.search(self.text, start, end)
        return end if match is None else match.start()

    def _begins_within(self, start: int) -> bool:
        return self.offset == 0 and start < BEHIND


_WORD = regex.compile("[A-Za-z]{2}")
_PARAGRAPH = regex.compile(r"\n[ \t\r]*\n")

# Up to three letters may stand before the first digit (QA0.8, B00B0ZZ, GZB4ZZZ). A few codes of
# ICD-10-PCS have no digit at all; they end in ZZZZ.
_CANDIDATE = regex.compile(
    r"""
    [0-9](?:
        (?<=(?<![\w$€£¥@\\.])[0-9])
        (?: (?=[0-9A-Za-z.]{3})
            (?: [0-9]{4}(?!\w)                         # 99213, 25000
              | [0-9]{3}[FTUMAftuma](?!\w)             # 0054T
              | [0-9]{1,2}\.[0-9]{1,2}(?!\w)           # 250.00, 45.13
              | [0-9A-Za-z]{6}(?!\w)                   # 0SRB02A
            )
          # Two to four digits count for little: only alone in brackets, or right behind what
          # announces them.
          | [0-9]{2}(?=\))(?<=\([0-9]{3})
          | [0-9]{1,3}(?!\w)
            (?<=[sSeEFJKNRQDxX0-9]["'=:\#\ (]{1,4}[0-9]{2,4})
            (?<=(?: B[FJKNRQ]: | PR: | ID:
                  | (?i:(?:diagnos[ei]s|diagnostic|dx)[ _-]codes?
                      |(?<![a-z])[paso]?[dp]x[ ]?\#?[0-9]?)
                    ["'=:\#\ (]{1,4}
                )[0-9]{2,4})
        )
      | (?<=(?<![\w$@\\.])[A-Za-z][0-9])               # E11.65, J0120, I10, S72001A
        [0-9A-Za-z]{1,5}+(?:\.[0-9A-Za-z]{1,4}+)?(?!\w)
      | (?<=(?<![\w$@\\.])[A-Za-z]{2}[0-9])            # QA0.8, XW033E5
        [0-9A-Za-z]{0,4}+(?:\.[0-9A-Za-z]{1,4}+)?(?!\w)
      | (?<=(?<![\w$@\\.])[A-Za-z]{3}[0-9])            # GZB4ZZZ
        [0-9A-Za-z]{3}(?!\w)
      # ICD-9 486: the digit of the name itself leads to a number of two to four digits.
      | (?<=(?<![A-Za-z])[Ii][Cc][Dd][-_\ ]?9)
        (?i:[-_\ ]?cm)?(?i:\ (?:dx|diagnosis|procedure))?(?i:[-_\ ]?codes?)?["'=:\#\ (|]{1,4}
        (?P<short>[0-9]{2,4})(?!\w)
    )(?!\.\w|[%°@])
    | (?<=(?<!\w)G[A-Z]{2})ZZZZ(?!\w)                  # GZFZZZZ
    """,
    regex.VERBOSE,
)
_SHORT_LIST = regex.compile(
    r"""\s?(?:[,;/&]|and\b|or\b)?[ ]?(?:and[ ]|or[ ])?(?P<short>[0-9]{2,4})
    (?!\.?\w|[-/%,][0-9]|\s(?i:mg|ml|years?))""",
    regex.VERBOSE,
)
_TYING = ("-", "–", "/", ",", "+")
# Tied to more digits, with a hyphen and one digit as LOINC has its check digit.
_TIED = regex.compile(
    r"-[0-9]{4}(?![0-9])|-[0-9]{3}-|-[0-9](?![\w.])|-[A-Za-z]{3}|/[A-Z]?[0-9]{1,3}(?![0-9])"
)


# A code and its text, behind which HL7 has the name of the system.
_TWO_COMPONENTS = regex.compile(r"[0-9A-Za-z.]+\^[^\^|~\r\n]*\^\Z")


def scan(passage: Passage, at: int, limit: int, code_before: int | None) -> Candidate | None:
    """The next candidate whose first digit is before a limit.

    Args:
        passage: the text.
        at: where to begin.
        limit: the limit.
        code_before: where the code before it ends, if there is one.
    """
    text = passage.text
    while (match := _CANDIDATE.search(text, at)) and match.start() < limit:
        start, end = match.span("short")
        if start >= 0:
            return _candidate(passage, start, end, Shape.SHORT)
        start, end = match.span()
        while start and text[start - 1].isascii() and text[start - 1].isalpha():
            start -= 1
        shape = _shape(text[start:end])
        if _is_apart(text, start, end, shape, follows_code=code_before == start - 1):
            return _candidate(passage, start, end, shape)
        at = end
    return None


def short_number(passage: Passage, at: int) -> Candidate | None:
    """The number of two to four digits with which a list goes on at a place: ``250.00, 486``."""
    match = _SHORT_LIST.match(passage.text, at)
    return (
        None
        if match is None
        else _candidate(passage, match.start("short"), match.end("short"), Shape.SHORT)
    )


def _candidate(passage: Passage, start: int, end: int, shape: Shape) -> Candidate:
    text, line = passage.text, passage.own_line(start)
    cell = None if line is None else cell_after(line, end - start)
    bracketed = text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]")
    return Candidate(start, end, shape, text[start:end], cell, bracketed)


def _is_apart(text: str, start: int, end: int, shape: Shape, *, follows_code: bool) -> bool:
    """Whether the characters right beside a candidate allow that it is a code."""
    before, after = text[max(0, start - 3) : start], text[end : end + 1]
    mark, joins = before[-1:], before[-2:-1].isalnum()
    if mark in _TYING and not follows_code:
        if mark == "+":
            return False
        if mark == "," and joins and shape.is_numeric and before[-2].isdigit():
            # 1,250.00 is one number; in 2026-05-01,99213 the comma parts two.
            if shape is not Shape.NUMBER or not before[:2].isdigit():
                return False
        elif mark != "," and joins:
            window = text[max(0, start - 1 - REACH) : start - 1]
            if not names_what_follows(window):
                return False
    if mark == "^" and _TWO_COMPONENTS.search(text, max(0, start - REACH), start):
        return not names.resolve(text[start:end])  # K80.00^Gallstones^I10
    if after == "/" and shape is Shape.DOTTED:
        return True  # E11.9/I10, but not T10/T11
    return not (after in _TYING and _TIED.match(text, end))
