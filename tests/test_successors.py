"""Which codes took over from which: the table, and what an entry says of it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import medcodes
from medcodes import HCPCS, ICD9CM, ICD10CM, ICD10PCS, CodeSystem, Conversion, reference
from medcodes.reference.file import TableFile, pack
from medcodes.reference.successors import SuccessorTable, pack_successors
from tests.conftest import DATA
from tools.sources import read_conversions

codes = st.text("01AB", min_size=1, max_size=4)
days = st.sampled_from([20161001, 20171001, 20200401, 20211001])


def _table(pairs: set[tuple[str, int, str]]) -> SuccessorTable:
    header = {"system": "made-up", "what": "successors"}
    return SuccessorTable(TableFile("made-up", pack(header, pack_successors(pairs))))


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)


@given(st.sets(st.tuples(codes, days, codes), min_size=1, max_size=30))
@example({("A928", 20161001, "X928")})  # only the first character differs
@example({("A928", 20161001, "XXXX"), ("A928", 20161001, "A928")})
@example({("A1", 20161001, "A11"), ("A1", 20161001, "B")})
def test_a_table_gives_back_what_went_in(pairs: set[tuple[str, int, str]]) -> None:
    table = _table(pairs)
    expected = {(code, _date(day), other) for code, day, other in pairs}
    assert set(table) == expected
    assert len(list(table)) == len(expected)
    for code in {code for code, _, _ in pairs}:
        after = table.after(code)
        assert set(after) == {(other, day) for one, day, other in expected if one == code}
        assert list(after) == sorted(after, key=lambda one: (one[1], one[0]))
    for code in {other for _, _, other in pairs}:
        before = table.before(code)
        assert set(before) == {(one, day) for one, day, other in expected if other == code}
    assert table.after("ZZ") == table.before("ZZ") == ()


def test_the_same_pairs_give_the_same_blocks_in_any_order() -> None:
    pairs = [("A1", 20161001, "A11"), ("A1", 20161001, "A12"), ("A2", 20171001, "B2")]
    assert pack_successors(pairs) == pack_successors([*reversed(pairs), pairs[0]])
    assert pack_successors(pairs) == ["20161001\n20171001", "aA1 A+1 +2\nb2 BB2"]


def test_systems_without_conversion_tables() -> None:
    table = reference.successors("hcpcs")
    assert (list(table), table.after("J0170"), table.before("J0171")) == ([], (), ())


@pytest.mark.parametrize(
    ("system", "code", "day", "successors"),
    [
        (ICD10CM, "R05", "2021-10-01", "R05.1 R05.2 R05.3 R05.4 R05.8 R05.9"),
        (ICD10CM, "M54.5", "2021-10-01", "M54.50 M54.51 M54.59"),
        (ICD10CM, "B88.0", "2025-10-01", "B88.01 B88.09"),
        (ICD10CM, "B97.29", "2020-04-01", "U07.1"),  # and B97.29 lives on
        (ICD10CM, "C16.0", "2016-10-01", "C49.A1"),
        (ICD10PCS, "0016370", "2017-10-01", "0016470"),
    ],
    ids=str,
)
def test_successors(system: CodeSystem, code: str, day: str, successors: str) -> None:
    entry = system.get(code)
    assert entry is not None
    since = date.fromisoformat(day)
    assert entry.successors == tuple(Conversion(one, since) for one in successors.split())
    for one in successors.split():
        follower = system.get(one)
        assert follower is not None
        assert Conversion(code, since) in follower.predecessors


@pytest.mark.parametrize(
    ("system", "code"), [(ICD10CM, "E11.65"), (ICD9CM, "250.00"), (HCPCS, "J0120")], ids=str
)
def test_a_code_that_nothing_took_over_from(system: CodeSystem, code: str) -> None:
    entry = system.get(code)
    assert entry is not None
    assert (entry.successors, entry.predecessors) == ((), ())


@pytest.mark.parametrize("system", [ICD10CM, ICD10PCS], ids=str)
def test_both_ends_are_listed_and_the_day_is_covered(system: CodeSystem) -> None:
    table = reference.codes(system.id)
    pairs = list(reference.successors(system.id))
    assert pairs == sorted(set(pairs))
    for code, day, other in pairs:
        assert code != other
        assert table.history_number(code) is not None
        assert table.history_number(other) is not None
        assert table.first_day < day <= table.last_day
    facts = medcodes.reference.manifest()["tables"]
    assert isinstance(facts, dict)
    assert facts[f"{system.id}.successors"]["rows"] == len(pairs)
    assert DATA.joinpath(f"{system.id}.successors").stat().st_size < 15_000


def test_what_is_no_conversion_table_is_refused() -> None:
    with pytest.raises(SystemExit, match="not a conversion table"):
        list(read_conversions(b"DECM" + bytes(60)))
