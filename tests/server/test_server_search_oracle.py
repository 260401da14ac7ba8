"""SEARCH against a naive oracle that never reads mail: it knows what each message was made to say.

Mailboxes and key trees are random; every message is spelled by encoders written here, in random charsets and transfer
encodings. Then the same over sockets, with imaplib and IMAPClient, which nobody here wrote.
"""

from __future__ import annotations

import base64
import datetime as dt
import imaplib
import quopri
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from imapclient import IMAPClient
from support.searching import Searcher, store_of
from support.talk import USERS

from outlookimap.server.listening import MailServer
from outlookimap.server.store import Incoming

MONTHS = ("Jan", "Feb", "Mar")
WORDS = ("alpha", "Beta", "GAMMA", "été", "Straße", "wörld", "al")
FLAGS = ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen", "$MDNSent", "Work")
CHARSETS = ("utf-8", "iso-8859-1", "windows-1252")
FIELDS = ("From", "To", "Cc", "Bcc", "Subject", "X-Odd")


MULTIPART = "Content-Type: multipart/mixed; boundary=edge"
ATTACHED = ("Content-Type: image/png",)


def _lines(*lines: str) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode()


@dataclass(frozen=True)
class Mail:
    """What a message says, and how it is spelled."""

    fields: tuple[tuple[str, str], ...]
    body: str
    attached: str | None
    sent: dt.date | None
    flags: tuple[str, ...]
    arrived: dt.datetime
    charset: str
    header_encoding: str
    body_encoding: str

    @property
    def octets(self) -> bytes:
        """The message as it is spelled."""
        head = [f"{name}: {self._word(value)}" for name, value in self.fields] + self._date()
        body = self._body()
        if self.attached is None:
            return _lines(*head, *self._typed(), "") + body
        inside = _lines("--edge", *self._typed(), "") + body + _lines("", "--edge", *ATTACHED, "", self.attached)
        return _lines(*head, MULTIPART, "") + inside + _lines("--edge--")

    @property
    def says(self) -> list[str]:
        """All that can be found in it, line by line."""
        described = [*self._typed(), *([MULTIPART, *ATTACHED] if self.attached is not None else [])]
        return [*(f"{name}: {value}" for name, value in self.fields), *self._date(), *described, self.body]

    def _date(self) -> list[str]:
        if self.sent is None:
            return []
        return [f"Date: {self.sent.day} {MONTHS[self.sent.month - 1]} {self.sent.year} 23:59:59 -1200"]

    def _typed(self) -> list[str]:
        return [f"Content-Type: text/plain; charset={self.charset}", f"Content-Transfer-Encoding: {self.body_encoding}"]

    def _word(self, text: str) -> str:
        octets = text.encode(self.charset)
        if self.header_encoding == "B":
            return f"=?{self.charset}?B?{base64.b64encode(octets).decode()}?="
        return f"=?{self.charset}?q?{''.join(f'={octet:02X}' for octet in octets)}?="

    def _body(self) -> bytes:
        octets = self.body.encode(self.charset)
        if self.body_encoding == "base64":
            return base64.encodebytes(octets)
        return quopri.encodestring(octets) if self.body_encoding == "quoted-printable" else octets


