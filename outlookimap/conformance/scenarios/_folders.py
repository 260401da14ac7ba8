"""What scenarios about folders have in common: how one is made, and what the folder list says of ours.

Knows no single scenario and no server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from outlookimap.client import Folder, Session
from outlookimap.conformance.stage import Stage
from outlookimap.errors import CommandFailed, ObserverFailed
from outlookimap.wire import mailbox as names

LISTED = rb"\A\* (?:X?LIST|LSUB) "
"""A response that names a folder."""


def last_answer(stage: Stage) -> bytes:
    """Return a pattern that finds the answer to the last command so far."""
    return re.escape(stage.said(rb"(?i)\A\w+ (?:OK|NO|BAD)\b")[-1])


def create(stage: Stage, session: Session, folder: str) -> None:
    """Create a folder as the product does: one level, below a folder that is there where it is not the first."""
    raw, delimiter = names.encode(folder), stage.ground.delimiter
    above, _, name = raw.rpartition(delimiter) if delimiter else (b"", b"", raw)
    session.create(names.decode(name), parent=above or None)


def create_new(stage: Stage, session: Session, folder: str) -> None:
    """Create a folder of a name that is ours alone; ALREADYEXISTS is no refusal where the folder is there then.

    Dovecot says so when another connection lists the folders just while it makes one.
    """
    try:
        create(stage, session, folder)
    except CommandFailed as error:
        if error.code != "ALREADYEXISTS" or not there(stage, folder):
            raise


def there(stage: Stage, folder: str) -> bool:
    """Tell whether the observer finds a folder of exactly this name."""
    return names.encode(folder) in stage.observer.folders(stage.raw)


def listed(stage: Stage, session: Session) -> dict[bytes, Folder]:
    """Return our folders as the product finds them in its folder list, by raw name."""
    return {folder.raw: folder for folder in session.folders() if folder.raw.startswith(stage.raw)}


def in_list(stage: Stage, session: Session, folder: str) -> Folder:
    r"""Return the folder as the product finds it; fails where its list lacks it, or has it as \Noselect."""
    ours = listed(stage, session)
    found = ours.get(names.encode(folder))
    if found is None:
        text = f"the folder {folder!r} is there, and the folder list lacks it: of ours it has {several(ours)}"
        stage.fail(text, said=LISTED)
    text = f"the folder {folder!r} can be selected, and the folder list says \\Noselect"
    stage.require(found.selectable, text, said=LISTED + rb".*" + re.escape(found.raw))
    return found


def several(raws: Collection[bytes]) -> str:
    """Return raw names as a reader sees them."""
    return ", ".join(repr(raw)[1:] for raw in sorted(raws)) or "none"


def room_below(stage: Stage, session: Session) -> None:
    r"""Skip the scenario where the folder list says that our folder can hold no others."""
    if not in_list(stage, session, stage.folder).may_have_children:
        stage.skip("the folder list says \\Noinferiors: a folder that holds mail can hold no folders here")


def held(stage: Stage, *path: str, above: str | None = None) -> list[str]:
    """Let the observer make folders, each below the one before it, the first below `above`; return their names.

    `above` is our own folder unless given. Skips the scenario where a folder can hold no others.
    """
    delimiter = stage.below("")[len(stage.folder) :]
    made: list[str] = []
    for name in path:
        folder = (made[-1] if made else above or stage.folder) + delimiter + name
        try:
            stage.observer.create(names.encode(folder))
        except ObserverFailed as error:
            stage.skip(f"a folder that holds mail can hold no folders here: {error}")
        made.append(folder)
    return made


def must_refuse(stage: Stage, doing: str, act: Callable[[], object]) -> None:
    """Require that the server refuses what `act` asks for."""
    try:
        act()
    except CommandFailed:
        return
    stage.fail(f"{doing} was answered with OK", said=last_answer(stage))
