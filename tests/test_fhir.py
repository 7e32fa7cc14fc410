"""Codings out of answers, and the codings of others checked."""

from __future__ import annotations

import copy
import datetime
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import CodeSystem, fhir
from medcodes.fhir import days
from medcodes.fhir.days import of_resource
from tests.conftest import DAY, LISTED, ROOT

CM, PCS = medcodes.ICD10CM.uri, medcodes.ICD10PCS.uri
ICD9, CPT, HCPCS = medcodes.ICD9CM.uri, medcodes.CPT.uri, medcodes.HCPCS.uri
WHO = "http://hl7.org/fhir/sid/icd-10"
ICD9_DIAGNOSES = f"urn:oid:{medcodes.ICD9CM.oid}"
ICD9_PROCEDURES = f"urn:oid:{medcodes.ICD9PCS.oid}"
CDT = "http://www.ada.org/cdt"
THO = "http://terminology.hl7.org/CodeSystem"
OF_2012 = "2012-06-01"

Found = tuple[str, str, tuple[str, str] | None]


def say(system: str | None, code: Any, on: str = DAY, display: str | None = None) -> list[Found]:
    """What is said of one coding: rule, severity, and the coding expected; displays apart."""
    coding = {"system": system, "code": code, "display": display}
    concept = {"coding": [{name: value for name, value in coding.items() if value is not None}]}
    return [
        (
            one.rule,
            one.severity,
            (one.expected["system"], one.expected["code"]) if one.expected else None,
        )
        for one in fhir.check(concept, on=on)
        if display is not None or one.rule != "no-display"
    ]


# -- codings out --------------------------------------------------------------------------------


def test_a_coding_has_a_display_where_the_title_is_public() -> None:
    assert fhir.coding(medcodes.identify("E1165", on=DAY)) == {
        "system": "http://hl7.org/fhir/sid/icd-10-cm",
        "code": "E11.65",
        "display": "Type 2 diabetes mellitus with hyperglycemia",
    }
    assert fhir.coding(medcodes.identify("90837", on=DAY)) == {"system": CPT, "code": "90837"}


@pytest.mark.parametrize(
    ("text", "systems", "system", "code"),
    [
        ("0SRB02A", None, PCS, "0SRB02A"),
        ("J1885", "hcpcs", HCPCS, "J1885"),
        ("250.00", None, ICD9, "250.00"),
        ("45.13", None, ICD9, "45.13"),
        ("R05", "icd10cm", CM, "R05"),  # a heading
        ("J0171", "hcpcs", HCPCS, "J0171"),  # expired
    ],
)
def test_codings_of_every_system(text: str, systems: str | None, system: str, code: str) -> None:
    made = fhir.coding(medcodes.identify(text, on=DAY, systems=systems))
    assert (made["system"], made["code"]) == (system, code)


def test_modifiers_are_joined_on_demand() -> None:
    answer = medcodes.identify("99213-25", on=DAY)
    assert fhir.coding(answer)["code"] == "99213"
    assert fhir.coding(answer, modifiers=True)["code"] == "99213:25"
    supply = medcodes.identify("J1885-59", on=DAY)
    assert "display" in fhir.coding(supply)
    assert fhir.coding(supply, modifiers=True) == {"system": HCPCS, "code": "J1885:59"}
    assert fhir.codeable_concept(supply, modifiers=True) == {
        "coding": [{"system": HCPCS, "code": "J1885:59"}],
        "text": "J1885-59",
    }


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", medcodes.MalformedCode, "nothing in it"),
        ("?" * 50, medcodes.MalformedCode, r"'\?{37}\.\.\.'"),
        ("E99.99", medcodes.UnknownCode, "not in its list"),
        ("J0120", medcodes.AmbiguousCode, "HCPCS Level II J0120 and ICD-10-CM J01.20; name the"),
    ],
)
def test_what_has_no_coding(text: str, error: type[medcodes.InvalidCode], words: str) -> None:
    answer = medcodes.identify(text, on=DAY)
    with pytest.raises(error, match=words) as raised:
        fhir.coding(answer)
    assert raised.value.text == text
    assert fhir.codeable_concept(answer) == {"text": text}


def test_other_readings_are_never_codings_of_the_same_concept() -> None:
    answer = medcodes.identify("042", on=OF_2012, kind="diagnosis")
    assert fhir.codeable_concept(answer)["coding"] == [fhir.coding(answer)]


def _round_trip(system: CodeSystem, codes: Iterator[str] | list[str], day: str) -> None:
    codings = [fhir.coding(medcodes.identify(code, on=day, systems=system)) for code in codes]
    assert codings
    assert all(one["code"] for one in codings)
    found = fhir.check({"resourceType": "Condition", "code": {"coding": codings}}, on=day)
    assert [one for one in found if one.rule != "no-display"] == []
    assert all("display" not in codings[_last_number(one.path)] for one in found)


def _last_number(path: str) -> int:
    return int(re.findall("[0-9]+", path)[-1])


