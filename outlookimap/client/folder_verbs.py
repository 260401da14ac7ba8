"""The verbs of a session that are about folders. Each sends what the profile says, in its spelling."""

from __future__ import annotations

from typing import TypeAlias

from outlookimap.client.calls import Name, raw
from outlookimap.client.results import Folder, Mailbox
from outlookimap.client.verbs import Verbs
from outlookimap.errors import ProfileViolation, UsageError
from outlookimap.profiles import Profile
from outlookimap.wire import commands as c
from outlookimap.wire import mailbox as names

Folders: TypeAlias = list[Folder]


class FolderVerbs(Verbs):
    """Folder list, folders made and unmade, SELECT, CLOSE, STATUS."""

    def list(self, pattern: str = "*", reference: str = "") -> Folders:
        """Send LIST."""
        return self._perform(self._calls.folders(c.List(names.encode(reference), names.encode(pattern))))

    def lsub(self, pattern: str = "*", reference: str = "") -> Folders:
        """Send LSUB."""
        return self._perform(self._calls.folders(c.Lsub(names.encode(reference), names.encode(pattern))))

    def xlist(self, pattern: str = "*", reference: str = "") -> Folders:
        """Send XLIST; of the profiles that ship, only 2013 does.

        Statements: O5:V0061
        """
        return self._perform(self._calls.folders(c.Xlist(names.encode(reference), names.encode(pattern))))

    def folders(self) -> Folders:
        """Return the folders below the root folder path as the product looks for them: all, or the subscribed ones.

        XLIST where product and server know it, its empty pattern first for the delimiter; else LIST and LSUB. The
        attributes of a folder are those that came last, whichever command they came from. A list without INBOX is fine;
        names that differ by case alone are different folders.

        Statements: O5:V0016, O5:V0022, O5:V0041, O5:V0042, O5:V0043, O5:V0061
        """
        pattern = self.policy.root_folder + self.profile.text("folders.pattern")
        every = self.policy.show_all_folders
        found: dict[bytes, Folder] = {}
        if self._has_xlist():
            self.xlist("")
            listed, subscribed = self.xlist(pattern), [] if every else self.lsub(pattern)
        else:
            listed, subscribed = self.list(pattern), self.lsub(pattern)
        for folder in listed if every else ():
            found[folder.raw] = folder
        for folder in subscribed:
            if folder.raw in found or not every:
                found[folder.raw] = folder
        return [*found.values()]

    def _has_xlist(self) -> bool:
        return self.profile.text("folders.command") == "XLIST" and "XLIST" in self.capabilities

    def create(self, name: str, *, parent: Name | None = None) -> str:
        """Send CREATE for a folder `name`, below `parent` where one is given; return the full name.

        `name` is one level: raises ProfileViolation when it holds the hierarchy delimiter, which LIST or XLIST told (it
        is asked for where a parent is given and it is not known yet), or a control character.

        Statements: O5:V0018, O5:V0019, O5:V0020, O5:V0021
        """
        if parent is not None and self.delimiter is None:
            (self.xlist if self._has_xlist() else self.list)("")
        delimiter = self.delimiter
        refuse_delimiter(name, delimiter, self.profile)
        octets = names.encode(name)
        if parent is not None:
            if not delimiter:
                raise UsageError("this server has no hierarchy: a folder cannot be made below another")
            octets = raw(parent) + names.encode(delimiter) + octets
        self._perform(self._calls.plain(c.Create(octets)))
        return names.decode(octets)

    def delete(self, name: Name) -> None:
        """Send DELETE for a folder."""
        self._perform(self._calls.plain(c.Delete(raw(name))))

    def rename(self, name: Name, to: Name) -> None:
        """Send RENAME; `to` is the whole new name.

        Statements: O5:V0018
        """
        self._perform(self._calls.plain(c.Rename(raw(name), raw(to))))

    def subscribe(self, name: Name) -> None:
        """Send SUBSCRIBE."""
        self._perform(self._calls.plain(c.Subscribe(raw(name))))

    def unsubscribe(self, name: Name) -> None:
        """Send UNSUBSCRIBE."""
        self._perform(self._calls.plain(c.Unsubscribe(raw(name))))

    def select(self, name: Name) -> Mailbox:
        """Send SELECT; raises SelectIncomplete when EXISTS or UIDVALIDITY is missing.

        Events of the mailbox that is left, which `poll()` has not returned by then, are forgotten.

        Statements: O5:V0036, O5:V0037, O5:V0050
        """
        return self._perform(self._calls.select(name))

    def close(self) -> None:
        r"""Send CLOSE, which removes every message marked \Deleted; nothing else ever sends it.

        Statements: O5:V0050
        """
        self._perform(self._calls.plain(c.Close()))

    def status_unseen(self, name: Name) -> int | None:
        """Send STATUS (UNSEEN) and return the number, None where the server leaves it out.

        Statements: O5:V0045
        """
        return self._perform(self._calls.status_unseen(name))


def refuse_delimiter(name: str, delimiter: str | None, profile: Profile) -> None:
    """Raise ProfileViolation where `name`, one level, holds the hierarchy delimiter and the product refuses that.

    Statements: O5:V0020
    """
    if delimiter and delimiter in name and not profile.flag("folders.delimiter_in_name"):
        raise ProfileViolation(
            f"CREATE: the name {name!r} holds the hierarchy delimiter {delimiter!r}: pass the folder above as `parent`",
            statements=profile.cites("folders.delimiter_in_name"),
        )
