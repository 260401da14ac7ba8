"""Recordings dropped into a folder are tests: what each part finds, in the words a user reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.plugin_runs import ROOT, loading, run_there
from support.real_session import TRANSCRIPTS
from support.whole_conversation import converse

from outlookimap.client import Session
from outlookimap.errors import ProfileError, TranscriptError
from outlookimap.exchange import ExchangeServer
from outlookimap.pytest_plugin import client_side, judged, server_side
from outlookimap.pytest_plugin.findings import Findings, Nothing, Settings
from outlookimap.traffic import Header, Recorder, Transcript, parse, write

pytest_plugins = ("pytester",)

INI = "[pytest]\noutlookimap_recordings = true\n"
MAGIC = "# outlookimap recording 1\n"
OUTLOOK = "profile: outlook-2013\nprovenance: synthetic\n"
LISTED = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
SIGNED_IN = f"""
@tls
S: * OK ready
C: $tag CAPABILITY
S: * CAPABILITY {LISTED}
S: $tag OK done
C: $tag AUTHENTICATE PLAIN
S: +\\x20
C: ****************
S: $tag OK done
C: $tag CAPABILITY
S: * CAPABILITY {LISTED}
S: $tag OK done
"""
SELECTED = """\
C: $tag SELECT "INBOX"
S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)
S: * OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] these
S: * OK [UIDVALIDITY $uidvalidity] this
S: * OK [UIDNEXT 9] next
S: $tag OK [READ-WRITE] done
"""
FETCHED = """\
C: $tag FETCH 1:3 (UID FLAGS)
S: * 1 FETCH (UID 6 FLAGS ())
S: * 2 FETCH (UID 7 FLAGS (\\Seen))
S: * 3 FETCH (UID 8 FLAGS ())
S: $tag OK done
"""
GOODBYE = """\
C: $tag LOGOUT
S: * BYE bye
S: $tag OK done
@closed server
"""
WHOLE = SIGNED_IN + SELECTED + FETCHED + GOODBYE


def drop(folder: Path, name: str, conversation: str, header: str = OUTLOOK) -> Path:
    path = folder / name
    path.write_text(MAGIC + header + conversation, encoding="ascii")
    return path


def ran(pytester: pytest.Pytester, conversation: str, header: str = OUTLOOK, *options: str) -> pytest.RunResult:
    pytester.makeini(INI)
    drop(pytester.path, "it.imap", conversation, header)
    result = run_there(pytester, "-v", "-rs", *options)
    assert "Traceback" not in result.stdout.str()
    return result


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    lines = [line.split() for line in result.outlines if line.startswith("it.imap::")]
    return {words[0].partition("::")[2]: words[1] for words in lines}


def found(part: str, conversation: str, header: str = OUTLOOK, folder: Path = Path()) -> list[str]:
    """Return what one part finds, as it is shown after the file's name; of one that has nothing to test, its reason."""
    transcript = parse(MAGIC + header + conversation)
    settings = Settings.of(transcript.header)
    findings: Findings
    if part == "lint":
        findings = judged.findings(transcript, settings)
    elif part == "client":
        findings = client_side.findings(transcript)
    else:
        findings = server_side.findings(transcript, settings, folder)
    if isinstance(findings, Nothing):
        return [f"nothing: {findings.reason}"]
    return [f"{one.line}: {one.text}" for one in findings]


def place(conversation: str, text: str, header: str = OUTLOOK) -> int:
    """Return the line of the file that holds `text`."""
    return next(n for n, line in enumerate((MAGIC + header + conversation).splitlines(), 1) if text in line)


# ---------------------------------------------------------------- collecting


def test_nothing_is_collected_unless_asked_for(pytester: pytest.Pytester) -> None:
    drop(pytester.path, "it.imap", WHOLE)
    result = run_there(pytester)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_file_is_three_tests_that_can_be_chosen(pytester: pytest.Pytester) -> None:
    result = ran(pytester, WHOLE)
    assert outcomes(result) == {"lint": "PASSED", "client": "PASSED", "server": "PASSED"}
    ran(pytester, WHOLE, OUTLOOK, "it.imap::client").assert_outcomes(passed=1)


