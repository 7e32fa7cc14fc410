"""Releases of code systems that a user has: official files, licensed lists, plain CSV.

    opening.py        from a path, an open file, bytes or a zip file to bytes, within limits
    decoding.py       from bytes to lines: encodings, long lines, what is not text
    listing.py        what is asked of a release, what is read from one, and what a layout is
    line_layouts.py   the layouts of one line a code, and what the lines of a licence look like
    named_columns.py  the layouts with named columns: CSV, CONCEPT.csv, HCPCS and CPT lists, xlsx;
                      and which lines may stand before their header
    documents.py      the structured layouts: tabular XML, FHIR JSON, MRCONSO.RRF
    recognising.py    asks every layout whether a file has it
    merging.py        what a release does to the histories of codes
    converting.py     conversion tables: which codes took over from which
    loading.py        all of it: from a file to a new reference

Nothing here is imported before `Classifier.with_release` is called. Saving what was loaded is in
`medcodes.reference.compiled`.

Nothing here is public by its path but `Release`.
"""

from medcodes.reference.release import Release

__all__ = ["Release"]
