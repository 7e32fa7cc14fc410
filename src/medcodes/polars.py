"""Polars: importing this module gives expressions and series ``.medcodes.identify()``.

>>> import polars as pl
>>> import medcodes.polars
>>> claims = pl.LazyFrame({"code": ["E1165", "90837", None]})
>>> answers = claims.select(pl.col("code").medcodes.identify(on="2026-06-01"))
>>> answers.unnest("code").select("code", "status").collect().rows()
[('E11.65', 'valid'), ('90837', 'plausible'), (None, None)]

Needs ``pip install 'medcodes[polars]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

try:
    import polars as pl

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.polars needs Polars: pip install 'medcodes[polars]'") from error

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.dates import Day, to_day
from medcodes.status import Status

__all__ = ["ExprNamespace", "SeriesNamespace"]


@pl.api.register_expr_namespace("medcodes")
class ExprNamespace:
    """What ``pl.col("x").medcodes`` is."""

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def identify(
        self,
        on: Day | pl.Expr = None,
        systems: SystemNames = None,
        kind: str | None = None,
        fields: Iterable[str] | None = None,
        classifier: Classifier = default,
    ) -> pl.Expr:
        """Identify every value, as `medcodes.columns.identify` does; eager, lazy and streaming.

        Args:
            on: the day of service: one day (text is an ISO day, never the name of a column), or
                an expression that gives a day for every row. None is the day of the execution.
            systems: the systems to consider; it restricts.
            kind: ``"diagnosis"`` or ``"procedure"``.
            fields: the columns wanted, as of `medcodes.columns.identify`.
            classifier: the classifier that answers: its tables, its systems, its day.

        Returns:
            An expression that gives a struct under the name of the column; ``unnest`` makes
            columns of it.

        >>> import polars as pl
        >>> from datetime import date
        >>> days = [date(2020, 3, 31), date(2020, 4, 1)]
        >>> claims = pl.DataFrame({"dx": ["U07.1", "U07.1"], "day": days})
        >>> answer = pl.col("dx").medcodes.identify(on=pl.col("day"))
        >>> claims.select(answer.struct.field("status")).to_series().to_list()
        ['future', 'valid']
        """
        identify, dtype = _prepared(systems, kind, fields, classifier)
        if isinstance(on, pl.Expr):
            dated = partial(_each_on_its_day, identify)
            return pl.map_batches([self._expr, on], dated, dtype, is_elementwise=True)
        on_day = partial(identify, on=None if on is None else to_day(on))
        return self._expr.map_batches(on_day, dtype, is_elementwise=True)


@pl.api.register_series_namespace("medcodes")
class SeriesNamespace:
    """What ``series.medcodes`` is."""

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    def identify(
        self,
        on: Any = None,
        systems: SystemNames = None,
        kind: str | None = None,
        fields: Iterable[str] | None = None,
        classifier: Classifier = default,
    ) -> pl.Series:
        """Identify every value, as `medcodes.columns.identify` does, as a series of structs.

        Args:
            on: the day of service: one day, or a series of as many days. None is today.
            systems: the systems to consider; it restricts.
            kind: ``"diagnosis"`` or ``"procedure"``.
            fields: the columns wanted, as of `medcodes.columns.identify`.
            classifier: the classifier that answers: its tables, its systems, its day.

        >>> import polars as pl
        >>> codes = pl.Series(["E1165", None])
        >>> codes.medcodes.identify(on="2026-06-01", fields=["system", "code"]).to_list()
        [{'system': 'icd10cm', 'code': 'E11.65'}, {'system': None, 'code': None}]
        """
        identify, _ = _prepared(systems, kind, fields, classifier)
        return identify(self._series, on=on)


def _prepared(
    systems: SystemNames, kind: str | None, fields: Iterable[str] | None, classifier: Classifier
) -> tuple[Callable[..., pl.Series], pl.Struct]:
    """What identifies a series, and the type of its answers; checked before any row is read.

    The schema of a lazy query is known before its rows, so it must not depend on them. Systems and
    statuses are closed sets: as Enum they sort by precedence and by strength. Categories are many
    and change with every edition: Categorical is one type whatever it holds, so that answers to
    several files can be put together.
    """
    allowed = classifier.ask(None, systems, kind).allowed
    # It is kept for all batches: when it has seen many values, tables are built for it.
    asked = columns.ask(systems=allowed, fields=fields, classifier=classifier)
    answer = asked.identify(pl.Series([], dtype=pl.String))
    closed = {
        "system": pl.Enum([*classifier.reference.systems.by_id]),
        "status": pl.Enum([status.value for status in Status]),
    }
    dtype = pl.Struct({name: closed.get(name, found) for name, found in answer.schema.items()})
    return partial(_identify, asked=asked, dtype=dtype), dtype


def _identify(
    series: pl.Series, *, on: Any, asked: columns.ColumnResolver, dtype: pl.Struct
) -> pl.Series:
    struct: pl.Series = asked.identify(series, on).to_struct(series.name).cast(dtype)
    return struct


def _each_on_its_day(identify: Callable[..., pl.Series], both: Sequence[pl.Series]) -> pl.Series:
    """Codes and days; one of them may be a single value that stands for all rows."""
    codes, days = both
    if len(days) == 1 != len(codes):
        days = days.new_from_index(0, len(codes))
    elif len(codes) == 1 != len(days):
        codes = codes.new_from_index(0, len(days))
    return identify(codes, on=days)
