"""Reads back what a picture was made with: the settings that Safelight and other generators leave in a file.

Words and numbers only, for a form to be filled with: whatever stands here is judged again like any other request.
Which generator wrote it is told by generation_params.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from safety.errors import FileError
from safety.files import containers
from safety.files.pool import shared_pool
from safety.image_io import MAX_BYTES
from safety.marks import metadata_reader
from safety.marks.generation_params import MAX_FIELD
from safety.marks.metadata_reader import MetadataFields

# The names that generators give to each setting, in small letters without separators.
ALIASES = {
    "seed": ("seed", "noiseseed"),
    "steps": ("steps", "numsteps", "numinferencesteps"),
    "guidance": ("cfgscale", "cfg", "guidancescale", "scale", "guidance"),
    "negative_prompt": ("negativeprompt", "uc"),
    "width": ("width",),
    "height": ("height",),
    "sampler": ("sampler", "samplername", "scheduler"),
}
NUMBERS = ("seed", "steps", "guidance", "width", "height")
SIZES = ("size", "resolution")
MAX_NODES, MAX_LINKS = 2000, 8  # of ComfyUI's graph
_COMFY_TEXTS = ("text", "text_g", "text_l", "clip_l", "t5xxl")
_PAIR = re.compile(r"\b([A-Z][A-Za-z ]{1,30}): (\"[^\"]{0,500}\"|[^,\n]{1,200})")
_SIZE = re.compile(r"(\d{2,5})\s*[x×,]\s*(\d{2,5})")
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,10})?")


@dataclass(frozen=True, slots=True)
class FoundSettings:
    """Holds what a file says it was made with. `tool` is the generator, "" where none is known.

    `values` are texts by the name of the setting: prompt, negative_prompt, seed, steps, guidance, width, height, model,
    sampler. `stamp` is Safelight's, where the file has one. `pixels` are width and height of the file itself, (0, 0)
    where they cannot be read.
    """

    tool: str = ""
    stamp: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    pixels: tuple[int, int] = (0, 0)


def found_settings(file: bytes | Path, client: str = "") -> FoundSettings:
    """Reads a file of any maker in a worker process. Raises FileError, BusyError."""
    source = (file, MAX_BYTES) if isinstance(file, Path) else file
    found, _ = shared_pool().run(read_settings, source, client=client)
    if not isinstance(found, FoundSettings):
        raise FileError("The file could not be read.", "Save or download it again.")
    return found


def read_settings(data: bytes) -> tuple[FoundSettings, None]:
    """Returns the settings in a file, inside a worker process; no pixel is decoded. Raises FileError."""
    found = settings_in(metadata_reader.read_blocks(containers.split(data)))
    return replace(found, pixels=_pixels(data)), None


def _pixels(data: bytes) -> tuple[int, int]:
    try:
        with Image.open(BytesIO(data)) as opened:  # reads the header alone
            return opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0, 0


def settings_in(fields: MetadataFields) -> FoundSettings:
    """Returns the settings in the fields of a file."""
    known = metadata_reader.interpret(fields)
    tool = known.tool or ("Safelight" if known.stamp else "")
    values = {"prompt": known.prompt, "model": known.model}
    graph = _graph(fields) if tool == "ComfyUI" else {}
    if graph:
        values |= _of_comfyui(graph)
    elif known.parameters and not known.parameters.lstrip().startswith("{"):
        values |= _of_text(known.parameters)
    elif tool:
        for table in _tables(fields):
            values = _of_table(table) | {name: value for name, value in values.items() if value}
    kept = {name: value[:MAX_FIELD] for name, value in values.items() if value}
    return FoundSettings(tool, str(known.stamp or ""), kept)


def _of_text(parameters: str) -> dict[str, str]:
    """Reads AUTOMATIC1111's text: the prompt, then what it excludes, then a row of settings."""
    words, _, row = parameters.rpartition("Steps: ")
    negative = words.partition("Negative prompt:")[2].strip(" ,\n")
    pairs = {name: value.strip('"') for name, value in _PAIR.findall("Steps: " + row)}
    return {**_of_table(pairs), "negative_prompt": negative}


def _of_table(table: Mapping[str, Any]) -> dict[str, str]:
    """Reads settings by the names that generators give them."""
    plain = {re.sub(r"[^a-z0-9]", "", str(name).lower()): value for name, value in table.items()}
    values: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        given = next((plain[alias] for alias in aliases if isinstance(plain.get(alias), str | int | float)), "")
        if name not in NUMBERS or _NUMBER.fullmatch(str(given)):
            values[name] = str(given)
    size = next((_SIZE.search(str(plain[name])) for name in SIZES if name in plain), None)
    return values | ({"width": size[1], "height": size[2]} if size else {})


def _tables(fields: MetadataFields) -> Iterator[Mapping[str, Any]]:
    """Yields the JSON objects in the fields of a file, and those one level inside them."""
    for text in (*fields.texts.values(), *fields.exif.values()):
        if (table := _json(text)) and not _is_graph(table):
            inner: list[Mapping[str, Any]] = [value for value in table.values() if isinstance(value, dict)]
            inner += [_json(value) for value in table.values() if isinstance(value, str) and value.startswith("{")]
            yield from (table, *inner)


def _graph(fields: MetadataFields) -> Mapping[str, Any]:
    """Returns ComfyUI's graph: its nodes by their ids."""
    in_exif = [text[len("prompt:") :] for text in fields.exif.values() if text.startswith("prompt:{")]
    graph = _json(fields.texts.get("prompt", "") or next(iter(in_exif), ""))
    return graph if _is_graph(graph) and len(graph) <= MAX_NODES else {}


def _is_graph(table: Mapping[str, Any]) -> bool:
    return any(isinstance(node, dict) and "class_type" in node for node in table.values())


def _of_comfyui(graph: Mapping[str, Any]) -> dict[str, str]:
    """Reads the sampler's node, and follows its links to the words of both prompts."""
    nodes = [_inputs(graph, name) for name in graph]
    sampler = next((inputs for inputs in nodes if "positive" in inputs and "negative" in inputs), {})
    values: dict[str, str] = {}
    for inputs in (*nodes, sampler):
        values |= {name: value for name, value in _of_table(inputs).items() if value and name != "negative_prompt"}
    words = {"prompt": "positive", "negative_prompt": "negative"}
    found = {name: _words_behind(graph, sampler.get(link)) for name, link in words.items()}
    return values | {name: text for name, text in found.items() if text}


def _words_behind(graph: Mapping[str, Any], link: object) -> str:
    """Returns the text that a link comes from, over nodes that only pass it on."""
    for _ in range(MAX_LINKS):
        if not (isinstance(link, list) and link):
            return ""
        inputs = _inputs(graph, str(link[0]))
        for name in _COMFY_TEXTS:
            if isinstance(inputs.get(name), str):
                return str(inputs[name])
        link = next((value for value in inputs.values() if isinstance(value, list)), None)
    return ""


def _inputs(graph: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    node = graph.get(name)
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _json(text: str) -> Mapping[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
