"""Any text at all is answered: no exception, no guess, in time linear in its length."""

from __future__ import annotations

import json
import random
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import medcodes
from medcodes import Identification, Status, identify, identify_many, reference
from medcodes.lookup import reading
from tests.conftest import DAY, LISTED, run_python

INVISIBLE = "\0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

# -- what every answer must keep to ---------------------------------------------------------------


def check(text: str, answer: Identification) -> None:
    """Nothing was guessed: the code stands in the text as it is, but for what `repairs` says."""
    assert answer.text == text
    if answer.system is None:
        assert (answer.code, answer.status, answer.alternatives) == (None, Status.MALFORMED, ())
        return
    assert answer.code is not None
    assert answer.compact is not None
    assert answer.code.isascii()
    assert answer.system.format(answer.compact) == answer.code
    repairs = answer.repairs
    assert list(repairs) == [one for one in reading.REPAIRS if one in repairs]
    seen = text.strip().strip(INVISIBLE + " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029\u00a0")
    if "trimmed" not in repairs:
        assert seen == text
    if "normalised" in repairs:
        assert not text.isascii()
        seen = re.sub(f"[{INVISIBLE}]", "", unicodedata.normalize("NFKC", text))
    if "uppercased" in repairs:
        seen = seen.upper()
    if "joined" in repairs:
        seen = re.sub(r"[\s_‐‑‒–—−-]", "", seen)
    if not set(repairs) - {"dotted"}:
        assert text.replace(".", "", 1) == answer.compact
    else:
        assert answer.compact in seen.replace(".", "")
    assert ("dotted" in repairs) <= ("." in answer.code)
    for one in answer.modifiers:
        assert one in seen


def check_in_full(text: str) -> None:
    answer = identify(text, on=DAY)
    check(text, answer)
    assert answer.reason
    assert str(answer)
    assert repr(answer)
    json.dumps(answer.to_dict()).encode("ascii")
    assert medcodes.is_valid(text, on=DAY) in (True, False)
    try:
        medcodes.validate(text, on=DAY)
    except medcodes.InvalidCode as error:
        assert error.text == text
        assert str(error)
        assert error.position is None or 1 <= error.position <= len(text)
    for system in medcodes.systems.ALL:
        system.get(text)
        assert (text in system) in (True, False)


PIECES = [
    *("E11.65", "J0120", "0SRB02A", "250.00", "45.13", "90837", "QA0.0101", "0054T", "R05"),
    *("e11.9", "CPT", "HC", "ICD-10-CM", "LOINC", "icd9", "urn:oid:2.16.840.1.113883.6.90"),
    *("25", "59", "LT", ":", "|", ",", "-", "--", ".", "..", " ", "\t", "\n", "\r\n", "/", "*"),
    *("0", "9", "A", "X", "Z", "O", "l", "I", "_", "#", "(", ")", "[", "\\", "'", '"', "%s", "{}"),
    *INVISIBLE,
    *("\u0661", "\u06f9", "\u0967", "\uff11", "\uff21", "\uff0e", "\uff1a", "\u00b2", "\u2460"),
    *("\u0391", "\u0415", "\u212a", "\u017f", "\u0131", "\u0130", "\ufb01", "\u00df", "\u01c4"),
    *("\u202e", "\u202d", "\u2066", "\u061c", "\u2013", "\u2212", "\u2011", "\u3000", "\u2028"),
    *("\ud800", "\udfff", "\udcff", "\U0001f600", "\U0001f468\u200d\u2695\ufe0f", "e\u0301"),
    *("\U0001d7d7", "\U000e0031", "\x7f", "\x1b[31m", "\x85", "\xa0", "\xad"),
]


def adversarial(seed: int, count: int) -> Iterable[str]:
    """Texts made from pieces of codes and of what breaks readers of codes."""
    rng = random.Random(seed)
    alphabet = "0123456789ABCEFHIJMOQTUVXZ.- "
    for number in range(count):
        shape = number % 4
        if shape == 0:
            yield "".join(rng.choices(PIECES, k=rng.randint(0, 6)))
        elif shape == 1:
            yield "".join(rng.choices(alphabet, k=rng.randint(0, 9)))
        elif shape == 2:
            yield "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(0, 8)))
        else:
            text = list(rng.choice(PIECES[:16]))
            for _ in range(rng.randint(1, 2)):
                text[rng.randrange(len(text))] = rng.choice(PIECES)
            yield "".join(text)


