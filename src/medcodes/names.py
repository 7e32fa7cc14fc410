"""What the standards call each code system, and which systems a name means.

A claim says ``ABK``, a FHIR resource ``http://hl7.org/fhir/sid/icd-10-cm``, a CDA document
``2.16.840.1.113883.6.90``, a research database ``ICD10CM``: all four are ICD-10-CM.

>>> resolve("ABK"), resolve("urn:oid:2.16.840.1.113883.6.90")
(('icd10cm',), ('icd10cm',))

Some names mean more than one system, and then all of them are the answer:

>>> resolve("HC")
('cpt', 'hcpcs')

A name is what a sender declares. It is evidence to be checked against the code, not proof.

Sources, as the comments name them: naming systems and v2 table 0396 of HL7's Unified Terminology
Governance (HL7 UTG); pyx12 4.0.0 maps; X12 element lists 1270 and 235; OMOP vocabulary tables; UMLS
source lists; CMS beneficiary-fhir-data (BFD), DE-SynPUF, HCUP, Tuva, MIMIC-III and MIMIC-IV table
descriptions; LinuxForHealth hl7v2-fhir-converter; US Core; "wild" is other public code.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import TypeVar

from attrs import frozen

_T = TypeVar("_T")


@frozen(kw_only=True, eq=False)
class Names:
    """One code system: who keeps it, and every name it goes by."""

    id: str
    """The name this library uses: ``"icd10cm"``."""
    name: str
    """The name people use: ``"ICD-10-CM"``."""
    kind: str
    """``"diagnosis"`` or ``"procedure"``."""
    hcpcs_level: int | None = None
    """1 for CPT, 2 for HCPCS Level II, None for the ICD systems."""
    steward: str = ""
    """Who decides what the codes are."""
    licence: str = ""
    """On what terms the codes may be used."""
    notice: str | None = None
    """The copyright notice that must be shown with the codes, if one must."""
    uri: str = ""
    """The canonical FHIR system URI; this and the next are empty where there is none."""
    oid: str = ""
    """The current HL7 object identifier."""
    hl7v2: str = ""
    """The code in HL7 v2 table 0396."""
    x12: tuple[str, ...] = ()
    """Every X12 qualifier (HI segments, product or service ids) under which its codes travel."""
    omop: str = ""
    """The OMOP ``vocabulary_id``."""
    umls: str = ""
    """The UMLS source abbreviation (SAB)."""
    also: tuple[str, ...] = ()
    """Every other accepted name, in one spelling each; ``DX#`` stands for DX1, DX2 ... DX25."""


_HL7 = "2.16.840.1.113883"
_SID = "http://hl7.org/fhir/sid/"
_THO = "http://terminology.hl7.org/CodeSystem/"

# Names for HCPCS as a whole: Level I, which is CPT, and Level II. Claims have no qualifier for CPT
# alone, and the columns are mixed; the shape of a code tells its level.
_HCPCS_BOTH_LEVELS = (
    *("HCPCS-all-codes", f"{_HL7}.6.14"),  # retired (HL7 UTG)
    *(f"{_THO}HCPCS-all-codes", f"{_THO}HCPCS"),  # wild, for the OID above
    "https://bluebutton.cms.gov/resources/codesystem/hcpcs",  # Levels I and II, modifiers (BFD)
    "HPC",  # "HCFA Procedure Codes (HCPCS)", "including modifiers" (table 0396)
    *("CPT/HCPCS", "HCPCS/CPT", "CPTHCPCS"),  # the last: HCUP, "CPT or HCPCS procedure code"
    *("HCPCS_CD", "HCPCS_OR_CPT_OR_HIPPS"),  # BFD; hcpcs_cd is MIMIC-IV's too
    *("HCPCS_CD#", "CLM_LINE_HCPCS_CD"),  # DE-SynPUF, 1 to 45; the second: wild
    "https://bluebutton.cms.gov/resources/variables/hcpcs_cd",  # BFD
    "hcpcs_code",  # Tuva
    "CPT#",  # HCUP: "CPT-4/HCPCS procedures". But CPT4 and CPT5 are read as editions of CPT
    # Modifiers: two characters, some of CPT and some of Level II (BFD, Tuva).
    *(f"HCPCS_{n}_MDFR_CD" for n in ("1ST", "2ND", "3RD", "4TH", 1, 2, 3, 4, 5)),
    "hcpcs_modifier_#",
)

