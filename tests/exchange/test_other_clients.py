"""Clients nobody here wrote: they sign in, list, sync twice, and read alike what any of them wrote."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import imap_tools
import pytest
from imapclient import IMAPClient
from support.mail_clients import Curl, Mbsync, Offlineimap, Place, maildir_messages, maildir_tree

from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import versions

VERSIONS = versions("server")
ENDS = (VERSIONS[0], "exchange-2010", VERSIONS[-1])
"""The oldest, the newest and one in between: programs of their own take a second each."""

PLAIN = b"From: ann@example.com\r\nTo: bob@example.com\r\nSubject: one\r\nMessage-ID: <1@example.com>\r\n\r\nHello.\r\n"
PARTS = (
    b"From: bob@example.com\r\nSubject: two parts\r\nMessage-ID: <2@example.com>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nText.\r\n'
    b"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=x\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"
)
ODD = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nSubject: odd lines\r\nMessage-ID: <3@example.com>\r\n\r\n"
    b".\r\n)\r\n* 3 EXISTS\r\nA001 OK done\r\n{5}\r\nFrom here\r\n"
)
MAIL = (PLAIN, PARTS, ODD)


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[ExchangeServer]:
    """One server of each version, with mail in the inbox."""
    with ExchangeServer(request.param, mail={"user1": MAIL}) as running:
        yield running


every_version = pytest.mark.parametrize("server", VERSIONS, indirect=True)
some_versions = pytest.mark.parametrize("server", ENDS, indirect=True)


def place(server: ExchangeServer) -> Place:
    assert server.ca_file is not None
    return Place(server.tls_port, server.ca_file)


def trusting(server: ExchangeServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def by_imaplib(server: ExchangeServer) -> imaplib.IMAP4:
    client = imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=trusting(server), timeout=10)
    client.login("user1", "secret")
    return client


def by_imapclient(server: ExchangeServer) -> IMAPClient:
    client = IMAPClient("localhost", server.tls_port, ssl_context=trusting(server), timeout=10)
    client.login("user1", "secret")
    return client


def by_imap_tools(server: ExchangeServer, folder: str = "INBOX") -> imap_tools.BaseMailBox:
    box = imap_tools.MailBox("localhost", server.tls_port, ssl_context=trusting(server), timeout=10)
    return box.login("user1", "secret", initial_folder=folder)


def asked(server: ExchangeServer, since: int) -> Counter[str]:
    """Count what clients have sent since so many commands."""
    return Counter(sent.name for sent in server.commands[since:])


CHANGES = {"APPEND", "STORE", "UID STORE", "COPY", "UID COPY", "EXPUNGE", "UID EXPUNGE", "CREATE", "DELETE", "RENAME"}


def state(server: ExchangeServer) -> dict[bytes, list[tuple[int, tuple[bytes, ...], bytes]]]:
    """Return everything in the store of the first user."""
    account = server.store.account("user1")
    assert account is not None
    return {
        listed.name: [(one.uid, one.flags, one.octets) for one in account.mailbox(listed.name).messages()]
        for listed in account.names()
    }


# ---------------------------------------------------------------- libraries


@every_version
def test_imaplib(server: ExchangeServer) -> None:
    with by_imaplib(server) as client:
        assert b'"/" INBOX' in b"\n".join(line for line in client.list()[1] if isinstance(line, bytes))
        assert client.create("Work")[0] == client.subscribe("Work")[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"3"])
        once, again = (client.uid("FETCH", "1:*", "(FLAGS)") for _ in range(2))
        assert once == again
        fetched = client.uid("FETCH", "1:3", "(BODY.PEEK[])")[1]
        assert [part[1] for part in fetched if isinstance(part, tuple)] == list(MAIL)
        assert client.uid("STORE", "2", "+FLAGS", r"(\Flagged)")[0] == "OK"
        assert client.uid("SEARCH", "FLAGGED")[1] == [b"2"]
        assert client.uid("COPY", "1:2", "Work")[0] == "OK"
        assert client.append("Work", r"(\Seen)", '"05-Mar-2024 06:07:08 +0100"', PLAIN)[0] == "OK"
        assert client.store("1", "+FLAGS", r"(\Deleted)")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.status("Work", "(MESSAGES UNSEEN)")[0] == "OK"
        assert client.rename("Work", "Play")[0] == client.delete("Play")[0] == "OK"
        assert client.logout()[0] == "BYE"


@every_version
def test_imapclient(server: ExchangeServer) -> None:
    with by_imapclient(server) as client:
        assert "INBOX" in [name for _, _, name in client.list_folders()]
        assert client.namespace().personal == (("", "/"),)
        assert client.select_folder("INBOX")[b"EXISTS"] == 3
        once, again = (client.get_flags([1, 2, 3]) for _ in range(2))
        assert once == again
        items = ["ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[]", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"]
        found = client.fetch([1, 2, 3], items)
        assert [found[uid][b"BODY[]"] for uid in (1, 2, 3)] == list(MAIL)
        assert [found[uid][b"ENVELOPE"].subject for uid in (1, 2, 3)] == [b"one", b"two parts", b"odd lines"]
        assert found[2][b"BODYSTRUCTURE"].is_multipart
        assert client.search(["SUBJECT", "two"]) == [2]
        client.create_folder("Entwürfe & mehr")
        client.copy([3], "Entwürfe & mehr")
        assert client.folder_status("Entwürfe & mehr", ["MESSAGES"]) == {b"MESSAGES": 1}
        client.idle()
        server.other_protocol.add("user1", "INBOX", PLAIN)
        assert (4, b"EXISTS") in client.idle_check(10)
        client.idle_done()


@every_version
def test_imap_tools(server: ExchangeServer) -> None:
    with by_imap_tools(server) as box:
        assert "INBOX" in [folder.name for folder in box.folder.list()]
        once, again = ([(one.uid, one.flags) for one in box.fetch(mark_seen=False)] for _ in range(2))
        assert once == again
        found = list(box.fetch(mark_seen=False))
        assert [one.subject for one in found] == ["one", "two parts", "odd lines"]
        assert [len(one.attachments) for one in found] == [0, 1, 0]
        assert [one.uid for one in box.fetch(imap_tools.AND(subject="odd"), mark_seen=False)] == ["3"]
        box.flag(["1"], imap_tools.MailMessageFlags.FLAGGED, value=True)
        box.folder.create("Work")
        box.copy(["1"], "Work")
        box.delete(["1"])
        assert [one.uid for one in box.fetch(mark_seen=False)] == ["2", "3"]
        assert box.folder.status("Work")["MESSAGES"] == 1


# ---------------------------------------------------------------- programs

Syncing = Callable[[Place, Path], "Mbsync | Offlineimap"]


@some_versions
@pytest.mark.parametrize("program", [Mbsync, Offlineimap])
def test_a_second_sync_changes_nothing(server: ExchangeServer, program: Syncing, tmp_path: Path) -> None:
    client = program(place(server), tmp_path / "one")
    client.sync()
    there, here, said = state(server), maildir_tree(client.mail), len(server.commands)
    assert Counter(map(without_mark, maildir_messages(client.mail)["INBOX"])) == Counter(MAIL)
    client.sync()
    assert state(server) == there
    assert maildir_tree(client.mail) == here
    assert not CHANGES.intersection(asked(server, said))
    assert asked(server, said)["LOGOUT"] >= 1


@some_versions
def test_curl(server: ExchangeServer, tmp_path: Path) -> None:
    client = Curl(place(server), tmp_path / "curl")
    once, again = client.get(), client.get()
    assert once == again
    assert b'"/" INBOX\r\n' in once
    assert [client.message("INBOX", uid) for uid in (1, 2, 3)] == list(MAIL)
    assert b"SEARCH 2" in client.get("INBOX?SUBJECT%20two")


def without_mark(message: bytes) -> bytes:
    """Return a message without the line that mbsync puts into each that it moves."""
    return re.sub(rb"X-TUID: [^\r]*\r\n", b"", message, count=1)


# ---------------------------------------------------------------- one writes, all read


def write_imaplib(server: ExchangeServer, _: Path) -> None:
    with by_imaplib(server) as client:
        client.create("Shared")
        for message in MAIL:
            client.append("Shared", "", None, message)


def write_imapclient(server: ExchangeServer, _: Path) -> None:
    with by_imapclient(server) as client:
        client.create_folder("Shared")
        for message in MAIL:
            client.append("Shared", message)


def write_imap_tools(server: ExchangeServer, _: Path) -> None:
    with by_imap_tools(server) as box:
        box.folder.create("Shared")
        for message in MAIL:
            box.append(message, "Shared")


def write_maildir(client: Mbsync | Offlineimap) -> None:
    client.sync()
    for part in ("cur", "new", "tmp"):
        (client.mail / "Shared" / part).mkdir(parents=True)
    for number, message in enumerate(MAIL):
        (client.mail / f"Shared/cur/{number}.test:2,").write_bytes(message.replace(b"\r\n", b"\n"))
    client.sync()


def write_mbsync(server: ExchangeServer, directory: Path) -> None:
    write_maildir(Mbsync(place(server), directory))


def write_offlineimap(server: ExchangeServer, directory: Path) -> None:
    write_maildir(Offlineimap(place(server), directory))


def write_curl(server: ExchangeServer, directory: Path) -> None:
    write_client = Curl(place(server), directory)
    with by_imaplib(server) as client:
        client.create("Shared")
    for message in MAIL:
        write_client.append("Shared", message)


def read_imaplib(server: ExchangeServer, _: Path) -> list[bytes]:
    with by_imaplib(server) as client:
        client.select("Shared", readonly=True)
        return [part[1] for part in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]


def read_imapclient(server: ExchangeServer, _: Path) -> list[bytes]:
    with by_imapclient(server) as client:
        client.select_folder("Shared", readonly=True)
        return [found[b"BODY[]"] for found in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]


def read_imap_tools(server: ExchangeServer, _: Path) -> list[bytes]:
    with by_imap_tools(server, "Shared") as box:
        raw = [one.obj.as_bytes() for one in box.fetch(mark_seen=False)]
    return [message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for message in raw]


def read_curl(server: ExchangeServer, directory: Path) -> list[bytes]:
    client = Curl(place(server), directory)
    return [client.message("Shared", uid) for uid in (1, 2, 3)]


def read_mbsync(server: ExchangeServer, directory: Path) -> list[bytes]:
    client = Mbsync(place(server), directory)
    client.sync()
    return maildir_messages(client.mail)["Shared"]


def read_offlineimap(server: ExchangeServer, directory: Path) -> list[bytes]:
    client = Offlineimap(place(server), directory)
    client.sync()
    return maildir_messages(client.mail)["Shared"]


WRITERS = (write_imaplib, write_imapclient, write_imap_tools, write_mbsync, write_offlineimap, write_curl)
READERS = (read_imaplib, read_imapclient, read_imap_tools, read_mbsync, read_offlineimap, read_curl)


# mbsync 1.4 refuses the answer it asks for where APPEND tells no UID (mended in 1.5), so it writes to 2019 only.
@pytest.mark.parametrize(
    ("version", "write"),
    [(v, write) for v in ("2007", "2019") for write in WRITERS if (v, write) != ("2007", write_mbsync)],
)
def test_what_one_wrote_all_read_alike(
    version: str, write: Callable[[ExchangeServer, Path], None], tmp_path: Path
) -> None:
    with ExchangeServer(version) as server:
        write(server, tmp_path / "writer")
        for read in READERS:
            read_back = read(server, tmp_path / read.__name__)
            assert Counter(map(comparable, read_back)) == Counter(MAIL), read.__name__


def comparable(message: bytes) -> bytes:
    r"""Return a message without what clients add on their way: mbsync a line, offlineimap another."""
    return re.sub(rb"X-(?:TUID|OfflineIMAP): [^\r]*\r\n", b"", message)
