"""Convert the age network of face-api into ONNX: `python -m training.picture_checks.face_age`.

Source: npm `@vladmandic/face-api` 1.7.15 (MIT, after V. Mühler's face-api.js): a small Xception (Chollet,
CVPR 2017) on faces of 112 px with two heads, age in years and gender. Only the age is converted: the studio has
no use for a guess at somebody's gender. Weights are stored as bytes with a scale and a least value each.

Needs npm, and `onnx` from training/picture_checks/requirements.txt.
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PACKAGE, VERSION = "@vladmandic/face-api", "1.7.15"
SIDE = 112  # pixels
MEAN = (122.782, 117.001, 104.298)  # RGB, 0..255, as the makers subtracted it


def fetch(work: Path) -> Path:
    """Install the npm package into `work`; return the folder with its models."""
    subprocess.run(["npm", "install", "--prefix", str(work), "--no-save", f"{PACKAGE}@{VERSION}"], check=True)
    return work / "node_modules" / PACKAGE / "model"


def read(folder: Path) -> dict[str, np.ndarray]:
    """Every weight of the network by name, as float32 in the order of TensorFlow (height, width, in, out)."""
    data = (folder / "age_gender_model.bin").read_bytes()
    weights, at = {}, 0
    for entry in json.loads((folder / "age_gender_model-weights_manifest.json").read_text())[0]["weights"]:
        stored = np.dtype(entry["quantization"]["dtype"] if "quantization" in entry else entry["dtype"])
        count = int(np.prod(entry["shape"]))
        raw = np.frombuffer(data, stored, count, at).astype(np.float32)
        at += count * stored.itemsize
        if scale := entry.get("quantization"):
            raw = raw * np.float32(scale["scale"]) + np.float32(scale["min"])
        weights[entry["name"]] = raw.reshape(entry["shape"])
    if at != len(data):
        raise ValueError(f"the file has {len(data)} bytes, its list of weights {at}")
    return weights


class Builder:
    """Collects the nodes of a graph. Each method returns the name of what it adds."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def add(self, kind: str, *inputs: str, **settings: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **settings))
        return name

    def conv(self, x: str, name: str) -> str:
        """A convolution with stride 2; TensorFlow's "same" adds what is missing at the end."""
        kernel = self.constant(f"{name}/filters", self.weights[f"{name}/filters"].transpose(3, 2, 0, 1))
        bias = self.constant(f"{name}/bias", self.weights[f"{name}/bias"])
        return self.add("Conv", x, kernel, bias, strides=[2, 2], auto_pad="SAME_UPPER")

    def separable(self, x: str, name: str) -> str:
        depth = self.weights[f"{name}/depthwise_filter"]
        kernel = self.constant(f"{name}/depthwise", depth.transpose(2, 3, 0, 1))
        x = self.add("Conv", x, kernel, group=depth.shape[2], auto_pad="SAME_UPPER")
        point = self.constant(f"{name}/pointwise", self.weights[f"{name}/pointwise_filter"].transpose(3, 2, 0, 1))
        return self.add("Conv", x, point, self.constant(f"{name}/bias", self.weights[f"{name}/bias"]))

    def reduction(self, x: str, name: str, activate: bool = True) -> str:
        out = self.separable(self.add("Relu", x) if activate else x, f"{name}/separable_conv0")
        out = self.separable(self.add("Relu", out), f"{name}/separable_conv1")
        out = self.add("MaxPool", out, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        return self.add("Add", out, self.conv(x, f"{name}/expansion_conv"))

    def main(self, x: str, name: str) -> str:
        out = x
        for part in range(3):
            out = self.separable(self.add("Relu", out), f"{name}/separable_conv{part}")
        return self.add("Add", out, x)


def build(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The network: float32 (faces, 112, 112, 3), RGB 0..255 -> years, float32 (faces, 1)."""
    graph = Builder(weights)
    mean = graph.constant("mean", np.array(MEAN))
    x = graph.add("Div", graph.add("Sub", "faces", mean), graph.constant("levels", np.array(255.0)))
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.add("Relu", graph.conv(x, "entry_flow/conv_in"))
    x = graph.reduction(x, "entry_flow/reduction_block_0", activate=False)
    x = graph.reduction(x, "entry_flow/reduction_block_1")
    for number in range(2):
        x = graph.main(x, f"middle_flow/main_block_{number}")
    x = graph.reduction(x, "exit_flow/reduction_block")
    x = graph.add("Relu", graph.separable(x, "exit_flow/separable_conv"))
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    age = graph.constant("fc/age/weights", weights["fc/age/weights"])
    years = graph.add("Add", graph.add("MatMul", x, age), graph.constant("fc/age/bias", weights["fc/age/bias"]))
    faces = helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", SIDE, SIDE, 3])
    out = helper.make_tensor_value_info(years, TensorProto.FLOAT, ["n", 1])
    made = helper.make_graph(graph.nodes, "face_age", [faces], [out], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    """Read the command line, fetch, convert, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/picture_checks"))
    ask.add_argument("--out", type=Path, default=Path("assets/models/image_safety/face_age.onnx"))
    args = ask.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(build(read(fetch(args.work))).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
