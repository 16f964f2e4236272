"""Which engines run on this machine, how, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_store import ModelStore
from engines.interface import Availability, Engine, EngineCard
from engines.remote import RemoteEngine


@runtime_checkable
class ReportsAvailability(Protocol):
    """An engine that knows whether it can run."""

    def offer(self) -> Availability: ...


def offer_of(engine: Engine) -> Availability:
    return engine.offer() if isinstance(engine, ReportsAvailability) else Availability(True, True, "")


def offered(engines: Mapping[str, Engine]) -> list[str]:
    """The names of those that run, those that need no download first; all, should none run: each then says why."""
    offers = {name: offer_of(engine) for name, engine in engines.items()}
    running = [name for name, one in offers.items() if one.runs]
    return sorted(running, key=lambda name: not offers[name].here) or list(engines)


def make_engines(cards: Mapping[str, EngineCard], source: ModelStore, server_key: str = "") -> dict[str, Engine]:
    """One engine a card."""
    return {
        name: RemoteEngine(name, card, server_key) if card.kind == "server" else DiffusionEngine(name, card, source)
        for name, card in cards.items()
    }
