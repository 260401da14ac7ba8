"""The fixture `transcript`: what a test asserts on, what it writes down, and what a failed test shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.plugin_runs import run_tests

from outlookimap.errors import UsageError
from outlookimap.pytest_plugin.overheard import Overheard, ending, with_placeholders
from outlookimap.traffic import Transcript, dumps, parse, read

pytest_plugins = ("pytester",)

HEAD = "# outlookimap recording 1\nprofile: outlook-2013\nprovenance: observed\n\n"
TYPED = (
    HEAD
    + """\
S: * OK ready
C: a001 CAPABILITY
S: * CAPABILITY IMAP4rev1
S: a001 OK done
C: a002 LOGIN "ann" "******"
S: a002 OK done
C: a003 APPEND "Drafts" () {5}
S: + go on
C| one
C|
C:
S: a003 OK done
C: a004 NOOP
C: a005 NOOP
S: a004 OK done
S: a005 OK done
@connected
S: * OK ready
C: a004 CAPABILITY
S: a004 OK done
"""
)
WITH_PLACEHOLDERS = (
    HEAD
    + """\
S: * OK ready
C: $tag CAPABILITY
S: * CAPABILITY IMAP4rev1
S: $tag OK done
C: $tag LOGIN "ann" "******"
S: $tag OK done
C: $tag APPEND "Drafts" () {5}
S: + go on
C| one
C|
C:
S: $tag OK done
C: $tag NOOP
C: $tag1 NOOP
S: $tag OK done
S: $tag1 OK done
@connected
S: * OK ready
C: $tag CAPABILITY
S: $tag OK done
"""
)


def overheard(text: str, folder: Path = Path()) -> Overheard:
    transcript = parse(text)
    return Overheard(lambda: transcript, folder)


def growing(texts: list[str]) -> Callable[[], Transcript]:
    return lambda: parse(texts[-1])


def test_what_was_said_comes_in_lines_and_commands() -> None:
    said = overheard(TYPED)
    assert said.commands == (
        "CAPABILITY", 'LOGIN "ann" "******"', 'APPEND "Drafts" () {5}', "NOOP", "NOOP", "CAPABILITY",
    )  # fmt: skip
    assert said.client_lines[:6] == (
        "a001 CAPABILITY", 'a002 LOGIN "ann" "******"', 'a003 APPEND "Drafts" () {5}', "one", "", "",
    )  # fmt: skip
    assert said.server_lines[:3] == ("* OK ready", "* CAPABILITY IMAP4rev1", "a001 OK done")
    assert said.text == TYPED
    assert said.transcript == parse(TYPED)
    assert repr(said) == "<conversation of 6 commands>"


def test_what_was_forgotten_is_not_looked_at() -> None:
    texts = [TYPED]
    said = Overheard(growing(texts), Path())
    said.forget()
    assert (said.commands, said.client_lines) == ((), ())
    texts.append(TYPED + "C: a005 LOGOUT\n")
    assert said.commands == ("LOGOUT",)
    said.assert_same(HEAD + "C: $tag LOGOUT\n")


def test_tags_become_placeholders() -> None:
    assert dumps(with_placeholders(parse(TYPED))) == WITH_PLACEHOLDERS
    assert dumps(with_placeholders(parse(WITH_PLACEHOLDERS))) == WITH_PLACEHOLDERS


@pytest.mark.parametrize("expected", [TYPED, WITH_PLACEHOLDERS, TYPED.replace("a0", "z9"), TYPED.replace("go on", "x")])
def test_the_same_is_the_same_whatever_the_tags(expected: str) -> None:
    overheard(TYPED).assert_same(expected)
    overheard(TYPED).assert_same(parse(expected))


def test_another_conversation_is_told_with_its_line() -> None:
    with pytest.raises(AssertionError, match=r"not the expected one:\nline 9: expected\n    C: \$tag LOGIN \"bob\""):
        overheard(TYPED).assert_same(TYPED.replace("ann", "bob"))


def test_the_side_of_the_server_counts_where_it_is_asked_for() -> None:
    spelled = TYPED.replace("a001 OK done", "a001 OK Completed.")
    other = TYPED.replace("a002 OK done", "a002 NO not you")
    overheard(TYPED).assert_same(other)
    overheard(TYPED).assert_same(spelled, server=True)
    with pytest.raises(AssertionError, match="NO was expected, not OK"):
        overheard(TYPED).assert_same(other, server=True)


def test_what_is_written_is_a_recording_that_is_the_same(tmp_path: Path) -> None:
    said = overheard(TYPED, tmp_path)
    path = said.write("noop.imap", expect="conforms", extra={"x-mail": "none"})
    assert path == tmp_path / "noop.imap"
    header = read(path).header
    assert (header.expect, header.extra) == ("conforms", (("x-mail", "none"),))
    said.assert_same("noop.imap", server=True)
    said.assert_same(path)


def test_a_file_that_is_not_there_is_told_how_to_make(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"noop.imap is not there: transcript.write\('noop.imap'\) makes it"):
        overheard(TYPED, tmp_path).assert_same("noop.imap")


def test_the_end_of_a_long_conversation_is_short() -> None:
    many = "".join(f"C: t{number} NOOP\nS: t{number} OK done\n" for number in range(500))
    wide = f"S: * OK {'x' * 5000}\n"
    lines = ending(parse(HEAD + many + wide)).splitlines()
    assert len(lines) <= 81
    assert lines[0] == "# what was said before is left out"
    assert lines[-2] == "S: t499 OK done"
    assert len(lines[-1]) < 400
    assert ending(parse(HEAD)) == "nothing was said"


def test_a_failed_test_shows_its_conversation_and_another_does_not(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    pytestmark = pytest.mark.outlook("2013")

    def test_of_outlook(outlook):
        outlook.folder("INBOX")
        assert False

    def test_of_the_server(exchange_server):
        import imaplib, ssl
        trusting = ssl.create_default_context(cafile=exchange_server.ca_file)
        with imaplib.IMAP4_SSL("localhost", exchange_server.tls_port, ssl_context=trusting, timeout=10):
            pass
        assert False

    @pytest.mark.exchange(keep=False)
    def test_of_a_server_that_keeps_nothing(exchange_server):
        assert False

    def test_that_passes(outlook):
        pass
    """,
    )
    result.assert_outcomes(passed=1, failed=3)
    shown = result.stdout.str()
    assert shown.count("- IMAP conversation -") == 2
    result.stdout.fnmatch_lines(
        ['C: ???? LIST "" "[*]"', "* test_of_the_server *", "*- IMAP conversation -*", "C: * LOGOUT"]
    )


def test_it_is_there_from_the_greeting_on_and_its_files_are_beside_the_test(pytester: pytest.Pytester) -> None:
    result = run_tests(
        pytester,
        """
    import pytest

    @pytest.mark.outlook("2013")
    @pytest.mark.exchange("2016")
    @pytest.mark.parametrize("time", [1, 2])
    def test_it(outlook, transcript, time):
        assert transcript.server_lines[0].startswith("* OK ")
        outlook.sync()
        if time == 1:
            transcript.write("sync.imap", expect="conforms", extra={"x-mail": "none"})
        transcript.assert_same("sync.imap", server=True)
    """,
    )
    result.assert_outcomes(passed=2)
    written = read(pytester.path / "sync.imap")
    assert (written.header.client, written.header.profile) == ("Microsoft Outlook 2013", "outlook-2013")
