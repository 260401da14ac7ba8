"""Mailbox names: modified UTF-7 typed from RFC 3501, and names that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import UsageError
from outlookimap.wire import mailbox

NAMES = [
    ("INBOX", b"INBOX"),
    ("a&b", b"a&-b"),
    ("#news.comp.mail", b"#news.comp.mail"),
    ("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("\u53f0\u5317\u65e5\u672c\u8a9e", b"&U,BTF2XlZyyKng-"),
    ("Entw\u00fcrfe", b"Entw&APw-rfe"),
    ("Elements envoy\u00e9s", b"Elements envoy&AOk-s"),
    ("\U0001f4e7", b"&2D3c5w-"),
    ("50% * done", b"50% * done"),
    ("", b""),
]


@pytest.mark.cites("O5:V0013", "O5:V0021", "O5:V0022")
@pytest.mark.parametrize(("name", "octets"), NAMES)
def test_a_name_is_modified_utf_7(name: str, octets: bytes) -> None:
    assert mailbox.encode(name) == octets
    assert mailbox.decode(octets) == name


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        ("Entw\u00fcrfe".encode(), "Entw\u00fcrfe"),
        (b"Entw\xfcrfe", "Entw\u00fcrfe"),
        (b"&2D0-", "&2D0-"),
        (b"&!-", "&!-"),
    ],
)
def test_a_name_that_is_no_utf_7_is_still_a_name(octets: bytes, name: str) -> None:
    assert mailbox.decode(octets) == name


def test_a_lone_surrogate_has_no_octets() -> None:
    with pytest.raises(UsageError, match="cannot be encoded"):
        mailbox.encode("a\ud800b")


@pytest.mark.parametrize(("octets", "inbox"), [(b"INBOX", True), (b"iNbOx", True), (b"INBOX/x", False), (b"", False)])
def test_inbox_is_inbox_in_any_case(octets: bytes, inbox: bool) -> None:
    assert mailbox.is_inbox(octets) is inbox


@pytest.mark.parametrize(("name", "char"), [("abc", None), ("a\tb\n", "\t"), ("\x7f", "\x7f"), ("\u0085", "\u0085")])
def test_the_first_control_character(name: str, char: str | None) -> None:
    assert mailbox.control_character(name) == char


@pytest.mark.cites("O5:V0013")
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_comes_back_and_is_ascii(name: str) -> None:
    octets = mailbox.encode(name)
    assert octets.isascii()
    assert mailbox.decode(octets) == name


@given(st.one_of(st.binary(), st.text("&-A,/=1 ").map(str.encode)))
def test_any_octets_have_a_text(octets: bytes) -> None:
    assert isinstance(mailbox.decode(octets), str)
    mailbox.decode(octets).encode()
