"""The lists of words by which free text is read, from words.txt."""

from __future__ import annotations

from pkgutil import get_data


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
