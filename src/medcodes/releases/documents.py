"""The structured layouts: the tabular list, FHIR resources, and UMLS's MRCONSO.RRF.

Sources: the NCHS tabular list (``ICD10CM.tabular``), https://hl7.org/fhir/codesystem.html and
https://hl7.org/fhir/valueset.html, and the columns of MRCONSO.RRF in the UMLS Reference Manual
(https://www.ncbi.nlm.nih.gov/books/NBK9685/, table 1).
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element
from xml.parsers import expat

import attrs

from medcodes.errors import ReleaseError
from medcodes.releases import decoding
from medcodes.releases.listing import Layout, Listing, Row
from medcodes.systems import ALL, CodeSystem


@attrs.frozen(kw_only=True)
class Document(Layout):
    """A structured layout.

    Attributes:
        fits: whether the first lines of a file are of it.
        read: from a listing to its rows; tells it what the file says of itself.
    """

    fits: Callable[[list[str]], bool]
    read: Callable[[Listing], Iterator[Row]]
    rank: int = 0


# -- the tabular list -----------------------------------------------------------------------------


def _is_tabular(head: list[str]) -> bool:
    return "<ICD10CM.tabular" in "\n".join(head)


def _tabular(listing: Listing) -> Iterator[Row]:
    """The codes of the tabular list, read as it comes.

    A 7th character is defined once, above all codes that take it; those are not printed, but follow
    from it. A code too short for it is filled with X.
    """
    for element in _elements(listing):
        if element.tag == "version":
            listing.edition = f"version {_text(element)}"
        else:
            yield from _codes(element, None, set(), listing)


def _text(*elements: Element) -> str:
    return "".join((element.text or "").strip() for element in elements)


def _elements(listing: Listing) -> Iterator[Element]:
    """The version and each outermost ``diag``, whole; nothing else is kept.

    The text of an element is all text directly inside, and its line is one of its attributes.
    """
    parser = expat.ParserCreate()
    path: list[Element] = []
    done: list[Element] = []

    def error(message: str) -> Exception:
        return listing.error(message, parser.CurrentLineNumber)

    def refuse(*_: object) -> None:
        raise error("it declares a document type or an entity; it is not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(path) > _DEEPEST:
            raise error(f"elements are nested deeper than {_DEEPEST}")
        path.append(Element(name, attributes, line=str(parser.CurrentLineNumber)))

    def text(piece: str) -> None:
        path[-1].text = (path[-1].text or "") + piece

    def end(name: str) -> None:
        element = path.pop()
        if any(outer.tag == "diag" for outer in path):
            path[-1].append(element)
        elif name == "diag" or (name == "version" and len(path) == 1):
            done.append(element)

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    try:
        for piece in itertools.chain(listing.content.pieces(), (b"",)):
            parser.Parse(piece, not piece)
            yield from done
            done.clear()
    except expat.ExpatError as caught:
        message = f"not well-formed XML: {expat.ErrorString(caught.code)}"
        raise listing.error(message, caught.lineno) from caught
    except ReleaseError:
        raise
    except (LookupError, ValueError) as caught:
        # What is said of encodings that expat, or Python, does not know.
        raise listing.error(f"not well-formed XML: {caught}", 1) from caught


_DEEPEST = 50
# "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death due to
# ..., or 8 - death due to ...": the one note of its kind, since FY2023.
_NOT_APPLY = re.compile(
    r"7th characters? ([A-Z0-9](?:, | and |[A-Z0-9])*) do(?:es)? not apply to codes in category "
    r"([A-Z0-9]{3}) with 6th character (.+)"
)
_Ends = tuple[str, str, str]
_CHARACTER = re.compile(r"\b[A-Z0-9]\b")
_BEFORE_A_DASH = re.compile(r"\b([A-Z0-9]) - ")


def _codes(
    diag: Element, seventh: dict[str, str] | None, excluded: set[_Ends], listing: Listing
) -> Iterator[Row]:
    """The codes below an element, then its own: a heading, a code, or those of a 7th character.

    Args:
        diag: the element.
        seventh: the 7th characters that are defined above it, with their meanings.
        excluded: the codes that do not take them, as notes above it say.
        listing: the listing that they are of.
    """
    if diag.find("sevenChrDef") is not None:
        extensions = diag.iterfind("sevenChrDef/extension")
        seventh = {extension.get("char", ""): _text(extension) for extension in extensions}
    for note in diag.iterfind("notes/note"):
        if "not apply" in _text(note):
            excluded = {*excluded, *_excluded(note, listing)}
    below = diag.findall("diag")
    line = int(diag.attrib["line"])
    for inner in below:
        yield from _codes(inner, seventh, excluded, listing)
    code, title = _text(*diag.iterfind("name")).replace(".", ""), _text(*diag.iterfind("desc"))
    yield Row(code, title, line, heading=bool(below) or seventh is not None)
    if below or seventh is None:
        return
    filled = code.ljust(6, "X")
    for character, meaning in seventh.items():
        if (filled[:3], filled[5], character) not in excluded:
            yield Row(filled + character, f"{title}, {meaning}", line)


def _excluded(note: Element, listing: Listing) -> Iterator[_Ends]:
    """The category, the 6th and the 7th character of codes that a note says there are not."""
    found = _NOT_APPLY.match(_text(note))
    if found is None:
        message = f"a note on 7th characters cannot be read: {_text(note)!r}"
        raise listing.error(message, int(note.attrib["line"]))
    seventh, category, sixth = found.groups()
    return itertools.product(
        (category,), _BEFORE_A_DASH.findall(sixth), _CHARACTER.findall(seventh)
    )


# -- FHIR -----------------------------------------------------------------------------------------

_RESOURCE = re.compile(r'"resourceType"\s*:\s*"(CodeSystem|ValueSet)"')


def _is_resource(head: list[str]) -> bool:
    start = "\n".join(head)
    return start.lstrip().startswith("{") and _RESOURCE.search(start) is not None


def _resource(listing: Listing) -> Iterator[Row]:
    try:
        resource = json.loads(listing.content.whole())
    except RecursionError as error:
        raise listing.error("parts are nested too deep") from error
    except ValueError as error:
        raise listing.error(f"not JSON: {error}", getattr(error, "lineno", None)) from error
    is_system = resource.get("resourceType") == "CodeSystem"
    version = resource.get("version")
    listing.licence = _string(resource.get("copyright")) or None
    listing.edition = f"version {version}" if isinstance(version, str) else None
    listing.partial = not is_system
    if not is_system:
        return _rows_of(_contained(resource, listing), listing)
    if resource.get("content") != "complete":
        raise listing.error(f"content must be 'complete', got {resource.get('content')!r}")
    return _rows_of(_concepts_of(resource, resource.get("url"), "concept", listing), listing)


Concepts = Iterator[tuple[int, str, dict[str, Any]]]
"""The number of each concept, the URI of its system, and itself."""


def _contained(resource: dict[str, Any], listing: Listing) -> Concepts:
    """The concepts of a value set: of its expansion, or else those it is composed of."""
    expansion = resource.get("expansion")
    if isinstance(expansion, dict):
        yield from _concepts_of(expansion, None, "contains", listing)
        return
    compose = resource.get("compose")
    excluded = {
        (uri, concept.get("code")) for _, uri, concept in _named(compose, "exclude", listing)
    }
    for number, uri, concept in _named(compose, "include", listing):
        if (uri, concept.get("code")) not in excluded:
            yield number, uri, concept


def _named(compose: Any, key: str, listing: Listing) -> Concepts:
    """The concepts that a value set includes or excludes, all of them by name."""
    parts = compose.get(key) if isinstance(compose, dict) else None
    for part in parts if isinstance(parts, list) else ():
        by_name = isinstance(part, dict) and isinstance(part.get("concept"), list)
        if not by_name or part.get("valueSet"):
            raise listing.error(f"no expansion, and {key}s codes by a rule rather than by name")
        yield from _concepts_of(part, part.get("system"), "concept", listing)


def _concepts_of(holder: dict[str, Any], system: Any, key: str, listing: Listing) -> Concepts:
    """All concepts below, parents before children, counted from 1."""
    number = 0
    waiting = [holder]
    while waiting:
        below = waiting.pop().get(key)
        if below is None:
            continue
        if not isinstance(below, list) or not all(isinstance(entry, dict) for entry in below):
            raise listing.error(f"{key!r} is not a list of concepts")
        for concept in below:
            number += 1
            yield number, _string(concept.get("system", system)), concept
        waiting += reversed(below)


def _rows_of(concepts: Concepts, listing: Listing) -> Iterator[Row]:
    for number, uri, concept in concepts:
        systems = listing.systems.named(uri)
        properties = _properties(concept)
        first = properties.get("effectiveDate", "")
        last = properties.get("deprecationDate", "") or properties.get("retirementDate", "")
        listing.dated = listing.dated or bool(first)
        if not systems:
            if listing.partial:
                continue
            raise listing.error(f"{uri!r} is the URI of none of the code systems")
        if properties.get("status") in ("retired", "deprecated") and not last:
            continue
        if concept.get("inactive") is True or properties.get("inactive") == "True":
            continue
        code = concept.get("code")
        if not isinstance(code, str):
            raise listing.error(f"the code of concept {number} must be a text, got {code!r}")
        heading = properties.get("notSelectable") == "True" or concept.get("abstract") is True
        yield Row(
            code,
            _string(concept.get("display")),
            number,
            listing.day(first[:10], number) if first else 0,
            listing.day(last[:10], number) if last else 0,
            heading,
            "|".join(system.id for system in systems),
        )


def _properties(concept: dict[str, Any]) -> dict[str, str]:
    properties = concept.get("property")
    return {
        str(entry.get("code")): str(value)
        for entry in (properties if isinstance(properties, list) else ())
        if isinstance(entry, dict)
        for key, value in entry.items()
        if key.startswith("value")
    }


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


# -- UMLS -----------------------------------------------------------------------------------------

_ATOM = re.compile(r"C[0-9]{7}\|(?:[^|]*\|){17}", re.ASCII)
_TITLES = ("PT", "HT", "MP")
"""The term types that are titles: of codes, of headings, of modifiers."""


def _is_atoms(head: list[str]) -> bool:
    return all(map(_ATOM.fullmatch, head[:50]))


def _atoms(listing: Listing) -> Iterator[Row]:
    by_source: dict[str, list[CodeSystem]] = defaultdict(list)
    for system in listing.systems.all:
        by_source[system.umls].append(system)
    for number, line in decoding.lines(listing.content):
        if not _ATOM.fullmatch(line):
            raise listing.error("an atom of 18 fields, each closed by '|', is expected", number)
        fields = line.split("|")
        source, kind, code, title = fields[11:15]
        systems = by_source.get(source)
        if not systems or fields[1] != "ENG" or fields[16] == "O":
            continue
        if kind not in _TITLES or "-" in code:
            continue
        # UMLS has one name for both volumes of ICD-9-CM, whose codes have their dots elsewhere.
        fitting = (system.id for system in systems if "." in code and system.shape.fits(code))
        name = next(fitting, systems[0].id)
        if kind == "MP":
            if name != "hcpcs":
                continue
            name = "modifiers"
        yield Row(code, title, number, heading=kind == "HT", system=name)


DOCUMENTS = (
    Document(
        id="icd10cm-tabular",
        what="the tabular list",
        systems=("icd10cm",),
        fits=_is_tabular,
        read=_tabular,
    ),
    Document(
        id="fhir",
        what="a CodeSystem or ValueSet",
        systems=(),
        fits=_is_resource,
        read=_resource,
    ),
    Document(
        id="umls-mrconso",
        what="an atom of 18 fields",
        systems=(*(system.id for system in ALL), "modifiers"),
        fits=_is_atoms,
        read=_atoms,
        rank=9,
    ),
)
