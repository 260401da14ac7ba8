"""Syncing: a local copy that visits a folder again and again has what is there, and fetches nothing twice."""

from __future__ import annotations

import itertools
import re
from typing import NoReturn

from outlookimap.cache import MessageRow
from outlookimap.cache.rows import flag_names
from outlookimap.conformance.observer import Seen
from outlookimap.conformance.scenario import steps
from outlookimap.conformance.scenarios._mail import difference, fields_of, mail, parted
from outlookimap.conformance.stage import LocalCopy, Stage
from outlookimap.errors import ConnectionLost
from outlookimap.sync.report import FolderReport
from outlookimap.transport.tap import Sender

_HEADERS = rb"FETCH .*(?:PEEK\[HEADER\]|RFC822\.HEADER)"
_FETCH = rb"\* \d+ FETCH"
_UIDVALIDITY = rb"\A\* OK \[UIDVALIDITY \d+\]"


def _rows(stage: Stage, copy: LocalCopy) -> list[MessageRow]:
    return copy.cache.messages.find(copy.row(stage.folder).id, order="uid")


def _equal(stage: Stage, copy: LocalCopy) -> None:
    """Require that the copy shows what the observer sees: UIDs, flags, subjects, and the octets that are here."""
    there = stage.observer.look(stage.raw)
    here = _rows(stage, copy)
    uids, came = [one.uid for one in there], [row.uid for row in here]
    stage.require(uids == came, f"the messages with UID {uids} are there, and those with {came} came", said=_FETCH)
    for one, row in zip(there, here, strict=True):
        said = rb"FETCH .*UID %d\b" % one.uid
        flags, shown = _flags(one), {*flag_names(row.server_flags), *row.keywords}
        text = f"the message with UID {one.uid} has the flags {sorted(flags)}, and came with {sorted(shown)}"
        stage.require({flag.lower() for flag in flags} == {flag.lower() for flag in shown}, text, said=said)
        subject = _subject(one)
        text = f"the message with UID {one.uid} has the subject {subject!r}, and came with {row.subject!r}"
        stage.require(subject == row.subject, text, said=said)
        body = copy.cache.messages.body(row.id)
        wrong = None if body is None else difference(one.octets, body[0])
        text = f"the message with UID {one.uid} is not what another client gets: {wrong}"
        stage.require(wrong is None, text, said=said)


def _flags(seen: Seen) -> set[str]:
    """Return the flags the product takes note of: flag extensions it ignores."""
    system = rb"(?i)\\(?:seen|answered|flagged|deleted|draft)|[^\\].*"
    return {flag.decode("ascii", "replace") for flag in seen.flags if re.fullmatch(system, flag)}


def _subject(seen: Seen) -> str:
    fields = [field for field in fields_of(parted(seen.octets)[0]) if field.lower().startswith(b"subject:")]
    return fields[0].partition(b":")[2].strip().decode("ascii", "replace") if fields else ""


def _came_to(stage: Stage, report: FolderReport, **expected: int) -> None:
    """Require that a visit found so many messages that are new, changed, removed; any not named is 0."""
    wanted = {"new": 0, "changed": 0, "removed": 0} | expected
    found = {name: getattr(report, name) for name in wanted}
    text = f"the visit has to find {_counts(wanted)}, and found {_counts(found)}"
    if len({*stage.said(_UIDVALIDITY)}) > 1:
        text += ": it began from nothing, for UIDVALIDITY had changed"
    stage.require(found == wanted, text, said=_FETCH)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _first_visit(stage: Stage, *flags: bytes) -> tuple[LocalCopy, list[int]]:
    """Put three messages into the folder, the last with flags, visit it; return copy and UIDs."""
    stage.fill(mail(f"{stage.scenario.id} {number}") for number in (1, 2))
    uids = stage.fill([mail(f"{stage.scenario.id} 3")], flags=flags)
    copy = stage.account()
    _came_to(stage, copy.sync(stage.folder), new=3)
    return copy, uids


@steps("first-sync-true")
def first_sync_true(stage: Stage) -> None:
    """Visit a folder of four messages with flags and compare everything."""
    stage.fill([mail("first-sync-true 1"), mail("first-sync-true 2", b"One.\r\n.\r\n\r\nTwo.\r\n")])
    stage.fill([mail("first-sync-true 3")], flags=[rb"\Seen", rb"\Answered"])
    stage.fill([mail("first-sync-true 4", fields=b"X-Folded: one\r\n two\r\n")], flags=[rb"\Flagged"])
    copy = stage.account()
    _came_to(stage, copy.sync(stage.folder, bodies=True), new=4)
    row = copy.row(stage.folder)
    missing = copy.cache.messages.without_body(row.id, row.generation)
    stage.require(not missing, f"the messages with UID {missing} were asked for, and did not come whole", said=_FETCH)
    _equal(stage, copy)


