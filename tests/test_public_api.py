"""The front door of the safety layer: these names, each described, and the README's block runs as it stands."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import safety
from safety import Finding, Guard, Provenance, StudioError, Verdict
from safety.testing import FakeCheck, fake_guard

ROOT = Path(__file__).parent.parent
NAMES = sorted(
    ["Check", "CheckFailure", "Decision", "Finding", "GenerationRequest", "Guard", "Marks", "Mode", "Picture", "Policy"]
    + ["Prompt", "Provenance", "Reason", "Region", "Span", "Stage", "StudioError", "Verdict", "Verification"]
    + ["load_policy"]
)


def test_the_names_at_the_door_are_these_and_each_can_be_had() -> None:
    assert list(safety.__all__) == NAMES
    assert set(NAMES) <= set(dir(safety))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        safety.nothing  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_a_name_at_the_door_is_described(name: str) -> None:
    thing = getattr(safety, name)
    assert inspect.getdoc(thing)
    if name == "Guard":
        methods = [method for key, method in vars(thing).items() if not key.startswith("_") and callable(method)]
        assert methods and all(inspect.getdoc(method) for method in methods)


@pytest.mark.parametrize("file", ["README.md", "docs/library.md"])
def test_the_library_blocks_of_the_docs_run(file: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / file).read_text("utf-8"), re.DOTALL)
    assert blocks
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "SAFELIGHT_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    program = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# ---- the guard as somebody else's program uses it ----------------------------------------------------


def test_a_word_that_a_check_finds_is_refused_with_its_reason_in_each_language() -> None:
    guard = fake_guard(FakeCheck({"dragon": 0.9}))
    decision = guard.check_prompt("a red Dragon, sleeping")
    assert (decision.allowed, decision.verdict) == (False, Verdict.BLOCK)
    assert [(span.start, span.end) for span in decision.reasons[0].spans] == [(6, 12)]
    english, german = guard.explain(decision, "en"), guard.explain(decision, "de")
    assert "P301" in english and "P301" in german and english != german
    assert guard.check_prompt("a red apple").allowed


def test_a_mode_of_the_guard_holds_where_a_call_names_none() -> None:
    check = FakeCheck({"wound": 0.5}, category="shocking")
    assert fake_guard(check).check_prompt("a wound").verdict is Verdict.WARN
    assert fake_guard(check, mode="medical").check_prompt("a wound").verdict < Verdict.WARN
    assert fake_guard(check).check_prompt("a wound", mode="medical").verdict < Verdict.WARN


def test_pictures_and_columns_are_judged_by_the_same_policy() -> None:
    guard = fake_guard(FakeCheck({"dragon": 0.9}))
    picture = Image.new("RGBA", (64, 64))
    assert guard.check_image(picture).allowed
    assert guard.check_image(picture, prompt="a dragon").verdict is Verdict.BLOCK
    columns = guard.check_prompts(["a dragon", "", "an apple"])
    assert columns["verdict"].tolist() == [float(v) for v in (Verdict.BLOCK, Verdict.BLOCK, Verdict.ALLOW)]


@pytest.mark.parametrize("call", ["check_prompt", "check_prompts", "check_image"])
def test_a_check_that_fails_blocks(call: str) -> None:
    guard = fake_guard(FakeCheck(error=OSError("no weights")))
    if call == "check_prompts":
        assert guard.check_prompts(["an apple"])["verdict"].tolist() == [float(Verdict.BLOCK)]
    else:
        subject = Image.new("RGB", (8, 8)) if call == "check_image" else "an apple"
        decision = getattr(guard, call)(subject)
        assert decision.verdict is Verdict.BLOCK and "no weights" in guard.explain(decision)


@pytest.mark.parametrize("thing", [None, 5, b"an apple"])
def test_what_is_no_text_is_refused_and_said_to_be_none(thing: object) -> None:
    guard = fake_guard()
    decision = guard.check_prompt(thing)  # type: ignore[arg-type]
    assert decision.verdict is Verdict.BLOCK and "no text" in guard.explain(decision)
    assert guard.check_prompts([thing])["verdict"].tolist() == [float(Verdict.BLOCK)]  # type: ignore[list-item]


def test_a_copy_of_a_guard_keeps_its_mode_and_its_marks(tmp_path: Path) -> None:
    guard = fake_guard(FakeCheck({"wound": 0.5}, category="shocking"), mode="medical", keys=tmp_path)
    again = pickle.loads(pickle.dumps(guard))
    assert (again.mode, again.marks) == ("medical", guard.marks)
    assert again.check_prompt("a wound").verdict is guard.check_prompt("a wound").verdict
    with pytest.raises(AttributeError):
        guard.mode = "general"  # type: ignore[misc]


class Malformed:
    """A check of somebody's that gives what is no finding."""

    live = True

    def __init__(self, given: list[object], name: object = "malformed") -> None:
        self.given, self.name = given, name

    def detect(self, subject: object) -> list[object]:
        return self.given


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(Malformed(["abc"]), id="text"),
        pytest.param(Malformed([None]), id="nothing"),
        pytest.param(Malformed([("c", "violence", 0.9)]), id="a tuple"),
        pytest.param(Malformed([Finding("c", ["a"], 0.9)]), id="a list for a category"),  # type: ignore[arg-type]
        pytest.param(Malformed([Finding("c", "violence", 0.9, None)]), id="no evidence"),  # type: ignore[arg-type]
        pytest.param(Malformed(["abc"], name=None), id="no name either"),
    ],
)
def test_a_malformed_check_blocks_and_the_others_still_look(check: Malformed) -> None:
    guard = fake_guard(check, FakeCheck({"dragon": 0.9}))  # type: ignore[arg-type]
    decision = guard.check_prompt("a dragon")
    assert decision.verdict is Verdict.BLOCK and decision.ran == ("fake",)
    assert "could not look" in guard.explain(decision) and "P301" in guard.explain(decision)
    assert guard.check_prompts(["an apple"])["verdict"].tolist() == [float(Verdict.BLOCK)]


