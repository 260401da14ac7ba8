"""Files typed by hand, read to octets typed by hand; files that are wrong, each error at its line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from outlookimap.errors import TranscriptError
from outlookimap.traffic.format import (
    Comment,
    Event,
    Form,
    Header,
    Mark,
    Placeholder,
    Provenance,
    Said,
    Slot,
)
from outlookimap.traffic.reader import parse, read
from outlookimap.traffic.writer import dumps
from outlookimap.transport.tap import Sender

TOP = "# outlookimap recording 1\nprovenance: synthetic\n\n"  # the body begins in line 4

BODIES: list[tuple[str, str, bytes, bytes]] = [
    ("nothing", "", b"", b""),
    ("greeting", "S: * OK Dovecot ready.\n", b"", b"* OK Dovecot ready.\r\n"),
    ("an empty line each", "C:\nS:\n", b"\r\n", b"\r\n"),
    ("no final line feed", "C: a NOOP", b"a NOOP\r\n", b""),
    ("leading space is text", "S:  FLAGS (\\Seen))\n", b"", b" FLAGS (\\Seen))\r\n"),
    ("trailing space", "S: * 5 EXISTS\\x20\n", b"", b"* 5 EXISTS \r\n"),
    ("only a space", "S: \\x20\n", b"", b" \r\n"),
    ("backslashes", "C: \\Seen \\xZZ \\x4 \\\\ \\X41 \\\n", b"\\Seen \\xZZ \\x4 \\\\ \\X41 \\\r\n", b""),
    ("escapes, either case", "C: \\x00\\xff\\xFF\\x5cx41\n", b"\x00\xff\xff\\x41\r\n", b""),
    ("part and rest", "C- a NO\nC: OP\n", b"a NOOP\r\n", b""),
    ("bare line feed", "S- * OK hi\\x0a\nS: * BYE\n", b"", b"* OK hi\n* BYE\r\n"),
    ("carriage returns", "S: a\\x0d\nC- \\x0d\\x0a\n", b"\r\n", b"a\r\r\n"),
    (
        "literal of two lines",
        "S: * 1 FETCH (BODY[] {12}\nS| Hello\nS| world\nS:  UID 3)\n",
        b"",
        b"* 1 FETCH (BODY[] {12}\r\nHello\r\nworld UID 3)\r\n",
    ),
    ("literal ends in CRLF", "S: * X {3}\nS| a\nS|\nS: )\n", b"", b"* X {3}\r\na\r\n)\r\n"),
    ("literal is CRLF", "S: * X {2}\nS|\nS|\nS: )\n", b"", b"* X {2}\r\n\r\n)\r\n"),
    ("empty literal", 'C: a X {0}\nC|\nC:  ""\n', b'a X {0}\r\n ""\r\n', b""),
    ("leading zero in the count", "S: * X {012}\nS| Hello, world\nS: )\n", b"", b"* X {012}\r\nHello, world)\r\n"),
    ("literal with octets", "S: * X {4}\nS| \\x0a\\x0d\\x00\\xe9\nS:\n", b"", b"* X {4}\r\n\n\r\x00\xe9\r\n"),
    ("dollars in a literal", "S: * X {4}\nS| $tag\nS:\n", b"", b"* X {4}\r\n$tag\r\n"),
    ("after a bare line feed", "S- * X {2}\\x0a\nS| ab\nS- \\x0a\n", b"", b"* X {2}\nab\n"),
    (
        "announcement in parts",
        "S- * X {1\nC: a NOOP\nS: 0}\nS| 0123456789\nS:\n",
        b"a NOOP\r\n",
        b"* X {10}\r\n0123456789\r\n",
    ),
    (
        "synchronising literal",
        "C: a LOGIN ann {3}\nS: + OK\nC| ***\nC:\nS: a OK in\n",
        b"a LOGIN ann {3}\r\n***\r\n",
        b"+ OK\r\na OK in\r\n",
    ),
    ("literal refused", "C: a X {5}\nS: a BAD no\nC: b NOOP\n", b"a X {5}\r\nb NOOP\r\n", b"a BAD no\r\n"),
    ("text like an announcement", "S: * OK five {5}\nS: * 1 EXISTS\n", b"", b"* OK five {5}\r\n* 1 EXISTS\r\n"),
    (
        "both sides' literals side by side",
        "C: a X {1}\nS: * Y {1}\nC| c\nS| s\nC:\nS:\n",
        b"a X {1}\r\nc\r\n",
        b"* Y {1}\r\ns\r\n",
    ),
    ("no tag in the middle", "C: a $tagged $tag-x $MDNSent \\x24tag\n", b"a $tagged $tag-x $MDNSent $tag\r\n", b""),
]


@pytest.mark.parametrize(("body", "client", "server"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_octets(body: str, client: bytes, server: bytes) -> None:
    transcript = parse(TOP + body)
    assert transcript.octets(Sender.CLIENT) == client
    assert transcript.octets(Sender.SERVER) == server


@pytest.mark.parametrize("body", [row[1] for row in BODIES if row[0] != "no final line feed"])
def test_written_again_reads_the_same(body: str) -> None:
    transcript = parse(TOP + body)
    assert parse(dumps(transcript)) == transcript


def test_header() -> None:
    text = (
        "# outlookimap recording 1\nclient: Outlook 2013\nserver: Dovecot 2.3\nprofile: outlook-2013\n"
        "provenance: observed\nstatements: O5:V0055 X10:2.1.5 X1:2.3.2a\nexpect: violates O5:V0040\nguard: off\n"
        "x-note: a word: and more\nx-empty:\n\n"
    )
    transcript = parse(text)
    assert transcript.header == Header(
        client="Outlook 2013",
        server="Dovecot 2.3",
        profile="outlook-2013",
        provenance=Provenance.OBSERVED,
        statements=("O5:V0055", "X10:2.1.5", "X1:2.3.2a"),
        expect="violates O5:V0040",
        guard=False,
        extra=(("x-note", "a word: and more"), ("x-empty", "")),
    )
    assert transcript.entries == ()
    assert dumps(transcript) == text


def test_header_alone() -> None:
    assert parse("# outlookimap recording 1\nprovenance: fragment\nguard: on").header == Header(
        provenance=Provenance.FRAGMENT
    )


def test_entries() -> None:
    body = (
        "# Hello.\n#\n\nS: * OK [UIDVALIDITY $uidvalidity] $tag1x\n@+1.5\nC: $tag NOOP\n@tls\n"
        "S: $tag OK\n@+600\n# then\n@closed client\n@guard off\n@connected\n@rematch\nC: $tag2 X\n@closed server\n"
    )
    tag, tag2 = Slot(Placeholder.TAG), Slot(Placeholder.TAG, "2")
    transcript = parse(TOP + body)
    assert transcript.entries == (
        Comment("Hello."),
        Comment(""),
        Said(Sender.SERVER, Form.LINE, (b"* OK [UIDVALIDITY ", Slot(Placeholder.UIDVALIDITY), b"] $tag1x")),
        Said(Sender.CLIENT, Form.LINE, (tag, b" NOOP"), 1.5),
        Mark(Event.TLS),
        Said(Sender.SERVER, Form.LINE, (tag, b" OK")),
        Comment("then"),
        Mark(Event.CLOSED_BY_CLIENT, 600.0),
        Mark(Event.GUARD_OFF),
        Mark(Event.CONNECTED),
        Mark(Event.REMATCH),
        Said(Sender.CLIENT, Form.LINE, (tag2, b" X")),
        Mark(Event.CLOSED_BY_SERVER),
    )
    assert [entry.line for entry in transcript.entries] == [4, 5, 7, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19]
    assert transcript.octets(Sender.CLIENT) == b"$tag NOOP\r\n$tag2 X\r\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "not a recording"),
        ("hello\n", 1, "not a recording"),
        ("# outlookimap recording 2\n\n", 1, "version '2'"),
        ("# outlookimap recording 1\n\nC: a\n", 1, "no provenance"),
        ("# outlookimap recording 1\nclient: x\n", 2, "no provenance"),
        ("# outlookimap recording 1\nprovenance: dreamt\n\n", 2, "provenance is one of observed, fragment"),
        ("# outlookimap recording 1\nprovenance: observed\ncolour: red\n\n", 3, "unknown header key 'colour'"),
        ("# outlookimap recording 1\nprovenance: observed\nguard: maybe\n\n", 3, "guard is 'on' or 'off'"),
        ("# outlookimap recording 1\nprovenance: observed\nclient: a\nclient: b\n\n", 4, "given twice"),
        ("# outlookimap recording 1\nprovenance: observed\nexpect: magic\n\n", 3, "expect is"),
        ("# outlookimap recording 1\nprovenance: observed\nexpect: violates O5\n\n", 3, "no statement id"),
        ("# outlookimap recording 1\nprovenance: observed\nexpect: violates\n\n", 3, "expect is"),
        ("# outlookimap recording 1\nprovenance: observed\nstatements: V0055\n\n", 3, "no statement id"),
        ("# outlookimap recording 1\nprovenance: observed\nclient:  two\n\n", 3, "not one line"),
        ("# outlookimap recording 1\nprovenance: observed\nx-: two\n\n", 3, "no extra header key"),
        ("# outlookimap recording 1\nprovenance: observed\nS: * OK\n\n", 3, "not a header line"),
        ("# outlookimap recording 1\nprovenance: observed\n# remark\n\n", 3, "not a header line"),
        (TOP + "C: a\nX: b\n", 5, "neither C, S, @ nor #"),
        (TOP + "C:a\n", 4, "neither"),
        (TOP + "c: a\n", 4, "neither"),
        (TOP + "#remark\n", 4, "neither"),
        (TOP + " C: a\n", 4, "neither"),
        (TOP + "C: a \n", 4, "space at the end"),
        (TOP + "C| \n", 4, "space at the end"),
        (TOP + "C: a\r\n", 4, "CRLF"),
        (TOP + "C: a\tb\n", 4, r"\x09 in column 5"),
        (TOP + "C: é\n", 4, r"\xe9 in column 4"),
        (TOP + "S:\nC: \u20ac\n", 5, "U+20AC in column 4"),
        (TOP + "C: a\\x0ab\n", 4, "line feed inside a line"),
        (TOP + "C- a\\x0ab\n", 4, "line feed only as its last"),
        (TOP + "C- a\\x0a$uidvalidity\n", 4, "line feed only as its last"),
        (TOP + "C-\n", 4, "at least one octet"),
        (TOP + "C: a {5}\nS| hello\n", 5, "did not announce"),
        (TOP + "C: a {5} \\x20\nC| hello\n", 5, "did not announce"),
        (TOP + "C- a {5}\nC| hello\n", 5, "did not announce"),
        (TOP + "C: a {5}\n\nC| hell\nC:\n", 6, "has 4 octets, 5 were announced"),
        (TOP + "C: a {5+}\nC| hello\nC|\n", 5, "has 7 octets, 5 were announced"),
        (TOP + "C: a {5}\nC| hel\n# what?\nC| lo\n", 5, "has 3 octets"),
        (TOP + "C: a {5}\nC| hello\n@tls\nC| hello\n", 7, "did not announce"),
        (TOP + "S: $tag OK\n", 4, "$tag is used before"),
        (TOP + "C: $tag A\nS: $tag1 OK\n", 5, "$tag1 is used before"),
        (TOP + "C: a $tag\n", 4, "$tag is used before"),
        (TOP + "C: a {1}\nC| b\nC: $tag A\n", 6, "$tag is used before"),
        (TOP + "C- a\nC- $tag A\n", 5, "$tag is used before"),
        (TOP + "@+1\n@+2\nC: a\n", 5, "second time mark"),
        (TOP + "C: a\n@+1\n# end\n", 5, "nothing follows the time mark"),
        (TOP + "@+-1\nC: a\n", 4, "unknown mark '@+-1'"),
        (TOP + "@+9999999999\nC: a\n", 4, "unknown mark"),
        (TOP + "@lunch\n", 4, "unknown mark '@lunch': one of @+SECONDS"),
        (TOP + "@closed\nC: a\n", 5, "after the end"),
        (TOP + "@closed\n@tls\n", 5, "only '@connected'"),
        (TOP + "@closed\n@closed client\n", 5, "only '@connected'"),
    ],
)
def test_each_error_names_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        parse(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert words in str(caught.value)


def test_a_refused_literal_does_not_announce_the_next_connection() -> None:
    with pytest.raises(TranscriptError, match="line 7: a literal that the line before"):
        parse(TOP + "C: a {1}\n@closed\n@connected\nC| b\n")


def test_read_takes_a_path_a_name_and_a_stream(tmp_path: Path) -> None:
    text = TOP + "C: a NOOP\n"
    path = tmp_path / "one.imap"
    path.write_bytes(text.encode())
    assert read(path) == read(str(path)) == read(io.StringIO(text)) == parse(text)


def test_read_names_the_line_that_is_not_ascii(tmp_path: Path) -> None:
    path = tmp_path / "one.imap"
    path.write_bytes(TOP.encode() + b"C: caf\xc3\xa9\n")
    with pytest.raises(TranscriptError, match=r"line 4: \\xc3 in column 7"):
        read(path)
