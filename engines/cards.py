"""Reads presets/engines.toml: what models there are and how far their settings go."""

from __future__ import annotations

import re
from pathlib import Path

from engines.diffusion.safe_latent import STRENGTHS
from engines.interface import EngineCard, Range
from safety.config import ADVICE, parse, read_toml
from safety.errors import PresetError

REVISION = re.compile(r"[0-9a-f]{40}")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")


def read_cards(path: Path) -> dict[str, EngineCard]:
    """Every card of the file by its name, in the order of the file. Raises PresetError that names file and key."""
    cards: dict[str, EngineCard] = {}
    for name, table in read_toml(path).items():
        cards[name] = parse(EngineCard, table, path)
        if problem := problem_of(cards[name]):
            raise PresetError(f"{path}: {name}.{problem}", ADVICE)
    return cards


def problem_of(card: EngineCard) -> str:
    """What makes a well-formed card unusable or unsafe, as "key: what is wrong"; empty if nothing does."""
    for key in ("steps", "guidance", "size", "count"):
        bounds: Range = getattr(card, key)
        if not bounds.least <= bounds.default <= bounds.most:
            return f"{key}: the default must lie between least and most"
        if bounds.quick is not None and not bounds.least <= bounds.quick < bounds.default:
            return f"{key}: quick must lie between least and the default"
    # Guidance g draws negative + g * (prompt - negative). Below 1 the negative prompt itself is drawn, below 0
    # nothing but it: a way past the checks, which judge the prompt.
    if card.guided and card.guidance.least < 1:
        return "guidance.least: a guided model needs at least 1; below it the negative prompt would be drawn"
    if card.revision and not REVISION.fullmatch(card.revision):
        return "revision: give the commit as 40 hex digits, or leave it empty"
    if unknown := sorted(card.steering.keys() - STRENGTHS.keys()):
        return f"steering.{unknown[0]}: the strengths are {', '.join(STRENGTHS)}"
    if problem := _place_problem(card):
        return problem
    if any(side % card.size_multiple for side in (card.size.default, card.size.least, card.size.most)):
        return "size: every size must be a multiple of size_multiple"
    return ""


def _place_problem(card: EngineCard) -> str:
    """What is wrong with where the model is said to be."""
    if card.kind == "hub" and not REPOSITORY.fullmatch(card.model):
        return "model: name a repository of the hub as owner/name"
    if card.kind == "server" and not card.url.startswith(("http://", "https://")):
        return "url: give the server's address, up to and with /v1"
    if card.kind != "server" and card.url:
        return 'url: only a card with kind = "server" has one'
    if Path(card.model).suffix == ".safetensors" and not (card.pipeline and card.config):
        return "pipeline: a single file needs `pipeline` (a diffusers class) and `config` (a diffusers folder)"
    if Path(card.model).suffix in PICKLES:
        return "model: weights must be .safetensors; other formats can run code when they are read"
    return ""
