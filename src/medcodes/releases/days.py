"""From when on a release speaks, and until when.

ICD-10-CM and ICD-10-PCS come out on 1 October, and in some years on 1 April as well; HCPCS on the
first day of each quarter; CPT on 1 January (docs: *What it knows*). ICD-9-CM came out on 1 October
until it ended.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import attrs

from medcodes.errors import ReleaseError
from medcodes.reference.release import Listing
from medcodes.reference.writing import as_date

__all__ = ["CADENCES", "Cadence", "dated"]


@attrs.frozen
class Cadence:
    """When a system is released.

    Attributes:
        months: those on whose first day there may be a release.
        names: what carries the year of an edition, the month in which it begins, and what is to
            be added to the year.
        ends: the last day of the system, or None.
    """

    months: tuple[int, ...]
    names: tuple[tuple[str, int, int], ...] = ()
    ends: date | None = None

    def named(self, text: str) -> date | None:
        """The first day of the edition that a name tells of, by the rule of its system."""
        for pattern, month, offset in self.names:
            found = re.search(pattern, text, re.IGNORECASE)
            if found:
                return date(int(found.group(1)) + offset, month, 1)
        return None

    def last_day(self, first: date) -> date:
        """The day before the next release after a day."""
        if self.ends is not None:
            return self.ends
        months = [*(date(first.year, month, 1) for month in self.months)]
        months += [date(first.year + 1, month, 1) for month in self.months]
        return next(day for day in months if day > first) - timedelta(days=1)


_YEAR = r"(20[0-9]{2})(?![0-9])"
_ICD10 = Cadence(
    (4, 10),
    (
        # icd10cm-codes-April-2026.txt; the fiscal year 2027 begins on 1 October 2026.
        (rf"apr(?:il)?(?:[-_. ]?0?1)?[-_. ]*{_YEAR}", 4, 0),
        (rf"{_YEAR}[-_. ]*apr(?:il)?", 4, 0),
        (rf"(?:codes|order|tabular|icd10cm|icd10pcs|icd10c|version|fy)[-_. a-z]*{_YEAR}", 10, -1),
    ),
)
_HCPCS = Cadence((1, 4, 7, 10))
_CPT = Cadence((1,), ((rf"version[-_. ]*{_YEAR}", 1, 0),))
_ICD9 = Cadence((10,), ((r"CMS([0-9]{2})_DESC", 10, 1982),), date(2015, 9, 30))

CADENCES = {
    "cpt": _CPT,
    "hcpcs": _HCPCS,
    "modifiers": _HCPCS,
    "icd10cm": _ICD10,
    "icd10pcs": _ICD10,
    "icd9cm": _ICD9,
    "icd9pcs": _ICD9,
}


def dated(system: str, asked: date | None, listing: Listing, name: str) -> tuple[date, str]:
    """The first day of a release, and who says so: the caller, the file or the cadence.

    Raises:
        ReleaseError: nobody does.
    """
    if asked is not None:
        return asked, "caller"
    if listing.released:
        return as_date(listing.released), "file"
    cadence = CADENCES[system]
    for text in (name, listing.edition or ""):
        day = cadence.named(text)
        if day is not None:
            return day, "cadence"
    raise ReleaseError(
        "neither its text nor its name says from which day on it speaks; pass valid_from=",
        file=name,
    )
