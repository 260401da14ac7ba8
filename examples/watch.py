"""Watch folders as Outlook does when it has nothing to do, and print what others do in them as it happens.

python examples/watch.py imaps://user@host/ [--cache user.sqlite] [--folder INBOX ...] [--seconds 3600]
[--ca-file FILE]; the password as in first_look.py. A connection that is lost is made anew.
"""

from __future__ import annotations

import argparse
import getpass
import os
import threading

from outlookimap import Outlook
from outlookimap.mail import FlagsChanged, Lost, NewMail, Removed, WatchEvent


def show(event: WatchEvent) -> None:
    """Print a line for an event."""
    if isinstance(event, NewMail):
        line = f"{event.folder.name}: {event.message.sender}: {event.message.subject}"
    elif isinstance(event, FlagsChanged):
        line = f"{event.folder.name}: {event.message.subject}: {' '.join(sorted(event.message.flags)) or 'no flags'}"
    elif isinstance(event, Removed):
        line = f"{event.folder.name}: message {event.uid} was removed"
    elif isinstance(event, Lost):
        line = f"{event.error}; connecting anew"
    else:
        line = str(event)
    print(line, flush=True)


def main() -> None:
    """Print events until the time is over or Ctrl-C."""
    parser = argparse.ArgumentParser(description="Watch folders.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--cache", help="the local copy, a file; in memory unless given")
    parser.add_argument("--folder", action="append", help="as often as needed; INBOX unless given")
    parser.add_argument("--seconds", type=float, help="how long; until Ctrl-C unless given")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    stop = threading.Event()
    if options.seconds is not None:
        timer = threading.Timer(options.seconds, stop.set)
        timer.daemon = True
        timer.start()
    with Outlook(options.url, password=password, cache=options.cache, ca_file=options.ca_file) as outlook:
        outlook.watch(show, folders=options.folder or ["INBOX"], stop=stop)


if __name__ == "__main__":
    main()
