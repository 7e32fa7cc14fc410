"""The words around a number that say what it is: ``CPT``, ``dx``, ``billed``; ``ZIP``, ``room``.

A `Cue` says that a code follows, and of which systems; a foreign one says that something else does.
`before` reads what stands in front of a number, `after` what stands behind it. Each looks at a
window of bounded length.
"""

from __future__ import annotations

import attrs
import regex

from medcodes import names

__all__ = [
    "ADJACENT",
    "ALL",
    "CODE",
    "COUNTING",
    "DX",
    "FAR",
    "FOREIGN",
    "ICD",
    "NEAR",
    "PX",
    "SOFT",
    "Cue",
    "after",
    "at",
    "before",
    "connects",
    "may_hold",
    "names_a_system",
    "names_what_follows",
    "only",
]

ALL = tuple(one.id for one in names.ALL)
ICD = ("icd10cm", "icd10pcs", "icd9cm", "icd9pcs")
_DIAGNOSES = ("icd10cm", "icd9cm")
_PROCEDURES = ("cpt", "hcpcs", "icd10pcs", "icd9pcs")


@attrs.frozen
class Cue:
    """What is said about what follows.

    Attributes:
        tries: the systems to identify it among, the narrowest first. A label is often wrong in a
            small way (``CPT J1100``), so that a wider choice of the same kind comes second.
        named: a code system is named, or codes of a kind are.
        loose: it also holds for a code that is some words away.
        foreign: what follows is something else.
    """

    tries: tuple[tuple[str, ...], ...]
    named: bool = False
    loose: bool = True
    foreign: bool = False


DX = Cue((_DIAGNOSES,), loose=False)
PX = Cue((_PROCEDURES,), loose=False)
CODE = Cue((ALL,))
SOFT = Cue((("cpt", "hcpcs"),), loose=False)
"""A word that says something only where codes have just been spoken of: ``denied 99213``."""
FOREIGN = Cue((), foreign=True)
COUNTING = Cue((), loose=False, foreign=True)

_CUES = {
    "cpt": Cue((("cpt",), ("cpt", "hcpcs")), named=True),
    "hcpcs": Cue((("cpt", "hcpcs"),), named=True),
    "icd10cm": Cue((("icd10cm",), ("icd10cm", "icd10pcs")), named=True),
    "icd10pcs": Cue((("icd10pcs",), ("icd10cm", "icd10pcs")), named=True),
    "icd10": Cue((("icd10cm", "icd10pcs"),), named=True),
    "icd9pcs": Cue((("icd9pcs",), ("icd9cm", "icd9pcs")), named=True),
    "icd9cm": Cue((("icd9cm",), ("icd9cm", "icd9pcs")), named=True),
    "icd9": Cue((("icd9cm", "icd9pcs"),), named=True),
    "icd": Cue((ICD,), named=True),
    "dxcode": Cue((_DIAGNOSES, ICD), named=True),
    "pxcode": Cue((_PROCEDURES,), named=True),
    "dx": DX,
    "px": PX,
    "bill": Cue((ALL,)),
    "code": CODE,
    "soft": SOFT,
    "foreign": FOREIGN,
}

