"""Texts that are no code as they stand, read for a million at once as the reader would.

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

from medcodes.columns import pairs, shapes
from medcodes.columns.pairs import (
    BETWEEN,
    BLANKS,
    DRAWN,
    INSIDE,
    LAST_LETTER,
    OPENING,
    begins_a_name,
    class_of_byte,
)
from medcodes.columns.shapes import FILL, LONGEST, Keys

__all__ = ["Cleaned", "Split", "Texts", "clean", "split"]

_MOST_BLANKS = 32
_LONGEST = 256
"""Bytes of a text, blanks at its ends aside, that are looked through here."""

_CLOSING = b".,;:" + OPENING
_PARTING = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :,-"
"""What may stand before a modifier."""
_PROCEDURE = 5
"""How long the codes of CPT and HCPCS are."""
_MOST_MODIFIERS = 4
_STOPS = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f :|"
_IS_DRAWN, _IS_FOREIGN, _IS_BETWEEN, _IS_DECLARING, _IS_QUOTE = 1, 2, 4, 8, 16
_IS_DOT, _IS_DIGIT, _IS_OTHER = 32, 64, 128
_NO_ASCII = _IS_DRAWN | _IS_FOREIGN
_NEVER = _IS_FOREIGN | _IS_OTHER
"""What no text has that can be read."""
_LONGEST_MENDED = 16
"""As in `medcodes.lookup.reading`."""

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


@attrs.frozen(eq=False)
class Cleaned:
    """What is left of texts that are no entries as they stand.

    Attributes:
        places: those that are something, or may be.
        keys: the integers of these as they are read.
        left: those that only the classifier can read.
    """

    places: Places
    keys: Keys
    left: Places


def clean(texts: Texts, starts: npt.NDArray[Any], lengths: npt.NDArray[Any], keys: Keys) -> Cleaned:
    """Read texts; what is neither read nor left is nothing, whatever is done to it.

    Args:
        texts: where they lie.
        starts: where each begins.
        lengths: of each, in bytes.
        keys: their integers, of long ones that of their first characters.
    """
    hints = pairs.hints(keys)
    short = lengths <= LONGEST
    last = texts.data.take(starts + lengths - 1, mode="clip") if len(texts.data) else 0
    fits = short & (hints & pairs.FITTING > 0)
    may_be = pairs.may_be_read(hints) | _ends_of_more()[last]
    may_be &= ~(short & (hints & (pairs.FITTING | pairs.PLAIN) > 0))
    easy, hard = np.flatnonzero(fits), np.flatnonzero(may_be)
    found, left = _read(texts, starts.take(hard).astype(np.int64), lengths.take(hard))
    something = found != ~np.uint64(0)
    return Cleaned(
        np.concatenate([easy, hard[something]]),
        np.concatenate([_upper(keys.take(easy)), found[something]]),
        hard[left],
    )


@cache
def _ends_of_more() -> npt.NDArray[np.bool_]:
    """The last bytes of texts that have something at their end that is taken off."""
    table: npt.NDArray[np.bool_] = _members(_CLOSING).copy()
    table[0x80:] = True
    return table


def _read(
    texts: Texts, first: Places, lengths: npt.NDArray[Any]
) -> tuple[Keys, npt.NDArray[np.bool_]]:
    data = texts.data
    first, end, left, colon, blank = _trim(data, first, first + lengths)
    size = end - first
    keys = np.full(len(size), ~np.uint64(0), np.uint64)
    left |= size > _LONGEST
    rows = np.flatnonzero(~left & (size > 0))
    kinds = _kinds(texts, first[rows], size[rows])
    left[rows] = _are(kinds, _IS_DRAWN, but_not=_NEVER)
    plain = rows[(kinds & ~np.uint8(_IS_DOT | _IS_DIGIT) == 0) & (size[rows] <= LONGEST)]
    keys[plain] = _upper(texts.at(first[plain], size[plain]))
    # `CPT:` and `CPT .` are a name that nothing follows, `I10:` is a code.
    named = plain[colon[plain] | blank[plain]]
    left[named] = _may_be_joined(data, first[named], end[named], colon[named], ours=False)
    joined = np.flatnonzero(_are(kinds, _IS_BETWEEN | _IS_DECLARING, but_not=_NEVER | _IS_DRAWN))
    declared = kinds[joined] & _IS_DECLARING > 0
    joined = rows[joined]
    left[joined] = _may_be_joined(data, first[joined], end[joined], declared, ours=True)
    # A hyphen that no modifier follows.
    hyphened = joined[size[joined] == _PROCEDURE + 1]
    hyphened = hyphened[data[end[hyphened] - 1] == ord("-")]
    codes = _upper(texts.at(first[hyphened], np.full(len(hyphened), _PROCEDURE)))
    procedures = shapes.fitting(codes) & _procedures() > 0
    keys[hyphened[procedures]] = codes[procedures]
    left[hyphened[procedures]] = False
    others = ~(_IS_DOT | _IS_BETWEEN | _IS_DIGIT)
    may_be = _are(kinds, _IS_DOT | _IS_BETWEEN, but_not=others) & (
        kinds & (_IS_DOT | _IS_DIGIT) > 0
    )
    flawed = rows[may_be & (size[rows] <= _LONGEST_MENDED)]
    flawed = flawed[shapes.fitting(keys[flawed]) == 0]
    one_dot = _have_one_dot(keys[flawed])
    misplaced, flawed = flawed[one_dot], flawed[~one_dot]
    keys[misplaced] = _without_dot(keys[misplaced])
    left[flawed] |= _may_be_mended(data, first[flawed], size[flawed])
    return keys, left


def _have_one_dot(keys: Keys) -> npt.NDArray[np.bool_]:
    """Which short texts have one dot, and letters and digits besides."""
    bytes_ = keys.view(np.uint8).reshape(-1, LONGEST)
    dots = (bytes_ == ord(".")).sum(axis=1)
    one: npt.NDArray[np.bool_] = (dots == 1) & (_kinds_of(keys) & _IS_BETWEEN == 0)
    return one


def _without_dot(keys: Keys) -> Keys:
    """Texts with one dot without it, where digits with a dot are no number; else nothing."""
    compact = shapes.undotted(keys)
    digits = _members(string.digits.encode())[compact.view(np.uint8).reshape(-1, LONGEST)]
    size = shapes.sizes(compact)
    fits = (shapes.fitting(compact) > 0) & (size > 3)
    fits &= digits[:, :3].any(axis=1) & (digits.sum(axis=1) < size)
    return np.where(fits, compact, ~np.uint64(0))


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
    first, end, deep, *_ = _trim(data, ends[:-1].astype(np.int64), ends[1:].astype(np.int64))
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
) -> tuple[Places, Places, npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Texts without blanks, quotes and punctuation at their ends.

    And which have more of them than are taken off, and behind which a colon was, or a blank:
    those may be names of systems, which nothing follows.
    """
    deep = np.zeros(len(first), np.bool_)
    colon, blank = np.zeros((2, len(first)), np.bool_)

    def take_off(moved: Places, step: int, at: int, members: npt.NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(first < end)
        for _ in range(_MOST_BLANKS):
            bytes_ = data[moved[rows] + at]
            taken = members[bytes_]
            rows, bytes_ = rows[taken], bytes_[taken]
            colon[rows] |= bytes_ == ord(":")
            blank[rows] |= (bytes_ == ord(" ")) & (step < 0)
            moved[rows] += step
            rows = rows[first[rows] < end[rows]]
            if not len(rows):
                break
        deep[rows] = True

    take_off(first, 1, 0, _members(BLANKS))
    formula = np.flatnonzero(first < end - 1)
    formula = formula[data[first[formula]] == ord("=")]
    first[formula[data[first[formula] + 1] == ord('"')]] += 1
    take_off(first, 1, 0, _members(OPENING))
    take_off(end, -1, -1, _members(_CLOSING))
    return first, end, deep, colon, blank


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
    data: npt.NDArray[np.uint8],
    first: Places,
    end: Places,
    declared: npt.NDArray[np.bool_],
    *,
    ours: bool,
) -> npt.NDArray[np.bool_]:
    """Whether a text may begin with the name of a system, or with a procedure code.

    Behind a name that is not ours nothing is a code.
    """
    first = first.copy()
    skipped = _members(b"-_." + BETWEEN)
    rows = np.arange(len(first))
    for _ in range(_MOST_BLANKS):
        rows = rows[skipped[data[first[rows]]]]
        first[rows] += 1
        rows = rows[first[rows] < end[rows]]
        if not len(rows):
            break
    near = data[np.minimum(first[:, None] + np.arange(6), len(data) - 1)]
    digits = ((near[:, 1:4] >= ord("0")) & (near[:, 1:4] <= ord("9"))).all(axis=1)
    may: npt.NDArray[np.bool_] = digits & _members(BETWEEN)[near[:, 5]]
    may |= _begin_a_name(data, first, declared, ours)
    may[rows] = True
    return may


