"""INTERNALDATE: `date-time` and `date` of RFC 3501 section 9.

The conversion is imapclient's, but for the form that nearly all have; this module owns the octets around it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from outlookimap.errors import LocalProtocolError

MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")

_DATE_TIME = re.compile(
    rb"(?: [1-9]|[0-3][0-9])-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{4} "
    rb"[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}"
)
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_NOT_FEBRUARY = rb"(?:Jan|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LONG = rb"(?:Jan|Mar|May|Jul|Aug|Oct|Dec)"
_DAYS = ((rb"(?: [1-9]|0[1-9]|1[0-9]|2[0-8])", _MONTH), (rb"(?:29|30)", _NOT_FEBRUARY), (rb"31", _LONG))
COMMON = (
    rb"(?:" + rb"|".join(day + rb"-" + month for day, month in _DAYS) + rb")-[12][0-9]{3} "
    rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] [+-](?:0[0-9]|1[0-4])[0-5][0-9]"
)
"""A pattern of date-times of the fixed form each of which names a moment; the 29th of February is none of them."""
_COMMON = re.compile(COMMON)
_DATE = re.compile(rb"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})")


class _Days(dict[str, str]):
    """ISO 8601 by the first eleven characters of a `date-time`: mail comes by the day."""

    _MOST = 8192  # a server may make up more than memory holds

    def __missing__(self, day: str) -> str:
        written = f"{day[7:]}-{MONTHS.index(day[3:6].encode()) + 1:02d}-{int(day[:2]):02d}T"
        if len(self) < self._MOST:
            self[day] = written
        return written


_ISO = _Days()


def moments(date_times: Iterable[bytes]) -> list[dt.datetime]:
    """Return the moments of `date_times`, each of which matches `COMMON`."""
    read = dt.datetime.fromisoformat
    spelled = b"\n".join(date_times).decode("ascii").split("\n")
    return [read(f"{_ISO[text[:11]]}{text[12:20]}{text[21:]}") for text in spelled]


def parse_date_time(octets: bytes) -> dt.datetime | None:
    """Return the moment that a `date-time` names, with its zone, or None where it names none (``00-Jan-0000``)."""
    if _COMMON.fullmatch(octets):
        return moments((octets,))[0]
    from imapclient.datetime_util import parse_to_datetime  # here, because few sessions need it and it takes memory

    try:
        moment: dt.datetime = parse_to_datetime(octets.strip(), normalise=False)
        moment.utcoffset()  # a zone of a day and more is an error only when it is asked for
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment


def is_strict(octets: bytes) -> bool:
    """Tell whether the octets between the quotes of a `date-time` have its fixed form and name a moment."""
    return _DATE_TIME.fullmatch(octets) is not None and parse_date_time(octets) is not None


def write_date_time(moment: dt.datetime) -> bytes:
    """Return `moment` as the octets between the quotes of a `date-time`; a naive one is local time."""
    if moment.tzinfo is None:
        moment = moment.astimezone()
    from imapclient.datetime_util import datetime_to_INTERNALDATE

    spelled = datetime_to_INTERNALDATE(moment)
    octets: bytes = spelled.encode("ascii") if isinstance(spelled, str) else spelled
    if not is_strict(octets):
        raise LocalProtocolError(f"{moment!r} cannot be written as a date-time: {octets!r}")
    return octets


def parse_date(octets: bytes) -> dt.date | None:
    """Return the day that a `date` of SEARCH names, or None."""
    match = _DATE.fullmatch(octets)
    if match is None or match[2].capitalize() not in MONTHS:
        return None
    try:
        return dt.date(int(match[3]), MONTHS.index(match[2].capitalize()) + 1, int(match[1]))
    except ValueError:
        return None


def write_date(day: dt.date) -> bytes:
    """Return `day` as a `date` of SEARCH: ``1-Feb-1994``."""
    return b"%d-%s-%04d" % (day.day, MONTHS[day.month - 1], day.year)
