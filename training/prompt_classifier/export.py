"""Writes what ships: an int8 ONNX model, the tokenizer and weights.toml with their SHA-256.

    python -m training.prompt_classifier.export --real real_prompts.csv.gz [--work build/prompt_classifier]
        [--out assets/models/prompt_classifier]

Calibrates first (calibrate.py). The run that saw half of the dev rows is written too, below the work folder, so that
evaluate.py judges the other half by a model that never saw it, quantised as the one that ships.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from safety.prompt.classifier import FILE, PromptClassifierConfig
from safety.prompt.classifier_model import PromptClassifierModel
from safety.prompt.multilingual import FRAME
from training.prompt_classifier import calibrate
from training.prompt_classifier.examples import for_limits
from training.prompt_classifier.labels import read_labels
from training.prompt_classifier.model import WIDTH, Encoder, folder, load

OPSET = 17
ENTRY = """\
[{name}]
file = "{file}"
sha256 = "{sha256}"
source = "{source}"
licence = "Apache-2.0"
licence_url = "https://www.apache.org/licenses/LICENSE-2.0"
note = "{note}"
"""


class Packed(nn.Module):
    """The encoder for one text at a time, with its word embeddings as int8 and a scale per word.

    The same sums as the encoder's, written down plainly: with no padding and no batch there is nothing to mask and no
    shape to look up, which took a fifth of the time. Queries, keys and values come from one product.
    """

    words: Tensor
    scale: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        words = encoder.embeddings.word_embeddings.weight.detach()
        scale = words.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("words", torch.round(words / scale).to(torch.int8))
        self.register_buffer("scale", scale)
        self.attentions = nn.ModuleList([Attention(layer.attention) for layer in encoder.layers])

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits (1, heads), shares (1, tokens, heads) and marks (1, tokens) of ids (1, tokens)."""
        table, one = self.encoder.embeddings, ids[0]
        words = self.words[one].float() * self.scale[one]
        places = table.position_embeddings.weight[: ids.shape[1]]
        hidden = table.LayerNorm(words + places + table.token_type_embeddings.weight[0])
        layers: list[Any] = list(self.encoder.layers)
        for layer, attention in zip(layers, self.attentions, strict=True):
            attended = layer.attention.output(attention(hidden), hidden)
            hidden = layer.output(layer.intermediate(attended), attended)
        weights = torch.softmax(self.encoder.attend(hidden), dim=0)
        shares = weights * self.encoder.value(hidden)
        return shares.sum(dim=0)[None] + self.encoder.bias, shares[None], self.encoder.mark(hidden)[None, :, 0]


class Attention(nn.Module):
    """A layer's attention over one text, (tokens, width) -> (tokens, width)."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        parts = (attention.self.query, attention.self.key, attention.self.value)
        self.heads = attention.self.num_attention_heads
        self.size = WIDTH // self.heads
        self.joint = nn.Linear(WIDTH, 3 * WIDTH)
        self.joint.weight.data = torch.cat([part.weight.detach() for part in parts])
        self.joint.bias.data = torch.cat([part.bias.detach() for part in parts])

    def forward(self, hidden: Tensor) -> Tensor:
        rows = self.joint(hidden).reshape(-1, 3 * self.heads, self.size).transpose(0, 1)
        query, key, value = rows.split(self.heads)
        looks = torch.softmax(query @ key.transpose(1, 2) * self.size**-0.5, dim=-1)
        joined: Tensor = (looks @ value).transpose(0, 1).reshape(-1, WIDTH)
        return joined


def write(encoder: Encoder, path: Path) -> None:
    """The model as ONNX, its large matrices int8."""
    write_int8(Packed(encoder), path, _heads)


def write_int8(packed: nn.Module, path: Path, in_float: Callable[[Path], Sequence[str]]) -> None:
    """A model that reads one text at a time as ONNX, its large matrices int8; `in_float` names those that stay so."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".fp32.onnx")
    example = (torch.randint(1000, 20000, (1, 9)),)
    axes = {name: {1: "tokens"} for name in ("ids", "shares", "marks")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter by tracing is deprecated, and needs one package fewer
        torch.onnx.export(
            packed.eval(),
            example,
            str(whole),
            input_names=["ids"],
            output_names=["logits", "shares", "marks"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    # Seven bits: without VNNI, two products of eight bits can overflow sixteen.
    quantize_dynamic(
        whole,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=in_float(whole),
    )
    whole.unlink()


def _heads(path: Path) -> list[str]:
    """Returns the names of the two small matrices that the scores come straight from: they stay in float.

    The one of the marks has an offset, and so is no MatMul.
    """
    import onnx

    names = [node.name for node in onnx.load(path).graph.node if node.op_type == "MatMul"]
    heads = [name for name in names if "self" not in name and name.split("/")[-2] in ("attend", "value")]
    if len(heads) != 2:
        raise ValueError(f"the heads are not found among {names}")
    return heads


def bundle(encoder: Encoder, out: Path) -> None:
    """All files of one model in `out`."""
    write(encoder, out / "model.onnx")
    shutil.copyfile(folder() / "tokenizer.json", out / "tokenizer.json")
    entries = [
        ("model", "model.onnx", "training/prompt_classifier, from all-MiniLM-L6-v2 (sentence-transformers)", "int8"),
        ("tokenizer", "tokenizer.json", "all-MiniLM-L6-v2 (sentence-transformers)", "WordPiece, unchanged"),
    ]
    texts = [
        ENTRY.format(name=name, file=file, sha256=sha256(out / file), source=source, note=note)
        for name, file, source, note in entries
    ]
    head = "# Weights of the prompt check that judges meaning. A file with another SHA-256 is not used.\n\n"
    (out / "weights.toml").write_text(head + "\n".join(texts), encoding="utf-8")


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file, as hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="the real prompts that labels/ speaks of")
    parser.add_argument("--work", type=Path, default=Path("build/prompt_classifier"))
    parser.add_argument("--second", type=Path, default=Path("assets/models/prompt_languages"), help="asked beside it")
    parser.add_argument("--presets", type=Path, default=Path("presets"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/prompt_classifier"))
    args = parser.parse_args()
    labels = [label for label in read_labels(args.real) if for_limits(label.text)]
    texts = [label.text for label in labels]
    half = load(args.work / "half.pt")
    second = PromptClassifierModel(args.second, FRAME).logits(texts)
    share = PromptClassifierConfig.load(args.presets / FILE).second_share
    pairs = calibrate.fitted(labels, calibrate.logits(half, texts), second, share)
    (args.work / "calibration.json").write_text(json.dumps(pairs))
    bundle(calibrate.applied(half, pairs), args.work / "half")
    bundle(calibrate.applied(load(args.work / "final.pt"), pairs), args.out)


if __name__ == "__main__":
    main()
