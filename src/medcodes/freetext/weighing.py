"""Whether enough speaks for a code where nothing alone is enough.

Every piece of evidence has a weight, which was set by hand on tests/texts/snippets.txt. How much is
needed is said by the `Shape` of a candidate: a mere number needs more than what looks like little
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from medcodes.freetext import context, evidence
from medcodes.freetext.context import ADJACENT, CODE, Context, Distance
from medcodes.freetext.scanning import Candidate, Shape
from medcodes.lookup.answer import Identification
from medcodes.status import Status

_MORE_NEEDED = {Status.HEADER: 1, Status.EXPIRED: 2, Status.FUTURE: 2}
"""How much more evidence what is listed needs, but not as a valid code."""
_DRUGS = "JQ"
"""The first letters of HCPCS codes for drugs."""
_TOLD_BY_LABELS = ("section", "subsection", "heading")
"""The levels of CPT whose labels say what a code is."""


class Weighing(NamedTuple):
    """A candidate taken for a code, and what stands around it.

    Attributes:
        candidate: the candidate.
        answer: the code.
        said: what the words before it say, or None.
        distance: how close those are.
        before, after: the text right beside it, of its line or of the line above.
        in_paragraph: whether a code was found before it in its paragraph.
        follows: whether that is right before it in a list.
        leads: whether a further code follows it directly.
    """

    candidate: Candidate
    answer: Identification
    said: Context | None
    distance: Distance
    before: str
    after: str
    in_paragraph: bool
    follows: bool
    leads: bool

    def is_enough(self) -> bool:
        """Whether enough speaks for it; of a mere number, also something that is about it alone."""
        shape, needed = self.candidate.shape, self._needed()
        about_it, around_it = [*self._about_it()], [*self._around_it()]
        own = sum(weight for weight, _ in about_it)
        weight = own + sum(weight for weight, _ in around_it)
        if weight + evidence.MOST_OF_TITLE < needed:
            return False
        shared = self._shared_with_title()
        if weight + shared < needed:
            return False
        if shape is not Shape.NUMBER:
            return not shape.is_numeric or own + shared >= 2
        is_topical = shared > 0 or any(topical for _, topical in about_it + around_it)
        is_round = not shared and self.candidate.text.endswith("00")
        return is_topical and own + shared > 0 and weight + shared - is_round >= needed

    def _needed(self) -> int:
        shape, answer = self.candidate.shape, self.answer
        if shape is Shape.LETTERED and str(answer.system) == "icd10cm":
            return Shape.FLAT.needed
        return shape.needed + _MORE_NEEDED.get(answer.status, 0) + (not self.candidate.is_upper)

    def _about_it(self) -> Iterator[tuple[int, bool]]:
        """What is said of it itself: how much it weighs, and whether it is said of codes alone."""
        candidate, said, before, after = self.candidate, self.said, self.before, self.after
        shape, system = candidate.shape, self.answer.system
        assert system is not None
        if system.kind == "procedure":
            yield evidence.charged(before, after)
            if candidate.text[0] in _DRUGS and evidence.is_dosed(before, after):
                yield 2, False
        is_close = self.distance is ADJACENT
        if said is not None and said.excludes:
            if said is not context.COUNTING:
                yield -2 if is_close else -1, False
        elif said is not None and said is not context.SOFT and said.allows(system.id):
            close = 3 if shape is Shape.SHORT else 2
            far = 0 if shape in (Shape.DECIMAL, Shape.SHORT) else 1
            yield close if is_close else far, said is not CODE
        if evidence.is_row(before, after):
            yield 2, True
        if self.follows:
            yield 2, True
        if self.leads:
            yield 1 if shape.is_numeric and said is not CODE else 2, True
        if self.answer.modifiers:
            yield 2, True
        if shape is Shape.NUMBER and evidence.is_timed(before, after):
            yield 1, True

    def _around_it(self) -> Iterator[tuple[int, bool]]:
        """What around it invites codes: how much it weighs, and whether it speaks of some."""
        candidate, said, before, after = self.candidate, self.said, self.before, self.after
        if candidate.bracketed or evidence.is_set_off(before, after):
            yield 1, False
        if self.in_paragraph and not self.follows:
            yield 1, True
        if evidence.is_followed_by_code(after, numbers=said is CODE):
            yield 1, True
        if candidate.shape.takes_modifiers and evidence.is_about_billing(before, after):
            yield 1, True
        if candidate.shape is Shape.DECIMAL and said is not None and not said.excludes:
            yield 1, False

    def _shared_with_title(self) -> int:
        """How much of its title stands around it; of CPT, of the headings it is filed under."""
        title = self.answer.title
        if title is None:
            above = self.answer.categories
            title = " ".join(row.label for row in above if row.level in _TOLD_BY_LABELS)
        shared = evidence.shared_words(title, f"{self.before} {self.after}")
        return min(shared + 1, evidence.MOST_OF_TITLE) if shared else 0
