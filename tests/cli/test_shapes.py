"""Files in shapes that people send: read, with a word on what was done, or refused in a line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import warnings
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medcodes import Classifier
from medcodes.cli.app import app  # noqa: F401 - the commands are imported before time is measured
from tests.cli.conftest import Run
from tests.conftest import DAY
from tests.test_own_systems import acme

CHARGES = (
    "hospital_name,last_updated_on,version,hospital_location{pad}\n"
    'West Mercy,2024-07-01,2.0.0,"12 Main St, Springfield"{pad}\n'
    "description,code|1,code|1|type,setting,standard_charge|gross\n"
    "Office visit,99213,CPT,outpatient,118.50\n"
    "Drug,J0171,HCPCS,both,1.50\n"
    "Pacemaker,C1785,HCPCS,outpatient,40000\n"
)
"""As CMS has hospitals publish their charges: general data, then the table."""


def annotated(run: Run, data: bytes, column: str, *options: str) -> tuple[list[list[str]], str]:
    """The rows of what `annotate` writes for a file from standard input, and what it says."""
    options = ("--column", column, "--field", "code", "--on", DAY, *options)
    result = run("annotate", "-", "-", *options, stdin=data)
    assert result.exit_code == 0, result.output
    return list(csv.reader(io.StringIO(result.stdout, newline=""))), result.stderr


def findings(run: Run, path: Path, column: str, *options: str) -> list[dict[str, Any]]:
    result = run("check", path, "--column", column, "--on", DAY, "--json", *options)
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(result: Any) -> str:
    """What is said in the one line of a command that ends with status 2."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    return str(result.stderr)


# -- rows and headers ----------------------------------------------------------------------------


@pytest.mark.parametrize("pad", ["", ","])
def test_rows_above_the_header(pad: str, run: Run, tmp_path: Path) -> None:
    data = CHARGES.replace("{pad}", pad)
    rows, said = annotated(run, data.encode(), "code|1")
    assert said == (
        "note: standard input: the header is row 3; the rows above it are not part of the table\n"
    )
    assert rows[1][0] == "West Mercy"  # they are kept where the output is CSV too
    assert rows[2] == [*data.splitlines()[2].split(","), "code|1_code"]
    assert rows[3][-1] == "99213"
    path = tmp_path / "charges.csv"
    path.write_text(data)
    (finding,) = findings(run, path, "code|1=hcpcs", "--column", "setting=cpt")[:1]
    assert (finding["row"], finding["column"]) == (4, "code|1")


@pytest.mark.parametrize(
    "text",
    [
        "dx,,\nI10,a,b\nE11,c,d\n",
        "name,,\nJohn,Smith,x\nMary,Smith,y\n",
        "dx,px\nI10,99213,\nE119,99214,\n",
        "dx\nI10\n",
        "a,b,c\n",
        "dx,n,n\nI10,1\n",
        "dx\nI10,the,code\n99213,1,2\n90837,1,2\n",
    ],
)
def test_a_header_is_not_looked_for_where_the_first_row_may_be_it(text: str, run: Run) -> None:
    rows, _ = annotated(run, text.encode(), text.split(",")[0].split("\n")[0])
    assert rows[0][0] == text.split(",")[0].split("\n")[0]
    assert len(rows) == text.count("\n")


def test_names_that_are_empty_or_there_twice(run: Run) -> None:
    rows, said = annotated(run, b"dx,,mod,mod,mod_2\nI10,x,25,59,LT\n", "mod_2")
    assert "called 'column 2', 'mod_2', 'mod_2_2'" in said
    assert rows[0] == ["dx", "", "mod", "mod", "mod_2", "mod_2_code"]
    names = ",".join(["x"] * 20).encode()
    _, said = annotated(run, names + b"\n" + b"I10," * 19 + b"\n", "x_20")
    assert "'x_13' and so on" in said