@pytest.mark.parametrize("name", LISTED)
def test_every_coding_of_ours_passes_our_check(name: str) -> None:
    system = medcodes.code_system(name)
    day = OF_2012 if name.startswith("icd9") else DAY
    _round_trip(system, system.codes(on=day), day)


# -- one coding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "on"),
    [
        (CM, "E11.65", DAY),
        (CM, "QA0.0101", DAY),
        (CM, "R05", "2021-09-30"),
        (CM, "R05.9", "2021-10-01"),
        (CM, "U07.1", "2020-04-01"),
        (PCS, "0SRB02A", DAY),
        (ICD9, "250.00", OF_2012),
        (ICD9, "45.13", OF_2012),
        (CPT, "99213", DAY),
        (CPT, "99213:25", DAY),
        (CPT, "25", DAY),  # a modifier
        (HCPCS, "J1885", DAY),
        (HCPCS.replace("http:", "https:"), "J1885", DAY),
        (HCPCS, "LT", DAY),
        (WHO, "E14.9", DAY),  # WHO's own
        (CDT, "D0120", DAY),
        ("http://loinc.org", "4548-4", DAY),
        ("http://snomed.info/sct", "44054006", DAY),
        (None, "12345", DAY),  # may be anything
        (None, "J0120", DAY),  # is two things
        (None, "e11.65", DAY),
        (CDT, "E11.65", DAY),
        (CDT, "J1885x", DAY),
        ("?" * 1000, "E11.65", DAY),
        # What is no text is only told of our systems.
        ("http://loinc.org", 4548, DAY),
        (CDT, 120, DAY),
        (None, 99213, DAY),
    ],
)
def test_nothing_to_say(system: str | None, code: object, on: str) -> None:
    assert say(system, code, on) == []


@pytest.mark.parametrize(
    ("system", "code", "on", "rule", "severity", "meant"),
    [
        (HCPCS, "99213", DAY, "wrong-system", "error", (CPT, "99213")),
        (CPT, "J1885", DAY, "wrong-system", "error", (HCPCS, "J1885")),
        (CM, "B00B0ZZ", DAY, "wrong-system", "error", (PCS, "B00B0ZZ")),
        # Without its dot it is an ICD-10-CM code.
        (CM, "E802.0", OF_2012, "wrong-system", "error", (ICD9, "E802.0")),
        (CM, "250.00", OF_2012, "wrong-system", "error", (ICD9, "250.00")),
        (ICD9, "E11.65", DAY, "wrong-system", "error", (CM, "E11.65")),
        (CM, "J1885", DAY, "wrong-system", "error", (HCPCS, "J1885")),
        (ICD9_PROCEDURES, "458.21", OF_2012, "wrong-system", "error", (ICD9, "458.21")),
        (ICD9_DIAGNOSES, "45.82", OF_2012, "wrong-system", "error", (ICD9, "45.82")),
        (CM, "99213", DAY, "wrong-system", "error", None),  # CPT, but that is only plausible
        (CDT, "J1885", DAY, "wrong-system", "error", (HCPCS, "J1885")),
        # Dental codes have a system of their own.
        (HCPCS, "D0120", DAY, "wrong-system", "warning", (CDT, "D0120")),
        (WHO, "E11.65", DAY, "who-icd-10", "warning", (CM, "E11.65")),
        (WHO, "0SRB02A", DAY, "who-icd-10", "warning", (PCS, "0SRB02A")),
        ("urn:oid:2.16.840.1.113883.6.3", "E11.65", DAY, "who-icd-10", "warning", (CM, "E11.65")),
        (f"{THO}/icd10", "0SRB02A", DAY, "who-icd-10", "warning", (PCS, "0SRB02A")),
        (None, "E11.65", DAY, "no-system", "warning", (CM, "E11.65")),
        (CM, "E1165", DAY, "missing-dot", "error", (CM, "E11.65")),
        (ICD9, "25000", OF_2012, "missing-dot", "error", (ICD9, "250.00")),
        (ICD9, "4582", OF_2012, "missing-dot", "error", None),  # 458.2 and 45.82
        # J01.20, or HCPCS under the wrong system.
        (CM, "J0120", DAY, "missing-dot", "error", None),
        (CM, "e11.65", DAY, "spelling", "error", (CM, "E11.65")),
        (CM, " E11.65", DAY, "spelling", "error", (CM, "E11.65")),
        (CPT, "99213-25", DAY, "spelling", "error", (CPT, "99213:25")),
        (CPT, "CPT 99213", DAY, "spelling", "error", (CPT, "99213")),
        (CM, "hello, world", DAY, "malformed-code", "error", None),
        (CM, "", DAY, "malformed-code", "error", None),
        (CM, 99213, DAY, "malformed-code", "error", None),
        (CM, ["E11.65"], DAY, "malformed-code", "error", None),
        (CM, "E99.99", DAY, "unknown-code", "error", None),
        (CPT, "00001", DAY, "unknown-code", "warning", None),  # the list of CPT is not public
        (CM, "U07.1", "2020-03-31", "inactive-code", "error", None),
        (CM, "R05.9", "2021-09-30", "inactive-code", "error", None),
        (HCPCS, "J0171", "2025-07-01", "inactive-code", "error", None),
        # Before the reference begins.
        (ICD9, "250.00", "1980-01-01", "not-covered", "information", None),
    ],
)
def test_one_thing_to_say(
    system: str | None,
    code: object,
    on: str,
    rule: str,
    severity: str,
    meant: tuple[str, str] | None,
) -> None:
    assert say(system, code, on) == [(rule, severity, meant)]


