"""Targets that are the mean of what could be meant, and the pictures that count as alike."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.pocket_things import language, things
from training.pocket.scenes import Scenes
from training.pocket.shards import OTHERS, Alike, Shards
from training.pocket.stable_targets import expected, velocity

SHAPE = (8, 16, 16)


def _noised(latents: torch.Tensor, alpha: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Noise, noisy latents and alphas."""
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(1))
    return noise, alpha**0.5 * latents + (1 - alpha) ** 0.5 * noise, torch.full((len(latents),), alpha)


@pytest.mark.parametrize(
    ("alpha", "there", "wanted"),
    [(0.0, (True, True), 2.0), (0.0, (True, False), 1.5), (0.0, (False, False), 1.0), (0.9, (True, True), 1.0)],
    ids=["all are possible", "one does not count", "there is no other", "the picture can be seen"],
)
def test_what_is_expected_is_the_mean_of_what_could_be_meant(
    alpha: float, there: tuple[bool, bool], wanted: float
) -> None:
    latents = torch.ones(1, *SHAPE)
    others = torch.stack([latents[0] * 2, latents[0] * 3])[None]
    _, noisy, alphas = _noised(latents, alpha)
    meant = expected(noisy, latents, others, torch.tensor([there]), alphas)
    assert torch.allclose(meant, torch.full_like(meant, wanted), atol=1e-5)


@given(alpha=st.floats(0.0, 0.999), moved=st.floats(-3, 3))
def test_the_target_leads_from_the_noisy_latents_to_what_is_expected(alpha: float, moved: float) -> None:
    latents = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(2))
    noise, noisy, alphas = _noised(latents, alpha)
    plain = alpha**0.5 * noise - (1 - alpha) ** 0.5 * latents
    target = velocity(latents, latents + moved, plain, alphas)
    assert torch.allclose(alpha**0.5 * noisy - (1 - alpha) ** 0.5 * target, latents + moved, atol=1e-3)


def _shard(path: Path, told: list[str] | None) -> None:
    """Three pictures, each of its own number, with a caption each."""
    latents = np.stack([np.full(SHAPE, number, np.float16) for number in range(3)])
    words, kinds = np.array(["one", "two", "three"]), np.array(["single"] * 3)
    alike = {} if told is None else {"alike": np.array(told)}
    np.savez(path, latents=latents, captions=words, kinds=kinds, **alike)
    np.save(path.with_suffix(".states.npy"), np.ones((3, 4, 8), np.float16))


@pytest.mark.parametrize(
    ("told", "alike"),
    [(["dog", "cat", "dog"], {0: {2}, 1: set(), 2: {0}}), (None, {0: set(), 1: set(), 2: set()})],
    ids=["two say the same", "none is told"],
)
def test_a_picture_is_given_the_others_that_say_the_same(
    tmp_path: Path, told: list[str] | None, alike: dict[int, set[int]]
) -> None:
    _shard(tmp_path / "shard-000.npz", told)
    np.save(tmp_path / "empty.npy", np.zeros((4, 8), np.float16))
    drawn = Shards(tmp_path).batch(40, 1.0, np.random.default_rng(1))
    assert drawn.others.shape == (40, OTHERS, *SHAPE)
    for own, others, there in zip(drawn.latents, drawn.others, drawn.there, strict=True):
        assert {int(other[0, 0, 0]) for other in others[there]} == alike[int(own[0, 0, 0])]


def test_none_of_many_that_are_alike_is_drawn_twice() -> None:
    files = [{"latents": np.zeros((70, 1)), "alike": np.array(["dog"] * 40 + ["cat"] * 30)}]
    drawn, there = Alike(files).draw(np.array([3, 45]), OTHERS, np.random.default_rng(1))  # type: ignore[arg-type]
    assert there.all()
    assert all(len(set(row)) == OTHERS for row in drawn.tolist())
    assert (drawn[0] < 40).all() and (drawn[1] >= 40).all()


@pytest.mark.parametrize("kind", ["single", "pair", "scene", "style"])
def test_others_of_a_scene_say_the_same_and_look_different(kind: str) -> None:
    drawer = Scenes(*things(), language())
    scene, plain = (drawer.draw(kind, 0, random.Random(5), 3, others) for others in (2, 0))
    assert (scene.captions, scene.says) == (plain.captions, plain.says)
    assert np.array_equal(scene.picture, plain.picture)
    assert len(scene.others) == 2 and not np.array_equal(*scene.others)


def test_scenes_that_differ_in_what_was_left_open_say_the_same() -> None:
    drawer = Scenes(*things(), language())
    one, other, third = (drawer.draw("single", index, random.Random(seed)) for index, seed in ((0, 1), (0, 2), (1, 1)))
    assert one.says == other.says != third.says
