"""Every listed code in every spelling is read back to itself, and no repair makes another of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

import medcodes
from medcodes import formats, identify, names, reference
from medcodes.lookup import reading
from medcodes.lookup.reading import REPAIRS, read
from tests.conftest import DAY, LISTED

CPT = ("00100", "90834", "90837", "99213", "99397", "90658", "90716", "36415", "0054T", "0001U")
SYSTEMS = ("cpt", *LISTED)


@cache
def listed(system: str) -> tuple[str, ...]:
    """The listed codes and headings of a system, without dots; of CPT, those that docs name."""
    return CPT if system == "cpt" else tuple(code for code, _ in reference.codes(system))


def sample(system: str, count: int) -> list[str]:
    codes = listed(system)
    return random.Random(system).sample(codes, min(count, len(codes)))


def canonical(system: str, compact: str) -> str:
    return formats.dotted(compact, formats.of(system).dot_after(compact))


@cache
def declared(system: str) -> tuple[str, ...]:
    """Every name that means a system, perhaps among others; numbers filled in."""
    one = next(one for one in names.ALL if one.id == system)
    facts = (one.name, one.uri, one.oid, f"urn:oid:{one.oid}", one.hl7v2, *one.x12, one.omop)
    filled = [name.replace("#", "1") for name in (*facts, one.umls, *one.also)]
    # A name of two systems may be the id of one of them, and then means that alone.
    return tuple(name for name in dict.fromkeys(filled) if system in names.resolve(name))


# -- read back to itself --------------------------------------------------------------------------

WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def spellings(system: str, compact: str, number: int) -> Iterator[tuple[str, list[str]]]:
    """The code as real data has it, and the repairs that each spelling takes."""
    code = canonical(system, compact)
    for text in dict.fromkeys((code, compact)):
        dotted = ["dotted"] if "." in code and text is compact else []
        lower = text.lower()
        uppercased = ["uppercased"] if lower != text else []
        yield text, dotted
        yield lower, [*uppercased, *dotted]
        for around in (f" {text}", f"{text}    ", f"\t{text}\r\n", f"\u00a0{text}\u200b\ufeff"):
            yield around, ["trimmed", *dotted]
        yield text.translate(WIDE), ["normalised", *dotted]
        yield f" {lower.translate(WIDE)}", ["trimmed", "normalised", *uppercased, *dotted]
        for around in (f'"{text}"', f"'{text}", f"'{text}'", f'="{text}"', f'" {text} "'):
            yield around, ["unquoted", *dotted]
        yield f"“{text}”", ["normalised", "unquoted", *dotted]
        for stop in ".,;:":
            yield f"{text}{stop}", ["punctuation", *dotted]
        yield f'"{lower}." ', ["trimmed", *uppercased, "unquoted", "punctuation", *dotted]
        name = declared(system)[number % len(declared(system))]
        raised = ["uppercased"] if name.upper() != name else []
        yield f"{name}|{text}", [*raised, "prefix", *dotted]
        if "://" not in name:
            yield f"{name}: {text}", [*raised, "prefix", *dotted]
            yield f"{name.upper()}:{text}.", ["prefix", "punctuation", *dotted]
        if system in ("cpt", "hcpcs"):
            for joined in ("-25", " 59", ",LT", ":RT:59", "-25-59-LT-RT"):
                yield f"{text}{joined}", ["modifiers"]
            yield f"HC:{lower}:25", [*uppercased, "prefix", "modifiers"]
            yield f"{text}-    ", ["trimmed", "punctuation"]
    if "." in code:
        yield code.replace(".", ".."), ["undotted"]
        yield code.replace(".", " . "), ["joined"]
    if len(compact) == 7 and compact[3:].isalnum() and not compact[3:].isdigit():
        head, tail = compact[:3], compact[3:]
        sure = any(map(str.isdigit, head)) and (head[0].isdigit() or tail[0].isdigit())
        if sure and not tail.isalpha():
            dotted = ["dotted"] if "." in code else []
            for sign in " -_":
                yield f"{head}{sign}{tail}", ["joined", *dotted]


def check_read_back(system: str, codes: Sequence[str]) -> None:
    wrong = []
    for number, compact in enumerate(codes):
        code = canonical(system, compact)
        for text, repairs in spellings(system, compact, number):
            if text.startswith(("CD2:", "CD2 ")):
                continue  # a table of ICD-10-PCS, but first of all a name of CDT
            found = read(text)
            core = found.core or text
            fits = {one.system for one in formats.fitting(core)}
            allowed = fits if found.declared is None else fits & set(found.declared)
            made = list(found.repairs)
            if "." in code and "." not in core:
                made.append("dotted")
            if system not in allowed or core.replace(".", "") != compact or made != repairs:
                wrong.append((text, repairs, found))
    assert wrong[:5] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_sampled_codes_in_every_spelling(system: str) -> None:
    check_read_back(system, sample(system, 400))


@pytest.mark.sources
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_code_in_every_spelling(system: str) -> None:
    check_read_back(system, listed(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_answers_carry_what_was_read(system: str) -> None:
    for number, compact in enumerate(sample(system, 40)):
        code = canonical(system, compact)
        for text, repairs in spellings(system, compact, number):
            answer = identify(text, on=DAY)
            one = next(
                one
                for one in (answer, *answer.alternatives)
                if one.system is not None and one.system.id == system
            )
            assert one.code == code
            assert list(one.repairs) == repairs
            assert identify(text, systems=system, on=DAY).code == code


# -- no other code --------------------------------------------------------------------------------


def damaged(compact: str, code: str) -> Iterator[str]:
    """The code with a dot, blank or hyphen in every place, its own dot moved, and two of them."""
    for text in dict.fromkeys((code, compact)):
        for place in range(len(text) + 1):
            for sign in (".", " ", "-", "_", "..", ". ", " .", "'", ","):
                # Two characters behind a procedure code are a modifier, whatever divides them.
                if sign in (" ", "-", ",") and place == len(text) - 2 and place == 5:
                    continue
                yield f"{text[:place]}{sign}{text[place:]}"
    for first in range(len(compact)):
        second = (first * 3 + len(compact)) % len(compact)
        low, high = min(first, second), max(first, second)
        yield f"{compact[:low]}.{compact[low:high]}.{compact[high:]}"


def check_no_other_code(system: str, codes: Sequence[str]) -> None:
    wrong = []
    for compact in codes:
        for text in damaged(compact, canonical(system, compact)):
            if formats.fitting(text.strip()):
                continue  # the shape of a code is never repaired
            found = read(text)
            plain = re.sub(" *[.]+ *", ".", text)
            if formats.fitting(plain):
                # A dot that is doubled, or has a blank beside it, tells its place all the same.
                assert found.core == plain or found.problem or not formats.fitting(found.core)
                continue
            fits = {one.system for one in formats.fitting(found.core)}
            if found.declared is not None:
                fits &= set(found.declared)
            # If it is read at all, the code itself is among what comes back.
            if fits and (found.core.replace(".", "") != compact or system not in fits):
                wrong.append((text, compact, found))
    assert wrong[:5] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_repair_makes_another_of_sampled_codes(system: str) -> None:
    check_no_other_code(system, sample(system, 400))


@pytest.mark.sources
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_repair_makes_another_of_any_code(system: str) -> None:
    check_no_other_code(system, listed(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_shape_of_a_code_is_never_repaired(system: str) -> None:
    for compact in sample(system, 2_000):
        for text in (compact, canonical(system, compact)):
            assert read(text) == reading.Reading(text)


# -- the vocabulary -------------------------------------------------------------------------------


def test_every_repair_has_a_sentence() -> None:
    assert list(REPAIRS)[-1] == "dotted"
    for name, sentence in REPAIRS.items():
        assert name.isalpha()
        assert len(sentence.split()) > 4


def test_no_name_of_a_system_is_a_procedure_code() -> None:
    # So what stands before a modifier is the code, and never the name.
    foreign = [re.sub("[ ._-]", "", name) for name in names.OTHER]
    for name in (*names.KNOWN.ids_by_key, *foreign):
        for filled in (name.replace("#", "1"), name.replace("#", "12")):
            assert not formats.CPT.fits(filled.upper())
            assert not formats.HCPCS.fits(filled.upper())


def test_two_dots_make_no_code_of_a_system_without_dots() -> None:
    for text in ("E11.9.0", "J18.8.5", "E11.6.5"):
        assert medcodes.identify(text, on="2026-06-01").system is None
    mended = medcodes.identify("W21.89.XA", on="2026-06-01")
    assert (mended.code, mended.status) == ("W21.89XA", "valid")
