"""Moments as the tables keep them: seconds since 1970."""

from __future__ import annotations

import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND = dt.timedelta(seconds=1)


def seconds(moment: dt.datetime) -> int:
    """Return a moment, which has a zone, as whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // _SECOND


def from_seconds(number: int | None) -> dt.datetime | None:
    """Return the moment in UTC, or None for None."""
    return None if number is None else _EPOCH + dt.timedelta(seconds=number)
