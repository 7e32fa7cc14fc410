"""The day on which the codes of a resource are judged."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import attrs


@attrs.frozen
class When:
    """The days from `first` to `last`, and where they were found.

    Attributes:
        first, last: one day twice, the days of a month or year, or those of a period.
        field: the name of the element, or None for a day that no element names.
        period: whether they are a Period, of which the last day counts most.
    """

    first: date
    last: date
    field: str | None = None
    period: bool = False


# In the order in which they count. The first that holds a date is taken. A name without an ending
# is a Period, or a choice of types written out.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("recordedDate", "assertedDate", "onsetDateTime", "onsetPeriod"),
    "CarePlan": ("period", "created"),
    "ChargeItem": ("occurrenceDateTime", "occurrencePeriod", "enteredDate"),
    "Claim": ("billablePeriod", "created"),
    "ClaimResponse": ("created",),
    "ClinicalImpression": ("effectiveDateTime", "effectivePeriod", "date"),
    "Composition": ("date",),
    # The code was chosen when the condition was recorded; its onset may be decades earlier.
    "Condition": (
        *("recordedDate", "assertedDate", "dateRecorded"),
        *("onsetDateTime", "onsetPeriod"),
    ),
    "CoverageEligibilityRequest": ("servicedDate", "servicedPeriod", "created"),
    "DeviceRequest": ("occurrenceDateTime", "occurrencePeriod", "authoredOn"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod", "issued"),
    "DocumentReference": ("date",),
    "Encounter": ("actualPeriod", "period"),
    "EpisodeOfCare": ("period",),
    "ExplanationOfBenefit": ("billablePeriod", "created"),
    "FamilyMemberHistory": ("date",),
    "Flag": ("period",),
    "Immunization": ("occurrenceDateTime", "recorded"),
    "MedicationAdministration": (
        *("effectiveDateTime", "effectivePeriod"),
        *("occurrenceDateTime", "occurrencePeriod", "recorded"),
    ),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationRequest": ("authoredOn",),
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"),
    "Procedure": (
        *("performedDateTime", "performedPeriod"),
        *("occurrenceDateTime", "occurrencePeriod", "recorded"),
    ),
    "QuestionnaireResponse": ("authored",),
    "ServiceRequest": ("occurrenceDateTime", "occurrencePeriod", "authoredOn"),
    "SupplyDelivery": ("occurrenceDateTime", "occurrencePeriod"),
    "SupplyRequest": ("occurrenceDateTime", "occurrencePeriod", "authoredOn"),
}

# Within a claim: the service of a line, the day of a procedure.
_CLAIMS = ("Claim", "ClaimResponse", "ExplanationOfBenefit")
_WITHIN_CLAIMS = ("servicedDate", "servicedPeriod")
_PROCEDURES_OF_CLAIMS = ("date",)

# FHIR's dateTime and instant: a year, a month or a day, perhaps with a time behind it. The day is
# that of the place where it was written, so that its time zone does not matter.
_DATE_TIME = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T[^\s]*)?)?)?")


def today() -> When:
    """The day of the call, named by no element."""
    day = date.today()
    return When(day, day)


def on_day(day: date) -> When:
    """The day that the caller names."""
    return When(day, day, "on")


def of_resource(resource: Mapping[str, Any]) -> When | None:
    """When a resource says it was; None where it does not say, or is of a kind not known here."""
    kind = resource.get("resourceType")
    return _first(resource, _FIELDS.get(kind, ()) if isinstance(kind, str) else ())


def of_element(element: Mapping[str, Any], kind: str | None, name: str | None) -> When | None:
    """When an element within a resource of a kind says it was; `name` is that of its list."""
    if kind not in _CLAIMS:
        return None
    return _first(element, _PROCEDURES_OF_CLAIMS if name == "procedure" else _WITHIN_CLAIMS)


def of_expansion(element: Mapping[str, Any], name: str | None) -> When | None:
    """When the expansion of a value set was made; None for any other element."""
    return _first(element, ("timestamp",)) if name == "expansion" else None


def of_version(version: object) -> When | None:
    """The days of a version of a code system: a day, a month, or a year.

    A year may be the federal fiscal year, from October before (ICD-10), or that of the calendar.
    """
    when = _date_time(version, "version")
    is_year = when is not None and (when.last - when.first).days > 31
    if when is None or not is_year or when.first.year == date.min.year:
        return when
    return attrs.evolve(when, first=date(when.first.year - 1, 10, 1))


def _first(element: Mapping[str, Any], fields: tuple[str, ...]) -> When | None:
    for field in fields:
        value = element.get(field)
        if value is not None:
            when = _period(value, field) if isinstance(value, dict) else _date_time(value, field)
            if when is not None:
                return when
    return None


def _period(value: Mapping[str, Any], field: str) -> When | None:
    start = _date_time(value.get("start"), field)
    end = _date_time(value.get("end"), field)
    if start is None:
        return end
    if end is None:
        # It goes on: whatever has been valid since it began may have been written down.
        return When(start.first, max(start.last, date.today()), field)
    return When(min(start.first, end.first), end.last, field, period=True)


def _date_time(value: object, field: str) -> When | None:
    found = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day is not None:
        return When(first, first, field)
    last_month = month or 12
    last = date(year, last_month, calendar.monthrange(year, last_month)[1])
    return When(first, last, field)
