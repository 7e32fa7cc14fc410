"""Whole columns: the kernel's answers are those of `medcodes.identify`, value by value."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise, product
from typing import Any, TypeVar

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import medcodes
from medcodes import (
    Identification,
    StaleReferenceWarning,
    UnknownCodeSystem,
    columns,
    formats,
    names,
    reference,
    systems,
)
from medcodes.columns import (
    FIELDS,
    api,
    fields,
    hashtable,
    identify,
    index,
    interop,
    kernel,
    keys,
    neighbours,
    shapes,
    tables,
)
from medcodes.lookup import categories, reading, state
from medcodes.reference import ENDED, LISTED_ELSEWHERE
from medcodes.reference.codes import NoHistory
from tests.conftest import DAY, LISTED

BUNDLED = tables.of(reference.BUNDLED)
SYSTEMS = tuple(systems.by_id)

DAYS = (DAY, "2012-06-01", "2015-10-01", "1984-01-01", "2025-09-30")
"""Today's lists, those of ICD-9-CM, their last seam, before any record, before a release."""

Rows = list[dict[str, Any]]
NOTHING: dict[str, Any] = dict.fromkeys(FIELDS)


@pytest.fixture(params=["kernel", "classifier"])
def _path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to an answer: a column counts as long, or as short, whatever its length."""
    monkeypatch.setattr(api, "_is_worth_tables", lambda *_: request.param == "kernel")


@pytest.fixture
def _kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_is_worth_tables", lambda *_: True)


both_paths = pytest.mark.usefixtures("_path")
kernel_only = pytest.mark.usefixtures("_kernel")


def expected(text: str | None, **asked: Any) -> dict[str, Any]:
    """What the columns must say of a value."""
    return dict(NOTHING) if text is None else _facts(medcodes.identify(text, **asked))


def _facts(one: Identification) -> dict[str, Any]:
    category = one.category
    return {
        "system": one.system.id if one.system else None,
        "code": one.code,
        "status": one.status.value,
        "category": category.label if category else None,
        "range": category.range if category else None,
        "ambiguous": one.ambiguous,
        "can_be_principal": one.can_be_principal,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
    }


def assert_equal(texts: Sequence[str | None], rows: Rows, **asked: Any) -> None:
    """Every row is what `medcodes.identify` says of its text."""
    assert len(rows) == len(texts)
    wrong = [
        (text, row, right)
        for text, row in zip(texts, rows, strict=True)
        if row != (right := expected(text, **asked))
    ]
    assert wrong[:5] == []


def assert_same(texts: Sequence[str | None], **asked: Any) -> None:
    """The answers to an Arrow column of these texts are right."""
    answer = identify(pa.array(texts, pa.string()), **asked)
    answer.validate(full=True)
    assert_equal(texts, answer.to_pylist(), **asked)


# -- what is asked --------------------------------------------------------------------------------


@cache
def compact_codes(system: str) -> tuple[str, ...]:
    """Every listed code of a system, or number that is plausible in it, without dots."""
    if system == "cpt":
        return tuple("".join(one) for one in product("0123456789", repeat=4) for one in _cpt(one))
    own = [text for text, _ in reference.codes(system)]
    if system == "hcpcs":
        own += [f"D{number:04}" for number in range(10_000)]
    return tuple(dict.fromkeys(own))


def _cpt(digits: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return ((*digits, last) for last in "0123456789FTUMA")


def spellings(system: str, compact: str) -> list[str]:
    """Undotted, dotted, in lower case, with blanks."""
    code = formats.dotted(compact, formats.of(system).dot_after(compact))
    return [compact, code, code.lower(), compact.lower(), f" {code} ", f"{compact}\t"]


T = TypeVar("T")


def sample(ones: Sequence[T], count: int, seed: object = 0) -> list[T]:
    ones = list(ones)
    return random.Random(f"{seed}").sample(ones, min(count, len(ones)))


def sampled_texts(per_system: int, seed: object = 0) -> list[str]:
    """Codes of all systems in all spellings, and near misses of each."""
    chance = random.Random(f"near {seed}")
    texts = []
    for system in SYSTEMS:
        for compact in sample(compact_codes(system), per_system, seed):
            texts += spellings(system, compact)
            place, other = chance.randrange(len(compact)), chance.choice("0159AEOVXZ.")
            texts += [
                f"{compact[:place]}{other}{compact[place + 1 :]}",
                f"{compact[:place]}.{compact[place:]}",
                compact[:place],
                compact + other,
            ]
    return texts


ADVERSARIAL = [
    "",
    ".",
    "........",
    " ",
    "\0",
    "E119\0",
    "\0E119",
    "E11\0 9",
    "E11.9\0\0\0",
    "\x7f",
    "ÿ",
    "ÿÿÿÿ",
    "E119ÿ",
    "\u00ad99213",
    "\ufeffE119",
    "９９２１３",
    "Ｅ１１．９",
    "٩٩٢١٣",
    "ﬁ",
    "ſ000",
    "K000",
    "ı10",
    "I10",
    "E11\u2024" + "9",
    "E11–9",
    "99213-25",
    "99213:25:59",
    "HC:99213",
    "ABK:E119",
    "CPT 99213",
    "ICD-10-CM|E11.9",
    "ICD10:E119",
    "E11.9,",
    "e11.9",
    "e119 ",
    "E1.19",
    "E.119",
    "E119.",
    ".E119",
    "E11..9",
    "E11.9.",
    "E.1.1.9",
    "250.00",
    "25000",
    "250.0",
    "250.",
    "2500.0",
    "45.82",
    "458.2",
    "4582",
    "45.8",
    "45",
    "4",
    "E849.0",
    "E8490",
    "E84.90",
    "V30.00",
    "V3000",
    "QA0.0109",
    "QA00109",
    "QA0.01099",
    "0SRB02A",
    "0SRB02AA",
    "0SR.B02A",
    "0srb02a",
    "0SR",
    "0SI",
    "12345678",
    "123456789",
    "1234567",
    "ABCDEFGH",
    "ABCDEFGHI",
    "J0120",
    "JO120",
    "D0120",
    "D9999",
    "0001U",
    "0001u",
    "0042T",
    "99213\n",
    "\r\n99213",
    "hello, world",
    "E11.9.",
    "I10:",
    "CPT:",
    "CPT:,",
    "HC:",
    "OZR:",
    "I9C:",
    "I10:,",
    "99213-25:",
    ".I10-Q514859",
    "HC- 99213",
    "99213 - 25",
    "99213-25-59-LT-RT",
    "99213-25-59-LT-RT-XE",
    "HC:99213:25:59:LT:RT",
    "ABK:E1165:59",
    "CPT-99213-25",
    "CPT|99213|25",
    "CPT|99213-25",
    "25000-25",
    "E1165 59",
    "I10 25",
    "J1885-",
    "E8020-",
    "25000-",
    "S7200-",
    "I10;:.",
    '="00100"',
    '"="00100"',
    "=00100",
    "'00100",
    '"99213",',
    "`E119`",
    '"CPT: 99213".',
    'CPT: "99213"',
    "97005-    ",
    "97005--",
    "E11.-",
    "E1.165",
    "12.345",
    "250..00",
    "S72 001A",
    "S72.001-A",
    "s72_001a",
    "0SR-B02A",
    "E11 . 9",
    "E11 65",
    "W21.89.XA",
    "S72.0.0.1.A",
    "V1.2.3",
    "E11...............9",
    "“E11.9”",
    "CPT® 99213",
    "E11\u30029",
    "CPT-99213",
    "CPT4-99213-25",
    "DX1\t:G20.74",
    "urn:oid:2.16.840.1.113883.6.90:E11.9",
    "250.xx",
    "48[0-6]%",
    "99201-99215",
    "S00–S99",
    "Z01.411/419",
    "admitcd",
    "0000000000",
    "7" * 200,
    "E119" * 60,
    " " * 9 + "E119",
    "é" * 4,
    "😀",
    "😀😀",
    "😀😀😀",
]


# -- equal to identify ----------------------------------------------------------------------------


@both_paths
@pytest.mark.parametrize("day", DAYS)
def test_sampled_codes_in_all_spellings(day: str) -> None:
    assert_same(sampled_texts(40, day), on=day)


@both_paths
@pytest.mark.parametrize("day", DAYS[:2])
def test_adversarial_texts(day: str) -> None:
    assert_same(ADVERSARIAL, on=day)
    assert_same(ADVERSARIAL[::-1], on=day)


@kernel_only
def test_texts_from_the_middle_of_codes_of_every_length() -> None:
    chance = random.Random(3)
    alphabet = "0123456789ABEFOTUVXZ.. \0ÿé"
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(10))) for _ in range(6_000)]
    codes = [chance.choice(compact_codes(system)) for system in SYSTEMS for _ in range(150)]
    for code in codes:
        texts += [code[:length] for length in range(len(code))]
        texts += [code[:place] + "." + code[place:] for place in range(len(code) + 1)]
    assert_same(texts, on=DAY)


_LIKE_CODES = st.text(st.sampled_from("0123456789ABCDEFHJTUVX.abev -:\0ÿ９"), max_size=10)


@kernel_only
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.none() | _LIKE_CODES | st.text(st.characters(codec="utf-8"), max_size=12)),
    st.sampled_from(DAYS),
)
@example([], DAY)
@example(["QA0.0109"], "2026-06-01")
def test_any_texts(texts: list[str | None], day: str) -> None:
    assert_same(texts, on=day)


def joined_texts(count: int) -> list[str]:
    """Codes and words behind names of systems and before modifiers, tidy and not."""
    chance = random.Random(6)
    heads = [
        name
        for one in names.ALL
        for name in (one.name, one.uri, one.oid, one.hl7v2, *one.x12, one.omop, one.umls)
    ]
    heads += [*names.OTHER, "I10", "E11.9", "99213", "in", "re", "the patient", "é", "a"]
    codes = [
        "99213",
        "J1100",
        "E11.9",
        "e119",
        "0SRB02A",
        "25000",
        "45.13",
        "I10",
        "word",
        "９９２１３",
    ]
    texts = []
    for _ in range(count):
        head, code = chance.choice(heads), chance.choice(codes)
        head = chance.choice([head, head.lower(), head.upper(), head.replace("-", " "), f"-{head}"])
        between = chance.choice(["", " ", ":", "|", ": ", " : ", "-", ",", "  ", "\t", "||", " - "])
        suffix = chance.choice(
            ["", "", "-25", " 59", ":25:59", ",LT RT", "-", " and more", "-255", "é"]
        )
        ends = chance.choice([("", ""), (" ", " "), ("\u00a0", ""), ("\0", "\ufeff"), (":", "")])
        texts.append(ends[0] + head + between + code + suffix + ends[1])
        texts.append(code + suffix)
    return texts


@kernel_only
def test_prefixes_and_modifiers() -> None:
    texts = joined_texts(3_000)
    assert_same(texts, on=DAY)
    assert_same(texts[:1_000], on=DAY, kind="procedure")
    days_of_service = [date(2026, 6, 1), date(2012, 6, 1), None]
    assert_same_on_days([(text, days_of_service[n % 3]) for n, text in enumerate(texts[:1_500])])


@kernel_only
def test_long_texts_and_many_blanks() -> None:
    texts = []
    for blanks in (31, 32, 33, 199, 255, 256, 257, 1_000):
        texts += [" " * blanks + "e11.9", "E119" + "\0" * blanks, "-" * blanks + "99213-25"]
        texts += [" " * blanks, "é" * blanks, "word " * blanks, "x" * blanks, "9" * blanks + " "]
        texts += [" " * blanks + "I10" + " " * blanks, "HC:99213" + " " * blanks + "-25"]
    assert_same(texts, on=DAY)
    assert_same(texts[:1] * 3, on=DAY)


@both_paths
@pytest.mark.parametrize(
    "asked",
    [
        {"systems": "cpt"},
        {"systems": "icd9cm"},
        {"systems": ["icd9pcs", "icd10pcs"]},
        {"systems": ("hcpcs", "icd10cm")},
        {"kind": "diagnosis"},
        {"kind": "procedure"},
        {"kind": "procedure", "systems": "icd10cm"},
    ],
)
def test_restrictions(asked: dict[str, Any]) -> None:
    for day in DAYS[:2]:
        assert_same([*ADVERSARIAL, *sampled_texts(12, asked)], on=day, **asked)


@both_paths
def test_today() -> None:
    texts = ["99213", "250.00", "I10"]
    assert_same(texts)


@kernel_only
def test_unknown_systems_and_kinds() -> None:
    with pytest.raises(ValueError, match="neither"):
        identify(pa.array(["I10"]), kind="drug")
    with pytest.raises(UnknownCodeSystem, match="pokédex"):
        identify(pa.array(["I10"]), systems="pokédex")
    with pytest.raises(ValueError, match="not a date"):
        identify(pa.array(["I10"]), on="soon")


# -- every day that changes anything --------------------------------------------------------------


def seams(system: str) -> Iterator[tuple[str, date]]:
    """A code of every history, with the days before, on and after each of its changes."""
    table = reference.codes(system)
    codes: dict[int, str] = {}
    for text, number in table:
        codes.setdefault(number, text)
    one_day = timedelta(days=1)
    for number, text in codes.items():
        ends = {table.first_day, table.last_day}
        for interval in table.history(number):
            ends |= {interval.first, interval.last or table.last_day}
        for end in sorted(ends):
            for day in (end - one_day, end, end + one_day):
                yield text, day


def assert_same_on_days(pairs: Sequence[tuple[str | None, date | None]], **asked: Any) -> None:
    """The answers on a column of days are right."""
    texts = [text for text, _ in pairs]
    on = pa.array([day for _, day in pairs], pa.date32())
    rows = identify(pa.array(texts, pa.string()), on=on, **asked).to_pylist()
    for (text, day), row in zip(pairs, rows, strict=True):
        right = NOTHING if text is None or day is None else expected(text, on=day, **asked)
        assert row == right, (text, day)


@kernel_only
@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
@pytest.mark.parametrize("system", LISTED)
def test_sampled_seams(system: str) -> None:
    pairs = list(seams(system))
    chosen = random.Random(system).sample(pairs, min(600, len(pairs)))
    assert_same_on_days(chosen)
    assert_same_on_days(chosen[:200], systems=system)


@pytest.mark.sources
@kernel_only
@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
@pytest.mark.parametrize("system", LISTED)
def test_all_seams(system: str) -> None:
    pairs = list(seams(system))
    assert_same_on_days(pairs)
    for day in sorted({day for _, day in pairs}):
        texts = sorted({text for text, its_day in pairs if its_day == day})
        assert_same(texts, on=day)


@kernel_only
@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
@pytest.mark.parametrize("system", SYSTEMS)
def test_states_are_those_of_the_day(system: str) -> None:
    """In the middle of an epoch as at its ends, for each history."""
    calendar = BUNDLED.calendars[SYSTEMS.index(system)]
    changes = [date(1970, 1, 1) + timedelta(days=day) for day in calendar.changes]
    before = changes[0] - timedelta(days=4_000) if changes else date(1990, 1, 1)
    marks = [before, *changes, date(2040, 1, 1)]
    count = 0 if system == "cpt" else reference.codes(system).history_count
    for first, after in sample(list(pairwise(marks)), 12, system):
        for day in (first, first + (after - first) / 2, after - timedelta(days=1)):
            own = state.system_on_day(system, day).states
            states = calendar.states(day)
            for number in (*range(count), *NoHistory):
                found = states[number]
                assert found is not None
                assert attrs.evolve(found, as_of=own[number].as_of) == own[number]
            assert states[neighbours.ABSENT] is None


def test_days_of_an_epoch() -> None:
    days = np.array(range(-20_000, 30_000, 17), np.int32)
    epochs = BUNDLED.epochs(days)
    assert (np.diff(epochs) >= 0).all()
    for epoch in np.unique(epochs).tolist():
        day = np.array([fields.since_1970(BUNDLED.day_of(epoch))], np.int32)
        assert BUNDLED.epochs(day).tolist() == [epoch]


@both_paths
def test_a_day_for_every_value() -> None:
    texts = sampled_texts(15, "rows")
    chance = random.Random(5)
    pairs: list[tuple[str | None, date | None]] = [
        (text, date(1980, 1, 1) + timedelta(days=chance.randrange(16_900))) for text in texts
    ]
    pairs += [(text, date(2026, 6, 1)) for text in ADVERSARIAL]
    pairs += [(None, date(2026, 6, 1)), ("I10", None), (None, None), (" i10", None)]
    chance.shuffle(pairs)
    assert_same_on_days(pairs)
    assert_same_on_days(pairs, kind="diagnosis")
    assert_same_on_days(pairs[:5], systems=["cpt", "icd9pcs"])
    assert_same_on_days([])


@both_paths
def test_days_that_are_all_the_same_or_only_seem_so() -> None:
    march, april = date(2020, 3, 31), date(2020, 4, 1)
    for days_of_service in (
        [april] * 4,
        [april, march, march, april],
        [april, april, march, april],
        [april, None, april, april],
        [None] * 4,
    ):
        assert_same_on_days([("U07.1", day) for day in days_of_service])
        assert_same_on_days([*zip(["U07.1", None, "U07.1", "?"], days_of_service, strict=True)])


@both_paths
def test_days_of_every_kind() -> None:
    texts = ["U071", "U07.1", "U071", None]
    wanted = ["future", "valid", None, None]
    plain = [date(2020, 3, 31), date(2020, 4, 1), None, date(2020, 4, 1)]
    late = [
        None if day is None else datetime(day.year, day.month, day.day, 23, 59) for day in plain
    ]
    zone = timezone(timedelta(hours=-5))
    columns: dict[str, Any] = {
        "list of dates": plain,
        "tuple of datetimes": tuple(late),
        "ISO texts": [None if day is None else day.isoformat() for day in plain],
        "ISO views": pa.array(
            [None if day is None else day.isoformat() for day in plain], pa.string_view()
        ),
        "datetimes with a zone": [
            None if one is None else one.replace(tzinfo=zone) for one in late
        ],
        "date32": pa.array(plain),
        "date64": pa.array(plain, pa.date64()),
        "timestamps": pa.array(late, pa.timestamp("ns")),
        "chunked": pa.chunked_array([pa.array(plain[:1]), pa.array(plain[1:])]),
        "chunks of none": pa.chunked_array([pa.array(plain), pa.array([], pa.date32())]),
        "dictionary": pa.array(plain).dictionary_encode(),
        "NumPy days": np.array(plain, "M8[D]"),
        "NumPy nanoseconds": np.array(late, "M8[ns]"),
        "NumPy objects": np.array(plain, object),
        "sliced": pa.array([None, *plain, None]).slice(1, 4),
        "of the C interface": _OnlyArray(pa.array(plain)),
        "of the stream interface": _OnlyStream(pa.chunked_array([pa.array(plain)])),
    }
    # A time of day with a zone is that zone's day, as for a single code.
    columns["datetimes with a zone"] = pa.array(
        [
            None if one is None else one.astimezone(timezone.utc)
            for one in columns.pop("datetimes with a zone")
        ],
        pa.timestamp("us", "-05:00"),
    )
    for name, on in columns.items():
        found = identify(texts, on=on, fields=["status"])
        assert [row["status"] for row in found] == wanted, name


@both_paths
def test_days_of_pandas_and_polars() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    plain = [date(2020, 3, 31), date(2020, 4, 1), None]
    late = [None if day is None else datetime(day.year, day.month, day.day, 1) for day in plain]
    for on in (
        pandas.Series(plain),
        pandas.Series(pandas.to_datetime(plain)),
        pandas.DatetimeIndex(plain),
        pandas.Series(plain, dtype=pandas.ArrowDtype(pa.date32())),
        polars.Series(plain),
        polars.Series(late),
        polars.concat([polars.Series(plain[:2]), polars.Series([None], dtype=polars.Date)]),
    ):
        found = identify(["U071"] * 3, on=on, fields=["status"])
        assert [row["status"] for row in found] == ["future", "valid", None], on


@both_paths
@pytest.mark.parametrize(
    ("on", "error", "words"),
    [
        ([date(2020, 1, 1)], ValueError, "1 days for 2 values"),
        ([date(2020, 1, 1)] * 3, ValueError, "3 days for 2 values"),
        ([], ValueError, "0 days for 2 values"),
        ([20_200_101, 20_200_101], TypeError, "numbers, not of days"),
        ([1.5, 2.5], TypeError, "numbers, not of days"),
        (["soon", "later"], TypeError, "no column of days"),
        ([True, False], TypeError, "no column of days"),
        ([date(2020, 1, 1), "2020-01-01"], TypeError, "no column of days"),
        ([[], []], TypeError, "no column of days"),
        ({date(2020, 1, 1)}, TypeError, "a day or a column of days, not set"),
        (5, TypeError, "a day or a column of days, not int"),
        (object(), TypeError, "a day or a column of days, not object"),
    ],
)
def test_what_is_no_column_of_days(on: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        identify(["I10", "I10"], on=on)


@both_paths
@pytest.mark.filterwarnings("ignore::medcodes.StaleReferenceWarning")
def test_days_that_no_calendar_has() -> None:
    """Arrow counts further than Python: past its ends a day is like the last, or the first."""
    far = pa.array([9_000_000, -9_000_000], pa.int32()).cast(pa.date32())
    found = identify(["I10", "I10"], on=far, fields=["status"])
    assert [one["status"] for one in found] == ["valid", "future"]


@both_paths
def test_a_day_past_the_end_warns_as_for_one_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for on in ("2035-01-01", [date(2035, 1, 1)] * 2):
        with pytest.warns(StaleReferenceWarning) as caught:
            found = identify(pa.array(["I10", "J1100"]), on=on, fields=["status"])
        assert found.to_pylist() == [{"status": "valid"}] * 2
        assert {str(one.message).partition(" ends on ")[0] for one in caught} == {
            "the reference for ICD-10-CM",
            "the reference for HCPCS Level II",
        }
        assert {one.filename for one in caught} == {__file__}


# -- Arrow columns of every layout ----------------------------------------------------------------

TEXTS: list[str | None] = [
    "E11.65",
    None,
    "99213",
    "  e11.65",
    "",
    "QA0.0109",
    "nothing at all",
    "0SRB02A",
    None,
    "25000",
    "45.13",
    "J1100",
]


def layouts() -> dict[str, Any]:
    """The same values in every layout that Arrow has for texts."""
    plain = pa.array(TEXTS, pa.string())
    around = pa.array(["x", "E119", "yy", *TEXTS, "zzz", None], pa.string())
    indices = pa.array([None if text is None else TEXTS.index(text) for text in TEXTS], pa.int16())
    spare = pa.array([*("spare" if text is None else text for text in TEXTS), "unused", None])
    null_in_dictionary = pa.array([TEXTS.index(text) for text in TEXTS], pa.int32())
    halves = [plain[:5], plain[5:5], plain[5:]]
    return {
        "string": plain,
        "large_string": plain.cast(pa.large_string()),
        "string_view": plain.cast(pa.string_view()),
        "sliced": around.slice(3, len(TEXTS)),
        "sliced large_string": around.cast(pa.large_string()).slice(3, len(TEXTS)),
        "sliced string_view": around.cast(pa.string_view()).slice(3, len(TEXTS)),
        "dictionary": pa.DictionaryArray.from_arrays(indices, spare),
        "dictionary of large_string": pa.DictionaryArray.from_arrays(
            indices, spare.cast(pa.large_string())
        ),
        "dictionary of string_view": pa.DictionaryArray.from_arrays(
            indices, spare.cast(pa.string_view())
        ),
        "dictionary with a null": pa.DictionaryArray.from_arrays(null_in_dictionary, plain),
        "sliced dictionary": around.dictionary_encode().slice(3, len(TEXTS)),
        "null over bytes": null_over_bytes(),
        "of the C interface": _OnlyArray(plain),
        "chunked": pa.chunked_array(halves),
        "chunked string_view": pa.chunked_array([half.cast(pa.string_view()) for half in halves]),
        "chunked dictionary": pa.chunked_array([half.dictionary_encode() for half in halves]),
        "chunked sliced": pa.chunked_array(halves).slice(0),
        "chunked from the middle": pa.chunked_array([around[:7], around[7:]]).slice(3, len(TEXTS)),
        "of the stream interface": _OnlyStream(pa.chunked_array(halves)),
        "one chunk a value": pa.chunked_array([plain[i : i + 1] for i in range(len(plain))]),
    }


def null_over_bytes() -> Any:
    """Under a null there may be bytes, which mean nothing: no code, nor even UTF-8."""
    below = {1: b"99213", 8: b"\xff\xfe not UTF-8 at all"}
    pieces = [below.get(place, (text or "").encode()) for place, text in enumerate(TEXTS)]
    ends = np.cumsum([0, *map(len, pieces)]).astype(np.int32)
    valid = np.packbits([text is not None for text in TEXTS], bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(ends), pa.py_buffer(b"".join(pieces))]
    return pa.Array.from_buffers(pa.string(), len(TEXTS), buffers)


class _OnlyArray:
    """Speaks the PyCapsule protocol of one array, and is of no kind that is known."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        return self._array.__arrow_c_array__(requested_schema)


