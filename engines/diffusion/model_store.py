"""Gets from a card to a loaded pipeline: finds or fetches the files, makes room in memory, loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from engines.diffusion.hub import Hub, sha256
from engines.diffusion.loading import apply_lora, load_pipeline
from engines.diffusion.model_cache import ModelCache, Unloadable
from engines.diffusion.placement import Placement, choose_placement
from engines.diffusion.previews import Previews
from engines.diffusion.zerogpu import GpuDecorator
from engines.enlarger import Enlarger, load_enlargers
from engines.hardware import Hardware
from engines.interface import EngineCard, Progress
from engines.job_queue import JobQueue
from safety.errors import EngineUnavailable, PresetError

NO_ADAPTER = "Put the adapter's folder there (training/align writes one), or choose another engine."
FREE_MEMORY = "Close other programs, or choose another engine: `python app.py engines` lists those that run here."


def unlimited_hardware() -> Hardware:
    """Returns a machine without a GPU and with all the memory that is asked for: every model is tried on the CPU."""
    return Hardware(ram_free=float("inf"), ram_total=float("inf"))


@dataclass(frozen=True)
class LoadedModel:
    """Holds a diffusers pipeline in memory, how it was placed, and the previews of its pictures.

    `adapter` names the low-rank changes to its weights; "" where there are none.
    """

    pipeline: Any
    placement: Placement
    previews: Previews
    adapter: str = ""


@dataclass(frozen=True)
class ModelStore:
    """Holds what all engines of this machine share: the folder of models, the hub, the cache and the queue.

    `hardware` measures the machine as it is now. `zero_gpu` wraps drawing where a GPU is only lent.
    """

    models: Path
    hub: Hub | None = None
    hardware: Callable[[], Hardware] = unlimited_hardware
    cache: ModelCache = field(default_factory=ModelCache)
    queue: JobQueue = field(default_factory=JobQueue)
    zero_gpu: GpuDecorator | None = None

    @cached_property
    def enlargers(self) -> Mapping[str, Enlarger]:
        """Returns the enlargers whose weights lie beside the models, by name. Raises PresetError."""
        return load_enlargers(self.models)

    def enlarger(self, card: EngineCard) -> Enlarger | None:
        """Returns what enlarges a card's small pictures; None where that is Lanczos.

        Raises PresetError for one that there is not; WeightsError, which names the file, where its weights are missing
        or not the vendored ones.
        """
        if not card.enlarge:
            return None
        if card.enlarge not in self.enlargers:
            raise PresetError(f"{card.title}: there is no enlarger {card.enlarge!r}.", f"{', '.join(self.enlargers)}")
        enlarger = self.enlargers[card.enlarge]
        enlarger.require()
        return enlarger

    def placement(self, card: EngineCard, empty: bool = False) -> Placement:
        """Returns how the card's model would run now or, if `empty`, on this machine with nothing else loaded."""
        hardware = self.hardware()
        if empty:
            hardware = replace(hardware, ram_free=hardware.ram_total, gpu_free=hardware.gpu_total)
        return choose_placement(card, hardware)

    def installed(self, card: EngineCard) -> bool:
        """Tells whether the model's files are on this machine."""
        if card.kind == "hub":
            return self.hub is not None and self.hub.has(card.model, card.revision)
        return (self.models / card.model).exists()

    def files(self, card: EngineCard, progress: Progress) -> Path:
        """Returns where the model's files are. Fetches them first if need be, and if the model could run.

        Raises EngineUnavailable, Cancelled.
        """
        self._require_memory(card, self.placement(card, empty=True))
        if card.lora and self.adapter_folder(card) is None:
            if self.hub is None:
                raise EngineUnavailable(f"{card.title} needs {card.lora.model}, which is not here.", NO_ADAPTER)
            self.hub.fetch(card, progress, card.lora.file)
        if card.kind != "hub":
            return self.models / card.model
        if self.hub is None:
            raise EngineUnavailable(f"{card.title} is on the hub, which this studio does not use.", FREE_MEMORY)
        return self.hub.fetch(card, progress)

    def adapter_folder(self, card: EngineCard) -> Path | None:
        """Returns the folder of this machine that has the card's adapter; None where it has none, or is on the hub."""
        if card.lora and (self.models / card.lora.model / card.lora.file).is_file():
            return self.models / card.lora.model
        return None

    def load(self, name: str, card: EngineCard, path: Path, engine: Unloadable) -> LoadedModel:
        """Returns the model of an engine, loaded from its files. Unloads others as far as it needs their memory.

        Raises EngineUnavailable.
        """
        self.cache.use(engine)
        placement = self.placement(card)
        while not placement.runs and self.cache.make_room(engine):
            placement = self.placement(card)
        self._require_memory(card, placement)
        pipeline = load_pipeline(name, card, path, placement)
        adapter = self._apply_adapter(card, pipeline)
        return LoadedModel(pipeline, placement, Previews(pipeline), adapter)

    def _apply_adapter(self, card: EngineCard, pipeline: Any) -> str:
        """Adds the card's adapter to a pipeline. Returns its name with the first digits of its digest; "" for none."""
        if not card.lora:
            return ""
        folder = self.adapter_folder(card) or (self.hub.folder(card.lora.model) if self.hub else None)
        if folder is None:
            raise EngineUnavailable(f"{card.title} needs {card.lora.model}, which is not here.", NO_ADAPTER)
        file = folder / card.lora.file
        apply_lora(pipeline, file, card.lora.scale)
        return f"{folder.name if Path(card.lora.model).is_absolute() else card.lora.model}@{sha256(file)[:12]}"

    @staticmethod
    def _require_memory(card: EngineCard, placement: Placement) -> None:
        if not placement.runs:
            raise EngineUnavailable(f"{card.title} does not run here. {placement.why}", FREE_MEMORY)
