"""Draws on a server that speaks OpenAI's images API (vLLM-Omni, SGLang-Diffusion and others).

The studio judges and marks what comes back exactly as it does its own pictures: no safety is left to the server.
"""

from __future__ import annotations

import base64
import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from engines.interface import Availability, EngineCard, Preview, Progress, StepObserver
from engines.postprocess import NoPicture, to_picture
from engines.prompt_syntax import without_weights
from safety.errors import EngineFailed, EngineUnavailable, FileError
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering, SteeringResult
from safety.image_io import open_untrusted

if TYPE_CHECKING:
    from PIL import Image

# Seconds after which a person who waits may cancel.
POLL_INTERVAL = 0.1
TIMEOUT = 600.0  # seconds for one picture
MAX_RESPONSE = 128 * 2**20  # bytes
STAGE = "drawing on the server"
CHECK_SERVER = (
    "Check that it is running and that its address is right (`url` in presets/engines.toml, or SAFELIGHT_UPSTREAM)."
)
NO_PICTURE = "{} answered with something that is no picture."
MUST_ANSWER = "The server must answer with b64_json, or with an address of its own."


class RemoteEngine:
    """Asks the server for one picture after the other. `key` is sent as a bearer token where there is one.

    A server that refuses the settings that OpenAI's API does not have is asked again without them, and from then on.
    """

    def __init__(self, name: str, card: EngineCard, key: str = "") -> None:
        self._name, self._card, self._key = name, card, key
        self._server = ImageServer(card.title, card.url, key)
        self._plain = False
        self._found = ""

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
        observe: StepObserver | None = None,
    ) -> Generation:
        """Draws one RGB picture for each seed, without previews or states.

        Raises EngineUnavailable, EngineFailed, Cancelled.
        """
        concept = steering.concept if steering and self._card.guided else ""
        started = time.perf_counter()
        pictures, failed = [], []
        for number, seed in enumerate(seeds):
            progress(STAGE, number, len(seeds))
            draw = partial(self._draw, request, seed, concept)
            try:
                data = run_cancellable(draw, progress, number, len(seeds), self._server.timeout)
            except TimeoutError:
                raise EngineUnavailable(f"{self._card.title} takes too long to answer.", CHECK_SERVER) from None
            try:
                pictures.append(GeneratedPicture(self._picture(data), seed, request.prompt))
            except NoPicture:
                failed.append(seed)
        if not pictures:
            raise EngineFailed(f"{self._card.title} gave no picture.", "Try another seed.")
        seconds = time.perf_counter() - started
        steered = self._steering_result(steering)
        return Generation(request, tuple(pictures), self._card.model, seconds, steered, tuple(failed))

    def _steering_result(self, steering: Steering | None) -> SteeringResult | None:
        if steering is None:
            return None
        if not self._card.guided:
            return SteeringResult(steering, "", "This model runs without guidance: there is nothing to steer by.", True)
        if self._plain:
            return SteeringResult(steering, "", "The server takes no negative prompt to steer by.", True)
        return SteeringResult(steering, "negative prompt", "Words in the negative prompt, which the server may ignore.")

    def _draw(self, request: GenerationRequest, seed: int, concept: str) -> bytes:
        """Returns the bytes of one picture. Raises EngineUnavailable, EngineFailed."""
        own = {} if self._plain else self._settings(request, seed, concept)
        try:
            return self._server.draw({**self._body(request), **own})
        except _NotTaken as error:
            if not own:
                raise EngineFailed(str(error), CHECK_SERVER) from None
        try:
            data = self._server.draw(self._body(request))
        except _NotTaken as error:
            raise EngineFailed(str(error), CHECK_SERVER) from None
        self._plain = True
        return data

    def _body(self, request: GenerationRequest) -> dict[str, Any]:
        size = f"{request.width}x{request.height}"
        # Written for servers that know no weights, as most: elsewhere "(red:1.3)" would be drawn as letters.
        prompt = request.prompt if self._card.prompt_weights else without_weights(request.prompt)
        body = {"prompt": prompt, "n": 1, "size": size, "response_format": "b64_json"}
        model = self._card.model or self._first_model()
        return {"model": model, **body} if model else body

    def _first_model(self) -> str:
        """Returns the first model that the server lists, for a card that names none: it may have started later.

        "" where it lists none: such a server has one, and needs no name.
        """
        if not self._found:
            with suppress(EngineFailed):
                self._found = next(iter(self._server.models()), "")
        return self._found

    def _settings(self, request: GenerationRequest, seed: int, concept: str) -> dict[str, Any]:
        """Returns what OpenAI's API does not have. A number of 0 is the server's own (engines/upstream.py)."""
        settings: dict[str, Any] = {"seed": seed}
        if request.steps:
            settings["num_inference_steps"] = request.steps
        if self._card.guided and request.guidance:
            # Below 1 the negative prompt itself would be drawn.
            settings["guidance_scale"] = max(request.guidance, 1.0)
        negative = without_weights(request.negative_prompt)
        negative_prompt = ", ".join(filter(None, (negative, concept)))
        if self._card.guided and negative_prompt:
            settings["negative_prompt"] = negative_prompt
        return settings

    def _picture(self, data: bytes) -> Image.Image:
        """Returns the picture in a file, which is not trusted. Raises EngineFailed, NoPicture."""
        try:
            pixels = np.asarray(open_untrusted(data), dtype=np.float32) / 255.0
        except (ValueError, FileError) as error:
            raise EngineFailed(NO_PICTURE.format(self._card.title), MUST_ANSWER) from error
        return to_picture(pixels, self._card.shown_at_least)


