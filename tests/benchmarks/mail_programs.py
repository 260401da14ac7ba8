"""How mbsync and offlineimap are told to fetch an INBOX into a Maildir: their configurations, and what they left there.

Both only pull, change nothing on the server, and keep their defaults otherwise: both fsync each message.
"""

from __future__ import annotations

import re
from pathlib import Path

_MBSYNC = """\
IMAPAccount account
Host 127.0.0.1
Port {port}
User {user}
Pass secret
SSLType None
AuthMechs LOGIN
Timeout 300

IMAPStore far
Account account

MaildirStore near
Path {directory}/mail/
Inbox {directory}/mail/INBOX
SubFolders Verbatim

Channel inbox
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState {directory}/state/
"""
_OFFLINEIMAP = """\
[general]
accounts = account
metadata = {directory}/state
ui = quiet

[Account account]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {directory}/mail

[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {user}
remotepass = secret
ssl = no
starttls = no
auth_mechanisms = LOGIN
folderfilter = lambda name: name == 'INBOX'
readonly = True
"""


def mbsync(directory: Path, port: int, user: str) -> list[str | Path]:
    """Write a configuration and return the command."""
    return ["mbsync", "-q", "-c", _configured(directory, _MBSYNC, port, user), "inbox"]


def offlineimap(directory: Path, port: int, user: str) -> list[str | Path]:
    """Write a configuration and return the command."""
    return ["offlineimap", "-o", "-c", _configured(directory, _OFFLINEIMAP, port, user)]


def _configured(directory: Path, text: str, port: int, user: str) -> Path:
    for name in ("mail", "state"):
        (directory / name).mkdir(exist_ok=True)
    file = directory / "configuration"
    file.write_text(text.format(directory=directory, port=port, user=user))
    return file


_ADDED = re.compile(rb"^X-TUID: \S+\n", re.MULTILINE)
"""What mbsync writes into each header."""


def in_maildir(directory: Path) -> tuple[int, int]:
    """Return how many messages are in the Maildir, and their octets as the server had them: with CRLF line ends."""
    count = octets = 0
    for part in ("cur", "new"):
        for file in (directory / "mail" / "INBOX" / part).iterdir():
            content = _ADDED.sub(b"", file.read_bytes(), count=1)
            count += 1
            octets += len(content) + content.count(b"\n") - content.count(b"\r\n")
    return count, octets
