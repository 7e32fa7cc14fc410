"""What a code is filed under, broad to narrow."""

from __future__ import annotations

import csv
import pickle
from collections import Counter
from functools import cache

import attrs
import pytest

import medcodes
from medcodes import ICD10PCS, Category, reference
from medcodes.lookup.categories import categories
from tests.conftest import DAY, FACTS, LISTED, ranges_of

Row = dict[str, str]


@cache
def facts(name: str) -> list[Row]:
    with FACTS.joinpath(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def ids(row: object) -> str:
    return f"{row['first']}-{row['last']}" if isinstance(row, dict) else ""


FILED = [
    # What the public pages and the sources say, code by code.
    ("cpt", "90837", "category", "Category I", "00100-99607"),
    ("cpt", "90837", "section", "Medicine", "90281-97999"),
    ("cpt", "90837", "subsection", "Psychiatry", "90785-90899"),
    ("cpt", "90837", "heading", "Psychotherapy", "90832-90838"),
    ("cpt", "90834", "heading", "Psychotherapy", "90832-90838"),
    ("cpt", "99213", "section", "Evaluation and Management", "99202-99499"),
    ("cpt", "99213", "heading", "Established patient", "99211-99215"),
    ("cpt", "99397", "subsection", "Preventive medicine services", "99381-99412"),
    ("cpt", "90658", "subsection", "Vaccines and toxoids", "90485-90759"),
    ("cpt", "90716", "subsection", "Vaccines and toxoids", "90485-90759"),
    ("cpt", "10004", "section", "Surgery", "10004-69990"),  # printed as 10021-69990 until 2018
    ("cpt", "10021", "section", "Surgery", "10004-69990"),
    ("cpt", "69990", "section", "Surgery", "10004-69990"),
    ("cpt", "00100", "section", "Anesthesia", "00100-01999"),
    ("cpt", "0054T", "category", "Category III", "0001T-1053T"),
    ("cpt", "1000F", "category", "Category II", "0001F-9007F"),
    ("cpt", "0001U", "category", "Proprietary laboratory analyses", "0001U-0613U"),
    ("cpt", "0002M", "category", "Administrative multianalyte assays", "0002M-0020M"),
    ("cpt", "0124A", "category", "Category I", "0001A-0174A"),
    ("hcpcs", "J0120", "subsection", "Drugs other than chemotherapy", "J0013-J8999"),
    ("hcpcs", "J9000", "subsection", "Chemotherapy drugs", "J9000-J9999"),
    ("hcpcs", "A0100", "heading", "Transport services including ambulance", "A0021-A0999"),
    ("icd10cm", "E11.65", "chapter", "Endocrine, nutritional and metabolic diseases", "E00-E89"),
    ("icd10cm", "E11.65", "block", "Diabetes mellitus", "E08-E13"),
    ("icd10cm", "E11.65", "category", "Type 2 diabetes mellitus", "E11"),
    (
        "icd10cm",
        "E11.65",
        "subcategory",
        "Type 2 diabetes mellitus with other specified complications",
        "E11.6",
    ),
    ("icd10cm", "O91.011", "chapter", "Pregnancy, childbirth and the puerperium", "O00-O9A"),
    ("icd10cm", "I11.0", "block", "Hypertensive diseases", "I10-I1A"),
    ("icd10cm", "I1A.0", "block", "Hypertensive diseases", "I10-I1A"),
    ("icd10cm", "C7A.00", "block", "Malignant neuroendocrine tumors", "C7A"),
    (
        "icd10cm",
        "Z00.00",
        "block",
        "Persons encountering health services for examinations",
        "Z00-Z13",
    ),
    ("icd10cm", "U07.1", "chapter", "Codes for special purposes", "U00-U85"),
    ("icd10cm", "QA0.0101", "block", "Genetic disorders, not elsewhere classified", "QA0"),
    (
        "icd10cm",
        "QA1.71",  # newer than the tabular list, whose chapter ends with QA0
        "chapter",
        "Congenital malformations, deformations and chromosomal abnormalities",
        "Q00-QA0",
    ),
    ("icd10pcs", "0SRB02A", "section", "Medical and Surgical", "0"),
    ("icd10pcs", "0SRB02A", "body system", "Lower Joints", "0S"),
    ("icd10pcs", "0SRB02A", "root operation", "Replacement", "0SR"),
    ("icd10pcs", "B00B0ZZ", "section", "Imaging", "B"),
    ("icd10pcs", "B00B0ZZ", "root operation", "Plain Radiography", "B00"),
    ("icd10pcs", "10E0XZZ", "section", "Obstetrics", "1"),
    ("icd10pcs", "GZ51ZZZ", "section", "Mental Health", "G"),
    ("icd9cm", "250.00", "section", "Diseases of other endocrine glands", "249-259"),
    ("icd9cm", "250.00", "category", "Diabetes mellitus", "250"),
    (
        "icd9cm",
        "250.00",
        "subcategory",
        "Diabetes mellitus without mention of complication",
        "250.0",
    ),
    ("icd9cm", "E802.0", "section", "Railway accidents", "E800-E807"),
    (
        "icd9cm",
        "V70.0",
        "chapter",
        "Supplementary classification of factors influencing health status and contact with "
        "health services",
        "V01-V91",
    ),
    ("icd9pcs", "45.13", "chapter", "Operations on the digestive system", "42-54"),
    (
        "icd9pcs",
        "45.13",
        "category",
        "Incision, excision, and anastomosis of intestine",
        "45",
    ),
    ("icd9pcs", "45.13", "subcategory", "Diagnostic procedures on small intestine", "45.1"),
    (
        "icd9pcs",
        "17.11",
        "chapter",
        "Other miscellaneous diagnostic and therapeutic procedures",
        "17",
    ),
]


@pytest.mark.parametrize(
    ("system", "code", "level", "label", "span"),
    FILED,
    ids=[f"{system}-{code}-{level}" for system, code, level, _, _ in FILED],
)
def test_where_a_code_is_filed(system: str, code: str, level: str, label: str, span: str) -> None:
    answer = medcodes.identify(code, on=DAY, systems=system)
    found = [(one.level, one.range) for one in answer.categories if one.label.startswith(label)]
    assert (level, span) in found


def test_broad_to_narrow_in_full() -> None:
    answer = medcodes.identify("W21.89XA", on=DAY)
    assert ranges_of(answer) == [
        ("chapter", "External causes of morbidity", "V00-Y99"),
        ("block group", "Accidents", "V00-X58"),
        ("block group", "Other external causes of accidental injury", "W00-X58"),
        ("block", "Exposure to inanimate mechanical forces", "W20-W49"),
        ("category", "Striking against or struck by sports equipment", "W21"),
        ("subcategory", "Striking against or struck by other sports equipment", "W21.8"),
        ("subcategory", "Striking against or struck by other sports equipment", "W21.89"),
    ]
    # W21.89X stands for nothing but the placeholder: it is no heading of the tabular list.
    assert answer.range == "W21.89"
    assert answer.category == answer.categories[-1]


@pytest.mark.parametrize("code", ["E11", "E11.6", "0SR", "45", "45.1", "250", "250.0"])
def test_a_heading_is_not_filed_under_itself(code: str) -> None:
    answer = medcodes.identify(code, on="2015-10-01")
    assert answer.status in ("header", "expired")
    assert answer.categories
    assert code not in [one.range for one in answer.categories]


# -- categories as objects ------------------------------------------------------------------------


def test_a_category_and_its_parents() -> None:
    found = medcodes.identify("90837", on=DAY).category
    assert found is not None
    assert (found.label, found.first, found.last) == ("Psychotherapy", "90832", "90838")
    assert (found.level, found.range, str(found)) == (
        "heading",
        "90832-90838",
        "Psychotherapy 90832-90838",
    )
    assert "parent" not in repr(found)
    chain = []
    one: Category | None = found
    while one is not None:
        chain.append(one.label)
        one = one.parent
    assert chain == ["Psychotherapy", "Psychiatry", "Medicine", "Category I"]
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        found.label = ""  # type: ignore[misc]


@pytest.mark.parametrize(
    ("category", "span", "text"),
    [
        (Category("Diabetes", "E08", "E13", "block"), "E08-E13", "Diabetes E08-E13"),
        (Category("Type 2", "E11", "E11", "category"), "E11", "Type 2 E11"),
        (Category("Other", "E11.6", "E11.6", "subcategory"), "E11.6", "Other E11.6"),
        # CPT and HCPCS print a range of one code as a range.
        (Category("Scope", "69990", "69990", "subsection"), "69990-69990", "Scope 69990-69990"),
        (Category("Clip", "A4438", "A4438", "heading"), "A4438-A4438", "Clip A4438-A4438"),
        # A category without a title goes by its code, which is said once.
        (Category("QA1", "QA1", "QA1", "category"), "QA1", "QA1"),
        (Category("Surgery", "0", "0", "section"), "0", "Surgery 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_a_range_is_printed(category: Category, span: str, text: str) -> None:
    assert category.range == span
    assert str(category) == text


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("cpt", "00000"),
        ("cpt", "99999"),
        ("cpt", "9999F"),
        ("icd10cm", "EEE.1"),
        ("icd9pcs", "0099"),
    ],
)
def test_a_code_below_nothing_has_few_categories(system: str, code: str) -> None:
    answer = medcodes.identify(code, on=DAY, systems=system)
    assert answer.status is medcodes.Status.UNKNOWN
    assert [one.level for one in answer.categories if one.level != "chapter"] in (
        [],
        ["category", "subcategory"],
    )
    assert (answer.category is None) == (answer.range is None) == (not answer.categories)


# -- every published range ------------------------------------------------------------------------


LEVELS = {"1": "section", "2": "subsection", "3": "heading"}


def test_every_hcpcs_code_lies_in_exactly_one_range_of_each_level() -> None:
    rows = facts("hcpcs_ranges.tsv")
    counts: Counter[str] = Counter()
    for code, _ in reference.codes("hcpcs"):
        expected = []
        for level in "123":
            held = [
                row for row in rows if row["level"] == level and row["first"] <= code <= row["last"]
            ]
            assert len(held) == 1, (code, level)
            span = f"{held[0]['first']}-{held[0]['last']}"
            expected.append((LEVELS[level], held[0]["label"], span))
            counts[f"{level} {span}"] += 1
        assert [(one.level, one.label, one.range) for one in categories("hcpcs", code)] == expected
    for row in rows:
        # CDT, the letter D, is the one section without a code of CMS's.
        empty = row["first"][0] == "D"
        count = counts[f"{row['level']} {row['first']}-{row['last']}"]
        assert (count == 0) == empty
        assert count == int(row["codes"] or 0)


def test_every_icd10pcs_code_has_its_section_body_system_and_root_operation() -> None:
    labels = {row["prefix"]: row["label"] for row in facts("icd10pcs_labels.tsv")}
    heads = Counter(code[:3] for code, _ in reference.codes("icd10pcs") if len(code) == 7)
    assert sum(heads.values()) == len(ICD10PCS) == 82_508
    assert {head[:length] for head in heads for length in (1, 2, 3)} <= labels.keys()
    for head in heads:
        assert [
            (one.level, one.label, one.range) for one in categories("icd10pcs", f"{head}ZZZZ")
        ] == [
            ("section", labels[head[:1]], head[:1]),
            ("body system", labels[head[:2]], head[:2]),
            ("root operation", labels[head], head),
        ]


SECTIONS = {
    "0": "Medical and Surgical",
    "1": "Obstetrics",
    "2": "Placement",
    "3": "Administration",
    "4": "Measurement and Monitoring",
    "5": "Extracorporeal or Systemic Assistance and Performance",
    "6": "Extracorporeal or Systemic Therapies",
    "7": "Osteopathic",
    "8": "Other Procedures",
    "9": "Chiropractic",
    "B": "Imaging",
    "C": "Nuclear Medicine",
    "D": "Radiation Therapy",
    "F": "Physical Rehabilitation and Diagnostic Audiology",
    "G": "Mental Health",
    "H": "Substance Abuse Treatment",
    "X": "New Technology",
}


def test_the_sections_of_icd10pcs() -> None:
    sections = {row["prefix"]: row["label"] for row in facts("icd10pcs_labels.tsv")}
    assert {prefix: label for prefix, label in sections.items() if len(prefix) == 1} == SECTIONS


ICD9_CHAPTERS = [
    "001-139",
    "140-239",
    "240-279",
    "280-289",
    "290-319",
    "320-389",
    "390-459",
    "460-519",
    "520-579",
    "580-629",
    "630-679",
    "680-709",
    "710-739",
    "740-759",
    "760-779",
    "780-799",
    "800-999",
    "V01-V91",
    "E000-E999",
]


def test_every_icd9_diagnosis_has_one_chapter_and_one_section() -> None:
    chapters = [one for one in reference.ranges("icd9cm").rows if one.level == "chapter"]
    assert sorted(f"{one.first}-{one.last}" for one in chapters) == sorted(ICD9_CHAPTERS)
    seen = set()
    for code, _ in reference.codes("icd9cm"):
        width = 4 if code.startswith("E") else 3
        found = categories("icd9cm", code)
        assert [one.level for one in found[:2]] == ["chapter", "section"], code
        for one in found[:2]:
            assert one.first <= code[:width] <= one.last
        seen.add(found[0].range)
        assert all(
            one.first == one.last and code.startswith(one.first.replace(".", ""))
            for one in found[2:]
        )
    assert seen == set(ICD9_CHAPTERS)


def test_every_icd9_procedure_has_one_chapter() -> None:
    for code, _ in reference.codes("icd9pcs"):
        first, *headings = categories("icd9pcs", code)
        assert first.level == "chapter"
        assert first.first <= code[:2] <= first.last
        titled = [code[:2]] if len(code) > 2 else []
        if len(code) > 3 and reference.titles("icd9pcs").get(code[:3]):
            titled.append(f"{code[:2]}.{code[2]}")
        assert [one.range for one in headings] == titled


def test_every_icd10_diagnosis_has_one_chapter_and_one_block() -> None:
    without = set()
    codes = [code for code, _ in reference.codes("icd10cm")]
    # Every category and every seventh code; all of them against the tabular list itself.
    for code in sorted({code[:3] for code in codes}) + codes[::7]:
        levels = Counter(one.level for one in categories("icd10cm", code))
        assert levels["chapter"] == 1
        assert levels["category"] == (len(code) > 3)
        if levels["block"] != 1:
            without.add(code[:3])
    # FY2027 added these after the tabular list was printed: only their codes are in a source.
    assert without <= {"J4B", "K6A", "QA1"}


@pytest.mark.parametrize("system", LISTED)
def test_parents_are_the_categories_before(system: str) -> None:
    for code in [code for code, _ in reference.codes(system)][::97]:
        found = categories(system, code)
        assert [one.parent for one in found] == [None, *found[:-1]]


def test_what_is_not_listed_has_no_headings() -> None:
    assert [one.level for one in categories("icd10cm", "E0Z9")] == ["chapter", "block"]
