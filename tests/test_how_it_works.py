"""The maintainer's page names modules, classes and functions that exist."""

from __future__ import annotations

import importlib
import re
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-it-works.md"
NAMES = sorted(set(re.findall(r"`([a-z]\w*(?:\.\w+)+)`", PAGE.read_text())))


def _module(parts: list[str]) -> tuple[Any, list[str]]:
    """The longest module that a dotted name begins with, and the rest of the name."""
    for end in range(len(parts), 0, -1):
        name = ".".join(["medcodes", *parts[:end]])
        with suppress(ModuleNotFoundError):
            return importlib.import_module(name), parts[end:]
    raise AssertionError(f"{'.'.join(parts)} is in no module")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_page_is_there(name: str) -> None:
    module, rest = _module(name.split("."))
    assert reduce(getattr, rest, module) is not None
