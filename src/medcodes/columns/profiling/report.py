"""What is said of a column: plain data, a table of text, and HTML with small bars."""

from __future__ import annotations

import html
from datetime import date
from typing import Any

import attrs

from medcodes import systems
from medcodes.systems import CodeSystem


@attrs.frozen
class Repair:
    """Something that a column seems to have suffered.

    Attributes:
        what: ``"dot dropped"``, ``"uppercased"``, ``"trimmed"``, ``"zeros lost"``, ``"date"`` ...
        count: in how many rows.
        example: one value, and what it may have been.
    """

    what: str
    count: int
    example: tuple[str, str]


@attrs.frozen(repr=False)
class Profile:
    """What a column is. ``print`` it, or show it in a notebook; `to_dict` is plain data.

    Attributes:
        name: the column's name, if one was given.
        count: how many rows; nulls are among them.
        nulls: how many of them are null.
        distinct: how many different values.
        system: the code system, of a mix the one with most rows; None when it is none.
        systems: id and share of the rows of each system of the decision, greatest first.
        fits: for each system that was considered, the share of rows that it has listed on some
            day, or may hold (CPT). Shares overlap: that is why a decision is needed.
        confidence: the probability of the decision among all explanations that were weighed.
        looks_like: what else it seems to be (``"ZIP code"``, ``"NPI"``, ``"NDC"``, ``"date"`` ...).
        statuses: status and share of the rows that are not null, strongest first.
        categories: label and rows of the ten most frequent categories.
        invalid: value, rows and reason of the ten most frequent values that are not valid.
        repairs: what the values seem to have suffered.
        as_of: the day that the statuses are true of; the last one where there are several.
        notes: sentences.
        by_day: whether each row was judged on a day of its own.
        undated: how many values have no such day; they have no status either.
        bad: how many rows have a value that is neither valid nor plausible; of a column of no codes
            none.
    """

    name: str | None
    count: int
    nulls: int
    distinct: int
    system: CodeSystem | None
    systems: tuple[tuple[str, float], ...]
    fits: tuple[tuple[str, float], ...]
    confidence: float
    looks_like: str | None
    statuses: tuple[tuple[str, float], ...]
    categories: tuple[tuple[str, int], ...]
    invalid: tuple[tuple[str, int, str], ...]
    repairs: tuple[Repair, ...]
    as_of: date
    notes: tuple[str, ...]
    by_day: bool = False
    undated: int = 0
    bad: int = 0

    @property
    def is_medical(self) -> bool:
        """Whether it is a column of medical codes."""
        return self.system is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON.

        >>> from medcodes import columns
        >>> columns.profile(["E1165"], on="2026-06-01").to_dict()["system"]
        'icd10cm'
        """
        plain = attrs.asdict(self, recurse=False)
        plain["system"] = self.system.id if self.system else None
        plain["is_medical"] = self.is_medical
        plain["as_of"] = self.as_of.isoformat()
        for field in ("systems", "fits", "statuses", "categories"):
            plain[field] = dict(plain[field])
        plain["invalid"] = [
            {"value": value, "count": count, "reason": reason}
            for value, count, reason in self.invalid
        ]
        plain["repairs"] = [
            {"what": repair.what, "count": repair.count, "example": list(repair.example)}
            for repair in self.repairs
        ]
        plain["notes"] = list(self.notes)
        return plain

    def __repr__(self) -> str:
        return f"<Profile: {self._verdict()}>"

    def __str__(self) -> str:
        lines = [self._title(), self._rows()]
        for section, entries in self._sections():
            for place, (label, share, remark) in enumerate(entries):
                bar = "" if share is None else f" {'#' * round(20 * share):<20}"
                head = section if place == 0 else ""
                lines.append(f"{head:<11} {_short(label, 44):<44}{bar} {remark}".rstrip())
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            f"<th style='text-align:left'>{_escaped(section) if place == 0 else ''}</th>"
            f"<td style='text-align:left'>{_escaped(_short(label, 80))}</td>"
            f"<td style='min-width:8em'>{_html_bar(share)}</td>"
            f"<td style='text-align:left'>{_escaped(remark)}</td>"
            "</tr>"
            for section, entries in self._sections()
            for place, (label, share, remark) in enumerate(entries)
        )
        notes = "".join(f"<li>{_escaped(note)}</li>" for note in self.notes)
        return (
            "<div style='color:inherit'>"
            f"<strong>{_escaped(self._title())}</strong><br>{_escaped(self._rows())}"
            f"<table style='color:inherit;background:none'><tbody>{rows}</tbody></table>"
            f"<ul>{notes}</ul></div>"
        )

    def _title(self) -> str:
        name = f"{_short(_printable(self.name), 60)}: " if self.name else ""
        return name + self._verdict()

    def _verdict(self) -> str:
        if self.looks_like is None and self.system is None:
            return "nothing to tell"
        what = self.looks_like or " and ".join(
            systems.by_id[system].name for system, _ in self.systems
        )
        return f"{what} (confidence {min(self.confidence, 0.999):.3f})"

    def _rows(self) -> str:
        day = f"each on its day, until {self.as_of}" if self.by_day else f"as of {self.as_of}"
        return f"{self.count:,} rows, {self.nulls:,} null, {self.distinct:,} distinct; {day}"

    def _sections(self) -> list[tuple[str, list[tuple[str, float | None, str]]]]:
        """Title and entries of each part of the table: a label, a share for a bar, a remark."""
        filled = max(1, self.count - self.nulls)
        fits = [(system, share) for system, share in self.fits if share]
        return [
            ("systems", [(systems.by_id[id_].name, n, f"{n:.1%}") for id_, n in self.systems]),
            ("fits", [(systems.by_id[id_].name, n, f"{n:.1%}") for id_, n in fits]),
            ("statuses", [(status, n, f"{n:.1%}") for status, n in self.statuses]),
            ("categories", [(label, n / filled, f"{n:,}") for label, n in self.categories]),
            ("invalid", [(_printable(text), n / filled, f"{n:,}: {_printable(why)}")
                         for text, n, why in self.invalid]),
            ("repairs", [(f"{r.what}: {' → '.join(map(_printable, r.example))}",
                          r.count / filled, f"{r.count:,}") for r in self.repairs]),
        ]  # fmt: skip


def _escaped(text: str) -> str:
    """Text for HTML: values are whatever a file holds."""
    return html.escape(text, quote=True)


def _html_bar(share: float | None) -> str:
    width = round(100 * share) if share else 0
    return f"<div style='width:{width}%;height:0.7em;background:currentColor;opacity:0.4'></div>"


def _printable(text: str | None) -> str:
    """A text on one line, without control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text or "")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
