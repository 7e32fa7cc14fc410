"""Release files that are damaged, hostile or not what they seem: refused, with file and line."""

from __future__ import annotations

import io
import pickle
import random
import re
import struct
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import medcodes
from medcodes import Classifier, ReleaseError
from medcodes.releases import opening
from tests import release_files as files
from tests.test_releases import NEXT, fhir, small, still

GOOD = files.codes_file(still())


def refused(content: opening.ReleaseSource, **more: Any) -> ReleaseError:
    """What a file is refused with; the classifier stays as it was."""
    mine = small()
    with pytest.raises(ReleaseError) as caught:
        mine.with_release(content, **{"valid_from": NEXT, **more})
    assert mine.releases == ()
    return caught.value


def line(number: int, replacement: bytes, content: bytes = GOOD) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[number - 1] = replacement
    return b"".join(lines)


# -- lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "number", "what"),
    [
        (line(20, b"Z1 a line of something else\n"), 20, "a code in columns 1 to 7"),
        (line(20, b"Z115\n"), 20, "a code in columns 1 to 7"),
        (line(20, b"A000    Cholera\n"), 20, "A000 is already on line 1"),
        (line(20, b"\n"), 20, "an empty line before 'Z113"),
        (line(20, b"1234567 A title\n"), 20, "'1234567 A title'"),
        (line(20, b"A0O0\0   A title\n"), 20, "it looks like UTF-16"),
        (line(20, b"A002    A title\x07\n"), 20, r"the control character '\x07'"),
        (
            line(20, b"A002    A t\xeftle\nA003    A t\xc3\xaftle \x81\n"),
            21,
            "0x81, which is not cp",
        ),
        (line(20, b"A002    A t\xc3\xaftle\nA003    A t\xeftle\n"), 21, "0xef, which is not utf-8"),
        (line(20, b"A002    " + b"x" * 70_000 + b"\n"), 20, "more than 65,536 characters"),
        (line(20, b"A002    " + b"x" * 300_000 + b"\n"), 20, "more than 65,536 bytes"),
    ],
)
def test_a_bad_line_is_named(content: bytes, number: int, what: str) -> None:
    error = refused(content)
    assert (error.file, error.line) == ("<bytes>", number)
    assert what in str(error)
    assert str(error).startswith(f"<bytes>, line {number}: ")


def test_a_line_without_end_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return GOOD[:200] + b"x" * (size - 200) if self.given == size else b"x" * size

    stream = Endless()
    assert "more than 65,536 bytes" in str(refused(stream, system="icd10cm"))  # type: ignore[arg-type]
    assert stream.given < 1 << 20


def test_an_order_file_out_of_order() -> None:
    rows = [(code, True, title) for code, title in still().items()]
    content = files.order_file(rows)
    lines = content.splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    error = refused(b"".join(lines))
    assert (error.line, "order number 00005 does not come after 00006" in str(error)) == (6, True)


@pytest.mark.parametrize(
    ("content", "number", "what"),
    [
        (
            line(4, files.hcpcs_record("A0022", "4", "x").encode() + b"\n", files.HCPCS),
            4,
            "a continuation record",
        ),
        (
            line(1, files.hcpcs_record("A0022", "4", "x").encode() + b"\n", files.HCPCS),
            1,
            "a continuation record",
        ),
        (files.HCPCS.replace(b"20260701", b"20261301"), 6, "'20261301' is not a date"),
        (files.HCPCS.replace(b"20110101", b"20250701"), 5, "J0171 ends on 20250630, before"),
        (files.HCPCS * 2, 7, "overlap"),
        (files.HCPCS.replace(b"Q9999", b"99999"), 6, "a record of 320 columns"),
    ],
)
def test_bad_records_of_hcpcs(content: bytes, number: int, what: str) -> None:
    error = refused(content, valid_from=None, system="hcpcs", complete=False)
    assert what in str(error)
    assert error.line in (number, 1, 2)


