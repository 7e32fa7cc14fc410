"""CPT by its published ranges, and by what their notes say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

import medcodes
from medcodes import CPT, columns
from tests.conftest import DAY, ranges_of
from tests.test_categories import LEVELS, Row, facts, ids

CPT_ROWS = facts("cpt_ranges.tsv")
DIVIDED = {(int(row["level"]) - 1, row["parent"]) for row in CPT_ROWS if row["parent"]}


def codes_between(first: str, last: str) -> Iterator[str]:
    """All codes from one to another, of the same suffix."""
    digits, suffix = (4, first[-1]) if first[-1].isalpha() else (5, "")
    for number in range(int(first[:digits]), int(last[:digits]) + 1):
        yield f"{number:0{digits}}{suffix}"


DEEPEST = {
    code
    for row in CPT_ROWS
    if (int(row["level"]), f"{row['first']}-{row['last']}") not in DIVIDED
    for code in codes_between(row["first"], row["bound"] or row["last"])
}
ENDED = {
    code: date.fromisoformat(day)
    for row in CPT_ROWS
    for codes, _, day in (part.partition(":") for part in row["ended"].split())
    for code in codes_between(codes.partition("-")[0], codes.rpartition("-")[2])
}


def published(code: str, on: date) -> str:
    """What the facts say of a number on a day of the edition that they are of."""
    if code in ENDED:
        return "expired" if on > ENDED[code] else "plausible"
    return "plausible" if code in DEEPEST else "unknown"


@pytest.mark.parametrize("row", CPT_ROWS, ids=ids)
def test_every_cpt_range_is_reached_by_its_ends(row: Row) -> None:
    expected = (LEVELS[row["level"]], row["label"], f"{row['first']}-{row['last']}")
    parents = row["parent"]
    for end in (row["first"], row["last"]):
        answer = medcodes.identify(end, systems="cpt", on=DAY)
        assert answer.status == published(end, date.fromisoformat(DAY))
        if answer.status == "unknown":  # of a range that is divided
            assert row["level"] != "3"
            continue
        found = ranges_of(answer)
        assert found.count(expected) == 1
        place = found.index(expected)
        # Its parent is the next broader one; at most one range of each level holds a code.
        assert not parents or found[place - 1][2] == parents
        levels = [level for level, _, _ in found]
        assert levels == ["category", "section", "subsection", "heading"][: len(levels)]
        if row["level"] == "3":
            assert (answer.range, place) == (f"{row['first']}-{row['last']}", len(found) - 1)
        assert answer.title is None


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2012, 12, 31), date(2013, 1, 1)])
def test_a_number_is_plausible_in_the_deepest_ranges_alone(day: date) -> None:
    texts = [f"{n:05}" for n in range(100_000)]
    answers = columns.identify(texts, systems=CPT, on=day, fields=["status"])
    statuses = [row["status"] for row in answers]
    assert statuses == [published(text, day) for text in texts]
    assert statuses.count("plausible") <= 68_000


@pytest.mark.parametrize(
    ("code", "on", "status", "reason"),
    [
        # numbered upwards with every release, up to what two more years will bring
        ("1053T", DAY, "plausible", "in the published CPT range 0001T-1053T"),
        ("1054T", DAY, "plausible", "numbered past the end of the published CPT range 0001T-1053T"),
        ("1300T", DAY, "plausible", "numbered past the end"),
        ("1301T", DAY, "unknown", "in none of its published ranges"),
        ("9999T", "2027-06-01", "unknown", "in none of its published ranges"),
        ("0900U", DAY, "plausible", "numbered past the end"),
        ("0901U", DAY, "unknown", "in none of"),
        ("0050M", DAY, "plausible", "numbered past the end"),
        ("0099M", DAY, "unknown", "in none of"),
        ("9999F", DAY, "unknown", "in none of"),  # Category II does not grow
        ("0000F", DAY, "unknown", "in none of"),
        ("0174A", "2023-10-31", "plausible", "0001A-0174A (deleted November 2023"),
        ("0174A", "2023-11-01", "expired", "replaced by 90480): not valid after 2023-10-31"),
        ("9999A", "2021-01-01", "unknown", "in none of"),
        ("99201", "2020-12-31", "plausible", "(deleted 2021); the list of codes is the AMA's"),
        ("99201", "2021-01-01", "expired", "(deleted 2021): not valid after 2020-12-31"),
        ("90788", DAY, "expired", "not valid after 2005-12-31"),
        ("95831", DAY, "plausible", "95812-95836 (95831-95834 were muscle testing (deleted))"),
        ("95943", DAY, "plausible", "95943-95943"),
        ("10025", "2026-12-31", "unknown", "(Surgery), but in none of the published ranges there"),
        ("10025", "2027-01-01", "unverified", "which are those of 2026: the code may be newer"),
        ("05000", "2027-01-01", "unknown", "in none of its published ranges"),  # in no section
    ],
)
def test_cpt_by_its_ranges_and_their_notes(
    code: str, on: date | str, status: str, reason: str
) -> None:
    answer = medcodes.identify(code, on=on, systems=CPT)
    assert answer.status == status
    assert reason in answer.reason
    assert answer.valid_from is None
    assert (answer.valid_to is None) == (code not in ENDED)
    assert (answer.categories == ()) == (status in ("unknown", "unverified"))
    (asked,) = columns.identify([code], on=on, systems=CPT)
    assert (asked["status"], asked["valid_to"]) == (status, answer.valid_to)
