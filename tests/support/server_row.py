r"""What a row of the table of a server's lines is, and the pieces of its conversations.

Typed by hand, after the documents; knows no test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outlookimap.profiles import Profile, load
from outlookimap.traffic import Transcript, parse

HEADER = "# outlookimap recording 1\nprovenance: synthetic\n\n"

CLEAR = "S: * OK The Microsoft Exchange IMAP4 service is ready.\n"
GREETING = "@tls\n" + CLEAR
LOGIN = 'C: 9xqa LOGIN "ann" "******"\nS: 9xqa OK LOGIN completed.\n'
SELECTED = """\
C: 0c7d SELECT "INBOX"
S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)
S: * OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags
S: * OK [UIDVALIDITY 7] UIDVALIDITY value
S: 0c7d OK [READ-WRITE] SELECT completed.
"""
GOODBYE = """\
C: vu1p LOGOUT
S: * BYE Microsoft Exchange Server 2019 IMAP4 server signing off.
S: vu1p OK LOGOUT completed.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation that keeps the statements `ids`, and one that breaks exactly these.

    `needs` is what a log must show for the breach to be seen: the ``whole`` conversation, with TLS and the order of
    both sides; ``times`` of at least a second, or any ``stamps``; ``literals``; ``any`` line of a server, not only
    those well known.
    """

    ids: tuple[str, ...]
    right: str
    wrong: str
    version: str = "2019"
    alternatives: tuple[str, ...] = ()
    note: str = ""
    needs: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "-".join((*self.ids[:1], self.version, *([self.note] if self.note else [])))

    @property
    def profile(self) -> Profile:
        """The profile to judge by."""
        return load(self.version, kind="server").with_alternatives(self.alternatives)

    def recording(self, *, right: bool = False) -> Transcript:
        """Return one of the two conversations."""
        return parse(HEADER + (self.right if right else self.wrong))


def rows(ids: str, right: str, wrong: str, note: str = "", *, sp1: str = "", newest: bool = True) -> Iterator[Row]:
    """Yield the row for 2019 (`ids` are X10's) and the one for 2007 SP1, whose ids are `sp1`."""
    if newest:
        yield Row(tuple(f"X10:{one}" for one in ids.split()), right, wrong, note=note)
    if sp1:
        yield Row(tuple(sp1.split()), right, wrong, "2007sp1", note=note)


def needing(what: str, *found: Row) -> Iterator[Row]:
    """Yield rows whose breach only a log with all of `what` shows."""
    for row in found:
        yield replace(row, needs=row.needs | frozenset(what.split()))


def one(version: str, ids: str, right: str, wrong: str, note: str = "", *alternatives: str) -> Iterator[Row]:
    """Yield the row for one version; `ids` are whole."""
    yield Row(tuple(ids.split()), right, wrong, version, alternatives, note)


def inside(text: str) -> str:
    """Return a conversation with `text` where a mailbox is selected."""
    return GREETING + LOGIN + SELECTED + text + GOODBYE


def said(command: str, *data: str, answer: str = "OK done", tag: str = "t5rw") -> str:
    """Return one command, what is sent before its answer, and the answer."""
    return f"C: {tag} {command}\n" + "".join(f"S: {line}\n" for line in data) + f"S: {tag} {answer}\n"


def listing(line: str, command: str = 'LIST "" "x*"') -> str:
    return inside(said(command, line))


def capability(line: str, begin: str = GREETING) -> str:
    return begin + said("CAPABILITY", f"* CAPABILITY {line}") + GOODBYE


def mail(uid: int, text: str, tag: str, octets: int = 0) -> str:
    return (
        f"C: {tag} UID FETCH {uid} (UID BODY.PEEK[])\n"
        f"S: * 1 FETCH (UID {uid} BODY[] {{{octets or len(text)}}}\nS| {text}\nS: )\n"
        f"S: {tag} OK done\n"
    )


LISTED = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=GSSAPI SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
INSECURE = "IMAP4 IMAP4rev1 LOGINDISABLED STARTTLS SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
LISTED_2007 = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI CHILDREN IDLE NAMESPACE LITERAL+"
INSECURE_2007 = "IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI STARTTLS CHILDREN IDLE NAMESPACE LITERAL+"
PLAIN = "C: p3pl AUTHENTICATE PLAIN\nS: +\nC: ********\nS: p3pl OK AUTHENTICATE completed.\n"
KEYWORD_RIGHT = "* FLAGS (\\Seen $MDNSent)"
LONG = "x" * 251
DEEP = "/".join("x" * 32)
NESTED = "(" * 11 + "SEEN" + ")" * 11
ONE = "Subject: one and no other"
FAILS = "".join(said('LOGIN "ann" "******"', answer="NO LOGIN failed.", tag=f"f{n}il") for n in range(4))
STARTTLS = said("STARTTLS", tag="s1tl") + "@tls\n"
STRUCTURE = '* 1 FETCH (BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1{}))'
ENVELOPE = "* 1 FETCH (ENVELOPE (NIL {} NIL NIL NIL NIL NIL NIL NIL NIL))"
BELOW = said('LSUB "" "*"', '* LSUB () "/" a/b')
APPEND = "C: t5rw APPEND INBOX {5}\nS: + go\nC| Hello\nC:\nS: t5rw OK done\n"
SEARCHES = "C: t5rw UID SEARCH TEXT {{2}}\n{wave}C| hi\nC:\nS: * SEARCH\nS: t5rw OK done\n"
