"""The denoiser: a small UNet that turns noise into latents, led by words.

    python -m training.pocket.denoiser --minutes 100
    python -m training.pocket.denoiser --minutes 480 --start assets/models/pocket/unet --shape deep --begin 0
    python -m training.pocket.denoiser --minutes 9 --batch 1024 --save 120 --compile  # where there is a GPU

v-prediction with zero terminal SNR (Lin et al. 2023, arXiv 2305.08891), loss weighted by min-SNR (Hang et al. 2023,
arXiv 2303.09556) at first and evenly later, 10 % of captions dropped for guidance, an exponential average of the
weights. Resumes from its checkpoint, in the shape that it had; `--start assets/models/pocket/unet` begins from the
shipped weights instead, after the phase of names, and `--shape` gives them more room (growth.py). With a GPU there is
one worker, and all that was encoded lies in the GPU's memory.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from diffusers import DDPMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from tqdm import tqdm

from training.pocket.design import NOISE, SHAPES
from training.pocket.growth import grow
from training.pocket.hardware import autocast, device
from training.pocket.shards import NAMED, Drawn, Shards
from training.pocket.spectrum import Spectrum
from training.pocket.stable_targets import expected, velocity
from training.pocket.workers import averaged

PEAK, FLOOR, WARMUP, HOLD = 1.5e-3, 0.02, 100, 0.75  # learning rate, its end, steps, share
GAMMA, DECAY = 5.0, 0.997  # min-SNR; average of weights
LATE, NOISY = (0.85, 0.6, 0.2), 0.80  # shares drawn late in the noising: at first, at INSIDES, after; what is late
LAST = 0.8  # share of the late ones that are drawn at the last moment, where a drawing begins
INSIDES = 0.55  # share of the training after which all moments count alike, so that insides become clear
TOGETHER = 8  # steps between means of the workers' weights
MEASURED = 2000  # pictures whose spectrum weighs the error
RELOAD = 200  # steps between looks for new shards
LONGEST = 20.0  # seconds that a step may count: a training that was paused did not learn meanwhile


def rate(step: int, progress: float) -> float:
    """Learning rate: a short rise, level for most of the time, then straight down to a few per cent."""
    return PEAK * min(1.0, step / WARMUP, max(FLOOR, (1 - progress) / (1 - HOLD)))


def moments(many: int, steps: int, progress: float) -> torch.Tensor:
    """Draw moments of the noising: at first most of them late, where only the words tell what it will be.

    Names take longest to learn, and are learned there, most of all at the last moment, where the target is the same for
    all that say the same. Sharp insides come from the early moments, once names are known.
    """
    share = LATE[0] + (LATE[1] - LATE[0]) * progress / INSIDES if progress < INSIDES else LATE[2]
    late = torch.randint(int(NOISY * steps), steps, (many,))
    late = torch.where(torch.rand(many) < LAST, steps - 1, late)
    return torch.where(torch.rand(many) < share, late, torch.randint(0, steps, (many,)))


def weight(alphas: torch.Tensor, progress: float) -> torch.Tensor:
    """Min-SNR weights of the v loss, from cumulated alphas; 1 where all is noise, and after `INSIDES` everywhere.

    Min-SNR hardly counts what is nearly free of noise. But there the last steps spoil what the first have made.
    """
    if progress > INSIDES:
        return torch.ones_like(alphas)
    snr = alphas / (1 - alphas)
    return (snr.clamp(max=GAMMA) + 1) / (snr + 1)


def ease(net: UNet2DConditionModel) -> None:
    """Give a network that trains in bfloat16 on a processor the kernels that are quick there.

    Group norms and torch's attention are several times slower in bfloat16 than in float32: norms take float32 again,
    and attention is two products and a softmax. Measured on 29 November 2026 (AMD EPYC with avx512_bf16, one core,
    batches of 32): 90 samples a second instead of 60. What is drawn stays the same.
    """
    net.set_attn_processor(AttnProcessor())
    for part in net.modules():
        if isinstance(part, nn.GroupNorm | nn.LayerNorm):
            part.register_forward_pre_hook(_in_float32)


def _in_float32(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(each.float() for each in given)


@dataclass(slots=True)
class Trainer:
    """The network, its average and its optimizer; `seconds` and `step` say how far it has come.

    Several workers learn each by itself and put the mean of their weights in the place of each one's own every
    `TOGETHER` steps (Stich 2019, arXiv 1805.09767, local SGD): to share every gradient took a fifth of the time.
    `seconds` moves on then only, so that all of them end at the same step; `since` is what has passed since.
    """

    net: UNet2DConditionModel
    average: UNet2DConditionModel
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    since: float = 0.0
    context: torch.autocast = field(default_factory=autocast)
    guess: Callable[..., Any] = field(init=False)  # the network, or what it was compiled to

    def __post_init__(self) -> None:
        self.guess = self.net

    @classmethod
    def begin(cls, start: Path | None, shape: str | None = None, place: str = "cpu") -> "Trainer":
        """Start from given weights, or from none, in a shape of the design; None: that of the weights, or the first."""
        if start:
            net = UNet2DConditionModel.from_pretrained(start, torch_dtype=torch.float32)
            net = grow(net, SHAPES[shape]) if shape else net
        else:
            net = UNet2DConditionModel(**SHAPES[shape or "first"])
        average = UNet2DConditionModel(**net.config).requires_grad_(False)
        average.load_state_dict(net.state_dict())
        net = net.to(place, memory_format=torch.channels_last).train()
        average = average.to(place, memory_format=torch.channels_last)
        if place == "cpu":
            ease(net)
        optimizer = torch.optim.AdamW(net.parameters(), PEAK, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        return cls(net, average, optimizer, context=autocast(place=place))

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all, and the average as a diffusers folder beside it."""
        held = {name: getattr(self, name).state_dict() for name in ("net", "average", "optimizer")}
        torch.save({**held, "step": self.step, "seconds": self.seconds}, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
        self.average.save_pretrained(path.parent / "unet")

    def resume(self, path: Path) -> None:
        """Take up a checkpoint, if there is one."""
        if path.exists():
            held = torch.load(path, map_location=self.net.device, weights_only=True)
            for name in ("net", "average", "optimizer"):
                getattr(self, name).load_state_dict(held[name])
            self.step, self.seconds = held["step"], held["seconds"]

    def learn(
        self,
        drawn: Drawn,
        times: torch.Tensor,
        noise: DDPMScheduler,
        spectrum: Spectrum,
        progress: float = 0.0,
    ) -> float:
        """Take one step and return its loss; the latents of what was drawn are scaled.

        Late in the noising the error is weighed by the spectrum; earlier the target holds noise, of another one.
        """
        latents, grain = drawn.latents, torch.randn_like(drawn.latents)
        noisy = noise.add_noise(latents, grain, times)
        alphas = noise.alphas_cumprod.to(times.device)[times]
        meant = expected(noisy, latents, drawn.others, drawn.there, alphas)
        target = velocity(latents, meant, noise.get_velocity(latents, grain, times), alphas)
        with self.context:
            guess = self.guess(noisy.contiguous(memory_format=torch.channels_last), times, drawn.states).sample.float()
        wrong, late = guess - target, times >= NOISY * noise.config.num_train_timesteps
        error = torch.where(late, spectrum.error(wrong), wrong.square().mean((1, 2, 3)))
        loss = (error * weight(alphas, progress)).mean()
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        if self.step % TOGETHER == 0:
            self.seconds, self.since = averaged(self.net.parameters(), self.seconds + self.since), 0.0
        self._follow(every=4)
        return float(loss.detach())

    @torch.no_grad()
    def _follow(self, every: int) -> None:
        if self.step % every == 0:  # the average is memory traffic, not thought: seldom is as good
            decay = min(DECAY**every, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)


def train(trainer: Trainer, args: argparse.Namespace, rank: int = 0) -> None:
    """Train until `--minutes` have passed in all, over all resumed runs; worker 0 writes the checkpoints."""
    place = str(trainer.net.device)
    shards, scale = Shards(args.work, place, args.model), float((args.work / "scale.txt").read_text())
    noise, dice = DDPMScheduler(**NOISE), np.random.default_rng((trainer.step, rank))
    spectrum = Spectrum.of(shards.latents[:MEASURED].cpu().numpy()).to(place)
    last, saved, mean, batch = time.monotonic(), trainer.seconds, 1.0, args.batch // args.workers
    with tqdm(desc="samples", initial=trainer.step * args.batch, unit="", mininterval=30, disable=rank > 0) as bar:
        while (progress := trainer.seconds / (60 * args.minutes)) < 1:
            if trainer.step % RELOAD == 0:
                shards.reload()
            trainer.optimizer.param_groups[0]["lr"] = rate(trainer.step, progress)
            drawn = shards.batch(batch, progress, dice)
            drawn = drawn._replace(latents=drawn.latents * scale, others=drawn.others * scale)
            now = time.monotonic()
            trainer.since, last = trainer.since + min(now - last, LONGEST), now
            times = moments(len(drawn.latents), noise.config.num_train_timesteps, progress).to(place)
            mean += 0.01 * (trainer.learn(drawn, times, noise, spectrum, progress) - mean)
            bar.update(args.batch)
            bar.set_postfix(loss=f"{mean:.4f}", share=f"{progress:.2f}", refresh=False)
            if rank == 0 and trainer.seconds - saved > args.save:
                trainer.save(args.work / "denoiser.pt")
                saved = trainer.seconds
    if rank == 0:
        trainer.save(args.work / "denoiser.pt")


def prepare(args: argparse.Namespace, place: str) -> Trainer:
    """Take up the checkpoint of `--work`, in its own shape; without one begin from `--start`, grown to `--shape`."""
    checkpoint = args.work / "denoiser.pt"
    if checkpoint.exists():
        trainer = Trainer.begin(args.work / "unet", place=place)
        trainer.resume(checkpoint)
    else:
        trainer = Trainer.begin(args.start, args.shape, place)
        # Weights that were given know their names, unless the data has new ones.
        begun = args.begin if args.begin is not None else NAMED if args.start else 0.0
        trainer.seconds = begun * 60 * args.minutes
    if args.compile:
        trainer.guess = torch.compile(trainer.net)
    return trainer


def work_as(rank: int, args: argparse.Namespace) -> None:
    """Train as one of several workers, each on one thread: with busy cores quicker than threads that wait."""
    torch.set_num_threads(1)
    torch.manual_seed(time.time_ns() + rank)
    if args.workers > 1:
        store = f"file://{args.work.resolve() / f'workers-{args.meeting}'}"
        dist.init_process_group("gloo", init_method=store, rank=rank, world_size=args.workers)
    train(prepare(args, "cpu"), args, rank)


def read_command_line(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the settings, complete."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument(
        "--model", type=Path, default=Path("assets/models/pocket"), help="whose text encoder reads captions"
    )
    ask.add_argument("--minutes", type=float, default=100.0, help="of training, over all resumed runs")
    ask.add_argument("--start", type=Path, help="a diffusers unet folder to begin from")
    ask.add_argument("--shape", choices=sorted(SHAPES), help="of the network (design.py); default: that of --start")
    ask.add_argument("--begin", type=float, help="share of the training to begin at; default: after names with --start")
    ask.add_argument("--workers", type=int, default=2, help="processes, one core each; one with a GPU")
    ask.add_argument("--batch", type=int, default=64, help="samples a step, of all workers")
    ask.add_argument("--save", type=float, default=420.0, help="seconds between checkpoints")
    ask.add_argument("--compile", action="store_true", help="compile the network: a minute at first, then quicker")
    args = ask.parse_args(words)
    args.meeting = time.time_ns()  # a meeting place no earlier run has used
    return args


def main() -> None:
    """Read the command line and train."""
    args = read_command_line()
    if device() == "cuda":
        args.workers = 1
        train(prepare(args, "cuda"), args)
    else:
        spawn(work_as, (args,), args.workers)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
