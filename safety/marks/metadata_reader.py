"""Reads the fields that any tool wrote into a file: XMP, EXIF, IPTC-IIM, PNG text, comments. Decodes no pixel.

`MetadataFields` is everything as it stands; `Metadata` is what it says about AI.
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
from safety.marks.generation_params import read_params
from safety.marks.metadata import IPTC, RDF, SAFELIGHT, TC260, XMP
from safety.marks.provenance import parse_stamp

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PACKET = 1_000_000  # bytes of XMP that are parsed
MAX_FIELD = 10_000  # characters of one field that are passed on
MAX_FIELDS = 400
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
# Datasets of IPTC-IIM 4.2 by record and number.
_IIM = {(2, 5): "Title", (2, 25): "Keywords", (2, 80): "By-line", (2, 85): "By-lineTitle", (2, 90): "City"}
_IIM |= {(2, 101): "Country", (2, 110): "Credit", (2, 115): "Source", (2, 116): "Copyright", (2, 120): "Caption"}
# EXIF directories by their tag.
_IFDS = {0x8769: "Exif", 0x8825: "GPS"}
_USER_COMMENT = 0x9286  # EXIF tag
# What the first eight bytes of a UserComment name.
_COMMENT_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16-be", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}


@dataclass(frozen=True, slots=True)
class MetadataFields:
    """Holds every field by its name: XMP as {namespace}name, EXIF by tag name, PNG text and comments by keyword."""

    xmp: Mapping[str, str] = field(default_factory=dict)
    exif: Mapping[str, str] = field(default_factory=dict)
    iim: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Holds what the fields of a file say about AI; empty values are not there.

    `tool` is the program that the picture's parameters point to; `model` and `prompt` are that program's, or ours.
    """

    stamp: Stamp | None = None
    digital_source_type: str = ""
    software: str = ""
    created: str = ""
    model: str = ""
    prompt: str = ""
    aigc: Mapping[str, str] = field(default_factory=dict)
    parameters: str = ""  # the text that AUTOMATIC1111 and programs like it write
    tool: str = ""
    ai_system: str = ""  # IPTC's AISystemUsed
    credit: str = ""

    @property
    def found(self) -> bool:
        """Returns whether any field speaks of AI or carries a stamp; a software's name alone does not."""
        return bool(self.stamp or self.digital_source_type or self.aigc or self.tool or self.ai_system)


def read(data: bytes) -> MetadataFields:
    """Returns the fields of any file; empty ones if there are none or they cannot be parsed. Never raises."""
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


def interpret(fields: MetadataFields) -> Metadata:
    """Returns what fields say about AI."""
    xmp, exif, texts = fields.xmp, fields.exif, fields.texts
    params = read_params(texts, exif)
    return Metadata(
        stamp=parse_stamp(xmp.get(f"{{{SAFELIGHT}}}Stamp", "")),
        digital_source_type=xmp.get(f"{{{IPTC}}}DigitalSourceType", ""),
        software=xmp.get(f"{{{XMP}}}CreatorTool", "") or exif.get("Software", "") or texts.get("Software", ""),
        created=xmp.get(f"{{{XMP}}}CreateDate", "") or exif.get("DateTimeOriginal", ""),
        model=xmp.get(f"{{{SAFELIGHT}}}Model", "") or params.model,
        prompt=xmp.get(f"{{{SAFELIGHT}}}Prompt", "") or xmp.get(f"{{{IPTC}}}AIPromptInformation", "") or params.prompt,
        aigc=_aigc(xmp.get(f"{{{TC260}}}AIGC", ""), texts.get("AIGC", ""), exif.get("UserComment", "")),
        parameters=params.parameters,
        tool=params.tool,
        ai_system=xmp.get(f"{{{IPTC}}}AISystemUsed", ""),
        credit=xmp.get(f"{{{PHOTOSHOP}}}Credit", "") or fields.iim.get("Credit", ""),
    )


def parse_packet(xmp: bytes) -> dict[str, str]:
    """Returns the fields of an XMP packet by {namespace}name, attributes and elements; none if it is no XMP."""
    # No XMP has a DTD; with entities, a small XML file can grow to gigabytes.
    if not xmp or len(xmp) > MAX_PACKET or b"<!" in xmp:
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
            yield names.get(tag, f"{name} tag {tag}"), _comment(value) if tag == _USER_COMMENT else _text(value)


def _iim(image: Image) -> Iterator[tuple[str, str]]:
    from PIL.IptcImagePlugin import getiptcinfo

    # Every opened picture is an ImageFile.
    datasets: Mapping[Any, Any] = getiptcinfo(image) or {}  # type: ignore[arg-type]
    for key, value in list(datasets.items())[:MAX_FIELDS]:
        if key in _IIM:
            values = value if isinstance(value, list) else [value]
            yield _IIM[key], "; ".join(filter(None, map(_text, values)))


def _aigc(*places: str) -> dict[str, str]:
    """Returns the label of GB 45438-2025 from the first place that has it: a JSON object, alone or named AIGC."""
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
    """Returns the text of EXIF's UserComment: eight bytes name the code, the text follows."""
    if not isinstance(value, bytes) or value[:8] not in _COMMENT_CODES:
        return _text(value)
    return value[8 : 8 + 2 * MAX_FIELD].decode(_COMMENT_CODES[value[:8]], "replace").strip("\x00 ")[:MAX_FIELD]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="ignore") if isinstance(value, str) else b""


def _text(value: Any) -> str:
    """Returns words and numbers as text; of other bytes than UTF-8 how many there are; of nested values nothing."""
    if isinstance(value, bytes):
        try:
            value = value[:MAX_FIELD].decode()
        except UnicodeDecodeError:
            return f"{len(value)} bytes"
    if isinstance(value, tuple | list):
        value = ", ".join(str(item) for item in value[:20])
    return str(value)[:MAX_FIELD].strip("\x00 ") if not isinstance(value, dict) else ""
