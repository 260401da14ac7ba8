#!/bin/sh
# Installs the mail servers that the tests talk to, on Debian 12, as root:
#
#   * Dovecot (dovecot-imapd), and winbind for Samba's ntlm_auth, through which Dovecot does NTLM;
#   * Cyrus IMAP 3.6, unpacked beside it: Debian's IMAP servers conflict, so only one can be installed;
#   * mbsync (isync), offlineimap3, curl and mutt: clients that the embedded server and lint are tried with;
#   * what the servers need to run, and python3-venv, without which `python3 -m venv` fails on a bare machine.
#
# pymap, the third server, comes with the Python packages of the tests.
#
# Nothing is started and nothing is enabled: the tests run the servers themselves, on loopback ports.
# May be run again at any time; does nothing when all is there. Cyrus goes to
# $OUTLOOKIMAP_TEST_SERVERS/cyrus (default /opt/outlookimap-test-servers/cyrus), where the tests look for it.
set -eu

root=${OUTLOOKIMAP_TEST_SERVERS:-/opt/outlookimap-test-servers}
cyrus=$root/cyrus
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

complete() {
    for program in dovecot doveadm ntlm_auth saslpasswd2 openssl mbsync offlineimap curl mutt; do
        command -v "$program" >/dev/null || return 1
    done
    [ -x /usr/lib/dovecot/imap-login ] || return 1
    # VERSION is written last, so a half unpacked tree does not pass.
    [ -f "$cyrus/VERSION" ] && [ -x "$cyrus/usr/lib/cyrus/bin/imapd" ] || return 1
    id cyrus >/dev/null 2>&1 || return 1
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || return 1
}

if complete; then
    echo "install_debian.sh: everything is there already"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "install_debian.sh: must be run as root" >&2
    exit 1
fi

work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
our_policy=no
clean_up() {
    rm -rf "$work"
    if [ "$our_policy" = yes ]; then rm -f "$policy"; fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# Debian starts a service when its package is installed, unless this script says 101.
if ! [ -e "$policy" ]; then
    our_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
apt-get update -qq
# In lines: Python and TLS; Dovecot; clients; SASL; the libraries Cyrus's programs are linked with.
apt-get install -y -qq --no-install-recommends \
    python3 python3-venv ca-certificates openssl \
    dovecot-core dovecot-imapd winbind \
    isync offlineimap3 curl mutt \
    sasl2-bin libsasl2-modules libsasl2-modules-db \
    libclamav12 libcom-err2 libical3 libicu72 libjansson4 libkrb5-3 libldap-2.5-0 libnsl2 libpcre3 libpq5 \
    libsqlite3-0 libssl3 libwrap0 libxapian30 libxml2 libzephyr4 zlib1g

# apt downloads as the user _apt, who must be able to write here.
chmod 755 "$work"
chown _apt "$work" 2>/dev/null || true
(cd "$work" && apt-get download -qq cyrus-common cyrus-imapd)
rm -rf "$cyrus"
mkdir -p "$cyrus"
for package in "$work"/cyrus-*.deb; do
    dpkg -x "$package" "$cyrus"
done
# Cyrus's master gives up root for this user, which its package would have made.
id cyrus >/dev/null 2>&1 || useradd --system --no-create-home --gid mail --shell /usr/sbin/nologin cyrus
chmod 755 "$root" "$cyrus"
dpkg-deb --field "$work"/cyrus-imapd_*.deb Version >"$cyrus/VERSION"

if ! complete; then
    echo "install_debian.sh: something is still missing, see above" >&2
    exit 1
fi
echo "install_debian.sh: Dovecot $(dovecot --version), Cyrus $(cat "$cyrus/VERSION") in $cyrus"
