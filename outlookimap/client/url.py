"""Server URLs: RFC 5092 without a mailbox, ``imap://user;AUTH=mechanism@host:port/`` and ``imaps://`` likewise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from outlookimap.errors import PolicyError, UrlError

SCHEMES = {"imap": "starttls", "imaps": "tls"}
"""The schemes, and what each means for encryption unless the policy says otherwise."""

_AUTH = re.compile(r";auth=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """Where to connect to; `port` is None for the product's own default, `user` None where the URL names nobody.

    `mechanism` is the SASL mechanism the URL asks for; None where it asks for none or for any (``AUTH=*``).
    """

    scheme: str
    host: str
    port: int | None = None
    user: str | None = None
    mechanism: str | None = None

    @classmethod
    def parse(cls, url: str) -> ServerUrl:
        """Return the parts of `url`; raises UrlError naming what is wrong, never with a password in it."""
        # Nothing of the URL is shown, and no error that quotes it is kept: people write passwords into URLs.
        parts, port = _split(url)
        if parts is None or port == 0:
            raise UrlError("this is no server URL: write imaps://user@host:port/, with a port from 1 to 65535 if any")
        if parts.scheme not in SCHEMES:
            raise UrlError("a server URL begins with imaps:// or imap://")
        _refuse_extras(parts)
        name, _, host = parts.netloc.rpartition("@")
        if not parts.hostname or not host:
            raise UrlError("the URL names no host: write imaps://user@host/")
        user, *rest = _AUTH.split(name, maxsplit=1)
        if ":" in user:
            raise UrlError("a URL never holds the password: pass it as `password`")
        mechanism = unquote(rest[0]) if rest else "*"
        return cls(parts.scheme, parts.hostname, port, unquote(user) or None, None if mechanism == "*" else mechanism)

    def encryption(self, asked: str | None) -> str:
        """Return ``"tls"``, ``"starttls"`` or ``"none"``: what the policy asked for, else what the scheme means.

        Raises PolicyError where the two contradict each other.
        """
        if asked is None:
            return SCHEMES[self.scheme]
        if (self.scheme == "imaps") != (asked == "tls"):
            raise PolicyError(f'{self.scheme}:// contradicts encryption={asked!r}; imaps:// is "tls" and nothing else')
        return asked


def _split(url: str) -> tuple[SplitResult | None, int | None]:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None, None
    return parts, port


def _refuse_extras(parts: SplitResult) -> None:
    if parts.path not in ("", "/"):
        raise UrlError("the URL names a folder: a session is opened to a server, folders are selected later")
    if parts.query or parts.fragment:
        raise UrlError("a server URL has no query and no fragment")
