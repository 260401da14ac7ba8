"""What processes of the tests do with a cache, each written as a user's script would be; knows no test."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage
from pathlib import Path

from outlookimap.errors import CacheBusy
from outlookimap.mail import Outlook
from outlookimap.profiles import Policy
from outlookimap.traffic import Recorder


def opened(
    url: str,
    cache: str | Path,
    *,
    offline: bool = False,
    profile: str = "2013",
    record: Recorder | None = None,
) -> Outlook:
    """Open a cache, and unless `offline` a connection in the clear with the password of all users of the tests."""
    return Outlook(
        url,
        cache=cache,
        offline=offline,
        password="secret",
        profile=profile,
        policy=Policy(encryption="none"),
        timeout=20.0,
        record=record,
    )


def send_receive(url: str, cache: str) -> None:
    """Sync everything once."""
    with opened(url, cache) as outlook:
        outlook.sync()


def note(name: str) -> EmailMessage:
    """Return a message that is told from all others by its name."""
    message = EmailMessage()
    message["From"] = "ann@example.com"
    message["To"] = "bob@example.com"
    message["Date"] = "Mon, 01 Mar 2021 10:00:00 +0000"
    message["Subject"] = name
    message["Message-ID"] = f"<{name}@example.com>"
    message.set_content(f"This is {name}.\n" * 20)
    return message


def change_and_sync(url: str, cache: str, name: str, rounds: int, parity: int) -> None:
    """Sync, then `rounds` times: add a note to Work, flag and copy there one message of INBOX, and sync again.

    The messages are those with an even or an odd UID. What another process does at the same time may make one wait too
    long: the change is in the queue then, and a later sync makes it.
    """
    with opened(url, cache) as outlook:
        with contextlib.suppress(CacheBusy):
            outlook.sync()
        inbox, work = outlook.folder("INBOX"), outlook.folder("Work")
        mine = [message for message in inbox.messages(order="uid") if message.uid and message.uid % 2 == parity]
        for number, message in zip(range(rounds), mine, strict=False):
            with contextlib.suppress(CacheBusy):
                work.append(note(f"{name}-{number}"))
            with contextlib.suppress(CacheBusy):
                message.flag()
            with contextlib.suppress(CacheBusy):
                message.copy(work)
            with contextlib.suppress(CacheBusy):
                outlook.sync()
