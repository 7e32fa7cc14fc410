"""Columns of a classifier with other tables: the same from every door."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import medcodes.duckdb
import medcodes.pandas
import medcodes.polars
from medcodes import Classifier
from medcodes.columns import FIELDS, api, identify, profile, tables
from medcodes.reference import BUNDLED, CodeTable, Reference, TableFile, TitleTable
from medcodes.reference.file import pack
from medcodes.reference.writing import Span, code_blocks, title_blocks
from tests.conftest import DAY


class Licensed(Reference):
    """A made-up list of a handful of CPT numbers, with days."""

    __slots__ = ("_cpt",)

    def __init__(self) -> None:
        super().__init__()
        listed = {
            "99213": (Span(19920101, 99991231),),
            "90837": (Span(20130101, 99991231),),
            "90834": (Span(20130101, 20251231),),
            "0042T": (Span(20270101, 99991231),),
        }
        header = {
            "system": "cpt",
            "edition": "made up",
            "first_day": "1992-01-01",
            "last_day": "2026-12-31",
            "retired": False,
            "record_begins": False,
            "forgets": False,
            "billable": len(listed),
            "flags": {},
            "elsewhere": [],
        }
        codes = pack({**header, "what": "codes"}, code_blocks(listed))
        self._cpt = CodeTable(TableFile("cpt.codes", codes))

    def lists(self, system: str) -> bool:
        return True

    def codes(self, name: str) -> CodeTable:
        return self._cpt if name == "cpt" else super().codes(name)

    def titles(self, name: str) -> TitleTable:
        if name != "cpt":
            return super().titles(name)
        starts, blocks = title_blocks(["99213"], {"99213": "made up"})
        content = pack({"system": "cpt", "what": "titles", "starts": starts}, blocks)
        return TitleTable(TableFile("cpt.titles", content), self._cpt)


LICENSED = Classifier(reference=Licensed())
TEXTS = ["99213", "90834", "90837", "0042T", "99214", " 99213-25", "25000", "E119", "J0120", None]


def expected(text: str | None, on: Any) -> tuple[Any, ...]:
    if text is None or on is None:
        return (None,) * len(FIELDS)
    one = LICENSED.identify(text, on=on)
    category = one.category
    return (
        one.system.id if one.system else None,
        one.code,
        one.status.value,
        category.label if category else None,
        category.range if category else None,
        one.ambiguous,
        one.can_be_principal,
        one.valid_from,
        one.valid_to,
    )


@pytest.fixture(params=[True, False], ids=["kernel", "resolver"], autouse=True)
def _path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_is_worth_tables", lambda *_: request.param)


def test_columns_are_its_identify() -> None:
    for day in (DAY, "2024-06-01"):
        rows = identify(TEXTS, on=day, classifier=LICENSED)
        assert [tuple(row.values()) for row in rows] == [expected(text, day) for text in TEXTS]
    assert rows[1]["status"] == "valid"
    days = [date(2013, 1, 1), date(2012, 12, 31), None, date(2026, 6, 1)] * 3
    rows = identify(TEXTS, on=days[: len(TEXTS)], classifier=LICENSED)
    wanted = [expected(text, day) for text, day in zip(TEXTS, days, strict=False)]
    assert [tuple(row.values()) for row in rows] == wanted
    # And nothing of it stays with the bundled tables.
    assert identify(["99213"], on=DAY, fields=["status"]) == [{"status": "plausible"}]
    assert tables.of(BUNDLED) is tables.of(BUNDLED)
    assert tables.of(LICENSED.reference) is not tables.of(BUNDLED)


def test_its_systems_and_its_day() -> None:
    of_then = Classifier(reference=LICENSED.reference, systems="cpt", on="2012-06-01")
    rows = identify(["90837", "I10"], fields=["system", "status"], classifier=of_then)
    assert [*map(tuple, map(dict.values, rows))] == [("cpt", "future"), (None, "malformed")]


def test_every_face() -> None:
    wanted = [expected(text, DAY)[:3] for text in TEXTS]
    fields = FIELDS[:3]
    frame = pd.Series(TEXTS).medcodes.identify(on=DAY, fields=fields, classifier=LICENSED)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    assert [*rows] == wanted
    series = pl.Series("code", TEXTS)
    struct = series.medcodes.identify(  # type: ignore[attr-defined]
        on=DAY, fields=fields, classifier=LICENSED
    )
    assert struct.struct.unnest().rows() == wanted
    asked: Any = pl.col("code")
    query = (
        series.to_frame()
        .lazy()
        .select(asked.medcodes.identify(on=DAY, fields=fields, classifier=LICENSED))
    )
    assert query.unnest("code").collect(engine="streaming").rows() == wanted
    with duckdb.connect() as con:
        medcodes.duckdb.register(con, LICENSED)
        con.register("t", pa.table({"code": TEXTS}))
        sql = f"SELECT medcodes_status(code, DATE '{DAY}') FROM t"
        assert [row[0] for row in con.execute(sql).fetchall()] == [one[2] for one in wanted]
        con.execute("CREATE TABLE claims AS FROM t")
        answers = medcodes.duckdb.identify(
            con, "SELECT code AS c FROM claims", "c", DAY, fields=fields, classifier=LICENSED
        )
        assert [tuple(row.values())[1:] for row in answers.read_all().to_pylist()] == wanted


def test_profile() -> None:
    found = profile(["99213", "90837", "90834", "0042T"], on=DAY, classifier=LICENSED)
    assert dict(found.statuses) == {"valid": 0.5, "expired": 0.25, "future": 0.25}
