"""Tables of text: CSV, TSV and JSON are read and written to the letter."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medcodes.cli.errors import InputError
from medcodes.cli.files import json as json_files
from medcodes.cli.files import opening
from medcodes.cli.files.opening import open_table
from medcodes.cli.files.stream import InputFile
from medcodes.cli.files.table import Table

CSV = (
    b'\xef\xbb\xbfid,dx,"no te"\r\n1,E119,"a ""q"" \n b"\r\n\r\n2,,x\n'
    b'3,"I10",5" pipe\n4,00100,"last"'
)
JSON = b'{"dx":"E119","a":1}\n\n{"dx":null} \r\n{}\n{"a":{"dx":3},"dx":"\\u0041"}'
NEW = 'a, "b"'


@contextmanager
def table_of(data: bytes, **layout: Any) -> Iterator[Table]:
    """The table in some bytes, as if they came from a pipe."""
    raw: Any = io.BytesIO(data)
    file = InputFile("made-up", raw, io.BufferedReader(raw), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "opened", lambda _: nullcontext(file))
        with open_table("made-up", **layout) as table:
            yield table


Rows = list[dict[str, Any]]


def read(data: bytes, **layout: Any) -> tuple[list[int], Rows, list[str]]:
    """The numbers of the rows, what is in them, and what was done to read them."""
    numbers: list[int] = []
    rows: Rows = []
    with table_of(data, **layout) as table:
        for batch in table.batches(table.columns):
            numbers += batch.rows.tolist()
            for place, row in enumerate(batch.data.to_pylist()):
                rows.append({**row, **batch.beyond.get(place, {})})
    return numbers, rows, list(table.notes)


def again(data: bytes, format_: str | None = None, **layout: Any) -> bytes:
    """The table written again with a new column, as `annotate` does."""
    out = io.BytesIO()
    with table_of(data, **layout) as table:
        writer = opening.writer(out, format_, [*table.columns, "n,w"], table)
        names = table.columns[:1] if writer.extends else table.columns
        for batch in table.batches(names, written=writer.extends):
            cells = pa.array([None if one % 2 else NEW for one in range(len(batch))], pa.string())
            writer.write(batch, {"n,w": cells.dictionary_encode()})
        writer.close()
    return out.getvalue()


@pytest.fixture(params=[1 << 23, 64, 41, 30, 25])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks from larger than the file down to little more than a header."""
    size: int = request.param
    monkeypatch.setattr(InputFile.read, "__defaults__", (size,))
    monkeypatch.setattr(json_files, "_AT_ONCE", size)
    return size


# -- CSV -----------------------------------------------------------------------------------------


def test_csv_is_read_as_text(block: int) -> None:
    numbers, rows, notes = read(CSV, delimiter=",")
    assert numbers == [2, 4, 5, 6]
    assert [row["dx"] for row in rows] == ["E119", None, "I10", "00100"]
    assert [row["no te"] for row in rows] == ['a "q" \n b', "x", '5" pipe', "last"]
    assert notes == []


def test_csv_without_a_header(block: int) -> None:
    numbers, rows, _ = read(CSV, delimiter=",", header=False)
    assert numbers[:2] == [1, 2]
    assert [row["2"] for row in rows][:2] == ["dx", "E119"]
    assert again(CSV, delimiter=",", header=False).startswith(b'id,dx,no te,"a, ""b"""\r\n')


def test_a_header_alone() -> None:
    for data in (b"a,b", b"a,b\n", b"a,b\n\n\n"):
        assert read(data)[:2] == ([], [])
        assert again(data) == b'a,b,"n,w"\n'


