"""What `medcodes` itself holds."""

from __future__ import annotations

import pytest

import medcodes
from tests.conftest import run_python


def test_every_public_name_is_there() -> None:
    assert [name for name in medcodes.__all__ if not hasattr(medcodes, name)] == []


def test_what_few_ask_for_is_imported_when_it_is_asked_for() -> None:
    code = (
        "import sys, medcodes\n"
        "later = 'medcodes.freetext', 'medcodes.lookup.suggesting', 'medcodes.releases', 'regex'\n"
        "print([name in sys.modules for name in later])\n"
        "print(*(t.__name__ for t in (medcodes.Found, medcodes.Suggestion, medcodes.Release)))\n"
        "print(medcodes.find.__name__, medcodes.suggest.__name__)\n"
    )
    assert run_python(code).splitlines() == [
        "[False, False, False, False]",
        "Found Suggestion Release",
        "find suggest",
    ]


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'medcodes' has no attribute 'guess'"):
        medcodes.guess  # type: ignore[attr-defined]  # noqa: B018
