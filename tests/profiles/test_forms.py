r"""What the forms of V0055 and V0056 mean as values of `wire`, and what each is for; typed by hand."""

from __future__ import annotations

import pytest

from outlookimap.errors import ProfileError
from outlookimap.profiles import load
from outlookimap.profiles.forms import fetch_items, store_form
from outlookimap.profiles.schema import FETCH_PURPOSES, STORE_PURPOSES
from outlookimap.wire.commands import StoreAction
from outlookimap.wire.fetch import FetchAtt, Section

VERSIONS = ("2007", "2010", "2013")

UID = FetchAtt(b"UID")
FLAGS = FetchAtt(b"FLAGS")
SIZE = FetchAtt(b"RFC822.SIZE")
INTERNALDATE = FetchAtt(b"INTERNALDATE")
HEADER = FetchAtt(b"BODY.PEEK", Section(specifier=b"HEADER"))
WHOLE = FetchAtt(b"BODY.PEEK", Section())
OLD_HEADER = FetchAtt(b"RFC822.HEADER")
OLD_PEEK = FetchAtt(b"RFC822.PEEK")
OLD_WHOLE = FetchAtt(b"RFC822")  # as RFC 3501 says: BODY[], which sets \Seen

FETCHED = [
    pytest.param("uids", (UID,), marks=pytest.mark.cites("O5:V0055")),
    pytest.param("flags", (UID, FLAGS), marks=pytest.mark.cites("O5:V0055")),
    pytest.param(
        "headers_internaldate",
        (UID, FLAGS, SIZE, HEADER, INTERNALDATE),
        marks=pytest.mark.cites("O5:V0055", "O5:V0054", "O5:V0006"),
    ),
    pytest.param("headers", (UID, FLAGS, SIZE, HEADER), marks=pytest.mark.cites("O5:V0055", "O5:V0054", "O5:V0006")),
    pytest.param("bodies", (UID, FLAGS, WHOLE), marks=pytest.mark.cites("O5:V0055", "O5:V0054")),
    pytest.param(
        "old_headers_internaldate",
        (UID, FLAGS, SIZE, OLD_HEADER, INTERNALDATE),
        marks=pytest.mark.cites("O5:V0055", "O5:V0006"),
    ),
    pytest.param("old_headers", (UID, FLAGS, SIZE, OLD_HEADER), marks=pytest.mark.cites("O5:V0055", "O5:V0006")),
    pytest.param("old_bodies", (UID, FLAGS, OLD_PEEK), marks=pytest.mark.cites("O5:V0055")),
    pytest.param("old_bodies_read", (UID, FLAGS, OLD_WHOLE), marks=pytest.mark.cites("O5:V0055")),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("purpose", "items"), FETCHED)
def test_what_a_fetch_for_a_purpose_asks_for(purpose: str, items: tuple[FetchAtt, ...], version: str) -> None:
    assert fetch_items(load(version).text(f"fetch.purpose.{purpose}")) == items


ADD, REMOVE = StoreAction.ADD, StoreAction.REMOVE
DELETED, SEEN = b"\\Deleted", b"\\Seen"
FLAGGED, ANSWERED = b"\\Flagged", b"\\Answered"
LOUD, SILENT = False, True

STORED = [
    # the user's own acts on read and deleted marks are loud: the server tells what became of the flags
    ("delete", (ADD, LOUD, (DELETED, SEEN))),
    ("undelete", (REMOVE, LOUD, (DELETED,))),
    ("read", (ADD, LOUD, (SEEN,))),
    ("unread", (REMOVE, LOUD, (SEEN,))),
    ("flag", (ADD, SILENT, (FLAGGED,))),
    ("unflag", (REMOVE, SILENT, (FLAGGED,))),
    ("answered", (ADD, SILENT, (ANSWERED,))),
    ("unanswered", (REMOVE, SILENT, (ANSWERED,))),
    # changes queued while offline, and the source of a move, are silent
    ("queued_delete", (ADD, SILENT, (DELETED,))),
    ("queued_undelete", (REMOVE, SILENT, (DELETED,))),
    ("queued_read", (ADD, SILENT, (SEEN,))),
    ("queued_unread", (REMOVE, SILENT, (SEEN,))),
]


@pytest.mark.cites("O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("purpose", "form"), STORED)
def test_what_a_store_for_a_purpose_does(
    purpose: str, form: tuple[StoreAction, bool, tuple[bytes, ...]], version: str
) -> None:
    assert store_form(load(version).text(f"store.purpose.{purpose}")) == form


def test_the_tables_above_have_every_purpose() -> None:
    assert [parameters.values[0] for parameters in FETCHED] == list(FETCH_PURPOSES)
    assert [purpose for purpose, _ in STORED] == list(STORE_PURPOSES)


@pytest.mark.cites("O5:V0055", "O5:V0056")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_purpose_uses_a_form_the_product_sends(version: str) -> None:
    profile = load(version)
    new = {*profile.words("fetch.to_all"), *profile.words("fetch.to_imap4rev1")}
    old = {*profile.words("fetch.to_all"), *profile.words("fetch.to_others")}
    for purpose in FETCH_PURPOSES:
        form = profile.text(f"fetch.purpose.{purpose}")
        assert form in (old if purpose.startswith("old_") else new), purpose
    for purpose in STORE_PURPOSES:
        assert profile.text(f"store.purpose.{purpose}") in profile.words("store.forms"), purpose


@pytest.mark.parametrize("version", VERSIONS)
def test_every_form_of_a_profile_can_be_read(version: str) -> None:
    profile = load(version)
    for key in ("fetch.to_all", "fetch.to_imap4rev1", "fetch.to_others"):
        for form in profile.words(key):
            assert fetch_items(form)[0] == UID
    for form in profile.words("store.forms"):
        assert store_form(form)[0] in (ADD, REMOVE)


@pytest.mark.parametrize(
    "form", ["", "()", "UID", "ALL", "(UID", "(UID FLAGS", "(UID) x", "(NONSENSE[)", "(UID)\r\ny NOOP\r\nz NOOP (a"]
)
def test_what_is_no_fetch_form(form: str) -> None:
    with pytest.raises(ProfileError, match="is no list of FETCH data items"):
        fetch_items(form)


@pytest.mark.parametrize("form", ["", "(\\Seen)", "+FLAGS", "*FLAGS (\\Seen)", "+FLAGS (\\Seen", "+FLAGS {9}"])
def test_what_is_no_store_form(form: str) -> None:
    with pytest.raises(ProfileError, match="is no STORE data item"):
        store_form(form)


def test_a_form_that_replaces_all_flags() -> None:
    assert store_form("FLAGS (\\Draft)") == (StoreAction.REPLACE, False, (b"\\Draft",))
    assert store_form("FLAGS ()") == (StoreAction.REPLACE, False, ())
