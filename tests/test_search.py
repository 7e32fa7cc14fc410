"""Finding codes by the words of their titles."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, Entry, search
from medcodes.hierarchy.searching import CONSIDERED, words_of
from medcodes.hierarchy.tree import Tree
from tests.conftest import DAY, run_python

DAYS = {
    CPT: DAY,
    HCPCS: DAY,
    ICD10CM: DAY,
    ICD10PCS: DAY,
    ICD9CM: "2012-06-01",
    ICD9PCS: "2012-06-01",
}
LISTED = tuple(one for one in DAYS if one is not CPT)
TITLES = {system: dict(medcodes.reference.titles(system.id)) for system in LISTED}


def codes(text: str, **asked: Any) -> list[str]:
    return [one.code for one in search(text, **{"on": DAY, **asked})]


@st.composite
def titled(draw: st.DrawFn) -> Entry:
    system = draw(st.sampled_from(LISTED))
    compact = draw(st.sampled_from(sorted(TITLES[system])))
    entry = system.get(system.format(compact) if len(compact) > 2 else compact, on=DAYS[system])
    assert entry is not None
    return entry


@given(titled(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_every_title_is_found_by_its_own_words(entry: Entry, random: Any) -> None:
    assert entry.title is not None
    system = medcodes.code_system(entry.system.id)
    day = DAYS[system]
    tree = Tree(medcodes.classifier.default.ask(day, system, None), system)
    stands = tree.listed_on_day(entry.compact) is not None
    found = search(entry.title.upper(), systems=entry.system, on=day, limit=None)
    assert (entry in found) == stands
    words = words_of(entry.title)
    random.shuffle(words)
    shuffled = b" ".join(words).decode()
    assert (entry in search(shuffled, systems=entry.system, on=day, limit=None)) == stands


@pytest.mark.parametrize(
    ("text", "system", "on", "code"),
    [
        ("diseases of peritoneum and retroperitoneum", ICD10CM, "2026-09-30", "K65-K68"),
        ("diseases of peritoneum retroperitoneum and pelvis", ICD10CM, "2026-10-01", "K65-K6A"),
        ("in applicable steerable", HCPCS, "2026-06-01", None),  # not yet in the title of C9761
    ],
)
def test_titles_are_those_of_the_day(
    text: str, system: medcodes.CodeSystem, on: str, code: str | None
) -> None:
    found = search(text, systems=system, on=on, limit=1)
    assert [entry.code for entry in found] == ([code] if code else [])
    for other in ("2026-09-30", "2026-10-01"):
        same_day = search(text, systems=system, on=other, limit=1)
        assert same_day == found or [entry.code for entry in same_day] != [code]


@cache
def everything(system: medcodes.CodeSystem) -> list[tuple[str, str, list[bytes]]]:
    """The code and title of all that stands in a system, with the words."""
    entries = [*system.roots(on=DAYS[system])]
    for root in system.roots(on=DAYS[system]):
        entries += root.descendants
    return [(one.code, one.title or "", words_of(one.title or "")) for one in entries]


@given(st.sampled_from([CPT, HCPCS, ICD9CM, ICD9PCS]), st.data())
@settings(deadline=None, max_examples=25)
def test_what_is_found_holds_all_words_and_nothing_is_missed(
    system: medcodes.CodeSystem, data: st.DataObject
) -> None:
    _, _, own = data.draw(st.sampled_from([one for one in everything(system) if one[2]]))
    words = data.draw(st.lists(st.sampled_from(own), min_size=1, max_size=3))
    last = words[-1][: data.draw(st.integers(1, len(words[-1])))]
    asked = b" ".join([*words[:-1], last]).decode()
    found = search(asked, systems=system, on=DAYS[system], limit=None)
    assert {(one.code, one.title) for one in found} == {
        (code, title)
        for code, title, own in everything(system)
        if set(words[:-1]) <= set(own) and any(one.startswith(last) for one in own)
    }
    assert len(set(found)) == len(found)


def test_the_best_first() -> None:
    found = search("psychotherapy", on=DAY)
    assert [(str(one.system), one.code) for one in found][:2] == [
        ("cpt", "90832-90838"),
        ("cpt", "90804-90829"),
    ]
    assert codes("type 2 diabetes", limit=3) == ["E11", "E11.65", "E11.9"]
    # In a row before in another order; a code before a heading of as many words.
    found = search("diabetes type", systems=ICD10CM, on=DAY, limit=None)
    ranks = ["diabetes type" in (one.title or "").lower() for one in found]
    assert ranks == sorted(ranks, reverse=True)
    assert codes("unspecified asthma", systems="icd10cm", limit=2) == ["J45.90", "J45.909"]


def test_words_that_are_common_apart_and_rare_together() -> None:
    # Thousands of titles hold each; none of the shortest holds both.
    found = search("percutaneous external", systems=ICD10PCS, on=DAY, limit=None)
    assert found
    assert all({b"percutaneous", b"external"} <= {*words_of(one.title or "")} for one in found)


def test_case_accents_and_punctuation_do_not_count() -> None:
    for text in (
        "Meniere's disease",
        "MÉNIÈRE'S DISEASE",
        "meniere s-disease",
        "disease, menieres",
    ):
        found = codes(text)
        assert found[:1] == (["H81.0"] if "menieres" not in text else [])


def test_the_last_word_may_be_a_beginning() -> None:
    assert codes("diab mell") == []
    assert codes("diabetes mell") == codes("diabetes mellitus")
    assert codes("psychoth") == codes("psychotherapy")


def test_codes_headings_and_ranges_of_the_day() -> None:
    assert codes("diabetes mellitus", systems="icd10cm", limit=1) == ["E08-E13"]
    assert codes("covid", systems="icd10cm", on="2020-03-31") == []
    assert "U07.1" in codes("covid", systems="icd10cm", on="2020-04-01")
    assert codes("diabetes", systems="icd9cm", on="2020-01-01") == []
    assert codes("lower joints, replacement", limit=1) == ["0SR"]
    assert codes("hypoglycemia", kind="procedure", systems="icd10cm") == []
    assert all(one.system is not ICD10PCS for one in search("open", kind="diagnosis", on=DAY))


def test_of_cpt_only_labels_of_ranges_are_found() -> None:
    found = search("vaccin", systems=CPT, on=DAY, limit=None)
    assert found
    assert all(one.system is CPT and one.intervals == () for one in found)


def test_how_many() -> None:
    assert len(codes("fracture")) == 20
    assert len(codes("fracture", limit=CONSIDERED + 300, systems="icd10cm")) == CONSIDERED + 300
    assert codes("fracture", limit=0) == []
    assert codes("fracture", limit=None, systems="icd10cm")[:3] == codes(
        "fracture", limit=3, systems="icd10cm"
    )


@pytest.mark.parametrize("text", ["", " ", "?!", "…", "zzzz", "diabetes zzzz", "zzzz diabetes"])
def test_what_is_in_no_title(text: str) -> None:
    assert codes(text) == []


def test_what_is_no_text() -> None:
    value: Any = None
    with pytest.raises(TypeError, match="got None; drop missing"):
        search(value)


def test_a_day_past_the_list_is_said_of_what_is_found() -> None:
    with pytest.warns(medcodes.StaleReferenceWarning, match="HCPCS"):
        search("tetracycline", on="2027-01-01", systems="hcpcs")


def test_nothing_is_indexed_before_the_first_search() -> None:
    program = (
        "import medcodes\n"
        "medcodes.identify('E11.65', on='2026-06-01').title\n"
        "print([key for key in medcodes.reference.BUNDLED.derived if 'words' in key])\n"
        "medcodes.search('asthma', systems='icd10cm', on='2026-06-01')\n"
        "print([key for key in medcodes.reference.BUNDLED.derived if 'words' in key])\n"
    )
    assert run_python(program).split("\n")[:2] == ["[]", "['words of icd10cm']"]


def test_much_text_is_little_work() -> None:
    assert codes("a " * 10_000)
    assert codes(" ".join(map(str, range(2_000)))) == []
    assert codes("-25" * 100_000, limit=1) == codes("25 25", limit=1)
    # A word that is said again is asked for once.
    repeated = codes("diabetes " * 100 + "mellitus")
    assert repeated
    assert set(repeated) <= set(codes("diabetes mellitus", limit=None))
