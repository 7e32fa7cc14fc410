"""The page of ``medcodes profile --html``: it stands by itself, so that it can be mailed.

No script, no font, no image and no style comes from elsewhere; its own policy forbids it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import attrs
from importlib_resources import files

import medcodes
from medcodes import systems
from medcodes.cli.output import short
from medcodes.columns import Profile
from medcodes.status import Status

__all__ = ["Column", "Report", "page"]

MEANINGS = {
    Status.VALID: "listed, and valid on that day",
    Status.HEADER: "a heading of its system; only the more specific codes below it may be billed",
    Status.PLAUSIBLE: "inside a published range of CPT, whose list of codes is not public",
    Status.EXPIRED: "listed, but no longer valid on that day",
    Status.FUTURE: "listed, but not yet valid on that day",
    Status.UNKNOWN: "the shape of a code, but in no list and no range",
    Status.MALFORMED: "not the shape of any code",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_GOOD = (Status.VALID, Status.PLAUSIBLE)


@attrs.frozen
class Column:
    """A column of a report: its profile, and what its invalid values may be meant to be."""

    profile: Profile
    meant: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """Its name."""
        return self.profile.name or ""

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return self.profile.count - self.profile.nulls

    @property
    def good(self) -> float:
        """The share of its values that are valid or plausible."""
        return sum(share for status, share in self.profile.statuses if status in _GOOD)

    @property
    def bad(self) -> int:
        """How many rows have a value that is neither."""
        return round(self.filled * (1 - self.good)) if self.profile.is_medical else 0


@attrs.frozen
class Report:
    """What a page is made of: the name of a file, its rows, its columns."""

    name: str
    rows: int
    columns: Sequence[Column]


def page(report: Report) -> str:
    """The page, as text."""
    style = files("medcodes.cli").joinpath("report.css").read_text(encoding="utf-8")
    title = f"{_text(report.name)}: what its columns hold"
    columns = [
        _section(place, one) for place, one in enumerate(report.columns) if one.profile.is_medical
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="medcodes {medcodes.__version__}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#columns">To the columns</a>
<header id="top">
<p class="kicker">Medical codes, column by column</p>
<h1>{_text(report.name)}</h1>
<p class="lede">{_lede(report)}</p>
</header>
<main id="columns">
{_overview(report)}
{"".join(columns)}{_others(report)}</main>
{_footer(report)}
</body>
</html>
"""


def _text(value: str, most: int = 80) -> str:
    """Text for HTML: values are whatever a file holds."""
    return escape(short(value, most), quote=True)


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _percent(share: float) -> str:
    """A share in words that never round a few bad rows away."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}".replace(".0%", "%")


def _lede(report: Report) -> str:
    medical = [one for one in report.columns if one.profile.is_medical]
    bad = sum(one.bad for one in medical)
    found = f"<strong>{_several(len(medical), 'column')}</strong> of medical codes"
    said = (
        f"<strong>{_several(bad, 'value')}</strong> in them {'is' if bad == 1 else 'are'} not valid"
        if bad
        else "every value in them is valid or plausible"
    )
    rows = f"<strong>{_several(report.rows, 'row')}</strong>, {found}"
    return f"{rows}; {said}." if medical else f"{rows}."


def _what(column: Column) -> str:
    made = column.profile
    if made.is_medical:
        return " and ".join(_text(systems.by_id[one].name) for one, _ in made.systems)
    if made.looks_like is None:
        return "nothing to tell"
    return f"no medical codes: {_text(made.looks_like)}"


def _overview(report: Report) -> str:
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{_link(place, one)}</th>'
        f'<td role="cell" data-label="Holds">{_what(one)}</td>'
        f'<td role="cell" class="number" data-label="Filled">{one.filled:,}</td>'
        f'<td role="cell" class="number" data-label="Distinct">{one.profile.distinct:,}</td>'
        f'<td role="cell" class="plot">{_bar(one.good) if one.profile.is_medical else ""}</td>'
        f'<td role="cell" class="number" data-label="Good">'
        f"{_percent(one.good) if one.profile.is_medical else '&ndash;'}</td></tr>\n"
        for place, one in enumerate(report.columns)
    )
    return f"""<div class="overview">
<table class="wide" role="table">
<caption>The columns, and the share of their values that are valid or plausible</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Column</th>
<th scope="col" role="columnheader">What it holds</th>
<th scope="col" role="columnheader" class="number">Rows filled</th>
<th scope="col" role="columnheader" class="number">Distinct</th>
<td role="cell"></td><th scope="col" role="columnheader" class="number">Good</th></tr></thead>
<tbody role="rowgroup">
{rows}</tbody>
</table>
</div>"""


def _link(place: int, column: Column) -> str:
    name = _text(column.name) or "no name"
    return f'<a href="#column-{place}">{name}</a>' if column.profile.is_medical else name


def _others(report: Report) -> str:
    """The columns without medical codes, and why they are taken for such."""
    others = [one for one in report.columns if not one.profile.is_medical]
    if not others:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{_text(one.name) or "no name"}</th>'
        f"<td>{_text(' '.join(one.profile.notes), 600)}</td></tr>\n"
        for one in others
    )
    return f"""<section aria-labelledby="others">
<h2 id="others">Other columns</h2>
<table><caption>Columns in which there are probably no medical codes</caption>
<thead><tr><th scope="col">Column</th><th scope="col">Why</th></tr></thead>
<tbody>
{rows}</tbody></table>
<p class="back"><a href="#top">Back to the overview</a></p>
</section>
"""


def _section(place: int, column: Column) -> str:
    made = column.profile
    parts = [
        _statuses(column),
        _side_by_side(_categories(column), _repairs(column)),
        _invalid(column),
        _notes(made.notes),
    ]
    return f"""<section id="column-{place}" aria-labelledby="name-{place}">