def test_swapped_oids_are_named() -> None:
    (one, *_) = fhir.check({"system": ICD9_PROCEDURES, "code": "458.21"}, on=OF_2012)
    assert one.message == (
        "ICD-9-CM 458.21 (valid) is sent as ICD-9-CM Volume 3; the OID of ICD-9-CM is "
        "2.16.840.1.113883.6.103; its system is http://hl7.org/fhir/sid/icd-9-cm"
    )


@pytest.mark.parametrize(
    ("system", "code", "severity"),
    [
        ("urn:oid:2.16.840.1.113883.6.90", "E11.65", "information"),
        ("https://hl7.org/fhir/sid/icd-10-cm", "E11.65", "information"),
        ("http://hl7.org/fhir/sid/icd-10-cm/", "E11.65", "information"),
        ("http://hl7.org/fhir/sid/icd-10-cm|2026", "E11.65", "information"),
        (f"{THO}/icd10CM", "E11.65", "information"),
        ("ICD-10-CM", "E11.65", "warning"),
        ("2.16.840.1.113883.6.90", "E11.65", "warning"),
        (ICD9_DIAGNOSES, "250.00", "information"),
        (ICD9_PROCEDURES, "45.13", "information"),
        ("urn:oid:2.16.840.1.113883.6.285", "J1885", "information"),
        ("https://bluebutton.cms.gov/resources/codesystem/hcpcs", "J1885", "information"),
        ("https://bluebutton.cms.gov/resources/codesystem/hcpcs", "99213", "information"),
    ],
)
def test_other_names_of_the_system(system: str, code: str, severity: str) -> None:
    on = OF_2012 if "." in code and code[0] in "24" else DAY
    ((rule, told, expected),) = say(system, code, on)
    assert (rule, told) == ("system-alias", severity)
    assert expected is not None
    assert expected[0] in {CM, ICD9, HCPCS, CPT}


def test_both_readings_of_a_code_without_its_dot_are_named() -> None:
    (one,) = fhir.check({"system": ICD9, "code": "4582"}, on=OF_2012)
    assert "ICD-9-CM Volume 3 45.82 or ICD-9-CM 458.2" in one.message
    (one,) = fhir.check({"system": CM, "code": "J0120"}, on=DAY)
    assert "or it is HCPCS Level II J0120, sent under the wrong system" in one.message


def test_two_things_can_be_wrong() -> None:
    meant = (CM, "S52.501A")
    assert say(PCS, "S52501A") == [
        ("wrong-system", "error", meant),
        ("missing-dot", "error", meant),
    ]
    assert say(WHO, "E1165") == [
        ("who-icd-10", "warning", (CM, "E11.65")),
        ("missing-dot", "error", (CM, "E11.65")),
    ]


def test_suggestions() -> None:
    (one,) = fhir.check({"system": CM, "code": "E11.66"}, on=DAY)
    assert one.suggestions == ("E11.65", "E11.69", "E11.36")
    assert one.message.endswith("; did you mean E11.65 or E11.69 or E11.36?")
    (one,) = fhir.check({"system": CM, "code": "n/a"}, on=DAY)
    assert one.suggestions == ()
    assert "did you mean" not in one.message


def test_a_licensed_list_is_used_but_its_words_stay_here() -> None:
    mine = medcodes.Classifier().with_release(
        b"code,title\n90837,Made-up words\n", "cpt", valid_from="2026-01-01"
    )
    coding = {"system": CPT, "code": "90837", "display": "other words"}
    assert fhir.check(coding, on=DAY, classifier=mine) == []
    (one,) = fhir.check({**coding, "code": "90834"}, on=DAY, classifier=mine)
    assert (one.rule, one.severity) == ("unknown-code", "error")
    assert fhir.coding(mine.identify("90837", on=DAY)) == {"system": CPT, "code": "90837"}
    # Before the list begins, its codes are as plausible as any.
    assert fhir.check(coding, on="2020-01-01", classifier=mine) == []


def test_long_codes_are_shown_in_part() -> None:
    (one,) = fhir.check({"system": CM, "code": "x" * 10_000}, on=DAY)
    assert len(one.message) < 200


def test_headings_count_most_on_claims() -> None:
    coding = {"coding": [{"system": CM, "code": "R05", "display": "Cough"}]}
    for kind, severity in [("Condition", "warning"), ("Claim", "error")]:
        (one,) = fhir.check({"resourceType": kind, "code": coding}, on=DAY)
        assert (one.rule, one.severity) == ("heading", severity)


