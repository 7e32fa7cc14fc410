"""The maintainer's page names modules, classes and functions that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.conftest import SOURCE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-it-works.md"
NAMES = sorted(set(re.findall(r"`([a-z]\w*(?:\.\w+)+)`", PAGE.read_text("utf-8"))))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_page_is_there(name: str) -> None:
    assert resolve_name(name if name.startswith("medcodes.") else f"medcodes.{name}") is not None


@pytest.mark.parametrize(
    "folder",
    [
        path.parent
        for path in sorted((SOURCE / "medcodes").rglob("__init__.py"))
        if path.parent.name != "data" and path.parent != SOURCE / "medcodes"
    ],
    ids=lambda path: path.name,
)
def test_a_folder_says_what_each_of_its_files_is_for(folder: Path) -> None:
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    assert {name for name in files if name not in said} == set()
