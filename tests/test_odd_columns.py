"""Columns of unusual kinds, counts that are none, and queries without rows."""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd
import pytest

import medcodes.duckdb
from medcodes.columns import identify, profile

DAY = "2026-06-01"
TEXTS = ["E1165", "90837", None]


@pytest.mark.parametrize(
    "column",
    [
        pd.Index(TEXTS),
        pd.Categorical(TEXTS),
        pd.array(TEXTS, "string"),
        pd.Series(pd.arrays.SparseArray(TEXTS)),
        pd.Series(TEXTS, dtype="category"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_indexes_and_arrays_of_pandas(column: Any) -> None:
    answer = identify(column, on=DAY)
    assert isinstance(answer, pd.DataFrame)
    assert answer["code"].fillna("").tolist() == ["E11.65", "90837", ""]


def test_categories_of_several_kinds_are_no_text() -> None:
    with pytest.raises(TypeError, match="not text"):
        identify(pd.Series(["E1165", 5], dtype="category"), on=DAY)


@pytest.mark.parametrize("counts", [[-1], [0], [2**70], [1.5], [None], ["x"]])
def test_counts_that_are_none(counts: list[Any]) -> None:
    with pytest.raises(ValueError, match="counts="):
        profile(["I10"], counts=counts, on=DAY)


def test_a_query_without_rows() -> None:
    with duckdb.connect() as con, pytest.raises(ValueError, match="gives no rows"):
        medcodes.duckdb.identify(con, "", "dx")