def test_displays() -> None:
    title = "Type 2 diabetes mellitus with hyperglycemia"
    assert say(CM, "E11.65", display=title.upper().replace(" ", "  ")) == []
    meant = (CM, "E11.65")
    assert say(CM, "E11.65", display=" ") == [("no-display", "information", meant)]
    assert say(CM, "E11.65", display="Sugar") == [("display-differs", "information", meant)]
    (one,) = fhir.check({"system": CM, "code": "E11.65"}, on=DAY)
    assert one.rule == "no-display"
    assert one.expected == {"system": CM, "code": "E11.65", "display": title}


OLD, NEW = (f"Nodular sclerosis {word}Hodgkin lymphoma" for word in ("classical ", ""))


@pytest.mark.parametrize(
    ("display", "on", "version", "timestamp", "fine"),
    [
        (NEW, DAY, None, None, True),
        (OLD, DAY, None, None, False),
        (OLD, "2016-09-30", None, None, True),
        (NEW, "2016-09-30", None, None, False),
        (OLD, DAY, "2016", None, True),  # a fiscal year, or one of the calendar
        (NEW, "2016-09-30", "2016", None, True),
        (OLD, DAY, "2017", None, False),
        (OLD, DAY, "2016-09-30", None, True),
        (OLD, DAY, "2016-09", None, True),
        (OLD, DAY, "2016-10", None, False),
        (OLD, DAY, "0001", None, True),  # before the record, the first title that is known
        (OLD, DAY, "FY2016", None, False),
        (OLD, DAY, None, "2016-03-01T12:00:00Z", True),
        (OLD, DAY, "2017", "2016-03-01T12:00:00Z", True),
        (OLD, DAY, None, "2017-03-01", False),
        ("", DAY, "2016", None, False),
    ],
)
def test_a_display_was_the_title_on_some_day_that_counts(
    display: str, on: str, version: str | None, timestamp: str | None, fine: bool
) -> None:
    text = f"{display}, unspecified site" if display else display
    coding = {"system": CM, "code": "C81.10", "display": text, "version": version}
    contained = {"timestamp": timestamp, "contains": [coding]}
    value_set = {"resourceType": "ValueSet", "expansion": contained}
    rules = [issue.rule for issue in fhir.check(value_set, on=on)]
    assert rules == ([] if fine else ["display-differs" if text else "no-display"])


def test_the_display_of_cpt_is_the_senders() -> None:
    assert say(CPT, "99213", display="whatever the sender wrote") == []
    assert fhir.check({"system": CPT, "code": "99213"}, on=DAY) == []
    assert say(HCPCS, "J1885:59", display="an expression has no title") == []


# -- where codings are --------------------------------------------------------------------------


def paths(resource: object, **options: Any) -> list[str]:
    return [one.path for one in fhir.check(resource, **options) if one.rule != "no-display"]


@pytest.mark.parametrize(
    ("uri", "code", "meant"),
    [
        ("http://hl7.org/fhir/sid/icd10-cm", "E11.65", CM),
        ("hl7.org/fhir/sid/icd-10-cm", "E11.65", CM),
        ("http://hl7.org/fhir/icd-10-cm", "E11.65", CM),
        ("HTTPS://HL7.org/fhir/sid/ICD10CM/|2024", "E11.65", CM),
        ("http://www.ama-assn.org/go/cpt-4", "99213", CPT),
        ("http://www.ama-assn.org/cpt", "99213", CPT),
        ("http://www.cms.gov/Medicare/Coding/HCPCS", "J1885", HCPCS),
        ("", "E11.65", CM),
        ("http://hl7.org/fhir/sid/icd-10-uk", "E11.65", None),
        ("http://example.org/fhir/sid/icd10-cm", "E11.65", None),  # somebody's own
        ("http://hl7.org/fhir/sid/" + "x" * 600, "E11.65", None),
    ],
)
def test_misspelt_systems(uri: str, code: str, meant: str | None) -> None:
    coding = {"coding": [{"system": uri, "code": code, "display": None}]}
    found = [issue for issue in fhir.check(coding, on=DAY) if issue.rule != "no-display"]
    if meant is None:
        assert found == []
        return
    (issue,) = found
    assert (issue.rule, issue.severity) == ("misspelt-system" if uri else "no-system", "warning")
    assert issue.expected is not None
    assert (issue.expected["system"], issue.expected["code"]) == (meant, code)
    assert meant in issue.message
    assert json.loads(json.dumps(issue.to_dict()))["expected"] == issue.expected


def test_a_resource_on_each_line() -> None:
    bad = json.dumps(
        {"resourceType": "Condition", "code": {"coding": [{"system": CM, "code": "E1165"}]}}
    )
    for text in (f"{bad}\n\n{bad}\n", f"{bad}\r\n{bad}".encode("utf-16"), f"\ufeff{bad}\n{bad}"):
        assert paths(text, on=DAY) == ["$this[0].code.coding[0]", "$this[1].code.coding[0]"]
    for text in (f"{bad}\nno JSON", f"{bad} {bad}", ""):
        with pytest.raises(ValueError, match="line 1|line 2|Extra data"):
            fhir.check(text)


