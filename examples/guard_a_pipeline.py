"""Safelight before and behind a diffusers pipeline: judge the prompt, draw, judge the picture, mark it.

    python examples/guard_a_pipeline.py "a red apple" apple.png [--seed 7] [--model FOLDER_OR_HUB_NAME]

`make_picture` is all that a program of your own needs; the pipeline may be any that diffusers loads.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from safety import Guard, Provenance, StudioError
from safety.resources import MODELS

MIN_SIDE = 256  # pixels


def make_picture(guard: Guard, pipeline: Any, prompt: str, out: Path, **settings: Any) -> bool:
    """Draws one picture and writes it marked; or prints why not, and returns False. Raises ExportError."""
    decision = guard.check_prompt(prompt)
    if decision.allowed:
        wanted, left_out = guard.prompts_to_draw(prompt)
        image = pipeline(wanted, negative_prompt=left_out or None, **settings).images[0]
        # The invisible mark needs room: the embedded model draws 128 pixels, which the studio enlarges too.
        if min(image.size) < MIN_SIDE:
            image = image.resize((image.width * 4, image.height * 4))
        decision = guard.check_image(image, prompt=prompt)
    if not decision.allowed:
        print(guard.explain(decision))
        return False
    guard.mark(image, out, Provenance(engine="diffusers", model=type(pipeline).__name__))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=str(MODELS / "pocket"), help="a diffusers folder, or a name on the hub")
    parser.add_argument("--seed", type=int, help="same seed, same picture")
    parser.add_argument("--keys", type=Path, help="the folder of the signing keys, made if it is empty")
    arguments = parser.parse_args()

    import torch
    from diffusers import AutoPipelineForText2Image

    pipeline = AutoPipelineForText2Image.from_pretrained(arguments.model)
    guard = Guard.load(keys=arguments.keys)
    seed = None if arguments.seed is None else torch.Generator().manual_seed(arguments.seed)
    try:
        allowed = make_picture(guard, pipeline, arguments.prompt, arguments.out, generator=seed)
    except StudioError as error:
        raise SystemExit(error.sentence) from error
    raise SystemExit(0 if allowed else 3)


if __name__ == "__main__":
    main()
