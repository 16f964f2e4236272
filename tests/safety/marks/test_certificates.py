"""An operator's own certificate: what is wrong with it is said before anything is exported, and C2PA agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat
from PIL import Image

from safety.errors import ExportError, KeysError
from safety.generation import Stamp
from safety.marks.certificates import OwnCertificate
from safety.marks.credentials import read, sign
from safety.marks.keys import SigningKeys
from safety.marks.provenance import Operator, Provenance
from tests.fakes_marks import file_of
from tests.safety.marks.certificate_cases import ANY, MAIL, NOW, SERVER, Wanted, other_curves, pem, rsa_key

PROVENANCE = Provenance(Stamp(7), engine="e", model="m", operator=Operator("A house", "https://house.example/verify"))
PICTURE = file_of(Image.new("RGB", (64, 64), "teal"))


def kept(folder: Path, chain: str, key: str) -> OwnCertificate:
    (folder / "chain.pem").write_text(chain)
    (folder / "key.pem").write_text(key)
    return OwnCertificate(folder / "chain.pem", folder / "key.pem")


def trial(chain: str, key: str, algorithm: str = "es256") -> None:
    leaf, _, rest = chain.partition("-----END CERTIFICATE-----\n")
    sign(
        PICTURE,
        "PNG",
        PROVENANCE,
        datetime.now(UTC),
        SigningKeys(key, f"{leaf}-----END CERTIFICATE-----\n", rest, algorithm),
    )


WRONG = [
    pytest.param(Wanted(usages=(SERVER,)), "emailProtection", id="for servers"),
    pytest.param(Wanted(usages=()), "emailProtection", id="no extended key usage"),
    pytest.param(Wanted(usages=(MAIL, ANY)), "any extended key usage", id="any usage"),
    pytest.param(Wanted(signs=False), "digitalSignature", id="may not sign"),
    pytest.param(Wanted(names_authority=False), "AuthorityKeyIdentifier", id="names no authority"),
    pytest.param(Wanted(ends=NOW - timedelta(days=1)), "expired on", id="expired"),
    pytest.param(Wanted(starts=NOW + timedelta(days=1)), "valid only from", id="not yet valid"),
    pytest.param(Wanted(form=PrivateFormat.TraditionalOpenSSL), "SEC1", id="SEC1 key"),
    pytest.param(Wanted(password=b"secret"), "encrypted", id="encrypted key"),
    pytest.param(Wanted(key=rsa_key(1024)), "of a kind that C2PA does not know", id="short RSA key"),
    pytest.param(Wanted(key=ec.generate_private_key(ec.SECP256K1())), "of a kind", id="unknown curve"),
]


@pytest.mark.parametrize(("wanted", "words"), WRONG)
def test_what_is_wrong_is_named_with_advice_and_would_not_sign(tmp_path: Path, wanted: Wanted, words: str) -> None:
    leaf, between, root, key = pem(wanted)
    with pytest.raises(KeysError) as caught:
        kept(tmp_path, leaf + between + root, key).load()
    assert words in str(caught.value) and "chain.pem" in str(caught.value) and caught.value.advice
    with pytest.raises(ExportError):
        trial(leaf + between + root, key)


def test_a_wrong_order_or_pairing_is_named(tmp_path: Path) -> None:
    leaf, between, root, key = pem(Wanted())
    stranger = pem(Wanted())
    for chain, private, words in (
        (root + between + leaf, key, "not the one of the private key"),
        (leaf + root + between, key, "was not signed by the next one"),
        (leaf + between + root, stranger[3], "belongs to none of its certificates"),
        (leaf + stranger[1], key, "was not signed by the next one"),
        ("", key, "no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n", key, "no certificate in PEM form"),
        (leaf + between + root, "nothing", "no private key in PEM form"),
    ):
        with pytest.raises(KeysError, match=words) as caught:
            kept(tmp_path, chain, private).load()
        assert caught.value.advice


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"nowhere\.pem cannot be read"):
        OwnCertificate(tmp_path / "nowhere.pem", tmp_path / "key.pem").load()


RIGHT = [
    pytest.param(key, id=name)
    for key, name in zip(
        (ec.generate_private_key(ec.SECP256R1()), *other_curves()), ("P-256", "P-384", "Ed25519", "RSA"), strict=True
    )
]


@pytest.mark.parametrize("key", RIGHT)
@pytest.mark.parametrize("parts", [2, 3], ids=["leaf and one above", "up to the root"])
def test_a_right_certificate_signs_and_is_trusted_here_and_not_elsewhere(
    tmp_path: Path, key: object, parts: int
) -> None:
    leaf, between, root, private = pem(Wanted(key=key))
    keys = kept(tmp_path, "".join((leaf, between, root)[:parts]), private).load()
    data = sign(PICTURE, "PNG", PROVENANCE, datetime.now(UTC), keys)
    here, elsewhere = read(data, keys), read(data)

    assert here is not None and here.valid and here.trusted
    assert elsewhere is not None and elsewhere.valid and not elsewhere.trusted
    assert (here.summary.issuer, here.summary.provider) == ("A house", "A house")
    assert "https://house.example/verify" in here.summary.verify


READER = """
import c2pa, json, sys
root, file = sys.argv[1:]
settings = {"verify": {"verify_trust": True}, "trust": {"trust_anchors": open(root).read()}}
with c2pa.Context.from_dict(settings) as context, open(file, "rb") as data:
    print(c2pa.Reader("image/png", data, context=context).json())
"""


def test_another_process_that_knows_only_the_root_trusts_the_file(tmp_path: Path) -> None:
    leaf, between, root, private = pem(Wanted())
    keys = kept(tmp_path, leaf + between, private).load()
    (tmp_path / "a.png").write_bytes(sign(PICTURE, "PNG", PROVENANCE, datetime.now(UTC), keys))
    (tmp_path / "root.pem").write_text(root)
    command = [sys.executable, "-c", READER, str(tmp_path / "root.pem"), str(tmp_path / "a.png")]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    binding = next(assertion for assertion in report["manifests"][report["active_manifest"]]["assertions"]
                   if assertion["label"] == "c2pa.soft-binding")["data"]  # fmt: skip

    assert report["validation_state"] == "Trusted"
    assert report["validation_results"]["activeManifest"]["failure"] == []
    assert binding["blocks"][0]["value"] == str(PROVENANCE.stamp) and "house.example" in binding["name"]
