"""Codes in free text.

    finding.py      find: the door
    streaming.py    one pass over a text, in as many pieces as it comes
    scanning.py     what looks like a code, and what right beside it rules that out ($, @, %)
    judging.py      which candidates are codes
    context.py      the words around a number that say what it is
    lists.py        lists and columns that a candidate goes on with
    cells.py        columns of tables, and their headings
    weighing.py     whether enough speaks for a code where nothing alone is enough
    evidence.py     what speaks for one (words of its title), and what against (amounts, doses)
    words.txt       lists of words, read by words.py

Nothing here is public by its path; the public names are those of `medcodes`.
"""