def test_csv_is_written_as_it_was_read() -> None:
    assert again(CSV) == (
        b'\xef\xbb\xbfid,dx,"no te","n,w"\r\n'
        b'1,E119,"a ""q"" \n b","a, ""b"""\r\n'
        b"2,,x,\r\n"
        b'3,I10,"5"" pipe","a, ""b"""\r\n'
        b"4,00100,last,\r\n"
    )
    # Where every row is a line, nothing of it changes.
    assert again(b'a;b\n"1";\n" 2";""') == b'a;b;n,w\n"1";;"a, ""b"""\n" 2";"";\n'
    assert again(b'a\r"1"\r') == b'a,"n,w"\r"1","a, ""b"""\r'


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "^", "]", "\\"])
def test_delimiters(delimiter: str) -> None:
    data = f'a{delimiter}b\n1{delimiter}"x{delimiter}y"\n2{delimiter}5" z\n'.encode()
    known = delimiter in ";|\t"
    _, rows, notes = read(data, **({} if known else {"delimiter": delimiter}))
    assert [row["b"] for row in rows] == [f"x{delimiter}y", '5" z']
    assert notes == ([f"the values are separated by {delimiter!r}"] if known else [])
    assert (
        again(data, delimiter=delimiter).splitlines()[0] == f"a{delimiter}b{delimiter}n,w".encode()
    )


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (b"name,dx\nSmith; John,I10\nDoe; Jane,E119\n", ["name", "dx"]),
        (b"name\tdx\nSmith, John\tI10\nDoe, Jane\tE119\n", ["name", "dx"]),
        (b"a;b\n1,5;2,5\n2,5;3,5\n", ["a", "b"]),
        (b"note\nfoo, bar\nbaz\nqux\n", ["note"]),
        (b"dx\nI10|E119\nI10\n", ["dx"]),
    ],
    ids=str,
)
def test_what_looks_like_a_delimiter(data: bytes, columns: list[str]) -> None:
    with table_of(data) as table:
        assert table.columns == columns


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (b",,\n,,\n", "is empty"),
        (b'a,b\n1,"2\n3,4\n', "row 2: a quote is never closed, or a value is too long: the file"),
        (b'a,b\n1,x"\n\n1,"2', "row 4: a quote is never closed"),
        (b'a,b\n1,2\n3,"' + b"x" * 200_000 + b'"y",\n', "row 3: a quote is never closed, or a val"),
        (b'"a,b\n' + b"1,2\n" * 100_000, "its first row never ends"),
    ],
    ids=lambda one: one[:20],
)
def test_bad_csv(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert message in str(caught.value)
    assert str(caught.value).startswith("made-up")


cells = st.text(st.sampled_from('abE1.0 ,;"\n\r\té'), max_size=6)
tables = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12)
HEADER = ["one", "two", "three"]


