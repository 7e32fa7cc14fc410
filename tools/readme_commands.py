"""Print one of the two commands that README.md promises: ``run`` or ``test``.

Continuous integration runs what the README says, so that the README cannot be wrong.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def command(which: str) -> str:
    """The shell block that follows the marker ``<!-- command: WHICH -->``."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- command: {which} -->\s+```sh\n(.*?)```", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"README.md has no command {which!r}")
    return found[1]


if __name__ == "__main__":
    print(command(sys.argv[1]), end="")
