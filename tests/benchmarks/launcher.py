"""Runs one command and writes what it took to a file: `launcher.py FILE COMMAND ...`; a program of its own.

It is small, imports next to nothing and is started anew each time: a process begins with the peak memory of whoever
started it (getrusage(2) on Linux), so the one who measures must not be larger than what is measured.
"""

import json
import os
import sys
import time

PER_MB = 2**20 if sys.platform == "darwin" else 2**10  # of the unit that ru_maxrss is in

began = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(process, 0)
figures = {
    "code": os.waitstatus_to_exitcode(status),
    "wall": time.monotonic() - began,
    "cpu": used.ru_utime + used.ru_stime,
    "rss": used.ru_maxrss / PER_MB,
}
with open(sys.argv[1], "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not small
    json.dump(figures, file)
