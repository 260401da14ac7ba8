"""What the writer refuses, how it cuts into parts, how long commands are split."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import LocalProtocolError
from outlookimap.wire import commands as c
from outlookimap.wire import fetch, search
from outlookimap.wire.building import Style
from outlookimap.wire.command_writer import split_long, write_command, write_line
from outlookimap.wire.fetch import FetchAtt, Section
from outlookimap.wire.secret import Secret, join
from outlookimap.wire.sequence import MAX_NUMBER, SequenceSet

ONE = SequenceSet.of(1)
ADD = c.StoreAction.ADD


@dataclass(frozen=True, slots=True)
class Foreign(c.Command):
    name = b"NOOP"


REFUSED: list[tuple[str, c.Command]] = [
    ("NUL in a mailbox name", c.Select(b"a\0b")),
    ("NUL in a user name", c.Login(b"a\0b", Secret("p"))),
    ("NUL in a password", c.Login(b"u", Secret(b"p\0"))),
    ("NUL in a message", c.Append(b"x", b"a\0b")),
    ("NUL in a search string", c.Search((search.Containing(b"TEXT", b"\0"),))),
    ("NUL in a header field", c.Search((search.HeaderContaining(b"\0", b""),))),
    ("NUL in a pattern", c.List(b"", b"\0")),
    ("NUL in a reference", c.Lsub(b"\0", b"*")),
    ("NUL in an ID", c.Id(((b"name", b"\0"),))),
    ("NUL in a field of a section", c.Fetch(ONE, (FetchAtt(b"BODY", Section((), fetch.HEADER_FIELDS, (b"\0",))),))),
    ("an empty flag", c.Store(ONE, ADD, (b"",))),
    ("a flag with a space", c.Store(ONE, ADD, (b"a b",))),
    ("a flag with a line end", c.Store(ONE, ADD, (b"a\r\nb",))),
    ("a flag with eight bits", c.Store(ONE, ADD, (b"Entw\xfcrfe",))),
    ("a flag with a bracket", c.Store(ONE, ADD, (b"a]",))),
    ("a flag of a backslash", c.Store(ONE, ADD, (b"\\",))),
    ("\\Recent", c.Store(ONE, ADD, (b"\\recent",))),
    ("\\*", c.Append(b"x", b"m", (b"\\*",))),
    ("a special use without backslash", c.Create(b"x", (b"Sent",))),
    ("a special use with a space", c.Create(b"x", (b"\\Se nt",))),
    ("an option with a parenthesis", c.List(b"", b"*", (b"A(B",))),
    ("an empty option", c.List(b"", b"*", returns=(b"",))),
    ("a capability with a space", c.Enable((b"A B",))),
    ("no capability", c.Enable(())),
    ("an unknown status item", c.Status(b"x", (b"SIZE",))),
    ("a status item in lower case", c.Status(b"x", (b"messages",))),
    ("no status item", c.Status(b"x", ())),
    ("a date without its space", c.Append(b"x", b"m", date=b"7-Feb-1994 21:52:25 -0800")),
    ("a date that is none", c.Append(b"x", b"m", date=b"31-Feb-1994 21:52:25 -0800")),
    ("a date with a quote", c.Append(b"x", b"m", date=b'07-Feb-1994 21:52:25 -0800" {1}')),
    ("a date with a line end", c.Append(b"x", b"m", date=b"07-Feb-1994 21:52:25 -0800\r\n")),
    ("a mechanism with a space", c.Authenticate(b"PLAIN x")),
    ("an empty mechanism", c.Authenticate(b"")),
    ("a mechanism of 21 letters", c.Authenticate(b"A" * 21)),
    ("a mechanism with a line end", c.Authenticate(b"PLAIN\r\n")),
    ("an empty charset", c.Search((search.ALL,), b"")),
    ("a charset with a line end", c.Search((search.ALL,), b"UTF-8\r\n")),
    ("a charset with eight bits", c.Search((search.ALL,), b"UTF-\xe9")),
    ("a keyword with a space", c.Search((search.Keyworded(b"KEYWORD", b"a b"),))),
    ("a size of 33 bits", c.Search((search.Sized(b"LARGER", 1 << 32),))),
    ("an unknown macro", c.Fetch(ONE, macro=b"EVERYTHING")),
    ("an unknown item", c.Fetch(ONE, (FetchAtt(b"MODSEQ"),))),
    ("an item in lower case", c.Fetch(ONE, (FetchAtt(b"uid"),))),
    ("a partial without a length", c.Fetch(ONE, (FetchAtt(b"BODY", Section(), 0),))),
    ("a partial of 33 bits", c.Fetch(ONE, (FetchAtt(b"BODY", Section(), 1 << 32, 1),))),
    ("a part of 33 bits", c.Fetch(ONE, (FetchAtt(b"BODY", Section((1 << 32,))),))),
    ("31 fields of ID", c.Id(tuple((b"%d" % number, None) for number in range(31)))),
    ("a field of ID twice", c.Id(((b"name", b"a"), (b"NAME", b"b")))),
    ("a name of 31 octets in ID", c.Id(((b"n" * 31, None),))),
    ("a value of 1,025 octets in ID", c.Id(((b"name", b"v" * 1025),))),
    ("the keyword of a known command", c.UnknownCommand(b"login", b"u p")),
    ("the UID form of a known command", c.UnknownCommand(b"UID FETCH", b"1 FAST")),
    ("UID alone", c.UnknownCommand(b"UID", b"FETCH 1 FAST")),
    ("an empty keyword", c.UnknownCommand(b"")),
    ("a keyword with a space", c.UnknownCommand(b"X Y")),
    ("a keyword with a line end", c.UnknownCommand(b"X\r\n")),
    ("arguments with NUL", c.UnknownCommand(b"X", b"a\0")),
    ("arguments with CR", c.UnknownCommand(b"X", b"a\rb")),
    ("arguments with LF", c.UnknownCommand(b"X", b"a\n")),
    ("arguments with eight bits", c.UnknownCommand(b"X", b"\xff")),
    ("arguments that begin with a space", c.UnknownCommand(b"X", b" a")),
    ("arguments that announce a literal", c.UnknownCommand(b"X", b"a {5}")),
    ("arguments that announce a literal and do not wait", c.UnknownCommand(b"X", b"a {5+}")),
    ("a class that is no command", Foreign()),
    ("a root of commands", c.MailboxCommand(b"x")),
]


@pytest.mark.cites("O5:2.1.3", "O5:V0013", "O5:V0015")
@pytest.mark.parametrize(("why", "command"), REFUSED, ids=[why for why, _ in REFUSED])
@pytest.mark.parametrize(
    "style", [Style(), Style(quote_always=True, quoted_limit=0, literal_plus=True)], ids=["a", "q"]
)
def test_what_the_grammar_forbids_is_refused_and_nothing_comes_out(why: str, command: c.Command, style: Style) -> None:
    produced: list[object] = []
    with pytest.raises(LocalProtocolError):
        produced += write_command(b"a1", command, style)
    assert produced == [], why


@pytest.mark.parametrize("tag", [b"", b"a b", b"a+", b"*", b"+", b"a\r\n", b"t\xe9", b'"a"', b"a(", b"a{", b"a\0"])
def test_a_tag_that_is_none_is_refused(tag: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="tag"):
        write_command(tag, c.Noop())


@pytest.mark.cites("O5:V0015", "O5:V0017")
@pytest.mark.parametrize(
    ("octets", "style", "spelled"),
    [
        (b"box", Style(), b"box"),
        (b"box", Style(quote_always=True), b'"box"'),
        (b"my box", Style(), b'"my box"'),
        (b"#a&-b", Style(), b"#a&-b"),
        (b"a%b*c", Style(), b'"a%b*c"'),
        (b"\x01\x02\x7f", Style(), b'"\x01\x02\x7f"'),
        (b"a\r\nb", Style(), b"{4}\r\na\r\nb"),
        (b"Entw\xc3\xbcrfe", Style(), b"{9}\r\nEntw\xc3\xbcrfe"),
        (b"x" * 1024, Style(quote_always=True), b'"' + b"x" * 1024 + b'"'),
        (b"x" * 1025, Style(quote_always=True), b"{1025}\r\n" + b"x" * 1025),
        (b"x" * 1025, Style(literal_plus=True), b"{1025+}\r\n" + b"x" * 1025),
        (b"boxes", Style(quoted_limit=5), b"boxes"),
        (b"boxes2", Style(quoted_limit=5), b"{6}\r\nboxes2"),
    ],
)
def test_a_name_is_an_atom_quoted_or_a_literal(octets: bytes, style: Style, spelled: bytes) -> None:
    written = b"".join(join(part) for part in write_command(b"a", c.Select(octets), style))
    assert written == b"a SELECT " + spelled + b"\r\n"


@pytest.mark.parametrize(
    ("pattern", "style", "spelled"),
    [
        (b"%", Style(), b"%"),
        (b"*", Style(quote_always=True), b'"*"'),
        (b"a b", Style(), b'"a b"'),
        (b"", Style(), b'""'),
        (b"abc", Style(quoted_limit=2), b"{3}\r\nabc"),
    ],
)
def test_a_pattern_may_be_an_atom_with_wildcards(pattern: bytes, style: Style, spelled: bytes) -> None:
    written = b"".join(join(part) for part in write_command(b"a", c.Lsub(b"", pattern), style))
    assert written == b'a LSUB "" ' + spelled + b"\r\n"


def test_a_part_ends_where_the_peer_must_answer() -> None:
    parts = write_command(b"a1", c.Login(b"FRED FOOBAR", Secret("fat man")), Style(quoted_limit=0))
    assert [join(part) for part in parts] == [b"a1 LOGIN {11}\r\n", b"FRED FOOBAR {7}\r\n", b"fat man\r\n"]
    assert parts[2][0] == (b"fat man", True)
    without_waiting = write_command(b"a1", c.Append(b"x", b"abc"), Style(literal_plus=True))
    assert [join(part) for part in without_waiting] == [b"a1 APPEND x {3+}\r\nabc\r\n"]


def test_a_message_is_not_copied() -> None:
    message = b"x" * 5000
    parts = write_command(b"a1", c.Append(b"x", message))
    assert parts[1][0][0] is message


@pytest.mark.parametrize(
    ("command", "style", "secret"),
    [
        (c.Login(b"u", Secret("sesame")), Style(), [b"sesame"]),
        (c.Login(b"u", Secret("sesame")), Style(quote_always=True), [b"sesame"]),
        (c.Login(b"u", Secret('a"b\\')), Style(), [b'a\\"b\\\\']),
        (c.Login(b"u", Secret("sesame")), Style(quoted_limit=0), [b"sesame"]),
        (c.Login(b"u", Secret("sesame")), Style(quoted_limit=0, literal_plus=True), [b"sesame"]),
        (c.Login(b"u", Secret("")), Style(), []),
        (c.Authenticate(b"PLAIN", Secret(b"\0u\0p")), Style(), [b"AHUAcA=="]),
        (c.Authenticate(b"PLAIN", Secret(b"")), Style(), [b"="]),
        (c.Authenticate(b"PLAIN"), Style(), []),
        (c.Append(b"INBOX", b"no secret"), Style(), []),
    ],
)
def test_the_pieces_of_a_secret_are_secret(command: c.Command, style: Style, secret: list[bytes]) -> None:
    pieces = [piece for part in write_command(b"a1", command, style) for piece in part]
    assert [octets for octets, is_secret in pieces if is_secret] == secret


@pytest.mark.parametrize(
    ("octets", "secret", "pieces"),
    [
        (b"dXNlcg==", True, [(b"dXNlcg==", True), (b"\r\n", False)]),
        (b"DONE", False, [(b"DONE", False), (b"\r\n", False)]),
        (b"*", False, [(b"*", False), (b"\r\n", False)]),
        (b"", True, [(b"\r\n", False)]),
    ],
)
def test_a_line_that_is_no_command(octets: bytes, secret: bool, pieces: list[tuple[bytes, bool]]) -> None:
    assert write_line(octets, secret=secret) == pieces


@pytest.mark.parametrize("octets", [b"a\r\n", b"a\nb", b"\r", b"\0", b"\x80"])
def test_a_line_holds_no_line_end(octets: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="line"):
        write_line(octets, secret=True)


# ---------------------------------------------------------------- long commands

ODD_UIDS = SequenceSet.of(range(1_000_001, 1_040_001, 2))


def written(command: c.Command, style: Style = Style(quote_always=True)) -> bytes:  # noqa: B008 - frozen
    return b"".join(join(part) for part in write_command(b"abcd", command, style))


def messages(command: c.Command) -> SequenceSet:
    numbers = command.uids if isinstance(command, c.Expunge) else getattr(command, "messages", None)
    assert isinstance(numbers, SequenceSet)
    return numbers


@pytest.mark.parametrize(
    "command",
    [
        c.Fetch(ODD_UIDS, (FetchAtt(b"UID"), FetchAtt(b"FLAGS")), uid=True),
        c.Store(ODD_UIDS, ADD, (b"\\Seen",), silent=True, uid=True),
        c.Copy(ODD_UIDS, b"Box", uid=True),
        c.Move(ODD_UIDS, b"Box", uid=True),
        c.Expunge(ODD_UIDS),
    ],
    ids=lambda command: str(type(command).__name__),
)
def test_a_long_command_becomes_several(command: c.Command) -> None:
    style = Style(quote_always=True)
    several = split_long(command, 32_000, style)
    assert len(several) == 6  # 20,000 UIDs of seven digits and a comma, in about 31,960 octets each
    assert all(31_900 < len(written(one)) <= 32_000 for one in several[:-1])
    assert len(written(several[-1])) <= 32_000
    assert b",".join(bytes(messages(one)) for one in several) == bytes(ODD_UIDS)
    assert {type(one) for one in several} == {type(command)}
    heads = {written(one).split(b"1")[0] for one in several}
    assert len(heads) == 1


def test_the_limit_is_met_exactly() -> None:
    command = c.Copy(SequenceSet.of([1, 3, 5]), b"x")
    assert written(command, Style()) == b"abcd COPY 1,3,5 x\r\n"
    assert split_long(command, 19) == [command]
    assert split_long(command, 18) == [c.Copy(SequenceSet.of([1, 3]), b"x"), c.Copy(SequenceSet.of(5), b"x")]
    assert [bytes(messages(one)) for one in split_long(command, 5)] == [b"1", b"3", b"5"]


@pytest.mark.parametrize(
    "command",
    [c.Noop(), c.Expunge(), c.Search((search.Numbered(ODD_UIDS),)), c.Select(b"x" * 50_000), c.Copy(ONE, b"x")],
    ids=lambda command: str(type(command).__name__),
)
def test_other_commands_are_returned_alone(command: c.Command) -> None:
    assert split_long(command, 32_000) == [command]


@given(
    numbers=st.lists(st.integers(1, MAX_NUMBER), min_size=1, max_size=60).map(SequenceSet.of),
    octets=st.integers(0, 200),
)
def test_split_commands_do_together_what_the_long_one_does(numbers: SequenceSet, octets: int) -> None:
    several = split_long(c.Copy(numbers, b"x"), octets)
    assert [item for one in several for item in messages(one).ranges] == list(numbers.ranges)
    assert all(len(written(one, Style())) <= octets or len(messages(one).ranges) == 1 for one in several)


def test_a_date_of_search_has_four_digits_of_a_year() -> None:
    assert written(c.Search((search.Dated(b"ON", dt.date(987, 3, 4)),))) == b"abcd SEARCH ON 4-Mar-0987\r\n"
