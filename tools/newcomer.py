"""Go the way of a newcomer, and say how long it takes: ``python -m tools.newcomer``.

Does what ``docs/first-five-minutes.md`` says, section by section, in a new copy of the checkout
with a virtual environment of its own: the shell commands, then the examples. What is installed is
what the page installs, from the checkout instead of the package index.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "first-five-minutes.md"


def sections(page: str) -> Iterator[tuple[str, str]]:
    """The heading of each section, and what stands below it."""
    for section in re.split("^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        yield heading, body


def commands(section: str) -> Iterator[str]:
    """The shell commands of a section."""
    for block in re.findall("^```sh\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
        yield block.replace("pip install 'medcodes[", "pip install --quiet '.[")


def main() -> None:
    """Go the way; a step that fails ends it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "medcodes"
        ignored = shutil.ignore_patterns(".*", "__pycache__", "_build")
        shutil.copytree(ROOT, home, ignore=ignored)
        start = perf_counter()
        for heading, section in sections(PAGE.read_text(encoding="utf-8")):
            before = perf_counter()
            for command in commands(section):
                subprocess.run(["bash", "-euc", command], cwd=home, check=True)
            if ">>> " in section:
                examples = home / "section.md"
                examples.write_text(section, encoding="utf-8")
                doctest = [".venv/bin/python", "-m", "doctest", "-o", "NORMALIZE_WHITESPACE"]
                subprocess.run([*doctest, str(examples)], cwd=home, check=True)
            print(f"{perf_counter() - before:6.1f} s  {heading}", flush=True)
        print(f"{perf_counter() - start:6.1f} s  in all")


if __name__ == "__main__":
    main()
