"""The wheel that people install: all of the package, little of anything else, and no CPT list."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from medcodes.reference import TableFile
from tests.conftest import DATA, FACTS, LISTED, ROOT, SOURCE, run_python

FIVE = re.compile(r"(?<![0-9A-Za-z.])[0-9]{4}[0-9FTUMA](?![0-9A-Za-z.])")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("medcodes-*.whl")
    return path


def _files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_whole_package_is_in_it(wheel: Path) -> None:
    files = _files(wheel)
    package = {
        path.relative_to(SOURCE).as_posix(): path.read_bytes()
        for path in SOURCE.joinpath("medcodes").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name: files.get(name) == content for name, content in package.items()} == (
        dict.fromkeys(package, True)
    )
    assert "medcodes/py.typed" in files
    for name in LISTED:
        for what in ("codes", "titles", "ranges"):
            assert f"medcodes/reference/data/{name}.{what}" in files
    assert "medcodes/reference/data/manifest.json" in files


def test_nothing_else_is_in_it(wheel: Path) -> None:
    for name in _files(wheel):
        assert re.fullmatch(
            r"medcodes/(\w+/)*\w+\.(py|codes|titles|ranges|successors|meanings|revisions|exempt|json)"
            r"|medcodes/py\.typed"
            r"|medcodes/cli/page\.(css|html)|medcodes/freetext/words\.txt"
            r"|medcodes-[\w.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)",
            name,
        ), name


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= 1_700_000
    tables = [len(one) for name, one in _files(wheel).items() if name.endswith(".codes")]
    assert len(tables) == len(LISTED) + 1
    assert sum(tables) <= 120_000


def test_it_depends_on_three_packages_and_runs_anywhere(wheel: Path) -> None:
    files = _files(wheel)
    (metadata,) = (one.decode() for name, one in files.items() if name.endswith("/METADATA"))
    needed = [
        re.split(r"[^\w-]", line.removeprefix("Requires-Dist: "))[0]
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    ]
    assert sorted(needed) == ["attrs", "importlib-resources", "regex"]
    assert "Requires-Python: >=3.10" in metadata
    assert wheel.name.endswith("-py3-none-any.whl")


# -- what must not be bundled ---------------------------------------------------------------------


def _blocks(name: str, content: bytes) -> list[str]:
    table = TableFile(name, content)
    return [table.block(number) for number in range(len(table.header["blocks"]))]


def _facts() -> list[dict[str, str]]:
    with FACTS.joinpath("cpt_ranges.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_cpt_is_there_in_ranges_alone(wheel: Path) -> None:
    files = _files(wheel)
    assert [name for name in files if "cpt" in name.lower()] == [
        "medcodes/reference/data/cpt.ranges"
    ]
    assert not [name for name in files if "cdt" in name.lower() or "ama" in name.lower()]
    (block,) = _blocks("cpt.ranges", files["medcodes/reference/data/cpt.ranges"])
    rows = [line.split("\t") for line in block.split("\n")]
    printed = [
        (row["level"], row["first"], row["last"], row["label"], row["change_note"])
        for row in _facts()
    ]
    assert sorted(tuple(row[:5]) for row in rows if row[0] != "0") == sorted(printed)
    # Above the sections stand the categories, whose ends are the ends of sections.
    categories = [row for row in rows if row[0] == "0"]
    assert len(categories) == 6
    firsts, lasts = ({one[place] for one in printed} for place in (1, 2))
    assert all(row[1] in firsts and row[2] in lasts for row in categories)


def test_the_facts_hold_ranges_and_no_list() -> None:
    sections = [row for row in _facts() if row["level"] == "1"]
    single = [row for row in _facts() if row["first"] == row["last"]]
    assert len(sections) == 19
    # Some headings hold one code today; a list would be made of nothing else.
    assert len(single) < 60


def test_no_other_table_holds_cpt_or_cdt_codes(wheel: Path) -> None:
    for name, content in _files(wheel).items():
        if not name.startswith("medcodes/reference/data/") or name.endswith(".json"):
            continue
        if name.endswith("cpt.ranges"):
            continue
        text = "\n".join(_blocks(name, content))
        if "/icd9" in name and name.endswith(".codes"):
            continue  # diagnoses of five digits: equal to CMS's list, which another test shows
        # CMS's own titles of HCPCS codes name a few dozen: "must be used with 99223".
        assert len(set(FIVE.findall(text))) <= (60 if name.endswith("hcpcs.titles") else 20), name


def test_no_dental_codes_are_listed() -> None:
    listed = run_python(
        "import medcodes\n"
        "from medcodes import reference\n"
        "for name in ('hcpcs', 'modifiers'):\n"
        "    print(sum(code[0] == 'D' and len(code) == 5 for code, _ in reference.codes(name)))\n"
    )
    assert listed.split() == ["0", "0"]


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "docs", "examples", "benchmarks", ""])
def test_no_file_of_the_project_is_a_list_of_cpt_codes(folder: str) -> None:
    paths = [
        path
        for path in ((ROOT / folder).rglob("*") if folder else ROOT.glob("*"))
        if path.is_file() and path.suffix in (".py", ".md", ".txt", ".tsv", ".csv", ".json", "")
    ]
    for path in paths:
        if "__pycache__" in path.parts or path.name.startswith(("cpt_ranges", ".coverage")):
            continue
        found = set(FIVE.findall(path.read_text(encoding="utf-8", errors="ignore")))
        assert len(found) <= 60, (path, len(found))


# -- it works -------------------------------------------------------------------------------------

INSTALLED = """
import medcodes, sys
assert medcodes.__file__.startswith(sys.path[0]), medcodes.__file__
for code in ("90837", "J0120", "E11.65", "0SRB02A", "250.00", "45.13"):
    print(medcodes.identify(code, on="2015-10-01"))
print(medcodes.reference.codes("modifiers").intervals("LT") != ())
from medcodes.__main__ import main
sys.argv = ["medcodes", "identify", "I10", "--on", "2026-01-01"]
main()
"""


def test_it_works_from_the_zip_and_unpacked(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    printed = run_python(INSTALLED, path=wheel)
    assert printed == run_python(INSTALLED, path=tmp_path)
    assert "J0120: HCPCS Level II J0120, valid: Injection, tetracycline, up to 250 mg" in printed
    assert "True\nTEXT " in printed
    assert printed.endswith("Essential (primary) hypertension\n")


def test_two_builds_are_equal(wheel: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert tmp_path.joinpath(wheel.name).read_bytes() == wheel.read_bytes()


def test_the_data_in_the_tree_is_the_data_that_is_tested() -> None:
    assert DATA == ROOT / "src" / "medcodes" / "reference" / "data"
