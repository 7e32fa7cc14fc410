"""What speaks for a code where no word before it says that it is one.

Who writes a code seldom writes it alone: the diagnosis stands beside it (``HTN (I10)``), or what is
charged for it, or how often. Each of these is a reason of some weight, none is proof. A code that
looks like little else (``J0696``) needs less of them than one that looks like any number.
"""

from __future__ import annotations

from functools import lru_cache

import regex

__all__ = [
    "MOST_OF_TITLE",
    "ahead",
    "charged",
    "is_about_billing",
    "is_dosed",
    "is_row",
    "is_set_off",
    "is_timed",
    "telling_words",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -- the words of its title ---------------------------------------------------------------------

# What stands in the titles of all kinds of codes says nothing about one of them.
_COMMON = _words(
    """
    about after age all and any are arteries associated bilateral body but can care cases
    category classified closed code complication complications condition conditions day days
    device did disease diseases disorder disorders drug due during each elsewhere encounter
    end except external for form from full general had has health her high him his history
    home includes including initial injection injury item its left level line low lower
    management mass may medical medicine mild moderate month more multiple new nonspecific not
    now number old one only open operation operations oral other others our out pain part
    patient patients per personal place primary procedure procedures product related right
    screen second secondary see sequela service services set severe she side single site sites
    specified standard state status subsequent supplies supply surgery surgical symptoms
    system test that the therapeutic therapy this through time total treatment two type unit
    units unspecified upper use used using visit was week weeks when which who with within
    without year years you
    """
)
# What notes say for the words of titles.
_SHORT_FOR = {
    short: frozenset(words.split())
    for short, words in {
        "abd": "abdominal",
        "acp": "advance planning",
        "adm": "administration",
        "admin": "administration",
        "af": "atrial fibrillation",
        "afib": "atrial fibrillation",
        "afo": "ankle foot orthosis",
        "aki": "acute kidney failure",
        "ami": "myocardial infarction subendocardial",
        "annual": "preventive annual",
        "appy": "appendix appendectomy",
        "ards": "respiratory distress",
        "asa": "aspirin",
        "awv": "annual wellness",
        "bka": "below knee amputation",
        "bph": "prostatic hyperplasia",
        "bx": "biopsy",
        "ca": "malignant neoplasm",
        "cabg": "coronary bypass",
        "cad": "atherosclerotic coronary heart",
        "cancer": "malignant neoplasm",
        "cath": "catheterization",
        "cbc": "hematology",
        "chf": "congestive heart failure",
        "chole": "cholecystectomy gallbladder",
        "ckd": "chronic kidney",
        "cmp": "chemistry panels",
        "colo": "colonoscopy colorectal",
        "copd": "chronic obstructive pulmonary",
        "covid": "coronavirus covid-19",
        "cpap": "positive airway pressure",
        "csf": "spinal",
        "ct": "tomography radiology",
        "cva": "cerebral infarction",
        "cystoscopy": "bladder endoscopic",
        "def": "deficiency",
        "depression": "depressive",
        "diabetic": "diabetes",
        "diff": "difficulty",
        "dm": "diabetes",
        "dvt": "venous thrombosis deep",
        "dysuria": "urination",
        "ecg": "cardiography",
        "echo": "echocardiography",
        "egd": "esophagogastroduodenoscopy",
        "ekg": "cardiography",
        "emg": "electromyography",
        "esrd": "stage renal",
        "est": "established",
        "etoh": "alcohol",
        "eval": "evaluation evaluations",
        "flu": "influenza vaccines",
        "fx": "fracture",
        "gad": "anxiety",
        "gallstones": "calculus gallbladder cholelithiasis",
        "gerd": "gastro-esophageal reflux esophageal",
        "glucometer": "glucose monitor",
        "hcg": "urinalysis chemistry",
        "hf": "heart failure",
        "hiv": "immunodeficiency virus",
        "hld": "hyperlipidemia",
        "hlp": "hyperlipidemia",
        "htn": "hypertension",
        "hypothyroid": "hypothyroidism",
        "immunization": "immunization vaccines",
        "inj": "injections",
        "labs": "laboratory",
        "lap": "laparoscopic endoscopic",
        "lbp": "low back",
        "lipid": "lipid chemistry panels hyperlipidemia",
        "mammo": "mammography mammogram",
        "mdd": "major depressive",
        "mi": "myocardial infarction",
        "migraines": "migraine",
        "mmr": "vaccines measles",
        "mri": "magnetic resonance radiology",
        "nebs": "nebulizer",
        "nst": "fetal",
        "nsvd": "normal delivery",
        "oa": "osteoarthritis",
        "ob": "obstetrical maternity",
        "osa": "sleep apnea",
        "ov": "office",
        "pap": "cervical papanicolaou",
        "pcn": "penicillin",
        "pe": "pulmonary embolism",
        "pft": "pulmonary",
        "physical": "preventive examination",
        "picc": "infusion vena",
        "pna": "pneumonia",
        "polyp": "polyps",
        "prbc": "red blood packed cells",
        "psa": "prostate-specific antigen prostate",
        "ptca": "coronary angioplasty",
        "ptsd": "post-traumatic stress",
        "pvd": "peripheral vascular",
        "ra": "rheumatoid arthritis",
        "rehab": "rehabilitation",
        "rsv": "vaccines respiratory",
        "shot": "vaccines vaccine",
        "smoking": "behavior tobacco nicotine",
        "sob": "shortness breath",
        "stroke": "cerebral infarction cerebrovascular",
        "tcm": "transitional",
        "tdap": "vaccines tetanus",
        "tele": "telemedicine",
        "telehealth": "telemedicine",
        "tha": "hip replacement",
        "ther": "rehabilitation",
        "thr": "hip replacement",
        "tia": "transient ischemic",
        "tka": "knee replacement",
        "tkr": "knee replacement",
        "tobacco": "nicotine tobacco",
        "tonsils": "tonsillectomy",
        "transfused": "transfusion",
        "tsh": "chemistry thyroid",
        "ua": "urinalysis",
        "uri": "upper respiratory infection",
        "urine": "urinalysis urinary",
        "uti": "urinary tract infection",
        "vaccination": "vaccine vaccines immunization",
        "vaccine": "vaccines",
        "varicella": "vaccines varicella",
        "venipuncture": "veins venous",
        "vit": "vitamin",
        "wcc": "preventive",
        "well": "preventive",
        "x-ray": "radiology",
        "xr": "radiology",
        "xray": "radiology",
    }.items()
}
MOST_OF_TITLE = 3
"""What the words of a title beside a code weigh, at most."""
_WORD = regex.compile(r"[A-Za-z]{2,}(?:-[A-Za-z]+)*")
_ENDING = regex.compile(r"(?:ing|ed|es|s|al|ic|e|y)\Z")
_KEPT = 7


@lru_cache(4_096)
def _stem(word: str) -> str:
    """The beginning of a word, which its forms share: ``screening``, ``screens``."""
    if len(word) > 5:
        word = _ENDING.sub("", word)
    return word[:_KEPT]


def _stems(words: frozenset[str]) -> frozenset[str]:
    return frozenset(_stem(one) for one in words if len(one) > 2 and one not in _COMMON)


_MEANT = {short: _stems(words) for short, words in _SHORT_FOR.items()}


@lru_cache(4_096)
def _title_stems(title: str) -> frozenset[str]:
    return _stems(frozenset(one.lower() for one in _WORD.findall(title)))


def telling_words(title: str, text: str) -> int:
    """How many of the words that tell a title from others stand in a text.

    >>> telling_words("Essential (primary) hypertension", "HTN, at goal")
    1
    >>> telling_words("Blood glucose test or reagent strips", "glucose test strips")
    2
    """
    wanted = _title_stems(title)
    said = frozenset(one.lower() for one in _WORD.findall(text))
    index = _stems(said).union(*(_MEANT[one] for one in said & _MEANT.keys()))
    return len(wanted & index)


# -- what stands beside it ----------------------------------------------------------------------

_CHARGED = regex.compile(
    r"""[)\]]?[ ]?(?:[,;:|-][ ]?)?(?:
        \(?[x×][ ]?[0-9]{1,3}(?![0-9])            # x 2, x4 units
      | [0-9]{1,3}[ ]units?(?![a-z])
      | (?:qty|quantity|units?)[ :.=]{0,2}[0-9]
      | \$[ ]?[0-9]
      | (?:mod(?:ifier)?s?)[ .:]{1,2}[0-9A-Z]{2}(?![0-9a-z])
      | (?:w/|with)[ ]?(?:mod(?:ifier)?s?[ ])?(?:2[2-7]|5[0-9]|7[6-9]|95)(?![0-9.%/])
      | (?:(?:is|was|were|are|be|been|not|only|has|have|also)[ ]){0,2}
        (?:approved|denied|paid|billed|billable|payable|covered|bundled|allowed|rejected|reimbursed
          |authorized|auth'd|auth|unbundled|downcoded|requires?[ ](?:pa|prior|auth|a[ ]modifier))
        (?![a-z])
      | (?-i:(?:RT|LT|NU|RR|UE|KX|GA|GZ|GY|GX|JW|JZ|GT|TC)(?![0-9A-Za-z]))
    )""",
    regex.VERBOSE | regex.IGNORECASE,
)
_BEFORE = regex.compile(
    r"""(?:(?<![a-z])(?:approv(?:es?|ed|al[ ](?:of|for))|den(?:y|ied|ies|ial[ ](?:of|for))
        |payable|report(?:s|ed|ing)?
        |rejected|allow(?:s|ed)?|cover(?:s|ed|age[ ](?:of|for))?
        |authoriz(?:e|ed|es|ation[ ](?:of|for))
        |requested?|requesting
        |resubmit|(?:un)?bundled|appeal(?:ed|ing)?|append(?:ed)?|perform(?:ed)?|provided|rendered
        |ordered|dispensed|administered|add-on|described|numbers
        |replaced|switched|selected|chose|choose|us(?:e|ed|ing)|assign(?:ed)?|enter(?:ed)?)
      [ ]?(?:(?:by|for|of|as|with|under|from|to|on|the|was|is|are|not|both|and|new)[ ]){0,3}
      |(?<![a-z])(?:co|pr|oa)-?[0-9]{1,3}[ ](?:on|for)[ ]
      |(?<![a-z])(?:mod(?:ifier)?s?|modif)[ ](?:[0-9A-Z]{2}[ ]?(?:[,/&+]|and)?[ ]?){1,3}
        (?:with|to|on|for|w/)?[ ]?
    )[:("'\[ =-]{0,3}\Z""",
    regex.VERBOSE | regex.IGNORECASE,
)
_BILLING = _words(
    """
    addon appeal auth authorization authorized billed biller billing claim claims cms coded
    coder coders coding copay copayment coverage cpt deductible denial denials diagnosis dos
    dx e/m em encoder encounter eob hcpcs icd insurance insurer mdm medicaid medically
    medicare member members mod modifier modifiers ncci office payable payer payers payor
    payors physician practitioner procedure procedures provider providers psychotherapy
    reimbursed reimbursement rvu rvus session sessions superbill superbills telehealth
    therapist therapy vaccine venipuncture visit visits
    """
)
_LETTERS = regex.compile("[a-z]+(?:/m)?")
_BEFORE_ITEM = regex.compile(
    r"""(?:\A|\n|[:;|\t=–—]|[ ]-|[ ]/|[ ]{2}|,|->|→)[ \t]*
    (?:[-*•·\#]|\[[ xX]?\]|\(?[0-9]{1,2}[.):]|☐|☑|☒)?[ ]?\Z""",
    regex.VERBOSE,
)
_AFTER_ITEM = regex.compile(
    r"""["'*]?(?:[ ]?[.,;:|\n\t–—+?]|[ ]{2}|[ ][-/(=]|[ ]\(?[0-9]{1,2}[.)][ ]|\s*\Z)""",
    regex.VERBOSE,
)
_OTHER_CODE = regex.compile(r"(?<![\w.$-])[A-Z][0-9][0-9A-Z]\.[0-9A-Z]{1,4}(?![\w.]*\w)")
_MONEY = regex.compile(r"\$[ ]?[0-9]|(?<![0-9.])[0-9]{1,4}\.[0-9]{2}(?![0-9.])")
_DATE = regex.compile(
    r"(?<![0-9])(?:[01]?[0-9]/[0-3]?[0-9](?:/[0-9]{2,4})?|20[0-9]{2}-[01][0-9]-[0-3][0-9])(?![0-9/])"
)


_DOSE_AFTER = regex.compile(r"(?i)[,:]? \(?[0-9][0-9.,]{0,6} ?(?:mg|mcg|ug|units|iu|ml)(?![a-z])")
_DOSE_BEFORE = regex.compile(
    r"(?i)[0-9] ?(?:mg|mcg|ug|units|iu|ml)(?: ?(?:im|iv|sq|sc|subq|po|inj|ivp|ivpb))?"
    r"[ ,;:(/-]{1,3}\Z"
)


_TIME_AFTER = regex.compile(r"(?i)[,:]? ?\(?[0-9]{1,3}(?: ?(?:-|to) ?[0-9]{1,3})? ?min")
_TIME_BEFORE = regex.compile(r"(?i)(?<![0-9])[0-9]{1,3} ?min(?:ute)?s?\.?[ ,;:(/-]{1,3}\Z")


def is_timed(before: str, after: str) -> bool:
    """Whether it is said right beside it how many minutes it took."""
    return bool(_TIME_AFTER.match(after) or _TIME_BEFORE.search(before))


def is_dosed(before: str, after: str) -> bool:
    """Whether the dose of a drug is right beside it: ``30 mg IM J1885``."""
    return bool(_DOSE_AFTER.match(after) or _DOSE_BEFORE.search(before))


def charged(before: str, after: str) -> tuple[int, bool]:
    """How much what is right beside it says that it is charged, or decided on by a payer.

    With it, whether that is said behind it, where words that have other uses count for more.

    >>> charged("", " x 4 units"), charged("we reported ", " once"), charged("about ", " people")
    ((2, True), (2, False), (0, False))
    """
    behind = _CHARGED.match(after) is not None
    return 2 * behind + 2 * (_BEFORE.search(before) is not None), behind


def is_about_billing(*texts: str) -> bool:
    """Whether some word is one of visits, claims or coverage."""
    return any(not _BILLING.isdisjoint(_LETTERS.findall(one.lower())) for one in texts)


def is_set_off(before: str, after: str) -> bool:
    """Whether punctuation, or the end of its line, parts it from the words around it.

    >>> is_set_off("hypertension - ", " stable"), is_set_off("the ", " group")
    (True, False)
    """
    return bool(_BEFORE_ITEM.search(before) or _AFTER_ITEM.match(after))


_NUMBER = regex.compile(r"(?<![\w.$-])[0-9]{5}(?![\w.]*\w)")


def ahead(after: str, *, numbers: bool = False) -> bool:
    """Whether a code that looks like little else follows, or another number."""
    return bool(_OTHER_CODE.search(after) or (numbers and _NUMBER.search(after)))


def is_row(before: str, after: str) -> bool:
    """Whether its line has a date before it and an amount after it."""
    return bool(_DATE.search(before) and _MONEY.search(after))