def test_files_of_folders_run_side_by_side(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini(INI)
    folder = pytester.mkdir("recordings")
    for number in range(3):
        drop(folder, f"{number}.imap", WHOLE)
    drop(folder, "broken.imap", "\nC: a NOOP\nnothing\n")
    result = pytester.runpytest_subprocess(*loading(), "-p", "no:cacheprovider", "-n", "2")
    result.assert_outcomes(passed=9, failed=1)
    result.stdout.fnmatch_lines(["recordings/broken.imap:6: *"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it.imap:1: not a recording: it begins with '# outlookimap recording 1'"),
        ("\x00\xff\xfe", "it.imap:1: \\x00 in column 1: write octets as \\xHH"),
        (MAGIC + OUTLOOK + "\nC: a NOOP\nX: what\n", "it.imap:6: neither C, S, @ nor #*"),
        (MAGIC + OUTLOOK + "\nS: * 1 FETCH (BODY[] {10}\nS| half\n", "it.imap:6: the literal has 4 octets, 10 were *"),
        (MAGIC + "provenance: synthetic\nexpect: perhaps\n\n", "it.imap:3: expect is 'conforms' or 'violates' and *"),
        (
            MAGIC + "provenance: synthetic\nx-without: all\n\n",
            "it.imap: x-without: 'all' is none of lint, client, server",
        ),
        (MAGIC + "provenance: synthetic\nx-observed: maybe\n\n", "it.imap: x-observed is 'yes' or 'no', not 'maybe'"),
        (MAGIC.replace("1", "9"), "it.imap:1: version '9' of the format is not known here, only 1"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_the_line(pytester: pytest.Pytester, text: str, says: str) -> None:
    pytester.makeini(INI)
    (pytester.path / "it.imap").write_text(text, encoding="latin-1", newline="\n")
    result = run_there(pytester, "-v")
    assert outcomes(result) == {"read": "FAILED"}
    result.stdout.fnmatch_lines([says.replace("[", "[[]")])
    assert "Traceback" not in result.stdout.str()


def test_a_part_can_be_left_out(pytester: pytest.Pytester) -> None:
    result = ran(pytester, WHOLE, OUTLOOK + "x-without: server client\n")
    assert outcomes(result) == {"lint": "PASSED", "client": "SKIPPED", "server": "SKIPPED"}
    result.stdout.fnmatch_lines(["SKIPPED *it.imap: x-without leaves client out"])


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        ("\nC: $tag CAPABILITY\n", "no response of a server is in it"),
        ("\nS: * OK ready\n", "no command of a client is in it"),
        ("\n@closed\n", "no response of a server is in it"),
        (
            "\n" + SELECTED,
            "no connection in it begins with the greeting of a server: nothing can be said from the middle",
        ),
        (
            SIGNED_IN + 'C: $tag LIST "" "*"\nS: * LIST () "/" {5}\nS: $tag OK done\n',
            "line 18: the literal it announces is missing",
        ),
    ],
    ids=["client only", "server only", "nobody", "middle", "gap"],
)
def test_what_cannot_be_said_again_has_a_reason(conversation: str, reason: str) -> None:
    assert found("client", conversation) == found("server", conversation) == [f"nothing: {reason}"]


# ---------------------------------------------------------------- lint


WRONG = WHOLE.replace("FETCH 1:3 (UID FLAGS)", "FETCH 1:3 (FLAGS)")
SEARCHED = WHOLE.replace(GOODBYE, 'C: $tag SEARCH SUBJECT "one"\nS: * SEARCH\nS: $tag OK done\n' + GOODBYE)
OF_2010 = OUTLOOK.replace("2013", "2010")


def test_a_violation_is_shown_with_line_and_statements(pytester: pytest.Pytester) -> None:
    result = ran(pytester, WRONG)
    assert outcomes(result) == {"lint": "FAILED", "client": "PASSED", "server": "PASSED"}
    line = place(WRONG, "(FLAGS)")
    result.stdout.fnmatch_lines(
        [f"it.imap:{line}: not Microsoft Outlook 2013: *FETCH 1:3 (FLAGS)", "  expected: *", "  against O5:*"]
    )


@pytest.mark.cites("O5:V0051")
def test_what_is_expected_is_compared_with_what_lint_finds() -> None:
    line = place(SEARCHED, "SEARCH SUBJECT")
    assert found("lint", SEARCHED) == found("lint", SEARCHED, OUTLOOK + "expect: conforms\n") == []
    assert found("lint", SEARCHED, OF_2010 + "expect: violates O5:V0051\n") == []
    for expect in ("", "expect: conforms\n"):
        [one] = found("lint", SEARCHED, OF_2010 + expect)
        assert one.startswith(f"{line + bool(expect)}: not Microsoft Outlook 2010: ")
        assert "\n  against O5:V0051" in one
    assert found("lint", SEARCHED, OF_2010 + "expect: violates O5:V0051 O5:V0040\n")[0] == (
        "0: expected to break O5:V0040, and nothing in it does"
    )
    other = found("lint", SEARCHED, OF_2010 + "expect: violates O5:V0040\n")
    assert [one.partition(":")[0] for one in other] == [str(line + 1), "0", "0"]
    assert other[-1] == "0: what it breaks is, in all: O5:V0051"
    assert found("lint", WHOLE, OUTLOOK + "expect: violates O5:V0040\n") == [
        "0: expected to break O5:V0040, and nothing in it does"
    ]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("provenance: synthetic\n", "nothing: the header names no profile to judge by"),
        ("provenance: synthetic\nexpect: conforms\n", "0: the header has expect and no profile "),
        (OUTLOOK + "guard: off\n", "nothing: guard is off and nothing is expected: "),
    ],
)
def test_what_the_header_leaves_open(header: str, says: str) -> None:
    [one] = found("lint", WHOLE, header)
    assert one.startswith(says)