class _NotTaken(Exception):
    """Says that the server did not take a call as it was."""


class ImageServer:
    """Calls a server of OpenAI's images API. Nothing of what it answers is trusted, and no more read than may be."""

    def __init__(self, title: str, url: str, key: str = "", timeout: float = TIMEOUT) -> None:
        self.title, self.url, self.timeout = title, url.rstrip("/"), timeout
        # Unpacked, an answer could be far larger than what is read: none is asked for packed, and none taken.
        self._headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})}

    def models(self) -> list[str]:
        """Returns the names of its models. Raises EngineUnavailable, EngineFailed."""
        try:
            rows = json.loads(self._call("GET", f"{self.url}/models"))["data"]
            return [str(row["id"]) for row in rows]
        except (ValueError, KeyError, TypeError, RecursionError, _NotTaken) as error:
            raise EngineFailed(f"{self.title} does not say which models it has.", "Name one with --model.") from error

    def draw(self, body: dict[str, Any]) -> bytes:
        """Returns the bytes of the first picture. Raises EngineUnavailable, EngineFailed, _NotTaken."""
        try:
            row = json.loads(self._call("POST", f"{self.url}/images/generations", body))["data"][0]
            if row.get("b64_json"):
                return base64.b64decode(row["b64_json"], validate=True)
            return self._fetch(str(row["url"]))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise EngineFailed(NO_PICTURE.format(self.title), MUST_ANSWER) from error

    def _fetch(self, url: str) -> bytes:
        """Returns the file at an address that the server named, if that is the server's own.

        Raises ValueError otherwise: a server could have this one call any other.
        """
        if url.startswith("data:"):
            return base64.b64decode(url.partition(",")[2], validate=True)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise ValueError("another server's address")
        return self._call("GET", url)

    def _call(self, method: str, url: str, body: dict[str, Any] | None = None) -> bytes:
        """Returns the body of an answer. Raises EngineUnavailable, EngineFailed, _NotTaken."""
        import httpx

        ends = time.monotonic() + self.timeout
        try:
            with httpx.stream(method, url, json=body, headers=self._headers, timeout=self.timeout) as response:
                if response.status_code in (400, 422):
                    raise _NotTaken(f"{self.title} answered with the error {response.status_code}.")
                if response.status_code != 200:
                    # The text of the response may quote the prompt: it is not repeated.
                    raise EngineFailed(f"{self.title} answered with the error {response.status_code}.", CHECK_SERVER)
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise EngineFailed(f"{self.title} answered packed, unasked.", MUST_ANSWER)
                data = bytearray()
                for part in response.iter_bytes():
                    data += part
                    if len(data) > MAX_RESPONSE:
                        raise EngineFailed(f"{self.title} answered with more than a picture.", MUST_ANSWER)
                    if time.monotonic() > ends:
                        raise EngineUnavailable(f"{self.title} takes too long to answer.", CHECK_SERVER)
                return bytes(data)
        except httpx.InvalidURL as error:
            raise EngineFailed(NO_PICTURE.format(self.title), MUST_ANSWER) from error
        except httpx.HTTPError as error:
            slow = isinstance(error, httpx.TimeoutException)
            away = isinstance(error, httpx.ConnectError)
            why = "takes too long to answer" if slow else "does not answer" if away else "broke off its answer"
            raise EngineUnavailable(f"{self.title} {why}.", CHECK_SERVER) from error


def run_cancellable(
    work: Callable[[], Any], progress: Progress, done: int, total: int, seconds: float = math.inf
) -> Any:
    """Returns what `work` returns, or raises what it raises; calls `progress` in between, which may cancel.

    After a cancel the result is thrown away: HTTP has no way to take a request back. Raises TimeoutError after so many
    seconds: a server that sends a little now and then never falls silent, and never ends.
    """
    ends = time.monotonic() + seconds
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
        if time.monotonic() > ends:
            raise TimeoutError
    if failure:
        raise failure[0]
    return result[0]
