"""Mail servers nobody here wrote: started by the tests on loopback ports, and stopped by them.

`servers.dovecot.dovecot`, `servers.cyrus.cyrus`, `servers.courier.courier`, `servers.imap4d.imap4d` and
`servers.pymap.pymap` are context managers that yield a `servers.real_server.RealServer`; each module's `missing()`
says why its server cannot run here.
`install_debian.sh` installs what they need.
"""
