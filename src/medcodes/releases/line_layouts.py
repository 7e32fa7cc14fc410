r"""The layouts of one line a code, side by side.

Each is one regular expression for a whole line, whose groups are named after what they hold:
``code``, ``title``, ``short`` (used where there is no longer title), ``first`` and ``last`` day,
``valid`` (``0`` for a heading), ``order`` (which must grow from line to line), ``part`` (which
counts the lines of one title) and so on; a function beside it makes the rows. A line that does not
match in full is refused; nothing is skipped but what stands before the first code in files that
begin with a licence.

Sources of the layouts:

- ICD-10-CM and ICD-10-PCS codes and order files: the read-me files that CDC and CMS publish with
  them (order number in positions 1-5, code in 7-13, header in 15, short title in 17-76, long from
  78).
- ICD-9-CM v32: CMS's CMS32_DESC files.
- HCPCS: CMS's record layout of the contractor file, 320 positions, which comes with every release.
- CPT: the AMA's file layout note (long title in lines of 80 positions with a two-digit counter,
  short ones to 28 characters, medium ones to 48, before that 100), and NLM's list of the files
  that a CPT licence delivers
  (https://www.nlm.nih.gov/research/umls/sourcereleasedocs/current/CPT). The licence text stands
  before the codes and ends with an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from medcodes.errors import shown
from medcodes.releases import decoding
from medcodes.releases.listing import Layout, Listing, Row
from medcodes.releases.opening import Content

_MOST_LINES_OF_LICENCE = 400
_LOOKED_AT = 200
_SHARE = 0.9
"""How much of what is looked at must fit: a damaged line is to be refused with its number, and not
to hide what the file is."""

Matches = Iterator[tuple[int, re.Match[str]]]
"""The number of each line with what was matched in it."""
Reading = Callable[[Matches, Listing], Iterator[Row]]


def _plain(matches: Matches, listing: Listing) -> Iterator[Row]:
    """A line is a code."""
    for number, match in matches:
        code, title = match.group("code", "title")
        yield Row(code, title, number)


def _ordered(matches: Matches, listing: Listing) -> Iterator[Row]:
    """A line is a code or a heading, and has a number of its own that grows."""
    before = ""
    for number, match in matches:
        order, code, valid, short, title = match.group("order", "code", "valid", "short", "title")
        if order <= before:
            raise listing.error(f"order number {order} does not come after {before}", number)
        before = order
        yield Row(code, title or short.rstrip(), number, heading=valid == "0")


def _in_parts(matches: Matches, listing: Listing) -> Iterator[Row]:
    """Several lines are a code: the parts of its title, counted from 01."""
    current, first, parts = "", 0, [""]
    for number, match in matches:
        code, part, title = match.group("code", "part", "title")
        if code != current or part == "01":
            if current:
                yield Row(current, " ".join(parts), first)
            current, first, parts = code, number, []
        if int(part) != len(parts) + 1:
            message = f"part {part} of {code}, where part {len(parts) + 1:02} is expected"
            raise listing.error(message, number)
        parts.append(title.strip())
    yield Row(current, " ".join(parts), first)


def _records(matches: Matches, listing: Listing) -> Iterator[Row]:
    """CMS's HCPCS records: of a procedure (3) or modifier (7), and lines that go on (4, 8)."""
    groups = ("code", "record", "title", "first", "last")
    return hcpcs(((number, match.group(*groups)) for number, match in matches), listing)


def hcpcs(records: Iterable[tuple[int, tuple[str | Any, ...]]], listing: Listing) -> Iterator[Row]:
    """The rows of HCPCS records: their lines, and code, kind, title, first and last day of each.

    The file speaks from the first day of the quarter in which its newest code began.
    """
    listing.dated = True
    row: Row | None = None
    goes_on, newest = "", 0
    for line, (text, record, title, first, last) in records:
        code = text.strip()
        if record in "37":
            if row is not None:
                yield row
            begins = listing.day(first, line)
            ends = listing.day(last, line) if last.strip() else 0
            system = "hcpcs" if record == "3" else "modifiers"
            row = Row(code, title, line, begins, ends, system=system)
            goes_on, newest = str(int(record) + 1), max(newest, begins)
        elif row is None or row.code != code or record != goes_on:
            message = f"a continuation record ({record}) of {code} without its first record"
            raise listing.error(message, line)
        else:
            row = row._replace(title=f"{row.title} {title}")
    if row is not None:
        yield row
        quarter = (newest // 100 % 100 - 1) // 3
        listing.released = newest // 10000 * 10000 + quarter * 300 + 101


@attrs.frozen(kw_only=True)
class Lines(Layout):
    """A layout of one line a code.

    Attributes:
        pattern: what every line matches.
        rows: from the matches to the rows.
        licensed: whether a licence may stand before the codes.
        unmistakable: whether a file that fits it is nothing else.
    """

    pattern: re.Pattern[str]
    rows: Reading = _plain
    licensed: bool = False
    unmistakable: bool = False

    def fits(self, head: list[str]) -> bool:
        """Whether the first lines of a file are of this layout."""
        start = self._start(head)
        if start is None:
            return False
        lines = [line for line in head[start:][:_LOOKED_AT] if line.strip()]
        fitting = [self.pattern.fullmatch(line) is not None for line in lines]
        return bool(fitting) and fitting[0] and sum(fitting) >= len(fitting) * _SHARE

    def _start(self, head: list[str]) -> int | None:
        """The number of lines before the codes, which begin at once or behind an empty line."""
        if not self.licensed or (head and self.pattern.fullmatch(head[0])):
            return 0
        for number, line in enumerate(head[1:_MOST_LINES_OF_LICENCE], 1):
            if not head[number - 1].strip() and self.pattern.fullmatch(line):
                return number if is_licence(head[:number]) else None
        return None

    def read(self, listing: Listing) -> Iterator[Row]:
        """The rows of a file; a listing is told the licence before them."""
        head = decoding.head_lines(listing.content) if self.licensed else []
        start = self._start(head) or 0
        listing.licence = preamble(head[:start])
        return self.rows(self._matches(listing.content, start), listing)

    def _matches(self, content: Content, start: int) -> Matches:
        fullmatch = self.pattern.fullmatch
        blank = 0
        for number, line in decoding.lines(content):
            match = fullmatch(line)
            if match is not None and not blank:
                yield number, match
            elif number <= start:
                continue
            elif not line.strip():
                blank = blank or number  # allowed at the end only
            else:
                found = f"an empty line before {shown(line, 60)}" if blank else shown(line, 60)
                raise content.error(f"{self.what} is expected, not {found}", blank or number)


def preamble(lines: list[str]) -> str | None:
    """The text of the lines before the codes."""
    return "\n".join(line.strip() for line in lines).strip() or None


def is_licence(lines: list[str]) -> bool:
    """Whether lines before the first code are a licence, and not codes of something else."""
    return _LICENCE.search("\n".join(lines)) is not None and not any(map(_ROW.match, lines))


_LICENCE = re.compile("licen[cs]e|copyright|©|notice|American Medical", re.IGNORECASE)
_ROW = re.compile(r"(?=[A-Z]*[0-9])[0-9A-Z]{5,7}[ \t]")


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.ASCII)


