"""What stands in columns beside medical codes: ZIP codes, NPIs, dates and the like.

Each has a shape, and a place in it says how likely one of its values is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log
from typing import NamedTuple

from medcodes.lookup.lookalikes import luhn


class Place(NamedTuple):
    """Where a value stands in a system: its head, and natural logarithms of probabilities."""

    head: str
    share: float
    """Of the head, in the system."""
    within: float
    """Of the value, in the head."""


ZIP, NPI, NDC, REVENUE = "ZIP code", "NPI", "NDC", "revenue code"
POS, DRG, DATE, TEXT, NUMBER = "place of service", "MS-DRG", "date", "free text", "number"
NEIGHBOURS = (ZIP, NPI, NDC, REVENUE, POS, DRG, DATE, TEXT, NUMBER)
_LONGEST = 40
"""Characters of a value that is more than free text."""

NAMES = {
    "US ZIP code": ZIP,
    "NPI (providers)": NPI,
    "NDC (drug products)": NDC,
    "UB-04 revenue code": REVENUE,
    "CMS place of service": POS,
    "MS-DRG": DRG,
}
"""What `medcodes.names` calls neighbours, to what they are called here."""

_ZIP = re.compile(r"([0-9]{3})[0-9]{2}(-?[0-9]{4})?", re.A)
_NDC = re.compile(r"([0-9]{5})[0-9]{6}|([0-9]{4,5})-[0-9]{3,4}-[0-9]{1,2}", re.A)
_REVENUE = re.compile(r"0001|0[1-9][0-9]{2}|100[0-5]|210[0-9]|310[1-9]", re.A)
# CMS's place of service code set; 99 is "other".
_POS = frozenset(
    f"{number:02}"
    for first, last in ((1, 27), (31, 34), (41, 42), (49, 58), (60, 62), (65, 66), (71, 72))
    for number in range(first, last + 1)
) | {"81", "99"}
DATE_SHAPE = re.compile(
    r"(?P<y>(19|20)[0-9]{2})(?P<sep>[-/]?)(0[1-9]|1[0-2])(?P=sep)(0[1-9]|[12][0-9]|3[01])"
    r"([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
    r"|(0?[1-9]|1[0-2])[/-](0?[1-9]|[12][0-9]|3[01])[/-](?P<year>(19|20)?[0-9]{2})",
    re.A,
)
_YEAR = re.compile(r"19[0-9]{2}|20[0-3][0-9]", re.A)
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?", re.A)


def neighbours(text: str) -> Iterator[tuple[str, Place]]:
    """The neighbours that may have written a value."""
    rare = sum(map(str.isdigit, text))
    yield TEXT, Place("", 0.0, -4.0 - 3.0 * len(text) - 0.7 * rare)
    if not text or text[0] not in "0123456789+-" or len(text) > _LONGEST:
        return
    if _NUMBER.fullmatch(text):
        yield NUMBER, Place("", 0.0, log(0.08) - log(10) * sum(map(str.isdigit, text)))
    if (found := _ZIP.fullmatch(text)) and "00501" <= text[:5] <= "99950":
        yield ZIP, Place(found[1], -log(995), -log(100) - (log(20_000) if found[2] else 0))
    is_number = text.isascii() and text.isdigit()
    if is_number and len(text) == 10 and text[0] in "12" and luhn(f"80840{text}"):
        yield NPI, Place("", 0.0, -log(2e8))
    if found := _NDC.fullmatch(text):
        yield NDC, Place(found[1] or found[2], -log(1e5), -log(2e6))
    if _REVENUE.fullmatch(text):
        yield REVENUE, Place(text[:3], -log(93), -log(10))
    if text in _POS:
        yield POS, Place("", 0.0, -log(len(_POS)))
    if len(text) == 3 and text.isdigit() and text != "000":
        yield DRG, Place("", 0.0, -log(999))
    if _YEAR.fullmatch(text):
        yield DATE, Place(text[:3], -log(14), -log(10))
    elif found := DATE_SHAPE.fullmatch(text):
        yield DATE, Place(found["y"] or found["year"], -log(150), -log(366 * 3))
