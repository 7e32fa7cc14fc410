"""What is asked of a release, and what was read from its file."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import attrs

from medcodes.dates import as_date, as_number
from medcodes.errors import ReleaseError
from medcodes.releases.opening import Content
from medcodes.systems import Systems


@attrs.frozen
class Request:
    """What the caller says of a release.

    Attributes:
        system: the id of its system, or None: as the file says.
        valid_from, valid_to: the days on which it speaks, or None.
        complete: whether it lists all codes of its day; None to find out.
        edition: what to call it, or None.
        layout: the id of its layout, or None: as it looks.
        member: the member of a zip file, or None.
    """

    system: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    complete: bool | None = None
    edition: str | None = None
    layout: str | None = None
    member: str | None = None


class Row(NamedTuple):
    """A code, a heading or a modifier, as a file has it.

    Attributes:
        code: with or without its dot.
        title: what the file calls it; empty where it does not.
        line: where it stands, for messages.
        first, last: the days that the file gives it (yyyymmdd); 0 where it gives none.
        heading: True where the file says that it is not a code itself.
        system: the id of its system, where the file says so; several joined by ``|``.
    """

    code: str
    title: str
    line: int
    first: int = 0
    last: int = 0
    heading: bool = False
    system: str = ""


@attrs.define
class Listing:
    """The rows of a file, and what the file says of itself.

    Attributes:
        content: the file.
        systems: the systems that codes may belong to.
        layout: its layout.
        request: what the caller says of it.
        released: the day that the file says it speaks from, known once all rows are read.
        dated: whether the rows carry the whole history of their codes.
        partial: True where a file of this layout never claims to list all codes.
        licence: the licence that the file prints.
        edition: what the file calls itself.
    """

    content: Content
    systems: Systems
    layout: Layout
    request: Request
    released: int = 0
    dated: bool = False
    partial: bool = False
    licence: str | None = None
    edition: str | None = None

    def error(self, message: str, line: int | None = None) -> ReleaseError:
        """What is wrong with the file, or with one of its lines."""
        return self.content.error(message, line)

    def day(self, text: str, line: int) -> int:
        """The day that eight digits mean (yyyymmdd), or ISO text.

        Raises:
            ReleaseError: they mean none.
        """
        day = _day(text)
        if day is None:
            raise self.error(f"{text!r} is not a date; use YYYYMMDD or YYYY-MM-DD", line)
        return day


@lru_cache(4_096)
def _day(text: str) -> int | None:
    digits = text.strip()
    if len(digits) == 10 and digits[4] == digits[7] == "-":
        digits = digits.replace("-", "")
    if len(digits) == 8 and digits.isascii() and digits.isdigit() and digits[0] in "129":
        with suppress(ValueError):
            return as_number(as_date(int(digits)))
    return None


@attrs.frozen(kw_only=True)
class Layout:
    """A form in which releases come.

    Each kind of layout can say whether the first lines of a file are of it (`fits`), and give the
    rows of a file (`read`).

    Attributes:
        id: its name in `Release.layout`.
        what: what is expected, for messages.
        systems: the systems whose codes it may hold; empty for any.
        rank: of several files of one release in a zip file, the one of the highest rank is read.
        conversions: whether it holds which codes took over from which, and no list of codes: a row
            is the new code, with the old ones as its title.
    """

    id: str
    what: str
    systems: tuple[str, ...]
    rank: int = 1
    conversions: bool = False