def test_bad_parts_of_long_titles() -> None:
    content = files.cpt_parts().replace(b"9083402", b"9083403")
    assert "part 03 of 90834, where part 02 is expected" in str(refused(content, system="cpt"))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"code,title\n90837,x,y\n", "3 fields, but the header has 2"),
        (b"code,title\n90837\n", "1 fields"),
        (b'code,title\n90837,"x\n90834,y\n', "line 3: unexpected end of data"),
        (b'code,title\n90837,"x\ny"\n', "line 2: a quoted field does not end on its line"),
        (b'code,title\n90837,"x"y\n', "line 2: "),
        (b"code,title\n", "contains no codes"),
        (b"code,title\nhello,x\n", "line 2: 'hello' does not have the shape of a code of CPT"),
        (b"code,title\n,x\n", "line 2: '' does not have the shape"),
        (b"code,from\n90837,2026-02-30\n", "line 2: '2026-02-30' is not a date"),
        (
            b"code,from\n90837,soon\n",
            "line 2: 'soon' is not a date; use YYYYMMDD or YYYY-MM-DD",
        ),
        (b"code,from,to\n90837,2026-01-01,2025-01-01\n", "before it begins"),
        (b"code,from\n90837,2026-01-01\n90837,2027-01-01\n", "overlap"),
        (b"code,system\n90837,Nothing\n", "line 2: 'Nothing' means none of the code systems"),
        (b"code,system\n90837,HC\n", "line 2: 'HC' means several of the code systems"),
        (b"code,title\r90837,Talking\r", "line 1: a carriage return is inside the line"),
        (b"code,title\n90837,Talk\ring\n", "line 2: a carriage return is inside the line"),
        (
            b"code,title\n90837,Caf\xe9\n90834,Caf\xc3\xa9\n",
            "line 3: the line is UTF-8, and lines before it are Windows-1252",
        ),
    ],
)
def test_bad_tables(content: bytes, what: str) -> None:
    assert what in str(refused(content, system="cpt"))


def test_a_table_of_no_system() -> None:
    error = refused(b"code,title\nA00.2,x\n")
    assert "line 2: cannot tell the code system; pass system=" in str(error)
    assert "contains no codes of icd9cm" in str(refused(files.CONCEPT, system="icd9cm"))


def test_headings_alone_are_no_release() -> None:
    content = files.order_file([("A00", False, "Cholera"), ("A01", False, "Typhoid")])
    assert "contains no codes" in str(refused(content))


def test_atoms_and_concepts() -> None:
    more = "".join(files.atom("CPT", "PT", f"{code}", "Words") for code in range(99000, 99060))
    content = files.MRCONSO + more.encode() + b"C0000001|ENG|P\n"
    error = refused(content, system="cpt")
    assert (error.line, "an atom of 18 fields" in str(error)) == (content.count(b"\n"), True)
    content = files.CONCEPT.replace(b"19820101", b"1982-1-1")
    assert "is not a date" in str(refused(content, system="hcpcs"))


# -- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings(encoding: str, ending: str) -> None:
    content = GOOD.decode() + "A002    Friedländer's bacillus\nA003    Ménière Ö\n"
    content = content.replace("\n", ending)
    mine = small().with_release(content.encode(encoding), valid_from=NEXT)
    titles = [mine.identify(code, on=NEXT).title for code in ("A00.2", "A00.3")]
    assert titles == ["Friedländer's bacillus", "Ménière Ö"]
    assert mine.releases[0].rows == 39


def test_utf16_without_its_mark_and_broken() -> None:
    plain = GOOD.decode()
    assert "UTF-16 without its mark" in str(refused(plain.encode("utf-16-le")))
    broken = plain.encode("utf-16") + b"\x00\xd8\x00"
    assert "not UTF-16" in str(refused(broken))
    endless = (plain + "A002    " + "x" * 200_000).encode("utf-16")
    assert refused(endless).line == 38
    unfinished = (plain + "A002    x").encode("utf-16")
    assert small().with_release(unfinished, valid_from=NEXT).releases[0].rows == 38


# -- what a layout is not -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x02\x01\x01\x00" * 100,
        b"hello world\n",
        b"\n\n\n",
        b"%PDF-1.7\n",
        random.Random(1).randbytes(5000),
        b"<html></html>",
        b"{}",
        b'{"resourceType": "Patient"}',
        b"code\n"[:4],
        b"A000 Cholera\n",
        "код,название\n1,2\n".encode(),
    ],
)
def test_what_no_layout_fits(content: bytes) -> None:
    error = refused(content)
    assert "unknown layout" in str(error) or "contains no codes" in str(error)