# "ICD-10" without a suffix. Strictly these are WHO's ICD-10; in US data they are ICD-10-CM, and
# ICD-10-PCS where procedures are sent: BFD puts WHO's URI on both diagnoses and procedures, and
# the hl7v2-fhir-converter takes I10 for CM. The codes themselves must tell which it is.
_ICD10 = ("ICD-10", "I10", f"{_HL7}.6.3", f"{_SID}icd-10", f"{_THO}icd10", "icd_code")

# The whole of ICD-9-CM, or ICD-9 without a suffix. The plain "ICD9CM" is not here: it is this
# library's id, and OMOP's name, for the diagnoses, and wins over the wider UMLS meaning.
_ICD9 = (
    "ICD-9",  # hl7v2-fhir-converter
    "I9C",  # "ICD-9CM" (table 0396)
    "I9",  # WHO's ICD-9 in table 0396; used as loosely as I10
    *(f"{_HL7}.6.2", f"{_THO}icd9cm"),  # retired (HL7 UTG); on diagnoses and on procedures
    *(f"{_HL7}.6.42", f"{_THO}icd9"),  # retired (HL7 UTG)
    "MTHICD9",  # entry terms for both volumes (UMLS)
    "icd9_code",  # MIMIC-III, in diagnoses_icd and in procedures_icd
    "icd_code",  # MIMIC-IV: any of the four, by icd_version
)

# Columns that hold either revision; a version column beside them ("0" or "9" in BFD) tells which.
_DIAGNOSES = (
    *("PRNCPAL_DGNS_CD", "ICD_DGNS_CD#", "ADMTG_DGNS_CD", "RSN_VISIT_CD#"),  # BFD, as the next
    *("ICD_DGNS_E_CD#", "LINE_ICD_DGNS_CD", "CLM_DGNS_CD"),
    "diagnosis_code_#",  # Tuva
    "DX#",  # HCUP: ICD-9-CM only, then I10_DX1; in other files either (DXVER "0" or "9", wild)
)
_PROCEDURES = (
    *("ICD_PRCDR_CD#", "CLM_PRCDR_CD"),  # BFD
    "procedure_code_#",  # Tuva; without a number it may be any procedure code at all
)

# Left out everywhere, though standards use them: NCPDP's 07, 08 and 09 and the version values 0, 9
# and 10. A bare number means something else in the next file (09 is ICD-9-CM in PCORnet).

CPT = Names(
    id="cpt",
    name="CPT",
    kind="procedure",
    hcpcs_level=1,
    steward="American Medical Association (AMA), CPT Editorial Panel",
    licence="Copyright AMA; a licence is needed, even for a list of the codes alone",
    notice=(
        "CPT © Copyright 2026 American Medical Association. All rights reserved. "
        "AMA and CPT are registered trademarks of the American Medical Association."
    ),
    uri="http://www.ama-assn.org/go/cpt",
    oid=f"{_HL7}.6.12",
    hl7v2="C4",
    # HC, BP and BO carry HCPCS of both levels; CJ (270/271) is CPT alone (pyx12, X12 235).
    x12=("HC", "CJ", "BP", "BO"),
    omop="CPT4",
    umls="CPT",
    also=(
        *("HCPCS Level I", "HCPCS Level 1", "Current Procedural Terminology"),
        "CPT (Current Procedural Terminology)",  # wild
        *("C5", "CPT-5", f"{_HL7}.6.82"),  # CPT-5, deprecated: there never was one (HL7 UTG)
        "CPTM",  # CPT modifiers (table 0396)
        "CPTSP",  # Spanish (UMLS)
        "HCPT",  # "CPT in HCPCS" (UMLS); in table 0396 the provider taxonomy, see NUCC
        *_HCPCS_BOTH_LEVELS,
    ),
)