def _check_many(seed: int, count: int) -> None:
    texts = list(adversarial(seed, count))
    fitting = 0
    for start in range(0, count, 10_000):
        chunk = texts[start : start + 10_000]
        for text, answer in zip(chunk, identify_many(chunk, on=DAY), strict=True):
            check(text, answer)
            fitting += answer.system is not None
    # A good part of them fits something: the test is not about nonsense alone.
    assert count / 20 < fitting < count / 2


def test_a_hundred_thousand_texts() -> None:
    _check_many(20260601, 100_000)


@pytest.mark.sources
def test_a_million_texts() -> None:
    _check_many(1, 1_000_000)


@given(st.text() | st.text(st.characters(categories=["Nd", "Lu", "Cf", "Cs", "Zs", "Cc"])))
@example("")
@example("\0")
@example("\ud800")
@example("E11.9\n")
@example("90837\u2028")
@example("\u202e90837")
@example("9" * 10_000)
@example(":" * 199)
@example("|" * 199)
@example(" 1" * 100)
@example("HC:" * 66)
@example("ICD-10-CM:")
@example("HC:99213:25:59:LT:RT:XE")
def test_any_text(text: str) -> None:
    check_in_full(text)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_any_pieces(text: str) -> None:
    check_in_full(text)


# -- Unicode --------------------------------------------------------------------------------------


def _every(keep: Callable[[str], bool]) -> list[str]:
    return [chr(code) for code in range(128, sys.maxunicode + 1) if keep(chr(code))]


def test_digits_of_other_scripts_are_never_taken_for_a_code() -> None:
    nines = _every(lambda one: unicodedata.decimal(one, None) == 9 and one != "\uff19")
    assert len(nines) > 50
    assert {"\u0669", "\u06f9", "\u096f", "\U0001d7d7"} <= set(nines)
    for nine in nines:
        zero = ord(nine) - 9
        for code in ("90837", "E11.9", "250.00", "0042", "J0120"):
            text = "".join(chr(zero + int(one)) if one.isdigit() else one for one in code)
            assert not identify(text, on=DAY)
            assert not identify(nine + code[1:], on=DAY)
            assert not medcodes.is_valid(text, on=DAY)


def test_only_full_width_characters_are_read_as_the_ascii_they_are_drawn_after() -> None:
    # Everything that some Unicode rule would turn into an ASCII letter or digit.
    lookalikes = _every(
        lambda one: (
            any(
                other.isascii() and other.isalnum()
                for other in (unicodedata.normalize("NFKC", one), one.upper(), one.lower())
            )
            or one.isnumeric()
        )
    )
    assert len(lookalikes) > 1_500
    full_width = {chr(code) for code in range(0xFF10, 0xFF5B)}
    for one in lookalikes:
        for text in (f"E11.{one}", f"{one}0120", f"9083{one}", f"{one}11.9", f"99213-2{one}"):
            answer = identify(text, on=DAY)
            if one in full_width:
                assert not answer or answer.repairs[0] == "normalised"
                assert not answer or answer.reason
            elif one != "\u2122":  # which is taken out, not read as the letters TM
                assert not answer, (text, answer)


def test_full_width_text_is_read_with_a_repair_that_says_so() -> None:
    for code in ("90837", "E11.65", "J0120", "0SRB02A", "250.00", "HC:99213:25"):
        wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
        answer = identify(wide, on=DAY)
        plain = identify(code, on=DAY)
        assert (answer.system, answer.code, answer.modifiers) == (
            plain.system,
            plain.code,
            plain.modifiers,
        )
        assert answer.repairs == ("normalised", *plain.repairs)
        assert answer.text == wide


