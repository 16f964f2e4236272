"""Stand-ins for servers that a gateway stands before, by the shapes in their documentation, and one that is hostile."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from tests.http_server import running

# What each takes beside OpenAI's own fields; another field is answered with 422, as pydantic models do.
OPENAI = {"model", "prompt", "n", "size", "response_format", "quality", "user", "output_format"}
VLLM_OMNI = OPENAI | {"seed", "negative_prompt", "num_inference_steps", "guidance_scale", "true_cfg_scale"}
SGLANG = OPENAI | {"seed", "negative_prompt", "num_inference_steps", "guidance_scale", "num_frames"}


@dataclass
class Upstream:
    """`kind`: "vllm-omni", "sglang", "diffusers" or "hostile"."""

    kind: str
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    body: bytes = b""
    status: int = 200
    pause: float = 0.0
    packed: str = ""
    location: str = ""  # where it sends a caller on to
    ending: str = ""  # "short": it says more than it sends; "endless": it sends a little, again and again
    got: list[str] = field(default_factory=list)


def picture(width: int, height: int, seed: int, form: str = "PNG") -> bytes:
    file = BytesIO()
    image = Image.new("RGB", (width, height), (40 + seed % 80, 90, 120))
    draw = ImageDraw.Draw(image)
    for number in range(1, 9):
        left, top = (seed * number * 37) % width, (seed * number * 53) % height
        draw.ellipse((left, top, left + width // 5, top + height // 5), fill=((seed * number) % 255, 90, 25 * number))
    image.save(file, form)
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    upstream: Upstream

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.upstream.got.append(self.path)
        if self.path == "/moved":
            self._send(b"", status=302)
        elif self.path == "/v1/models":
            self._json({"object": "list", "data": [{"id": f"{self.upstream.kind}-model", "object": "model"}]})
        elif self.path.startswith("/files/"):
            self._send(picture(256, 256, 5), "image/png")
        else:
            self._send(b"", status=404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.upstream.asked.append(body)
        time.sleep(self.upstream.pause)
        if self.upstream.kind == "hostile":
            self._send(self.upstream.body, status=self.upstream.status)
            return
        taken = {"vllm-omni": VLLM_OMNI, "sglang": SGLANG}.get(self.upstream.kind, OPENAI)
        if unknown := sorted(set(body) - taken):
            self._json({"detail": [{"loc": ["body", unknown[0]], "msg": "Extra inputs are not permitted"}]}, 422)
            return
        width, height = (int(side) for side in body["size"].split("x"))
        data = picture(width, height, body.get("seed", 1))
        if self.upstream.kind == "diffusers":  # answers with an address of its own
            self._json({"created": 1, "data": [{"url": f"{self.upstream.url.removesuffix('/v1')}/files/a.png"}]})
        else:
            self._json({"created": 1, "data": [{"b64_json": base64.b64encode(data).decode(), "url": None}]})

    def _json(self, row: Any, status: int = 200) -> None:
        self._send(json.dumps(row).encode(), "application/json", status)

    def _send(self, data: bytes, kind: str = "application/json", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if self.upstream.packed:
            self.send_header("Content-Encoding", self.upstream.packed)
        if self.upstream.location:
            self.send_header("Location", self.upstream.location)
        self.send_header("Content-Length", str(len(data) + (100 if self.upstream.ending else 0)))
        self.end_headers()
        self.wfile.write(data)
        with suppress(OSError):
            while self.upstream.ending == "endless":
                time.sleep(0.3)
                self.wfile.write(b" ")


@contextmanager
def serving(kind: str, port: int = 0) -> Iterator[Upstream]:
    upstream = Upstream(kind)
    http = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"upstream": upstream}))
    with running(http) as address:
        upstream.url = f"{address}/v1"
        yield upstream
