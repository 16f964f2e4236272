"""The denoiser's training: weights of the loss, learning rate, a checkpoint that goes on where it stopped."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler

from training.pocket import denoiser
from training.pocket.denoiser import Trainer, rate, weight
from training.pocket.design import NOISE, SHAPE
from training.pocket.hardware import speed
from training.pocket.latents import plan
from training.pocket.shards import Shards

pytestmark = pytest.mark.slow

SMALL = {
    **SHAPE,
    "block_out_channels": (16, 16, 16, 16),
    "cross_attention_dim": 8,
    "norm_num_groups": 4,
    "attention_head_dim": 2,
}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with one shard of two kinds."""
    np.save(tmp_path / "empty.npy", np.zeros((32, 8), np.float16))
    kinds = np.array(["single"] * 6 + ["painted"] * 2)
    latents = np.ones((8, 8, 16, 16), np.float16) * (kinds == "painted")[:, None, None, None]
    np.savez(tmp_path / "shard-000.npz", latents=latents, states=np.ones((8, 32, 8), np.float16), kinds=kinds)
    return tmp_path


def test_pure_noise_weighs_one_and_nearly_clean_pictures_little() -> None:
    weights = weight(torch.tensor([0.0, 0.5, 0.999]), progress=0.1)
    assert weights[0] == 1
    assert weights[1] == pytest.approx(1)
    assert weights[2] < 0.01


def test_once_it_turns_to_the_insides_all_moments_weigh_alike() -> None:
    assert weight(torch.tensor([0.0, 0.5, 0.999]), progress=denoiser.INSIDES + 0.01).tolist() == [1, 1, 1]


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [rate(0, 0), rate(denoiser.WARMUP, 0.1), rate(10**6, 1.0)]
    assert rates[0] == 0 < rates[2] < rates[1] <= denoiser.PEAK


@pytest.mark.parametrize(
    ("progress", "least", "most"),
    [(0.0, 0.71, 0.81), (denoiser.INSIDES - 0.01, 0.66, 0.79), (1.0, 0.4, 0.5)],
    ids=["first", "later", "last"],
)
def test_late_moments_are_drawn_more_often_at_first(progress: float, least: float, most: float) -> None:
    moments = denoiser.moments(4000, 1000, progress)
    assert least < (moments >= 1000 * denoiser.NOISY).float().mean() < most
    assert 0 <= moments.min() <= moments.max() < 1000


def test_names_are_learned_before_colours(work: Path) -> None:
    shards, dice = Shards(work), np.random.default_rng(0)
    early, _ = shards.batch(32, 0.0, dice)
    late, _ = shards.batch(64, 1.0, dice)
    assert early.sum() == 0 < late.sum()


def test_without_shards_the_error_names_the_command(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.zeros((32, 8), np.float16))
    with pytest.raises(FileNotFoundError, match=r"training\.pocket\.latents"):
        Shards(tmp_path)


def test_a_checkpoint_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoiser, "SHAPE", SMALL)
    trainer = Trainer.begin(None)
    noise, times = DDPMScheduler(**NOISE), torch.tensor([999, 10])
    for _ in range(4):
        trainer.learn(torch.zeros(2, 8, 16, 16), torch.zeros(2, 32, 8), times, noise)
    trainer.seconds = 7.0
    trainer.save(tmp_path / "denoiser.pt")
    again = Trainer.begin(tmp_path / "unet")
    again.resume(tmp_path / "denoiser.pt")
    assert (again.step, again.seconds) == (4, 7.0)
    kept, read = trainer.net.state_dict(), again.net.state_dict()
    assert all(torch.equal(kept[name], read[name]) for name in kept)


def test_every_kind_walks_on_from_shard_to_shard() -> None:
    assert plan([{"single": 2}, {"single": 1, "size": 1}]) == [
        [("single", 0), ("single", 1)],
        [("single", 2), ("size", 0)],
    ]


def test_speed_is_measured() -> None:
    assert speed(torch.float32, 64) > 0
