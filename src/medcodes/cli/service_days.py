"""Days of service as files write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from medcodes.cli.errors import InputError
from medcodes.cli.files.table import Batch
from medcodes.cli.files.values import is_text
from medcodes.columns.profiling.naming import meant_by

_ISO = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?")

_SERVICE = re.compile("(?i)serv|svc|dos(?![a-z])|from|admi|visit|encounter|claim")
"""Of several columns of days, that of the service has such a name."""
_OTHER = re.compile("(?i)birth|dob|death|dod(?![a-z])")
"""Days of a person's life are not those of a service."""
_LOOKED_AT = 1_000
"""So many rows show whether a column holds days."""
_MOST = 0.9
"""Of the values of a column of days, that can be read as days."""


def may_hold(name: str) -> bool:
    """Whether the name of a column says that it holds days of service."""
    said: bool = meant_by(name) == ("date",) or _SERVICE.search(name) is not None
    return said and _OTHER.search(name) is None


def column_in(batch: Batch, pattern: str | None = None) -> str | None:
    """The name of the column that holds the days of service of a table, of which this is the
    beginning; None when there is none.
    """
    columns = {name: batch.column(name)[:_LOOKED_AT] for name in batch.data.schema.names}
    found = [
        name
        for name, column in columns.items()
        if _OTHER.search(name) is None and _are_days(column, pattern)
    ]
    return min(found, key=lambda name: _SERVICE.search(name) is None, default=None)


def _are_days(column: pa.Array, pattern: str | None) -> bool:
    try:
        days = read(column, pattern)
    except InputError:
        return False
    filled: int = len(column) - column.null_count
    readable: int = len(days) - days.null_count
    return readable > 0 and readable >= _MOST * filled


def read(column: pa.Array, pattern: str | None = None) -> pa.Array:
    """The days that a column holds, as date32; null for what is not a day.

    Args:
        column: dates, timestamps, text, or numbers as 20260601. Text is read as YYYY-MM-DD, with or
            without a time behind it, or YYYYMMDD.
        pattern: how text writes a day instead, as for `datetime.strptime`.

    Raises:
        InputError: it is of another type.
    """
    type_ = column.type
    if pa.types.is_date(type_):
        return column.cast(pa.date32())
    if pa.types.is_timestamp(type_):
        return pc.floor_temporal(column, unit="day").cast(pa.date32())
    if pa.types.is_integer(type_):
        column = column.cast(pa.string())
    elif not is_text(type_):
        raise InputError(f"a day is a date, a text or a number such as 20260601, not {type_}")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    # Files have many rows and few days.
    distinct = [_day(text, pattern) for text in column.dictionary.to_pylist()]
    return pa.array(distinct, pa.date32()).take(column.indices)


def _day(text: str, pattern: str | None) -> date | None:
    with suppress(ValueError):
        if pattern is not None:
            return datetime.strptime(text.strip(), pattern).date()
        if found := _ISO.fullmatch(text.strip()):
            return date(int(found[1]), int(found[2]), int(found[3]))
    return None
