"""Reads the parameters that other generators leave in a file, and tells from them which generator it was.

AUTOMATIC1111 and its kin: one text, "parameters" in PNG, UserComment in JPEG and WebP. ComfyUI: the graph as JSON, in
PNG text or behind "prompt:" in EXIF fields. InvokeAI, NovelAI, Fooocus and Midjourney: texts of their own. Anybody can
write any of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Texts = Mapping[str, str]  # values by the name of the field
_MODEL = re.compile(r"\bModel: ([^,\n]{1,200})")
_STEPS = re.compile(r"\bSteps: \d+")
_JOB_ID = re.compile(r"Job ID: [0-9a-f-]{36}")
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


def read_params(texts: Texts, exif: Texts) -> GenerationParams:
    """Returns the parameters of the first generator that is recognised; empty ones if none is. Never raises.

    `texts` are PNG text chunks and comments, `exif` the EXIF fields.
    """
    for read in (_automatic1111, _comfyui, _invokeai, _novelai, _midjourney):
        if params := read(texts, exif):
            return params
    return GenerationParams()


def _automatic1111(texts: Texts, exif: Texts) -> GenerationParams | None:
    text = texts.get("parameters", "") or exif.get("UserComment", "")
    if not _STEPS.search(text) and "parameters" not in texts:
        return None
    tool = "Fooocus" if "fooocus_scheme" in texts else "AUTOMATIC1111 or one of its kin"
    prompt = re.split(r"\n?Negative prompt:|\n?\bSteps: \d", text, maxsplit=1)[0].strip(" ,\n")
    model = _MODEL.search(text)
    return GenerationParams(tool, prompt, model[1].strip() if model else "", text)


def _comfyui(texts: Texts, exif: Texts) -> GenerationParams | None:
    in_exif = (value[len("prompt:") :] for value in exif.values() if value.startswith("prompt:{"))
    graph = _json(texts.get("prompt", "") or next(in_exif, ""))
    if not any("class_type" in _dict(node) for node in graph.values()):
        workflow = _json(texts.get("workflow", ""))
        return GenerationParams("ComfyUI") if "nodes" in workflow and "links" in workflow else None
    inputs = [_dict(_dict(node).get("inputs")) for node in graph.values()]
    prompts = [str(values["text"]) for values in inputs if isinstance(values.get("text"), str)]
    models = [str(values[name]) for values in inputs for name in _CHECKPOINTS if isinstance(values.get(name), str)]
    return GenerationParams("ComfyUI", " | ".join(prompts), ", ".join(models))


def _invokeai(texts: Texts, exif: Texts) -> GenerationParams | None:
    for name in ("invokeai_metadata", "sd-metadata", "dream_metadata"):
        if values := _json(texts.get(name, "")):
            image = _dict(values.get("image"))
            model = _dict(values.get("model")).get("name") or values.get("model_weights") or ""
            prompt = values.get("positive_prompt") or image.get("prompt") or ""
            return GenerationParams("InvokeAI", str(prompt), str(model))
    return GenerationParams("InvokeAI", texts["Dream"]) if "Dream" in texts else None


def _novelai(texts: Texts, exif: Texts) -> GenerationParams | None:
    if texts.get("Software") != "NovelAI":
        return None
    prompt = _json(texts.get("Comment", "")).get("prompt") or texts.get("Description", "")
    return GenerationParams("NovelAI", str(prompt), texts.get("Source", ""))


def _midjourney(texts: Texts, exif: Texts) -> GenerationParams | None:
    for text in (texts.get("Description", ""), exif.get("ImageDescription", "")):
        if _JOB_ID.search(text):
            return GenerationParams("Midjourney", _JOB_ID.split(text)[0].strip())
    return None


def _json(text: str) -> Mapping[str, Any]:
    try:
        return _dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
