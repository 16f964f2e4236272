"""What rules of a country ask of the label, measured on real exports; and that nothing takes a label off."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safety.errors import ExportError, PresetError
from safety.generation import Stamp
from safety.image_io import open_picture
from safety.marks import Marks
from safety.marks.export import Exporter, Provenance
from safety.marks.label import label_words
from safety.marks.label_rules import LabelRule, load_label_rules, together
from safety.marks.settings import MarkSettings
from safety.marks.visible import Corner, labelled
from safety.resources import PRESETS
from tests.fakes_marks import flat_art, photograph

RULES = load_label_rules(PRESETS)
SET = {"PROVIDER": "ACME", "VERIFY_URL": "https://acme.example/verify"}  # whatever a rule needs besides
SIZES = [(192, 192), (512, 512), (300, 700), (1344, 768)]
NEAR = 0.2  # of the short side: a label that stands in a corner is no further from both edges


def read(**settings: str) -> MarkSettings:
    return MarkSettings.read(lambda name, default: settings.get(name, default))


def marks(home: Path, **settings: str) -> Marks:
    return read(**settings).marks(home, PRESETS)


def glyph_heights(file: Path, before: Image.Image, marks: Marks) -> tuple[list[int], tuple[int, int, int, int]]:
    """The heights of all separate signs in a finished file's label, and where its plate is."""
    _, label = labelled(before, marks.corner, marks.style)
    left, top, right, bottom = label.letters
    pixels = np.asarray(open_picture(file.read_bytes())).astype(int)[top:bottom, left:right]
    inked = np.abs(pixels - label.ink).sum(-1) < 200
    columns = inked.any(axis=0)
    # Runs of columns with ink; strokes of one sign that stand apart are told by their place in the run's height only.
    edges = np.flatnonzero(np.diff(np.concatenate(([False], columns, [False])).astype(int)))
    heights = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        rows = np.flatnonzero(inked[:, start:end].any(axis=1))
        heights.append(int(rows[-1] - rows[0] + 1))
    return heights, label.plate


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]} x {size[1]}")
@pytest.mark.parametrize("country", [name for name, rule in RULES.items() if rule.height])
def test_every_sign_of_an_export_has_the_height_that_a_rule_asks_for(
    tmp_path: Path, country: str, size: tuple[int, int], suffix: str
) -> None:
    used, before = marks(tmp_path, LABEL_COUNTRY=country, **SET), photograph(3, *size)
    export = Exporter(used).export(before, Provenance(Stamp(0x5AFE), engine="pocket"), tmp_path / f"a{suffix}")
    heights, _ = glyph_heights(export.path, before, used)

    assert len(heights) >= 4  # "A", "I" and two signs at least
    assert min(heights) >= RULES[country].height * min(size)


@pytest.mark.parametrize("image", [pytest.param(flat_art(2), id="flat"), pytest.param(photograph(5), id="busy")])
@pytest.mark.parametrize("country", RULES)
def test_an_export_has_the_words_and_the_place_that_a_rule_asks_for(
    tmp_path: Path, country: str, image: Image.Image
) -> None:
    used = marks(tmp_path, LABEL_COUNTRY=country, **SET)
    export = Exporter(used).export(image, Provenance(Stamp(0x5AFE), engine="pocket"), tmp_path / "a.png")
    heights, plate = glyph_heights(export.path, image, used)
    _, label = labelled(image, used.corner, used.style)

    assert heights and all(any(word in label.text for word in group) for group in RULES[country].words)
    assert not RULES[country].in_words or label.text != "AI"
    gaps = (plate[0], image.width - plate[2]), (plate[1], image.height - plate[3])
    assert all(min(pair) <= NEAR * min(image.size) for pair in gaps)


def test_a_rule_of_its_own_height_makes_the_label_as_large_as_it_asks(tmp_path: Path) -> None:
    large = RULES["CN"].model_copy(update={"height": 0.1})
    demand = together({"CN": large}, ["CN"])
    style = type(Marks(tmp_path).style)(label_words(PRESETS)["zh"], height=0.1)
    used, before = Marks(tmp_path / "keys", style=style, demand=demand), photograph(4)
    export = Exporter(used).export(before, Provenance(Stamp(7), engine="pocket"), tmp_path / "a.png")
    heights, _ = glyph_heights(export.path, before, used)

    assert min(heights) >= 0.1 * 512
    assert list(demand.problems(labelled(before)[1], before.size, Corner.TOP_RIGHT))  # the usual label is too small


