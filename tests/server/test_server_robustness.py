"""What a hostile or broken client can do to the server: be told why and dropped, and nothing to anybody else."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence

import pytest
from support.loopback import PATIENCE
from support.talk import USERS, Talk, moment, service, store

from outlookimap.errors import ConnectionLost, ConnectionTimeout, OutlookImapError, TlsError
from outlookimap.server.behaviour import Behaviour
from outlookimap.server.listening import MailServer
from outlookimap.server.memory_store import MemoryStore
from outlookimap.server.store import Incoming
from outlookimap.transport.tap import Sender
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece, join

LIMITS = Limits(line=64 << 10, literal=4 << 20)
BEHAVIOUR = Behaviour(append_limit=2 << 20, literal_limit=16 << 10)
BOUND = 12 << 20  # octets that the whole server may take more than at rest: a few times the largest literal

UNREADABLE = b"* BYE Connection closed: what was sent cannot be followed.\r\n"
REFUSED = b"a NO [TOOBIG] This is larger than the server takes.\r\n"
TOO_LARGE = b"* BYE Connection closed: this is larger than the server takes.\r\n"
SLOW = b"* BYE Connection closed: a command took too long to come.\r\n"
BAD = b"a BAD The command cannot be read.\r\n"

MANY = 400  # chunks
CHUNK = b"x" * (64 << 10)

Chunks = Callable[[], Iterator[bytes]]


def endless(beginning: bytes, chunk: bytes = CHUNK) -> Chunks:
    """Return what makes a beginning and 26 MB after it."""

    def chunks() -> Iterator[bytes]:
        yield beginning
        for _ in range(MANY):
            yield chunk

    return chunks


def once(octets: bytes) -> Chunks:
    """Return what makes these octets."""
    return lambda: iter((octets,))


ANYBODY = {
    "a line without end": (endless(b"a NOOP "), UNREADABLE),
    "a quoted string without end": (endless(b'a LOGIN "'), UNREADABLE),
    "NULs": (endless(b"", bytes(64 << 10)), UNREADABLE),
    "all octets": (endless(b"\x16\x03\x01", bytes(range(256)).replace(b"\n", b"") * 256), UNREADABLE),
    "a large literal that waits": (once(b"a LOGIN {16385}\r\n"), REFUSED),
    "a larger number": (once(b"a LOGIN {99999999999999999999}\r\n"), UNREADABLE),
    "a large literal that does not": (endless(b"a LOGIN {4000000+}\r\n"), TOO_LARGE),
    "a message before the sign-in": (endless(b"a APPEND INBOX {2000000+}\r\n"), TOO_LARGE),
    "literals without end": (endless(b"a LOGIN", b" {8192+}\r\n" + b"x" * 8192), TOO_LARGE),
    "a literal too large for all": (endless(b"a LOGIN {9999999+}\r\n"), UNREADABLE),
    "parentheses": (once(b"a SEARCH " + b"(" * 60_000 + b"\r\n"), BAD),
    "NOT": (once(b"a SEARCH " + b"NOT " * 15_000 + b"ALL\r\n"), BAD),
    "OR": (once(b"a SEARCH " + b"OR ALL " * 8000 + b"ALL\r\n"), BAD),
    "lines without a tag": (once(b"\r\n" * 10_000), b"* BAD The command cannot be read.\r\n"),
}  # fmt: skip

USER = {
    "a message too large for an APPEND": (endless(b"a APPEND INBOX {3000000+}\r\n"), TOO_LARGE),
    "a message for what is no APPEND": (endless(b"a CREATE {100000+}\r\n"), TOO_LARGE),
    "a message of NULs": (
        once(b"a APPEND INBOX {1000000+}\r\n" + bytes(1000000) + b"\r\n"),
        b"a BAD A message holds no NUL.\r\n",
    ),
    "parts of a message": (once(b"a SELECT INBOX\r\na FETCH 1 BODY.PEEK[" + b"1." * 30_000 + b"1]\r\n"), b"a "),
    "a set of messages": (once(b"a SELECT INBOX\r\na UID FETCH " + b"1:*," * 15_000 + b"1 UID\r\n"), b"a OK "),
    "patterns": (once(b'a LIST "" ' + b"*%" * 500 + b"\r\n"), b"a OK LIST"),
}


@contextlib.contextmanager
def serving() -> Iterator[tuple[MailServer, imaplib.IMAP4]]:
    """Run a server with a client signed in that has done everything once, so that nothing is made afterwards."""
    with (
        MailServer(USERS, store=store(), behaviour=BEHAVIOUR, limits=LIMITS, allow_plaintext=True) as server,
        imaplib.IMAP4("127.0.0.1", server.port, timeout=PATIENCE) as imap,
    ):
        imap.login("user1", "secret")
        assert works(imap)
        yield server, imap


def works(imap: imaplib.IMAP4) -> bool:
    """Tell whether the server serves this client."""
    assert imap.select("INBOX", readonly=True) == ("OK", [b"3"])
    return imap.fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[0] == "OK"


def told(port: int, chunks: Iterator[bytes], *, sign_in: bool = False) -> bytes:
    """Say it all, unless the server hangs up, and return the end of what it said."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:

        def listen() -> None:
            with contextlib.suppress(OSError):
                while octets := sock.recv(1 << 16):
                    heard.extend(octets)
                    del heard[:-4096]

        listener = threading.Thread(target=listen)
        listener.start()
        with contextlib.suppress(OSError):  # dropped while speaking
            if sign_in:
                sock.sendall(b"in LOGIN user1 secret\r\n")
            for chunk in chunks:
                sock.sendall(chunk)
            sock.shutdown(socket.SHUT_WR)
        listener.join(2 * PATIENCE)
        assert not listener.is_alive(), f"not dropped after {bytes(heard)!r}"
    return bytes(heard)


