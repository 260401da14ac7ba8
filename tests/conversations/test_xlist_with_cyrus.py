"""XLIST with Cyrus, which offers it: the separator, the special folders, and who asks for them."""

from __future__ import annotations

import re

import pytest
from servers.real_server import RealServer
from support.real_session import TIMEOUT, sent, signed_in

from outlookimap import Outlook, Policy
from outlookimap.errors import ProfileViolation
from outlookimap.traffic import Recorder
from outlookimap.transport.tap import Sender

pytestmark = pytest.mark.real_server

SPECIAL = {"INBOX": "\\Inbox", "Drafts": "\\Drafts", "Junk": "\\Junk", "Sent": "\\Sent", "Trash": "\\Trash"}


@pytest.mark.cites("O5:V0061")
def test_the_empty_pattern_tells_the_separator(cyrus_server: RealServer) -> None:
    with signed_in(cyrus_server, cyrus_server.take_user()) as session:
        assert session.delimiter is None
        [root] = session.xlist("")
        assert (root.name, root.delimiter, root.source, root.selectable) == ("", ".", "XLIST", False)
        assert session.delimiter == "."


@pytest.mark.cites("O5:V0061", "O5:V0066")
def test_special_folders_are_recognised(cyrus_server: RealServer) -> None:
    recorder = Recorder(None)
    with signed_in(cyrus_server, cyrus_server.take_user(), record=recorder) as session:
        session.create("Below", parent="Sent")
        folders = {folder.name: folder for folder in session.folders()}
    # Cyrus spells those it was configured with in lower case.
    answered = recorder.transcript().octets(Sender.SERVER)
    assert b'* XLIST (\\HasChildren \\sent) "." Sent\r\n' in answered
    assert {name: folder.attributes for name, folder in folders.items() if folder.attributes} == {
        name: {attribute} for name, attribute in SPECIAL.items()
    }
    assert "Sent.Below" in folders


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2013", {"inbox": "INBOX", "sent": "Sent", "drafts": "Drafts", "trash": "Trash", "junk": "Junk"}),
        ("2010", {"inbox": "INBOX", "sent": None, "drafts": "Drafts", "trash": "Trash", "junk": None}),  # by its names
    ],
)
def test_the_account_finds_them_by_what_they_are_for(
    version: str, expected: dict[str, str | None], cyrus_server: RealServer
) -> None:
    with Outlook(
        f"imap://{cyrus_server.host}:{cyrus_server.port}/",
        user=cyrus_server.take_user(),
        password=cyrus_server.password,
        profile=version,
        policy=Policy(encryption="none"),
        timeout=TIMEOUT,
    ) as outlook:
        found = {use: outlook.special(use) for use in expected}
        assert {use: None if folder is None else folder.name for use, folder in found.items()} == expected


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize("version", ["2007", "2010"])
def test_the_versions_before_do_not_know_it(version: str, cyrus_server: RealServer) -> None:
    recorder = Recorder(None)
    with signed_in(cyrus_server, cyrus_server.take_user(), profile=version, record=recorder) as session:
        assert "XLIST" in session.capabilities
        with pytest.raises(ProfileViolation, match="O5:V0061"):
            session.xlist()
        folders = session.folders()
    assert b"XLIST" not in sent(recorder)
    assert re.findall(rb"(?m)^.{4} (LIST|LSUB) (.*)\r$", sent(recorder)) == [
        (b"LIST", b'"" "*"'),
        (b"LSUB", b'"" "*"'),
    ]
    assert {folder.name for folder in folders} == set(SPECIAL)
    assert {folder.attributes for folder in folders} == {frozenset()}
