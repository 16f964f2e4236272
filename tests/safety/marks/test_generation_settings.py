"""What a picture was made with, as each generator writes it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from safety.errors import FileError
from safety.generation import Stamp
from safety.marks.generation_settings import found_settings, read_settings
from safety.marks.metadata import packet
from safety.marks.provenance import Provenance, timestamp
from ui.html.found import report
from ui.texts import page_texts

A1111 = """a red fox, (snow:1.2)
Negative prompt: blurry, low quality
Steps: 28, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 123456, Size: 512x768, Model hash: abc, Model: "dream, v8\""""
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 9, "steps": 20, "cfg": 8, "sampler_name": "euler",
          "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbour", "clip": ["4", 1]}},
    "7": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["8", 0]}},
    "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "text", "clip": ["4", 1]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
}  # fmt: skip
INVOKE = {"positive_prompt": "a tower", "negative_prompt": "fog", "seed": 5, "steps": 30, "cfg_scale": 7.5,
          "width": 512, "height": 512, "scheduler": "euler", "model": {"name": "sd"}}  # fmt: skip
FOOOCUS = {"prompt": "a boat", "negative_prompt": "rain", "seed": "77", "steps": 30, "guidance_scale": 4,
           "resolution": "(1152, 896)", "base_model": "juggernaut", "version": "Fooocus v2.5"}  # fmt: skip
SWARM = {"sui_image_params": {"prompt": "a hill", "negativeprompt": "sea", "seed": 8, "steps": 12, "cfgscale": 3,
                              "width": 256, "height": 320, "model": "m"}}  # fmt: skip
DRAW = {"c": "a cup", "uc": "tea", "seed": 4, "steps": 8, "scale": 5, "size": "384x512", "model": "d"}


def png(**texts: str) -> bytes:
    chunks, memory = PngInfo(), io.BytesIO()
    for name, text in texts.items():
        chunks.add_itxt(name, text)
    Image.new("RGB", (64, 64)).save(memory, "PNG", pnginfo=chunks)
    return memory.getvalue()


@pytest.mark.parametrize(
    ("texts", "tool", "values"),
    [
        pytest.param({"parameters": A1111}, "AUTOMATIC1111", {
            "prompt": "a red fox, (snow:1.2)", "negative_prompt": "blurry, low quality", "seed": "123456",
            "steps": "28", "guidance": "6.5", "width": "512", "height": "768", "sampler": "DPM++ 2M"}, id="a1111"),
        pytest.param({"prompt": json.dumps(GRAPH)}, "ComfyUI", {
            "prompt": "a harbour", "negative_prompt": "text", "seed": "9", "steps": "20", "guidance": "8",
            "width": "640", "height": "512", "model": "base.safetensors"}, id="comfyui"),
        pytest.param({"invokeai_metadata": json.dumps(INVOKE)}, "InvokeAI", {
            "prompt": "a tower", "negative_prompt": "fog", "seed": "5", "guidance": "7.5"}, id="invoke"),
        pytest.param({"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"}, "Fooocus", {
            "prompt": "a boat", "negative_prompt": "rain", "width": "1152", "height": "896"}, id="fooocus"),
        pytest.param({"parameters": json.dumps(SWARM)}, "SwarmUI", {
            "prompt": "a hill", "negative_prompt": "sea", "seed": "8", "guidance": "3", "height": "320"}, id="swarm"),
    ],
)  # fmt: skip
def test_a_generators_settings_come_back(texts: dict[str, str], tool: str, values: dict[str, str]) -> None:
    found, _ = read_settings(png(**texts))
    assert found.tool.startswith(tool) and values.items() <= found.values.items()


def test_settings_in_a_jpegs_comment_come_back() -> None:
    memory, exif = io.BytesIO(), Image.Exif()
    exif[0x8769] = {0x9286: b"UNICODE\0" + A1111.encode("utf-16-be")}
    Image.new("RGB", (64, 64)).save(memory, "JPEG", exif=exif)
    assert read_settings(memory.getvalue())[0].values["seed"] == "123456"


def test_our_own_stamp_and_prompt_come_back() -> None:
    own = packet(Provenance(stamp=Stamp(7), engine="pocket", prompt="a lake"), datetime.now(UTC)).decode()
    found, _ = read_settings(png(**{"XML:com.adobe.xmp": own}))
    assert (found.tool, found.stamp, found.values["prompt"]) == ("Safelight", f"{7:016x}", "a lake")
    assert timestamp(datetime.now(UTC))


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"parameters": "{" * 5000}, id="no json"),
        pytest.param({"prompt": json.dumps({"1": {"class_type": "X", "inputs": {"a": ["1", 0]}}})}, id="a circle"),
        pytest.param({"prompt": json.dumps({"1": {"class_type": "X", "inputs": 7}, "2": 5})}, id="other shapes"),
        pytest.param({"parameters": "Steps: " * 3000}, id="only steps"),
    ],
)
def test_what_makes_no_sense_gives_nothing_and_raises_nothing(texts: dict[str, str]) -> None:
    assert "seed" not in read_settings(png(**texts))[0].values


def test_a_seed_that_is_no_number_is_left_out() -> None:
    values: dict[str, Any] = {**INVOKE, "seed": "<b>1</b>"}
    assert "seed" not in read_settings(png(invokeai_metadata=json.dumps(values)))[0].values


def test_what_is_no_picture_is_refused_in_one_sentence() -> None:
    with pytest.raises(FileError):
        found_settings(b"hello")


def test_the_size_of_the_file_is_told_beside_the_size_that_was_asked_for() -> None:
    found, _ = read_settings(png(parameters=A1111))
    assert found.pixels == (64, 64) and found.values["width"] == "512"
    assert "64 × 64" in report(found, page_texts()) and "512 ×" not in report(found, page_texts())