def test_short_and_long_rows(run: Run, tmp_path: Path) -> None:
    data = b"a,dx,note\n1,I10,x\n2,E119\n3\n\n4,I10,y,more,and more\n5,I10,z,\n"
    rows, said = annotated(run, data, "dx")
    assert rows[1:] == [
        ["1", "I10", "x", "I10"],
        ["2", "E119", "", "E11.9"],
        ["3", "", "", ""],
        ["4", "I10", "y", "I10", "more", "and more"],
        ["5", "I10", "z", "I10"],
    ]
    assert said.splitlines() == [
        "note: standard input: rows 3 and 4: it has fewer values than there are columns; the "
        "missing ones are empty",
        "note: standard input: rows 6 and 7: it has more values than there are columns; they are "
        "kept at its end",
    ]
    lines = run("annotate", "-", tmp_path / "out.jsonl", "--column", "dx", stdin=data)
    assert lines.exit_code == 0
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert found[3]["column 4"] == "more"
    assert "column 4" not in found[0]
    said = run("annotate", "-", tmp_path / "out.parquet", "--column", "dx", stdin=data).stderr
    assert "row 6 has 'column 4', 'column 5', for which there is no column in Parquet" in said
    assert not (tmp_path / "out.parquet").exists()


def test_a_delimiter_at_the_end_of_every_row(run: Run) -> None:
    rows, said = annotated(run, b"dx,px\nI10,99213,\nE119,99214,\n", "dx")
    assert rows[0] == ["dx", "px", "", "dx_code"]
    assert [row[-1] for row in rows[1:]] == ["I10", "E11.9"]
    assert "called 'column 3'" in said


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_in_a_csv(delimiter: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"dx{delimiter}px\nI10{delimiter}99213\nE11.9{delimiter}9O837\n")
    (finding,) = findings(run, path, "px=cpt")
    assert (finding["row"], finding["value"]) == (3, "9O837")
    said = run("check", path, "--column", "px=cpt", "--on", DAY).stderr
    assert said == f"note: {path}: the values are separated by {delimiter!r}\n"


def test_a_code_of_two_systems(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx\nJ0120\nE11.9\nE11\n")
    found = findings(run, path, "dx=icd10cm,hcpcs,cpt")
    assert [(one["value"], one["status"]) for one in found] == [
        ("J0120", "ambiguous"),
        ("E11", "header"),
    ]
    assert found[0]["reason"].endswith("; name the system that is meant")
    assert findings(run, path, "dx=icd10cm", "--headers") == []
    path.write_text("dx\n25000\n")
    for options, count in ((("--strict",), 0), ((), 1)):
        assert len(findings(run, path, "dx=icd9cm,cpt", *options, "--on", "2012-06-01")) == count


# -- encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8-sig"])
def test_encodings(encoding: str, run: Run, tmp_path: Path) -> None:
    text = "dx,note\nI10,Ménière €\n"
    rows, said = annotated(run, text.encode(encoding), "dx")
    assert rows[1] == ["I10", "Ménière €", "I10"]
    assert said.count("\n") == (encoding != "utf-8-sig")
    (tmp_path / "codes.txt").write_bytes("I10\n# é\nE11.9\n".encode(encoding))
    listed = run("identify", "--file", tmp_path / "codes.txt", "--on", DAY, "--json")
    assert [json.loads(line)["code"] for line in listed.stdout.splitlines()] == ["I10", "E11.9"]
    note = run("find", "-", "--on", DAY, "--json", stdin="é\ndx: I10".encode(encoding))
    assert json.loads(note.stdout)["start"] == 6


# -- workbooks -----------------------------------------------------------------------------------


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


CELLS: list[list[Any]] = [
    ["Report of June"],
    [None],
    ["dx", "px", "day", "at", "yes", "charge", None],
    ["E11.9", 99213, date(2026, 6, 1), datetime(2026, 6, 1, 12, 30), True, 1.5, " "],
    [None, None, None, None, None, None, " "],
    ["E11.9S", "00100", "2026-06-02", time(12, 30), False, 118, None, "more"],
]


def test_a_workbook(run: Run, tmp_path: Path) -> None:
    path = workbook(tmp_path / "claims.xlsx", [[None]], CELLS, [["other"]])
    (finding,) = findings(run, path, "dx=icd10cm")
    assert (finding["row"], finding["value"]) == (6, "E11.9S")
    for target in ("out.csv", "out.parquet", "out.jsonl"):
        options = ("--column", "px", "--field", "code", "--on", "day")
        result = run("annotate", path, tmp_path / target, *options)
        assert result.exit_code == 0, result.output
        assert "of its sheets, 'Sheet1' is read; not 'Sheet', 'Sheet2'" in result.stderr
        assert "the header is row 3; the rows above it are not part of" in result.stderr
        assert "column 'px' holds numbers or the like" in result.stderr
        assert "called 'column 7', 'column 8'" in result.stderr
    names = ["dx", "px", "day", "at", "yes", "charge", "column 7", "column 8", "px_code"]
    first = ["E11.9", "99213", "2026-06-01", "2026-06-01 12:30:00", "TRUE", "1.5"]
    last = ["E11.9S", "00100", "2026-06-02", "12:30:00", "FALSE", "118", None, "more", "00100"]
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [list(row.values()) for row in table] == [[*first, " ", None, "99213"], last]
    assert list(table[0]) == names
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(file)
        ]
    assert rows == [{**table[0], "column 7": " "}, table[1]]
    bare = run("annotate", path, "-", "--no-header", "--column", "1", "--on", DAY)
    assert bare.stdout.startswith("1,2,3,4,5,6,7,8,1_system,")
    piped = run("check", "-", "--column", "dx=icd10cm", "--on", DAY, stdin=path.read_bytes())
    assert "3 bad value" not in piped.stdout
    assert piped.exit_code == 1


