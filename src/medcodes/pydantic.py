"""pydantic: types of codes for models, and for everything that is built on them.

>>> from pydantic import BaseModel
>>> from medcodes.pydantic import DiagnosisCode, ICD10CMCode
>>> class Condition(BaseModel):
...     code: ICD10CMCode
>>> Condition(code="e1165")
Condition(code='E11.65')
>>> Condition(code="E11.6")
Traceback (most recent call last):
...
pydantic_core._pydantic_core.ValidationError: 1 validation error for Condition
code
  'E11.6': a heading of ICD-10-CM; only codes below it are billable [type=header_code, ...]

To a type checker they are plain `str`, and so are the values. `Code` makes others, for a day, for
the day in another field, with headings, or with your own classifier.

Needs ``pip install 'medcodes[pydantic]'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import attrs

try:
    from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, PydanticUserError
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import PydanticCustomError, core_schema
except ImportError as error:
    raise ImportError("medcodes.pydantic needs pydantic 2: pip install 'medcodes[pydantic]'") from (
        error
    )

from medcodes import formats
from medcodes.classifier import Classifier, Statuses, SystemNames, default
from medcodes.dates import Day, to_day
from medcodes.lookup.acceptance import Acceptance, count_of_suggestions, renamed
from medcodes.status import Status
from medcodes.systems import CodeSystem

__all__ = [
    "CPTCode",
    "Code",
    "DatedModel",
    "DiagnosisCode",
    "HCPCSCode",
    "ICD9CMCode",
    "ICD9PCSCode",
    "ICD10CMCode",
    "ICD10PCSCode",
    "MedicalCode",
    "ProcedureCode",
]

_ON_FIELD = "medcodes_on_field"
_NO_TEXT = (
    "a code is text, and this is not; a number has lost its leading zeros (00100 becomes 100), "
    "so send codes as text"
)
_NO_DAY = (
    "no day to judge the code by: field '{field}' is missing, holds no day, or stands behind this "
    "one (then derive the model from medcodes.pydantic.DatedModel)"
)


@attrs.frozen
class Code:
    """What a text must be to be taken as a code: the annotation behind every type of this module.

    Args:
        systems: the systems that it may belong to, by constant or by any of their names; None for
            all.
        kind: ``"diagnosis"`` or ``"procedure"``, to take only systems of that kind.
        on: the day on which it must be valid; None is the day of validation.
        on_field: the name of the field that holds that day. Where the field stands behind this
            one, derive the model from `DatedModel`.
        accept: the statuses that count as good, instead of `valid` and `plausible`:
            ``["valid", "expired"]``; or a shorthand of it:
        strict: True takes only what is listed, and so no CPT code without a list of your own.
        headers: True takes headings too.
        billable: False takes headings too.
        status: the old name of `accept`, deprecated.
        modifiers: True takes joined modifiers, and keeps them (``"99213-25"``). By default they
            are refused, since a code without them would be another one.
        classifier: who knows the codes, where that is not the default one.
        suggestions: how many codes an error suggests, at most.

    Raises:
        UnknownCodeSystem, ValueError, TypeError: an argument makes no sense.

    >>> from typing import Annotated
    >>> from pydantic import TypeAdapter
    >>> from medcodes.pydantic import Code
    >>> old = TypeAdapter(Annotated[str, Code("icd9cm", on="2012-06-01")])
    >>> old.validate_python("25000")
    '250.00'
    """

    systems: SystemNames = attrs.field(default=None, eq=False)
    kind: str | None = attrs.field(default=None, kw_only=True, eq=False)
    on: Day = attrs.field(default=None, kw_only=True)
    on_field: str | None = attrs.field(default=None, kw_only=True)
    accept: Statuses = attrs.field(default=None, kw_only=True, eq=False)
    strict: bool = attrs.field(default=False, kw_only=True, eq=False)
    headers: bool = attrs.field(default=False, kw_only=True, eq=False)
    billable: bool = attrs.field(default=True, kw_only=True, eq=False)
    status: Statuses = attrs.field(default=None, kw_only=True, eq=False)
    modifiers: bool = attrs.field(default=False, kw_only=True)
    classifier: Classifier = attrs.field(default=default, kw_only=True, repr=False)
    suggestions: int = attrs.field(default=3, kw_only=True)
    _allowed: tuple[str, ...] = attrs.field(init=False, repr=False)
    _acceptance: Acceptance = attrs.field(init=False, repr=False)

    @suggestions.validator
    def _is_a_count(self, attribute: object, value: int) -> None:
        count_of_suggestions(value)

    @_allowed.default
    def _allowed_systems(self) -> tuple[str, ...]:
        return self.classifier.ask(None, self.systems, self.kind).allowed

    @_acceptance.default
    def _what_is_accepted(self) -> Acceptance:
        if self.on is not None and self.on_field is not None:
            raise ValueError("on= names the day, and on_field= where it is: give one of them")
        if self.on is not None:
            to_day(self.on)
        return Acceptance.of(
            renamed("accept", self.accept, "status", self.status),
            strict=self.strict,
            headers=self.headers,
            billable=self.billable,
        )

    def _canonical(self, on: Day, text: str) -> str:
        """The canonical form on a day, or the error that pydantic is to report."""
        resolver = self.classifier.ask(on, self._allowed, None)
        answer = resolver.answers[text]
        # The usual case first.
        if answer.status in self._acceptance.sure and not (answer.ambiguous or answer.modifiers):
            assert answer.code is not None
            return answer.code
        verdict = self._acceptance.judge(resolver, text, self.suggestions)
        if verdict.code is not None and verdict.modifiers and not self.modifiers:
            joined = " and ".join(verdict.modifiers)
            reason = f"{joined} joined to {verdict.code}: modifiers belong in a field of their own"
            verdict = verdict._replace(code=None, type="joined_modifiers", reason=reason)
        if verdict.code is not None:
            return "-".join((verdict.code, *verdict.modifiers))
        context = {
            "reason": verdict.message,
            "status": verdict.status,
            "system": verdict.system,
            "position": verdict.position,
            "suggestions": list(verdict.suggestions),
        }
        assert verdict.type is not None
        raise PydanticCustomError(verdict.type, "{reason}", context)

    # -- what pydantic asks for -----------------------------------------------------------------

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        text = core_schema.custom_error_schema(
            # Its own limits, so that those of the model's configuration do not turn a text away.
            core_schema.str_schema(strict=True, min_length=0, max_length=1 << 31),
            custom_error_type="not_text",
            custom_error_message=_NO_TEXT,
        )
        if self.on_field is None:
            check = partial(self._canonical, self.on)
            return core_schema.no_info_after_validator_function(check, text)
        metadata = {_ON_FIELD: self.on_field}
        return core_schema.with_info_after_validator_function(
            self._of_field, text, metadata=metadata
        )

    def _of_field(self, text: str, info: core_schema.ValidationInfo) -> str:
        """The canonical form on the day in the field that is named."""
        found = (getattr(info, "data", None) or {}).get(self.on_field)
        try:
            day = None if found is None else to_day(found)
        except (TypeError, ValueError):
            day = None
        if day is None:
            raise PydanticCustomError("missing_day", _NO_DAY, {"field": self.on_field})
        return self._canonical(day, text)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        allowed = [self.classifier.reference.systems.by_id[name] for name in self._allowed]
        patterns = "|".join(map(self._pattern, allowed))
        day = "today" if self.on is None else f"on {self.on}"
        if self.on_field is not None:
            day = f"on the day in {self.on_field}"
        return {
            "type": "string",
            "description": self._acceptance.describe(allowed, day),
            "pattern": f"^(?:{patterns})$",
            "examples": [system.traits.example for system in allowed],
        }

    def _pattern(self, system: CodeSystem) -> str:
        pattern = system.shape.pattern
        if self.modifiers and system.traits.takes_modifiers:
            return f"(?:{pattern})(?:-{formats.MODIFIER.pattern}){{0,{formats.MOST_MODIFIERS}}}"
        return pattern


def _part_of(schema: Any, kind: str) -> dict[str, Any]:
    """The schema of this kind, below whatever validators are wrapped around it."""
    while schema["type"] != kind:
        schema = schema["schema"]
    found: dict[str, Any] = schema
    return found


def _in_order(names: list[str], found: tuple[dict[str, Any], Any, Any]) -> tuple[Any, Any, Any]:
    """The values of a model, in the order of its fields."""
    values, extra, given = found
    return {name: values[name] for name in names if name in values} | values, extra, given


def _days_in(schema: Any) -> Iterator[str]:
    """The fields that codes take their day from; those of other models are their own affair."""
    if isinstance(schema, list):
        for part in schema:
            yield from _days_in(part)
    elif isinstance(schema, dict) and schema.get("type") != "model":
        if _ON_FIELD in schema.get("metadata", {}):
            yield schema["metadata"][_ON_FIELD]
        yield from _days_in(list(schema.values()))


class DatedModel(BaseModel):
    """A model whose codes are judged by days in other fields of it, in whatever order they stand.

    >>> from datetime import date
    >>> from typing import Annotated
    >>> from medcodes.pydantic import Code, DatedModel
    >>> class Line(DatedModel):
    ...     diagnosis: Annotated[str, Code("icd10cm", on_field="service_date")]
    ...     service_date: date
    >>> Line(diagnosis="U071", service_date="2020-04-01")
    Line(diagnosis='U07.1', service_date=datetime.date(2020, 4, 1))

    Such days are validated first; the order of the fields stays as declared for everyone else. A
    day that no field is named for is an error when the class is made.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        schema = handler(source)
        model = _part_of(handler.resolve_ref_schema(schema), "model")
        fields: dict[str, Any] = _part_of(model, "model-fields")["fields"]
        days = dict.fromkeys(_days_in(list(fields.values())))
        if unknown := [name for name in days if name not in fields]:
            message = f"on_field={unknown[0]!r} is not a field of {cls.__name__}"
            raise PydanticUserError(message, code=None)
        order = [*days, *(name for name in fields if name not in days)]
        # Once, since pydantic comes here again with what it kept; and in place, since other models
        # refer to this very schema.
        if order != list(fields):
            names = list(fields)
            for name in order:
                fields[name] = fields.pop(name)
            model["schema"] = core_schema.no_info_after_validator_function(
                partial(_in_order, names), model["schema"]
            )
        return schema

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        resolved = handler.resolve_ref_schema(schema)
        places = {
            name: place
            for place, (field, info) in enumerate(cls.model_fields.items())
            for name in (field, info.alias, info.validation_alias, info.serialization_alias)
            if isinstance(name, str)
        }
        found = resolved["properties"]
        ordered = sorted(found, key=lambda name: places.get(name, len(places)))
        resolved["properties"] = {name: found[name] for name in ordered}
        if "required" in resolved:
            resolved["required"].sort(key=ordered.index)
        return schema


CPTCode = Annotated[str, Code("cpt")]
HCPCSCode = Annotated[str, Code("hcpcs")]
ICD10CMCode = Annotated[str, Code("icd10cm")]
ICD10PCSCode = Annotated[str, Code("icd10pcs")]
# No day of today has valid codes of ICD-9-CM: whatever was valid on any day is taken.
_ONCE = frozenset({Status.VALID, Status.EXPIRED})
ICD9CMCode = Annotated[str, Code("icd9cm", on="2015-09-30", accept=_ONCE)]
ICD9PCSCode = Annotated[str, Code("icd9pcs", on="2015-09-30", accept=_ONCE)]
DiagnosisCode = Annotated[str, Code(kind="diagnosis")]
ProcedureCode = Annotated[str, Code(kind="procedure")]
MedicalCode = Annotated[str, Code()]
