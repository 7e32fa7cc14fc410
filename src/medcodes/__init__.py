"""What is this code?

    >>> import medcodes
    >>> print(medcodes.identify("E11.65", on="2026-01-01"))
    E11.65: ICD-10-CM E11.65, valid: Type 2 diabetes mellitus with hyperglycemia

CPT, HCPCS Level II, ICD-10-CM, ICD-10-PCS and ICD-9-CM, exactly where their lists are public and
honestly where they are not, on the day of service, without a network.
"""

from typing import TYPE_CHECKING

from medcodes.classifier import Classifier, default
from medcodes.entries import Axis, Category, Changes, Conversion, Entries, Entry, Revision
from medcodes.errors import (
    AmbiguousCode,
    AmbiguousCodeSystem,
    DamagedReference,
    HeaderCode,
    InactiveCode,
    InvalidCode,
    MalformedCode,
    NoCodeList,
    NoPattern,
    ReleaseError,
    StaleReferenceError,
    StaleReferenceWarning,
    UnknownCode,
    UnknownCodeSystem,
    UnverifiedCode,
)
from medcodes.lookup.answer import Identification
from medcodes.status import Status
from medcodes.systems import (
    CPT,
    HCPCS,
    ICD9CM,
    ICD9PCS,
    ICD10CM,
    ICD10PCS,
    CodeSystem,
    code_system,
    code_systems,
)

if TYPE_CHECKING:
    from medcodes.freetext.finding import Found, Strictness
    from medcodes.lookup.suggesting import Suggestion
    from medcodes.releases import Release

    data_version: str

__all__ = [
    "CPT",
    "HCPCS",
    "ICD9CM",
    "ICD9PCS",
    "ICD10CM",
    "ICD10PCS",
    "AmbiguousCode",
    "AmbiguousCodeSystem",
    "Axis",
    "Category",
    "Changes",
    "Classifier",
    "CodeSystem",
    "Conversion",
    "DamagedReference",
    "Entries",
    "Entry",
    "Found",
    "HeaderCode",
    "Identification",
    "InactiveCode",
    "InvalidCode",
    "MalformedCode",
    "NoCodeList",
    "NoPattern",
    "Release",
    "ReleaseError",
    "Revision",
    "StaleReferenceError",
    "StaleReferenceWarning",
    "Status",
    "Strictness",
    "Suggestion",
    "UnknownCode",
    "UnknownCodeSystem",
    "UnverifiedCode",
    "code_system",
    "code_systems",
    "complete",
    "data_version",
    "expand",
    "find",
    "identify",
    "identify_many",
    "is_valid",
    "search",
    "split",
    "suggest",
    "validate",
]

__version__ = "0.1.0"

find = default.find
identify = default.identify
identify_many = default.identify_many
validate = default.validate
is_valid = default.is_valid
complete = default.complete
expand = default.expand
split = default.split
search = default.search
suggest = default.suggest

# What only some ask for is imported when it is asked for: `import medcodes` must stay light.
_LATER = {
    "Found": "medcodes.freetext.finding",
    "Release": "medcodes.releases",
    "Strictness": "medcodes.freetext.finding",
    "Suggestion": "medcodes.lookup.suggesting",
}


if not TYPE_CHECKING:  # to a type checker, a name that is none stays an error

    def __getattr__(name: str) -> object:
        if name == "data_version":
            return default.data_version
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