@steps("unchanged-folder-quiet")
def unchanged_folder_quiet(stage: Stage) -> None:
    """Visit a folder twice; the second visit finds nothing and asks for no header."""
    copy, _ = _first_visit(stage, rb"\Flagged", rb"\Draft")
    _quiet(stage, copy)


def _quiet(stage: Stage, copy: LocalCopy) -> None:
    asked = len(stage.said(_HEADERS, sender=Sender.CLIENT))
    report = copy.sync(stage.folder)
    again = len(stage.said(_HEADERS, sender=Sender.CLIENT)) - asked
    text = f"nothing has changed in the folder, and headers had to be fetched again ({again} commands)"
    stage.require(not again, text, said=rb"UIDVALIDITY|UIDNOTSTICKY|" + _FETCH)
    _came_to(stage, report)
    _equal(stage, copy)


@steps("new-mail-comes")
def new_mail_comes(stage: Stage) -> None:
    """Have a message added between two visits."""
    copy, _ = _first_visit(stage)
    stage.fill([mail("new-mail-comes, the new one")])
    _came_to(stage, copy.sync(stage.folder), new=1)
    _equal(stage, copy)


@steps("flags-come")
def flags_come(stage: Stage) -> None:
    """Have flags added and taken away between two visits."""
    copy, uids = _first_visit(stage, rb"\Seen")
    stage.observer.add_flags(stage.raw, uids[:1], [rb"\Answered", rb"\Flagged", rb"\Draft"])
    stage.observer.remove_flags(stage.raw, uids[2:], [rb"\Seen"])
    _came_to(stage, copy.sync(stage.folder), changed=2)
    _equal(stage, copy)


@steps("removed-goes")
def removed_goes(stage: Stage) -> None:
    """Have the message in the middle removed between two visits."""
    copy, uids = _first_visit(stage, rb"\Seen", rb"\Answered", rb"\Draft")
    stage.observer.remove(stage.raw, uids[1:2])
    _came_to(stage, copy.sync(stage.folder), removed=1)
    _equal(stage, copy)


@steps("emptied-folder-empty")
def emptied_folder_empty(stage: Stage) -> None:
    """Have all messages removed between two visits."""
    copy, uids = _first_visit(stage)
    stage.observer.remove(stage.raw, uids)
    _came_to(stage, copy.sync(stage.folder), removed=3)


def _interrupt(_: object) -> NoReturn:
    raise ConnectionLost("the connection was dropped on purpose")


@steps("dropped-connection-frees")
def dropped_connection_frees(stage: Stage) -> None:
    """Drop the connection while headers come, then visit the folder on a new one."""
    stage.fill(mail(f"dropped-connection-frees {number}") for number in (1, 2, 3))
    copy = stage.account()
    copy.account.connect()
    copy.account.list_folders()
    try:
        copy.account.sync([copy.row(stage.folder).id], bodies=True, progress=_interrupt)
    except ConnectionLost:
        interrupted = True
    else:
        interrupted = False
    stage.require(interrupted, "three messages are there, and none came to interrupt at", said=rb"\A\w+ OK .*FETCH")
    copy.sync(stage.folder, bodies=True)
    _equal(stage, copy)


@steps("copy-lasts")
def copy_lasts(stage: Stage) -> None:
    """Visit a folder, sign out, sign in, visit it again."""
    copy, _ = _first_visit(stage)
    copy.account.disconnect()
    _quiet(stage, copy)


@steps("folder-recreated")
def folder_recreated(stage: Stage) -> None:
    """Have the folder removed and made again: three times to look at its UIDVALIDITY, once between two visits."""
    session = stage.session()
    known: list[tuple[int, int]] = []
    for number in range(3):
        [uid] = stage.fill([mail(f"folder-recreated, once {number}")])
        known.append((session.select(stage.folder).uidvalidity, uid))
        session.close()  # a folder that is selected may not go
        _recreate(stage)
    for (before, highest), (after, uid) in itertools.pairwise(known):
        text = f"the folder was removed and made again: it has the UIDVALIDITY {after} of before, and UID {uid} again"
        stage.require(after != before or uid > highest, text, said=rb"UIDVALIDITY")
    copy, _ = _first_visit(stage)
    copy.account.disconnect()
    _recreate(stage)
    stage.fill(mail(f"folder-recreated, others {number}") for number in (1, 2, 3))
    copy.sync(stage.folder)
    _equal(stage, copy)


def _recreate(stage: Stage) -> None:
    stage.observer.delete(stage.raw)
    stage.observer.create(stage.raw)
