"""What single characters of codes mean."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcodes import CPT, ICD9CM, ICD10CM, ICD10PCS, Axis, Entry, reference
from medcodes.reference import MeaningTable, TableFile
from medcodes.reference.file import pack
from medcodes.reference.meanings import pack_meanings
from tests.conftest import DAY
from tools import build
from tools.sources import Sources, tidy


def get(code: str, on: str = DAY) -> Entry:
    entry = (ICD10CM if "." in code else ICD10PCS).get(code, on=on)
    assert entry is not None
    return entry


labels = st.text("abcXYZ, é", min_size=1, max_size=12)
heads = st.tuples(st.text("0SRZ", min_size=3, max_size=3), st.integers(4, 7))


@given(
    st.dictionaries(
        st.tuples(heads, st.sampled_from(("", "7=A", "7=B"))),
        st.dictionaries(st.sampled_from("0123ABZ"), labels, min_size=1, max_size=7),
        min_size=1,
        max_size=20,
    ),
    st.dictionaries(
        st.sampled_from("0BX"), st.lists(labels, min_size=7, max_size=7).map(tuple), max_size=3
    ),
)
def test_a_table_gives_back_what_went_in(
    meanings: dict[tuple[tuple[str, int], str], dict[str, str]], names: dict[str, tuple[str, ...]]
) -> None:
    rows = {(*head, condition): labelled for (head, condition), labelled in meanings.items()}
    packed = pack({"system": "made-up", "what": "meanings"}, pack_meanings(rows, names))
    table = MeaningTable(TableFile("made-up.meanings", packed))
    for head, position in {head for head, _ in meanings}:
        plain = meanings.get(((head, position), ""), {})
        assert table.labels(head, position) == plain
        for last in "ABZ":
            own = {**plain, **meanings.get(((head, position), f"7={last}"), {})}
            if position < 7:
                for value in "0123ABZ":
                    code = f"{head}{'0' * (position - 4)}{value}{'0' * (6 - position)}{last}"
                    assert table.label(code, position) == own.get(value)
    assert table.labels("QQQ", 4) == {}
    assert table.label("QQQQQQQ", 4) is None
    for first in "0BXQ":
        assert table.names(first) == names.get(first, ())


def test_a_system_without_a_table() -> None:
    for system in ("cpt", "hcpcs", "icd9cm"):
        assert reference.BUNDLED.meanings(system).labels("250", 7) == {}
        assert reference.BUNDLED.meanings(system).names("2") == ()


# -- ICD-10-PCS -----------------------------------------------------------------------------------


def test_the_axes_of_a_code() -> None:
    assert get("0SRB02A").axes == (
        ("section", "0", "Medical and Surgical"),
        ("body system", "S", "Lower Joints"),
        ("root operation", "R", "Replacement"),
        ("body part", "B", "Hip Joint, Left"),
        ("approach", "0", "Open"),
        ("device", "2", "Synthetic Substitute, Metal on Polyethylene"),
        ("qualifier", "A", "Uncemented"),
    )
    assert get("0SR").axes == get("0SRB02A").axes[:3]
    body_system = ICD10PCS.get("0S")
    assert body_system is not None
    assert body_system.axes == get("0SRB02A").axes[:2]


def test_axes_have_the_names_of_their_section() -> None:
    assert [axis.name for axis in get("B00B0ZZ").axes] == [
        "section",
        "body system",
        "root type",
        "body part",
        "contrast",
        "qualifier",
        "qualifier",
    ]
    assert [axis.label for axis in get("B00B0ZZ").axes[2:]] == [
        "Plain Radiography",
        "Spinal Cord",
        "High Osmolar",
        "None",
        "None",
    ]
    assert get("XW033E5").axes[4:] == (
        ("approach", "3", "Percutaneous"),
        ("device / substance / technology", "E", "Remdesivir Anti-infective"),
        ("qualifier", "5", "New Technology Group 5"),
    )
    assert [axis.label for axis in get("XEZ5XKC", "2026-11-01").axes[:3]] == [
        "New Technology",
        "Physiological Systems and Anatomical Regions",
        "Other Procedures",
    ]


def test_a_label_may_depend_on_a_character_further_on() -> None:
    labels = {code: get(code, "2026-11-01").axes[5].label for code in ("XW03308", "XW0330B")}
    assert labels == {
        "XW03308": "Spesolimab Monoclonal Antibody",
        "XW0330B": "Alpha1-proteinase Inhibitor",
    }
    first, *_ = get("XW0", "2026-11-01").next("33")
    assert first.label == " or ".join(filter(None, labels.values()))


def test_every_character_of_every_code_has_a_label() -> None:
    for code in ICD10PCS.codes(on="2026-11-01"):
        assert None not in [axis.label for axis in get(code, "2026-11-01").axes], code


@pytest.mark.parametrize("table", ["0SR", "3E0", "00B", "XW0", "B00"])
@pytest.mark.parametrize("day", [DAY, "2015-10-01"])
def test_what_may_follow_is_what_does(table: str, day: str) -> None:
    codes = [code for code in ICD10PCS.codes(on=day) if code.startswith(table)]
    heads = {code[:length] for code in codes for length in range(3, 7)}
    entry = get(table, day)
    for head in sorted(heads)[:60]:
        following = entry.next(head[3:])
        assert [axis.value for axis in following] == sorted(
            {code[len(head)] for code in codes if code.startswith(head)}
        )
        those = [code for code in codes if code.startswith(head + following[0].value)]
        meant = dict.fromkeys(get(code, day).axes[len(head)].label for code in those)
        assert following[0].label == (" or ".join(filter(None, meant)) or None)


def test_what_may_follow_from_the_top() -> None:
    section = ICD10PCS.get("0", on=DAY)
    assert section is not None
    assert section.next()[:2] == (
        Axis("body system", "0", "Central Nervous System and Cranial Nerves"),
        Axis("body system", "1", "Peripheral Nervous System"),
    )
    assert Axis("root operation", "R", "Replacement") in section.next("s")
    assert section.next("sR") == get("0SR").next()
    assert [axis.value for axis in section.next("SRB02")] == ["9", "A", "Z"]
    chosen: Any = None
    with pytest.raises(TypeError, match="got None; drop missing"):
        section.next(chosen)
    for chosen in ("SRB02A", "SRB02AA", "?", "I"):
        assert section.next(chosen) == ()
    assert get("0SRB02A").next() == ()


def test_other_systems_have_no_axes() -> None:
    for entry in (get("S72.001A"), CPT.get("90832-90838"), ICD9CM.get("250.00")):
        assert entry is not None
        assert (entry.axes, entry.next()) == ((), ())


# -- ICD-10-CM ------------------------------------------------------------------------------------


def test_seventh_characters() -> None:
    closed = Axis("seventh character", "A", "initial encounter for closed fracture")
    assert get("S72.001A").seventh_character == closed
    for code in ("S72.001", "S72.00", "S72.0"):
        exist = get(code).seventh_characters
        assert exist[0] == closed
        assert "".join(axis.value for axis in exist) == "ABCDEFGHJKMNPQRS"
    # Only what is listed: no open fracture is a greenstick fracture, say.
    torus = get("S82.161").seventh_characters
    assert "".join(axis.value for axis in torus) == "ADGKPS"


def test_what_has_no_seventh_character() -> None:
    assert get("E11.65").seventh_character is None
    assert get("E11.6").seventh_characters == ()
    assert get("C44.1021").seventh_character is None
    assert get("S72.001A").seventh_characters == ()
    assert get("0SRB02A").seventh_character is None
    assert get("0SR").seventh_characters == ()
    chapter = ICD10CM.get("S00-T88")
    assert chapter is not None
    assert (chapter.seventh_character, chapter.seventh_characters) == (None, ())


def test_the_day_decides_which_exist() -> None:
    assert len(get("S72.001").seventh_characters) == 16
    assert get("S72.001", on="2010-01-01").seventh_characters == ()


def test_seventh_characters_agree_with_titles() -> None:
    """A second source: the file of codes ends its titles with the meaning."""
    said: Counter[str] = Counter()
    for code in ICD10CM.codes(on=DAY):
        if len(code) == 8:
            entry = ICD10CM.get(code, on=DAY)
            assert entry is not None
            axis = entry.seventh_character
            if axis is None:
                said["not defined"] += 1
            else:
                assert axis.label is not None
                agrees = (entry.title or "").endswith(axis.label)
                said["agrees" if agrees else code] += 1
    # The others just have seven characters of detail, as C44.1021 has.
    assert said == {"agrees": 51_305, "not defined": 180}


# -- against the sources --------------------------------------------------------------------------


@pytest.mark.sources
def test_another_source_has_the_same_labels() -> None:
    """Of sections 0 and 1, where it broke some words in two."""
    table = reference.BUNDLED.meanings("icd10pcs")
    rows = Sources(build.CACHE).icd10pcs_axes()
    assert len(rows) == 68_672
    broken = {"Drug- eluting": "Drug-eluting", "lo graphic": "lographic"}
    for code, *labelled in rows:
        for position, label in enumerate(labelled, 4):
            whole = tidy(label)
            for text, mended in broken.items():
                whole = whole.replace(text, mended)
            assert table.label(code, position) == whole
