"""The page that says which second source bears each list out."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, official
from tools import witnesses
from tools.build import CACHE
from tools.official import FILES, FOLDER
from tools.sources import Sources


@pytest.mark.sources
def test_the_page_says_what_the_sources_say(capsys: pytest.CaptureFixture[str]) -> None:
    official()
    assert witnesses.main(["--cache", str(CACHE), "--official", str(FOLDER)]) == 0
    page = (ROOT / "docs" / "witnesses.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out in page


def test_a_difference_needs_an_explanation() -> None:
    same = frozenset({"A00.0"})
    more = same | {"A00.1"}
    row = witnesses.Comparison("icd10cm", "valid", "a witness", more, same, "new").row()
    assert row == "| ICD-10-CM | valid | a witness | 2 | 1 | 0 | new |"
    with pytest.raises(SystemExit, match="icd10cm, valid, a witness: 1 only in the tables"):
        witnesses.Comparison("icd10cm", "valid", "a witness", more, same).row()
    with pytest.raises(SystemExit, match="explained by 'new'"):
        witnesses.Comparison("icd10cm", "valid", "a witness", same, same, "new").row()


def test_every_official_file_is_named_with_its_origin() -> None:
    for file in FILES.values():
        assert file.origin
        assert file.read_from
        assert len(file.sha256) == 64
        assert file.use in ("tables", "witness")
    if FOLDER.is_dir():
        official = Sources(CACHE).official
        assert all(official.content(name) for name in FILES)
