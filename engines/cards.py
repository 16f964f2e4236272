"""Reads presets/engines.toml: which models there are and how far their settings go."""

from __future__ import annotations

import re
from pathlib import Path

from engines.interface import STRENGTHS, EngineCard, Range
from safety.config import ADVICE, parse, read_toml
from safety.errors import PresetError

REVISION = re.compile(r"[0-9a-f]{40}")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
PICKLE_SUFFIXES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")


def read_cards(path: Path) -> dict[str, EngineCard]:
    """Returns the cards of a file by name, in the order of the file. Raises PresetError that names file and key."""
    cards: dict[str, EngineCard] = {}
    for name, table in read_toml(path).items():
        cards[name] = parse(EngineCard, table, path)
        if problem := problem_of(cards[name]):
            raise PresetError(f"{path}: {name}.{problem}", ADVICE)
    return cards


def problem_of(card: EngineCard) -> str:
    """Returns what makes a well-formed card unusable or unsafe, as "key: what is wrong"; "" if nothing does."""
    if problem := _range_problem(card):
        return problem
    # Guidance g draws negative + g * (prompt - negative). Below 1 the negative prompt itself is drawn, below 0
    # nothing but it: a way past the checks, which judge the prompt.
    if card.guided and card.guidance.least < 1:
        return "guidance.least: a guided model needs at least 1; below it the negative prompt would be drawn"
    if card.revision and not REVISION.fullmatch(card.revision):
        return "revision: give the commit as 40 hex digits, or leave it empty"
    if unknown := sorted(card.steering.keys() - STRENGTHS.keys()):
        return f"steering.{unknown[0]}: the strengths are {', '.join(STRENGTHS)}"
    if problem := _location_problem(card):
        return problem
    if any(side % card.size_multiple for side in (card.size.default, card.size.least, card.size.most)):
        return "size: every size must be a multiple of size_multiple"
    return ""


def _range_problem(card: EngineCard) -> str:
    """Returns what is wrong with the limits of a setting; "" if nothing is."""
    for key in ("steps", "guidance", "size", "count"):
        limits: Range = getattr(card, key)
        if not limits.least <= limits.default <= limits.most:
            return f"{key}: the default must lie between least and most"
        if limits.quick is not None and not limits.least <= limits.quick < limits.default:
            return f"{key}: quick must lie between least and the default"
    return ""


def _location_problem(card: EngineCard) -> str:
    """Returns what is wrong with the place that the model is said to be at; "" if nothing is."""
    if card.kind == "hub" and not REPOSITORY.fullmatch(card.model):
        return "model: name a repository of the hub as owner/name"
    if card.kind == "server" and not card.url.startswith(("http://", "https://")):
        return "url: give the server's address, up to and with /v1"
    if card.kind == "server" and card.enlarge:
        return "enlarge: pictures of a server are enlarged by Lanczos"
    if card.kind != "server" and card.url:
        return 'url: only a card with kind = "server" has one'
    if Path(card.model).suffix == ".safetensors" and not (card.pipeline and card.config):
        return "pipeline: a single file needs `pipeline` (a diffusers class) and `config` (a diffusers folder)"
    if card.lora and not card.lora.file.endswith(".safetensors"):
        return "lora.file: an adapter must be .safetensors; other formats can run code when they are read"
    if Path(card.model).suffix in PICKLE_SUFFIXES:
        return "model: weights must be .safetensors; other formats can run code when they are read"
    return ""
