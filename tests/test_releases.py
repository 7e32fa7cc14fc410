"""Releases of the user's own: every layout, the days, and what a release does to what was known."""

from __future__ import annotations

import io
import pickle
import random
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

import medcodes
from medcodes import CPT, HCPCS, ICD10CM, Classifier, ReleaseError, Status, columns, reference
from medcodes.columns import api
from medcodes.dates import OPEN
from medcodes.reference import Reference, writing
from medcodes.reference.file import TableText
from medcodes.reference.writing import History, Span
from medcodes.releases import named_columns
from tests import release_files as files
from tests.conftest import code_table

SMALL: dict[str, History] = {
    "A000": (Span(20151001, OPEN),),
    "A001": (Span(20151001, OPEN),),
    "E1165": (Span(20151001, OPEN, flags="u"),),
    "R05": (Span(20151001, 20210930),),
    "R051": (Span(20211001, OPEN),),
    "S52501A": (Span(20151001, OPEN),),
    "S52501D": (Span(20151001, 20190930), Span(20221001, OPEN)),
    "S52501S": (Span(20151001, OPEN),),
    **{f"Z{number}": (Span(20151001, OPEN),) for number in range(100, 130)},
}
NEXT = "2026-10-01"


def small_reference(codes: Mapping[str, History] = SMALL) -> Reference:
    """ICD-10-CM of a few codes; everything else as it is."""
    headed = writing.with_headings(codes, ICD10CM.traits)
    table = code_table(
        headed, system="icd10cm", first_day="2015-10-01", last_day="2026-09-30", billable=len(codes)
    )
    titles = {code: f"Old title of {code}" for code in headed}
    starts, blocks = writing.title_blocks(headed, titles)
    header = {"system": "icd10cm", "what": "titles", "starts": starts}
    its_titles = TableText("small.titles", header, blocks)
    return Reference(
        reference.BUNDLED, {("icd10cm", "codes"): table, ("icd10cm", "titles"): its_titles}
    )


def small() -> Classifier:
    return Classifier(reference=small_reference())


def still(codes: Mapping[str, str] | None = None, *gone: str) -> dict[str, str]:
    """The codes of the small reference that are valid, and more, without some."""
    valid = {code: f"New title of {code}" for code in SMALL if code != "R05"}
    return {code: title for code, title in {**valid, **(codes or {})}.items() if code not in gone}


def status(mine: Classifier, code: str, on: str) -> str:
    return str(mine.identify(code, on=on, systems="icd10cm").status)


# -- what a release does --------------------------------------------------------------------------


def test_a_new_release_begins_new_codes_and_ends_those_that_it_does_not_hold() -> None:
    old = small()
    new = old.with_release(
        files.codes_file(still({"A002": "A new one"}, "S52501S")), valid_from=NEXT
    )
    for code, before, after in (
        ("A000", "valid", "valid"),
        ("A002", "future", "valid"),
        ("S52501S", "valid", "expired"),
        ("R05", "header", "header"),
        ("A00", "header", "header"),
        ("A003", "unknown", "unknown"),
    ):
        assert (status(new, code, "2026-09-30"), status(new, code, NEXT)) == (before, after)
    assert new.identify("S52501S", on=NEXT).valid_to == date(2026, 9, 30)
    assert new.identify("A002", on=NEXT).valid_from == date(2026, 10, 1)
    # The old one is as it was, and answers past its end as of its last day.
    assert (old.releases, status(old, "A002", "2026-09-30")) == ((), "unknown")
    assert new.reference.codes("icd10cm").last_day == date(2027, 3, 31)


def test_titles_are_those_of_the_newest_release() -> None:
    codes = still({"A002": "A  new\tone "})
    new = small().with_release(files.codes_file(codes), valid_from=NEXT)
    assert new.identify("A002", on=NEXT).title == "A new one"
    assert new.identify("A000", on="2020-01-01").title == "New title of A000"
    assert new.get("R05", ICD10CM).title == "Old title of R05"  # type: ignore[union-attr]
    assert new.identify("A00", on=NEXT).title == "Old title of A00"
    # An older release is of no account where a newer one has a title.
    older = {**still(), "R05": "Ancient title"}
    both = new.with_release(files.codes_file(older), valid_from="2020-10-01")
    assert both.identify("A000", on=NEXT).title == "New title of A000"
    assert both.get("R05", ICD10CM).title == "Old title of R05"  # type: ignore[union-attr]


