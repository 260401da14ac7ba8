"""Server URLs: RFC 5092 without a mailbox. None of the errors shows what was in the URL."""

from __future__ import annotations

import pytest

from outlookimap.client.url import ServerUrl
from outlookimap.errors import PolicyError, UrlError

URLS = [
    ("imaps://mail.example.com/", ServerUrl("imaps", "mail.example.com")),
    ("imap://mail.example.com", ServerUrl("imap", "mail.example.com")),
    ("IMAPS://Mail.Example.Com", ServerUrl("imaps", "mail.example.com")),
    (" imap://ann@127.0.0.1:1143/ ", ServerUrl("imap", "127.0.0.1", 1143, "ann")),
    ("imaps://ann@[::1]:993/", ServerUrl("imaps", "::1", 993, "ann")),
    ("imaps://ann%40example.com@mail.example.com", ServerUrl("imaps", "mail.example.com", None, "ann@example.com")),
    ("imaps://DOM%5Cann%3B@h", ServerUrl("imaps", "h", None, "DOM\\ann;")),
    ("imaps://ann;AUTH=NTLM@h", ServerUrl("imaps", "h", None, "ann", "NTLM")),
    ("imaps://ann;auth=digest-md5@h", ServerUrl("imaps", "h", None, "ann", "digest-md5")),
    ("imaps://ann;AUTH=*@h", ServerUrl("imaps", "h", None, "ann")),
    ("imaps://;AUTH=PLAIN@h", ServerUrl("imaps", "h", None, None, "PLAIN")),
]

BAD = [
    ("http://h/", r"imaps:// or imap://"),
    ("mail.example.com", r"imaps:// or imap://"),
    ("ann:Sesame1@h", r"imaps:// or imap://"),
    ("imaps:///", "names no host"),
    ("imaps://ann@/", "names no host"),
    ("imaps://ann:Sesame1@h", "never holds the password"),
    ("imaps://ann@h/Sesame1", "names a folder"),
    ("imaps://ann:12/Sesame1@h/", "names a folder"),
    ("imaps://h/?Sesame1", "no query"),
    ("imaps://h/#Sesame1", "no fragment"),
    ("imaps://ann:Sesame1/x@h/", "this is no server URL"),
    ("imaps://h:Sesame1/", "this is no server URL"),
    ("imaps://h:0/", "a port from 1 to 65535"),
    ("imaps://h:65536/", "a port from 1 to 65535"),
    ("imaps://ann:Sesame1@[h", "this is no server URL"),
    ("imaps://ann:Sesame1@h\N{DOUBLE QUESTION MARK}/", "this is no server URL"),
]


@pytest.mark.parametrize(("url", "parts"), URLS)
def test_what_a_url_says(url: str, parts: ServerUrl) -> None:
    assert ServerUrl.parse(url) == parts


@pytest.mark.parametrize(("url", "message"), BAD)
def test_what_is_no_server_url(url: str, message: str) -> None:
    with pytest.raises(UrlError, match=message) as caught:
        ServerUrl.parse(url)
    assert "Sesame1" not in repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.cites("O5:V0031")
@pytest.mark.parametrize(
    ("scheme", "asked", "meant"),
    [("imaps", None, "tls"), ("imaps", "tls", "tls"), ("imap", None, "starttls"), ("imap", "none", "none")],
)
def test_what_a_url_means_for_encryption(scheme: str, asked: str | None, meant: str) -> None:
    assert ServerUrl(scheme, "h").encryption(asked) == meant


@pytest.mark.parametrize(("scheme", "asked"), [("imaps", "starttls"), ("imaps", "none"), ("imap", "tls")])
def test_a_url_that_contradicts_the_policy(scheme: str, asked: str) -> None:
    with pytest.raises(PolicyError, match=f"{scheme}:// contradicts encryption='{asked}'"):
        ServerUrl(scheme, "h").encryption(asked)