def _begin_a_name(
    data: npt.NDArray[np.uint8],
    first: Places,
    declared: npt.NDArray[np.bool_],
    ours: bool,
) -> npt.NDArray[np.bool_]:
    """Whether a text may begin with the name of a system, one of ours or any.

    Not before a colon or a bar, only with one that has a letter second and is longer than two.
    """
    near = data[np.minimum(first[:, None] + np.arange(4), len(data) - 1)]
    classes = class_of_byte()[near]
    begins = tuple(classes.T)
    second = classes[:, 1]
    may: npt.NDArray[np.bool_] = declared & begins_a_name(1, ours=ours)[begins]
    may |= begins_a_name(3, ours=ours)[begins] & (second > INSIDE) & (second <= LAST_LETTER)
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
    table[list(DRAWN)] = _IS_DRAWN
    table[list(string.ascii_letters.encode())] = 0
    table[list(string.digits.encode())] = _IS_DIGIT
    table[list(BETWEEN + b"_")] = _IS_BETWEEN
    table[list(b":|")] = _IS_DECLARING
    table[ord(".")] = _IS_DOT
    table[list(b"\0\"'`=/;")] = _IS_QUOTE  # between a name and a code, or in a name
    table[FILL] = 0
    return (table | table[:, None]).ravel()


@cache
def _upper_of_pair() -> npt.NDArray[np.uint16]:
    upper = np.frombuffer(bytes(range(256)).upper(), np.uint8).astype(np.uint16)
    pairs: npt.NDArray[np.uint16] = (upper | upper[:, None] << 8).astype(np.uint16).ravel()
    return pairs
