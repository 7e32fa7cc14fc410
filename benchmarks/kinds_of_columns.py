"""Kinds of columns, made by chance, that `profile` is asked about: with codes and without.

A kind has the names that such a column has in real files, the answers that are right, and what
makes one value. Every second kind is held out: the numbers of `profile` were chosen on the others.
"""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from benchmarks.samples import cpt_numbers, valid
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, reference
from medcodes.lookup.lookalikes import luhn

Draw = Callable[[random.Random, int], list[str]]


class Kind(NamedTuple):
    """A kind of column.

    Attributes:
        what: what it is.
        names: what such columns are called.
        right: the right answers: what it looks like, or the ids of systems joined by ``+``.
        draw: makes so many values.
    """

    what: str
    names: tuple[str, ...]
    right: frozenset[str]
    draw: Draw


def _kind(what: str, names: str, right: str, draw: Draw) -> Kind:
    return Kind(what, tuple(names.split()), frozenset(right.split("|")), draw)


def each(value: Callable[[random.Random], str]) -> Draw:
    """Values made one by one."""
    return lambda chance, count: [value(chance) for _ in range(count)]


def whole(first: int, last: int, template: str = "{}") -> Draw:
    """Whole numbers, all equally likely."""
    return each(lambda chance: template.format(chance.randint(first, last)))


def normal(mean: float, spread: float, template: str = "{:.1f}") -> Draw:
    return each(lambda chance: template.format(abs(chance.gauss(mean, spread))))


def lognormal(mean: float, spread: float, template: str) -> Draw:
    return each(lambda chance: template.format(chance.lognormvariate(mean, spread)))


def counted(least: int, most: int, step: int = 1, template: str = "{}") -> Draw:
    """Consecutive or evenly spaced numbers."""

    def draw(chance: random.Random, count: int) -> list[str]:
        start = chance.randint(least, most)
        return [template.format(start + step * place) for place in range(count)]

    return draw


def like(pattern: str) -> Draw:
    """``#`` is any digit, ``@`` any letter, ``~`` any of both; the rest stands for itself."""
    chars = {"#": string.digits, "@": string.ascii_uppercase, "~": string.hexdigits[:16]}
    return each(lambda chance: "".join(chance.choice(chars.get(c, c)) for c in pattern))


def among(words: str) -> Draw:
    return each(lambda chance: chance.choice(words.split()))


def dated(template: str, first: date = date(2009, 1, 1), days: int = 6_000) -> Draw:
    return each(lambda chance: f"{first + timedelta(chance.randrange(days)):{template}}")


def timed(template: str) -> Draw:
    return each(lambda chance: template.format(chance.randint(0, 23), chance.randint(0, 59)))


def checked(start: str, length: int, dash: str, prefix: str = "") -> Draw:
    """Numbers with a check digit of Luhn."""

    def value(chance: random.Random) -> str:
        digits = start + "".join(chance.choices(string.digits, k=length))
        (last,) = (str(d) for d in range(10) if luhn(f"{prefix}{digits}{d}"))
        return f"{digits}{dash}{last}"

    return each(value)


def sentences(words: str, least: int, most: int, template: str = "{}") -> Draw:
    vocabulary = words.split()
    return each(
        lambda chance: template.format(
            " ".join(chance.choices(vocabulary, k=chance.randint(least, most)))
        )
    )


def zips_nearby(chance: random.Random, count: int) -> list[str]:
    """Of one to four areas of a hundred."""
    areas = chance.sample(range(10, 995), chance.randint(1, 4))
    return [f"{chance.choice(areas):03}{chance.randint(1, 99):02}" for _ in range(count)]


def remark(chance: random.Random) -> str:
    """A remittance advice remark code: M1 to M144, MA01 to MA134, or N1 and so on."""
    kinds = (("N{}", 800), ("M{}", 144), ("MA{:02}", 134))
    template, most = chance.choice(kinds)
    return template.format(chance.randint(1, most))


