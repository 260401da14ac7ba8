"""What must be known of the server before a change can be made: folders selected, messages alive, floors.

Sends no command that changes anything. A floor is the highest UID a folder had before a message of ours went there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from outlookimap.cache import BodyState, Cache, ChangeRow, FolderRow, MessageRow
from outlookimap.client import Folder, Message
from outlookimap.errors import CommandFailed, SelectIncomplete
from outlookimap.sync import news, recognition
from outlookimap.sync.arrivals import Headers, flags_of
from outlookimap.sync.line import Line
from outlookimap.sync.plan import uids_persist
from outlookimap.sync.visit import visit
from outlookimap.wire.sequence import SequenceSet

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Floor:
    """The highest UID of a folder, under the UIDVALIDITY it was seen with; both None where nobody could look."""

    uid: int | None
    uidvalidity: int | None


class Reach:
    """A line as the changes use it; `upcoming` are the messages that later changes of a folder are about."""

    def __init__(self, line: Line, cache: Cache, upcoming: Callable[[int], Iterable[int]]) -> None:
        self.line = line
        self.cache = cache
        self._upcoming = upcoming

    # ---------------------------------------------------------------- folders

    def hear(self) -> None:
        """Take note of what the server said unasked, which sends nothing."""
        news.note(self.line, self.cache, self.line.session.poll(0.0))

    def enter(self, folder: FolderRow) -> None:
        """Select a folder whose messages are to be changed; where its UIDs did not last it is visited anew first.

        Raises CommandFailed and SelectIncomplete where the server refuses it.

        Statements: O5:V0003
        """
        self.select(folder)
        if self.line.generation is None:
            visit(self.line, self.cache, folder.id)

    def select(self, folder: FolderRow) -> None:
        """Select a folder, anew where another process has replaced its messages since it was."""
        line, folder = self.line, self._now(folder)
        if line.selected == folder.id and line.generation in (None, folder.generation):
            return
        if line.selected is not None:
            self.hear()
        line.select(folder, again=True)

    def _now(self, folder: FolderRow) -> FolderRow:
        """Return a folder as it stands now: a visit may have changed it since it was looked up."""
        return self.cache.folders.get(folder.id) or folder

    def leave(self, folder: FolderRow) -> None:
        """Have INBOX selected instead of this folder or one below it, whose name will go or change."""
        selected = None if self.line.selected is None else self.cache.folders.get(self.line.selected)
        inbox = self.cache.folders.by_name("INBOX")
        if selected is None or selected.server_raw is None or folder.server_raw is None or inbox is None:
            return
        above = folder.server_raw + (folder.delimiter or "\0").encode()
        if selected.id == folder.id or selected.server_raw.startswith(above):
            self.select(inbox)

    def listed(self) -> dict[bytes, Folder]:
        """Return all folders there are by their raw names, by a fresh list."""
        return {folder.raw: folder for folder in self.line.session.list()}

    # ---------------------------------------------------------------- messages

    def alive(self, folder: FolderRow, uids: Collection[int]) -> set[int]:
        """Return which of `uids` are still in the selected folder; the local copy lets go of the others.

        Those that later changes are about are asked for as well, so that one command does for a run of changes. A
        server that refuses to speak of UIDs that are gone has not answered: then all messages are asked for.

        Statements: O5:V0055
        """
        line = self.line
        self.hear()
        if not line.unsure and not line.present.issuperset(uids):
            try:
                self._ask(folder, uids)
            except CommandFailed as error:
                _log.info("no answer on single UIDs, so all are asked for: %s", error)
                line.mistrust()
        if line.unsure:
            news.absorb(line, self.cache)  # by a sweep: what it does not name is gone
        return {uid for uid in uids if uid in line.present}

    def _ask(self, folder: FolderRow, uids: Collection[int]) -> None:
        line, cache = self.line, self.cache
        later = (cache.messages.get(row) for row in self._upcoming(folder.id))
        wanted = {*uids, *(row.uid for row in later if row is not None and row.uid is not None)} - line.present
        seen = self._flags(wanted)
        unseen = wanted - seen.keys()
        if any(self._ours(folder, uid) for uid in unseen):
            line.session.noop()  # some servers show what APPEND or COPY brought not before a NOOP has told of it
            self.hear()
            seen |= self._flags(unseen)
        generation = line.generation or folder.generation
        with cache.transaction():
            flags = [(uid, *flags_of(names)) for uid, names in seen.items() if names is not None]
            cache.messages.set_server_flags(folder.id, generation, flags)
            cache.messages.remove_uids(folder.id, generation, wanted - seen.keys())
        line.present |= seen.keys()

    def _flags(self, uids: Collection[int]) -> dict[int, frozenset[str] | None]:
        answers = self.line.session.fetch_flags(sorted(uids))
        return {message.uid: message.flags for message in answers if message.uid is not None}

    def _ours(self, folder: FolderRow, uid: int) -> bool:
        """Tell whether a message is here because a change of ours made it.

        Statements: O5:V0048
        """
        row = self.cache.messages.by_uid(folder.id, uid)
        return row is not None and self.cache.changes.maker(row.id) is not None

    def whole(self, rows: Iterable[MessageRow]) -> None:
        """Have the octets of messages that nothing but their octets tells apart: those without a Message-ID.

        Statements: O5:V0007
        """
        lacking = {
            row.uid: row.id
            for row in rows
            if row.uid is not None and not row.message_id and row.body is not BodyState.WHOLE
        }

        def take(messages: list[Message]) -> None:
            for message in messages:
                if message.uid in lacking and message.body is not None:
                    self.cache.messages.store_body(lacking[message.uid], message.body, partial=message.partial)

        if lacking:
            self.line.session.fetch_bodies(sorted(lacking), into=take)

    # ---------------------------------------------------------------- floors

    def floor(self, target: FolderRow) -> Floor:
        """Return the floor of a folder that messages are about to go to; on one connection it is looked at once.

        Statements: O5:V0003, O5:V0055
        """
        if target.id not in self.line.looked:
            try:
                self._look(target)
            except (CommandFailed, SelectIncomplete):
                return Floor(None, None)  # it may take messages all the same: the command will tell
        folder = self._now(target)
        return Floor(folder.floor, folder.uidvalidity)

    def _look(self, target: FolderRow) -> None:
        line = self.line
        self.select(target)
        self.hear()
        mailbox = line.mailbox
        if mailbox is None:
            return
        self._begin(target)
        highest = 0
        if line.exists:
            came = [message.uid for message in line.session.fetch_uids(line.exists) if message.uid is not None]
            if not came:  # it went meanwhile
                came = [one.uid for one in line.session.fetch_flags(SequenceSet.all()) if one.uid is not None]
            highest = max(came, default=0)
        news.raise_floor(self.cache, target.id, [highest])
        if uids_persist(mailbox):
            line.looked.add(target.id)

    def _begin(self, folder: FolderRow) -> None:
        """Let what is here of the selected folder stand for its UIDs, by a visit where those are others than before.

        Statements: O5:V0003
        """
        line, mailbox, folder = self.line, self.line.mailbox, self._now(folder)
        if line.generation is not None or mailbox is None:
            return
        if self.cache.messages.any_uid(folder.id, folder.generation):
            visit(line, self.cache, folder.id)
        else:
            self.cache.folders.update(folder.id, uidvalidity=mailbox.uidvalidity, floor=0)
            line.generation = folder.generation

    # ---------------------------------------------------------------- our own messages

    def recognise(self, folder: FolderRow, changes: Iterable[ChangeRow]) -> None:
        """Look among the messages of a folder for those that `changes` made and whose UIDs nobody said.

        Only what is above the floors is fetched. The folder is selected anew even where it is selected: nobody knows
        whether the server has told all that came. Raises CommandFailed and SelectIncomplete where it refuses.

        Statements: O5:V0003, O5:V0048, O5:V0055
        """
        line = self.line
        if line.selected is not None:
            self.hear()
        line.select(self._now(folder), again=True)
        self._begin(folder)
        mailbox = line.mailbox
        if line.exists and mailbox is not None and line.generation is not None:
            known = [
                change.floor or 0 if change.floor_uidvalidity == mailbox.uidvalidity and uids_persist(mailbox) else 0
                for change in changes
            ]
            floor = min(known, default=0)
            with Headers(self.cache, folder.id, line.generation, lambda _count, _octets: None) as headers:

                def take(messages: list[Message]) -> None:
                    # where nothing is above it, servers name the last message
                    headers.take([one for one in messages if one.uid is not None and one.uid > floor])

                line.session.fetch_headers(SequenceSet(((floor + 1, None),)), into=take)
            news.raise_floor(self.cache, folder.id, headers.ids)
            line.present |= headers.ids.keys()
        recognition.settle(line, self.cache, folder.id)
