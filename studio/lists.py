"""Many pictures of one wish: a list of prompts, or a grid, each judged before anything is drawn.

Nothing here lets anything through: `Studio.create` judges each request again when its turn comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engines.validation import draw_seeds
from safety.generation import GenerationRequest
from safety.records import Decision, Verdict
from studio.list_syntax import expand

if TYPE_CHECKING:
    from studio.studio import Studio

COLUMNS = 3  # of a grid of seeds


@dataclass(frozen=True, slots=True)
class ListLine:
    """Holds one picture that is wished for, judged. `row` and `column` head its place where the list is a grid."""

    number: int
    request: GenerationRequest
    decision: Decision
    row: str = ""
    column: str = ""

    @property
    def may_be_drawn(self) -> bool:
        """Tells whether it is drawn without a person's confirmation."""
        return self.decision.allowed

    @property
    def asks(self) -> bool:
        """Tells whether it waits for a person's confirmation."""
        return self.decision.verdict is Verdict.WARN


@dataclass(frozen=True, slots=True)
class Cell:
    """Holds one picture of a grid: its request, and what heads its row and its column."""

    request: GenerationRequest
    row: str = ""
    column: str = ""


def check_list(studio: Studio, text: str, settings: GenerationRequest) -> tuple[ListLine, ...]:
    """Returns every prompt of a list, judged, each with these settings. Nothing is recorded. Raises RequestError."""
    cells = [Cell(replace(settings, prompt=prompt, count=1)) for prompt in expand(text)]
    return check_cells(studio, cells)


def check_cells(studio: Studio, cells: Sequence[Cell]) -> tuple[ListLine, ...]:
    """Returns pictures that are wished for, judged, in their order. Raises RequestError."""
    studio.messages(cells[0].request.language)
    requests = [studio.completed(cell.request) for cell in cells]
    decisions = dict[tuple[str, str, str], Decision]()
    for mode, negative_prompt in dict.fromkeys((one.mode, one.negative_prompt) for one in requests):
        prompts = list(dict.fromkeys(one.prompt for one in requests if _key(one)[1:] == (mode, negative_prompt)))
        for prompt, decision in zip(prompts, studio.check_many(prompts, mode, negative_prompt), strict=True):
            decisions[prompt, mode, negative_prompt] = decision
    rows = enumerate(zip(cells, requests, strict=True), 1)
    return tuple(ListLine(n, request, decisions[_key(request)], cell.row, cell.column) for n, (cell, request) in rows)


def _key(request: GenerationRequest) -> tuple[str, str, str]:
    return request.prompt, request.mode, request.negative_prompt


def seeds_for(request: GenerationRequest, count: int, fresh: bool = False) -> tuple[int, ...]:
    """Returns the seeds of a grid: the request's own and those after it, or as many at random, if `fresh`."""
    if fresh:
        return tuple(draw_seeds(replace(request, seed=None, count=1))[0] for _ in range(count))
    return draw_seeds(replace(request, count=count))


def grid_of_seeds(request: GenerationRequest, seeds: Sequence[int]) -> list[Cell]:
    """Returns one prompt with several seeds, a few in a row."""
    return [
        Cell(replace(request, seed=seed, count=1), str(number // COLUMNS + 1), str(number % COLUMNS + 1))
        for number, seed in enumerate(seeds)
    ]


def grid_of_modes(request: GenerationRequest, modes: Mapping[str, str], seeds: Sequence[int]) -> list[Cell]:
    """Returns one prompt in every mode, a row each, with the same seeds in each row. `modes`: title by name."""
    return [
        Cell(replace(request, mode=name, seed=seed, count=1), title, str(seed))
        for name, title in modes.items()
        for seed in seeds
    ]


def grid_of_strengths(
    request: GenerationRequest, modes: Mapping[str, str], strengths: Mapping[str, str], seed: int
) -> list[Cell]:
    """Returns one prompt with one seed in every mode, a row each, steered at least so strongly, a column each.

    `modes` and `strengths` are titles by name. A mode that steers more strongly by itself keeps to that.
    """
    return [
        Cell(replace(request, mode=mode, steering=strength, seed=seed, count=1), title, head)
        for mode, title in modes.items()
        for strength, head in strengths.items()
    ]
