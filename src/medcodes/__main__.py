"""``python -m medcodes``, and the command ``medcodes``."""

from __future__ import annotations

import sys

_EXTRA = frozenset({"typer", "rich", "pyarrow", "numpy"})


def main() -> None:
    """Run the command line, or say what it needs."""
    try:
        from medcodes.cli.app import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        print(
            f"medcodes: the command line needs {error.name}: pip install 'medcodes[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    run()


if __name__ == "__main__":
    main()
