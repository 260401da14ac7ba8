"""Dovecot 2.3: DIGEST-MD5 of its own, NTLM through Samba's ntlm_auth. Runs as root or as an ordinary user."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal

from servers import certificates
from servers.logs import DovecotLog
from servers.process import HOST, free_ports, make_directory, running
from servers.real_server import PASSWORD, USERS, RealServer

if TYPE_CHECKING:
    from collections.abc import Iterator

MECHANISMS = "plain login digest-md5 ntlm"
# What Debian's own configuration recommends for Outlook.
WORKAROUNDS = "delay-newmail tb-extra-mailbox-sep tb-lsub-flags"
_LOCATIONS = {"maildir": "maildir:~/Maildir", "mdbox": "mdbox:~/mdbox", "sdbox": "sdbox:~/sdbox"}

_CONFIGURATION = Template("""\
protocols = imap
listen = $host
base_dir = $directory/run
state_dir = $directory/state
instance_name = $name
log_path = $directory/log/dovecot.log
auth_verbose = yes
default_login_user = $login_user
default_internal_user = $internal_user
default_internal_group = $internal_group
first_valid_uid = 1
first_valid_gid = 1

disable_plaintext_auth = no
auth_mechanisms = $mechanisms
auth_use_winbind = yes
auth_winbind_helper_path = $directory/ntlm_helper
auth_realms = localhost
# Tests fail to sign in on purpose, often, and from one address.
auth_failure_delay = 0
mail_max_userip_connections = 1000
passdb {
  driver = passwd-file
  # %n: DIGEST-MD5 and NTLM sign in as user1@realm.
  args = scheme=PLAIN username_format=%n $directory/users
}
userdb {
  driver = passwd-file
  args = username_format=%n $directory/users
}

mail_location = $location
mail_fsync = never
rawlog_dir = $directory/rawlog/%n
namespace inbox {
  inbox = yes
  mailbox Drafts {
    special_use = \\Drafts
    auto = subscribe
  }
  mailbox "Sent Items" {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox "Deleted Items" {
    special_use = \\Trash
    auto = subscribe
  }
  mailbox "Junk E-mail" {
    special_use = \\Junk
    auto = subscribe
  }
}
protocol imap {
  imap_client_workarounds = $workarounds
}
service imap-login {
  # -R: what comes before sign-in goes to files as well; they are outside the usual chroot.
  executable = imap-login -R $directory/rawlog-login
  chroot =
  process_min_avail = 1
  inet_listener imap {
    address = $host
    port = $port
  }
  inet_listener imaps {
    address = $host
    port = $tls_port
    ssl = yes
  }
}
service anvil {
  $chroot
  # Without this listener there is no delay that grows with each failed sign-in (2, 4, 8 .. seconds).
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  $chroot
}
""")

_TLS = Template("""\
ssl = yes
ssl_cert = <$certificate
ssl_key = <$key
ssl_min_protocol = TLSv1.2
""")

# The helper checks NTLM answers against a password given to it, without a domain and without winbindd.
_NTLM_HELPER = Template("""\
#!/bin/sh
exec $ntlm_auth --configfile=$samba/smb.conf --password=$password "$$@" 2>>$samba/errors
""")
_SAMBA = Template("""\
[global]
workgroup = TESTDOM
netbios name = DOVECOT
security = user
ntlm auth = yes
lanman auth = yes
client lanman auth = yes
lock directory = $samba
state directory = $samba
cache directory = $samba
private dir = $samba
pid directory = $samba
log level = 0
""")


@dataclass(frozen=True, slots=True)
class _Accounts:
    """The system accounts of Dovecot's processes: as root several, else only our own."""

    mail: tuple[int, int]
    login_user: str
    internal_user: str
    internal_group: str
    chroot: str

    @classmethod
    def here(cls) -> _Accounts:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            return cls((nobody.pw_uid, nobody.pw_gid), "dovenull", "dovecot", "dovecot", "")
        import grp

