"""Parquet: columns keep their types and their rows, and every reader can read what is written."""

from __future__ import annotations

import datetime
import gzip
import io
import os
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.samples import uniform
from medcodes import columns
from medcodes.cli import progress
from medcodes.cli.files import parquet
from tests.cli.conftest import Run
from tests.conftest import DAY

FIELDS = ("system", "code", "status", "category", "ambiguous", "valid_from")


@pytest.fixture(scope="module")
def claims() -> pa.Table:
    rows = 6_000
    codes = uniform(rows)
    days = [datetime.date(2026, 6, 1), datetime.date(2012, 6, 1), None]
    return pa.table(
        {
            "claim": pa.array(range(rows), pa.int64()),
            "dx": pa.array([None if one % 7 == 0 else codes[one].as_py() for one in range(rows)]),
            "kind": pa.array(["a", "b", None, "c"] * rows).slice(0, rows).dictionary_encode(),
            "nested": pa.array([[{"x": one}] for one in range(rows)]),
            "amount": pa.array([one / 3 for one in range(rows)], pa.float64()),
            "at": pa.array([one * 1_000_007 for one in range(rows)], pa.timestamp("us", "UTC")),
            "day": pa.array([days[one % 3] for one in range(rows)]),
        },
        metadata={"made": "by hand"},
    )


def expected(claims: pa.Table, on: Any) -> pa.Table:
    found = columns.identify(claims["dx"].combine_chunks(), on=on, fields=FIELDS)
    for name, column in zip(FIELDS, found.flatten(), strict=True):
        plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        claims = claims.append_column(f"dx_{name}", plain)
    return claims


def annotated(run: Run, source: Path, target: Path, *options: str) -> Any:
    result = run(
        "annotate", source, target, "--column", "dx", "--field", ",".join(FIELDS), *options
    )
    assert result.exit_code == 0, result.output
    return result


WAYS = {
    "as it comes": {},
    "small groups": {"row_group_size": 700},
    "zstd": {"compression": "zstd", "row_group_size": 2_500},
    "brotli": {"compression": "brotli"},
    "no Arrow schema": {"store_schema": False},
    "pages of the second kind": {"data_page_version": "2.0", "version": "1.0"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("batch", "group"), [(1 << 17, 1 << 18), (1_000, 2_500)])
def test_every_row_and_every_type_is_there(
    way: str, batch: int, group: int, claims: pa.Table, tmp_path: Path, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(parquet, "_ROWS", batch)
    monkeypatch.setattr(parquet, "_GROUP", group)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    options: Any = WAYS[way]
    pq.write_table(claims, source, **options)
    annotated(run, source, target, "--on", DAY)
    kept = pq.read_table(source)
    found = pq.read_table(target)
    assert found.equals(expected(kept, DAY))
    assert found.schema.metadata == kept.schema.metadata
    assert (pq.read_metadata(target).num_row_groups > 1) is (group < 6_000)
    frame = pl.read_parquet(target, columns=["dx_status", "dx_code", "claim"])
    assert frame["dx_status"].to_list() == found["dx_status"].to_pylist()
    with duckdb.connect() as con:
        query = "SELECT dx_status, count(*), sum(claim) FROM {} GROUP BY 1 ORDER BY 1"
        counted = con.execute(query.format(f"'{target}'")).fetchall()
        assert counted == con.execute(query.format("found")).fetchall()


def test_a_day_for_every_row(claims: pa.Table, tmp_path: Path, run: Run) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims, source)
    said = annotated(run, source, target, "--on", "day").stderr
    days = claims["day"].combine_chunks()
    assert pq.read_table(target).equals(expected(pq.read_table(source), days))
    undated = [
        row
        for row, (code, day) in enumerate(zip(claims["dx"], days, strict=True), 1)
        if code.is_valid and not day.is_valid
    ]
    assert f"rows 3, 6, 9 and {len(undated) - 3:,} more: 'dx' has no day that can be read" in said


def test_all_columns_in_another_order(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"day": ["2014-01-06"], "dx": ["4019"]}), path)
    result = run("check", path, "--column", "dx=diagnosis", "--on", "day")
    assert (result.exit_code, "no bad value" in result.stdout) == (0, True)


def test_a_file_may_become_itself(claims: pa.Table, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "claims.parquet"
    pq.write_table(claims, path)
    for field in ("status", "code"):
        options = ("--column", "dx", "--field", field, "--on", DAY)
        assert run("annotate", path, path, *options).exit_code == 0
    assert pq.read_schema(path).names[-2:] == ["dx_status", "dx_code"]


@pytest.mark.parametrize("groups", [0, 1])
def test_a_file_without_rows(groups: int, claims: pa.Table, tmp_path: Path, run: Run) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    with pq.ParquetWriter(source, claims.schema) as writer:
        for _ in range(groups):
            writer.write_table(claims.slice(0, 0))
    annotated(run, source, target)
    assert pq.read_table(target).num_rows == 0
    assert pq.read_schema(target).equals(expected(claims, DAY).schema)


def test_several_columns(claims: pa.Table, tmp_path: Path, run: Run) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims, source)
    asked = ("--column", "dx=diagnosis", "--column", "kind", "--field", "status")
    assert run("annotate", source, target, *asked, "--prefix", "my_", "--on", DAY).exit_code == 0
    found = pq.read_table(target)
    assert found.schema.names[-2:] == ["my_dx_status", "my_kind_status"]
    assert set(found["my_kind_status"].to_pylist()) == {"malformed", None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--column", "claim"], "column 'claim': the column is int64, not text: codes read as nu"),
        (["--column", "nested"], "column 'nested': the column is list"),
        (["--column", "dy"], "has no column 'dy'; did you mean 'day'?"),
        (["--column", "dx", "--on", "amount"], "column 'amount': a day is a date, a text or"),
        (["--column", "dx", "--on", "nested"], "column 'nested': a day is a date, a text or"),
    ],
)
def test_columns_that_do_not_fit(
    arguments: list[str], message: str, claims: pa.Table, tmp_path: Path, run: Run
) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(claims, source)
    result = run("annotate", source, tmp_path / "out.parquet", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]


