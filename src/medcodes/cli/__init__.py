"""The command line: ``medcodes``, or ``python -m medcodes``.

Needs ``pip install 'medcodes[cli]'``.
"""
