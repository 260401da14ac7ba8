"""Cyrus IMAP 3.6: NTLM and DIGEST-MD5 of its own, and XLIST. Must be started by root, which it gives up."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from servers import certificates, unpacked
from servers.logs import CyrusLog
from servers.process import HOST, free_ports, make_directory, running
from servers.real_server import PASSWORD, USERS, RealServer

if TYPE_CHECKING:
    from collections.abc import Iterator

MECHANISMS = "PLAIN LOGIN DIGEST-MD5 NTLM"
ADMIN = "cyrus"

_IMAPD = Template("""\
configdirectory: $directory/conf
defaultpartition: default
partition-default: $directory/spool
servername: localhost
cyrus_user: cyrus
cyrus_group: mail
admins: $admin
proc_path: $directory/conf/proc
mboxname_lockpath: $directory/conf/lock
idlesocket: $directory/conf/socket/idle
lmtpsocket: $directory/conf/socket/lmtp
notifysocket: $directory/conf/socket/notify
sievedir: $directory/conf/sieve
telemetry_bysessionid: yes

allowplaintext: yes
# Tests fail to sign in on purpose; the default is a pause of 3 seconds.
failedloginpause: 0
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $directory/sasldb2
sasl_mech_list: $mechanisms
tls_server_cert: $certificate
tls_server_key: $key

unixhierarchysep: no
altnamespace: $alt_namespace
virtdomains: off
# Delayed, the default, makes a second DELETE of a name within one second fail.
delete_mode: immediate
expunge_mode: immediate
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Sent|Drafts|Trash|Junk
autosubscribe_inbox_folders: Sent|Drafts|Trash|Junk
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
xlist-junk: Junk
""")

_MASTER = Template("""\
START {
  recover cmd="$bin/ctl_cyrusdb -C $directory/imapd.conf -r"
  $idled
}
SERVICES {
  imap cmd="$bin/imapd -C $directory/imapd.conf -U 30" listen="$host:$port" prefork=1 maxchild=100
  imaps cmd="$bin/imapd -C $directory/imapd.conf -s -U 30" listen="$host:$tls_port" prefork=0 maxchild=100
}
EVENTS {
}
""")

_IDLED = 'idled cmd="{bin}/idled -C {directory}/imapd.conf"'
"""What tells those that idle at once; without it they look once a minute."""

# NTLM needs MD4, which OpenSSL 3 has in its legacy provider only.
_OPENSSL = """\
openssl_conf = settings
[settings]
providers = providers
[providers]
default = active
legacy = active
[active]
activate = 1
"""


def version() -> str:
    """Return the version of the Debian package, an empty string when it is not there."""
    return unpacked.version("cyrus")


def missing() -> str | None:
    """Return why Cyrus cannot run here, None when it can."""
    if not version():
        return f"Cyrus is not in {unpacked.root('cyrus')}"
    if shutil.which("saslpasswd2", path=_search_path()) is None:
        return "saslpasswd2 (package sasl2-bin) is not installed"
    try:
        pwd.getpwnam("cyrus")
    except KeyError:
        return "there is no user cyrus"
    if os.geteuid() != 0:
        return "Cyrus must be started by root"
    return None


def _search_path() -> str:
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


@contextlib.contextmanager
def cyrus(
    directory: Path,
    *,
    mechanisms: str = MECHANISMS,
    alt_namespace: bool = True,
    idled: bool = False,
    extra: str = "",
) -> Iterator[RealServer]:
    """Run Cyrus in a directory its user can reach (`servers.process.server_directory`).

    The hierarchy separator is a full stop; folders are siblings of INBOX, or its children without
    `alt_namespace`. With `idled` those that idle hear of news at once. `extra` is added to imapd.conf.
    Raises ServerDidNotStart.
    """
    account = pwd.getpwnam("cyrus")
    owner = (account.pw_uid, account.pw_gid)
    binaries = unpacked.root("cyrus") / "usr/lib/cyrus/bin"
    port, tls_port = free_ports(2)
    certificate = certificates.issue(directory, owner)
    for name in ("conf", "spool", "conf/socket", "conf/proc", "conf/db", "conf/lock", "conf/log", "conf/sieve"):
        make_directory(directory / name, owner)
    for user in USERS:
        # Cyrus notes what a user sends when there is a directory of that name.
        make_directory(directory / "conf/log" / user, owner)
    _write_passwords(directory, owner)
    imapd = _IMAPD.substitute(
        directory=directory,
        admin=ADMIN,
        mechanisms=mechanisms,
        certificate=certificate.chain_file,
        key=certificate.key_file,
        alt_namespace="yes" if alt_namespace else "no",
    )
    master = _MASTER.substitute(
        bin=binaries,
        directory=directory,
        host=HOST,
        port=port,
        tls_port=tls_port,
        idled=_IDLED.format(bin=binaries, directory=directory) if idled else "",
    )
    for name, text in {"imapd.conf": imapd + extra, "cyrus.conf": master, "openssl.cnf": _OPENSSL}.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o644)
    command: list[str | Path] = [
        *(binaries / "master", "-C", directory / "imapd.conf", "-M", directory / "cyrus.conf"),
        *("-p", directory / "conf/master.pid"),
    ]
    with running(command, directory=directory, port=port, environ=_environment(directory)) as pid:
        yield RealServer(
            name="cyrus",
            port=port,
            tls_port=tls_port,
            ca_file=certificate.ca_file,
            pid=pid,
            directory=directory,
            log=CyrusLog(directory),
        )


def _environment(directory: Path) -> dict[str, str]:
    libraries = sorted((unpacked.root("cyrus") / "usr/lib").glob("*-linux-gnu*"))
    return {
        "LD_LIBRARY_PATH": os.pathsep.join(str(path) for path in libraries),
        "OPENSSL_CONF": str(directory / "openssl.cnf"),
    }


def _write_passwords(directory: Path, owner: tuple[int, int]) -> None:
    program = shutil.which("saslpasswd2", path=_search_path()) or "saslpasswd2"
    database = directory / "sasldb2"
    for user in (ADMIN, *USERS):
        subprocess.run(
            [program, "-p", "-c", "-f", database, "-u", "localhost", user],
            input=PASSWORD.encode(),
            check=True,
            timeout=30,
        )
    os.chown(database, *owner)
    database.chmod(0o600)
