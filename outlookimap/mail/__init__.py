"""What a script works with: an account as `Outlook`, its folders, its messages.

A facade over `sync` and `cache`: it decides nothing about the wire and nothing about the cache, and sends nothing.
"""

from __future__ import annotations

from outlookimap.mail.content import Attachment
from outlookimap.mail.folder import Folder
from outlookimap.mail.message import Message
from outlookimap.mail.outlook import Outlook
from outlookimap.mail.pending import Pending
from outlookimap.sync.report import FolderReport, Progress, SyncReport

__all__ = ["Attachment", "Folder", "FolderReport", "Message", "Outlook", "Pending", "Progress", "SyncReport"]
