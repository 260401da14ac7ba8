"""What errors of the operating system and of ssl mean, in our classes and in words that say what to do.

Knows nothing of transports; keeps no state.
"""

from __future__ import annotations

import errno
import socket
import ssl

from outlookimap.errors import ConnectError, ConnectionLost, TlsError

_NETWORK = {
    errno.ECONNREFUSED: "nothing listens there",
    errno.ENETUNREACH: "there is no route to that network",
    errno.EHOSTUNREACH: "there is no route to that host",
    errno.ETIMEDOUT: "no answer came",
    errno.ECONNRESET: "the other side reset it",
    errno.ECONNABORTED: "it was aborted",
    errno.EPIPE: "the other side had closed it",
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EACCES: "permission denied",
}

_LOOKUP = {
    socket.EAI_NONAME: "no such host",
    socket.EAI_AGAIN: "no such host, or the name server gave no answer",
}
if hasattr(socket, "EAI_NODATA"):  # glibc has it, POSIX dropped it
    _LOOKUP[socket.EAI_NODATA] = "no such host"

_TLS = {
    "WRONG_VERSION_NUMBER": "what came is not TLS (a port for STARTTLS or without encryption?)",
    "PACKET_LENGTH_TOO_LONG": "what came is not TLS",
    "UNEXPECTED_MESSAGE": "what came is not a TLS handshake",
    "RECORD_LAYER_FAILURE": "what came is not TLS (a port for STARTTLS or without encryption?)",
    "HTTP_REQUEST": "what came is HTTP, not TLS",
    "UNSUPPORTED_PROTOCOL": "the two sides allow no TLS version in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the two sides allow no TLS version in common",
    "NO_SHARED_CIPHER": "the two sides allow no cipher in common",
    "TLSV1_ALERT_UNKNOWN_CA": "the other side does not trust our certificate's authority",
}

# OpenSSL's X509_V_ERR_* numbers, which the ssl module hands on as `verify_code` without naming them
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER, _NO_FIRST = 9, 10, 18, 19, 20, 21
_HOSTNAME_MISMATCH, _IP_MISMATCH = 62, 64
_UNKNOWN_AUTHORITY = "give its authority's certificate as ca_file"
_WRONG_NAME = "connect by a name that the certificate holds"
_ADVICE = {
    _NOT_YET_VALID: "set this machine's clock, or have the certificate replaced",
    _EXPIRED: "have the certificate renewed",
    _SELF_SIGNED: _UNKNOWN_AUTHORITY,
    _SELF_SIGNED_IN_CHAIN: _UNKNOWN_AUTHORITY,
    _NO_ISSUER: _UNKNOWN_AUTHORITY,
    _NO_FIRST: _UNKNOWN_AUTHORITY,
    _HOSTNAME_MISMATCH: _WRONG_NAME,
    _IP_MISMATCH: _WRONG_NAME,
}


def network_reason(error: Exception) -> str:
    """Return why the network failed, in words."""
    if isinstance(error, socket.gaierror):
        return _LOOKUP.get(error.errno or 0, f"the name cannot be looked up: {error.strerror or error}")
    if isinstance(error, OSError):
        if isinstance(error, TimeoutError) and error.errno is None:
            return "no answer came in time"
        return _NETWORK.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)
    return f"no such host: {error}"  # a name that no host can have (UnicodeError, ValueError of the idna codec)


def not_connected(address: str, reasons: list[str]) -> ConnectError:
    """Return the error for `address` (host:port) none of whose addresses could be reached."""
    return ConnectError(f"no connection to {address}: {'; '.join(dict.fromkeys(reasons))}")


def lost(error: OSError, peer: str, doing: str) -> ConnectionLost:
    """Return the error for a connection to `peer` that broke while `doing` something (an ssl error: TlsError)."""
    if isinstance(error, ssl.SSLError):
        return TlsError(f"TLS with {peer} broke while {doing}: {tls_reason(error)}")
    return ConnectionLost(f"the connection to {peer} is lost (while {doing}): {network_reason(error)}")


def tls_failed(error: OSError, peer: str, name: str | None) -> TlsError:
    """Return the error for a TLS handshake with `peer`, known as `name`, that came to nothing."""
    shown = f"{name} ({peer})" if name else peer
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = _ADVICE.get(error.verify_code, "have the certificate replaced")
        return TlsError(
            f"the certificate of {shown} was refused: {error.verify_message.rstrip('.')}; {advice}, "
            "or say verify=False to do without any check"
        )
    return TlsError(f"no TLS with {shown}: {tls_reason(error)}")


def tls_reason(error: OSError) -> str:
    """Return why TLS failed, in words."""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the other side closed the connection"
    if isinstance(error, ssl.SSLError):
        name = error.reason or ""
        return _TLS.get(name, name.lower().replace("_", " ") or str(error))
    return network_reason(error)