def test_nothing_visible_is_trimmed() -> None:
    taken_off = set()
    for code in (*range(0x3000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0080)):
        one = chr(code)
        answer = identify(f"E11.65{one}", on=DAY)
        if answer.code == "E11.65" and not {"unquoted", "punctuation"} & {*answer.repairs}:
            taken_off.add(one)
            assert answer.repairs == (("normalised",) if one in "\u00ae\u2122" else ("trimmed",))
            assert identify(f"{one}E11.65", on=DAY).code == "E11.65"
    assert {" ", "\n", "\t", "\0", "\u00a0", "\u200b", "\u200e", "\ufeff", "\u00ad"} <= taken_off
    blank = {one for one in taken_off if one not in "\u00ae\u2122"}
    assert {unicodedata.category(one) for one in blank} <= {"Zs", "Zl", "Zp", "Cc", "Cf"}
    # Marks that reorder what is seen stay, and make it no code.
    assert not {"\u202e", "\u202d", "\u2066", "\u061c", "\x1b"} & taken_off


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["9", " ", "E11.65 ", "\u200b", "\uff19", "\n"],
    ids=["digits", "blanks", "codes", "invisible", "full-width", "lines"],
)
def test_a_hundred_million_bytes(text: str) -> None:
    size = 100_000_000 // len(text.encode())
    answer = identify((text * (size // len(text) + 1))[:size], on=DAY)
    assert not answer
    assert len(answer.reason) < 200
    assert len(str(answer.reason)) < 200


def test_a_code_in_a_hundred_megabytes_of_blanks() -> None:
    answer = identify(" " * 50_000_000 + "E11.65" + "\n" * 50_000_000, on=DAY)
    assert (answer.code, answer.repairs) == ("E11.65", ("trimmed",))


def _seconds(text: str, act: Callable[[str], object]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        act(text)
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize(
    "unit",
    [
        " ",
        "9",
        "\u200b",
        " \u200b",  # two kinds of what is taken off, layer by layer
        "\n\0\u00a0",
        ":",
        "|",
        ".",
        "CPT:",
        "99213 ",
        "E11.65 ",
        "25-",
        "\uff19",
        "\u2013",
        "\ud800",
        "e\u0301",
    ],
    ids=ascii,
)
@pytest.mark.parametrize(
    "act",
    [
        lambda text: identify(text, on=DAY).reason,
        lambda text: medcodes.is_valid(text, on=DAY),
        lambda text: identify(f"{text}E11.65{text}", on=DAY).reason,
    ],
    ids=["identify", "is_valid", "around"],
)
def test_time_grows_at_most_linearly(unit: str, act: Callable[[str], object]) -> None:
    size, times = 10_000, 8
    short = _seconds(unit * size, act)
    long = _seconds(unit * size * times, act)
    # A clock is coarse below a millisecond; four times is for what else the machine does.
    assert long < 4 * times * max(short, 0.001)


# -- first use ------------------------------------------------------------------------------------

TEXTS = [
    "90837",
    "J0120",
    "E1165",
    "R05",
    "0SRB02A",
    "25000",
    "0042",
    "451",
    " e11 ",
    "99213-25",
    "!",
]

THREADS = """
import json, sys, threading, medcodes
texts, day = json.loads(sys.argv[1]), sys.argv[2]
barrier = threading.Barrier(8)
answers = [None] * 8
sys.setswitchinterval(1e-6)

def work(place):
    mine = texts[place % len(texts):] + texts[: place % len(texts)]
    barrier.wait()
    found = {text: medcodes.identify(text, on=day).to_dict() for text in mine}
    answers[place] = [found[text] for text in texts]

threads = [threading.Thread(target=work, args=[place]) for place in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(one == answers[0] for one in answers), answers
print(json.dumps(answers[0]))
"""


@pytest.mark.parametrize("attempt", range(3))
def test_eight_threads_on_first_use_give_the_same_answers(attempt: int) -> None:
    printed = run_python(THREADS, json.dumps(TEXTS), DAY)
    assert json.loads(printed) == [one.to_dict() for one in identify_many(TEXTS, on=DAY)]


RACE = """
import sys, threading, medcodes
texts, day = open(sys.argv[1]).read().split(), sys.argv[2]
barrier = threading.Barrier(8)
answers = [None] * 8
sys.setswitchinterval(1e-6)

def work(place):
    barrier.wait()
    answers[place] = [
        (str(one.system), one.code, one.status, one.ambiguous, medcodes.is_valid(text, on=day))
        for text in texts
        for one in [medcodes.identify(text, on=day)]
    ]

threads = [threading.Thread(target=work, args=[place]) for place in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for place, mine in enumerate(answers):
    for text, found, expected in zip(texts, mine, answers[0]):
        if found != expected:
            print(text, found, expected)
for found in answers[0]:
    print(*found, sep="|")
"""


def test_eight_threads_on_the_first_code_of_every_category(tmp_path: Path) -> None:
    texts: list[str] = []
    for name in LISTED:
        codes = {code[:3]: code for code, _ in reference.codes(name)}
        texts += codes.values()
    path = tmp_path / "codes.txt"
    path.write_text("\n".join(texts))
    day, accepted = "2012-06-01", ("valid", "plausible")
    expected = [
        "|".join(
            map(str, (one.system, one.code, one.status, one.ambiguous, one.status in accepted))
        )
        for one in identify_many(texts, on=day)
    ]
    printed = run_python(RACE, str(path), day).splitlines()
    differences = set(printed) - set(expected)
    assert not differences
    assert printed == expected


OPENED = """
import os, sys
opened = []

def hook(name, arguments):
    if name == "open" and os.path.join("reference", "data") in str(arguments[0]):
        opened.append(os.path.basename(str(arguments[0])))

sys.addaudithook(hook)
before = set(sys.modules)
import medcodes
new = set(sys.modules) - before
assert not opened, opened
for name in ("regex", "importlib_resources", "lzma", "sqlite3", "importlib.metadata", "pickle"):
    assert name not in new, name
"""


def test_importing_opens_no_data_file_and_no_heavy_module() -> None:
    run_python(OPENED)


@pytest.mark.parametrize(
    ("act", "files"),
    [
        ("medcodes.identify('E11.65', on=day)", {"icd10cm.codes"}),
        ("medcodes.identify('0SRB02A', on=day)", {"icd10pcs.codes"}),
        ("medcodes.identify('J0120', on=day, systems='icd10cm')", {"icd10cm.codes"}),
        ("medcodes.identify('90837', on=day)", {"cpt.ranges", "icd9cm.codes"}),
        ("medcodes.identify('0054T', on=day)", {"cpt.ranges"}),
        ("medcodes.identify('45.13', on=day)", {"icd9pcs.codes"}),
        ("medcodes.identify('hello, world', on=day)", set()),
        ("medcodes.identify('x' * 1000, on=day)", set()),
        (
            "medcodes.identify('E11.65', on=day).title",
            {"icd10cm.codes", "icd10cm.titles", "icd10cm.revisions"},
        ),
        (
            "medcodes.identify('E11.65', on=day).categories",
            {"icd10cm.codes", "icd10cm.titles", "icd10cm.ranges", "icd10cm.revisions"},
        ),
        ("medcodes.identify('0SRB02A', on=day).range", {"icd10pcs.codes", "icd10pcs.ranges"}),
        ("medcodes.ICD10CM.is_valid('E11.65', on=day)", {"icd10cm.codes"}),
        ("medcodes.validate('E11.65', on=day)", {"icd10cm.codes"}),
        ("list(medcodes.ICD9PCS.codes(day))", {"icd9pcs.codes"}),
        ("medcodes.ICD10CM.coverage", {"icd10cm.codes"}),
        ("medcodes.ICD10CM.format('E1165')", set()),
        ("medcodes.code_system('ABK')", set()),
        ("medcodes.reference.manifest()", {"manifest.json"}),
    ],
)
def test_only_what_is_needed_is_opened_and_once(act: str, files: set[str]) -> None:
    code = f"{OPENED}\nday = {DAY!r}\n{act}\n{act}\nprint(*opened)"
    opened = run_python(code).split()
    assert set(opened) == files
    assert len(opened) == len(files) or "manifest" in act
