"""Takes three models in their full shapes, with random weights, through the studio on this machine's GPU.

    python -m benchmarks.gpu [--out gpu.json] [--seconds 540] [--models sdxl flux2-klein-4b z-image-turbo] [--small]

One run answers what a GPU could show to be wrong: placement and dtype, previews, cancelling within a step, steering,
two models beside each other, memory given back, offload with half the memory, compiling; and what share of a picture's
time the safety layers take. No hub is needed: the weights are random (benchmarks/engine/random_models.py), so the
pictures are noise, and a check may withhold one. What the time does not suffice for is left out, and said to be.
`--small` takes miniatures through the same steps on any machine; its seconds say nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.engine.gpu_memory import LimitedMachine, gpu_memory, limited, reset_peak
from benchmarks.engine.random_models import MODELS, SMALL_SIDE, build, parameters
from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.loading import place, silence
from engines.diffusion.model_cache import ModelCache, Unloadable
from engines.diffusion.model_store import LoadedModel, ModelStore
from engines.diffusion.placement import HEADROOM_GB, choose_placement
from engines.diffusion.previews import Previews
from engines.hardware import Hardware
from engines.interface import EngineCard, Progress, Range
from safety.errors import Cancelled, StudioError
from safety.generation import Delivered, GenerationRequest, Outcome
from safety.resources import PRESETS
from studio.factory import make_studio
from studio.settings import Settings
from studio.studio import Studio

PROMPT = "a red apple on a blue background"
LAYERS = ("prompt", "picture", "marks")
SMALL_STEPS, MANY_STEPS = 4, 50
CANCEL_AT = 2  # steps that are drawn before a picture is cancelled in the middle of the next
COMPILED = " compiled"
Row = dict[str, Any]


class OutOfTime(Exception):
    """Says that a step is left out: there is no time for it any more."""


@dataclass(frozen=True)
class RandomModels(ModelStore):
    """Builds models in memory where other stores load them from files; all else is the studio's own."""

    small: bool = False

    def installed(self, card: EngineCard) -> bool:
        """Tells that every model is here."""
        return True

    def files(self, card: EngineCard, progress: Progress) -> Path:
        """Returns no place: there are no files. Raises EngineUnavailable where the memory does not suffice."""
        self._require_memory(card, self.placement(card, empty=True))
        return Path()

    def load(self, name: str, card: EngineCard, path: Path, engine: Unloadable) -> LoadedModel:
        """Returns the model, placed as the card and this machine's memory have it. Raises EngineUnavailable."""
        self.cache.use(engine)
        placement = self.placement(card)
        while not placement.runs and self.cache.make_room(engine):
            placement = self.placement(card)
        self._require_memory(card, placement)
        silence()
        # Weights are drawn on the GPU, in seconds; what the placement keeps elsewhere is moved there.
        pipeline = build(name.removesuffix(COMPILED), self.small, placement.device, placement.dtype)
        place(pipeline, card, placement)
        if isinstance(self.hardware, LimitedMachine):
            self.hardware.enforce()
        return LoadedModel(pipeline, placement, Previews(pipeline))


@dataclass
class Watched:
    """Notes when each step of a creation was reported; stops it in the middle of a step where it is told to."""

    stop_at: int = 0
    times: list[tuple[str, int, float]] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    asked: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        now = time.perf_counter()
        self.times.append((stage, done, now))
        if self._stop.is_set():
            raise Cancelled("Stopped.")
        if self.stop_at and stage == "drawing" and done == self.stop_at:
            threading.Timer(self.step_seconds / 2, self._ask).start()

    def show(self, pictures: Sequence[object], /) -> None:
        """Takes a preview."""
        self.previews.append(time.perf_counter())

    @property
    def step_seconds(self) -> float:
        """Returns the longest time between two steps, 0 before there were two."""
        drawn = [at for stage, done, at in self.times if stage == "drawing" and done]
        return max((after - before for before, after in zip(drawn, drawn[1:], strict=False)), default=0.0)

    @property
    def late(self) -> int:
        """Returns how many steps came to their end after it was to stop."""
        return sum(stage == "drawing" and at > self.asked for stage, _, at in self.times)

    @property
    def loading_seconds(self) -> float:
        """Returns how long the model was loaded; 0 where it was in memory."""
        loading = [at for stage, _, at in self.times if stage == "loading the model"]
        drawing = [at for stage, _, at in self.times if stage == "drawing"]
        return drawing[0] - loading[0] if loading and drawing else 0.0

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        self._stop.set()


