"""Makes and keeps the studio's own keys: made at first use, readable by their owner only, in a folder of its own.

A key appears under its name whole or not at all, and only once: it is written beside, then hard-linked to its name,
which fails if another process was first. Both then read the same file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from safety.errors import KeysError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder

SECRET_BYTES = 32
SIGNING_FILE = "signing.pem"
MARK_FILE = "mark-{:04}"
MAX_MARK_KEYS = 7  # one more key is public: safety/marks/invisible/detect.py
LEAF_LIFETIME, ROOT_LIFETIME = timedelta(days=3653), timedelta(days=7305)
_PEM_END = "-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Holds a leaf certificate, its private key (PKCS#8) and the root that signed it, each as PEM.

    `root` holds all certificates above the leaf; it is empty for a leaf that comes alone. `algorithm` is C2PA's name.
    `time_authority` is the address of an RFC 3161 time-stamp authority, or empty.
    """

    key: str
    leaf: str
    root: str
    algorithm: str = "es256"
    time_authority: str = ""

    @property
    def chain(self) -> str:
        """Returns all certificates as PEM, the leaf first: the order that C2PA asks for."""
        return self.leaf + self.root


def secret(folder: Path, name: str) -> bytes:
    """Returns the 32 random bytes kept as `folder/name`, made first if there are none. Raises KeysError."""
    value = _read_or_create(folder / name, lambda: secrets.token_bytes(SECRET_BYTES))
    if len(value) != SECRET_BYTES:
        raise KeysError(f"The secret {folder / name} is damaged.", "Restore it from a backup, or move it away.")
    return value


def mark_keys(folder: Path) -> tuple[bytes, ...]:
    """Returns the studio's own keys of the invisible mark, newest first. Raises KeysError."""
    return tuple(secret(folder, path.name) for path in _mark_files(folder)[: -MAX_MARK_KEYS - 1 : -1])


def new_mark_key(folder: Path) -> Path:
    """Makes a key that marks are written with from now on, and returns its file; marks of older keys are still read.

    Raises KeysError, also where there are `MAX_MARK_KEYS` already.
    """
    files = _mark_files(folder)
    if len(files) >= MAX_MARK_KEYS:
        raise KeysError(
            f"There are {len(files)} mark keys, and each more makes false finds likelier.",
            f"Move the oldest away ({files[0]}); marks written with it are then no longer read.",
        )
    path = folder / MARK_FILE.format(int(files[-1].name.partition("-")[2]) + 1 if files else 1)
    secret(folder, path.name)
    return path


def _mark_files(folder: Path) -> list[Path]:
    """Returns the files of mark keys, oldest first."""
    return sorted(path for path in folder.glob("mark-*") if path.name.partition("-")[2].isdecimal())


def signing_keys(folder: Path) -> SigningKeys:
    """Returns the key pair that signs exports, made at first use: root and leaf, ES256. Raises KeysError."""
    return _parse(_read_or_create(folder / SIGNING_FILE, make_signing_keys), folder / SIGNING_FILE)


def existing_signing_keys(folder: Path) -> SigningKeys | None:
    """Returns the key pair that signs exports, or None if the folder has none yet: none is made. Raises KeysError."""
    path = folder / SIGNING_FILE
    return signing_keys(folder) if path.exists() else None


def make_signing_keys(lifetime: timedelta = LEAF_LIFETIME) -> bytes:
    """Makes key, leaf and root, as one PEM text, so that no two processes can mix theirs."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Safelight studio root", root_key, root_key, lifetime=ROOT_LIFETIME)
    leaf = _certificate("Safelight studio", leaf_key, root_key, issuer=root, lifetime=lifetime)
    # The root's private key is dropped here: it signs one leaf, once.
    pkcs8 = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8 + leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    signer: EllipticCurvePrivateKey,
    *,
    issuer: Certificate | None = None,
    lifetime: timedelta,
) -> Certificate:
    """Makes a certificate as C2PA wants it (specification 2.1, section 14.5.1): a leaf, or a root without `issuer`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Safelight"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {secrets.token_hex(4)}"),
        ]
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer.subject if issuer else subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        # Another machine's clock may be slow.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return _for_use(builder, is_root=issuer is None).sign(signer, hashes.SHA256())


def _for_use(builder: CertificateBuilder, is_root: bool) -> CertificateBuilder:
    """Adds what the key may be used for: a root signs certificates, a leaf signs files."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True
    ).add_extension(
        x509.KeyUsage(
            digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, decipher_only=False, **usage
        ),
        critical=True,
    )
    if is_root:
        return builder
    return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)


def _parse(pem: bytes, path: Path) -> SigningKeys:
    """Splits the text that `make_signing_keys` wrote. Raises KeysError."""
    try:
        key, end, certificates = pem.decode("ascii").partition("-----END PRIVATE KEY-----\n")
        leaf, root = certificates.split(_PEM_END)[:2]
    except ValueError as error:
        raise KeysError(f"The key file {path} is damaged.", "Restore it from a backup, or move it away.") from error
    return SigningKeys(key + end, leaf + _PEM_END, root + _PEM_END)


def _read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """Returns the bytes of `path`, which are made first if nobody has made them yet. Raises KeysError."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _publish(path, make())
        return path.read_bytes()
    except OSError as error:
        raise KeysError(
            f"The key {path} cannot be made or read: {error.strerror or error}.",
            "Choose a folder that you may write to (SAFELIGHT_HOME), on a disk with room.",
        ) from error


def _publish(path: Path, data: bytes) -> None:
    """Writes a file whole, readable by its owner only, unless another process has written it already."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # If another process was first, its key holds.
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
