"""Types of codes for models."""

from __future__ import annotations

import datetime
import json
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict, assert_type

import medcodes
from medcodes.pydantic import (
    Code,
    CPTCode,
    DatedModel,
    DiagnosisCode,
    HCPCSCode,
    ICD9CMCode,
    ICD9PCSCode,
    ICD10CMCode,
    ICD10PCSCode,
    MedicalCode,
    ProcedureCode,
)
from tests.conftest import DAY, LISTED

T = TypeVar("T")
OF_2012 = "2012-06-01"
COVID = "U07.1"  # from 2020-04-01

pytestmark = pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")


def adapter(*arguments: Any, **options: Any) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, Code(*arguments, **options)])


def errors(error: pytest.ExceptionInfo[ValidationError]) -> list[tuple[str, tuple[Any, ...]]]:
    return [(one["type"], one["loc"]) for one in error.value.errors()]


def refusal(type_: TypeAdapter[Any], value: object) -> dict[str, Any]:
    """The one error of a value."""
    with pytest.raises(ValidationError) as raised:
        type_.validate_python(value)
    (error,) = raised.value.errors()
    return dict(error)


# -- the types ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "given", "canonical"),
    [
        (CPTCode, " 99213", "99213"),
        (HCPCSCode, "j1885", "J1885"),
        (ICD10CMCode, "e1165", "E11.65"),
        (ICD10CMCode, "QA00101", "QA0.0101"),
        (ICD10PCSCode, "0srb02a", "0SRB02A"),
        (ICD9CMCode, "25000", "250.00"),
        (ICD9PCSCode, "4513", "45.13"),
        (ICD9PCSCode, "51.21", "51.21"),
        (DiagnosisCode, "J0120", "J01.20"),
        (ProcedureCode, "J0120", "J0120"),
        (MedicalCode, "ICD-10-CM: E11.65", "E11.65"),
    ],
)
def test_what_is_canonical(type_: Any, given: str, canonical: str) -> None:
    one = TypeAdapter(type_)
    assert one.validate_python(given) == one.validate_json(json.dumps(given)) == canonical
    assert one.validate_python(canonical) == canonical
    assert type(one.validate_python(given)) is str
    assert one.dump_json(canonical) == json.dumps(canonical).encode()


@pytest.mark.parametrize(
    ("type_", "given", "error", "words"),
    [
        (ICD10CMCode, "", "malformed_code", "there is nothing in it"),
        (ICD10CMCode, "99213", "malformed_code", "position 1 of ICD-10-CM must be a letter"),
        (ICD10CMCode, "E99.99", "unknown_code", "not in its list"),
        (ICD10CMCode, "E11", "header_code", "a heading of ICD-10-CM; only codes below it"),
        (ICD10CMCode, "E72.53", "header_code", "a heading"),
        (HCPCSCode, "J0171", "inactive_code", "valid from 2011-01-01 to 2025-06-30"),
        (CPTCode, "00000", "unknown_code", "in none of its published ranges"),
        (CPTCode, "99213-25", "joined_modifiers", "25 joined to 99213: modifiers belong in a"),
        (MedicalCode, "J0120", "ambiguous_code", "is HCPCS Level II J0120 and ICD-10-CM J01.20"),
        (ICD9CMCode, "E11.65", "malformed_code", "'E11.65'"),
        (ICD9PCSCode, "45", "header_code", "a heading"),
        (MedicalCode, "x" * 500, "malformed_code", f"'{'x' * 37}...': no code has 500"),
        (ICD10CMCode, 99213, "not_text", "a number has lost its leading zeros"),
        (ICD10CMCode, 1.5, "not_text", ""),
        (ICD10CMCode, None, "not_text", ""),
        (ICD10CMCode, b"E11.65", "not_text", ""),
        (ICD10CMCode, ["E11.65"], "not_text", ""),
    ],
)
def test_what_is_refused(type_: Any, given: object, error: str, words: str) -> None:
    found = refusal(TypeAdapter(type_), given)
    assert found["type"] == error
    assert words in found["msg"]
    assert found["input"] == given


def test_errors_carry_plain_facts() -> None:
    found = refusal(adapter("icd10cm", on=DAY), "E11")
    assert found["ctx"] == {
        "reason": "'E11': a heading of ICD-10-CM; only codes below it are billable; did you mean "
        "E11.8 or E11.9 or E11.A?",
        "system": "icd10cm",
        "status": "header",
        "position": None,
        "suggestions": ["E11.8", "E11.9", "E11.A"],
    }
    few = adapter("icd10cm", on=DAY, suggestions=0)
    assert refusal(few, "E11")["ctx"]["suggestions"] == []
    assert refusal(adapter(on=DAY), "9O837")["ctx"]["suggestions"][0] == "90837"
    assert refusal(adapter("icd10cm", on=DAY), "E1!")["ctx"]["position"] == 3
    assert refusal(adapter(on=DAY), "9O837")["ctx"]["system"] == "cpt"


