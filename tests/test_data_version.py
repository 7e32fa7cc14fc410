"""Newer data than the package's own: medcodes-data, where it is installed."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import medcodes
from medcodes.errors import DamagedReference, StaleReferenceWarning
from medcodes.reference import installed
from tests.conftest import DATA, run_python
from tools import data_wheel

ASK = """
import warnings, medcodes
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for code in ("E11.65", "90837"):
        print(medcodes.identify(code, on="2026-06-01"))
    print(medcodes.data_version, medcodes.Classifier().data_version)
print(*(f"{type(warning.message).__name__}: {warning.message}" for warning in caught), sep="\\n")
"""
REFUSED = """
import medcodes
try:
    medcodes.ICD10CM.roots("2026-06-01")
except medcodes.DamagedReference as error:
    print(error)
"""
USUAL = [
    "E11.65: ICD-10-CM E11.65, valid: Type 2 diabetes mellitus with hyperglycemia",
    "90837: CPT 90837, plausible: Category I > Medicine > Psychiatry > Psychotherapy",
]
Manifest = dict[str, Any]


def _tables(folder: Path, change: Callable[[Manifest], object]) -> Path:
    """A copy of the tables as `medcodes_data`, with another manifest."""
    package = folder / "medcodes_data"
    shutil.copytree(DATA, package)
    package.joinpath("__init__.py").touch()
    manifest = json.loads(package.joinpath("manifest.json").read_bytes())
    change(manifest)
    package.joinpath("manifest.json").write_text(json.dumps(manifest))
    return package


def _newer(manifest: Manifest) -> None:
    manifest["version"] = "2999.1.1"


def _newer_and_short(manifest: Manifest) -> None:
    _newer(manifest)
    del manifest["tables"]["icd9cm.codes"]


def test_the_wheel_holds_the_tables_and_is_the_same_twice(tmp_path: Path) -> None:
    paths = [data_wheel.wheel(DATA, tmp_path / name) for name in ("one", "two")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].name == f"medcodes_data-{medcodes.data_version}-py3-none-any.whl"
    with zipfile.ZipFile(paths[0]) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert names == {f"medcodes_data/{path.name}" for path in DATA.iterdir()} | {
            "medcodes_data/__init__.py"
        }
        assert {archive.read(f"medcodes_data/{path.name}") for path in DATA.iterdir()} == {
            path.read_bytes() for path in DATA.iterdir()
        }


def test_the_command_builds_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert data_wheel.main(["--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/medcodes_data-")


@pytest.mark.parametrize("packed", [False, True])
def test_newer_data_answer(tmp_path: Path, packed: bool) -> None:
    package = _tables(tmp_path / "in", _newer)
    # One of their tables is damaged, which shows from where it is read.
    name = "icd10cm.ranges"
    package.joinpath(name).write_bytes(b"medcodes table 1\n")
    path = package.parent
    if packed:
        path = tmp_path / "data.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in package.iterdir():
                archive.write(file, f"medcodes_data/{file.name}")
    assert run_python(ASK, path=path).splitlines() == [*USUAL, "2999.1.1 2999.1.1", ""]
    refused = run_python(REFUSED, path=path)
    assert f"medcodes_data/{name}" in refused
    assert "Reinstalling medcodes-data restores it" in refused


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda manifest: manifest.update(version="2020.1.1"), "upgrade it, or uninstall it"),
        (lambda manifest: manifest.update(version="newest"), "names no version or no tables"),
        (lambda manifest: manifest.pop("version"), "names no version or no tables"),
        (
            lambda manifest: manifest.update(version="2999.1.1", format=2),
            "its data of 2999.1.1 are in format 2, and this medcodes reads format 1; "
            "upgrade medcodes",
        ),
        (
            _newer_and_short,
            "its data of 2999.1.1 lack icd9cm.codes, which this medcodes needs",
        ),
    ],
)
def test_other_data_are_left_alone_with_a_warning(
    tmp_path: Path, change: Callable[[Manifest], object], why: str
) -> None:
    _tables(tmp_path, change)
    *answers, warning = run_python(ASK, path=tmp_path).splitlines()
    own = medcodes.data_version
    assert answers == [*USUAL, f"{own} {own}"]
    assert warning.startswith("StaleReferenceWarning: medcodes-data is installed, but not used: ")
    assert why in warning


def test_the_same_version_needs_no_word(tmp_path: Path) -> None:
    _tables(tmp_path, lambda manifest: None)
    own = medcodes.data_version
    assert run_python(ASK, path=tmp_path).splitlines() == [*USUAL, f"{own} {own}", ""]


def test_a_folder_without_a_package_is_no_data(tmp_path: Path) -> None:
    tmp_path.joinpath("medcodes_data").mkdir()
    own = medcodes.data_version
    assert run_python(ASK, path=tmp_path).splitlines() == [*USUAL, f"{own} {own}", ""]


def test_what_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in this process, where it is decided anew."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    decide = installed.data.__wrapped__
    package = _tables(tmp_path, _newer)
    assert decide().folder == str(package)
    package.joinpath("manifest.json").write_text("{")
    with pytest.warns(StaleReferenceWarning, match=r"manifest\.json cannot be read"):
        assert decide() is installed.OWN
    package.joinpath("manifest.json").write_text('{"version": "2020.1.1", "tables": {}}')
    with pytest.warns(StaleReferenceWarning, match="upgrade it, or uninstall it"):
        assert decide() is installed.OWN
    for text, why in (
        ('{"version": "2999.1.1", "format": 2, "tables": {}}', "format 2"),
        ('{"version": "2999.1.1", "format": 1, "tables": {}}', "lack cpt.ranges"),
        ('{"version": "new"}', "no version"),
    ):
        package.joinpath("manifest.json").write_text(text)
        with pytest.warns(StaleReferenceWarning, match=why):
            assert decide() is installed.OWN
    package.joinpath("manifest.json").write_bytes(DATA.joinpath("manifest.json").read_bytes())
    assert decide() is installed.OWN
    shutil.rmtree(package)
    assert decide() is installed.OWN
    with pytest.raises(DamagedReference, match="Reinstalling medcodes restores it"):
        installed.OWN.read("no-such.codes")
