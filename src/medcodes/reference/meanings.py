"""What single characters of codes mean: the axes of ICD-10-PCS, seventh characters of ICD-10-CM.

Block 0 holds the labels, one a line. Block 1 holds a line for each beginning of codes and position,
with five fields separated by tabs: the beginning, the position (from 1), what the labels depend on
(``7=B``: position 7 is B; mostly nothing), the characters that may stand there, and the label of
each of them as the character `BASE` plus its line in block 0. Block 2 holds the names of the axes:
the first character of codes, then a name for each position, separated by tabs. A label is there
only where a source has one.
"""

from __future__ import annotations

from collections.abc import Mapping

from medcodes.reference.codes import BASE
from medcodes.reference.file import NO_TABLE, TableText

NO_LABELS: Mapping[str, str] = {}

Labels = dict[tuple[str, int, str], dict[str, str]]
"""By beginning, position and condition, the characters and their labels."""


class MeaningTable:
    """Characters to their labels; without a file, no label is known."""

    def __init__(self, file: TableText = NO_TABLE) -> None:
        self._labels = file.lines(0)
        self._rows: dict[tuple[str, int], tuple[str, str]] = {}
        self._conditional: dict[tuple[str, int], list[tuple[int, str, str, str]]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        for line in file.lines(1):
            head, position, condition, characters, numbers = line.split("\t")
            if condition:
                place, value = condition.split("=")
                row = (int(place), value, characters, numbers)
                self._conditional.setdefault((head, int(position)), []).append(row)
            else:
                self._rows[head, int(position)] = (characters, numbers)
        for line in file.lines(2):
            first, *names = line.split("\t")
            self._names[first] = tuple(names)

    def labels(self, head: str, position: int) -> Mapping[str, str]:
        """The characters that may stand at a position of codes that begin so, with their labels."""
        row = self._rows.get((head, position))
        if row is None:
            return NO_LABELS
        labels = (self._labels[ord(number) - BASE] for number in row[1])
        return dict(zip(row[0], labels, strict=True))

    def label(self, code: str, position: int) -> str | None:
        """What the character at a position of a whole code means, by its first three characters.

        None where no source says so.
        """
        key, character = (code[:3], position), code[position - 1]
        for place, value, characters, numbers in self._conditional.get(key, ()):
            if code[place - 1] == value and character in characters:
                return self._labels[ord(numbers[characters.index(character)]) - BASE]
        characters, numbers = self._rows.get(key, ("", ""))
        found = characters.find(character)
        return None if found < 0 else self._labels[ord(numbers[found]) - BASE]

    def names(self, first: str) -> tuple[str, ...]:
        """The names of all positions, for the first character of codes; empty without."""
        return self._names.get(first, ())


def pack_meanings(labels: Labels, names: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The three blocks, for labels and for names by first character."""
    texts = sorted({label for labelled in labels.values() for label in labelled.values()})
    numbers = {label: chr(BASE + number) for number, label in enumerate(texts)}
    lines = []
    for (head, position, condition), labelled in sorted(labels.items()):
        in_order = sorted(labelled)
        packed = "".join(numbers[labelled[character]] for character in in_order)
        lines.append("\t".join((head, str(position), condition, "".join(in_order), packed)))
    named = ["\t".join((first, *names[first])) for first in sorted(names)]
    return ["\n".join(texts), "\n".join(lines), "\n".join(named)]
