"""Public trust lists: dated data, put in by the operator, and what they say of whoever signed a file.

The lists here are made on the spot, but for the shipped ones, which are only read.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from safety.errors import FileError, RequestError
from safety.image_io import open_picture
from safety.marks import Marks, credentials
from safety.marks.keys import SigningKeys, signing_keys
from safety.marks.provenance import Provenance
from safety.marks.signer_trust import SignerTrust, signer_trust
from safety.marks.trust_lists import CRLS, load_trust_lists, put_list
from safety.marks.verify import NoRegistry, Verification, verify
from tests.fakes_marks import file_of, flat_art
from tests.surgery import with_pixels
from ui.html.verification import report

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    """The keys of somebody else, as an authority of a list would have certified them."""
    return signing_keys(tmp_path_factory.mktemp("maker"))


@pytest.fixture(scope="module")
def file(maker: SigningKeys) -> bytes:
    return credentials.sign(file_of(flat_art(1)), "PNG", Provenance(engine="x", model="m"), datetime.now(UTC), maker)


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return Marks(tmp_path / "keys")


def verified(file: bytes, marks: Marks) -> Verification:
    return verify(file, marks, NoRegistry())


def signer(file: bytes, marks: Marks) -> SignerTrust:
    found = verified(file, marks).readings.signer
    assert found is not None
    return found


def test_shipped_lists_have_their_date_and_source_and_the_interim_one_says_that_it_is_not_there(tmp_path: Path) -> None:
    lists = load_trust_lists(tmp_path)

    assert (lists.c2pa.count, lists.c2pa.as_of) == (30, "2026-09-24")
    assert (lists.tsa.count, lists.tsa.as_of) == (22, "2026-09-24")
    assert (lists.interim.count, lists.interim.as_of) == (0, "")
    for each in (lists.c2pa, lists.tsa):
        assert each.source and all(
            certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            for certificate in x509.load_pem_x509_certificates(each.certificates.encode())
        )


def test_a_signer_that_no_list_has_is_said_to_be_unknown(file: bytes, marks: Marks) -> None:
    found = signer(file, marks)

    assert (found.list, found.holds, found.expired, found.revoked) == ("", False, False, False)
    assert found.serial and dict(found.issuer)["O"] == "Safelight"
    assert "signer unknown" in report(verified(file, marks).as_json())


def test_a_signer_on_the_list_is_named_with_list_and_date(file: bytes, maker: SigningKeys, marks: Marks) -> None:
    put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", "2026-11-25")
    verification = verified(file, marks)

    assert signer(file, marks).holds and not verification.readings.credentials.trusted  # type: ignore[union-attr]
    assert "on the C2PA Trust List as of 2026-11-25." in verification.summary
    row = verification.as_json()["layers"]["credentials"]
    assert row["signer"]["list"] == "c2pa" and row["signer"]["as_of"] == "2026-11-25" and row["signer"]["holds"]
    page = report(verification.as_json())
    assert "on the C2PA Trust List, as of 2026-11-25" in page and "signer unknown" not in page
    german = report(verification.as_json(), "de")
    assert "„C2PA Trust List“, Stand 2026-11-25" in german and "Die Datei wurde von" in german


def test_the_older_list_is_told_apart(file: bytes, maker: SigningKeys, marks: Marks) -> None:
    put_list(marks.trust_folder, "interim", maker.root.encode(), "a test", "2026-01-01")
    verification = verified(file, marks)

    assert signer(file, marks).list == "interim"
    assert "an older model of trust" in verification.summary
    assert "older interim list alone" in report(verification.as_json())
    put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", "2026-11-25")
    assert signer(file, marks).list == "c2pa"


def test_the_list_of_time_stamp_authorities_makes_no_signer_trusted(
    file: bytes, maker: SigningKeys, marks: Marks
) -> None:
    put_list(marks.trust_folder, "tsa", maker.root.encode(), "a test", "2026-11-25")

    assert signer(file, marks).list == "" and not signer(file, marks).holds


def test_an_edited_file_is_changed_whoever_signed_it(file: bytes, maker: SigningKeys, marks: Marks) -> None:
    put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", "2026-11-25")
    edited = open_picture(file)
    edited.putpixel((9, 9), (255, 0, 0))
    verification = verified(with_pixels(file, edited), marks)

    assert not verification.readings.credentials.valid  # type: ignore[union-attr]
    assert "It was signed by" not in verification.summary
    assert "Changed since signing" in report(verification.as_json())


def crl_of(maker: SigningKeys, *serials: int, named: str = "") -> bytes:
    """A list of revoked certificates under the name of the maker's authority, or of another."""
    leaf = x509.load_pem_x509_certificate(maker.leaf.encode())
    other = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, named)])
    builder = x509.CertificateRevocationListBuilder(other if named else leaf.issuer, NOW, NOW + timedelta(days=30))
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("own", "named", "revoked"), [(True, "", True), (False, "", False), (True, "Another authority", False)],
    ids=["revoked", "another certificate", "another authority's list"],
)  # fmt: skip
def test_a_revoked_certificate_is_said(
    own: bool, named: str, revoked: bool, file: bytes, maker: SigningKeys, marks: Marks
) -> None:
    put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", "2026-11-25")
    serial = x509.load_pem_x509_certificate(maker.leaf.encode()).serial_number
    folder = marks.trust_folder / CRLS
    folder.mkdir()
    (folder / "a.crl").write_bytes(crl_of(maker, serial if own else serial + 1, named=named))
    (folder / "b.crl").write_bytes(b"no list")
    verification = verified(file, marks)

    assert signer(file, marks).revoked is revoked and signer(file, marks).holds is not revoked
    assert ("whose certificate is revoked" in verification.summary) is revoked
    assert ("certificate revoked" in report(verification.as_json())) is revoked


