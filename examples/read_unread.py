"""Read what is unread in a folder, the oldest first, and mark it read.

python examples/read_unread.py imaps://user@host/ --cache user.sqlite [--folder INBOX] [--ca-file FILE]; the password is
asked for, or taken from the environment variable OUTLOOKIMAP_PASSWORD.
"""

from __future__ import annotations

import argparse
import getpass
import os

from outlookimap import Outlook


def main() -> None:
    """Print the unread messages of a folder with their text."""
    parser = argparse.ArgumentParser(description="Read what is unread.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--cache", required=True, help="the local copy, a file")
    parser.add_argument("--folder", default="INBOX")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    with Outlook(options.url, password=password, cache=options.cache, ca_file=options.ca_file) as outlook:
        folder = outlook.folder(options.folder)
        folder.sync()
        unread = folder.messages(unread=True, order="oldest")
        for message in unread:
            print(f"{message.date} {message.sender}: {message.subject}")
            print(message.text())
        folder.mark_read(unread)  # all of them with one command


if __name__ == "__main__":
    main()
