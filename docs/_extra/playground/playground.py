"""What the playground asks of medcodes. Runs in the reader's browser."""

import csv
import io
import json
import sys
import warnings
from collections import Counter

import medcodes

_LOOKED_AT = 200
"""Distinct values of a column by which the column of codes is found."""

_HEADINGS = ("text", "system", "code", "status", "what it is")

# What is past the reference is answered as of its last day; the reason says so, row by row.
warnings.simplefilter("ignore", medcodes.StaleReferenceWarning)

table: list[list[str]] = []


def versions() -> str:
    """What runs here."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"medcodes {medcodes.__version__} on Python {python}"


def answer(question: str) -> str:
    """Answer a message of the page; both are JSON."""
    asked = json.loads(question)
    return json.dumps(_KINDS[asked["kind"]](asked))


def _file(asked: dict) -> dict:
    """Keep a dropped file, and name its columns and the one that holds codes."""
    text = asked["text"].removeprefix("\ufeff")
    try:
        dialect = csv.Sniffer().sniff(text[:10_000], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), dialect) if row]
    if len(rows) < 2:
        raise ValueError("there is a heading at most in the file, and no row below it")
    table[:] = rows
    names, *body = rows
    shares = [_share_of_codes(body, place) for place in range(len(names))]
    best = max(range(len(names)), key=shares.__getitem__)
    return {"kind": "columns", "names": names, "best": best, "rows": len(body)}


def _share_of_codes(body: list, place: int) -> float:
    """The share of listed codes among a column's values, plausible ones counted a little."""
    values = {row[place] for row in body[: 50 * _LOOKED_AT] if place < len(row) and row[place]}
    looked_at = sorted(values)[:_LOOKED_AT]
    weight = {"valid": 1.0, "header": 1.0, "expired": 1.0, "plausible": 0.3}
    found = medcodes.identify_many(looked_at)
    return sum(weight.get(one.status.value, 0) for one in found) / max(len(looked_at), 1)


def _identify(asked: dict) -> dict:
    if "column" in asked:
        place = asked["column"]
        texts = [row[place] if place < len(row) else "" for row in table[1:]]
    else:
        lines = asked["text"].splitlines()
        texts = [line for line in lines if line.strip() and not line.startswith("#")]
    if not texts:
        raise ValueError("there is no code to identify")
    found = medcodes.identify_many(texts, on=asked["on"] or None, kind=asked["which"] or None)
    rows = [_row(one) for one in found]
    written = io.StringIO(newline="")
    csv.writer(written).writerows([_HEADINGS, *rows])
    systems = Counter(row[1] or "no code" for row in rows)
    statuses = Counter(row[3] for row in rows)
    return {
        "kind": "answers",
        "rows": rows[: asked["most"]],
        "counts": [*systems.most_common(), *statuses.most_common()],
        "total": len(rows),
        "csv": written.getvalue(),
    }


def _row(one: medcodes.Identification) -> list:
    if one.system is None:
        return [one.text, "", "", one.status.value, one.reason]
    what = one.title or " > ".join(dict.fromkeys(each.label for each in one.categories[-2:]))
    if one.ambiguous:
        others = [f"{each.system.name} {each.code}" for each in one.rivals if each.system]
        what = f"{what or one.reason} (or {', '.join(others)})"
    code = "-".join((one.code or "", *one.modifiers))
    return [one.text, one.system.name, code, one.status.value, what or one.reason]


_KINDS = {"file": _file, "identify": _identify}
