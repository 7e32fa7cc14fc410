"""The pattern rules of all code systems, side by side.

A format says which strings *look like* codes of a system. It never says that a code exists:
that is the reference's word. A `Format` is a handful of `Variant` rows, each a string of
alphabets, one for every position, so that everything else (fitting, the place of the dot, the
named parts, what is wrong at which position, the pattern text) is derived from the same rows.

    >>> from medcodes import formats
    >>> formats.ICD10CM.canonical("E1165")
    'E11.65'
    >>> formats.ICD10CM.fits("QA0.0109")
    True
    >>> formats.HCPCS.misfit("JO120").reason
    "5 characters, but position 2 of HCPCS Level II must be a digit: 'O'"

The rules of the six systems are in this file; what a format is, is in `shapes.py`.
"""

from __future__ import annotations

from medcodes.formats.shapes import (
    ANY,
    DIGITS,
    LETTERS,
    NO_I_NO_O,
    PCS_SECTIONS,
    Format,
    Formats,
    Misfit,
    Variant,
    depth,
    dotted,
)

__all__ = [
    "ALL",
    "CLASSES",
    "CPT",
    "HCPCS",
    "ICD9CM",
    "ICD9PCS",
    "ICD10CM",
    "ICD10PCS",
    "KNOWN",
    "LONGEST",
    "MODIFIER",
    "MOST_MODIFIERS",
    "Format",
    "Formats",
    "Misfit",
    "Variant",
    "closest",
    "dotted",
    "fitting",
    "of",
]


def _cpt(name: str, suffix: str | None, source: str) -> Variant:
    last = suffix or DIGITS
    parts = (("number", 4), ("suffix", 1)) if suffix else (("number", 5),)
    return Variant(name, (*[DIGITS] * 4, last), 5, None, parts, source)


_AMA = "AMA, CPT code set overview: five characters, numeric or alphanumeric by category"

CPT = Format(
    "cpt",
    "CPT",
    (
        _cpt("Category I", None, _AMA),
        _cpt("Category II", "F", _AMA),
        _cpt("Category III", "T", _AMA),
        _cpt("Proprietary laboratory analysis", "U", _AMA),
        _cpt("Administrative multianalyte assay", "M", _AMA),
        # Coronavirus vaccine administration, 2020 to 2023, since replaced by 90480.
        _cpt("Category I, immunization administration", "A", _AMA),
    ),
)

HCPCS = Format(
    "hcpcs",
    "HCPCS Level II",
    (
        Variant(
            "Level II",
            (LETTERS[:22], *[DIGITS] * 4),
            5,
            None,
            (("section", 1), ("number", 4)),
            "CMS HCPCS Level II: a letter from A to V and four digits",
        ),
    ),
)

ICD10CM = Format(
    "icd10cm",
    "ICD-10-CM",
    (
        Variant(
            "ICD-10-CM",
            # Position 2 was a digit until FY2026 brought QA0; position 3 has held letters
            # since C7A, Z3A, M1A. U is in use since U07.1.
            (LETTERS, *[ANY] * 6),
            3,
            3,
            (("category", 3), ("detail", 3), ("seventh character", 1)),
            "ICD-10-CM Official Guidelines, I.A.2-5, and the CDC/NCHS code files to FY2027",
        ),
    ),
)

ICD10PCS = Format(
    "icd10pcs",
    "ICD-10-PCS",
    (
        Variant(
            "ICD-10-PCS",
            (PCS_SECTIONS, *[NO_I_NO_O] * 6),
            7,
            None,
            tuple(
                (name, 1)
                for name in (
                    "section",
                    "body system",
                    "root operation",
                    "body part",
                    "approach",
                    "device",
                    "qualifier",
                )
            ),
            "ICD-10-PCS Official Guidelines, A1-A2: seven characters, no I and no O",
        ),
        Variant(
            "ICD-10-PCS table",
            (PCS_SECTIONS, *[NO_I_NO_O] * 2),
            3,
            None,
            (("section", 1), ("body system", 1), ("root operation", 1)),
            "CMS ICD-10-PCS order file: the headings are tables, named by three characters",
        ),
    ),
)


def _icd9(name: str, first: str, digits: int, shortest: int, dot_after: int) -> Variant:
    return Variant(
        name,
        (first, *[DIGITS] * digits),
        shortest,
        dot_after,
        (("category", dot_after), ("detail", 2)),
        "ICD-9-CM Official Guidelines, I.A, and the CMS v32 files",
    )


ICD9CM = Format(
    "icd9cm",
    "ICD-9-CM",
    (
        _icd9("Diagnosis", DIGITS, 4, 3, 3),
        _icd9("V code", "V", 4, 3, 3),
        _icd9("E code", "E", 4, 4, 4),
    ),
)

ICD9PCS = Format("icd9pcs", "ICD-9-CM Volume 3", (_icd9("Procedure", DIGITS, 3, 2, 2),))

ALL: tuple[Format, ...] = (CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
"""In the order in which equal evidence is decided."""

MODIFIER = Format(
    "modifier",
    "a modifier",
    (
        Variant(
            "Modifier",
            (ANY, ANY),
            2,
            None,
            (("modifier", 2),),
            "AMA CPT and CMS HCPCS Level II: two characters, joined to a procedure code",
        ),
    ),
)
"""No code system of its own: modifiers follow a CPT or HCPCS code."""

MOST_MODIFIERS = 4
"""A line of a claim has room for so many (CMS-1500 item 24D; X12 837 SV101-3 to -6)."""


KNOWN = Formats(ALL)
"""The formats of the six systems."""

of = KNOWN.of
fitting = KNOWN.fitting
CLASSES = KNOWN.classes
LONGEST = KNOWN.longest


def closest(text: str, among: tuple[Format, ...] = ALL) -> Misfit:
    """The misfit that comes closest to fitting, for a string that fits none of them.

    >>> closest("9O837").reason
    "5 characters, but position 2 of CPT must be a digit: 'O'"
    """
    misfits = [misfit for fmt in among if (misfit := fmt.misfit(text)) is not None]
    return max(misfits, key=depth)
