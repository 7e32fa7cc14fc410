"""Walking the systems: every entry hangs below its parent, on every day."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import CPT, HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, Entry, Status
from medcodes.hierarchy.tree import Tree
from medcodes.reference import BUNDLED, Reference
from tests.conftest import DAY, ends, run_python

DAYS = {
    HCPCS: ("2015-01-01", "2020-07-01", DAY),
    ICD10CM: ("2015-10-01", "2021-10-01", DAY, "2026-10-01"),
    ICD10PCS: ("2015-10-01", DAY, "2026-10-01"),
    ICD9CM: ("1985-10-01", "2000-01-01", "2015-09-30"),
    ICD9PCS: ("1985-10-01", "2000-01-01", "2015-09-30"),
}
LISTED = tuple(DAYS)
by_system = pytest.mark.parametrize("system", LISTED, ids=str)


def get(system: CodeSystem, code: str, on: str = DAY) -> Entry:
    entry = system.get(code, on=on)
    assert entry is not None
    return entry


def codes(entries: object) -> list[str]:
    assert not isinstance(entries, str)
    return [one.code for one in entries]  # type: ignore[attr-defined]


def everything(system: CodeSystem, on: str) -> Iterator[Entry]:
    for root in system.roots(on=on):
        yield root
        yield from root.descendants


# -- the tree -------------------------------------------------------------------------------------


@by_system
def test_every_code_of_the_day_is_met_once(system: CodeSystem) -> None:
    for day in DAYS[system][1:2]:
        met = [one for one in everything(system, day) if one.is_billable()]
        assert sorted(one.compact for one in met) == [
            system.compact(code) for code in system.codes(on=day)
        ]
        assert all(one.status is Status.VALID and one.level for one in met)


@by_system
def test_headings_of_the_day_are_met_once(system: CodeSystem) -> None:
    day = DAYS[system][-1]
    met = [one for one in everything(system, day) if one.is_header]
    assert len({(one.code, one.level) for one in met}) == len(met)
    listed = {one.compact for one in met if one.intervals}
    for compact, number in medcodes.reference.codes(system.id):
        stands = any(
            one.heading and one.holds(date.fromisoformat(day))
            for one in medcodes.reference.codes(system.id).history(number)
        )
        titled = medcodes.reference.titles(system.id).get(compact) is not None
        is_category = len(compact) == 3 and system is not ICD9PCS
        assert (compact in listed) == (stands and (titled or is_category)), compact


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    system = draw(st.sampled_from(LISTED))
    day = draw(st.sampled_from(DAYS[system]))
    at, roots = None, system.roots(on=day)
    for _ in range(draw(st.integers(0, 8))):
        below = tuple(roots if at is None else at.children)
        if not below:
            break
        at = draw(st.sampled_from(below))
    return at or roots[0]


@given(entries())
@settings(deadline=None, max_examples=40)
def test_steps_up_and_down_agree(entry: Entry) -> None:
    for child in entry.children:
        assert child.parent == entry
        assert entry in child.ancestors
        assert child.as_of == entry.as_of
    assert entry.is_leaf == (len(entry.children) == 0)
    assert entry.is_leaf == entry.is_billable() or entry.system in (ICD9CM, ICD9PCS)
    for below in entry.descendants[:20]:
        assert entry in below.ancestors
    if entry.parent is None:
        assert entry in entry.system.roots(on=entry.as_of)
        assert entry.ancestors == ()
    else:
        assert entry in entry.parent.children
        assert entry.ancestors == (entry.parent, *entry.parent.ancestors)
    assert entry not in entry.siblings
    assert [one.parent for one in entry.siblings] == [entry.parent] * len(entry.siblings)


def _printed(code: str) -> str:
    """A category prints a range of one ICD category as that category."""
    first, _, last = code.partition("-")
    return first if first == last and len(first) < 5 else code


@given(entries())
@settings(deadline=None, max_examples=60)
def test_an_entry_agrees_with_its_identification(entry: Entry) -> None:
    assert entry.system.get(entry.code, on=entry.as_of) in (entry, *entry.ancestors)
    assert [one.range for one in reversed(entry.categories)] == [
        _printed(one.code) for one in entry.ancestors
    ]
    if entry.intervals:
        answer = medcodes.identify(entry.code, on=entry.as_of, systems=entry.system)
        assert (answer.status, answer.title, answer.flags) == (
            entry.status,
            entry.title,
            entry.flags,
        )
        assert (answer.valid_from, answer.valid_to) == (entry.valid_from, entry.valid_to)
        assert answer.categories == entry.categories


@given(entries())
@settings(deadline=None, max_examples=40)
def test_entries_are_values(entry: Entry) -> None:
    again = pickle.loads(pickle.dumps(entry))
    assert again == entry
    assert hash(again) == hash(entry)
    assert (again.title, again.categories) == (entry.title, entry.categories)
    assert (again.successors, again.predecessors) == (entry.successors, entry.predecessors)
    assert again.parent == entry.parent
    assert codes(again.children) == codes(entry.children)
    assert pickle.loads(pickle.dumps(again)) == entry
    assert copy.copy(entry) is copy.deepcopy(entry) is entry
    assert entry != entry.code


# -- single steps ---------------------------------------------------------------------------------


def test_icd10cm() -> None:
    entry = get(ICD10CM, "E11.65")
    assert (entry.level, entry.is_header, entry.is_leaf) == ("code", False, True)
    assert [(one.level, one.code) for one in entry.ancestors] == [
        ("subcategory", "E11.6"),
        ("category", "E11"),
        ("block", "E08-E13"),
        ("chapter", "E00-E89"),
    ]
    block = get(ICD10CM, " e08–e13")
    assert (block.title, block.level, block.intervals) == ("Diabetes mellitus", "block", ())
    assert codes(block.children) == ["E08", "E09", "E10", "E11", "E13"]
    assert not block.is_billable()
    assert str(block) == "E08-E13 Diabetes mellitus"
    assert repr(block) == ("<Entry icd10cm: E08-E13 Diabetes mellitus, header on 2026-06-01>")


def test_placeholders_are_no_headings() -> None:
    entry = get(ICD10CM, "W21.89")
    assert codes(entry.children) == ["W21.89XA", "W21.89XD", "W21.89XS"]
    assert get(ICD10CM, "W21.89XA").parent == entry
    prefix = get(ICD10CM, "W21.89X")
    assert prefix.parent == entry
    assert codes(prefix.children) == codes(entry.children)
    assert str(prefix) == "W21.89X"


def test_a_range_of_one_category_is_not_the_category() -> None:
    block = get(ICD10CM, "B20-B20")
    assert (block.level, block.title) == ("block", "Human immunodeficiency virus [HIV] disease")
    assert [(one.code, one.level) for one in block.children] == [("B20", "code")]
    assert get(ICD10CM, "B20").parent == block


def test_a_block_that_does_not_hold_what_its_ends_say() -> None:
    assert "M1A" in codes(get(ICD10CM, "M05-M14").children)
    assert "D3A" not in codes(get(ICD10CM, "D37-D48").children)
    assert codes(get(ICD10CM, "C00-C96").children)[0] == "C00-C75"


def test_what_is_newer_than_the_chapters() -> None:
    block = get(ICD10CM, "QA0-QA1", on="2026-10-01")
    assert codes(block.children) == ["QA0", "QA1"]
    assert get(ICD10CM, "QA1", on="2026-10-01").parent == block
    assert codes(get(ICD10CM, "QA0-QA0", on="2026-09-30").children) == ["QA0"]


def test_the_day_decides() -> None:
    assert codes(get(ICD10CM, "R05", on="2021-09-30").siblings) == [
        "R00", "R01", "R03", "R04", "R06", "R07", "R09",
    ]  # fmt: skip
    before, after = get(ICD10CM, "B88.0", "2025-09-30"), get(ICD10CM, "B88.0", "2025-10-01")
    assert before != after
    assert (before.is_leaf, before.is_billable(), before.level) == (True, True, "code")
    assert (after.is_leaf, after.is_billable(), after.level) == (False, False, "subcategory")
    assert before.is_billable("2025-09-30")
    assert not before.is_billable("2025-10-01")
    assert before.at("2025-10-01") == after
    # What is not listed on the day still knows where it stands.
    young = get(ICD10CM, "B88.01", "2025-09-30")
    assert (young.status, young.parent) == (Status.FUTURE, before)


def test_flags_belong_to_a_day() -> None:
    entry = get(ICD10CM, "A18.15", "2015-10-01")
    assert entry.flags == {"male"}
    assert entry.at(DAY).flags == frozenset()


def test_icd10pcs() -> None:
    entry = get(ICD10PCS, "0SRB02A")
    assert [(one.level, one.code, one.title) for one in entry.ancestors] == [
        ("root operation", "0SR", "Lower Joints, Replacement"),
        ("body system", "0S", "Lower Joints"),
        ("section", "0", "Medical and Surgical"),
    ]
    assert codes(get(ICD10PCS, "0").children)[:3] == ["00", "01", "02"]
    assert "0SR" in codes(get(ICD10PCS, "0s").children)
    tree = Tree(medcodes.classifier.default.ask(DAY, ICD10PCS, None), ICD10PCS)
    assert [one.code for one in tree.starting_with("0SR")][:2] == ["0SR", "0SR007Z"]


def test_every_table_of_icd10pcs_has_a_title() -> None:
    entry = get(ICD10PCS, "XU")
    assert (entry.title, str(entry)) == (
        "Female Reproductive System",
        "XU Female Reproductive System",
    )
    assert "XU" not in codes(medcodes.search("xu", on=DAY))


def test_hcpcs_and_cpt() -> None:
    assert codes(get(HCPCS, "J0120").ancestors)[-1] == "J0000-J9999"
    assert get(HCPCS, "J0120").level == "code"
    psychotherapy = get(CPT, "90832-90838")
    assert [one.title for one in psychotherapy.ancestors] == [
        "Psychiatry",
        "Medicine",
        "Category I",
    ]
    assert psychotherapy.is_leaf  # its codes are in no public list
    assert "90791-90792" in codes(psychotherapy.siblings)
    assert CPT.get("90837") is None


def test_nothing_of_cpt_begins_with_anything() -> None:
    tree = Tree(medcodes.classifier.default.ask(DAY, CPT, None), CPT)
    assert list(tree.starting_with("9")) == []


def test_icd9() -> None:
    assert codes(get(ICD9CM, "E849.0", "2012-01-01").ancestors) == [
        "E849",
        "E849-E849",
        "E000-E999",
    ]
    assert codes(get(ICD9CM, "250.00", "2012-01-01").ancestors)[:2] == ["250.0", "250"]
    assert codes(get(ICD9PCS, "45.13", "2012-01-01").ancestors) == ["45.1", "45", "42-54"]
    assert codes(get(ICD9PCS, "00-00", "2012-01-01").children) == ["00"]
    # It has ended: of today nothing of it is left to walk through.
    assert codes(get(ICD9CM, "250", "2020-01-01").children) == []
    assert codes(ICD9CM.roots(on="2020-01-01")) == []


@pytest.mark.parametrize("text", ["", "E08-E14", "E", "hello", "-", "90832-9083", "0S-0S"])
def test_what_is_no_range_has_no_entry(text: str) -> None:
    for system in medcodes.systems.ALL:
        assert system.get(text) is None or (system, text) == (ICD10PCS, "E")


def test_entries_can_be_asked_like_any_sequence() -> None:
    children = get(ICD10CM, "E08-E13").children
    assert len(children) == 5
    assert bool(children)
    assert (children[0].code, children[-1].code) == ("E08", "E13")
    assert codes(children[1:3]) == ["E09", "E10"]
    assert codes(reversed(children))[0] == "E13"
    with pytest.raises(IndexError, match="no entry at place 5"):
        children[5]
    assert repr(children) == "<Entries: E08, E09, E10, ...>"
    assert repr(get(ICD10CM, "E11.65").children) == "<Entries: >"


# -- other tables, other processes ----------------------------------------------------------------


def test_a_day_past_the_tables_is_that_of_their_last() -> None:
    with pytest.warns(medcodes.StaleReferenceWarning):
        entry = get(ICD10CM, "E11", on="2098-01-01")
    last, _ = ends("icd10cm")
    assert entry.as_of == date.fromisoformat(last)
    assert entry == get(ICD10CM, "E11", on=last)


def test_an_entry_of_other_tables_takes_along_what_it_says() -> None:
    other = medcodes.Classifier(reference=Reference(), on=DAY)
    entry = other.get("E11.65", ICD10CM)
    assert entry is not None
    assert entry.parent == get(ICD10CM, "E11.6")
    again = pickle.loads(pickle.dumps(entry))
    assert again == entry == get(ICD10CM, "E11.65")
    assert again.categories == entry.categories
    with pytest.raises(LookupError, match=r"E11\.65 .* get it again from that classifier"):
        again.parent  # noqa: B018
    assert BUNDLED is not other.reference


def test_an_entry_walks_on_in_another_process() -> None:
    packed = pickle.dumps(get(ICD10CM, "E11.6"))
    program = f"import pickle; print(pickle.loads({packed!r}).children[0])"
    assert run_python(program).startswith("E11.61 ")


def test_walking_opens_no_table_before_it_is_asked() -> None:
    program = (
        "import medcodes, sys\n"
        "entry = medcodes.ICD10CM.get('E11.65', on='2026-06-01')\n"
        "print('medcodes.hierarchy.tree' in sys.modules)\n"
    )
    assert run_python(program).strip() == "True"
    assert run_python(
        "import medcodes, sys; print('medcodes.hierarchy.tree' in sys.modules)"
    ).strip() == ("False")


def test_every_range_stands_in_its_place() -> None:
    for system in medcodes.systems.ALL:
        table = medcodes.reference.ranges(system.id)
        seen = []
        waiting = list(table.below(None))
        while waiting:
            row = waiting.pop()
            seen.append(row)
            assert all(table.wider(one) == row for one in table.below(row))
            waiting += table.below(row)
        assert sorted(seen, key=str) == sorted(table.rows, key=str)


# -- a list of one's own --------------------------------------------------------------------------

MINE = b"code,title\n90837,Talking for an hour\n90834,Talking less\n99213,Visit\n0001U,\n"


@pytest.fixture(scope="module")
def licensed() -> medcodes.Classifier:
    return medcodes.Classifier(on=DAY).with_release(MINE, "cpt", valid_from="2026-01-01")


def test_codes_of_a_list_of_ones_own_hang_in_the_ranges(licensed: medcodes.Classifier) -> None:
    entry = licensed.get("90837", CPT)
    assert entry is not None
    assert (entry.level, entry.title, entry.is_billable()) == ("code", "Talking for an hour", True)
    assert [one.title for one in entry.ancestors] == [
        "Psychotherapy",
        "Psychiatry",
        "Medicine",
        "Category I",
    ]
    assert codes(entry.siblings) == ["90834"]
    walked = [one for root in licensed.roots(CPT) for one in (root, *root.descendants)]
    assert codes(one for one in walked if one.intervals) == ["90834", "90837", "99213", "0001U"]
    # A range stands there while one of its codes does.
    assert "90785-90899" in codes(walked)
    assert "90791-90792" not in codes(walked)
    # Of the days before the list only the ranges are known.
    before = licensed.get("90832-90838", CPT, on="2025-12-31")
    assert before is not None
    assert before.is_leaf
    assert codes(licensed.roots(CPT, on="2025-12-31")) == codes(CPT.roots(on="2025-12-31"))


def test_an_entry_of_a_list_of_ones_own_takes_along_what_it_says(
    licensed: medcodes.Classifier,
) -> None:
    entry = licensed.get("90837", CPT)
    again = pickle.loads(pickle.dumps(entry))
    assert again == entry
    assert (again.title, again.categories) == (entry.title, entry.categories)
    with pytest.raises(LookupError, match="get it again from that classifier"):
        again.parent  # noqa: B018


def test_a_list_of_ones_own_is_completed_and_searched(licensed: medcodes.Classifier) -> None:
    assert codes(licensed.complete("908")) == ["90834", "90837"]
    assert codes(licensed.search("talking", systems=CPT)) == ["90834", "90837"]
    assert codes(licensed.search("psychotherapy", systems=CPT)) == ["90832-90838"]
    assert licensed.search("some test", systems=CPT) == []
    assert codes(licensed.search("talking", systems=CPT, on="2025-12-31")) == []


def test_what_characters_mean_is_known_beside_a_list_of_ones_own(
    licensed: medcodes.Classifier,
) -> None:
    entry = licensed.get("0SRB02A", ICD10PCS)
    assert entry is not None
    assert entry.axes == get(ICD10PCS, "0SRB02A").axes
