"""What cannot be known: texts that a list may hold on days that it does not speak for."""

from __future__ import annotations

import random
from datetime import date
from itertools import product

import pyarrow as pa
import pytest

import medcodes
from medcodes import Status, UnknownCode, UnverifiedCode, columns, fhir, identify, validate
from medcodes.lookup import doubt
from medcodes.reference import BUNDLED
from medcodes.systems import HCPCS, ICD10CM, ICD10PCS
from tests.conftest import LISTED, ends

LAST, AFTER = ends("icd10cm")
HCPCS_LAST, HCPCS_AFTER = ends("hcpcs")
LATER = "2098-05-01"  # past the end of every list

pytestmark = pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")

CASES = [
    # text, day, systems, status, what the reason says
    ("J3598", "2011-08-01", "hcpcs", "unverified", "from 2013-01-01 on: the code may have ended"),
    ("J3598", "1982-01-01", "hcpcs", "unverified", "from 2013-01-01 on"),
    ("J3598", "1981-12-31", "hcpcs", "unknown", "not in its list"),  # before all codes
    ("J3598", "2013-01-01", "hcpcs", "unknown", "not in its list"),
    ("J3598", "2020-08-01", "hcpcs", "unknown", "not in its list"),
    ("J3598", HCPCS_LAST, "hcpcs", "unknown", "not in its list"),
    ("J3599", HCPCS_AFTER, "hcpcs", "unverified", f"to {HCPCS_LAST}: the code may be newer"),
    ("F0001", HCPCS_AFTER, "hcpcs", "unknown", "not in its list"),  # in no range
    ("D1110", HCPCS_AFTER, "hcpcs", "plausible", "CDT"),
    ("J1885", HCPCS_AFTER, "hcpcs", "valid", "valid since"),
    ("C9736", "2011-08-01", "hcpcs", "future", "only from"),
    ("E11.97", LAST, "icd10cm", "unknown", "not in its list"),
    ("E11.97", AFTER, "icd10cm", "unverified", f"to {LAST}: the code may be newer"),
    ("E11.97", "2015-09-30", "icd10cm", "unknown", "not in its list"),  # not in force yet
    ("QQ1.1", AFTER, "icd10cm", "unknown", "not in its list"),  # no such category
    ("QQ1", AFTER, "icd10cm", "unknown", "not in its list"),
    ("0SRB0ZZ", AFTER, "icd10pcs", "unverified", "may be newer"),
    ("0SQ0QQQ", "2015-09-30", "icd10pcs", "unknown", "not in its list"),
    ("250.07", AFTER, "icd9cm", "unknown", "not in its list"),  # a retired list is final
    ("250.07", "1980-01-01", "icd9cm", "unknown", "not in its list"),
    ("V5861", HCPCS_AFTER, None, "expired", "listed in ICD-9-CM"),  # a fact before a doubt
    ("V2682", HCPCS_AFTER, None, "expired", "listed in ICD-9-CM"),
    ("V2682", HCPCS_AFTER, "hcpcs", "unverified", "may be newer"),
]


@pytest.mark.parametrize(("text", "day", "systems", "status", "reason"), CASES)
def test_what_the_list_cannot_say(
    text: str, day: str, systems: str | None, status: str, reason: str
) -> None:
    answer = identify(text, on=day, systems=systems)
    assert (answer.status, answer.ambiguous) == (status, False)
    assert reason in answer.reason
    assert answer.status is not Status.UNVERIFIED or answer.categories == ()


def test_two_doubts_make_nothing_ambiguous() -> None:
    answer = identify("H0103", on=LATER)  # below H01 of ICD-10-CM, and among H codes
    assert {fit.status for fit in (answer, *answer.alternatives)} == {Status.UNVERIFIED}
    assert len(answer.alternatives) == 1
    assert not answer.ambiguous
    assert answer.rivals == ()
    assert validate("H0103", on=LATER, accept=["valid", "unverified"]) == "H0103"