def test_braces_are_no_template() -> None:
    assert "{reason}" in refusal(adapter(), "{reason}")["msg"]


@pytest.mark.parametrize("name", LISTED)
def test_the_same_answers_as_validate(name: str) -> None:
    system = medcodes.code_system(name)
    day = OF_2012 if name.startswith("icd9") else DAY
    codes = list(system.codes(on=day))[::50]
    one = TypeAdapter(list[Annotated[str, Code(system, on=day)]])
    assert one.validate_python(codes) == codes
    assert one.validate_python([system.compact(code) for code in codes]) == codes


@settings(deadline=None)
@given(st.text(max_size=12) | st.from_regex("[A-Z0-9][0-9A-Z.]{2,7}", fullmatch=True))
def test_the_same_refusals_as_validate(text: str) -> None:
    for strict, headers in ((False, False), (True, False), (False, True)):
        code = Code(on=DAY, modifiers=True, strict=strict, billable=not headers)
        one: TypeAdapter[str] = TypeAdapter(Annotated[str, code])
        try:
            expected = medcodes.validate(text, on=DAY, headers=headers, strict=strict)
        except medcodes.InvalidCode as error:
            found = refusal(one, text)
            assert found["ctx"]["position"] == error.position
            assert found["ctx"]["system"] == error.system
        else:
            assert one.validate_python(text).partition("-")[0] == expected


# -- parameters ---------------------------------------------------------------------------------


def test_a_day() -> None:
    assert adapter("icd10cm", on="2020-04-01").validate_python(COVID) == COVID
    assert adapter("icd10cm", on=date(2020, 4, 1)).validate_python(COVID) == COVID
    assert refusal(adapter("icd10cm", on="2020-03-31"), COVID)["type"] == "inactive_code"


def test_today_moves_on(set_clock: Callable[[datetime.datetime], None]) -> None:
    one = adapter("icd10cm")
    set_clock(datetime.datetime(2020, 3, 31, 23, 59))
    assert refusal(one, COVID)["type"] == "inactive_code"
    assert one.validate_python("B97.21") == "B97.21"
    set_clock(datetime.datetime(2020, 4, 1, 0, 1))
    assert one.validate_python(COVID) == COVID
    set_clock(datetime.datetime(2020, 3, 31))  # the clock was put back
    assert refusal(one, COVID)["type"] == "inactive_code"


def test_headings() -> None:
    assert adapter("icd10cm", on=DAY, billable=False).validate_python("e11") == "E11"
    one = adapter(on=DAY, billable=False)
    assert refusal(one, "A0100")["type"] == "ambiguous_code"


def test_statuses() -> None:
    one = adapter("hcpcs", on=DAY, accept=["expired"])
    assert one.validate_python("J0171") == "J0171"
    assert refusal(one, "J1885")["type"] == "unwanted_status"
    both = adapter("hcpcs", on=DAY, accept=[medcodes.Status.VALID, "expired"])
    assert both.validate_python("J0171") == "J0171"
    assert both.validate_python("J1885") == "J1885"
    # The better of two accepted fits is taken; where neither can be ruled out, both are refused.
    assert adapter(on=DAY, accept=["plausible", "expired"]).validate_python("25000") == "25000"
    assert adapter(on=DAY, accept=["expired"]).validate_python("25000") == "250.00"
    assert (
        refusal(adapter(on=DAY, accept=["valid", "expired"]), "J0120")["type"] == "ambiguous_code"
    )


def test_the_old_name_of_accept() -> None:
    with pytest.warns(DeprecationWarning, match="call it accept="):
        code = Code("hcpcs", on=DAY, status=["expired"])
    assert code == Code("hcpcs", on=DAY, accept=["expired"])
    with pytest.raises(TypeError, match="give one of them"):
        Code("hcpcs", accept=["expired"], status=["expired"])


def test_modifiers() -> None:
    one = adapter(["cpt", "hcpcs"], on=DAY, modifiers=True)
    assert one.validate_python("99213,25 59") == "99213-25-59"
    assert one.validate_python("99213") == "99213"
    assert one.validate_python("99213-25-59") == "99213-25-59"
    pattern = one.json_schema()["pattern"]
    assert re.search(pattern, "99213-25-59")
    assert not re.search(pattern, "99213-25-5")


