"""Move what is older than so many days from the inbox to an archive folder, which is made when it is not there.

python examples/archive_old.py imaps://user@host/ --cache user.sqlite [--days 365] [--to Archive] [--purge]
[--ca-file FILE]; the password as in read_unread.py. A move leaves the old message behind, marked as deleted; --purge
removes for good whatever is marked so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import os

from outlookimap import Outlook
from outlookimap.errors import FolderUnknown


def main() -> None:
    """Move the old messages and say how many there were."""
    parser = argparse.ArgumentParser(description="Archive old mail.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--cache", required=True, help="the local copy, a file")
    parser.add_argument("--days", type=int, default=365, help="how old is old")
    parser.add_argument("--to", default="Archive", help="the archive folder")
    parser.add_argument("--purge", action="store_true", help="remove what is marked as deleted")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    first_to_stay = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=options.days)
    with Outlook(options.url, password=password, cache=options.cache, ca_file=options.ca_file) as outlook:
        inbox = outlook.folder("INBOX")
        inbox.sync(bodies=False)
        try:
            archive = outlook.folder(options.to)
        except FolderUnknown:
            archive = outlook.create(options.to)
        had = inbox.exists
        old = inbox.messages(before=first_to_stay, deleted=False)
        moved = inbox.move(old, archive)
        if options.purge:
            inbox.purge()
        print(f"{len(moved)} of {had} messages moved to {archive.name}")


if __name__ == "__main__":
    main()
