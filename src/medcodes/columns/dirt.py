"""Texts that are no code as they stand, read for a million at once as `medcodes.reading` would.

Blanks, quotes and punctuation at the ends and lower case are repaired here. What has no hope of
being read is told apart from what may carry a prefix or modifiers, has a dot or a blank too many,
or is drawn in other characters than ASCII: only that is left to the classifier.
"""

from __future__ import annotations

import string
from functools import cache
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medcodes import names
from medcodes.columns import shapes
from medcodes.columns.shapes import FILL, LONGEST, Keys

__all__ = ["Split", "Texts", "clean", "split"]

_MOST_BLANKS = 32
_LONGEST = 256
"""Bytes of a text, blanks at its ends aside, that are looked through here."""

_BLANKS = b"\0\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "
_OPENING = b"\"'`" + _BLANKS
_CLOSING = b".,;:" + _OPENING
_BETWEEN = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :|,-"
"""What may stand between a prefix, a code and its modifiers."""
_PARTING = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :,-"
"""What may stand before a modifier."""
_PROCEDURE = 5
"""How long the codes of CPT and HCPCS are."""
_MOST_MODIFIERS = 4
_STOPS = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :|"
# The first bytes of characters that may be drawn after ASCII, or are blank, or invisible.
_DRAWN = b"\xc2\xe0\xe1\xe2\xe3\xef"
_IS_DRAWN, _IS_FOREIGN, _IS_BETWEEN, _IS_DECLARING, _IS_NUL = 1, 2, 4, 8, 16
_IS_DOT, _IS_DIGIT, _IS_OTHER = 32, 64, 128
_NO_ASCII = _IS_DRAWN | _IS_FOREIGN
_LONGEST_MENDED = 16
"""As in `medcodes.reading`."""

Places = npt.NDArray[np.int64]


class Texts(Protocol):
    """Where texts lie: as `medcodes.columns.kernel.Texts`."""

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """All bytes."""
        ...

    def at(self, starts: Places, lengths: npt.NDArray[Any]) -> Keys:
        """The integers of texts, of long ones that of their first characters."""
        ...


def clean(
    texts: Texts, starts: npt.NDArray[Any], lengths: npt.NDArray[Any], keys: Keys
) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """The integers of texts as they are read, and which of them only the classifier can read.

    A text that is nothing, whatever is done to it, has the integer of the empty text.
    """
    easy = (_kinds_of(keys) & ~np.uint8(_IS_DIGIT) == 0) & (lengths <= LONGEST)
    cleaned = np.full(len(keys), ~np.uint64(0), np.uint64)
    cleaned[easy] = _upper(keys[easy])
    left = np.zeros(len(keys), np.bool_)
    hard = np.flatnonzero(~easy)
    if len(hard):
        cleaned[hard], left[hard] = _read(texts, starts[hard].astype(np.int64), lengths[hard])
    return cleaned, left


def _read(
    texts: Texts, first: Places, lengths: npt.NDArray[Any]
) -> tuple[Keys, npt.NDArray[np.bool_]]:
    data = texts.data
    first, end, left, colon = _trim(data, first, first + lengths)
    size = end - first
    keys = np.full(len(size), ~np.uint64(0), np.uint64)
    left |= size > _LONGEST
    rows = np.flatnonzero(~left & (size > 0))
    kinds = _kinds(texts, first[rows], size[rows])
    left[rows] = _are(kinds, _IS_DRAWN, but_not=_IS_FOREIGN)
    plain = rows[(kinds & ~np.uint8(_IS_DOT | _IS_DIGIT) == 0) & (size[rows] <= LONGEST)]
    keys[plain] = _upper(texts.at(first[plain], size[plain]))
    # `CPT:` is a name that nothing follows, `I10:` is a code; names have a letter second.
    named = plain[colon[plain]]
    left[named] = _begin_a_name(data, first[named], np.zeros(len(named), np.bool_))
    joined = np.flatnonzero(
        _are(kinds, _IS_BETWEEN | _IS_DECLARING, but_not=_IS_FOREIGN | _IS_DRAWN)
    )
    declared = kinds[joined] & _IS_DECLARING > 0
    joined = rows[joined]
    left[joined] = _may_be_joined(data, first[joined], end[joined], declared)
    # A hyphen that no modifier follows.
    hyphened = joined[size[joined] == _PROCEDURE + 1]
    hyphened = hyphened[data[end[hyphened] - 1] == ord("-")]
    codes = _upper(texts.at(first[hyphened], np.full(len(hyphened), _PROCEDURE)))
    procedures = shapes.fitting(codes) & _procedures() > 0
    keys[hyphened[procedures]] = codes[procedures]
    left[hyphened[procedures]] = False
    others = ~(_IS_DOT | _IS_BETWEEN | _IS_DIGIT)
    may_be = _are(kinds, _IS_DOT | _IS_BETWEEN, but_not=others) & (kinds & _IS_DIGIT > 0)
    flawed = rows[may_be & (size[rows] <= _LONGEST_MENDED)]
    flawed = flawed[shapes.fitting(keys[flawed]) == 0]
    left[flawed] |= _may_be_mended(data, first[flawed], size[flawed])
    return keys, left


