"""The full-text index over the messages: which of them are in it, and putting in those that are not.

Knows the tables and what text a message has (`words`); how words are asked for is in `criteria`.
"""

from __future__ import annotations

from collections.abc import Callable

from outlookimap.cache.database import Database
from outlookimap.cache.rows import BodyState
from outlookimap.cache.words import text_of

BATCH_OCTETS = 4_000_000
"""Octets of bodies after which a batch ends."""


class SearchTable:
    """The table `words`, whose rows go with their messages by a trigger.

    Raises CacheError where the file refuses.
    """

    def __init__(self, database: Database, decode: Callable[[], object]) -> None:
        """Begin; `decode` sees to it that the columns of all messages say what their headers say."""
        self._database = database
        self._decode = decode

    def index_outstanding(self, batch: int = 500) -> int:
        """Make searchable what arrived since the last time, a body after its header too; return how many messages.

        Each batch, of so many messages or `BATCH_OCTETS`, is a transaction: others wait no longer than for one.
        """
        self._decode()
        indexed = 0
        while done := self._index_batch(batch):
            indexed += done
        return indexed

    def _index_batch(self, batch: int) -> int:
        with self._database.transaction():
            texts = self._texts(batch)
            ids = [(message,) for _, message in texts]
            self._database.executemany("DELETE FROM words WHERE rowid = ?", ids)
            self._database.executemany(
                "INSERT INTO words (rowid, subject, sender, recipients, text)"
                " SELECT id, subject, sender, recipients, ? FROM messages WHERE id = ?",
                texts,
            )
            self._database.executemany("UPDATE messages SET indexed = 1 WHERE id = ?", ids)
        return len(texts)

    def _texts(self, batch: int) -> list[tuple[str, int]]:
        """Return the texts of the next batch of messages, with their ids."""
        texts = []
        octets = 0
        outstanding = self._database.query(
            "SELECT id, body FROM messages WHERE indexed = 0 ORDER BY id LIMIT ?", (batch,)
        )
        for message, state in outstanding:
            text = ""
            if state == BodyState.WHOLE:
                for (body,) in self._database.query("SELECT octets FROM bodies WHERE message = ?", (message,)):
                    text = text_of(body)
                    octets += len(body)
            texts.append((text, message))
            if octets > BATCH_OCTETS:
                break
        return texts