class _OnlyStream:
    def __init__(self, column: Any) -> None:
        self._column = column

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._column.__arrow_c_stream__(requested_schema)


LAYOUTS = tuple(layouts())


@both_paths
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str) -> None:
    column = layouts()[layout]
    answer = identify(column, on=DAY)
    many = "chunk" in layout or "stream" in layout
    assert isinstance(answer, pa.ChunkedArray if many else pa.StructArray)
    answer.validate(full=True)
    assert answer.type == identify(pa.array([], pa.string())).type
    assert answer.null_count == 0
    assert_equal(TEXTS, answer.to_pylist(), on=DAY)
    for place, name in enumerate(FIELDS):
        # However it is taken apart.
        own = answer.chunk(0).field(place) if many else answer.field(place)
        whole = [row[name] for row in answer.to_pylist()]
        assert own.to_pylist() == whole[: len(own)]


@both_paths
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_on_days(layout: str) -> None:
    plain = [date(2026, 6, 1), date(2012, 6, 1), None] * 4
    rows = identify(layouts()[layout], on=plain).to_pylist()
    for text, day, row in zip(TEXTS, plain, rows, strict=True):
        right = NOTHING if day is None else expected(text, on=day)
        assert row == right, (text, day)


@both_paths
@pytest.mark.parametrize(
    "column",
    [
        pa.array([], pa.string()),
        pa.array([], pa.large_string()),
        pa.array([], pa.string_view()),
        pa.array([], pa.null()),
        pa.array([], pa.string()).dictionary_encode(),
        pa.chunked_array([], pa.string()),
        pa.chunked_array([pa.array([], pa.string())] * 2),
    ],
    ids=str,
)
def test_nothing_at_all(column: Any) -> None:
    choices: list[Any] = [DAY, []]
    for on in choices:
        answer = identify(column, on=on)
        assert len(answer) == 0
        assert answer.type == _type(FIELDS)


