"""The commands, as a user types them."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sys
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

import medcodes
from medcodes import Classifier, columns
from medcodes.__main__ import main
from medcodes.cli import output, profiling, running, service_days
from medcodes.cli.answering import behind
from medcodes.cli.app import app
from medcodes.cli.errors import InputError
from medcodes.cli.running import running as guarded
from tests.cli.conftest import Run
from tests.conftest import DAY, ROOT, ends

CLAIMS = ROOT / "examples" / "claims.csv"


def lines_of(result: Any) -> list[str]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found: list[str] = result.stdout.splitlines()
    return found


def refused(result: Any) -> str:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    # The frame that rich draws breaks lines.
    return " ".join(result.stderr.replace("│", " ").split())


# -- identify ------------------------------------------------------------------------------------


def test_a_table(run: Run) -> None:
    result = run("identify", "90837", "E11.65", "J0120", "99213-25", "0SR", "--on", DAY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines_of(result) == [
        "TEXT      SYSTEM          CODE      STATUS     WHAT IT IS",
        "90837     CPT             90837     plausible  Psychiatry > Psychotherapy",
        "E11.65    ICD-10-CM       E11.65    valid      "
        "Type 2 diabetes mellitus with hyperglycemia",
        "J0120     HCPCS Level II  J0120     valid      "
        "Injection, tetracycline, up to 250 mg (or ICD-10-CM J01.20)",
        "99213-25  CPT             99213-25  plausible  "
        "Office or other outpatient services > Established patient",
        "0SR       ICD-10-PCS      0SR       header     Lower Joints, Replacement",
    ]


def test_what_is_no_code_has_its_reason_in_the_table(run: Run) -> None:
    lines = lines_of(run("identify", "9O837", "", "x" * 300, "00099", "E11\n.9", "--on", DAY))
    assert len(lines) == 6
    assert "malformed" in lines[1]
    assert "position 2 of CPT must be a digit: 'O'" in lines[1]
    assert "there is nothing in it" in lines[2]
    assert lines[3].startswith(f"{'x' * 21}...")
    assert "no code has 300 characters" in lines[3]
    assert "none of its published ranges" in lines[4]
    assert lines[5].startswith("E11\\n.9")


def test_a_file_of_codes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_bytes(b"\xef\xbb\xbf# a comment\n\nE11.65\r\n  \n I10 \n\xff\xfe\n")
    lines = lines_of(run("identify", "--file", path, "--on", DAY))
    assert [line.split()[0] for line in lines[:3]] == ["TEXT", "E11.65", "I10"]
    assert len(lines) == 4
    assert "malformed" in lines[3]
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert len(lines_of(run("identify", "--file", empty))) == 1


def test_from_standard_input(run: Run) -> None:
    result = run("identify", "--file", "-", "--on", "2020-03-31", stdin=b"U07.1\n90837\n")
    assert [line.split()[0] for line in lines_of(result)] == ["TEXT", "U07.1", "90837"]
    assert "future" in result.stdout


def test_json(run: Run) -> None:
    rows = [json.loads(line) for line in lines_of(run("identify", "J0120", "x", "--json"))]
    assert [row["system"] for row in rows] == ["hcpcs", None]
    found = run("identify", "J0120", "--system", "icd10cm", "--on", DAY, "--json")
    assert (
        json.loads(found.stdout) == medcodes.identify("J0120", on=DAY, systems="icd10cm").to_dict()
    )
    found = run("identify", "J0120", "--kind", "diagnosis", "--on", DAY, "--json")
    assert json.loads(found.stdout)["code"] == "J01.20"


def test_the_sample_file_shows_every_status(run: Run) -> None:
    printed = run("identify", "--file", ROOT / "examples" / "codes.txt", "--on", DAY).stdout
    assert len(printed.splitlines()) > 20
    for status in ("valid", "header", "plausible", "expired", "unknown", "malformed"):
        assert f" {status} " in printed
    for system in medcodes.systems.ALL:
        assert f" {system.name} " in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give codes, or --file"),
        (["I10", "--file", "codes.txt"], "give codes, or --file"),
        (["I10", "--on", "yesterday"], "'yesterday' is not a date; use YYYY-MM-DD"),
        (["I10", "--on", "2026-02-30"], "is not a date"),
        (["--file", "no-such-file.txt"], "no-such-file.txt: No such file"),
        (["--file", "."], ".: Is a directory" if os.name == "posix" else "denied"),
        (["I10", "--nonsense"], "No such option"),
        (["I10", "--system", "LOINC"], "LOINC, which is not one of the six"),
        (["I10", "--kind", "drug"], "'drug' is not among diagnosis, procedure"),
        (["I10", "--kind", "procedure", "--system", "icd10cm"], "holds a procedure"),
    ],
    ids=str,
)
def test_misuse(run: Run, arguments: list[str], message: str) -> None:
    assert message in refused(run("identify", *arguments))


def test_systems_by_any_name(run: Run) -> None:
    for name in ("procedure", "HC,icd10pcs,9cm-v3", "cpt,hcpcs,icd10pcs,icd9pcs"):
        result = run("identify", "4513", "--system", name.replace("9cm-v3", "icd9pcs"), "--json")
        assert json.loads(result.stdout)["system"] == "icd9pcs"


# -- find and suggest ----------------------------------------------------------------------------

NOTE = "\ufeffSpokane, WA 99201. HTN,\n\ndx I10 - Ménière. Billed 99213-25 and 36415, $99.21.\n"


def test_codes_are_found(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text(NOTE, encoding="utf-8")
    lines = lines_of(run("find", path, "--on", DAY))
    assert [line.split()[:2] for line in lines] == [
        ["LINE", "TEXT"],
        ["3:4", "I10"],
        ["3:26", "99213-25"],
        ["3:39", "36415"],
    ]
    rows = [json.loads(line) for line in lines_of(run("find", path, "--on", DAY, "--json"))]
    text = NOTE.removeprefix("\ufeff")
    assert [text[row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows]
    assert rows[0]["identification"]["code"] == "I10"
    assert len(lines_of(run("find", path, "--kind", "diagnosis", "--on", DAY))) == 2
    assert "'sure' is not among cued, valid, plausible" in refused(
        run("find", path, "--strictness", "sure")
    )


def test_codes_are_found_in_a_stream(run: Run) -> None:
    text = ("dx: I10, in text without any code at all.\n" * 4_000).encode()
    rows = [
        json.loads(line)
        for line in lines_of(run("find", "-", "--on", DAY, "--json", stdin=text + b"\xff dx: I10"))
    ]
    assert [(row["line"], row["column"]) for row in rows] == [
        *((line, 5) for line in range(1, 4_001)),
        (4_001, 7),
    ]


def test_suggestions(run: Run) -> None:
    lines = lines_of(run("suggest", "9O837", "--on", DAY))
    assert lines[0].split() == ["CODE", "SYSTEM", "STATUS", "WHY", "TITLE"]
    assert lines[1].split()[:2] == ["90837", "CPT"]
    known = medcodes.suggest("S72.001", on=DAY, limit=2)
    found = lines_of(run("suggest", "S72.001", "--on", DAY, "--limit", "2", "--json"))
    told = [(plain["code"], plain["title"]) for plain in map(json.loads, found)]
    assert told == [(one.code, one.title) for one in known]


def test_words_of_titles(run: Run) -> None:
    asked = ("search", "acute", "myocardial", "infarc", "--on", DAY)
    lines = lines_of(run(*asked, "--system", "icd10cm,icd9cm", "--kind", "diagnosis"))
    assert lines[0].split() == ["CODE", "SYSTEM", "LEVEL", "TITLE"]
    known = medcodes.search("acute myocardial infarc", on=DAY, limit=3)
    found = map(json.loads, lines_of(run(*asked, "--limit", "3", "--json")))
    assert [(plain["code"], plain["title"]) for plain in found] == [
        (one.code, one.title) for one in known
    ]
    assert len(lines_of(run("search", "no", "such", "title"))) == 1


def test_what_a_pattern_stands_for(run: Run) -> None:
    known = [one.code for one in medcodes.expand("E11.3[01]*", on=DAY)]
    lines = lines_of(run("expand", "E11.3[01]*", "--on", DAY))
    assert [line.split()[0] for line in lines[1:]] == known
    found = lines_of(run("expand", "E11.3[01]*", "--on", DAY, "--json", "--system", "icd10cm"))
    assert [json.loads(line)["code"] for line in found] == known
    for text, why in (("hello", "is not a wildcard or a range"), ("992*", "the list of CPT codes")):
        result = run("expand", text, "--on", DAY)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert why in result.stderr


def test_what_is_no_text_is_not_searched_for_codes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    path.write_bytes(b"PAR1\0\0E11.65")
    found = run("find", path, "--on", DAY)
    assert found.exit_code == 2
    assert "is not text; for tables use profile, check or annotate" in found.stderr


def test_a_closed_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(typer.Exit) as ended, guarded():
        raise AssertionError("nothing is begun")
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "medcodes: standard output is closed\n"


def test_a_code_of_another_system_is_no_slip(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("px\nE11.65\n9O837\n")
    found = lines_of(run("check", path, "--column", "px=cpt", "--on", DAY, "--json"))
    assert [json.loads(line)["suggestions"][:1] for line in found] == [[], ["90837"]]


# -- systems and changes -------------------------------------------------------------------------


def test_a_code_on_the_wrong_day_leads_to_what_took_over_from_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx\nM54.5\nS06.0X9A\n250.00\nE11.6S\nU07.1\n")
    found = {}
    for day in ("2026-06-01", "2016-01-01"):
        options = ("--column", "dx=icd10cm,icd9cm", "--on", day, "--json")
        for line in lines_of(run("check", path, *options)):
            one = json.loads(line)
            found[one["value"], day] = (one["status"], one["suggestions"])
    assert found["M54.5", "2026-06-01"] == ("header", ["M54.50", "M54.51", "M54.59"])
    assert found["250.00", "2026-06-01"] == ("expired", [])
    assert found["U07.1", "2016-01-01"] == ("future", [])
    assert "E11.65" in found["E11.6S", "2026-06-01"][1]


def test_the_systems(run: Run) -> None:
    lines = lines_of(run("systems"))
    assert len(lines) == 8
    assert lines[7] == f"data: {medcodes.data_version}, of medcodes"
    assert lines[1].split()[:5] == ["cpt", "CPT", "procedure", "not", "public"]
    assert f"{len(medcodes.ICD10CM):,}" in lines[3]
    facts = json.loads(run("systems", "--json").stdout)
    assert [one["id"] for one in facts] == [one.id for one in medcodes.systems.ALL]
    assert facts[0]["codes"] is None
    assert {system["data_version"] for system in facts} == {medcodes.data_version}
    assert facts[2]["last_day"] == ends("icd10cm")[0]


def test_changes(run: Run) -> None:
    lines = lines_of(run("changes", "icd10cm", "2020-03-31", "2020-04-01"))
    assert lines[0] == "ICD-10-CM, 2020-03-31 to 2020-04-01: 2 added, 0 deleted, 0 revised"
    assert [line.split()[:2] for line in lines[2:]] == [["added", "U07.0"], ["added", "U07.1"]]
    found = json.loads(run("changes", "icd10cm", "2025-10-01", "2026-10-01", "--json").stdout)
    known = medcodes.ICD10CM.changes("2025-10-01", "2026-10-01")
    assert [one["code"] for one in found["deleted"]] == list(known.deleted)
    assert all(one["title"] for one in found["added"])
    assert found["revised"] == [attrs.asdict(one) for one in known.revised]
    printed = lines_of(run("changes", "icd10cm", "2025-10-01", "2026-10-01"))
    revision = known.revised[-1]
    assert printed[-1].split(maxsplit=2) == [
        "revised",
        revision.code,
        f"{revision.before} -> {revision.after}",
    ]
    assert len(lines_of(run("changes", "icd10cm", "2025-10-01", "2025-10-01"))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cpt", "2025-10-01", "2026-10-01"], "the list of CPT codes is not in the reference"),
        (["HC", "2025-10-01", "2026-10-01"], "'HC' means cpt and hcpcs; name one"),
        (["icd10cm", "2025", "2026-10-01"], "'2025' is not a date"),
    ],
)
def test_no_changes(run: Run, arguments: list[str], message: str) -> None:
    assert message in refused(run("changes", *arguments))


def test_a_day_past_the_end_is_said(run: Run) -> None:
    last, after = ends("icd10cm")
    result = run("changes", "icd10cm", "2026-10-01", after)
    assert result.exit_code == 0
    assert result.stderr.startswith("note: ")
    assert last in result.stderr


# -- check ---------------------------------------------------------------------------------------

BOTH = ("--column", "dx1=icd10cm,icd9cm", "--column", "px=cpt,hcpcs", "--on", "service_date")


def bad_values() -> list[tuple[int, str, str]]:
    """Row, column and value of what is bad in the sample file, by one question for each value."""
    found = []
    with CLAIMS.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            for column, systems in (("dx1", ["icd10cm", "icd9cm"]), ("px", ["cpt", "hcpcs"])):
                value, day = row[column], row["service_date"]
                dated = day not in ("", "2024-13-01")
                if value and not (dated and medcodes.is_valid(value, systems, on=day)):
                    found.append((number, column, value))
    return found


BAD = bad_values()


def test_the_sample_file_is_checked(run: Run) -> None:
    result = run("check", CLAIMS, *BOTH)
    assert (result.exit_code, result.stderr) == (1, "")
    lines = lines_of(result)
    assert lines[0].split() == ["ROW", "COLUMN", "VALUE", "STATUS", "WHY", "PERHAPS"]
    assert [tuple(line.split()[:2]) for line in lines[1:-1]] == [
        (str(row), column) for row, column, _ in BAD
    ]
    count, rows = len(BAD), len({row for row, _, _ in BAD})
    assert 15 < rows < count < 30
    assert lines[-1].endswith(f"claims.csv: 320 rows, {count} bad values in {rows} rows")
    assert any(line.startswith("72   px      9O837") for line in lines)
    assert "'2024-13-01' in 'service_date' is not a day; write it as" in result.stdout
    assert "there is no day in 'service_date'" in result.stdout
    # Rows are counted as by whoever opens the file.
    with CLAIMS.open(newline="") as file:
        assert list(csv.reader(file))[72 - 1][4] == "9O837"


def test_every_kind_of_file_gives_the_same_findings(run: Run, tmp_path: Path) -> None:
    with CLAIMS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    some = [{name: value or None for name, value in row.items()} for row in rows]
    pq.write_table(pa.Table.from_pylist(some), tmp_path / "claims.parquet", row_group_size=50)
    coded = pa.Table.from_pylist(some)
    place = coded.schema.get_field_index("px")
    coded = coded.set_column(place, "px", coded["px"].dictionary_encode())
    pq.write_table(coded, tmp_path / "coded.parquet")
    text = "".join(json.dumps(row) + "\n" for row in some)
    (tmp_path / "claims.jsonl").write_text(text)
    with (tmp_path / "claims.tsv").open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0], delimiter="\t", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    with (tmp_path / "claims.psv").open("w", newline="") as out:
        csv.writer(out, delimiter="|").writerows([row.values() for row in rows])
    plain = "--format csv --delimiter | --no-header --column 3=icd10cm,icd9cm --column 5=cpt,hcpcs"
    commands: dict[str, tuple[int, list[str]]] = {
        str(CLAIMS): (1, list(BOTH)),
        "claims.tsv": (1, list(BOTH)),
        "claims.jsonl": (0, list(BOTH)),
        "claims.parquet": (0, list(BOTH)),
        "coded.parquet": (0, list(BOTH)),
        "claims.psv": (0, [*plain.split(), "--on", "2"]),
    }
    found = {}
    for name, (header, options) in commands.items():
        result = run("check", tmp_path / name, *options, "--json")
        assert result.exit_code == 1, result.output
        found[name] = [
            (one["row"] - header, one["value"], one["status"], one["suggestions"])
            for one in map(json.loads, result.stdout.splitlines())
        ]
    assert [one[1] for one in found[str(CLAIMS)]] == [value for _, _, value in BAD]
    for name, findings in found.items():
        assert findings == found[str(CLAIMS)], name


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "csv.gz"])
def test_all_findings_go_to_a_file(run: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"bad.{ending}"
    result = run("check", CLAIMS, *BOTH, "--output", path, "--limit", "3")
    assert result.exit_code == 1
    assert f"... and {len(BAD) - 3} more; --output FILE writes them all" in result.stdout
    if ending.endswith("gz"):
        assert path.read_bytes()[:2] == b"\x1f\x8b"
        return
    lines = path.read_text().splitlines()
    if ending == "jsonl":
        assert json.loads(lines[0])["value"] == "9O837"
        assert len(lines) == len(BAD)
    else:
        delimiter = "\t" if ending == "tsv" else ","
        rows = list(csv.DictReader(lines, delimiter=delimiter))
        assert len(rows) == len(BAD)
        assert (rows[0]["row"], rows[0]["column"], rows[0]["status"]) == ("72", "px", "malformed")


def test_a_report_does_not_take_the_place_of_its_file(run: Run, tmp_path: Path) -> None:
    path, link = tmp_path / "claims.csv", tmp_path / "link.csv"
    path.write_bytes(b"dx\nE11\n")
    link.symlink_to(path)
    for target in (path, link):
        for command in (("check", "--column", "dx=icd10cm", "--output"), ("profile", "--html")):
            result = run(command[0], path, *command[1:], target)
            assert "is the file that is read; name another" in refused(result)
    assert path.read_bytes() == b"dx\nE11\n"
    (tmp_path / "old.csv").write_text("old")
    assert run("check", path, "--column", "dx=cpt", "--output", tmp_path / "old.csv").exit_code == 1
    assert (tmp_path / "old.csv").read_text() != "old"


def test_findings_to_standard_output(run: Run) -> None:
    result = run("check", CLAIMS, *BOTH, "--output", "-", "--limit", "0")
    assert result.stdout.startswith("row,column,value,status,reason,suggestions\n72,px,9O837,")


def test_a_clean_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "clean.csv"
    path.write_text("dx,px\nE11.65,99213\n  ,\n,90837-25\n")
    options = ("--column", "dx=icd10cm", "--column", "px=cpt", "--on", DAY)
    result = run("check", path, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{path}: 3 rows, no bad value\n"
    result = run("check", path, *options, "--json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{path}: 3 rows, no bad value\n"
    strict = run("check", path, *options, "--strict", "--json")
    assert strict.exit_code == 1
    assert {json.loads(line)["status"] for line in strict.stdout.splitlines()} == {"plausible"}
    required = run("check", path, *options, "--required", "dx")
    assert [line.split()[:3] for line in lines_of(required)[1:3]] == [
        ["3", "dx", "missing"],
        ["4", "dx", "missing"],
    ]
    assert "3 rows, 2 bad values in 2 rows" in required.stdout


def test_headings(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "headings.csv"
    path.write_text("dx\nE11\n")
    options = ("--column", "dx=diagnosis", "--on", DAY)
    result = run("check", path, *options)
    assert result.exit_code == 1
    assert "1 row, 1 bad value in 1 row" in result.stdout
    assert run("check", path, *options, "--headers").exit_code == 0


def test_days_as_they_are_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("dx,day\nU071,03/31/2020\nU071,04/01/2020\n")
    options = ("--column", "dx=icd10cm", "--on", "day", "--json")
    result = run("check", path, *options)
    assert [json.loads(one)["status"] for one in result.stdout.splitlines()] == ["undated"] * 2
    result = run("check", path, *options, "--date-format", "%m/%d/%Y")
    assert [json.loads(one)["status"] for one in result.stdout.splitlines()] == ["future"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--column", "dx1"], "'dx1' does not say which codes it must hold; write dx1=icd10cm"),
        ([], "Missing option '--column'"),
        (["--column", "dx=icd10cm"], "has no column 'dx'; did you mean 'dx"),
        (["--column", "dx1=icd10cm", "--column", "dx1=cpt"], "a column is named twice"),
        (["--column", "dx1=icd11"], "icd11"),
        (["--column", "dx1=icd10cm", "--on", "day"], "neither a day, written as YYYY-MM-DD, nor"),
        (["--column", "dx1=icd10cm", "--required", "px"], "name 'px' with --column too"),
        (["--column", "dx1=icd10cm", "--output", "bad.xlsx"], "can be read, but not written"),
        (["--column", "dx1=icd10cm", "--output", "-", "--json"], "both print the values"),
        (["--column", "dx1=icd10cm", "--output", "no/such/bad.csv"], "No such file"),
        (["--column", "dx1=icd10cm", "--format", "xls"], "'xls' is not among csv"),
        (["--column", "dx1=icd10cm", "--delimiter", "::"], "must be one ASCII character"),
        (["--column", "dx1=icd10cm", "--date-format", "%Q"], "%Q"),
    ],
    ids=str,
)
def test_wrong_usage_of_check(
    run: Run, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused(run("check", CLAIMS, *arguments))
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"px": [100, 99213]}), path)
    for command in (["check", path, "--column", "px=cpt"], ["profile", path, "--column", "px"]):
        assert "column 'px': the column is int64, not text: codes read" in refused(run(*command))


# -- annotate ------------------------------------------------------------------------------------


def test_the_sample_file_is_annotated(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    result = run("annotate", CLAIMS, target, "--column", "dx1", "--on", "service_date")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        f"note: {CLAIMS}: rows 217 and 262: 'dx1' has no day that can be read in 'service_date'; "
        "what was added is empty\n"
    )
    old, new = CLAIMS.read_bytes().splitlines(), target.read_bytes().splitlines()
    assert len(new) == len(old)
    assert all(line.startswith(before + b",") for line, before in zip(new, old, strict=True))
    assert new[0].endswith(b",dx1_system,dx1_code,dx1_status,dx1_category")
    with target.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["dx1"] and row["service_date"] not in ("", "2024-13-01"):
                answer = medcodes.identify(row["dx1"], on=row["service_date"])
                assert row["dx1_status"] == answer.status
                assert row["dx1_code"] == (answer.code or "")
                assert row["dx1_category"] == (answer.category.label if answer.category else "")
            else:
                assert row["dx1_status"] == row["dx1_code"] == ""


def test_all_fields_from_pipe_to_pipe(run: Run) -> None:
    data = b'{"dx": "E119", "x": [1, {"y": null}]}\n{"dx": null}\n'
    result = run(
        "annotate", "-", "-", "--format", "jsonl", "--column", "dx=icd10cm", "--on", DAY,
        "--field", "system, code,status,category", "--field", ",".join(columns.FIELDS[4:]),
        "--prefix", "my_", stdin=data,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["x"] == [1, {"y": None}]
    assert first["my_dx_code"] == "E11.9"
    assert first["my_dx_can_be_principal"] is True
    assert first["my_dx_valid_from"] == "2015-10-01"
    assert first["my_dx_valid_to"] is None
    assert [second[f"my_dx_{field}"] for field in columns.FIELDS] == [None] * 9


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("out.xlsx", [], "a workbook can be read, but not written; name it .csv, .tsv, .jsonl or"),
        ("out.json", [], "a JSON array can be read, but not written"),
        ("out.csv", ["--column", "zip", "--field", "colour"], "'colour' is not among system"),
        ("out.csv", ["--column", "nothing"], "has no column 'nothing'"),
        ("out.csv", ["--column", "zip", "--on", "charge"], ""),
        ("no/such/out.csv", [], "No such file or directory"),
    ],
)
def test_wrong_usage_of_annotate(
    run: Run, target: str, options: list[str], message: str, tmp_path: Path
) -> None:
    result = run("annotate", CLAIMS, tmp_path / target, "--column", "dx1", *options)
    if message:
        assert message in refused(result)
        assert list(tmp_path.iterdir()) == []
    else:  # a column without a single day
        said = "rows 2, 3, 4 and 316 more: 'dx1' has no day that can be read in 'charge'"
        assert said in result.stderr


def test_a_name_that_is_there(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx,dx_code\nI10,\n")
    result = run("annotate", path, path, "--column", "dx", "--on", DAY)
    assert "has a column 'dx_code' already; pass --prefix" in refused(result)
    assert run("annotate", path, path, "--column", "dx", "--prefix", "new_").exit_code == 0
    assert path.read_text().startswith("dx,dx_code,new_dx_system,new_dx_code,")


# -- profile -------------------------------------------------------------------------------------


def test_the_sample_file_is_profiled(run: Run) -> None:
    printed = run("profile", CLAIMS, "--on", DAY).stdout
    assert printed.count(" rows, ") == 8
    assert "px: CPT and HCPCS Level II (confidence" in printed
    assert "zip: ZIP code (confidence" in printed


def test_profile_as_json(run: Run) -> None:
    result = run("profile", CLAIMS, "--column", "px=cpt,hcpcs", "--on", DAY, "--json")
    found = json.loads(result.stdout)
    (column,) = found["columns"]
    assert (found["rows"], column["count"], column["system"]) == (320, 320, "cpt")
    with CLAIMS.open(newline="") as file:
        values = [row["px"] for row in csv.DictReader(file)]
    alone = columns.profile(values, name="px", on=DAY, systems=["cpt", "hcpcs"]).to_dict()
    for one in column["invalid"]:
        one.pop("suggestions")
    assert column == alone


def test_profile_of_parquet(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    coded = pa.array(["E1165", "I10", None]).dictionary_encode()
    pq.write_table(pa.table({"dx": coded, "n": [1, 2, 3], "day": [date.today()] * 3}), path)
    printed = run("profile", path).stdout
    assert "\ndx: ICD-10-CM" in printed
    assert printed.count(" rows, ") == 1
    pq.write_table(pa.table({"n": [1, 2, 3]}), path)
    assert "has no column of text" in refused(run("profile", path))
    assert "has no column 'dx'" in refused(run("profile", path, "--column", "dx"))


def test_values_are_counted_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = profiling.Counted(Classifier())
    rows = [f"{one % 90_000}" for one in range(200_000)] + [None]
    for start in range(0, len(rows), 30_000):
        counted.add(pa.array(rows[start : start + 30_000], pa.large_string()))
    counted.sum_up()
    assert counted.rows == sum(counted.values["count"].to_pylist()) == 200_001
    assert len(counted.values) == 90_001
    monkeypatch.setattr(profiling, "MOST", 3)
    few = profiling.Counted(Classifier())
    few.add(pa.array(["a", "b", "c", "d"], pa.large_string()))
    few.sum_up()
    few.add(pa.array(["e"], pa.large_string()))
    assert (len(few.values), few.rows) == (4, 4)


def test_too_many_values(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "MOST", 100)
    path = tmp_path / "in.parquet"
    column = [f"free text {one}" for one in range(200_000)]
    pq.write_table(pa.table({"note": column}), path)
    printed = run("profile", path).stdout
    some = "more than 131,072 distinct values; this is about the first 131,072 of its 200,000"
    assert some in printed


# -- around all of them --------------------------------------------------------------------------


def test_help_has_examples(run: Run) -> None:
    assert "annotate" in run("--help").stdout
    assert run().exit_code == 2
    for command in (
        "identify",
        "find",
        "suggest",
        "search",
        "expand",
        "profile",
        "check",
        "annotate",
        "changes",
        "systems",
    ):
        result = run(command, "--help")
        assert result.exit_code == 0
        assert "Examples" in result.stdout
        assert f"medcodes {command}" in result.stdout


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    script, module = ("/usr/bin/medcodes", "medcodes"), ("x/__main__.py", "python -m medcodes")
    for program, name in (script, module):
        monkeypatch.setattr(sys, "argv", [program, "identify"])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 2
        assert f"Usage: {name} identify" in capsys.readouterr().err


def test_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "medcodes.cli.app", None)
    with pytest.raises(ModuleNotFoundError, match="medcodes"):
        main()  # nothing that could be installed
    monkeypatch.delitem(sys.modules, "medcodes.cli.app")
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit):
        main()
    assert "the command line needs typer: pip install 'medcodes[cli]'" in capsys.readouterr().err


def test_the_version(run: Run) -> None:
    assert run("--version").stdout == f"medcodes {medcodes.__version__}\n"


def test_how_a_command_ends(capsys: pytest.CaptureFixture[str]) -> None:
    ends: list[tuple[BaseException, int, str]] = [
        (InputError("a.csv, row 2: is odd"), 2, "medcodes: a.csv, row 2: is odd\n"),
        (medcodes.DamagedReference("x.codes"), 2, "medcodes: x.codes\n"),
        (OSError(28, "No space left on device", "a.csv"), 2, "medcodes: a.csv: No space left"),
        (OSError("odd"), 2, "medcodes: odd\n"),
        (KeyboardInterrupt(), 130, "medcodes: interrupted"),
        (typer.Exit(1), 1, ""),
    ]
    for error, code, message in ends:
        with pytest.raises(typer.Exit) as caught, guarded():
            raise error
        assert caught.value.exit_code == code
        assert capsys.readouterr().err.startswith(message)


def test_a_signal_ends_a_command() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, guarded():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_commands_in_a_thread() -> None:
    done = []

    def work(item: int) -> None:
        with guarded():
            done.append(item)

    behind(work, [1])
    assert done == [1]


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return file.fileno()

    with tmp_path.joinpath("out").open("w") as file:
        monkeypatch.setattr(sys, "stdout", Closed())
        with pytest.raises(typer.Exit) as caught, guarded():
            output.write("x")
        assert caught.value.exit_code == 141
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        running._leave_pipe()  # has no number, and is left


def test_warnings_are_notes(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded():
        warnings.warn("the day is late", medcodes.StaleReferenceWarning, stacklevel=1)
    assert capsys.readouterr().err == "note: the day is late\n"


def test_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for colour in (True, False):
        said = Terminal()
        monkeypatch.setattr(sys, "stdout", said)
        output.print_table(("CODE", "STATUS", "WHY"), [("[bold]", "valid", "word " * 30)])
        assert "[bold]" in said.getvalue()
        assert ("\x1b[32m" in said.getvalue()) is colour
        assert max(map(len, said.getvalue().splitlines())) < 120
        monkeypatch.setenv("NO_COLOR", "1")


def test_work_behind() -> None:
    done: list[Any] = []
    for items in ([1, 2, 3], [], ["a"]):
        behind(done.append, items)
    assert done == [1, 2, 3, "a"]

    def broken() -> Any:
        yield 1
        raise InputError("here")

    with pytest.raises(InputError, match="here"):
        behind(str, broken())
    with pytest.raises(ValueError, match="invalid literal"):
        behind(int, ["1", "x"])


def test_days_are_read() -> None:
    texts = [
        "2026-06-01",
        "20260601",
        "2026-06-01T12:00:00Z",
        "2026-13-01",
        "06/01/2026",
        None,
        " 2026-06-01 ",
    ]
    day = date(2026, 6, 1)
    wanted = [day, day, day, None, None, None, day]
    column = pa.array(texts)
    for one in (column, column.dictionary_encode(), column.cast(pa.large_string())):
        assert service_days.read(one).to_pylist() == wanted
    assert service_days.read(column, "%m/%d/%Y").to_pylist()[4] == day
    stamps = pa.array([day, None]).cast(pa.timestamp("ns"))
    assert service_days.read(stamps).to_pylist() == [day, None]
    assert service_days.read(pa.array([day]).cast(pa.date64())).to_pylist() == [day]
    assert service_days.read(pa.array([20260601, None, 1])).to_pylist() == [day, None, None]
    for wrong in (pa.array([1.5]), pa.array([1, 2]).dictionary_encode()):
        with pytest.raises(
            InputError, match="a day is a date, a text or a number such as 20260601"
        ):
            service_days.read(wrong)


# -- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("medcodes pro", "profile"), ("medcodes identify --o", "--on"), ("medcodes x", "")],
)
def test_the_shell_completes_what_is_typed(typed: str, completed: str) -> None:
    asked = {
        "_MEDCODES_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = CliRunner().invoke(app, [], prog_name="medcodes", env=asked)
    assert done.stdout.strip() == completed


def test_the_shell_is_told_how_to_complete() -> None:
    asked = {"_MEDCODES_COMPLETE": "source_bash"}
    done = CliRunner().invoke(app, [], prog_name="medcodes", env=asked)
    assert "_medcodes_completion()" in done.stdout
