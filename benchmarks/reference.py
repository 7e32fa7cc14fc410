"""The reference: searching it, and releases of one's own."""

import tempfile
from pathlib import Path

from benchmarks.measure import Table, fresh
from benchmarks.samples import DAY
from medcodes import ICD10CM, Classifier, reference

TOPIC = "The reference"

_SEARCH = """
import statistics, medcodes
begun = memory()
measure("first", lambda: medcodes.search("psychotherapy", on={day!r}))
figures["kept"] = memory() - begun
times = []
for text in {words!r} * 5:
    measure("search", lambda: medcodes.search(text, on={day!r}))
    times.append(figures["search"])
figures["search"] = statistics.median(times)
"""
_WORDS = ["type 2 diabetes", "fracture of left femur", "hip replac", "left right", "a", "of a"]


def search(table: Table) -> None:
    """All systems, once the words are indexed."""
    program = _SEARCH.format(day=str(DAY), words=_WORDS)
    (ours,) = fresh(program, rounds=1 if table.smoke else 5)
    table.add("the first search, which makes the index", ours("first"), "s")
    table.add("memory that the index keeps", ours("kept"), "MB")
    table.add("a search after it", 1e3 * ours("search"), "ms", most=20)


# What answering needs anyway is there before: the bundled table of the system.
_LOAD = """
from medcodes import Classifier
classifier = Classifier()
classifier.identify("E11.65", on={day!r}).title
begun = memory()
load = lambda: classifier.with_release({path!r}, valid_from={since!r})
mine = measure("seconds", load)
figures["kept"] = memory() - begun
measure("open", lambda: Classifier.open({saved!r}), process_time)  # imports what opens it
measure("open", lambda: Classifier.open({saved!r}))
"""
_DICTIONARY = """
def load():
    with open({path!r}, encoding="utf-8") as file:
        return {{line[:7].rstrip(): line[8:].rstrip() for line in file}}

codes = measure("seconds", load)
figures["kept"] = memory() - begun
"""


def releases(table: Table) -> None:
    """Loading a yearly file of ICD-10-CM, and opening it again; times of the processor."""
    since, titles = "2026-10-01", reference.titles("icd10cm")
    with tempfile.TemporaryDirectory() as folder:
        path, saved = Path(folder, "icd10cm-codes-2027.txt"), Path(folder, "saved")
        codes = (code.replace(".", "") for code in ICD10CM.codes(on=since))
        path.write_text("".join(f"{code:7} {titles.get(code)}\n" for code in codes), "utf-8")
        Classifier().with_release(path, valid_from=since).save(saved)
        options = {"path": str(path), "saved": str(saved), "since": since, "day": str(DAY)}
        programs = (_LOAD.format(**options), _DICTIONARY.format(**options))
        ours, plain = fresh(*programs, rounds=1 if table.smoke else 7)
    beside = f"a plain dictionary of the file {plain('seconds'):.2f} s, {plain('kept'):.0f} MB"
    table.add("with_release of a yearly file", ours("seconds"), "s", beside, most=1)
    table.add("memory that is kept of it", ours("kept"), "MB", most=30)
    table.add("Classifier.open of what was saved", 1e3 * ours("open"), "ms", most=5)


PARTS = (search, releases)
