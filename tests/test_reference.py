"""The bundled tables: what goes in comes out, and nothing is read from a damaged one."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import medcodes
from medcodes import DamagedReference, reference
from medcodes.dates import OPEN, as_date
from medcodes.entries import Interval
from medcodes.reference import CodeTable, TableFile, TitleTable, writing
from medcodes.reference.file import MAGIC, bundled, pack
from medcodes.reference.installed import OWN, Data
from medcodes.reference.writing import History, Span
from medcodes.systems import ICD10CM
from tests.conftest import DATA, LISTED, SOURCE, code_file, code_table, run_python, zip_of
from tools import build
from tools.build import FLAGS

NAMES = (*LISTED, "modifiers")
BEGIN = date(2000, 1, 1)

# -- made-up tables -------------------------------------------------------------------------------

code_texts = st.text("0123456789ABCXZ", min_size=1, max_size=8)


def _yyyymmdd(offset: int) -> int:
    return int((BEGIN + timedelta(days=offset)).strftime("%Y%m%d"))


@st.composite
def histories(draw: st.DrawFn, headings: bool = False) -> History:
    """Spans that neither overlap nor continue each other."""
    ends = draw(st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True).map(sorted))
    spans = [
        Span(
            _yyyymmdd(first),
            _yyyymmdd(last),
            headings and draw(st.booleans()),
            draw(st.sampled_from(["", "x", "mu", "pnF"])),
        )
        for first, last in zip(ends[::2], ends[1::2], strict=False)
    ]
    if draw(st.booleans()):
        last = spans[-1]
        spans[-1] = Span(last.first, OPEN, last.heading, last.flags)
    return tuple(spans)


def _intervals(history: History) -> tuple[Interval, ...]:
    names = dict(FLAGS.values())
    return tuple(
        Interval(
            as_date(span.first),
            None if span.last == OPEN else as_date(span.last),
            span.heading,
            frozenset(names[letter] for letter in span.flags),
        )
        for span in history
    )


@given(st.dictionaries(code_texts, histories(headings=True), min_size=1, max_size=40))
@example({"E11": (Span(20000101, OPEN, heading=True),), "E110": (Span(20000101, OPEN),)})
@example({"45": (Span(20000101, 20001231),), "4513": (Span(20000101, OPEN),)})
@example({"AAAAAB": (Span(20000101, OPEN),), "AAAAA": (Span(20000101, OPEN),)})
def test_a_code_table_gives_back_what_went_in(codes: dict[str, History]) -> None:
    table = code_table(codes)
    assert [code for code, _ in table] == sorted(codes)
    for code, history in codes.items():
        assert table.intervals(code) == _intervals(history)
    for code, number in table:
        assert table.history(number) == _intervals(codes[code])
        assert table.history_number(code) == number
        assert 0 <= number < table.history_count == len(set(codes.values()))
    assert table.intervals("QQQQ") == ()
    assert table.history_number("QQQQ") is None


@given(st.dictionaries(code_texts, histories(), min_size=1, max_size=20), st.data())
def test_texts_that_are_not_listed_are_not_found(
    codes: dict[str, History], data: st.DataObject
) -> None:
    table = code_table(codes)
    text = data.draw(code_texts | st.sampled_from(sorted(codes)).map(lambda code: code[:-1]))
    assert (table.history_number(text) is not None) == (text in codes)


@given(
    st.dictionaries(code_texts, histories(headings=True), min_size=1, max_size=20),
    st.integers(-2, 62),
)
def test_billable_is_what_is_valid_and_no_heading(codes: dict[str, History], offset: int) -> None:
    day = _yyyymmdd(offset)
    expected = sorted(
        code
        for code, history in codes.items()
        if any(span.first <= day <= span.last and not span.heading for span in history)
    )
    assert list(code_table(codes).billable(as_date(day))) == expected


def test_the_same_codes_give_the_same_bytes_in_any_order() -> None:
    codes: dict[str, History] = {
        code: (Span(20000101, OPEN),) for code in ("E11", "E1165", "A000", "J01", "J0120")
    }
    assert code_file(codes) == code_file(dict(reversed(codes.items())))


def test_the_header_of_a_table() -> None:
    table = code_table({"A": (Span(20000101, OPEN),)}, retired=True, record_begins=True)
    assert (table.system, table.edition, table.path) == ("made-up", "first", "made-up.codes")
    assert (table.first_day, table.last_day) == (date(2000, 1, 1), date(2020, 12, 31))
    assert (table.retired, table.record_begins, table.billable_count) == (True, True, 1)


# -- histories ------------------------------------------------------------------------------------


def test_spans_that_follow_each_other_are_joined() -> None:
    spans = {
        "A": [Span(20010101, 20011231), Span(20000101, 20001231)],
        "B": [Span(20000101, 20001231), Span(20010102, 20011231)],  # a day is missing
        "C": [Span(20000101, 20001231), Span(20010101, OPEN, flags="x")],  # other flags
        "D": [Span(20000228, 20000229), Span(20000301, OPEN)],  # a leap year
    }
    assert build.histories(spans) == {
        "A": (Span(20000101, 20011231),),
        "B": tuple(spans["B"]),
        "C": tuple(spans["C"]),
        "D": (Span(20000228, OPEN),),
    }


@pytest.mark.parametrize(
    "second", [Span(20001231, OPEN), Span(20000101, 20000101), Span(20000601, 20000602)], ids=str
)
def test_spans_that_overlap_are_refused(second: Span) -> None:
    with pytest.raises(SystemExit, match=r"A: .* overlap"):
        build.histories({"A": [Span(20000101, 20001231), second]})


def with_headings(codes: Mapping[str, History], lengths: Iterable[int]) -> dict[str, History]:
    traits = ICD10CM.traits._replace(heading_lengths=tuple(lengths), category_length=0)
    return writing.with_headings(codes, traits)


def test_a_code_that_becomes_a_heading() -> None:
    # As ICD-10-CM R05: billable until 2021-09-30, divided from 2021-10-01.
    codes: dict[str, History] = {
        "R05": (Span(20151001, 20210930),),
        "R051": (Span(20211001, OPEN),),
    }
    table = with_headings(codes, (3,))
    assert table["R05"] == (Span(20151001, 20210930), Span(20211001, OPEN, heading=True))
    assert table["R051"] == codes["R051"]
    assert set(table) == {"R05", "R051"}


def test_a_heading_ends_with_the_codes_below_it() -> None:
    codes: dict[str, History] = {
        "A01": (Span(20050101, 20051231), Span(20070101, OPEN)),
        "A0111": (Span(20000101, 20060630),),
        "A0112": (Span(20060701, 20080101),),
    }
    table = with_headings(codes, (3, 4))
    assert table["A01"] == (
        Span(20000101, 20041231, heading=True),
        Span(20050101, 20051231),
        Span(20060101, 20061231, heading=True),
        Span(20070101, OPEN),
    )
    assert table["A011"] == (Span(20000101, 20080101, heading=True),)


def test_a_code_alone_is_no_heading() -> None:
    codes: dict[str, History] = {"I10": (Span(20151001, OPEN),)}
    assert with_headings(codes, (3, 4)) == codes


@given(
    st.dictionaries(st.text("AB", min_size=2, max_size=4), histories(), min_size=1, max_size=8),
    st.sets(st.integers(1, 4), min_size=1),
)
def test_headings_stand_above_codes_day_by_day(
    codes: dict[str, History], lengths: set[int]
) -> None:
    table = with_headings(codes, lengths)
    prefixes = {code[:length] for code in codes for length in lengths if length < len(code)}
    assert set(table) - set(codes) <= prefixes
    for offset in range(-1, 63):
        day = _yyyymmdd(offset)
        billable = {code for code, history in codes.items() if _standing(history, day) == [False]}
        for code in prefixes | set(codes):
            expected: list[bool] = []
            if code in billable:
                expected = [False]
            elif code in prefixes and any(one.startswith(code) and one != code for one in billable):
                expected = [True]
            assert _standing(table.get(code, ()), day) == expected, (code, day)


def _standing(history: History, day: int) -> list[bool]:
    return [span.heading for span in history if span.first <= day <= span.last]


# -- titles ---------------------------------------------------------------------------------------

words = st.text("abcXYZ0,-é", min_size=1, max_size=4)
title_texts = st.lists(words, min_size=1, max_size=20).map(" ".join)
TWELVE = "one two three four five six seven eight nine ten eleven twelve"


def _title_table(codes: Mapping[str, History], titles: Mapping[str, str]) -> TitleTable:
    starts, blocks = writing.title_blocks(codes, titles)
    packed = pack({"system": "made-up", "what": "titles", "starts": starts}, blocks)
    return TitleTable(TableFile("made-up.titles", packed), code_table(codes))


@given(
    st.dictionaries(
        st.text("012AB", min_size=3, max_size=6), st.none() | title_texts, min_size=1, max_size=30
    )
)
@example({"A00": "-", "A01": "- -", "A02": None, "A03": "! !"})
# The number of words shared with the title before is written as a character, any character.
@example({"A00": f"{TWELVE} thirteen", "A01": TWELVE, "A02": TWELVE, "A03": None})
@example({f"A{n:02}": " ".join("word" * n for n in range(100 - n, 0, -1)) for n in range(3)})
@example({f"A{n:02}": " ".join(["word"] * n) for n in range(100, 0, -1)})
def test_a_title_table_gives_back_what_went_in(titles: dict[str, str | None]) -> None:
    codes: dict[str, History] = dict.fromkeys(titles, (Span(20000101, OPEN),))
    known = {code: title for code, title in titles.items() if title is not None}
    table = _title_table(codes, known)
    assert {code: table.get(code) for code in codes} == titles
    assert table.get("QQQ") is None
    assert table.get("QQQQQ") is None


def test_a_title_table_has_blocks_of_whole_categories() -> None:
    codes: dict[str, History] = {f"{n:06}": (Span(20000101, OPEN),) for n in range(5000)}
    titles = {code: f"the code {code}" for code in codes}
    starts, blocks = writing.title_blocks(codes, titles)
    assert (starts, len(blocks)) == (["000", "001", "002", "003", "004"], 5)
    table = _title_table(codes, titles)
    assert {code: table.get(code) for code in codes} == titles
    assert table.get("004999X") is None


# -- damage ---------------------------------------------------------------------------------------

SMALL = code_file({"E11": (Span(20151001, OPEN, heading=True),), "E1165": (Span(20151001, OPEN),)})


def _refused(content: bytes) -> str:
    with pytest.raises(DamagedReference) as caught:
        TableFile("some/path/made-up.codes", content)
    assert "some/path/made-up.codes" in str(caught.value)
    return str(caught.value)


def test_the_small_table_is_intact() -> None:
    assert [code for code, _ in CodeTable(TableFile("x", SMALL))] == ["E11", "E1165"]


@pytest.mark.parametrize("flip", [1, 0x20, 0x80, 0xFF], ids=hex)
def test_any_byte_flipped_is_damage(flip: int) -> None:
    for place in range(len(SMALL)):
        _refused(SMALL[:place] + bytes([SMALL[place] ^ flip]) + SMALL[place + 1 :])


def test_truncation_at_any_length_is_damage() -> None:
    for length in range(len(SMALL)):
        _refused(SMALL[:length])


@pytest.mark.parametrize("more", [b"\0", b"\n", SMALL, SMALL[-4:]], ids=["nul", "line", "2", "4"])
def test_anything_appended_is_damage(more: bytes) -> None:
    _refused(SMALL + more)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: MAGIC + tail))
def test_other_bytes_are_no_table(content: bytes) -> None:
    _refused(content)


def test_wrong_magic_and_wrong_version_are_told_apart() -> None:
    assert "does not begin like" in _refused(b"PK\3\4" + SMALL)
    assert "another version" in _refused(SMALL.replace(b"table 1", b"table 2", 1))
    assert "truncated or changed" in _refused(SMALL[:-1])


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.*s")))
def test_every_bundled_table_is_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system, what = name.split(".")
    content = DATA.joinpath(name).read_bytes()
    middle = len(content) // 2
    for damaged in (
        b"",
        content[:middle],
        content[:-1],
        content[:middle] + b"\0\0\0" + content[middle + 3 :],
        content[:-4] + b"\0\0\0\0",
    ):
        monkeypatch.setattr(Data, "read", lambda _, name, damaged=damaged: damaged)
        with pytest.raises(DamagedReference, match=name):
            bundled(system, what)
    monkeypatch.undo()
    assert bundled(system, what).header["what"] == what


def test_swapped_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [path.name for path in DATA.glob("*.*s")]
    assert len(names) == 27
    for name in names:
        system, what = name.split(".")
        for other in names:
            if other == name:
                continue
            content = DATA.joinpath(other).read_bytes()
            monkeypatch.setattr(Data, "read", lambda _, name, content=content: content)
            with pytest.raises(DamagedReference, match=rf"{name}.*were expected"):
                bundled(system, what)


BROKEN = """
import sys, medcodes
for act in (
    lambda: medcodes.identify("E11.65", on="2026-01-01"),
    lambda: medcodes.identify("E1165", on="2026-01-01"),
    lambda: medcodes.identify_many(["I10"], on="2026-01-01"),
    lambda: medcodes.validate("E11.65", on="2026-01-01"),
    lambda: medcodes.is_valid("E11.65", on="2026-01-01"),
    lambda: "E11.65" in medcodes.ICD10CM,
    lambda: medcodes.ICD10CM.get("E11.65"),
    lambda: list(medcodes.ICD10CM.codes("2026-01-01")),
    lambda: len(medcodes.ICD10CM),
    lambda: medcodes.ICD10CM.coverage,
):
    try:
        print("answered", act())
    except medcodes.DamagedReference as error:
        print("refused" if sys.argv[1] in str(error) else error)
