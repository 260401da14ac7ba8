"""Envelopes and their addresses: RFC 3501 sections 7.4.2 and 8, RFC 2822 section 3.4 and appendix A, typed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.server.addresses import read_addresses
from outlookimap.server.envelope import envelope_of
from outlookimap.wire.building import Builder, Style
from outlookimap.wire.structure import Address, Envelope
from outlookimap.wire.structure_writer import write_envelope


def written(envelope: Envelope) -> bytes:
    builder = Builder(Style(), synchronizing=False)
    write_envelope(builder, envelope)
    return b"".join(octets for part in builder.parts() for octets, _ in part)


END = Address()
JOE = Address(b"Joe Q. Public", None, b"john.q.public", b"example.com")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # RFC 2822 appendix A.1
        (b"John Doe <jdoe@machine.example>", [Address(b"John Doe", None, b"jdoe", b"machine.example")]),
        (b'"Joe Q. Public" <john.q.public@example.com>', [JOE]),
        (
            b"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            [
                Address(b"Mary Smith", None, b"mary", b"x.test"),
                Address(None, None, b"jdoe", b"example.org"),
                Address(b"Who?", None, b"one", b"y.test"),
            ],
        ),
        (
            b'<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
            [
                Address(None, None, b"boss", b"nil.test"),
                Address(b'Giant; "Big" Box', None, b"sysservices", b"example.net"),
            ],
        ),
        (
            b"A Group:Chris Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            [
                Address(None, None, b"A Group", None),
                Address(b"Chris Jones", None, b"c", b"a.test"),
                Address(None, None, b"joe", b"where.test"),
                Address(b"John", None, b"jdoe", b"one.test"),
                END,
            ],
        ),
        (b"Undisclosed recipients:;", [Address(None, None, b"Undisclosed recipients", None), END]),
        # appendix A.5
        (
            b"Pete(A wonderful \\) chap) <pete(his account)@silly.test(his host)>",
            [Address(b"Pete", None, b"pete", b"silly.test")],
        ),
        (
            (b"A Group(Some people)     :Chris Jones <c@(Chris's host.)public.example>, joe@example.org,"
            b"  John <jdoe@one.test> (my dear friend); (the end of the group)"),
            [
                Address(None, None, b"A Group", None),
                Address(b"Chris Jones", None, b"c", b"public.example"),
                Address(None, None, b"joe", b"example.org"),
                Address(b"John", None, b"jdoe", b"one.test"),
                END,
            ],
        ),
        (b"(Empty list)(start)Undisclosed recipients  :(nobody(that I know))  ;",
         [Address(None, None, b"Undisclosed recipients", None), END]),
        # appendix A.6.1 and A.6.3
        (b"Joe Q. Public <john.q.public@example.com>", [JOE]),
        (b"Mary Smith <@machine.tld:mary@example.net>, , jdoe@test   . example",
         [Address(b"Mary Smith", b"@machine.tld", b"mary", b"example.net"),
          Address(None, None, b"jdoe", b"test.example")]),
        (b"John Doe <jdoe@machine(comment).  example>", [Address(b"John Doe", None, b"jdoe", b"machine.example")]),
        # a source route of two hosts, RFC 822 section 6.1
        (b"<@a.test,@b.test:c@d.test>", [Address(None, b"@a.test,@b.test", b"c", b"d.test")]),
        # the name in a comment, RFC 822's custom
        (b"gray@cac.washington.edu (Terry Gray)", [Address(b"Terry Gray", None, b"gray", b"cac.washington.edu")]),
        (b'"John (Q) Doe"@[127.0.0.1]', [Address(None, None, b"John (Q) Doe", b"[127.0.0.1]")]),
        (b"=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
         [Address(b"=?ISO-8859-1?Q?Andr=E9?= Pirard", None, b"PIRARD", b"vm1.ulg.ac.be")]),
        # what is no address
        (b"root", [Address(None, None, b"root", b"")]),
        (b"not an address", [Address(None, None, b"not an address", b"")]),
        (b"<>", [Address(None, None, b"", b"")]),
        (b"a@b; c@d", [Address(None, None, b"a", b"b"), Address(None, None, b"c", b"d")]),
        (b"Group: a@b", [Address(None, None, b"Group", None), Address(None, None, b"a", b"b"), END]),
        (b'"open <a@b>', [Address(None, None, b"open <a@b>", b"")]),
        (b"open <a@b", [Address(b"open", None, b"a", b"b")]),
        (b"a@b (open", [Address(b"open", None, b"a", b"b")]),
        (b", ,;\\", [Address(None, None, b"\\", b"")]),
        (b"", []),
        (b" , ( ) ,", []),
    ],
)  # fmt: skip
def test_addresses(value: bytes, expected: list[Address]) -> None:
    assert list(read_addresses(value)) == expected


# RFC 3501 section 8
RFC3501 = (
    b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
    b"From: Terry Gray <gray@cac.washington.edu>\r\n"
    b"Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
    b"To: imap@cac.washington.edu\r\n"
    b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
    b"Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
    b"\r\n"
)

ENVELOPES = {
    "RFC 3501 section 8": (
        RFC3501,
        (b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
        b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
        b'"<B27397-0100000@cac.washington.edu>")'),
    ),
    "nothing": (b"\r\n", b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"),
    "present but empty": (
        b"Date:\r\nSubject: \r\nFrom:\r\nTo: \t\r\nIn-Reply-To:\r\n \r\nMessage-ID:\r\n\r\n",
        b'("" "" NIL NIL NIL NIL NIL NIL "" "")',
    ),
    "folded, with sender and reply-to": (
        (b"Subject: one\r\n two\r\n\tthree  \r\nFrom: a@b.test\r\nSender: s@b.test\r\n"
        b"Reply-To:\r\n r@b.test\r\nBcc: x@y.test\r\n"
        b"In-Reply-To: <1@b>\r\n <2@b>\r\n\r\n"),
        (b'(NIL "one two\tthree" ((NIL NIL "a" "b.test")) ((NIL NIL "s" "b.test")) ((NIL NIL "r" "b.test")) NIL NIL '
        b'((NIL NIL "x" "y.test")) "<1@b> <2@b>" NIL)'),
    ),
    "encoded words and quotes stay": (
        b'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= "x\\y"\r\n\r\n',
        b'(NIL "=?utf-8?q?Gr=C3=BC=C3=9Fe?= \\"x\\\\y\\"" NIL NIL NIL NIL NIL NIL NIL NIL)',
    ),
    "a group": (
        b"To: A Group: ;\nTo: a@b.test\n\n",
        b'(NIL NIL NIL NIL NIL ((NIL NIL "A Group" NIL)(NIL NIL NIL NIL)(NIL NIL "a" "b.test")) NIL NIL NIL NIL)',
    ),
    "of two subjects the first, no colon is no field": (
        b"Subject\r\nSubject : 1\r\nsubject: 2\r\n\r\n",
        b'(NIL "1" NIL NIL NIL NIL NIL NIL NIL NIL)',
    ),
    "what cannot be quoted": (b"Subject: a\rb\r\n\r\n", b"(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "expected"), ENVELOPES.values(), ids=ENVELOPES)
def test_envelope(head: bytes, expected: bytes) -> None:
    assert written(envelope_of(head)) == expected


@pytest.mark.cites("X10:V0057")
@pytest.mark.cites("X3:V0055")
def test_a_text_field_that_is_there_but_empty_can_be_nil() -> None:
    head, _ = ENVELOPES["present but empty"]
    assert written(envelope_of(head, empty_as_nil=True)) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert envelope_of(RFC3501, empty_as_nil=True) == envelope_of(RFC3501)


@given(st.binary(max_size=200) | st.text('ab@<>(),;:"\\[] .\r\n\t', max_size=60).map(str.encode))
def test_anything_gives_addresses(value: bytes) -> None:
    for address in read_addresses(value):
        assert address == END or address.mailbox is not None
        assert address.host is not None or (address.name, address.adl) == (None, None)


def test_a_long_list_takes_no_long_time() -> None:
    assert len(read_addresses(b"a@b, " * 50_000)) == 50_000
    assert len(read_addresses(b"(" * 100_000)) == 0
    assert len(read_addresses(b'"' + b"\\" * 100_000)) == 1
