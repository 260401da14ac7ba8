"""Two clients of one mailbox: IMAPClient, and ours with its local copy; each takes steps that are drawn as numbers.

A step that cannot be taken, because there is no such folder or message, or because the other one was quicker, is not
taken. Knows no test.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from outlookimap.client.mime import octets
from outlookimap.errors import ChangeRefused, ConnectionLost, FolderUnknown, MessageGone, UsageError
from outlookimap.mail import Folder, Message
from support.user_scripts import note, opened

NAMES = ("A", "B", "a", "Entwürfe", "Two Words")
FLAGS = (b"\\Seen", b"\\Flagged", b"\\Answered", b"\\Deleted", b"\\Draft", b"$Keyword")
PURPOSES = (
    "mark_read",
    "mark_unread",
    "flag",
    "unflag",
    "mark_answered",
    "unmark_answered",
    "mark_deleted",
    "undelete",
)
DAY = dt.datetime(2021, 3, 1, 10, 0, 0, tzinfo=dt.UTC)
"""The date of all messages: it tells none from another."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one of the two does, with numbers for what there is to choose from; `many` messages are taken together."""

    whose: str
    what: str
    one: int
    two: int
    many: int

    def __repr__(self) -> str:
        return f"{self.whose}.{self.what}({self.one}, {self.two}, {self.many})"


@dataclass(slots=True)
class Made:
    """How many messages of each name the steps have made so far at most.

    `taken_away` says that some may have been removed since, `refused` that some were perhaps not made.
    """

    notes: Counter[str] = field(default_factory=Counter)
    taken_away: bool = False
    refused: bool = False

    def next_note(self, whose: str) -> str:
        """Name a new message."""
        name = f"{whose}-{sum(self.notes.values())}"
        self.notes[name] += 1
        return name


def other_client(host: str, port: int, user: str) -> IMAPClient:
    """Return a connection of IMAPClient, signed in."""
    client = IMAPClient(host, port, ssl=False, use_uid=True, timeout=20)
    # Without it an APPEND waits 40 ms for an acknowledgement between its two writes.
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.login(user, "secret")
    return client


