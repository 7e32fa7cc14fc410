"""Codes in free text: what is found, what is not, and that cutting a text changes nothing."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import Classifier
from medcodes.freetext import context, judging, streaming
from medcodes.freetext.finding import Found, Strictness
from tests.conftest import DAY, run_python

TEXTS = Path(__file__).parent / "texts"
LEVELS = [one.value for one in Strictness]


class Snippet(NamedTuple):
    """A text, with where its codes are and of which system each is."""

    file: str
    line: int
    day: str
    text: str
    marks: frozenset[tuple[int, int, str]]

    def found(self, strictness: str = "cued") -> frozenset[tuple[int, int, str]]:
        found = medcodes.find(self.text, on=self.day, strictness=strictness)
        return frozenset((one.start, one.end, str(one.identification.system)) for one in found)


def _snippets(file: str) -> Iterator[Snippet]:
    for number, line in enumerate((TEXTS / file).read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        day, marked = DAY, line
        if line.startswith("@"):
            day, _, marked = line[1:].partition(" ")
        marked = marked.replace("\\n", "\n").replace("\\t", "\t")
        text, marks = "", []
        for plain, code, system in re.findall(r"(.*?)(?:\[\[(.+?)\|(\w+)\]\]|\Z)", marked, re.S):
            text += plain
            if code:
                marks.append((len(text), len(text) + len(code), system))
                text += code
        yield Snippet(file, number, day, text, frozenset(marks))


WRITTEN_FOR = list(_snippets("snippets.txt"))
HELD_BACK = [*_snippets("snippets_held_out.txt"), *_snippets("snippets_fresh.txt")]
INDEPENDENT = list(_snippets("snippets_independent.txt"))
UNSEEN = list(_snippets("snippets_unseen.txt"))
SNIPPETS = WRITTEN_FOR + HELD_BACK
PROSE = [
    one
    for one in (TEXTS / "prose.txt").read_text("utf-8").split("\n\n")
    if one.strip() and not one.startswith("#")
]


def _precision_and_recall(snippets: list[Snippet]) -> tuple[float, float]:
    right = found = marked = 0
    for one in snippets:
        its = one.found()
        right += len(its & one.marks)
        found += len(its)
        marked += len(one.marks)
    return right / found, right / marked


# -- how much is found, and how much of it is right -----------------------------------------------


@pytest.mark.parametrize("one", WRITTEN_FOR, ids=lambda one: f"{one.line}")
def test_snippets_that_the_rules_were_written_for(one: Snippet) -> None:
    assert one.found() == one.marks


@pytest.mark.parametrize(
    ("snippets", "least_precision", "least_recall"),
    [(HELD_BACK, 0.98, 0.95), (INDEPENDENT, 0.98, 0.95), (UNSEEN, 0.97, 0.93)],
    ids=["by the author of the rules", "by another, developed on", "by another, unseen"],
)
def test_how_much_is_found_and_how_much_of_it_is_right(
    snippets: list[Snippet], least_precision: float, least_recall: float
) -> None:
    precision, recall = _precision_and_recall(snippets)
    assert precision >= least_precision
    assert recall >= least_recall


def test_every_system_and_enough_traps_are_in_the_snippets() -> None:
    systems = [system for one in SNIPPETS for _, _, system in one.marks]
    assert {systems.count(one) >= 5 for one in context.ALL} == {True}
    assert sum(not one.marks for one in SNIPPETS) > 100


@pytest.mark.parametrize("day", [DAY, "2012-06-01"])
def test_nothing_is_found_in_a_hundred_paragraphs_without_codes(day: str) -> None:
    assert len(PROSE) >= 100
    assert [one for text in PROSE for one in medcodes.find(text, on=day)] == []


def test_a_bare_word_for_codes_does_not_make_a_code_of_any_number() -> None:
    for text in ("The code 12345 opens the gate", "code 90210 Beverly", "My code is 36415."):
        assert list(medcodes.find(text, on=DAY)) == []
    assert list(medcodes.find("copyright 2007, g10 Code GmbH", on=DAY)) == []
    (found,) = medcodes.find("Please code 99213 for this visit", on=DAY)
    assert found.text == "99213"


def test_a_number_that_was_a_diagnosis_is_none_once_it_has_ended() -> None:
    (found,) = medcodes.find("dx 25000, stable", on="2012-06-01")
    assert str(found.identification.system) == "icd9cm"
    assert list(medcodes.find("dx 25000, stable", on=DAY)) == []


def test_the_words_of_a_title_speak_for_a_code() -> None:
    (found,) = medcodes.find("full face mask A7030", on=DAY)
    assert str(found.identification.system) == "hcpcs"
    assert list(medcodes.find("bus A7030", on=DAY)) == []


def test_of_two_systems_the_one_whose_title_is_there_is_meant() -> None:
    (found,) = medcodes.find("query: indicators for G9341 metabolic encephalopathy?", on=DAY)
    assert str(found.identification.system) == "icd10cm"


@pytest.mark.parametrize("strictness", LEVELS)
@pytest.mark.parametrize("file", ["snippets.txt", "snippets_held_out.txt", "prose.txt"])
def test_each_level_finds_what_the_stricter_finds(strictness: str, file: str) -> None:
    text = (TEXTS / file).read_text("utf-8")
    stricter = LEVELS[max(0, LEVELS.index(strictness) - 1)]
    less = set(_spans(medcodes.find(text, on=DAY, strictness=strictness)))
    assert set(_spans(medcodes.find(text, on=DAY, strictness=stricter))) <= less


def test_the_levels() -> None:
    text = "the E0601 here, the I10 there, some 90837 too, CPT 99213, ICD-10 E11.99."
    found = {
        level: [one.text for one in medcodes.find(text, on=DAY, strictness=level)]
        for level in LEVELS
    }
    assert found == {
        "cued": ["99213"],
        "valid": ["E0601", "I10", "99213"],
        "plausible": ["E0601", "I10", "90837", "99213", "E11.99"],
    }
    *_, last = medcodes.find(text, on=DAY, strictness="plausible")
    assert last.identification.status == "unknown"


def test_the_article() -> None:
    article = (Path(__file__).parent.parent / "docs" / "article.md").read_text("utf-8")
    for one in medcodes.find(article, on=DAY):
        assert one.identification
        assert article[one.start : one.end] == one.text


# -- the answer inside ----------------------------------------------------------------------------


def _spans(found: Iterator[Found]) -> list[tuple[int, int, str, str]]:
    return [(one.start, one.end, one.text, str(one.identification)) for one in found]


@pytest.mark.parametrize("one", SNIPPETS, ids=lambda one: f"{one.file}:{one.line}")
def test_the_answer_is_that_of_identify_among_some_systems(one: Snippet) -> None:
    for found in medcodes.find(one.text, on=one.day):
        assert one.text[found.start : found.end] == found.text == found.identification.text
        system = found.identification.system
        assert system is not None
        alike = medcodes.identify(found.text, on=one.day, systems=system)
        assert (alike.code, alike.status, alike.modifiers) == (
            found.identification.code,
            found.identification.status,
            found.identification.modifiers,
        )


def test_what_the_text_declares_restricts_the_systems() -> None:
    ((plain,), (declared,)) = (
        list(medcodes.find(text, on=DAY)) for text in ("code J0120", "ICD-10-CM J0120")
    )
    assert plain.identification == medcodes.identify("J0120", on=DAY)
    assert declared.identification == medcodes.identify("J0120", on=DAY, systems="icd10cm")


def test_a_label_that_is_a_little_wrong_does_not_hide_a_code() -> None:
    (found,) = medcodes.find("CPT J1100", on=DAY)
    assert found.identification == medcodes.identify("J1100", on=DAY, systems=("cpt", "hcpcs"))


def test_systems_and_kind_restrict() -> None:
    text = "dx E11.9, CPT 99213, HCPCS J1100"
    assert [one.text for one in medcodes.find(text, on=DAY, systems="hcpcs")] == ["J1100"]
    assert [one.text for one in medcodes.find(text, on=DAY, kind="diagnosis")] == ["E11.9"]
    assert [one.text for one in medcodes.find(text, on=DAY, kind="procedure")] == ["99213", "J1100"]
    assert [one.text for one in Classifier(systems="cpt").find(text, on=DAY)] == ["99213"]


def test_the_day_decides() -> None:
    first, second = (
        next(medcodes.find("ICD-10 U07.1", on=day)) for day in ("2020-03-31", "2020-04-01")
    )
    assert (first.identification.status, second.identification.status) == ("future", "valid")


def test_modifiers_belong_to_what_is_found() -> None:
    for text, found in [
        ("CPT 99213-25", "99213-25"),
        ("HC:99213:25:59*125", "99213:25:59"),
        ("CPT 99213-99215", "99213"),
        ("CPT 99213-25-59-LT-RT", "99213-25-59-LT-RT"),
        ("CPT 99213, 25 minutes", "99213"),
        ("ICD-10 J0120-25", "J0120"),
    ]:
        assert next(medcodes.find(text, on=DAY)).text == found


def test_found_is_frozen_and_compares_by_what_it_says() -> None:
    one, other = (next(medcodes.find("CPT 99213", on=DAY)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(AttributeError):
        one.start = 3  # type: ignore[misc]


def test_rows_far_below_the_headings_of_a_table() -> None:
    for separator in ("\t", "  ", "|"):
        rows = [("Date", "CPT  ", "Fee  "), *[("2026", "99213", "12500")] * 60]
        table = "\n".join(separator.join(row) for row in rows)
        assert {one.text for one in medcodes.find(table, on=DAY)} == {"99213"}
        assert len(list(medcodes.find(table, on=DAY))) == 60


@pytest.mark.parametrize("text", ["CPT +99213", "CPT 1,99213", "CPT 12-99213", "CPT 99213-abc"])
def test_what_is_tied_to_something_else_is_no_code(text: str) -> None:
    assert list(medcodes.find(text, on=DAY)) == []


def test_what_is_remembered_is_bounded_and_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = _spans(medcodes.find(EVERYTHING, on=DAY))
    monkeypatch.setattr(judging, "_REMEMBERED", 400)
    assert _spans(medcodes.find(EVERYTHING, on=DAY)) == expected
    monkeypatch.setattr(judging, "_REMEMBERED", 100)
    many = "CPT " + ", ".join(f"99{number}" for number in range(202, 500))
    assert len(list(medcodes.find(many, on=DAY))) > 150


# -- wrong calls ----------------------------------------------------------------------------------


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="'cued', 'valid', 'plausible'"):
        medcodes.find("", strictness="loose")
    with pytest.raises(ValueError, match="kind="):
        medcodes.find("", kind="drug")
    with pytest.raises(medcodes.UnknownCodeSystem):
        medcodes.find("", systems="LOINC")
    for wrong in (None, 99213, b"CPT 99213"):
        with pytest.raises(TypeError, match="opened as text"):
            medcodes.find(wrong)  # type: ignore[arg-type]


def test_a_stream_of_bytes_is_refused() -> None:
    with pytest.raises(TypeError, match="not in bytes"):
        list(medcodes.find(io.BytesIO(b"CPT 99213")))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not in int"):
        list(medcodes.find(["CPT", 99213]))  # type: ignore[list-item]


# -- streams --------------------------------------------------------------------------------------

EVERYTHING = "\n".join(one.text for one in SNIPPETS) + "\n\n" + "\n\n".join(PROSE[:20])


@pytest.mark.parametrize("size", [1, 2, 7, 63, 64, 65, 1_000, 65_536])
def test_where_a_stream_is_cut_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PIECE", size)
    whole = EVERYTHING if size > 2 else EVERYTHING[:8_000]
    expected = _spans(medcodes.find(whole, on=DAY))
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert _spans(medcodes.find(pieces, on=DAY)) == expected
    assert _spans(medcodes.find(io.StringIO(whole), on=DAY)) == expected


def test_an_open_file_is_read_as_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(("Nothing here. " * 10 + "CPT 99213\n\n") * 3_000, "utf-8")
    with path.open(encoding="utf-8") as file:
        found = medcodes.find(file, on=DAY)
        assert next(found).text == "99213"
        assert file.read(1)  # there is more
    with path.open(encoding="utf-8") as file:
        spans = [(one.start, one.text) for one in medcodes.find(file, on=DAY)]
    assert len(spans) == 3_000
    assert spans[-1] == (path.read_text("utf-8").rindex("99213"), "99213")


def test_a_stream_is_not_kept_in_memory() -> None:
    import tracemalloc

    def pieces() -> Iterator[str]:
        for _ in range(200):
            yield ("Nothing here at all. " * 1_000) + "Then CPT 99213. "

    list(medcodes.find("CPT 99213", on=DAY))
    tracemalloc.start()
    count = sum(1 for _ in medcodes.find(pieces(), on=DAY))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200  # of four million characters
    assert peak < 1_000_000


_INGREDIENTS = st.sampled_from(
    [
        *("CPT ", "ICD-10 ", "dx: ", "code ", "99213", "99213-25", "E11.9", "I10", "J1100", "486"),
        *("250.00", "0SRB02A", "ZIP ", "room ", ", ", " and ", "-", "/", " ", ".", "9", "(", ")"),
        *("x", "mg", "é", "ICD-9 ", "$", "#", "  ", "HC:", "T10", "B12", "0054T", "in ", "2020"),
        *("modifier 25 to ", "|", "\n", "\n\n", "\t", "\u0301", "\ud800", "\r\n"),
    ]
)
_TEXT = st.one_of(st.text(max_size=200), st.lists(_INGREDIENTS, max_size=40).map("".join))


@settings(max_examples=300, deadline=None)
@given(_TEXT, st.sampled_from(LEVELS))
def test_spans_are_exact_and_in_order(text: str, strictness: str) -> None:
    end = 0
    for one in medcodes.find(text, on=DAY, strictness=strictness):
        assert end <= one.start < one.end
        assert text[one.start : one.end] == one.text == one.identification.text
        end = one.end


@settings(max_examples=200, deadline=None)
@given(_TEXT, st.lists(st.integers(0, 400), max_size=6), st.sampled_from(LEVELS))
def test_any_cuts_give_the_same(text: str, cuts: list[int], strictness: str) -> None:
    places = sorted({0, len(text), *(one for one in cuts if one < len(text))})
    pieces = [text[start:end] for start, end in pairwise(places)]
    found = _spans(_fed(pieces, strictness))
    assert found == _spans(medcodes.find(text, on=DAY, strictness=strictness))


def _fed(pieces: list[str], strictness: str) -> Iterator[Found]:
    """Without collecting small pieces first."""
    resolver = Classifier().ask(DAY, None, None)
    finder = streaming.Finder(judging.Judge(resolver, Strictness(strictness)))
    for piece in pieces:
        yield from finder.feed(piece)
    yield from finder.feed("", final=True)


def test_paragraphs_do_not_touch_each_other() -> None:
    paragraphs = [one.text.strip() for one in SNIPPETS if one.day == DAY] + PROSE
    paragraphs = [re.sub(r"\n\s*\n", "\n", one) for one in paragraphs]
    start, expected = 0, []
    for one in paragraphs:
        expected += [
            (begin + start, end + start, text, answer)
            for begin, end, text, answer in _spans(medcodes.find(one, on=DAY))
        ]
        start += len(one) + 2
    assert _spans(medcodes.find("\n\n".join(paragraphs), on=DAY)) == expected


# -- context --------------------------------------------------------------------------------------


def test_the_quick_look_for_a_context_misses_none() -> None:
    for one in SNIPPETS:
        for cut in range(0, len(one.text), 3):
            found, distance, _ = context.before(one.text[:cut])
            if found is not None and not found.excludes:
                assert context.may_hold(one.text[:cut]), (one.text[:cut], distance)


def test_a_context_begins_with_one_of_the_words_that_are_looked_up() -> None:
    text = "\n".join([one.text for one in SNIPPETS] + PROSE)
    for match in context._CONTEXT.finditer(text):
        if not text[match.start() - 1 : match.start()].isalpha():
            (word,) = re.findall(r"\A[A-Za-z]+", match[0])
            assert word.lower() in context._STARTS, match[0]


# -- safety ---------------------------------------------------------------------------------------

HOSTILE = {
    "digits": "9",
    "codes": "99213 ",
    "dotted codes": "E11.65,",
    "lists": "CPT 99213, ",
    "commas": ",",
    "contexts": "CPT ",
    "contexts without blanks": "CPT",
    "brackets": "(",
    "contexts and brackets": "CPT ((",
    "decimals": "98.2 ",
    "dots": "E11.",
    "lines": "\n",
    "tables": "CPT\tFee\n99213\t12500\n",
    "cells": "|",
    "blanks": " ",
    "hyphens": "99213-25-",
    "ICD-9": "ICD-9 ",
    "short": "ICD-9 486, ",
    "accents": "e\u0301",
    "accented digits": "9\u0301",
    "surrogates": "\ud800",
    "letters": "ZZZZ",
    "excluding words": "room ",
    "full width": "９",
}


def _seconds(text: str, strictness: str) -> float:
    """Of the processor, which is steadier than the clock where other work goes on."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for _ in medcodes.find(text, on=DAY, strictness=strictness):
            pass
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("strictness", ["cued", "plausible"])
def test_time_grows_at_most_linearly(unit: str, strictness: str) -> None:
    size, times = 400, 8
    short = _seconds(unit * size, strictness)
    long = _seconds(unit * size * times, strictness)
    # A clock is coarse below a millisecond; three times is for what caches do.
    assert long < 3 * times * max(short, 0.001)


def test_importing_medcodes_does_not_import_regex() -> None:
    code = "import sys, medcodes; print('regex' in sys.modules, 'medcodes.freetext' in sys.modules)"
    assert run_python(code).split() == ["False", "False"]
