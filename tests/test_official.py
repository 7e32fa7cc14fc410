"""The folder of official files that the build is given."""

from __future__ import annotations

import hashlib
import lzma
from pathlib import Path

import attrs
import pytest

from tools import official
from tools.official import FILES, Official


def test_a_missing_file_is_named_with_all_that_are_wanted(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        Official(tmp_path).rows("hcpcs_2026q4_changes.tsv")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path} has no hcpcs_2026q4_changes.tsv. Name a folder")
    assert all(f"  {name}: {file.origin}" in message for name, file in FILES.items())


def test_another_file_of_the_name_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("hcpcs_2026q4_changes.tsv").write_text("code\nA0001\n")
    with pytest.raises(SystemExit, match="its SHA-256 is"):
        Official(tmp_path).rows("hcpcs_2026q4_changes.tsv")


@pytest.mark.parametrize("name", ["made-up.tsv", "made-up.tsv.xz"])
def test_rows_are_read_plain_and_packed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b'code\ttitle\nA0001\tSo-called "title"\n'
    content = lzma.compress(text) if name.endswith(".xz") else text
    tmp_path.joinpath(name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    made_up = official.OfficialFile(name, "an agency's file", "a copy", digest, "tables")
    monkeypatch.setitem(official.FILES, name, made_up)
    assert Official(tmp_path).rows(name) == [{"code": "A0001", "title": 'So-called "title"'}]
    assert attrs.asdict(made_up)["sha256"] == digest
