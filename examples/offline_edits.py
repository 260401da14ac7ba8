"""Work without a connection, then let a sync send what was done.

python examples/offline_edits.py imaps://user@host/ --cache user.sqlite --flag WORDS [--ca-file FILE]; the password as
in read_unread.py. The cache must have been synced before: `outlookimap sync URL --cache FILE`.
"""

from __future__ import annotations

import argparse
import getpass
import os
from email.message import EmailMessage

from outlookimap import Outlook


def main() -> None:
    """Flag messages and save a draft offline, show what waits, connect and sync."""
    parser = argparse.ArgumentParser(description="Work offline, then sync.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--cache", required=True, help="the local copy, a file")
    parser.add_argument("--flag", required=True, metavar="WORDS", help="flag the messages with these words")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    with Outlook(options.url, password=password, cache=options.cache, ca_file=options.ca_file, offline=True) as outlook:
        inbox = outlook.folder("INBOX")
        inbox.flag(inbox.messages(text=options.flag))
        draft = EmailMessage()
        draft["Subject"] = f"About {options.flag}"
        draft.set_content("To be written.\n")
        outlook.folder("Drafts").append(draft, flags=("\\Seen", "\\Draft"))
        for change in outlook.pending():
            print("waits:", change.what)
        report = outlook.sync()  # connects, plays the changes, fetches what is new
        print(f"{report.played} changes made, {len(outlook.pending())} wait")


if __name__ == "__main__":
    main()
