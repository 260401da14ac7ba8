"""Which folder is for what: by the marks of the server, else by the names the product gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.at_work import opened, serving

from outlookimap import Outlook, Policy
from outlookimap.cache import Cache
from outlookimap.errors import UsageError
from outlookimap.wire.mailbox import encode

# The embedded server marks nothing; 2007 and 2010 call one folder otherwise than it does.
BY_NAME: list[tuple[str, dict[str, str | None]]] = [
    ("2007", {"sent": "Sent Items", "drafts": "Drafts", "trash": None, "junk": "Junk E-mail"}),
    ("2010", {"sent": "Sent Items", "drafts": "Drafts", "trash": None, "junk": "Junk E-mail"}),
    ("2013", {"sent": "Sent Items", "drafts": "Drafts", "trash": "Deleted Items", "junk": "Junk E-mail"}),
]


def special(outlook: Outlook, use: str) -> str | None:
    folder = outlook.special(use)
    return None if folder is None else folder.name


@pytest.mark.cites("O5:V0061")
@pytest.mark.parametrize(("profile", "expected"), BY_NAME)
def test_special_folders_that_nobody_marked_go_by_their_default_names(
    profile: str, expected: dict[str, str | None]
) -> None:
    with serving() as server, opened(server, profile=profile) as outlook:
        assert {use: special(outlook, use) for use in expected} == expected
        assert (special(outlook, "inbox"), special(outlook, "archive")) == ("INBOX", None)
        trash = "Trash"
        outlook.create(trash)
        assert special(outlook, "trash") == (expected["trash"] or trash)


@pytest.mark.cites("O5:V0022", "O5:V0061")
def test_default_names_are_below_the_root_folder_path() -> None:
    with serving() as server:
        server.other_protocol.create("user1", "Mail")
        server.other_protocol.create("user1", "Mail/Drafts")
        for root in ("Mail", "Mail/"):
            with opened(server, policy=Policy(root_folder=root)) as outlook:
                assert (special(outlook, "drafts"), special(outlook, "sent")) == ("Mail/Drafts", None)


@pytest.mark.cites("O5:V0061")
def test_marks_go_before_names(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache") as cache:
        for name, use in (("Drafts", "sent"), ("Entwürfe", "drafts"), ("Junk E-mail", "archive")):
            raw = encode(name)
            cache.folders.add(raw, raw, name=name, delimiter="/", attributes=(), source="XLIST", special=use)
        cache.folders.add(
            b"Deleted Items",
            b"Deleted Items",
            name="Deleted Items",
            delimiter="/",
            attributes=["\\Noselect"],
            source="XLIST",
        )
    with Outlook(cache=tmp_path / "cache", offline=True) as outlook:
        found = {use: special(outlook, use) for use in ("sent", "drafts", "archive", "junk", "trash")}
        assert found == {"sent": "Drafts", "drafts": "Entwürfe", "archive": "Junk E-mail", "junk": None, "trash": None}
        with pytest.raises(UsageError, match=r"special\('Trash'\): pass one of 'inbox', 'sent', 'drafts', 'trash'"):
            outlook.special("Trash")
