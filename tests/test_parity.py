"""Walking ICD-10-CM beside simple-icd-10-cm 1.5.0, node by node, for the whole of its release.

The package is imported from its pinned wheel, which is one of the sources. Where the two differ,
the table of each test says why; everything else is the same.
"""

from __future__ import annotations

import importlib
import re
import sys
import unicodedata
import warnings
from collections import Counter
from typing import Any

import pytest

from medcodes import ICD10CM, Entry
from tools.build import CACHE
from tools.sources import PACKAGES, Sources

pytestmark = pytest.mark.sources

# Its release is that of April 2026.
DAY = "2026-06-01"

Nodes = dict[str, Entry]
"""By the name that the package has for it: a chapter by its number, a block of one category by that
category where no category is meant."""

OUTER_BLOCKS = {
    *("C00-C96", "C00-C75", "M00-M25", "M40-M54", "M60-M79", "M80-M94", "T07-T88", "T20-T32"),
    *("V00-X58", "V00-V99", "W00-X58", "Y62-Y84"),
}
"""Blocks that the tabular list prints above other blocks ("Malignant neoplasms (C00-C96)" above
"Malignant neoplasms of lip, oral cavity and pharynx (C00-C14)"). Its file has them side by side,
each outer one empty, and so has the package: there they are leaves, and the blocks inside them hang
from the chapter. Here they hold what their ends say."""


@pytest.fixture(scope="module")
def simple() -> Any:
    with Sources(CACHE).wheel("simple-icd-10-cm"):
        wheel = str(CACHE / PACKAGES["simple-icd-10-cm"].file)
    sys.path.insert(0, wheel)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # how it reads its files
            package = importlib.import_module("simple_icd_10_cm")
    finally:
        sys.path.remove(wheel)
    return package


@pytest.fixture(scope="module")
def nodes(simple: Any) -> Nodes:
    chapters = {str(n): one for n, one in enumerate(ICD10CM.roots(on=DAY), 1)}
    found: dict[str, Entry | None] = {
        name: chapters.get(name) or ICD10CM.get(name, on=DAY) for name in simple.get_all_codes(True)
    }
    # 39 names mean a block and its one category; the package finds the category by them.
    assert (len(simple.get_all_codes(True)), len(found)) == (98_505, 98_466)
    assert None not in found.values()
    return {name: entry for name, entry in found.items() if entry is not None}


def _name(entry: Entry | None, chapters: dict[str, str]) -> str:
    if entry is None:
        return ""
    first, _, last = entry.code.partition("-")
    return chapters.get(entry.code) or (first if first == last else entry.code)


@pytest.fixture(scope="module")
def chapters() -> dict[str, str]:
    return {one.code: str(n) for n, one in enumerate(ICD10CM.roots(on=DAY), 1)}


def test_the_same_nodes_and_no_other(simple: Any, nodes: Nodes, chapters: dict[str, str]) -> None:
    walked = []
    for root in ICD10CM.roots(on=DAY):
        walked += [_name(root, chapters), *(_name(one, chapters) for one in root.descendants)]
    assert Counter(walked) == Counter(simple.get_all_codes(True))
    assert set(walked) == nodes.keys()


def test_parents_and_ancestors(simple: Any, nodes: Nodes, chapters: dict[str, str]) -> None:
    for name, entry in nodes.items():
        above = [_name(one, chapters) for one in entry.ancestors]
        assert _name(entry.parent, chapters) == (above[0] if above else "")
        inner = [one for one in above if one not in OUTER_BLOCKS]
        assert inner == simple.get_ancestors(name), name
        if not above or above[0] not in OUTER_BLOCKS:
            assert _name(entry.parent, chapters) == simple.get_parent(name), name


def test_children(simple: Any, nodes: Nodes, chapters: dict[str, str]) -> None:
    in_another_order = []
    for name, entry in nodes.items():
        children = [_name(one, chapters) for one in entry.children]
        theirs = simple.get_children(name)
        if name in OUTER_BLOCKS:
            assert theirs == []
            assert len(children) > 1
        elif entry.level == "chapter":
            flat = [one for one in theirs if not _inside(one, OUTER_BLOCKS & set(theirs) - {one})]
            assert sorted(children) == sorted(flat), name
        else:
            assert sorted(children) == sorted(theirs), name
            if children != theirs:
                in_another_order.append(name)
    # Here siblings are in the order of their codes; the list prints C4A between C43 and C44, and
    # C96.A behind C96.9.
    assert all(
        any(letter.isalpha() for one in simple.get_children(name) for letter in one[2:])
        for name in in_another_order
    )
    assert len(in_another_order) == 52


def _inside(name: str, wider: set[str]) -> bool:
    first, _, last = name.partition("-")
    ends = [one.split("-") for one in wider]
    return any(one[0] <= first and (last or first) <= one[-1] for one in ends)


def test_descendants(simple: Any, nodes: Nodes, chapters: dict[str, str]) -> None:
    for name, entry in nodes.items():
        if name in OUTER_BLOCKS or not (entry.level != "code" and len(name) < 8):
            continue
        found = sorted(_name(one, chapters) for one in entry.descendants)
        assert found == sorted(simple.get_descendants(name)), name


def test_leaves_and_headers(simple: Any, nodes: Nodes) -> None:
    for name, entry in nodes.items():
        assert entry.is_leaf == (simple.is_leaf(name) and name not in OUTER_BLOCKS), name
        assert entry.is_header != entry.is_leaf
        assert entry.is_billable() == entry.is_leaf


def test_descriptions(simple: Any, nodes: Nodes) -> None:
    why = Counter(
        _difference(name, entry, simple.get_description(name)) for name, entry in nodes.items()
    )
    assert why == {
        "the same": 97_540,
        # Of chapters and blocks the package repeats the ends: "Neoplasms (C00-D49)".
        "ends": 280,
        # The file of codes writes Meniere, the tabular list Ménière.
        "accents": 119,
        # The package joins a note of the list to what a seventh character means, with a slash.
        "note": 527,
    }


def _difference(name: str, entry: Entry, theirs: str) -> str:
    ours = entry.title or ""
    if ours == theirs:
        return "the same"
    if not entry.intervals and re.sub(r" \([^ ]*\)$", "", theirs) == ours:
        return "ends"
    if unicodedata.normalize("NFKD", theirs).encode("ascii", "ignore").decode() == ours:
        return "accents"
    if theirs.partition("/")[0] == ours:
        return "note"
    return f"{name}: {ours!r} is {theirs!r}"
