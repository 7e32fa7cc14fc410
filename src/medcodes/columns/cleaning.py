"""From what stands in a column to what is looked up, by Arrow's kernels as far as those go.

`lookup.reading` is the one reader. What it does to most texts (it takes blanks and quotes off the
ends and punctuation off the end, and writes lower case as upper case) Arrow does to a million at
once. Of the texts that fit no format after that, most are nothing, whatever is done to them: the
reader is asked only for those that it may make more of, once for all that stand between the same
head and tail.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.columns.keys import LONGEST, Keys, keys_of, keys_of_array
from medcodes.columns.shapes import Shapes
from medcodes.formats import MOST_MODIFIERS
from medcodes.lookup.reading import ENDS, QUOTES, Reader
from medcodes.systems import Systems

_QUOTED_FORMULA = '="'
_BEHIND = ".,;\"'`"
"""What is taken off the end: no colon, which may follow a name, and no blanks before a stop."""

_BLANKS = r"\x00\t-\r\x1c-\x20"
_BETWEEN = f"[{_BLANKS}:,-]"
"""What may stand between a code and its modifiers."""
_PUNCTUATION = "[ ._-]*"
"""What does not matter in names."""
_REST = f"[{_BLANKS}.,;:\"'`]"
_DIVIDED = f"(?:[0-9A-Z]{{0,2}}[0-9][0-9A-Z]*[._ -]|[0-9A-Z]* *[.])[0-9A-Z._ -]*{_REST}*$"
"""A dot, a blank or a hyphen may be all that is wrong."""
_LIKE_ASCII = r"\x{85}-\x{BF}\x{1680}\x{2000}-\x{22FF}\x{3000}-\x{303F}\x{FE00}-\x{FFEF}"
"""Among these are all characters that are read as ASCII, or not at all."""
_DRAWN = rf"(?-i:[\x00-\x7F{_LIKE_ASCII}]*[{_LIKE_ASCII}][\x00-\x7F{_LIKE_ASCII}]*$)"
_WRAPPED = (
    f"^(?P<head>(?s:.*[{_BLANKS}:|])?)"
    "(?P<core>[0-9A-Z][0-9A-Z.]+[0-9A-Z])"
    f"(?P<tail>(?:{_BETWEEN}+[0-9A-Z]{{2}}){{0,{MOST_MODIFIERS}}}{_BETWEEN}*)$"
)
"""A code of at least three characters, what stands before it, and modifiers behind it."""

Rows = npt.NDArray[np.int64]


def bare(texts: pa.Array) -> pa.Array:
    """Texts without what is taken off their ends whatever they are, in upper case."""
    texts = pc.ascii_upper(pc.utf8_trim(texts, ENDS))
    formula = pc.starts_with(texts, _QUOTED_FORMULA)
    if formula.true_count:
        texts = pc.if_else(formula, pc.utf8_slice_codeunits(texts, 1), texts)
    return pc.ascii_rtrim(pc.utf8_trim(texts, QUOTES), characters=_BEHIND)


class Cleaner:
    """Reads texts as codes of some systems."""

    def __init__(self, systems: Systems, shapes: Shapes) -> None:
        self._reader = Reader(systems)
        self._shapes = shapes
        self._takes_modifiers = [system.traits.takes_modifiers for system in systems.all]
        modified = [
            f"(?:{system.shape.pattern}){_BETWEEN}"
            for system in systems.all
            if system.traits.takes_modifiers
        ]
        plain = f"[{_characters(systems)}]{{1,{systems.formats.longest}}}{_REST}"
        more = "|".join((_declaring(systems), *modified, f"{plain}+$", _DIVIDED, _DRAWN))
        self._more = f"^(?:{more})"
        self._any = f"(?i)^[{_BLANKS}\"'`=]*(?:{plain}*$|{more})"

    def may_be_code(self, texts: pa.Array) -> Rows:
        """The places of the texts that may be a code, with what stands around it."""
        return _matching(texts, self._any)

    def may_be_more(self, texts: pa.Array) -> Rows:
        """The places of the texts, of those that are `bare` and fit no format, that may be one."""
        return _matching(texts, self._more)

    def read(self, texts: pa.Array) -> tuple[Keys, dict[tuple[str, ...], Rows]]:
        """What the reader makes of texts: the codes, and which are declared to be of some systems.

        Texts that differ in their code alone are read alike: what a name declares does not depend
        on the code behind it, nor on the modifiers behind that.
        """
        keys = np.zeros(len(texts), np.uint64)
        declared = np.zeros(len(texts), np.int64)
        readings = _Readings(self._reader)
        rows, cores, wrapping = self._wrapped(bare(texts))
        _, first, group = np.unique(wrapping, return_index=True, return_inverse=True)
        of_first = readings.of(texts.take(pa.array(rows[first])))
        alike = (of_first.keys == cores[first])[group]
        keys[rows[alike]] = cores[alike]
        declared[rows[alike]] = of_first.declared[group[alike]]
        left = np.ones(len(texts), np.bool_)
        left[rows[alike]] = False
        rest = np.flatnonzero(left)
        encoded = texts.take(pa.array(rest)).dictionary_encode()
        of_rest = readings.of(encoded.dictionary)
        which = encoded.indices.to_numpy()
        keys[rest], declared[rest] = of_rest.keys[which], of_rest.declared[which]
        return keys, readings.rows(declared)

    def _wrapped(self, texts: pa.Array) -> tuple[Rows, Keys, Rows]:
        """Which texts may be a code between a head and a tail, the codes, and numbers for these."""
        parts = pc.extract_regex(texts, _WRAPPED)
        cores = keys_of_array(parts.field("core"))
        fits = self._shapes.fits[self._shapes.of(cores)]
        is_bare = pc.equal(parts.field("tail"), "").to_numpy(zero_copy_only=False)
        # Modifiers are taken off some systems' codes alone.
        fits = np.where(is_bare[:, None], fits, fits & self._takes_modifiers)
        rows = np.flatnonzero(fits.any(axis=1) & parts.is_valid().to_numpy(zero_copy_only=False))
        head, tail = parts.field("head"), parts.field("tail")
        around = pc.binary_join_element_wise(head, tail, pa.scalar("\0", head.type))
        wrapping = around.take(pa.array(rows)).dictionary_encode().indices.to_numpy()
        return rows, cores[rows], wrapping


class _Reading(NamedTuple):
    keys: Keys
    declared: Rows


class _Readings:
    """Readings as numbers: 0 for what declares no system, others for some systems each."""

    def __init__(self, reader: Reader) -> None:
        self._read = lru_cache(None)(reader.read)
        self._numbers: dict[tuple[str, ...] | None, int] = {None: 0}

    def of(self, texts: pa.Array) -> _Reading:
        found = [self._read(text) for text in texts.to_pylist()]
        cores = [
            reading.core if len(reading.core) <= LONGEST and reading.core.isascii() else ""
            for reading in found
        ]
        numbers = self._numbers
        declared = [numbers.setdefault(reading.declared, len(numbers)) for reading in found]
        return _Reading(keys_of(cores), np.array(declared, np.int64))

    def rows(self, declared: Rows) -> dict[tuple[str, ...], Rows]:
        return {
            systems: np.flatnonzero(declared == number)
            for systems, number in self._numbers.items()
            if systems is not None
        }


def _matching(texts: pa.Array, pattern: str) -> Rows:
    found = pc.match_substring_regex(texts, pattern)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _declaring(systems: Systems) -> str:
    """How texts begin that declare one of some systems: by the first characters of its names."""
    short: set[str] = set()
    long: set[str] = set()
    for name in (*systems.names.ids_by_key, *_IDENTIFIERS):
        beginning = _PUNCTUATION.join(
            "[0-9]" if character == "#" else re.escape(character)
            for character in name[:_TOLD_BY].upper()
        )
        (short if len(name) < _TOLD_BY else long).add(beginning)
    # Before a blank or a hyphen, names of two letters are no names.
    before_any = f"(?:{'|'.join(sorted(long))})(?s:.*)[ :|-]"
    before_some = rf"(?:{'|'.join(sorted(short))})[\s._-]*[:|]"
    return f"{_PUNCTUATION}(?:{before_any}|{before_some})"


def _characters(systems: Systems) -> str:
    """All characters that codes have, as they are written in a pattern."""
    variants = [variant for system in systems.all for variant in system.shape.variants]
    alphabets = [alphabet for variant in variants for alphabet in variant.positions]
    return re.escape("".join(sorted(set(".").union(*alphabets))))


_IDENTIFIERS = ("http", "urn:oid:")
"""What stands before the names that are URIs and OIDs."""
_TOLD_BY = 3
"""Characters of a name that are looked at."""
