"""A throw-away certificate for the loopback address, and the authority that signed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM: the authority, the server's certificate with its chain, and its private key."""

    ca_file: Path
    chain_file: Path
    key_file: Path


def issue(directory: Path, owner: tuple[int, int] | None = None) -> Certificate:
    """Write a certificate for localhost and 127.0.0.1; the key belongs to `owner` when running as root."""
    made = Certificate(directory / "ca.pem", directory / "chain.pem", directory / "key.pem")
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(made.ca_file)
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(made.chain_file, append=True)
    leaf.private_key_pem.write_to_path(made.key_file)
    made.ca_file.chmod(0o644)
    made.chain_file.chmod(0o644)
    made.key_file.chmod(0o600)
    if owner is not None and os.geteuid() == 0:
        os.chown(made.key_file, *owner)
    return made
