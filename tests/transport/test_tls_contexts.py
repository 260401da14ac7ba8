from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outlookimap.errors import UsageError
from outlookimap.transport.certificate import throwaway_certificate
from outlookimap.transport.tls import client_context, server_context


def test_a_client_verifies_by_default_with_the_systems_authorities() -> None:
    context = client_context(ca_file=None, verify=True)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_ca_file_replaces_the_systems_authorities(tmp_path: Path) -> None:
    made = throwaway_certificate(["mail.test"], tmp_path)
    for given in (made.ca, str(made.ca)):
        context = client_context(ca_file=given, verify=True)
        assert context.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(made.ca.read_text())]
        assert context.verify_mode is ssl.CERT_REQUIRED


def test_not_to_verify_must_be_said() -> None:
    context = client_context(ca_file=None, verify=False)
    assert context.verify_mode is ssl.CERT_NONE
    assert context.check_hostname is False
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_ca_file_without_verification_is_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ca\.pem.*verify=False.*leave one out"):
        client_context(ca_file=tmp_path / "ca.pem", verify=False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "holds no certificate in PEM form"),
        (b"\x30\x82 not PEM", "holds no certificate in PEM form"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate in PEM form"),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"authorities\.pem {reason}") as caught:
        client_context(ca_file=file, verify=True)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_ca_file_with_an_impossible_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        client_context(ca_file="ca\0.pem", verify=True)


def test_a_throwaway_certificate_is_for_its_names_and_a_few_days(tmp_path: Path) -> None:
    made = throwaway_certificate(["mail.test", "127.0.0.1", "::1"], tmp_path)
    leaf = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(made.ca.read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["mail.test", "127.0.0.1", "::1"]
    leaf.verify_directly_issued_by(authority)
    assert 1 <= (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 14
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is True


def test_the_key_is_its_owners_alone_whatever_was_there_before(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    target = tmp_path / "made"
    target.mkdir()
    (target / "key.pem").symlink_to(elsewhere)
    before = os.umask(0)
    try:
        made = throwaway_certificate(["mail.test"], target)
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.key.lstat().st_mode) == 0o600
    assert elsewhere.read_text() == "untouched"
    again = throwaway_certificate(["mail.test"], target)
    assert again == made
    server_context(made.certificate, made.key)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "one name at least"),
        ([""], "cannot be empty"),
        (["bücher.test"], "neither an IP address nor an ASCII DNS name"),
    ],
)
def test_names_no_certificate_can_hold(tmp_path: Path, names: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        throwaway_certificate(names, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no certificate can be written to .*nowhere: No such file"):
        throwaway_certificate(["mail.test"], tmp_path / "nowhere")


def test_a_server_wants_tls_1_2_at_least(tmp_path: Path) -> None:
    made = throwaway_certificate(["mail.test"], tmp_path)
    assert server_context(made.certificate, made.key).minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_key_that_is_missing_foreign_or_encrypted_is_refused_without_asking(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    ours = throwaway_certificate(["mail.test"], tmp_path / "a")
    foreign = throwaway_certificate(["mail.test"], tmp_path / "b")
    with pytest.raises(UsageError, match="nowhere cannot be read: No such file"):
        server_context(ours.certificate, tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"not a PEM certificate and its unencrypted key: .*mismatch"):
        server_context(ours.certificate, foreign.key)
    key = serialization.load_pem_private_key(ours.key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    with pytest.raises(UsageError, match=r"locked\.pem are not a PEM certificate and its unencrypted key"):
        server_context(ours.certificate, locked)
