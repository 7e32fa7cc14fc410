"""What the name of a column says: for one explanation, and so against the others."""

from __future__ import annotations

import re
from functools import lru_cache

from medcodes import names, systems
from medcodes.columns.profiling import explanations as known

_THEIRS = {
    "US ZIP code": known.ZIP,
    "NPI (providers)": "NPI",
    "NDC (drug products)": "NDC",
    "UB-04 revenue code": known.REVENUE,
    "UB-04 type of bill": "type of bill",
    "CMS place of service": "place of service",
    "NUCC provider taxonomy": "provider taxonomy",
    "CVX (vaccines)": "CVX",
}
"""What `medcodes.names` calls other systems, to what they are called here."""

_WORDS = {
    known.MODIFIERS: "modifier modifiers mod mdfr",
    known.REVENUE: "revenue rev",
    "place of service": "pos place",
    "type of bill": "bill tob",
    "remark code": "remark rarc",
    "adjustment reason": "carc adjustment",
    "contract number": "contract",
    "provider taxonomy": "taxonomy",
    "SSN": "ssn",
    "EIN": "ein tin tax",
    "phone number": "phone telephone fax tel",
    "NPI": "npi",
    "NDC": "ndc",
    "APC": "apc",
    "LOINC": "loinc",
    "CVX": "cvx",
    "SNOMED CT": "snomed sctid",
    "RxNorm": "rxcui rxnorm",
    "HIPPS": "hipps",
    "MS-DRG": "drg msdrg",
    known.ZIP: "zip zipcode postal",
    known.DATE: "date day dt dob mmdd month",
    "year": "year yr yob",
    "clock time": "time clock",
    known.TEXT: "description desc descr name note notes comment text title address city state "
    "email sex gender race drug",
    known.AMOUNT: "charge charges amount amt paid copay price cost fee payment allowed billed "
    "balance dollars deductible",
    known.MEASUREMENT: "bmi temp temperature systolic diastolic sbp dbp bp sodium potassium "
    "glucose hct hematocrit hgb hemoglobin a1c weight height age quantity qty units "
    "minutes hours los percent pct ratio score latitude longitude rvu dose",
    "names of systems": "type qualifier vocabulary codesystem terminology version",
    known.ROOM: "room bed ward loc location facility floor building unit",
}
"""Words of names that say what a column is, whatever else its name says."""

_VAGUE = {known.MEASUREMENT: {"result", "value", "count", "rate"}, known.AMOUNT: {"total"}}
"""Words that say what a column is where its name says nothing else."""
_IDENTIFIER = {
    *("id", "ids", "key", "uuid", "guid", "mrn", "account", "acct", "member", "subscriber", "ccn"),
    *("record", "icn", "claim", "encounter", "number", "num", "no", "nbr", "sku", "batch", "lot"),
    *("tag", "index", "seq", "sequence", "row", "line", "last", "fips", "provider", "patient", "#"),
}
_ICD = ("icd9cm", "icd9pcs", "icd10cm", "icd10pcs")
_SYSTEMS = {
    **dict.fromkeys(("dx", "diag", "diagnosis", "diagnoses", "dgns"), ("icd9cm", "icd10cm")),
    **dict.fromkeys(
        ("px", "proc", "procedure", "procedures", "prcdr"), ("cpt", "hcpcs", "icd9pcs", "icd10pcs")
    ),
    **dict.fromkeys(("hcpcs", "hcpc"), ("cpt", "hcpcs")),
    "cpt": ("cpt",),
    "icd": _ICD,
    "icd9": _ICD[:2],
    "icd10": _ICD[2:],
}
"""Words for systems: several in one name mean what all of them allow."""

_WORD = re.compile("icd(?:9|10)|a1c|[a-z]+|#")
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# In X12 `ID` means procedures of ICD-9-CM, `PR` the patient's reason and `BP` a procedure; columns
# of these names hold identifiers, prices and blood pressures.
_QUALIFIERS = frozenset(name for system in systems.ALL for name in system.x12 if len(name) == 2)


@lru_cache(256)
def meant_by(name: str | None) -> tuple[str, ...]:
    """The systems, or the other explanation, that a column's name means.

    >>> meant_by("cpt_code"), meant_by("HCPCS_CD"), meant_by("BENE_ZIP_CD"), meant_by("x")
    (('cpt',), ('cpt', 'hcpcs'), ('ZIP code',), ())
    >>> meant_by("Diag1Code"), meant_by("row_id"), meant_by("diagnosis_date")
    (('icd9cm', 'icd10cm'), ('identifier', 'running number'), ('date',))
    """
    text = (name or "").strip()
    words = _WORD.findall(_HUMP.sub(" ", re.sub("(?i)icd[ _-]?(?=9|10)", "icd", text)).lower())
    for what, said in _WORDS.items():
        if not set(said.split()).isdisjoint(words):
            return (what,)
    if other := names.foreign(text):
        return (_THEIRS.get(other, other),)
    if meant := _of_systems(words):
        return meant
    if text.upper() not in _QUALIFIERS and (meant := names.resolve(text)):
        return meant
    for what, vague in _VAGUE.items():
        if not vague.isdisjoint(words):
            return (what,)
    return (known.IDENTIFIER, known.RUNNING) if not _IDENTIFIER.isdisjoint(words) else ()


def _of_systems(words: list[str]) -> tuple[str, ...]:
    said = [_SYSTEMS[word] for word in words if word in _SYSTEMS]
    if not said:
        return ()
    return tuple(id_ for id_ in said[0] if all(id_ in ids for ids in said)) or said[0]
