-- Headers may be stored before they are read, and messages are counted without a look at each.

ALTER TABLE messages ADD COLUMN decoded INTEGER NOT NULL DEFAULT 1; -- 0: all that its header says but `sent` is still to be read from there
CREATE INDEX messages_undecoded ON messages (folder) WHERE decoded = 0;
CREATE INDEX messages_hidden ON messages (folder) WHERE hidden = 1;
