"""The answer to *what is this code?*: its strength, its order, what it says, how it behaves."""

from __future__ import annotations

import copy
import datetime
import gc
import json
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import date, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import medcodes
from medcodes import (
    CPT,
    HCPCS,
    ICD9CM,
    ICD9PCS,
    ICD10CM,
    ICD10PCS,
    Classifier,
    Identification,
    StaleReferenceError,
    StaleReferenceWarning,
    Status,
    UnknownCodeSystem,
    columns,
    fhir,
    identify,
    identify_many,
)
from tests.conftest import DAY, ends, others, run_python

LAST, AFTER = ends("icd10cm")
HCPCS_LAST, HCPCS_AFTER = ends("hcpcs")

# -- statuses -------------------------------------------------------------------------------------

STATUSES = [
    # text, day, system, code, status
    ("E11.65", DAY, "icd10cm", "E11.65", "valid"),
    ("E1165", DAY, "icd10cm", "E11.65", "valid"),
    ("E11", DAY, "icd10cm", "E11", "header"),
    ("E11.6", DAY, "icd10cm", "E11.6", "header"),
    ("E11.66", DAY, "icd10cm", "E11.66", "unknown"),
    ("R05", "2021-09-30", "icd10cm", "R05", "valid"),  # divided the next day
    ("R05", "2021-10-01", "icd10cm", "R05", "header"),
    ("R05.1", "2021-09-30", "icd10cm", "R05.1", "future"),
    ("R05.1", "2021-10-01", "icd10cm", "R05.1", "valid"),
    ("I42.0", "2026-09-30", "icd10cm", "I42.0", "valid"),  # until FY2027
    ("I60.2", "2016-09-30", "icd10cm", "I60.2", "header"),  # first a heading, then a code
    ("I60.2", "2016-10-01", "icd10cm", "I60.2", "valid"),
    ("O35.0XX", DAY, "icd10cm", "O35.0XX", "expired"),  # a heading whose codes are all gone
    ("90837", DAY, "cpt", "90837", "plausible"),
    ("99999", DAY, "cpt", "99999", "unknown"),
    ("0054T", DAY, "cpt", "0054T", "plausible"),
    ("9999F", DAY, "cpt", "9999F", "unknown"),
    ("J1885", DAY, "hcpcs", "J1885", "valid"),
    ("J0171", "2025-06-30", "hcpcs", "J0171", "valid"),
    ("J0171", "2025-07-01", "hcpcs", "J0171", "expired"),
    ("J0171", "2010-12-31", "hcpcs", "J0171", "future"),
    ("W9999", DAY, "icd10cm", "W99.99", "unknown"),  # HCPCS ends with V
    ("9999W", DAY, None, None, "malformed"),
    ("D0120", DAY, "hcpcs", "D0120", "plausible"),  # CDT: the list is kept elsewhere
    ("0SRB02A", DAY, "icd10pcs", "0SRB02A", "valid"),
    ("0SR", DAY, "icd10pcs", "0SR", "header"),
    ("0SRB029", "2015-09-30", "icd10pcs", "0SRB029", "future"),
    ("250.00", "2015-09-30", "icd9cm", "250.00", "valid"),
    ("250.00", "2015-10-01", "icd9cm", "250.00", "expired"),
    ("250", "2010-01-01", "icd9cm", "250", "header"),
    ("250.00", "1985-09-30", "icd9cm", "250.00", "unknown"),  # before the record begins
    ("45.13", "2015-09-30", "icd9pcs", "45.13", "valid"),
    ("45.13", "2015-10-01", "icd9pcs", "45.13", "expired"),
    ("hello, world", DAY, None, None, "malformed"),
    ("", DAY, None, None, "malformed"),
]


@pytest.mark.parametrize(("text", "day", "system", "code", "status"), STATUSES)
def test_status(text: str, day: str, system: str | None, code: str | None, status: str) -> None:
    answer = identify(text, on=day)
    assert (answer.system and answer.system.id, answer.code, answer.status) == (
        system,
        code,
        status,
    )
    assert answer.text == text
    assert answer.compact == (None if code is None else code.replace(".", ""))
    assert answer.as_of == date.fromisoformat(day)
    assert bool(answer) == (status not in ("unverified", "unknown", "malformed"))


def test_statuses_are_ordered_strings() -> None:
    ordered = ["valid", "header", "plausible", "expired", "future", "unverified"]
    ordered += ["unknown", "malformed"]
    assert list(Status) == ordered
    assert [one.rank for one in Status] == list(range(8))
    assert f"{Status.VALID}" == str(Status.VALID) == "valid"
    assert json.dumps(Status.HEADER) == '"header"'


# -- order, alternatives, ambiguity ---------------------------------------------------------------

ORDER = [
    # text, day, best, others, ambiguous
    ("25000", DAY, "cpt", ["icd9cm:expired"], False),
    ("25000", "2012-06-01", "icd9cm", ["cpt:plausible"], True),  # valid against plausible
    ("250", "2012-06-01", "icd9cm", ["icd9pcs:header", "icd10pcs:unknown"], True),
    ("J0120", DAY, "hcpcs", ["icd10cm:valid"], True),
    ("J0120", "2014-01-01", "hcpcs", ["icd10cm:future"], False),
    ("J01.20", DAY, "icd10cm", [], False),
    ("A0100", DAY, "hcpcs", ["icd10cm:valid"], True),
    ("M1180", DAY, "hcpcs", ["icd10cm:valid"], True),
    ("M1180", "2022-12-31", "icd10cm", ["hcpcs:future"], False),  # in HCPCS since 2023
    ("E8020", DAY, "icd10cm", ["icd9cm:expired", "hcpcs:unknown"], False),
    ("E8020", "2012-06-01", "icd9cm", ["icd10cm:future", "hcpcs:unknown"], False),
    ("0042", "2012-06-01", "icd9cm", ["icd9pcs:valid"], True),
    ("0042", DAY, "icd9cm", ["icd9pcs:expired"], True),  # the same status, whichever it is
    ("042", "2012-06-01", "icd9cm", ["icd9pcs:valid", "icd10pcs:unknown"], True),
    ("V2020", DAY, "hcpcs", ["icd10cm:unknown", "icd9cm:unknown"], False),
    ("B00B0ZZ", DAY, "icd10pcs", ["icd10cm:unknown"], False),
    ("S52501A", DAY, "icd10cm", [], False),
    ("99999", DAY, "cpt", ["icd9cm:unknown"], True),
    ("J9999", DAY, "hcpcs", ["icd10cm:unknown"], False),
    ("99201-99215", DAY, None, [], False),
    ("D0120", DAY, "hcpcs", ["icd10cm:unknown"], False),
    ("D5721", DAY, "icd10cm", ["hcpcs:plausible"], True),  # a heading against CDT
]


@pytest.mark.parametrize(("text", "day", "best", "rest", "ambiguous"), ORDER)
def test_order(text: str, day: str, best: str | None, rest: list[str], ambiguous: bool) -> None:
    answer = identify(text, on=day)
    assert (answer.system and answer.system.id) == best
    assert [f"{one.system}:{one.status}" for one in answer.alternatives] == rest
    assert answer.ambiguous is ambiguous


FITS = st.sampled_from(
    [
        "25000",
        "J0120",
        "E8020",
        "0042",
        "042",
        "V2020",
        "B00B0ZZ",
        "250",
        "90837",
        "E1165",
        "99999",
        "D5721",
    ]
)
DAYS = st.dates(date(1985, 10, 1), date(2026, 9, 30))
STRENGTH = {one.value: place for place, one in enumerate(Status)}
PRECEDENCE = ["cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm", "icd9pcs"]


