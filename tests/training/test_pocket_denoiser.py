"""The denoiser's training: weights of the loss, learning rate, a checkpoint that goes on where it stopped."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny, DDPMScheduler, UNet2DConditionModel
from transformers import AutoTokenizer, BertModel

from training.pocket import denoiser, shards
from training.pocket.denoiser import Trainer, prepare, rate, read_command_line, train, weight
from training.pocket.design import NOISE, SHAPE
from training.pocket.hardware import speed
from training.pocket.latents import Encoders, plan
from training.pocket.shards import Drawn, Shards
from training.pocket.spectrum import Spectrum

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
    captions = np.array([f"thing {number}" for number in range(8)])
    np.savez(tmp_path / "shard-000.npz", latents=latents, captions=captions, kinds=kinds)
    np.save(tmp_path / "shard-000.states.npy", np.ones((8, 32, 8), np.float16))
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
    [(0.0, 0.85, 0.91), (denoiser.INSIDES - 0.01, 0.64, 0.72), (1.0, 0.32, 0.40)],
    ids=["first", "later", "last"],
)
def test_late_moments_are_drawn_more_often_at_first(progress: float, least: float, most: float) -> None:
    moments = denoiser.moments(4000, 1000, progress)
    assert least < (moments >= 1000 * denoiser.NOISY).float().mean() < most
    assert 0 <= moments.min() <= moments.max() < 1000


def test_names_are_learned_before_colours(work: Path) -> None:
    shards, dice = Shards(work), np.random.default_rng(0)
    early, late = shards.batch(32, 0.0, dice), shards.batch(64, 1.0, dice)
    assert early.latents.sum() == 0 < late.latents.sum()


def test_without_shards_the_error_names_the_command(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.zeros((32, 8), np.float16))
    with pytest.raises(FileNotFoundError, match=r"training\.pocket\.latents"):
        Shards(tmp_path)


def test_a_checkpoint_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(denoiser.SHAPES, "first", SMALL)
    trainer = Trainer.begin(None)
    noise, times = DDPMScheduler(**NOISE), torch.tensor([999, 10])
    others, there = torch.zeros(2, 1, 8, 16, 16), torch.zeros(2, 1, dtype=torch.bool)
    for _ in range(4):
        trainer.learn(
            Drawn(others[:, 0], torch.zeros(2, 32, 8), others, there),
            times,
            noise,
            Spectrum.of(np.random.default_rng(1).normal(size=(9, 8, 16, 16))),
        )
    trainer.seconds = 7.0
    trainer.save(tmp_path / "denoiser.pt")
    again = Trainer.begin(tmp_path / "unet")
    again.resume(tmp_path / "denoiser.pt")
    assert (again.step, again.seconds) == (4, 7.0)
    kept, read = trainer.net.state_dict(), again.net.state_dict()
    assert all(torch.equal(kept[name], read[name]) for name in kept)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes of the design with few channels."""
    monkeypatch.setitem(denoiser.SHAPES, "first", SMALL)
    monkeypatch.setitem(denoiser.SHAPES, "deep", {**SMALL, "layers_per_block": (2, 1, 1, 1)})


def _text(model: Path) -> BertModel:
    return BertModel.from_pretrained(model / "text_encoder", dtype=torch.float32, add_pooling_layer=False).eval()


@pytest.mark.usefixtures("small")
def test_a_run_that_was_stopped_goes_on_in_the_shape_it_had(work: Path) -> None:
    (work / "scale.txt").write_text("1.5\n")
    words = ["--work", str(work), "--minutes", "0.02", "--workers", "1", "--batch", "4", "--shape", "deep"]
    first = prepare(read_command_line(words), "cpu")
    train(first, read_command_line(words))
    again = prepare(read_command_line(["--work", str(work)]), "cpu")
    assert again.step == first.step > 0
    assert list(again.net.config.layers_per_block) == [2, 1, 1, 1]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("told", "seconds"), [([], denoiser.NAMED * 60), (["--begin", "0"], 0.0)], ids=["names", "new"]
)
def test_given_weights_grow_and_begin_where_they_are_told(work: Path, told: list[str], seconds: float) -> None:
    Trainer.begin(None).net.save_pretrained(work / "given")
    words = ["--work", str(work), "--minutes", "1", "--start", str(work / "given"), "--shape", "deep", *told]
    trainer = prepare(read_command_line(words), "cpu")
    assert trainer.seconds == pytest.approx(seconds)
    assert list(trainer.net.config.layers_per_block) == [2, 1, 1, 1]