# -- columns of codes ----------------------------------------------------------------------------


def skewed(codes: Sequence[str], template: str = "{}") -> Draw:
    """As in real columns: the code of rank n about 1/n as often as the first."""

    def draw(chance: random.Random, count: int) -> list[str]:
        ranked = chance.sample(codes, min(len(codes), max(2 * count, 50)))
        weights = [1 / (5 + rank) for rank in range(len(ranked))]
        return [template.format(code) for code in chance.choices(ranked, weights, k=count)]

    return draw


def codes(system: CodeSystem, *, start: str = "", dotted: bool = False) -> Draw:
    """Codes of a system, all or those that begin so."""

    @cache
    def listed() -> list[str]:
        chosen = [code for code in valid(system) if code.startswith(tuple(start.split()) or "")]
        return [system.format(code) for code in chosen] if dotted else chosen

    return lambda chance, count: skewed(listed())(chance, count)


def chapter(system: CodeSystem, *, dotted: bool = False) -> Draw:
    """Codes that begin with one of two letters or digits: a clinic of one kind."""

    def draw(chance: random.Random, count: int) -> list[str]:
        heads = sorted({code[0] for code in valid(system)})
        start = " ".join(chance.sample(heads, 2))
        return codes(system, start=start, dotted=dotted)(chance, count)

    return draw


def cpt(first: str = "00000", last: str = "99999") -> Draw:
    @cache
    def numbers() -> list[str]:
        return [code for code in cpt_numbers() if first <= code <= last]

    return lambda chance, count: skewed(numbers())(chance, count)


def categories(system: CodeSystem) -> Draw:
    """Headings of three characters."""

    @cache
    def headings() -> list[str]:
        return [compact for compact, _ in reference.codes(system.id) if len(compact) == 3]

    return lambda chance, count: skewed(headings())(chance, count)


def mixed(*draws: Draw) -> Draw:
    """At least a sixth of the values from each."""

    def draw(chance: random.Random, count: int) -> list[str]:
        least = count // 6
        extra = [chance.randrange(len(draws)) for _ in range(count - least * len(draws))]
        return [
            value
            for place, one_of in enumerate(draws)
            for value in one_of(chance, least + extra.count(place))
        ]

    return draw


def dirty(clean: Draw, share: float = 0.06) -> Draw:
    """Some values with a character wrong, in lower case, or no code at all."""

    def spoilt(text: str, chance: random.Random) -> str:
        place = chance.randrange(len(text))
        wrong = text[:place] + chance.choice("0123456789OILXZ") + text[place + 1 :]
        return chance.choice((wrong, text.lower(), f" {text} ", "UNK", "N/A"))

    def draw(chance: random.Random, count: int) -> list[str]:
        values = clean(chance, count)
        return [spoilt(text, chance) if chance.random() < share else text for text in values]

    return draw


def modified(clean: Draw) -> Draw:
    """Every third value with a modifier."""

    def draw(chance: random.Random, count: int) -> list[str]:
        values = clean(chance, count)
        return [f"{v}-{chance.choice(('25', '59', 'LT'))}" if chance.random() < 0.3 else v
                for v in values]  # fmt: skip

    return draw


_WORDS = "patient with pain in the left knee since fall no fever mild chronic left right follow up"
_DRUGS = "metformin lisinopril atorvastatin amlodipine insulin warfarin albuterol sertraline"
_NAMES = "Maria James Wei Fatima Juan Anna Peter Olga Ravi Chen Linda Omar Grace Noah Ida Lars"
_REVENUE = (
    "0120 0250 0258 0270 0300 0301 0305 0320 0360 0370 0450 0510 0636 0710 0730 0001 0022 0110 "
    "0206 0272 0306 0352 0420 0424 0430 0440 0460 0480 0610 0761 0762 0940"
)
_REVENUE_SHORT = (
    "120 250 258 270 300 301 305 320 360 370 450 510 636 710 730 110 206 272 306 352 420 424 430"
)
_BILLS = "111 112 113 117 121 131 137 141 211 221 321 329 711 721 731 771 811 821 831 851"
_ID = "identifier|running number|number"
_MEASURE = "measurement|number|amount"

