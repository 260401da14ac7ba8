"""One live connection that behaves as its profile: sign-in, commands, guard, keepalive."""

from outlookimap.client.pipeline import Pending, Pipeline
from outlookimap.client.results import Alert, Appended, Copied, Event, Folder, Mailbox, Message, Traffic
from outlookimap.client.session import Session

__all__ = [
    "Alert",
    "Appended",
    "Copied",
    "Event",
    "Folder",
    "Mailbox",
    "Message",
    "Pending",
    "Pipeline",
    "Session",
    "Traffic",
]
