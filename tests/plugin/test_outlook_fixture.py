"""The fixture `outlook` as others use it: versions, settings, which server it meets, and every way that goes wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from support.plugin_runs import ROOT, loading, run_tests, run_there

from outlookimap.errors import ProfileError
from outlookimap.exchange import ExchangeServer
from outlookimap.pytest_plugin import NEWEST, chosen
from outlookimap.pytest_plugin.options import PASSWORD_VARIABLE
from outlookimap.pytest_plugin.versions import known
from outlookimap.server.listening import MailServer

pytest_plugins = ("pytester",)

ALL = ["outlook-2007", "outlook-2010", "outlook-2013"]
CONNECTED = """
    def test_it(outlook):
        assert outlook.connected
"""


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["2013"], ALL[2:]),
        (["outlook-2007"], ALL[:1]),
        (["<2013"], ALL[:2]),
        (["2013", "2007"], [ALL[0], ALL[2]]),
        ([">2007,<=2013"], ALL[1:]),
        (["!=2010"], [ALL[0], ALL[2]]),
    ],
    ids=str,
)
def test_versions_of_the_client_are_chosen_in_their_order(wanted: list[str], found: list[str]) -> None:
    assert chosen(wanted, "client") == found


@pytest.mark.parametrize("wanted", ["2016", "exchange-2013", "", "<2007"])
def test_what_names_no_client_is_refused(wanted: str) -> None:
    with pytest.raises(ProfileError):
        chosen([wanted], "client")


def test_the_newest_is_the_newest_there_is() -> None:
    assert known("server")[-1] == NEWEST
    assert [*known("client")] == ALL


def test_a_fixture_of_the_same_name_is_left_alone(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    @pytest.fixture
    def outlook():
        return "sunny"

    def test_it(outlook):
        assert outlook == "sunny"
    """,
    )
    result.assert_outcomes(passed=1)


def test_it_is_every_version_signed_in_with_nothing_done(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    def test_it(outlook, transcript):
        assert outlook.connected
        assert outlook.cache is None
        assert outlook.pending() == []
        assert transcript.commands == ("CAPABILITY", "AUTHENTICATE PLAIN", "CAPABILITY")
    """,
        "-v",
    )
    result.assert_outcomes(passed=3)
    for name in ALL:
        result.stdout.fnmatch_lines([f"*::test_it?{name}? PASSED*"])


def test_marks_choose_versions_and_settings_and_the_closest_wins(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    pytestmark = pytest.mark.outlook("2007", mechanisms=(), timeout=7.0)

    def test_of_the_module(outlook, transcript):
        assert outlook.profile.id == "outlook-2007"
        assert transcript.commands[1] == 'LOGIN "user1" "******"'

    @pytest.mark.outlook("2013", mechanisms=("PLAIN",))
    def test_of_its_own(outlook, transcript):
        assert outlook.profile.id == "outlook-2013"
        assert transcript.commands[1] == "AUTHENTICATE PLAIN"

    @pytest.mark.exchange(users={"ann": "pencil", "bob": "chalk"})
    @pytest.mark.outlook(user="bob")
    def test_of_another_user(outlook, transcript, exchange_server):
        assert transcript.commands[1] == 'LOGIN "bob" "*****"'
        assert exchange_server.commands[-1].user == "bob"
    """,
    )
    result.assert_outcomes(passed=3)


