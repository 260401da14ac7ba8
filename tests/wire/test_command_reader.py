"""The stream of commands: what is secret, literals, pauses, limits, and what is thrown away."""

from __future__ import annotations

import tracemalloc

import pytest

from outlookimap.errors import LimitExceeded, LocalProtocolError
from outlookimap.wire import commands as c
from outlookimap.wire.command_items import (
    BadCommand,
    CommandItem,
    LiteralAnnounced,
    Mode,
    ReceivedCommand,
    ReceivedLine,
)
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece, Secret, join, masked

MIB = 1 << 20


def reader(limits: Limits | None = None) -> CommandReader:
    return CommandReader(limits or Limits())


def pieces_of(items: list[CommandItem]) -> list[Piece]:
    return [piece for item in items for piece in item.pieces]


# ---------------------------------------------------------------- secrets

# What the masked stream looks like: every secret octet is a star.
MASKED: list[tuple[bytes, bytes]] = [
    (b"a LOGIN user sesame\r\n", b"a LOGIN user ******\r\n"),
    (b'a login "user" "sesame"\r\n', b'a login "user" "******"\r\n'),
    (b'a LOGIN user "se\\"same"\r\n', b'a LOGIN user "********"\r\n'),
    (b'a LOGIN user ""\r\n', b'a LOGIN user ""\r\n'),
    (b"a LOGIN {4}\r\nuser {6}\r\nsesame\r\n", b"a LOGIN {4}\r\nuser {6}\r\n******\r\n"),
    (b"a LOGIN {4+}\r\nuser sesame\r\n", b"a LOGIN {4+}\r\nuser ******\r\n"),
    (b"a LOGIN user {6+}\r\nsesame\n", b"a LOGIN user {6+}\r\n******\n"),
    (b"a\tLOGIN\tuser\tsesame \r\n", b"a\tLOGIN\tuser\t****** \r\n"),
    (b"a AUTHENTICATE PLAIN AHUAcA==\r\n", b"a AUTHENTICATE PLAIN ********\r\n"),
    (b"a AUTHENTICATE PLAIN =\r\n", b"a AUTHENTICATE PLAIN *\r\n"),
    (b"a AUTHENTICATE PLAIN\r\n", b"a AUTHENTICATE PLAIN\r\n"),
    # what cannot be read: all that follows the keyword
    (b"a LOGIN user pass word\r\n", b"a LOGIN***************\r\n"),
    (b'a LOGIN user "sesame\r\n', b"a LOGIN*************\r\n"),
    (b"a LOGIN sesame\r\n", b"a LOGIN*******\r\n"),
    (b"a UID LOGIN user sesame\r\n", b"a UID LOGIN************\r\n"),
    (b"a LOGIN user p{3}\r\nabc\r\n", b"a LOGIN**********\r\n***\r\n"),
    (b"a LOGIN {4}\r\nuser x{3}\r\nabc d\r\n", b"a LOGIN {4}\r\n*********\r\n*****\r\n"),
    (b"a LOGIN u {1}\r\np {1}\r\nq\r\n", b"a LOGIN u {1}\r\n*****\r\n*\r\n"),
    (b"a LOGIN u {1}\r\np x\r\n", b"a LOGIN u {1}\r\n***\r\n"),
    (b"a LOGIN {1}\r\nu {1}\r\np {1}\r\nq {1}\r\nr\r\n", b"a LOGIN {1}\r\nu {1}\r\n*****\r\n*****\r\n*\r\n"),
    (b"a AUTHENTICATE PLAIN AHUAcA== x\r\n", b"a AUTHENTICATE*****************\r\n"),
    (b"a AUTHENTICATE {5}\r\nPLAIN\r\n", b"a AUTHENTICATE****\r\n*****\r\n"),
    # what cannot even be tagged: all of it
    (b"AHUAcA==\r\n", b"********\r\n"),
    (b"a\r\n", b"*\r\n"),
    (b"a L\xffGIN user sesame\r\n", b"*******************\r\n"),
    (b"sesame{3}\r\nabc\n", b"*********\r\n***\n"),
    (b"(sesame\r\r\n", b"********\r\n"),
    # what is no secret
    (b"DONE\r\n", b"DONE\r\n"),
    (b" done \n", b" done \n"),
    (b"DONE{1}\r\nx\r\n", b"*******\r\n*\r\n"),
    (b"\r\n", b"\r\n"),
    (b'a SEARCH TEXT "LOGIN user sesame"\r\n', b'a SEARCH TEXT "LOGIN user sesame"\r\n'),
    (b"a NOOP x\r\n", b"a NOOP x\r\n"),
]


