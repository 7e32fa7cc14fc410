"""From what was typed to what is to be looked up.

Only what cannot be mistaken is repaired here, and every step is written down. Nothing that guesses
(a lost leading zero, O for 0) happens: a guess would be a wrong answer that looks like a right one.

A text that has the shape of a code as it stands is never repaired. Where a repair leaves a text
that several systems could have written, all of them come back: no table is looked at here.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

import attrs

from medcodes import names
from medcodes.formats import MODIFIER, MOST_MODIFIERS
from medcodes.systems import HCPCS, KNOWN, Systems

LONGEST = 200
"""No code, with its prefix and modifiers, is longer than this many characters."""

DOTTED = "dotted"
REPAIRS = MappingProxyType(
    {
        "trimmed": "blanks and invisible marks were taken off both ends",
        "normalised": "full-width characters, typographic dashes, quotes and blanks were written "
        "as the ASCII characters they are drawn after; invisible marks, ® and ™ were taken out",
        "uppercased": "lower case was written as upper case",
        "unquoted": "quotes were taken off the ends, and a spreadsheet's `=` before them",
        "prefix": "a declared system was taken off",
        "punctuation": "a full stop, comma, semicolon or colon was taken off the end, or a hyphen "
        "that no modifier follows",
        "modifiers": "two-character modifiers were taken off a CPT or HCPCS code",
        "joined": "a blank, hyphen or underscore inside the code was taken out",
        "undotted": "a dot that does not belong was taken out: doubled, or in another place",
        DOTTED: "the dot, which was missing, was put in",
    }
)
"""Every repair there is, in the order in which they are made, and what each says."""

# What is taken off the ends of a value: all blanks of Unicode, and marks without a width that
# editors, spreadsheets and web pages leave there.
_MARKS = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
ENDS = f"{_BLANKS}\0{_MARKS}"
QUOTES = f"\"'`{ENDS}"
_STOPS = ".,;:"
_LIKE_ASCII = {
    **dict.fromkeys(map(ord, "‐‑‒–—−"), "-"),
    **dict.fromkeys(map(ord, "‘’‚‛′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»"), '"'),
    **dict.fromkeys(map(ord, "\u3002\uff61\u2024"), "."),
    **{ord(blank): " " for blank in _BLANKS if not blank.isascii()},
    **dict.fromkeys(map(ord, f"{_MARKS}®™")),
}
_LONGEST_REPAIRED = 16
"""No code with dots and blanks put into it is longer."""

# What may stand between a code and its modifiers; `columns.cleaning` has the same set.
_BETWEEN = str.maketrans(":,-", "   ")
# A separator where the dot would stand, or before a seventh character, where what follows can be
# neither a code nor a number by itself.
_AT_THE_DOT = re.compile(r"(?=[A-Z]*[0-9])([0-9A-Z]{3})[ _-](?=[0-9A-Z]*[A-Z])([0-9A-Z]{4})", re.A)
_BEFORE_THE_SEVENTH = re.compile(r"([A-Z](?:[0-9][0-9A-Z]|[A-Z][0-9])\.?[0-9A-Z]{3})[ _-]([A-Z])")
_BLANK_AT_A_DOT = re.compile(" *[.] *")
_DOTS_AND_CODE = re.compile("[0-9A-Z.]*[.][0-9A-Z.]*", re.A)
_DOTS = re.compile("[.][.]+")


@attrs.frozen
class Reading:
    """A text as it was read.

    Attributes:
        core: what is left to be looked up, in upper case.
        repairs: what was done, in the order of `REPAIRS`; that a missing dot will be put in
            depends on the system, and is not among them.
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


