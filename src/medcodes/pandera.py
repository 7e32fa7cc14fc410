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
from typing import Any

try:
    import numpy as np
    from pandera.api.base.checks import CheckResult
    from pandera.api.checks import Check
    from pandera.constants import CHECK_OUTPUT_KEY

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.pandera needs pandera: pip install 'medcodes[pandera]'") from error

from medcodes.classifier import Classifier, Statuses, SystemNames, default
from medcodes.dates import Day, to_day
from medcodes.lookup.acceptance import Acceptance, Verdict, count_of_suggestions, renamed
from medcodes.status import Status

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
        self.classifier = default if classifier is None else classifier
        self.allowed = self.classifier.ask(None, systems, kind).allowed
        self.suggestions = count_of_suggestions(suggestions)
        self.acceptance = Acceptance.of(
            renamed("accept", accept, "status", status),
            strict=strict,
            headers=headers,
            billable=billable,
        )
        day = "today" if on is None else f"on {self.on}"
        if on_column is not None:
            day = f"on the day in {on_column}"
        if unknown := options.keys() - _OPTIONS:
            raise TypeError(f"CodeCheck takes no {', '.join(sorted(unknown))}")
        allowed = [self.classifier.reference.systems.by_id[system] for system in self.allowed]
        given = {
            "systems": self.allowed,
            "on": None if self.on is None else str(self.on),
            "on_column": on_column,
            "column": column,
            "accept": sorted(self.acceptance.statuses),
            "classifier": classifier,
            "suggestions": suggestions,
        }
        # pandera writes these into YAML and makes the check anew from them.
        statistics = {
            name: [*map(str, one)] if isinstance(one, (tuple, list)) else one
            for name, one in given.items()
            if one is not None
        }
        made = {"name": "medical_code", "error": self.acceptance.describe(allowed, day), **options}
        super().__init__(_is_code, **{"statistics": statistics, **made})
        self._made_with = {**statistics, **options}

    def judge(self, text: str, day: Day) -> Verdict:
        """Whether one value is accepted on a day."""
        return self.classifier.judge(
            text,
            self.acceptance,
            on=day,
            systems=self.allowed,
            suggestions=self.suggestions,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_with, (self._made_with,)

    def __deepcopy__(self, memo: object) -> CodeCheck:
        # pandera copies its schemas whole; nothing in here changes, and the reference is large.
        return self

    @classmethod
    def get_backend(cls, check_obj: Any) -> Any:
        """Who checks a frame of this kind: pandera asks."""
        library = type(check_obj).__module__.partition(".")[0]
        if library not in _BACKENDS:
            raise TypeError(f"codes are checked in pandas and Polars, not in {library}")
        return _BACKENDS[library]


def _made_with(arguments: dict[str, Any]) -> CodeCheck:
    """A check out of a pickle."""
    return CodeCheck(**arguments)


def _is_code(values: Any) -> Any:
    """What pandera takes for the function of the check; the backends below do the work."""
    raise NotImplementedError


class _Judged:
    """The values of a column, judged."""

    def __init__(self, check: CodeCheck, values: Any, days: Any) -> None:
        acceptance = check.acceptance
        self.reasons: list[str] = []
        if _holds_nothing(values):
            # Such a column is often one of numbers, as it comes from a file.
            self.passed = np.full(len(values), check.ignore_na)
            self.reasons = [] if check.ignore_na else [_MISSING] * len(values)
            return
        answer = columns.identify(
            values,
            on=check.on if days is None else days,
            systems=check.allowed,
            fields=["status", "ambiguous"],
            classifier=check.classifier,
        )
        self.passed = _sure(answer, acceptance.sure)
        verdicts: dict[Any, Verdict] = {}
        # What is left is seldom much, and often the same: each is asked one by one, and once.
        rest = np.flatnonzero(~self.passed)
        texts = _picked(values, rest)
        its_days = [check.on] * len(rest) if days is None else _picked(days, rest)
        for row, text, day in zip(rest.tolist(), texts, its_days, strict=True):
            if _is_null(text):
                self.passed[row] = check.ignore_na
                reason = None if check.ignore_na else _MISSING
            elif days is not None and _is_null(day):
                reason = f"{text!r}: {_NO_DAY}"
            else:
                verdict = verdicts.get((text, day))
                if verdict is None:
                    verdict = verdicts[text, day] = check.judge(text, day)
                self.passed[row] = verdict.code is not None
                reason = None if verdict.code is not None else verdict.message
            if reason is not None:
                self.reasons.append(reason)


def _sure(answer: Any, plain: frozenset[Status]) -> Any:
    """Which rows of an answer are accepted beyond doubt, as a NumPy array."""
    wanted = [one.value for one in plain]
    status, ambiguous = answer["status"], answer["ambiguous"]
    if type(answer).__module__.startswith("polars"):
        found = status.cast(str).is_in(wanted) & ~ambiguous
        return found.fill_null(False).to_numpy().copy()
    return np.array(status.isin(wanted)) & np.array(ambiguous.eq(False).fillna(False), dtype=bool)


def _holds_nothing(values: Any) -> bool:
    """Whether a pandas or Polars series has no value that is not missing."""
    missing = values.isna() if hasattr(values, "isna") else values.is_null()
    return bool(missing.all())


def _picked(column: Any, rows: Any) -> list[Any]:
    """Some values of a pandas or Polars series."""
    if hasattr(column, "iloc"):
        return list(column.iloc[rows])
    return list(column.gather(rows))


def _is_null(value: object) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA, none of which equals itself for sure."""
    return value is None or not isinstance(value == value, bool) or value != value


class _Pandas:
    """Checks a column of a pandas frame, or a series."""

    def __init__(self, check: CodeCheck) -> None:
        self._check = check

    def __call__(self, check_obj: Any, key: Any = None) -> CheckResult:
        import pandas as pd

        check = self._check
        values, days = check_obj, None
        name = check.column if key is None else key
        if check_obj.ndim == 2:
            values = check_obj[_named(name)]
            _need(check.on_column, check_obj.columns)
            days = None if check.on_column is None else check_obj[check.on_column]
        elif check.on_column is not None:
            raise ValueError("a series has no other columns: on_column= needs a frame")
        judged = _Judged(check, values, days)
        output = pd.Series(judged.passed, index=values.index)
        cases = None
        if judged.reasons:
            where = values.index[~judged.passed][: check.n_failure_cases]
            cases = pd.Series(judged.reasons[: check.n_failure_cases], index=where)
            if key is None and check_obj.ndim == 2:
                # Of a check of the frame, pandera does not know the column.
                where = where if where.nlevels == 1 else where.map(str)
                cases = pd.DataFrame({"column": name, "failure_case": cases.array, "index": where})
        return CheckResult(output, bool(judged.passed.all()), check_obj, cases)


class _Polars:
    """Checks a column of a Polars frame."""

    def __init__(self, check: CodeCheck) -> None:
        self._check = check

    def __call__(self, check_obj: Any, key: Any = None) -> CheckResult:
        import polars as pl
        from pandera.api.polars.types import PolarsData

        check = self._check
        name = _named(check.column if key is None else key)
        _need(check.on_column, check_obj.lazy().collect_schema().names())
        wanted = [name] if check.on_column is None else [name, check.on_column]
        frame = check_obj.lazy().select(list(dict.fromkeys(wanted))).collect()
        days = None if check.on_column is None else frame[check.on_column]
        judged = _Judged(check, frame[name], days)
        output = pl.LazyFrame({CHECK_OUTPUT_KEY: judged.passed})
        reasons = judged.reasons[: check.n_failure_cases]
        cases = pl.LazyFrame({name: reasons}) if judged.reasons else None
        passed = output.select(pl.col(CHECK_OUTPUT_KEY).all())
        return CheckResult(output, passed, PolarsData(check_obj, key or "*"), cases)


def _need(day: str | None, columns: Collection[Any]) -> None:
    if day is not None and day not in columns:
        there = ", ".join(map(str, columns))
        raise ValueError(f"on_column={day!r}: the frame has no such column; it has {there}")


def _named(name: Any) -> Any:
    if name is None:
        raise ValueError("a check of a whole frame needs column=, the column that holds the codes")
    return name


_BACKENDS = {"pandas": _Pandas, "polars": _Polars}

Check.REGISTERED_CUSTOM_CHECKS["medical_code"] = CodeCheck