# What does not need the table is answered all the same.
print(medcodes.identify("90837", on="2026-01-01", systems="cpt").status.value)
"""


@pytest.mark.parametrize("damage", ["missing", "truncated", "changed", "swapped", "emptied"])
def test_nothing_is_answered_from_a_damaged_table(damage: str, tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "medcodes", tmp_path / "medcodes")
    path = tmp_path / "medcodes" / "reference" / "data" / "icd10cm.codes"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[:-100])
    elif damage == "changed":
        path.write_bytes(content.replace(b'"billable": 7', b'"billable": 8'))
        assert path.read_bytes() != content
    elif damage == "swapped":
        path.write_bytes(path.with_name("icd10pcs.codes").read_bytes())
    else:
        path.write_bytes(b"")
    printed = run_python(BROKEN, str(path), path=tmp_path).split("\n")
    assert printed == [*["refused"] * 10, "plausible", ""]


TITLES_BROKEN = """
import medcodes
answer = medcodes.identify("E11.65", on="2026-01-01")
assert answer.status is medcodes.Status.VALID
for act in (lambda: answer.title, lambda: str(answer), answer.to_dict, lambda: answer.categories):
    try:
        print("answered", act())
    except medcodes.DamagedReference as error:
        print("refused" if "icd10cm.titles" in str(error) else error)
