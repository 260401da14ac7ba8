"""Which statements a command that a product sends makes visible: what stands beside a line of conversation.

The counterpart of `permits`: pure as well, and fed by the same profile values.
"""

from __future__ import annotations

from outlookimap.profiles.forms import fetch_items
from outlookimap.profiles.profile import Profile
from outlookimap.wire import commands as c

_FETCH_KEYS = ("fetch.to_all", "fetch.to_imap4rev1", "fetch.to_others")


def exercised(command: c.Command, profile: Profile) -> tuple[str, ...]:
    """Return the ids that `command` shows, the most telling first; none for a command the profile has no word about."""
    keyword = c.keyword(command).decode("ascii", "replace")
    keys = _form_keys(command, profile)
    keys.append(f"commands.{keyword.replace(' ', '_')}")
    known = [key for key in keys if key in profile.values]
    return tuple(dict.fromkeys(cite for key in known for cite in profile.cites(key)))


def _form_keys(command: c.Command, profile: Profile) -> list[str]:
    """Return the keys of the values that give this command its form."""
    if isinstance(command, c.Fetch):
        return [key for key in _FETCH_KEYS if any(fetch_items(form) == command.items for form in profile.words(key))][
            :1
        ]
    if isinstance(command, c.Store):
        return ["store.replaces" if command.action is c.StoreAction.REPLACE else "store.forms"]
    if isinstance(command, c.Status):
        return ["status.items"]
    if isinstance(command, c.Authenticate):
        return ["auth.advertised_only", "auth.mechanisms"]
    if isinstance(command, c.Login):
        return ["auth.login_fallback"]
    if isinstance(command, c.Append):
        return ["flags.sent"]
    if isinstance(command, c.Select):
        return ["select.requires"]
    return []
