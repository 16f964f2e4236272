"""Train the network that tells photographs from drawings: `python -m training.picture_checks.photo_or_drawing`.

    --packages FOLDER   Debian packages of photo_or_drawing.toml, unpacked one over the other (dpkg -x FILE FOLDER)

Squares of 128 pixels out of pictures of at most 384: surfaces, not subjects. Photographs are also shown blurred,
smoothed and cut out on plain grounds, so that neither softness nor a white ground makes a drawing; some are turned into
drawings. No picture shows a child, none is sexual. Needs `onnx` (requirements.txt), torch, and resvg-py.
"""

from __future__ import annotations

import argparse
import io
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageFilter
from torch import nn

HERE = Path(__file__).parent
SIDE, LONG_SIDE, LARGEST = 128, 384, 900  # pixels: a square to learn from, a picture it is cut from, one that is read
VIEWS = (18, 10, 8)  # of a photograph: as it is, softened, cut out
DRAWN_VIEWS, FLAT_VIEWS, CLIP_ART_VIEWS = 5, 16, 3
CHANNELS = (3, 16, 24, 32, 48)
EPOCHS, BATCH, RATE = 9, 64, 3e-3
MIN_CONTRAST = 6  # of 255: less is a plain ground


class Views:
    """Makes squares to learn from, at random from a seed."""

    def __init__(self, seed: int, masks: list[np.ndarray]) -> None:
        self._random, self._masks = random.Random(seed), masks

    def square(self, image: Image.Image) -> np.ndarray:
        """A square of a part of the picture, (128, 128, 3), in some size, tone and quality."""
        draw = self._random
        width, height = (min(side, max(64, int(side * draw.uniform(0.4, 1)))) for side in image.size)
        part = _cut(image, width, height, draw)
        scale = draw.randint(200, LONG_SIDE) / max(part.size)
        size = (max(SIDE, round(part.width * scale)), max(SIDE, round(part.height * scale)))
        methods = (Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)
        square = _cut(part.resize(size, draw.choice(methods)), SIDE, SIDE, draw)
        if draw.random() < 0.5:
            square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if draw.random() < 0.15:
            square = square.convert("L").convert("RGB")
        if draw.random() < 0.3:
            power = draw.uniform(0.6, 1.6)
            square = square.point(lambda value: round(255 * (value / 255) ** power))
        if draw.random() < 0.75:
            with io.BytesIO() as file:
                square.save(file, "JPEG", quality=draw.randint(40, 95))
                square = Image.open(file).convert("RGB")
        return np.asarray(square)

    def softened(self, image: Image.Image) -> Image.Image:
        """A photograph as a soft lens, a filter or a denoiser leaves it."""
        kind = self._random.randrange(3)
        if kind == 0:
            return image.filter(ImageFilter.GaussianBlur(self._random.uniform(0.5, 2)))
        if kind == 1:
            return image.filter(ImageFilter.MedianFilter(3))
        return Image.fromarray(cv2.bilateralFilter(np.asarray(image), 5, 25, 5))

    def cut_out(self, image: Image.Image) -> Image.Image:
        """A photograph in the outline of a piece of clip art, on a plain ground."""
        draw, mask = self._random, self._random.choice(self._masks)
        pixels = np.asarray(image.resize(mask.shape[::-1])).copy()
        light = draw.random() < 0.8
        pixels[~mask] = draw.choice([255, 250, 240]) if light else [draw.randrange(256) for _ in range(3)]
        return Image.fromarray(pixels)

    def drawn(self, image: Image.Image) -> Image.Image:
        """A photograph as a poster in few colours, a pencil drawing or a hatched engraving."""
        scale = min(1.0, 500 / image.width)
        pixels = np.asarray(image.resize((round(image.width * scale), max(1, round(image.height * scale)))))
        kind = self._random.randrange(3)
        if kind == 0:
            return Image.fromarray(cv2.pyrMeanShiftFiltering(pixels, 14, 45))
        if kind == 1:
            grey, coloured = cv2.pencilSketch(pixels, sigma_s=60, sigma_r=0.07, shade_factor=0.05)
            return Image.fromarray(coloured if self._random.random() < 0.5 else cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
        return Image.fromarray(_hatched(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), self._random.choice([4, 6, 9])))


def _cut(image: Image.Image, width: int, height: int, draw: random.Random) -> Image.Image:
    left, top = draw.randint(0, image.width - width), draw.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def _hatched(grey: np.ndarray, period: int) -> np.ndarray:
    down, across = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    one, other = ((np.sin((across + sign * down) * 2 * np.pi / period) + 1) * 127 for sign in (1, -1))
    ink = np.where(grey < one * 0.8, 40, 235)
    ink = np.where((grey < 90) & (grey < other), 30, ink).astype(np.uint8)
    return np.repeat(ink[..., None], 3, axis=2)


def open_rgb(file: Path | io.BytesIO) -> Image.Image:
    """The picture on white, at most 900 pixels long."""
    with Image.open(file) as image:
        layered = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
    flat.thumbnail((LARGEST, LARGEST))
    return flat


