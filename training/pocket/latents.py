"""Scenes -> what the denoiser trains on: latents and text states, in shards, so that training can start early.

    python -m training.pocket.latents

A picture costs an encoder pass and a caption a text encoder pass; done once, both are read many times.
Shards already written are kept; delete them when the autoencoder or the language changes.
"""

import argparse
import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from tqdm import tqdm
from transformers import AutoTokenizer, BertModel

from training.pocket.hardware import autocast
from training.pocket.objects import load
from training.pocket.scenes import Scene, Scenes
from training.pocket.shards import states_path
from training.pocket.tokens import tokenize
from training.pocket.words import HERE, Language

BATCH = 32  # scenes
OFTEN = ("single", "person")  # kinds that come again with every thing in turn: others of what they say are there


@dataclass(frozen=True, slots=True)
class Encoders:
    """The frozen halves of the model: pictures to latents, captions to token states."""

    vae: AutoencoderTiny
    tokenizer: AutoTokenizer
    text: BertModel
    context: torch.autocast = field(default_factory=autocast)

    @classmethod
    def open(cls, model: Path, vae: Path) -> "Encoders":
        """Load text encoder and tokenizer from a diffusers folder, the autoencoder from its own."""
        return cls(
            AutoencoderTiny.from_pretrained(vae, torch_dtype=torch.float32)
            .eval()
            .to(memory_format=torch.channels_last),
            AutoTokenizer.from_pretrained(model / "tokenizer"),
            BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False).eval(),
        )

    @torch.no_grad()
    def states(self, captions: list[str]) -> np.ndarray:
        """Token states, float16 of shape (captions, tokens, 384)."""
        ids, seen = tokenize(self.tokenizer, self.text, captions)
        with self.context:
            states: torch.Tensor = self.text(ids, attention_mask=seen).last_hidden_state
        return states.half().numpy()

    @torch.no_grad()
    def latents(self, pictures: np.ndarray) -> np.ndarray:
        """Latents, float16 of shape (pictures, 8, 16, 16), unscaled, of uint8 (pictures, 128, 128, 3)."""
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
        with self.context:
            latents: torch.Tensor = self.vae.encode(pixels).latents
        return latents.half().numpy()


def write(path: Path, scenes: list[Scene], encoders: Encoders, states: bool) -> None:
    """Encode scenes and write one shard, whole or not at all: a picture once, however many captions it has.

    `rows` says for each caption which of the latents is its own, and `alike` for each of the latents what its scene
    says: those of which it is the same differ only in what was left open (stable_targets.py). The states of the
    distinct captions (24 kB each) go to a file beside it, written before it; without them the denoiser encodes the
    captions itself.
    """
    pictures = [scene.picture for scene in scenes] + [other for scene in scenes for other in scene.others]
    alike = [scene.says for scene in scenes] + [scene.says for scene in scenes for _ in scene.others]
    encoded = [encoders.latents(np.stack(pictures[at : at + BATCH])) for at in range(0, len(pictures), BATCH)]
    told = [(row, caption, scene.kind) for row, scene in enumerate(scenes) for caption in scene.captions]
    rows, captions, kinds = zip(*told, strict=True)
    held = {"latents": np.concatenate(encoded), "rows": np.array(rows, np.int32), "captions": np.array(captions)}
    if states:
        write_states(path, held["captions"], encoders)
    temporary = path.with_suffix(".part.npz")
    np.savez(temporary, allow_pickle=False, kinds=np.array(kinds), alike=np.array(alike), **held)
    temporary.rename(path)


def plan(shards: list[dict[str, int]]) -> list[list[tuple[str, int]]]:
    """Spell out the (kind, index) of every scene; each kind walks on from one shard to the next."""
    walked: dict[str, int] = {}
    spelled = []
    for shard in shards:
        scenes = []
        for kind, many in shard.items():
            start = walked.get(kind, 0)
            scenes += [(kind, index) for index in range(start, start + many)]
            walked[kind] = start + many
        spelled.append(scenes)
    return spelled


def main() -> None:
    """Write the shards of `curriculum.toml` that are not there yet."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--vae", type=Path, help="default: the model's own")
    ask.add_argument("--captions", type=int, default=6, help="wordings of each picture, at most")
    ask.add_argument("--others", type=int, default=3, help="more pictures of what a scene says, for stable targets")
    ask.add_argument(
        "--states",
        action="store_true",
        help="write the text states too, which training on processors maps from the disk",
    )
    ask.add_argument("--shards", type=int, help="only the first so many")
    ask.add_argument("--part", type=int, default=0, help="which part of the shards this process writes, from 0")
    ask.add_argument("--parts", type=int, default=1, help="in how many processes the shards are written")
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--scale", type=float, help="of latents: that of the weights to begin from; default: measured")
    args = ask.parse_args()
    torch.set_num_threads(args.threads)
    encoders = Encoders.open(args.model, args.vae or args.model / "vae")
    drawer = Scenes(*load(args.work), Language.read())
    told = tomllib.loads((HERE / "curriculum.toml").read_text())
    shards = plan(told["shards"] * told["rounds"])
    np.save(args.work / "empty.npy", encoders.states([""])[0])
    for number, scenes in enumerate(tqdm(shards[: args.shards], desc="shards")):
        path = args.work / f"shard-{number:03}.npz"
        if number % args.parts != args.part:
            continue
        if not path.exists():
            rng = random.Random(number)
            drawn = [
                drawer.draw(kind, index, rng, args.captions, 0 if kind in OFTEN else args.others)
                for kind, index in scenes
            ]
            write(path, drawn, encoders, args.states)
        elif args.states and not states_path(path).exists():  # of another text encoder than those that were removed
            write_states(path, np.load(path)["captions"], encoders)
    write_scale(args.work, args.scale)


def write_states(path: Path, captions: np.ndarray, encoders: Encoders) -> None:
    """Write the token states of a shard's distinct captions to the file beside it, whole or not at all."""
    distinct = np.unique(captions).tolist()
    batches = [encoders.states(distinct[at : at + BATCH]) for at in range(0, len(distinct), BATCH)]
    temporary = path.with_suffix(".part.npy")
    np.save(temporary, np.concatenate(batches))
    temporary.rename(states_path(path))


def write_scale(work: Path, given: float | None) -> None:
    """Write the one factor for all latents: the given one, or what brings the first shard's to a deviation of 1."""
    if given is None:
        given = 1 / float(np.load(work / "shard-000.npz")["latents"].astype(np.float32).std())
    (work / "scale.txt").write_text(f"{given:.6f}\n")


if __name__ == "__main__":
    main()
