"""What is this column? Joint evidence over its values, where a single value leaves doubt.

profile.py      profile: the door
evidence.py     what one value says of every explanation of the column
lookalikes.py   what stands in columns beside medical codes: ZIP codes, NPIs, dates
weighing.py     weighing the explanations, value by value
report.py       what is said of a column: plain data, text, HTML
"""

from medcodes.columns.profiling.profile import profile
from medcodes.columns.profiling.report import Profile

__all__ = ["Profile", "profile"]
