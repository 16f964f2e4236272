"""Certificates made on the spot, right and wrong, for the table of test_certificates.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
SERVER, ANY = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
MAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION


@dataclass
class Wanted:
    """What to make of the leaf; the defaults are a certificate that C2PA takes."""

    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    usages: tuple[x509.ObjectIdentifier, ...] = (MAIL,)
    signs: bool = True
    names_authority: bool = True
    starts: datetime = NOW - timedelta(days=2)
    ends: datetime = NOW + timedelta(days=30)
    form: PrivateFormat = PrivateFormat.PKCS8
    password: bytes = b""


def pem(wanted: Wanted) -> tuple[str, str, str, str]:
    """(leaf, authority between, root, private key of the leaf) as PEM."""
    root_key, between_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _authority("root", root_key, root_key, None)
    between = _authority("between", between_key, root_key, root)
    leaf = _leaf(wanted, between_key, between)
    protection = BestAvailableEncryption(wanted.password) if wanted.password else NoEncryption()
    key = wanted.key.private_bytes(Encoding.PEM, wanted.form, protection).decode()
    return (*(each.public_bytes(Encoding.PEM).decode() for each in (leaf, between, root)), key)  # type: ignore[return-value]


def authority_pem(wanted: Wanted) -> tuple[tuple[str, str, str], Any]:
    """((leaf, root that signed it, private key of the leaf) as PEM, the root's private key)."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _authority("root", root_key, root_key, None)
    leaf = _leaf(wanted, root_key, root)
    key = wanted.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    pems = (each.public_bytes(Encoding.PEM).decode() for each in (leaf, root))
    return (*pems, key), root_key  # type: ignore[return-value]


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def other_curves() -> list[Any]:
    return [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate(), rsa_key(2048)]


def _builder(name: str, issuer: x509.Certificate | None, public: Any, starts: datetime, ends: datetime) -> Any:
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A house"),
                         x509.NameAttribute(NameOID.COMMON_NAME, name)])  # fmt: skip
    return (
        x509.CertificateBuilder(issuer.subject if issuer else subject, subject, public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _authority(name: str, key: Any, signer: Any, issuer: x509.Certificate | None) -> x509.Certificate:
    builder = _builder(name, issuer, key.public_key(), NOW - timedelta(days=9), NOW + timedelta(days=900))
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=False, authority=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _leaf(wanted: Wanted, signer: Any, issuer: x509.Certificate) -> x509.Certificate:
    builder = _builder("leaf", issuer, wanted.key.public_key(), wanted.starts, wanted.ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(wanted.signs, authority=False), critical=True)
    if wanted.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(wanted.usages), critical=False)
    if wanted.names_authority:
        named = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(named, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(signs: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs and not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
