"""Wait for new mail in IDLE, as Outlook does when it has nothing to do, and print what the server says.

python examples/watch.py imaps://user@host/ [--ca-file FILE] [--seconds 3600]; the password as in first_look.py.
"""

from __future__ import annotations

import argparse
import getpass
import os
import time

from outlookimap import Session
from outlookimap.client import Alert, Message


def main() -> None:
    """Print events until the time is over or Ctrl-C."""
    parser = argparse.ArgumentParser(description="Wait for new mail.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long to wait")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    until = time.monotonic() + options.seconds
    with Session.connect(options.url, password=password, ca_file=options.ca_file) as session:
        session.select("INBOX")
        with session.idle():
            while (left := until - time.monotonic()) > 0:
                for event in session.poll(left):
                    if isinstance(event, Alert):
                        print("ALERT:", event.text)
                    elif isinstance(event, Message):
                        print("changed:", event.uid, sorted(event.flags or ()))
                    else:
                        print(event)


if __name__ == "__main__":
    main()
