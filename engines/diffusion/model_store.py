"""From a card to a loaded pipeline: where its files are, whether there is memory, what makes room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engines.diffusion.hub import Hub
from engines.diffusion.loading import apply_lora, load_pipeline
from engines.diffusion.model_cache import Loaded, ModelCache
from engines.diffusion.placement import Placement, decide
from engines.diffusion.zerogpu import Lend
from engines.hardware import Hardware
from engines.interface import EngineCard, Progress
from engines.job_queue import JobQueue
from safety.errors import EngineUnavailable

CLOSE = "Close other programs, or choose another engine: `python app.py engines` lists those that run here."


def ample() -> Hardware:
    """A machine that nothing is known of: whatever is asked for is tried on the CPU."""
    return Hardware(ram_free=float("inf"), ram_total=float("inf"))


@dataclass(frozen=True)
class ModelStore:
    """What all engines of this machine share: folders, hub, memory, the shelf of loaded models, whose turn it is."""

    models: Path
    hub: Hub | None = None
    machine: Callable[[], Hardware] = ample
    shelf: ModelCache = field(default_factory=ModelCache)
    turns: JobQueue = field(default_factory=JobQueue)
    lend: Lend | None = None  # wraps drawing where a GPU is only lent

    def plan(self, card: EngineCard, empty: bool = False) -> Placement:
        """How the card's model would run now, or if nothing else were loaded."""
        machine = self.machine()
        if empty:
            machine = replace(machine, ram_free=machine.ram_total, gpu_free=machine.gpu_total)
        return decide(card, machine)

    def here(self, card: EngineCard) -> bool:
        """Whether the model's files are on this machine."""
        if card.kind == "hub":
            return self.hub is not None and self.hub.has(card.model, card.revision)
        return (self.models / card.model).exists()

    def files(self, card: EngineCard, progress: Progress) -> Path:
        """Where the model's files are, fetched if need be and if it could run. Raises EngineUnavailable, Cancelled."""
        self._must_run(card, self.plan(card, empty=True))
        if card.lora and self.hub:
            self.hub.fetch(card, progress, card.lora.file)
        if card.kind != "hub":
            return self.models / card.model
        if self.hub is None:
            raise EngineUnavailable(f"{card.title} is on the hub, which this studio does not use.", CLOSE)
        return self.hub.fetch(card, progress)

    def load(self, name: str, card: EngineCard, where: Path, who: Loaded) -> tuple[Any, Placement]:
        """The pipeline, and the plan that it was loaded by. Raises EngineUnavailable."""
        self.shelf.use(who)
        plan = self.plan(card)
        while not plan.runs and self.shelf.make_room(who):
            plan = self.plan(card)
        self._must_run(card, plan)
        pipeline = load_pipeline(name, card, where, plan)
        if card.lora and self.hub:
            apply_lora(pipeline, self.hub.folder(card.lora.model) / card.lora.file, card.lora.scale)
        return pipeline, plan

    @staticmethod
    def _must_run(card: EngineCard, plan: Placement) -> None:
        if not plan.runs:
            raise EngineUnavailable(f"{card.title} does not run here. {plan.why}", CLOSE)
