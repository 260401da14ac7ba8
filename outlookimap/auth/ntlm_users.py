"""The file from which the NTLM library's acceptor reads its users, for the moment it needs it.

The library knows it only by an environment variable of the whole process. This module alone touches that variable,
under one lock, so that two servers in one process do not see each other's users. Knows nothing of messages.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from outlookimap.auth.ntlm_message import Identity
from outlookimap.errors import MechanismError
from outlookimap.wire.secret import Secret

VARIABLE = "NTLM_USER_FILE"

_one_at_a_time = threading.Lock()


@contextmanager
def user_file(entry: bytes) -> Iterator[None]:
    """Let the library's acceptor see one file with `entry` and nothing else; restore what was there before.

    The file has mode 0600 and is removed at the end. Other acceptors wait meanwhile, so keep it short. Raises
    OSError when no file can be written.
    """
    with _one_at_a_time, tempfile.NamedTemporaryFile(prefix="users-") as file:  # mkstemp: mode 0600
        file.write(entry)
        file.flush()
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = file.name
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before


def user_entry(who: Identity, nt_hash: Secret) -> bytes:
    r"""Return the line of the file for one user, in the format of smbpasswd: ``DOMAIN\user:uid:LM:NT:flags:time``.

    It has room for any password, as a hash, but not for every name: raises `MechanismError` for a colon or a line
    break in it. The LM hash is a random one, never a known one: nobody signs in with it.
    """
    name = f"{who.domain}\\{who.user}" if who.domain else who.user
    if ":" in name or len(name.splitlines()) != 1 or name.splitlines()[0] != name:
        raise MechanismError(f"NTLM: {name!r} cannot be a user name here: no colon, no line break")
    return f"{name}:0:{secrets.token_hex(16)}:{nt_hash.reveal().hex()}:[U]:LCT-0\n".encode()
