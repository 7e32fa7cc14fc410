"""One pass over a text, in as many pieces as it comes.

A stream needs no more memory than what is looked at around a candidate, and where it is cut changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Union

from medcodes.freetext.judging import Found, Judge
from medcodes.freetext.scanning import AHEAD, BEHIND, Candidate, Passage, scan, short_number


class Readable(Protocol):
    """A text file, open for reading."""

    def read(self, size: int, /) -> str:
        """So many characters, or fewer at the end."""
        ...


Text = Union[str, Readable, Iterable[str]]
"""A text, a text file that is open for reading, or the pieces of a text in order."""

_PIECE = 1 << 16
"""About so many characters are looked at together."""


class Finder:
    """Finds the codes of a text that is fed to it piece by piece."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._at = 0  # how much of the passage at hand is done with

    def codes_of(self, text: Text) -> Iterator[Found]:
        """Every code of a text, in order.

        Raises:
            TypeError: a piece of it is not a str.
        """
        if isinstance(text, str):
            yield from self.feed(text, final=True)
            return
        for piece in _pieces(text):
            yield from self.feed(piece)
        yield from self.feed("", final=True)

    def feed(self, piece: str, *, final: bool = False) -> Iterator[Found]:
        """What is certain to be a code now that a further piece is known."""
        passage = self._further(piece)
        limit = len(passage.text) - (0 if final else AHEAD)
        while self._at < limit:
            candidate = self._next(passage, limit)
            if candidate is None:
                self._at = limit
                break
            found = self._judge.judge(candidate) if self._judge.is_listed(candidate) else None
            self._at = candidate.end if found is None else found.end - passage.offset
            if found is not None:
                yield found

    def _further(self, piece: str) -> Passage:
        """The passage at hand with a further piece, without what is too far back."""
        known = self._judge.passage
        dropped = max(0, self._at - BEHIND)
        self._at -= dropped
        passage = Passage(known.text[dropped:] + piece, known.offset + dropped)
        self._judge.move_to(passage)
        return passage

    def _next(self, passage: Passage, limit: int) -> Candidate | None:
        previous = self._judge.previous
        if previous is not None and previous.end == self._at and previous.is_icd9:
            candidate = short_number(passage, self._at)
            if candidate is not None:
                return candidate
        return scan(passage, self._at, limit, None if previous is None else previous.end)


def _pieces(text: Readable | Iterable[str]) -> Iterator[str]:
    """A stream in pieces of a useful size."""
    if hasattr(text, "read"):
        while piece := text.read(_PIECE):
            yield _checked(piece)
        return
    kept: list[str] = []
    size = 0
    for piece in text:
        kept.append(_checked(piece))
        size += len(piece)
        if size >= _PIECE:
            yield "".join(kept)
            kept, size = [], 0
    yield "".join(kept)


def _checked(piece: object) -> str:
    if not isinstance(piece, str):
        raise TypeError(not_a_text(piece))
    return piece


def not_a_text(value: object) -> str:
    """What to say of a value in which codes cannot be found."""
    return (
        f"codes are found in a str, a file opened as text, or pieces of str, not in "
        f"{type(value).__name__}"
    )
