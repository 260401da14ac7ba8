"""Export a folder of a local copy to an mbox file, the oldest message first; needs no connection.

python examples/export_mbox.py user.sqlite INBOX inbox.mbox; the copy is made by `outlookimap sync URL --cache FILE`.
"""

from __future__ import annotations

import argparse
import mailbox

from outlookimap import Outlook


def main() -> None:
    """Write the messages that are downloaded and say how many are not."""
    parser = argparse.ArgumentParser(description="Export a folder to an mbox file.")
    parser.add_argument("cache", help="the local copy, a file")
    parser.add_argument("folder")
    parser.add_argument("mbox", help="the file to write; messages are added to one that is there")
    options = parser.parse_args()
    with Outlook(cache=options.cache, offline=True) as outlook:
        messages = outlook.folder(options.folder).messages(order="oldest")
        here = [message for message in messages if message.downloaded]
        file = mailbox.mbox(options.mbox)
        file.lock()
        try:
            for message in here:
                arrived = "" if message.date is None else message.date.ctime()
                file.add(f"From MAILER-DAEMON {arrived}\n".encode() + message.bytes)
        finally:
            file.close()
    print(f"{len(here)} messages written, {len(messages) - len(here)} are not downloaded")


if __name__ == "__main__":
    main()
