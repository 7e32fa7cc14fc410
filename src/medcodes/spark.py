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

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.dates import Day, to_day

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["identify"]

_TEXT = ("string", "char", "varchar")
_DAYS = ("date", "timestamp", "timestamp_ntz", "string")


def identify(
    df: Any,
    column: str,
    on: Day = None,
    *,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    prefix: str = "",
    classifier: Classifier = default,
) -> Any:
    """Add to every row what the code in a column is, as `medcodes.columns.identify` says.

    Args:
        df: a Spark DataFrame.
        column: the name of its column of codes, which must be text.
        on: the day of service: the name of a column of days (dates, timestamps or ISO text), or
            one day. None is the classifier's day, and the same on all executors.
        systems: the systems to consider; it restricts.
        kind: ``"diagnosis"`` or ``"procedure"``.
        fields: the columns wanted, as of `medcodes.columns.identify`.
        prefix: put before the names of the new columns.
        classifier: who knows the codes, such as one with a licensed list. It is sent to each
            Python worker once, with all that was loaded into it; the executors need no file.

    Returns:
        A DataFrame of the same rows, with the new columns behind its own. All its columns travel
        through Python, so select those that you need first.

    Raises:
        TypeError: the column is not text (numbers have lost their leading zeros), or `on` not days.
        ValueError: there is no such column, or already one of a new name, or `on`, `kind` or
            `fields` make no sense.
    """
    try:
        import pyarrow as pa
        from pyspark.sql.types import StructType

        from medcodes import columns
    except ImportError as error:
        raise ImportError("medcodes.spark needs Spark: pip install 'medcodes[spark]'") from error
    place = _place(df, column)
    _check(df, place, _TEXT, "codes are text; numbers have lost their leading zeros")
    day: date | int | None = None
    if isinstance(on, str) and on in df.columns:
        day = _place(df, on)
        _check(df, day, _DAYS, "days are dates, timestamps or ISO text")
        on = None
    # What makes no sense is found here, not on the executors.
    resolver = classifier.ask(_day(df, on), systems, kind)
    answer = columns.identify(
        pa.array([], pa.string()), systems=resolver.allowed, fields=fields, classifier=classifier
    ).type
    schema = StructType(list(df.schema.fields))
    before = {name.lower() for name in df.columns}
    for field in answer:
        name = prefix + field.name
        if name.lower() in before:
            raise ValueError(f"the DataFrame already has {name}; give the new columns a prefix=")
        schema.add(name, _TYPES.get(str(field.type), "string"))
    add = partial(
        _add,
        place=place,
        day=resolver.day if day is None else day,
        systems=resolver.allowed,
        fields=[field.name for field in answer],
        prefix=prefix,
        classifier=_sent(df, classifier),
    )
    return df.mapInArrow(add, schema)


_TYPES = {"bool": "boolean", "date32[day]": "date"}
"""Spark's names of Arrow's types; all others are strings, in dictionaries or not."""


def _place(df: Any, name: str) -> int:
    places = [place for place, known in enumerate(df.columns) if known == name]
    if len(places) != 1:
        problem = "several columns" if places else "no column"
        raise ValueError(f"the DataFrame has {problem} {name!r}; it has {', '.join(df.columns)}")
    return places[0]


def _check(df: Any, place: int, types: Container[str], what: str) -> None:
    field = df.schema[place]
    if field.dataType.typeName() not in types:
        raise TypeError(f"the column {field.name!r} is {field.dataType.simpleString()}: {what}")


def _day(df: Any, on: Day) -> date | None:
    try:
        return None if on is None else to_day(on)
    except ValueError as error:
        raise ValueError(f"{error}; nor is it a column, of {', '.join(df.columns)}") from None


def _sent(df: Any, classifier: Classifier) -> Any:
    """How a classifier goes to the executors: None for the default one, which they have.

    A broadcast is unpickled once in each Python worker. Spark Connect knows none, and so takes the
    classifier along with each task.
    """
    if classifier is default:
        return None
    try:
        return df.sparkSession.sparkContext.broadcast(classifier)
    except (AttributeError, NotImplementedError):
        return classifier


def _add(
    batches: Iterable[pa.RecordBatch],
    *,
    place: int,
    day: date | int,
    systems: tuple[str, ...],
    fields: list[str],
    prefix: str,
    classifier: Any,
) -> Iterator[pa.RecordBatch]:
    """What the executors do; `day` is a day, or the place of the column of days."""
    import pyarrow as pa

    from medcodes import columns

    classifier = default if classifier is None else getattr(classifier, "value", classifier)
    # Spark runs a worker for each core, so that one thread of each is enough.
    asked = columns.ask(systems=systems, fields=fields, classifier=classifier, threads=1)
    for batch in batches:
        on = batch.column(day) if isinstance(day, int) else day
        answer = asked.identify(batch.column(place), on)
        # Spark reads no dictionaries.
        added = [
            column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            for column in answer.flatten()
        ]
        new = [
            pa.field(prefix + name, column.type) for name, column in zip(fields, added, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(
            [*batch.columns, *added], schema=pa.schema([*batch.schema, *new])
        )
