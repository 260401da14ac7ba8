"""`outlookimap demo`: an embedded Exchange with a sample mailbox, and a session that works in it as Outlook does."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Annotated

import typer
from rich.console import Console

from outlookimap.cli.narration import Narration
from outlookimap.cli.sample_mail import messages
from outlookimap.client import Message, Session
from outlookimap.client.mime import octets
from outlookimap.exchange import ExchangeServer
from outlookimap.profiles import Profile, load
from outlookimap.server.store import Incoming
from outlookimap.traffic import Header, Recorder
from outlookimap.wire.sequence import SequenceSet

USER = "demo"
PASSWORD = "correct horse"  # noqa: S105 - of an account that lives as long as the demonstration


def demo(
    outlook: Annotated[str, typer.Option(metavar="VERSION", help="Behave as Outlook 2007, 2010 or 2013.")] = "2013",
    exchange: Annotated[
        str, typer.Option(metavar="VERSION", help="At the other end: Exchange 2007sp1 to 2019.")
    ] = "2019",
) -> None:
    """Show a conversation: an embedded Exchange with sample mail on a loopback port, and Outlook at work in it."""
    profile = load(outlook)
    console = Console(highlight=False)
    say = functools.partial(console.print, soft_wrap=True, markup=False)
    mail = [Incoming(octets(message), (), moment) for message, moment in messages(f"{USER}@example.com")]
    with ExchangeServer(exchange, users={USER: PASSWORD}, mail={USER: mail}, keep=False) as server:
        say(f"{profile.name} and an embedded {server.profile.name} with {len(mail)} messages, on port {server.port}.")
        say("C: is what the client sends, S: what the server says; statement ids stand in brackets.")
        narration = Narration(console, profile)
        deleted = _converse(server, profile, narration)
    say()
    say(f"{len(mail)} headers read, one message opened, flagged, copied, one saved, {deleted} deleted.")
    shown = len(narration.statements)
    say(f"{shown} statements of Microsoft's documents were seen at work; `outlookimap statement ID` prints one.")


def _converse(server: ExchangeServer, profile: Profile, narration: Narration) -> int:
    """Hold the conversation; return how many messages were deleted."""
    header = Header(client=profile.name, server=server.profile.name, profile=profile.id)
    narration.title("Sign in: what the server can do, STARTTLS, the strongest mechanism first")
    with Session.connect(
        f"imap://{USER}@{server.host}:{server.port}/",
        password=PASSWORD,
        profile=profile,
        ca_file=server.ca_file,
        record=Recorder(narration, header),
    ) as session:
        narration.title("Folders")
        session.folders()
        session.create("Projects")
        narration.title("Open the inbox")
        inbox = session.select("INBOX")
        narration.title("First look: all headers")
        headers = session.fetch_headers(SequenceSet.all())
        first, last = _uid(headers[0]), _uid(headers[-1])
        narration.title("Open a message, flag it, copy it")
        session.fetch_bodies(first)
        session.mark_read(first)
        session.flag(first)
        session.copy(first, "Projects")
        narration.title("Save a draft: it has no headers but a subject")
        date = dt.datetime(2024, 3, 5, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
        session.append("Drafts", b"Subject: not finished\r\n\r\nTo be ", flags=["\\Seen", "\\Draft"], date=date)
        session.status_unseen("Projects")
        narration.title("Delete two messages, purge, look what is left")
        session.mark_deleted([last - 1, last])
        session.expunge()
        left = session.fetch_flags(SequenceSet.all())
        narration.title("Sign out")
    return inbox.exists - len(left)


def _uid(message: Message) -> int:
    if message.uid is None:
        raise AssertionError("the embedded server always sends UIDs")
    return message.uid