        user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        return cls((os.geteuid(), os.getegid()), user, user, group, "chroot =")


def _program(name: str) -> str | None:
    """Find a program also where an ordinary user's PATH does not look."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))


@functools.cache
def version() -> str:
    """Return Dovecot's version as it prints it, an empty string when it is not there."""
    program = _program("dovecot")
    if program is None:
        return ""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    return answer.stdout.split()[0]


def missing() -> str | None:
    """Return why Dovecot cannot run here, None when it can."""
    if not version():
        return "dovecot is not installed"
    if not version().startswith("2.3."):
        return f"Dovecot 2.3 is needed, this is {version()}"
    if _program("ntlm_auth") is None:
        return "ntlm_auth (package winbind) is not installed"
    return None


@contextlib.contextmanager
def dovecot(
    directory: Path,
    *,
    mechanisms: str = MECHANISMS,
    capability: str | None = None,
    workarounds: str = "",
    tls: bool = True,
    format: Literal["maildir", "mdbox", "sdbox"] = "maildir",  # noqa: A002
    extra: str = "",
) -> Iterator[RealServer]:
    """Run Dovecot in a directory its users can reach (`servers.process.server_directory`).

    `capability` replaces its list of capabilities: exactly this after sign-in; before it Dovecot adds an `AUTH=`
    for each mechanism, and STARTTLS with `tls`. `workarounds` are what Dovecot does for clients it knows to stumble.
    `extra` is added to the configuration.
    Raises ServerDidNotStart.
    """
    accounts = _Accounts.here()
    port, tls_port = free_ports(2)
    _make_directories(directory, accounts)
    _write_users(directory, accounts)
    _write_ntlm_helper(directory)
    text = _CONFIGURATION.substitute(
        host=HOST,
        directory=directory,
        name=f"test-{port}",
        login_user=accounts.login_user,
        internal_user=accounts.internal_user,
        internal_group=accounts.internal_group,
        chroot=accounts.chroot,
        mechanisms=mechanisms,
        workarounds=workarounds,
        location=_LOCATIONS[format],
        port=port,
        # Port 0 is no listener.
        tls_port=tls_port if tls else 0,
    )
    certificate = certificates.issue(directory) if tls else None
    if certificate is None:
        text += "ssl = no\n"
    else:
        text += _TLS.substitute(certificate=certificate.chain_file, key=certificate.key_file)
    if capability is not None:
        text += f"imap_capability = {capability}\n"
    configuration = directory / "dovecot.conf"
    configuration.write_text(text + extra)
    configuration.chmod(0o644)
    command: list[str | Path] = [_program("dovecot") or "dovecot", "-F", "-c", configuration]
    with running(command, directory=directory, port=port) as pid:
        yield RealServer(
            name="dovecot",
            port=port,
            tls_port=tls_port if tls else None,
            ca_file=certificate.ca_file if certificate else None,
            pid=pid,
            directory=directory,
            log=DovecotLog(directory),
        )


def _make_directories(directory: Path, accounts: _Accounts) -> None:
    for name in ("run", "state", "log", "mail", "rawlog"):
        make_directory(directory / name)
    login = pwd.getpwnam(accounts.login_user)
    make_directory(directory / "rawlog-login", (login.pw_uid, login.pw_gid))
    for user in USERS:
        make_directory(directory / "mail" / user, accounts.mail)
        make_directory(directory / "rawlog" / user, accounts.mail)


def _write_users(directory: Path, accounts: _Accounts) -> None:
    uid, gid = accounts.mail
    lines = (f"{user}:{{PLAIN}}{PASSWORD}:{uid}:{gid}::{directory}/mail/{user}::\n" for user in USERS)
    users = directory / "users"
    users.write_text("".join(lines))
    users.chmod(0o644)


def _write_ntlm_helper(directory: Path) -> None:
    # Samba writes its databases here as the user of Dovecot's auth process.
    samba = make_directory(directory / "samba", mode=0o777)
    (samba / "smb.conf").write_text(_SAMBA.substitute(samba=samba))
    (samba / "smb.conf").chmod(0o644)
    helper = directory / "ntlm_helper"
    helper.write_text(_NTLM_HELPER.substitute(ntlm_auth=_program("ntlm_auth"), samba=samba, password=PASSWORD))
    helper.chmod(0o755)
