"""The words around a number that say what it is: ``CPT``, ``dx``, ``billed``; ``ZIP``, ``room``.

A `Context` says that a code follows, and of which systems, or that something else does. `before`
reads what stands in front of a number, `after` what stands behind it. Each looks at a window of
bounded length.
"""

from __future__ import annotations

from enum import IntEnum

import attrs
import regex

from medcodes import names
from medcodes.freetext.words import any_of, first_words, words

ALL = tuple(system.id for system in names.ALL)
"""Any system, those of the user's own too."""
ICD = ("icd10cm", "icd10pcs", "icd9cm", "icd9pcs")
ICD9 = ("icd9cm", "icd9pcs")
_DIAGNOSES = ("icd10cm", "icd9cm")
_PROCEDURES = ("cpt", "hcpcs", "icd10pcs", "icd9pcs")


@attrs.frozen
class Context:
    """What is said about what follows.

    Attributes:
        choices: the systems to identify it among, the narrowest choice first. What is said is often
            wrong in a small way (``CPT J1100``), so that a wider one of the same kind comes second.
        named: a code system is named, or codes of a kind are.
        loose: it also holds for a code that is some words away.
        excludes: what follows is something else than a code.
    """

    choices: tuple[tuple[str, ...], ...]
    named: bool = False
    loose: bool = True
    excludes: bool = False

    def prefers(self, *systems: str) -> bool:
        """Whether one of some systems is in the narrowest choice."""
        return not set(systems).isdisjoint(self.choices[0])

    def allows(self, system: str) -> bool:
        """Whether a system is in any choice."""
        return any(system in choice or choice is ALL for choice in self.choices)


class Distance(IntEnum):
    """How closely a context and a number belong together."""

    ADJACENT = 0
    NEAR = 1
    FAR = 2


ADJACENT, NEAR, FAR = Distance

DX = Context((_DIAGNOSES,), loose=False)
PX = Context((_PROCEDURES,), loose=False)
CODE = Context((ALL,))
SOFT = Context((("cpt", "hcpcs"),), loose=False)
"""A word that says something only where codes have just been spoken of: ``denied 99213``."""
EXCLUDED = Context((), excludes=True)
COUNTING = Context((), loose=False, excludes=True)

_CONTEXTS = {
    "cpt": Context((("cpt",), ("cpt", "hcpcs")), named=True),
    "hcpcs": Context((("cpt", "hcpcs"),), named=True),
    "icd10cm": Context((("icd10cm",), ("icd10cm", "icd10pcs")), named=True),
    "icd10pcs": Context((("icd10pcs",), ("icd10cm", "icd10pcs")), named=True),
    "icd10": Context((("icd10cm", "icd10pcs"),), named=True),
    "icd9pcs": Context((("icd9pcs",), ICD9), named=True),
    "icd9cm": Context((("icd9cm",), ICD9), named=True),
    "icd9": Context((ICD9,), named=True),
    "icd": Context((ICD,), named=True),
    "dxcode": Context((_DIAGNOSES, ICD), named=True),
    "pxcode": Context((_PROCEDURES,), named=True),
    "dx": DX,
    "px": PX,
    "bill": Context((ALL,)),
    "code": CODE,
    "soft": SOFT,
    "excluded": EXCLUDED,
}

# Every qualifier under which claims carry codes, directly before a colon: HC:, ABK:, BBR: ...
_X12 = {
    qualifier: tuple(named.id for named in names.ALL if qualifier in named.x12)
    for system in names.ALL
    for qualifier in system.x12
}
_CONTEXTS |= {qualifier: Context((systems,), named=True) for qualifier, systems in _X12.items()}


_EXCLUDING = words("excluding")
_EXCLUDING_DIRECTLY = words("excluding directly")
_OTHER_CODES = words("other codes")
_STARTS = (
    words("first words")
    | first_words("diagnosis codes", "diagnoses", "procedure codes", "procedures")
    | first_words("billed", "reported", "codes")
    | {qualifier.lower() for qualifier in _X12}
)