WITHOUT_CODES = (
    _kind("row numbers from 1", "row_id seq index", "running number", counted(1, 1)),
    _kind("numbers from some start", "claim_id encounter_id", _ID, counted(1, 90_000)),
    _kind("every tenth number", "line_no order_id", _ID, counted(10, 5_000, 10)),
    _kind("padded running numbers", "record_number", _ID, counted(1, 9, 1, "{:05}")),
    _kind("ids of four digits", "patient_id provider_id", _ID, whole(1_000, 9_999)),
    _kind("ids of five digits", "member_id subscriber_id", _ID, whole(10_000, 99_999)),
    _kind("ids of six digits", "mrn", _ID, whole(100_000, 999_999)),
    _kind("ids of seven digits", "account_number", _ID, whole(1_000_000, 9_999_999)),
    _kind("a letter and four digits", "case_id", _ID, like("@####")),
    _kind("a letter and three digits", "sample_id", _ID, like("@###")),
    _kind("a letter and five digits", "employee_id", _ID, like("@#####")),
    _kind("two letters and four digits", "asset_tag", _ID, like("@@####")),
    _kind("hexadecimal ids", "device_id", _ID, like("~~~~~~~~")),
    _kind("UUIDs", "uuid guid", _ID, each(lambda c: str(uuid.UUID(int=c.getrandbits(128))))),
    _kind(
        "ZIP codes anywhere", "zip zip_code patient_zip", "ZIP code", whole(501, 99_950, "{:05}")
    ),
    _kind("ZIP codes of a region", "zip5 postal_code", "ZIP code", zips_nearby),
    _kind("ZIP codes and four", "zip", "ZIP code", whole(10_000, 99_950, "{}-1234")),
    _kind("quoted ZIP codes", "zip", "ZIP code", whole(501, 99_950, '="{:05}"')),
    _kind("NPIs", "npi rendering_npi", "NPI", checked("1", 8, "", "80840")),
    _kind("NDCs of 11 digits", "ndc ndc_code", f"NDC|{_ID}", like("00###0###0#")),
    _kind("NDCs with hyphens", "ndc", "NDC", like("00###-0###-0#")),
    _kind("LOINC codes", "loinc loinc_code", "LOINC", checked("", 4, "-")),
    _kind("social security numbers", "ssn", "SSN", like("3##-4#-####")),
    _kind("the last four of those", "ssn4 last4", f"{_ID}|SSN", like("####")),
    _kind("phone numbers", "phone", f"phone number|{_ID}", like("(60#) 555-####")),
    _kind("phone numbers, bare", "phone home_phone", f"phone number|{_ID}", like("60#555####")),
    _kind("employers' numbers", "ein tax_id", "EIN", like("##-#######")),
    _kind("employers' numbers, bare", "ein tin", f"EIN|{_ID}", like("#########")),
    _kind("body mass indices", "bmi", _MEASURE, normal(28, 5)),
    _kind("temperatures in Celsius", "temp temperature", _MEASURE, normal(37.4, 0.9)),
    _kind("temperatures in Fahrenheit", "temp_f", _MEASURE, normal(98.8, 1.4)),
    _kind("systolic pressures", "systolic sbp", f"{_MEASURE}|{_ID}", normal(128, 18, "{:.0f}")),
    _kind("sodium", "sodium result", f"{_MEASURE}|{_ID}", normal(139, 4, "{:.0f}")),
    _kind("glucose", "glucose", f"{_MEASURE}|{_ID}", lognormal(4.8, 0.3, "{:.0f}")),
    _kind("haematocrits", "hematocrit hct", _MEASURE, normal(41, 5)),
    _kind("haemoglobin A1c", "a1c", _MEASURE, normal(6.9, 1.3)),
    _kind("weights", "weight_kg", _MEASURE, normal(80, 17)),
    _kind("heights", "height_cm", _MEASURE, normal(169, 10)),
    _kind("ages", "age", f"{_MEASURE}|{_ID}", whole(1, 98)),
    _kind("ages with a decimal", "age", _MEASURE, normal(48, 20)),
    _kind("charges", "charge total_charge", _MEASURE, lognormal(5.3, 0.8, "{:.2f}")),
    _kind("copayments", "copay", _MEASURE, lognormal(3.2, 0.6, "{:.2f}")),
    _kind("whole dollars", "paid_amount", f"{_MEASURE}|{_ID}", lognormal(6.3, 1, "{:.0f}")),
    _kind("percentages", "percent rate", _MEASURE, each(lambda c: f"{c.uniform(1, 99.9):.1f}")),
    _kind("potassium", "potassium value", _MEASURE, normal(4.2, 0.5)),
    _kind("latitudes", "latitude", _MEASURE, normal(38, 5, "{:.4f}")),
    _kind("relative weights", "weight rvu", _MEASURE, lognormal(0.3, 0.5, "{:.4f}")),
    _kind("quantities", "quantity units", f"{_MEASURE}|{_ID}", lognormal(1.5, 1, "{:.0f}")),
    _kind("years of service", "year", "year", whole(2_009, 2_024)),
    _kind("years of birth", "birth_year", f"year|{_ID}", whole(1_921, 2_019)),
    _kind("clock times, HHMM", "time admit_time", f"clock time|{_ID}", timed("{:02}{:02}")),
    _kind("clock times, HH:MM", "start_time", "clock time", timed("{:02}:{:02}")),
    _kind("days, MMDD", "mmdd", f"date|{_ID}", dated("%m%d")),
    _kind("days, YYYYMMDD", "date svc_date", "date", dated("%Y%m%d")),
    _kind("days of ISO", "dob", "date", dated("%Y-%m-%d")),
    _kind("days of the US", "service_date", "date", dated("%m/%d/%Y")),
    _kind("months, YYYYMM", "month", f"date|{_ID}", dated("%Y%m")),
    _kind(
        "rooms with a letter",
        "room",
        f"room|{_ID}",
        each(lambda c: f"{c.choice('ABC')}{c.randint(1, 4)}{c.randint(1, 30):02}"),
    ),
    _kind(
        "rooms",
        "room room_number",
        f"room|{_ID}",
        each(lambda c: f"{c.randint(1, 9)}{c.randint(1, 40):02}"),
    ),
    _kind(
        "locations",
        "loc ward",
        f"room|{_ID}",
        each(lambda c: f"{c.choice('ABCDEFGH')}{c.randint(1, 60):02}"),
    ),
    _kind(
        "beds",
        "bed",
        f"room|{_ID}|free text",
        each(lambda c: f"{c.randint(1, 40)}{c.choice('ABCD')}"),
    ),
    _kind("contracts of Medicare", "contract_id", f"contract number|{_ID}", like("H####")),
    _kind(
        "facilities",
        "facility",
        f"room|{_ID}",
        each(lambda c: f"{c.choice('ABH')}{c.randint(1, 40)}0"),
    ),
    _kind("remark codes", "remark_code rarc", f"remark code|{_ID}", each(remark)),
    _kind(
        "adjustment reasons",
        "adjustment_reason carc",
        f"adjustment reason|{_MEASURE}|{_ID}",
        whole(1, 253),
    ),
    _kind("revenue codes", "revenue_code rev_code", "revenue code", among(_REVENUE)),
    _kind(
        "revenue codes without zeros",
        "revenue_code rev_cd",
        f"revenue code|MS-DRG|{_MEASURE}|{_ID}",
        among(_REVENUE_SHORT),
    ),
    _kind(
        "places of service",
        "place_of_service pos",
        f"place of service|{_MEASURE}|{_ID}",
        among("11 12 19 20 21 22 23 24 31 32 41 49 50 65 81 99 02 10"),
    ),
    _kind("MS-DRGs", "drg drg_code", f"MS-DRG|{_MEASURE}|{_ID}", whole(1, 989, "{:03}")),
    _kind(
        "types of bill",
        "type_of_bill bill_type",
        f"type of bill|MS-DRG|{_MEASURE}|{_ID}",
        among(_BILLS),
    ),
    _kind("APCs", "apc", f"APC|{_ID}", whole(5_011, 5_881)),
    _kind("vaccines, CVX", "cvx cvx_code", f"CVX|{_MEASURE}|{_ID}", whole(1, 229)),
    _kind("SNOMED CT", "snomed snomed_code", f"SNOMED CT|{_ID}", whole(10_000_000, 499_999_999)),
    _kind("RxNorm", "rxcui", f"RxNorm|{_ID}", whole(150_000, 2_600_000)),
    _kind("taxonomies", "taxonomy taxonomy_code", f"provider taxonomy|{_ID}", like("20#@00###X")),
    _kind(
        "modifiers",
        "modifier modifier_1",
        "modifiers|free text",
        among("25 59 LT RT TC 26 50 76 91 GA GY KX XS XU 24 57 51 QW GT 95"),
    ),
    _kind(
        "names of systems",
        "code_type vocabulary",
        "names of systems",
        among("I10 C4 HCPCS CPT CPT4 ICD10 ICD9 I9 ICD10CM ICD9CM LOINC SNOMED"),
    ),
    _kind("first names", "first_name", "free text", among(_NAMES)),
    _kind("states", "state", "free text", among("CA NY TX FL OR WA NV IL MA NJ PA OH GA NC MI VA")),
    _kind("sexes", "sex gender", "free text", among("M F U")),
    _kind("sentences", "note comment", "free text", sentences(_WORDS, 3, 10)),
    _kind(
        "streets",
        "address",
        f"free text|{_ID}",
        sentences("Oak Main Elm Lake Hill", 1, 2, "12 {} St"),
    ),
    _kind("mail addresses", "email", f"free text|{_ID}", sentences(_NAMES, 1, 1, "{}@example.org")),
    _kind("answers", "smoker", "free text", among("yes no unknown Y N UNK NULL")),
    _kind(
        "drugs with strengths",
        "drug",
        f"free text|{_ID}",
        each(lambda c: f"{c.choice(_DRUGS.split())} {c.choice((5, 10, 20, 500))} MG"),
    ),
    _kind("product numbers", "sku", _ID, like("AB-####")),
    _kind("claim numbers", "claim_number icn", _ID, like("20########000")),
    _kind("batches", "batch lot", _ID, like("L####")),
    _kind(
        "counties, FIPS",
        "county_fips",
        f"{_ID}|ZIP code|county",
        each(lambda c: f"{c.randint(1, 56):02}{2 * c.randint(0, 60) + 1:03}"),
    ),
    _kind(
        "certified providers, CCN",
        "ccn provider_number",
        _ID,
        each(lambda c: f"{c.randint(1, 53):02}{c.randint(1, 899):04}"),
    ),
    _kind("payment groups, HIPPS", "hipps", f"HIPPS|{_ID}", like("#@@@#")),
    _kind(
        "versions",
        "version",
        f"{_MEASURE}|{_ID}",
        each(lambda c: f"{c.randint(1, 9)}.{c.randint(0, 20)}"),
    ),
    _kind("diastolic pressures", "dbp", f"{_MEASURE}|{_ID}", normal(78, 11, "{:.0f}")),
    _kind(
        "durations in minutes",
        "minutes los_hours",
        f"{_MEASURE}|{_ID}",
        lognormal(3.5, 0.8, "{:.1f}"),
    ),
)

