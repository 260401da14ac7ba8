"""Compare two mailboxes, as after a move to another server, and name the messages that only one of them has.

python examples/compare_servers.py imaps://user@old/ imaps://user@new/ [--ca-file FILE]; the password as in
read_unread.py, that of the second mailbox, if it is another, in OUTLOOKIMAP_PASSWORD_2. Exit status 1 when the two
differ. Reads headers only and keeps nothing.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections import Counter

from outlookimap import Outlook


def mail(url: str, password: str, ca_file: str | None) -> Counter[tuple[str, str, str]]:
    """Return folder, Message-ID (the header itself where there is none) and subject of every message."""
    with Outlook(url, password=password, ca_file=ca_file) as outlook:  # no cache: in memory
        outlook.sync(bodies=False)
        return Counter(
            (folder.name, message.message_id or message.headers.decode("latin-1"), message.subject)
            for folder in outlook.folders()
            if folder.visited
            for message in folder.messages()
        )


def main() -> None:
    """Print what only one of the two has."""
    parser = argparse.ArgumentParser(description="Compare two mailboxes.")
    parser.add_argument("urls", nargs=2, metavar="URL", help="imaps://user@host/")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    old = mail(options.urls[0], password, options.ca_file)
    new = mail(options.urls[1], os.environ.get("OUTLOOKIMAP_PASSWORD_2") or password, options.ca_file)
    for place, only in (("first", old - new), ("second", new - old)):
        for (folder, _, subject), times in sorted(only.items()):
            print(f"only on the {place}: {folder}: {subject}" + (f" ({times} times)" if times > 1 else ""))
    print(f"{old.total()} and {new.total()} messages")
    sys.exit(old != new)


if __name__ == "__main__":
    main()
