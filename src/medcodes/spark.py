"""Spark: `identify` adds the columns of the answer to a DataFrame, in Arrow batches.

::

    from medcodes.spark import identify

    answers = identify(claims, "dx", on="service_date", prefix="dx_")

Needs ``pip install 'medcodes[spark]'``, on the executors too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from medcodes.classifier import SystemNames, default
from medcodes.dates import Day, to_day

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["identify"]

_TEXT = ("string", "char", "varchar")
_DAYS = ("date", "timestamp", "timestamp_ntz", "string")
_TYPES = {
    "ambiguous": "boolean",
    "can_be_principal": "boolean",
    "valid_from": "date",
    "valid_to": "date",
}
"""Types of answers that are not strings."""


def identify(
    df: Any,
    column: str,
    on: Day = None,
    *,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    prefix: str = "",
) -> Any:
    """Add to every row what the code in a column is, as `medcodes.columns.identify` says.

    Args:
        df: a Spark DataFrame.
        column: the name of its column of codes, which must be text.
        on: the day of service: the name of a column of days (dates, timestamps or ISO text), or
            one day. None is today, and the same day on all executors.
        systems: the systems to consider; it restricts.
        kind: ``"diagnosis"`` or ``"procedure"``.
        fields: the columns wanted, of `medcodes.columns.FIELDS`; all by default.
        prefix: put before the names of the new columns.

    Returns:
        A DataFrame of the same rows, with the new columns behind its own. All its columns travel
        through Python, so select those that you need first.

    Raises:
        TypeError: the column is no text (numbers have lost their leading zeros), or `on` no days.
        ValueError: there is no such column, or already one of a new name, or `on`, `kind` or
            `fields` make no sense.
    """
    try:
        from pyspark.sql.types import StructType

        from medcodes import columns
    except ImportError as error:
        raise ImportError("medcodes.spark needs Spark: pip install 'medcodes[spark]'") from error
    if fields is None:
        fields = columns.FIELDS
    elif not isinstance(fields, str):
        fields = tuple(fields)
    place = _place(df, column)
    _check(df, place, _TEXT, "codes are text; numbers have lost their leading zeros")
    day: date | int
    if isinstance(on, str) and on in df.columns:
        day = _place(df, on)
        _check(df, day, _DAYS, "days are dates, timestamps or ISO text")
        on = None
    else:
        day = _day(df, on)
    # What makes no sense is found here, not on the executors.
    resolver = default.ask(on, systems, kind)
    columns.identify([], on=on, fields=fields)
    names = tuple(f"{prefix}{field}" for field in fields)
    schema = StructType(_fields_before(df, names))
    for field, name in zip(fields, names, strict=True):
        schema.add(name, _TYPES.get(field, "string"))
    add = partial(
        _add, place=place, day=day, systems=resolver.allowed, fields=tuple(fields), names=names
    )
    return df.mapInArrow(add, schema)


def _place(df: Any, name: str) -> int:
    places = [place for place, one in enumerate(df.columns) if one == name]
    if len(places) != 1:
        problem = "several columns" if places else "no column"
        raise ValueError(f"the DataFrame has {problem} {name!r}; it has {', '.join(df.columns)}")
    return places[0]


def _check(df: Any, place: int, types: Container[str], what: str) -> None:
    field = df.schema[place]
    if field.dataType.typeName() not in types:
        raise TypeError(f"the column {field.name!r} is {field.dataType.simpleString()}: {what}")


def _day(df: Any, on: Day) -> date:
    try:
        return to_day(on)
    except ValueError as error:
        raise ValueError(f"{error}; nor is it a column, of {', '.join(df.columns)}") from None


def _fields_before(df: Any, names: tuple[str, ...]) -> list[Any]:
    """The fields of the DataFrame, none of which may be called as a new one."""
    before = {name.lower() for name in df.columns}
    taken = [name for name in names if name.lower() in before]
    if taken:
        raise ValueError(
            f"the DataFrame already has {', '.join(taken)}; give the new columns a prefix="
        )
    return list(df.schema.fields)


def _add(
    batches: Iterable[pa.RecordBatch],
    *,
    place: int,
    day: date | int,
    systems: tuple[str, ...],
    fields: tuple[str, ...],
    names: tuple[str, ...],
) -> Iterator[pa.RecordBatch]:
    """What the executors do; `day` is a day, or the place of the column of days."""
    import pyarrow as pa

    from medcodes import columns

    for batch in batches:
        on = batch.column(day) if isinstance(day, int) else day
        answer = columns.identify(batch.column(place), on=on, systems=systems, fields=fields)
        # Spark reads no dictionaries.
        added = [
            one.dictionary_decode() if pa.types.is_dictionary(one.type) else one
            for one in answer.flatten()
        ]
        new = [pa.field(name, one.type) for name, one in zip(names, added, strict=True)]
        yield pa.RecordBatch.from_arrays(
            [*batch.columns, *added], schema=pa.schema([*batch.schema, *new])
        )