@given(FITS | st.from_regex("[0-9A-Z]{3,7}", fullmatch=True), DAYS)
def test_the_order_is_status_then_precedence(text: str, day: date) -> None:
    answer = identify(text, on=day)
    everything = [answer, *answer.alternatives] if answer.system else []
    keys = [(STRENGTH[one.status], PRECEDENCE.index(str(one.system))) for one in everything]
    assert keys == sorted(keys)
    # Each fit is what the system alone would answer.
    for one in everything:
        assert one.system is not None
        alone = identify(text, on=day, systems=one.system)
        assert (alone.code, alone.status, alone.flags) == (one.code, one.status, one.flags)
        assert (alone.valid_from, alone.valid_to) == (one.valid_from, one.valid_to)
        assert (alone.title, alone.categories) == (one.title, one.categories)
        assert alone.reason == one.reason
        assert (alone.alternatives, alone.ambiguous) == ((), False)
    systems = {str(one.system) for one in everything}
    for system in (*medcodes.code_systems("icd_code"), CPT, HCPCS):
        alone = identify(text, on=day, systems=system)
        assert (system.id in systems) == (alone.system is not None)


@given(FITS | st.from_regex("[0-9A-Z]{3,7}", fullmatch=True), DAYS)
def test_ambiguous_says_what_the_design_says(text: str, day: date) -> None:
    answer = identify(text, on=day)
    statuses = [one.status.value for one in answer.alternatives]
    same = answer.status.value in statuses
    rivals = {("valid", "plausible"), ("header", "plausible")}
    pairs = {(answer.status.value, status) for status in statuses}
    assert answer.ambiguous == (same or bool(rivals & pairs))
    assert not any(one.ambiguous for one in answer.alternatives)


def test_rivals_are_the_alternatives_that_cannot_be_ruled_out() -> None:
    for text, day, rivals in (
        ("25000", "2012-06-01", ["CPT"]),
        ("25000", DAY, []),
        ("J0120", DAY, ["ICD-10-CM"]),
        ("042", "2012-06-01", ["ICD-9-CM Volume 3"]),  # not ICD-10-PCS, which has no 042
        ("D5721", DAY, ["HCPCS Level II"]),
        ("hello", DAY, []),
    ):
        answer = identify(text, on=day)
        assert [one.system and one.system.name for one in answer.rivals] == rivals
        assert answer.ambiguous == bool(answer.rivals)
    assert str(identify("042", on="2012-06-01")).endswith("(or ICD-9-CM Volume 3 04.2)")


def test_alternatives_have_no_alternatives() -> None:
    answer = identify("V2020", on=DAY)
    assert others(answer) == [("icd10cm", "V20.20", "unknown"), ("icd9cm", "V20.20", "unknown")]
    for one in answer.alternatives:
        assert one.alternatives == ()
        assert one.text == "V2020"
        assert "not in its list" in one.reason
        assert one.categories == ()  # what is in no list is filed nowhere


def test_alternatives_keep_what_was_read() -> None:
    answer = identify(" j0120 ", on=DAY)
    assert others(answer) == [("icd10cm", "J01.20", "valid")]
    assert answer.repairs == ("trimmed", "uppercased")
    assert answer.alternatives[0].repairs == ("trimmed", "uppercased", "dotted")


def test_each_alternative_says_what_day_it_is_true_of() -> None:
    with pytest.warns(StaleReferenceWarning):
        answer = Classifier().identify("J0120", on=HCPCS_AFTER)
    assert answer.system is HCPCS
    assert answer.as_of == date.fromisoformat(HCPCS_LAST)
    assert [one.as_of for one in answer.alternatives] == [date.fromisoformat(HCPCS_AFTER)]


# -- days -----------------------------------------------------------------------------------------


INTERVALS = [
    ("E11.65", DAY, "2015-10-01", None),
    ("U07.1", "2020-03-31", "2020-04-01", None),
    ("R05", "2018-01-01", "2015-10-01", "2021-09-30"),
    ("R05", DAY, "2021-10-01", None),
    ("J0171", DAY, "2011-01-01", "2025-06-30"),
    ("51.21", "1990-01-01", "1985-10-01", "1991-09-30"),
    ("51.21", "2000-01-01", "1996-10-01", "2015-09-30"),
    ("A18.15", "2020-01-01", "2015-10-01", None),  # its flags changed, its validity did not
    ("250.00", "2000-01-01", "1985-10-01", "2015-09-30"),
    ("250.00", "1980-01-01", None, None),
    ("90837", DAY, None, None),
    ("E11.66", DAY, None, None),
    ("I60.2", "2016-01-01", "2015-10-01", "2016-09-30"),  # as a heading
]


@pytest.mark.parametrize(("text", "day", "first", "last"), INTERVALS)
def test_the_interval_around_the_day(
    text: str, day: str, first: str | None, last: str | None
) -> None:
    answer = identify(text, on=day)
    assert answer.valid_from == (first and date.fromisoformat(first))
    assert answer.valid_to == (last and date.fromisoformat(last))


def test_a_day_may_be_given_as_date_text_or_datetime() -> None:
    for on in (
        date(2020, 4, 1),
        "2020-04-01",
        datetime.datetime(2020, 4, 1, 23, 59),
        datetime.datetime(2020, 4, 1, tzinfo=timezone.utc),
    ):
        answer = identify("U07.1", on=on)
        assert (answer.status, answer.as_of) == ("valid", date(2020, 4, 1))
    assert identify("U07.1", on=datetime.datetime(2020, 3, 31, 23, 59)).status == "future"


