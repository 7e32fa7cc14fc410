"""What the shape of a code is made of: variants, formats, what does not fit, several together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import attrs

from medcodes.errors import shown

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ANY = DIGITS + LETTERS
# ICD-10-PCS leaves out the two letters that look like digits (ICD-10-PCS Official Guidelines,
# A2: "the letters O and I are not used").
NO_I_NO_O = DIGITS + LETTERS.replace("I", "").replace("O", "")
PCS_SECTIONS = "0123456789BCDFGHX"

_WORDING = {
    DIGITS: "a digit",
    LETTERS: "a letter",
    ANY: "a digit or a letter",
    NO_I_NO_O: "a digit or a letter other than I and O",
    PCS_SECTIONS: "a section: a digit or one of B C D F G H X",
    LETTERS[:22]: "a letter from A to V",
}


def _wording(alphabet: str) -> str:
    return _WORDING.get(alphabet) or f"'{alphabet}'"


@attrs.frozen
class Misfit:
    """Why a string does not fit a format.

    Attributes:
        system: the id of the code system meant.
        position: the first wrong character, counted from 1 in the string as given, or None
            when only the length is wrong.
        reason: one sentence for people.
        depth: how much of the string did fit; the format with the greatest depth is closest.
    """

    system: str
    position: int | None
    reason: str
    depth: int


@attrs.frozen
class Variant:
    """One shape of a format.

    Attributes:
        name: what codes of this shape are called.
        positions: the characters allowed at each position of the compact form.
        shortest: the least number of characters; the greatest is ``len(positions)``.
        dot_after: after how many characters the dot stands, or None for no dot at all.
        parts: the named parts, each with the number of characters it takes; the last may
            be shorter, and parts past the end of a short code are absent.
        source: where the rule is published.
    """

    name: str
    positions: tuple[str, ...]
    shortest: int
    dot_after: int | None
    parts: tuple[tuple[str, int], ...]
    source: str

    def fits(self, compact: str) -> bool:
        """Whether a string without a dot has this shape."""
        return self.shortest <= len(compact) <= len(self.positions) and all(
            character in allowed
            for character, allowed in zip(compact, self.positions, strict=False)
        )

    @property
    def lengths(self) -> str:
        """How many characters there are without the dot: ``"3 to 7"``."""
        longest = len(self.positions)
        return str(longest) if longest == self.shortest else f"{self.shortest} to {longest}"

    @property
    def pattern(self) -> str:
        """The regular expression of this shape, dot optional, for ``fullmatch``."""
        classes = [_character_class(allowed) for allowed in self.positions]
        required, optional = classes[: self.shortest], classes[self.shortest :]
        tail = "".join(f"(?:{character}" for character in optional) + ")?" * len(optional)
        if self.dot_after is None:
            return "".join(required) + tail
        if self.dot_after < self.shortest:  # pragma: no cover - no system has this today
            return "".join((*required[: self.dot_after], r"\.?", *required[self.dot_after :], tail))
        if not optional:
            return "".join(required)
        return "".join(required) + rf"(?:\.?{tail[3:-2]})?"


def _character_class(allowed: str) -> str:
    if len(allowed) == 1:
        return allowed
    text = allowed
    for run in (LETTERS, DIGITS, "JKLMN", "PQRSTUVWXYZ", LETTERS[:22], "ABCDEFGH"):
        text = text.replace(run, f"{run[0]}-{run[-1]}")
    return f"[{text}]"


@attrs.frozen
class Format:
    """All shapes of one code system.

    Attributes:
        system: the id of the code system, ``"icd10cm"``.
        name: its name in a sentence.
        variants: the shapes, the most usual first.
    """

    system: str
    name: str
    variants: tuple[Variant, ...]

    @cached_property
    def first_characters(self) -> frozenset[str]:
        """Those with which codes may begin."""
        return frozenset().union(*(variant.positions[0] for variant in self.variants))

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """How many characters codes may have without their dots.

        >>> from medcodes.formats import ICD9CM
        >>> ICD9CM.lengths
        (3, 4, 5)
        """
        spans = (range(shape.shortest, len(shape.positions) + 1) for shape in self.variants)
        return tuple(sorted(set().union(*spans)))

    def variant(self, text: str) -> Variant | None:
        """The shape that a string fits, with its dot in the right place or without one.

        >>> from medcodes.formats import CPT
        >>> CPT.variant("0054T").name
        'Category III'
        >>> CPT.variant("9921") is None
        True
        """
        head, dot, tail = text.partition(".")
        compact = head + tail
        for variant in self.variants:
            if variant.fits(compact) and (not dot or (tail and variant.dot_after == len(head))):
                return variant
        return None

    def fits(self, text: str) -> bool:
        """Whether a string has the shape of a code of this system.

        >>> from medcodes.formats import ICD9PCS
        >>> ICD9PCS.fits("45.82"), ICD9PCS.fits("458.2")
        (True, False)
        """
        return self.variant(text) is not None

    def compact(self, text: str) -> str:
        """The form without the dot: ``"E11.9"`` to ``"E119"``.

        Raises:
            ValueError: the text does not fit; the message says where.
        """
        self._fitting_variant(text)
        return text.replace(".", "")

    def canonical(self, text: str) -> str:
        """The form people print: with the dot where the system has one, ``"250.00"``.

        >>> from medcodes.formats import CPT, ICD9CM
        >>> ICD9CM.canonical("E8490"), ICD9CM.canonical("V3000"), CPT.canonical("90837")
        ('E849.0', 'V30.00', '90837')

        Raises:
            ValueError: the text does not fit; the message says where.
        """
        variant = self._fitting_variant(text)
        return dotted(text.replace(".", ""), variant.dot_after)

    def dot_after(self, compact: str) -> int | None:
        """After how many characters the dot of a code stands; None for a system without dots.

        >>> from medcodes.formats import HCPCS, ICD9CM
        >>> ICD9CM.dot_after("25000"), ICD9CM.dot_after("E8490"), HCPCS.dot_after("J0120")
        (3, 4, None)
        """
        for variant in self.variants:
            if compact[:1] in variant.positions[0]:
                return variant.dot_after
        return None

    def parts(self, text: str) -> dict[str, str]:
        """The named parts of a code.

        >>> from medcodes.formats import ICD10CM, ICD10PCS
        >>> ICD10CM.parts("S72.001A")
        {'category': 'S72', 'detail': '001', 'seventh character': 'A'}
        >>> ICD10PCS.parts("0SRB02A")["root operation"]
        'R'

        Raises:
            ValueError: the text does not fit; the message says where.
        """
        variant = self._fitting_variant(text)
        rest, found = text.replace(".", ""), {}
        for name, width in variant.parts:
            if rest:
                found[name], rest = rest[:width], rest[width:]
        return found

    @property
    def pattern(self) -> str:
        """The regular expression of all shapes, dots optional, for ``fullmatch``.

        >>> from medcodes.formats import ICD10CM
        >>> import re
        >>> re.fullmatch(ICD10CM.pattern, "C7A.00") is not None
        True
        """
        return "|".join(dict.fromkeys(variant.pattern for variant in self.variants))

    def misfit(self, text: str) -> Misfit | None:
        """What keeps a string from fitting, or None when it fits.

        >>> from medcodes.formats import CPT, HCPCS
        >>> HCPCS.misfit("JO120").position
        2
        >>> CPT.misfit("9983").reason
        '4 characters, but CPT has 5'
        """
        if self.fits(text):
            return None
        return max((self._misfit(variant, text) for variant in self.variants), key=depth)

    def _misfit(self, variant: Variant, text: str) -> Misfit:
        head, dot, tail = text.partition(".")
        compact = head + tail
        # A whole novel has the same fault as its first characters.
        for index, character in enumerate(compact[: len(variant.positions)]):
            if character not in variant.positions[index]:
                place = index + 1 + (1 if dot and index >= len(head) else 0)
                return Misfit(
                    self.system,
                    place,
                    f"{_count(compact)}, but position {place} of {self.name} must be "
                    f"{_wording(variant.positions[index])}: {character!r}",
                    index,
                )
        depth = min(len(compact), len(variant.positions))
        if not variant.shortest <= len(compact) <= len(variant.positions):
            reason = f"{_count(compact)}, but {self.name} has {variant.lengths}"
            # What has the right length comes closer than what has not.
            return Misfit(self.system, None, reason, depth - 1)
        place = len(head) + 1
        if not tail:
            return Misfit(self.system, place, "nothing follows the dot", depth)
        if variant.dot_after is None:
            reason = f"a dot after position {len(head)}, but {self.name} has none"
            return Misfit(self.system, place, reason, depth - 1)
        reason = (
            f"a dot after position {len(head)}, but {self.name} has it after {variant.dot_after}"
        )
        return Misfit(self.system, place, reason, depth)

    def _fitting_variant(self, text: str) -> Variant:
        variant = self.variant(text)
        if variant is None:
            misfit = self.misfit(text)
            assert misfit is not None
            raise ValueError(f"{shown(text)} is no {self.name} code: {misfit.reason}")
        return variant


def depth(misfit: Misfit) -> int:
    """How much of a string did fit."""
    return misfit.depth


def _count(compact: str) -> str:
    return "1 character" if len(compact) == 1 else f"{len(compact)} characters"


def dotted(compact: str, dot_after: int | None) -> str:
    """Put the dot into a compact code; a code that ends where the dot would stand has none."""
    if dot_after is None or len(compact) <= dot_after:
        return compact
    return f"{compact[:dot_after]}.{compact[dot_after:]}"


class Formats:
    """Several formats, in the order in which equal evidence is decided, asked together.

    Two characters that no format tells apart are one class; a text is its string of classes, its
    shape. All texts of one shape fit the same formats, so the formats are asked once a shape.

    Attributes:
        all: the formats.
        longest: no code of theirs has more characters, its dot included.
        classes: for ``bytes.translate``: the bytes of a text to its shape.
    """

    __slots__ = ("_by_shape", "_of", "all", "classes", "longest")

    def __init__(self, formats: Iterable[Format]) -> None:
        self.all = tuple(formats)
        variants = [variant for fmt in self.all for variant in fmt.variants]
        self.longest = max(len(v.positions) + (v.dot_after is not None) for v in variants)
        self.classes = _character_classes(variants)
        self._of = {fmt.system: fmt for fmt in self.all}
        self._by_shape: dict[bytes, tuple[Format, ...]] = {}

    def of(self, system: str) -> Format:
        """The format of a system id."""
        return self._of[system]

    def fitting(self, text: str) -> tuple[Format, ...]:
        """Every format that a string fits, in order.

        >>> from medcodes.formats import KNOWN
        >>> [fmt.system for fmt in KNOWN.fitting("V2020")]
        ['hcpcs', 'icd10cm', 'icd9cm']
        >>> KNOWN.fitting("hello, world")
        ()
        """
        if len(text) > self.longest:
            return ()
        shape = text.encode("utf-8", "replace").translate(self.classes)
        fits = self._by_shape.get(shape)
        if fits is None:
            if len(self._by_shape) >= _REMEMBERED:
                self._by_shape.clear()
            fits = tuple(fmt for fmt in self.all if fmt.fits(text))
            self._by_shape[shape] = fits
        return fits


def _character_classes(variants: Iterable[Variant]) -> bytes:
    alphabets = sorted({alphabet for variant in variants for alphabet in variant.positions})
    classes: dict[tuple[bool, ...], int] = {}
    table = bytearray(256)  # class 0: in no alphabet
    table[ord(".")] = ord(".")
    for code in range(128):
        membership = tuple(chr(code) in alphabet for alphabet in alphabets)
        if any(membership):
            table[code] = classes.setdefault(membership, 128 + len(classes))
    return bytes(table)


_REMEMBERED = 8_192
