"""What `profile` says of columns with and without codes, and how much its confidence is worth."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from benchmarks import calibration
from benchmarks.calibration import answer_of, bands, outcomes
from benchmarks.kinds_of_columns import WITH_CODES, WITHOUT_CODES, halves
from benchmarks.measure import Table
from benchmarks.samples import cpt_numbers, valid
from medcodes import ICD9PCS
from medcodes.columns import profile
from medcodes.columns.profiling.naming import meant_by
from tests.conftest import DAY

CHANCE = random.Random(5)


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


def measured(mean: float, spread: float, template: str = "{:.1f}") -> list[str]:
    return [template.format(CHANCE.gauss(mean, spread)) for _ in range(60)]


def drawn(first: int, last: int, template: str = "{}") -> list[str]:
    return [template.format(CHANCE.randint(first, last)) for _ in range(60)]


CONTRACTS = "H0028 H0084 H0104 H0107 H0108 H0111 H0112 H0148"
REMARKS = "N130 M15 N30 MA130 N290 M51 N56 M76"
REVENUE = "0300 0022 0023 0222 0730 0305"
ROOMS = [f"{wing}{level}{n:02}" for wing in "ABC" for level in "1234" for n in range(1, 100, 7)]
LOCATIONS = [f"{wing}{n:02}" for wing in "ABCDEFGH" for n in range(1, 61)]
BMI = "28.4 31.2 24.9 22.7 35.1 27.0"


@pytest.mark.parametrize(
    ("texts", "name", "what"),
    [
        (numbers(1, 1_501), "row_id", "running number"),
        (numbers(9_460, 9_600), None, "running number"),
        (numbers(1, 12_001), None, "running number"),
        (numbers(1, 401), "Claim #", "running number"),
        (numbers(10_001, 15_001), None, "running number"),
        (numbers(1, 100_001), None, "running number"),
        (numbers(1, 19), None, "running number"),
        ([str(n) for n in range(500, 900, 5)], None, "running number"),
        (BMI, "bmi", "measurement"),
        (BMI, None, "measurement"),
        (measured(37.5, 1), None, "measurement"),
        (measured(41, 5), None, "measurement"),
        (measured(170, 10), None, "measurement"),
        (measured(128, 18, "{:.0f}"), None, "number"),
        (measured(139, 3, "{:.0f}"), "sodium", "measurement"),
        (measured(250, 80, "{:.2f}"), None, "amount"),
        ("0830 0915 1030 1345 1500 1615 " * 4, None, "clock time"),
        ([f"{m:02}{d:02}" for m, d in zip(range(1, 13), range(28, 4, -2), strict=True)], None,
         "date"),
        ("2150 2151 2152", None, "year"),
        (drawn(1_000, 9_999), None, "identifier"),
        (drawn(1_000, 9_999), "patient_id", "identifier"),
        (drawn(1_000, 9_999), "ssn4", "SSN"),
        (CONTRACTS, None, "identifier"),
        (CONTRACTS, "contract_id", "contract number"),
        ("Z0001 Z0007 Z0008", "contract_id", "contract number"),
        (REMARKS, None, "remark code"),
        (REMARKS, "remark_code", "remark code"),
        (ROOMS, None, "identifier"),
        (LOCATIONS, "loc", "room"),
        ("H100 H200 A12 B07", "facility", "room"),
        ('="02134" ="90210" ="10001" ="60611"', "zip", "ZIP code"),
        ("754.79", None, "number"),
        ("12.5 37.5 80.5", None, "number"),
        ("5012 5021 5431", "apc", "APC"),
        ("111 131 721", "type_of_bill", "type of bill"),
        ("08 20 21 49 110 133 140", "cvx_code", "CVX"),
        ("123456789 987654321 456789123", "ein", "EIN"),
        ("4548-4 2345-7 718-7 2160-0", "loinc", "LOINC"),
        (REVENUE, None, "revenue code"),
        (REVENUE, "revenue_code", "revenue code"),
        ("300 301 305 450", None, "revenue code"),
        ("25 59 LT RT", "modifier", "modifiers"),
        ("25 59 LT RT", None, "modifiers"),
        ("25", None, "modifiers"),
        ("I10 C4 HCPCS CPT_II CPT", None, "names of systems"),
        ("CA NY TX MA GA", None, "free text"),
    ],
)  # fmt: skip
def test_no_codes(texts: str | Sequence[str], name: str | None, what: str) -> None:
    found = profile(texts.split() if isinstance(texts, str) else texts, name=name, on=DAY)
    assert (found.looks_like, found.system) == (what, None)


LABORATORY = [f"{n:05d}" for n in range(80047, 89398, 13)]
MIXED = [*CHANCE.sample(cpt_numbers(), 102), *CHANCE.sample(valid(ICD9PCS), 80)]
SURGERY = [code for code in cpt_numbers() if "10004" <= code <= "69990"]


@pytest.mark.parametrize(
    ("texts", "name", "systems"),
    [
        (LABORATORY, "cpt_code", "cpt"),
        ("82951 85027 85009", None, "cpt"),
        (CHANCE.sample(cpt_numbers(), 1_000), None, "cpt"),
        (CHANCE.sample(SURGERY, 100), None, "cpt"),
        (CHANCE.sample(SURGERY, 9), "cpt", "cpt"),
        ([*MIXED, *drawn(100_000, 999_999)[:18]], "procedure_source_value", "cpt+icd9pcs"),
        (MIXED, None, "cpt+icd9pcs"),
        *[
            ("J0120", name, "icd10cm")
            for name in ("dx", "diagnosis", "dx_code", "diagnosis_code", "Diag1Code")
        ],
        ("J0120", "primary_diagnosis", "icd10cm"),
        ("J0120", "icd_code_1", "icd10cm"),
        ("25000 36415", "procedure_code", "cpt"),
        ("25000 36415", "ProcedureCode", "cpt"),
        ("25000 36415", "hcpcs", "cpt"),
        (["E11.9 - Diabetes", "I10 - Hypertension", "J45.909: Asthma"], "diagnosis", "icd10cm"),
        (["E11.9, I10", "I10;J45.909", "K35.80|I10"], "dx", "icd10cm"),
        ("X9912 X9913 J3490 X9914", "hcpcs", "hcpcs"),
        ("0001F 0500F 1000F 2000F 3006F 4000F 6005F", None, "cpt"),
    ],
)  # fmt: skip
def test_codes(texts: str | Sequence[str], name: str | None, systems: str) -> None:
    found = profile(texts.split() if isinstance(texts, str) else texts, name=name, on=DAY)
    assert answer_of(found) == systems


def test_more_than_a_third_unlisted_rules_a_list_out() -> None:
    codes = ["E11.65", "I10", "J45.909", "K35.80", "M54.50", "Z20.828"]
    local = ["E11.ZZ", "I19.ZZ", "J45.ZZ", "K35.ZZ"]
    assert profile(codes, on=DAY).system is not None
    assert profile([*codes, *local], on=DAY).system is None
    assert profile([*codes, *local], name="dx", on=DAY).system is not None


def test_a_cell_that_holds_more_than_a_code_is_said() -> None:
    found = profile(["E11.9 - Type 2 diabetes", "I10 - Hypertension"], name="dx", on=DAY)
    assert any("more than a code" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ICD9_DGNS_CD_1", ("icd9cm",)),
        ("icd9_procedure", ("icd9pcs",)),
        ("procedure_charge", ("amount",)),
        ("diagnosis_description", ("free text",)),
        ("cpt_modifier_1", ("modifiers",)),
        ("place_of_service", ("place of service",)),
        ("code_type", ("names of systems",)),
        ("total", ("amount",)),
        ("test_result", ("measurement",)),
        ("dx_icd9_icd10", ("icd9cm", "icd10cm")),
        ("MVX", ("MVX (vaccine makers)",)),
        ("ABK", ("icd10cm",)),
        ("whatever", ()),
        (None, ()),
    ],
)
def test_names(name: str | None, meant: tuple[str, ...]) -> None:
    assert meant_by(name) == meant


def test_a_confidence_means_what_it_says() -> None:
    """Of all kinds, those held out from the setting of weights included, at two sizes."""
    assert len(WITHOUT_CODES) >= 60
    assert len(WITH_CODES) >= 20
    for kinds in halves():
        found = list(outcomes(kinds, (6, 30)))
        sure = [each for each in found if each.confidence >= 0.9]
        assert len(sure) > 0.8 * len(found)
        assert sum(not each.right for each in sure) <= len(sure) / 100
        large = [each for each in found if each.size == 30 and each.kind in WITH_CODES]
        assert sum(each.right for each in large) >= 0.98 * len(large)


def test_the_table_of_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "halves", lambda: ([WITHOUT_CODES[0]], [WITH_CODES[0]]))
    table = Table("calibration", smoke=True)
    calibration.calibration(table)
    assert len(table.rows) == 4 * len(calibration.BANDS) + 2
    found = list(outcomes([WITHOUT_CODES[0]], (6,)))
    assert sum(count for _, count, _ in bands(found)) == len(found)
