"""Parquet files with columns added: the old ones keep their bytes, and everybody can read all."""

from __future__ import annotations

import datetime
import io
import os
import struct
import sys
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.samples import uniform
from medcodes import columns
from medcodes.cli import parquet, progress, thrift
from medcodes.cli.annotate import annotate
from medcodes.cli.append import Appender, compact, encode
from medcodes.cli.opening import Layout
from medcodes.cli.options import columns_asked
from medcodes.cli.parquet import ParquetTable
from medcodes.cli.trouble import Trouble
from tests.conftest import DAY

FIELDS = ("system", "code", "status", "category", "ambiguous", "valid_from")


def table(rows: int) -> pa.Table:
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
        }
    )


@pytest.fixture(scope="module")
def claims() -> pa.Table:
    return table(6_000)


def footer(path: Path) -> bytes:
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    return data[-8 - length : -8]


def expected(claims: pa.Table, on: Any) -> pa.Table:
    found = columns.identify(claims["dx"].combine_chunks(), on=on, fields=FIELDS)
    for name, column in zip(FIELDS, found.flatten(), strict=True):
        plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        claims = claims.append_column(f"dx_{name}", plain)
    return claims


WAYS = {
    "as it comes": {},
    "small groups": {"row_group_size": 700},
    "zstd": {"compression": "zstd", "row_group_size": 2_500},
    "gzip": {"compression": "gzip"},
    "brotli": {"compression": "brotli"},
    "lz4": {"compression": "lz4"},
    "uncompressed": {"compression": "none"},
    "no Arrow schema": {"store_schema": False},
    "all indexes": {"write_page_index": True, "write_page_checksum": True, "data_page_size": 999},
    "pages of the second kind": {"data_page_version": "2.0", "version": "1.0"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("batch", [1 << 18, 1_000])
def test_every_row_and_every_old_byte_is_there(
    way: str, batch: int, claims: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", batch)
    monkeypatch.setattr("medcodes.cli.annotate.ROWS", batch)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    options: Any = WAYS[way]
    pq.write_table(claims, source, **options)
    asked = columns_asked(["dx"])
    assert annotate(str(source), str(target), asked, on=DAY, fields=FIELDS) == len(claims)
    body = len(source.read_bytes()) - 8 - len(footer(source))
    assert target.read_bytes()[:body] == source.read_bytes()[:body]
    kept = pq.read_table(source)
    found = pq.read_table(target)
    assert found.equals(expected(kept, DAY))
    assert found.schema.metadata == kept.schema.metadata
    assert pq.read_metadata(target).num_row_groups == pq.read_metadata(source).num_row_groups
    with pq.ParquetFile(target, page_checksum_verification=True) as file:
        assert file.read(["dx", "dx_code"]).num_rows == len(claims)
        assert file.read_row_group(0, ["dx_status"]).num_rows > 0
    frame = pl.read_parquet(target, columns=["dx_status", "dx_code", "claim"])
    assert frame["dx_status"].to_list() == found["dx_status"].to_pylist()
    assert frame["dx_code"].to_list() == found["dx_code"].to_pylist()
    with duckdb.connect() as con:
        counted = con.execute(
            f"SELECT dx_status, count(*), sum(claim) FROM '{target}' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        wanted = con.execute(
            "SELECT dx_status, count(*), sum(claim) FROM found GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert counted == wanted


def test_a_day_for_every_row(claims: pa.Table, tmp_path: Path, capsys: Any) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims, source)
    annotate(str(source), str(target), columns_asked(["dx"]), on="day", fields=FIELDS)
    days = claims["day"].combine_chunks()
    assert pq.read_table(target).equals(expected(pq.read_table(source), days))
    undated = sum(
        code is not None and day is None
        for code, day in zip(claims["dx"].to_pylist(), days.to_pylist(), strict=True)
    )
    said = capsys.readouterr().err
    assert said.startswith(f"note: {undated:,} codes have no day that can be read in 'day', the fi")
    assert "in row 3;" in said


def test_a_file_may_become_itself(claims: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "claims.parquet"
    pq.write_table(claims, path)
    annotate(str(path), str(path), columns_asked(["dx"]), on=DAY, fields=["status"])
    annotate(str(path), str(path), columns_asked(["dx"]), on=DAY, fields=["code"])
    assert pq.read_schema(path).names[-2:] == ["dx_status", "dx_code"]


@pytest.mark.parametrize("groups", [0, 1])
def test_a_file_without_rows(groups: int, claims: pa.Table, tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    with pq.ParquetWriter(source, claims.schema) as writer:
        for _ in range(groups):
            writer.write_table(claims.slice(0, 0))
    annotate(str(source), str(target), columns_asked(["dx"]), on=DAY)
    assert pq.read_table(target).num_rows == 0
    assert pq.read_schema(target).names[-1] == "dx_category"


def test_several_columns(claims: pa.Table, tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims, source)
    asked = columns_asked(["dx=diagnosis", "kind"])
    annotate(str(source), str(target), asked, on=DAY, fields=["status"], prefix="my_")
    found = pq.read_table(target)
    assert found.schema.names[-2:] == ["my_dx_status", "my_kind_status"]
    assert set(found["my_kind_status"].to_pylist()) == {"malformed", None}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("claim", "column 'claim': the column is int64, not text: codes read as numbers have lost"),
        ("nested", "column 'nested': the column is list"),
        ("dy", "has no column 'dy'; did you mean 'day'?"),
    ],
)
def test_columns_that_are_no_codes(
    column: str, message: str, claims: pa.Table, tmp_path: Path
) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(claims, source)
    with pytest.raises(Trouble) as caught:
        annotate(str(source), str(tmp_path / "out.parquet"), columns_asked([column]), on=DAY)
    assert message in str(caught.value)
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]


def test_days_that_are_none(claims: pa.Table, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(claims, source)
    for column in ("amount", "nested"):
        with pytest.raises(Trouble, match=f"column '{column}': a day is a date or text, not"):
            annotate(str(source), str(tmp_path / "out.parquet"), columns_asked(["dx"]), on=column)


def test_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(Trouble, match=r"in\.parquet: is no Parquet file"):
        ParquetTable(str(path))


def test_a_damaged_file(claims: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(claims, path, compression="zstd", write_page_checksum=True)
    data = bytearray(path.read_bytes())
    begin = pq.read_metadata(path).row_group(0).column(1).dictionary_page_offset
    data[begin : begin + 2_000] = os.urandom(2_000)
    path.write_bytes(data)
    with pytest.raises(Trouble, match="damaged"):
        annotate(str(path), str(tmp_path / "out.parquet"), columns_asked(["dx"]), on=DAY)
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]


def test_columns_in_other_files(claims: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(claims, path)
    metadata = pq.read_metadata(path)
    metadata.set_file_path("elsewhere.parquet")
    metadata.write_metadata_file(tmp_path / "_metadata.parquet")
    with pytest.raises(Trouble, match="keeps its columns in other files"):
        annotate(
            str(tmp_path / "_metadata.parquet"),
            str(tmp_path / "out.parquet"),
            columns_asked(["dx"]),
            on=DAY,
        )


def test_a_file_that_becomes_shorter(claims: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(claims, path)
    schema = pa.schema([("new", pa.string())])
    with path.open("rb+") as file, (tmp_path / "out").open("wb") as out:
        appender = Appender(file, out, schema, schema)
        appender._copied.result()
        file.truncate(100)
        with pytest.raises(Trouble, match="became shorter"):
            appender._copy(file, 10**9)
        with pytest.raises(KeyError), appender:
            raise KeyError  # nothing more is written
        size = out.tell()
    assert size == len(pq_body(tmp_path / "out"))


def pq_body(path: Path) -> bytes:
    return path.read_bytes()


def test_dictionaries_of_a_group_that_differ(claims: pa.Table, tmp_path: Path) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims.slice(0, 6), path)
    parts: list[list[str | None]] = [["a", "b"], ["a", None], ["c", "a"]]
    every = [one for part in parts for one in part]
    like = pa.schema([("new", pa.dictionary(pa.int32(), pa.string()))])
    with (
        path.open("rb") as file,
        target.open("wb") as out,
        Appender(file, out, pa.schema([("new", pa.string())]), like) as appender,
    ):
        for part in parts:
            rows = pa.table({"new": pa.array(part, pa.string()).dictionary_encode()})
            appender.add(encode(rows, "snappy"), partial(encode, rows, "snappy", False))
        appender.end_group()
    assert pq.read_table(target)["new"].to_pylist() == every
    assert pl.read_parquet(target)["new"].to_list() == every


def test_only_what_occurs_is_kept_of_a_dictionary() -> None:
    every = pa.array([f"label {one}" for one in range(100)])
    indices = pa.array([5, None, 99, 5], pa.int32())
    column = pa.DictionaryArray.from_arrays(indices, every)
    whole = pa.DictionaryArray.from_arrays(pa.array([7, 5], pa.int8()), every)
    for one, kept in ((column, ["label 5", "label 99"]), (whole, ["label 5", "label 7"])):
        again = compact(pa.table({"new": one}))["new"].combine_chunks()
        assert again.to_pylist() == one.to_pylist()
        assert again.dictionary.to_pylist() == kept


def test_a_bar_while_it_works(
    claims: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setattr(progress.shown, "__kwdefaults__", {"after": 0})
    pq.write_table(claims, tmp_path / "in.parquet", row_group_size=1_000)
    annotate(
        str(tmp_path / "in.parquet"), str(tmp_path / "out"), columns_asked(["dx"]), on=DAY,
        layout=Layout("parquet"),
    )  # fmt: skip
    assert f"{len(claims):,} rows" in said.getvalue()
    assert "100%" in said.getvalue()


def test_footers_of_older_writers(claims: pa.Table, tmp_path: Path) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(claims.replace_schema_metadata({"made": "by hand"}), path)
    data = footer(path)
    structure = thrift.loads(data)
    del structure[7]  # the order of each column
    for group in thrift.items(structure[4]):
        del group[6]  # its compressed size
    again = thrift.dumps(structure)
    whole = path.read_bytes()[: -8 - len(data)]
    path.write_bytes(whole + again + struct.pack("<I", len(again)) + b"PAR1")
    annotate(str(path), str(target), columns_asked(["dx"]), on=DAY, fields=FIELDS)
    assert pq.read_table(target).equals(expected(pq.read_table(path), DAY))
    assert pq.read_schema(target).metadata[b"made"] == b"by hand"


# -- Thrift --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_a_footer_is_written_as_it_was_read(way: str, claims: pa.Table, tmp_path: Path) -> None:
    options: Any = WAYS[way]
    pq.write_table(claims.slice(0, 2_000), tmp_path / "one", **options)
    data = footer(tmp_path / "one")
    assert thrift.dumps(thrift.loads(data)) == data


def structures() -> st.SearchStrategy[thrift.Struct]:
    def one(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.dictionaries(st.integers(1, 40), inner, max_size=5)

    def listed(type_: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(values, max_size=20).map(lambda found: thrift.listed(type_, found))

    numbers = st.integers(-(2**62), 2**62)
    simple = st.one_of(
        numbers.map(lambda one: thrift.Field(thrift.I64, one)),
        st.binary(max_size=9).map(lambda one: thrift.Field(thrift.BINARY, one)),
        st.booleans().map(lambda one: thrift.Field(thrift.TRUE if one else thrift.FALSE, one)),
        st.binary(min_size=8, max_size=8).map(lambda one: thrift.Field(thrift.DOUBLE, one)),
        listed(thrift.I32, numbers),
        listed(thrift.BYTE, st.binary(min_size=1, max_size=1)),
        st.lists(st.tuples(numbers, st.binary(max_size=3)), max_size=3).map(
            lambda pairs: thrift.Field(
                thrift.MAP, (thrift.I64 << 4 | thrift.BINARY if pairs else 0, pairs)
            )
        ),
    )
    return one(
        st.recursive(
            simple,
            lambda inner: st.one_of(
                one(inner).map(lambda found: thrift.Field(thrift.STRUCT, found)),
                listed(thrift.STRUCT, one(inner)),
            ),
            max_leaves=10,
        )
    )


@settings(max_examples=40, deadline=None)
@given(structures())
def test_structures_come_back(structure: thrift.Struct) -> None:
    data = thrift.dumps(structure)
    assert thrift.loads(data) == structure
    for length in range(len(data)):
        with pytest.raises(ValueError, match="damaged"):
            thrift.loads(data[:length])


def test_a_field_far_behind_the_last() -> None:
    structure = {
        1: thrift.Field(thrift.I32, 1),
        2: thrift.Field(thrift.MAP, (thrift.I64 << 4 | thrift.BINARY, [(-5, b"five"), (6, b"")])),
        3: thrift.Field(thrift.MAP, (0, [])),
        4: thrift.Field(thrift.DOUBLE, b"8 bytes!"),
        5: thrift.listed(thrift.STRUCT, [{1: thrift.Field(thrift.I64, 2**40)}] * 20),
        300: thrift.Field(thrift.I32, -1),
    }
    assert thrift.loads(thrift.dumps(structure)) == structure


def test_nothing_is_read_of_what_is_no_structure() -> None:
    for data in (b"\x1e\x00", b"\x1f", b"\x1c" * 5_000):
        with pytest.raises(ValueError, match="damaged"):
            thrift.loads(data)
