"""A server that speaks OpenAI's images API (vLLM-Omni, SGLang-Diffusion and others) as an engine like any other.

The studio judges and marks what comes back exactly as it does its own pictures: no safety is left to the server.
"""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from engines.interface import Availability, EngineCard, Progress
from engines.postprocess import NoPicture, to_picture
from safety.errors import EngineFailed, EngineUnavailable
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering, SteeringResult

if TYPE_CHECKING:
    from engines.diffusion.previews import Preview

LOOK = 0.1  # seconds between two looks at whether the person has cancelled
TIMEOUT = 600.0  # seconds for one picture
MAX_ANSWER = 256 * 2**20  # bytes
CHECK = "Check that it is running and that `url` in presets/engines.toml is right."


class RemoteEngine:
    """Asks for one picture a seed, one after the other. `key` is sent as a bearer token where there is one."""

    def __init__(self, name: str, card: EngineCard, key: str = "") -> None:
        self._name, self._card, self._key = name, card, key

    @property
    def card(self) -> EngineCard:
        return self._card

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
    ) -> Generation:
        """One RGB picture a seed, no previews. Raises EngineUnavailable, EngineFailed, Cancelled."""
        by = self._steered(steering)
        started = time.perf_counter()
        made = []
        failed = []
        for number, seed in enumerate(seeds):
            progress("drawing on the server", number, len(seeds))
            answer = waited_for(partial(self._ask, request, seed, by), progress, number, len(seeds))
            try:
                made.append(GeneratedPicture(self._picture(answer), seed, request.prompt))
            except NoPicture:
                failed.append(seed)
        if not made:
            raise EngineFailed(f"{self._card.title} gave no picture.", "Try another seed.")
        seconds = time.perf_counter() - started
        return Generation(request, tuple(made), self._card.model, seconds, by, tuple(failed))

    def offer(self) -> Availability:
        """The server is not asked: it may be started later."""
        return Availability(True, True, f"On the server {urlsplit(self._card.url).netloc}.")

    def _steered(self, steering: Steering | None) -> SteeringResult | None:
        if steering is None:
            return None
        if not self._card.guided:
            return SteeringResult(steering, "", "This model runs without guidance: there is nothing to steer by.", True)
        return SteeringResult(steering, "negative prompt", "Words in the negative prompt, which the server may ignore.")

    def _ask(self, request: GenerationRequest, seed: int, by: SteeringResult | None) -> Any:
        import httpx

        body: dict[str, Any] = {
            "model": self._card.model,
            "prompt": request.prompt,
            "n": 1,
            "size": f"{request.width}x{request.height}",
            "response_format": "b64_json",
            "seed": seed,
            "num_inference_steps": request.steps,
        }
        if self._card.guided:
            unwanted = [request.negative_prompt, by.steering.concept if by and by.method else ""]
            body |= {"guidance_scale": request.guidance, "negative_prompt": ", ".join(filter(None, unwanted))}
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            answer = httpx.post(f"{self._card.url}/images/generations", json=body, headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{self._card.title} does not answer ({type(error).__name__}).", CHECK) from error
        if answer.status_code != 200:
            # Its text may quote the prompt: it is not repeated.
            raise EngineFailed(f"{self._card.title} answered with the error {answer.status_code}.", CHECK)
        return answer

    def _picture(self, answer: Any) -> Image.Image:
        try:
            if len(answer.content) > MAX_ANSWER:
                raise ValueError("too large")
            data = base64.b64decode(answer.json()["data"][0]["b64_json"], validate=True)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as opened:
                pixels = np.asarray(opened.convert("RGB"), dtype=np.float32) / 255.0
        except (ValueError, KeyError, IndexError, TypeError, OSError, Image.DecompressionBombError) as error:
            said = f"{self._card.title} answered with something that is no picture."
            raise EngineFailed(said, "The server must answer with b64_json.") from error
        return to_picture(pixels, self._card.shown_at_least)


def waited_for(work: Callable[[], Any], progress: Progress, done: int, total: int) -> Any:
    """What `work` gives or raises. Whoever waits is asked in between whether they still want it.

    After a cancel the answer is thrown away: HTTP has no way to call a question back.
    """
    result: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK)
        progress("drawing on the server", done, total)
    if failure:
        raise failure[0]
    return result[0]
