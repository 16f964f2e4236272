"""Drawings of our own, as SVG by code: what no free set shows. Each has three variants: another shape, other colours.

`drawn:NAME-VARIANT` in pictures.toml names one: "drawn:marble bust-0".
"""

from collections.abc import Callable

from training.pocket import medicine, museum

VARIANTS = 3
DRAWINGS: dict[str, Callable[[int], str]] = {
    "vase": museum.vase,
    "clay pot": museum.clay_pot,
    "greek column": museum.column,
    "gold frame": museum.frame,
    "mosaic": museum.mosaic,
    "theatre mask": museum.mask,
    "easel": museum.easel,
    "marble bust": museum.bust,
    "marble statue": museum.statue,
    "solar system": museum.solar_system,
    "stomach": medicine.stomach,
    "kidney": medicine.kidney,
    "liver": medicine.liver,
    "bandaged hand": medicine.bandaged_hand,
    "bandage roll": medicine.bandage_roll,
    "pill bottle": medicine.pill_bottle,
    "first aid kit": medicine.first_aid_kit,
    "hospital bed": medicine.hospital_bed,
    "skeleton": medicine.skeleton,
}


def svg(name: str) -> str:
    """One drawing, 256 pixels; raise KeyError or ValueError: there is none of this name."""
    thing, variant = name.rsplit("-", 1)
    parts = DRAWINGS[thing](int(variant))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" width="256" height="256">{parts}</svg>'
