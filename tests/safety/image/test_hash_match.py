"""Listed pictures are recognised after what sharing does to them; a list that cannot be read blocks."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from safety.checks import run_checks
from safety.image.config import HashList, HashMatchConfig
from safety.image.hash_match import HashMatchCheck
from safety.perceptual_hash import as_hex, pdq
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from tests.safety.image.conftest import from_skimage


def jpeg(image: Image.Image) -> Image.Image:
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=30)
        return Image.open(file).convert("RGB")


def check(folder: Path, category: str = "protected_works", *lines: str) -> HashMatchCheck:
    (folder / "list.txt").write_text("\n".join(lines or ("# ours", as_hex(pdq(from_skimage("chelsea"))[0]) + " cat")))
    lists = (HashList(file=Path("list.txt"), category=category, title="our pictures"),)
    return HashMatchCheck(HashMatchConfig(about="", without="", lists=lists), folder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda image: image, id="as it is"),
        pytest.param(jpeg, id="JPEG 30"),
        pytest.param(lambda image: image.resize((image.width // 2, image.height // 2)), id="half size"),
        pytest.param(ImageOps.mirror, id="mirrored"),
        pytest.param(lambda image: ImageOps.mirror(jpeg(image)), id="mirrored and JPEG"),
    ],
)
@pytest.mark.parametrize("mode", ["general", "art", "medical"])
def test_a_copy_is_veiled_in_every_mode_and_named(
    tmp_path: Path, policy: Policy, mode: str, change: Callable[[Image.Image], Image.Image]
) -> None:
    picture = Picture(change(from_skimage("chelsea")))
    decision = decide(run_checks(Stage.PICTURE, picture, [check(tmp_path)]), policy, mode)
    assert decision.verdict is Verdict.WARN
    assert "our pictures: cat" in decision.reasons[0].evidence


@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket"])
def test_another_picture_is_no_copy(tmp_path: Path, name: str) -> None:
    assert list(check(tmp_path).detect(Picture(from_skimage(name)))) == []


def test_a_copy_on_a_list_of_abuse_is_a_hard_line(tmp_path: Path, policy: Policy) -> None:
    assessment = run_checks(Stage.PICTURE, Picture(from_skimage("chelsea")), [check(tmp_path, "child_safety")])
    assert decide(assessment, policy, "medical").verdict is Verdict.HARD_BLOCK


def test_a_flat_picture_matches_nothing(tmp_path: Path) -> None:
    flat = Image.new("RGB", (256, 256), "grey")
    assert list(check(tmp_path, "protected_works", as_hex(pdq(flat)[0])).detect(Picture(flat))) == []


def test_without_lists_nothing_is_hashed() -> None:
    looking = HashMatchCheck(HashMatchConfig(about="", without=""), Path("/nowhere"))
    assert list(looking.detect(Picture(Image.new("L", (4, 4))))) == []


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(("abc",), "line 1: not a PDQ hash", id="too short"),
        pytest.param(("# x", "zz" * 32), "line 2: not a PDQ hash", id="no hex"),
        pytest.param((), "cannot be read", id="no file"),
    ],
)
def test_a_list_that_cannot_be_read_blocks(tmp_path: Path, policy: Policy, lines: tuple[str, ...], says: str) -> None:
    looking = check(tmp_path, "protected_works", *lines)
    if not lines:
        (tmp_path / "list.txt").unlink()
    decision = decide(run_checks(Stage.PICTURE, Picture(from_skimage("coffee")), [looking]), policy, "general")
    assert decision.verdict is Verdict.BLOCK
    assert says in policy.messages("en").render(decision)[0].text


def test_a_list_may_be_empty(tmp_path: Path) -> None:
    assert list(check(tmp_path, "protected_works", "# nothing yet").detect(Picture(from_skimage("coffee")))) == []
