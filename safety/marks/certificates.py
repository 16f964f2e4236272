"""Reads an operator's own signing certificate from two PEM files, and names its problems before anything is exported.

What C2PA asks of a certificate (specification 2.1, section 14.5.1): an end-entity certificate for e-mail protection and
digital signatures, that names the key it was signed with; an algorithm of its list; the chain from the leaf upwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from safety.errors import KeysError
from safety.marks.keys import SigningKeys

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, ExtensionType

Extension = TypeVar("Extension", bound="ExtensionType")
MIN_RSA_BITS = 2048
# C2PA's names of signature algorithms by the curve of the key.
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
CONVERT = "openssl pkcs8 -topk8 -nodes -in OLD.pem -out NEW.pem"
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
# First lines of private keys that the signer cannot read, and what they are.
_OTHER_KEYS = {
    "BEGIN EC PRIVATE KEY": "in SEC1 form",
    "BEGIN RSA PRIVATE KEY": "in PKCS#1 form",
    "BEGIN ENCRYPTED PRIVATE KEY": "encrypted",
    "BEGIN OPENSSH PRIVATE KEY": "an SSH key",
}


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Names the files of the chain, leaf first, and of its private key (PKCS#8), both as PEM."""

    chain: Path
    key: Path

    def load(self) -> SigningKeys:
        """Reads both files. Raises KeysError that names every problem and what to do about the first."""
        chain, key = _text(self.chain), _text(self.key)
        if faults := list(problems(chain, key, datetime.now(UTC))):
            sentences = " ".join(problem for problem, _ in faults)
            raise KeysError(f"The signing certificate {self.chain} cannot be used. {sentences}", faults[0][1])
        leaf, *above = _BLOCK.findall(chain)
        return SigningKeys(key, leaf, "".join(above), _algorithm(_certificates(chain)[0]))


def problems(chain: str, key: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Yields (what is wrong, what to do) as sentences, the worst first; nothing for a chain and key that C2PA takes."""
    yield from _key_form_problems(key)
    try:
        certificates = _certificates(chain)
    except ValueError:
        certificates = []
    if not certificates:
        yield "It holds no certificate in PEM form.", "Give the leaf certificate and those above it in one PEM file."
        return
    yield from _pairing_problems(certificates, key)
    yield from _order_problems(certificates)
    yield from _validity_problems(certificates[0], now)
    yield from _usage_problems(certificates[0])
    if not _algorithm(certificates[0]):
        yield (
            "Its key is of a kind that C2PA does not know.",
            f"Use ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of at least {MIN_RSA_BITS} bits.",
        )


def _key_form_problems(key: str) -> Iterator[tuple[str, str]]:
    for line, form in _OTHER_KEYS.items():
        if line in key:
            yield f"The private key is {form}; only PKCS#8 can be read.", f"Convert it: {CONVERT}"
            return
    if "BEGIN PRIVATE KEY" not in key:
        yield "The key file holds no private key in PEM form.", "Give the leaf's private key as PKCS#8 in PEM."


def _pairing_problems(certificates: Sequence[Certificate], key: str) -> Iterator[tuple[str, str]]:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        public = load_pem_private_key(key.encode(), None).public_key()
    # _key_form_problems has named what is wrong with it.
    except (ValueError, TypeError):
        return
    owners = [number for number, certificate in enumerate(certificates) if certificate.public_key() == public]
    if not owners:
        yield "The private key belongs to none of its certificates.", "Give the key that the leaf was made for."
    elif owners[0] != 0:
        yield "The first certificate is not the one of the private key.", "Put the leaf first, then those above it."


def _order_problems(certificates: Sequence[Certificate]) -> Iterator[tuple[str, str]]:
    for lower, upper in zip(certificates, certificates[1:], strict=False):
        try:
            lower.verify_directly_issued_by(upper)
        except Exception:  # noqa: BLE001  a wrong issuer, signature or kind of key: the chain is broken in any case
            yield (
                f"The certificate {_name(lower)} was not signed by the next one, {_name(upper)}.",
                "Order the file from the leaf upwards: each certificate is signed by the one after it.",
            )
            return


def _validity_problems(leaf: Certificate, now: datetime) -> Iterator[tuple[str, str]]:
    if leaf.not_valid_after_utc < now:
        yield f"It expired on {leaf.not_valid_after_utc:%Y-%m-%d}.", "Renew it, and restart the studio."
    if leaf.not_valid_before_utc > now:
        yield f"It is valid only from {leaf.not_valid_before_utc:%Y-%m-%d} on.", "Check this machine's clock, or wait."


def _usage_problems(leaf: Certificate) -> Iterator[tuple[str, str]]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    constraints = _extension(leaf, x509.BasicConstraints)
    if constraints and constraints.ca:
        yield "The first certificate is an authority's, not a leaf.", "Put the leaf first, then those above it."
    extended = list(_extension(leaf, x509.ExtendedKeyUsage) or ())
    if ExtendedKeyUsageOID.EMAIL_PROTECTION not in extended:
        yield (
            "It lacks the extended key usage emailProtection (1.3.6.1.5.5.7.3.4).",
            "Ask your authority for a certificate for document signing or S/MIME with that usage.",
        )
    elif ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in extended:
        yield "It allows any extended key usage, which C2PA forbids.", "Ask for one with emailProtection only."
    usage = _extension(leaf, x509.KeyUsage)
    if not usage or not usage.digital_signature:
        yield "Its key usage lacks digitalSignature.", "Ask your authority for one that may sign."
    if not _extension(leaf, x509.AuthorityKeyIdentifier):
        yield "It names no authority key (AuthorityKeyIdentifier).", "Have it issued with that extension."


def _algorithm(leaf: Certificate) -> str:
    """Returns C2PA's name for the kind of key; empty for one that it does not allow."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    public = leaf.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return CURVES.get(public.curve.name, "")
    if isinstance(public, rsa.RSAPublicKey):
        return "ps256" if public.key_size >= MIN_RSA_BITS else ""
    return "ed25519" if isinstance(public, ed25519.Ed25519PublicKey) else ""


def _extension(leaf: Certificate, kind: type[Extension]) -> Extension | None:
    """Returns the certificate's extension of that kind; None if it has none that can be read."""
    from cryptography import x509

    try:
        return leaf.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _certificates(chain: str) -> list[Certificate]:
    """Parses a chain in PEM form. Raises ValueError."""
    from cryptography import x509

    return x509.load_pem_x509_certificates(chain.encode())


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string() or "without a name"


def _text(path: Path) -> str:
    """Reads a PEM file. Raises KeysError."""
    try:
        return path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise KeysError(f"{path} cannot be read: {error.strerror or error}.", "Check its name and rights.") from error
