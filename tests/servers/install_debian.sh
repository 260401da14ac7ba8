#!/bin/sh
# Installs the mail servers that the tests talk to, on Debian 12, as root:
#
#   * Dovecot (dovecot-imapd), and winbind for Samba's ntlm_auth, through which Dovecot does NTLM;
#   * Cyrus IMAP 3.6, Courier-IMAP 5.0 and GNU Mailutils imap4d 3.15, unpacked beside it: Debian's IMAP servers conflict,
#     so only one can be installed;
#   * mbsync (isync), offlineimap3, curl and mutt: clients that the embedded server and lint are tried with;
#   * chromium, without a window: it takes the pictures of reports;
#   * what the servers need to run, and python3-venv, without which `python3 -m venv` fails on a bare machine.
#
# pymap, another server, comes with the Python packages of the tests.
#
# Nothing is started and nothing is enabled: the tests run the servers themselves, on loopback ports.
# May be run again at any time; does nothing when all is there. What is unpacked goes to cyrus, courier and imap4d in
# $OUTLOOKIMAP_TEST_SERVERS (default /opt/outlookimap-test-servers), where the tests look for it.
set -eu

root=${OUTLOOKIMAP_TEST_SERVERS:-/opt/outlookimap-test-servers}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

complete() {
    for program in dovecot doveadm ntlm_auth saslpasswd2 openssl mbsync offlineimap curl mutt chromium; do
        command -v "$program" >/dev/null || return 1
    done
    [ -x /usr/lib/dovecot/imap-login ] || return 1
    # VERSION is written last, so a half unpacked tree does not pass.
    [ -f "$root/cyrus/VERSION" ] && [ -x "$root/cyrus/usr/lib/cyrus/bin/imapd" ] || return 1
    [ -f "$root/courier/VERSION" ] && [ -x "$root/courier/usr/lib/courier/courier/imaplogin" ] || return 1
    [ -f "$root/imap4d/VERSION" ] && [ -x "$root/imap4d/usr/sbin/imap4d" ] || return 1
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
# In lines: Python and TLS; Dovecot; clients; the browser; SASL; the libraries that the programs of Cyrus (two lines),
# Courier and imap4d are linked with.
apt-get install -y -qq --no-install-recommends \
    python3 python3-venv ca-certificates openssl \
    dovecot-core dovecot-imapd winbind \
    isync offlineimap3 curl mutt \
    chromium \
    sasl2-bin libsasl2-modules libsasl2-modules-db \
    libclamav12 libcom-err2 libical3 libicu72 libjansson4 libkrb5-3 libldap-2.5-0 libnsl2 libpcre3 libpq5 \
    libsqlite3-0 libssl3 libwrap0 libxapian30 libxml2 libzephyr4 zlib1g \
    libcourier-unicode4 libcrypt1 libgamin0 libgdbm6 libidn12 libltdl7 libpam0g \
    libgnutls30 libgsasl18 libgssapi-krb5-2 libk5crypto3 libmailutils9 libunistring2

# apt downloads as the user _apt, who must be able to write here.
chmod 755 "$work"
chown _apt "$work" 2>/dev/null || true
# unpack NAME PACKAGE...: the packages' files go to $root/NAME, the version of the first package to VERSION there.
unpack() {
    place=$root/$1
    shift
    if [ -f "$place/VERSION" ]; then return; fi
    (cd "$work" && apt-get download -qq "$@")
    rm -rf "$place"
    mkdir -p "$place"
    for package in "$@"; do
        dpkg -x "$work/$package"_*.deb "$place"
    done
    chmod 755 "$place"
    dpkg-deb --field "$work/$1"_*.deb Version >"$place/VERSION"
}
mkdir -p "$root"
chmod 755 "$root"
# Cyrus's master gives up root for this user, which its package would have made.
id cyrus >/dev/null 2>&1 || useradd --system --no-create-home --gid mail --shell /usr/sbin/nologin cyrus
unpack cyrus cyrus-imapd cyrus-common
unpack courier courier-imap courier-authlib courier-authlib-userdb courier-authdaemon courier-base
unpack imap4d mailutils-imap4d

if ! complete; then
    echo "install_debian.sh: something is still missing, see above" >&2
    exit 1
fi
echo "install_debian.sh: Dovecot $(dovecot --version); in $root" \
    "Cyrus $(cat "$root/cyrus/VERSION"), Courier $(cat "$root/courier/VERSION"), imap4d $(cat "$root/imap4d/VERSION")"