def _are(kinds: npt.NDArray[np.uint8], some: int, *, but_not: int) -> npt.NDArray[np.bool_]:
    """Which texts have a byte of some kinds, and none of others."""
    which: npt.NDArray[np.bool_] = (kinds & some > 0) & (kinds & (but_not & 0xFF) == 0)
    return which


@attrs.frozen(eq=False)
class Split:
    """Texts that may be a code behind a name, or before modifiers.

    Attributes:
        places: which of the texts they are.
        heads: all up to the last blank, colon or bar before the code, as an Arrow dictionary array.
        keys: the integers of the codes, in upper case.
        modified: whether modifiers were taken off behind them.
    """

    places: Places
    heads: pa.DictionaryArray
    keys: Keys
    modified: npt.NDArray[np.bool_]


def split(texts: Texts, ends: npt.NDArray[Any]) -> Split:
    """Take the heads and the modifiers off short ASCII texts."""
    data = texts.data
    first, end, deep, _ = _trim(data, ends[:-1].astype(np.int64), ends[1:].astype(np.int64))
    short = ~deep & (first < end) & (end - first < _LONGEST // 2)
    short[short] = _kinds(texts, first[short], (end - first)[short]) & _NO_ASCII == 0
    stops = np.concatenate([[-1], np.flatnonzero(_members(_STOPS)[data])])

    def begin(end: Places) -> Places:
        """Where the codes begin, behind the last stop."""
        cut: Places = np.maximum(stops[np.searchsorted(stops, end, "left") - 1] + 1, first)
        return cut

    bare = _without_modifiers(data, first, end)
    cut = begin(bare)
    modified = short & (bare < end) & (bare - cut == _PROCEDURE)
    keys = _upper(texts.at(cut[modified], (bare - cut)[modified]))
    modified[modified] = shapes.fitting(keys) & _procedures() > 0
    end = np.where(modified, bare, end)
    cut = begin(end)
    size = end - cut
    rows = np.flatnonzero(short & (modified | (first < cut)) & (size > 0) & (size <= LONGEST))
    head = (cut - first)[rows]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(head)])
    bytes_ = data[np.repeat(first[rows] - offsets[:-1], head) + np.arange(int(offsets[-1]))]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(bytes_)]
    heads = pa.Array.from_buffers(pa.large_string(), len(rows), buffers)
    keys = _upper(texts.at(cut[rows], size[rows]))
    return Split(rows, heads.dictionary_encode(), keys, modified[rows])


def _without_modifiers(data: npt.NDArray[np.uint8], first: Places, end: Places) -> Places:
    """Where texts end without up to four times a separator and two letters or digits."""
    end = end.copy()
    parting = _members(_PARTING)
    alphanumeric = _members((string.ascii_letters + string.digits).encode())
    rows = np.arange(len(end))
    for _ in range(_MOST_MODIFIERS):
        rows = rows[end[rows] - first[rows] > _PROCEDURE + 2]
        tail = data[end[rows, None] + np.arange(-3, 0)]
        rows = rows[parting[tail[:, 0]] & alphanumeric[tail[:, 1:]].all(axis=1)]
        end[rows] -= 3
    return end