CERTIFICATE = {"serialNumber": "0a", "issuer": {"CN": "A"}, "validity": {"notAfter": "2026-01-01T00:00:00+00:00"}}


@pytest.mark.parametrize(
    ("time_passed", "failed", "expired", "holds"),
    [
        ({"timeStamp.trusted"}, set(), True, True),
        (set(), set(), True, False),
        (set(), {"claimSignature.outsideValidity"}, True, False),
        ({"timeStamp.trusted"}, {"signingCredential.ocsp.revoked"}, True, False),
    ],
    ids=["attested before its end", "nobody attests when", "signed after its end", "revoked, by a stapled answer"],
)
def test_an_expired_or_revoked_certificate_counts_only_where_its_time_is_attested(
    time_passed: set[str], failed: set[str], expired: bool, holds: bool, tmp_path: Path
) -> None:
    def ask(anchors: str, check_times: bool) -> tuple[frozenset[str], frozenset[str]]:
        passed = time_passed if check_times else {"signingCredential.trusted"}
        return frozenset(passed), frozenset(failed)

    found = signer_trust(CERTIFICATE, ask, load_trust_lists(tmp_path), NOW)

    assert (found.expired, found.holds) == (expired, holds)
    assert found.outside is ("claimSignature.outsideValidity" in failed)
    assert bool(found.time_as_of) is bool(time_passed)


def as_list(maker: SigningKeys, status: str = "trusted") -> bytes:
    """A list in the JSON that C2PA publishes."""
    der = x509.load_pem_x509_certificate(maker.root.encode()).public_bytes(Encoding.DER)
    told = {
        "ServiceDigitalIdentity": {"X509Certificates": [{"val": base64.b64encode(der).decode()}]},
        "ServiceStatus": f"http://c2pa.org/conformance/trust-list/{status}",
    }
    scheme = {
        "ListAndSchemeInformation": {"ListIssueDateTime": "2026-11-25T08:00:00Z"},
        "TrustedEntitiesList": [{"TrustedEntityServices": [{"ServiceInformation": told}]}],
    }
    return json.dumps({"LoTE": scheme}).encode()


def test_a_list_in_json_brings_its_own_date(file: bytes, maker: SigningKeys, marks: Marks) -> None:
    found = put_list(marks.trust_folder, "c2pa", as_list(maker), "a test")

    assert (found.as_of, found.count) == ("2026-11-25", 1) and signer(file, marks).holds


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "no certificate"),
        (b"{}", "no C2PA trust list"),
        (b'{"LoTE": []}', "no C2PA trust list"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
    ],
    ids=["empty", "other JSON", "other shape", "damaged"],
)
def test_what_is_no_list_is_refused_and_the_old_one_stays(data: bytes, named: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=named):
        put_list(tmp_path, "c2pa", data, "a test")
    assert load_trust_lists(tmp_path).c2pa.count == 30


def test_services_that_are_withdrawn_are_left_out(maker: SigningKeys, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no certificate"):
        put_list(tmp_path, "c2pa", as_list(maker, "withdrawn"), "a test")


def test_another_name_or_no_date_is_refused(maker: SigningKeys, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no list"):
        put_list(tmp_path, "mine", maker.root.encode(), "a test")
    with pytest.raises(RequestError, match="no date"):
        put_list(tmp_path, "c2pa", maker.root.encode(), "a test", "yesterday")
