"""What is said of releases that cannot be loaded: the days, the file, its lines."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from medcodes import Classifier, ReleaseError

CSV = b"code,title\n90837,Talking\n"


@pytest.mark.parametrize("day", [date.max, "9999-06-01", date.min])
def test_days_that_no_release_has(day: date | str) -> None:
    with pytest.raises(ReleaseError, match="valid_from=.* must be from 1900-01-01 to 2999-12-31"):
        Classifier().with_release(CSV, "cpt", valid_from=day)
    with pytest.raises(ReleaseError, match="valid_to=.* must be from 1900-01-01 to 2999-12-31"):
        Classifier().with_release(CSV, "cpt", valid_from="2026-01-01", valid_to=day)


def test_a_day_that_is_none_goes_by_its_argument() -> None:
    with pytest.raises(ValueError, match="^valid_from='x' is not a date"):
        Classifier().with_release(CSV, "cpt", valid_from="x")
    with pytest.raises(TypeError, match="^valid_to=5 is not a date"):
        Classifier().with_release(CSV, "cpt", valid_to=5)  # type: ignore[arg-type]
    with pytest.raises(ReleaseError, match="use YYYYMMDD or YYYY-MM-DD"):
        Classifier().with_release(b"code,title,valid_from\n90837,Talking,May\n", "cpt")


def refused(source: object, message: str, **more: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        Classifier().with_release(source, "cpt", valid_from="2026-01-01")  # type: ignore[arg-type]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    closed = io.BytesIO(CSV)
    closed.close()
    refused(closed, "the file is closed")
    text = io.StringIO(CSV.decode())
    text.close()
    refused(text, "the file is closed")
    with (tmp_path / "new").open("wb") as new:
        refused(new, "not open for reading")
    with (tmp_path / "new.txt").open("w") as written:
        refused(written, "not open for reading")


def test_lines_that_end_with_carriage_returns_alone() -> None:
    refused(CSV.replace(b"\n", b"\r"), "carriage return|none of the layouts|layout")
    refused(b"code,title\n90837,Talk\ring\n", "carriage return is inside the line")


def test_one_encoding_after_another() -> None:
    old, new = "90837,Café\n".encode("cp1252"), "90834,Café\n".encode()
    refused(b"code,title\n" + old + new, "the line is UTF-8, and lines before it are Windows-1252")
    both = b"code,title\n" + old + "90834,Ménière Ö\n".encode("cp1252")
    mine = Classifier().with_release(both, "cpt", valid_from="2026-01-01")
    assert mine.identify("90834", on="2026-06-01").title == "Ménière Ö"
