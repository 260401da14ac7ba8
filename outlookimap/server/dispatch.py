"""Which handler serves which command, put together from the groups."""

from __future__ import annotations

from outlookimap.server import fetching, general, mailboxes, messages, searching, selecting, sign_in
from outlookimap.server.session import Handlers

HANDLERS: Handlers = {
    **general.HANDLERS,
    **sign_in.HANDLERS,
    **mailboxes.HANDLERS,
    **selecting.HANDLERS,
    **messages.HANDLERS,
    **fetching.HANDLERS,
    **searching.HANDLERS,
}
"""Every command that is served; one that is not here is unknown."""
