"""What a person wants many pictures of, as it is kept: a list of prompts, or a grid of one. Imports no gradio.

A wish is a small table that JSON can hold, so that the browser can keep it: "kind", "text", "values" of the form,
"seeds". It is read as every form is, and each of its prompts is judged anew whenever a list is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engines.validation import MAX_SEED
from safety.errors import RequestError
from safety.generation import GenerationRequest
from studio.lists import ListLine, check_cells, check_list, grid_of_modes, grid_of_seeds, grid_of_strengths, seeds_for
from ui import forms
from ui.texts import page_texts
from ui.web.list_runs import Run, recall

if TYPE_CHECKING:
    from studio import Studio

LIST, NEAR, FRESH, MODES, STRENGTHS = "list", "near", "fresh", "modes", "strengths"
GRIDS = (NEAR, FRESH, MODES, STRENGTHS)
COLUMNS = ("", "strong", "max")  # of a grid of strengths
COUNTS = (4, 6, 9)
MAX_KEPT = 600_000  # characters of what a browser kept: a list, and its stamps
# Of a form: what belongs to one call, and the words, which a list has of its own.
NOT_KEPT = ("prompt", "acknowledged", "warning", "count")
NOT_READ = "What this tab kept of a list cannot be read any more."

Wish = dict[str, Any]


def wish_of(kind: str, text: str, values: Mapping[str, Any], count: int = 0) -> Wish:
    """Returns a wish; the seeds of a grid are chosen here, once. Raises RequestError."""
    kept = {name: value for name, value in values.items() if name not in NOT_KEPT}
    wish: Wish = {"kind": kind, "text": text, "values": kept, "seeds": []}
    if kind != LIST:
        _require(kind in GRIDS and count in COUNTS)
        if not text.strip():
            raise RequestError("There is no prompt to make a grid of.", "Write one in the Create tab.")
        many = 1 if kind == STRENGTHS else count
        wish["seeds"] = list(seeds_for(_request(wish), many, kind == FRESH))
    return wish


def make_run(studio: Studio, wish: Wish, person: str) -> Run:
    """Returns the list that a wish stands for, judged. Raises RequestError."""
    return Run(person, wish, _lines(studio, wish))


def read_kept(text: object) -> Mapping[str, Any]:
    """Returns what a browser kept: "name", "wish" and "stamps" of a list. Raises RequestError."""
    _require(isinstance(text, str) and len(text) <= MAX_KEPT)
    try:
        kept = json.loads(str(text))
    except (ValueError, RecursionError):
        kept = None
    _require(isinstance(kept, dict) and isinstance(kept.get("wish"), dict))
    return dict(kept)


def run_again(studio: Studio, kept: Mapping[str, Any], person: str) -> Run:
    """Returns the list that a browser kept, with the pictures that are in the person's library. Raises RequestError."""
    wish, stamps = kept["wish"], kept.get("stamps")
    seeds = wish.get("seeds")
    _require(wish.get("kind") in (LIST, *GRIDS) and isinstance(wish.get("text"), str))
    _require(isinstance(wish.get("values"), dict) and isinstance(seeds, list) and len(seeds) <= max(COUNTS))
    _require(bool(seeds) or wish["kind"] == LIST)
    _require(all(type(seed) is int and 0 <= seed <= MAX_SEED for seed in seeds))
    run = make_run(studio, {name: wish[name] for name in ("kind", "text", "values", "seeds")}, person)
    return recall(studio, run, stamps if isinstance(stamps, dict) else {})


def _request(wish: Wish) -> GenerationRequest:
    return forms.read({**wish["values"], "prompt": wish["text"], "count": 1})


def _lines(studio: Studio, wish: Wish) -> tuple[ListLine, ...]:
    request, seeds = _request(wish), wish["seeds"]
    if wish["kind"] == LIST:
        return check_list(studio, wish["text"], request)
    if wish["kind"] == MODES:
        return check_cells(studio, grid_of_modes(request, _mode_titles(studio, request.language), seeds))
    if wish["kind"] == STRENGTHS:
        titles, texts = _mode_titles(studio, request.language), page_texts(request.language)
        strengths = {name: texts[f"form.steering_{name or 'mode'}"] for name in COLUMNS}
        return check_cells(studio, grid_of_strengths(request, titles, strengths, seeds[0]))
    return check_cells(studio, grid_of_seeds(replace(request, seed=None), seeds))


def _mode_titles(studio: Studio, language: str) -> dict[str, str]:
    """Returns each mode's title, and how strongly a model is steered in it, where the studio steers."""
    texts, titles = page_texts(language), {}
    for name in studio.list_modes():
        titles[name] = studio.messages(language).mode(name).title
        if studio.steering:
            titles[name] += f", {texts[f'lists.steered_{studio.steering.usual(name)}']}"
    return titles


def _require(holds: bool) -> None:
    if not holds:
        raise RequestError(NOT_READ, "Write it again.")