def test_an_older_release_speaks_until_the_next_known_change() -> None:
    new = small().with_release(
        files.codes_file(still({"B999": "Only for a year"})), valid_from="2020-10-01"
    )
    # R05.1 begins and R05 ends on 2021-10-01: that was known before.
    assert [status(new, "B999", day) for day in ("2020-09-30", "2020-10-01", "2021-10-01")] == [
        "future",
        "valid",
        "expired",
    ]
    assert new.identify("B999", on="2021-01-01").title == "Only for a year"
    assert [status(new, "R05", day) for day in ("2020-09-30", "2020-10-01")] == ["valid", "header"]
    assert [status(new, "R051", day) for day in ("2020-10-01", "2021-10-01")] == ["valid", "valid"]


def test_the_order_of_loading_does_not_matter() -> None:
    one = files.codes_file(still({"A002": "x"}, "Z100"))
    two = files.codes_file(still({"A003": "y"}, "Z100", "Z101"))
    first = small().with_release(one, valid_from="2026-10-01")
    first = first.with_release(two, valid_from="2027-04-01")
    second = small().with_release(two, valid_from="2027-04-01")
    second = second.with_release(one, valid_from="2026-10-01")
    tables_ = [one.reference.codes("icd10cm") for one in (first, second)]
    assert [(code, tables_[0].history(number)) for code, number in tables_[0]] == [
        (code, tables_[1].history(number)) for code, number in tables_[1]
    ]


def test_the_same_release_twice_is_the_same() -> None:
    content = files.codes_file(still({"A002": "x"}, "Z100"))
    once = small().with_release(content, valid_from=NEXT)
    twice = once.with_release(content, valid_from=NEXT)
    assert once.reference.codes("icd10cm").history_lines == [
        *twice.reference.codes("icd10cm").history_lines
    ]
    assert len(twice.releases) == 2


def test_edits_of_new_codes_are_not_known() -> None:
    codes = still({"A002": "A new one", "S52501S": "came back"})
    new = small().with_release(files.codes_file(codes), valid_from=NEXT)
    fresh, known = new.identify("A002", on=NEXT), new.identify("E11.65", on=NEXT)
    assert (sorted(fresh.flags), fresh.can_be_principal) == (["edits-unknown"], None)
    assert (sorted(known.flags), known.can_be_principal) == (["unspecified"], True)


def test_a_code_that_goes_on_keeps_its_edits() -> None:
    codes = {"E1165": (Span(20151001, 20190930, flags="u"), Span(20221001, OPEN, flags="um"))}
    mine = Classifier(reference=small_reference(codes))
    mine = mine.with_release(b"E1165   x\n", "icd10cm", valid_from="2019-10-01")
    r = mine.identify("E11.65", on="2020-01-01")
    assert (sorted(r.flags), str(r.valid_from)) == (["unspecified"], "2015-10-01")
    assert [str(one.first) for one in mine.get("E11.65", ICD10CM).intervals] == [  # type: ignore[union-attr]
        "2015-10-01",
        "2022-10-01",
    ]


def test_a_part_of_a_release_is_refused_unless_it_is_said_what_it_is() -> None:
    part = files.codes_file({"A000": "x", "A002": "y"})
    with pytest.raises(ReleaseError, match=r"36 of the 37 codes .* complete=True .* complete=Fal"):
        small().with_release(part, valid_from=NEXT)
    all_of_it = small().with_release(part, valid_from=NEXT, complete=True)
    assert list(all_of_it.codes(ICD10CM, on=NEXT)) == ["A00.0", "A00.2"]
    more = small().with_release(part, valid_from=NEXT, complete=False)
    assert len(list(more.codes(ICD10CM, on=NEXT))) == 38
    assert [one.complete for one in (*all_of_it.releases, *more.releases)] == [True, False]


def test_every_door_answers_from_the_release() -> None:
    codes = still({"A002": "A new one"}, "Z100")
    new = Classifier(systems="icd10cm", on=NEXT, reference=small_reference())
    new = new.with_release(files.codes_file(codes), valid_from=NEXT)
    assert new.identify("A002").status is Status.VALID
    assert new.validate("a00.2") == "A00.2"
    assert new.is_valid("A002")
    assert not new.is_valid("Z10.0")
    assert new.identify_many(["A002"])[0].title == "A new one"
    assert "A00.2" in set(new.codes(ICD10CM))
    assert new.get("A00.2", ICD10CM).title == "A new one"  # type: ignore[union-attr]
    changes = new.changes(ICD10CM, "2026-09-30", NEXT)
    assert (changes.added, changes.deleted) == (("A00.2",), ("Z10.0",))
    assert new.identify("90837").system is None  # its systems and its day are kept
    assert (
        "not in its list (first; ICD-10-CM of 2026-10-01 (<bytes>))" in new.identify("B99").reason
    )


