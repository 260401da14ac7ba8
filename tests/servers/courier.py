"""Courier-IMAP 5.0, over Maildir folders named with full stops. Runs as root or as an ordinary user.

Courier's programs name the directories of its package in their own text, and take no other for their passwords and the
socket of their authentication. The copies run here name directories of the test instead, so several can run at
once, beside an installed one, without a file outside the test's directory and without privileges.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from servers import unpacked
from servers.process import HOST, free_ports, make_directory, running
from servers.real_server import PASSWORD, USERS, RealServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Debian's /etc/courier/imapd lists, and the mechanisms.
CAPABILITY = (
    "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE "
    "AUTH=CRAM-MD5 AUTH=PLAIN"
)

_PROGRAMS = (
    "usr/lib/courier/courier-authlib/authdaemond",
    "usr/lib/courier/courier-authlib/makedatprog",
    "usr/lib/courier/courier/imaplogin",
    "usr/bin/imapd",
    "usr/sbin/couriertcpd",
    "usr/sbin/userdbpw",
)
_LIBRARIES = "usr/lib/libcourierauth*.so.0"
_MODULES = "usr/lib/courier-authlib/libauthuserdb.so.0"

# Directories as the programs name them, and below the test's directory, in which they are run.
_PLACES = {b"/etc/courier/": b"etc", b"/run/courier/": b"run", b"/usr/lib/courier-authlib": b"modules"}

_AUTHDAEMON = """\
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=run/authdaemon
"""

# The authentication daemon is a child of the shell, which becomes the server itself: one group, and its first process
# is the server. imapd is named in full: it is started in the user's directory.
_START = Template("""\
programs/authdaemond &
until [ -S run/authdaemon/socket ]; do sleep 0.02; kill -0 $$! || exit 1; done
exec programs/couriertcpd -address=$host -maxprocs=400 -maxperip=400 -nodnslookup -noidentlookup $port \
    programs/imaplogin $directory/programs/imapd Maildir
""")


def version() -> str:
    """Return the version of the Debian package, an empty string when it is not there."""
    return unpacked.version("courier")


def missing() -> str | None:
    """Return why Courier cannot run here, None when it can."""
    return None if version() else f"Courier is not in {unpacked.root('courier')}"


@contextlib.contextmanager
def courier(directory: Path, *, capability: str = CAPABILITY) -> Iterator[RealServer]:
    """Run Courier without TLS in a directory its user can reach (`servers.process.server_directory`).

    The hierarchy separator is a full stop and every folder is below INBOX; folders that start with `#` belong to
    others. `capability` is the list before sign-in and after it; Courier itself adds ACL, ENABLE and UTF8=ACCEPT.
    Courier notes only the words of what it receives, not the octets. Raises ServerDidNotStart.
    """
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    owner = (account.pw_uid, account.pw_gid)
    (port,) = free_ports(1)
    for name in ("programs", "libraries", "modules", "etc", "run/authdaemon", "mail"):
        make_directory(directory / name)
    _copy_programs(directory)
    (directory / "etc/authdaemonrc").write_text(_AUTHDAEMON)
    _write_users(directory, owner)
    (directory / "start.sh").write_text(_START.substitute(host=HOST, port=port, directory=directory))
    environ = {
        **_libraries(directory),
        "IMAP_CAPABILITY": capability,
        "IMAP_STARTTLS": "NO",
        "TLS_REQUIRED": "0",
        # As Debian's /etc/courier/imapd has them.
        "IMAP_ACL": "1",
        "IMAP_KEYWORDS": "1",
        "IMAP_USELOCKS": "1",
        "IMAP_MAILBOX_SANITY_CHECK": "1",
        "IMAP_IDLE_TIMEOUT": "60",
        "IMAP_ENHANCEDIDLE": "0",
        "IMAP_TRASHFOLDERNAME": "Trash",
        "IMAP_EMPTYTRASH": "Trash:7",
    }
    with running(["/bin/sh", "start.sh"], directory=directory, port=port, environ=environ) as pid:
        yield RealServer(
            name="courier",
            port=port,
            tls_port=None,
            ca_file=None,
            pid=pid,
            directory=directory,
            log=None,
            prefix="INBOX.",
        )


def _copy_programs(directory: Path) -> None:
    """Copy what is run, with the test's directories in the place of the package's."""
    places = {
        "programs": [unpacked.root("courier") / name for name in _PROGRAMS],
        "libraries": sorted(unpacked.root("courier").glob(_LIBRARIES)),
        "modules": sorted(unpacked.root("courier").glob(_MODULES)),
    }
    for place, files in places.items():
        for original in files:
            content = original.read_bytes()
            for named, own in _PLACES.items():
                # Nothing in the file may move, and more slashes are as good as one.
                content = content.replace(named, own.ljust(len(named), b"/"))
            copy = directory / place / original.name
            copy.write_bytes(content)
            copy.chmod(0o755)


def _libraries(directory: Path) -> dict[str, str]:
    return {"LD_LIBRARY_PATH": str(directory / "libraries")}


def _write_users(directory: Path, owner: tuple[int, int]) -> None:
    """Make the mail directories, and as Courier's makeuserdb would a database of users and one of passwords."""
    public: list[str] = []
    secret: list[str] = []
    passwords = f"imappw={_hashed(directory, '-md5')}|hmac-md5pw={_hashed(directory, '-hmac-md5')}"
    for user in USERS:
        home = make_directory(directory / "mail" / user, owner)
        make_directory(home / "Maildir", owner, 0o700)
        for part in ("cur", "new", "tmp"):
            make_directory(home / "Maildir" / part, owner, 0o700)
        public.append(f"{user}\tuid={owner[0]}|gid={owner[1]}|home={home}|_=\n")
        secret.append(f"{user}\t{passwords}\n")
    for name, lines in (("userdb.dat", public), ("userdbshadow.dat", secret)):
        _run(directory, "makedatprog", "-", directory / "etc" / "new", directory / "etc" / name, text=[*lines, ".\n"])


def _hashed(directory: Path, form: str) -> str:
    """Return the password as Courier keeps it, `-md5` for LOGIN and PLAIN, `-hmac-md5` for CRAM-MD5."""
    return _run(directory, "userdbpw", form, text=[f"{PASSWORD}\n"]).strip()


def _run(directory: Path, program: str, *arguments: str | Path, text: list[str]) -> str:
    answer = subprocess.run(
        [directory / "programs" / program, *arguments],
        input="".join(text),
        capture_output=True,
        text=True,
        env={**os.environ, **_libraries(directory)},
        check=True,
        timeout=30,
    )
    return answer.stdout