def test_the_day_of_a_datetime_is_the_one_written_in_it() -> None:
    # One instant, two calendars: they compare equal, and they are different days of service.
    east = datetime.datetime(2020, 4, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    west = east.astimezone(timezone(timedelta(hours=-5)))
    assert east == west
    assert identify("U07.1", on=east).as_of == date(2020, 4, 1)
    assert identify("U07.1", on=west).as_of == date(2020, 3, 31)
    assert not medcodes.is_valid("U07.1", on=west)
    assert medcodes.is_valid("U07.1", on=east)


@pytest.mark.parametrize(
    "on",
    [
        "yesterday",
        "2020-13-01",
        "01/04/2020",
        "",
        "2020-04-31",
        "20200401",
        "2020-W14-3",
        "2020-04-01T00:00",
        " 2020-04-01",
        "2020-04-01\n",
        "\u0662020-04-01",
    ],
)
def test_a_text_that_is_no_day(on: str) -> None:
    for act in (identify, medcodes.is_valid, medcodes.validate):
        with pytest.raises(ValueError, match="is not a date; use YYYY-MM-DD"):
            act("I10", on=on)
    with pytest.raises(ValueError, match="is not a date"):
        identify_many(["I10"], on=on)


@pytest.mark.parametrize("on", [20200401, 1.5, b"2020-04-01", ["2020-04-01"], object()])
def test_a_value_that_is_no_day(on: Any) -> None:
    for _ in range(2):  # the second time, too
        with pytest.raises(TypeError, match="is not a date; pass a datetime.date"):
            identify("I10", on=on)
        with pytest.raises(TypeError, match="is not a date; pass a datetime.date"):
            identify("I10", on=on, systems=["icd10cm"])


def test_past_the_end_the_last_day_answers_with_a_warning() -> None:
    with pytest.warns(StaleReferenceWarning) as caught:
        answer = identify("I10", on=AFTER)
    assert answer.as_of == date.fromisoformat(LAST)
    assert answer.status is Status.VALID
    assert LAST in answer.reason
    assert len(caught) == 1
    assert f"ICD-10-CM ends on {LAST}" in str(caught[0].message)
    assert "`with_release`, or install newer medcodes-data" in str(caught[0].message)
    # Whoever asks is told, also of what is remembered.
    with pytest.warns(StaleReferenceWarning) as caught:
        assert identify("I10", on=AFTER) == answer
    assert len(caught) == 1


DOORS: list[tuple[str, Callable[[Classifier], object]]] = [
    ("identify", lambda mine: mine.identify("I10", on=AFTER)),
    ("identify_many", lambda mine: mine.identify_many(["I10"], on=AFTER)),
    ("validate", lambda mine: mine.validate("I10", on=AFTER)),
    ("is_valid", lambda mine: mine.is_valid("I10", on=AFTER)),
    ("codes", lambda mine: next(mine.codes(ICD10CM, on=AFTER))),
    ("changes", lambda mine: mine.changes(ICD10CM, "2026-01-01", AFTER)),
    ("is_valid of what is not listed", lambda mine: mine.is_valid("E11.97", "icd10cm", on=AFTER)),
    ("system.validate", lambda _: ICD10CM.validate("I10", on=AFTER)),
    ("system.is_valid", lambda _: ICD10CM.is_valid("I10", on=AFTER)),
    ("system.codes", lambda _: next(ICD10CM.codes(AFTER))),
    ("system.changes", lambda _: ICD10CM.changes("2026-01-01", AFTER)),
]


@pytest.mark.parametrize(("name", "act"), DOORS, ids=[name for name, _ in DOORS])
def test_every_door_warns(name: str, act: Callable[[Classifier], object]) -> None:
    with pytest.warns(StaleReferenceWarning, match=f"ICD-10-CM ends on {LAST}") as caught:
        act(Classifier())
        act(Classifier())
    assert len(caught) == 2


CODING = {"system": ICD10CM.uri, "code": "I10"}
ERRING: list[Callable[[Classifier], object]] = [
    *(act for name, act in DOORS if not name.startswith("system.")),
    lambda mine: mine.identify("E11.97", on=AFTER),  # unverified is an answer, too
    lambda mine: mine.is_valid("I10", "icd10cm", on=AFTER),
    lambda mine: mine.get("I10", "icd10cm", on=AFTER),
    lambda mine: mine.roots("icd10cm", on=AFTER),
    lambda mine: mine.expand("I10-I15", on=AFTER),
    lambda mine: mine.suggest("I100", "icd10cm", on=AFTER),
    lambda mine: mine.complete("I10", on=AFTER),
    lambda mine: mine.search("hypertension", systems="icd10cm", on=AFTER),
    lambda mine: list(mine.find("ICD-10: I10", on=AFTER)),
    lambda mine: columns.identify(["I10"], on=AFTER, classifier=mine),
    lambda mine: columns.identify(["I10"], on=[date.fromisoformat(AFTER)], classifier=mine),
    lambda mine: columns.identify(["I10"] * 100_000, on=AFTER, classifier=mine),
    lambda mine: fhir.check(CODING, on=AFTER, classifier=mine),
]


@pytest.mark.parametrize("act", ERRING)
def test_past_the_end_every_door_can_be_made_to_raise(act: Callable[[Classifier], object]) -> None:
    with pytest.raises(StaleReferenceError, match=f"ends on {LAST}, before {AFTER}: load"):
        act(pickle.loads(pickle.dumps(Classifier(past_end="error"))))


def test_before_the_end_nothing_is_raised() -> None:
    mine = Classifier(past_end="error", on=AFTER).with_release(
        b"code,title\n90834,x\n", "cpt", valid_from="2026-01-01", valid_to="2099-12-31"
    )
    assert mine.identify("I10", on=LAST).status is Status.VALID
    assert mine.identify("90834").status is Status.VALID
    assert mine.identify("401.9").status is Status.EXPIRED
    with pytest.raises(StaleReferenceError):
        mine.identify("I10")
    with pytest.raises(ValueError, match="past_end='raise' is neither 'warn' nor 'error'"):
        Classifier(past_end="raise")


@pytest.mark.parametrize(("name", "act"), DOORS[:4], ids=[name for name, _ in DOORS[:4]])
def test_the_warning_points_at_the_line_that_asked(
    name: str, act: Callable[[Classifier], object]
) -> None:
    with pytest.warns(StaleReferenceWarning) as caught:
        act(Classifier())
    assert caught[0].filename == __file__


def test_the_last_day_covered_is_not_stale_and_retired_systems_never_are() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert identify("I10", on=LAST).as_of == date.fromisoformat(LAST)
        assert identify("J1885", on="2026-09-30").status == "valid"
        assert identify("401.9", on="2098-01-01").status == "expired"
        assert identify("45.13", on="2098-01-01").as_of == date(2098, 1, 1)
        assert identify("90837", on="2098-01-01").status == "plausible"


SHOWN = """
import sys, threading, medcodes
threads = [
    threading.Thread(target=medcodes.identify, args=[code], kwargs={"on": "2098-01-01"})
    for code in ["I10", "E11.65", "J1885", "I10"]
]
for thread in threads:
    thread.start()
    thread.join()
medcodes.identify_many(["I10", "J1885", "0SRB02A"], on="2099-01-01")
"""


@pytest.mark.parametrize(("filters", "shown"), [("always", 7), ("default", 5), ("ignore", 0)])
def test_warnings_are_shown_as_the_filters_have_it(filters: str, shown: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", filters, "-c", SHOWN], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("StaleReferenceWarning") == shown


def test_today_is_the_day_of_the_call(
    set_clock: Callable[[datetime.datetime], None],
) -> None:
    mine = Classifier()
    for moment, status, day in (
        (datetime.datetime(2020, 3, 31, 23, 59, 59, 500_000), "future", 31),
        (datetime.datetime(2020, 3, 31, 23, 59, 59, 999_999), "future", 31),
        (datetime.datetime(2020, 4, 1), "valid", 1),
        (datetime.datetime(2020, 4, 1, 0, 0, 1), "valid", 1),
        (datetime.datetime(2020, 3, 31, 12), "future", 31),  # a clock that was put back
        (datetime.datetime(2020, 4, 1, 12), "valid", 1),
    ):
        set_clock(moment)
        assert (mine.identify("U07.1").status, mine.identify("U07.1").as_of.day) == (status, day)
        assert mine.identify_many(["U07.1"])[0].status == status
        assert mine.identify("U07.1", systems=[ICD10CM]).status == status
        assert mine.is_valid("U07.1") == (status == "valid")
        # A day that is named has nothing to do with the clock.
        assert mine.identify("U07.1", on="2020-04-01").status == "valid"
        assert mine.identify("U07.1", on=date(2020, 3, 31)).status == "future"


def test_the_default_day_is_today() -> None:
    before = date.today()
    answer = identify("90837")
    assert before <= answer.as_of <= date.today()


# -- what was read --------------------------------------------------------------------------------

READINGS = [
    # text, system, code, repairs, modifiers
    ("E11.9", "icd10cm", "E11.9", [], []),
    ("e11.9", "icd10cm", "E11.9", ["uppercased"], []),
    (" E11.9\t", "icd10cm", "E11.9", ["trimmed"], []),
    ("Z71.41 ", "icd10cm", "Z71.41", ["trimmed"], []),
    ("E11.9\n", "icd10cm", "E11.9", ["trimmed"], []),
    ("\ufeffE11.9", "icd10cm", "E11.9", ["trimmed"], []),  # a byte order mark
    ("E11.9\0", "icd10cm", "E11.9", ["trimmed"], []),
    ("\u200e \u200bE11.9\u00a0", "icd10cm", "E11.9", ["trimmed"], []),
    ("\uff19\uff10\uff18\uff13\uff17", "cpt", "90837", ["normalised"], []),  # full-width
    ("\uff45\uff11\uff11\uff0e\uff19", "icd10cm", "E11.9", ["normalised", "uppercased"], []),
    ("99213\u201125", "cpt", "99213", ["normalised", "modifiers"], ["25"]),  # no-break hyphen
    ("99213\u201325", "cpt", "99213", ["normalised", "modifiers"], ["25"]),  # en dash
    ("CPT: 99213", "cpt", "99213", ["prefix"], []),
    ("CPT 99213", "cpt", "99213", ["prefix"], []),
    ("cpt 99213", "cpt", "99213", ["uppercased", "prefix"], []),
    ("CPT 4 99213", "cpt", "99213", ["prefix"], []),
    ("HCPCS: G0008", "hcpcs", "G0008", ["prefix"], []),
    ("HCPCS G0008", "hcpcs", "G0008", ["prefix"], []),
    ("ICD-10-CM: A00.0", "icd10cm", "A00.0", ["prefix"], []),
    ("ICD-10-CM A00.0", "icd10cm", "A00.0", ["prefix"], []),
    ("icd10cm:E11.9", "icd10cm", "E11.9", ["uppercased", "prefix"], []),
    ("ICD10CM:E11", "icd10cm", "E11", ["prefix"], []),
    ("ICD10CM E11.9", "icd10cm", "E11.9", ["prefix"], []),
    ("ICD-9-CM 250.00", "icd9cm", "250.00", ["prefix"], []),
    ("ICD-9 procedure 51.21", "icd9pcs", "51.21", ["uppercased", "prefix"], []),
    ("ABK:E119", "icd10cm", "E11.9", ["prefix", "dotted"], []),
    ("http://hl7.org/fhir/sid/icd-10-cm|E11.9", "icd10cm", "E11.9", ["uppercased", "prefix"], []),
    ("urn:oid:2.16.840.1.113883.6.90|E11.9", "icd10cm", "E11.9", ["uppercased", "prefix"], []),
    ("99213-25", "cpt", "99213", ["modifiers"], ["25"]),
    ("99213,25", "cpt", "99213", ["modifiers"], ["25"]),
    ("99213 25", "cpt", "99213", ["modifiers"], ["25"]),
    ("21899:63", "cpt", "21899", ["modifiers"], ["63"]),
    ("HC:99213:25", "cpt", "99213", ["prefix", "modifiers"], ["25"]),
    ("HC:99213:25:59", "cpt", "99213", ["prefix", "modifiers"], ["25", "59"]),
    ("99213-25-59-LT-RT", "cpt", "99213", ["modifiers"], ["25", "59", "LT", "RT"]),
    ("J1885 59", "hcpcs", "J1885", ["modifiers"], ["59"]),
    ("A4269 U1", "hcpcs", "A4269", ["modifiers"], ["U1"]),
    ("a4269-u1", "hcpcs", "A4269", ["uppercased", "modifiers"], ["U1"]),
    ("0054T-RT", "cpt", "0054T", ["modifiers"], ["RT"]),
    ("E1165", "icd10cm", "E11.65", ["dotted"], []),
    ("I10", "icd10cm", "I10", [], []),  # there is no dot in it
    # What stands around a code.
    ("I10.", "icd10cm", "I10", ["punctuation"], []),
    ("99213;", "cpt", "99213", ["punctuation"], []),
    ("I10:", "icd10cm", "I10", ["punctuation"], []),  # also a name of ICD-10, but nothing follows
    ("97005-    ", "cpt", "97005", ["trimmed", "punctuation"], []),
    ('="00100"', "cpt", "00100", ["unquoted"], []),
    ("'00100", "cpt", "00100", ["unquoted"], []),
    ('"E11.9".', "icd10cm", "E11.9", ["unquoted", "punctuation"], []),
    ("\u201cE11.9.\u201d", "icd10cm", "E11.9", ["normalised", "unquoted", "punctuation"], []),
    ('CPT: "99213",', "cpt", "99213", ["unquoted", "prefix", "punctuation"], []),
    ("CPT\u00ae 99213", "cpt", "99213", ["normalised", "prefix"], []),
    ("CPT-99213", "cpt", "99213", ["prefix"], []),
    ("ICD-10-CM|I10:", "icd10cm", "I10", ["prefix", "punctuation"], []),
    (
        "http://hl7.org/fhir/sid/icd-10-cm|2026|E11.9",
        "icd10cm",
        "E11.9",
        ["uppercased", "prefix"],
        [],
    ),
    (
        "urn:oid:2.16.840.1.113883.6.90:e11.9",
        "icd10cm",
        "E11.9",
        ["uppercased", "prefix"],
        [],
    ),
    ("J1885\u00a059", "hcpcs", "J1885", ["normalised", "modifiers"], ["59"]),
    ("HC:99213:25:59:", "cpt", "99213", ["prefix", "punctuation", "modifiers"], ["25", "59"]),
    # The code itself.
    ("E11..9", "icd10cm", "E11.9", ["undotted"], []),
    ("250..00", "icd9cm", "250.00", ["undotted"], []),
    ("E1.165", "icd10cm", "E11.65", ["undotted", "dotted"], []),
    (".E119", "icd10cm", "E11.9", ["undotted", "dotted"], []),
    ("W21.89.XA", "icd10cm", "W21.89XA", ["undotted", "dotted"], []),
    ("0SR.B02A", "icd10pcs", "0SRB02A", ["undotted"], []),
    ("S72.001 A", "icd10cm", "S72.001A", ["joined"], []),
    ("S72-001A", "icd10cm", "S72.001A", ["joined", "dotted"], []),
    ("0SR_B02A", "icd10pcs", "0SRB02A", ["joined"], []),
    ("E11. 9", "icd10cm", "E11.9", ["joined"], []),
    ("e11\u200b.9", "icd10cm", "E11.9", ["normalised", "uppercased"], []),
    ("E11\u30029", "icd10cm", "E11.9", ["normalised"], []),  # an ideographic full stop
]


@pytest.mark.parametrize(("text", "system", "code", "repairs", "modifiers"), READINGS)
def test_reading(
    text: str, system: str, code: str, repairs: list[str], modifiers: list[str]
) -> None:
    answer = identify(text, on=DAY)
    assert (str(answer.system), answer.code) == (system, code)
    assert answer.repairs == tuple(repairs)
    assert answer.modifiers == tuple(modifiers)
    assert answer.text == text
    assert ("declared" in answer.reason) == ("prefix" in repairs)


@pytest.mark.parametrize(
    ("text", "day", "unlisted"),
    [
        ("99213-25", DAY, []),  # CPT's, by its shape
        ("3074F-8P", DAY, []),
        ("J1885-LT", DAY, []),
        ("99213 ZZ", DAY, ["ZZ"]),
        ("HC:99213:25:QX:ZZ:A", DAY, []),  # five, and one of a single character: not read
        ("99213-QQ", "2018-06-30", ["QQ"]),  # not yet
        ("99213-QQ", "2018-07-01", []),
        ("99213-QQ", DAY, ["QQ"]),  # ended
        ("99213:25:ZZ:LT:NO", DAY, ["ZZ", "NO"]),
        ("99213-LT", "1990-01-01", []),  # before the list begins, what it begins with
        ("99213", DAY, []),
    ],
)
def test_a_modifier_that_nobody_lists_is_said_to_be_none(
    text: str, day: str, unlisted: list[str]
) -> None:
    answer = identify(text, on=day)
    assert list(answer.unlisted_modifiers) == unlisted
    assert ("no public list of modifiers" in answer.reason) == bool(unlisted)
    assert answer.to_dict()["unlisted_modifiers"] == unlisted
    assert pickle.loads(pickle.dumps(answer)).unlisted_modifiers == answer.unlisted_modifiers
    if unlisted:
        assert set(unlisted) < {*answer.modifiers, "25"}
        assert answer.code == "99213"  # the code is no worse for it


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("25000-25", ["cpt"]),  # modifiers follow a procedure code
        ("E8020-59", ["hcpcs"]),
        ("ICD-9-CM:25000", ["icd9cm"]),
        ("ABK:E8020", ["icd10cm"]),
        ("BK:E8020", ["icd9cm"]),
        ("ICD-9:0042", ["icd9cm", "icd9pcs"]),
        ("HC:J0120", ["hcpcs"]),
        ("HCPCS:99213", ["cpt"]),  # people mean both levels
        ("HCPCS 99213-25", ["cpt"]),
        ("J0120", ["hcpcs", "icd10cm"]),
        # What could be a code of several systems after a repair comes back as all of them.
        ("25000.", ["cpt", "icd9cm"]),
        ("25000-", ["cpt", "icd9cm"]),
        ("E8.020", ["icd10cm", "icd9cm", "hcpcs"]),
        ("E80.2.0", ["None"]),  # two dots that contradict each other
        ("E80..20", ["icd10cm"]),  # the dot tells
        ("E802..0", ["icd9cm"]),
    ],
)
def test_a_prefix_or_a_modifier_restricts(text: str, allowed: list[str]) -> None:
    answer = identify(text, on=DAY)
    assert [str(one.system) for one in (answer, *answer.alternatives)] == allowed


