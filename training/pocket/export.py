"""Assemble the diffusers folder that ships: float16 weights, the average of the denoiser.

python -m training.pocket.export --work build/pocket --out assets/models/pocket
"""

import argparse
import json
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import AutoTokenizer, BertModel

from training.pocket.design import NOISE


def text_encoder(source: Path) -> BertModel:
    """The text encoder in half precision; the flag makes the pipeline mask padding, as in training."""
    encoder = BertModel.from_pretrained(source, dtype=torch.float16, add_pooling_layer=False)
    encoder.config.use_attention_mask = True
    return encoder


def assemble(unet: Path, vae: Path, text: Path, scale: float) -> StableDiffusionPipeline:
    """Put the parts together in float16. `text` has the prior's text_encoder and tokenizer.

    scale: one over the spread of the latents.
    """
    autoencoder = AutoencoderTiny.from_pretrained(vae, torch_dtype=torch.float16)
    autoencoder.register_to_config(scaling_factor=scale)
    return StableDiffusionPipeline(
        vae=autoencoder,
        text_encoder=text_encoder(text / "text_encoder"),
        tokenizer=AutoTokenizer.from_pretrained(text / "tokenizer"),
        unet=UNet2DConditionModel.from_pretrained(unet, torch_dtype=torch.float16),
        scheduler=DPMSolverMultistepScheduler(**NOISE, timestep_spacing="trailing", steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def tidy(folder: Path) -> None:
    """Mend the configs: no paths of the machine that wrote them, and float32 for the text encoder.

    Without the latter a load that names no dtype would mix float16 with float32 parts.
    """
    for path in folder.glob("*/config.json"):
        config = {key: value for key, value in json.loads(path.read_text()).items() if key != "_name_or_path"}
        if path.parent.name == "text_encoder":
            config["dtype"] = "float32"
        path.write_text(json.dumps(config, indent=2) + "\n")


def main() -> None:
    """Read the command line and write the folder."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--text", type=Path, help="folder with text_encoder and tokenizer; default: `model` of --work")
    ask.add_argument("--vae", type=Path, help="default: that of --work")
    ask.add_argument("--out", type=Path, default=Path("build/pocket/whole"))
    args = ask.parse_args()
    scale = float((args.work / "scale.txt").read_text())
    text, vae = args.text or args.work / "model", args.vae or args.work / "vae"
    pipeline = assemble(args.work / "unet", vae, text, scale)
    pipeline.save_pretrained(args.out)
    tidy(args.out)


if __name__ == "__main__":
    main()
