"""From what was typed to what is to be looked up.

Only what cannot be mistaken is repaired here, and every step is written down. Nothing that guesses
(a lost leading zero, O for 0) happens: a guess would be a wrong answer in the dress of a right one.
"""

from __future__ import annotations

import unicodedata

import attrs

from medcodes import formats, names

__all__ = ["LONGEST", "Reading", "read"]

LONGEST = 200
"""No code, with its prefix and modifiers, is longer than this many characters."""

# What is taken off the ends of a value: all blanks of Unicode, and marks without a width that
# editors, spreadsheets and web pages leave there.
_ENDS = (
    "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
    + "\0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_MOST_MODIFIERS = 4


@attrs.frozen
class Reading:
    """A text as it was read.

    Attributes:
        core: what is left to be looked up, in upper case.
        repairs: what was done, in order.
        declared: the ids of the systems that a prefix or a modifier allows, or None for any.
        modifiers: what was joined to the code.
        start: how many characters of the text stand before the core.
        problem: why it cannot be a code of ours at all, or None.
    """

    core: str
    repairs: tuple[str, ...] = ()
    declared: tuple[str, ...] | None = None
    modifiers: tuple[str, ...] = ()
    start: int = 0
    problem: str | None = None


def read(text: str) -> Reading:
    """Read a text that is not already the plain form of a code.

    >>> one = read(" e11.9 ")
    >>> one.core, one.repairs
    ('E11.9', ('trimmed', 'uppercased'))
    >>> one = read("HC:99213:25:59")
    >>> one.core, one.modifiers, one.declared
    ('99213', ('25', '59'), ('cpt', 'hcpcs'))
    """
    core = text.strip(_ENDS)
    start = text.index(core)
    repairs = []
    if core != text:
        repairs.append("trimmed")
    if not core:
        return Reading("", tuple(repairs), problem="there is nothing in it")
    if len(core) > LONGEST:
        return Reading("", tuple(repairs), problem=f"no code has {len(core):,} characters")
    plain = _to_ascii(core)
    if plain != core:
        repairs.append("normalised")
    upper = plain.upper() if plain.isascii() else plain
    if upper != plain:
        repairs.append("uppercased")
    if formats.fitting(upper):
        return Reading(upper, tuple(repairs), start=start)
    return _read_joined(upper, repairs, start)


def _to_ascii(text: str) -> str:
    """Full-width characters and typographic dashes as the ASCII they are drawn after.

    Other digits and letters (Arabic-Indic, Greek look-alikes) are left: they mean something else.
    """
    if text.isascii():
        return text
    return "".join(
        unicodedata.normalize("NFKC", character)
        if unicodedata.decomposition(character).startswith(("<wide>", "<noBreak>"))
        else character
        for character in text
    ).translate(_DASHES)


def _read_joined(text: str, repairs: list[str], start: int) -> Reading:
    """Take off a declared system and joined modifiers."""
    declared: tuple[str, ...] | None = None
    label, rest = _split_prefix(text)
    if label is not None:
        repairs.append("prefix")
        start += len(text) - len(rest)
        declared = _declared(label)
        if not rest:
            problem = f"nothing follows the declared system {label!r}"
            return Reading("", tuple(repairs), declared, start=start, problem=problem)
        if not declared:
            problem = f"it is declared as {names.foreign(label)}, which is kept elsewhere"
            return Reading(rest, tuple(repairs), (), start=start, problem=problem)
    modifiers: tuple[str, ...] = ()
    if not formats.fitting(rest):
        code, modifiers = _split_modifiers(rest)
        if modifiers:
            repairs.append("modifiers")
            rest = code
            joined = ("cpt", "hcpcs")
            declared = joined if declared is None else tuple(s for s in declared if s in joined)
    return Reading(rest, tuple(repairs), declared, modifiers, start)


def _declared(label: str) -> tuple[str, ...]:
    """The systems that a prefix means; ``HCPCS`` before a code means either of its levels."""
    found = names.resolve(label)
    return ("cpt", "hcpcs") if found == ("hcpcs",) else found


def _split_prefix(text: str) -> tuple[str | None, str]:
    """The declared name before a code, and the code; None when there is no such name."""
    for separator in "|:":
        label, found, rest = text.rpartition("|") if separator == "|" else text.partition(":")
        if found and (names.resolve(label) or names.foreign(label)):
            return label, rest.strip()
    # Before a blank only a name counts that is no code and no two-letter qualifier.
    label, _, rest = text.partition(" ")
    while rest:
        if _is_plain_name(label) and (names.resolve(label) or names.foreign(label)):
            more, _, tail = rest.partition(" ")
            if tail and names.resolve(f"{label} {more}"):
                label, rest = f"{label} {more}", tail
                continue
            return label, rest.strip()
        more, _, tail = rest.partition(" ")
        label, rest = f"{label} {more}", tail
    return None, text


def _is_plain_name(label: str) -> bool:
    """Whether a word before a blank may be a name: ``CPT``, but not ``I10``, which is a code."""
    return len(label) > 2 and label[1].isalpha()


def _split_modifiers(text: str) -> tuple[str, tuple[str, ...]]:
    """A procedure code and the modifiers joined to it; none when that is not what it is."""
    code, *joined = text.translate(str.maketrans(":,-", "   ")).split() or [""]
    if (
        1 <= len(joined) <= _MOST_MODIFIERS
        and all(map(formats.MODIFIER.fits, joined))
        and (formats.CPT.fits(code) or formats.HCPCS.fits(code))
    ):
        return code, tuple(joined)
    return text, ()
