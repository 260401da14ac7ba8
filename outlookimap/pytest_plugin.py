"""For pytest: the fixture `exchange_server`, and the mark that says of which versions it is.

Imports nothing of the package until a test wants a server: pytest loads this wherever the package is installed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from outlookimap.exchange import ExchangeServer

FIXTURE = "exchange_server"
MARK = "exchange"
NEWEST = "2019"
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
"""What may stand before a version in the mark; the two-letter ones come first, for they begin like the others."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(*versions, **options): of which versions the fixture {FIXTURE} is, one test for each: '2013', "
        "'>=2010sp2', '<2013'; options go to ExchangeServer (users, mail, ntlm, ...)",
    )


def pytest_report_header() -> str:
    """Name the versions there are."""
    from outlookimap import __version__
    from outlookimap.profiles import versions

    return f"outlookimap {__version__}: {', '.join(versions('server'))}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each version that the marks name; without a mark there is one, of the newest version."""
    if FIXTURE not in metafunc.fixturenames:
        return
    marks = (mark.args for mark in metafunc.definition.iter_markers(MARK))
    wanted = next((args for args in marks if args), ())  # those of the closest mark that names any
    if not wanted:
        return
    from outlookimap.errors import ProfileError

    try:
        ids = chosen(wanted)
    except ProfileError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: @pytest.mark.{MARK}{wanted}: {error}") from error
    metafunc.parametrize(FIXTURE, ids, indirect=True)


@pytest.fixture
def exchange_server(request: pytest.FixtureRequest) -> Iterator[ExchangeServer]:
    """Start an Exchange for one test: user1 with the password secret unless the mark says otherwise."""
    from outlookimap.exchange import ExchangeServer

    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(MARK))):  # the closest mark has the last word
        options.update(mark.kwargs)
    with ExchangeServer(getattr(request, "param", NEWEST), **options) as server:
        yield server


def chosen(wanted: Iterable[object]) -> list[str]:
    """Return the ids of the versions that fit any of `wanted`, oldest first; raises ProfileError where none fits one.

    Each is a version or a comparison with one (``"2013"``, ``">=2010sp2"``), or several with commas, that all hold.
    """
    from outlookimap.errors import ProfileError
    from outlookimap.profiles import order, versions

    found: set[str] = set()
    for spec in wanted:
        rules = [_rule(part.strip()) for part in str(spec).split(",")]
        fitting = {one for one in versions("server") if all(hold(order(one), order(name)) for hold, name in rules)}
        if not fitting:
            raise ProfileError(f"no version fits {spec!r}; there are: {', '.join(versions('server'))}")
        found |= fitting
    return [one for one in versions("server") if one in found]


def _rule(text: str) -> tuple[Callable[[int, int], bool], str]:
    sign = next((sign for sign in COMPARISONS if text.startswith(sign)), "")
    return COMPARISONS[sign or "=="], text[len(sign) :].strip()