# -- CPT ------------------------------------------------------------------------------------------


def licensed() -> Classifier:
    old = {**files.CPT, "90716": "Words that ended"}
    mine = Classifier().with_release(files.cpt_long(old), "cpt", valid_from="2025-01-01")
    return mine.with_release(files.cpt_long(), "cpt", valid_from="2026-01-01", complete=True)


@pytest.mark.parametrize(
    ("code", "on", "expected"),
    [
        ("90837", "2026-06-01", "valid"),
        ("90716", "2025-06-01", "valid"),
        ("90716", "2026-06-01", "expired"),
        ("90835", "2026-06-01", "unknown"),
        ("90835", "2024-06-01", "plausible"),
        ("90837", "2024-12-31", "plausible"),
        ("00001", "2024-12-31", "unknown"),
        ("0001U", "2026-06-01", "plausible"),
        ("0001U", "2024-06-01", "plausible"),
        ("0001F", "2026-06-01", "plausible"),
    ],
)
def test_a_licensed_list(code: str, on: str, expected: str) -> None:
    r = licensed().identify(code, on=on, systems="cpt")
    assert str(r.status) == expected
    assert r.reason
    assert str(r)


def test_what_a_licensed_list_says() -> None:
    mine = licensed()
    r = mine.identify("90837", on="2026-06-01")
    assert (r.title, r.valid_from, r.valid_to, r.range) == (
        "Words for two",
        date(2025, 1, 1),
        None,
        "90832-90838",
    )
    assert r.reason == "listed in CPT, valid since 2025-01-01"
    assert mine.identify("90837", on="2024-06-01").reason == (
        "listed in CPT, but the loaded list begins on 2025-01-01 and cannot tell of earlier days"
    )
    early = mine.identify("90835", on="2024-06-01").reason
    assert "90832-90838" in early
    assert early.endswith("the loaded list begins on 2025-01-01 and cannot tell of earlier days")
    assert mine.identify("0001U", on="2026-06-01").reason.endswith(
        "the loaded list has no codes of its kind"
    )
    assert list(mine.codes(CPT, on="2026-06-01")) == ["90834", "90837", "99213"]
    assert mine.changes(CPT, "2025-12-31", "2026-01-01").deleted == ("90716",)
    entry = mine.get("90716", CPT)
    assert entry is not None
    assert entry.title == "Words that ended"
    assert [str(one.valid_to) for one in mine.releases] == ["2025-12-31", "2026-12-31"]
    assert mine.is_valid("90837", strict=True, on="2026-06-01")
    with pytest.raises(medcodes.UnknownCode):
        mine.validate("90835", on="2026-06-01", system="cpt")
    # The bundled reference knows nothing of it.
    assert medcodes.identify("90837", on="2026-06-01").title is None


def test_kinds_of_cpt_codes_that_the_list_holds() -> None:
    codes = {**files.CPT, "0042T": "Words to come", "0001U": "Words in a laboratory"}
    mine = Classifier().with_release(files.cpt_long(codes), "cpt", valid_from="2026-01-01")
    statuses = {
        code: str(mine.identify(code, on="2026-06-01", systems="cpt").status)
        for code in ("0042T", "0043T", "0001U", "0002U", "0001F", "0002M")
    }
    assert statuses == {
        "0042T": "valid",
        "0043T": "unknown",
        "0001U": "valid",
        "0002U": "unknown",
        "0001F": "plausible",
        "0002M": "plausible",
    }


