"""The lists of words by which free text is read, from words.txt."""

from __future__ import annotations

from pkgutil import get_data

import regex


def _lists() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    # Of a folder, a zip, or whatever else holds the package.
    content = get_data(__package__, "words.txt") or b""
    for line in content.decode().splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(name, []).append(line)
    return found


_LISTS = _lists()


def lines(name: str) -> list[str]:
    """The lines of a list."""
    return _LISTS[name]


def words(name: str) -> frozenset[str]:
    """The words of a list.

    >>> "zip" in words("excluding"), "room" in words("billing")
    (True, False)
    """
    return frozenset(" ".join(_LISTS[name]).split())


def _phrases(name: str) -> list[str]:
    return " ".join(_LISTS[name]).split(", ")


def first_words(*names: str) -> frozenset[str]:
    """The first words of the phrases of some lists, which commas part.

    >>> "office" in first_words("procedures"), "visit" in first_words("procedures")
    (True, True)
    """
    return frozenset(
        regex.split("[^a-z]", phrase)[0] for name in names for phrase in _phrases(name)
    )


def any_of(name: str) -> str:
    """An expression for any phrase of a list, the longest that fits first.

    >>> regex.match(any_of("procedures"), "office visits")[0]
    'office visits'
    """
    longest_first = sorted(_phrases(name), key=len, reverse=True)
    return f"(?:{'|'.join(map(regex.escape, longest_first))})"