def test_a_bare_coding_a_concept_and_a_list() -> None:
    bad = {"system": CM, "code": "E1165"}
    assert paths(bad, on=DAY) == ["$this"]
    assert paths({"coding": [bad]}, on=DAY) == ["$this.coding[0]"]
    assert paths([{"code": bad}, (bad,)], on=DAY) == ["$this[0].code", "$this[1][0]"]
    assert paths({"resourceType": "no name", "code": bad}, on=DAY) == ["$this.code"]
    assert paths({"a `b` \\": bad}, on=DAY) == ["$this.`a \\`b\\` \\\\`"]


@pytest.mark.parametrize("nothing", [None, 1, 1.5, True, (), [], {}, "[]", "null", "{}"])
def test_nothing_in_it(nothing: object) -> None:
    assert fhir.check(nothing) == []


@pytest.mark.parametrize("other", [object(), Path("condition.json"), iter([{}]), {"E11.9"}])
def test_what_cannot_be_looked_into_is_not_taken_for_right(other: object) -> None:
    with pytest.raises(TypeError, match="a resource is dicts and lists, or JSON text, not "):
        fhir.check(other)


def test_what_has_a_system_and_is_no_coding() -> None:
    for one in (
        {"telecom": [{"system": "phone", "value": "5555550100", "use": "home"}]},
        {"valueQuantity": {"system": "http://unitsofmeasure.org", "code": "mg", "value": 1}},
        {"part": {"system": "PR", "code": "E11.65"}},  # a name counts in a CodeableConcept only
        {"system": CM},
        {"system": CM, "code": None},
        {"system": 1, "code": "E11.65"},
    ):
        assert fhir.check(one, on=DAY) == []


def test_codings_outside_of_concepts() -> None:
    bad = {"system": CM, "code": "E1165"}
    assert paths({"resourceType": "Observation", "valueCoding": bad}, on=DAY) == [
        "Observation.valueCoding"
    ]
    expansion = {"resourceType": "ValueSet", "expansion": {"contains": [bad]}}
    assert paths(expansion, on=DAY) == ["ValueSet.expansion.contains[0]"]


def test_json_text() -> None:
    resource = {"resourceType": "Condition", "code": {"coding": [{"system": CM, "code": "E1165"}]}}
    text = json.dumps(resource)
    assert fhir.check(text, on=DAY) == fhir.check(resource, on=DAY)
    assert fhir.check(text.encode(), on=DAY) == fhir.check(bytearray(text.encode()), on=DAY)
    assert fhir.check(text, on=DAY) == fhir.check(text.encode("utf-16"), on=DAY)
    for bad, words in (("{", "Expecting"), ("", "Expecting"), (b"\xff\xfe\xff", "decode")):
        with pytest.raises(ValueError, match=words):
            fhir.check(bad)
    with pytest.raises(ValueError, match="nested too deeply"):
        fhir.check("[" * 200_000 + "]" * 200_000)


def test_no_depth_is_too_deep() -> None:
    depth = 100_000
    value: dict[str, Any] = {"system": CM, "code": "E1165"}
    for _ in range(depth):
        value = {"item": [value]}
    (one, *_) = fhir.check(value, on=DAY)
    assert one.path == "$this" + ".item[0]" * depth


def test_what_holds_itself_is_refused() -> None:
    ring: dict[str, Any] = {"resourceType": "Bundle"}
    ring["entry"] = [{"resource": ring}]
    with pytest.raises(ValueError, match=r"^Bundle\.entry\[0\]\.resource holds itself$"):
        fhir.check(ring)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="holds itself"):
        fhir.check(loop)


def test_what_is_shared_is_checked_at_each_place() -> None:
    bad = {"system": CM, "code": "E1165"}
    assert paths({"a": bad, "b": bad}, on=DAY) == ["$this.a", "$this.b"]


def test_the_resource_is_not_changed() -> None:
    before = copy.deepcopy(BUNDLE)
    fhir.check(BUNDLE)
    assert before == BUNDLE


# -- days ---------------------------------------------------------------------------------------

COVID: dict[str, Any] = {"coding": [{"system": CM, "code": "U07.1", "display": "COVID-19"}]}
BEFORE, FIRST = "2020-03-31", "2020-04-01"
STAY = {"start": "2020-03-01", "end": FIRST}


def severities(resource: dict[str, Any], **options: Any) -> list[str]:
    found = fhir.check(resource, **options)
    assert {one.rule for one in found} <= {"inactive-code"}
    return [one.severity for one in found]


