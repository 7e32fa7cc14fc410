"""Who resolves texts: a resolver for each day and choice of systems, the latest remembered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from datetime import time as clock_time
from time import time
from typing import Union

from medcodes.dates import Day, to_day
from medcodes.errors import UnknownCodeSystem
from medcodes.lookup.answer import Identification
from medcodes.lookup.past_end import PAST_END
from medcodes.lookup.resolver import Resolver
from medcodes.names import Names
from medcodes.reference import Reference
from medcodes.systems import CodeSystem

SystemNames = Union[Names, str, Iterable[Union[Names, str]], None]
"""Systems: one or several, as constants or by any of their names; None for all."""

_REMEMBERED_DAYS = 2_048
_KEPT_WHOLE = 64


class Resolvers:
    """Finds the resolver of a day and some systems.

    Attributes:
        reference: the tables.
        allowed: the ids of the systems that are considered at all.
        on: the day that is meant when none is given; None for the day of the call.
        past_end: what is done past the end of a list, one of `PAST_END`.
        of_today: by systems, the resolvers of the day when none is given; they hold from
            `day_begins` to `day_ends` on the clock.
    """

    __slots__ = (
        "_resolvers",
        "_today",
        "allowed",
        "day_begins",
        "day_ends",
        "of_today",
        "on",
        "past_end",
        "reference",
    )

    def __init__(
        self, reference: Reference, systems: SystemNames, on: Day, past_end: str = PAST_END[0]
    ) -> None:
        if past_end not in PAST_END:
            raise ValueError(f"past_end={past_end!r} is neither 'warn' nor 'error'")
        self.reference = reference
        self.past_end = past_end
        self.allowed = self.ids(systems)
        self.on = None if on is None else to_day(on)
        self.of_today: dict[object, Resolver] = {}
        self.day_begins = self.day_ends = 0.0
        self._today = date.min
        self._resolvers: dict[object, Resolver] = {}

    def ask(self, on: Day, asked: SystemNames, kind: str | None) -> Resolver:
        """Who resolves texts on a day, among some systems; the latest are remembered."""
        if on is None:
            if not self.day_begins <= time() < self.day_ends:
                self._new_day()
        elif isinstance(on, datetime):
            # Equal instants in two time zones are two days, but one key.
            on = to_day(on)
        try:
            return self._resolvers[on, asked, kind]
        except (KeyError, TypeError):
            pass  # asked for the first time, or with a list
        return self._new_resolver(on, asked, kind)

    def _new_resolver(self, on: Day, asked: SystemNames, kind: str | None) -> Resolver:
        if kind not in (None, "diagnosis", "procedure"):
            raise ValueError(f"kind={kind!r} is neither 'diagnosis' nor 'procedure'")
        allowed = self.ids(asked)
        day = to_day(on) if on is not None else self.on or self._today
        # What cannot be a key, or be read twice, is remembered by what it meant.
        lasting = asked is None or isinstance(asked, (str, Names, tuple))
        key = (on, asked if lasting else allowed, kind)
        resolver = self._resolvers.get(key)
        if resolver is None:
            self._make_room()
            allowed = self._of_kind(allowed, kind)
            resolver = Resolver(day, allowed, self.reference, self.past_end)
            self._resolvers[key] = resolver
        if on is None and kind is None and len(self.of_today) < _KEPT_WHOLE:
            self.of_today[key[1]] = resolver
        return resolver

    def _make_room(self) -> None:
        """Keep so many days in mind, but the answers only of the latest: claims come by date."""
        if len(self._resolvers) >= _REMEMBERED_DAYS:
            for oldest in list(self._resolvers)[: _REMEMBERED_DAYS // 4]:
                self._resolvers.pop(oldest, None)
        for past in list(self._resolvers.values())[-_KEPT_WHOLE : 1 - _KEPT_WHOLE]:
            past.forget()

    def _new_day(self) -> None:
        today = date.today()
        begins = datetime.combine(today, clock_time.min)
        self._today = today
        usual = Resolver(self.on or today, self.allowed, self.reference, self.past_end)
        self._resolvers = {(None, None, None): usual}
        self.of_today = {None: usual}
        self.day_begins = begins.timestamp()
        self.day_ends = datetime.combine(today, clock_time.max).timestamp()

    def _of_kind(self, asked: tuple[str, ...], kind: str | None) -> tuple[str, ...]:
        return tuple(
            system.id
            for system in self.reference.systems.all
            if system.id in asked and system.id in self.allowed and kind in (None, system.kind)
        )

    def ids(self, asked: SystemNames) -> tuple[str, ...]:
        """The system ids meant by constants or names, one or several."""
        known = self.reference.systems
        if asked is None:
            return tuple(known.by_id)
        if isinstance(asked, Names):
            return (self.system(asked).id,)
        if isinstance(asked, str):
            found = known.named(asked) or (known.one_named(asked),)
            return tuple(system.id for system in found)
        if not isinstance(asked, Iterable) or isinstance(asked, (bytes, bytearray)):
            raise TypeError(
                f"systems={asked!r} must be a code system, its name, or several of them"
            )
        several = tuple(asked)
        if None in several:
            raise TypeError(f"systems={several!r} has None among the systems; leave it out")
        return tuple(dict.fromkeys(name for system in several for name in self.ids(system)))

    def system(self, system: Names | str) -> CodeSystem:
        """The one system that is meant."""
        known = self.reference.systems
        if not isinstance(system, Names):
            return known.one_named(system)
        found = known.by_id.get(system.id)
        if found is None:
            raise UnknownCodeSystem(f"{system.name} is not among the systems of this classifier")
        return found

    def identify_dated(
        self, texts: list[str], days: list[Day], systems: SystemNames, kind: str | None
    ) -> list[Identification]:
        """An answer for each text on a day of its own."""
        if len(texts) != len(days):
            raise ValueError(f"on= has {len(days)} days for {len(texts)} texts")
        if None in days:
            raise TypeError(f"on= has no day for the text at place {days.index(None)}")
        places_of: dict[Day, list[int]] = {}
        for place, day in enumerate(days):
            places_of.setdefault(to_day(day), []).append(place)
        answers: dict[int, Identification] = {}
        for day, places in places_of.items():
            resolver = self.ask(day, systems, kind)
            answers.update(
                zip(places, resolver.identify_each([texts[place] for place in places]), strict=True)
            )
        return [answers[place] for place in range(len(texts))]