def test_checks_of_pictures_that_cannot_be_built_block(tmp_path: Path) -> None:
    guard = Guard.load(models=tmp_path)
    decision = guard.check_image(Image.new("RGB", (64, 64)))
    assert decision.verdict is Verdict.BLOCK and "cannot be built" in guard.explain(decision)


def test_without_any_check_nothing_passes() -> None:
    guard = Guard(safety.load_policy(ROOT / "presets"))
    assert guard.check_prompt("an apple").verdict is Verdict.BLOCK
    assert guard.check_image(Image.new("RGB", (8, 8))).verdict is Verdict.BLOCK


def test_what_is_marked_is_read_again(tmp_path: Path) -> None:
    guard = fake_guard(keys=tmp_path / "keys")
    provenance = Provenance(engine="mine", model="model 1")
    picture = Image.radial_gradient("L").resize((512, 512)).convert("RGB")
    export = guard.mark(picture, tmp_path / "out.png", provenance)
    assert set(export.marks) == {"visible", "invisible", "metadata", "credentials"}
    found = guard.verify((tmp_path / "out.png").read_bytes())
    assert found.stamps == dict.fromkeys(("credentials", "invisible", "metadata"), str(provenance.stamp))


def test_a_guard_without_keys_says_how_to_get_marks(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no marks"):
        fake_guard().mark(Image.new("RGB", (64, 64)), tmp_path / "out.png")


def test_the_guard_that_ships_judges_prompts_and_pictures() -> None:
    guard = Guard.load(mode="art")
    assert guard.check_prompt("a red apple on a table").verdict is Verdict.ALLOW
    refused = guard.check_prompt("naked child")
    assert refused.verdict is Verdict.HARD_BLOCK and "naked" not in guard.explain(refused)
    assert guard.check_image(Image.radial_gradient("L").resize((256, 256))).allowed
    with pytest.raises(StudioError, match="no mode 'abstract'"):
        guard.check_prompt("a red apple", mode="abstract")