HCPCS = Names(
    id="hcpcs",
    name="HCPCS Level II",
    kind="procedure",
    hcpcs_level=2,
    steward="Centers for Medicare & Medicaid Services (CMS)",
    licence="Public; the dental D codes are copyright of the American Dental Association",
    uri="http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",  # or https (HL7 UTG)
    oid=f"{_HL7}.6.285",  # as urn:oid: the system URI of US Core up to version 4
    hl7v2="HCPCS",
    x12=("HC", "BP", "BO"),
    omop="HCPCS",
    umls="HCPCS",
    also=(
        *("HCPCS II", "HCPCS Level 2", "HCPCS Level II Alphanumeric"),
        f"{_THO}hcpcs-Level-II",  # the resource, mistaken for the system (wild)
        "HCDT",  # "CDT in HCPCS" (UMLS): the D codes that HCPCS carried
        *_HCPCS_BOTH_LEVELS,
    ),
)

ICD10CM = Names(
    id="icd10cm",
    name="ICD-10-CM",
    kind="diagnosis",
    steward="CDC, National Center for Health Statistics (NCHS); ICD-10 itself: WHO",
    licence="The US files are public; ICD-10 itself is copyright of WHO",
    uri=f"{_SID}icd-10-cm",
    oid=f"{_HL7}.6.90",
    hl7v2="I10C",
    # principal, other, admitting, reason for visit, external cause (pyx12); ABU, ABV (X12 1270).
    # No rule by first letters: BBF, BBJ, BBK, BBN are kept for ICD-11-CM.
    x12=("ABK", "ABF", "ABJ", "APR", "ABN", "ABU", "ABV"),
    omop="ICD10CM",
    umls="ICD10CM",
    also=(
        f"{_THO}icd10CM",  # not preferred (HL7 UTG)
        *("ICD-10 diagnosis", "ICD-10-CM diagnosis"),
        *("I10_DX#", "I10_ECAUSE#"),  # HCUP
        *_ICD10,
        *_DIAGNOSES,
    ),
)

ICD10PCS = Names(
    id="icd10pcs",
    name="ICD-10-PCS",
    kind="procedure",
    steward="Centers for Medicare & Medicaid Services (CMS)",
    licence="Public, no copyright",
    uri="http://www.cms.gov/Medicare/Coding/ICD10",
    oid=f"{_HL7}.6.4",
    hl7v2="I10P",
    x12=("BBR", "BBQ"),  # principal, other (pyx12)
    omop="ICD10PCS",
    umls="ICD10PCS",
    also=(
        f"{_THO}icd10PCS",  # not preferred (HL7 UTG)
        f"{_SID}icd-10-pcs",  # never registered, often sent (wild)
        "http://www.icd10data.com/icd10pcs",  # early US Core
        *("ICD-10 procedure", "ICD-10 procedures"),
        "I10_PR#",  # HCUP
        *_ICD10,
        *_PROCEDURES,
    ),
)

ICD9CM = Names(
    id="icd9cm",
    name="ICD-9-CM",
    kind="diagnosis",
    steward="CDC, National Center for Health Statistics (NCHS)",
    licence="Public",
    uri=f"{_SID}icd-9-cm",  # one URI for all three volumes; only the OIDs keep them apart
    oid=f"{_HL7}.6.103",
    hl7v2="I9CDX",
    x12=("BK", "BF", "BJ", "PR", "BN"),  # ABK, ABF, ABJ, APR, ABN without the A (pyx12)
    omop="ICD9CM",
    umls="ICD9CM",
    also=(
        f"{_SID}icd-9-cm/diagnosis",  # early FHIR (wild)
        f"{_THO}ICD-9CM-diagnosiscodes",  # hl7v2-fhir-converter
        *("ICD-9 diagnosis", "ICD-9-CM diagnosis", "ICD-9-CM diagnoses"),
        *("ICD9_DGNS_CD_#", "LINE_ICD9_DGNS_CD_#", "ADMTNG_ICD9_DGNS_CD"),  # DE-SynPUF
        "ICD-9CM (diagnosis codes)",  # wild
        "ECODE#",  # HCUP
        *_ICD9,
        *_DIAGNOSES,
    ),
)

