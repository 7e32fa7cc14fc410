"""Titles that a code had in earlier editions: what changed, and on which day.

One block of lines with three fields separated by tabs: the day (yyyymmdd) from which the code has
another title, the code, and the title that it had until then; an empty one where no source has it.
Sorted; the title of today is in the table of titles. The header says from which day on the editions
are known (``since``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from medcodes.dates import as_date
from medcodes.reference.file import NO_TABLE, TableText


class RevisionTable:
    """Codes to their earlier titles; without a file, no earlier title is known.

    Attributes:
        changes: the days from which some code has another title.
        since: the first day of which the titles are known; None where only the newest are.
    """

    def __init__(self, file: TableText = NO_TABLE) -> None:
        since = file.header.get("since")
        self.since = date.fromisoformat(since) if since else None
        self._earlier: dict[str, list[tuple[date, str]]] = {}
        for line in file.lines(0):
            day, compact, title = line.split("\t")
            self._earlier.setdefault(compact, []).append((as_date(int(day)), title))
        self.changes = frozenset(day for titles in self._earlier.values() for day, _ in titles)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The codes, without dots, that have had other titles, sorted, and each of those titles."""
        for compact, titles in sorted(self._earlier.items()):
            for _, title in titles:
                yield compact, title

    def title(self, compact: str, day: date) -> str | None:
        """The title that a code had on a day; None when it is that of the table of titles.

        The empty text where no source has it.
        """
        for until, title in self._earlier.get(compact, ()):
            if day < until:
                return title
        return None
