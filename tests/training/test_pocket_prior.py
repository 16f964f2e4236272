"""The prior: what words name, in which order, as codes of pictures in the registers of the text encoder."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from tests.training.pocket_things import language, things
from training.pocket import prior as priors
from training.pocket.codes import COMPONENTS, QUARTERS, Codes, components, quarters
from training.pocket.composer import Part, Spec
from training.pocket.objects import KINDS, Thing, by_kind
from training.pocket.prior import Prior
from training.pocket.registers import EACH, THINGS, Captioned, Targets
from training.pocket.scenes import Scenes
from training.pocket.tokens import TOKENS, WORDS

pytestmark = pytest.mark.slow


def _codes(many: int) -> Codes:
    """Codes of so many pictures, each of its own number."""
    numbers = np.arange(many, dtype=np.float16)[:, None, None]
    return Codes(
        np.broadcast_to(numbers, (many, QUARTERS, COMPONENTS)), np.zeros(512), np.zeros((COMPONENTS, 512)), 1.0
    )


def _text() -> BertModel:
    torch.manual_seed(1)
    config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=6, num_attention_heads=2, intermediate_size=32)
    return BertModel(config, add_pooling_layer=False).eval()


def _tokens() -> tuple[torch.Tensor, torch.Tensor]:
    """Two prompts, of five and of three words."""
    ids, seen = torch.zeros(2, TOKENS, dtype=torch.long), torch.zeros(2, TOKENS, dtype=torch.bool)
    for row, words in enumerate((5, 3)):
        ids[row, :words] = torch.arange(1, words + 1) + row
        seen[row, :words] = True
    return ids, seen


def test_latents_are_cut_into_their_four_quarters() -> None:
    latents = np.zeros((1, 8, 16, 16))
    latents[0, :, :8, 8:] = 1
    latents[0, :, 8:, :8] = 2
    cut = quarters(latents)
    assert cut.shape == (1, 4, 512)
    assert [set(quarter.tolist()) for quarter in cut[0]] == [{0}, {1}, {2}, {0}]


def test_components_find_the_directions_in_which_rows_differ() -> None:
    dice = np.random.default_rng(1)
    rows = dice.normal(size=(200, 2)) @ np.eye(2, 6) + 3
    mean, basis, explained = components(rows, 2)
    assert explained == pytest.approx(1)
    assert np.allclose((rows - mean) @ basis.T @ basis + mean, rows)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("fluent-3d:a", "noto:a", "twemoji:a"), [[0], [1], [2]]),
        (("noto:a", "noto:b"), [[0], [0], [0]]),
        (("openclipart:a", "fluent-flat:a"), [[1], [1], [1]]),
        (("emojione:a", "drawn:a"), [[0], [0], [1]]),
    ],
    ids=["one of each", "only one kind, the first", "the better of a kind", "two kinds"],
)
def test_a_thing_has_a_code_of_each_kind_of_set(files: tuple[str, ...], found: list[list[int]]) -> None:
    thing = Thing("dog", 3, (), files, ("|",) * len(files))
    assert by_kind(thing, range(len(files))) == found
    assert len(found) == len(KINDS)


@pytest.mark.parametrize(
    ("note", "code"),
    [("|", 0.5), ("|light", 0), ("man|dark", 1), ("woman|", 0.5)],
    ids=["open", "tone", "gender and tone", "nobody such"],
)
def test_the_code_is_of_those_pictures_that_the_words_tell(note: str, code: float) -> None:
    cook = things()[0][-1]
    assert np.unique(_codes(2).of(cook, 0, note)) == [code]


@pytest.mark.parametrize("seed", range(12))
def test_things_stand_in_the_order_in_which_a_caption_names_them(seed: int) -> None:
    captioned = Captioned(Scenes(*things(), language()))
    spec = Spec((Part("dog", 0), Part("kite", 0)), relation="next to")
    caption = captioned.scenes.captions.say(spec, random.Random(seed))
    names = {
        label: [*captioned.scenes.language.names[label], *captioned.scenes.language.neighbours.get(label, ())]
        for label in ("dog", "kite")
    }
    first = min(names, key=lambda label: min((caption.find(n) for n in names[label] if n in caption), default=999))
    assert [part.label for part in captioned._ordered(spec, caption)][0] == first


def test_a_caption_that_does_not_tell_the_skin_tone_asks_for_all() -> None:
    captioned = Captioned(Scenes(*things(), language()))
    told = {captioned._thing(Part("cook", 1), caption) for caption in ("a cook", "a man cook with dark skin")}
    assert told == {(3, "|"), (3, "man|dark")}


def test_registers_without_a_thing_are_told_apart() -> None:
    codes, there = Targets(things()[0], _codes(5)).of([(2, "|")])
    assert codes.shape == (THINGS * EACH, COMPONENTS)
    assert there.tolist() == [1] * EACH + [0] * EACH
    assert (codes[:EACH] == 2).all() and (codes[EACH:] == 0).all()


def test_padding_between_words_and_registers_changes_nothing() -> None:
    text = _text()
    ids, seen = _tokens()
    prior = Prior(text).eval()
    with torch.no_grad():
        states = text(ids, attention_mask=seen.long()).last_hidden_state
        kept = torch.cat([torch.arange(5), torch.arange(WORDS, TOKENS)])
        _, codes, _ = prior(states, seen)
        _, short, _ = prior(states[:, kept], seen[:, kept])
    torch.testing.assert_close(codes, short)


def test_what_is_written_is_a_text_encoder_that_gives_what_the_prior_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _text()
    ids, seen = _tokens()
    prior = Prior(text).eval()
    begun = prior.layers.state_dict()
    prior.layers.load_state_dict({name: value + 0.1 * torch.randn(value.shape) for name, value in begun.items()})
    monkeypatch.setattr(priors, "encoders", lambda _: (_Tokenizer(), text))
    priors.save(prior, Path("unused"), tmp_path)
    whole = BertModel.from_pretrained(tmp_path / "model/text_encoder", dtype=torch.float32, add_pooling_layer=False)
    with torch.no_grad():
        states = text(ids, attention_mask=seen.long()).last_hidden_state
        expected, _, _ = prior(states, seen)
        found = whole.eval()(ids, attention_mask=seen.long()).last_hidden_state
    torch.testing.assert_close(found, expected, atol=0.01, rtol=0.01)
    assert whole.config.num_hidden_layers == priors.BELOW + priors.ABOVE


class _Tokenizer:
    """As much of a tokenizer as is saved."""

    def save_pretrained(self, folder: Path) -> None:
        (folder / "tokenizer_config.json").parent.mkdir(exist_ok=True)
