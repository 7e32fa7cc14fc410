"""``python -m medcodes``."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import medcodes
from medcodes.__main__ import main
from tests.conftest import DAY, ROOT


def run(
    *arguments: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "medcodes", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["90837", "E11.65", "J0120", "99213-25", "0SR", "--on", DAY]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines() == [
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


def test_what_is_no_code_has_its_reason_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["9O837", "", "x" * 300, "00099", "E11\n.9", "--on", DAY])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "malformed" in lines[1]
    assert "position 2 of CPT must be a digit: 'O'" in lines[1]
    assert "there is nothing in it" in lines[2]
    assert lines[3].startswith(f"{'x' * 21}...")
    assert "no code has 300 characters" in lines[3]
    assert "none of its published ranges" in lines[4]
    assert lines[5].startswith("E11\\n.9")


def test_a_file_of_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "codes.txt"
    path.write_bytes(b"# a comment\n\nE11.65\r\n  \n I10 \n\xff\xfe\n")
    main(["--file", str(path), "--on", DAY])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["TEXT", "E11.65", "I10"]
    assert len(lines) == 4
    assert "malformed" in lines[3]


def test_a_byte_order_mark_hides_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "codes.txt"
    path.write_bytes(b"\xef\xbb\xbf# a comment\nI10\n")
    main(["--file", str(path), "--on", DAY])
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.skipif(os.name != "posix", reason="a shell with pipes")
def test_a_reader_may_stop_reading(tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_text("E11.65\n" * 20_000)
    command = f"{sys.executable} -W error -m medcodes --file {path} --on {DAY} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"TEXT")


def test_no_one_reads_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return tmp_file.fileno()

    with tmp_path.joinpath("out").open("w") as tmp_file:
        monkeypatch.setattr(sys, "stdout", Closed())
        assert main(["I10", "--on", DAY]) == 0
    assert tmp_path.joinpath("out").read_bytes() == b""


def test_an_empty_file_has_an_empty_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.joinpath("empty").write_bytes(b"")
    assert main(["--file", str(tmp_path / "empty")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_sample_file_shows_every_status(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--file", str(ROOT / "examples" / "codes.txt"), "--on", DAY])
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) > 20
    for status in ("valid", "header", "plausible", "expired", "unknown", "malformed"):
        assert f" {status} " in printed
    for system in medcodes.systems.ALL:
        assert f" {system.name} " in printed
    assert "(or ICD-10-CM J01.20)" in printed


def test_from_the_shell() -> None:
    done = run("I10", "--on", DAY)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Essential (primary) hypertension" in done.stdout


def test_from_standard_input() -> None:
    done = run("--file", "-", "--on", "2020-03-31", stdin=b"U07.1\n90837\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [b"TEXT", b"U07.1", b"90837"]
    assert b"future" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_can_print_the_table(encoding: str) -> None:
    text = "\uff19\uff10\uff18\uff13\uff17\nI10\n\U0001f600\n"
    done = run("--file", "-", "--on", DAY, stdin=text.encode(), PYTHONIOENCODING=encoding)
    assert done.stderr == b""
    assert done.returncode == 0
    assert b"Essential (primary) hypertension" in done.stdout
    assert len(done.stdout.splitlines()) == 4


def test_an_argument_that_is_no_unicode() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "medcodes", b"I10\xff", "--on", DAY],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"malformed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give codes, or --file"),
        (["I10", "--file", "codes.txt"], "give codes, or --file"),
        (["--file", ""], "give codes, or --file"),
        (["I10", "--on", "yesterday"], "on='yesterday' is no day; write it as YYYY-MM-DD"),
        (["I10", "--on", "2026-02-30"], "is no day"),
        (["I10", "--on", ""], "is no day"),
        (["--file", "no-such-file.txt"], "no-such-file.txt"),
        (["--file", "."], "Is a directory" if os.name == "posix" else "denied"),
        (["I10", "--nonsense"], "unrecognized arguments"),
    ],
    ids=str,
)
def test_misuse(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_the_table_may_go_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    anywhere = io.StringIO()
    monkeypatch.setattr(sys, "stdout", anywhere)
    assert main(["I10", "--on", DAY]) == 0
    assert "hypertension" in anywhere.getvalue()


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "python -m medcodes 90837" in capsys.readouterr().out


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "medcodes", "I10", "--on", DAY]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hypertension" in done.stdout
