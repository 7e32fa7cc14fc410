"""What a text that is still being typed may become: the listed codes that begin with it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from operator import attrgetter

from medcodes.entries import Entry
from medcodes.hierarchy.tree import Tree
from medcodes.lookup.resolver import Resolver, exact


def complete(resolver: Resolver, text: str, limit: int | None) -> list[Entry]:
    """The entries that begin with a text, in order of code, then of system."""
    typed = exact(text).strip().upper()
    found = list(islice(merge(*_each_system(resolver, typed), key=attrgetter("compact")), limit))
    resolver.check_ends(entry.system.id for entry in found)
    return found


def _each_system(resolver: Resolver, typed: str) -> Iterator[Iterator[Entry]]:
    head, dot, tail = typed.partition(".")
    for name in resolver.allowed:
        system = resolver.reference.systems.by_id[name]
        if not dot or system.shape.dot_after(head) == len(head):
            yield Tree(resolver, system).starting_with(head + tail)