class Theirs:
    """The other client, which has no copy and changes the server at once."""

    STEPS = ("flags", "append", "copy", "mark", "expunge", "create", "rename", "drop", "anew")

    def __init__(self, host: str, port: int, user: str, made: Made) -> None:
        self._client = other_client(host, port, user)
        self._made = made

    def take(self, step: Step) -> None:
        """Take a step, unless it cannot be taken; no folder but INBOX stays selected."""
        method: Callable[[Step], None] = getattr(self, step.what)
        try:
            method(step)
        except IMAPClientError:
            self._made.refused = True
        self._client.select_folder("INBOX", readonly=True)

    def close(self) -> None:
        self._client.logout()

    def flags(self, step: Step) -> None:
        uids = self._messages(step)
        if uids:
            change = self._client.add_flags if step.two % 2 else self._client.remove_flags
            change(uids, [FLAGS[step.two // 2 % len(FLAGS)]])

    def append(self, step: Step) -> None:
        name = self._made.next_note("theirs")
        self._client.append(self._folder(step.one), octets(note(name)), FLAGS[step.two % 3 : 3], DAY)

    def copy(self, step: Step) -> None:
        uids = self._messages(step)
        if uids:
            self._made.notes.update(subjects(self._client, uids))
            self._client.copy(uids, self._folder(step.two))

    def mark(self, step: Step) -> None:
        uids = self._messages(step)
        if uids:
            self._client.add_flags(uids, [b"\\Deleted"])

    def expunge(self, step: Step) -> None:
        """Remove some messages of a folder, and what else is marked there."""
        self._made.taken_away = True
        self.mark(step)
        self._client.expunge()

    def create(self, step: Step) -> None:
        self._client.create_folder(self._new_name(step))

    def rename(self, step: Step) -> None:
        if (old := self._folder(step.one)) != "INBOX":
            self._client.rename_folder(old, self._new_name(step))

    def drop(self, step: Step) -> None:
        self._made.taken_away = True
        if (old := self._folder(step.one)) != "INBOX":
            self._client.delete_folder(old)

    def anew(self, step: Step) -> None:
        """Delete a folder and make one of the same name, whose UIDs begin anew."""
        self._made.taken_away = True
        if (old := self._folder(step.one)) != "INBOX":
            self._client.delete_folder(old)
            self._client.create_folder(old)
            for _ in range(step.many):
                self._client.append(old, octets(note(self._made.next_note("theirs"))), (), DAY)

    def _folders(self) -> list[str]:
        listed = self._client.list_folders()
        return sorted(str(name) for flags, _, name in listed if b"\\Noselect" not in flags)

    def _folder(self, number: int) -> str:
        names = self._folders()
        return names[number % len(names)]

    def _new_name(self, step: Step) -> str:
        name = NAMES[step.two % len(NAMES)]
        if step.many % 2:
            return name
        [(_, delimiter, _)] = self._client.list_folders("", "INBOX")
        return f"{self._folder(step.one)}{delimiter.decode()}{name}"

    def _messages(self, step: Step) -> list[int]:
        """Select a folder that is not empty, where there is one, and choose among its messages."""
        filled = [name for name in self._folders() if self._client.folder_status(name, ["MESSAGES"])[b"MESSAGES"]]
        if not filled:
            return []
        self._client.select_folder(filled[step.one % len(filled)])
        uids: list[int] = self._client.search()
        first = step.two % len(uids)
        return uids[first : first + step.many]


def subjects(client: IMAPClient, uids: list[int]) -> list[str]:
    """Return the subjects of messages of the selected folder."""
    found = client.fetch(uids, ["ENVELOPE"]).values()
    return [one[b"ENVELOPE"].subject.decode() for one in found]


class Ours:
    """Our client, whose steps are seen in its local copy at once, and on the server at once while connected."""

    STEPS = ("flags", "append", "copy", "move", "purge", "create", "rename", "drop", "sync", "leave", "come_back")

    def __init__(self, url: str, cache: Path, made: Made, profile: str) -> None:
        self.outlook = opened(url, cache, profile=profile)
        self._made = made
        self.outlook.sync()

    def take(self, step: Step) -> None:
        """Take a step, unless it cannot be taken."""
        method: Callable[[Step], None] = getattr(self, step.what)
        try:
            method(step)
        except (ChangeRefused, MessageGone, FolderUnknown, UsageError):
            self._made.refused = True
        except ConnectionLost:
            # Some servers end the connection when the folder that is selected is deleted.
            assert not self.outlook.connected

    def flags(self, step: Step) -> None:
        folder, messages = self._messages(step)
        getattr(folder, PURPOSES[step.two % len(PURPOSES)])(messages)

    def append(self, step: Step) -> None:
        folder = self._folder(step.one)
        folder.append(note(self._made.next_note("ours")), flags=("\\Seen", "\\Draft")[: step.two % 3], date=DAY)

    def copy(self, step: Step) -> None:
        folder, messages = self._messages(step)
        self._made.notes.update(message.subject for message in messages)
        folder.copy(messages, self._folder(step.two))

    def move(self, step: Step) -> None:
        folder, messages = self._messages(step)
        self._made.notes.update(message.subject for message in messages)
        folder.move(messages, self._folder(step.two))

    def purge(self, step: Step) -> None:
        """Remove some messages of a folder, and what else is marked there."""
        self._made.taken_away = True
        folder, messages = self._messages(step)
        folder.mark_deleted(messages)
        folder.purge()

    def create(self, step: Step) -> None:
        name = NAMES[step.two % len(NAMES)]
        if step.many % 2:
            self.outlook.create(name)
        else:
            self._folder(step.one).create(name)

    def rename(self, step: Step) -> None:
        if (folder := self._folder(step.one)).name != "INBOX":
            folder.rename(NAMES[step.two % len(NAMES)])

    def drop(self, step: Step) -> None:
        self._made.taken_away = True
        if (folder := self._folder(step.one)).name != "INBOX":
            folder.delete()

    def sync(self, step: Step) -> None:
        report = self.outlook.sync(bodies=step.one % 2 == 0)
        self._made.refused |= bool(report.refused or report.dropped)

    def leave(self, _: Step) -> None:
        self.outlook.disconnect()

    def come_back(self, _: Step) -> None:
        self.outlook.connect()

    def _folder(self, number: int) -> Folder:
        folders = self._folders()
        return folders[number % len(folders)]

    def _folders(self) -> list[Folder]:
        return sorted(self.outlook.folders(), key=lambda folder: folder.name)

    def _messages(self, step: Step) -> tuple[Folder, list[Message]]:
        """Choose a folder that is not empty, where there is one, and some of its messages."""
        folders = self._folders()
        filled = [folder for folder in folders if folder.exists] or folders
        folder = filled[step.one % len(filled)]
        messages = folder.messages(order="uid")
        first = step.two % len(messages) if messages else 0
        return folder, messages[first : first + step.many]
