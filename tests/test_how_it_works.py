"""The maintainer's page names modules, classes and functions that exist."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-it-works.md"
NAMES = sorted(set(re.findall(r"`([a-z]\w*(?:\.\w+)+)`", PAGE.read_text("utf-8"))))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_page_is_there(name: str) -> None:
    assert resolve_name(name if name.startswith("medcodes.") else f"medcodes.{name}") is not None
