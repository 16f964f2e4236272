"""Draws a balanced set: each picture of a request from its own variant of the prompt, with any engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engines.interface import Progress
from safety.generation import Generation, GenerationRequest
from safety.prompt.demographics import DemographicsCheck, PromptVariant
from safety.prompt.request_syntax import prompts_to_draw
from safety.records import Decision

# Judges a prompt in a mode.
Judge = Callable[[str, str], Decision]
Generate = Callable[[GenerationRequest, Sequence[int], Progress], Generation]


def variants(
    demographics: DemographicsCheck | None, request: GenerationRequest, seeds: Sequence[int]
) -> tuple[PromptVariant, ...]:
    """Returns what the picture of each seed is drawn from.

    That is the prompt as written or, where the request asks for a balanced set, with demographics filled in.
    """
    if request.balanced and demographics is not None:
        return demographics.variants(request.prompt, seeds)
    return tuple(PromptVariant(request.prompt) for _ in seeds)


def strictest(judge: Judge, request: GenerationRequest, variants: Sequence[PromptVariant]) -> Decision:
    """Returns the decision on the prompt as written, or on a variant of it that is judged more strictly."""
    prompts = dict.fromkeys((request.prompt, *(variant.prompt for variant in variants)))
    return max((judge(prompt, request.mode) for prompt in prompts), key=lambda decision: decision.verdict)


def draw(
    generate: Generate,
    request: GenerationRequest,
    variants: Sequence[PromptVariant],
    seeds: Sequence[int],
    progress: Progress,
) -> Generation:
    """Draws one picture for each seed, from the variant that stands at the same place. `request` is complete.

    What a prompt leaves out by itself is drawn as a negative prompt, as it was judged. The pictures of one variant are
    drawn in one batch. Raises what the engine raises: then there is no picture at all.
    """
    seeds_of: dict[str, list[int]] = {}
    filled_of: dict[int, str] = {}
    for variant, seed in zip(variants, seeds, strict=True):
        seeds_of.setdefault(variant.prompt, []).append(seed)
        filled_of[seed] = variant.filled
    batches = []
    for number, (prompt, batch_seeds) in enumerate(seeds_of.items()):
        wanted, left_out = prompts_to_draw(prompt, request.negative_prompt)
        batch_request = replace(request, prompt=wanted, negative_prompt=left_out, count=len(batch_seeds))
        batches.append(generate(batch_request, batch_seeds, _share_of(progress, number, len(seeds_of))))
    drawn = {picture.seed: picture for batch in batches for picture in batch.pictures}
    return replace(
        batches[0],
        request=request,
        pictures=tuple(replace(drawn[seed], filled=filled_of[seed]) for seed in seeds if seed in drawn),
        seconds=sum(batch.seconds for batch in batches),
        failed=tuple(seed for batch in batches for seed in batch.failed),
    )


def _share_of(progress: Progress, number: int, batches: int) -> Progress:
    """Returns a progress that counts the steps of batch `number` among those of all batches."""

    def batch_progress(stage: str, done: int, total: int, /) -> None:
        progress(stage, number * total + done, batches * total)

    return batch_progress