def test_an_empty_file(tmp_path: Path) -> None:
    assert str(refused(b"")) == "<bytes>: the file is empty"
    path = tmp_path / "empty.txt"
    path.touch()
    assert str(refused(path)) == f"{path}: the file is empty"
    assert "the file is empty" in str(refused(io.BytesIO()))


def test_what_is_no_source() -> None:
    with pytest.raises(FileNotFoundError):
        small().with_release("no such file")
    for wrong in (None, 1, ["a"]):
        with pytest.raises(TypeError, match="a release must be a path, an open file or bytes"):
            small().with_release(wrong)  # type: ignore[arg-type]

    class Text:
        def read(self, size: int) -> str:
            return "A"

    with pytest.raises(TypeError, match="must give bytes, not text"):
        small().with_release(Text())  # type: ignore[arg-type]
    with pytest.raises(medcodes.UnknownCodeSystem):
        small().with_release(GOOD, "LOINC")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for closed in (io.BytesIO(GOOD), io.StringIO(GOOD.decode())):
        closed.close()
        assert "the file is closed" in str(refused(closed))
    for mode in ("wb", "w"):
        with (tmp_path / "new").open(mode) as new:
            assert "not open for reading" in str(refused(new))


@pytest.mark.parametrize("day", [date.max, "9999-06-01", date.min])
def test_days_that_no_release_has(day: date | str) -> None:
    for name in ("valid_from", "valid_to"):
        error = str(refused(GOOD, **{name: day}))
        assert f"{name}={day} must be from 1900-01-01 to 2999-12-31" in error


def test_a_day_that_is_none_goes_by_its_argument() -> None:
    with pytest.raises(ValueError, match="^valid_from='x' is not a date"):
        small().with_release(GOOD, valid_from="x")
    with pytest.raises(TypeError, match="^valid_to=5 is not a date"):
        small().with_release(GOOD, valid_to=5)  # type: ignore[arg-type]


def test_the_wrong_system_or_layout() -> None:
    assert "unknown layout" in str(refused(GOOD, system="icd10pcs"))
    assert "layout='nothing' is none of" in str(refused(GOOD, layout="nothing"))
    assert "unknown layout" in str(refused(GOOD, layout="fhir"))
    # Numbers of five digits may be ICD-9-CM or CPT; nobody guesses.
    both = b"".join(f"{code} Words\n".encode() for code in files.CPT)
    error = refused(both)
    assert "may have one of several layouts" in str(error)
    assert "icd9cm-titles" in str(error)
    mine = Classifier().with_release(both, layout="cpt-short", valid_from="2026-01-01")
    assert mine.releases[0].rows == 3


# -- documents ------------------------------------------------------------------------------------


def test_entities_are_refused_before_they_grow() -> None:
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 100}">' for n in range(12)
    )
    bomb = f'<?xml version="1.0"?><!DOCTYPE ICD10CM.tabular [{entities}]><ICD10CM.tabular>&e11;'
    error = refused(bomb.encode() + b"</ICD10CM.tabular>")
    assert "it declares a document type or an entity" in str(error)
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><ICD10CM.tabular></ICD10CM.tabular>'
    assert "it declares a document type" in str(refused(outside))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (files.TABULAR[:600], "not well-formed XML"),
        (files.TABULAR.replace(b"</diag>", b"", 1), "not well-formed XML"),
        (files.TABULAR.replace(b"utf-8", b"utf-7"), "not well-formed XML"),
        (files.TABULAR.replace(b"utf-8", b"qtf-8"), "not well-formed XML: unknown encoding"),
        (files.TABULAR.replace(b"U07.1", b"nothing"), "line 16: 'nothing' does not have the shape"),
        (files.TABULAR.replace(b"<diag>", b"<diag>" * 60, 1), "nested deeper than 50"),
        (
            files.TABULAR.replace(b"<sevenChrDef>", b"<notes><note>7th character A does not "
                                  b"apply at all</note></notes><sevenChrDef>"),
            "a note on 7th characters cannot be read",
        ),
    ],
)  # fmt: skip
def test_bad_tabular_lists(content: bytes, what: str) -> None:
    assert what in str(refused(content, complete=False))


