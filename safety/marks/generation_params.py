"""Reads the parameters that other generators leave in a file, and tells from them which generator it was.

AUTOMATIC1111 and its kin: one text, "parameters" in PNG, UserComment in JPEG and WebP. ComfyUI: the graph as JSON, in
PNG text or behind "prompt:" in EXIF fields. Fooocus, SwarmUI, NovelAI and Draw Things: JSON there or in the comment;
InvokeAI and Midjourney: texts of their own. Anybody can write any of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

Texts = Mapping[str, str]  # values by the name of the field
_MODEL = re.compile(r"\bModel: ([^,\n]{1,200})")
_STEPS = re.compile(r"\bSteps: \d+")
_JOB_ID = re.compile(r"Job ID: [0-9a-f-]{36}")
_XMP_COMMENT = "{http://ns.adobe.com/exif/1.0/}UserComment"
MAX_FIELD = 10_000  # characters of each value that are passed on
_PROMPTS = ("text", "text_g", "text_l", "clip_l", "t5xxl")  # inputs of ComfyUI's nodes that are prompts
_CHECKPOINTS = ("ckpt_name", "unet_name", "model_name")  # inputs of ComfyUI's nodes that name a model


@dataclass(frozen=True, slots=True)
class GenerationParams:
    """Holds what a generator wrote; empty values are not there.

    `tool` is its name. `parameters` is the text as it stands where it is AUTOMATIC1111's.
    """

    tool: str = ""
    prompt: str = ""
    model: str = ""
    parameters: str = ""


def read_params(texts: Texts, exif: Texts, xmp: Texts | None = None) -> GenerationParams:
    """Returns the parameters of the first generator that is recognised; empty ones if none is. Never raises.

    `texts` are PNG text chunks and comments, `exif` the EXIF fields, `xmp` the fields of XMP by {namespace}name.
    """
    # Where a JPEG or WebP file has what a PNG file has as text.
    comment = exif.get("UserComment", "") or (xmp or {}).get(_XMP_COMMENT, "")
    given = _Given(texts, exif, comment, _json(texts.get("parameters", "") or comment))
    for read in (_fooocus, _swarmui, _novelai, _draw_things, _automatic1111, _comfyui, _invokeai, _midjourney):
        if params := read(given):
            return GenerationParams(*(value[:MAX_FIELD] for value in astuple(params)))
    return GenerationParams()


@dataclass(frozen=True, slots=True)
class _Given:
    """What a file says: its fields, its comment, and the JSON object that its parameters or its comment are."""

    texts: Texts
    exif: Texts
    comment: str
    values: Mapping[str, Any]


def _fooocus(given: _Given) -> GenerationParams | None:
    """Reads what Fooocus writes: its scheme beside the parameters, which are JSON or AUTOMATIC1111's text."""
    scheme = given.texts.get("fooocus_scheme", "") or given.exif.get("MakerNote", "")
    software = given.exif.get("Software", "") or str(given.values.get("version", ""))
    if scheme not in ("fooocus", "a1111") and not software.startswith("Fooocus"):
        return None
    if "prompt" in given.values:
        model = str(given.values.get("base_model") or "")
        return GenerationParams("Fooocus", str(given.values["prompt"]), model)
    return _as_automatic1111("Fooocus", given.texts.get("parameters", "") or given.comment)


def _swarmui(given: _Given) -> GenerationParams | None:
    values = _dict(given.values.get("sui_image_params"))
    return GenerationParams("SwarmUI", *_strings(values, "prompt", "model")) if values else None


def _novelai(given: _Given) -> GenerationParams | None:
    """Reads NovelAI's texts, which stand as JSON in the comment of a file without texts."""
    texts = given.texts if "Software" in given.texts else given.values
    if texts.get("Software") != "NovelAI":
        return None
    prompt = _json(str(texts.get("Comment", ""))).get("prompt") or texts.get("Description", "")
    return GenerationParams("NovelAI", str(prompt), str(texts.get("Source", "")))


def _draw_things(given: _Given) -> GenerationParams | None:
    """Reads what Draw Things writes: JSON with the prompt as "c" and what it excludes as "uc"."""
    values = given.values
    return GenerationParams("Draw Things", *_strings(values, "c", "model")) if {"c", "uc"} <= values.keys() else None


def _automatic1111(given: _Given) -> GenerationParams | None:
    text = given.texts.get("parameters", "") or given.comment
    if not _STEPS.search(text) and "parameters" not in given.texts:
        return None
    return _as_automatic1111("AUTOMATIC1111 or one of its kin", text)


def _as_automatic1111(tool: str, text: str) -> GenerationParams:
    """Reads the text of AUTOMATIC1111: the prompt, then what it excludes, then a row of settings."""
    prompt = re.split(r"\n?Negative prompt:|\n?\bSteps: \d", text, maxsplit=1)[0].strip(" ,\n")
    model = _MODEL.search(text)
    return GenerationParams(tool, prompt, model[1].strip() if model else "", text)


def _comfyui(given: _Given) -> GenerationParams | None:
    in_exif = (value[len("prompt:") :] for value in given.exif.values() if value.startswith("prompt:{"))
    graph = _json(given.texts.get("prompt", "") or next(in_exif, ""))
    if not any("class_type" in _dict(node) for node in graph.values()):
        workflow = _json(given.texts.get("workflow", ""))
        return GenerationParams("ComfyUI") if "nodes" in workflow and "links" in workflow else None
    inputs = [_dict(_dict(node).get("inputs")) for node in graph.values()]
    prompts = [values[name] for values in inputs for name in _PROMPTS if isinstance(values.get(name), str)]
    models = [values[name] for values in inputs for name in _CHECKPOINTS if isinstance(values.get(name), str)]
    return GenerationParams("ComfyUI", " | ".join(dict.fromkeys(prompts)), ", ".join(models))


def _invokeai(given: _Given) -> GenerationParams | None:
    for name in ("invokeai_metadata", "sd-metadata", "dream_metadata"):
        if values := _json(given.texts.get(name, "")):
            image = _dict(values.get("image"))
            model = _dict(values.get("model")).get("name") or values.get("model_weights") or ""
            prompt = values.get("positive_prompt") or image.get("prompt") or ""
            return GenerationParams("InvokeAI", str(prompt), str(model))
    return GenerationParams("InvokeAI", given.texts["Dream"]) if "Dream" in given.texts else None


def _midjourney(given: _Given) -> GenerationParams | None:
    for text in (given.texts.get("Description", ""), given.exif.get("ImageDescription", "")):
        if _JOB_ID.search(text):
            return GenerationParams("Midjourney", _JOB_ID.split(text)[0].strip())
    return None


def _strings(values: Mapping[str, Any], *names: str) -> list[str]:
    return [str(values.get(name) or "") for name in names]


def _json(text: str) -> Mapping[str, Any]:
    try:
        return _dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