<div class="head"><h2 id="name-{place}">{_text(column.name) or "no name"}</h2>
<p class="what">{_what(column)}</p></div>
<p class="facts">{_several(column.filled, "value")} in {_several(made.count, "row")},
{made.distinct:,} distinct; confidence {_percent(min(made.confidence, 0.9999))}, on {made.as_of}</p>
{"".join(parts)}<p class="back"><a href="#top">Back to the overview</a></p>
</section>
"""


def _bar(share: float) -> str:
    width = max(100 * share, 0.5) if share else 0
    return (
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/>'
        f'<rect class="amount" width="{width:.2f}" height="4"/></svg>'
    )


def _statuses(column: Column) -> str:
    shares = column.profile.statuses
    rects, left = [], 0.0
    for status, share in shares:
        # What is there at all can be seen.
        width = max(100 * share, 0.4)
        rects.append(
            f'<rect class="{_text(status)}" x="{left:.2f}" width="{width - 0.2:.2f}" height="4"/>'
        )
        left += width
    said = ", ".join(f"{status} {_percent(share)}" for status, share in shares)
    legend = "".join(
        f'<li><svg viewBox="0 0 4 4" aria-hidden="true"><rect class="{status}" width="4" height="4"'
        f' rx=".6"/></svg>{status} <b>{_percent(share)}</b></li>'
        for status, share in shares
    )
    return (
        f'<svg class="stack" viewBox="0 0 {left:.2f} 4" preserveAspectRatio="none" role="img" '
        f'aria-label="How the codes stand: {said}">{"".join(rects)}</svg>\n'
        f'<ul class="legend">{legend}</ul>\n'
    )


def _side_by_side(*parts: str) -> str:
    filled = [part for part in parts if part]
    return f'<div class="two">{"".join(filled)}</div>\n' if filled else ""


def _categories(column: Column) -> str:
    found = column.profile.categories
    if not found:
        return ""
    most = max(rows for _, rows in found)
    rows = "".join(
        f'<tr><td>{_text(label, 120)}</td><td class="plot">{_bar(count / most)}</td>'
        f'<td class="number">{count:,}</td></tr>'
        for label, count in found
    )
    return f"""<div><h3>What they are filed under</h3>
<table><caption>The most frequent categories</caption>
<thead><tr><th scope="col">Category</th><td></td>
<th scope="col" class="number">Rows</th></tr></thead>
<tbody>{rows}</tbody></table></div>"""


def _repairs(column: Column) -> str:
    found = column.profile.repairs
    if not found:
        return ""
    rows = "".join(
        f'<tr><td>{_text(one.what)}</td><td class="codes">{_code(one.example[0])} &rarr; '
        f'{_code(one.example[1])}</td><td class="number">{one.count:,}</td></tr>'
        for one in found
    )
    return f"""<div><h3>How they are written</h3>
<table><caption>What the values seem to have been through</caption>
<thead><tr><th scope="col">What</th><th scope="col">Example</th>
<th scope="col" class="number">Rows</th></tr></thead>
<tbody>{rows}</tbody></table></div>"""


def _code(value: str) -> str:
    return f"<code>{_text(value, 60)}</code>"


def _invalid(column: Column) -> str:
    found = column.profile.invalid
    if not found:
        return ""
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{_code(value)}</th>'
        f'<td role="cell" class="number" data-label="Rows">{count:,}</td>'
        f'<td role="cell" data-label="Why">{_text(why, 300)}</td>'
        f'<td role="cell" class="codes" data-label="Perhaps">'
        f"{''.join(map(_code, column.meant.get(value, ())))}</td></tr>\n"
        for value, count, why in found
    )
    return f"""<h3>Values to look at</h3>
<table class="wide" role="table"><caption>{_caption(column)}</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Value</th>
<th scope="col" role="columnheader" class="number">Rows</th>
<th scope="col" role="columnheader">Why it is not valid</th>
<th scope="col" role="columnheader">Perhaps</th></tr></thead>
<tbody role="rowgroup">
{rows}</tbody></table>
"""


def _caption(column: Column) -> str:
    shown = sum(count for _, count, _ in column.profile.invalid)
    if shown < column.bad:
        return f"The most frequent ones; they stand in {shown:,} of {column.bad:,} bad rows"
    return f"All of them, in {_several(shown, 'row')}"


def _notes(notes: Iterable[str]) -> str:
    lines = "".join(f"<li>{_text(note, 400)}</li>" for note in notes)
    return f'<ul class="notes">{lines}</ul>\n' if lines else ""


def _footer(report: Report) -> str:
    used = {one: None for column in report.columns for one, _ in column.profile.systems}
    met = {status for column in report.columns for status, _ in column.profile.statuses}
    meanings = "".join(
        f"<dt>{status.value}</dt><dd>{_text(meaning, 200)}</dd>"
        for status, meaning in MEANINGS.items()
        if status in met
    )
    editions = "".join(
        f"<li>{_text(one.name)}: {_text(one.edition or 'published ranges only')}</li>"
        for one in systems.ALL
        if one.id in used
    )
    notices = "".join(
        f"<p>{_text(one.notice, 1_000)}</p>" for one in systems.ALL if one.id in used and one.notice
    )
    explained = f"<h2>What the words mean</h2>\n<dl>{meanings}</dl>\n" if meanings else ""
    sources = f"<h2>What was looked up</h2>\n<ul>{editions}</ul>\n" if editions else ""
    return f"""<footer>
{explained}{sources}{notices}<p>Made by medcodes {medcodes.__version__}. This page holds values of
the file; treat it as you treat the file.</p>
</footer>"""
