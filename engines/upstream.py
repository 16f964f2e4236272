"""Makes engines of another server's models: the generator that a gateway stands in front of."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from engines.interface import Engine, EngineCard, Range
from engines.remote import ImageServer, RemoteEngine
from safety.errors import EngineFailed, EngineUnavailable, RequestError

ASKED = 3.0  # seconds for the list of models: the studio starts meanwhile
DEFAULT = "upstream"
NOTE = "Drawn by {}; judged and marked here."
# 0 is the server's own number: it is not sent.
OWN_STEPS = Range(default=0, least=0, most=500)
OWN_GUIDANCE = Range(default=0, least=0, most=50)
SIZES = Range(default=1024, least=16, most=4096)


def upstream_engines(url: str, models: Sequence[str] = (), key: str = "") -> dict[str, Engine]:
    """Returns an engine for each model of the server at `url` (up to and with /v1), by the model's name.

    `models`: instead of those that the server lists. A server that does not list any, or does not answer yet, is one
    engine without a model's name. Raises RequestError for what is no address.
    """
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.netloc:
        raise RequestError(f"{url!r} is no address of a server.", "Give it like http://127.0.0.1:8000/v1.")
    title = f"The server {place.netloc}"
    names = list(models) or _listed(title, url, key)
    return {name or DEFAULT: RemoteEngine(name, card_of(title, url, name), key) for name in names or [""]}


def card_of(title: str, url: str, model: str) -> EngineCard:
    """Returns a card that leaves to the server what it knows better: steps, guidance, sizes."""
    return EngineCard(
        title=model or title,
        kind="server",
        model=model,
        url=url.rstrip("/"),
        licence="as the server's operator says",
        licence_url=url,
        source=url,
        note=NOTE.format(urlsplit(url).netloc),
        guided=True,
        steps=OWN_STEPS,
        guidance=OWN_GUIDANCE,
        size=SIZES,
        size_multiple=8,
        count=Range(default=1, least=1, most=10),
        shown_at_least=16,
    )


def _listed(title: str, url: str, key: str) -> list[str]:
    try:
        return ImageServer(title, url, key, ASKED).models()
    except (EngineUnavailable, EngineFailed):
        return []  # it may be started later, or list none: its answers are read when there are some