@pytest.mark.parametrize("missing", ["second", "both"])
def test_a_shard_without_states_has_its_captions_encoded(
    work: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    read = dict(np.load(work / "shard-000.npz"))
    np.savez(work / "shard-001.npz", latents=read["latents"], kinds=read["kinds"], captions=read["captions"])
    if missing == "both":
        (work / "shard-000.states.npy").unlink()
    asked: list[str] = []

    def encode(words: list[str], model: Path, place: str) -> torch.Tensor:
        asked.extend(words)
        return torch.full((len(words), 32, 8), 2.0).half()

    monkeypatch.setattr(shards, "encode", encode)
    states = Shards(work).states.take(np.arange(16))
    assert asked == read["captions"].tolist() * (2 if missing == "both" else 1)
    assert states[:8].eq(2.0 if missing == "both" else 1.0).all() and states[8:].eq(2).all()


def test_one_picture_may_have_several_captions(work: Path) -> None:
    latents = np.stack([np.full((8, 16, 16), number, np.float16) for number in (5, 7)])
    captions, rows, kinds = np.array(["seven", "five", "seven too"]), np.array([1, 0, 1]), np.array(["single"] * 3)
    for number in range(2):
        path = work / f"shard-00{number}.npz"
        np.savez(path, latents=latents, captions=captions, kinds=kinds, rows=rows)
        told = [{"five": 5, "seven": 7, "seven too": 7}[caption] for caption in np.unique(captions)]
        np.save(shards.states_path(path), np.stack([np.full((32, 8), number, np.float16) for number in told]))
    drawn, words, _, _ = Shards(work).batch(64, 0.0, np.random.default_rng(0))
    kept = words[:, 0, 0] > 0  # the others were dropped
    assert kept.sum() > 40
    assert torch.equal(drawn[kept, 0, 0, 0], words[kept, 0, 0])


def test_captions_are_encoded_as_the_shards_have_them() -> None:
    model = Path("assets/models/pocket")
    states = shards.encode(["a dog", "a cat", "a dog"], model, "cpu")
    assert states.shape == (3, 32, 384)
    assert torch.equal(states[0], states[2])
    vae = AutoencoderTiny(in_channels=3, out_channels=3)
    encoders = Encoders(
        vae, AutoTokenizer.from_pretrained(model / "tokenizer"), _text(model), torch.autocast("cpu", enabled=False)
    )
    kept = torch.from_numpy(encoders.states(["a dog", "a cat"])).float()
    assert torch.allclose(states[:2].float(), kept, atol=2e-3)


def test_every_kind_walks_on_from_shard_to_shard() -> None:
    assert plan([{"single": 2}, {"single": 1, "size": 1}]) == [
        [("single", 0), ("single", 1)],
        [("single", 2), ("size", 0)],
    ]


def test_speed_is_measured() -> None:
    assert speed(torch.float32, 64) > 0


def test_the_quicker_kernels_draw_what_the_network_drew() -> None:
    torch.manual_seed(1)
    net = UNet2DConditionModel(**SMALL).eval()
    given = (torch.randn(2, 8, 16, 16), torch.tensor([10, 900]), torch.randn(2, 32, 8))
    with torch.no_grad():
        before = net(*given).sample
        denoiser.ease(net)
        torch.testing.assert_close(net(*given).sample, before)


def test_norms_take_full_precision_while_the_rest_is_in_half() -> None:
    net = UNet2DConditionModel(**SMALL)
    denoiser.ease(net)
    taken: list[torch.dtype] = []
    net.conv_norm_out.register_forward_pre_hook(lambda _, given: taken.append(given[0].dtype))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        net(torch.randn(1, 8, 16, 16), torch.tensor([10]), torch.randn(1, 32, 8))
    assert taken == [torch.float32]
