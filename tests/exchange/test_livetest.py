"""imapclient's own suite against the server, in its Exchange mode: what still fails is in a table, with the reason."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
from imapclient.response_types import Envelope
from support.livetest import __file__ as starter

from outlookimap.exchange import ExchangeServer
from outlookimap.statements import get

pytestmark = pytest.mark.skipif(
    tuple(map(int, version("imapclient").split(".")[:2])) < (4, 1), reason="the suite came with imapclient 4.1"
)

DOCUMENTED = {
    "test_append_bytes": (2, r"b'abc' not found in \(b'\\\\Seen',\)", ("X10:E0001", "X10:V0005")),
    "test_append_unicode": (2, r"b'abc' not found in \(b'\\\\Seen',\)", ("X10:E0001", "X10:V0005")),
    "test_flags": (2, r"Items in the second set but not the first:\nb'(abc|def)'", ("X10:E0001", "X10:V0005")),
    "test_rename_folder": (1, r"RENAME command error: BAD", ("X10:V0028",)),
    "test_search": (2, r"0 != 2", ("X10:V0006", "X10:V0045")),
    "test_search_with_unicode": (2, r"SEARCH failed: \[BADCHARSET \(US-ASCII\)\]", ("X10:V0037", "X10:V0038")),
}
"""Tests that a documented Exchange fails: how often (with UIDs and without), how, and which statements say so."""

OTHERWISE = {
    "test_fetch": (2, r"First sequence has no length", "the suite compares Envelopes by a method for sequences"),
    "test_move": (1, r"Unknown IMAP4 command: 'move'", "without UIDs imapclient asks imaplib for a MOVE it has not"),
}
"""Tests that fail for a reason that is no statement's."""


def results(server: ExchangeServer, directory: Path) -> tuple[Counter[str], str]:
    """Run the suite; return how often each test failed, and what it wrote."""
    config = directory / "livetest.ini"
    config.write_text(
        f"[DEFAULT]\nhost = localhost\nport = {server.tls_port}\nusername = user1\npassword = secret\nssl = true\n"
        f"ssl_ca_file = {server.ca_file}\n"
    )
    command = [sys.executable, starter, str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert re.search(r"^Ran 57 tests", done.stderr, re.MULTILINE), done.stderr
    return Counter(re.findall(r"^(?:FAIL|ERROR): (\w+) ", done.stderr, re.MULTILINE)), done.stderr


@pytest.mark.cites("X10:E0001", "X10:V0005", "X10:V0028", "X10:V0037", "X10:V0038", "X10:V0045")
@pytest.mark.parametrize("version", ["2007", "2013"])
def test_what_fails_is_documented(version: str, tmp_path: Path) -> None:
    with ExchangeServer(version, ntlm=True) as server:
        capabilities = server.profile.words("capability.protocols"), server.profile.words("auth.listed")
        assert "IMAP4" in capabilities[0]
        assert {"NTLM", "GSSAPI"} <= set(capabilities[1])  # what the suite takes for an Exchange
        failed, written = results(server, tmp_path)
    table = {**DOCUMENTED, **OTHERWISE}
    due = {name: times for name, (times, _, _) in table.items()}
    if version == "2007":
        del due["test_move"]  # not listed, and so skipped
    assert failed == due
    for name in due:
        for report in re.findall(rf"^(?:FAIL|ERROR): {name} .*?(?=^={{70}}|\Z)", written, re.MULTILINE | re.DOTALL):
            assert re.search(table[name][1], report), report


def test_reasons_are_real() -> None:
    for _, _, ids in DOCUMENTED.values():
        assert [get(cited).id for cited in ids] == list(ids)
    assert not hasattr(Envelope, "__len__")
