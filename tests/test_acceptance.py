"""One policy: what counts as a good code, and what is suggested instead, is the same at each door.

One table of cases runs through every door.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pap
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from typer.testing import CliRunner

import medcodes
from medcodes import fhir, systems
from medcodes.classifier import default
from medcodes.columns.verdicts import ColumnJudge
from medcodes.lookup.acceptance import Acceptance
from medcodes.pandera import CodeCheck
from medcodes.pydantic import Code
from tests.conftest import DAY

OF_2012 = "2012-06-01"
EARLY = "2020-03-31"

ACCEPTANCES: dict[str, dict[str, Any]] = {
    "usual": {},
    "strict": {"strict": True},
    "headers": {"headers": True},
    "ended": {"accept": ["valid", "expired"]},
}

# What is made of a text by each of the four: the code that is accepted, or the refusal and what is
# suggested instead. `SAME` is as by the first.
SAME = None
ALL_SYSTEMS = [system.id for system in systems.ALL]
BILLED = ["icd10cm", "hcpcs", "cpt"]
TABLE: list[tuple[list[str], str, str, str, str | None, str | None, str | None]] = [
    (ALL_SYSTEMS, "E11.65", DAY, "E11.65", SAME, SAME, SAME),
    (ALL_SYSTEMS, "e1165", DAY, "E11.65", SAME, SAME, SAME),
    (ALL_SYSTEMS, "0SRB02A", DAY, "0SRB02A", SAME, SAME, SAME),
    (ALL_SYSTEMS, "45.13", OF_2012, "45.13", SAME, SAME, SAME),
    (ALL_SYSTEMS, "250.00", OF_2012, "250.00", SAME, SAME, SAME),
    # The best fit is taken, if no other is as good: a code before a heading.
    (ALL_SYSTEMS, "4582", OF_2012, "45.82", SAME, SAME, SAME),
    # Two systems have an equal claim; it does not depend on what is accepted.
    (ALL_SYSTEMS, "J0120", DAY, "ambiguous_code", SAME, SAME, SAME),
    (BILLED, "J0120", DAY, "ambiguous_code", SAME, SAME, SAME),
    (["icd10cm"], "J0120", DAY, "J01.20", SAME, SAME, SAME),
    (["hcpcs", "cpt"], "J0120", DAY, "J0120", SAME, SAME, SAME),
    # Both fits have ended: ambiguous only where that is accepted.
    (ALL_SYSTEMS, "4019", DAY, "inactive_code", SAME, SAME, "ambiguous_code"),
    # Another fit is accepted where the best is not.
    (ALL_SYSTEMS, "25000", DAY, "25000", "unknown_code", "25000", "250.00"),
    # Plausible: CPT, whose list is not public, and the dental codes of HCPCS.
    (BILLED, "99213", DAY, "99213", "unknown_code", "99213", "unknown_code"),
    (BILLED, "99213-25", DAY, "99213", "unknown_code", "99213", "unknown_code"),
    (["hcpcs"], "D0120", DAY, "D0120", "unknown_code", "D0120", "unknown_code"),
    # Headings: the codes below them are suggested.
    (["icd10cm"], "E11", DAY, "header_code E11.8 E11.9 E11.A", SAME, "E11", SAME),
    (BILLED, "R05", DAY, "header_code R05.1 R05.2 R05.3", SAME, "R05", SAME),
    (["icd10cm"], "S72001", DAY, "header_code S72.001A S72.001D S72.001S", SAME, "S72.001", SAME),
    # Of another day: nothing but what took over is suggested.
    (BILLED, "J0171", DAY, "inactive_code", SAME, SAME, "J0171"),
    (["icd10cm"], "U07.1", EARLY, "inactive_code", SAME, SAME, SAME),
    (["icd10pcs"], "0NCD0ZZ", EARLY, "inactive_code 0NCC0ZZ", SAME, SAME, "0NCD0ZZ"),
    (["icd9cm"], "V1046", DAY, "inactive_code", SAME, SAME, "V10.46"),
    # A heading that has ended is no expired code.
    (["icd9cm"], "250.0", DAY, "inactive_code", SAME, SAME, SAME),
    (["icd9cm"], "98.7X", DAY, "malformed_code", SAME, SAME, "malformed_code 987.0 987.1 987.2"),
    # Of another system, which stands in the wrong column: nothing is suggested.
    (["icd10cm"], "4019", DAY, "malformed_code", SAME, SAME, SAME),
    (["icd10cm"], "25000", DAY, "malformed_code", SAME, SAME, SAME),
    (["icd10cm"], "042", DAY, "malformed_code", SAME, SAME, SAME),
    (["icd10cm"], "99213", DAY, "malformed_code", SAME, SAME, SAME),
    (["icd10cm"], "J0171", DAY, "unknown_code", SAME, SAME, SAME),
    # Typos: what is suggested would be accepted.
    (
        ["icd10cm"],
        "E11.66",
        DAY,
        "unknown_code E11.65 E11.69 E11.36",
        SAME,
        "unknown_code E11.6 E11.65 E11.69",
        SAME,
    ),
    (["icd10cm"], "I1O", DAY, "unknown_code I10", SAME, "unknown_code I10 L10 I11", SAME),
    (["hcpcs"], "G0351", DAY, "unknown_code G0315 G0531 G0311", SAME, SAME, SAME),
    (
        BILLED,
        "9O837",
        DAY,
        "malformed_code 90837",
        "malformed_code",
        SAME,
        "malformed_code",
    ),
    # No code at all.
    (["icd10cm"], "E99.99", DAY, "unknown_code", SAME, SAME, SAME),
    (["cpt"], "00001", DAY, "unknown_code", SAME, SAME, SAME),
    (BILLED, "hello, world", DAY, "malformed_code", SAME, SAME, SAME),
    (BILLED, "", DAY, "malformed_code", SAME, SAME, SAME),
]


class Outcome(NamedTuple):
    """What a door makes of a text; None for what it does not say."""

    accepted: bool
    code: str | None = None
    refusal: str | None = None
    suggestions: tuple[str, ...] | None = None


class Case(NamedTuple):
    systems: list[str]
    text: str
    on: str
    acceptance: str
    outcome: Outcome

    @property
    def options(self) -> dict[str, Any]:
        return ACCEPTANCES[self.acceptance]


def _cases() -> list[Case]:
    cases = []
    for asked, text, on, usual, *others in TABLE:
        for acceptance, written in zip(ACCEPTANCES, [usual, *others], strict=True):
            first, *suggestions = (usual if written is SAME else written).split()
            if first.endswith("_code"):
                outcome = Outcome(False, None, first, tuple(suggestions))
            else:
                outcome = Outcome(True, first)
            cases.append(Case(asked, text, on, acceptance, outcome))
    return cases


CASES = _cases()

REFUSALS = {
    medcodes.MalformedCode: "malformed_code",
    medcodes.UnknownCode: "unknown_code",
    medcodes.InactiveCode: "inactive_code",
    medcodes.HeaderCode: "header_code",
    medcodes.AmbiguousCode: "ambiguous_code",
}


# -- the doors ------------------------------------------------------------------------------------


def by_validate(case: Case) -> Outcome:
    try:
        return Outcome(True, medcodes.validate(case.text, case.systems, on=case.on, **case.options))
    except medcodes.InvalidCode as error:
        return Outcome(False, None, REFUSALS[type(error)])


def by_is_valid(case: Case) -> Outcome:
    # Whether it is a code, whichever: an ambiguous one is.
    is_valid = medcodes.is_valid(case.text, case.systems, on=case.on, **case.options)
    return Outcome(is_valid and case.outcome.refusal != "ambiguous_code")


def by_judge(case: Case) -> Outcome:
    acceptance = Acceptance.of(**case.options)
    verdict = default.judge(case.text, acceptance, on=case.on, systems=case.systems, suggestions=3)
    accepted = verdict.code is not None
    return Outcome(accepted, verdict.code, verdict.type, verdict.suggestions)


def by_pydantic(case: Case) -> Outcome:
    code = Code(case.systems, on=case.on, modifiers=True, **case.options)
    try:
        found = TypeAdapter(Annotated[str, code]).validate_python(case.text)
    except ValidationError as error:
        (refusal,) = error.errors()
        return Outcome(False, None, refusal["type"], tuple(refusal["ctx"]["suggestions"]))
    return Outcome(True, found.partition("-")[0])


def by_columns(case: Case) -> Outcome:
    judge = ColumnJudge(Acceptance.of(**case.options), systems=case.systems, suggestions=3)
    judged = judge.judge(["I10", case.text], on=[case.on] * 2)
    verdict = judged.verdict(1)
    assert judged.accepted[1] == (verdict.code is not None)
    return Outcome(bool(judged.accepted[1]), verdict.code, verdict.type, verdict.suggestions)


def by_pandera_and_pandas(case: Case) -> Outcome:
    check = CodeCheck(case.systems, on=case.on, **case.options)
    schema = pa.DataFrameSchema({"dx": pa.Column(str, check)})
    return _checked(schema, pd.DataFrame({"dx": [case.text]}))


def by_pandera_and_polars(case: Case) -> Outcome:
    check = CodeCheck(case.systems, on_column="day", **case.options)
    schema = pap.DataFrameSchema({"dx": pap.Column(pl.String, check)})
    return _checked(schema, pl.DataFrame({"dx": [case.text], "day": [case.on]}))


def _checked(schema: Any, frame: Any) -> Outcome:
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        (message,) = error.failure_cases["failure_case"]
        return Outcome(False, suggestions=_suggested(message))
    return Outcome(True)


def _suggested(message: str) -> tuple[str, ...]:
    found = re.search(r"; did you mean (.*)\?$", message)
    return tuple(found[1].split(" or ")) if found else ()


def by_command(case: Case) -> Outcome:
    from medcodes.cli.app import app

    options = [f"--{name}" for name in case.options]
    with TemporaryDirectory() as folder:
        file = Path(folder, "claims.csv")
        file.write_text(f'row,dx\n1,"{case.text}"\n', encoding="utf-8")
        columns = ["--column", f"dx={','.join(case.systems)}", "--required", "dx"]
        command = ["check", str(file), *columns, "--on", case.on, "--json", *options]
        done = CliRunner().invoke(app, command)
    assert done.exit_code in (0, 1), done.output
    if done.exit_code == 0:
        return Outcome(True)
    return Outcome(False, suggestions=tuple(json.loads(done.stdout)["suggestions"]))


DOORS: list[Callable[[Case], Outcome]] = [
    by_validate,
    by_is_valid,
    by_judge,
    by_pydantic,
    by_columns,
    by_pandera_and_pandas,
    by_pandera_and_polars,
]

ASKED = [(door, case) for door in DOORS for case in CASES]
# The command has the shorthands alone.
ASKED += [(by_command, case) for case in CASES if "accept" not in case.options]


@pytest.mark.parametrize(
    ("door", "case"),
    [
        pytest.param(door, case, id=f"{door.__name__}-{case.text}-{case.acceptance}")
        for door, case in ASKED
    ],
)
def test_every_door_says_the_same(door: Callable[[Case], Outcome], case: Case) -> None:
    found = door(case)
    assert found.accepted == case.outcome.accepted
    for said, expected in zip(found[1:], case.outcome[1:], strict=True):
        assert said is None or said == (expected or ())


# -- FHIR, which judges a code by more than its system --------------------------------------------

OF_FHIR = [case for case in CASES if case.acceptance == "usual" and len(case.systems) == 1]
OF_SPELLING = {"missing-dot", "spelling"}


@pytest.mark.parametrize("case", OF_FHIR, ids=lambda case: f"{case.text}-{case.systems[0]}")
def test_fhir_suggests_the_same(case: Case) -> None:
    uri = medcodes.code_system(case.systems[0]).uri
    issues = [
        issue
        for issue in fhir.check({"system": uri, "code": case.text}, on=case.on)
        if issue.severity != "information"
    ]
    if case.text != "D0120":  # of CDT, which has a system of its own
        refused = {issue.rule for issue in issues} - OF_SPELLING
        assert bool(refused) == (not case.outcome.accepted)
    for issue in issues:
        if issue.rule in ("malformed-code", "unknown-code"):
            assert issue.suggestions == case.outcome.suggestions
        else:
            assert issue.suggestions == ()


# -- what holds of every text ---------------------------------------------------------------------

_TEXTS = st.sampled_from([case.text for case in CASES]) | st.from_regex(
    "[A-Z0-9][0-9A-Z][0-9A-Z.]{1,5}", fullmatch=True
)


@settings(deadline=None, max_examples=200)
@given(
    _TEXTS,
    st.sampled_from([DAY, OF_2012, EARLY]),
    st.sampled_from(systems.ALL),
    st.sampled_from([*ACCEPTANCES]),
)
def test_what_is_suggested_would_be_accepted(
    text: str, on: str, system: medcodes.CodeSystem, acceptance: str
) -> None:
    policy = Acceptance.of(**ACCEPTANCES[acceptance])
    verdict = default.judge(text, policy, on=on, systems=system, suggestions=5)
    for code in verdict.suggestions:
        assert default.judge(code, policy, on=on, systems=system).code == code


# -- whole columns --------------------------------------------------------------------------------


def test_a_column_is_judged_batch_by_batch() -> None:
    judge = ColumnJudge(systems=["icd10cm"], suggestions=1)
    for column in (["I10", "E11", None, "I10"], pd.Series(["I10", "E11", None, "I10"])):
        judged = judge.judge(column, on=[DAY, DAY, DAY, None])
        assert judged.accepted.tolist() == [True, False, False, False]
        assert judged.missing.tolist() == [False, False, True, False]
        assert judged.undated.tolist() == [False, False, False, True]
        assert judged.verdict(1).suggestions == ("E11.8",)
        assert [judged.text(row) for row in range(4)] == ["I10", "E11", None, "I10"]
    assert judge.verdict.cache_info().hits == 1  # the second batch knew it already
    assert judge.judge([], on=DAY).accepted.tolist() == []


@pytest.mark.parametrize("acceptance", [*ACCEPTANCES])
def test_a_column_is_judged_as_its_texts_are(acceptance: str) -> None:
    policy = Acceptance.of(**ACCEPTANCES[acceptance])
    texts = [case.text for case in CASES]
    judged = ColumnJudge(policy).judge(pl.Series(texts, dtype=pl.Categorical), on=DAY)
    verdicts = [default.judge(text, policy, on=DAY) for text in texts]
    assert judged.accepted.tolist() == [verdict.code is not None for verdict in verdicts]
    assert [judged.verdict(row) for row in range(len(texts))] == verdicts


def test_nothing_is_accepted_by_nothing() -> None:
    judged = ColumnJudge(Acceptance.of([])).judge(["I10", "E11"], on=DAY)
    assert judged.accepted.tolist() == [False, False]
