"""What a script works with: an account as `Outlook`, its folders, its messages.

A facade over `sync` and `cache`: it decides nothing about the wire and nothing about the cache, and sends nothing.
"""

from __future__ import annotations

from outlookimap.client.results import Alert
from outlookimap.mail.content import Attachment
from outlookimap.mail.folder import Folder
from outlookimap.mail.message import Message
from outlookimap.mail.outlook import Outlook
from outlookimap.mail.pending import Pending
from outlookimap.mail.watching import FlagsChanged, NewMail, Removed, Watch, WatchEvent
from outlookimap.sync.differences import FoldersChanged
from outlookimap.sync.report import FolderReport, Progress, SyncReport
from outlookimap.sync.watching import Lost, Restored

__all__ = [
    "Alert",
    "Attachment",
    "FlagsChanged",
    "Folder",
    "FolderReport",
    "FoldersChanged",
    "Lost",
    "Message",
    "NewMail",
    "Outlook",
    "Pending",
    "Progress",
    "Removed",
    "Restored",
    "SyncReport",
    "Watch",
    "WatchEvent",
]