@dataclass
class GpuRun:
    """Takes the models through one step after the other, and keeps a row of each."""

    studio: Studio
    engines: Mapping[str, DiffusionEngine]
    machine: LimitedMachine
    until: float
    small: bool
    rows: list[Row] = field(default_factory=list)

    def run(self) -> None:
        """Does all steps, those first that one model needs by itself."""
        names = [name for name in self.engines if not name.endswith(COMPILED)]
        for name in names:
            for step in (self.first, self.next, self.cancelled, self.steered):
                self._do(name, step)
        self._do(" and ".join(names[:2]), self.two_at_once)
        self._do("all", self.given_back)
        for name in names:
            self._do(name, self.part_by_part)
            self._do(name, self.half_the_memory)
            self._do(name, self.compiled)

    def _do(self, name: str, step: Callable[[str], Row]) -> None:
        """Adds the row of a step, or of why there is none."""
        about = {"model": name, "step": step.__name__.replace("_", " ")}
        began = time.perf_counter()
        try:
            if began > self.until:
                raise OutOfTime
            row = step(name)
        except OutOfTime:
            row = {"left_out": "no time"}
        except StudioError as error:
            row = {"failed": error.sentence}
        except Exception as error:  # noqa: BLE001  what a GPU breaks is what this is to find; the other steps go on
            row = {"failed": f"{type(error).__name__}: {error}"}
        self.rows.append({**about, "seconds": round(time.perf_counter() - began, 2), **row})
        print(line(self.rows[-1]), flush=True)

    def _create(self, name: str, watch: Watched, **settings: Any) -> Outcome:
        request = GenerationRequest(PROMPT, engine=name, seed=7, **settings)
        return self.studio.create(request, progress=watch, preview=watch.show)

    def first(self, name: str) -> Row:
        """Loads a model and draws with it: where it was placed, of which precision, and the time of both."""
        watch = Watched()
        outcome = self._create(name, watch)
        loaded = self.engines[name].loaded
        assert loaded
        weights = next(iter((getattr(loaded.pipeline, "unet", None) or loaded.pipeline.transformer).parameters()))
        return {
            "placed": loaded.placement.why,
            "device": str(weights.device),
            "dtype": str(weights.dtype).removeprefix("torch."),
            "parameters": parameters(loaded.pipeline),
            "loading": round(watch.loading_seconds, 2),
            **self._told(outcome),
            **gpu_memory(),
        }

    def next(self, name: str) -> Row:
        """Draws once more: the time of each layer, its share of the drawing, and the previews."""
        watch, began = Watched(), time.perf_counter()
        outcome = self._create(name, watch)
        shown = {"previews": len(watch.previews), "longest step": round(watch.step_seconds, 4)}
        if watch.previews:
            shown["first preview after"] = round(watch.previews[0] - began, 2)
        return {**self._told(outcome), **shown}

    def cancelled(self, name: str) -> Row:
        """Cancels a picture in the middle of a step: it may end that step, and no other."""
        watch = Watched(stop_at=CANCEL_AT)
        try:
            self._create(name, watch, steps=int(self.engines[name].card.steps.most))
        except Cancelled:
            took, step = time.perf_counter() - watch.asked, watch.step_seconds
            return {"stopped after": round(took, 4), "longest step": round(step, 4), "steps ended after": watch.late}
        return {"failed": "The picture was drawn to its end."}

    def steered(self, name: str) -> Row:
        """Steers away from a concept: by which method, or why not, and what it costs."""
        outcome = self._create(name, Watched(), steering="strong")
        result = outcome.generation.steered if outcome.generation else None
        how = {"method": result.method, "why": result.why} if result else {"method": "", "why": "not asked to"}
        return {**how, **self._told(outcome)}

    def two_at_once(self, names: str) -> Row:
        """Draws with two models in turns: neither may be loaded again once both are in memory."""
        pair = names.split(" and ")
        for name in pair:
            self._create(name, Watched())
        again = [Watched() for _ in pair]
        for name, watch in zip(pair, again, strict=True):
            self._create(name, watch)
        reloaded = [name for name, watch in zip(pair, again, strict=True) if watch.loading_seconds]
        return {"loaded again": reloaded, **gpu_memory()}

    def given_back(self, _: str) -> Row:
        """Unloads every model: how much memory is still taken, and whether a pipeline is still there."""
        loaded = [weakref.ref(engine.loaded.pipeline) for engine in self.engines.values() if engine.loaded]
        before = gpu_memory()
        self._unload()
        return {"models": len(loaded), "still there": sum(each() is not None for each in loaded)} | {
            "before": before,
            "after": gpu_memory(),
        }

    def part_by_part(self, name: str) -> Row:
        """Draws with room for the largest part alone."""
        card = published(name)
        return self._within(name, (card.largest_gb or card.memory_gb) + HEADROOM_GB + 0.5)

    def half_the_memory(self, name: str) -> Row:
        """Draws with half of the memory that the model takes."""
        return self._within(name, published(name).memory_gb / 2)

    def _within(self, name: str, gpu_gb: float) -> Row:
        """Draws with a limit on the GPU's memory; on a machine without one, says what would be done."""
        if self.small or not self.machine().gpu:
            would = Hardware(200.0, 200.0, "cuda", "a made-up GPU", gpu_gb, gpu_gb, bf16=True)
            return {"left_out": "no GPU", "would": choose_placement(published(name), would).why}
        self._unload()
        with limited(self.machine, gpu_gb):
            told = self._told(self._create(name, Watched()))
            loaded = self.engines[name].loaded
            row = {"limit": gpu_gb, "placed": loaded.placement.why if loaded else "", **told, **gpu_memory()}
            self._unload()
        return row

    def compiled(self, name: str) -> Row:
        """Compiles the denoiser's blocks: the time of the first picture, and of the next."""
        if self.small or not self.machine().gpu:
            return {"left_out": "no GPU"}
        self._unload()
        first = self._told(self._create(name + COMPILED, Watched()))
        after = self._told(self._create(name + COMPILED, Watched()))
        self._unload()
        return {"first drawing": first["drawing"], **after}

    def _unload(self) -> None:
        for engine in self.engines.values():
            engine.unload()
        reset_peak()

    def _told(self, outcome: Outcome) -> Row:
        """Returns seconds of the drawing and of each safety layer, and their share of the drawing."""
        if not outcome.generation:
            raise StudioError("The prompt was refused.", "Change PROMPT.")
        seconds = dict(outcome.seconds)
        if not isinstance(
            outcome, Delivered
        ):  # noise may look like something that is withheld: it is marked for its time
            began = time.perf_counter()
            self.studio.exporter.rehearse(outcome.generation.pictures[0].image)
            seconds["marks"] = time.perf_counter() - began
        drawing = outcome.generation.seconds
        shares = {f"{name} share": round(seconds.get(name, 0.0) / drawing, 4) for name in LAYERS}
        layers = {name: round(seconds.get(name, 0.0), 3) for name in LAYERS}
        return {"drawing": round(drawing, 3), **layers, **shares, "delivered": isinstance(outcome, Delivered)}