def test_many_cpt_numbers_are_asked_about() -> None:
    mine = licensed()
    texts = [f"{number:05}" for number in range(0, 100_000, 5)]
    answers = mine.identify_many(texts, on="2026-06-01", systems="cpt")
    # The list speaks of this day; and some notes on ranges say which numbers have ended.
    assert {str(one.status) for one in answers} == {"unknown", "expired"}
    assert sum(one.status is Status.EXPIRED for one in answers) < 50
    assert mine.identify("99213", on="2026-06-01").status is Status.VALID


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (files.cpt_long(), "cpt-long"),
        (files.cpt_parts(), "cpt-long-parts"),
        (files.cpt_short(), "cpt-short"),
        (files.cpt_short({"90837": "W" * 48, "90834": "x", "99213": "y"}, 48), "cpt-medium"),
        (files.cpt_consolidated(), "cpt-consolidated"),
        (files.MRCONSO, "umls-mrconso"),
        (files.CONCEPT, "omop-concept"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_layouts_of_cpt(content: bytes, layout: str) -> None:
    mine = Classifier().with_release(content, "cpt", valid_from="2026-01-01")
    (release,) = mine.releases
    assert (release.layout, release.system, release.dated_by) == (layout, CPT, "caller")
    assert mine.identify("90837", on="2026-06-01").status is Status.VALID
    assert mine.identify("90837", on="2026-06-01").title
    assert release.licence
    assert release.licence.startswith("Made-up" if "cpt" in layout else "CPT")


def test_long_titles_in_parts_are_joined() -> None:
    mine = Classifier().with_release(files.cpt_parts(), "cpt", valid_from="2026-01-01")
    assert mine.identify("99213", on="2026-06-01").title == files.CPT["99213"]


def test_a_consolidated_list_says_from_when_it_is() -> None:
    mine = Classifier().with_release(files.cpt_consolidated(effective="20260101"))
    assert (mine.releases[0].valid_from, mine.releases[0].dated_by) == (date(2026, 1, 1), "file")
    for day in ("2026-01-01", "1/1/2026", "01/01/26"):
        mine = Classifier().with_release(files.cpt_consolidated(effective=day))
        assert mine.releases[0].valid_from == date(2026, 1, 1)
    for unknown in ("", "January"):
        with pytest.raises(ReleaseError, match="pass valid_from="):
            Classifier().with_release(files.cpt_consolidated(effective=unknown))


# -- other layouts --------------------------------------------------------------------------------


def test_order_files_have_the_titles_of_headings() -> None:
    rows = [
        ("A00", False, "Cholera"),
        *((code, True, title) for code, title in still({"A002": "A new one"}).items()),
    ]
    mine = small().with_release(files.order_file(rows), valid_from=NEXT)
    assert mine.releases[0].layout == "icd10cm-order"
    assert mine.identify("A00", on=NEXT).title == "Cholera"
    assert mine.identify("A002", on=NEXT).categories[-1].label == "Cholera"
    assert mine.releases[0].rows == 38


def test_icd10pcs_files() -> None:
    for content, layout in (
        (files.codes_file(files.ICD10PCS), "icd10pcs-codes"),
        (
            files.order_file(
                [("001", False, "Bypass"), *((c, True, t) for c, t in files.ICD10PCS.items())]
            ),
            "icd10pcs-order",
        ),
    ):
        mine = Classifier().with_release(content, valid_from="2027-10-01", complete=False)
        assert (mine.releases[0].layout, mine.releases[0].rows) == (layout, 3)
        assert str(mine.releases[0].valid_to) == "2028-03-31"


def test_icd9_files() -> None:
    mine = Classifier().with_release(
        files.codes_file({"0010": "Cholera", "25000": "Diabetes", "V700": "An exam"}, 5),
        valid_from="2014-10-01",
        complete=False,
    )
    assert (mine.releases[0].layout, str(mine.releases[0].valid_to)) == (
        "icd9cm-titles",
        "2015-09-30",
    )
    mine = mine.with_release(
        files.codes_file({"0001": "Ultrasound", "4513": "An endoscopy"}, 4),
        valid_from="2014-10-01",
        complete=False,
    )
    assert mine.releases[1].layout == "icd9pcs-titles"
    assert mine.identify("45.13", on="2015-01-01").title == "An endoscopy"
    with pytest.raises(ReleaseError, match="ended on 2015-09-30"):
        mine.with_release(files.codes_file({"0010": "x"}, 5), "icd9cm", valid_from="2015-10-01")


def test_the_fixed_width_file_of_hcpcs() -> None:
    mine = Classifier().with_release(files.HCPCS, complete=False)
    (release,) = mine.releases
    assert (release.layout, release.system, release.dated_by) == ("hcpcs-records", HCPCS, "file")
    assert (str(release.valid_from), str(release.valid_to)) == ("2026-07-01", "2026-09-30")
    r = mine.identify("A0021", on="2026-07-01")
    assert r.title == "Ambulance service, outside state per mile, transport (Medicaid only)"
    assert str(mine.identify("J0171", on="2026-07-01", systems="hcpcs").status) == "expired"
    assert mine.identify("Q9999", on="2026-07-01").valid_from == date(2026, 7, 1)
    # Dental codes stay where they are: with another steward.
    assert str(mine.identify("D0120", on="2026-07-01").status) == "plausible"


def test_dental_codes_in_a_list_are_listed() -> None:
    line = files.hcpcs_record("D9999", "3", "A made-up dental service", "20260101")
    mine = Classifier().with_release(files.HCPCS + f"{line}\n".encode(), complete=False)
    assert str(mine.identify("D9999", on="2026-07-01").status) == "valid"
    assert str(mine.identify("D0120", on="2026-07-01").status) == "unknown"


def test_the_workbook_of_hcpcs() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["A disclaimer stands here"])
    book.active.append([])
    head = ["HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION"]
    book.active.append([*head, "ADD DT", "ACT EFF DT", "TERM DT", "ACTION CD"])
    book.active.append(["A1", "00100", "7", "Dressing", "Dressing", 20020701, 20020701, None, "N"])
    day = date(2026, 7, 1)
    book.active.append(["Q9999", 100, 3, "A service", "A serv", day, day, None, "N"])
    book.active.append(["Q9999", 200.0, 4.0, "that is new", None, None, None, None, None])
    target = io.BytesIO()
    book.save(target)
    for source in (target.getvalue(), files.zipped({"HCPC2026_JUL_ANWEB.xlsx": target.getvalue()})):
        mine = Classifier().with_release(source, complete=False)
        assert mine.releases[0].layout == "hcpcs-workbook"
        assert mine.identify("Q9999", on="2026-07-01").title == "A service that is new"
        assert mine.reference.titles("modifiers").get("A1") == "Dressing"


