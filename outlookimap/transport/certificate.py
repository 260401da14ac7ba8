"""A certificate to throw away after a test or a demonstration, with an authority of its own.

Knows nothing of connections. It is apart from the contexts because the library it takes is large, and a client that
only connects needs none of it.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from outlookimap.errors import UsageError

_LIFETIME = datetime.timedelta(days=7)
_CLOCK_SKEW = datetime.timedelta(hours=1)


class ThrowawayCertificate(NamedTuple):
    """The PEM files of a certificate made by `throwaway_certificate`."""

    certificate: Path
    key: Path
    ca: Path


def throwaway_certificate(names: Iterable[str], directory: Path) -> ThrowawayCertificate:
    """Make an authority and a server's certificate for `names` (DNS names and IP addresses) in `directory`.

    The files are ``cert.pem``, ``key.pem`` (for its owner only) and ``ca.pem`` (for clients' ca_file); files of
    these names are replaced. All is valid for 7 days, and the authority's key is not kept. UsageError when `names`
    is empty or one is neither an IP address nor an ASCII DNS name, or `directory` cannot be written.
    """
    general_names = [_general_name(name) for name in names]
    if not general_names:
        raise UsageError("a certificate needs one name at least")
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _named("throwaway authority")
    ca = (
        _builder(ca_name, ca_name, key=ca_key, ca_key=ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _builder(_named("throwaway certificate"), ca_name, key=key, ca_key=ca_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(general_names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    made = ThrowawayCertificate(directory / "cert.pem", directory / "key.pem", directory / "ca.pem")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        _write(made.certificate, leaf.public_bytes(serialization.Encoding.PEM), 0o644)
        _write(made.key, private, 0o600)
        _write(made.ca, ca.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise UsageError(f"no certificate can be written to {directory}: {error.strerror or error}") from error
    return made


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if not name:
            raise UsageError("a certificate's name cannot be empty") from None
    try:
        return x509.DNSName(name)
    except ValueError as error:
        raise UsageError(f"{name!r} is neither an IP address nor an ASCII DNS name") from error


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, *, key: ec.EllipticCurvePrivateKey, ca_key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, octets: bytes, mode: int) -> None:
    # A new file, so that neither an old one's permissions nor a link put in its place decide who reads the key.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(octets)
