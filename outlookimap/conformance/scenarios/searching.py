"""Searching: SEARCH as Outlook 2013 sends it finds what is there, by sequence number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._mail import mail
from outlookimap.conformance.stage import Stage
from outlookimap.wire.search import Containing, Dated, Flagging, SearchKey


def _finds(stage: Stage, keys: Sequence[SearchKey], expected: Sequence[int], what: str) -> None:
    """Search the folder and compare the numbers."""
    session = stage.session()
    session.select(stage.folder)
    with stage.refused(f"SEARCH for {what} was refused"):
        found = sorted(session.search(*keys))
    text = f"SEARCH for {what} has to find {[*expected]}, and found {found}"
    stage.require(found == [*expected], text, said=rb"\* SEARCH")


@steps("search-subject")
def search_subject(stage: Stage) -> None:
    """Search for a word that one subject has in other letters."""
    stage.fill([mail("Hay"), mail("The NEEDLE-in-subject"), mail("More hay", b"needle-in-subject\r\n")])
    _finds(stage, [Containing(b"SUBJECT", b"needle-in-subject")], [2], "a word in the subject")


@steps("search-from")
def search_from(stage: Stage) -> None:
    """Search for the name of a sender, then for his address."""
    other = mail("Of another sender").replace(b"Ann Example <ann@example.com>", b"Sender Wanted <wanted@example.net>")
    stage.fill([mail("Of Ann, not of wanted@example.net"), other])
    _finds(stage, [Containing(b"FROM", b"Sender Wanted")], [2], "the name of a sender")
    _finds(stage, [Containing(b"FROM", b"wanted@example.net")], [2], "the address of a sender")


@steps("search-text")
def search_text(stage: Stage) -> None:
    """Search for a word that one message has in its subject, and one in its text."""
    stage.fill([mail("needle-anywhere"), mail("Hay"), mail("More hay", b"Here is needle-anywhere.\r\n")])
    _finds(stage, [Containing(b"TEXT", b"needle-anywhere")], [1, 3], "a word in header or text")


@steps("search-since")
def search_since(stage: Stage) -> None:
    """Search among messages of the day before, of the day, and of the day after."""
    for day in (13, 14, 15):
        date = dt.datetime(2013, 3, day, 12, tzinfo=dt.UTC)
        stage.observer.append(stage.raw, mail(f"search-since {day}"), date=date)
    _finds(stage, [Dated(b"SINCE", dt.date(2013, 3, 14))], [2, 3], "what came since a day")


@steps("search-unseen")
def search_unseen(stage: Stage) -> None:
    r"""Search where the second of three messages has \Seen."""
    stage.fill([mail("search-unseen 1")])
    stage.fill([mail("search-unseen 2")], flags=[rb"\Seen"])
    stage.fill([mail("search-unseen 3")])
    _finds(stage, [Flagging(b"UNSEEN")], [1, 3], "unread messages")


@steps("search-several")
def search_several(stage: Stage) -> None:
    """Search for unread messages with a word in the subject, where one is read and one has another subject."""
    stage.fill([mail("needle-of-several, read")], flags=[rb"\Seen"])
    stage.fill([mail("needle-of-several, unread"), mail("hay, unread")])
    keys: list[SearchKey] = [Flagging(b"UNSEEN"), Containing(b"SUBJECT", b"needle-of-several")]
    _finds(stage, keys, [2], "unread messages with a word in the subject")


@steps("search-numbers")
def search_numbers(stage: Stage) -> None:
    """Remove the first message, so that UIDs are higher than sequence numbers."""
    uids = stage.fill([mail("search-numbers, removed"), mail("hay"), mail("needle-by-number")])
    stage.observer.remove(stage.raw, uids[:1])
    _finds(stage, [Containing(b"SUBJECT", b"needle-by-number")], [2], "a word in the subject of the second message")


@steps("search-nothing")
def search_nothing(stage: Stage) -> None:
    """Search for a word that is nowhere."""
    stage.fill([mail("search-nothing")])
    _finds(stage, [Containing(b"SUBJECT", b"needle-nowhere")], [], "a word that is nowhere")
