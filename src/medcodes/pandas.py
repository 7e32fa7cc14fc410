"""pandas: importing this module gives every series ``.medcodes.identify()``.

>>> import pandas as pd
>>> import medcodes.pandas
>>> claims = pd.Series(["E1165", "90837", None], index=["a", "b", "c"])
>>> claims.medcodes.identify(on="2026-06-01", fields=["code", "status"])
     code     status
a  E11.65      valid
b   90837  plausible
c     NaN        NaN

Needs ``pip install 'medcodes[pandas]'``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

try:
    import pandas as pd

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.pandas needs pandas: pip install 'medcodes[pandas]'") from error

from medcodes.classifier import Classifier, SystemNames, default

__all__ = ["SeriesAccessor"]


@pd.api.extensions.register_series_accessor("medcodes")
class SeriesAccessor:
    """What ``series.medcodes`` is."""

    def __init__(self, series: Any) -> None:
        self._series = series

    def identify(
        self,
        on: Any = None,
        systems: SystemNames = None,
        kind: str | None = None,
        fields: Iterable[str] | None = None,
        classifier: Classifier = default,
    ) -> Any:
        """Identify every value, as `medcodes.columns.identify` does.

        Args:
            on: the day of service: one day, or a series of as many days. Rows belong together by
                their position; the index of the days is not looked at. None is today.
            systems: the systems to consider; it restricts.
            kind: ``"diagnosis"`` or ``"procedure"``.
            fields: the columns wanted, as of `medcodes.columns.identify`.
            classifier: the classifier that answers: its tables, its systems, its day.

        Returns:
            A DataFrame with the series' index.

        >>> import pandas as pd
        >>> codes = pd.Series(["U07.1", "U07.1"])
        >>> days = pd.to_datetime(pd.Series(["2020-03-31", "2020-04-01"]))
        >>> codes.medcodes.identify(on=days)["status"].tolist()
        ['future', 'valid']
        """
        return columns.identify(
            self._series, on=on, systems=systems, kind=kind, fields=fields, classifier=classifier
        )