def test_cells_of_a_workbook_as_text() -> None:
    cells = (None, 3, 3.0, "3 ", date(2026, 7, 1), datetime(2026, 7, 1), 3.5)
    expected = ["", "3", "3", "3", "20260701", "20260701", "3.5"]
    assert list(map(named_columns._cell_text, cells)) == expected


def test_a_concept_table_may_hold_several_systems() -> None:
    mine = Classifier().with_release(files.CONCEPT, valid_from="2026-10-01", complete=False)
    assert {str(one.system): one.rows for one in mine.releases} == {
        "cpt": 2,
        "hcpcs": 1,
        "icd10cm": 1,
    }
    assert str(mine.identify("90716", on="2026-06-01").status) == "expired"
    assert mine.identify("90716", on="2020-06-01").title == "Words gone"
    assert mine.identify("E11.65", on="2026-10-02").title == 'A "quoted" word, and more'
    assert mine.identify("E11", on="2026-10-02").title == "Diabetes of type 2"


def test_atoms_may_be_of_several_systems() -> None:
    mine = Classifier().with_release(files.MRCONSO, valid_from="2015-01-01", complete=False)
    assert {str(one.system): one.rows for one in mine.releases} == {
        "cpt": 2,
        "hcpcs": 1,
        "icd9pcs": 1,
    }
    assert mine.reference.titles("modifiers").get("A1") == "Dressing for one wound"


def test_the_tabular_list() -> None:
    mine = small().with_release(files.TABULAR, complete=False)
    (release,) = mine.releases
    assert (release.layout, str(release.valid_from), release.dated_by) == (
        "icd10cm-tabular",
        "2025-10-01",
        "cadence",
    )
    assert release.rows == 5
    r = mine.identify("S52.6XXA", on="2025-10-01")
    assert (str(r.status), r.title) == (
        "valid",
        "Fracture of lower end of ulna, initial encounter for closed fracture",
    )
    assert mine.identify("S52.6", on="2025-10-01").title == "Fracture of lower end of ulna"
    assert str(mine.identify("U07.1", on="2025-10-01").status) == "valid"


def fhir(kind: str, concepts: str, **more: str) -> bytes:
    rest = "".join(f', "{key}": {value}' for key, value in more.items())
    return f'{{"resourceType": "{kind}"{rest}, {concepts}}}'.encode()


def test_a_code_system_of_fhir() -> None:
    content = fhir(
        "CodeSystem",
        """"concept": [
            {"code": "90837", "display": "Words for two"},
            {"code": "1004", "display": "A group", "property":
                [{"code": "notSelectable", "valueBoolean": true}],
             "concept": [{"code": "90834", "display": "Words for one"}]},
            {"code": "90716", "property": [{"code": "inactive", "valueBoolean": true}]},
            {"code": "90658", "property": [{"code": "status", "valueCode": "retired"}]}]""",
        url='"http://www.ama-assn.org/go/cpt"',
        content='"complete"',
        version='"2026"',
        copyright='"A made-up notice"',
    )
    mine = Classifier().with_release(content)
    (release,) = mine.releases
    assert (release.rows, release.licence, release.dated_by) == (2, "A made-up notice", "cadence")
    assert release.valid_from == date(2026, 1, 1)
    assert list(mine.codes(CPT, on="2026-06-01")) == ["90834", "90837"]


