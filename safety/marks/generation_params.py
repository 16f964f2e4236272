"""The parameters that other generators leave in a file, and which of them it was.

AUTOMATIC1111 and its kin: one text, "parameters" in PNG, UserComment in JPEG and WebP. ComfyUI: the graph as JSON, in
PNG text or behind "prompt:" in EXIF fields. InvokeAI, NovelAI, Fooocus and Midjourney: texts of their own. Anybody can
write any of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Texts = Mapping[str, str]
MODEL = re.compile(r"\bModel: ([^,\n]{1,200})")
STEPS = re.compile(r"\bSteps: \d+")
JOB = re.compile(r"Job ID: [0-9a-f-]{36}")
_CHECKPOINTS = ("ckpt_name", "unet_name", "model_name")


@dataclass(frozen=True, slots=True)
class GenerationParams:
    """`parameters` is the text as it stands where it is AUTOMATIC1111's, else empty."""

    tool: str = ""
    prompt: str = ""
    model: str = ""
    parameters: str = ""


def find(texts: Texts, exif: Texts) -> GenerationParams:
    """The first recipe that is there; an empty one if none is. Never raises."""
    for read in (_automatic1111, _comfy, _invoke, _novel, _midjourney):
        if recipe := read(texts, exif):
            return recipe
    return GenerationParams()


def _automatic1111(texts: Texts, exif: Texts) -> GenerationParams | None:
    text = texts.get("parameters", "") or exif.get("UserComment", "")
    if not STEPS.search(text) and "parameters" not in texts:
        return None
    tool = "Fooocus" if "fooocus_scheme" in texts else "AUTOMATIC1111 or one of its kin"
    prompt = re.split(r"\n?Negative prompt:|\n?\bSteps: \d", text, maxsplit=1)[0].strip(" ,\n")
    model = MODEL.search(text)
    return GenerationParams(tool, prompt, model[1].strip() if model else "", text)


def _comfy(texts: Texts, exif: Texts) -> GenerationParams | None:
    found = (value[len("prompt:") :] for value in exif.values() if value.startswith("prompt:{"))
    graph = _json(texts.get("prompt", "") or next(found, ""))
    if not any("class_type" in _dict(node) for node in graph.values()):
        workflow = _json(texts.get("workflow", ""))
        return GenerationParams("ComfyUI") if "nodes" in workflow and "links" in workflow else None
    inputs = [_dict(_dict(node).get("inputs")) for node in graph.values()]
    words = [str(each["text"]) for each in inputs if isinstance(each.get("text"), str)]
    models = [str(each[name]) for each in inputs for name in _CHECKPOINTS if isinstance(each.get(name), str)]
    return GenerationParams("ComfyUI", " | ".join(words), ", ".join(models))


def _invoke(texts: Texts, exif: Texts) -> GenerationParams | None:
    for name in ("invokeai_metadata", "sd-metadata", "dream_metadata"):
        if facts := _json(texts.get(name, "")):
            image = _dict(facts.get("image"))
            model = _dict(facts.get("model")).get("name") or facts.get("model_weights") or ""
            prompt = facts.get("positive_prompt") or image.get("prompt") or ""
            return GenerationParams("InvokeAI", str(prompt), str(model))
    return GenerationParams("InvokeAI", texts["Dream"]) if "Dream" in texts else None


def _novel(texts: Texts, exif: Texts) -> GenerationParams | None:
    if texts.get("Software") != "NovelAI":
        return None
    prompt = _json(texts.get("Comment", "")).get("prompt") or texts.get("Description", "")
    return GenerationParams("NovelAI", str(prompt), texts.get("Source", ""))


def _midjourney(texts: Texts, exif: Texts) -> GenerationParams | None:
    for text in _descriptions(texts, exif):
        if JOB.search(text):
            return GenerationParams("Midjourney", JOB.split(text)[0].strip())
    return None


def _descriptions(texts: Texts, exif: Texts) -> Iterator[str]:
    yield texts.get("Description", "")
    yield exif.get("ImageDescription", "")


def _json(text: str) -> Mapping[str, Any]:
    try:
        return _dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
