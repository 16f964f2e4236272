"""Signs records of the installation with the key that signs its pictures, and checks such signatures: ECDSA, SHA-256.

A signature says that this installation wrote a record, as in credentials; not which person did.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from safety.errors import KeysError
from safety.marks.keys import SigningKeys, signing_keys


def sign_record(data: bytes, keys: SigningKeys) -> str:
    """Returns the signature over `data` as base64. Raises KeysError for a key of another kind than ES256."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(keys.key.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeysError("Records are signed with an ES256 key.", "Use the studio's own key: keys/signing.pem.")
    return base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()


def is_signed(data: bytes, signature: str, keys: SigningKeys) -> bool:
    """Tells whether `signature` was made over `data` with the key of these keys."""
    return is_signed_by(data, signature, keys.leaf)


@dataclass(frozen=True, slots=True)
class RecordSigner:
    """Signs with the installation's own pair in the folder `keys`, made at first use. Raises KeysError.

    Never with an operator's certificate for pictures: that one may be of another kind, and is issued for claims alone.
    """

    keys: Path

    def sign(self, data: bytes) -> tuple[str, str]:
        """Returns the signature over `data`, base64, and the certificate of its key, PEM."""
        own = signing_keys(self.keys)
        return sign_record(data, own), own.leaf

    def is_signed(self, data: bytes, signature: str, certificate: str) -> bool:
        """As `is_signed_by`."""
        return is_signed_by(data, signature, certificate)


def fingerprint_of(certificate: str) -> str:
    """Returns the SHA-256 of a certificate (PEM) as hex digits, by which people compare two. Raises ValueError."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()


def is_signed_by(data: bytes, signature: str, certificate: str) -> bool:
    """Tells whether `signature` was made over `data` with the key of a certificate, PEM. Its dates do not matter."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509 import load_pem_x509_certificate

    try:
        public = load_pem_x509_certificate(certificate.encode()).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(signature, validate=True), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
