"""TLS contexts for both ends.

Knows nothing of connections. A context never allows less than TLS 1.2.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from outlookimap.errors import UsageError


def client_context(*, ca_file: str | Path | None, verify: bool) -> ssl.SSLContext:
    """Return a client's context that verifies certificate and name, by the system's authorities.

    `ca_file` (PEM) replaces the system's authorities, it does not add to them. `verify=False` accepts any
    certificate of anybody. UsageError when `ca_file` cannot be used, or is given though nothing is verified.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        if ca_file is not None:
            raise UsageError(f"ca_file {ca_file} says what to verify by and verify=False not to: leave one out")
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        try:
            context.load_verify_locations(cafile=Path(ca_file))
        except ssl.SSLError as error:
            raise UsageError(f"ca_file {ca_file} holds no certificate in PEM form") from error
        except (OSError, ValueError) as error:
            raise UsageError(f"ca_file {ca_file} cannot be read: {_why(error)}") from error
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a server's context with `certificate` (PEM, the chain after it) and its `key` (PEM, not encrypted).

    UsageError when the two cannot be read or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password, or OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise UsageError(
            f"the certificate {certificate} and the key {key} are not a PEM certificate and its unencrypted key: "
            f"{reason}"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"the certificate {certificate} or the key {key} cannot be read: {_why(error)}") from error
    return context


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
