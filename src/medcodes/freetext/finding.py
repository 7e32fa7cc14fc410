"""Codes in free text: notes, superbills, policies, e-mails, tables, claims.

    find what looks like a code  ->  what stands around it  ->  identify it  ->  keep it or not

A *context* is what says that a code follows (``CPT``, ``dx``, ``billed``, a column headed *Code*, a
list that began with a code), or that something else does (``ZIP``, ``room``, ``lot``).
"""

from __future__ import annotations

from collections.abc import Iterator

from medcodes.freetext.judging import Found, Judge, Strictness
from medcodes.freetext.streaming import Finder, Readable, Text, not_a_text
from medcodes.lookup.resolver import Resolver

__all__ = ["Found", "Readable", "Strictness", "find"]


def find(resolver: Resolver, text: Text, strictness: str = "cued") -> Iterator[Found]:
    """The codes in a text or a stream, in order: what `Classifier.find` gives.

    Args:
        resolver: the day, and the systems to consider.
        text: a text, an open text file, or the pieces of a text.
        strictness: a `Strictness`, or its value.
    """
    try:
        chosen = Strictness(strictness)
    except ValueError:
        known = ", ".join(repr(str(level)) for level in Strictness)
        raise ValueError(f"strictness={strictness!r} is none of {known}") from None
    is_text = isinstance(text, str) or hasattr(text, "read")
    if not is_text and (isinstance(text, (bytes, bytearray)) or not hasattr(text, "__iter__")):
        raise TypeError(not_a_text(text))
    return Finder(Judge(resolver, chosen)).codes_of(text)