def written_as_csv(rows: Any, **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows([HEADER, *rows])
    return text.getvalue().encode()


@settings(max_examples=60, deadline=None)
@given(
    rows=tables,
    quoting=st.sampled_from([csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t|"),
    size=st.integers(20, 90),
)
def test_any_table_in_any_dialect_is_read_to_the_letter(
    rows: Any, quoting: Any, end: str, delimiter: str, size: int
) -> None:
    data = written_as_csv(rows, quoting=quoting, lineterminator=end, delimiter=delimiter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InputFile.read, "__defaults__", (size,))
        numbers, found, _ = read(data, delimiter=delimiter)
        out = again(data, delimiter=delimiter)
    assert numbers == list(range(2, len(rows) + 2))
    assert [tuple(row.values()) for row in found] == rows
    lines = list(csv.reader(io.StringIO(out.decode(), newline=""), delimiter=delimiter))
    assert [tuple(line[:3]) for line in lines[1:]] == rows
    assert {len(line) for line in lines} == {4}
    _, same, _ = read(out, delimiter=delimiter)
    assert [tuple(row.values())[:3] for row in same] == rows


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab, "\n\r'), max_size=40), size=st.integers(20, 60))
def test_any_text_is_read_as_python_reads_it(text: str, size: int) -> None:
    head = "one,two,three,four\n"
    lines = list(csv.reader(io.StringIO(f"{text}\nend", newline="")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InputFile.read, "__defaults__", (size,))
        try:
            numbers, rows, _ = read(f"{head}{text}\nend".encode(), delimiter=",")
        except InputError as error:
            assert "a quote is never closed" in str(error)
            assert lines[-1] != ["end"]
            return
    assert lines[-1] == ["end"]
    filled = [(number, line) for number, line in enumerate(lines, 2) if line]
    assert numbers == [number for number, _ in filled]
    for row, (_, line) in zip(rows, filled, strict=True):
        values = [value or "" for value in row.values()]
        most = max(len(values), len(line))
        padded = [one + [""] * (most - len(one)) for one in (values, line)]
        assert padded[0] == padded[1]


# -- JSON ----------------------------------------------------------------------------------------


def test_json_lines(block: int) -> None:
    numbers, rows, notes = read(JSON)
    assert numbers == [1, 3, 4, 5]
    assert [row.get("dx") for row in rows] == ["E119", None, None, "A"]
    assert [row.get("a") for row in rows] == ["1", None, None, '{"dx":3}']
    assert notes == []
    assert again(JSON) == (
        b'{"dx":"E119","a":1, "n,w": "a, \\"b\\""}\n{"dx":null, "n,w": null}\n'
        b'{"n,w": "a, \\"b\\""}\n{"a":{"dx":3},"dx":"\\u0041", "n,w": null}\n'
    )


LETTERS = (
    '[{"a": 1.50, "b": 1e3, "c": 12345678901234567890123, "d": true, "e": [1, {"y":null}]},\r\n'
    ' {\n  "a": -0,\n  "b": {}, "c": "", "d": null\n }\n , {}]\n'
)


def test_json_keeps_every_letter(block: int) -> None:
    numbers, rows, _ = read(LETTERS.encode())
    assert numbers == [1, 2, 3]
    first = {"a": "1.50", "b": "1e3", "c": "12345678901234567890123", "d": "true"}
    assert rows[0] == {**first, "e": '[1, {"y":null}]'}
    assert rows[1] == {"a": "-0", "b": "{}", "c": "", "d": None, "e": None}
    assert set(rows[2].values()) == {None}
    out = again(LETTERS.encode()).decode().splitlines()
    assert out[0].startswith(LETTERS[1:].partition("}")[0])
    assert [json.loads(line).pop("c", 0) for line in out] == [12345678901234567890123, "", 0]
    assert len(out) == 3


def test_half_a_character_in_json() -> None:
    data = b'{"a": "\\ud800", "b": "x"}\n'
    assert read(data)[1] == [{"a": "?", "b": "x"}]
    assert again(data).startswith(data[:-2])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "is empty"),
        (b"[ {} , 1]", "row 2: is not a JSON object"),
        (b"[{},{}] x", "row 3: comes after the end of the array"),
        (b"[{}", "row 2: is not a JSON object: Expecting value"),
        (b'[{"a":1},{"a" 1}]', "row 2: is not a JSON object: Expecting ':' delimiter"),
        (b'{"dx":"a"}\n[1]\n', "row 2: is not a JSON object"),
        (b'{"dx":"a"}\n{"dx":"a"\n', "row 2: is not a JSON object: Expecting ',' delimiter"),
        (b'{"dx":"a"}\n\n{"dx":"a"} x\n', "row 3: is not a JSON object: Expecting value"),
        (b'{"dx":"a","x":[{"a":1,"a":2}],"dx":"b"}\n', "row 1: has the field 'dx' twice"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "row 1: is nested too deep"),
        (b'{"a' + b"x" * 90, "row 1: is not a JSON object: Unterminated string"),
    ],
    ids=lambda one: one[:20],
)
def test_bad_json(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert message in str(caught.value)


def test_an_object_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "_LONGEST", 200)
    monkeypatch.setattr(InputFile.read, "__defaults__", (100,))
    with pytest.raises(InputError, match="row 1: is not a JSON object"):
        read(b'{"a": "' + b"x" * 100_000)


def test_a_field_that_comes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "_AT_ONCE", 1)
    data = b'{"a":"x"}\n{"a":"y","b":7}\n'
    assert read(data)[1] == [{"a": "x"}, {"a": "y", "b": "7"}]
    assert again(data).splitlines()[1].startswith(b'{"a":"y","b":7, ')
    for format_ in ("csv", "parquet"):
        with pytest.raises(InputError, match="row 2 has 'b', for which there is no column"):
            again(data, format_)
    with pytest.raises(InputError, match="row 2 has a field 'n,w' already; pass --prefix"):
        again(b'{"a":"x"}\n{"n,w":"y"}\n')
    # The same word elsewhere is not a field of the row.
    assert again(b'{"dx":"\\"n,w\\"", "x": {"n,w": 1}}')


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(["dx", "a", "b c"]), cells), max_size=8),
    size=st.integers(1, 60),
    array=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_any_json_is_read_to_the_letter(
    rows: Any, size: int, array: bool, indent: int | None
) -> None:
    rows = [{"dx": "E119", "a": "", "b c": "é"}, *rows]
    data = json.dumps(rows, indent=indent).encode()
    if not array:
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InputFile.read, "__defaults__", (size,))
        numbers, found, _ = read(data, format_="json")
        out = again(data)
    assert numbers == list(range(1, len(rows) + 1))
    assert [
        {name: row[name] for name in wanted} for row, wanted in zip(found, rows, strict=True)
    ] == rows
    for line, row in zip(out.splitlines(), rows, strict=True):
        new = json.loads(line)
        assert {name: new[name] for name in row} == row
        assert len(new) == len(row) + 1


# -- from every format to every other ------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(rows=tables)
def test_any_table_in_any_format_comes_out_in_any_other(rows: Any) -> None:
    csv_data = written_as_csv(rows, quoting=csv.QUOTE_ALL, lineterminator="\n")
    objects = [dict(zip(HEADER, row, strict=True)) for row in rows]
    lines = "".join(json.dumps(row) + "\n" for row in objects).encode()
    for data in (csv_data, lines, json.dumps(objects).encode()):
        parquet = pq.read_table(pa.BufferReader(again(data, "parquet")))
        assert parquet.select(HEADER).to_pylist() == objects
        for format_ in ("csv", "tsv", "jsonl"):
            _, found, _ = read(again(data, format_), format_=format_)
            assert [{name: row[name] for name in HEADER} for row in found] == objects