NOTHING = [
    # text, part of the reason
    ("", "there is nothing in it"),
    (" \t\n\u200b\ufeff\0 ", "there is nothing in it"),
    ("x" * 201, "no code has 201 characters"),
    ("9O837", "5 characters, but position 2 of CPT must be a digit: 'O'"),
    ("9083!7", "'!'"),
    ("J0O20!", "'!'"),
    ("0SRBO2A", "position 5 of ICD-10-PCS must be a digit or a letter other than I and O: 'O'"),
    ("V1.2", "dot"),
    ("V1.2", "ICD-10-CM"),
    ("RT", "a HCPCS modifier follows a procedure code"),
    ("LOINC: 1234-5", "it is declared as LOINC"),
    ("MS-DRG 895", "it is declared as MS-DRG"),
    ("CPT:", "nothing follows"),
    ("ICD-10-CM|", "nothing follows"),
    ("ICD-10-CM 042", "position 1 of ICD-10-CM must be a letter: '0'"),
    ("ICD-10-CM 042", "shape"),  # and of which systems it has the shape
    ("CPT:J0120", "position 1 of CPT must be a digit: 'J'"),
    ("CPT:J0120", "HCPCS Level II or ICD-10-CM"),
    ("250.xx", "a wildcard"),
    ("E11.*", "a wildcard"),
    ("9938x", "a wildcard"),
    ("99201-99215", "a range"),
    ("\u0669\u0660\u0668\u0663\u0667", "must be a digit: '\u0669'"),
    ("\U0001d7d790837", "6 characters"),  # a mathematical digit
    ("\u0395\u0031\u0031", "position 1"),  # a Greek capital epsilon
    ("90837 1234", "10 characters"),
    ("99201-1234", "a ZIP code"),
    ("99213-25-59-LT-RT-XE", "20 characters"),  # five modifiers
    ("12.345", "a dot after position 2, but ICD-9-CM has it after 3"),  # a number
    ("V1.2.3", "'.'"),  # a version
    ('""', "there is nothing in it"),
    ("\u00ae", "there is nothing in it"),
    ("CPT: '", "nothing follows"),
    ("...", "'.'"),
]