def test_the_mark_exchange_is_about_the_server_it_meets(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    @pytest.mark.exchange("2010", "2016", mail={"user1": [b"Subject: one\\r\\n\\r\\nHi\\r\\n"]})
    @pytest.mark.outlook(">=2010")
    def test_it(outlook):
        outlook.sync()
        assert [message.subject for message in outlook.folder("INBOX").messages()] == ["one"]
    """,
        "-v",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*::test_it?outlook-2010-exchange-2010? PASSED*"])


def test_a_named_server_is_met_and_left_as_it_is(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "pencil")
    with ExchangeServer("2010", users={"ann": "pencil"}, mail={"ann": [b"Subject: one\r\n\r\nHi\r\n"]}) as server:
        result = run_tests(
            pytester,
            """
    import pytest

    def test_it(outlook):
        outlook.sync()
        assert len(outlook.folder("INBOX").messages()) == 1

    @pytest.mark.exchange("2013")
    def test_that_is_about_another(outlook):
        outlook.sync()
        assert outlook.folder("INBOX").messages() == []
            """,
            f"--outlook-server={server.url}",
            f"--outlook-ca-file={server.ca_file}",
        )
        result.assert_outcomes(passed=6)
        result.stdout.fnmatch_lines([f"outlookimap, server under test: {server.url}"])
        assert {sent.user for sent in server.commands} == {None, "ann"}
        assert [sent.name for sent in server.commands].count("LOGOUT") == 3
        account = server.store.account("ann")
        assert account is not None
        [message] = account.mailbox(b"INBOX").messages()
        assert message.flags == ()


def test_the_other_options(pytester: pytest.Pytester, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pencil\nsecond line\n", encoding="utf-8")
    with MailServer({"ann": "pencil"}, allow_plaintext=True) as server:
        result = run_tests(
            pytester,
            """
    import pytest

    @pytest.mark.outlook("2013", mechanisms=())
    def test_it(outlook, transcript):
        assert "@tls" not in transcript.text
            """,
            f"--outlook-server=imap://127.0.0.1:{server.port}/", "--outlook-user=ann",
            f"--outlook-password-file={secret}", "--outlook-encryption=none", "--outlook-timeout=5",
        )  # fmt: skip
        result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--outlook-user=ann"], "--outlook-user is about a server under test: name it with --outlook-server URL"),
        (["--outlook-insecure"], "--outlook-insecure is about a server under test*"),
        (["--outlook-server=localhost"], "--outlook-server: *imaps://*"),
        (["--outlook-server=imaps://ann:pencil@localhost/"], "--outlook-server: a URL never holds the password*"),
        (["--outlook-server=imaps://localhost/"], "--outlook-server: nobody is named: *--outlook-user NAME"),
        (["--outlook-server=imaps://ann@localhost/"], f"--outlook-server: no password for ann: *{PASSWORD_VARIABLE}*"),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-password-file=none"],
            "--outlook-password-file none cannot be read: No such file or directory",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-password-file=empty"],
            "--outlook-password-file empty: its first line is empty",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-password-file=latin"],
            "--outlook-password-file latin is not UTF-8",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-ca-file=none"],
            "--outlook-ca-file none: there is no such file",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-ca-file=empty", "--outlook-insecure"],
            "--outlook-ca-file says what to verify by, --outlook-insecure not to: leave one out",
        ),
        (
            ["--outlook-server=imap://ann@localhost/", "--outlook-encryption=none", "--outlook-insecure"],
            "--outlook-insecure and --outlook-ca-file are about TLS, *",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-encryption=starttls"],
            "--outlook-server: imaps:// contradicts *",
        ),
        (
            ["--outlook-server=imaps://ann@localhost/", "--outlook-timeout=0"],
            "--outlook-timeout 0: a silence is more than 0 seconds",
        ),
    ],
)
def test_options_that_cannot_be_used_end_the_run_before_it_begins(
    pytester: pytest.Pytester, options: list[str], says: str
) -> None:
    (pytester.path / "empty").write_bytes(b"\n")
    (pytester.path / "latin").write_bytes(b"\xfc\n")
    result = run_tests(pytester, CONNECTED, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {says}"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_a_dead_port_fails_each_test_in_a_sentence(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "pencil")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"imaps://ann@127.0.0.1:{taken.getsockname()[1]}/"
        result = run_tests(pytester, CONNECTED, f"--outlook-server={url}")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines([f"Microsoft Outlook 2007 cannot work with {url}: *127.0.0.1:*", "nothing was said"])
    shown = result.stdout.str()
    assert "Traceback" not in shown
    assert "During handling" not in shown
    assert "\nE   " not in shown


def test_a_refused_sign_in_is_not_tried_again(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "chalk")
    with ExchangeServer("2013", users={"ann": "pencil"}) as server:
        result = run_tests(
            pytester,
            """
    import pytest

    @pytest.mark.outlook("2013")
    @pytest.mark.parametrize("time", [1, 2, 3])
    def test_it(outlook, time):
        assert False
            """,
            f"--outlook-server={server.url}",
            f"--outlook-ca-file={server.ca_file}",
        )
        tried = [sent.name for sent in server.commands]
    assert (tried.count("AUTHENTICATE"), tried.count("LOGIN")) == (1, 1)
    result.assert_outcomes(errors=3)
    shown = result.stdout.str()
    assert shown.count("signing in failed (PLAIN: NO") >= 3
    report, _, summary = shown.partition("short test summary info")
    assert report.count("(as before: it was not tried again)") == 2
    assert "chalk" not in shown
    assert "Traceback" not in shown
    assert summary.count("ERROR ") == 3
    result.stdout.fnmatch_lines(["*- IMAP conversation -*", 'C: ???? LOGIN "ann" "*****"'])


def test_an_untrusted_certificate_names_the_options(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "secret")
    with ExchangeServer("2013") as server:
        result = run_tests(pytester, CONNECTED, f"--outlook-server={server.url}")
        result.assert_outcomes(errors=3)
        run_there(pytester, f"--outlook-server={server.url}", "--outlook-insecure").assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["Microsoft Outlook 2013 cannot work with *certificate*"])


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ('"2016"', "*test_it: @pytest.mark.outlook('2016',): there is no client profile '2016'*"),
        ('"<2007"', "*test_it: @pytest.mark.outlook('<2007',): no version fits '<2007'; there are: outlook-2007, *"),
    ],
)
def test_marks_that_name_no_version_stop_the_collection(pytester: pytest.Pytester, mark: str, says: str) -> None:
    result = run_tests(
        pytester,
        f"""
    import pytest

    @pytest.mark.outlook({mark})
    def test_it(outlook):
        assert False
    """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            "pasword='x'",
            "@pytest.mark.outlook(pasword=...): neither Outlook (*, password, *) nor Policy (*) has it here",
        ),
        ("record='x'", "@pytest.mark.outlook(record=...): neither *"),
        ("logout='run'", "@pytest.mark.outlook: logout='run' is none of 'wait', 'drop'"),
        ("mechanisms=('CRAM-MD5',)", "Microsoft Outlook 2013 cannot work with the embedded *: mechanisms: *"),
        ("password='wrong'", "Microsoft Outlook 2013 cannot work with the embedded *: signing in failed *"),
        ("user='eve'", "Microsoft Outlook 2013 cannot work with the embedded *: no user or no password was given*"),
    ],
)
def test_options_of_a_mark_that_cannot_be_used_fail_the_test(
    pytester: pytest.Pytester, options: str, says: str
) -> None:
    result = run_tests(
        pytester,
        f"""
    import pytest

    @pytest.mark.outlook("2013", {options})
    def test_it(outlook):
        assert False
    """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
    assert "Traceback" not in result.stdout.str()
    assert "During handling" not in result.stdout.str()


def test_a_test_may_end_the_server_or_the_connection_itself(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    pytestmark = pytest.mark.outlook("2013")

    def test_that_ends_the_server(outlook, exchange_server):
        exchange_server.stop()

    def test_that_signs_out(outlook):
        outlook.close()

    def test_that_goes_offline(outlook):
        outlook.disconnect()
    """,
    )
    result.assert_outcomes(passed=3)


