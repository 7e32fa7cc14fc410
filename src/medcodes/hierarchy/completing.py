"""What a text that is still being typed may become: the listed codes that begin with it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice

from medcodes import formats, systems
from medcodes.hierarchy.entries import Entry
from medcodes.hierarchy.tree import Tree
from medcodes.lookup.resolver import Question, exact, warn_if_stale

__all__ = ["complete"]


def complete(question: Question, text: str, limit: int | None) -> list[Entry]:
    """The entries that begin with a text, in order of code, then of system."""
    typed = exact(text).strip().upper()
    found = list(islice(merge(*_each_system(question, typed), key=_compact), limit))
    for entry in {one.system: one for one in found}.values():
        warn_if_stale(question.findings(entry.system.id).desk, question.day)
    return found


def _each_system(question: Question, typed: str) -> Iterator[Iterator[Entry]]:
    head, dot, tail = typed.partition(".")
    for name in question.allowed:
        if not dot or formats.of(name).dot_after(head) == len(head):
            yield Tree(question, systems.by_id[name]).starting_with(head + tail)


def _compact(entry: Entry) -> str:
    return entry.compact
