"""Whole columns: the answer of `medcodes.identify` to every value, at the speed of the machine.

    api.py          identify, ask, warm: from any kind of column to the answer in the same kind
    interop.py      columns of every kind, to Arrow and back
    kernel.py       from a long Arrow column to the answers, chunk by chunk, on all cores
    cleaning.py     trimming, casing and unquoting by Arrow; the rest is read by `lookup.reading`
    keys.py         short texts as integers
    shapes.py       which formats they fit
    hashtable.py    the hash tables, which know nothing of codes
    index.py        every text whose answer is known in advance
    neighbours.py   which unlisted texts have listed neighbours, for a million at once
    answers.py      from numbers of answers to the answers, on a day and among some systems
    fields.py       the fields of an answer, one row each
    filing.py       where codes are filed; categories.py: what those places are called;
                    spans.py: ranges for a million texts at once
    arrow_out.py    answers as Arrow arrays
    tables.py       keeps all of that for one reference, each part when it is first needed
    verdicts.py     whole columns by the acceptance policy
    profiling/      what a column is

Needs ``pip install medcodes[arrow]``.
"""

from medcodes.columns.api import FIELDS, ON_REQUEST, ColumnResolver, ask, identify, warm
from medcodes.columns.profiling import Profile, profile

__all__ = [
    "FIELDS",
    "ON_REQUEST",
    "ColumnResolver",
    "Profile",
    "ask",
    "identify",
    "profile",
    "warm",
]
