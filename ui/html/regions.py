"""Where in a picture something was seen: in words, and as boxes over its veil. Imports no gradio."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from safety.records import Decision, Region
from ui.html.markup import joined
from ui.texts import ENGLISH, page_texts

ROWS = ("upper", "middle", "lower")
COLUMNS = ("left", "centre", "right")
MAX_PLACES = 3  # more than these is "across the picture"


def where(regions: Sequence[Region], language: str = ENGLISH) -> str:
    """Returns the places of the regions, the heaviest first, as "upper left, centre"; "" without regions."""
    texts = page_texts(language)
    heaviest = sorted(regions, key=lambda region: -region.weight)
    places = list(dict.fromkeys(place(region) for region in heaviest))
    if len(places) > MAX_PLACES:
        return texts["place.across"]
    return ", ".join(texts[f"place.{one}"] for one in places)


def place(region: Region) -> str:
    """Names the ninth of the picture that a region's middle lies in, as "upper_left"."""
    row = ROWS[min(2, int(1.5 * (region.top + region.bottom)))]
    column = COLUMNS[min(2, int(1.5 * (region.left + region.right)))]
    return f"{row}_{column}"


def boxes(decision: Decision) -> Markup:
    """Returns every region of the decision's reasons, as boxes that stand over the whole picture."""
    regions = dict.fromkeys(region for reason in decision.reasons for region in reason.regions)
    # The heaviest comes last, so that it lies on top.
    return joined(_box(region) for region in sorted(regions, key=lambda region: region.weight))


def _box(region: Region) -> Markup:
    return Markup(
        '<span class="sl-region" style="left:{:.1f}%;top:{:.1f}%;width:{:.1f}%;height:{:.1f}%;opacity:{:.2f}"></span>'
    ).format(
        100 * region.left,
        100 * region.top,
        100 * (region.right - region.left),
        100 * (region.bottom - region.top),
        0.25 + 0.75 * region.weight,
    )
