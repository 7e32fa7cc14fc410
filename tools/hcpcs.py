"""HCPCS Level II: CMS's cumulative file of 2026 Q3, what ended in 2013, and 2026 Q4's changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from medcodes.dates import OPEN
from medcodes.reference.writing import Span
from tools.sources import HcpcsRecord, Sources

ENDED, CHANGES = FILES = ("hcpcs_ended_2013.tsv", "hcpcs_2026q4_changes.tsv")

NOTE = (
    "2026 Q4 rests on one copy of CMS's file: 45 codes added and 15 ended, on the days of the "
    "quarter; the titles of those added are CMS's short descriptions, and 10 revised titles are "
    "still those of 2026 Q3"
)


def spans(sources: Sources) -> dict[str, list[Span]]:
    """The days of every code."""
    return _spans(records(sources))


def titles(sources: Sources) -> dict[str, str]:
    """The newest title of every code."""
    return {record.code: record.title for record in records(sources)}


def modifier_spans(sources: Sources) -> dict[str, list[Span]]:
    """The days of every modifier."""
    return _spans(sources.hcpcs(modifiers=True))


def modifier_titles(sources: Sources) -> dict[str, str]:
    """The title of every modifier."""
    return {record.code: record.title for record in sources.hcpcs(modifiers=True)}


def _spans(found: Iterable[HcpcsRecord]) -> dict[str, list[Span]]:
    answer: dict[str, list[Span]] = defaultdict(list)
    for record in found:
        answer[record.code].append(Span(record.added, record.terminated or OPEN))
    return answer


def records(sources: Sources) -> Iterator[HcpcsRecord]:
    """The lives of all codes, oldest first: one that came back has two."""
    yield from ended(sources)
    changes = {row["code"]: row for row in sources.official.rows(CHANGES)}
    for record in sources.hcpcs():
        change = changes.get(record.code)
        last = record.terminated
        if change is not None and change["action"] == "D":
            last = int(change["day"])
        yield HcpcsRecord(record.code, record.added, last, record.title)
    for row in changes.values():
        if row["action"] == "A":
            yield HcpcsRecord(row["code"], int(row["day"]), 0, row["short_description"])


def ended(sources: Sources) -> Iterator[HcpcsRecord]:
    """What ended in 2013."""
    for row in sources.official.rows(ENDED):
        days = int(row["added"]), int(row["terminated"])
        yield HcpcsRecord(row["code"], *days, row["long_description"])
