"""Signs records of the installation with the key that signs its pictures, and checks such signatures: ECDSA, SHA-256.

A signature says that this installation wrote a record, as in credentials; not which person did.
"""

from __future__ import annotations

import base64
import binascii

from safety.errors import KeysError
from safety.marks.keys import SigningKeys


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
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509 import load_pem_x509_certificate

    public = load_pem_x509_certificate(keys.leaf.encode()).public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(base64.b64decode(signature, validate=True), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
