"""The forms of the servers' notes, on notes typed from real ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from servers.logs import CyrusLog, DovecotLog, client_bytes, strip_rawlog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("raw", "received"),
    [
        (b"", b""),
        (
            b'1795170664.337996 a1 CAPABILITY\r\n1795170664.338320 a2 SELECT "INBOX"\r\n',
            b'a1 CAPABILITY\r\na2 SELECT "INBOX"\r\n',
        ),
        # A line of the message looks like a stamp; a line may end without CR; the last may not have ended.
        (
            (
                b"1795170664.338320 a3 APPEND INBOX {41}\r\n1795170664.339739 1234567890.123456 one\r\n"
                b"1795170664.339739 \r\n1795170664.339740 two\n1795170664.339740 three"
            ),
            b"a3 APPEND INBOX {41}\r\n1234567890.123456 one\r\n\r\ntwo\nthree",
        ),
    ],
)
def test_rawlog_without_stamps(raw: bytes, received: bytes) -> None:
    assert strip_rawlog(raw) == received


@pytest.mark.parametrize(
    ("telemetry", "received"),
    [
        (b"", b""),
        (b"---------- user1 Fri Nov 20 10:31:04 2026\n\n>1795170664>a1 OK User logged in\r\n", b""),
        (
            (
                b"---------- user1 Fri Nov 20 10:31:04 2026\n\n>1795170664>a1 OK User logged in\r\n"
                b"<1795170665<a2 NOOP\r\n>1795170665>a2 OK Completed\r\n<1795170666<a3 LOGOUT\r\n"
                b">1795170666>* BYE LOGOUT received\r\na3 OK Completed\r\n"
            ),
            b"a2 NOOP\r\na3 LOGOUT\r\n",
        ),
        # A command that came in two packets, no answer between them.
        (
            (b"---------- user1 Fri Nov 20 10:31:04 2026\n\n>1795170664>a1 OK\r\n<1795170664<a2 NO<1795170664<OP\r\n"),
            b"a2 NOOP\r\n",
        ),
        # Texts of the same form with a time before the session or after its file was written.
        (
            (
                b"---------- user1 Fri Nov 20 10:31:04 2026\n\n>1795170664>a1 OK\r\n"
                b"<1795170664<a2 APPEND INBOX {40}\r\n>1795170664>+ go ahead\r\n"
                b"<1795170664<<1700000000<>1900000000>\r\n\r\nx\r\n"
            ),
            b"a2 APPEND INBOX {40}\r\n<1700000000<>1900000000>\r\n\r\nx\r\n",
        ),
    ],
)
def test_telemetry_of_the_client(telemetry: bytes, received: bytes) -> None:
    assert client_bytes(telemetry, 1795170700) == received


def test_dovecot_sessions_in_order_of_time(tmp_path: Path) -> None:
    notes = tmp_path / "rawlog" / "user1"
    notes.mkdir(parents=True)
    (notes / "20261120-103104.9999.1.in").write_bytes(b"1795170664.100000 a1 NOOP\r\n")
    (notes / "20261120-103104.1000.1.in").write_bytes(b"1795170664.200000 b1 NOOP\r\n")
    (notes / "20261120-103104.1000.2.in").write_bytes(b"")
    (notes / "20261120-103104.1000.1.out").write_bytes(b"1795170664.200000 b1 OK\r\n")
    log = DovecotLog(tmp_path)
    assert log.sessions("user1") == [b"a1 NOOP\r\n", b"b1 NOOP\r\n"]
    log.forget("user1")
    assert log.sessions("user1") == []


def test_cyrus_sessions_in_order_of_time(tmp_path: Path) -> None:
    notes = tmp_path / "conf" / "log" / "user1"
    notes.mkdir(parents=True)
    for name, tag, written in (("imap-x-9", b"a1", 1795170665), ("imap-x-1", b"b1", 1795170666)):
        (notes / name).write_bytes(b"---------- user1 now\n\n>1795170664>x OK\r\n<1795170665<" + tag + b" NOOP\r\n")
        os.utime(notes / name, (written, written))
    log = CyrusLog(tmp_path)
    assert log.sessions("user1") == [b"a1 NOOP\r\n", b"b1 NOOP\r\n"]
    log.forget("user1")
    assert log.sessions("user1") == []
