"""What characters of codes mean: the axes of ICD-10-PCS, seventh characters of ICD-10-CM."""

from __future__ import annotations

from collections.abc import Iterator

from medcodes.reference.file import pack
from medcodes.reference.meanings import Labels, pack_meanings
from tools.official import Official, facts
from tools.sources import Sources, tidy, versions

TABLES, NEWER = FILES = ("icd10pcs_table_labels_fy2022.tsv.xz", "icd10pcs_labels_fy2027.tsv")


def meaning_tables(sources: Sources) -> Iterator[tuple[str, bytes]]:
    """The tables of meanings, by the names of their files."""
    sevenths: Labels = {(code, 7, ""): labels for code, labels in sources.seventh_characters()}
    for system, found, labels, names in (
        ("icd10cm", versions(["simple-icd-10-cm"]), sevenths, {}),
        ("icd10pcs", [*FILES], icd10pcs_labels(sources.official), icd10pcs_axes(sources.official)),
    ):
        rows = len(labels)
        header = {"system": system, "what": "meanings", "sources": found, "rows": rows}
        yield f"{system}.meanings", pack(header, pack_meanings(labels, names))


def icd10pcs_labels(official: Official) -> Labels:
    """The labels of characters 4 to 7, by table, position and condition.

    Those of FY2027 take the place of those of FY2022 for the same table, position and character:
    where a label of section X depends on the group, each edition has it for its own groups.
    """
    by_character: dict[tuple[str, int, str], dict[str, str]] = {}
    for row in official.rows(TABLES):
        value, _, condition = row["value"].partition("|")
        key = row["table"], int(row["position"]), value
        by_character.setdefault(key, {})[condition] = tidy(row["label"])
    newer: dict[tuple[str, int, str], dict[str, str]] = {}
    for row in official.rows(NEWER):
        key = row["table"], int(row["position"]), row["value"]
        newer.setdefault(key, {})[row["group"]] = tidy(row["label"])
    labels: Labels = {}
    for (table, position, value), conditions in (by_character | newer).items():
        for condition, label in conditions.items():
            labels.setdefault((table, position, condition), {})[value] = label
    return labels


def icd10pcs_axes(official: Official) -> dict[str, tuple[str, ...]]:
    """The names of the positions, by section: those of 4 to 7 as the tables print them."""
    printed = {
        (row["table"][0], int(row["position"])): row["axis"].lower()
        for row in official.rows(TABLES)
    }
    return {
        section: (
            "section",
            row["axis2"],
            row["axis3"],
            *(printed[section, position] for position in range(4, 8)),
        )
        for row in facts("icd10pcs_axes.tsv")
        for section in [row["section"]]
    }
