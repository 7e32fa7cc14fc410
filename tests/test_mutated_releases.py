"""Damaged release files by the thousand: each is refused whole, or loaded as what it says.

What a damaged file says is judged line by line, by means of its own: a file may be loaded only if
each of its lines is still one of its layout, and then its codes are the codes that stand there. A
flipped bit in a title gives another title, and one in a code may give another code of the right
shape: no file layout has a checksum, so that cannot be told from a release that says so.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest

from medcodes import Classifier, ReleaseError
from medcodes.dates import OPEN, as_date
from medcodes.reference import CodeTable, Reference
from medcodes.reference.file import TableText
from medcodes.reference.writing import Span, title_blocks
from tests import release_files as files
from tests.conftest import code_table
from tests.test_releases import NEXT, fhir, small_reference, still

CODES = files.codes_file(still())
ORDER = files.order_file(
    [("A00", False, "Cholera"), *((code, True, title) for code, title in still().items())]
)
MEMBERS = ",\n".join(
    f'{{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "{code}", "display": "{title}"}}'
    for code, title in still().items()
)
EXPANSION = fhir("ValueSet", f'"expansion": {{"contains": [{MEMBERS}]}}')
TABLE = "system,code,from,to,title\n" + "".join(
    f"icd10cm,{code},2020-01-01,,{title}\n" for code, title in still().items()
)
ORIGINALS = {
    "icd10cm-codes": CODES,
    "icd10cm-order": ORDER,
    "icd10cm-tabular": files.TABULAR,
    "icd10pcs-codes": files.codes_file(files.ICD10PCS),
    "icd9cm-titles": files.codes_file({"0010": "Cholera", "25000": "Diabetes", "V700": "x y"}, 5),
    "hcpcs-records": files.HCPCS,
    "cpt-long": files.cpt_long(),
    "cpt-long-parts": files.cpt_parts(),
    "cpt-medium": files.cpt_short({"90837": "W" * 48, "90834": "x", "99213": "y"}, 48),
    "cpt-consolidated": files.cpt_consolidated(),
    "omop-concept": files.CONCEPT,
    "umls-mrconso": files.MRCONSO,
    "fhir": EXPANSION,
    "csv": TABLE.encode(),
    "zip": files.zipped({"icd10cm-codes-2027.txt": CODES, "readme.txt": b"Read me"}),
}

# -- damage ---------------------------------------------------------------------------------------


def flipped_bits(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def cut_out(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.randint(1, 200) :]


def swapped_columns(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    first, width = rng.randint(0, 30), rng.randint(1, 20)
    separators = [one for one in b"\t,|" if bytes([one]) in content]
    for number, line in enumerate(lines):
        if separators and rng.random() < 0.9:
            separator = bytes([separators[0]])
            fields = line.split(separator)
            if len(fields) > 1:
                fields[0], fields[-1] = fields[-1], fields[0]
            lines[number] = separator.join(fields)
        else:
            other = first + width
            lines[number] = line[:first] + line[other : other + width] + line[first:other]
    return b"\n".join(lines)


def swapped_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def doubled(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    return b"\n".join([*lines[: number + 1], *lines[number:]])


def mixed(content: bytes, rng: random.Random) -> bytes:
    other = rng.choice(list(ORIGINALS.values()))
    lines = other.split(b"\n")
    return content + b"\n".join(lines[rng.randrange(len(lines)) :])


def encoded(content: bytes, rng: random.Random) -> bytes:
    text = content.decode("latin-1")
    encoding = rng.choice(["utf-16-le", "utf-16-be", "utf-32", "cp037", "utf-7", "utf-8-sig"])
    return text.encode(encoding)


def noise(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + rng.randbytes(rng.randint(1, 40)) + content[start:]


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped_bits,
    flipped_bits,
    cut,
    cut_out,
    swapped_columns,
    swapped_lines,
    doubled,
    mixed,
    encoded,
    noise,
)

# -- what may come of it --------------------------------------------------------------------------

SYSTEMS = ("cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs")


def tiny() -> Classifier:
    """A classifier that knows a few codes of each system, so that thousands of files are quick."""
    made = {
        system: code_table(
            {code: (Span(20100101, last),)},
            system=system,
            first_day="2010-01-01",
            last_day=str(as_date(min(last, 20260930))),
            retired=last != OPEN,
        )
        for system, code, last in (
            ("hcpcs", "A0080", OPEN),
            ("modifiers", "A2", OPEN),
            ("icd10pcs", "0016070", OPEN),
            ("icd9cm", "0010", 20150930),
            ("icd9pcs", "0001", 20150930),
        )
    }
    starts, blocks = title_blocks(["A"], {})
    titles = TableText("tiny.titles", {"starts": starts}, blocks)
    own: dict[tuple[str, str], CodeTable | TableText] = {
        (system, "codes"): table for system, table in made.items()
    }
    own |= {(system, "titles"): titles for system in made}
    return Classifier(reference=Reference(small_reference(), own))


def codes_of(mine: Classifier) -> dict[str, set[str]]:
    return {
        system: {code for code, _ in mine.reference.codes(system)}
        for system in SYSTEMS
        if mine.reference.lists(system)
    }


def lines_of(content: bytes) -> Iterator[str]:
    """The lines behind a licence, if there is one."""
    text = content.decode("cp1252", "replace").replace("\r", "")
    body = text.split("\n\n")[-1] if text.startswith("Made-up") else text
    return (line for line in body.split("\n") if line.strip())


MARKS = (b"\xff\xfe", b"\xfe\xff")
COLUMN = {"icd10cm-codes": 7, "icd10pcs-codes": 7, "icd9cm-titles": 5}


def judge(name: str, content: bytes, old: Classifier, known: dict[str, set[str]]) -> bool:
    """Whether a damaged file was loaded; fails when neither refused nor loaded sensibly."""
    day = "2014-10-01" if name.startswith(("icd9", "umls")) else NEXT
    before = old.reference
    try:
        new = old.with_release(content, valid_from=day, complete=False)
    except ReleaseError as error:
        assert error.file
        assert error.line is None or error.line >= 1
        assert old.reference is before
        return False
    assert old.reference is before
    assert old.releases == ()
    plain = content.decode("utf-16" if content[:2] in MARKS else "cp1252", "replace")
    plain = re.sub(r"[^0-9A-Z]+", " ", plain.replace(".", ""))
    words = set(plain.split())
    for release in new.releases:
        assert release.rows >= 1
        system = release.system.id
        added = {code for code, _ in new.reference.codes(system)} - known.get(system, set())
        for code in added:
            listed = any(not one.heading for one in new.reference.codes(system).intervals(code))
            if listed and name not in ("icd10cm-tabular", "zip"):
                assert code in words or code in plain, (code, content)
    if name in COLUMN and content[:2] not in MARKS:
        lines = list(lines_of(content.removeprefix(b"\xef\xbb\xbf")))
        assert new.releases[0].rows == len(lines)
        table = new.reference.codes(new.releases[0].system.id)
        read = [line[: COLUMN[name]].strip() for line in lines]
        assert [code for code in read if not table.intervals(code)] == [], new.releases
    return True


def judge_many(seed: int, count: int) -> dict[str, int]:
    rng = random.Random(seed)
    names = list(ORIGINALS)
    old = tiny()
    known = codes_of(old)
    loaded = dict.fromkeys(names, 0)
    for number in range(count):
        name = names[number % len(names)]
        damage = DAMAGES[number // len(names) % len(DAMAGES)]
        loaded[name] += judge(name, damage(ORIGINALS[name], rng), old, known)
    return loaded


@pytest.mark.parametrize("name", ORIGINALS)
def test_undamaged_files_are_loaded(name: str) -> None:
    old = tiny()
    assert judge(name, ORIGINALS[name], old, codes_of(old))


def test_damaged_files() -> None:
    loaded = judge_many(1, 1_500)
    assert 0 < sum(loaded.values()) < 1_500


@pytest.mark.mutations
def test_ten_thousand_damaged_files() -> None:
    loaded = judge_many(2, 10_500)
    assert 500 < sum(loaded.values()) < 10_000
