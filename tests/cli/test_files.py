"""Opening files, and writing them whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from medcodes import atomic
from medcodes.cli import progress
from medcodes.cli.errors import InputError
from medcodes.cli.files import stream
from medcodes.cli.files.notes import Notes
from medcodes.cli.files.opening import format_to_write
from medcodes.cli.files.stream import opened
from medcodes.cli.files.target import written


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("a.csv", "csv"),
        ("A.CSV.GZ", "csv"),
        ("a.txt", "text"),
        ("a.tsv.zst", "tsv"),
        ("claims.2026.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("folder.csv/a.parquet", "parquet"),
        ("claims", None),
        ("claims.gz", None),
        ("claims.dat", None),
        ("-", None),
    ],
)
def test_the_format_of_a_name(path: str, format_: str | None) -> None:
    assert format_to_write(path) == format_


@pytest.mark.parametrize("path", ["a.xlsx", "a.XLS", "a.xlsm", "a.json", "a.json.gz"])
def test_formats_that_are_not_written(path: str) -> None:
    with pytest.raises(InputError, match="can be read, but not written; name it .csv, .tsv"):
        format_to_write(path)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_what_was_written_is_read(ending: str, tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,2\n" * 100_000
    path = str(tmp_path / f"a.csv{ending}")
    with written(path) as out:
        out.write(data)
    with opened(path) as file:
        assert file.part() is not None
        assert file.read(3) == "a,b"
        assert file.line() == "\n"
        assert file.read(10**9).encode() == data[4:]
        assert file.read() == ""
        assert file.part() == 1.0
    first = Path(path).read_bytes()
    assert ending == "" or len(first) < len(data) / 100
    with written(path) as out:
        out.write(data)
    assert Path(path).read_bytes() == first  # no hour, no name in it


def test_several_parts_of_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"  # the bytes say it, not the name
    path.write_bytes(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"))
    with opened(str(path)) as file:
        assert list(file.lines()) == ["a,b\n", "1,2\n"]


@pytest.mark.parametrize("kept", [-500, 20])
def test_a_file_that_was_cut_off(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(os.urandom(100_000))[:kept])
    with opened(str(path)) as file, pytest.raises(InputError, match=r"a\.csv\.gz: damaged or cut"):
        file.read(10**6)
    with opened(str(path)) as file, pytest.raises(InputError, match=r"a\.csv\.gz: damaged or cut"):
        file.seekable()


TEXT = "a,b\r\né,Ménière €\r\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), "its text is UTF-16"),
        (TEXT.encode("utf-16-le"), "its text is UTF-16"),
        (TEXT.encode("utf-16-be"), "its text is UTF-16"),
        (TEXT.encode("cp1252"), "bytes that are not UTF-8 are read as Windows-1252"),
    ],
)
def test_encodings(data: bytes, said: str, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "a.csv"
    for packed in (data, gzip.compress(data)):
        path.write_bytes(packed)
        with opened(str(path)) as file:
            assert file.read() == TEXT
        assert capsys.readouterr().err == (f"note: {path}: {said}\n" if said else "")


def test_bytes_that_windows_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\x81 \x80 \xff\n" * 2)
    with opened(str(path)) as file:
        assert file.line() == file.line() == "\x81 € ÿ\n"


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_LONGEST_LINE", 200)
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 1_000)
    with opened(str(path)) as file, pytest.raises(InputError, match="a line is longer than 0 MB"):
        list(file.lines())


def test_a_pipe_has_no_size(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a\n1\n",))
    writer.start()
    with opened(str(path)) as file:
        assert file.read(100) == "a\n1\n"
        assert file.part() is None
    writer.join()


def test_a_copy_of_what_is_not_read_from_front_to_back(tmp_path: Path) -> None:
    data = b"PAR1" * 1_000_000
    for path, packed in ((tmp_path / "a", data), (tmp_path / "b", gzip.compress(data))):
        path.write_bytes(packed)
        with opened(str(path)) as file:
            whole = file.seekable()
            assert whole.read() == data
            assert whole.seek(-4, os.SEEK_END) == len(data) - 4
        assert whole.closed


def test_notes() -> None:
    notes = Notes()
    notes.add("something")
    notes.add("something")
    notes.add("few", [7])
    notes.add("some", [1, 2_000])
    notes.add("many", range(1, 3))
    notes.add("many", range(3, 1_004))
    notes.add("none", [])
    assert list(notes) == [
        "something",
        "row 7: few",
        "rows 1 and 2,000: some",
        "rows 1, 2, 3 and 1,000 more: many",
    ]


# -- whole or not at all -------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    with atomic.whole_file(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(tmp_path) == ["out.csv"]


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is said otherwise there")
def test_a_new_file_is_as_readable_as_any(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with atomic.whole_file(tmp_path / "new") as file:
        file.write(b"new")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file(error: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with pytest.raises(error), atomic.whole_file(target) as file:
        raise error(file.write(b"half of the n"))
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["out.csv"]


def test_a_compressed_file_is_no_exception(tmp_path: Path) -> None:
    for ending in (".gz", ".zst"):
        with pytest.raises(KeyError), written(str(tmp_path / f"out.csv{ending}")) as out:
            raise KeyError(out.write(b"half of the n"))
    assert names(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic.whole_file(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_written_to(tmp_path: Path) -> None:
    with atomic.whole_file(Path(os.devnull)) as file:
        file.write(b"new")
    assert not Path(os.devnull).is_file()
    with pytest.raises(IsADirectoryError), atomic.whole_file(tmp_path):
        pass
    with pytest.raises(FileNotFoundError), atomic.whole_file(tmp_path / "no" / "such"):
        pass


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    old, young = tmp_path / ".out.csv.abc.part", tmp_path / ".out.csv.def.part"
    others, used = tmp_path / ".other.csv.abc.part", tmp_path / ".out.csv.ghi.part"
    for part in (old, young, others, used):
        part.write_bytes(b"half")
        if part is not young:
            os.utime(part, (time.time() - 3_600,) * 2)
    with used.open("rb") as file:
        assert atomic._lock(file)
        with atomic.whole_file(tmp_path / "out.csv"):
            pass
    assert names(tmp_path) == sorted(
        [".other.csv.abc.part", ".out.csv.def.part", ".out.csv.ghi.part", "out.csv"]
    )


def test_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert atomic._locks() is None
    old = tmp_path / ".out.csv.abc.part"
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 3_600,) * 2)
    with atomic.whole_file(tmp_path / "out.csv") as file:
        file.write(b"new")
    assert names(tmp_path) == ["out.csv"]


def test_a_new_file_after_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from medcodes import atomic\n"
        "with atomic.whole_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode != 0
    assert target.read_bytes() == b"old"
    (left,) = (one for one in tmp_path.iterdir() if one != target)
    os.utime(left, (time.time() - 3_600,) * 2)
    with atomic.whole_file(target) as file:
        file.write(b"new")
    assert names(tmp_path) == ["out.csv"]


# -- progress ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    assert list(progress.shown(["a", "bc"], lambda: 0.5, after=0)) == ["a", "bc"]
    assert said.getvalue() == ""


@pytest.mark.parametrize("part", [0.5, None])
def test_a_bar_on_a_terminal(part: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    batches = [range(1_000), range(2_000)]
    assert list(progress.shown(batches, lambda: part, after=0)) == batches
    assert "3,000 rows," in said.getvalue()
    assert "a second" in said.getvalue()
    assert ("50%" in said.getvalue()) is (part is not None)


def test_no_bar_for_short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    assert list(progress.shown(["a"], lambda: 1.0, after=1e9)) == ["a"]
    assert said.getvalue() == ""


def test_a_folder_that_is_not_there_is_said_of_what_was_named(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "out.csv"
    with pytest.raises(OSError, match="No such file") as refused, atomic.whole_file(target):
        raise AssertionError("nothing is begun")
    assert refused.value.filename == str(target)