@pytest.mark.parametrize(
    ("kind", "early", "late"),
    [
        ("Condition", {"recordedDate": BEFORE}, {"recordedDate": f"{FIRST}T08:00:00-05:00"}),
        ("Condition", {"onsetDateTime": "2020-03"}, {"onsetDateTime": "2020"}),
        ("Condition", {"onsetPeriod": {"start": "2020-03-01", "end": BEFORE}}, {}),
        # When it was recorded counts more than when it began.
        ("Condition", {"recordedDate": BEFORE, "onsetDateTime": FIRST}, {"recordedDate": FIRST}),
        ("Condition", {"assertedDate": BEFORE}, {"dateRecorded": FIRST, "onsetDateTime": BEFORE}),
        ("Procedure", {"performedDateTime": BEFORE}, {"performedDateTime": FIRST}),
        ("Procedure", {"performedPeriod": {"end": BEFORE}}, {"performedPeriod": STAY}),
        ("Procedure", {"occurrenceDateTime": BEFORE}, {"occurrenceDateTime": FIRST}),
        # The last goes on.
        ("Encounter", {"period": {**STAY, "end": BEFORE}}, {"period": {"start": "2020-03-01"}}),
        ("Encounter", {"actualPeriod": {"end": "2020-03"}}, {"actualPeriod": {"end": "2020-04"}}),
        ("Claim", {"created": BEFORE}, {"billablePeriod": {"start": FIRST}, "created": BEFORE}),
        ("ExplanationOfBenefit", {"created": BEFORE}, {"created": FIRST}),
        ("Observation", {"effectiveDateTime": BEFORE}, {"effectiveInstant": f"{FIRST}T00:00Z"}),
        ("Immunization", {"occurrenceDateTime": BEFORE}, {"occurrenceDateTime": "2020-12"}),
    ],
)
def test_dates_of_resources(kind: str, early: dict[str, Any], late: dict[str, Any]) -> None:
    assert severities({"resourceType": kind, **early, "code": COVID}) == ["error"]
    assert severities({"resourceType": kind, **late, "code": COVID}) == []
    assert severities({"resourceType": kind, **early, "code": COVID}, on="2020-04-01") == []
    assert severities({"resourceType": kind, **late, "code": COVID}, on="2020-03-31") == ["error"]


@pytest.mark.parametrize(
    "no_date",
    ["2020-13-01", "0000", "soon", "2020-4-1", "２０２０", 2020, None, [], {}, {"start": 1}],
)
def test_what_is_no_date_is_passed_over(no_date: object) -> None:
    resource = {"resourceType": "Condition", "recordedDate": no_date}
    assert of_resource(resource) is None
    assert of_resource({**resource, "onsetDateTime": "2020-03-31"}) is not None


def test_a_resource_without_a_date_is_judged_mildly(
    set_clock: Callable[[datetime.datetime], None],
) -> None:
    set_clock(datetime.datetime(2020, 3, 31))
    for kind in ("Condition", "Basic", ["Condition"]):
        (one,) = fhir.check({"resourceType": kind, "code": COVID})
        assert (one.rule, one.severity) == ("inactive-code", "warning")
        assert one.message.endswith("and the day is today, since the resource names none")
    set_clock(datetime.datetime(2020, 4, 1))
    assert fhir.check({"resourceType": "Condition", "code": COVID}) == []


def test_the_message_names_the_date() -> None:
    (one,) = fhir.check({"resourceType": "Condition", "onsetDateTime": "2020-02", "code": COVID})
    assert one.message.endswith("and the day is 2020-02-01 to 2020-02-29 (onsetDateTime)")


def test_a_stay_is_coded_as_of_its_last_day() -> None:
    cough = {"coding": [{"system": CM, "code": "R05", "display": "Cough"}]}
    encounter = {
        "resourceType": "Encounter",
        "period": {"start": "2021-09-28", "end": "2021-10-02"},
        "reasonCode": [cough],
    }
    (one,) = fhir.check(encounter)
    assert (one.rule, one.severity) == ("inactive-code", "warning")
    assert "not on the last day of 2021-09-28 to 2021-10-02 (period)" in one.message
    assert fhir.check({**encounter, "period": {"start": "2021-09-28", "end": "2021-09"}}) == []
    year = {"resourceType": "Condition", "recordedDate": "2021", "code": cough}
    assert fhir.check(year) == []


def test_a_code_that_lived_within_the_period() -> None:
    # HCPCS codes come and go within a year.
    short = next(
        code
        for code in medcodes.HCPCS.codes(on="2023-06-01")
        if not medcodes.HCPCS.is_valid(code, on="2022-12-31")
        and not medcodes.HCPCS.is_valid(code, on="2024-01-01")
    )
    entry = medcodes.HCPCS.get(short)
    assert entry is not None
    coding = {"system": HCPCS, "code": short, "display": entry.title}
    assert (
        fhir.check(
            {"resourceType": "Procedure", "performedDateTime": "2023", "code": {"coding": [coding]}}
        )
        == []
    )
    period = {"start": "2022-01-01", "end": "2025-01-01"}
    (one,) = fhir.check(
        {"resourceType": "Procedure", "performedPeriod": period, "code": {"coding": [coding]}}
    )
    assert one.severity == "warning"


