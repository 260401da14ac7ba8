"""The mail servers of the tests, one of each kind per run, and the line of the header that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from servers.available import require, summary
from servers.courier import courier
from servers.cyrus import cyrus
from servers.dovecot import WORKAROUNDS, dovecot
from servers.imap4d import imap4d
from servers.process import server_directory
from servers.pymap import pymap
from support import flip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.real_server import RealServer

SERVER_FIXTURES = {
    "dovecot_server",
    "dovecot_imap4_server",
    "dovecot_workarounds_server",
    "cyrus_server",
    "courier_server",
    "imap4d_server",
    "pymap_server",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--flip``, by which the tests are tested."""
    flip.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Flip what ``--flip`` names, before anything is collected."""
    flip.configure(config)


def pytest_report_header() -> str:
    """Name the real servers that are there, and why the others are not."""
    return summary()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use one of the servers, before pytest selects by mark."""
    for item in items:
        if isinstance(item, pytest.Function) and not SERVER_FIXTURES.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.real_server)


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[RealServer]:
    """Dovecot with PLAIN, LOGIN, DIGEST-MD5 and NTLM, on a plain port with STARTTLS and on a TLS port."""
    require("dovecot")
    with server_directory() as directory, dovecot(directory) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_imap4_server() -> Iterator[RealServer]:
    """Dovecot that lists IMAP4 (RFC 1730) and mechanisms, nothing else, on a plain port without STARTTLS."""
    require("dovecot")
    with server_directory() as directory, dovecot(directory, capability="IMAP4", tls=False) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_workarounds_server() -> Iterator[RealServer]:
    """Dovecot as `dovecot_server`, with the workarounds that Debian's configuration recommends for Outlook."""
    require("dovecot")
    with server_directory() as directory, dovecot(directory, workarounds=WORKAROUNDS) as server:
        yield server


@pytest.fixture(scope="session")
def cyrus_server() -> Iterator[RealServer]:
    """Cyrus with PLAIN, LOGIN, DIGEST-MD5, NTLM and XLIST, on a plain port with STARTTLS and on a TLS port."""
    require("cyrus")
    with server_directory() as directory, cyrus(directory) as server:
        yield server


@pytest.fixture(scope="session")
def courier_server() -> Iterator[RealServer]:
    """Courier with PLAIN and CRAM-MD5, all folders below INBOX, on a plain port."""
    require("courier")
    with server_directory() as directory, courier(directory) as server:
        yield server


@pytest.fixture(scope="session")
def imap4d_server() -> Iterator[RealServer]:
    """GNU imap4d with many mechanisms and no UIDPLUS, folders in mbox files, on a plain port."""
    require("imap4d")
    with server_directory() as directory, imap4d(directory) as server:
        yield server


@pytest.fixture(scope="session")
def pymap_server() -> Iterator[RealServer]:
    """Run pymap: PLAIN and LOGIN on a plain port."""
    require("pymap")
    with server_directory() as directory, pymap(directory) as server:
        yield server
