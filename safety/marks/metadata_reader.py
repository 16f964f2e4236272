"""Reads the fields that any tool wrote into a file: XMP, EXIF, IPTC-IIM, PNG text, comments. Decodes no pixel.

`MetadataFields` is everything as it stands; `Metadata` is what it says about AI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from safety.errors import FileError
from safety.files import containers
from safety.files.blocks import Blocks
from safety.generation import Stamp
from safety.marks.exif_reader import as_text, exif_fields, iptc_fields
from safety.marks.generation_params import MAX_FIELD, read_params
from safety.marks.metadata import IPTC, RDF, SAFELIGHT, TC260, XMP
from safety.marks.provenance import parse_stamp

MAX_PACKET = 1_000_000  # bytes of XMP that are parsed
MAX_ELEMENTS, MAX_DEPTH = 5000, 32  # of its XML
MAX_VALUE = 500_000  # characters of one field that are looked into: some programs keep their whole graph in one
MAX_FIELDS = 400
MAX_RESERVED = 10_000  # characters of all that a file says of one reservation
# Fields that reserve a use, by PLUS and TDMRep: none of them hides another.
_RESERVING = ("}DataMining", "}reservation")
_STEP = 16_384  # bytes that are parsed at once
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"


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
    source: str = ""  # the stamp of the picture that this one was enlarged from

    @property
    def found(self) -> bool:
        """Returns whether any field speaks of AI or carries a stamp; a software's name alone does not."""
        return bool(self.stamp or self.digital_source_type or self.aigc or self.tool or self.ai_system)


def read(data: bytes) -> MetadataFields:
    """Returns the fields of any file; empty ones if there are none or they cannot be parsed. Never raises."""
    try:
        return read_blocks(containers.split(data))
    except FileError:
        return MetadataFields()


def read_blocks(blocks: Blocks) -> MetadataFields:
    """Returns the fields of a file that was taken apart. Never raises."""
    return MetadataFields(
        xmp=parse_packet(blocks.xmp, *blocks.later_xmp),
        exif=exif_fields(blocks.exif),
        iim=iptc_fields(blocks.iptc),
        texts={keyword: text for keyword, value in blocks.texts if (text := as_text(value))},
    )


def interpret(fields: MetadataFields) -> Metadata:
    """Returns what fields say about AI."""
    params = read_params(fields.texts, fields.exif, fields.xmp)
    xmp, exif, texts = (_shortened(each) for each in (fields.xmp, fields.exif, fields.texts))
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
        source=str(parse_stamp(xmp.get(f"{{{SAFELIGHT}}}Source", "")) or ""),
        credit=xmp.get(f"{{{PHOTOSHOP}}}Credit", "") or fields.iim.get("Credit", ""),
    )


def _shortened(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:MAX_FIELD] for name, value in fields.items()}


def parse_packet(*packets: bytes) -> dict[str, str]:
    """Returns the fields of XMP packets by {namespace}name, attributes and elements; none of what is no XMP.

    Of a field that stands in several packets, the first holds; within one, the last. Of what reserves a use each holds.
    """
    fields: dict[str, str] = {}
    for packet in packets:
        own: dict[str, str] = {}
        for name, value in _properties(packet):
            own[name] = _with(own.get(name, ""), value) if name.endswith(_RESERVING) else value
        for name, value in own.items():
            if name.endswith(_RESERVING):
                fields[name] = _with(fields.get(name, ""), value)
            elif len(fields) < MAX_FIELDS:
                fields.setdefault(name, value)
    return fields


def _with(earlier: str, value: str) -> str:
    return f"{earlier}; {value}" if earlier and len(earlier) < MAX_RESERVED else earlier or value


def _properties(packet: bytes) -> Iterator[tuple[str, str]]:
    """Yields name and value of each property of an XMP packet, attributes and elements, in their order."""
    # No XMP has a DTD; with entities, a small XML file can grow to gigabytes. In UTF-16 a zero stands in between.
    if not packet or len(packet) > MAX_PACKET or b"<!" in packet.replace(b"\0", b""):
        return
    try:
        tree = _parse_bounded(packet.strip(b"\x00 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return
    for description in tree.iter(f"{{{RDF}}}Description"):
        yield from ((name, value[:MAX_VALUE]) for name, value in description.attrib.items())
        for child in description:
            value = "; ".join(filter(None, map(str.strip, child.itertext())))
            # An address may stand as one: <plus:DataMining rdf:resource="..."/>.
            yield child.tag, (value or child.get(f"{{{RDF}}}resource", ""))[:MAX_VALUE]


def _parse_bounded(xmp: bytes) -> ElementTree.Element:
    """Parses XML of at most so many elements and so deep. Raises ValueError for more, ParseError for what is none."""
    # typeshed knows no events of two values.
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    elements = depth = 0
    root: ElementTree.Element | None = None
    for start in range(0, len(xmp), _STEP):
        parser.feed(xmp[start : start + _STEP])
        for event, element in parser.read_events():
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            elements += 1
            if elements > 2 * MAX_ELEMENTS or depth > MAX_DEPTH:
                raise ValueError("not the XML of a picture")
    parser.close()
    if root is None:
        raise ValueError("no element")
    return root


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
