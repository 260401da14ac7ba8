"""One visit of one folder: SELECT, what is new, gone or changed, then bodies; after it the copy is what the server has.

Which kind of visit it is, `plan` decides; what news came meanwhile, `news` takes in. Knows nothing of other folders.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from outlookimap.cache import Cache, FolderRow
from outlookimap.client import Mailbox
from outlookimap.errors import CommandFailed, FolderUnknown, SweepIncomplete
from outlookimap.sync import losses, news, recognition
from outlookimap.sync.arrivals import MESSAGES, Bodies, Headers
from outlookimap.sync.line import Line
from outlookimap.sync.news import Absorbed
from outlookimap.sync.plan import Visit, continues, kind_of_visit
from outlookimap.sync.report import FolderReport, Listener, Progress
from outlookimap.sync.sweeping import resweep
from outlookimap.wire.sequence import SequenceSet

_log = logging.getLogger(__name__)


def visit(
    line: Line, cache: Cache, folder_id: int, *, bodies: bool = False, progress: Listener | None = None
) -> FolderReport:
    """Bring one folder up to date: headers and flags, and with `bodies` all messages whole.

    What has come when it ends early is kept, and the next visit goes on there. Raises CommandFailed, SelectIncomplete
    and SweepIncomplete where the server refuses the folder or what is asked of it, ConnectionLost and the like where
    the connection ends; FolderUnknown where the copy has no such folder. A refused fetch of bodies is told in the
    report.

    Statements: O5:V0003, O5:V0055, O5:C0002
    """
    folder = cache.folders.get(folder_id)
    if folder is None:
        raise FolderUnknown(f"there is no folder {folder_id} in the local copy")
    mailbox = line.select(folder, again=True)
    return _Visit(line, cache, folder, mailbox, bodies=bodies, progress=progress).run()


class _Visit:
    """A visit while it lasts."""

    def __init__(
        self, line: Line, cache: Cache, folder: FolderRow, mailbox: Mailbox, *, bodies: bool, progress: Listener | None
    ) -> None:
        self._line = line
        self._cache = cache
        self._folder = folder
        self._mailbox = mailbox
        self._bodies = bodies
        self._progress = progress
        self._done = self._total = self._octets = 0
        self._came: tuple[int, ...] = ()
        self._sum = Absorbed()
        self._error: str | None = None

    def run(self) -> FolderReport:
        """Do what kind of visit it is, then what all have in common."""
        folder, mailbox = self._folder, self._mailbox
        kind = kind_of_visit(folder, self._cache.messages.any_uid(folder.id, folder.generation), mailbox)
        _log.info("folder %r: visit %s, %d messages there", folder.raw, kind.value, mailbox.exists)
        if kind is Visit.ANEW:
            self._anew()
        else:
            self._begin()
            self._catch_up(folder.generation, sweep=kind is Visit.AGAIN)
        self._sum += Absorbed(news.recognised(self._line, self._cache, folder.id, self._came))
        self._absorb()
        if self._bodies:
            self._fetch_bodies(self._cache.messages.without_body(folder.id, self._generation), self._generation)
            self._absorb()
        return self._end()

    @property
    def _generation(self) -> int:
        """The generation the selection's UIDs belong to; `_begin` or `_anew` has said which."""
        return self._line.generation or self._folder.generation

    def _begin(self) -> None:
        """Let what is shown stand for the UIDs of this selection, also when the visit is interrupted."""
        folder, uidvalidity = self._folder, self._mailbox.uidvalidity
        with self._cache.transaction():
            if folder.building is not None:
                self._cache.messages.discard_building(folder.id)
            if folder.uidvalidity != uidvalidity:
                self._cache.folders.update(folder.id, uidvalidity=uidvalidity, floor=0)
        self._line.generation = folder.generation

    def _catch_up(self, generation: int, *, sweep: bool) -> None:
        """Bring one generation up to date: by a sweep and the headers that it lacks, or by all headers at once."""
        line = self._line
        line.generation = generation
        if sweep:
            merged = resweep(line, self._cache, self._folder.id, generation)
            self._sum += Absorbed(changed=len(merged.changed), removed=len(merged.gone))
            self._note()
            self._fetch_headers(merged.new, len(merged.new), generation)
            self._note()
        elif line.exists:
            line.swept(self._fetch_headers(SequenceSet.all(), line.exists, generation))
            self._note()
            if line.exists > line.unlearnt and not line.present:
                raise SweepIncomplete(f"{line.exists} messages are there, and the server named none of them")

    def _anew(self) -> None:
        """Fetch all headers beside what is shown, recognise what is here, then show the new ones instead.

        Bodies that were here are fetched again, unless the policy keeps those of messages that are recognised.

        Statements: O5:V0003, O5:V0007
        """
        folder, messages = self._folder, self._cache.messages
        generation = self._building()
        self._catch_up(generation, sweep=messages.any_uid(folder.id, generation))
        self._sum = Absorbed()  # what changed since an interrupted visit is not news: that was never shown
        there = {row: (uid, flags, words) for uid, flags, words, row in messages.uids_and_flags(folder.id, generation)}
        here = messages.uids_and_flags(folder.id, folder.generation)
        old = {row: (uid, flags, words) for uid, flags, words, row in here}
        pairs = recognition.pair_generations(self._line, self._cache, [*old], [*there])
        lacking = {*messages.without_body(folder.id, folder.generation)}
        wanted = {there[new][0] for row, new in pairs.items() if old[row][0] not in lacking}
        keep = self._line.session.policy.rematch
        if keep and wanted:
            self._line.session.note_rematch()
        elif wanted:
            self._fetch_bodies(sorted(wanted & {*messages.without_body(folder.id, generation)}), generation)
        messages.switch(folder.id, generation, self._mailbox.uidvalidity, pairs, keep_bodies=keep)
        changed = sum(old[row][1:] != there[new][1:] for row, new in pairs.items())
        self._sum += Absorbed(changed=changed, removed=len(old) - len(pairs))
        self._came = tuple(sorted(there.keys() - pairs.values()))

    def _building(self) -> int:
        """Return the generation to fetch into: the one an interrupted visit began where that can go on, else a new one.

        Statements: O5:V0003
        """
        folder = self._folder
        if folder.building is not None and continues(folder, self._mailbox):
            return folder.building
        with self._cache.transaction():
            self._cache.messages.discard_building(folder.id)
            generation = folder.generation + 1
            self._cache.folders.update(folder.id, building=generation, building_uidvalidity=self._mailbox.uidvalidity)
        return generation

    # ---------------------------------------------------------------- fetching

    def _fetch_headers(self, wanted: SequenceSet | Sequence[int], count: int, generation: int) -> Sequence[int]:
        """Fetch and store headers; return the UIDs that came."""
        if not wanted:
            return ()
        lacking = len(self._cache.messages.without_body(self._folder.id, generation)) if self._bodies else 0
        self._total += count + (lacking + count if self._bodies else 0)
        with Headers(self._cache, self._folder.id, generation, self._step) as headers:
            self._line.session.fetch_headers(wanted, into=headers.take)
        self._came += tuple(headers.ids.values())
        return [*headers.ids]

    def _fetch_bodies(self, uids: Sequence[int], generation: int) -> None:
        """Fetch and store messages whole; where the server refuses some, the rest is fetched all the same.

        Statements: O5:V0055, O5:V0070
        """
        self._total = self._done + len(uids)
        rows = self._cache.messages.uids_and_flags(self._folder.id, generation) if uids else []
        ids = {uid: row for uid, _, _, row in rows}
        known = {uid: (flags, words) for uid, flags, words, _ in rows}
        for place in range(0, len(uids), MESSAGES):
            wanted = uids[place : place + MESSAGES]
            with Bodies(self._cache, self._folder.id, generation, ids, known, self._step) as bodies:
                self._error = self._refusal(wanted, bodies) or self._error
            self._sum += Absorbed(changed=bodies.changed)
            self._note()

    def _refusal(self, uids: Sequence[int], bodies: Bodies) -> str | None:
        try:
            self._line.session.fetch_bodies(uids, into=bodies.take)
        except CommandFailed as error:
            return str(error)
        return None

    def _step(self, count: int, octets: int) -> None:
        self._done += count
        self._octets += octets
        self._total = max(self._total, self._done)
        if self._progress is not None:
            self._progress(Progress(self._folder.name, self._done, self._total, self._octets))

    # ---------------------------------------------------------------- news and the end

    def _note(self) -> None:
        """Take in the news of the command before: they are later than its answers and earlier than the next ones."""
        self._sum += news.note(self._line, self._cache, self._line.session.poll(0.0))

    def _absorb(self) -> None:
        self._sum += news.absorb(self._line, self._cache)

    def _end(self) -> FolderReport:
        """Let go of copies that were made and are not there, and say what the visit came to."""
        cache, folder = self._cache, self._folder
        with cache.transaction():
            losses.let_go(cache, folder.id)
            news.raise_floor(cache, folder.id, self._line.present)
            cache.folders.update(folder.id, visited=dt.datetime.now(dt.UTC), unseen=None)
        self._line.looked.add(folder.id)
        return FolderReport(
            folder.name,
            cache.messages.count(folder.id),
            new=len(self._sum.new_ids),
            changed=self._sum.changed,
            removed=self._sum.removed,
            new_ids=self._sum.new_ids,
            error=self._error,
        )
