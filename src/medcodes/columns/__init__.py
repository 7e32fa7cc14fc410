"""Whole columns: the answer of `medcodes.identify` to every value, at the speed of the machine.

Needs ``pip install medcodes[arrow]``.
"""

from medcodes.columns.api import FIELDS, ColumnResolver, ask, identify, warm
from medcodes.columns.profiling import Profile, profile

__all__ = ["FIELDS", "ColumnResolver", "Profile", "ask", "identify", "profile", "warm"]