def test_7th_characters_that_a_note_bars() -> None:
    note = (
        b"<notes><note>7th characters A and S do not apply to codes in category S52 with 6th "
        b"character X - a reason, or 8 - another.</note></notes><diag><name>S52.5"
    )
    content = files.TABULAR.replace(b"<diag><name>S52.5", note)
    mine = small().with_release(content, complete=False)
    assert mine.releases[0].rows == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b'{"resourceType": "CodeSystem", ', "not JSON"),
        (b'{"resourceType": "CodeSystem", "a": ' + b"[" * 60_000, "not JSON|nested too deep"),
        (fhir("CodeSystem", '"concept": []'), "content must be 'complete', got None"),
        (fhir("CodeSystem", '"concept": []', content='"example"'), "got 'example'"),
        (fhir("CodeSystem", '"concept": {}', content='"complete"'), "'concept' is not a list"),
        (fhir("CodeSystem", '"concept": [{}]', content='"complete"'), "'' is the URI of none"),
        (fhir("ValueSet", '"compose": {"include": [{"filter": []}]}'), "includes codes by a rule"),
        (fhir("ValueSet", '"compose": {"exclude": [{"filter": []}]}'), "excludes codes by a rule"),
        (
            fhir("ValueSet", '"compose": {"include": [{"concept": [], "valueSet": ["x"]}]}'),
            "includes codes by a rule",
        ),
        (fhir("ValueSet", '"expansion": {"contains": [1]}'), "'contains' is not a list of"),
        (fhir("ValueSet", '"status": "active"'), "contains no codes"),
        (
            fhir(
                "CodeSystem",
                '"concept": [{"code": "A00.2", "property": 3}, {"code": 7}]',
                content='"complete"',
                url='"http://hl7.org/fhir/sid/icd-10-cm"',
            ),
            "the code of concept 2 must be a text, got 7",
        ),
        (
            fhir(
                "ValueSet",
                '"compose": {"include": [{"concept": [{"code": "0042"}], '
                '"system": "http://hl7.org/fhir/sid/icd-9-cm"}]}',
            ),
            "'0042' may be of several systems; pass system=",
        ),
    ],
)
def test_bad_resources(content: bytes, what: str) -> None:
    assert re.search(what, str(refused(content)))


def test_a_system_decides_what_a_code_is() -> None:
    content = fhir(
        "ValueSet",
        '"compose": {"include": [{"concept": [{"code": "0042"}], '
        '"system": "http://hl7.org/fhir/sid/icd-9-cm"}]}',
    )
    mine = Classifier().with_release(content, "icd9pcs", valid_from="2014-10-01")
    assert str(mine.releases[0].system) == "icd9pcs"


# -- workbooks ------------------------------------------------------------------------------------


def book(members: dict[str, bytes]) -> bytes:
    return files.zipped({"xl/workbook.xml": b"<workbook/>", **members})


def written(workbook: Any) -> bytes:
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def test_bad_workbooks() -> None:
    pytest.importorskip("openpyxl")
    assert "damaged workbook" in str(refused(book({})))
    doctype = book({"xl/sheet.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})
    assert "has a document type; it is not read" in str(refused(doctype))
    damaged = bytearray(files.zipped({"xl/workbook.xml": b"<workbook>" + b"x" * 500}))
    damaged[50] ^= 0xFF
    assert "xl/workbook.xml cannot be unpacked" in str(refused(bytes(damaged)))
    import openpyxl

    sheet = openpyxl.Workbook()
    assert "unknown layout" in str(refused(written(sheet)))
    sheet.active.append(["HCPC", "RECID", "LONG DESCRIPTION", "ADD DT", "TERM DT"])
    assert "contains no codes" in str(refused(written(sheet)))
    sheet.active.append(["Q9999", "5", "x", "20260101", ""])
    assert "line 2: RECID must be 3, 4, 7 or 8" in str(refused(written(sheet)))
    assert "damaged workbook" in str(refused(book({"media/x.png": b"<!", "a.xml": b""})))
    # Beside other files of a zip it is passed over.
    beside = files.zipped({"a.xlsx": book({}), "icd10cm-codes-2027.txt": GOOD})
    assert small().with_release(beside).releases[0].rows == 37


def test_openpyxl_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"pip install 'medcodes\[xlsx\]'"):
        small().with_release(book({}))


# -- zips -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"../icd10cm-codes-2027.txt": GOOD}, "leads out of the zip file"),
        ({"/etc/passwd": GOOD}, "leads out of the zip file"),
        ({"a/../../b": GOOD}, "leads out of the zip file"),
        ({"..\\b": GOOD}, "leads out of the zip file"),
        ({"C:\\b": GOOD}, "leads out of the zip file"),
        ({"bomb.txt": bytes(20 << 20)}, "too many for a release"),
        ({f"{n}.txt": b"x" for n in range(201)}, "has 201 members"),
        ({"readme.txt": b"hello"}, "unknown layout"),
        ({"a.txt": b"hello", "b.txt": b"world"}, "known layout: a.txt, b.txt"),
        ({"a.txt": b"", "__MACOSX/b": b"x"}, "the zip file contains no file"),
        ({}, "not text"),
        ({"a.zip": files.zipped({"b.zip": files.zipped({"c": GOOD})})}, "only other zip files"),
        (
            {"icd10cm-codes-2026.txt": GOOD, "icd10cm-codes-2027.txt": GOOD},
            "contains several releases: icd10cm-codes-2026.txt, icd10cm-codes-2027.txt",
        ),
        (
            {
                "icd10cm-codes-2026.txt": GOOD,
                "icd10cm-order-2027.txt": files.order_file([("A000", True, "x")]),
            },
            "contains several releases",
        ),
        (
            {"a.txt": GOOD, "b.txt": files.codes_file(files.ICD10PCS)},
            r"contains several releases: a.txt \(icd10cm-codes\), b.txt \(icd10pcs-codes\)",
        ),
    ],
)
def test_bad_zips(members: dict[str, bytes], what: str) -> None:
    error = refused(files.zipped(members))
    assert re.search(what, str(error))
    assert error.file.startswith("<bytes>")


