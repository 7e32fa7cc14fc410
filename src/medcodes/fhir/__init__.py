"""FHIR: codings out of what was identified, and the codings of others checked.

    >>> import medcodes
    >>> from medcodes import fhir
    >>> fhir.coding(medcodes.identify("e1165", on="2026-06-01"))["code"]
    'E11.65'
    >>> coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E1165"}
    >>> for issue in fhir.check({"coding": [coding]}, on="2026-06-01"):
    ...     print(issue.severity, issue.rule, issue.path)
    error missing-dot $this.coding[0]
    information no-display $this.coding[0]

    codings.py      from an answer to a Coding; issues.py: what can be wrong with one
    judging.py      what there is to say about one Coding
    days.py         the day on which the codes of a resource are judged
    resources.py    whole resources and Bundles

Plain dicts go in and come out, as `json` reads and writes them; no FHIR library is needed.
"""

from medcodes.fhir.codings import codeable_concept, coding
from medcodes.fhir.issues import RULES, Issue, operation_outcome
from medcodes.fhir.resources import check

__all__ = ["RULES", "Issue", "check", "codeable_concept", "coding", "operation_outcome"]
