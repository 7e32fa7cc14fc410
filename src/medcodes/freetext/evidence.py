"""What speaks for a code where no word before it says that it is one, and what against a number.

A code is seldom written alone: the diagnosis stands beside it (``HTN (I10)``), or what is charged
for it, or how often. Each of these is evidence of some weight, none is proof. A code that looks
like little else (``J0696``) needs less of it than one that looks like any number.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex

from medcodes.freetext.words import any_of, lines, words

# -- the words of its title ---------------------------------------------------------------------

_COMMON = words("common in titles")
MOST_OF_TITLE = 3
"""What the words of a title beside a code weigh, at most."""
_WORD = regex.compile(r"[A-Za-z]{2,}(?:-[A-Za-z]+)*")
_ENDING = regex.compile(r"(?:ing|ed|es|s|al|ic|e|y)\Z")
_KEPT = 7


@lru_cache(4_096)
def _beginning(word: str) -> str:
    """The beginning of a word, which its forms share: ``screening``, ``screens``."""
    if len(word) > 5:
        word = _ENDING.sub("", word)
    return word[:_KEPT]


def _beginnings(text: Iterable[str]) -> frozenset[str]:
    return frozenset(_beginning(word) for word in text if len(word) > 2 and word not in _COMMON)


_MEANT = {
    short: _beginnings(meant.split())
    for short, _, meant in (line.partition(" = ") for line in lines("abbreviations"))
}


@lru_cache(4_096)
def _of_title(title: str) -> frozenset[str]:
    return _beginnings(_lower_words(title))


def _lower_words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))


def shared_words(title: str, text: str) -> int:
    """How many of the words that tell a title from others stand in a text.

    >>> shared_words("Essential (primary) hypertension", "HTN, at goal")
    1
    >>> shared_words("Blood glucose test or reagent strips", "glucose test strips")
    2
    """
    said = _lower_words(text)
    meant = _beginnings(said).union(*(_MEANT[short] for short in said & _MEANT.keys()))
    return len(_of_title(title) & meant)


# -- what stands beside it ----------------------------------------------------------------------

_CHARGED = regex.compile(
    rf"""[)\]]?[ ]?(?:[,;:|-][ ]?)?(?:
        \(?[x×][ ]?[0-9]{{1,3}}(?![0-9])            # x 2, x4 units
      | [0-9]{{1,3}}[ ]units?(?![a-z])
      | (?:qty|quantity|units?)[ :.=]{{0,2}}[0-9]
      | \$[ ]?[0-9]
      | (?:mod(?:ifier)?s?)[ .:]{{1,2}}[0-9A-Z]{{2}}(?![0-9a-z])
      | (?:w/|with)[ ]?(?:mod(?:ifier)?s?[ ])?(?:2[2-7]|5[0-9]|7[6-9]|95)(?![0-9.%/])
      | (?:(?:is|was|were|are|be|been|not|only|has|have|also)[ ]){{0,2}}
        {any_of("decided")}(?![a-z])
      | (?-i:(?:RT|LT|NU|RR|UE|KX|GA|GZ|GY|GX|JW|JZ|GT|TC)(?![0-9A-Za-z]))
    )""",
    regex.VERBOSE | regex.IGNORECASE,
)
_BEFORE = regex.compile(
    rf"""(?:(?<![a-z]){any_of("done")}
      [ ]?(?:(?:by|for|of|as|with|under|from|to|on|the|was|is|are|not|both|and|new)[ ]){{0,3}}
      |(?<![a-z])(?:co|pr|oa)-?[0-9]{{1,3}}[ ](?:on|for)[ ]
      |(?<![a-z])(?:mod(?:ifier)?s?|modif)[ ](?:[0-9A-Z]{{2}}[ ]?(?:[,/&+]|and)?[ ]?){{1,3}}
        (?:with|to|on|for|w/)?[ ]?
    )[:("'\[ =-]{{0,3}}\Z""",
    regex.VERBOSE | regex.IGNORECASE,
)
_BILLING = words("billing")
_LETTERS = regex.compile("[a-z]+(?:/m)?")
_BEFORE_ITEM = regex.compile(
    r"""(?:\A|\n|[:;|\t=–—]|[ ]-|[ ]/|[ ]{2}|,|->|→)[ \t]*
    (?:[-*•·\#]|\[[ xX]?\]|\(?[0-9]{1,2}[.):]|☐|☑|☒)?[ ]?\Z""",
    regex.VERBOSE,
)
_AFTER_ITEM = regex.compile(
    r"""["'*]?(?:[ ]?[.,;:|\n\t–—+?]|[ ]{2}|[ ][-/(=]|[ ]\(?[0-9]{1,2}[.)][ ]|\s*\Z)""",
    regex.VERBOSE,
)
_OTHER_CODE = regex.compile(r"(?<![\w.$-])[A-Z][0-9][0-9A-Z]\.[0-9A-Z]{1,4}(?![\w.]*\w)")
_MONEY = regex.compile(r"\$[ ]?[0-9]|(?<![0-9.])[0-9]{1,4}\.[0-9]{2}(?![0-9.])")
_DATE = regex.compile(
    r"(?<![0-9])(?:[01]?[0-9]/[0-3]?[0-9](?:/[0-9]{2,4})?|20[0-9]{2}-[01][0-9]-[0-3][0-9])(?![0-9/])"
)


_DOSE_AFTER = regex.compile(r"(?i)[,:]? \(?[0-9][0-9.,]{0,6} ?(?:mg|mcg|ug|units|iu|ml)(?![a-z])")
_DOSE_BEFORE = regex.compile(
    r"(?i)[0-9] ?(?:mg|mcg|ug|units|iu|ml)(?: ?(?:im|iv|sq|sc|subq|po|inj|ivp|ivpb))?"
    r"[ ,;:(/-]{1,3}\Z"
)


_TIME_AFTER = regex.compile(r"(?i)[,:]? ?\(?[0-9]{1,3}(?: ?(?:-|to) ?[0-9]{1,3})? ?min")
_TIME_BEFORE = regex.compile(r"(?i)(?<![0-9])[0-9]{1,3} ?min(?:ute)?s?\.?[ ,;:(/-]{1,3}\Z")


def is_timed(before: str, after: str) -> bool:
    """Whether it is said right beside it how many minutes it took."""
    return bool(_TIME_AFTER.match(after) or _TIME_BEFORE.search(before))


def is_dosed(before: str, after: str) -> bool:
    """Whether the dose of a drug is right beside it: ``30 mg IM J1885``."""
    return bool(_DOSE_AFTER.match(after) or _DOSE_BEFORE.search(before))


def charged(before: str, after: str) -> tuple[int, bool]:
    """How much what is right beside it says that it is charged, or decided on by a payer.

    With it, whether that is said behind it, where words that have other uses count for more.

    >>> charged("", " x 4 units"), charged("we reported ", " once"), charged("about ", " people")
    ((2, True), (2, False), (0, False))
    """
    behind = _CHARGED.match(after) is not None
    return 2 * behind + 2 * (_BEFORE.search(before) is not None), behind


def is_about_billing(*texts: str) -> bool:
    """Whether some word is one of visits, claims or coverage."""
    return any(not _BILLING.isdisjoint(_LETTERS.findall(text.lower())) for text in texts)


def is_set_off(before: str, after: str) -> bool:
    """Whether punctuation, or the end of its line, parts it from the words around it.

    >>> is_set_off("hypertension - ", " stable"), is_set_off("the ", " group")
    (True, False)
    """
    return bool(_BEFORE_ITEM.search(before) or _AFTER_ITEM.match(after))


_NUMBER = regex.compile(r"(?<![\w.$-])[0-9]{5}(?![\w.]*\w)")


def is_followed_by_code(after: str, *, numbers: bool = False) -> bool:
    """Whether a code that looks like little else follows, or any number of five digits."""
    return bool(_OTHER_CODE.search(after) or (numbers and _NUMBER.search(after)))


def is_row(before: str, after: str) -> bool:
    """Whether its line has a date before it and an amount after it."""
    return bool(_DATE.search(before) and _MONEY.search(after))


# -- what speaks against a number ---------------------------------------------------------------

_UNIT = regex.compile(
    rf"[ ]?(?:[%°]|/[ ]?[a-z]|(?:{any_of('units')}|x(?![ ]?[0-9]))(?![a-z0-9]))", regex.IGNORECASE
)
# What is counted: 12500 admissions. But 99213 describes ...
_COUNTED = regex.compile(rf" (?!{any_of('not counted')}\b)[a-z]{{2,}}s\b")
_STREET = regex.compile(
    r"[ ](?:[NSEW]{1,2}\.?[ ])?(?:[A-Z0-9][\w'.]{0,20}[ ]){0,3}" + any_of("streets") + r"\b"
)
_STATE = regex.compile(rf"(?:\A|[A-Za-z][,.]?\s+)(?:{'|'.join(sorted(words('states')))})\.?,?\s+\Z")


_PRICE = (
    r"\b(?:charges?|charged|paid|pays?|prices?|priced|costs?|fees?|amount|copay|balance|total)"
    r"(?:[ ](?:of|is|was))?[ ]?[:=]?[ ]?\Z"
)
_PRICED = regex.compile(_PRICE, regex.IGNORECASE)
_PRICED_CODE = regex.compile(rf"\b[0-9A-Z]?[0-9][0-9A-Z.-]{{2,}}[ ]{_PRICE}", regex.IGNORECASE)
_CENTS = regex.compile(r"[0-9]+[.][0-9]{2}")


def is_price(text: str, before: str) -> bool:
    """Whether a number is a price: behind such a word with cents, or where a code has the word.

    >>> is_price("250.00", "charge "), is_price("15000", "CPT 99213 charge ")
    (True, True)
    >>> is_price("99213", "we charge ")
    False
    """
    with_cents = _CENTS.fullmatch(text) and _PRICED.search(before)
    return bool(with_cents or _PRICED_CODE.search(before))


def is_amount(before: str, after: str, *, counted: bool = True) -> bool:
    """Whether a number counts or measures something, or belongs to an address.

    >>> is_amount("weighs ", " lbs"), is_amount("Spokane, WA ", ""), is_amount("billed ", " today")
    (True, True, False)
    """
    return bool(
        before.endswith("#")
        or _UNIT.match(after)
        or (counted and _COUNTED.match(after))
        or _STREET.match(after)
        or _STATE.search(before)
    )