class Reader:
    """Reads texts as codes of some systems."""

    __slots__ = ("_fitting", "_levels", "_modified", "_resolve")

    def __init__(self, systems: Systems) -> None:
        self._fitting = systems.formats.fitting
        self._resolve = systems.names.resolve
        # Before a code, "HCPCS" means either of its levels.
        self._levels = tuple(system.id for system in systems.all if system.hcpcs_level)
        self._modified = tuple(system.id for system in systems.all if system.traits.takes_modifiers)

    def read(self, text: str) -> Reading:
        """Read a text that is not already the plain form of a code.

        >>> reading = read(" e11.9 ")
        >>> reading.core, reading.repairs
        ('E11.9', ('trimmed', 'uppercased'))
        >>> reading = read("HC:99213:25:59")
        >>> reading.core, reading.modifiers, reading.declared
        ('99213', ('25', '59'), ('cpt', 'hcpcs'))
        """
        core = text.strip(ENDS)
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
        if self._fitting(upper):
            return Reading(upper, tuple(repairs), start=start)
        return self._read_further(upper, repairs, start)

    # -- what stands around a code ---------------------------------------------------------------

    def _read_further(self, text: str, repairs: list[str], start: int) -> Reading:
        """Take off what stands around a code, or repair the code itself."""
        declared: tuple[str, ...] | None = None
        rest = _unquoted(text)
        label, code = self._split_prefix(rest)
        quoted = rest != text
        if label is not None:
            repairs.append("prefix")
            declared = self._declared(label)
            rest = _unquoted(code)
            quoted |= rest != code
        start += text.rindex(rest)
        if not rest:
            problem = "there is nothing in it"
            if label is not None:
                problem = f"nothing follows the declared system {label!r}"
            return Reading("", _ordered(repairs), declared, start=start, problem=problem)
        if quoted:
            repairs.append("unquoted")
        if label is not None and not declared:
            problem = f"it is declared as {names.foreign(label)}, which is kept elsewhere"
            return Reading(rest, _ordered(repairs), (), start=start, problem=problem)
        core, modifiers, made = self._bare(rest)
        if modifiers:
            allowed = self._modified if declared is None else declared
            declared = tuple(system for system in allowed if system in self._modified)
        return Reading(core, _ordered([*repairs, *made]), declared, modifiers, start)

    def _bare(self, text: str) -> tuple[str, tuple[str, ...], list[str]]:
        """The code of a text, its modifiers, and what was done; as it is if it makes no code."""
        if self._fitting(text):
            return text, (), []
        made = []
        bare = text.rstrip(_STOPS + QUOTES)
        if bare != text:
            behind = text[len(bare) :]
            made += ["punctuation"] if any(mark in behind for mark in _STOPS) else []
            made += ["unquoted"] if any(mark in behind for mark in "\"'`") else []
            if self._fitting(bare):
                return bare, (), made
        code, modifiers = self._split_modifiers(bare)
        if code != bare:
            return code, modifiers, [*made, "modifiers" if modifiers else "punctuation"]
        repaired = self._repaired(bare)
        if repaired is not None:
            return repaired[0], (), [*made, repaired[1]]
        return text, (), []

    def _declared(self, label: str) -> tuple[str, ...]:
        """The systems that a prefix means."""
        found = self._resolve(label)
        return self._levels if found == (HCPCS.id,) else found

    def _split_prefix(self, text: str) -> tuple[str | None, str]:
        """The declared name before a code, and the code; None when there is no such name."""
        for separator in "|:":
            if separator == "|" or text.startswith(("URN:", "HTTP:", "HTTPS:")):
                label, found, rest = text.rpartition(separator)
            else:
                label, found, rest = text.partition(separator)
            if found and self._is_name(label):
                if rest.strip(_STOPS + QUOTES):
                    return label, rest.strip()
                if _is_plain_name(label) or not self._fitting(label):
                    return label, ""
                break  # `I10:` is the code, not the name
        return self._split_words(text)

    def _split_words(self, text: str) -> tuple[str | None, str]:
        """The same before a blank or a hyphen.

        There only a name counts that is neither a code nor a two-letter qualifier.
        """
        label, _, rest = text.partition(" ")
        while rest:
            more, _, tail = rest.partition(" ")
            longer = f"{label} {more}"
            is_name = _is_plain_name(label) and self._is_name(label)
            if is_name and not (tail and self._resolve(longer)):
                return label, rest.strip()
            label, rest = longer, tail
        label, _, rest = text.rpartition("-")
        if rest and _is_plain_name(label) and self._is_name(label) and self._fitting(rest):
            return label, rest
        return None, text

    def _is_name(self, label: str) -> bool:
        return bool(self._resolve(label) or names.foreign(label))

    def _split_modifiers(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A procedure code and the modifiers joined to it; the text itself when it is none.

        >>> split = _READER._split_modifiers
        >>> split("99213-25"), split("97005-"), split("E11.-")
        (('99213', ('25',)), ('97005', ()), ('E11.-', ()))
        """
        code, *joined = text.translate(_BETWEEN).split() or [""]
        if len(joined) > MOST_MODIFIERS or not text.startswith(code):
            return text, ()
        if not all(map(MODIFIER.fits, joined)):
            return text, ()
        if not any(shape.system in self._modified for shape in self._fitting(code)):
            return text, ()
        return code, tuple(joined)

    # -- the code itself -------------------------------------------------------------------------

    def _repaired(self, text: str) -> tuple[str, str] | None:
        """A text with a blank, hyphen or dot put right, and what was done; None if none helps."""
        if len(text) > _LONGEST_REPAIRED:
            return None
        code = self._joined(text)
        if code is not None:
            return code, "joined"
        code = self._undotted(text) if _DOTS_AND_CODE.fullmatch(text) else None
        return None if code is None else (code, "undotted")

    def _joined(self, text: str) -> str | None:
        """The code that a blank or hyphen has divided.

        >>> joined = _READER._joined
        >>> joined("S72 001A"), joined("S72.001-A"), joined("E11. 9")
        ('S72001A', 'S72.001A', 'E11.9')

        Not where it may be two codes, a code and a number, or a range:

        >>> joined("E11 I109"), joined("E11-65"), joined("250 00")
        (None, None, None)
        """
        found = _AT_THE_DOT.fullmatch(text)
        if found and (found[1][0].isdigit() or found[2][0].isdigit()) and not found[2].isalpha():
            return self._if_fitting(found[1] + found[2])
        found = _BEFORE_THE_SEVENTH.fullmatch(text)
        if found:
            return self._if_fitting(found[1] + found[2])
        return self._if_fitting(_BLANK_AT_A_DOT.sub(".", text)) if "." in text else None

    def _if_fitting(self, text: str) -> str | None:
        return text if self._fitting(text) else None

    def _undotted(self, text: str) -> str | None:
        """The code without a dot that does not belong.

        >>> undotted = _READER._undotted
        >>> undotted("E11..9"), undotted("E1.165"), undotted("0SR.B02A"), undotted("W21.89.XA")
        ('E11.9', 'E1165', '0SRB02A', 'W2189XA')

        A doubled dot tells its place. Apart from that, digits and dots alone may as well be a
        number or a date, and ``V1.2.3`` a version; of several dots the first is in its place, in
        every system that could have written the code:

        >>> undotted("250..00"), undotted("12.345"), undotted("V1.2.3"), undotted("E11.9.0")
        ('250.00', None, None, None)
        """
        single = _DOTS.sub(".", text)
        if self._fitting(single):
            return single
        compact = single.replace(".", "")
        if compact.isdigit() or not any(map(str.isdigit, compact[:3])) or len(compact) <= 3:
            return None
        fitting = self._fitting(compact)
        # A system without a dot has no claim to a text in which one stands where another has it.
        in_place = {shape.dot_after(compact) for shape in fitting} == {single.index(".")}
        return compact if fitting and (in_place or single.count(".") == 1) else None


_READER = Reader(KNOWN)
read = _READER.read


def _to_ascii(text: str) -> str:
    """Characters that are drawn after ASCII as what they are drawn after.

    Other digits and letters (Arabic-Indic, Greek look-alikes) are left: they mean something else.
    """
    if text.isascii():
        return text
    text = text.translate(_LIKE_ASCII)
    if not text.isascii():
        text = "".join(
            unicodedata.normalize("NFKC", character)
            if unicodedata.decomposition(character).startswith("<wide>")
            else character
            for character in text
        )
    return text.strip(ENDS)


def _ordered(repairs: list[str]) -> tuple[str, ...]:
    return tuple(repair for repair in REPAIRS if repair in repairs)


def _unquoted(text: str) -> str:
    if text.startswith('="'):
        text = text[1:]
    return text.strip(QUOTES)


def _is_plain_name(label: str) -> bool:
    """Whether a word before a blank may be a name: ``CPT``, but not ``I10``, which is a code.

    Nor a qualifier of two letters, which may be a word or a modifier.
    """
    label = label.strip(" -_.")
    return len(label) > 2 and label[1].isalpha()
