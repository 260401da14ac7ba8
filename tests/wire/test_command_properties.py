"""Value to octets to value for every command in every style; any chunking; any garbage."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_strategies import STRATEGIES, STYLES, any_command, strings, tags

from outlookimap.errors import RemoteProtocolError
from outlookimap.wire.building import Style
from outlookimap.wire.command_items import (
    BadCommand,
    CommandItem,
    LiteralAnnounced,
    Mode,
    ReceivedCommand,
    ReceivedLine,
)
from outlookimap.wire.command_reader import CommandReader
from outlookimap.wire.command_writer import write_command
from outlookimap.wire.commands import COMMANDS, Authenticate, Command, Idle, Login, StartTls, UnknownCommand
from outlookimap.wire.limits import Limits
from outlookimap.wire.secret import Piece, Secret, join, masked

styles = st.sampled_from(STYLES)
SMALL = Limits(line=200, literal=100, nesting=4, elements=20)


def pieces_of(items: list[CommandItem]) -> list[Piece]:
    return [piece for item in items for piece in item.pieces]


def after(item: CommandItem) -> Mode:
    """What this driver says comes next when the reader pauses after an item."""
    if isinstance(item, ReceivedCommand):
        modes: dict[type[Command], Mode] = {Authenticate: Mode.SECRET_LINES, Idle: Mode.LINES, StartTls: Mode.COMMANDS}
        return modes[type(item.command)]
    return Mode.COMMANDS


def drive(chunks: list[bytes], limits: Limits) -> tuple[list[CommandItem], CommandReader]:
    """Feed chunks as a server does that goes on after every pause; stop where the stream is broken."""
    reader = CommandReader(limits)
    items: list[CommandItem] = []
    for chunk in chunks:
        items += reader.feed(chunk)
        while reader.paused and reader.broken is None:
            items += reader.resume(after(items[-1]))
        if reader.broken is not None:
            break
    return items, reader


def shown(items: list[CommandItem]) -> list[object]:
    """What of items can be compared: an error by its text."""
    return [
        (item.tag, item.keyword, str(item.error), item.pieces) if isinstance(item, BadCommand) else item
        for item in items
    ]


def test_there_is_a_strategy_for_every_command() -> None:
    assert set(STRATEGIES) == {*COMMANDS, UnknownCommand}


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4", "O5:V0015")
@pytest.mark.parametrize("kind", STRATEGIES, ids=lambda kind: str(kind.__name__))
@settings(max_examples=60)
@given(data=st.data(), tag=tags, style=styles)
def test_what_is_written_is_read_again(kind: type[Command], data: st.DataObject, tag: bytes, style: Style) -> None:
    command = data.draw(STRATEGIES[kind])
    parts = write_command(tag, command, style)
    reader = CommandReader(Limits())
    items: list[CommandItem] = []
    for number, part in enumerate(parts, 1):
        items += reader.feed(join(part))
        waits = items and isinstance(items[-1], LiteralAnnounced) and items[-1].synchronizing
        assert bool(waits) == (number < len(parts))
    received = items[-1]
    assert isinstance(received, ReceivedCommand)
    assert (received.tag, received.command, received.leniencies) == (tag, command, ())
    written = [piece for part in parts for piece in part]
    assert masked(pieces_of(items)) == masked(written)


@given(user=strings, password=strings.filter(bool), style=styles)
def test_a_password_is_in_no_piece_that_is_not_secret(user: bytes, password: bytes, style: Style) -> None:
    parts = write_command(b"a1", Login(user, Secret(password)), style)
    escaped = password.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    secret = b"".join(octets for part in parts for octets, is_secret in part if is_secret)
    assert secret in (password, escaped)
    items, _ = drive([b"".join(join(part) for part in parts)], Limits())
    assert b"".join(octets for octets, is_secret in pieces_of(items) if is_secret) == secret


def chunked(octets: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return [octets[start:end] for start, end in itertools.pairwise(ends)]


@settings(max_examples=150)
@given(
    commands=st.lists(st.tuples(tags, any_command, styles), min_size=1, max_size=4),
    junk=st.sampled_from([b"", b"DONE\r\n", b"a LOGIN x y z\r\n", b"\r\n", b"a NOOP \n", b"x LOGIN {1}\r\n"]),
    cuts=st.lists(st.integers(0, 1 << 16), max_size=12),
)
def test_any_chunking_gives_the_same_items(
    commands: list[tuple[bytes, Command, Style]], junk: bytes, cuts: list[int]
) -> None:
    stream = b"".join(
        junk + b"".join(join(part) for part in write_command(tag, command, style)) for tag, command, style in commands
    )
    whole, reader = drive([stream], Limits())
    pieces = pieces_of(whole)
    assert join(pieces) + join(reader.discard_buffered()) == stream
    for chunks in (chunked(stream, cuts), [stream[place : place + 1] for place in range(len(stream))]):
        items, _ = drive(chunks, Limits())
        assert shown(items) == shown(whole)
        assert [piece for item in items for piece in item.pieces] == pieces


garbage = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [b"a ", b"LOGIN ", b"UID ", b"FETCH ", b"SEARCH ", b"APPEND ", b"STORE ", b"LIST ", b"ID ", b"IDLE",
             b"AUTHENTICATE ", b"STARTTLS", b"XFOO ", b"CREATE ", b"STATUS ", b"(", b")", b'"', b"\\", b"{3}\r\n",
             b"{0+}\r\n", b"{99}\r\n", b"{101}\r\n", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b" ", b"\t", b"1:*", b"0",
             b",", b"BODY[", b"]", b"<0.1>", b"HEADER.FIELDS ", b"NOT ", b"OR ", b"SINCE ", b"1-Feb-1994", b"=", b"x",
             b'"01-Jan-2020 00:00:00 +0000" ', b"YQ==", b"99999999999999999999", b"FLAGS ", b"USE "]
        ),
        max_size=40,
    ).map(b"".join),
)  # fmt: skip


@settings(max_examples=400)
@given(octets=garbage, cuts=st.lists(st.integers(0, 1 << 16), max_size=8))
def test_any_garbage_gives_items_or_the_remote_error(octets: bytes, cuts: list[int]) -> None:
    items, reader = drive([octets], SMALL)
    assert all(isinstance(item, ReceivedCommand | BadCommand | LiteralAnnounced | ReceivedLine) for item in items)
    in_chunks, other = drive(chunked(octets, cuts), SMALL)
    assert shown(in_chunks) == shown(items)
    assert str(other.broken) == str(reader.broken)
    if reader.broken is not None:
        assert isinstance(reader.broken, RemoteProtocolError)
        with pytest.raises(RemoteProtocolError) as raised:
            reader.feed(b"a NOOP\r\n")
        assert raised.value is reader.broken
    assert join(pieces_of(items)) + join(reader.discard_buffered()) == octets


# Pieces of a line after the user name: line ends only where a literal is announced. Before the password at most one is:
# a second could lie in the first, and what comes after would be a command of its own that holds no password.
around = st.lists(
    st.sampled_from(
        [
            b" ",
            b"\t",
            b'"',
            b"\\",
            b"(",
            b"{0+}\r\n",
            b"{1}\r\n",
            b"{6}\r\n",
            b"{8}\r\n",
            b"x",
            b"\xff",
            b"\0",
            b"NIL",
            b"=",
        ]
    ),
    max_size=6,
).map(b"".join)


@settings(max_examples=400)
@given(
    before=around.filter(lambda octets: octets.count(b"{") < 2),
    after_it=around,
    keyword=st.sampled_from([b"LOGIN u", b"login {1}\r\nu", b"AUTHENTICATE PLAIN"]),
)
def test_a_password_in_a_command_that_goes_wrong_is_not_shown(before: bytes, after_it: bytes, keyword: bytes) -> None:
    octets = b"a " + keyword + b" " + before + b"sesame" + after_it + b"\r\n" + b"x" * 8 + b"\r\n"
    items, _ = drive([octets], Limits())
    seen = b"".join(b"\n" if is_secret else piece for piece, is_secret in pieces_of(items))
    assert b"sesame" not in seen
    assert b"esame" not in seen
    shown_by_items = "".join(repr(item) for item in items)
    assert "sesame" not in shown_by_items
