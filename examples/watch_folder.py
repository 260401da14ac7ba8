"""Watch a folder by syncing it again and again, and print what is new; a lost connection is made anew.

python examples/watch_folder.py imaps://user@host/ --cache user.sqlite [--folder INBOX] [--every 60] [--times N]
[--ca-file FILE]; the password as in read_unread.py. examples/watch.py waits in IDLE instead.
"""

from __future__ import annotations

import argparse
import getpass
import itertools
import os
import time

from outlookimap import Outlook
from outlookimap.errors import ConnectionLost


def main() -> None:
    """Print a line for each new message until Ctrl-C, or so many times."""
    parser = argparse.ArgumentParser(description="Watch a folder.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--cache", required=True, help="the local copy, a file")
    parser.add_argument("--folder", default="INBOX")
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--times", type=int, help="how often; for ever unless given")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    with Outlook(options.url, password=password, cache=options.cache, ca_file=options.ca_file) as outlook:
        folder = outlook.folder(options.folder)
        folder.sync(bodies=False)
        known = set(folder.messages())
        for _ in range(options.times) if options.times is not None else itertools.count():
            time.sleep(options.every)
            try:
                folder.sync(bodies=False)
            except ConnectionLost as error:
                print(f"{error}; trying again in {options.every:g} s")
                continue
            new = set(folder.messages()) - known
            known |= new
            for message in sorted(new, key=lambda one: one.id):
                print(f"{message.uid} {message.sender}: {message.subject}", flush=True)


if __name__ == "__main__":
    main()
