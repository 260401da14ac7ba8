-- The local copy of one account. Names are octets as on the wire; flags are a bit set (rows.Flag); moments are seconds since 1970.

CREATE TABLE account (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- raw is the name people see, server_raw the one the server knows: they differ while a change is queued.
CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    raw BLOB NOT NULL,
    server_raw BLOB,                          -- NULL: the server has no such folder yet
    name TEXT NOT NULL,
    delimiter TEXT,
    attributes TEXT NOT NULL DEFAULT '',      -- sorted, separated by spaces
    source TEXT NOT NULL DEFAULT '',          -- the response they came with last: LIST, LSUB or XLIST; empty: made here
    subscribed INTEGER,                       -- NULL: never asked
    special TEXT,                             -- inbox, sent, drafts, trash, junk, archive, all, flagged, important
    removed INTEGER NOT NULL DEFAULT 0,       -- 1: its deletion is queued
    uidvalidity INTEGER,                      -- of the generation that is shown
    generation INTEGER NOT NULL DEFAULT 1,    -- which messages are shown
    building INTEGER,                         -- the generation that is being fetched to replace it
    building_uidvalidity INTEGER,
    floor INTEGER NOT NULL DEFAULT 0,         -- the highest UID that is known to have been given out
    unseen INTEGER,                           -- what STATUS said last
    visited INTEGER                           -- when the last sync of it ended; NULL: never
);
CREATE UNIQUE INDEX folders_raw ON folders (raw) WHERE removed = 0;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    uid INTEGER,                              -- NULL: only here so far, or the server did not say where it put it
    flags INTEGER NOT NULL DEFAULT 0,         -- as shown: the server's with the queued changes on top
    server_flags INTEGER NOT NULL DEFAULT 0,
    keywords TEXT NOT NULL DEFAULT '',        -- sorted, separated by spaces
    size INTEGER,                             -- octets, as the server says; for display only
    internaldate TEXT,                        -- ISO 8601 with its zone
    received INTEGER,                         -- the same moment
    sent INTEGER,                             -- the moment in the Date field
    subject TEXT NOT NULL DEFAULT '',
    sender TEXT NOT NULL DEFAULT '',
    recipients TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    header_hash BLOB,
    body INTEGER NOT NULL DEFAULT 0,          -- 0 none, 1 whole, 2 partial
    hidden INTEGER NOT NULL DEFAULT 0,        -- 1: a queued purge will remove it
    indexed INTEGER NOT NULL DEFAULT 0        -- 1: the words of it can be searched
);
CREATE UNIQUE INDEX messages_uid ON messages (folder, generation, uid) WHERE uid IS NOT NULL;
CREATE INDEX messages_local ON messages (folder) WHERE uid IS NULL;
CREATE INDEX messages_unindexed ON messages (id) WHERE indexed = 0;

CREATE TABLE headers (
    message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    octets BLOB NOT NULL
);

CREATE TABLE bodies (
    message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    octets BLOB NOT NULL
);

-- What was changed here. Finished rows stay a while, so that whoever waits for one learns what became of it.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,                      -- queued, sent (in doubt until answered), held, done, dropped, refused, discarded
    step INTEGER NOT NULL DEFAULT 0,          -- how many of its commands are known to be done
    folder INTEGER,                           -- folders.id; no reference, because a finished change outlives its folder
    target INTEGER,
    detail TEXT NOT NULL DEFAULT '{}',        -- JSON, by kind
    octets BLOB,                              -- the message of an append
    floor INTEGER,                            -- the target's floor before the command was sent
    floor_uidvalidity INTEGER,
    error TEXT,                               -- why it is held, dropped or refused
    made INTEGER NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX changes_open ON changes (id) WHERE state IN ('queued', 'sent', 'held');
CREATE VIEW open_changes AS SELECT * FROM changes WHERE state IN ('queued', 'sent', 'held');

CREATE TABLE change_messages (
    change INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message INTEGER,                          -- messages.id of what is changed, copied or appended
    placeholder INTEGER,                      -- messages.id of the copy, where there is one
    PRIMARY KEY (change, position)
) WITHOUT ROWID;
CREATE INDEX change_messages_message ON change_messages (message);
CREATE INDEX change_messages_placeholder ON change_messages (placeholder);

CREATE VIRTUAL TABLE words USING fts5 (subject, sender, recipients, text, tokenize = "unicode61 remove_diacritics 2");

-- Whatever removes a message, a folder's removal included, takes its words along.
CREATE TRIGGER messages_words AFTER DELETE ON messages BEGIN
    DELETE FROM words WHERE rowid = old.id;
END;
