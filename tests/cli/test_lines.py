"""Text files by their lines: CSV, TSV and JSON lines keep every byte that is not looked at."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcodes.cli import lines
from medcodes.cli.delimited import Delimited
from medcodes.cli.jsonlines import JsonLines
from medcodes.cli.trouble import Trouble
from tests.cli.conftest import source

CSV = (
    b'\xef\xbb\xbfid,dx,"no te"\r\n1,E119,"a ""q"" \n b"\r\n\r\n2,,x\n'
    b'3,"I10",5" pipe\n4,00100,"last"'
)
JSON = b'{"dx":"E119","a":1}\n\n{"dx":null} \r\n{}\n{"a":{"dx":3},"dx":"\\u0041"}'


def delimited(data: bytes, delimiter: str = ",", *, header: bool = True) -> Delimited:
    return Delimited(source(data), delimiter, header=header)


def added(rows: int) -> dict[str, pa.Array]:
    """New columns of every kind that answers have."""
    texts = pa.array([None if one % 3 == 0 else 'a, "b"' for one in range(rows)], pa.string())
    return {
        "new": texts.dictionary_encode(),
        "also, new": pa.array([f"c{one}" for one in range(rows)], pa.string()),
        "true": pa.array([one % 2 == 0 or None for one in range(rows)], pa.bool_()),
        "day": pa.array([None if one % 2 else 0 for one in range(rows)], pa.int32()).cast(
            pa.date32()
        ),
    }


def written(table: Delimited | JsonLines, wanted: list[str]) -> bytes:
    out = bytes(table.head(list(added(0))))
    for batch in table.batches(wanted):
        out += bytes(table.extended(batch, added(len(batch.rows))))
    return out


def read(table: Delimited | JsonLines, name: str) -> list[tuple[int, Any]]:
    return [
        (row, value)
        for batch in table.batches([name])
        for row, value in zip(batch.rows.tolist(), batch.columns[name].to_pylist(), strict=True)
    ]


@pytest.fixture(params=[1 << 23, 40, 16, 5, 1])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks from larger than the file down to a byte at a time."""
    size: int = request.param
    whole: Any = lines.lines

    def small(*arguments: Any) -> Any:
        return whole(*arguments, size)

    monkeypatch.setattr("medcodes.cli.delimited.lines", small)
    monkeypatch.setattr("medcodes.cli.jsonlines.lines", small)
    return size


def test_csv_is_read_as_text(block: int) -> None:
    table = delimited(CSV)
    assert table.columns == ["id", "dx", "no te"]
    assert read(table, "dx") == [(2, "E119"), (4, None), (5, "I10"), (6, "00100")]
    assert [value for _, value in read(delimited(CSV), "no te")] == [
        'a "q" \n b', "x", '5" pipe', "last",
    ]  # fmt: skip


def test_csv_without_a_header(block: int) -> None:
    table = delimited(CSV, header=False)
    assert table.columns == ["1", "2", "3"]
    assert read(table, "2")[:2] == [(1, "dx"), (2, "E119")]
    assert read(delimited(CSV, header=False), "1")[0] == (1, "id")
    assert written(delimited(CSV, header=False), ["2"]).startswith(
        b'\xef\xbb\xbfid,dx,"no te",,c0,true,1970-01-01\r\n'
    )


def test_a_header_alone() -> None:
    assert read(delimited(b"a,b"), "a") == []
    assert written(delimited(b"a,b\n\n\n"), ["a"]) == b'a,b,new,"also, new",true,day\n\n\n'


def test_csv_keeps_its_bytes() -> None:
    assert written(delimited(CSV), ["dx"]) == (
        b'\xef\xbb\xbfid,dx,"no te",new,"also, new",true,day\r\n'
        b'1,E119,"a ""q"" \n b",,c0,true,1970-01-01\r\n'
        b"\r\n"
        b'2,,x,"a, ""b""",c1,,\n'
        b'3,"I10",5" pipe,"a, ""b""",c2,true,1970-01-01\n'
        b'4,00100,"last",,c3,,'
    )


def test_json_lines_keep_their_bytes(block: int) -> None:
    table = JsonLines(source(JSON))
    assert {"dx"} <= set(table.columns)
    assert read(table, "dx") == [(1, "E119"), (3, None), (4, None), (5, "A")]
    out = written(JsonLines(source(b"\xef\xbb\xbf" + JSON)), ["dx"])
    assert out.startswith(b'\xef\xbb\xbf{"dx":"E119","a":1, "new": null, "also, new": "c0", ')
    assert out.count(b"\n") == JSON.count(b"\n")
    assert b'"day": "1970-01-01"}\n\n{"dx":null, ' in out
    assert b"\r\n{" + b'"new": ' in out
    rows = [json.loads(line) for line in out[3:].splitlines() if line]
    assert [row.get("dx") for row in rows] == ["E119", None, None, "A"]
    if block > len(JSON):
        assert [row["new"] for row in rows] == [None, 'a, "b"', 'a, "b"', None]


