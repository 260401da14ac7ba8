"""The guard: nothing leaves the session that its profile never sends."""

from __future__ import annotations

from outlookimap.errors import ProfileViolation
from outlookimap.profiles import Context, permits
from outlookimap.wire import commands as c


def check(command: c.Command, context: Context) -> None:
    """Raise ProfileViolation on the first breach, naming the statements and what the product would do instead."""
    for breach in permits(command, context):
        keyword = c.keyword(command).decode("ascii", "replace")
        raise ProfileViolation(f"{keyword}: {context.profile.name} sends {breach.expected}", statements=breach.ids)
