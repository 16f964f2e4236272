"""Whether a file reserves its use for training: XMP, and assertions of C2PA and CAWG."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from safety.generation import Stamp
from safety.marks import metadata_reader
from safety.marks.credentials import crjson, read, read_earlier, sign
from safety.marks.crjson import Manifest, lineage, manifests
from safety.marks.keys import SigningKeys, signing_keys
from safety.marks.metadata import PLUS, encode
from safety.marks.provenance import Operator, Provenance
from safety.marks.training_permission import (
    ENTRIES,
    LABEL,
    TrainingPermission,
    TrainingUse,
    reservations_of,
    uses_of,
)
from safety.marks.training_rights import read_for_training
from safety.testing import fake_guard
from tests.fakes_marks import photograph

TIME = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)

NAMESPACES = """xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/"
 xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" """
# One more description behind the first; what is left of the second where the first has elements.
AND, REST = f"/><rdf:Description {NAMESPACES}", f"</rdf:Description><rdf:Description {NAMESPACES}"

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/"
 xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {}/></rdf:RDF></x:xmpmeta>"""


def png(attributes: str, image: Image.Image | None = None) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", XMP.format(attributes))
    (image or Image.new("RGB", (8, 8))).save(file, "PNG", pnginfo=info)
    return file.getvalue()


@pytest.mark.parametrize(
    ("attributes", "reservations"),
    [
        ('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"', ("IPTC/PLUS DataMining",)),
        ('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-ALLOWED"', ()),
        ('plus:DataMining="DMI-UNSPECIFIED"', ()),
        ('tdm:reservation="1"', ("TDMRep in XMP",)),
        ('tdm:reservation="0"', ()),
        # Where it says different things, the stricter holds.
        (f'plus:DataMining="DMI-PROHIBITED"{AND}plus:DataMining="DMI-ALLOWED"', ("IPTC/PLUS DataMining",)),
        (f'plus:DataMining="DMI-ALLOWED"{AND}plus:DataMining="DMI-PROHIBITED"', ("IPTC/PLUS DataMining",)),
        (f'tdm:reservation="1"{AND}tdm:reservation="0"', ("TDMRep in XMP",)),
        (f'tdm:reservation="0"{AND}tdm:reservation="1"', ("TDMRep in XMP",)),
        (
            f'plus:DataMining="DMI-PROHIBITED"><plus:DataMining>DMI-ALLOWED</plus:DataMining>{REST}',
            ("IPTC/PLUS DataMining",),
        ),
        (
            f'><plus:DataMining rdf:resource="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/>{REST}',
            ("IPTC/PLUS DataMining",),
        ),
        ("", ()),
    ],
)
def test_a_reservation_in_xmp_is_read(attributes: str, reservations: tuple[str, ...]) -> None:
    rights, loaded = read_for_training(png(attributes))
    assert rights.reservations == reservations
    assert (rights.format, loaded.size) == ("PNG", (8, 8))


@pytest.mark.parametrize("first", ["PROHIBITED", "ALLOWED"])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_of_several_packets_of_xmp_the_stricter_holds(format: str, first: str) -> None:
    second = "ALLOWED" if first == "PROHIBITED" else "PROHIBITED"
    packets = [XMP.format(f'plus:DataMining="DMI-{use}"').encode() for use in (first, second)]
    file = io.BytesIO()
    if format == "PNG":
        info = PngInfo()
        for packet in packets:
            info.add_itxt("XML:com.adobe.xmp", packet.decode())
        Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
        data = file.getvalue()
    else:
        Image.new("RGB", (8, 8)).save(file, "JPEG")
        bodies = [b"http://ns.adobe.com/xap/1.0/\0" + packet for packet in packets]
        segments = [b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body for body in bodies]
        data = b"\xff\xd8" + b"".join(segments) + file.getvalue()[2:]
    assert read_for_training(data)[0].reservations == ("IPTC/PLUS DataMining",)


def test_a_picture_that_says_it_is_synthetic_is_noted() -> None:
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    rights, _ = read_for_training(png(f'ext:DigitalSourceType="{source}"'))
    assert rights.generated == ("trainedAlgorithmicMedia",)


def manifests_with(label: str, data: object) -> list[Manifest]:
    return manifests({"manifests": [{"assertions": {"c2pa.actions.v2": {}, label: data}}]})


@pytest.mark.parametrize(
    ("label", "data", "reserved"),
    [
        pytest.param(
            "c2pa.training-mining", {"entries": {"c2pa.ai_generative_training": {"use": "notAllowed"}}}, True, id="C2PA"
        ),
        pytest.param(
            "c2pa.training-mining", {"entries": {"c2pa.data_mining": {"use": "constrained"}}}, True, id="constrained"
        ),
        pytest.param("cawg.training-mining", {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}, True, id="CAWG"),
        pytest.param(
            "cawg.training-mining",
            {"entries": {"cawg.ai_inference": {"use": "notAllowed"}, "cawg.ai_training": {"use": "allowed"}}},
            False,
            id="another use alone",
        ),
        pytest.param(
            "cawg.training-mining", {"metadata": {"c2pa.ai_training": {"use": "notAllowed"}}}, True, id="deeper"
        ),
        pytest.param(
            "cawg.training-mining", {"entries": {"cawg.ai_training": {"use": "maybe"}}}, True, id="unknown use"
        ),
        pytest.param("c2pa.training-mining__1", "text", True, id="of another shape"),
        pytest.param("cawg.training-mining", {}, True, id="without entries"),
        pytest.param(
            "cawg.training-mining",
            {"entries": {"c2pa.ai_training": {"use": "notAllowed"}, "cawg.ai_training": {"use": "allowed"}}},
            True,
            id="twice, the stricter first",
        ),
        pytest.param(
            "cawg.training-mining",
            {
                "entries": {
                    "cawg.ai_training": {"use": "notAllowed"},
                    "metadata": {"c2pa.ai_training": {"use": "allowed"}},
                }
            },
            True,
            id="on two levels",
        ),
        pytest.param("org.example.training", {"entries": {}}, False, id="another assertion"),
    ],
)
def test_an_assertion_is_read(label: str, data: object, reserved: bool) -> None:
    assert bool(reservations_of(manifests_with(label, data))) is reserved


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("activeManifest", "urn:c2pa:earlier"),
        ("c2pa_manifest", "urn:c2pa:earlier"),
        ("c2pa_manifest", "adobe:urn:uuid:earlier"),
    ],
    ids=["version 3", "before", "with its maker's name"],
)
def test_what_an_earlier_file_reserved_is_read_whichever_version_names_it(key: str, label: str) -> None:
    ingredient = {"relationship": "parentOf", key: {"url": f"self#jumbf=/c2pa/{label}"}}
    reserving = {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}
    document = {
        "manifests": [
            {"label": "urn:c2pa:active", "assertions": {"c2pa.ingredient": ingredient}},
            {"label": label, "assertions": {LABEL: reserving}},
        ]
    }
    assert reservations_of(lineage(manifests(document))) == (LABEL,)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    return signing_keys(tmp_path_factory.mktemp("keys"))


def signed(keys: SigningKeys, format: str, setting: str, constraints: str = "", earlier: bytes = b"") -> bytes:
    operator = Operator(training=TrainingPermission.parse(setting, constraints))
    made = Provenance(Stamp(1), engine="" if earlier else "pocket", operator=operator)
    data = encode(Image.new("RGB", (64, 64), "teal"), format, made, TIME)
    return sign(data, format, made, TIME, keys, earlier)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("setting", "reservations"),
    [
        pytest.param("", (), id="unset"),
        pytest.param("allowed", (), id="allowed"),
        pytest.param("notAllowed", ("IPTC/PLUS DataMining", LABEL), id="not allowed"),
        pytest.param("constrained", ("IPTC/PLUS DataMining", LABEL), id="constrained"),
        pytest.param("ai_generative_training=notAllowed", ("IPTC/PLUS DataMining", LABEL), id="not for generating"),
        pytest.param("ai_inference=notAllowed", (), id="not as input alone"),
    ],
)
def test_what_the_setting_states_is_read_on_a_signed_file(
    keys: SigningKeys, format: str, setting: str, reservations: tuple[str, ...]
) -> None:
    data = signed(keys, format, setting)
    rights, _ = read_for_training(data)
    found = read(data, keys)

    assert rights.reservations == reservations
    assert "trainedAlgorithmicMedia" in rights.generated
    assert found is not None and found.valid and found.trusted
    assert found.training == TrainingPermission.parse(setting).uses


def test_conditions_stand_in_the_assertion_and_in_the_metadata(keys: SigningKeys) -> None:
    data = signed(keys, "PNG", "constrained", "CC BY-NC 4.0")
    document = json.loads(crjson(data, [keys])[0])

    (entry, *_) = document["manifests"][0]["assertions"][LABEL]["entries"].values()
    assert entry == {"use": "constrained", "constraint_info": "CC BY-NC 4.0"}
    assert metadata_reader.read(data).xmp[f"{{{PLUS}}}OtherConstraints"] == "CC BY-NC 4.0"


def test_a_reservation_stays_when_the_file_is_marked_anew(keys: SigningKeys) -> None:
    earlier, _ = read_earlier(signed(keys, "JPEG", "notAllowed"))
    rights, _ = read_for_training(signed(keys, "PNG", "allowed", earlier=earlier))

    assert LABEL in rights.reservations
    assert "trainedAlgorithmicMedia" in rights.generated


@pytest.mark.parametrize(
    ("attributes", "reservations"),
    [
        pytest.param(
            'plus:DataMining="DMI-PROHIBITED"', ("IPTC/PLUS DataMining", LABEL), id="reserved in its metadata"
        ),
        pytest.param('tdm:reservation="1"', ("IPTC/PLUS DataMining", LABEL), id="reserved by its site"),
        pytest.param("", (), id="not reserved"),
    ],
)
def test_what_metadata_reserve_stays_when_the_file_is_marked(
    tmp_path: Path, attributes: str, reservations: tuple[str, ...]
) -> None:
    fake_guard(keys=tmp_path / "keys").mark(png(attributes, photograph(1)), tmp_path / "b.jpg")
    rights, _ = read_for_training((tmp_path / "b.jpg").read_bytes())

    assert rights.reservations == reservations


def test_a_reservation_is_stricter_than_the_setting() -> None:
    uses = dict(TrainingPermission.parse("allowed").reserved().uses)

    assert uses == dict.fromkeys(ENTRIES, TrainingUse.NOT_ALLOWED) | {"ai_inference": TrainingUse.ALLOWED}


def test_a_reserved_file_that_was_changed_since_is_still_reserved(keys: SigningKeys) -> None:
    data = signed(keys, "JPEG", "notAllowed")
    rights, _ = read_for_training(data[:-4] + bytes([data[-4] ^ 1]) + data[-3:])

    assert LABEL in rights.reservations


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("notAllowed", "DMI-PROHIBITED"),
        ("ai_training=notAllowed", "DMI-PROHIBITED-AIMLTRAINING"),
        ("ai_generative_training=notAllowed, ai_training=allowed", "DMI-PROHIBITED-GENAIMLTRAINING"),
        ("constrained", "DMI-PROHIBITED-SEECONSTRAINT"),
        ("allowed", "DMI-ALLOWED"),
        ("ai_inference=notAllowed", ""),
        ("", ""),
    ],
)
def test_iptcs_property_says_most_of_it(setting: str, value: str) -> None:
    assert TrainingPermission.parse(setting).data_mining().rpartition("/")[2] == value


@given(st.dictionaries(st.sampled_from(ENTRIES), st.sampled_from(list(TrainingUse)), min_size=1))
def test_what_is_stated_is_read_back(uses: dict[str, TrainingUse]) -> None:
    stated = TrainingPermission.parse(", ".join(f"{entry}={use}" for entry, use in uses.items()))

    assert dict(uses_of(manifests_with(LABEL, stated.assertion()))) == uses