def test_a_classifier_of_your_own() -> None:
    one = adapter(classifier=medcodes.Classifier(systems=["icd10cm"], on="2020-03-31"))
    assert refusal(one, "99213")["type"] == "malformed_code"
    assert refusal(one, COVID)["type"] == "inactive_code"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"systems": "loinc"}, medcodes.UnknownCodeSystem, "LOINC"),
        ({"kind": "drug"}, ValueError, "neither"),
        ({"on": "soon"}, ValueError, "is not a date"),
        ({"on": DAY, "on_field": "day"}, ValueError, "give one of them"),
        ({"accept": "valid"}, TypeError, "pass several, as in"),
        ({"accept": ["fine"]}, ValueError, "'fine', which is not a status"),
        ({"accept": ["valid"], "strict": True}, ValueError, "that strict= says: leave it out"),
        ({"accept": ["valid"], "billable": False}, ValueError, "that billable= says"),
        (
            {"accept": ["valid"], "headers": True, "strict": True},
            ValueError,
            "strict= and headers=",
        ),
        *(
            ({"suggestions": count}, ValueError, "suggestions=.* 0 or more")
            for count in (-1, 1.5, "x", None)
        ),
    ],
)
def test_wrong_parameters(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Code(**options)


def test_codes_compare_and_hash() -> None:
    assert Code("ABK") == Code(["icd10cm"]) != Code("icd10pcs")
    assert len({Code("icd10cm"), Code(medcodes.ICD10CM), Code("icd10cm", billable=False)}) == 2
    assert Optional[Annotated[str, Code(["icd10cm"])]]


# -- in models ----------------------------------------------------------------------------------


class Claim(BaseModel):
    principal: ICD10CMCode
    others: list[ICD10CMCode] = []
    reason: ICD10CMCode | None = None
    units: dict[ProcedureCode, int] = {}


def test_types_are_str_to_a_type_checker() -> None:
    claim = Claim(principal="e1165")
    assert_type(claim.principal, str)
    assert_type(claim.others, list[str])
    code: ICD10CMCode = "E11.65"
    assert_type(code, str)
    assert claim.principal.lower() == "e11.65"


def test_a_model() -> None:
    claim = Claim.model_validate_json(
        '{"principal": "e1165", "others": ["I10"], "reason": null, "units": {"j1885": 2}}'
    )
    assert claim.model_dump() == {
        "principal": "E11.65",
        "others": ["I10"],
        "reason": None,
        "units": {"J1885": 2},
    }
    assert Claim.model_validate_json(claim.model_dump_json()) == claim
    assert pickle.loads(pickle.dumps(claim)) == claim


def test_errors_are_told_where_they_are() -> None:
    with pytest.raises(ValidationError) as raised:
        Claim.model_validate(
            {"principal": "E11", "others": ["I10", "I1"], "reason": 5, "units": {"E11.65": 1}}
        )
    assert errors(raised) == [
        ("header_code", ("principal",)),
        ("malformed_code", ("others", 1)),
        ("not_text", ("reason",)),
        ("malformed_code", ("units", "E11.65", "[key]")),
    ]


def test_the_configuration_of_a_model_does_not_bend_codes() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(coerce_numbers_to_str=True, str_max_length=2, str_to_lower=True)
        code: ICD10CMCode

    assert Loose(code="e1165").code == "E11.65"
    with pytest.raises(ValidationError) as raised:
        Loose.model_validate({"code": 99213})
    assert errors(raised) == [("not_text", ("code",))]


# -- the day in another field -------------------------------------------------------------------

OnServiceDate = Annotated[str, Code("icd10cm", on_field="service_date")]


class Line(DatedModel):
    """The day stands last."""

    code: OnServiceDate
    more: list[OnServiceDate] = Field(default=[], alias="moreCodes")
    maybe: OnServiceDate | None = None
    service_date: date


class Free(DatedModel):
    code: OnServiceDate | None = None
    service_date: date | None = None


def test_the_day_may_stand_behind() -> None:
    line = Line.model_validate({"code": "u071", "moreCodes": ["I10"], "service_date": "2020-04-01"})
    assert (line.code, line.more) == ("U07.1", ["I10"])
    with pytest.raises(ValidationError) as raised:
        Line.model_validate(
            {"code": "U071", "moreCodes": ["I10", "U071"], "service_date": "2020-03-31"}
        )
    assert errors(raised) == [("inactive_code", ("code",)), ("inactive_code", ("moreCodes", 1))]


def test_the_order_of_fields_stays() -> None:
    line = Line(code="I10", service_date=date(2020, 4, 1))
    names = ["code", "more", "maybe", "service_date"]
    assert list(line.model_dump()) == list(Line.model_fields) == names
    assert list(Line.model_validate_json(line.model_dump_json(by_alias=True)).model_dump()) == names
    schema = Line.model_json_schema()
    assert list(schema["properties"]) == ["code", "moreCodes", "maybe", "service_date"]
    assert schema["required"] == ["code", "service_date"]
    assert list(Line.model_json_schema(by_alias=False)["properties"]) == names
    assert "required" not in Free.model_json_schema()


@pytest.mark.parametrize(
    "given", [{}, {"service_date": None}, {"service_date": "soon"}, {"service_date": 5.5}]
)
def test_without_a_day(given: dict[str, Any]) -> None:
    class Loose(BaseModel):
        service_date: Any = None
        code: OnServiceDate

    with pytest.raises(ValidationError) as raised:
        Loose.model_validate({"code": "I10", **given})
    assert errors(raised) == [("missing_day", ("code",))]
    assert "field 'service_date' is missing, holds no day" in str(raised.value)


def test_days_of_every_kind() -> None:
    class Loose(BaseModel):
        service_date: Any
        code: OnServiceDate

    for day in ("2020-04-01", date(2020, 4, 1), datetime.datetime(2020, 4, 1, 12)):
        assert Loose(service_date=day, code="U071").code == COVID


def test_a_plain_model_wants_the_day_first() -> None:
    class Last(BaseModel):
        code: OnServiceDate
        service_date: date

    with pytest.raises(ValidationError, match=r"derive the model from medcodes\.pydantic\.Dated"):
        Last(code="I10", service_date=date(2020, 4, 1))


def test_outside_of_models_there_is_no_other_field() -> None:
    assert refusal(TypeAdapter(OnServiceDate), "I10")["type"] == "missing_day"


def test_a_field_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(PydanticUserError, match="on_field='service_date' is not a field of Wrong"):

        class Wrong(DatedModel):
            code: OnServiceDate


def test_dataclasses_and_typed_dicts_with_the_day_first() -> None:
    @pydantic_dataclass
    class Visit:
        service_date: date
        code: OnServiceDate

    class Row(TypedDict):
        service_date: date
        code: OnServiceDate

    @dataclass
    class Plain:
        service_date: date
        code: OnServiceDate

    given = {"service_date": "2020-04-01", "code": "U071"}
    assert TypeAdapter(Visit).validate_python(given).code == COVID
    assert TypeAdapter(Row).validate_python(given)["code"] == COVID
    assert TypeAdapter(Plain).validate_python(given).code == COVID


class Checked(DatedModel, validate_assignment=True, extra="allow"):
    kind: Literal["checked"] = "checked"
    code: OnServiceDate
    service_date: date

    @model_validator(mode="before")
    @classmethod
    def before(cls, value: Any) -> Any:
        return value

    @model_validator(mode="after")
    def after(self) -> Checked:
        return self

    @model_validator(mode="wrap")
    @classmethod
    def around(cls, value: Any, handler: Any) -> Any:
        return handler(value)


class Tree(DatedModel):
    code: OnServiceDate
    service_date: date
    below: list[Tree] = Field(default=[])


class Box(DatedModel, Generic[T]):
    code: OnServiceDate
    content: T
    service_date: date


class More(Checked):
    discharge: date | None = None
    discharge_code: Annotated[str, Code("icd10cm", on_field="discharge")] | None = None


class Either(DatedModel):
    code: OnServiceDate
    line: Annotated[Checked | Other, Field(discriminator="kind")]
    service_date: date


class Other(DatedModel):
    kind: Literal["other"] = "other"
    code: OnServiceDate
    service_date: date


def test_models_of_every_kind() -> None:
    given = {"code": "U071", "service_date": date(2020, 4, 1)}
    found = {"code": "U07.1", "service_date": date(2020, 4, 1)}
    checked = Checked.model_validate(given)
    assert checked.model_dump() == {"kind": "checked", **found}
    assert list(Checked.model_validate({**given, "extra": 1}).model_dump()) == [
        "kind",
        *found,
        "extra",
    ]
    tree = Tree.model_validate({**given, "below": [{**given, "below": [given]}]})
    assert tree.below[0].below[0].model_dump() == {**found, "below": []}
    assert list(tree.below[0].below[0].model_dump()) == ["code", "service_date", "below"]
    box = Box[int].model_validate({**given, "content": 1})
    assert list(box.model_dump()) == ["code", "content", "service_date"]
    more = More.model_validate({**given, "discharge": "2020-04-03", "discharge_code": "u071"})
    assert list(more.model_dump())[-2:] == ["discharge", "discharge_code"]
    assert more.discharge_code == COVID
    Either.model_rebuild()
    either = Either.model_validate({**given, "line": {"kind": "other", **given}})
    assert list(either.model_dump()["line"]) == ["kind", "code", "service_date"]
    assert pickle.loads(pickle.dumps(more)) == more


def test_assignment_knows_the_day() -> None:
    line = Checked(code="I10", service_date=date(2020, 3, 31))
    with pytest.raises(ValidationError):
        line.code = "U07.1"
    line.service_date = date(2020, 4, 1)
    line.code = "u071"
    assert line.code == COVID
    assert list(line.model_dump()) == ["kind", "code", "service_date"]


def test_models_within_models_have_days_of_their_own() -> None:
    class Stay(DatedModel):
        lines: list[Line]
        code: OnServiceDate
        service_date: date

    line = {"code": "U071", "service_date": "2020-04-01"}
    stay = Stay.model_validate({"lines": [line], "code": "I10", "service_date": "2020-01-01"})
    assert stay.lines[0].code == COVID
    with pytest.raises(ValidationError) as raised:
        Stay.model_validate({"lines": [line], "code": "U07.1", "service_date": "2020-01-01"})
    assert errors(raised) == [("inactive_code", ("code",))]


# -- JSON schema --------------------------------------------------------------------------------


def test_json_schema() -> None:
    assert TypeAdapter(ICD10CMCode).json_schema() == {
        "type": "string",
        "description": "ICD-10-CM code, valid today",
        "pattern": f"^(?:{medcodes.formats.ICD10CM.pattern})$",
        "examples": ["E11.65"],
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Code("cpt"), "CPT code, valid or plausible today"),
        (Code("cpt", strict=True), "CPT code, valid today"),
        (Code("icd10cm", on=DAY), "ICD-10-CM code, valid on 2026-06-01"),
        (Code("icd10cm", on_field="day"), "ICD-10-CM code, valid on the day in day"),
        (Code("icd10cm", billable=False), "ICD-10-CM code, valid or header today"),
        (Code(kind="diagnosis"), "ICD-10-CM or ICD-9-CM code, valid today"),
        (
            Code(kind="procedure"),
            "CPT, HCPCS Level II, ICD-10-PCS or ICD-9-CM Volume 3 code, valid or plausible today",
        ),
        (Code([]), "unknowable code, valid today"),
    ],
)
def test_descriptions(code: Code, words: str) -> None:
    assert TypeAdapter(Annotated[str, code]).json_schema()["description"] == words