ICD9PCS = Names(
    id="icd9pcs",
    name="ICD-9-CM Volume 3",
    kind="procedure",
    steward="Centers for Medicare & Medicaid Services (CMS)",
    licence="Public",
    uri=f"{_SID}icd-9-cm",
    oid=f"{_HL7}.6.104",
    hl7v2="I9CP",
    x12=("BR", "BQ", "ID"),  # principal, other; product or service id in 278 and 4010 (pyx12)
    omop="ICD9Proc",
    umls="ICD9CM",  # shared with the diagnoses, and resolved to them: see _ICD9
    also=(
        f"{_SID}icd-9-cm/procedure",  # early FHIR (wild)
        f"{_THO}ICD-9CM-procedurecodes",
        "http://www.cms.gov/Medicare/Coding/ICD9",  # BFD
        *("ICD-9 procedure", "ICD-9 procedures", "ICD-9-CM procedure", "ICD-9-CM procedures"),
        "ICD-9-CM Vol 3",
        "ICD9_PRCDR_CD_#",  # DE-SynPUF, Tuva
        "PR#",  # HCUP: "PRn - ICD-9-CM Procedure"
        *_ICD9,
        *_PROCEDURES,
    ),
)

ALL: tuple[Names, ...] = (CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)

_CMS = "https://www.cms.gov/Medicare"
_PAY = f"{_CMS}/Medicare-Fee-for-Service-Payment"
_NUBC = "https://www.nubc.org/CodeSystem"
_NEIGHBOURS = {
    "CDT (dental procedures)": f"CDT, CD2, AD, AAY, {_HL7}.6.13, "
    "http://www.ada.org/cdt, http://ada.org/cdt",
    "MS-DRG": "MS-DRG, DRG, DR, CLM_DRG_CD, DGNS_DRG_CD, drg_code, "
    f"{_PAY}/AcuteInpatientPPS/MS-DRG-Classifications-and-Software",
    # RC: hospitals' price files, where CMS's own template has it.
    "UB-04 revenue code": f"revenue code, RC, UB04FL42, NU, {_HL7}.6.301.3, {_HL7}.6.21, REV_CNTR, "
    f"CLM_LINE_REV_CTR_CD, REV_CODE_#, revenue_center_code, {_NUBC}/RevenueCodes",
    "UB-04 type of bill": f"type of bill, TOB, UB04 Typ bill, bill_type_code, {_NUBC}/TypeOfBill",
    "NUBC codes (revenue code or type of bill)": "NUBC",
    "CMS place of service": f"place of service, POS, CMS Place of Service, {_HL7}.15.5, "
    "LINE_PLACE_OF_SRVC_CD, CLM_POS_CD, PLACE_OF_SERV, place_of_service_code, "
    f"{_CMS}/Coding/place-of-service-codes/Place_of_Service_Code_Set",
    "NDC (drug products)": f"NDC, N4, {_HL7}.6.69, {_SID}ndc, ndc_code, LINE_NDC_CD, "
    "CLM_LINE_NDC_CD",
    "NPI (providers)": f"NPI, XX, {_HL7}.4.6, {_SID}us-npi, AT_PHYSN_NPI_NUM, OP_PHYSN_NPI_NUM, "
    "OT_PHYSN_NPI_NUM, RNDRNG_PHYSN_NPI_NUM, ORG_NPI_NUM",
    "NUCC provider taxonomy": f"NUCC, taxonomy, PXC, {_HL7}.6.101, "
    "http://nucc.org/provider-taxonomy",
    "LOINC": f"LOINC, LN, LNC, {_HL7}.6.1, http://loinc.org, LOINC_CODE",
    "SNOMED CT": f"SNOMED CT, SNOMED, SCT, SCT2, SNOMEDCT_US, {_HL7}.6.96, {_HL7}.6.5, "
    f"{_HL7}.6.51, http://snomed.info/sct",
    "UNII (substances)": f"UNII, {_HL7}.4.9, http://fdasis.nlm.nih.gov",
    "RxNorm": f"RxNorm, RxNorm Extension, {_HL7}.6.88, http://www.nlm.nih.gov/research/umls/rxnorm",
    "CVX (vaccines)": f"CVX, {_HL7}.12.292, {_HL7}.6.59, {_SID}cvx",
    "MVX (vaccine makers)": f"MVX, {_HL7}.12.227, {_HL7}.6.60, {_SID}mvx",
    "HIPPS": f"HIPPS, HP, {_PAY}/ProspMedicareFeeSvcPmtGen/HIPPSCodes",
    "US ZIP code": f"ZIP, zip_code, BENE_ZIP_CD, GEO_ZIP5_CD, {_HL7}.6.231, {_THO}USZIPCODES",
    "ABC codes": "ABC codes, CAH, WK",
    "ICD-10 place of occurrence": "I10P0",
    "ICD-10 of WHO, American spelling": "ICD10AE",  # unlike ICD10, nobody sends it for CM
    "ICD-11": "ICD-11, ICD-11-CM, BBF, BBJ, BBK, BBN",
}

