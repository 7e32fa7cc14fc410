"""Finding codes by the words of their titles.

The words of the titles of one system are indexed when it is first searched. Titles are numbered
from the shortest to the longest, so that the best finds of a word come first in its list:

    words       every word, sorted: a prefix is a stretch of them
    postings    of each word, the numbers of the titles that hold it, ascending
    written     the words of title after title, as their places in `words`
    starts      where each title begins in `written`

The titles that a query finds are those that are in the lists of all its words, beginning with the
rarest.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple
from unicodedata import normalize

from medcodes.entries import Entry
from medcodes.hierarchy.tree import Tree
from medcodes.lookup.resolver import Resolver, exact
from medcodes.reference import Range, Reference

CONSIDERED = 200
"""How many finds of a system, those with the shortest titles, are put in order."""

_MOST_WORDS = 1_000
"""Different ones; the longest title known to us has some hundreds."""
_BEYOND = b"\x7f"
_WORD_OR_BLANK = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else ord(" ")
    for code in range(256)
)


def words_of(text: str) -> list[bytes]:
    """The words of a text: letters and digits, without case, accents and punctuation.

    >>> words_of("Ménière's disease, right ear")
    [b'meniere', b's', b'disease', b'right', b'ear']
    """
    if not text.isascii():
        text = normalize("NFKD", text)
    return text.encode("ascii", "ignore").translate(_WORD_OR_BLANK).split()


class _Term(NamedTuple):
    """A word that is searched for: the stretch of words that it may be, in how many titles."""

    first: int
    last: int
    size: int


class Index:
    """The words of the titles of one system, and those of the labels of its ranges."""

    __slots__ = ("_codes", "_postings", "_rows", "_starts", "_width", "_words", "_written")

    def __init__(self, reference: Reference, system: str) -> None:
        numbers: dict[bytes, int] = {}
        targets: list[str | int] = []
        read: array[int] = array("I")
        ends: array[int] = array("I", [0])
        for target, title in _titled(reference, system):
            targets.append(target)
            read.extend([numbers.setdefault(word, len(numbers)) for word in words_of(title)])
            ends.append(len(read))
        self._words = sorted(numbers)
        places: array[int] = array("I", [0]) * len(numbers)
        for place, written in enumerate(self._words):
            places[numbers[written]] = place
        lengths = [end - start for start, end in pairwise(ends)]
        in_order = sorted(range(len(lengths)), key=lengths.__getitem__)
        self._width = width = reference.systems.formats.longest
        self._codes = "".join(f"{targets[place]!s:{width}.{width}}" for place in in_order)
        self._rows = {
            number: row
            for number, place in enumerate(in_order)
            if isinstance(row := targets[place], int)
        }
        self._written: array[int] = array("H" if len(numbers) < 1 << 16 else "I")
        self._starts: array[int] = array("I", [0])
        self._postings: list[array[int]] = [array("I") for _ in numbers]
        add = [titles.append for titles in self._postings]
        for number, place in enumerate(in_order):
            words = [places[word] for word in read[ends[place] : ends[place + 1]]]
            self._written.extend(words)
            self._starts.append(len(self._written))
            for word in set(words):
                add[word](number)

    def target(self, number: int) -> str | int:
        """What a title is the title of: a code without its dot, or the place of a range."""
        row = self._rows.get(number)
        if row is not None:
            return row
        return self._codes[number * self._width : (number + 1) * self._width].rstrip()

    def title(self, number: int) -> array[int]:
        """The words of a title, as their places among all words."""
        return self._written[self._starts[number] : self._starts[number + 1]]

    def is_title(self, number: int, text: str) -> bool:
        """Whether a title has the words of a text."""
        return [self._words[word] for word in self.title(number)] == words_of(text)

    def terms(self, words: list[bytes]) -> list[_Term] | None:
        """What to look for; None when a word is in no title. The last may be a prefix."""
        terms = []
        for place, word in enumerate(words, 1):
            first = last = bisect_left(self._words, word)
            if place == len(words):
                last = bisect_left(self._words, word + _BEYOND)
            elif self._words[first : first + 1] == [word]:
                last += 1
            if first == last:
                return None
            size = sum(map(len, self._postings[first:last]))
            terms.append(_Term(first, last, size))
        return terms

    def holders(self, terms: list[_Term]) -> list[int]:
        """The titles that hold all terms, ascending: the shortest first."""
        rarest, *others = sorted(set(terms), key=attrgetter("size"))
        found = set(self._holders_of(rarest))
        for term in others:
            if found:
                found.intersection_update(self._holders_of(term))
        return sorted(found)

    def _holders_of(self, term: _Term) -> Iterator[int]:
        return chain.from_iterable(self._postings[term.first : term.last])

    def order(self, terms: list[_Term], number: int) -> int:
        """0 where a title begins with the terms, 1 where it has them in a row, else 2."""
        title = self.title(number)
        for start in range(len(title) - len(terms) + 1):
            row = title[start : start + len(terms)]
            if all(term.first <= word < term.last for term, word in zip(terms, row, strict=True)):
                return 1 if start else 0
        return 2


def _titled(reference: Reference, system: str) -> Iterator[tuple[str | int, str]]:
    """What has a title, with its title of today, and with those of earlier days."""
    if reference.lists(system):
        yield from reference.titles(system)
    ranges = reference.ranges(system)
    for place, row in enumerate(ranges.rows):
        is_named = row.label != row.first and row.level != "root operation"
        if is_named and not _repeats(row, ranges.wider(row)):
            yield place, row.label
    yield from reference.revisions(system)
    yield from ranges.renamed()


def _repeats(row: Range, wider: Range | None) -> bool:
    return wider is not None and (row.text, row.label) == (wider.text, wider.label)


# -- searching ------------------------------------------------------------------------------------


def search(resolver: Resolver, text: str, limit: int | None) -> list[Entry]:
    """The entries whose titles hold all words of a text, the best first."""
    words = words_of(exact(text))
    words = list(dict.fromkeys(words[:-1])) + words[-1:]  # the last may be the beginning of one
    if not words or len(words) > _MOST_WORDS:
        return []
    found: list[_Ranked] = []
    for precedence, system in enumerate(resolver.allowed):
        tree = Tree(resolver, resolver.reference.systems.by_id[system])
        if tree.covers_day():
            index = _index(resolver.reference, system)
            found += _of_system(tree, index, words, precedence, limit)
    found.sort(key=itemgetter(0))
    best = [entry for _, entry in found[:limit]]
    resolver.check_ends(entry.system.id for entry in best)
    return best


_Ranked = tuple[tuple[int, int, bool, int, str], Entry]
"""What finds are sorted by, and the find."""


def _of_system(
    tree: Tree, index: Index, words: list[bytes], precedence: int, limit: int | None
) -> Iterator[_Ranked]:
    terms = index.terms(words)
    if terms is None:
        return
    considered = None if limit is None else max(CONSIDERED, limit)
    for number, entry in islice(_on_day(tree, index, index.holders(terms)), considered):
        length = len(index.title(number))
        order = index.order(terms, number)
        yield (order, length, entry.is_header, precedence, entry.compact), entry


def _on_day(tree: Tree, index: Index, numbers: Iterable[int]) -> Iterator[tuple[int, Entry]]:
    found: set[str | int] = set()
    for number in numbers:
        target = index.target(number)
        entry = tree.listed_on_day(target) if isinstance(target, str) else tree.at(target)
        # Of the titles that it has had, that of the day; they may differ in no word.
        is_its = entry is not None and index.is_title(number, entry.title or "")
        if entry is not None and is_its and target not in found:
            found.add(target)
            yield number, entry


def _index(reference: Reference, system: str) -> Index:
    key = f"words of {system}"
    index = reference.derived.get(key)
    if not isinstance(index, Index):
        index = reference.derived[key] = Index(reference, system)
    return index