def test_what_is_not_parquet(claims: pa.Table, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    result = run("annotate", path, tmp_path / "out.parquet", "--column", "dx")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "in.parquet: is not Parquet" in result.stderr
    pq.write_table(claims, path, compression="zstd", write_page_checksum=True)
    data = bytearray(path.read_bytes())
    begin = pq.read_metadata(path).row_group(0).column(1).dictionary_page_offset
    data[begin : begin + 2_000] = os.urandom(2_000)
    path.write_bytes(data)
    result = run("annotate", path, tmp_path / "out.parquet", "--column", "dx", "--on", DAY)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "in.parquet: damaged" in result.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]


def test_columns_in_other_files(claims: pa.Table, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(claims, path)
    metadata = pq.read_metadata(path)
    metadata.set_file_path("elsewhere.parquet")
    metadata.write_metadata_file(tmp_path / "_metadata.parquet")
    result = run(
        "annotate", tmp_path / "_metadata.parquet", tmp_path / "out.parquet", "--column", "dx"
    )
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "damaged" in result.stderr


def test_columns_of_one_name(tmp_path: Path, run: Run) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table([pa.array(["I10"]), pa.array([1]), pa.array(["x"])], ["dx", "dx", ""])
    pq.write_table(table, path)
    said = annotated(run, path, target).stderr
    assert "are called 'dx_2', 'column 3'" in said
    assert pq.read_schema(target).names[:4] == ["dx", "dx_2", "column 3", "dx_system"]
    assert pq.read_table(target).to_pylist()[0]["dx_2"] == 1


@pytest.mark.parametrize("packed", [False, True])
def test_from_standard_input(packed: bool, claims: pa.Table, tmp_path: Path, run: Run) -> None:
    out = io.BytesIO()
    pq.write_table(claims, out)
    data = gzip.compress(out.getvalue()) if packed else out.getvalue()
    target = tmp_path / "out.parquet"
    result = run("annotate", "-", target, "--column", "dx", "--on", DAY, stdin=data)
    assert result.exit_code == 0, result.output
    assert pq.read_table(target).num_rows == len(claims)
    printed = run("annotate", "-", "-", "--column", "dx", "--on", DAY, stdin=data)
    assert printed.stdout_bytes == target.read_bytes()


def test_types_as_text(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "in.parquet"
    row = {
        "dx": "I10",
        "n": 7,
        "x": 1.5,
        "none": float("nan"),
        "yes": True,
        "day": datetime.date(2026, 6, 1),
        "at": datetime.datetime(2026, 6, 1, 12, 30),
        "list": [1, None],
        "object": {"a": "b"},
        "bytes": b"\xff",
        "empty": "",
        "null": None,
    }
    pq.write_table(pa.Table.from_pylist([row]), path)
    options = ("--column", "dx", "--field", "code", "--on", DAY)
    assert run("annotate", path, tmp_path / "out.csv", *options).exit_code == 0
    assert (tmp_path / "out.csv").read_text() == (
        "dx,n,x,none,yes,day,at,list,object,bytes,empty,null,dx_code\n"
        'I10,7,1.5,nan,true,2026-06-01,2026-06-01 12:30:00.000000,"[1, null]","{""a"": ""b""}",'
        '"""b\'\\\\xff\'""","",,I10\n'
    )
    assert run("annotate", path, tmp_path / "out.jsonl", *options).exit_code == 0
    assert (tmp_path / "out.jsonl").read_text() == (
        '{"dx": "I10", "n": 7, "x": 1.5, "none": null, "yes": true, "day": "2026-06-01", '
        '"at": "2026-06-01 12:30:00.000000", "list": [1, null], "object": {"a": "b"}, '
        '"bytes": "\\"b\'\\\\\\\\xff\'\\"", "empty": "", "null": null, "dx_code": "I10"}\n'
    )


def test_a_bar_while_it_works(
    claims: pa.Table, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from medcodes.cli.answering import read
    from medcodes.cli.files.opening import open_table

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setattr(progress.shown, "__kwdefaults__", {"after": 0})
    monkeypatch.setattr(parquet, "_ROWS", 1_000)
    pq.write_table(claims, tmp_path / "in.parquet")
    (tmp_path / "in.csv").write_text("dx\n" + "I10\n" * len(claims))
    for name in ("in.parquet", "in.csv"):
        with open_table(str(tmp_path / name)) as table:
            assert sum(map(len, read(table, ["dx"]))) == len(claims)
        assert f"{len(claims):,} rows" in said.getvalue()
        assert "100%" in said.getvalue()
        said.truncate(0)