def test_numbers_that_a_workbook_shows_with_zeros_in_front(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["px"])
    sheet["A2"], sheet["A3"] = 100, 99213
    for cell in ("A2", "A3", "B2"):  # the last of them is empty
        sheet[cell].number_format = "00000"
    book.save(path)
    found = run("annotate", path, "-", "--column", "px", "--field", "code", "--on", DAY)
    assert found.stdout == "px,px_code\n00100,00100\n99213,99213\n"


def test_a_blank_cell_in_the_last_row_of_a_workbook(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["dx"])
    sheet.append(["I10"])
    sheet.cell(1_048_576, 2, " ")
    book.save(path)
    result = run("check", path, "--column", "dx=icd10cm", "--on", DAY)
    assert result.stdout == f"{path}: 1 row, no bad value\n"


def test_workbooks_that_cannot_be_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(path: Path) -> str:
        return refused(run("check", path, "--column", "dx=icd10cm"))

    assert "is empty" in said(workbook(tmp_path / "a.xlsx", [[None]]))
    path = tmp_path / "b.xlsx"
    path.write_bytes(b"PK\3\4 and so on")
    assert "is not a workbook, or is damaged: BadZipFile" in said(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "is an old or a protected workbook; save it as .xlsx" in said(path)
    good = workbook(tmp_path / "c.xlsx", CELLS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run("check", good, "--column", "dx=icd10cm", "--on", DAY).exit_code == 1
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "needs openpyxl: pip install 'medcodes[cli]'" in said(good)


# -- names that lie, and formats -----------------------------------------------------------------


def test_a_name_that_lies(run: Run, tmp_path: Path) -> None:
    path = workbook(tmp_path / "claims.xlsx", CELLS[2:]).rename(tmp_path / "claims.csv")
    result = run("check", path, "--column", "dx=icd10cm", "--on", DAY)
    assert "its name says csv, but it is read as what it is, xlsx" in result.stderr
    path.write_bytes(b'[{"dx": "I10"}]')
    result = run("check", path, "--column", "dx=icd10cm", "--on", DAY)
    assert (result.exit_code, result.stderr) == (
        0,
        f"note: {path}: its name says csv, but it is read as what it is, json\n",
    )
    path = tmp_path / "claims.parquet"
    path.write_bytes(gzip.compress(b"dx\nI10\n"))
    result = run("check", path, "--column", "dx=icd10cm", "--on", DAY)
    assert (result.exit_code, result.stderr.count("read as what it is, csv")) == (0, 1)
    path = tmp_path / "claims.json"
    path.write_bytes(b"dx\nI10\n")
    assert "row 1: is not a JSON object" in refused(run("check", path, "--column", "dx=icd10cm"))
    asked = ("--column", "dx=icd10cm", "--on", DAY, "--format", "csv")
    assert run("check", path, *asked).exit_code == 0
    path.write_bytes(bytes(range(256)) * 9)
    assert "is neither text nor Parquet nor a workbook" in refused(
        run("check", tmp_path / "claims.json", "--column", "dx=icd10cm")
    )
    path.write_bytes(b"dx\tpx\nI10,x\ty\n")
    assert run("profile", path, "--format", "tsv", "--column", "px").exit_code == 0


@pytest.mark.parametrize("target", ["out.xlsx", "out.json"])
def test_formats_that_are_not_written(target: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("dx\nI10\n")
    result = run("annotate", tmp_path / "in.csv", tmp_path / target, "--column", "dx")
    assert "can be read, but not written; name it .csv, .tsv, .jsonl or .parquet" in refused(result)
    assert not (tmp_path / target).exists()


def test_json_with_numbers(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_text('[{"px": 90832, "charge": 1.50},\n {"px": "9O837", "charge": 1e3}]')
    (finding,) = findings(run, path, "px=cpt")
    assert (finding["row"], finding["value"]) == (2, "9O837")
    result = run("annotate", path, "-", "--column", "px", "--field", "code", "--on", DAY)
    assert result.stdout == (
        '{"px": 90832, "charge": 1.50, "px_code": "90832"}\n'
        '{"px": "9O837", "charge": 1e3, "px_code": null}\n'
    )
    assert "column 'px' holds numbers or the like; they are taken as they are" in result.stderr
    assert "charge" not in result.stderr
    profiled = run("profile", path, "--on", DAY)
    assert "px: CPT" in profiled.stdout
    assert "column 'charge' holds numbers" in profiled.stderr


def test_days_as_numbers(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    pq.write_table(pa.table({"dx": ["U071", "U071"], "day": [20200331, 20200401]}), path)
    result = run("check", path, "--column", "dx=icd10cm", "--on", "day", "--json")
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()] == ["future"]


def test_what_profile_leaves_out(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    pq.write_table(pa.table({"dx": ["I10"], "n": [1], "day": [date(2026, 6, 1)]}), path)
    result = run("profile", path, "--on", DAY)
    assert "columns that are not text are left out: 'n', 'day'" in result.stderr


# -- how it ends ---------------------------------------------------------------------------------


def test_a_quote_that_is_never_closed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"dx,note\n" + b'I10,"a note"\n' * 10 + b'I10,"' + b"I10,x\n" * 1_400_000)
    result = run("check", path, "--column", "dx=icd10cm")
    assert f"{path}, row 12: a quote is never closed" in refused(result)
    target = tmp_path / "out.csv"
    assert "row 12" in refused(run("annotate", path, target, "--column", "dx"))
    assert not target.exists()


def test_json_that_is_nested_too_deep(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    for depth in (1_500, 100_000):
        path.write_text('{"dx": ' + "[" * depth + "]" * depth + "}")
        result = run("check", path, "--column", "dx=icd10cm", "--on", DAY)
        assert result.exit_code == (2 if "too deep" in result.output else 1)
    assert "row 1: is nested too deep" in refused(result)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "medcodes: out of memory\n"),
        (ModuleNotFoundError("No module", name="pyarrow"), "medcodes: this needs pyarrow: pip "),
        (KeyError("odd"), "medcodes: an error of medcodes itself: KeyError: 'odd' (test_shapes.py"),
    ],
)
def test_a_crash_is_not_a_bad_value(
    error: Exception, said: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise error

    (tmp_path / "in.csv").write_text("dx\nI10\n")
    monkeypatch.setattr("medcodes.cli.files.opening.CsvTable", crash)
    result = run("check", tmp_path / "in.csv", "--column", "dx=icd10cm")
    assert refused(result).startswith(said)


def test_without_pyarrow(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("dx\nI10\n")
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        f"sys.argv = ['medcodes', 'check', {str(tmp_path / 'in.csv')!r}, '--column', 'dx=cpt']\n"
        "from medcodes.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.strip() == b"medcodes: this needs pyarrow: pip install 'medcodes[cli]'"


# -- what is written for people ------------------------------------------------------------------

BAD = "dx\n=cmd|'/C calc'!A0\n@SUM\n-1\n+99292\nE11.\rI10\n\x9b31m\n"


def test_formulas_are_made_harmless_for_people_only(run: Run, tmp_path: Path) -> None:
    data = "dx\n" + "".join(f'"{one}"\n' for one in BAD.split("\n")[1:-1])
    asked = ("--column", "dx=icd10cm", "--on", DAY)
    path = tmp_path / "in.csv"
    path.write_bytes(data.encode())
    for ending in ("csv", "tsv"):
        assert run("check", path, *asked, "--output", tmp_path / f"bad.{ending}").exit_code == 1
        with (tmp_path / f"bad.{ending}").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if ending == "tsv" else ","))
        values = [row["value"] for row in rows]
        assert values[:4] == ["'=cmd|'/C calc'!A0", "'@SUM", "'-1", "'+99292"]
        assert values[4] == "E11.\rI10"
    assert b'"E11.\rI10"' in (tmp_path / "bad.csv").read_bytes()
    run("check", path, *asked, "--output", tmp_path / "bad.jsonl")
    first = json.loads((tmp_path / "bad.jsonl").read_text().splitlines()[0])
    assert first["value"] == "=cmd|'/C calc'!A0"
    assert "=cmd|'/C calc'!A0,malformed" in run(
        "annotate", path, "-", "--column", "dx", "--field", "status", "--on", DAY
    ).stdout.replace('"', "")
    run("profile", path, "--column", "dx=icd10cm", "--html", tmp_path / "page.html")


def test_control_characters_are_escaped(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("dx\nE11\x9b31m\x7f\n".encode())
    found = run("check", path, "--column", "dx=icd10cm", "--on", DAY, "--json").stdout
    assert "E11\\u009b31m\\u007f" in found
    assert json.loads(found)["value"] == "E11\x9b31m\x7f"
    assert "\x9b" not in run("identify", "E11\x9b31m", "--json").stdout


def test_standard_output_holds_one_thing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx\nE11\n")
    result = run("check", path, "--column", "dx=icd10cm", "--on", DAY, "--output", "-")
    assert result.exit_code == 1
    assert [line.split(",")[0] for line in result.stdout.splitlines()] == ["row", "2"]
    assert result.stderr == f"{path}: 1 row, 1 bad value in 1 row\n"
    page = run("profile", path, "--column", "dx", "--html", "-")
    assert page.stdout.startswith("<!DOCTYPE html>")
    both = run("profile", path, "--column", "dx", "--html", "-", "--json")
    assert both.exit_code == 2


# -- lists of one's own --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reference") / "cpt.medcodes"
    mine = Classifier().with_release(
        b"code,title\n90837,Talking for an hour\n", "cpt", valid_from="2026-01-01"
    )
    mine.save(path)
    return path


def test_a_list_of_ones_own(reference: Path, run: Run, tmp_path: Path) -> None:
    mine = ("--reference", reference)
    claims = tmp_path / "in.csv"
    claims.write_text("px\n90837\n90838\n")
    asked = ("--column", "px=cpt", "--on", DAY)
    assert "Talking for an hour" in run("identify", "90837", "--on", DAY, *mine).stdout
    assert findings(run, claims, "px=cpt") == []
    (finding,) = findings(run, claims, "px=cpt", *map(str, mine))
    assert (finding["value"], finding["status"]) == ("90838", "unknown")
    assert finding["suggestions"] == ["90837"]
    result = run("annotate", claims, "-", *asked, "--field", "status", *mine)
    assert result.stdout.splitlines() == ["px,px_status", "90837,valid", "90838,unknown"]
    assert "90838 may be meant to be 90837" in run("profile", claims, *asked, *mine).stdout
    found = run("find", "-", "--on", DAY, "--json", *mine, stdin=b"CPT 90837")
    assert json.loads(found.stdout)["identification"]["status"] == "valid"
    assert run("suggest", "9O837", "--on", DAY, *mine).stdout.splitlines()[1].split()[2] == "valid"
    printed = run("changes", "cpt", "2026-01-01", "2026-06-01", *mine).stdout
    assert printed.startswith("CPT, 2026-01-01 to 2026-06-01: 0 added")
    assert "loaded: CPT: " in run("systems", *mine).stdout
    systems = json.loads(run("systems", "--json", *mine).stdout)
    assert [len(one["loaded"]) for one in systems] == [1, 0, 0, 0, 0, 0]
    assert "No such file" in refused(run("identify", "90837", "--reference", "no/such"))
    assert "in.csv" in refused(run("identify", "90837", "--reference", claims))


def test_a_system_of_ones_own(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "acme.medcodes"
    Classifier(reference=acme()).save(path)
    mine = ("--reference", path)
    claims = tmp_path / "in.csv"
    claims.write_text("px\nX10.1\nX10.9\n90837\n")
    assert "Home visit, short" in run("identify", "X101", "--system", "acme", *mine).stdout
    (finding, _) = findings(run, claims, "px=acme", *map(str, mine))
    assert (finding["value"], finding["status"]) == ("X10.9", "unknown")
    result = run("annotate", claims, "-", "--column", "px=acme", "--field", "status", *mine)
    assert [line.split(",")[1] for line in result.stdout.splitlines()] == [
        *("px_status", "valid", "unknown", "malformed")
    ]
    weighed = refused(run("profile", claims, "--column", "px=acme", *mine))
    assert "a profile weighs the 6 public systems, and not acme" in weighed
    found = run("find", "-", "--system", "acme", "--json", *mine, stdin=b"ACME: X10.1")
    assert json.loads(found.stdout)["identification"]["system"] == "acme"
    assert "X10.1" in run("suggest", "X1O.1", "--system", "acme", *mine).stdout
    printed = run("changes", "acme", "2024-01-01", "2026-01-01", *mine).stdout
    assert printed.startswith("Acme procedures, 2024-01-01 to 2026-01-01: 0 added, 1 deleted")
    systems = json.loads(run("systems", "--json", *mine).stdout)
    assert (systems[-1]["id"], systems[-1]["codes"], systems[-1]["last_day"]) == ("acme", 3, None)
    assert "is called 'acme'" in run("identify", "X101", "--system", "acme").stderr


@pytest.mark.parametrize(
    ("source", "written"),
    [("in.tsv", "dx\tdx_code\nE119\tE11.9\n"), ("in.csv", "dx,dx_code\nE119,E11.9\n")],
)
def test_a_text_file_is_written_as_the_source_is(
    run: Run, tmp_path: Path, source: str, written: str
) -> None:
    (tmp_path / source).write_text("dx\nE119\n")
    asked = ("--column", "dx=icd10cm", "--field", "code", "--on", DAY)
    assert run("annotate", tmp_path / source, tmp_path / "out.txt", *asked).exit_code == 0
    assert (tmp_path / "out.txt").read_text() == written


def test_a_report_does_not_take_the_place_of_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("dx\nZZZ\n")
    command = [sys.executable, "-m", "medcodes", "check", "-", "--column", "dx=icd10cm"]
    with path.open() as file:
        done = subprocess.run(
            [*command, "--output", path], stdin=file, capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert "is the file that is read; name another" in done.stderr
    assert path.read_text() == "dx\nZZZ\n"


def test_a_report_takes_the_place_of_any_other_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    asked = ("--column", "dx=icd10cm", "--output", tmp_path / "old.csv", "--on", DAY)
    assert run("check", "-", *asked, stdin=b"dx\nZZZ\n").exit_code == 1
    assert "ZZZ" in (tmp_path / "old.csv").read_text()
    assert "No such file" in refused(run("check", tmp_path / "none.csv", *asked))
