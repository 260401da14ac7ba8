"""imaplib and IMAPClient, which nobody here wrote, use the server over real sockets."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from support.talk import ONE, THREE, TWO, USERS, store

from outlookimap.auth import client_mechanism
from outlookimap.server.listening import MailServer
from outlookimap.wire.secret import Secret

WAYS = ("tls", "starttls", "plain")
MESSAGE = b"Subject: new\r\n\r\nNew.\r\n"


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How the connection is encrypted."""
    return str(request.param)


@pytest.fixture
def server(way: str) -> Iterator[MailServer]:
    """A server whose INBOX of user1 holds three messages."""
    with MailServer(USERS, store=store(), allow_plaintext=way == "plain") as running:
        yield running


def trusting(server: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def by_imaplib(server: MailServer, way: str) -> imaplib.IMAP4:
    if way == "tls":
        return imaplib.IMAP4_SSL("localhost", server.tls_port, ssl_context=trusting(server), timeout=5)
    connection = imaplib.IMAP4("127.0.0.1", server.port, timeout=5)
    if way == "starttls":
        assert "LOGINDISABLED" in connection.capabilities
        connection.starttls(trusting(server))
        assert "LOGINDISABLED" not in connection.capabilities
    return connection


def by_imapclient(server: MailServer, way: str) -> IMAPClient:
    if way == "tls":
        return IMAPClient("localhost", server.tls_port, ssl_context=trusting(server), timeout=5)
    connection = IMAPClient("localhost", server.port, ssl=False, timeout=5)
    if way == "starttls":
        connection.starttls(trusting(server))
    return connection


def test_imaplib(server: MailServer, way: str) -> None:
    with by_imaplib(server, way) as imap:
        assert imap.login("user1", "secret") == ("OK", [b"LOGIN completed."])
        assert imap.list() == (
            "OK",
            [rb'(\HasNoChildren) "/" INBOX', rb'(\HasNoChildren \Sent) "/" "Sent Items"'],
        )
        assert imap.lsub()[1][0] == rb'(\HasNoChildren) "/" INBOX'
        assert imap.namespace() == ("OK", [b'(("" "/")) NIL NIL'])
        assert imap.select("INBOX") == ("OK", [b"3"])
        assert imap.response("UIDVALIDITY") == ("UIDVALIDITY", [b"100"])
        assert imap.fetch("1:3", "(UID FLAGS)")[1] == [
            rb"1 (UID 1 FLAGS (\Seen))",
            b"2 (UID 2 FLAGS ())",
            rb"3 (UID 3 FLAGS (\Flagged $Work))",
        ]
        assert imap.uid("FETCH", "2", "(BODY.PEEK[HEADER])")[1] == [
            (b"2 (UID 2 BODY[HEADER] {73}", TWO[:73]),
            b")",
        ]
        assert imap.fetch("3", "(RFC822)")[1] == [(b"3 (RFC822 {26}", THREE), rb" FLAGS (\Flagged \Seen $Work))"]
        assert imap.store("2", "+FLAGS", r"(\Flagged)") == ("OK", [rb"2 (FLAGS (\Flagged))"])
        assert imap.copy("1:2", '"Sent Items"') == ("OK", [b"[COPYUID 101 1:2 1:2] COPY completed."])
        date = '"05-Mar-2024 06:07:08 +0100"'
        assert imap.append("INBOX", r"(\Seen)", date, MESSAGE)[0] == "OK"
        assert imap.response("EXISTS")[1][-1] == b"4"
        assert imap.fetch("4", "(INTERNALDATE)")[1] == [b'4 (INTERNALDATE "05-Mar-2024 06:07:08 +0100")']
        assert imap.store("4", "+FLAGS.SILENT", r"(\Deleted)") == ("OK", [None])
        assert imap.expunge() == ("OK", [b"4"])
        assert imap.status('"Sent Items"', "(MESSAGES UNSEEN)")[1] == [b'"Sent Items" (MESSAGES 2 UNSEEN 1)']
        for verb in (imap.create, imap.subscribe, imap.unsubscribe):
            assert verb("A/B")[0] == "OK"
        assert imap.rename("A/B", "A/C")[0] == imap.delete("A/C")[0] == imap.check()[0] == imap.noop()[0] == "OK"
        assert imap.select("nope")[0] == "NO"
        assert imap.logout()[0] == "BYE"


def test_imapclient(server: MailServer, way: str) -> None:
    with by_imapclient(server, way) as client:
        with pytest.raises(LoginError):
            client.login("user1", "wrong")
        client.login("user1", "secret")
        assert client.list_folders() == [
            ((b"\\HasNoChildren",), b"/", "INBOX"),
            ((b"\\HasNoChildren", b"\\Sent"), b"/", "Sent Items"),
        ]
        assert client.find_special_folder(b"\\Sent") == "Sent Items"
        assert client.xlist_folders()[0] == ((b"\\HasNoChildren", b"\\Inbox"), b"/", "INBOX")
        assert client.namespace().personal == (("", "/"),)
        selected = client.select_folder("INBOX")
        assert (selected[b"EXISTS"], selected[b"UIDVALIDITY"], selected[b"READ-WRITE"]) == (3, 100, True)
        assert client.get_flags([1, 2, 3]) == {1: (b"\\Seen",), 2: (), 3: (b"\\Flagged", b"$Work")}
        data = client.fetch([1, 2], ["BODY.PEEK[]", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])
        assert (data[1][b"BODY[]"], data[2][b"BODY[]"]) == (ONE, TWO)
        assert data[2][b"RFC822.SIZE"] == 82
        assert data[1][b"BODY[HEADER.FIELDS (SUBJECT)]"] == b"Subject: one\r\n\r\n"
        assert client.add_flags([2], [b"\\Answered"]) == {2: (b"\\Answered",)}
        assert client.remove_flags([3], [b"$Work", b"\\Flagged"]) == {3: ()}
        client.create_folder("Entwürfe")
        assert client.folder_exists("Entwürfe")
        client.copy([1, 3], "Entwürfe")
        assert client.append("Entwürfe", MESSAGE, [b"\\Draft"]) == b"[APPENDUID 102 3] APPEND completed."
        assert client.search("UNSEEN") == [2, 3]
        client.delete_messages([1])
        client.uid_expunge([1])
        assert client.folder_status("INBOX", ["MESSAGES"]) == {b"MESSAGES": 2}
        client.unselect_folder()
        client.select_folder("Entwürfe", readonly=True)
        assert client.fetch([1, 2, 3], ["FLAGS"])[3][b"FLAGS"] == (b"\\Draft", b"\\Recent")
        client.logout()


def test_idle_from_one_connection_to_another(server: MailServer, way: str) -> None:
    with by_imapclient(server, way) as one, by_imapclient(server, way) as other:
        for client in (one, other):
            client.login("user1", "secret")
            client.select_folder("INBOX")
        one.idle()
        other.append("INBOX", MESSAGE)
        assert one.idle_check(5) == [(4, b"EXISTS"), (1, b"RECENT")]
        other.delete_messages([1], silent=True)
        assert one.idle_check(5) == [(1, b"FETCH", (b"FLAGS", (b"\\Deleted", b"\\Seen")))]
        other.expunge()
        assert one.idle_check(5) == [(1, b"EXPUNGE")]
        assert one.idle_done() == (b"IDLE completed.", [])
        assert one.search() == [2, 3, 4]


@pytest.mark.parametrize("way", ["tls", "starttls"], indirect=True)
@pytest.mark.parametrize("mechanism", ["NTLM", "DIGEST-MD5", "PLAIN"])
def test_mechanisms(server: MailServer, way: str, mechanism: str) -> None:
    ours = client_mechanism(mechanism, user="user2", password=Secret("other"), host="localhost")
    with by_imaplib(server, way) as imap:
        assert "AUTH=" + mechanism in imap.capabilities
        assert imap.authenticate(mechanism, ours.answer)[0] == "OK"
        ours.finish()
        assert imap.select("INBOX") == ("OK", [b"0"])


@pytest.mark.parametrize("way", ["tls"], indirect=True)
@pytest.mark.parametrize("mechanism", ["NTLM", "DIGEST-MD5", "PLAIN"])
def test_mechanisms_with_a_wrong_password(server: MailServer, way: str, mechanism: str) -> None:
    ours = client_mechanism(mechanism, user="user2", password=Secret("wrong"), host="localhost")
    with by_imaplib(server, way) as imap:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATE failed"):
            imap.authenticate(mechanism, ours.answer)
        assert imap.login("user2", "other")[0] == "OK"
