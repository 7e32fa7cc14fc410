"""What the reference holds around a code: entries, and the ways between them.

    catalogue.py    what a classifier says of the lists of its reference
    tree.py         from entry to entry: one system as it stood on one day
    completing.py   what a code that is still being typed may become
    searching.py    finding codes by the words of their titles

Nothing here is public by its path; the public names are those of `medcodes`.
"""
