"""`outlookimap demo`: an embedded Exchange with sample mail, and Outlook at work in it with a local copy."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console

from outlookimap.cli.narration import Narration
from outlookimap.cli.output import table
from outlookimap.cli.progress import Bar
from outlookimap.cli.sample_mail import messages
from outlookimap.client import Session
from outlookimap.client.mime import octets
from outlookimap.exchange import ExchangeServer
from outlookimap.mail import Message, Outlook, SyncReport
from outlookimap.profiles import Profile, load
from outlookimap.server.store import Incoming
from outlookimap.traffic import Header, Recorder

USER = "demo"
PASSWORD = "correct horse"  # noqa: S105 - of an account that lives as long as the demonstration

Counts: TypeAlias = dict[str, tuple[int, int]]
"""How many messages and how many unread ones each folder has."""


def demo(
    outlook: Annotated[str, typer.Option(metavar="VERSION", help="Behave as Outlook 2007, 2010 or 2013.")] = "2013",
    exchange: Annotated[
        str, typer.Option(metavar="VERSION", help="At the other end: Exchange 2007sp1 to 2019.")
    ] = "2019",
) -> None:
    """Show a conversation: an embedded Exchange with sample mail on a loopback port, and Outlook at work in it.

    It syncs the mailbox into a local copy, reads, flags, copies, moves, saves a draft, deletes, purges, syncs again and
    shows what changed in the copy.
    """
    profile = load(outlook)
    console = Console(highlight=False)
    say = functools.partial(console.print, soft_wrap=True, markup=False)
    mail = [Incoming(octets(message), (), moment) for message, moment in messages(f"{USER}@example.com")]
    with (
        ExchangeServer(exchange, users={USER: PASSWORD}, mail={USER: mail}, keep=False) as server,
        tempfile.TemporaryDirectory(prefix="outlookimap-") as directory,
    ):
        say(f"{profile.name} and an embedded {server.profile.name} with {len(mail)} messages, on port {server.port}.")
        say("C: is what the client sends, S: what the server says; statement ids stand in brackets.")
        stage = Stage(server, profile, console, Narration(console, profile), Path(directory) / "demo.sqlite")
        deleted = stage.play()
    say()
    say(f"{len(mail)} headers read, one message opened, flagged, copied, one moved, one saved, {deleted} deleted.")
    shown = len(stage.narration.statements)
    say(f"{shown} statements of Microsoft's documents were seen at work; `outlookimap statement ID` prints one.")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demonstration is played on."""

    server: ExchangeServer
    profile: Profile
    console: Console
    narration: Narration
    cache: Path

    def play(self) -> int:
        """Hold the conversation; return how many messages were deleted."""
        self.narration.title("Sign in: what the server can do, STARTTLS, the strongest mechanism first")
        url = f"imap://{USER}@{self.server.host}:{self.server.port}/"
        header = Header(client=self.profile.name, server=self.server.profile.name, profile=self.profile.id)
        connect: dict[str, Any] = {
            "password": PASSWORD,
            "profile": self.profile,
            "ca_file": self.server.ca_file,
            "record": Recorder(self.narration, header),
        }
        with Outlook(url, cache=self.cache, **connect) as outlook:
            self._first_sync(outlook)
            before = counts(outlook)
            self._work(outlook)
            deleted = self._delete(outlook)
            self._others_work()
            self._second_sync(outlook, before)
            self.narration.title("Sign out")
        self.narration.title("How many are unread: asked on a connection of its own")
        with Session.connect(url, **connect) as session:
            session.status_unseen("Projects")
        return deleted

    def _sync(self, outlook: Outlook) -> SyncReport:
        with Bar(self.console) as bar:
            return outlook.sync(bodies=False, progress=bar.show)

    def _first_sync(self, outlook: Outlook) -> None:
        self.narration.title("Send/Receive: the folders, and a first look at each: all headers")
        report = self._sync(outlook)
        self._say(f"{report.new} messages in {len(report.folders)} folders are in the local copy now:")
        self._show(counts(outlook))
        self.narration.title("The inbox, from the local copy: nothing is sent")
        rows = [(str(one.uid), f"{one.date:%d %b %H:%M}", one.sender, one.subject) for one in inbox(outlook)]
        self.console.print(table(("uid", "date", "sender", "subject"), rows))

    def _work(self, outlook: Outlook) -> None:
        self.narration.title("Make a folder; open a message, flag it, copy it; move another")
        outlook.create("Projects")
        first, second, *_ = inbox(outlook)
        text = first.text()
        first.mark_read()
        first.flag()
        first.copy("Projects")
        second.move("Projects")
        self._say(f"It says: {text.strip()}")
        self.narration.title("Save a draft: it has no headers but a subject")
        date = dt.datetime(2024, 3, 5, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
        draft = b"Subject: not finished\r\n\r\nTo be "
        outlook.folder("Drafts").append(draft, flags=("\\Seen", "\\Draft"), date=date)

    def _delete(self, outlook: Outlook) -> int:
        self.narration.title("Delete two messages, purge")
        box = outlook.folder("INBOX")
        deleted = box.mark_deleted(box.messages(limit=2))
        box.purge()
        return len(deleted)

    def _others_work(self) -> None:
        """Let another program add a message to the mailbox and read one, behind the client's back."""
        other = self.server.other_protocol
        message = EmailMessage()
        message["From"] = "Ada Berg <ada@example.com>"
        message["Subject"] = "Tomorrow"
        message.set_content("At nine?\n")
        other.add(USER, "INBOX", octets(message))
        other.flag(USER, "INBOX", other.messages(USER, "INBOX")[1].uid, [b"\\Seen"])

    def _second_sync(self, outlook: Outlook, before: Counts) -> None:
        self.narration.title("Send/Receive again, after another program added a message and read one")
        report = self._sync(outlook)
        self._say(f"{report.new} new, {report.changed} changed. Since the first sync this changed in the local copy:")
        self._show(counts(outlook), before)

    def _show(self, now: Counts, before: Counts | None = None) -> None:
        def cell(name: str, place: int) -> str:
            count, old = now[name][place], (before or now).get(name, (0, 0))[place]
            return str(count) if count == old else f"{old} -> {count}"

        rows = [(name, cell(name, 0), cell(name, 1)) for name in now]
        self.console.print(table(("folder", "messages", "unread"), rows))

    @property
    def _say(self) -> Callable[[str], None]:
        return functools.partial(self.console.print, soft_wrap=True, markup=False)


def inbox(outlook: Outlook) -> list[Message]:
    """Return the messages of the inbox, the oldest first."""
    return outlook.folder("INBOX").messages(order="oldest")


def counts(outlook: Outlook) -> Counts:
    """Return what the local copy has of each folder."""
    return {folder.name: (folder.exists, folder.unseen) for folder in outlook.folders()}
