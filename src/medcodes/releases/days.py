"""From when on a release speaks, and until when.

ICD-10-CM and ICD-10-PCS come out on 1 October, and in some years on 1 April as well; HCPCS on the
first day of each quarter; CPT on 1 January (docs: *What it knows*). ICD-9-CM came out on 1 October
until it ended.
"""

from __future__ import annotations

from datetime import date

from medcodes import systems
from medcodes.dates import as_date
from medcodes.errors import ReleaseError
from medcodes.reference.release import Listing

__all__ = ["dated"]


def dated(system: str, asked: date | None, listing: Listing, name: str) -> tuple[date, str]:
    """The first day of a release, and who says so: the caller, the file or the cadence.

    Raises:
        ReleaseError: nobody does.
    """
    if asked is not None:
        return asked, "caller"
    if listing.released:
        return as_date(listing.released), "file"
    for text in (name, listing.edition or ""):
        day = systems.KNOWN.traits(system).cadence.named(text)
        if day is not None:
            return day, "cadence"
    raise ReleaseError(
        "neither its text nor its name says from which day on it speaks; pass valid_from=",
        file=name,
    )
