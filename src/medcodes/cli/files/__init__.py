"""Tables in files: read in whatever format they come, written in the format that is asked for.

    opening.py     from a path to a table, by what the file holds; from a path to a writer
    table.py       what every table and every writer is to the commands, and what was done to read
    stream.py      the bytes of a file, unpacked, and its text in whatever encoding
    target.py      where to write: a file that is whole or not there, or standard output
    notes.py       what was done to read a table, each thing said once
    header.py      which row has the names of the columns, and names where there are none
    csv.py         CSV and TSV in every dialect
    json.py        JSON lines, and JSON arrays of objects
    parquet.py     Parquet
    workbook.py    Excel workbooks, which are read only
    values.py      columns as text, for the formats of text

No value changes its text, no row is left out or shifted without a word, and the number of a row is
the one that a spreadsheet shows.
"""