@pytest.mark.parametrize(("octets", "seen"), MASKED, ids=lambda value: repr(value)[:40])
def test_secrets_are_told_apart_octet_by_octet(octets: bytes, seen: bytes) -> None:
    items = reader().feed(octets)
    assert join(pieces_of(items)) == octets
    assert masked(pieces_of(items)) == seen


@pytest.mark.parametrize(
    "octets",
    [b"a LOGIN user sesame\r\n", b"a LOGIN user sesame sesame\r\n", b"a AUTHENTICATE sesame sesame sesame\r\n",
     b"sesame\r\n", b"a LOGIN sesame{3}\r\nabc\r\n", b"a UID AUTHENTICATE sesame\r\n"],
)  # fmt: skip
def test_no_repr_and_no_error_shows_a_secret(octets: bytes) -> None:
    shown = ""
    for item in reader().feed(octets):
        shown += repr(item) + (
            f"{item.error} {item.error!r} {item.error.excerpt!r}" if isinstance(item, BadCommand) else ""
        )
    assert shown
    assert "sesame" not in shown


def test_every_line_of_an_authenticate_exchange_is_secret() -> None:
    stream = reader()
    stream.feed(b"a AUTHENTICATE DIGEST-MD5\r\n")
    items = stream.resume(Mode.SECRET_LINES) + stream.feed(b"dXNlcg==\r\n")
    assert [masked(item.pieces) for item in items] == [b"********\r\n"]
    assert isinstance(items[0], ReceivedLine)
    assert items[0].octets == b"dXNlcg=="
    assert "dXNlcg" not in repr(items[0])


# ---------------------------------------------------------------- pauses


def test_after_authenticate_the_next_line_is_no_command() -> None:
    stream = reader()
    (command,) = stream.feed(b"a AUTHENTICATE LOGIN\r\ndXNlcg==\r\ncGFzcw==\nb NOOP\r\n")
    assert isinstance(command, ReceivedCommand)
    assert stream.paused
    assert stream.inside
    (first,) = stream.resume(Mode.SECRET_LINES)
    (second,) = stream.resume(Mode.SECRET_LINES)
    assert isinstance(first, ReceivedLine)
    assert isinstance(second, ReceivedLine)
    assert (first.octets, first.leniencies) == (b"dXNlcg==", ())
    assert (second.octets, second.leniencies) == (b"cGFzcw==", (Leniency.BARE_LF,))
    (noop,) = stream.resume(Mode.COMMANDS)
    assert isinstance(noop, ReceivedCommand)
    assert noop.tag == b"b"
    assert not stream.inside


def test_done_and_the_next_command_may_come_in_one_write() -> None:
    stream = reader()
    (idle,) = stream.feed(b"ab12 IDLE\r\n")
    assert isinstance(idle, ReceivedCommand)
    assert stream.resume(Mode.LINES) == []
    assert not stream.paused
    (done,) = stream.feed(b"DONE\r\nZZZZ LOGOUT\r\n")
    assert isinstance(done, ReceivedLine)
    assert (done.octets, done.pieces) == (b"DONE", ((b"DONE\r\n", False),))
    (logout,) = stream.resume(Mode.COMMANDS)
    assert isinstance(logout, ReceivedCommand)
    assert logout.command == c.Logout()


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (b"done\r\n", b"done\r\n"),
        (b"b LOGIN user sesame\r\n", b"b LOGIN user ******\r\n"),
        (b"sesame\r\n", b"******\r\n"),
    ],
)
def test_a_line_while_idle_runs_keeps_its_secrets(line: bytes, seen: bytes) -> None:
    stream = reader()
    stream.feed(b"a IDLE\r\n")
    items = stream.resume(Mode.LINES) + stream.feed(line)
    assert masked(pieces_of(items)) == seen


