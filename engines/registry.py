"""Makes the engines of the cards, and lists those that run on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_store import ModelStore
from engines.interface import Engine, EngineCard
from engines.remote import RemoteEngine


def make_engines(cards: Mapping[str, EngineCard], store: ModelStore, server_key: str = "") -> dict[str, Engine]:
    """Returns one engine for each card, by its name. `server_key` is the bearer token of image servers."""
    return {
        name: RemoteEngine(name, card, server_key) if card.kind == "server" else DiffusionEngine(name, card, store)
        for name, card in cards.items()
    }


def runnable_engines(engines: Mapping[str, Engine]) -> list[str]:
    """Returns the names of the engines that run here, those that need no download first.

    Returns all of them where none runs: each then says why.
    """
    availability = {name: engine.availability() for name, engine in engines.items()}
    names = [name for name, status in availability.items() if status.runs]
    return sorted(names, key=lambda name: not availability[name].installed) or list(engines)