@cache
def _procedures() -> np.uint8:
    """The bits of the systems whose codes may have modifiers."""
    bits: np.uint8 = np.uint8(sum(1 << shapes.SYSTEMS.index(one) for one in ("cpt", "hcpcs")))
    return bits


def _trim(
    data: npt.NDArray[np.uint8], first: Places, end: Places
) -> tuple[Places, Places, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Texts without blanks, quotes and punctuation at their ends.

    And which have more of them than are taken off, and behind which a colon was: those may be
    names of systems, which nothing follows.
    """
    deep = np.zeros(len(first), np.bool_)
    colon = np.zeros(len(first), np.bool_)

    def take_off(moved: Places, step: int, at: int, members: npt.NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(first < end)
        for _ in range(_MOST_BLANKS):
            bytes_ = data[moved[rows] + at]
            taken = members[bytes_]
            rows, bytes_ = rows[taken], bytes_[taken]
            colon[rows] |= bytes_ == ord(":")
            moved[rows] += step
            rows = rows[first[rows] < end[rows]]
            if not len(rows):
                break
        deep[rows] = True

    take_off(first, 1, 0, _members(_BLANKS))
    formula = np.flatnonzero(first < end - 1)
    formula = formula[data[first[formula]] == ord("=")]
    first[formula[data[first[formula] + 1] == ord('"')]] += 1
    take_off(first, 1, 0, _members(_OPENING))
    take_off(end, -1, -1, _members(_CLOSING))
    return first, end, deep, colon


def _kinds(texts: Texts, first: Places, size: Places) -> npt.NDArray[np.uint8]:
    """Of which kinds the bytes of each text are, eight bytes at a time."""
    kinds = _kinds_of(texts.at(first, size))
    rows = np.flatnonzero(size > LONGEST)
    for done in range(LONGEST, _LONGEST, LONGEST):
        rows = rows[size[rows] > done]
        if not len(rows):
            break
        # The last eight bytes of a text may overlap with those before.
        place = first[rows] + np.minimum(done, size[rows] - LONGEST)
        kinds[rows] |= _kinds_of(texts.at(place, size[rows]))
    return kinds


def _kinds_of(keys: Keys) -> npt.NDArray[np.uint8]:
    """Of which kinds the bytes of integers are."""
    kinds = _kind_of_pair().take(keys.view(np.uint16)).view(np.uint32)
    kinds |= kinds >> 16
    kinds |= kinds >> 8
    return kinds.astype(np.uint8)


def _upper(keys: Keys) -> Keys:
    """Texts in upper case."""
    upper: Keys = _upper_of_pair().take(keys.view(np.uint16)).view(np.uint64)
    return upper


def _may_be_joined(
    data: npt.NDArray[np.uint8], first: Places, end: Places, declared: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Whether a text may begin with the name of a system, or with a procedure code."""
    first = first.copy()
    skipped = _members(b"-_." + _BETWEEN)
    rows = np.arange(len(first))
    for _ in range(_MOST_BLANKS):
        rows = rows[skipped[data[first[rows]]]]
        first[rows] += 1
        rows = rows[first[rows] < end[rows]]
        if not len(rows):
            break
    near = data[np.minimum(first[:, None] + np.arange(6), len(data) - 1)]
    digits = ((near[:, 1:4] >= ord("0")) & (near[:, 1:4] <= ord("9"))).all(axis=1)
    may: npt.NDArray[np.bool_] = digits & _members(_BETWEEN)[near[:, 5]]
    may |= _begin_a_name(data, first, declared)
    may[rows] = True
    return may


def _begin_a_name(
    data: npt.NDArray[np.uint8], first: Places, declared: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Whether a text may begin with the name of a system.

    Not before a colon or a bar, only with one that has a letter second and is longer than two.
    """
    near = data[np.minimum(first[:, None] + np.arange(4), len(data) - 1)]
    classes = _class_of_byte()[near]
    begins = tuple(classes.T)
    second = classes[:, 1]
    may: npt.NDArray[np.bool_] = declared & _begins_a_name(1)[begins]
    may |= _begins_a_name(3)[begins] & (second > _INSIDE) & (second <= _LAST_LETTER)
    return may


def _may_be_mended(
    data: npt.NDArray[np.uint8], first: Places, size: Places
) -> npt.NDArray[np.bool_]:
    """Whether a dot, a blank or a hyphen may be all that is wrong with a text.

    Digits with one dot are a number.
    """
    near = data[np.minimum(first[:, None] + np.arange(_LONGEST_MENDED), len(data) - 1)]
    near[np.arange(_LONGEST_MENDED) >= size[:, None]] = FILL
    dots, blanks, hyphens = near == ord("."), near == ord(" "), _members(b"-_")[near]
    letters = _members(string.ascii_letters.encode())[near]
    code = (letters | _members(string.digits.encode())[near]).sum(axis=1)
    clean = code + dots.sum(axis=1) + blanks.sum(axis=1) + hyphens.sum(axis=1) == size
    lettered, blank, parted = letters.any(axis=1), blanks.any(axis=1), hyphens.any(axis=1)
    doubled = (dots[:, 1:] & dots[:, :-1]).any(axis=1)
    # One of the first three characters is a digit.
    lettered &= _members(string.digits.encode())[near[:, :4]].any(axis=1)
    dotted = dots.any(axis=1) & (lettered & (code > 3) | doubled | blank) & ~parted
    parting = hyphens | blanks
    divided = (size == LONGEST) & (parting[:, 3] | parting[:, 6])
    divided |= (size == LONGEST + 1) & parting[:, 7]
    may: npt.NDArray[np.bool_] = clean & (code < LONGEST) & (dotted | lettered & divided)
    return may


@cache
def _members(bytes_: bytes) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(bytes_)] = True
    return table


@cache
def _kind_of_pair() -> npt.NDArray[np.uint8]:
    table = np.full(256, _IS_OTHER, np.uint8)
    table[0x80:] = 0  # the later bytes of characters
    table[0xC0:] = _IS_FOREIGN
    table[list(_DRAWN)] = _IS_DRAWN
    table[list(string.ascii_letters.encode())] = 0
    table[list(string.digits.encode())] = _IS_DIGIT
    table[list(_BETWEEN + b"_")] = _IS_BETWEEN
    table[list(b":|")] = _IS_DECLARING
    table[ord(".")] = _IS_DOT
    table[0] = _IS_NUL
    table[FILL] = 0
    return (table | table[:, None]).ravel()


@cache
def _upper_of_pair() -> npt.NDArray[np.uint16]:
    upper = np.frombuffer(bytes(range(256)).upper(), np.uint8).astype(np.uint16)
    pairs: npt.NDArray[np.uint16] = (upper | upper[:, None] << 8).astype(np.uint16).ravel()
    return pairs


_CLASSES = "?: abcdefghijklmnopqrstuvwxyz0123456789"
"""What names are made of, beside what no name has, what ends one, and what may stand inside."""
_END, _INSIDE, _LAST_LETTER = map(_CLASSES.index, ": z")


@cache
def _class_of_byte() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for number, character in enumerate(_CLASSES):
        table[[ord(character), ord(character.upper())]] = number
    table[ord("?")] = 0
    table[list(b":|")] = _END
    table[list(b"-_." + _BLANKS)] = _INSIDE
    return table


@cache
def _begins_a_name(shortest: int) -> npt.NDArray[np.bool_]:
    """By the classes of four bytes, whether a text may begin with the name of a system.

    With one that has at least so many characters, punctuation aside.
    """
    table = np.zeros((len(_CLASSES),) * 4, np.bool_)
    of_byte = _class_of_byte()
    digits = of_byte[list(b"0123456789")].tolist()

    def spell(name: str, *classes: list[int]) -> None:
        if len(classes) == 4:
            table[np.ix_(*classes)] = True
        elif name:
            spell(name[1:], *classes, digits if name[0] == "#" else [int(of_byte[ord(name[0])])])
            if classes:  # before the first character, punctuation is taken off
                spell(name, *classes, [_INSIDE])
        else:
            behind = [list(range(len(_CLASSES)))] * (3 - len(classes))
            table[np.ix_(*classes, [_END, _INSIDE], *behind)] = True

    for name in names.spellings():
        for whole in (name, name.replace("#", "##")):
            if len(whole) >= shortest:
                spell(whole)
    return table