@pytest.mark.parametrize("name", LISTED)
def test_the_pattern_takes_every_code(name: str) -> None:
    system = medcodes.code_system(name)
    schema = TypeAdapter(Annotated[str, Code(system)]).json_schema()
    pattern = re.compile(schema["pattern"])
    day = OF_2012 if name.startswith("icd9") else DAY
    assert all(map(pattern.search, system.codes(on=day)))
    assert not pattern.search("?")
    assert all(map(pattern.search, schema["examples"]))


def test_examples_are_codes() -> None:
    for type_ in (CPTCode, HCPCSCode, ICD10CMCode, ICD10PCSCode, ICD9CMCode, ICD9PCSCode):
        one: TypeAdapter[str] = TypeAdapter(type_)
        for example in one.json_schema()["examples"]:
            assert one.validate_python(example) == example


# -- FastAPI ------------------------------------------------------------------------------------


def test_fastapi() -> None:
    app = FastAPI()

    @app.get("/codes/{code}")
    def look_up(code: ICD10CMCode) -> dict[str, str]:
        return {"code": code}

    @app.post("/lines")
    def add(line: Line) -> Line:
        return line

    client = TestClient(app)
    assert client.get("/codes/e1165").json() == {"code": "E11.65"}
    answer = client.get("/codes/E11")
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert (error["type"], error["loc"]) == ("header_code", ["path", "code"])
    line: dict[str, Any] = {
        "code": "u071",
        "moreCodes": [],
        "maybe": None,
        "service_date": "2020-04-01",
    }
    assert client.post("/lines", json=line).json() == {**line, "code": "U07.1"}
    late = client.post("/lines", json={**line, "service_date": "2020-03-31"})
    assert late.json()["detail"][0]["type"] == "inactive_code"
    schema = client.get("/openapi.json").json()["components"]["schemas"]["Line"]
    assert schema["properties"]["code"]["examples"] == ["E11.65"]
