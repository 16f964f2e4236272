"""Draws pictures of one request from several wordings: a balanced set. The same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engines.interface import Progress
from safety.generation import Generation, GenerationRequest
from safety.prompt.demographics import DemographicsCheck, PromptVariant
from safety.records import Decision

Judge = Callable[[str, str], Decision]  # of a prompt in a mode
Generate = Callable[[GenerationRequest, Sequence[int], Progress], Generation]


def variants(
    people: DemographicsCheck | None, request: GenerationRequest, seeds: Sequence[int]
) -> tuple[PromptVariant, ...]:
    """What each picture is drawn from: the prompt as asked, or with people filled in where that was asked for."""
    if request.balanced and people is not None:
        return people.variants(request.prompt, seeds)
    return tuple(PromptVariant(request.prompt) for _ in seeds)


def strictest(judge: Judge, request: GenerationRequest, variants: Sequence[PromptVariant]) -> Decision:
    """The judgement of the prompt as asked, or of a filled-in wording, where that is judged more strictly."""
    prompts = dict.fromkeys((request.prompt, *(wording.prompt for wording in variants)))
    return max((judge(prompt, request.mode) for prompt in prompts), key=lambda decision: decision.verdict)


def draw(
    generate: Generate,
    request: GenerationRequest,
    variants: Sequence[PromptVariant],
    seeds: Sequence[int],
    told: Progress,
) -> Generation:
    """One picture a seed, each from its wording, by `generate` of any engine. `request` is complete.

    Pictures of one wording are drawn in one batch. Raises what the engine raises: then there is none at all.
    """
    mine: dict[str, list[int]] = {}
    for wording, seed in zip(variants, seeds, strict=True):
        mine.setdefault(wording.prompt, []).append(seed)
    parts = []
    for number, (prompt, some) in enumerate(mine.items()):
        progress = _part_of(told, number, len(mine))
        parts.append(generate(replace(request, prompt=prompt, count=len(some)), some, progress))
    images = {seed: image for part in parts for seed, image in zip(part.seeds, part.images, strict=True)}
    drawn = [(seed, wording) for seed, wording in zip(seeds, variants, strict=True) if seed in images]
    return replace(
        parts[0],
        request=request,
        images=tuple(images[seed] for seed, _ in drawn),
        seeds=tuple(seed for seed, _ in drawn),
        seconds=sum(part.seconds for part in parts),
        failed=tuple(seed for part in parts for seed in part.failed),
        prompts=tuple(wording.prompt for _, wording in drawn),
        filled=tuple(wording.filled for _, wording in drawn) if any(wording.filled for wording in variants) else (),
    )


def _part_of(told: Progress, number: int, parts: int) -> Progress:
    """Counts the steps of one part among those of all."""

    def progress(stage: str, done: int, total: int, /) -> None:
        told(stage, number * total + done, parts * total)

    return progress