@pytest.mark.parametrize(("text", "reason"), NOTHING)
def test_why_nothing_fits(text: str, reason: str) -> None:
    answer = identify(text, on=DAY)
    assert (answer.system, answer.code, answer.compact) == (None, None, None)
    assert answer.status is Status.MALFORMED
    assert not answer
    assert reason in answer.reason
    assert (answer.categories, answer.category, answer.range, answer.title) == (
        (),
        None,
        None,
        None,
    )
    assert (answer.valid_from, answer.valid_to, answer.flags) == (None, None, frozenset())
    assert (answer.alternatives, answer.ambiguous, answer.can_be_principal) == ((), False, None)
    assert str(answer).startswith(f"{text!r}: no code: ")
    json.dumps(answer.to_dict())


REASONS = [
    ("E11.65", DAY, "listed in ICD-10-CM, valid since 2015-10-01"),
    ("250.00", "2010-01-01", "listed in ICD-9-CM, valid since 1985-10-01 until 2015-09-30"),
    ("E11", DAY, "a heading of ICD-10-CM; only codes below it are billable"),
    ("90837", DAY, "in the published CPT range 90832-90838"),
    ("90837", DAY, "the list of codes is the AMA's, so whether this one exists is not known"),
    ("D0120", DAY, "American Dental Association"),
    ("J0171", DAY, "listed in HCPCS Level II, valid from 2011-01-01 to 2025-06-30"),
    ("51.21", "1993-01-01", "valid from 1985-10-01 to 1991-09-30, and again from 1996-10-01"),
    ("U07.1", "2020-03-31", "listed in ICD-10-CM"),
    ("U07.1", "2020-03-31", "only from 2020-04-01"),
    ("E11.66", DAY, "the shape of ICD-10-CM, but not in its list"),
    ("E11.66", DAY, "FY2027"),  # which list
    ("99999", DAY, "the shape of CPT, but in none of its published ranges"),
    ("250.00", "1980-01-01", "1985-10-01"),
    ("250.00", "1980-01-01", "cannot tell"),
    ("J0120", "2010-01-01", "valid since 1986-01-01"),
    ("J0171", "2010-01-01", "only from 2011-01-01"),
    ("250.07", "1980-01-01", "not in its list"),
    ("CPT: 90837", DAY, "declared"),
]


@pytest.mark.parametrize(("text", "day", "reason"), REASONS)
def test_the_reason_for_each_status(text: str, day: str, reason: str) -> None:
    answer = identify(text, on=day)
    assert reason in answer.reason
    assert "\n" not in answer.reason


def test_nothing_that_guesses_is_repaired() -> None:
    for text in ("9O837", "E1l.65", "42", "250.1", "W2189A", "100", "O0100", "1.5"):
        answer = identify(text, on="2012-06-01")
        assert set(answer.repairs) <= {"uppercased", "dotted"}
        if answer:
            assert answer.compact == text.upper().replace(".", "")


# -- flags ----------------------------------------------------------------------------------------

