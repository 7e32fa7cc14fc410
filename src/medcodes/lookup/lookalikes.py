"""Texts that fit no format, but whose shape says what they are.

What is found beside medical codes in the same columns (identifiers of providers and drugs, ZIP
codes, dates, numbers, placeholders) has a shape of its own, and often a check digit. The answer
claims no more than that.
"""

from __future__ import annotations

import re

_LONGEST = 32


def looks_like(text: str) -> str | None:
    """What a text that fits no format looks like, in a sentence; None where its shape says nothing.

    >>> looks_like("1234567893")
    '10 digits with the check digit of an NPI, the identifier of a provider'
    >>> looks_like("0000000000"), looks_like("9O837")
    ('only zeros: a placeholder', None)
    """
    if len(text) > _LONGEST or not text.isascii():
        return None
    for shape, sentence in _SHAPES:
        if shape.fullmatch(text):
            return sentence
    if text.isdigit() and len(text) == 10 and text[0] in "12" and luhn(f"80840{text}"):
        return "10 digits with the check digit of an NPI, the identifier of a provider"
    if _LOINC.fullmatch(text) and luhn(text.replace("-", "")):
        return "the shape and the check digit of a LOINC code"
    return None


_LOINC = re.compile("[0-9]{1,5}-[0-9]", re.A)
_SHAPES = tuple(
    (re.compile(shape, re.A), sentence)
    for shape, sentence in (
        ("0+", "only zeros: a placeholder"),
        (r"([0-9A-Z])\1+", "one character repeated: a placeholder"),
        (
            "N/?A|#N/A|#(REF|VALUE|NUM|NULL|DIV/0)!|#NAME[?]|[?]{2,}|-{2,}",
            "a placeholder for a missing value",
        ),
        (
            "[+-]?[0-9]+[.]0+|[+-]?[0-9]+([.][0-9]+)?E[+-]?[0-9]+",
            "a number, and a code read as a number has lost its leading zeros; read it as text",
        ),
        (
            "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]|[01]?[0-9]/[0-3]?[0-9]/((19|20)[0-9]{2}|[0-9]{2})"
            "|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
            "a date",
        ),
        ("[0-9]{5}-[0-9]{4}", "the shape of a ZIP code with its four more digits"),
        ("[0-9]{11}", "11 digits, as the NDC of a drug has on claims"),
        (
            "[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-([0-9]{3}-[0-9]{2}|[0-9]{4}-[0-9]{1,2})",
            "the shape of an NDC, a code of a drug",
        ),
        ("[0-9A-Z]{9}X", "the shape of a provider's taxonomy code"),
    )
)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1).

    An NPI has one with 80840 before it (45 CFR 162.406), a LOINC code without its hyphen.

    >>> luhn("808401234567893"), luhn("23457"), luhn("23458")
    (True, True, False)
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0
