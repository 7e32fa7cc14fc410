"""What a column may be, and what values each explanation accepts: the table behind `profile`.

Two numbers stand in each row. `share` is how many texts of the same shape the explanation accepts
by chance: the fewer, the more it says that all values of a column are accepted. Shares are counted
from the standard that is named, or 1 where every text of the shape is accepted. `usual` is how
usual such columns are beside those of arbitrary numbers and identifiers, in natural logarithm;
these were chosen on the first half of the kinds in ``benchmarks/kinds_of_columns.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from medcodes import names
from medcodes.lookup.lookalikes import luhn

Test = Callable[[str], object]


@attrs.frozen
class Explanation:
    """What else a column may be but codes of a listed system.

    Attributes:
        what: as `Profile.looks_like` says it.
        accepts: whether a value may be one.
        share: of the texts of that shape, how many it accepts.
        usual: how usual such columns are; None where only the name of a column can tell them.
        shown_by: what at least one value must be.
    """

    what: str
    accepts: Test
    share: float
    usual: float | None = 0.0
    shown_by: Test = bool


def _shape(pattern: str) -> Test:
    return re.compile(pattern, re.A).fullmatch


def _is_npi(text: str) -> bool:
    return bool(_NPI(text)) and luhn(f"80840{text}")


def _is_loinc(text: str) -> bool:
    return bool(_LOINC(text)) and luhn(text.replace("-", ""))


def _is_name_of_system(text: str) -> bool:
    return bool(names.resolve(text) or names.foreign(text)) or bool(_LEVEL(text))


def _is_remark(text: str) -> bool:
    found = _REMARK(text)
    return found is not None and (text[0] != "M" or int(text.lstrip("MA")) <= 144)


_NPI, _LOINC = _shape("[12][0-9]{9}"), _shape("[0-9]{3,5}-[0-9]")
_REMARK = re.compile("(?:N|M|MA)(?:0[1-9]|[1-9][0-9]{0,2})", re.A).fullmatch
_LEVEL = _shape("(CPT|HCPCS)[ _-]?(I{1,3}|[1-4])")

_PHONE = _shape(r"(\+?1[ .-]?)?\(?[2-9][0-9]{2}[).-] ?[0-9]{3}[ .-][0-9]{4}")
_CLOCK = _shape("([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?( ?[AP]M)?")
_REVENUE = _shape("00(01|2[2-4])|0[1-9][0-9]{2}|100[0-5]|210[0-9]|310[1-9]")
# Categories of revenue codes that bills have most of, without the zero in front.
_USUAL_REVENUE = _shape(
    "2(5[0-9]|6[0-4]|7[0-9])|3(0[0-9]|1[0-4]|2[0-4]|3[0-5]|5[0-2]|6[0-2]|7[0-4]|9[0-9])"
    "|4(1[0-3]|[2-4][0-4]|5[0-6]|6[01]|8[0-3]|90)|51[0-7]|6(1[0-8]|3[0-7])"
    "|7(1[0-9]|2[0-4]|3[0-2]|40|50|6[0-2]|71)|94[0-3]"
)
# CMS's place of service code set; 99 is "other".
_POS = frozenset(
    f"{number:02}"
    for first, last in ((1, 27), (31, 34), (41, 42), (49, 58), (60, 62), (65, 66), (71, 72))
    for number in range(first, last + 1)
) | {"81", "99"}
# Common modifiers of CPT (its appendix A is the AMA's) and those of HCPCS Level II by first letter.
_MODIFIER = _shape("2[2-7]|3[23]|47|5[0-9]|6[236]|7[3-9]|8[0-2]|9[0-35-9]|[A-Z][A-Z1-9]")
_SHOWS_MODIFIER = _shape("LT|RT|TC|KX|XS|XU|QW|25|59")


def _is_zip(text: str) -> bool:
    return bool(_FIVE_DIGITS(text)) and "00501" <= text <= "99950"


is_date = _shape(
    r"(19|20)[0-9]{2}([-/]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])"
    r"([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
    r"|(0?[1-9]|1[0-2])[/-](0?[1-9]|[12][0-9]|3[01])[/-]((19|20)?[0-9]{2})"
)
_FIVE_DIGITS, _TEXT = _shape("[0-9]{5}"), _shape("[^0-9]*")

ZIP, MODIFIERS, REVENUE, ROOM = "ZIP code", "modifiers", "revenue code", "room"
IDENTIFIER, RUNNING, NUMBER, TEXT = "identifier", "running number", "number", "free text"
MEASUREMENT, AMOUNT, DATE = "measurement", "amount", "date"

TABLE = (
    # what, accepts, share, usual, shown by
    Explanation("NPI", _is_npi, 0.02),
    Explanation("NDC", _shape("[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}"), 0.01),
    Explanation("NDC", _shape("[0-9]{11}"), 1, 0.5),
    Explanation("LOINC", _is_loinc, 0.1, -1),
    Explanation("SSN", _shape("[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}"), 0.01),
    Explanation("SSN", _shape("[0-9]{9}|[0-9]{4}"), 1, None),
    Explanation("EIN", _shape("[0-9]{2}-[0-9]{7}"), 0.01),
    Explanation("EIN", _shape("[0-9]{9}"), 1, None),
    Explanation("phone number", _PHONE, 0.01),
    Explanation("phone number", _shape("1?[2-9][0-9]{9}"), 1, None),
    Explanation(ZIP, _is_zip, 1, -0.2),
    Explanation(ZIP, _shape("[0-9]{5}-[0-9]{4}|[0-9]{5}"), 0.01, -1, _shape("[0-9]{5}-[0-9]{4}")),
    Explanation(DATE, is_date, 0.003, 0),
    Explanation(DATE, _shape("(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"), 0.037, -3),
    Explanation(DATE, _shape("(19|20)[0-9]{2}(0[1-9]|1[0-2])"), 0.024, -2),
    Explanation("year", _shape("19[0-9]{2}|2[01][0-9]{2}"), 0.03, 0),
    Explanation("clock time", _shape("([01][0-9]|2[0-3])[0-5][0-9]"), 0.144, -1.5),
    Explanation("clock time", _CLOCK, 0.01),
    # NUBC's list has gaps, but it is not public: the categories 010X to 100X, 210X, 310X.
    Explanation(REVENUE, _REVENUE, 0.092, -1),
    Explanation(REVENUE, _shape("[1-9][0-9]{1,2}|0?[0-9]{3}|1"), 1, None),
    Explanation(REVENUE, _USUAL_REVENUE, 0.13, -3),
    Explanation("place of service", _POS.__contains__, 0.5, -1),
    Explanation("place of service", _shape("[0-9]{1,2}"), 1, None),
    Explanation("MS-DRG", _shape("[0-9]{3}"), 1, 0.5, _shape("0[0-9]{2}")),
    Explanation("MS-DRG", _shape("[0-9]{1,3}"), 1, None),
    Explanation("type of bill", _shape("0?[1-8][1-9][0-9A-Z]"), 1, None),
    Explanation("APC", _shape("0?[0-9]{4}"), 1, None),
    Explanation("CVX", _shape("[0-9]{1,3}"), 1, None),
    Explanation("SNOMED CT", _shape("[0-9]{6,18}"), 1, None),
    Explanation("RxNorm", _shape("[0-9]{2,8}"), 1, None),
    Explanation("HIPPS", _shape("[0-9A-Z]{5}"), 1, None),
    Explanation("provider taxonomy", _shape("[0-9]{3}[0-9A-Z]{6}X"), 0.001),
    Explanation("contract number", _shape("[EHRSZ][0-9]{4}"), 1, None),
    Explanation("remark code", _is_remark, 0.1, -5, _shape("MA?[0-9]+|N[0-9]+")),
    Explanation("adjustment reason", _shape("[0-9]{1,3}|[A-Z][0-9]{1,2}"), 1, None),
    Explanation(MODIFIERS, _MODIFIER, 0.4, -0.5, _SHOWS_MODIFIER),
    Explanation(MODIFIERS, _shape("[0-9A-Z]{2}"), 1, None),
    Explanation("names of systems", _is_name_of_system, 0.01, -6),
    Explanation(ROOM, _shape("[A-Z]{0,2}-?[0-9]{1,4}-?[A-Z]{0,2}"), 1, None),
    Explanation(TEXT, _TEXT, 1, None),
)  # fmt: skip
"""Every explanation that is no listed system, but those of numbers, which `numbers` judges."""