cells = st.text(st.sampled_from('abE1.0 ,;"\n\té'), max_size=6)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(1, 60),
)
def test_any_csv_comes_out_as_it_went_in(
    rows: list[tuple[str, str, str]], quoting: Any, end: str, size: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=end)
    writer.writerow(["one", "two", "three"])
    writer.writerows(rows)
    data = text.getvalue().encode()
    whole: Any = lines.lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("medcodes.cli.delimited.lines", lambda *given: whole(*given, size))
        found = [value for _, value in read(delimited(data), "two")]
        out = written(delimited(data), ["two"])
    assert found == [row[1] or None for row in rows]
    again = list(csv.reader(io.StringIO(out.decode(), newline="")))
    assert [row[:3] for row in again[1:]] == [list(row) for row in rows]
    assert {len(row) for row in again} == {7}
    # Nothing is taken away: what was there is there, in order.
    rest = iter(out)
    assert all(byte in rest for byte in data)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(["dx", "a", "b c"]), cells), max_size=8),
    size=st.integers(1, 60),
)
def test_any_json_lines_come_out_as_they_went_in(rows: list[dict[str, str]], size: int) -> None:
    rows = [{"dx": "E119"}, *rows]
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    whole: Any = lines.lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("medcodes.cli.jsonlines.lines", lambda *given: whole(*given, size))
        found = [value for _, value in read(JsonLines(source(data)), "dx")]
        out = written(JsonLines(source(data)), ["dx"])
    assert found == [row.get("dx") for row in rows]
    for line, row in zip(out.split(b"\n"), rows, strict=False):
        new = json.loads(line)
        assert {name: new[name] for name in row} == row
        assert len(new) == len(row) + 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (b"a,b\n1,2\n3\n", "row 3: has 1 values where the header has 2"),
        (b"a,b\n1,2\n\n3,4,5\n", "row 4: has 3 values where the header has 2"),
        (b"a,b\n1,2\r3,4\n", "a lone carriage return"),
        (b"a,b\r1,2\r3,4\r", "does a carriage return alone end lines?"),
        (b'a,b\n1,"2\n3,4\n', "row 2: a quote is never closed"),
        (b'a,b\n1,x"\n1,"2', "row 3: a quote is never closed"),
        (b"b;c\n1;2\n", "has no column 'a'; it has 'b;c'; if its values are separated by ';'"),
        (b"b\n1\n", "has no column 'a'; it has 'b'"),
        (b"a,a\n1,2\n", "2 columns are called 'a'"),
        (b"aa,A\n1,2\n", "did you mean 'aa'?"),
        (b"A,b\n1,2\n", "did you mean 'A'?"),
        (",".join(f"c{one}" for one in range(20)).encode(), "and 8 more"),
    ],
    ids=repr,
)
def test_bad_csv(data: bytes, message: str) -> None:
    with pytest.raises(Trouble) as caught:
        read(delimited(data), "a")
    assert message in str(caught.value)
    assert str(caught.value).startswith("made-up")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "is empty"),
        (b"[1]\n", "row 1: is no JSON object in one line: it is a list"),
        (b'{"dx":1}\n', "row 1: dx is no text but number; codes written as numbers have lost"),
        (b'{"dx":"a"}\n\n{"dx":[1]}\n', "row 3: dx is no text but array"),
        (b'{"dx":"a"}\n{"dx":"a"\n}\n', "row 2: is no JSON object in one line"),
        (b'{"dx":"a"} {"dx":"b"}\n', "row 1: is no JSON object in one line: Extra data"),
        (b'{"dx":"a","dx":"b"}\n', "cannot be read"),
        (b'{"dx":"a"}\n{"dx":"b"} {"dx":"c"}\n', "row 2: is no JSON object in one line"),
        (b'{"a":"a"}\n', "has no column 'dx'"),
        (b"{" + b"x" * 90, "row 1: is no JSON object"),
    ],
    ids=repr,
)
def test_bad_json_lines(data: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcodes.cli.jsonlines._KNOWN", 1)
    with pytest.raises(Trouble) as caught:
        read(JsonLines(source(data)), "dx")
    assert message in str(caught.value)


def test_a_field_that_is_there_already() -> None:
    table = JsonLines(source(b'{"dx":"new"}\n{"dx":"a","new":1}\n'))
    with pytest.raises(Trouble, match="row 2: has a field 'new' already; pass --prefix"):
        written(table, ["dx"])
    # The same word elsewhere is none.
    assert written(JsonLines(source(b'{"dx":"\\"new\\"", "x": {"new": 1}}')), ["dx"])


def test_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 200)
    data = b'a,b\n1,"' + b"x\n" * 1_000
    with pytest.raises(Trouble, match="row 1: is longer than 0 MB; is there a quote"):
        list(lines.lines(source(data[4:]), lines.by_record(","), 10))


def test_what_cannot_be_parsed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise pa.ArrowInvalid("straddling")

    monkeypatch.setattr("pyarrow.csv.read_csv", broken)
    with pytest.raises(Trouble, match="cannot be read as delimited text: straddling"):
        read(delimited(b"a,b\n1,2\n"), "a")


def test_bytes_that_are_no_text() -> None:
    data = b"a,b\nE11\xff9,\xfe\nI10,2\n"
    assert read(delimited(data), "a") == [(2, "E11�9"), (3, "I10")]
    assert b"\xfe,,c0" in written(delimited(data), ["a"])


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "^", "]", "\\"])
def test_other_delimiters(delimiter: str) -> None:
    data = f'a{delimiter}b\n1{delimiter}"x{delimiter}y"\n2{delimiter}5" z\n'.encode()
    assert read(delimited(data, delimiter), "b") == [(2, f"x{delimiter}y"), (3, '5" z')]


def test_stray_quotes_do_not_take_forever() -> None:
    record = b'"a' + b'""b' * 2_000 + b"\n"
    cut: Callable[[bytes], Any] = lines.by_record(",")
    assert len(cut(b'x"\n' + record)) == 1  # the second record is never closed
    assert len(cut(b'x"\n' + record * 50)) == 26  # the quote of each other one closes it
    assert len(cut(b'x"\n' + record[:-1] + b'"\n')) == 2
