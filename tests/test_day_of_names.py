"""Names and ranges as they were printed on the day, and exemptions as they were listed."""

from __future__ import annotations

import copy
import pickle
from datetime import date, timedelta

import pyarrow as pa
import pytest

import medcodes
from medcodes import ICD9CM, ICD10CM, ICD10PCS, columns, reference
from medcodes.reference.exempt import ExemptTable
from tests.conftest import official
from tools import build, ranges
from tools.sources import Sources, tidy

PRINTED = [
    # code, day, the ranges above it
    ("I38", "2021-09-30", ["I00-I99", "I30-I52"]),
    ("I38", "2021-10-01", ["I00-I99", "I30-I5A"]),
    ("I10", "2016-09-30", ["I00-I99", "I10-I15"]),
    ("I10", "2016-10-01", ["I00-I99", "I10-I16"]),
    ("I10", "2023-10-01", ["I00-I99", "I10-I1A"]),
    ("J40", "2026-09-30", ["J00-J99", "J40-J4A"]),
    ("J4B", "2026-10-01", ["J00-J99", "J40-J4B"]),
    ("K6A.0", "2026-10-01", ["K00-K95", "K65-K6A", "K6A"]),
    ("QA1.71", "2026-10-01", ["Q00-QA1", "QA0-QA1", "QA1", "QA1.7"]),
    ("Q05.9", "2025-09-30", ["Q00-Q99", "Q00-Q07", "Q05"]),
    ("Q05.9", "2026-09-30", ["Q00-QA0", "Q00-Q07", "Q05"]),
    ("Q05.9", "2026-10-01", ["Q00-QA1", "Q00-Q07", "Q05"]),
]


@pytest.mark.parametrize(("code", "day", "expected"), PRINTED)
def test_ranges_are_those_of_the_day(code: str, day: str, expected: list[str]) -> None:
    answer = medcodes.identify(code, on=day, systems="icd10cm")
    assert [category.range for category in answer.categories] == expected
    entry = ICD10CM.get(code, on=day)
    assert entry is not None
    assert entry.categories == answer.categories
    assert [above.code for above in entry.ancestors][::-1] == expected
    texts = pa.array([code, code.replace(".", "")])
    found = columns.identify(texts, on=day, systems="icd10cm", fields=("range", "category"))
    assert found.field("range").to_pylist() == [expected[-1]] * 2
    assert found.field("category").to_pylist() == [answer.categories[-1].label] * 2


def test_the_label_of_a_heading_is_that_of_the_day() -> None:
    labels = {}
    for day in ("2024-09-30", "2024-10-01"):
        answer = medcodes.identify("Z17.0", on=day)
        labels[day] = [category.label for category in answer.categories[1:]]
        column = columns.identify(pa.array(["Z17.0"]), on=day, fields=("category",))
        assert column.field("category").to_pylist() == [labels[day][-1]]
    assert labels["2024-09-30"] == ["Estrogen receptor status"] * 2
    assert labels["2024-10-01"][0] == "Estrogen, and other hormones and factors receptor status"


def test_a_column_of_days_has_the_names_of_each_day() -> None:
    days = [date.fromisoformat(day) for _, day, _ in PRINTED]
    codes = [code for code, _, _ in PRINTED]
    column, on = pa.array(codes * 50), pa.array(days * 50)
    found = columns.identify(column, on=on, systems="icd10cm", fields=("range",))
    assert found.field("range").to_pylist() == [expected[-1] for _, _, expected in PRINTED] * 50


def test_a_range_goes_by_any_of_its_printed_ends() -> None:
    for text in ("I30-I52", "I30-I5A"):
        for day, code in (("2020-01-01", "I30-I52"), ("2022-01-01", "I30-I5A")):
            entry = ICD10CM.get(text, on=day)
            assert entry is not None
            assert entry.code == code
            assert entry.at("2020-01-01").code == "I30-I52"
            assert entry.at("2026-10-01").code == "I30-I5A"
    # Two levels of blocks begin with the same code.
    entry = ICD10CM.get("C00-C75", on="2016-01-01")
    assert entry is not None
    assert entry.at("2026-10-01").code == "C00-C75"


@pytest.mark.sources
def test_every_chapter_and_block_on_every_day_on_which_one_changes() -> None:
    official()
    rows = Sources(build.CACHE).official.rows(ranges.PRINTED)
    days = {date.fromisoformat(row["first"]) for row in rows}
    table = reference.ranges("icd10cm")
    for day in sorted(days | {day - timedelta(days=1) for day in days}):
        if day < date(2015, 10, 1):
            continue
        printed = {
            ((row["chapter_or_range"] if row["id"][0] == "c" else row["id"]), tidy(row["title"]))
            for row in rows
            if row["first"] <= day.isoformat() and day.isoformat() <= (row["last"] or "9999")
        }
        ours = {
            (row.first if row.first == row.last else f"{row.first}-{row.last}", row.label)
            for row in table.on(day).rows
        }
        begun_later = {
            (row["chapter_or_range"] if row["id"][0] == "c" else row["id"])
            for row in rows
            if row["first"] > day.isoformat()
        }
        assert printed <= ours
        assert {ends for ends, _ in ours - printed} <= begun_later


# -- exempt from reporting whether it was present on admission -----------------------------------


@pytest.mark.parametrize(
    ("code", "day", "exempt"),
    [
        ("Z23", "2015-10-01", True),
        ("Z23", "2026-09-30", True),
        ("Z23", "2026-10-01", None),  # no list of FY2027 is held
        ("E11.65", "2026-06-01", False),
        ("E11", "2026-06-01", None),  # a heading
        ("Z23", "2015-09-30", None),  # not in force yet
        ("R05", "2026-06-01", None),  # a heading by then
        ("R05", "2020-06-01", False),
    ],
)
def test_exemptions(code: str, day: str, exempt: bool | None) -> None:
    entry = ICD10CM.get(code, on=day)
    assert entry is not None
    assert entry.poa_exempt is exempt
    for copied in (copy.copy(entry), pickle.loads(pickle.dumps(entry))):
        assert copied.poa_exempt is exempt
        assert copied.at("2026-06-01").poa_exempt in (True, False, None)


def test_other_systems_have_no_exemptions() -> None:
    for system, code in ((ICD9CM, "250.00"), (ICD10PCS, "0SRB02A")):
        entry = system.get(code, on="2015-09-30" if system is ICD9CM else "2026-06-01")
        assert entry is not None
        assert entry.poa_exempt is None
    assert ExemptTable().exempt("Z23", date(2020, 1, 1)) is None


@pytest.mark.sources
def test_every_exemption_as_the_lists_have_it() -> None:
    official()
    source = Sources(build.CACHE).official
    table = reference.BUNDLED.exempt("icd10cm")
    listed = {row["code"].replace(".", ""): row for row in source.rows(build.EXEMPT)}
    of_2018 = {row["code"] for row in source.rows(build.EXEMPT_2018)}
    for text in (
        "2015-10-01",
        "2016-10-01",
        "2017-10-01",
        "2021-01-01",
        "2022-04-01",
        "2025-10-01",
    ):
        day = date.fromisoformat(text)
        ours = {
            code for code in reference.codes("icd10cm").billable(day) if table.exempt(code, day)
        }
        if text == "2017-10-01":
            assert ours == of_2018
            continue
        theirs = {
            code
            for code, row in listed.items()
            if row["listed_in_editions_from"] == "all"
            or text.replace("-", "") in row["listed_in_editions_from"].split(",")
        }
        assert ours == theirs & {*reference.codes("icd10cm").billable(day)}