def test_it_is_refused_and_let_pass_by_one_parameter() -> None:
    with pytest.raises(UnverifiedCode, match="may be newer") as refusal:
        validate("J3599", "hcpcs", on=HCPCS_AFTER)
    assert isinstance(refusal.value, UnknownCode)
    assert refusal.value.system == "hcpcs"
    assert not medcodes.is_valid("J3599", "hcpcs", on=HCPCS_AFTER)
    accept = ("valid", "unverified")
    assert medcodes.is_valid("J3599", "hcpcs", on=HCPCS_AFTER, accept=accept)
    assert validate("J3599", "hcpcs", on=HCPCS_AFTER, accept=accept) == "J3599"
    assert "J3599" not in HCPCS
    with pytest.raises(UnverifiedCode):
        fhir.coding(identify("J3599", on=HCPCS_AFTER, systems="hcpcs"))


def test_a_message_is_told_of_it() -> None:
    coding = {"system": HCPCS.uri, "code": "J3599"}
    (issue,) = fhir.check(coding, on=HCPCS_AFTER)
    assert (issue.rule, issue.severity) == ("unverified-code", "information")


def test_free_text_does_not_find_it() -> None:
    text = "billed J3599 today, dx E11.97"
    assert list(medcodes.find(text, on=LATER)) == []


def test_suggestions_go_on_as_for_unknown_codes() -> None:
    unknown = medcodes.suggest("E11.56", "icd10cm", on=LAST)
    unverified = medcodes.suggest("E11.56", "icd10cm", on=LATER)
    assert [one.code for one in unknown] == [one.code for one in unverified]
    assert unknown


DAYS = ["1981-12-31", "1982-01-01", "2012-12-31", "2020-08-01", HCPCS_LAST, HCPCS_AFTER]
DAYS += [LAST, AFTER]
FIELDS = [
    "system",
    "code",
    "status",
    "category",
    "ambiguous",
    "valid_to",
    "can_be_principal",
    "as_of",
]


def texts() -> list[str]:
    """Texts beside listed codes, listed ones of which some fit other systems too, and garbage."""
    chosen = random.Random("unverified")
    found = ["".join(one) for one in product("JQVE", "019", "05", "39", "0678")]
    for system in LISTED:
        codes = [code for code, _ in BUNDLED.codes(system)]
        for code in chosen.sample(codes, 150):
            found += [code, code[:-1] + chosen.choice("0123456789AXZ"), code[:3] + "9" + code[4:]]
    found += [f"{text[:3]}.{text[3:]}" for text in found[::7]]
    return found + [f" {text.lower()}" for text in found[::11]]


@pytest.mark.parametrize("systems", [None, "hcpcs", ("icd10cm", "icd10pcs")])
def test_columns_say_the_same(systems: str | tuple[str, ...] | None) -> None:
    columns.warm()
    asked = texts()
    pairs = [(text, date.fromisoformat(day)) for text in asked for day in DAYS]
    column, on = (pa.array(list(values)) for values in zip(*pairs, strict=True))
    rows = columns.identify(column, on=on, systems=systems, fields=FIELDS).to_pylist()
    by_day = {day: columns.identify(pa.array(asked), on=day, systems=systems) for day in DAYS}
    statuses = set()
    for (text, day), row in zip(pairs, rows, strict=True):
        answer = identify(text, on=day, systems=systems)
        told = [row[name] for name in ("status", "code", "ambiguous", "valid_to", "as_of")]
        right = [answer.status, answer.code, answer.ambiguous, answer.valid_to, answer.as_of]
        assert told == right, (text, day)
        assert row["system"] == (answer.system and answer.system.id)
        assert row["category"] == (answer.category and answer.category.label)
        assert row["can_be_principal"] == answer.can_be_principal
        statuses.add(row["status"])
    assert {"unverified", "unknown", "valid", "malformed"} <= statuses
    for number, name in enumerate(DAYS):
        alone = by_day[name].field("status").to_pylist()
        assert alone == [row["status"] for row in rows[number :: len(DAYS)]]


@pytest.mark.parametrize("system", [HCPCS, ICD10CM, ICD10PCS])
def test_nothing_is_unverified_on_days_that_the_list_speaks_for(
    system: medcodes.CodeSystem,
) -> None:
    days = [day for day in system.coverage if day is not None]
    for day in days:
        answer = columns.identify(pa.array(texts()), on=day, systems=system, fields=["status"])
        assert "unverified" not in answer.field("status").to_pylist()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt, "_REMEMBERED", 1)
    mine = medcodes.Classifier(on=LATER, systems="icd10cm")
    for _ in range(2):
        statuses = [str(answer.status) for answer in mine.identify_many(["E11.97", "I10", "QQ1.1"])]
        assert statuses == ["unverified", "valid", "unknown"]
