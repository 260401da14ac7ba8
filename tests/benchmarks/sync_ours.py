"""One sync of an account's INBOX into a file with our `Outlook`, as a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
import time

from outlookimap import Outlook, Policy


def main() -> None:
    """Sync and print what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("file")
    parser.add_argument("--headers-only", action="store_true", help="fetch no bodies")
    parser.add_argument("--lazy", action="store_true", help="decode headers when they are read")
    parser.add_argument("--words", action="store_true", help="make the texts searchable too, as the first search does")
    options = parser.parse_args()
    policy = Policy(encryption="none", mechanisms=(), login=True)
    url = f"imap://{options.user}@127.0.0.1:{options.port}/"
    with Outlook(url, password="secret", policy=policy, cache=options.file, lazy=options.lazy) as outlook:
        began, cpu = time.perf_counter(), time.process_time()
        [folder] = outlook.sync(["INBOX"], bodies=not options.headers_only).folders
        if options.words:
            outlook.folder("INBOX").messages(text="warehouse")
        took, used = time.perf_counter() - began, time.process_time() - cpu
    said = {"seconds": took, "cpu": used, "new": folder.new, "changed": folder.changed, "removed": folder.removed}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
