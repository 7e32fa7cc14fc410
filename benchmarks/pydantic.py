"""What typed models cost: a list of codes validated by pydantic, beside identify_many."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any

from benchmarks import codes
from benchmarks.codes import DAY
from benchmarks.measure import Pass, Race, Report
from medcodes import Classifier

MOST = 3
"""How many times as long as `identify_many` a list may take."""


def run(report: Report, *, smoke: bool = False) -> None:
    if find_spec("pydantic") is None:
        report.note("pydantic not installed: skipped")
        return
    length, rounds = (2_000, 2) if smoke else (100_000, 9)
    report.part(f"A list of {length:,} codes of all systems")
    for name, column in COLUMNS.items():
        texts = [one for one in column(2 * length) if _is_plain(one)][:length]
        passes = _passes()
        race = Race(passes, texts, rounds)
        for other in ("a day given", "today", "types and memory new"):
            report.figure(
                f"{name}: {other}",
                race.ratio(other, "identify_many"),
                "times",
                at_most=MOST,
            )
        report.note(f"identify_many took {race.microseconds('identify_many'):.2f} µs a code")
        report.note(f"list[str] took {race.ratio('list[str]', 'identify_many'):.2f} times that")


COLUMNS = {"evenly drawn": codes.column, "skewed, as real ones are": codes.skewed_column}


def _is_plain(text: str) -> bool:
    """Whether a model takes the code, of today and without being told its system."""
    answer = _TODAY.identify(text)
    return answer.status == "valid" and not answer.ambiguous


_TODAY = Classifier(on=DAY)


def _passes() -> dict[str, Pass]:
    from pydantic import TypeAdapter

    from medcodes.pydantic import Code

    def of(code: Code) -> Any:
        return TypeAdapter(list[Annotated[str, code]]).validate_python

    def new(texts: list[str]) -> object:
        return of(Code(on=DAY, classifier=Classifier()))(texts)

    many = Classifier()
    return {
        "identify_many": lambda texts: many.identify_many(texts, on=DAY),
        "list[str]": TypeAdapter(list[str]).validate_python,
        "a day given": of(Code(on=DAY)),
        # Of the classifier's own day, so that the reference covers it; asked for like today's.
        "today": of(Code(classifier=_TODAY)),
        "types and memory new": new,
    }