def test_an_unknown_profile_is_a_failure(pytester: pytest.Pytester) -> None:
    result = ran(pytester, WHOLE, OUTLOOK.replace("2013", "2003"))
    assert outcomes(result) == {"lint": "FAILED", "client": "PASSED", "server": "PASSED"}
    result.stdout.fnmatch_lines(["it.imap: there is no server profile 'outlook-2003'; there are: *"])


def test_a_server_is_judged_where_the_profile_is_a_servers(pytester: pytest.Pytester) -> None:
    for name in ("outlook-2007-with-2007", "outlook-2010-with-2010", "outlook-2013-with-2019"):
        (pytester.path / f"{name}.imap").write_bytes((TRANSCRIPTS / f"exchange/{name}.imap").read_bytes())
    pytester.makeini(INI)
    run_there(pytester).assert_outcomes(passed=9)
    of_server = OUTLOOK.replace("outlook-2013", "exchange-2019")
    [one] = found("lint", WHOLE.replace("S: * 3 EXISTS", "S: * OK [ALERT] x\nS: * 3 EXISTS"), of_server)
    assert "not Microsoft Exchange Server 2019: * OK [ALERT] x" in one


def test_what_was_seen_is_accepted_where_the_header_says_so() -> None:
    zzzz = WHOLE.replace("C: $tag LOGOUT", "C: ZZZZ LOGOUT").replace("S: $tag OK done\n@", "S: ZZZZ OK done\n@")
    [one] = found("lint", zzzz)
    assert "  seen all the same ('x-observed: yes' accepts it): " in one
    assert found("lint", zzzz, OUTLOOK + "x-observed: yes\n") == []


# ---------------------------------------------------------------- our client


