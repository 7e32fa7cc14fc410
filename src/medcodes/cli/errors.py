"""What keeps a command from its answer: one clear line, and no traceback."""

from __future__ import annotations


class InputError(Exception):
    """Something about the input or the options that the user can mend: the message says how."""
