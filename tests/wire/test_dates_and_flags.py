"""INTERNALDATE, the days of SEARCH, flags, limits, and the type of secrets."""

from __future__ import annotations

import datetime as dt
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import LocalProtocolError, UsageError
from outlookimap.wire import dates, flags
from outlookimap.wire.building import Style
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Secret, join, masked


def zone(hours: float) -> dt.timezone:
    return dt.timezone(dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    ("octets", "moment"),
    [
        (b"17-Jul-1996 02:44:25 -0700", dt.datetime(1996, 7, 17, 2, 44, 25, tzinfo=zone(-7))),
        (b" 7-Feb-1994 21:52:25 -0800", dt.datetime(1994, 2, 7, 21, 52, 25, tzinfo=zone(-8))),
        (b"28-Aug-2022 16:47:29 +0530", dt.datetime(2022, 8, 28, 16, 47, 29, tzinfo=zone(5.5))),
    ],
)
def test_a_date_time_names_a_moment(octets: bytes, moment: dt.datetime) -> None:
    assert dates.parse_date_time(octets) == moment
    assert dates.is_strict(octets)
    assert dates.write_date_time(moment).replace(b"07-", b" 7-") == octets


@pytest.mark.parametrize(
    ("octets", "named"),
    [
        (b"7-Feb-1994 21:52:25 -0800", True),
        (b"07-feb-1994 21:52:25 -0800", True),
        (b"00-Jan-0000 00:00:00 +0000", False),
        (b"00-Jan-2020 00:00:00 +0000", False),
        (b"31-Feb-1994 21:52:25 -0800", False),
        (b"07-Feb-1994 29:52:25 -0800", False),
        (b"", False),
        (b"yesterday", False),
        (b"\xff", False),
    ],
)
def test_a_date_time_that_is_not_strict(octets: bytes, named: bool) -> None:
    assert not dates.is_strict(octets)
    assert (dates.parse_date_time(octets) is not None) is named


def test_days_that_a_server_makes_up_take_no_endless_memory() -> None:
    known = dates._Days()
    for number in range(10_000):
        day = f"{number % 28 + 1:2d}-Feb-{number // 28 + 1900}"
        assert known[day] == f"{number // 28 + 1900}-02-{number % 28 + 1:02d}T"
    assert len(known) == 8192


def test_a_moment_without_zone_is_local_time() -> None:
    moment = dt.datetime(2022, 8, 28, 16, 47, 29)
    assert dates.parse_date_time(dates.write_date_time(moment)) == moment.astimezone()


def test_a_year_of_three_digits_has_no_date_time() -> None:
    with pytest.raises(LocalProtocolError, match="cannot be written"):
        dates.write_date_time(dt.datetime(987, 1, 1, tzinfo=dt.UTC))


@given(st.one_of(st.binary(max_size=40), st.text("0123456789-: +JanFeb", max_size=30).map(str.encode)))
def test_any_octets_are_a_moment_or_none(octets: bytes) -> None:
    assert isinstance(dates.parse_date_time(octets), dt.datetime | None)
    assert isinstance(dates.parse_date(octets), dt.date | None)


@given(
    day=st.integers(0, 39), hour=st.integers(0, 29), second=st.integers(0, 69), offset=st.integers(-9999, 9999),
    year=st.integers(0, 9999),
)  # fmt: skip
def test_any_digits_in_the_fixed_form_are_a_moment_or_none(
    day: int, hour: int, second: int, offset: int, year: int
) -> None:
    octets = b"%02d-Jan-%04d %02d:00:%02d %+05d" % (day, year, hour, second, offset)
    assert dates.is_strict(octets) is (dates.parse_date_time(octets) is not None)


@pytest.mark.parametrize(
    ("octets", "day"),
    [
        (b"1-Feb-1994", dt.date(1994, 2, 1)),
        (b"01-feb-1994", dt.date(1994, 2, 1)),
        (b"31-DEC-9999", dt.date(9999, 12, 31)),
        (b"31-Feb-1994", None),
        (b"1-Foo-1994", None),
        (b"1-Feb-94", None),
        (b"1-Feb-0000", None),
    ],
)
def test_a_day_of_search(octets: bytes, day: dt.date | None) -> None:
    assert dates.parse_date(octets) == day


def test_a_day_is_written_without_a_leading_zero() -> None:
    assert dates.write_date(dt.date(1994, 2, 1)) == b"1-Feb-1994"


@pytest.mark.parametrize(
    ("flag", "spelled"),
    [
        (b"\\SEEN", b"\\Seen"),
        (b"\\hasnochildren", b"\\HasNoChildren"),
        (b"\\noselect", b"\\Noselect"),
        (b"\\Foo", b"\\Foo"),
        (b"$mdnsent", b"$mdnsent"),
    ],
)
def test_a_flag_in_the_spelling_of_its_rfc(flag: bytes, spelled: bytes) -> None:
    assert flags.canonical(flag) == spelled


def test_flags_stand_once_in_the_order_given() -> None:
    assert flags.in_order([b"\\seen", b"x", b"\\Seen", b"X", b"x"]) == (b"\\Seen", b"x", b"X")


@pytest.mark.parametrize("name", ["line", "literal", "nesting", "items", "elements"])
def test_a_limit_is_positive(name: str) -> None:
    with pytest.raises(UsageError, match=f"limit {name}=0"):
        Limits(**{name: 0})


def test_the_limits_that_are_promised() -> None:
    limits = Limits()
    assert (limits.line, limits.literal, limits.nesting, limits.items) == (1 << 20, 256 << 20, 50, 1_000_000)


def test_nesting_has_a_limit_of_its_own() -> None:
    with pytest.raises(UsageError, match="nesting=101"):
        Limits(nesting=101)


def test_a_negative_length_is_no_style() -> None:
    with pytest.raises(UsageError, match="quoted_limit=-1"):
        Style(quoted_limit=-1)


def test_a_secret_shows_nothing() -> None:
    secret = Secret("s\u00e9same")
    assert secret.reveal() == b"s\xc3\xa9same"
    assert len(secret) == 7
    assert "same" not in f"{secret} {secret!r} {hash(secret)}"
    assert Secret(secret) == secret == Secret(b"s\xc3\xa9same")
    assert secret != Secret("sesame")
    assert (secret == b"s\xc3\xa9same") is False
    assert hash(secret) == hash(Secret("other"))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_masked_octets_keep_their_length() -> None:
    pieces = [(b"a LOGIN u ", False), (b"sesame", True), (b"\r\n", False)]
    assert join(pieces) == b"a LOGIN u sesame\r\n"
    assert masked(pieces) == b"a LOGIN u ******\r\n"