OTHER: Mapping[str, str] = MappingProxyType(
    {name: system for system, names in _NEIGHBOURS.items() for name in names.split(", ")}
)
"""Well-known names of the neighbouring code systems, each with what that system is."""


class NameIndex:
    """Which of several systems a name means.

    Attributes:
        all: the names of the systems, in the order in which equal evidence is decided.
    """

    def __init__(self, systems: Iterable[Names]) -> None:
        self.all = tuple(systems)

    def resolve(self, name: str) -> tuple[str, ...]:
        """The ids of the systems that a name means, in order; empty if it means none.

        Case and surrounding blanks do not matter; in plain names, nor do spaces, hyphens,
        underscores and dots, nor *code* at the end. OIDs are taken with or without ``urn:oid:``;
        URIs with http or https, one trailing slash, and FHIR's ``|version``. A system's own id
        means that system alone.

        >>> resolve("icd-10-cm"), resolve("http://hl7.org/fhir/sid/icd-9-cm|2014")
        (('icd10cm',), ('icd9cm', 'icd9pcs'))
        >>> resolve("hcpcs"), resolve("HCPCS_CD")
        (('hcpcs',), ('cpt', 'hcpcs'))
        >>> resolve("LOINC")
        ()
        """
        return _find(self.ids_by_key, name) or ()

    @cached_property
    def ids_by_key(self) -> Mapping[str, tuple[str, ...]]:
        """Each spelling under which a name is looked up, with the ids that it means."""
        table: dict[str, tuple[str, ...]] = {}
        for names in self.all:
            for key in set(map(_key, _spelled(names))):
                table[key] = (*table.get(key, ()), names.id)
        return table | {names.id: (names.id,) for names in self.all}


def _spelled(names: Names) -> tuple[str, ...]:
    """Every name of a system but its id; a system of the user's own has few."""
    facts = (names.name, names.uri, names.oid, names.hl7v2, *names.x12, names.omop, names.umls)
    return (*filter(None, facts), *names.also)


def foreign(name: str) -> str | None:
    """What a name means when it belongs to a neighbouring system, else None.

    >>> foreign("http://loinc.org"), foreign("ICD-10-CM")
    ('LOINC', None)
    """
    return _find(_theirs(), name)


_URI = re.compile(r"https?:(//[^|]+?)/?(?:\|.*)?")
_OBJECT_ID = re.compile(r"(?:urn:oid:)?([0-9]+(?:\.[0-9]+)+)(?:\|.*)?")
_NUMBER = re.compile("[0-9]{1,2}$")
_CODE = re.compile("codes?$")
_QUALIFIER = 2
"""What has so few characters is a name by itself alone: ``PR`` is one, ``PR code`` none."""
_PUNCTUATION = str.maketrans("", "", " -_.")


def _key(name: str) -> str:
    """Return the one spelling under which a name is looked up.

    >>> _key("ICD-10-CM"), _key("https://LOINC.org/"), _key("urn:oid:2.16.840")
    ('icd10cm', '//loinc.org', '2.16.840')
    """
    text = name.strip()
    if not text.isascii():  # lower() would turn the Kelvin sign into a plain k
        return ""
    text = text.lower()
    exact = _URI.fullmatch(text) or _OBJECT_ID.fullmatch(text)
    return exact[1] if exact else text.translate(_PUNCTUATION)


def _find(table: Mapping[str, _T], name: str) -> _T | None:
    key = _key(name)
    found = table.get(key)
    if found is None:
        found = table.get(_NUMBER.sub("#", key))
    bare = _CODE.sub("", key)
    return table.get(bare) if found is None and len(bare) > _QUALIFIER else found


@cache
def _theirs() -> Mapping[str, str]:
    return {_key(name): system for name, system in OTHER.items()}


KNOWN = NameIndex(ALL)
"""The names of the six systems."""

resolve = KNOWN.resolve