@both_paths
@pytest.mark.parametrize(
    "column",
    [
        pa.nulls(9),
        pa.nulls(9, pa.string()),
        pa.nulls(9, pa.large_string()),
        pa.nulls(9, pa.string_view()),
        pa.nulls(9, pa.string()).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0] * 9), pa.nulls(1)),
        pa.DictionaryArray.from_arrays(pa.nulls(9, pa.int8()), pa.array(["E119"])),
        pa.array(["E119"] * 9).filter(pa.nulls(9, pa.bool_()), null_selection_behavior="emit_null"),
    ],
    ids=str,
)
def test_nothing_but_nulls(column: Any) -> None:
    assert identify(column, on=DAY).to_pylist() == [NOTHING] * 9
    assert identify(column, on=[date(2026, 6, 1)] * 9).to_pylist() == [NOTHING] * 9


@kernel_only
@pytest.mark.parametrize("last", ["QA0.0109", "E11.9", "99213", "", "123456789", "é", "12345678"])
def test_the_very_end_of_the_bytes(last: str) -> None:
    """Nothing is read behind the end, and what stands there is read nevertheless."""
    for before in (["0SRB02A"], [""], [], ["E119", "E11"]):
        pieces = [text.encode() for text in (*before, last)]
        ends = np.cumsum([0, *map(len, pieces)]).astype(np.int32)
        data = np.frombuffer(b"".join(pieces), np.uint8)
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(data)]
        column = pa.Array.from_buffers(pa.string(), len(pieces), buffers)
        assert_equal([*before, last], identify(column, on=DAY).to_pylist(), on=DAY)