PRINCIPAL = [
    ("V00.01XA", DAY, {"external-cause"}, False),
    ("E802.0", "2010-01-01", {"external-cause"}, False),
    ("D63.0", DAY, {"manifestation"}, False),
    ("B95.0", DAY, {"unacceptable-principal"}, False),
    ("E11.65", DAY, set(), True),
    ("A18.15", "2024-09-30", {"male"}, True),
    ("A18.15", "2024-10-01", set(), True),
    ("A33", DAY, {"newborn"}, True),
    ("G81.00", DAY, {"unspecified"}, True),
    ("E11", DAY, set(), None),  # a heading
    ("E11.66", DAY, set(), None),  # no code
    ("U07.1", "2020-03-31", set(), True),
    ("90837", DAY, set(), None),  # no diagnosis
    ("0SRB02A", DAY, set(), None),
    ("J1885", DAY, set(), None),
    ("nothing", DAY, set(), None),
]


@pytest.mark.parametrize(("text", "day", "flags", "principal"), PRINCIPAL)
def test_flags(text: str, day: str, flags: set[str], principal: bool | None) -> None:
    answer = identify(text, on=day)
    assert answer.flags == flags
    assert answer.can_be_principal is principal


# -- as an object ---------------------------------------------------------------------------------

SAMPLES = ["90837", "J0120", "E11.65", "R05", "0SRB02A", "25000", " e11 ", "99213-25", "!", ""]


def test_str() -> None:
    assert str(identify("E11.65", on=DAY)) == (
        "E11.65: ICD-10-CM E11.65, valid: Type 2 diabetes mellitus with hyperglycemia"
    )
    assert str(identify("90837", on=DAY)) == (
        "90837: CPT 90837, plausible: Category I > Medicine > Psychiatry > Psychotherapy"
    )
    assert str(identify("J0120", on=DAY)).endswith("(or ICD-10-CM J01.20)")
    assert str(identify("99999", on=DAY)) == "99999: CPT 99999, unknown (or ICD-9-CM 999.99)"
    assert str(identify("?", on=DAY)).startswith("'?': no code: 1 character")


def test_repr() -> None:
    assert repr(identify("E1165", on=DAY)) == (
        "Identification(text='E1165', system='icd10cm', code='E11.65', status='valid')"
    )
    assert repr(identify("?", on=DAY)) == (
        "Identification(text='?', system=None, code=None, status='malformed')"
    )


def test_it_cannot_be_changed() -> None:
    answer = identify("E11.65", on=DAY)
    for name in ("text", "code", "status", "system", "anything"):
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(answer, name, None)


FIELDS = [
    "text",
    "system",
    "code",
    "compact",
    "status",
    "categories",
    "category",
    "range",
    "title",
    "valid_from",
    "valid_to",
    "flags",
    "can_be_principal",
    "modifiers",
    "unlisted_modifiers",
    "repairs",
    "ambiguous",
    "as_of",
    "reason",
    "alternatives",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_to_dict_is_plain_data(text: str) -> None:
    answer = identify(text, on=DAY)
    plain = answer.to_dict()
    assert list(plain) == FIELDS
    assert json.loads(json.dumps(plain)) == plain
    assert plain["status"] == answer.status.value
    assert type(plain["status"]) is str
    assert plain["as_of"] == DAY
    assert plain["range"] == answer.range
    assert len(plain["alternatives"]) == len(answer.alternatives)
    for one in plain["alternatives"]:
        assert list(one) == FIELDS[:-1]


def test_to_dict_in_full() -> None:
    assert identify(" d630 ", on=DAY).to_dict() == {
        "text": " d630 ",
        "system": "icd10cm",
        "code": "D63.0",
        "compact": "D630",
        "status": "valid",
        "categories": [
            {
                "level": "chapter",
                "label": "Diseases of the blood and blood-forming organs and certain disorders "
                "involving the immune mechanism",
                "range": "D50-D89",
            },
            {
                "level": "block",
                "label": "Aplastic and other anemias and other bone marrow failure syndromes",
                "range": "D60-D64",
            },
            {
                "level": "category",
                "label": "Anemia in chronic diseases classified elsewhere",
                "range": "D63",
            },
        ],
        "category": "Anemia in chronic diseases classified elsewhere",
        "range": "D63",
        "title": "Anemia in neoplastic disease",
        "valid_from": "2015-10-01",
        "valid_to": None,
        "flags": ["manifestation"],
        "can_be_principal": False,
        "modifiers": [],
        "unlisted_modifiers": [],
        "repairs": ["trimmed", "uppercased", "dotted"],
        "ambiguous": False,
        "as_of": "2026-06-01",
        "reason": "listed in ICD-10-CM, valid since 2015-10-01",
        "alternatives": [],
    }


def _all_of(answer: Identification) -> list[object]:
    return [getattr(answer, name) for name in FIELDS]


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda answer, protocol=protocol: pickle.loads(pickle.dumps(answer, protocol))
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
    ids=["copy", "deepcopy", *(f"pickle{n}" for n in range(2, pickle.HIGHEST_PROTOCOL + 1))],
)
def test_copies_say_the_same(text: str, again: Callable[[Identification], Identification]) -> None:
    answer = identify(text, on=DAY)
    copied = again(answer)
    assert copied == answer
    assert hash(copied) == hash(answer)
    assert _all_of(copied) == _all_of(answer)
    assert copied.to_dict() == answer.to_dict()
    assert (str(copied), repr(copied), bool(copied)) == (str(answer), repr(answer), bool(answer))
    assert copied.system is answer.system
    # A copy of the copy, too: what it took along goes on with it.
    assert again(copied).to_dict() == answer.to_dict()


ELSEWHERE = """
import base64, pickle, sys
answers = pickle.loads(base64.b64decode(sys.argv[1]))
opened = []
sys.addaudithook(lambda name, arguments: opened.append(arguments[0]) if name == "open" else None)
import medcodes
texts = [one.text for one in answers]
for one in answers:
    str(one), one.to_dict(), one.categories, one.title, one.alternatives, one.reason, hash(one)
assert not [path for path in opened if "reference" in str(path) and "data" in str(path)], opened
assert answers == medcodes.identify_many(texts, on=sys.argv[2])
assert {*answers} == {*medcodes.identify_many(texts, on=sys.argv[2])}
assert [one.to_dict() for one in answers] == [
    one.to_dict() for one in medcodes.identify_many(texts, on=sys.argv[2])
]
print(len(answers))
"""


def test_answers_travel_to_another_process() -> None:
    import base64

    packed = base64.b64encode(pickle.dumps(identify_many(SAMPLES, on=DAY))).decode()
    assert run_python(ELSEWHERE, packed, DAY) == f"{len(SAMPLES)}\n"


def test_answers_compare_by_what_they_say() -> None:
    answer = identify("E11.65", on=DAY)
    assert answer == Classifier().identify("E11.65", on=DAY)
    assert answer == identify("E11.65", on=date.fromisoformat(DAY), systems="icd10cm")
    assert answer != identify("E11.65", on="2026-05-31")  # true of another day
    assert answer != identify("E1165", on=DAY)  # another text
    assert answer != identify("J0120", on=DAY)
    assert len({identify(text, on=DAY) for text in SAMPLES * 2}) == len(SAMPLES)


# -- restricting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        (None, ["hcpcs", "icd10cm"]),
        ("hcpcs", ["hcpcs"]),
        (HCPCS, ["hcpcs"]),
        (ICD10CM, ["icd10cm"]),
        ("ABK", ["icd10cm"]),
        ("http://hl7.org/fhir/sid/icd-10-cm", ["icd10cm"]),
        ("HC", ["hcpcs"]),  # CPT and HCPCS: the text has no shape of CPT
        ([ICD10CM, "hcpcs"], ["hcpcs", "icd10cm"]),  # the order is ours
        (("icd10cm", "icd10cm"), ["icd10cm"]),
        ({ICD10CM}, ["icd10cm"]),
        (["ICD-9"], []),
    ],
    ids=str,
)
def test_systems_restrict(systems: Any, expected: list[str]) -> None:
    for _ in range(2):
        answer = identify("J0120", on=DAY, systems=systems)
        found = [str(one.system) for one in (answer, *answer.alternatives) if one]
        assert found == expected
        assert answer.ambiguous == (len(expected) > 1)


