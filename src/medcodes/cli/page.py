"""The page of ``medcodes profile --html``: it needs no other file, so that it can be mailed.

No script, no font, no image and no style comes from elsewhere; its own policy forbids it. Its HTML
is in ``page.html``, in parts that are filled here.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from itertools import starmap
from string import Template

import attrs
from importlib_resources import files

import medcodes
from medcodes import Status, systems
from medcodes.cli.output import counted, harmless, printable, short
from medcodes.columns import Profile

MEANINGS = {
    Status.VALID: "listed, and valid on that day",
    Status.HEADER: "a heading of its system; only the more specific codes below it may be billed",
    Status.PLAUSIBLE: "inside a published range of CPT, whose list of codes is not public",
    Status.EXPIRED: "listed, but no longer valid on that day",
    Status.FUTURE: "listed, but not yet valid on that day",
    Status.UNVERIFIED: "not listed, on a day that the list does not speak for; it may be a code",
    Status.UNKNOWN: "the shape of a code, but in no list and no range",
    Status.MALFORMED: "not the shape of any code",
}


class _Html(str):
    """Text that is HTML, and not to be escaped."""

    __slots__ = ()


@attrs.frozen
class Column:
    """A column of a report: its profile, and what its invalid values may be meant to be."""

    profile: Profile
    meant: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """Its name."""
        return short(self.profile.name or "no name", 80)

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return self.profile.count - self.profile.nulls

    @property
    def good(self) -> float:
        """The share of its values that are valid or plausible."""
        return 1 - self.profile.bad / max(1, self.filled)

    @property
    def what(self) -> str:
        """What it holds."""
        if self.profile.is_medical:
            return " and ".join(systems.by_id[name].name for name, _ in self.profile.systems)
        looks_like = self.profile.looks_like
        return f"no medical codes: {looks_like}" if looks_like else "nothing to tell"


@attrs.frozen
class Report:
    """What a page is made of.

    Attributes:
        name: the name of the file.
        rows: how many rows it has.
        columns: its columns.
        data_version: the version of the data.
        unused: the name of a column of days on which the rows were not judged, or None.
    """

    name: str
    rows: int
    columns: Sequence[Column]
    data_version: str
    unused: str | None = None

    @property
    def days(self) -> str | None:
        """How to judge the rows on their days, where that was not done."""
        name = printable(self.unused or "")
        how = f"{name} was not used; --on {shlex.quote(name)} judges each row on its day"
        return how if self.unused else None


# -- filling the parts of the page ---------------------------------------------------------------


@cache
def _parts() -> dict[str, Template]:
    text = files("medcodes.cli").joinpath("page.html").read_text(encoding="utf-8")
    pairs = (part.split("\n", 1) for part in text.split("=== ")[1:])
    return {name: Template(html.removesuffix("\n")) for name, html in pairs}


def _filled(part: str, **values: object) -> _Html:
    """A part of the page. Values are whatever a file holds: what is not HTML is escaped."""
    ready = {name: _ready(value) for name, value in values.items()}
    return _Html(_parts()[part].substitute(ready))


def _ready(value: object) -> str:
    if isinstance(value, _Html):
        return value
    return f"{value:,}" if isinstance(value, int) else escape(harmless(short(str(value), 1_000)))


def _rows(part: str, rows: Sequence[Mapping[str, object]], **values: object) -> _Html:
    """A part that is made of rows; nothing if there are none."""
    filled = _Html("\n".join(_filled(f"{part} row", **row) for row in rows))
    return _filled(part, rows=filled, **values) if rows else filled


def _percent(share: float) -> str:
    """A share in words that never round a few bad rows away."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}".replace(".0%", "%")


def _bar(share: float) -> _Html:
    return _filled("bar", width=f"{max(100 * share, 0.5) if share else 0:.2f}")


# -- from a report to the page -------------------------------------------------------------------


def page(report: Report) -> str:
    """The page, as text."""
    others = [column for column in report.columns if not column.profile.is_medical]
    whys = [{"name": column.name, "why": " ".join(column.profile.notes)} for column in others]
    sections = [_section(*pair) for pair in enumerate(report.columns) if pair[1] not in others]
    return _filled(
        "page",
        version=medcodes.__version__,
        style=_Html(files("medcodes.cli").joinpath("page.css").read_text(encoding="utf-8")),
        name=short(report.name, 80),
        lede=_lede(report),
        overview=_Html("\n".join(starmap(_overview, enumerate(report.columns)))),
        sections=_Html("\n".join(sections)),
        others=_rows("others", whys),
        **_footer(report),
    )