def test_a_code_system_with_days() -> None:
    content = fhir(
        "CodeSystem",
        """"concept": [{"code": "90837", "display": "x", "property": [
            {"code": "effectiveDate", "valueDateTime": "2013-01-01T00:00:00Z"},
            {"code": "deprecationDate", "valueDateTime": "2025-12-31"}]}]""",
        url='"http://www.ama-assn.org/go/cpt"',
        content='"complete"',
    )
    mine = Classifier().with_release(content, valid_from="2026-01-01")
    r = mine.identify("90837", on="2026-06-01", systems="cpt")
    assert (str(r.status), str(r.valid_from), str(r.valid_to)) == (
        "expired",
        "2013-01-01",
        "2025-12-31",
    )


def test_value_sets_of_fhir_never_hold_all_codes() -> None:
    expansion = fhir(
        "ValueSet",
        """"expansion": {"contains": [
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "A00.2", "display": "x"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "abstract": true, "code": "A00",
             "display": "Cholera"},
            {"system": "http://snomed.info/sct", "code": "1"}]}""",
    )
    mine = small().with_release(expansion, valid_from=NEXT)
    assert (mine.releases[0].complete, mine.releases[0].rows) == (False, 1)
    assert len(list(mine.codes(ICD10CM, on=NEXT))) == 38
    assert mine.identify("A00", on=NEXT).title == "Cholera"
    composed = fhir(
        "ValueSet",
        """"compose": {"include": [
            {"system": "http://hl7.org/fhir/sid/icd-9-cm", "concept": [{"code": "458.2"},
             {"code": "45.82"}]}]}""",
    )
    mine = Classifier().with_release(composed, valid_from="2014-10-01")
    assert {str(one.system): one.rows for one in mine.releases} == {"icd9cm": 1, "icd9pcs": 1}


