"""What is known of a loaded release."""

from __future__ import annotations

from datetime import date

import attrs

from medcodes.systems import CodeSystem


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
        complete: whether codes that are not in the file are not valid while it speaks.
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