def published(name: str) -> EngineCard:
    """Returns the card of a model as it ships."""
    return read_cards(PRESETS / "engines.toml")[name]


def cards_of(names: Sequence[str], small: bool) -> dict[str, EngineCard]:
    """Returns the cards that ship, and each again with compiling; in miniature, cards of any machine."""
    cards = {name: card for name, card in read_cards(PRESETS / "engines.toml").items() if name in names}
    if small:
        size = Range(default=SMALL_SIDE, least=SMALL_SIDE, most=SMALL_SIDE)
        steps = Range(default=SMALL_STEPS, least=1, most=MANY_STEPS)
        changes = {"size": size, "steps": steps, "memory_gb": 0.0, "shown_at_least": 256, "size_multiple": 16}
        cards = {name: card.model_copy(update=changes) for name, card in cards.items()}
    return cards | {name + COMPILED: card.model_copy(update={"compile": True}) for name, card in cards.items()}


def run(names: Sequence[str], small: bool, seconds: float, home: Path) -> dict[str, Any]:
    """Runs all steps within so many seconds, in a studio under `home`; returns the machine and the rows."""
    machine = LimitedMachine()
    store = RandomModels(home, hardware=machine, cache=ModelCache(2), small=small)
    engines = {name: DiffusionEngine(name, card, store) for name, card in cards_of(names, small).items()}
    studio = replace(make_studio(Settings(home, warm_up=False)), engines=engines)
    gpu_run = GpuRun(studio, engines, machine, time.perf_counter() + seconds, small)
    gpu_run.run()
    return {"machine": described(machine()), "small": small, "rows": gpu_run.rows}


def described(hardware: Hardware) -> Row:
    """Returns what the figures were measured on."""
    import diffusers
    import torch

    return {
        "gpu": hardware.gpu_name or "none",
        "gpu_gb": round(hardware.gpu_total, 1),
        "ram_gb": round(hardware.ram_total, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
    }


def line(row: Row) -> str:
    """Returns a row of the table."""
    rest = {name: value for name, value in row.items() if name not in ("model", "step", "seconds", "parameters")}
    told = ", ".join(f"{name} {value}" for name, value in rest.items())
    return f"| {row['model']} | {row['step']} | {row['seconds']:.2f} | {told} |"


def main() -> None:
    """Runs it, prints the table and writes the JSON."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--out", type=Path)
    ask.add_argument("--seconds", type=float, default=540.0)
    ask.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    ask.add_argument("--small", action="store_true")
    args = ask.parse_args()
    print("| model | step | seconds | figures |\n|---|---|--:|---|")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        found = run(args.models, args.small, args.seconds, Path(home))
    if args.out:
        args.out.write_text(json.dumps(found, indent=1), "utf-8")
    print(json.dumps(found["machine"]))


if __name__ == "__main__":
    main()
