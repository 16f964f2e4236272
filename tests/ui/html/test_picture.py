"""What stands under a picture, and its veil."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image

from safety.generation import Export, PictureResult, Stamp
from safety.records import Region, Stage
from tests.ui.html.pages import MESSAGES, PICTURE, REASON, Html, decision_of
from ui.html import picture
from ui.texts import page_texts


def test_a_withheld_picture_gives_its_reasons_and_no_way_to_it() -> None:
    result = PictureResult(PICTURE, decision_of(REASON, stage=Stage.PICTURE), None)
    shown = Html(picture.picture(result, "c1", 7, MESSAGES))
    assert "Withheld" in shown.text and "Graphic violence" in shown.text
    assert "img" not in shown.tags and set(shown.links) == {"policy#violence"}


def test_a_made_picture_names_its_stamp_marks_and_case() -> None:
    export = Export(Path("x/a.png"), Stamp(255), "cd" * 32, 512, 512, ("visible", "invisible"))
    shown = Html(picture.picture(PictureResult(PICTURE, decision_of(), export), "c1", 7, MESSAGES)).text
    for part in ("00000000000000ff", "Visible label", "Invisible mark", "c1", "512 × 512"):
        assert part in shown


def test_a_veil_holds_a_few_hundred_pixels_and_leaves_no_file(tmp_path: Path) -> None:
    Image.effect_noise((800, 600), 90).convert("RGB").save(tmp_path / "a.png")
    located = decision_of(replace(REASON, regions=(Region(0.1, 0.2, 0.5, 0.6),)))
    shown = picture.veil(tmp_path / "a.png", located, page_texts())
    assert "data:image/jpeg;base64," in shown and len(shown) < 3000
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