_TITLE = r"(?P<title>\S.*)"
_ICD10CM = "[A-Z][0-9A-Z]{2,6}"
_ICD10PCS = "[0-9B-DFGHX][0-9A-HJ-NP-Z]{2}(?:[0-9A-HJ-NP-Z]{4})?"
_ICD9CM = "(?:[0-9]{3}|V[0-9]{2}|E[0-9]{3})[0-9]{0,2}"
_CPT = "(?P<code>[0-9]{4}[0-9FTUMA])"


def _order(system: str, code: str) -> Lines:
    """An order file of CDC and CMS: the code from the seventh column, titles from the 17th."""
    return Lines(
        id=f"{system}-order",
        what="order number, code, 0 or 1, short and long title in their columns",
        systems=(system,),
        pattern=_pattern(
            rf"""(?P<order>[0-9]{{5}}) [ ]
                (?P<code>{code}) [ ]+ (?<=^.{{14}})
                (?P<valid>[01]) [ ]
                (?:(?P<short>.{{60}}) [ ] {_TITLE})"""
        ),
        rows=_ordered,
        rank=2,
        unmistakable=True,
    )


def _codes(name: str, code: str, width: int) -> Lines:
    """A file of codes and titles: the code in so many columns, a blank, and the title."""
    return Lines(
        id=name,
        what=f"a code in columns 1 to {width}, and its title from column {width + 2}",
        systems=(name.partition("-")[0],),
        pattern=_pattern(rf"(?P<code>{code}) [ ]+ (?<=^.{{{width + 1}}}) {_TITLE}"),
    )


def _cpt(name: str, what: str, rest: str, rank: int, rows: Reading = _plain) -> Lines:
    """A file of the AMA, with the licence before the codes."""
    pattern = _pattern(f"{_CPT} {rest}")
    return Lines(
        id=name, what=what, systems=("cpt",), pattern=pattern, rows=rows, rank=rank, licensed=True
    )


def _cpt_titles(name: str, most: int, rank: int) -> Lines:
    what = f"a code, a blank, and a title of up to {most} characters"
    return _cpt(name, what, rf"[ ] (?P<title>\S.{{0,{most - 1}}}) [ ]*", rank)


LINES = (
    _order("icd10cm", _ICD10CM),
    _order("icd10pcs", _ICD10PCS),
    _codes("icd10cm-codes", _ICD10CM, 7),
    _codes("icd10pcs-codes", "[0-9B-DFGHX][0-9A-HJ-NP-Z]{6}", 7),
    _codes("icd9cm-titles", _ICD9CM, 5),
    _codes("icd9pcs-titles", "[0-9]{2,4}", 4),
    Lines(
        id="hcpcs-records",
        what="a record of 320 columns, its kind (3, 4, 7 or 8) in the eleventh",
        systems=("hcpcs", "modifiers"),
        pattern=_pattern(
            r"""(?P<code>[A-Z][0-9]{4} | [ ]{3}[0-9A-Z]{2}) (?P<sequence>[0-9]{5})
                (?P<record>[37]|(?P<goes_on>[48])) (?P<title>.{1,80})
                (?(goes_on) .* | (?<=^.{91}) (?P<short>.{28}) .{149}
                    (?P<first>[0-9]{8}) [0-9 ]{8} (?P<last>[0-9]{8}|[ ]{8}) [A-Z ] [ ]{0,27})"""
        ),
        rows=_records,
        rank=3,
        unmistakable=True,
    ),
    _cpt("cpt-long", "a code, a tab, and its title", rf"\t {_TITLE}", 5),
    _cpt(
        "cpt-long-parts",
        "a code, the number of the line (01, 02 ...), a blank, and a part of the title",
        r"(?P<part>[0-9]{2}) [ ] (?P<title>\S.{0,71})",
        4,
        _in_parts,
    ),
    _cpt_titles("cpt-short", 28, 1),
    _cpt_titles("cpt-medium", 100, 2),
)
