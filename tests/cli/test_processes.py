"""The command line as a process: pipes, signals, and what stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks import commands
from tests.conftest import DAY

COMMAND = [sys.executable, "-W", "error", "-m", "medcodes"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and shells as Unix has them")


def run(
    *arguments: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_from_the_shell() -> None:
    done = run("identify", "I10", "--on", DAY)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Essential (primary) hypertension" in done.stdout


@posix
def test_a_closed_output_is_said_in_one_line() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, "identify", "I10"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"medcodes: standard output is closed\n"


def test_the_script_is_installed() -> None:
    script = Path(sys.executable).with_name("medcodes")
    if not script.exists():
        pytest.skip("medcodes is on the path, not installed")
    done = subprocess.run([script, "--version"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"medcodes ")


def test_without_the_extra() -> None:
    code = (
        "import sys; sys.modules['typer'] = None; sys.argv = ['medcodes', 'identify', 'I10']\n"
        "from medcodes.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.strip() == (
        b"medcodes: the command line needs typer: pip install 'medcodes[cli]'"
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_can_print_the_table(encoding: str) -> None:
    done = run("identify", "９0837", "Ménière", "--on", DAY, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"malformed" in done.stdout


@posix
def test_a_reader_may_stop_reading(tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_text("E11.65\n" * 20_000)
    program = " ".join(COMMAND)
    for command in (f"identify --file {path} --json", f"annotate {path} - --column E11.65"):
        line = f"{program} {command} --on {DAY} | head -n 1"
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout.splitlines()) == 1


def test_from_pipe_to_pipe() -> None:
    data = b"dx,x\nE119,1\n" + b"I10,2\n" * 5_000
    done = run("annotate", "-", "-", "--column", "dx", "--field", "code", "--on", DAY, stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[:2] == [b"dx,x,dx_code", b"E119,1,E11.9"]
    assert len(done.stdout.splitlines()) == 5_002


def test_a_disk_that_is_full() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full disk here")
    done = run("annotate", "-", "/dev/full", "--column", "dx", "--on", DAY, stdin=b"dx\nI10\n")
    assert done.returncode == 2
    assert done.stderr.startswith(b"medcodes: ")
    assert b"No space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1


@contextmanager
def half_way(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has written a part of its output and waits for more input."""
    command = [*COMMAND, "annotate", "-", str(folder / "out.csv"), "--column", "dx", "--on", DAY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"dx,x\n" + b"I10,some more text\n" * 500_000)
        process.stdin.flush()
        for _ in range(600):
            parts = list(folder.glob(".out.csv.*.part"))
            if parts and parts[0].stat().st_size:
                break
            time.sleep(0.05)
        else:
            pytest.fail("nothing was written")
        try:
            yield process
        finally:
            process.kill()


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_interrupted_work_leaves_the_old_output(name: str, tmp_path: Path) -> None:
    number = signal.Signals[name]
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with half_way(tmp_path) as process:
        process.send_signal(number)
        assert process.stdin is not None
        assert process.stderr is not None
        code = process.wait(60)
        said = process.stderr.read()
    assert target.read_bytes() == b"old"
    parts = list(tmp_path.glob(".*"))
    if number == signal.SIGKILL:
        assert (code, len(parts)) == (-signal.SIGKILL, 1)
        os.utime(parts[0], (time.time() - 3_600,) * 2)
        done = run("annotate", "-", str(target), "--column", "dx", "--on", DAY, stdin=b"dx\nI10\n")
        assert done.returncode == 0
        assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
        assert target.read_bytes().startswith(b"dx,dx_system")
    else:
        assert code == 128 + number
        assert parts == []
        assert b"Traceback" not in said


def test_a_million_rows(tmp_path: Path) -> None:
    source, target = tmp_path / "claims.parquet", tmp_path / "out.parquet"
    commands.claims(source, 1_000_000)
    done = commands.measured("annotate", source, target, "--column", "dx")
    assert done("peak") < 500  # MB
    before, after = pq.read_table(source), pq.read_table(target)
    assert after.num_rows == 1_000_000
    assert after.select(before.column_names).equals(before)