def clip_art(folder: Path, count: int) -> Iterator[Image.Image]:
    """So many pictures of the folder, each tenth left out, drawn with a seed."""
    import resvg_py

    files = [path for number, path in enumerate(sorted(folder.rglob("*.svg"))) if number % 10]
    random.Random(1).shuffle(files)
    made = 0
    for path in files:
        if made == count:
            return
        try:
            image = open_rgb(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_path=str(path), width=400))))
        except (OSError, ValueError):
            # Some of the thousands are broken.
            continue
        if min(image.size) >= 64:
            made += 1
            yield image


def squares(packages: Path) -> tuple[np.ndarray, np.ndarray]:
    """All squares, (n, 128, 128, 3) bytes, and whether each is photographic, (n,)."""
    import skimage

    lists = tomllib.loads((HERE / "photo_or_drawing.toml").read_text("utf-8"))
    share, samples = packages / "usr/share", Path(skimage.__file__).parent / "data"
    photographs = [open_rgb(share / name) for name in lists["photographs"]]
    photographs += [open_rgb(samples / name) for name in lists["samples"]]
    flat = [open_rgb(share / name) for name in lists["drawings"]]
    clips = list(clip_art(share / lists["clip_art"], lists["clip_art_count"]))
    views = Views(5, [np.asarray(image.convert("L").resize((300, 300))) < 235 for image in clips[:200]])
    rows: list[tuple[np.ndarray, int]] = []
    for image in photographs:
        rows += [(views.square(image), 1) for _ in range(VIEWS[0])]
        rows += [(views.square(views.softened(image)), 1) for _ in range(VIEWS[1])]
        rows += [(views.square(views.cut_out(image)), 1) for _ in range(VIEWS[2])]
        drawn = views.drawn(image)
        rows += [(views.square(drawn), 0) for _ in range(DRAWN_VIEWS)]
    for images, count in ((flat, FLAT_VIEWS), (clips, CLIP_ART_VIEWS)):
        rows += [(views.square(image), 0) for image in images for _ in range(count)]
    rows = [row for row in rows if row[0].std() > MIN_CONTRAST]
    return np.stack([pixels for pixels, _ in rows]), np.array([label for _, label in rows], dtype=np.float32)


class Network(nn.Module):
    """Four convolutions and a mean over the picture: (n, 3, height, width), RGB 0..255 -> logits (n, 1)."""

    def __init__(self) -> None:
        super().__init__()
        pairs = list(zip(CHANNELS, CHANNELS[1:], strict=False))
        self.layers = nn.ModuleList(
            nn.Conv2d(inside, outside, 3, stride=2 if number else 1, padding=1)
            for number, (inside, outside) in enumerate(pairs)
        )
        self.last = nn.Linear(CHANNELS[-1], 1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        x = (pictures - 128) / 64
        for layer in self.layers:
            x = torch.relu(layer(x))
        logits: torch.Tensor = self.last(x.mean((2, 3)))
        return logits


def train(pictures: np.ndarray, labels: np.ndarray, seed: int = 0) -> Network:
    """A network trained on all squares, both kinds weighing the same."""
    torch.manual_seed(seed)
    network = Network()
    x, y = torch.tensor(pictures).permute(0, 3, 1, 2), torch.tensor(labels)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    loss_of = nn.BCEWithLogitsLoss(pos_weight=(1 - y.mean()) / y.mean())
    for epoch in range(EPOCHS):
        order, total = torch.randperm(len(x)), 0.0
        for batch in torch.split(order[: len(order) // BATCH * BATCH], BATCH):
            loss = loss_of(network(x[batch].float())[:, 0], y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / (len(x) // BATCH):.3f}", flush=True)
    return network


def exported(network: Network) -> onnx.ModelProto:
    """The network with its sigmoid: float32 (1, 3, height, width), RGB 0..255 -> a probability (1, 1)."""
    constants = {"middle": np.array(128, np.float32), "width": np.array(64, np.float32)}
    constants |= {name: value.detach().numpy() for name, value in network.named_parameters()}
    nodes = [helper.make_node("Sub", ["picture", "middle"], ["centred"])]
    nodes.append(helper.make_node("Div", ["centred", "width"], ["x0"]))
    for number in range(len(network.layers)):
        stride, inputs = (2 if number else 1), [f"x{number}", f"layers.{number}.weight", f"layers.{number}.bias"]
        nodes.append(helper.make_node("Conv", inputs, [f"c{number}"], pads=[1] * 4, strides=[stride] * 2))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [f"x{number + 1}"]))
    nodes.append(helper.make_node("GlobalAveragePool", [f"x{len(network.layers)}"], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(helper.make_node("Gemm", ["flat", "last.weight", "last.bias"], ["logit"], transB=1))
    nodes.append(helper.make_node("Sigmoid", ["logit"], ["photographic"]))
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, "height", "width"])
    score = helper.make_tensor_value_info("photographic", TensorProto.FLOAT, [1, 1])
    initial = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "photo_or_drawing", [picture], [score], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    """Read the command line, train, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--packages", type=Path, required=True)
    ask.add_argument("--out", type=Path, default=Path("assets/models/image_safety/photo_or_drawing.onnx"))
    args = ask.parse_args()
    pictures, labels = squares(args.packages)
    print(f"{len(labels)} squares, {labels.mean():.2f} photographic", flush=True)
    args.out.write_bytes(exported(train(pictures, labels)).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