def test_what_a_value_set_excludes_is_not_in_it() -> None:
    uri = "http://www.ama-assn.org/go/cpt"
    concepts = '"concept": [{"code": "90834"}, {"code": "90837"}]'
    content = fhir(
        "ValueSet",
        f""""compose": {{"include": [{{"system": "{uri}", {concepts}}}],
            "exclude": [{{"system": "{uri}", "concept": [{{"code": "90837"}}]}}]}}""",
    )
    mine = Classifier().with_release(content, valid_from="2026-01-01")
    assert list(mine.codes(CPT, on="2026-06-01")) == ["90834"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_of_your_own(delimiter: str) -> None:
    text = "code,valid_from,valid_to,title\n\n90837,2013-01-01,,Words of two\n"
    text = (text + "90716,19950101,2024-12-31,x\n").replace(",", delimiter)
    mine = Classifier().with_release(io.StringIO(text), "CPT4")
    (release,) = mine.releases
    assert (release.layout, release.dated_by, str(release.valid_from)) == (
        "csv",
        "file",
        "2025-01-01",
    )
    assert str(mine.identify("90716", on="2025-06-01").status) == "expired"
    assert mine.identify("90837", on="2013-06-01").title == "Words of two"


def test_a_table_may_name_its_systems() -> None:
    text = b"system,code,from,title\nCPT,90837,2026-01-01,x\nicd10cm,A00.2,2026-10-01,y\n"
    mine = small().with_release(text, valid_from=NEXT, complete=False)
    assert sorted(str(one.system) for one in mine.releases) == ["cpt", "icd10cm"]
    assert str(mine.identify("A00.2", on=NEXT).status) == "valid"


def test_days_that_a_table_leaves_out_are_those_of_the_release() -> None:
    text = b"code,from,to\n90837,,\n90834,2020-01-01,2025-12-31\n"
    mine = Classifier().with_release(text, "cpt", valid_from="2026-01-01")
    assert [str(one.first) for one in mine.get("90837", CPT).intervals] == ["2026-01-01"]  # type: ignore[union-attr]


# -- days and names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "valid_from"),
    [
        ("icd10cm-codes-2027.txt", files.codes_file(still()), "2026-10-01"),
        ("icd10cm_codes_2027.txt", files.codes_file(still()), "2026-10-01"),
        ("icd10cm-codes-April-2026.txt", files.codes_file(still()), "2026-04-01"),
        ("icd10pcs_codes_2028.txt", files.codes_file(files.ICD10PCS), "2027-10-01"),
        ("CMS32_DESC_LONG_DX.txt", files.codes_file({"0010": "x"}, 5), "2014-10-01"),
    ],
)
def test_the_name_of_a_file_carries_its_year(
    tmp_path: Path, name: str, content: bytes, valid_from: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    mine = small().with_release(path, complete=False)
    assert (str(mine.releases[0].valid_from), mine.releases[0].dated_by) == (valid_from, "cadence")
    assert mine.releases[0].source == str(path)
    with path.open("rb") as stream:
        again = small().with_release(stream, complete=False)
        assert not stream.closed
    assert again.releases == mine.releases
    inside = small().with_release(files.zipped({f"folder/{name}": content}), complete=False)
    assert inside.releases[0].source == f"<bytes>/folder/{name}"
    assert inside.releases[0].sha256 == mine.releases[0].sha256


def test_nobody_guesses_a_day() -> None:
    with pytest.raises(ReleaseError, match="pass valid_from="):
        small().with_release(files.codes_file(still()))
    with pytest.raises(ReleaseError, match="the tables of ICD-10-CM begin on 2015-10-01"):
        small().with_release(files.codes_file(still()), valid_from="2014-10-01")
    with pytest.raises(ReleaseError, match="would end on 2026-01-01, before it begins"):
        small().with_release(files.codes_file(still()), valid_from=NEXT, valid_to="2026-01-01")


def test_the_caller_may_say_until_when() -> None:
    mine = small().with_release(
        files.codes_file(still()), valid_from=NEXT, valid_to="2027-09-30", edition="Mine"
    )
    assert str(mine.releases[0]).startswith("ICD-10-CM: Mine, 37 codes from 2026-10-01 on")
    assert mine.identify("A000", on="2027-09-30").as_of == date(2027, 9, 30)


def test_a_zip_of_one_release_gives_its_fullest_file() -> None:
    rows = [(code, True, title) for code, title in still().items()]
    content = files.zipped(
        {
            "icd10cm-codes-2027.txt": files.codes_file(still()),
            "icd10cm-order-2027.txt": files.order_file(rows),
            "icd10cm-order-addenda-2027.txt": b"Add:       00123 A0000   1 x\n",
            "readme.pdf": b"%PDF-1.4\x00\x01",
            "more.zip": files.zipped({"icd10cm-codes-2027.txt": files.codes_file(still())}),
        }
    )
    mine = small().with_release(content)
    assert mine.releases[0].layout == "icd10cm-order"
    chosen = small().with_release(content, member="icd10cm-codes-2027.txt")
    assert chosen.releases[0].layout == "icd10cm-codes"


def test_a_zip_of_a_licence() -> None:
    content = files.zipped(
        {
            "LONGULT.txt": files.cpt_long(),
            "LONGULF.txt": files.cpt_parts(),
            "MEDU.txt": files.cpt_short(width=48),
            "SHORTU.txt": files.cpt_short(),
        }
    )
    mine = Classifier().with_release(content, "cpt", valid_from="2026-01-01")
    assert mine.releases[0].layout == "cpt-long"


def test_a_release_pickles_and_prints() -> None:
    (release,) = licensed().releases[1:]
    assert pickle.loads(pickle.dumps(release)) == release
    assert str(release) == (
        "CPT: CPT of 2026-01-01 (<bytes>), 3 codes from 2026-01-01 on (cpt-long)"
    )


# -- columns --------------------------------------------------------------------------------------


def assert_columns_answer_alike(mine: Classifier, texts: list[str], on: str) -> None:
    fields = ("system", "code", "status", "can_be_principal")
    found = columns.identify(texts, on=on, classifier=mine, fields=fields)
    for text, row in zip(texts, found, strict=True):
        answer = mine.identify(text, on=on)
        system = str(answer.system) if answer.system else None
        facts = (system, answer.code, answer.status.value, answer.can_be_principal)
        assert row == dict(zip(fields, facts, strict=True))


def test_columns_answer_from_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_is_worth_tables", lambda *_: True)  # the kernel, not the classifier

    codes = {**files.CPT, "0042T": "Words to come"}
    mine = Classifier().with_release(files.cpt_long(codes), "cpt", valid_from="2026-01-01")
    mine = mine.with_release(
        files.cpt_long({**codes, "90716": "x"}), "cpt", valid_from="2025-01-01"
    )
    rng = random.Random(7)
    texts = [f"{rng.randrange(100_000):05}" for _ in range(3_000)]
    texts += [f"{rng.randrange(10_000):04}{rng.choice('FTUMA')}" for _ in range(2_000)]
    texts += [*codes, "90716", "00001", "E11.65", "J0120", "D0120"]
    for on in ("2024-06-01", "2025-06-01", "2026-06-01"):
        assert_columns_answer_alike(mine, texts, on)
    mine = small().with_release(files.codes_file(still({"A002": "New"}, "Z100")), valid_from=NEXT)
    for on in ("2026-09-30", NEXT):
        texts = ["A00.2", "Z100", "E11.65", "A009", "S52501D", "R05"]
        assert_columns_answer_alike(mine, texts, on)


def test_suggesting_finding_walking_and_searching_take_the_release() -> None:
    on = "2026-06-01"
    mine = licensed()
    assert [one.code for one in mine.suggest("90843", systems="cpt", on=on)] == ["90834"]
    found = mine.find("CPT 90837, 90835", on=on)
    assert [(one.text, one.identification.title) for one in found] == [("90837", "Words for two")]
    completed = mine.complete("9083", systems="cpt", on=on)
    assert [(one.code, one.title) for one in completed] == [
        ("90834", "Words for one"),
        ("90837", "Words for two"),
    ]
    assert [one.code for one in mine.search("words for two", on=on, systems="cpt")][:1] == ["90837"]
    group = mine.get("90832-90838", CPT, on=on)
    assert group is not None
    assert [one.code for one in group.children] == ["90834", "90837"]
    assert [one.code for one in mine.expand("9083*", on=on)] == ["90834", "90837"]


# -- conversions ----------------------------------------------------------------------------------

CONVERSIONS = (
    "ICD-10-CM Conversion Table\n\n"
    "Current code assignment\tEffective\tPrevious Code(s) Assignment\n"
    "A00.2\t2026\tA00.0, A00.1, \n"
    "A00.3\t46113\tNone\n"
    "S52.501S\t04/01/27\tS52.501A-S52.501D; A00.0 and A00.1\n"
    "A00.4\t20270401\tA00.1\n"
    "\t\t\n"
)


# The made-up lists may end before those of the package do.
@pytest.mark.filterwarnings("ignore:.* knows icd10cm until:medcodes.StaleReferenceWarning")
def test_a_conversion_table_says_which_codes_took_over(tmp_path: Path) -> None:
    mine = small().with_release(CONVERSIONS.encode())
    (release,) = mine.releases
    assert (release.layout, release.rows, str(release.valid_from), release.dated_by) == (
        "icd10cm-conversions",
        7,
        "2027-04-01",
        "file",
    )
    after = mine.reference.successors("icd10cm")
    assert after.after("A000") == (("A002", date(2026, 10, 1)), ("S52501S", date(2027, 4, 1)))
    assert after.after("S52501D") == (("S52501S", date(2027, 4, 1)),)
    bundled = reference.successors("icd10cm")
    assert after.after("R05") == bundled.after("R05")
    assert len(list(after)) == len(list(bundled)) + 7
    # They are saved with the rest.
    mine = mine.with_release(files.codes_file(still({"A002": "New"})), valid_from=NEXT)
    mine.save(tmp_path / "mine")
    again = Classifier.open(tmp_path / "mine")
    assert list(again.reference.successors("icd10cm")) == list(after)
    assert again.identify("A002", on=NEXT).title == "New"
    entry = again.get("A00.0", ICD10CM, on=NEXT)
    assert entry is not None
    assert [one.code for one in entry.successors][:1] == ["A00.2"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("A00.2\t\tA00.0", "line 4: cannot tell from which day the row is valid; pass valid_from="),
        ("A00.2\tsoon\tA00.0", "line 4: 'soon' is not a date"),
        ("A00.2\t2026\tcholera", "line 4: 'cholera' does not have the shape"),
        ("nothing\t2026\tA00.0", "line 4: 'nothing' does not have the shape"),
        ("A00.2\t2026\tA00.0-B00.1", "line 4: A00.0-B00.1 is not a range of codes"),
        ("A00.2\t2026\tnone", "contains no conversions"),
    ],
)
def test_bad_conversion_tables(row: str, what: str) -> None:
    head = CONVERSIONS[: CONVERSIONS.index("A00.2")]
    with pytest.raises(ReleaseError, match=what):
        small().with_release(f"{head}{row}\n".encode())


def test_the_caller_may_date_conversions() -> None:
    head = CONVERSIONS[: CONVERSIONS.index("A00.2")]
    mine = small().with_release(f"{head}A00.2\t\tA00.0\n".encode(), valid_from=NEXT)
    assert mine.releases[0].dated_by == "caller"
    found = mine.reference.successors("icd10cm").after("A000")
    assert found == (("A002", date(2026, 10, 1)),)


def test_codes_without_titles_have_none() -> None:
    mine = Classifier().with_release(b"code,title\n90834,\n90837,Words\n", "cpt", valid_from=NEXT)
    titles = mine.reference.titles("cpt")
    assert list(titles) == [("90837", "Words")]
    assert mine.identify("90834", on=NEXT).title is None
    assert titles.get("99213") is None
