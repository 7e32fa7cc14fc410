"""Releases of code systems that a user has: official files, licensed lists, plain CSV.

    opening.py      from a path, an open file, bytes or a zip to bytes, safely
    text.py         from bytes to lines: encodings, long lines, what is no text
    layouts.py      the layouts of one line a code, side by side
    columns.py      the layouts with named columns: CSV, CONCEPT.csv, HCPCS and CPT lists, xlsx
    documents.py    the structured ones: tabular XML, FHIR JSON, MRCONSO.RRF
    recognising.py  which layout a file has, from its content
    days.py         from when on a release speaks, and until when
    merging.py      what a release does to the histories of codes
    converting.py   conversion tables: which codes took over from which
    loading.py      all of it: from a source to a new reference
    compiled.py     writing loaded tables to one file, and opening it again

Nothing here is imported before `Classifier.with_release` or `Classifier.open` is called.
"""

from medcodes.reference.release import Release

__all__ = ["Release"]
