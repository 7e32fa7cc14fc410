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

import attrs

from medcodes.dates import as_date
from medcodes.errors import ReleaseError
from medcodes.reference.release import Listing, Row
from medcodes.releases import text
from medcodes.releases.opening import Content

__all__ = ["LINES", "Lines", "day_of", "hcpcs", "is_licence"]

_LONGEST_PREAMBLE = 400


Matches = Iterator[tuple[int, re.Match[str]]]
"""The number of each line with what was matched in it."""


def _plain(matches: Matches, name: str, listing: Listing) -> Iterator[Row]:
    """A line is a code."""
    for number, match in matches:
        code, title = match.group("code", "title")
        yield Row(code, title, number)


def _ordered(matches: Matches, name: str, listing: Listing) -> Iterator[Row]:
    """A line is a code or a heading, and has a number of its own that grows."""
    before = ""
    for number, match in matches:
        order, code, valid, short, title = match.group("order", "code", "valid", "short", "title")
        if order <= before:
            message = f"its order number {order} does not come after {before}"
            raise ReleaseError(message, file=name, line=number)
        before = order
        yield Row(code, title or short.rstrip(), number, heading=valid == "0")


def _in_parts(matches: Matches, name: str, listing: Listing) -> Iterator[Row]:
    """Several lines are a code: the parts of its title, counted from 01."""
    code, first, parts = "", 0, [""]
    for number, match in matches:
        its, part, title = match.group("code", "part", "title")
        if its != code or part == "01":
            if code:
                yield Row(code, " ".join(parts), first)
            code, first, parts = its, number, []
        if int(part) != len(parts) + 1:
            message = f"part {part} of {its} comes where part {len(parts) + 1:02} is expected"
            raise ReleaseError(message, file=name, line=number)
        parts.append(title.strip())
    yield Row(code, " ".join(parts), first)


def _records(matches: Matches, name: str, listing: Listing) -> Iterator[Row]:
    """CMS's HCPCS records: of a procedure (3) or modifier (7), and lines that go on (4, 8)."""
    rows = (
        (
            number,
            match["code"].strip(),
            match["record"] or match["goes_on"],
            match["title"] or match["more"],
            match["first"] or "",
            match["last"] or "",
        )
        for number, match in matches
    )
    return hcpcs(rows, name, listing)


def hcpcs(
    records: Iterable[tuple[int, str, str, str, str, str]], name: str, listing: Listing
) -> Iterator[Row]:
    """The rows of HCPCS records: line, code, kind of record, title, first and last day.

    The file speaks from the first day of the quarter in which its newest code began.
    """
    held: tuple[int, str, str, int, int] | None = None
    titles: list[str] = []
    newest = 0
    for line, code, record, title, first, last in records:
        if record in "37":
            if held is not None:
                yield _procedure(held, titles)
            begins = day_of(first, name, line)
            held = line, code, record, begins, day_of(last, name, line) if last.strip() else 0
            titles = [title]
            newest = max(newest, begins)
        elif held is None or held[1] != code or int(record) != int(held[2]) + 1:
            message = f"a line that goes on ({record}) of {code} follows no first line of it"
            raise ReleaseError(message, file=name, line=line)
        else:
            titles.append(title)
    if held is not None:
        yield _procedure(held, titles)
        listing.released = newest // 10000 * 10000 + (newest // 100 % 100 - 1) // 3 * 300 + 101


def _procedure(held: tuple[int, str, str, int, int], titles: list[str]) -> Row:
    line, code, record, first, last = held
    system = "hcpcs" if record == "3" else "modifiers"
    return Row(code, " ".join(titles), line, first, last, system=system)


def day_of(digits: str, name: str, line: int) -> int:
    """The day that eight digits mean (yyyymmdd), or ISO text.

    Raises:
        ReleaseError: they mean none.
    """
    plain = digits.strip()
    if len(plain) == 10 and plain[4] == plain[7] == "-":
        plain = plain.replace("-", "")
    if len(plain) == 8 and plain.isascii() and plain.isdigit() and plain[0] in "129":
        try:
            as_date(int(plain))
        except ValueError:
            pass
        else:
            return int(plain)
    message = f"{digits!r} is no day; yyyymmdd or yyyy-mm-dd is expected"
    raise ReleaseError(message, file=name, line=line)


