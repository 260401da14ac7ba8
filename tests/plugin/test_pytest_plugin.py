"""The pytest plugin as others use it: test files that ask for its fixture, run by pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.plugin_runs import PLUGIN, ROOT, run_tests

from outlookimap.errors import ProfileError
from outlookimap.pytest_plugin import chosen

pytest_plugins = ("pytester",)

ALL = [f"exchange-{version}" for version in ("2007sp1", "2007", "2010", "2010sp2", "2013", "2016", "2019")]

CONVERSATION = """
    import contextlib, imaplib, ssl
    import pytest

    @contextlib.contextmanager
    def signed_in(server, user="user1", password="secret"):
        trusting = ssl.create_default_context(cafile=server.ca_file)
        with imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=trusting, timeout=10) as client:
            client.login(user, password)
            yield client
"""


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    return run_tests(pytester, CONVERSATION + source, *options)


def test_the_plugin_is_registered_where_the_package_is_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'[project.entry-points.pytest11]\noutlookimap = "{PLUGIN}"\n' in text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["2013"], ["exchange-2013"]),
        (["exchange-2007sp1"], ["exchange-2007sp1"]),
        (["2019", "2007"], ["exchange-2007", "exchange-2019"]),
        ([">=2007sp1"], ALL),
        ([">=2010sp2"], ALL[3:]),
        (["> 2010sp2"], ALL[4:]),
        (["<2007"], ["exchange-2007sp1"]),
        (["<=2007", "==2016"], [*ALL[:2], "exchange-2016"]),
        (["!=2010"], [*ALL[:2], *ALL[3:]]),
        ([">2007, <2016"], ALL[2:5]),
    ],
    ids=str,
)
def test_versions_are_chosen_in_their_order(wanted: list[str], found: list[str]) -> None:
    assert chosen(wanted) == found


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("2003", "there is no server profile '2003'"),
        (">2019", "no version fits '>2019'; there are: exchange-2007sp1, exchange-2007,"),
        ("outlook-2013", "there is no server profile 'outlook-2013'"),
        ("", "there is no server profile ''"),
    ],
)
def test_what_names_no_version_is_refused(wanted: str, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        chosen([wanted])


def test_the_fixture_is_a_server_of_the_newest_version(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
    def test_it(exchange_server):
        assert exchange_server.profile.id == "exchange-2019"
        with signed_in(exchange_server) as client:
            assert client.select("INBOX") == ("OK", [b"0"])
            assert exchange_server.commands[-1].name == "SELECT"
    """,
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "outlookimap *: outlook-2007, outlook-2010, outlook-2013; exchange-2007sp1, *, exchange-2019",
            "outlookimap, server under test: the embedded exchange-2019, where no mark says otherwise",
        ]
    )


def test_a_mark_makes_a_test_for_each_version(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
    @pytest.mark.exchange(">=2010sp2")
    def test_it(exchange_server):
        with signed_in(exchange_server) as client:
            assert client.noop()[0] == "OK"
    """,
        "-v",
    )
    result.assert_outcomes(passed=4)
    for name in ALL[3:]:
        result.stdout.fnmatch_lines([f"*::test_it?{name}? PASSED*"])


def test_options_go_to_the_server_and_the_closest_mark_wins(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
    pytestmark = pytest.mark.exchange("2007", users={"ann": "pencil"}, allow_plaintext=True)

    def test_of_the_module(exchange_server):
        assert exchange_server.profile.id == "exchange-2007"
        assert exchange_server.users == ("ann",)

    @pytest.mark.exchange("2013", mail={"ann": [b"Subject: one\\r\\n\\r\\nHi\\r\\n"]})
    def test_of_its_own(exchange_server):
        assert exchange_server.profile.id == "exchange-2013"
        with signed_in(exchange_server, "ann", "pencil") as client:
            assert client.select("INBOX") == ("OK", [b"1"])
    """,
    )
    result.assert_outcomes(passed=2)


def test_every_test_has_a_server_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
    @pytest.mark.parametrize("time", [1, 2])
    def test_it(exchange_server, time):
        with signed_in(exchange_server) as client:
            assert client.select("INBOX") == ("OK", [b"0"])
            client.append("INBOX", "", None, b"Subject: one\\r\\n\\r\\nHi\\r\\n")
    """,
    )
    result.assert_outcomes(passed=2)


def test_an_unknown_version_stops_the_collection(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
    @pytest.mark.exchange("2003")
    def test_it(exchange_server):
        assert False
    """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it: @pytest.mark.exchange('2003',): there is no server profile '2003'*"])


def imported(*arguments: str, cwd: Path) -> set[str]:
    """Run pytest on its own, and return which parts of the package it imported."""
    script = (
        "import sys, pytest\n"
        f"code = pytest.main({['-p', PLUGIN, '-p', 'no:cacheprovider', *arguments]!r})\n"
        "names = sorted(n for n in sys.modules if n.startswith('outlookimap.'))\n"
        "print('IMPORTED', int(code), *names)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    [line] = [line for line in done.stdout.splitlines() if line.startswith("IMPORTED")]
    return set(line.split()[2:])


@pytest.mark.parametrize("arguments", [("--version",), ("-q",), ()], ids=["version", "quiet", "empty"])
def test_a_run_that_wants_nothing_imports_nothing_that_connects(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "recorded.imap").write_text("no recording at all\n", encoding="ascii")
    found = imported(*arguments, cwd=tmp_path)
    assert {name for name in found if name.startswith(PLUGIN)} <= {
        PLUGIN, f"{PLUGIN}.options", f"{PLUGIN}.versions",
    }  # fmt: skip
    layers = {name.split(".")[1] for name in found} - {"pytest_plugin"}
    assert layers <= ({"errors", "wire", "protocol", "profiles"} if not arguments else set())


def test_loading_the_plugin_imports_nothing_of_the_package() -> None:
    script = f"import sys, {PLUGIN}; print(*sorted(name for name in sys.modules if name.startswith('outlookimap')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["outlookimap", PLUGIN, f"{PLUGIN}.options", f"{PLUGIN}.versions"]