CASES = [(name, *case, False) for name, case in ANYBODY.items()] + [(name, *case, True) for name, case in USER.items()]


@pytest.mark.parametrize(("name", "chunks", "answer", "sign_in"), CASES, ids=[case[0] for case in CASES])
def test_it_is_refused_by_name_in_little_memory_and_others_are_served(
    name: str, chunks: Chunks, answer: bytes, sign_in: bool
) -> None:
    with serving() as (server, imap):
        served = threading.Event()
        over = threading.Event()

        def serve_others() -> None:
            while not over.is_set():
                if works(imap):
                    served.set()
                over.wait(0.01)

        others = threading.Thread(target=serve_others)
        tracemalloc.start()
        try:
            others.start()
            heard = told(server.port, chunks(), sign_in=sign_in)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            over.set()
            others.join(PATIENCE)
            tracemalloc.stop()
        assert answer in heard, f"{heard!r} to {name}"
        assert peak < BOUND
        assert served.is_set()
        assert not others.is_alive()
        assert works(imap)


def test_who_never_reads_is_dropped_and_its_answers_are_not_piled_up() -> None:
    """Neither what it is owed (1.6 GB here) nor what it says further is kept."""
    mail = MemoryStore(USERS, mailboxes={}, moment=moment)
    mail.add("user1", b"INBOX", [Incoming(b"A: b\r\n\r\n" + b"x" * (4 << 20))] * 4)
    errors: list[OutlookImapError] = []
    reported = threading.Event()

    def note(error: OutlookImapError) -> None:
        errors.append(error)
        reported.set()

    behaviour = Behaviour(send_silence=0.3)
    with (
        MailServer(USERS, store=mail, behaviour=behaviour, allow_plaintext=True, on_error=note) as server,
        imaplib.IMAP4("127.0.0.1", server.port, timeout=PATIENCE) as imap,
        socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock,
    ):
        imap.login("user1", "secret")
        imap.select("INBOX")
        tracemalloc.start()
        try:
            sock.sendall(b"a LOGIN user1 secret\r\nb SELECT INBOX\r\n")
            sock.sendall(b"c FETCH 1:* BODY.PEEK[]\r\n" * 100)
            with contextlib.suppress(OSError):
                sock.settimeout(0.1)
                for _ in range(MANY):  # and goes on talking
                    sock.sendall(b"d NOOP\r\n" * 8000)
            while not reported.wait(0.02):
                assert imap.fetch("1", "(UID)") == ("OK", [b"1 (UID 1)"])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert [type(error) for error in errors] == [ConnectionTimeout]
        assert "accepted nothing for 0.3 s" in str(errors[0])
        assert peak < 40 << 20  # the answer for one message, and 8 MB that it said meanwhile
        assert imap.fetch("1", "(UID)")[0] == "OK"


