"""Which candidates are codes.

    a context is enough  ->  it looks like nothing else  ->  enough speaks for it  ->  left out

Most numbers in a note are not codes, and most codes look like other things: a ZIP code, a dose, a
vertebra, a room. So what stands around a candidate decides as much as the candidate itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

import attrs
import regex

from medcodes.freetext import cells, context, evidence
from medcodes.freetext.context import ADJACENT, ALL, CODE, DX, FAR, PX, Context, Distance
from medcodes.freetext.lists import Previous, begins_list, said_after
from medcodes.freetext.scanning import AFTER, Candidate, Passage, Shape
from medcodes.freetext.weighing import Weighing
from medcodes.lookup.answer import Identification
from medcodes.lookup.resolver import Resolver
from medcodes.status import NOT_FOUND, Status


class Strictness(str, Enum):
    """How much evidence a code needs, the strictest first; each finds all that the last does.

    >>> Strictness("cued") is Strictness.CUED, str(Strictness.CUED)
    (True, 'cued')
    """

    CUED = "cued"
    """The context says that it is a code, or it can be nothing else."""
    VALID = "valid"
    """Also what is listed and valid on the day, unless the context excludes it."""
    PLAUSIBLE = "plausible"
    """Also numbers alone, former and future codes; and what is declared a code but not listed."""

    __str__ = str.__str__


@attrs.frozen
class Found:
    """A code in a text.

    >>> import medcodes
    >>> text = "Seen for HTN (I10), billed 99213-25."
    >>> [(found.start, found.end, found.text) for found in medcodes.find(text, on="2026-06-01")]
    [(14, 17, 'I10'), (27, 35, '99213-25')]
    """

    start: int
    """Where it begins: how many characters of the text, or of the whole stream, are before it."""
    end: int
    """Where it ends: ``text[start:end]`` is what was found."""
    text: str
    """The code as it is written, with the modifiers joined to it."""
    identification: Identification
    """What `identify` says of it, among the systems that the text declares."""


class _Around(NamedTuple):
    """What stands around a candidate.

    Attributes:
        context: what it says, or None.
        distance: how close that is.
        goes_on: whether a list or a column goes on with it.
    """

    context: Context | None = None
    distance: Distance = FAR
    goes_on: bool = False


_NOTHING = _Around()
_FOUND = frozenset(Status) - NOT_FOUND
_ADDRESS = 24
"""How far before a number a state may begin."""
_REMEMBERED = 4_096
_MODIFIERS = regex.compile(r"(?:[-:][0-9A-Za-z]{2}){1,4}+(?![\w])(?!-[0-9])")
_YEAR = regex.compile("(?:19|20)[0-9]{2}")
_ITEM_ENDS = regex.compile(r"\s?[-–:;,.)\]]|\s*\n|\s*\Z")


class Judge:
    """Decides which candidates of one text are codes.

    Attributes:
        passage: the part of the text that is at hand.
        previous: the code that was found last for what stood around it.
    """

    def __init__(self, resolver: Resolver, strictness: Strictness) -> None:
        self.passage = Passage("", 0)
        self.previous: Previous | None = None
        self._resolver = resolver
        self._strictness = strictness
        self._said: dict[str, Context] = {}  # of the codes of the paragraph at hand

    def move_to(self, passage: Passage) -> None:
        """Go on with a further part of the text."""
        if self.previous is not None:
            self.previous.end -= passage.offset - self.passage.offset
        self.passage = passage

    def is_listed(self, candidate: Candidate) -> bool:
        """Whether there is such a code at all, or it does not matter."""
        if candidate.shape is Shape.NUMBER or self._strictness is Strictness.PLAUSIBLE:
            return True
        return self._resolver.answers[candidate.text].status in _FOUND

    def judge(self, candidate: Candidate) -> Found | None:
        """The code that a candidate is, if it is one."""
        around = self._around(candidate)
        excluded = around.context is not None and around.context.excludes
        # A dotted code is what it is, though a room is near; but not "version V70.0".
        if excluded and around.distance is ADJACENT:
            return self._supported(candidate, around)
        return (
            (None if excluded else self._announced(candidate, around))
            or self._unmistakable(candidate)
            or self._supported(candidate, around)
            or self._doubtful(candidate, around)
        )

    # -- what stands around it ------------------------------------------------------------------

    def _around(self, candidate: Candidate) -> _Around:
        """What speaks for or against a candidate, how closely, and whether a list carries it."""
        passage, cell = self.passage, candidate.cell
        previous = self._previous(candidate)
        window = passage.before(candidate.start)
        is_bare = previous is None and cell is None and not context.may_hold(window)
        if is_bare and not candidate.is_unmistakable and said_after(passage, candidate) is None:
            return _NOTHING
        said, distance, ends = context.before(window)
        if said is context.SOFT and previous is None and not self._is_primed(candidate, window):
            said, distance = None, FAR
        if distance is ADJACENT and (cell is None or "\n" not in window[ends:]):
            return _Around(said, distance)
        heading = cells.heading(passage.lines_above(candidate.start), cell) if cell else None
        if heading is not None:
            return _Around(heading, ADJACENT, goes_on=True)
        if distance is ADJACENT:
            return _Around(said, distance)
        if previous is not None:
            excluded = said is not None and said.excludes
            closeness = previous.carries_on(candidate, passage, excluded=excluded)
            if closeness is not None:
                return _Around(previous.context, closeness, goes_on=True)
        later = self._said.get(candidate.text) or said_after(passage, candidate)
        return _Around(said, distance) if later is None else _Around(later, ADJACENT)

    def _previous(self, candidate: Candidate) -> Previous | None:
        """The code before a candidate, if it is near; else it is forgotten."""
        if self.previous is None or not self.previous.is_near(candidate, self.passage):
            self.previous = None
            self._said.clear()
        return self.previous

    def _is_primed(self, candidate: Candidate, window: str) -> bool:
        """Whether a code system is named nearby, in the same paragraph."""
        end = self.passage.end_of_paragraph(candidate.end, candidate.end + AFTER)
        ahead = self.passage.text[candidate.end : end]
        return context.names_a_system(window) or context.names_a_system(ahead)

    # -- a context is enough --------------------------------------------------------------------

    def _announced(self, candidate: Candidate, around: _Around) -> Found | None:
        """What the context says is a code."""
        said = around.context
        if said is None or not self._suits(candidate, said, around):
            return None
        found = self._code(candidate, said.choices)
        is_firm = around.distance is ADJACENT and (said.named or said.loose or around.goes_on)
        is_doubtful = candidate.shape is Shape.CATEGORY and not is_firm
        if found is None or (is_doubtful and found.identification.status is not Status.VALID):
            return None
        return self._noted(candidate, found, said)

    def _suits(self, candidate: Candidate, said: Context, around: _Around) -> bool:
        """Whether a context is enough: the plainer a candidate looks, the closer it must be."""
        listed = self.previous.shape if around.goes_on and self.previous is not None else None
        if around.distance is ADJACENT:
            return self._suits_directly(candidate, said, around.goes_on, listed)
        return self._suits_from_afar(candidate, said, around.goes_on, listed)

    def _suits_directly(
        self, candidate: Candidate, said: Context, goes_on: bool, listed: Shape | None
    ) -> bool:
        shape, text = candidate.shape, candidate.text
        after_number = listed is not None and listed.is_numeric
        may_be_icd9 = said.prefers("icd9cm", "icd9pcs")
        is_icd9 = may_be_icd9 and not said.prefers("cpt")
        if shape is Shape.CATEGORY:
            return said is not CODE or candidate.is_upper
        if shape is Shape.SHORT:
            return is_icd9 and (said.named or after_number) and not _YEAR.fullmatch(text)
        if shape is Shape.DECIMAL:
            is_sure = said.named or (is_icd9 and (after_number or text[3] == "."))
            return may_be_icd9 and is_sure
        if shape is Shape.NUMBER:
            if (goes_on or not said.named) and self._is_amount(candidate):
                return False
            # "The code 12345" opens a door as well: a bare word for codes is weighed with the rest.
            is_billing = said is not CODE and said.choices != DX.choices
            return said.named or goes_on or after_number or is_billing
        if shape is Shape.SEVEN and text.isdigit():
            return said.named and said.prefers("icd10pcs")
        return True

    def _suits_from_afar(
        self, candidate: Candidate, said: Context, goes_on: bool, listed: Shape | None
    ) -> bool:
        shape = candidate.shape
        if not candidate.is_upper or self._is_amount(candidate, counted=not said.named):
            return False
        if shape is Shape.CATEGORY:
            is_sure = said.named or goes_on or candidate.bracketed or self._is_item(candidate)
            return said.prefers("icd10cm") and is_sure
        if shape is Shape.DECIMAL:
            return said.named and said.prefers("icd9cm", "icd9pcs")
        if shape is Shape.NUMBER and said is CODE and not goes_on:
            return False
        if shape.takes_modifiers:
            return said.loose or listed is shape
        return shape is not Shape.SHORT and not candidate.text.isdigit()

    def _is_item(self, candidate: Candidate) -> bool:
        """Whether a punctuation mark, or nothing, follows: ``hypertension I10, stable``."""
        end = candidate.end
        return _ITEM_ENDS.match(self.passage.text, end, end + 4) is not None

    def _is_amount(self, candidate: Candidate, *, counted: bool = True) -> bool:
        """Whether a number is a price, counts or measures something, or is of an address."""
        if not candidate.shape.is_numeric:
            return False
        before = self.passage.before(candidate.start, _ADDRESS)
        if evidence.is_price(candidate.text, before):
            return True
        return evidence.is_amount(before, self.passage.after(candidate.end), counted=counted)

    # -- it looks like nothing else -------------------------------------------------------------

    def _unmistakable(self, candidate: Candidate) -> Found | None:
        """What can be nothing but a code, whatever stands around it."""
        found = self._code(candidate, (context.ICD,)) if candidate.is_unmistakable else None
        return None if found is None else self._noted(candidate, found, _of_kind(found))

    # -- enough speaks for it -------------------------------------------------------------------

    def _supported(self, candidate: Candidate, around: _Around) -> Found | None:
        """What enough speaks for, of which none alone is enough: see `evidence`."""
        if self._is_ruled_out(candidate):
            return None
        if around.context is None:
            said, distance, _ = context.before(self.passage.before(candidate.start))
            around = _Around(said, distance)
        said = around.context
        if said is not None and said.excludes and candidate.shape.is_numeric:
            return None
        for found in self._believable(candidate, around):
            if self._weighed(candidate, found, around).is_enough():
                kind = _of_kind(found)
                return self._noted(candidate, found, CODE if said is CODE and kind is PX else kind)
        return None

    def _is_ruled_out(self, candidate: Candidate) -> bool:
        """Whether a number is an amount, a year, or not a code of ICD-9-CM, which it looks like."""
        if candidate.shape in (Shape.DECIMAL, Shape.SHORT):
            icd9 = self._among(context.ICD9)
            if icd9.answers[candidate.text].status is not Status.VALID:
                return True
        is_year = candidate.shape is Shape.SHORT and _YEAR.fullmatch(candidate.text)
        return bool(is_year) or self._is_amount(candidate)

    def _believable(self, candidate: Candidate, around: _Around) -> Iterator[Found]:
        """The codes that a candidate may be, those that people still write on the day."""
        shape, seen = candidate.shape, None
        for systems in self._choices(candidate, around):
            found = self._code(candidate, (systems,))
            if found is None or found.identification.system is seen:
                continue
            seen, status = found.identification.system, found.identification.status
            if shape is Shape.CATEGORY and str(seen) != "icd10cm":
                continue  # tables of ICD-10-PCS: DM2
            # Former numbers of CPT are still written of; those of ICD-9-CM look like anything.
            is_current = status in (Status.VALID, Status.PLAUSIBLE)
            if is_current or not shape.is_numeric or str(seen) == "cpt":
                yield found

    def _choices(self, candidate: Candidate, around: _Around) -> tuple[tuple[str, ...], ...]:
        """The systems whose codes a candidate may be, one choice after another."""
        said, shape = around.context, candidate.shape
        choices: tuple[tuple[str, ...], ...] = (("cpt",),) if shape is Shape.NUMBER else (ALL,)
        if said is not None and around.distance is ADJACENT:
            if shape is Shape.NUMBER:
                if said.named:
                    return ()
                choices = (*said.choices, *choices) if said.choices == DX.choices else choices
            # A list that began with CPT codes may go on with others.
            elif said.named and not self._is_in_list(candidate):
                choices = said.choices
            else:
                choices = (*said.choices, ALL)
        if shape is Shape.LETTERED and choices[-1] is ALL:
            return (*choices, ("icd10cm",))  # G93.41 without its dot
        return choices

    def _weighed(self, candidate: Candidate, found: Found, around: _Around) -> Weighing:
        passage, end = self.passage, self._end(found)
        before, after = passage.beside(candidate.start, end)
        return Weighing(
            candidate,
            found.identification,
            around.context,
            around.distance,
            before,
            after,
            in_paragraph=self.previous is not None,
            follows=self._is_in_list(candidate),
            leads=begins_list(passage, end, candidate.end + AFTER),
        )

    def _is_in_list(self, candidate: Candidate) -> bool:
        return self.previous is not None and self.previous.lists(candidate, self.passage)

    # -- less is asked of it --------------------------------------------------------------------

    def _doubtful(self, candidate: Candidate, around: _Around) -> Found | None:
        """What is found only when less is asked of it."""
        is_strict = self._strictness is Strictness.CUED
        if is_strict or not candidate.is_upper or self._is_amount(candidate):
            return None
        any_number = self._strictness is Strictness.PLAUSIBLE
        found = None if candidate.shape is Shape.SHORT else self._code(candidate, (ALL,))
        if found is not None:
            is_number = candidate.text.replace(".", "").isdigit()
            is_sure = found.identification.status is Status.VALID and not is_number
            return found if is_sure or any_number else None
        said = around.context
        if any_number and said and said.named and around.distance is ADJACENT:
            answer = self._among(said.choices[0]).answers[candidate.text]
            if answer.status in (Status.UNVERIFIED, Status.UNKNOWN):
                return self._found(candidate, candidate.end, answer)
        return None

    # -- answers ------------------------------------------------------------------------------

    def _code(self, candidate: Candidate, choices: Iterable[tuple[str, ...]]) -> Found | None:
        """The code that a candidate is, among the first systems that have it."""
        joined = None
        if candidate.shape.takes_modifiers:
            joined = _MODIFIERS.match(self.passage.text, candidate.end, candidate.end + 16)
        for systems in choices:
            answers = self._among(systems).answers
            if joined is not None:
                answer = answers[candidate.text + joined[0]]
                if answer.modifiers and answer.status in _FOUND:
                    return self._found(candidate, joined.end(), answer)
            answer = answers[candidate.text]
            if answer.status in _FOUND:
                return self._found(candidate, candidate.end, answer)
        return None

    def _among(self, systems: tuple[str, ...]) -> Resolver:
        return self._resolver if systems is ALL else self._resolver.among(*systems)

    def _found(self, candidate: Candidate, end: int, answer: Identification) -> Found:
        offset = self.passage.offset
        return Found(candidate.start + offset, end + offset, answer.text, answer)

    def _end(self, found: Found) -> int:
        """Where a code ends in the passage at hand, its modifiers included."""
        return found.end - self.passage.offset

    def _noted(self, candidate: Candidate, found: Found, said: Context) -> Found:
        """A code, written down as the one from which a list may go on."""
        self.previous = Previous(self._end(found), candidate.shape, said, candidate.cell)
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[candidate.text] = said
        return found


def _of_kind(found: Found) -> Context:
    system = found.identification.system
    return DX if system is not None and system.kind == "diagnosis" else PX
