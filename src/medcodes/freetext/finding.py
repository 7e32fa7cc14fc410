"""Codes in free text: notes, superbills, policies, e-mails, tables, claims.

    find what looks like a code  ->  what stands around it  ->  identify it  ->  keep it or not

Most numbers in a note are no codes, and most codes look like other things: a ZIP code, a dose, a
vertebra, a room. So what stands around a text decides as much as the text itself. A *cue* is what
says that a code follows (``CPT``, ``dx``, ``billed``, a column headed *Code*, a list that began
with a code); a *foreign* word says that something else does (``ZIP``, ``room``, ``lot``).

One pass, in linear time: a candidate is found from its first digit, and nothing is ever looked at
that is further away from it than `_BEHIND` characters before and `_AHEAD` after. So a stream needs
no more memory than that, and where it is cut into chunks changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from enum import Enum
from typing import Protocol, Union

import attrs
import regex

from medcodes.freetext import evidence as support
from medcodes.freetext.context import (
    ADJACENT,
    ALL,
    CODE,
    COUNTING,
    DX,
    FAR,
    FOREIGN,
    ICD,
    NEAR,
    PX,
    SOFT,
    Cue,
    after,
    before,
    connects,
    may_hold,
    names_a_system,
    names_what_follows,
    only,
)
from medcodes.freetext.context import at as cue_at
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import Resolver
from medcodes.status import Status

__all__ = ["Found", "Source", "Strictness", "find"]


class Readable(Protocol):
    """A text file, open for reading."""

    def read(self, size: int, /) -> str: ...


Source = Union[str, Readable, Iterable[str]]
"""A text, a text file that is open for reading, or the pieces of a text in order."""


class Strictness(str, Enum):
    """How much has to speak for a code, the strictest first; each takes all of those before it.

    >>> Strictness("cued") is Strictness.CUED, str(Strictness.CUED)
    (True, 'cued')
    """

    CUED = "cued"
    """What stands around it says that it is a code, or it can be nothing else."""
    VALID = "valid"
    """Also what is listed and valid on the day, unless what stands around it speaks against it."""
    PLAUSIBLE = "plausible"
    """Also bare numbers, former and coming codes; and what is declared a code but is in no list."""

    __str__ = str.__str__


@attrs.frozen
class Found:
    """A code in a text.

    >>> import medcodes
    >>> text = "Seen for HTN (I10), billed 99213-25."
    >>> [(one.start, one.end, one.text) for one in medcodes.find(text, on="2026-06-01")]
    [(14, 17, 'I10'), (27, 35, '99213-25')]
    """

    start: int
    """Where it begins: how many characters of the text, or of the whole stream, are before it."""
    end: int
    """Where it ends: ``text[start:end]`` is what was found."""
    text: str
    """The code as it is written, with the modifiers joined to it."""
    identification: Identification
    """What `identify` says of it, among the systems that the text declares."""


# -- what looks like a code -----------------------------------------------------------------------

_BEHIND = 400
_AHEAD = 64
_CHUNK = 1 << 16

# Every candidate is met at its first digit: digits are rare, and finding them is quick. Up to three
# letters may stand before that (QA0.8, B00B0ZZ, GZB4ZZZ). A few codes of ICD-10-PCS have no
# digit at all; they end in ZZZZ.
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
_MODIFIERS = regex.compile(r"(?:[-:][0-9A-Za-z]{2}){1,4}+(?![\w])(?!-[0-9])")
_TYING = ("-", "–", "/", ",", "+")
_TIED = regex.compile(r"-[0-9]{4}(?![0-9])|-[0-9]{3}-|-[A-Za-z]{3}|/[A-Z]?[0-9]{1,3}(?![0-9])")
_YEAR = regex.compile(r"(?:19|20)[0-9]{2}")


class _Shape(Enum):
    NUMBER = "five digits"
    SUFFIXED = "0054T"
    LETTERED = "J0120"
    DOTTED = "E11.65"
    CATEGORY = "I10"
    FLAT = "S72001A"
    SEVEN = "0SRB02A"
    DECIMAL = "250.00"
    SHORT = "486"


# How much has to speak for a code that no cue is enough for: the less, the rarer its shape.
_NEEDED = {
    _Shape.NUMBER: 3,
    _Shape.SUFFIXED: 2,
    _Shape.LETTERED: 2,
    _Shape.DOTTED: 1,
    _Shape.CATEGORY: 3,
    _Shape.FLAT: 3,
    _Shape.SEVEN: 2,
    _Shape.DECIMAL: 3,
    _Shape.SHORT: 3,
}
_CHARGED = {_Shape.NUMBER, _Shape.SUFFIXED, _Shape.LETTERED}
_HELD_AGAINST = {
    Status.VALID: 0,
    Status.PLAUSIBLE: 0,
    Status.HEADER: 1,
    Status.EXPIRED: 2,
    Status.FUTURE: 2,
}
_TELLING = ("section", "subsection", "heading")
_TELLS = regex.compile("[A-Za-z]{2}")
_OF_DIGITS = {5: _Shape.NUMBER, 7: _Shape.SEVEN}
_NUMERIC = {_Shape.NUMBER, _Shape.DECIMAL, _Shape.SHORT}


def _shape(text: str) -> _Shape:
    if text[0].isdigit():
        if text.isdigit():
            return _OF_DIGITS.get(len(text), _Shape.SHORT)
        if "." in text:
            return _Shape.DECIMAL
        return _Shape.SUFFIXED if len(text) == 5 else _Shape.SEVEN
    if "." in text:
        return _Shape.DOTTED
    if len(text) == 3:
        return _Shape.CATEGORY
    if len(text) == 5 and text[1:].isdigit():
        return _Shape.LETTERED
    return _Shape.FLAT if len(text) < 7 or text[0] not in "BCDFGHXbcdfghx" else _Shape.SEVEN


# -- what stands around it ------------------------------------------------------------------------

_REACH = 90
"""How many characters before a candidate a cue may begin."""
_PARAGRAPH = regex.compile(r"\n[ \t\r]*\n")
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
_UNIT = regex.compile(
    r"""[ ]?(?:[%°]|/[ ]?[a-z]|(?:mg|mcg|µg|μg|ug|ng|pg|g|kg|lbs?|oz|ml|dl|l|cc|mm|cm|km|m|miles?
      |feet|ft|inch
      |inches|units?|iu|u|meq|mmol|mol|cells?|copies|cfu|kcal|cal|steps?|dollars?|usd|cents|years?
      |yrs?|y/?o|mos?|wks?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|sec|bpm|mmhg|k?hz|mhz
      |patients?
      |people|copays?|copayments?|deductible|cases|beds?|shares?|visits?|residents|employees|members|times|per|f|c|k
      |x(?![ ]?[0-9]))(?![a-z0-9]))""",
    regex.VERBOSE | regex.IGNORECASE,
)
# What is counted: 12500 admissions. But 99213 describes ...
_COUNTED = regex.compile(
    r"""[ ](?!(?:is|was|has|as|plus|this|thus|does|describes|covers|pays|means|requires|includes
      |applies|always|versus|replaces|represents|reports|becomes)\b)[a-z]{2,}s\b""",
    regex.VERBOSE,
)
_STREET = regex.compile(
    r"""[ ](?:[NSEW]{1,2}\.?[ ])?(?:[A-Z0-9][\w'.]{0,20}[ ]){0,3}
    (?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Dr|Drive|Ln|Lane|Way|Hwy|Highway|Ct|Court|Pl
      |Place|Pkwy|Parkway|Cir|Circle|Ter|Terrace|Trail)\b""",
    regex.VERBOSE,
)
_STATES = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY
NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR Alabama Alaska Arizona Arkansas California
Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois Indiana Iowa Kansas Kentucky
Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska
Nevada Hampshire Jersey Mexico York Carolina Dakota Ohio Oklahoma Oregon Pennsylvania Island
Tennessee Texas Utah Vermont Virginia Washington Wisconsin Wyoming
"""
_STATE = regex.compile(rf"(?:\A|[A-Za-z][,.]?\s+)(?:{'|'.join(_STATES.split())})\.?,?\s+\Z")


# -- tables and lists ---------------------------------------------------------------------------

_CELLS = regex.compile(r"\S+(?: \S+)*")
_ITEM_ENDS = regex.compile(r"\s?[-–:;,.)\]]|\s*\n|\s*\Z")
_ITEM = regex.compile(r"""[ \t]*(?:[-*•·]|\(?[0-9]{1,2}[.)])?[ \t]*["'(\[]?""")
_DATA = regex.compile(r"[0-9]{3}|[0-9]\.[0-9]")


@attrs.frozen
class _Cell:
    """Where in its line a candidate stands: behind how many of which separator."""

    separator: str
    index: int
    column: int
    width: int

    def is_below(self, other: _Cell) -> bool:
        if self.separator != other.separator:
            return False
        return self.column == other.column if self.separator == "  " else self.index == other.index


def _cell(line: str, width: int) -> _Cell | None:
    """The cell that begins where a line was broken off; None in the middle of one."""
    bare = line.rstrip("\"'")
    column = len(line)
    if _ITEM.fullmatch(line):
        return _Cell("", 0, column, width)
    if bare.endswith("\t"):
        return _Cell("\t", bare.count("\t"), column, width)
    if bare.rstrip(" ").endswith("|"):
        return _Cell("|", bare.count("|"), column, width)
    if bare.endswith(","):
        return _Cell(",", bare.count(","), column, width)
    if bare.endswith("  "):
        return _Cell("  ", 0, column, width)
    return None


def _heading(above: list[str], cell: _Cell) -> Cue | None:
    """What the heading of a column says of its codes; `above` is the lines before it.

    Where the line has headings of code columns, but not over this cell, it is a foreign column.
    """
    for line in reversed(above):
        cells, own = _split(line.rstrip("\r"), cell)
        if own is None or len(cells) < 2:
            return None
        if any(_DATA.search(one) for one in cells):
            continue
        cues = [only(one) for one in cells]
        if not any(one is not None and not one.foreign for one in cues):
            continue
        return cues[own] or FOREIGN
    return None


def _split(line: str, cell: _Cell) -> tuple[list[str], int | None]:
    """The cells of a line, and which of them is above a cell."""
    separator = cell.separator
    if separator == "":
        separator = next((one for one in "\t|," if one in line), "  ")
    if separator != "  ":
        cells = line.split(separator)
        return cells, cell.index if cell.index < len(cells) else None
    spans = [one.span() for one in _CELLS.finditer(line)]
    own = None
    for place, (start, end) in enumerate(spans):
        if abs(start - cell.column) <= 1 or abs(end - cell.column - cell.width) <= 1:
            own = place
            break
    return [line[start:end] for start, end in spans], own


@attrs.frozen
class _Chain:
    """The code that was found last for what stood around it: a list may go on from there."""

    end: int
    shape: _Shape
    cue: Cue
    cell: _Cell | None

    @property
    def is_icd9(self) -> bool:
        """Whether a number of two to four digits may follow."""
        return self.shape in _NUMERIC and "icd9cm" in self.cue.tries[0]


# -- the pass -----------------------------------------------------------------------------------

_REMEMBERED = 4_096
_ICD9 = ("icd9cm", "icd9pcs")
_LISTED = {Status.VALID, Status.HEADER, Status.PLAUSIBLE, Status.EXPIRED, Status.FUTURE}


class Asker(Protocol):
    """Whoever asks the questions: a `Classifier`."""

    def ask(self, on: date, asked: tuple[str, ...], kind: None, /) -> Resolver: ...


Ask = Callable[[tuple[str, ...]], Union[Resolver, None]]
"""The resolver restricted to some system ids; None when none of them was asked for."""


@attrs.frozen
class _Spot:
    """A candidate, and what is right beside it."""

    start: int
    end: int
    shape: _Shape
    text: str
    cell: _Cell | None
    bracketed: bool

    @property
    def is_upper(self) -> bool:
        return self.text == self.text.upper()


class _Finder:
    """One pass over one text, in as many pieces as it comes."""

    def __init__(self, ask: Ask, strictness: Strictness) -> None:
        self._ask = ask
        self._strictness = strictness
        self._chain: _Chain | None = None
        self._known: dict[str, bool] = {}
        self._said: dict[str, Cue] = {}  # codes of the paragraph at hand
        self._text = ""
        self._base = 0  # how much of the stream is before the text at hand
        self._at = 0  # how much of the text at hand is done with

    def feed(self, piece: str, *, final: bool = False) -> Iterator[Found]:
        """The codes that are certain now that a further piece of the text is known."""
        keep = max(0, self._at - _BEHIND)
        self._text = self._text[keep:] + piece if self._text else piece
        self._base += keep
        self._at -= keep
        limit = len(self._text) - (0 if final else _AHEAD)
        while self._at < limit:
            spot = self._goes_on(self._at) or self._next(self._at, limit)
            if spot is None:
                self._at = limit
                break
            found = self._judge(spot)
            self._at = spot.end if found is None else found.end - self._base
            if found is not None:
                yield found

    # -- candidates ---------------------------------------------------------------------------

    def _next(self, at: int, limit: int) -> _Spot | None:
        """The next candidate whose first digit is before the limit."""
        text = self._text
        while (match := _CANDIDATE.search(text, at)) and match.start() < limit:
            start, end = match.span("short")
            if start >= 0:
                return self._spot(start, end, _Shape.SHORT)
            start, end = match.span()
            while start and text[start - 1].isascii() and text[start - 1].isalpha():
                start -= 1
            shape = _shape(text[start:end])
            if self._may_be(start, end, shape) and self._is_listed(text[start:end], shape):
                return self._spot(start, end, shape)
            at = end
        return None

    def _goes_on(self, at: int) -> _Spot | None:
        """The short number with which a list of ICD-9-CM codes goes on: ``250.00, 486``."""
        chain = self._chain
        if chain is None or chain.end != at + self._base or not chain.is_icd9:
            return None
        match = _SHORT_LIST.match(self._text, at)
        if match is None:
            return None
        return self._spot(match.start("short"), match.end("short"), _Shape.SHORT)

    def _spot(self, start: int, end: int, shape: _Shape) -> _Spot:
        text = self._text
        line = text[max(0, start - _BEHIND) : start]
        begins = line.rfind("\n") + 1
        known = begins or (self._base == 0 and start < _BEHIND)
        cell = _cell(line[begins:], end - start) if known else None
        bracketed = text[start - 1 : start] in ("(", "[") and text[end : end + 1] in (")", "]")
        return _Spot(start, end, shape, text[start:end], cell, bracketed)

    def _may_be(self, start: int, end: int, shape: _Shape) -> bool:
        """Whether the characters right beside a candidate allow that it is a code."""
        text = self._text
        before, after = text[max(0, start - 3) : start], text[end : end + 1]
        goes_on = self._chain is not None and self._chain.end == start - 1 + self._base
        if before[-1:] in _TYING and not goes_on:
            if before[-1] == "+":
                return False
            other = len(before) > 1 and before[-2].isalnum()
            if before[-1] == "," and other and shape in _NUMERIC:
                # 1,250.00 is one number; in 2026-05-01,99213 the comma parts two.
                return not before[-2].isdigit() or (shape is _Shape.NUMBER and before[:2].isdigit())
            if (
                before[-1] != ","
                and other
                and not names_what_follows(text[max(0, start - 1 - _REACH) : start - 1])
            ):
                return False
        if after == "/" and shape is _Shape.DOTTED:
            return True  # E11.9/I10, but not T10/T11
        return not (after in _TYING and _TIED.match(text, end))

    def _is_listed(self, text: str, shape: _Shape) -> bool:
        """Whether there is such a code at all, or it does not matter."""
        if shape is _Shape.NUMBER or self._strictness is Strictness.PLAUSIBLE:
            return True
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            resolver = self._ask(ALL)
            known = resolver is not None and resolver.answers[text].status in _LISTED
            self._known[text] = known
        return known

    # -- evidence -----------------------------------------------------------------------------

    def _judge(self, spot: _Spot) -> Found | None:
        """What is found at a spot, if anything."""
        cue, distance, carried = self._evidence(spot)
        if cue is not None and cue.foreign:
            # A dotted code is what it is, though a room is near; but not "version V70.0".
            if distance is ADJACENT:
                return self._supported(spot, cue, distance)
        elif cue is not None and self._suits(spot, cue, distance, carried):
            found = self._answer(spot, cue.tries)
            firm = distance is ADJACENT and (cue.named or cue.loose or carried)
            sure = firm or spot.shape is not _Shape.CATEGORY
            if found and (sure or found.identification.status is Status.VALID):
                self._note(found, spot, cue)
                return found
        return (
            self._alone(spot)
            or self._supported(spot, cue, distance)
            or self._doubtful(spot, cue, distance)
        )

    def _evidence(self, spot: _Spot) -> tuple[Cue | None, int, bool]:
        """What speaks for or against a spot, how closely, and whether a list carries it."""
        text, start = self._text, spot.start
        if self._chain is None or not self._is_near(self._chain, start):
            self._chain = None
            self._said.clear()
        window = _last_paragraph(text[max(0, start - _REACH) : start])
        if self._chain is None and spot.cell is None and not may_hold(window):
            follows = self._follows(spot)
            if follows is None and not self._is_unmistakable(spot):
                return None, FAR, False
        cue, distance, ends = before(window)
        if cue is SOFT and self._chain is None and not self._is_primed(spot, window):
            cue, distance = None, FAR
        if distance is ADJACENT and (spot.cell is None or "\n" not in window[ends:]):
            return cue, distance, False
        if spot.cell is not None:
            heading = self._heading(spot, spot.cell)
            if heading is not None:
                return heading, ADJACENT, True
        if distance is ADJACENT:
            return cue, distance, False
        carried = self._carried(spot, cue is not None and cue.foreign)
        if carried is not None and self._chain is not None:
            return self._chain.cue, carried, True
        follows = self._said.get(spot.text) or self._follows(spot)
        if follows is not None:
            return follows, ADJACENT, False
        return cue, distance, False

    def _is_primed(self, spot: _Spot, window: str) -> bool:
        """Whether a code system is named nearby, in the same paragraph."""
        ahead = self._text[spot.end : spot.end + _AHEAD - 16]
        return names_a_system(window) or names_a_system(_PARAGRAPH.split(ahead)[0])

    def _follows(self, spot: _Spot) -> Cue | None:
        """What is said after a spot, or after the list that begins with it."""
        text, at, end = self._text, spot.end, spot.end + _AHEAD - 16
        ends = _PARAGRAPH.search(text, at, end)
        if ends is not None:
            end = ends.start()
        for _ in range(3):
            said = after(text, at, end)
            if said is not None:
                return said[0]
            gap = _LIST.match(text, at, end)
            if gap is None or gap.end() == at:
                return None
            cue = cue_at(text, gap.end(), end)
            if cue is not None:
                return cue[0] if _AHEAD_CODE.match(text, cue[1], end) else None
            at = gap.end()
            code = _AHEAD_CODE.match(text, at, end)
            if code is None:
                return None
            if code["dotted"]:
                return DX
            at = code.end()
        return None

    def _is_near(self, chain: _Chain, start: int) -> bool:
        """Whether a place is in one paragraph with the code before it, and not far from it."""
        ended = chain.end - self._base
        return start - ended <= _BEHIND and not _PARAGRAPH.search(self._text, ended, start)

    def _heading(self, spot: _Spot, cell: _Cell) -> Cue | None:
        """What the heading of the column says, in a table."""
        window = self._text[max(0, spot.start - _BEHIND) : spot.start]
        lines = window.split("\n")[:-1]
        if self._base or spot.start >= _BEHIND:
            lines = lines[1:]  # of which only the end may be in the window
        blank = max((place for place, one in enumerate(lines) if not one.strip()), default=-1)
        return _heading(lines[blank + 1 :], cell)

    def _carried(self, spot: _Spot, is_foreign: bool) -> int | None:
        """How closely a spot goes on from the code before it, in a list or a column."""
        chain = self._chain
        if chain is None:
            return None
        between = self._text[chain.end - self._base : spot.start]
        is_gap = len(between) > 1 and not between.strip(" ")  # between the columns of a table
        if 0 < len(between) <= 50 and not is_gap and _LIST.fullmatch(_TIMES.sub("", between)):
            return ADJACENT
        lines = between.count("\n")
        if spot.cell and chain.cell and 1 <= lines <= 3 and spot.cell.is_below(chain.cell):
            return ADJACENT
        if len(between) <= 130 and _LABELLED.fullmatch(between):
            return NEAR
        # In one sentence a number is rarely alone a code.
        in_table = spot.cell is not None and spot.cell.separator != ""
        alike = chain.shape is spot.shape is _Shape.NUMBER and not is_foreign and not in_table
        return NEAR if alike and connects(between) is not FAR else None

    def _suits(self, spot: _Spot, cue: Cue, distance: int, carried: bool) -> bool:
        """Whether a cue is enough: the plainer a spot looks, the closer the cue must be."""
        shape = spot.shape
        icd9 = "icd9cm" in cue.tries[0] or "icd9pcs" in cue.tries[0]
        listed = self._chain.shape if carried and self._chain is not None else None
        follows = listed in _NUMERIC
        of_icd9 = icd9 and "cpt" not in cue.tries[0]
        if distance is not ADJACENT:
            if not spot.is_upper or self._is_amount(spot, counted=not cue.named):
                return False
            if shape is _Shape.CATEGORY:
                firm = cue.named or carried or spot.bracketed or self._is_item(spot)
                return "icd10cm" in cue.tries[0] and firm
            if shape is _Shape.DECIMAL:
                return cue.named and icd9
            if shape is _Shape.NUMBER and cue is CODE and not carried:
                return False
            if shape in (_Shape.NUMBER, _Shape.SUFFIXED, _Shape.LETTERED):
                return cue.loose or (listed is shape)
            return shape is not _Shape.SHORT and not spot.text.isdigit()
        if shape is _Shape.CATEGORY and cue is CODE and not spot.is_upper:
            return False
        if shape is _Shape.SHORT:
            return (of_icd9 and (cue.named or follows)) and not _YEAR.fullmatch(spot.text)
        if shape is _Shape.DECIMAL:
            return icd9 and (cue.named or (of_icd9 and (follows or spot.text[3] == ".")))
        if shape is _Shape.NUMBER:
            if (carried or not cue.named) and self._is_amount(spot):
                return False
            # "The code 12345" opens a door as well: a bare word for codes is weighed with the rest.
            return cue.named or carried or (cue is not CODE and cue.tries != DX.tries) or follows
        if shape is _Shape.SEVEN and spot.text.isdigit():
            return cue.named and "icd10pcs" in cue.tries[0]
        return True

    def _is_item(self, spot: _Spot) -> bool:
        """Whether a punctuation mark, or nothing, follows: ``hypertension I10, stable``."""
        return _ITEM_ENDS.match(self._text, spot.end, spot.end + 4) is not None

    def _is_amount(self, spot: _Spot, *, counted: bool = True) -> bool:
        """Whether a number counts or measures something, or belongs to an address."""
        if spot.shape not in _NUMERIC:
            return False
        text, end = self._text, spot.end
        before = _last_paragraph(text[max(0, spot.start - 24) : spot.start])
        return bool(
            before.endswith("#")
            or _UNIT.match(text, end, end + _AHEAD - 16)
            or (counted and _COUNTED.match(text, end, end + _AHEAD - 16))
            or _STREET.match(text, end, end + _AHEAD - 16)
            or _STATE.search(before)
        )

    # -- answers ------------------------------------------------------------------------------

    def _answer(self, spot: _Spot, tries: Iterable[tuple[str, ...]]) -> Found | None:
        """The code at a spot, among the first systems that hold it."""
        joined = None
        if spot.shape in (_Shape.NUMBER, _Shape.SUFFIXED, _Shape.LETTERED):
            joined = _MODIFIERS.match(self._text, spot.end, spot.end + 16)
        for systems in tries:
            resolver = self._ask(systems)
            if resolver is None:
                continue
            if joined is not None:
                answer = resolver.answers[spot.text + joined[0]]
                if answer.modifiers and answer.status in _LISTED:
                    return self._found(spot.start, joined.end(), answer)
            answer = resolver.answers[spot.text]
            if answer.status in _LISTED:
                return self._found(spot.start, spot.end, answer)
        return None

    def _found(self, start: int, end: int, answer: Identification) -> Found:
        return Found(start + self._base, end + self._base, answer.text, answer)

    def _is_unmistakable(self, spot: _Spot) -> bool:
        """Whether it looks like nothing else: ``E11.65``, ``0SRB02A``."""
        if spot.shape is not _Shape.DOTTED and (len(spot.text) != 7 or spot.text.isdigit()):
            return False
        return spot.is_upper

    def _alone(self, spot: _Spot) -> Found | None:
        """What can be nothing but a code, whatever stands around it."""
        if not self._is_unmistakable(spot):
            return None
        found = self._answer(spot, (ICD,))
        if found is not None:
            system = found.identification.system
            cue = DX if system is not None and system.kind == "diagnosis" else PX
            self._note(found, spot, cue)
        return found

    def _supported(self, spot: _Spot, cue: Cue | None, distance: int) -> Found | None:
        """What enough speaks for, of which none alone is enough: see `support`."""
        if spot.shape in (_Shape.DECIMAL, _Shape.SHORT):
            icd9 = self._ask(_ICD9)
            if icd9 is None or icd9.answers[spot.text].status is not Status.VALID:
                return None
        if self._is_amount(spot) or (spot.shape is _Shape.SHORT and _YEAR.fullmatch(spot.text)):
            return None
        if cue is None:
            window = _last_paragraph(self._text[max(0, spot.start - _REACH) : spot.start])
            cue, distance, _ = before(window)
        if cue is not None and cue.foreign and spot.shape in _NUMERIC:
            return None
        for found in self._believable(spot, cue, distance):
            if self._is_supported(spot, found, cue, distance):
                system = found.identification.system
                diagnosis = system is not None and system.kind == "diagnosis"
                self._note(found, spot, DX if diagnosis else CODE if cue is CODE else PX)
                return found
        return None

    def _is_supported(self, spot: _Spot, found: Found, cue: Cue | None, distance: int) -> bool:
        """Whether enough speaks for it; of a mere number, also something that is about it alone."""
        answer = found.identification
        needed = _NEEDED[spot.shape] + _HELD_AGAINST[answer.status] + (not spot.is_upper)
        if spot.shape is _Shape.LETTERED and str(answer.system) == "icd10cm":
            needed = _NEEDED[_Shape.FLAT]
        beside = self._beside(spot.start, found.end - self._base)
        listed = self._goes_on_list(spot)
        own, has_topic = self._of_its_own(spot, found, cue, distance, beside)
        if listed:
            own, has_topic = own + 2, True
        around, is_topical = self._around(spot, cue, beside, chained=not listed)
        if own + around + support.MOST_OF_TITLE < needed:
            return False
        said = self._says_title(found, beside)
        if own + around + said < needed:
            return False
        if spot.shape is not _Shape.NUMBER:
            return spot.shape not in _NUMERIC or own + said >= 2
        is_round = not said and spot.text.endswith("00")
        topic = has_topic or is_topical or said > 0
        return topic and own + said > 0 and own + around + said - is_round >= needed

    def _believable(self, spot: _Spot, cue: Cue | None, distance: int) -> Iterator[Found]:
        """The codes that a spot may be, those that people still write on the day."""
        tries: tuple[tuple[str, ...], ...] = (ALL,)
        if spot.shape is _Shape.NUMBER:
            tries = (("cpt",),)
            if cue is not None and distance is ADJACENT:
                if cue.named:
                    return
                tries = (*cue.tries, ("cpt",)) if cue.tries == DX.tries else tries
        elif cue is not None and distance is ADJACENT:
            # A list that began with CPT codes may go on with others.
            bound = cue.named and not self._goes_on_list(spot)
            tries = cue.tries if bound else (*cue.tries, ALL)
        if spot.shape is _Shape.LETTERED and tries[-1] == ALL:
            tries = (*tries, ("icd10cm",))  # G93.41 without its dot
        system = None
        for one in tries:
            found = self._answer(spot, (one,))
            if found is None or found.identification.system is system:
                continue
            system, status = found.identification.system, found.identification.status
            if spot.shape is _Shape.CATEGORY and str(system) != "icd10cm":
                continue  # tables of ICD-10-PCS: DM2
            if spot.shape not in _NUMERIC or status in (Status.VALID, Status.PLAUSIBLE):
                yield found

    def _of_its_own(
        self, spot: _Spot, found: Found, cue: Cue | None, distance: int, beside: tuple[str, str]
    ) -> tuple[int, bool]:
        """How much is said of it itself, and whether that is what is said of codes alone."""
        before_it, after_it = beside
        system = found.identification.system
        weight, has_topic = 0, False
        if system is not None and system.kind == "procedure":
            weight, has_topic = support.charged(before_it, after_it)
            if spot.text[0] in "JQ" and support.is_dosed(before_it, after_it):
                weight += 2
        if cue is not None and cue.foreign:
            if cue is not COUNTING:
                weight -= 2 if distance is ADJACENT else 1
        elif cue is not None and cue is not SOFT and distance is not FAR:
            fits = system is not None and any(system.id in one for one in cue.tries)
            close = 3 if spot.shape is _Shape.SHORT else 2
            near = spot.shape not in (_Shape.DECIMAL, _Shape.SHORT)
            weight += fits * (close if distance is ADJACENT else int(near))
            has_topic = has_topic or (fits and cue is not CODE)
        if support.is_row(before_it, after_it):
            weight, has_topic = weight + 2, True
        if self._begins_list(spot, found):
            weight, has_topic = (
                weight + (1 if spot.shape in _NUMERIC and cue is not CODE else 2),
                True,
            )
        if found.identification.modifiers:
            weight, has_topic = weight + 2, True
        if spot.shape is _Shape.NUMBER and support.is_timed(before_it, after_it):
            weight, has_topic = weight + 1, True
        return weight, has_topic

    def _around(
        self, spot: _Spot, cue: Cue | None, beside: tuple[str, str], *, chained: bool
    ) -> tuple[int, bool]:
        """How much what is around it invites codes, and whether it speaks of some."""
        before_it, after_it = beside
        weight = int(spot.bracketed or support.is_set_off(before_it, after_it))
        topics = (
            self._chain is not None and chained,
            support.ahead(after_it, numbers=cue is CODE),
            spot.shape in _CHARGED and support.is_about_billing(before_it, after_it),
        )
        if spot.shape is _Shape.DECIMAL and cue is not None and not cue.foreign:
            weight += 1
        return weight + sum(topics), any(topics)

    def _goes_on_list(self, spot: _Spot) -> bool:
        """Whether a code was found directly before it: ``Z12.31 / G0121``."""
        if self._chain is None:
            return False
        between = self._text[self._chain.end - self._base : spot.start]
        return 0 < len(between) <= 50 and bool(_LIST.fullmatch(_TIMES.sub("", between)))

    def _begins_list(self, spot: _Spot, found: Found) -> bool:
        """Whether a further code follows directly: ``99213, 36415``."""
        end = found.end - self._base
        gap = _LIST.match(self._text, end, spot.end + _AHEAD - 16)
        if gap is None or not gap[0].strip():
            return False
        code = _AHEAD_CODE.match(self._text, gap.end(), spot.end + _AHEAD - 16)
        return code is not None and len(code[0]) > 3

    def _says_title(self, found: Found, beside: tuple[str, str]) -> int:
        """How much of its title stands around it; of CPT, of the headings it is filed under."""
        answer = found.identification
        title = answer.title
        if title is None:
            title = " ".join(one.label for one in answer.categories if one.level in _TELLING)
        told = support.telling_words(title, " ".join(beside))
        return min(told + 1, support.MOST_OF_TITLE) if told else 0

    def _beside(self, start: int, end: int) -> tuple[str, str]:
        """The text right before and behind a place: of its line, or of the line above."""
        text = self._text
        window = _last_paragraph(text[max(0, start - _REACH) : start]).rstrip("\r")
        *above, line = window.split("\n")
        if above and not _TELLS.search(line):
            line = f"{above[-1]}\n{line}"
        return line, text[end : start + _AHEAD - 16].split("\n")[0]

    def _note(self, found: Found, spot: _Spot, cue: Cue) -> None:
        self._chain = _Chain(found.end, spot.shape, cue, spot.cell)
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[spot.text] = cue

    def _doubtful(self, spot: _Spot, cue: Cue | None, distance: int) -> Found | None:
        """What is found only when less is asked of it."""
        if self._strictness is Strictness.CUED or not spot.is_upper or self._is_amount(spot):
            return None
        found = None if spot.shape is _Shape.SHORT else self._answer(spot, (ALL,))
        if found is not None:
            bare = spot.text.replace(".", "").isdigit()
            sure = found.identification.status is Status.VALID and not bare
            return found if sure or self._strictness is Strictness.PLAUSIBLE else None
        if self._strictness is Strictness.PLAUSIBLE and cue and cue.named and not distance:
            resolver = self._ask(cue.tries[0])
            answer = resolver.answers[spot.text] if resolver is not None else None
            if answer is not None and answer.status is Status.UNKNOWN:
                return self._found(spot.start, spot.end, answer)
        return None


def _last_paragraph(window: str) -> str:
    return _PARAGRAPH.split(window)[-1] if "\n" in window else window


def find(
    asker: Asker, resolver: Resolver, source: Source, strictness: str = "cued"
) -> Iterator[Found]:
    """The codes in a text or a stream, in order: what `Classifier.find` gives.

    Args:
        asker: gives the resolver about some of the systems.
        resolver: the day, and the systems to consider.
        source: a text, an open text file, or the pieces of a text.
        strictness: a `Strictness`, or its value.
    """
    try:
        chosen = Strictness(strictness)
    except ValueError:
        known = ", ".join(repr(str(one)) for one in Strictness)
        raise ValueError(f"strictness={strictness!r} is none of {known}") from None
    is_text = isinstance(source, str) or hasattr(source, "read")
    if not is_text and (isinstance(source, (bytes, bytearray)) or not hasattr(source, "__iter__")):
        raise TypeError(_not_a_text(source))
    return _find(_Finder(_narrowing(asker, resolver), chosen), source)


def _narrowing(asker: Asker, resolver: Resolver) -> Ask:
    """The resolver restricted to some systems; each is asked for once."""
    known: dict[tuple[str, ...], Resolver | None] = {}

    def ask(systems: tuple[str, ...]) -> Resolver | None:
        try:
            return known[systems]
        except KeyError:
            pass
        left = tuple(one for one in resolver.allowed if one in systems)
        narrowed = asker.ask(resolver.day, left, None) if left else None
        known[systems] = resolver if left == resolver.allowed else narrowed
        return known[systems]

    return ask


def _find(finder: _Finder, source: Source) -> Iterator[Found]:
    if isinstance(source, str):
        yield from finder.feed(source, final=True)
        return
    for piece in _pieces(source):
        yield from finder.feed(piece)
    yield from finder.feed("", final=True)


def _pieces(source: Readable | Iterable[str]) -> Iterator[str]:
    """A stream in pieces of a useful size."""
    if hasattr(source, "read"):
        while piece := source.read(_CHUNK):
            yield _checked(piece)
        return
    kept: list[str] = []
    size = 0
    for piece in source:
        kept.append(_checked(piece))
        size += len(piece)
        if size >= _CHUNK:
            yield "".join(kept)
            kept, size = [], 0
    yield "".join(kept)


def _checked(piece: object) -> str:
    if not isinstance(piece, str):
        raise TypeError(_not_a_text(piece))
    return piece


def _not_a_text(value: object) -> str:
    return (
        f"codes are found in a str, a file opened as text, or pieces of str, not in "
        f"{type(value).__name__}"
    )
