"""One code: from a text to the answer, and what follows from it.

    reading.py      from what was typed to what is looked up, with every repair written down
    memory.py       who resolves: a resolver for each day and systems; what on=None means; how many
                    days are kept, and when (how many answers each keeps is in resolver.py)
    resolver.py     from a text to its answer: candidates, the state of each on the day, the order
    state.py        what being listed means on a day: one system, one day
    doubt.py        what a list cannot say of a day: unverified
    past_end.py     what is said, or raised, past the last day of a list
    answer.py       the answer: Identification
    reasons.py      the one sentence that says why
    categories.py   from a code to what it is filed under
    lookalikes.py   texts that look like something else: an NPI, a date, a placeholder
    acceptance.py   what counts as a good code, why the rest does not, and what to suggest instead:
                    for validate, pydantic, pandera, the commands and FHIR
    patterns.py     texts that stand for many codes: wildcards, ranges, lists
    expanding.py    which listed codes a pattern stands for
    splitting.py    the pieces of a cell that holds several codes
    suggesting.py   which codes an invalid one may have been meant as, and what most typos cost
    typos.py        undoing typos, without looking anything up, and what those cost

Which statuses rival each other, so that a text is ambiguous, is in `medcodes.status`.
Nothing here is public by its path; the public names are those of `medcodes`.
"""
