"""How small: the wheel, and what each table takes of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata, util
from pathlib import Path, PurePosixPath

from benchmarks import peers
from benchmarks.measure import Report

ROOT = Path(__file__).parent.parent
MEGABYTE, KILOBYTE = 1e6, 1e3


def run(report: Report, *, smoke: bool = False) -> None:
    del smoke  # it is quick anyway
    if util.find_spec("hatchling") is None:
        report.note("hatchling is not installed, so that no wheel can be built: skipped")
    else:
        with tempfile.TemporaryDirectory() as folder:
            wheel(report, _built(Path(folder)))
    packages(report)


def _built(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def wheel(report: Report, path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {PurePosixPath(one.filename): one.file_size for one in archive.infolist()}
    tables = {one: size for one, size in files.items() if one.parent.name == "data"}
    report.part("The wheel")
    report.figure("the wheel", path.stat().st_size / MEGABYTE, "MB", at_most=1.5)
    report.figure("unpacked", sum(files.values()) / MEGABYTE, "MB")
    report.part("The tables in it (compressed already)")
    for table, size in sorted(tables.items()):
        report.figure(table.name, size / KILOBYTE, "kB")
    report.part("Together")
    # CPT has no list of codes; its ranges stand for it.
    listed = sum(
        size
        for table, size in tables.items()
        if (table.suffix == ".codes" and table.stem != "modifiers") or table.name == "cpt.ranges"
    )
    report.figure("codes, dates and flags, six systems", listed / KILOBYTE, "kB", at_most=120)
    for suffix, what in {
        ".titles": "titles",
        ".ranges": "chapters, sections, ranges",
        ".successors": "which codes took over from which",
        ".revisions": "earlier titles",
        ".meanings": "what single characters mean",
    }.items():
        total = sum(size for table, size in tables.items() if table.suffix == suffix)
        report.figure(what, total / KILOBYTE, "kB")


def packages(report: Report) -> None:
    report.part("Installed: the package itself, without what it depends on")
    for package in peers.FIRST_QUESTIONS:
        if peers.version(package) is None:
            report.note(f"{package} is not installed: skipped")
            continue
        report.figure(package, _installed_bytes(package) / MEGABYTE, "MB")


def _installed_bytes(package: str) -> int:
    files = metadata.files(package) or []
    return sum(one.size or 0 for one in files if one.suffix != ".pyc")
