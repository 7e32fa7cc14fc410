"""The six code systems, as constants.

    >>> from medcodes import ICD10CM
    >>> ICD10CM.name, ICD10CM.kind, ICD10CM.oid
    ('ICD-10-CM', 'diagnosis', '2.16.840.1.113883.6.90')

What the standards call each of them is in `medcodes.names`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import attrs

from medcodes import formats, names, reference
from medcodes.errors import AmbiguousCodeSystem, NoCodeList, UnknownCodeSystem

if TYPE_CHECKING:
    from medcodes.classifier import Classifier
    from medcodes.dates import Day
    from medcodes.hierarchy.entries import Changes, Entries, Entry

__all__ = [
    "ALL",
    "CPT",
    "HCPCS",
    "ICD9CM",
    "ICD9PCS",
    "ICD10CM",
    "ICD10PCS",
    "CodeSystem",
    "code_system",
    "code_systems",
]


@attrs.frozen(eq=False, repr=False)
class CodeSystem(names.Names):
    """One code system: its names, and its codes in the bundled reference.

    There are six, as constants; comparing and copying keep them the same objects. Methods that
    take a day take a `date`, or ISO text like ``"2026-10-01"``; None is today.
    """

    def __repr__(self) -> str:
        return f"<CodeSystem {self.id}: {self.name}>"

    def __str__(self) -> str:
        return self.id

    def __reduce__(self) -> tuple[Any, ...]:
        return code_system, (self.id,)

    def __copy__(self) -> CodeSystem:
        return self

    def __deepcopy__(self, memo: object) -> CodeSystem:
        return self

    def __bool__(self) -> bool:
        return True

    @property
    def _format(self) -> formats.Format:
        return next(one for one in formats.ALL if one.system == self.id)

    @property
    def has_list(self) -> bool:
        """Whether the list of codes is public, and so in the reference: False for CPT alone."""
        return self.id != "cpt"

    @property
    def edition(self) -> str | None:
        """The newest release in the reference, in words; None for CPT."""
        return reference.codes(self.id).edition if self.has_list else None

    @property
    def coverage(self) -> tuple[date | None, date | None]:
        """The first and the last day that the reference speaks for; None, None for CPT.

        >>> ICD10PCS.coverage
        (datetime.date(2015, 10, 1), datetime.date(2027, 3, 31))

        ICD-9-CM ended on its last day, so nothing of it is valid afterwards; for the others a
        later day is answered as of the last one, with a warning.
        """
        if not self.has_list:
            return None, None
        table = reference.codes(self.id)
        return table.first_day, table.last_day

    def validate(
        self, code: str, *, on: Day = None, strict: bool = False, headers: bool = False
    ) -> str:
        """The canonical form of a code of this system, or an `InvalidCode`.

        >>> ICD10CM.validate("e1165", on="2026-01-01")
        'E11.65'
        """
        return _classifier().validate(code, self, on=on, strict=strict, headers=headers)

    def is_valid(
        self, code: str, *, on: Day = None, strict: bool = False, headers: bool = False
    ) -> bool:
        """Whether `validate` accepts a code.

        >>> ICD10CM.is_valid("U07.1", on="2020-03-31"), ICD10CM.is_valid("U07.1", on="2020-04-01")
        (False, True)
        """
        return _classifier().is_valid(code, self, on=on, strict=strict, headers=headers)

    def format(self, code: str) -> str:
        """The canonical form of anything that has the shape of a code; listed or not.

        Raises:
            ValueError: it has not; the message says where.

        >>> ICD9CM.format("25000")
        '250.00'
        """
        return self._format.canonical(_text(code))

    def compact(self, code: str) -> str:
        """The form without the dot of anything that has the shape of a code.

        >>> ICD9CM.compact("250.00")
        '25000'
        """
        return self._format.compact(_text(code))

    def get(self, code: str, on: Day = None) -> Entry | None:
        """What the reference holds on a code, a heading or a range, as it stood on a day.

        None when it is listed on no day. A range goes by its ends, one of ICD-10-PCS by its first
        characters.

        >>> ICD9PCS.get("51.21").title
        'Other partial cholecystectomy'
        >>> ICD10CM.get("E08-E13").title, ICD10PCS.get("0S").title, CPT.get("90832-90838").title
        ('Diabetes mellitus', 'Lower Joints', 'Psychotherapy')
        """
        return _classifier().get(code, self, on=on)

    def roots(self, on: Day = None) -> Entries:
        """What stands at the top of the system on a day: chapters, or sections.

        >>> [one.code for one in ICD10CM.roots(on="2026-06-01")][:3]
        ['A00-B99', 'C00-D49', 'D50-D89']
        >>> [one.title for one in ICD10PCS.roots(on="2026-06-01")][:2]
        ['Medical and Surgical', 'Obstetrics']
        """
        return _classifier().roots(self, on=on)

    def codes(self, on: Day = None) -> Iterator[str]:
        """The canonical codes that are valid on a day, in order, one at a time.

        Raises:
            NoCodeList: for CPT, whose list is the AMA's.

        >>> next(ICD10CM.codes(on="2026-01-01"))
        'A00.0'
        """
        return _classifier().codes(self, on=on)

    def changes(self, since: Day, until: Day) -> Changes:
        """What was added, deleted and given another title between two days.

        >>> changes = ICD10CM.changes("2020-03-31", "2020-04-01")
        >>> changes.added, changes.deleted
        (('U07.0', 'U07.1'), ())
        >>> ICD10CM.changes("2026-09-30", "2026-10-01").revised[-1].after
        'Encounter for prophylactic rabies immune globulin'
        """
        return _classifier().changes(self, since, until)

    def __contains__(self, code: object) -> bool:
        """Whether a text is a code of this system on any day; for CPT, whether it may be one.

        >>> "R05" in ICD10CM, "E11" in ICD10CM, "90837" in CPT
        (True, False, True)
        """
        return isinstance(code, str) and _classifier().lists(code, self)

    def __len__(self) -> int:
        """How many codes the reference has ever listed; headings do not count.

        >>> len(ICD10CM)
        75909
        """
        if not self.has_list:
            raise NoCodeList(no_list_message(self))
        return reference.codes(self.id).billable_count


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {type(value).__name__}: {value!r}")
    return value


def no_list_message(system: CodeSystem) -> str:
    return (
        f"the list of {system.name} codes is not in the reference: {system.licence}. "
        f"Its published ranges are, so single codes can be identified as far as those go."
    )


def _classifier() -> Classifier:
    # The classifier is built on the systems; only their conveniences lean on it in turn.
    from medcodes.classifier import default

    return default


by_id = {one.id: CodeSystem(**attrs.asdict(one, recurse=False)) for one in names.ALL}
CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS = by_id.values()

ALL: tuple[CodeSystem, ...] = tuple(by_id.values())
"""In the order in which equal evidence is decided."""


def code_systems(name: str) -> tuple[CodeSystem, ...]:
    """Every system that a name means, in order; empty when it means none of the six.

    >>> code_systems("HC")
    (<CodeSystem cpt: CPT>, <CodeSystem hcpcs: HCPCS Level II>)
    """
    return tuple(by_id[system] for system in names.resolve(_text(name)))


def code_system(name: str) -> CodeSystem:
    """The system that a name means: an id, an OID, a FHIR URI, an X12 qualifier and so on.

    >>> code_system("ABK") is code_system("http://hl7.org/fhir/sid/icd-10-cm") is ICD10CM
    True

    Raises:
        UnknownCodeSystem: the name means none of the six; the message says so when it is a
            neighbour's (``LOINC``).
        AmbiguousCodeSystem: the name means several (``HC``, the FHIR URI of ICD-9-CM).
    """
    found = code_systems(name)
    if len(found) == 1:
        return found[0]
    if found:
        meant = " and ".join(one.name for one in found)
        raise AmbiguousCodeSystem(
            f"{name!r} means {meant}; name one of them, or use code_systems()", found
        )
    neighbour = names.foreign(name)
    known = (
        f"{name!r} is {neighbour}, which is not one of the six systems of medcodes"
        if neighbour
        else f"no code system is called {name!r}"
    )
    raise UnknownCodeSystem(f"{known}: {', '.join(one.id for one in ALL)}")
