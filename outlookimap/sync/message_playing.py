"""The changes of messages as commands: STORE, COPY, APPEND, EXPUNGE, and what their answers mean here.

Every function plays one change to its end, leaves it queued where it has to wait for another, or raises what the
session raises. Knows no order of changes, and nothing of what became of a command whose answer is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from outlookimap.cache import Cache, ChangeRow, ChangeState, FolderRow, MessageRow, Subject
from outlookimap.cache.changes import applied
from outlookimap.client import Message, Session
from outlookimap.errors import CommandFailed, UsageError
from outlookimap.sync import news
from outlookimap.sync.arrivals import flags_of
from outlookimap.sync.changes import REPLACE
from outlookimap.sync.effects import finish, keep
from outlookimap.sync.line import Line
from outlookimap.sync.reach import Floor, Reach
from outlookimap.wire.sequence import SequenceSet

_WITH_QUEUED_FORM = ("delete", "undelete", "read", "unread")
_DELETED = {"purpose": "delete"}
_GONE = "the message is gone from the server"


@dataclass(frozen=True, slots=True)
class Stage:
    """What playing a change needs; `loud` says that the user waits for it, so that it has the loud forms of STORE."""

    line: Line
    cache: Cache
    reach: Reach
    loud: bool

    @property
    def session(self) -> Session:
        """The connection."""
        return self.line.session

    def send(self, change: ChangeRow, floor: Floor | None = None) -> None:
        """Have it on the disk that the commands of a change go out now, above this floor."""
        with self.cache.transaction(durable=True):
            if floor is not None:
                self.cache.changes.set_floor(change.id, floor.uid, floor.uidvalidity)
            self.cache.changes.set_state(change.id, ChangeState.SENT, change.error)

    def ready(self, change: ChangeRow, messages: Collection[int]) -> list[MessageRow] | None:
        """Return those of `messages` that are alive, with their UIDs and their folder selected.

        None where one of them has to be made by another change first, where the change ended because their folder is
        gone, and where the look at the folder gave them other ids: then the change is to be played as it stands now.

        Statements: O5:V0003
        """
        folder = None if change.folder is None else self.cache.folders.get(change.folder)
        if folder is None:
            finish(self.cache, change, ChangeState.DROPPED, "the folder is gone")
            return None
        nameless = [row for row in self._rows(messages) if row.uid is None]
        makers = [maker for row in nameless if (maker := self.cache.changes.maker(row.id)) is not None]
        if folder.server_raw is None or not all(map(_confirmed, makers)):
            return None
        try:
            if nameless:
                self.reach.recognise(folder, makers)
            self.reach.enter(folder)
        except CommandFailed as error:
            if error.command != "SELECT" or folder.server_raw in self.reach.listed():
                raise
            finish(self.cache, change, ChangeState.DROPPED, f"the folder {folder.name!r} is gone from the server")
            return None
        now = self.cache.changes.get(change.id)
        if now is not None and now.subjects != change.subjects:
            return None
        alive = self.reach.alive(folder, {row.uid for row in self._rows(messages) if row.uid is not None})
        return [row for row in self._rows(messages) if row.uid in alive]  # with the flags they have by now

    def _rows(self, messages: Iterable[int]) -> list[MessageRow]:
        return [row for row in map(self.cache.messages.get, messages) if row is not None]

    def flagged(self, rows: Iterable[MessageRow], detail: dict[str, object], answers: Iterable[Message] = ()) -> None:
        """Keep the flags that messages of the selected folder have after a STORE: what it said, else what it does.

        Statements: O5:V0005, O5:V0056
        """
        folder, generation = self.line.selected, self.line.generation
        told = {one.uid: flags_of(one.flags) for one in answers if one.uid is not None and one.flags is not None}
        after = []
        for row in rows:
            words = "" if detail["purpose"] == REPLACE else " ".join(row.keywords)
            if row.uid is not None:
                after.append((row.uid, *told.get(row.uid, (applied(row.server_flags, detail), words))))
        if folder is not None and generation is not None:
            self.cache.messages.set_server_flags(folder, generation, after)


def _confirmed(maker: ChangeRow) -> bool:
    """Tell whether the server has said that what a change makes is made."""
    return maker.state is ChangeState.DONE or (maker.state is ChangeState.SENT and maker.step > 0)


def _messages(change: ChangeRow) -> list[int]:
    return [one.message for one in change.subjects if one.message is not None]


def _note(gone: int, of: int) -> str | None:
    """Say how many messages a change came too late for."""
    if not gone:
        return None
    return _GONE if of == 1 else f"{gone} of {of} messages are gone from the server"


# ---------------------------------------------------------------- flags


def flags(stage: Stage, change: ChangeRow) -> None:
    """Change flags; of what other clients did meanwhile only the flags it touches are overruled.

    Statements: O5:V0005, O5:V0056
    """
    rows = stage.ready(change, _messages(change))
    if rows is None:
        return
    note = _note(len(change.subjects) - len(rows), len(change.subjects))
    if not rows:
        finish(stage.cache, change, ChangeState.DROPPED, note)
        return
    stage.send(change)
    answers = _store(stage, dict(change.detail), [row.uid for row in rows if row.uid is not None])
    there = {row.id for row in rows}
    with stage.cache.transaction(durable=True):
        keep(stage.cache, change, [one for one in change.subjects if one.message in there])
        finish(stage.cache, change, ChangeState.DONE, note)
        stage.flagged(rows, dict(change.detail), answers)
        stage.cache.messages.refresh(there)


def _store(stage: Stage, detail: dict[str, object], uids: Sequence[int]) -> list[Message]:
    r"""Send the form the product has for this purpose; of a deletion played back \Deleted and \Seen go by themselves.

    Statements: O5:V0056
    """
    purpose = str(detail["purpose"])
    if purpose == REPLACE:
        names = detail["flags"]
        return stage.session.replace_flags(uids, names if isinstance(names, list) else ())
    if stage.loud or purpose not in _WITH_QUEUED_FORM:
        return stage.session.store(purpose, uids)
    stage.session.store(f"queued_{purpose}", uids)
    if purpose == "delete":
        stage.session.store("queued_read", uids)
    return []


# ---------------------------------------------------------------- copy and move


def copy(stage: Stage, change: ChangeRow) -> None:
    r"""Copy messages; a move then marks what was copied \Deleted and \Seen. A refused COPY leaves the source alone.

    Statements: O5:V0056, O5:V0057, O5:V0058
    """
    if change.step == 0:
        copied = _copy(stage, change)
        if copied is None or change.kind == "copy":
            return
        change = copied
    rows = stage.ready(change, _messages(change))
    if rows is None:
        return
    if rows:
        uids = [row.uid for row in rows if row.uid is not None]
        stage.session.store("queued_delete", uids)
        stage.session.store("queued_read", uids)
    with stage.cache.transaction(durable=True):
        finish(stage.cache, change, ChangeState.DONE, change.error)
        stage.flagged(rows, dict(_DELETED))
        stage.cache.messages.refresh(_messages(stage.cache.changes.get(change.id) or change))


def _copy(stage: Stage, change: ChangeRow) -> ChangeRow | None:
    """Copy what has not been copied; return the change as it stands then, None where it ended or waits."""
    cache = stage.cache
    target = None if change.target is None else cache.folders.get(change.target)
    if target is None or target.server_raw is None:
        name = "the folder it was to go to" if target is None else f"the folder {target.name!r}"
        raise UsageError(f"{change.kind}: {name} is not on the server")
    floor = stage.reach.floor(target)
    left = [one for one in change.subjects if _waits(cache, one.placeholder)]
    rows = stage.ready(change, [one.message for one in left if one.message is not None])
    if rows is None:
        return None
    by_message = {row.id: row for row in rows}
    going = [one for one in left if one.message in by_message]
    uids: dict[int, int] = {}
    if going:
        _have_octets(stage, rows, going)
        stage.send(change, floor)
        answer = _send_copy(stage, change, target, [row.uid for row in rows if row.uid is not None])
        if answer is None:
            return _copy(stage, cache.changes.get(change.id) or change)
        validity, uids = answer
        uids = uids if validity == floor.uidvalidity else {}
    gone = [one for one in left if one.message not in by_message or (uids and by_message[one.message].uid not in uids)]
    with cache.transaction(durable=True):
        for one in going:
            uid = uids.get(by_message[one.message or 0].uid or 0)
            if uid is not None and one.placeholder is not None:
                cache.messages.assign(one.placeholder, uid=uid)
        news.raise_floor(cache, target.id, uids.values())
        _conclude_copy(cache, change, gone)
    concluded = cache.changes.get(change.id)
    return concluded if concluded is not None and concluded.open else None


def _waits(cache: Cache, placeholder: int | None) -> bool:
    """Tell whether a copy is not known to be on the server; one that had been there and is gone was."""
    row = None if placeholder is None else cache.messages.get(placeholder)
    return row is not None and row.uid is None


def _have_octets(stage: Stage, rows: Sequence[MessageRow], going: Iterable[Subject]) -> None:
    """Have the octets of what nothing else would tell apart, for the case that the answer is lost."""
    stage.reach.whole(rows)
    for one in going:
        if one.message is not None and one.placeholder is not None:
            copy_row, found = stage.cache.messages.get(one.placeholder), stage.cache.messages.body(one.message)
            if found is not None and copy_row is not None and copy_row.body < found[1]:
                stage.cache.messages.store_body(one.placeholder, found[0], partial=False)


def _send_copy(
    stage: Stage, change: ChangeRow, target: FolderRow, uids: Sequence[int]
) -> tuple[int | None, dict[int, int]] | None:
    """Send COPY; return where the copies are as far as the server says, None where some of the messages are gone.

    A long COPY is several commands, of which the first may have succeeded: those copies are looked for before the
    refusal counts.

    Statements: O5:V0058, O5:V0060
    """
    assert target.server_raw is not None  # noqa: S101 - the caller has looked
    try:
        copied = stage.session.copy(uids, target.server_raw)
    except CommandFailed:
        source = None if change.folder is None else stage.cache.folders.get(change.folder)
        stage.line.present -= set(uids)
        several = len(bytes(SequenceSet.of(uids))) > stage.session.policy.octets(stage.session.profile) // 2
        if source is not None and stage.reach.alive(source, uids) != set(uids):
            return None
        if several:
            stage.reach.recognise(target, [stage.cache.changes.get(change.id) or change])
        raise
    return copied.uidvalidity, copied.uids


def _conclude_copy(cache: Cache, change: ChangeRow, gone: Collection[Subject]) -> None:
    """Finish a copy, or the first step of a move, of all messages but those that are gone."""
    there = [one for one in change.subjects if one not in gone]
    if not there:
        finish(cache, change, ChangeState.DROPPED, _note(len(gone), len(gone)))
        return
    note = _note(len(gone), len(change.subjects)) or change.error
    cache.messages.remove(one.placeholder for one in gone if one.placeholder is not None)
    keep(cache, change, there)
    if change.kind == "move":
        cache.changes.set_step(change.id, 1)
        cache.changes.set_state(change.id, ChangeState.SENT, note)
    else:
        finish(cache, change, ChangeState.DONE, note)


# ---------------------------------------------------------------- append and purge


def append(stage: Stage, change: ChangeRow) -> None:
    """Send a new message; where the server refuses it, it is held: it is nowhere else.

    Statements: O5:V0046, O5:V0047, O5:V0048
    """
    cache = stage.cache
    target = None if change.target is None else cache.folders.get(change.target)
    whole = cache.changes.get(change.id, octets=True)
    if target is None or target.server_raw is None or whole is None or whole.octets is None:
        raise UsageError("append: the folder it was to go to is not on the server")
    floor = stage.reach.floor(target)
    stage.send(change, floor)
    appended = stage.session.append(
        target.server_raw,
        whole.octets,
        flags=change.detail["flags"],
        date=dt.datetime.fromisoformat(change.detail["date"]),
    )
    with cache.transaction(durable=True):
        finish(cache, change, ChangeState.DONE)
        if appended.uid is not None and appended.uidvalidity == floor.uidvalidity:
            for one in change.subjects:
                if one.placeholder is not None:
                    cache.messages.assign(one.placeholder, uid=appended.uid)
            news.raise_floor(cache, target.id, [appended.uid])


def purge(stage: Stage, change: ChangeRow) -> None:
    r"""Send EXPUNGE; what is still there afterwards was no longer \Deleted, and is shown again."""
    cache = stage.cache
    waiting = [row for row in map(cache.messages.get, _messages(change)) if row is not None and row.uid is None]
    rows = stage.ready(change, [one for one in _messages(change) if one not in {row.id for row in waiting}])
    folder = None if change.folder is None else cache.folders.get(change.folder)
    if rows is None or folder is None:
        return
    stage.send(change)
    stage.session.expunge()
    stage.reach.hear()
    uids = {row.uid for row in rows if row.uid is not None} & stage.line.present
    stage.line.present -= uids
    stage.reach.alive(folder, uids)
    with cache.transaction(durable=True):
        finish(cache, change, ChangeState.DONE)
        cache.messages.hide(_messages(change), hidden=False)