# Every qualifier under which claims carry codes, directly before a colon: HC:, ABK:, BBR: ...
_X12 = {
    qualifier: tuple(one.id for one in names.ALL if qualifier in one.x12)
    for system in names.ALL
    for qualifier in system.x12
}
_CUES |= {qualifier: Cue((systems,), named=True) for qualifier, systems in _X12.items()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A number after one of these is no code.
_FOREIGN = _words(
    """
    zip phone tel telephone cell cells mobile fax call ext extension pager room rm bed suite ste apt
    apartment unit box mrn id ids npi ndc dea ssn ein tin upin account acct invoice order receipt
    check cheque claim case policy group member subscriber patient subject ref reference
    confirmation accession lot serial sn part model item catalog sku asset badge employee pin
    password pw version versions ver v release fig figs figure figures table tables section sections
    sec appendix chapter page pages pg exit route rte highway hwy interstate mile census tract
    population district flight bus gate door rack position ticket drg loinc snomed rxnorm cvx mvx
    taxonomy revenue pos dob born since total amount balance cost price authorization
    auth deductible income salary
    budget platelet platelets plt wbc rbc count counts steps copies cfu dose weight wt temp
    temperature bp hr pulse glucose csn ldl hdl triglycerides cholesterol bmi tsh bnp inr creatinine
    sodium hemoglobin hgb ferritin egfr gfr tag alarm error station chair locker protocol trial
    letter statement
    store printer router software hardware firmware pump kit heparin insulin vitamin vitamins level
    score shelf year years line lines amt qty quantity date age name city state street address fee
    fees
    """
)
# And neither is one after these, but only directly.
_FOREIGN_IF_DIRECT = _words("in by about around approximately nearly over almost drank paid")
# Codes of other kinds: a door code, a ZIP code.
_OTHER_CODES = _words(
    """
    zip postal post area country access exit locker meeting return response door gate
    garage lock lockbox entry pass pin security promo
    discount coupon bar qr color colour error alarm dress building tax penal conduct source
    verification confirmation activation revenue rev taxonomy drg ndc loinc snomed rxnorm cvx mvx
    status reason remark denial occurrence condition value facility member ride hex dial conference
    """
)

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
_CUE = regex.compile(
    rf"""
      {_NAME}
    | (?P<dxcode>(?:diagnos[ei]s|diagnostic|diag|[paso]?dx)[ _-]?(?:codes?|cd)(?:\(s\))?(?![a-z]))
    | (?P<dx>(?:diagnos[ei]s|diag|[paso]?dx|assessment(?:/plan)?|a/p|impression
        |problems?(?:[ ]list)?
        |indications?|pmhx?|comorbidit(?:y|ies)
        |reason[ ]for[ ](?:visit|study|exam)|(?:primary|secondary|principal|admitting)(?=:))
        (?:[ ]pointers?)?(?![a-z])(?:[ ]?\#?[0-9]{{1,2}}(?=[ :.)=|-]))?+)
    | (?P<pxcode>(?:procedure|procedural|proc|ppx|px|service|svc|billing|surgical|surgery
        |visit|injection
        |category[ ]i{{1,3}}|pla|e[/&]m|add-on|[jgqkal])[ _-]?(?:codes?|cd)(?:\(s\))?(?![a-z]))
    | (?P<px>(?:procedures?|procs?|ppx|px|svcs?
        |services?(?:[ ](?:requested|rendered|provided|performed))?|e[/&]m|los|dme|supplies|drugs?
        |modifiers|(?:office|new|established)[ ]visits?|visit[ ]type
        |(?:claim|service|svc)[ ]lines?|(?:claim|line)(?=[ ]?\#?[0-9]{{1,2}}[ :]))
        (?:\(s\))?(?![a-z])(?:[ ]?\#?[0-9]{{1,2}}(?=[ :.)=|-]))?+)
    | (?P<bill>(?:(?:re)?bill(?:s|ed|ing)?|charged?(?![ ]nurse)|charges|chgs?
        |reimburse(?:ment|d|s)?|superbill
        |(?:re)?submitted|appended[ ]to
        |modifiers?[ ][0-9a-z]{{2}}[ ](?:with|to|on|for|added[ ]to|appended[ ]to))(?![a-z]))
    | (?P<foreign>code[ ]?(?:status|blue|red|gray|grey|pink|stroke|stemi|team|word|cart|3|99)
        (?![a-z0-9])|(?:enter|dial|press)[ ](?:the[ ])?codes?(?![a-z]))
    | (?P<soft>(?:report(?:s|ed|ing)?|us(?:es?|ed|ing)|bundle[ds]?|denied|denies
        |den(?:y|ial[ ]of)|reject(?:ed|s)?|allow(?:s|ed)?|cover(?:s|ed|age[ ]of)?|append|add(?:ed)?
        |payment[ ]for)(?![a-z]))
    | (?P<code>(?:(?:down|up|re|mis)?code[sd]?|coding)(?:\(s\))?(?![a-z]))
    | (?-i:(?P<x12>{"|".join(sorted(_X12, key=len, reverse=True))})(?=:))
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
# The first words of all these: a cue begins nowhere else.
_STARTS = _words(
    f"""
    cpt hcpcs hcpc icd pcs e v diagnosis diagnoses diagnostic diag dx pdx adx sdx odx assessment a
    impression indication indications pmh pmhx comorbidity comorbidities problem
    problems reason primary secondary principal admitting procedure procedures procedural proc procs
    px ppx
    chg chgs svc svcs line rebill rebills rebilled rebilling service services
    billing surgical surgery visit injection category pla add j g q k l los dme
    supplies drug drugs modifier modifiers office new established claim bill bills billed charge
    charged
    charges reimburse reimbursement reimbursed reimburses superbill submitted resubmitted appended
    report reports reported reporting use uses used using bundle bundled bundles denied denies deny
    denial reject rejected rejects allow allows allowed cover covers covered coverage append added
    payment code codes coded downcode downcodes downcoded upcode upcodes upcoded recode recodes
    recoded miscode miscodes miscoded coding enter dial press {" ".join(_X12).lower()}
    """
)
_WORD = regex.compile("[A-Za-z]+")
_NAME_AFTER = r"""(?:cpt(?:-?4)?|hcpcs(?:[ ]level[ ]ii)?|icd-?[ ]?(?:10|9)(?:-?cm|-?pcs)?
    |category[ ]i{1,3}[ ]cpt)"""
_CODE_WORD = regex.compile(r"[ _-]?(?:codes?|cd)(?![a-z])", regex.IGNORECASE)
_NUMBER_WORD = regex.compile(r" ?(?:numbers?|no|num|nr|ct|tract)(?![a-z])\.?", regex.IGNORECASE)

ADJACENT, NEAR, FAR = range(3)
"""How closely a cue and a number belong together."""

# What may stand between the two.
_BETWEEN = regex.compile(
    r"""(?:
        [ \t:\#=()\[\]"'“”‘’`*|><–—,®™{}-]
      | (?<=[ ])[0-9]{1,2}:(?=[ ])|(?<=:[ ])[0-9]{1,2}[.)](?=[ ])
      | \r?\n(?:[ \t]*(?:[-*•·]|\(?[0-9]{1,2}[.)])[ ])?
      | (?<![a-z])(?:is|are|was|were|be|do|of|the|no|nos|number|numbers|as|to|with|for|an?|and|or|in
          |from|between|eg|e\.g\.|i\.e\.|viz\.?|includ(?:e|ed|es|ing)|like|such|only|both|either
          |primary|principal|secondary|other|new|correct|following|these|this|valid|values?|s|out
          |using|under|not|start(?:s|ed|ing)|begin(?:s|ning)|ranges?|groups?|block
          |categor(?:y|ies))(?![a-z])
    )*+""",
    regex.VERBOSE | regex.IGNORECASE,
)
_NEW_ITEM = regex.compile(
    r"\A[: \t]*(?:\r?\n[ \t]*(?:[-*•·\#]|\#?\(?[0-9]{1,2}[.)])|\#?\(?[0-9]{1,2}[.)])[ ]"
)
_BREAK = regex.compile(
    r"(?<!\b(?:no|nos|e\.g|i\.e|vs|dr|pt|approx))[.!?][)\"'”]?\s|[\n;0-9]", regex.IGNORECASE
)
_LONGEST_BETWEEN = 60
_NO_LONGER_ABOUT = 15


_KNOWN = _STARTS | _FOREIGN | _FOREIGN_IF_DIRECT | _OTHER_CODES
_HINTS = frozenset(one for one in _STARTS if len(one) > 1)
_LETTER_HINTS = ("/m", "&m", "/p")


def may_hold(window: str) -> bool:
    """Whether a window may hold a cue that is not foreign: a quick look that errs on that side."""
    lower = window.lower()
    return not _HINTS.isdisjoint(_WORD.findall(lower)) or any(one in lower for one in _LETTER_HINTS)


def before(window: str) -> tuple[Cue | None, int, int]:
    """The cue that the end of a window stands under, how close it is, and where it ends.

    >>> cue, distance, _ = before("seen in room 12, billed CPT code ")
    >>> cue.tries[0], distance == ADJACENT
    (('cpt',), True)
    >>> before("Spokane, WA, ZIP code ")[0].foreign
    True
    """
    foreign_in_between = False
    for cue, end in reversed(_cues(window)):
        distance = connects(window[end:])
        if distance is FAR:
            break
        if not cue.foreign:
            if foreign_in_between and distance is not ADJACENT:
                break
            return cue, distance, end
        if distance is ADJACENT or len(window) - end <= _NO_LONGER_ABOUT:
            return cue, NEAR if cue is COUNTING else distance, end
        foreign_in_between = True
    return None, FAR, len(window)


def connects(between: str) -> int:
    """How closely what stands before and after some text belong together."""
    if len(between) > _LONGEST_BETWEEN:
        return FAR
    if _BETWEEN.fullmatch(between):
        return ADJACENT
    return FAR if _BREAK.search(_NEW_ITEM.sub("", between)) else NEAR


def _cues(window: str) -> list[tuple[Cue, int]]:
    """Every cue of a window, from left to right, with where it ends."""
    found: list[tuple[Cue, int]] = []
    done = 0
    for match in _WORD.finditer(window):
        word = match[0].lower()
        if word not in _KNOWN:
            continue
        start, end = match.span()
        if start < done:
            continue
        if word in _OTHER_CODES:
            code = _CODE_WORD.match(window, end)
            if code is not None:
                done = code.end()
                found.append((FOREIGN, done))
                continue
        if word in _STARTS:
            cue = _CUE.match(window, start)
            if cue is not None:
                done = cue.end()
                found.append((_CUES[cue["x12"] or str(cue.lastgroup)], done))
                continue
        if word in _FOREIGN and not (word[:3] == "fee" and window[end : end + 4] == " for"):
            if word == "section" and window[start - 1 : start] == "-":
                continue  # a C-section
            number = _NUMBER_WORD.match(window, end)
            done = end if number is None else number.end()
            found.append((FOREIGN, done))
        elif word in _FOREIGN_IF_DIRECT and window[end:] == " ":
            found.append((COUNTING, end))
    return found


def only(cell: str) -> Cue | None:
    """The cue that the cell of a table consists of, give or take a word.

    >>> only("CPT Code") == only("cpt_code"), only("Description") is None
    (True, True)
    """
    if len(cell) > _LONGEST_BETWEEN:
        return None
    found = _cues(cell)
    return found[-1][0] if found and len(cell) - found[-1][1] <= 14 else None


def names_what_follows(window: str) -> bool:
    """Whether a window ends with the name of a system or a word for codes, as in ``CPT-99213``."""
    found = _cues(window)
    return bool(found) and found[-1][1] == len(window) and not found[-1][0].foreign


def names_a_system(window: str) -> bool:
    """Whether a code system is named anywhere in a window."""
    return any(cue.named for cue, _ in _cues(window))


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


def after(text: str, at: int, end: int) -> tuple[Cue, int] | None:
    """What is said right behind a number, and where that ends: ``90837 (CPT)``, ``is a code``.

    >>> after("90837 is a procedure code", 5, 25)[0] == CODE
    True
    """
    match = _AFTER.match(text, at, end)
    if match is None:
        return None
    return (only(match["name"]) or CODE) if match["name"] else CODE, match.end()


def at(text: str, start: int, end: int) -> tuple[Cue, int] | None:
    """The named cue that begins at a place, and where what it is about begins."""
    match = _CUE.match(text, start, end)
    if match is None:
        return None
    cue = _CUES[match["x12"] or str(match.lastgroup)]
    between = _BETWEEN.match(text, match.end(), end)
    return (cue, between.end() if between is not None else match.end()) if cue.named else None