@kernel_only
def test_texts_that_differ_by_their_length_only() -> None:
    texts = [text[:n] for text in ("E11.9", "0SRB02A", "99213", "250.00") for n in range(8)]
    texts += ["E119" + "\0" * n for n in range(5)] + ["E119" + "ÿ" * n for n in range(3)]
    assert_same(texts, on=DAY)


@kernel_only
def test_more_than_the_kernel_takes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks on several threads, the last one short; dirt and nulls in all of them."""
    monkeypatch.setattr(kernel, "CHUNK", 1 << 13)
    chance = random.Random(8)
    texts: list[str | None] = [*sampled_texts(30, "long"), *ADVERSARIAL, None]
    right = {text: expected(text, on=DAY) for text in texts}
    column = chance.choices(texts, k=2 * kernel.CHUNK + 4_321)
    rows = identify(pa.array(column, pa.string()), on=DAY).to_pylist()
    assert all(row == right[text] for text, row in zip(column, rows, strict=True))
    halves = pa.chunked_array([column[: kernel.CHUNK + 1], column[kernel.CHUNK + 1 :]])
    assert identify(halves, on=DAY).to_pylist() == rows
    on = [date(2026, 6, 1), date(2026, 6, 1), None] * (len(column) // 3 + 1)
    dated = identify(pa.array(column), on=on[: len(column)]).to_pylist()
    none = identify(pa.nulls(1), on=DAY).to_pylist()[0]
    assert dated == [none if day is None else row for day, row in zip(on, rows, strict=False)]


@kernel_only
@pytest.mark.parametrize("cores", [1, 2, 64])
def test_any_number_of_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "CHUNK", 104)
    monkeypatch.setattr(pa, "cpu_count", lambda: cores)
    assert_same(sampled_texts(20, "cores"), on=DAY)


@kernel_only
def test_more_chunks_than_threads() -> None:
    texts = sampled_texts(40, "chunks")
    chunks = [texts[place : place + 7] for place in range(0, len(texts), 7)]
    answer = identify(pa.chunked_array(chunks), on=DAY)
    assert answer.num_chunks == len(chunks)
    assert_equal(texts, answer.to_pylist(), on=DAY)


def test_short_and_long_columns_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """On either side of the length from which the kernel takes over."""
    texts = (sampled_texts(80, "length") * 10)[: api._FEW + 1]
    assert len(texts) == api._FEW + 1
    with monkeypatch.context() as patch:
        patch.setattr(tables.Tables, "ready", False)
        short = identify(pa.array(texts[:-1]), on=DAY)
    long = identify(pa.array(texts), on=DAY)
    assert long.type == short.type
    assert long.to_pylist()[:-1] == short.to_pylist()


# -- the columns of the answer --------------------------------------------------------------------

_TYPES = {
    "system": pa.dictionary(pa.int8(), pa.string()),
    "code": pa.string(),
    "status": pa.dictionary(pa.int8(), pa.string()),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "range": pa.dictionary(pa.int32(), pa.string()),
    "ambiguous": pa.bool_(),
    "can_be_principal": pa.bool_(),
    "valid_from": pa.date32(),
    "valid_to": pa.date32(),
}


def _type(wanted: Iterable[str]) -> Any:
    return pa.struct([(name, _TYPES[name]) for name in wanted])


@both_paths
@pytest.mark.parametrize(
    "wanted",
    [
        FIELDS,
        FIELDS[::-1],
        *((name,) for name in FIELDS),
        ("status", "system"),
        ("code", "category"),
        ["range"],
    ],
    ids=str,
)
def test_fields(wanted: Sequence[str]) -> None:
    for column in (TEXTS, ["E119", "99213"]):
        answer = identify(pa.array(column), on=DAY, fields=wanted)
        assert answer.type == _type(wanted)
        for text, row in zip(column, answer.to_pylist(), strict=True):
            right = expected(text, on=DAY)
            assert list(row.items()) == [(name, right[name]) for name in wanted]
        on = [date(2026, 6, 1)] * len(column)
        assert identify(pa.array(column), on=on, fields=iter(wanted)).equals(answer)


def test_all_fields_by_default() -> None:
    assert identify(pa.array(["I10"])).type == _type(FIELDS)
    assert tuple(_TYPES) == FIELDS


@pytest.mark.parametrize(
    ("wanted", "error", "words"),
    [
        (["system", "name"], ValueError, "different ones of system, code"),
        (["system", "system"], ValueError, "different ones of system, code"),
        ("system", TypeError, r"pass a list: \['system'\]"),
        ([], ValueError, "different ones of system, code"),
        ([1], ValueError, "different ones of system, code"),
    ],
)
def test_wrong_fields(wanted: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        identify(["I10"], fields=wanted)


# -- columns of other kinds -----------------------------------------------------------------------


@both_paths
def test_lists_and_tuples() -> None:
    for column in (TEXTS, tuple(TEXTS)):
        answer = identify(column, on=DAY)
        assert type(answer) is list
        assert_equal(TEXTS, answer, on=DAY)
    assert identify([], on=DAY) == []


@both_paths
def test_lone_surrogates() -> None:
    """No text is an error, not even one that is no Unicode."""
    texts = ["I10", "\ud800", "E11.9\udfff"]
    assert_equal(texts, identify(texts, on=DAY), on=DAY)
    rows = identify(np.array(texts, object), on=DAY).tolist()
    assert_equal(texts, [dict(zip(FIELDS, row, strict=True)) for row in rows], on=DAY)


@both_paths
def test_numpy() -> None:
    texts = [text or "" for text in TEXTS]
    for column, asked in (
        (np.array(texts), texts),
        (np.array(TEXTS, object), TEXTS),
        (np.array([float("nan") if text is None else text for text in TEXTS], object), TEXTS),
    ):
        answer = identify(column, on=DAY)
        assert isinstance(answer, np.ndarray)
        assert answer.dtype.names == FIELDS
        rows = [dict(zip(FIELDS, row, strict=True)) for row in answer.tolist()]
        assert_equal(asked, rows, on=DAY)
    for column in (np.array("I10"), np.str_("I10"), np.array([["I10"]])):
        with pytest.raises(TypeError):
            identify(column, on=DAY)


@both_paths
def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    index = [f"row {number}" for number in range(len(TEXTS))]
    series = pandas.Series(TEXTS, dtype=object, index=index, name="code")
    missing = series.copy()
    missing.iloc[[1, 8]] = [pandas.NA, float("nan")]
    chunked = pa.chunked_array([TEXTS[:4], TEXTS[4:]], pa.string())
    for column in (
        series,
        missing,
        series.astype("string[pyarrow]"),
        series.astype("string[python]"),
        series.astype("category"),
        series.astype(pandas.ArrowDtype(pa.string())),
        series.astype(pandas.ArrowDtype(pa.large_string())),
        pandas.Series(chunked, index=index, dtype=pandas.ArrowDtype(pa.string())),
        pandas.Series(series.tolist(), index=index),
    ):
        answer = identify(column, on=DAY)
        assert isinstance(answer, pandas.DataFrame)
        assert list(answer.columns) == list(FIELDS)
        assert answer.index.equals(series.index)
        assert str(answer["valid_from"].dtype).startswith("datetime64")
        assert answer["system"].dtype == "category"
        assert_equal(TEXTS, _plain(answer), on=DAY)
    empty = identify(series.iloc[:0], on=DAY, fields=["code", "status"])
    assert list(empty.columns) == ["code", "status"]
    assert len(empty) == 0
    assert len(identify(series, on=DAY, fields=["code"])) == len(TEXTS)


def _plain(frame: Any) -> Rows:
    """The rows of a pandas frame, whatever it writes for null."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for row in rows:
        for name in ("valid_from", "valid_to"):
            row[name] = None if row[name] is None else row[name].date()
    return list(rows)


