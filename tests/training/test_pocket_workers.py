"""Workers of a training share their values and their clock; tokens of a prompt leave room for registers."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn
from transformers import AutoTokenizer

from training.pocket.tokens import TOKENS, WORDS, tokenize
from training.pocket.workers import averaged

pytestmark = pytest.mark.slow


def _work(rank: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    values, weights = torch.full((2, 2), 1.0 + 2 * rank), torch.full((3,), 4.0 * rank, requires_grad=True)
    clock = averaged([values, weights], 10.0 * rank)
    torch.save({"values": values, "clock": clock, "weights": weights.detach()}, folder / f"{rank}.pt")
    dist.destroy_process_group()


def test_all_workers_go_on_with_the_mean_of_their_values_and_clocks(tmp_path: Path) -> None:
    spawn(_work, (tmp_path,), 2)  # type: ignore[no-untyped-call]
    for rank in range(2):
        held = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert held["values"].eq(2).all() and held["clock"] == 5 and held["weights"].eq(2).all()


def test_a_worker_by_itself_keeps_its_own() -> None:
    assert averaged([torch.zeros(1, requires_grad=True)], 3.5) == 3.5


@pytest.mark.parametrize(
    ("caption", "words"), [("a dog", 4), ("dog " * 60, WORDS), ("", 2)], ids=["short", "too long", "empty"]
)
def test_the_places_after_the_words_are_padding_however_long_a_caption_is(caption: str, words: int) -> None:
    tokenizer = AutoTokenizer.from_pretrained("assets/models/pocket/tokenizer", model_max_length=TOKENS)
    text = SimpleNamespace(config=SimpleNamespace(prompt_tokens=WORDS))
    ids, seen = tokenize(tokenizer, text, [caption, "a"])
    assert ids.shape == seen.shape == (2, TOKENS)
    assert seen[0].tolist() == [1] * words + [0] * (TOKENS - words)
    assert ids[0, words:].eq(tokenizer.pad_token_id).all() and ids[0, words - 1] == tokenizer.sep_token_id
