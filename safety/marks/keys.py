"""The studio's own keys: made on first use, readable by their owner only, kept in a folder given from outside.

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
MARK_FILES, MOST_MARK_KEYS = "mark-{:04}", 7  # one more key is public: safety/marks/invisible/detect.py
LEAF_LASTS, ROOT_LASTS = timedelta(days=3653), timedelta(days=7305)
_PEM_END = "-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """A leaf certificate, its private key (PKCS#8) and the root that signed it, each as PEM.

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
        """Leaf first: the order that C2PA asks for."""
        return self.leaf + self.root


def secret(folder: Path, name: str) -> bytes:
    """32 random bytes, kept as `folder/name`. Raises KeysError."""
    value = _kept(folder / name, lambda: secrets.token_bytes(SECRET_BYTES))
    if len(value) != SECRET_BYTES:
        raise KeysError(f"The secret {folder / name} is damaged.", "Restore it from a backup, or move it away.")
    return value


def mark_keys(folder: Path) -> tuple[bytes, ...]:
    """The studio's own keys of the invisible mark, newest first; none if `new_mark_key` never ran. Raises KeysError."""
    return tuple(secret(folder, path.name) for path in _mark_files(folder)[: -MOST_MARK_KEYS - 1 : -1])


def new_mark_key(folder: Path) -> Path:
    """Makes a key that marks are written with from now on; older ones are still read. Raises KeysError."""
    files = _mark_files(folder)
    if len(files) >= MOST_MARK_KEYS:
        raise KeysError(
            f"There are {len(files)} mark keys, and each more makes false finds likelier.",
            f"Move the oldest away ({files[0]}); marks written with it are then no longer read.",
        )
    path = folder / MARK_FILES.format(int(files[-1].name.partition("-")[2]) + 1 if files else 1)
    secret(folder, path.name)
    return path


def _mark_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("mark-*") if path.name.partition("-")[2].isdecimal())


def signing_keys(folder: Path) -> SigningKeys:
    """The key pair that signs exports, made on first use: root and leaf, ES256. Raises KeysError."""
    return _parse(_kept(folder / SIGNING_FILE, make_signing_keys), folder / SIGNING_FILE)


def existing_signing_keys(folder: Path) -> SigningKeys | None:
    """The same, but made by nobody: None if the folder has none yet. Raises KeysError."""
    path = folder / SIGNING_FILE
    return signing_keys(folder) if path.exists() else None


def make_signing_keys(lasts: timedelta = LEAF_LASTS) -> bytes:
    """Key, leaf and root in one PEM text, so that no two processes can mix theirs."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Safelight studio root", root_key, root_key, lasts=ROOT_LASTS)
    leaf = _certificate("Safelight studio", leaf_key, root_key, issuer=root, lasts=lasts)
    # The root's private key is dropped here: it signs one leaf, once.
    pkcs8 = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8 + leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    signer: EllipticCurvePrivateKey,
    *,
    issuer: Certificate | None = None,
    lasts: timedelta,
) -> Certificate:
    """X.509 as C2PA wants it (specification 2.1, section 14.5.1): a root if `issuer` is None, else a leaf."""
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
        .not_valid_before(now - timedelta(hours=1))  # another machine's clock may be slow
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return _for_use(builder, is_root=issuer is None).sign(signer, hashes.SHA256())


def _for_use(builder: CertificateBuilder, is_root: bool) -> CertificateBuilder:
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
    try:
        key, end, certificates = pem.decode("ascii").partition("-----END PRIVATE KEY-----\n")
        leaf, root = certificates.split(_PEM_END)[:2]
    except ValueError as error:
        raise KeysError(f"The key file {path} is damaged.", "Restore it from a backup, or move it away.") from error
    return SigningKeys(key + end, leaf + _PEM_END, root + _PEM_END)


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The bytes of `path`, which are made first if nobody has made them yet."""
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
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key holds
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)
