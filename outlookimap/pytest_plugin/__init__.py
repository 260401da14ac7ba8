"""For pytest: the fixtures `outlook`, `exchange_server` and `transcript`, their marks, and recordings as tests.

Here are the hooks and the fixtures. Imports nothing of the package until a test wants it: pytest loads this wherever
the package is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from outlookimap.pytest_plugin import options
from outlookimap.pytest_plugin.versions import chosen, known

if TYPE_CHECKING:
    from outlookimap.exchange import ExchangeServer
    from outlookimap.mail import Outlook
    from outlookimap.pytest_plugin.overheard import Overheard
    from outlookimap.traffic import Transcript

__all__ = ["chosen", "exchange_server", "outlook", "transcript"]

SERVER = "exchange_server"
SERVER_MARK = "exchange"
CLIENT = "outlook"
CLIENT_MARK = "outlook"
NEWEST = "exchange-2019"
SECTION = "IMAP conversation"
SUFFIX = ".imap"

_RECORDED: pytest.StashKey[Callable[[], Transcript]] = pytest.StashKey()
"""Where a test keeps what gives the conversation to show when it fails."""

# ---------------------------------------------------------------- the run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and the ini line."""
    options.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known, and refuse options that cannot be used."""
    config.addinivalue_line(
        "markers",
        f"{SERVER_MARK}(*versions, **options): of which versions the fixture {SERVER} is, one test for each: '2013', "
        "'>=2010sp2', '<2013'; options go to ExchangeServer (users, mail, ntlm, ...)",
    )
    config.addinivalue_line(
        "markers",
        f"{CLIENT_MARK}(*versions, **options): as which versions the fixture {CLIENT} behaves, one test for each: "
        "'2013', '<2013', all without; options go to Outlook (timeout, guard, ...) and Policy (mechanisms, ...)",
    )
    config.stash[options.SERVER] = options.server_under_test(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name the versions there are, and the server the tests meet."""
    from outlookimap import __version__

    server = config.stash.get(options.SERVER, None)
    tested = f"the embedded {NEWEST}, where no mark says otherwise" if server is None else server.url
    return [
        f"outlookimap {__version__}: {', '.join(known('client'))}; {', '.join(known('server'))}",
        f"outlookimap, server under test: {tested}",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each version that the marks name.

    Without a mark there is one Exchange, the newest, and every Outlook: whoever serves one has to serve all.
    """
    client, server = _asks_for(metafunc, CLIENT), _asks_for(metafunc, SERVER)
    if client:
        metafunc.parametrize(CLIENT, _versions(metafunc, CLIENT_MARK, "client") or known("client"), indirect=True)
    if (client or server) and (servers := _versions(metafunc, SERVER_MARK, "server")):
        if not server:
            metafunc.fixturenames.append(SERVER)  # the fixture of the client asks for it only when it runs
        metafunc.parametrize(SERVER, servers, indirect=True)


def _asks_for(metafunc: pytest.Metafunc, name: str) -> bool:
    """Tell whether a test asks for a fixture of ours: others may have one of that name, or a parameter."""
    if name not in metafunc.fixturenames or name in _parameters(metafunc):
        return False
    definitions = getattr(metafunc, "_arg2fixturedefs", {}).get(name, ())
    return not definitions or getattr(definitions[-1].func, "__module__", __name__) == __name__


def _parameters(metafunc: pytest.Metafunc) -> set[str]:
    """Return the names of what the marks of a test parametrize."""
    found: set[str] = set()
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        found.update(name.strip() for name in (names.split(",") if isinstance(names, str) else names))
    return found


def _versions(metafunc: pytest.Metafunc, mark: str, kind: str) -> list[str]:
    """Return the versions that the closest mark with any names, none where no mark does."""
    wanted = next((one.args for one in metafunc.definition.iter_markers(mark) if one.args), ())
    if not wanted:
        return []
    from outlookimap.errors import ProfileError

    try:
        return chosen(wanted, kind)
    except ProfileError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: @pytest.mark.{mark}{wanted}: {error}") from error


def _embedded(item: pytest.Item) -> bool:
    """Tell whether the Outlook of a test meets the embedded Exchange, for want of a server or because it is meant."""
    fixtures: tuple[str, ...] = getattr(item, "fixturenames", ())
    meant = SERVER in fixtures or item.get_closest_marker(SERVER_MARK) is not None
    return meant or item.config.stash[options.SERVER] is None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect recordings where the ini line asks for them."""
    if file_path.suffix != SUFFIX or not parent.config.getini(options.RECORDINGS):
        return None
    from outlookimap.pytest_plugin.recordings import RecordingFile

    return RecordingFile.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the conversation of a test that failed."""
    report = yield
    recorded = item.stash.get(_RECORDED, None)
    if report.failed and recorded is not None:
        from outlookimap.pytest_plugin.overheard import ending

        report.sections.append((SECTION, ending(recorded())))
    return report


# ---------------------------------------------------------------- the fixtures


@pytest.fixture
def exchange_server(request: pytest.FixtureRequest) -> Iterator[ExchangeServer]:
    """Start an Exchange for one test: user1 with the password secret unless the mark says otherwise."""
    from outlookimap.exchange import ExchangeServer

    arguments = _arguments(request, SERVER_MARK)
    with ExchangeServer(getattr(request, "param", NEWEST), **arguments) as server:
        if arguments.get("keep", True):
            request.node.stash[_RECORDED] = lambda: server.transcript
        yield server


@pytest.fixture
def outlook(request: pytest.FixtureRequest) -> Iterator[Outlook]:
    """Give an Outlook that is signed in, its local copy empty and in memory; nothing has been synced or selected.

    It meets the server of `--outlook-server`. Without one, and in a test that asks for `exchange_server` or has the
    mark `exchange`, it meets the Exchange of that test, as its first user. On a server of `--outlook-server` the
    fixture itself changes nothing: what mail is there stays as it is, and what the test changes stays changed.
    """
    from outlookimap.pytest_plugin import connected

    wanted = _arguments(request, CLIENT_MARK)
    server = request.config.stash[options.SERVER]
    if _embedded(request.node) or server is None:
        users = _arguments(request, SERVER_MARK).get("users") or {"user1": "secret"}
        plan = connected.to_embedded(request.getfixturevalue(SERVER), users, request.param, wanted)
        refused = {}
    else:
        plan = connected.to_server(server, request.param, wanted)
        refused = request.config.stash.setdefault(connected.REFUSED, {})
    recorder = plan.recorder()
    request.node.stash[_RECORDED] = recorder.transcript
    signed_in = plan.connect(recorder, refused)
    yield signed_in
    connected.end(signed_in)


@pytest.fixture
def transcript(outlook: Outlook, request: pytest.FixtureRequest) -> Overheard:  # noqa: ARG001 - it has to be there
    """Give what the Outlook of this test and its server say to each other; paths are relative to the test's folder."""
    from outlookimap.pytest_plugin.overheard import Overheard

    return Overheard(request.node.stash[_RECORDED], request.path.parent)


def _arguments(request: pytest.FixtureRequest, mark: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in reversed(list(request.node.iter_markers(mark))):  # the closest mark has the last word
        found.update(one.kwargs)
    return found
