"""``python -m benchmarks [PART ...] [--smoke] [--keep]``."""

import argparse
import warnings

from benchmarks import accuracy, calibration, columns, commands, reference, speed, text
from benchmarks.measure import FIGURES, PAGE, Table, load, machine, page, save

SCRIPTS = (accuracy, calibration, speed, columns, commands, text, reference)
PARTS = {run.__name__: run for script in SCRIPTS for run in script.PARTS}
TOPICS = {script.TOPIC: [run.__name__ for run in script.PARTS] for script in SCRIPTS}


def main(arguments: list[str] | None = None) -> None:
    names = "; ".join(f"{topic}: {', '.join(parts)}" for topic, parts in TOPICS.items())
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all, or some of: {names}")
    parser.add_argument("--smoke", action="store_true", help="tiny inputs: does every part run?")
    parser.add_argument("--keep", action="store_true", help=f"write {FIGURES.name} and {PAGE.name}")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part is called {min(unknown)!r}; choose from {', '.join(PARTS)}")

    warnings.simplefilter("ignore")  # those of the packages are not what is measured
    print(machine())
    if chosen.smoke:
        print("A smoke run: the figures mean nothing.")
    for part in chosen.parts or PARTS:
        table = Table(part, smoke=chosen.smoke)
        PARTS[part](table)
        if chosen.keep and not chosen.smoke:
            save(table, FIGURES)
            PAGE.write_text(page(load(FIGURES), TOPICS), encoding="utf-8")


if __name__ == "__main__":
    main()
