"""What several test files share."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import medcodes
from medcodes import reference
from medcodes.reference import CodeTable, TableFile, writing
from medcodes.reference.file import pack
from medcodes.reference.writing import History
from tools.build import FLAGS
from tools.official import FOLDER

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
DATA = SOURCE / "medcodes" / "reference" / "data"
FACTS = ROOT / "tools" / "facts"

DAY = "2026-06-01"


def ends(system: str) -> tuple[str, str]:
    """The last day that the bundled list of a system speaks for, and the day after."""
    last = date.fromisoformat(reference.codes(system).header["last_day"])
    return str(last), str(last + timedelta(days=1))


"""A day that every system's reference covers."""

LISTED = ("hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs")
"""The systems whose lists are public."""


def official() -> None:
    """Skip a test where the folder of official files is not at hand."""
    if not FOLDER.is_dir():
        pytest.skip(f"the official files are not in {FOLDER}")


def run_python(
    code: str, *arguments: str, path: Path | None = None, options: Iterable[str] = ("-W", "error")
) -> str:
    """What a fresh interpreter prints; `path` comes first on its ``sys.path``."""
    if path is not None:
        code = f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"
    done = subprocess.run(
        [sys.executable, *options, "-c", code, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=path if path is not None and path.is_dir() else None,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def zip_of(folder: Path, target: Path) -> Path:
    """A zip of every file of the package below a folder."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.joinpath("medcodes").rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(folder))
    return target


def code_file(codes: Mapping[str, History], **header: Any) -> bytes:
    """The bytes of a code table of a made-up system."""
    facts = {
        "system": "made-up",
        "what": "codes",
        "edition": "first",
        "first_day": "2000-01-01",
        "last_day": "2020-12-31",
        "retired": False,
        "record_begins": False,
        "billable": len(codes),
        "flags": dict(FLAGS.values()),
        "elsewhere": [],
        "forgets": False,
    }
    return pack({**facts, **header}, writing.code_blocks(codes))


def code_table(codes: Mapping[str, History], **header: Any) -> CodeTable:
    """A code table of a made-up system."""
    return CodeTable(TableFile("made-up.codes", code_file(codes, **header)))


def ranges_of(answer: medcodes.Identification) -> list[tuple[str, str, str]]:
    """The categories of an answer as plain triples."""
    return [(one.level, one.label, one.range) for one in answer.categories]


def others(answer: medcodes.Identification) -> list[tuple[str, str | None, str]]:
    """The alternatives of an answer as plain triples."""
    return [
        (str(one.system), one.code, one.status.value) for one in answer.alternatives if one.system
    ]


def _modules() -> list[ModuleType]:
    return [one for name, one in sys.modules.items() if name.split(".")[0] == "medcodes"]


class _Anything(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime.date)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime.datetime], None]:
    """Make it another moment, for the package alone."""
    moments = [datetime.datetime.now()]

    class Date(datetime.date, metaclass=_Anything):
        @classmethod
        def today(cls) -> Any:
            return moments[-1].date()

    for module in _modules():
        if getattr(module, "date", None) is datetime.date:
            monkeypatch.setattr(module, "date", Date)
        if getattr(module, "time", None) is time.time:
            monkeypatch.setattr(module, "time", lambda: moments[-1].timestamp())
    return moments.append