def test_the_caller_may_leave_a_line_mode_before_a_line_has_come() -> None:
    stream = reader()
    stream.feed(b"a IDLE\r\n")
    assert stream.resume(Mode.LINES) == []
    assert stream.feed(b"b NO") == []
    assert stream.resume(Mode.COMMANDS) == []
    (item,) = stream.feed(b"OP\r\n")
    assert isinstance(item, ReceivedCommand)
    assert item.command == c.Noop()


def test_the_mode_does_not_change_in_the_middle_of_a_command() -> None:
    stream = reader()
    stream.feed(b"a SELECT {5}\r\n")
    with pytest.raises(LocalProtocolError, match="begun"):
        stream.resume(Mode.LINES)


def test_what_came_before_tls_is_thrown_away_and_seen() -> None:
    """CVE-2011-0411: octets injected behind STARTTLS must not be read as if they had come under TLS."""
    stream = reader()
    (item,) = stream.feed(b"a STARTTLS\r\nb LOGIN evil evil\r\n")
    assert isinstance(item, ReceivedCommand)
    assert stream.discard_buffered() == ((b"b LOGIN evil evil\r\n", True),)
    assert stream.resume(Mode.COMMANDS) == []
    assert stream.discard_buffered() == ()


def test_a_command_that_is_bad_does_not_pause() -> None:
    stream = reader()
    first, second = stream.feed(b"a IDLE now\r\nb NOOP\r\n")
    assert isinstance(first, BadCommand)
    assert isinstance(second, ReceivedCommand)


# ---------------------------------------------------------------- literals


def test_a_literal_is_announced_before_it_comes() -> None:
    stream = reader()
    (announced,) = stream.feed(b"a uid search TEXT {3}\r\n")
    assert announced == LiteralAnnounced(
        b"a", b"UID SEARCH", 3, synchronizing=True, pieces=((b"a uid search TEXT {3}\r\n", False),)
    )
    assert stream.feed(b"abc") == []
    (item,) = stream.feed(b"\r\n")
    assert isinstance(item, ReceivedCommand)
    assert item.pieces == ((b"abc", False), (b"\r\n", False))


def test_a_literal_that_does_not_wait_is_announced_too() -> None:
    announced, item = reader().feed(b"a SELECT {3+}\r\nabc\r\n")
    assert isinstance(announced, LiteralAnnounced)
    assert (announced.synchronizing, announced.keyword) == (False, b"SELECT")
    assert isinstance(item, ReceivedCommand)


def test_a_literal_of_a_command_that_cannot_be_told() -> None:
    (announced,) = reader().feed(b"??{3}\r\n")
    assert isinstance(announced, LiteralAnnounced)
    assert (announced.tag, announced.keyword) == (None, None)


def test_a_refused_literal_ends_its_command() -> None:
    stream = reader()
    stream.feed(b"a APPEND INBOX {99999}\r\n")
    assert stream.refuse_literal() == ()
    (item,) = stream.feed(b"b NOOP\r\n")
    assert isinstance(item, ReceivedCommand)
    assert item.tag == b"b"
    assert stream.refuse_literal() == ()


@pytest.mark.parametrize(
    ("head", "secret"), [(b"a APPEND INBOX {9}\r\n", False), (b"a LOGIN u {9}\r\n", True), (b"a {9}\r\n", True)]
)
def test_what_had_come_of_a_refused_literal_is_handed_out(head: bytes, secret: bool) -> None:
    stream = reader()
    stream.feed(head + b"abc")
    assert stream.refuse_literal() == ((b"abc", secret),)
    assert isinstance(stream.feed(b"b NOOP\r\n")[0], ReceivedCommand)


def test_a_literal_that_comes_unasked_is_not_refused() -> None:
    stream = reader()
    assert len(stream.feed(b"a SELECT {1}\r\nx")) == 1
    assert len(stream.feed(b"\r\na SELECT {1+}\r\n")) == 2
    assert stream.refuse_literal() == ()
    (item,) = stream.feed(b"y\r\n")
    assert isinstance(item, ReceivedCommand)
    assert item.command == c.Select(b"y")


def test_what_no_item_has_shown_is_discarded_once() -> None:
    stream = reader()
    items = stream.feed(b"a LOGIN u {6}\r\nsesa")
    assert join(pieces_of(items)) == b"a LOGIN u {6}\r\n"
    assert stream.discard_buffered() == ((b"sesa", True),)
    stream.feed(b"a LOGIN u {6}\r\nsesame")
    assert stream.discard_buffered() == ((b"sesame", True),)


