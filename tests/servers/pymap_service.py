"""Runs pymap with several users: its command line knows one. A program, started by `servers.pymap`.

Arguments: host, port, password, users. It must be run with `python -P`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pymap.backend import backends
from pymap.backend.dict import Config, DictBackend, Identity
from pymap.main import main
from pymap.user import Passwords, UserMetadata

if TYPE_CHECKING:
    from argparse import Namespace

host, port, password, *users = sys.argv[1:]


class ManyUsers(DictBackend):
    """pymap's backend in memory, with all users instead of one, each with a copy of the sample mail."""

    @classmethod
    async def init(cls, args: Namespace, **overrides: object) -> tuple[DictBackend, Config]:
        """Make the users and fill their mailboxes before the port is opened."""
        backend, config = await super().init(args, **overrides)
        hashed = await Passwords(config).hash_password(password)
        for user in users:
            identity = Identity(user, backend.login, None, frozenset())
            await identity.set(UserMetadata(config, user, password=hashed))
            # The sample mail goes to the user the configuration names, when its first session is made.
            config._demo_user = user
            async with identity.new_session():
                pass
        return backend, config


backends.add("many", ManyUsers)
sys.argv[1:] = ["--host", host, "--port", port, "--no-tls", "many", "--demo-data"]
main()
