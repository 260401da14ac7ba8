"""What comes in while a SELECT or EXAMINE runs: what its untagged data say, and the view of the mailbox they make.

IMAP does not say where the data of the mailbox that is left end and those of the new one begin. The rule here: until
EXISTS has come, EXPUNGE and FETCH can only speak of the mailbox that is left; everything else, and everything after
EXISTS, is of the new one. The code CLOSED (RFC 7162 section 3.2.11) is the border where a server sends it: nothing said
before it counts. A SELECT answered with BAD has left nothing, and EXISTS was of the mailbox that stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from outlookimap.protocol.events import Selection
from outlookimap.protocol.mailbox_view import MailboxView
from outlookimap.wire import responses as r


@dataclass(slots=True)
class Selecting:
    """One SELECT or EXAMINE in flight.

    Statements: O5:V0036, O5:V0037
    """

    selection: Selection = field(default_factory=Selection)
    view: MailboxView = field(default_factory=MailboxView)

    @property
    def arrived(self) -> bool:
        """Whether EXISTS has come."""
        return self.selection.exists is not None

    def exists(self, count: int) -> int:
        """Take EXISTS; return the difference to before."""
        change = self.view.exists(count)
        self.selection = replace(self.selection, exists=count)
        return change

    def data(self, response: r.Recent | r.FlagsData) -> None:
        """Take RECENT or FLAGS."""
        if isinstance(response, r.Recent):
            self.selection = replace(self.selection, recent=response.count)
        else:
            self.selection = replace(self.selection, flags=response.flags)

    def code(self, code: r.Code) -> None:
        """Take the response code of an untagged status response; one that says nothing of a mailbox changes nothing."""
        if code.name == b"CLOSED":
            self.selection, self.view = Selection(), MailboxView()
        elif code.name == b"UIDNOTSTICKY":
            self.selection = replace(self.selection, uids_stick=False)
        elif code.name == b"PERMANENTFLAGS" and isinstance(code.value, tuple):
            self.selection = replace(self.selection, permanent_flags=code.value)
        elif code.name == b"UIDVALIDITY" and isinstance(code.value, int):
            self.selection = replace(self.selection, uidvalidity=code.value)
        elif code.name == b"UIDNEXT" and isinstance(code.value, int):
            self.selection = replace(self.selection, uidnext=code.value)
        elif code.name == b"UNSEEN" and isinstance(code.value, int):
            self.selection = replace(self.selection, unseen=code.value)
