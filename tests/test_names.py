"""Every name a standard, a vendor or a file uses must mean what its source says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medcodes import names

CPT, HCPCS = ("cpt",), ("hcpcs",)
CM10, PCS10, CM9, PCS9 = ("icd10cm",), ("icd10pcs",), ("icd9cm",), ("icd9pcs",)
LEVELS = CPT + HCPCS
ICD10, ICD9 = CM10 + PCS10, CM9 + PCS9
DIAGNOSES, PROCEDURES = CM10 + CM9, PCS10 + PCS9
HL7 = "2.16.840.1.113883"
THO = "http://terminology.hl7.org/CodeSystem"
SID = "http://hl7.org/fhir/sid"

MEANINGS: list[tuple[str, tuple[str, ...], str]] = [
    # FHIR system URIs
    ("http://www.ama-assn.org/go/cpt", CPT, "HL7 UTG"),
    ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS, "HL7 UTG, preferred"),
    ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS, "HL7 UTG"),
    (f"urn:oid:{HL7}.6.285", HCPCS, "US Core up to 4"),
    (f"{THO}/hcpcs-Level-II", HCPCS, "wild"),
    ("https://bluebutton.cms.gov/resources/codesystem/hcpcs", LEVELS, "BFD"),
    (f"{THO}/HCPCS-all-codes", LEVELS, "wild"),
    (f"{THO}/HCPCS", LEVELS, "wild"),
    (f"{SID}/icd-10-cm", CM10, "HL7 UTG"),
    (f"{THO}/icd10CM", CM10, "HL7 UTG, not preferred"),
    (f"{SID}/icd-10", ICD10, "WHO's, used by BFD for both"),
    (f"{THO}/icd10", ICD10, "WHO's"),
    ("http://www.cms.gov/Medicare/Coding/ICD10", PCS10, "HL7 UTG"),
    (f"{THO}/icd10PCS", PCS10, "HL7 UTG, not preferred"),
    (f"{SID}/icd-10-pcs", PCS10, "wild, never registered"),
    ("http://www.icd10data.com/icd10pcs", PCS10, "early US Core"),
    (f"{SID}/icd-9-cm", ICD9, "HL7 UTG: one URI for all volumes"),
    (f"{SID}/icd-9-cm/diagnosis", CM9, "wild"),
    (f"{SID}/icd-9-cm/procedure", PCS9, "wild"),
    (f"{THO}/ICD-9CM-diagnosiscodes", CM9, "hl7v2-fhir-converter"),
    (f"{THO}/ICD-9CM-procedurecodes", PCS9, "wild"),
    (f"{THO}/icd9cm", ICD9, "HL7 UTG, retired"),
    (f"{THO}/icd9", ICD9, "HL7 UTG, retired"),
    ("http://www.cms.gov/Medicare/Coding/ICD9", PCS9, "BFD"),
    ("https://bluebutton.cms.gov/resources/variables/hcpcs_cd", LEVELS, "BFD"),
    # Headings of files
    ("CPT Code", CPT, "wild"),
    ("CPT (Current Procedural Terminology)", CPT, "wild"),
    ("ICD-10-CM Diagnosis Code", CM10, "wild"),
    ("ICD-9-CM Diagnosis Code", CM9, "wild"),
    ("ICD-9CM (diagnosis codes)", CM9, "wild"),
    ("ICD-10-PCS Codes", PCS10, "wild"),
    ("ICD-10 code", ICD10, "wild"),
    ("HCPCS Level II Alphanumeric Codes", HCPCS, "wild"),
    ("CLM_LINE_HCPCS_CD", LEVELS, "wild"),
    ("LINE_ICD9_DGNS_CD_1", CM9, "DE-SynPUF"),
    ("LINE_ICD9_DGNS_CD_13", CM9, "DE-SynPUF"),
    ("PR code", (), "a qualifier is a name by itself alone"),
    ("code", (), "of what?"),
    # The ways in which a URI may differ
    (f"{SID}/icd-10-cm|2024", CM10, "FHIR canonical with version"),
    (f"{SID}/icd-10-cm/", CM10, "one trailing slash"),
    (f"{SID}/icd-10-cm/|2024", CM10, "both"),
    (f"HTTPS{SID[4:]}/ICD-10-CM", CM10, "https, upper case"),
    (f"{SID}/icd-10-cm//", (), "two slashes"),
    (f"{SID}/icd10cm", (), "punctuation counts in a URI"),
    ("hl7.org/fhir/sid/icd-10-cm", (), "no scheme: not a URI"),
    ("ftp://hl7.org/fhir/sid/icd-10-cm", (), "another scheme"),
    # OIDs
    (f"{HL7}.6.12", CPT, "HL7 UTG"),
    (f"{HL7}.6.82", CPT, "HL7 UTG: CPT-5, retired"),
    (f"{HL7}.6.285", HCPCS, "HL7 UTG"),
    (f"{HL7}.6.14", LEVELS, "HL7 UTG: HCPCS-all-codes, retired"),
    (f"{HL7}.6.90", CM10, "HL7 UTG"),
    (f"URN:OID:{HL7}.6.90", CM10, "upper case"),
    (f"urn:oid:{HL7}.6.90|2024", CM10, "with version"),
    (f"{HL7}.6.3", ICD10, "HL7 UTG: WHO's"),
    (f"{HL7}.6.4", PCS10, "HL7 UTG"),
    (f"{HL7}.6.103", CM9, "HL7 UTG"),
    (f"{HL7}.6.104", PCS9, "HL7 UTG"),
    (f"{HL7}.6.2", ICD9, "HL7 UTG, retired"),
    (f"{HL7}.6.42", ICD9, "HL7 UTG, retired"),
    (f"{HL7}.6.9", (), "not a prefix match"),
    (f"{HL7}.690", (), "the dots of an OID count"),
    (f"{HL7}-6-90", (), "and are no hyphens"),
    ("oid", (), "no OID"),
    # HL7 v2 table 0396, and what senders write instead
    ("C4", CPT, "table 0396"),
    ("C5", CPT, "table 0396, deprecated"),
    ("CPTM", CPT, "table 0396: CPT modifiers"),
    ("HPC", LEVELS, "table 0396: HCFA procedure codes including modifiers"),
    ("HCPCS", HCPCS, "table 0396; our own id wins"),
    ("I10C", CM10, "table 0396"),
    ("I10", ICD10, "table 0396: WHO's"),
    ("I10P", PCS10, "table 0396"),
    ("I10P0", (), "table 0396: place of occurrence"),
    ("I9CDX", CM9, "table 0396"),
    ("I9CP", PCS9, "table 0396"),
    ("I9C", ICD9, "table 0396"),
    ("I9", ICD9, "table 0396: WHO's"),
    ("CPT", CPT, "hl7v2-fhir-converter"),
    ("CPT4", CPT, "hl7v2-fhir-converter; not HCUP's fourth column"),
    ("ICD-10", ICD10, "hl7v2-fhir-converter"),
    ("ICD-10-CM", CM10, "hl7v2-fhir-converter"),
    ("ICD-9", ICD9, "hl7v2-fhir-converter"),
    ("ICD9", ICD9, "hl7v2-fhir-converter"),
    # X12 qualifiers
    ("HC", LEVELS, "pyx12: SV101-1"),
    ("CJ", CPT, "pyx12: 270/271"),
    ("BP", LEVELS, "pyx12: HI, HCPCS principal procedure"),
    ("BO", LEVELS, "pyx12: HI, HCPCS"),
    ("ABK", CM10, "pyx12: principal"),
    ("ABF", CM10, "pyx12: other"),
    ("ABJ", CM10, "pyx12: admitting"),
    ("APR", CM10, "pyx12: reason for visit"),
    ("ABN", CM10, "pyx12: external cause"),
    ("ABU", CM10, "X12 1270"),
    ("ABV", CM10, "X12 1270"),
    ("BBR", PCS10, "pyx12: principal"),
    ("BBQ", PCS10, "pyx12: other"),
    ("BK", CM9, "pyx12: principal"),
    ("BF", CM9, "pyx12: other"),
    ("BJ", CM9, "pyx12: admitting"),
    ("PR", CM9, "pyx12: reason for visit"),
    ("BN", CM9, "pyx12: external cause"),
    ("BR", PCS9, "pyx12: principal"),
    ("BQ", PCS9, "pyx12: other"),
    ("ID", PCS9, "pyx12: product or service id"),
    ("BBK", (), "X12 1270: ICD-11-CM"),
    ("AD", (), "pyx12: CDT"),
    ("CAH", (), "pyx12: ABC codes"),
    # OMOP and UMLS
    ("ICD10CM", CM10, "OMOP, UMLS"),
    ("ICD10", ICD10, "OMOP, UMLS: WHO's"),
    ("ICD10PCS", PCS10, "OMOP, UMLS"),
    ("ICD9CM", CM9, "OMOP; UMLS has both volumes in it, but our own id wins"),
    ("ICD9Proc", PCS9, "OMOP"),
    ("CPTSP", CPT, "UMLS"),
    ("HCPT", CPT, "UMLS; provider taxonomy in table 0396"),
    ("HCDT", HCPCS, "UMLS: CDT in HCPCS"),
    ("MTHICD9", ICD9, "UMLS"),
    ("ICD10AE", (), "UMLS: WHO's in American spelling"),
    # Columns
    ("HCPCS_CD", LEVELS, "BFD"),
    ("hcpcs_cd", LEVELS, "MIMIC-IV"),
    ("HCPCS_CD_45", LEVELS, "DE-SynPUF"),
    ("hcpcs_code", LEVELS, "Tuva"),
    ("CPT1", LEVELS, "HCUP: CPT-4/HCPCS procedures"),
    ("CPT30", LEVELS, "HCUP"),
    ("CPTHCPCS", LEVELS, "HCUP"),
    ("HCPCS_OR_CPT_OR_HIPPS", LEVELS, "BFD"),
    ("HCPCS_1ST_MDFR_CD", LEVELS, "BFD"),
    ("HCPCS_4_MDFR_CD", LEVELS, "BFD"),
    ("hcpcs_modifier_5", LEVELS, "Tuva"),
    ("PRNCPAL_DGNS_CD", DIAGNOSES, "BFD"),
    ("ICD_DGNS_CD1", DIAGNOSES, "BFD"),
    ("ICD_DGNS_CD25", DIAGNOSES, "BFD"),
    ("ICD_DGNS_CD125", (), "a number of more than two digits"),
    ("ICD_DGNS_VRSN_CD1", (), "BFD: holds a version, not a code"),
    ("ADMTG_DGNS_CD", DIAGNOSES, "BFD"),
    ("RSN_VISIT_CD1", DIAGNOSES, "BFD"),
    ("ICD_DGNS_E_CD12", DIAGNOSES, "BFD"),
    ("LINE_ICD_DGNS_CD", DIAGNOSES, "BFD"),
    ("CLM_DGNS_CD", DIAGNOSES, "BFD"),
    ("diagnosis_code_25", DIAGNOSES, "Tuva"),
    ("DX1", DIAGNOSES, "HCUP: ICD-9-CM; elsewhere either"),
    ("I10_DX40", CM10, "HCUP"),
    ("I10_ECAUSE1", CM10, "HCUP"),
    ("ICD9_DGNS_CD_10", CM9, "DE-SynPUF"),
    ("ADMTNG_ICD9_DGNS_CD", CM9, "DE-SynPUF"),
    ("ECODE1", CM9, "HCUP"),
    ("ICD_PRCDR_CD25", PROCEDURES, "BFD"),
    ("CLM_PRCDR_CD", PROCEDURES, "BFD"),
    ("procedure_code_1", PROCEDURES, "Tuva"),
    ("procedure_code", (), "may be any procedure code"),
    ("I10_PR25", PCS10, "HCUP"),
    ("icd9_prcdr_cd_6", PCS9, "Tuva, DE-SynPUF"),
    ("PR1", PCS9, "HCUP"),
    ("icd9_code", ICD9, "MIMIC-III"),
    ("icd_code", ICD10 + ICD9, "MIMIC-IV"),
    # As people write them
    ("CPT-4", CPT, "people"),
    ("CPT 4", CPT, "people"),
    ("Current Procedural Terminology", CPT, "people"),
    ("HCPCS Level I", CPT, "people"),
    ("HCPCS II", HCPCS, "people"),
    ("HCPCS Level II", HCPCS, "people"),
    ("hcpcs level 2", HCPCS, "people"),
    ("CPT/HCPCS", LEVELS, "people"),
    ("HCPCS-all-codes", LEVELS, "HL7 UTG"),
    ("icd.10.cm", CM10, "people"),
    ("ICD_10_PCS", PCS10, "people"),
    ("\t ICD-10-CM \n", CM10, "blanks around it"),
    ("ICD-9-CM", CM9, "people"),
    ("ICD-9-CM procedures", PCS9, "people"),
    ("ICD-9-CM Volume 3", PCS9, "people"),
    ("ICD-9-PCS", PCS9, "wild"),
    # No name, or nobody's
    ("", (), "empty"),
    ("  ", (), "blank"),
    ("#", (), "a number's place alone"),
    ("9", (), "a version value, not a name"),
    ("09", (), "NCPDP, and much else"),
    ("E11.9", (), "a code, not a name"),
    ("CDT", (), "a neighbour"),
    ("ICD-10-CÅ", (), "not ASCII"),
    ("B\N{KELVIN SIGN}", (), "looks like BK"),
]


@pytest.mark.parametrize(("name", "systems", "source"), MEANINGS)
def test_meaning(name: str, systems: tuple[str, ...], source: str) -> None:
    assert names.resolve(name) == systems, source


def test_order_and_ids() -> None:
    ids = [system.id for system in names.ALL]
    assert ids == ["cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs"]
    assert {system.kind for system in names.ALL} == {"diagnosis", "procedure"}
    assert [system.hcpcs_level for system in names.ALL] == [1, 2, None, None, None, None]


@pytest.mark.parametrize("system", names.ALL, ids=lambda system: system.id)
class TestEverySystem:
    def test_its_id_means_it_alone(self, system: names.Names) -> None:
        assert names.resolve(system.id) == (system.id,)
        assert names.resolve(system.name) == (system.id,)

    def test_every_name_means_it(self, system: names.Names) -> None:
        facts = {system.uri, system.oid, f"urn:oid:{system.oid}", system.hl7v2, system.omop}
        facts |= {system.umls, *system.x12, *system.also}
        if system.id == "icd9pcs":
            facts -= {"ICD9CM"}  # the SAB of both volumes is the id of the other system
        assert [name for name in facts if system.id not in names.resolve(name)] == []

    def test_no_name_is_listed_twice(self, system: names.Names) -> None:
        facts = {system.id, system.name, system.uri, system.oid, system.hl7v2, *system.x12}
        facts |= {system.omop, system.umls}
        keys = [names._key(name) for name in (*system.also, *facts)]
        also = keys[: len(system.also)]
        assert [key for key in also if keys.count(key) > 1] == []

    def test_no_name_is_a_neighbours(self, system: names.Names) -> None:
        every = (system.id, system.name, system.uri, system.oid, *system.x12, *system.also)
        assert [name for name in every if names.foreign(name)] == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("CDT", "CDT"),
        ("http://www.ada.org/cdt", "CDT"),
        (f"urn:oid:{HL7}.6.13", "CDT"),
        ("MS-DRG", "MS-DRG"),
        ("msdrg", "MS-DRG"),
        ("Revenue Code", "revenue code"),
        ("REV_CODE_1", "revenue code"),
        ("CMS Place of Service", "place of service"),
        (f"{HL7}.15.5", "place of service"),
        ("UB04 Typ bill", "type of bill"),
        ("NDC", "NDC"),
        ("NPI", "NPI"),
        ("NUCC", "taxonomy"),
        ("http://loinc.org/", "LOINC"),
        ("LN", "LOINC"),
        ("SNOMEDCT_US", "SNOMED CT"),
        ("rxnorm", "RxNorm"),
        (f"{HL7}.12.292", "CVX"),
        ("MVX", "MVX"),
        ("HIPPS", "HIPPS"),
        ("zip_code", "ZIP"),
        ("BBK", "ICD-11"),
        ("RC", "revenue code"),
        ("UNII", "substances"),
        ("LOINC code", "LOINC"),
        ("AT_PHYSN_NPI_NUM", "NPI"),
    ],
)
def test_foreign(name: str, what: str) -> None:
    assert what in (names.foreign(name) or "")
    assert names.resolve(name) == ()


def test_every_neighbour_is_foreign_and_not_ours() -> None:
    for name, what in names.OTHER.items():
        assert names.foreign(name) == what
        assert names.resolve(name) == ()


@pytest.mark.parametrize("name", ["ICD-10-CM", "HC", "", "no such name"])
def test_not_foreign(name: str) -> None:
    assert names.foreign(name) is None


@given(st.text() | st.from_regex(r"(https?://|urn:oid:)?[\w./| -]*"))
def test_any_text_has_an_answer(text: str) -> None:
    found = names.resolve(text)
    assert list(found) == [system.id for system in names.ALL if system.id in found]
    assert not (found and names.foreign(text))


@given(
    st.sampled_from([name for name, systems, _ in MEANINGS if systems]),
    st.sampled_from([str.upper, str.lower, str.swapcase, str.title]),
    st.text(" \t\n\u00a0", max_size=3),
    st.text(" \t\n\u00a0", max_size=3),
)
def test_case_and_blanks_do_not_matter(
    name: str, case: Callable[[str], str], before: str, after: str
) -> None:
    assert names.resolve(before + case(name) + after) == names.resolve(name)
