"""Microsoft Outlook's IMAP client as a library, with an embedded server at the other end of the wire.

The names a script needs are here: `Outlook`, `Session`, `Policy`, `SequenceSet`. They are imported when they are first
used, so that `import outlookimap` alone pulls in no dependency.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlookimap.client import Session
    from outlookimap.mail import Outlook
    from outlookimap.profiles import Policy
    from outlookimap.wire.sequence import SequenceSet

__version__ = "0.1.0"
__all__ = ["Outlook", "Policy", "SequenceSet", "Session", "__version__"]

_HOMES = {
    "Outlook": "outlookimap.mail",
    "Session": "outlookimap.client",
    "Policy": "outlookimap.profiles",
    "SequenceSet": "outlookimap.wire.sequence",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