def test_a_picture_without_room_for_the_words_is_not_written(tmp_path: Path) -> None:
    used = marks(tmp_path, LABEL_COUNTRY="IN", LABEL_LANGUAGE="fr", **SET)
    with pytest.raises(ExportError, match="rules of IN ask") as caught:
        Exporter(used).export(photograph(1, 64, 200), Provenance(Stamp(1), engine="pocket"), tmp_path / "a.png")
    assert "larger" in caught.value.advice and not (tmp_path / "a.png").exists()


# ---- nothing takes it off ---------------------------------------------------------------------------

COUNTRIES = ["", *RULES, "CN KR IN"]
LANGUAGES = ["", "zh", "de"]


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country or "no country")
def test_no_setting_takes_the_label_off(tmp_path: Path, country: str) -> None:
    """Whatever is set, a studio that starts puts ink into a corner of every picture; others do not start."""
    before, started = photograph(6), 0
    for corner, language, trustmark in itertools.product(["", *Corner], LANGUAGES, ["no"]):
        chosen = {"LABEL_COUNTRY": country, "LABEL_CORNER": corner, "LABEL_LANGUAGE": language, "TRUSTMARK": trustmark}
        try:
            used = marks(tmp_path, **chosen, **SET)
        except PresetError:
            continue
        after, started = used.labelled(before), started + 1
        changed = (np.asarray(after) != np.asarray(before)).any(-1)
        assert changed.sum() > 0.002 * changed.size
        assert labelled(before, used.corner, used.style)[1].text_height >= 0.05 * 512
    assert started


@pytest.mark.parametrize("value", ["none", "off", "no", "0", "hidden"])
@pytest.mark.parametrize("name", ["LABEL_CORNER", "LABEL_LANGUAGE", "LABEL_COUNTRY"])
def test_a_setting_that_would_take_the_label_off_is_no_setting(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(PresetError, match=f"SAFELIGHT_{name}"):
        marks(tmp_path, **{name: value})


@pytest.mark.parametrize("country", [name for name, rule in RULES.items() if rule.stays])
def test_a_rule_that_forbids_to_take_the_label_off_is_met_for_every_picture(tmp_path: Path, country: str) -> None:
    """Not for those that look real alone: no check that could err stands between a picture and its label."""
    used = marks(tmp_path, LABEL_COUNTRY=country, **SET)
    for image in (photograph(7), flat_art(3), Image.new("RGB", (512, 512), "white")):
        assert used.labelled(image).tobytes() != image.tobytes()


# ---- settings and data ------------------------------------------------------------------------------

REFUSED = [
    pytest.param({"LABEL_COUNTRY": "XX"}, "LABEL_COUNTRY", id="no rule of that country"),
    pytest.param(
        {"LABEL_COUNTRY": "CN", "LABEL_LANGUAGE": "de", **SET}, "生成 or 合成", id="words of another language"
    ),
    pytest.param({"LABEL_COUNTRY": "CN"}, "SAFELIGHT_PROVIDER", id="a rule that needs the provider's name"),
    pytest.param({"LABEL_COUNTRY": "US-CA", "PROVIDER": "A"}, "SAFELIGHT_VERIFY_URL", id="one that needs an address"),
]


@pytest.mark.parametrize(("settings", "said"), REFUSED)
def test_a_studio_that_cannot_follow_a_rule_does_not_start(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    with pytest.raises(PresetError) as caught:
        marks(tmp_path, **settings)
    assert said in caught.value.sentence


def test_several_countries_get_the_strictest_of_each_point() -> None:
    demand = read(LABEL_COUNTRY="kr, cn").demand(PRESETS)
    assert (demand.countries, demand.height, demand.language) == (("KR", "CN"), 0.05, "ko")
    assert ("生成", "合成") in demand.words and demand.needs == ("PROVIDER",)


def test_rules_that_share_no_corner_are_refused() -> None:
    rules = {
        name: RULES["CN"].model_copy(update={"corners": (corner,)}) for name, corner in zip("ab", Corner, strict=False)
    }
    with pytest.raises(PresetError, match="No corner"):
        together(rules, ["a", "b"])


@pytest.mark.parametrize("country", RULES)
def test_a_rule_says_where_it_was_read_when_and_how_surely(country: str) -> None:
    rule: LabelRule = RULES[country]
    assert rule.asked >= date(2026, 11, 1) and rule.since <= rule.asked
    assert rule.language in ("", *label_words(PRESETS))
    for address in rule.source.split(", "):
        assert address.startswith("https://")
