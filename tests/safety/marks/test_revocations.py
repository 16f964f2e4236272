"""Lists of revoked certificates: believed where a known issuer has signed them and they hold now, for signers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from safety.errors import FileError
from safety.marks import Marks, credentials
from safety.marks.keys import SigningKeys
from safety.marks.provenance import Provenance
from safety.marks.revocations import Revocation, keep_revocations, revocation
from safety.marks.signer_trust import SignerTrust
from safety.marks.summary import REVOCATION_UNKNOWN
from safety.marks.trust_lists import CRLS, put_list
from safety.marks.verify import NoRegistry, verify
from tests.fakes_marks import file_of, flat_art
from tests.safety.marks.certificate_cases import Wanted, authority_pem
from ui.html.verification import report

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class House:
    """An authority that certifies whoever signs files, and says which of them are revoked."""

    def __init__(self) -> None:
        (leaf, root, key), self.key = authority_pem(Wanted())
        self.keys = SigningKeys(key, leaf, root)
        self.root = x509.load_pem_x509_certificate(root.encode())
        self.leaf = x509.load_pem_x509_certificate(leaf.encode())

    def crl(
        self,
        *serials: int,
        since: datetime = NOW - DAY,
        until: datetime = NOW + 30 * DAY,
        signer: Any = None,
        extension: x509.ExtensionType | None = None,
        reason: x509.ReasonFlags | None = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder(self.root.subject, since, until)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            entry = entry.add_extension(x509.CRLReason(reason), critical=False) if reason else entry
            builder = builder.add_revoked_certificate(entry.build())
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(signer or self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def name(self) -> dict[str, str]:
        return {part.rfc4514_attribute_name: str(part.value) for part in self.root.subject}


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture(scope="module")
def file(house: House) -> bytes:
    made = Provenance(engine="x", model="m")
    return credentials.sign(file_of(flat_art(1)), "PNG", made, datetime.now(UTC), house.keys)


@pytest.fixture
def marks(tmp_path: Path, house: House) -> Marks:
    marks = Marks(tmp_path / "keys")
    put_list(marks.trust_folder, "c2pa", house.keys.root.encode(), "a test", f"{NOW:%Y-%m-%d}")
    return marks


def put(marks: Marks, data: bytes, name: str = "a.crl") -> None:
    """Lays a list down by hand, past the command."""
    (marks.trust_folder / CRLS).mkdir(exist_ok=True)
    (marks.trust_folder / CRLS / name).write_bytes(data)


def signer(file: bytes, marks: Marks) -> SignerTrust:
    found = verify(file, marks, NoRegistry()).readings.signer
    assert found is not None
    return found


def part_of(**only: bool) -> x509.IssuingDistributionPoint:
    parts = {
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_contains_attribute_certs": False,
        "indirect_crl": False,
        **only,
    }
    name = x509.RelativeDistinguishedName([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a part")])
    return x509.IssuingDistributionPoint(full_name=None, relative_name=name, only_some_reasons=None, **parts)


Make = Callable[[House], bytes]
UNBELIEVED: dict[str, tuple[Make, str]] = {
    "signed by a stranger": (
        lambda house: house.crl(house.leaf.serial_number, signer=ec.generate_private_key(ec.SECP256R1())),
        "not signed by whoever",
    ),
    "of a day to come": (lambda house: house.crl(house.leaf.serial_number, since=NOW + DAY), "on only"),
    "out of date": (
        lambda house: house.crl(house.leaf.serial_number, since=NOW - 9 * DAY, until=NOW - DAY),
        "held until",
    ),
    "of authorities alone": (
        lambda house: house.crl(house.leaf.serial_number, extension=part_of(only_contains_ca_certs=True)),
        "does not cover",
    ),
    "of others' certificates, too": (
        lambda house: house.crl(house.leaf.serial_number, extension=part_of(indirect_crl=True)),
        "does not cover",
    ),
    "what changed since another": (
        lambda house: house.crl(house.leaf.serial_number, extension=x509.DeltaCRLIndicator(7)),
        "does not cover",
    ),
}


@pytest.mark.parametrize(("make", "why"), list(UNBELIEVED.values()), ids=list(UNBELIEVED))
def test_a_list_that_cannot_be_believed_revokes_nothing_and_that_is_said(
    make: Make, why: str, house: House, file: bytes, marks: Marks
) -> None:
    with pytest.raises(FileError, match=why):
        keep_revocations(marks.trust_folder, make(house))
    assert not (marks.trust_folder / CRLS).exists()
    put(marks, make(house))
    found = signer(file, marks)

    assert (found.revoked, found.revocation_unknown, found.holds) == (False, True, True)
    verification = verify(file, marks, NoRegistry())
    assert REVOCATION_UNKNOWN in verification.summary and "certificate is revoked" not in verification.summary
    assert "is not known" in report(verification.as_json())


@pytest.mark.parametrize(
    "extension", [None, part_of(only_contains_user_certs=True)], ids=["of all", "of all that are no authority's"]
)
def test_a_list_that_its_issuer_signed_is_believed(
    extension: x509.ExtensionType | None, house: House, file: bytes, marks: Marks
) -> None:
    place = keep_revocations(marks.trust_folder, house.crl(house.leaf.serial_number, extension=extension))
    assert place.parent == marks.trust_folder / CRLS and signer(file, marks).revoked
    place.unlink()
    keep_revocations(marks.trust_folder, house.crl(house.leaf.serial_number + 1, extension=extension))
    found = signer(file, marks)
    assert (found.revoked, found.revocation_unknown, found.holds) == (False, False, True)


def test_what_was_taken_off_a_list_is_not_revoked(house: House, file: bytes, marks: Marks) -> None:
    lifted = house.crl(house.leaf.serial_number, reason=x509.ReasonFlags.remove_from_crl)
    keep_revocations(marks.trust_folder, lifted)
    assert not signer(file, marks).revoked
    keep_revocations(marks.trust_folder, house.crl(house.leaf.serial_number, reason=x509.ReasonFlags.key_compromise))
    assert signer(file, marks).revoked


def test_a_list_that_is_believed_counts_beside_one_that_is_not(house: House, file: bytes, marks: Marks) -> None:
    put(marks, UNBELIEVED["signed by a stranger"][0](house))
    keep_revocations(marks.trust_folder, house.crl())
    found = signer(file, marks)
    assert (found.revoked, found.revocation_unknown) == (False, False)


def test_an_issuer_that_no_list_has_is_given_along(house: House, tmp_path: Path) -> None:
    data, serial = house.crl(house.leaf.serial_number), f"{house.leaf.serial_number:x}"
    with pytest.raises(FileError, match="not known here"):
        keep_revocations(tmp_path, data)
    with pytest.raises(FileError, match="not known here"):
        keep_revocations(tmp_path, data, House().keys.leaf.encode())
    keep_revocations(tmp_path, data, house.keys.root.encode())
    assert revocation(house.name, serial, tmp_path) is Revocation.REVOKED
    assert revocation({"CN": "Another"}, serial, tmp_path) is Revocation.NO_LIST
    assert revocation(house.name, "no number", tmp_path) is Revocation.NO_LIST


@pytest.mark.parametrize("data", [b"", b"no list", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----"], ids=repr)
def test_what_is_no_list_is_refused_and_laid_down_by_hand_it_changes_nothing(
    data: bytes, house: House, file: bytes, marks: Marks
) -> None:
    with pytest.raises(FileError, match="no certificate revocation list"):
        keep_revocations(marks.trust_folder, data)
    put(marks, data)
    put(marks, b"no certificate", "b.pem")
    (marks.trust_folder / CRLS / "folder.crl").mkdir()
    assert signer(file, marks).holds