sentences = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
days = st.dates(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
mails = st.builds(
    Mail,
    fields=st.lists(st.tuples(st.sampled_from(FIELDS), sentences), max_size=4).map(tuple),
    body=sentences,
    attached=st.none() | st.sampled_from(("alpha", "beta")),
    sent=st.none() | days,
    flags=st.sets(st.sampled_from(FLAGS)).map(lambda flags: tuple(sorted(flags))),
    arrived=st.builds(
        dt.datetime.combine,
        days,
        st.times(max_value=dt.time(23, 59)).map(lambda time: time.replace(microsecond=0)),
        st.integers(-12, 12).map(lambda hours: dt.timezone(dt.timedelta(hours=hours))),
    ),
    charset=st.sampled_from(CHARSETS),
    header_encoding=st.sampled_from("BQ"),
    body_encoding=st.sampled_from(("base64", "quoted-printable", "8bit")),
)


# ---------------------------------------------------------------- key trees: how they are spelled, what they mean


@dataclass(frozen=True)
class Key:
    """A search key as words: a tree of tuples for the oracle, octets for the wire."""

    words: tuple[object, ...]

    @property
    def octets(self) -> bytes:
        """The key on the wire."""
        name, *arguments = self.words
        if name in ("ALL-OF", "SET"):
            parts = [argument.octets if isinstance(argument, Key) else str(argument).encode() for argument in arguments]
            return b"(" + b" ".join(parts) + b")" if name == "ALL-OF" else b",".join(parts)
        return b" ".join([str(name).encode(), *map(_spelled, arguments)])


def _spelled(argument: object) -> bytes:
    if isinstance(argument, Key):
        return argument.octets
    if isinstance(argument, dt.date):
        return f"{argument.day}-{MONTHS[argument.month - 1]}-{argument.year}".encode()
    if isinstance(argument, int):
        return str(argument).encode()
    octets = str(argument).encode()
    return octets if octets.isalnum() or octets.startswith(b"$") else b"{%d+}\r\n%s" % (len(octets), octets)


def _key(*words: object) -> Key:
    return Key(words)


STATES = tuple(flag[1:].upper() for flag in FLAGS[:5])
BARE = ("ALL", "NEW", "OLD", "RECENT", *STATES, *("UN" + state for state in STATES))
needles = sentences | st.sampled_from(("", "a", "STRASSE", "É", "ta ga"))
leaves = st.one_of(
    st.builds(_key, st.sampled_from(BARE)),
    st.builds(_key, st.sampled_from(("KEYWORD", "UNKEYWORD")), st.sampled_from(("$MDNSent", "work", "none"))),
    st.builds(_key, st.sampled_from(("BCC", "CC", "FROM", "SUBJECT", "TO", "BODY", "TEXT")), needles),
    st.builds(_key, st.just("HEADER"), st.sampled_from(("subject", "From", "x-odd", "none")), needles),
    st.builds(_key, st.sampled_from(("BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE")), days),
    st.builds(_key, st.sampled_from(("LARGER", "SMALLER")), st.integers(0, 400)),
    st.builds(_key, st.just("UID"), st.integers(1, 9)),
    st.builds(_key, st.just("SET"), st.integers(1, 3), st.integers(1, 3)),
)
trees = st.recursive(
    leaves,
    lambda keys: st.one_of(
        st.builds(_key, st.just("NOT"), keys),
        st.builds(_key, st.just("OR"), keys, keys),
        st.lists(keys, min_size=1, max_size=3).map(lambda inside: Key(("ALL-OF", *inside))),
    ),
    max_leaves=8,
)


def holds(key: Key, number: int, mail: Mail, told: int) -> bool:
    """Tell whether a message is found, by what it was made to say; the first `told` are old."""
    match key.words:
        case ("NOT", Key() as inner):
            return not holds(inner, number, mail, told)
        case ("OR", Key() as left, Key() as right):
            return holds(left, number, mail, told) or holds(right, number, mail, told)
        case ("ALL-OF", *keys):
            return all(isinstance(inner, Key) and holds(inner, number, mail, told) for inner in keys)
        case ("SET", *numbers) | ("UID", *numbers):
            return number in numbers
        case ("ALL",):
            return True
        case ("OLD" | "RECENT" | "NEW" as name,):
            return (number <= told) is (name == "OLD") and not (name == "NEW" and _has(mail, "\\Seen"))
        case (str(name),):
            return _has(mail, "\\" + name.removeprefix("UN")) is not name.startswith("UN")
        case (str(name), str(keyword)) if name.endswith("KEYWORD"):
            return _has(mail, keyword) is (name == "KEYWORD")
        case (str(name), dt.date() as day):
            return _on_day(name, day, mail)
        case (str(name), int(octets)):
            return len(mail.octets) > octets if name == "LARGER" else len(mail.octets) < octets
        case (str(name), *arguments):
            return _says(name, [str(argument) for argument in arguments], mail)
    raise AssertionError(key)


def _has(mail: Mail, flag: str) -> bool:
    return any(flag.lower() == own.lower() for own in mail.flags)


def _on_day(name: str, day: dt.date, mail: Mail) -> bool:
    own = mail.sent if name.startswith("SENT") else mail.arrived.date()
    if own is None:
        return False
    return {"BEFORE": own < day, "ON": own == day, "SINCE": own >= day}[name.removeprefix("SENT")]


def _says(name: str, arguments: list[str], mail: Mail) -> bool:
    needle = arguments[-1].casefold()
    values = [value.casefold() for _, value in mail.fields]
    if name == "BODY":
        return needle in mail.body.casefold()
    if name == "TEXT":
        return any(needle in line.casefold() for line in mail.says)
    field = arguments[0] if name == "HEADER" else name
    return any(
        field.lower() == own.lower() and needle in value for (own, _), value in zip(mail.fields, values, strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(mails, min_size=3, max_size=6), st.integers(0, 6), st.lists(trees, min_size=1, max_size=12))
def test_what_is_found_is_what_was_put_in(mailbox: list[Mail], told: int, keys: list[Key]) -> None:
    arrivals = [Incoming(mail.octets, tuple(flag.encode() for flag in mail.flags), mail.arrived) for mail in mailbox]
    with Searcher(arrivals, told=min(told, len(mailbox))) as searcher:
        for key in keys:
            expected = [number for number, mail in enumerate(mailbox, 1) if holds(key, number, mail, told)]
            assert searcher.found(b"CHARSET UTF-8 " + key.octets) == expected, key.octets


# ---------------------------------------------------------------- clients that others wrote

INBOX = [
    Incoming(b"From: ann@example.com\r\nSubject: one\r\nDate: 1 Jan 2024 10:00:00\r\n\r\nFirst.\r\n", (b"\\Seen",)),
    Incoming(
        b"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\nSubject: two\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nZweite gr\xfc\xdfe.\r\n"
    ),
    Incoming(b"Subject: three\r\n\r\nThird.\r\n", (b"\\Flagged",)),
]


def test_imaplib() -> None:
    with (
        MailServer(USERS, store=store_of(INBOX), allow_plaintext=True) as server,
        imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as imap,
    ):
        imap.login("user1", "secret")
        imap.select("INBOX")
        assert imap.search(None, "FROM", '"ann"') == ("OK", [b"1"])
        assert imap.search(None, "(OR SUBJECT two FLAGGED)", "UNSEEN") == ("OK", [b"2 3"])
        assert imap.search("UTF-8", "SENTON", "1-Jan-2024") == ("OK", [b"1"])
        assert imap.uid("SEARCH", "BODY", "first") == ("OK", [b"1"])
        imap.literal = "grüße".encode()  # type: ignore[assignment]  # the stub says str; octets are sent
        assert imap.uid("SEARCH", "CHARSET", "UTF-8", "TEXT") == ("OK", [b"2"])
        assert imap.search("KOI8-R", "ALL")[0] == "NO"


def test_imapclient() -> None:
    with (
        MailServer(USERS, store=store_of(INBOX), allow_plaintext=True) as server,
        IMAPClient("localhost", server.port, ssl=False, timeout=5) as client,
    ):
        client.login("user1", "secret")
        client.capabilities()  # imapclient 3.0 sends no literal before it knows them
        client.select_folder("INBOX")
        assert client.search(["FROM", "ann"]) == [1]
        assert client.search(["NOT", ["OR", "SEEN", "FLAGGED"]]) == [2]
        assert client.search(["SINCE", dt.date(2024, 2, 3), "SUBJECT", "thr"]) == [3]
        assert client.search(["FROM", "jörg", "BODY", "GRÜSSE"], charset="UTF-8") == [2]
        assert client.search(["HEADER", "subject", ""]) == [1, 2, 3]
        assert client.search('LARGER 73 TEXT "subject: one"') == [1]
