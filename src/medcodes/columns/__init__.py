"""Whole columns: the answer of `medcodes.identify` to every value, at the speed of the machine.

Needs ``pip install medcodes[arrow]``.
"""

from medcodes.columns.columns import FIELDS, ask, identify
from medcodes.columns.profile import profile
from medcodes.columns.report import Profile

__all__ = ["FIELDS", "Profile", "ask", "identify", "profile"]