@both_paths
def test_polars() -> None:
    polars = pytest.importorskip("polars")
    texts = [text for text in TEXTS if text is not None]
    for column in (
        polars.Series("code", TEXTS),
        polars.Series("code", TEXTS, dtype=polars.Categorical),
        polars.Series("code", TEXTS, dtype=polars.Enum(texts)),
        polars.concat([polars.Series(TEXTS[:3]), polars.Series(TEXTS[3:])], rechunk=False),
        polars.Series(["x", *TEXTS, "y"])[1:-1],
    ):
        answer = identify(column, on=DAY)
        assert isinstance(answer, polars.DataFrame)
        assert answer.columns == list(FIELDS)
        assert answer.schema["valid_from"] == polars.Date
        assert answer.schema["code"] == polars.String
        assert answer.schema["ambiguous"] == polars.Boolean
        assert_equal(TEXTS, answer.to_dicts(), on=DAY)
    nulls = identify(polars.Series([None, None]), on=DAY)
    assert nulls.to_dicts() == [NOTHING] * 2
    assert identify(polars.Series([], dtype=polars.String), on=DAY).height == 0
    assert identify(polars.Series(TEXTS), on=DAY, fields=["code"]).height == len(TEXTS)


@both_paths
@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([99213]), "int64, not text.*lost their leading zeros"),
        (pa.array([99213], pa.uint32()), "lost their leading zeros"),
        (pa.array([250.0]), "double, not text.*lost their leading zeros"),
        (pa.array([1]).cast(pa.decimal128(38)), "lost their leading zeros"),
        (pa.array([99213]).dictionary_encode(), "lost their leading zeros"),
        (pa.chunked_array([pa.array([1])]), "lost their leading zeros"),
        (pa.array([b"E119"]), "binary, not text: decode it"),
        (pa.array([b"E119"], pa.large_binary()), "decode it"),
        (pa.array([b"E119"], pa.binary(4)), "decode it"),
        (pa.array([["E119"]]), "list<.*not text"),
        (pa.array([{"code": "E119"}]), "struct<code: string>, not text"),
        (pa.table({"code": ["E119"]}), "struct<code: string>, not text"),
        (pa.array([date(2026, 1, 1)]), "date32.*not text: codes are text"),
        (pa.array([datetime(2026, 1, 1)]), "timestamp.*not text"),
        (pa.array([True]), "bool, not text"),
        (["E119", 99213], "place 1, 99213, is int, not text.*leading zeros"),
        (["E119", 250.0], "place 1, 250.0, is float, not text.*leading zeros"),
        ([b"E119"], "place 0, b'E119', is bytes, not text: decode it"),
        ([["E119"]], r"place 0, \['E119'\], is list"),
        ([None, True], "place 1, True, is bool"),
        ([date(2026, 1, 1)], "is date, not text"),
        ([np.array(["E119", "E11"])], "is ndarray, not text"),
        (np.array([99213]), "leading zeros"),
        (np.array([250.0]), "leading zeros"),
        (np.array([b"E119"]), "decode it"),
        (np.array(["2026-01-01"], "M8[D]"), "is date, not text"),
        ("E119", "not str; for one code, use medcodes.identify"),
        (b"E119", "not bytes"),
        (None, "not NoneType"),
        (99213, "not int"),
        ({"code": "E119"}, "not dict"),
        (iter(["E119"]), "not list_iterator"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_no_column_of_texts(column: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        identify(column, on=DAY)


@both_paths
def test_what_is_no_column_of_texts_in_pandas_and_polars() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for column in (
        pandas.Series([99213]),
        pandas.Series([99213, None]),
        pandas.Series([99213, "E119"], dtype=object),
        pandas.Series([99213], dtype="category"),
        polars.Series([99213]),
        polars.Series([250.0]),
    ):
        with pytest.raises(TypeError, match="leading zeros"):
            identify(column, on=DAY)
    for column in (
        pandas.Series([b"E119"]),
        pandas.Series([["E119"]]),
        pandas.Series(pandas.to_datetime(["2026-01-01"])),
        pandas.DataFrame({"code": ["E119"]}),
        polars.Series([["E119"]]),
        polars.Series([date(2026, 1, 1)]),
        polars.DataFrame({"code": ["E119"]}),
    ):
        with pytest.raises(TypeError, match="text"):
            identify(column, on=DAY)


# -- inside ---------------------------------------------------------------------------------------


def is_in_ranges(code: str) -> bool:
    """Whether a number is in a deepest range of CPT, or noted as ended."""
    number = state.in_ranges(code, reference.ranges("cpt"), None)
    return number == LISTED_ELSEWHERE or number <= ENDED


def every_text() -> set[str]:
    """Listed and plausible codes in both spellings."""
    texts: set[str] = set()
    for system in SYSTEMS:
        for code in compact_codes(system):
            if system != "cpt" or is_in_ranges(code):
                texts |= {code, formats.dotted(code, formats.of(system).dot_after(code))}
    return texts


def test_every_text_is_found_and_no_other() -> None:
    texts, kinds, count = BUNDLED.index.keys, BUNDLED.index.kinds, BUNDLED.index.kind_count
    known = keys.keys_of(sorted(every_text()))
    assert sorted(texts.tolist()) == sorted(known.tolist())
    table = hashtable.build(texts, kinds, count)
    taken = table.records & np.uint64((1 << table.bits) - 1)
    assert np.count_nonzero(taken < table.limit) == len(known)
    random_keys = np.random.default_rng(1).integers(0, 2**64, 200_000, np.uint64, endpoint=False)
    near = known[:100_000] ^ np.uint64(1 << 33)
    # What an empty slot holds, read back as a text, is none either.
    empty = np.flatnonzero(taken == (1 << table.bits) - 1)[:1_000]
    # Its product is greater than all others: a sorted table is looked through to its end.
    last = np.array([-1], np.int64).view(np.uint64) * inverse(hashtable._MULTIPLIERS[0])
    listed = set(known.tolist())
    for either in (table, hashtable.in_order(texts, kinds)):
        found, missed = either.find(texts)
        assert len(missed) == 0
        assert (found == kinds).all()
        for others in (random_keys, near, look_alikes(table, empty), last):
            _, missed = either.find(others)
            strange = np.array([key not in listed for key in others.tolist()])
            assert missed.tolist() == np.flatnonzero(strange).tolist()


def inverse(multiplier: np.uint64) -> np.uint64:
    found: np.uint64 = np.uint64(pow(int(multiplier), -1, 2**64))
    return found


def look_alikes(table: hashtable.HashTable, slots: Any) -> Any:
    """The integers that hash to slots, and agree with the bits of products that those hold."""
    low = table.records[slots] >> np.uint64(table.bits)
    buckets = hashtable._buckets(low, table.bits)
    home = slots.astype(np.uint64) ^ table.offsets[buckets]
    products = home << np.uint64(64 - table.bits) | low
    return products * inverse(table.multiplier)


def test_the_empty_text_is_in_no_table() -> None:
    """Long texts have the same integer."""
    assert BUNDLED.table.find(np.zeros(1, np.uint64))[1].tolist() == [0]


@pytest.mark.parametrize("count", [0, 1, 2, 1_000, 100_000])
def test_no_two_keys_of_a_table_share_a_slot(count: int) -> None:
    random_keys = np.unique(np.random.default_rng(count).integers(0, 2**64, count, np.uint64))
    values = np.arange(len(random_keys)) % 1_000
    table = hashtable.build(random_keys, values, 1_000)
    found, missed = table.find(random_keys)
    assert (found == values).all()
    assert len(missed) == 0


def test_keys_that_no_offset_would_part_get_another_multiplier() -> None:
    first = hashtable._MULTIPLIERS[0]
    products = np.array([5 << 29 | 1, 5 << 29 | 2, 6 << 29], np.uint64)
    table = hashtable.build(products * inverse(first), np.arange(3), 3)
    assert table.multiplier != first
    assert table.find(products * inverse(first))[0].tolist() == [0, 1, 2]


def test_kinds_that_mix_into_one_number_are_mixed_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    histories = np.array([[0, 1, 0], [0, 0, 1]], np.int16)
    places = np.array([[0, 0, 0], [1, 2, 1]], np.int32)
    monkeypatch.setattr(index, "_MIXERS", [np.uint64(0)] * 2 + index._MIXERS)
    kinds, examples = index._kinds(index._fact(histories, places))
    assert len(set(kinds.tolist())) == len(examples) == 3


def test_shapes_fit_as_formats_do() -> None:
    chance = random.Random(4)
    alphabet = "0123456789ABDEFHIJOTUVXZ.\0"
    texts = ["".join(chance.choices(alphabet, k=chance.randrange(9))) for _ in range(20_000)]
    texts += [text[:8] for text in sampled_texts(60, "shapes") if text.isascii()]
    texts = [text.rstrip("\0") for text in texts]
    numbers = BUNDLED.shapes.of(keys.keys_of(texts)).tolist()
    for text, number in zip(texts, numbers, strict=True):
        found = [SYSTEMS[place] for place in np.flatnonzero(BUNDLED.shapes.fits[number])]
        assert found == [shape.system for shape in formats.fitting(text)], text
        assert BUNDLED.shapes.fits_none[number] == (not found)


def test_canonical_forms() -> None:
    for number, system in enumerate(SYSTEMS):
        codes = sample(compact_codes(system), 3_000, system)
        right = [formats.dotted(code, formats.of(system).dot_after(code)) for code in codes]
        for spelled in (codes, right):
            own = keys.keys_of(spelled)
            after = BUNDLED.shapes.dot_after[number, own.view(np.uint8)[::8]]
            assert keys.strings(keys.dotted(own, after)).to_pylist() == right
            assert keys.strings(keys.undotted(own)).to_pylist() == codes


def assert_filed(system: str, codes: Iterable[str]) -> None:
    """The label and the range of each code's category are those of the last of its categories."""
    # A number in a gap between CPT's sections is unknown, and filed nowhere.
    codes = [one for one in codes if system != "cpt" or is_in_ranges(one)]
    dotted = [formats.dotted(code, formats.of(system).dot_after(code)) for code in codes]
    right = []
    for code in codes:
        path = categories.categories(system, code)
        right.append((path[-1].label, path[-1].range) if path else None)
    found = BUNDLED.categories(date(2027, 1, 1))
    row = SYSTEMS.index(system)
    for spelled in (codes, dotted):
        kinds, _ = BUNDLED.table.find(keys.keys_of(spelled))
        places = found.places.numbers[row, kinds]
        found.name(np.unique(places))
        texts = [[*found.places.dictionary(field).to_pylist(), None] for field in FILED]
        labels, ranges = (
            [own[position] for position in found.positions(field)[places]]
            for own, field in zip(texts, FILED, strict=True)
        )
        assert [
            None if label is None else (label, range_)
            for label, range_ in zip(labels, ranges, strict=True)
        ] == right


FILED = [field for field in fields.FIELDS if field.source is fields.Source.CATEGORY]


@pytest.mark.parametrize("system", SYSTEMS)
def test_sampled_codes_are_filed(system: str) -> None:
    assert_filed(system, sample(compact_codes(system), 3_000, system))


@pytest.mark.sources
@pytest.mark.parametrize("system", SYSTEMS)
def test_all_codes_are_filed(system: str) -> None:
    assert_filed(system, compact_codes(system))


def test_distinct() -> None:
    first, numbers = keys.distinct(keys.keys_of(["a", "b", "a"]))
    assert first[numbers].tolist() == [0, 1, 0]
    first, numbers = keys.distinct(keys.keys_of([]))
    assert len(first) == len(numbers) == 0


def test_columns_and_days_are_told_apart() -> None:
    assert not any(map(interop.is_column, (None, date.min, datetime.min, "2026-01-01")))
    assert all(map(interop.is_column, ([], pa.array([]), 5)))


# -- everything -----------------------------------------------------------------------------------


@pytest.mark.sources
@kernel_only
@pytest.mark.parametrize("day", DAYS[:3])
@pytest.mark.parametrize("system", SYSTEMS)
def test_all_codes_in_all_spellings(system: str, day: str) -> None:
    codes = compact_codes(system)
    for start in range(0, len(codes), 20_000):
        part = codes[start : start + 20_000]
        assert_same([text for code in part for text in spellings(system, code)], on=day)


@pytest.mark.sources
@kernel_only
def test_all_codes_of_all_systems_on_a_day_each() -> None:
    chance = random.Random(9)
    for system in SYSTEMS:
        codes = sample(compact_codes(system), 60_000)
        pairs = [
            (code, date(2000, 1, 1) + timedelta(days=30 * chance.randrange(320))) for code in codes
        ]
        assert_same_on_days(pairs)


# -- dirt -----------------------------------------------------------------------------------------

_DIRT = [
    *(".", ":", ";", ",", "..", "'", '"', "`", "=", '="', " ", "  ", "-", "_", "|", "\t", "\0"),
    *("\u00a0", "\u200b", "“", "”", "®", "。", "X", "x", "*", "%", "(", ")", "/", "é", "９"),
    *("25", "59", "LT", "CPT", "ICD-10-CM", "I10", "DX1", "HC", "ABK", "99213", "E11.9"),
    *("http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90"),
]


def dirty_texts(count: int, seed: int) -> list[str]:
    """Codes of all systems with dirt around them and inside."""
    chance = random.Random(seed)

    def some(most: int) -> str:
        return "".join(chance.choice(_DIRT) for _ in range(chance.randint(0, most)))

    texts = []
    codes = [(system, chance.choices(compact_codes(system), k=count)) for system in SYSTEMS]
    for number in range(count):
        system, of_system = chance.choice(codes)
        code = of_system[number]
        if chance.random() < 0.5:
            code = formats.dotted(code, formats.of(system).dot_after(code))
        if chance.random() < 0.2:
            code = code.lower()
        for _ in range(chance.randint(0, 2)):
            place = chance.randint(0, len(code))
            code = code[:place] + some(1) + code[place:]
        texts.append(f"{some(2)}{code}{some(2)}" if chance.random() < 0.7 else code)
    return texts


@kernel_only
def test_dirty_texts() -> None:
    texts = dirty_texts(15_000, 1)
    assert_same(texts, on=DAY)
    assert_same(texts[:3_000], on="2012-06-01", kind="diagnosis")


def garbage(count: int, seed: int) -> list[str]:
    """What other columns hold, and what is nearly a code behind a name of a system."""
    chance = random.Random(seed)
    letters, near = string.ascii_lowercase, "0123456789ABEIV.. -_:|,;'\"`= "
    printable, mixed = string.printable, string.ascii_letters + string.digits
    drawn = "éñçøцук中文日本ｅ１９Ａ．　®™\u00a0\u200b\ufeff\u00ad–—‘’“”。«»µ²ΑΒΕ"
    known = [*names.KNOWN.ids_by_key, *names.OTHER, "http", "urn:oid:"]
    called = [name.replace("#", "3") for name in known]

    def word(alphabet: str, least: int, most: int) -> str:
        return "".join(chance.choices(alphabet, k=chance.randint(least, most)))

    def name() -> str:
        one = chance.choice(called)
        place = chance.randint(0, len(one))
        one = one[:place] + chance.choice(["", "", "-", "_", ".", " "]) + one[place:]
        return one.upper() if chance.random() < 0.5 else one

    kinds: list[Callable[[], str]] = [
        lambda: word(printable, 1, 30),
        lambda: word(printable, 1, 9),
        lambda: word(mixed, 1, 12),
        lambda: word(mixed + ". ", 3, 9),
        lambda: " ".join(word(letters, 1, 8) for _ in range(chance.randint(1, 6))),
        lambda: str(uuid.UUID(int=chance.getrandbits(128))),
        lambda: str(chance.randrange(10 ** chance.randint(1, 15))),
        lambda: f"{chance.random() * 10 ** chance.randint(0, 6):.{chance.randint(0, 5)}f}",
        lambda: f"{word(letters, 2, 9)}@{word(letters, 2, 9)}.com",
        lambda: f"{chance.randint(1, 12)}/{chance.randint(1, 31)}/{chance.randint(1990, 2030)}",
        lambda: word(mixed + drawn, 1, 14),
        lambda: word(near, 1, 9) + chance.choice(drawn) + word(near, 0, 5),
        lambda: word(near, 1, 16),
        lambda: name() + word(" :|-", 1, 2) + word(mixed + ". ", 0, 9),
        lambda: name() + word(" :|-", 0, 1) + word(letters, 0, 8) + word(" .", 0, 1),
        lambda: word("ABC012", 3, 7) + word("      .-,", 0, 9) + word("ABC012", 0, 4),
        lambda: word("0123", 4, 5) + word(" -,:|_", 1, 2) + word(mixed, 0, 3) + word(" -,:", 0, 1),
    ]
    return [chance.choice(kinds)() for _ in range(count)]


@kernel_only
def test_garbage() -> None:
    texts = garbage(15_000, 1)
    assert_same(texts, on=DAY)
    assert_same(texts[:3_000], on="2012-06-01", kind="procedure")
    day_of = [date(2026, 6, 1), date(2012, 6, 1), None]
    assert_same_on_days([(text, day_of[n % 3]) for n, text in enumerate(texts[:1_000])])


@kernel_only
@pytest.mark.parametrize("texts", [["", "", ""], ["", "E11.9", "é"], ["é" * 4, "E11\u00a0"]])
def test_no_bytes_and_few(texts: list[str]) -> None:
    assert_same(texts, on=DAY)


@pytest.mark.sources
@kernel_only
def test_a_million_texts_of_garbage() -> None:
    for seed in range(20):
        assert_same(garbage(50_000, seed), on=DAYS[seed % 2])


@kernel_only
@pytest.mark.parametrize("seed", [1, 16])
def test_modifiers(seed: int) -> None:
    chance = random.Random(seed)
    codes = [code for name in SYSTEMS for code in chance.choices(compact_codes(name), k=400)]
    texts = []
    for code in codes:
        head = chance.choice(["", "", "HC:", "CPT ", "ABK:", "HCPCS|", "HC: ", "x ", '"', "CPT-"])
        tail = chance.choice(
            ["-25", " 59", ":25:59", ",LT", "-", "--", "-255", "-é", "-25-59 LT:RT"]
        )
        texts.append(head + code + tail + chance.choice(["", "", " ", ".", ":", '"']))
    assert_same(texts, on=DAY)
    assert_same(texts[:800], on="2012-06-01", kind="procedure")
    day_of = [date(2026, 6, 1), date(2012, 6, 1), None]
    assert_same_on_days([(text, day_of[n % 3]) for n, text in enumerate(texts[:1_000])])


@pytest.mark.sources
@kernel_only
def test_a_million_dirty_texts() -> None:
    for seed in range(20):
        assert_same(dirty_texts(50_000, seed), on=DAYS[seed % 2])


@pytest.mark.parametrize("kind", ["list", "numpy", "pandas"])
def test_days_in_several_time_zones(kind: str) -> None:
    west = timezone(timedelta(hours=-5))
    days: list[Any] = [
        datetime(2020, 4, 1, 2, tzinfo=timezone.utc),
        datetime(2020, 3, 31, 23, tzinfo=west),  # already April in UTC
        date(2020, 4, 1),
        None,
    ]
    column: Any = days
    if kind == "numpy":
        column = np.array(days, dtype=object)
    elif kind == "pandas":
        column = pytest.importorskip("pandas").Series(days, dtype=object)
    answer = identify(["U071"] * 4, on=column, fields=["status"])
    assert [row["status"] for row in answer] == ["valid", "future", "valid", None]


# -- long and short columns -----------------------------------------------------------------------


def test_warming_builds_the_tables() -> None:
    classifier = medcodes.Classifier(reference=reference.Reference())
    own = tables.of(classifier.reference)
    assert not own.ready
    columns.warm(on=DAY, classifier=classifier)
    assert isinstance(own.table, hashtable.HashTable)
    assert_equal(TEXTS, identify(TEXTS, on=DAY, classifier=classifier), on=DAY)


def test_short_columns_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_FEW", 2 * len(TEXTS))
    classifier = medcodes.Classifier(reference=reference.Reference())
    own = tables.of(classifier.reference)
    asked = columns.ask(on=DAY, classifier=classifier, threads=1)
    for built in (False, False, True):
        assert_equal(TEXTS, asked.identify(TEXTS), on=DAY)
        assert own.ready is built
    assert isinstance(own.table, hashtable.SortedTable)
    monkeypatch.setattr(api, "_MANY", 4 * len(TEXTS))
    for kind in (hashtable.SortedTable, hashtable.HashTable):
        assert_equal(TEXTS, asked.identify(TEXTS), on=DAY)
        assert isinstance(own.table, kind)
    # A call for itself counts its own values alone.
    other = medcodes.Classifier(reference=reference.Reference())
    for _ in range(3):
        identify(TEXTS, on=DAY, classifier=other)
    assert not tables.of(other.reference).ready


def test_a_day_in_place_of_the_day_asked_about() -> None:
    asked = columns.ask(on="2020-03-31", fields=["status"])
    assert asked.identify(["U071"]) == [{"status": "future"}]
    assert asked.identify(["U071"], "2020-04-01") == [{"status": "valid"}]
    assert asked.identify(["U071"], [date(2020, 4, 1)]) == [{"status": "valid"}]


def test_texts_too_long_for_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system of longer codes is answered text by text, however long the column is."""
    monkeypatch.setattr(api, "_FEW", 1)
    long = attrs.evolve(
        formats.HCPCS,
        system="local",
        variants=(attrs.evolve(formats.HCPCS.variants[0], positions=("X",) * 9, shortest=9),),
    )
    assert not shapes.Shapes(formats.Formats([*formats.ALL, long])).can_tell
    classifier = medcodes.Classifier(reference=reference.Reference())
    monkeypatch.setattr(tables.of(classifier.reference).shapes, "can_tell", False)
    assert_equal(TEXTS, identify(TEXTS, on=DAY, classifier=classifier), on=DAY)
    columns.warm(classifier=classifier)
    assert not tables.of(classifier.reference).ready


def test_what_is_drawn_after_ascii_is_left_to_the_reader() -> None:
    drawn = [
        chr(code)
        for code in range(0x80, 0x11_0000)
        if not 0xD800 <= code < 0xE000 and reading.read(f"E{chr(code)}1").core.isascii()
    ]
    assert len(drawn) > 100
    texts = pa.array([f"E{character}1" for character in drawn])
    for may_be in (BUNDLED.cleaner.may_be_code, BUNDLED.cleaner.may_be_more):
        assert may_be(texts).tolist() == list(range(len(drawn)))


# -- fields on request -----------------------------------------------------------------------------


@both_paths
@pytest.mark.parametrize("on", [DAY, [date(2020, 1, 1), date(2026, 6, 1), None] * 300])
def test_fields_on_request_say_what_identify_says(on: Any) -> None:
    texts = [*TEXTS, "99213-25-59", "J1885 59", "U07.1", "R05", "zzz!", "E11.9;I10"]
    column = [texts[place % len(texts)] for place in range(900)]
    found = identify(pa.array(column), on=on, fields=["title", "code", "reason", "modifiers"])
    days = [on] * 900 if isinstance(on, str) else on
    for text, day, row in zip(column, days, found.to_pylist(), strict=True):
        answer = None if text is None or day is None else medcodes.identify(text, on=day)
        assert row == {
            "title": None if answer is None else answer.title,
            "code": None if answer is None else answer.code,
            "reason": None if answer is None else answer.reason,
            "modifiers": None if answer is None else " ".join(answer.modifiers) or None,
        }
    alone = identify(pa.array(column), on=on, fields=["title"])
    assert alone.field("title").equals(found.field("title"))
