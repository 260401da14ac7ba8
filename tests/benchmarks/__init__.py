"""How fast this package reads and syncs, and how much it holds, beside what else reads IMAP: `run.py` says it all."""