def test_an_iterator_of_systems_is_taken_as_it_comes() -> None:
    assert identify("J0120", on=DAY, systems=iter([ICD10CM])).code == "J01.20"
    assert identify("J0120", on=DAY, systems=(one for one in ("hcpcs",))).code == "J0120"


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("diagnosis", "J0120", "J01.20"),
        ("procedure", "J0120", "J0120"),
        ("diagnosis", "0042", "004.2"),
        ("procedure", "0042", "00.42"),
        ("diagnosis", "25000", "250.00"),
        ("procedure", "25000", "25000"),
        ("diagnosis", "90837-25", None),
        ("procedure", "E11.65", None),
    ],
)
def test_kind_restricts(kind: str, text: str, code: str | None) -> None:
    answer = identify(text, on="2012-06-01", kind=kind)
    assert answer.code == code
    assert all(
        one.system and one.system.kind == kind for one in (answer, *answer.alternatives) if one
    )


def test_kind_and_systems_restrict_together() -> None:
    assert identify("0042", on=DAY, systems="ICD-9", kind="procedure").code == "00.42"
    for systems in ("icd9cm", [ICD9CM, ICD10CM], []):
        assert not identify("0042", on=DAY, systems=systems, kind="procedure")


@pytest.mark.parametrize("asked", ["icd10cm", ["icd10cm", "icd10pcs"]], ids=str)
def test_the_reason_names_the_systems_that_would_fit(asked: Any) -> None:
    answer = identify("90837", on=DAY, systems=asked)
    assert answer.status == "malformed"
    assert "CPT or ICD-9-CM" in answer.reason
    assert "ICD-10" in answer.reason


def test_the_reason_is_of_the_systems_asked_for() -> None:
    assert identify("9O837", on=DAY, systems="icd10cm").reason == (
        "5 characters, but position 1 of ICD-10-CM must be a letter: '9'"
    )
    reason = identify("ICD-10-CM: E11.9", on=DAY, systems="hcpcs").reason
    assert "declared" in reason
    # No text declares a system here.
    for text in ("99213-25", "I10"):
        reason = identify(text, on=DAY, systems="icd9pcs").reason
        assert "declared" not in reason
    assert (
        "only CPT and HCPCS codes have those"
        in identify("99213-25", on=DAY, systems="icd9pcs").reason
    )
    assert "declared as is not among" in identify("CPT: 99213", on=DAY, systems="icd9pcs").reason


@pytest.mark.parametrize("kind", ["", "diagnoses", "DIAGNOSIS", 1, object()])
def test_an_unknown_kind(kind: Any) -> None:
    with pytest.raises(ValueError, match="is neither 'diagnosis' nor 'procedure'"):
        identify("I10", kind=kind)


@pytest.mark.parametrize("systems", ["LOINC", "no such", ["icd10cm", "CDT"], ""])
def test_an_unknown_system(systems: Any) -> None:
    for _ in range(2):
        with pytest.raises(UnknownCodeSystem):
            identify("I10", on=DAY, systems=systems)


@pytest.mark.parametrize("systems", [1, 1.5, [1], b"icd10cm", object()])
def test_a_system_that_is_no_name(systems: Any) -> None:
    for act in (
        lambda: identify("I10", on=DAY, systems=systems),
        lambda: identify_many(["I10"], on=DAY, systems=systems),
        lambda: medcodes.is_valid("I10", systems, on=DAY),
        lambda: medcodes.validate("I10", systems, on=DAY),
    ):
        with pytest.raises((TypeError, UnknownCodeSystem)):
            act()


def test_a_classifier_with_systems_and_a_day_of_its_own() -> None:
    mine = Classifier(systems=["icd9cm", "icd9pcs"], on="2012-06-01")
    assert mine.identify("25000").code == "250.00"
    assert mine.identify("25000").alternatives == ()
    assert mine.identify("25000", on="2016-01-01").status == "expired"
    assert not mine.identify("E11.65")
    assert not mine.identify("J0120", systems="hcpcs")  # it cannot be widened
    assert mine.identify("0042", systems="icd9pcs").code == "00.42"
    assert mine.is_valid("45.13")
    assert mine.validate("25000") == "250.00"
    assert Classifier(on=date(2020, 3, 31)).identify("U07.1").status == "future"
    with pytest.raises(UnknownCodeSystem):
        Classifier(systems="LOINC")
    with pytest.raises(ValueError, match="is not a date"):
        Classifier(on="soon")


# -- what is no text ------------------------------------------------------------------------------

NO_TEXTS = [
    (100, "lost its leading zeros"),
    (90837.0, "lost its leading zeros"),
    (True, "is a number"),
    (float("nan"), "is a number"),
    (None, "a code must be a str, got None; drop missing values first"),
    (b"E11.9", "is bytes; decode it first"),
    (bytearray(b"E11.9"), "is bytes; decode it first"),
    (["E11.9"], "not list"),
    ({"E11.9"}, "not set"),
    (("E11.9",), "not tuple"),
    (object(), "not object"),
]


@pytest.mark.parametrize(("value", "message"), NO_TEXTS, ids=lambda one: str(one)[:20])
@pytest.mark.parametrize(
    "act",
    [
        identify,
        medcodes.validate,
        medcodes.is_valid,
        lambda value: identify_many([value]),
        ICD10CM.validate,
        ICD10CM.is_valid,
        ICD10CM.get,
    ],
    ids=["identify", "validate", "is_valid", "many", "system", "system-is", "get"],
)
def test_a_value_that_is_no_text(act: Callable[[Any], object], value: Any, message: str) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=message):
            act(value)


def test_a_str_of_another_class_is_a_text() -> None:
    class Text(str):
        __slots__ = ()

    mine = Classifier()
    for answer in (
        mine.identify(Text("E11.65"), on=DAY),
        mine.identify_many([Text("E11.65")], on=DAY)[0],
        mine.identify("E11.65", on=DAY),
    ):
        assert answer.code == "E11.65"
        # The answer is shared with others who ask the same: it carries no class of the asker.
        assert type(answer.text) is str
    assert mine.validate(Text("E1165"), on=DAY) == "E11.65"
    assert mine.is_valid(Text("E1165"), on=DAY)
    assert ICD10CM.get(Text("E1165")) == ICD10CM.get("E1165")


# -- many -----------------------------------------------------------------------------------------


def test_many_keeps_order_and_duplicates() -> None:
    texts = ["I10", "0SRB02A", "nothing", "I10", "", "E1165", "I10"]
    answers = identify_many(texts, on=DAY)
    assert [one.text for one in answers] == texts
    assert answers == [identify(text, on=DAY) for text in texts]
    assert answers[0] is answers[3]


@given(st.lists(st.text("0129AEJVX. -", max_size=7), max_size=30), DAYS)
def test_many_is_identify_for_each(texts: list[str], day: date) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert identify_many(texts, on=day) == [identify(text, on=day) for text in texts]
        some = identify_many(texts, on=day, kind="diagnosis", systems=[ICD9CM, ICD10PCS])
        assert some == [identify(text, on=day, systems="icd9cm") for text in texts]