class Largest:
    """A tap that notes how many octets of a client were dealt with at once."""

    def __init__(self) -> None:
        self.octets_at_once = 0

    def connected(self, peer: str, now: float) -> None:
        """Take no note."""

    def encrypted(self, now: float) -> None:
        """Take no note."""

    def octets(self, sender: Sender, pieces: Sequence[Piece], now: float) -> None:
        """Note the size."""
        if sender is Sender.CLIENT:
            self.octets_at_once = max(self.octets_at_once, len(join(pieces)))

    def closed(self, now: float) -> None:
        """Take no note."""


def test_many_small_lines_are_answered_before_the_rest_is_read() -> None:
    """Each takes a thousand times its octets until it is answered, and a receive brings up to 128 KB of them."""
    tap = Largest()
    lines = 30_000
    with Talk(taps=[tap]) as talk:
        talk.greeted().say(b"\r\n" * lines)
        talk.hear(b"* BAD The command cannot be read.\r\n" * lines)
    assert 0 < tap.octets_at_once <= 8 << 10


def test_a_handshake_that_does_not_go_on_is_given_up() -> None:
    errors: list[OutlookImapError] = []
    with (
        MailServer(USERS, behaviour=Behaviour(handshake_time=0.2), on_error=errors.append) as server,
        socket.create_connection(("127.0.0.1", server.tls_port), PATIENCE) as sock,
    ):
        sock.sendall(b"\x16\x03\x01\x02\x00")
        assert sock.recv(100) == b""
    assert [type(error) for error in errors] == [TlsError]
    assert str(errors[0]).endswith("the handshake took more than 0.2 s")


# ---------------------------------------------------------------- an octet a second


def slowly(talk: Talk, octets: bytes) -> int:
    """Say one octet a second until the server hangs up; return how many seconds that took."""
    for second, octet in enumerate(octets):
        try:
            talk.say(bytes((octet,)))
        except ConnectionLost:
            return second
        talk.taken()
        talk.clock.advance(1)
    raise AssertionError(f"not dropped within {len(octets)} s")


def test_an_octet_a_second_signs_nobody_in() -> None:
    talk = Talk().greeted()
    assert 60 <= slowly(talk, b"a LOGIN user1 " + b"x" * 100) <= 62
    talk.hear(b"* BYE Connection closed: nobody signed in.\r\n")
    talk.ended()


@pytest.mark.parametrize("beginning", [b"a NOOP ", b"a APPEND INBOX {9999+}\r\n", b'a LOGIN "', b"a IDLE\r\nx"])
def test_a_command_must_be_complete_within_its_time(beginning: bytes) -> None:
    talk = Talk(service(behaviour=Behaviour(command_time=120.0))).signed_in()
    talk.clock.advance(1000)
    talk.say(b"b NOOP\r\n")
    talk.hear(b"b OK NOOP completed.\r\n")
    talk.say(beginning)
    talk.taken()
    if b"IDLE" in beginning:
        talk.hear(b"+ IDLE accepted, awaiting DONE.\r\n")
    assert 120 <= slowly(talk, b"x" * 200) <= 122
    talk.hear(SLOW)
    talk.ended()


def test_many_commands_take_any_time() -> None:
    with Talk(service(behaviour=Behaviour(command_time=10.0))) as talk:
        talk.signed_in()
        for _ in range(30):
            talk.say(b"\r\nb NO")
            talk.hear(b"* BAD The command cannot be read.\r\n")
            talk.taken()
            talk.clock.advance(5)
            talk.say(b"OP")
            talk.taken()
            talk.clock.advance(4)
            talk.say(b"\r\n")
            talk.hear(b"b OK NOOP completed.\r\n")


def test_silence_in_the_middle_of_a_command_is_silence() -> None:
    talk = Talk(service(behaviour=Behaviour(inactivity=50.0))).signed_in()
    talk.say(b"b NO")
    talk.taken()
    talk.clock.advance(50)
    talk.hear(b"* BYE Connection closed: nothing was said for too long.\r\n")
    talk.ended()