@pytest.mark.cites("O5:V0036", "O5:V0037")
@pytest.mark.parametrize(
    ("was", "now", "where", "says"),
    [
        ("S: * 2 FETCH (UID 7", "S: + what\nS: * 2 FETCH (UID 7", "+ what", "our client cannot go on here: a conti"),
        ("S: * 3 EXISTS\n", "", "[READ-WRITE]", 'our client can do nothing with the answer to SELECT "INBOX": '),
        (
            "S: * OK [UIDVALIDITY $uidvalidity] this\n", "",
            "[READ-WRITE]", 'our client can do nothing with the answer to SELECT "INBOX": ',
        ),
        ("(UID 8 FLAGS ())\nS: $tag", "(UID 8 FLAGS ())\nS: other", "other OK", "our client cannot go on here: a tag "),
        ("S: * OK ready", "S: * OK\nS: + what", "+ what", "our client cannot go on here: a conti"),
    ],
    ids=["continuation", "exists", "uidvalidity", "tag", "greeting"],
)  # fmt: skip
def test_what_our_client_does_not_take(was: str, now: str, where: str, says: str) -> None:
    assert was in WHOLE
    conversation = WHOLE.replace(was, now)
    [one] = found("client", conversation)
    assert one.startswith(f"{place(conversation, where)}: {says}")


def test_nothing_is_said_of_what_follows_a_goodbye() -> None:
    conversation = WHOLE.replace(FETCHED, "S: * BYE tired\n" + FETCHED)
    assert found("client", conversation) == []


FOREIGN = """
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
C: 1 STARTTLS
S: 1 OK begin
@tls
C: 2 AUTHENTICATE CRAM-MD5
S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+
C: ****************************
S: 2 NO not you
C: 3 LOGIN {3+}
C| ann
C: \x20{6}
S: + go on
C| ******
C:
S: 3 OK [CAPABILITY IMAP4rev1 IDLE ENABLE CONDSTORE] in
C: 4 ENABLE CONDSTORE
S: * ENABLED CONDSTORE
S: 4 OK done
C: 5 NONSENSE
S: 5 BAD what
C: 6 LIST (((
S: 6 BAD what
C: 7 GETQUOTAROOT INBOX
S: * QUOTAROOT INBOX ""
S: 7 OK done
C: 8 select {12}
S: + go on
C| INBOX/friend
C:
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] x
S: 8 OK done
C: 9 FETCH 2 BODY[]
S: * 2 FETCH (BODY[] {3}
S| abc
S:  UID 77)
S: 9 OK done
C: 10 IDLE
S: + idling
S: * 5 EXISTS
@+60
C: DONE
S: 10 OK done
C: 11 APPEND "no such folder" {400}
S: 11 NO [TRYCREATE] none
C: 12 FETCH 5 FLAGS
C: 13 FETCH 4 FLAGS
S: * 5 FETCH (FLAGS (\\Seen))
S: * 4 FETCH (FLAGS ())
S: 12 OK done
S: 13 OK done
@connected
@tls
S: * PREAUTH you are in
C: 1 SELECT INBOX
S: * 0 EXISTS
S: * OK [UIDVALIDITY 1] x
S: 1 OK done
C: 2 LOGOUT
S: * BYE bye
S: 2 OK done
"""


ANYBODY = "provenance: synthetic\n"


def test_a_client_and_a_server_of_others_can_be_said_again() -> None:
    assert found("client", FOREIGN, ANYBODY) == []
    assert found("server", FOREIGN, ANYBODY) == []


def test_what_our_client_cannot_say_is_a_failure_where_it_was_right() -> None:
    conversation = FOREIGN.replace("S: 6 BAD what", "S: 6 OK well")
    assert found("client", conversation, ANYBODY) == [
        f"{place(conversation, 'LIST (((', ANYBODY)}: our client cannot say this: LIST (((: it cannot be read"
    ]


# ---------------------------------------------------------------- our server


