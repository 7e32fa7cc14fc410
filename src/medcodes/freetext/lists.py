"""Lists and columns of codes: whether a candidate goes on with one, or begins one."""

from __future__ import annotations

import attrs
import regex

from medcodes.freetext import context
from medcodes.freetext.cells import Cell
from medcodes.freetext.context import ADJACENT, FAR, NEAR, Context, Distance, connects
from medcodes.freetext.scanning import AFTER, BEHIND, Candidate, Passage, Shape

_LIST = regex.compile(
    r"""[ ]?[)"'\]”’`]{0,2}
    (?:(?:[ ]|\r?\n)?(?:[,;/&+–—-]|(?:and|or|nor|to|through|thru|plus|with|not|and/or|vs\.?|but
      |versus|in|into|on|(?:instead|rather)\s(?:of|than)
      |(?:(?:is|was|are)\s(?:not\s)?)?(?:reported|billed|bundled|included|coded)
      |(?:along|together)\swith|alone|then|also|replaces|replaced\sby|becomes|became)(?![a-z]))){0,4}+
    [ ]?(?:\r?\n[ \t]*(?:[-*•·]|\(?[0-9]{1,2}[.)])?)?[ ]?(?:(?:[A-L]|[0-9]{1,2})[.:)][ ])?
    [("'\[“‘`]{0,2}""",
    regex.VERBOSE | regex.IGNORECASE,
)
# How often, and for how much: x2, $125.00.
_TIMES = regex.compile(
    r" ?\(?(?:[x×] ?[0-9]{1,2}(?![0-9])(?: units?)?|\$[0-9]{1,5}(?![0-9.])"
    r"|\$?[0-9]{1,5}\.[0-9]{2}(?![0-9]))\)?"
)
_LABELLED = regex.compile(
    r"""(?:[^.!?\d\n]|(?<!\d)\d{1,2}(?!\d)){0,70}+(?:(?<=[,;(\[])|(?<=[,;]\s)|(?<=\s(?:and|or|plus|then)\s))
    |[,;]\s[A-Za-z -]{3,30}+(?<=\s)
    |\s?[)\]]?[^.!?\d()]{0,60}[.,;]?\s[0-9]{1,2}[.)][ ][^.!?\d()]{0,60}+\(
    """,
    regex.VERBOSE,
)
_AHEAD_CODE = regex.compile(
    r"(?:[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9][0-9A-Z](?P<dotted>\.[0-9A-Z]{1,4})?|[A-Z][0-9]{4})(?!\w)"
)
_LONGEST_GAP = 50
_LONGEST_LABEL = 130
"""So much may stand between two codes that each have a label: ``HTN I10, diabetes E11.9``."""
_LINES_APART = 3


@attrs.define
class Previous:
    """The code that was found last for what stood around it: a list may go on from there.

    Attributes:
        end: where it ends in the passage at hand; less than 0 when that begins behind it.
        shape: what it looks like.
        context: what said that it is a code.
        cell: where in its line it stands.
    """

    end: int
    shape: Shape
    context: Context
    cell: Cell | None

    @property
    def is_icd9(self) -> bool:
        """Whether a number of two to four digits may follow."""
        return self.shape.is_numeric and self.context.prefers("icd9cm")

    def is_near(self, candidate: Candidate, passage: Passage) -> bool:
        """Whether a candidate is in the same paragraph, and not far away."""
        start = candidate.start
        return start - self.end <= BEHIND and passage.end_of_paragraph(self.end, start) == start

    def lists(self, candidate: Candidate, passage: Passage) -> bool:
        """Whether a candidate comes directly after it in a list: ``Z12.31 / G0121``."""
        between = passage.text[self.end : candidate.start]
        if not 0 < len(between) <= _LONGEST_GAP:
            return False
        return _LIST.fullmatch(_TIMES.sub("", between)) is not None

    def carries_on(
        self, candidate: Candidate, passage: Passage, *, excluded: bool
    ) -> Distance | None:
        """How closely a candidate goes on from it, in a list or a column; None if it does not."""
        between = passage.text[self.end : candidate.start]
        is_gap = len(between) > 1 and not between.strip(" ")  # between the columns of a table
        if not is_gap and self.lists(candidate, passage):
            return ADJACENT
        cell, lines = candidate.cell, between.count("\n")
        if cell and self.cell and 1 <= lines <= _LINES_APART and cell.is_below(self.cell):
            return ADJACENT
        if len(between) <= _LONGEST_LABEL and _LABELLED.fullmatch(between):
            return NEAR
        # In one sentence a number is rarely alone a code.
        in_table = cell is not None and cell.separator != ""
        alike = self.shape is candidate.shape is Shape.NUMBER and not excluded and not in_table
        return NEAR if alike and connects(between) is not FAR else None


def begins_list(passage: Passage, start: int, end: int) -> bool:
    """Whether a further code follows one directly: ``99213, 36415``."""
    gap = _LIST.match(passage.text, start, end)
    if gap is None or not gap[0].strip():
        return False
    code = _AHEAD_CODE.match(passage.text, gap.end(), end)
    return code is not None and len(code[0]) > 3


def said_after(passage: Passage, candidate: Candidate) -> Context | None:
    """What is said after a candidate, or after the list that begins with it."""
    text, at = passage.text, candidate.end
    end = passage.end_of_paragraph(at, at + AFTER)
    for _ in range(3):
        said = context.after(text, at, end)
        if said is not None:
            return said
        gap = _LIST.match(text, at, end)
        if gap is None or gap.end() == at:
            return None
        named = context.at(text, gap.end(), end)
        if named is not None:
            return named[0] if _AHEAD_CODE.match(text, named[1], end) else None
        code = _AHEAD_CODE.match(text, gap.end(), end)
        if code is None:
            return None
        if code["dotted"]:
            return context.DX
        at = code.end()
    return None
