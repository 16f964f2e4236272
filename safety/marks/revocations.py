"""Lists of revoked certificates (CRL, RFC 5280) that an operator keeps: what they say of whoever signed a file.

A list is believed where the certificate of its issuer is known (on a public list, or given with it) and has signed it,
where it is in date, and where it covers certificates of signers whole. Another one says nothing, under whatever name it
stands: then it is not known whether a certificate is revoked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from safety.errors import FileError
from safety.marks.trust_lists import CRLS, load_trust_lists, read_certificates, write_whole

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList

ADVICE = "Get it again from its issuer."


class Revocation(StrEnum):
    """Says what the kept lists make of a certificate. NO_LIST: its issuer's is not among them."""

    NO_LIST = "no list"
    HOLDS = "holds"
    REVOKED = "revoked"
    NOT_KNOWN = "not known"  # its issuer's list is there, and cannot be believed


def keep_revocations(folder: Path, data: bytes, issuers: bytes = b"", now: datetime | None = None) -> Path:
    """Keeps a list of revoked certificates, DER or PEM, under the folder of trust lists; returns its file.

    `issuers`: certificates (PEM) of whoever issued it, where no public list has them. Raises FileError for a list that
    would not be believed.
    """
    crl = read_revocations(data)
    if crl is None:
        raise FileError("This is no certificate revocation list.", "Give it as DER or PEM.")
    given = read_certificates(issuers)[0] if issuers else []
    if why := _problem(crl, _certificates([*_known(folder), *given]), now or datetime.now(UTC)):
        raise FileError(f"The list of revoked certificates {why}.", ADVICE)
    place = folder / CRLS / f"{hashlib.sha256(data).hexdigest()[:16]}.crl"
    # First who issued it: without that the list would not be believed.
    if given:
        write_whole(place.with_suffix(".pem"), "\n".join(given).encode())
    write_whole(place, data)
    return place


def revocation(issuer: Mapping[str, str], serial: str, folder: Path, now: datetime | None = None) -> Revocation:
    """Returns what the lists kept under `folder` say of a certificate, named as crJSON does: issuer, serial as hex."""
    try:
        number = int(serial, 16)
    except ValueError:
        return Revocation.NO_LIST
    found, time = set[Revocation](), now or datetime.now(UTC)
    certificates: list[Certificate] | None = None
    for crl in _kept(folder / CRLS):
        if _names(crl) != dict(issuer):
            continue
        if certificates is None:
            certificates = _certificates([*_known(folder), *_given(folder / CRLS)])
        found.add(Revocation.NOT_KNOWN if _problem(crl, certificates, time) else _says(crl, number))
    worst_first = (Revocation.REVOKED, Revocation.HOLDS, Revocation.NOT_KNOWN)
    return next((each for each in worst_first if each in found), Revocation.NO_LIST)


def read_revocations(data: bytes) -> CertificateRevocationList | None:
    """Returns a certificate revocation list, DER or PEM; None for what is none."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_crl(data) if b"-----BEGIN" in data else x509.load_der_x509_crl(data)
    except ValueError:
        return None


def _problem(crl: CertificateRevocationList, issuers: Sequence[Certificate], now: datetime) -> str:
    """Returns why a list is not to be believed, as the end of a sentence; "" for one that is."""
    try:
        own = [each for each in issuers if each.subject == crl.issuer]
        if not own:
            return "is of an issuer whose certificate is not known here"
        if not any(_has_signed(each, crl) for each in own):
            return "was not signed by whoever it names as its issuer"
        if crl.last_update_utc > now:
            return f"holds from {crl.last_update_utc:%Y-%m-%d} on only"
        if crl.next_update_utc is None or crl.next_update_utc < now:
            return f"held until {crl.next_update_utc:%Y-%m-%d} only" if crl.next_update_utc else "says no end"
        return "" if _covers_signers(crl) else "does not cover all certificates of signers"
    # What is read late in a list that somebody made up.
    except (ValueError, TypeError):
        return "cannot be read"


def _has_signed(certificate: Certificate, crl: CertificateRevocationList) -> bool:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with suppress(x509.ExtensionNotFound):
            if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign:
                return False
        return crl.is_signature_valid(certificate.public_key())  # type: ignore[arg-type]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _covers_signers(crl: CertificateRevocationList) -> bool:
    """Tells whether a list is of all its issuer's certificates, or of all that are no authority's."""
    from cryptography import x509

    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            parts = (value.only_contains_ca_certs, value.only_contains_attribute_certs, value.indirect_crl)
            if any(parts) or value.only_some_reasons is not None:
                return False
        elif isinstance(value, x509.DeltaCRLIndicator) or (
            extension.critical and isinstance(value, x509.UnrecognizedExtension)
        ):
            return False
    return True


def _says(crl: CertificateRevocationList, number: int) -> Revocation:
    from cryptography import x509

    try:
        entry = crl.get_revoked_certificate_by_serial_number(number)
        if entry is None:
            return Revocation.HOLDS
        with suppress(x509.ExtensionNotFound):
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
            return Revocation.HOLDS if reason is x509.ReasonFlags.remove_from_crl else Revocation.REVOKED
    except ValueError:
        return Revocation.NOT_KNOWN
    return Revocation.REVOKED


def _known(folder: Path) -> Iterator[str]:
    """Yields the certificates of all public lists in force as PEM."""
    for each in load_trust_lists(folder).each():
        yield from each.blocks()


def _given(folder: Path) -> Iterator[str]:
    """Yields the certificates that were given with kept lists, as PEM."""
    for path in sorted(folder.glob("*.pem")):
        with suppress(OSError, FileError):
            yield from read_certificates(path.read_bytes())[0]


def _kept(folder: Path) -> Iterator[CertificateRevocationList]:
    for path in sorted(folder.glob("*.crl")):
        with suppress(OSError):
            crl = read_revocations(path.read_bytes())
            if crl is not None:
                yield crl


def _certificates(pems: Iterable[str]) -> list[Certificate]:
    from cryptography import x509

    return [x509.load_pem_x509_certificate(pem.encode()) for pem in pems]


def _names(crl: CertificateRevocationList) -> dict[str, str]:
    """Returns the parts of the issuer's name under the short names that crJSON uses; none where it cannot be read."""
    try:
        return {part.rfc4514_attribute_name: str(part.value) for part in crl.issuer}
    except ValueError:
        return {}