def test_where_the_mail_is_known_every_answer_is_compared(tmp_path: Path) -> None:
    first, *_ = found("server", WHOLE, OUTLOOK + "x-mail: none\n")
    line = place(WHOLE, "3 EXISTS") + 1
    assert first == f"{line}: expected\n    S: * 3 EXISTS\n  but this came:\n    S: * 0 EXISTS"
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(b"Subject: %d\r\n\r\nHi\r\n" % number)
    fitting = WHOLE.replace("UIDNEXT 9", "UIDNEXT 4").replace("* 0 RECENT", "* 3 RECENT\nS: * OK [UNSEEN 1] x")
    for number, flags in ((1, "()"), (2, "(\\Seen)"), (3, "()")):
        fitting = fitting.replace(f"(UID {number + 5} FLAGS {flags})", f"(UID {number} FLAGS (\\Recent))")
    assert found("server", fitting, OUTLOOK + f"x-mail: {tmp_path.name}\n", tmp_path.parent) == []


def test_mail_that_is_not_there_is_told(pytester: pytest.Pytester) -> None:
    result = ran(pytester, WHOLE, OUTLOOK + "x-mail: nowhere\n")
    result.stdout.fnmatch_lines(["it.imap: x-mail: there is no *nowhere; it is a Maildir, an mbox, *"])
    with pytest.raises(TranscriptError, match="x-mail: there is no "):
        found("server", WHOLE, OUTLOOK + "x-mail: nowhere\n")


@pytest.mark.parametrize(
    ("said", "answer", "came"),
    [
        ('RENAME "Drafts" "a/b"', "OK done", "BAD A new name holds no hierarchy delimiter."),
        ('SELECT "a/b/"', "NO none", None),
        ('XLIST "" "*"', "OK done", None),
        ("NONSENSE", "OK done", None),
        ("UID FETCH 4711 (FLAGS)", "OK done", None),
        ("CREATE Drafts", "OK done", None),
        ('EXAMINE ""', "OK done", "NO There is no such mailbox."),
    ],
)
def test_where_it_is_not_only_what_does_not_depend_on_it(said: str, answer: str, came: str | None) -> None:
    conversation = WHOLE.replace(GOODBYE, f"C: $tag {said}\nS: $tag {answer}\n{GOODBYE}")
    expected = (
        f"{place(conversation, said)}: {said}\n  was answered OK, and Microsoft Exchange Server 2019 answers {came}"
    )
    assert found("server", conversation) == ([] if came is None else [expected])


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("x-exchange: 2010\n", "2010"),
        ("server: Microsoft Exchange Server 2013\n", "2013"),
        ("", "2019"),
        ("profile: exchange-2016\n", "2016"),
        ("profile: exchange-2016\nx-exchange: 2007\n", "2007"),
    ],
)
def test_the_version_of_our_server_is_the_recorded_one(header: str, version: str) -> None:
    conversation = WHOLE.replace(GOODBYE, f'C: $tag RENAME "Drafts" "a/b"\nS: $tag OK done\n{GOODBYE}')
    [one] = found("server", conversation, ANYBODY + header)
    assert f"was answered OK, and Microsoft Exchange Server {version} answers BAD " in one


def test_a_version_that_is_not_there_is_told() -> None:
    with pytest.raises(ProfileError, match="there is no server profile '2003'"):
        found("server", WHOLE, OUTLOOK + "x-exchange: 2003\n")


@pytest.mark.parametrize("outlook", ["2007", "2010", "2013"])
@pytest.mark.parametrize("version", ["2007", "2013"])
def test_a_session_that_was_recorded_is_a_regression_test(
    pytester: pytest.Pytester, outlook: str, version: str
) -> None:
    pytester.makeini(INI)
    with ExchangeServer(version) as server:
        header = Header(profile=f"outlook-{outlook}", server=server.profile.name, expect="conforms")
        recorder = Recorder(None, header)
        with Session.connect(
            server.url, password="secret", profile=outlook, ca_file=server.ca_file, record=recorder
        ) as session:
            converse(session)
    write(recorder.transcript(), pytester.path / "it.imap")
    run_there(pytester).assert_outcomes(passed=3)
    known = Header(profile=server.profile.id, expect="conforms", extra=(("x-mail", "none"),))
    write(Transcript(known, server.transcript.entries), pytester.path / "it.imap")
    run_there(pytester).assert_outcomes(passed=3)
