r"""One conversation for each statement that lint can see, right and with the line that breaks it; knows no test.

Typed by hand. Each is a recording between a client and a server, so that it can be shown in any log format.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from outlookimap.profiles import Policy
from outlookimap.traffic import Transcript, parse

HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"

GREETING = """\
S: * OK ready
C: k2v8 CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE AUTH=NTLM AUTH=DIGEST-MD5 AUTH=CRAM-MD5
S: k2v8 OK done
"""
NTLM = """\
C: 9xqa AUTHENTICATE NTLM
S: +
C: ********
S: + TlRMTVNTUAAC
C: ************
S: 9xqa OK done
"""
AGAIN = """\
C: m4hz CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE UIDPLUS
S: m4hz OK done
"""
SELECTED = """\
C: 0c7d SELECT "INBOX"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] valid
S: 0c7d OK [READ-WRITE] done
"""
GOODBYE = """\
C: vu1p LOGOUT
S: * BYE
S: vu1p OK done
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A statement, a conversation that keeps it and one that breaks it, by exactly these ids.

    `needs` is what a log must show for the breach to be seen: ``times`` of at least a second, the ``order`` of both
    sides, the ``server`` at all, ``literals``, what is ``continued`` after a go-ahead, and ``any`` line of a client,
    not only commands that are well known.
    """

    statement: str
    ids: tuple[str, ...]
    right: str
    wrong: str
    needs: frozenset[str] = field(default=frozenset())
    version: str = "2013"
    policy: Policy | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.statement}-{self.note}" if self.note else self.statement

    def recording(self, *, right: bool = False) -> Transcript:
        """Return one of the two conversations."""
        return parse(HEADER + (self.right if right else self.wrong))


def said(command: str, tag: str = "t5rw", answer: str = "OK done", data: str = "") -> str:
    """Return one command in the selected state, with what follows it, and its answer."""
    return f"C: {tag} {command}\n{data}S: {tag} {answer}\n"


def in_folder(text: str) -> str:
    """Return a whole conversation with `text` where a mailbox is selected."""
    return GREETING + NTLM + AGAIN + SELECTED + text + GOODBYE


def command(
    statement: str, ids: str, right: str, wrong: str, note: str = "", *needs: str, version: str = "2013"
) -> Row:
    """Return a row of one command that differs."""
    return Row(
        statement,
        tuple(f"O5:{one}" for one in ids.split()),
        in_folder(said(right)),
        in_folder(said(wrong)),
        frozenset(needs),
        version,
        note=note,
    )


def conversation(
    statement: str, ids: str, right: str, wrong: str, *needs: str, note: str = "", policy: Policy | None = None
) -> Row:
    """Return a row of whole conversations."""
    return Row(
        statement, tuple(f"O5:{one}" for one in ids.split()), right, wrong, frozenset(needs), "2013", policy, note
    )


FLAGS = "UID FETCH 1 (UID FLAGS)"
SEEN = r"UID STORE 1 +FLAGS (\Seen)"
FETCH = "V0055 V0054"
"""What FETCH with a list of its own breaks."""

COMMANDS = (
    command("O5:2.1.3", "2.1.3", "NOOP", "noop", "lower case"),
    command("O5:2.1.3", "2.1.3", FLAGS, "UID FETCH 1 (UID MODSEQ)", "no item of RFC 3501"),
    command("O5:2.1.3", "2.1.3", 'SELECT "Work"', 'SELECT "Work" (CONDSTORE)', "an argument of RFC 7162"),
    command("O5:2.1.4", "2.1.4", FLAGS, "UID FETCH 1  (UID FLAGS)", "two spaces"),
    command("O5:2.1.4", "2.1.4", FLAGS, r"UID FETCH 1 (UID FLAGS)\x20", "a space at the end"),
    command("O5:2.1.4", "2.1.4", FLAGS, r"UID FETCH 1\x09(UID FLAGS)", "a TAB"),
    command("O5:V0005", "V0056 V0005", SEEN, "UID STORE 1 +FLAGS ($Work)"),
    command("O5:V0008", "V0008 V0072 " + FETCH, FLAGS, "UID FETCH 1 (UID ENVELOPE)"),
    command("O5:V0009", "V0009 V0071 " + FETCH, FLAGS, "UID FETCH 1 (UID BODYSTRUCTURE)", "BODYSTRUCTURE"),
    command("O5:V0009", "V0009 " + FETCH, FLAGS, "UID FETCH 1 (UID BODY)", "BODY"),
    command("O5:V0010", "V0010 " + FETCH, FLAGS, "UID FETCH 1 (UID BODY.PEEK[1])"),
    command("O5:V0013", "V0013", 'SELECT "Work"', r'SELECT "W\xc3\xb6rk"'),
    command("O5:V0017", "V0017", 'SELECT "Work"', "SELECT Work", "an atom"),
    command("O5:V0017", "V0017", 'UID COPY 1 "Work"', "UID COPY 1 Work", "an atom in COPY"),
    command("O5:V0018", "V0018", 'CREATE "Work"', r'CREATE "Wo\x07rk"'),
    command("O5:V0021", "V0021", 'CREATE "a&-b"', 'CREATE "a&b"', "& alone"),
    command("O5:V0021", "V0021", 'CREATE "a#b"', 'CREATE "a&ACM-b"', "# encoded"),
    command("O5:V0022", "V0022", "NOOP", "NAMESPACE"),
    command("O5:V0040", "V0040", 'SELECT "Work"', 'EXAMINE "Work"'),
    command("O5:V0045", "V0045", 'STATUS "Work" (UNSEEN)', 'STATUS "Work" (UNSEEN MESSAGES)'),
    command("O5:V0049", "V0049 V0048", "NOOP", "CHECK"),
    command("O5:V0051", "V0051", "NOOP", "SEARCH UNSEEN", version="2010"),
    command("O5:V0052", "V0052", FLAGS, "UID FETCH 1 FAST"),
    command("O5:V0053", "V0053 " + FETCH, "UID FETCH 1 (UID FLAGS BODY.PEEK[])", "UID FETCH 1 (UID FLAGS BODY[])"),
    command("O5:V0054", FETCH, "UID FETCH 1 (UID FLAGS BODY.PEEK[])", "UID FETCH 1 (UID FLAGS BODY.PEEK[TEXT])"),
    command("O5:V0055", FETCH, FLAGS, "UID FETCH 1 (FLAGS UID)", "another order"),
    command("O5:V0055", FETCH, "UID FETCH 1 (UID)", "UID FETCH 1 UID", "without parentheses"),
    command("O5:V0055", FETCH, FLAGS, "UID FETCH 1 (UID FLAGS RFC822.PEEK)", "for servers without IMAP4rev1", "server"),
    command("O5:V0056", "V0056", SEEN, r"UID STORE 1 +FLAGS (\Seen \Flagged)", "two at once"),
    command("O5:V0056", "V0056", SEEN, r"UID STORE 1 +FLAGS \Seen", "without parentheses"),
    command("O5:V0059", "V0059", "SEARCH UNSEEN", "UID SEARCH UNSEEN", "SEARCH"),
    command("O5:V0059", "V0059", "EXPUNGE", "UID EXPUNGE 1", "EXPUNGE"),
    command("O5:V0061", "V0061", "NOOP", "ENABLE CONDSTORE", "ENABLE"),
    command("O5:V0061", "V0061", "NOOP", 'ID ("name" "x")', "ID"),
    command("O5:V0061", "V0061", "NOOP", "XYZZY", "unknown", "any"),
    command("O5:V0061", "V0061", 'UID COPY 1 "Work"', 'MOVE 1 "Work"', "MOVE"),
    command("O5:V0061", "V0061", 'LIST "" "*"', 'XLIST "" "*"', "XLIST", version="2010"),
    command("O5:V0061", "V0061", 'LIST "" "*"', 'LIST "" "*" RETURN (SPECIAL-USE)', "LIST with options"),
    command(
        "O5:V0070", "V0054 V0070 V0055", "UID FETCH 1 (UID FLAGS BODY.PEEK[])", "UID FETCH 1 (UID BODY.PEEK[]<0.9>)"
    ),
    command("O5:V0071", "V0009 V0071 " + FETCH, FLAGS, "UID FETCH 1 (UID FLAGS BODYSTRUCTURE)"),
    command("O5:V0072", "V0008 V0072 " + FETCH, FLAGS, "UID FETCH 1 (UID FLAGS ENVELOPE)"),
)
"""One command differs."""

LETTER = r"""C: t5rw APPEND "Work" (\Seen) "28-Aug-2022 16:47:29 -0400" {45}
S: + go
C| Content-Transfer-Encoding: base64
C|
C| AAECAwQ=
C:
S: t5rw OK done
"""
BINARY = r"""C: t5rw APPEND "Work" (\Seen) "28-Aug-2022 16:47:29 -0400" {42}
S: + go
C| Content-Transfer-Encoding: binary
C|
C| \x03\x01\x02
C|
C:
S: t5rw OK done
"""
IDLES = "C: t5rw IDLE\nS: + idling\n{done}S: t5rw OK done\n"
LISTED = """\
S: * OK ready
C: k2v8 CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE {auth}
S: k2v8 OK done
"""
LOGIN = 'C: 9xqa LOGIN "ann" "******"\nS: 9xqa OK done\n'
PLAIN_FAILS = "C: p3pl AUTHENTICATE PLAIN\nS: +\nC: ********\nS: p3pl NO no\n"
DIGEST_FAILS = "C: d1g5 AUTHENTICATE DIGEST-MD5\nS: + bm9uY2U9\nC: ********\nS: d1g5 NO no\n"
NTLM_FAILS = "C: n7lm AUTHENTICATE NTLM\nS: +\nC: ********\nS: n7lm NO no\n"
ANY = LISTED.format(auth="AUTH=NTLM AUTH=DIGEST-MD5 AUTH=PLAIN")
NONE = LISTED.format(auth="UIDPLUS")


def authenticating(argument: str) -> str:
    return GREETING + NTLM.replace("AUTHENTICATE NTLM", f"AUTHENTICATE {argument}") + AGAIN + GOODBYE


CONVERSATIONS = (
    conversation(
        "O5:2.1.3", "2.1.3", in_folder(IDLES.format(done="C: DONE\n")), in_folder(IDLES.format(done="C: done\n")),
        note="DONE in lower case",
    ),
    conversation(
        "O5:2.1.3", "2.1.3", in_folder(IDLES.format(done="C: DONE\n")), in_folder(IDLES.format(done="C: t5rw DONE\n")),
        "server", note="DONE with a tag",
    ),
    conversation(
        "O5:2.1.3", "2.1.3", in_folder(LETTER),
        in_folder(LETTER.replace("S: + go\n", "").replace("S: t5", "S: + go\nS: t5")), "order",
        note="a literal that did not wait",
    ),
    conversation(
        "O5:2.1.4", "2.1.4", in_folder(IDLES.format(done="C: DONE\n")), in_folder(IDLES.format(done="C: DONE\\x20\n")),
        note="a space after DONE",
    ),
    conversation("O5:C0001", "C0001", in_folder(said("NOOP")), in_folder(said("NOOP", "T5RW")), note="upper case"),
    conversation("O5:C0001", "C0001", in_folder(said("NOOP")), in_folder(said("NOOP", "t5r")), note="three"),
    conversation("O5:C0001", "C0001", in_folder(said("NOOP")), in_folder(said("NOOP", "t5rw1")), note="five"),
    conversation(
        "O5:C0001", "C0001", in_folder(said("NOOP") + said(FLAGS, "u6sx")), in_folder(said("NOOP") + said(FLAGS)),
        note="the same twice",
    ),
    conversation(
        "O5:C0001", "C0001", in_folder(said("NOOP", "a009") + said(FLAGS, "a001")),
        in_folder(said("NOOP", "a009") + said(FLAGS, "a010")), note="counted",
    ),
    conversation(
        "O5:C0001", "C0001", in_folder(""), in_folder("").replace("vu1p", "ZZZZ"), note="of LOGOUT",
    ),
    conversation("O5:V0014", "V0014", in_folder(LETTER), in_folder(BINARY), "literals"),
    conversation(
        "O5:V0017", "V0017", in_folder(said('SELECT "Work"')),
        in_folder("C: t5rw SELECT {4}\nS: + go\nC| Work\nC:\nS: t5rw OK done\n"), "continued", note="a short literal",
    ),
    conversation(
        "O5:V0017", "V0017",
        in_folder("C: t5rw SELECT {1025}\nS: + go\nC| " + "x" * 1025 + "\nC:\nS: t5rw OK done\n"),
        in_folder(said(f'SELECT "{"x" * 1025}"')), note="a long name in quotes",
    ),
    conversation(
        "O5:V0025", "V0025 V0028", in_folder(said("NOOP") + "@+600\n" + said("NOOP", "u6sx")),
        in_folder(said("NOOP") + "@+615\n" + said("NOOP", "u6sx")), "times",
    ),
    conversation(
        "O5:V0025", "V0025 V0028",
        in_folder("C: t5rw IDLE\nS: + idling\n@+400\nS: * 4 EXISTS\n@+150\nC: DONE\nS: t5rw OK done\n"),
        in_folder("C: t5rw IDLE\nS: + idling\n@+400\nS: * 4 EXISTS\n@+250\nC: DONE\nS: t5rw OK done\n"), "times",
        note="what is received does not count",
    ),
    conversation(
        "O5:V0026", "V0026",
        in_folder("C: t5rw UID FETCH 1 (UID FLAGS)\nC: u6sx EXPUNGE\nS: t5rw OK done\nS: u6sx OK done\n"),
        in_folder("C: t5rw EXPUNGE\nC: u6sx FETCH 1 (UID)\nS: t5rw OK done\nS: u6sx OK done\n"), "order",
    ),
    conversation(
        "O5:V0026", "V0026", in_folder(""), in_folder("").replace("S: * BYE\n", "C: 3fgh NOOP\nS: * BYE\n"), "order",
        note="after LOGOUT",
    ),
    conversation(
        "O5:V0027", "E0001 V0034 V0027", LISTED.format(auth="AUTH=CRAM-MD5") + LOGIN + AGAIN,
        LISTED.format(auth="AUTH=NTLM") + LOGIN + AGAIN, "server", policy=Policy(),
    ),
    conversation(
        "O5:V0028", "V0028", in_folder(IDLES.format(done="C: DONE\n")),
        in_folder(IDLES.format(done="C: DONE\n")).replace("IMAP4rev1 IDLE UIDPLUS", "IMAP4rev1 UIDPLUS"), "server",
    ),
    conversation(
        "O5:V0029", "V0029 E0001 V0034 V0027", authenticating("NTLM"), authenticating("ANONYMOUS"),
    ),
    conversation(
        "O5:V0030", "V0030", authenticating("NTLM"), authenticating("NTLM TlRMTVNTUAAB"),
    ),
    conversation(
        "O5:V0030", "V0030", authenticating("NTLM"), authenticating("NTLM ************"), note="masked",
    ),
    conversation("O5:E0001", "E0001 V0034 V0027", authenticating("NTLM"), authenticating("CRAM-MD5")),
    conversation(
        "O5:V0032", "V0032", authenticating("DIGEST-MD5"), authenticating("PLAIN"), "server", note="unlisted",
    ),
    conversation(
        "O5:V0032", "V0032 V0065", NONE + LOGIN + AGAIN, "S: * OK ready\n" + LOGIN + AGAIN, "server",
        note="the list not asked for",
    ),
    conversation(
        "O5:V0032", "V0032 V0065",
        GREETING + said("STARTTLS") + "@tls\n" + said("CAPABILITY", "u6sx") + LOGIN + AGAIN,
        GREETING + said("STARTTLS") + "@tls\n" + LOGIN + AGAIN, "server", note="not asked for again under TLS",
    ),
    conversation("O5:V0033", "V0033", in_folder(""), in_folder("").replace(AGAIN, "")),
    conversation(
        "O5:V0034", "V0034", ANY + NTLM_FAILS + DIGEST_FAILS + PLAIN_FAILS + LOGIN + AGAIN,
        ANY + NTLM_FAILS + PLAIN_FAILS + DIGEST_FAILS + LOGIN + AGAIN, note="stronger after weaker",
    ),
    conversation(
        "O5:V0034", "V0032 V0034", in_folder(""), NONE + LOGIN + AGAIN,
        note="LOGIN that is ruled out", policy=Policy(login=False),
    ),
    conversation("O5:V0035", "V0035", NONE + LOGIN + AGAIN + SELECTED, NONE + LOGIN + SELECTED),
    conversation(
        "O5:V0047", "V0047",
        in_folder(LETTER.replace("OK done", "NO no such") + said('CREATE "Work"', "u6sx")),
        in_folder(LETTER.replace("OK done", "NO [TRYCREATE] no such") + said('CREATE "Work"', "u6sx")),
        "server", "literals",
    ),
    conversation(
        "O5:V0048", "V0049 V0048", in_folder(LETTER + said("NOOP", "u6sx")), in_folder(LETTER + said("CHECK", "u6sx")),
    ),
    conversation(
        "O5:V0058", "V0058",
        in_folder(said('UID COPY 1 "Work"', answer="NO no such") + said('CREATE "Work"', "u6sx")),
        in_folder(said('UID COPY 1 "Work"', answer="NO [TRYCREATE] no such") + said('CREATE "Work"', "u6sx")),
        "server",
    ),
    conversation(
        "O5:V0065", "V0035 V0065",
        NONE + LOGIN.replace("OK done", "OK [CAPABILITY IMAP4rev1 IDLE] done") + AGAIN + SELECTED,
        NONE + LOGIN.replace("OK done", "OK [CAPABILITY IMAP4rev1 IDLE] done") + SELECTED, "server",
    ),
)  # fmt: skip
"""The conversation differs."""

ROWS = (*COMMANDS, *CONVERSATIONS)
