"""The six code systems, as constants.

    >>> from medcodes import ICD10CM
    >>> ICD10CM.name, ICD10CM.kind, ICD10CM.oid
    ('ICD-10-CM', 'diagnosis', '2.16.840.1.113883.6.90')

What the standards call each of them is in `medcodes.names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, Protocol

import attrs

from medcodes import formats, names
from medcodes.dates import YEAR, Cadence, Day
from medcodes.entries import Changes, Entries, Entry, System
from medcodes.errors import AmbiguousCodeSystem, UnknownCodeSystem

__all__ = [
    "ALL",
    "CPT",
    "HCPCS",
    "ICD9CM",
    "ICD9PCS",
    "ICD10CM",
    "ICD10PCS",
    "KNOWN",
    "CodeSystem",
    "Systems",
    "Traits",
    "code_system",
    "code_systems",
]


class Traits(NamedTuple):
    """What is special about a code system: one row, asked wherever systems differ.

    Attributes:
        example: a code of it, for messages and schemas.
        cadence: when it is released.
        public_list: whether the list of its codes is public. If not, a code in a published range
            is plausible.
        kept_elsewhere: why a listed range of another steward's codes is plausible at most (the
            dental codes of HCPCS), or None.
        takes_modifiers: whether modifiers may be joined to its codes.
        heading_lengths: how many characters its headings have.
        prefix_headings: whether the headings above a code are its prefixes.
        category_length: how many characters its categories have, the shortest headings.
        long_categories: the first characters of codes whose categories have one more.
        words: whether letters alone may make a code; where not, they are a word.
        axes: whether each character of a code has a meaning of its own.
        seventh_characters: whether the seventh character has a meaning of its own.
        meanings: whether a table says what single characters mean.
        conversions: whether CMS publishes which codes took over from which.
        revisions: whether titles of earlier editions are in a source.
        exemptions: whether CDC lists codes that are exempt from POA reporting.
        edits: whether the Medicare Code Editor has edits for its codes (sex, age, principal
            diagnosis), which release files do not say.
    """

    example: str
    cadence: Cadence
    public_list: bool = True
    kept_elsewhere: str | None = None
    takes_modifiers: bool = False
    heading_lengths: tuple[int, ...] = ()
    prefix_headings: bool = False
    category_length: int = 0
    long_categories: str = ""
    words: bool = False
    axes: bool = False
    seventh_characters: bool = False
    meanings: bool = False
    conversions: bool = False
    revisions: bool = False
    exemptions: bool = False
    edits: bool = False

    def length_of_category(self, compact: str) -> int:
        """How many characters the category of a code has."""
        return self.category_length + (compact[:1] in self.long_categories)


@attrs.frozen(eq=False, repr=False)
class CodeSystem(System):
    """One code system: its names, and its codes in the bundled reference.

    There are six, as constants; comparing and copying keep them the same objects. Methods that
    take a day take a `date`, or ISO text like ``"2026-10-01"``; None is today.
    """

    shape: formats.Format = attrs.field(kw_only=True)
    """What its codes look like."""
    traits: Traits = attrs.field(kw_only=True)
    """What is special about it."""

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
    def has_list(self) -> bool:
        """Whether the list of codes is public, and so in the reference: False for CPT alone."""
        return self.traits.public_list

    @property
    def edition(self) -> str | None:
        """The newest release in the reference, in words; None for CPT."""
        return _answers.edition(self) if self.has_list else None

    @property
    def coverage(self) -> tuple[date | None, date | None]:
        """The first and the last day that the reference speaks for; None, None for CPT.

        >>> ICD10PCS.coverage
        (datetime.date(2015, 10, 1), datetime.date(2027, 3, 31))

        ICD-9-CM ended on its last day, so nothing of it is valid afterwards; for the others a
        later day is answered as of the last one, with a warning.
        """
        return _answers.coverage(self) if self.has_list else (None, None)

    def validate(
        self, code: str, *, on: Day = None, strict: bool = False, headers: bool = False
    ) -> str:
        """The canonical form of a code of this system, or an `InvalidCode`.

        >>> ICD10CM.validate("e1165", on="2026-01-01")
        'E11.65'
        """
        return _answers.validate(code, self, on=on, strict=strict, headers=headers)

    def is_valid(
        self, code: str, *, on: Day = None, strict: bool = False, headers: bool = False
    ) -> bool:
        """Whether `validate` accepts a code.

        >>> ICD10CM.is_valid("U07.1", on="2020-03-31"), ICD10CM.is_valid("U07.1", on="2020-04-01")
        (False, True)
        """
        return _answers.is_valid(code, self, on=on, strict=strict, headers=headers)

    def format(self, code: str) -> str:
        """The canonical form of anything that has the shape of a code; listed or not.

        Raises:
            ValueError: it has not; the message says where.

        >>> ICD9CM.format("25000")
        '250.00'
        """
        return self.shape.canonical(_text(code))

    def compact(self, code: str) -> str:
        """The form without the dot of anything that has the shape of a code.

        >>> ICD9CM.compact("250.00")
        '25000'
        """
        return self.shape.compact(_text(code))

    def get(self, code: str, on: Day = None) -> Entry | None:
        """What the reference holds on a code, a heading or a range, as it stood on a day.

        None when it is listed on no day. A range goes by its ends, one of ICD-10-PCS by its first
        characters.

        >>> ICD9PCS.get("51.21").title
        'Other partial cholecystectomy'
        >>> ICD10CM.get("E08-E13").title, ICD10PCS.get("0S").title, CPT.get("90832-90838").title
        ('Diabetes mellitus', 'Lower Joints', 'Psychotherapy')
        """
        return _answers.get(code, self, on=on)

    def roots(self, on: Day = None) -> Entries:
        """What stands at the top of the system on a day: chapters, or sections.

        >>> [root.code for root in ICD10CM.roots(on="2026-06-01")][:3]
        ['A00-B99', 'C00-D49', 'D50-D89']
        >>> [root.title for root in ICD10PCS.roots(on="2026-06-01")][:2]
        ['Medical and Surgical', 'Obstetrics']
        """
        return _answers.roots(self, on=on)

    def codes(self, on: Day = None) -> Iterator[str]:
        """The canonical codes that are valid on a day, in order, one at a time.

        Raises:
            NoCodeList: for CPT, whose list is the AMA's.

        >>> next(ICD10CM.codes(on="2026-01-01"))
        'A00.0'
        """
        return _answers.codes(self, on=on)

    def changes(self, since: Day, until: Day) -> Changes:
        """What was added, deleted and given another title between two days.

        >>> changes = ICD10CM.changes("2020-03-31", "2020-04-01")
        >>> changes.added, changes.deleted
        (('U07.0', 'U07.1'), ())
        >>> ICD10CM.changes("2026-09-30", "2026-10-01").revised[-1].after
        'Encounter for prophylactic rabies immune globulin'
        """
        return _answers.changes(self, since, until)

    def __contains__(self, code: object) -> bool:
        """Whether a text is a code of this system on any day, or may be one of an unpublished list.

        >>> "R05" in ICD10CM, "E11" in ICD10CM, "90837" in CPT
        (True, False, True)
        """
        return isinstance(code, str) and _answers.lists(code, self)

    def __len__(self) -> int:
        """How many codes the reference has ever listed; headings do not count.

        >>> len(ICD9CM)
        15075
        """
        return _answers.count(self)


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {type(value).__name__}: {value!r}")
    return value


def no_list_message(system: CodeSystem) -> str:
    return (
        f"the list of {system.name} codes is not in the reference: {system.licence}. "
        f"Its published ranges are, so single codes can be identified as far as those go."
    )


class Answers(Protocol):
    """Who answers for a system: what its methods ask of the classifier that is bound to it."""

    def validate(
        self, code: str, system: CodeSystem, /, *, on: Day, strict: bool, headers: bool
    ) -> str: ...
    def is_valid(
        self, code: str, system: CodeSystem, /, *, on: Day, strict: bool, headers: bool
    ) -> bool: ...
    def get(self, code: str, system: CodeSystem, /, *, on: Day) -> Entry | None: ...
    def roots(self, system: CodeSystem, /, *, on: Day) -> Entries: ...
    def codes(self, system: CodeSystem, /, *, on: Day) -> Iterator[str]: ...
    def changes(self, system: CodeSystem, since: Day, until: Day, /) -> Changes: ...
    def lists(self, code: str, system: CodeSystem, /) -> bool: ...
    def edition(self, system: CodeSystem, /) -> str: ...
    def coverage(self, system: CodeSystem, /) -> tuple[date, date]: ...
    def count(self, system: CodeSystem, /) -> int: ...


_answers: Answers
"""The default classifier, which `bind` has set before anyone can ask."""


def bind(answers: Answers) -> None:
    """Say who answers for the six systems: the default classifier, once, when it is made."""
    global _answers
    _answers = answers


_ICD10_RELEASES = Cadence(
    (4, 10),
    (
        # icd10cm-codes-April-2026.txt; the fiscal year 2027 begins on 1 October 2026.
        (rf"apr(?:il)?(?:[-_. ]?0?1)?[-_. ]*{YEAR}", 4, 0),
        (rf"{YEAR}[-_. ]*apr(?:il)?", 4, 0),
        (rf"(?:codes|order|tabular|icd10cm|icd10pcs|icd10c|version|fy)[-_. a-z]*{YEAR}", 10, -1),
    ),
)
_ICD9_RELEASES = Cadence((10,), ((r"CMS([0-9]{2})_DESC", 10, 1982),), date(2015, 9, 30))

_TRAITS = {
    "cpt": Traits(
        example="99213",
        cadence=Cadence((1,), ((rf"version[-_. ]*{YEAR}", 1, 0),)),
        public_list=False,
        takes_modifiers=True,
    ),
    "hcpcs": Traits(
        example="J1885",
        cadence=Cadence((1, 4, 7, 10)),
        kept_elsewhere="a CDT code by its shape; the American Dental Association keeps that list",
        takes_modifiers=True,
        revisions=True,
    ),
    "icd10cm": Traits(
        example="E11.65",
        cadence=_ICD10_RELEASES,
        heading_lengths=(3, 4, 5, 6),
        prefix_headings=True,
        category_length=3,
        seventh_characters=True,
        meanings=True,
        conversions=True,
        revisions=True,
        exemptions=True,
        edits=True,
    ),
    "icd10pcs": Traits(
        example="0SRB02A",
        cadence=_ICD10_RELEASES,
        heading_lengths=(3,),
        category_length=3,
        words=True,
        axes=True,
        meanings=True,
        conversions=True,
        revisions=True,
        edits=True,
    ),
    "icd9cm": Traits(
        example="250.00",
        cadence=_ICD9_RELEASES,
        heading_lengths=(3, 4),
        prefix_headings=True,
        category_length=3,
        long_categories="E",
        revisions=True,
        edits=True,
    ),
    "icd9pcs": Traits(
        example="45.13",
        cadence=_ICD9_RELEASES,
        heading_lengths=(2, 3),
        prefix_headings=True,
        category_length=2,
        revisions=True,
        edits=True,
    ),
    # No code system of its own: modifiers follow a CPT or HCPCS code, and come with HCPCS.
    "modifiers": Traits(example="LT", cadence=Cadence((1, 4, 7, 10))),
}


def _of_names(row: names.Names) -> CodeSystem:
    facts = attrs.asdict(row, recurse=False)
    return CodeSystem(**facts, shape=formats.of(row.id), traits=_TRAITS[row.id])


CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS = map(_of_names, names.ALL)

ALL: tuple[CodeSystem, ...] = (CPT, HCPCS, ICD10CM, ICD10PCS, ICD9CM, ICD9PCS)
"""In the order in which equal evidence is decided."""


class Systems:
    """The systems that a reference knows: their names, their formats, and their order.

    Attributes:
        all: the systems, in the order in which equal evidence is decided.
        by_id: each by its id.
        formats: their formats, in that order.
        names: their names, in that order.
    """

    __slots__ = ("all", "by_id", "formats", "names")

    def __init__(
        self, systems: Iterable[CodeSystem], known: formats.Formats, index: names.NameIndex
    ) -> None:
        self.all = tuple(systems)
        self.by_id = {system.id: system for system in self.all}
        self.formats = known
        self.names = index

    def traits(self, table: str) -> Traits:
        """The traits of a system id, or of ``"modifiers"``, which have a table of their own."""
        system = self.by_id.get(table)
        return _TRAITS[table] if system is None else system.traits

    def with_system(self, system: CodeSystem) -> Systems:
        """These and one more, which comes last; in place of the one with its id, if there is."""
        systems = (*(known for known in self.all if known.id != system.id), system)
        shapes = formats.Formats(known.shape for known in systems)
        return Systems(systems, shapes, names.NameIndex(systems))

    def named(self, name: str) -> tuple[CodeSystem, ...]:
        """Every system that a name means, in order; empty when it means none of them."""
        return tuple(self.by_id[system] for system in self.names.resolve(_text(name)))

    def one_named(self, name: str) -> CodeSystem:
        """The system that a name means: an id, an OID, a FHIR URI, an X12 qualifier and so on.

        Raises:
            UnknownCodeSystem: the name means none of them; the message says so when it is a
                neighbour's (``LOINC``).
            AmbiguousCodeSystem: the name means several (``HC``, the FHIR URI of ICD-9-CM).
        """
        found = self.named(name)
        if len(found) == 1:
            return found[0]
        if found:
            meant = " and ".join(system.name for system in found)
            raise AmbiguousCodeSystem(
                f"{name!r} means {meant}; name one of them, or use code_systems()", found
            )
        neighbour = names.foreign(name)
        known = (
            f"{name!r} is {neighbour}, which is not one of the six systems of medcodes"
            if neighbour
            else f"no code system is called {name!r}"
        )
        raise UnknownCodeSystem(f"{known}: {', '.join(self.by_id)}")


KNOWN = Systems(ALL, formats.KNOWN, names.KNOWN)
"""The six systems."""

by_id = KNOWN.by_id


def code_systems(name: str) -> tuple[CodeSystem, ...]:
    """Every system that a name means, in order; empty when it means none of the six.

    >>> code_systems("HC")
    (<CodeSystem cpt: CPT>, <CodeSystem hcpcs: HCPCS Level II>)
    """
    return KNOWN.named(name)


def code_system(name: str) -> CodeSystem:
    """The system that a name means: an id, an OID, a FHIR URI, an X12 qualifier and so on.

    >>> code_system("ABK") is code_system("http://hl7.org/fhir/sid/icd-10-cm") is ICD10CM
    True

    Raises:
        UnknownCodeSystem: the name means none of the six; the message says so when it is a
            neighbour's (``LOINC``).
        AmbiguousCodeSystem: the name means several (``HC``, the FHIR URI of ICD-9-CM).
    """
    return KNOWN.one_named(name)