def _lede(report: Report) -> _Html:
    medical = [column for column in report.columns if column.profile.is_medical]
    bad = sum(column.profile.bad for column in medical)
    found = f"<strong>{counted(len(medical), 'column')}</strong> of medical codes"
    said = (
        f"<strong>{counted(bad, 'value')}</strong> in them {'is' if bad == 1 else 'are'} not valid"
        if bad
        else "every value in them is valid or plausible"
    )
    rows = f"<strong>{counted(report.rows, 'row')}</strong>, {found}"
    if not medical:
        return _Html(f"{rows}.")
    days = " and ".join(sorted({column.profile.as_of.isoformat() for column in medical}))
    each = ", each row on its day, until" if medical[0].profile.by_day else " as of"
    unused = f" Days: {escape(report.days)}." if report.days else ""
    return _Html(
        f"{rows}; {said}. Judged{each} <strong>{days}</strong>, with data "
        f"{report.data_version}.{unused}"
    )


def _overview(place: int, column: Column) -> _Html:
    is_medical = column.profile.is_medical
    return _filled(
        "overview row",
        name=_filled("link", place=place, name=column.name) if is_medical else column.name,
        what=column.what,
        filled=column.filled,
        distinct=column.profile.distinct,
        bar=_bar(column.good) if is_medical else "",
        good=_percent(column.good) if is_medical else _Html("&ndash;"),
    )


def _section(place: int, column: Column) -> _Html:
    made = column.profile
    most = max((count for _, count in made.categories), default=1)
    categories = [
        {"label": label, "bar": _bar(count / most), "count": count}
        for label, count in made.categories
    ]
    repairs = [
        {"what": repair.what, "before": _code(before), "after": _code(after), "count": repair.count}
        for repair in made.repairs
        for before, after in [repair.example]
    ]
    tables = _Html(_rows("categories", categories) + _rows("repairs", repairs))
    return _filled(
        "section",
        place=place,
        name=column.name,
        what=column.what,
        filled=counted(column.filled, "value"),
        rows=counted(made.count, "row"),
        distinct=made.distinct,
        confidence=_percent(min(made.confidence, 0.9999)),
        day=f"each row on its day, until {made.as_of}" if made.by_day else f"on {made.as_of}",
        statuses=_statuses(made),
        tables=_filled("tables", tables=tables) if tables else "",
        invalid=_invalid(column),
        notes=_rows("notes", [{"note": note} for note in made.notes]),
    )


def _code(value: str) -> _Html:
    return _filled("code", value=short(value, 60))


def _statuses(made: Profile) -> _Html:
    parts, legend, left = "", "", 0.0
    for status, share in made.statuses:
        width = max(100 * share, 0.4)  # what is there at all can be seen
        x, wide = f"{left:.2f}", f"{width - 0.2:.2f}"
        parts += _filled("statuses part", status=status, x=x, width=wide)
        legend += _filled("legend", status=status, share=_percent(share))
        left += width
    said = ", ".join(f"{status} {_percent(share)}" for status, share in made.statuses)
    both = {"parts": _Html(parts), "legend": _Html(legend)}
    return _filled("statuses", width=f"{left:.2f}", said=said, **both)


def _invalid(column: Column) -> _Html:
    shown, bad = sum(count for _, count, _ in column.profile.invalid), column.profile.bad
    caption = f"All of them, in {counted(shown, 'row')}"
    if shown < bad:
        caption = f"The most frequent ones; they are in {shown:,} of {bad:,} bad rows"
    rows = []
    for value, count, why in column.profile.invalid:
        perhaps = _Html("".join(map(_code, column.meant.get(value, ()))))
        rows.append({"value": _code(value), "count": count, "why": why, "perhaps": perhaps})
    return _rows("invalid", rows, caption=caption)


def _footer(report: Report) -> dict[str, _Html]:
    met = {status for column in report.columns for status, _ in column.profile.statuses}
    ids = {name for column in report.columns for name, _ in column.profile.systems}
    used = [system for system in systems.ALL if system.id in ids]
    meanings = [
        {"status": status.value, "meaning": meaning}
        for status, meaning in MEANINGS.items()
        if status in met
    ]
    editions = [
        {"system": system.name, "edition": system.edition or "published ranges only"}
        for system in used
    ]
    return {
        "meanings": _rows("meanings", meanings),
        "editions": _rows("editions", editions),
        "notices": _rows(
            "notices", [{"notice": system.notice} for system in used if system.notice]
        ),
    }