Reading = Callable[[Matches, str, Listing], Iterator[Row]]


@attrs.frozen
class Lines:
    """A layout of one line a code.

    Attributes:
        id: its name in `Release.layout`.
        what: what a line is, for messages.
        systems: the systems whose codes it holds.
        pattern: what every line matches.
        rows: from the matches to the rows.
        rank: of several files of one release in a zip, the one of the highest rank is read.
        preamble: whether a licence may stand before the codes.
        dated: whether it carries the days of every code.
        sure: whether a file that fits it is nothing else.
    """

    id: str
    what: str
    systems: tuple[str, ...]
    pattern: re.Pattern[str]
    rows: Reading = _plain
    rank: int = 1
    preamble: bool = False
    dated: bool = False
    sure: bool = False

    def fits(self, head: list[str]) -> bool:
        """Whether the first lines of a file are of this layout."""
        body = head
        if self.preamble:
            start = self._begin(head)
            if start is None:
                return False
            body = head[start:]
        wanted = [line for line in body[:_LOOKED_AT] if line.strip()]
        found = [self.pattern.fullmatch(line) is not None for line in wanted]
        # A damaged line is to be refused with its number, not to hide what the file is.
        return bool(found) and found[0] and sum(found) >= len(found) * _SHARE

    def _begin(self, head: list[str]) -> int | None:
        """The number of lines before the codes, which begin at once or behind an empty line."""
        if head and self.pattern.fullmatch(head[0]):
            return 0
        for number, line in enumerate(head[1:_LONGEST_PREAMBLE], 1):
            if not head[number - 1].strip() and self.pattern.fullmatch(line):
                return number if is_licence(head[:number]) else None
        return None

    def read(self, content: Content) -> Listing:
        """The rows of a file."""
        head = text.head_lines(content) if self.preamble else []
        start = self._begin(head) or 0
        listing = Listing(iter(()), dated=self.dated)
        listing.licence = "\n".join(line.strip() for line in head[:start]).strip() or None
        listing.rows = self.rows(self._matches(content, start), content.name, listing)
        return listing

    def _matches(self, content: Content, start: int) -> Matches:
        fullmatch = self.pattern.fullmatch
        blank = 0
        for number, line in text.lines(content):
            match = fullmatch(line)
            if match is not None and not blank:
                yield number, match
            elif number <= start:
                continue
            elif not line.strip():
                blank = blank or number  # allowed at the end only
            else:
                shown = line if len(line) <= 60 else f"{line[:57]}..."
                why = f"an empty line before {shown!r}" if blank else repr(shown)
                message = f"{self.what} is expected, not {why}"
                raise ReleaseError(message, file=content.name, line=blank or number)


def is_licence(lines: list[str]) -> bool:
    """Whether lines before the first code are a licence, and not codes of something else."""
    return _LICENCE.search("\n".join(lines)) is not None and not any(map(_ROW.match, lines))


_LICENCE = re.compile("licen[cs]e|copyright|©|notice|American Medical", re.IGNORECASE)
_ROW = re.compile(r"(?=[A-Z]*[0-9])[0-9A-Z]{5,7}[ \t]")
_LOOKED_AT = 200
_SHARE = 0.9


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.ASCII)


_CPT = "(?P<code>[0-9]{4}[0-9FTUMA])"
_TITLE = r"(?P<title>\S.*)"