WITH_CODES = (
    _kind("ICD-10-CM, undotted", "dx diagnosis dx_code_1", "icd10cm", codes(ICD10CM)),
    _kind("ICD-10-CM, dotted", "DiagnosisCode icd10", "icd10cm", codes(ICD10CM, dotted=True)),
    _kind("ICD-10-CM, a clinic", "Diag1Code primary_diagnosis", "icd10cm", chapter(ICD10CM)),
    _kind("ICD-10-CM, a clinic, dotted", "dx1", "icd10cm", chapter(ICD10CM, dotted=True)),
    _kind("ICD-10-CM, categories", "icd_code", "icd10cm", categories(ICD10CM)),
    _kind("ICD-10-CM, dirty", "Admitting Dx", "icd10cm", dirty(codes(ICD10CM, dotted=True))),
    _kind("ICD-10-PCS", "procedure icd10pcs", "icd10pcs", codes(ICD10PCS)),
    _kind("ICD-10-PCS, a ward", "prcdr_cd_1", "icd10pcs", chapter(ICD10PCS)),
    _kind("ICD-9-CM, undotted", "ICD9_DGNS_CD_1 diag", "icd9cm", codes(ICD9CM)),
    _kind("ICD-9-CM, dotted", "icd9_code diagnosis", "icd9cm", codes(ICD9CM, dotted=True)),
    _kind("ICD-9-CM, a clinic", "dx", "icd9cm", chapter(ICD9CM)),
    _kind("ICD-9-CM, dirty", "DX1", "icd9cm", dirty(codes(ICD9CM))),
    _kind("ICD-9-CM Volume 3", "icd9_procedure", "icd9pcs", codes(ICD9PCS)),
    _kind("ICD-9-CM Volume 3, dotted", "icd9_proc", "icd9pcs", codes(ICD9PCS, dotted=True)),
    _kind("HCPCS Level II", "hcpcs hcpcs_code", "hcpcs", codes(HCPCS)),
    _kind("HCPCS Level II, drugs", "HCPCS_CD", "hcpcs", codes(HCPCS, start="J Q")),
    _kind("HCPCS Level II, supplies", "item hcpcs", "hcpcs", codes(HCPCS, start="A E L K")),
    _kind(
        "CPT and HCPCS Level II", "procedure_code hcpcs_cd", "cpt+hcpcs", mixed(cpt(), codes(HCPCS))
    ),
    _kind("CPT", "cpt cpt_code CPTCode", "cpt", cpt()),
    _kind("CPT, surgery", "cpt procedure_code", "cpt", cpt("10004", "69990")),
    _kind("CPT, laboratory", "cpt_code lab_cpt", "cpt", cpt("80047", "89398")),
    _kind("CPT, radiology", "cpt", "cpt", cpt("70010", "79999")),
    _kind("CPT, medicine and visits", "cpt_code", "cpt", cpt("90281", "99607")),
    _kind("CPT, modified", "cpt", "cpt", modified(cpt())),
    _kind("CPT, dirty", "cpt_code", "cpt", dirty(cpt())),
    _kind(
        "CPT and Volume 3", "px procedure_source_value", "cpt+icd9pcs", mixed(cpt(), codes(ICD9PCS))
    ),
    _kind(
        "ICD-9-CM and ICD-10-CM",
        "dx diagnosis_code",
        "icd10cm+icd9cm",
        mixed(codes(ICD9CM), codes(ICD10CM)),
    ),
    _kind(
        "Volume 3 and ICD-10-PCS",
        "icd_procedure_code",
        "icd10pcs+icd9pcs",
        mixed(codes(ICD9PCS), codes(ICD10PCS)),
    ),
)


def halves() -> tuple[list[Kind], list[Kind]]:
    """The kinds that numbers were chosen on, and those held out: every second one."""
    kinds = (*WITHOUT_CODES, *WITH_CODES)
    return list(kinds[::2]), list(kinds[1::2])
