"""Starts `imapclient-livetest`, the suite in imapclient's own wheel, against one server: run as a program of its own.

Its one change: the suite lists what is below its folder by a reference without the delimiter at its end, to which the
documented answer is the completion alone (X10:V0031), so that it would not find its own folders, clean nothing up,
and fail from its second test on. Here reference and pattern are joined before they are sent, which is what the suite
means. Its class TestSocketTimeout, which wants a network slower than a thousandth of a second, is not run.
"""

from __future__ import annotations

import sys
from typing import Any

CLASSES = ("TestGeneral", "TestWithUIDs", "TestWithoutUIDs")


def main() -> None:
    """Run the suite with the INI file that the command line names."""
    from imapclient import IMAPClient, livetest

    for name in ("list_folders", "list_sub_folders"):
        setattr(IMAPClient, name, _joined(getattr(IMAPClient, name)))
    sys.argv = [sys.argv[0], sys.argv[1], "-v", *CLASSES]
    livetest.main()


def _joined(listed: Any) -> Any:
    def joined(self: Any, directory: Any = "", pattern: Any = "*") -> Any:
        return listed(self, "", directory + pattern) if directory else listed(self, "", pattern)

    return joined


if __name__ == "__main__":
    main()
