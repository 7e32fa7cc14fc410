"""What is this column? Joint evidence over its values, where a single value leaves doubt.

profile.py      profile: the door
counting.py     the distinct values, on their days
explanations.py the table: what else columns hold than listed codes, and what shows it
naming.py       what the name of a column says
evidence.py     what one value says of every system
numbers.py      what arbitrary values are: numbers by their range and step, identifiers, text
shapes.py       the values of one shape, and how many texts between them a system lists
weighing.py     weighing the explanations
report.py       what is said of a column: plain data, text, HTML
"""

from medcodes.columns.profiling.profile import profile
from medcodes.columns.profiling.report import Profile

__all__ = ["Profile", "profile"]
