"""Whole columns by the acceptance policy: which rows are accepted, and what is wrong with the rest.

    >>> from medcodes.columns.verdicts import ColumnJudge
    >>> judge = ColumnJudge(systems="icd10cm", suggestions=1)
    >>> judged = judge.judge(["E11.65", "E11", None], on="2026-06-01")
    >>> judged.accepted.tolist(), judged.verdict(1).type, judged.verdict(1).suggestions
    ([True, False, False], 'header_code', ('E11.8',))

A column is identified as a whole. What its statuses leave open is asked of `lookup.acceptance`,
each text once a day; and so is why a row is refused, when somebody wants to know.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from medcodes.classifier import Classifier, SystemNames, default
from medcodes.columns import interop
from medcodes.columns.api import ask
from medcodes.lookup.acceptance import USUAL, Acceptance, Verdict
from medcodes.status import Status

Mask = npt.NDArray[np.bool_]

_REMEMBERED = 65_536
"""So many texts, each on its day, are remembered from batch to batch: some 50 MB at most."""


class ColumnJudge:
    """Judges columns, or the batches of one, by the same rules, and remembers its verdicts.

    Args:
        acceptance: which statuses count as good.
        systems: the systems to consider; None for all.
        kind: ``"diagnosis"`` or ``"procedure"``, to consider only systems of that kind.
        classifier: who knows the codes.
        suggestions: how many codes a refusal suggests, at most.
    """

    def __init__(
        self,
        acceptance: Acceptance = USUAL,
        *,
        systems: SystemNames = None,
        kind: str | None = None,
        classifier: Classifier = default,
        suggestions: int = 0,
    ) -> None:
        self.acceptance = acceptance
        self.allowed = classifier.ask(None, systems, kind).allowed
        self.classifier = classifier
        self.suggestions = suggestions
        fields = ["status", "ambiguous"]
        self._statuses = ask(systems=self.allowed, fields=fields, classifier=classifier)
        self.verdict = lru_cache(_REMEMBERED)(self._verdict)
        self._takes = lru_cache(_REMEMBERED)(self._takes_each)
        self._sure = pa.array(sorted(acceptance.sure), pa.string())
        weakest = max((status.rank for status in acceptance.statuses), default=-1)
        possible = [status.value for status in Status if status.rank <= weakest]
        self._possible = pa.array(possible, pa.string())

    def judge(self, column: Any, on: Any = None) -> Judged:
        """Judge a column, or a batch of one.

        Args:
            column: as for `medcodes.columns.identify`.
            on: the day, or a column of as many days; None is today.

        Raises:
            TypeError, ValueError: as `medcodes.columns.identify`.
        """
        texts, _ = interop.bring(column)
        days: pa.Array | date
        if interop.is_column(on):
            on = days = interop.days(on, len(texts))
        else:
            days = self.classifier.ask(on, self.allowed, None).day
        status, ambiguous = self._statuses.identify(texts, on).flatten()
        accepted = _mask(pc.and_not(pc.is_in(status, self._sure), ambiguous))
        missing = _mask(texts.is_null())
        # Without a text or a day there is no status.
        undated = _mask(status.is_null()) & ~missing
        judged = Judged(self, accepted, missing, undated, texts, days)
        # The best fit has the strongest status, so that a weaker one rules out all others.
        left = np.flatnonzero(_mask(pc.is_in(status, self._possible)) & ~accepted)
        accepted[left] = [*map(self._takes, *judged._asked(left))]
        return judged

    def _verdict(self, text: str, day: date) -> Verdict:
        """Whether one text is accepted on a day, and if not, why."""
        return self.classifier.judge(
            text, self.acceptance, on=day, systems=self.allowed, suggestions=self.suggestions
        )

    def _takes_each(self, text: str, day: date) -> bool:
        verdict = self.classifier.judge(text, self.acceptance, on=day, systems=self.allowed)
        return verdict.code is not None


@attrs.frozen(eq=False)
class Judged:
    """What was made of the rows of a column.

    Attributes:
        accepted: which rows hold a code that is accepted, as a NumPy array.
        missing: which have no text.
        undated: which have a text, but no day.
    """

    _judge: ColumnJudge
    accepted: Mask
    missing: Mask
    undated: Mask
    _texts: pa.ChunkedArray
    _days: pa.Array | date

    def verdict(self, row: int) -> Verdict:
        """What is said of a row that has a text and a day."""
        ((text,), (day,)) = self._asked([row])
        return self._judge.verdict(text, day)

    def text(self, row: int) -> str | None:
        """The text of a row."""
        text: str | None = self._texts[row].as_py()
        return text

    def _asked(self, rows: npt.NDArray[np.intp] | list[int]) -> tuple[list[str], list[date]]:
        """The texts of rows and their days."""
        places = pa.array(rows, pa.int64())
        texts = self._texts.take(places).cast(pa.large_string()).to_pylist()
        if isinstance(self._days, date):
            return texts, [self._days] * len(texts)
        return texts, self._days.take(places).to_pylist()


def _mask(column: pa.ChunkedArray) -> Mask:
    """A column of booleans, as NumPy has them; null is false."""
    return np.array(column.fill_null(False), dtype=np.bool_)