LINES = (
    Lines(
        "icd10cm-order",
        "order number, code, 0 or 1, short and long title in their columns",
        ("icd10cm",),
        _pattern(
            r"""(?P<order>[0-9]{5}) [ ]
                (?P<code>[A-Z][0-9A-Z]{2,6}) [ ]+ (?<=^.{14})
                (?P<valid>[01]) [ ]
                (?:(?P<short>.{60}) [ ] (?P<title>\S.*))"""
        ),
        _ordered,
        rank=2,
        sure=True,
    ),
    Lines(
        "icd10pcs-order",
        "order number, code, 0 or 1, short and long title in their columns",
        ("icd10pcs",),
        _pattern(
            r"""(?P<order>[0-9]{5}) [ ]
                (?P<code>[0-9B-DFGHX][0-9A-HJ-NP-Z]{2}(?:[0-9A-HJ-NP-Z]{4})?) [ ]+ (?<=^.{14})
                (?P<valid>[01]) [ ]
                (?:(?P<short>.{60}) [ ] (?P<title>\S.*))"""
        ),
        _ordered,
        rank=2,
        sure=True,
    ),
    Lines(
        "icd10cm-codes",
        "a code in the first seven columns, and its title from the ninth",
        ("icd10cm",),
        _pattern(rf"(?P<code>[A-Z][0-9A-Z]{{2,6}}) [ ]+ (?<=^.{{8}}) {_TITLE}"),
    ),
    Lines(
        "icd10pcs-codes",
        "a code of seven characters, a blank, and its title",
        ("icd10pcs",),
        _pattern(rf"(?P<code>[0-9B-DFGHX][0-9A-HJ-NP-Z]{{6}}) [ ] {_TITLE}"),
    ),
    Lines(
        "icd9cm-titles",
        "a code in the first five columns, and its title from the seventh",
        ("icd9cm",),
        _pattern(
            rf"""(?P<code>(?:[0-9]{{3}}|V[0-9]{{2}}|E[0-9]{{3}})[0-9]{{0,2}}) [ ]+ (?<=^.{{6}})
                {_TITLE}"""
        ),
    ),
    Lines(
        "icd9pcs-titles",
        "a code in the first four columns, and its title from the sixth",
        ("icd9pcs",),
        _pattern(rf"(?P<code>[0-9]{{2,4}}) [ ]+ (?<=^.{{5}}) {_TITLE}"),
    ),
    Lines(
        "hcpcs-records",
        "a record of 320 columns, its kind (3, 4, 7 or 8) in the eleventh",
        ("hcpcs", "modifiers"),
        _pattern(
            r"""(?P<code>[A-Z][0-9]{4} | [ ]{3}[0-9A-Z]{2}) (?P<sequence>[0-9]{5})
                (?: (?P<record>[37])
                    (?P<title>.{80}) (?P<short>.{28}) .{149}
                    (?P<first>[0-9]{8}) [0-9 ]{8} (?P<last>[0-9]{8}|[ ]{8}) [A-Z ] [ ]{0,27}
                  | (?P<goes_on>[48]) (?P<more>.{1,80}) .* )"""
        ),
        _records,
        rank=3,
        dated=True,
        sure=True,
    ),
    Lines(
        "cpt-long",
        "a code, a tab, and its title",
        ("cpt",),
        _pattern(rf"{_CPT} \t {_TITLE}"),
        rank=5,
        preamble=True,
    ),
    Lines(
        "cpt-long-parts",
        "a code, the number of the line (01, 02 ...), a blank, and a part of the title",
        ("cpt",),
        _pattern(rf"{_CPT} (?P<part>[0-9]{{2}}) [ ] (?P<title>\S.{{0,71}})"),
        _in_parts,
        rank=4,
        preamble=True,
    ),
    Lines(
        "cpt-short",
        "a code, a blank, and a title of up to 28 characters",
        ("cpt",),
        _pattern(rf"{_CPT} [ ] (?P<title>\S.{{0,27}}) [ ]*"),
        rank=1,
        preamble=True,
    ),
    Lines(
        "cpt-medium",
        "a code, a blank, and a title of up to 100 characters",
        ("cpt",),
        _pattern(rf"{_CPT} [ ] (?P<title>\S.{{0,99}}) [ ]*"),
        rank=2,
        preamble=True,
    ),
)
