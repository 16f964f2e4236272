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
from cryptography.hazmat.primitives.serialization import Encoding

from safety.errors import FileError, RequestError
from safety.image_io import open_picture
from safety.marks import Marks, credentials
from safety.marks.keys import SigningKeys, signing_keys
from safety.marks.provenance import Provenance
from safety.marks.signer_trust import SignerTrust, signer_trust
from safety.marks.trust_lists import load_trust_lists, put_list
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


LISTED_TEXT = {
    "ListAndSchemeInformation": {"ListIssueDateTime": "2026-11-25"},
    "TrustedEntitiesList": [{"TrustedEntityServices": [{"ServiceInformation": "a text"}]}],
}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "no certificate"),
        (b"{}", "no C2PA trust list"),
        (b'{"LoTE": []}', "no C2PA trust list"),
        (b'{"a":' * 100_000, "no C2PA trust list"),
        (json.dumps({"LoTE": LISTED_TEXT}).encode(), "no C2PA trust list"),
        (b"\xef\xbb\xbf{}", "no C2PA trust list"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
    ],
    ids=["empty", "other JSON", "other shape", "far too deep", "texts for services", "a mark of its order", "damaged"],
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


TODAY = datetime.now(UTC).date()


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


@pytest.mark.parametrize(("as_of", "why"), [(day(1), "still to come"), ("2026-09-23", "older than the one in use")])
def test_a_list_of_a_day_to_come_or_older_than_that_in_use_is_refused_unless_forced(
    as_of: str, why: str, maker: SigningKeys, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match=why) as refused:
        put_list(tmp_path, "c2pa", maker.root.encode(), "a test", as_of)
    assert "--force" in refused.value.advice and load_trust_lists(tmp_path).c2pa.count == 30
    assert put_list(tmp_path, "c2pa", maker.root.encode(), "a test", as_of, forced=True).as_of == as_of
    assert load_trust_lists(tmp_path).c2pa.count == 1


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"as_of": 5}', b"\xff"], ids=repr)
def test_a_damaged_list_trusts_nobody_until_it_is_put_in_anew(
    damage: bytes, file: bytes, maker: SigningKeys, marks: Marks
) -> None:
    put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", day(0))
    (marks.trust_folder / "c2pa.json").write_bytes(damage)
    lists = load_trust_lists(marks.trust_folder)
    assert (lists.c2pa.count, lists.tsa.count) == (0, 22) and "cannot be read" in lists.c2pa.source
    assert not signer(file, marks).holds
    assert put_list(marks.trust_folder, "c2pa", maker.root.encode(), "a test", day(0)).count == 1
    assert signer(file, marks).holds


def test_a_day_is_kept_in_one_spelling(maker: SigningKeys, tmp_path: Path) -> None:
    plain = day(-1).replace("-", "")
    assert put_list(tmp_path, "c2pa", maker.root.encode(), "a test", plain).as_of == day(-1)
    assert put_list(tmp_path, "c2pa", maker.root.encode(), "a test", day(0)).as_of == day(0)


def test_a_list_that_cannot_be_written_whole_leaves_the_one_in_use(
    maker: SigningKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_list(tmp_path, "c2pa", maker.root.encode(), "a test", day(-1))

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safety.marks.trust_lists.os.fsync", full)
    with pytest.raises(FileError, match="No space left"):
        put_list(tmp_path, "c2pa", as_list(maker) + b" ", "another", day(0))
    kept = load_trust_lists(tmp_path).c2pa
    assert (kept.as_of, kept.source, kept.count) == (day(-1), "a test", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["c2pa.json"]
