"""The page on dirty data: every row of its tables is true, one value at a time and in a column."""

from __future__ import annotations

import re

import pytest

import medcodes
from medcodes import NoCodeList, Status, expand, identify
from medcodes.lookup.reading import REPAIRS
from tests.conftest import DAY, ROOT

PAGE = (ROOT / "docs" / "dirty-data.md").read_text(encoding="utf-8")


def rows(*headings: str) -> list[list[str]]:
    """The rows of every table with these headings."""
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE):
        head, _, *lines = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in table.splitlines()
        ]
        if tuple(head) == headings:
            found += lines
    assert found
    return found


def text_of(cell: str) -> str:
    """The text that a cell shows."""
    text = cell.strip("`").replace("\\|", "|").replace("␣", " ")
    return re.sub(
        r"\\(?:u[0-9a-f]{4}|[trn])", lambda one: one[0].encode().decode("unicode_escape"), text
    )


def shown(answer: medcodes.Identification) -> str:
    assert answer.system is not None
    return f"{answer.system.name} {answer.code}"


READ = rows("in the data", "is read as", "repairs")
SEVERAL = rows("in the data", "on", "may be")
PATTERNS = rows("in the data", "what it is", "on", "expands to")
STRANGE = rows("in the data", "status", "reason")
REFUSED = rows("in the data", "status", "why")


@pytest.mark.parametrize(("text", "code", "repairs"), READ)
def test_what_is_read(text: str, code: str, repairs: str) -> None:
    answer = identify(text_of(text), on=DAY)
    code, _, modifiers = code.partition(" with ")
    assert shown(answer) == code
    assert ", ".join(answer.modifiers) == modifiers
    assert ", ".join(answer.repairs) == repairs
    assert answer.unlisted_modifiers == ()


def test_every_repair_is_shown_and_said() -> None:
    said = {name.strip("`"): what for name, what in rows("repair", "what it says")}
    assert said == REPAIRS
    assert list(said) == list(REPAIRS)
    assert {one for _, _, repairs in READ for one in repairs.split(", ")} == set(REPAIRS)


@pytest.mark.parametrize(("text", "day", "readings"), SEVERAL)
def test_what_may_be_several_codes(text: str, day: str, readings: str) -> None:
    answer = identify(text_of(text), on=day)
    assert ", ".join(map(shown, (answer, *answer.alternatives))) == readings


@pytest.mark.parametrize(("text", "kind", "day", "codes"), PATTERNS)
def test_what_stands_for_codes(text: str, kind: str, day: str, codes: str) -> None:
    text = text_of(text)
    answer = identify(text, on=day)
    assert answer.status is Status.MALFORMED
    assert answer.reason.startswith(kind)
    if codes == "NoCodeList":
        with pytest.raises(NoCodeList):
            expand(text, on=day)
    else:
        found = expand(text, on=day)
        assert f"{len(found)} codes, {found[0].code} to {found[-1].code}" == codes


@pytest.mark.parametrize(("text", "status", "reason"), STRANGE)
def test_what_is_no_code(text: str, status: str, reason: str) -> None:
    answer = identify(text_of(text), on=DAY)
    assert answer.status.value == status
    assert reason in answer.reason


@pytest.mark.parametrize(("text", "status", "why"), REFUSED)
def test_what_is_not_repaired(text: str, status: str, why: str) -> None:
    answer = identify(text_of(text), on=DAY)
    assert answer.status.value == status
    assert set(answer.repairs) <= {"dotted"}
    assert why


def test_columns_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa

    from medcodes import columns
    from medcodes.columns import api

    monkeypatch.setattr(api, "_is_worth_tables", lambda *_: True)
    texts = [text_of(row[0]) for row in (*READ, *SEVERAL, *PATTERNS, *STRANGE, *REFUSED)]
    for day in (DAY, "2012-06-01"):
        answers = [identify(text, on=day) for text in texts]
        fields = ("system", "code", "status", "ambiguous")
        assert columns.identify(pa.array(texts), on=day, fields=fields).to_pylist() == [
            {
                "system": one.system.id if one.system else None,
                "code": one.code,
                "status": one.status.value,
                "ambiguous": one.ambiguous,
            }
            for one in answers
        ]
