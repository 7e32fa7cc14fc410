"""What is known of a loaded release, and what was read from its file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import attrs

from medcodes.systems import CodeSystem

__all__ = ["Listing", "Release", "Request", "Row"]


@attrs.frozen
class Release:
    """A release that a classifier answers from.

    Attributes:
        system: its code system.
        layout: the layout of the file, as it was recognised.
        edition: the release in words.
        valid_from: the first day that the release speaks for.
        valid_to: the last day; a later one is answered as of this, with a warning.
        dated_by: where `valid_from` comes from: ``"caller"``, ``"file"``, or ``"cadence"``, the
            rule by which the system is released (ICD on 1 October and 1 April, for instance).
        complete: whether codes that are not in the file are no codes while it speaks.
        rows: how many codes were read.
        source: the name of the file, or of the zip and its member.
        sha256: of the file, or of the member of the zip.
        licence: the licence note: what the file says, or else the notice of the steward.
    """

    system: CodeSystem
    layout: str
    edition: str
    valid_from: date
    valid_to: date
    dated_by: str
    complete: bool
    rows: int
    source: str
    sha256: str
    licence: str | None

    def __str__(self) -> str:
        return (
            f"{self.system.name}: {self.edition}, {self.rows:,} codes from {self.valid_from} on "
            f"({self.layout})"
        )


@attrs.frozen
class Request:
    """What the caller says of a release.

    Attributes:
        system: the id of its system, or None: as the file says.
        valid_from, valid_to: the days on which it speaks, or None.
        complete: whether it lists all codes of its day; None to find out.
        edition: what to call it, or None.
        layout: the id of its layout, or None: as it looks.
        member: the member of a zip, or None.
    """

    system: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    complete: bool | None = None
    edition: str | None = None
    layout: str | None = None
    member: str | None = None


class Row(NamedTuple):
    """A code, a heading or a modifier, as a file has it.

    Attributes:
        code: without its dot.
        title: what the file calls it; empty where it does not.
        line: where it stands, for messages.
        first, last: the days that the file gives it (yyyymmdd); 0 where it gives none.
        heading: True where the file says that it is no code itself.
        system: the id of its system, where the file says so.
    """

    code: str
    title: str
    line: int
    first: int = 0
    last: int = 0
    heading: bool = False
    system: str = ""


@attrs.define
class Listing:
    """The rows of a file, and what the file says of itself.

    Attributes:
        rows: one at a time.
        released: the day that the file says it speaks from, known once all rows are read.
        dated: whether the rows carry the whole history of their codes.
        partial: True where a file of this layout never claims to list all codes.
        licence: the licence that the file prints.
        edition: what the file calls itself.
    """

    rows: Iterator[Row]
    released: int = 0
    dated: bool = False
    partial: bool = False
    licence: str | None = None
    edition: str | None = None
