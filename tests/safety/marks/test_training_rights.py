"""Whether a file reserves its use for training: XMP, and assertions of C2PA and CAWG."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from safety.marks.training_rights import _of_manifest, read_for_training

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/"
 xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {}/></rdf:RDF></x:xmpmeta>"""


def png(attributes: str) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", XMP.format(attributes))
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


@pytest.mark.parametrize(
    ("attributes", "reservations"),
    [
        ('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"', ("IPTC/PLUS DataMining",)),
        ('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-ALLOWED"', ()),
        ('plus:DataMining="DMI-UNSPECIFIED"', ()),
        ('tdm:reservation="1"', ("TDMRep in XMP",)),
        ('tdm:reservation="0"', ()),
        ("", ()),
    ],
)
def test_a_reservation_in_xmp_is_read(attributes: str, reservations: tuple[str, ...]) -> None:
    rights, loaded = read_for_training(png(attributes))
    assert rights.reservations == reservations
    assert (rights.format, loaded.size) == ("PNG", (8, 8))


def test_a_picture_that_says_it_is_synthetic_is_noted() -> None:
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    rights, _ = read_for_training(png(f'ext:DigitalSourceType="{source}"'))
    assert rights.generated == ("trainedAlgorithmicMedia",)


def assertion(label: str, data: object) -> dict[str, object]:
    return {"assertions": [{"label": "c2pa.actions", "data": {}}, {"label": label, "data": data}]}


@pytest.mark.parametrize(
    ("manifest", "reserved"),
    [
        pytest.param(
            assertion("c2pa.training-mining", {"entries": {"c2pa.ai_generative_training": {"use": "notAllowed"}}}),
            True,
            id="C2PA 1.3",
        ),
        pytest.param(
            assertion("c2pa.training-mining", {"entries": {"c2pa.data_mining": {"use": "constrained"}}}),
            True,
            id="constrained",
        ),
        pytest.param(
            assertion("cawg.training-mining", {"entries": {"cawg.ai_training": {"use": "notAllowed"}}}), True, id="CAWG"
        ),
        pytest.param(
            assertion(
                "c2pa.training-mining",
                {"entries": {"c2pa.ai_inference": {"use": "notAllowed"}, "c2pa.ai_training": {"use": "allowed"}}},
            ),
            False,
            id="another use alone",
        ),
        pytest.param(assertion("c2pa.training-mining__1", "text"), True, id="of another shape"),
        pytest.param({"assertions": "text"}, False, id="no assertions"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_an_assertion_is_read(manifest: dict[str, object], reserved: bool) -> None:
    assert bool(_of_manifest(manifest)) is reserved
