"""pandera: a check that a column of a pandas or Polars frame holds codes.

>>> import medcodes.pandera
>>> import pandas as pd
>>> import pandera.pandas as pa
>>> claims = pa.DataFrameSchema(
...     {"dx": pa.Column(str, medcodes.pandera.CodeCheck("icd10cm", on="2026-06-01"))}
... )
>>> try:
...     claims.validate(pd.DataFrame({"dx": ["E11.65", "J44", "E1165"]}), lazy=True)
... except pa.errors.SchemaErrors as error:
...     print(error.failure_cases["failure_case"].item())
'J44': a heading of ICD-10-CM; only codes below it are billable; did you mean J44.0 or J44.1 ...?

Needs ``pip install 'medcodes[pandera]'``, and pandas or Polars.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection
from functools import partial
from typing import Any

try:
    import numpy as np
    from pandera.api.base.checks import CheckResult
    from pandera.api.checks import Check
    from pandera.constants import CHECK_OUTPUT_KEY

    from medcodes.columns.verdicts import ColumnJudge, Judged
except ImportError as error:
    raise ImportError("medcodes.pandera needs pandera: pip install 'medcodes[pandera]'") from error

from medcodes.classifier import Classifier, Statuses, SystemNames, default
from medcodes.dates import Day, to_day
from medcodes.lookup.acceptance import Acceptance, count_of_suggestions, renamed

__all__ = ["CodeCheck"]

# What pandera does not know it would take for an argument of the function, and pass over.
_OPTIONS = frozenset(inspect.signature(Check.__init__).parameters) - {
    *("self", "check_fn", "check_kwargs", "element_wise", "groupby", "groups")
}
_NO_DAY = "no day to judge it by"
_MISSING = "there is no code"


class CodeCheck(Check):
    """A check that all values of a column are codes, as `medcodes.validate` takes them.

    Whole columns are checked at once. Each failure case says why: ``'E11': a heading of
    ICD-10-CM; only codes below it are billable``, and may suggest what was meant.

    Args:
        systems: the systems that they may belong to, by constant or by any of their names; None
            for all.
        kind: ``"diagnosis"`` or ``"procedure"``, to take only systems of that kind.
        on: the day on which they must be valid; None is the day of the check.
        on_column: the name of the column that holds that day, for every row its own. A row
            without a day fails.
        column: the name of the column to check, where the check belongs to a whole frame instead
            of a column.
        accept: the statuses that count as good, instead of `valid` and `plausible`; or a shorthand:
        strict: True takes only what is listed, and so no CPT code without a list of your own.
        headers: True takes headings too.
        billable: False takes headings too.
        status: the old name of `accept`, deprecated.
        classifier: who knows the codes, where that is not the default one.
        suggestions: how many codes a failure case suggests, at most.
        options: what else `pandera.Check` takes: `error`, `name`, `raise_warning`,
            `n_failure_cases`, `ignore_na` ...

    Raises:
        UnknownCodeSystem, ValueError, TypeError: an argument makes no sense.

    Importing this module also registers it as ``medical_code``, for ``pandera.Field`` and
    ``pandera.Check``.
    """

    def __init__(
        self,
        systems: SystemNames = None,
        *,
        kind: str | None = None,
        on: Day = None,
        on_column: str | None = None,
        column: str | None = None,
        accept: Statuses = None,
        strict: bool = False,
        headers: bool = False,
        billable: bool = True,
        status: Statuses = None,
        classifier: Classifier | None = None,
        suggestions: int = 3,
        **options: Any,
    ) -> None:
        if on is not None and on_column is not None:
            raise ValueError("on= names the day, and on_column= where it is: give one of them")
        self.on = None if on is None else to_day(on)
        self.on_column = on_column
        self.column = column
        self.judge = ColumnJudge(
            Acceptance.of(
                renamed("accept", accept, "status", status),
                strict=strict,
                headers=headers,
                billable=billable,
            ),
            systems=systems,
            kind=kind,
            classifier=default if classifier is None else classifier,
            suggestions=count_of_suggestions(suggestions),
        )
        if unknown := options.keys() - _OPTIONS:
            raise TypeError(f"CodeCheck takes no {', '.join(sorted(unknown))}")
        given = {
            "systems": [*self.judge.allowed],
            "on": None if self.on is None else str(self.on),
            "on_column": on_column,
            "column": column,
            "accept": sorted(map(str, self.judge.acceptance.statuses)),
            "classifier": classifier,
            "suggestions": suggestions,
        }
        # pandera writes these into YAML and makes the check anew from them.
        statistics = {name: value for name, value in given.items() if value is not None}
        made = {"name": "medical_code", "error": self._description(), **options}
        super().__init__(_is_code, **{"statistics": statistics, **made})
        self._made_with = {**statistics, **options}

    def _description(self) -> str:
        day = "today" if self.on is None else f"on {self.on}"
        if self.on_column is not None:
            day = f"on the day in {self.on_column}"
        systems = self.judge.classifier.reference.systems.by_id
        allowed = [systems[system] for system in self.judge.allowed]
        return self.judge.acceptance.describe(allowed, day)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(CodeCheck, **self._made_with), ()

    def __deepcopy__(self, memo: object) -> CodeCheck:
        # pandera copies its schemas whole; nothing in here changes, and the reference is large.
        return self

    @classmethod
    def get_backend(cls, check_obj: Any) -> Any:
        """What makes of a check what checks a frame of this kind: pandera asks."""
        library = type(check_obj).__module__.partition(".")[0]
        if library not in _BACKENDS:
            raise TypeError(f"codes are checked in pandas and Polars, not in {library}")
        return partial(partial, _BACKENDS[library])


def _is_code(values: Any) -> Any:
    """What pandera takes for the function of the check; the functions below check instead."""
    raise NotImplementedError


def _failures(check: CodeCheck, values: Any, days: Any) -> tuple[Any, list[str]]:
    """Which values of a series pass, as a NumPy array; and why others fail, as far as is shown."""
    if _holds_nothing(values):
        # Such a column is often one of numbers, as it comes from a file.
        passed = np.full(len(values), check.ignore_na)
        return passed, [_MISSING] * len(np.flatnonzero(~passed)[: check.n_failure_cases])
    judged = check.judge.judge(values, check.on if days is None else days)
    passed = judged.accepted | judged.missing if check.ignore_na else judged.accepted
    failing = np.flatnonzero(~passed)[: check.n_failure_cases].tolist()
    return passed, [_reason(judged, row) for row in failing]


def _reason(judged: Judged, row: int) -> str:
    if judged.missing[row]:
        return _MISSING
    if judged.undated[row]:
        return f"{judged.text(row)!r}: {_NO_DAY}"
    return judged.verdict(row).message


def _holds_nothing(values: Any) -> bool:
    """Whether a pandas or Polars series has no value that is not missing."""
    missing = values.isna() if hasattr(values, "isna") else values.is_null()
    return bool(missing.all())


def _of_pandas(check: CodeCheck, check_obj: Any, key: Any = None) -> CheckResult:
    """Check a column of a pandas frame, or a series."""
    import pandas as pd

    values, days = check_obj, None
    name = check.column if key is None else key
    if check_obj.ndim == 2:
        values = check_obj[_named(name)]
        _need(check.on_column, check_obj.columns)
        days = None if check.on_column is None else check_obj[check.on_column]
    elif check.on_column is not None:
        raise ValueError("a series has no other columns: on_column= needs a frame")
    passed, reasons = _failures(check, values, days)
    cases = None
    if not passed.all():
        where = values.index[~passed][: check.n_failure_cases]
        cases = pd.Series(reasons, index=where)
        if key is None and check_obj.ndim == 2:
            # Of a check of the frame, pandera does not know the column.
            where = where if where.nlevels == 1 else where.map(str)
            cases = pd.DataFrame({"column": name, "failure_case": cases.array, "index": where})
    output = pd.Series(passed, index=values.index)
    return CheckResult(output, bool(passed.all()), check_obj, cases)


def _of_polars(check: CodeCheck, check_obj: Any, key: Any = None) -> CheckResult:
    """Check a column of a Polars frame."""
    import polars as pl
    from pandera.api.polars.types import PolarsData

    name = _named(check.column if key is None else key)
    _need(check.on_column, check_obj.lazy().collect_schema().names())
    wanted = [name] if check.on_column is None else [name, check.on_column]
    frame = check_obj.lazy().select(list(dict.fromkeys(wanted))).collect()
    days = None if check.on_column is None else frame[check.on_column]
    passed, reasons = _failures(check, frame[name], days)
    cases = None if passed.all() else pl.LazyFrame({name: reasons})
    output = pl.LazyFrame({CHECK_OUTPUT_KEY: passed})
    all_passed = output.select(pl.col(CHECK_OUTPUT_KEY).all())
    return CheckResult(output, all_passed, PolarsData(check_obj, key or "*"), cases)


def _need(day: str | None, columns: Collection[Any]) -> None:
    if day is not None and day not in columns:
        there = ", ".join(map(str, columns))
        raise ValueError(f"on_column={day!r}: the frame has no such column; it has {there}")


def _named(name: Any) -> Any:
    if name is None:
        raise ValueError("a check of a whole frame needs column=, the column that holds the codes")
    return name


_BACKENDS = {"pandas": _of_pandas, "polars": _of_polars}

Check.REGISTERED_CUSTOM_CHECKS["medical_code"] = CodeCheck