"""


def test_damaged_titles_leave_the_status_alone(tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "medcodes", tmp_path / "medcodes")
    path = tmp_path / "medcodes" / "reference" / "data" / "icd10cm.titles"
    path.write_bytes(path.read_bytes()[:-1])
    assert run_python(TITLES_BROKEN, path=tmp_path).split() == ["refused"] * 4


# -- where the package may live -------------------------------------------------------------------

EVERYTHING = """
import medcodes
assert medcodes.__file__.startswith(sys.path[0]), medcodes.__file__
for code in ("90837", "J0120", "E11.65", "0SRB02A", "250.00", "45.13"):
    answer = medcodes.identify(code, on="2015-10-01")
    print(answer, answer.category, sep=" | ")
print(len(medcodes.reference.manifest()["tables"]))
"""


def test_the_package_works_inside_a_zip(tmp_path: Path) -> None:
    archive = zip_of(SOURCE, tmp_path / "medcodes.zip")
    from_zip = run_python(EVERYTHING, path=archive)
    assert from_zip == run_python(EVERYTHING, path=SOURCE)
    assert "E11.65: ICD-10-CM E11.65, valid: Type 2 diabetes mellitus with hyper" in from_zip


def test_a_missing_table_in_a_zip_is_named(tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "medcodes", tmp_path / "in" / "medcodes")
    gone = tmp_path / "in" / "medcodes" / "reference" / "data" / "icd10cm.codes"
    gone.unlink()
    archive = zip_of(tmp_path / "in", tmp_path / "medcodes.zip")
    printed = run_python(BROKEN, "icd10cm.codes", path=archive).split("\n")
    assert printed == [*["refused"] * 10, "plausible", ""]


def test_a_loader_that_gives_no_data_is_asked_as_a_resource() -> None:
    names = ["manifest.json", "cpt.ranges", "icd10cm.codes"]
    without = attrs.evolve(OWN, loader=object())
    assert [without.read(name) for name in names] == [OWN.read(name) for name in names]
    with pytest.raises(DamagedReference, match=r"no-such\.codes"):
        without.read("no-such.codes")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DamagedReference, match=r"no-such\.codes.*Reinstalling") as caught:
        bundled("no-such", "codes")
    assert isinstance(caught.value.__cause__, OSError)


# -- the manifest ---------------------------------------------------------------------------------


def test_the_manifest_agrees_with_the_files() -> None:
    manifest = json.loads(DATA.joinpath("manifest.json").read_text())
    assert reference.manifest() == manifest
    assert set(manifest) == {"files", "format", "sources", "tables", "version"}
    assert medcodes.data_version == medcodes.Classifier().data_version == manifest["version"]
    listed = manifest["tables"]
    assert set(listed) == {path.name for path in DATA.iterdir()} - {"manifest.json"}
    for name, facts in listed.items():
        content = DATA.joinpath(name).read_bytes()
        assert facts["sha256"] == hashlib.sha256(content).hexdigest()
        assert facts["bytes"] == len(content)
    versions = {f"{package['name']}=={package['version']}" for package in manifest["sources"]}
    versions |= {official["file"] for official in manifest["files"]}
    for name in NAMES:
        facts = listed[f"{name}.codes"]
        table = reference.codes(name)
        headings = [any(one.heading for one in table.history(number)) for _, number in table]
        billable = [not all(one.heading for one in table.history(n)) for _, n in table]
        assert facts["billable"] == table.billable_count == sum(billable)
        assert facts["headings"] == sum(headings)
        assert facts["first_day"] == table.first_day.isoformat()
        assert facts["last_day"] == table.last_day.isoformat()
        assert facts["edition"] == table.edition
        assert set(facts["sources"]) <= versions
        titled = [code for code, _ in table if reference.titles(name).get(code)]
        assert listed[f"{name}.titles"]["titled"] == len(titled)
    for name in (*LISTED, "cpt"):
        assert listed[f"{name}.ranges"]["rows"] == len(reference.ranges(name).rows)


def test_a_damaged_manifest_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = OWN.read("manifest.json")
    monkeypatch.setattr(Data, "read", lambda _, name: whole[:-100])
    with pytest.raises(DamagedReference, match=r"manifest\.json"):
        reference.manifest()


# -- the tables themselves ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_sorted_unique_and_their_intervals_in_order(name: str) -> None:
    table = reference.codes(name)
    codes = [code for code, _ in table]
    assert codes == sorted(set(codes))
    assert all(code.isascii() and code.isalnum() and code == code.upper() for code in codes)
    for number in {number for _, number in table}:
        intervals = table.history(number)
        assert intervals
        for one, following in itertools.pairwise(intervals):
            assert one.last is not None
            assert one.first <= one.last < following.first
        last = intervals[-1].last
        assert last is None or intervals[-1].first <= last
        assert table.forgets or intervals[0].first >= table.first_day
        if table.retired:
            assert last is not None
            assert last <= table.last_day
        assert all(not one.flags for one in intervals if one.heading)


@pytest.mark.parametrize("name", [*LISTED, "cpt"])
def test_ranges_do_not_overlap_and_lie_inside_their_parents(name: str) -> None:
    rows = reference.ranges(name).rows
    assert all(row.label == " ".join(row.label.split()) != "" for row in rows)
    levels: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        first, last = _by_suffix(row.first), _by_suffix(row.last)
        assert first <= last, row
        levels.setdefault(row.level, []).append((first, last))
    broader: list[tuple[str, str]] = []
    for level, spans in levels.items():
        if (name, level) == ("icd10cm", "block"):
            break  # the tabular list has an order of its own: tested against it
        spans.sort()
        for one, other in itertools.pairwise(spans):
            nested = level == "block group" and (one[0] == other[0] or other[1] <= one[1])
            assert one[1] < other[0] or nested, (one, other)
        for first, last in spans if broader else ():
            inside = any(low <= first and last <= high for low, high in broader)
            # The tables of ICD-10-PCS are prefixes.
            assert inside or any(first.startswith(low) for low, _ in broader), first
        broader = spans


def _by_suffix(code: str) -> str:
    """CPT counts by suffix first: 0001F, 0002F, ..., 0001T, ..., 0001U."""
    return code[4:] + code if code[:1].isdigit() and code[4:].isalpha() else code


# -- the tool -------------------------------------------------------------------------------------


def test_the_build_says_what_changed() -> None:
    old = code_file({"A00": (Span(20000101, OPEN),), "A01": (Span(20000101, OPEN),)})
    new = code_file({"A01": (Span(20000101, 20001231),), "B00": (Span(20010101, OPEN),)})
    assert "unchanged" in "\n".join(build.report("x.codes", old, old))
    assert "new" in "\n".join(build.report("x.codes", None, new))
    assert list(build.report("x.codes", old, new))[1:] == [
        "  1 added, 1 gone, 1 with other days or flags",
        "  added: B00",
        "  gone: A00",
        "  redated: A01",
    ]
