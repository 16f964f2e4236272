"""Draws on a server that speaks OpenAI's images API (vLLM-Omni, SGLang-Diffusion and others).

The studio judges and marks what comes back exactly as it does its own pictures: no safety is left to the server.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from engines.interface import Availability, EngineCard, Preview, Progress
from engines.postprocess import NoPicture, to_picture
from safety.errors import EngineFailed, EngineUnavailable, FileError
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering, SteeringResult
from safety.image_io import open_untrusted

if TYPE_CHECKING:
    from PIL import Image

# Seconds after which a person who waits may cancel.
POLL_INTERVAL = 0.1
TIMEOUT = 600.0  # seconds for one picture
MAX_RESPONSE = 256 * 2**20  # bytes
STAGE = "drawing on the server"
CHECK_SERVER = "Check that it is running and that `url` in presets/engines.toml is right."


class RemoteEngine:
    """Asks the server for one picture after the other. `key` is sent as a bearer token where there is one."""

    def __init__(self, name: str, card: EngineCard, key: str = "") -> None:
        self._name, self._card, self._key = name, card, key

    @property
    def card(self) -> EngineCard:
        """Returns the description of the model."""
        return self._card

    def availability(self) -> Availability:
        """Tells that the engine runs. The server is not asked: it may be started later."""
        return Availability(True, True, f"On the server {urlsplit(self._card.url).netloc}.")

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
    ) -> Generation:
        """Draws one RGB picture for each seed, without previews. Raises EngineUnavailable, EngineFailed, Cancelled."""
        steering_result = self._steering_result(steering)
        started = time.perf_counter()
        pictures, failed = [], []
        for number, seed in enumerate(seeds):
            progress(STAGE, number, len(seeds))
            post = partial(self._post, request, seed, steering_result)
            response = run_cancellable(post, progress, number, len(seeds))
            try:
                pictures.append(GeneratedPicture(self._picture(response), seed, request.prompt))
            except NoPicture:
                failed.append(seed)
        if not pictures:
            raise EngineFailed(f"{self._card.title} gave no picture.", "Try another seed.")
        seconds = time.perf_counter() - started
        return Generation(request, tuple(pictures), self._card.model, seconds, steering_result, tuple(failed))

    def _steering_result(self, steering: Steering | None) -> SteeringResult | None:
        if steering is None:
            return None
        if not self._card.guided:
            return SteeringResult(steering, "", "This model runs without guidance: there is nothing to steer by.", True)
        return SteeringResult(steering, "negative prompt", "Words in the negative prompt, which the server may ignore.")

    def _post(self, request: GenerationRequest, seed: int, steering_result: SteeringResult | None) -> Any:
        """Returns the server's response. Raises EngineUnavailable, EngineFailed."""
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        body = self._body(request, seed, steering_result)
        try:
            response = httpx.post(f"{self._card.url}/images/generations", json=body, headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            reason = f"{self._card.title} does not answer ({type(error).__name__})."
            raise EngineUnavailable(reason, CHECK_SERVER) from error
        if response.status_code != 200:
            # The text of the response may quote the prompt: it is not repeated.
            raise EngineFailed(f"{self._card.title} answered with the error {response.status_code}.", CHECK_SERVER)
        return response

    def _body(self, request: GenerationRequest, seed: int, steering_result: SteeringResult | None) -> dict[str, Any]:
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
            concept = steering_result.steering.concept if steering_result and steering_result.method else ""
            negative_prompt = ", ".join(filter(None, (request.negative_prompt, concept)))
            body |= {"guidance_scale": request.guidance, "negative_prompt": negative_prompt}
        return body

    def _picture(self, response: Any) -> Image.Image:
        """Returns the picture in a response, which is not trusted. Raises EngineFailed, NoPicture."""
        try:
            if len(response.content) > MAX_RESPONSE:
                raise ValueError("too large")
            data = base64.b64decode(response.json()["data"][0]["b64_json"], validate=True)
            pixels = np.asarray(open_untrusted(data), dtype=np.float32) / 255.0
        except (ValueError, KeyError, IndexError, TypeError, FileError) as error:
            reason = f"{self._card.title} answered with something that is no picture."
            raise EngineFailed(reason, "The server must answer with b64_json.") from error
        return to_picture(pixels, self._card.shown_at_least)


def run_cancellable(work: Callable[[], Any], progress: Progress, done: int, total: int) -> Any:
    """Returns what `work` returns, or raises what it raises; calls `progress` in between, which may cancel.

    After a cancel the result is thrown away: HTTP has no way to take a request back.
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
        thread.join(POLL_INTERVAL)
        progress(STAGE, done, total)
    if failure:
        raise failure[0]
    return result[0]