def test_members_of_a_zip() -> None:
    content = files.zipped({"x/a.txt": GOOD, "y/a.txt": GOOD})
    assert "has more than one member 'a.txt'" in str(refused(content, member="a.txt"))
    assert "has no member 'b.txt'; it contains x/a.txt" in str(refused(content, member="b.txt"))
    assert "not a zip file: cannot read member" in str(refused(GOOD, member="a.txt"))
    assert small().with_release(content, member="x/a.txt", valid_from=NEXT).releases


def test_damaged_zips() -> None:
    content = files.zipped({"icd10cm-codes-2027.txt": GOOD * 50})
    assert "damaged zip file" in str(refused(content[: len(content) // 2]))
    middle = content.index(b"txt") + 40
    changed = content[:middle] + bytes(60) + content[middle + 60 :]
    assert "cannot be unpacked" in str(refused(changed))
    locked = bytearray(content)
    # The flag that says a member is encrypted, in both of its headers.
    struct.pack_into("<H", locked, 6, 1)
    struct.pack_into("<H", locked, content.index(b"PK\x01\x02") + 8, 1)
    assert "cannot be unpacked" in str(refused(bytes(locked)))
    inner = files.zipped({"a": files.zipped({"b": GOOD})[:-30]})
    assert "damaged zip file" in str(refused(inner))


def test_files_that_cannot_be_wound_back() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self._stream = io.BytesIO(content)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._stream.read(min(size, 1000))

    for content in (GOOD, files.zipped({"a.txt": GOOD})):
        mine = small().with_release(Pipe(content), valid_from=NEXT)  # type: ignore[arg-type]
        assert mine.releases[0].rows == 37


def test_what_must_be_held_whole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LARGEST_FILE", 70_000)
    content = GOOD + b"".join(b"B%04d   A title\n" % n for n in range(5000))
    assert "larger than 70,000 bytes" in str(refused(content))
    with opening.opened(GOOD) as (one,):
        assert one.whole() == one.whole() == GOOD
    monkeypatch.setattr(opening, "LARGEST_DOCUMENT", 10)
    with opening.opened(GOOD) as (one,), pytest.raises(ReleaseError, match="larger than 10 bytes"):
        one.whole()


def test_errors_pickle() -> None:
    for error in (ReleaseError("no", file="a", line=3), ReleaseError("no", file="a")):
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), again.file, again.line) == (str(error), error.file, error.line)
    assert str(ReleaseError("no", file="a", line=3)) == "a, line 3: no"


def test_too_many_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    from medcodes.releases import loading

    monkeypatch.setattr(loading, "MOST_HISTORIES", 2)
    content = b"code,from\n90837,2026-01-01\n90834,2026-01-02\n99213,2026-01-03\n"
    assert "more than 2 different histories" in str(refused(content, system="cpt"))