def test_lines_and_procedures_of_claims_have_days_of_their_own() -> None:
    claim = {
        "resourceType": "Claim",
        "billablePeriod": {"start": "2020-03-01", "end": "2020-03-31"},
        "diagnosis": [{"diagnosisCodeableConcept": COVID}],
        "procedure": [
            {"date": "2020-04-01", "procedureCodeableConcept": COVID},
            {"procedureCodeableConcept": COVID},
        ],
        "item": [
            {"servicedDate": "2020-04-01", "productOrService": COVID, "detail": [{"code": COVID}]},
            {"servicedPeriod": {"start": "2020-04-01"}, "productOrService": COVID},
            {"productOrService": COVID},
        ],
    }
    assert paths(claim) == [
        "Claim.diagnosis[0].diagnosisCodeableConcept.coding[0]",
        "Claim.procedure[1].procedureCodeableConcept.coding[0]",
        "Claim.item[2].productOrService.coding[0]",
    ]


def test_what_is_contained_inherits_the_day() -> None:
    claim = {
        "resourceType": "Claim",
        "created": "2020-03-31",
        "contained": [
            {"resourceType": "Condition", "code": COVID},
            {"resourceType": "Condition", "recordedDate": "2020-04-01", "code": COVID},
        ],
    }
    assert paths(claim) == ["Claim.contained[0].code.coding[0]"]


def test_days_that_are_none() -> None:
    with pytest.raises(ValueError, match="is not a date"):
        fhir.check({}, on="soon")
    with pytest.raises(TypeError, match="is not a date"):
        fhir.check({}, on=20260601)  # type: ignore[arg-type]


# -- a Bundle -----------------------------------------------------------------------------------

FINE = {"system": CM, "code": "E11.65", "display": "Type 2 diabetes mellitus with hyperglycemia"}


def _condition(*codings: dict[str, Any], **more: Any) -> dict[str, Any]:
    condition = {"resourceType": "Condition", "recordedDate": DAY, "code": {"coding": [*codings]}}
    return {"resource": {**condition, **more}}


BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        _condition({"system": "http://snomed.info/sct", "code": "44054006"}, FINE),
        _condition({**FINE, "system": WHO}),
        _condition({**FINE, "code": "E1165"}, {**FINE, "code": "e11.65"}),
        _condition({**FINE, "display": "Diabetes"}, {**FINE, "system": "ICD-10-CM"}),
        _condition({"system": CM, "code": "E99.99"}, {"system": CM, "code": "n/a"}),
        _condition(
            {"system": ICD9_PROCEDURES, "code": "250.00"},
            {"system": ICD9_DIAGNOSES, "code": "45.13"},
            recordedDate=OF_2012,
        ),
        _condition({"system": CM, "code": "R05.9"}, recordedDate="2021-09-30"),
        _condition({"code": "E11.65", "display": FINE["display"]}),
        {
            "resource": {
                "resourceType": "Claim",
                "created": DAY,
                "diagnosis": [
                    {"diagnosisCodeableConcept": {"coding": [{"system": CM, "code": "R05"}]}}
                ],
                "item": [
                    {
                        "servicedDate": DAY,
                        "productOrService": {
                            "coding": [
                                {"system": HCPCS, "code": "99213", "display": "the sender's"},
                                {"system": CPT, "code": "J1885"},
                                {"system": HCPCS, "code": "D0120"},
                            ]
                        },
                        "modifier": [{"coding": [{"system": CPT, "code": "25"}]}],
                    }
                ],
            }
        },
    ],
}


def test_a_bundle_with_every_defect() -> None:
    told = [
        (one.path.removeprefix("Bundle.entry"), one.rule, one.severity)
        for one in fhir.check(BUNDLE)
        if one.rule != "no-display"
    ]
    item = "[8].resource.item[0].productOrService.coding"
    assert told == [
        ("[1].resource.code.coding[0]", "who-icd-10", "warning"),
        ("[2].resource.code.coding[0]", "missing-dot", "error"),
        ("[2].resource.code.coding[1]", "spelling", "error"),
        ("[3].resource.code.coding[0]", "display-differs", "information"),
        ("[3].resource.code.coding[1]", "system-alias", "warning"),
        ("[4].resource.code.coding[0]", "unknown-code", "error"),
        ("[4].resource.code.coding[1]", "malformed-code", "error"),
        ("[5].resource.code.coding[0]", "wrong-system", "error"),
        ("[5].resource.code.coding[1]", "wrong-system", "error"),
        ("[6].resource.code.coding[0]", "inactive-code", "error"),
        ("[7].resource.code.coding[0]", "no-system", "warning"),
        ("[8].resource.diagnosis[0].diagnosisCodeableConcept.coding[0]", "heading", "error"),
        (f"{item}[0]", "wrong-system", "error"),
        (f"{item}[1]", "wrong-system", "error"),
        (f"{item}[2]", "wrong-system", "warning"),
    ]


def test_what_is_expected_has_nothing_left_to_correct() -> None:
    def day_of(one: fhir.Issue) -> str:
        return OF_2012 if one.path.startswith("Bundle.entry[5]") else DAY

    corrected = [one for one in fhir.check(BUNDLE) if one.expected]
    assert corrected
    for one in corrected:
        again = fhir.check({"coding": [one.expected]}, on=day_of(one))
        assert {this.rule for this in again} <= {"heading", "inactive-code"}