def test_many_takes_any_iterable_once() -> None:
    assert identify_many((text for text in ("I10", "E11.9")), on=DAY)[1].code == "E11.9"
    assert identify_many([], on=DAY) == []
    assert len(identify_many({"I10": 1, "E11.9": 2}, on=DAY)) == 2


@pytest.mark.parametrize("value", ["I10", b"I10", bytearray(b"I10")])
def test_many_refuses_a_single_text(value: Any) -> None:
    with pytest.raises(TypeError, match="for one, use identify"):
        identify_many(value)


@given(st.lists(st.tuples(FITS | st.text(max_size=5), DAYS), max_size=20))
def test_many_with_a_day_for_each(pairs: list[tuple[str, date]]) -> None:
    texts, days = [text for text, _ in pairs], [day for _, day in pairs]
    expected = [identify(text, on=day) for text, day in pairs]
    assert identify_many(texts, on=days) == expected
    assert identify_many(iter(texts), on=(day.isoformat() for day in days)) == expected


@pytest.mark.parametrize(
    ("days", "error"),
    [
        ([], ValueError),
        (["2020-04-01"], ValueError),
        (["2020-04-01"] * 3, ValueError),
        (["2020-04-01", "soon"], ValueError),
        (["2020-04-01", None], TypeError),
        (["2020-04-01", 2020], TypeError),
    ],
    ids=str,
)
def test_many_with_days_that_do_not_go_with_the_texts(
    days: list[Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"on="):
        identify_many(["U07.1", "I10"], on=days)


# -- memory ---------------------------------------------------------------------------------------


def _kept() -> int:
    gc.collect()
    return sum(type(one) is Identification for one in gc.get_objects())


def test_what_is_remembered_is_bounded() -> None:
    mine = Classifier()
    before = _kept()
    for number in range(40_000):
        mine.identify(f"{number:06}", on=DAY)
    assert _kept() - before < 20_000


def test_what_is_remembered_is_bounded_over_all_days() -> None:
    # As a file of claims has it: few codes a day, many days.
    mine = Classifier()
    before = _kept()
    codes = list(ICD10CM.codes(DAY))[:5_000]
    for offset in range(30):
        day = date(2020, 1, 1) + timedelta(offset)
        for code in codes:
            mine.identify(code, on=day)
    assert _kept() - before < 100_000


def test_many_questions_and_long_texts_are_not_kept_forever() -> None:
    mine = Classifier()
    before = _kept()
    for offset in range(3_000):
        mine.identify("I10", on=date(2016, 1, 1) + timedelta(offset))
    for number in range(1_000):
        mine.identify(f"{number} {'x' * 1000}", on=DAY)
    assert _kept() - before < 2_500
    # Forgetting changes no answer.
    assert mine.identify("U07.1", on="2020-03-31").status == "future"
    assert mine.identify("U07.1", on="2020-04-01").status == "valid"


def test_shapes_are_not_kept_forever() -> None:
    mine = Classifier()
    texts = [
        f"{a}{b}{c}{d}."
        for a in "0AEIV."
        for b in "0AEIVZ.-"
        for c in "0AEIVZ.-"
        for d in "09AFIMOTUVWXYZ.-"
    ]
    texts += [f"{one}{two}" for one in texts[:600] for two in ("A", "0", "-")]
    mine.identify_many(texts * 2, on=DAY)
    assert mine.identify("E1165", on=DAY).code == "E11.65"


# -- nothing else ---------------------------------------------------------------------------------


def test_the_public_names() -> None:
    assert sorted(medcodes.__all__, key=str.lower) == sorted(set(medcodes.__all__), key=str.lower)
    for name in medcodes.__all__:
        assert getattr(medcodes, name) is not None
    assert ICD9PCS.id == "icd9pcs"


def test_what_the_fresh_list_forgot_is_hedged() -> None:
    answer = identify("C9736", on="2011-08-01")
    assert answer.status is Status.FUTURE
    assert "has dropped what ended before 2013" in answer.reason
    assert "dropped" not in identify("J1440", on="2020-06-01").reason


def test_a_day_for_each_text() -> None:
    texts = ["U07.1", "U07.1", "25000"]
    days: list[Any] = [date(2020, 3, 31), "2020-04-01", date(2012, 6, 1)]
    assert identify_many(texts, on=days) == [
        identify(text, on=day) for text, day in zip(texts, days, strict=True)
    ]
    with pytest.raises(ValueError, match="2 days for 3 texts"):
        identify_many(texts, on=days[:2])
    with pytest.raises(TypeError, match="no day for the text at place 1"):
        identify_many(texts[:2], on=[days[0], None])
    with pytest.raises(TypeError, match="is not a date"):
        identify_many(texts, on=5)  # type: ignore[arg-type]


def test_many_days_do_not_thrash() -> None:
    classifier_ = Classifier(systems="icd10cm")
    first = date(2016, 1, 1)
    for days in range(2_100):
        day = first + timedelta(days=days)
        assert classifier_.identify("I10", on=day).status is Status.VALID


def test_a_subclass_of_str_leaves_no_trace() -> None:
    class Text(str):
        __slots__ = ()

    for ask in (identify, lambda text, **options: identify_many([text], **options)[0]):
        answer = ask(Text("G89.4"), on=DAY)
        assert type(answer.text) is type(answer.code) is str


def test_no_system_is_left() -> None:
    choices: list[dict[str, Any]] = [{"systems": []}, {"systems": "cpt", "kind": "diagnosis"}]
    for options in choices:
        answer = identify("99213-25", on=DAY, **options)
        assert answer.reason.startswith("no code system is left")


@pytest.mark.parametrize("asked", [5, [5], b"cpt", ["cpt", None]], ids=str)
def test_what_is_no_choice_of_systems(asked: Any) -> None:
    with pytest.raises(TypeError, match="systems="):
        identify("I10", on=DAY, systems=asked)


def test_hcpcs_before_a_code_means_either_level() -> None:
    assert identify("HCPCS: 99213", on=DAY).system is CPT
    assert identify("HCPCS: G0008", on=DAY).system is HCPCS
    assert "nothing follows" in identify("CPT:", on=DAY).reason


@pytest.mark.parametrize("on", ["20260601", "2026-W23-1", "2026-06-01T00:00", "2026-02-30"])
def test_only_plain_iso_days(on: str) -> None:
    with pytest.raises(ValueError, match="use YYYY-MM-DD"):
        identify("I10", on=on)


def test_no_time_is_no_day() -> None:
    class NotATime(datetime.datetime):
        def date(self) -> Any:
            return self

    with pytest.raises(TypeError, match="is not a date"):
        identify("I10", on=NotATime(2026, 6, 1))


def test_only_rivals_are_printed() -> None:
    answer = identify("E0100", on="2012-06-01")
    assert [one.code for one in answer.rivals] == ["E010.0"]
    assert str(answer).endswith("(or ICD-9-CM E010.0)")
    assert identify("D0140", on=DAY).rivals[0].system is HCPCS


def test_questions_long_past_keep_no_answers() -> None:
    classifier_ = Classifier(systems="icd10cm")
    for days in range(200):
        classifier_.identify("I10", on=date(2020, 1, 1) + timedelta(days=days))
    remembering = [one for one in classifier_._resolvers._resolvers.values() if one.answers]
    assert 0 < len(remembering) <= 65


def test_a_decimal_that_is_declared_as_another_system_is_no_number() -> None:
    reason = medcodes.identify("ABK:250.00", on=DAY).reason
    assert "(its shape is that of ICD-9-CM)" in reason
    assert "leading zeros" not in reason
