"""Reads the fields that any tool wrote into a file: XMP, EXIF, IPTC-IIM, PNG text, comments. Decodes no pixel.

`Fields` is everything as it stands; `Metadata` is what it says about AI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from safety.generation import Stamp
from safety.image_io import FORMATS, without_warnings
from safety.marks import generation_params
from safety.marks.metadata import IPTC, RDF, SAFELIGHT, TC260, XMP
from safety.marks.provenance import parse_stamp

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PACKET = 1_000_000  # bytes of XMP that are parsed
MAX_FIELD = 10_000  # characters of one field that are passed on
MAX_FIELDS = 400
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_IIM = {(2, 5): "Title", (2, 25): "Keywords", (2, 80): "By-line", (2, 85): "By-lineTitle", (2, 90): "City"}
_IIM |= {(2, 101): "Country", (2, 110): "Credit", (2, 115): "Source", (2, 116): "Copyright", (2, 120): "Caption"}
_IFDS = {0x8769: "Exif", 0x8825: "GPS"}
_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16-be", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}


@dataclass(frozen=True, slots=True)
class MetadataFields:
    """Every field by its name: XMP as {namespace}name, EXIF by tag name, PNG text and comments by keyword."""

    xmp: Mapping[str, str] = field(default_factory=dict)
    exif: Mapping[str, str] = field(default_factory=dict)
    iim: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the fields of a file say about AI. Empty means: not there.

    `tool` is the program that the parameters of the picture point to; `model` and `prompt` are theirs, or ours.
    """

    stamp: Stamp | None = None
    digital_source_type: str = ""
    software: str = ""
    created: str = ""
    model: str = ""
    prompt: str = ""
    aigc: Mapping[str, str] = field(default_factory=dict)
    parameters: str = ""  # the text that AUTOMATIC1111 and its kin write
    tool: str = ""
    ai_system: str = ""  # IPTC's AISystemUsed
    credit: str = ""

    @property
    def found(self) -> bool:
        """Whether any field speaks of AI or carries a stamp; a software's name alone does not."""
        return bool(self.stamp or self.digital_source_type or self.aigc or self.tool or self.ai_system)


def read(data: bytes) -> MetadataFields:
    """The fields of any file; empty ones if there are none or they cannot be parsed. Never raises."""
    from PIL import Image as Pillow

    try:
        with without_warnings(), Pillow.open(BytesIO(data), formats=FORMATS) as image:
            info = dict(image.info)
            return MetadataFields(
                xmp=parse_packet(_bytes(info.get("xmp") or info.get("XML:com.adobe.xmp"))),
                exif=dict(_exif(image)),
                iim=dict(_iim(image)),
                texts={str(key): text for key, value in info.items() if key not in ("XML:com.adobe.xmp", "xmp")
                       if (text := _text(value))},
            )  # fmt: skip
    except Exception:  # noqa: BLE001  what cannot be opened says nothing
        return MetadataFields()


def metadata(fields: MetadataFields) -> Metadata:
    """What fields say about AI."""
    xmp, exif, texts = fields.xmp, fields.exif, fields.texts
    recipe = generation_params.find(texts, exif)
    return Metadata(
        stamp=parse_stamp(xmp.get(f"{{{SAFELIGHT}}}Stamp", "")),
        digital_source_type=xmp.get(f"{{{IPTC}}}DigitalSourceType", ""),
        software=xmp.get(f"{{{XMP}}}CreatorTool", "") or exif.get("Software", "") or texts.get("Software", ""),
        created=xmp.get(f"{{{XMP}}}CreateDate", "") or exif.get("DateTimeOriginal", ""),
        model=xmp.get(f"{{{SAFELIGHT}}}Model", "") or recipe.model,
        prompt=xmp.get(f"{{{SAFELIGHT}}}Prompt", "") or xmp.get(f"{{{IPTC}}}AIPromptInformation", "") or recipe.prompt,
        aigc=_aigc(xmp.get(f"{{{TC260}}}AIGC", ""), texts.get("AIGC", ""), exif.get("UserComment", "")),
        parameters=recipe.parameters,
        tool=recipe.tool,
        ai_system=xmp.get(f"{{{IPTC}}}AISystemUsed", ""),
        credit=xmp.get(f"{{{PHOTOSHOP}}}Credit", "") or fields.iim.get("Credit", ""),
    )


def parse_packet(xmp: bytes) -> dict[str, str]:
    """Fields by {namespace}name, written as attributes or as elements; empty if it is no XMP."""
    if not xmp or len(xmp) > MAX_PACKET or b"<!" in xmp:  # no XMP has a DTD; entities are how XML explodes
        return {}
    try:
        tree = ElementTree.fromstring(xmp.strip(b"\x00 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    fields: dict[str, str] = {}
    for description in tree.iter(f"{{{RDF}}}Description"):
        fields |= {name: value[:MAX_FIELD] for name, value in description.attrib.items()}
        fields |= {child.tag: "; ".join(filter(None, map(str.strip, child.itertext())))[:MAX_FIELD]
                   for child in description}  # fmt: skip
    return dict(list(fields.items())[:MAX_FIELDS])


def _exif(image: Image) -> Iterator[tuple[str, str]]:
    from PIL.ExifTags import GPSTAGS, TAGS

    exif = image.getexif()
    for tag, value in list(exif.items())[:MAX_FIELDS]:
        if tag not in _IFDS:
            yield TAGS.get(tag, f"tag {tag}"), _text(value)
    for number, name in _IFDS.items():
        names = GPSTAGS if name == "GPS" else TAGS
        for tag, value in list(exif.get_ifd(number).items())[:MAX_FIELDS]:
            yield names.get(tag, f"{name} tag {tag}"), _comment(value) if tag == 0x9286 else _text(value)


def _iim(image: Image) -> Iterator[tuple[str, str]]:
    from PIL.IptcImagePlugin import getiptcinfo

    found: Mapping[Any, Any] = getiptcinfo(image) or {}  # type: ignore[arg-type]  # every opened picture is an ImageFile
    for key, value in list(found.items())[:MAX_FIELDS]:
        if key in _IIM:
            values = value if isinstance(value, list) else [value]
            yield _IIM[key], "; ".join(filter(None, map(_text, values)))


def _aigc(*places: str) -> dict[str, str]:
    """The label of GB 45438-2025, a JSON object, alone or under the name AIGC."""
    for place in places:
        try:
            label = json.loads(place)
        except (ValueError, RecursionError):
            continue
        label = label.get("AIGC", label) if isinstance(label, dict) else {}
        if isinstance(label, dict) and "Label" in label:
            return {str(key): str(item)[:MAX_FIELD] for key, item in list(label.items())[:MAX_FIELDS]}
    return {}


def _comment(value: object) -> str:
    """EXIF's UserComment: eight bytes name the code, the text follows."""
    if not isinstance(value, bytes) or value[:8] not in _CODES:
        return _text(value)
    return value[8 : 8 + 2 * MAX_FIELD].decode(_CODES[value[:8]], "replace").strip("\x00 ")[:MAX_FIELD]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="ignore") if isinstance(value, str) else b""


def _text(value: Any) -> str:
    """Words and numbers as text; of bytes, what is text in UTF-8; of anything else, nothing."""
    if isinstance(value, bytes):
        try:
            value = value[:MAX_FIELD].decode()
        except UnicodeDecodeError:
            return f"{len(value)} bytes"
    if isinstance(value, tuple | list):
        value = ", ".join(str(each) for each in value[:20])
    return str(value)[:MAX_FIELD].strip("\x00 ") if not isinstance(value, dict) else ""
