"""Certificates of every kind that a server or a proxy may show, made for a test."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certificate authority of a company, in the form of today or in one that Python 3.13 finds too old."""

    is_old: bool = False
    name: str = "Company CA"
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, *, is_old: bool = False) -> Authority:
        """A new one."""
        return cls(is_old=is_old, key=ec.generate_private_key(ec.SECP256R1()))

    def certificate(self) -> bytes:
        """Its own certificate, in PEM; an old one has no key identifiers, and does not mark what is critical."""
        builder = _builder(self.name, self.name, self.key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=not self.is_old)
        if not self.is_old:
            identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            usage = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
            builder = builder.add_extension(identifier, critical=False)
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def server(
        self, folder: Path, host: str = "gate.invalid", *, starts: timedelta = -DAY, ends: timedelta = DAY
    ) -> ssl.SSLContext:
        """The TLS context of a server whose certificate it has issued, valid from and until so long after now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(host, self.name, key.public_key(), starts=starts, ends=ends)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        if not self.is_old:
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(issuer, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        path = folder / "server.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    *,
    starts: timedelta = -DAY,
    ends: timedelta = DAY,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
