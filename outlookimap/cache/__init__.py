"""The local copy of one account's mail, in SQLite: what is known here without asking the server."""

from outlookimap.cache.cache import Cache
from outlookimap.cache.criteria import Criteria
from outlookimap.cache.rows import (
    Arrived,
    BodyState,
    ChangeRow,
    ChangeState,
    Flag,
    FolderRow,
    MessageRow,
    Subject,
)
from outlookimap.cache.summary import Fingerprint, Summary

__all__ = [
    "Arrived",
    "BodyState",
    "Cache",
    "ChangeRow",
    "ChangeState",
    "Criteria",
    "Fingerprint",
    "Flag",
    "FolderRow",
    "MessageRow",
    "Subject",
    "Summary",
]