def test_a_server_that_signs_out_wrongly_fails_in_a_sentence(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    @pytest.mark.exchange(faults=["when=LOGOUT;do=insert,text=+ what\\\\r\\\\n"])
    @pytest.mark.outlook("2013")
    def test_it(outlook):
        assert outlook.connected
    """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown*", "signing out failed: a continuation request that nothing *"])
    assert "Traceback" not in result.stdout.str()


def test_tests_run_side_by_side(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(PASSWORD_VARIABLE, "secret")
    pytester.makepyfile(CONNECTED)
    with ExchangeServer("2013") as server:
        result = pytester.runpytest_subprocess(
            *loading(), "-p", "no:cacheprovider", "-n", "2",
            f"--outlook-server={server.url}", f"--outlook-ca-file={server.ca_file}",
        )  # fmt: skip
        assert [sent.name for sent in server.commands].count("LOGOUT") == 3
    result.assert_outcomes(passed=3)
    assert "secret" not in result.stdout.str()


def test_a_parameter_of_that_name_is_left_alone(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    @pytest.mark.parametrize("outlook", ["2007", "2013"])
    @pytest.mark.parametrize(("exchange_server", "other"), [(1, 2)])
    def test_it(outlook, exchange_server, other):
        assert (outlook in ("2007", "2013"), exchange_server, other) == (True, 1, 2)

    @pytest.mark.parametrize("other, outlook", [(1, "2010")])
    def test_that(other, outlook):
        assert outlook == "2010"
        """,
    )
    result.assert_outcomes(passed=3)
