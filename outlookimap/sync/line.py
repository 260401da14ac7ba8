"""One session as the sync uses it: which folder is selected, and what has been seen of it on this selection.

Remembers and selects; what that means for the local copy is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from outlookimap.cache import FolderRow
from outlookimap.client import Mailbox, Session
from outlookimap.errors import UsageError
from outlookimap.sync.plan import uids_persist


class Line:
    """A session and what must be remembered of it.

    `selected` is the folder's id, None where nothing is. `generation` is the generation of rows its UIDs belong to,
    None where the local copy has none for them. `present` are the UIDs seen alive on this selection. `looked` are the
    folders whose floor is true on this connection. `exists` is the number of messages, of which the last `unlearnt`
    came since the selection and have UIDs that nobody asked for yet; `unsure` says that messages went, and not which.
    """

    def __init__(self, session: Session) -> None:
        """Begin with nothing selected."""
        self.session = session
        self.looked: set[int] = set()
        self.forget()

    def forget(self) -> None:
        """Count nothing as selected; the next visit selects anew."""
        self.selected: int | None = None
        self.mailbox: Mailbox | None = None
        self.generation: int | None = None
        self.present: set[int] = set()
        self.exists = 0
        self.unlearnt = 0
        self.unsure = False

    def doubt(self) -> None:
        """Count nothing of what was seen: whoever used the line was interrupted, and may not have taken it all in."""
        self.looked.clear()
        self.forget()

    def mistrust(self) -> None:
        """Look again before anything rests on what was seen of the selected folder."""
        self.present.clear()
        self.unsure = True

    @property
    def dropped(self) -> bool:
        """Whether the connection is over."""
        return self.session.closed

    @property
    def behind(self) -> bool:
        """Whether news said of the selected folder what only a command can complete."""
        return self.generation is not None and (self.unlearnt > 0 or self.unsure)

    def select(self, folder: FolderRow, *, again: bool = False) -> Mailbox:
        """Select `folder` unless it is selected already; `again` sends SELECT in any case.

        `exists` of what is returned is what it is now. Raises UsageError for a folder the server does not have yet,
        CommandFailed and SelectIncomplete as the session does; then nothing counts as selected.

        Statements: O5:C0002
        """
        if not again and self.selected == folder.id and self.mailbox is not None:
            return replace(self.mailbox, exists=self.exists)
        if folder.server_raw is None:
            raise UsageError(f"the folder {folder.name!r} is not on the server yet")
        self.forget()
        mailbox = self.session.select(folder.server_raw)
        self.selected, self.mailbox, self.exists = folder.id, mailbox, mailbox.exists
        if uids_persist(mailbox) and folder.uidvalidity == mailbox.uidvalidity:
            self.generation = folder.generation
        return mailbox

    def swept(self, uids: Iterable[int]) -> None:
        """Take note that `uids` are all there are."""
        self.present = set(uids)
        self.unlearnt = 0
        self.unsure = False

    def arrived(self, count: int, change: int) -> None:
        """Take note of EXISTS; a folder that shrinks so has lost nobody knows what.

        Statements: O5:C0002
        """
        self.exists = count
        self.unlearnt = min(count, max(0, self.unlearnt + change))
        self.unsure = self.unsure or change < 0

    def went(self, seq: int, uid: int | None) -> None:
        """Take note of EXPUNGE.

        Statements: O5:C0002
        """
        new = seq > self.exists - self.unlearnt
        self.exists = max(0, self.exists - 1)
        if uid is not None:
            self.present.discard(uid)
        elif not new:
            self.unsure = True
        if new:
            self.unlearnt = max(0, self.unlearnt - 1)
