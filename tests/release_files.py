"""Small release files in the layouts of the official ones; titles of CPT codes are made up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping

ICD10CM = {
    "A000": "Cholera due to Vibrio cholerae 01, biovar cholerae",
    "A001": "Cholera due to Vibrio cholerae 01, biovar eltor",
    "E1165": "Type 2 diabetes mellitus with hyperglycemia",
    "S52501A": "Unspecified fracture of the lower end of right radius, initial encounter",
    "S52501D": "Unspecified fracture of the lower end of right radius, subsequent encounter",
    "U071": "COVID-19",
}
ICD10PCS = {
    "0016070": "Bypass Cerebral Ventricle to Nasopharynx, Open Approach",
    "0SRB02A": "Replacement of Left Hip Joint with Metal on Polyethylene, Open Approach",
    "B00B0ZZ": "Plain Radiography of Spinal Cord using High Osmolar Contrast",
}
CPT = {"90834": "Words for one", "90837": "Words for two", "99213": "Words for three; and more"}
LICENCE = (
    "Made-up notice: these are no CPT descriptors.\nUse them for tests alone.\nAll rights given."
)


def codes_file(codes: Mapping[str, str], width: int = 7) -> bytes:
    """ICD-10-CM, ICD-10-PCS (7), ICD-9-CM diagnoses (5) or procedures (4)."""
    return "".join(f"{code:{width}} {title}\n" for code, title in codes.items()).encode()


def order_file(rows: Iterable[tuple[str, bool, str]]) -> bytes:
    lines = [
        f"{number:05} {code:7} {int(billable)} {title[:60]:60} {title}\r\n"
        for number, (code, billable, title) in enumerate(rows, 1)
    ]
    return "".join(lines).encode()


def hcpcs_record(
    code: str, kind: str, title: str, first: str = "", last: str = "", sequence: str = "00100"
) -> str:
    start = f"{code:>5}{sequence}{kind}{title:80}"
    if kind in "48":
        return f"{start:320}"
    return f"{start}{title[:28]:28}{'':149}{first:8}{first:8}{last:8}N{'':27}"


HCPCS = "".join(
    f"{line}\n"
    for line in (
        hcpcs_record("A1", "7", "Dressing for one wound", "20020701"),
        hcpcs_record("A0021", "3", "Ambulance service, outside state per mile,", "19820101"),
        hcpcs_record("A0021", "4", "transport (Medicaid only)", sequence="00200"),
        hcpcs_record("J0120", "3", "Injection, tetracycline, up to 250 mg", "19820101"),
        hcpcs_record("J0171", "3", "Injection, adrenalin", "20110101", "20250630"),
        hcpcs_record("Q9999", "3", "A service that is new", "20260701"),
    )
).encode()


def preambled(body: str, preamble: str = LICENCE) -> bytes:
    return f"{preamble}\n\n{body}".replace("\n", "\r\n").encode("cp1252")


def cpt_long(codes: Mapping[str, str] = CPT) -> bytes:
    """LONGULT.txt."""
    return preambled("".join(f"{code}\t{title}\n" for code, title in codes.items()))


def cpt_short(codes: Mapping[str, str] = CPT, width: int = 28) -> bytes:
    """SHORTU.txt; MEDU.txt with a width of 48."""
    return preambled("".join(f"{code} {title:{width}}\n" for code, title in codes.items()))


def cpt_parts(codes: Mapping[str, str] = CPT, width: int = 10) -> bytes:
    """LONGULF.txt, with narrower lines."""
    lines = []
    for code, title in codes.items():
        words, parts = title.split(" "), [""]
        for word in words:
            if len(parts[-1]) + len(word) > width:
                parts.append("")
            parts[-1] = f"{parts[-1]} {word}".strip()
        lines += [f"{code}{number:02} {part:72}\n" for number, part in enumerate(parts, 1)]
    return preambled("".join(lines))


CONSOLIDATED = (
    "Concept Id",
    "CPT Code",
    "Long",
    "Medium",
    "Short",
    "Consumer",
    "Spanish Consumer",
    "Current Descriptor Effective Date",
    "Test Name",
    "Lab Name",
    "Manufacturer Name",
)


def cpt_consolidated(codes: Mapping[str, str] = CPT, effective: str = "20260101") -> bytes:
    rows = [
        ["1", code, title, title[:20], title[:10], "", "", effective, "", "", ""]
        for code, title in codes.items()
    ]
    return preambled("".join("\t".join(row) + "\n" for row in [list(CONSOLIDATED), *rows]))


CONCEPT = (
    b"concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\t"
    b"concept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason\n"
    b"1\tWords for two\tProcedure\tCPT4\tCPT4\tS\t90837\t20130101\t20991231\t\n"
    b"2\tWords gone\tProcedure\tCPT4\tCPT4\t\t90716\t19950101\t20241231\tD\n"
    b"3\tInjection, tetracycline\tDrug\tHCPCS\tHCPCS\tS\tJ0120\t19820101\t20991231\t\n"
    b"4\tA sort of thing\tDrug\tHCPCS\tHCPCS Class\tC\tJ01\t19820101\t20991231\t\n"
    b'5\tA "quoted" word, and more\tCondition\tICD10CM\t5-char billing code\t\tE11.65\t'
    b"20151001\t20991231\t\n"
    b"6\tDiabetes of type 2\tCondition\tICD10CM\t3-char nonbill code\t\tE11\t20151001\t20991231\t\n"
    b"7\tA finding\tCondition\tSNOMED\tClinical Finding\tS\t404684003\t20020131\t20991231\t\n"
)


def atom(system: str, kind: str, code: str, title: str, suppressed: str = "N") -> str:
    return (
        f"C0000001|ENG|P|L0000001|PF|S0000001|Y|A0000001|||{code}|{system}|{kind}|{code}|{title}|"
        f"0|{suppressed}|256|\n"
    )


MRCONSO = (
    atom("CPT", "PT", "90837", "Words for two")
    + atom("CPT", "PT", "90834", "Words for one")
    + atom("CPT", "HT", "1004-1", "A heading of them")
    + atom("CPT", "PT", "90716", "Words gone", "O")
    + atom("CPT", "SY", "90834", "Other words")
    + atom("HCPCS", "PT", "Q9999", "A service that is new")
    + atom("HCPCS", "MP", "A1", "Dressing for one wound")
    + atom("CPT", "MP", "25", "A modifier of the AMA")
    + atom("ICD9CM", "PT", "45.13", "An endoscopy")
    + atom("SNOMEDCT_US", "PT", "404684003", "Clinical finding")
).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


TABULAR = b"""<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2026</version>
  <chapter><name>19</name><desc>Injury (S00-T88)</desc>
    <section id="S50-S59"><desc>Injuries (S50-S59)</desc>
      <diag><name>S52</name><desc>Fracture of forearm</desc>
        <sevenChrDef>
          <extension char="A">initial encounter for closed fracture</extension>
          <extension char="S">sequela</extension>
        </sevenChrDef>
        <diag><name>S52.5</name><desc>Fracture of lower end of radius</desc></diag>
        <diag><name>S52.6</name><desc>Fracture of lower end of ulna</desc>
          <inclusionTerm><note>A note</note></inclusionTerm>
          <notes><note>Another</note></notes></diag>
      </diag>
      <diag><name>U07.1</name><desc>COVID-19</desc></diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""
