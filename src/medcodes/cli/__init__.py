"""The command line: ``medcodes``, or ``python -m medcodes``.

    app.py          the commands, their options and their help
    identify.py, find.py, suggest.py, search.py, expand.py, profile.py, check.py, annotate.py,
    changes.py, systems.py
                    a command each
    answering.py    the answers to columns of a table, batch by batch
    findings.py     what is wrong with the codes in a batch of rows
    profiling.py    what the columns of a table are
    page.py         fills the page of profile --html; page.html and page.css: its words and looks
    options.py      options that commands share; service_days.py: days as files write them
    output.py, progress.py
                    what is printed; a bar on a terminal
    running.py, errors.py
                    how a command ends when something goes wrong
    files/          tables in files, read and written in every format

Needs ``pip install 'medcodes[cli]'``.
"""