_CODES = r"[ _-]?(?:codes?|cd)(?:\(s\))?(?![a-z])"
_NUMBERED = r"(?![a-z])(?:[ ]?\#?[0-9]{1,2}(?=[ :.)=|-]))?+"
_CODE = r"(?:[ _-]{0,2}(?:code|\#)s?(?:\(s\))?(?![a-z]))?+"
_NAME = rf"""
      (?P<cpt>cpt(?:-?[45])?(?:[ ](?:category[ ])?i{{1,3}})?(?![a-z])(?:[ ]?(?:®|\(r\)|™))?{_CODE})
    | (?P<hcpcs>(?:hcpcs?|cpt)(?:[ ]?/[ ]?(?:hcpcs?|cpt))?(?:[ ]level[ ](?:ii|2))?(?![a-z]){_CODE})
    | (?P<icd10cm>icd[-_ ]?10[-_ ]?cm(?![a-z]){_CODE})
    | (?P<icd10pcs>(?:icd[-_ ]?10[-_ ]?)?pcs(?![a-z]){_CODE})
    | (?P<icd10>icd[-_ ]?10(?![0-9a-z]){_CODE})
    | (?P<icd9pcs>icd[-_ ]?9(?:[-_ ]?cm)?[-_ ](?:procedure|proc|pcs|px|vol(?:ume)?[ ]?3){_CODE})
    | (?P<icd9cm>icd[-_ ]?9(?:[-_ ]?cm)?[-_ ](?:diagnosis|dx){_CODE})
    | (?P<icd9>icd[-_ ]?9(?:[-_ ]?cm)?(?![0-9a-z]){_CODE}|[ev][- ]codes?(?![a-z]))
    | (?P<icd>icd[ _-]?(?:code|\#)s?(?![a-z])|icd(?=[ ]?[:\#]))
"""
_CONTEXT = regex.compile(
    rf"""
      {_NAME}
    | (?P<dxcode>{any_of("diagnosis codes")}{_CODES})
    | (?P<dx>(?:{any_of("diagnoses")}|(?:primary|secondary|principal|admitting)(?=:))
        (?:[ ]pointers?)?{_NUMBERED})
    | (?P<pxcode>{any_of("procedure codes")}{_CODES})
    | (?P<px>(?:{any_of("procedures")}|(?:claim|line)(?=[ ]?\#?[0-9]{{1,2}}[ :]))
        (?:\(s\))?{_NUMBERED})
    | (?P<bill>(?:{any_of("billed")}|charged?(?![ ]nurse)
        |modifiers?[ ][0-9a-z]{{2}}[ ](?:with|to|on|for|added[ ]to|appended[ ]to))(?![a-z]))
    | (?P<excluded>code[ ]?(?:status|blue|red|gray|grey|pink|stroke|stemi|team|word|cart|3|99)
        (?![a-z0-9])|(?:enter|dial|press)[ ](?:the[ ])?codes?(?![a-z]))
    | (?P<soft>{any_of("reported")}(?![a-z]))
    | (?P<code>{any_of("codes")}(?:\(s\))?(?![a-z]))
    | (?-i:(?P<x12>{"|".join(sorted(_X12, key=len, reverse=True))})(?=:))
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_WORD = regex.compile("[A-Za-z]+")
_NAME_AFTER = r"""(?:cpt(?:-?4)?|hcpcs(?:[ ]level[ ]ii)?|icd-?[ ]?(?:10|9)(?:-?cm|-?pcs)?
    |category[ ]i{1,3}[ ]cpt)"""
_CODE_WORD = regex.compile(r"[ _-]?(?:codes?|cd)(?![a-z])", regex.IGNORECASE)
_NUMBER_WORD = regex.compile(r" ?(?:numbers?|no|num|nr|ct|tract)(?![a-z])\.?", regex.IGNORECASE)

# What may stand between the two.
_BETWEEN = regex.compile(
    rf"""(?:
        [ \t:\#=()\[\]"'“”‘’`*|><–—,®™{{}}-]
      | (?<=[ ])[0-9]{{1,2}}:(?=[ ])|(?<=:[ ])[0-9]{{1,2}}[.)](?=[ ])
      | \r?\n(?:[ \t]*(?:[-*•·]|\(?[0-9]{{1,2}}[.)])[ ])?
      | (?<![a-z]){any_of("between")}(?![a-z])
    )*+""",
    regex.VERBOSE | regex.IGNORECASE,
)
_NEW_ITEM = regex.compile(
    r"\A[: \t]*(?:\r?\n[ \t]*(?:[-*•·\#]|\#?\(?[0-9]{1,2}[.)])|\#?\(?[0-9]{1,2}[.)])[ ]"
)
_BREAK = regex.compile(
    r"(?<!\b(?:no|nos|e\.g|i\.e|vs|dr|pt|approx))[.!?][)\"'”]?\s|[\n;0-9]", regex.IGNORECASE
)
# Like all weights and distances of free text, these were set by hand on tests/texts/snippets.txt;
# `python -m benchmarks text` measures what they lead to on texts that were held back.
_LONGEST_BETWEEN = 60
_LONGEST_EXCLUDED = 15
"""So far a word that excludes codes reaches: ``room 12, bed 4``."""
_BESIDE_A_HEADING = 14
"""So much more may stand in the heading of a column: ``CPT Code (s)``."""

_KNOWN = _STARTS | _EXCLUDING | _EXCLUDING_DIRECTLY | _OTHER_CODES
_HINTS = frozenset(word for word in _STARTS if len(word) > 1)
_LETTER_HINTS = ("/m", "&m", "/p")


def may_hold(window: str) -> bool:
    """Whether a window may hold a context that says a code follows: quick, and rather yes."""
    lower = window.lower()
    found = _WORD.findall(lower)
    return not _HINTS.isdisjoint(found) or any(hint in lower for hint in _LETTER_HINTS)


def before(window: str) -> tuple[Context | None, Distance, int]:
    """The context that the end of a window stands in, how close it is, and where it ends.

    >>> context, distance, _ = before("seen in room 12, billed CPT code ")
    >>> context.choices[0], distance.name
    (('cpt',), 'ADJACENT')
    >>> before("Spokane, WA, ZIP code ")[0].excludes
    True
    """
    excluded_in_between = False
    for context, end in reversed(_contexts(window)):
        distance = connects(window[end:])
        if distance is FAR:
            break
        if not context.excludes:
            if excluded_in_between and distance is not ADJACENT:
                break
            return context, distance, end
        if distance is ADJACENT or len(window) - end <= _LONGEST_EXCLUDED:
            return context, NEAR if context is COUNTING else distance, end
        excluded_in_between = True
    return None, FAR, len(window)


def connects(between: str) -> Distance:
    """How closely what stands before and after some text belong together."""
    if len(between) > _LONGEST_BETWEEN:
        return FAR
    if _BETWEEN.fullmatch(between):
        return ADJACENT
    return FAR if _BREAK.search(_NEW_ITEM.sub("", between)) else NEAR


def _contexts(window: str) -> list[tuple[Context, int]]:
    """Every context of a window, from left to right, with where it ends."""
    found: list[tuple[Context, int]] = []
    done = 0
    for match in _WORD.finditer(window):
        word = match[0].lower()
        start, end = match.span()
        if word in _KNOWN and start >= done:
            context = _context_of(word, window, start, end)
            if context is not None:
                found.append(context)
                done = context[1]
    return found


def _context_of(word: str, window: str, start: int, end: int) -> tuple[Context, int] | None:
    """The context that begins with a word, and where it ends."""
    if word in _OTHER_CODES and (code := _CODE_WORD.match(window, end)):
        return EXCLUDED, code.end()
    if word in _STARTS and (match := _CONTEXT.match(window, start)):
        return _CONTEXTS[match["x12"] or str(match.lastgroup)], match.end()
    if word in _EXCLUDING:
        is_c_section = word == "section" and window[start - 1 : start] == "-"
        if is_c_section or (word[:3] == "fee" and window[end : end + 4] == " for"):
            return None
        number = _NUMBER_WORD.match(window, end)
        return EXCLUDED, end if number is None else number.end()
    if word in _EXCLUDING_DIRECTLY and window[end:] == " ":
        return COUNTING, end
    return None


def only(cell: str) -> Context | None:
    """The context that the cell of a table consists of, give or take a word.

    >>> only("CPT Code") == only("cpt_code"), only("Description") is None
    (True, True)
    """
    if len(cell) > _LONGEST_BETWEEN:
        return None
    found = _contexts(cell)
    return found[-1][0] if found and len(cell) - found[-1][1] <= _BESIDE_A_HEADING else None


def names_what_follows(window: str) -> bool:
    """Whether a window ends with the name of a system or a word for codes, as in ``CPT-99213``."""
    found = _contexts(window)
    return bool(found) and found[-1][1] == len(window) and not found[-1][0].excludes


def names_a_system(window: str) -> bool:
    """Whether a code system is named anywhere in a window."""
    return any(context.named for context, _ in _contexts(window))


_AFTER = regex.compile(
    rf"""[)\]"'”’]?[ ]?(?:
        \((?P<name>{_NAME_AFTER})\)
      | (?:,[ ])?(?:(?:is|are|was|were|as)[ ])?(?:(?:an?|the|not)[ ]){{0,2}}
        (?:(?:correct|right|wrong|valid|billable|unlisted)[ ])?
        (?:(?P<name>{_NAME_AFTER})(?:[ ](?:code|diagnosis|procedure)s?)?
          |(?:(?:procedure|diagnosis|dx|billing|service)[ ])?codes?
            (?![ ]?(?:blue|status|team|stroke)))
        (?![a-z0-9])(?![\W_]{{0,3}}(?:codes?)?[\W_]{{0,3}}[A-Za-z]?[0-9])
      | (?:can|may|should|must|will|cannot)[ ](?:not[ ])?be[ ](?:used|billed|reported|coded)
      | (?:is|was|were|are)[ ](?:not[ ])?(?:used[ ]for|billed|reported|denied|bundled|covered
          |deleted|included[ ]in|reimbursed)
      | (?:specifically[ ])?describes(?![a-z])
    )""",
    regex.VERBOSE | regex.IGNORECASE,
)


def after(text: str, start: int, end: int) -> Context | None:
    """What is said right behind a number: ``90837 (CPT)``, ``is a code``.

    >>> after("90837 is a procedure code", 5, 25) == CODE
    True
    """
    match = _AFTER.match(text, start, end)
    if match is None:
        return None
    return (only(match["name"]) or CODE) if match["name"] else CODE


def at(text: str, start: int, end: int) -> tuple[Context, int] | None:
    """The named context that begins at a place, and where what it is about begins."""
    match = _CONTEXT.match(text, start, end)
    if match is None:
        return None
    context = _CONTEXTS[match["x12"] or str(match.lastgroup)]
    between = _BETWEEN.match(text, match.end(), end)
    return (context, between.end()) if context.named else None
