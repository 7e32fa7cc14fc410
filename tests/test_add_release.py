"""Adding an official release to the bundled tables."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from medcodes.reference import CodeTable, TableFile
from medcodes.releases.loading import Request, load
from tests import release_files as files
from tests.conftest import DATA, ROOT, official
from tests.test_releases import NEXT, SMALL, small_reference, still
from tools import add_release, added, build
from tools.sources import Sources

FIRST = date.fromisoformat(NEXT)


def found(content: bytes) -> add_release.Changes:
    old = small_reference()
    new = load(old, content, Request("icd10cm", FIRST, complete=True))
    return add_release.changes(old, new, "icd10cm", FIRST)


def test_what_a_release_changes() -> None:
    codes = {code: f"Old title of {code}" for code in still({}, "Z100")}
    changes = found(files.codes_file({**codes, "A002": "New", "A000": "Other words"}))
    assert (changes.added, changes.deleted, changes.valid) == (("A002",), ("Z100",), 37)
    assert changes.revised == (("A000", "Old title of A000", "Other words"),)
    assert list(changes.lines()) == [
        "ICD-10-CM: 1 codes added, 1 deleted, 1 titles revised, of 37 before",
        "  added: A00.2",
        "  deleted: Z10.0",
        "  revised: A000: 'Old title of A000' is now 'Other words'",
        "  Certain infectious and parasitic diseases A00-B99: 1 added, 0 deleted",
        "  Factors influencing health status and contact with health services Z00-Z99: "
        "0 added, 1 deleted",
    ]
    many = found(files.codes_file(still({f"A{number}": "x" for number in range(500, 520)})))
    assert list(many.lines())[1].endswith("A51.1 ...")


def test_a_release_that_loses_codes_is_refused() -> None:
    titles = {code: f"Old title of {code}" for code in still({}, "Z100")}
    few = found(files.codes_file(titles))
    assert add_release.refusal(few, None) == (
        "1 of 37 codes would end, so that this is taken for a part of a release; if it deletes "
        "them, say --deleted 1"
    )
    assert add_release.refusal(few, 1) is None
    assert add_release.refusal(few, 2) == "--deleted says 2 codes, and 1 would end"
    assert add_release.refusal(found(files.codes_file(still())), None, 37) is None


def test_a_release_with_many_other_titles_is_refused() -> None:
    retitled = found(files.codes_file(still()))
    assert add_release.refusal(retitled, None) == (
        "37 of 37 codes would have another title, so that this is taken for a damaged file; if the "
        "release does revise them, say --retitled 37"
    )
    assert add_release.refusal(retitled, None, 36) == (
        "--retitled says 36 codes, and 37 would have another title"
    )
    few = {code: f"Old title of {code}" for code in still()}
    assert add_release.refusal(found(files.codes_file({**few, "A000": "New"})), None) is None


def test_the_draft_goes_behind_the_data() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- New.\n\nData:\n\n- One\n- Two\n  of them\n"
    line = add_release.draft(found(files.codes_file(still())), "ICD-10-CM, FY2027")
    assert line == "- ICD-10-CM, FY2027: 0 codes added, 0 deleted, 37 titles revised"
    assert add_release.with_draft(changelog, line) == f"{changelog}{line}\n"
    older = "\n## 0.1\n\nData:\n\n- Three\n"
    assert add_release.with_draft(changelog + older, line) == f"{changelog}{line}\n{older}"
    real = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert line in add_release.with_draft(real, line)


def test_added_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(added, "FOLDER", tmp_path / "added")
    assert added.releases() == []
    header = {**small_reference().codes("icd10cm").header, "sources": ["a"]}
    titles = {"A000": "Old"}
    assert added.applied("icd10cm", header, SMALL, titles) == (header, SMALL, titles)
    content = files.codes_file(still({"A002": "New"}))
    one = added.Added("icd10cm", "x.txt", hashlib.sha256(content).hexdigest(), NEXT, "FY2027")
    added.keep(one, content)
    assert added.releases() == [one]
    assert one.content() == content
    new_header, codes, new_titles = added.applied("icd10cm", header, SMALL, titles)
    assert new_titles["A002"] == "New"
    assert codes["A002"][0].first == 20261001
    assert new_header["sources"] == ["a", "x.txt"]
    assert [file.file for file in added.official_files()] == ["x.txt"]
    assert [added.raised(v) for v in ("2026.9.2", "2026.10.2", "2027.1.1")] == [
        "2026.10.1",
        "2026.10.3",
        "2027.1.2",
    ]
    assert (new_header["last_day"], new_header["edition"]) == ("2027-03-31", "first; FY2027")
    (tmp_path / "added" / "x.txt.gz").write_bytes(
        (tmp_path / "added" / "x.txt.gz").read_bytes()[:20] + b""
    )
    with pytest.raises((SystemExit, EOFError)):
        one.content()
    other = added.Added("icd10cm", "x.txt", "0", NEXT, "FY2027")
    added.keep(one, content)
    with pytest.raises(SystemExit, match="is not the file that was added"):
        other.content()


def test_a_bad_file_is_not_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(added, "FOLDER", tmp_path / "added")
    path = tmp_path / "icd10cm-codes-2028.txt"
    path.write_bytes(b"hello")
    arguments = [str(path), "--system", "icd10cm", "--valid-from", "2027-10-01"]
    assert add_release.main(arguments) == 1
    assert "unknown layout" in capsys.readouterr().err
    path.write_bytes(files.codes_file(still()))
    assert add_release.main(arguments) == 1
    printed = capsys.readouterr()
    assert "codes would end, so that this is taken for a part" in printed.err
    assert printed.out.startswith("ICD-10-CM: ")
    assert not (tmp_path / "added").exists()


@pytest.mark.sources
def test_one_command_adds_a_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On copies of the tables and the changelog; a rebuild then gives the same bytes."""
    official()
    monkeypatch.setattr(added, "FOLDER", tmp_path / "added")
    monkeypatch.setattr(build, "DATA", tmp_path / "data")
    monkeypatch.setattr(add_release, "CHANGELOG", tmp_path / "CHANGELOG.md")
    (tmp_path / "data").mkdir()
    (tmp_path / "CHANGELOG.md").write_bytes((ROOT / "CHANGELOG.md").read_bytes())
    from medcodes import reference

    table, titles = reference.codes("icd10cm"), reference.titles("icd10cm")
    codes = {code: titles.get(code) or "?" for code in table.billable(date(2026, 10, 1))}
    del codes["A000"]
    path = tmp_path / "icd10cm-codes-2028.txt"
    path.write_bytes(files.codes_file({**codes, "A002": "A new cholera"}))
    arguments = [str(path), "--system", "icd10cm", "--valid-from", "2027-10-01"]
    cache = ["--cache", str(ROOT / ".cache" / "sources")]
    assert add_release.main([*arguments, "--dry-run"]) == 0
    assert list((tmp_path / "data").iterdir()) == []
    assert add_release.main([*arguments, *cache]) == 0
    assert "1 codes added, 1 deleted, 0 titles revised" in capsys.readouterr().out
    assert "(icd10cm-codes-2028.txt): 1 codes added" in (tmp_path / "CHANGELOG.md").read_text()
    written = {one.name: one.read_bytes() for one in (tmp_path / "data").iterdir()}
    assert json.loads(written["manifest.json"])["version"] == "2027.10.1"
    assert written == build.build(Sources(ROOT / ".cache" / "sources"))
    changed = {name for name, content in written.items() if (DATA / name).read_bytes() != content}
    assert changed == {"icd10cm.codes", "icd10cm.titles", "manifest.json"}
    new = CodeTable(TableFile("new", written["icd10cm.codes"]))
    assert [str(one.first) for one in new.intervals("A002")] == ["2027-10-01"]
    assert str(new.last_day) == "2028-03-31"
    assert add_release.main([*arguments, *cache]) == 1
