"""The structured layouts: the tabular list, FHIR resources, and UMLS's MRCONSO.RRF.

Sources: the NCHS tabular list (``ICD10CM.tabular``), https://hl7.org/fhir/codesystem.html and
https://hl7.org/fhir/valueset.html, and the columns of MRCONSO.RRF in the UMLS Reference Manual
(https://www.ncbi.nlm.nih.gov/books/NBK9685/, table 1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

import attrs

from medcodes.errors import ReleaseError
from medcodes.reference.release import Listing, Row
from medcodes.releases import text
from medcodes.releases.layouts import day_of
from medcodes.releases.opening import Content
from medcodes.systems import ALL, code_systems

__all__ = ["DOCUMENTS", "Document"]


@attrs.frozen
class Document:
    """A structured layout.

    Attributes:
        id: its name in `Release.layout`.
        what: what is expected, for messages.
        systems: the systems whose codes it may hold; empty for any.
        fits: whether the first lines of a file are of this layout.
        read: the rows of a file.
        rank: of several files of one release in a zip, the one of the highest rank is read.
    """

    id: str
    what: str
    systems: tuple[str, ...]
    fits: Callable[[list[str]], bool]
    read: Callable[[Content], Listing]
    rank: int = 0


# -- the tabular list -----------------------------------------------------------------------------


def _is_tabular(head: list[str]) -> bool:
    return "<ICD10CM.tabular" in "\n".join(head)


def _tabular(content: Content) -> Listing:
    listing = Listing(iter(()))
    listing.rows = _Tabular(content, listing).rows()
    return listing


@attrs.define
class _Diagnosis:
    """An open ``diag`` element."""

    line: int
    seventh: dict[str, str] | None
    barred: tuple[tuple[str, str, str], ...] = ()
    name: str = ""
    title: str = ""
    is_heading: bool = False


class _Tabular:
    """Reads the tabular list as it comes, holding no more than the open elements.

    A 7th character is defined once, above all codes that take it; those are not printed, but follow
    from it. A code too short for it is filled with X.
    """

    def __init__(self, content: Content, listing: Listing) -> None:
        self._content = content
        self._listing = listing
        self._open: list[_Diagnosis] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._extension = ""
        self._done: list[Row] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append

    def rows(self) -> Iterator[Row]:
        try:
            for piece in self._content.pieces():
                self._parser.Parse(piece)
                yield from self._taken()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            message = f"it is no well-formed XML: {expat.ErrorString(error.code)}"
            raise ReleaseError(message, file=self._content.name, line=error.lineno) from error
        except ValueError as error:
            if isinstance(error, ReleaseError):
                raise
            # What expat says of encodings that it does not know.
            message = f"it is no well-formed XML: {error}"
            raise ReleaseError(message, file=self._content.name, line=1) from error
        yield from self._taken()

    def _taken(self) -> list[Row]:
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        raise self._error("it declares a document type or an entity, which is refused")

    def _error(self, message: str) -> ReleaseError:
        return ReleaseError(message, file=self._content.name, line=self._parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) > _DEEPEST:
            raise self._error(f"its elements are nested deeper than {_DEEPEST}")
        self._path.append(name)
        self._text.clear()
        if name == "diag":
            above = self._open[-1] if self._open else None
            if above:
                above.is_heading = True
            line = self._parser.CurrentLineNumber
            inherited = (above.seventh, above.barred) if above else (None, ())
            self._open.append(_Diagnosis(line, *inherited))
        elif name == "sevenChrDef" and self._open:
            self._open[-1].seventh = {}
        elif name == "extension":
            self._extension = attributes.get("char", "")

    def _end(self, name: str) -> None:
        said = "".join(self._text).strip()
        self._text.clear()
        self._path.pop()
        inside = self._path[-1] if self._path else ""
        if name == "version" and len(self._path) == 1:
            self._listing.edition = f"version {said}"
        elif not self._open:
            return
        elif name == "name" and inside == "diag":
            self._open[-1].name = said.replace(".", "")
        elif name == "desc" and inside == "diag":
            self._open[-1].title = said
        elif name == "extension" and inside == "sevenChrDef":
            self._open[-1].seventh = {**(self._open[-1].seventh or {}), self._extension: said}
        elif name == "note" and inside == "notes" and "not apply" in said:
            self._open[-1].barred += (self._barred(said),)
        elif name == "diag":
            self._done += _codes_of(self._open.pop())

    def _barred(self, note: str) -> tuple[str, str, str]:
        """What a note says that there is not: 7th characters, of a category, behind which 6th."""
        found = _NOT_APPLY.match(note)
        if found is None:
            raise self._error(f"a note on 7th characters is not understood: {note!r}")
        seventh, category, sixth = found.groups()
        return (
            "".join(_CHARACTER.findall(seventh)),
            category,
            "".join(_BEFORE_A_DASH.findall(sixth)),
        )


_DEEPEST = 50
# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death due to
# ..., or 8 - death due to ...": the one note of its kind, since FY2023.
_NOT_APPLY = re.compile(
    r"7th characters? ([A-Z0-9](?:, | and |[A-Z0-9])*) do(?:es)? not apply to codes in category "
    r"([A-Z0-9]{3}) with 6th character (.+)"
)
_CHARACTER = re.compile(r"\b[A-Z0-9]\b")
_BEFORE_A_DASH = re.compile(r"\b([A-Z0-9]) - ")


def _codes_of(node: _Diagnosis) -> Iterator[Row]:
    """A heading, a code, or the codes that a 7th character makes of it."""
    if node.is_heading or node.seventh is None:
        yield Row(node.name, node.title, node.line, heading=node.is_heading)
        return
    yield Row(node.name, node.title, node.line, heading=True)
    stem = node.name.ljust(6, "X")
    for character, meaning in node.seventh.items():
        if any(
            character in seventh and stem.startswith(category) and stem[5] in sixth
            for seventh, category, sixth in node.barred
        ):
            continue
        code = stem + character
        yield Row(code, f"{node.title}, {meaning}", node.line)


# -- FHIR -----------------------------------------------------------------------------------------

_RESOURCE = re.compile(r'"resourceType"\s*:\s*"(CodeSystem|ValueSet)"')


def _is_resource(head: list[str]) -> bool:
    start = "\n".join(head)
    return start.lstrip().startswith("{") and _RESOURCE.search(start) is not None


def _resource(content: Content) -> Listing:
    try:
        resource = json.loads(content.read())
    except RecursionError as error:
        raise ReleaseError("its parts are nested too deep", file=content.name) from error
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ReleaseError(f"it is no JSON: {error}", file=content.name, line=line) from error
    kind = resource.get("resourceType")
    version = resource.get("version")
    listing = Listing(
        iter(()),
        licence=_string(resource.get("copyright")) or None,
        edition=f"version {version}" if isinstance(version, str) else None,
        partial=kind != "CodeSystem",
    )
    if kind == "CodeSystem":
        if resource.get("content") != "complete":
            message = f"content is {resource.get('content')!r}, where 'complete' is expected"
            raise ReleaseError(message, file=content.name)
        concepts = _concepts_of(resource, resource.get("url"), "concept", content.name)
    else:
        concepts = _contained(resource, content.name)
    listing.rows = _rows_of(concepts, listing, content.name)
    return listing


Concepts = Iterator[tuple[int, str, dict[str, Any]]]
"""The number of each concept, the URI of its system, and itself."""


def _contained(resource: dict[str, Any], name: str) -> Concepts:
    """The concepts of a value set: of its expansion, or else those it is composed of."""
    expansion = resource.get("expansion")
    if isinstance(expansion, dict):
        yield from _concepts_of(expansion, None, "contains", name)
        return
    compose = resource.get("compose")
    excluded = {(uri, one.get("code")) for _, uri, one in _named(compose, "exclude", name)}
    for number, uri, one in _named(compose, "include", name):
        if (uri, one.get("code")) not in excluded:
            yield number, uri, one


def _named(compose: Any, key: str, name: str) -> Concepts:
    """The concepts that a value set includes or excludes, all of them by name."""
    parts = compose.get(key) if isinstance(compose, dict) else None
    for part in parts if isinstance(parts, list) else ():
        by_name = isinstance(part, dict) and isinstance(part.get("concept"), list)
        if not by_name or part.get("valueSet"):
            message = f"it has no expansion, and {key}s codes by a rule rather than by name"
            raise ReleaseError(message, file=name)
        yield from _concepts_of(part, part.get("system"), "concept", name)


def _concepts_of(holder: dict[str, Any], system: Any, key: str, name: str) -> Concepts:
    """All concepts below, parents before children, counted from 1."""
    number = 0
    waiting = [holder]
    while waiting:
        below = waiting.pop().get(key)
        if below is None:
            continue
        if not isinstance(below, list) or not all(isinstance(one, dict) for one in below):
            raise ReleaseError(f"{key!r} is no list of concepts", file=name)
        for one in below:
            number += 1
            yield number, _string(one.get("system", system)), one
        waiting += reversed(below)


def _rows_of(concepts: Concepts, listing: Listing, name: str) -> Iterator[Row]:
    for number, uri, concept in concepts:
        found = code_systems(uri)
        properties = _properties(concept)
        first = properties.get("effectiveDate", "")
        last = properties.get("deprecationDate", "") or properties.get("retirementDate", "")
        listing.dated = listing.dated or bool(first)
        if not found:
            if listing.partial:
                continue
            raise ReleaseError(f"{uri!r} is the URI of none of the code systems", file=name)
        if properties.get("status") in ("retired", "deprecated") and not last:
            continue
        if concept.get("inactive") is True or properties.get("inactive") == "True":
            continue
        code = concept.get("code")
        if not isinstance(code, str):
            raise ReleaseError(f"the code of concept {number} is no text: {code!r}", file=name)
        heading = properties.get("notSelectable") == "True" or concept.get("abstract") is True
        yield Row(
            code,
            _string(concept.get("display")),
            number,
            day_of(first[:10], name, number) if first else 0,
            day_of(last[:10], name, number) if last else 0,
            heading,
            found[0].id if len(found) == 1 else "|".join(one.id for one in found),
        )


def _properties(concept: dict[str, Any]) -> dict[str, str]:
    found = concept.get("property")
    if not isinstance(found, list):
        return {}
    return {
        str(one.get("code")): str(value)
        for one in found
        if isinstance(one, dict)
        for key, value in one.items()
        if key.startswith("value")
    }


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


# -- UMLS -----------------------------------------------------------------------------------------

_ATOM = re.compile(r"C[0-9]{7}\|(?:[^|]*\|){17}", re.ASCII)
_SYSTEMS = {one.umls: one.id for one in ALL if one.id != "icd9pcs"}
_PREFERRED = ("PT", "HT", "MP", "AB", "SY")
"""Term types, the one whose text is the title first: codes, headings, modifiers, others."""


def _is_atoms(head: list[str]) -> bool:
    return bool(head) and all(map(_ATOM.fullmatch, head[:50]))


def _atoms(content: Content) -> Listing:
    return Listing(_rows_of_atoms(content))


def _rows_of_atoms(content: Content) -> Iterator[Row]:
    for number, line in text.lines(content):
        if not _ATOM.fullmatch(line):
            message = "an atom of 18 fields, each closed by '|', is expected"
            raise ReleaseError(message, file=content.name, line=number)
        fields = line.split("|")
        system = _SYSTEMS.get(fields[11])
        if system is None or fields[1] != "ENG" or fields[16] == "O":
            continue
        kind = fields[12]
        if kind not in ("PT", "HT", "MP") or "-" in fields[13]:
            continue
        if kind == "MP":
            if system != "hcpcs":
                continue
            system = "modifiers"
        elif system == "icd9cm" and fields[13][2:3] == ".":
            system = "icd9pcs"
        yield Row(fields[13], fields[14], number, heading=kind == "HT", system=system)


DOCUMENTS = (
    Document("icd10cm-tabular", "the tabular list", ("icd10cm",), _is_tabular, _tabular),
    Document("fhir", "a CodeSystem or ValueSet", (), _is_resource, _resource),
    Document(
        "umls-mrconso",
        "an atom of 18 fields",
        ("cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs", "modifiers"),
        _is_atoms,
        _atoms,
        rank=9,
    ),
)
