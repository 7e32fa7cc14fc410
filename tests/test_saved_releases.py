"""Saving what was loaded, and opening it again."""

from __future__ import annotations

import json
import os
import stat
import zlib
from pathlib import Path

import pytest

import medcodes
from medcodes import CPT, Classifier, DamagedReference, StaleReferenceWarning
from medcodes.reference import compiled
from medcodes.reference.file import pack
from tests import release_files as files
from tests.test_releases import NEXT, licensed, small, still


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


def test_what_is_opened_is_what_was_saved(tmp_path: Path) -> None:
    mine = licensed()
    path = tmp_path / "mine.medcodes"
    mine.save(path)
    again = Classifier.open(path)
    assert again.releases == mine.releases
    assert again.releases[0].licence == files.LICENCE
    for code in ("90837", "90716", "90835", "0001U", "25000", "E11.65"):
        for on in ("2024-06-01", "2025-06-01", "2026-06-01"):
            assert again.identify(code, on=on).to_dict() == mine.identify(code, on=on).to_dict()
    assert list(again.codes(CPT, on="2026-06-01")) == ["90834", "90837", "99213"]
    # It can be saved, and added to, again.
    again.save(path)
    assert path.read_bytes() == saved(mine, tmp_path)
    more = again.with_release(b"code\n99999\n", "cpt", valid_from="2026-04-01", complete=False)
    assert more.is_valid("99999", "cpt", on="2026-04-01", strict=True)
    assert Classifier.open(path, systems="cpt", on="2025-06-01").identify("90716").status == "valid"


def saved(mine: Classifier, folder: Path) -> bytes:
    path = folder / "other"
    mine.save(str(path))
    return path.read_bytes()


# The made-up lists may end before those of the package do.
@pytest.mark.filterwarnings("ignore:.* knows icd10cm until:medcodes.StaleReferenceWarning")
def test_everything_that_was_loaded_is_saved(tmp_path: Path) -> None:
    mine = small().with_release(files.codes_file(still({"A002": "New"})), valid_from=NEXT)
    mine = mine.with_release(files.HCPCS, complete=False, valid_to="2026-12-31")
    mine.save(tmp_path / "mine")
    with pytest.warns(StaleReferenceWarning, match="knows modifiers until"):
        short = mine.with_release(files.HCPCS, complete=False)
        short.reference.codes("modifiers").header["last_day"] = "2020-01-01"
        short.save(tmp_path / "old")
        Classifier.open(tmp_path / "old")
    again = Classifier.open(tmp_path / "mine")
    for name in ("icd10cm", "hcpcs", "modifiers"):
        ours, theirs = again.reference.codes(name), mine.reference.codes(name)
        codes = [code for code, _ in ours]
        assert codes == [code for code, _ in theirs]
        assert [ours.intervals(code) for code in codes] == [
            theirs.intervals(code) for code in codes
        ]
        titles = again.reference.titles(name), mine.reference.titles(name)
        assert list(map(titles[0].get, codes)) == list(map(titles[1].get, codes))
    assert again.identify("A00", on=NEXT).title == mine.identify("A00", on=NEXT).title


def test_nothing_is_written_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    licensed()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="nothing was loaded"):
        medcodes.Classifier().save(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_bytes(b"older, and open to all")
    path.chmod(0o666)
    licensed().save(path)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_save_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(b"older")

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        licensed().save(path)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"older"]


def test_damage_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    licensed().save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        with pytest.raises(DamagedReference, match=str(path)):
            Classifier.open(path)
    for length in range(0, len(whole), 11):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedReference, match="cannot be used"):
            Classifier.open(path)
    path.write_bytes(files.cpt_long())
    with pytest.raises(DamagedReference, match="does not begin like a medcodes release"):
        Classifier.open(path)
    path.write_bytes(whole.replace(b"release 1", b"release 2"))
    with pytest.raises(DamagedReference, match="of another version"):
        Classifier.open(path)
    with pytest.raises(FileNotFoundError):
        Classifier.open(tmp_path / "none")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        b"{}",
        b'{"tables": [], "releases": [{}]}',
        b'{"tables": [["cpt", "codes"]], "releases": []}',
        json.dumps({"tables": [["cpt", "codes", 10**9]], "releases": []}).encode(),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "mine"
    table = pack({"system": "cpt", "what": "titles"}, [])
    path.write_bytes(sealed(compiled.MAGIC + head + b"\n" + table))
    with pytest.raises(DamagedReference):
        Classifier.open(path)
