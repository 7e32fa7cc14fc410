"""Codes in free text.

    finding.py      find: candidates in a text, and which of them are codes
    context.py      the words around a number that say what it is
    evidence.py     what else speaks for a code: its title's words, charges, neighbours

Nothing here is public by its path; the public names are those of `medcodes`.
"""
