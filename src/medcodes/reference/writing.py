"""From the histories and titles of codes to the text of the tables.

Pure functions: rows in, table text out. What a table looks like inside is written where it is read,
in `medcodes.reference.codes` and `medcodes.reference.titles`. Days are numbers here (yyyymmdd).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TypeVar, Union

import attrs

from medcodes.dates import OPEN, Day, as_date, as_number, day_after, day_before, to_day
from medcodes.reference.codes import BASE, PREFIX
from medcodes.reference.file import TableText
from medcodes.reference.titles import pack_titles
from medcodes.systems import CodeSystem, Traits

CodeRow = Union[tuple[str, str], tuple[str, str, Day, Day]]
"""A code and its title, and perhaps the first and the last day on which it is valid."""

_TITLES_A_BLOCK = 1000
_EARLIEST = 19000101
"""The first day of codes that have always been there."""

K = TypeVar("K")


@attrs.frozen(order=True)
class Span:
    """Days (yyyymmdd, inclusive) with the same state."""

    first: int
    last: int
    heading: bool = False
    flags: str = ""

    def __str__(self) -> str:
        return f"{'*' if self.heading else ''}{self.first}-{self.last}{self.flags}"

    @classmethod
    def parse(cls, text: str) -> Span:
        """The span that `str` wrote.

        >>> Span.parse("*20151001-99991231x")
        Span(first=20151001, last=99991231, heading=True, flags='x')
        """
        heading = text.startswith("*")
        body = text[heading:]
        return cls(int(body[:8]), int(body[9:17]), heading, body[17:])


History = tuple[Span, ...]

# -- histories ------------------------------------------------------------------------------------


def joined(spans: Iterable[Span]) -> History:
    """The spans in order, those joined that follow each other with the same state.

    Raises:
        ValueError: two of them overlap.

    >>> joined([Span(20010101, 20011231), Span(20000101, 20001231)])
    (Span(first=20000101, last=20011231, heading=False, flags=''),)
    """
    history: list[Span] = []
    for span in sorted(spans):
        if history and span.first <= history[-1].last:
            raise ValueError(f"{history[-1]} and {span} overlap")
        if history and _continues(history[-1], span):
            history[-1] = attrs.evolve(history[-1], last=span.last)
        else:
            history.append(span)
    return tuple(history)


def _continues(before: Span, after: Span) -> bool:
    same = (before.heading, before.flags) == (after.heading, after.flags)
    return same and day_after(before.last) == after.first


def below_headings(codes: Mapping[str, K], traits: Traits) -> dict[str, set[K]]:
    """The headings of codes, which are their beginnings, and what the codes below each map to.

    >>> from medcodes.systems import ICD9CM
    >>> below_headings({"25000": "a", "2501": "b", "E8490": "c"}, ICD9CM.traits)
    {'250': {...}, '2500': {'a'}, 'E849': {'c'}}
    """
    below: dict[str, set[K]] = defaultdict(set)
    for code, value in codes.items():
        for length in traits.heading_lengths:
            if length < len(code):
                below[code[:length]].add(value)
    return {
        prefix: values
        for prefix, values in below.items()
        if len(prefix) >= traits.length_of_category(prefix)
    }


def with_headings(codes: Mapping[str, History], traits: Traits) -> dict[str, History]:
    """Add the headings: on which days a prefix stands above billable codes and is none itself."""
    answer = dict(codes)
    for prefix, histories in below_headings(codes, traits).items():
        own = codes.get(prefix, ())
        answer[prefix] = tuple(sorted((*own, *heading_spans(histories, own))))
    return answer


def heading_spans(histories: Iterable[History], own: Iterable[Span]) -> list[Span]:
    """The days on which something below was listed, and the prefix itself was not a code."""
    return minus(union(span for history in histories for span in history), own)


def union(spans: Iterable[Span]) -> list[Span]:
    """The days that any of the spans holds, as spans of a heading."""
    found: list[Span] = []
    for first, last in sorted({(span.first, span.last) for span in spans}):
        if found and first <= day_after(found[-1].last):
            found[-1] = Span(found[-1].first, max(found[-1].last, last), heading=True)
        else:
            found.append(Span(first, last, heading=True))
    return found


def minus(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of spans without the days of others."""
    left = list(spans)
    for cut in taken:
        pieces = []
        for span in left:
            if cut.last < span.first or span.last < cut.first:
                pieces.append(span)
                continue
            if span.first < cut.first:
                pieces.append(attrs.evolve(span, last=day_before(cut.first)))
            if cut.last < span.last:
                pieces.append(attrs.evolve(span, first=day_after(cut.last)))
        left = pieces
    return left


