"""The error of latents, weighed by their spectrum."""

import numpy as np
import pytest
import torch

from training.pocket.codes import quarters
from training.pocket.spectrum import Spectrum


@pytest.fixture
def latents() -> np.ndarray:
    """Latents of which the first channel differs ten times as much as the others, and all quarters alike."""
    drawn = np.random.default_rng(1).normal(size=(600, 8, 16, 16)).astype(np.float32)
    drawn[:, 0] *= 10
    means = quarters(drawn).mean((0, 1)).reshape(8, 8, 8)
    return drawn - np.tile(means, (1, 2, 2))


def test_what_differs_in_all_is_weighed_as_by_the_plain_error(latents: np.ndarray) -> None:
    error = Spectrum.of(latents).error(torch.from_numpy(latents)).mean()
    assert float(error) == pytest.approx(float((latents**2).mean()), rel=0.01)


def test_an_error_weighs_more_where_little_differs(latents: np.ndarray) -> None:
    spectrum, wrong = Spectrum.of(latents), torch.zeros(2, 8, 16, 16)
    wrong[0, 0], wrong[1, 1] = 1.0, 1.0
    often, seldom = spectrum.error(wrong).tolist()
    assert 6 < seldom / often < 14  # ten is the root of what their variances differ by


def test_each_picture_has_an_error_of_its_own(latents: np.ndarray) -> None:
    spectrum, wrong = Spectrum.of(latents), torch.from_numpy(latents[:3])
    wrong[1] = 0
    assert (spectrum.error(wrong) > 0).tolist() == [True, False, True]
