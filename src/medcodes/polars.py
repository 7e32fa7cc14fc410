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

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

try:
    import polars as pl

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.polars needs Polars: pip install 'medcodes[polars]'") from error

from medcodes import systems as all_systems
from medcodes.classifier import Classifier, SystemNames, default
from medcodes.dates import Day, to_day
from medcodes.names import Names
from medcodes.status import Status

__all__ = ["ExprNamespace", "SeriesNamespace"]

# The schema of a lazy query is known before any row is read, so it must not depend on the rows.
# Systems and statuses are closed sets: as Enum they sort by precedence and by strength. Categories
# are many and change with every edition: Categorical is one type whatever it holds, so answers
# to several files can be put together.
_DTYPES: dict[str, Any] = {
    "system": pl.Enum([one.id for one in all_systems.ALL]),
    "code": pl.String(),
    "status": pl.Enum([one.value for one in Status]),
    "category": pl.Categorical(),
    "range": pl.Categorical(),
    "ambiguous": pl.Boolean(),
    "can_be_principal": pl.Boolean(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}


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
            fields: the columns wanted, of `medcodes.columns.FIELDS`; all by default.
            classifier: whose answers they are.

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
        options = _options(systems, kind, fields, classifier)
        dtype = _dtype(options["fields"])
        if isinstance(on, pl.Expr):
            dated = partial(_identify_dated, **options)
            return pl.map_batches([self._expr, on], dated, dtype, is_elementwise=True)
        day = None if on is None else to_day(on)
        asked = partial(_identify, on=day, **options)
        return self._expr.map_batches(asked, dtype, is_elementwise=True)


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
            fields: the columns wanted, of `medcodes.columns.FIELDS`; all by default.
            classifier: whose answers they are.

        >>> import polars as pl
        >>> codes = pl.Series(["E1165", None])
        >>> codes.medcodes.identify(on="2026-06-01", fields=["system", "code"]).to_list()
        [{'system': 'icd10cm', 'code': 'E11.65'}, {'system': None, 'code': None}]
        """
        return _identify(self._series, on=on, **_options(systems, kind, fields, classifier))


def _options(
    systems: SystemNames, kind: str | None, fields: Iterable[str] | None, classifier: Classifier
) -> dict[str, Any]:
    """The options, checked before any row is read, and fit to be used for many batches."""
    if not (systems is None or isinstance(systems, (str, Names))):
        systems = tuple(systems)
    if fields is None:
        fields = columns.FIELDS
    elif not isinstance(fields, str):
        fields = tuple(fields)
    options: dict[str, Any] = {
        "systems": systems,
        "kind": kind,
        "fields": fields,
        "classifier": classifier,
    }
    columns.identify([], **options)
    return options


def _dtype(fields: Iterable[str]) -> pl.Struct:
    return pl.Struct({name: _DTYPES[name] for name in fields})


def _identify(series: pl.Series, *, on: Any, fields: tuple[str, ...], **options: Any) -> pl.Series:
    answer = columns.identify(series, on=on, fields=fields, **options)
    struct: pl.Series = answer.to_struct(series.name).cast(_dtype(fields))
    return struct


def _identify_dated(both: Sequence[pl.Series], **options: Any) -> pl.Series:
    """Codes and days; one of them may be a single value that stands for all rows."""
    codes, days = both
    if len(days) == 1 != len(codes):
        days = days.new_from_index(0, len(codes))
    elif len(codes) == 1 != len(days):
        codes = codes.new_from_index(0, len(days))
    return _identify(codes, on=days, **options)
