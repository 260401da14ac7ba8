"""From what people call a folder to the folder, and what to say when there is none. Knows the local copy alone."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from outlookimap.cache import Cache, FolderRow
from outlookimap.errors import FolderUnknown, UsageError
from outlookimap.sync.account import Account
from outlookimap.sync.plan import SPECIAL

if TYPE_CHECKING:
    from outlookimap.mail.folder import Folder

_NEAR = 3
"""How many names at most are offered instead of one that is unknown."""


def folder_row(account: Account, folder: str | Folder) -> FolderRow:
    """Return the folder of this name, INBOX in any case; FolderUnknown, with the names near it, where there is none.

    Raises UsageError for a folder of another account.

    Statements: O5:V0016
    """
    if not isinstance(folder, str):
        return folder.row_in(account)
    row = account.cache.folders.by_name(folder)
    if row is None:
        raise _unknown(account.cache, folder)
    return row


def special_row(account: Account, use: str) -> FolderRow | None:
    """Return the folder the server marked for `use`; where it marked none, that of the product's default name, or None.

    Default names stand below the root folder path, and a folder marked for something else is not taken for one.
    Raises UsageError for a use there is not.

    Statements: O5:V0016, O5:V0061
    """
    if use not in SPECIAL.values():
        raise UsageError(f"special({use!r}): pass one of {', '.join(map(repr, dict.fromkeys(SPECIAL.values())))}")
    rows = [row for row in account.cache.folders.all() if row.selectable]
    marked = next((row for row in rows if row.special == use), None)
    if marked is not None:
        return marked
    default = dict(entry.split("=", 1) for entry in account.profile.words("folders.special")).get(use)
    if default is None:
        return None
    return next((row for row in rows if row.special is None and row.name == _below_root(account, row, default)), None)


def _below_root(account: Account, row: FolderRow, level: str) -> str:
    root, delimiter = account.policy.root_folder, row.delimiter or ""
    return f"{root.removesuffix(delimiter)}{delimiter}{level}" if root else level


def live_row(cache: Cache, identity: int, name: str) -> FolderRow:
    """Return a folder by its number in the local copy; FolderUnknown where it was deleted, here or elsewhere."""
    row = cache.folders.get(identity)
    if row is None or row.removed:
        raise FolderUnknown(f"the folder {name!r} was deleted")
    return row


def _unknown(cache: Cache, name: str) -> FolderUnknown:
    known = [row.name for row in cache.folders.all()]
    if not known:
        return FolderUnknown(
            f"no folder {name!r}: the local copy knows no folders yet, sync() asks the server for them"
        )
    folded = {one.casefold(): one for one in known}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, n=_NEAR)]
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it knows {_some(known)}"
    return FolderUnknown(f"no folder {name!r} in the local copy: {hint} sync() looks for new folders")


def _some(known: list[str]) -> str:
    shown = ", ".join(map(repr, known[:_NEAR]))
    return f"{shown} and {len(known) - _NEAR} more;" if len(known) > _NEAR else f"{shown};"
