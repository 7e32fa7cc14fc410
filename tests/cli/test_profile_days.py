"""``medcodes profile`` on the days of service that a file holds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medcodes.cli import profiling, service_days
from tests.cli.conftest import Run
from tests.conftest import DAY, ROOT

CLAIMS = ROOT / "examples" / "claims.csv"
CODES = ("--column", "dx1", "--column", "dx2", "--column", "px")
UNUSED = "service_date was not used; --on service_date judges each row on its day"
OLD = "4019\n25000\nI10\nE119\nV1582\n41401\n"


def profiled(run: Run, *options: object) -> dict[str, Any]:
    result = run("profile", *options, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def bad(found: dict[str, Any]) -> int:
    return sum(column["bad"] for column in found["columns"])


def table(path: Path, header: str, days: str, codes: str = OLD) -> Path:
    rows = [f"{code},{days}" for code in codes.split()]
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.mark.parametrize("columns", [CODES, ()], ids=["some", "all"])
def test_bad_values_are_what_check_finds(run: Run, columns: tuple[str, ...]) -> None:
    asked = ("--column", "dx1=diagnosis", "--column", "dx2=diagnosis", "--column", "px=procedure")
    checked = run("check", CLAIMS, *asked, "--on", "service_date", "--json").stdout
    findings = [json.loads(line) for line in checked.splitlines()]
    undated = [finding for finding in findings if finding["status"] == "undated"]
    by_day = profiled(run, CLAIMS, *columns, "--on", "service_date")
    assert "days" not in by_day
    assert bad(by_day) == len(findings) == 26
    for column in by_day["columns"]:
        own = [finding["value"] for finding in findings if finding["column"] == column["name"]]
        assert {value["value"] for value in column["invalid"]} <= set(own)
    unused = profiled(run, CLAIMS, *columns)
    assert unused["days"] == UNUSED
    assert bad(unused) == len(findings) - len(undated)
    assert not any(column["by_day"] for column in unused["columns"])


def test_the_report_says_so_at_the_top(run: Run, tmp_path: Path) -> None:
    printed = run("profile", CLAIMS).stdout
    assert printed.startswith(f"days: {UNUSED}\n\nclaim_id: ")
    assert "of its codes are not valid on " in printed
    assert "but were on their own days." in printed
    assert "25000 may be meant" not in printed
    page = tmp_path / "page.html"
    assert run("profile", CLAIMS, "--html", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert f"Days: {UNUSED}." in text
    assert "<strong>20 values</strong> in them are not valid. Judged as of" in text
    assert run("profile", CLAIMS, "--html", page, "--on", "service_date").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "was not used" not in text
    assert "<strong>26 values</strong> in them are not valid. Judged, each row on its day" in text
    assert "each row on its day, until 2026-" in text


def test_a_day_that_is_named_holds_for_all_rows(run: Run) -> None:
    found = profiled(run, CLAIMS, "--on", DAY)
    assert "days" not in found
    assert bad(found) > 60
    assert "days:" not in run("profile", CLAIMS, "--on", DAY).stdout


@pytest.mark.parametrize("rows", [1, 4_000])
def test_suggestions_are_of_the_day_on_which_a_value_is_bad(
    run: Run, tmp_path: Path, rows: int
) -> None:
    path = tmp_path / "in.csv"
    days = ("2014-01-06", "2014-02-03", "2020-01-01", "2024-01-01")
    codes = (*("25000", "4019", "41401", "2S000"), *("I10", "E119", "Z3A20", "M545"))
    lines = [f"{day},{code}" for day in days for code in codes[4 * (day > "2015") :][:4]]
    path.write_text("\n".join(["dos,dx", *lines * rows, ""]))
    (_, dx) = profiled(run, path, "--on", "dos")["columns"]
    assert {value["value"]: value["count"] for value in dx["invalid"]} == {
        "2S000": 2 * rows,
        "M545": rows,
    }
    suggested = {value["value"]: value["suggestions"] for value in dx["invalid"]}
    assert "250.00" in suggested["2S000"]
    assert "M54.50" in suggested["M545"]


@pytest.mark.parametrize(
    ("header", "days", "named"),
    [
        ("dx,service_date", "2014-01-06", "service_date"),
        ("dx,DOS", "20140106", "DOS"),
        ("dx,CLM_FROM_DT", "2014-01-06T10:00:00", "CLM_FROM_DT"),
        ("dx,when", "2014-01-06", "when"),
        ("dx,paid_date,service_date", "2019-01-01,2014-01-06", "service_date"),
        ("dx,birth_date,from", "1961-01-01,2014-01-06", "from"),
        ("dx,day of service", "2014-01-06", "'day of service'"),
        ("dx,birth_date", "1961-01-01", None),
        ("dx,service", "office", None),
        ("dx,date", "", None),
    ],
)
def test_the_column_of_days(
    run: Run, tmp_path: Path, header: str, days: str, named: str | None
) -> None:
    found = profiled(run, table(tmp_path / "in.csv", header, days))
    said = found.get("days")
    assert (said and said.partition("; --on ")[2]) == (
        named and f"{named} judges each row on its day"
    )
    assert found["columns"][0]["bad"] == (0 if named else 4)


def test_days_in_another_form(run: Run, tmp_path: Path) -> None:
    path = table(tmp_path / "in.csv", "dx,service_date", "01/06/2014")
    form = ("--date-format", "%m/%d/%Y")
    assert profiled(run, path, *form)["days"] == UNUSED
    (dx, _) = profiled(run, path, "--on", "service_date", *form)["columns"]
    assert (dx["by_day"], dx["bad"], dx["undated"]) == (True, 2, 0)


def test_columns_of_other_types(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    codes, days = OLD.split(), [date(2014, 1, 6)] * 6
    pq.write_table(pa.table({"claim": [[1], None] * 3, "dx": codes, "day": days}), path)
    found = profiled(run, path)
    assert found["days"].startswith("day was not used")
    assert found["columns"][0]["bad"] == 0
    (dx,) = profiled(run, path, "--column", "dx", "--on", "day")["columns"]
    assert [value["value"] for value in dx["invalid"]] == ["E119", "I10"]
    refused = run("profile", path, "--on", "claim")
    assert refused.exit_code == 2
    assert "column 'claim': a day is a date, a text or a number" in refused.stderr
    assert "is neither a day" in run("profile", path, "--on", "dya").stderr


def test_many_values_on_many_days(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted is bounded by the pairs of values and intervals of days."""
    monkeypatch.setattr(profiling, "MOST", 60_000)
    path = tmp_path / "in.parquet"
    days = pa.array([16_000 + 90 * (place % 40) for place in range(300_000)], pa.int32())
    texts = [f"free text {place % 10_007}" for place in range(300_000)]
    pq.write_table(pa.table({"note": texts, "day": days.cast(pa.date32())}), path)
    printed = run("profile", path, "--on", "day").stdout
    assert "distinct values on their days; this is about the first " in printed


def test_an_empty_table_has_no_column_of_days(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx,service_date\n")
    assert "days" not in profiled(run, path)


def test_names_of_days_of_service() -> None:
    names = ["service_date", "dos", "SVC_DT", "paid_date", "admission", "dosage", "birth_date"]
    assert list(filter(service_days.may_hold, names)) == names[:5]
