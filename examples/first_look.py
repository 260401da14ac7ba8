"""Look at a mailbox as Outlook does: folders, the inbox, its headers. Sends nothing that changes anything.

python examples/first_look.py imaps://user@host/ [--ca-file FILE] [--outlook 2013]; the password is asked for, or taken
from the environment variable OUTLOOKIMAP_PASSWORD.
"""

from __future__ import annotations

import argparse
import email.parser
import email.policy
import getpass
import os

from outlookimap import SequenceSet, Session


def main() -> None:
    """Print the folders and the subjects in the inbox."""
    parser = argparse.ArgumentParser(description="Look at a mailbox as Outlook does.")
    parser.add_argument("url", help="imaps://user@host/")
    parser.add_argument("--ca-file", help="certificate authorities to trust (PEM)")
    parser.add_argument("--outlook", default="2013", help="2007, 2010 or 2013")
    options = parser.parse_args()
    password = os.environ.get("OUTLOOKIMAP_PASSWORD") or getpass.getpass()
    headers = email.parser.BytesHeaderParser(policy=email.policy.default)
    with Session.connect(options.url, password=password, profile=options.outlook, ca_file=options.ca_file) as session:
        for folder in session.folders():
            print(folder.name, *sorted(folder.attributes))
        inbox = session.select("INBOX")
        print(f"{inbox.exists} messages in the inbox")
        for message in session.fetch_headers(SequenceSet.all()) if inbox.exists else []:
            header = headers.parsebytes(message.header or b"")
            print(message.uid, header["Subject"])


if __name__ == "__main__":
    main()
