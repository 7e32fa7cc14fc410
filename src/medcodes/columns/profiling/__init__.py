"""What is this column? Joint evidence over its values, where a single value leaves doubt."""

from medcodes.columns.profiling.profile import profile
from medcodes.columns.profiling.report import Profile

__all__ = ["Profile", "profile"]