# -- blocks ---------------------------------------------------------------------------------------


def code_blocks(codes: Mapping[str, History]) -> list[str]:
    """The five blocks of a code table."""
    return packed(((code, codes[code]) for code in sorted(codes)), history_text)


def history_text(history: Iterable[Span]) -> str:
    """A history as a table has it."""
    return ",".join(map(str, history))


def packed(codes: Iterable[tuple[str, K]], text_of: Callable[[K], str]) -> list[str]:
    """The five blocks of the table of sorted codes, each with what stands for its history."""
    histories: dict[K, int] = {}
    groups: dict[tuple[tuple[str, ...], tuple[int, ...]], int] = {}
    categories: list[str] = []
    group_of: list[int] = []
    for prefix, members in groupby(codes, lambda entry: entry[0][:PREFIX]):
        suffixes, numbers = [], []
        for code, key in members:
            suffixes.append(code[PREFIX:])
            numbers.append(histories.setdefault(key, len(histories)))
        group_of.append(groups.setdefault((tuple(suffixes), tuple(numbers)), len(groups)))
        category = prefix[:3]
        if categories and categories[-1].startswith(f"{category:3}"):
            categories[-1] += f" {prefix[3:]}"
        else:
            categories.append(f"{category:3}{prefix[3:]}")
    return [
        "\n".join(map(text_of, histories)),
        "\n".join(" ".join(suffixes) for suffixes, _ in groups),
        _characters(number for _, numbers in groups for number in numbers),
        "\n".join(categories),
        _characters(group_of),
    ]


def _characters(numbers: Iterable[int]) -> str:
    return "".join(chr(BASE + number) for number in numbers)


def title_blocks(codes: Iterable[str], titles: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The first category of each block, and the blocks, of a title table."""
    starts: list[str] = []
    blocks: list[list[str]] = []
    size = _TITLES_A_BLOCK
    for category, members in groupby(sorted(codes), lambda code: code[:3]):
        if size >= _TITLES_A_BLOCK:
            starts.append(category)
            blocks.append([])
            size = 0
        lines = pack_titles([titles.get(code) for code in members])
        blocks[-1].append("\n".join((category, *lines)))
        size += len(lines)
    return starts, ["\n\n".join(block) for block in blocks]


# -- lists of the user's own ----------------------------------------------------------------------


def listed_tables(
    system: CodeSystem, rows: Iterable[CodeRow], edition: str = "", valid_to: Day = None
) -> dict[tuple[str, str], TableText]:
    """The tables of codes and titles of a list, as `Reference.with_system` takes it.

    Raises:
        ValueError: a row is not a code of the system, or a code has two rows for a day.
    """
    spans: dict[str, list[Span]] = defaultdict(list)
    titles: dict[str, str] = {}
    for code, title, *days in rows:
        compact = system.compact(code)
        first, last = days or (None, None)
        spans[compact].append(Span(_number(first, _EARLIEST), _number(last, OPEN)))
        titles[compact] = " ".join(title.split())
    listed = {code: _history(system, code, found) for code, found in spans.items()}
    codes = with_headings(listed, system.traits)
    first_day = min((history[0].first for history in listed.values()), default=_EARLIEST)
    edition = edition or f"{system.name}, a list of the user's own"
    header = {
        "system": system.id,
        "what": "codes",
        "edition": edition,
        "first_day": as_date(first_day).isoformat(),
        "last_day": as_date(_number(valid_to, OPEN)).isoformat(),
        "billable": len(listed),
    }
    starts, blocks = title_blocks(codes, titles)
    title_header = {"system": system.id, "what": "titles", "starts": starts}
    return {
        (system.id, "codes"): TableText(edition, header, code_blocks(codes)),
        (system.id, "titles"): TableText(edition, title_header, blocks),
    }


def _number(day: Day, otherwise: int) -> int:
    return otherwise if day is None else as_number(to_day(day))


def _history(system: CodeSystem, code: str, spans: list[Span]) -> History:
    try:
        return joined(spans)
    except ValueError as error:
        raise ValueError(f"two rows of {system.format(code)}: {error}") from error
