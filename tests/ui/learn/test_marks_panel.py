"""Lesson g: what the panel says of an attacked or forged file is what `Studio.verify` says of that very file."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.testing import FakeEngine
from safety.errors import LimitError, RequestError
from safety.image_io import open_picture
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.verify import Verification
from safety.resources import PRESETS
from studio import Studio
from studio.lessons import load_lessons
from tests.fakes import fake_review, fake_studio, limits
from ui.html.verification import plain_times
from ui.learn import marks as panel_of
from ui.learn.drawn import drawn_once
from ui.learn.marks import AMOUNTS, FileAttack, MarksPanel, MarksSettings
from ui.learn.panel import Desk, Memory
from ui.sentences import in_language
from ui.texts import all_texts, page_texts

STEPS = {step.id: step for step in load_lessons(PRESETS)["marks"].plan.step}
FOX, APPLE = STEPS["attack"].settings["prompts"]
ALL = MarksSettings.model_validate(STEPS["attack"].settings)
FORGE = MarksSettings.model_validate(STEPS["forge"].settings)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    home = tmp_path_factory.mktemp("marks")
    return fake_studio(home, FakeEngine(), Exporter(Marks(keys=home / "keys")))


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, Verification]]:
    """Every file that was verified, with what came of it."""
    found: list[tuple[bytes, Verification]] = []
    verify = Studio.verify

    def watched(self: Studio, file: bytes, client: str = "") -> Verification:
        found.append((file, verify(self, file, client)))
        return found[-1][1]

    monkeypatch.setattr(Studio, "verify", watched)
    return found


def desk(studio: Studio, memory: Memory, settings: MarksSettings = ALL, client: str = "203.0.113.7") -> Desk[Any]:
    return Desk(studio, settings, page_texts(), studio.messages(), client, memory=memory)


def states(shown: dict[str, Any]) -> dict[str, str]:
    return {layer["name"]: layer["state"] for layer in shown["layers"]}


MOST = {name: most for name, (_, most, _) in AMOUNTS.items()}
GONE = {"credentials": "none", "metadata": "none"}
ATTACKS: dict[str, tuple[dict[str, int], dict[str, str], Callable[[Image.Image], bool]]] = {
    "nothing": ({}, dict.fromkeys(("credentials", "invisible", "metadata", "registry"), "found"), lambda _: True),
    "jpeg": ({"jpeg": 70}, GONE | {"invisible": "found"}, lambda image: image.size == (512, 512)),
    "crop": ({"crop": 70}, GONE | {"invisible": "found"}, lambda image: image.size == (358, 358)),
    "smaller": ({"resize": 80}, GONE | {"invisible": "found"}, lambda image: image.size == (410, 410)),
    "screenshot": ({"screenshot": 1}, GONE | {"invisible": "found"}, lambda image: image.size == (445, 445)),
    "drawn over": ({"overlay": 30}, GONE, lambda image: image.getpixel((500, 490)) == (20, 20, 20)),
    "everything": (MOST, GONE | {"invisible": "none"}, lambda image: max(image.size) < 60),
}


@pytest.mark.parametrize(("amounts", "left", "looks"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_shows_what_verify_says_of_the_file_that_it_leaves(
    studio: Studio, memory: Memory, verified: Any, amounts: Any, left: Any, looks: Any
) -> None:
    shown = MarksPanel().answer(desk(studio, memory), {"picture": FOX, "amounts": amounts})
    ((file, verification),) = verified
    row, image = verification.as_json(), open_picture(file)
    assert shown["summary"] == plain_times(row["summary"])
    assert {layer["name"]: layer["state"] != "none" for layer in shown["layers"]} == {
        name: layer["found"] and layer.get("match") != "unclear" for name, layer in row["layers"].items()
    }
    assert states(shown).items() >= left.items()
    assert (shown["score"], shown["distance"]) == (
        row["layers"]["invisible"]["score"],
        row["layers"]["registry"]["distance"],
    )
    assert (shown["width"], shown["height"], shown["bytes"]) == (*image.size, len(file)) and looks(image)


def said_in_english(text: str, tag: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if in_language(sentence, tag) == sentence]


def test_what_verify_says_in_this_lesson_is_said_in_every_language(
    studio: Studio, memory: Memory, verified: list[tuple[bytes, Verification]]
) -> None:
    for amounts, _, _ in ATTACKS.values():
        MarksPanel().answer(desk(studio, memory), {"picture": FOX, "amounts": amounts})
    MarksPanel().answer(desk(studio, memory, FORGE), {"lift": FOX, "onto": APPLE, "credentials": True})
    for _, verification in verified:
        for text in (verification.summary, *verification.contradictions):
            assert {tag: said_in_english(text, tag) for tag in all_texts() if tag != "en"} == {
                tag: [] for tag in all_texts() if tag != "en"
            }


def test_a_program_that_keeps_metadata_loses_the_credentials_all_the_same(studio: Studio, memory: Memory) -> None:
    for amounts in ({"jpeg": 90}, {"resize": 90}):
        shown = MarksPanel().answer(desk(studio, memory), {"picture": FOX, "amounts": amounts, "keep": True})
        assert states(shown) == {"credentials": "none", "invisible": "found", "metadata": "found", "registry": "found"}


@pytest.mark.parametrize("whole", [False, True], ids=["the mark", "the mark and the credentials"])
def test_a_copied_mark_is_read_and_the_record_tells_that_it_is_another_picture(
    studio: Studio, memory: Memory, verified: Any, whole: bool
) -> None:
    shown = MarksPanel().answer(desk(studio, memory, FORGE), {"lift": FOX, "onto": APPLE, "credentials": whole})
    ((_, verification),) = verified
    fox = drawn_once(desk(studio, memory, FORGE), FOX, FORGE.seed)
    assert str(verification.readings.invisible.stamp) == fox.stamp
    assert shown["match"] == "another" and shown["distance"] >= 95
    assert states(shown)["registry"] == "broken"
    assert states(shown)["credentials"] == ("broken" if whole else "none")
    assert shown["summary"].startswith("A copied mark")


def test_a_view_says_what_it_is_and_is_small(studio: Studio, memory: Memory) -> None:
    shown = MarksPanel().answer(desk(studio, memory), {"picture": FOX, "amounts": {"jpeg": 5}})
    with Image.open(BytesIO(base64.b64decode(shown["view"].split(",")[1]))) as view:
        assert max(view.size) == panel_of.VIEW
        assert b"trainedAlgorithmicMedia" in view.info["xmp"]


def test_the_same_attack_is_made_once_for_a_class_and_no_file_of_a_learner_is_kept(
    studio: Studio, memory: Memory, verified: Any
) -> None:
    panel = MarksPanel()
    for client in ("203.0.113.7", "203.0.113.8"):
        panel.answer(desk(studio, memory, client=client), {"picture": FOX, "amounts": {"blur": 10}})
    assert len(verified) == 1
    kept = len(panel._results._kept), len(memory._kept)
    mine = panel.answer(desk(studio, memory), {"draw": "a blue boat"})
    call = {"file": mine["file"], "amounts": {"jpeg": 50}}
    assert states(panel.answer(desk(studio, memory), call))["invisible"] == "found"
    assert (len(panel._results._kept), len(memory._kept)) == kept


def test_an_own_picture_comes_with_the_marks_of_every_export(studio: Studio, memory: Memory) -> None:
    mine = MarksPanel().answer(desk(studio, memory), {"draw": "a blue boat"})
    file = base64.b64decode(mine["file"])
    assert set(studio.verify(file).stamps) == {"credentials", "invisible", "metadata", "registry"}
    assert file in [path.read_bytes() for path in studio.outputs.rglob("*.png")]


def png(image: Image.Image) -> str:
    memory = BytesIO()
    image.save(memory, "PNG")
    return base64.b64encode(memory.getvalue()).decode()


WRONG: dict[str, tuple[MarksSettings, dict[str, Any], str]] = {
    "a file of others": (ALL, {"file": png(Image.new("RGB", (90, 90)))}, "Only pictures of this studio"),
    "an attack that there is not": (ALL, {"picture": FOX, "amounts": {"burn": 1}}, "amounts may name"),
    "too much of one": (ALL, {"picture": FOX, "amounts": {"rotate": 90}}, "rotate has to be a number from 0 to 45"),
    "amounts that are none": (ALL, {"picture": FOX, "amounts": [1]}, "amounts may name"),
    "a picture that there is not": (ALL, {"picture": "a secret"}, "picture has to be one of"),
    "a forgery in another step": (ALL, {"lift": FOX, "onto": APPLE}, "copies no marks"),
    "a mark onto its own picture": (FORGE, {"lift": FOX, "onto": FOX}, "from one picture onto another"),
    "a drawing in another step": (FORGE, {"draw": "a boat"}, "draws no picture"),
    "a wish that the studio stops": (ALL, {"draw": "gore"}, "stopped this wish"),
}


@pytest.mark.parametrize(("settings", "call", "said"), WRONG.values(), ids=WRONG)
def test_a_call_that_the_step_does_not_take_is_refused(
    studio: Studio, memory: Memory, settings: MarksSettings, call: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        MarksPanel().answer(desk(studio, memory, settings), call)


def test_files_that_are_read_count_for_the_client(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path, FakeEngine(), Exporter(Marks(keys=tmp_path / "keys")))
    hour = {"generations": 0, "appeals": 0, "verifications": 1, "lookups": 0}
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour=hour)))
    panel, memory = MarksPanel(), Memory()
    panel.answer(desk(studio, memory), {"picture": FOX})
    panel.answer(desk(studio, memory), {"picture": FOX})  # read before
    with pytest.raises(LimitError):
        panel.answer(desk(studio, memory), {"picture": FOX, "amounts": {"jpeg": 50}})


def test_amounts_are_in_steps_and_in_one_order(studio: Studio, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[FileAttack] = []
    monkeypatch.setattr(FileAttack, "__call__", lambda self, file: seen.append(self) or file)
    MarksPanel().answer(desk(studio, memory), {"picture": APPLE, "amounts": {"jpeg": 52, "rotate": 0, "crop": 71.4}})
    assert seen == [FileAttack((("crop", 70), ("jpeg", 50)))]


def test_attacks_of_the_lesson_are_those_of_the_benchmark(studio: Studio, memory: Memory) -> None:
    from benchmarks.marks.attacks import ATTACKS as BENCHMARK

    file = drawn_once(desk(studio, memory), FOX, ALL.seed).file
    pairs = {"crop70": (("crop", 70),), "rot5": (("rotate", 5),), "blur1": (("blur", 10),), "jpeg50": (("jpeg", 50),)}
    for name, amounts in pairs.items():
        ours, theirs = open_picture(FileAttack(amounts)(file)), BENCHMARK[name](open_picture(file))
        assert (np.asarray(ours) == np.asarray(theirs)).all(), name