def test_an_operation_outcome() -> None:
    outcome = fhir.operation_outcome(fhir.check(BUNDLE))
    assert json.loads(json.dumps(outcome)) == outcome
    assert outcome["resourceType"] == "OperationOutcome"
    first = outcome["issue"][0]
    assert first == {
        "severity": "warning",
        "code": "code-invalid",
        "details": {"text": first["details"]["text"]},
        "diagnostics": "who-icd-10",
        "expression": ["Bundle.entry[1].resource.code.coding[0]"],
    }
    # Of the required value set IssueSeverity, and of IssueType.
    assert {one["severity"] for one in outcome["issue"]} <= {"error", "warning", "information"}
    assert {one["code"] for one in outcome["issue"]} <= {
        *("code-invalid", "value", "required", "business-rule", "informational")
    }


def test_an_operation_outcome_is_never_empty() -> None:
    assert len(fhir.operation_outcome(fhir.check({}))["issue"]) == 1


def test_issues_compare_hash_and_print() -> None:
    one, again = fhir.check(BUNDLE)[0], fhir.check(BUNDLE)[0]
    assert one == again
    assert len({one, again}) == 1
    assert str(one).startswith("Bundle.entry[1].resource.code.coding[0]: warning: http://hl7.org")
    assert hash(fhir.check({"system": CM, "code": ["x"]})[0])


def test_another_classifier() -> None:
    diagnoses = medcodes.Classifier(systems=["icd10cm"])
    concept = {"coding": [{"system": CM, "code": "E1165"}, {"system": CPT, "code": "99213"}]}
    told = [one.rule for one in fhir.check(concept, on=DAY, classifier=diagnoses)]
    assert told == ["missing-dot", "no-display", "malformed-code"]


# -- anything at all ----------------------------------------------------------------------------

_NAMES = st.sampled_from(
    [
        *("coding", "code", "system", "display", "resourceType", "entry", "resource", "item"),
        *("recordedDate", "period", "start", "end", "servicedDate", "procedure", "date"),
    ]
)
_VALUES = st.sampled_from(
    [
        *(CM, PCS, ICD9, CPT, HCPCS, WHO, CDT, ICD9_PROCEDURES, "ICD-10-CM", "Claim", "Condition"),
        *("E11.65", "E1165", "J0120", "250.00", "45.13", "4582", "99213-25", "R05", "25", "D0120"),
        *("2020", "2012-06", "2026-06-01", "2020-13-45", "1950-01-01"),
    ]
)
_CODING = st.fixed_dictionaries({"code": _VALUES}, optional={"system": _VALUES, "display": _VALUES})
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | _VALUES | _CODING,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_NAMES | st.text(), inner, max_size=4)
        | st.fixed_dictionaries({"coding": st.lists(inner, max_size=3)})
    ),
    max_leaves=25,
)


def resolve(root: Any, path: str) -> Any:
    """What a path leads to."""
    steps = re.findall(r"\[([0-9]+)\]|\.([A-Za-z_][A-Za-z0-9_]*)|\.`((?:[^\\`]|\\.)*)`", path, re.S)
    value = root
    for number, name, quoted in steps:
        if number:
            value = value[int(number)]
        else:
            value = value[name or re.sub(r"\\(.)", r"\1", quoted, flags=re.S)]
    return value


@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
@settings(deadline=None)
@given(_JSON)
def test_no_json_raises_and_every_path_leads_to_its_coding(value: Any) -> None:
    if isinstance(value, str):
        value = [value]
    for one in fhir.check(value):
        coding = resolve(value, one.path)
        assert one.rule in fhir.RULES
        assert coding["code"] == one.code or one.code != one.code  # NaN
        assert coding.get("system") == one.system
        if one.expected is not None:
            assert set(one.expected) <= {"system", "code", "display"}


@settings(deadline=None)
@given(st.text())
def test_json_text_raises_nothing_but_value_errors(text: str) -> None:
    with suppress(ValueError):
        fhir.check(text)


# -- what the docs say --------------------------------------------------------------------------


def _table(head: str) -> list[list[str]]:
    page = (ROOT / "docs" / "fhir-and-x12.md").read_text(encoding="utf-8")
    rows = page.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [re.findall("`([^`]+)`", row) for row in rows]


def test_every_rule_is_in_the_docs() -> None:
    assert [row[0] for row in _table("rule | severity | said when")] == list(fhir.RULES)


def test_every_date_is_in_the_docs() -> None:
    said = {kind: tuple(fields) for kind, *fields in _table("resource | in this order")}
    assert said == days._FIELDS


@pytest.mark.parametrize("make", [fhir.coding, fhir.codeable_concept])
@pytest.mark.parametrize("given", ["E11.65", None])
def test_a_coding_is_made_of_an_answer_alone(make: Any, given: Any) -> None:
    with pytest.raises(TypeError, match="an Identification is expected"):
        make(given)


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert fhir.check("\ufeff{}") == []
