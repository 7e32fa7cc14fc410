"""What a module says whose library is not installed."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["pandas", "polars", "duckdb", "pydantic", "pandera"])
def test_a_face_names_the_extra_that_it_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, f"medcodes.{name}", raising=False)
    for module in (name, f"{name}.api.base.checks"):  # the latter is what pandera's face imports
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'medcodes\[{name}\]'"):
        importlib.import_module(f"medcodes.{name}")


def test_the_core_needs_no_extra() -> None:
    # Nothing that is imported by the package itself is an extra.
    code = (
        "import sys; sys.modules |= dict.fromkeys(['numpy', 'pyarrow', 'pandas', 'polars']);"
        "import medcodes; assert medcodes.identify('90837')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
