"""What can go wrong, one class a reason."""

from __future__ import annotations

from typing import Any

from medcodes.names import Names

__all__ = [
    "AmbiguousCode",
    "AmbiguousCodeSystem",
    "DamagedReference",
    "HeaderCode",
    "InactiveCode",
    "InvalidCode",
    "MalformedCode",
    "NoCodeList",
    "NoPattern",
    "ReleaseError",
    "StaleReferenceError",
    "StaleReferenceWarning",
    "UnknownCode",
    "UnknownCodeSystem",
    "UnverifiedCode",
    "shown",
]


def shown(text: str, most: int = 40) -> str:
    """A text as messages show it: in quotes, and cut where it is longer than `most` characters.

    >>> shown("E11.9"), shown("a long text", most=8)
    ("'E11.9'", "'a lon...'")
    """
    return repr(text if len(text) <= most else f"{text[: most - 3]}...")


class InvalidCode(ValueError):
    """A code that `validate` does not accept; the subclass is the reason.

    Attributes:
        text: what was passed in.
        system: the id of the code system that comes closest (``"icd10cm"``), or None.
        position: the first wrong character of the text, counted from 1, or None where no
            single character is to blame.
    """

    def __init__(
        self, message: str, *, text: str, system: str | None = None, position: int | None = None
    ) -> None:
        super().__init__(message)
        self.text = text
        self.system = system
        self.position = position

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by their positional arguments; ours also carry keyword ones.
        return _rebuild, (type(self), self.args[0], self.text, self.system, self.position)


def _rebuild(
    kind: type[InvalidCode], message: str, text: str, system: str | None, position: int | None
) -> InvalidCode:
    return kind(message, text=text, system=system, position=position)


class MalformedCode(InvalidCode):
    """The text has the shape of no code of the systems asked for."""


class UnknownCode(InvalidCode):
    """Right shape, but in no list and no published range."""


class UnverifiedCode(UnknownCode):
    """Not listed, but it may be a code: the list does not speak for the day asked for.

    ``accept=("valid", "plausible", "unverified")`` lets such codes pass.
    """


class InactiveCode(InvalidCode):
    """A listed code that is not valid on the day asked for: expired, or not yet valid."""


class HeaderCode(InvalidCode):
    """A listed heading, not billable itself; billable codes are below it."""


class AmbiguousCode(InvalidCode):
    """Two systems hold this text with equal right: name one."""


class UnknownCodeSystem(LookupError):
    """A name that means none of the six code systems."""


class AmbiguousCodeSystem(LookupError):
    """A name that means more than one code system; `systems` holds them."""

    def __init__(self, message: str, systems: tuple[Names, ...]) -> None:
        super().__init__(message)
        self.systems = systems

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.systems)


class NoCodeList(LookupError):
    """The system's list of codes is not public (CPT), so nothing can be listed or counted."""


class NoPattern(ValueError):
    """A text given to `expand` that is no wildcard, no range and no list of codes."""


class DamagedReference(RuntimeError):
    """A table of the reference is damaged, truncated, missing or of another version.

    The message names the file. Nothing is ever answered from such a table.
    """


class ReleaseError(ValueError):
    """A release file that cannot be loaded; nothing of it was.

    Attributes:
        file: the file, or the member of a zip, as the message names it.
        line: the line, row or element that is to blame, counted from 1; None where it is the file.
    """

    def __init__(self, message: str, *, file: str, line: int | None = None) -> None:
        super().__init__(
            f"{file}: {message}" if line is None else f"{file}, line {line}: {message}"
        )
        self.file = file
        self.line = line
        self._message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_release, (type(self), self._message, self.file, self.line)


def _rebuild_release(
    kind: type[ReleaseError], message: str, file: str, line: int | None
) -> ReleaseError:
    return kind(message, file=file, line=line)


class StaleReferenceWarning(UserWarning):
    """The day asked for lies past the last day that the reference covers for a system.

    The answer is that of the last day covered; `Identification.as_of` says which day that is. It
    is given with every such answer; Python shows it once for each line that asks, or as your
    warning filters have it.
    """


class StaleReferenceError(LookupError):
    """The same, from a `Classifier` that was made with ``past_end="error"``."""
