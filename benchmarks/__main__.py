"""``python -m benchmarks [speed light size ...] [--smoke] [--keep]``."""

from __future__ import annotations

import argparse
import warnings
from importlib import import_module

from benchmarks import page
from benchmarks.measure import Report, machine

SCRIPTS = (
    "speed",
    "light",
    "size",
    "accuracy",
    "safety",
    "columns",
    "bigfile",
    "profiles",
    "annotate",
    "pydantic",
    "suggest",
    "text",
    "walking",
    "releases",
)
ALIASES = {"import": "light"}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "scripts", nargs="*", metavar="SCRIPT", help=f"{', '.join(SCRIPTS)}; all when none is named"
    )
    parser.add_argument("--smoke", action="store_true", help="tiny inputs: does every script run?")
    parser.add_argument(
        "--keep", action="store_true", help="write the figures to figures.json and to the docs"
    )
    chosen = parser.parse_args(arguments)
    names = list(dict.fromkeys(ALIASES.get(one, one) for one in chosen.scripts or SCRIPTS))
    if unknown := set(names) - set(SCRIPTS):
        parser.error(f"no such script: {', '.join(sorted(unknown))}")

    warnings.simplefilter("ignore")  # those of the packages are not what is measured
    report = Report(judging=not chosen.smoke)
    print(machine())
    if chosen.smoke:
        print("A smoke run: the figures mean nothing.")
    for name in names:
        script = import_module(f"benchmarks.{name}")
        report.script(name, (script.__doc__ or "").partition("\n")[0])
        script.run(report, smoke=chosen.smoke)
    report.summary()
    if chosen.keep and not chosen.smoke:
        report.save(page.FIGURES)
        page.write()


if __name__ == "__main__":
    main()
