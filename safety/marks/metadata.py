"""Machine-readable fields in the file: what other tools look for first, and lose first.

XMP carries IPTC's DigitalSourceType, China's AIGC label (GB 45438-2025) and our own stamp; EXIF carries the software.
Written into PNG, JPEG and WebP by Pillow; read from any file that Pillow opens, decoding no pixel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from safety.files import FORMATS, silenced
from safety.marks.facts import TOOL, TRAINED_ALGORITHMIC_MEDIA, VERSION, Facts, parse_stamp, timestamp
from safety.works import Stamp

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PACKET = 1_000_000  # bytes of XMP that are parsed
MAX_FIELD = 10_000  # characters of one field that are passed on
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
SAFELIGHT = "https://safelight.invalid/ns/1.0/"  # a name, not an address
_PREFIXES = {"rdf": RDF, "xmp": XMP, "Iptc4xmpExt": IPTC, "TC260": TC260, "safelight": SAFELIGHT}
_SOFTWARE = 0x0131  # EXIF tag


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the fields of a file say. Empty means: not there."""

    stamp: Stamp | None = None
    digital_source_type: str = ""
    software: str = ""
    created: str = ""
    model: str = ""
    prompt: str = ""
    aigc: Mapping[str, str] = field(default_factory=dict)
    parameters: str = ""  # the text that AUTOMATIC1111 and its kin write into PNG

    @property
    def found(self) -> bool:
        """Whether any field speaks of AI or carries a stamp; a software's name alone does not."""
        return bool(self.stamp or self.digital_source_type or self.aigc or self.parameters)


def encode(image: Image, format: str, facts: Facts, time: datetime) -> bytes:
    """The picture as a "PNG", "JPEG" or "WEBP" file, with all fields in it."""
    from PIL import Image as Pillow
    from PIL.PngImagePlugin import PngInfo

    xmp = packet(facts, time)
    exif = Pillow.Exif()
    exif[_SOFTWARE] = f"{TOOL} {VERSION}"
    options: dict[str, Any] = {"exif": exif, "xmp": xmp}
    if format == "PNG":
        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
        chunks.add_text("Software", f"{TOOL} {VERSION}")
        options = {"exif": exif, "pnginfo": chunks}
    elif format == "JPEG":
        options |= {"quality": 95, "subsampling": 0}  # the mark sits in the luma, the eye sees the chroma
    elif format == "WEBP":
        options |= {"quality": 95, "method": 4}
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def packet(facts: Facts, time: datetime) -> bytes:
    """The XMP packet (ISO 16684-1), all fields as attributes of one description."""
    fields = {
        "xmp:CreatorTool": f"{TOOL} {VERSION}",
        "xmp:CreateDate": timestamp(time),
        "Iptc4xmpExt:DigitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
        "TC260:AIGC": json.dumps({"Label": "1", "ContentProducer": TOOL, "ProduceID": str(facts.stamp)}),
        "safelight:Stamp": str(facts.stamp),
        "safelight:Model": facts.model,
        "safelight:Prompt": facts.prompt,
    }
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES.items())
    values = " ".join(f"{name}={quoteattr(_legal(value))}" for name, value in fields.items() if value)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about="" {names} {values}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def read(data: bytes) -> Metadata:
    """The fields of any file; empty ones if there are none or they cannot be parsed. Never raises."""
    from PIL import Image as Pillow

    try:
        with silenced(), Pillow.open(BytesIO(data), formats=FORMATS) as image:
            info, software = dict(image.info), image.getexif().get(_SOFTWARE, "")
    except Exception:  # noqa: BLE001  what cannot be opened says nothing
        return Metadata()
    fields = parse_packet(_bytes(info.get("xmp") or info.get("XML:com.adobe.xmp")))
    return Metadata(
        stamp=parse_stamp(fields.get(f"{{{SAFELIGHT}}}Stamp", "")),
        digital_source_type=fields.get(f"{{{IPTC}}}DigitalSourceType", ""),
        software=fields.get(f"{{{XMP}}}CreatorTool", "") or _text(software) or _text(info.get("Software")),
        created=fields.get(f"{{{XMP}}}CreateDate", ""),
        model=fields.get(f"{{{SAFELIGHT}}}Model", ""),
        prompt=fields.get(f"{{{SAFELIGHT}}}Prompt", ""),
        aigc=_aigc(fields.get(f"{{{TC260}}}AIGC", "")),
        parameters=_text(info.get("parameters")),
    )


def parse_packet(xmp: bytes) -> dict[str, str]:
    """Simple fields by {namespace}name, written as attributes or as elements; empty if it is no XMP."""
    if not xmp or len(xmp) > MAX_PACKET or b"<!" in xmp:  # no XMP has a DTD; entities are how XML explodes
        return {}
    try:
        tree = ElementTree.fromstring(xmp.strip(b"\x00 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    fields: dict[str, str] = {}
    for description in tree.iter(f"{{{RDF}}}Description"):
        fields |= {name: value[:MAX_FIELD] for name, value in description.attrib.items()}
        fields |= {child.tag: "".join(child.itertext()).strip()[:MAX_FIELD] for child in description}
    return fields


def _aigc(value: str) -> dict[str, str]:
    try:
        label = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(item)[:MAX_FIELD] for key, item in label.items()} if isinstance(label, dict) else {}


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 forbids."""
    return "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="ignore") if isinstance(value, str) else b""


def _text(value: object) -> str:
    return value[:MAX_FIELD].strip("\x00 ") if isinstance(value, str) else ""