def test_an_unknown_command_with_a_large_literal_is_bad() -> None:
    stream = reader(Limits(line=100))
    item = stream.feed(b"a XFOO {101+}\r\n" + b"x" * 101 + b"\r\n")[-1]
    assert isinstance(item, BadCommand)
    assert item.keyword == b"XFOO"


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("octets", "limit"),
    [
        (b"b SELECT " + b"x" * 100 + b"\r\n", "line"),
        (b"b SELECT " + b"x" * 100, "line"),
        (b"b APPEND x {101}\r\n", "literal"),
        (b"b APPEND x {%s}\r\n" % (b"9" * 50), "literal"),
        (b"b SEARCH TEXT {60+}\r\n" + b"x" * 60 + b" TEXT {60+}\r\n", "literal"),
    ],
)
def test_an_exceeded_limit_ends_the_stream(octets: bytes, limit: str) -> None:
    stream = reader(Limits(line=100, literal=100))
    items = stream.feed(b"a NOOP\r\n" + octets)
    assert isinstance(items[0], ReceivedCommand)
    assert isinstance(stream.broken, LimitExceeded)
    assert stream.broken.limit == limit
    assert stream.broken.excerpt == b""
    with pytest.raises(LimitExceeded) as fed:
        stream.feed(b"c NOOP\r\n")
    with pytest.raises(LimitExceeded) as resumed:
        stream.resume(Mode.COMMANDS)
    assert fed.value is resumed.value is stream.broken
    assert join(pieces_of(items)) + join(stream.discard_buffered()) == b"a NOOP\r\n" + octets


def test_a_peer_that_does_not_wait_cannot_fill_the_memory() -> None:
    stream = reader(Limits(line=100))
    stream.feed(b"a STARTTLS\r\n")
    for _ in range(10):
        assert stream.feed(b"b NOOP\r\n") == []
    assert stream.feed(b"b NOOP\r\n" * 10) == []
    assert isinstance(stream.broken, LimitExceeded)
    assert stream.broken.limit == "line"


def test_a_command_of_many_literals_is_read_in_time_that_grows_with_its_length() -> None:
    stream = reader()
    items = stream.feed(b"a LOGIN " + b"{0+}\r\n " * 30_000 + b"\r\n")
    assert isinstance(items[-1], BadCommand)
    assert len(items) == 30_001


def test_peak_memory_is_the_literal_and_little_more() -> None:
    size = 32 * MIB
    stream = reader(Limits(literal=size))
    chunk = b"x" * (64 << 10)
    tracemalloc.start()
    try:
        stream.feed(b"a APPEND INBOX {%d}\r\n" % size)
        for _ in range(size // len(chunk)):
            assert stream.feed(chunk) == []
        (item,) = stream.feed(b"\r\n")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(item, ReceivedCommand)
    assert isinstance(item.command, c.Append)
    assert len(item.command.message) == size
    assert item.pieces[0][0] is item.command.message
    assert peak < size + 16 * MIB


@pytest.mark.parametrize(
    "octets",
    [b"a SEARCH " + b"1 " * 400_000 + b"1\r\n", b"a FETCH " + b"1," * 400_000 + b"1 UID\r\n",
     b"a STORE 1 FLAGS " + b"f " * 400_000 + b"f\r\n", b"a SEARCH " + b"(1) " * 200_000 + b"1\r\n",
     b"a ENABLE " + b"f " * 400_000 + b"f\r\n"],
    ids=["SEARCH", "FETCH", "STORE", "parentheses", "ENABLE"],
)  # fmt: skip
def test_a_long_list_is_refused_before_its_values_fill_the_memory(octets: bytes) -> None:
    tracemalloc.start()
    try:
        (item,) = reader().feed(octets)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(item, BadCommand)
    assert isinstance(item.error, LimitExceeded)
    assert peak < 20 * MIB


def test_values_carry_secrets_not_octets() -> None:
    (item,) = reader().feed(b"a LOGIN user sesame\r\n")
    assert isinstance(item, ReceivedCommand)
    assert item.command == c.Login(b"user", Secret("sesame"))
    assert repr(item.command) == "Login(user=b'user', password=Secret(***))"
